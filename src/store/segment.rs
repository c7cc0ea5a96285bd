//! Rows of one chunk, made ready to be written without the store.
//!
//! A [`Draft`] takes rows in the order of their file and numbers their texts among themselves;
//! [`Draft::seal`] sorts them, adds up their links and packs their properties. What is left for
//! the one who holds the store is to put the numbers of the store for those of the [`Segment`]
//! and to append. So many threads can make segments, and the store does not depend on how many.

mod blocks;
mod senders;
mod texts;

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

pub(super) use self::blocks::Blocks;
pub use self::blocks::Packer;
pub(super) use self::senders::Sender;
use self::senders::Senders;
use self::texts::Numbered;
pub(super) use self::texts::{Hashing, Texts};
use super::{Arrived, Error, number};
use crate::model::row::Named;
use crate::model::{Flags, LinkKind, Millis, RowView, Verb};

/// Stands for no text among the numbers of a segment.
pub(super) const NONE: u32 = u32::MAX;

/// Rows of one chunk, sorted, numbered and packed.
#[derive(Clone, Debug, Default)]
pub struct Segment {
    pub(super) ids: Texts,
    pub(super) names: Texts,
    pub(super) rows: Vec<Thin>,
    /// In the order of their first rows, nearly.
    pub(super) senders: Vec<Sender>,
    /// By `a`, kind and `b`.
    pub(super) links: Vec<Link>,
    /// In the order of their rows.
    pub(super) calls: Vec<Call>,
    pub(super) blocks: Blocks,
}

/// A row as the tables have it, with numbers of the segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thin {
    pub(super) uid: u32,
    pub(super) ev: u32,
    /// Place of its sender in the segment.
    pub(super) sender: u32,
    pub(super) t: Millis,
    pub(super) arrived: Millis,
    pub(super) hash: i64,
    pub(super) line: i64,
    pub(super) nth: i64,
}

/// The rows of a link in this segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) a: u32,
    pub(super) kind: LinkKind,
    pub(super) b: u32,
    pub(super) rows: i64,
    pub(super) first: First,
}

/// The first row of a link to arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct First {
    pub(super) arrived: Millis,
    pub(super) line: i64,
    pub(super) nth: i64,
    pub(super) t: Millis,
}

impl First {
    pub(super) fn order(&self) -> (Millis, i64, i64) {
        (self.arrived, self.line, self.nth)
    }
}

/// A `$create_alias` row: its place in the segment, its alias and target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) row: u32,
    pub(super) alias: u32,
    pub(super) target: u32,
}

impl Segment {
    /// The segment of these rows, which are in the order of their file.
    pub fn of(rows: &[Arrived]) -> Result<Self, Error> {
        let views: Vec<RowView<'_>> = rows.iter().map(|arrived| (&arrived.row).into()).collect();
        let mut draft = Draft::with_capacity(rows.len());
        for (view, Arrived { arrived, .. }) in views.iter().zip(rows) {
            draft.push(view, *arrived);
        }
        draft.seal(&mut Packer::new()?)
    }

    /// Number of its rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// Rows of one chunk as they come.
#[derive(Debug, Default)]
pub struct Draft<'a> {
    ids: Numbered<'a>,
    names: Numbered<'a>,
    rows: Vec<Thin>,
    properties: Vec<&'a str>,
    senders: Senders,
    links: Links,
    calls: Vec<Call>,
    /// The last row's line and its place in it.
    last: (i64, i64),
    /// What is hashed of a row.
    scratch: Vec<u8>,
}

impl<'a> Draft<'a> {
    /// A draft for about so many rows.
    pub fn with_capacity(rows: usize) -> Self {
        Self { rows: Vec::with_capacity(rows), properties: Vec::with_capacity(rows), last: (-1, 0), ..Self::default() }
    }

    /// Adds the next row of the file; `arrived` is its arrival, or the estimate of it.
    pub fn push(&mut self, row: &'a RowView<'_>, arrived: Millis) {
        let hash = hash(row, &mut self.scratch);
        let flags = flags(row);
        let line = number::to_sql(row.line);
        let nth = if line == self.last.0 { self.last.1 + 1 } else { 0 };
        self.last = (line, nth);

        let ids = &mut self.ids;
        let uid = row.id.as_deref().map(|id| ids.number(id));
        // Often the same as the id, and comparing is less than looking up.
        let mut other = |text: &'a str| match (row.id.as_deref(), uid) {
            (Some(id), Some(uid)) if id == text => uid,
            _ => ids.number(text),
        };
        let device = row.device.as_deref().map(&mut other);
        let user = row.user.as_deref().map(&mut other);
        let verb = row.verb.as_ref().map(|text| other(text));
        let previous: Vec<u32> = row.previous.iter().map(|text| other(text)).collect();
        let number = |number: Option<u32>| number.unwrap_or(NONE);

