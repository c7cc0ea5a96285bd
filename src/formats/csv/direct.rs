//! Rows of a table, made of their cells where these lie.
//!
//! A cell that says what a field is goes from the record into the properties at once, and properties that are the
//! text of a cell lose the second of each two quotes while the scanner of JSON goes over them. A row in which
//! something is in doubt is left to the reader of all rows, which gives the same.

#![expect(clippy::inline_always, reason = "a row is read faster as one function")]

use std::cell::Cell;
use std::ops::Range;

use super::super::cursor::{Cursor, Quotes, behind_escape, escaped};
use super::super::event::Properties;
use super::super::object::string;
use super::super::rows::{Role, Whole, is_null_sign};
use super::super::split::BYTE_ORDER_MARK;
use super::super::types::is_type;
use super::cells::{Place, Walk};
use super::repeating::says;
use super::{Column, Header, Token, is_nothing, token};

thread_local! {
    /// What this thread writes one row after the other into.
    static ROOM: Cell<Option<Box<Room>>> = const { Cell::new(None) };
}

/// Texts of one row.
#[derive(Default)]
struct Room {
    /// JSON text of the name.
    event: String,
    /// The properties.
    out: Out,
    /// Columns, and where the value of each is: in the properties, or in the record.
    places: Vec<(usize, Range<usize>)>,
    /// The text of a cell with signs that JSON escapes.
    text: String,
}

/// Bytes of a text that is kept for the next row.
const SPARE: usize = 1 << 20;

/// A record is no row where it has fewer bytes: it may tell a spreadsheet the delimiter.
const SHORTEST: usize = 8;

impl Room {
    /// Whether none of its texts is too long to be kept for the next row.
    fn is_small(&self) -> bool {
        self.event.capacity().max(self.text.capacity()).max(self.out.bytes.capacity()) <= SPARE
    }
}

/// A text that is written, and bytes behind it that mean nothing.
#[derive(Default)]
struct Out {
    bytes: Vec<u8>,
    length: usize,
}

/// Bytes that are written at once, wanted or not.
const PIECE: usize = 32;

impl Out {
    /// Writes so many bytes from the start of a text.
    #[inline(always)]
    fn write(&mut self, text: &[u8], length: usize) -> Option<()> {
        let room = self.bytes.get_mut(self.length..)?.first_chunk_mut::<PIECE>();
        match (text.first_chunk::<PIECE>(), room) {
            (Some(piece), Some(room)) if length <= PIECE => {
                *room = *piece;
                self.length += length;
            }
            _ => self.write_all(text.get(..length)?),
        }
        Some(())
    }

    /// Writes a text of any length.
    #[inline(never)]
    fn write_all(&mut self, text: &[u8]) {
        let end = self.length + text.len();
        if self.bytes.len() < end + PIECE {
            self.bytes.resize((end + PIECE) * 2, 0);
        }
        if let Some(room) = self.bytes.get_mut(self.length..end) {
            room.copy_from_slice(text);
        }
        self.length = end;
    }

    /// Writes one byte.
    #[inline(always)]
    fn push(&mut self, byte: u8) {
        match self.bytes.get_mut(self.length) {
            Some(room) => {
                *room = byte;
                self.length += 1;
            }
            None => self.write_all(&[byte]),
        }
    }
}

/// The key of a text behind another field of an object: with a comma, the colon and the quote that begins the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// The key, and bytes behind it that mean nothing.
    bytes: Vec<u8>,
    length: usize,
}

impl Key {
    /// The key of a property with this name.
    pub(super) fn of(name: &str) -> Self {
        let mut key = ",".to_owned();
        string(name, &mut key);
        key.push_str(":\"");
        let (length, mut bytes) = (key.len(), key.into_bytes());
        bytes.resize(length + PIECE, 0);
        Self { bytes, length }
    }

