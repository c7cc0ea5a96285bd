//! What is asked for together, because the next question will want it: a trip to a server far away costs more than
//! some more rows of it.
//!
//! A reader of a user's rows asks for the profiles and names of everyone around next. Loads never change, so
//! what was brought holds as long as the load that it is from counts.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::client::Client;
use super::tables::{IDS_BY_LOOK, PROFILES};
use super::wire::{Answer, CutOff, literals};
use crate::inspect::{Error, Stop};
use crate::model::facts::Source as Line;
use crate::model::hit::Span;
use crate::model::stored::StoredProfile;
use crate::model::{Id, Millis};

/// Ids that were met and are remembered, at most.
const MOST_MET: usize = 1_000;
/// Ids whose answers are kept; beyond that all are forgotten.
const MOST_KEPT: usize = 50_000;
/// Bytes of the literals of a question that is asked early, at most.
pub(super) const BYTES: usize = 100_000;

/// A profile update with its number and place.
pub(super) type Update = (StoredProfile, i64);

/// What was met, and what is known of it.
#[derive(Debug, Default)]
pub(super) struct Near {
    pub(super) met: Vec<Id>,
    is_met: HashSet<Id>,
    pub(super) profiles: HashMap<Id, Vec<Update>>,
    /// `None` for an id without rows.
    pub(super) spans: HashMap<Id, Option<Span>>,
    /// Ids by what they look like.
    pub(super) looks: HashMap<String, Vec<Id>>,
}

impl Near {
    /// Remembers an id whose profile and rows may be asked for.
    pub(super) fn meet(&mut self, id: &Id) {
        if self.met.len() < MOST_MET && !id.is_placeholder() && self.is_met.insert(id.clone()) {
            self.met.push(id.clone());
        }
    }

    /// Forgets who was met; what is known stays.
    pub(super) fn forget_met(&mut self) {
        self.met.clear();
        self.is_met.clear();
        if self.profiles.len() + self.spans.len() + self.looks.len() > MOST_KEPT {
            *self = Self::default();
        }
    }

    /// Those of `ids` that `known` does not know, and if there are any, those met that it does not know.
    pub(super) fn wanted(&self, ids: &[Id], known: &dyn Fn(&Id) -> bool) -> Vec<Id> {
        let missing: BTreeSet<&Id> = ids.iter().filter(|id| !known(id)).collect();
        if missing.is_empty() {
            return Vec::new();
        }
        let mut left = BYTES;
        let more = self.met.iter().filter(|id| !known(id) && !missing.contains(id)).take_while(|id| {
            left = left.saturating_sub(id.as_str().len());
            left > 0
        });
        let more: Vec<&Id> = more.collect();
        missing.iter().copied().chain(more).cloned().collect()
    }
}

/// The question for the profile updates of ids, in columns that those of [`looks`] have too.
pub(super) fn updates(list: &str, facts: u64) -> String {
    format!(
        "SELECT materialize(toUInt8(0)) AS what, id, number, operation, has_time, time, has_arrived, arrived, \
         ignore_alias, json, file, line FROM {PROFILES} PREWHERE id IN ({list}) WHERE load = {facts}"
    )
}

/// The question for the ids that look as the texts of `list` do.
pub(super) fn looks(list: &str, facts: u64) -> String {
    format!(
        "SELECT materialize(toUInt8(1)) AS what, id, materialize(toInt64(0)) AS number, look AS operation, \
         materialize(toUInt8(0)) AS has_time, materialize(toInt64(0)) AS time, materialize(toUInt8(0)) AS has_arrived, \
         materialize(toInt64(0)) AS arrived, materialize(toUInt8(0)) AS ignore_alias, materialize('') AS json, \
         materialize(toInt64(0)) AS file, materialize(toUInt64(0)) AS line FROM {IDS_BY_LOOK} \
         PREWHERE look IN ({list}) WHERE load = {facts}"
    )
}

/// A record of both.
pub(super) enum Record {
    Update { update: Update, file: i64, line: u64 },
    Look { look: String, id: Id },
}

fn record(answer: &mut Answer<'_>) -> Result<Record, CutOff> {
    let what = answer.u8()?;
    let (id, number, operation) = (answer.text()?.into_owned(), answer.i64()?, answer.text()?.into_owned());
    let (has_time, time) = (answer.u8()? != 0, answer.i64()?);
    let (has_arrived, arrived) = (answer.u8()? != 0, answer.i64()?);
    let (ignore_alias, json) = (answer.u8()? != 0, answer.text()?.into_owned());
    let (file, line) = (answer.i64()?, answer.u64()?);
    if what == 1 {
        return Ok(Record::Look { look: operation, id: Id::new(&id) });
    }
    let given = |has: bool, value: Millis| if has { Some(value) } else { None };
    let profile = StoredProfile {
        id: if id.is_empty() { None } else { Some(Id::new(&id)) },
        operation,
        time: given(has_time, time),
        arrived: given(has_arrived, arrived),
        ignore_alias,
        json,
        source: Line::new("", 0, 0),
    };
    Ok(Record::Update { update: (profile, number), file, line })
}

/// What is asked for with the rows: profiles of ids, and what looks like some.
pub(super) struct Extra {
    pub(super) ids: Vec<Id>,
    pub(super) looks: Vec<String>,
}

impl Extra {
    pub(super) fn sql(&self, facts: u64) -> Option<String> {
        let mut parts = Vec::new();
        if !self.ids.is_empty() {
            parts.push(updates(&literals(self.ids.iter().map(Id::as_str)), facts));
        }
        if !self.looks.is_empty() {
            parts.push(looks(&literals(self.looks.iter().map(String::as_str)), facts));
        }
        let parts: Vec<String> = parts.into_iter().map(|part| format!("SELECT * FROM ({part})")).collect();
        (!parts.is_empty()).then(|| format!("{} FORMAT RowBinary", parts.join(" UNION ALL ")))
    }
}

pub(super) fn ask(client: &Client, stop: Option<&Stop>, sql: &str) -> Result<Vec<Record>, Error> {
    client.records(sql, stop, record)
}
