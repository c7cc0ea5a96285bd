//! A crowd of users, as a raw export of any size: the same seed, the same bytes.
//!
//! For measuring, and for tests of scale. Its shape: a few users have most rows
//! (Pareto, exponent 1.05) and three in four never identify; the others sign up by
//! `$create_alias` or `$identify`, use one to four devices, log in again, are refused a second
//! alias, reset; some share a device; servers send rows too, some before the alias call has
//! arrived. Ids are e-mail addresses, numbers, UUIDs, names in many scripts, and worse. One row in
//! fifty is hours late, one in two hundred is delivered twice.
//!
//! The file is what the vendor would have stored for a project of the legacy kind: rows stand
//! under the root from the arrival of the alias call on (identity.md L6).
//!
//! # Cost
//! Rows are made in order of time and written at once, in about the order of arrival. In
//! memory are the users between their first and last row and the rows on their way: a crowd
//! of more rows is watched for longer, up to a year (12 M rows), so that this does not grow
//! with the number of rows.

mod line;
mod name;
mod random;
mod text;
mod user;
mod words;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::io::{self, Write};

use self::line::{Lines, Shape};
use self::random::Random;
use self::text::Text;
use self::user::{DAY, Device, Row, User, What};

/// Id of a user with exactly 50 rows, in every crowd of [`Crowd::WITH_FIFTY`] rows or more.
pub const FIFTY: &str = "fifty.user@example.com";
/// Id of a user with exactly 10,000 rows, in every crowd of [`Crowd::WITH_HEAVY`] rows or more.
pub const TEN_THOUSAND: &str = "ten.thousand@example.com";
/// Id of a user with exactly 30,000 rows, in every crowd of [`Crowd::WITH_HEAVY`] rows or more.
pub const THIRTY_THOUSAND: &str = "thirty.thousand@example.com";
/// Id of a user with exactly 100,000 rows, in every crowd of [`Crowd::WITH_HEAVY`] rows or more.
pub const HUNDRED_THOUSAND: &str = "hundred.thousand@example.com";

/// When the first user comes: 1 May 2023, in milliseconds UTC.
const START: i64 = 1_682_899_200_000;
/// Rows in a day of watching.
const ROWS_A_DAY: u64 = 33_000;
/// Bytes that are collected before they are written.
const BUFFER: usize = 256 << 10;
/// Most rows of a user who is not forced to have more.
const MOST: u64 = 5_000;
/// Devices that wait for another user.
const SHARED: usize = 64;
/// Rows in 1000 that are delivered twice.
const TWICE: u64 = 5;

/// A crowd to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crowd {
    /// What decides every byte, with `rows`.
    pub seed: u64,
    /// Lines of the file.
    pub rows: u64,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Lines.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
    /// Users with at least one row.
    pub users: u64,
    /// Rows of web SDKs.
    pub web: u64,
    /// Rows of app SDKs.
    pub mobile: u64,
    /// Rows of servers.
    pub server: u64,
    /// `$create_alias` rows.
    pub alias_calls: u64,
    /// Of these, those that the lookup table refuses, for the alias points elsewhere (identity.md L2).
    pub refused: u64,
    /// `$identify` rows.
    pub identifies: u64,
    /// `$merge` rows.
    pub merges: u64,
    /// Resets, each followed by a new anonymous id on the device.
    pub resets: u64,
    /// Rows stored under an alias because they arrived before the alias call (identity.md L10).
    pub races: u64,
    /// Rows that arrived hours after they happened.
    pub late: u64,
    /// Rows that are another delivery of a row above them, with its `$insert_id`.
    pub copies: u64,
}

impl Crowd {
    /// Rows from which on the user [`FIFTY`] is there.
    pub const WITH_FIFTY: u64 = 1_000;
    /// Rows from which on [`TEN_THOUSAND`], [`THIRTY_THOUSAND`] and [`HUNDRED_THOUSAND`] are there.
    pub const WITH_HEAVY: u64 = 1_000_000;

