//! Whom a query finds.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::crowd::{Candidate, Crowd};
use super::person::Person;
use super::roots::Roots;
use super::rows::{Ask, Pass, Properties, Property, update};
use crate::identity::RuleSet;
use crate::inspect::gather::members;
use crate::inspect::query::text::same;
use crate::inspect::query::{Expr, Field, Moment, Sought, Term, Times, Wall};
use crate::inspect::search::in_order;
use crate::inspect::{Error, ErrorKind, Scan};
use crate::model::hit::Hit;
use crate::model::hit::{IdHit, Match, Span};
use crate::model::near::nearest;
use crate::model::scan::{Head, IdRows, RowNote, Seek};
use crate::model::text::count;
use crate::model::{Id, Millis};

/// Ids that one term about people may find; the answer says so when there are more.
const MOST_PEOPLE: usize = 10_000;

/// People up to whom only their own rows are looked through, and not all rows of the store.
const FEW_PEOPLE: usize = 1_000;

/// Rows from which on it is felt that all are looked through.
const MANY_ROWS: u64 = 100_000;

/// Rows up to which the properties of all are looked through, and of more at least so many, whatever
/// was found: who had such a row last is listed first, and rows are not stored in the order of their
/// times. Heads of rows are looked through to the last: that costs little.
const ENOUGH_ROWS: u64 = 16_384;

/// Said where they are, and need not be.
const NO_INDEX: &str =
    "are not in the index of values yet, so all of them were read; the next journey import adds them";

/// Hits of an answer that is shown while the search goes on.
const SOON: usize = 50;

/// Steps of a look that only asks who is found first.
const FIRST_STEPS: usize = 2;

/// What a search by terms has found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Best first.
    pub hits: Vec<Hit>,
    /// Whether there are more.
    pub more: bool,
    /// What is to be known of the answer, each a sentence.
    pub notes: Vec<String>,
    /// Rows that were looked through, and all there are to look through.
    pub looked: Option<(u64, u64)>,
    /// Whether the search ended before all rows were looked through, because it had more than was asked for.
    pub ended_early: bool,
}

/// How often rows are looked through for an expression: once for each level that asks of rows.
fn passes(expr: &Expr) -> u64 {
    /// Whether the level itself asks of rows, and the passes of the levels below.
    fn of(expr: &Expr) -> (bool, u64) {
        match expr {
            Expr::All(list) | Expr::Any(list) => {
                list.iter().map(of).fold((false, 0), |(own, below), (o, b)| (own || o, below + b))
            }
            Expr::Not(inner) | Expr::Group(inner) => (false, passes(inner)),
            Expr::Term(term) => (Person::of(term).is_none(), 0),
        }
    }
    let (own, below) = of(expr);
    u64::from(own) + below
}

pub(super) struct Search<'r> {
    pub(super) reader: &'r dyn Scan,
    /// What journeys are decided by.
    pub(super) rules: RuleSet,
    pub(super) wall: &'r Wall,
    pub(super) limit: usize,
    /// Event names, and clients, by their numbers.
    names: HashMap<i64, String>,
    /// Time of the first and of the last row, once they are asked for.
    edges: Option<(Millis, Millis)>,
    roots: Roots,
    pub(super) notes: Vec<String>,
    /// The id that the whole text is.
    exact: Option<i64>,
    /// Passes over the rows, and how many of them are done.
    passes: u64,
    done: u64,
    /// Whether only the people who are found first are asked for: those of a few steps.
    pub(super) is_first_look: bool,
    pub(super) show: &'r mut dyn FnMut(Found),
}

impl<'r> Search<'r> {
    /// A search for `expr`, which the whole text `text` is read as.
    pub(super) fn new(
        reader: &'r dyn Scan,
        rules: RuleSet,
        wall: &'r Wall,
        (text, expr): (&str, &Expr),
        limit: usize,
        show: &'r mut dyn FnMut(Found),
    ) -> Result<Self, Error> {
        Ok(Self {
            reader,
            rules,
            wall,
            limit,
            names: reader.names()?.into_iter().collect(),
            edges: None,
            roots: Roots::default(),
            notes: Vec::new(),
            exact: reader.number(&Id::new(text))?,
            passes: passes(expr).max(1),
            done: 0,
            is_first_look: false,
            show,
        })
    }

