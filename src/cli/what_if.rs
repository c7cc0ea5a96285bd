//! `journey compare ID --without ROW …`: a call taken away, changed or added.

use std::path::Path;

use super::args::{Compare, Format};
use super::console::Console;
use super::failure::Failure;
use super::rules::rule_set;
use super::select::moment;
use super::show::nowhere;
use crate::identity::Facts;
use crate::identity::what_if::{Call, Change, Outcome, Unfit, changed};
use crate::inspect::Inspector;
use crate::model::text::count;
use crate::model::{Id, Millis, VerbKind};
use crate::output::{Kept, Output, Readers};
use crate::play::changed_scenario;
use crate::report::what_if as report;

/// Whether a change is asked for.
pub(super) fn is_asked(command: &Compare) -> bool {
    let rows = [&command.without, &command.identify, &command.reset, &command.later, &command.add];
    rows.into_iter().any(|list| !list.is_empty())
}

pub(super) fn answer(
    command: &Compare,
    id: &str,
    kept: &Kept,
    inspector: &Inspector,
    console: &mut Console,
) -> Result<(), Failure> {
    let rules = match command.rules.as_slice() {
        [] => inspector.rules_of(&Id::new(id))?,
        [one] => rule_set(one)?,
        _ => return Err(Failure::usage("a change is shown under one rule set").hint("--rules legacy")),
    };
    let (facts, query) = inspector.reached(&Id::new(id))?;
    let (changes, described) = changes(command, &facts, console)?;
    let outcome = Outcome::of(&facts, &query, rules, &changes).map_err(unfit)?;
    let Some(outcome) = outcome else { return Err(nowhere(id, inspector)?) };
    let root = outcome.before.root.clone().unwrap_or_else(|| query.clone());
    if let Some(path) = &command.write {
        write(path, command.force, kept, &facts, &changes, &root)?;
    }
    let name = inspector.name_or_id(&root)?;
    let asked = report::Asked { query: query.as_str(), name: &name, changes: &described };
    match console.format {
        Format::Text => report::text(&mut console.out, asked, &outcome, &console.look)?,
        Format::Json => report::json(&mut console.out, asked, &outcome)?,
    }
    console.finish()
}

fn unfit(why: Unfit) -> Failure {
    match why {
        Unfit::NoRow => Failure::usage("the row of a change is taken away by another one").hint("one change a row"),
        Unfit::NoAlias => Failure::usage("--identify names a row that is no alias call with two ids")
            .hint("the FILE:LINE of a $create_alias row"),
    }
}

/// Saves the rows with the changes as a scenario.
fn write(path: &Path, force: bool, kept: &Kept, facts: &Facts, changes: &[Change], root: &Id) -> Result<(), Failure> {
    use std::io::Write as _;
    let other = changed(facts, changes).map_err(unfit)?;
    let mut output = Output::begin(path, force, kept, Readers::Usual)?;
    output.write_all(changed_scenario(&other, root, changes.len()).to_toml().as_bytes())?;
    Ok(output.finish()?)
}

/// The changes in the order of the options, and each in words.
fn changes(command: &Compare, facts: &Facts, console: &Console) -> Result<(Vec<Change>, Vec<String>), Failure> {
    let mut changes = Vec::new();
    let mut described = Vec::new();
    let named = |row: i64| {
        let event = facts.events.iter().find(|event| event.row == row);
        event.map_or_else(String::new, |event| {
            let at = console.look.clock.full(event.time);
            format!("{} of {at} ({} line {})", event.event, event.source.file, event.source.line)
        })
    };
    for text in &command.without {
        let row = row(facts, "--without", text)?;
        described.push(format!("without {}", named(row)));
        changes.push(Change::Without(row));
    }
    for text in &command.identify {
        let row = row(facts, "--identify", text)?;
        described.push(format!("identify in place of {}", named(row)));
        changes.push(Change::Identify(row));
    }
    for text in &command.reset {
        let row = row(facts, "--reset", text)?;
        described.push(format!("reset just before {}", named(row)));
        changes.push(Change::Reset(row));
    }
    for text in &command.later {
        let (place, wait) = text.rsplit_once('=').unwrap_or((text, "1"));
        let wait = seconds(wait).filter(|wait| *wait > 0).ok_or_else(|| {
            Failure::usage(format!("--later {text:?} names no number of seconds")).hint("--later FILE:LINE=1.5")
        })?;
        let row = row(facts, "--later", place)?;
        described.push(format!("{} s later: {}", in_seconds(wait), named(row)));
        changes.push(Change::Later(row, wait));
    }
    for call in command.add.chunks(4) {
        let [verb, one, other, time] = call else { continue };
        let kind = match verb.as_str() {
            "alias" => VerbKind::Alias,
            "identify" => VerbKind::Identify,
            _ => {
                return Err(Failure::usage(format!("--add {verb:?} is no call"))
                    .hint("--add alias NAME ID TIME")
                    .hint("--add identify ANONYMOUS USER TIME"));
            }
        };
        let clock = console.look.clock;
        let at = moment("--add", time, |written| written.begin(|wall| clock.moment(wall)))?;
        described.push(format!("with {verb}({one}, {other}) at {}", clock.full(at)));
        changes.push(Change::Add(Call { verb: kind, one: Id::new(one), other: Id::new(other), at }));
    }
    Ok((changes, described))
}

/// Milliseconds as seconds, with a fraction where there is one.
fn in_seconds(millis: Millis) -> String {
    let whole = count(u64::try_from(millis / 1000).unwrap_or(0));
    match millis % 1000 {
        0 => whole,
        rest => format!("{whole}.{}", format!("{rest:03}").trim_end_matches('0')),
    }
}

fn seconds(text: &str) -> Option<Millis> {
    let seconds: f64 = text.trim_end_matches('s').parse().ok()?;
    let millis = (seconds * 1000.0).round();
    #[expect(clippy::cast_possible_truncation, reason = "it is within a year")]
    (millis.abs() < 3.2e10).then_some(millis as Millis)
}

/// The number of the row at `FILE:LINE`, or at `LINE` where the user's rows have one such line.
fn row(facts: &Facts, option: &str, text: &str) -> Result<i64, Failure> {
    let wrong =
        |what: String| Failure::usage(format!("{option} {text:?} {what}")).hint("FILE:LINE of a row of this user");
    let (file, line) = match text.rsplit_once(':') {
        Some((file, line)) => (Some(file), line),
        None => (None, text),
    };
    let line: u64 = line.parse().map_err(|_| wrong("names no line".to_owned()))?;
    let is_there = |source: &crate::model::facts::Source| {
        source.line == line
            && file.is_none_or(|file| *source.file == *file || source.file.ends_with(&format!("/{file}")))
    };
    let mut rows: Vec<i64> = Vec::new();
    let mut places: Vec<String> = Vec::new();
    for event in facts.events.iter().filter(|event| is_there(&event.source)) {
        rows.push(event.row);
        places.push(format!("{}:{}", event.source.file, event.source.line));
    }
    match rows.as_slice() {
        [row] => Ok(*row),
        [] => Err(wrong("is the place of no row that has to do with this user".to_owned())),
        _ => Err(wrong(format!("is the place of {} rows: {}", rows.len(), places.join(", ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_written_in_seconds() {
        assert_eq!((seconds("1"), seconds("1.5s"), seconds("-2")), (Some(1000), Some(1500), Some(-2000)));
        assert_eq!((seconds("soon"), seconds("1e99")), (None, None));
    }
}
