//! What alias calls show.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashSet, HashSetExt as _};

use super::super::super::findings::{Finding, Kind, Lost};
use super::super::super::journey::{AliasLine, Refusal, Verdict};
use super::super::case::{Case, Left, is_swapped};
use super::super::kinds::{
    ALIAS_ANONYMOUS, ALIAS_BEFORE_ROOT, ALIAS_CYCLE, ALIAS_EMPTY, ALIAS_OF_ITSELF, ALIAS_ON_LOGIN, ALIAS_REPEATED,
    ALIAS_SWAPPED, NO_RESET,
};
use super::{finding, lost_with, of_call, stay, text, times};
use crate::model::{Id, Shape};

fn with<'c>(case: &'c Case<'_>, verdict: Verdict) -> impl Iterator<Item = &'c AliasLine> {
    case.calls.iter().filter(move |line| line.verdict == verdict)
}

/// #1, #2: alias again for an alias that is taken.
pub(super) fn refused(case: &Case<'_>) -> Option<Finding> {
    let own: HashSet<&Id> = case.ids.iter().collect();
    let calls: Vec<_> = with(case, Verdict::Refused(Refusal::ALREADY_MAPPED))
        // A placeholder is no user's alias: its own finding tells it.
        .filter(|line| line.alias.as_ref().is_some_and(|alias| !alias.is_placeholder() && own.contains(alias)))
        .collect();
    let first = calls.first()?;
    let targets: BTreeSet<&Id> = calls.iter().filter_map(|line| line.target.as_ref()).collect();
    let left: Vec<&Left<'_>> = case.left.iter().filter(|left| left.ids.iter().any(|id| targets.contains(id))).collect();
    let lost: u64 = left.iter().map(|left| left.rows).sum();
    let least = case.least;
    let times = if calls.len() == 1 { "once more".to_owned() } else { format!("{} times more", calls.len()) };
    let what = format!(
        "alias({}) was called {least}{times} although it points at {}; {least}{} on other ids.",
        text(first.alias.as_ref()),
        text(first.kept.as_ref()),
        stay(lost, "row")
    );
    let found = finding(&ALIAS_ON_LOGIN, what, lost, calls.iter().copied().map(of_call));
    Some(found.losing(lost_with(left)))
}

/// #18: the anonymous id as the alias, the user as the target.
pub(super) fn swapped(case: &Case<'_>) -> Option<Finding> {
    let calls: Vec<_> =
        with(case, Verdict::Accepted).filter(|line| is_swapped(line.alias.as_ref(), line.target.as_ref())).collect();
    let first = calls.first()?;
    let what = format!(
        "alias maps the anonymous id {} to {}: its arguments look swapped.",
        text(first.alias.as_ref()),
        text(first.target.as_ref())
    );
    Some(finding(&ALIAS_SWAPPED, what, 0, calls.iter().copied().map(of_call)))
}

