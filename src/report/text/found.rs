//! The hits of a search, best first.

use std::io::{self, Write};

use super::ID;
use crate::identity::naming;
use crate::model::Id;
use crate::model::hit::{EventHit, Hit, Match, Shared};
use crate::report::look::{Class, Look, count, left, right};

/// Writes the hits of a search, best first (`journey search`).
pub fn search(
    out: &mut dyn Write,
    hits: &[Hit],
    events: &[(String, EventHit)],
    shared: &[Shared],
    look: &Look,
) -> io::Result<()> {
    if !hits.is_empty() {
        people(out, hits, look)?;
    }
    for (at, (term, hit)) in events.iter().enumerate() {
        if at == 0 && !hits.is_empty() {
            writeln!(out)?;
        }
        let who = if hit.people == 1 { "1 person".to_owned() } else { format!("{} people", count(hit.people)) };
        let rows = if hit.rows == 1 { "1 row".to_owned() } else { format!("{} rows", count(hit.rows)) };
        writeln!(out, "{term}  {}", look.paint(Class::Faint, &format!("an event: {who}, {rows}")))?;
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
        let name = if let Some(name) = &hit.name {
            left(&look.cut(name, id), id)
        } else {
            // No name is known: the id that a machine made.
            let root = hit.root.as_ref().unwrap_or(&hit.id);
            look.paint(Class::Faint, &left(&look.id(root.as_str(), id.min(24)), id))
        };
        let last = hit.last.map_or_else(|| "-".to_owned(), |at| look.clock.minute(at));
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
            right(&count(hit.person_events.unwrap_or(hit.events)), 7),
            left(&last, 16),
            look.paint(Class::Faint, &look.cut(&found, room)),
        )?;
    }
    Ok(())
}
