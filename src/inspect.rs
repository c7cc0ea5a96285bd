//! The use cases: find an id, open a journey, look over a store.
//!
//! The only place that joins what holds the rows and the [engine](crate::identity). It asks a
//! [`Source`] for the rows and calls that can matter for an id ([`gather`](mod@gather)), and lets the
//! engine decide. [`query`] is the language of the search and of the filter of a journey.

pub mod able;
mod across;
mod census;
pub mod check;
mod clocks;
mod compare;
mod counted;
mod device_zone;
mod error;
pub mod exported;
pub mod filter;
pub mod gather;
mod history;
mod judging;
pub mod migration;
mod people;
pub mod query;
pub mod redact;
pub mod repair;
pub mod rows;
mod search;
mod select;
mod source;
pub mod terms;
mod trip;

pub use census::{Census, Count, Troubled};
pub use clocks::Clocks;
pub use error::{Error, ErrorKind};
pub use history::History;
pub use redact::Redactor;
pub use select::{Kept, MANY_ROWS};
pub use source::{Ask, Directory, Edges, Lookup, Scan, Source, Stop, Sweep};
pub use trip::{Tell, Trip};

pub use crate::model::hit::{EventHit, Hit, HitKind, Shared, ValueHit};

use std::cell::RefCell;
use std::sync::Arc;

use self::redact::Known;
use crate::identity::profile::{self, profiles};
use crate::identity::{Cut, CutOf, Facts, Journey, RuleSet, Thresholds, resolve};
use crate::model::Id;
use crate::model::facts::Arrival;
use crate::model::stored::{Overview, StoredProfile, StoredReject};

/// Rows of a user after which [`Inspector::journey_soon`] stops: many screens, and a few
/// milliseconds.
const SOON: usize = 2_000;

/// Other people of one journey who are named; more keep their ids.
const NAMED: usize = 50;

/// What [`Inspector::journey_soon`] gives.
pub enum Soon {
    /// The whole journey.
    All(Journey),
    /// Its first rows, and a cut that says so.
    First(Journey),
}

/// Answers questions about one store.
///
/// With a [`Redactor`] whatever it answers has pseudonyms for ids and personal values, and the ids
/// that it is asked for may be pseudonyms; only [`Inspector::source`] gives what is stored.
pub struct Inspector {
    source: Box<dyn Source>,
    /// The rules that were chosen; without them each user is judged by those of the vendor of the rows.
    chosen: Option<RuleSet>,
    thresholds: Thresholds,
    redaction: Option<Redaction>,
}

/// What redacts, and what the store knows.
struct Redaction {
    redactor: Arc<Redactor>,
    /// Whether answers are redacted just now; pseudonyms that were given are understood anyway.
    is_on: bool,
    /// At which version of the store it was read.
    known: RefCell<Option<(i64, Arc<Known>)>>,
}

impl Inspector {
    /// Over an open source.
    pub fn new(source: impl Source + 'static) -> Self {
        Self { source: Box::new(source), chosen: None, thresholds: Thresholds::DEFAULT, redaction: None }
    }

    /// Another one over the same moment, for another thread; `None` where there can be none.
    fn another(&self) -> Result<Option<Self>, Error> {
        // What redacts knows the ids that it has met.
        let Some(sweep) = self.source.sweep().filter(|_| self.redaction.is_none()) else { return Ok(None) };
        let Some(source) = sweep.another()? else { return Ok(None) };
        Ok(Some(Self { source, chosen: self.chosen, thresholds: self.thresholds, redaction: None }))
    }

    /// Finds mistakes by these numbers from now on.
    pub fn set_thresholds(&mut self, thresholds: Thresholds) {
        self.thresholds = thresholds;
    }

    /// Redacts from now on, or no longer.
    pub fn redact(&mut self, redactor: Option<&Arc<Redactor>>) {
        match (redactor, &mut self.redaction) {
            (Some(redactor), _) => {
                let redactor = Arc::clone(redactor);
                self.redaction = Some(Redaction { redactor, is_on: true, known: RefCell::default() });
            }
            (None, Some(redaction)) => redaction.is_on = false,
            (None, None) => {}
        }
    }

