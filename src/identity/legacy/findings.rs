//! Integration mistakes that one journey shows, each with what to do (identity.md §6).
//!
//! A finding says what a developer did wrong, not what the server did with it: one refused
//! alias and its forty lost rows are one finding.

use std::collections::{BTreeSet, HashSet};

use super::super::findings::{Finding, Kind};
use super::super::journey::{AliasLine, EvidenceKind, Journey, Refusal, Split, State, Step, Verdict, at_least};
use super::kinds::{
    ALIAS_BEFORE_ROOT, ALIAS_ON_LOGIN, ALIAS_RACE, ALIAS_SWAPPED, ALIAS_USED_BEFORE, ID_TYPE, ID_VARIANTS,
    IDENTIFY_WITHOUT_ALIAS, NO_RESET, PLACEHOLDER_ID, SHARED_DEVICE,
};
use crate::model::alike::visible_id;
use crate::model::facts::Source;
use crate::model::text::{and, counted};
use crate::model::{Flags, Id, Shape};

/// Every finding of a journey, the worst first.
pub(super) fn find(journey: &Journey) -> Vec<Finding> {
    let mut findings: Vec<Finding> = [
        refused,
        swapped,
        chained,
        no_alias,
        two_users,
        shared_device,
        race,
        history,
        placeholder,
        two_types,
        look_alikes,
    ]
    .into_iter()
    .filter_map(|rule| rule(journey))
    .collect();
    findings.sort_by_key(Finding::severity);
    findings
}

/// Rows of a finding, at most this many: the count is told in its sentence.
const MOST_SOURCES: usize = 20;

fn finding(kind: &'static Kind, what: String, rows: u64, sources: impl IntoIterator<Item = Source>) -> Finding {
    let sources = sources.into_iter().take(MOST_SOURCES).collect();
    Finding { kind, what, advice: kind.advice, rows, sources }
}

fn text(id: Option<&Id>) -> &str {
    id.map_or("", Id::as_str)
}

/// #1, #2: alias again for an alias that is taken.
fn refused(journey: &Journey) -> Option<Finding> {
    let own: HashSet<&Id> = journey.ids.iter().map(|member| &member.id).collect();
    let calls: Vec<_> = journey
        .aliases
        .iter()
        .filter(|line| line.verdict == Verdict::Refused(Refusal::ALREADY_MAPPED))
        // A placeholder is no user's alias: its own finding tells it.
        .filter(|line| line.alias.as_ref().is_some_and(|alias| !alias.is_placeholder() && own.contains(alias)))
        .collect();
    let first = calls.first()?;
    let targets: BTreeSet<&Id> = calls.iter().filter_map(|line| line.target.as_ref()).collect();
    let lost: usize = journey
        .orphans
        .iter()
        .filter(|orphan| orphan.ids.iter().any(|id| targets.contains(id)))
        .map(|orphan| orphan.steps.len())
        .sum();
    let least = journey.at_least();
    let times = if calls.len() == 1 { "once more".to_owned() } else { format!("{} times more", calls.len()) };
    let what = format!(
        "alias({}) was called {least}{times} although it points at {}; {least}{} on other ids.",
        text(first.alias.as_ref()),
        text(first.kept.as_ref()),
        stay(lost, "row")
    );
    Some(finding(&ALIAS_ON_LOGIN, what, lost as u64, calls.iter().map(|line| line.source.clone())))
}

/// #18: the anonymous id as the alias, the user as the target.
fn swapped(journey: &Journey) -> Option<Finding> {
    let calls: Vec<_> = journey
        .aliases
        .iter()
        .filter(|line| line.verdict == Verdict::Accepted)
        .filter(|line| line.alias.as_ref().is_some_and(|alias| alias.shape().is_sdk_made()))
        .filter(|line| line.target.as_ref().is_some_and(|target| !target.shape().is_sdk_made()))
        .collect();
    let first = calls.first()?;
    let what = format!(
        "alias maps the anonymous id {} to {}: its arguments look swapped.",
        text(first.alias.as_ref()),
        text(first.target.as_ref())
    );
    Some(finding(&ALIAS_SWAPPED, what, 0, calls.iter().map(|line| line.source.clone())))
}

