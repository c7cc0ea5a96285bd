//! Drawing the search screen.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::inspect::query::{self, FORMS, Place, UNFINISHED, hint};
use crate::model::Id;
use crate::tui::backend::Hits;
use crate::tui::fit;
use crate::tui::frame::Ui;
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};
use crate::tui::widgets::failure;

use super::choices::choices;
use super::{State, hits, overview};

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
        rule(&mut Pen::new(buffer, body, 0), state, look);
        body = Rect { y: body.y + 1, height: body.height - 1, ..body };
    }
    if let Some(wrong) = &state.wrong {
        mistaken(state, wrong, start, body, buffer, look);
    } else if state.is_empty() {
        match state.start.have() {
            Some(Ok(start)) => overview::view(state, &start.overview, ui, body, buffer, look),
            Some(Err(error)) => failure(error, body, buffer, look),
            None => {}
        }
    } else {
        match state.found.have() {
            Some(Ok((hits, near))) if hits.is_empty() => nothing(state, hits, near, ui, body, buffer, look),
            Some(Ok((hits, _))) => hits::view(state, hits, ui, body, buffer, look),
            Some(Err(error)) => failure(error, body, buffer, look),
            None => {}
        }
    }
    let x = start.saturating_add(cursor);
    (area.height > 1 && x < area.right()).then_some(Position { x, y: area.y + 1 })
}

/// Between the text and what it finds: how much that is, and whether it is everything.
fn rule(pen: &mut Pen<'_>, state: &State, look: &Look) {
    let muted = look.style(Meaning::Muted);
    let mut words = Vec::new();
    words.extend(state.note.clone());
    let completion = state.completion().with;
    if let (false, Some((hits, _))) = (state.is_empty(), state.found.value())
        && state.wrong.is_none()
    {
        let people = fit::people(hits.list.len() as u64);
        let found = hits::counted(hits);
        match hits.looked {
            Some((looked, all)) if hits.is_partial() => words.push(format!(
                "{} so far, {} of {} searched",
                people,
                fit::count(looked),
                fit::counted(all, "row")
            )),
            _ if hits.is_empty() => {}
            _ if hits.counts && hits.list.is_empty() => words.push(format!("{found}, being counted")),
            _ if hits.counts => words.push(format!("{found}, events and values are being counted")),
            Some((looked, all)) if hits.ended_early => words.push(format!(
                "the first {people}, found in {} of {}: type on",
                fit::count(looked),
                fit::counted(all, "row")
            )),
            _ if hits.more => words.push(format!("the first {people}, there are more: type on")),
            Some((_, all)) => {
                words.push(format!("{found}, complete: {} searched", fit::counted(all, "row")));
            }
            None => words.push(format!("{found}, complete")),
        }
    }
    if !completion.is_empty() {
        words.push(format!("Tab: {}", completion.join("  ")));
    }
    if words.is_empty() {
        pen.fill(look.glyphs.rule, muted);
        return;
    }
    let words = fit::end(&words.join(&format!(" {} ", look.glyphs.dot)), pen.room().saturating_sub(6));
    pen.text(&look.glyphs.rule.repeat(2), muted).skip(1).text(&words, muted).skip(1).fill(look.glyphs.rule, muted);
}

/// Draws the text, scrolled so that the cursor is seen; the cursor's column in it.
fn input(pen: &mut Pen<'_>, state: &State, room: usize, look: &Look) -> u16 {
    let text = state.text();
    if text.is_empty() {
        let long = "type an id, an e-mail, a name, or a term: event:purchase, plan=pro…";
        let text = if room >= fit::width(long) { long } else { "type an id, an e-mail, a name…" };
        pen.text(text, look.style(Meaning::Muted));
        return 0;
    }
    let (before, after) = state.input.parts();
    // Characters are dropped at the left until the cursor has its place.
    let mut shown = before;
    while fit::width(shown) > room.saturating_sub(1) {
        let mut rest = shown.chars();
        rest.next();
        shown = rest.as_str();
    }
    let column = fit::width(shown);
    let meaning = if state.input.is_selected() { Meaning::Selected } else { Meaning::Text };
    pen.text(&format!("{shown}{after}"), look.style(meaning));
    u16::try_from(column).unwrap_or(0)
}

