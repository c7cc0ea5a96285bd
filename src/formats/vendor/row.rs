//! What a row of any vendor becomes.

use std::borrow::Cow;
use std::ops::Range;

use super::super::object::{Fielded, Object, complaint, each, given, mark, marks, one_line, string};
use super::super::profile;
use super::super::rows::{keep, spare};
use crate::model::client::ClientView;
use crate::model::id::DEVICE_PREFIX;
use crate::model::{Flags, Id, Millis, Profile, RowView, Verb, json};

/// A text of a row, where it lies in it if it does.
pub(super) type Text<'f> = Cow<'f, str>;

/// One call as a vendor's row has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::formats) struct Call<'f> {
    /// Name of the event, or the word of the call where it has none.
    pub(super) event: Text<'f>,
    /// Which call it is.
    pub(super) verb: Verb<Text<'f>>,
    /// The known user.
    pub(super) user: Option<Text<'f>>,
    /// The anonymous id or the device.
    pub(super) device: Option<Text<'f>>,
    /// The one id of vendors that have one, which may be that of a user or of a device.
    pub(super) id: Option<Text<'f>>,
    /// When it happened.
    pub(super) time: Option<Millis>,
    /// When the server had it.
    pub(super) arrival: Option<Millis>,
    /// What deliveries of one row have in common.
    pub(super) insert_id: Option<Text<'f>>,
    /// The program that sent it: library, then system, browser and model.
    pub(super) library: Option<Text<'f>>,
    pub(super) parts: [Text<'f>; 3],
    pub(super) screen: Option<[Text<'f>; 2]>,
    /// JSON object of what the call says of its person.
    pub(super) traits: Option<Text<'f>>,
    /// What it does with what is known of its person otherwise, as members of an update: `"$unset":["plan"]`.
    pub(super) changes: Vec<String>,
}

/// What stands around a row.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::formats) struct Around {
    pub(in crate::formats) line: u64,
    /// When a recorder had it.
    pub(in crate::formats) arrival: Option<Millis>,
    pub(in crate::formats) repaired: bool,
}

impl Call<'_> {
    /// The id that the row is stored under: the one it was sent under, else the user, else the
    /// device.
    fn id(&self) -> Option<&str> {
        [&self.id, &self.user, &self.device].into_iter().find_map(Option::as_deref)
    }

    /// The same, which holds on to no row.
    #[cfg(test)]
    pub(super) fn into_owned(self) -> Call<'static> {
        let own = |text: Text<'_>| Cow::Owned(text.into_owned());
        Call {
            event: own(self.event),
            verb: self.verb.map(own),
            user: self.user.map(own),
            device: self.device.map(own),
            id: self.id.map(own),
            time: self.time,
            arrival: self.arrival,
            insert_id: self.insert_id.map(own),
            library: self.library.map(own),
            parts: self.parts.map(own),
            screen: self.screen.map(|screen| screen.map(own)),
            traits: self.traits.map(own),
            changes: self.changes,
        }
    }

    /// The profile that the call changes, if it says something of a known person.
    pub(in crate::formats) fn profile(&self, around: Around) -> Option<Profile> {
        let set = self.traits.as_deref().filter(|traits| traits.trim() != "{}");
        let set = set.map(|traits| format!("\"$set\":{traits}"));
        let said: Vec<&str> = set.as_deref().into_iter().chain(self.changes.iter().map(String::as_str)).collect();
        if said.is_empty() {
            return None;
        }
        let name = serde_json::Value::from(self.id.as_deref().or(self.user.as_deref())?);
        let update = format!("{{\"$distinct_id\":{name},{}}}", said.join(","));
        let (profile, _) = profile::decode(&update, around.line, self.arrival.or(around.arrival)).ok()?;
        let time = self.time.or(profile.time);
        let id = |text: &Option<Text<'_>>| text.as_deref().map(Id::new);
        Some(Profile { time, device: id(&self.device), user: id(&self.user), ..profile })
    }

    /// The row, with `flat` for its properties; the error is the reason to reject it.
    pub(in crate::formats) fn row<'f>(&'f self, flat: &'f str, around: Around) -> Result<RowView<'f>, String> {
        let mut flags = Flags::default();
        if around.repaired {
            flags.set(Flags::REPAIRED);
        }
        let arrival = self.arrival.or(around.arrival);
        let time = match (self.time, arrival) {
            (Some(time), _) => time,
            (None, Some(arrival)) => {
                flags.set(Flags::TIME_FROM_ARRIVAL);
                arrival
            }
            (None, None) => {
                return Err("has neither a time nor an arrival where rows of its vendor have them".to_owned());
            }
        };
        if self.insert_id.is_some() {
            flags.set(Flags::HAS_INSERT_ID);
        }
        let text = |id: &'f Text<'_>| Cow::Borrowed(&**id);
        let device = self.device.as_deref();
        Ok(RowView {
            id: self.id().map(Cow::Borrowed),
            time,
            arrival,
            device: device.map(|device| Cow::Borrowed(device.strip_prefix(DEVICE_PREFIX).unwrap_or(device))),
            user: self.user.as_ref().map(text),
            verb: self.verb.as_ref().map(text),
            previous: Vec::new(),
            insert_id: self.insert_id.as_deref().map(Cow::Borrowed),
            client: ClientView::of(
                self.library.as_deref().map(Cow::Borrowed),
                self.parts.each_ref().map(text),
                self.screen.as_ref().map(|screen| screen.each_ref().map(text)),
            ),
            properties: Cow::Borrowed(flat),
            line: around.line,
            flags,
            event: Cow::Borrowed(&self.event),
        })
    }
}

