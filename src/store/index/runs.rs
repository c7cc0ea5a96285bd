//! What the rows of each id in a segment add up to, so that a look over every user need not read them.
//!
//! Facts only: how many rows, when, from which clients, what was paid, and some bits of the hash of each row,
//! by which other deliveries in other segments are found. What follows from them, who looks decides. A run
//! whose rows show more than that says so, and is read.
//!
//! It is the part with the last number in the index of a segment. Segments that were indexed before there was
//! such a part get it at the next import; until then all of their rows are read.

use rusqlite::Connection;

use super::Index;
use super::table::{self, SUMS, damaged};
use super::varint::{put, put_signed, take, take_signed};
use crate::model::money;
use crate::model::scan::{self, KnownRun, SweptRun, short_hash};
use crate::model::{Flags, Millis, VerbKind};
use crate::store::number;
use crate::store::packs::{Head, Pack};

/// The number of this form: another where these bytes mean something else.
const FORM: u8 = 1;

/// A row shows something by itself.
const SHOWS: u8 = 1;
/// A row names the id as its own user.
const OWN_USER: u8 = 2;

/// A row that says what was paid: its place among all of the segment, how many millionths, in which currency.
pub(super) type Paid = (usize, i128, String);

/// What is written of runs, and of amounts in the rows of a segment.
#[derive(Clone, Debug)]
pub(in crate::store) struct Runs {
    lo: i64,
    runs: Vec<KnownRun>,
}

/// A row with what it has from its sender.
pub(super) struct Row {
    id: i64,
    head: Head,
    sender: Sender,
}

impl Row {
    /// What deliveries of one row have in common.
    pub(super) fn hash(&self) -> i64 {
        number::hash_at(self.head.hash, self.head.t)
    }

    /// Whether it has an `$insert_id`.
    pub(super) fn has_insert_id(&self) -> bool {
        self.sender.flags.has(Flags::HAS_INSERT_ID)
    }
}

/// A row of `senders`; 0 stands for no number.
#[derive(Clone, Copy)]
struct Sender {
    uid: i64,
    device: i64,
    user: i64,
    other: i64,
    client: i64,
    flags: Flags,
    arrived: Option<Millis>,
}

/// The names that say something of a row.
struct Names {
    identify: Vec<i64>,
    empty: Vec<i64>,
}

impl Runs {
    /// Those of the segment with `rows` rows from `lo` on; `None` where a row cannot be read, which is found when
    /// it is asked for.
    pub(super) fn read(db: &Connection, lo: i64, rows: i64) -> rusqlite::Result<Option<Self>> {
        let Some(rows) = read_rows(db, lo, rows)? else { return Ok(None) };
        let numbers = |sql: &str| -> rusqlite::Result<Vec<i64>> {
            db.prepare_cached(sql)?.query_map([], |row| row.get(0))?.collect()
        };
        let identify = VerbKind::Identify.number();
        let names = Names {
            identify: numbers(&format!("SELECT id FROM names WHERE verb = {identify}"))?,
            empty: numbers("SELECT id FROM names WHERE name = ''")?,
        };
        let runs = rows.chunk_by(|one, next| one.sender.uid == next.sender.uid).filter_map(|run| known(run, &names));
        Ok(Some(Self { lo, runs: runs.collect() }))
    }

