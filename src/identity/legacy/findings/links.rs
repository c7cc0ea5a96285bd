//! What links between ids show: `$identify` rows, devices, users.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::findings::{Finding, Lost};
use super::super::super::journey::{EvidenceKind, Neighbour, Strength, Verdict};
use super::super::case::{Case, Left};
use super::super::kinds::{
    ALIAS_AND_IDENTIFY, ANONYMOUS_BEFORE_LOGIN, ANONYMOUS_ID_KEPT, DEVICE_OF_MANY_USERS, DEVICE_PREFIX_TWICE,
    ID_OF_MANY_DEVICES, IDENTIFY_BACK_TO_DEVICE, IDENTIFY_WITHOUT_ALIAS, LATE_ALIAS_ANSWER, MERGE_IGNORED,
    NEW_ID_EACH_VISIT, SHARED_DEVICE, USER_STILL_ANONYMOUS,
};
use super::{finding, lost_with, of_call, of_left, of_link, stay};
use crate::model::facts::{AliasCall, Link};
use crate::model::id::{DEVICE_PREFIX, has_prefix_twice};
use crate::model::text::counted;
use crate::model::{Id, LinkKind};

/// Links of this kind that name an id of the user, each once.
fn links<'c>(case: &'c Case<'_>, kind: LinkKind) -> impl Iterator<Item = &'c Link> {
    let mut seen = BTreeSet::new();
    let all = case.ids.iter().filter(|id| !id.is_placeholder()).flat_map(|id| case.world.links_of(id));
    // A placeholder has a finding of its own, and what it is tied to says nothing.
    let all = all.filter(move |link| link.kind == kind && !link.a.is_placeholder() && !link.b.is_placeholder());
    all.filter(move |link| seen.insert((&link.a, &link.b)))
}

fn is_own(case: &Case<'_>, id: &Id) -> bool {
    case.world.root_of(id) == case.root
}

/// Whether two texts name one device or id, with the prefix of a device or without.
fn same(one: &Id, other: &Id) -> bool {
    one.bare() == other.bare()
}

/// #3, #4: identify without an alias for what came before.
pub(super) fn no_alias(case: &Case<'_>) -> Option<Finding> {
    if case.calls.iter().any(|line| line.verdict == Verdict::Accepted) {
        return None;
    }
    let by_client = |kind: EvidenceKind| matches!(kind, EvidenceKind::IdentifyEvent | EvidenceKind::DeviceAndUser);
    let left: Vec<&Left<'_>> = case
        .left
        .iter()
        // Of several users who claim the rows, the first may have left them behind; the others did not.
        .filter(|left| *left.suggested == *case.root)
        .filter(|left| left.evidence.iter().any(|evidence| by_client(evidence.kind)))
        .collect();
    let rows: u64 = left.iter().map(|left| left.rows).sum();
    if rows == 0 {
        return None;
    }
    let what = format!(
        "identify({}) was called without an alias before it: {}{} behind.",
        case.root.as_str(),
        case.least,
        stay(rows, "anonymous row")
    );
    let sources = left.iter().filter_map(|left| of_left(left));
    Some(finding(&IDENTIFY_WITHOUT_ALIAS, what, rows, sources).losing(lost_with(left.iter().copied())))
}

/// #6: rows that carry the user and are still sent as the anonymous id.
pub(super) fn still_anonymous(case: &Case<'_>) -> Option<Finding> {
    let asked_for = |link: &Link| {
        let is_that = |call: &AliasCall| {
            call.alias.as_ref() == Some(&link.b) && call.target.as_ref().is_some_and(|target| same(target, &link.a))
        };
        case.world.calls_of(&link.b).any(|(_, call)| is_that(call))
    };
    let found: Vec<&Link> = links(case, LinkKind::IdUser)
        // The owner of the rows gets the finding; this user has them as an orphan.
        .filter(|link| is_own(case, &link.a) && !is_own(case, &link.b))
        .filter(|link| case.world.looks_anonymous(&link.a) && case.world.can_be_a_name(&link.b))
        // A refused alias has a finding of its own.
        .filter(|link| !asked_for(link))
        .collect();
    let first = found.first()?;
    let rows: u64 = found.iter().map(|link| link.rows).sum();
    let what = format!(
        "{} with the $user_id {} {} sent as {}, which no alias joins to it.",
        counted(rows, "row"),
        first.b.as_str(),
        if rows == 1 { "is" } else { "are" },
        first.a.as_str()
    );
    let lost = found.iter().map(|link| (link.a.clone(), link.b.clone())).collect();
    Some(finding(&USER_STILL_ANONYMOUS, what, rows, found.iter().copied().map(of_link)).losing(Lost::WithUser(lost)))
}

