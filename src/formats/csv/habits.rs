//! How the writer of a table writes cells, where that differs from the rules (RFC 4180): a word for nothing, signs
//! after a backslash, a comma in numbers. The first rows show it.

use std::borrow::Cow;

use super::super::dialect::TEXTS;
use super::Header;
use super::cells::{cells, split};
use super::heads::letters;

/// Words that databases and data frames write for nothing.
const NULLS: &[&str] = &["NULL", "null", "None", "nan", "NaN", "NA", "N/A", "<NA>", "<null>", "(null)", "nil"];

/// Cells with a word for nothing for each that is empty, at least.
const EMPTY: usize = 4;

impl Header {
    /// The same with what its first rows show of how it writes cells.
    pub(in crate::formats) fn learning<'r, R: Iterator<Item = &'r [u8]>>(self, rows: impl Fn() -> R) -> Self {
        self.with_single_quotes(rows())
            .with_ends(rows())
            .with_backslashes(rows())
            .with_null(rows())
            .with_escapes(rows())
            .with_decimal_commas(rows())
            .with_floats(rows())
    }

    /// The same where single quotes stand around texts, as the `quote` mode of `sqlite3` and other writers of SQL have
    /// them: some column has them around each of its texts, and no cell stands in others.
    fn with_single_quotes<'r>(self, rows: impl Iterator<Item = &'r [u8]>) -> Self {
        let rows: Vec<&[u8]> = rows.collect();
        // The last of many may be cut.
        let most = rows.get(..rows.len() - usize::from(rows.len() > 2)).unwrap_or_default();
        let mut columns: Vec<Option<bool>> = vec![None; self.names.len()];
        for row in most {
            let Some((cells, quoted)) = std::str::from_utf8(row).ok().and_then(|row| singled(row, self.delimiter))
            else {
                return self;
            };
            if cells.len() != columns.len() || cells.iter().zip(&quoted).any(|(cell, is)| !is && cell.starts_with('"'))
            {
                return self;
            }
            for ((cell, is_quoted), column) in cells.iter().zip(quoted).zip(&mut columns) {
                if is_quoted || !cell.is_empty() {
                    *column = Some(*column != Some(false) && is_quoted);
                }
            }
        }
        if !columns.contains(&Some(true)) {
            return self;
        }
        let names: Vec<String> = self.names.iter().map(|name| name.trim_matches('\'').to_owned()).collect();
        Self { is_quoted: false, is_single: true, letters: letters(&names), names, ..self }
    }

    /// The same where each row has a delimiter behind its last cell, and the head has none.
    fn with_ends<'r>(self, rows: impl Iterator<Item = &'r [u8]>) -> Self {
        let is_closed = |row: &[u8]| {
            let cells = cells(row, self.delimiter, self.is_quoted).unwrap_or_default();
            cells.len() == self.names.len() + 1 && cells.last().is_some_and(|last| last.is_empty())
        };
        let rows: Vec<bool> = rows.map(is_closed).collect();
        // The last of many may be cut.
        let most = rows.get(..rows.len() - usize::from(rows.len() > 2)).unwrap_or_default();
        let is_closed = !most.is_empty() && most.iter().all(|is_closed| *is_closed);
        Self { is_closed, ..self }
    }

    /// The same with the word that stands for nothing in these rows: where the same one of such words stands in several
    /// columns, and no cell is empty, or so few that these are texts without a letter. A cell that is one now and then
    /// may be an id.
    fn with_null<'r>(self, rows: impl Iterator<Item = &'r [u8]>) -> Self {
        let mut found: Vec<(usize, Vec<usize>)> = vec![(0, Vec::new()); NULLS.len()];
        let mut empty = 0;
        for cells in rows.filter_map(|row| self.cells(row).ok().flatten()) {
            for (at, cell) in cells.iter().enumerate() {
                if cell == "\\N" {
                    return self;
                }
                empty += usize::from(cell.is_empty());
                let Some(word) = NULLS.iter().position(|word| word == cell) else { continue };
                if let Some((count, columns)) = found.get_mut(word) {
                    *count += 1;
                    if !columns.contains(&at) {
                        columns.push(at);
                    }
                }
            }
        }
        let word = found.iter().position(|(count, columns)| columns.len() > 1 && *count >= empty * EMPTY);
        Self { null: word.and_then(|word| NULLS.get(word)).copied(), ..self }
    }

    /// The same with escapes undone in its cells, if tabs part them and these first rows show it: no cell
    /// stands in quotes, each backslash begins an escape, and there is a `\N`, a `\'`, or an object that is
    /// JSON only when they are undone.
    fn with_escapes<'r>(self, rows: impl Iterator<Item = &'r [u8]>) -> Self {
        if self.delimiter != b'\t' || self.is_single {
            return self;
        }
        let is_json = |cell: &str| serde_json::from_str::<serde::de::IgnoredAny>(cell).is_ok();
        let mut is_shown = false;
        for cell in rows.filter_map(|row| cells(row, b'\t', false).ok()).flatten() {
            if cell.starts_with('"') {
                return self;
            }
            if !cell.contains('\\') {
                continue;
            }
            let Some(undone) = unescaped(&cell) else { return self };
            is_shown |=
                cell == "\\N" || cell.contains("\\'") || undone.starts_with('{') && !is_json(&cell) && is_json(&undone);
        }
        if is_shown { Self { is_quoted: false, is_escaped: true, ..self } } else { self }
    }

    /// The same where a quote in a cell has a backslash before it and not a quote, as Spark
    /// <https://spark.apache.org/docs/latest/sql-data-sources-csv.html> and `INTO OUTFILE` of `MySQL` write: rows with
    /// such signs have as many cells as there are columns only when they are read so.
    fn with_backslashes<'r>(self, rows: impl Iterator<Item = &'r [u8]>) -> Self {
        let mut is_shown = false;
        for row in
            rows.filter_map(|row| std::str::from_utf8(row).ok()).filter(|row| self.is_quoted && row.contains('\\'))
        {
            // A sign of the end of a line is none of the last cell.
            let row = row.trim_end_matches(['\r', '\n']);
            let escaped = backslashed(row, self.delimiter).is_some_and(|cells| cells.len() == self.names.len());
            let plain = split(row, self.delimiter, true, 0).is_some_and(|cells| cells.len() == self.names.len());
            // A row that only the rules can read has no escapes.
            if plain && !escaped {
                return self;
            }
            is_shown |= escaped && !plain;
        }
        if is_shown { Self { is_quoted: false, has_backslashes: true, ..self } } else { self }
    }

    /// The same where numbers have a comma before their decimals, as spreadsheets of most languages write them: commas
    /// do not part cells, there is such a number, and none with a point. Ids stay what is written.
    fn with_decimal_commas<'r>(self, rows: impl Iterator<Item = &'r [u8]>) -> Self {
        if self.delimiter == b',' {
            return self;
        }
        let commas: Vec<bool> = self.names.iter().map(|name| !is_id(name)).collect();
        let mut is_shown = false;
        for cells in rows.filter_map(|row| self.cells(row).ok().flatten()) {
            for (cell, _) in cells.iter().zip(&commas).filter(|(_, is_number)| **is_number) {
                if has_decimals(cell, b'.') {
                    return self;
                }
                is_shown |= has_decimal_comma(cell);
            }
        }
        if is_shown { Self { commas: Some(commas), ..self } } else { self }
    }

    /// The same where a data frame made fractions of whole numbers because some rows have none: all cells of a column
    /// of ids that are not empty end in `.0`.
    fn with_floats<'r>(self, rows: impl Iterator<Item = &'r [u8]>) -> Self {
        let mut floats: Vec<Option<bool>> = self.names.iter().map(|name| (!is_id(name)).then_some(false)).collect();
        for cells in rows.filter_map(|row| self.cells(row).ok().flatten()) {
            for (cell, float) in cells.iter().zip(&mut floats).filter(|(cell, _)| !cell.is_empty()) {
                *float = Some(*float != Some(false) && whole_of(cell).is_some());
            }
        }
        let floats: Vec<bool> = floats.into_iter().map(|float| float == Some(true)).collect();
        if floats.contains(&true) { Self { floats: Some(floats), ..self } } else { self }
    }
}