    /// The bytes of them with the amounts of rows, each with its place among all; `None` where a number is too large.
    pub(super) fn write(&self, paid: &[Paid]) -> Option<Vec<u8>> {
        let mut bytes = vec![FORM, money::FORM];
        let mut currencies: Vec<&str> = paid.iter().map(|(.., currency)| currency.as_str()).collect();
        currencies.sort_unstable();
        currencies.dedup();
        put(&mut bytes, currencies.len() as u64);
        for currency in &currencies {
            put(&mut bytes, currency.len() as u64);
            bytes.extend_from_slice(currency.as_bytes());
        }
        let base = self.runs.first().map_or(0, |run| run.run.earliest);
        put_signed(&mut bytes, base);
        let (mut before, mut paid) = (0_i64, paid);
        for known in &self.runs {
            let run = &known.run;
            put_signed(&mut bytes, run.id.wrapping_sub(before));
            before = run.id;
            put(&mut bytes, number::from_sql(run.rows));
            bytes.push(if known.shows { SHOWS } else { 0 } | if known.is_own_user { OWN_USER } else { 0 });
            put(&mut bytes, known.copies);
            put_signed(&mut bytes, run.earliest.wrapping_sub(base));
            put_signed(&mut bytes, run.latest.wrapping_sub(run.earliest));
            put_signed(&mut bytes, known.arrived.wrapping_sub(run.earliest));
            put(&mut bytes, known.ahead);
            put(&mut bytes, known.clients.len() as u64);
            known.clients.iter().for_each(|client| put_signed(&mut bytes, *client));
            let (first, end) = (run.first - self.lo, run.first - self.lo + run.rows);
            let own = paid.partition_point(|(at, ..)| number::length(*at) < end);
            let (own, later) = paid.split_at(own);
            paid = later;
            put(&mut bytes, own.len() as u64);
            for (at, micros, currency) in own {
                put_signed(&mut bytes, number::length(*at) - first);
                put(&mut bytes, currencies.binary_search(&currency.as_str()).ok()? as u64);
                put_signed(&mut bytes, i64::try_from(*micros).ok()?);
            }
            known.hashes.iter().for_each(|hash| bytes.extend_from_slice(&hash.to_le_bytes()));
        }
        Some(bytes)
    }
}

/// The rows at `lo` and behind it, `n` of them; `None` where some are not those that were written.
pub(super) fn read_rows(db: &Connection, lo: i64, n: i64) -> rusqlite::Result<Option<Vec<Row>>> {
    let end = lo.saturating_add(n);
    let mut heads: Vec<(i64, Head)> = Vec::new();
    let mut read = Vec::new();
    let mut select = db.prepare_cached(
        "SELECT id, n, t, unit, sender, line, rows, sum FROM packs
         WHERE id >= coalesce((SELECT max(id) FROM packs WHERE id <= ?1), ?1) AND id < ?2 ORDER BY id",
    )?;
    let mut packs = select.query([lo, end])?;
    while let Some(pack) = packs.next()? {
        let pack = Pack::of(pack)?;
        read.clear();
        let is_read = pack.is_whole() && pack.base.read_into(pack.text, &mut read).is_ok();
        if !is_read || number::length(read.len()) != pack.n {
            return Ok(None);
        }
        heads.extend((pack.first..).zip(read.iter().copied()).filter(|(id, _)| (lo..end).contains(id)));
    }
    if heads.len() as u64 != number::from_sql(n) || heads.first().is_some_and(|(id, _)| *id != lo) {
        return Ok(None);
    }
    let numbers = || heads.iter().map(|(_, head)| head.sender);
    let (Some(first), Some(last)) = (numbers().min(), numbers().max()) else { return Ok(Some(Vec::new())) };
    let mut select = db.prepare_cached(
        "SELECT id, uid, device, user, other, client, flags, arrived FROM senders WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
    )?;
    let mut senders: Vec<(i64, Sender)> = Vec::new();
    let mut rows = select.query([first, last])?;
    while let Some(row) = rows.next()? {
        let or_none = |column| row.get::<_, Option<i64>>(column).map(Option::unwrap_or_default);
        let sender = Sender {
            uid: row.get(1)?,
            device: or_none(2)?,
            user: or_none(3)?,
            other: or_none(4)?,
            client: or_none(5)?,
            flags: Flags(row.get(6)?),
            arrived: row.get(7)?,
        };
        senders.push((row.get(0)?, sender));
    }
    let of = |id: i64| senders.get(senders.binary_search_by_key(&id, |(number, _)| *number).ok()?).map(|(_, of)| *of);
    Ok(heads.into_iter().map(|(id, head)| Some(Row { id, head, sender: of(head.sender)? })).collect())
}