    /// Whom an expression finds, at most `limit` of them; `shows` says whether what is found so far
    /// is an answer.
    pub(super) fn answer(&mut self, expr: &Expr, limit: usize, shows: bool) -> Result<Found, Error> {
        if let Expr::Term(term) = expr
            && let Some(person) = Person::of(term)
        {
            let found = self.person(person, MOST_PEOPLE)?;
            return self.found(&found, &[], None, limit);
        }
        let asked = self.ask(expr, MOST_PEOPLE)?;
        let mut crowd = asked.crowd();
        if !asked.is_of_rows() && crowd.is_all_found() {
            return self.found(&crowd.found, &[], None, limit);
        }
        let properties = asked.properties();
        let looked = self.look(&asked, &mut crowd.found, shows, Some(limit.saturating_add(1)))?;
        let ended_early = looked.0 < looked.1;
        Ok(Found { ended_early, ..self.found(&crowd.found, &properties, Some(looked), limit)? })
    }

    /// Whom an expression below another holds of.
    fn crowd(&mut self, expr: &Expr, most: usize) -> Result<Crowd, Error> {
        let asked = self.ask(expr, most)?;
        let crowd = asked.crowd();
        if !asked.is_of_rows() {
            return Ok(crowd);
        }
        let mut found = HashMap::new();
        self.look(&asked, &mut found, false, None)?;
        self.done += 1;
        self.roots.learn(self.reader, found.keys().copied())?;
        for (number, candidate) in &mut found {
            candidate.root = self.roots.of(*number);
        }
        Ok(crowd.or(Crowd::of(found)))
    }

    /// What an expression asks, with all sets of people in it found. A term about people may find
    /// `most` ids.
    fn ask(&mut self, expr: &Expr, most: usize) -> Result<Ask, Error> {
        Ok(match expr {
            Expr::All(list) => Ask::All(list.iter().map(|expr| self.ask(expr, most)).collect::<Result<_, _>>()?),
            Expr::Any(list) => Ask::Any(list.iter().map(|expr| self.ask(expr, most)).collect::<Result<_, _>>()?),
            // No one is known yet of those whom only their journeys exclude.
            Expr::Not(inner) if inner.is_of_journeys() => Ask::Open,
            // Who was left out of those excluded would be found.
            Expr::Not(inner) => Ask::Crowd(self.crowd(inner, usize::MAX - 1)?.rest()),
            Expr::Group(inner) => Ask::Crowd(self.crowd(inner, most)?),
            Expr::Term(term) => self.ask_term(term, most)?,
        })
    }

    fn ask_term(&mut self, term: &Term, most: usize) -> Result<Ask, Error> {
        if let Some(person) = Person::of(term) {
            return Ok(Ask::Crowd(self.crowd_of(person, most)?));
        }
        let (first, last) = if is_relative(term) { self.edges()? } else { (0, 0) };
        if let Some(times) = Times::of(term, first, last) {
            return Ok(Ask::Times(times));
        }
        let head = match term {
            Term::Field(Field::Client, _) => Some((Head::Client, "client:")),
            Term::Field(Field::Device, _) => Some((Head::Device, "device:")),
            Term::Field(Field::User, _) => Some((Head::User, "user:")),
            _ => None,
        };
        if let Some((_, name)) = head.filter(|(head, _)| !self.reader.keeps(*head)) {
            let what = format!("{name} is not looked for in a table of your own");
            return Err(Error::new(ErrorKind::Usage, what)
                .hint("name the property that has it, such as prop:$device_id=…, prop:$user_id=… or prop:mp_lib=…"));
        }
        Ok(match term {
            Term::Field(Field::Event, sought) => Ask::Event(self.events(sought)),
            Term::Field(Field::Client, sought) => {
                Ask::Client(self.names.iter().filter(|(_, name)| sought.is(name)).map(|(number, _)| *number).collect())
            }
            Term::Field(Field::Device, sought) => Ask::Device(self.ids(sought)?),
            Term::Field(Field::User, sought) => Ask::User(self.ids(sought)?),
            Term::Field(Field::File, sought) => {
                Ask::File(Arc::new(self.reader.file_names()?.into_iter().collect()), sought.clone())
            }
            Term::Property(name, test) => Ask::Property(Property::of(name, test)),
            Term::Is(_) | Term::Phase(_) => Ask::Open,
            // Lanes are refused when they are read, and all others are above.
            _ => Ask::Any(Vec::new()),
        })
    }

    /// Whom a term about people holds of, with their roots.
    pub(super) fn crowd_of(&mut self, person: Person<'_>, most: usize) -> Result<Crowd, Error> {
        let mut found = self.person(person, most)?;
        self.roots.learn(self.reader, found.keys().copied())?;
        for (number, candidate) in &mut found {
            candidate.root = self.roots.of(*number);
        }
        Ok(Crowd::of(found))
    }

