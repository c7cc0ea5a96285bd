//! The findings of a store or of one user (`journey check`), for people and for programs.

mod junit;
mod sarif;

pub(super) use junit::escape;
pub use junit::junit;
pub use sarif::sarif;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::json::SCHEMA;
use super::look::{Class, Look, left, right};
use super::sheet::cell;
use crate::identity::audit::{Audit, Found, Rates, Trend, date_of};
use crate::identity::baseline::{Baseline, Was};
use crate::identity::findings::all;
use crate::identity::naming;
use crate::identity::{Kind, RuleSet, Severity, Tallies};
use crate::model::Id;
use crate::model::money::Amounts;
use crate::model::text::{count, counted};

/// An answer of `journey check`.
#[derive(Debug)]
pub struct Check<'a> {
    /// The store.
    pub store: &'a str,
    /// What was found, without what was not asked for.
    pub audit: &'a Audit,
    /// From which severity on a finding fails the check.
    pub fail_on: Option<Severity>,
    /// What an earlier look found: only what it lacks fails.
    pub baseline: &'a Baseline,
    /// The best names of the users that are listed, by their ids, where one is known.
    pub names: &'a BTreeMap<Id, String>,
}

impl Check<'_> {
    /// Whether a finding fails the check.
    pub fn fails(&self, found: &Found) -> bool {
        self.fail_on.is_some_and(|from| found.kind.severity <= from) && self.is_new(found)
    }

    /// Whether the baseline does not have a finding, or lacks one of its users, or, where it does not
    /// name them, has it of fewer.
    pub fn is_new(&self, found: &Found) -> bool {
        match self.baseline.of(found.kind.code) {
            None => true,
            Some(Was::Count(count)) => found.count > *count,
            Some(Was::Users(_)) => found.newcomers.is_some_and(|newcomers| newcomers > 0),
        }
    }

    /// Whether any finding fails it.
    pub fn has_failed(&self) -> bool {
        self.audit.found.iter().any(|found| self.fails(found))
    }
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: u64,
}

/// What rows of one currency say.
#[derive(Serialize)]
struct Money<'a> {
    /// `null` where a row names none.
    currency: Option<&'a str>,
    sum: f64,
    rows: u64,
}

/// Users whose finding begins on a day.
#[derive(Serialize)]
struct OnDay {
    day: String,
    people: u64,
}

#[derive(Serialize)]
struct Line<'a> {
    code: &'a str,
    severity: &'a str,
    title: &'a str,
    what: &'a str,
    advice: &'a str,
    clients: &'a [String],
    people: u64,
    rows: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    at_least: bool,
    /// `null` where it cannot be said.
    trend: Option<&'a str>,
    days: Vec<OnDay>,
    /// What the rows say, where all of it is of one currency or none; else `amounts` has it.
    money: Option<f64>,
    amounts: Vec<Money<'a>>,
    ids: Vec<&'a str>,
    /// In the order of `ids`; `null` where only the id is known.
    names: Vec<Option<&'a str>>,
    /// In the order of `ids`; empty where no row says an amount.
    amounts_of_ids: Vec<Vec<Money<'a>>>,
    count: u64,
    sources: Vec<Place<'a>>,
    rule: &'a str,
    new: bool,
    /// Users whom the baseline lacks; `null` where it does not name the users.
    new_people: Option<u64>,
    fails: bool,
}

#[derive(Serialize)]
struct Shares {
    merged_past: Option<f64>,
    refused: Option<f64>,
    split: Option<f64>,
    orphaned: Option<f64>,
    shared_devices: Option<f64>,
}

fn shares(rates: Rates) -> Shares {
    let Rates { merged_past, refused, split, orphaned, shared_devices } = rates;
    Shares { merged_past, refused, split, orphaned, shared_devices }
}

/// The numbers to track, line by line.
#[derive(Serialize)]
struct Tallied<'a> {
    of: &'static str,
    lines: Vec<TalliedLine<'a>>,
}

