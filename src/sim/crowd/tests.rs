use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::LazyLock;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::user::{User, What};
use super::{Crowd, DAY, FIFTY, HUNDRED_THOUSAND, START, Summary, name};
use crate::formats::Format;
use crate::formats::{Decoder, Item, Sniffed};

fn written(seed: u64, rows: u64) -> (Vec<u8>, Summary) {
    let mut bytes = Vec::new();
    let summary = Crowd { seed, rows }.write(&mut bytes).unwrap();
    (bytes, summary)
}

/// A crowd that several tests look at: its bytes, its lines and its summary.
static SAMPLE: LazyLock<(Vec<u8>, Vec<Line>, Summary)> = LazyLock::new(|| {
    let (bytes, summary) = written(5, 20_000);
    let lines = parsed(&bytes);
    (bytes, lines, summary)
});

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n')
}

/// An object whose keys are distinguished even where one is there twice.
struct Object(BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Once;
        impl<'de> Visitor<'de> for Once {
            type Value = Object;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut object = BTreeMap::new();
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    assert!(object.insert(key.clone(), value).is_none(), "{key} is there twice");
                }
                Ok(Object(object))
            }
        }
        from.deserialize_map(Once)
    }
}

#[derive(serde::Deserialize)]
struct Line {
    event: String,
    properties: Object,
}

fn parsed(bytes: &[u8]) -> Vec<Line> {
    let parse = |line: &[u8]| {
        serde_json::from_slice(line).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(line)))
    };
    lines(bytes).map(parse).collect()
}

