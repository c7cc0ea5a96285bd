//! Every source of the same rows gives the same answers: a store file, and rows in memory.
//!
//! A new source gets a line in [`sources`], and is held to all of this.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use journey::formats::Zone;
use journey::identity::Journey;
use journey::ingest::{Flow, Input, Options, import};
use journey::inspect::filter::{Filter, Names};
use journey::inspect::terms::Terms;
use journey::inspect::{Count, ErrorKind, History, Inspector};
use journey::model::facts::Arrival;
use journey::model::hit::Hit;
use journey::model::{Id, Millis, Row};
use journey::report::json;
use journey::session::Memory;
use journey::session::memory::File;
use journey::sim;
use journey::store::{Arrived, Chunk, FileInfo, Reader, Segment, Writer};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::engine::any_history;
use crate::support::all_ids;

/// A file of rows: its name, and its lines.
type Content = (String, Vec<u8>);

/// The same files by every source, each with its name.
struct Sources {
    all: Vec<(&'static str, Inspector)>,
    _folder: TempDir,
}

fn import_into(writer: &mut Writer, files: &[Content]) {
    let inputs = files.iter().map(|(name, content)| Input::Bytes { name: name.clone(), content: content.clone() });
    let options = Options { zone: Zone::Utc, ..Options::default() };
    import(writer, inputs.collect(), &options, &mut |_| Flow::Continue).unwrap();
}

fn stored(path: &Path, files: &[Content]) -> Reader {
    let mut writer = Writer::open(path).unwrap();
    import_into(&mut writer, files);
    writer.finish().unwrap();
    Reader::open(path).unwrap()
}

fn sources(files: &[Content]) -> Sources {
    let folder = TempDir::new().unwrap();
    let store = stored(&folder.path().join("store.journey"), files);
    let memory = Memory::of(files.iter().map(|(name, content)| File::read(name, content).unwrap()).collect());
    Sources { all: vec![("store", Inspector::new(store)), ("memory", Inspector::new(memory))], _folder: folder }
}

impl Sources {
    /// What every source answers, which is the same.
    fn agree<T: PartialEq + std::fmt::Debug>(&self, question: &str, ask: impl Fn(&Inspector) -> T) -> T {
        let mut answers = self.all.iter().map(|(name, source)| (name, ask(source)));
        let (_, first) = answers.next().unwrap();
        for (name, answer) in answers {
            assert!(answer == first, "{question}\n  {name}: {answer:#?}\n  {}: {first:#?}", self.all[0].0);
        }
        first
    }
}

/// The files of the demo store: eight stories with profiles, of which some rows have no id.
fn demo() -> Sources {
    let files = sim::demo_files().unwrap().into_iter().map(|file| (file.name.clone(), file.lines().into_bytes()));
    sources(&files.collect::<Vec<_>>())
}

/// A journey in the words of JSON, with the properties of its rows.
fn written(source: &Inspector, journey: &Journey) -> String {
    let mut out = Vec::new();
    json::journey(&mut out, journey, &|row| Some(source.properties(&[row]).unwrap().remove(0))).unwrap();
    String::from_utf8(out).unwrap()
}

pub(crate) fn journey(source: &Inspector, id: &Id) -> Option<String> {
    source.journey(id).unwrap().map(|journey| written(source, &journey))
}

/// Hits without an order among those that are equally good.
fn in_order(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_by(|one, other| one.found.cmp(&other.found).then_with(|| one.id.cmp(&other.id)));
    hits
}

#[test]
fn a_journey_is_the_same_from_every_source() {
    let sources = demo();
    let ids = sources.agree("all ids", all_ids);
    assert!(ids.len() > 30, "{ids:?}");
    for id in ids {
        assert!(sources.agree(id.as_str(), |source| journey(source, &id)).is_some(), "{id:?}");
    }
    assert_eq!(sources.agree("an unknown id", |source| journey(source, &Id::new("nobody"))), None);
}

#[test]
fn every_scenario_is_the_same_from_every_source() {
    for (name, text) in sim::gallery() {
        let scenario = sim::Scenario::parse(&format!("{name}.toml"), text).unwrap();
        let play = journey::play::Play::new(scenario);
        let sources = sources(&[(play.file().to_owned(), play.lines().into_bytes())]);
        for id in sources.agree(name, all_ids) {
            sources.agree(&format!("{name}: {id:?}"), |source| journey(source, &id));
        }
    }
}

#[test]
fn a_journey_as_of_a_moment_is_the_same_from_every_source() {
    let sources = demo();
    let id = Id::new("sally@gmail.com");
    let whole = sources.all[0].1.journey(&id).unwrap().unwrap();
    let mut moments: Vec<Arrival> = whole.steps.iter().map(|step| Arrival::end_of(step.event.arrived)).collect();
    moments.push(Arrival::end_of(0));
    assert!(moments.len() > 5);
    for moment in moments {
        sources.agree(&format!("{moment:?}"), |source| {
            let then = source.journey_as_of(&mut History::default(), &id, moment).unwrap();
            then.map(|journey| written(source, &journey))
        });
    }
}

#[test]
fn a_search_finds_the_same_in_every_source() {
    let sources = demo();
    for (text, finds) in [
        ("sally@gmail.com", true),
        ("SALLY", true),
        ("sal", true),
        ("gmail", true),
        ("-", true),
        ("slly@gmail", true),
        ("Sally Doe", true),
        ("carol", true),
        ("", false),
        ("no such text at all", false),
    ] {
        for limit in [1, 5, 500] {
            let found = sources.agree(&format!("{text} {limit}"), |source| source.search(text, limit).unwrap());
            assert_eq!(!found.is_empty(), finds, "{text}: {found:?}");
        }
    }
    let near = sources.agree("near", |source| source.near("saly@gmail.com", 5).unwrap());
    assert!(!near.is_empty());
}

#[test]
fn terms_find_the_same_in_every_source() {
    let sources = demo();
    let mut found_some = 0;
    for text in [
        "event:page",
        "event=Purchase",
        "event:purchase plan=pro",
        "plan=pro",
        "prop:plan",
        "email:sally",
        "name:sally",
        "alias:sally",
        "id:sally",
        "id=sally@gmail.com",
        "after:2019-07-04",
        "before:2019-07-04",
        "email:sally event:page",
        "event:page or event:purchase",
        "-event:page",
        "user:1 or device:a",
        "client:web",
        "client:node",
        "file:jsonl:3",
        "is:split",
        "is:orphan",
        "event:nothing-is-called-so",
    ] {
        let terms = Terms::read(text).unwrap().unwrap();
        let (hits, more, notes, looked) = sources.agree(text, |source| {
            let found = source.search_terms(&terms, 500, &mut |_| {}).unwrap();
            (in_order(found.hits), found.more, found.notes, found.looked)
        });
        found_some += usize::from(!hits.is_empty());
        assert!(!more && looked.is_none_or(|(looked, all)| looked == all), "{text}: {notes:?}");
    }
    assert!(found_some > 6, "only {found_some} found something");
}

#[test]
fn a_filter_keeps_the_same_of_a_journey_in_every_source() {
    let sources = demo();
    let id = Id::new("sally@gmail.com");
    let mut kept = BTreeSet::new();
    for text in ["page", "$current_url~shop", "prop:*~a", "is:split", "-is:merged", "user:1 or device:a"] {
        let lines = sources.agree(text, |source| {
            let journey = source.journey(&id).unwrap().unwrap();
            let names = Names::of(&journey, Arc::new(|_| None));
            let filter = Filter::read(text, &names).unwrap().unwrap();
            let rows = source.select(&journey, Some(&filter), Millis::MIN..=Millis::MAX).unwrap().rows;
            let of = |step: &&journey::identity::Step| rows.contains(&step.event.row);
            let steps = journey.steps.iter().chain(journey.orphans.iter().flat_map(|orphan| &orphan.steps));
            let lines: BTreeSet<_> =
                steps.filter(of).map(|step| (step.event.source.file.to_string(), step.event.source.line)).collect();
            lines
        });
        kept.insert(lines.len());
    }
    assert!(kept.len() > 2, "{kept:?}");
}

#[test]
fn what_screens_ask_besides_is_the_same_from_every_source() {
    let sources = demo();
    let overview = sources.agree("overview", |source| {
        let mut overview = source.overview().unwrap();
        // A store spreads rows that lie together over their time.
        let counted: u64 = std::mem::take(&mut overview.activity).iter().sum();
        assert_eq!(counted, overview.events);
        overview
    });
    assert!(overview.events > 100 && overview.profiles > 0 && overview.alias_calls > 0);
    let (people, census) = sources.agree("census", |source| {
        let mut count = Count::default();
        while !count.census().done {
            count.advance(source).unwrap();
        }
        (count.census().people, count.census().clone())
    });
    assert!(people > Some(5) && census.with_findings > 0, "{census:?}");
    for id in sources.agree("ids", all_ids) {
        sources.agree(&format!("profiles, activity, zone of {id:?}"), |source| {
            let journey = source.journey(&id).unwrap().unwrap();
            (source.profiles(&journey).unwrap(), source.activity_of(&id, 7).unwrap(), source.device_zone(&id).unwrap())
        });
    }
    let compared = sources.agree("compare", |source| {
        let compared = source.compare(&Id::new("sally@gmail.com"), &Id::new("12345")).unwrap().unwrap();
        let mut out = Vec::new();
        journey::report::compare::json(&mut out, &compared).unwrap();
        String::from_utf8(out).unwrap()
    });
    assert!(!compared.is_empty());
    let (events, properties) = sources.agree("vocabulary", |source| {
        let names = source.vocabulary(10_000).unwrap();
        let events: BTreeSet<String> = names.events.into_iter().collect();
        (events, names.properties.into_iter().map(|(name, _)| name).collect::<BTreeSet<_>>())
    });
    assert!(events.len() > 5 && properties.len() > 5, "{events:?} {properties:?}");
}

#[test]
fn every_source_reports_what_it_cannot_read() {
    let row = r#"{"endpoint":"/track","received_at_ms":1562000000000,"payload":{"event":"A","properties":{"distinct_id":"u","token":"t","time":1562000000}}}"#;
    let lines = format!("{row}\nno row at all\n{row}\n");
    let sources = sources(&[("a.jsonl".to_owned(), lines.into_bytes())]);
    let rejects = sources.agree("rejects", |source| source.rejects(5).unwrap());
    assert_eq!(rejects.iter().map(|reject| reject.line).collect::<Vec<_>>(), [2]);
    assert_eq!(sources.agree("overview", |source| source.overview().unwrap().rejected), 1);
}

#[test]
fn an_unwanted_question_ends_in_every_source() {
    let mut sources = demo();
    let terms = Terms::read("event:page").unwrap().unwrap();
    for (name, source) in &mut sources.all {
        source.stop_when(Arc::new(|| true)).unwrap();
        let error = source.search_terms(&terms, 5, &mut |_| {}).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Cancelled, "{name}: {error:?}");
    }
}

