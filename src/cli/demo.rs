//! `journey demo`, and the built-in demo store: scenarios played, listed, written or imported.

use std::fs;
use std::io;
use std::path::Path;
use std::thread::{self, JoinHandle};

use super::args::{Args, Demo, Format};
use super::console::Console;
use super::failure::Failure;
use super::open::Named;
use super::rules::rule_set;
use super::settings::Loaded;
use super::{import, interface};
use crate::identity::LEGACY;
use crate::ingest::Input;
use crate::model::near;
use crate::play::{Play, json, text};
use crate::session::demo;
use crate::sim::crowd::Crowd;
use crate::sim::{self, Scenario, ScenarioError};

pub(super) fn run(
    command: &Demo,
    args: &Args,
    store: Named,
    loaded: &Loaded,
    console: &mut Console,
) -> Result<(), Failure> {
    if let Some(rows) = command.crowd {
        return crowd(&Crowd { seed: command.seed, rows }, store, console);
    }
    let scenario = command.scenario.as_deref().map(find).transpose()?;
    if let Some(path) = store.flag.filter(|_| !command.list) {
        let files = match scenario {
            Some(scenario) => vec![input(&Play::new(scenario))],
            None => demo::inputs()?,
        };
        return import::into(&path, files, &demo::options(), None, &mut |_, _| Ok(()), console);
    }
    let rules = command.rules.as_deref().map(rule_set).transpose()?;
    let plays = console.terminal && !args.format_given && !command.list;
    match scenario {
        Some(scenario) if plays => {
            let mut scenarios = gallery()?;
            let known = scenarios.iter().position(|known| *known == scenario);
            if known.is_none() {
                scenarios.insert(0, scenario);
            }
            let first = Some(known.unwrap_or(0));
            interface::play(&args.common, scenarios, (first, rules), console, args.theme.as_deref(), loaded)
        }
        None if plays => {
            interface::play(&args.common, gallery()?, (None, rules), console, args.theme.as_deref(), loaded)
        }
        Some(scenario) => tell(&Play::new(scenario).under(rules.unwrap_or(LEGACY)), console),
        None => {
            let scenarios = gallery()?;
            match console.format {
                Format::Json => json::list(&mut console.out, &scenarios)?,
                Format::Text => text::list(&mut console.out, &scenarios, &console.look)?,
            }
            console.finish()
        }
    }
}

/// Writes a play; a scenario that does not end as it says is a finding.
fn tell(play: &Play, console: &mut Console) -> Result<(), Failure> {
    let holds = match console.format {
        Format::Json => json::play(&mut console.out, play)?,
        Format::Text => text::play(&mut console.out, play, &console.look)?,
    };
    console.finish()?;
    if holds {
        return Ok(());
    }
    let name = &play.scenario().name;
    Err(Failure::nothing(format!("{name} does not end as its [expect] says"))
        .hint("the last lines of the play say how"))
}

/// The scenario that a person names: a file, or a built-in one by name, part of it, or number.
fn find(name: &str) -> Result<Scenario, Failure> {
    let path = Path::new(name);
    if path.extension().is_some_and(|extension| extension == "toml") || path.components().count() > 1 {
        let content = fs::read_to_string(path)
            .map_err(|error| Failure::usage(format!("{name} cannot be read")).because(&error))?;
        return Scenario::parse(name, &content).map_err(|error| Failure::usage(error.to_string()));
    }
    let scenarios = gallery()?;
    let bare =
        |scenario: &Scenario| scenario.name.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-').to_owned();
    let number = |scenario: &Scenario| scenario.name.split('-').next().and_then(|number| number.parse::<u32>().ok());
    let wanted = name.parse::<u32>().ok();
    let position = scenarios
        .iter()
        .position(|known| known.name == name || bare(known) == name || (wanted.is_some() && number(known) == wanted));
    if let Some(known) = position.and_then(|at| scenarios.get(at)) {
        return Ok(known.clone());
    }
    let mut failure = Failure::usage(format!("no scenario is called {name:?}"));
    let names: Vec<String> = scenarios.iter().map(bare).collect();
    let known = scenarios.iter().map(|known| &known.name).zip(names.iter().map(String::as_str));
    if let Some(near) = near::nearest_of(name, known) {
        failure = failure.hint(format!("journey demo {near}"));
    }
    Err(failure.hint("journey demo --list names them; a file of your own ends in .toml"))
}

/// The built-in scenarios.
fn gallery() -> Result<Vec<Scenario>, Failure> {
    let read = sim::gallery().iter().map(|(name, text)| Scenario::parse(&format!("{name}.toml"), text));
    read.collect::<Result<_, _>>().map_err(|error| broken(&error))
}

/// A scenario of the program cannot be read: a test rules it out.
fn broken(error: &ScenarioError) -> Failure {
    Failure::bug("the demo store cannot be made").because(error)
}

fn input(play: &Play) -> Input {
    Input::Bytes { content: play.lines().into_bytes(), name: play.file().to_owned() }
}

/// Makes a crowd and imports it on the way, so that it needs no place but that of the store.
fn crowd(crowd: &Crowd, store: Named, console: &mut Console) -> Result<(), Failure> {
    let Some(path) = store.flag else {
        return Err(Failure::usage("a crowd goes into a store").hint("--store FILE"));
    };
    let pipe = |error: io::Error| Failure::bug("the generated users cannot be written").because(&error);
    let (reader, mut writer) = io::pipe().map_err(pipe)?;
    let crowd = *crowd;
    let making: JoinHandle<io::Result<()>> = thread::Builder::new()
        .name("crowd".to_owned())
        .spawn(move || crowd.write(&mut writer).map(drop))
        .map_err(pipe)?;
    let name = format!("crowd-{}.jsonl", crowd.seed);
    import::into(
        &path,
        vec![Input::Stream { name, reader: Box::new(reader) }],
        &demo::options(),
        None,
        &mut |_, _| Ok(()),
        console,
    )?;
    match making.join() {
        Ok(Ok(())) => Ok(()),
        // The import was stopped: no one reads any more.
        Ok(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Ok(Err(error)) => Err(pipe(error)),
        Err(_) => Err(Failure::bug("making a crowd has failed")),
    }
}