/// #7: other known users on a device of this one.
pub(super) fn shared_device(case: &Case<'_>) -> Option<Finding> {
    // A visitor and a user on one device are mostly one person.
    let first = case.neighbours.first().filter(|neighbour| {
        // A device that is taken for a user shares itself with no one.
        let is_device =
            |id: &Id| neighbour.device.as_ref().is_some_and(|device| id.bare().eq_ignore_ascii_case(device.bare()));
        case.ids.iter().any(|id| case.world.is_person(id) && !is_device(id))
    })?;
    // Two names in one moment are one user with a mistake of its own.
    let is_by_identify = |neighbour: &Neighbour| neighbour.switched && neighbour.device.is_none();
    if case.neighbours.iter().all(is_by_identify) && alias_and_identify(case).is_some() {
        return None;
    }
    let what = match case.neighbours.len() {
        1 => match &first.device {
            Some(device) => format!("{} used the same device {}.", first.root.as_str(), device.as_str()),
            None => format!("One client was switched to or from {} without a reset.", first.root.as_str()),
        },
        users => {
            format!("{}{users} other users used devices of this one, {} among them.", case.least, first.root.as_str())
        }
    };
    let sources = case.neighbours.iter().map(|neighbour| (neighbour.time, &neighbour.source));
    Some(finding(&SHARED_DEVICE, what, 0, sources))
}

/// #10: one anonymous id before the logins of several users.
pub(super) fn id_kept(case: &Case<'_>) -> Option<Finding> {
    let identified = |left: &&Left<'_>| {
        left.contested
            && left.evidence.iter().any(|evidence| evidence.kind == EvidenceKind::IdentifyEvent)
            && case.identified_as(left) > 1
    };
    let left: Vec<&Left<'_>> = case.left.iter().filter(identified).collect();
    let first = left.first()?;
    let what = format!(
        "{} users were identified from the anonymous id {}: its rows can be of any of them.",
        case.identified_as(first),
        first.ids.first().map_or("", Id::as_str)
    );
    let sources = left.iter().filter_map(|left| of_left(left));
    let rows = left.iter().map(|left| left.rows).sum();
    Some(finding(&ANONYMOUS_ID_KEPT, what, rows, sources).losing(lost_with(left.iter().copied())))
}

/// An alias call and an `$identify` of one client and moment that name different users.
pub(super) fn alias_and_identify(case: &Case<'_>) -> Option<Finding> {
    let other_user = |link: &Link, call: &AliasCall| {
        let alias = call.alias.as_ref()?;
        let target = call.target.as_ref()?;
        let separate = same(target, &link.b)
            && case.world.root_of(alias) != case.world.root_of(&link.a)
            && !call.from_table
            && call.time.abs_diff(link.time) <= case.world.thresholds.moment;
        separate.then(|| alias.clone())
    };
    links(case, LinkKind::Identify).find_map(|link| {
        let forms = [link.b.clone(), link.b.other_device_form()];
        let (alias, call) = forms
            .iter()
            .flat_map(|form| case.world.calls_of(form))
            .find_map(|(_, call)| Some((other_user(link, call)?, call)))?;
        let what = format!(
            "One client called alias({}) and, within a second, identify({}) of another user.",
            alias.as_str(),
            link.a.as_str()
        );
        Some(finding(&ALIAS_AND_IDENTIFY, what, 0, [(call.time, &call.source), of_link(link)]))
    })
}

