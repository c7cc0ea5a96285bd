//! One frame of the rows as they were and as they would be with the changes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::State;
use super::draw::{below, list, mark, unlike};
use super::what_if::said;
use crate::identity::journey::ruled::{Held, Ruled};
use crate::identity::naming;
use crate::identity::what_if::{Call, Change, Outcome};
use crate::model::VerbKind;
use crate::model::text::visible;
use crate::model::time::rfc3339;
use crate::report::across::{Cell, cell};
use crate::report::compare::called;
use crate::tui::fit;
use crate::tui::frame::Ui;
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};
use crate::tui::widgets;
use crate::tui::words::place;

/// Columns of the words for a sum.
const SUM: usize = 14;

/// Columns of a call or an event, at most.
const EVENT: usize = 40;

/// Lines of the reason, at most.
const MOST: usize = 3;

/// The row at a place of all, as it was, or as it was added.
pub(super) fn held(outcome: &Outcome, at: usize) -> Option<&Held> {
    let (before, after) = outcome.all.get(at)?;
    let was = before.and_then(|at| outcome.before.rows.get(at));
    was.or_else(|| after.and_then(|at| outcome.after.rows.get(at)))
}

/// Places of the rows that are not as they were.
pub(super) fn changed(outcome: &Outcome) -> Vec<usize> {
    (0..outcome.all.len()).filter(|at| outcome.all.get(*at).is_some_and(|row| outcome.rows.contains(row))).collect()
}

/// The words of the command with the same changes; `None` where a row has no place in a file.
pub(super) fn command(id: String, outcome: &Outcome, changes: &[Change]) -> Option<Vec<String>> {
    let mut words = vec!["compare".to_owned(), id, "--rules".to_owned(), outcome.before.rules.name().to_owned()];
    let at = |row: i64| {
        let held = outcome.before.rows.iter().find(|held| held.event.row == row)?;
        Some(format!("{}:{}", held.event.source.file, held.event.source.line))
    };
    for change in changes {
        let (option, values) = match change {
            Change::Without(row) => ("--without", vec![at(*row)?]),
            Change::Identify(row) => ("--identify", vec![at(*row)?]),
            Change::Reset(row) => ("--reset", vec![at(*row)?]),
            Change::Later(row, by) => ("--later", vec![format!("{}={}", at(*row)?, by / 1_000)]),
            Change::Add(Call { verb, one, other, at }) => {
                let verb = if *verb == VerbKind::Alias { "alias" } else { "identify" };
                ("--add", vec![verb.to_owned(), one.as_str().to_owned(), other.as_str().to_owned(), rfc3339(*at)])
            }
        };
        words.push(option.to_owned());
        words.extend(values);
    }
    Some(words)
}

/// Draws the screen.
pub(super) fn view(state: &State, look: &Look, ui: &mut Ui, area: Rect, buffer: &mut Buffer) {
    let Some(outcome) = &state.what_if.outcome else { return };
    head(state, outcome, look, &mut Pen::new(buffer, area, 0));
    let body = below(area, 1);
    if let Some(failure) = &state.asking.failure {
        widgets::failure(failure, below(body, 1), buffer, look);
        return;
    }
    let mut at = 0;
    if state.asking.asked.is_some() {
        Pen::new(buffer, body, 0).skip(1).text("reading; Esc stays with what is here", look.style(Meaning::Warn));
        at = 1;
    }
    at += sums(outcome, look, body, at, buffer);
    let rest = below(body, at);
    let whys = whys(state, outcome, area, look);
    list(state, &whys, rest, look, (ui, buffer), &|place, selected, pen| {
        line(state, outcome, place, selected, look, pen);
    });
}

/// Whose rows, what is changed, and by which rules that is judged.
fn head(state: &State, outcome: &Outcome, look: &Look, pen: &mut Pen<'_>) {
    let rules = format!("rules {} ", outcome.before.rules.name());
    pen.skip(1).text("what if", look.style(Meaning::Title)).skip(2);
    let room = pen.room().saturating_sub(fit::width(&rules) + 2);
    let name = fit::middle(&visible(&state.what_if.name), room / 3);
    pen.text(&name, look.style(Meaning::Text)).skip(2);
    let changes: Vec<String> = state.what_if.changes.iter().map(|change| said(change, Some(outcome))).collect();
    let room = room.saturating_sub(fit::width(&name) + 2);
    let text = changes.join(", ");
    // The last one was just made: the first words go.
    let text = if fit::width(&text) <= room || changes.len() == 1 {
        text
    } else {
        let last = changes.last().cloned().unwrap_or_default();
        format!("{} changes, the last: {last}", changes.len())
    };
    pen.text(&fit::end(&visible(&text), room), look.style(Meaning::Warn));
    pen.right(&rules, look.style(Meaning::Muted));
}

