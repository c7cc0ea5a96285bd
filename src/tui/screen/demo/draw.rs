//! The player on the screen.
//!
//! ```text
//!  demo  01-sally  Sally signs up …                    Mon 01 Jul 2019 09:15:04 UTC
//!  CALLS                            │ WHAT THE SDKS REMEMBER
//!       1s laptop  track("View")    │ laptop  web-2.22
//!  ▸ 1m16s laptop  alias("sally")   │   distinct_id  12345
//!                                   │ ▸ __alias      none → sally
//!  ── what happens ──────────────────────────────────────────────────────────────
//!  "The lookup table gets a row."
//!  Asks the server for a row in the lookup table: sally → 12345.
//!  ◆ sally → 12345 is in the lookup table.
//!  ── lookup table ──────────────────┬─ timeline ────────────────────────────────
//!  + ◆ sally → 12345                 │   09:12 ○ View         12345
//!  ━━━━━━━━━━━━━━──────────────────────────────────────────────────────── x1 paused
//! ```
//! The places of the parts depend on the size of the screen alone, so that nothing jumps while
//! it plays. What this moment changed has a mark before it: `+` new, `~` changed. [What the server has](server)
//! is a part of its own.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::borders::{WIDE, rule, wall};
use super::player::Player;
use super::prompt::{Prompt, Purpose};
use super::server;
use crate::play::NewsKind;
use crate::sim::Cause;
use crate::tui::fit;
use crate::tui::frame::Ui;
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};
use crate::tui::when;

/// The smallest screen on which all parts have room, without the foot.
const WHOLE: (u16, u16) = (60, 15);

/// Draws the player; where the cursor is while something is typed.
pub(in crate::tui) fn view(
    player: &Player,
    ui: &mut Ui,
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
) -> Option<Position> {
    header(player, area, buffer, look);
    if area.width < WHOLE.0 || area.height < WHOLE.1 {
        return small(player, area, buffer, look);
    }
    let bar = Rect { y: area.bottom() - 1, height: 1, ..area };
    // Header, two rules and the bar are one line each.
    let room = area.height - 4;
    let story = (room * 2 / 7).clamp(4, 8);
    let top = (room - story) / 2;
    let calls = Rect { y: area.y + 1, height: top, width: area.width / 2, ..area };
    let sdks = Rect { x: calls.right() + 1, width: area.width - calls.width - 1, ..calls };
    let story = Rect { y: calls.bottom() + 1, height: story, ..area };
    let below = Rect { y: story.bottom() + 1, height: bar.y.saturating_sub(story.bottom() + 1), ..area };
    ui.page = usize::from(top).saturating_sub(1);
    wall(calls, buffer, look);
    call_list(player, calls, buffer, look);
    sdk_states(player, sdks, buffer, look);
    let head = match player.play().step(player.moment()) {
        Some(step) => {
            let by = if matches!(step.cause, Cause::Answer(_)) { "SDK: " } else { "" };
            let device = player.play().device(step).map_or("", |device| device.name.as_str());
            format!("{device}: {by}{}", step.code)
        }
        None => "before the first call".to_owned(),
    };
    rule(area, calls.bottom() - area.y, &[(0, head)], buffer, look);
    let cursor = player.prompt.as_ref().map(|prompt| prompt_lines(player, prompt, story, buffer, look));
    if cursor.is_none() {
        what_happens(player, story, buffer, look);
    }
    server::view(player, ui, below, buffer, look);
    progress(player, bar, buffer, look);
    cursor
}

fn header(player: &Player, area: Rect, buffer: &mut Buffer, look: &Look) {
    let scenario = player.play().scenario();
    let at = player.play().step(player.moment()).map_or(scenario.start, |step| step.at);
    let time = if area.width >= WIDE {
        format!("{} {} {}", look.zone.date(at), look.zone.clock(at, 12), look.zone.name())
    } else {
        format!("{} {}", look.zone.short_date(at), look.zone.clock(at, 8))
    };
    let rules = player.play().rules();
    let time = if rules.joins_by_links() { format!("rules {} {} {time}", rules.name(), look.glyphs.dot) } else { time };
    let mut pen = Pen::new(buffer, area, 0);
    pen.skip(1).text("demo", look.style(Meaning::Title)).skip(2);
    let room = pen.room().saturating_sub(fit::width(&time) + 3);
    let changed = if player.changes() > 0 { " (changed)" } else { "" };
    let name = if area.width >= WIDE { format!("{}  ", scenario.name) } else { String::new() };
    let room = room.saturating_sub(fit::width(changed));
    pen.text(&fit::end(&format!("{name}{}", scenario.title), room), look.style(Meaning::Text));
    pen.text(changed, look.style(Meaning::Warn));
    pen.right(&format!("{time} "), look.style(Meaning::Muted));
}

