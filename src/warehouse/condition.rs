//! What a search asks of rows, in SQL: a condition that holds of every row that is looked for.
//!
//! How a text is compared with a value is the same for every source, and is decided here and not on the server, whose
//! versions differ in what they call the lower case of a letter. A condition leaves out what cannot be meant,
//! and the caller reads what it leaves. It looks for runs of ASCII alone: two letters have an ASCII letter in
//! their lower case and are none, and a text in JSON can be written with a backslash.

use super::wire::{containing, literal};
use crate::model::clue::{Asked, Clue};

/// Letters that have an ASCII letter in their lower case, with that letter.
const NEARLY_ASCII: [(char, char); 2] = [('\u{212a}', 'k'), ('\u{130}', 'i')];

/// What a clue asks of a row with its properties in the column `properties`, in SQL; `None` where any row can be so.
/// `of_head` gives the same of what it asks of other columns.
pub(super) fn condition(clue: &Clue, properties: &str, of_head: &dyn Fn(&Clue) -> Option<String>) -> Option<String> {
    let of = |clue: &Clue| condition(clue, properties, of_head);
    match clue {
        Clue::Unknown => None,
        Clue::All(all) => {
            let parts: Vec<String> = all.iter().filter_map(of).collect();
            (!parts.is_empty()).then(|| parts.join(" AND "))
        }
        Clue::OneOf(all) => {
            let parts: Vec<String> = all.iter().map(|clue| Some(format!("({})", of(clue)?))).collect::<Option<_>>()?;
            Some(if parts.is_empty() { "0".to_owned() } else { format!("({})", parts.join(" OR ")) })
        }
        Clue::Property(name, asked) => property(properties, name, asked),
        head => of_head(head),
    }
}

/// The condition that a text in JSON has a property of this name with such a value in it.
fn property(column: &str, name: &str, asked: &Asked) -> Option<String> {
    let last = name.rsplit('.').next().unwrap_or_default();
    let value = match asked {
        Asked::Equals(text) | Asked::Contains(text) => text.as_str(),
        Asked::Exists | Asked::Within(..) => "",
    };
    // One number can be written in many ways.
    let is_number =
        value.bytes().all(|byte| byte.is_ascii_digit() || b".+-eE".contains(&byte)) || value.parse::<f64>().is_ok();
    let texts = [(last, last == "*"), (value, is_number)];
    let needles: Vec<String> =
        texts.into_iter().filter(|(_, skipped)| !skipped).filter_map(|(text, _)| run(text)).collect();
    if needles.is_empty() {
        return None;
    }
    let has = |needle: &String| format!("positionCaseInsensitive({column}, {}) > 0", literal(needle));
    let mut ways = vec![format!("({})", needles.iter().map(has).collect::<Vec<_>>().join(" AND "))];
    let near = NEARLY_ASCII.iter().filter(|(_, ascii)| needles.iter().any(|needle| needle.contains(*ascii)));
    let other = near.map(|(letter, _)| letter.to_string()).chain(["\\".to_owned()]);
    ways.extend(other.map(|text| format!("position({column}, {}) > 0", literal(&text))));
    Some(format!("({})", ways.join(" OR ")))
}

/// The condition that the column `lower`, which has a text in lower case, can have `part` in it.
pub(super) fn can_contain(part: &str) -> Option<String> {
    Some(format!("lower LIKE {}", containing(&run(part)?)))
}

/// The longest run of ASCII in a text, in lower case; `None` where it has none. Whatever contains the text in any case
/// has the run in its lower case.
fn run(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let longest = lower.split(|c: char| !c.is_ascii()).max_by_key(|run| run.len())?;
    (!longest.is_empty()).then(|| longest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, asked: Asked) -> Option<String> {
        condition(&Clue::Property(name.to_owned(), asked), "p", &|_| None)
    }

    #[test]
    fn a_condition_asks_for_what_stands_in_the_text_however_it_is_written() {
        let plan = of("plan", Asked::Equals("Pro".to_owned())).unwrap();
        assert_eq!(
            plan,
            r"((positionCaseInsensitive(p, 'plan') > 0 AND positionCaseInsensitive(p, 'pro') > 0) OR position(p, '\\') > 0)"
        );
        // A number can be written in many ways, and any property has any name.
        assert!(!of("n", Asked::Equals("20".to_owned())).unwrap().contains("20"));
        assert_eq!(of("*", Asked::Contains("2.5".to_owned())), None);
        assert_eq!(of("*", Asked::Exists), None);
        // Of other letters only what is ASCII is looked for, and letters that have one in their lower case.
        let city = of("*", Asked::Equals("K\u{d6}LN".to_owned())).unwrap();
        assert!(city.contains("'ln'") && !city.contains("\u{f6}") && !city.contains('\u{212a}'), "{city}");
        assert!(of("*", Asked::Contains("kelvin".to_owned())).unwrap().contains('\u{212a}'));
        assert_eq!(of("*", Asked::Contains("\u{f6}".to_owned())), None);
    }

    #[test]
    fn what_one_way_leaves_open_is_open_and_what_all_ask_is_asked() {
        let event = || Clue::Event(vec![1]);
        let known = |clue: &Clue| condition(clue, "p", &|_| Some("e".to_owned()));
        assert_eq!(known(&Clue::All(vec![event(), Clue::Unknown, event()])).as_deref(), Some("e AND e"));
        assert_eq!(known(&Clue::OneOf(vec![event(), event()])).as_deref(), Some("((e) OR (e))"));
        assert_eq!(known(&Clue::OneOf(vec![event(), Clue::Unknown])), None);
        assert_eq!(known(&Clue::OneOf(Vec::new())).as_deref(), Some("0"));
        assert_eq!(known(&Clue::All(Vec::new())), None);
    }

    #[test]
    fn a_text_cannot_leave_its_literal() {
        for text in ["a' OR 1 OR '", "\\' OR 1 --", "x\0y", "%_\\"] {
            for condition in [of(text, Asked::Equals(text.to_owned())), can_contain(text)].into_iter().flatten() {
                let mut quoted = false;
                let mut escaped = false;
                let mut outside = String::new();
                for c in condition.chars() {
                    match c {
                        _ if escaped => escaped = false,
                        '\\' if quoted => escaped = true,
                        '\'' => quoted = !quoted,
                        c if !quoted => outside.push(c),
                        _ => {}
                    }
                }
                assert!(!quoted && !outside.contains("OR 1"), "{condition}");
            }
        }
    }
}
