//! The journey screen as a whole: its head, its lanes' names, and where the panes go.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::identity::Journey;
use crate::identity::exported::Recorded;
use crate::identity::naming::Letters;
use crate::model::Id;
use crate::model::text::percent;
use crate::tui::fit;
use crate::tui::frame::Ui;
use crate::tui::pen::Pen;
use crate::tui::pointer::Spot;
use crate::tui::screen::identity;
use crate::tui::theme::{Look, Meaning};
use crate::tui::widgets::scrolled;
use crate::tui::words::{event_words, rules_before, strength_words};

use super::rows::Columns;
use super::{State, detail, heads, menu, prompt, rows, strip};
use crate::tui::timeline::devices::Device;
use crate::tui::timeline::{Lane, LaneKind, Line};

/// From this width on the detail stands next to the timeline.
const SIDE_BY_SIDE: u16 = 150;

/// Below this width the detail takes the place of the timeline.
const NARROW: u16 = 60;

/// Draws the screen into `area`, which has neither the line of hints nor any other.
pub(in crate::tui) fn view(
    state: &State,
    ui: &mut Ui,
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
) -> Option<Position> {
    let area = with_prompt(state, area);
    let mut top = Stack { area: area.0 };
    let (area, below) = area;
    head(&mut Pen::new(buffer, top.take(1), 0), state, look);
    if area.height >= 8 {
        coverage(&mut Pen::new(buffer, top.take(1), 0), state, look);
    }
    if area.height >= 10
        && let Some((meaning, text)) = banner(&state.journey, look)
    {
        let mut pen = Pen::new(buffer, top.take(1), 0);
        let room = pen.skip(1).room();
        // The place in brackets goes before a part of the sentence: the page about the ids has it.
        let short = text.rfind(" (").filter(|_| fit::width(&text) > room).and_then(|at| text.get(..at));
        pen.text(short.unwrap_or(&text), look.style(meaning));
    }
    let tall = match area.height {
        _ if state.timeline.rows().len() < 2 => 0,
        28.. => 2,
        20..28 => 1,
        _ => 0,
    };
    let strip_area = top.take(tall);
    if area.height >= 14 && !state.timeline.lanes().is_empty() {
        legend(&mut Pen::new(buffer, top.take(1), 0), state, look);
    }
    status(state, &mut top, buffer, look);
    if shows_person(state, area) {
        ui.worth = true;
        identity::person_panel(&state.panel(), top.take(identity::PERSON_HEIGHT), buffer, look);
    }
    let body = top.area;
    if state.is_empty() {
        // Nothing to lay out: what is known stands in the panel.
        identity::view(&state.panel(), true, ui, body, buffer, look);
        return None;
    }
    let (list, pane) = panes(body, state);
    ui.properties = pane.height >= if state.pins.is_empty() { 6 } else { 2 } || state.menu.is_some();
    list_view(state, ui, list, buffer, look);
    strip::view(state, ui, strip_area, list, buffer, look);
    if pane.x > list.x {
        for row in 0..pane.height {
            Pen::new(buffer, pane, row).text(look.glyphs.wall, look.style(Meaning::Muted));
        }
        let inner = Rect { x: pane.x + 2, width: pane.width - 2, ..pane };
        detail::view(state, ui, inner, buffer, look);
    } else if pane.height > 0 {
        let mut pen = Pen::new(buffer, pane, 0);
        let rule = look.style(Meaning::Muted);
        let title = look.style(if state.is_in_detail() { Meaning::Key } else { Meaning::Title });
        pen.text(&look.glyphs.rule.repeat(2), rule).skip(1);
        match state.row().filter(|_| list.height < 2) {
            // The list is not seen: the line of the row stands here.
            Some(row) => {
                let name = super::event(&state.journey, row.entry).map_or_else(String::new, event_words);
                pen.text(&format!("{} {name}", look.zone.full(row.time)), title)
            }
            None => pen.text("why", title),
        };
        pen.skip(1).fill(look.glyphs.rule, rule);
        let inner = Rect { x: pane.x + 1, y: pane.y + 1, width: pane.width.saturating_sub(2), height: pane.height - 1 };
        detail::view(state, ui, inner, buffer, look);
    }
    menu::view(state, below, buffer, look);
    prompt::view(state, below, buffer, look)
}

/// Whether the person has a panel above the rows; on smaller screens it is a page.
fn shows_person(state: &State, area: Rect) -> bool {
    area.width >= 110 && area.height >= 31 && state.journey.root.is_some() && !state.is_empty() && !state.is_in_detail()
}