/// Whether a column has ids, whatever a tool writes before its name.
fn is_id(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    TEXTS.iter().any(|text| {
        name.strip_suffix(text.trim_start_matches('$')).is_some_and(|before| !before.ends_with(char::is_alphanumeric))
    })
}

/// The number that a cell is without its `.0`; `None` for any other cell.
pub(super) fn whole_of(cell: &str) -> Option<&str> {
    let whole = cell.strip_suffix(".0")?;
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(whole)
}

/// Whether a cell is a number with a comma before its decimals.
pub(super) fn has_decimal_comma(cell: &str) -> bool {
    has_decimals(cell, b',')
}

fn has_decimals(cell: &str, point: u8) -> bool {
    let number = cell.strip_prefix('-').unwrap_or(cell).as_bytes();
    let is_number = |digits: &[u8]| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let Some(at) = memchr::memchr(point, number) else { return false };
    let (whole, decimals) = (number.get(..at).unwrap_or_default(), number.get(at + 1..).unwrap_or_default());
    is_number(whole) && is_number(decimals) && (whole.len() == 1 || !whole.starts_with(b"0"))
}

/// The cells of a record in which a backslash stands before quotes, delimiters and backslashes that belong to a cell;
/// `None` where a quote stands in one without.
pub(super) fn backslashed(record: &str, delimiter: u8) -> Option<Vec<Cow<'_, str>>> {
    let delimiter = char::from(delimiter);
    let mut cells = Vec::new();
    let mut rest = record.trim_end_matches(['\r', '\n']);
    loop {
        let in_quotes = rest.strip_prefix('"');
        let text = in_quotes.unwrap_or(rest);
        let mut cell = String::new();
        let mut signs = text.char_indices().peekable();
        let behind = loop {
            let Some((at, sign)) = signs.next() else {
                // A cell in quotes that nothing closes.
                if in_quotes.is_some() {
                    return None;
                }
                break text.len();
            };
            match sign {
                '\\' => match signs.next_if(|(_, next)| matches!(next, '"' | '\\') || *next == delimiter) {
                    Some((_, own)) => cell.push(own),
                    None => cell.push(sign),
                },
                '"' if in_quotes.is_some() => match signs.next_if(|(_, next)| *next == '"') {
                    Some((_, own)) => cell.push(own),
                    None => break at + 1,
                },
                sign if sign == delimiter && in_quotes.is_none() => break at,
                sign => cell.push(sign),
            }
        };
        cells.push(Cow::Owned(cell));
        let behind = text.get(behind..)?;
        if behind.is_empty() {
            return Some(cells);
        }
        rest = behind.strip_prefix(delimiter)?;
    }
}

