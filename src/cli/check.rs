//! `journey check` and `journey explain`: integration mistakes of a store, and what each means.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::args::{Check, Explain, FailOn, Form, Format};
use super::console::Console;
use super::expected;
use super::failure::Failure;
use super::open::{Named, kept};
use super::redaction;
use super::show::nowhere;
use super::stop::stop_flag;
use crate::identity::baseline::{Baseline, Was, fingerprint};
use crate::identity::findings::all;
use crate::identity::{By, Kind, LEGACY, Severity};
use crate::inspect::{Error, Inspector, check};
use crate::model::written::Written;
use crate::model::{Id, near};
use crate::output::{Output, Readers};
use crate::report::check as report;
use crate::session::Expected;
use crate::sim::gallery;
use crate::sim::scenario::Scenario;

pub(super) fn run(command: &Check, mut store: Named, console: &mut Console) -> Result<(), Failure> {
    if command.list {
        match console.form {
            Form::Json => report::list_json(&mut console.out, LEGACY)?,
            Form::Text => report::list(&mut console.out, LEGACY, &console.look)?,
            _ => return Err(Failure::usage("the list of findings is text or JSON").hint("--format text, json")),
        }
        return console.finish();
    }
    for code in &command.ignore {
        kind(code)?;
    }
    let only: Vec<&'static Kind> = command.only.iter().map(|code| kind(code)).collect::<Result<_, _>>()?;
    let only = (!only.is_empty()).then_some(only);
    let expected = command.session.as_deref().map(expected::read).transpose()?;
    let baseline = command.baseline.as_deref().map(baseline).transpose()?.unwrap_or_default();
    store.argument = command.path.clone().or(store.argument);
    let name = match store.clone().choose()?.filter(|choice| choice.path.exists()) {
        Some(choice) => choice.path.display().to_string(),
        None => "the demo store".to_owned(),
    };
    let kept = kept(&store)?;
    let inspector = store.open(console)?;
    if let Some(expected) = expected {
        return session(&expected, &name, &inspector, console).map_err(|failure| redaction::shown(failure, &inspector));
    }
    // A file that cannot be written is an error at once, before any user is looked at.
    let output = command.write_baseline.as_deref();
    let output = output.map(|path| Output::begin(path, command.force, &kept, Readers::Owner)).transpose()?;
    let by = command.by.as_deref().map(by).transpose()?;
    let wanted = check::Wanted { by, baseline, only };
    answer(command, (&name, output), &wanted, &inspector, console)
        .map_err(|failure| redaction::shown(failure, &inspector))
}

fn answer(
    command: &Check,
    (store, output): (&str, Option<Output>),
    wanted: &check::Wanted,
    inspector: &Inspector,
    console: &mut Console,
) -> Result<(), Failure> {
    let mut audit = if let Some(id) = &command.id {
        let Some(audit) = check::one(inspector, &Id::new(id), wanted)? else { return Err(nowhere(id, inspector)?) };
        audit
    } else {
        let stop = stop_flag()?;
        every_user(console, &stop, |go_on| check::store_by(inspector, wanted, go_on))?
    };
    audit.found.retain(|found| !command.ignore.iter().any(|code| code == found.kind.code));
    let names = inspector.best_names(audit.found.iter().flat_map(|found| &found.ids))?;
    let fail_on = command.fail_on.map(severity);
    let check = report::Check { store, audit: &audit, fail_on, baseline: &wanted.baseline, names: &names };
    match console.form {
        Form::Json => report::json(&mut console.out, &check)?,
        Form::Sarif => report::sarif(&mut console.out, &check)?,
        Form::Csv => report::csv(&mut console.out, &check)?,
        Form::Junit => report::junit(&mut console.out, &check)?,
        _ => report::text(&mut console.out, &check, &console.look)?,
    }
    // What was stopped half-way would let everything fail that it has not seen.
    if let Some(mut output) = output.filter(|_| audit.complete) {
        report::baseline(&mut output, &audit)?;
        output.finish()?;
    }
    console.finish()?;
    if command.id.is_none() && !audit.complete {
        return Err(Failure::stopped_look());
    }
    if check.has_failed() { Err(Failure::listed()) } else { Ok(()) }
}

/// Checks what a file expects of a session.
pub(super) fn session(
    expected: &Expected,
    name: &str,
    inspector: &Inspector,
    console: &mut Console,
) -> Result<(), Failure> {
    let stop = stop_flag()?;
    match every_user(console, &stop, |go_on| expected.verify(inspector, go_on))? {
        Some(tests) => expected::answer(&tests, name, console),
        None => Err(Failure::stopped_look()),
    }
}

