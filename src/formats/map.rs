//! Rows in no known format, read by a map: which column, or which path in a row, is what of an
//! event.
//!
//! `id=userId,event=action,time=context.at`: an `a.b` that is no column is `b` in `a`, and a value that
//! begins with `=` is the text behind it, the same in each row. Everything else in a row stays a
//! property, under its own name.

mod guess;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

use super::carrier;
use super::object::{complaint, each};
use super::rows::Lifted;
use crate::model::json;
use crate::model::text::and;

/// What a map can say, what that is as a property of the raw export, and names that columns with it
/// often have, in lower case and without anything but letters, the more usual first.
const FIELDS: &[(&str, &str, &[&str])] = &[
    (
        "id",
        "distinct_id",
        &[
            "distinctid",
            "externaluserid",
            "userid",
            "customerid",
            "memberid",
            "uid",
            "user",
            "clientid",
            "visitorid",
            "anonymousid",
            "deviceid",
            "userpseudoid",
            "domainuserid",
            "useranonymousid",
            "email",
        ],
    ),
    ("event", "", &["event", "eventname", "eventtype", "eventtablename", "action", "activity", "name", "type"]),
    (
        "time",
        "time",
        &[
            "time",
            "timestamp",
            "eventtime",
            "eventtimestamp",
            "occurredat",
            "originaltimestamp",
            "ts",
            "datetime",
            "derivedtstamp",
            "collectortstamp",
            "servertime",
            "utctime",
            "createdat",
            "date",
        ],
    ),
    (
        "arrived",
        "mp_processing_time_ms",
        &[
            "mpprocessingtimems",
            "receivedat",
            "serverreceivedtime",
            "arrivedat",
            "ingestedat",
            "uploadtime",
            "servertimestamp",
        ],
    ),
    ("insert_id", "$insert_id", &["insertid", "messageid", "eventid", "uuid"]),
    ("device", "$device_id", &["deviceid", "anonymousid"]),
    ("user", "$user_id", &["userid"]),
    ("alias", "alias", &["alias"]),
];

/// Says that all other columns are properties.
const ALL: &str = "*";
/// What a map calls the time.
const TIME: &str = "time";
/// What a map calls the properties.
const PROPERTIES: &str = "properties";

/// Times from the start of 2000 to the end of 2099.
const YEARS: std::ops::Range<i64> = 946_684_800_000..4_102_444_800_000;

/// Which column of a row is what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// What it is, by its place in [`FIELDS`], and where it stands.
    places: Vec<(usize, String)>,
    /// Where an object with the properties stands; `None` when all other columns are some.
    properties: Option<String>,
}