/// The cells of a record in which single quotes stand around texts, and which of them do; `None` where one is not
/// closed. `NULL` without quotes is nothing.
pub(super) fn singled(record: &str, delimiter: u8) -> Option<(Vec<Cow<'_, str>>, Vec<bool>)> {
    let delimiter = char::from(delimiter);
    let (mut cells, mut quoted) = (Vec::new(), Vec::new());
    let mut rest = record.trim_end_matches(['\r', '\n']);
    loop {
        let behind = if let Some(text) = rest.strip_prefix('\'') {
            let mut cell = String::new();
            let mut signs = text.char_indices().peekable();
            let end = loop {
                match signs.next()? {
                    (at, '\'') if signs.next_if(|(_, next)| *next == '\'').is_none() => break at + 1,
                    (_, '\\') if signs.next_if(|(_, next)| *next == '\'').is_some() => cell.push('\''),
                    (_, sign) => cell.push(sign),
                }
            };
            cells.push(Cow::Owned(cell));
            quoted.push(true);
            text.get(end..)?
        } else {
            let end = rest.find(delimiter).unwrap_or(rest.len());
            let cell = rest.get(..end)?;
            cells.push(Cow::Borrowed(if cell == "NULL" { "" } else { cell }));
            quoted.push(false);
            rest.get(end..)?
        };
        if behind.is_empty() {
            return Some((cells, quoted));
        }
        rest = behind.strip_prefix(delimiter)?;
    }
}

