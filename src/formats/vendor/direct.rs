//! Rows that are laid flat while they are scanned.
//!
//! Most rows are one object with their properties in it, each key of which means one thing. Then what is around the
//! properties is written behind them as it lies, and of all keys those are noted that the vendor reads. Any other row
//! is left to the reader of all rows, which gives the same.

#![expect(clippy::inline_always, reason = "a row is read faster as one function")]

use std::ops::Range;

use super::super::cursor::Cursor;
use super::super::object::{mark, mark_of};
use super::{Flat, Vendor, Wrapped};

/// Keys that mean something in rows of a vendor.
pub(in crate::formats) struct Names {
    /// The first key that looks so from afar, by its number from 1.
    first: [u8; 128],
    keys: Vec<Name>,
    /// The key without which a record may be no row.
    needed: Option<&'static str>,
}

/// One of these keys.
struct Name {
    key: &'static str,
    /// The next one that looks the same from afar.
    next: u8,
    /// The vendor reads it.
    is_read: bool,
    /// A property of this name is called otherwise.
    is_own: bool,
    /// What has it carries rows, perhaps.
    carries: bool,
}

impl Names {
    /// Of keys that a vendor reads, and those that are none of a property; what has no key that is `needed`, may be
    /// something else than a row.
    pub(super) fn of(
        read: &'static [&'static str],
        own: &'static [&'static str],
        needed: Option<&'static str>,
    ) -> Self {
        let mut names = Self { first: [0; 128], keys: Vec::new(), needed };
        for key in read.iter().chain(own).chain(Wrapped::KEYS) {
            if names.find(key.as_bytes(), mark(key)).is_some() {
                continue;
            }
            // More keys than there is room for are no name here, and then no row is read so.
            let Ok(number) = u8::try_from(names.keys.len() + 1) else { continue };
            let Some(first) = names.first.get_mut(mark(key)) else { continue };
            let next = std::mem::replace(first, number);
            let (is_read, is_own) = (read.contains(key), own.contains(key));
            names.keys.push(Name { key, next, is_read, is_own, carries: Wrapped::KEYS.contains(key) });
        }
        names
    }

    /// What a key is, which looks so from afar, if it means something.
    #[inline(always)]
    fn find(&self, key: &[u8], mark: usize) -> Option<&Name> {
        let mut number = *self.first.get(mark)?;
        while number > 0 {
            let name = self.keys.get(usize::from(number) - 1)?;
            if name.key.as_bytes() == key {
                return Some(name);
            }
            number = name.next;
        }
        None
    }
}

/// Where the keys without quotes and the values are that a vendor reads.
type Places = Vec<[Range<usize>; 2]>;

/// Keys of a row for which there is room at once.
const KEYS: usize = 48;

/// Keys that are read for which there is room at once.
const READ: usize = 24;

/// A row that need not be written to be laid flat.
pub(in crate::formats) struct Laid<'j> {
    /// The fields that are read.
    pub(in crate::formats) fields: Flat<'j>,
    /// The properties and then what is around them, as one object: these, one behind the other.
    pub(in crate::formats) pieces: [&'j str; 4],
}

/// Keys of the properties.
struct Inside<'j> {
    keys: Vec<&'j [u8]>,
    /// What they look like from afar.
    marks: u128,
}

