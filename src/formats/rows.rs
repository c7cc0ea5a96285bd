//! Rows of events as tools and warehouses write them: what is a property of Mixpanel's row stands
//! in columns, and is called otherwise.
//!
//! A [`Shape`] is found once for a file, from the keys of its first rows: which key is the name of
//! the event, whether there are `properties`, and whose row it is. [`Shape::lift`] then makes of
//! each row what the raw export would have had: a name and an object of properties. Every field of
//! a row ends up there, but for the columns that a tool writes for itself ([`Shape::own`]).

mod known;
mod lifting;
mod marked;
mod repeating;

use std::borrow::Cow;
use std::collections::BTreeSet;

use self::known::Keys;
pub(super) use self::known::{Field, is_null_sign, keep, spare};
pub(super) use self::lifting::Lifting;
pub use self::marked::{Mark, Marked, MarkedColumns};
use super::carrier::Carrier;
use super::dialect::{self, Dialect};
use super::event::Properties;
use super::object::{Object, complaint};

/// Keys that can be the name of an event, the surest first.
const NAMES: &[&str] = &["event", "event_name", "mp_event_name", "name"];

/// Columns that are known in any case, and with spaces for underscores, as warehouses and
/// spreadsheets write them.
const COLUMNS: &[&str] = &[
    "distinct_id",
    "time",
    "event",
    "event_name",
    "mp_event_name",
    "properties",
    "insert_id",
    "device_id",
    "user_id",
    "alias",
    "original",
    "mp_processing_time_ms",
    "$distinct_id",
    "$insert_id",
    "$device_id",
    "$user_id",
    "$identified_id",
    "$anon_id",
    "$anon_distinct_id",
    "$distinct_ids",
    "$mp_api_timestamp_ms",
    "$distinct_id_before_identity",
    "mp_lib",
    "$lib",
    "$lib_version",
    "$os",
    "$browser",
    "$model",
    "$device",
    "mp_insert_id",
    "mp_device_id",
    "mp_user_id",
    "mp_reserved_insert_id",
    "mp_reserved_device_id",
    "mp_reserved_user_id",
];

/// What the web console calls properties of a user in the head of a table of users.
const HEADINGS: &[(&str, &str)] = &[
    ("Name", "$name"),
    ("Profile Name", "$name"),
    ("First Name", "$first_name"),
    ("Last Name", "$last_name"),
    ("Email", "$email"),
    ("Phone", "$phone"),
    ("City", "$city"),
    ("Region", "$region"),
    ("Country", "$country_code"),
    ("Country Code", "$country_code"),
    ("Created", "$created"),
    ("Last Seen", "$last_seen"),
    ("Updated at", "$last_seen"),
    ("Last Updated", "$last_seen"),
];

/// Properties of a profile whose `$` Airbyte leaves out.
const BARE: &[&str] = &[
    "$name",
    "$first_name",
    "$last_name",
    "$email",
    "$phone",
    "$city",
    "$region",
    "$country_code",
    "$timezone",
    "$created",
    "$last_seen",
    "$initial_referrer",
    "$initial_referring_domain",
];

/// How the rows of one file are written.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// Who wrote them.
    pub(super) dialect: &'static Dialect,
    /// Key of the event's name, as it stands in the file; `None` in a file of profiles.
    name: Option<String>,
    /// Columns whose names are written otherwise, and what they are.
    renamed: Vec<(String, &'static str)>,
    /// What stands before the names of properties that have columns of their own.
    prefix: Option<&'static str>,
    /// Ids next to `properties`, or without their `$`, are those of Mixpanel.
    bare_ids: bool,
    /// Rows have an object of properties.
    is_wide: bool,
    /// What the keys of the first rows are.
    known: Keys,
}

impl PartialEq for Shape {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.dialect, other.dialect)
            && (&self.name, &self.renamed, self.prefix, self.bare_ids)
                == (&other.name, &other.renamed, other.prefix, other.bare_ids)
            && self.is_wide == other.is_wide
    }
}

impl Eq for Shape {}

/// What a field of a row is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role<'k> {
    /// The name of the event.
    Name,
    /// The object of properties, or its text.
    Properties,
    /// A property, by its name in the raw export.
    Property(Cow<'k, str>),
    /// Written by a tool for itself.
    Own,
}

impl Role<'_> {
    /// The same, which holds on to this one.
    pub(super) fn borrowed(&self) -> Role<'_> {
        match self {
            Self::Name => Role::Name,
            Self::Properties => Role::Properties,
            Self::Property(key) => Role::Property(Cow::Borrowed(key)),
            Self::Own => Role::Own,
        }
    }

    /// The same, without a hold on the key.
    pub(super) fn into_owned(self) -> Role<'static> {
        match self {
            Self::Name => Role::Name,
            Self::Properties => Role::Properties,
            Self::Property(key) => Role::Property(Cow::Owned(key.into_owned())),
            Self::Own => Role::Own,
        }
    }
}

