//! Rows of one chunk, made ready to be written without the store.
//!
//! A [`Draft`] takes rows in the order of their file and numbers their texts among themselves,
//! while they are still at hand; [`Draft::seal`] sorts them, adds up their links and packs their
//! properties. What is left for the one who holds the store is to put the numbers of the store
//! for those of the [`Segment`] and to append. So many threads can make segments, and the store
//! does not depend on how many.

mod blocks;
mod senders;
mod texts;

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64;

pub(super) use self::blocks::Blocks;
pub use self::blocks::Packer;
pub(super) use self::senders::Sender;
use self::senders::Senders;
use self::texts::Names;
pub(super) use self::texts::{Hashing, Numbered, Texts, split};
use super::{Arrived, Error, number};
use crate::model::row::Named;
use crate::model::view::Timing;
use crate::model::{Flags, LinkKind, Millis, RowView, Verb, VerbKind};

/// Stands for no text among the numbers of a segment.
pub(super) const NONE: u32 = u32::MAX;

/// Rows of one chunk, sorted, numbered and packed.
#[derive(Clone, Debug, Default)]
pub struct Segment {
    pub(super) ids: Texts,
    pub(super) names: [Texts; VerbKind::ALL.len()],
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
#[derive(Clone, Copy, Debug, Default)]
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

/// A row that is an alias call: its place in the segment, its alias and target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) row: u32,
    pub(super) alias: u32,
    pub(super) target: u32,
}

impl Segment {
    /// The segment of these rows, which are in the order of their file.
    pub fn of(rows: &[Arrived]) -> Result<Self, Error> {
        let mut draft = Draft::with_capacity(rows.len());
        for Arrived { row, arrived } in rows {
            draft.push(row.into(), *arrived);
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
///
/// A row is noted when it is read and settled when its place in time is known; in between it is
/// numbers, but for what lies in the input.
#[derive(Debug, Default)]
pub struct Draft<'a> {
    ids: Numbered,
    names: Names,
    noted: Vec<Noted<'a>>,
    rows: Vec<Thin>,
    /// For each of `rows`, its number among the noted.
    sources: Vec<usize>,
    senders: Senders,
    links: Links,
    calls: Vec<Call>,
    /// The last row's line and its place in it.
    last: (i64, i64),
    /// What is hashed of a row.
    scratch: Vec<u8>,
    /// The text of its client.
    client: String,
    /// The texts of rows that were passed, one behind the other.
    passed: String,
    /// Room for these, made when there is the first.
    room: usize,
}

thread_local! {
    /// Room for the texts of rows that are passed, from the last draft that this thread has sealed: to ask the system for
    /// it anew takes longer than to fill it.
    static PASSED: Cell<String> = const { Cell::new(String::new()) };
}

/// Bytes of such room that are kept.
const SPARE: usize = 64 << 20;

/// Bytes by which such room grows: chunks are nearly as large as each other.
const STEP: usize = 1 << 20;

/// A text of a row that was noted.
#[derive(Debug)]
enum Kept<'a> {
    Given(Cow<'a, str>),
    /// In the texts of rows that were passed.
    Passed(Range<usize>),
    /// In pieces, one behind the other.
    Laid([&'a str; 4]),
}

impl Kept<'_> {
    fn text<'t>(&'t self, passed: &'t str) -> Cow<'t, str> {
        match self {
            Self::Laid(pieces) => Cow::Owned(pieces.concat()),
            Self::Given(text) => Cow::Borrowed(text),
            Self::Passed(place) => Cow::Borrowed(passed.get(place.clone()).unwrap_or_default()),
        }
    }

    /// The text in pieces, of which nothing is looked at: rows are packed in another order than they were read in, so
    /// each look at one waits for memory.
    fn pieces<'t>(&'t self, passed: &'t [u8]) -> [&'t [u8]; 4] {
        match self {
            Self::Given(text) => [text.as_bytes(), b"", b"", b""],
            Self::Passed(place) => [passed.get(place.clone()).unwrap_or_default(), b"", b"", b""],
            Self::Laid(pieces) => pieces.map(str::as_bytes),
        }
    }
}

/// A row that was noted.
#[derive(Debug)]
struct Noted<'a> {
    id: Option<u32>,
    device: Option<u32>,
    user: Option<u32>,
    client: Option<u32>,
    event: u32,
    /// What few rows have.
    more: Option<Box<More>>,
    line: i64,
    timing: Timing,
    /// Of the row as it was noted.
    hash: i64,
    insert_id: Option<Kept<'a>>,
    properties: Kept<'a>,
}

/// What a row does to ids, and the ids that it was sent under.
#[derive(Debug)]
struct More {
    verb: Verb<u32>,
    previous: Vec<u32>,
}

impl<'a> Draft<'a> {
    /// A draft for about so many rows.
    pub fn with_capacity(rows: usize) -> Self {
        Self { noted: Vec::with_capacity(rows), last: (-1, 0), ..Self::default() }
    }

