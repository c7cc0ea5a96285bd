//! The numbers that a team tracks, line by line: of each day, of each client, before and from a date on.

use crate::model::Millis;

/// What the numbers are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Days in UTC.
    Day,
    /// The library that sent the row, and its version.
    Client,
    /// Before a moment, and from it on.
    Date(Millis),
}

impl By {
    /// The name of the first column.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Client => "client",
            Self::Date(_) => "span",
        }
    }
}

/// What counts for one line. Each thing counts once, where it first shows: a user with the first row or call
/// that names them, a device with the first row that names it, a row and an alias call where they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Known users.
    pub people: u64,
    /// Those of them with an anonymous past.
    pub with_past: u64,
    /// Those of these for whom all of it is merged.
    pub merged: u64,
    /// Alias calls.
    pub calls: u64,
    /// Those without effect, repeated ones not among them.
    pub refused: u64,
    /// Rows.
    pub rows: u64,
    /// Split rows.
    pub split: u64,
    /// Rows of orphans that count for one known user.
    pub orphaned: u64,
    /// Devices.
    pub devices: u64,
    /// Devices with more than one known user.
    pub shared_devices: u64,
}

impl Tally {
    /// The shares.
    pub fn rates(&self) -> Rates {
        Rates {
            merged_past: share(self.merged, self.with_past),
            refused: share(self.refused, self.calls),
            split: share(self.split, self.rows),
            orphaned: share(self.orphaned, self.rows),
            shared_devices: share(self.shared_devices, self.devices),
        }
    }

    /// Adds another line.
    pub fn add(&mut self, other: &Self) {
        self.people += other.people;
        self.with_past += other.with_past;
        self.merged += other.merged;
        self.calls += other.calls;
        self.refused += other.refused;
        self.rows += other.rows;
        self.split += other.split;
        self.orphaned += other.orphaned;
        self.devices += other.devices;
        self.shared_devices += other.shared_devices;
    }

    /// Whether nothing counts for it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Shares that a team can track; `None` where there is nothing that a share could be of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    /// Of people with an anonymous past: those for whom all of it is merged.
    pub merged_past: Option<f64>,
    /// Of alias calls: those without effect, repeated ones not among them.
    pub refused: Option<f64>,
    /// Split rows.
    pub split: Option<f64>,
    /// Of rows: those of orphans.
    pub orphaned: Option<f64>,
    /// Of devices: those with more than one known user.
    pub shared_devices: Option<f64>,
}

/// The numbers line by line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tallies {
    /// By what.
    pub by: By,
    /// What each line is called, and its numbers, in order of the name or of the time.
    pub lines: Vec<(String, Tally)>,
}

#[expect(clippy::cast_precision_loss, reason = "a share of more than 2^52 rows is no more exact")]
pub(super) fn share(part: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| part as f64 / all as f64)
}