/// The sums before and after; how many lines they take.
fn sums(outcome: &Outcome, look: &Look, body: Rect, from: u16, buffer: &mut Buffer) -> u16 {
    let (title, plain) = (look.style(Meaning::Title), look.style(Meaning::Text));
    let side = usize::from(body.width).saturating_sub(SUM + 16).clamp(20, 48) / 2;
    let mut pen = Pen::new(buffer, body, from);
    pen.skip(1 + SUM).cell("AS IT WAS", side, title).cell("THEN", side, title).text("DIFFERENCE", title);
    let rows = [
        ("rows", outcome.own_rows()),
        ("missing", outcome.missing),
        ("people", outcome.people()),
        ("no effect", outcome.refused()),
    ];
    let mut at = from + 1;
    for (name, (before, after)) in rows {
        let mut pen = Pen::new(buffer, body, at);
        let (was, now) = (fit::count(before as u64), fit::count(after as u64));
        pen.skip(1).cell(name, SUM, look.style(Meaning::Muted)).cell(&was, side, plain).cell(&now, side, plain);
        let difference = fit::count(after.abs_diff(before) as u64);
        match after.cmp(&before) {
            std::cmp::Ordering::Greater => pen.text(&format!("+ {difference}"), look.style(Meaning::Warn)),
            std::cmp::Ordering::Less => {
                pen.text(&format!("- {difference}"), look.style(Meaning::Warn));
                // They are no nearer to the user: what spoke for them is gone.
                if name == "missing" && outcome.untied() > 0 {
                    let text = format!("  {} not known any more", fit::count(outcome.untied() as u64));
                    let room = pen.room();
                    pen.text(&fit::end(&text, room), look.style(Meaning::Muted));
                }
                &mut pen
            }
            std::cmp::Ordering::Equal => &mut pen,
        };
        at += 1;
    }
    at - from
}

fn line(state: &State, outcome: &Outcome, at: usize, selected: bool, look: &Look, pen: &mut Pen<'_>) {
    let (Some(held), Some(pair)) = (held(outcome, at), outcome.all.get(at)) else { return };
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    let (format, when) = if pen.room() >= 100 { ("%Y-%m-%d %H:%M:%S%.3f", 23) } else { ("%m-%d %H:%M:%S", 14) };
    let wall = look.zone.wall(held.event.time).map_or_else(String::new, |wall| wall.format(format).to_string());
    let (sign, meaning) = match pair {
        (_, None) => (if look.is_ascii() { "x" } else { "✗" }, Meaning::Bad),
        (None, _) => ("+", Meaning::Alias),
        _ if outcome.rows.contains(pair) => (unlike(look), Meaning::Warn),
        _ => (" ", Meaning::Text),
    };
    pen.cell(if selected { look.glyphs.cursor } else { " " }, 1, look.style(Meaning::Key)).skip(1);
    pen.cell(&wall, when, muted).skip(1).cell(sign, 1, look.style(meaning)).skip(1);
    let side = (pen.room() / 3).clamp(10, 32);
    let event = pen.room().saturating_sub(side * 2 + 1).clamp(4, EVENT);
    pen.cell(&visible(&called(&held.event)), event, plain).skip(1);
    let first = state.what_if.name.split(' ').next().unwrap_or_default();
    owner(&outcome.before, pair.0, "", side, first, look, pen);
    owner(&outcome.after, pair.1, "not sent", side, first, look, pen);
}

/// Whose a row is, or that it is not there.
fn owner(side: &Ruled, at: Option<usize>, none: &str, columns: usize, name: &str, look: &Look, pen: &mut Pen<'_>) {
    let Some(held) = at.and_then(|at| side.rows.get(at)) else {
        pen.cell(none, columns.saturating_sub(1), look.style(Meaning::Muted)).skip(1);
        return;
    };
    let (class, text) = cell(side, held, name);
    let (sign, meaning) = mark(class, look);
    let room = columns.saturating_sub(3);
    pen.cell(sign, 1, look.style(meaning)).skip(1);
    match text {
        Cell::Name(text) => pen.cell(&visible(&text), room, look.style(Meaning::Text)),
        Cell::Id(id) => pen.id(id.as_str(), room, look.style(Meaning::Text)),
    };
    pen.skip(1);
}

/// Why the selected row was whose it was, and whose it would be.
fn whys(state: &State, outcome: &Outcome, area: Rect, look: &Look) -> Vec<(String, Meaning)> {
    let Some(at) = state.place_of_row() else { return Vec::new() };
    let (Some(held), Some(pair)) = (held(outcome, at), outcome.all.get(at)) else { return Vec::new() };
    let title = format!("why {} {}", look.glyphs.dot, place(&held.event.source));
    let mut lines = vec![(fit::end(&title, usize::from(area.width).saturating_sub(8)), Meaning::Title)];
    let room = usize::from(area.width).saturating_sub(10).max(20);
    let most = if area.height >= 24 { MOST } else { 1 };
    let why = |side: &Ruled, at: Option<usize>| {
        let held = at.and_then(|at| side.rows.get(at))?;
        Some(naming::shortened(&visible(&side.why(held))))
    };
    let was = why(&outcome.before, pair.0).unwrap_or_else(|| "This call was not made.".to_owned());
    let now = why(&outcome.after, pair.1).unwrap_or_else(|| "The row is not sent.".to_owned());
    for (label, text) in [("was", was), ("then", now)] {
        for (nth, part) in fit::wrap(&text, room, most).into_iter().enumerate() {
            let label = if nth == 0 { label } else { "" };
            lines.push((format!("{label:<5} {part}"), Meaning::Text));
        }
    }
    lines
}
