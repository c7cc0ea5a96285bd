//! Days as the screen writes them: `10 Jul`, `Wed 10 Jul 2019`, `Wed`, `yesterday`, with or without a time.

use chrono::{Datelike, Days, NaiveDate, NaiveTime, Weekday};

use crate::inspect::filter::Moment;

/// Where a day is said from: the day of the selected row, and the days that have rows.
pub(super) struct Here<'a> {
    pub(super) day: NaiveDate,
    pub(super) last: NaiveDate,
    /// The last day with this name that has rows.
    pub(super) last_with: &'a dyn Fn(Weekday) -> Option<NaiveDate>,
}

/// The moment that such a text says; `None` when it says none.
///
/// `yesterday` is the day before, `Wed` the next one after, or the last one with rows where the journey ends before
/// that, and a day without a year is the nearest.
pub(super) fn read(text: &str, from: &Here<'_>) -> Option<Moment> {
    let here = from.day;
    let (mut weekday, mut near, mut day, mut month, mut year, mut time) = (None, None, None, None, None, None);
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        let first = |slot: &mut Option<_>, value| slot.replace(value).is_none();
        let is_new = if let Some(at) = as_time(word) {
            time.replace(at).is_none()
        } else if let Ok(number) = word.trim_end_matches('.').parse::<u32>() {
            if word.len() == 4 { first(&mut year, number) } else { first(&mut day, number) }
        } else if let Ok(name) = word.parse::<chrono::Month>() {
            first(&mut month, name.number_from_month())
        } else if let Ok(name) = word.parse::<Weekday>() {
            weekday.replace(name).is_none()
        } else {
            let away = match word.to_ascii_lowercase().as_str() {
                "yesterday" => here.pred_opt()?,
                "today" => here,
                "tomorrow" => here.succ_opt()?,
                _ => return None,
            };
            near.replace(away).is_none()
        };
        if !is_new {
            return None;
        }
    }
    let date = match (near, day, month, weekday) {
        (Some(near), None, None, None) if year.is_none() => near,
        // The name of its weekday adds nothing to a date.
        (None, Some(day), Some(month), _) => match year {
            Some(year) => NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?,
            None => (here.year() - 1..=here.year() + 1)
                .filter_map(|year| NaiveDate::from_ymd_opt(year, month, day))
                .min_by_key(|date| (*date - here).num_days().abs())?,
        },
        (None, None, None, Some(weekday)) if year.is_none() => {
            let is_it = |date: &NaiveDate| date.weekday() == weekday;
            let next = (1..=7).find_map(|days| here.checked_add_days(Days::new(days)).filter(is_it));
            let is_past_the_end = next.is_none_or(|date| date > from.last);
            let before = is_past_the_end.then(|| (from.last_with)(weekday)).flatten();
            before.or(next)?
        }
        _ => return None,
    };
    Some(match time {
        Some(time) => Moment::Wall(date.and_time(time), date.and_time(time)),
        None => Moment::Wall(date.and_time(NaiveTime::MIN), date.succ_opt()?.and_time(NaiveTime::MIN)),
    })
}

/// Whether such a text names a weekday and no date.
pub(super) fn is_weekday(text: &str) -> bool {
    let mut words = text.split([' ', ',']).filter(|word| !word.is_empty() && as_time(word).is_none());
    words.next().is_some_and(|word| word.parse::<Weekday>().is_ok()) && words.next().is_none()
}

