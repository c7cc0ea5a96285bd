//! `journey search`: identifiers that match.

use super::args::{Format, Search};
use super::console::Console;
use super::failure::Failure;
use super::open::Named;
use super::redaction;
use super::rules::rule_set;
use crate::inspect::query::{self, hint};
use crate::inspect::terms::Terms;
use crate::inspect::{EventHit, Inspector, Shared, ValueHit};
use crate::report::json::{self, Searched};
use crate::report::look::{count, many};
use crate::report::text;
use crate::session::Hits;
use crate::session::search::{self, Lister};

/// Ids that are suggested when nothing matches.
const SUGGESTED: usize = 5;

/// Columns of an event as a term; a longer name is cut.
const TERM: usize = 60;

/// Hits that are looked through for values that several users have.
const LOOKED_AT: usize = 200;

pub(super) fn run(command: &Search, store: Named, console: &mut Console) -> Result<(), Failure> {
    Terms::read(&command.text).map_err(|error| wrong(&command.text, &error))?;
    let mut inspector = store.open(console)?;
    if let Some(rules) = &command.rules {
        inspector.set_rules(Some(rule_set(rules)?));
    }
    answer(command, &inspector, console).map_err(|failure| redaction::shown(failure, &inspector))
}

/// What is to be said of a store that holds nothing; `None` where it does.
pub(super) fn empty(inspector: &Inspector) -> Result<Option<Failure>, Failure> {
    let overview = inspector.overview()?;
    let is_empty = overview.events == 0 && overview.profiles == 0 && overview.alias_calls == 0;
    Ok(is_empty.then(|| {
        Failure::nothing("the store is empty: it has no event, profile or alias call")
            .hint("journey import FILE reads an export into it")
            .hint("--demo, for the built-in demo store")
    }))
}

fn answer(command: &Search, inspector: &Inspector, console: &mut Console) -> Result<(), Failure> {
    // One more than is listed says whether there are more; what hits share is looked for in more.
    let mut lister = Lister::new(inspector, command.limit.saturating_add(1).max(LOOKED_AT), SUGGESTED);
    let (found, near) = search::search(&mut lister, &command.text, &mut |_| {})?;
    let Hits { list: found, more: has_more, events, values, instead, notes, looked, .. } = found;
    let shared = Shared::of(&command.text, &found);
    let more = found.len() > command.limit || has_more;
    let mut hits = found;
    hits.truncate(command.limit);
    inspector.describe(&mut hits)?;
    let query = inspector.shown_text(&command.text)?;
    let instead = instead.map(|instead| inspector.shown_text(&instead)).transpose()?;
    let (query, instead) = (query.as_str(), instead.as_deref());
    let searched =
        Searched { query, instead, hits: &hits, events: &events, values: &values, shared: &shared, more, looked };
    if hits.is_empty() && events.is_empty() {
        if console.format == Format::Json {
            json::search(&mut console.out, &searched)?;
            console.finish()?;
        }
        let failure = Failure::nothing(format!("nothing matches {:?}", command.text));
        let failure = notes.into_iter().chain(hint(&command.text)).fold(failure, Failure::hint);
        let failure = near
            .iter()
            .fold(failure, |failure, id| failure.hint(format!("{} ({})", id.as_str(), rows(lister.rows_of(id)))));
        return Err(empty(inspector)?.unwrap_or(failure));
    }
    match console.format {
        Format::Json => json::search(&mut console.out, &searched)?,
        Format::Text => {
            // What can be searched next, as it is written.
            let term = |hit: EventHit| (console.look.cut(&format!("event={}", query::quoted(&hit.event)), TERM), hit);
            let events: Vec<_> = events.into_iter().map(term).collect();
            let of_value = |hit: ValueHit| {
                let term = query::of_property(&hit.property, &hit.value);
                (console.look.cut(&term, TERM), hit)
            };
            let values: Vec<_> = values.into_iter().map(of_value).collect();
            text::search(&mut console.out, &hits, &events, &values, &shared, &console.look)?;
        }
    }
    console.finish()?;
    if let Some(instead) = instead {
        console.note(&format!("nothing has this in it; found for {instead}"));
    }
    for note in notes {
        console.note(&note);
    }
    if more {
        let looked = looked.map(|(looked, all)| format!(", after {} of {}", count(looked), rows(all)));
        let looked = looked.unwrap_or_default();
        console.note(&format!("there are more hits than these {}{looked}; --limit lists more", hits.len()));
    }
    Ok(())
}

/// A term that means nothing, pointed at.
fn wrong(text: &str, error: &query::Error) -> Failure {
    Failure::usage(format!("the search cannot be read: {error}"))
        .excerpt(&error.pointed(text))
        .hint("the README has what can be written; a text with signs in it needs quotes")
}

/// Adds ids that differ little from `text`.
pub(super) fn suggest(failure: Failure, inspector: &Inspector, text: &str) -> Result<Failure, Failure> {
    let near = inspector.near(text, SUGGESTED)?;
    Ok(near
        .into_iter()
        .fold(failure, |failure, (id, rows)| failure.hint(format!("{} ({})", id.as_str(), self::rows(rows)))))
}

fn rows(rows: u64) -> String {
    many(usize::try_from(rows).unwrap_or(usize::MAX), "row")
}
