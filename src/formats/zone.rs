//! Turning the clock of a project into UTC (identity.md §4.5).
//!
//! Projects made before 2023 export `time` as the wall clock of the project's zone, written as
//! if it were UTC. Which zone, only the user knows ([`Zone::parse`]), or it is
//! [inferred](super::infer).

use chrono::{DateTime, FixedOffset, LocalResult, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::model::{Millis, near};

/// How much later than its arrival a row may seem to have happened: clocks of devices differ.
pub(super) const SKEW: Millis = 60_000;

/// A zone that times of a raw export are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// UTC.
    Utc,
    /// A fixed distance from UTC, in minutes, east positive.
    Fixed(i32),
    /// A zone of the tz database, with its changes of clock.
    Named(Tz),
    /// To be found out from the data.
    Infer,
}

/// A text that names no zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownZone {
    /// No zone of the tz database has this name.
    #[error("no time zone is called {0:?}; {near}", near = match .1 {
        Some(near) => format!("did you mean {near}?"),
        None => "use a name such as America/Los_Angeles, or an offset such as -08:00".to_owned(),
    })]
    Name(String, Option<&'static str>),
    /// No place on Earth has this offset.
    #[error("{0:?} is no offset from UTC; the farthest are -12:00 and +14:00")]
    Offset(String),
}

impl Zone {
    /// Reads `UTC`, an offset (`+02:00`, `-8`, `+0530`, `UTC-4`), a name of the tz database in any
    /// case (`US/Pacific`, `america/los_angeles`), or `auto` for [`Zone::Infer`].
    pub fn parse(text: &str) -> Result<Self, UnknownZone> {
        let text = text.trim();
        if ["utc", "gmt", "z", "etc/utc"].iter().any(|utc| text.eq_ignore_ascii_case(utc)) {
            return Ok(Self::Utc);
        }
        if ["auto", "infer"].iter().any(|auto| text.eq_ignore_ascii_case(auto)) {
            return Ok(Self::Infer);
        }
        let after_utc = text.get(..3).filter(|head| ["utc", "gmt"].iter().any(|utc| head.eq_ignore_ascii_case(utc)));
        let offset = after_utc.and_then(|_| text.get(3..)).unwrap_or(text).trim();
        if offset.starts_with(['+', '-', '\u{2212}']) {
            let minutes = minutes(offset).ok_or_else(|| UnknownZone::Offset(text.to_owned()))?;
            return Ok(if minutes == 0 { Self::Utc } else { Self::Fixed(minutes) });
        }
        let named = chrono_tz::TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(text));
        named.map(|zone| Self::Named(*zone)).ok_or_else(|| UnknownZone::Name(text.to_owned(), nearest(text)))
    }

    /// The zone by its name for people: `UTC`, `UTC-04:00`, `US/Pacific`.
    pub fn name(&self) -> String {
        match self {
            Self::Utc => "UTC".to_owned(),
            Self::Fixed(minutes) => offset_name(*minutes),
            Self::Named(zone) => zone.name().to_owned(),
            Self::Infer => "inferred".to_owned(),
        }
    }

    /// The moment when the clock of this zone showed `local`, and whether it showed that twice.
    ///
    /// Of two moments the one nearest before the arrival is taken, the first when no arrival is
    /// known. A time that the clock skipped counts from before the change, which moves it
    /// forward. [`Zone::Infer`] leaves the time as it is.
    pub fn to_utc(&self, local: Millis, arrival: Option<Millis>) -> (Millis, bool) {
        match self {
            Self::Utc | Self::Infer => (local, false),
            Self::Fixed(minutes) => (local.saturating_sub(i64::from(*minutes) * 60_000), false),
            Self::Named(zone) => named(*zone, local, arrival),
        }
    }
}

/// `UTC`, `UTC-04:00`.
pub(super) fn offset_name(minutes: i32) -> String {
    if minutes == 0 {
        return "UTC".to_owned();
    }
    let sign = if minutes < 0 { '-' } else { '+' };
    let size = minutes.unsigned_abs();
    format!("UTC{sign}{:02}:{:02}", size / 60, size % 60)
}

fn named(zone: Tz, local: Millis, arrival: Option<Millis>) -> (Millis, bool) {
    let Some(clock) = DateTime::from_timestamp_millis(local).map(|at| at.naive_utc()) else {
        return (local, false);
    };
    let moment = |offset: FixedOffset| local.saturating_sub(i64::from(offset.local_minus_utc()) * 1000);
    match offsets(zone, clock) {
        LocalResult::Single(offset) => (moment(offset), false),
        LocalResult::Ambiguous(a, b) => {
            let (first, second) = (moment(a).min(moment(b)), moment(a).max(moment(b)));
            let second_fits = arrival.is_some_and(|arrival| second <= arrival.saturating_add(SKEW));
            (if second_fits { second } else { first }, true)
        }
        // No zone has two changes within a day; the clock of the day before still goes.
        LocalResult::None => match clock.checked_sub_signed(TimeDelta::days(1)).map(|before| offsets(zone, before)) {
            Some(LocalResult::Single(offset) | LocalResult::Ambiguous(_, offset)) => (moment(offset), false),
            _ => (local, false),
        },
    }
}

