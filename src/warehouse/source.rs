//! The warehouse as a source.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::activity::activity;
use super::client::Client;
use super::moment::Moment;
use super::tables::{CALLS_BY_ALIAS, FILES, IDS, IDS_BY_LOOK, PROFILES, ROWS, VALUES};
use super::wire::{Answer, CutOff, literal, literals, numbers};
use super::{edges, load};
use crate::inspect::{Ask, Edges, Error, ErrorKind, Lookup, Source, Stop};
use crate::model::alike::{are_alike, folded};
use crate::model::facts::{Event, Origin, Place, Sender, Source as Line};
use crate::model::hit::{IdHit, Match, Span};
use crate::model::id::DEVICE_PREFIX;
use crate::model::stored::{ImportedFile, Overview, StoredProfile};
use crate::model::text::lower;
use crate::model::{Client as Program, Flags, Id, Millis, VerbKind};

/// Ids that are named in one question: their literals stay below the 256 KiB that a server reads.
const IDS_PER_QUESTION: usize = 1_000;
/// Bytes of their literals, at most.
const BYTES_PER_QUESTION: usize = 150_000;
/// Rows whose properties are asked for at once.
const ROWS_PER_QUESTION: usize = 2_000;

/// What the warehouse holds at one moment.
#[derive(Clone, Debug, Default)]
struct State {
    /// Number of the newest load.
    newest: u64,
    /// Loads that brought rows.
    rows: Vec<u64>,
    /// The load that brought the newest facts: alias calls, links, ids, profiles, files.
    facts: u64,
    files: HashMap<i64, Arc<Origin>>,
}

/// A warehouse as a source.
pub struct Warehouse {
    client: Client,
    stop: Option<Stop>,
    state: RefCell<Arc<State>>,
    moment: Moment,
    /// Where the rows that were given out lie: their properties are asked for by number.
    places: RefCell<HashMap<i64, (Option<Id>, Millis)>>,
    senders: RefCell<HashSet<Arc<Sender>>>,
}

impl Warehouse {
    /// Opens a warehouse: asks what it holds.
    ///
    /// # Errors
    /// It does not answer, or has no tables of this program.
    pub fn open(client: Client) -> Result<Self, Error> {
        let warehouse = Self {
            client,
            stop: None,
            state: RefCell::default(),
            moment: Moment::default(),
            places: RefCell::default(),
            senders: RefCell::default(),
        };
        warehouse.renew()?;
        Ok(warehouse)
    }

