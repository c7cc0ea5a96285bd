//! A table of events that the owner of a ClickHouse server made, as a source.
//!
//! Rows are fetched when an id is asked for, all that name it at once, and stay in memory: from there on
//! they are answered as any rows in memory ([`Memory`]). They are read by the code that reads an export,
//! so that a row says the same wherever it lies.

mod able;
mod scan;

pub use self::able::Look;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::value::RawValue;

use super::memory::{File, Memory};
use crate::formats::{Decoder, Item, Map, sniff, sniff_table_by_map};
use crate::inspect::able::Abilities;
use crate::inspect::{Ask, Edges, Error, ErrorKind, Lookup, Scan, Source, Stop, Tell};
use crate::model::facts::{Event, Place};
use crate::model::hit::{IdHit, Match, Span};
use crate::model::stored::{ImportedFile, Overview, StoredProfile, StoredReject};
use crate::model::text::lower;
use crate::model::{Flags, Id, json};
use crate::warehouse::{Moment, Numbered, OwnEvents, OwnRow};

/// What the fields of a fetched row are called when it is read.
const MAP: &str = "id=id,event=event,time=time,arrived=arrived,properties=properties";
/// A row of each field, by which the reader is chosen.
const SAMPLE: &str = r#"{"id":"a","event":"b","time":1561971600000,"arrived":1561971600000,"properties":{}}"#;

/// A row of an export, likewise.
const EXPORT_SAMPLE: &str = r#"{"event":"a","properties":{"time":1561971600,"distinct_id":"b"}}"#;

/// A table of events as a source.
pub(super) struct OwnSource {
    events: OwnEvents,
    /// Reads a row whose properties say all that its columns say.
    as_export: Decoder,
    /// Reads any other row.
    by_map: Decoder,
    state: RefCell<State>,
    moment: Moment,
    numbered: RefCell<Numbered>,
    /// Names of events by their numbers, as they were when the table had so many rows.
    names: RefCell<Option<Names>>,
    /// The rows of ids that were counted.
    spans: RefCell<HashMap<Id, Span>>,
}

/// Names of events by their numbers, and how many rows the table had then.
type Names = (u64, Vec<(i64, String)>);

struct State {
    /// Rows of the table when it was looked at last.
    rows: u64,
    /// Ids of which every row is here.
    asked: HashSet<Id>,
    /// How often each row is here.
    known: HashMap<OwnRow, usize>,
    file: File,
    memory: Memory,
}

impl OwnSource {
    /// Opens a table.
    ///
    /// # Errors
    /// The server does not answer.
    pub(super) fn open(events: OwnEvents) -> Result<Self, Error> {
        let bug = |what: String| Error::new(ErrorKind::Bug, what);
        let map = Arc::new(Map::parse(MAP).map_err(bug)?);
        let name = events.table().table.clone();
        let sniffed = sniff_table_by_map(SAMPLE, &name, &map).map_err(|error| bug(error.why))?;
        let file = File { name, format: "a ClickHouse table".to_owned(), ..File::default() };
        let state = State {
            rows: events.rows()?,
            asked: HashSet::new(),
            known: HashMap::new(),
            memory: Memory::of(vec![file.clone()]),
            file,
        };
        let export = sniff(EXPORT_SAMPLE.as_bytes(), true, &state.file.name).map_err(|error| bug(error.why))?;
        let (as_export, by_map) = (Decoder::new(&export), Decoder::new(&sniffed));
        Ok(Self {
            as_export,
            by_map,
            events,
            state: RefCell::new(state),
            moment: Moment::default(),
            numbered: RefCell::default(),
            names: RefCell::default(),
            spans: RefCell::default(),
        })
    }

    /// Fetches every row that names one of `ids`.
    fn fetch(&self, ids: &[Id]) -> Result<(), Error> {
        let mut wanted: Vec<Id> = ids.iter().filter(|id| !self.state.borrow().asked.contains(*id)).cloned().collect();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.is_empty() {
            return Ok(());
        }
        self.events.client().about("rows that name the ids");
        self.keep(self.events.naming(&wanted)?);
        self.state.borrow_mut().asked.extend(wanted);
        Ok(())
    }

