//! The hits: a line for each, and more of the selected one below.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::model::Id;
use crate::tui::app::Ui;
use crate::tui::fit;
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};
use crate::tui::worker::{Glance, Hit, Hits, User};

use super::State;
use super::draw::choices;
use super::marks::marks;
use super::overview::plot;

/// Widths of the columns of hits, each with a space after it.
struct Columns {
    found: usize,
    id: usize,
    kind: usize,
    mark: usize,
    root: usize,
    rows: usize,
    first: usize,
    activity: usize,
    last: usize,
    via: usize,
}

impl Columns {
    /// `by_rows`: what the rows have in common says more than where the id leads.
    fn of(width: usize, by_rows: bool) -> Self {
        let (found, kind, mark, rows, first, activity, last) = match width {
            110.. => (10, 8, 5, 11, 12, 13, 13),
            64..110 => (10, 8, 4, 9, 0, 0, 13),
            _ => (0, 8, 3, 8, 0, 0, 0),
        };
        let rest = width.saturating_sub(2 + found + kind + mark + rows + first + activity + last);
        let (root, via) = match width {
            140.. => (rest / 3, rest / 4),
            64.. if by_rows => (rest / 2, 0),
            64.. => (rest * 2 / 5, 0),
            _ => (0, 0),
        };
        let id = rest.saturating_sub(root + via);
        Self { found, id, kind, mark, root, rows, first, activity, last, via }
    }
}

/// Draws them.
pub(super) fn view(state: &State, hits: &Hits, ui: &mut Ui, area: Rect, buffer: &mut Buffer, look: &Look) {
    let mut list = area;
    let above = hits.instead.iter().map(|text| (format!("nothing has this in it; found for {text}"), Meaning::Text));
    let warnings = hits.warnings.iter().map(|text| (format!("{} {text}", look.glyphs.warn), Meaning::Warn));
    let notes = hits.notes.iter().map(|text| (text.clone(), Meaning::Muted));
    for (text, meaning) in above.chain(warnings).chain(notes).take(usize::from(area.height / 4)) {
        Pen::new(buffer, list, 0).skip(1).text(&text, look.style(meaning));
        list = Rect { y: list.y + 1, height: list.height - 1, ..list };
    }
    let by_rows = hits.list.iter().any(|hit| hit.matched > 0);
    let columns = Columns::of(usize::from(area.width), by_rows);
    let muted = look.style(Meaning::Muted);
    if list.height > 4 {
        let mut pen = Pen::new(buffer, list, 0);
        pen.skip(2);
        pen.cell("MATCH", columns.found, muted).cell("ID", columns.id, muted).cell("IS", columns.kind, muted);
        pen.cell(look.glyphs.warn, columns.mark, muted).cell(
            if by_rows && columns.via == 0 { "FOUND BY" } else { "ROOT" },
            columns.root,
            muted,
        );
        pen.number("ROWS", columns.rows.saturating_sub(2), muted).skip(2);
        pen.cell("FIRST", columns.first, muted).cell("ACTIVITY", columns.activity, muted);
        pen.cell("LAST", columns.last, muted).cell("FOUND BY", columns.via, muted);
        list = Rect { y: list.y + 1, height: list.height - 1, ..list };
    }
    let mut below = Rect { height: 0, ..list };
    if list.height >= 13 {
        let tall = if list.height >= 30 { 8 } else { 5 };
        below = Rect { y: list.bottom() - tall, height: tall, ..list };
        list = Rect { height: list.height - tall, ..list };
    }
    let typed = hits.instead.as_deref().unwrap_or(state.text());
    choices(state, hits.list.len(), ui, list, buffer, look, &mut |pen, at| {
        if let Some(hit) = hits.list.get(at) {
            let glance = state.glances.get(&hit.id);
            line(pen, hit, glance, typed, &columns, look);
        }
    });
    ui.hits = ui.search_top..ui.search_top + usize::from(list.height);
    if let Some(hit) = hits.list.get(state.selected) {
        preview(hit, state.glances.get(&hit.id), below, buffer, look);
    }
}