/// #20: an id became an alias after it had been a target.
fn chained(journey: &Journey) -> Option<Finding> {
    let mut targets: HashSet<&Id> = HashSet::new();
    let mut calls = Vec::new();
    for line in journey.aliases.iter().filter(|line| line.verdict == Verdict::Accepted) {
        if line.alias.as_ref().is_some_and(|alias| targets.contains(alias)) {
            calls.push(line);
        }
        targets.extend(line.target.as_ref());
    }
    let first = calls.first()?;
    let what = format!(
        "{} was made an alias after it was the target of one: rows stored under it before stay there.",
        text(first.alias.as_ref())
    );
    Some(finding(&ALIAS_BEFORE_ROOT, what, 0, calls.iter().map(|line| line.source.clone())))
}

/// #3, #4: identify without an alias for what came before.
fn no_alias(journey: &Journey) -> Option<Finding> {
    if journey.aliases.iter().any(|line| line.verdict == Verdict::Accepted) {
        return None;
    }
    let left: Vec<_> = journey
        .orphans
        .iter()
        // Of several users who claim the rows, the first may have left them behind; the others did not.
        .filter(|orphan| Some(&orphan.suggested) == journey.root.as_ref())
        .filter(|orphan| {
            orphan
                .evidence
                .iter()
                .any(|evidence| matches!(evidence.kind, EvidenceKind::IdentifyEvent | EvidenceKind::DeviceAndUser))
        })
        .collect();
    let rows: usize = left.iter().map(|orphan| orphan.steps.len()).sum();
    if rows == 0 {
        return None;
    }
    let root = text(journey.root.as_ref());
    let what = format!(
        "identify({root}) was called without an alias before it: {}{} behind.",
        journey.at_least(),
        stay(rows, "anonymous row")
    );
    let sources = left.iter().filter_map(|orphan| orphan.evidence.first()).map(|evidence| evidence.source.clone());
    Some(finding(&IDENTIFY_WITHOUT_ALIAS, what, rows as u64, sources))
}

/// `1 row stays`, `2 rows stay`.
fn stay(rows: usize, word: &str) -> String {
    format!("{} {}", counted(rows as u64, word), if rows == 1 { "stays" } else { "stay" })
}

/// #8: two people signed up on one root.
fn two_users(journey: &Journey) -> Option<Finding> {
    let mails: Vec<_> = journey
        .aliases
        .iter()
        .filter(|line| line.verdict == Verdict::Accepted)
        .filter(|line| line.alias.as_ref().is_some_and(|alias| alias.shape() == Shape::Email))
        // An alias of an alias is one person with a new address (C16).
        .filter(|line| line.target == journey.root)
        .collect();
    let [first, .., last] = mails.as_slice() else { return None };
    let what = format!(
        "{} e-mail addresses are aliases of one root, {} to {}: two people may share this timeline.",
        mails.len(),
        text(first.alias.as_ref()),
        text(last.alias.as_ref())
    );
    Some(finding(&NO_RESET, what, journey.steps.len() as u64, mails.iter().map(|line| line.source.clone())))
}

/// #7: other known users on a device of this one.
fn shared_device(journey: &Journey) -> Option<Finding> {
    let first = journey.neighbours.first()?;
    let what = match journey.neighbours.len() {
        1 => match &first.device {
            Some(device) => format!("{} used the same device {}.", first.root.as_str(), device.as_str()),
            None => format!("One client was switched to or from {} without a reset.", first.root.as_str()),
        },
        users => format!(
            "{}{users} other users used devices of this one, {} among them.",
            journey.at_least(),
            first.root.as_str()
        ),
    };
    let sources = journey.neighbours.iter().map(|neighbour| neighbour.source.clone());
    Some(finding(&SHARED_DEVICE, what, 0, sources))
}

/// #5: rows that beat their alias.
fn race(journey: &Journey) -> Option<Finding> {
    let how = [
        "arrived before the alias that was to move it and stays",
        "arrived before the alias that was to move them and stay",
    ];
    split(journey, Split::Race, &ALIAS_RACE, how)
}