/// A row as the raw export would have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lifted<'a> {
    /// JSON text of the name.
    pub(super) event: Option<Cow<'a, str>>,
    /// JSON text of the properties, an object.
    pub(super) properties: String,
    /// The text of the properties had to be put right.
    pub(super) repaired: bool,
}

impl Shape {
    /// The raw export itself.
    pub(super) fn raw() -> Self {
        Self {
            dialect: dialect::PLAIN,
            name: Some("event".to_owned()),
            renamed: Vec::new(),
            prefix: None,
            bare_ids: true,
            is_wide: true,
            known: Keys::default(),
        }
    }

    /// The shape of rows with these keys.
    #[cfg(test)]
    pub(super) fn of(keys: &BTreeSet<&str>) -> Self {
        Self::by(keys, dialect::of(keys))
    }

    /// The shape of rows with these keys that `who` wrote.
    fn by(keys: &BTreeSet<&str>, who: &'static Dialect) -> Self {
        let renamed = COLUMNS.iter().filter(|column| !keys.contains(*column)).filter_map(|column| {
            let written = keys.iter().find(|key| is_written(key, column))?;
            Some(((*written).to_owned(), *column))
        });
        let mut shape = Self {
            dialect: who,
            name: None,
            renamed: renamed.collect(),
            prefix: None,
            bare_ids: false,
            is_wide: false,
            known: Keys::default(),
        };
        shape.name = NAMES.iter().find_map(|name| shape.written(keys, name));
        let is_wide = shape.written(keys, "properties").is_some();
        shape.is_wide = is_wide;
        shape.prefix =
            ["properties.", "properties__", "properties/", "properties:", "properties_"].into_iter().find(|prefix| {
                let has = |key: &str| keys.contains(format!("{prefix}{key}").as_str());
                // More than one: a property may have any name.
                !is_wide
                    && keys.iter().filter(|key| key.starts_with(prefix)).count() > 1
                    && (*prefix != "properties_" || has("distinct_id") && has("time"))
            });
        shape.bare_ids = is_wide
            || shape.written(keys, "insert_id").is_some() && !keys.contains("$insert_id")
            || shape.name.as_deref().is_some_and(|name| !name.eq_ignore_ascii_case("event"));
        shape.knowing(keys.iter().copied())
    }

    /// The shape of rows with these keys that came in messages of `carrier`: what is in them has no mark of who wrote it.
    pub(super) fn carried(keys: &BTreeSet<&str>, carrier: Option<Carrier>) -> Self {
        Self::by(keys, who(keys, carrier))
    }

    /// The shape of profiles with these keys: what is the name in an event is the id here.
    pub(super) fn of_profiles(keys: &BTreeSet<&str>, carrier: Option<Carrier>) -> Self {
        let mut shape = Self::by(keys, who(keys, carrier));
        let id = ["$distinct_id", "distinct_id"].into_iter().find_map(|id| shape.written(keys, id));
        // The web console heads its columns as a person reads them.
        if id.as_deref().is_some_and(|id| id.contains(' ')) {
            let known = |key: &&str| {
                let (_, known) = HEADINGS.iter().find(|(heading, _)| key.eq_ignore_ascii_case(heading))?;
                (!keys.contains(known)).then(|| ((*key).to_owned(), *known))
            };
            let found: Vec<_> = keys.iter().filter_map(known).collect();
            // One word, such as a name, is in tables of anything.
            if found.len() > 1 {
                shape.renamed.extend(found);
            }
        }
        if std::ptr::eq(shape.dialect, dialect::AIRBYTE) && id.is_some() {
            let bare = |key: &&str| {
                let known = BARE.iter().find(|known| known.strip_prefix('$') == Some(*key))?;
                (!keys.contains(known)).then(|| ((*key).to_owned(), *known))
            };
            shape.renamed.extend(keys.iter().filter_map(bare));
        }
        Self { name: id, ..shape }.knowing(keys.iter().copied())
    }

    /// How a column is written in the file.
    fn written(&self, keys: &BTreeSet<&str>, column: &str) -> Option<String> {
        let other = || self.renamed.iter().find(|(_, known)| *known == column).map(|(written, _)| written.clone());
        keys.contains(column).then(|| column.to_owned()).or_else(other)
    }

    /// The key of the event's name.
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether rows have a name.
    pub(super) fn has_name(&self) -> bool {
        self.name.is_some()
    }

    /// Whether `key` is that of the event's name.
    pub(super) fn is_name(&self, key: &str) -> bool {
        self.name.as_deref() == Some(key)
    }

    /// Whether `key` is that of the object of properties.
    pub(super) fn is_properties(&self, key: &str) -> bool {
        self.role(key) == Role::Properties
    }

