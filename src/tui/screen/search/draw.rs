//! Drawing the search screen.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::model::Id;
use crate::tui::app::Ui;
use crate::tui::app::mouse::Spot;
use crate::tui::fit;
use crate::tui::pen::Pen;
use crate::tui::screen::journey::{bar, scrolled, select};
use crate::tui::theme::{Look, Meaning};
use crate::tui::worker::{Failure, Hit, Hits, Overview};

use super::State;

/// Draws the screen into `area`; the place of the cursor.
pub(in crate::tui) fn view(
    state: &State,
    title: Option<&str>,
    ui: &mut Ui,
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
) -> Option<Position> {
    let muted = look.style(Meaning::Muted);
    let mut pen = Pen::new(buffer, area, 0);
    pen.skip(1).text("journey", look.style(Meaning::Title)).skip(2);
    match title {
        Some(title) => pen.text(&fit::middle(title, pen.room().saturating_sub(12)), look.style(Meaning::Text)),
        None => pen.text("opening the store…", muted),
    };
    pen.right(&format!("{} ", look.zone.name()), muted);

    let mut pen = Pen::new(buffer, area, 1);
    pen.skip(1).text("/", look.style(Meaning::Key)).skip(1);
    let start = pen.column();
    let room = pen.room().saturating_sub(2);
    let cursor = input(&mut pen, state, room, look);

    let mut body = Rect { y: area.y.saturating_add(2), height: area.height.saturating_sub(2), ..area };
    if body.height > 4 {
        Pen::new(buffer, body, 0).fill(look.glyphs.rule, muted);
        body = Rect { y: body.y + 1, height: body.height - 1, ..body };
    }
    if state.is_empty() {
        match state.overview.have() {
            Some(Ok(overview)) => overview_view(state, overview, ui, body, buffer, look),
            Some(Err(error)) => failure(error, body, buffer, look),
            None => {}
        }
    } else {
        match state.found.have() {
            Some(Ok((hits, near))) if hits.list.is_empty() => nothing(state, near, ui, body, buffer, look),
            Some(Ok((hits, _))) => hits_view(state, hits, ui, body, buffer, look),
            Some(Err(error)) => failure(error, body, buffer, look),
            None => {}
        }
    }
    let x = start.saturating_add(cursor);
    (area.height > 1 && x < area.right()).then_some(Position { x, y: area.y + 1 })
}

/// Draws the text, scrolled so that the cursor is seen; the cursor's column in it.
fn input(pen: &mut Pen<'_>, state: &State, room: usize, look: &Look) -> u16 {
    let text = state.text();
    if text.is_empty() {
        pen.text("type an id, an e-mail, a name…", look.style(Meaning::Muted));
        return 0;
    }
    let cursor = state.input.cursor();
    let before: String = text.chars().take(cursor).collect();
    let after: String = text.chars().skip(cursor).collect();
    // Characters are dropped at the left until the cursor has its place.
    let mut shown: &str = &before;
    while fit::width(shown) > room.saturating_sub(1) {
        let mut rest = shown.chars();
        rest.next();
        shown = rest.as_str();
    }
    let column = fit::width(shown);
    pen.text(&format!("{shown}{after}"), look.style(Meaning::Text));
    u16::try_from(column).unwrap_or(0)
}

/// What went wrong, what was behind it, what to do.
pub(in crate::tui) fn failure(failure: &Failure, area: Rect, buffer: &mut Buffer, look: &Look) {
    let width = usize::from(area.width.saturating_sub(2));
    let mut lines: Vec<(String, Meaning)> = Vec::new();
    let mut add = |text: &str, meaning| {
        lines.extend(fit::wrap(text, width, 6).into_iter().map(|line| (line, meaning)));
    };
    add(&failure.what, Meaning::Bad);
    if let Some(cause) = &failure.cause {
        add(&format!("cause: {cause}"), Meaning::Text);
    }
    for hint in &failure.hints {
        add(&format!("try: {hint}"), Meaning::Text);
    }
    add("F5 asks again", Meaning::Muted);
    for (row, (line, meaning)) in (0..area.height).zip(lines) {
        Pen::new(buffer, area, row).skip(1).text(&line, look.style(meaning));
    }
}

