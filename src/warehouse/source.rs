//! The warehouse as a source.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::client::Client;
use super::components::is_whole;
use super::edges::{self, Known, Stored};
use super::load;
use super::moment::Moment;
use super::near::Near;
use super::numbers::Numbered;
use super::tables::{FILES, ROWS};
use super::wire::{Answer, CutOff, literal, literals, numbers};
use crate::inspect::able::Abilities;
use crate::inspect::{Ask, Edges, Error, ErrorKind, Lookup, Scan, Source, Stop, Tell};
use crate::model::facts::{Event, Origin, Place, Sender, Source as Line};
use crate::model::hit::{IdHit, Span};
use crate::model::stored::{Overview, StoredProfile};
use crate::model::{Client as Program, Flags, Id, Millis, VerbKind};

/// Ids that are named in one question: their literals stay below the 256 KiB that a server reads.
const IDS_PER_QUESTION: usize = 1_000;
/// Bytes of their literals, at most.
const BYTES_PER_QUESTION: usize = 150_000;
/// Ids whose rows one question with several limits brings.
const IDS_TOGETHER: usize = 1_000;
/// Rows whose properties are asked for at once.
const ROWS_PER_QUESTION: usize = 2_000;

/// What the warehouse holds at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// Number of the newest load.
    newest: u64,
    /// Loads that brought rows, up to that of the facts: rows without their alias calls would be judged wrongly.
    rows: Vec<u64>,
    /// The load that brought the newest facts: alias calls, links, ids, profiles, files.
    pub(super) facts: u64,
    /// Alias calls among them.
    pub(super) alias_calls: u64,
    files: HashMap<i64, Arc<Origin>>,
    /// Rows of those loads together.
    pub(super) total: u64,
}

