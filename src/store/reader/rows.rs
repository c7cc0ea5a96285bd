//! Rows by their position, as numbers.
//!
//! Their heads come as texts of a hundred rows ([`crate::store::packs`]), and what a row has from
//! its sender is looked up in the senders of all of them, which are neighbours too. A row costs a
//! tenth of a microsecond.

use rusqlite::Row;

use super::Reader;
use crate::model::Millis;
use crate::store::packs::{Head, Pack};
use crate::store::{Error, number};

/// A row of `rows`; 0 stands for no number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thin {
    pub(super) id: i64,
    pub(super) sender: i64,
    pub(super) uid: i64,
    pub(super) t: Millis,
    pub(super) arrived: Millis,
    pub(super) ev: i64,
    pub(super) device: i64,
    pub(super) user: i64,
    pub(super) other: i64,
    pub(super) client: i64,
    pub(super) hash: i64,
    pub(super) file: i64,
    pub(super) line: i64,
    pub(super) nth: i64,
    pub(super) flags: u32,
}

/// Heads that room is made for before there is one.
const MOST: usize = 1 << 16;

/// A row of `senders`; 0 stands for no number.
#[derive(Clone, Copy, Debug)]
pub(super) struct SenderRow {
    id: i64,
    pub(super) uid: i64,
    pub(super) device: i64,
    pub(super) user: i64,
    pub(super) other: i64,
    pub(super) client: i64,
    pub(super) file: i64,
    pub(super) flags: u32,
    /// When all of its rows arrived; `None` where each has a delay of its own.
    pub(super) arrived: Option<Millis>,
}

impl SenderRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let or_none = |column| row.get::<_, Option<i64>>(column).map(Option::unwrap_or_default);
        Ok(Self {
            id: row.get(0)?,
            uid: row.get(1)?,
            device: or_none(2)?,
            user: or_none(3)?,
            other: or_none(4)?,
            client: or_none(5)?,
            file: row.get(6)?,
            flags: row.get(7)?,
            arrived: row.get(8)?,
        })
    }
}

/// Senders that are kept at hand, at most; rows that name more begin with none.
const MOST_SENDERS: usize = 1 << 17;

/// What was made of neighbouring rows of `senders`, for rows that come back to the same ones: fifty
/// thousand devices that take turns are read once in a segment.
pub(super) struct Senders<T> {
    first: i64,
    made: Vec<T>,
}

impl<T> Default for Senders<T> {
    fn default() -> Self {
        Self { first: 0, made: Vec::new() }
    }
}

impl<T> Senders<T> {
    /// The one with number `id`, which `heads` named.
    pub(super) fn of(&self, id: i64) -> Option<&T> {
        self.made.get(usize::try_from(id.checked_sub(self.first)?).ok()?)
    }

    /// Reads the senders that `heads` name and that are not at hand.
    pub(super) fn read(
        &mut self,
        reader: &Reader,
        heads: &[(i64, Head)],
        make: impl FnOnce(&[SenderRow]) -> Result<Vec<T>, Error>,
    ) -> Result<(), Error> {
        let named = heads.iter().map(|(_, head)| head.sender);
        let (Some(first), Some(last)) = (named.clone().min(), named.max()) else { return Ok(()) };
        let mut next = self.first.saturating_add(number::length(self.made.len()));
        if first < self.first || first > next || self.made.len() > MOST_SENDERS {
            self.made.clear();
            (self.first, next) = (first, first);
        }
        if last < next {
            return Ok(());
        }
        let mut rows = reader.senders_between(next, last)?;
        // Senders are numbered without a gap; behind one none is found.
        let whole = rows.iter().zip(next..).take_while(|(row, id)| row.id == *id).count();
        rows.truncate(whole);
        self.made.extend(make(&rows)?);
        Ok(())
    }
}

/// Rows for which room is made before there is one.
fn room(lo: i64, end: i64) -> usize {
    usize::try_from(end.saturating_sub(lo)).unwrap_or(0).min(MOST)
}

/// Reads rows part by part into the same room; the senders of a part can be those of the next.
#[derive(Default)]
pub(super) struct Thins {
    heads: Vec<(i64, Head)>,
    senders: Senders<SenderRow>,
}

impl Thins {
    /// Gives the rows at the positions from `lo` to before `end` to `take`, in their order.
    pub(super) fn read(&mut self, reader: &Reader, lo: i64, end: i64, mut take: impl FnMut(Thin)) -> Result<(), Error> {
        self.heads.clear();
        reader.read_heads(lo, end, None, &mut self.heads)?;
        self.senders.read(reader, &self.heads, |rows| Ok(rows.to_vec()))?;
        for (id, head) in &self.heads {
            let sender = self.senders.of(head.sender).ok_or_else(|| reader.no_sender(*id, head))?;
            take(thin(*id, head, sender));
        }
        Ok(())
    }
}

/// A row with what it has from its sender.
fn thin(id: i64, head: &Head, sender: &SenderRow) -> Thin {
    Thin {
        id,
        sender: head.sender,
        uid: sender.uid,
        t: head.t,
        arrived: sender.arrived.unwrap_or(head.t.wrapping_add(head.delay)),
        ev: head.ev,
        device: sender.device,
        user: sender.user,
        other: sender.other,
        client: sender.client,
        hash: head.hash,
        file: sender.file,
        line: head.line,
        nth: head.nth,
        flags: sender.flags,
    }
}

