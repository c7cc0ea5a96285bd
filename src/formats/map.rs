//! Rows in no known format, read by a map: which column, or which path in a row, is what of an
//! event.
//!
//! `id=userId,event=action,time=context.at`: an `a.b` that is no column is `b` in `a`, and a value that
//! begins with `=` is the text behind it, the same in each row. Everything else in a row stays a
//! property, under its own name.

use std::fmt::Write;

use super::carrier::{self, Opened};
use super::object::{complaint, each, given};
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
/// What a map calls the properties.
const PROPERTIES: &str = "properties";

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
                None => find(row, place)?.map(str::to_owned),
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
                find(row, place)?.map(|object| match json::text(object).filter(|_| object.starts_with('"')) {
                    Some(text) => text.trim().to_owned(),
                    None => object.to_owned(),
                })
            }
        };
        if let Some(rest) = rest.filter(|rest| rest != "null") {
            if !rest.starts_with('{') {
                return Err("its properties are no object".to_owned());
            }
            let is_place = |key: &str| self.properties.is_none() && self.places.iter().any(|(_, place)| place == key);
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

    /// Whether these rows can be read by it; the error says what they lack.
    pub(super) fn check(&self, rows: &[String]) -> Result<(), String> {
        if rows.is_empty() {
            return Err("it has no rows that a map can be held against".to_owned());
        }
        let has = |place: &str| rows.iter().any(|row| find(row, place).is_ok_and(|value| value.is_some()));
        let places =
            self.places.iter().map(|(at, place)| (FIELDS.get(*at).map_or("", |(name, ..)| *name), place.as_str()));
        let places = places.chain(self.properties.as_deref().map(|place| (PROPERTIES, place)));
        for (name, place) in places.filter(|(_, place)| !place.starts_with('=')) {
            if !has(place) {
                let columns: Vec<String> = columns(rows).into_iter().take(12).map(|(column, _)| column).collect();
                return Err(format!(
                    "by the map the column {place} is its {name}, but its rows have {}",
                    columns.join(", ")
                ));
            }
        }
        for (at, place) in &self.places {
            let Some((name @ ("time" | "arrived"), ..)) = FIELDS.get(*at) else { continue };
            let values: Vec<&str> = rows.iter().filter_map(|row| given(find(row, place).ok()?)).collect();
            let unread = values.iter().filter(|value| json::time(value).is_none()).count();
            if unread * 2 > values.len() {
                let value = values.iter().find(|value| json::time(value).is_none()).copied().unwrap_or_default();
                return Err(format!(
                    "by the map the column {place} is its {name}, but {} is no time in a form that is read",
                    super::excerpt(value, 40)
                ));
            }
        }
        Ok(())
    }

    /// The map that reads some rows, as one writes it behind `--map`; `None` where a column of the three that it
    /// needs has no name that tells what it is, or has no times.
    pub(super) fn proposal(rows: &[String]) -> Option<String> {
        let columns = columns(rows);
        let mut text = String::new();
        for (field, _, names) in FIELDS.iter().take(3) {
            // A name or a type may be that of anything.
            let sure: Vec<&str> = names.iter().copied().filter(|name| !matches!(*name, "name" | "type")).collect();
            let column = like(&columns, &sure)?;
            text.extend([if text.is_empty() { "" } else { "," }, field, "=", column]);
        }
        let reads = Self::parse(&text).is_ok_and(|map| map.check(rows).is_ok());
        // As a shell takes it.
        let is_word = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"=,._-".contains(&byte));
        let is_text = !text.contains('\'') && !text.contains(char::is_control);
        (reads && is_text).then(|| if is_word { text } else { format!("'{text}'") })
    }

    /// A guess for rows as the text of a file, with each column and a value of it.
    pub(super) fn guess(rows: &[String], name: &str, read_as: Option<&str>) -> String {
        let columns = columns(rows);
        let mut text = format!(
            "# Which column of {name} is what, as a guess: correct it, then\n#   journey import --map THIS-FILE --dry-run {name}\n"
        );
        if let Some(read_as) = read_as {
            text.extend(["# It is read without a map: ", read_as, "; a map replaces that.\n"]);
        }
        for (at, (field, _, names)) in FIELDS.iter().enumerate() {
            match like(&columns, names) {
                Some(column) => {
                    text.extend([field, " = ", &serde_json::Value::from(column.as_str()).to_string(), "\n"]);
                }
                None if at < 3 => text.extend([field, " = \"\"   # not found: name the column\n"]),
                None => text.extend(["# ", field, " = \"\"\n"]),
            }
        }
        text.push_str("properties = \"*\"   # all other columns, or the column with an object of them\n\n# Its columns, each with a value:\n");
        for (column, value) in columns {
            text.extend(["#   ", &super::one_line(&column), "  ", &super::excerpt(&value, 60), "\n"]);
        }
        text
    }
}