fn overview_view(state: &State, overview: &Overview, ui: &mut Ui, area: Rect, buffer: &mut Buffer, look: &Look) {
    let (plain, muted, warn) = (look.style(Meaning::Text), look.style(Meaning::Muted), look.style(Meaning::Warn));
    let width = usize::from(area.width.saturating_sub(2));
    let dot = format!(" {} ", look.glyphs.dot);
    let mut row = 0;
    if overview.events == 0 && overview.profiles == 0 {
        let text = "The store is empty. Fill it from an export: journey import FILE";
        for line in fit::wrap(text, width, 4) {
            Pen::new(buffer, area, row).skip(1).text(&line, plain);
            row += 1;
        }
    } else {
        let mut parts = vec![fit::counted(overview.events, "row"), fit::counted(overview.ids, "id")];
        parts.extend(overview.people.map(|people| fit::counted(people, "user")));
        let refused = overview.refused.map(|refused| format!(" ({} refused)", fit::count(refused))).unwrap_or_default();
        parts.push(format!("{}{refused}", fit::counted(overview.alias_calls, "alias call")));
        if overview.profiles > 0 {
            parts.push(fit::counted(overview.profiles, "profile update"));
        }
        for line in wrap_parts(&parts, &dot, width) {
            Pen::new(buffer, area, row).skip(1).text(&line, plain);
            row += 1;
        }
        let mut bad = Vec::new();
        if overview.rejected > 0 {
            bad.push(format!("{} could not be read", fit::counted(overview.rejected, "piece")));
        }
        if overview.without_id > 0 {
            bad.push(format!("{} without an id", fit::counted(overview.without_id, "row")));
        }
        if !bad.is_empty() {
            let text = format!("{} {}", look.glyphs.warn, bad.join(&dot));
            Pen::new(buffer, area, row).skip(1).text(&text, warn);
            row += 1;
        }
        if let (Some(first), Some(last)) = (overview.first, overview.last) {
            let mut pen = Pen::new(buffer, area, row);
            let last = look.zone.short_date(last);
            pen.skip(1).text(&look.zone.short_date(first), muted).skip(1);
            let room = pen.room().saturating_sub(fit::width(&last) + 2).min(120);
            let most = overview.activity.iter().copied().max().unwrap_or(0);
            for rows in resampled(&overview.activity, room) {
                pen.cell(bar(rows, most.max(1), look), 1, look.style(Meaning::Identified));
            }
            pen.skip(1).text(&last, muted);
            row += 1;
        }
        if !overview.files.is_empty() && area.height > 10 {
            let mut pen = Pen::new(buffer, area, row);
            pen.skip(1).text("from ", muted).text(&overview.files.join(", "), muted);
            row += 1;
        }
    }
    if !overview.suggestions.is_empty() && area.height > row + 2 {
        row += 1;
        let mut pen = Pen::new(buffer, area, row);
        pen.text(&look.glyphs.rule.repeat(2), muted).skip(1).text("open one of these", look.style(Meaning::Title));
        pen.skip(1).fill(look.glyphs.rule, muted);
        row += 1;
    }
    let list = Rect { y: area.y + row.min(area.height), height: area.height.saturating_sub(row), ..area };
    let wide = overview.suggestions.iter().map(|(id, _)| fit::width(id.as_str())).max().unwrap_or(0);
    let wide = wide.min(usize::from(area.width) * 2 / 5);
    choices(state, overview.suggestions.len(), ui, list, buffer, look, &mut |pen, at| {
        if let Some((id, text)) = overview.suggestions.get(at) {
            pen.id(id.as_str(), wide, plain).skip(2).text(text, muted);
        }
    });
}

/// Counts added up, or repeated, so that they fill `columns`.
fn resampled(parts: &[u64], columns: usize) -> Vec<u64> {
    if parts.len() <= columns {
        return parts.to_vec();
    }
    let part = |column: usize| column * parts.len() / columns.max(1);
    (0..columns).map(|column| parts.get(part(column)..part(column + 1)).map_or(0, |parts| parts.iter().sum())).collect()
}

/// Parts in lines, broken between them.
fn wrap_parts(parts: &[String], dot: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if fit::width(line) + fit::width(dot) + fit::width(part) <= width => {
                line.push_str(dot);
                line.push_str(part);
            }
            _ => lines.push(part.clone()),
        }
    }
    lines
}

fn nothing(state: &State, near: &[Id], ui: &mut Ui, area: Rect, buffer: &mut Buffer, look: &Look) {
    let mut pen = Pen::new(buffer, area, 0);
    let room = pen.room().saturating_sub(22);
    pen.skip(1).text("nothing matches ", look.style(Meaning::Text));
    pen.text(&format!("\"{}\"", fit::middle(state.text(), room)), look.style(Meaning::Title));
    let mut row = 1;
    if near.is_empty() {
        let text = "try a part of it: ids, e-mail addresses, names and phone numbers of profiles are searched";
        for line in fit::wrap(text, usize::from(area.width.saturating_sub(2)), 3) {
            Pen::new(buffer, area, row).skip(1).text(&line, look.style(Meaning::Muted));
            row += 1;
        }
        return;
    }
    Pen::new(buffer, area, row).skip(1).text("ids that look like it:", look.style(Meaning::Muted));
    row += 1;
    let list = Rect { y: area.y + row.min(area.height), height: area.height.saturating_sub(row), ..area };
    choices(state, near.len(), ui, list, buffer, look, &mut |pen, at| {
        if let Some(id) = near.get(at) {
            let room = pen.room();
            pen.id(id.as_str(), room, look.style(Meaning::Text));
        }
    });
}