    /// Whether answers are redacted.
    pub fn is_redacting(&self) -> bool {
        self.redaction.as_ref().is_some_and(|redaction| redaction.is_on)
    }

    /// What redacts, with what the store knows; `None` when nothing is redacted.
    fn redacting(&self) -> Result<Option<(&Redactor, Arc<Known>)>, Error> {
        let Some(redaction) = self.redaction.as_ref().filter(|redaction| redaction.is_on) else { return Ok(None) };
        let version = self.source.version()?;
        let mut cached = redaction.known.borrow_mut();
        let known = match &*cached {
            Some((at, known)) if *at == version => Arc::clone(known),
            _ => {
                let known = Arc::new(Known::of(self.source.directory_for("what is to be redacted")?)?);
                *cached = Some((version, Arc::clone(&known)));
                known
            }
        };
        Ok(Some((&redaction.redactor, known)))
    }

    /// What stands for an id in every answer; `id` itself when nothing is redacted.
    pub fn shown(&self, id: &Id) -> Result<Id, Error> {
        Ok(self.redacting()?.map_or_else(|| id.clone(), |(redactor, _)| redactor.id(id)))
    }

    /// A text as it may be shown: with every id and address in it replaced when answers are redacted.
    pub fn shown_text(&self, text: &str) -> Result<String, Error> {
        Ok(self.redacting()?.map_or_else(|| text.to_owned(), |(redactor, known)| redactor.text(text, &known)))
    }

    /// The id that is meant by an id or by its pseudonym.
    pub fn meant(&self, id: &Id) -> Result<Id, Error> {
        let Some(redaction) = &self.redaction else { return Ok(id.clone()) };
        let redactor = &redaction.redactor;
        if let Some(real) = redactor.real(id) {
            return Ok(real);
        }
        // One that an earlier run gave.
        let mut found = None;
        self.source.directory_for("a pseudonym")?.each_known(
            &mut |known| {
                let known = Id::new(known);
                for form in [known.other_device_form(), known] {
                    if redactor.id(&form) == *id {
                        found = Some(form);
                    }
                }
            },
            &mut |_| {},
        )?;
        Ok(found.unwrap_or_else(|| id.clone()))
    }

    /// The journey that follows from the facts.
    fn resolved(&self, facts: Facts, id: &Id, rules: RuleSet) -> Result<Option<Journey>, Error> {
        let facts = Facts { thresholds: self.thresholds, ..facts };
        Ok(match self.redacting()? {
            None => resolve(&facts, id, rules),
            Some((redactor, known)) => {
                let query = redactor.id(id);
                resolve(&redactor.facts(facts, id, &known), &query, rules)
            }
        })
    }

    /// The journey with what its profile updates come to, and with names of other people in it.
    fn with_profiles(&self, journey: Journey) -> Result<Journey, Error> {
        let updates = self.profiles(&journey)?;
        self.with_updates(journey, &updates)
    }

    /// The same with the profile updates at hand.
    fn with_updates(&self, journey: Journey, updates: &[StoredProfile]) -> Result<Journey, Error> {
        let profiles = profiles(&journey, updates);
        let names = self.best_names(journey.others().into_iter().take(NAMED))?;
        Ok(Journey { profiles, names, ..journey })
    }

    /// Hits as they may be shown, one for each person.
    fn shown_hits(&self, hits: Vec<Hit>) -> Result<Vec<Hit>, Error> {
        let hits = people::each_once(self.led(hits)?);
        let Some((redactor, known)) = self.redacting()? else { return Ok(hits) };
        let shown = |hit: Hit| Hit {
            id: redactor.id(&hit.id),
            root: hit.root.as_ref().map(|root| redactor.id(root)),
            via: hit.via.map(|(key, value)| {
                let value = redactor.property(&key, &value, &known);
                (key, value)
            }),
            ..hit
        };
        Ok(hits.into_iter().map(shown).collect())
    }