fn offsets(zone: Tz, clock: NaiveDateTime) -> LocalResult<FixedOffset> {
    zone.offset_from_local_datetime(&clock).map(|offset| offset.fix())
}

/// Minutes of `+02:00`, `-8`, `+0530`.
fn minutes(text: &str) -> Option<i32> {
    let (sign, digits) = match text.strip_prefix('+') {
        Some(digits) => (1, digits),
        None => (-1, text.trim_start_matches(['-', '\u{2212}'])),
    };
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<i32>().ok()).flatten();
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (number(hours)?, number(minutes)?),
        None if digits.len() == 4 => (number(digits.get(..2)?)?, number(digits.get(2..)?)?),
        None => (number(digits)?, 0),
    };
    let total = sign * (hours.checked_mul(60)?.checked_add(minutes)?);
    (minutes < 60 && (-12 * 60..=14 * 60).contains(&total)).then_some(total)
}

/// The name that `text` was probably meant to be: that of a zone, or of its city alone.
fn nearest(text: &str) -> Option<&'static str> {
    let wanted = text.replace([' ', '-'], "_");
    let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    near::nearest_of(&wanted, names.flat_map(|name| [(name, name), (name, name.rsplit('/').next().unwrap_or(name))]))
}

/// The day that a clock shows, as a number that grows by one each day.
pub(super) fn day(local: Millis) -> i64 {
    local.div_euclid(TimeDelta::days(1).num_milliseconds())
}

/// Whether the clock can be written at all; an absurd one is left alone.
pub(super) fn is_plausible(at: Millis) -> bool {
    (DateTime::<Utc>::MIN_UTC.timestamp_millis()..=DateTime::<Utc>::MAX_UTC.timestamp_millis()).contains(&at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time;

    fn at(text: &str) -> Millis {
        time::parse(text).unwrap()
    }

    #[test]
    fn a_plausible_clock_is_one_that_can_be_written() {
        let (first, last) = (DateTime::<Utc>::MIN_UTC.timestamp_millis(), DateTime::<Utc>::MAX_UTC.timestamp_millis());
        for at in [i64::MIN, first - 1, first, first + 1, -1, 0, last - 1, last, last + 1, i64::MAX] {
            assert_eq!(is_plausible(at), DateTime::<Utc>::from_timestamp_millis(at).is_some(), "{at}");
        }
    }

    #[test]
    fn zones_are_read_as_people_write_them() {
        for (text, zone) in [
            ("UTC", Zone::Utc),
            ("z", Zone::Utc),
            ("+00:00", Zone::Utc),
            ("+02:00", Zone::Fixed(120)),
            ("-8", Zone::Fixed(-480)),
            ("+0530", Zone::Fixed(330)),
            ("UTC-4", Zone::Fixed(-240)),
            ("GMT+1", Zone::Fixed(60)),
            ("US/Pacific", Zone::Named(chrono_tz::US::Pacific)),
            ("america/los_angeles", Zone::Named(chrono_tz::America::Los_Angeles)),
            ("auto", Zone::Infer),
        ] {
            assert_eq!(Zone::parse(text), Ok(zone), "{text}");
        }
    }

    #[test]
    fn an_unknown_zone_is_told_with_the_nearest_name() {
        let said = Zone::parse("US/Pacfic").unwrap_err().to_string();
        assert_eq!(said, "no time zone is called \"US/Pacfic\"; did you mean US/Pacific?");
        assert_eq!(
            Zone::parse("Los Angeles").unwrap_err(),
            UnknownZone::Name("Los Angeles".into(), Some("America/Los_Angeles"))
        );
        for text in ["+15", "-13:00", "+01:60", "+", "+1:2:3", "-99999999999"] {
            assert_eq!(Zone::parse(text), Err(UnknownZone::Offset(text.into())), "{text}");
        }
        assert!(Zone::parse("").is_err());
    }

    #[test]
    fn a_fixed_zone_is_taken_off() {
        assert_eq!(Zone::Fixed(-240).to_utc(1_602_611_311_000, None), (1_602_625_711_000, false));
    }

    #[test]
    fn the_hour_that_the_clock_shows_twice_is_settled_by_the_arrival() {
        let zone = Zone::Named(chrono_tz::US::Pacific);
        let local = at("2020-11-01T01:30:00");
        let (first, second) = (at("2020-11-01T08:30:00"), at("2020-11-01T09:30:00"));
        assert_eq!(zone.to_utc(local, None), (first, true));
        assert_eq!(zone.to_utc(local, Some(first + 5000)), (first, true));
        assert_eq!(zone.to_utc(local, Some(second + 5000)), (second, true));
    }

    #[test]
    fn an_hour_that_the_clock_skips_moves_forward() {
        let zone = Zone::Named(chrono_tz::US::Pacific);
        assert_eq!(zone.to_utc(at("2020-03-08T02:30:00"), None), (at("2020-03-08T10:30:00"), false));
        assert_eq!(zone.to_utc(at("2020-03-08T03:30:00"), None), (at("2020-03-08T10:30:00"), false));
    }

    #[test]
    fn an_absurd_time_is_left_alone() {
        assert_eq!(Zone::Named(chrono_tz::US::Pacific).to_utc(i64::MAX, None), (i64::MAX, false));
        assert_eq!(Zone::Fixed(-60).to_utc(i64::MAX, None), (i64::MAX, false));
    }
}
