//! One frame of what arrives: the state in two lines, the list, the devices, what is said of the cursor's line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::board::{Called, Line, Row, What};
use super::device::clock;
use super::{Focus, State, pane};
use crate::tui::fit;
use crate::tui::frame::Ui;
use crate::tui::pen::Pen;
use crate::tui::pointer::Spot;
use crate::tui::theme::{Look, Meaning};
use crate::tui::widgets::{self, plot, select};
use crate::tui::worker::Fate;

/// Columns from which on devices stand at the left of the rows.
const WIDE: u16 = 110;
/// Columns of the devices there.
const LEFT: u16 = 38;
/// Lines of a device there.
const DEVICE_LINES: usize = 4;
/// Columns of the name of an SDK.
const SDK: usize = 10;
/// Lines on what to do when nothing comes.
const HINTS: usize = 3;
/// Columns of a time, of the number of a device.
const WHEN: usize = 12;
const NUMBER: usize = 3;
/// Lines of a screen from which on the selected line has a pane.
const ROOM_FOR_PANE: u16 = 14;

/// Draws the screen.
pub(in crate::tui) fn view(state: &State, ui: &mut Ui, area: Rect, buffer: &mut Buffer, look: &Look) {
    head(state, look, &mut Pen::new(buffer, area, 0));
    second(state, look, &mut Pen::new(buffer, area, 1));
    let body = Rect { y: area.y.saturating_add(2), height: area.height.saturating_sub(2), ..area };
    if state.board.is_empty() {
        return empty(state, ui, body, buffer, look);
    }
    let below = if body.height >= ROOM_FOR_PANE { pane::lines(state, look) } else { Vec::new() };
    // A short list of devices leaves what its SDK remembers the room.
    let most = if area.width < WIDE && state.focus == Focus::Devices {
        let list = u16::try_from(state.board.devices().len()).unwrap_or(u16::MAX).saturating_add(2);
        body.height.saturating_sub(list).max(body.height / 2)
    } else {
        body.height / 2
    };
    let height = u16::try_from(below.len()).unwrap_or(u16::MAX).min(most);
    let lists = Rect { height: body.height.saturating_sub(height), ..body };
    if area.width >= WIDE {
        let left = Rect { width: LEFT, ..lists };
        let right = Rect { x: lists.x + LEFT + 2, width: lists.width.saturating_sub(LEFT + 2), ..lists };
        cards(state, left, buffer, look);
        for row in 0..lists.height {
            let wall = Rect { x: lists.x + LEFT, width: 1, ..lists };
            Pen::new(buffer, wall, row).text(look.glyphs.wall, look.style(Meaning::Muted));
        }
        rows(state, ui, right, buffer, look);
    } else if state.focus == Focus::Devices {
        devices(state, ui, lists, buffer, look);
    } else {
        rows(state, ui, lists, buffer, look);
    }
    let lower = Rect { y: lists.bottom(), height, ..body };
    widgets::pane(&below, lower, buffer, look);
}

/// Where it listens, where rows go, how many have come, how fast.
fn head(state: &State, look: &Look, pen: &mut Pen<'_>) {
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    let (board, dot) = (&state.board, look.glyphs.dot);
    pen.skip(1).text("listen", look.style(Meaning::Title)).skip(2);
    let live = match (state.paused, state.is_quiet) {
        (Some((_, rows)), _) => format!("PAUSED  + {} ", fit::counted(board.rows.saturating_sub(rows), "row")),
        (None, _) if board.is_empty() => "waiting ".to_owned(),
        (None, true) => "LIVE ".to_owned(),
        (None, false) => format!("LIVE {}/s ", fit::count(board.rate())),
    };
    let bars = if state.is_quiet || board.is_empty() { 0 } else { 9 };
    let room = pen.room().saturating_sub(fit::width(&live) + bars + 1);
    let mut parts = vec![format!("{} {} {}", state.listening.url, look.glyphs.arrow, state.listening.place)];
    if !board.is_empty() {
        parts.extend([fit::counted(board.rows, "row"), fit::counted(u64::from(board.all_devices), "device")]);
    }
    if board.people > 0 {
        parts.push(format!("{} known", fit::counted(board.people as u64, "user")));
    }
    let joined = |parts: &[String]| parts.join(&format!(" {dot} "));
    // What has come says more than where it goes.
    if fit::width(&joined(&parts)) > room
        && let Some(place) = parts.first_mut().filter(|_| !board.is_empty())
    {
        place.clone_from(&state.listening.url);
    }
    pen.text(&fit::end(&joined(&parts), room), plain);
    let spare = pen.room().saturating_sub(fit::width(&live) + bars);
    pen.skip(spare).text(&live, if state.paused.is_some() { look.style(Meaning::Warn) } else { muted });
    if bars > 0 {
        plot(pen, &board.bars(), bars - 1, look);
    }
}

