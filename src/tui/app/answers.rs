//! What answers do to the model; an answer that no part waits for changes nothing.

use crate::tui::worker::{Response, Ticket};

use super::{Effect, Layer, Model, listening, pages, palette, pins, redaction, saving, show, timeline};

pub(super) fn answered(model: &mut Model, ticket: Ticket, answer: Response) -> Vec<Effect> {
    match answer {
        Response::Overview(answer) => {
            model.search.take_overview(ticket, answer.map(|overview| *overview));
            Vec::new()
        }
        Response::Search(answer) => match model.search.take_found(ticket, answer) {
            Some(id) => model.open(id),
            None => Vec::new(),
        },
        Response::Soon(part) => {
            model.search.take_soon(ticket, *part);
            Vec::new()
        }
        Response::Vocabulary(answer) => {
            model.search.take_vocabulary(ticket, answer.map(|names| *names));
            Vec::new()
        }
        Response::Journey(answer) => {
            let mut effects = timeline::opened(model, ticket, answer);
            effects.extend(listening::opened(model));
            effects
        }
        Response::Standing(answer) => listening::stand(model, ticket, answer),
        Response::First(journey, timeline) => timeline::first(model, ticket, journey, timeline),
        Response::Compared(answer) => {
            model.compared(ticket, answer);
            Vec::new()
        }
        Response::Properties(row, answer) => {
            if model.properties_asked == Some((ticket, row)) {
                model.properties_asked = None;
                if let Some(journey) = &mut model.journey {
                    journey.take_properties(row, answer);
                }
            }
            Vec::new()
        }
        Response::Cells(answer) => {
            if let Some((_, cells)) = model.cells_asked.take_if(|(asked, _)| *asked == ticket)
                && let Some(journey) = &mut model.journey
            {
                journey.take_cells(&cells, answer);
            }
            Vec::new()
        }
        Response::Saved(answer) => {
            if let Some(player) = &mut model.demo.player {
                model.notice = player.saved(answer);
            }
            Vec::new()
        }
        Response::Reported(answer) => {
            saving::reported(model, answer);
            Vec::new()
        }
        Response::Sifted(sifted) => {
            timeline::sifted(model, ticket, &sifted);
            Vec::new()
        }
        Response::Look(id, answer) => {
            model.search.take_look(ticket, id, answer.map(|glance| *glance));
            Vec::new()
        }
        Response::Census(answer) => {
            model.search.take_census(ticket, answer.map(|census| *census));
            Vec::new()
        }
        Response::Remembered => Vec::new(),
        Response::Findings(question, answer) => pages::answered(model, ticket, &question, answer.map(|answer| *answer)),
        Response::Looked(done, all) => {
            pages::looked(model, ticket, done, all);
            Vec::new()
        }
        Response::Text(answer) => show::take(model, ticket, answer),
        Response::DeviceZone(id, zone) => {
            if model.device_zone.as_ref().is_some_and(|(of, _)| *of == id) {
                model.device_zone = Some((id, zone));
            }
            Vec::new()
        }
        Response::Pinned(who, answer) => {
            pins::pinned(model, who, answer);
            Vec::new()
        }
        Response::Store(answer) => palette::opened(model, ticket, answer),
        Response::Redacted(answer) => {
            // What was asked before is asked with the next rows.
            model.standing_asked = None;
            redaction::answered(model, answer)
        }
        Response::Ruled(answer) => {
            if let Err(failure) = answer {
                model.notice = Some(failure.what);
            }
            Vec::new()
        }
        Response::Changed(_) => {
            model.looking = false;
            model.notice = Some("the store has changed".to_owned());
            model.search.outdate();
            model.pages.outdate();
            // A look at every user takes a while: it is made when it is asked for.
            let waits = match model.layers.last_mut() {
                Some(Layer::Page(_, page)) => page.outdate(),
                _ => false,
            };
            if waits { Vec::new() } else { model.reload() }
        }
    }
}