/// C37: the answer to an alias call identifies the user who is there by then.
pub(super) fn late_answer(case: &Case<'_>) -> Option<Finding> {
    let rows_of = |id: &Id| -> u64 {
        case.left.iter().filter(|left| left.ids.iter().any(|own| same(own, id))).map(|left| left.rows).sum()
    };
    let answered = |link: &Link, call: &AliasCall| {
        let is_of_it = call.alias.as_ref() == Some(&link.a) && !call.from_table;
        let elsewhere =
            call.target.as_ref().is_some_and(|target| case.world.root_of(target) != case.world.root_of(&link.b));
        let wait = link.time.saturating_sub(call.time);
        let latest = case.world.thresholds.latest_answer;
        is_of_it && elsewhere && u64::try_from(wait).is_ok_and(|wait| wait <= latest)
    };
    let mut found = links(case, LinkKind::Identify).filter(|link| is_own(case, &link.a) && !is_own(case, &link.b));
    found.find_map(|link| {
        let (_, call) = case.world.calls_of(&link.a).find(|(_, call)| answered(link, call))?;
        if !case.world.looks_anonymous(&link.b) || rows_of(&link.b) > case.world.thresholds.rows_of_a_visit {
            return None;
        }
        let what = format!(
            "{} was identified {} after its alias call from another anonymous id, {}, that has hardly a row: the answer came after a reset.",
            link.a.as_str(),
            crate::model::time::span(link.time.saturating_sub(call.time)),
            link.b.as_str()
        );
        Some(finding(&LATE_ALIAS_ANSWER, what, 0, [(call.time, &call.source), of_link(link)]))
    })
}

/// #11: an `$identify` from the user back to a device.
pub(super) fn back_to_device(case: &Case<'_>) -> Option<Finding> {
    let world = case.world;
    let found: Vec<&Link> = links(case, LinkKind::Identify)
        .filter(|link| is_own(case, &link.b) && world.looks_anonymous(&link.a))
        .filter(|link| world.is_person_by_links(&link.b) && !world.looks_anonymous(&link.b))
        .collect();
    let first = found.first()?;
    let what = format!(
        "identify was called with the anonymous id {} while {} was logged in.",
        first.a.as_str(),
        first.b.as_str()
    );
    Some(finding(&IDENTIFY_BACK_TO_DEVICE, what, 0, found.iter().copied().map(of_link)))
}

/// #22: `$merge` in a project without ID Merge.
pub(super) fn merge(case: &Case<'_>) -> Option<Finding> {
    let found: Vec<&Link> = links(case, LinkKind::Merge).collect();
    let first = found.first()?;
    let what =
        format!("$merge of {} and {} does nothing in a project without ID Merge.", first.a.as_str(), first.b.as_str());
    Some(finding(&MERGE_IGNORED, what, 0, found.iter().copied().map(of_link)))
}

/// #9: a new anonymous id at each visit.
pub(super) fn new_ids(case: &Case<'_>) -> Option<Finding> {
    let left: Vec<&Left<'_>> =
        case.left.iter().filter(|left| !left.contested && left.strength == Strength::Proof).collect();
    let mut rows: Vec<u64> = left.iter().map(|left| left.rows).collect();
    rows.sort_unstable();
    let median = *rows.get(rows.len() / 2)?;
    let thresholds = &case.world.thresholds;
    if (left.len() as u64) < thresholds.many_visits || median > thresholds.rows_of_a_visit {
        return None;
    }
    let what = format!(
        "{} came from {}{} anonymous ids, half of them with {} at most: each visit makes a new one.",
        case.root.as_str(),
        case.least,
        left.len(),
        counted(median, "row")
    );
    let sources = left.iter().filter_map(|left| of_left(left));
    Some(finding(&NEW_ID_EACH_VISIT, what, rows.iter().sum(), sources).losing(lost_with(left.iter().copied())))
}

