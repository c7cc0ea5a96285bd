//! Properties of rows, which lie in packed blocks of neighbouring rows.
//!
//! What costs is unpacking: 128 KiB in about 0.1 ms. So the rows asked for are put in the order
//! of the store and each block is unpacked once. Where there are many, other threads unpack
//! while this one reads ([`Reader::for_each_properties`]).

use std::mem;
use std::num::NonZero;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use rusqlite::{Connection, OptionalExtension};
use zstd::bulk::Decompressor;

use super::Reader;
use crate::model::threads::join;
use crate::store::packs::Sums;
use crate::store::writer::pieces;
use crate::store::{Error, number};

/// Blocks from which on other threads help: below, starting them costs more.
const MANY_BLOCKS: usize = 8;

/// Threads that help, at most; one thread cannot read for more.
const HELPERS: usize = 3;

/// Blocks that wait for each helper.
const WAITING: usize = 4;

/// Unpacked bytes that are made room for at once; what claims to be longer grows as it comes.
const TRUSTED: u64 = 64 << 20;

impl Reader {
    /// Properties of rows as JSON text, in the order asked. Rows of one block cost one
    /// decompression.
    ///
    /// # Errors
    /// [`Error::Missing`] for a row that the store does not have.
    pub fn properties(&self, rows: &[i64]) -> Result<Vec<String>, Error> {
        self.at_one_moment(|_| {
            let wanted = Wanted::of(rows);
            let mut found = vec![String::new(); rows.len()];
            let mut unpacker = Unpacker::new();
            let mut done = 0;
            while let Some(packed) = self.next_block(&wanted, &mut done)? {
                let texts = unpacker.unpack(&packed).map_err(|what| self.corrupt(what))?;
                for (position, place) in wanted.of_block(&packed) {
                    let text = texts.get(*position).ok_or_else(|| self.no_row(*position))?;
                    if let Some(found) = found.get_mut(*place) {
                        text.clone_into(found);
                    }
                }
            }
            Ok(found)
        })
    }

    /// Calls `each` with the place of every row in `rows` and its properties as JSON text, in no
    /// order, from several threads at a time. Each block is unpacked once, and nothing of it is kept: this is how a
    /// filter looks through all rows of a journey.
    ///
    /// It ends early, with [`Error::Cancelled`], when no one needs the answer any more
    /// ([`Reader::on_progress`]).
    ///
    /// # Errors
    /// [`Error::Missing`] for a row that the store does not have.
    pub fn for_each_properties(&self, rows: &[i64], each: &(dyn Fn(usize, &str) + Sync)) -> Result<(), Error> {
        self.at_one_moment(|_| {
            let wanted = Wanted::of(rows);
            let visit = Visit { wanted: &wanted, each };
            let helpers = thread::available_parallelism().map_or(1, NonZero::get).saturating_sub(1).min(HELPERS);
            // A block has 150 rows of an ordinary size.
            if helpers == 0 || rows.len() < MANY_BLOCKS * 150 {
                let mut unpacker = Unpacker::new();
                return self.each_block(&wanted, |packed| {
                    visit.block(&mut unpacker, &packed).map_err(|failed| self.explain(failed))
                });
            }
            let (sender, receiver) = sync_channel(helpers * WAITING);
            let receiver = Mutex::new(receiver);
            let failed = AtomicBool::new(false);
            thread::scope(|scope| {
                let help = || help(&receiver, &visit, &failed);
                let helpers: Vec<_> = (0..helpers).map(|_| scope.spawn(help)).collect();
                let read = self.share(&wanted, &visit, sender, &failed);
                let helped: Vec<Option<Failed>> = helpers.into_iter().map(join).collect();
                // Another thread's mistake made this one stop, so it goes first.
                let helped = helped.into_iter().flatten().map(|failed| self.explain(failed)).next();
                helped.map_or(read, Err)
            })
        })
    }

    /// Reads blocks and hands them to an idle thread; unpacks one itself when no thread is idle.
    fn share(
        &self,
        wanted: &Wanted,
        visit: &Visit<'_>,
        sender: SyncSender<Packed>,
        failed: &AtomicBool,
    ) -> Result<(), Error> {
        let mut unpacker = Unpacker::new();
        let sender = sender;
        self.each_block(wanted, |packed| {
            if failed.load(Ordering::Relaxed) {
                return Err(Error::Cancelled);
            }
            match sender.try_send(packed) {
                Ok(()) => Ok(()),
                Err(TrySendError::Full(packed) | TrySendError::Disconnected(packed)) => {
                    visit.block(&mut unpacker, &packed).map_err(|failed| self.explain(failed))
                }
            }
        })
    }

