//! The hits of a search, best first.

use std::io::{self, Write};

use super::ID;
use crate::identity::naming;
use crate::model::Id;
use crate::model::hit::{EventHit, Hit, Match, Shared, ValueHit};
use crate::model::text::{counted, people as in_words};
use crate::report::look::{Class, Look, count, left, right};

/// Writes the hits of a search, best first (`journey search`).
pub fn search(
    out: &mut dyn Write,
    hits: &[Hit],
    events: &[(String, EventHit)],
    values: &[(String, ValueHit)],
    shared: &[Shared],
    look: &Look,
) -> io::Result<()> {
    if !hits.is_empty() {
        people(out, hits, look)?;
    }
    let events = events.iter().map(|(term, hit)| (term, "an event:", hit.people, hit.rows));
    let values = values
        .iter()
        .map(|(term, hit)| (term, if hit.at_least { "a value: at least" } else { "a value:" }, hit.people, hit.rows));
    for (at, (term, what, people, rows)) in events.chain(values).enumerate() {
        if at == 0 && !hits.is_empty() {
            writeln!(out)?;
        }
        let said = format!("{what} {}, {}", in_words(people), counted(rows, "row"));
        writeln!(out, "{term}  {}", look.paint(Class::Faint, &said))?;
    }
    for Shared { value, users } in shared {
        let name = |root: &Id| {
            let hit = hits.iter().find(|hit| hit.root.as_ref().unwrap_or(&hit.id) == root);
            naming::named(hit.and_then(|hit| hit.name.as_deref()), root)
        };
        let names: Vec<String> = users.iter().map(name).collect();
        let sentence = format!(
            "warning: {} users have {value}: {}. Nothing joins them; journey diff tells whether they are one person",
            users.len(),
            names.join(", ")
        );
        writeln!(out, "{}", look.paint(Class::Orphan, &look.wrap(&sentence, 0)))?;
    }
    Ok(())
}

/// One line for each person.
fn people(out: &mut dyn Write, hits: &[Hit], look: &Look) -> io::Result<()> {
    let id = (look.width.saturating_sub(52) / 2).clamp(14, ID);
    let head = format!(
        "{} {} {} {} {}",
        left("NAME", id),
        left("ID", id),
        right("ROWS", 7),
        left("LAST SEEN", 16),
        "FOUND BY"
    );
    writeln!(out, "{}", look.paint(Class::Faint, &head))?;
    // For what an id is found by there is at least this much room; a pipe has no width.
    let room = look.width.saturating_sub(2 * id + 27).max(16);
    for hit in hits {
        let name = match hit.known_as() {
            Some(name) => left(&look.cut(name, id), id),
            None => look.paint(Class::Faint, &left("no name", id)),
        };
        let last = hit.rows().last.map_or_else(|| "-".to_owned(), |at| look.clock.minute(at));
        let found = match &hit.via {
            Some((property, value)) => match hit.found {
                Match::Event => format!("{property}: {value}"),
                found => format!("{}, {property}: {value}", found.name()),
            },
            None => hit.found.name().to_owned(),
        };
        writeln!(
            out,
            "{name} {} {} {} {}",
            left(&look.id(hit.id.as_str(), id), id),
            right(&count(hit.rows().events), 7),
            left(&last, 16),
            look.paint(Class::Faint, &look.cut(&found, room)),
        )?;
    }
    Ok(())
}