#[test]
fn a_row_that_is_not_there_is_an_error_of_every_source() {
    for (name, source) in demo().all {
        let error = source.properties(&[1 << 39]).unwrap_err();
        assert!(error.kind == ErrorKind::Store && error.what.contains("row"), "{name}: {error:?}");
    }
}

#[test]
fn rows_in_memory_say_what_only_an_import_can_read() {
    let export = br#"{"event":"A","properties":{"distinct_id":"u","time":1562000000}}"#;
    let error = File::read("old.jsonl", export).unwrap_err();
    assert!(error.kind == ErrorKind::Usage && error.what.contains("old.jsonl"), "{error:?}");
    assert!(File::read("notes.txt", b"nothing that is known").is_err());
}

/// The same rows, as they are, in a store and in memory.
fn both(rows: &[Row]) -> [Inspector; 2] {
    let mut writer = Writer::in_memory().unwrap();
    let info =
        FileInfo { name: "a.jsonl".into(), format: "rows".into(), timezone: "UTC".into(), vendor: "Mixpanel".into() };
    let file = writer.begin_file(&info).unwrap();
    let arrived: Vec<Arrived> =
        rows.iter().map(|row| Arrived { arrived: row.arrival.unwrap_or(row.time), row: row.clone() }).collect();
    let chunk = Chunk {
        file,
        hash: 1,
        bytes: 1,
        first_line: 1,
        lines: rows.len() as u64,
        segment: Segment::of(&arrived).unwrap(),
        ..Chunk::default()
    };
    writer.append(&chunk).unwrap();
    let memory = Memory::of(vec![File { name: "a.jsonl".into(), rows: rows.to_vec(), ..File::default() }]);
    [Inspector::new(writer.into_reader().unwrap()), Inspector::new(memory)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_history_is_the_same_from_a_store_and_from_memory(rows in any_history()) {
        let [store, memory] = both(&rows);
        let ids = all_ids(&store);
        prop_assert_eq!(&ids, &all_ids(&memory));
        for id in ids {
            prop_assert_eq!(journey(&store, &id), journey(&memory, &id), "{:?}", id);
        }
    }
}