/// What rows of one id add up to.
fn known(rows: &[Row], names: &Names) -> Option<KnownRun> {
    let first = rows.first()?;
    let uid = first.sender.uid;
    let times = || rows.iter().map(|row| row.head.t);
    let run = SweptRun {
        id: uid,
        segment: 0,
        first: first.id,
        rows: number::length(rows.len()),
        earliest: times().min()?,
        latest: times().max()?,
    };
    let mut known = KnownRun { run, arrived: Millis::MAX, ..KnownRun::default() };
    let mut hashes: Vec<(i64, bool)> = Vec::with_capacity(rows.len());
    for row in rows {
        let Row { head, sender, .. } = row;
        let has = |flag| sender.flags.has(flag);
        let arrived = sender.arrived.unwrap_or(head.t.wrapping_add(head.delay));
        known.arrived = known.arrived.min(arrived);
        if !has(Flags::ARRIVAL_UNKNOWN) && !has(Flags::TIME_FROM_ARRIVAL) {
            known.ahead = known.ahead.max(u64::try_from(head.t.saturating_sub(arrived)).unwrap_or_default());
        }
        let of_itself = names.identify.contains(&head.ev) && (sender.other == 0 || sender.other == uid);
        let device_user = sender.user != 0 && sender.user == sender.device;
        known.shows |= has(Flags::ID_NOT_TEXT) || device_user || of_itself || names.empty.contains(&head.ev);
        known.is_own_user |= sender.user == uid;
        if sender.client != 0 && !known.clients.contains(&sender.client) {
            known.clients.push(sender.client);
        }
        let hash = row.hash();
        known.hashes.push(short_hash(hash));
        hashes.push((hash, row.has_insert_id()));
    }
    hashes.sort_unstable();
    for equal in hashes.chunk_by(|(one, _), (other, _)| one == other).filter(|equal| equal.len() > 1) {
        // One row that was sent several times; without an id of its own it is several rows of a file.
        if equal.iter().all(|(_, has_id)| *has_id) {
            known.copies += equal.len() as u64 - 1;
        } else {
            known.shows = true;
        }
    }
    Some(known)
}

/// Calls `each` with the runs of a segment; `false` where its index has none.
pub(in crate::store) fn each_run(
    db: &Connection,
    segment: i64,
    each: &mut dyn FnMut(&KnownRun),
) -> rusqlite::Result<bool> {
    let mut lo = db.prepare_cached("SELECT lo FROM chunks WHERE id = ?1")?;
    let lo: i64 = lo.query_row([segment], |row| row.get(0))?;
    let read = |bytes: &[u8]| match bytes {
        [FORM, money::FORM, rest @ ..] => decode(rest, segment, lo, each).map(|()| true),
        // Of another form, or known to have none.
        _ => Some(false),
    };
    table::part_if_any(db, segment, SUMS, read)?.map_or(Ok(false), |read| read.ok_or_else(|| damaged(segment)))
}