impl Map {
    /// The map that a text says: `id=…,event=…,time=…`. The error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let pairs = text.split(',').map(|pair| {
            let (name, place) = pair.split_once('=').ok_or_else(|| format!("\"{pair}\" is not NAME=COLUMN"))?;
            Ok((name.trim().to_owned(), place.trim().to_owned()))
        });
        Self::of(pairs.collect::<Result<_, String>>()?)
    }

    /// The map of some pairs of what a column is, and the column. The error says what is wrong.
    pub fn of(pairs: Vec<(String, String)>) -> Result<Self, String> {
        let mut map = Self { places: Vec::new(), properties: None };
        for (name, place) in pairs {
            if place.is_empty() {
                return Err(format!("{name} names no column"));
            }
            if name == PROPERTIES {
                map.properties = Some(place).filter(|place| place != ALL);
                continue;
            }
            let Some(at) = FIELDS.iter().position(|(known, ..)| *known == name) else {
                let known: Vec<&str> = FIELDS.iter().map(|(known, ..)| *known).chain([PROPERTIES]).collect();
                return Err(format!("\"{name}\" is nothing that a map can say; it can say {}", and(&known)));
            };
            if map.place(at).is_some() {
                return Err(format!("{name} stands twice"));
            }
            map.places.push((at, place));
        }
        let lacks =
            |name: &str| !map.places.iter().any(|(at, _)| FIELDS.get(*at).is_some_and(|(known, ..)| *known == name));
        for name in ["id", "event"] {
            if lacks(name) {
                return Err(format!("it does not say which column is the {name}"));
            }
        }
        if lacks("time") && lacks("arrived") {
            return Err("it does not say which column is the time".to_owned());
        }
        Ok(map)
    }

    fn place(&self, wanted: usize) -> Option<&str> {
        self.places.iter().find(|(at, _)| *at == wanted).map(|(_, place)| place.as_str())
    }

    /// Whether a column has ids, whose cells are texts whatever they look like.
    pub(super) fn is_text(&self, column: &str) -> bool {
        let of_time = |at: usize| FIELDS.get(at).is_some_and(|(name, ..)| matches!(*name, "time" | "arrived"));
        self.places.iter().any(|(at, place)| place == column && !of_time(*at))
    }

    /// The row of a JSON object; the error is the reason to reject it.
    pub(super) fn lift(&self, row: &str) -> Result<Lifted<'static>, String> {
        let mut event = None;
        let mut properties = "{".to_owned();
        let mut taken: Vec<(&str, String)> = Vec::new();
        let mut add = |name: &str, value: &str| {
            let comma = if properties.len() > 1 { "," } else { "" };
            // Writing to a String cannot fail.
            let _ = write!(properties, "{comma}{}:{value}", serde_json::Value::from(name));
        };
        for (at, place) in &self.places {
            let Some((name, property, _)) = FIELDS.get(*at) else { continue };
            let value = match place.strip_prefix('=') {
                Some(text) => Some(serde_json::Value::from(text.trim()).to_string()),
                None => find(row, place)?.map(Cow::into_owned),
            };
            let Some(value) = value.filter(|value| value != "null") else { continue };
            if *name == "event" {
                event = Some(value);
            } else {
                add(property, &value);
                taken.push((property, value));
            }
        }
        let rest = match &self.properties {
            None => Some(row.to_owned()),
            Some(place) => {
                find(row, place)?.map(|object| match json::text(&object).filter(|_| object.starts_with('"')) {
                    Some(text) => text.trim().to_owned(),
                    None => object.into_owned(),
                })
            }
        };
        if let Some(rest) = rest.filter(|rest| rest != "null") {
            if !rest.starts_with('{') {
                return Err("its properties are no object".to_owned());
            }
            let inside = self.properties.as_deref();
            let is_place = |key: &str| {
                let own = |place: &str| match inside {
                    None => place == key,
                    Some(inside) => {
                        place.strip_prefix(inside).and_then(|rest| rest.strip_prefix('.')).is_some_and(|own| own == key)
                    }
                };
                self.places.iter().any(|(_, place)| own(place))
            };
            each(&rest, |key, value| {
                if is_place(key) {
                    return;
                }
                match taken.iter().find(|(property, _)| *property == key) {
                    None => add(key, value),
                    Some((_, known)) if says_the_same(known, value) => {}
                    // Another column of that name is kept.
                    Some(_) => add(&format!("row.{key}"), value),
                }
            })
            .map_err(|error| complaint(&error))?;
        }
        properties.push('}');
        Ok(Lifted { event: event.map(Into::into), properties, repaired: false })
    }

    /// The columns of some rows that it leaves out, because the properties are in another; as people name them.
    pub(super) fn left_out(&self, rows: &[String]) -> Vec<String> {
        let Some(properties) = &self.properties else { return Vec::new() };
        let is_below = |column: &str, place: &str| {
            column.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let is_read =
            |column: &str| is_below(column, properties) || self.places.iter().any(|(_, place)| is_below(column, place));
        guess::paths(rows).filter(|column| !is_read(column)).collect()
    }

    /// Whether these rows can be read by it; the error says what they lack.
    pub(super) fn check(&self, rows: &[String]) -> Result<(), String> {
        if rows.is_empty() {
            return Err("it has no rows that a map can be held against".to_owned());
        }
        let has = |place: &str| rows.iter().any(|row| find(row, place).is_ok_and(|value| value.is_some()));
        let twice = stands_twice(rows);
        let places =
            self.places.iter().map(|(at, place)| (FIELDS.get(*at).map_or("", |(name, ..)| *name), place.as_str()));
        let places = places.chain(self.properties.as_deref().map(|place| (PROPERTIES, place)));
        for (name, place) in places.filter(|(_, place)| !place.starts_with('=')) {
            if !has(place) {
                let columns: Vec<String> = guess::paths(rows).take(12).collect();
                return Err(format!(
                    "by the map the column {place} is its {name}, but its rows have {}",
                    columns.join(", ")
                ));
            }
            if let Some(twice) = twice.iter().find(|key| place.split('.').next() == Some(key)) {
                return Err(format!(
                    "by the map the column {place} is its {name}, but two columns are called {twice}: rename one of them"
                ));
            }
            let fits = |value: &str| match name {
                "event" => json::text(value).is_some(),
                PROPERTIES => carrier::object_in(value).is_some(),
                "time" | "arrived" => true,
                _ => json::id_text(value).is_some(),
            };
            if let Some(value) = mostly(&values(rows, place), |value| !fits(value)) {
                let is_none = match name {
                    "event" => "is no name",
                    PROPERTIES => "is no object",
                    _ => "is no id",
                };
                return Err(format!(
                    "by the map the column {place} is its {name}, but {} {is_none}",
                    super::excerpt(value, 40)
                ));
            }
        }
        for (at, place) in &self.places {
            let Some((name @ ("time" | "arrived"), ..)) = FIELDS.get(*at) else { continue };
            let values = values(rows, place);
            if let Some(value) = mostly(&values, |value| json::time(value).is_none()) {
                return Err(format!(
                    "by the map the column {place} is its {name}, but {} is no time in a form that is read",
                    super::excerpt(value, 40)
                ));
            }
            if let Some(value) = never(values.iter().map(|value| &**value)) {
                return Err(format!("by the map the column {place} is its {name}, but {}", no_moment(value)));
            }
        }
        Ok(())
    }
}