    /// The client, with its count of round trips.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Reads every record of an answer.
    fn records<T>(&self, sql: &str, read: impl FnMut(&mut Answer<'_>) -> Result<T, CutOff>) -> Result<Vec<T>, Error> {
        self.client.records(sql, self.stop.as_ref(), read)
    }

    /// Learns what was loaded since; the files are read only when something was.
    fn renew(&self) -> Result<(), Error> {
        let loads = load::records(&self.client, self.stop.as_ref())?;
        let newest = loads.last().map_or(0, |load| load.number);
        if newest == self.state.borrow().newest {
            return Ok(());
        }
        let of = |kind: u8| loads.iter().filter(move |load| load.kind == kind).map(|load| load.load);
        let facts = of(load::FACTS).next_back().unwrap_or(0);
        let files = self.records(
            &format!("SELECT file, rank, name, vendor FROM {FILES} WHERE load = {facts} FORMAT RowBinary"),
            |answer| {
                let (file, rank) = (answer.i64()?, answer.u32()?);
                let (name, vendor) = (answer.text()?, answer.text()?);
                Ok((file, Arc::new(Origin { file: Arc::from(&*name), vendor: Arc::from(&*vendor), rank })))
            },
        )?;
        let state = State { newest, rows: of(load::ROWS).collect(), facts, files: files.into_iter().collect() };
        *self.state.borrow_mut() = Arc::new(state);
        self.places.borrow_mut().clear();
        self.senders.borrow_mut().clear();
        Ok(())
    }

    fn state(&self) -> Arc<State> {
        Arc::clone(&self.state.borrow())
    }

    fn line(&self, state: &State, file: i64, line: u64) -> Result<Line, Error> {
        let origin = state.files.get(&file).cloned().ok_or_else(|| {
            Error::new(
                ErrorKind::Store,
                format!("the warehouse {} has no file {file}, which a row names", self.client.address()),
            )
        })?;
        Ok(Line { origin, line })
    }

    /// Calls `ask` with literals of a part of `ids` again and again.
    fn in_parts(&self, ids: &[Id], mut ask: impl FnMut(&Self, &str) -> Result<(), Error>) -> Result<(), Error> {
        let mut rest = ids;
        while !rest.is_empty() {
            let mut bytes = 0_usize;
            let fits = |id: &&Id| {
                bytes = bytes.saturating_add(id.as_str().len().saturating_mul(2)).saturating_add(3);
                bytes <= BYTES_PER_QUESTION
            };
            let n = rest.iter().take(IDS_PER_QUESTION).take_while(fits).count().max(1);
            let (part, more) = rest.split_at(n.min(rest.len()));
            ask(self, &literals(part.iter().map(Id::as_str)))?;
            rest = more;
        }
        Ok(())
    }

    fn spans(&self, ids: &[Id]) -> Result<HashMap<Id, Span>, Error> {
        let state = self.state();
        let mut spans = HashMap::new();
        self.in_parts(ids, |it, list| {
            let sql = format!(
                "SELECT id, count(), min(time), max(time) FROM {ROWS} WHERE id IN ({list}) AND {} GROUP BY id FORMAT RowBinary",
                state.of_rows()
            );
            let found = it.records(&sql, |answer| {
                let id = Id::new(&answer.text()?);
                Ok((id, Span { events: answer.u64()?, first: Some(answer.i64()?), last: Some(answer.i64()?) }))
            })?;
            spans.extend(found);
            Ok(())
        })?;
        Ok(spans)
    }
}

impl State {
    /// The condition that rows belong to loads that count.
    fn of_rows(&self) -> String {
        if self.rows.is_empty() { "0".to_owned() } else { format!("load IN ({})", numbers(&self.rows)) }
    }

    /// The place of the file of a row among all files, in SQL.
    fn rank(&self) -> String {
        let mut files: Vec<(i64, u32)> = self.files.iter().map(|(file, origin)| (*file, origin.rank)).collect();
        if files.len() < 2 {
            return "toUInt32(0)".to_owned();
        }
        files.sort_unstable();
        let (from, to) = (files.iter().map(|(file, _)| file), files.iter().map(|(_, rank)| rank));
        format!("transform(file, [{}], [{}], 0)", numbers(from), numbers(to))
    }
}

impl Lookup for Warehouse {
    fn edges(&self, ids: &[Id], ask: Ask) -> Result<Vec<Edges>, Error> {
        let state = self.state();
        let rank = state.rank();
        let mut known: Vec<Id> = ids.to_vec();
        known.sort_unstable();
        known.dedup();
        let mut found = Vec::new();
        self.in_parts(&known, |it, list| {
            let Some(sql) = edges::question(list, ask, state.facts, &rank) else { return Ok(()) };
            for edge in it.records(&sql, edges::Edge::read)? {
                let (file, line) = edge.place;
                let source = it.line(&state, file, line)?;
                found.push((edge, source));
            }
            Ok(())
        })?;
        let by_id = edges::sorted(found, ask).map_err(|kind| {
            let address = self.client.address();
            Error::new(ErrorKind::Store, format!("the warehouse {address} has a link of an unknown kind, {kind}"))
        })?;
        Ok(ids.iter().map(|id| by_id.get(id).cloned().unwrap_or_default()).collect())
    }

    fn ids_alike(&self, id: &Id, limit: usize) -> Result<Vec<Id>, Error> {
        let look = folded(id.bare());
        if look.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT id FROM {IDS_BY_LOOK} WHERE look = {} AND load = {} ORDER BY id FORMAT RowBinary",
            literal(&look),
            self.state().facts
        );
        let mut alike = self.records(&sql, |answer| Ok(Id::new(&answer.text()?)))?;
        alike.retain(|other| are_alike(id.bare(), other.bare()));
        alike.truncate(limit);
        Ok(alike)
    }

