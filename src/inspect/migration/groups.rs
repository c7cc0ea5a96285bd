//! The rows of a store, grouped by the ids that they were sent with.

use rustc_hash::{FxHashMap, FxHashSet};

use super::ids::{Ids, number};
use crate::identity::merging::system::{Node, Number, Sent, Texts};
use crate::identity::{Table, Thresholds};
use crate::inspect::check::sums::{Names, arrival, copies};
use crate::inspect::{Error, Sweep};
use crate::model::facts::Arrival;
use crate::model::scan::{SweptLink, SweptRow};
use crate::model::{Id, LinkKind, VerbKind};

/// Rows of one id that were sent with the same ids, deliveries of one row counted once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    pub(super) sent: Sent,
    pub(super) rows: u32,
    /// The first of them to arrive.
    pub(super) first: Arrival,
    /// The id that the legacy rules store them under.
    pub(super) stored_under: Node,
    /// Number of the name of the program that sent the first of them.
    pub(super) client: Number,
}

/// All groups.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub(super) all: Vec<Group>,
    /// Rows without an id.
    pub(super) without_id: u64,
    /// Whether all rows were read.
    pub(super) complete: bool,
    /// Numbers of rows of calls, by place and by the other id that they name.
    calls: FxHashMap<(u32, u64, Number), i64>,
}

impl Groups {
    /// Reads the rows. With `every`, rows of a device that is `shared` by several users are a group each.
    pub(super) fn read(
        reader: &dyn Sweep,
        ids: &Ids,
        ranks: &FxHashMap<i64, u32>,
        shared: &FxHashSet<i64>,
        table: &Table,
        every: bool,
        go_on: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<Self, Error> {
        let mut about_ids: FxHashSet<i64> = FxHashSet::default();
        for verb in VerbKind::ALL.into_iter().filter(|verb| verb.is_about_ids()) {
            about_ids.extend(reader.names_of(verb)?);
        }
        let names = Names { identify: Vec::new(), ranks, thresholds: &Thresholds::DEFAULT };
        let mut groups = Self::default();
        let mut of_id: FxHashMap<(Sent, Node), usize> = FxHashMap::default();
        let mut add = |uid: i64, rows: &mut Vec<SweptRow>| {
            let copies = copies(rows, &names);
            if uid == 0 {
                groups.without_id += (rows.len() - copies.len()) as u64;
                return;
            }
            of_id.clear();
            let id = ids.id(number(uid)).filter(|id| table.entry(id).is_some());
            let mut last: Option<(Sent, Node, usize)> = None;
            for (at, row) in rows.iter().enumerate() {
                if !copies.is_empty() && copies.contains(&at) {
                    continue;
                }
                let arrival = arrival(row, &names);
                let is_call = about_ids.contains(&row.event);
                let (device, user) = (number(row.device), number(row.user));
                let sent = Sent { id: number(uid), device, user, is_call };
                if is_call {
                    groups.calls.insert((arrival.rank, arrival.line, number(row.other)), arrival.row);
                }
                let stored_under = id.as_ref().map_or(Node::id(number(uid)), |id| stored(table, ids, id, arrival));
                // Where a row names no device, its id or its user can be one.
                let is_shared = |named: Number| named != 0 && shared.contains(&i64::from(ids.bare(named)));
                let is_alone = every && [device, user, number(uid)].into_iter().any(is_shared);
                let known = match last {
                    Some((same, under, at)) if (same, under) == (sent, stored_under) => Some(at),
                    _ => of_id.get(&(sent, stored_under)).copied(),
                };
                if let Some(group) = known.filter(|_| !is_alone).and_then(|at| groups.all.get_mut(at)) {
                    group.rows += 1;
                    group.first = group.first.min(arrival);
                } else {
                    of_id.insert((sent, stored_under), groups.all.len());
                    let client = number(row.client);
                    groups.all.push(Group { sent, rows: 1, first: arrival, stored_under, client });
                }
                last = of_id.get(&(sent, stored_under)).map(|at| (sent, stored_under, *at));
            }
        };
        let complete = reader.sweep_rows(&mut add, go_on)?;
        groups.complete = complete;
        Ok(groups)
    }

    /// Number of the row of a call; before all rows of its line where it is not known.
    pub(super) fn row_of(&self, rank: u32, line: u64, other: Number) -> i64 {
        self.calls.get(&(rank, line, other)).copied().unwrap_or(i64::MIN)
    }
}

/// The id that a row of an alias is stored under.
fn stored(table: &Table, ids: &Ids, id: &Id, arrival: Arrival) -> Node {
    let way = table.way(id);
    let stored = table.stored_under(id, &way, arrival);
    Node::id(ids.number_of(stored).unwrap_or(0))
}

/// Numbers of devices with several users.
pub(super) fn shared_devices(links: &[SweptLink]) -> FxHashSet<i64> {
    let mut first: FxHashMap<i64, i64> = FxHashMap::default();
    let mut shared = FxHashSet::default();
    for link in links {
        let is_user = matches!(link.kind, LinkKind::UserDevice | LinkKind::IdDevice | LinkKind::PersistedDevice);
        if is_user && *first.entry(link.b).or_insert(link.a) != link.a {
            shared.insert(link.b);
        }
    }
    shared
}
