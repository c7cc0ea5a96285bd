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
const BAR: usize = 32;

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

/// A line of the people section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// What it is called.
    pub title: &'static str,
    /// How many.
    pub number: u64,
    /// In percent of the people of the old rules, or a word.
    pub share: String,
    /// What it means.
    pub means: String,
}

/// The lines of the people section.
pub fn people(migration: &Migration) -> Vec<Kind> {
    let sums = &migration.sums;
    let kind = |title, number, share: String, means: &str| Kind { title, number, share, means: means.to_owned() };
    let share = |number: u64| format!("{} %", percent(number, sums.people.0));
    let mut kinds = vec![
        kind("same", sums.same, share(sums.same), ""),
        kind("split", sums.split, share(sums.split), "one person → 2 or more"),
        kind("merged", sums.merged, share(sums.merged), "2 or more → one person"),
    ];
    // Under other rules no bare id is taken for a user.
    if migration.to.name() == "simplified" {
        let new = if migration.phantoms > 0 { "new" } else { "" };
        kinds.push(kind("phantom", migration.phantoms, new.to_owned(), "bare anonymous ids taken for users"));
    }
    let before = match migration.conflicts_before() {
        0 => String::new(),
        before => format!(", {} before", count(before)),
    };
    kinds.push(kind("conflict", migration.conflicts(), String::new(), &format!("calls and rows refused{before}")));
    kinds
}

/// The share of rows that change owner, to a tenth of a percent.
pub fn changed(migration: &Migration) -> String {
    let share = migration.sums.rows_changed * 1000 / migration.sums.rows.max(1);
    format!("{}.{} %", share / 10, share % 10)
}

/// Columns of a bar of which `most` are those of all people.
pub fn bar(number: u64, migration: &Migration, most: usize) -> usize {
    if number == 0 || most == 0 {
        return 0;
    }
    let columns = number.saturating_mul(most as u64) / migration.sums.people.0.max(1);
    usize::try_from(columns).unwrap_or(most).clamp(1, most)
}

/// Writes the report for people.
pub fn text(out: &mut dyn Write, store: &str, migration: &Migration, look: &Look) -> io::Result<()> {
    let sums = &migration.sums;
    let arrow = if look.ascii { "->" } else { "→" };
    let title = format!("migration  {}  {} {arrow} {}", look.clean(store), migration.from.name(), migration.to.name());
    writeln!(out, "{}", look.paint(Class::Heading, &title))?;
    writeln!(
        out,
        "{}   {} {arrow} {} people   {} change owner ({})",
        counted(sums.rows, "row"),
        count(sums.people.0),
        count(sums.people.1),
        counted(sums.rows_changed, "row"),
        changed(migration)
    )?;
    if !migration.complete {
        writeln!(out, "note: not all rows were read: every number is a minimum")?;
    }
    writeln!(out, "{}", look.rule("people"))?;
    for Kind { title, number, share, means } in people(migration) {
        let bar = if look.ascii { "#" } else { "█" }.repeat(bar(number, migration, BAR));
        let (title, number, bar) = (left(title, 9), right(&count(number), 9), left(&bar, BAR));
        let line = format!(" {title} {number} {}  {bar}  {means}", right(&share, 5));
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
    if migration.top.is_empty() {
        writeln!(out, " no row changes owner")?;
    }
    let more = sums.changed.len().saturating_sub(migration.top.len());
    if more > 0 {
        let dots = if look.ascii { "..." } else { "…" };
        writeln!(out, " {dots} {} more people", count(more as u64))?;
    }
    for (rules, refused) in [(migration.from, &migration.refused_before), (migration.to, &migration.refused)] {
        if refused.values().any(|count| *count > 0) {
            writeln!(out, "{}", look.rule(&format!("refused and ignored under {}", rules.name())))?;
            for (name, number) in refused {
                writeln!(out, " {} {}", left(name, 40), right(&count(*number), 9))?;
            }
        }
    }
    writeln!(out, "{}", look.rule("not known"))?;
    for unknown in migration.to.unknown() {
        writeln!(out, "{}", look.wrap(unknown, 1))?;
    }
    Ok(())
}
