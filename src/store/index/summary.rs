//! What a look over every user needs of a store, in one piece: ids, alias calls, links, and what the rows of each
//! id add up to.
//!
//! The tables have the same, spread over as many rows as there are ids and links; to read them takes most of such a
//! look. A summary holds facts alone, and those of one state of the store: every import adds pieces, and one that
//! has come since makes it worthless. Then the tables are read. It is made anew when an import has added an eighth
//! of the rows, so that small imports do not pay for the whole store.
//!
//! Its parts stand where those of a segment with the number 0 would stand, which there is none of. Older versions
//! do not look there.

mod rows;

use std::mem;
use std::ops::Range;

use rusqlite::Connection;

use self::rows::Rows;
use super::table::{self, PARTS, SUMMARY, damaged};
use super::varint::{put, put_signed, take, take_signed};
use crate::model::scan::{Known, PaidById, SweptCall, SweptLink};
use crate::model::{Flags, LinkKind, money};
use crate::store::joining::{calls, each_link};
use crate::store::number;

/// The number of this form: another where these bytes mean something else.
const FORM: u8 = 1;

/// Bytes of a part, about; in tests so few that there are several.
const PART: usize = if cfg!(test) { 8 } else { 1 << 18 };

/// A summary is made anew when this share of the rows has come since, as one of so many.
const SHARE: u64 = 8;

/// A row shows something by itself.
const SHOWS: u8 = 1;
/// A row names the id as its own user.
const OWN_USER: u8 = 2;
/// Some of its rows are other deliveries.
const COPIES: u8 = 4;
/// Only its rows say how many they are.
const UNSURE: u8 = 8;
/// Some of its rows are deliveries of rows in other segments.
const IN_TWO: u8 = 16;

/// What the store was when a summary was made: any import changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    pieces: i64,
    last: i64,
    rows: i64,
    used: i64,
}

impl State {
    fn of(db: &Connection) -> rusqlite::Result<Self> {
        db.prepare_cached(
            "SELECT count(*), coalesce(max(id), 0), coalesce(sum(events), 0), coalesce(sum(used), 0)
             FROM chunks NOT INDEXED",
        )?
        .query_row([], |row| Ok(Self { pieces: row.get(0)?, last: row.get(1)?, rows: row.get(2)?, used: row.get(3)? }))
    }
}

/// What a part is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Ids,
    Calls,
    Links,
    Rows,
    Paid,
}

impl About {
    const ALL: [Self; 5] = [Self::Ids, Self::Calls, Self::Links, Self::Rows, Self::Paid];
}

/// The first part: of which state it is, and where the others are.
#[derive(Clone, Debug)]
pub(in crate::store) struct Summary {
    state: State,
    /// How many parts there are about each.
    parts: [usize; 5],
    currencies: Vec<String>,
}

impl Summary {
    /// That of the store as it is; `None` where there is none.
    pub(in crate::store) fn of(db: &Connection) -> rusqlite::Result<Option<Self>> {
        let state = State::of(db)?;
        Ok(Self::read(db)?.filter(|summary| summary.state == state))
    }

    /// That of whichever state.
    fn read(db: &Connection) -> rusqlite::Result<Option<Self>> {
        let read = |bytes: &[u8]| match bytes {
            [FORM, money::FORM, rest @ ..] => Self::decode(rest).map(Some),
            _ => Some(None),
        };
        table::part_if_any(db, SUMMARY, 0, read)?.map_or(Ok(None), |read| read.ok_or_else(|| damaged(SUMMARY)))
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut bytes = bytes;
        let rest = &mut bytes;
        let mut state = [0; 4];
        for number in &mut state {
            *number = take_signed(rest)?;
        }
        let [pieces, last, rows, used] = state;
        let mut parts = [0; 5];
        for number in &mut parts {
            *number = usize::try_from(take(rest)?).ok()?;
        }
        let mut currencies = Vec::new();
        for _ in 0..take(rest)? {
            currencies.push(take_text(rest)?.to_owned());
        }
        Some(Self { state: State { pieces, last, rows, used }, parts, currencies })
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![FORM, money::FORM];
        let State { pieces, last, rows, used } = self.state;
        for number in [pieces, last, rows, used] {
            put_signed(&mut bytes, number);
        }
        self.parts.iter().for_each(|number| put(&mut bytes, *number as u64));
        put(&mut bytes, self.currencies.len() as u64);
        self.currencies.iter().for_each(|currency| put_text(&mut bytes, currency));
        bytes
    }

    /// The numbers of the parts about something.
    fn parts_about(&self, about: About) -> Range<usize> {
        let mut first = 1;
        for (other, parts) in About::ALL.into_iter().zip(self.parts) {
            if other == about {
                return first..first + parts;
            }
            first += parts;
        }
        first..first
    }

