//! Why rows are nothing that is read: what was found, what is missing, and the map that would read them.

use std::collections::BTreeSet;

use super::super::excerpt;
use super::super::map::Map;
use super::super::object::each;
use super::super::rows::Shape;
use super::super::vendor::By;
use super::super::vendor::stranger::MIXPANELS;
use super::{Candidate, Has, Seen};

impl Seen<'_> {
    /// The map that would read the rows, if they are events of a tool.
    pub(super) fn proposal(&self) -> Option<String> {
        let rows: Vec<String> = self.candidates.iter().map(|row| row.record.to_owned()).collect();
        Some(format!("; if its rows are events, --map {} reads them", Map::proposal(&rows)?))
    }

    /// Whether some row names an id, even if it has none.
    pub(super) fn mentions_ids(&self) -> bool {
        self.candidates.iter().any(|row| row.json.contains("distinct_id"))
    }

    /// The kinds of rows, where no kind is most of them.
    pub(super) fn mixed(&self, known: usize) -> String {
        let mut kinds: Vec<(usize, &str)> =
            self.vendors.values().map(|(By(vendor), count)| (*count, vendor.rows())).collect();
        kinds.extend((known > 0).then_some((known, MIXPANELS)));
        kinds.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(other.1)));
        let kinds: Vec<String> = kinds.into_iter().map(|(count, rows)| format!("{count} {rows}")).collect();
        let kinds = match kinds.as_slice() {
            [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
            _ => kinds.join(""),
        };
        format!(
            "no kind of rows is the most frequent among its first {} rows: {kinds}; write each kind into a separate file",
            self.rows
        )
    }

    /// What was found and what is missing.
    pub(super) fn missing(&self, shape: &Shape, keys: &BTreeSet<&str>, best: Has, known: usize) -> String {
        if keys.iter().any(|key| key.eq_ignore_ascii_case("_dlt_parent_id")) {
            return format!(
                "its rows have {}: they are the lists in rows of another table of dlt, and are put back into these only \
                 from a SQLite file; load with max_table_nesting=0 to keep them there",
                named(keys)
            );
        }
        let is_groups = keys.iter().eq(&["key", "value"]);
        if is_groups
            && self.candidates.iter().any(|row| row.json.contains("\"key\":[") || row.json.contains("\"key\": ["))
        {
            return "it looks like the groups of a JQL query, which are counts and no rows".to_owned();
        }
        if known == 0
            && let Some(why) = self.few()
        {
            return why;
        }
        let is_broken = |row: &&Candidate<'_>| best == Has::default() && shape.lift(&row.json).is_err();
        if let Some(row) = self.candidates.iter().find(is_broken) {
            let mut properties = None;
            let _ = each(&row.json, |key, value| properties = properties.or(shape.is_properties(key).then_some(value)));
            if let Some(properties) = properties {
                let value = excerpt(properties, 40);
                return format!("its rows have {}, but properties that are no object: {value}", named(keys));
            }
        }
        let lacks = lacking(best, keys);
        if known > 0 {
            return self.others(known, keys, &lacks);
        }
        let map = self.proposal().unwrap_or_default();
        format!("its rows have {}, but {lacks}{map}", named(keys))
    }

    /// The same where some rows are events, whose name is none of the file because too few rows have it.
    pub(super) fn few(&self) -> Option<String> {
        let keys: BTreeSet<&str> = self.candidates.iter().flat_map(|row| &row.keys).map(String::as_str).collect();
        let shape = Shape::carried(&keys, self.carrier);
        let rows = self.candidates.iter().map(|row| (row, Has::of(&shape, &row.json).unwrap_or_default()));
        let (events, others): (Vec<_>, Vec<_>) = rows.partition(|(_, has)| has.is_event());
        if events.is_empty() {
            return None;
        }
        let best = others.iter().fold(Has::default(), |best, (_, has)| best.and_more(*has));
        let keys: BTreeSet<&str> = others.iter().flat_map(|(row, _)| &row.keys).map(String::as_str).collect();
        Some(self.others(events.len(), &keys, &lacking(best, &keys)))
    }

    /// Why a file is not read of which only some rows are of a kind that is.
    pub(super) fn others(&self, known: usize, keys: &BTreeSet<&str>, lacks: &str) -> String {
        format!(
            "only {known} of its first {} rows are of one kind; the others have {}, but {lacks}; write each kind into a \
             separate file",
            self.rows,
            named(keys)
        )
    }
}

/// Whether a shell takes a text as one word.
pub(super) fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// What a row of events lacks, and what else it may be.
fn lacking(has: Has, keys: &BTreeSet<&str>) -> String {
    let mut lacks = Vec::new();
    if !has.name {
        lacks.push("no name of an event (event)");
    }
    if !has.id && !has.properties {
        lacks.push("no id (distinct_id)");
    }
    if !has.time {
        lacks.push(if has.odd_time {
            "no time in a form that is read (time), such as 2019-07-01 09:12:01 or seconds"
        } else {
            "no time (time)"
        });
    }
    let lacks = match lacks.as_slice() {
        [] => "nothing that tells what they are".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    };
    let is_pair =
        |a: &[&str], b: &[&str]| a.iter().any(|key| keys.contains(key)) && b.iter().any(|key| keys.contains(key));
    if is_pair(&["alias", "key"], &["distinct_id", "target", "original", "value"]) && !has.name {
        return format!("{lacks}; a table of aliases is imported with --as aliases, if this is one");
    }
    lacks
}

/// Some of the keys.
pub(super) fn named(keys: &BTreeSet<&str>) -> String {
    let shown: Vec<&str> = keys.iter().copied().take(6).collect();
    let more = keys.len() - shown.len();
    let word = match keys.len() {
        0 => return "no columns".to_owned(),
        1 => "the column",
        _ => "the columns",
    };
    if more > 0 {
        format!("{word} {} and {more} more", shown.join(", "))
    } else {
        format!("{word} {}", shown.join(", "))
    }
}