impl Reader {
    /// The rows at the positions from `lo` to before `end`, in their order.
    pub(super) fn rows_between(&self, lo: i64, end: i64) -> Result<Vec<Thin>, Error> {
        let mut rows = Vec::with_capacity(room(lo, end));
        Thins::default().read(self, lo, end, |row| rows.push(row))?;
        Ok(rows)
    }

    /// Those of them that have one of `events`, which are sorted.
    pub(super) fn events_between(&self, lo: i64, end: i64, events: &[i64]) -> Result<Vec<Thin>, Error> {
        let mut heads = Vec::new();
        self.read_heads(lo, end, Some(events), &mut heads)?;
        let senders = self.senders_of(&heads)?;
        let sender = |id| senders.get(senders.binary_search_by_key(&id, |sender| sender.id).ok()?);
        let rows = heads.iter().map(|(id, head)| {
            let sender = sender(head.sender).ok_or_else(|| self.no_sender(*id, head))?;
            Ok(thin(*id, head, sender))
        });
        rows.collect()
    }

    /// The senders that heads name, by their numbers, and maybe some between them.
    fn senders_of(&self, heads: &[(i64, Head)]) -> Result<Vec<SenderRow>, Error> {
        /// Senders that are read in vain, at most, rather than to ask once more.
        const BETWEEN: i64 = 8;
        let mut named: Vec<i64> = heads.iter().map(|(_, head)| head.sender).collect();
        named.sort_unstable();
        named.dedup();
        let mut senders = Vec::with_capacity(named.len());
        for near in named.chunk_by(|one, next| next.saturating_sub(*one) <= BETWEEN) {
            if let (Some(first), Some(last)) = (near.first(), near.last()) {
                senders.extend(self.senders_between(*first, *last)?);
            }
        }
        Ok(senders)
    }

    /// The senders with the numbers from `first` to `last`, in their order.
    fn senders_between(&self, first: i64, last: i64) -> Result<Vec<SenderRow>, Error> {
        self.ask(|db| {
            db.prepare_cached(
                "SELECT id, uid, device, user, other, client, file, flags, arrived FROM senders
                 WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
            )?
            .query_map([first, last], SenderRow::read)?
            .collect()
        })
    }

    /// The error for the row at position `id`, whose sender is not there.
    pub(super) fn no_sender(&self, id: i64, head: &Head) -> Error {
        self.corrupt(format!("it has no sender {}, which row {id} names", head.sender))
    }

    /// The heads of the rows at the positions from `lo` to before `end`, in their order.
    pub(super) fn heads_between(&self, lo: i64, end: i64) -> Result<Vec<(i64, Head)>, Error> {
        let mut heads = Vec::with_capacity(room(lo, end));
        self.read_heads(lo, end, None, &mut heads)?;
        Ok(heads)
    }

    /// Puts the heads of the rows at the positions from `lo` to before `end` behind `heads`; of `events` only, which
    /// are sorted, where they are given.
    fn read_heads(&self, lo: i64, end: i64, events: Option<&[i64]>, heads: &mut Vec<(i64, Head)>) -> Result<(), Error> {
        let mut read = Vec::new();
        let damage = self.ask(|db| {
            let mut select = db.prepare_cached(
                "SELECT id, n, t, unit, sender, line, rows, sum FROM packs
                 WHERE id >= coalesce((SELECT max(id) FROM packs WHERE id <= ?1), ?1) AND id < ?2 ORDER BY id",
            )?;
            let mut packs = select.query([lo, end])?;
            while let Some(pack) = packs.next()? {
                let pack = Pack::of(pack)?;
                let Pack { first, n, base, text, sum } = pack;
                if !pack.is_whole() {
                    return Ok(Some(format!("from {first} on are not those that were written")));
                }
                let is_placed = |(id, _): &(i64, Head)| (lo..end).contains(id);
                let found = match events.filter(|_| sum.is_some()) {
                    None => {
                        read.clear();
                        base.read_into(text, &mut read).map(|()| {
                            let is_asked =
                                |head: &Head| events.is_none_or(|events| events.binary_search(&head.ev).is_ok());
                            let placed = (first..).zip(read.iter().copied()).filter(is_placed);
                            heads.extend(placed.filter(|(_, head)| is_asked(head)));
                            number::length(read.len())
                        })
                    }
                    Some(events) => base.read_of(text, events).map(|(read, found)| {
                        let placed = read.into_iter().map(|(place, head)| (first.saturating_add(place), head));
                        heads.extend(placed.filter(is_placed));
                        found
                    }),
                };
                match found {
                    Ok(found) if found == n => {}
                    Ok(found) => return Ok(Some(format!("from {first} on are {found}, not {n}"))),
                    Err(what) => return Ok(Some(format!("from {first} on make no sense: {what}"))),
                }
            }
            Ok(None)
        })?;
        match damage {
            Some(what) => Err(self.corrupt(format!("the heads of the rows {what}"))),
            None => Ok(()),
        }
    }

    /// Where the rows of the id with this number are in each segment, in their order: the position
    /// of the first, and how many.
    pub(super) fn runs_of(&self, uid: i64) -> Result<Vec<(i64, i64)>, Error> {
        self.ask(|db| {
            db.prepare_cached("SELECT lo, n FROM runs WHERE uid = ?1 ORDER BY seg")?
                .query_map([uid], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
    }
}
