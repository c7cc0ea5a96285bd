//! What would have been with one call taken away, changed or added: other facts, the same rules.
//!
//! A change is made to the rows, and calls and links follow from them as they do at an import. What a
//! client would have sent after another call is known only as far as the rule of its call goes:
//! [`Change::Identify`] and [`Change::Reset`] say which ids later rows of that client get, and nothing
//! else of them changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::facts::Facts;
use super::journey::Verdict;
use super::journey::ruled::{Held, Ruled};
use super::rules::RuleSet;
use crate::model::facts::{AliasCall, Arrival, Event, Link, Sender, Source};
use crate::model::row::{CREATE_ALIAS, IDENTIFY, Named};
use crate::model::{Flags, Id, LinkKind, Millis, Verb, VerbKind};

/// The anonymous id that a client gets by a reset that was not made.
pub const NEW_DEVICE: &str = "after-reset";

/// One change to what was sent. Rows are meant by their numbers in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The row was not sent.
    Without(i64),
    /// `identify` was called in place of `alias`: the client sends later rows of the old id under the
    /// alias.
    Identify(i64),
    /// `reset` was called just before the row: later anonymous rows of the client have a new id.
    Reset(i64),
    /// The row was sent so much later.
    Later(i64, Millis),
    /// A call that was not made.
    Add(Call),
}

/// A call that was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Alias or identify.
    pub verb: VerbKind,
    /// The alias, or the anonymous id before.
    pub one: Id,
    /// What the alias is of, or who is identified.
    pub other: Id,
    /// When, also when it arrives.
    pub at: Millis,
}

/// Why a change cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// No row has that number.
    NoRow,
    /// The row is no alias call.
    NoAlias,
}

/// The facts with the changes made, one after the other.
///
/// # Errors
/// A change names no row of the facts, or not one of its sort.
pub fn changed(facts: &Facts, changes: &[Change]) -> Result<Facts, Unfit> {
    // Links of before that rows at hand do not say again are kept.
    let said = links(&facts.events);
    let kept: Vec<Link> = facts.links.iter().filter(|link| !said.contains_key(&key(link))).cloned().collect();
    let mut events = facts.events.clone();
    let mut calls = facts.calls.clone();
    for (nth, change) in (1..).zip(changes) {
        make(&mut events, &mut calls, change, nth)?;
    }
    let mut links: Vec<Link> = links(&events).into_values().collect();
    links.extend(kept);
    Ok(Facts { events, calls, links, ..facts.clone() })
}

fn key(link: &Link) -> (LinkKind, Id, Id) {
    (link.kind, link.a.clone(), link.b.clone())
}

fn make(events: &mut Vec<Arc<Event>>, calls: &mut Vec<AliasCall>, change: &Change, nth: i64) -> Result<(), Unfit> {
    let find =
        |events: &[Arc<Event>], row: i64| events.iter().find(|event| event.row == row).cloned().ok_or(Unfit::NoRow);
    match change {
        Change::Without(row) => {
            find(events, *row)?;
            events.retain(|event| event.row != *row);
            calls.retain(|call| call.row != *row);
        }
        Change::Later(row, by) => {
            find(events, *row)?;
            for event in events.iter_mut().filter(|event| event.row == *row) {
                let event = Arc::make_mut(event);
                (event.time, event.arrived) = (event.time.saturating_add(*by), event.arrived.saturating_add(*by));
            }
            for call in calls.iter_mut().filter(|call| call.row == *row) {
                (call.time, call.arrived) = (call.time.saturating_add(*by), call.arrived.saturating_add(*by));
            }
        }
        Change::Identify(row) => {
            let call = find(events, *row)?;
            let asked = calls.iter().find(|asked| asked.row == *row).cloned().ok_or(Unfit::NoAlias)?;
            let (Some(alias), Some(target)) = (asked.alias, asked.target) else { return Err(Unfit::NoAlias) };
            calls.retain(|call| call.row != *row);
            let from = call.arrival();
            for event in events.iter_mut() {
                // The call itself comes first here, and no other row arrives with it.
                if event.row == *row {
                    let event = Arc::make_mut(event);
                    event.event = IDENTIFY.into();
                    event.verb = VerbKind::Identify;
                    (event.id, event.other) = (Some(alias.clone()), Some(target.clone()));
                    event.user = event.device.as_ref().map(|_| alias.clone());
                } else if event.arrival() > from && is_of_client(event, &call) && event.id.as_ref() == Some(&target) {
                    let event = Arc::make_mut(event);
                    event.id = Some(alias.clone());
                    event.user = event.device.as_ref().map(|_| alias.clone());
                }
            }
        }
        Change::Reset(row) => {
            let first = find(events, *row)?;
            reset(events, calls, &first);
        }
        Change::Add(call) => add(events, calls, call, nth),
    }
    Ok(())
}

