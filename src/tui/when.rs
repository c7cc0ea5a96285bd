//! Moments and spans as a person reads them.

use chrono::{Datelike, Local, NaiveDateTime, Timelike, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};

use crate::model::Millis;
use crate::model::near::nearest;
use crate::model::time::utc;
use crate::model::written;

/// The zone that times are shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Zone {
    /// Universal time.
    #[default]
    Utc,
    /// The zone of this machine.
    Local,
    /// A zone by name.
    Named(Tz),
}

impl Zone {
    /// Reads a name in any case: `UTC`, `local`, `Europe/Berlin`; else the name that was probably
    /// meant.
    pub fn parse(text: &str) -> Result<Self, Option<&'static str>> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("utc") {
            return Ok(Self::Utc);
        }
        if text.eq_ignore_ascii_case("local") {
            return Ok(Self::Local);
        }
        let named = TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(text));
        named.copied().map(Self::Named).ok_or_else(|| nearest(text, Self::names()))
    }

    /// Every name, the usual ones first.
    pub fn names() -> impl Iterator<Item = &'static str> {
        ["UTC", "local"].into_iter().chain(TZ_VARIANTS.iter().map(|zone| zone.name()).filter(|name| *name != "UTC"))
    }

    /// What to call it in a corner of the screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utc => "UTC",
            Self::Local => "local",
            Self::Named(zone) => zone.name(),
        }
    }

    /// The clock on the wall there; `None` outside the years 0 to 9999.
    pub fn wall(self, at: Millis) -> Option<NaiveDateTime> {
        let at = utc(at)?;
        Some(match self {
            Self::Utc => at.naive_utc(),
            Self::Local => at.with_timezone(&Local).naive_local(),
            Self::Named(zone) => at.with_timezone(&zone).naive_local(),
        })
    }

    /// When the clock there showed `wall`.
    pub fn moment(self, wall: NaiveDateTime) -> Option<Millis> {
        match self {
            Self::Utc => written::moment(&Utc, wall),
            Self::Local => written::moment(&Local, wall),
            Self::Named(zone) => written::moment(&zone, wall),
        }
    }

    /// A number that is the same for moments of one day there.
    pub fn day(self, at: Millis) -> i64 {
        match self.wall(at) {
            Some(wall) => i64::from(wall.num_days_from_ce()),
            // Still one number for one day, on either side of what a calendar can say.
            None => at.div_euclid(DAY),
        }
    }

    /// `Thu 11 Jul 2019`.
    pub fn date(self, at: Millis) -> String {
        self.format(at, "%a %d %b %Y")
    }

    /// `11 Jul 2019`.
    pub fn short_date(self, at: Millis) -> String {
        self.format(at, "%d %b %Y")
    }

    /// `11 Jul`.
    pub fn day_and_month(self, at: Millis) -> String {
        self.format(at, "%d %b")
    }

    /// `2019-07-11 11:52:31.004 UTC`.
    pub fn full(self, at: Millis) -> String {
        let text = self.format(at, "%Y-%m-%d %H:%M:%S%.3f");
        format!("{text} {}", self.name())
    }

    /// The time of day in at most `columns`: to the millisecond, second or minute.
    pub fn clock(self, at: Millis, columns: usize) -> String {
        let Some(wall) = self.wall(at) else { return format!("{at}") };
        let (hour, minute, second) = (wall.hour(), wall.minute(), wall.second());
        let millis = wall.and_utc().timestamp_subsec_millis();
        match columns {
            12.. => format!("{hour:02}:{minute:02}:{second:02}.{millis:03}"),
            8..12 => format!("{hour:02}:{minute:02}:{second:02}"),
            _ => format!("{hour:02}:{minute:02}"),
        }
    }

    /// What to write at the two ends of a time: dates; times of day where both are of one day, to the
    /// millisecond where less than a second lies between them.
    pub fn ends(self, first: Millis, last: Millis) -> (String, String) {
        if self.day(first) != self.day(last) {
            return (self.short_date(first), self.short_date(last));
        }
        let columns = if last.saturating_sub(first) < SECOND { 12 } else { 8 };
        (self.clock(first, columns), self.clock(last, columns))
    }

    /// From when to when: `01 Jul 2019 to 15 Jul 2019`, `04 Jul 2019, 13:30:01 to 15:42:44`.
    pub fn span(self, first: Millis, last: Millis) -> String {
        let (from, to) = self.ends(first, last);
        match (self.day(first) == self.day(last), from == to) {
            (false, _) => format!("{from} to {to}"),
            (true, true) => format!("{}, {}", self.short_date(first), self.clock(first, 8)),
            (true, false) => format!("{}, {from} to {to}", self.short_date(first)),
        }
    }

    fn format(self, at: Millis, form: &str) -> String {
        match self.wall(at) {
            Some(wall) => wall.format(form).to_string(),
            None => format!("{at} ms"),
        }
    }
}

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// A year of the calendar, on the average.
const YEAR: i64 = 31_556_952_000;