fn as_time(word: &str) -> Option<NaiveTime> {
    ["%H:%M", "%H:%M:%S", "%H:%M:%S%.f"].iter().find_map(|form| NaiveTime::parse_from_str(word, form).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_on(text: &str, here: &str) -> Option<String> {
        read_before(text, here, "2030-01-01")
    }

    fn read_before(text: &str, here: &str, last: &str) -> Option<String> {
        let last: NaiveDate = last.parse().unwrap();
        // Each day of the last two weeks but Saturdays has rows.
        let last_with = |weekday: Weekday| {
            let mut days = last.iter_days().rev().take(14);
            days.find(|day| day.weekday() == weekday && weekday != Weekday::Sat)
        };
        match read(text, &Here { day: here.parse().unwrap(), last, last_with: &last_with })? {
            Moment::Wall(from, _) => Some(from.format("%a %Y-%m-%d %H:%M:%S%.3f").to_string()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_day_is_read_as_the_screen_writes_it() {
        for (text, meant) in [
            ("10 Jul", "Wed 2019-07-10 00:00:00.000"),
            ("Jul 10", "Wed 2019-07-10 00:00:00.000"),
            ("10 july 2018", "Tue 2018-07-10 00:00:00.000"),
            ("Wed 10 Jul 2019", "Wed 2019-07-10 00:00:00.000"),
            ("10 Jul 19:13:04.098", "Wed 2019-07-10 19:13:04.098"),
            ("Wed, 10 Jul, 19:13", "Wed 2019-07-10 19:13:00.000"),
            ("wed", "Wed 2019-07-10 00:00:00.000"),
            ("Thursday", "Thu 2019-07-11 00:00:00.000"),
            ("yesterday", "Wed 2019-07-03 00:00:00.000"),
            ("today 09:14", "Thu 2019-07-04 09:14:00.000"),
            ("Tomorrow", "Fri 2019-07-05 00:00:00.000"),
        ] {
            assert_eq!(read_on(text, "2019-07-04").as_deref(), Some(meant), "{text}");
        }
    }

    #[test]
    fn a_day_without_a_year_is_the_nearest() {
        assert_eq!(read_on("30 Dec", "2020-01-02").as_deref(), Some("Mon 2019-12-30 00:00:00.000"));
        assert_eq!(read_on("2 Jan", "2019-12-30").as_deref(), Some("Thu 2020-01-02 00:00:00.000"));
        assert_eq!(read_on("29 Feb", "2019-07-04").as_deref(), Some("Sat 2020-02-29 00:00:00.000"));
    }

    #[test]
    fn a_weekday_past_the_last_row_is_the_one_before() {
        for (text, here, last, meant) in [
            // Mon 15 Jul is the last day.
            ("Wed", "2019-07-15", "2019-07-15", "Wed 2019-07-10 00:00:00.000"),
            ("Wed 19:13", "2019-07-15", "2019-07-15", "Wed 2019-07-10 19:13:00.000"),
            ("Mon", "2019-07-15", "2019-07-15", "Mon 2019-07-15 00:00:00.000"),
            ("Sun", "2019-07-10", "2019-07-13", "Sun 2019-07-07 00:00:00.000"),
            // None has rows: then the moment past the end is as good as any.
            ("Sat", "2019-07-15", "2019-07-15", "Sat 2019-07-20 00:00:00.000"),
            // The last day itself has rows, and a date is the date.
            ("Mon", "2019-07-10", "2019-07-15", "Mon 2019-07-15 00:00:00.000"),
            ("Wed 17 Jul", "2019-07-15", "2019-07-15", "Wed 2019-07-17 00:00:00.000"),
            ("tomorrow", "2019-07-15", "2019-07-15", "Tue 2019-07-16 00:00:00.000"),
        ] {
            assert_eq!(read_before(text, here, last).as_deref(), Some(meant), "{text} on {here}");
        }
        assert!(["Wed", "wed, 19:13", "Thursday"].into_iter().all(is_weekday));
        assert!(!["Wed 17 Jul", "yesterday", "", "19:13", "Wed Thu"].into_iter().any(is_weekday));
    }

    #[test]
    fn what_is_no_day_is_none() {
        for text in
            ["", "10", "Jul", "2019", "31 Jun", "10 Jul Jul", "10 11 Jul", "yesterday Wed", "soon", "10 Jul 25:00"]
        {
            assert_eq!(read_on(text, "2019-07-04"), None, "{text}");
        }
    }
}
