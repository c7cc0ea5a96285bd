//! Every search of every capture in `tests/data/captures` gives exactly what is expected of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use journey::formats::Zone;
use journey::identity::{Journey, State, Strength, Verdict};
use journey::ingest::{Flow, Input, Options, import};
use journey::inspect::Inspector;
use journey::model::Id;
use journey::store::Writer;
use serde_json::Value;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/captures").join(name)
}

fn numbers(value: &Value) -> Vec<u64> {
    value.as_array().into_iter().flatten().filter_map(Value::as_u64).collect()
}

/// Whether a command line could ask for this id.
fn can_be_asked(id: &str) -> bool {
    !id.trim().is_empty() && !id.contains('\0') && !id.contains('\u{fffd}')
}

/// 0-based lines of the rows of a journey.
fn lines(journey: &Journey) -> Vec<u64> {
    journey.steps.iter().map(|step| step.event.source.line - 1).collect()
}

fn check(run: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let expected = std::fs::read_to_string(folder("expected").join(format!("{run}.json"))).unwrap();
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let mut writer = Writer::in_memory().unwrap();
    let input = vec![Input::Path(folder("export").join(format!("{run}.jsonl")))];
    let options = Options { zone: Zone::Utc, ..Options::default() };
    let report = import(&mut writer, input, &options, &mut |_| Flow::Continue).unwrap();
    if report.events != expected["events_total"].as_u64().unwrap() || report.rejected > 0 {
        wrong.push(format!("{} rows and {} rejects", report.events, report.rejected));
    }
    let inspector = Inspector::new(writer.into_reader().unwrap());
    let searches = expected["searches"].as_object().unwrap();
    let mut shown: BTreeMap<String, Journey> = BTreeMap::new();
    for (id, search) in searches.iter().filter(|(id, _)| can_be_asked(id)) {
        let Some(journey) = inspector.journey(&Id::new(id)).unwrap() else {
            wrong.push(format!("{id:?} is nowhere"));
            continue;
        };
        let root = journey.root.as_ref().map(|root| root.as_str().to_owned());
        if !search["known"].as_bool().unwrap() {
            let other = Id::new(id).other_device_form();
            if root.is_some() && !searches.contains_key(other.as_str()) {
                wrong.push(format!("{id:?} has the root {root:?} and no rows"));
            }
            continue;
        }
        if root.as_deref() != search["canonical"].as_str() {
            wrong.push(format!("{id:?} has the root {root:?}"));
            continue;
        }
        if lines(&journey) != numbers(&search["events"]) {
            wrong.push(format!("{id:?} shows {:?}, not {:?}", lines(&journey), numbers(&search["events"])));
        }
        let mut split: Vec<u64> = journey
            .steps
            .iter()
            .filter(|step| step.state != State::Merged)
            .map(|step| step.event.source.line - 1)
            .collect();
        split.sort_unstable();
        let kept = numbers(&search["events"]);
        let mut want: Vec<u64> = numbers(&expected["split"][root.as_deref().unwrap()]);
        want.retain(|line| kept.contains(line));
        want.sort_unstable();
        if split != want {
            wrong.push(format!("{id:?} has the split rows {split:?}, not {want:?}"));
        }
        let mut copies: Vec<Vec<u64>> = journey
            .steps
            .iter()
            .filter(|step| !step.copies.is_empty())
            .map(|step| {
                let lines = step.copies.iter().map(|source| source.line - 1);
                let mut lines: Vec<u64> = lines.chain([step.event.source.line - 1]).collect();
                lines.sort_unstable();
                lines
            })
            .collect();
        copies.sort();
        let groups = expected["duplicates"].as_array().unwrap().iter().map(numbers);
        let mut want: Vec<Vec<u64>> = groups.filter(|group| kept.contains(&group[0])).collect();
        want.sort();
        if copies != want {
            wrong.push(format!("{id:?} has the copies {copies:?}, not {want:?}"));
        }
        shown.insert(root.unwrap_or_default(), journey);
    }
    wrong.extend(wrong_calls(&expected, &shown));
    if !run.starts_with("i1_") && !run.starts_with("i2_") {
        wrong.extend(wrong_orphans(&expected, &shown));
    }
    wrong
}

fn wrong_calls(expected: &Value, shown: &BTreeMap<String, Journey>) -> Vec<String> {
    let mut wrong = Vec::new();
    for call in expected["alias_log"].as_array().unwrap() {
        let line = call["index"].as_u64().unwrap();
        let reason = match call["reason"].as_str().unwrap() {
            "invalid_alias" => "empty_alias",
            "invalid_target" => "empty_distinct_id",
            reason => reason,
        };
        let status = call["status"].as_str().unwrap();
        let printed =
            shown.values().flat_map(|journey| &journey.aliases).find(|printed| printed.source.line - 1 == line);
        let right = match printed.map(|printed| printed.verdict) {
            None => status == "rejected" && !["already_mapped", "cycle"].contains(&reason),
            Some(Verdict::Accepted) => status == "accepted",
            Some(Verdict::Duplicate) => status == "duplicate" || reason == "already_mapped",
            Some(Verdict::Refused(refusal)) => status == "rejected" && refusal.name() == reason,
        };
        if !right {
            wrong.push(format!("the call of line {} is {:?}, not {status} {reason}", line + 1, printed));
        }
    }
    wrong
}

fn wrong_orphans(expected: &Value, shown: &BTreeMap<String, Journey>) -> Vec<String> {
    let mut wrong = Vec::new();
    let orphans = expected["orphans"].as_array().unwrap();
    for orphan in orphans {
        let id = orphan["canonical"].as_str().unwrap();
        let owners = orphan["owners"].as_array().unwrap().iter().filter_map(Value::as_str);
        let printed = owners
            .filter_map(|owner| shown.get(owner))
            .flat_map(|journey| &journey.orphans)
            .find(|printed| printed.id.as_str() == id);
        let mut lines: Vec<u64> =
            printed.iter().flat_map(|printed| &printed.steps).map(|step| step.event.source.line - 1).collect();
        lines.sort_unstable();
        let mut want = numbers(&orphan["events"]);
        want.sort_unstable();
        if lines != want {
            wrong.push(format!("orphan {id:?} is given with {lines:?}, not {want:?}"));
        }
    }
    for (root, journey) in shown {
        for printed in journey.orphans.iter().filter(|printed| printed.strength > Strength::Weak) {
            if !orphans.iter().any(|orphan| orphan["canonical"] == printed.id.as_str()) {
                wrong.push(format!("{root:?}: {:?} is no orphan", printed.id));
            }
        }
    }
    wrong
}

#[test]
fn every_capture_is_read_exactly_as_the_server_would_have_stored_it() {
    let mut wrong = Vec::new();
    let mut runs = 0;
    for entry in std::fs::read_dir(folder("expected")).unwrap() {
        let path = entry.unwrap().path();
        let run = path.file_stem().unwrap().to_string_lossy().into_owned();
        runs += 1;
        wrong.extend(check(&run).into_iter().map(|what| format!("{run}: {what}")));
    }
    assert!(runs > 15, "only {runs} captures");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