/// A warehouse as a source.
pub struct Warehouse {
    pub(super) client: Client,
    pub(super) stop: Option<Stop>,
    state: RefCell<Arc<State>>,
    /// Whether the moment that the questions belong to began with a look at the loads.
    is_fresh: Cell<bool>,
    moment: Moment,
    /// Where the rows that were given out lie: their properties are asked for by number.
    pub(super) places: RefCell<HashMap<i64, (Option<Id>, Millis)>>,
    senders: RefCell<HashSet<Arc<Sender>>>,
    edges: RefCell<Known>,
    pub(super) near: RefCell<Near>,
    pub(super) numbered: RefCell<Numbered>,
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
            is_fresh: Cell::new(false),
            moment: Moment::default(),
            places: RefCell::default(),
            senders: RefCell::default(),
            edges: RefCell::default(),
            near: RefCell::default(),
            numbered: RefCell::default(),
        };
        warehouse.renew()?;
        Ok(warehouse)
    }

    /// The client, with its count of round trips.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Reads every record of an answer.
    pub(super) fn records<T>(
        &self,
        sql: &str,
        read: impl FnMut(&mut Answer<'_>) -> Result<T, CutOff>,
    ) -> Result<Vec<T>, Error> {
        self.client.records(sql, self.stop.as_ref(), read)
    }

    /// Learns what was loaded since; the files are read only when something was.
    fn renew(&self) -> Result<(), Error> {
        let before = self.client.about("what was loaded");
        let renewed = self.look_at_loads();
        self.client.about(before);
        renewed
    }

    fn look_at_loads(&self) -> Result<(), Error> {
        let loads = load::records(&self.client, self.stop.as_ref())?;
        let newest = loads.last().map_or(0, |load| load.number);
        if newest == self.state.borrow().newest {
            self.is_fresh.set(true);
            return Ok(());
        }
        let facts = loads.iter().rfind(|load| load.kind == load::FACTS);
        if facts.is_none() && !loads.is_empty() {
            let what = format!("the warehouse {} has rows, and no alias calls and links yet", self.client.address());
            return Err(Error::new(ErrorKind::Store, what).hint("journey warehouse fill sends them"));
        }
        let (at, facts, alias_calls) = facts.map_or((0, 0, 0), |load| (load.number, load.load, load.rows));
        let of_rows = loads.iter().filter(|load| load.kind == load::ROWS && load.number < at);
        let (rows, counts): (Vec<u64>, Vec<u64>) = of_rows.map(|load| (load.load, load.rows)).unzip();
        let files = self.records(
            &format!("SELECT file, rank, name, vendor FROM {FILES} WHERE load = {facts} FORMAT RowBinary"),
            |answer| {
                let (file, rank) = (answer.i64()?, answer.u32()?);
                let (name, vendor) = (answer.text()?, answer.text()?);
                Ok((file, Arc::new(Origin { file: Arc::from(&*name), vendor: Arc::from(&*vendor), rank })))
            },
        )?;
        let state = State {
            newest,
            rows,
            facts,
            alias_calls,
            files: files.into_iter().collect(),
            total: counts.into_iter().sum(),
        };
        *self.state.borrow_mut() = Arc::new(state);
        self.edges.take();
        self.near.take();
        self.is_fresh.set(true);
        self.places.borrow_mut().clear();
        self.senders.borrow_mut().clear();
        Ok(())
    }

    /// What counts at this moment.
    pub(super) fn state(&self) -> Result<Arc<State>, Error> {
        if !self.is_fresh.get() {
            self.renew()?;
        }
        Ok(Arc::clone(&self.state.borrow()))
    }

    pub(super) fn line(&self, state: &State, file: i64, line: u64) -> Result<Line, Error> {
        let origin = state.files.get(&file).cloned().ok_or_else(|| {
            Error::new(
                ErrorKind::Store,
                format!("the warehouse {} has no file {file}, which a row names", self.client.address()),
            )
        })?;
        Ok(Line { origin, line })
    }

    /// An edge as the column has it.
    pub(super) fn edge(&self, text: &str) -> Result<Stored, Error> {
        serde_json::from_str(text).map_err(|error| {
            let what = format!("the warehouse {} has an edge that cannot be read", self.client.address());
            Error::new(ErrorKind::Store, what).cause(&error)
        })
    }

    /// Calls `ask` with a part of `ids` and its literals again and again.
    pub(super) fn in_parts(
        &self,
        ids: &[Id],
        mut ask: impl FnMut(&Self, &[Id], &str) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut rest = ids;
        while !rest.is_empty() {
            let mut bytes = 0_usize;
            let fits = |id: &&Id| {
                bytes = bytes.saturating_add(id.as_str().len().saturating_mul(2)).saturating_add(3);
                bytes <= BYTES_PER_QUESTION
            };
            let n = rest.iter().take(IDS_PER_QUESTION).take_while(fits).count().max(1);
            let (part, more) = rest.split_at(n.min(rest.len()));
            ask(self, part, &literals(part.iter().map(Id::as_str)))?;
            rest = more;
        }
        Ok(())
    }

    /// Learns the edges of ids, and with those of an id all of its component.
    fn learn(&self, ids: &[Id], ask: Ask) -> Result<(), Error> {
        loop {
            let facts = self.state.borrow().facts;
            let missing: Vec<Id> = {
                let known = self.edges.borrow();
                let missing: BTreeSet<&Id> = ids.iter().filter(|id| !known.has(id, ask)).collect();
                missing.into_iter().cloned().collect()
            };
            if missing.is_empty() {
                if self.is_fresh.get() {
                    return Ok(());
                }
                // What is known belongs to another moment if something was loaded since.
                self.state()?;
                continue;
            }
            let mut found: Vec<(Id, u64)> = Vec::new();
            let mut newest = None;
            self.in_parts(&missing, |it, _, list| {
                let looks = !it.is_fresh.get() && newest.is_none();
                let sql = edges::components(list, facts, looks);
                for (id, component) in it.records(&sql, |answer| Ok((answer.text()?.into_owned(), answer.u64()?)))? {
                    if id.is_empty() {
                        newest = Some(component);
                    } else {
                        found.push((Id::new(&id), component));
                    }
                }
                Ok(())
            })?;
            if let Some(newest) = newest {
                if newest != self.state.borrow().newest {
                    // What was just asked belongs to another moment.
                    self.renew()?;
                    continue;
                }
                self.is_fresh.set(true);
            }
            self.learn_components(&found, edges::most(ask))?;
            let mut known = self.edges.borrow_mut();
            let found: HashMap<Id, u64> = found.into_iter().collect();
            for id in missing {
                match found.get(&id) {
                    Some(component) => known.is_in(&id, *component),
                    None => known.has_none(id),
                }
            }
            return Ok(());
        }
    }

    fn learn_components(&self, found: &[(Id, u64)], most: usize) -> Result<(), Error> {
        let state = Arc::clone(&self.state.borrow());
        let mut of: HashMap<u64, Vec<(u8, Stored, Line)>> = HashMap::new();
        for (_, component) in found {
            if !self.edges.borrow().has_component(*component) {
                of.entry(*component).or_default();
            }
        }
        let mut asked: Vec<u64> = of.keys().copied().collect();
        asked.sort_unstable();
        for part in asked.chunks(IDS_PER_QUESTION) {
            for (component, part, edge) in self.records(&edges::of_components(part, state.facts, most), edges::read)? {
                let edge = self.edge(&edge)?;
                let line = self.line(&state, edge.file, edge.line)?;
                of.entry(component).or_default().push((part, edge, line));
            }
        }
        let alone: HashMap<u64, &Id> = found
            .iter()
            .filter(|(_, component)| !is_whole(*component))
            .map(|(id, component)| (*component, id))
            .collect();
        let mut known = self.edges.borrow_mut();
        for (component, edges) in of {
            known.add(component, alone.get(&component).copied(), edges, most).map_err(|kind| {
                let address = self.client.address();
                Error::new(ErrorKind::Store, format!("the warehouse {address} has a link of an unknown kind, {kind}"))
            })?;
        }
        Ok(())
    }
}

