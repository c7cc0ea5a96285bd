//! Filling a warehouse from a store file.
//!
//! Rows are sent in the order of the store, in blocks of some tens of megabytes. Alias calls, links,
//! ids, profiles and files are few compared with them and may change with each import, so every load sends
//! all of them anew, and readers look at those of the newest load alone. The server needs no more
//! than the right to insert: nothing is ever deleted. `journey warehouse check` counts what
//! is of no more use.

use std::hash::{BuildHasher, Hasher, RandomState};

use super::client::Client;
use super::tables::{
    CALLS_BY_ALIAS, CALLS_BY_TARGET, FILES, IDS, IDS_BY_LOOK, LINKS_BY_A, LINKS_BY_B, LOADS, PROFILES,
    ROWS as ROWS_TABLE, VALUES,
};
use super::wire::Block;
use crate::inspect::{Error, Stop};
use crate::model::alike::folded;
use crate::model::facts::Event;
use crate::model::scan::{SweptCall, SweptLink};
use crate::model::stored::{ImportedFile, StoredProfile};
use crate::model::text::lower;
use crate::model::{Flags, Id, NumberedTexts};

/// `journey_loads.kind` of a load of rows.
pub(super) const ROWS: u8 = 0;
/// `journey_loads.kind` of a load of everything else.
pub(super) const FACTS: u8 = 1;

/// Bytes from which on a block is sent.
const BLOCK: usize = 32 << 20;

/// A row of `journey_loads`: a load that counts.
pub(super) struct Record {
    pub(super) number: u64,
    /// What the rows of the other tables name it by.
    pub(super) load: u64,
    pub(super) kind: u8,
    last: i64,
    hash: i64,
    pub(super) rows: u64,
}

/// Every load that counts, the oldest first.
pub(super) fn records(client: &Client, stop: Option<&Stop>) -> Result<Vec<Record>, Error> {
    let sql = format!("SELECT number, load, kind, last, hash, rows FROM {LOADS} ORDER BY number FORMAT RowBinary");
    client.records(&sql, stop, |answer| {
        Ok(Record {
            number: answer.u64()?,
            load: answer.u64()?,
            kind: answer.u8()?,
            last: answer.i64()?,
            hash: answer.i64()?,
            rows: answer.u64()?,
        })
    })
}

/// What was loaded so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Number of the newest load; 0 for none.
    pub number: u64,
    /// Rows of all loads.
    pub rows: u64,
    /// Where the last row lies in the store that it came from.
    pub last: i64,
    /// [`Event::hash`] of that row: it tells whether the store is the same.
    pub hash: i64,
}

/// One load: rows or facts, which count from [`Load::finish`] on.
pub struct Load<'c> {
    client: &'c Client,
    /// Random, so that what another load left under it cannot be.
    number: u64,
    kind: u8,
    /// The block that is being filled, and its table.
    block: Block,
    table: &'static str,
    rows: u64,
    first: i64,
}

impl<'c> Load<'c> {
    /// What the warehouse has been given so far.
    ///
    /// # Errors
    /// It does not answer, or has no tables.
    pub fn loaded(client: &Client) -> Result<Loaded, Error> {
        let mut loaded = Loaded::default();
        for Record { number, kind, last, hash, rows, .. } in records(client, None)? {
            loaded.number = number;
            if kind == ROWS {
                (loaded.last, loaded.hash) = (last, hash);
                loaded.rows = loaded.rows.saturating_add(rows);
            }
        }
        Ok(loaded)
    }

    fn new(client: &'c Client, kind: u8, table: &'static str) -> Self {
        let number = RandomState::new().build_hasher().finish();
        Self { client, number, kind, block: Block::default(), table, rows: 0, first: 0 }
    }

    /// A load of rows, the first of which lies at `first`.
    pub fn of_rows(client: &'c Client, first: i64) -> Self {
        Self { first, ..Self::new(client, ROWS, ROWS_TABLE) }
    }

    /// A load of facts.
    pub fn of_facts(client: &'c Client) -> Self {
        Self::new(client, FACTS, FILES)
    }