    /// Keeps rows that are not here yet.
    fn keep(&self, rows: Vec<OwnRow>) {
        let mut fetched: HashMap<OwnRow, usize> = HashMap::new();
        for row in rows {
            *fetched.entry(row).or_default() += 1;
        }
        let mut state = self.state.borrow_mut();
        let mut new = Vec::new();
        for (row, times) in fetched {
            // An answer has every copy of a row, so what is more than before has not been here.
            let known = state.known.entry(row.clone()).or_default();
            new.extend((*known..times).map(|_| row.clone()));
            *known = times.max(*known);
        }
        if !new.is_empty() {
            // Rows keep their numbers, so new ones stand behind; the same rows come in the same order.
            new.sort_unstable();
            for row in &new {
                self.read(row, &mut state.file);
            }
            state.memory = Memory::of(vec![state.file.clone()]);
        }
    }

    /// Ids with `text` in them that rows name, whether or not rows were sent under them.
    fn named_with(&self, text: &str, limit: usize) -> Result<Vec<Id>, Error> {
        if let Some(named) = self.events.named_with(text, limit)? {
            return Ok(named);
        }
        self.keep(self.events.calls_with(text)?);
        let hits = self.state.borrow().memory.search_ids(text, limit)?.into_iter();
        let has = |hit: &IdHit| [Match::Exact, Match::Prefix, Match::Substring].contains(&hit.found);
        Ok(hits.filter(has).map(|hit| hit.id).collect())
    }

    /// Reads a row as that of an export.
    fn read(&self, own: &OwnRow, file: &mut File) {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let properties = own.properties.trim();
        let properties = if properties.is_empty() { "{}" } else { properties };
        let (decoder, line) = if says_all(own, properties) {
            (&self.as_export, format!("{{\"event\":{},\"properties\":{properties}}}", text(&own.event)))
        } else {
            let mut line = format!("{{\"id\":{},\"event\":{}", text(&own.id), text(&own.event));
            for (name, time) in [("time", own.time), ("arrived", own.arrived)] {
                line.extend(time.map(|time| format!(",\"{name}\":{time}")));
            }
            line.extend([",\"properties\":", properties, "}"]);
            (&self.by_map, line)
        };
        decoder.each(own.row, line.as_bytes(), &mut |item| match item {
            Item::Event { row, .. } => {
                let mut row = row.to_row();
                if row.arrival.is_none() {
                    // Rows are fetched in parts, so a row before it says nothing of when it arrived.
                    row.arrival = Some(row.time);
                    row.flags.set(Flags::ARRIVAL_UNKNOWN);
                }
                file.rows.push(row);
            }
            Item::Reject(reject) => file.rejects.push(reject),
            Item::Profile { .. } | Item::Alias(_) | Item::Skipped => {}
        });
    }

    /// Looks whether the table has other rows than before.
    fn renew(&self) -> Result<(), Error> {
        let before = self.events.client().about("how many rows");
        let rows = self.events.rows();
        self.events.client().about(before);
        let rows = rows?;
        let mut state = self.state.borrow_mut();
        if rows < state.rows {
            let what = format!("rows of {} were deleted while it was open", self.events.table().table);
            return Err(Error::new(ErrorKind::Store, what).hint("open it again"));
        }
        if rows > state.rows {
            state.rows = rows;
            state.asked.clear();
            self.spans.borrow_mut().clear();
        }
        Ok(())
    }
}

/// Whether the properties of a row have its id, its time and its arrival, as those of an export do: then they
/// are kept to the letter. An arrival that only they have is that of the row.
fn says_all(own: &OwnRow, properties: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Said<'a> {
        #[serde(borrow)]
        distinct_id: Option<&'a RawValue>,
        #[serde(borrow)]
        time: Option<&'a RawValue>,
        #[serde(borrow)]
        mp_processing_time_ms: Option<&'a RawValue>,
    }
    let Ok(said) = serde_json::from_str::<Said<'_>>(properties) else { return false };
    let id = said.distinct_id.and_then(|value| json::id(value.get()));
    let time = |value: Option<&RawValue>| value.and_then(|value| json::time(value.get()));
    id.as_ref().map_or("", Id::as_str) == own.id
        && time(said.time) == own.time
        && (own.arrived.is_none() || time(said.mp_processing_time_ms) == own.arrived)
}

impl Lookup for OwnSource {
    fn edges(&self, ids: &[Id], ask: Ask) -> Result<Vec<Edges>, Error> {
        self.fetch(ids)?;
        self.state.borrow().memory.edges(ids, ask)
    }

    fn event_heads(&self, ids: &[Id], after: Option<Place>, limit: usize) -> Result<Vec<Arc<Event>>, Error> {
        self.fetch(ids)?;
        self.state.borrow().memory.event_heads(ids, after, limit)
    }
}

