//! Rows in memory as a source: what a store would answer after an import of them, without a store.
//!
//! It is what a player of scenarios opens, and shows what a source has to do: the same tests run
//! over it and over a store file (`tests/it/sources.rs`).
//!
//! Cost: everything is held; an answer looks at the rows of the ids asked for, a search at every
//! id, [`Scan::seek`] at every row.

mod file;
mod scan;

pub use self::file::File;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::identity::Facts;
use crate::inspect::rows::facts_of;
use crate::inspect::{Ask, Directory, Edges, Error, ErrorKind, Lookup, Scan, Source, Stop};
use crate::model::alike::are_alike;
use crate::model::facts::{AliasCall, Event, Link, Place, Source as Line};
use crate::model::hit::{IdHit, Match, Span};
use crate::model::scan::{RowNote, Seek};
use crate::model::stored::{ImportedFile, Overview, StoredPiece, StoredProfile, StoredReject};
use crate::model::time::activity;
use crate::model::{Flags, Id, Row, Verb};
use crate::store::Texts;

/// Rows that are looked at between two reports of a search.
const STEP: usize = 1 << 16;

/// Fewer hits than this, and ids that only look like the text are looked for too.
const FEW: usize = 100;

/// Rows in memory.
pub struct Memory {
    /// Rows by their number, from 1.
    events: Vec<Arc<Event>>,
    /// Properties of the rows.
    properties: Vec<String>,
    /// Alias calls, in order of arrival.
    calls: Vec<AliasCall>,
    /// Links, in order of arrival of their first rows.
    links: Vec<Link>,
    /// Profile updates with the number of their id, in the order of the files.
    profiles: Vec<(Option<i64>, StoredProfile)>,
    /// Number of the id, name and value of what a person is searched by, each once.
    values: Vec<(i64, String, String)>,
    rejects: Vec<StoredReject>,
    files: Vec<ImportedFile>,
    ids: Numbers<Id>,
    names: Numbers<Arc<str>>,
    /// Places of the rows of each id in `events`, by time and then arrival.
    rows_of: HashMap<i64, Vec<usize>>,
    /// Places of calls by their alias, and by their target; of links by the ids that they name.
    calls_of: HashMap<Id, Vec<usize>>,
    calls_to: HashMap<Id, Vec<usize>>,
    links_of: HashMap<Id, Vec<usize>>,
    id_texts: Texts,
    value_texts: Texts,
    stop: Option<Stop>,
}