/// The row laid flat; `None` where it is left to the reader of all rows.
pub(in crate::formats) fn read<'j>(vendor: &dyn Vendor, json: &'j str) -> Option<Laid<'j>> {
    let names = vendor.names()?;
    let of_properties = vendor.properties().as_bytes();
    let mut places: Places = Vec::with_capacity(READ);
    let mut cursor = Cursor::of(json);
    let mut inside = Inside { keys: Vec::with_capacity(KEYS), marks: 0 };
    // Keys next to the properties that mean nothing to the vendor, or are those of properties as well.
    let mut others: Vec<&[u8]> = Vec::new();
    let mut found: Option<[usize; 3]> = None;
    let mut has_needed = names.needed.is_none();
    cursor.take(b'{')?;
    if cursor.at() != 1 {
        return None;
    }
    loop {
        let start = cursor.at();
        let key = key(&mut cursor)?;
        if key == of_properties {
            if found.is_some() || cursor.first()? != b'{' {
                return None;
            }
            let from = cursor.at();
            properties(&mut cursor, names, &mut inside, &mut places)?;
            found = Some([start, from, cursor.at()]);
        } else {
            let value = value(&mut cursor)?;
            match names.find(key, mark_of(key)) {
                Some(Name { carries: true, .. }) => return None,
                Some(Name { is_read, is_own, .. }) => {
                    if *is_read {
                        places.push([start + 1..start + 1 + key.len(), value]);
                    }
                    if !is_own {
                        others.push(key);
                    }
                    has_needed |= names.needed.is_some_and(|needed| needed.as_bytes() == key);
                }
                None => others.push(key),
            }
        }
        if is_last(&mut cursor)? {
            break;
        }
    }
    let found = found.filter(|_| has_needed && cursor.is_at_end())?;
    let is_inside = |key: &&[u8]| (inside.marks >> mark_of(key)) & 1 == 1 && inside.keys.contains(key);
    if others.iter().any(is_inside) {
        return None;
    }
    Some(Laid { fields: Flat::within(json, places), pieces: pieces(json, found)? })
}

/// Reads the fields of the properties.
fn properties<'j>(cursor: &mut Cursor<'j>, names: &Names, inside: &mut Inside<'j>, places: &mut Places) -> Option<()> {
    let at = cursor.at();
    cursor.take(b'{')?;
    if cursor.at() != at + 1 {
        return None;
    }
    if cursor.is_empty_object() {
        return Some(());
    }
    loop {
        let start = cursor.at() + 1;
        let key = key(cursor)?;
        let mark = mark_of(key);
        match names.find(key, mark) {
            None | Some(Name { is_read: false, is_own: false, .. }) => cursor.skip()?,
            Some(Name { is_own: true, .. }) => return None,
            Some(_) => places.push([start..start + key.len(), value(cursor)?]),
        }
        inside.keys.push(key);
        inside.marks |= 1 << mark;
        if is_last(cursor)? {
            return Some(());
        }
    }
}

/// Goes to the value of a key, right behind the colon.
#[inline(always)]
fn key<'j>(cursor: &mut Cursor<'j>) -> Option<&'j [u8]> {
    let start = cursor.at();
    let key = cursor.key()?;
    // Two quotes and the colon, and no space.
    (cursor.at() == start + key.len() + 3).then_some(key)
}

/// Goes behind a value; where it is.
#[inline(always)]
fn value(cursor: &mut Cursor<'_>) -> Option<Range<usize>> {
    let start = cursor.at();
    cursor.skip()?;
    Some(start..cursor.at())
}

/// After a value: whether it was the last of its object. What is behind it has no space in it.
#[inline(always)]
fn is_last(cursor: &mut Cursor<'_>) -> Option<bool> {
    let at = cursor.at();
    let is_last = cursor.is_last(b'}')?;
    (cursor.at() == at + 1).then_some(is_last)
}