    fn shown_found(&self, found: terms::Found) -> Result<terms::Found, Error> {
        let notes = found.notes.iter().map(|note| self.shown_text(note)).collect::<Result<_, _>>()?;
        Ok(terms::Found { hits: self.shown_hits(found.hits)?, notes, ..found })
    }

    /// The text of a search: that of an id where it is a pseudonym.
    fn searched(&self, text: &str) -> Result<String, Error> {
        Ok(self.meant(&Id::new(text.trim()))?.as_str().to_owned())
            .map(|meant| if meant == text.trim() { text.to_owned() } else { meant })
    }

    /// The journey of the user that `id` belongs to; `None` when the store does not name it.
    ///
    /// All of it is read as the store stood at one moment, also while an import writes.
    pub fn journey(&self, id: &Id) -> Result<Option<Journey>, Error> {
        self.source.one_moment(|| {
            let journey = self.journey_within(id, &gather::Limits::default())?;
            journey.map(|journey| self.with_profiles(journey)).transpose()
        })
    }

    /// As [`Inspector::journey`], by the rules that findings and repairs go by ([`Inspector::rules`]) whatever the
    /// vendor of the rows.
    pub fn journey_of_findings(&self, id: &Id) -> Result<Option<Journey>, Error> {
        let (id, rules) = (&self.meant(id)?, self.rules());
        self.source.one_moment(|| {
            let (facts, _) = gather::gather_rows_by(&*self.source, id, &gather::Limits::default(), rules)?;
            let journey = self.resolved(facts, id, rules)?;
            journey.map(|journey| self.with_profiles(journey)).transpose()
        })
    }

    /// As [`Inspector::journey`], without profiles and within limits of the caller's own; what they
    /// cut is noted in the journey.
    pub fn journey_within(&self, id: &Id, limits: &gather::Limits) -> Result<Option<Journey>, Error> {
        let id = &self.meant(id)?;
        let gather = &mut |rules| gather::gather_rows_by(&*self.source, id, limits, rules);
        let (facts, rules) = self.source.one_moment(|| {
            let (facts, _, rules) = self.judged(id, gather)?;
            Ok((self.with_counted(facts, rules)?, rules))
        })?;
        self.resolved(facts, id, rules)
    }

    /// The journey of the user that `id` belongs to, or its first rows where it has so many that
    /// all of them take a while; `None` when the store does not name it.
    pub fn journey_soon(&self, id: &Id) -> Result<Option<Soon>, Error> {
        let id = &self.meant(id)?;
        let gather = &mut |rules: RuleSet| {
            // Whose the first rows are can depend on the last where rows join ids.
            let soon = if rules.joins_by_links() { gather::Limits::DEFAULT.rows } else { SOON };
            let limits = gather::Limits { rows: soon, orphan_rows: soon, ..gather::Limits::DEFAULT };
            gather::gather_rows_by(&*self.source, id, &limits, rules)
        };
        let (journey, is_part) = self.source.one_moment(|| {
            let (facts, is_part, rules) = self.judged(id, gather)?;
            let facts = self.with_counted(facts, rules)?;
            let journey = self.resolved(facts, id, rules)?;
            Ok((journey.map(|journey| self.with_profiles(journey)).transpose()?, is_part))
        })?;
        Ok(journey.map(|mut journey| {
            if !is_part {
                return Soon::All(journey);
            }
            journey.cuts = vec![Cut {
                of: CutOf::Rows,
                what: format!("the first {} rows; the rest is being read", journey.steps.len()),
            }];
            Soon::First(journey)
        }))
    }

    /// The journey as it stood when only what is in order of arrival up to `moment` was there;
    /// `None` when nothing had named `id` by then. `history` is kept from moment to moment.
    pub fn journey_as_of(&self, history: &mut History, id: &Id, moment: Arrival) -> Result<Option<Journey>, Error> {
        let id = &self.meant(id)?;
        history.renew(self.source.version()?);
        self.source.one_moment(|| {
            let gather = &mut |rules| {
                let limits = gather::Limits::default();
                Ok((history.gather_by(&*self.source, id, moment, &limits, rules)?, false))
            };
            let (facts, _, rules) = self.judged(id, gather)?;
            let journey = self.resolved(facts, id, rules)?;
            let journey = journey.map(|journey| Journey { as_of: Some(moment), ..journey });
            journey.map(|journey| self.with_profiles(journey)).transpose()
        })
    }

