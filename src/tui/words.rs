//! How several screens name places, ids and evidence.

use crate::identity::{EvidenceKind, Journey, Strength};
use crate::model::Id;
use crate::model::facts::Source;

use super::fit;
use super::timeline::Timeline;

/// `file:line`.
pub(in crate::tui) fn place(source: &Source) -> String {
    format!("{}:{}", fit::middle(&source.file, 60), source.line)
}

/// An id in a sentence; very long ones are cut.
pub(in crate::tui) fn visible_id(id: Option<&Id>) -> String {
    id.map_or_else(|| "nothing".to_owned(), |id| fit::middle(id.as_str(), 80))
}

/// Ids that a sentence is shorter without.
const LONG_ID: usize = 24;

/// Lanes whose ids are looked for in a sentence.
const LANES: usize = 200;

/// A sentence with the letter of its lane for each long id, and a name for each other user: what
/// an id is stands in the legend, and 56 characters of it hide what the sentence says.
pub(in crate::tui) fn lettered(sentence: &str, timeline: &Timeline, journey: &Journey) -> String {
    let lanes = timeline.lanes().iter().take(LANES).map(|lane| (lane.id.as_str(), lane.label.as_str()));
    let others = journey.names.iter().map(|(root, name)| (root.as_str(), name.as_str()));
    let mut known: Vec<(&str, &str)> = lanes
        .filter(|(id, _)| id.chars().count() >= LONG_ID)
        .chain(others)
        .filter(|(id, _)| sentence.contains(id))
        .collect();
    // An id can be a part of another.
    known.sort_by_key(|(id, _)| std::cmp::Reverse(id.len()));
    let mut text = String::with_capacity(sentence.len());
    let mut rest = sentence;
    'all: while !rest.is_empty() {
        let starts = text.chars().next_back().is_none_or(|before| !before.is_alphanumeric());
        for (id, name) in known.iter().filter(|_| starts) {
            if let Some(after) = rest.strip_prefix(id)
                && after.chars().next().is_none_or(|next| !(next.is_alphanumeric() || next == '-' || next == '@'))
            {
                text.push_str(name);
                rest = after;
                continue 'all;
            }
        }
        let mut chars = rest.chars();
        text.extend(chars.next());
        rest = chars.as_str();
    }
    text
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
