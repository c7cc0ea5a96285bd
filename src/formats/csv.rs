//! Tables as text: a line of columns, then a row in each line.
//!
//! Commas, semicolons, tabs and bars are known as delimiters. A cell is a text; one that is a
//! number, `true`, `false`, a list or an object as JSON writes it is read as that, except for ids,
//! which stay what is written. An empty cell, and `\N`, is nothing.
//!
//! Databases write tabs and line breaks inside a cell as `\t` and `\n`, and no quotes (`ClickHouse`
//! `TabSeparated` <https://clickhouse.com/docs/interfaces/formats/TabSeparated>, `COPY` of `PostgreSQL`,
//! `mysql --batch`); programs write the same signs and mean them. The first rows decide: see
//! [`Header::with_escapes`].

mod cells;
mod direct;
mod habits;
mod heads;
mod repeating;

use std::borrow::Cow;

use self::cells::{cells, split};
use self::direct::Key;
pub(super) use self::direct::read as directly;
use self::habits::{backslashed, has_decimal_comma, singled, unescaped, whole_of};
pub use self::heads::Head;
pub(super) use self::heads::IsOther;
use self::heads::letters;
pub(super) use self::heads::{is_head, other_head};
use super::cursor;
use super::dialect::TEXTS;
use super::event::Properties;
use super::object::string;
use super::repair::repair;
use super::rows::{Field, Lifting, Role, Shape, Whole, is_null_sign, keep, spare};
use super::types::is_type;

/// Delimiters, the more usual first.
const DELIMITERS: &[u8] = b",;\t|";

/// What the cells of a column are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    role: Role<'static>,
    /// They are texts, whatever they look like.
    is_text: bool,
    /// The property that they are, if they are one.
    field: Field,
    /// Its name as the key of a text behind another field.
    key: Key,
}

/// Which column has properties as the text of an object.
pub(super) fn object_among(columns: &[Column]) -> Option<usize> {
    columns.iter().position(|column| column.role == Role::Properties)
}

/// The head of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "how cells are written, each separate from the others")]
pub(super) struct Header {
    delimiter: u8,
    names: Vec<String>,
    /// The first byte of each name, as a small letter.
    letters: Vec<u8>,
    /// Cells can stand in quotes.
    is_quoted: bool,
    /// Spaces stand around all cells, and are no part of them.
    is_padded: bool,
    /// What stands for nothing in cells.
    null: Option<&'static str>,
    /// `\t` in a cell is a tab.
    is_escaped: bool,
    /// `\"` in a cell in quotes is a quote.
    has_backslashes: bool,
    /// Single quotes stand around texts.
    is_single: bool,
    /// A delimiter stands behind the last cell of rows.
    is_closed: bool,
    /// Columns whose cells are numbers where a comma stands between digits.
    commas: Option<Vec<bool>>,
    /// Columns of ids that a data frame wrote as fractions: `4711.0`.
    floats: Option<Vec<bool>>,
}

impl Header {
    /// The columns that the first record names; `None` when it is no head of a table.
    pub(super) fn of(record: &[u8]) -> Option<Self> {
        let found = DELIMITERS.iter().filter_map(|delimiter| {
            let written = cells(record, *delimiter, true).ok()?;
            let is_blank = |name: &Cow<'_, str>| name.trim().is_empty();
            let is_padded = |name: &Cow<'_, str>| is_blank(name) || name.starts_with(' ');
            // The first cell may stand at the start of its line.
            let is_padded = written.iter().skip(1).all(is_padded) && !written.iter().skip(1).all(is_blank);
            let names: Vec<String> = written.iter().map(|name| name.trim().to_owned()).collect();
            Some(Self { is_padded, ..Self::plain(*delimiter, names) })
        });
        // Of as many columns the more usual delimiter.
        let best = found.rev().max_by_key(|header| header.names.len())?;
        (best.names.len() > 1).then_some(best)
    }

    /// The head of a table without one, whose cells tabs part and none is in quotes.
    pub(super) fn of_tabs(names: &[&str]) -> Self {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Self { is_quoted: false, ..Self::plain(b'\t', names) }
    }