    /// Whether `key` is one of some properties.
    pub(super) fn is_profile_key(&self, key: &str, wanted: &[&str]) -> bool {
        let spelled = match self.role(key) {
            Role::Property(name) => name,
            Role::Name => Cow::Borrowed(key),
            Role::Properties | Role::Own => return false,
        };
        wanted.contains(&&*spelled)
    }

    /// What a field is, by its key.
    pub(super) fn role<'k>(&self, key: &'k str) -> Role<'k> {
        if self.is_name(key) {
            return Role::Name;
        }
        // A data frame writes the numbers of its rows into a column without a name.
        if self.dialect.is_own(key) || key.is_empty() {
            return Role::Own;
        }
        let known = self.renamed.iter().find(|(written, _)| written == key).map(|(_, known)| *known);
        let key: Cow<'k, str> = match (known, self.prefix) {
            (Some(known), _) => Cow::Borrowed(known),
            (None, Some(prefix)) => Cow::Borrowed(key.strip_prefix(prefix).unwrap_or(key)),
            (None, None) => Cow::Borrowed(key),
        };
        if key == "properties" {
            return Role::Properties;
        }
        if self.bare_ids && matches!(&*key, "insert_id" | "device_id" | "user_id") {
            return Role::Property(Cow::Owned(format!("${key}")));
        }
        match self.dialect.spell(&key) {
            Some(spelled) => Role::Property(Cow::Owned(spelled)),
            None => Role::Property(key),
        }
    }

    /// The row of a JSON object; the error is the reason to reject it.
    pub(super) fn lift(&self, json: &str) -> Result<Lifted<'static>, String> {
        self.lift_with(json, Lifted::of)
    }

    /// Gives the row of a JSON object to `then`; the error is the reason to reject it.
    pub(super) fn lift_with<R>(&self, json: &str, then: impl FnOnce(&Whole<'_>) -> R) -> Result<R, String> {
        let mut text = spare();
        if let Some(found) = self.columns(json, &mut text) {
            let done = then(&found.whole(&text));
            keep(text);
            return Ok(done);
        }
        let mut text = text.into_bytes();
        if let Some(row) = self.repeating(json, &mut text)
            && let Some(whole) = row.whole(&text)
        {
            let done = then(&whole);
            known::keep_bytes(text);
            return Ok(done);
        }
        known::keep_bytes(text);
        let object = Object::read(json).map_err(|error| complaint(&error))?;
        let mut row = Lifting::default();
        let mut wrong = None;
        for (key, value) in object.fields() {
            if let Err(reason) = row.add(self.role(key), key, Cow::Borrowed(value)) {
                wrong.get_or_insert(reason);
            }
        }
        match wrong {
            Some(reason) => Err(reason),
            None => row.finish(self.dialect.nests, then),
        }
    }
}

/// Who wrote rows with these keys, in messages of `carrier`.
fn who(keys: &BTreeSet<&str>, carrier: Option<Carrier>) -> &'static Dialect {
    let found = dialect::of(keys);
    let is_plain = std::ptr::eq(found, dialect::PLAIN);
    if is_plain && carrier == Some(Carrier::Airbyte) { dialect::AIRBYTE } else { found }
}

/// Whether `key` is `column` written with other letters: `DISTINCT_ID`, `Distinct ID`.
fn is_written(key: &str, column: &str) -> bool {
    key.len() == column.len()
        && key.bytes().zip(column.bytes()).all(|(a, b)| a.eq_ignore_ascii_case(&b) || a == b' ' && b == b'_')
}

/// A row that is lifted, while what it was made of is still there.
pub(super) struct Whole<'w> {
    /// JSON text of the name.
    pub(super) event: Option<&'w str>,
    /// JSON text of the properties, an object.
    pub(super) properties: &'w str,
    /// What these say of time, ids and the program, where that is known without reading them.
    pub(super) fields: Option<Properties<'w>>,
    /// The text of the properties had to be put right.
    pub(super) repaired: bool,
    /// No text in it is known to have an escape.
    pub(super) is_plain: bool,
}

impl Lifted<'static> {
    /// The row by itself.
    pub(super) fn of(whole: &Whole<'_>) -> Self {
        let Whole { event, properties, repaired, .. } = *whole;
        Self { event: event.map(|event| Cow::Owned(event.to_owned())), properties: properties.to_owned(), repaired }
    }
}

#[cfg(test)]
mod tests {
    use super::super::object::each;
    use super::*;

    fn lifted(json: &str) -> (String, String) {
        let mut keys = Vec::new();
        each(json, |key, _| keys.push(key.to_owned())).unwrap();
        let shape = Shape::of(&keys.iter().map(String::as_str).collect());
        let row = shape.lift(json).unwrap();
        (row.event.unwrap_or_default().into_owned(), row.properties)
    }

