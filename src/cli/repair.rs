//! `journey repair`: what would mend a user, or every user with a finding.

use std::io::Write;
use std::path::Path;
use std::sync::atomic::Ordering;

use super::args::{Format, Repair as Command};
use super::check::{every_user, kind};
use super::console::Console;
use super::failure::Failure;
use super::import::stop_flag;
use super::open::Named;
use super::redaction;
use super::show::nowhere;
use crate::identity::findings::{OF_STORE, all};
use crate::identity::repair::Repair;
use crate::identity::{Kind, LEGACY};
use crate::inspect::{Error, ErrorKind, Inspector, check};
use crate::model::Id;
use crate::output::{Kept, Output, Readers};
use crate::report::repair as report;

pub(super) fn run(command: &Command, store: Named, console: &mut Console) -> Result<(), Failure> {
    let kept = kept(&store)?;
    let inspector = store.open(console)?;
    if command.write.is_some() && inspector.is_redacting() {
        return Err(Failure::usage("a file for /import has ids and rows as they are, and cannot be redacted")
            .hint("leave out --redact, or --write"));
    }
    // A file that cannot be written is an error at once, before any user is looked at.
    let output = command.write.as_deref().map(|path| Output::begin(path, command.force, &kept, Readers::Owner));
    let output = output.transpose()?;
    answer(command, output, &inspector, console).map_err(|failure| redaction::shown(failure, &inspector))
}

/// What no file may take the place of: the store.
pub(super) fn kept(store: &Named) -> Result<Kept, Failure> {
    let choice = store.clone().choose()?;
    Ok(choice.map_or_else(Kept::default, |choice| Kept::default().store(&choice.path)))
}

fn answer(
    command: &Command,
    output: Option<Output>,
    inspector: &Inspector,
    console: &mut Console,
) -> Result<(), Failure> {
    let asked = all(LEGACY.findings()).find(|kind| kind.code == command.what);
    let (users, complete) = match asked {
        Some(kind) if OF_STORE.contains(&kind) => {
            return Err(Failure::usage(format!("{} is of the store as a whole: no call mends it", kind.code))
                .hint(format!("journey explain {} says what to change", kind.code)));
        }
        Some(kind) => repairs(kind, inspector, console)?,
        None => match inspector.repair(&Id::new(&command.what))? {
            Some(repair) => (vec![repair], true),
            None => return Err(unknown(&command.what, inspector)?),
        },
    };
    let path = command.write.as_deref().map(Path::display).map(|path| path.to_string());
    let repairs = report::Repairs { users: &users, kind: asked, file: path.as_deref(), complete };
    if let (Some(mut output), Some(path)) = (output, &command.write) {
        for user in &users {
            inspector.repair_lines(user, &mut |line| {
                writeln!(output, "{line}").map_err(|error| {
                    Error::new(ErrorKind::Usage, format!("{} cannot be written: {error}", path.display()))
                })
            })?;
        }
        output.finish()?;
    }
    match console.format {
        Format::Json => report::json(&mut console.out, &repairs)?,
        Format::Text => report::text(&mut console.out, &repairs, &console.look)?,
    }
    console.finish()?;
    if users.is_empty() {
        return Err(Failure::nothing(format!("no user has the finding {}", command.what)));
    }
    Ok(())
}

/// An id that nothing names, or that only other rows name; the code that may have been meant.
fn unknown(what: &str, inspector: &Inspector) -> Result<Failure, Failure> {
    let mut failure = nowhere(what, inspector)?;
    if let Some(near) = crate::model::near::nearest(what, all(LEGACY.findings()).map(|kind| kind.code)) {
        failure = failure.hint(format!("journey repair {near}, if that finding was meant"));
    }
    Ok(failure)
}

/// The repair of every user with a finding; Ctrl-C gives those that are known by then.
fn repairs(kind: &'static Kind, inspector: &Inspector, console: &Console) -> Result<(Vec<Repair>, bool), Failure> {
    let stop = stop_flag()?;
    let (people, mut complete) = every_user(console, &stop, |go_on| check::people(inspector, kind, go_on))?;
    let bar = console.bar("working out {wide_bar} {human_pos}/{human_len} users");
    bar.set_length(people.len() as u64);
    let mut users = Vec::new();
    for person in people {
        if stop.load(Ordering::Relaxed) {
            complete = false;
            break;
        }
        users.extend(inspector.repair(&person.id)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok((users, complete))
}

/// The kind with a code that a person wrote, which has to be of a user.
pub(super) fn of_user(code: &str) -> Result<&'static Kind, Failure> {
    let kind = kind(code)?;
    if OF_STORE.contains(&kind) {
        return Err(Failure::usage(format!("{code} is of the store as a whole, and of no user"))
            .hint(format!("journey explain {code} says what to change")));
    }
    Ok(kind)
}