/// Whether a row is of the client that sent another: by its device, else by its program.
fn is_of_client(event: &Event, other: &Event) -> bool {
    match (&event.device, &other.device) {
        (Some(one), Some(other)) => one == other,
        _ => event.client == other.client,
    }
}

/// Gives the rows of a client from `first` on a new anonymous id, until it is known again.
fn reset(events: &mut [Arc<Event>], calls: &mut [AliasCall], first: &Event) {
    let is_prefixed = first.id.as_ref().is_some_and(|id| id.bare() != id.as_str());
    let bare = Id::new(NEW_DEVICE);
    let new = if is_prefixed { bare.other_device_form() } else { bare.clone() };
    let old = first.id.clone();
    let mut order: Vec<(Arrival, usize)> = events
        .iter()
        .enumerate()
        .map(|(at, event)| (event.arrival(), at))
        .filter(|(at, _)| *at >= first.arrival())
        .collect();
    order.sort_unstable();
    let mut is_known = false;
    for (_, at) in order {
        let Some(event) = events.get_mut(at) else { continue };
        let is_own = is_of_client(event, first) && (event.device.is_some() || event.id == old);
        if !is_own {
            continue;
        }
        let user = event.user.clone();
        is_known |= user.is_some() && user != first.user || event.id != old || event.verb == VerbKind::Identify;
        let row = event.row;
        let event = Arc::make_mut(event);
        if event.device.is_some() {
            event.device = Some(bare.clone());
        }
        if event.other == old && event.verb == VerbKind::Identify {
            event.other = Some(new.clone());
        }
        if !is_known {
            (event.id, event.user) = (Some(new.clone()), None);
            for call in calls.iter_mut().filter(|call| call.row == row && call.target == old) {
                call.target = Some(new.clone());
            }
        }
    }
}

fn add(events: &mut Vec<Arc<Event>>, calls: &mut Vec<AliasCall>, call: &Call, nth: i64) {
    let line = u64::try_from(nth).unwrap_or(1);
    let source = Source::new("added", u32::MAX, line);
    let is_alias = call.verb == VerbKind::Alias;
    let row = -nth;
    let (id, other) = (call.other.clone(), call.one.clone());
    let sender = Sender { id: Some(id.clone()), other: Some(other.clone()), verb: call.verb, ..Sender::default() };
    events.push(Arc::new(Event {
        row,
        event: if is_alias { CREATE_ALIAS } else { IDENTIFY }.into(),
        time: call.at,
        arrived: call.at,
        hash: i64::MIN + nth,
        source: source.clone(),
        sender: Arc::new(sender),
    }));
    if is_alias {
        calls.push(AliasCall {
            row,
            alias: Some(other),
            target: Some(id),
            time: call.at,
            arrived: call.at,
            flags: Flags::default(),
            source,
            from_table: false,
        });
    }
}

/// The links that rows make, each with the first of its rows to arrive.
fn links(events: &[Arc<Event>]) -> BTreeMap<(LinkKind, Id, Id), Link> {
    let mut links: BTreeMap<(LinkKind, Id, Id), Link> = BTreeMap::new();
    for event in events {
        let verb = match event.verb {
            VerbKind::Identify => Verb::Identify { identified: event.id.clone(), anon: event.other.clone() },
            _ => Verb::Track,
        };
        let named = Named {
            id: event.id.as_ref(),
            device: event.device.as_ref(),
            user: event.user.as_ref(),
            previous: &[],
            verb: &verb,
            flags: event.flags,
        };
        named.links(|kind, a, b| {
            let (a, b): (&Id, &Id) = (a, b);
            let link = links.entry((kind, a.clone(), b.clone())).or_insert_with(|| Link {
                kind,
                a: a.clone(),
                b: b.clone(),
                rows: 0,
                time: event.time,
                arrived: event.arrived,
                source: event.source.clone(),
            });
            link.rows += 1;
            if (event.arrived, event.source.rank, event.source.line)
                < (link.arrived, link.source.rank, link.source.line)
            {
                (link.time, link.arrived, link.source) = (event.time, event.arrived, event.source.clone());
            }
        });
    }
    links
}

