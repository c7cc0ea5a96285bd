//! The migration report as one file for a browser, with the style of the other reports.

use std::io::{self, Write};

use super::{changed, people, what};
use crate::identity::migration::Migration;
use crate::model::text::{count, counted};
use crate::report::sheet::page::{POLICY, STYLE};
use crate::report::svg::escape;

/// Writes the page.
pub fn html(out: &mut dyn Write, store: &str, migration: &Migration) -> io::Result<()> {
    let sums = &migration.sums;
    let title = format!("{}: {} → {}", escape(store), migration.from.name(), migration.to.name());
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Migration {title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <p class=\"eye\">Migration report</p>\n<h1>{title}</h1>"
    )?;
    writeln!(
        out,
        "<p class=\"facts\"><span><b>{}</b></span><span><b>{} → {}</b> people</span><span><b>{}</b> change owner ({})</span></p>",
        counted(sums.rows, "row"),
        count(sums.people.0),
        count(sums.people.1),
        counted(sums.rows_changed, "row"),
        changed(migration),
    )?;
    if !migration.complete {
        writeln!(out, "<p class=\"limits\">Not all rows were read: every number is a minimum.</p>")?;
    }
    let cells = people(migration)
        .into_iter()
        .map(|kind| vec![kind.title.to_owned(), count(kind.number), kind.share, kind.means]);
    table(out, "People", &["", "people", "share", "what it means"], cells)?;
    let cells = migration.first.iter().map(|advice| {
        let clients = advice.clients.join(", ");
        vec![
            advice.change.title.to_owned(),
            advice.change.advice.to_owned(),
            count(advice.people),
            count(advice.rows),
            clients,
        ]
    });
    table(out, "First, in the integration", &["what", "change", "ids", "rows", "programs"], cells)?;
    let cells = migration.top.iter().map(|user| {
        let name = user.name.clone().filter(|name| name != user.id.as_str()).unwrap_or_default();
        vec![name, user.id.as_str().to_owned(), count(user.rows), what(user)]
    });
    table(out, "Most rows changed", &["name", "id", "rows", "what becomes of it"], cells)?;
    let more = sums.changed.len().saturating_sub(migration.top.len());
    if more > 0 {
        writeln!(out, "<p class=\"mut\">{} more people have rows that change owner.</p>", count(more as u64))?;
    }
    for (rules, refused) in [(migration.from, &migration.refused_before), (migration.to, &migration.refused)] {
        let cells = refused.iter().map(|(name, number)| vec![(*name).to_owned(), count(*number)]);
        table(out, &format!("Refused and ignored under {}", rules.name()), &["reason", "calls and rows"], cells)?;
    }
    writeln!(out, "<section><h2>Not known</h2><ul class=\"plain\">")?;
    for unknown in migration.to.unknown() {
        writeln!(out, "<li>{}</li>", escape(unknown))?;
    }
    writeln!(
        out,
        "</ul></section>\n</main>\n<footer>Made by <b>journey</b> {}; computed from the rows as sent, no vendor was asked</footer>\n</body>\n</html>",
        env!("CARGO_PKG_VERSION")
    )
}

/// A section with a table; none for no rows.
fn table(out: &mut dyn Write, title: &str, heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> io::Result<()> {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "<section><h2>{title}</h2><table><thead><tr>")?;
    for head in heads {
        write!(out, "<th scope=\"col\">{head}</th>")?;
    }
    writeln!(out, "</tr></thead><tbody>")?;
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| format!("<td>{}</td>", escape(cell))).collect();
        writeln!(out, "<tr>{}</tr>", cells.concat())?;
    }
    writeln!(out, "</tbody></table></section>")
}