#[derive(Serialize)]
struct TalliedLine<'a> {
    name: &'a str,
    people: u64,
    people_with_past: u64,
    alias_calls: u64,
    events: u64,
    devices: u64,
    rates: Shares,
}

fn tallied(tallies: &Tallies) -> Tallied<'_> {
    let lines = tallies.lines.iter().map(|(name, tally)| TalliedLine {
        name,
        people: tally.people,
        people_with_past: tally.with_past,
        alias_calls: tally.calls,
        events: tally.rows,
        devices: tally.devices,
        rates: shares(tally.rates()),
    });
    Tallied { of: tallies.by.name(), lines: lines.collect() }
}

/// Writes the answer for programs: one object.
pub fn json(out: &mut dyn Write, check: &Check<'_>) -> io::Result<()> {
    #[derive(Serialize)]
    struct Answer<'a> {
        schema: u32,
        store: &'a str,
        rules: &'a str,
        people: Option<u64>,
        events: u64,
        complete: bool,
        findings: Vec<Line<'a>>,
        rates: Shares,
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<Tallied<'a>>,
    }
    let Audit { rules, people, events, complete, span: _, found, rates, tallies } = check.audit;
    let answer = Answer {
        schema: SCHEMA,
        store: check.store,
        rules: rules.name(),
        people: *people,
        events: *events,
        complete: *complete,
        findings: found.iter().map(|found| line(check, found)).collect(),
        rates: shares(*rates),
        by: tallies.as_ref().map(tallied),
    };
    serde_json::to_writer(&mut *out, &answer)?;
    writeln!(out)
}

fn money(amounts: &Amounts) -> Vec<Money<'_>> {
    let sums = amounts.iter().map(|(currency, sum)| Money {
        currency: Some(currency).filter(|currency| !currency.is_empty()),
        sum: sum.number(),
        rows: sum.rows,
    });
    sums.collect()
}

fn line<'a>(check: &Check<'a>, found: &'a Found) -> Line<'a> {
    let amounts = money(&found.amounts);
    Line {
        code: found.kind.code,
        severity: found.kind.severity.name(),
        title: found.kind.title,
        what: &found.what,
        advice: found.advice,
        clients: &found.clients,
        people: found.people,
        rows: found.rows,
        at_least: found.at_least,
        trend: found.trend(check.audit.span).map(Trend::name),
        days: found.days.iter().map(|(day, people)| OnDay { day: date_of(day), people }).collect(),
        money: if let [of_all] = &*amounts { Some(of_all.sum) } else { None },
        amounts,
        ids: found.ids.iter().map(Id::as_str).collect(),
        names: found.ids.iter().map(|id| check.names.get(id).map(String::as_str)).collect(),
        amounts_of_ids: found.amounts_of_ids.iter().map(money).collect(),
        count: found.count,
        sources: found.sources.iter().map(|source| Place { file: &source.file, line: source.line }).collect(),
        rule: found.kind.rule,
        new: check.is_new(found),
        new_people: found.newcomers,
        fails: check.fails(found),
    }
}

/// Writes what was found as a baseline: each kind, and the users who have it.
pub fn baseline(out: &mut dyn Write, audit: &Audit) -> io::Result<()> {
    #[derive(Serialize)]
    struct Known<'a> {
        code: &'a str,
        count: u64,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        users: Vec<String>,
    }
    #[derive(Serialize)]
    struct Answer<'a> {
        schema: u32,
        baseline: Vec<Known<'a>>,
    }
    let known = audit.found.iter().map(|found| {
        let mut users = found.users.clone();
        users.sort_unstable();
        let users = users.iter().map(|user| format!("{user:016x}")).collect();
        Known { code: found.kind.code, count: found.count, users }
    });
    serde_json::to_writer(&mut *out, &Answer { schema: SCHEMA, baseline: known.collect() })?;
    writeln!(out)
}