    fn plain(delimiter: u8, names: Vec<String>) -> Self {
        Self {
            delimiter,
            letters: letters(&names),
            names,
            is_quoted: true,
            is_padded: false,
            null: None,
            is_escaped: false,
            has_backslashes: false,
            is_single: false,
            is_closed: false,
            commas: None,
            floats: None,
        }
    }

    /// Whether bars stand around each row.
    pub(super) fn is_drawn(&self) -> bool {
        let ends = [self.names.first(), self.names.last()];
        self.is_padded && self.delimiter == b'|' && ends.into_iter().flatten().all(String::is_empty)
    }

    /// The names of the columns.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// A cell with this text and the delimiter before it, as rows of the table have them.
    pub(super) fn cell(&self, text: &str) -> String {
        let delimiter = char::from(self.delimiter);
        let is_plain = !text.contains([delimiter, '"', '\r', '\n']);
        let text = match () {
            () if self.is_single => format!("'{}'", text.replace('\'', "''")),
            () if self.has_backslashes => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
            () if self.is_escaped => text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n"),
            () if is_plain || !self.is_quoted => text.to_owned(),
            () => format!("\"{}\"", text.replace('"', "\"\"")),
        };
        let space = if self.is_padded { " " } else { "" };
        format!("{delimiter}{space}{text}")
    }

    /// Whether a line break always ends a row.
    pub(super) fn is_escaped(&self) -> bool {
        self.is_escaped || self.is_single
    }

    /// What its first rows show of how it writes cells, as people name it.
    pub(super) fn habits(&self) -> Vec<String> {
        let null = self.null.map(|null| format!("{null} is nothing"));
        let single = self.is_single.then(|| "single quotes".to_owned());
        let backslashes = self.has_backslashes.then(|| "quotes after backslashes".to_owned());
        let commas = self.commas.as_ref().map(|_| "decimal commas".to_owned());
        let floats = self.floats.as_ref().map(|_| "ids without .0".to_owned());
        [null, single, backslashes, commas, floats].into_iter().flatten().collect()
    }

    /// The place of a column, whatever case its name is in.
    pub(super) fn place(&self, wanted: &[&str]) -> Option<usize> {
        wanted.iter().find_map(|name| self.names.iter().position(|column| column.eq_ignore_ascii_case(name)))
    }

