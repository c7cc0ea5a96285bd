//! Moments, in milliseconds since 1970 UTC.

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// RFC 3339 in UTC with milliseconds: `2019-07-01T09:16:10.550Z`.
///
/// A moment outside the years that RFC 3339 can write is told in milliseconds, so that an
/// absurd clock in the data is seen and not hidden.
pub fn rfc3339(at: Millis) -> String {
    match utc(at) {
        Some(at) => at.to_rfc3339_opts(SecondsFormat::Millis, true),
        None => format!("{at} ms"),
    }
}

/// The moment as chrono has it; `None` outside the years 0 to 9999.
pub fn utc(at: Millis) -> Option<DateTime<Utc>> {
    use chrono::Datelike;
    DateTime::from_timestamp_millis(at).filter(|at| (0..=9999).contains(&at.year()))
}

/// Reads RFC 3339, also with a space for `T`, without a zone (UTC) or as a date alone.
pub fn parse(text: &str) -> Option<Millis> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.timestamp_millis());
    }
    for form in
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f UTC", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
    {
        if let Ok(at) = NaiveDateTime::parse_from_str(text, form) {
            return Some(at.and_utc().timestamp_millis());
        }
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_back_as_it_was_written() {
        for at in [0, 1_602_611_311_007, -1, 253_402_300_799_999] {
            assert_eq!(parse(&rfc3339(at)), Some(at));
        }
    }

    #[test]
    fn an_absurd_clock_is_told_in_milliseconds() {
        assert_eq!(rfc3339(i64::MAX), "9223372036854775807 ms");
    }
}
