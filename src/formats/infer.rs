//! Finding out which clock the times of an export are on (identity.md §4.5).
//!
//! A row that came straight from a device says when the server had it, in UTC, and when it
//! happened, on the project's clock. The difference is the offset of that clock and some seconds
//! on the way; of late rows it is more, and it is never less. So a clock fits when it puts many
//! rows just before their arrival and none behind it.
//!
//! [`Evidence`] counts the differences day by day. Three kinds of clocks are tried on it: one
//! offset, a zone of the tz database with its summer time, and offsets that change at days that
//! no zone has (an export in parts, a project that was moved). Rows of `/import` say nothing:
//! their arrival has nothing to do with their time.

mod clock;
mod evidence;
mod fit;

use super::zone::Zone;
use crate::model::text::count;
use crate::model::view::Timing;

pub use clock::Clockwork;
pub use evidence::Evidence;

/// Rows from which on a majority alone is sure.
const MANY: u64 = 20;

/// What the rows say of the clock that their times are on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inference {
    /// The clock that fits best.
    pub clock: Clockwork,
    /// Whether other zones of the tz database fit as well.
    pub alike: bool,
    /// Whether it is likely enough to read times on it; else they are read as UTC.
    pub used: bool,
    /// Whether the rows leave no doubt: nothing happens after its arrival, and each offset is that
    /// of two rows or more.
    pub sure: bool,
    /// Rows that it puts just before their arrival.
    pub agreeing: u64,
    /// Rows that could say anything.
    pub telling: u64,
    /// Rows that it puts behind their arrival.
    pub after: u64,
}

impl Inference {
    /// What these rows say; their times are on the project's clock.
    pub fn of(rows: impl IntoIterator<Item: Into<Timing>>) -> Self {
        let mut evidence = Evidence::default();
        for row in rows {
            evidence.note(row.into());
        }
        evidence.infer()
    }

    /// The clock that times are read on.
    pub fn read_on(&self) -> Clockwork {
        if self.used { self.clock.clone() } else { Clockwork::Zone(Zone::Utc) }
    }

    /// What was decided, and how sure it is: `UTC-04:00 (inferred, sure: 1,204 of 1,210 rows)`.
    pub fn sentence(&self) -> String {
        let clock = self.clock.name();
        let like = if self.alike { LIKE } else { "" };
        let (agreeing, telling) = (count(self.agreeing), count(self.telling));
        let after = match self.after {
            0 => String::new(),
            1 => ", 1 happens after it arrived".to_owned(),
            after => format!(", {} happen after they arrived", count(after)),
        };
        if self.used {
            let sure = if self.sure { "sure" } else { "not sure" };
            format!("{clock}{like} (inferred, {sure}: {agreeing} of {telling} rows{after})")
        } else if self.agreeing > 0 && self.clock != Clockwork::Zone(Zone::Utc) {
            format!("UTC (assumed, not sure: {agreeing} of {telling} rows point to {clock}{like}{after})")
        } else {
            format!("UTC (assumed: too few rows tell{after})")
        }
    }
}

/// Behind the name of a zone when others fit as well.
pub const LIKE: &str = " or a zone like it";

/// The name of the clock that a sentence of [`Inference`] begins with.
pub fn clock_of(sentence: &str) -> &str {
    let clock = sentence.split(" (").next().unwrap_or_default();
    clock.strip_suffix(LIKE).unwrap_or(clock)
}

#[cfg(test)]
mod tests;