/// #20: an id became an alias after it had been a target.
pub(super) fn chained(case: &Case<'_>) -> Option<Finding> {
    let mut targets: HashSet<&Id> = HashSet::new();
    let mut calls = Vec::new();
    for line in with(case, Verdict::Accepted) {
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
    Some(finding(&ALIAS_BEFORE_ROOT, what, 0, calls.iter().copied().map(of_call)))
}

/// #8: two people signed up on one root.
pub(super) fn two_users(case: &Case<'_>) -> Option<Finding> {
    let mails: Vec<_> = with(case, Verdict::Accepted)
        .filter(|line| line.alias.as_ref().is_some_and(|alias| alias.shape() == Shape::Email))
        // An alias of an alias is one person with a new address (C16).
        .filter(|line| line.target.as_ref() == Some(case.root))
        .collect();
    let [first, .., last] = mails.as_slice() else { return None };
    let what = format!(
        "{} e-mail addresses are aliases of one root, {} to {}: two people may share this timeline.",
        mails.len(),
        text(first.alias.as_ref()),
        text(last.alias.as_ref())
    );
    let found = finding(&NO_RESET, what, case.sums.rows, mails.iter().copied().map(of_call));
    Some(found.losing(Lost::Under(case.ids.clone())))
}

/// #4: alias of an id with itself.
pub(super) fn of_itself(case: &Case<'_>) -> Option<Finding> {
    refusals(case, Refusal::SELF_ALIAS, &ALIAS_OF_ITSELF, |first, count| {
        format!(
            "alias was called {} with {} as both of its ids: nothing is joined.",
            times(count),
            text(first.alias.as_ref())
        )
    })
}

/// #20: an alias that would close a circle.
pub(super) fn cycle(case: &Case<'_>) -> Option<Finding> {
    refusals(case, Refusal::CYCLE, &ALIAS_CYCLE, |first, _| {
        format!(
            "alias({}) of {} was refused, because {} leads to {} already: the direction changed.",
            text(first.alias.as_ref()),
            text(first.target.as_ref()),
            text(first.target.as_ref()),
            text(first.alias.as_ref())
        )
    })
}

/// An alias call that names one id alone.
pub(super) fn empty(case: &Case<'_>) -> Option<Finding> {
    let calls: Vec<_> = case
        .calls
        .iter()
        .filter(|line| matches!(line.verdict, Verdict::Refused(Refusal::EMPTY_ALIAS | Refusal::EMPTY_DISTINCT_ID)))
        .collect();
    let first = calls.first()?;
    let id = first.alias.as_ref().or(first.target.as_ref());
    let what = format!("alias was called {} with {} and no other id.", times(calls.len()), text(id));
    Some(finding(&ALIAS_EMPTY, what, 0, calls.iter().copied().map(of_call)))
}

fn refusals(
    case: &Case<'_>,
    refusal: Refusal,
    kind: &'static Kind,
    what: impl FnOnce(&AliasLine, usize) -> String,
) -> Option<Finding> {
    let calls: Vec<_> = with(case, Verdict::Refused(refusal)).collect();
    let what = what(calls.first()?, calls.len());
    Some(finding(kind, what, 0, calls.iter().copied().map(of_call)))
}

/// An alias between two ids that clients made for themselves.
pub(super) fn anonymous(case: &Case<'_>) -> Option<Finding> {
    let is_device = |id: Option<&Id>| id.is_some_and(|id| !id.is_placeholder() && case.world.is_of_device(id));
    let calls: Vec<_> = with(case, Verdict::Accepted)
        .filter(|line| is_device(line.alias.as_ref()) && is_device(line.target.as_ref()))
        .collect();
    let first = calls.first()?;
    let what = format!(
        "alias joins the anonymous id {} to the anonymous id {}: no user is named.",
        text(first.alias.as_ref()),
        text(first.target.as_ref())
    );
    Some(finding(&ALIAS_ANONYMOUS, what, 0, calls.iter().copied().map(of_call)))
}

/// #21: the same call again and again.
pub(super) fn repeated(case: &Case<'_>) -> Option<Finding> {
    let mut pairs: BTreeMap<_, Vec<&AliasLine>> = BTreeMap::new();
    let effective = case.calls.iter().filter(|line| matches!(line.verdict, Verdict::Accepted | Verdict::Duplicate));
    for line in effective.filter(|line| !line.from_table) {
        pairs.entry((&line.alias, &line.target)).or_default().push(line);
    }
    let (_, most) = pairs
        .into_iter()
        .filter(|(_, calls)| calls.len() as u64 >= case.world.thresholds.repeated_calls)
        .max_by_key(|(_, calls)| calls.len())?;
    let first = most.first()?;
    let what = format!(
        "alias({}) of {} was called {} times; the first was enough.",
        text(first.alias.as_ref()),
        text(first.target.as_ref()),
        most.len()
    );
    Some(finding(&ALIAS_REPEATED, what, 0, most.iter().copied().map(of_call)))
}
