//! Finding out how far the clock of a project is from UTC (identity.md §4.5).
//!
//! A row that came straight from a device says when the server had it, in UTC, and when it
//! happened, on the project's clock. The difference is the offset and some seconds on the way;
//! of late rows it is more. So the offset is the lowest of the differences that many rows have,
//! rounded to what clocks on Earth have.
//!
//! Rows of `/import` say nothing: their arrival has nothing to do with their time. Where a file
//! crosses a change of clock, [`Days`] follows it day by day.

use std::collections::BTreeMap;

use super::zone::{day, is_plausible, offset_name};
use crate::model::view::Timing;
use crate::model::{Flags, Millis};

/// How fine differences are told apart, in milliseconds.
const STEP: i64 = 15 * 60 * 1000;
/// One hour, in milliseconds: what clocks change by in summer.
const HOUR: i64 = 60 * 60 * 1000;
/// Rows from which on a majority alone is sure.
const MANY: u64 = 20;
/// With fewer rows, a difference this near above an offset (in milliseconds) is no chance.
const TIGHT: std::ops::RangeInclusive<i64> = -1_000..=10_000;

/// Offsets from UTC in minutes, east positive, that are in use anywhere, besides whole hours.
const ODD: &[i32] = &[-570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765, 825];

/// What the rows say of the clock that their times are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inference {
    /// Minutes from UTC, east positive, that most rows point to.
    pub minutes: i32,
    /// Whether that is sure enough to use it.
    pub sure: bool,
    /// Rows that point to it.
    pub agreeing: u64,
    /// Rows that could say anything.
    pub telling: u64,
}

impl Inference {
    /// What these rows say; their times are on the project's clock.
    pub fn of(rows: impl IntoIterator<Item: Into<Timing>>) -> Self {
        let mut modes: BTreeMap<i64, Mode> = BTreeMap::new();
        let mut telling = 0;
        for difference in rows.into_iter().filter_map(|row| difference(row.into())) {
            let offset = (difference + STEP / 2).div_euclid(STEP) * STEP;
            // A clock that is behind UTC makes a positive difference.
            let Ok(minutes) = i32::try_from(-offset / 60_000) else { continue };
            if !is_in_use(minutes) {
                // Late by more than any clock is off, or by something no clock is off: says nothing
                // while few do.
                telling += u64::from((-14 * HOUR..=12 * HOUR).contains(&difference));
                continue;
            }
            telling += 1;
            let mode = modes.entry(offset).or_insert(Mode { minutes, rows: 0, tight: 0 });
            mode.rows += 1;
            mode.tight += u64::from(TIGHT.contains(&(difference - offset)));
        }
        let most = modes.values().map(|mode| mode.rows).max().unwrap_or(0);
        // Late rows make higher differences, so of two that are about as frequent the lower is
        // the offset.
        let Some(mode) = modes.values().find(|mode| mode.rows * 2 >= most) else {
            return Self { minutes: 0, sure: false, agreeing: 0, telling };
        };
        let majority = mode.rows * 2 >= telling;
        let sure = majority && (mode.rows >= MANY || mode.rows == telling && mode.tight * 2 >= mode.rows);
        Self { minutes: mode.minutes, sure, agreeing: mode.rows, telling }
    }

    /// Milliseconds to add to a time; 0 when not sure.
    pub fn shift(&self) -> i64 {
        if self.sure { -i64::from(self.minutes) * 60_000 } else { 0 }
    }

    /// What was decided, and how sure it is: `UTC-04:00 (inferred, sure: 1,204 of 1,210 rows)`.
    pub fn sentence(&self) -> String {
        let zone = offset_name(self.minutes);
        let (agreeing, telling) = (thousands(self.agreeing), thousands(self.telling));
        if self.sure {
            format!("{zone} (inferred, sure: {agreeing} of {telling} rows)")
        } else if self.minutes != 0 && self.agreeing > 0 {
            format!("UTC (assumed, not sure: {agreeing} of {telling} rows point to {zone})")
        } else {
            "UTC (assumed: too few rows tell)".to_owned()
        }
    }
}

/// Rows with about one difference.
struct Mode {
    minutes: i32,
    rows: u64,
    /// Those that are less than some seconds from it.
    tight: u64,
}

/// Arrival less time of a row that came straight from a device; `None` for any other.
fn difference(row: Timing) -> Option<i64> {
    if row.flags.has(Flags::IMPORTED) || row.flags.has(Flags::TIME_FROM_ARRIVAL) || !is_plausible(row.time) {
        return None;
    }
    row.arrival?.checked_sub(row.time)
}

fn is_in_use(minutes: i32) -> bool {
    (-12 * 60..=14 * 60).contains(&minutes) && (minutes % 60 == 0 || ODD.contains(&minutes))
}

/// The offset day by day, where a file crosses a change of clock.
#[derive(Clone, Debug, Default)]
pub struct Days {
    base: i64,
    /// Days with enough rows, in order, and milliseconds to add.
    decided: Vec<(i64, i64)>,
}

impl Days {
    /// What these rows of one stretch of a file say, when `base` milliseconds are to be added by
    /// and large.
    ///
    /// A day with twenty rows or more that clearly are one hour off from `base` has that offset. A
    /// day with fewer has the offset of the days with enough before and after it, when they
    /// agree, and else `base`.
    pub fn of(base: i64, rows: impl IntoIterator<Item: Into<Timing>>) -> Self {
        let mut days: BTreeMap<i64, [u64; 3]> = BTreeMap::new();
        for row in rows {
            let row = row.into();
            let Some(difference) = difference(row) else { continue };
            let counts = days.entry(day(row.time)).or_default();
            for (shift, count) in [base - HOUR, base, base + HOUR].into_iter().zip(counts) {
                *count += u64::from((difference - shift).abs() <= STEP / 2);
            }
        }
        let mut decided = Vec::new();
        for (day, [earlier, same, later]) in days {
            for (shift, count, others) in [
                (base - HOUR, earlier, same + later),
                (base, same, earlier + later),
                (base + HOUR, later, earlier + same),
            ] {
                if count >= MANY && count >= 3 * others {
                    decided.push((day, shift));
                }
            }
        }
        Self { base, decided }
    }