/// Widths of the columns of hits, each with a space after it.
struct Columns {
    found: usize,
    id: usize,
    kind: usize,
    root: usize,
    rows: usize,
    first: usize,
    last: usize,
    via: usize,
}

impl Columns {
    fn of(width: usize) -> Self {
        let (found, kind, rows, first, last) = match width {
            110.. => (10, 9, 12, 13, 13),
            64..110 => (10, 8, 9, 0, 13),
            _ => (0, 8, 8, 0, 0),
        };
        let rest = width.saturating_sub(2 + found + kind + rows + first + last);
        let (root, via) = match width {
            140.. => (rest / 3, rest / 4),
            64.. => (rest * 2 / 5, 0),
            _ => (0, 0),
        };
        Self { found, id: rest.saturating_sub(root + via), kind, root, rows, first, last, via }
    }
}

fn hits_view(state: &State, hits: &Hits, ui: &mut Ui, area: Rect, buffer: &mut Buffer, look: &Look) {
    let columns = Columns::of(usize::from(area.width));
    let muted = look.style(Meaning::Muted);
    let mut list = area;
    if area.height > 4 {
        let mut pen = Pen::new(buffer, area, 0);
        pen.skip(2);
        pen.cell("MATCH", columns.found, muted).cell("ID", columns.id, muted).cell("IS", columns.kind, muted);
        pen.cell("ROOT", columns.root, muted).number("ROWS", columns.rows.saturating_sub(2), muted).skip(2);
        pen.cell("FIRST", columns.first, muted).cell("LAST", columns.last, muted).cell("FOUND BY", columns.via, muted);
        list = Rect { y: area.y + 1, height: area.height - 1, ..area };
    }
    choices(state, hits.list.len(), ui, list, buffer, look, &mut |pen, at| {
        if let Some(hit) = hits.list.get(at) {
            hit_view(pen, hit, state.text(), &columns, look);
        }
    });
}

fn hit_view(pen: &mut Pen<'_>, hit: &Hit, text: &str, columns: &Columns, look: &Look) {
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    let date = |at: Option<i64>| at.map(|at| look.zone.short_date(at)).unwrap_or_default();
    pen.cell(hit.found, columns.found, muted);
    let id = fit::middle(hit.id.as_str(), columns.id.saturating_sub(1));
    let start = pen.column();
    pen.cell(&id, columns.id, plain);
    if let Some(at) = id.to_ascii_lowercase().find(&text.to_ascii_lowercase())
        && let (Some(before), Some(part)) = (id.get(..at), id.get(at..at + text.len()))
    {
        let from = start.saturating_add(u16::try_from(fit::width(before)).unwrap_or(u16::MAX));
        pen.restyle(from, fit::width(part), look.style(Meaning::Match));
    }
    pen.cell(hit.kind, columns.kind, plain);
    let via = hit.via.as_ref().map(|(name, value)| format!("{name} {value}"));
    if columns.root > 0 {
        let root = match (&hit.root, &via) {
            // Without a column of its own, what was found by goes before the root.
            (_, Some(via)) if columns.via == 0 => via.as_str(),
            (Some(root), _) if *root == hit.id => "itself",
            (Some(root), _) => root.as_str(),
            (None, _) => "none",
        };
        if hit.via.is_some() {
            pen.cell(root, columns.root - 1, muted).skip(1);
        } else {
            pen.id(root, columns.root - 1, muted).skip(1);
        }
    }
    pen.number(&fit::count(hit.events), columns.rows.saturating_sub(2), plain).skip(2);
    pen.cell(&date(hit.first), columns.first, muted).cell(&date(hit.last), columns.last, muted);
    pen.cell(&via.unwrap_or_default(), columns.via, muted);
}

/// The visible lines of a list, the selected one marked.
fn choices(
    state: &State,
    all: usize,
    ui: &mut Ui,
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
    draw: &mut dyn FnMut(&mut Pen<'_>, usize),
) {
    let lines = usize::from(area.height);
    ui.page = lines;
    ui.search_top = scrolled(ui.search_top, state.selected, lines, all);
    ui.spot(area, Spot::List(ui.search_top));
    for row in 0..area.height {
        let at = ui.search_top + usize::from(row);
        if at >= all {
            break;
        }
        let mut pen = Pen::new(buffer, area, row);
        let selected = at == state.selected;
        pen.cell(if selected { look.glyphs.cursor } else { " " }, 1, look.style(Meaning::Key)).skip(1);
        draw(&mut pen, at);
        if selected {
            select(buffer, Rect { y: area.y + row, height: 1, ..area }, look);
        }
        ui.built += 1;
    }
}