fn decode(bytes: &[u8], segment: i64, lo: i64, each: &mut dyn FnMut(&KnownRun)) -> Option<()> {
    let mut bytes = bytes;
    let rest = &mut bytes;
    let mut known = KnownRun::default();
    for _ in 0..take(rest)? {
        let length = usize::try_from(take(rest)?).ok()?;
        let (text, behind) = rest.split_at_checked(length)?;
        *rest = behind;
        known.currencies.push(str::from_utf8(text).ok()?.to_owned());
    }
    let base = take_signed(rest)?;
    known.run.segment = segment;
    known.run.first = lo;
    while !rest.is_empty() {
        let run = &mut known.run;
        run.first += run.rows;
        run.id = run.id.wrapping_add(take_signed(rest)?);
        run.rows = i64::try_from(take(rest)?).ok()?;
        let (bits, behind) = rest.split_first()?;
        *rest = behind;
        (known.shows, known.is_own_user) = (bits & SHOWS != 0, bits & OWN_USER != 0);
        known.copies = take(rest)?;
        run.earliest = base.wrapping_add(take_signed(rest)?);
        run.latest = run.earliest.wrapping_add(take_signed(rest)?);
        known.arrived = run.earliest.wrapping_add(take_signed(rest)?);
        known.ahead = take(rest)?;
        known.clients.clear();
        for _ in 0..take(rest)? {
            known.clients.push(take_signed(rest)?);
        }
        known.paid.clear();
        for _ in 0..take(rest)? {
            let place = run.first.checked_add(take_signed(rest)?)?;
            let currency = usize::try_from(take(rest)?).ok()?;
            known.paid.push(scan::Paid { place, currency, micros: take_signed(rest)? });
        }
        let (hashes, behind) = rest.split_at_checked(usize::try_from(run.rows).ok()?.checked_mul(4)?)?;
        *rest = behind;
        known.hashes.clear();
        known.hashes.extend(hashes.chunks_exact(4).filter_map(|hash| Some(u32::from_le_bytes(*hash.first_chunk()?))));
        each(&known);
    }
    Some(())
}

impl Index {
    /// The same with what rows add up to.
    pub(in crate::store) fn with_runs(mut self, runs: Option<&Runs>) -> Self {
        self.sums = runs.zip(self.paid.as_deref()).and_then(|(runs, paid)| runs.write(paid)).unwrap_or_default();
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        fn run()(id in 0_i64..99, rows in 1_i64..5, times in any::<[i64; 3]>(), copies in 0_u64..3, ahead in any::<u64>(),
                 shows in any::<bool>(), is_own_user in any::<bool>(), clients in prop::collection::vec(1_i64..300, 0..3),
                 hashes in any::<[u32; 5]>()) -> KnownRun {
            let [earliest, latest, arrived] = times;
            let run = SweptRun { id, segment: 7, first: 0, rows, earliest, latest };
            let hashes = hashes[..usize::try_from(rows).unwrap()].to_vec();
            KnownRun { run, copies, shows, is_own_user, arrived, ahead, clients, hashes, ..KnownRun::default() }
        }
    }

    proptest! {
        #[test]
        fn runs_come_back_as_they_were_written(
            mut runs in prop::collection::vec(run(), 0..9),
            paid in prop::collection::btree_map(0_usize..40, (any::<i64>(), "[A-C]{0,2}"), 0..9),
        ) {
            let mut first = 5;
            let all = runs.iter().map(|run| run.run.rows).sum::<i64>();
            let paid = paid.into_iter().filter(|(at, _)| number::length(*at) < all);
            let paid: Vec<Paid> =
                paid.map(|(at, (micros, currency))| (at, i128::from(micros), currency)).collect();
            let mut expected: Vec<(i64, String, i64)> = Vec::new();
            for run in &mut runs {
                run.run.first = first;
                first += run.run.rows;
            }
            expected.extend(paid.iter().map(|(at, micros, currency)| {
                (5 + number::length(*at), currency.clone(), i64::try_from(*micros).unwrap())
            }));
            let written = Runs { lo: 5, runs: runs.clone() }.write(&paid).unwrap();
            let [FORM, money::FORM, rest @ ..] = written.as_slice() else { panic!("{written:?}") };
            let (mut read, mut amounts) = (Vec::new(), Vec::new());
            decode(rest, 7, 5, &mut |known| {
                amounts.extend(known.paid.iter().map(|paid| {
                    (paid.place, known.currencies[paid.currency].clone(), paid.micros)
                }));
                read.push(KnownRun { paid: Vec::new(), currencies: Vec::new(), ..known.clone() });
            })
            .unwrap();
            prop_assert_eq!(&read, &runs);
            prop_assert_eq!(amounts, expected);
            // Cut off anywhere, it is no other list of runs.
            for end in 0..rest.len() {
                let mut seen = 0;
                let whole = decode(&rest[..end], 7, 5, &mut |_| seen += 1);
                prop_assert!(whole.is_none() || seen < runs.len());
            }
        }
    }
}
