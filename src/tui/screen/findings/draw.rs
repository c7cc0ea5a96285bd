//! One frame of the findings: where we are, the list, and what is said of the selected line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::pane::{minute, shown, written};
use super::{Of, State, Step, pane};
use crate::identity::Severity;
use crate::identity::audit::{Audit, day_of};
use crate::inspect::check::{Person, Proof};
use crate::model::Id;
use crate::model::text::{event_name, percent, visible};
use crate::tui::fit;
use crate::tui::frame::Ui;
use crate::tui::pen::Pen;
use crate::tui::pointer::Spot;
use crate::tui::theme::{Look, Meaning};
use crate::tui::widgets::{self, plot, scrolled, select};
use crate::tui::words::place;

/// Columns of the code of a finding, of a number, of a time, of a time to the minute.
const CODE: usize = 26;
const NUMBER: usize = 8;
const WHEN: usize = 23;
const MINUTE: usize = 16;

/// Columns of what a finding is, at most: numbers far away are not read with it.
const WHAT: usize = 72;

/// Columns of the bars of the last days, and of the word for the trend.
const BARS: usize = 10;
const TREND: usize = 7;

/// Days that the bars show.
const DAYS: i64 = 30;

/// Lines of a screen from which on the selected line has a pane.
const ROOM_FOR_PANE: u16 = 10;

/// The first line that a list shows, with `page` lines on the screen.
pub(super) fn top(step: &Step, page: usize) -> usize {
    scrolled(step.top, step.selected, page, step.of.lines())
}

/// Draws the screen.
pub(super) fn view(state: &State, look: &Look, ui: &mut Ui, area: Rect, buffer: &mut Buffer) {
    head(state, look, &mut Pen::new(buffer, area, 0));
    let body = Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area };
    if let Some(failure) = &state.asking.failure {
        let body = Rect { y: body.y.saturating_add(1), height: body.height.saturating_sub(1), ..body };
        widgets::failure(failure, body, buffer, look);
        return;
    }
    let Some(step) = state.steps.last() else {
        Pen::new(buffer, body, 0).skip(1).text(&busy(state), look.style(Meaning::Muted));
        return;
    };
    if state.asking.asked.is_some() {
        Pen::new(buffer, body, 0).skip(1).text(&busy(state), look.style(Meaning::Warn));
    } else if state.asking.is_outdated {
        let text = "the store has changed since: R looks again";
        Pen::new(buffer, body, 0).skip(1).text(text, look.style(Meaning::Warn));
    } else {
        summary(state, step, look, &mut Pen::new(buffer, body, 0));
    }
    let list = Rect { y: body.y.saturating_add(1), height: body.height.saturating_sub(1), ..body };
    let below =
        if list.height >= ROOM_FOR_PANE { pane::lines(state, step, usize::from(list.width), look) } else { vec![] };
    // The list has half of the screen, or what it needs; the rest is for the pane.
    let needs = u16::try_from(step.of.lines().saturating_add(2)).unwrap_or(u16::MAX);
    let room = list.height.saturating_sub(needs.min(list.height.div_ceil(2)));
    let height = u16::try_from(below.len()).unwrap_or(u16::MAX).min(room);
    let rows = Rect { height: list.height.saturating_sub(height), ..list };
    let has_heads = !matches!(step.of, Of::Text(..)) && step.of.lines() > 0;
    if has_heads {
        heads(step, look, &mut Pen::new(buffer, rows, 0));
    }
    let first = u16::from(has_heads);
    let lines = Rect { y: rows.y.saturating_add(first), height: rows.height.saturating_sub(first), ..rows };
    let page = usize::from(lines.height);
    ui.page = page;
    let top = top(step, page);
    ui.spot(lines, Spot::List(top));
    for (row, at) in (0..lines.height).zip(top..step.of.lines()) {
        let selected = at == step.selected;
        line(step, at, selected, look, &mut Pen::new(buffer, lines, row));
        if selected && !matches!(step.of, Of::Text(..)) {
            select(buffer, Rect { y: lines.y.saturating_add(row), height: 1, ..lines }, look);
        }
        ui.built += 1;
    }
    let pane = Rect { y: rows.bottom(), height, ..list };
    widgets::pane(&below, pane, buffer, look);
}

/// What is waited for, and how to end it.
fn busy(state: &State) -> String {
    let (done, all) = state.asking.looked;
    match (state.stops, all) {
        (true, _) => "stopping: the findings so far appear next; Esc leaves".to_owned(),
        (false, 0) => "looking; Esc stops".to_owned(),
        (false, _) if done >= all => "reading the rows that prove it; Esc stops and keeps what was found".to_owned(),
        (false, _) => format!(
            "checking every user: {} of {} rows, {} %; Esc stops and keeps what was found",
            fit::count(done),
            fit::count(all),
            percent(done, all)
        ),
    }
}

