//! Going about: back and forward over jumps and pages, to a line by its number, to a text on a page.

use crate::tui::keys::Action;
use crate::tui::screen::prompt::{self, About};
use crate::tui::screen::{compare, identity};

use super::{Effect, Layer, Model, act};

/// Back over the last jump, or forward again. Past the jumps of a page: to the page that it was opened from.
pub(super) fn go(model: &mut Model, back: bool) -> Vec<Effect> {
    let on_timeline = matches!(model.layers.last(), Some(Layer::Journey));
    if !on_timeline {
        // Opening what lies over the timeline was the last jump.
        return if back && model.layers.len() > 1 { model.back() } else { Vec::new() };
    }
    let can_jump = model.journey.as_ref().is_some_and(|journey| journey.can_jump(back));
    if !can_jump {
        let page = if back { model.revisit() } else { model.revisit_ahead() };
        if let Some(effects) = page {
            return effects;
        }
    }
    let page = model.drawn.page;
    if let Some(journey) = &mut model.journey {
        journey.update(if back { Action::GoBack } else { Action::GoForward }, page);
    }
    Vec::new()
}

/// To the line of this number, from one.
pub(super) fn go_to_number(model: &mut Model, number: usize) -> Vec<Effect> {
    let is_list = matches!(model.layers.last(), Some(Layer::Journey)) && !model.shows_panel();
    if let Some(journey) = model.journey.as_mut().filter(|journey| is_list && !journey.is_in_detail()) {
        journey.go_to_number(number);
        return Vec::new();
    }
    let mut effects = act(model, Action::First);
    for _ in 1..number {
        let before = place(model);
        effects.extend(act(model, Action::Next));
        if before.is_some() && place(model) == before {
            break;
        }
    }
    effects
}

/// Where the cursor is; `None` where that is not known here.
pub(super) fn place(model: &Model) -> Option<(usize, usize)> {
    match model.layers.last()? {
        Layer::Journey if !model.shows_panel() => {
            let journey = model.journey.as_ref()?;
            (!journey.is_in_detail()).then(|| (journey.selected(), journey.view_top()))
        }
        Layer::Journey | Layer::Identity => Some((model.journey.as_ref()?.identity().selected(), 0)),
        Layer::Compare => Some((model.pages.compare.as_ref()?.selected(), 0)),
        _ => None,
    }
}

/// Whether the page on top has lines in which a text is found.
pub(super) fn finds_lines(model: &Model) -> bool {
    matches!(model.layers.last(), Some(Layer::Identity | Layer::Compare))
        || matches!(model.layers.last(), Some(Layer::Journey)) && model.shows_panel()
}

/// Asks for a text to find on the page, or goes on to the next line with it.
pub(super) fn find(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::NextFound | Action::PreviousFound if model.sought.is_empty() => {
            model.notice = Some("no search text yet: press /".to_owned());
        }
        Action::NextFound => find_on(model, true),
        Action::PreviousFound => find_on(model, false),
        _ => {
            let asked = prompt::State::new(About::Text, &model.sought, Vec::new());
            model.layers.push(Layer::Prompt(asked));
        }
    }
    Vec::new()
}

/// To the next line with the text that is sought, from the end to the beginning.
pub(super) fn find_on(model: &mut Model, down: bool) {
    let sought = model.sought.to_lowercase();
    let look = model.look.clone();
    let is_compared = matches!(model.layers.last(), Some(Layer::Compare));
    let (all, selected) = match (&model.pages.compare, &model.journey) {
        (Some(state), _) if is_compared => (state.lines(), state.selected()),
        (_, Some(journey)) => (journey.identity().lines(), journey.identity().selected()),
        _ => return,
    };
    let text = |at: usize| match (&model.pages.compare, &model.journey) {
        (Some(state), _) if is_compared => compare::text(state, at, &look),
        (_, Some(journey)) => identity::text(&journey.panel(), at, &look),
        _ => None,
    };
    let has = |at: &usize| text(*at).is_some_and(|text| text.to_lowercase().contains(&sought));
    let found = if down {
        (selected + 1..all).chain(0..=selected.min(all.saturating_sub(1))).find(has)
    } else {
        (0..selected).rev().chain((selected..all).rev()).find(has)
    };
    let Some(found) = found else {
        model.notice = Some(format!("{} is not on this page", model.sought));
        return;
    };
    match (&mut model.pages.compare, &mut model.journey) {
        (Some(state), _) if is_compared => state.select(found),
        (_, Some(journey)) => journey.identity.go_to(found),
        _ => {}
    }
}
