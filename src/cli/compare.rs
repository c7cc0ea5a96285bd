//! `journey compare`: one history under several rule sets.

use super::args::{Compare, Form, Format};
use super::check::every_user;
use super::console::Console;
use super::failure::Failure;
use super::open::{Named, kept};
use super::redaction;
use super::rules::rule_set;
use super::show::nowhere;
use super::stop::stop_flag;
use super::what_if;
use crate::identity::RuleSet;
use crate::identity::across::USUAL;
use crate::inspect::{Inspector, exported, migration};
use crate::model::Id;
use crate::output::Kept;
use crate::report::{across, exported as exported_report, migration as report};
use crate::session::Location;

pub(super) fn run(command: &Compare, store: Named, console: &mut Console) -> Result<(), Failure> {
    if let Some(to) = &command.to {
        let from = rule_set(command.from.as_deref().unwrap_or("legacy"))?;
        return migrate(from, rule_set(to)?, store, console);
    }
    if command.against.is_some() {
        return against(command, store, console);
    }
    let rules = if what_if::is_asked(command) { Vec::new() } else { rules(command)? };
    if !matches!(console.form, Form::Text | Form::Json) {
        return Err(Failure::usage("a compared journey is text or JSON")
            .hint("--format text, json")
            .hint("--from and --to write CSV and HTML"));
    }
    let id = command.id.as_deref().unwrap_or_default();
    let kept = if store.is_demo { Kept::default() } else { kept(&store)? };
    let inspector = store.open(console)?;
    if what_if::is_asked(command) {
        let answer = what_if::answer(command, id, &kept, &inspector, console);
        return answer.map_err(|failure| redaction::shown(failure, &inspector));
    }
    if command.write.is_some() {
        return Err(Failure::usage("--write needs a change to save, such as --without ROW").hint("--without ROW"));
    }
    answer(id, &rules, &inspector, console).map_err(|failure| redaction::shown(failure, &inspector))
}

fn answer(id: &str, rules: &[RuleSet], inspector: &Inspector, console: &mut Console) -> Result<(), Failure> {
    let Some(across) = inspector.across(&Id::new(id), rules)? else {
        return Err(nowhere(id, inspector)?);
    };
    match console.format {
        Format::Text => across::text(&mut console.out, &across, &console.look)?,
        Format::Json => across::json(&mut console.out, &across)?,
    }
    console.finish()
}

/// What a vendor exported after merging against the rules.
fn against(command: &Compare, store: Named, console: &mut Console) -> Result<(), Failure> {
    let rules: Vec<RuleSet> = command.rules.iter().map(|name| rule_set(name)).collect::<Result<_, _>>()?;
    let name = place(&store)?;
    let inspector = store.open(console)?;
    let stop = stop_flag()?;
    let found = every_user(console, &stop, |go_on| exported::report(&inspector, &rules, go_on))?;
    match console.form {
        Form::Json => exported_report::json(&mut console.out, &name, &found)?,
        Form::Text => exported_report::text(&mut console.out, &name, &found, &console.look)?,
        _ => return Err(Failure::usage("this comparison is text or JSON").hint("--format text, json")),
    }
    console.finish()?;
    if found.iter().all(|found| found.complete) { Ok(()) } else { Err(Failure::stopped_report()) }
}

/// What to call the store.
fn place(store: &Named) -> Result<String, Failure> {
    Ok(match store.clone().location()? {
        Location::File(path) => path.display().to_string(),
        Location::Warehouse(address) => address.to_string(),
        Location::Demo | Location::Empty => "the demo store".to_owned(),
    })
}

/// The migration report of the whole store.
fn migrate(from: RuleSet, to: RuleSet, store: Named, console: &mut Console) -> Result<(), Failure> {
    if from.name() == to.name() {
        return Err(Failure::usage(format!("--from and --to both name {}", to.name())).hint("name two rule sets"));
    }
    let name = place(&store)?;
    let inspector = store.open(console)?;
    let stop = stop_flag()?;
    let found = every_user(console, &stop, |go_on| migration::report(&inspector, from, to, go_on))?;
    let out = &mut console.out;
    match console.form {
        Form::Json => report::json(out, &name, &found)?,
        Form::Csv => report::csv(out, &found)?,
        Form::Html => report::html(out, &name, &found)?,
        _ => report::text(out, &name, &found, &console.look)?,
    }
    console.finish()?;
    if found.complete { Ok(()) } else { Err(Failure::stopped_report()) }
}

fn rules(command: &Compare) -> Result<Vec<RuleSet>, Failure> {
    let names: Vec<&str> = match command.rules.as_slice() {
        [] => USUAL.to_vec(),
        names => names.iter().map(String::as_str).collect(),
    };
    let mut rules: Vec<RuleSet> = Vec::new();
    for name in names {
        let found = rule_set(name)?;
        if rules.iter().any(|known| known.name() == found.name()) {
            return Err(Failure::usage(format!("the rule set {name} is named twice")).hint("name each once"));
        }
        rules.push(found);
    }
    if rules.len() < 2 {
        return Err(Failure::usage("one rule set has nothing to be compared with")
            .hint("--rules legacy,simplified")
            .hint(format!("journey show ID --rules {}", rules.first().map_or("legacy", |rules| rules.name()))));
    }
    Ok(rules)
}