    /// Writes the export to `out`: exactly [`Crowd::rows`] lines.
    ///
    /// # Errors
    /// What `out` answers; what was written before stays.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<Summary> {
        let mut writing = Writing::new(*self, out);
        writing.run()?;
        writing.out.write_all(writing.text.bytes())?;
        writing.out.flush()?;
        Ok(writing.summary)
    }

    /// How long it is watched, in milliseconds.
    fn span(self) -> i64 {
        let days = (self.rows / ROWS_A_DAY).clamp(10, 365);
        i64::try_from(days).unwrap_or(365) * DAY
    }

    /// Users who are forced to be there, by number: how many of [`name::PROBES`].
    fn probes(self) -> usize {
        match self.rows {
            Self::WITH_HEAVY.. => name::PROBES.len(),
            Self::WITH_FIFTY.. => 1,
            _ => 0,
        }
    }
}

/// A user and when the next row happens; the greatest is the next.
struct Next {
    at: i64,
    user: Box<User>,
}

impl PartialEq for Next {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Next {}

impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Next {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (other.at, other.user.number).cmp(&(self.at, self.user.number))
    }
}

/// A line on its way; ordered by arrival, then by when it was made.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    arrival: i64,
    number: u64,
    line: Vec<u8>,
    counted: Counted,
}

/// What a row adds to the summary.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Counted {
    shape: Shape,
    late: bool,
    copy: bool,
    /// Has to be in the file.
    owed: bool,
}

/// A crowd being written.
struct Writing<'a> {
    crowd: Crowd,
    lines: Lines,
    out: &'a mut dyn Write,
    text: Text,
    summary: Summary,
    /// Users who have come and not gone.
    users: BinaryHeap<Next>,
    /// Rows that have happened and not arrived.
    held: BinaryHeap<Reverse<Held>>,
    held_ever: u64,
    /// Rows that still have to be in the file, of the users who are forced to be there.
    owed: u64,
    /// Rows of the users who are not forced to be there.
    others: u64,
    /// Number of the next user, when they come, and rows of all who came before.
    number: u64,
    comes: i64,
    promised: u64,
    /// Chance of what no user decides.
    random: Random,
    shared: Vec<Device>,
    shared_ever: usize,
}

impl<'a> Writing<'a> {
    fn new(crowd: Crowd, out: &'a mut dyn Write) -> Self {
        let mut writing = Self {
            crowd,
            lines: Lines { seed: crowd.seed },
            out,
            text: Text::with_capacity(BUFFER + (BUFFER >> 4)),
            summary: Summary::default(),
            users: BinaryHeap::new(),
            held: BinaryHeap::new(),
            held_ever: 0,
            owed: 0,
            others: 1,
            number: name::FIRST,
            comes: START,
            promised: 0,
            random: Random::new(crowd.seed, u64::MAX),
            shared: Vec::with_capacity(SHARED),
            shared_ever: 0,
        };
        let at = START + crowd.span() / 50;
        for number in (0..).take(crowd.probes()) {
            let user = User::new(crowd.seed, number, 0, at, crowd.span(), &[]);
            writing.owed += user.left;
            writing.users.push(Next { at, user: Box::new(user) });
        }
        writing.others = crowd.rows.saturating_sub(writing.owed).max(1);
        writing
    }

    /// Whether only rows that are owed have room left.
    fn is_full(&self) -> bool {
        self.summary.rows + self.owed >= self.crowd.rows
    }

    fn run(&mut self) -> io::Result<()> {
        while self.summary.rows < self.crowd.rows {
            let next = self.users.peek().map_or(i64::MAX, |next| next.at);
            if !self.is_full() && self.comes <= next {
                self.admit();
                continue;
            }
            if self.held.peek().is_some_and(|held| held.0.arrival <= next) {
                self.deliver()?;
                continue;
            }
            self.step()?;
        }
        Ok(())
    }

    /// Lets the next user come. Users come at the pace at which rows are to be written: each as
    /// long after the last as the rows of the last take.
    fn admit(&mut self) {
        let most = MOST.min(self.crowd.rows / 50).max(10);
        let at = self.comes + self.random.exponential(DAY / 16);
        let user = User::new(self.crowd.seed, self.number, most, at, self.crowd.span(), &self.shared);
        self.number += 1;
        self.promised += user.left;
        let share = u128::from(self.promised) * u128::from(self.crowd.span().unsigned_abs());
        let passed = share / u128::from(self.others);
        self.comes = START.saturating_add(i64::try_from(passed).unwrap_or(i64::MAX));
        self.users.push(Next { at, user: Box::new(user) });
    }