impl Source for OwnSource {
    fn search_ids(&self, text: &str, limit: usize) -> Result<Vec<IdHit>, Error> {
        self.events.client().about("ids with the text");
        if text.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let exact = Id::new(text);
        let forms = [exact.clone(), exact.other_device_form()];
        self.fetch(&forms)?;
        let spans = self.events.spans_of(&forms)?;
        let mut hits: Vec<IdHit> = Vec::new();
        for id in forms {
            let is_named = self.state.borrow().memory.number(&id)?.is_some();
            if is_named || spans.contains_key(&id) {
                let span = spans.get(&id).copied().unwrap_or_default();
                hits.push(IdHit { id, found: Match::Exact, via: None, span });
            }
        }
        let start = lower(text);
        let most = limit.saturating_add(hits.len());
        let mut found: HashMap<Id, Span> = self.events.ids_with(text, most)?.into_iter().collect();
        // Those without rows of their own, and those whose rows are beyond the limit.
        let named: Vec<Id> = self.named_with(text, most)?.into_iter().filter(|id| !found.contains_key(id)).collect();
        let spans = self.events.spans_of(&named)?;
        found.extend(
            named.into_iter().map(|id| (spans.get(&id).copied().unwrap_or_default(), id)).map(|(span, id)| (id, span)),
        );
        let mut more: Vec<IdHit> = found
            .into_iter()
            .filter(|(id, _)| !hits.iter().any(|hit| hit.id == *id))
            .map(|(id, span): (Id, Span)| {
                let begins = [id.as_str(), id.bare()].iter().any(|id| lower(id).starts_with(&*start));
                IdHit { found: if begins { Match::Prefix } else { Match::Substring }, id, via: None, span }
            })
            .collect();
        more.sort_by(|one, other| {
            let order = |hit: &IdHit| (hit.found != Match::Prefix, hit.id.as_str().len());
            order(one).cmp(&order(other)).then_with(|| one.id.cmp(&other.id))
        });
        hits.append(&mut more);
        hits.truncate(limit);
        self.know(hits.iter().map(|hit| &hit.id));
        Ok(hits)
    }

    fn properties(&self, rows: &[i64]) -> Result<Vec<String>, Error> {
        self.state.borrow().memory.properties(rows)
    }

    fn profiles_of(&self, _ids: &[Id], _limit: usize) -> Result<Vec<StoredProfile>, Error> {
        // The table has events alone.
        Ok(Vec::new())
    }

    fn span_of_all(&self, ids: &[Id]) -> Result<Option<Span>, Error> {
        self.events.client().about("how many rows");
        Ok(Some(self.events.spans_of(ids)?.into_values().fold(Span::default(), Span::and)))
    }

    fn overview(&self) -> Result<Overview, Error> {
        self.events.client().about("the whole");
        let totals = self.events.totals()?;
        let state = self.state.borrow();
        let given = |time| (totals.events > 0).then_some(time);
        let (first, last) = totals.span;
        let activity = if totals.events == 0 { Vec::new() } else { self.events.activity(totals.span)? };
        Ok(Overview {
            events: totals.events,
            ids: totals.ids,
            alias_calls: totals.alias_calls,
            profiles: 0,
            rejected: state.file.rejects.len() as u64,
            without_id: totals.without_id,
            first: given(first),
            last: given(last),
            files: vec![ImportedFile {
                id: 1,
                name: state.file.name.clone(),
                format: state.file.format.clone(),
                timezone: "UTC".to_owned(),
                bytes: 0,
                rows: totals.events,
                aliases: totals.alias_calls,
                profiles: 0,
                rejected: state.file.rejects.len() as u64,
                complete: true,
                incomplete: false,
            }],
            activity,
        })
    }

    fn rejects(&self, limit: usize) -> Result<Vec<StoredReject>, Error> {
        self.state.borrow().memory.rejects(limit)
    }

    fn abilities(&self) -> Result<Option<Abilities>, Error> {
        self.events.client().about("what can be answered");
        Look::of(&self.events)?.abilities(&self.events).map(Some)
    }

    fn version(&self) -> Result<i64, Error> {
        self.moment.renew(|| self.renew())?;
        Ok(i64::try_from(self.state.borrow().rows).unwrap_or(i64::MAX))
    }

    fn at_one_moment(&self, read: &mut dyn FnMut() -> Result<(), Error>) -> Result<(), Error> {
        self.moment.of(|| self.renew(), read)
    }

    fn tell_trips(&mut self, tell: Tell) {
        self.events.tell_trips(tell);
    }

    fn stop_when(&mut self, stop: Stop) -> Result<(), Error> {
        self.events.stop_when(stop);
        Ok(())
    }

    fn scan(&self) -> Option<&dyn Scan> {
        Some(self)
    }
}
