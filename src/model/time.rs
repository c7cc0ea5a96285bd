//! Moments, in milliseconds since 1970 UTC.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, SecondsFormat, Utc};

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// RFC 3339 in UTC with milliseconds: `2019-07-01T09:16:10.550Z`.
///
/// A moment outside the years that RFC 3339 can write is written in milliseconds, so that an
/// absurd clock in the data is seen and not hidden.
pub fn rfc3339(at: Millis) -> String {
    match utc(at) {
        Some(at) => at.to_rfc3339_opts(SecondsFormat::Millis, true),
        None => format!("{at} ms"),
    }
}

/// The moment as chrono has it; `None` outside the years 0 to 9999.
pub fn utc(at: Millis) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(at).filter(|at| (0..=9999).contains(&at.year()))
}

/// Reads a moment in any form that [`read`] knows; without a zone it is taken as UTC.
pub fn parse(text: &str) -> Option<Millis> {
    read(text).map(|(at, _)| at)
}

/// Forms with an offset from UTC.
const WITH_OFFSET: &[&str] = &[
    "%Y-%m-%dT%H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M:%S%.f%#z",
    // `Time#to_s` of Ruby.
    "%Y-%m-%d %H:%M:%S%.f %z",
    "%Y-%m-%dT%H:%M%#z",
    "%Y-%m-%d %H:%M %#z",
    "%Y%m%dT%H%M%S%.f%#z",
    // `Date` of JavaScript, and Ruby before 1.9.
    "%a %b %d %Y %H:%M:%S GMT%z",
    "%a %b %d %H:%M:%S %z %Y",
    // Logs of web servers.
    "%d/%b/%Y:%H:%M:%S %z",
];

/// Forms without one.
const WITHOUT: &[&str] = &[
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%Y%m%dT%H%M%S%.f",
    "%Y/%m/%d %H:%M:%S%.f",
    "%a %b %d %H:%M:%S %Y",
    "%a, %d %b %Y %H:%M:%S",
];

/// Forms with the name of a month or half a day, as people and spreadsheets write them, without commas.
const BY_PEOPLE: &[&str] = &[
    "%B %d %Y %I:%M:%S %p",
    "%B %d %Y %I:%M %p",
    "%B %d %Y %H:%M:%S",
    "%B %d %Y %H:%M",
    "%d %B %Y %I:%M:%S %p",
    "%d %B %Y %I:%M %p",
    "%d %B %Y %H:%M:%S",
    "%d %B %Y %H:%M",
    "%Y-%m-%d %I:%M:%S%.f %p",
    "%Y-%m-%d %I:%M %p",
    "%Y/%m/%d %I:%M:%S %p",
    "%a %B %d %Y %I:%M:%S %p",
    "%a %B %d %Y %I:%M %p",
    "%a %B %d %Y %H:%M:%S",
    "%Y/%m/%d %H:%M",
    // Oracle.
    "%d-%b-%Y %H:%M:%S%.f",
    // With points the day comes first, in every language that writes so.
    "%d.%m.%Y %H:%M:%S%.f",
    "%d.%m.%Y %H:%M",
];

/// Days in the same forms.
const DAYS: &[&str] = &["%B %d %Y", "%d %B %Y", "%Y/%m/%d", "%d-%b-%Y", "%d.%m.%Y"];

