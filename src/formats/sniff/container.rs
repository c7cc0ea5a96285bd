//! Files that hold rows which are read elsewhere, or none.

use super::super::format::Format;
use super::super::recognise::Found;
use super::super::split::{Layout, trim};
use super::{NotRecognised, Sniffed};

/// First bytes of formats that are not read, and what to do with them.
const FOREIGN: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "it is a zip archive; unpack it first"),
    (b"BZh", "it is packed with bzip2; unpack it first"),
    (b"\xfd7zXZ\0", "it is packed with xz; unpack it first"),
    (b"\x1f\x8b", "it is packed twice; unpack it once first"),
    (b"\x28\xb5\x2f\xfd", "it is packed twice; unpack it once first"),
    (b"\xff\xfe", "it is UTF-16 text; save it as UTF-8"),
    (b"\xfe\xff", "it is UTF-16 text; save it as UTF-8"),
    (b"PAR1", "it is a Parquet file, whose columns are named with --map"),
    (b"Obj\x01", "it is an Avro file; write it as Parquet or JSON Lines"),
    (b"ARROW1\0\0", "it is an Arrow (Feather) file; write it as Parquet or JSON Lines"),
    (b"\xff\xff\xff\xff", "it is an Arrow stream; write it as Parquet or JSON Lines"),
    (b"\xd0\xcf\x11\xe0", "it is a workbook of Excel; save its sheet as CSV"),
    (b"7z\xbc\xaf\x27\x1c", "it is packed with 7-Zip; unpack it first"),
    (b"Rar!\x1a", "it is packed with RAR; unpack it first"),
    (b"\x04\x22\x4d\x18", "it is packed with LZ4; unpack it first"),
    (b"\xff\x06\0\0sNaPpY", "it is packed with Snappy; unpack it first"),
    (b"\x89HDF\r\n\x1a\n", "it is an HDF5 file; write it as Parquet or JSON Lines"),
    (b"PGCOPY\n\xff\r\n\0", "it is a binary copy of PostgreSQL; copy the table as CSV with HEADER"),
    (b"PGDMP", "it is a dump of PostgreSQL; restore it, and copy the table as CSV with HEADER"),
    (b"%PDF", "it is a PDF; export the rows as CSV or JSON Lines"),
];

/// The same of formats whose first bytes could also begin a text, where the file has bytes that no text has.
const BINARY: &[(&[u8], &str)] = &[
    (b"ORC", "it is an ORC file; write it as Parquet or JSON Lines"),
    (b"\x80", "it is a pickle of Python, which could run anything; write it as Parquet or JSON Lines"),
];

/// First words of SQL, in small letters.
const SQL: &[&str] = &[
    "insert into ",
    "create table ",
    "create database ",
    "drop table ",
    "begin transaction;",
    "begin;",
    "pragma ",
    "lock tables ",
    "use `",
    "set statement_timeout",
    "set names ",
    "set sql_mode",
    "/*!40",
    "copy public.",
];

/// What is refused by its first words; `None` for any other text.
fn by_words(text: &[u8]) -> Option<&'static str> {
    let start = String::from_utf8_lossy(text.get(..4096).unwrap_or(text)).to_lowercase();
    let mut lines = start.lines().map(str::trim);
    let first = lines.by_ref().find(|line| !line.is_empty() && !line.starts_with("--"))?;
    if SQL.iter().any(|words| first.starts_with(words)) {
        return Some(
            "it is SQL, which is not run; load it into a database and write the table as CSV or JSON Lines (a SQLite \
             file is read as it is)",
        );
    }
    let is_drawn = |line: &str| line.len() > 2 && line.bytes().all(|byte| matches!(byte, b'+' | b'-' | b'='));
    let is_box = first.starts_with(['┌', '╭', '┏', '╔']);
    if is_box || first.starts_with('+') && is_drawn(first) && lines.next().is_some_and(|line| line.starts_with('|')) {
        return Some(
            "it is a table drawn for a terminal, in which cells may be cut; write the rows as CSV or JSON Lines \
             (mysql --batch, sqlite3 -csv, psql --csv)",
        );
    }
    None
}

/// What holds rows that are read elsewhere, or none at all; the error says why it is not read.
pub(super) fn container(head: &[u8], whole: bool, name: &str) -> Result<Option<Sniffed>, NotRecognised> {
    if head.starts_with(b"SQLite format 3\0") {
        return Ok(Some(Sniffed::lines_of(Format::Sqlite)));
    }
    let fail = |why: String| NotRecognised { name: name.to_owned(), why };
    if head.get(257..262) == Some(b"ustar") {
        return Err(fail("it is a tar archive; unpack it first".to_owned()));
    }
    if let Some((_, why)) = FOREIGN.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Err(fail((*why).to_owned()));
    }
    if head.get(8..12) == Some(b"DUCK") {
        let why = "it is a DuckDB database; write the table as Parquet (COPY events TO 'events.parquet')";
        return Err(fail(why.to_owned()));
    }
    let is_binary = || head.iter().take(4096).any(|byte| matches!(byte, 0..=8));
    if let Some((_, why)) = BINARY.iter().find(|(magic, _)| head.starts_with(magic) && is_binary()) {
        return Err(fail((*why).to_owned()));
    }
    let text = trim(head);
    if let Some(why) = by_words(text) {
        return Err(fail(why.to_owned()));
    }
    if text.is_empty() && whole {
        return Ok(Some(Sniffed::lines_of(Format::Empty)));
    }
    let inside = text.strip_prefix(b"[").map(<[u8]>::trim_ascii);
    if whole && inside.is_some_and(|inside| inside == b"]") {
        return Ok(Some(Sniffed::new(Found::raw(Format::Empty), Layout::Nested, true)));
    }
    if text.is_empty() {
        return Err(fail("its first 64 KB are blank".to_owned()));
    }
    Ok(None)
}