    fn person(&mut self, person: Person<'_>, most: usize) -> Result<HashMap<i64, Candidate>, Error> {
        let found = person.find(self.reader, most)?;
        if found.len() > most {
            self.note(format!("more than {most} ids match {}: only some are searched", person.text()));
        }
        Ok(found)
    }

    pub(super) fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Numbers of the event names asked for, sorted.
    fn events(&mut self, sought: &Sought) -> Vec<i64> {
        let mut numbers: Vec<i64> =
            self.names.iter().filter(|(_, name)| sought.is(name)).map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        if numbers.is_empty() {
            let meant = nearest(sought.text(), self.names.values().map(String::as_str));
            let meant = meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
            self.note(format!("no event is called {}{meant}", sought.text()));
        }
        numbers
    }

    /// Numbers of the ids asked for.
    fn ids(&self, sought: &Sought) -> Result<HashSet<i64>, Error> {
        let mut ids = HashSet::new();
        let numbers = match sought {
            Sought::Part(part) => self.reader.numbers_with(part)?,
            Sought::Whole(whole) => self.reader.numbers_of(whole)?,
        };
        for number in numbers {
            let is_it = match sought {
                Sought::Part(_) => true,
                Sought::Whole(text) => same(self.reader.id_of(number)?.as_str(), text),
            };
            if is_it {
                ids.insert(number);
            }
        }
        Ok(ids)
    }

    /// Time of the first and of the last row.
    pub(super) fn edges(&mut self) -> Result<(Millis, Millis), Error> {
        if self.edges.is_none() {
            let overview = self.reader.overview()?;
            self.edges = Some((overview.first.unwrap_or_default(), overview.last.unwrap_or_default()));
        }
        Ok(self.edges.unwrap_or_default())
    }

    /// Goes through rows, and through profiles where these can have what is asked for; rows looked
    /// at, of how many. `shows` says whether what is found so far is an answer, `enough` how many ids of whom the last
    /// rows are found are enough.
    fn look(
        &mut self,
        asked: &Ask,
        found: &mut HashMap<i64, Candidate>,
        shows: bool,
        enough: Option<usize>,
    ) -> Result<(u64, u64), Error> {
        let reader = self.reader;
        let within = asked.within();
        let ids = match &within {
            Some(roots) if roots.len() <= FEW_PEOPLE => Some(self.ids_of(roots)?),
            _ => None,
        };
        if asked.has_crowd() {
            match &ids {
                Some(ids) => self.roots.learn(reader, ids.iter().copied())?,
                None => self.roots.need_all(reader)?,
            }
        }
        if let Some(ids) = &ids {
            reader.will_count(ids)?;
        }
        let all = match &ids {
            None => reader.rows()?,
            Some(ids) => ids.iter().try_fold(0, |sum, id| {
                let span = reader.span_of(&reader.id_of(*id)?)?;
                Ok::<_, Error>(sum + span.map_or(0, |span| span.events))
            })?,
        };
        if shows && ids.is_none() && all >= MANY_ROWS && !asked.properties().is_empty() {
            let rows = reader.rows_without_index()?;
            if rows >= MANY_ROWS {
                self.note(format!("{} rows {NO_INDEX}", count(rows)));
            }
        }
        if self.look_by_id(asked, ids.as_deref(), found, shows, enough)? {
            return Ok((all, all));
        }
        let roots = std::mem::take(&mut self.roots);
        let pass = Pass { wall: self.wall, roots: &roots };
        if asked.may_be_of_profile() && !self.is_first_look {
            profiles(reader, asked, ids.as_deref(), &pass, found)?;
        }
        let events = asked.events();
        let (from, to) = asked.times();
        let looked = if events.as_ref().is_some_and(Vec::is_empty) {
            Ok(all)
        } else {
            self.look_at_rows(asked, events.as_deref(), (from, to), ids.as_deref(), &pass, found, all, shows)
        };
        self.roots = roots;
        looked.map(|looked| (looked, all))
    }