/// Writes one line for each finding, for a spreadsheet; with the numbers to track line by line, those.
pub fn csv(out: &mut dyn Write, check: &Check<'_>) -> io::Result<()> {
    if let Some(tallies) = &check.audit.tallies {
        return tallies_csv(out, tallies);
    }
    let head = [
        "code",
        "severity",
        "title",
        "people",
        "rows",
        "what",
        "advice",
        "clients",
        "worst",
        "source",
        "name",
        "money",
        "worst_money",
    ];
    super::table::csv(out, head.into_iter().map(Cow::Borrowed))?;
    for found in &check.audit.found {
        let source = found.sources.first().map(|source| format!("{}:{}", source.file, source.line));
        let cells = [
            found.kind.code.to_owned(),
            found.kind.severity.name().to_owned(),
            found.kind.title.to_owned(),
            found.people.to_string(),
            found.rows.to_string(),
            found.what.clone(),
            found.advice.to_owned(),
            found.clients.join(", "),
            found.ids.first().map_or_else(String::new, |id| id.as_str().to_owned()),
            source.unwrap_or_default(),
            found.ids.first().and_then(|id| check.names.get(id)).cloned().unwrap_or_default(),
            found.amounts.text(),
            found.amounts_of_ids.first().map_or_else(String::new, Amounts::text),
        ];
        super::table::csv(out, cells.iter().map(|text| cell(text)))?;
    }
    Ok(())
}

fn tallies_csv(out: &mut dyn Write, tallies: &Tallies) -> io::Result<()> {
    let head = [
        tallies.by.name(),
        "people",
        "people_with_past",
        "merged_past",
        "alias_calls",
        "refused",
        "events",
        "split",
        "orphaned",
        "devices",
        "shared_devices",
    ];
    super::table::csv(out, head.into_iter().map(Cow::Borrowed))?;
    for (name, tally) in &tallies.lines {
        let rates = tally.rates();
        let share = |share: Option<f64>| share.map_or_else(String::new, |share| format!("{share:.6}"));
        let cells = [
            name.clone(),
            tally.people.to_string(),
            tally.with_past.to_string(),
            share(rates.merged_past),
            tally.calls.to_string(),
            share(rates.refused),
            tally.rows.to_string(),
            share(rates.split),
            share(rates.orphaned),
            tally.devices.to_string(),
            share(rates.shared_devices),
        ];
        super::table::csv(out, cells.iter().map(|text| cell(text)))?;
    }
    Ok(())
}

/// The numbers to track as a table for people.
fn tallies_text(out: &mut dyn Write, tallies: &Tallies, look: &Look) -> io::Result<()> {
    /// Columns of the name, of a number, of a share.
    const NAME: usize = 26;
    const NUMBER: usize = 10;
    const SHARE: usize = 9;
    let heads = ["people", "merged", "calls", "refused", "rows", "split", "orphaned", "devices", "shared"];
    let line = |name: &str, cells: [String; 9]| {
        let mut line = left(&look.clean(name), NAME);
        for (nth, cell) in cells.iter().enumerate() {
            line.push_str(&right(cell, if nth % 2 == 0 && nth < 5 || nth == 7 { NUMBER } else { SHARE }));
        }
        line
    };
    let head = line(tallies.by.name(), heads.map(str::to_owned));
    writeln!(out, "\n{}", look.paint(Class::Heading, &head))?;
    for (name, tally) in &tallies.lines {
        let rates = tally.rates();
        let share = |share: Option<f64>| share.map_or_else(String::new, |share| format!("{:.2} %", share * 100.0));
        let cells = [
            count(tally.people),
            share(rates.merged_past),
            count(tally.calls),
            share(rates.refused),
            count(tally.rows),
            share(rates.split),
            share(rates.orphaned),
            count(tally.devices),
            share(rates.shared_devices),
        ];
        writeln!(out, "{}", line(name, cells))?;
    }
    Ok(())
}

