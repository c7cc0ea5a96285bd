//! `journey repair`: what would mend a user, or every user with a finding.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::args::{Format, Repair as Command};
use super::check::{every_user, kind};
use super::console::Console;
use super::failure::Failure;
use super::open::{Named, kept};
use super::redaction;
use super::show::nowhere;
use super::stop::stop_flag;
use crate::identity::findings::{OF_STORE, all};
use crate::identity::repair::Repair;
use crate::identity::{Kind, LEGACY};
use crate::inspect::{Error, ErrorKind, Inspector, check};
use crate::model::Id;
use crate::output::{Kept, Output, Readers};
use crate::report::repair as report;

pub(super) fn run(command: &Command, store: Named, console: &mut Console) -> Result<(), Failure> {
    let kept = kept(&store)?;
    let mut inspector = store.open(console)?;
    if command.write.is_some() && inspector.is_redacting() {
        return Err(Failure::usage("a file for /import has ids and rows as they are, and cannot be redacted")
            .hint("leave out --redact, or --write"));
    }
    // A file that cannot be written is an error at once, before any user is looked at; one that is
    // stopped leaves nothing.
    if let Some(path) = &command.write {
        drop(Output::begin(path, command.force, &kept, Readers::Owner)?);
    }
    let asked = all(LEGACY.findings()).find(|kind| kind.code == command.what);
    let (users, complete) = match asked {
        Some(kind) if OF_STORE.contains(&kind) => {
            return Err(Failure::usage(format!("{} is a finding of the whole store: no call repairs it", kind.code))
                .hint(format!("journey explain {} says what to change", kind.code)));
        }
        Some(kind) => {
            let stop = stop_flag()?;
            let asked = Arc::clone(&stop);
            inspector.stop_when(Arc::new(move || asked.load(Ordering::Relaxed)))?;
            users(kind, &inspector, &stop, console)
        }
        None => user(&command.what, &inspector).map(|user| (vec![user], true)),
    }
    .map_err(|failure| redaction::shown(failure, &inspector))?;
    let found = Found { users, complete, kind: asked };
    answer(command, &found, &kept, &inspector, console).map_err(|failure| redaction::shown(failure, &inspector))
}

/// Users with what would mend them.
struct Found {
    users: Vec<Repair>,
    /// Whether every user was looked at.
    complete: bool,
    /// The finding that all of them have, if that was asked for.
    kind: Option<&'static Kind>,
}

fn answer(
    command: &Command,
    found: &Found,
    kept: &Kept,
    inspector: &Inspector,
    console: &mut Console,
) -> Result<(), Failure> {
    let Found { users, complete, kind } = found;
    // A file of some of the users would be taken for one of all.
    if !complete && (users.is_empty() || command.write.is_some()) {
        return Err(stopped(command));
    }
    let path = command.write.as_deref().map(Path::display).map(|path| path.to_string());
    if let Some(path) = &command.write {
        let stop = stop_flag()?;
        let mut output = Output::begin(path, command.force, kept, Readers::Owner)?;
        for user in users {
            let mut write = |line: &str| {
                if stop.load(Ordering::Relaxed) {
                    return Err(Error::cancelled());
                }
                writeln!(output, "{line}").map_err(|error| {
                    Error::new(ErrorKind::Usage, format!("{} cannot be written: {error}", path.display()))
                })
            };
            let written = inspector.repair_lines(user, &mut write);
            written.map_err(|error| if error.is_cancelled() { stopped(command) } else { error.into() })?;
        }
        output.finish()?;
    }
    let repairs = report::Repairs { users, kind: *kind, file: path.as_deref(), complete: *complete };
    match console.format {
        Format::Json => report::json(&mut console.out, &repairs)?,
        Format::Text => report::text(&mut console.out, &repairs, &console.look)?,
    }
    console.finish()?;
    if !complete {
        return Err(Failure::stopped_users());
    }
    if users.is_empty() {
        return Err(Failure::nothing(format!("no user has the finding {}", command.what)));
    }
    Ok(())
}

/// The repair of one user.
fn user(id: &str, inspector: &Inspector) -> Result<Repair, Failure> {
    match inspector.repair(&Id::new(id))? {
        Some(repair) => Ok(repair),
        None => Err(unknown(id, inspector)?),
    }
}

/// A repair that a person stopped before its file was whole, or before a user was found.
fn stopped(command: &Command) -> Failure {
    let failure = Failure::stopped_users();
    match &command.write {
        Some(path) => failure.hint(format!("{} is not written; run the same command again", path.display())),
        None => failure.hint("run the same command again"),
    }
}

/// An id that nothing names, or that only other rows name; the code that may have been meant.
fn unknown(what: &str, inspector: &Inspector) -> Result<Failure, Failure> {
    let mut failure = nowhere(what, inspector)?;
    if let Some(near) = crate::model::near::nearest(what, all(LEGACY.findings()).map(|kind| kind.code)) {
        failure = failure.hint(format!("journey repair {near}, if that finding was meant"));
    }
    Ok(failure)
}

/// The repair of every user with a finding, and whether all were looked at; once `stop` is set it gives
/// those that are known by then.
fn users(
    kind: &'static Kind,
    inspector: &Inspector,
    stop: &AtomicBool,
    console: &Console,
) -> Result<(Vec<Repair>, bool), Failure> {
    let seen = every_user(console, stop, |go_on| match check::people(inspector, kind, go_on) {
        Err(error) if error.is_cancelled() => Ok((Vec::new(), false)),
        seen => seen,
    });
    let (people, mut complete) = seen?;
    let bar = console.bar("working out {wide_bar} {human_pos}/{human_len} users");
    bar.set_length(people.len() as u64);
    let mut users = Vec::new();
    for person in people {
        if stop.load(Ordering::Relaxed) {
            complete = false;
            break;
        }
        match inspector.repair(&person.id) {
            Err(error) if error.is_cancelled() => complete = false,
            repair => users.extend(repair?),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok((users, complete))
}

/// The kind with a code that a person wrote, which has to be of a user.
pub(super) fn of_user(code: &str) -> Result<&'static Kind, Failure> {
    let kind = kind(code)?;
    if OF_STORE.contains(&kind) {
        return Err(Failure::usage(format!("{code} is a finding of the whole store and not of a user"))
            .hint(format!("journey explain {code} says what to change")));
    }
    Ok(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::demo;

    #[test]
    fn a_look_that_is_stopped_says_so_and_not_that_no_user_has_the_finding() {
        let inspector = Inspector::new(demo::reader().unwrap());
        let kind = all(LEGACY.findings()).find(|kind| kind.code == "alias-on-login").unwrap();
        let mut asked = 0;
        let whole = check::people(&inspector, kind, &mut |_, _| {
            asked += 1;
            true
        });
        let (people, complete) = whole.unwrap();
        assert!(!people.is_empty() && complete && asked > 0);
        // Whenever it is stopped, it says that it was.
        for after in 0..asked {
            let mut left = after;
            let mut go_on = |_, _| {
                left -= i32::from(left > 0);
                left > 0
            };
            let (_, complete) = check::people(&inspector, kind, &mut go_on).unwrap();
            assert!(!complete, "stopped after {after} of {asked}");
            let mut left = after;
            let audit = check::store(&inspector, &mut |_, _| {
                left -= i32::from(left > 0);
                left > 0
            });
            assert!(!audit.unwrap().complete, "stopped after {after} of {asked}");
        }
    }
}
