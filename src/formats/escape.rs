//! Texts within texts: written into a string of JSON, and read from one or from a cell in quotes.
//!
//! Properties that are a text have a quote every few bytes, so the parts between them are too short for the
//! calls that copy and search long ones. Eight bytes are copied at a time and looked at, and what was copied
//! too far is taken back.

use std::fmt::Write as _;

/// Writes a text as JSON.
pub(crate) fn quote(text: &[u8], out: &mut Vec<u8>) {
    is_ascii_quoted(text, out);
}

/// [`quote`]; whether all of the text is ASCII.
pub(crate) fn is_ascii_quoted(text: &[u8], out: &mut Vec<u8>) -> bool {
    out.reserve(text.len() + 2);
    out.push(b'"');
    let (mut rest, mut seen) = (text, 0);
    while let Some((word, behind)) = rest.split_first_chunk() {
        let bytes = u64::from_le_bytes(*word);
        seen |= bytes;
        out.extend_from_slice(word);
        let Some(found) = first(below(bytes, b' ') | is(bytes, b'"') | is(bytes, b'\\')) else {
            rest = behind;
            continue;
        };
        out.truncate(out.len() - (WORD - found));
        let [sign, behind @ ..] = rest.get(found..).unwrap_or_default() else { break };
        match sign {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *sign]),
            sign => escape(*sign, out),
        }
        rest = behind;
    }
    seen |= rest.iter().fold(0, |seen, byte| seen | u64::from(*byte));
    if rest.iter().any(|byte| matches!(byte, 0..b' ' | b'"' | b'\\')) {
        for byte in rest {
            escape(*byte, out);
        }
    } else {
        out.extend_from_slice(rest);
    }
    out.push(b'"');
    seen & repeat(0x80) == 0
}

/// Writes a byte of a string, with its escape if it has one.
fn escape(byte: u8, out: &mut Vec<u8>) {
    match byte {
        b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        0x8 => out.extend_from_slice(b"\\b"),
        0xc => out.extend_from_slice(b"\\f"),
        0..b' ' => {
            let mut text = String::new();
            // Writing to a String cannot fail.
            let _ = write!(text, "\\u{byte:04x}");
            out.extend_from_slice(text.as_bytes());
        }
        byte => out.push(byte),
    }
}

/// Writes what is in a string of JSON, which begins behind its first quote; what is behind its last one. `None` where
/// it has other escapes than those of quotes, slashes, line breaks and tabs, as JSON that was made a text has them, or
/// has no end.
pub(super) fn unescaped<'s>(string: &'s [u8], out: &mut Vec<u8>) -> Option<&'s [u8]> {
    let mut rest = string;
    while let Some((word, behind)) = rest.split_first_chunk() {
        let bytes = u64::from_le_bytes(*word);
        out.extend_from_slice(word);
        let Some(found) = first(below(bytes, b' ') | is(bytes, b'"') | is(bytes, b'\\')) else {
            rest = behind;
            continue;
        };
        out.truncate(out.len() - (WORD - found));
        rest = match rest.get(found..)? {
            [b'"', behind @ ..] => return Some(behind),
            [b'\\', sign, behind @ ..] => {
                out.push(meant(*sign)?);
                behind
            }
            _ => return None,
        };
    }
    loop {
        rest = match rest {
            [b'"', behind @ ..] => return Some(behind),
            [b'\\', sign, behind @ ..] => {
                out.push(meant(*sign)?);
                behind
            }
            [b'\\'] | [0..b' ', ..] | [] => return None,
            [byte, behind @ ..] => {
                out.push(*byte);
                behind
            }
        };
    }
}

/// What an escape of this sign means.
fn meant(sign: u8) -> Option<u8> {
    match sign {
        b'"' | b'\\' | b'/' => Some(sign),
        b'n' => Some(b'\n'),
        b't' => Some(b'\t'),
        _ => None,
    }
}