/// Where we are, and in which store.
fn head(state: &State, look: &Look, pen: &mut Pen<'_>) {
    let zone = format!("{} ", look.zone.name());
    pen.skip(1).text("findings", look.style(Meaning::Title));
    for step in &state.steps {
        let text = match &step.of {
            Of::Store(..) => continue,
            Of::People(kind, ..) | Of::Loose(kind, _) => kind.code.to_owned(),
            Of::Evidence(id, ..) => state.name_of(id).map_or_else(|| shown(id, 28), |name| fit::end(name, 28)),
            Of::Text(head, _) => fit::end(head, 40),
        };
        pen.text(&format!(" {} ", look.glyphs.arrow), look.style(Meaning::Muted));
        pen.text(&text, look.style(Meaning::Text));
    }
    if state.steps.len() <= 1
        && let Some(title) = &state.title
    {
        let room = pen.room().saturating_sub(fit::width(&zone) + 4);
        pen.skip(2).text(&fit::middle(title, room), look.style(Meaning::Text));
    }
    pen.right(&zone, look.style(Meaning::Muted));
}

fn summary(state: &State, step: &Step, look: &Look, pen: &mut Pen<'_>) {
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    let dot = look.glyphs.dot;
    pen.skip(1);
    match &step.of {
        Of::Store(audit, _) if audit.found.is_empty() => {
            let people = fit::counted(audit.people.unwrap_or_default(), "known user");
            let least = if audit.complete { "" } else { ", not all checked" };
            pen.text(&format!("no findings: {people}, {}{least}", fit::counted(audit.events, "row")), plain);
        }
        Of::Store(audit, _) => {
            for severity in [Severity::Error, Severity::Warning, Severity::Note] {
                let number = audit.of_severity(severity) as u64;
                if number > 0 {
                    let (mark, meaning) = widgets::severity(severity, look);
                    pen.text(mark, look.style(meaning)).skip(1);
                    pen.text(&fit::counted(number, severity.name()), plain).skip(2);
                }
            }
            let people = fit::counted(audit.people.unwrap_or_default(), "known user");
            let rest = if audit.complete { "" } else { ", not all checked" };
            pen.text(&format!("{people} {dot} {}{rest}", fit::counted(audit.events, "row")), muted);
        }
        Of::People(kind, people, complete) => {
            let (mark, meaning) = widgets::severity(kind.severity, look);
            let rows = people.iter().map(|person| person.rows).sum();
            let least = if *complete { "" } else { "at least " };
            pen.text(mark, look.style(meaning)).skip(1);
            let people = fit::counted(people.len() as u64, "user");
            let rows = fit::counted(rows, "row");
            let money = state.found().map(|found| &found.amounts).filter(|amounts| !amounts.is_empty());
            let money = money.map_or_else(String::new, |amounts| format!(" {dot} {least}{}", visible(&amounts.text())));
            let text = format!("{} {dot} {least}{people} {dot} {least}{rows}{money}", kind.severity.name());
            let order = format!(" {dot} most rows first");
            let order = if fit::width(&text) + fit::width(&order) <= pen.room() { order } else { String::new() };
            let text = format!("{text}{order}");
            pen.text(&text, plain);
        }
        Of::Evidence(_, finding, rows, amounts) => {
            let (mark, meaning) = widgets::severity(finding.severity(), look);
            pen.text(mark, look.style(meaning)).skip(1);
            let lost = fit::counted(finding.rows, "row");
            let proofs = fit::counted(rows.len() as u64, "row");
            let money = if amounts.is_empty() { String::new() } else { format!(" {dot} {}", visible(&amounts.text())) };
            pen.text(&format!("{} {dot} {lost}{money} {dot} {proofs} of evidence", finding.code()), plain);
        }
        Of::Loose(kind, rows) => {
            let (mark, meaning) = widgets::severity(kind.severity, look);
            pen.text(mark, look.style(meaning)).skip(1);
            pen.text(&format!("{}; Enter shows one", fit::counted(rows.len() as u64, "row")), plain);
        }
        Of::Text(head, _) if head.starts_with("repair") => {
            pen.text("NOTHING IS SENT", look.style(Meaning::Title));
            pen.skip(2).text("S writes it as a file for /import, Y copies the command", muted);
        }
        Of::Text(..) => {}
    }
}

/// Columns of what a finding is, after its code; none on a narrow screen.
fn what(room: usize) -> usize {
    let rest = room.saturating_sub(2 + CODE + 1 + 2 * (NUMBER + 1) + 2 + BARS + 2 + TREND + 1);
    if rest >= 12 { (rest - 1).min(WHAT) } else { 0 }
}

/// Columns of what rows of a person say was paid, and of a list of people from which on there is room for it.
const MONEY: usize = 18;
const ROOM_FOR_MONEY: usize = 100;

/// Columns of the name, of the id and of the money of a person.
fn of_person(people: &[Person], room: usize) -> (usize, usize, usize) {
    let has_money = room >= ROOM_FOR_MONEY && people.iter().take(1_000).any(|person| !person.amounts.is_empty());
    let money = if has_money { MONEY } else { 0 };
    let rest = room.saturating_sub(2 + NUMBER + 2 + MINUTE + 1 + if has_money { MONEY + 1 } else { 0 });
    let name = (rest * 2 / 5).min(34);
    (name, rest.saturating_sub(name + 1).min(56), money)
}