    /// Lets the next user do something.
    fn step(&mut self) -> io::Result<()> {
        let full = self.is_full();
        let Some(mut next) = self.users.peek_mut() else { return Ok(()) };
        let owed = next.user.is_probe();
        if full && !owed {
            PeekMut::pop(next);
            return Ok(());
        }
        let now = next.at;
        let row = next.user.row(now);
        let start = self.text.len();
        let shape = self.lines.write(&mut self.text, &row, &mut next.user.random);
        let shares = next.user.shares();
        if next.user.left == 0 {
            PeekMut::pop(next);
        } else {
            next.at = now + next.user.pause(row.what, now);
            drop(next);
        }
        if let Some(device) = shares {
            self.keep(device);
        }
        let counted = Counted { shape, late: row.late, copy: false, owed };
        self.copy(&row, start, counted);
        if row.late {
            self.hold(row.arrival, start, counted);
            self.text.truncate(start);
        } else {
            self.count_events(&row);
            self.written(counted, self.text.len() - start)?;
        }
        Ok(())
    }

    /// Has some rows delivered twice. Half of the copies are the same line, as where two exports
    /// overlap; the others were sent again and have an arrival of their own.
    fn copy(&mut self, row: &Row, start: usize, counted: Counted) {
        if !matches!(row.what, What::Track | What::Server { .. }) || !self.random.per_mille(TWICE) {
            return;
        }
        let later = 1_000 + self.random.exponential(DAY / 100);
        let mut line = Text::default();
        line.push_bytes(self.text.bytes().get(start..).unwrap_or_default());
        if self.random.per_mille(500) {
            line::deliver_again(&mut line, row.arrival, later);
        }
        let end = self.text.len();
        self.text.push_bytes(line.bytes());
        self.hold(row.arrival + later, end, Counted { copy: true, late: false, owed: false, ..counted });
        self.text.truncate(end);
    }

    /// Keeps what was written from `start` on until it arrives.
    fn hold(&mut self, arrival: i64, start: usize, counted: Counted) {
        let line = self.text.bytes().get(start..).unwrap_or_default().to_vec();
        self.held_ever += 1;
        self.held.push(Reverse(Held { arrival, number: self.held_ever, line, counted }));
    }

    /// Writes the row that arrives next, if there is room.
    fn deliver(&mut self) -> io::Result<()> {
        let Some(Reverse(held)) = self.held.pop() else { return Ok(()) };
        if self.is_full() && !held.counted.owed {
            return Ok(());
        }
        self.text.push_bytes(&held.line);
        self.written(held.counted, held.line.len())
    }

    /// Counts a line, and empties the buffer when it is full.
    fn written(&mut self, counted: Counted, bytes: usize) -> io::Result<()> {
        let summary = &mut self.summary;
        summary.rows += 1;
        summary.bytes += bytes as u64;
        match counted.shape {
            Shape::Web => summary.web += 1,
            Shape::Mobile => summary.mobile += 1,
            Shape::Server => summary.server += 1,
        }
        summary.late += u64::from(counted.late);
        summary.copies += u64::from(counted.copy);
        self.owed -= u64::from(counted.owed && !counted.copy);
        if self.text.len() >= BUFFER {
            self.out.write_all(self.text.bytes())?;
            self.text.clear();
        }
        Ok(())
    }

    fn count_events(&mut self, row: &Row) {
        let summary = &mut self.summary;
        summary.users += u64::from(row.first);
        summary.races += u64::from(row.what == What::Server { race: true });
        summary.resets += u64::from(row.reset);
        match row.what {
            What::Track | What::Server { .. } => {}
            What::Alias { refused } => {
                summary.alias_calls += 1;
                summary.refused += u64::from(refused);
            }
            What::Identify { .. } => summary.identifies += 1,
            What::Merge { .. } => summary.merges += 1,
        }
    }

    /// Remembers a device for others to use; the oldest are forgotten.
    fn keep(&mut self, device: Device) {
        if let Some(place) = self.shared.get_mut(self.shared_ever % SHARED) {
            *place = device;
        } else {
            self.shared.push(device);
        }
        self.shared_ever += 1;
    }
}

#[cfg(test)]
mod tests;