/// What rows have at a place.
fn values<'r>(rows: &'r [String], place: &str) -> Vec<Cow<'r, str>> {
    rows.iter().filter_map(|row| find(row, place).ok()?.filter(|value| value != "null")).collect()
}

/// The first of some values that are so, if most are.
fn mostly<'v>(values: &'v [Cow<'_, str>], are: impl Fn(&str) -> bool) -> Option<&'v str> {
    let mut such = values.iter().map(|value| &**value).filter(|value| are(value));
    let first = such.next()?;
    ((1 + such.count()) * 2 > values.len()).then_some(first)
}

/// A number among some times, if none of them is in the years in which products are used: days of a spreadsheet, or a
/// date written as a number.
pub(super) fn never<'v>(times: impl Iterator<Item = &'v str>) -> Option<&'v str> {
    let mut first = None;
    for time in times {
        let bare = time.trim_matches('"').trim();
        if bare.parse::<f64>().is_err() || json::time(time).is_none_or(|time| YEARS.contains(&time)) {
            return None;
        }
        first = first.or(Some(bare));
    }
    first
}

/// Why a number is no time.
pub(super) fn no_moment(number: &str) -> String {
    format!(
        "numbers such as {} are no times of the years 2000 to 2099, in seconds or what is finer: write them so, or as \
         2019-07-01 09:12:01",
        super::excerpt(number, 40)
    )
}

/// Columns that stand twice in at least half of some rows.
pub(super) fn stands_twice(rows: &[impl AsRef<str>]) -> Vec<String> {
    let mut twice: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows {
        let mut keys: Vec<String> = Vec::new();
        // What is wrong with a row is said when it is read.
        let _ = each(row.as_ref(), |key, _| keys.push(key.to_owned()));
        keys.sort_unstable();
        let mut again: Vec<String> = keys
            .windows(2)
            .filter(|pair| pair.first() == pair.last())
            .filter_map(|pair| pair.first().cloned())
            .collect();
        again.dedup();
        for key in again.into_iter().filter(|key| !key.is_empty()) {
            *twice.entry(key).or_default() += 1;
        }
    }
    twice.into_iter().filter(|(_, count)| *count * 2 >= rows.len()).map(|(key, _)| key).collect()
}

/// Whether two values are one id, or one moment to the precision of the coarser: a column often repeats what is
/// among the properties.
fn says_the_same(one: &str, other: &str) -> bool {
    let second = |value: &str| json::time(value).map(|time| time.div_euclid(1000));
    let is_same_id = || json::id(one).is_some_and(|id| json::id(other) == Some(id));
    one == other || is_same_id() || second(one).is_some_and(|time| second(other) == Some(time))
}

