//! What a frame has shown: what is seen is asked for.

use crate::tui::frame::Drawn;
use crate::tui::screen::journey;
use crate::tui::worker::Request;

use super::{Effect, Layer, Model, palette};

/// Properties are asked for when they are seen.
pub(super) fn after_drawing(model: &mut Model, drawn: Drawn) -> Vec<Effect> {
    model.drawn = drawn;
    if let Some(Layer::Page(_, page)) = model.layers.last_mut() {
        page.drawn(&model.drawn);
    }
    if let (Some(Layer::Player), Some(player)) = (model.layers.last(), &mut model.demo.player) {
        player.seen(model.drawn.detail.0, model.drawn.detail.1);
    }
    if let Some(journey) = &mut model.journey {
        journey.identity.clamp(model.drawn.identity_end);
        if matches!(model.layers.last(), Some(Layer::Journey)) {
            journey.seen_lines(model.drawn.journey_top, model.drawn.page);
        }
        journey.seen_worth(model.drawn.worth);
        journey.seen_detail(model.drawn.detail.0, model.drawn.detail.1);
    }
    if let (Some(Layer::Live), Some(live)) = (model.layers.last(), &mut model.live) {
        live.drawn(model.drawn.page);
    }
    if let Some(Layer::Search) = model.layers.last() {
        return palette::look_around(model);
    }
    let mut effects = if model.drawn.worth { model.sift() } else { Vec::new() };
    if !matches!(model.layers.last(), Some(Layer::Journey)) {
        return effects;
    }
    let lacking = model.journey.as_ref().filter(|_| model.drawn.properties).and_then(journey::State::lacks_properties);
    if let Some(row) = lacking.filter(|row| model.properties_asked.is_none_or(|(_, of)| of != *row)) {
        let ticket = model.ticket();
        model.properties_asked = Some((ticket, row));
        effects.push(Effect::Ask(ticket, Request::Properties(row)));
    }
    // One question at a time: what has come into view since is asked for after its answer.
    let shown = model.drawn.cells.clone();
    let lacking = model.journey.as_ref().filter(|_| model.cells_asked.is_none());
    if let Some(cells) = lacking.and_then(|journey| journey.lacks_cells(shown)) {
        let ticket = model.ticket();
        model.cells_asked = Some((ticket, cells.clone()));
        effects.push(Effect::Ask(ticket, Request::Cells(cells)));
    }
    effects
}
