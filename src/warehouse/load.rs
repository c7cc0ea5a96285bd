//! Filling a warehouse from a store file.
//!
//! Rows are sent in the order of the store, while the next ones are read. Alias calls, links,
//! ids, profiles and files are few compared with them and may change with each import, so every load sends
//! all of them anew, and readers look at those of the newest load alone. The server needs no more
//! than the right to insert: nothing is ever deleted. `journey warehouse check` counts what
//! is of no more use.

use std::hash::{BuildHasher, Hasher, RandomState};

use super::client::Client;
use super::components::{Components, is_whole};
use super::edges::{FIRST_IS_OUTSIDE, SECOND_IS_OUTSIDE, Stored, part};
use super::tables::{EDGES, FILES, IDS, IDS_BY_LOOK, LOADS, PROFILES, ROWS as ROWS_TABLE, VALUES};
use super::upload::{BLOCK, Upload};
use super::wire::Block;
use crate::inspect::{Error, Stop};
use crate::model::alike::folded;
use crate::model::facts::Event;
use crate::model::scan::{SweptCall, SweptLink};
use crate::model::stored::{ImportedFile, StoredProfile};
use crate::model::text::lower;
use crate::model::{Flags, Id, NumberedTexts};

/// Requests that bring rows to one table at a time: a server takes each with one thread.
const LANES: usize = 2;

/// `journey_loads.kind` of a load of rows.
pub(super) const ROWS: u8 = 0;
/// `journey_loads.kind` of a load of everything else. Facts of kind 1 had tables that are no longer read.
pub(super) const FACTS: u8 = 2;

/// A row of `journey_loads`: a load that counts.
pub(super) struct Record {
    pub(super) number: u64,
    /// What the rows of the other tables name it by.
    pub(super) load: u64,
    pub(super) kind: u8,
    last: i64,
    hash: i64,
    /// Rows of a load of rows, alias calls of one of facts.
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
    /// What is sent next, to the table of the rows on their way.
    block: Block,
    table: &'static str,
    on_the_way: Vec<Upload>,
    /// Blocks that went on their way to the table.
    blocks: usize,
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
        Self {
            client,
            number,
            kind,
            block: Block::default(),
            table,
            on_the_way: Vec::new(),
            blocks: 0,
            rows: 0,
            first: 0,
        }
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

    /// Sends the block on.
    fn send(&mut self) -> Result<(), Error> {
        if self.block.0.is_empty() {
            return Ok(());
        }
        if self.on_the_way.len() < LANES {
            let upload = Upload::begin(self.client, self.table).map_err(|failed| self.client.explain(failed))?;
            self.on_the_way.push(upload);
        }
        let block = std::mem::take(&mut self.block.0);
        let upload = self.on_the_way.get(self.blocks % LANES);
        self.blocks += 1;
        let is_taken = upload.is_some_and(|upload| upload.send(block));
        // What no one takes has an error to tell.
        if is_taken { Ok(()) } else { self.arrive() }
    }

    /// Waits until the rows of the table are stored.
    fn arrive(&mut self) -> Result<(), Error> {
        self.blocks = 0;
        // The end of each first: the server stores what it has of one while the next ends.
        let ended: Vec<_> = self.on_the_way.drain(..).map(Upload::end).collect();
        ended.into_iter().try_for_each(|ended| ended.arrived().map_err(|failed| self.client.explain(failed)))
    }

    /// Begins a record of `table`.
    fn record(&mut self, table: &'static str) -> Result<&mut Block, Error> {
        if table != self.table {
            self.send()?;
            self.arrive()?;
            self.table = table;
        } else if self.block.0.len() >= BLOCK {
            self.send()?;
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

    /// Adds an alias call, the `place`th of all in order of arrival, to each component that it is looked for in; `ids`
    /// has the texts of the ids that it names by number.
    ///
    /// # Errors
    /// As of [`Load::row`].
    pub fn call(&mut self, call: &SweptCall, place: u64, in_: &Components, ids: &NumberedTexts) -> Result<(), Error> {
        let SweptCall { row, alias, target, time, arrived, flags: Flags(flags), file, line, from_table } = *call;
        let edge = Stored {
            kind: None,
            a: ids.of(alias).to_owned(),
            b: ids.of(target).to_owned(),
            time,
            arrived,
            file,
            line: u64::try_from(line).unwrap_or(0),
            row,
            flags,
            from_table,
            outside: 0,
        };
        self.rows += 1;
        self.edge(edge, place, (alias, target), in_, (part::CALLS, part::CALLS_OF, part::CALLS_TO))
    }

    /// Adds a link, the `place`th of all in order of arrival.
    ///
    /// # Errors
    /// As of [`Load::row`].
    pub fn link(&mut self, link: &SweptLink, place: u64, in_: &Components, ids: &NumberedTexts) -> Result<(), Error> {
        let SweptLink { kind, a, b, rows, time, arrived, file, line } = *link;
        let edge = Stored {
            kind: Some(kind.number()),
            a: ids.of(a).to_owned(),
            b: ids.of(b).to_owned(),
            time,
            arrived,
            file,
            line: u64::try_from(line).unwrap_or(0),
            row: i64::try_from(rows).unwrap_or(i64::MAX),
            ..Stored::default()
        };
        self.edge(edge, place, (a, b), in_, (part::LINKS, part::LINKS_OF, part::LINKS_OF))
    }

    fn edge(
        &mut self,
        mut edge: Stored,
        place: u64,
        (a, b): (i64, i64),
        components: &Components,
        (whole, of_first, of_second): (u8, u8, u8),
    ) -> Result<(), Error> {
        let (first, second) = (components.component(a), components.component(b));
        let part = |component: u64, of: u8| if is_whole(component) { whole } else { of };
        let in_first = (a != 0).then(|| (first, part(first, of_first)));
        // In one place, it is found from both sides.
        let in_second = (b != 0).then(|| (second, part(second, of_second))).filter(|at| Some(*at) != in_first);
        for (component, part) in [in_first, in_second].into_iter().flatten() {
            edge.outside = 0;
            if is_whole(component) {
                edge.outside |= if first == component { 0 } else { FIRST_IS_OUTSIDE };
                edge.outside |= if second == component { 0 } else { SECOND_IS_OUTSIDE };
            }
            // Numbers and texts have JSON.
            let text = serde_json::to_string(&edge).unwrap_or_default();
            self.record(EDGES)?.u64(component).u8(part).u64(place).text(&text);
        }
        Ok(())
    }

    /// Adds the id with this number.
    ///
    /// # Errors
    /// As of [`Load::row`].
    pub fn id(&mut self, id: &str, number: i64, components: &Components) -> Result<(), Error> {
        self.record(IDS)?.text(id).text(&lower(id)).u64(components.component(number));
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
        self.arrive()?;
        let mut record = Block::default();
        record.u64(self.number).u64(number).u8(self.kind).i64(self.first).i64(last).i64(hash).u64(self.rows);
        self.client.insert(LOADS, &mut record.0.as_slice()).map_err(|failed| self.client.explain(failed))
    }
}
