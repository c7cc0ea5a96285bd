//! A user with a call taken away, changed or added, written out (`journey compare ID --without …`).

use std::io::{self, Write};

use serde_json::{Value, json};

use super::across::{Cell, cell};
use super::json::SCHEMA;
use super::look::{Class, Look, count, left, many};
use crate::identity::what_if::Outcome;
use crate::identity::{Held, Ruled};
use crate::model::Id;
use crate::model::time::rfc3339;

/// What was asked, as it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The id.
    pub query: &'a str,
    /// The best name of the user.
    pub name: &'a str,
    /// The changes, a few words each.
    pub changes: &'a [String],
}

/// Writes the outcome for programs.
pub fn json(out: &mut dyn Write, asked: Asked<'_>, outcome: &Outcome) -> io::Result<()> {
    let sums = |side: &Ruled, pick: fn((usize, usize)) -> usize| {
        json!({
            "root": side.root.as_ref().map(Id::as_str),
            "rows": pick(outcome.own_rows()),
            "missing": pick(outcome.missing),
            "people": pick(outcome.people()),
            "refused": pick(outcome.refused()),
        })
    };
    let row_of = |side: &Ruled, at: Option<usize>| {
        let held = side.rows.get(at?)?;
        Some(json!({
            "owner": held.owner.as_ref().map(Id::as_str),
            "state": held.state(),
            "sent_as": held.event.id.as_ref().map(Id::as_str),
            "why": side.why(held),
        }))
    };
    let rows = outcome.rows.iter().filter_map(|(before, after)| {
        let held = held(outcome, (*before, *after))?;
        Some(json!({
            "file": &*held.event.source.file,
            "line": held.event.source.line,
            "event": &*held.event.event,
            "time": rfc3339(held.event.time),
            "before": row_of(&outcome.before, *before),
            "after": row_of(&outcome.after, *after),
        }))
    });
    let answer = json!({
        "schema": SCHEMA,
        "query": asked.query,
        "name": asked.name,
        "rules": outcome.before.rules.name(),
        "changes": asked.changes,
        "before": sums(&outcome.before, |pair| pair.0),
        "after": sums(&outcome.after, |pair| pair.1),
        "rows": rows.collect::<Vec<Value>>(),
    });
    serde_json::to_writer(&mut *out, &answer)?;
    out.write_all(b"\n")
}

fn held(outcome: &Outcome, places: (Option<usize>, Option<usize>)) -> Option<&Held> {
    let before = places.0.and_then(|at| outcome.before.rows.get(at));
    before.or_else(|| places.1.and_then(|at| outcome.after.rows.get(at)))
}

/// Columns of one side.
const SIDE: usize = 20;

/// Writes the outcome for people.
pub fn text(out: &mut dyn Write, asked: Asked<'_>, outcome: &Outcome, look: &Look) -> io::Result<()> {
    let title = format!("what if  {}  by the rules {}", asked.name, outcome.before.rules.name());
    writeln!(out, "{}", look.paint(Class::Heading, &look.clean(&title)))?;
    for change in asked.changes {
        writeln!(out, "{}", look.wrap(change, 2))?;
    }
    writeln!(out)?;
    let head = format!("{}{}{}DIFFERENCE", left("", 16), left("AS IT WAS", SIDE), left("WITH THE CHANGE", SIDE));
    writeln!(out, "{}", look.paint(Class::Heading, &head))?;
    for (title, (before, after)) in [
        ("rows", outcome.own_rows()),
        ("missing", outcome.missing),
        ("people", outcome.people()),
        ("no effect", outcome.refused()),
    ] {
        let difference = match after.cmp(&before) {
            std::cmp::Ordering::Greater => format!("+ {}", count((after - before) as u64)),
            std::cmp::Ordering::Less => format!("- {}", count((before - after) as u64)),
            std::cmp::Ordering::Equal => String::new(),
        };
        let line = format!(
            "{}{}{}{difference}",
            left(title, 16),
            left(&count(before as u64), SIDE),
            left(&count(after as u64), SIDE)
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    let untied = outcome.untied();
    if untied > 0 {
        let text = format!("{}: no other row or call ties them to this user", many(untied, "row"));
        writeln!(out, "{}", look.wrap(&format!("{text}, who does not have them either way."), 2))?;
    }
    writeln!(out)?;
    if outcome.rows.is_empty() {
        return writeln!(out, "= no row is another's, and none is sent otherwise");
    }
    for (before, after) in &outcome.rows {
        let Some(held) = held(outcome, (*before, *after)) else { continue };
        let sign = match (before, after) {
            (_, None) => {
                if look.ascii {
                    "x"
                } else {
                    "✗"
                }
            }
            (None, _) => "+",
            _ => {
                if look.ascii {
                    "!"
                } else {
                    "≠"
                }
            }
        };
        let time: String = look.clock.full(held.event.time).chars().take(19).collect();
        let side = |side: &Ruled, at: &Option<usize>, none: &str| {
            let Some(held) = at.and_then(|at| side.rows.get(at)) else { return none.to_owned() };
            let (class, text) = cell(side, held, asked.name);
            let text = match text {
                Cell::Name(text) => look.cut(&text, SIDE - 3),
                Cell::Id(id) => look.id(id.as_str(), SIDE - 3),
            };
            format!("{} {text}", look.mark(class))
        };
        let line = format!(
            "{time} {} {} {}{}",
            left(sign, 1),
            left(&look.cut(&held.event.event, 22), 22),
            left(&side(&outcome.before, before, ""), SIDE),
            side(&outcome.after, after, "not sent")
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    let summary = match outcome.rows.len() {
        1 => "1 row is not as it was".to_owned(),
        rows => format!("{} are not as they were", many(rows, "row")),
    };
    writeln!(out, "\n{summary}")
}