    /// The cells of a record; `None` for the head itself. The error is the reason to reject it.
    pub(super) fn cells<'r>(&self, record: &'r [u8]) -> Result<Option<Vec<Cow<'r, str>>>, String> {
        self.cells_of(record, std::str::from_utf8(record).ok())
    }

    /// [`Header::cells`] of a record that is a text.
    pub(super) fn cells_in<'r>(&self, record: &'r str) -> Result<Option<Vec<Cow<'r, str>>>, String> {
        self.cells_of(record.as_bytes(), Some(record))
    }

    fn cells_of<'r>(&self, record: &'r [u8], text: Option<&'r str>) -> Result<Option<Vec<Cow<'r, str>>>, String> {
        if names_delimiter(record) {
            return Ok(None);
        }
        let found = if self.has_backslashes || self.is_single {
            None
        } else {
            text.and_then(|text| split(text, self.delimiter, self.is_quoted, self.names.len()))
        };
        let mut cells = match found {
            None if self.has_backslashes => {
                let text = text.ok_or("not UTF-8")?;
                backslashed(text, self.delimiter)
                    .ok_or("not written by the rules of its table: a quote in it has no backslash")?
            }
            None if self.is_single => {
                let cells = singled(text.ok_or("not UTF-8")?, self.delimiter);
                cells.ok_or("not written by the rules of its table: a cell in single quotes is not closed")?.0
            }
            Some(cells) => cells,
            None if self.is_quoted && is_open(record, self.delimiter) => return Err(CUT_OFF.to_owned()),
            None => cells(record, self.delimiter, self.is_quoted)?,
        };
        if cells.iter().map(|cell| cell.trim()).eq(self.names()) || cells.iter().all(|cell| is_type(cell)) {
            return Ok(None);
        }
        if self.is_padded {
            if record.iter().all(|byte| matches!(byte, b'-' | b'+' | b'|' | b':' | b' ' | b'=' | b'\r' | b'\n')) {
                return Ok(None);
            }
            for cell in &mut cells {
                *cell = match std::mem::take(cell) {
                    Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(' ')),
                    Cow::Owned(text) => Cow::Owned(text.trim_matches(' ').to_owned()),
                };
                // Quotes behind the space that stands behind a delimiter.
                let has_quotes = self.is_quoted && self.delimiter != b'|';
                let inside = cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|_| has_quotes);
                if let Some(inside) = inside.map(|inside| inside.replace("\"\"", "\"")) {
                    *cell = Cow::Owned(inside);
                }
            }
        }
        if self.is_closed && cells.len() == self.names.len() + 1 && cells.last().is_some_and(|last| last.is_empty()) {
            cells.pop();
        }
        if cells.len() != self.names.len() {
            return Err(format!("has {} of the {} columns", cells.len(), self.names.len()));
        }
        if self.null.is_some() {
            for cell in cells.iter_mut().filter(|cell| Some(&***cell) == self.null) {
                *cell = Cow::Borrowed("");
            }
        }
        if self.is_escaped {
            for cell in cells.iter_mut().filter(|cell| !is_nothing(cell)) {
                if let Some(undone) = unescaped(cell) {
                    *cell = Cow::Owned(undone);
                }
            }
        }
        if let Some(commas) = &self.commas {
            for (cell, _) in cells.iter_mut().zip(commas).filter(|(_, is_number)| **is_number) {
                if has_decimal_comma(cell) {
                    *cell = Cow::Owned(cell.replace(',', "."));
                }
            }
        }
        if let Some(floats) = &self.floats {
            for (cell, _) in cells.iter_mut().zip(floats).filter(|(_, is_float)| **is_float) {
                if let Some(whole) = whole_of(cell).map(str::len) {
                    *cell = match std::mem::take(cell) {
                        Cow::Borrowed(text) => Cow::Borrowed(text.get(..whole).unwrap_or(text)),
                        Cow::Owned(text) => Cow::Owned(text.get(..whole).unwrap_or(&text).to_owned()),
                    };
                }
            }
        }
        Ok(Some(cells))
    }

    /// Whether cells are what is written in them, in quotes or not.
    fn is_usual(&self) -> bool {
        let has_words = self.null.is_some() || self.commas.is_some() || self.floats.is_some();
        self.is_quoted && !self.is_padded && !has_words && !self.is_escaped && !self.has_backslashes
    }

    /// What each column is in rows of `shape`.
    pub(super) fn columns(&self, shape: &Shape) -> Vec<Column> {
        let mut named = false;
        let roles = self.names().map(|name| match shape.role(name).into_owned() {
            // The second column of that name is a property.
            Role::Name if std::mem::replace(&mut named, true) => Role::Property(Cow::Owned(name.to_owned())),
            role => role,
        });
        let is_text = |role: &Role<'_>| match role {
            Role::Name => true,
            Role::Property(name) => TEXTS.contains(&&**name),
            Role::Properties | Role::Own => false,
        };
        let field = |role: &Role<'_>| match role {
            Role::Property(name) => Field::of(name),
            Role::Name | Role::Properties | Role::Own => Field::default(),
        };
        let column = |role: Role<'static>| {
            let field = field(&role);
            Column { is_text: is_text(&role), key: Key::of(&field.name), field, role }
        };
        roles.map(column).collect()
    }
}

/// Why a record is rejected whose last cell begins with a quote that nothing closes: rows go on behind a
/// line break in quotes, so the file ends there.
const CUT_OFF: &str = "cut off: a cell in quotes is not closed";

/// Whether a record ends inside a cell in quotes.
fn is_open(record: &[u8], delimiter: u8) -> bool {
    if memchr::memchr(b'"', record).is_none() {
        return false;
    }
    let (mut in_quotes, mut begins) = (false, true);
    let mut bytes = record.iter().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' if in_quotes && bytes.next_if(|next| **next == b'"').is_some() => {}
            b'"' if in_quotes => in_quotes = false,
            b'"' => in_quotes = begins,
            _ => {}
        }
        begins = !in_quotes && *byte == delimiter;
    }
    in_quotes
}

