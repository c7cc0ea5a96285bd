//! A slow and obvious answer for each rule set: sets of ids, row by row in order of arrival, every
//! owner looked for anew.

use std::collections::{BTreeMap, BTreeSet};

use journey::identity::{RULE_SETS, named, resolve};
use journey::inspect::gather::{Limits, gather_by};
use journey::model::{Id, Row, Verb, VerbKind};
use proptest::prelude::*;

use crate::engine::{Whole, any_history};
use crate::support::story::facts;

/// People as sets of names; a device of its own space has `d:` before it, an id or a user `u:`.
#[derive(Default)]
pub(super) struct People {
    sets: Vec<BTreeSet<String>>,
    identified: BTreeSet<String>,
    assigned: BTreeMap<String, String>,
    aliases: BTreeMap<String, String>,
    users: BTreeMap<String, String>,
    logins: BTreeMap<String, Vec<(usize, String)>>,
    seen: BTreeSet<String>,
}

impl People {
    fn set(&self, id: &str) -> BTreeSet<String> {
        self.sets.iter().find(|set| set.contains(id)).cloned().unwrap_or_else(|| BTreeSet::from([id.to_owned()]))
    }

    fn join(&mut self, one: &str, other: &str) {
        let both: BTreeSet<String> = self.set(one).union(&self.set(other)).cloned().collect();
        self.sets.retain(|set| set.is_disjoint(&both));
        self.sets.push(both);
    }

    fn is_identified(&self, id: &str) -> bool {
        self.set(id).iter().any(|member| self.identified.contains(member))
    }
}

fn is_guid(text: &str) -> bool {
    let bare = text.strip_prefix("$device:").unwrap_or(text);
    let groups: Vec<&str> = bare.split('-').collect();
    groups.len() == 5
        && groups.iter().all(|group| !group.is_empty() && group.chars().all(|c| c.is_ascii_alphanumeric()))
}

fn text(id: Option<&Id>) -> Option<String> {
    id.map(|id| id.as_str().to_owned())
}

/// The one or two ids of a call, the one that joins first.
fn pair(verb: &Verb) -> Option<(VerbKind, String, String)> {
    let (one, other) = match verb {
        Verb::Identify { identified, anon } => (anon.as_ref(), identified.as_ref()),
        Verb::Alias { alias, target, .. } => (alias.as_ref(), target.as_ref()),
        Verb::Merge { ids } => (ids.get(1), ids.first()),
        _ => return None,
    };
    Some((verb.kind(), text(one)?, text(other)?))
}

fn bare(text: &str) -> String {
    text.strip_prefix("$device:").unwrap_or(text).to_owned()
}

/// User and device of a row in systems that keep the two separate.
fn user_and_device(rules: &str, row: &Row) -> (Option<String>, Option<String>) {
    let device = text(row.device.as_ref()).map(|device| bare(&device));
    let user = text(row.user.as_ref());
    let id = text(row.id.as_ref());
    if let Some(user) = user.clone().filter(|user| *user != bare(user)) {
        return (None, device.or_else(|| Some(bare(&user))));
    }
    match (rules, user, device, id) {
        ("simplified", None, None, Some(id)) if id != bare(&id) => (None, Some(bare(&id))),
        ("simplified", None, None, Some(id)) => (Some(id), None),
        ("amplitude", None, device, Some(id)) => {
            let made = journey::model::Shape::of(&id).is_sdk_made() || Some(bare(&id)) == device;
            if made { (None, device.or_else(|| Some(bare(&id)))) } else { (Some(id), device) }
        }
        (_, user, device, _) => (user, device),
    }
}

/// Ids that PostHog takes for none, of those that histories have.
pub(super) const ILLEGAL: &[&str] = &["undefined", "Anonymous", "'null'", "\"GUEST\"", " ", "[object Object]"];

/// Ids that a cluster of Original ID Merge has at most.
const MOST_IDS: usize = 500;