    /// Finds the rows by their ids, where the source has them so and nothing else is asked of them than what it knows;
    /// whether that is so.
    fn look_by_id(
        &mut self,
        asked: &Ask,
        ids: Option<&[i64]>,
        found: &mut HashMap<i64, Candidate>,
        shows: bool,
        enough: Option<usize>,
    ) -> Result<bool, Error> {
        /// How much more is asked for where too many were of others.
        const MORE: usize = 16;
        let Some(crowds) = asked.clue_and_crowds() else { return Ok(false) };
        let clue = asked.clue();
        let mut most = enough.filter(|_| found.is_empty()).unwrap_or(usize::MAX);
        let rows = loop {
            let Some(mut rows) = self.reader.rows_by_id(&clue, ids, most)? else { return Ok(false) };
            let is_all = rows.iter().filter(|of| of.id != 0).count() < most;
            if !crowds.is_empty() {
                self.roots.learn(self.reader, rows.iter().map(|of| of.id).filter(|id| *id != 0))?;
                rows.retain(|of| crowds.iter().all(|crowd| crowd.has(self.roots.of(of.id))));
            }
            if is_all || enough.is_some_and(|enough| rows.len() > enough) {
                break rows;
            }
            most = most.saturating_mul(MORE);
        };
        let mut without_id = 0;
        for IdRows { id, rows, last, event } in rows {
            if id == 0 {
                without_id += rows;
                continue;
            }
            let candidate = found.entry(id).or_insert_with(|| Candidate::new(Match::Event));
            candidate.rows += rows;
            if candidate.last < Some(last) {
                (candidate.last, candidate.event) = (Some(last), Some(event));
            }
        }
        self.note_without_id(without_id, shows);
        Ok(true)
    }

