//! How several screens name places, ids and evidence.

use crate::identity::{EvidenceKind, Journey, LEGACY, Strength};
use crate::model::facts::{Event, Source};
use crate::model::text::event_name;
use crate::model::{Id, VerbKind};

use super::backend::Failure;
use super::fit;
use super::theme::{Look, Meaning};

/// `file:line`.
pub(in crate::tui) fn place(source: &Source) -> String {
    format!("{}:{}", fit::middle(&source.file, 60), source.line)
}

/// Why something is not there, on one line: what the user has stopped is no fault.
pub(in crate::tui) fn failed(failure: &Failure) -> (String, Meaning) {
    if failure.is_cancelled() {
        (format!("{}; R asks again", failure.what), Meaning::Warn)
    } else {
        (failure.what.clone(), Meaning::Bad)
    }
}

/// `$name` as a person says it.
pub(in crate::tui) fn property_word(name: &str) -> &str {
    match name {
        "$name" => "name",
        "$email" => "e-mail",
        "$phone" => "phone",
        "$created" => "created",
        "$last_seen" => "last seen",
        "$first_name" => "first name",
        "$last_name" => "last name",
        other => other,
    }
}

/// The name of an event; the two that change ids as the calls that sent them.
pub(in crate::tui) fn event_words(event: &Event) -> String {
    match (event.verb, &*event.event) {
        (VerbKind::Alias, _) => alias_call(event.other.as_ref()),
        (VerbKind::Identify, _) => format!("identify({})", fit::middle(event.id.as_ref().map_or("", Id::as_str), 40)),
        (_, name) => fit::end(event_name(name), 80),
    }
}

/// The call that asks for an alias.
pub(in crate::tui) fn alias_call(alias: Option<&Id>) -> String {
    format!("alias({})", fit::middle(alias.map_or("", Id::as_str), 40))
}

/// An id in a sentence; very long ones are cut.
pub(in crate::tui) fn visible_id(id: Option<&Id>) -> String {
    id.map_or_else(|| "nothing".to_owned(), |id| fit::middle(id.as_str(), 80))
}

/// Evidence in two words.
pub(in crate::tui) fn evidence_name(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::IdentifyEvent => "$identify row",
        EvidenceKind::DeviceAndUser => "device and user id",
        EvidenceKind::RefusedAlias => "refused alias",
        EvidenceKind::BeforeIdentity => "id before identity",
        EvidenceKind::PreviousId => "previous id",
        EvidenceKind::SameDevice => "same device",
        EvidenceKind::ServerAlias => "alias asked for by a server",
        EvidenceKind::ChosenIdOnDevice => "same device, id chosen by the app",
    }
}

/// What a strength means, for a person.
pub(in crate::tui) fn strength_words(strength: Strength) -> &'static str {
    match strength {
        Strength::Proof => "proof",
        Strength::Strong => "strong",
        Strength::Weak => "weak hint",
    }
}

/// What stands at the right of a screen's first line: the rules that judge the journey, where they are not the
/// legacy ones, before what is there anyway.
pub(in crate::tui) fn rules_before(journey: &Journey, rest: &str, look: &Look) -> String {
    let rules = journey.rules.name();
    if rules == LEGACY.name() { rest.to_owned() } else { format!("rules {rules} {} {rest}", look.glyphs.dot) }
}
