//! What to change in an integration before another rule set takes over, by the rows that it saves.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::groups::Groups;
use super::ids::Ids;
use crate::identity::RuleSet;
use crate::identity::merging::system::{Number, Sent, Texts};
use crate::identity::migration::{Advice, Change, Fate, Weighed};
use crate::inspect::{Error, Sweep};

/// Programs that are named for one change.
const MOST_CLIENTS: usize = 3;

static BARE_ID: Change = Change {
    code: "bare-anonymous-id",
    title: "bare anonymous ids become users",
    todo: "send $device_id with every row",
    advice: "Send $device_id with every row, or write $device: before anonymous ids.",
};
static NO_USER_ID: Change = Change {
    code: "user-without-user-id",
    title: "rows of known users name only a device",
    todo: "send $user_id with every row",
    advice: "Send $user_id with every row of a known user.",
};
static SHARED: Change = Change {
    code: "device-of-two-users",
    title: "devices have several users",
    todo: "call reset() at logout",
    advice: "Call reset() at logout, so that the next user has a device id of their own.",
};
static NOT_GUID: Change = Change {
    code: "anonymous-id-form",
    title: "anonymous ids have no form that is taken",
    todo: "let the SDK make anonymous ids",
    advice: "Let the SDK make anonymous ids, or make UUIDs.",
};
static ALIAS_EXISTS: Change = Change {
    code: "alias-on-login",
    title: "alias calls are repeated",
    todo: "call alias once, at sign-up",
    advice: "Call alias once at sign-up and identify at each login.",
};
static TOO_MANY: Change = Change {
    code: "cluster-limit",
    title: "clusters reach their limit",
    todo: "find the id that so many are joined to",
    advice: "Find the id that so many ids are joined to: mostly it is a literal or a shared account.",
};
static ILLEGAL: Change = Change {
    code: "placeholder-id",
    title: "placeholder ids are used",
    todo: "call identify only with an id",
    advice: "Call identify only with an id; call reset at logout.",
};
static NOTHING: Change = Change {
    code: "nothing-to-do",
    title: "people come together",
    todo: "nothing to do: people come together",
    advice: "Nothing to change: their devices join them.",
};
/// The same under rules that join ids by calls.
static CALLS_JOIN: Change = Change { advice: "Nothing to change: calls that name two ids join them.", ..NOTHING };

/// The change that mends what is refused with this name.
fn of_refusal(name: &str) -> Option<&'static Change> {
    Some(match name {
        "errAnonDistinctIdAssignedAlready" | "cannot_merge_already_identified" => &SHARED,
        "errAnonDistinctIdNonGUIDForm" => &NOT_GUID,
        "errAliasAlreadyExists" | "already_mapped" => &ALIAS_EXISTS,
        "errManyIDs" => &TOO_MANY,
        "cannot_merge_with_illegal_distinct_id" => &ILLEGAL,
        _ => return None,
    })
}

/// Sums of one change.
#[derive(Default)]
struct Sum {
    ids: FxHashSet<Number>,
    rows: u64,
    clients: FxHashMap<Number, u64>,
}

impl Sum {
    fn add(&mut self, id: Number, rows: u64, client: Number) {
        self.ids.insert(id);
        self.rows += rows;
        *self.clients.entry(client).or_default() += rows;
    }
}

/// What to change, the most rows first.
pub(super) fn first(
    to: RuleSet,
    groups: &Groups,
    refused: &[(&'static str, Number, Number)],
    sums: &Weighed,
    ids: &Ids,
    reader: &dyn Sweep,
) -> Result<Vec<Advice>, Error> {
    let mut found: BTreeMap<&'static str, (&'static Change, Sum)> = BTreeMap::new();
    let mut add = |change: &'static Change, id: Number, rows: u64, client: Number| {
        found.entry(change.code).or_insert_with(|| (change, Sum::default())).1.add(id, rows, client);
    };
    let conflicts: FxHashMap<(Number, Number), &'static Change> =
        refused.iter().filter_map(|(name, one, other)| Some(((*one, *other), of_refusal(name)?))).collect();
    // Rows of an id that a call did not join: of an alias that is taken, the id that asks for it.
    let left = |(name, one, other): &(&'static str, Number, Number)| {
        let id = if matches!(*name, "errAliasAlreadyExists" | "already_mapped") { *other } else { *one };
        Some((id, of_refusal(name)?))
    };
    let by_call: FxHashMap<Number, &'static Change> = refused.iter().filter_map(left).collect();
    for group in groups.all.iter().filter(|group| !group.sent.is_call) {
        let (sent, rows) = (group.sent, u64::from(group.rows));
        match to.name() {
            "simplified" => {
                if let Some(change) = simplified(sent, ids) {
                    add(change, sent.id, rows, group.client);
                }
                if let Some(change) = conflicts.get(&(sent.device, sent.user)) {
                    add(change, sent.user, rows, group.client);
                }
            }
            _ => {
                if let Some(change) = by_call.get(&sent.id) {
                    add(change, sent.id, rows, group.client);
                }
            }
        }
    }
    let mut advice = Vec::new();
    for (change, sum) in found.into_values() {
        let mut clients: Vec<(u64, Number)> = sum.clients.into_iter().map(|(client, rows)| (rows, client)).collect();
        clients.sort_unstable_by(|a, b| b.cmp(a));
        let mut names: Vec<String> = Vec::new();
        for (_, client) in clients.into_iter().filter(|(_, client)| *client != 0) {
            let name = reader.swept_name(i64::from(client))?;
            let library = name.split(" · ").next().unwrap_or_default().to_owned();
            if !names.contains(&library) && names.len() < MOST_CLIENTS {
                names.push(library);
            }
        }
        advice.push(Advice { change, people: sum.ids.len() as u64, rows: sum.rows, clients: names });
    }
    advice.sort_by(|a, b| b.rows.cmp(&a.rows).then(a.change.code.cmp(b.change.code)));
    let merged = sums.changed.iter().filter(|changed| matches!(changed.fate, Fate::Merged(_)));
    let (people, rows) = merged.fold((0, 0), |(people, rows), changed| (people + 1, rows + changed.rows));
    if people > 0 {
        let change = if matches!(to.name(), "simplified" | "amplitude") { &NOTHING } else { &CALLS_JOIN };
        advice.push(Advice { change, people, rows, clients: Vec::new() });
    }
    Ok(advice)
}

/// What Simplified ID Merge misses in a row.
fn simplified(sent: Sent, ids: &Ids) -> Option<&'static Change> {
    let is_person = ids.is_person(sent.id);
    match (sent.user, sent.device) {
        (0, 0) if !ids.is_device(sent.id) && !is_person => Some(&BARE_ID),
        (0, 1..) if is_person => Some(&NO_USER_ID),
        _ => None,
    }
}
