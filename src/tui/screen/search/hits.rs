//! The hits: a line for each, and more of the selected one below.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::model::hit::{EventHit, Hit, Match};
use crate::tui::backend::{Hits, Preview, User};
use crate::tui::fit;
use crate::tui::frame::Ui;
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};
use crate::tui::widgets::plot;

use super::State;
use super::choices::choices;
use super::marks::marks;
use super::preview::{WIDE, preview};

/// Widths of the columns of hits, each with a space after it.
struct Columns {
    name: usize,
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
    /// A person is read by the name: where there is no room, what the id is and its root go first.
    fn of(width: usize) -> Self {
        let (kind, mark, rows, first, activity, last) = match width {
            110.. => (8, 5, 11, 12, 13, 13),
            64..110 => (0, 4, 9, 0, 0, 13),
            _ => (8, 3, 8, 0, 0, 0),
        };
        let rest = width.saturating_sub(2 + kind + mark + rows + first + activity + last);
        let (root, via) = match width {
            140.. => (rest / 4, rest / 4),
            64.. => (0, rest * 3 / 10),
            _ => (0, 0),
        };
        let name = if width >= 64 { (rest - root - via) / 2 } else { 0 };
        let id = rest.saturating_sub(name + root + via);
        Self { name, id, kind, mark, root, rows, first, activity, last, via }
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
    let columns = Columns::of(usize::from(area.width));
    let muted = look.style(Meaning::Muted);
    if list.height > 4 && !hits.list.is_empty() {
        let mut pen = Pen::new(buffer, list, 0);
        pen.skip(2);
        pen.cell("NAME", columns.name, muted).cell("ID", columns.id, muted).cell("IS", columns.kind, muted);
        pen.cell(look.glyphs.warn, columns.mark, muted).cell("ROOT", columns.root, muted);
        pen.number("ROWS", columns.rows.saturating_sub(2), muted).skip(2);
        pen.cell("FIRST", columns.first, muted).cell("ACTIVITY", columns.activity, muted);
        pen.cell("LAST", columns.last, muted).cell("FOUND BY", columns.via, muted);
        list = Rect { y: list.y + 1, height: list.height - 1, ..list };
    }
    let mut below = Rect { height: 0, ..list };
    if list.height >= 13 {
        let tall = match list.height {
            22.. if area.width >= WIDE => 11,
            30.. => 8,
            _ => 5,
        };
        below = Rect { y: list.bottom() - tall, height: tall, ..list };
        list = Rect { height: list.height - tall, ..list };
    }
    let typed = hits.instead.as_deref().unwrap_or(state.text());
    choices(state, hits.list.len() + hits.events.len(), ui, list, buffer, look, &mut |pen, at| {
        if let Some(hit) = hits.list.get(at) {
            let glance = state.glances.get(&hit.id);
            line(pen, hit, glance, typed, &columns, look);
        } else if let Some(event) = at.checked_sub(hits.list.len()).and_then(|at| hits.events.get(at)) {
            of_event(pen, event, typed, columns.name, look);
        }
    });
    ui.hits = ui.search_top..ui.search_top + usize::from(list.height);
    if let Some(hit) = hits.list.get(state.selected) {
        preview(hit, state.glances.get(&hit.id), below, buffer, look);
    }
}

fn line(pen: &mut Pen<'_>, hit: &Hit, glance: Option<&Option<Preview>>, typed: &str, columns: &Columns, look: &Look) {
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    let found = look.style(Meaning::Match);
    let start = pen.column();
    let date = |at: Option<i64>| at.map(|at| look.zone.short_date(at)).unwrap_or_default();
    if columns.name > 0 {
        // Where no name is known, the id that a machine made.
        match &hit.name {
            Some(name) => pen.cell(&fit::end(name, columns.name - 1), columns.name - 1, plain),
            None => pen.id(hit.root.as_ref().unwrap_or(&hit.id).as_str(), (columns.name - 1).min(20), muted),
        };
        let end = start.saturating_add(u16::try_from(columns.name).unwrap_or(0));
        pen.to(end);
    }
    let matched = if hit.via.is_none() { marks(hit.id.as_str(), typed, hit.found == Match::Fuzzy) } else { Vec::new() };
    pen.marked(hit.id.as_str(), columns.id.saturating_sub(1), &matched, (plain, found)).skip(1);
    pen.cell(hit.kind.name(), columns.kind, plain);
    let (mark, meaning) = mark(glance, look);
    pen.cell(&mark, columns.mark, look.style(meaning));
    let via_room = columns.via;
    let via = hit.via.as_ref().map(|(name, value)| {
        let rows = match hit.matched {
            0 => String::new(),
            rows => format!(" {} {}", look.glyphs.dot, fit::counted(rows, "row")),
        };
        let whole = format!("{name} {value}{rows}");
        // The value says more than its name.
        let (text, at) =
            if fit::width(&whole) > via_room { (format!("{value}{rows}"), 0) } else { (whole, name.len() + 1) };
        let matched: Vec<_> = marks(value, typed, hit.found == Match::Fuzzy)
            .into_iter()
            .map(|range| range.start + at..range.end + at)
            .collect();
        (text, matched)
    });
    if columns.root > 0 {
        let width = columns.root - 1;
        match &hit.root {
            Some(root) if *root == hit.id => pen.cell("itself", width, muted),
            Some(root) => pen.id(root.as_str(), width, muted),
            None => pen.cell("none", width, muted),
        }
        .skip(1);
    }
    pen.number(&fit::count(hit.person_events.unwrap_or(hit.events)), columns.rows.saturating_sub(2), plain).skip(2);
    pen.cell(&date(hit.first), columns.first, muted);
    if columns.activity > 0 {
        let start = pen.column();
        let activity = glance.and_then(Option::as_ref).map_or(&[][..], |glance| &glance.activity);
        plot(pen, activity, columns.activity - 1, look);
        let end = start.saturating_add(u16::try_from(columns.activity).unwrap_or(0));
        pen.to(end);
    }
    pen.cell(&date(hit.last), columns.last, muted);
    match &via {
        Some((via, matched)) => pen.marked(via, columns.via, matched, (muted, found)),
        None => pen.cell(hit.found.name(), columns.via, muted),
    };
}

/// An event with the text in its name: Enter asks who has it.
fn of_event(pen: &mut Pen<'_>, event: &EventHit, typed: &str, found: usize, look: &Look) {
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    let people = if event.people == 1 { "1 person".to_owned() } else { format!("{} people", fit::count(event.people)) };
    let counts = format!("{people} {} {}", look.glyphs.dot, fit::counted(event.rows, "row"));
    pen.cell("event", if found == 0 { 6 } else { found }, muted);
    let room = pen.room().saturating_sub(fit::width(&counts) + 3);
    pen.marked(&event.event, room, &marks(&event.event, typed, false), (plain, look.style(Meaning::Match)));
    pen.skip(1).text(&counts, muted);
}

/// Findings of the user of a hit, that it is an orphan, or that this is unknown.
fn mark(glance: Option<&Option<Preview>>, look: &Look) -> (String, Meaning) {
    let user = match glance {
        None => return (String::new(), Meaning::Muted),
        Some(None | Some(Preview { user: None, .. })) => return ("?".to_owned(), Meaning::Muted),
        Some(Some(Preview { user: Some(user), .. })) => user,
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
