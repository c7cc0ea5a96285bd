//! Answers with more than one list of rows.

use super::super::kind::{Kind, kind_of};
use super::super::object::{each, members};
use super::super::{carrier, vendor};

/// Other lists of an answer that have rows in them, with their keys: objects that say themselves what
/// they are. What columns are called, or what went wrong, is no row.
pub(super) fn other_lists(answer: &str) -> Vec<(String, Vec<&str>)> {
    let mut found = Vec::new();
    let first = carrier::list(answer);
    let mut look = |key: &str, value: &str| {
        let at = value.as_ptr().addr().saturating_sub(answer.as_ptr().addr());
        if value.starts_with('[')
            && Some(at) != first
            && let Ok(rows) = members(value)
            && rows.first().is_some_and(|row| is_row(row))
        {
            // The text of a value is a part of the answer's.
            found.extend(
                answer.get(at..at + value.len()).and_then(|text| members(text).ok()).map(|rows| (key.to_owned(), rows)),
            );
        }
    };
    let _ = each(answer, |key, value| {
        look(key, value);
        if value.starts_with('{') && carrier::LISTS.contains(&key.as_bytes()) {
            let _ = each(value, |key, value| look(key, value));
        }
    });
    found
}

/// Whether an object is a row by itself, whatever stands around it.
fn is_row(object: &str) -> bool {
    matches!(kind_of(object), Ok(Some(Kind::Event | Kind::Update | Kind::ExportedProfile)))
        || vendor::of(object).is_some()
}
