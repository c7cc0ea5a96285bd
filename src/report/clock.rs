//! The clock of the times in a text report.

use std::fmt::Write;

use chrono::{FixedOffset, Local, NaiveDate, NaiveDateTime, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

use crate::model::Millis;
use crate::model::{time, written};

/// A time zone to show times in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Clock {
    /// UTC.
    #[default]
    Utc,
    /// The zone of this computer.
    Local,
    /// A named zone: `Europe/Berlin`.
    Zone(Tz),
    /// A fixed distance from UTC: `+02:00`.
    Fixed(FixedOffset),
}

impl Clock {
    /// What to call it in a report.
    pub fn name(self) -> String {
        match self {
            Self::Utc => "UTC".to_owned(),
            Self::Local => "local time".to_owned(),
            Self::Zone(zone) => zone.name().to_owned(),
            Self::Fixed(offset) => format!("UTC{offset}"),
        }
    }

    /// What the clock showed; `None` for a moment that no calendar has.
    pub fn shows(self, at: Millis) -> Option<NaiveDateTime> {
        let at = time::utc(at)?.naive_utc();
        Some(match self {
            Self::Utc => at,
            Self::Local => Local.from_utc_datetime(&at).naive_local(),
            Self::Zone(zone) => zone.from_utc_datetime(&at).naive_local(),
            Self::Fixed(offset) => offset.from_utc_datetime(&at).naive_local(),
        })
    }

    /// The time of day with milliseconds: `09:16:10.550`.
    pub fn time(self, at: Millis) -> String {
        let mut text = String::with_capacity(12);
        self.write_time(&mut text, at);
        text
    }

    /// Writes what [`Clock::time`] tells behind `text`, and gives the day; `None` for a moment that
    /// no calendar has. A report has millions of times, and a form that is read for each costs more
    /// than all else of a line.
    pub fn write_time(self, text: &mut String, at: Millis) -> Option<NaiveDate> {
        let Some(shown) = self.shows(at) else {
            // Writing to a String cannot fail.
            let _ = write!(text, "{at} ms");
            return None;
        };
        let digit = |number: u32| char::from_digit(number % 10, 10).unwrap_or('0');
        for (number, before) in [(shown.hour(), None), (shown.minute(), Some(':')), (shown.second(), Some(':'))] {
            text.extend(before);
            text.extend([digit(number / 10), digit(number)]);
        }
        let millis = shown.nanosecond() / 1_000_000;
        text.extend(['.', digit(millis / 100), digit(millis / 10), digit(millis)]);
        Some(shown.date())
    }

    /// The day: `Mon 2019-07-01`.
    pub fn day(self, at: Millis) -> String {
        self.form(at, "%a %Y-%m-%d")
    }

    /// The date: `2019-07-01`.
    pub fn date(self, at: Millis) -> String {
        self.form(at, "%Y-%m-%d")
    }

    /// Day and minute: `2019-07-01 09:16`.
    pub fn minute(self, at: Millis) -> String {
        self.form(at, "%Y-%m-%d %H:%M")
    }

    /// Day and second: `2019-07-01 09:16:10`.
    pub fn second(self, at: Millis) -> String {
        self.form(at, "%Y-%m-%d %H:%M:%S")
    }

    /// Day and time to the millisecond: `2019-07-01 09:16:10.550`.
    pub fn stamp(self, at: Millis) -> String {
        self.form(at, "%Y-%m-%d %H:%M:%S%.3f")
    }

    /// When this clock showed `wall`.
    pub fn moment(self, wall: NaiveDateTime) -> Option<Millis> {
        match self {
            Self::Utc => written::moment(&Utc, wall),
            Self::Local => written::moment(&Local, wall),
            Self::Zone(zone) => written::moment(&zone, wall),
            Self::Fixed(offset) => written::moment(&offset, wall),
        }
    }

    /// Day, time and zone: `2019-07-01 09:16:10.550 UTC`.
    pub fn full(self, at: Millis) -> String {
        format!("{} {}", self.stamp(at), self.name())
    }

    fn form(self, at: Millis, form: &str) -> String {
        match self.shows(at) {
            Some(at) => at.format(form).to_string(),
            None => format!("{at} ms"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2019-07-01T23:16:10.550Z.
    const AT: Millis = 1_562_022_970_550;

    fn east(minutes: i32) -> Clock {
        Clock::Fixed(FixedOffset::east_opt(minutes * 60).unwrap())
    }

    #[test]
    fn a_zone_moves_the_day_with_the_hour() {
        let berlin = Clock::Zone(Tz::Europe__Berlin);
        assert_eq!(berlin.day(AT), "Tue 2019-07-02");
        assert_eq!(berlin.time(AT), "01:16:10.550");
        assert_eq!(east(-330).minute(AT), "2019-07-01 17:46");
        assert_eq!(Clock::Utc.second(AT), "2019-07-01 23:16:10");
    }

    #[test]
    fn a_clock_is_called_by_the_name_of_its_zone() {
        assert_eq!(Clock::Zone(Tz::US__Pacific).name(), "US/Pacific");
        assert_eq!(east(120).name(), "UTC+02:00");
    }

    #[test]
    fn a_moment_outside_the_calendar_is_written_in_milliseconds() {
        assert_eq!(Clock::Utc.day(i64::MAX), "9223372036854775807 ms");
    }
}
