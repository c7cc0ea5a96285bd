//! One frame.

use std::time::Duration;

use ratatui::Frame;
use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::{Position, Rect};

use crate::model::Id;
use crate::tui::fit;
use crate::tui::frame::Ui;
use crate::tui::keys::{Action, Context};
use crate::tui::page::Given;
use crate::tui::pen::Pen;
use crate::tui::pointer::Spot;
use crate::tui::screen::{compare, demo, help, identity, journey, listen, palette, prompt, save, search};
use crate::tui::theme::Meaning;
use crate::tui::widgets;

use super::{Layer, Model, asked};

/// The smallest screen that anything can be seen on.
const SMALLEST: (u16, u16) = (20, 5);

/// Draws the model.
pub fn view(model: &Model, ui: &mut Ui, frame: &mut Frame<'_>) {
    let area = frame.area();
    ui.built = 0;
    ui.page = 0;
    ui.properties = false;
    ui.worth = false;
    ui.cells = 0..0;
    ui.spots.clear();
    ui.hits = 0..0;
    let cursor = draw(model, ui, area, frame.buffer_mut());
    if model.look.is_ascii() {
        to_ascii(frame.buffer_mut());
    }
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
}

fn draw(model: &Model, ui: &mut Ui, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let look = &model.look;
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!("needs {}x{}, is {}x{}", SMALLEST.0, SMALLEST.1, area.width, area.height);
        Pen::new(buffer, area, 0).text(&text, look.style(Meaning::Text));
        return None;
    }
    let screen = Rect { height: area.height - 1, ..area };
    let foot = Rect { y: screen.bottom(), height: 1, ..area };
    // A line to answer in, or the palette, lies over the screen that is seen below it.
    let (top, over) = match model.layers.split_last() {
        Some((over @ (Layer::Prompt(_) | Layer::Palette(_) | Layer::Save(_)), below)) => (below.last(), Some(over)),
        _ => (model.layers.last(), None),
    };
    let cursor = match top {
        Some(Layer::Search) | None => search::view(&model.search, model.title.as_deref(), ui, screen, buffer, look),
        Some(Layer::Journey) => {
            let (above, below) = asked::split(model, screen);
            let cursor = journey_view(model, ui, above, buffer);
            asked::view(model, below, buffer);
            cursor
        }
        Some(Layer::Identity) => {
            if let Some(journey) = &model.journey {
                identity::view(&journey.panel(), false, ui, screen, buffer, look);
            }
            None
        }
        Some(Layer::Live) => {
            if let Some(live) = &model.live {
                listen::view(live, ui, screen, buffer, look);
            }
            None
        }
        Some(Layer::Gallery) => {
            demo::view(&model.demo, ui, screen, buffer, look);
            None
        }
        Some(Layer::Player) => {
            model.demo.player.as_ref().and_then(|player| demo::player_view(player, ui, screen, buffer, look))
        }
        Some(Layer::Page(_, page)) => {
            page.view(&Given { keymap: &model.keymap, look }, ui, screen, buffer);
            None
        }
        Some(Layer::Compare) => {
            if let Some(state) = &model.pages.compare {
                compare::view(state, ui, screen, buffer, look);
            }
            None
        }
        // They never lie on each other.
        Some(Layer::Prompt(_) | Layer::Palette(_) | Layer::Save(_)) => None,
    };
    let cursor = match over {
        Some(Layer::Prompt(prompt)) => Some(prompt::view(prompt, screen, buffer, look)),
        Some(Layer::Palette(state)) => palette::view(state, ui, screen, buffer, look),
        Some(Layer::Save(state)) => save::view(state, ui, screen, buffer, look),
        _ => cursor,
    };
    footer(model, ui, foot, buffer);
    cursor
}

fn journey_view(model: &Model, ui: &mut Ui, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let look = &model.look;
    if let Some(journey) = model.journey.as_ref().filter(|_| model.failed.is_none()) {
        return journey::view(journey, ui, area, buffer, look);
    }
    let id = model.opened.as_ref().map_or("", Id::as_str);
    let mut pen = Pen::new(buffer, area, 0);
    let room = pen.room().saturating_sub(2);
    pen.skip(1).text(&fit::middle(id, room), look.style(Meaning::Title));
    if let Some(failure) = &model.failed {
        let body = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
        widgets::failure(failure, body, buffer, look);
    }
    None
}

/// What the keys do, or what has just happened, and where we are.
fn footer(model: &Model, ui: &mut Ui, area: Rect, buffer: &mut Buffer) {
    let look = &model.look;
    let muted = look.style(Meaning::Muted);
    let mut place = place(model, usize::from(area.width));
    // What has just happened is read once; where we are is there again with the next key. A
    // moment of arrival always stays.
    let is_now = model.journey.as_ref().is_none_or(|journey| journey.journey().as_of.is_none());
    let whole = usize::from(area.width).saturating_sub(2);
    if model.notice.as_ref().is_some_and(|notice| is_now && fit::width(notice) + fit::width(&place) + 2 > whole) {
        place.clear();
    }
    let mut pen = Pen::new(buffer, area, 0);
    let wide = fit::width(&place);
    let room = pen.room().saturating_sub(wide + 3);
    pen.skip(1);
    if !model.pending.is_empty() || model.count.is_some() {
        let count = model.count.map(|count| count.to_string());
        let keys = Some(crate::tui::keys::sequence(&model.pending)).filter(|keys| !keys.is_empty());
        for part in count.into_iter().chain(keys) {
            pen.text(&part, look.style(Meaning::Key)).skip(1);
        }
        pen.text("…", look.style(Meaning::Key));
    } else if let Some(notice) = &model.notice {
        // Of a path, the name of the file stands at the end.
        pen.text(&fit::middle(notice, room), look.style(Meaning::Warn));
    } else {
        hints(model, ui, &mut pen, room, area.y);
    }
    let start = area.right().saturating_sub(u16::try_from(wide).unwrap_or(0).saturating_add(1));
    Pen::new(buffer, area, 0).to(start).text(&place, muted);
}