fn mark(severity: Severity, look: &Look) -> String {
    let (mark, ascii, class) = match severity {
        Severity::Error => ("▲", "!", Class::Refused),
        Severity::Warning => ("△", "*", Class::Split),
        Severity::Note => ("▽", "-", Class::Faint),
    };
    look.paint(class, &format!("{} {}", if look.ascii { ascii } else { mark }, severity.name()))
}

/// Writes the answer for people: the verdict, each finding with cost, evidence and what to change,
/// and the numbers to track.
pub fn text(out: &mut dyn Write, check: &Check<'_>, look: &Look) -> io::Result<()> {
    let audit = check.audit;
    let severities = [Severity::Error, Severity::Warning, Severity::Note];
    let numbers = severities.map(|severity| counted(audit.of_severity(severity) as u64, severity.name()));
    let head = format!(
        "{}: {}{}{}",
        look.clean(check.store),
        audit.people.map_or_else(String::new, |people| format!("{}, ", counted(people, "known user"))),
        counted(audit.events, "row"),
        if audit.complete { "" } else { " (stopped: not all users were checked)" }
    );
    writeln!(out, "{}", look.paint(Class::Heading, &head))?;
    writeln!(out, "{}", numbers.join(", "))?;
    for found in &audit.found {
        let Found { kind, people, rows, at_least, .. } = found;
        let least = if *at_least { "at least " } else { "" };
        let mut cost: Vec<String> = Vec::new();
        if *people > 0 {
            cost.push(format!("{least}{}", counted(*people, "user")));
        }
        if *rows > 0 {
            cost.push(format!("{least}{}", counted(*rows, "row")));
        }
        if !found.amounts.is_empty() {
            cost.push(format!("{least}{}", look.clean(&found.amounts.text())));
        }
        if !check.is_new(found) {
            cost.push("in the baseline".to_owned());
        } else if let Some(newcomers) = found.newcomers {
            cost.push(format!("{} not in the baseline", counted(newcomers, "user")));
        }
        let since = found.days.iter().next().map(|(day, _)| format!("since {}", date_of(day)));
        cost.extend(since.filter(|_| !cost.is_empty()));
        cost.extend(found.trend(audit.span).map(|trend| format!("last week: {}", trend.name())));
        writeln!(out)?;
        let title = look.paint(Class::Heading, kind.code);
        writeln!(out, "{} {title}: {}", mark(kind.severity, look), kind.title)?;
        if !cost.is_empty() {
            writeln!(out, "{}", look.wrap(&format!("Cost: {}", cost.join(", ")), 2))?;
        }
        writeln!(out, "{}", look.wrap(&look.clean(&format!("For example: {}", naming::shortened(&found.what))), 2))?;
        if !found.ids.is_empty() {
            let ids: Vec<String> = found
                .ids
                .iter()
                .take(3)
                .enumerate()
                .map(|(at, id)| {
                    let name = naming::named(check.names.get(id).map(String::as_str), id);
                    let paid = found.amounts_of_ids.get(at).filter(|amounts| !amounts.is_empty());
                    look.clean(&paid.map_or(name.clone(), |amounts| format!("{name}: {}", amounts.text())))
                })
                .collect();
            let more = found.people.saturating_sub(ids.len() as u64);
            let more = if more > 0 { format!(" and {} more", count(more)) } else { String::new() };
            let between = if found.amounts.is_empty() { ", " } else { "; " };
            writeln!(out, "{}", look.wrap(&format!("Users: {}{more}", ids.join(between)), 2))?;
        }
        let places: Vec<String> = found
            .sources
            .iter()
            .take(3)
            .map(|source| look.clean(&format!("{}:{}", source.file, source.line)))
            .collect();
        if !places.is_empty() {
            writeln!(out, "{}", look.wrap(&format!("Rows: {}", places.join(", ")), 2))?;
        }
        if !found.clients.is_empty() {
            writeln!(out, "{}", look.wrap(&look.clean(&format!("Clients: {}", found.clients.join(", "))), 2))?;
        }
        writeln!(out, "{}", look.wrap(&format!("Change: {}", found.advice), 2))?;
    }
    let Rates { merged_past, refused, split, orphaned, shared_devices } = audit.rates;
    if audit.people.is_some() {
        writeln!(out)?;
    }
    for (share, what) in [
        (merged_past, "of users with an anonymous past have all of it"),
        (refused, "of alias calls have no effect"),
        (split, "of rows are split"),
        (orphaned, "of rows are orphans of a known user"),
        (shared_devices, "of devices have more than one user"),
    ] {
        if let Some(share) = share {
            writeln!(out, "{:>6.2} % {what}", share * 100.0)?;
        }
    }
    audit.tallies.as_ref().map_or(Ok(()), |tallies| tallies_text(out, tallies, look))
}