    /// Reads every part about something with `read`, which gives `None` for what makes no sense.
    fn each_part(
        &self,
        db: &Connection,
        about: About,
        read: &mut dyn FnMut(&mut &[u8]) -> Option<()>,
    ) -> rusqlite::Result<()> {
        for part in self.parts_about(about) {
            let read = |mut bytes: &[u8]| {
                while !bytes.is_empty() {
                    read(&mut bytes)?;
                }
                Some(())
            };
            table::part_if_any(db, SUMMARY, part, read)?.flatten().ok_or_else(|| damaged(SUMMARY))?;
        }
        Ok(())
    }

    /// Calls `each` with the number and text of every id, in the order of their numbers.
    pub(in crate::store) fn each_id(&self, db: &Connection, each: &mut dyn FnMut(i64, &str)) -> rusqlite::Result<()> {
        let mut id = 0_i64;
        self.each_part(db, About::Ids, &mut |rest| {
            id = id.wrapping_add(take_signed(rest)?);
            each(id, take_text(rest)?);
            Some(())
        })
    }

    /// Every alias call.
    pub(in crate::store) fn calls(&self, db: &Connection) -> rusqlite::Result<Vec<SweptCall>> {
        let mut calls = Vec::new();
        self.each_part(db, About::Calls, &mut |rest| {
            let mut next = || take_signed(rest);
            calls.push(SweptCall {
                row: next()?,
                alias: next()?,
                target: next()?,
                time: next()?,
                arrived: next()?,
                flags: Flags(u32::try_from(next()?).ok()?),
                file: next()?,
                line: next()?,
                from_table: next()? != 0,
            });
            Some(())
        })?;
        Ok(calls)
    }

    /// Every link.
    pub(in crate::store) fn links(&self, db: &Connection) -> rusqlite::Result<Vec<SweptLink>> {
        let mut links: Vec<SweptLink> = Vec::new();
        self.each_part(db, About::Links, &mut |rest| {
            let (before, at) = links.last().map_or((0, 0), |link| (link.a, link.time));
            let mut next = || take_signed(rest);
            let kind = LinkKind::from_number(next()?)?;
            let a = before.wrapping_add(next()?);
            let b = a.wrapping_add(next()?);
            let rows = number::from_sql(next()?);
            let time = at.wrapping_add(next()?);
            let arrived = time.wrapping_add(next()?);
            links.push(SweptLink { kind, a, b, rows, time, arrived, file: next()?, line: next()? });
            Some(())
        })?;
        Ok(links)
    }