    /// The same, which makes room for so many bytes of rows that are passed: texts that grow are copied.
    #[must_use]
    pub fn with_room(self, bytes: usize) -> Self {
        Self { room: bytes, ..self }
    }

    /// Notes a row.
    pub fn note(&mut self, row: RowView<'a>) {
        let noted = self.numbered(&row);
        let insert_id = row.insert_id.map(Kept::Given);
        self.noted.push(Noted { insert_id, properties: Kept::Given(row.properties), ..noted });
    }

    /// Notes a row whose texts are there for this call alone.
    pub fn pass(&mut self, row: &RowView<'_>) {
        let noted = self.numbered(row);
        let (insert_id, properties) = (row.insert_id.as_deref().map(|id| self.keep(id)), self.keep(&row.properties));
        self.noted.push(Noted { insert_id, properties, ..noted });
    }

    /// Notes a row of which the properties alone stay, as these pieces, one behind the other.
    pub fn lay(&mut self, row: &RowView<'_>, properties: [&'a str; 4]) {
        let noted = if row.insert_id.is_some() {
            // Nothing looks at its properties.
            self.numbered(row)
        } else {
            self.numbered(&RowView { properties: Cow::Owned(properties.concat()), ..row.clone() })
        };
        let insert_id = row.insert_id.as_deref().map(|id| self.keep(id));
        self.noted.push(Noted { insert_id, properties: Kept::Laid(properties), ..noted });
    }

