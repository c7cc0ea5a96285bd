//! What a call does, in words.

use serde_json::{Map, Value};

use super::{Field, Play};
use crate::sim::{Action, Device, Step};

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

/// An id for a sentence: one that an SDK makes by chance is shortened to its ends.
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
    let mut sentences = Vec::new();
    let first = play.run().steps.iter().take(moment).filter(|other| other.device == step.device).count() == 1;
    if let (true, Some(made)) = (first && !device.sdk.is_server(), &step.before.distinct_id) {
        sentences.push(format!("First use on {}: the SDK makes up the id {}.", device.name, short(made)));
    }
    sentences.extend(deed(play, moment, step, device));
    if let Some(note) = step.note {
        let mut letters = note.chars();
        let capital = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        sentences.push(format!("{capital}{}.", letters.as_str()));
    }
    sentences.join(" ")
}

/// What the call itself does; nothing where its note says all.
fn deed(play: &Play, moment: usize, step: &Step, device: &Device) -> Option<String> {
    let sends = |name: &str| play.sends(moment).any(|sent| item(&sent.payload) == name);
    let loses = |name: &str| play.loses(moment).any(|lost| item(&lost.payload) == name);
    let Some(action) = play.action(moment) else {
        let why = "The SDK itself, on the answer to its alias call; whether it was accepted, it does not ask.";
        return Some(match identify(step, sends("$identify")) {
            Some(switch) => format!("{why} {switch}"),
            None => why.to_owned(),
        });
    };
    match action {
        Action::Track { id: Some(named), .. } => {
            Some(format!("A server names the id of each row itself: {}.", id(named)))
        }
        Action::Track { id: None, .. } => {
            let verb = if play.loses(moment).next().is_some() { "Tracked" } else { "Sent" };
            Some(format!("{verb} under {}.", current(step)))
        }
        Action::Identify { .. } => identify(step, sends("$identify") || loses("$identify")),
        Action::Alias { alias, id: target } if sends("$create_alias") || loses("$create_alias") => {
            let target = target.as_ref().map_or_else(|| current(step), id);
            let asks = format!("Asks the server for a row in the lookup table: {} → {target}.", id(alias));
            let keeps = match (&step.after.alias, step.after.distinct_id == step.before.distinct_id) {
                (Some(_), _) => " The SDK keeps its id, and remembers the alias (__alias).",
                (None, true) if !device.sdk.is_server() => " The SDK keeps its id.",
                _ => "",
            };
            Some(format!("{asks}{keeps}"))
        }
        Action::Reset | Action::ClearStorage if step.before.distinct_id != step.after.distinct_id => {
            Some(format!("From here on this device is {}, a stranger to the server.", current(step)))
        }
        Action::People { id: named, .. } if play.sends(moment).next().is_some() => {
            let of = named.as_ref().map_or_else(|| current(step), id);
            Some(format!("A profile update of {of}: it changes no identity."))
        }
        Action::Alias { .. } | Action::Reset | Action::ClearStorage | Action::People { .. } => None,
        Action::Register { .. } => Some("Super properties: sent with every event from now on.".to_owned()),
        Action::PageLoad { .. } => Some("The SDK finds in its cookie what it remembers.".to_owned()),
        Action::AppStart => Some("The SDK finds on the phone what it remembers.".to_owned()),
        Action::Flush => Some("What waits is sent at once.".to_owned()),
        Action::GoOffline => Some("The network is gone; the SDK does not know.".to_owned()),
        Action::ComeOnline => Some("The network is back.".to_owned()),
    }
}

fn current(step: &Step) -> String {
    short(step.after.distinct_id.as_deref().unwrap_or_default())
}

/// The switch from one id to another, if there is one.
fn identify(step: &Step, is_event: bool) -> Option<String> {
    let before = step.before.distinct_id.as_deref().filter(|_| step.before.distinct_id != step.after.distinct_id)?;
    let note = if is_event { " The $identify event says so, but no row moves by it." } else { "" };
    Some(format!(
        "From here on this device sends {}, no longer {}. What was sent before stays where it is.{note}",
        current(step),
        short(before)
    ))
}

impl Field {
    /// `P-1 → sally`, or the value alone when it is the same as before.
    pub fn text(&self, arrow: &str) -> String {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        if self.changed() { format!("{} {arrow} {}", value(&self.before), value(&self.now)) } else { value(&self.now) }
    }
}