/// The time since the row before, in at most five columns: `200ms`, `39s`, `1m29`, `10d`.
pub fn gap(span: i64) -> String {
    match span {
        ..0 => String::new(),
        0 => "0s".into(),
        1..SECOND => format!("{span}ms"),
        SECOND..10_000 => format!("{}.{}s", span / SECOND, span % SECOND / 100),
        10_000..MINUTE => format!("{}s", span / SECOND),
        MINUTE..HOUR => format!("{}m{:02}", span / MINUTE, span % MINUTE / SECOND),
        HOUR..DAY => format!("{}h{:02}", span / HOUR, span % HOUR / MINUTE),
        _ if span < 2 * YEAR => format!("{}d", span / DAY),
        _ => format!("{}y", span / YEAR),
    }
}

/// A span in its largest unit: `3 min`, `14 s`, `2 h`, `5 d`.
pub fn short(span: i64) -> String {
    match span {
        ..=0 => "0 s".into(),
        1..10_000 => format!("{}.{} s", span / SECOND, span % SECOND / 100),
        10_000..MINUTE => format!("{} s", span / SECOND),
        MINUTE..HOUR => format!("{} min", span / MINUTE),
        HOUR..DAY => format!("{} h", span / HOUR),
        _ if span < 2 * YEAR => format!("{} d", span / DAY),
        _ => format!("{} years", span / YEAR),
    }
}

/// A span in its two largest units: `10 d 2 h`, `2 m 14 s`, `200 ms`.
pub fn span(span: i64) -> String {
    let two = |big: i64, big_name: &str, small: i64, small_name: &str| {
        let (whole, rest) = (span / big, span % big / small);
        if rest == 0 { format!("{whole} {big_name}") } else { format!("{whole} {big_name} {rest} {small_name}") }
    };
    match span {
        ..0 => "no time".into(),
        0..SECOND => format!("{span} ms"),
        SECOND..10_000 => format!("{}.{} s", span / SECOND, span % SECOND / 100),
        10_000..MINUTE => format!("{} s", span / SECOND),
        MINUTE..HOUR => two(MINUTE, "m", SECOND, "s"),
        HOUR..DAY => two(HOUR, "h", MINUTE, "m"),
        _ if span < 2 * YEAR => two(DAY, "d", HOUR, "h"),
        _ => format!("{} years", span / YEAR),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_written_in_five_columns() {
        for (millis, text) in [
            (200, "200ms"),
            (2_290, "2.2s"),
            (39_000, "39s"),
            (89_000, "1m29"),
            (7_500_000, "2h05"),
            (864_000_000, "10d"),
            (-1, ""),
        ] {
            assert_eq!(gap(millis), text);
            assert!(gap(millis).len() <= 5);
        }
        assert!(gap(i64::MAX).len() <= 12);
    }

    #[test]
    fn a_span_is_written_in_two_units() {
        assert_eq!(span(10 * DAY + 2 * HOUR + 5), "10 d 2 h");
        assert_eq!(span(134_000), "2 m 14 s");
        assert_eq!(span(DAY), "1 d");
        assert_eq!(span(700 * DAY), "700 d");
        assert_eq!(span(15_645 * DAY), "42 years", "days say nothing of the clock of a device that was never set");
        assert_eq!((short(15_645 * DAY).as_str(), gap(15_645 * DAY).as_str()), ("42 years", "42y"));
    }

    #[test]
    fn a_day_or_less_is_written_in_times() {
        let at = |hour: i64, millis: i64| 1_562_803_200_000 + hour * HOUR + millis; // 2019-07-11
        assert_eq!(Zone::Utc.span(at(0, 0), at(48, 0)), "11 Jul 2019 to 13 Jul 2019");
        assert_eq!(Zone::Utc.span(at(9, 0), at(11, 5_000)), "11 Jul 2019, 09:00:00 to 11:00:05");
        assert_eq!(Zone::Utc.span(at(9, 4), at(9, 133)), "11 Jul 2019, 09:00:00.004 to 09:00:00.133");
        assert_eq!(Zone::Utc.span(at(9, 4), at(9, 4)), "11 Jul 2019, 09:00:00");
        // One day here is two days there.
        let tokyo = Zone::Named(chrono_tz::Asia::Tokyo);
        assert_eq!(tokyo.span(at(14, 0), at(16, 0)), "11 Jul 2019 to 12 Jul 2019");
    }

    #[test]
    fn the_day_of_a_moment_depends_on_the_zone() {
        let late = 1_562_880_600_000; // 2019-07-11T21:30:00Z
        let paris = Zone::Named(chrono_tz::Europe::Paris);
        assert_eq!(Zone::Utc.date(late), "Thu 11 Jul 2019");
        assert_eq!(paris.clock(late, 8), "23:30:00");
        assert_eq!(Zone::Named(chrono_tz::Asia::Tokyo).date(late), "Fri 12 Jul 2019");
        assert_eq!(paris.full(late), "2019-07-11 23:30:00.000 Europe/Paris");
    }

    #[test]
    fn an_absurd_clock_is_written_in_milliseconds() {
        assert_eq!(Zone::Utc.date(i64::MAX), "9223372036854775807 ms");
        assert_eq!(Zone::Utc.clock(i64::MIN, 12), "-9223372036854775808");
        let _ = Zone::Utc.day(i64::MIN);
    }
}