impl State {
    /// Number of the newest load.
    pub(super) fn newest(&self) -> u64 {
        self.newest
    }

    /// Names of the files by their numbers.
    pub(super) fn file_names(&self) -> Vec<(i64, String)> {
        let mut names: Vec<_> = self.files.iter().map(|(file, origin)| (*file, origin.file.to_string())).collect();
        names.sort_unstable();
        names
    }

    /// The condition that rows belong to loads that count.
    pub(super) fn of_rows(&self) -> String {
        if self.rows.is_empty() { "0".to_owned() } else { format!("load IN ({})", numbers(&self.rows)) }
    }

    /// The place of the file of a row among all files, in SQL.
    pub(super) fn rank(&self) -> String {
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
        self.client.about("alias calls, links, ids");
        self.edges.borrow_mut().make_room();
        self.learn(ids, ask)?;
        let known = self.edges.borrow();
        let mut near = self.near.borrow_mut();
        ids.iter().flat_map(|id| known.near(id)).for_each(|id| near.meet(id));
        Ok(ids.iter().map(|id| known.edges(id, ask)).collect())
    }

    fn ids_alike(&self, id: &Id, limit: usize) -> Result<Vec<Id>, Error> {
        self.alike(id, limit)
    }

    fn event_heads(&self, ids: &[Id], after: Option<Place>, limit: usize) -> Result<Vec<Arc<Event>>, Error> {
        self.client.about("rows");
        let state = self.state()?;
        let mut rows: Vec<Arc<Event>> = Vec::new();
        self.in_parts(ids, |it, _, list| {
            let sql = format!("{} FORMAT RowBinary", heads(&state, 0, list, after, limit));
            rows.extend(it.heads_in(&state, &sql)?.into_iter().map(|(_, row)| row));
            Ok(())
        })?;
        if ids.len() > 1 {
            rows.sort_by_key(|row| row.place());
            rows.truncate(limit);
        }
        Ok(rows)
    }

    fn heads_of_each(&self, asked: &[(&[Id], usize)]) -> Result<Vec<Vec<Arc<Event>>>, Error> {
        self.client.about("rows");
        let state = self.state()?;
        if asked.iter().map(|(ids, _)| ids.len()).sum::<usize>() > IDS_TOGETHER {
            return asked.iter().map(|(ids, limit)| self.event_heads(ids, None, *limit)).collect();
        }
        let parts: Vec<String> = (0_u8..)
            .zip(asked)
            .filter(|(_, (ids, limit))| !ids.is_empty() && *limit > 0)
            .map(|(at, (ids, limit))| heads(&state, at, &literals(ids.iter().map(Id::as_str)), None, *limit))
            .map(|part| format!("SELECT * FROM ({part})"))
            .collect();
        let mut found = vec![Vec::new(); asked.len()];
        if parts.is_empty() {
            return Ok(found);
        }
        let sql = format!("{} FORMAT RowBinary", parts.join(" UNION ALL "));
        let all: Vec<&Id> = asked.iter().flat_map(|(ids, _)| *ids).collect();
        let rows = self.with_those_near(&state, &all, || self.heads_in(&state, &sql))?;
        for (at, row) in rows {
            if let Some(rows) = found.get_mut(usize::from(at)) {
                rows.push(row);
            }
        }
        // Parts of an answer come in any order, and so can the rows of each.
        for rows in &mut found {
            rows.sort_by_key(|row: &Arc<Event>| row.place());
        }
        Ok(found)
    }
}