/// #19: an alias that had rows of its own.
fn history(journey: &Journey) -> Option<Finding> {
    let how = [
        "was sent under the alias before it was one and stays",
        "were sent under the alias before it was one and stay",
    ];
    split(journey, Split::History, &ALIAS_USED_BEFORE, how)
}

fn split(journey: &Journey, kind: Split, of: &'static Kind, how: [&str; 2]) -> Option<Finding> {
    let rows: Vec<_> = journey.steps.iter().filter(|step| step.state == State::Split(kind)).collect();
    let first = rows.first()?;
    let [one, several] = how;
    let how = if rows.len() == 1 { one } else { several };
    let least = at_least(journey.has_more_rows());
    let what =
        format!("{least}{} {how} stored under {}.", counted(rows.len() as u64, "row"), first.stored_under.as_str());
    Some(finding(of, what, rows.len() as u64, rows.iter().map(|step| step.event.source.clone())))
}

/// #12, #13, #14: a value that stands for no id.
fn placeholder(journey: &Journey) -> Option<Finding> {
    if let Some(root) = journey.root.as_ref().filter(|root| root.is_placeholder()) {
        let devices = journey.devices();
        let what = format!(
            "{}{} of {}: all under \"{}\", which stands for no id.",
            at_least(journey.has_more_rows()),
            counted(journey.steps.len() as u64, "row"),
            counted(devices as u64, "device"),
            root.as_str()
        );
        let sources = journey.steps.iter().map(|step| step.event.source.clone());
        return Some(finding(&PLACEHOLDER_ID, what, 0, sources));
    }
    let calls: Vec<&AliasLine> =
        journey.aliases.iter().filter(|line| line.alias.as_ref().is_some_and(Id::is_placeholder)).collect();
    let alias = text(calls.first()?.alias.as_ref());
    let what = match calls.iter().find(|line| line.verdict == Verdict::Accepted) {
        Some(accepted) => format!(
            "alias was called with the placeholder \"{alias}\" and accepted for {}: every row sent under it since is stored there, whoever sent it.",
            text(accepted.target.as_ref())
        ),
        None => format!("alias was called with the placeholder \"{alias}\", which names no user."),
    };
    Some(finding(&PLACEHOLDER_ID, what, 0, calls.iter().map(|line| line.source.clone())))
}

/// #15: the same id as a number and as text.
fn two_types(journey: &Journey) -> Option<Finding> {
    let is_number = |step: &&Step| step.event.flags.has(Flags::ID_NOT_TEXT);
    let number = journey.steps.iter().find(is_number)?;
    let count = journey.steps.iter().filter(is_number).count();
    if count == journey.steps.len() {
        return None;
    }
    let what = format!(
        "{} is sent as a number in {}{} and as text in others.",
        text(number.event.id.as_ref()),
        at_least(journey.has_more_rows()),
        counted(count as u64, "row")
    );
    let sources = journey.steps.iter().filter(is_number).map(|step| step.event.source.clone());
    Some(finding(&ID_TYPE, what, count as u64, sources))
}

/// #16, C30: an id that another one looks like.
fn look_alikes(journey: &Journey) -> Option<Finding> {
    let first = journey.alike.first()?;
    let others = match journey.alike.len() {
        1 => String::new(),
        more => format!(", the first of {more} such ids"),
    };
    let what = format!(
        "{} and {} are two ids that look the same and differ in {}{others}: rows sent under the one never reach the other.",
        visible_id(first.of.as_str()),
        visible_id(first.id.as_str()),
        and(&first.differ)
    );
    let is_named = |id: &Option<Id>| id.as_ref().is_some_and(|id| journey.alike.iter().any(|alike| alike.of == *id));
    let rows = journey.steps.iter().filter(|step| is_named(&step.event.id)).map(|step| step.event.source.clone());
    let calls = journey.aliases.iter().filter(|line| is_named(&line.alias)).map(|line| line.source.clone());
    Some(finding(&ID_VARIANTS, what, 0, rows.chain(calls).take(1)))
}