    /// Identifiers and profile values that match, best first.
    pub fn search(&self, text: &str, limit: usize) -> Result<Vec<Hit>, Error> {
        let text = self.searched(text)?;
        self.shown_hits(self.source.one_moment(|| search::search(&*self.source, &text, limit))?)
    }

    /// What [`Inspector::search`] will find, as far as that is known at once; `None` when it
    /// is quick itself. It is slow only until all ids of a large store are read.
    pub fn search_soon(&self, text: &str, limit: usize) -> Result<Option<Vec<Hit>>, Error> {
        let text = self.searched(text)?;
        let found = self.source.one_moment(|| {
            self.source.search_ids_soon(&text, limit)?.map(|found| search::placed(&*self.source, found)).transpose()
        })?;
        found.map(|hits| self.shown_hits(hits)).transpose()
    }

    /// Who the terms find, best first; `show` is given what is found so far, again and again.
    pub fn search_terms(
        &self,
        terms: &terms::Terms,
        limit: usize,
        show: &mut dyn FnMut(terms::Found),
    ) -> Result<terms::Found, Error> {
        let found = terms.find(self.source.scan_for("a search by terms")?, self.rules(), limit, &mut |found| {
            // What cannot be shown on the way fails again with the whole.
            if let Ok(found) = self.shown_found(found) {
                show(found);
            }
        })?;
        self.shown_found(found)
    }

    /// The people whose rows the terms find first, from a look at the last rows that takes a moment.
    pub fn first_of_terms(&self, terms: &terms::Terms, limit: usize) -> Result<terms::Found, Error> {
        self.shown_found(terms.find_first(self.source.scan_for("a search by terms")?, self.rules(), limit)?)
    }

    /// Event names that have a text in them, with the number of their people and rows; none where
    /// nothing can be counted.
    pub fn events_with(&self, text: &str) -> Result<Vec<EventHit>, Error> {
        let Some(scan) = self.scan_for_words()? else { return Ok(Vec::new()) };
        self.shown_events(terms::events_with(scan, text.trim())?)
    }

    /// The event names that [`Inspector::events_with`] will count, at once; none where it is only known afterwards
    /// which ones are listed.
    pub fn names_with(&self, text: &str) -> Result<Vec<EventHit>, Error> {
        let Some(scan) = self.scan_for_words()? else { return Ok(Vec::new()) };
        self.shown_events(terms::names_with(scan, text.trim())?)
    }

    /// The way to look through everything for a word that a person types; `None` where there is none, and where that
    /// takes too long.
    fn scan_for_words(&self) -> Result<Option<&dyn Scan>, Error> {
        let Some(scan) = self.source.scan() else { return Ok(None) };
        Ok((!scan.is_for_terms_alone()?).then_some(scan))
    }

    fn shown_events(&self, hits: Vec<EventHit>) -> Result<Vec<EventHit>, Error> {
        let Some((redactor, known)) = self.redacting()? else { return Ok(hits) };
        Ok(hits.into_iter().map(|hit| EventHit { event: redactor.event(&hit.event, &known), ..hit }).collect())
    }

    /// Values of properties that have a text in them and are no ids, with the number of their people and rows; none where
    /// nothing can be looked through. Values are not looked for in a redacted answer, which would show them.
    pub fn values_with(&self, text: &str) -> Result<Vec<ValueHit>, Error> {
        match self.scan_for_words()? {
            Some(scan) if !self.is_redacting() => terms::values_with(scan, text.trim()),
            _ => Ok(Vec::new()),
        }
    }