    fn event_heads(&self, ids: &[Id], after: Option<Place>, limit: usize) -> Result<Vec<Arc<Event>>, Error> {
        let state = self.state();
        let rank = state.rank();
        let after = after.map_or_else(String::new, |(time, arrival)| {
            format!(
                " AND time >= {time} AND (time, arrived, toInt64({rank}), toInt64(line), row) > ({time}, {}, {}, {}, {})",
                arrival.at,
                arrival.rank,
                i64::try_from(arrival.line).unwrap_or(i64::MAX),
                arrival.row
            )
        });
        let mut rows: Vec<Arc<Event>> = Vec::new();
        self.in_parts(ids, |it, list| {
            let sql = format!(
                "SELECT id, time, arrived, file, line, row, event, device, user, other, client, verb, \
                 hash, flags FROM {ROWS} WHERE id IN ({list}) AND {}{after} \
                 ORDER BY time, arrived, {rank}, line, row LIMIT {limit} FORMAT RowBinary",
                state.of_rows()
            );
            let mut name: Option<Arc<str>> = None;
            let found = it.records(&sql, |answer| {
                let id = answer.id()?;
                let (time, arrived, file) = (answer.i64()?, answer.i64()?, answer.i64()?);
                let (line, row, event) = (answer.u64()?, answer.i64()?, answer.text()?);
                let event = match name.as_ref().filter(|name| ***name == *event) {
                    Some(name) => Arc::clone(name),
                    None => Arc::clone(name.insert(Arc::from(&*event))),
                };
                let (device, user, other) = (answer.id()?, answer.id()?, answer.id()?);
                let client = answer.text()?;
                let client = if client.is_empty() { None } else { Some(Program::from_text(&client)) };
                let (verb, hash, flags) = (answer.u8()?, answer.i64()?, Flags(answer.u32()?));
                let verb = VerbKind::from_number(verb).unwrap_or_default();
                let sender = Sender { id, device, user, other, client, flags, verb };
                Ok((row, event, time, arrived, hash, file, line, sender))
            })?;
            let mut places = it.places.borrow_mut();
            let mut senders = it.senders.borrow_mut();
            for (row, event, time, arrived, hash, file, line, sender) in found {
                places.insert(row, (sender.id.clone(), time));
                let sender = senders.get(&sender).cloned().unwrap_or_else(|| {
                    let sender = Arc::new(sender);
                    senders.insert(Arc::clone(&sender));
                    sender
                });
                let source = it.line(&state, file, line)?;
                rows.push(Arc::new(Event { row, event, time, arrived, hash, source, sender }));
            }
            Ok(())
        })?;
        if ids.len() > 1 {
            rows.sort_by_key(|row| row.place());
            rows.truncate(limit);
        }
        Ok(rows)
    }
}

impl Source for Warehouse {
    fn vendors(&self) -> Result<Vec<String>, Error> {
        let state = self.state();
        let vendors: BTreeSet<&str> = state.files.values().map(|origin| &*origin.vendor).collect();
        Ok(vendors.into_iter().map(str::to_owned).collect())
    }

