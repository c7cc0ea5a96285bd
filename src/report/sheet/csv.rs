//! One line for each row, for a spreadsheet.
//!
//! RFC 4180, with a heading. Two things keep cells from acting: characters that act are shown as
//! symbols (in properties as the escapes of JSON, so that their meaning stays), and a cell that a
//! spreadsheet would take for a formula has an apostrophe before it. Who wants the text as it is
//! takes JSON.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::{Sheet, place};
use crate::identity::Phase;
use crate::model::Id;
use crate::model::text::visible;
use crate::model::time::rfc3339;
use crate::report::Properties;

const COLUMNS: [&str; 17] = [
    "time",
    "arrived",
    "gap_ms",
    "event",
    "sent_as",
    "stored_under",
    "counts_for",
    "state",
    "phase",
    "because",
    "source",
    "copies",
    "properties",
    "name",
    "email",
    "phone",
    "plan",
];

/// What the profile says of the person, the same in each row: a table is sorted and added up by it.
const PERSON: [&str; 3] = ["email", "phone", "plan"];

/// Writes the rows of a journey as CSV; times are UTC.
///
/// `properties` is asked once for each row, in the order of [`Sheet::rows`].
pub fn csv(out: &mut dyn Write, sheet: &Sheet<'_>, properties: Properties<'_>) -> io::Result<()> {
    write(out, COLUMNS.map(Cow::Borrowed))?;
    let journey = sheet.journey();
    let name = cell(&journey.name().unwrap_or_default());
    let [email, phone, plan] = PERSON.map(|property| cell(&journey.property(property).unwrap_or_default()));
    for line in sheet.lines.iter().filter(|line| line.row.is_some()) {
        let id = |id: Option<&Id>| cell(id.map_or("", Id::as_str));
        let phase = match line.phase {
            Some(Phase::Anonymous) => "anonymous",
            Some(Phase::Identified) => "identified",
            None => "",
        };
        let number = |number: Option<String>| Cow::Owned(number.unwrap_or_default());
        write(
            out,
            [
                Cow::Owned(rfc3339(line.time)),
                number(line.arrived.map(rfc3339)),
                number(line.gap.map(|gap| gap.to_string())),
                cell(line.name),
                id(line.sent_as),
                id(line.stored_under),
                id(line.counts_for),
                cell(&line.state),
                Cow::Borrowed(phase),
                cell(&line.because),
                cell(&place(line.source)),
                Cow::Owned(line.copies.to_string()),
                Cow::Owned(line.row.and_then(properties).map(|text| escaped(&text)).unwrap_or_default()),
                name.clone(),
                email.clone(),
                phone.clone(),
                plan.clone(),
            ],
        )?;
    }
    Ok(())
}

/// A text that does nothing in a spreadsheet.
pub(in crate::report) fn cell(text: &str) -> Cow<'static, str> {
    let text = visible(text);
    // A control character at the head became a symbol; spaces may stand before a formula.
    let acts = text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    Cow::Owned(if acts { format!("'{text}") } else { text.into_owned() })
}

/// JSON text whose strings have escapes for characters that act.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let mut buffer = [0; 2];
    for c in json.chars() {
        if matches!(visible(c.encode_utf8(&mut [0; 4])), Cow::Borrowed(_)) {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut buffer) {
                // Writing to a String cannot fail.
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

fn write<const N: usize>(out: &mut dyn Write, cells: [Cow<'_, str>; N]) -> io::Result<()> {
    crate::report::table::csv(out, cells.into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_no_formula_and_has_no_control_character() {
        for text in ["=1+1", "+1", "-rf", "@SUM(A1)", " =1", "\u{ff1d}1"] {
            assert_eq!(cell(text), format!("'{text}"));
        }
        assert_eq!(cell("\t=1"), "␉=1");
        assert_eq!(cell("a=1 -2"), "a=1 -2");
    }

    #[test]
    fn json_means_the_same_with_its_escapes() {
        let json = "{\"a\":\"x\u{202e}y\u{7f}\u{e0001}é\"}";
        let text = escaped(json);
        assert_eq!(text, "{\"a\":\"x\\u202ey\\u007f\\udb40\\udc01é\"}");
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&text), read(json));
    }
}