/// Texts, each with a number from 1 on.
struct Numbers<T> {
    all: Vec<T>,
    numbers: HashMap<T, i64>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { all: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Numbers<T> {
    fn add(&mut self, text: &T) -> i64 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        self.all.push(text.clone());
        let number = length(self.all.len());
        self.numbers.insert(text.clone(), number);
        number
    }

    /// The number of a text; 0 for none.
    fn of(&self, text: &T) -> i64 {
        self.numbers.get(text).copied().unwrap_or(0)
    }
}

fn length(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// The place in a list of what has a number.
fn place(number: i64) -> Option<usize> {
    usize::try_from(number.checked_sub(1)?).ok()
}

impl Memory {
    /// Everything that some files hold.
    pub fn of(mut files: Vec<File>) -> Self {
        files.sort_by(|one, other| one.name.cmp(&other.name));
        let rows: Vec<(&str, &[Row])> = files.iter().map(|file| (file.name.as_str(), file.rows.as_slice())).collect();
        let Facts { events, mut calls, mut links, .. } = facts_of(&rows);
        calls.sort_by_key(AliasCall::arrival);
        links.sort_by_key(|link| (link.arrived, link.source.rank, link.source.line, link.kind));
        let mut memory = Self {
            properties: files.iter().flat_map(|file| &file.rows).map(|row| row.properties.clone()).collect(),
            events,
            calls,
            links,
            profiles: Vec::new(),
            values: Vec::new(),
            rejects: Vec::new(),
            files: Vec::new(),
            ids: Numbers::default(),
            names: Numbers::default(),
            rows_of: HashMap::new(),
            calls_of: HashMap::new(),
            calls_to: HashMap::new(),
            links_of: HashMap::new(),
            id_texts: Texts::default(),
            value_texts: Texts::default(),
            stop: None,
        };
        for (rank, file) in (0..).zip(files) {
            memory.add(rank, file);
        }
        memory.index();
        memory
    }

    fn add(&mut self, rank: u32, file: File) {
        let File { name, format, bytes, rows, profiles, rejects } = file;
        for row in &rows {
            self.names.add(&Arc::from(row.event.as_str()));
            if let Some(client) = &row.client {
                self.names.add(&Arc::from(client.as_str()));
            }
            let of_verb: Vec<&Id> = match &row.verb {
                Verb::Alias { alias, target, .. } => alias.iter().chain(target).collect(),
                Verb::Identify { identified, anon } => identified.iter().chain(anon).collect(),
                Verb::Merge { ids } => ids.iter().collect(),
                _ => Vec::new(),
            };
            for id in row.id.iter().chain(&row.device).chain(&row.user).chain(of_verb).chain(&row.previous) {
                self.ids.add(id);
            }
        }
        self.files.push(ImportedFile {
            id: i64::from(rank) + 1,
            name: name.clone(),
            format,
            timezone: "UTC".to_owned(),
            bytes,
            rows: rows.len() as u64,
            aliases: rows.iter().filter(|row| matches!(row.verb, Verb::Alias { .. })).count() as u64,
            profiles: profiles.len() as u64,
            rejected: rejects.len() as u64,
            complete: true,
            incomplete: false,
        });
        let mut known = HashSet::new();
        for profile in profiles {
            let number = profile.id.as_ref().map(|id| self.ids.add(id));
            for id in profile.device.iter().chain(&profile.user) {
                self.ids.add(id);
            }
            if let Some(number) = number {
                let values = profile.values.into_iter().map(|(key, value)| (number, key, value));
                self.values.extend(values.filter(|value| known.insert(value.clone())));
            }
            let stored = StoredProfile {
                id: profile.id,
                operation: profile.operation,
                time: profile.time,
                arrived: profile.arrival,
                ignore_alias: profile.ignore_alias,
                json: profile.json,
                source: Line::new(&name, rank, profile.line),
            };
            self.profiles.push((number, stored));
        }
        self.rejects.extend(rejects.into_iter().map(|reject| StoredReject {
            file: name.clone(),
            line: reject.line,
            reason: reject.reason,
            text: reject.text,
        }));
    }

    fn index(&mut self) {
        for (at, event) in self.events.iter().enumerate() {
            let number = event.id.as_ref().map_or(0, |id| self.ids.of(id));
            self.rows_of.entry(number).or_default().push(at);
        }
        for rows in self.rows_of.values_mut() {
            rows.sort_by_key(|at| self.events.get(*at).map(|event| event.place()));
        }
        for (at, call) in self.calls.iter().enumerate() {
            for (id, index) in [(&call.alias, &mut self.calls_of), (&call.target, &mut self.calls_to)] {
                if let Some(id) = id {
                    index.entry(id.clone()).or_default().push(at);
                }
            }
        }
        for (at, link) in self.links.iter().enumerate() {
            for id in HashSet::from([&link.a, &link.b]) {
                self.links_of.entry(id.clone()).or_default().push(at);
            }
        }
        for (number, id) in (1..).zip(&self.ids.all) {
            self.id_texts.add(number, id.as_str());
        }
        for (number, (_, _, value)) in (1..).zip(&self.values) {
            self.value_texts.add(number, value);
        }
    }

    /// Every row with its properties.
    pub(super) fn each_row(&self) -> impl DoubleEndedIterator<Item = (&Arc<Event>, &str)> {
        self.events.iter().zip(self.properties.iter().map(String::as_str))
    }

    fn event(&self, row: i64) -> Result<&Arc<Event>, Error> {
        place(row)
            .and_then(|at| self.events.get(at))
            .ok_or_else(|| Error::new(ErrorKind::Store, format!("there is no row {row}")))
    }

    /// The rows of the id with this number.
    fn rows_of(&self, number: i64) -> impl Iterator<Item = &Arc<Event>> + Clone {
        self.rows_of.get(&number).into_iter().flatten().filter_map(|at| self.events.get(*at))
    }

    fn id(&self, number: i64) -> Option<&Id> {
        self.ids.all.get(place(number)?)
    }

    fn span(&self, number: i64) -> Span {
        let rows = self.rows_of(number);
        let (first, last) = (rows.clone().map(|row| row.time).min(), rows.clone().map(|row| row.time).max());
        Span { events: rows.count() as u64, first, last }
    }

    fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| stop())
    }

