//! What the rows of one id add up to.

use std::collections::{HashMap, HashSet};

use rustc_hash::FxHashMap;

use crate::identity::{Marks, RuleSet, Split, Sums, Thresholds, Way};
use crate::model::facts::Arrival;
use crate::model::scan::SweptRow;
use crate::model::{Flags, Millis};

/// What the sums need to know of the numbers in a row.
pub(in crate::inspect) struct Names<'a> {
    /// Numbers of the names of `$identify`.
    pub(in crate::inspect) identify: Vec<i64>,
    /// Place of each file in the order of files.
    pub(in crate::inspect) ranks: &'a FxHashMap<i64, u32>,
    /// The numbers that findings rest on.
    pub(in crate::inspect) thresholds: &'a Thresholds,
}

/// The sums of the rows of the id with number `uid`, deliveries of one row counted once.
pub(super) fn of(uid: i64, rows: &[SweptRow], way: Option<&Way>, rules: RuleSet, names: &Names<'_>) -> Sums {
    let mut sums = Sums::default();
    let mut sender = (0, false, Marks::default());
    each_once(rows, way, rules, names, &mut |row, split| {
        sums.rows += 1;
        let is_identify = names.identify.contains(&row.event);
        if (sender.0, sender.1) != (row.sender, is_identify) {
            // Each text has one number.
            let ids = [uid, row.other, row.user, row.device].map(|number| (number != 0).then_some(number));
            sender = (row.sender, is_identify, Marks::of_sender(row.flags, is_identify, ids));
        }
        let marks = sender.2;
        let since = &mut sums.since;
        add(marks.number, row.time, &mut sums.numbers, &mut since.numbers);
        add(marks.itself, row.time, &mut sums.itself, &mut since.itself);
        add(marks.device_user, row.time, &mut sums.device_user, &mut since.device_user);
        let is_impossible = Marks::is_impossible(row.time, row.arrived, row.flags, names.thresholds);
        add(is_impossible, row.arrived, &mut sums.impossible, &mut since.impossible);
        add_split(split, row.time, &mut sums);
    });
    sums
}

/// Counts a row that is split as `split` says.
pub(super) fn add_split(split: Option<Split>, time: Millis, sums: &mut Sums) {
    let since = &mut sums.since;
    match split {
        Some(Split::Race) => add(true, time, &mut sums.race, &mut since.race),
        Some(Split::History) => add(true, time, &mut sums.history, &mut since.history),
        None => {}
    }
}

/// Calls `each` with every row of an id, deliveries of one row once, and how it is split.
pub(super) fn each_once(
    rows: &[SweptRow],
    way: Option<&Way>,
    rules: RuleSet,
    names: &Names<'_>,
    each: &mut dyn FnMut(&SweptRow, Option<Split>),
) {
    let copies = copies(rows, names);
    for (at, row) in rows.iter().enumerate() {
        if copies.is_empty() || !copies.contains(&at) {
            each(row, way.and_then(|way| rules.split(way, row.time, arrival(row, names))));
        }
    }
}

/// Counts a row, and keeps the earliest time.
fn add(is: bool, time: Millis, count: &mut u64, since: &mut Option<Millis>) {
    if is {
        *count += 1;
        *since = (*since).into_iter().chain([time]).min();
    }
}

pub(in crate::inspect) fn arrival(row: &SweptRow, names: &Names<'_>) -> Arrival {
    let rank = names.ranks.get(&row.file).copied().unwrap_or_default();
    Arrival { at: row.arrived, rank, line: u64::try_from(row.line).unwrap_or(0), row: row.row }
}

/// Rows of one time that are compared one by one.
const FEW: usize = 16;

/// Whether some of these rows can be deliveries of one row, which have one time. Rows of a run are in order of time,
/// and hardly any share it.
fn can_have_copies(rows: &[SweptRow]) -> bool {
    if !rows.is_sorted_by_key(|row| row.time) {
        return true;
    }
    let of_a_time = rows.chunk_by(|one, other| one.time == other.time);
    of_a_time.filter(|group| group.len() > 1).any(|group| {
        let has_equal = |(at, row): (usize, &SweptRow)| group.iter().take(at).any(|before| before.hash == row.hash);
        group.len() > FEW || group.iter().enumerate().any(has_equal)
    })
}

/// Indexes of rows that are other deliveries of a row before them in order of arrival: those with
/// an `$insert_id` that are equal, and those without that stand in another file.
pub(in crate::inspect) fn copies(rows: &[SweptRow], names: &Names<'_>) -> HashSet<usize> {
    if !can_have_copies(rows) {
        return HashSet::new();
    }
    let mut hashes: Vec<(i64, usize)> = rows.iter().enumerate().map(|(at, row)| (row.hash, at)).collect();
    hashes.sort_unstable();
    let mut copies = HashSet::new();
    for group in hashes.chunk_by(|(one, _), (other, _)| one == other).filter(|group| group.len() > 1) {
        let mut group: Vec<(Arrival, usize, &SweptRow)> =
            group.iter().filter_map(|(_, at)| rows.get(*at).map(|row| (arrival(row, names), *at, row))).collect();
        group.sort_unstable_by_key(|(arrival, at, _)| (*arrival, *at));
        let mut in_file: HashMap<i64, u32> = HashMap::new();
        let mut kept: HashSet<u32> = HashSet::new();
        for (_, at, row) in group {
            let occurrence = if row.flags.has(Flags::HAS_INSERT_ID) {
                0
            } else {
                let count = in_file.entry(row.file).or_default();
                *count += 1;
                *count
            };
            if !kept.insert(occurrence) {
                copies.insert(at);
            }
        }
    }
    copies
}