/// The screen without the line that is typed or the choices, and where those are.
fn with_prompt(state: &State, area: Rect) -> (Rect, Rect) {
    let tall = if state.prompt.is_none() { menu::height(state, area.height) } else { area.height.min(2) };
    let above = Rect { height: area.height - tall, ..area };
    (above, Rect { y: above.bottom(), height: tall, ..area })
}

/// What is not as usual: filter, what is looked for, order, what is hidden. Always seen.
fn status(state: &State, top: &mut Stack, buffer: &mut Buffer, look: &Look) {
    let mut parts: Vec<(String, Meaning)> = Vec::new();
    if let Some(sieve) = &state.filter {
        parts.push((format!("& {}", sieve.filter().text()), Meaning::Key));
        parts.push(prompt::count(state, sieve));
    }
    if let Some(sieve) = &state.find {
        parts.push((format!("f {}", sieve.filter().text()), Meaning::Key));
        parts.push(prompt::count(state, sieve));
    }
    parts.extend(heads::order(state).into_iter().map(|text| (text, Meaning::Warn)));
    if parts.is_empty() {
        return;
    }
    let mut pen = Pen::new(buffer, top.take(1), 0);
    pen.skip(1);
    // What was typed is cut before what it comes to.
    let wide: usize = parts.iter().map(|(text, _)| fit::width(text) + 2).sum();
    let long = parts.iter().filter(|(_, meaning)| *meaning == Meaning::Key).count().max(1);
    let over = wide.saturating_sub(pen.room()).div_ceil(long);
    for (text, meaning) in parts {
        let room = fit::width(&text);
        let room = if meaning == Meaning::Key { room.saturating_sub(over).max(8) } else { room };
        pen.text(&fit::end(&text, room), look.style(meaning)).skip(2);
    }
}

/// Where the timeline and the detail go.
fn panes(body: Rect, state: &State) -> (Rect, Rect) {
    let larger = state.larger;
    if body.width >= SIDE_BY_SIDE {
        let wide = if larger { body.width / 2 } else { (body.width * 3 / 10).max(54) };
        let list = Rect { width: body.width - wide, ..body };
        return (list, Rect { x: list.right(), width: wide, ..body });
    }
    if larger && (body.height < 12 || body.width < NARROW) {
        // A page of its own; the list is there again when it is left.
        return (Rect { height: 0, ..body }, body);
    }
    let lines = state.lines.list().len();
    let tall = match (larger, body.height) {
        // The head of the columns, the row, and one on each side of it.
        (true, ..20) => body.height - 4,
        (true, _) => body.height * 7 / 10,
        (false, 34..) => 12,
        (false, 22..) => 7,
        (false, 14..) => 5,
        (false, 8..) => 3,
        (false, _) => 0,
    };
    // What a short journey leaves free shows more of its rows.
    let used = u16::try_from(lines.saturating_add(2)).unwrap_or(u16::MAX);
    let tall = if tall > 2 { tall.max(body.height.saturating_sub(used)) } else { tall };
    let list = Rect { height: body.height - tall, ..body };
    (list, Rect { y: list.bottom(), height: tall, ..body })
}

/// Rows of an area, taken from its top.
struct Stack {
    area: Rect,
}

impl Stack {
    fn take(&mut self, rows: u16) -> Rect {
        let rows = rows.min(self.area.height);
        let taken = Rect { height: rows, ..self.area };
        self.area = Rect { y: self.area.y + rows, height: self.area.height - rows, ..self.area };
        taken
    }
}

/// The columns' head and the visible lines, no more.
fn list_view(state: &State, ui: &mut Ui, mut area: Rect, buffer: &mut Buffer, look: &Look) {
    let mut head_area = None;
    if area.height >= 6 {
        let mut stack = Stack { area };
        head_area = Some(stack.take(1));
        area = stack.area;
    }
    let lines = usize::from(area.height);
    ui.page = lines;
    ui.journey_top = scrolled(state.top(ui.journey_top), state.selected, lines, state.lines.list().len());
    let top = ui.journey_top;
    ui.spot(area, Spot::List(top));
    if Columns::for_state(usize::from(area.width), state).pins > 0 {
        ui.cells = top..(top + lines).min(state.lines.list().len());
    }
    if let Some(head_area) = head_area {
        let columns = Columns::for_state(usize::from(area.width), state);
        rows::head(&mut Pen::new(buffer, head_area, 0), columns, state, look);
        // The break of the topmost day may have scrolled away.
        if let Some((time, _)) = state.lines.time(&state.timeline, &state.order, top)
            && !matches!(state.lines.get(top), Some(Line::Session(_)))
        {
            let date = format!(" {}", look.zone.short_date(time));
            let wide = u16::try_from(fit::width(&date)).unwrap_or(0);
            let at = head_area.right().saturating_sub(wide);
            Pen::new(buffer, head_area, 0).to(at).text(&date, look.style(Meaning::Title));
        }
    }
    if state.lines.list().is_empty() {
        let text = "the filter keeps no row; & changes it, & and nothing shows all";
        Pen::new(buffer, area, 0).skip(1).text(text, look.style(Meaning::Warn));
    }
    for row in 0..area.height {
        let at = top + usize::from(row);
        if at >= state.lines.list().len() {
            break;
        }
        rows::draw(buffer, area, row, at, state, look);
        ui.built += 1;
    }
}

