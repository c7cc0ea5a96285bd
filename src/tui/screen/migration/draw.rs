//! One frame of the migration report: which rules, the sums, what to change, and who is changed most.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::State;
use crate::identity::migration::{Advice, Migration, TopUser};
use crate::report::migration as report;
use crate::tui::fit;
use crate::tui::frame::Ui;
use crate::tui::pen::Pen;
use crate::tui::pointer::Spot;
use crate::tui::theme::{Look, Meaning};
use crate::tui::widgets::{self, heading, scrolled, select};

/// Columns of the longest bar, at most.
const BAR: usize = 40;

/// Columns of a number of ids, and of rows.
const IDS: usize = 11;
const ROWS: usize = 14;

/// Columns below which numbers stand close together.
const NARROW: usize = 60;

/// Columns before a bar.
const BEFORE: usize = 28;

/// Lines of one sentence, at most.
const MOST: usize = 3;

/// A line below the sums.
enum Line<'a> {
    Heading(String),
    /// A kind of people, and the columns of its bar where it is that of all.
    People(report::Kind, usize),
    /// What to change first: what to do, ids, rows, programs.
    Advice(&'static str, u64, u64, String),
    Sentence(String),
    /// A refusal by its name.
    Refused(&'static str, u64),
    /// The user at this place.
    User(usize, &'a TopUser),
}

/// All lines for a width; the columns of a sentence follow from it.
fn lines(migration: &Migration, width: usize) -> Vec<Line<'_>> {
    let wrapped = |text: &str| fit::wrap(text, width.saturating_sub(5).max(20), MOST).into_iter().map(Line::Sentence);
    let mut lines = vec![Line::Heading("people".to_owned())];
    let kinds = report::people(migration);
    // Bars of one scale, and what they mean in one column behind the longest that can be.
    let means = kinds.iter().map(|kind| fit::width(&kind.means)).max().unwrap_or(0);
    let most = width.saturating_sub(BEFORE + means + 3).clamp(4, BAR);
    lines.extend(kinds.into_iter().map(|kind| Line::People(kind, most)));
    // One line each, so that the place of the users does not depend on the width; what to do stands below them.
    lines.push(Line::Heading("first, in the integration, by rows that it saves".to_owned()));
    let advice =
        |advice: &'_ Advice| Line::Advice(advice.change.todo, advice.people, advice.rows, advice.clients.join(", "));
    lines.extend(migration.first.iter().map(advice));
    if migration.first.is_empty() {
        lines.push(Line::Sentence("nothing to change".to_owned()));
    }
    lines.push(Line::Heading("most rows changed".to_owned()));
    lines.extend(migration.top.iter().enumerate().map(|(at, user)| Line::User(at, user)));
    let more = migration.sums.changed.len().saturating_sub(migration.top.len());
    match (migration.top.is_empty(), more) {
        (true, _) => lines.push(Line::Sentence("no row changes owner".to_owned())),
        (false, 1..) => lines.push(Line::Sentence(format!("{} more people", fit::count(more as u64)))),
        _ => {}
    }
    if !migration.first.is_empty() {
        lines.push(Line::Heading("what to change".to_owned()));
        let said = |advice: &Advice| format!("{}: {}", advice.change.title, advice.change.advice);
        lines.extend(migration.first.iter().flat_map(|advice| wrapped(&said(advice)).collect::<Vec<_>>()));
    }
    for (rules, refused) in [(migration.from, &migration.refused_before), (migration.to, &migration.refused)] {
        if !refused.is_empty() {
            lines.push(Line::Heading(format!("refused and ignored under {}", rules.name())));
            lines.extend(refused.iter().map(|(name, number)| Line::Refused(name, *number)));
        }
    }
    lines.push(Line::Heading("not known".to_owned()));
    lines.extend(migration.to.unknown().iter().flat_map(|text| wrapped(text)));
    lines
}

/// Where the first user stands among the lines.
fn first_user(migration: &Migration) -> usize {
    report::people(migration).len() + migration.first.len().max(1) + 3
}

/// The user on a line of the list.
pub(super) fn user_at(state: &State, line: usize) -> Option<usize> {
    let migration = state.migration.as_ref()?;
    line.checked_sub(first_user(migration)).filter(|at| *at < migration.top.len())
}

/// The first line that the list shows, with `page` lines on the screen.
pub(super) fn top(state: &State, page: usize) -> usize {
    let Some(migration) = &state.migration else { return 0 };
    // From the first user the sums above are in sight, and from the last one what stands below.
    let at = match state.selected {
        0 => 0,
        at if at + 1 == migration.top.len() => first_user(migration) + at + page / 2,
        at => first_user(migration) + at,
    };
    let all = first_user(migration) + migration.top.len() + page;
    scrolled(state.top, at.min(all), page, all.max(page))
}

/// Draws the screen.
pub(super) fn view(state: &State, look: &Look, ui: &mut Ui, area: Rect, buffer: &mut Buffer) {
    head(state, look, &mut Pen::new(buffer, area, 0));
    let body = below(area, 1);
    if let Some(failure) = &state.asking.failure {
        widgets::failure(failure, below(body, 1), buffer, look);
        return;
    }
    sums(state, look, &mut Pen::new(buffer, body, 0));
    let Some(migration) = &state.migration else { return };
    let list = below(body, 1);
    let lines = lines(migration, usize::from(list.width));
    let page = usize::from(list.height);
    ui.page = page;
    let top = top(state, page).min(lines.len().saturating_sub(page));
    ui.spot(list, Spot::List(top));
    for (row, line) in (0..list.height).zip(lines.iter().skip(top)) {
        let selected = matches!(line, Line::User(at, _) if *at == state.selected);
        draw(line, migration, selected, look, &mut Pen::new(buffer, list, row));
        if selected {
            select(buffer, Rect { y: list.y.saturating_add(row), height: 1, ..list }, look);
        }
        ui.built += 1;
    }
}

fn below(area: Rect, lines: u16) -> Rect {
    Rect { y: area.y.saturating_add(lines), height: area.height.saturating_sub(lines), ..area }
}

fn head(state: &State, look: &Look, pen: &mut Pen<'_>) {
    let rules = format!("{} {} {}", state.from, look.glyphs.arrow, state.to);
    pen.skip(1).text("migration", look.style(Meaning::Title)).skip(2);
    let room = pen.room().saturating_sub(fit::width(&rules) + 3);
    let title = fit::middle(state.title.as_deref().unwrap_or_default(), room);
    pen.text(&title, look.style(Meaning::Text)).skip(2).text(&rules, look.style(Meaning::Title));
}

/// What is waited for, or the sums in one line.
fn sums(state: &State, look: &Look, pen: &mut Pen<'_>) {
    pen.skip(1);
    let (done, all) = state.asking.looked;
    if state.asking.asked.is_some() {
        let text = match (state.stops, all) {
            (true, _) => "stopping: what is known by now comes next; Esc leaves it".to_owned(),
            (false, 0) => "looking at every row; Esc stops".to_owned(),
            (false, _) => format!(
                "looking at every row: {} of {}; Esc stops with what is known",
                fit::count(done),
                fit::count(all)
            ),
        };
        pen.text(&text, look.style(Meaning::Warn));
        return;
    }
    if state.asking.is_outdated {
        pen.text("the store has changed since: R looks again", look.style(Meaning::Warn));
        return;
    }
    let Some(migration) = &state.migration else { return };
    let sums = &migration.sums;
    let people = format!("{} {} {} people", fit::count(sums.people.0), look.glyphs.arrow, fit::count(sums.people.1));
    let least = if migration.complete { "" } else { "at least " };
    let changed =
        format!("{least}{} change owner ({})", fit::counted(sums.rows_changed, "row"), report::changed(migration));
    pen.text(&people, look.style(Meaning::Text)).skip(3).text(&changed, look.style(Meaning::Warn));
    let all = format!("{} in all", fit::counted(sums.rows, "row"));
    if fit::width(&all) + 4 <= pen.room() {
        pen.skip(3).text(&all, look.style(Meaning::Muted));
    }
}

fn draw(line: &Line<'_>, migration: &Migration, selected: bool, look: &Look, pen: &mut Pen<'_>) {
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    match line {
        Line::Heading(text) => heading(text, Meaning::Title, look, pen),
        Line::People(report::Kind { title, number, share, means }, most) => {
            pen.skip(1).cell(title, 9, plain).number(&fit::count(*number), 9, plain).skip(1).number(share, 5, muted);
            let block = if look.is_ascii() { "#" } else { "█" };
            let bar = block.repeat(report::bar(*number, migration, *most));
            pen.skip(2).cell(&bar, *most, look.style(Meaning::Identified)).skip(1);
            if pen.room() > fit::width(means) {
                pen.text(means, muted);
            }
        }
        Line::Advice(todo, ids, rows, clients) => {
            if pen.room() < NARROW {
                let numbers = format!("{}  {}", fit::counted(*ids, "id"), fit::counted(*rows, "row"));
                let room = pen.room().saturating_sub(fit::width(&numbers) + 4);
                pen.skip(1).cell(todo, room, look.style(Meaning::Warn)).skip(2).text(&numbers, plain);
                return;
            }
            let room = pen.room().saturating_sub(2 + IDS + ROWS);
            pen.skip(1).cell(todo, room.min(40), look.style(Meaning::Warn)).skip(1);
            pen.number(&fit::counted(*ids, "id"), IDS, plain).number(&fit::counted(*rows, "row"), ROWS, plain);
            if pen.room() > 8 && !clients.is_empty() {
                let room = pen.room().saturating_sub(3);
                pen.skip(2).text(&fit::end(clients, room), muted);
            }
        }
        Line::Sentence(text) => {
            pen.skip(3).text(text, muted);
        }
        Line::Refused(name, number) => {
            let room = pen.room().saturating_sub(12);
            pen.skip(1).cell(name, room.min(42), plain).number(&fit::count(*number), 9, plain);
        }
        Line::User(_, user) => who(user, selected, look, pen),
    }
}

fn who(user: &TopUser, selected: bool, look: &Look, pen: &mut Pen<'_>) {
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    pen.text(if selected { look.glyphs.cursor } else { " " }, look.style(Meaning::Key));
    let room = pen.room();
    let name = user.name.as_deref().filter(|name| *name != user.id.as_str());
    let columns = (room / 4).clamp(10, 32);
    match name {
        Some(name) => {
            pen.cell(&fit::end(name, columns), columns, plain).skip(1).id(user.id.as_str(), columns, muted);
        }
        None => {
            pen.id(user.id.as_str(), columns * 2 + 1, plain);
        }
    }
    pen.skip(1).number(&fit::counted(user.rows, "row"), 11, plain).skip(2);
    let what = report::what(user);
    pen.text(&fit::end(&what, pen.room()), muted);
}