pub(super) fn people(rules: &str, rows: &[Row]) -> People {
    let mut people = People::default();
    for (at, row) in rows.iter().enumerate() {
        if let Some((kind, one, other)) = pair(&row.verb) {
            match rules {
                "original" if one != other => {
                    let may = match kind {
                        VerbKind::Identify => {
                            is_guid(&one) && people.assigned.get(&one).is_none_or(|known| *known == other)
                        }
                        VerbKind::Alias => !people.aliases.contains_key(&one),
                        _ => true,
                    };
                    let both: BTreeSet<String> = people.set(&one).union(&people.set(&other)).cloned().collect();
                    if may && both.len() <= MOST_IDS {
                        match kind {
                            VerbKind::Identify => drop(people.assigned.insert(one.clone(), other.clone())),
                            VerbKind::Alias => drop(people.aliases.insert(one.clone(), other.clone())),
                            _ => {}
                        }
                        people.join(&one, &other);
                    }
                }
                "posthog" if one != other && ![&one, &other].iter().any(|id| ILLEGAL.contains(&id.as_str())) => {
                    let both = people.seen.contains(&one) && people.seen.contains(&other);
                    let apart = people.set(&one) != people.set(&other);
                    if !(both && apart && people.is_identified(&one) && kind != VerbKind::Merge) {
                        people.seen.extend([one.clone(), other.clone()]);
                        people.join(&one, &other);
                    }
                    people.identified.insert(other);
                }
                "simple" => people.join(&bare(&one), &bare(&other)),
                _ => {}
            }
        }
        if row.id.is_none() {
            continue;
        }
        people.seen.extend(text(row.id.as_ref()));
        if let (Some(user), Some(device)) = user_and_device(rules, row) {
            if rules == "simplified" && !row.verb.kind().is_about_ids() {
                people.users.entry(device).or_insert(user);
            } else if rules == "amplitude" {
                people.logins.entry(device).or_default().push((at, user));
            }
        }
    }
    people
}

/// Rows, by their number, of the person that row `of` belongs to; `None` where it is no one's.
pub(super) fn rows_with(rules: &str, rows: &[Row], people: &People, of: usize) -> Option<BTreeSet<i64>> {
    let owner = |at: usize| -> Option<BTreeSet<String>> {
        let row = rows.get(at)?;
        match rules {
            "original" | "posthog" => Some(people.set(&text(row.id.as_ref())?)),
            "simple" => {
                let named = text(row.user.as_ref()).or_else(|| text(row.id.as_ref()))?;
                Some(people.set(&bare(&named)))
            }
            _ if rules == "simplified" && row.verb.kind().is_about_ids() => None,
            _ => match user_and_device(rules, row) {
                (Some(user), _) => Some(BTreeSet::from([format!("u:{user}")])),
                (None, Some(device)) => {
                    let logins = people.logins.get(&device).map(Vec::as_slice).unwrap_or_default();
                    let before = logins.iter().rev().find(|(login, _)| *login <= at);
                    let login = before.or(logins.first()).map(|(_, user)| user);
                    let user = people.users.get(&device).or(login);
                    Some(BTreeSet::from([user.map_or(format!("d:{device}"), |user| format!("u:{user}"))]))
                }
                (None, None) => None,
            },
        }
    };
    let mine = owner(of)?;
    let rows = (0..rows.len()).filter(|at| rows[*at].id.is_some() && owner(*at).as_ref() == Some(&mine));
    Some(rows.map(numbered).collect())
}

/// The number of the row at a place.
pub(super) fn numbered(at: usize) -> i64 {
    i64::try_from(at).unwrap() + 1
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn each_rule_set_agrees_with_a_slow_one(rows in any_history()) {
        let mut rows = rows;
        // Rows in order of arrival, each with a hash of its own: what is one delivery is another test.
        for row in &mut rows {
            row.insert_id = None;
            row.time = row.arrival.unwrap_or(row.time);
        }
        rows.sort_by_key(|row| row.arrival);
        for (at, row) in (1..).zip(&mut rows) {
            row.line = at;
            row.arrival = Some(i64::try_from(at).unwrap() * 10);
        }
        let all = facts(&rows);
        for rules in RULE_SETS.iter().skip(1) {
            let people = people(rules.name(), &rows);
            let ruled = rules.ruled(&all, &Id::new("nothing"));
            for at in (0..rows.len()).filter(|at| rows[*at].id.is_some()) {
                let Some(expected) = rows_with(rules.name(), &rows, &people, at) else { continue };
                let held = ruled.rows.iter().find(|held| held.event.row == numbered(at)).unwrap();
                let owner = held.owner.clone().unwrap();
                let found: BTreeSet<i64> = ruled.rows.iter().filter(|held| held.owner.as_ref() == Some(&owner))
                    .map(|held| held.event.row).collect();
                prop_assert_eq!(&found, &expected, "{} row {} of {}", rules.name(), at + 1, owner.as_str());
            }
        }
    }

    #[test]
    fn what_is_gathered_for_an_id_is_enough_for_each_rule_set(rows in any_history()) {
        let all = facts(&rows);
        for rules in RULE_SETS.iter().skip(1) {
            for id in crate::engine::IDS.iter().step_by(2).map(|id| Id::new(id)) {
                let some = gather_by(&Whole(all.clone()), &id, &Limits::default(), *rules).unwrap();
                let of = |facts| resolve(facts, &id, *rules).map(|journey| {
                    let rows: Vec<i64> = journey.steps.iter().map(|step| step.event.row).collect();
                    (journey.root, rows)
                });
                prop_assert_eq!(of(&some), of(&all), "{} of {}", rules.name(), id.as_str());
            }
        }
        prop_assert!(named("legacy").is_some() && named("Legacy").is_none());
    }
}