/// What is wrong, or who can send.
fn second(state: &State, look: &Look, pen: &mut Pen<'_>) {
    let (board, dot) = (&state.board, look.glyphs.dot);
    pen.skip(1);
    if let Some(failure) = &state.failure {
        pen.text(&format!("{} rows are not stored: {failure}", look.glyphs.warn), look.style(Meaning::Bad));
        return;
    }
    if board.is_empty() {
        let who = if state.listening.is_open {
            "other machines can reach it with the token"
        } else {
            "only this computer can reach it"
        };
        let forward = state.listening.forward.as_ref();
        let on = forward.map_or_else(|| "nothing is sent on".to_owned(), |url| format!("passed on to {url}"));
        let text = format!("nothing has arrived yet {dot} {who} {dot} {on}");
        pen.text(&text, look.style(Meaning::Muted));
        return;
    }
    let mut wrong = Vec::new();
    if board.refused > 0 {
        wrong.push(format!("{} refused", fit::counted(board.refused as u64, "alias call")));
    }
    if board.troubles > 0 {
        wrong.push(format!("{} with errors", fit::counted(board.troubles, "request")));
    }
    for (_, code, users) in &board.findings {
        wrong.push(if *users == 1 { (*code).to_owned() } else { format!("{code} ({users} users)") });
    }
    match wrong.as_slice() {
        [] => pen.text("no findings so far", look.style(Meaning::Muted)),
        wrong => {
            pen.text(look.glyphs.warn, look.style(Meaning::Bad)).skip(1);
            pen.text(&wrong.join(&format!(" {dot} ")), look.style(Meaning::Text))
        }
    };
}

/// How to point an SDK here.
fn empty(state: &State, ui: &mut Ui, area: Rect, buffer: &mut Buffer, look: &Look) {
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    let rule = |text: &str, pen: &mut Pen<'_>| widgets::heading(text, Meaning::Title, look, pen);
    rule("point your SDK here, then do one thing in your app", &mut Pen::new(buffer, area, 0));
    let lines = state.lines();
    ui.page = lines.len();
    let mut row = 1;
    let room = usize::from(area.width).saturating_sub(SDK + 2);
    let whole: usize = lines.iter().map(|(_, line)| parts(line, room).len()).sum();
    let is_tall = whole < usize::from(area.height);
    for (at, (name, line)) in lines.iter().enumerate() {
        let is_here = at == state.sdk;
        // Where not all of them have room, each has its line.
        let texts = if is_tall { parts(line, room) } else { vec![line.as_str()] };
        for (part, text) in texts.into_iter().enumerate() {
            let mut pen = Pen::new(buffer, area, row);
            let is_first = part == 0;
            pen.cell(if is_here && is_first { look.glyphs.cursor } else { " " }, 1, look.style(Meaning::Key)).skip(1);
            pen.cell(if is_first { name } else { "" }, SDK, plain).text(text, plain);
            let place = Rect { y: area.y + row, height: 1, ..area }.intersection(area);
            if is_here {
                select(buffer, place, look);
            }
            ui.spot(place, Spot::List(at));
            row += 1;
        }
    }
    // The hints below are worth more than the last of these.
    let spare = usize::from(area.height.saturating_sub(row)).saturating_sub(HINTS + 2);
    if !state.board.strays.is_empty() && spare > 0 {
        rule("seen so far, without a row in it", &mut Pen::new(buffer, area, row));
        row += 1;
        for request in state.board.strays.iter().take(spare) {
            let mut pen = Pen::new(buffer, area, row);
            pen.skip(1).cell(&look.zone.clock(request.received, WHEN), WHEN + 1, muted);
            pen.cell(&format!("{} {}", request.method, request.path), 28, plain).skip(1);
            pen.cell(&request.status.to_string(), 4, plain);
            let from = request.origin.as_ref().map(|origin| format!("from {origin}"));
            pen.text(&request.error.clone().or(from).unwrap_or_default(), muted);
            row += 1;
        }
    }
    rule("if nothing comes", &mut Pen::new(buffer, area, row));
    let hints: [String; HINTS] = [
        "any project token works; it is not stored".to_owned(),
        "an ad blocker blocks /track; an SDK that batches sends after some seconds".to_owned(),
        "a phone on the network: journey listen --bind 0.0.0.0 --token WORD".to_owned(),
    ];
    for hint in hints {
        row += 1;
        Pen::new(buffer, area, row).skip(1).text(&hint, muted);
    }
}

