//! What would mend a user in the vendor's system as it is: the calls and rows, what the timeline
//! would be after them, and what nothing can mend.
//!
//! Nothing here is sent. The timelines after a repair are those that the engine gives for the facts
//! of the user with the calls and rows of the repair behind them.

use std::collections::HashMap;
use std::sync::Arc;

use super::facts::Facts;
use super::findings::{Finding, Kind};
use super::journey::{Journey, Orphan, State, Step, Verdict};
use super::rules::{RuleSet, resolve};
use crate::model::facts::{AliasCall, Event, Sender, Source};
use crate::model::text::counted;
use crate::model::{Flags, Id, Millis, VerbKind};

/// Ways to mend a user, each with all of the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// Only the code changes: what is stored stays as it is.
    Code,
    /// Ids that are left behind become aliases, so that they are found and new rows under them
    /// count.
    Alias,
    /// Rows that are left behind are imported once more, under the root.
    Import,
}

impl Way {
    /// Every way, the one with the least effect first.
    pub const ALL: [Self; 3] = [Self::Code, Self::Alias, Self::Import];

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Alias => "alias",
            Self::Import => "import",
        }
    }
}

/// What a timeline comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Rows of the user's root.
    pub merged: u64,
    /// Split rows: stored under one of the user's ids and not under the root.
    pub split: u64,
    /// Rows of orphans that count for this user alone.
    pub missing: u64,
    /// Rows that are there under another id too.
    pub twice: u64,
}

/// An alias call that joins what is left behind.
#[derive(Clone, Debug)]
pub struct Remaining {
    /// The id that is left behind.
    pub alias: Id,
    /// Rows under it.
    pub rows: u64,
    /// What the engine says of the call.
    pub verdict: Verdict,
}

/// A row to import once more.
#[derive(Clone, Debug)]
pub struct Again {
    /// Its number in the store.
    pub row: i64,
    /// Its name.
    pub event: Arc<str>,
    /// When it happened.
    pub time: Millis,
    /// The id that it is stored under.
    pub under: Id,
    /// Where it stands in the input.
    pub source: Source,
}

/// How a user can be mended.
#[derive(Clone, Debug)]
pub struct Repair {
    /// The id that the user's data is stored under.
    pub root: Id,
    /// The id to call `identify` with: what the app calls the user.
    pub known: Option<Id>,
    /// The findings of the user, the worst first.
    pub findings: Vec<Finding>,
    /// The alias calls that remain to be made, each with the root as its target.
    pub calls: Vec<Remaining>,
    /// The rows to import under the root.
    pub rows: Vec<Again>,
    /// What the timeline comes to now, and by each of [`Way::ALL`].
    pub now: Outcome,
    /// See [`Repair::now`].
    pub then: [(Way, Outcome); 3],
    /// What nothing mends, as sentences.
    pub for_good: Vec<String>,
    /// Whether a limit cut the rows that were looked at.
    pub at_least: bool,
    /// When the calls are made: after everything that has arrived.
    pub after: Millis,
}

impl Repair {
    /// Whether there is a call or a row that would mend something.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty() && self.rows.is_empty()
    }

    /// What to change in the code, each sentence once.
    pub fn changes(&self) -> Vec<(&'static Kind, &'static str)> {
        let mut changes: Vec<(&'static Kind, &'static str)> = Vec::new();
        for finding in &self.findings {
            if !changes.iter().any(|(_, advice)| *advice == finding.advice) {
                changes.push((finding.kind, finding.advice));
            }
        }
        changes
    }
}

/// How the user of `id` can be mended; `None` when the facts do not name it or it has no rows.
pub fn repair(facts: &Facts, id: &Id, rules: RuleSet) -> Option<Repair> {
    let journey = resolve(facts, id, rules)?;
    let root = journey.root.as_ref()?;
    let plan = Plan::of(&journey, root);
    let after = after(facts);
    let aliased = with_calls(facts.clone(), &plan, after);
    let with_aliases = resolve(&aliased, root, rules);
    let imported = resolve(&with_rows(aliased, &plan, after), root, rules);
    let verdict = |alias: &Id| {
        let lines = with_aliases.iter().flat_map(|journey| &journey.aliases);
        let last = lines.rev().find(|line| line.alias.as_ref() == Some(alias));
        last.map_or(Verdict::Duplicate, |line| line.verdict)
    };
    let calls = plan.calls.iter().map(|orphan| Remaining {
        alias: orphan.id.clone(),
        rows: orphan.steps.len() as u64,
        verdict: verdict(&orphan.id),
    });
    let rows = plan.rows.iter().map(|step| Again {
        row: step.event.row,
        event: Arc::clone(&step.event.event),
        time: step.event.time,
        under: step.stored_under.clone(),
        source: step.event.source.clone(),
    });
    let now = outcome(Some(&journey), 0);
    Some(Repair {
        root: root.clone(),
        known: journey.ids.iter().find(|member| !member.anonymous).map(|member| member.id.clone()),
        calls: calls.collect(),
        rows: rows.collect(),
        now,
        then: [
            (Way::Code, now),
            (Way::Alias, outcome(with_aliases.as_ref(), 0)),
            (Way::Import, outcome(imported.as_ref(), plan.rows.len() as u64)),
        ],
        for_good: for_good(&journey, &plan, rules),
        at_least: !journey.cuts.is_empty(),
        after,
        findings: journey.findings,
    })
}