/// The value at a place of a row: a column, or a path into objects, which can be texts of JSON.
fn find<'a>(row: &'a str, place: &str) -> Result<Option<Cow<'a, str>>, String> {
    let mut found = None;
    let mut inside = None;
    each(row, |key, value| {
        if key == place {
            found = Some(value);
        } else if let Some(rest) = place.strip_prefix(key).and_then(|rest| rest.strip_prefix('.'))
            && let Some(object) = carrier::object_in(value)
        {
            inside = Some((object, rest.to_owned()));
        }
    })
    .map_err(|error| complaint(&error))?;
    Ok(match (found, inside) {
        (Some(value), _) => Some(Cow::Borrowed(value)),
        (None, Some((Cow::Borrowed(object), rest))) => find(object, &rest)?,
        (None, Some((Cow::Owned(object), rest))) => find(&object, &rest)?.map(|value| Cow::Owned(value.into_owned())),
        (None, None) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_says_which_column_is_what_and_the_others_stay_properties() {
        let row = r#"{"userId":"u","action":"A","at":{"sent":"2019-07-01T09:00:00Z"},"time":7,"plan":"pro"}"#;
        let lifted = Map::parse("id=userId, event=action, time=at.sent").unwrap().lift(row).unwrap();
        assert_eq!(lifted.event.as_deref(), Some("\"A\""));
        assert_eq!(
            lifted.properties,
            r#"{"distinct_id":"u","time":"2019-07-01T09:00:00Z","at":{"sent":"2019-07-01T09:00:00Z"},"row.time":7,"plan":"pro"}"#
        );
        let of =
            |pairs: &[(&str, &str)]| Map::of(pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect());
        let map = of(&[("id", "userId"), ("event", "= Page Viewed"), ("time", "time"), ("properties", "at")]).unwrap();
        let lifted = map.lift(row).unwrap();
        assert_eq!(lifted.event.as_deref(), Some("\"Page Viewed\""));
        assert_eq!(lifted.properties, r#"{"distinct_id":"u","time":7,"sent":"2019-07-01T09:00:00Z"}"#);
    }

    #[test]
    fn what_a_property_repeats_stands_once() {
        let map = Map::parse("id=who,event=what,time=when,properties=more").unwrap();
        let lift = |id: &str, time: u64| {
            let more = format!(r#"{{"distinct_id":{id},"time":{time},"plan":"pro"}}"#);
            let row = format!(r#"{{"who":"42","what":"A","when":1561971600500,"more":{more}}}"#);
            map.lift(&row).unwrap().properties
        };
        assert_eq!(lift("42", 1_561_971_600), r#"{"distinct_id":"42","time":1561971600500,"plan":"pro"}"#);
        let other = lift("43", 1_561_971_601);
        assert!(other.contains(r#""row.distinct_id":43"#) && other.contains(r#""row.time":1561971601"#), "{other}");
    }

    #[test]
    fn a_map_that_lacks_something_says_what() {
        for (text, says) in [
            ("id=a,time=b", "which column is the event"),
            ("event=a,time=b", "which column is the id"),
            ("id=a,event=b", "which column is the time"),
            ("id=a,id=b", "stands twice"),
            ("id=,event=b", "names no column"),
            ("who=a", "\"who\" is nothing that a map can say; it can say id"),
            ("id", "is not NAME=COLUMN"),
        ] {
            let said = Map::parse(text).unwrap_err();
            assert!(said.contains(says), "{text}: {said}");
        }
        let rows = [r#"{"a":"u","b":"A","c":"soon"}"#.to_owned()];
        let said = |map: &str| Map::parse(map).unwrap().check(&rows).unwrap_err();
        assert!(said("id=x,event=b,time=c").contains("the column x is its id, but its rows have a, b, c"));
        assert!(said("id=a,event=b,time=c").contains("\"soon\" is no time"));
    }

    #[test]
    fn a_guess_is_made_of_the_rows_in_messages_and_of_the_names_that_the_vendor_gives() {
        let guess = |rows: &[&str]| {
            let rows: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
            let guess = Map::guess(&rows, "x", "x", Some("Singer messages"));
            assert!(guess.contains("# It is read without a map: Singer messages"), "{guess}");
            let lines = guess.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
            lines
                .map(|(field, column)| format!("{field}={}", column.split('"').nth(1).unwrap()))
                .collect::<Vec<_>>()
                .join(",")
        };
        let schema = r#"{"type":"SCHEMA","stream":"tracks","schema":{"properties":{"userId":{},"time":{}}}}"#;
        let singer = r#"{"type":"RECORD","stream":"tracks","record":{"userId":"u","action":"A","at":"2019-07-01"}}"#;
        assert_eq!(
            guess(&[schema, singer]),
            "id=record.userId,event=record.action,time=,user=record.userId,properties=record"
        );
        let airbyte = r#"{"type":"RECORD","record":{"stream":"tracks","data":{"userId":"u","action":"A","time":1}}}"#;
        assert_eq!(
            guess(&[airbyte]),
            "id=record.data.userId,event=record.data.action,time=record.data.time,user=record.data.userId,properties=record.data"
        );
        let both = r#"{"event":"A","distinct_id":"d","time":1,"user_id":"own","$user_id":"u"}"#;
        assert_eq!(guess(&[both]), "id=distinct_id,event=event,time=time,user=$user_id,properties=*");
    }

    #[test]
    fn a_map_is_proposed_where_the_names_of_columns_say_what_they_are() {
        for (row, map) in [
            (
                r#"{"event_type":"Sign Up","customer_id":"ada","timestamp":1719825001,"data":{"plan":"pro"}}"#,
                Some("id=customer_id,event=event_type,time=timestamp"),
            ),
            (
                r#"{"Client Id":"1.2","Event Name":"x","Event Timestamp":"1719825001000000"}"#,
                Some("'id=Client Id,event=Event Name,time=Event Timestamp'"),
            ),
            (
                r#"{"user":{"id":7,"userId":"u"},"action":"A","at":{"ts":"2019-07-01T09:00:00Z"}}"#,
                Some("id=user.id,event=action,time=at.ts"),
            ),
            // People, rows without a time that is read, and without an id.
            (r#"{"user_id":"u","name":"Ada","created_at":"2019-07-01T09:00:00Z"}"#, None),
            (r#"{"user_id":"u","action":"A","date":"7/1/2019"}"#, None),
            // The only column with times, and others in which they mean something else.
            (
                r#"{"user_id":"u","action":"A","Zeit":"2019-07-01 09:00:00","day":"2019-07-01"}"#,
                Some("id=user_id,event=action,time=Zeit"),
            ),
            (r#"{"user_id":"u","action":"A","from":"2019-07-01 09:00","to":"2019-07-01 10:00"}"#, None),
            (r#"{"user_id":"u","action":"A","birthday":"1990-07-01"}"#, None),
            (r#"{"user_id":"u","action":"A","size":1561971600}"#, None),
            (r#"{"action":"A","date":"2019-07-01"}"#, None),
        ] {
            let rows = [row.to_owned()];
            let found = Map::proposal(&rows);
            assert_eq!(found.as_deref(), map, "{row}");
            if let Some(map) = found {
                assert_eq!(Map::parse(map.trim_matches('\'')).unwrap().check(&rows), Ok(()), "{row}");
            }
        }
    }

    #[test]
    fn a_guess_is_a_map_once_nothing_is_missing() {
        let rows = [r#"{"messageId":"m","type":"track","event":"A","userId":"u","context":{"ip":"1"},"timestamp":"2019-07-01T09:00:00Z"}"#.to_owned()];
        let guess = Map::guess(&rows, "x.jsonl", "x.jsonl", None);
        let lines = guess.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
        let pairs = lines.map(|(field, column)| (field.to_owned(), column.split('"').nth(1).unwrap().to_owned()));
        let map = Map::of(pairs.collect()).unwrap();
        assert_eq!(map.check(&rows), Ok(()));
        let lifted = map.lift(&rows[0]).unwrap();
        assert_eq!(lifted.event.as_deref(), Some("\"A\""));
        assert!(
            lifted
                .properties
                .starts_with(r#"{"distinct_id":"u","time":"2019-07-01T09:00:00Z","$insert_id":"m","$user_id":"u""#)
        );
    }
}