/// What the shares are counted by.
fn by(text: &str) -> Result<By, Failure> {
    match text {
        "day" => Ok(By::Day),
        "client" => Ok(By::Client),
        date => {
            let begin = |wall: chrono::NaiveDateTime| Some(wall.and_utc().timestamp_millis());
            let moment = Written::parse(date).and_then(|written| written.begin(begin));
            let wrong = || Failure::usage(format!("--by {date:?} is neither day, client nor a date"));
            moment.map(By::Date).ok_or_else(|| wrong().hint("--by 2026-11-29, or --by 2026-11-29T10:00Z"))
        }
    }
}

/// A look at every user, with a bar; once `stop` is set it gives what is known by then.
pub(super) fn every_user<T>(
    console: &Console,
    stop: &AtomicBool,
    look: impl FnOnce(&mut dyn FnMut(u64, u64) -> bool) -> Result<T, Error>,
) -> Result<T, Failure> {
    let bar = console.bar("looking at every user {wide_bar} {human_pos}/{human_len} rows");
    let seen = look(&mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
        !stop.load(Ordering::Relaxed)
    });
    bar.finish_and_clear();
    Ok(seen?)
}

fn severity(from: FailOn) -> Severity {
    match from {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
        FailOn::Note => Severity::Note,
    }
}

/// The kind with this code.
pub(super) fn kind(code: &str) -> Result<&'static Kind, Failure> {
    if let Some(kind) = all(LEGACY.findings()).find(|kind| kind.code == code) {
        return Ok(kind);
    }
    let mut failure = Failure::usage(format!("no finding has the code {code}"));
    if let Some(near) = near::nearest(code, all(LEGACY.findings()).map(|kind| kind.code)) {
        failure = failure.hint(format!("did you mean {near}?"));
    }
    Err(failure.hint("journey check --list names all of them"))
}

/// What an earlier look found: a file of `--write-baseline`, or an earlier answer in JSON, which names at
/// most some of the users.
fn baseline(path: &Path) -> Result<Baseline, Failure> {
    let wrong = |what: String| {
        let text = format!("the baseline {} cannot be used: {what}", path.display());
        Failure::usage(text).hint("journey check --write-baseline FILE writes one")
    };
    let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let answer: serde_json::Value = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let findings = ["baseline", "findings"].iter().find_map(|name| answer.get(name)?.as_array());
    let findings = findings.ok_or_else(|| wrong("it has no list of findings".to_owned()))?;
    let mut baseline = Baseline::default();
    for finding in findings {
        let known = || Some((finding.get("code")?.as_str()?, was(finding)?));
        let (code, was) = known().ok_or_else(|| wrong("a finding in it has no code or no count".to_owned()))?;
        baseline.set(code, was);
    }
    Ok(baseline)
}

/// What a file says of the users of a finding.
fn was(finding: &serde_json::Value) -> Option<Was> {
    let count = finding.get("count")?.as_u64()?;
    let texts = |name: &str| -> Option<Vec<&str>> {
        finding.get(name)?.as_array()?.iter().map(serde_json::Value::as_str).collect()
    };
    if let Some(users) = texts("users") {
        return users.into_iter().map(|user| u64::from_str_radix(user, 16).ok()).collect::<Option<_>>().map(Was::Users);
    }
    // An answer lists the worst users: all of them only where they are few.
    let ids = texts("ids").filter(|ids| !ids.is_empty() && ids.len() as u64 == count);
    Some(ids.map_or(Was::Count(count), |ids| Was::Users(ids.into_iter().map(|id| fingerprint(&Id::new(id))).collect())))
}

pub(super) fn explain(command: &Explain, console: &mut Console) -> Result<(), Failure> {
    let kind = kind(&command.code)?;
    let example = example(kind.code);
    match console.format {
        Format::Json => report::explain_json(&mut console.out, kind, example)?,
        Format::Text => report::explain(&mut console.out, kind, example, &console.look)?,
    }
    console.finish()
}

/// The name of a built-in scenario that expects this finding.
fn example(code: &str) -> Option<&'static str> {
    gallery().iter().find_map(|(name, text)| {
        let scenario = Scenario::parse(name, text).ok()?;
        let has = scenario.expect.findings.is_some_and(|findings| findings.iter().any(|known| known == code));
        has.then(|| name.strip_suffix(".toml").unwrap_or(name))
    })
}