/// Gives the row of some cells to `then`; the error is the reason to reject it.
pub(super) fn lift<R>(
    cells: &[Cow<'_, str>],
    columns: &[Column],
    nests: bool,
    then: impl FnOnce(&Whole<'_>) -> R,
) -> Result<R, String> {
    let is_wide = |(cell, column): &(&Cow<'_, str>, &Column)| column.role == Role::Properties && !is_nothing(cell);
    if !nests {
        let Some((object, _)) = cells.iter().zip(columns).find(is_wide) else {
            return Ok(lift_columns(cells, columns, then));
        };
        if let Some((event, whole)) = repeating::read(object, cells, columns) {
            return Ok(then(&Whole { event: event.as_deref(), ..whole }));
        }
    }
    let mut row = Lifting::default();
    for (cell, Column { role, is_text, .. }) in cells.iter().zip(columns) {
        if is_nothing(cell) || *role == Role::Properties && row.take_object(cell) {
            continue;
        }
        let value = if *is_text {
            quoted(cell)
        } else {
            match token(cell) {
                Token::Text => quoted(cell),
                Token::Plain(value) => value,
                Token::Doubtful(value) => match repair(&value) {
                    Cow::Owned(right) => {
                        row.note_repaired();
                        Cow::Owned(right)
                    }
                    Cow::Borrowed(_) => value,
                },
            }
        };
        row.add(role.borrowed(), "event", value)?;
    }
    row.finish(nests, then)
}

/// Gives the row of some cells, of which none is an object of properties, to `then`.
fn lift_columns<R>(cells: &[Cow<'_, str>], columns: &[Column], then: impl FnOnce(&Whole<'_>) -> R) -> R {
    let mut text = spare();
    text.push('{');
    let mut name: Option<String> = None;
    let mut places = Vec::with_capacity(PLACES);
    let (mut repaired, mut is_plain) = (false, true);
    for (cell, Column { role, is_text, field, .. }) in cells.iter().zip(columns).filter(|(cell, _)| !is_nothing(cell)) {
        let out = match role {
            Role::Name => name.insert(String::new()),
            Role::Property(_) => {
                field.begin(&mut text);
                &mut text
            }
            Role::Properties | Role::Own => continue,
        };
        let start = out.len();
        match if *is_text { Token::Text } else { token(cell) } {
            // As where it is an answer in JSON.
            Token::Text if is_null_sign(cell) => out.push_str("null"),
            Token::Text => {
                string(cell, out);
                is_plain &= out.len() - start == cell.len() + 2;
            }
            Token::Plain(value) => {
                out.push_str(&value);
                is_plain &= !value.starts_with(['{', '[']) || !value.contains('\\');
            }
            Token::Doubtful(value) => {
                let right = repair(&value);
                repaired |= matches!(right, Cow::Owned(_));
                out.push_str(&right);
                is_plain = false;
            }
        }
        if field.is_read {
            places.push((field.name.as_str(), start..text.len()));
        }
    }
    text.push('}');
    let mut fields = Properties::default();
    for (name, place) in places {
        if let Some(slot) = fields.slot(name.as_bytes()) {
            *slot = text.get(place);
        }
    }
    let whole = Whole { event: name.as_deref(), properties: &text, fields: Some(fields), repaired, is_plain };
    let done = then(&whole);
    keep(text);
    done
}

/// Properties of a row that say something of time, ids or the program, mostly.
const PLACES: usize = 16;

/// Whether a first line is none of the table, but tells a spreadsheet the delimiter: `sep=;`.
pub(super) fn names_delimiter(record: &[u8]) -> bool {
    let line = record.trim_ascii_end();
    line.len() <= 5 && line.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"sep="))
}

/// Whether a cell has no value.
pub(super) fn is_nothing(cell: &str) -> bool {
    cell.is_empty() || cell == "\\N"
}

/// The JSON value that a cell is.
enum Token<'c> {
    /// The cell as a text.
    Text,
    /// Nothing in it has to be put right.
    Plain(Cow<'c, str>),
    /// Perhaps something has.
    Doubtful(Cow<'c, str>),
}

fn token(cell: &str) -> Token<'_> {
    let is_json = match cell.as_bytes() {
        b"true" | b"True" | b"TRUE" => return Token::Plain(Cow::Borrowed("true")),
        b"false" | b"False" | b"FALSE" => return Token::Plain(Cow::Borrowed("false")),
        [b'-' | b'0'..=b'9', ..] => cursor::is_number(cell),
        // As data frames and databases write lists: most are known by the first sign in them.
        [b'{', inside @ ..] if !begins_as_json(inside, b"\"}") => false,
        [b'[', inside @ ..] if !begins_as_json(inside, b"\"{[]-0123456789tfn") => false,
        [b'{' | b'[', ..] if cursor::is_value(cell) => true,
        [b'{' | b'[', ..] if serde_json::from_str::<serde::de::IgnoredAny>(cell).is_ok() => {
            return Token::Doubtful(super::object::one_line(cell.trim()));
        }
        _ => false,
    };
    if !is_json {
        return Token::Text;
    }
    Token::Plain(Cow::Borrowed(if cell.ends_with(|last: char| last.is_ascii_digit()) { cell } else { cell.trim() }))
}

/// Whether the first sign is one of these, or white space.
fn begins_as_json(text: &[u8], signs: &[u8]) -> bool {
    text.first().is_some_and(|first| first.is_ascii_whitespace() || signs.contains(first))
}

/// A text as JSON.
pub(super) fn quoted(text: &str) -> Cow<'_, str> {
    let mut json = String::with_capacity(text.len() + 2);
    string(text, &mut json);
    Cow::Owned(json)
}