    /// Rows of this load so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    fn send(&mut self) -> Result<(), Error> {
        if self.block.0.is_empty() {
            return Ok(());
        }
        self.client.insert(self.table, &self.block.0).map_err(|failed| self.client.explain(failed))?;
        self.block.0.clear();
        Ok(())
    }

    /// Begins a record of `table`.
    fn record(&mut self, table: &'static str) -> Result<&mut Block, Error> {
        if table != self.table || self.block.0.len() >= BLOCK {
            self.send()?;
            self.table = table;
        }
        self.block.u64(self.number);
        Ok(&mut self.block)
    }

    /// Adds a row of the file with number `file`, with its properties as JSON text.
    ///
    /// # Errors
    /// The warehouse does not take it; the load does not count then.
    pub fn row(&mut self, event: &Event, file: i64, properties: &str) -> Result<(), Error> {
        let client = event.client.as_ref().map_or("", |client| client.as_str());
        self.record(ROWS_TABLE)?
            .id(event.id.as_ref())
            .i64(event.time)
            .i64(event.arrived)
            .i64(file)
            .u64(event.source.line)
            .i64(event.row)
            .text(&event.event)
            .id(event.device.as_ref())
            .id(event.user.as_ref())
            .id(event.other.as_ref())
            .text(client)
            .u8(event.verb.number())
            .i64(event.hash)
            .u32(event.flags.0)
            .text(properties);
        self.rows += 1;
        Ok(())
    }

    /// Adds an alias call; `ids` has the texts of the ids that it names by number.
    ///
    /// # Errors
    /// As of [`Load::row`].
    pub fn call(&mut self, call: &SweptCall, table: ByWhich, ids: &NumberedTexts) -> Result<(), Error> {
        let SweptCall { row, alias, target, time, arrived, flags: Flags(flags), file, line, from_table } = call;
        let table = if table == ByWhich::First { CALLS_BY_ALIAS } else { CALLS_BY_TARGET };
        self.record(table)?
            .text(ids.of(*alias))
            .text(ids.of(*target))
            .i64(*time)
            .i64(*arrived)
            .i64(*file)
            .u64(u64::try_from(*line).unwrap_or(0))
            .i64(*row)
            .u32(*flags)
            .u8(u8::from(*from_table));
        Ok(())
    }

    /// Adds a link, whose place in its line is `nth`.
    ///
    /// # Errors
    /// As of [`Load::row`].
    pub fn link(&mut self, link: &SweptLink, nth: i64, table: ByWhich, ids: &NumberedTexts) -> Result<(), Error> {
        let SweptLink { kind, a, b, rows, time, arrived, file, line } = link;
        let table = if table == ByWhich::First { LINKS_BY_A } else { LINKS_BY_B };
        self.record(table)?
            .u8(u8::try_from(kind.number()).unwrap_or(u8::MAX))
            .text(ids.of(*a))
            .text(ids.of(*b))
            .i64(*a)
            .i64(*b)
            .u64(*rows)
            .i64(*time)
            .i64(*arrived)
            .i64(*file)
            .u64(u64::try_from(*line).unwrap_or(0))
            .i64(nth);
        Ok(())
    }

    /// Adds an id.
    ///
    /// # Errors
    /// As of [`Load::row`].
    pub fn id(&mut self, id: &str) -> Result<(), Error> {
        self.record(IDS)?.text(id).text(&lower(id));
        Ok(())
    }

    /// Adds what an id looks like; it is how ids are found that a person cannot tell from another.
    ///
    /// # Errors
    /// As of [`Load::row`].
    pub fn look(&mut self, id: &str) -> Result<(), Error> {
        let look = folded(Id::new(id).bare());
        if !look.is_empty() {
            self.record(IDS_BY_LOOK)?.text(&look).text(id);
        }
        Ok(())
    }

    /// Adds a profile update.
    ///
    /// # Errors
    /// As of [`Load::row`].
    pub fn profile(&mut self, profile: &StoredProfile, number: i64, file: i64) -> Result<(), Error> {
        self.record(PROFILES)?
            .id(profile.id.as_ref())
            .i64(number)
            .text(&profile.operation)
            .u8(u8::from(profile.time.is_some()))
            .i64(profile.time.unwrap_or_default())
            .u8(u8::from(profile.arrived.is_some()))
            .i64(profile.arrived.unwrap_or_default())
            .u8(u8::from(profile.ignore_alias))
            .text(&profile.json)
            .i64(file)
            .u64(profile.source.line);
        Ok(())
    }

    /// Adds a value of a profile that a person is searched by.
    ///
    /// # Errors
    /// As of [`Load::row`].
    pub fn value(&mut self, id: &str, key: &str, value: &str, number: i64) -> Result<(), Error> {
        self.record(VALUES)?.text(id).text(key).text(value).text(&lower(value)).i64(number);
        Ok(())
    }

    /// Adds a file.
    ///
    /// # Errors
    /// As of [`Load::row`].
    pub fn file(&mut self, file: &ImportedFile, rank: u32, vendor: &str) -> Result<(), Error> {
        self.record(FILES)?
            .i64(file.id)
            .u32(rank)
            .text(&file.name)
            .text(&file.format)
            .text(vendor)
            .text(&file.timezone)
            .u64(file.bytes)
            .u64(file.rows)
            .u64(file.aliases)
            .u64(file.profiles)
            .u64(file.rejected)
            .u8(u8::from(file.complete))
            .u8(u8::from(file.incomplete));
        Ok(())
    }

    /// Makes the load count, as number `number`; of a load of rows the last lies at `last`.
    ///
    /// # Errors
    /// As of [`Load::row`].
    pub fn finish(mut self, number: u64, last: i64, hash: i64) -> Result<(), Error> {
        self.send()?;
        let mut record = Block::default();
        record.u64(self.number).u64(number).u8(self.kind).i64(self.first).i64(last).i64(hash).u64(self.rows);
        self.client.insert(LOADS, &record.0).map_err(|failed| self.client.explain(failed))
    }
}

/// By which of its two ids a record is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByWhich {
    /// The alias, or the first id of a link.
    First,
    /// The target, or the second id of a link.
    Second,
}