/// A line of code in parts that are no longer than `room`, broken behind a comma or a space where there is one.
fn parts(line: &str, room: usize) -> Vec<&str> {
    let (mut parts, mut rest) = (Vec::new(), line);
    while fit::width(rest) > room.max(1) {
        let end = rest.char_indices().map(|(at, _)| at).nth(room.max(1)).unwrap_or(rest.len());
        let head = rest.get(..end).unwrap_or_default();
        let cut = head.rfind([',', ' ']).map_or(end, |at| at + 1);
        let (part, next) = rest.split_at_checked(cut).unwrap_or((rest, ""));
        parts.push(part.trim_end());
        rest = next.trim_start();
    }
    parts.push(rest);
    parts
}

/// Columns of the event and of the id of a row.
fn columns(room: usize) -> (usize, usize) {
    let rest = room.saturating_sub(2 + WHEN + 1 + NUMBER + 1 + 2);
    let event = (rest * 2 / 5).clamp(16, 40).min(rest);
    let id = if rest >= 80 { 28 } else { 0 };
    (event, id)
}

fn rows(state: &State, ui: &mut Ui, area: Rect, buffer: &mut Buffer, look: &Look) {
    let title = look.style(Meaning::Title);
    let mut pen = Pen::new(buffer, area, 0);
    let (event, id) = columns(pen.room());
    pen.skip(2).cell("ARRIVED", WHEN, title).skip(1).cell("DEV", NUMBER, title).skip(3);
    pen.cell("EVENT", event, title).skip(1);
    if id > 0 {
        pen.cell("SENT AS", id, title).skip(1);
    }
    pen.text("BECAUSE", title);
    let list = Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area };
    let page = usize::from(list.height);
    ui.page = page;
    let top = state.top(page);
    ui.spot(list, Spot::List(usize::try_from(top).unwrap_or(usize::MAX)));
    for (row, number) in (0..list.height).zip(top..state.end()) {
        let Some(line) = state.board.line(number) else { continue };
        let is_here = number == state.at() && state.focus == Focus::Rows;
        let mut pen = Pen::new(buffer, list, row);
        pen.cell(if is_here { look.glyphs.cursor } else { " " }, 1, look.style(Meaning::Key)).skip(1);
        one(state, line, look, &mut pen);
        if is_here {
            select(buffer, Rect { y: list.y.saturating_add(row), height: 1, ..list }, look);
        }
        ui.built += 1;
    }
}