/// A cell without its escapes; `None` where a backslash begins none.
pub(super) fn unescaped(cell: &str) -> Option<String> {
    let mut undone = String::with_capacity(cell.len());
    let mut signs = cell.chars();
    while let Some(sign) = signs.next() {
        undone.push(match sign {
            '\\' => match signs.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' => '\u{8}',
                'f' => '\u{c}',
                '0' => '\0',
                'N' if cell == "\\N" => return Some(String::new()),
                own @ ('\\' | '\'') => own,
                _ => return None,
            },
            sign => sign,
        });
    }
    Some(undone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_a_database_are_undone_where_the_rows_show_that_it_wrote_them() {
        let head = || Header::of(b"event\ttime\tproperties").unwrap();
        let read = |rows: &[&str]| {
            let header = head().with_escapes(rows.iter().map(|row| row.as_bytes()));
            let cells = rows.iter().map(|row| header.cells(row.as_bytes()).unwrap().unwrap());
            (header.is_escaped(), cells.map(|cells| cells[2].clone().into_owned()).collect::<Vec<_>>())
        };
        for (rows, cells) in [
            (
                vec!["A\t1\t{\"a\":1}", r#"A	1	{"a":"one\\ntwo \\"x\\" it\'s"}"#],
                vec!["{\"a\":1}", r#"{"a":"one\ntwo \"x\" it's"}"#],
            ),
            (vec![r"A	1	a\tb\\c", r"A	\N	d"], vec!["a\tb\\c", "d"]),
            (vec![r#"A	1	{"a":"\\u00fc \\"x\\""}"#], vec![r#"{"a":"\u00fc \"x\""}"#]),
        ] {
            assert_eq!(read(&rows), (true, cells.into_iter().map(str::to_owned).collect()), "{rows:?}");
        }
        for row in [
            r"A	1	C:\new\table",
            r#"A	1	{"a":"one\ntwo"}"#,
            r#"A	1	{"a":"\"x\""}"#,
            r"A	1	a\\b",
            "A\t1\tplain",
            r#"A	\N	"{""a"":1}""#,
        ] {
            assert!(!read(&[row]).0, "{row}");
        }
        let comma = Header::of(b"a,b").unwrap().with_escapes([r"\N,it\'s".as_bytes()].into_iter());
        assert!(!comma.is_escaped());
    }

    fn read(head: &str, rows: &[&str]) -> (Vec<String>, Vec<Vec<String>>) {
        let bytes = || rows.iter().map(|row| row.as_bytes());
        let header = Header::of(head.as_bytes()).unwrap().learning(bytes);
        let cells = rows.iter().map(|row| header.cells(row.as_bytes()).unwrap().unwrap());
        (header.habits(), cells.map(|cells| cells.into_iter().map(Cow::into_owned).collect()).collect())
    }

    #[test]
    fn a_word_stands_for_nothing_next_to_a_few_empty_texts_too() {
        // polars 2.1.0, null_value="NULL": an empty text is two quotes.
        let rows = ["A,1,NULL,NULL,NULL", "A,2,NULL,NULL,x", "A,3,\"\",NULL,NULL"];
        let (habits, cells) = read("event,time,plan,device,user", &rows);
        assert_eq!(
            (habits, &cells[1][2..]),
            (vec!["NULL is nothing".to_owned()], &[String::new(), String::new(), "x".into()][..])
        );
        let (habits, _) = read("event,time,plan,device,user", &["A,1,,NULL,NULL", "A,2,NULL,,x", "A,3,,,"]);
        assert!(habits.is_empty());
    }

    #[test]
    fn single_quotes_around_the_texts_of_a_column_are_no_part_of_them() {
        // sqlite3 3.40.1, .mode quote
        let rows = ["'A, b',1561971600,'it''s',NULL", "'B',1561971601,'{\"a\":\"x\",\"b\":2}','NULL'"];
        let (habits, cells) = read("'event','time','note','plan'", &rows);
        assert_eq!(habits, ["single quotes"]);
        assert_eq!(cells[0], ["A, b", "1561971600", "it's", ""]);
        assert_eq!(cells[1], ["B", "1561971601", "{\"a\":\"x\",\"b\":2}", "NULL"]);
        // With a head without quotes, and by a program that escapes them.
        assert_eq!(read("event,note", &[r"'A','it\'s'", "'B',''"]).1, [["A", "it's"], ["B", ""]]);
        for rows in [["A,'x'", "B,y"], ["A,'x", "B,'y"], ["\"A\",'x'", "\"B\",'y'"], ["A,x's", "B,'y's"]] {
            assert!(read("event,note", &rows).0.is_empty(), "{rows:?}");
        }
    }

    #[test]
    fn a_backslash_in_a_row_that_ends_in_a_carriage_return_shows_no_habit() {
        let rows: [&[u8]; 2] = [b"A,back\\slash,x\r", b"B,\"say \"\"hi\"\"\",x\r"];
        let header = Header::of(b"event,note,plan").unwrap().learning(|| rows.iter().copied());
        assert_eq!(header.habits(), Vec::<String>::new());
    }

    #[test]
    fn quotes_after_backslashes_are_quotes_where_the_rows_show_it() {
        // As Spark 4.0.0 and pandas 3.1.1 (doublequote=False, escapechar) write them.
        let rows = [r#"A,"{\"time\":1,\"note\":\"x, \\n \\\"y\\\"\"}",1"#, "B,C:\\new,2", r#"C,"x,""y""",3"#];
        let (habits, cells) = read("event,properties,n", &rows);
        assert_eq!(habits, ["quotes after backslashes"]);
        assert_eq!(cells[0], ["A", r#"{"time":1,"note":"x, \n \"y\""}"#, "1"]);
        assert_eq!((&*cells[1][1], &*cells[2][1]), ("C:\\new", "x,\"y\""));
        let (habits, cells) = read("event;note;n", &[r"A;x\;y;1"]);
        assert_eq!((habits.len(), &*cells[0][1]), (1, "x;y"));
        // What the rules read is read by them.
        for row in [r#"A,"{""a"":""\""x\""""}",1"#, r#"A,"C:\",1"#, r#"A,\"x,1"#] {
            assert!(read("event,properties,n", &[row]).0.is_empty(), "{row}");
        }
    }

    #[test]
    fn ids_that_a_data_frame_made_fractions_are_whole_where_all_of_a_column_are() {
        // pandas 3.1.1, json_normalize of rows of which some have no $user_id.
        let rows = ["View,d-1,,1.0", "Login,4711,4711.0,2.0", "Login,42,42.0,2.5"];
        let (habits, cells) = read("event,properties.distinct_id,properties.$user_id,properties.score", &rows);
        assert_eq!(
            (habits, &cells[1][1..]),
            (vec!["ids without .0".to_owned()], &["4711".into(), "4711".into(), "2.0".into()][..])
        );
        assert!(read("event,distinct_id,score", &["A,1.0,1.0", "A,1.5,1.0"]).0.is_empty());
        assert!(read("event,distinct_id,score", &["A,v1.0,1.0", "A,1.0,1.0"]).0.is_empty());
        assert!(read("event,app_version,plan", &["A,2.0,1.0"]).0.is_empty());
    }

    #[test]
    fn a_space_before_a_cell_in_quotes_and_a_delimiter_behind_the_last_cell_are_no_part_of_cells() {
        let (_, cells) = read("event, note, plan", &["A, \"x\", \"y \"\"z\"\"\"", "B, , 5\" disk"]);
        assert_eq!(cells, [["A", "x", "y \"z\""], ["B", "", "5\" disk"]]);
        // psql writes no quotes of its own.
        assert_eq!(read(" event | note ", &[" A     | \"x\""]).1, [["A", "\"x\""]]);
        let (_, cells) = read("event,note,plan", &["A,x,y,", "B,,,"]);
        assert_eq!(cells, [["A", "x", "y"], ["B", "", ""]]);
        // Of one row that has one more, a comma stands in a cell.
        let rows = ["A,x,y", "B,x,y,"];
        let header = Header::of(b"event,note,plan").unwrap().learning(|| rows.iter().map(|row| row.as_bytes()));
        assert!(header.cells(rows[0].as_bytes()).is_ok() && header.cells(rows[1].as_bytes()).is_err());
        let header = Header::of(b"event,note").unwrap();
        assert!(header.cells(b"A,x,y").is_err() && header.cells(b"A").is_err() && header.cells(b"A,x,,").is_err());
    }

    #[test]
    fn a_comma_before_decimals_is_read_where_no_number_has_a_point() {
        // pandas 3.1.1, sep=";", decimal=","
        let rows = ["A;9,99;12,5;x,y;0,5", "A;-3,0;7;1,2,3;01,5"];
        let (habits, cells) = read("event;price;distinct_id;note;ratio", &rows);
        assert_eq!(habits, ["decimal commas"]);
        assert_eq!(cells[0], ["A", "9.99", "12,5", "x,y", "0.5"]);
        assert_eq!(cells[1], ["A", "-3.0", "7", "1,2,3", "01,5"]);
        assert!(read("event;price;ratio", &["A;9,99;0.5"]).0.is_empty());
        assert!(read("event,price", &["A,\"9,99\""]).0.is_empty());
    }
}
