//! Whether a mistake becomes more: how many users show it for the first time, day by day.

use std::collections::BTreeMap;

use crate::model::Millis;
use crate::model::time::rfc3339;

/// Days since 1970 in UTC.
pub type Day = i64;

/// Milliseconds of a day.
const DAY: Millis = 24 * 60 * 60 * 1000;

/// Days that "now" is: a week, so that each day of the week is in it once.
const RECENT: Day = 7;

/// Days before them that they are compared with: about a month in all.
const BEFORE: Day = 23;

/// From this factor on it is more or fewer: with less, the noise of small numbers would be a trend.
const FACTOR: (u64, u64) = (3, 2);

/// The day of a time.
pub fn day_of(time: Millis) -> Day {
    time.div_euclid(DAY)
}

/// A day as it is written: `2019-07-10`.
pub fn date_of(day: Day) -> String {
    let text = rfc3339(day.saturating_mul(DAY));
    text.split_once('T').map_or(text.clone(), |(date, _)| date.to_owned())
}

/// Users by day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Days(BTreeMap<Day, u64>);

/// How the last week compares with the weeks before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// Nothing before the last week.
    New,
    /// At least half as much again.
    More,
    /// As before.
    AsEver,
    /// At most two thirds.
    Fewer,
    /// Nothing in the last week.
    Over,
}

impl Trend {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::More => "more",
            Self::AsEver => "as ever",
            Self::Fewer => "fewer",
            Self::Over => "over",
        }
    }
}

impl Days {
    /// Counts users.
    pub fn add(&mut self, day: Day, users: u64) {
        *self.0.entry(day).or_default() += users;
    }

    /// Days with users, the first one first.
    pub fn iter(&self) -> impl Iterator<Item = (Day, u64)> {
        self.0.iter().map(|(day, users)| (*day, *users))
    }

    /// Users of each of the last `days` days up to `last`.
    pub fn last(&self, last: Day, days: Day) -> Vec<u64> {
        let from = last.saturating_sub(days.saturating_sub(1));
        (from..=last).map(|day| self.0.get(&day).copied().unwrap_or_default()).collect()
    }

    /// How the last week of rows from `first` to `last` compares with the weeks before it; `None` where there
    /// are no rows from before that week, or no user has a day.
    pub fn trend(&self, first: Day, last: Day) -> Option<Trend> {
        let recent_from = last.saturating_sub(RECENT - 1);
        if self.0.is_empty() || first >= recent_from {
            return None;
        }
        let sum = |from: Day, to: Day| -> u64 { self.0.range(from..to).map(|(_, users)| *users).sum() };
        let recent = self.0.range(recent_from..).map(|(_, users)| *users).sum::<u64>();
        if recent == 0 {
            return Some(Trend::Over);
        }
        if self.0.range(..recent_from).next().is_none() {
            return Some(Trend::New);
        }
        let from = recent_from.saturating_sub(BEFORE).max(first);
        let before = sum(from, recent_from);
        // Per day: recent / RECENT against before / days.
        let days = u64::try_from(recent_from - from).unwrap_or(1).max(1);
        let (recent, before) = (recent.saturating_mul(days), before.saturating_mul(RECENT.unsigned_abs()));
        let (more, than) = FACTOR;
        Some(if recent.saturating_mul(than) >= before.saturating_mul(more) {
            Trend::More
        } else if recent.saturating_mul(more) <= before.saturating_mul(than) {
            Trend::Fewer
        } else {
            Trend::AsEver
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(days: &[(Day, u64)]) -> Days {
        let mut all = Days::default();
        for (day, users) in days {
            all.add(*day, *users);
        }
        all
    }

    #[test]
    fn days_with_users_come_in_their_order() {
        let days = days(&[(7, 2), (3, 1), (7, 1)]);
        assert_eq!(days.iter().collect::<Vec<_>>(), [(3, 1), (7, 3)]);
        assert_eq!(Days::default().iter().count(), 0);
    }

    #[test]
    fn a_week_is_compared_with_what_was_usual_before_it() {
        let each = |from: Day, to: Day, users: u64| (from..=to).map(|day| (day, users)).collect::<Vec<_>>();
        let steady = days(&each(1, 30, 4));
        assert_eq!(steady.trend(1, 30), Some(Trend::AsEver));
        let more = days(&[each(1, 23, 2), each(24, 30, 3)].concat());
        assert_eq!(more.trend(1, 30), Some(Trend::More));
        let fewer = days(&[each(1, 23, 3), each(24, 30, 2)].concat());
        assert_eq!(fewer.trend(1, 30), Some(Trend::Fewer));
        assert_eq!(days(&each(24, 30, 1)).trend(1, 30), Some(Trend::New));
        assert_eq!(days(&each(1, 23, 1)).trend(1, 30), Some(Trend::Over));
    }

    #[test]
    fn a_short_export_has_no_trend_and_a_short_past_counts_by_its_days() {
        assert_eq!(days(&[(30, 5)]).trend(24, 30), None, "there is no day before the week");
        assert_eq!(Days::default().trend(1, 30), None);
        // Two days before the week with 3 users each: 3 a day then and now.
        let all: Vec<_> = (22..=30).map(|day| (day, 3)).collect();
        assert_eq!(days(&all).trend(22, 30), Some(Trend::AsEver));
    }

    #[test]
    fn days_before_1970_are_days_too() {
        assert_eq!((date_of(-1), date_of(0)), ("1969-12-31".to_owned(), "1970-01-01".to_owned()));
        assert_eq!((day_of(-1), day_of(86_399_999), day_of(86_400_000)), (-1, 0, 1));
        assert_eq!(date_of(59), "1970-03-01");
        assert_eq!(days(&[(2, 7), (4, 1)]).last(4, 4), [0, 7, 0, 1]);
    }
}