/// Who, under which id, how many ids and devices, from when to when.
fn head(pen: &mut Pen<'_>, state: &State, look: &Look) {
    let journey = state.journey.as_ref();
    let room = pen.room();
    let title = look.style(Meaning::Title);
    let plain = look.style(Meaning::Text);
    let id_room = (room / 3).clamp(8, 48);
    let known = journey.known_id().unwrap_or(&journey.query).as_str();
    match (journey.name(), &journey.root) {
        (Some(name), _) => {
            pen.skip(1).text(&fit::end(&name, id_room), title);
            if known != name {
                pen.skip(2).text(&fit::middle(known, id_room), plain);
            }
        }
        (None, Some(root)) if *root != journey.query => {
            pen.skip(1).text(&fit::middle(journey.query.as_str(), id_room), title);
            pen.text(&format!(" {} ", look.glyphs.arrow), plain).text(&fit::middle(root.as_str(), id_room), title);
        }
        (None, Some(_)) => {
            pen.skip(1).text(&fit::middle(journey.query.as_str(), id_room), title);
            if known != journey.query.as_str() {
                pen.text(" (", plain).text(&fit::middle(known, id_room), plain).text(")", plain);
            }
        }
        (None, None) => {
            pen.skip(1).text(&fit::middle(journey.query.as_str(), id_room), title);
            pen.text("  no own rows, only mentioned by others", look.style(Meaning::Warn));
        }
    }
    let mut parts = Vec::new();
    let dot = look.glyphs.dot;
    let plan = journey.profiles.first().and_then(|profile| profile.get("plan")?.as_str());
    parts.extend(plan.map(|plan| format!("plan {}", fit::end(plan, 20))));
    if journey.ids.len() > 1 {
        parts.push(fit::at_least(journey.has_more_ids(), &fit::counted(journey.ids.len() as u64, "id")));
    }
    let devices = state.timeline.coverage().devices;
    if devices > 0 {
        parts.push(fit::at_least(journey.has_more_rows(), &fit::counted(devices, "device")));
    }
    if let Some((first, last)) = journey.span().or_else(|| state.timeline.span()) {
        parts.push(look.zone.span(first, last));
    }
    let gap = format!(" {dot} ");
    pen.skip(2);
    // What judges all of it goes before how long it is.
    let rules = fit::width(&rules_before(journey, "", look));
    while !parts.is_empty() && fit::width(&parts.join(&gap)) + rules > pen.room() {
        parts.pop();
    }
    pen.text(&parts.join(&gap), plain);
    let zone = format!("{} ", look.zone.name());
    pen.right(&rules_before(journey, &zone, look), look.style(Meaning::Muted));
}

