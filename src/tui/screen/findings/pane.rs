//! What is said of the selected line of the findings: a head, then lines.

use std::collections::BTreeMap;

use super::{Of, State, Step};
use crate::identity::audit::{Found, date_of};
use crate::model::text::visible;
use crate::model::{Id, Millis};
use crate::tui::backend::LISTED;
use crate::tui::fit;
use crate::tui::theme::{Look, Meaning};
use crate::tui::words::place;

/// Columns of the word before each line.
const LABEL: usize = 9;

/// Lines of one thing that is said, at most.
const MOST: usize = 4;

/// Lines that are put together.
struct Lines {
    lines: Vec<(String, Meaning)>,
    room: usize,
}

impl Lines {
    fn say(&mut self, label: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        for (nth, part) in fit::wrap(text, self.room, MOST).into_iter().enumerate() {
            self.lines.push((format!("{:<LABEL$} {part}", if nth == 0 { label } else { "" }), Meaning::Text));
        }
    }
}

/// The lines for a screen of so many columns, the head first; nothing where the list says it all.
pub(super) fn lines(state: &State, step: &Step, width: usize, look: &Look) -> Vec<(String, Meaning)> {
    let mut lines = Lines { lines: Vec::new(), room: width.saturating_sub(LABEL + 3).clamp(20, 120) };
    let dot = look.glyphs.dot;
    match &step.of {
        Of::Store(_, names) => {
            let Some(found) = state.found() else { return Vec::new() };
            let mut head = format!("{} {dot} {}", found.kind.code, found.kind.severity.name());
            if !found.amounts.is_empty() {
                head.extend([" ", dot, " ", &*visible(&found.amounts.text())]);
            }
            lines.lines.push((fit::end(&head, width.saturating_sub(8)), Meaning::Title));
            of_found(found, names, &mut lines);
        }
        Of::People(kind, people, _) => {
            let Some(person) = people.get(step.selected) else { return Vec::new() };
            lines.lines.push((person.name.clone().unwrap_or_else(|| shown(&person.id, 60)), Meaning::Title));
            lines.say("what", &format!("{}: {}.", kind.code, kind.title));
            lines.say("money", &visible(&person.amounts.text()));
            lines.say("since", &minute(person.since, look));
            lines.say("why", kind.why);
            lines.say("change", advice(state).unwrap_or(kind.advice));
        }
        Of::Evidence(_, finding, rows, _) => {
            let head = rows.get(step.selected).map_or_else(String::new, |proof| place(&proof.source));
            lines.lines.push((fit::end(&head, width.saturating_sub(8)), Meaning::Title));
            lines.say("what", &finding.what);
            lines.say("why", finding.kind.why);
            lines.say("change", advice(state).unwrap_or(finding.advice));
            lines.say("rule", finding.kind.rule);
        }
        Of::Loose(kind, rows) => {
            let head = rows.get(step.selected).map_or_else(String::new, |proof| place(&proof.source));
            lines.lines.push((fit::end(&head, width.saturating_sub(8)), Meaning::Title));
            lines.say("what", &format!("{}.", kind.title));
            lines.say("why", kind.why);
            lines.say("change", advice(state).unwrap_or(kind.advice));
        }
        Of::Text(..) => {}
    }
    lines.lines.retain(|(text, _)| !text.trim().is_empty());
    lines.lines
}

/// The advice for the client in use, which the look over the store knows.
fn advice(state: &State) -> Option<&'static str> {
    state.found().map(|found| found.advice)
}

fn of_found(found: &Found, names: &BTreeMap<Id, String>, lines: &mut Lines) {
    lines.say("what", &found.what);
    lines.say("why", found.kind.why);
    lines.say("clients", &found.clients.join(", "));
    lines.say("change", found.advice);
    let called = |id: &Id| match names.get(id).filter(|name| *name != id.as_str()) {
        Some(name) => format!("{name} ({})", shown(id, 40)),
        None => shown(id, 40),
    };
    let users: Vec<String> = found.ids.iter().take(LISTED).map(called).collect();
    let more = found.people.saturating_sub(users.len() as u64);
    let more = if more > 0 { format!(", {} more", fit::count(more)) } else { String::new() };
    lines.say("users", &format!("{}{more}", users.join(", ")));
    let places: Vec<String> = found.sources.iter().take(LISTED).map(place).collect();
    lines.say("rows", &places.join(", "));
    let first = found.days.iter().next().map(|(day, _)| date_of(day));
    lines.say("since", &first.unwrap_or_default());
    lines.say("rule", found.kind.rule);
}

/// An id with what is not visible of it written out, in at most so many columns.
pub(super) fn shown(id: &Id, columns: usize) -> String {
    fit::middle(&crate::model::alike::visible_id(id.as_str()), columns)
}

/// A time to the minute; nothing where none is known.
pub(super) fn minute(time: Option<Millis>, look: &Look) -> String {
    time.map_or_else(String::new, |time| written(time, "%Y-%m-%d %H:%M", look))
}

/// A time in the zone of the screen.
pub(super) fn written(time: Millis, format: &str, look: &Look) -> String {
    let wall = look.zone.wall(time);
    wall.map_or_else(String::new, |wall| wall.format(format).to_string())
}