/// Reads a moment, and says whether its text names its zone; without one it is taken as UTC.
///
/// Known are RFC 3339, also with a space for `T`, basic, or as a date alone; RFC 2822; what Ruby,
/// JavaScript and `date` write; English names of months, and `AM` and `PM`; each with an offset, with `UTC`,
/// `GMT` or `Z` behind, or without a zone. `3.4.2024` is a day of April, and `3/4/2024` is one of March or of
/// April, which is not read.
pub fn read(text: &str) -> Option<(Millis, bool)> {
    let text = text.trim();
    // Nothing else begins and ends so; the words of an event are not tried form by form.
    if text.len() < 8 || text.len() > 80 || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if let Some(read) = usual(text) {
        return Some(read);
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text)) {
        return Some((at.timestamp_millis(), true));
    }
    // The name of a zone behind an offset says nothing more: `Fri Jul 12 2013 12:00:00 GMT+0200 (CEST)`
    // of JavaScript, `2013-07-12 12:00:00 +0200 CEST` of Go.
    let plain = text.split_once(" (").map_or(text, |(text, _)| text);
    let named = plain.rsplit_once(' ').filter(|(before, name)| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase()) && ends_in_offset(before)
    });
    let plain = named.map_or(plain, |(before, _)| before);
    if let Some(at) = WITH_OFFSET.iter().find_map(|form| DateTime::parse_from_str(plain, form).ok()) {
        return Some((at.timestamp_millis(), true));
    }
    let named = ["UTC", "GMT", "Z"].iter().find_map(|zone| plain.strip_suffix(zone));
    // `Fri Jul 12 10:00:00 UTC 2013`
    let inside = plain.replacen(" UTC ", " ", 1);
    let (bare, zoned) = match named {
        Some(bare) => (bare.trim_end(), true),
        None => (inside.as_str(), inside.len() < plain.len()),
    };
    if let Some(at) = WITHOUT.iter().find_map(|form| NaiveDateTime::parse_from_str(bare, form).ok()) {
        return Some((at.and_utc().timestamp_millis(), zoned));
    }
    // Browsers put a narrow space before `AM`.
    let words = bare.replace(',', " ").split_whitespace().collect::<Vec<_>>().join(" ");
    // `May 2013 10:00` is no 20 May of the year 13.
    let of_now = |date: NaiveDate| date.year() >= 1000;
    let mut by_people = BY_PEOPLE.iter().filter_map(|form| NaiveDateTime::parse_from_str(&words, form).ok());
    if let Some(at) = by_people.find(|at| of_now(at.date())) {
        return Some((at.and_utc().timestamp_millis(), zoned));
    }
    let by_people = || DAYS.iter().filter_map(|form| NaiveDate::parse_from_str(&words, form).ok());
    let date = NaiveDate::parse_from_str(bare, "%Y-%m-%d").ok().or_else(|| by_people().find(|date| of_now(*date)))?;
    Some((date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis(), zoned))
}

/// Reads the form that most programs write, `2019-07-01T09:16:10.550Z`, with a space for the `T`, any
/// fraction of at most nine digits, and perhaps without a zone; every other is left to [`read`], which gives the
/// same for these.
fn usual(text: &str) -> Option<(Millis, bool)> {
    let (bytes, zoned) = match text.as_bytes() {
        [bytes @ .., b'Z'] => (bytes, true),
        bytes => (bytes, false),
    };
    let (moment, fraction) = bytes.split_at_checked(19)?;
    let signs = [(4, b"-"), (7, b"-"), (13, b":"), (16, b":")];
    let is_written = |(at, sign): (usize, &[u8; 1])| moment.get(at) == sign.first();
    if !signs.into_iter().all(is_written) || !matches!(moment.get(10), Some(b'T' | b' ')) {
        return None;
    }
    let two = |at: usize| match moment.get(at..at + 2) {
        Some([tens @ b'0'..=b'9', ones @ b'0'..=b'9']) => Some(u32::from(tens - b'0') * 10 + u32::from(ones - b'0')),
        _ => None,
    };
    let year = i32::try_from(two(0)? * 100 + two(2)?).ok()?;
    let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let millis = match fraction {
        [] => 0,
        [b'.', digits @ ..] if (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) => {
            let place = |at: usize| digits.get(at).map_or(0, |byte| i64::from(byte - b'0'));
            place(0) * 100 + place(1) * 10 + place(2)
        }
        _ => return None,
    };
    let date = NaiveDate::from_ymd_opt(year, two(5)?, two(8)?)?;
    Some((date.and_hms_opt(hour, minute, second)?.and_utc().timestamp_millis() + millis, zoned))
}

/// Reads a time that says how far from UTC it is, in any form that [`read`] knows.
pub fn parse_zoned(text: &str) -> Option<Millis> {
    read(text).filter(|(_, zoned)| *zoned).map(|(at, _)| at)
}

/// Whether a time ends in `+02`, `+0200` or `+02:00`.
fn ends_in_offset(text: &str) -> bool {
    let Some(at) = text.rfind(['+', '-']) else { return false };
    let digits = text.get(at + 1..).unwrap_or_default();
    // A time of day stands before it: a date ends in digits, too.
    let is_offset =
        matches!(digits.len(), 2 | 4 | 5) && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    is_offset && text.get(..at).unwrap_or_default().contains(':')
}