        let at = First { arrived, line, nth, t: row.time };
        let is_usual = matches!(verb, Verb::Track | Verb::Alias { .. }) && previous.is_empty();
        if !is_usual {
            let (id, device, user) = (uid.as_ref(), device.as_ref(), user.as_ref());
            let named = Named { id, device, user, previous: &previous, verb: &verb, flags };
            named.links(|kind, a, b| self.links.add(*a, kind, *b, 1, at));
        }
        let other = match verb {
            Verb::Alias { alias, target, .. } => {
                let row = u32::try_from(self.rows.len()).unwrap_or(NONE);
                self.calls.push(Call { row, alias: number(alias), target: number(target) });
                alias
            }
            Verb::Identify { anon, .. } => anon,
            Verb::Track | Verb::Merge { .. } => None,
        };
        let sender = Sender {
            uid: number(uid),
            device: number(device),
            user: number(user),
            other: number(other),
            client: number(row.client.as_deref().map(|client| self.names.number(client))),
            flags,
            far: number::delay(row.time, arrived).1,
        };
        let uid = sender.uid;
        let sender = self.senders.number(sender);
        if is_usual {
            self.senders.count(sender, at);
        }
        self.rows.push(Thin { uid, ev: self.names.number(&row.event), sender, t: row.time, arrived, hash, line, nth });
        self.properties.push(&row.properties);
    }

    /// Sorts, adds up and packs the rows.
    pub fn seal(mut self, packer: &mut Packer) -> Result<Segment, Error> {
        let mut order: Vec<(u32, Millis, Millis, u32)> =
            (0..).zip(&self.rows).map(|(place, row)| (row.uid, row.t, row.arrived, place)).collect();
        order.sort_unstable();
        let place = |place: u32| usize::try_from(place).unwrap_or(usize::MAX);
        let (senders, numbers) = self.senders.into_sorted(&mut self.links);
        let row = |at: u32| {
            let row = *self.rows.get(place(at))?;
            Some(Thin { sender: numbers.get(place(row.sender)).copied().unwrap_or(NONE), ..row })
        };
        let rows = order.iter().filter_map(|(.., at)| row(*at)).collect();
        let properties = order.iter().filter_map(|(.., at)| self.properties.get(place(*at)));
        let blocks = packer.pack(properties.copied())?;
        if !self.calls.is_empty() {
            let mut sorted = vec![0; order.len()];
            for (now, (.., before)) in (0..).zip(&order) {
                if let Some(slot) = sorted.get_mut(place(*before)) {
                    *slot = now;
                }
            }
            for call in &mut self.calls {
                call.row = sorted.get(place(call.row)).copied().unwrap_or(NONE);
            }
            self.calls.sort_unstable_by_key(|call| call.row);
        }
        Ok(Segment {
            ids: self.ids.into_texts(),
            names: self.names.into_texts(),
            rows,
            senders,
            links: self.links.into_sorted(),
            calls: self.calls,
            blocks,
        })
    }
}

/// The links of a draft.
#[derive(Debug, Default)]
struct Links {
    by_pair: HashMap<(u32, LinkKind, u32), (i64, First), Hashing>,
}

impl Links {
    fn add(&mut self, a: u32, kind: LinkKind, b: u32, more: i64, at: First) {
        let (rows, first) = self.by_pair.entry((a, kind, b)).or_insert((0, at));
        *rows += more;
        if at.order() < first.order() {
            *first = at;
        }
    }

    fn into_sorted(self) -> Vec<Link> {
        let mut links: Vec<Link> =
            self.by_pair.into_iter().map(|((a, kind, b), (rows, first))| Link { a, kind, b, rows, first }).collect();
        links.sort_unstable_by_key(|link| (link.a, link.kind.number(), link.b));
        links
    }
}

/// The flags of a row, with those that other fields decide.
fn flags(row: &RowView<'_>) -> Flags {
    let mut flags = row.flags;
    let by_original = matches!(row.verb, Verb::Alias { by_original: true, .. });
    for (flag, holds) in [
        (Flags::ARRIVAL_UNKNOWN, row.arrival.is_none()),
        (Flags::HAS_INSERT_ID, row.insert_id.is_some()),
        (Flags::BY_ORIGINAL, by_original),
    ] {
        if holds {
            flags.set(flag);
        } else {
            flags.0 &= !flag.0;
        }
    }
    flags
}

/// What deliveries of one row have in common: with a `$insert_id`, what the vendor compares
/// (event, `distinct_id`, time, `$insert_id`), else the whole row.
///
/// Stores hold these numbers: what is hashed must never change.
fn hash(row: &RowView<'_>, scratch: &mut Vec<u8>) -> i64 {
    scratch.clear();
    // Each text after its length, and absent apart from empty: no two rows read the same.
    let mut text = |text: Option<&str>| {
        scratch.extend_from_slice(&text.map_or(u64::MAX, |text| text.len() as u64).to_le_bytes());
        scratch.extend_from_slice(text.unwrap_or_default().as_bytes());
    };
    text(Some(&row.event));
    text(row.id.as_deref());
    text(row.insert_id.as_deref());
    if row.insert_id.is_none() {
        text(Some(&row.properties));
    }
    scratch.extend_from_slice(&row.time.to_le_bytes());
    if row.insert_id.is_none() {
        scratch.push(u8::from(row.arrival.is_some()));
        scratch.extend_from_slice(&row.arrival.unwrap_or_default().to_le_bytes());
    }
    xxh3_64(scratch).cast_signed()
}

#[cfg(test)]
mod tests;