    /// Writes it behind the fields of an object that is begun, if it has some; without the quote for what is no text.
    /// Gives where the value begins.
    #[inline(always)]
    fn write(&self, is_text: bool, out: &mut Out) -> Option<usize> {
        // Without the comma behind the bracket.
        let start = usize::from(out.length == 1);
        out.write(self.bytes.get(start..)?, self.length - start - usize::from(!is_text))?;
        Some(out.length - usize::from(is_text))
    }

    /// Writes it with a text without escapes, which is so many bytes of a record; gives where the value begins.
    #[inline(always)]
    fn write_text(&self, text: &[u8], length: usize, out: &mut Out) -> Option<usize> {
        let start = self.write(true, out)?;
        out.write(text, length)?;
        out.push(b'"');
        Some(start)
    }
}

/// A row that is read.
struct Direct<'d, 'r> {
    room: &'d mut Room,
    has_event: bool,
    /// What properties that stand in a cell say of time, ids and the program.
    fields: Properties<'r>,
    columns: &'d [Column],
    /// No text of these and of the name has an escape.
    is_plain: bool,
}

/// Gives the row of a record to `then`; `None` where it is to be read by the reader of all rows. With the columns comes
/// which one has properties as the text of an object.
pub(in crate::formats) fn read<R>(
    header: &Header,
    (columns, object): (&[Column], Option<usize>),
    record: &str,
    then: impl FnOnce(&Whole<'_>) -> R,
) -> Option<R> {
    let bytes = record.as_bytes();
    if !header.is_usual() || bytes.len() < SHORTEST || bytes.starts_with(b"{") || bytes.starts_with(BYTE_ORDER_MARK) {
        return None;
    }
    let mut room = ROOM.take().unwrap_or_default();
    room.event.clear();
    room.places.clear();
    room.out.length = 0;
    let mut row = Direct { room: &mut room, has_event: false, fields: Properties::default(), columns, is_plain: true };
    let found = match object {
        None => row.columns(header, record),
        Some(object) => row.object(header, object, record),
    };
    let done = found.and_then(|()| row.whole(then));
    if room.is_small() {
        ROOM.set(Some(room));
    }
    done
}

impl<'r> Direct<'_, 'r> {
    /// Gives the row to `then`.
    fn whole<R>(&self, then: impl FnOnce(&Whole<'_>) -> R) -> Option<R> {
        let Self { room, has_event, fields, columns, is_plain } = self;
        let event = has_event.then_some(room.event.as_str());
        let properties = simdutf8::basic::from_utf8(room.out.bytes.get(..room.out.length)?).ok()?;
        let mut fields = *fields;
        for (at, place) in &room.places {
            let name = &columns.get(*at)?.field.name;
            if let Some(slot) = fields.slot(name.as_bytes()) {
                *slot = properties.get(place.clone());
            }
        }
        Some(then(&Whole { event, properties, fields: Some(fields), repaired: false, is_plain: *is_plain }))
    }

    /// Reads a row with a column for each property.
    fn columns(&mut self, header: &Header, record: &'r str) -> Option<()> {
        let Room { event, out, places, text } = &mut *self.room;
        let mut walk = Walk::over(record.as_bytes(), header.delimiter);
        out.push(b'{');
        let mut columns = self.columns.iter().enumerate();
        while !walk.is_at_end() {
            // The first cell of a head may have no name.
            if walk.at() > 0 {
                let empty = walk.pass_empty();
                if empty > 0 {
                    columns.nth(empty - 1)?;
                    continue;
                }
            }
            let (at, Column { role, is_text, field, key }) = columns.next()?;
            let Place { from, to, is_plain, is_doubled } = walk.next()?;
            let cell = record.get(from..to)?;
            if at == 0 && may_be_no_row(header, cell) {
                return None;
            }
            if is_nothing(cell) {
                continue;
            }
            let own;
            let cell = if is_doubled {
                own = single(cell);
                own.as_str()
            } else {
                cell
            };
            match role {
                Role::Own => {}
                Role::Properties => return None,
                Role::Name if is_null_sign(cell) => return None,
                Role::Name => {
                    self.has_event = true;
                    self.is_plain &= name(cell, is_plain, event);
                }
                Role::Property(_) => {
                    let start;
                    // Nothing in it has an escape, and it lies in the record.
                    if is_plain && (*is_text && !is_null_sign(cell) || is_surely_text(cell)) {
                        start = key.write_text(record.as_bytes().get(from..)?, cell.len(), out)?;
                    } else {
                        match if *is_text { Token::Text } else { token(cell) } {
                            // As where it is an answer in JSON.
                            Token::Text if is_null_sign(cell) => {
                                start = key.write(false, out)?;
                                out.write_all(b"null");
                            }
                            Token::Text if !is_doubled && (is_plain || escaped(cell).is_none()) => {
                                start = key.write_text(record.as_bytes().get(from..)?, cell.len(), out)?;
                            }
                            Token::Text => {
                                text.clear();
                                string(cell, text);
                                self.is_plain &= !field.is_read || text.len() == cell.len() + 2;
                                start = key.write(false, out)?;
                                out.write_all(text.as_bytes());
                            }
                            Token::Plain(value) => {
                                start = key.write(false, out)?;
                                if value == cell && !is_doubled {
                                    out.write(record.as_bytes().get(from..)?, cell.len())?;
                                } else {
                                    out.write_all(value.as_bytes());
                                }
                                let has_none = || !value.starts_with(['{', '[']) || !value.contains('\\');
                                self.is_plain &= !field.is_read || has_none();
                            }
                            Token::Doubtful(_) => return None,
                        }
                    }
                    if field.is_read {
                        places.push((at, start..out.length));
                    }
                }
            }
        }
        out.push(b'}');
        columns.next().is_none().then_some(())
    }

    /// Reads a row with a cell of properties, which is this one, next to which stands nothing that these do not say
    /// too.
    fn object(&mut self, header: &Header, object: usize, record: &'r str) -> Option<()> {
        let Room { event, out, places, .. } = &mut *self.room;
        let mut walk = Walk::over(record.as_bytes(), header.delimiter);
        for (at, Column { role, .. }) in self.columns.iter().enumerate() {
            if at == object {
                let text = record.get(walk.at()..)?.strip_prefix('"')?;
                let mut cursor = Cursor::with(text, Twice { text: text.as_bytes(), from: 0, out });
                cursor.properties(&mut self.fields)?;
                // A text with an escape does not lie in the record as it is.
                let is_plain = cursor.is_plain;
                let (rest, mut written) = cursor.into_rest();
                written.write(text.len() - rest.len())?;
                let end = record.len() - rest.len();
                if !is_plain || !rest.starts_with(b"\"") {
                    return None;
                }
                walk.go_behind(end + 1)?;
                continue;
            }
            let Place { from, to, is_plain, is_doubled } = walk.next()?;
            let cell = record.get(from..to)?;
            if at == 0 && may_be_no_row(header, cell) || is_doubled {
                return None;
            }
            match role {
                Role::Own => {}
                _ if is_nothing(cell) => {}
                Role::Name if !self.has_event && !is_null_sign(cell) => {
                    self.has_event = true;
                    self.is_plain &= name(cell, is_plain, event);
                }
                Role::Property(_) => places.push((at, from..to)),
                Role::Properties | Role::Name => return None,
            }
        }
        for (at, place) in places.iter() {
            let Column { is_text, field, .. } = self.columns.get(*at)?;
            let is_said = field.wins && says(&mut self.fields, &field.name, record.get(place.clone())?, *is_text);
            if !is_said {
                return None;
            }
        }
        places.clear();
        walk.is_at_end().then_some(())
    }
}

/// Writes the name of an event as JSON; whether it has no escape, which may be known of it.
fn name(cell: &str, is_plain: bool, event: &mut String) -> bool {
    if !is_plain {
        string(cell, event);
        return event.len() == cell.len() + 2;
    }
    event.push('"');
    event.push_str(cell);
    event.push('"');
    true
}

/// Whether the first cell of a record is one of a head or of a line of types, perhaps.
fn may_be_no_row(header: &Header, first: &str) -> bool {
    header.names.first().is_some_and(|name| first.trim() == name)
        || first.starts_with(|letter: char| letter.is_ascii_uppercase()) && is_type(first)
}

/// Whether the first byte of a cell says that it is a text, whatever follows.
#[inline]
fn is_surely_text(cell: &str) -> bool {
    const SIGN: u8 = "ᴺ".as_bytes()[0];
    let first = cell.as_bytes().first();
    !matches!(first, Some(b'-' | b'0'..=b'9' | b't' | b'T' | b'f' | b'F' | b'{' | b'[' | &SIGN))
}

/// Two quotes for each, as a cell in quotes has them, of which one is written.
struct Twice<'t, 'o> {
    text: &'t [u8],
    /// What was not yet written.
    from: usize,
    out: &'o mut Out,
}

impl Twice<'_, '_> {
    /// Writes what is before a place.
    #[inline(always)]
    fn write(&mut self, to: usize) -> Option<()> {
        self.out.write(self.text.get(self.from..)?, to - self.from)
    }
}

/// A cell with one quote for each two.
fn single(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len());
    let mut rest = cell;
    while let Some((before, behind)) =
        memchr::memchr(b'"', rest.as_bytes()).and_then(|at| rest.split_at_checked(at + 1))
    {
        text.push_str(before);
        rest = behind.strip_prefix('"').unwrap_or(behind);
    }
    text.push_str(rest);
    text
}