fn line(pen: &mut Pen<'_>, hit: &Hit, glance: Option<&Option<Glance>>, typed: &str, columns: &Columns, look: &Look) {
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    let found = look.style(Meaning::Match);
    let date = |at: Option<i64>| at.map(|at| look.zone.short_date(at)).unwrap_or_default();
    pen.cell(hit.found, columns.found, muted);
    let matched = if hit.via.is_none() { marks(hit.id.as_str(), typed, hit.found == "fuzzy") } else { Vec::new() };
    pen.marked(hit.id.as_str(), columns.id.saturating_sub(1), &matched, (plain, found)).skip(1);
    pen.cell(hit.kind, columns.kind, plain);
    let (mark, meaning) = mark(glance, look);
    pen.cell(&mark, columns.mark, look.style(meaning));
    let via_room = if columns.via > 0 { columns.via } else { columns.root.saturating_sub(1) };
    let via = hit.via.as_ref().map(|(name, value)| {
        let rows = match hit.matched {
            0 => String::new(),
            rows => format!(" {} {}", look.glyphs.dot, fit::counted(rows, "row")),
        };
        let whole = format!("{name} {value}{rows}");
        // The value says more than its name.
        let (text, at) =
            if fit::width(&whole) > via_room { (format!("{value}{rows}"), 0) } else { (whole, name.len() + 1) };
        let matched: Vec<_> = marks(value, typed, hit.found == "fuzzy")
            .into_iter()
            .map(|range| range.start + at..range.end + at)
            .collect();
        (text, matched)
    });
    if columns.root > 0 {
        let width = columns.root - 1;
        match (&hit.root, &via) {
            // Without a column of its own, what was found by goes before the root.
            (_, Some((via, matched))) if columns.via == 0 => pen.marked(via, width, matched, (muted, found)),
            (Some(root), _) if *root == hit.id => pen.cell("itself", width, muted),
            (Some(root), _) => pen.id(root.as_str(), width, muted),
            (None, _) => pen.cell("none", width, muted),
        }
        .skip(1);
    }
    pen.number(&fit::count(hit.events), columns.rows.saturating_sub(2), plain).skip(2);
    pen.cell(&date(hit.first), columns.first, muted);
    if columns.activity > 0 {
        let start = pen.column();
        let activity = glance.and_then(Option::as_ref).map_or(&[][..], |glance| &glance.activity);
        plot(pen, activity, columns.activity - 1, look);
        let end = start.saturating_add(u16::try_from(columns.activity).unwrap_or(0));
        pen.to(end);
    }
    pen.cell(&date(hit.last), columns.last, muted);
    if let Some((via, matched)) = &via {
        pen.marked(via, columns.via, matched, (muted, found));
    }
}

/// Findings of the user of a hit, that it is an orphan, or that nobody knows.
fn mark(glance: Option<&Option<Glance>>, look: &Look) -> (String, Meaning) {
    let user = match glance {
        None => return (String::new(), Meaning::Muted),
        Some(None | Some(Glance { user: None, .. })) => return ("?".to_owned(), Meaning::Muted),
        Some(Some(Glance { user: Some(user), .. })) => user,
    };
    match user {
        User { findings, .. } if !findings.is_empty() => {
            let meaning = if findings.iter().any(|(loses, _)| *loses) { Meaning::Bad } else { Meaning::Warn };
            (format!("{}{}", look.glyphs.warn, findings.len()), meaning)
        }
        User { orphan_of, .. } if !orphan_of.is_empty() => (look.glyphs.orphan.to_owned(), Meaning::Orphan),
        _ => (String::new(), Meaning::Muted),
    }
}