impl Line {
    fn text(&self, key: &str) -> &str {
        self.properties.0.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    fn number(&self, key: &str) -> i64 {
        self.properties.0.get(key).and_then(Value::as_i64).unwrap_or_else(|| panic!("{key} of {}", self.event))
    }

    /// What tells deliveries of one row from another row (identity.md §4.5).
    fn identity(&self) -> (&str, &str, i64, &str) {
        (&self.event, self.text("distinct_id"), self.number("time"), self.text("$insert_id"))
    }
}

#[test]
fn the_same_seed_writes_the_same_bytes_and_another_seed_others() {
    let (one, summary) = written(7, 3_000);
    assert_eq!((one.as_slice(), summary), (written(7, 3_000).0.as_slice(), written(7, 3_000).1));
    assert_ne!(one, written(8, 3_000).0);
}

#[test]
fn the_file_has_as_many_lines_as_asked_for_and_the_summary_counts_them() {
    for rows in [0, 1, 17, 999, 1_000, 1_001, 20_000] {
        let (bytes, summary) = written(3, rows);
        assert_eq!(lines(&bytes).count() as u64, rows);
        assert_eq!((summary.rows, summary.bytes), (rows, bytes.len() as u64));
        assert_eq!(summary.web + summary.mobile + summary.server, rows);
        assert!(bytes.is_empty() || bytes.ends_with(b"}}\n"));
    }
}

#[test]
fn every_line_is_an_event_of_a_raw_export_without_a_key_twice() {
    let (bytes, rows, _) = &*SAMPLE;
    for line in rows {
        assert!(!line.event.is_empty() && !line.text("distinct_id").is_empty() && !line.text("$insert_id").is_empty());
        let (time, arrival) = (line.number("time") * 1000, line.number("mp_processing_time_ms"));
        assert!(time >= START && arrival > time, "{} happened at {time} and arrived at {arrival}", line.event);
    }
    let decoder = Decoder::new(&Sniffed::lines_of(Format::Export));
    let mut items = Vec::new();
    for (number, line) in (1..).zip(lines(bytes)) {
        decoder.decode(number, line, &mut items);
    }
    assert_eq!(items.len(), 20_000);
    assert!(
        items.iter().all(|item| matches!(item, Item::Event { row, .. } if row.id.is_some() && row.arrival.is_some()))
    );
}

#[test]
fn rows_look_like_those_of_three_sdks() {
    let (_, rows, summary) = &*SAMPLE;
    assert!((800..940).contains(&(summary.bytes / summary.rows)), "{} bytes a line", summary.bytes / summary.rows);
    let mut properties: HashMap<&str, (usize, usize)> = HashMap::new();
    for line in rows {
        let shape = match line.text("mp_lib") {
            "web" => "web",
            "python" => "server",
            "android" | "swift" => "mobile",
            other => panic!("{other}"),
        };
        let (count, sum) = properties.entry(shape).or_default();
        *count += 1;
        *sum += line.properties.0.len();
    }
    for (shape, count, about) in
        [("web", summary.web, 27), ("mobile", summary.mobile, 27), ("server", summary.server, 19)]
    {
        let (seen, sum) = properties[shape];
        assert_eq!(seen as u64, count, "{shape}");
        assert!((sum / seen).abs_diff(about) <= 2, "{shape} rows have {} properties", sum / seen);
    }
    assert!(summary.web > 8_000 && summary.mobile > 5_000 && summary.server > 400, "{summary:?}");
}

#[test]
fn the_crowd_does_what_crowds_do() {
    let (_, rows, summary) = &*SAMPLE;
    let per_mille = |part: u64, of: u64| part * 1000 / of;
    assert!((15..=25).contains(&per_mille(summary.late, summary.rows)), "{summary:?}");
    assert!((3..=7).contains(&per_mille(summary.copies, summary.rows)), "{summary:?}");
    assert!(summary.refused > 0 && summary.merges > 0 && summary.resets > 10 && summary.races > 2, "{summary:?}");
    let known: HashSet<&Value> = rows.iter().filter_map(|line| line.properties.0.get("$user_id")).collect();
    let anonymous = 1000 - per_mille(known.len() as u64, summary.users);
    assert!((700..=840).contains(&anonymous), "{anonymous} of 1000 users are never known");

    let count = |event: &str| rows.iter().filter(|line| line.event == event).count() as u64;
    assert_eq!(
        (count("$create_alias"), count("$identify"), count("$merge")),
        (summary.alias_calls, summary.identifies, summary.merges)
    );
    let different: HashSet<_> = rows.iter().map(Line::identity).collect();
    assert_eq!(summary.rows - different.len() as u64, summary.copies);
    let late = |line: &&Line| line.number("mp_processing_time_ms") / 1000 - line.number("time") > 61;
    let late_lines = rows.iter().filter(late).count() as u64;
    assert!(late_lines >= summary.late && late_lines <= summary.late + summary.copies, "{late_lines} {summary:?}");

    let by_device: HashMap<&str, HashSet<&Value>> = rows.iter().fold(HashMap::new(), |mut users, line| {
        if let Some(user) = line.properties.0.get("$user_id") {
            users.entry(line.text("$device_id")).or_default().insert(user);
        }
        users
    });
    assert!(by_device.iter().any(|(device, users)| !device.is_empty() && users.len() > 1), "a device is shared");
}

/// The lookup table of a legacy project (identity.md §1.1) and how many calls it refused.
fn table(rows: &[Line]) -> (HashMap<&str, (&str, i64)>, u64) {
    let mut calls: Vec<&Line> = rows.iter().filter(|line| line.event == "$create_alias").collect();
    calls.sort_by_key(|line| line.number("mp_processing_time_ms"));
    let mut table = HashMap::new();
    let mut refused = 0;
    for call in calls {
        let new = (call.text("distinct_id"), call.number("mp_processing_time_ms"));
        let (target, _) = table.entry(call.text("alias")).or_insert(new);
        refused += u64::from(*target != new.0);
    }
    (table, refused)
}

#[test]
fn rows_stand_where_legacy_ingestion_puts_them() {
    let (_, rows, summary) = &*SAMPLE;
    let (table, refused) = table(rows);
    assert_eq!(refused, summary.refused);
    let mut races = 0;
    let mut seen = HashSet::new();
    for line in rows.iter().filter(|line| seen.insert(line.identity())) {
        if let Some((_, since)) = table.get(line.text("distinct_id")) {
            assert!(line.number("mp_processing_time_ms") < *since, "an alias is sent to its root (L6)");
            assert_eq!(line.text("mp_lib"), "python");
            races += 1;
        }
    }
    assert_eq!(races, summary.races);
}

#[test]
fn fifty_user_has_fifty_rows_without_copies_and_all_of_one_journey() {
    for (seed, rows) in [(1, Crowd::WITH_FIFTY), (2, 5_000), (3, 12_000)] {
        let (bytes, _) = written(seed, rows);
        let rows = parsed(&bytes);
        let (table, _) = table(&rows);
        let (root, _) = table[FIFTY];
        let own: HashSet<_> = rows.iter().filter(|line| line.text("distinct_id") == root).map(Line::identity).collect();
        assert_eq!(own.len(), 50, "seed {seed}");
        assert!(!rows.iter().any(|line| line.text("distinct_id") == FIFTY), "none is split off");
        let said = rows.iter().filter(|line| line.text("$user_id") == FIFTY);
        assert!(said.into_iter().all(|line| line.text("distinct_id") == root));
    }
    assert!(written(1, Crowd::WITH_FIFTY - 1).0.windows(FIFTY.len()).all(|window| window != FIFTY.as_bytes()));
}

#[test]
fn the_user_with_hundred_thousand_rows_fits_into_the_time_of_the_crowd() {
    let span = Crowd { seed: 9, rows: Crowd::WITH_HEAVY }.span();
    let number = (0..).zip(name::PROBES).find(|(_, (name, _))| *name == HUNDRED_THOUSAND).unwrap().0;
    let mut user = User::new(9, number, 0, START, span, &[]);
    let (mut now, mut rows, mut stored) = (START, 0, HashSet::new());
    let mut devices = HashSet::new();
    while user.left > 0 {
        let row = user.row(now);
        rows += 1;
        stored.insert(format!("{:?}", row.stored));
        devices.extend(row.device);
        assert!(!row.reset && ![What::Server { race: true }, What::Alias { refused: true }].contains(&row.what));
        now += user.pause(row.what, now);
    }
    assert_eq!((rows, stored.len()), (100_000, 1));
    assert!(now < START + span / 100 * 95, "ends on day {}", (now - START) / DAY);
    assert!(devices.len() <= 4);
}

#[test]
fn ids_of_users_have_many_forms_and_no_two_are_equal() {
    let mut text = super::Text::default();
    let mut seen = HashSet::new();
    let mut numbers = 0;
    for user in name::FIRST..20_000 {
        text.clear();
        text.push("\"");
        name::write(&mut text, 1, name::Name::User(user));
        text.push("\"");
        let id: String = serde_json::from_slice(text.bytes()).unwrap();
        numbers += u32::from(name::is_number(1, user));
        assert_eq!(name::is_number(1, user), id.bytes().all(|byte| byte.is_ascii_digit()), "{id}");
        assert!(seen.insert(id));
    }
    let share = |test: &dyn Fn(&str) -> bool| seen.iter().filter(|id| test(id)).count();
    assert!((3_800..5_000).contains(&numbers), "{numbers}");
    assert!(share(&|id| id.contains('@')) > 8_000);
    assert!(share(&|id| !id.is_ascii()) > 1_400);
    assert!(share(&|id| id.len() >= 300) > 5 && seen.iter().all(|id| id.len() < 2_100));
    assert!(share(&|id| id.contains('"')) > 20 && share(&|id| id.contains('\\')) > 20);
}