/// Writes one kind for people: what it is, why it matters, what to change, says who.
pub fn explain(out: &mut dyn Write, kind: &Kind, example: Option<&str>, look: &Look) -> io::Result<()> {
    writeln!(out, "{} {}: {}", mark(kind.severity, look), look.paint(Class::Heading, kind.code), kind.title)?;
    writeln!(out, "\n{}", look.wrap(kind.why, 0))?;
    writeln!(out, "\n{}", look.paint(Class::Heading, "What to change"))?;
    writeln!(out, "{}", look.wrap(kind.advice, 2))?;
    for own in kind.in_library {
        writeln!(out, "{}", look.wrap(&format!("{}: {}", own.library, own.advice), 2))?;
    }
    writeln!(out, "\nRule: {}", kind.rule)?;
    if let Some(example) = example {
        writeln!(out, "Example: journey demo {example}")?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Listed<'a> {
    code: &'a str,
    severity: &'a str,
    title: &'a str,
    why: &'a str,
    advice: &'a str,
    in_library: Vec<Library<'a>>,
    rule: &'a str,
}

#[derive(Serialize)]
struct Library<'a> {
    library: &'a str,
    advice: &'a str,
}

fn listed(kind: &Kind) -> Listed<'_> {
    let Kind { code, severity, title, why, advice, in_library, rule } = kind;
    let in_library = in_library.iter().map(|own| Library { library: own.library, advice: own.advice }).collect();
    Listed { code, severity: severity.name(), title, why, advice, in_library, rule }
}

/// Writes one kind for programs.
pub fn explain_json(out: &mut dyn Write, kind: &Kind, example: Option<&str>) -> io::Result<()> {
    #[derive(Serialize)]
    struct Answer<'a> {
        schema: u32,
        #[serde(flatten)]
        kind: Listed<'a>,
        example: Option<&'a str>,
    }
    serde_json::to_writer(&mut *out, &Answer { schema: SCHEMA, kind: listed(kind), example })?;
    writeln!(out)
}

/// Writes every kind under `rules`, one a line.
pub fn list(out: &mut dyn Write, rules: RuleSet, look: &Look) -> io::Result<()> {
    let width = all(rules.findings()).map(|kind| kind.code.len()).max().unwrap_or(0);
    for kind in all(rules.findings()) {
        let text = format!("{:<7} {:<width$}  {}", kind.severity.name(), kind.code, kind.title);
        writeln!(out, "{}", look.clean(&text))?;
    }
    Ok(())
}

/// Writes every kind under `rules` for programs.
pub fn list_json(out: &mut dyn Write, rules: RuleSet) -> io::Result<()> {
    #[derive(Serialize)]
    struct Answer<'a> {
        schema: u32,
        rules: &'a str,
        findings: Vec<Listed<'a>>,
    }
    let findings = all(rules.findings()).map(listed).collect();
    serde_json::to_writer(&mut *out, &Answer { schema: SCHEMA, rules: rules.name(), findings })?;
    writeln!(out)
}