/// A term that means nothing: where, why, and what there is to write.
fn mistaken(state: &State, wrong: &query::Error, start: u16, area: Rect, buffer: &mut Buffer, look: &Look) {
    let text = state.text();
    // Who has not typed the value yet has made no mistake.
    let is_unfinished = text.ends_with(UNFINISHED);
    let meaning = if is_unfinished { Meaning::Muted } else { Meaning::Bad };
    let before = text.get(..wrong.place.start).map_or(0, fit::width);
    let wide = text.get(wrong.place.clone()).map_or(1, fit::width).max(1);
    let room = usize::from(area.right().saturating_sub(start));
    let mut row = 0;
    // A text that is longer than its line is scrolled, and then nothing can be pointed at.
    if fit::width(text) < room && !is_unfinished {
        let mut pen = Pen::new(buffer, area, row);
        pen.to(start).skip(before).text(&"^".repeat(wide), look.style(Meaning::Bad));
        row += 1;
    }
    let width = usize::from(area.width.saturating_sub(2));
    let said = if is_unfinished { "type a value".to_owned() } else { wrong.to_string() };
    for line in fit::wrap(&said, width, 3) {
        Pen::new(buffer, area, row).skip(1).text(&line, look.style(meaning));
        row += 1;
    }
    forms(
        Rect { y: area.y + (row + 1).min(area.height), height: area.height.saturating_sub(row + 1), ..area },
        buffer,
        look,
    );
}

/// The terms that there are, as many as have room.
fn forms(area: Rect, buffer: &mut Buffer, look: &Look) {
    for (row, form) in (0..area.height).zip(FORMS.iter().filter(|form| form.is_for(Place::Search))) {
        let mut pen = Pen::new(buffer, area, row);
        let wide = fit::width(form.written).max(24).min(usize::from(area.width) / 2);
        pen.skip(1).cell(form.written, wide, look.style(Meaning::Key)).skip(1);
        let room = pen.room().saturating_sub(1);
        pen.text(part(form.meaning, room), look.style(Meaning::Muted));
    }
}

/// As much of a meaning as has room, in whole parts; the help has all of it.
fn part(meaning: &str, room: usize) -> &str {
    if fit::width(meaning) <= room {
        return meaning;
    }
    let mut ends =
        meaning.match_indices([';', ',', '(']).map(|(end, _)| meaning.get(..end).unwrap_or_default().trim_end());
    ends.rfind(|part| fit::width(part) <= room).unwrap_or(meaning)
}

fn nothing(state: &State, hits: &Hits, near: &[Id], ui: &mut Ui, area: Rect, buffer: &mut Buffer, look: &Look) {
    if state.text().ends_with(UNFINISHED) && !state.completion().with.is_empty() {
        Pen::new(buffer, area, 0).skip(1).text("type a value", look.style(Meaning::Muted));
        forms(Rect { y: area.y + 2.min(area.height), height: area.height.saturating_sub(2), ..area }, buffer, look);
        return;
    }
    let mut pen = Pen::new(buffer, area, 0);
    let room = pen.room().saturating_sub(22);
    let matches = if hits.is_partial() { "nothing yet matches " } else { "nothing matches " };
    pen.skip(1).text(matches, look.style(Meaning::Text));
    pen.text(&format!("\"{}\"", fit::middle(state.text(), room)), look.style(Meaning::Title));
    let mut row = 1;
    let width = usize::from(area.width.saturating_sub(2));
    let mut say = |text: &str, meaning, row: &mut u16| {
        for line in fit::wrap(text, width, 3) {
            Pen::new(buffer, area, *row).skip(1).text(&line, look.style(meaning));
            *row += 1;
        }
    };
    for note in hits.notes.iter().cloned().chain(hint(state.text())) {
        say(&note, Meaning::Warn, &mut row);
    }
    if near.is_empty() {
        let text = match hits.looked {
            Some((_, all)) if state.has_terms() && !hits.is_partial() => {
                format!("{} searched; no row and no profile contains all of it", fit::counted(all, "row"))
            }
            Some((looked, all)) if looked == all => format!(
                "ids, e-mail addresses, names and phone numbers of profiles, and the properties of all {} were \
                 looked through; try a part of it",
                fit::counted(all, "row")
            ),
            Some((looked, all)) => {
                let rows = format!("{} of {}", fit::count(looked), fit::counted(all, "row"));
                if state.has_terms() {
                    format!("looking through rows: {rows}")
                } else {
                    format!("no id and no profile; now looking through the properties of all rows: {rows}")
                }
            }
            None => {
                "try a part of it: ids, e-mail addresses, names and phone numbers of profiles are searched".to_owned()
            }
        };
        say(&text, Meaning::Muted, &mut row);
        let rest = area.height.saturating_sub(row + 1);
        if rest > 3 {
            forms(Rect { y: area.y + row + 1, height: rest, ..area }, buffer, look);
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