    /// Calls `each` with what the rows of each id add up to, by their numbers, rows without an id first.
    pub(in crate::store) fn each_sum(&self, db: &Connection, each: &mut dyn FnMut(&Known<'_>)) -> rusqlite::Result<()> {
        let (mut id, mut earliest) = (0_i64, 0_i64);
        let mut clients = Vec::new();
        self.each_part(db, About::Rows, &mut |rest| {
            id = id.wrapping_add(take_signed(rest)?);
            let (bits, behind) = rest.split_first()?;
            *rest = behind;
            let has = |bit| bits & bit != 0;
            let rows = take(rest)?;
            earliest = earliest.wrapping_add(take_signed(rest)?);
            let latest = earliest.wrapping_add(take_signed(rest)?);
            let arrived = earliest.wrapping_add(take_signed(rest)?);
            let ahead = take(rest)?;
            clients.clear();
            for _ in 0..take(rest)? {
                clients.push(take_signed(rest)?);
            }
            each(&Known {
                id,
                rows,
                has_copies: has(COPIES),
                is_in_two: has(IN_TWO),
                // What is delivered in two segments, only the rows say.
                shows: has(SHOWS) || has(UNSURE),
                is_own_user: has(OWN_USER),
                earliest,
                latest,
                arrived,
                ahead,
                clients: &clients,
            });
            Some(())
        })
    }

    /// Calls `each` with what the rows of each id say was paid, of ids of which some say it.
    pub(in crate::store) fn each_paid(
        &self,
        db: &Connection,
        each: &mut dyn FnMut(&PaidById<'_>),
    ) -> rusqlite::Result<()> {
        let mut id = 0_i64;
        self.each_part(db, About::Paid, &mut |rest| {
            id = id.wrapping_add(take_signed(rest)?);
            let mut sums = Vec::new();
            let currencies = take(rest)?;
            for _ in 0..currencies {
                let currency = usize::try_from(take(rest)?).ok()?;
                sums.push((self.currencies.get(currency)?.as_str(), take_signed(rest)?, take(rest)?));
            }
            // Without a sum, only its rows say it.
            each(&PaidById { id, sums: (currencies > 0).then_some(&sums[..]) });
            Some(())
        })
    }
}

/// The parts of a summary that is not written yet.
#[derive(Debug)]
pub(in crate::store) struct Made {
    state: State,
    parts: Vec<Vec<u8>>,
}

/// Writes a summary in the place of another, if the store is still the one that it was made of.
pub(in crate::store) fn write(db: &Connection, made: &Made) -> rusqlite::Result<()> {
    if State::of(db)? != made.state {
        return Ok(());
    }
    let parts = number::length(PARTS);
    db.prepare_cached("DELETE FROM value_parts WHERE id >= 0 AND id < ?1")?.execute([parts])?;
    for (part, bytes) in made.parts.iter().enumerate() {
        table::write_part(db, SUMMARY, part, bytes)?;
    }
    Ok(())
}

/// Whether a new summary is worth its time: an eighth of the rows has come since the last one.
fn is_due(db: &Connection, state: State) -> rusqlite::Result<bool> {
    let Some(last) = Summary::read(db)? else { return Ok(state.rows > 0) };
    let new = number::from_sql(state.rows.saturating_sub(last.state.rows));
    Ok(last.state != state && new.saturating_mul(SHARE) >= number::from_sql(state.rows))
}

/// Makes the summary of a store; `None` where none is due, where there is too much for one, where a segment has no
/// sums of its rows, or where `go_on` ended it.
pub(in crate::store) fn make(db: &Connection, go_on: &mut dyn FnMut() -> bool) -> rusqlite::Result<Option<Made>> {
    let state = State::of(db)?;
    if !is_due(db, state)? {
        return Ok(None);
    }
    let Some(rows) = Rows::read(db, go_on)? else { return Ok(None) };
    let mut written = Written::default();
    let Some(currencies) = rows.write(&mut written) else { return Ok(None) };
    drop(rows);
    if !go_on() {
        return Ok(None);
    }
    write_ids(db, written.about(About::Ids))?;
    write_calls(db, written.about(About::Calls))?;
    if write_links(db, written.about(About::Links))?.is_some() {
        // Of a kind that a later version knows.
        return Ok(None);
    }
    let written = written.0.map(Parts::into_all);
    let head = Summary { state, parts: written.each_ref().map(Vec::len), currencies }.encode();
    let parts: Vec<Vec<u8>> = [head].into_iter().chain(written.into_iter().flatten()).collect();
    Ok((parts.len() <= PARTS).then_some(Made { state, parts }))
}

/// The parts about each.
#[derive(Default)]
struct Written([Parts; 5]);

#[derive(Default)]
struct Parts {
    full: Vec<Vec<u8>>,
    open: Vec<u8>,
}

impl Written {
    fn about(&mut self, about: About) -> &mut Parts {
        let Self([ids, calls, links, rows, paid]) = self;
        match about {
            About::Ids => ids,
            About::Calls => calls,
            About::Links => links,
            About::Rows => rows,
            About::Paid => paid,
        }
    }
}

impl Parts {
    /// The part to write the next into.
    fn next(&mut self) -> &mut Vec<u8> {
        if self.open.len() >= PART {
            self.full.push(mem::take(&mut self.open));
        }
        &mut self.open
    }

    fn into_all(self) -> Vec<Vec<u8>> {
        let mut all = self.full;
        all.extend(Some(self.open).filter(|open| !open.is_empty()));
        all
    }
}

fn write_ids(db: &Connection, parts: &mut Parts) -> rusqlite::Result<()> {
    let mut select = db.prepare("SELECT id, name FROM ids ORDER BY id")?;
    let (mut rows, mut before) = (select.query([])?, 0_i64);
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let part = parts.next();
        put_signed(part, id.wrapping_sub(before));
        put_text(part, row.get_ref(1)?.as_str()?);
        before = id;
    }
    Ok(())
}

fn write_calls(db: &Connection, parts: &mut Parts) -> rusqlite::Result<()> {
    for call in calls(db)? {
        let part = parts.next();
        let SweptCall { row, alias, target, time, arrived, flags, file, line, from_table } = call;
        for number in [row, alias, target, time, arrived, flags.0.into(), file, line, i64::from(from_table)] {
            put_signed(part, number);
        }
    }
    Ok(())
}

fn write_links(db: &Connection, parts: &mut Parts) -> rusqlite::Result<Option<i64>> {
    let (mut before, mut at) = (0_i64, 0_i64);
    each_link(db, &mut |link| {
        let SweptLink { kind, a, b, rows, time, arrived, file, line } = link;
        let (from, since) = (a.wrapping_sub(before), time.wrapping_sub(at));
        let (other, later, rows) = (b.wrapping_sub(a), arrived.wrapping_sub(time), number::to_sql(rows));
        let part = parts.next();
        for number in [kind.number(), from, other, rows, since, later, file, line] {
            put_signed(part, number);
        }
        (before, at) = (a, time);
    })
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put(bytes, text.len() as u64);
    bytes.extend_from_slice(text.as_bytes());
}

fn take_text<'b>(bytes: &mut &'b [u8]) -> Option<&'b str> {
    let length = usize::try_from(take(bytes)?).ok()?;
    let (text, behind) = bytes.split_at_checked(length)?;
    *bytes = behind;
    str::from_utf8(text).ok()
}

#[cfg(test)]
mod tests;