    fn same(json: &str, event: &str, properties: &str) {
        assert_eq!(lifted(json), (format!("{event:?}"), properties.to_owned()), "{json}");
    }

    #[test]
    fn columns_beside_properties_are_properties() {
        same(
            r#"{"event_name":"A","time":1,"distinct_id":"d","insert_id":"i","device_id":"v","user_id":"u","properties":{"p":1}}"#,
            "A",
            r#"{"p":1,"time":1,"distinct_id":"d","$insert_id":"i","$device_id":"v","$user_id":"u"}"#,
        );
        same(
            r#"{"event":"A","properties":"{\"p\":1}","time":"2019-07-01 09:00:00 UTC"}"#,
            "A",
            r#"{"p":1,"time":"2019-07-01 09:00:00 UTC"}"#,
        );
        same(r#"{"name":"A","dataset":"$mixpanel","properties":{}}"#, "A", r#"{"dataset":"$mixpanel"}"#);
        same(
            r#"{"EVENT_NAME":"A","DISTINCT_ID":"d","USER_ID":"u","PROPERTIES":{"p":1}}"#,
            "A",
            r#"{"p":1,"distinct_id":"d","$user_id":"u"}"#,
        );
        same(
            r#"{"Event Name":"A","Distinct ID":"d","Time":1,"City":"X"}"#,
            "A",
            r#"{"distinct_id":"d","time":1,"City":"X"}"#,
        );
    }

    #[test]
    fn what_stands_twice_is_said_once_and_nothing_is_lost() {
        same(
            r#"{"event":"A","time":"1561971600","distinct_id":7,"plan":"x","properties":{"time":1561971600,"distinct_id":"7","plan":"y"}}"#,
            "A",
            r#"{"time":1561971600,"distinct_id":"7","plan":"y","row.plan":"x"}"#,
        );
        same(
            r#"{"event":"A","distinct_id":"outer","properties":{"distinct_id":"inner"}}"#,
            "A",
            r#"{"distinct_id":"inner","distinct_id":"outer"}"#,
        );
        same(r#"{"event":"A","plan":null,"properties":{"plan":"y"}}"#, "A", r#"{"plan":"y"}"#);
    }

    #[test]
    fn tools_have_their_own_names_for_properties() {
        same(
            r#"{"event":"A","mp_reserved_insert_id":"i","mp_lib":"web","device_id":"own"}"#,
            "A",
            r#"{"$insert_id":"i","mp_lib":"web","device_id":"own"}"#,
        );
        same(
            r#"{"mp_event_name":"A","mp_device_id":"v","mp_lib":"web","mp_processing_time_ms":1}"#,
            "A",
            r#"{"$device_id":"v","mp_lib":"web","mp_processing_time_ms":1}"#,
        );
        same(
            r#"{"event":"A","properties__time":1,"properties___insert_id":"i","properties__event":"own","properties__address__city":"K","properties__address__zip":"0","_dlt_id":"x"}"#,
            "A",
            r#"{"time":1,"$insert_id":"i","event":"own","address":{"city":"K","zip":"0"}}"#,
        );
        same(r#"{"event":"A","properties.time":1,"properties.$insert_id":"i"}"#, "A", r#"{"time":1,"$insert_id":"i"}"#);
        same(
            r#"{"event":"A","properties_time":1,"properties_distinct_id":"d","properties_$user_id":"u"}"#,
            "A",
            r#"{"time":1,"distinct_id":"d","$user_id":"u"}"#,
        );
        same(
            r#"{"_airbyte_raw_id":"x","event":"A","insert_id":"i","browser":"Chrome","page":"/"}"#,
            "A",
            r#"{"$insert_id":"i","$browser":"Chrome","page":"/"}"#,
        );
    }

    #[test]
    fn a_property_that_only_looks_like_a_column_stays_one() {
        same(r#"{"event":"A","$insert_id":"i","user_id":"own"}"#, "A", r#"{"$insert_id":"i","user_id":"own"}"#);
        same(r#"{"event":"A","name":"own","_id":1}"#, "A", r#"{"name":"own","_id":1}"#);
        same(r#"{"event":"A","time":1,"Time":"own"}"#, "A", r#"{"time":1,"Time":"own"}"#);
        same(
            r#"{"event":"A","time":1,"properties_sold":2,"properties_time":3}"#,
            "A",
            r#"{"time":1,"properties_sold":2,"properties_time":3}"#,
        );
    }

    #[test]
    fn properties_that_are_no_object_are_refused() {
        for value in ["7", r#""text""#, "[]"] {
            let json = format!(r#"{{"event":"A","properties":{value}}}"#);
            assert_eq!(Shape::raw().lift(&json), Err("its properties are no object".to_owned()), "{value}");
        }
        assert!(Shape::raw().lift(r#"{"event":"A","properties":null}"#).is_ok());
    }
}