    fn each_block(&self, wanted: &Wanted, mut take: impl FnMut(Packed) -> Result<(), Error>) -> Result<(), Error> {
        let mut done = 0;
        while let Some(packed) = self.next_block(wanted, &mut done)? {
            self.go_on()?;
            take(packed)?;
        }
        Ok(())
    }

    /// The block of the first wanted row that is not `done`; `None` after the last.
    fn next_block(&self, wanted: &Wanted, done: &mut usize) -> Result<Option<Packed>, Error> {
        let Some((position, _)) = wanted.0.get(*done).copied() else { return Ok(None) };
        let found = self.ask(|db| block(db, position, Sums::Kept))?;
        let (lo, n, z) =
            found.filter(|(lo, n, _)| position < lo.saturating_add(*n)).ok_or_else(|| self.no_row(position))?;
        let rest = wanted.0.get(*done..).unwrap_or_default();
        let end = *done + rest.partition_point(|(position, _)| *position < lo.saturating_add(n));
        let packed = Packed { lo, n, z, wanted: *done..end };
        *done = end;
        Ok(Some(packed))
    }

    /// The properties of one row, from the block that `unpacker` has if it is in there; `None`
    /// for a row that the store does not have.
    pub(super) fn properties_by(&self, unpacker: &mut Unpacker, position: i64) -> Result<Option<String>, Error> {
        if let Some(text) = unpacker.texts().get(position) {
            return Ok(Some(text.to_owned()));
        }
        let wanted = Wanted(vec![(position, 0)]);
        let packed = match self.next_block(&wanted, &mut 0) {
            Ok(Some(packed)) => packed,
            Ok(None) | Err(Error::Missing { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let texts = unpacker.unpack(&packed).map_err(|what| self.corrupt(what))?;
        Ok(texts.get(position).map(str::to_owned))
    }

    fn explain(&self, failed: Failed) -> Error {
        match failed {
            Failed::NoRow(position) => self.no_row(position),
            Failed::Damaged(what) => self.corrupt(what),
        }
    }

    pub(super) fn no_row(&self, position: i64) -> Error {
        Error::Missing { path: self.path.clone(), what: format!("row {position}") }
    }
}

/// The block that begins at `position` or before: its first row, number of rows and frame, which
/// is empty where pieces are missing or are not those that were written.
pub(in crate::store) fn block(
    db: &Connection,
    position: i64,
    sums: Sums,
) -> rusqlite::Result<Option<(i64, i64, Vec<u8>)>> {
    let select = match sums {
        Sums::Kept => "SELECT id, n, piece, at, bytes, sum FROM blocks WHERE id <= ?1 ORDER BY id DESC LIMIT 1",
        Sums::None => "SELECT id, n, piece, at, bytes, NULL FROM blocks WHERE id <= ?1 ORDER BY id DESC LIMIT 1",
    };
    let found: Option<(i64, i64, i64, u32, u32, Option<i64>)> = db
        .prepare_cached(select)?
        .query_row([position], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)))
        .optional()?;
    let Some((lo, n, piece, at, bytes, sum)) = found else { return Ok(None) };
    let usize = |number| usize::try_from(number).unwrap_or(usize::MAX);
    let (mut at, bytes) = (usize(at), usize(bytes));
    let mut frame = Vec::new();
    let mut select = db.prepare_cached("SELECT z FROM pieces WHERE id >= ?1 ORDER BY id")?;
    let mut pieces = select.query([piece])?;
    while frame.len() < bytes
        && let Some(piece) = pieces.next()?
    {
        let piece = piece.get_ref(0)?.as_blob()?.get(at..).unwrap_or_default();
        frame.extend_from_slice(piece.get(..bytes - frame.len()).unwrap_or(piece));
        at = 0;
    }
    if frame.len() < bytes || sum.is_some_and(|sum| sum != pieces::sum(lo, n, &frame)) {
        frame.clear();
    }
    Ok(Some((lo, n, frame)))
}

/// Positions of rows in their order, each with its place among the rows asked for.
struct Wanted(Vec<(i64, usize)>);

impl Wanted {
    fn of(rows: &[i64]) -> Self {
        let mut wanted: Vec<(i64, usize)> = rows.iter().map(|row| number::position(*row)).zip(0..).collect();
        wanted.sort_unstable();
        Self(wanted)
    }

