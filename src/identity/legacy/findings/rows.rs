//! What rows show by themselves.

use super::super::super::findings::{Finding, Kind, Lost};
use super::super::super::journey::{AliasLine, Verdict, at_least};
use super::super::case::{Case, Shown};
use super::super::kinds::{
    ALIAS_RACE, ALIAS_USED_BEFORE, ID_TYPE, ID_VARIANTS, IDENTIFY_ITSELF, PLACEHOLDER_ID, TIME_IMPOSSIBLE,
    USER_IS_DEVICE,
};
use super::{finding, of_call, text};
use crate::model::alike::visible_id;
use crate::model::text::{and, counted};
use crate::model::{Id, Millis};

/// #5: rows that beat their alias.
pub(super) fn race(case: &Case<'_>) -> Option<Finding> {
    let how = [
        "arrived before the alias that was to move it and stays",
        "arrived before the alias that was to move them and stay",
    ];
    let found = split(case, (case.sums.race, case.sums.since.race), &case.rows.race, &ALIAS_RACE, how)?;
    Some(found.losing(Lost::Race(case.ids.clone())))
}

/// #19: an alias that had rows of its own.
pub(super) fn history(case: &Case<'_>) -> Option<Finding> {
    let how = [
        "was sent under the alias before it was one and stays",
        "were sent under the alias before it was one and stay",
    ];
    let counted = (case.sums.history, case.sums.since.history);
    let found = split(case, counted, &case.rows.history, &ALIAS_USED_BEFORE, how)?;
    Some(found.losing(Lost::History(case.ids.clone())))
}

fn split(
    case: &Case<'_>,
    (rows, since): (u64, Option<Millis>),
    shown: &Shown,
    kind: &'static Kind,
    how: [&str; 2],
) -> Option<Finding> {
    let [one, several] = how;
    let how = if rows == 1 { one } else { several };
    let under = shown.under.as_ref().unwrap_or(case.root).as_str();
    let what = || format!("{}{} {how} stored under {under}.", at_least(case.has_more_rows), counted(rows, "row"));
    of_rows(kind, what, (rows, since), shown)
}

/// #12, #13, #14: a value that stands for no id.
pub(super) fn placeholder(case: &Case<'_>) -> Option<Finding> {
    if case.root.is_placeholder() {
        let what = || {
            format!(
                "{}{} of {}: all under \"{}\", which stands for no id.",
                at_least(case.has_more_rows),
                counted(case.sums.rows, "row"),
                counted(case.sums.devices, "device"),
                case.root.as_str()
            )
        };
        let counted = (case.sums.rows, case.sums.since.any);
        let found = of_rows(&PLACEHOLDER_ID, what, counted, &case.rows.any)?;
        return Some(found.losing(Lost::Under(case.ids.clone())));
    }
    let calls: Vec<&AliasLine> =
        case.calls.iter().filter(|line| line.alias.as_ref().is_some_and(Id::is_placeholder)).collect();
    let alias = text(calls.first()?.alias.as_ref());
    let what = match calls.iter().find(|line| line.verdict == Verdict::Accepted) {
        Some(accepted) => format!(
            "alias was called with the placeholder \"{alias}\" and accepted for {}: every row sent under it since is stored there, no matter who sent it.",
            text(accepted.target.as_ref())
        ),
        None => format!("alias was called with the placeholder \"{alias}\", which names no user."),
    };
    Some(finding(&PLACEHOLDER_ID, what, 0, calls.iter().copied().map(of_call)))
}

/// #15: the same id as a number and as text.
pub(super) fn two_types(case: &Case<'_>) -> Option<Finding> {
    let count = case.sums.numbers;
    if count == 0 {
        return None;
    }
    let what = || {
        format!(
            "{} is sent as a number in {}{} and as text in others.",
            case.rows.number.under.as_ref().unwrap_or(case.root).as_str(),
            at_least(case.has_more_rows),
            counted(count, "row")
        )
    };
    of_rows(&ID_TYPE, what, (count, case.sums.since.numbers), &case.rows.number)
}

/// #16, C30: an id that another one looks like.
pub(super) fn look_alikes(case: &Case<'_>) -> Option<Finding> {
    let first = case.alike.first()?;
    let others = match case.alike.len() {
        1 => String::new(),
        more => format!(", the first of {more} such ids"),
    };
    let what = format!(
        "{} and {} are two ids that look the same and differ in {}{others}: rows sent under one never reach the other.",
        visible_id(first.of.as_str()),
        visible_id(first.id.as_str()),
        and(&first.differ)
    );
    let is_named = |id: &Option<Id>| id.as_ref().is_some_and(|id| case.alike.iter().any(|alike| alike.of == *id));
    let calls = case.calls.iter().filter(|line| is_named(&line.alias)).map(|line| &line.source);
    let sources = case.rows.look_alike.iter().chain(calls).take(1).cloned().collect();
    // Ids look alike from the first row on: no row shows it more than another.
    let (kind, lost) = (&ID_VARIANTS, Lost::Nothing);
    Some(Finding { kind, what, advice: kind.advice, rows: 0, lost, since: None, sources })
}

/// #30: `$identify` without another id.
pub(super) fn itself(case: &Case<'_>) -> Option<Finding> {
    let what = || {
        format!(
            "{} of {} with itself: the call had no value, or one that was set already.",
            counted(case.sums.itself, "$identify row"),
            case.root.as_str()
        )
    };
    of_rows(&IDENTIFY_ITSELF, what, (case.sums.itself, case.sums.since.itself), &case.rows.itself)
}

/// A client that takes its device for the user.
pub(super) fn device_user(case: &Case<'_>) -> Option<Finding> {
    let what = || {
        format!(
            "{} of {} with the device itself as $user_id: the client takes a device for a user.",
            counted(case.sums.device_user, "row"),
            case.root.as_str()
        )
    };
    of_rows(&USER_IS_DEVICE, what, (case.sums.device_user, case.sums.since.device_user), &case.rows.device_user)
}

/// Rows that cannot have happened when they say.
pub(super) fn impossible(case: &Case<'_>) -> Option<Finding> {
    let what = || {
        format!(
            "{} of {} before 2005 or more than a day after the arrival: the place in the timeline is wrong.",
            counted(case.sums.impossible, "row"),
            case.root.as_str()
        )
    };
    of_rows(&TIME_IMPOSSIBLE, what, (case.sums.impossible, case.sums.since.impossible), &case.rows.impossible)
}

/// A finding of so many rows, the first of them at a time; `None` of none. Most users have none, so what it
/// says is only made where there are some.
fn of_rows(
    kind: &'static Kind,
    what: impl FnOnce() -> String,
    (rows, since): (u64, Option<Millis>),
    shown: &Shown,
) -> Option<Finding> {
    let make = || Finding {
        kind,
        what: what(),
        advice: kind.advice,
        rows,
        lost: Lost::Nothing,
        since,
        sources: shown.sources.clone(),
    };
    (rows > 0).then(make)
}