/// Too small for the parts side by side: the call and what happens.
fn small(player: &Player, area: Rect, buffer: &mut Buffer, look: &Look) -> Option<Position> {
    let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    if let Some(prompt) = &player.prompt {
        return Some(prompt_lines(player, prompt, body, buffer, look));
    }
    let mut pen = Pen::new(buffer, body, 0);
    pen.skip(1).text(look.glyphs.cursor, look.style(Meaning::Key)).skip(1);
    match player.play().step(player.moment()) {
        Some(step) => {
            let device = player.play().device(step).map_or("", |device| device.name.as_str());
            pen.text(device, look.style(Meaning::Muted)).skip(1).text(&step.code, look.style(Meaning::Title));
        }
        None => {
            pen.text("before the first call", look.style(Meaning::Title));
        }
    }
    let rest = Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body };
    what_happens(player, rest, buffer, look);
    None
}

fn call_list(player: &Player, area: Rect, buffer: &mut Buffer, look: &Look) {
    let play = player.play();
    let height = usize::from(area.height);
    // Moment 0 has a line of its own: nothing was called yet.
    let top = player.moment().saturating_sub(height / 2).min((play.last() + 1).saturating_sub(height));
    let names = play.scenario().devices.iter().map(|device| fit::width(&device.name)).max().unwrap_or(0).min(10);
    let wide = area.width >= WIDE / 2;
    for (row, moment) in (0..area.height).zip(top..=play.last()) {
        let here = moment == player.moment();
        let mut pen = Pen::new(buffer, area, row);
        pen.skip(1).text(if here { look.glyphs.cursor } else { " " }, look.style(Meaning::Key)).skip(1);
        let Some(step) = play.step(moment) else {
            pen.text("before the first call", look.style(if here { Meaning::Title } else { Meaning::Muted }));
            continue;
        };
        let before = play.step(moment - 1).map(|before| before.at);
        let gap = before.map_or_else(String::new, |before| when::gap(step.at.saturating_sub(before)));
        // On the colour of the selection, muted text would be hard to read.
        let style = look.style(if here { Meaning::Text } else { Meaning::Muted });
        if wide {
            pen.cell(&look.zone.clock(step.at, 8), 9, style);
        }
        pen.number(&gap, 5, style).skip(1);
        let device = play.device(step).map_or("", |device| device.name.as_str());
        pen.cell(device, names, style).skip(1);
        let meaning = match (&step.cause, moment > player.moment()) {
            _ if here => Meaning::Title,
            (_, true) | (Cause::Answer(_), _) => Meaning::Muted,
            _ => Meaning::Text,
        };
        if matches!(step.cause, Cause::Answer(_)) {
            pen.text("SDK: ", style);
        }
        pen.text(&step.code, look.style(meaning));
        if here {
            Pen::new(buffer, area, row).restyle(area.x, usize::from(area.width), look.style(Meaning::Selected));
        }
    }
}

/// One line of the panel of SDK states.
struct StateLine {
    mark: &'static str,
    label: String,
    value: String,
    meaning: Meaning,
}