    /// Names that some rows of the store have, to complete terms with. Looks at `rows` rows
    /// from all over the store.
    pub fn vocabulary(&self, rows: usize) -> Result<query::Vocabulary, Error> {
        let mut vocabulary = query::Vocabulary::of(self.source.scan_for("what names there are")?, rows)?;
        if let Some((redactor, known)) = self.redacting()? {
            vocabulary.events.iter_mut().for_each(|event| *event = redactor.event(event, &known));
            // Names that no id is in stay, and values are for those who may read them.
            vocabulary.properties.retain(|(name, _)| redactor.text(name, &known) == *name);
            vocabulary.properties.iter_mut().for_each(|(_, values)| values.clear());
        }
        Ok(vocabulary)
    }

    /// Ids that differ little from `text`, with their number of rows, nearest first.
    pub fn near(&self, text: &str, limit: usize) -> Result<Vec<(Id, u64)>, Error> {
        let near = self.source.near_ids(text.trim(), limit)?;
        near.into_iter().map(|(id, span)| Ok((self.shown(&id)?, span.events))).collect()
    }

    /// The properties of rows as JSON text, in the order asked.
    pub fn properties(&self, rows: &[i64]) -> Result<Vec<String>, Error> {
        let texts = self.source.properties(rows)?;
        Ok(match self.redacting()? {
            None => texts,
            Some((redactor, known)) => texts.iter().map(|text| redactor.json(text, &known)).collect(),
        })
    }

    /// Calls `each` with the place of every row in `rows` and its properties as JSON text, in no
    /// order, from several threads at a time: how a filter looks through all rows of a journey.
    pub fn for_each_properties(&self, rows: &[i64], each: &(dyn Fn(usize, &str) + Sync)) -> Result<(), Error> {
        match self.redacting()? {
            None => self.source.for_each_properties(rows, each),
            Some((redactor, known)) => {
                self.source.for_each_properties(rows, &|place, text| each(place, &redactor.json(text, &known)))
            }
        }
    }

    /// Profile updates of the ids of a journey and of its orphans, in order of arrival.
    pub fn profiles(&self, journey: &Journey) -> Result<Vec<StoredProfile>, Error> {
        let ids: Vec<Id> = profile::ids(journey).iter().map(|id| self.meant(id)).collect::<Result<_, _>>()?;
        let profiles = self.source.profiles_of(&ids, gather::Limits::default().links)?;
        Ok(match self.redacting()? {
            None => profiles,
            Some((redactor, known)) => profiles.into_iter().map(|profile| redactor.profile(profile, &known)).collect(),
        })
    }

    /// What the store holds.
    pub fn overview(&self) -> Result<Overview, Error> {
        let mut overview = self.source.overview()?;
        for file in &mut overview.files {
            file.name = self.shown_text(&file.name)?;
        }
        Ok(overview)
    }

    /// Rows of an id in so many equal parts of its time.
    pub fn activity_of(&self, id: &Id, parts: usize) -> Result<Vec<u64>, Error> {
        self.source.activity_of(&self.meant(id)?, parts)
    }

    /// What could not be read at import.
    pub fn rejects(&self, limit: usize) -> Result<Vec<StoredReject>, Error> {
        let rejects = self.source.rejects(limit)?;
        let Some((redactor, known)) = self.redacting()? else { return Ok(rejects) };
        // Anything may stand in a piece that could not be read.
        let shown = |reject: StoredReject| StoredReject {
            file: redactor.text(&reject.file, &known),
            reason: redactor.text(&reject.reason, &known),
            text: "(redacted)".to_owned(),
            ..reject
        };
        Ok(rejects.into_iter().map(shown).collect())
    }

    /// The source itself, for what has no use case of its own; nothing that it gives is redacted.
    pub fn source(&self) -> &dyn Source {
        &*self.source
    }

    /// Tells of trips as [`Source::tell_trips`] says.
    pub fn tell_trips(&mut self, tell: Tell) {
        self.source.tell_trips(tell);
    }

    /// Stops questions as [`Source::stop_when`] says.
    pub fn stop_when(&mut self, stop: Stop) -> Result<(), Error> {
        self.source.stop_when(stop)
    }
}