    fn note_without_id(&mut self, rows: u64, shows: bool) {
        if rows > 0 && shows {
            self.note(format!("{rows} more such rows have no id"));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one call, with what the caller has found out")]
    fn look_at_rows(
        &mut self,
        asked: &Ask,
        events: Option<&[i64]>,
        (from, to): (Millis, Millis),
        ids: Option<&[i64]>,
        pass: &Pass<'_>,
        found: &mut HashMap<i64, Candidate>,
        all: u64,
        shows: bool,
    ) -> Result<u64, Error> {
        let properties = asked.properties();
        let kind = if properties.is_empty() { Match::Event } else { Match::Property };
        let of_head = |row: &RowNote| asked.of_head(row, pass);
        let of_row = |row: &RowNote, text: &str| asked.of_row(row, &Properties::of(text), pass);
        let clue = asked.clue();
        let seek = Seek {
            events,
            from: (from > Millis::MIN).then_some(from),
            to: (to < Millis::MAX).then_some(to),
            ids,
            row: Some(&of_head),
            properties: (!properties.is_empty()).then_some(&of_row),
            clue: Some(&clue),
        };
        let mut without_id = 0_u64;
        let mut failed = None;
        let mut looked = 0;
        let reader = self.reader;
        // As many as make a list longer than it may be.
        let enough = self.limit.saturating_sub(usize::from(self.exact.is_some()));
        let mut part = None;
        let mut steps = 0;
        reader.seek(&seek, &mut |notes, so_far| {
            for note in notes {
                if note.id == 0 {
                    without_id += 1;
                    continue;
                }
                let candidate = found.entry(note.id).or_insert_with(|| Candidate::new(kind));
                candidate.rows += 1;
                if candidate.last < Some((note.time, note.row)) {
                    candidate.last = Some((note.time, note.row));
                    candidate.event = Some(note.event);
                }
            }
            looked = so_far.min(all);
            steps += 1;
            let has_enough = if self.is_first_look {
                !found.is_empty() || steps >= FIRST_STEPS
            } else {
                shows && !properties.is_empty() && looked >= ENOUGH_ROWS && found.len() > enough
            };
            if looked >= all || has_enough {
                return ControlFlow::Break(());
            }
            if !notes.is_empty() {
                part = None;
            }
            if shows && part.is_none() {
                match self.found(found, &properties, None, self.limit.min(SOON)) {
                    Ok(found) => part = Some(found),
                    Err(error) => {
                        failed = Some(error);
                        return ControlFlow::Break(());
                    }
                }
            }
            // The passes before are a part of the way.
            let way = (self.done * all + looked) / self.passes;
            (self.show)(Found { looked: Some((way.min(all), all)), ..part.clone().unwrap_or_default() });
            ControlFlow::Continue(())
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        self.note_without_id(without_id, shows);
        Ok(looked)
    }

    /// Numbers of all ids of some people.
    fn ids_of(&self, roots: &HashSet<i64>) -> Result<Vec<i64>, Error> {
        let roots: BTreeSet<i64> = roots.iter().copied().collect();
        let ids = roots.into_iter().map(|root| self.reader.id_of(root)).collect::<Result<Vec<_>, _>>()?;
        let mut all = Vec::new();
        let members: Vec<Id> = members(self.reader, &ids)?.into_iter().collect();
        all.extend(self.reader.numbers(&members)?.into_iter().flatten());
        Ok(all)
    }

    /// The best of them, each with what it was found by.
    fn found(
        &self,
        found: &HashMap<i64, Candidate>,
        properties: &[&Property],
        looked: Option<(u64, u64)>,
        limit: usize,
    ) -> Result<Found, Error> {
        let reader = self.reader;
        let mut order: Vec<(&i64, &Candidate)> =
            found.iter().filter(|(number, _)| Some(**number) != self.exact).collect();
        order.sort_unstable_by_key(|(number, candidate)| {
            (candidate.found, candidate.rank, candidate.last.map(|(time, _)| std::cmp::Reverse(time)), **number)
        });
        let more = order.len() + usize::from(self.exact.is_some()) > limit;
        order.truncate(limit);
        reader.will_count(
            &self.exact.iter().chain(order.iter().map(|(number, _)| *number)).copied().collect::<Vec<_>>(),
        )?;
        let exact = Candidate::new(Match::Exact);
        let exact = self.exact.iter().map(|number| (number, &exact));
        let mut hits = Vec::new();
        let mut matched = Vec::new();
        for (number, candidate) in exact.chain(order) {
            let id = reader.id_of(*number)?;
            let span = reader.span_of(&id)?.unwrap_or(Span::default());
            hits.push(IdHit { id, found: candidate.found, via: candidate.via.clone(), span });
            matched.push(candidate);
        }
        self.add_values(properties, &matched, &mut hits)?;
        let mut hits = in_order(reader, hits)?;
        for (hit, candidate) in hits.iter_mut().zip(matched) {
            hit.matched = candidate.rows;
        }
        hits.truncate(limit);
        Ok(Found { hits, more, notes: self.notes.clone(), looked, ended_early: false })
    }

    /// What of its last row each hit was found by: a property, else its event.
    fn add_values(&self, properties: &[&Property], matched: &[&Candidate], hits: &mut [IdHit]) -> Result<(), Error> {
        let with_row: Vec<(usize, i64)> = if properties.is_empty() {
            Vec::new()
        } else {
            matched.iter().enumerate().filter_map(|(at, candidate)| Some((at, candidate.last?.1))).collect()
        };
        let wanted: Vec<i64> = with_row.iter().map(|(_, row)| *row).collect();
        let texts = self.reader.properties(&wanted)?;
        for ((at, _), text) in with_row.into_iter().zip(texts) {
            let row = Properties::of(&text);
            if let Some(hit) = hits.get_mut(at).filter(|hit| hit.via.is_none()) {
                hit.via = properties.iter().find_map(|property| property.passing(&row));
            }
        }
        for (hit, candidate) in hits.iter_mut().zip(matched).filter(|(hit, _)| hit.via.is_none()) {
            if let Some(event) = candidate.event.and_then(|event| self.names.get(&event)) {
                hit.via = Some(("event".to_owned(), event.clone()));
                hit.found = hit.found.max(Match::Event);
            }
        }
        Ok(())
    }
}

/// Whether a term has a moment in it that counts from the first or the last row.
fn is_relative(term: &Term) -> bool {
    let is = |moment: Moment| matches!(moment, Moment::Relative(_));
    match term {
        Term::After(when) | Term::Before(when) | Term::At(when) => is(when.moment),
        Term::Between(from, to) => from.iter().chain(to).any(|when| is(when.moment)),
        _ => false,
    }
}

/// Adds those with a profile update of which it holds.
fn profiles(
    reader: &dyn Scan,
    asked: &Ask,
    ids: Option<&[i64]>,
    pass: &Pass<'_>,
    found: &mut HashMap<i64, Candidate>,
) -> Result<(), Error> {
    let properties = asked.properties();
    reader.each_profile(&asked.clue(), &mut |number, text| {
        if ids.is_some_and(|ids| !ids.contains(&number)) || found.contains_key(&number) {
            return;
        }
        let row = Properties::of(text);
        // Reading JSON costs most; of the whole update the text says the same as of its parts.
        if !asked.may_of_profile(number, &row, pass) {
            return;
        }
        let Some(sets) = update(text) else { return };
        let row = Properties::with(text, sets);
        if asked.of_profile(number, &row, pass) {
            let via = properties.iter().find_map(|property| property.passing(&row));
            found.insert(number, Candidate { via, ..Candidate::new(Match::Profile) });
        }
    })
}
