//! Moments as they are written in a query.

use chrono::{DateTime, Duration, Months, NaiveDate, NaiveDateTime, NaiveTime};

use crate::model::Millis;

/// A written moment, as long as the unit that it is written in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Moment {
    /// A time with its zone: from, and the first moment after it.
    Absolute(Millis, Millis),
    /// A date, or a date and a time, on the wall.
    Wall(NaiveDateTime, NaiveDateTime),
    /// A time of any day: from, and how long.
    Daily(NaiveTime, Duration),
    /// So long before the end (negative), or after the start.
    Relative(i64),
}

/// Forms of a moment, for messages.
pub(super) const FORMS: &str = "2019-07-04, 2019-07-04T10:03, 10:03, -7d or +2h";

impl Moment {
    /// Reads a moment; `None` when the text is none.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(span) = text.strip_prefix('-') {
            return Some(Self::Relative(self::span(span)?.checked_neg()?));
        }
        if let Some(span) = text.strip_prefix('+') {
            return Some(Self::Relative(self::span(span)?));
        }
        if let Ok(at) = DateTime::parse_from_rfc3339(&text.replacen(' ', "T", 1)) {
            let unit = if text.contains('.') { 1 } else { 1_000 };
            return Some(Self::Absolute(at.timestamp_millis(), at.timestamp_millis() + unit));
        }
        if let Some((at, long)) = time(text) {
            return Some(Self::Daily(at, long));
        }
        let (date, rest) = match text.split_once(['T', ' ']) {
            Some((date, rest)) => (date, Some(rest)),
            None => (text, None),
        };
        if let Some(rest) = rest {
            let (at, long) = time(rest.trim())?;
            let from = date_of(date)?.and_time(at);
            return Some(Self::Wall(from, from.checked_add_signed(long)?));
        }
        let (from, to) = if let Some(day) = date_of(date) {
            (day, day.succ_opt()?)
        } else if let Some(month) = date_of(&format!("{date}-01")) {
            (month, month.checked_add_months(Months::new(1))?)
        } else if date.len() == 4 {
            let year = date_of(&format!("{date}-01-01"))?;
            (year, year.checked_add_months(Months::new(12))?)
        } else {
            return None;
        };
        Some(Self::Wall(from.and_time(NaiveTime::MIN), to.and_time(NaiveTime::MIN)))
    }

    /// With the date of `other`, if it has none of its own.
    #[must_use]
    pub fn on_day_of(self, other: Self) -> Self {
        match (self, other) {
            (Self::Daily(at, long), Self::Wall(day, _)) => {
                let from = day.date().and_time(at);
                from.checked_add_signed(long).map_or(self, |to| Self::Wall(from, to))
            }
            _ => self,
        }
    }
}

fn date_of(text: &str) -> Option<NaiveDate> {
    // `%Y` alone would take a year of any length.
    let year = text.split('-').next()?;
    if year.len() != 4 {
        return None;
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

/// A time of the day, and how long its unit is.
fn time(text: &str) -> Option<(NaiveTime, Duration)> {
    for (form, long) in [("%H:%M", Duration::minutes(1)), ("%H:%M:%S", Duration::seconds(1))] {
        if let Ok(at) = NaiveTime::parse_from_str(text, form) {
            return Some((at, long));
        }
    }
    Some((NaiveTime::parse_from_str(text, "%H:%M:%S%.f").ok()?, Duration::milliseconds(1)))
}

/// `7d`, `90m`, `1h30m` in milliseconds.
fn span(text: &str) -> Option<i64> {
    let mut all: i64 = 0;
    let mut rest = text;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at_checked(digits)?;
        let units = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(units)?;
        let unit = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 7 * 86_400_000,
            "y" => 365 * 86_400_000,
            _ => return None,
        };
        all = all.checked_add(number.parse::<i64>().ok()?.checked_mul(unit)?)?;
        rest = after;
    }
    Some(all)
}
