//! A clock that times are read on.

use std::sync::Arc;

use super::super::zone::{SKEW, Zone, day, offset_name};
use crate::model::Millis;

/// A clock and what it showed when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clockwork {
    /// That of a zone.
    Zone(Zone),
    /// One whose offset changed at days that no zone has.
    Changes(Arc<[Change]>),
}

/// An offset from a day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The first day, as [`day`] counts them; the first change holds before it, too.
    pub day: i64,
    /// Minutes from UTC, east positive.
    pub minutes: i32,
}

impl Clockwork {
    /// The moment when this clock showed `local`, and whether it showed that twice.
    ///
    /// Of two moments the one nearest before the arrival is taken.
    pub fn to_utc(&self, local: Millis, arrival: Option<Millis>) -> (Millis, bool) {
        let changes = match self {
            Self::Zone(zone) => return zone.to_utc(local, arrival),
            Self::Changes(changes) => changes,
        };
        let moment = |minutes: i32| local.saturating_sub(i64::from(minutes) * 60_000);
        let at = changes.partition_point(|change| change.day <= day(local)).saturating_sub(1);
        let Some(change) = changes.get(at) else { return (local, false) };
        // Before or behind the change, on its day.
        let before = at.checked_sub(1).and_then(|at| changes.get(at)).filter(|_| change.day == day(local));
        let (Some(before), Some(arrival)) = (before, arrival) else { return (moment(change.minutes), false) };
        let both = [moment(before.minutes), moment(change.minutes)];
        let fitting = both.into_iter().filter(|moment| *moment <= arrival.saturating_add(SKEW)).max();
        (fitting.unwrap_or_else(|| moment(change.minutes)), false)
    }

    /// The clock as a text that [`Clockwork::from_text`] reads.
    pub fn to_text(&self) -> String {
        match self {
            Self::Zone(zone) => zone.name(),
            Self::Changes(changes) => {
                let parts = changes.iter().map(|change| format!("{}@{}", change.day, change.minutes));
                parts.collect::<Vec<_>>().join(",")
            }
        }
    }

    /// Reads [`Clockwork::to_text`].
    pub fn from_text(text: &str) -> Option<Self> {
        if !text.contains('@') {
            return Zone::parse(text).ok().map(Self::Zone);
        }
        let changes = text.split(',').map(|change| {
            let (day, minutes) = change.split_once('@')?;
            Some(Change { day: day.parse().ok()?, minutes: minutes.parse().ok()? })
        });
        changes.collect::<Option<Arc<[Change]>>>().map(Self::Changes)
    }

    /// Its name: `America/Los_Angeles`, or `UTC-08:00, from 2019-03-10 UTC-05:00`.
    pub fn name(&self) -> String {
        let changes = match self {
            Self::Zone(zone) => return zone.name(),
            Self::Changes(changes) => changes,
        };
        let parts = changes.iter().enumerate().map(|(at, change)| {
            let offset = offset_name(change.minutes);
            if at == 0 { offset } else { format!("from {} {offset}", date(change.day)) }
        });
        parts.collect::<Vec<_>>().join(", ")
    }
}

/// `2019-03-10`.
fn date(day: i64) -> String {
    let at = day.checked_mul(86_400_000).and_then(chrono::DateTime::from_timestamp_millis);
    at.map_or_else(String::new, |at| at.format("%Y-%m-%d").to_string())
}