/// Writes what is in a cell in quotes, which begins behind its first quote, with two quotes as one; what is behind its
/// last one. `None` for a cell without an end.
pub(super) fn undoubled<'c>(cell: &'c [u8], out: &mut Vec<u8>) -> Option<&'c [u8]> {
    let mut rest = cell;
    while let Some((word, behind)) = rest.split_first_chunk() {
        let bytes = u64::from_le_bytes(*word);
        out.extend_from_slice(word);
        let Some(found) = first(is(bytes, b'"')) else {
            rest = behind;
            continue;
        };
        let [b'"', behind @ ..] = rest.get(found + 1..)? else {
            out.truncate(out.len() - (WORD - found));
            return rest.get(found + 1..);
        };
        // The first of the two stays.
        out.truncate(out.len() - (WORD - found) + 1);
        rest = behind;
    }
    loop {
        rest = match rest {
            [b'"', b'"', behind @ ..] => {
                out.push(b'"');
                behind
            }
            [b'"', behind @ ..] => return Some(behind),
            [byte, behind @ ..] => {
                out.push(*byte);
                behind
            }
            [] => return None,
        };
    }
}

/// How far a text goes on from a place inside a cell in quotes so that it surely stays in the cell and in its line: each
/// quote has one next to it, which is the same sign of the cell.
pub(super) fn behind_pairs(text: &[u8], from: usize) -> usize {
    let mut at = from;
    // Next to the quotes before, one would be the end.
    if from == 0 || text.get(from) == Some(&b'"') {
        return from;
    }
    while let Some(around) = text.get(at.saturating_sub(1)..).and_then(<[u8]>::first_chunk)
        && is_paired(around)
    {
        at += PART;
    }
    let last = |before: usize| text.get(at.saturating_sub(before)) == Some(&b'"');
    // The second of two.
    at + usize::from(at > from && last(1) && !last(2))
}

/// Bytes that are looked at for pairs at once, as a processor does.
const PART: usize = 32;

/// Whether a part of a text, with one byte around it, has no line break, and no quote but next to one other.
fn is_paired(around: &[u8; PART + 2]) -> bool {
    let quote = |byte: &u8| u8::from(*byte == b'"');
    let [_, part @ ..] = around;
    let [_, next @ ..] = part;
    let found = around
        .iter()
        .zip(part)
        .zip(next)
        .map(|((before, byte), next)| quote(byte) & (1 ^ quote(before) ^ quote(next)) | u8::from(*byte == b'\n'));
    found.fold(0, |all, found| all | found) == 0
}

/// Where the next line break or quote is.
pub(super) fn break_or_quote(text: &[u8]) -> Option<usize> {
    let mut rest = text;
    for _ in 0..NEAR {
        let Some((word, behind)) = rest.split_first_chunk() else { break };
        let word = u64::from_le_bytes(*word);
        if let Some(found) = first(is(word, b'\n') | is(word, b'"')) {
            return Some(text.len() - rest.len() + found);
        }
        rest = behind;
    }
    Some(text.len() - rest.len() + memchr::memchr2(b'\n', b'"', rest)?)
}

/// Words that are looked at before it pays to search a long text.
const NEAR: usize = 4;

/// Bytes that are looked at together.
const WORD: usize = 8;

/// `byte` eight times.
const fn repeat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; WORD])
}

/// The highest bit of each byte that is below `than`, and perhaps of bytes above such a one.
const fn below(word: u64, than: u8) -> u64 {
    word.wrapping_sub(repeat(than)) & !word
}

/// The highest bit of each byte that is this one, and perhaps of bytes above such a one.
const fn is(word: u64, byte: u8) -> u64 {
    below(word ^ repeat(byte), 1)
}

/// The place of the first of eight bytes that is this one, or one that JSON escapes.
pub(super) fn special_or(word: u64, byte: u8) -> Option<usize> {
    first(is(word, byte) | below(word ^ repeat(QUOTE_TO_SPACE), b' ' + 1) | is(word, b'\\'))
}

/// Makes a space of a quote, and of what is above a space nothing below it: with the control
/// characters, which stay below, one comparison finds both.
pub(super) const QUOTE_TO_SPACE: u8 = b'"' ^ b' ';

