//! What becomes of answers; one that nobody waits for any more changes nothing.

use crate::tui::screen::journey;
use crate::tui::worker::{Answer, Opened, Question, Recent, Ticket};

use super::{Effect, Layer, Model, palette};

pub(super) fn answered(model: &mut Model, ticket: Ticket, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::Overview(answer) => {
            model.search.take_overview(ticket, answer.map(|overview| *overview));
            Vec::new()
        }
        Answer::Search(answer) => match model.search.take_found(ticket, answer) {
            Some(id) => model.open(id),
            None => Vec::new(),
        },
        Answer::Soon(hits) => {
            model.search.take_soon(ticket, hits);
            Vec::new()
        }
        Answer::Journey(answer) => opened(model, ticket, answer),
        Answer::Compared(answer) => {
            model.compared(ticket, answer);
            Vec::new()
        }
        Answer::Properties(row, answer) => {
            if model.properties_asked == Some((ticket, row)) {
                model.properties_asked = None;
                if let Some(journey) = &mut model.journey {
                    journey.take_properties(row, answer);
                }
            }
            Vec::new()
        }
        Answer::Saved(answer) => {
            if let Some(player) = &mut model.demo.player {
                model.notice = player.saved(answer);
            }
            Vec::new()
        }
        Answer::Look(id, answer) => {
            model.search.take_look(ticket, id, answer.map(|glance| *glance));
            Vec::new()
        }
        Answer::Census(answer) => {
            model.search.take_census(ticket, answer.map(|census| *census));
            Vec::new()
        }
        Answer::Remembered => Vec::new(),
        Answer::Store(answer) => palette::opened(model, ticket, answer),
        Answer::Changed(_) => {
            model.looking = false;
            model.notice = Some("the store has changed".to_owned());
            model.search.outdate();
            model.pages.outdate();
            model.reload()
        }
    }
}

pub(super) fn opened(model: &mut Model, ticket: Ticket, answer: Opened) -> Vec<Effect> {
    if !model.opening.take(ticket, Ok(())) {
        return Vec::new();
    }
    let mut effects = Vec::new();
    match answer {
        Ok(Some((journey, timeline))) => {
            model.failed = None;
            match &mut model.journey {
                Some(state) if state.journey().query == journey.query => state.replace(journey, timeline),
                state => {
                    let recent = Recent { id: journey.query.clone(), text: model.search.text().to_owned() };
                    *state = Some(journey::State::new(journey, timeline));
                    model.search.remember(recent.clone());
                    effects = vec![Effect::Ask(0, Question::Remember(recent))];
                }
            }
            // The zone may have changed while the worker laid it out.
            if let Some(state) = &mut model.journey {
                if state.timeline().zone() != model.look.zone {
                    state.change_zone(model.look.zone);
                }
                if let Some(row) = model.pages.row_wanted.take() {
                    state.select_row(row);
                }
            }
            model.pages.outdated = false;
            effects
        }
        Ok(None) => {
            // What looks like it is a search away.
            let id = model.opened.take();
            model.journey = None;
            model.layers = model.ground();
            if !matches!(model.layers.last(), Some(Layer::Search)) {
                model.layers.push(Layer::Search);
            }
            if let Some(id) = id {
                model.search.with_text(id.as_str());
            }
            model.ask_search()
        }
        Err(failure) => {
            model.failed = Some(failure);
            Vec::new()
        }
    }
}