/// #13: one id on many devices.
pub(super) fn shared_id(case: &Case<'_>) -> Option<Finding> {
    let mut devices: BTreeMap<&Id, Vec<&Link>> = BTreeMap::new();
    for link in links(case, LinkKind::IdDevice) {
        let is_known = is_own(case, &link.a) && !case.world.looks_anonymous(&link.a);
        if is_known && !same(&link.a, &link.b) {
            devices.entry(&link.a).or_default().push(link);
        }
    }
    let (id, most) = devices.into_iter().max_by_key(|(_, devices)| devices.len())?;
    if (most.len() as u64) < case.world.thresholds.many_devices {
        return None;
    }
    let what = format!(
        "{} is the id of rows from {}{} devices: a literal, or an account that many people use.",
        id.as_str(),
        case.least,
        most.len()
    );
    let found = finding(&ID_OF_MANY_DEVICES, what, case.sums.rows, most.iter().copied().map(of_link));
    Some(found.losing(Lost::Under(case.ids.clone())))
}

/// #23: anonymous rows before a later login.
pub(super) fn before_login(case: &Case<'_>) -> Option<Finding> {
    if !case.calls.iter().any(|line| line.verdict == Verdict::Accepted) {
        return None;
    }
    let asked = |left: &Left<'_>| {
        left.evidence
            .iter()
            .any(|evidence| matches!(evidence.kind, EvidenceKind::RefusedAlias | EvidenceKind::ServerAlias))
    };
    let left: Vec<&Left<'_>> =
        case.left.iter().filter(|left| !left.contested && left.strength == Strength::Proof && !asked(left)).collect();
    let rows: u64 = left.iter().map(|left| left.rows).sum();
    let first = left.first()?;
    let what = format!(
        "{}{} from before later logins of {}, under {}{}.",
        case.least,
        stay(rows, "anonymous row"),
        case.root.as_str(),
        first.ids.first().map_or("", Id::as_str),
        if left.len() > 1 { " and others" } else { "" }
    );
    let sources = left.iter().filter_map(|left| of_left(left));
    Some(finding(&ANONYMOUS_BEFORE_LOGIN, what, rows, sources).losing(lost_with(left.iter().copied())))
}

/// #31: one device with many users.
pub(super) fn many_users(case: &Case<'_>) -> Option<Finding> {
    let mut devices: BTreeMap<&Id, Vec<_>> = BTreeMap::new();
    for neighbour in case.neighbours.iter() {
        if let Some(device) = &neighbour.device {
            devices.entry(device).or_default().push(neighbour);
        }
    }
    let (device, most) = devices.into_iter().max_by_key(|(_, users)| users.len())?;
    // This user is one of them.
    let users = most.len() + 1;
    if (users as u64) < case.world.thresholds.many_users {
        return None;
    }
    let what = format!("{}{users} users used the device {}: staff, a shop, or a test.", case.least, device.as_str());
    Some(finding(&DEVICE_OF_MANY_USERS, what, 0, most.iter().map(|neighbour| (neighbour.time, &neighbour.source))))
}

/// #29: the prefix of a device twice.
pub(super) fn double_prefix(case: &Case<'_>) -> Option<Finding> {
    let is_double = |id: &Id| has_prefix_twice(id.as_str());
    let what = |id: &Id| format!("{} has the prefix $device: twice: it is another device than with one.", id.as_str());
    let of_rows = links(case, LinkKind::IdDevice)
        .chain(links(case, LinkKind::UserDevice))
        // A device is kept without its prefix, so one prefix here were two.
        .find(|link| is_double(&link.a) || link.b.as_str().starts_with(DEVICE_PREFIX));
    if let Some(link) = of_rows {
        let id = if is_double(&link.a) { &link.a } else { &link.b };
        return Some(finding(&DEVICE_PREFIX_TWICE, what(id), 0, [of_link(link)]));
    }
    let id = case.ids.iter().find(|id| is_double(id))?;
    if let Some(call) = case.calls.first() {
        return Some(finding(&DEVICE_PREFIX_TWICE, what(id), 0, [of_call(call)]));
    }
    // Of many users only sums are known, and no row.
    let since = case.sums.since.any?;
    let first = case.rows.any.sources.first().map(|source| (since, source));
    Some(Finding { since: Some(since), ..finding(&DEVICE_PREFIX_TWICE, what(id), 0, first) })
}
