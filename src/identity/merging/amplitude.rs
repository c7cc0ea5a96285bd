//! Amplitude: a user by `user_id`, else by `device_id`.
//!
//! Anonymous rows of a device belong to the user who logs in on it next; once a device has had a
//! user, to the last one before them. Two users are never one. There is no call that joins ids.
//! Rows of other systems, which have no `user_id`, are taken by their `distinct_id`: of the form
//! that SDKs make, it is a device, else a user.
//!
//! Source: "Track unique users" and "How Amplitude assigns Amplitude IDs" of amplitude.com/docs.

use rustc_hash::{FxHashMap, FxHashSet};

use super::IGNORED;
use super::system::{Node, Number, Ruling, Said, Sent, System, Texts, Vendor};
use crate::model::Shape;
use crate::model::facts::Arrival;

/// The rule set.
#[derive(Debug)]
pub(super) struct Amplitude;

impl Vendor for Amplitude {
    fn name(&self) -> &'static str {
        "amplitude"
    }

    fn title(&self) -> &'static str {
        "Amplitude: user_id, else the user of the device, else the device"
    }

    fn unknown(&self) -> &'static [&'static str] {
        &[
            "An Amplitude ID is a number of Amplitude's own: the user_id, else the device_id, is used here.",
            "Users that the User Mapping API joined, and rows that a filter of invalid ids dropped, cannot be seen in rows.",
            "Whether arrival or time orders the logins of a device, no source says: arrival does here.",
        ]
    }

    fn vendors(&self) -> &'static [&'static str] {
        &["Amplitude"]
    }

    fn begin(&self) -> Box<dyn System> {
        Box::new(State::default())
    }
}

/// A login on a device.
#[derive(Clone, Copy, Debug)]
struct Login {
    user: Number,
    arrival: Arrival,
}

#[derive(Debug, Default)]
struct State {
    /// Logins of each device, in order of arrival; two in a row are of two users.
    logins: FxHashMap<Number, Vec<Login>>,
    /// Devices that a row named.
    devices: FxHashSet<Number>,
}

/// The user and the device that a row names; 0 for none.
fn named(row: Sent, ids: &dyn Texts) -> (Number, Number) {
    let device = ids.bare(row.device);
    if row.user != 0 && ids.is_device(row.user) {
        return (0, if device == 0 { ids.bare(row.user) } else { device });
    }
    if row.user != 0 || row.id == 0 {
        return (row.user, device);
    }
    let bare = ids.bare(row.id);
    if bare == device || ids.is_device(row.id) || Shape::of(ids.text(row.id)).is_sdk_made() {
        return (0, if device == 0 { bare } else { device });
    }
    (row.id, device)
}

impl State {
    /// What an id of a call is: a device where rows name it as one, else a user.
    fn called(&self, id: Number, ids: &dyn Texts) -> Node {
        let bare = ids.bare(id);
        if bare != id || self.devices.contains(&bare) { Node::device(bare) } else { Node::id(id) }
    }

    fn of_device(&self, device: Number, arrival: Arrival) -> Node {
        let Some(logins) = self.logins.get(&device) else { return Node::device(device) };
        let before = logins.partition_point(|login| login.arrival <= arrival);
        // What came before the first login is the first user's.
        let login = logins.get(before.saturating_sub(1));
        login.map_or(Node::device(device), |login| Node::id(login.user))
    }
}

impl System for State {
    fn hear(&mut self, said: Said, _: u32, arrival: Arrival, ids: &dyn Texts) -> Ruling {
        let Said::Row(row) = said else { return Ruling::refused(IGNORED) };
        let (user, device) = named(row, ids);
        self.devices.extend((device != 0).then_some(device));
        if user == 0 || device == 0 {
            return Ruling::Nothing;
        }
        let logins = self.logins.entry(device).or_default();
        let login = Login { user, arrival };
        match logins.last().copied() {
            None => {
                logins.push(login);
                Ruling::Joined
            }
            // One more login of the same user would change no owner: that it is left out saves memory alone.
            Some(last) if last.user == user => Ruling::Same,
            // The rows before stay with their users, and later anonymous ones are this user's.
            Some(_) => {
                logins.push(login);
                Ruling::Nothing
            }
        }
    }

    fn owner(&self, row: Sent, arrival: Arrival, ids: &dyn Texts) -> Option<Node> {
        match named(row, ids) {
            (0, 0) => None,
            (0, device) => Some(self.of_device(device, arrival)),
            (user, _) => Some(Node::id(user)),
        }
    }

    fn meant(&self, id: Number, ids: &dyn Texts) -> Vec<Node> {
        let bare = ids.bare(id);
        let first = self.logins.get(&bare).and_then(|logins| logins.first());
        let device = first.map_or(Node::device(bare), |login| Node::id(login.user));
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

    fn hears_every_row(&self) -> bool {
        true
    }
}