/// A row that was laid flat, which knows where its fields are.
#[derive(Clone, Debug, Default)]
pub(in crate::formats) struct Flat<'j> {
    text: Text<'j>,
    /// Places of keys, without their quotes, and of values; `None` where a key has an escape.
    places: Option<Vec<[Range<usize>; 2]>>,
    /// The places are only of what its vendor reads.
    is_part: bool,
}

impl<'j> Flat<'j> {
    /// A row that is flat.
    pub(in crate::formats) fn of(text: &'j str) -> Self {
        Self { text: Cow::Borrowed(text), ..Self::default() }
    }

    /// Fields that lie in this row, wherever they stand in it.
    pub(super) fn within(text: &'j str, places: Vec<[Range<usize>; 2]>) -> Self {
        Self { text: Cow::Borrowed(text), places: Some(places), is_part: true }
    }

    /// Whether only those of its fields are known that its vendor reads.
    pub(super) fn is_part(&self) -> bool {
        self.is_part
    }

    /// Its JSON text.
    pub(in crate::formats) fn text(&self) -> &str {
        &self.text
    }

    /// Leaves its text to the next row.
    pub(in crate::formats) fn done(self) {
        if let Cow::Owned(text) = self.text {
            keep(text);
        }
    }
}

impl Flat<'static> {
    /// The fields of an object and then those of another one but for the one with this number, none of which has the
    /// name of another; `None` where they do not lie in them as they are to be written.
    fn copied(inner: Option<&Object<'_>>, row: &Object<'_>, left_out: Option<usize>) -> Option<Self> {
        if !row.is_scanned() || inner.is_some_and(|inner| !inner.is_scanned()) {
            return None;
        }
        let [before, behind] = parts(row, left_out)?;
        let inner = match inner {
            Some(inner) => Some(parts(inner, None)?),
            None => None,
        };
        let mut text = spare();
        text.reserve(row.text().len() + 64);
        text.push('{');
        let mut places = Vec::with_capacity(FIELDS);
        for part in inner.into_iter().flatten().chain([before, behind]).filter(|part| !part.fields.is_empty()) {
            if text.len() > 1 {
                text.push(',');
            }
            let start = text.len();
            text.push_str(part.text);
            let moved = |place: Range<usize>| place.start - part.at + start..place.end - part.at + start;
            places.extend(part.fields.into_iter().map(|[key, value]| [moved(key), moved(value)]));
        }
        text.push('}');
        Some(Self { text: Cow::Owned(text), places: Some(places), is_part: false })
    }

    /// Writes a field behind the others. A key that is plain has no sign that JSON escapes.
    fn add(&mut self, key: &str, is_plain: bool, value: &str) {
        let text = self.text.to_mut();
        text.push(if text.is_empty() { '{' } else { ',' });
        let start = text.len() + 1;
        if is_plain {
            text.push('"');
            text.push_str(key);
            text.push('"');
        } else {
            string(key, text);
        }
        let end = text.len().saturating_sub(1);
        if end - start != key.len() {
            self.places = None;
        }
        text.push(':');
        let value_at = text.len();
        text.push_str(value);
        if let Some(places) = &mut self.places {
            places.push([start..end, value_at..text.len()]);
        }
    }
}