/// The question for the first rows of ids, each of which begins with the number `at`.
fn heads(state: &State, at: u8, list: &str, after: Option<Place>, limit: usize) -> String {
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
    // The id first: the other columns are read of its rows alone.
    format!(
        "SELECT materialize(toUInt8({at})) AS at, id, time, arrived, file, line, row, event, device, user, other, client, \
         verb, hash, flags FROM {ROWS} PREWHERE id IN ({list}) WHERE {}{after} \
         ORDER BY time, arrived, {rank}, line, row LIMIT {limit}",
        state.of_rows()
    )
}

impl Warehouse {
    fn heads_in(&self, state: &State, sql: &str) -> Result<Vec<(u8, Arc<Event>)>, Error> {
        let mut name: Option<Arc<str>> = None;
        let found = self.records(sql, |answer| {
            let (at, id) = (answer.u8()?, answer.id()?);
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
            Ok((at, (row, event, time, arrived, hash, file, line, sender)))
        })?;
        let mut places = self.places.borrow_mut();
        let mut senders = self.senders.borrow_mut();
        let mut rows = Vec::with_capacity(found.len());
        for (at, (row, event, time, arrived, hash, file, line, sender)) in found {
            places.insert(row, (sender.id.clone(), time));
            let sender = senders.get(&sender).cloned().unwrap_or_else(|| {
                let sender = Arc::new(sender);
                senders.insert(Arc::clone(&sender));
                sender
            });
            let source = self.line(state, file, line)?;
            rows.push((at, Arc::new(Event { row, event, time, arrived, hash, source, sender })));
        }
        Ok(rows)
    }
}

impl Source for Warehouse {
    fn vendors(&self) -> Result<Vec<String>, Error> {
        let state = self.state()?;
        let vendors: BTreeSet<&str> = state.files.values().map(|origin| &*origin.vendor).collect();
        Ok(vendors.into_iter().map(str::to_owned).collect())
    }

    fn search_ids(&self, text: &str, limit: usize) -> Result<Vec<IdHit>, Error> {
        self.client.about("ids with the text");
        self.ids_with(text, limit)
    }

    fn properties(&self, rows: &[i64]) -> Result<Vec<String>, Error> {
        self.client.about("properties");
        let state = self.state()?;
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
        self.client.about("profiles");
        self.updates_of(ids, limit)
    }

    fn span_of_all(&self, ids: &[Id]) -> Result<Option<Span>, Error> {
        self.client.about("how many rows");
        Ok(Some(self.spans(ids)?.into_values().fold(Span::default(), Span::and)))
    }

    fn overview(&self) -> Result<Overview, Error> {
        self.client.about("the whole");
        self.whole()
    }

    fn abilities(&self) -> Result<Option<Abilities>, Error> {
        self.client.about("what can be answered");
        self.look().map(Some)
    }

    fn version(&self) -> Result<i64, Error> {
        self.moment.renew(|| self.renew())?;
        Ok(i64::try_from(self.state.borrow().newest).unwrap_or(i64::MAX))
    }

    fn at_one_moment(&self, read: &mut dyn FnMut() -> Result<(), Error>) -> Result<(), Error> {
        // The first question looks at the loads, so that the look takes no trip of its own.
        let begin = || {
            self.is_fresh.set(false);
            self.near.borrow_mut().forget_met();
            Ok(())
        };
        self.moment.of(begin, read)
    }

    fn tell_trips(&mut self, tell: Tell) {
        self.client.tell_trips(tell);
    }

    fn stop_when(&mut self, stop: Stop) -> Result<(), Error> {
        self.stop = Some(stop);
        Ok(())
    }

    fn scan(&self) -> Option<&dyn Scan> {
        Some(self)
    }
}