/// An object of all cells, for a row that is read as JSON; `is_text` says which columns have nothing
/// but texts.
pub(super) fn object(header: &Header, cells: &[Cow<'_, str>], is_text: impl Fn(&str) -> bool) -> String {
    let mut object = "{".to_owned();
    for (name, cell) in header.names().zip(cells).filter(|(_, cell)| !is_nothing(cell)) {
        if object.len() > 1 {
            object.push(',');
        }
        object.push_str(&quoted(name));
        object.push(':');
        match if TEXTS.contains(&name) || is_text(name) { Token::Text } else { token(cell) } {
            Token::Text => string(cell, &mut object),
            Token::Plain(value) | Token::Doubtful(value) => object.push_str(&value),
        }
    }
    object.push('}');
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_read_as_what_it_is_written_as() {
        for (cell, value) in [
            ("12.5", "12.5"),
            ("9007199254740993", "9007199254740993"),
            ("-1e3", "-1e3"),
            ("007", "\"007\""),
            ("+1", "\"+1\""),
            ("1 2", "\"1 2\""),
            ("2019-07-01", "\"2019-07-01\""),
            ("True", "true"),
            ("false", "false"),
            (r#"["a", "b"]"#, r#"["a", "b"]"#),
            ("1 ", "1"),
            ("1\u{c}", "\"1\\f\""),
            ("1e", "\"1e\""),
            ("[\n1]", "[1]"),
            (r#"{"a":"\ud83d"}"#, r#"{"a":"\ud83d"}"#),
            ("['a']", r#""['a']""#),
            ("null", r#""null""#),
            ("a \"b\"\n", r#""a \"b\"\n""#),
        ] {
            let found = match token(cell) {
                Token::Text => quoted(cell),
                Token::Plain(found) | Token::Doubtful(found) => found,
            };
            assert_eq!(found, value, "{cell}");
        }
    }

    #[test]
    fn a_line_of_the_types_of_clickhouse_is_none_of_the_rows() {
        let header = Header::of(b"alias,distinct_id").unwrap();
        assert_eq!(header.cells(b"\"Nullable(String)\",\"String\""), Ok(None));
        assert_eq!(header.cells(b"\"DateTime64(3, 'UTC')\",\"UInt64\""), Ok(None));
        for row in ["String,sally", "Stringer,Boolean", "Dateline,JSON-1", "Int,UInt"] {
            assert!(header.cells(row.as_bytes()).unwrap().is_some(), "{row}");
        }
    }

    #[test]
    fn the_delimiter_is_the_one_that_makes_columns() {
        for head in ["a,b c,d", "a;b c;d", "a\tb c\td", "a|b c|d", "\"a\",\"b c\",d"] {
            assert_eq!(Header::of(head.as_bytes()).unwrap().names().collect::<Vec<_>>(), ["a", "b c", "d"], "{head}");
        }
        assert_eq!(Header::of(b"one column"), None);
    }
}