fn one(state: &State, line: &Line, look: &Look, pen: &mut Pen<'_>) {
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    let (event, id) = columns(pen.room() + 2);
    if let What::Mark(text) = &line.what {
        pen.text(&look.glyphs.rule.repeat(2), muted).skip(1);
        pen.text(look.glyphs.marked, look.style(Meaning::Key)).skip(1);
        pen.text(text, look.style(Meaning::Title)).skip(1).fill(look.glyphs.rule, muted);
        return;
    }
    pen.cell(&look.zone.clock(line.at, WHEN), WHEN, muted).skip(1);
    match &line.what {
        What::Row(row) => {
            let said = state.board.fate(row);
            let (fate, because) = match &said {
                Some((fate, text)) => (*fate, text.as_str()),
                None => (None, look.glyphs.dot),
            };
            let (mark, meaning) = mark(row, fate, look);
            let number = row.device.to_string();
            pen.cell(&number, NUMBER, plain).skip(1).cell(mark, 1, look.style(meaning)).skip(1);
            let name =
                if row.count > 1 { format!("{} × {}", row.event, fit::count(row.count)) } else { row.event.clone() };
            pen.cell(&name, event, plain).skip(1);
            if id > 0 {
                pen.id(row.id.as_ref().map_or("", crate::model::Id::as_str), id, plain).skip(1);
            }
            let room = pen.room();
            pen.id(because, room, look.style(if matches!(meaning, Meaning::Text) { Meaning::Muted } else { meaning }));
        }
        What::Trouble(trouble) => {
            pen.cell("", NUMBER, plain).skip(1).cell(look.glyphs.warn, 1, look.style(Meaning::Bad)).skip(1);
            pen.cell(&format!("{} {}", trouble.status, trouble.request), event, plain).skip(1);
            let refused = match (trouble.rows, trouble.refused) {
                (0, _) => String::new(),
                (rows, refused) => format!("{} of {} refused: ", fit::count(refused), fit::counted(rows, "row")),
            };
            pen.text(&format!("{refused}{}", trouble.why), look.style(Meaning::Bad));
        }
        What::Clock(number, ahead) => {
            pen.cell(&number.to_string(), NUMBER, plain).skip(1);
            pen.cell(look.glyphs.warn, 1, look.style(Meaning::Warn)).skip(1).cell("clock", event, plain).skip(1);
            pen.text(&clock(*ahead), look.style(Meaning::Warn));
        }
        What::Mark(_) => {}
    }
}

/// The mark of a row, and what it means.
fn mark(row: &Row, fate: Option<&Fate>, look: &Look) -> (&'static str, Meaning) {
    match (fate, row.verb) {
        (Some(Fate::Refused(_)), _) => (look.glyphs.refused, Meaning::Refused),
        (Some(Fate::Duplicate(_)), _) => (look.glyphs.duplicate, Meaning::Alias),
        (Some(Fate::Split), _) => (look.glyphs.split, Meaning::Split),
        (Some(Fate::Orphan), _) => (look.glyphs.orphan, Meaning::Orphan),
        (Some(Fate::Accepted(_)), _) | (None, Called::Alias) => (look.glyphs.alias, Meaning::Alias),
        (None, Called::Identify) => (look.glyphs.identify, Meaning::Identify),
        (None, _) => (look.glyphs.dot, Meaning::Text),
    }
}