    fn of_block(&self, packed: &Packed) -> &[(i64, usize)] {
        self.0.get(packed.wanted.clone()).unwrap_or_default()
    }
}

/// A block as it is stored.
struct Packed {
    /// Position of its first row.
    lo: i64,
    /// Number of its rows.
    n: i64,
    z: Vec<u8>,
    /// The wanted rows that it has.
    wanted: Range<usize>,
}

/// What can go wrong with a block that was read.
enum Failed {
    NoRow(i64),
    Damaged(String),
}

/// What is to be done with each row.
struct Visit<'a> {
    wanted: &'a Wanted,
    each: &'a (dyn Fn(usize, &str) + Sync),
}

impl Visit<'_> {
    fn block(&self, unpacker: &mut Unpacker, packed: &Packed) -> Result<(), Failed> {
        let texts = unpacker.unpack(packed).map_err(Failed::Damaged)?;
        for (position, place) in self.wanted.of_block(packed) {
            let text = texts.get(*position).ok_or(Failed::NoRow(*position))?;
            (self.each)(*place, text);
        }
        Ok(())
    }
}

/// Unpacks what comes until nothing more can come; gives what went wrong.
fn help(receiver: &Mutex<Receiver<Packed>>, visit: &Visit<'_>, failed: &AtomicBool) -> Option<Failed> {
    let mut unpacker = Unpacker::new();
    loop {
        let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(packed) = next else { return None };
        if let Err(error) = visit.block(&mut unpacker, &packed) {
            failed.store(true, Ordering::Relaxed);
            return Some(error);
        }
    }
}

/// Unpacks blocks one after the other into the same room, where the last one stays.
pub(super) struct Unpacker {
    zstd: Option<Decompressor<'static>>,
    room: Vec<u8>,
    /// Position of the first row of the block.
    lo: i64,
    text: String,
    /// Where the text of each row ends.
    ends: Vec<usize>,
}

impl Unpacker {
    pub(super) fn new() -> Self {
        Self { zstd: Decompressor::new().ok(), room: Vec::new(), lo: 0, text: String::new(), ends: Vec::new() }
    }

    /// The texts of a block; the error says what is wrong with it.
    fn unpack(&mut self, packed: &Packed) -> Result<Texts<'_>, String> {
        let Packed { lo, n, z, .. } = packed;
        let damaged = || format!("the properties of the rows from {lo} on cannot be unpacked");
        self.ends.clear();
        let mut room = mem::take(&mut self.room);
        let length = zstd::zstd_safe::get_frame_content_size(z).ok().flatten().filter(|length| *length <= TRUSTED);
        match (&mut self.zstd, length.and_then(|length| usize::try_from(length).ok())) {
            (Some(zstd), Some(length)) => {
                room.clear();
                room.reserve(length);
                zstd.decompress_to_buffer(z, &mut room).map_err(|_| damaged())?;
            }
            _ => room = zstd::decode_all(z.as_slice()).map_err(|_| damaged())?,
        }
        let text = String::from_utf8(room).map_err(|_| damaged())?;
        // The room of the block before is that of the next.
        self.room = mem::replace(&mut self.text, text).into_bytes();
        self.lo = *lo;
        self.ends.extend(memchr::memchr_iter(b'\n', self.text.as_bytes()));
        self.ends.push(self.text.len());
        if self.ends.len() != usize::try_from(*n).unwrap_or(0) {
            self.ends.clear();
            return Err(format!("the properties of the rows from {lo} on are not {n}"));
        }
        Ok(self.texts())
    }

    /// The texts of the block that was unpacked last.
    fn texts(&self) -> Texts<'_> {
        Texts { lo: self.lo, text: &self.text, ends: &self.ends }
    }
}

/// Properties of neighbouring rows.
struct Texts<'u> {
    /// Position of the first.
    lo: i64,
    text: &'u str,
    /// Where the text of each ends.
    ends: &'u [usize],
}

impl<'u> Texts<'u> {
    fn get(&self, position: i64) -> Option<&'u str> {
        let at = usize::try_from(position.checked_sub(self.lo)?).ok()?;
        let start = match at.checked_sub(1) {
            Some(before) => self.ends.get(before)? + 1,
            None => 0,
        };
        self.text.get(start..*self.ends.get(at)?)
    }
}
