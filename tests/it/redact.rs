//! A redacted answer has no id and no personal value, whatever it is written as, and says the same.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use journey::formats::Zone;
use journey::identity::{Journey, Register};
use journey::ingest::{Flow, Input, Options, import};
use journey::inspect::{Inspector, Redactor};
use journey::model::Id;
use journey::report::sheet::{self, Sheet};
use journey::report::{Look, Shown, compare, graph, json, text};
use journey::store::Writer;

use crate::support::all_ids;

/// The folders of exports and payloads: those of the repository, and recorded ones if they are there.
fn files() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["tests/data/captures/export", "tests/data/cli", "tests/data/engage", "tests/data/export"];
    let more = ["../shared/captures/export", "../shared/captures/engage"];
    let mut files = Vec::new();
    for folder in folders.iter().chain(&more) {
        let Ok(entries) = fs::read_dir(here.join(folder)) else { continue };
        files.extend(
            entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "jsonl")),
        );
    }
    files.sort();
    files
}

fn inspector(files: &[PathBuf]) -> Inspector {
    let mut writer = Writer::in_memory().unwrap();
    let inputs = files.iter().cloned().map(Input::Path).collect();
    let options = Options { zone: Zone::Utc, ..Options::default() };
    import(&mut writer, inputs, &options, &mut |_| Flow::Continue).unwrap();
    Inspector::new(writer.into_reader().unwrap())
}

fn redactor() -> Arc<Redactor> {
    Arc::new(Redactor::new([3; 16], &[]))
}

/// Everything that can be written of a journey.
fn written(inspector: &Inspector, journey: &Journey) -> String {
    let mut out = Vec::new();
    let look = Look { width: 4000, ..Look::default() };
    let shown = Shown { journey, selection: None };
    let properties = |row: i64| inspector.properties(&[row]).unwrap().pop();
    text::journey(&mut out, shown, &look).unwrap();
    json::journey(&mut out, shown, &properties).unwrap();
    let sheet = Sheet::of(shown, &look);
    sheet::csv(&mut out, &sheet, &properties).unwrap();
    sheet::html(&mut out, &sheet, &properties).unwrap();
    sheet::markdown(&mut out, &sheet).unwrap();
    let graph = graph::Graph::of(journey, &Register::of(journey));
    graph::json(&mut out, &graph).unwrap();
    graph::dot(&mut out, &graph).unwrap();
    graph::svg(&mut out, &graph, &look).unwrap();
    graph::text(&mut out, &graph, &look).unwrap();
    for profile in inspector.profiles(journey).unwrap() {
        out.extend_from_slice(format!("{profile:?}").as_bytes());
    }
    String::from_utf8(out).unwrap()
}

/// What the engine has decided, without a name.
fn decided(journey: &Journey) -> String {
    let mut steps: Vec<_> = journey
        .steps
        .iter()
        .map(|step| format!("{} {:?} {:?} {}", step.event.source.line, step.state, step.phase, step.copies.len()))
        .collect();
    steps.sort();
    let aliases: Vec<_> = journey.aliases.iter().map(|line| (line.source.line, line.verdict)).collect();
    let mut orphans: Vec<_> = journey
        .orphans
        .iter()
        .map(|orphan| (orphan.strength, orphan.contested, orphan.owners.len(), orphan.steps.len()))
        .collect();
    orphans.sort_by_key(|orphan| format!("{orphan:?}"));
    let mut points: Vec<_> = journey.points.iter().map(|point| (point.time, point.kind, point.source.line)).collect();
    points.sort();
    let findings: BTreeSet<_> = journey.findings.iter().map(journey::identity::Finding::code).collect();
    format!("{} {steps:?} {aliases:?} {orphans:?} {points:?} {findings:?}", journey.root.is_some())
}

/// Whether a text is long enough that it is not a part of other words by chance.
fn is_telling(id: &Id) -> bool {
    id.bare().chars().count() > 4 && !id.is_placeholder()
}