/// How many rows are there and why, and what is missing.
fn coverage(pen: &mut Pen<'_>, state: &State, look: &Look) {
    let coverage = state.timeline.coverage();
    let dot = format!(" {} ", look.glyphs.dot);
    let all = coverage.own + coverage.through + coverage.split;
    let (more_rows, more) = (state.journey.has_more_rows(), !state.journey.cuts.is_empty());
    let share = |rows: u64, of: &str| {
        let percent = percent(rows, all);
        // The share of what is not at hand is not known.
        let percent = if more_rows { String::new() } else { format!(" ({percent} %)") };
        fit::at_least(more_rows, &format!("{} {of}{percent}", fit::count(rows)))
    };
    let mut parts = Vec::new();
    if all > 0 || state.journey.root.is_some() {
        parts.push(fit::at_least(more_rows, &fit::counted(all, "row")));
    }
    if coverage.through > 0 || coverage.split > 0 {
        parts.push(share(coverage.own, "own id"));
    }
    if coverage.through > 0 {
        parts.push(share(coverage.through, "by alias"));
    }
    let mut missing: Vec<String> = [
        (coverage.refused, "refused", more),
        (coverage.split, "split", more_rows),
        (coverage.orphaned, "orphaned", more),
        (coverage.contested, "contested", more),
        (coverage.hinted, "hinted", more),
    ]
    .into_iter()
    .filter(|(rows, ..)| *rows > 0)
    .map(|(rows, word, more)| fit::at_least(more, &format!("{} {word}", fit::count(rows))))
    .collect();
    match state.journey.findings.len() as u64 {
        0 => {}
        findings => missing.push(fit::at_least(more, &fit::counted(findings, "finding"))),
    }
    let warn = look.style(Meaning::Warn);
    let missing = if missing.is_empty() { None } else { Some(format!("{} {}", look.glyphs.warn, missing.join(&dot))) };
    let room = pen.room().saturating_sub(missing.as_ref().map_or(0, |text| fit::width(text) + 3));
    // What is missing matters more than how the rest came together.
    while parts.len() > 1 && fit::width(&parts.join(&dot)) > room {
        parts.pop();
    }
    pen.skip(1).text(&parts.join(&dot), look.style(Meaning::Text)).skip(2);
    match missing {
        Some(missing) => pen.text(&missing, warn),
        // What lies beyond a limit may be.
        None if more => pen,
        None if all > 0 => pen.text("nothing refused, split or orphaned", look.style(Meaning::Muted)),
        None => pen,
    };
}

/// What a reader must know before anything else, in one line.
fn banner(journey: &Journey, look: &Look) -> Option<(Meaning, String)> {
    if let Some(moment) = journey.as_of {
        return Some((Meaning::Warn, format!("as of {}: only what had arrived by then", look.zone.full(moment.at))));
    }
    if let Some(cut) = journey.cuts.first() {
        return Some((Meaning::Bad, format!("not everything: {}", cut.what)));
    }
    if let Some(owner) = journey.orphan_of.first() {
        let others = match journey.orphan_of.len() {
            0 | 1 => " (o tells why)".to_owned(),
            more => format!(" and {} more (o tells why)", more - 1),
        };
        let strength = strength_words(owner.strength);
        let root = fit::middle(journey.name_of(&owner.root), 32);
        return Some((Meaning::Orphan, format!("an orphan: {strength} ties it to {root}{others}")));
    }
    let differs = journey.exported.as_ref().is_some_and(Recorded::differs);
    if let Some(note) = journey.notes.first().filter(|_| differs) {
        return Some((Meaning::Warn, Letters::of(journey).sentence(note)));
    }
    if let Some(neighbour) = journey.neighbours.first() {
        return Some((Meaning::Warn, Letters::of(journey).sentence(&neighbour.why)));
    }
    journey.notes.first().map(|note| (Meaning::Muted, format!("note: {note}")))
}

/// The names of the lanes, with what each is.
fn legend(pen: &mut Pen<'_>, state: &State, look: &Look) {
    let device = |lane: &Device| {
        let name = lane.id.as_ref().map_or("no device", Id::as_str);
        (lane.label.clone(), name.to_owned(), fit::counted(lane.rows as u64, "row"), Meaning::Muted)
    };
    let id = |lane: &Lane| {
        let (word, meaning) = match lane.kind {
            LaneKind::Root => ("root", Meaning::Identified),
            LaneKind::Alias => ("alias", Meaning::Alias),
            LaneKind::Orphan => ("orphan", Meaning::Orphan),
        };
        (lane.label.clone(), lane.id.as_str().to_owned(), word.to_owned(), meaning)
    };
    let room = pen.room();
    // A label, an id, a word and gaps for each; ids of 8 columns say little.
    let shown = state.lane_count().min((room / 22).max(1));
    let more = state.lane_count() - shown;
    let each = (room.saturating_sub(if more > 0 { 12 } else { 2 }) / shown.max(1)).min(60);
    let lanes: Vec<_> = match state.devices() {
        Some(devices) => devices.list().iter().take(shown).map(device).collect(),
        None => state.timeline.lanes().iter().take(shown).map(id).collect(),
    };
    for (label, name, word, meaning) in lanes {
        let room = each.saturating_sub(fit::width(&label) + fit::width(&word) + 4);
        pen.skip(1).text(&label, look.style(Meaning::Title)).skip(1);
        pen.text(&fit::middle(&name, room), look.style(Meaning::Text)).skip(1);
        pen.text(&word, look.style(meaning)).skip(1);
    }
    if more > 0 {
        // The devices have no page of their own.
        let where_else = if state.devices().is_some() { "" } else { " (o)" };
        pen.text(&format!(" +{more}{where_else}"), look.style(Meaning::Muted));
    }
}