/// A length of time in its largest sensible unit: `0.8 s`, `12 min`, `3 h`, `5 d`.
pub fn span(millis: Millis) -> String {
    let millis = millis.unsigned_abs();
    match millis {
        0..=999 => format!("{millis} ms"),
        1000..=9_999 => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
        10_000..=119_999 => format!("{} s", millis / 1000),
        120_000..=7_199_999 => format!("{} min", millis / 60_000),
        7_200_000..=172_799_999 => format!("{} h", millis / 3_600_000),
        _ => format!("{} d", millis / 86_400_000),
    }
}

/// How many of `times` are in each of `parts` equal parts of the time from the first to the last.
pub fn activity(times: impl Iterator<Item = Millis> + Clone, parts: usize) -> Vec<u64> {
    let (Some(first), Some(last)) = (times.clone().min(), times.clone().max()) else { return Vec::new() };
    let mut counts = vec![0; parts];
    for time in times {
        if let Some(count) = counts.get_mut(part(time, (first, last), parts)) {
            *count += 1;
        }
    }
    counts
}

/// The part, of `parts` equal ones of the time from `first` to `last`, that `t` is in.
pub fn part(t: Millis, (first, last): (Millis, Millis), parts: usize) -> usize {
    let whole = i128::from(last) - i128::from(first) + 1;
    let at = (i128::from(t) - i128::from(first)) * (parts as i128) / whole.max(1);
    usize::try_from(at).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_last_moment_is_in_the_last_part() {
        assert_eq!((part(0, (0, 99), 4), part(25, (0, 99), 4), part(99, (0, 99), 4)), (0, 1, 3));
        assert_eq!(part(i64::MAX, (i64::MIN, i64::MAX), 10), 9);
    }

    #[test]
    fn a_moment_reads_back_as_it_was_written() {
        for at in [0, 1_602_611_311_007, -1, 253_402_300_799_999] {
            assert_eq!(parse(&rfc3339(at)), Some(at));
        }
    }

    #[test]
    fn a_time_with_a_zone_is_read_however_a_language_writes_it() {
        for text in [
            "2013-07-12 12:00:00 +0200",
            "2013-07-12 12:00:00.000 +0200",
            "2013-07-12 12:00:00+02:00",
            "2013-07-12 12:00:00+02",
            "2013-07-12T12:00:00+0200",
            "2013-07-12T12:00+02:00",
            "2013-07-12 12:00 +0200",
            "2013-07-12 12:00:00 +0200 CEST",
            "2013-07-12 15:30:00 +0530 IST",
            "2013-07-12 03:00:00 -0700",
            "2013-07-12 10:00:00 UTC",
            "2013-07-12 10:00:00 GMT",
            "2013-07-12T10:00:00Z",
            "Fri, 12 Jul 2013 12:00:00 +0200",
            "Fri, 12 Jul 2013 10:00:00 GMT",
            "Fri Jul 12 2013 12:00:00 GMT+0200 (CEST)",
        ] {
            assert_eq!(parse(text).map(rfc3339).as_deref(), Some("2013-07-12T10:00:00.000Z"), "{text}");
            assert_eq!(parse_zoned(text), parse(text), "{text}");
        }
        for text in
            ["2013-07-12", "2013-07-12 10:00:00", "2013-07-12T10:00", "1373623200", "", "+02", "12:00 +0200", "é-02"]
        {
            assert_eq!(parse_zoned(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_is_read_as_people_write_it_and_a_day_that_can_be_two_is_not() {
        for text in [
            "Jul 12, 2013, 3:04:05 PM",
            "Jul 12, 2013, 3:04:05\u{202f}PM",
            "July 12, 2013 03:04:05 pm",
            "Jul 12, 2013 15:04:05",
            "12 Jul 2013 15:04:05",
            "12 July 2013, 3:04:05 PM",
            "2013-07-12 3:04:05 PM",
            "2013-07-12 03:04:05.000 PM",
            "2013/07/12 03:04:05 PM",
            "12-JUL-2013 15:04:05.000",
            "Fri, Jul 12, 2013, 3:04:05 PM",
            "12.07.2013 15:04:05",
            "12.7.2013, 15:04:05.000",
        ] {
            assert_eq!(read(text), Some((1_373_641_445_000, false)), "{text}");
            assert_eq!(read(&format!("{text} UTC")), Some((1_373_641_445_000, true)), "{text}");
        }
        for text in [
            "Jul 12, 2013",
            "12 July 2013",
            "July 12 2013, 12:00 AM",
            "2013/07/12",
            "2013/07/12 00:00",
            "12-Jul-2013",
            "12.07.2013",
            "12.07.2013 00:00",
        ] {
            assert_eq!(read(text), Some((1_373_587_200_000, false)), "{text}");
        }
        for text in [
            "7/12/2013 3:04 PM",
            "7.13.2013 15:04",
            "12.07.13 15:04",
            "Jul 12",
            "Version 12, 2013",
            "12-JUL-13",
            "May 2013 10:00",
            "Jul 32, 2013",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn one_moment_is_read_in_every_form_and_says_whether_it_names_its_zone() {
        let at = 1_373_623_200_000;
        for text in [
            "2013-07-12T10:00:00Z",
            "2013-07-12T10:00:00.000000Z",
            "2013-07-12T12:00:00+02:00",
            "2013-07-12T12:00:00+0200",
            "2013-07-12 12:00:00.000000+02:00",
            "2013-07-12 12:00:00+02",
            "2013-07-12 03:00:00 -0700",
            "2013-07-12 10:00:00 UTC",
            "2013-07-12 10:00:00.000 UTC",
            "20130712T100000Z",
            "Fri, 12 Jul 2013 10:00:00 +0000",
            "Fri, 12 Jul 2013 10:00:00 GMT",
            "Fri Jul 12 2013 12:00:00 GMT+0200 (Central European Summer Time)",
            "Fri Jul 12 12:00:00 +0200 2013",
            "12/Jul/2013:12:00:00 +0200",
            "Fri Jul 12 10:00:00 UTC 2013",
        ] {
            assert_eq!(read(text), Some((at, true)), "{text}");
        }
        for text in [
            "2013-07-12T10:00:00",
            " 2013-07-12 10:00:00.000 ",
            "2013-07-12T10:00",
            "2013/07/12 10:00:00",
            "20130712T100000",
            "Fri Jul 12 10:00:00 2013",
        ] {
            assert_eq!(read(text), Some((at, false)), "{text}");
        }
        for text in ["", "soon", "07/12/2013 10:00", "2013-13-12T10:00:00Z", "10:00:00", "version 2013"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn an_absurd_clock_is_written_in_milliseconds() {
        assert_eq!(rfc3339(i64::MAX), "9223372036854775807 ms");
    }

    /// What [`read`] says of a text that [`usual`] does not know.
    fn by_forms(text: &str) -> Option<(Millis, bool)> {
        if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            return Some((at.timestamp_millis(), true));
        }
        let form = WITHOUT.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?;
        Some((form.and_utc().timestamp_millis(), false))
    }

    #[test]
    fn the_usual_form_of_a_time_is_read_as_all_forms_are() {
        for (text, at) in [
            ("2019-07-01T09:16:10.550Z", Some((1_561_972_570_550, true))),
            ("2019-07-01 09:16:10", Some((1_561_972_570_000, false))),
            ("1969-12-31T23:59:59.9999Z", Some((-1, true))),
            ("2020-02-29 00:00:00.123456789", Some((1_582_934_400_123, false))),
            ("2019-02-29T09:16:10Z", None),
            ("2019-07-01T24:16:10Z", None),
            ("2019-07-01T09:16:60Z", None),
            ("2019-07-01T09:16:10.Z", None),
            ("2019-07-01T09:16:10.1234567890Z", None),
            ("2019-07-01T09:16:10+02:00", None),
            ("2019-07-01t09:16:10Z", None),
        ] {
            assert_eq!(usual(text), at, "{text}");
            assert!(at.is_none() || by_forms(text) == at, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_taken_for_the_usual_form_the_others_read_alike(
            text in "[0-2][0-9]{3}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,10})?Z?",
        ) {
            if let Some(at) = usual(&text) {
                prop_assert_eq!(by_forms(&text), Some(at));
            }
        }
    }
}
