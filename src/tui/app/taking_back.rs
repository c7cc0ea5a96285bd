//! The key for back: it takes back the nearest thing first, and a page last.
//!
//! Lines that are typed and menus have a key of their own for it. What is left here, in this order: a search
//! in the help, the minutes around a row, the filter, the moment of arrival, what was found, the page. Calls
//! that a person made in the player by hand are never dropped without a question.

use crate::tui::fit;
use crate::tui::screen::listen;
use crate::tui::screen::prompt::{self, About, Leaving};

use super::{Effect, Layer, Model};

/// Takes back the nearest thing.
pub(super) fn back(model: &mut Model) -> Vec<Effect> {
    let is_taken_back = match model.layers.last_mut() {
        Some(Layer::Page(_, page)) => page.take_back(),
        Some(Layer::Save(state)) => state.leave_path(),
        _ => false,
    };
    if is_taken_back {
        return Vec::new();
    }
    match model.layers.last() {
        Some(Layer::Player) if changes(model) > 0 => {
            ask(model, Leaving::Player);
            return Vec::new();
        }
        Some(Layer::Live) if model.layers.len() == 1 => {
            // What is received would be received no more.
            let went_on = model.live.as_mut().is_some_and(listen::State::go_on);
            model.notice = Some(if went_on { "the list goes on" } else { "q stops listening and quits" }.to_owned());
            return Vec::new();
        }
        Some(Layer::Journey | Layer::Identity) => {
            if let Some(effects) = of_journey(model) {
                return effects;
            }
        }
        _ => {}
    }
    model.back()
}

/// What was done to a journey; `None` where nothing was.
fn of_journey(model: &mut Model) -> Option<Vec<Effect>> {
    let on_timeline = matches!(model.layers.last(), Some(Layer::Journey));
    let journey = model.journey.as_mut()?;
    if on_timeline && let Some(notice) = journey.take_back_filter() {
        model.notice = Some(notice);
        return Some(Vec::new());
    }
    if journey.scrub().moment().is_some() {
        model.notice = Some("as of now again".to_owned());
        return Some(model.show_now());
    }
    if on_timeline && journey.take_back_find() {
        model.notice = Some("nothing is marked as found any more".to_owned());
        return Some(Vec::new());
    }
    None
}

/// Ends the program, unless calls by hand are not saved.
pub(super) fn quit(model: &mut Model) -> Vec<Effect> {
    let is_asked = matches!(model.layers.last(), Some(Layer::Prompt(prompt)) if prompt.is_about_leaving());
    if changes(model) > 0 && !is_asked {
        ask(model, Leaving::Program);
        return Vec::new();
    }
    vec![Effect::Quit]
}

/// Changes by hand that no file has.
fn changes(model: &Model) -> usize {
    model.demo.player.as_ref().map_or(0, |player| if player.is_saved() { 0 } else { player.changes() })
}

fn ask(model: &mut Model, leaving: Leaving) {
    let number = fit::counted(changes(model) as u64, "change");
    model.layers.push(Layer::Prompt(prompt::State::new(About::Leaving(leaving), &number, Vec::new())));
}

/// What the last key answers to the question.
pub(super) fn after(model: &mut Model) -> Vec<Effect> {
    let Some(Layer::Prompt(prompt)) = model.layers.last_mut() else { return Vec::new() };
    let Some((leaving, letter)) = prompt.take_letter() else { return Vec::new() };
    match letter {
        'y' => {
            model.layers.pop();
            match leaving {
                Leaving::Player => {
                    model.demo.player = None;
                    model.back()
                }
                Leaving::Program => vec![Effect::Quit],
            }
        }
        's' => {
            model.layers.pop();
            while model.layers.len() > 1 && !matches!(model.layers.last(), Some(Layer::Player)) {
                model.layers.pop();
            }
            if let Some(player) = &mut model.demo.player {
                player.ask_to_save();
            }
            Vec::new()
        }
        _ => {
            prompt.refuse("y drops them, s saves them first, Esc stays here".to_owned());
            Vec::new()
        }
    }
}
