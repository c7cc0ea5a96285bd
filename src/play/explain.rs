//! What a call does, in words.

use serde_json::{Map, Value};

use super::{Field, Play};
use crate::sim::{Action, Cause, State, Step};

/// Name of an event, or what a profile update does.
pub(super) fn item(payload: &Map<String, Value>) -> &str {
    match payload.get("event") {
        Some(event) => event.as_str().unwrap_or("event"),
        None => operation(payload).unwrap_or("profile update"),
    }
}

/// `$set`, `$add`, …
pub(super) fn operation(payload: &Map<String, Value>) -> Option<&str> {
    let known = ["$set", "$set_once", "$add", "$append", "$union", "$unset"];
    payload.keys().map(String::as_str).find(|key| known.contains(key))
}

fn id(value: &Value) -> String {
    short(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

/// An id for a sentence: what an SDK makes by chance is told by its ends.
pub(super) fn short(id: &str) -> String {
    const LONGEST: usize = 28;
    let letters: Vec<char> = id.chars().collect();
    if letters.len() <= LONGEST {
        return id.to_owned();
    }
    let (head, tail) = (letters.iter().take(14), letters.iter().skip(letters.len() - 5));
    format!("{}…{}", head.collect::<String>(), tail.collect::<String>())
}

/// The sentences of a moment.
pub(super) fn moment(play: &Play, moment: usize) -> String {
    let Some(step) = play.step(moment) else {
        return play.scenario().look_for.clone();
    };
    let Some(device) = play.device(step) else { return String::new() };
    let mut text = String::new();
    let first = play.run().steps.iter().take(moment).filter(|other| other.device == step.device).count() == 1;
    if let (true, Some(made)) = (first && !device.sdk.is_server(), &step.before.distinct_id) {
        text = format!("First use on {}: the SDK makes up the id {}. ", device.name, short(made));
    }
    let sends =
        |name: &str| play.sends(moment).any(|sent| sent.payload.get("event").is_some_and(|event| event == name));
    match play.action(moment) {
        None => {
            let Cause::Answer(_) = step.cause else { return text };
            text.push_str(
                "The SDK itself, on the answer to its alias call; whether it was accepted, it does not ask. ",
            );
            text.push_str(&identify(step, sends("$identify")));
        }
        Some(Action::Track { id: Some(named), .. }) => {
            text = format!("A server names the id of each row itself: {}.", id(named));
        }
        Some(Action::Track { id: None, .. }) => text.push_str(&format!("Sent under {}.", current(step))),
        Some(Action::Identify { .. }) => text.push_str(&identify(step, sends("$identify"))),
        Some(Action::Alias { alias, id: target }) => {
            if sends("$create_alias") || play.loses(moment).any(|lost| item(&lost.payload) == "$create_alias") {
                let target = target.as_ref().map_or_else(|| current(step), id);
                text.push_str(&format!("Asks the server for a row in the lookup table: {} → {target}.", id(alias)));
                if step.after.alias.is_some() {
                    text.push_str(" The SDK keeps its id, and remembers the alias (__alias).");
                } else if !device.sdk.is_server() && step.after.distinct_id == step.before.distinct_id {
                    text.push_str(" The SDK keeps its id.");
                }
            }
        }
        Some(Action::Reset | Action::ClearStorage) if step.before.distinct_id != step.after.distinct_id => {
            text.push_str(&format!("From here on this device is {}, a stranger to the server.", current(step)));
        }
        Some(Action::Reset | Action::ClearStorage) => {}
        Some(Action::Register { .. }) => text.push_str("Super properties: sent with every event from now on."),
        Some(Action::People { id: named, .. }) => {
            if play.sends(moment).next().is_some() {
                let of = named.as_ref().map_or_else(|| current(step), id);
                text.push_str(&format!("A profile update of {of}: it changes no identity."));
            }
        }
        Some(Action::PageLoad { .. }) => text.push_str("The SDK finds in its cookie what it remembers."),
        Some(Action::AppStart) => text.push_str("The SDK finds on the phone what it remembers."),
        Some(Action::Flush) => text.push_str("What waits is sent at once."),
        Some(Action::GoOffline) => text.push_str("The network is gone; the SDK does not know."),
        Some(Action::ComeOnline) => text.push_str("The network is back."),
    }
    if let Some(note) = step.note {
        let mut letters = note.chars();
        let capital = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        if !text.is_empty() && !text.ends_with(' ') {
            text.push(' ');
        }
        text.push_str(&format!("{capital}{}.", letters.as_str()));
    }
    text.trim_end().to_owned()
}

fn current(step: &Step) -> String {
    short(step.after.distinct_id.as_deref().unwrap_or_default())
}

fn identify(step: &Step, told: bool) -> String {
    let State { distinct_id: before, .. } = &step.before;
    let now = current(step);
    match before {
        Some(before) if step.before.distinct_id != step.after.distinct_id => {
            let before = short(before);
            let told = if told { " The $identify event says so, but no row moves by it." } else { "" };
            format!(
                "From here on this device sends {now}, no longer {before}. What was sent before stays where it is.{told}"
            )
        }
        _ => String::new(),
    }
}

impl Field {
    /// `P-1 → sally`, or the value alone when it is the same as before.
    pub fn told(&self, arrow: &str) -> String {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        if self.changed() { format!("{} {arrow} {}", value(&self.before), value(&self.now)) } else { value(&self.now) }
    }
}