fn sdk_states(player: &Player, area: Rect, buffer: &mut Buffer, look: &Look) {
    let height = usize::from(area.height);
    let (label, mark) = (13, 2);
    let room = usize::from(area.width).saturating_sub(label + mark + 2);
    let states = player.play().devices(player.moment());
    let here = player.play().step(player.moment()).map(|step| step.device);
    let blocks: Vec<(bool, Vec<StateLine>)> = states
        .iter()
        .enumerate()
        .map(|(number, state)| {
            let mut lines = Vec::new();
            let place = match (state.used, state.online) {
                (false, _) => "not used yet".to_owned(),
                (_, false) => format!("{}, offline", state.device.sdk.name),
                _ => state.device.sdk.name.to_owned(),
            };
            let meaning = if Some(number) == here { Meaning::Title } else { Meaning::Text };
            lines.push(StateLine { mark: " ", label: state.device.name.clone(), value: place, meaning });
            if state.used && state.device.sdk.is_server() {
                lines.push(plain("each call names its ids"));
            }
            for field in &state.fields {
                let (mark, meaning) =
                    if field.changed() { (look.glyphs.cursor, Meaning::Match) } else { (" ", Meaning::Text) };
                let value = |value: &Option<String>, room| {
                    value.as_ref().map_or_else(|| "none".to_owned(), |value| fit::middle(value, room))
                };
                let value = if field.changed() {
                    let arrow = look.glyphs.arrow;
                    let before = value(&field.before, room.saturating_sub(fit::width(arrow) + 2) / 2);
                    let left = room.saturating_sub(fit::width(&before) + fit::width(arrow) + 2);
                    format!("{before} {arrow} {}", value(&field.now, left))
                } else {
                    value(&field.now, room)
                };
                lines.push(StateLine { mark, label: field.name.clone(), value, meaning });
            }
            (Some(number) == here, lines)
        })
        .collect();
    // Where there is no room for all, devices that do not act show only their heads.
    let total = |blocks: &[(bool, Vec<StateLine>)], folded: usize| -> usize {
        let length = |(number, (here, lines)): (usize, &(bool, Vec<StateLine>))| {
            if !here && number < folded { 1 } else { lines.len() }
        };
        blocks.iter().enumerate().map(length).sum()
    };
    let folded = (0..=blocks.len()).find(|folded| total(&blocks, *folded) <= height).unwrap_or(blocks.len());
    let mut row = 0;
    for (number, (here, lines)) in blocks.iter().enumerate() {
        let shown = if !here && number < folded { 1 } else { lines.len() };
        let sends = states.get(number).and_then(|state| state.fields.first()).and_then(|field| field.now.as_ref());
        for (at, line) in lines.iter().take(shown).enumerate() {
            let mut pen = Pen::new(buffer, area, row);
            row += 1;
            if at == 0 {
                pen.skip(1).text(&line.label, look.style(line.meaning)).skip(2);
                pen.text(&line.value, look.style(Meaning::Muted));
                if let (1, true, Some(sends)) = (shown, lines.len() > 1, sends) {
                    let room = pen.room().saturating_sub(10);
                    pen.text(", sends ", look.style(Meaning::Muted));
                    pen.text(&fit::middle(sends, room), look.style(Meaning::Text));
                }
            } else {
                pen.skip(1).text(line.mark, look.style(Meaning::Match)).skip(1);
                pen.cell(&line.label, label - 1, look.style(Meaning::Muted)).skip(1);
                pen.text(&line.value, look.style(line.meaning));
            }
        }
    }
}

fn plain(label: &str) -> StateLine {
    StateLine { mark: " ", label: String::new(), value: label.to_owned(), meaning: Meaning::Muted }
}

/// Caption, explanation and news of this moment.
fn what_happens(player: &Player, area: Rect, buffer: &mut Buffer, look: &Look) {
    let play = player.play();
    let wide = usize::from(area.width.saturating_sub(2));
    let height = usize::from(area.height);
    let mut news: Vec<(String, Meaning)> = Vec::new();
    // The widest of the marks.
    let glyph_room = look.glyphs.arrow;
    for item in player.news() {
        let (mark, meaning) = mark_of_news(item.kind, look);
        let arrowed = item.text.replace('→', look.glyphs.arrow);
        for (number, line) in
            fit::wrap(&arrowed, wide.saturating_sub(1 + fit::width(glyph_room)), 3).into_iter().enumerate()
        {
            news.push((
                format!("{:<1$} {line}", if number == 0 { mark } else { " " }, fit::width(glyph_room)),
                meaning,
            ));
        }
    }
    if player.moment() == play.last() {
        for line in fit::wrap(&format!("Lesson: {}", play.scenario().lesson), wide, 2) {
            news.push((line, Meaning::Title));
        }
    }
    let mut lines: Vec<(String, Meaning)> = Vec::new();
    let caption = play.step(player.moment()).and_then(|step| step.caption.clone());
    if let Some(caption) = caption {
        lines.extend(fit::wrap(&format!("\"{caption}\""), wide, 2).into_iter().map(|line| (line, Meaning::Title)));
    } else if player.moment() == 0 {
        lines.extend(fit::wrap(&play.scenario().title, wide, 1).into_iter().map(|line| (line, Meaning::Title)));
    }
    // News stand in full before an explanation.
    let room = height.saturating_sub(lines.len() + news.len());
    let explanation = play.explain(player.moment()).replace('→', look.glyphs.arrow);
    lines.extend(fit::wrap(&explanation, wide, room).into_iter().map(|line| (line, Meaning::Text)));
    if player.moment() == 0 {
        lines.push((
            format!("{} or l makes the first call, Space plays them all.", look.glyphs.arrows[3]),
            Meaning::Muted,
        ));
    }
    for (row, (line, meaning)) in (0..area.height).zip(lines.into_iter().chain(news)) {
        Pen::new(buffer, area, row).skip(1).text(&line, look.style(meaning));
    }
}

