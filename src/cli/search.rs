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
use crate::model::hit::Match;
use crate::report::json::{self, Searched};
use crate::report::look::{count, many};
use crate::report::text;

/// Ids that are suggested when nothing matches.
const SUGGESTED: usize = 5;

/// Columns of an event as a term; a longer name is cut.
const TERM: usize = 60;

/// Hits that are looked through for values that several users have.
const LOOKED_AT: usize = 200;

pub(super) fn run(command: &Search, store: Named, console: &mut Console) -> Result<(), Failure> {
    let terms = Terms::read(&command.text).map_err(|error| wrong(&command.text, &error))?;
    let mut inspector = store.open(console)?;
    if let Some(rules) = &command.rules {
        inspector.set_rules(Some(rule_set(rules)?));
    }
    answer(command, terms.as_ref(), &inspector, console).map_err(|failure| redaction::shown(failure, &inspector))
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

fn answer(
    command: &Search,
    terms: Option<&Terms>,
    inspector: &Inspector,
    console: &mut Console,
) -> Result<(), Failure> {
    let mut notes = Vec::new();
    // One more than is listed says whether there are more; what hits share is looked for in more.
    let limit = command.limit.saturating_add(1).max(LOOKED_AT);
    let (mut looked, mut has_more) = (None, false);
    let mut by_terms = |terms: &Terms| {
        let found = inspector.search_terms(terms, limit, &mut |_| {})?;
        notes = found.notes;
        looked = found.looked;
        has_more = found.more;
        Ok::<_, Failure>(found.hits)
    };
    let (mut events, mut values) = (Vec::new(), Vec::new());
    let found = if let Some(terms) = terms {
        by_terms(terms)?
    } else {
        let mut found = inspector.search(&command.text, limit)?;
        let is_sure = found.first().is_some_and(|hit| hit.found != Match::Fuzzy);
        events = inspector.events_with(&command.text)?;
        if is_sure && found.first().is_some_and(|hit| hit.found != Match::Exact) {
            values = inspector.values_with(&command.text)?;
        }
        // A warehouse is not looked through: its ids and profiles are all there is to find.
        if !is_sure && inspector.source().scan().is_some() {
            // As on the screen: words as a query, then the text in any property, then what is only alike.
            let mut better = Terms::words(&command.text).map_or(Ok(Vec::new()), |terms| by_terms(&terms))?;
            if let Some(terms) = Terms::of_value(&command.text).filter(|_| better.is_empty()) {
                better = by_terms(&terms)?;
            }
            found.retain(|hit| !better.iter().any(|other| other.id == hit.id));
            better.append(&mut found);
            found = better;
        }
        found
    };
    let shared = Shared::of(&command.text, &found);
    let more = found.len() > command.limit || has_more;
    let mut hits = found;
    hits.truncate(command.limit);
    inspector.describe(&mut hits)?;
    let query = inspector.shown_text(&command.text)?;
    let searched =
        Searched { query: &query, hits: &hits, events: &events, values: &values, shared: &shared, more, looked };
    if hits.is_empty() && events.is_empty() {
        if console.format == Format::Json {
            json::search(&mut console.out, &searched)?;
            console.finish()?;
        }
        let failure = Failure::nothing(format!("nothing matches {:?}", command.text));
        let failure = notes.into_iter().chain(hint(&command.text)).fold(failure, Failure::hint);
        // A query is no id that may have been misspelt, and the likeness of all ids costs more than the search.
        let failure = if terms.is_some() { failure } else { suggest(failure, inspector, &command.text)? };
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