/// What neither a call nor an import changes.
fn for_good(journey: &Journey, plan: &Plan<'_>, rules: RuleSet) -> Vec<String> {
    let mut sentences = Vec::new();
    if !plan.rows.is_empty() {
        sentences.push(format!(
            "{} under the old ids too: no call moves or deletes a stored row, so an import counts them twice.",
            stay(plan.rows.len() as u64)
        ));
    }
    for line in journey.refused() {
        let (Some(alias), Some(kept)) = (&line.alias, &line.kept) else { continue };
        let text =
            format!("{} keeps pointing at {}: an alias has one target, the first.", alias.as_str(), kept.as_str());
        if !sentences.contains(&text) {
            sentences.push(text);
        }
    }
    if plan.of_many > 0 {
        sentences.push(format!(
            "{} under a placeholder, which many people share: no row says whose they are, so none is imported.",
            stay(plan.of_many)
        ));
    }
    let contested = journey.orphans.iter().filter(|orphan| orphan.contested);
    let contested: u64 = contested.map(|orphan| orphan.steps.len() as u64).sum();
    if contested > 0 {
        sentences.push(format!(
            "{} under ids that several users went on from: no row says whose they are, so none is imported.",
            stay(contested)
        ));
    }
    sentences.extend(journey.findings.iter().filter_map(|finding| rules.lasting(finding.kind)).map(str::to_owned));
    sentences.dedup();
    sentences
}

/// `3 rows stay`.
fn stay(rows: u64) -> String {
    let verb = if rows == 1 { "stays" } else { "stay" };
    format!("{} {verb}", counted(rows, "row"))
}

/// What is to be called and imported.
struct Plan<'a> {
    root: &'a Id,
    calls: Vec<&'a Orphan>,
    rows: Vec<&'a Step>,
    /// Rows under a placeholder: no row says which of them are of this user.
    of_many: u64,
}

impl<'a> Plan<'a> {
    fn of(journey: &'a Journey, root: &'a Id) -> Self {
        // A placeholder stands for many people: nothing is moved to it.
        let is_sure = |orphan: &&Orphan| orphan.counts() && orphan.suggested == *root && !root.is_placeholder();
        let orphans: Vec<&Orphan> = journey.orphans.iter().filter(is_sure).collect();
        let left = orphans.iter().flat_map(|orphan| &orphan.steps);
        let split = journey.steps.iter().filter(|step| matches!(step.state, State::Split(_)));
        // Calls are no deeds of a person: importing them again would call them again.
        let is_deed = |step: &&Step| !matches!(step.event.verb, VerbKind::Alias | VerbKind::Identify | VerbKind::Merge);
        // Sent under it, or stored there by an alias call of another.
        let of_many =
            |step: &&Step| step.stored_under.is_placeholder() || step.event.id.as_ref().is_some_and(Id::is_placeholder);
        let (strangers, mut rows): (Vec<&Step>, Vec<&Step>) = left.chain(split).filter(is_deed).partition(of_many);
        rows.sort_by_key(|step| step.event.place());
        let calls = orphans.into_iter().filter(|orphan| !orphan.id.is_placeholder()).collect();
        Self { root, calls, rows, of_many: strangers.len() as u64 }
    }
}

/// A moment after everything that has arrived.
fn after(facts: &Facts) -> Millis {
    let rows = facts.events.iter().map(|event| event.arrived.max(event.time));
    let calls = facts.calls.iter().map(|call| call.arrived.max(call.time));
    rows.chain(calls).max().unwrap_or(0).saturating_add(1_000)
}

/// The name of the file in which a repair would arrive.
const FILE: &str = "repair.jsonl";

fn with_calls(mut facts: Facts, plan: &Plan<'_>, after: Millis) -> Facts {
    for (nth, orphan) in (1..).zip(&plan.calls) {
        facts.calls.push(AliasCall {
            row: i64::MAX.saturating_sub(nth),
            alias: Some(orphan.id.clone()),
            target: Some(plan.root.clone()),
            time: after,
            arrived: after,
            flags: Flags::default(),
            source: Source::new(FILE, u32::MAX, nth.unsigned_abs()),
            from_table: false,
        });
    }
    facts
}

/// Only the sums of the timeline after the import are given: what its rows are called and where they
/// stand changes none of them. The calls before them lead their old ids to the root as well.
fn with_rows(mut facts: Facts, plan: &Plan<'_>, after: Millis) -> Facts {
    let origin = Source::new(FILE, u32::MAX, 0);
    let mut senders: HashMap<usize, Arc<Sender>> = HashMap::new();
    let begin = plan.calls.len() as u64 + 1;
    for (line, step) in (begin..).zip(&plan.rows) {
        let event = &*step.event;
        let sender = senders
            .entry(Arc::as_ptr(&event.sender).addr())
            .or_insert_with(|| Arc::new(Sender { id: Some(plan.root.clone()), ..(*event.sender).clone() }));
        let number = i64::MAX.saturating_sub(i64::try_from(line).unwrap_or(i64::MAX));
        facts.events.push(Arc::new(Event {
            row: number,
            arrived: after.saturating_add(1),
            hash: number,
            source: Source { line, ..origin.clone() },
            sender: Arc::clone(sender),
            ..event.clone()
        }));
    }
    facts
}

fn outcome(journey: Option<&Journey>, twice: u64) -> Outcome {
    let (rows, split) = journey.map_or((0, 0), |journey| (journey.steps.len() as u64, journey.splits() as u64));
    let missing = journey.map_or(0, |journey| journey.orphaned_rows() as u64);
    // Calls of a repair from no row are no steps; those of rows are, and count as merged.
    Outcome { merged: rows.saturating_sub(split), split, missing, twice }
}