fn mark_of_news(kind: NewsKind, look: &Look) -> (&'static str, Meaning) {
    let glyphs = look.glyphs;
    match kind {
        NewsKind::Refused => (glyphs.refused, Meaning::Refused),
        NewsKind::Split => (glyphs.split, Meaning::Split),
        NewsKind::Orphan | NewsKind::Contested => (glyphs.orphan, Meaning::Orphan),
        NewsKind::Lost => (glyphs.warn, Meaning::Bad),
        NewsKind::Accepted => (glyphs.alias, Meaning::Alias),
        NewsKind::Duplicate => (glyphs.duplicate, Meaning::Muted),
        NewsKind::Joined => (glyphs.identified, Meaning::Identified),
        NewsKind::Stored => (glyphs.arrow, Meaning::Text),
        NewsKind::Late => (glyphs.dot, Meaning::Muted),
    }
}

/// The line to type in; where the cursor is.
fn prompt_lines(player: &Player, prompt: &Prompt, area: Rect, buffer: &mut Buffer, look: &Look) -> Position {
    let muted = look.style(Meaning::Muted);
    let device = |at: usize| player.play().scenario().devices.get(at);
    let (what, help) = match prompt.purpose {
        Purpose::Call(at) => {
            let name = device(at).map_or("", |device| device.name.as_str());
            let what = format!("call on {name}");
            let help = if device(at).is_some_and(|device| device.sdk.is_server()) {
                "track EVENT {\"price\": 20} as ID, alias ALIAS to ID; what follows is played on from here"
            } else {
                "track EVENT {\"price\": 20}, identify ID, alias ALIAS, reset; what follows is played on from here"
            };
            (what, help)
        }
        Purpose::Save => ("save as".to_owned(), "a scenario file, which journey demo FILE plays again"),
    };
    let mut pen = Pen::new(buffer, area, 0);
    pen.skip(1).text(&what, look.style(Meaning::Title)).text(": ", muted);
    // The end of what is typed is what is looked at.
    let room = pen.room().saturating_sub(2);
    let (before, after) = prompt.input.parts();
    let mut shown = before;
    while fit::width(shown) > room && !shown.is_empty() {
        let mut characters = shown.chars();
        characters.next();
        shown = characters.as_str();
    }
    let style = look.style(if prompt.input.is_selected() { Meaning::Selected } else { Meaning::Text });
    pen.text(shown, style);
    let cursor = Position { x: pen.column().min(area.right().saturating_sub(1)), y: area.y };
    pen.text(after, style);
    let wide = usize::from(area.width.saturating_sub(2));
    let (below, meaning) = match &prompt.complaint {
        Some(complaint) => (complaint.as_str(), Meaning::Bad),
        None => (help, Meaning::Muted),
    };
    let lines = fit::wrap(below, wide, 3);
    for (row, line) in (1..area.height).zip(lines) {
        Pen::new(buffer, area, row).skip(1).text(&line, look.style(meaning));
    }
    cursor
}

fn progress(player: &Player, area: Rect, buffer: &mut Buffer, look: &Look) {
    let play = player.play();
    let state = if player.is_playing() { "playing" } else { "paused" };
    let speed = format!("{state} {}", player.speed());
    if let Some(difference) = player.difference() {
        let name = if area.width >= WIDE { "with your changes" } else { "changed" };
        let text = format!("{name}: {difference}").replace("->", look.glyphs.arrow);
        let room = usize::from(area.width).saturating_sub(fit::width(&speed) + 4);
        let mut pen = Pen::new(buffer, area, 0);
        pen.skip(1).text(&fit::end(&text, room), look.style(Meaning::Warn));
        pen.right(&format!("{speed} "), look.style(Meaning::Muted));
        return;
    }
    let room = usize::from(area.width).saturating_sub(fit::width(&speed) + 4);
    let done = (room * player.moment()).checked_div(play.last()).unwrap_or(room);
    let mut pen = Pen::new(buffer, area, 0);
    pen.skip(1).text(&look.glyphs.join.repeat(done), look.style(Meaning::Key));
    pen.text(&look.glyphs.rule.repeat(room - done), look.style(Meaning::Muted)).skip(2);
    pen.text(&speed, look.style(if player.is_playing() { Meaning::Key } else { Meaning::Muted }));
}
