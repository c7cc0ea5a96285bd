//! The rows of every id added up, in a thread of its own while the next ones are read.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use rustc_hash::FxHashMap;

use super::super::{Error, Scan, Sweep};
use super::MOST_LOOSE;
use super::sums::{self, Names};
use crate::identity::{Marks, RuleSet, Sums, Thresholds, Way};
use crate::model::scan::SweptRow;
use crate::model::threads::join;
use crate::model::{Client, Millis, NumberedTexts, VerbKind};

/// Rows that are handed over at once.
const BATCH: usize = 1 << 13;

/// Batches that wait, at most.
const WAITING: usize = 4;

/// What is known of an id from its rows.
#[derive(Clone, Copy, Default)]
pub(super) struct Seen {
    pub(super) rows: u32,
    pub(super) bits: u8,
}

/// A row names the id as its own `$user_id`.
pub(super) const OWN_USER: u8 = 1;
/// A server library sent a row of it.
pub(super) const SERVER: u8 = 2;
/// Another program did.
pub(super) const CLIENT: u8 = 4;
/// Its sums are more than a number of rows.
pub(super) const HAS_MORE: u8 = 8;

/// What the rows of all ids add up to.
#[derive(Default)]
pub(super) struct Summed {
    /// By the number of each id.
    pub(super) seen: Vec<Seen>,
    /// Sums that are more than a number of rows.
    pub(super) sums: FxHashMap<u32, Sums>,
    /// Rows, deliveries counted once.
    pub(super) events: u64,
    /// Rows without an id among them.
    pub(super) without_id: u64,
    /// Rows without an event name.
    pub(super) without_name: u64,
    /// The first of them that were read, with the numbers of their ids.
    pub(super) nameless: Vec<(i64, SweptRow)>,
    /// When the first and the last row happened whose time can be right.
    pub(super) span: Option<(Millis, Millis)>,
}

/// What the sums are made by.
pub(super) struct Given<'a> {
    pub(super) rules: RuleSet,
    pub(super) thresholds: &'a Thresholds,
    pub(super) texts: &'a NumberedTexts,
    pub(super) placeholders: &'a [bool],
    pub(super) ways: FxHashMap<i64, Way>,
}

/// What the source says of its numbers.
struct Numbers {
    ranks: FxHashMap<i64, u32>,
    identify: Vec<i64>,
    /// Names that are no text.
    empty: Vec<i64>,
    /// Names of server libraries.
    servers: Vec<i64>,
}

/// Rows of some ids.
#[derive(Default)]
struct Batch {
    /// The number of an id, and how many of `rows` are of it.
    ids: Vec<(i64, usize)>,
    rows: Vec<SweptRow>,
}

/// Reads the rows of every id and adds them up; whether it came to the end.
pub(super) fn read(
    reader: &dyn Sweep,
    given: &Given<'_>,
    go_on: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<(Summed, bool), Error> {
    let names = reader.scan().map(Scan::names).transpose()?.unwrap_or_default();
    let is = |test: &dyn Fn(&str) -> bool| names.iter().filter(|(_, name)| test(name)).map(|(at, _)| *at).collect();
    let numbers = Numbers {
        ranks: reader.file_ranks()?.into_iter().collect(),
        identify: reader.names_of(VerbKind::Identify)?,
        empty: is(&str::is_empty),
        servers: is(&|name| Client::from_text(name).is_server()),
    };
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel::<Batch>(WAITING);
        let helper = scope.spawn(|| {
            let mut summed = Summed { seen: vec![Seen::default(); given.placeholders.len()], ..Summed::default() };
            let text = |number: i64| given.texts.of(number);
            let names = Names {
                identify: numbers.identify.clone(),
                ranks: &numbers.ranks,
                thresholds: given.thresholds,
                text: &text,
            };
            for batch in receiver {
                let mut rest = &*batch.rows;
                for (uid, rows) in batch.ids {
                    let (own, later) = rest.split_at(rows.min(rest.len()));
                    summed.add(uid, own, given, (&names, &numbers));
                    rest = later;
                }
            }
            summed
        });
        let read = hand_over(reader, sender, go_on);
        let summed = join(helper);
        read.map(|complete| (summed, complete))
    })
}

/// Gives all rows to the helper. It ends when the sender is dropped.
fn hand_over(
    reader: &dyn Sweep,
    sender: SyncSender<Batch>,
    go_on: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<bool, Error> {
    let sender = sender;
    let mut batch = Batch::default();
    // A helper that is gone has panicked, which goes on where it is joined.
    let send = |batch: Batch| drop(sender.send(batch));
    let complete = reader.sweep_rows(
        &mut |uid, rows| {
            // The rows of a large id change hands as they are.
            if rows.len() >= BATCH {
                send(std::mem::take(&mut batch));
                send(Batch { ids: vec![(uid, rows.len())], rows: std::mem::take(rows) });
                return;
            }
            batch.ids.push((uid, rows.len()));
            batch.rows.extend_from_slice(rows);
            if batch.rows.len() >= BATCH {
                send(std::mem::take(&mut batch));
            }
        },
        go_on,
    );
    send(batch);
    complete
}

impl Summed {
    fn add(&mut self, uid: i64, rows: &[SweptRow], given: &Given<'_>, (names, numbers): (&Names<'_>, &Numbers)) {
        let mut sums = sums::of(uid, rows, given.ways.get(&uid), given.rules, names);
        if !numbers.empty.is_empty() {
            for row in rows.iter().filter(|row| numbers.empty.contains(&row.event)) {
                self.without_name += 1;
                if self.nameless.len() < MOST_LOOSE {
                    self.nameless.push((uid, *row));
                }
            }
        }
        self.events += sums.rows;
        let at = usize::try_from(uid).unwrap_or(0);
        if at == 0 {
            self.without_id += sums.rows;
            return;
        }
        if given.placeholders.get(at).copied().unwrap_or(false) {
            sums.devices = sums::devices(rows);
            sums.since.any = rows.iter().map(|row| row.time).min();
        }
        // An id that is always a number is one id.
        if sums.numbers == sums.rows {
            (sums.numbers, sums.since.numbers) = (0, None);
        }
        let mut bits = 0;
        let mut client = 0;
        for row in rows {
            if !Marks::is_impossible(row.time, row.arrived, row.flags, given.thresholds) {
                let (first, last) = self.span.get_or_insert((row.time, row.time));
                (*first, *last) = (row.time.min(*first), row.time.max(*last));
            }
            if row.user == uid {
                bits |= OWN_USER;
            }
            // The next row of a client says nothing new.
            if row.client != client && row.client != 0 {
                client = row.client;
                bits |= if numbers.servers.contains(&client) { SERVER } else { CLIENT };
            }
        }
        if sums != (Sums { rows: sums.rows, ..Sums::default() }) {
            bits |= HAS_MORE;
            self.sums.insert(u32::try_from(uid).unwrap_or(u32::MAX), sums);
        }
        if let Some(seen) = self.seen.get_mut(at) {
            *seen = Seen { rows: u32::try_from(sums.rows).unwrap_or(u32::MAX), bits };
        }
    }
}