    /// Keeps a text of a row that is passed.
    fn keep(&mut self, text: &str) -> Kept<'a> {
        if self.passed.capacity() == 0 {
            self.passed = PASSED.take();
            // No more than that: it would be let go with the draft, and made anew for the next one.
            self.passed.reserve_exact(self.room.next_multiple_of(STEP));
        }
        let start = self.passed.len();
        self.passed.push_str(text);
        Kept::Passed(start..self.passed.len())
    }

    /// A row with its texts numbered, but for those that it alone has.
    fn numbered(&mut self, row: &RowView<'_>) -> Noted<'a> {
        let hash = hash(&Hashed::from(row), &mut self.scratch);
        let flags = flags(row);
        let ids = &mut self.ids;
        let id = row.id.as_deref().map(|id| ids.number(id));
        // Often the same as the id, and comparing is less than looking up.
        let mut other = |text: &str| match (row.id.as_deref(), id) {
            (Some(same), Some(number)) if same == text => number,
            _ => ids.number(text),
        };
        let device = row.device.as_deref().map(&mut other);
        let user = row.user.as_deref().map(&mut other);
        let more = (row.verb.names_ids() || !row.previous.is_empty()).then(|| {
            let verb = row.verb.as_ref().map(|text| other(text));
            Box::new(More { verb, previous: row.previous.iter().map(|text| other(text)).collect() })
        });
        Noted {
            id,
            device,
            user,
            client: row.client.as_ref().map(|client| {
                self.client.clear();
                client.write(&mut self.client);
                self.names.number(VerbKind::Track, &self.client)
            }),
            event: self.names.number(row.verb.kind(), &row.event),
            more,
            line: number::to_sql(row.line),
            timing: Timing { time: row.time, arrival: row.arrival, flags },
            hash,
            insert_id: None,
            properties: Kept::Passed(0..0),
        }
    }

    /// How many rows were noted.
    pub fn len(&self) -> usize {
        self.noted.len()
    }

    /// Whether no row was noted.
    pub fn is_empty(&self) -> bool {
        self.noted.is_empty()
    }

    /// When the row that was noted as number `at` happened and arrived.
    pub fn timing(&self, at: usize) -> Option<Timing> {
        self.noted.get(at).map(|noted| noted.timing)
    }

    /// The timings of all noted rows.
    pub fn timings(&self) -> impl Iterator<Item = Timing> {
        self.noted.iter().map(|noted| noted.timing)
    }

    /// Adds the row that was noted as number `at` behind those that were settled before it, in
    /// the order of the file. Its time and flags may be others now; `arrived` is its arrival, or
    /// the estimate of it.
    pub fn settle(&mut self, at: usize, now: Timing, arrived: Millis) {
        let Some(noted) = self.noted.get(at) else { return };
        let Timing { time, flags, .. } = now;
        let hash = if time == noted.timing.time {
            noted.hash
        } else {
            let insert_id = noted.insert_id.as_ref().map(|text| text.text(&self.passed));
            // Of a row with an insert id, it does not say more.
            let properties = insert_id.is_none().then(|| noted.properties.text(&self.passed));
            let hashed = Hashed {
                event: self.names.text(noted.event),
                id: noted.id.map(|id| self.ids.text(id)),
                insert_id: insert_id.as_deref(),
                properties: properties.as_deref().unwrap_or_default(),
                time,
                arrival: noted.timing.arrival,
            };
            hash(&hashed, &mut self.scratch)
        };
        let line = noted.line;
        let nth = if line == self.last.0 { self.last.1 + 1 } else { 0 };
        self.last = (line, nth);

        let place = First { arrived, line, nth, t: time };
        let (verb, previous) =
            noted.more.as_deref().map_or((&Verb::Track, &[][..]), |more| (&more.verb, &more.previous));
        let is_usual = !matches!(verb, Verb::Identify { .. } | Verb::Merge { .. }) && previous.is_empty();
        if !is_usual {
            let (id, device, user) = (noted.id.as_ref(), noted.device.as_ref(), noted.user.as_ref());
            let named = Named { id, device, user, previous, verb, flags };
            named.links(|kind, a, b| self.links.add(*a, kind, *b, 1, place));
        }
        let number = |number: Option<u32>| number.unwrap_or(NONE);
        let other = match *verb {
            Verb::Alias { alias, target, .. } => {
                let row = u32::try_from(self.rows.len()).unwrap_or(NONE);
                self.calls.push(Call { row, alias: number(alias), target: number(target) });
                alias
            }
            Verb::Identify { anon, .. } => anon,
            _ => None,
        };
        let uid = number(noted.id);
        let sender = self.senders.number(Sender {
            uid,
            device: number(noted.device),
            user: number(noted.user),
            other: number(other),
            client: number(noted.client),
            flags,
            far: number::delay(time, arrived).1,
        });
        if is_usual {
            self.senders.count(sender, place);
        }
        self.rows.push(Thin { uid, ev: noted.event, sender, t: time, arrived, hash, line, nth });
        self.sources.push(at);
    }

    /// Notes a row and settles it behind those that were settled.
    pub fn push(&mut self, row: RowView<'a>, arrived: Millis) {
        let at = self.noted.len();
        self.note(row);
        if let Some(timing) = self.timing(at) {
            self.settle(at, timing, arrived);
        }
    }

    /// Sorts, adds up and packs the rows that were settled.
    pub fn seal(mut self, packer: &mut Packer) -> Result<Segment, Error> {
        let order = order(&self.rows);
        let place = |place: u32| usize::try_from(place).unwrap_or(usize::MAX);
        let (senders, numbers) = self.senders.into_sorted(&mut self.links);
        let row = |at: u32| {
            let row = *self.rows.get(place(at))?;
            Some(Thin { sender: numbers.get(place(row.sender)).copied().unwrap_or(NONE), ..row })
        };
        let rows = order.iter().filter_map(|at| row(*at)).collect();
        let properties = order.iter().filter_map(|at| self.noted.get(*self.sources.get(place(*at))?));
        let blocks = packer.pack(properties.map(|noted| noted.properties.pieces(self.passed.as_bytes())))?;
        if self.passed.capacity() <= SPARE {
            self.passed.clear();
            PASSED.set(self.passed);
        }
        if !self.calls.is_empty() {
            let mut sorted = vec![0; order.len()];
            for (now, before) in (0..).zip(&order) {
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

/// The places of rows by id, time and arrival; rows that are equal in these as they are. Rows
/// without an id come last.
///
/// Numbers of ids are dense, so each row is dealt to the place of its id; what is left is nearly
/// in order.
#[expect(clippy::stable_sort_primitive, reason = "it takes rows that are nearly in order as they are")]
fn order(rows: &[Thin]) -> Vec<u32> {
    let ids = rows.iter().filter(|row| row.uid != NONE).map(|row| row.uid + 1).max().unwrap_or(0);
    let of = |uid: u32| usize::try_from(uid.min(ids)).unwrap_or(usize::MAX);
    // Behind each id, where its next row goes; in the end, where its rows end.
    let mut ends = vec![0; of(ids) + 1];
    for row in rows {
        if let Some(rows) = ends.get_mut(of(row.uid)) {
            *rows += 1;
        }
    }
    let mut sum: usize = 0;
    for end in &mut ends {
        sum += std::mem::replace(end, sum);
    }
    let mut dealt = vec![(0, 0, 0); rows.len()];
    for (place, row) in (0_u32..).zip(rows) {
        let Some(end) = ends.get_mut(of(row.uid)) else { continue };
        if let Some(slot) = dealt.get_mut(*end) {
            *slot = (row.t, row.arrived, place);
        }
        *end += 1;
    }
    let mut start = 0;
    for end in ends {
        if let Some(rows) = dealt.get_mut(start..end) {
            rows.sort();
        }
        start = end;
    }
    dealt.into_iter().map(|(.., place)| place).collect()
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

/// What of a row is hashed.
struct Hashed<'r> {
    event: &'r str,
    id: Option<&'r str>,
    insert_id: Option<&'r str>,
    properties: &'r str,
    time: Millis,
    arrival: Option<Millis>,
}

impl<'r> From<&'r RowView<'_>> for Hashed<'r> {
    fn from(row: &'r RowView<'_>) -> Self {
        Self {
            event: &row.event,
            id: row.id.as_deref(),
            insert_id: row.insert_id.as_deref(),
            properties: &row.properties,
            time: row.time,
            arrival: row.arrival,
        }
    }
}

/// What deliveries of one row have in common: with a `$insert_id`, what the vendor compares
/// (event, `distinct_id`, time, `$insert_id`), else the whole row.
///
/// Stores hold these numbers: what is hashed must never change.
fn hash(row: &Hashed<'_>, scratch: &mut Vec<u8>) -> i64 {
    scratch.clear();
    // Each text after its length, and absent apart from empty: no two rows read the same.
    let mut text = |text: Option<&str>| {
        scratch.extend_from_slice(&text.map_or(u64::MAX, |text| text.len() as u64).to_le_bytes());
        scratch.extend_from_slice(text.unwrap_or_default().as_bytes());
    };
    text(Some(row.event));
    text(row.id);
    text(row.insert_id);
    if row.insert_id.is_none() {
        text(Some(row.properties));
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