/// Devices as cards at the left, the one that sent last first.
fn cards(state: &State, area: Rect, buffer: &mut Buffer, look: &Look) {
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    Pen::new(buffer, area, 0).skip(1).text("DEVICES, newest first", look.style(Meaning::Title));
    let chosen = state.chosen();
    let mut row = 1;
    let room = usize::from(area.height.saturating_sub(1)) / (DEVICE_LINES + 1);
    let devices = state.board.devices();
    let at = devices.iter().position(|device| Some(device.number) == chosen).unwrap_or(0);
    let first = at.saturating_sub(room.saturating_sub(1));
    for device in devices.iter().skip(first).take(room.max(1)) {
        let is_here = Some(device.number) == chosen && state.focus == Focus::Devices;
        let mut pen = Pen::new(buffer, area, row);
        pen.cell(if is_here { look.glyphs.cursor } else { " " }, 1, look.style(Meaning::Key));
        pen.text(&format!("{} {}", device.number, device.name()), look.style(Meaning::Title));
        if is_here {
            select(buffer, Rect { y: area.y + row, height: 1, ..area }, look);
        }
        let sends = device.sends_as.as_ref().map_or("nothing", |known| known.value.as_str());
        let mut pen = Pen::new(buffer, area, row + 1);
        let width = usize::from(area.width).saturating_sub(14);
        pen.skip(3).cell("sends as", 10, muted).id(sends, width, plain);
        let mut pen = Pen::new(buffer, area, row + 2);
        pen.skip(3).cell("known as", 10, muted).id(&state.known_as(device), width, plain);
        let last =
            format!("{} {} {}", look.zone.clock(device.last, 8), look.glyphs.dot, fit::counted(device.rows, "row"));
        Pen::new(buffer, area, row + 3).skip(3).cell("last", 10, muted).text(&last, plain);
        row += 5;
    }
    let tall = area.height;
    if row + 1 < tall && !state.board.findings.is_empty() {
        Pen::new(buffer, area, row).skip(1).text("FINDINGS, as they arise", look.style(Meaning::Title));
        for (severity, code, users) in &state.board.findings {
            row += 1;
            let (mark, meaning) = widgets::severity(*severity, look);
            let mut pen = Pen::new(buffer, area, row);
            pen.skip(1).text(mark, look.style(meaning)).skip(1).text(code, plain);
            pen.right(&format!("{} ", fit::counted(*users as u64, "user")), muted);
        }
        row += 2;
    }
    if row + 1 < tall && !state.board.statuses.is_empty() {
        Pen::new(buffer, area, row).skip(1).text("ANSWERS", look.style(Meaning::Title));
        let all = state.board.statuses.iter().map(|(status, number)| format!("{status} × {}", fit::count(*number)));
        let text = all.collect::<Vec<String>>().join(&format!(" {} ", look.glyphs.dot));
        Pen::new(buffer, area, row + 1).skip(1).text(&text, plain);
        let real = state.board.real.iter().map(|(status, number)| {
            format!(
                "{} × {}",
                status.map_or_else(|| "none".to_owned(), |status| status.to_string()),
                fit::count(*number)
            )
        });
        let real = real.collect::<Vec<String>>().join(&format!(" {} ", look.glyphs.dot));
        let (text, meaning) = match &state.listening.forward {
            Some(_) => (format!("real: {real}"), plain),
            None => ("ours; --forward URL asks the real one".to_owned(), muted),
        };
        Pen::new(buffer, area, row + 2).skip(1).text(&text, meaning);
    }
}

/// Devices as a list, on a narrow screen.
fn devices(state: &State, ui: &mut Ui, area: Rect, buffer: &mut Buffer, look: &Look) {
    let (plain, title) = (look.style(Meaning::Text), look.style(Meaning::Title));
    let mut pen = Pen::new(buffer, area, 0);
    let rest = pen.room().saturating_sub(2 + NUMBER + 1 + 9 + 8);
    let (name, id) = (rest * 2 / 5, rest - rest * 2 / 5 - 2);
    pen.skip(2).cell("DEV", NUMBER, title).skip(1).cell("WHAT", name, title).skip(1);
    pen.cell("SENDS AS", id, title).skip(1).cell("LAST", 8, title).skip(1).number("ROWS", 7, title);
    let list = Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area };
    ui.page = usize::from(list.height);
    let all = state.board.devices();
    let chosen = all.iter().position(|device| Some(device.number) == state.chosen()).unwrap_or(0);
    let top = chosen.saturating_sub(usize::from(list.height).saturating_sub(1));
    for (row, device) in (0..list.height).zip(all.iter().skip(top)) {
        let is_here = Some(device.number) == state.chosen();
        let mut pen = Pen::new(buffer, list, row);
        pen.cell(if is_here { look.glyphs.cursor } else { " " }, 1, look.style(Meaning::Key)).skip(1);
        pen.cell(&device.number.to_string(), NUMBER, plain).skip(1).cell(&device.name(), name, plain).skip(1);
        let sends = device.sends_as.as_ref().map_or("nothing", |known| known.value.as_str());
        pen.id(sends, id, plain).skip(1).cell(&look.zone.clock(device.last, 8), 8, plain).skip(1);
        pen.number(&fit::count(device.rows), 7, plain);
        if is_here {
            select(buffer, Rect { y: list.y.saturating_add(row), height: 1, ..list }, look);
        }
    }
}
