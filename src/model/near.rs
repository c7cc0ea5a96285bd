//! The known name that a mistyped one was probably meant to be.

/// Names less alike than this are not meant; `hl` and other tools use the same threshold.
const ALIKE: f64 = 0.75;

/// The text of `known` that is most like `name` (Jaro, without regard to case), if any is alike
/// enough. Of equals the last one.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_of(name, known.into_iter().map(|known| (known, known)))
}

/// As [`nearest`], for things that have a name, or several.
pub fn nearest_of<'a, T>(name: &str, known: impl IntoIterator<Item = (T, &'a str)>) -> Option<T> {
    let name = name.to_lowercase();
    known
        .into_iter()
        .map(|(thing, known)| (strsim::jaro(&known.to_lowercase(), &name), thing))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, thing)| thing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_name_is_known_again_and_another_word_is_not() {
        let commands = ["import", "search", "show", "sql", "export"];
        for (typed, meant) in [
            ("serach", Some("search")),
            ("SHOW", Some("show")),
            ("imprt", Some("import")),
            ("exprot", Some("export")),
            ("july", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, commands), meant, "{typed}");
        }
        assert_eq!(nearest("search", []), None);
    }

    #[test]
    fn a_thing_with_two_names_is_found_by_either() {
        let zones = [("Europe/Berlin", "Europe/Berlin"), ("Europe/Berlin", "Berlin"), ("Asia/Tokyo", "Tokyo")];
        assert_eq!(nearest_of("berlni", zones), Some("Europe/Berlin"));
        assert_eq!(nearest_of("Europe/Brelin", zones), Some("Europe/Berlin"));
        assert_eq!(nearest_of("tokio", zones), Some("Asia/Tokyo"));
        assert_eq!(nearest_of("nowhere at all", zones), None);
    }
}
