//! Letters of lanes in place of long ids, in sentences.

use super::Timeline;
use crate::identity::Journey;

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
