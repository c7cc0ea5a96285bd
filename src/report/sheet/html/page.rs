//! What every page for a browser has: its policy, its style, its script, and the small parts of its text.

use std::io::{self, Write};

use crate::model::Millis;
use crate::report::look::many;
use crate::report::svg::escape;

pub(in crate::report) const STYLE: &str = include_str!("../../../../assets/report/report.css");
const SCRIPT: &str = include_str!("../../../../assets/report/report.js");
const SIGNS: &str = include_str!("../../../../assets/report/signs.svg");

/// Hashes of [`STYLE`] and [`SCRIPT`]: a browser runs no other script and takes no other style. A
/// test compares them with the page.
pub(in crate::report) const POLICY: &str = "default-src 'none'; style-src 'sha256-eJWwR6bD84NzFgWq1q111UwV/s7Gm1v6SHXzH8ak1c0='; \
                      script-src 'sha256-gLtpQX5NclQKEFWc/RySF9iFcCbek3GzRFs0v6pjpmQ='; base-uri 'none'; form-action 'none'";

/// The line above the rows that the script fills with life; without the script it is hidden.
pub(in crate::report) const TOOLS: &str = "<div class=\"tools\" hidden><label class=\"skip\" for=\"filter\">Filter rows</label>\
     <input id=\"filter\" type=\"search\" placeholder=\"Filter: event, id, value\" autocomplete=\"off\" spellcheck=\"false\">\
     <label><input id=\"problems\" type=\"checkbox\"> only problems</label><output></output>\
     <button id=\"previous\" type=\"button\" title=\"Previous problem (p)\" aria-label=\"Previous problem\">↑</button>\
     <button id=\"next\" type=\"button\" title=\"Next problem (n)\">Next problem ↓</button></div>\n";

/// Columns of a text that stands on any line as a whole.
const WHOLE: usize = 22;

/// Writes a page up to its content: `title` is HTML already, `rows` the anchor of its rows.
pub(in crate::report) fn begin(out: &mut dyn Write, title: &str, class: &str, rows: &str) -> io::Result<()> {
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body class=\"{class}\">\n{SIGNS}\
         <a class=\"skip\" href=\"{rows}\">Skip to the {}</a>",
        rows.trim_start_matches('#'),
    )
}

/// Writes the end of a page.
pub(in crate::report) fn end(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<script>{SCRIPT}</script>\n</body>\n</html>")
}

/// A sign with the meaning of a class.
pub(in crate::report) fn sign(name: &str) -> String {
    format!("<svg class=\"sign\" aria-hidden=\"true\"><use href=\"#{name}\"/></svg>")
}

/// How long it took, in words: `2 min 11 s`.
pub(in crate::report) fn lasting(millis: Millis) -> String {
    let seconds = millis / 1000;
    let two = |one: i64, unit: &str, rest: i64, part: &str| {
        if rest > 0 { format!("{one} {unit} {rest} {part}") } else { format!("{one} {unit}") }
    };
    match seconds {
        ..1 => format!("{} ms", millis.max(0)),
        1..60 => format!("{seconds} s"),
        60..600 => two(seconds / 60, "min", seconds % 60, "s"),
        600..3600 => format!("{} min", seconds / 60),
        3600..86_400 => two(seconds / 3600, "h", seconds / 60 % 60, "min"),
        86_400..=63_072_000 => many(usize::try_from(seconds / 86_400).unwrap_or(0), "day"),
        _ => many(usize::try_from(seconds / 31_556_952).unwrap_or(0), "year"),
    }
}

/// Text that a browser may break where a part of it ends, so that no line breaks inside a word.
pub(in crate::report) fn breaking(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 32);
    let mut rest = text;
    if text.len() <= WHOLE {
        return escape(text);
    }
    while let Some(end) = rest.find(|c: char| "/_.@:,;=&-".contains(c)) {
        let (part, after) = rest.split_at(end + 1);
        html.push_str(&escape(part));
        // Between two such signs no word ends, and a number is read as a whole.
        if after.starts_with(char::is_alphabetic) {
            html.push_str("<wbr>");
        }
        rest = after;
    }
    html.push_str(&escape(rest));
    html
}

#[cfg(test)]
mod tests {
    use super::breaking;

    #[test]
    fn a_name_may_break_where_a_part_of_it_ends() {
        assert_eq!(breaking("$initial_referring_domain"), "$initial_<wbr>referring_<wbr>domain");
        assert_eq!(
            breaking("two__parts_of_a_file<3.jsonl:12"),
            "two__<wbr>parts_<wbr>of_<wbr>a_<wbr>file&lt;3.<wbr>jsonl:12"
        );
        assert_eq!(breaking("short_name"), "short_name");
    }
}
