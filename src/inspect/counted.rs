//! To whom a vendor counts the rows that a journey is made of: `person_id` of PostHog, `amplitude_id` of Amplitude;
//! and for what reason Mixpanel refused to join what a row says.
//!
//! The properties of the rows say so, which the engine does not have; rows that the vendor counts to the same
//! person, and that nothing ties to the others, are found by the index of values.
//!
//! Cost: the properties of the first rows are read, and one question is put to the index.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use foldhash::{HashMap, HashMapExt as _};
use rustc_hash::FxHashSet;
use serde_json::{Map, Value};

use super::{Error, Inspector, Scan, Sweep};
use crate::identity::facts::{Counted, Elsewhere};
use crate::identity::{Facts, RuleSet};
use crate::model::VerbKind;
use crate::model::clue::{Asked, Clue};
use crate::model::facts::{Event, MIXPANEL};
use crate::model::scan::{RowNote, Seek};

/// Rows of one journey whose properties are read.
const MOST_ROWS: usize = 20_000;

/// Owners of one journey by which other rows are looked for; more are no person's, and say so by themselves.
const MOST_OWNERS: usize = 8;

/// Rows without an index that are looked through for those of an owner.
const MOST_UNINDEXED: u64 = 100_000;

/// How a vendor exports the owner of a row.
pub(super) struct Owners {
    /// The rule set of that vendor.
    pub(super) rules: &'static str,
    /// Properties that have the owner, the first that is there counts.
    keys: &'static [&'static str],
    /// What stands before it in words: an owner of one vendor is never one of another.
    before: &'static str,
}

/// Vendors whose exports name an owner next to the id of a row.
pub(super) const OWNERS: &[Owners] = &[
    Owners { rules: "posthog", keys: &["person_id"], before: "person " },
    Owners { rules: "amplitude", keys: &["amplitude_id", "$amplitude_id"], before: "amplitude " },
];

impl Owners {
    /// The owner in some properties.
    pub(super) fn of(&self, properties: &Map<String, Value>) -> Option<String> {
        let text = self.keys.iter().find_map(|key| match properties.get(*key)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })?;
        Some(format!("{}{text}", self.before))
    }

    /// The same of properties as JSON text, most of which need not be read.
    fn of_text(&self, text: &str) -> Option<String> {
        if !self.keys.iter().any(|key| text.contains(key)) {
            return None;
        }
        self.of(&serde_json::from_str(text).ok()?)
    }

    /// Whether an owner is one of this vendor.
    pub(super) fn has(&self, owner: &str) -> bool {
        owner.starts_with(self.before)
    }

    /// What holds of the properties of every row of an owner.
    fn clue(&self, owner: &str) -> Clue {
        let value = owner.strip_prefix(self.before).unwrap_or(owner);
        let property = |key: &&str| Clue::Property((*key).to_owned(), Asked::Equals(value.to_owned()));
        Clue::OneOf(self.keys.iter().map(property).collect())
    }
}

impl Inspector {
    /// Facts with the owners to whom the vendor of these rules counts the rows.
    pub(super) fn with_counted(&self, facts: Facts, rules: RuleSet) -> Result<Facts, Error> {
        if FAILING.contains(&rules.name()) {
            return self.with_failures(facts);
        }
        let Some(owners) = OWNERS.iter().find(|owners| owners.rules == rules.name()) else { return Ok(facts) };
        let is_theirs = |event: &&Arc<Event>| {
            !event.verb.is_about_ids() && rules.vendors().contains(&&*event.source.vendor) && event.id.is_some()
        };
        let Some(read) = self.of_rows(&facts, is_theirs, &|text| owners.of_text(text))? else { return Ok(facts) };
        let mut names: BTreeMap<String, Arc<str>> = BTreeMap::new();
        let mut of_row = HashMap::new();
        for (row, owner) in read.found {
            let name = names.entry(owner).or_insert_with_key(|owner| owner.as_str().into());
            of_row.insert(row, Arc::clone(name));
        }
        let names: Vec<Arc<str>> = names.into_values().collect();
        let elsewhere = match (self.source.scan(), self.source.sweep()) {
            (Some(scan), Some(sweep)) if (1..=MOST_OWNERS).contains(&names.len()) => {
                elsewhere(scan, sweep, owners, &names, &facts)?
            }
            _ => Vec::new(),
        };
        Ok(Facts { counted: Counted { of_row, elsewhere, is_part: read.is_part, ..Counted::default() }, ..facts })
    }

    /// Facts with the reasons for which Mixpanel refused calls, and rows with a device and a user.
    fn with_failures(&self, facts: Facts) -> Result<Facts, Error> {
        let can_fail = |event: &&Arc<Event>| {
            let is_pair = event.device.is_some() && event.user.is_some();
            *event.source.vendor == *MIXPANEL && event.id.is_some() && (is_pair || event.verb.is_about_ids())
        };
        let Some(read) = self.of_rows(&facts, can_fail, &failure_of_text)? else { return Ok(facts) };
        let mut failures: HashMap<i64, Option<Arc<str>>> = read.rows.iter().map(|row| (*row, None)).collect();
        failures.extend(read.found.into_iter().map(|(row, failure)| (row, Some(failure.into()))));
        Ok(Facts { counted: Counted { failures, is_part: read.is_part, ..Counted::default() }, ..facts })
    }