/// How many of eight bytes are this one before any other.
pub(super) fn leading(word: u64, byte: u8) -> usize {
    ((word ^ repeat(byte)).trailing_zeros() / 8) as usize
}

/// The place of the first byte whose highest bit is set.
fn first(found: u64) -> Option<usize> {
    let found = found & repeat(0x80);
    (found != 0).then(|| (found.trailing_zeros() / 8) as usize)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::object::string;
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn a_text_is_written_as_others_do_and_read_as_it_was(text in "[ -~]{0,20}|[a\"\\\\\n\t\r/\u{1}\u{8}\u{c}é😀]{0,30}") {
            let mut quoted = Vec::new();
            let is_ascii = is_ascii_quoted(text.as_bytes(), &mut quoted);
            let mut expected = String::new();
            string(&text, &mut expected);
            prop_assert_eq!(std::str::from_utf8(&quoted).unwrap(), &expected);
            prop_assert_eq!(is_ascii, text.is_ascii());
            let mut inside = b"x".to_vec();
            quoted.extend_from_slice(b", 1");
            let read = unescaped(&quoted[1..], &mut inside);
            if text.contains(['\r', '\u{1}', '\u{8}', '\u{c}']) {
                prop_assert_eq!(read, None);
            } else {
                prop_assert_eq!(read, Some(&b", 1"[..]));
                prop_assert_eq!(&inside[1..], text.as_bytes());
            }
        }

        #[test]
        fn what_is_in_a_string_is_what_the_parser_says(string in "[a\"\\\\/ntu\n\u{1}0é]{0,24}") {
            let mut inside = Vec::new();
            if let Some(behind) = unescaped(string.as_bytes(), &mut inside) {
                let whole = format!("\"{}", string.get(..string.len() - behind.len()).unwrap());
                prop_assert_eq!(serde_json::from_str::<String>(&whole).unwrap().into_bytes(), inside);
            }
        }

        #[test]
        fn the_next_sign_is_found(text in "[a\"\n]{0,3}[ -~]{0,50}[a\n\"]{0,3}|a{0,50}[\"\n]") {
            prop_assert_eq!(break_or_quote(text.as_bytes()), text.find(['\n', '"']));
        }

        #[test]
        fn pairs_of_quotes_are_passed_by_and_nothing_else(text in "([a-d]{0,9}(\"\"|\"|\n|\"{3,5})?){0,12}[a-e]{0,40}") {
            let (text, mut at) = (text.as_bytes(), 0);
            while at < text.len() {
                let end = behind_pairs(text, at);
                // One after the other.
                let mut slow = at;
                while slow < end {
                    slow += match &text[slow..] {
                        [b'"', b'"', ..] => 2,
                        [b'"' | b'\n', ..] => return Err(TestCaseError::fail(format!("{slow}"))),
                        _ => 1,
                    };
                }
                prop_assert_eq!(slow, end);
                at = end + 1;
            }
        }

        #[test]
        fn a_cell_is_read_as_it_was_written(text in "[ -~]{0,20}|[a\",\n]{0,30}", behind in "(,[a\"]{0,10})?") {
            let cell = format!("{}\"{behind}", text.replace('"', "\"\""));
            let mut inside = Vec::new();
            prop_assert_eq!(undoubled(cell.as_bytes(), &mut inside), Some(behind.as_bytes()));
            prop_assert_eq!(inside, text.into_bytes());
            prop_assert_eq!(undoubled(b"aaaaaaaaa\"\"b", &mut Vec::new()), None);
        }
    }

    #[test]
    fn a_delimiter_and_what_json_escapes_are_found_and_nothing_else() {
        for byte in 0..=u8::MAX {
            let is_found = byte < b' ' || matches!(byte, b'"' | b'\\' | b';');
            for (at, other) in
                (0..WORD).flat_map(|at| [b' ', b'!', b'#', b':', 0x7f, 0x80, 0xff].map(|other| (at, other)))
            {
                let mut text = [other; WORD];
                text[at] = byte;
                let found = special_or(u64::from_le_bytes(text), b';');
                assert_eq!(found, is_found.then_some(at), "{byte} among {other}");
            }
        }
    }
}
