//! What becomes of a store under another rule set, written out (`journey compare --from … --to …`).

mod html;

use std::borrow::Cow;
use std::io::{self, Write};

use serde_json::{Value, json};

pub use self::html::html;

use super::json::SCHEMA;
use super::look::{Class, Look, count, left, right};
use super::sheet::cell;
use super::table::csv as line;
use crate::identity::migration::{Becomes, Migration, TopUser};
use crate::model::text::{counted, percent};

/// Columns of the longest bar.
const BAR: usize = 40;

/// Writes the report for programs.
pub fn json(out: &mut dyn Write, store: &str, migration: &Migration) -> io::Result<()> {
    let sums = &migration.sums;
    let first = migration.first.iter().map(|advice| {
        json!({
            "code": advice.change.code,
            "title": advice.change.title,
            "advice": advice.change.advice,
            "people": advice.people,
            "rows": advice.rows,
            "clients": advice.clients,
        })
    });
    let top = migration.top.iter().map(|user| {
        json!({
            "id": user.id.as_str(),
            "name": user.name,
            "rows_changed": user.rows,
            "what": what(user),
        })
    });
    let answer = json!({
        "schema": SCHEMA,
        "store": store,
        "from": migration.from.name(),
        "to": migration.to.name(),
        "complete": migration.complete,
        "people": {"from": sums.people.0, "to": sums.people.1},
        "rows": sums.rows,
        "same": sums.same,
        "split": sums.split,
        "merged": sums.merged,
        "rows_changed": sums.rows_changed,
        "people_changed": sums.changed.len(),
        "phantoms": migration.phantoms,
        "conflicts": migration.conflicts(),
        "refused": migration.refused,
        "refused_before": migration.refused_before,
        "rows_without_owner": migration.without_owner,
        "first": first.collect::<Vec<Value>>(),
        "top": top.collect::<Vec<Value>>(),
        "unknown": migration.to.unknown(),
        "unknown_before": migration.from.unknown(),
    });
    serde_json::to_writer(&mut *out, &answer)?;
    out.write_all(b"\n")
}

/// What becomes of a person, a few words.
pub fn what(user: &TopUser) -> String {
    match &user.becomes {
        Becomes::Split(parts) => format!("split in {parts}"),
        Becomes::Merged(other, name) => match name.as_ref().filter(|name| user.name.as_ref() != Some(name)) {
            Some(name) => format!("merged with {name}"),
            None => format!("merged with {}", other.as_str()),
        },
        Becomes::Other => "another owner".to_owned(),
    }
}

/// Writes the people with rows that change owner as CSV.
pub fn csv(out: &mut dyn Write, migration: &Migration) -> io::Result<()> {
    line(out, ["id", "name", "rows_changed", "what"].into_iter().map(Cow::Borrowed))?;
    for user in &migration.top {
        let name = user.name.as_deref().unwrap_or_default();
        let (rows, what) = (user.rows.to_string(), what(user));
        line(out, [user.id.as_str(), name, &rows, &what].into_iter().map(cell))?;
    }
    Ok(())
}

/// The lines of the people section: title, number, share in percent, what it means.
pub fn people(migration: &Migration) -> Vec<(&'static str, u64, Option<u64>, &'static str)> {
    let sums = &migration.sums;
    let share = |number: u64| Some(percent(number, sums.people.0));
    vec![
        ("same", sums.same, share(sums.same), ""),
        ("split", sums.split, share(sums.split), "one person → 2 or more"),
        ("merged", sums.merged, share(sums.merged), "2 or more → one person"),
        ("phantom", migration.phantoms, None, "bare anonymous ids taken for users"),
        ("conflict", migration.conflicts(), None, "calls and rows that are refused"),
    ]
}

/// Writes the report for people.
pub fn text(out: &mut dyn Write, store: &str, migration: &Migration, look: &Look) -> io::Result<()> {
    let sums = &migration.sums;
    let arrow = if look.ascii { "->" } else { "→" };
    let title = format!("migration  {}  {} {arrow} {}", look.clean(store), migration.from.name(), migration.to.name());
    writeln!(out, "{}", look.paint(Class::Heading, &title))?;
    let share = sums.rows_changed * 1000 / sums.rows.max(1);
    writeln!(
        out,
        "{}   {} {arrow} {} people   {} change owner ({}.{} %)",
        counted(sums.rows, "row"),
        count(sums.people.0),
        count(sums.people.1),
        counted(sums.rows_changed, "row"),
        share / 10,
        share % 10
    )?;
    if !migration.complete {
        writeln!(out, "note: not all rows were read: every number is a minimum")?;
    }
    writeln!(out, "{}", look.rule("people"))?;
    for (title, number, share, means) in people(migration) {
        let share = share
            .map_or_else(|| if number > 0 { "new".to_owned() } else { String::new() }, |share| format!("{share} %"));
        let bar = usize::try_from(number * BAR as u64 / sums.people.0.max(1)).unwrap_or(0).min(BAR);
        let bar = if number > 0 { bar.max(1) } else { 0 };
        let bar = if look.ascii { "#" } else { "█" }.repeat(bar);
        let line = format!(" {} {} {}  {bar}  {means}", left(title, 9), right(&count(number), 9), right(&share, 5));
        writeln!(out, "{}", look.clean(line.trim_end()))?;
    }
    writeln!(out, "{}", look.rule(&look.clean("first, in the integration · by rows that it saves")))?;
    if migration.first.is_empty() {
        writeln!(out, " nothing to change")?;
    }
    for advice in &migration.first {
        let clients = advice.clients.join(", ");
        let line = format!(
            " {} {} {}  {}",
            left(advice.change.title, 42),
            right(&counted(advice.people, "id"), 12),
            right(&counted(advice.rows, "row"), 16),
            look.clean(&clients)
        );
        writeln!(out, "{}", line.trim_end())?;
        writeln!(out, "{}", look.wrap(advice.change.advice, 3))?;
    }
    writeln!(out, "{}", look.rule("most rows changed"))?;
    for user in &migration.top {
        let name = user.name.as_deref().filter(|name| *name != user.id.as_str()).unwrap_or_default();
        let becomes = match &user.becomes {
            Becomes::Merged(other, name) if name.is_none() || *name == user.name => {
                format!("merged with {}", look.id(other.as_str(), 24))
            }
            _ => look.cut(&what(user), 40),
        };
        let line = format!(
            " {} {} {}   {becomes}",
            left(&look.cut(name, 20), 20),
            left(&look.id(user.id.as_str(), 28), 28),
            right(&counted(user.rows, "row"), 14)
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    let more = sums.changed.len().saturating_sub(migration.top.len());
    if more > 0 {
        let dots = if look.ascii { "..." } else { "…" };
        writeln!(out, " {dots} {} more people", count(more as u64))?;
    }
    if migration.refused.values().any(|count| *count > 0) {
        writeln!(out, "{}", look.rule(&format!("refused and ignored under {}", migration.to.name())))?;
        for (name, number) in &migration.refused {
            writeln!(out, " {} {}", left(name, 40), right(&count(*number), 9))?;
        }
    }
    writeln!(out, "{}", look.rule("not known"))?;
    for unknown in migration.to.unknown() {
        writeln!(out, "{}", look.wrap(unknown, 1))?;
    }
    Ok(())
}