/// The column whose name, or the last part of its path, is one of these, in small letters and without signs.
fn like<'c>(columns: &'c [(String, String)], names: &[&str]) -> Option<&'c String> {
    let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let last = |column: &str| plain(column.rsplit('.').next().unwrap_or(column));
    // Of `$user_id` and `user_id` the second is the app's own.
    let is_vendors = |column: &&String| column.rsplit('.').next().is_some_and(|last| last.starts_with('$'));
    let by = |spelled: &dyn Fn(&str) -> String| {
        let columns = || columns.iter().map(|(column, _)| column);
        names.iter().find_map(|name| {
            let like = || columns().filter(|column| spelled(column) == *name);
            like().find(is_vendors).or_else(|| like().next())
        })
    };
    by(&|column| plain(column)).or_else(|| by(&last))
}

/// Whether two values are one id, or one moment to the precision of the coarser: a column often repeats what is
/// among the properties.
fn says_the_same(one: &str, other: &str) -> bool {
    let second = |value: &str| json::time(value).map(|time| time.div_euclid(1000));
    let is_same_id = || json::id(one).is_some_and(|id| json::id(other) == Some(id));
    one == other || is_same_id() || second(one).is_some_and(|time| second(other) == Some(time))
}

/// The value at a place of a row: a column, or a path into objects.
fn find<'a>(row: &'a str, place: &str) -> Result<Option<&'a str>, String> {
    let mut found = None;
    let mut inside = None;
    each(row, |key, value| {
        if key == place {
            found = Some(value);
        } else if let Some(rest) = place.strip_prefix(key).and_then(|rest| rest.strip_prefix('.'))
            && value.starts_with('{')
        {
            inside = Some((value, rest.to_owned()));
        }
    })
    .map_err(|error| complaint(&error))?;
    match (found, inside) {
        (Some(value), _) => Ok(Some(value)),
        (None, Some((object, rest))) => find(object, &rest),
        (None, None) => Ok(None),
    }
}

/// The columns of some rows, those in objects as paths, each with its first value.
fn columns(rows: &[String]) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    // What is around a row in messages is none of it.
    let messages: Vec<_> = rows.iter().take(50).map(|row| (row, carrier::open(row))).collect();
    let is_carried = messages.iter().any(|(_, opened)| opened.is_some());
    for (row, _) in messages.iter().filter(|(_, opened)| !is_carried || matches!(opened, Some(Opened::Row { .. }))) {
        add_columns(row, "", &mut found);
    }
    found.retain(|(column, _)| !is_carried || INSIDE.iter().any(|inside| column.starts_with(inside)));
    if found.iter().any(|(column, _)| column.starts_with("record.data.")) {
        found.retain(|(column, _)| column.starts_with("record.data."));
    }
    found
}

/// Where the columns of a row are in a message.
const INSIDE: &[&str] = &["record.", "_airbyte_data."];

fn add_columns(object: &str, before: &str, found: &mut Vec<(String, String)>) {
    let mut inner = Vec::new();
    // What is wrong with a row is said when it is read.
    let _ = each(object, |key, value| inner.push((format!("{before}{key}"), value)));
    for (path, value) in inner {
        if value.starts_with('{') && before.matches('.').count() < 3 {
            add_columns(value, &format!("{path}."), found);
        } else if found.len() < 200 && value != "null" && !found.iter().any(|(known, _)| *known == path) {
            found.push((path, value.to_owned()));
        }
    }
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
            let guess = Map::guess(&rows, "x", Some("Singer messages"));
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
            "id=record.userId,event=record.action,time=,user=record.userId,properties=*"
        );
        let airbyte = r#"{"type":"RECORD","record":{"stream":"tracks","data":{"userId":"u","action":"A","time":1}}}"#;
        assert_eq!(
            guess(&[airbyte]),
            "id=record.data.userId,event=record.data.action,time=record.data.time,user=record.data.userId,properties=*"
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
        let guess = Map::guess(&rows, "x.jsonl", None);
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