#[test]
fn no_answer_of_any_form_has_an_id_and_each_decides_the_same() {
    let files = files();
    assert!(files.len() > 10);
    for file in files {
        let mut inspector = inspector(std::slice::from_ref(&file));
        let ids = all_ids(&inspector);
        let plain: Vec<_> =
            ids.iter().map(|id| inspector.journey(id).unwrap().map(|journey| decided(&journey))).collect();
        inspector.redact(Some(&redactor()));
        for (id, plain) in ids.iter().zip(plain) {
            let journey = inspector.journey(id).unwrap();
            assert_eq!(journey.as_ref().map(decided), plain, "{} {id:?}", file.display());
            let Some(journey) = journey else { continue };
            let printed = inspector.shown(id).unwrap();
            assert_eq!(journey.query, printed);
            let answer = written(&inspector, &journey);
            for other in ids.iter().filter(|id| is_telling(id)) {
                let at = answer.find(other.bare());
                let around = at.map(|at| answer.get(at.saturating_sub(80)..(at + 80).min(answer.len())));
                assert_eq!(around, None, "{} {id:?} tells {other:?}", file.display());
            }
            if is_telling(id) {
                assert!(answer.contains(printed.as_str()), "{id:?} is {printed:?}");
                let again = inspector.journey(&printed).unwrap().map(|journey| decided(&journey));
                assert_eq!(again, Some(decided(&journey)), "a pseudonym opens what it stands for");
            }
        }
    }
}

#[test]
fn searches_hints_and_counts_have_pseudonyms_too() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut inspector =
        inspector(&[here.join("tests/data/cli/sally.jsonl"), here.join("tests/data/engage/second_device.jsonl")]);
    let ids = all_ids(&inspector);
    inspector.redact(Some(&redactor()));
    let mut answers = String::new();
    for text in ["sally@gmail.com", "sally", "1a2", "$device"] {
        write!(answers, "{:?}", inspector.search(text, 50).unwrap()).unwrap();
        write!(answers, "{:?}", inspector.near(text, 5).unwrap()).unwrap();
        answers += &inspector.shown_text(text).unwrap().replace(text, "");
    }
    let (overview, names) = (inspector.overview().unwrap(), inspector.vocabulary(600).unwrap());
    write!(answers, "{overview:?} {names:?} {:?}", inspector.rejects(50).unwrap()).unwrap();
    for id in ids.iter().filter(|id| is_telling(id)) {
        assert!(!answers.contains(id.bare()), "{id:?}: {answers}");
    }
    let hit = inspector.search("sally@gmail.com", 5).unwrap().remove(0);
    assert_eq!(inspector.search(hit.id.as_str(), 5).unwrap()[0].id, hit.id, "a pseudonym finds what it stands for");
    // One that another run has given is understood, too.
    let mut other = self::inspector(&[here.join("tests/data/cli/sally.jsonl")]);
    other.redact(Some(&redactor()));
    assert_eq!(other.journey(&hit.id).unwrap().unwrap().query, hit.id);
    // Off again, everything is as it was, and pseudonyms still open.
    inspector.redact(None);
    let journey = inspector.journey(&hit.id).unwrap().unwrap();
    assert_eq!(journey.query, Id::new("sally@gmail.com"));
}

#[test]
fn two_users_side_by_side_are_redacted() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut inspector = inspector(&[here.join("tests/data/export/second_device.jsonl")]);
    let ids = all_ids(&inspector);
    inspector.redact(Some(&redactor()));
    let mut out = Vec::new();
    for (a, b) in ids.iter().flat_map(|a| ids.iter().map(move |b| (a, b))) {
        let compared = inspector.compare(a, b).unwrap().unwrap();
        compare::text(&mut out, &compared, &Look::default()).unwrap();
        compare::json(&mut out, &compared).unwrap();
    }
    let answers = String::from_utf8(out).unwrap();
    for id in ids.iter().filter(|id| is_telling(id)) {
        assert!(!answers.contains(id.bare()), "{id:?}");
    }
}
