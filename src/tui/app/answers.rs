//! What becomes of answers; one that nobody waits for any more changes nothing.

use crate::tui::worker::{Answer, Ticket};

use super::{Effect, Model, palette, pins, redaction, show, timeline};

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
        Answer::Soon(part) => {
            model.search.take_soon(ticket, *part);
            Vec::new()
        }
        Answer::Vocabulary(answer) => {
            model.search.take_vocabulary(ticket, answer.map(|names| *names));
            Vec::new()
        }
        Answer::Journey(answer) => timeline::opened(model, ticket, answer),
        Answer::First(journey, timeline) => timeline::first(model, ticket, journey, timeline),
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
        Answer::Cells(answer) => {
            if let Some((_, cells)) = model.cells_asked.take_if(|(asked, _)| *asked == ticket)
                && let Some(journey) = &mut model.journey
            {
                journey.take_cells(&cells, answer);
            }
            Vec::new()
        }
        Answer::Saved(answer) => {
            if let Some(player) = &mut model.demo.player {
                model.notice = player.saved(answer);
            }
            Vec::new()
        }
        Answer::Sifted(sifted) => {
            timeline::sifted(model, ticket, &sifted);
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
        Answer::Text(answer) => show::take(model, ticket, answer),
        Answer::DeviceZone(id, zone) => {
            if model.device_zone.as_ref().is_some_and(|(of, _)| *of == id) {
                model.device_zone = Some((id, zone));
            }
            Vec::new()
        }
        Answer::Pinned(who, answer) => {
            pins::pinned(model, who, answer);
            Vec::new()
        }
        Answer::Store(answer) => palette::opened(model, ticket, answer),
        Answer::Redacted(answer) => redaction::answered(model, answer),
        Answer::Changed(_) => {
            model.looking = false;
            model.notice = Some("the store has changed".to_owned());
            model.search.outdate();
            model.pages.outdate();
            model.reload()
        }
    }
}