    /// Work that ends when no one waits for it any more.
    fn stoppable<T, E>(&self, work: impl FnOnce(&(dyn Fn() -> bool + Sync)) -> Result<T, E>) -> Result<T, Error> {
        let stop = self.stop.clone();
        work(&|| stop.as_ref().is_some_and(|stop| stop())).map_err(|_| Error::cancelled())
    }

    /// How a row is looked for.
    fn note(&self, event: &Event) -> RowNote {
        let number = |id: Option<&Id>| id.map_or(0, |id| self.ids.of(id));
        RowNote {
            row: event.row,
            id: number(event.id.as_ref()),
            event: self.names.of(&event.event),
            time: event.time,
            device: number(event.device.as_ref()),
            user: number(event.user.as_ref()),
            client: event.client.as_ref().map_or(0, |client| self.names.of(&Arc::from(client.as_str()))),
            file: i64::from(event.source.rank) + 1,
            line: i64::try_from(event.source.line).unwrap_or(i64::MAX),
        }
    }

    /// Whether a row is what is looked for.
    fn is_sought(&self, seek: &Seek<'_>, note: &RowNote) -> bool {
        let text = || place(note.row).and_then(|at| self.properties.get(at));
        let passes = || seek.properties.zip(text()).is_some_and(|(passes, text)| passes(note, text));
        seek.of_row(note).unwrap_or_else(passes)
    }
}

/// The hits of a search so far, each id once.
struct IdHits<'m> {
    memory: &'m Memory,
    limit: usize,
    seen: HashSet<i64>,
    list: Vec<IdHit>,
}

impl IdHits<'_> {
    fn is_full(&self) -> bool {
        self.list.len() >= self.limit
    }

    fn add(&mut self, number: i64, found: Match, via: Option<(String, String)>) {
        if let Some(id) = self.memory.id(number).filter(|_| !self.is_full() && !self.seen.contains(&number)) {
            self.seen.insert(number);
            self.list.push(IdHit { id: id.clone(), found, via, span: self.memory.span(number) });
        }
    }

    /// How many are to be found, so that as many as are wanted are new.
    fn wanted(&self) -> usize {
        self.limit.saturating_add(self.seen.len())
    }
}

/// The first `limit` of `all` that stand at `places`.
fn first<T: Clone>(all: &[T], places: Option<&Vec<usize>>, limit: usize) -> Vec<T> {
    places.into_iter().flatten().take(limit).filter_map(|at| all.get(*at)).cloned().collect()
}

impl Lookup for Memory {
    fn edges(&self, ids: &[Id], ask: Ask) -> Result<Vec<Edges>, Error> {
        let edges = |id: &Id| Edges {
            calls_of: first(&self.calls, self.calls_of.get(id), ask.calls_of),
            calls_to: first(&self.calls, self.calls_to.get(id), ask.calls_to),
            links: first(&self.links, self.links_of.get(id), ask.links),
        };
        Ok(ids.iter().map(edges).collect())
    }

    fn event_heads(&self, ids: &[Id], after: Option<Place>, limit: usize) -> Result<Vec<Arc<Event>>, Error> {
        let numbers: HashSet<i64> = ids.iter().map(|id| self.ids.of(id)).filter(|number| *number != 0).collect();
        let mut rows: Vec<_> = numbers.into_iter().flat_map(|number| self.rows_of(number)).collect();
        rows.retain(|row| after.is_none_or(|after| row.place() > after));
        rows.sort_by_key(|row| row.place());
        rows.truncate(limit);
        Ok(rows.into_iter().cloned().collect())
    }

    fn ids_alike(&self, id: &Id, limit: usize) -> Result<Vec<Id>, Error> {
        let alike = |other: &&Id| are_alike(id.bare(), other.bare());
        let mut alike: Vec<Id> = self.ids.all.iter().filter(alike).cloned().collect();
        alike.sort_unstable();
        alike.truncate(limit);
        Ok(alike)
    }
}