    /// Milliseconds to add to a time on the project's clock.
    pub fn shift(&self, local: Millis) -> i64 {
        let day = day(local);
        let behind = self.decided.partition_point(|(decided, _)| *decided <= day);
        let before = behind.checked_sub(1).and_then(|at| self.decided.get(at));
        let after = self.decided.get(behind);
        match (before, after) {
            (Some((found, shift)), _) if *found == day => *shift,
            (Some((_, a)), Some((_, b))) if a == b => *a,
            (Some((_, only)), None) | (None, Some((_, only))) => *only,
            _ => self.base,
        }
    }
}

/// `12345` as `12,345`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Row, Verb, time};

    fn row(time: Millis, arrival: Millis) -> Row {
        Row {
            event: String::new(),
            id: None,
            time,
            arrival: Some(arrival),
            device: None,
            user: None,
            verb: Verb::Track,
            previous: vec![],
            insert_id: None,
            client: None,
            properties: "{}".into(),
            line: 1,
            flags: Flags::default(),
        }
    }

    /// `count` rows a minute apart on a clock that `shift` has to be added to, `late` on the way.
    fn live(count: i64, shift: i64, late: impl Fn(i64) -> i64) -> Vec<Row> {
        (0..count)
            .map(|n| 1_602_611_311_000 + n * 60_000)
            .map(|t| (t, t + shift))
            .enumerate()
            .map(|(n, (time, utc))| row(time, utc + late(i64::try_from(n).unwrap())))
            .collect()
    }

    #[test]
    fn the_documented_sample_is_four_hours_behind() {
        let rows = [row(1_602_611_311_000, 1_602_625_711_874), row(1_602_611_311_000, 1_602_625_711_561)];
        let found = Inference::of(&rows);
        assert_eq!((found.minutes, found.sure, found.shift()), (-240, true, 14_400_000));
        assert_eq!(found.sentence(), "UTC-04:00 (inferred, sure: 2 of 2 rows)");
        assert_eq!(rows[0].time + found.shift(), 1_602_625_711_000);
    }

    #[test]
    fn old_imports_and_late_batches_do_not_matter() {
        let mut rows = live(1_204, 7 * HOUR, |n| if n % 3 == 0 { 40 * 60_000 + n * 61_000 } else { n % 9 * 1000 });
        for n in 0..900 {
            let mut imported = row(1_500_000_000_000, 1_602_625_711_000 + n * 86_400_000);
            imported.flags.set(Flags::IMPORTED);
            rows.push(imported);
        }
        let found = Inference::of(&rows);
        assert_eq!((found.minutes, found.sure), (-420, true), "{found:?}");
        assert!(found.telling <= 1_204);
    }

    #[test]
    fn rows_that_are_late_by_chance_are_not_taken_for_a_zone() {
        for rows in [
            live(3, 0, |n| 50_000_000 + n * 777_777),
            live(4, 0, |n| n * 1_700_000 + 400_000),
            live(1, 0, |_| HOUR + 90_000),
            vec![],
        ] {
            let found = Inference::of(&rows);
            assert_eq!(found.shift(), 0, "{found:?}");
        }
        assert_eq!(Inference::of(&[] as &[Row]).sentence(), "UTC (assumed: too few rows tell)");
    }

    #[test]
    fn utc_is_found_and_odd_zones_too() {
        assert_eq!(Inference::of(&live(30, 0, |n| n * 500)).sentence(), "UTC (inferred, sure: 30 of 30 rows)");
        assert_eq!(Inference::of(&live(30, -20_700_000, |n| n * 500)).minutes, 345);
    }

    #[test]
    fn a_few_rows_that_disagree_leave_utc() {
        let mut rows = live(3, 4 * HOUR, |_| 500);
        rows.extend(live(2, 0, |_| 500));
        let found = Inference::of(&rows);
        assert!(!found.sure, "{found:?}");
    }

    #[test]
    fn a_day_after_the_change_of_clock_has_its_own_offset() {
        let summer = time::parse("2020-10-31T12:00:00").unwrap();
        let winter = time::parse("2020-11-02T12:00:00").unwrap();
        let rows: Vec<Row> = (0..30)
            .flat_map(|n| {
                [
                    row(summer + n * 1000, summer + n * 1000 + 7 * HOUR + 900),
                    row(winter + n, winter + n + 8 * HOUR + 900),
                ]
            })
            .collect();
        let base = Inference::of(&rows).shift();
        assert_eq!(base, 7 * HOUR);
        let days = Days::of(base, &rows);
        assert_eq!(days.shift(summer), 7 * HOUR);
        assert_eq!(days.shift(winter), 8 * HOUR);
        assert_eq!(days.shift(winter + 50 * 24 * HOUR), 8 * HOUR, "nothing later says otherwise");
        assert_eq!(days.shift(summer + 24 * HOUR), 7 * HOUR, "between days that disagree the base counts");
        assert_eq!(Days::of(base, &rows[..20]).shift(winter), 7 * HOUR, "ten rows are too few");
    }
}