/// The properties and then what is before and behind them, as one object. `found` is where their key, they themselves
/// and what is behind them begin.
fn pieces(json: &str, found: [usize; 3]) -> Option<[&str; 4]> {
    let [start, from, to] = found;
    let inner = json.get(from..to.checked_sub(1)?)?;
    // With the comma behind it, and with the bracket.
    let (before, behind) = (json.get(1..start)?, json.get(to + 1..)?);
    let comma = if inner.len() > 1 { "," } else { "" };
    Some(match (before, behind) {
        ("", "") => [inner, "}", "", ""],
        (before, "") => [inner, comma, before.strip_suffix(',')?, "}"],
        (before, behind) => [inner, comma, before, behind],
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::object::{Fielded, Object};
    use super::super::calls::Segment;
    use super::super::posthog::PostHog;
    use super::*;

    /// What is read of a row that is laid flat, and its text.
    type Seen = (String, Result<String, String>, Vec<String>);

    fn seen(vendor: &dyn Vendor, text: String, flat: &Flat<'_>) -> Seen {
        let names = vendor.names().unwrap();
        let mut fields = Vec::new();
        flat.each(|key, value| {
            if names.find(key.as_bytes(), mark(key)).is_some_and(|name| name.is_read) {
                fields.push(format!("{key}:{value}"));
            }
        })
        .unwrap();
        fields.sort_unstable();
        (text, vendor.decode(flat).map(|call| format!("{call:?}")), fields)
    }

    fn directly(vendor: &dyn Vendor, json: &str) -> Option<Seen> {
        let Laid { fields, pieces } = read(vendor, json)?;
        // What a row says by all of its fields is left to the reader of all rows.
        vendor.decode(&fields).ok()?;
        Some(seen(vendor, pieces.concat(), &fields))
    }

    fn slowly(vendor: &dyn Vendor, json: &str) -> Seen {
        let object = Object::read_with(json, vendor.properties()).unwrap();
        let flat = vendor.lay_flat(&object).unwrap();
        seen(vendor, flat.text().to_owned(), &flat)
    }

    const VALUES: &str =
        "1|\"x\"|\"x \\\\\"y\"|null|\\[1, 2\\]|\\{\"name\":\"a\"\\}|\"2019-07-01T09:00:00Z\"|\"track\"|\\{\\}|\"\"";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn a_row_is_laid_flat_as_any_row_is(
            outer in proptest::collection::vec(
                ("event|type|uuid|messageId|anonymousId|userId|context|timestamp|distinct_id|elements_chain|x|é|properties|path|batch", VALUES),
                0..7,
            ),
            inner in proptest::collection::vec(
                ("\\$lib|\\$device_id|\\$os|plan|x|é|event|alias|\\$set|name|elements_chain", VALUES),
                0..7,
            ),
            at in 0_usize..8,
            space in "||| ",
        ) {
            let inner: Vec<String> = inner.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
            let mut fields: Vec<String> = outer.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
            fields.insert(at.min(fields.len()), format!("\"properties\":{space}{{{}}}", inner.join(&format!(",{space}"))));
            let json = format!("{{{}}}", fields.join(&format!(",{space}")));
            for vendor in [&Segment as &dyn Vendor, &PostHog] {
                if let Some(found) = directly(vendor, &json) {
                    prop_assert_eq!(found, slowly(vendor, &json), "{}", json);
                }
            }
        }
    }

    #[test]
    fn usual_rows_are_read_so_and_others_are_not() {
        for (json, is_usual) in [
            (r#"{"event":"A","distinct_id":"d","properties":{"$lib":"web","a":1},"uuid":"m"}"#, true),
            (r#"{"properties":{},"event":"A"}"#, true),
            (r#"{"event":"A","properties":{"a":[1, {"b": 2}]}}"#, true),
            (r#"{"event":"A","properties": {"a":1}}"#, false),
            (r#"{"event":"A","properties":{"a": 1}}"#, false),
            (r#"{"event":"A", "properties":{"a":1}}"#, false),
            (r#"{"event":"A","properties":{"a":1} }"#, false),
            (r#"{"event":"A","properties":{"event":"B"}}"#, false),
            (r#"{"event":"A","x":1,"properties":{"x":1}}"#, false),
            (r#"{"event":"A","properties":"{\"a\":1}"}"#, false),
            (r#"{"event":"A","properties":{},"properties":{}}"#, false),
            (r#"{"event":"A","uuid":"m"}"#, false),
            (r#"{"uuid":"m","properties":{"a":1}}"#, false),
            (r#"{"EVENT":"A","event":"A","properties":{}}"#, true),
            (r#"{"event":"A","properties":{},"batch":[]}"#, false),
            (r#"{"event":"A","properties":{},"path":"/e"}"#, false),
            ("{\"event\":\"A\",\"properties\":{\"a\":\"\n\"}}", false),
        ] {
            let found = directly(&PostHog, json);
            assert_eq!(found.is_some(), is_usual, "{json}");
            if let Some(found) = found {
                assert_eq!(found, slowly(&PostHog, json), "{json}");
            }
        }
    }
}
