//! What rows say of a clock, counted.

use std::collections::HashMap;
use std::fmt::Write;

use rustc_hash::FxBuildHasher;

use super::super::zone::{day, is_plausible};
use crate::model::view::Timing;
use crate::model::{Flags, Millis};

/// The precision of differences, in milliseconds.
pub(super) const STEP: i64 = 15 * 60 * 1000;
/// One hour, in milliseconds.
const HOUR: i64 = 60 * 60 * 1000;
/// With few rows, a difference this near above an offset (in milliseconds) is no chance.
const TIGHT: std::ops::RangeInclusive<i64> = -1_000..=10_000;
/// Differences that some clock on Earth makes of a row that was not late: from +14:00 to -12:00.
const ON_EARTH: std::ops::RangeInclusive<i64> = -14 * HOUR - STEP / 2..=12 * HOUR + STEP / 2;
/// Days and differences that are counted; more say nothing new, and memory is bounded.
const MOST: usize = 200_000;

/// Rows of a day with about one difference.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slot {
    pub(super) rows: u64,
    /// Those that are less than some seconds from it.
    pub(super) tight: u64,
}

impl Slot {
    pub(super) fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.tight += other.tight;
    }
}

/// Differences between arrival and time, by day on the project's clock.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// By day and difference in [`STEP`]s.
    slots: HashMap<(i64, i16), Slot, FxBuildHasher>,
    /// Rows that happen after their arrival on every clock.
    pub(super) ahead: u64,
    /// Rows that say nothing of their clock, by day.
    silent: HashMap<i64, u64, FxBuildHasher>,
}

/// The differences of one day, the smallest first.
pub(super) struct Day {
    pub(super) day: i64,
    pub(super) slots: Vec<(i64, Slot)>,
}

impl Evidence {
    /// Counts a row.
    pub fn note(&mut self, row: Timing) {
        let Timing { time, arrival, flags } = row;
        if flags.has(Flags::TIME_FROM_ARRIVAL) || !is_plausible(time) {
            return;
        }
        let difference = arrival.filter(|_| !flags.has(Flags::IMPORTED)).and_then(|at| at.checked_sub(time));
        match difference {
            Some(difference) if ON_EARTH.contains(&difference) => {
                let step = (difference + STEP / 2).div_euclid(STEP);
                let place = (day(time), i16::try_from(step).unwrap_or_default());
                if self.slots.len() < MOST || self.slots.contains_key(&place) {
                    let slot = self.slots.entry(place).or_default();
                    slot.rows += 1;
                    slot.tight += u64::from(TIGHT.contains(&(difference - step * STEP)));
                }
            }
            Some(difference) if difference < *ON_EARTH.start() => self.ahead += 1,
            _ if self.silent.len() < MOST => *self.silent.entry(day(time)).or_default() += 1,
            _ => {}
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty() && self.ahead == 0 && self.silent.is_empty()
    }

    /// Adds what other rows say.
    pub fn add(&mut self, other: &Self) {
        for (place, slot) in &other.slots {
            if self.slots.len() < MOST || self.slots.contains_key(place) {
                self.slots.entry(*place).or_default().add(*slot);
            }
        }
        self.ahead += other.ahead;
        for (day, rows) in &other.silent {
            if self.silent.len() < MOST || self.silent.contains_key(day) {
                *self.silent.entry(*day).or_default() += rows;
            }
        }
    }

    /// All that [`Evidence::infer`] depends on, as a text.
    pub fn to_text(&self) -> String {
        let mut text = self.ahead.to_string();
        for Day { day, slots } in self.days() {
            for (step, Slot { rows, tight }) in slots {
                // Writing to a String cannot fail.
                let _ = write!(text, " {day}:{step}:{rows}:{tight}");
            }
        }
        text
    }

    /// Reads [`Evidence::to_text`]; what is no such text says nothing.
    pub fn from_text(text: &str) -> Self {
        let mut parts = text.split(' ');
        let ahead = parts.next().and_then(|ahead| ahead.parse().ok()).unwrap_or_default();
        let mut evidence = Self { ahead, ..Self::default() };
        for part in parts.take(MOST) {
            let mut numbers = part.split(':');
            let mut number = || numbers.next()?.parse::<i64>().ok();
            let (Some(day), Some(step), Some(rows), Some(tight)) = (number(), number(), number(), number()) else {
                continue;
            };
            let (Ok(step), Ok(rows), Ok(tight)) = (step.try_into(), rows.try_into(), tight.try_into()) else {
                continue;
            };
            evidence.slots.insert((day, step), Slot { rows, tight });
        }
        evidence
    }

    /// Days with rows that say nothing of their clock, each with their number.
    pub fn silent(&self) -> impl Iterator<Item = (i64, u64)> {
        self.silent.iter().map(|(day, rows)| (*day, *rows))
    }

    /// Rows that say something.
    pub(super) fn telling(&self) -> u64 {
        self.slots.values().map(|slot| slot.rows).sum()
    }

    /// The days in order.
    pub(super) fn days(&self) -> Vec<Day> {
        let mut slots: Vec<_> = self.slots.iter().map(|((day, step), slot)| (*day, i64::from(*step), *slot)).collect();
        slots.sort_unstable_by_key(|(day, step, _)| (*day, *step));
        let days = slots.chunk_by(|(one, ..), (other, ..)| one == other);
        days.filter_map(|slots| {
            let (day, ..) = slots.first()?;
            Some(Day { day: *day, slots: slots.iter().map(|(_, step, slot)| (*step, *slot)).collect() })
        })
        .collect()
    }
}

/// Milliseconds of a difference of so many steps.
pub(super) fn millis(step: i64) -> Millis {
    step * STEP
}