    fn search_ids(&self, text: &str, limit: usize) -> Result<Vec<IdHit>, Error> {
        if text.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let state = self.state();
        let exact = Id::new(text);
        let forms = literals([exact.as_str(), exact.other_device_form().as_str()]);
        let (device, lower) = (format!("{DEVICE_PREFIX}{}", lower(text)), lower(text));
        let (device, lower) = (literal(&device), literal(&lower));
        let sql = format!(
            "SELECT id, toUInt8(multiIf(id IN ({forms}), 0, startsWith(lower, {lower}) OR startsWith(lower, {device}), 1, 2)) AS how, \
             '' AS by_key, '' AS by_value FROM {IDS} WHERE load = {facts} AND position(lower, {lower}) > 0 \
             ORDER BY how, length(id), id LIMIT {limit} FORMAT RowBinary",
            facts = state.facts
        );
        let hit = |answer: &mut Answer<'_>| {
            let (id, how) = (Id::new(&answer.text()?), answer.u8()?);
            let via = (answer.text()?.into_owned(), answer.text()?.into_owned());
            Ok((id, how, via))
        };
        let mut found = self.records(&sql, hit)?;
        if found.len() < limit {
            let sql = format!(
                "SELECT id, toUInt8(3) AS how, argMin(key, number) AS by_key, argMin(value, number) AS by_value FROM {VALUES} \
                 WHERE load = {facts} AND position(lower, {lower}) > 0 GROUP BY id ORDER BY min(length(value)), id \
                 LIMIT {limit} FORMAT RowBinary",
                facts = state.facts
            );
            found.extend(self.records(&sql, hit)?);
        }
        let mut seen = HashSet::new();
        found.retain(|(id, ..)| seen.insert(id.clone()));
        found.truncate(limit);
        let ids: Vec<Id> = found.iter().map(|(id, ..)| id.clone()).collect();
        let spans = self.spans(&ids)?;
        let found = found.into_iter().map(|(id, how, via)| {
            let span = spans.get(&id).copied().unwrap_or_default();
            let (found, via) = match how {
                0 => (Match::Exact, None),
                1 => (Match::Prefix, None),
                2 => (Match::Substring, None),
                _ => (Match::Profile, Some(via)),
            };
            IdHit { id, found, via, span }
        });
        Ok(found.collect())
    }

    fn properties(&self, rows: &[i64]) -> Result<Vec<String>, Error> {
        let state = self.state();
        let mut texts = HashMap::new();
        for part in rows.chunks(ROWS_PER_QUESTION) {
            let mut keys = Vec::with_capacity(part.len());
            {
                let places = self.places.borrow();
                for row in part {
                    let (id, time) = places.get(row).ok_or_else(|| {
                        Error::new(
                            ErrorKind::Store,
                            format!("the warehouse {} has no row {row}", self.client.address()),
                        )
                    })?;
                    keys.push(format!("({},{time})", literal(id.as_ref().map_or("", Id::as_str))));
                }
            }
            keys.sort_unstable();
            keys.dedup();
            let sql = format!(
                "SELECT row, properties FROM {ROWS} PREWHERE (id, time) IN ({}) WHERE row IN ({}) AND {} FORMAT RowBinary",
                keys.join(","),
                numbers(part),
                state.of_rows()
            );
            texts.extend(self.records(&sql, |answer| Ok((answer.i64()?, answer.text()?.into_owned())))?);
        }
        let text = |row: &i64| {
            texts.get(row).cloned().ok_or_else(|| {
                Error::new(ErrorKind::Store, format!("the warehouse {} has no row {row}", self.client.address()))
            })
        };
        rows.iter().map(text).collect()
    }

    fn profiles_of(&self, ids: &[Id], limit: usize) -> Result<Vec<StoredProfile>, Error> {
        let state = self.state();
        let mut found: Vec<(StoredProfile, i64)> = Vec::new();
        self.in_parts(ids, |it, list| {
            let sql = format!(
                "SELECT id, number, operation, has_time, time, has_arrived, arrived, ignore_alias, json, file, line \
                 FROM {PROFILES} WHERE id IN ({list}) AND load = {} FORMAT RowBinary",
                state.facts
            );
            let records = it.records(&sql, |answer| {
                let (id, number, operation) = (answer.id()?, answer.i64()?, answer.text()?.into_owned());
                let (has_time, time) = (answer.u8()? != 0, answer.i64()?);
                let (has_arrived, arrived) = (answer.u8()? != 0, answer.i64()?);
                let (ignore_alias, json) = (answer.u8()? != 0, answer.text()?.into_owned());
                let given = |has: bool, value: Millis| if has { Some(value) } else { None };
                let profile = StoredProfile {
                    id,
                    operation,
                    time: given(has_time, time),
                    arrived: given(has_arrived, arrived),
                    ignore_alias,
                    json,
                    source: Line::new("", 0, 0),
                };
                Ok((profile, number, answer.i64()?, answer.u64()?))
            })?;
            for (profile, number, file, line) in records {
                found.push((StoredProfile { source: it.line(&state, file, line)?, ..profile }, number));
            }
            Ok(())
        })?;
        found.sort_by_key(|(profile, number)| {
            (profile.time.or(profile.arrived), profile.source.rank, profile.source.line, *number)
        });
        found.dedup_by_key(|(_, number)| *number);
        found.truncate(limit);
        Ok(found.into_iter().map(|(profile, _)| profile).collect())
    }

    fn span_of_all(&self, ids: &[Id]) -> Result<Option<Span>, Error> {
        Ok(Some(self.spans(ids)?.into_values().fold(Span::default(), Span::and)))
    }

    fn overview(&self) -> Result<Overview, Error> {
        let state = self.state();
        let (rows, facts) = (state.of_rows(), state.facts);
        let counts = self.records(
            &format!(
                "SELECT count(), countIf(id = ''), min(time), max(time) FROM {ROWS} WHERE {rows} FORMAT RowBinary"
            ),
            |answer| Ok((answer.u64()?, answer.u64()?, answer.i64()?, answer.i64()?)),
        )?;
        let (events, without_id, first, last) = counts.first().copied().unwrap_or_default();
        let count = |table: &str| format!("SELECT count() AS n FROM {table} WHERE load = {facts}");
        let sql = format!(
            "SELECT toUInt8(0) AS t, n FROM ({}) UNION ALL SELECT toUInt8(1) AS t, n FROM ({}) UNION ALL \
             SELECT toUInt8(2) AS t, n FROM ({}) FORMAT RowBinary",
            count(IDS),
            count(CALLS_BY_ALIAS),
            count(PROFILES)
        );
        let sums: HashMap<u8, u64> =
            self.records(&sql, |answer| Ok((answer.u8()?, answer.u64()?)))?.into_iter().collect();
        let of = |tag: u8| sums.get(&tag).copied().unwrap_or(0);
        let mut files = self.records(
            &format!(
                "SELECT file, rank, name, format, timezone, bytes, rows, aliases, profiles, rejected, complete, incomplete \
                 FROM {FILES} WHERE load = {facts} FORMAT RowBinary"
            ),
            |answer| {
                let (id, rank, name) = (answer.i64()?, answer.u32()?, answer.text()?.into_owned());
                let (format, timezone) = (answer.text()?.into_owned(), answer.text()?.into_owned());
                let (bytes, rows, aliases) = (answer.u64()?, answer.u64()?, answer.u64()?);
                let (profiles, rejected) = (answer.u64()?, answer.u64()?);
                let (complete, incomplete) = (answer.u8()? != 0, answer.u8()? != 0);
                let file = ImportedFile {
                    id, name, format, timezone, bytes, rows, aliases, profiles, rejected, complete, incomplete,
                };
                Ok((rank, file))
            },
        )?;
        files.sort_by_key(|(rank, _)| *rank);
        let activity = if events == 0 {
            Vec::new()
        } else {
            activity(&self.client, self.stop.as_ref(), ("time", &format!("{ROWS} WHERE {rows}")), (first, last))?
        };
        let span = |time| if events == 0 { None } else { Some(time) };
        Ok(Overview {
            events,
            ids: of(0),
            alias_calls: of(1),
            profiles: of(2),
            rejected: files.iter().map(|(_, file)| file.rejected).sum(),
            without_id,
            first: span(first),
            last: span(last),
            files: files.into_iter().map(|(_, file)| file).collect(),
            activity,
        })
    }

    fn version(&self) -> Result<i64, Error> {
        self.moment.renew(|| self.renew())?;
        Ok(i64::try_from(self.state.borrow().newest).unwrap_or(i64::MAX))
    }

    fn at_one_moment(&self, read: &mut dyn FnMut() -> Result<(), Error>) -> Result<(), Error> {
        self.moment.of(|| self.renew(), read)
    }

    fn stop_when(&mut self, stop: Stop) -> Result<(), Error> {
        self.stop = Some(stop);
        Ok(())
    }
}