/// The keys with a hint, as many as there is room for; help and quit before the others.
fn hints(model: &Model, ui: &mut Ui, pen: &mut Pen<'_>, room: usize, row: u16) {
    let look = &model.look;
    let contexts = model.contexts();
    let reach = help::Reach { keymap: &model.keymap, contexts: &contexts };
    let mut hints: Vec<(String, &str, Action)> = Vec::new();
    let is_then = model.journey.as_ref().is_some_and(|journey| journey.scrub().moment().is_some());
    let is_changed = model.demo.player.as_ref().is_some_and(|player| player.changes() > 0);
    let waits =
        matches!(model.layers.last(), Some(Layer::Live)) && model.live.as_ref().is_some_and(listen::State::is_waiting);
    for context in &contexts {
        for binding in model.keymap.of(*context) {
            // While nothing has arrived there is nothing to go about in.
            let is_shown = match *context {
                Context::Listen if waits => matches!(binding.action, Action::Copy | Action::TestRow),
                Context::Listen => binding.action != Action::TestRow,
                _ => true,
            };
            if !is_shown || model.hides(binding.action) {
                continue;
            }
            let hint = match (binding.action, &binding.hint) {
                (Action::Original, _) if !is_changed => continue,
                (Action::Earlier, None) if is_then => "earlier",
                (Action::Later, None) if is_then => "later",
                (_, Some(hint)) => hint,
                (_, None) => continue,
            };
            let keys = help::keys(binding, &reach, look);
            let Some(key) = keys.split(' ').next().filter(|key| !key.is_empty()) else { continue };
            if !hints.iter().any(|(.., action)| *action == binding.action) {
                hints.push((key.to_owned(), hint, binding.action));
            }
        }
    }
    // Help and the end stand last wherever their keys come from; while the past is shown, the keys that move in
    // it come first.
    hints.sort_by_key(|(.., action)| match action {
        Action::Earlier | Action::Later if is_then => 0,
        // What a page assumes is no way out of it, and goes before that one does.
        Action::Assumed => 2,
        Action::Help => 3,
        Action::Quit => 4,
        _ => 1,
    });
    let wide = |hints: &[(String, &str, Action)]| -> usize {
        hints.iter().map(|(key, hint, _)| fit::width(key) + fit::width(hint) + 3).sum()
    };
    // The last two lead out of every other question.
    while hints.len() > 2 && wide(&hints) > room {
        hints.remove(hints.len() - 3);
    }
    for (key, hint, action) in hints {
        let start = pen.column();
        pen.text(&key, look.style(Meaning::Key)).skip(1).text(hint, look.style(Meaning::Muted));
        let area = Rect { x: start, y: row, width: pen.column().saturating_sub(start), height: 1 };
        ui.spot(area, Spot::Does(action));
        pen.skip(2);
    }
}

/// That an answer is waited for: from a second on how long, and what ends it.
fn busy(waited: Duration) -> String {
    const TURNS: [char; 4] = ['|', '/', '-', '\\'];
    let tenths = waited.as_millis() / 100;
    if tenths < 10 {
        return "busy…".to_owned();
    }
    let turn = usize::try_from(tenths / 2).unwrap_or(0) % TURNS.len();
    let turn = TURNS.get(turn).copied().unwrap_or(' ');
    format!("{turn} {}.{} s, Esc stops", tenths / 10, tenths % 10)
}

/// Where we are, or that an answer is waited for.
fn place(model: &Model, columns: usize) -> String {
    if let Some(waited) = model.waited {
        return busy(waited);
    }
    let then = model
        .journey
        .as_ref()
        .and_then(|journey| Some(format!("as of {}", model.look.zone.full(journey.journey().as_of?.at))));
    let place = match model.layers.last() {
        Some(Layer::Search) | None => return model.search.place(),
        // The comparison is of now, whatever the journey below it shows.
        Some(Layer::Compare) => {
            let state = model.pages.compare.as_ref();
            return state.map_or_else(String::new, |state| {
                format!("line {} of {}", fit::count(state.selected() as u64 + 1), fit::count(state.lines() as u64))
            });
        }
        Some(Layer::Journey) => model.journey.as_ref().map_or_else(String::new, journey::State::place),
        Some(Layer::Page(_, page)) => page.place(),
        Some(Layer::Live) => model.live.as_ref().map_or_else(String::new, listen::State::place),
        Some(Layer::Gallery) => model.demo.place(),
        Some(Layer::Player) => model.demo.player.as_ref().map_or_else(String::new, |player| {
            format!("{} of {}", fit::count(player.moment() as u64), fit::count(player.play().last() as u64))
        }),
        _ => String::new(),
    };
    // The moment stands first: the screen does not show the present.
    match then {
        Some(then) if place.is_empty() || columns < 100 => then,
        Some(then) => format!("{then} {} {place}", model.look.glyphs.dot),
        None => place,
    }
}

/// Puts an ASCII character for every other: the terminal has no others.
fn to_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().is_ascii() {
            let stand_in = match cell.symbol() {
                fit::CUT => "~",
                "·" => "-",
                "×" => "x",
                "→" => ">",
                _ => "?",
            };
            cell.set_symbol(stand_in).set_diff_option(CellDiffOption::None);
        }
    }
}