/// What opening the hit would show, in a few lines.
fn preview(hit: &Hit, glance: Option<&Option<Glance>>, area: Rect, buffer: &mut Buffer, look: &Look) {
    if area.height == 0 {
        return;
    }
    let muted = look.style(Meaning::Muted);
    let mut pen = Pen::new(buffer, area, 0);
    let room = pen.room().saturating_sub(8);
    pen.text(&look.glyphs.rule.repeat(2), muted).skip(1);
    pen.text(&fit::middle(hit.id.as_str(), room), look.style(Meaning::Title)).skip(1).fill(look.glyphs.rule, muted);
    let width = usize::from(area.width.saturating_sub(2));
    for (row, line) in (1..area.height).zip(preview_lines(hit, glance, width, look)) {
        let place = Rect { y: area.y + row, height: 1, ..area };
        match (line, glance) {
            (Some((text, meaning)), _) => {
                Pen::new(buffer, place, 0).skip(1).text(&text, look.style(meaning));
            }
            (None, Some(Some(glance))) => activity(hit, glance, place, buffer, look),
            _ => {}
        }
    }
}

/// Its lines; `None` is that with the activity.
fn preview_lines(
    hit: &Hit,
    glance: Option<&Option<Glance>>,
    width: usize,
    look: &Look,
) -> Vec<Option<(String, Meaning)>> {
    let muted = |text: &str| Some((text.to_owned(), Meaning::Muted));
    let glance = match glance {
        None => return vec![muted("looking…")],
        Some(None) => return vec![muted("it cannot be looked at here; opening it says why")],
        Some(Some(glance)) => glance,
    };
    let Some(user) = &glance.user else {
        let plotted = (!glance.activity.is_empty()).then_some(None);
        return std::iter::once(muted("too much to look through before it is opened")).chain(plotted).collect();
    };
    let dot = format!(" {} ", look.glyphs.dot);
    let mut lines = vec![Some((who(hit, user, &dot, width), Meaning::Text))];
    if !glance.activity.is_empty() {
        lines.push(None);
    }
    for owner in user.orphan_of.iter().take(1) {
        let text = format!("{} an orphan: evidence ties it to {}", look.glyphs.orphan, owner.as_str());
        lines.push(Some((text, Meaning::Orphan)));
    }
    lines.extend(user.findings.iter().map(|(loses, what)| {
        let meaning = if *loses { Meaning::Bad } else { Meaning::Warn };
        Some((format!("{} {what}", look.glyphs.warn), meaning))
    }));
    if user.findings.is_empty() && user.orphan_of.is_empty() {
        lines.push(muted("no findings"));
    }
    lines
}

/// Whose it is and how much of it is where.
fn who(hit: &Hit, user: &User, dot: &str, width: usize) -> String {
    let mut parts = Vec::new();
    if user.ids.is_empty() {
        parts.push("no rows of its own, only mentioned".to_owned());
    } else {
        parts.push(fit::counted(user.rows, "row"));
    }
    for (number, word) in [(user.refused, "refused"), (user.split, "split"), (user.orphaned, "orphaned")] {
        if number > 0 {
            parts.push(format!("{} {word}", fit::count(number)));
        }
    }
    let others: Vec<&str> = user.ids.iter().filter(|id| **id != hit.id).map(Id::as_str).collect();
    if !others.is_empty() {
        let used = fit::width(&parts.join(dot)) + 12;
        let names = others.iter().map(|id| fit::middle(id, 32)).collect::<Vec<_>>().join(", ");
        parts.push(format!("also {}", fit::end(&names, width.saturating_sub(used).max(8))));
    }
    parts.join(dot)
}

/// The rows sent under the id over its time.
fn activity(hit: &Hit, glance: &Glance, area: Rect, buffer: &mut Buffer, look: &Look) {
    let muted = look.style(Meaning::Muted);
    let (Some(first), Some(last)) = (hit.first, hit.last) else { return };
    let mut pen = Pen::new(buffer, area, 0);
    let last = look.zone.short_date(last);
    pen.skip(1).text(&look.zone.short_date(first), muted).skip(1);
    let room = pen.room().saturating_sub(fit::width(&last) + 2);
    plot(&mut pen, &glance.activity, room, look);
    pen.skip(1).text(&last, muted);
}
