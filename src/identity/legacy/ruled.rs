//! The owner of each row of everyone: the id that it is stored under.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::journey::ruled::{Because, Held, Ruled};
use super::super::journey::{AliasLine, Split};
use super::super::memo::Memo;
use super::super::prepared::Prepared;
use super::Legacy;
use super::around::alias_lines;
use super::rows::RACE_WINDOW;
use super::table::Way;
use super::world::World;
use crate::model::Id;
use crate::model::facts::Event;

/// Whose each row of the facts is, and the user that `query` leads to.
pub(super) fn ruled(prepared: &Prepared<'_>, query: &Id) -> Ruled {
    let world = &prepared.world;
    let aliases = alias_lines(world, 0..world.calls.len());
    let of_row: FxHashMap<i64, usize> = aliases.iter().enumerate().map(|(at, line)| (line.row, at)).collect();
    let mut rows = Vec::with_capacity(prepared.rows.len());
    let mut ways: Memo<'_, (Way<'_>, Because)> = Memo::new();
    for (event, copies) in &prepared.rows {
        let Some(id) = event.id.as_ref() else { continue };
        let known = ways.of(id, || {
            let joined = world.table.entry(id).map_or(Because::Own, |entry| Because::Joined(entry.call));
            (world.table.way(id), joined)
        });
        let Some((way, joined)) = known else { continue };
        let (owner, because) = owner(world, event, id, way, *joined);
        let because = match of_row.get(&event.row) {
            Some(at) if !matches!(because, Because::Before(..)) => Because::Call(*at),
            _ => because,
        };
        rows.push(Held { event: Arc::clone(event), copies: copies.clone(), owner: Some(owner), because });
    }
    let forms = [query.clone(), query.other_device_form()];
    let root = forms.iter().find(|form| world.knows(form)).map(|form| world.root_of(form).clone());
    let ids = root.as_ref().map(|root| world.cluster(root)).unwrap_or_default();
    Ruled { rules: &Legacy, root, ids, aliases, rows }
}

/// The id that a row is stored under, and why; `joined` is what holds where no call came late.
fn owner(world: &World<'_>, event: &Event, id: &Id, way: &Way<'_>, joined: Because) -> (Id, Because) {
    let stored = world.table.stored_under(id, way, event.arrival());
    let because = if stored == way.end {
        joined
    } else if let Some(late) = world.table.entry(stored) {
        let called = world.calls.get(late.call).map(|call| call.time);
        let race = called.is_some_and(|called| event.time >= called.saturating_sub(RACE_WINDOW));
        Because::Before(late.call, if race { Split::Race } else { Split::History })
    } else {
        Because::Own
    };
    (stored.clone(), because)
}

/// Why a row is whose it is.
pub(super) fn why(ruled: &Ruled, held: &Held) -> String {
    let sent = held.event.id.as_ref().map_or("nothing", Id::as_str);
    let owner = held.owner.as_ref().map_or("no one", Id::as_str);
    let place = |line: &AliasLine| format!("{} line {}", line.source.file, line.source.line);
    let line = |at: usize| ruled.aliases.get(at);
    match held.because {
        Because::Own | Because::Conflict(_) => {
            format!("Sent as {sent}, which no alias row leads on from: stored under {sent} itself.")
        }
        Because::Joined(at) => match line(at) {
            Some(line) => format!("Sent as {sent} after the alias call of {}: stored under {owner}.", place(line)),
            None => format!("Sent as {sent}: stored under {owner}."),
        },
        Because::Call(at) => line(at).map_or_else(String::new, |line| line.why.clone()),
        Because::Before(at, split) => {
            let why = match split {
                Split::Race => "it overtook the alias call",
                Split::History => "it is older than the alias call",
            };
            let by = line(at).map(|line| format!(" of {}", place(line))).unwrap_or_default();
            format!("Sent as {sent}; {why}{by}, and a stored row never moves: it stays separate, under {owner}.")
        }
        Because::NoOne => "The row has no id that can be used.".to_owned(),
    }
}