/// A user before and after the changes, under one rule set.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The owners as it was.
    pub before: Ruled,
    /// The owners with the changes.
    pub after: Ruled,
    /// Rows missing from the user, before and after.
    pub missing: (usize, usize),
    /// Rows that are not as they were, by time: their places before and after.
    pub rows: Vec<(Option<usize>, Option<usize>)>,
    /// Those, the rows that are the user's before or after, and calls that name an id of the user, by time.
    pub all: Vec<(Option<usize>, Option<usize>)>,
}

impl Outcome {
    /// The user of `query` with `changes` made, by `rules`; `None` where no row belongs to it even
    /// before.
    ///
    /// # Errors
    /// As [`changed`].
    pub fn of(facts: &Facts, query: &Id, rules: RuleSet, changes: &[Change]) -> Result<Option<Self>, Unfit> {
        let other = changed(facts, changes)?;
        let (before, after) = (rules.ruled(facts, query), rules.ruled(&other, query));
        if !before.rows.iter().any(|held| before.is_own(held)) {
            return Ok(None);
        }
        let missing = |facts: &Facts| rules.resolve(facts, query).map_or(0, |journey| journey.orphaned_rows());
        let missing = (missing(facts), missing(&other));
        let mut at_after: BTreeMap<i64, usize> =
            after.rows.iter().enumerate().map(|(at, held)| (held.event.row, at)).collect();
        // A call that names an id of the user is listed, no matter who owns its row.
        let names_own = |held: &Held| {
            let mut named = [&held.event.id, &held.event.other].into_iter().flatten();
            held.event.verb.is_about_ids() && named.any(|id| before.ids.contains(id))
        };
        let (mut rows, mut all) = (Vec::new(), Vec::new());
        for (at, held) in before.rows.iter().enumerate() {
            let then = at_after.remove(&held.event.row);
            let is_same = then.and_then(|then| after.rows.get(then)).is_some_and(|then| {
                (before.is_own(held), held.state()) == (after.is_own(then), then.state())
                    && (before.is_own(held) || held.owner == then.owner)
                    && held.event.id == then.event.id
                    && held.event.place() == then.event.place()
            });
            if !is_same {
                rows.push((Some(at), then));
            }
            // A row that is the user's only afterwards is not the same.
            if !is_same || before.is_own(held) || names_own(held) {
                all.push((Some(at), then));
            }
        }
        for at in at_after.into_values() {
            rows.push((None, Some(at)));
            all.push((None, Some(at)));
        }
        let time = |(before_at, after_at): &(Option<usize>, Option<usize>)| {
            let held = before_at.and_then(|at| before.rows.get(at)).or(after_at.and_then(|at| after.rows.get(at)));
            held.map(|held| held.event.place())
        };
        rows.sort_by_key(time);
        all.sort_by_key(time);
        Ok(Some(Self { before, after, missing, rows, all }))
    }

    /// Rows of the user before and after.
    pub fn own_rows(&self) -> (usize, usize) {
        let own = |side: &Ruled| side.rows.iter().filter(|held| side.is_own(held)).count();
        (own(&self.before), own(&self.after))
    }

    /// Rows that are missing no longer though the user has none of them: nothing ties them to the user any more.
    pub fn untied(&self) -> usize {
        let (own, others) = self.own_rows();
        let fewer = self.missing.0.saturating_sub(self.missing.1);
        fewer.saturating_sub(others.saturating_sub(own))
    }

    /// People among whom the rows are, before and after.
    pub fn people(&self) -> (usize, usize) {
        let people =
            |side: &Ruled| side.rows.iter().filter_map(|held| held.owner.as_ref()).collect::<BTreeSet<_>>().len();
        (people(&self.before), people(&self.after))
    }

    /// Calls without effect, before and after.
    pub fn refused(&self) -> (usize, usize) {
        let refused =
            |side: &Ruled| side.aliases.iter().filter(|line| matches!(line.verdict, Verdict::Refused(_))).count();
        (refused(&self.before), refused(&self.after))
    }
}
