//! Offsets as people write them: `1m30s`, `2d 4h`, `250ms`, `1.5s`.

use crate::model::time::Millis;

/// Units and their milliseconds, the longest first.
const UNITS: &[(&str, f64)] = &[("d", 86_400_000.0), ("h", 3_600_000.0), ("m", 60_000.0), ("s", 1000.0), ("ms", 1.0)];

/// No story lasts longer than a hundred years, in milliseconds.
const LONGEST: f64 = 36_525.0 * 86_400_000.0;

/// Milliseconds of an offset.
///
/// # Errors
/// A sentence that says what was expected.
pub fn parse(text: &str) -> Result<Millis, String> {
    let refuse = || {
        format!("cannot read the offset {text:?}: write numbers with d, h, m, s or ms, such as \"1m30s\" or \"2d 4h\"")
    };
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(refuse());
    }
    let mut total = 0.0;
    let mut longest_left = UNITS;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(refuse)?;
        let (number, after) = rest.split_at_checked(digits).ok_or_else(refuse)?;
        let end = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(end).ok_or_else(refuse)?;
        let place = longest_left.iter().position(|(name, _)| *name == unit).ok_or_else(refuse)?;
        let (_, millis) = longest_left.get(place).ok_or_else(refuse)?;
        total += number.parse::<f64>().map_err(|_| refuse())? * millis;
        // A unit twice, or a smaller one first, is a slip more often than it is meant.
        longest_left = longest_left.get(place + 1..).unwrap_or(&[]);
        rest = after.trim_start();
    }
    if total > LONGEST {
        return Err(format!("the offset {text:?} is longer than a hundred years"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and a hundred years")]
    Ok(total.round() as Millis)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn offsets_are_read_in_every_unit() {
        for (text, millis) in [
            ("0s", 0),
            ("1m30s", 90_000),
            ("2d 4h", 187_200_000),
            ("1.5s", 1500),
            ("250ms", 250),
            ("1h 1m 1s 1ms", 3_661_001),
            (" 90s ", 90_000),
        ] {
            assert_eq!(parse(text), Ok(millis), "{text}");
        }
    }

    #[test]
    fn what_is_no_offset_is_refused_by_its_text() {
        for text in ["", "soon", "5", "5x", "1.2.3s", "-5s", "30s 1m", "1m 2m", "s", "1m,2s", "99999999d", "5 s"] {
            let refused = parse(text);
            assert!(refused.as_ref().is_err_and(|what| what.contains(&format!("{text:?}"))), "{text}: {refused:?}");
        }
    }
}
