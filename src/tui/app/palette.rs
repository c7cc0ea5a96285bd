//! What the command palette does to the rest of the model, and to zones, stores and looks.

use super::identity::Pages;
use super::{Effect, Layer, Model, act};
use crate::tui::backend::Failure;
use crate::tui::keys::Action;
use crate::tui::screen::help::{self, Reach};
use crate::tui::screen::palette::{Asked, State};
use crate::tui::screen::search;
use crate::tui::theme::Theme;
use crate::tui::when::Zone;
use crate::tui::worker::{Request, Ticket};

/// Opens the palette over the screen that is on top.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let contexts = model.contexts();
    let reach = Reach { keymap: &model.keymap, contexts: &contexts };
    let state = State::new(&model.keymap, &contexts, |binding| {
        if model.hides(binding.action) { String::new() } else { help::keys(binding, &reach, &model.look) }
    });
    model.layers.push(Layer::Palette(state));
    Vec::new()
}

/// Does what it asks for.
pub(super) fn asked(model: &mut Model, asked: Asked) -> Vec<Effect> {
    match asked {
        Asked::Nothing => return Vec::new(),
        Asked::Open(path) => {
            let ticket = model.ticket();
            if let Some(Layer::Palette(state)) = model.layers.last_mut() {
                state.wait(ticket);
            }
            model.search.forget();
            model.opening.forget();
            return vec![Effect::Ask(ticket, Request::Store(path))];
        }
        _ => {}
    }
    model.layers.pop();
    match asked {
        Asked::Act(action) => act(model, action),
        Asked::Goto(id) => model.open(id),
        Asked::Zone(zone) => {
            set_zone(model, zone);
            Vec::new()
        }
        Asked::Theme(name) => {
            match Theme::named(name) {
                Ok(theme) => {
                    model.look.set_theme(theme);
                    model.notice = Some(format!("theme {name}"));
                }
                Err(error) => model.notice = Some(error.to_string()),
            }
            Vec::new()
        }
        Asked::Nothing | Asked::Open(_) | Asked::Close => model.resume_search(),
    }
}

/// Asks for what the search screen shows next to its answers, one thing after the other.
pub(super) fn look_around(model: &mut Model) -> Vec<Effect> {
    if model.title.is_none() || model.is_asked() {
        return Vec::new();
    }
    let Some(question) = model.search.lacks(model.drawn.hits.clone()) else { return Vec::new() };
    let ticket = model.ticket();
    model.search.look(ticket);
    vec![Effect::Ask(ticket, question)]
}

/// Shows times in the next zone: those of the program, then that of the user's devices.
pub(super) fn next_zone(model: &mut Model) {
    let on_search = matches!(model.layers.last(), Some(Layer::Search));
    let device = device_zone(model).filter(|zone| !on_search && !model.zones.contains(zone));
    let zones: Vec<Zone> = model.zones.iter().copied().chain(device).collect();
    let at = zones.iter().position(|zone| *zone == model.look.zone);
    let next = at.map_or(0, |at| (at + 1) % zones.len().max(1));
    let Some(zone) = zones.get(next).copied() else { return };
    show_in(model, zone);
}

/// Shows times in `zone`, which the key for zones then goes through as well.
pub(super) fn set_zone(model: &mut Model, zone: Zone) {
    if !model.zones.contains(&zone) {
        model.zones.push(zone);
    }
    show_in(model, zone);
}

fn device_zone(model: &Model) -> Option<Zone> {
    model.device_zone.as_ref()?.1
}

fn show_in(model: &mut Model, zone: Zone) {
    model.look.zone = zone;
    let whose = if device_zone(model) == Some(zone) { ", the zone that this user's data says" } else { "" };
    model.notice = Some(format!("times in {}{whose}", zone.name()));
    if let Some(journey) = &mut model.journey {
        journey.change_zone(zone);
    }
}

/// Another store is open, and nothing on the screens is of it; or it cannot be opened, and
/// everything is as before.
pub(super) fn opened(model: &mut Model, ticket: Ticket, answer: Result<String, Failure>) -> Vec<Effect> {
    match answer {
        Ok(title) => {
            model.title = Some(title);
            model.search = search::State::default();
            model.journey = None;
            model.opened = None;
            model.failed = None;
            model.opening.forget();
            model.properties_asked = None;
            model.cells_asked = None;
            model.pages = Pages::default();
            model.layers = vec![Layer::Search];
            model.ask_search()
        }
        Err(failure) => {
            match model.layers.last_mut() {
                Some(Layer::Palette(state)) if state.waits_for(ticket) => state.fail(failure),
                _ => model.notice = Some(failure.what),
            }
            model.resume_search()
        }
    }
}

/// Gives an action to the palette, if it is on top.
pub(super) fn update(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let page = model.drawn.page;
    let Some(Layer::Palette(state)) = model.layers.last_mut() else { return None };
    let wanted = state.update(action, page);
    Some(asked(model, wanted))
}