impl<'a> Fielded<'a> for &'a Flat<'a> {
    fn each(self, mut field: impl FnMut(&str, &'a str)) -> serde_json::Result<()> {
        let Some(places) = &self.places else { return each(&self.text, field) };
        for [key, value] in places {
            let part = |place: &Range<usize>| self.text.get(place.clone()).unwrap_or_default();
            field(part(key), part(value));
        }
        Ok(())
    }
}

/// A part of an object whose fields lie right behind each other, which is copied as a whole.
struct Part<'a> {
    text: &'a str,
    /// Where it begins in its object.
    at: usize,
    /// Where its keys and values are there.
    fields: Vec<[Range<usize>; 2]>,
}

/// The fields of an object before and behind the one with this number, as they lie in it; `None` where anything stands
/// between them.
fn parts<'a>(object: &'a Object<'_>, left_out: Option<usize>) -> Option<[Part<'a>; 2]> {
    let text = object.text();
    let at = |part: &str| part.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
    let mut fields = [Vec::with_capacity(FIELDS), Vec::new()];
    // Where the next field begins, and what is between the parts.
    let (mut next, mut between) = (1, text.len()..text.len());
    for (number, (key, value)) in object.fields().enumerate() {
        let (key_at, value_at) = (at(key), at(value));
        if key_at != next + 1 || value_at != key_at + key.len() + 2 {
            return None;
        }
        let end = value_at + value.len();
        if Some(number) == left_out {
            between = next..end + 1;
        } else {
            let [before, behind] = &mut fields;
            let part = if next < between.start { before } else { behind };
            part.push([key_at..key_at + key.len(), value_at..end]);
        }
        next = end + 1;
    }
    // Nothing is behind the bracket that closes it.
    if next.max(2) != text.len() {
        return None;
    }
    let [before, behind] = fields;
    // Without the comma or the bracket behind them.
    let part = |from: usize, to: usize, fields| {
        Some(Part { text: text.get(from..to.saturating_sub(1).max(from))?, at: from, fields })
    };
    Some([part(1, between.start, before)?, part(between.end, text.len(), behind)?])
}

/// Fields for which there is room at once: more than most rows have.
const FIELDS: usize = 48;

/// The fields of a row next to the properties of its event, as one object.
///
/// Nothing is lost: where both have a field, or the name is one of `own`, the row's keeps it and the
/// event's is called `properties.x`. A row that is laid flat stays as it is.
pub(super) fn flat(row: &Object<'_>, properties: &str, own: &[&str]) -> Result<Flat<'static>, String> {
    let mut inner = row.fields().enumerate().filter(|(_, (key, _))| *key == properties);
    let inner = inner.find_map(|(at, (_, value))| Some((at, object_in(value)?)));
    let place = inner.as_ref().map(|(at, _)| *at);
    let outer = || row.fields().enumerate().filter(|(at, _)| Some(*at) != place).map(|(_, field)| field);
    let is_one = |key: &str, marks: u128| (marks >> mark(key)) & 1 == 1;
    let known = outer().fold(0, |marks: u128, (key, _)| marks | 1 << mark(key));
    let named = marks(own);
    let inner = match &inner {
        Some((at, text)) => Some(match row.inner(*at) {
            Some(inner) => inner,
            None => Object::read(text).map_err(|error| complaint(&error))?,
        }),
        None => None,
    };
    let is_alone = |key: &str| {
        !(is_one(key, known) && outer().any(|(known, _)| known == key) || is_one(key, named) && own.contains(&key))
    };
    if inner.iter().flat_map(Object::fields).all(|(key, _)| is_alone(key))
        && let Some(flat) = Flat::copied(inner.as_ref(), row, place)
    {
        return Ok(flat);
    }
    let room = row.text().len() + 64;
    let places = Vec::with_capacity(FIELDS);
    let mut text = spare();
    text.reserve(room);
    let mut flat = Flat { text: Cow::Owned(text), places: Some(places), is_part: false };
    if let Some(inner) = &inner {
        for (key, value) in inner.fields() {
            let same = if is_one(key, known) { outer().find(|(known, _)| *known == key) } else { None };
            let is_plain = inner.is_scanned();
            match same {
                Some((_, same)) if same == value => {}
                None if !(is_one(key, named) && own.contains(&key)) => {
                    flat.add(key, is_plain, &written(value, is_plain));
                }
                _ => flat.add(&format!("{properties}.{key}"), is_plain, &written(value, is_plain)),
            }
        }
    }
    for (key, value) in outer() {
        flat.add(key, row.is_scanned(), &written(value, row.is_scanned()));
    }
    let text = flat.text.to_mut();
    if text.is_empty() {
        text.push('{');
    }
    text.push('}');
    Ok(flat)
}

/// A value of an object, in one line.
fn written(value: &str, is_scanned: bool) -> Cow<'_, str> {
    if is_scanned { Cow::Borrowed(value) } else { one_line(value) }
}

