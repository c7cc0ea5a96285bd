//! One sentence for every decision of the rule sets that join ids.
//!
//! As in the legacy rules, sentences hold ids as they are in the data: code that shows them on a
//! terminal escapes them.

use super::super::exported::{Differing, How, Refused};
use super::super::journey::ruled::{Because, Held, Ruled};
use super::super::journey::{AliasLine, Journey, Reason, Step, Verdict};
use super::system::Said;
use crate::model::Id;
use crate::model::facts::{Event, Link, Source};

/// `sally.jsonl line 3`.
fn place(source: &Source) -> String {
    format!("{} line {}", source.file, source.line)
}

fn name(id: Option<&Id>) -> &str {
    id.map_or("nothing", Id::as_str)
}

/// What became of a call, or of a row that names a user and a device.
pub(super) fn call(said: Said, line: &AliasLine) -> String {
    let (one, other) = (name(line.alias.as_ref()), name(line.target.as_ref()));
    let kept = name(line.kept.as_ref());
    let what = match said {
        Said::Row(_) => format!("The row names the device {one} and the user {other}"),
        Said::Identify { .. } => format!("$identify names {one} as the anonymous id of {other}"),
        Said::Alias { .. } if line.from_table => format!("The given table maps {one} to {other}"),
        Said::Alias { .. } => format!("Asks for the alias {one} of {other}"),
        Said::Merge { .. } => format!("Asks to merge {one} into {other}"),
    };
    match line.verdict {
        Verdict::Accepted if matches!(said, Said::Row(_)) => {
            format!("{what}, the first to do so: all rows of the device without a user are {other}'s, past ones too.")
        }
        Verdict::Accepted => format!("{what}: joined, with all of their past."),
        Verdict::Duplicate => format!("{what}: no effect, they are one already."),
        Verdict::Refused(refusal) => {
            let by = line.kept_by.as_ref().map(|by| format!(" since {}", place(by))).unwrap_or_default();
            let because = refusal.because(one, other, kept);
            let verb = if refusal == super::IGNORED { "" } else { "refused with " };
            format!("{what}: {verb}{}, {because}{by}.", refusal.name())
        }
    }
}

/// Why a step of a journey is where it is.
pub(super) fn step(journey: &Journey, step: &Step) -> String {
    match step.reason {
        Reason::Own | Reason::Before { .. } => own(&step.event, journey.root.as_ref()),
        Reason::Through { call, .. } => joined(&step.event, journey.root.as_ref(), journey.aliases.get(call)),
        Reason::Call { call } => journey.aliases.get(call).map_or_else(String::new, |line| line.why.clone()),
        Reason::Orphaned { orphan } => {
            let Some(orphan) = journey.orphans.get(orphan) else { return String::new() };
            let why = orphan.evidence.first().map_or("", |evidence| evidence.why.as_str());
            format!("Its owner is {}, whom nothing joins to {}. {why}", orphan.id.as_str(), name(journey.root.as_ref()))
        }
    }
}

/// Why a row is whose it is.
pub(super) fn held(ruled: &Ruled, held: &Held) -> String {
    let line = |at: usize| ruled.aliases.get(at);
    match held.because {
        Because::Own | Because::Before(..) => own(&held.event, held.owner.as_ref()),
        Because::Joined(at) => joined(&held.event, held.owner.as_ref(), line(at)),
        Because::Call(at) | Because::Conflict(at) => line(at).map_or_else(String::new, |line| line.why.clone()),
        // A row without an id is never looked at, so what has no owner is a call.
        Because::NoOne => "The system ignores such a call, and keeps no row of it.".to_owned(),
    }
}

fn own(event: &Event, owner: Option<&Id>) -> String {
    let Some(owner) = owner else { return String::new() };
    let whose = owner.as_str();
    if event.id.as_ref() == Some(owner) && event.user.as_ref().is_none_or(|user| user == owner) {
        return format!("Sent as {whose}: the row is {whose}'s own.");
    }
    if event.user.as_ref() == Some(owner) {
        return format!("Its $user_id is {whose}: the row is {whose}'s.");
    }
    match event.device.as_ref().filter(|device| device.as_str() == owner.bare()) {
        Some(device) => {
            format!("Its $device_id is {}, which has no user: the row stays the device's.", device.as_str())
        }
        None => format!("Sent as {}: the row is {whose}'s.", name(event.id.as_ref())),
    }
}

fn joined(event: &Event, owner: Option<&Id>, line: Option<&AliasLine>) -> String {
    let (sent, whose) = (name(event.id.as_ref()), name(owner));
    match line {
        Some(line) => format!("Sent as {sent}, one person with {whose} since {}. {}", place(&line.source), line.why),
        None => format!("Sent as {sent}, one person with {whose}."),
    }
}

/// Rows of the user that the vendor counts to another than the others, or rows of another that it counts to the
/// same as the user's; `name` is to whom it counts most rows of the user.
pub(super) fn counted(differing: &Differing, vendor: &str, name: &str, root: &Id) -> String {
    let Differing { rows, exported, computed, how, source, .. } = differing;
    let rows = crate::model::text::counted(*rows, "row");
    let (computed, root, at) = (computed.as_str(), root.as_str(), place(source));
    match how {
        How::Joined => format!(
            "{vendor} counts {rows} to {exported} and the others to {name}; by these rules all are {root}'s (first: {at})."
        ),
        How::Split => format!(
            "{vendor} counts {rows} of {computed} to {exported} too; by these rules they are not {root}'s (first: {at})."
        ),
    }
}

/// Rows of the user that the vendor and these rules refuse in different ways.
pub(super) fn refused(refused: &Refused) -> String {
    let rows = crate::model::text::counted(refused.rows.len() as u64, "row");
    let (vendor, at) = (&*refused.source.vendor, place(&refused.source));
    match (&refused.exported, refused.computed) {
        (Some(exported), Some(computed)) => {
            format!("{vendor} names {exported} on {rows}; these rules refuse with {computed} there (first: {at}).")
        }
        (Some(exported), None) => {
            format!("{vendor} names {exported} on {rows}; these rules refuse nothing there (first: {at}).")
        }
        (None, computed) => format!(
            "These rules refuse {rows} with {}; {vendor} names no reason there (first: {at}).",
            computed.unwrap_or_default()
        ),
    }
}

/// Where the vendor exported rows of one id under another that is not the same person here.
pub(super) fn exported(link: &Link, exported: &Id, sent: &Id) -> String {
    format!(
        "The vendor exported rows of {} under {} ({}); by these rules they are two: {} is {}'s and {} is {}'s.",
        link.b.as_str(),
        link.a.as_str(),
        place(&link.source),
        link.b.as_str(),
        sent.as_str(),
        link.a.as_str(),
        exported.as_str()
    )
}

/// A login, or a call that made the user known.
pub(super) fn point(line: &AliasLine, id: &Id) -> String {
    format!("Known as {} from here on: {}", id.as_str(), line.why)
}

/// The note for an id that only calls name.
pub(super) fn no_rows(query: &Id) -> String {
    format!("No row belongs to {}.", query.as_str())
}