/// Columns of the event and of the id of a row.
fn of_proof(room: usize) -> (usize, usize) {
    let rest = room.saturating_sub(WHEN + 3);
    ((rest / 3).min(28), (rest / 3).min(38))
}

fn heads(step: &Step, look: &Look, pen: &mut Pen<'_>) {
    let title = look.style(Meaning::Title);
    pen.skip(2);
    match &step.of {
        Of::Store(..) => {
            let what = what(pen.room());
            pen.skip(2).cell("CODE", CODE, title).skip(1);
            if what > 0 {
                pen.cell("WHAT", what, title).skip(1);
            }
            pen.number("PEOPLE", NUMBER, title).skip(1).number("ROWS", NUMBER, title).skip(2);
            pen.cell(&format!("{DAYS} DAYS"), BARS, title).skip(2).text("TREND", title);
        }
        Of::People(_, people, _) => {
            let (name, id, money) = of_person(people, pen.room());
            pen.cell("NAME", name, title).skip(1).cell("KNOWN AS", id, title).skip(1);
            pen.number("ROWS", NUMBER, title);
            if money > 0 {
                pen.skip(1).number("MONEY", money, title);
            }
            pen.skip(2).text("SINCE", title);
        }
        Of::Evidence(..) | Of::Loose(..) => {
            let (event, id) = of_proof(pen.room());
            pen.cell("WHEN", WHEN, title).skip(1).cell("EVENT", event, title).skip(1);
            pen.cell("SENT AS", id, title).skip(1).text("WHERE", title);
        }
        Of::Text(..) => {}
    }
}

fn line(step: &Step, at: usize, selected: bool, look: &Look, pen: &mut Pen<'_>) {
    if let Of::Text(_, lines) = &step.of {
        let text = lines.get(at).map_or("", String::as_str);
        pen.skip(1).text(text, look.style(Meaning::Text));
        return;
    }
    pen.cell(if selected { look.glyphs.cursor } else { " " }, 1, look.style(Meaning::Key)).skip(1);
    match &step.of {
        Of::Store(audit, _) => of_store(audit, at, look, pen),
        Of::People(_, people, _) => person(people, at, look, pen),
        Of::Evidence(_, _, rows, _) | Of::Loose(_, rows) => proof(rows.get(at), look, pen),
        Of::Text(..) => {}
    }
}

fn of_store(audit: &Audit, at: usize, look: &Look, pen: &mut Pen<'_>) {
    let Some(found) = audit.found.get(at) else { return };
    let plain = look.style(Meaning::Text);
    let what = what(pen.room());
    let (mark, meaning) = widgets::severity(found.kind.severity, look);
    pen.text(mark, look.style(meaning)).skip(1).cell(found.kind.code, CODE, plain).skip(1);
    if what > 0 {
        pen.cell(found.kind.title, what, look.style(Meaning::Muted)).skip(1);
    }
    pen.number(&number(found.people, look), NUMBER, plain).skip(1).number(&number(found.rows, look), NUMBER, plain);
    let Some(trend) = found.trend(audit.span).zip(audit.span) else { return };
    let (trend, (_, last)) = trend;
    pen.skip(2);
    let bars = pen.column().saturating_add(u16::try_from(BARS).unwrap_or(0));
    if pen.room() > BARS {
        plot(pen, &found.days.last(day_of(last), DAYS), BARS, look);
        pen.to(bars).skip(2).text(trend.name(), plain);
    }
}

/// A number; a dot for none.
fn number(number: u64, look: &Look) -> String {
    if number == 0 { look.glyphs.dot.to_owned() } else { fit::count(number) }
}

fn person(people: &[Person], at: usize, look: &Look, pen: &mut Pen<'_>) {
    let Some(person) = people.get(at) else { return };
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    let (name, id, money) = of_person(people, pen.room());
    // What is the id itself is no other name.
    match person.name.as_deref().filter(|name| *name != person.id.as_str()) {
        Some(text) => pen.id(text, name, plain),
        None => pen.cell(if person.known { "" } else { "a visitor" }, name, muted),
    };
    pen.skip(1).id(person.id.as_str(), id, plain).skip(1).number(&number(person.rows, look), NUMBER, plain);
    if money > 0 {
        let text = visible(&person.amounts.text()).replace(" of no currency", "");
        pen.skip(1).number(&fit::end(&text, money), money, plain);
    }
    pen.skip(2).text(&minute(person.since, look), muted);
}

fn proof(proof: Option<&Proof>, look: &Look, pen: &mut Pen<'_>) {
    let Some(proof) = proof else { return };
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    let (event, id) = of_proof(pen.room());
    let (when, name) = match proof.time {
        Some(time) => (written(time, "%Y-%m-%d %H:%M:%S%.3f", look), event_name(&proof.event).to_owned()),
        None => ("no row of this user".to_owned(), String::new()),
    };
    pen.cell(&when, WHEN, plain).skip(1).cell(&name, event, plain).skip(1);
    pen.id(proof.id.as_ref().map_or("", Id::as_str), id, plain).skip(1);
    let room = pen.room();
    pen.text(&fit::middle(&place(&proof.source), room), muted);
}