/// An object, also in a string.
pub(super) fn object_in(value: &str) -> Option<Cow<'_, str>> {
    if value.starts_with('{') {
        return Some(Cow::Borrowed(value));
    }
    let text = json::text(value).filter(|_| value.starts_with('"'))?;
    text.trim_start().starts_with('{').then(|| Cow::Owned(text.trim().to_owned()))
}

/// The first of some values that is a time.
pub(super) fn time(values: &[Option<&str>]) -> Option<Millis> {
    values.iter().flatten().find_map(|value| json::time(value))
}

/// The text of a value that is given and not empty.
pub(super) fn text(value: Option<&str>) -> Option<Text<'_>> {
    given(value).and_then(json::text).filter(|text| !text.is_empty())
}

/// A text that a function finds in another one, or knows.
pub(super) fn part_of(text: Text<'_>, find: fn(&str) -> &str) -> Text<'_> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(find(text)),
        Cow::Owned(text) => Cow::Owned(find(&text).to_owned()),
    }
}

/// The id that a value is.
pub(super) fn id(value: Option<&str>) -> Option<Text<'_>> {
    given(value).and_then(json::id_text)
}

/// A row whose keys are all in capitals, as some warehouses write columns, with small letters instead.
pub(in crate::formats) fn lowered(row: &str) -> Option<String> {
    let first = row.trim_start().strip_prefix('{')?.trim_start().strip_prefix('"')?;
    // The first letter decides most rows.
    if !first.starts_with(|letter: char| letter.is_ascii_uppercase() || matches!(letter, '_' | '$')) {
        return None;
    }
    let mut text = "{".to_owned();
    let (mut is_upper, mut is_lower) = (false, false);
    each(row, |key, value| {
        is_upper |= key.bytes().any(|byte| byte.is_ascii_uppercase());
        is_lower |= key.bytes().any(|byte| byte.is_ascii_lowercase());
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&serde_json::Value::from(key.to_ascii_lowercase()).to_string());
        text.push(':');
        text.push_str(value);
    })
    .ok()?;
    text.push('}');
    (is_upper && !is_lower).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields<'a>(of: impl Fielded<'a>) -> Vec<(String, &'a str)> {
        let mut fields = Vec::new();
        of.each(|key, value| fields.push((key.to_owned(), value))).unwrap();
        fields
    }

    #[test]
    fn a_row_that_is_laid_flat_keeps_all_fields_of_both() {
        for (row, text) in [
            ("{}", "{}"),
            (r#"{"a":1,"properties":{}}"#, r#"{"a":1}"#),
            (
                r#"{"a":1,"properties":{"a":1,"b":2,"own":3,"c":4},"c":5}"#,
                r#"{"b":2,"properties.own":3,"properties.c":4,"a":1,"c":5}"#,
            ),
            (r#"{"properties":"{\"b\": [1]}","properties":{"c":1}}"#, r#"{"b":[1],"properties":{"c":1}}"#),
            (r#"{"properties":7,"b\n":"\u00e9"}"#, r#"{"properties":7,"b\n":"\u00e9"}"#),
            ("{\"a\":\n[1,\n2]}", r#"{"a":[1,2]}"#),
        ] {
            assert_eq!(flat(&Object::read(row).unwrap(), "properties", &["own"]).unwrap().text, text, "{row}");
        }
    }

    proptest! {
        #[test]
        fn the_fields_of_a_flat_row_are_those_of_its_text(
            outer in proptest::collection::vec(("[a-c\"\\\\\n]{1,2}", -2..3), 0..5),
            inner in proptest::collection::vec(("[a-c\"\\\\é]{1,2}", -2..3), 0..5),
        ) {
            let object = |fields: &[(String, i32)]| {
                let fields = fields.iter().map(|(key, value)| format!("{}:{value}", serde_json::Value::from(key.as_str())));
                fields.collect::<Vec<_>>().join(",")
            };
            let row = format!(r#"{{"properties":{{{}}},"x":[{{}}]{}{}}}"#, object(&inner), if outer.is_empty() { "" } else { "," }, object(&outer));
            let flat = flat(&Object::read(&row).unwrap(), "properties", &["a", "ab"]).unwrap();
            let known = super::flat(&Object::read_with(&row, "properties").unwrap(), "properties", &["a", "ab"]).unwrap();
            prop_assert_eq!((&known.text, fields(&known)), (&flat.text, fields(&flat)));
            let read = Flat::of(&flat.text);
            prop_assert_eq!(fields(&flat), fields(&read));
        }
    }
}