impl Quotes for Twice<'_, '_> {
    #[inline(always)]
    fn behind<'t>(&mut self, text: &'t [u8]) -> Option<&'t [u8]> {
        let behind = text.strip_prefix(b"\"\"")?;
        let at = self.text.len() - text.len();
        self.write(at + 1)?;
        self.from = at + 2;
        Some(behind)
    }

    fn behind_escape<'t>(&mut self, escape: &'t [u8]) -> Option<&'t [u8]> {
        if escape.starts_with(b"\"") { self.behind(escape) } else { behind_escape(escape) }
    }

    #[inline(always)]
    fn token(text: &str) -> Option<&str> {
        match text.as_bytes() {
            [b'"', .., b'"'] => text.get(1..text.len() - 1),
            [b'{' | b'[', ..] => None,
            _ => Some(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::rows::Shape;
    use super::super::{lift, object_among};
    use super::*;

    type Seen = (Option<String>, String, String, bool);

    fn seen(whole: &Whole<'_>) -> Seen {
        let fields = format!("{:?}", whole.fields.unwrap_or_default());
        (whole.event.map(str::to_owned), whole.properties.to_owned(), fields, whole.repaired)
    }

    fn table(head: &str) -> (Header, Vec<Column>) {
        let header = Header::of(head.as_bytes()).unwrap();
        let columns = header.columns(&Shape::of(&header.names().collect()));
        (header, columns)
    }

    /// The row by the reader of all rows.
    fn slowly(header: &Header, columns: &[Column], record: &str) -> Option<Seen> {
        let cells = header.cells_in(record).ok()??;
        lift(&cells, columns, false, seen).ok()
    }

    fn directly(header: &Header, columns: &[Column], record: &str) -> Option<Seen> {
        read(header, (columns, object_among(columns)), record, seen)
    }

    fn cell(text: &str, is_quoted: bool) -> String {
        if is_quoted || text.contains([',', '"', '\n', '\r']) {
            return format!("\"{}\"", text.replace('"', "\"\""));
        }
        text.to_owned()
    }

    const VALUES: &str = "|1|-2.5|007|1 |x|x \"y\"|\\\\|\\\\N|ᴺᵁᴸᴸ|true|False|null|\\[1\\]|\\[a, b\\]|\\{\"a\":\"\\\\\\\\\"\\}|\\{'a': 1\\}|é\n|2019-07-01|event|String|abcdefghijklmnop,q|4\\.11\\.2, a text of more than a piece|123456789012345678901234567890123456\\.5";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn columns_are_read_as_any_row_is(
            cells in proptest::collection::vec((VALUES, any::<bool>()), 7..9),
            delimiter in "[,;]",
        ) {
            let (header, columns) = table("event,time,distinct_id,$os,plan,a b,event".replace(',', &delimiter).as_str());
            let cells: Vec<String> = cells.iter().map(|(text, is_quoted)| cell(text, *is_quoted)).collect();
            let record = cells.join(&delimiter);
            if let Some(found) = directly(&header, &columns, &record) {
                prop_assert_eq!(Some(found), slowly(&header, &columns, &record), "{}", record);
            }
        }

        #[test]
        fn a_cell_of_properties_is_read_as_any_row_is(
            outer in proptest::collection::vec("|1|2|x|x \"y\"|\\\\|ᴺᵁᴸᴸ|true|null|\\[1\\]|abcdefghijklmnopqrstuvwxyz-0123456789", 4),
            inner in proptest::collection::vec(
                (
                    "time|distinct_id|\\$insert_id|plan|a b|\\$distinct_ids|é",
                    "1|2|\"x\"|\"\"|\"x \\\\\"y\\\\\"\"|\"1\"|\"\\\\\\\\\"|null|true|\"true\"|\\[1, \"\"\\]|\\{\"a\":\\{\"b\":\"\\\\u00e9\\\\\"\"\\}\\}|\"\\[1\\]\"|\"abcdefghijklmnopqrstuvwxyz-0123456789\"",
                ),
                0..9,
            ),
            space in "| ",
            behind in "| |,x",
        ) {
            let (header, columns) = table("event,distinct_id,properties,time,insert_id");
            let inner: Vec<String> = inner.iter().map(|(key, value)| format!("\"{key}\":{space}{value}")).collect();
            let object = format!("{{{}}}{}", inner.join(&format!(",{space}")), behind.trim_start_matches(','));
            let mut cells: Vec<String> = outer.iter().map(|text| cell(text, false)).collect();
            cells.insert(2, cell(&object, true));
            let record = cells.join(",");
            if let Some(found) = directly(&header, &columns, &record) {
                prop_assert_eq!(Some(found), slowly(&header, &columns, &record), "{}", record);
            }
        }
    }

    #[test]
    fn usual_rows_are_read_so_and_doubtful_ones_are_not() {
        let flat = "event,time,distinct_id,plan";
        let wide = "event,time,distinct_id,properties";
        let object = r#""{""time"":1,""distinct_id"":""d"",""x"":[{""a"":""\""b\""""}]}""#;
        for (head, record, is_usual) in [
            (flat, "Order,1,d,pro".to_owned(), true),
            (flat, "\"Order, two\",1,d,\"a \"\"b\"\"\"".to_owned(), true),
            (flat, "Order,1,d,[a]".to_owned(), true),
            (flat, "Order,\"1\",4.11.2,\"[a, b]\"".to_owned(), true),
            (flat, "event,time,distinct_id,plan".to_owned(), false),
            (flat, "String,Int64,String,String".to_owned(), false),
            (flat, "Order,1,d".to_owned(), false),
            (flat, "Order,1,d,pro,".to_owned(), false),
            (flat, "Order,1,d,\"pro\" ".to_owned(), false),
            (flat, "Order,1,d,\"[\n1]\"".to_owned(), false),
            (wide, format!("Order,1,d,{object}"), true),
            (wide, format!("Order,,d,{object}"), true),
            (wide, format!("Order,2,d,{object}"), false),
            (wide, format!("Order,1,d,{object}x"), false),
            (wide, format!("Order,1,d,{object},"), false),
            (wide, "Order,1,d,".to_owned(), false),
            (wide, "Order,1,d,\"{}\"".to_owned(), false),
        ] {
            let (header, columns) = table(head);
            let found = directly(&header, &columns, &record);
            assert_eq!(found.is_some(), is_usual, "{record}");
            if let Some(found) = found {
                assert_eq!(Some(found), slowly(&header, &columns, &record), "{record}");
            }
        }
    }
}
