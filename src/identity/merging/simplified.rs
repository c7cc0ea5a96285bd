//! Mixpanel's Simplified ID Merge (identity.md §3.2): projects from March 2023 on.
//!
//! The id of a row follows from its `$user_id` and `$device_id`: the user, else the device. The
//! first row with both links the device to the user, with the past of the device. A device has one
//! user; a user any number of devices. `$identify`, `$create_alias` and `$merge` do nothing.

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::journey::Refusal;
use super::IGNORED;
use super::system::{Node, Number, Ruling, Said, Sent, System, Texts, Vendor};
use crate::model::facts::Arrival;

/// The device has another user.
const ASSIGNED: Refusal = Refusal::new(
    "errAnonDistinctIdAssignedAlready",
    "the device {alias} is {kept}'s already; the row counts for {target} without it",
);

/// The rule set.
#[derive(Debug)]
pub(super) struct Simplified;

impl Vendor for Simplified {
    fn name(&self) -> &'static str {
        "simplified"
    }

    fn title(&self) -> &'static str {
        "Mixpanel Simplified ID Merge: $device_id and $user_id of a row join ids with their past"
    }

    fn unknown(&self) -> &'static [&'static str] {
        &[
            "Calls of identify, alias and merge are ignored here, as the documents say; /import refuses a whole batch with one.",
            "Whether Mixpanel links a device that $had_persisted_distinct_id marks as doubtful, no source says: it is linked here.",
        ]
    }

    fn exports_ids(&self) -> bool {
        true
    }

    fn begin(&self) -> Box<dyn System> {
        Box::new(State::default())
    }
}

#[derive(Debug, Default)]
struct State {
    /// The user of each device, and since when.
    users: FxHashMap<Number, (Number, u32)>,
    /// Devices that a row named.
    devices: FxHashSet<Number>,
}

/// The user and the device that a row names; 0 for none. A user of the form of a device is that
/// device: both would be counted under one id.
fn named(row: Sent, ids: &dyn Texts) -> (Number, Number) {
    let (user, device) = if row.user != 0 || row.device != 0 || row.id == 0 {
        (row.user, ids.bare(row.device))
    } else {
        // A bare anonymous id is taken for a user.
        (row.id, 0)
    };
    if user != 0 && ids.is_device(user) {
        return (0, if device == 0 { ids.bare(user) } else { device });
    }
    (user, device)
}

impl State {
    fn of_device(&self, device: Number) -> Node {
        self.users.get(&device).map_or(Node::device(device), |(user, _)| Node::id(*user))
    }

    /// What an id of a call is: a device where rows name it as one, else a user.
    fn called(&self, id: Number, ids: &dyn Texts) -> Node {
        let bare = ids.bare(id);
        if bare != id || self.devices.contains(&bare) { Node::device(bare) } else { Node::id(id) }
    }
}

impl System for State {
    fn hear(&mut self, said: Said, at: u32, _: Arrival, ids: &dyn Texts) -> Ruling {
        let Said::Row(row) = said else { return Ruling::refused(IGNORED) };
        let (user, device) = named(row, ids);
        self.devices.extend((device != 0).then_some(device));
        if row.is_call || user == 0 || device == 0 {
            return Ruling::Nothing;
        }
        match self.users.get(&device).copied() {
            None => {
                self.users.insert(device, (user, at));
                Ruling::Joined
            }
            Some((known, _)) if known == user => Ruling::Same,
            Some((known, since)) => Ruling::Refused { why: ASSIGNED, kept: known, since: Some(since) },
        }
    }

    fn owner(&self, row: Sent, _: Arrival, ids: &dyn Texts) -> Option<Node> {
        if row.is_call {
            return None;
        }
        match named(row, ids) {
            (0, 0) => None,
            (0, device) => Some(self.of_device(device)),
            (user, _) => Some(Node::id(user)),
        }
    }

    fn meant(&self, id: Number, ids: &dyn Texts) -> Vec<Node> {
        let device = self.of_device(ids.bare(id));
        if ids.is_device(id) { vec![device] } else { vec![Node::id(id), device] }
    }

    fn nodes(&self, said: Said, ids: &dyn Texts) -> Vec<Node> {
        let Said::Row(row) = said else {
            // A call joins nothing; what it names can be a user or a device.
            let (one, other) = said.pair().unwrap_or((0, 0));
            return [one, other].into_iter().filter(|id| *id != 0).map(|id| self.called(id, ids)).collect();
        };
        let (user, device) = named(row, ids);
        let user = (user != 0).then(|| Node::id(user));
        user.into_iter().chain((device != 0).then(|| Node::device(device))).collect()
    }
}