    /// What the first rows that `is_wanted` takes say in the text of their properties; `None` if it takes none.
    fn of_rows(
        &self,
        facts: &Facts,
        is_wanted: impl Fn(&&Arc<Event>) -> bool,
        read: &(dyn Fn(&str) -> Option<String> + Sync),
    ) -> Result<Option<Read>, Error> {
        let mut rows: Vec<i64> =
            facts.events.iter().filter(is_wanted).take(MOST_ROWS + 1).map(|event| event.row).collect();
        let is_part = rows.len() > MOST_ROWS;
        rows.truncate(MOST_ROWS);
        if rows.is_empty() {
            return Ok(None);
        }
        let found: Mutex<Vec<(i64, String)>> = Mutex::new(Vec::new());
        self.source.for_each_properties(&rows, &|place, text| {
            if let (Some(row), Some(said), Ok(mut found)) = (rows.get(place), read(text), found.lock()) {
                found.push((*row, said));
            }
        })?;
        Ok(Some(Read { found: found.into_inner().unwrap_or_default(), rows, is_part }))
    }
}

/// What some rows of a journey say of themselves.
struct Read {
    /// All that were read.
    rows: Vec<i64>,
    /// What those say that say something.
    found: Vec<(i64, String)>,
    /// Whether the journey has more of them.
    is_part: bool,
}

/// Rule sets whose vendor names the reason for a refusal on the row itself.
const FAILING: &[&str] = &["original", "simplified"];

/// The reason for a refusal in some properties.
pub(super) fn failure_of(properties: &Map<String, Value>) -> Option<String> {
    let name = |key: &str| properties.get(key)?.as_str().filter(|name| !name.is_empty()).map(str::to_owned);
    name("$identity_failure_reason").or_else(|| name("$failure_reason"))
}

/// The same of properties as JSON text, most of which need not be read.
fn failure_of_text(text: &str) -> Option<String> {
    if !text.contains("failure_reason") {
        return None;
    }
    failure_of(&serde_json::from_str(text).ok()?)
}

/// A number of rows, and the file and line of one of them.
type Group = (u64, (i64, i64));

/// Rows of these owners under ids that the facts do not hold.
fn elsewhere(
    scan: &dyn Scan,
    sweep: &dyn Sweep,
    owners: &Owners,
    names: &[Arc<str>],
    facts: &Facts,
) -> Result<Vec<Elsewhere>, Error> {
    if scan.rows_without_index()? > MOST_UNINDEXED {
        return Ok(Vec::new());
    }
    let mut known: FxHashSet<i64> = FxHashSet::default();
    let mut before = None;
    for id in facts.events.iter().filter_map(|event| event.id.as_ref()) {
        if before.replace(id) != Some(id) {
            known.extend(scan.number(id)?);
        }
    }
    let mut calls: FxHashSet<i64> = FxHashSet::default();
    for verb in VerbKind::ALL.into_iter().filter(|verb| verb.is_about_ids()) {
        calls.extend(sweep.names_of(verb)?);
    }
    let is_other = |note: &RowNote| {
        let is_out = note.id == 0 || known.contains(&note.id) || calls.contains(&note.event);
        is_out.then_some(false)
    };
    let found: Mutex<Vec<(Arc<str>, RowNote)>> = Mutex::new(Vec::new());
    let test = |note: &RowNote, text: &str| {
        let owner = owners.of_text(text).and_then(|owner| names.iter().find(|name| ***name == *owner));
        if let (Some(owner), Ok(mut found)) = (owner, found.lock()) {
            found.push((Arc::clone(owner), *note));
        }
        false
    };
    let clue = Clue::OneOf(names.iter().map(|name| owners.clue(name)).collect());
    let seek = Seek { row: Some(&is_other), properties: Some(&test), clue: Some(&clue), ..Seek::default() };
    scan.seek(&seek, &mut |_, _| ControlFlow::Continue(()))?;
    // The first row by its place is the one that is named.
    let mut groups: BTreeMap<(Arc<str>, i64), Group> = BTreeMap::new();
    for (owner, note) in found.into_inner().unwrap_or_default() {
        let place = (note.file, note.line);
        let group = groups.entry((owner, note.id)).or_insert((0, place));
        *group = (group.0 + 1, group.1.min(place));
    }
    let mut elsewhere = Vec::new();
    for ((owner, id), (rows, (file, line))) in groups {
        elsewhere.push(Elsewhere { owner, id: scan.id_of(id)?, rows, source: sweep.swept_source(file, line)? });
    }
    Ok(elsewhere)
}
