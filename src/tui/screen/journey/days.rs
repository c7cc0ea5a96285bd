//! Days as the screen writes them: `10 Jul`, `Wed 10 Jul 2019`, `Wed`, `yesterday`, with or without a time.

use chrono::{Datelike, Days, NaiveDate, NaiveTime, Weekday};

use crate::inspect::filter::Moment;

/// The moment that such a text says, for who stands on the day `here`; `None` when it says none.
///
/// `yesterday` is the day before, `Wed` the next one after, and a day without a year is the nearest.
pub(super) fn read(text: &str, here: NaiveDate) -> Option<Moment> {
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
            (1..=7).find_map(|days| here.checked_add_days(Days::new(days)).filter(|date| date.weekday() == weekday))?
        }
        _ => return None,
    };
    Some(match time {
        Some(time) => Moment::Wall(date.and_time(time), date.and_time(time)),
        None => Moment::Wall(date.and_time(NaiveTime::MIN), date.succ_opt()?.and_time(NaiveTime::MIN)),
    })
}

fn as_time(word: &str) -> Option<NaiveTime> {
    ["%H:%M", "%H:%M:%S", "%H:%M:%S%.f"].iter().find_map(|form| NaiveTime::parse_from_str(word, form).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_on(text: &str, here: &str) -> Option<String> {
        match read(text, here.parse().unwrap())? {
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
    fn what_is_no_day_is_none() {
        for text in
            ["", "10", "Jul", "2019", "31 Jun", "10 Jul Jul", "10 11 Jul", "yesterday Wed", "soon", "10 Jul 25:00"]
        {
            assert_eq!(read_on(text, "2019-07-04"), None, "{text}");
        }
    }
}
