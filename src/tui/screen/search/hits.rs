//! The hits: a line for each, under the heads of their groups, and more of the selected one below.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::inspect::query;
use crate::model::hit::{EventHit, Hit, Match, ValueHit};
use crate::tui::backend::{Hits, Preview, User};
use crate::tui::fit;
use crate::tui::frame::Ui;
use crate::tui::pen::Pen;
use crate::tui::pointer::Spot;
use crate::tui::theme::{Look, Meaning};
use crate::tui::widgets::{heading, plot, scrolled, select};
use crate::tui::words::property_word;

use super::State;
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
    listed(state, hits, &columns, ui, list, buffer, look);
    if let Some(hit) = hits.list.get(state.selected) {
        preview(hit, state.glances.get(&hit.id), below, buffer, look);
    }
}

/// A line of the list: the head of a group, or the number of a hit among all.
enum Line {
    Head(String),
    Hit(usize),
}

/// The hits in their order of usefulness. Each group but the first, which the line above the list names, has a head.
fn lines(hits: &Hits) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut first = 0;
    for (number, what) in groups(hits) {
        if !lines.is_empty() {
            lines.push(Line::Head(what));
        }
        lines.extend((first..first + number).map(Line::Hit));
        first += number;
    }
    lines
}

/// How many hits each group has that has some, and what it is called.
fn groups(hits: &Hits) -> impl Iterator<Item = (usize, String)> {
    let (people, events, values) = (hits.list.len(), hits.events.len(), hits.values.len());
    let groups = [
        (people, fit::people(people as u64)),
        (events, fit::counted(events as u64, "event")),
        (values, fit::counted(values as u64, "value")),
    ];
    groups.into_iter().filter(|(number, _)| *number > 0)
}

/// The groups in words: `3 people, 2 events, 1 value`.
pub(super) fn counted(hits: &Hits) -> String {
    groups(hits).map(|(_, what)| what).collect::<Vec<_>>().join(", ")
}

/// The first hit of the group after that of a hit, else of the first group; `None` where there is one group alone.
pub(super) fn next_group(hits: &Hits, selected: usize) -> Option<usize> {
    let ends = groups(hits).scan(0, |end, (number, _)| {
        *end += number;
        Some(*end)
    });
    let mut begins = vec![0];
    begins.extend(ends);
    begins.pop();
    let next = begins.iter().find(|begin| **begin > selected).or(begins.first());
    next.filter(|_| begins.len() > 1).copied()
}

fn listed(state: &State, hits: &Hits, columns: &Columns, ui: &mut Ui, list: Rect, buffer: &mut Buffer, look: &Look) {
    let typed = hits.instead.as_deref().unwrap_or(state.text());
    let lines = lines(hits);
    let selected = lines.iter().position(|line| matches!(line, Line::Hit(at) if *at == state.selected));
    let height = usize::from(list.height);
    ui.page = height;
    ui.search_top = scrolled(ui.search_top, selected.unwrap_or(0), height, lines.len());
    let (people, events) = (hits.list.len(), hits.events.len());
    let (mut from, mut to) = (people, 0);
    for (row, line) in (0..list.height).zip(lines.iter().skip(ui.search_top)) {
        let place = Rect { y: list.y + row, height: 1, ..list };
        let mut pen = Pen::new(buffer, place, 0);
        ui.built += 1;
        let at = match line {
            Line::Head(text) => {
                heading(text, Meaning::Title, look, &mut pen);
                continue;
            }
            Line::Hit(at) => *at,
        };
        let is_selected = at == state.selected;
        pen.cell(if is_selected { look.glyphs.cursor } else { " " }, 1, look.style(Meaning::Key)).skip(1);
        if let Some(hit) = hits.list.get(at) {
            (from, to) = (from.min(at), at + 1);
            self::line(&mut pen, hit, state.glances.get(&hit.id), typed, columns, look);
        } else if let Some(event) = at.checked_sub(people).and_then(|at| hits.events.get(at)) {
            of_event(&mut pen, event, typed, look);
        } else if let Some(value) = at.checked_sub(people + events).and_then(|at| hits.values.get(at)) {
            of_value(&mut pen, value, typed, look);
        }
        if is_selected {
            select(buffer, place, look);
        }
        ui.spot(place, Spot::List(at));
    }
    ui.hits = from.min(to)..to;
}

fn line(pen: &mut Pen<'_>, hit: &Hit, glance: Option<&Option<Preview>>, typed: &str, columns: &Columns, look: &Look) {
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    let found = look.style(Meaning::Match);
    let start = pen.column();
    let date = |at: Option<i64>| at.map(|at| look.zone.short_date(at)).unwrap_or_default();
    if columns.name > 0 {
        match hit.known_as() {
            Some(name) => pen.cell(&fit::end(name, columns.name - 1), columns.name - 1, plain),
            None => pen.cell("no name", columns.name - 1, muted),
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
        let name = property_word(name);
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
    let rows = hit.rows();
    pen.number(&fit::count(rows.events), columns.rows.saturating_sub(2), plain).skip(2);
    pen.cell(&date(rows.first), columns.first, muted);
    if columns.activity > 0 {
        let start = pen.column();
        let activity = glance.and_then(Option::as_ref).map_or(&[][..], Preview::of_person);
        plot(pen, activity, columns.activity - 1, look);
        let end = start.saturating_add(u16::try_from(columns.activity).unwrap_or(0));
        pen.to(end);
    }
    pen.cell(&date(rows.last), columns.last, muted);
    match &via {
        Some((via, matched)) => pen.marked(via, columns.via, matched, (muted, found)),
        None => pen.cell(why(hit.found), columns.via, muted),
    };
}

/// Why an id was found, in words.
fn why(found: Match) -> &'static str {
    match found {
        Match::Exact => "id",
        Match::Prefix => "start of id",
        Match::Substring => "part of id",
        Match::Fuzzy => "like id",
        found => found.name(),
    }
}

/// An event with the text in its name: Enter asks who has it.
fn of_event(pen: &mut Pen<'_>, event: &EventHit, typed: &str, look: &Look) {
    let name = event.event.as_str();
    counts(pen, "event ", name, &marks(name, typed, false), (event.people, event.rows, false), look);
}

/// A value with the text in it: Enter asks who has it.
fn of_value(pen: &mut Pen<'_>, hit: &ValueHit, typed: &str, look: &Look) {
    let term = query::of_property(&hit.property, &hit.value);
    let before = term.len().saturating_sub(query::quoted(&hit.value).len());
    let marked = marks(term.get(before..).unwrap_or_default(), typed, false);
    let marked: Vec<_> = marked.into_iter().map(|range| range.start + before..range.end + before).collect();
    counts(pen, "value ", &term, &marked, (hit.people, hit.rows, hit.at_least), look);
}

/// What can be asked for, and how many people and rows have it.
fn counts(
    pen: &mut Pen<'_>,
    what: &str,
    name: &str,
    marked: &[Range<usize>],
    (people, rows, is_cut): (u64, u64, bool),
    look: &Look,
) {
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    let least = if is_cut { "at least " } else { "" };
    let counts = match rows {
        0 => "being counted".to_owned(),
        _ => format!("{least}{} {} {}", fit::people(people), look.glyphs.dot, fit::counted(rows, "row")),
    };
    pen.text(what, muted);
    let room = pen.room().saturating_sub(fit::width(&counts) + 3);
    pen.marked(name, room, marked, (plain, look.style(Meaning::Match)));
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
