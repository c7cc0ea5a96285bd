//! The command line: arguments, one file for each command, failures with what to do.
//!
//! Parsing is one step, meaning the next: `args` says what was written, `console` how an
//! answer looks and where it goes, `open` which store is meant. Whatever goes wrong becomes a
//! `Failure` with an exit code. Only this module and `main` print.

mod args;
mod check;
mod command;
mod compare;
mod console;
mod demo;
mod diff;
mod doctor;
mod expected;
mod export;
mod failure;
mod generate;
mod graph;
mod import;
mod interface;
mod listen;
mod open;
mod priority;
mod pull;
mod recorded;
mod redaction;
mod repair;
mod reproduce;
mod rules;
mod search;
mod select;
mod settings;
mod show;
mod sql;
mod stop;
mod warehouse;
mod what_if;
mod zone;

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use args::{Args, Command, Form, Format};
use command::{forms, parse};
use console::Console;
use failure::{Failure, tell};

use crate::model::text::visible;
use crate::report::safe::{Safe, Safety};

/// Runs the command that the arguments name; the first of them is the name of the program.
///
/// Exit codes: 0 done; 1 nothing found, or problems; 2 wrong use or unusable input; 3 the store cannot be
/// used; 70 a bug of ours. A reader that went away is no failure.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let _ = survive_long_files();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let args = match parse(&arguments) {
        Ok(args) => args,
        Err(error) => return report_wrong_use(&error, &arguments),
    };
    let format = args.common.format.plain();
    match dispatch(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => tell(&failure, format),
    }
}

/// A file that grows past what the system allows (`ulimit -f`) is an error of the writing thread,
/// and not the end of the program.
fn survive_long_files() -> io::Result<()> {
    #[cfg(unix)]
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default())?;
    Ok(())
}

fn dispatch(mut args: Args) -> Result<(), Failure> {
    let mut broken = None;
    let loaded = match args.command {
        // What these do depends on no setting, and goes on when the file is broken.
        Some(Command::Import(_) | Command::Pull(_) | Command::Completions { .. } | Command::Man) => {
            settings::Loaded::default()
        }
        // It is what leads out of a file that is broken.
        Some(Command::Config(ref config)) if !config.explain => match settings::Loaded::read(&args.common) {
            Ok(loaded) => loaded,
            Err(failure) => {
                broken = Some(failure);
                settings::Loaded::default()
            }
        },
        _ => settings::Loaded::read(&args.common)?,
    };
    let mut console = Console::new(&args.common, &loaded.settings)?;
    let store = open::Named {
        flag: args.common.store.clone(),
        argument: args.store.clone(),
        is_demo: args.common.demo,
        warehouse: loaded.settings.warehouse.clone(),
    };
    if let (Some(id), Some(_)) = (&args.id, &args.command) {
        return Err(Failure::usage(format!("--id {id} opens the terminal interface, and a command was given too"))
            .hint("journey --id ID, or journey show ID"));
    }
    if let (Some(rules), Some(_)) = (&args.rules, &args.command) {
        return Err(Failure::usage(format!(
            "--rules {rules} is of the terminal interface here, and a command was given too"
        ))
        .hint("--rules after the name of the command"));
    }
    check_form(args.common.format, args.command.as_ref())?;
    console.redactor = redaction::asked(&args.common, args.command.as_ref())?;
    let command = args.command.take();
    match command {
        None => {
            let rules = args.rules.as_deref().map(rules::rule_set).transpose()?;
            let asked = (args.id.as_deref(), rules);
            interface::run(&args.common, store, asked, &console, args.theme.as_deref(), &loaded)
        }
        Some(Command::Import(command)) => warehouse::import(&command, &args.common, store, &mut console),
        Some(Command::Pull(command)) => pull::run(&command, &args.common, store, &mut console),
        Some(Command::Search(command)) => search::run(&command, store, &mut console),
        Some(Command::Diff(command)) => diff::run(&command, store, &mut console),
        Some(Command::Compare(command)) => compare::run(&command, store, &mut console),
        Some(Command::Graph(command)) => graph::run(&command, store, &mut console),
        Some(Command::Show(command)) => show::run(&command, store, &mut console),
        Some(Command::Sql(command)) => sql::run(&command, store, &mut console),
        Some(Command::Warehouse { what }) => warehouse::run(&what, store, &mut console),
        Some(Command::Export(command)) => export::run(&command, store, &mut console),
        Some(Command::Check(command)) => check::run(&command, store, &mut console),
        Some(Command::Explain(command)) => check::explain(&command, &mut console),
        Some(Command::Repair(command)) => repair::run(&command, store, &mut console),
        Some(Command::Reproduce(command)) => reproduce::run(&command, store, &mut console),
        Some(Command::Doctor(command)) => doctor::run(&command, store, &mut console),
        Some(Command::Demo(command)) => demo::run(&command, &args, store, &loaded, &mut console),
        Some(Command::Listen(command)) => listen::run(&command, &args, store, &loaded, &mut console),
        Some(Command::Config(command)) => {
            settings::run(&command, &args.common, args.theme.as_deref(), store, &loaded, &mut console)?;
            broken.map_or(Ok(()), Err)
        }
        Some(Command::Completions { shell }) => generate::completions(shell, &mut console),
        Some(Command::Man) => generate::man(&mut console),
        Some(Command::Generate { what }) => generate::generate(&what, &mut console),
    }
}

/// Refuses a form that the command does not have.
fn check_form(form: Form, command: Option<&Command>) -> Result<(), Failure> {
    let forms = forms(match command {
        Some(Command::Graph(_)) => "graph",
        Some(Command::Show(_)) => "show",
        Some(Command::Sql(_)) => "sql",
        Some(Command::Check(_)) => "check",
        Some(Command::Listen(_)) => "listen",
        Some(Command::Compare(_)) => "compare",
        Some(Command::Diff(_)) => "diff",
        _ => "",
    });
    if forms.contains(&form) {
        return Ok(());
    }
    let names: Vec<String> = forms.iter().map(|form| form.name()).collect();
    Err(Failure::usage(format!("this command has no --format {}", form.name()))
        .hint(format!("--format {}", names.join(", "))))
}

/// What clap has to say: help and version are answers, the rest is wrong use.
fn report_wrong_use(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    if !error.use_stderr() {
        // The reader of a help text may go away like any other.
        return match error.print().or_else(failure::forgive_pipe) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => tell(&Failure::from(error), Format::Text),
        };
    }
    if asks_for_json(arguments) {
        return tell(&Failure::wrong_use(error), Format::Json);
    }
    // An argument is quoted as it was given.
    let text = error.render().to_string();
    let acts = |line: &str| matches!(visible(line), Cow::Owned(_));
    // When the error output is closed, no message can say so.
    let _ = if text.lines().any(acts) {
        writeln!(Safe::new(io::stderr().lock(), Safety::Shown), "{}", text.trim_end())
    } else {
        error.print()
    };
    ExitCode::from(failure::Kind::Usage.code())
}

/// Whether the arguments ask for JSON, as far as that is clear when they cannot be read.
fn asks_for_json(arguments: &[OsString]) -> bool {
    arguments.iter().any(|argument| argument == "--format=json")
        || arguments.windows(2).any(|pair| matches!(pair, [name, value] if name == "--format" && value == "json"))
}

/// Tells that the program failed itself; for `main`, when a panic came through.
pub fn tell_bug() -> ExitCode {
    let failure = Failure::bug("journey failed because of a bug in journey; the message above says where");
    tell(&failure, Format::Text)
}