impl Source for Memory {
    fn search_ids(&self, text: &str, limit: usize) -> Result<Vec<IdHit>, Error> {
        if text.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let mut hits = IdHits { memory: self, limit, seen: HashSet::new(), list: Vec::new() };
        let exact = Id::new(text);
        for id in [&exact, &exact.other_device_form()] {
            hits.add(self.ids.of(id), Match::Exact, None);
        }
        for found in self.stoppable(|stop| self.id_texts.having(text, hits.wanted(), stop))? {
            hits.add(found.number, if found.prefix { Match::Prefix } else { Match::Substring }, None);
        }
        if !hits.is_full() {
            for found in self.stoppable(|stop| self.value_texts.having(text, usize::MAX, stop))? {
                if let Some((number, key, value)) = place(found.number).and_then(|at| self.values.get(at)) {
                    hits.add(*number, Match::Profile, Some((key.clone(), value.clone())));
                }
            }
        }
        if hits.list.len() < FEW.min(limit) {
            for number in self.stoppable(|stop| self.id_texts.resembling(text, hits.wanted(), stop))? {
                hits.add(number, Match::Fuzzy, None);
            }
        }
        Ok(hits.list)
    }

    fn near_ids(&self, text: &str, limit: usize) -> Result<Vec<(Id, Span)>, Error> {
        let near = if limit == 0 { Vec::new() } else { self.stoppable(|stop| self.id_texts.near(text, limit, stop))? };
        Ok(near.into_iter().filter_map(|number| Some((self.id(number)?.clone(), self.span(number)))).collect())
    }

    fn properties(&self, rows: &[i64]) -> Result<Vec<String>, Error> {
        let text = |row: &i64| {
            self.event(*row)?;
            Ok(place(*row).and_then(|at| self.properties.get(at)).cloned().unwrap_or_default())
        };
        rows.iter().map(text).collect()
    }

    fn profiles_of(&self, ids: &[Id], limit: usize) -> Result<Vec<StoredProfile>, Error> {
        let of = |profile: &&StoredProfile| profile.id.as_ref().is_some_and(|id| ids.contains(id));
        let mut found: Vec<_> = self.profiles.iter().map(|(_, profile)| profile).filter(of).cloned().collect();
        found.sort_by_key(|profile| (profile.time.or(profile.arrived), profile.source.rank, profile.source.line));
        found.truncate(limit);
        Ok(found)
    }

    fn overview(&self) -> Result<Overview, Error> {
        let times = || self.events.iter().map(|event| event.time);
        Ok(Overview {
            events: self.events.len() as u64,
            ids: self.ids.all.len() as u64,
            alias_calls: self.calls.len() as u64,
            profiles: self.profiles.len() as u64,
            rejected: self.rejects.len() as u64,
            without_id: self.rows_of(0).count() as u64,
            first: times().min(),
            last: times().max(),
            files: self.files.clone(),
            activity: activity(times(), Overview::PARTS),
        })
    }

    fn rejects(&self, limit: usize) -> Result<Vec<StoredReject>, Error> {
        Ok(self.rejects.iter().take(limit).cloned().collect())
    }

    fn each_piece(&self, file: i64, each: &mut dyn FnMut(u64, StoredPiece) -> bool) -> Result<(), Error> {
        let is_of = |source: &Line| i64::from(source.rank) + 1 == file;
        let mut pieces: Vec<(u64, StoredPiece)> = Vec::new();
        for (event, properties) in self.events.iter().zip(&self.properties).filter(|(event, _)| is_of(&event.source)) {
            let arrived = Some(event.arrived).filter(|_| !event.flags.has(Flags::ARRIVAL_UNKNOWN));
            let (flags, properties) = (event.flags, properties.clone());
            let row = StoredPiece::Row { event: Arc::clone(&event.event), arrived, flags, properties };
            pieces.push((event.source.line, row));
        }
        for (_, profile) in self.profiles.iter().filter(|(_, profile)| is_of(&profile.source)) {
            let update = StoredPiece::Update { arrived: profile.arrived, json: profile.json.clone() };
            pieces.push((profile.source.line, update));
        }
        let name = self.files.iter().find(|known| known.id == file).map(|known| &known.name);
        for reject in self.rejects.iter().filter(|reject| Some(&reject.file) == name) {
            let StoredReject { line, reason, text, .. } = reject.clone();
            pieces.push((line, StoredPiece::Reject { reason, text }));
        }
        pieces.sort_by_key(|(line, _)| *line);
        for (line, piece) in pieces {
            if !each(line, piece) {
                break;
            }
        }
        Ok(())
    }

    fn version(&self) -> Result<i64, Error> {
        // Nothing is added once it is there.
        Ok(0)
    }

    fn stop_when(&mut self, stop: Stop) -> Result<(), Error> {
        self.stop = Some(stop);
        Ok(())
    }

    fn scan(&self) -> Option<&dyn Scan> {
        Some(self)
    }

    fn directory(&self) -> Option<&dyn Directory> {
        Some(self)
    }
}
