//! A moment as a person writes it: a day, a minute, a second, with or without a zone.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, TimeZone};

use super::Millis;

/// A moment read from text, as exact as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    wall: NaiveDateTime,
    offset: Option<FixedOffset>,
    /// How long what was written lasts: a day, a minute, a second, a millisecond.
    lasts: Millis,
}

/// Forms with a time of day, and how long each lasts.
const FORMS: &[(&str, Millis)] =
    &[("%H:%M", 60_000), ("%H:%M:%S", 1_000), ("%H:%M:%S%.3f", 1), ("%H:%M:%S%.6f", 1), ("%H:%M:%S%.f", 1)];

const DAY: Millis = 86_400_000;

impl Written {
    /// Reads `2019-07-10`, `2019-07-10 19:13`, `2019-07-10T19:13:04.098`, each with a time also
    /// with `Z`, `UTC` or an offset (`+02:00`) behind it.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            return Some(Self { wall: date.and_hms_opt(0, 0, 0)?, offset: None, lasts: DAY });
        }
        let (bare, offset) = zone(text);
        FORMS.iter().find_map(|(form, lasts)| {
            ["%Y-%m-%d", "%Y-%m-%dT"].iter().zip([" ", ""]).find_map(|(day, gap)| {
                let wall = NaiveDateTime::parse_from_str(bare, &format!("{day}{gap}{form}")).ok()?;
                Some(Self { wall, offset, lasts: *lasts })
            })
        })
    }

    /// The first millisecond of what was written; as [`Written::end`].
    pub fn begin(&self, wall: impl Fn(NaiveDateTime) -> Option<Millis>) -> Option<Millis> {
        match self.offset {
            Some(offset) => Some(offset.from_local_datetime(&self.wall).single()?.timestamp_millis()),
            None => wall(self.wall),
        }
    }

    /// The last millisecond of what was written: a day means all of it. `wall` says when a clock
    /// without a zone showed something; `None` where none ever did.
    pub fn end(&self, wall: impl Fn(NaiveDateTime) -> Option<Millis>) -> Option<Millis> {
        let begin = match self.offset {
            Some(offset) => offset.from_local_datetime(&self.wall).single()?.timestamp_millis(),
            None if self.lasts == DAY => return Some(wall(self.wall.checked_add_days(chrono::Days::new(1))?)? - 1),
            None => wall(self.wall)?,
        };
        begin.checked_add(self.lasts - 1)
    }
}

/// When the clock of `zone` showed `wall`: the later time if it did twice; where it never did,
/// when it would have with the hours that it left out.
pub fn moment<Z: TimeZone>(zone: &Z, wall: NaiveDateTime) -> Option<Millis> {
    let at =
        |wall: NaiveDateTime| zone.from_local_datetime(&wall).latest().map(|at: DateTime<Z>| at.timestamp_millis());
    // No clock leaves out more than a few hours.
    at(wall).or_else(|| at(wall.checked_add_signed(chrono::TimeDelta::hours(3))?)?.checked_sub(3 * 3_600_000))
}

/// The text without a zone at its end, and that zone.
fn zone(text: &str) -> (&str, Option<FixedOffset>) {
    if let Some(bare) = text.strip_suffix('Z').or_else(|| text.strip_suffix(" UTC")) {
        return (bare, FixedOffset::east_opt(0));
    }
    let at = text.char_indices().skip(11).find(|(_, c)| matches!(c, '+' | '-')).map(|(at, _)| at);
    let split = at.and_then(|at| Some((text.get(..at)?, text.get(at..)?.parse().ok()?)));
    split.map_or((text, None), |(bare, offset)| (bare.trim_end(), Some(offset)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::parse;
    use chrono::Utc;

    fn end(text: &str) -> Option<Millis> {
        Written::parse(text)?.end(|wall| moment(&Utc, wall))
    }

    #[test]
    fn what_is_written_means_all_of_it() {
        for (text, last) in [
            ("2019-07-10", "2019-07-10T23:59:59.999Z"),
            ("2019-07-10 19:13", "2019-07-10T19:13:59.999Z"),
            ("2019-07-10T19:13", "2019-07-10T19:13:59.999Z"),
            ("2019-07-10T19:13:04Z", "2019-07-10T19:13:04.999Z"),
            (" 2019-07-10 19:13:04.098 UTC ", "2019-07-10T19:13:04.098Z"),
            ("2019-07-10T19:13:04.098+02:00", "2019-07-10T17:13:04.098Z"),
            ("2019-07-10 19:13 -05:30", "2019-07-11T00:43:59.999Z"),
        ] {
            assert_eq!(end(text), parse(last), "{text}");
        }
        for text in ["", "now", "yesterday", "2019-13-01", "2019-07-10 25:00", "12345"] {
            assert_eq!(end(text), None, "{text}");
        }
    }

    #[test]
    fn an_hour_that_a_clock_shows_twice_is_the_later_and_one_it_never_shows_is_passed() {
        let berlin = chrono_tz::Europe::Berlin;
        let at = |text: &str| Written::parse(text).unwrap().end(|wall| moment(&berlin, wall));
        assert_eq!(at("2019-10-27 02:30"), parse("2019-10-27T01:30:59.999Z"));
        assert_eq!(at("2019-03-31 02:30"), parse("2019-03-31T00:30:59.999Z"));
        assert_eq!(at("2019-07-10"), parse("2019-07-10T21:59:59.999Z"));
    }
}
