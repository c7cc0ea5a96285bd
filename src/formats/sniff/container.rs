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
];

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
    let text = trim(head);
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
