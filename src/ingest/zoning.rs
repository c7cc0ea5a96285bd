//! What all rows of a file say of their zone, and which rows were read before that was known.
//!
//! A row that says when it arrived is read on a clock that its own chunk fits, so it is right
//! whatever comes later. A row that says nothing is read on the clock that was known by then.

use std::collections::BTreeMap;

use crate::formats::Inference;
use crate::formats::infer::{Clockwork, Evidence};
use crate::model::text::counted;

/// Noon, in milliseconds: when the clocks of a day are compared.
const NOON: i64 = 12 * 60 * 60 * 1000;
/// A day, in milliseconds.
const DAY: i64 = 2 * NOON;

/// What is known of the clock of a file after some chunk.
///
/// It depends on nothing but the chunks up to there, so that an import that was killed goes on as
/// it would have.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// What the next chunk is read on, unless its own rows speak against it.
    pub(super) clock: Clockwork,
    /// What all rows so far say.
    pub(super) evidence: Evidence,
}

impl Known {
    fn to_text(&self) -> String {
        format!("{}|{}", self.clock.to_text(), self.evidence.to_text())
    }

    /// Reads what a store has kept.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let (clock, evidence) = text.split_once('|')?;
        Some(Self { clock: Clockwork::from_text(clock)?, evidence: Evidence::from_text(evidence) })
    }
}

/// The zone of one file, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Zoning {
    evidence: Evidence,
    /// On each clock the rows that say nothing, by day.
    silent: Vec<(Clockwork, BTreeMap<i64, u64>)>,
    /// What the last chunk left.
    left: Option<Known>,
}

impl Zoning {
    /// Behind the known part of a file.
    pub(super) fn after(known: &Known) -> Self {
        Self { evidence: known.evidence.clone(), silent: Vec::new(), left: Some(known.clone()) }
    }

    /// Adds a chunk that was read on `clock`; gives what an import that goes on has to know.
    pub(super) fn add(&mut self, evidence: &Evidence, clock: Clockwork) -> String {
        self.evidence.add(evidence);
        let left = Known { clock: clock.clone(), evidence: self.evidence.clone() };
        let text = left.to_text();
        self.left = Some(left);
        let at = self.silent.iter().position(|(known, _)| *known == clock).unwrap_or(self.silent.len());
        if at == self.silent.len() {
            self.silent.push((clock, BTreeMap::new()));
        }
        if let Some((_, days)) = self.silent.get_mut(at) {
            for (day, rows) in evidence.silent() {
                *days.entry(day).or_default() += rows;
            }
        }
        text
    }

    /// What is known behind the last chunk; `None` where the zone was not to be found out.
    pub(super) fn left(&self) -> Option<&Known> {
        self.left.as_ref()
    }

    /// What all rows say; `None` when none were read, or the zone was not to be found out.
    pub(super) fn inferred(&self) -> Option<Inference> {
        (!self.silent.is_empty()).then(|| self.evidence.infer())
    }

    /// Says of rows that were read before it was known how.
    pub(super) fn misread(&self, name: &str, inferred: &Inference) -> Option<String> {
        let clock = inferred.read_on();
        let others = self.silent.iter().filter(|(other, _)| *other != clock);
        let mut rows = 0;
        for (other, days) in others {
            let differs = |day: &i64| {
                let noon = day.saturating_mul(DAY).saturating_add(NOON);
                other.to_utc(noon, None) != clock.to_utc(noon, None)
            };
            rows += days.iter().filter(|(day, _)| differs(day)).map(|(_, rows)| rows).sum::<u64>();
        }
        let clock = clock.name();
        (rows > 0).then(|| {
            format!(
                "{name}: {} that do not say when they arrived were read before later rows showed {clock}; to read \
                 them in it, import into a new store with --timezone {clock}",
                counted(rows, "row")
            )
        })
    }
}
