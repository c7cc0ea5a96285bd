//! What a text in the search means: the one order in which ids, events, words and values are asked.
//!
//! The interface and the command line both search by it, so they give the same hits.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::pasted::{bare, readings};
use super::{Hits, Session};
use crate::inspect::query::UNFINISHED;
use crate::inspect::terms::{Found, Terms};
use crate::inspect::{Error, ErrorKind, EventHit, Inspector, ValueHit};
use crate::model::Id;
use crate::model::hit::Match;

/// What is said where rows cannot be looked through.
pub(super) const IDS_ONLY: &str = "a warehouse is searched by ids and by the values of profiles that it has; events, properties, terms such as \
                                   event:… and ids that are only like the text need a store file";

/// The same where rows are looked through for terms alone.
const TERMS_ALONE: &str = "in this warehouse a word is looked for in ids and in the values of profiles alone; terms such \
                           as event:… and prop:*~… look through its rows, and ids that are only like the text need a store file";
/// The same where only ids that differ a little were not looked for.
const NOT_ALIKE: &str = "ids that are only like the text are found in a store file, and not in a warehouse";

/// Where a text is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looks {
    /// In everything, and for what is like it.
    Everywhere,
    /// In everything.
    NotAlike,
    /// In ids and values of profiles; terms are looked for in everything.
    TermsAlone,
    /// In ids and values of profiles.
    IdsAlone,
}

impl Looks {
    fn of(inspector: &Inspector) -> Self {
        let source = inspector.source();
        match source.scan() {
            None => Self::IdsAlone,
            // What fails here fails again with the question itself.
            Some(scan) if scan.is_for_terms_alone().unwrap_or(false) => Self::TermsAlone,
            Some(_) if source.directory().is_none() => Self::NotAlike,
            Some(_) => Self::Everywhere,
        }
    }

    /// Whether rows are looked through for a text that is in no id.
    fn is_through(self) -> bool {
        matches!(self, Self::Everywhere | Self::NotAlike)
    }

    /// What is said of what is left out.
    fn note(self) -> Option<String> {
        match self {
            Self::Everywhere => None,
            Self::NotAlike => Some(NOT_ALIKE.to_owned()),
            Self::TermsAlone => Some(TERMS_ALONE.to_owned()),
            Self::IdsAlone => Some(IDS_ONLY.to_owned()),
        }
    }
}

/// What a search asks, one kind of hits after the other.
pub trait Finder {
    /// Ids that match `text`, best first.
    fn ids(&mut self, text: &str) -> Result<Hits, Error>;
    /// Who the terms find, best first; `show` gets what is found so far.
    fn people(&mut self, terms: &Terms, show: &mut dyn FnMut(Hits)) -> Result<Hits, Error>;
    /// Events with `text` in their names, those of the most people first.
    fn events(&mut self, text: &str) -> Result<Vec<EventHit>, Error>;
    /// The same at once and not counted yet, for what is shown meanwhile; may be none.
    fn names(&mut self, _text: &str) -> Result<Vec<EventHit>, Error> {
        Ok(Vec::new())
    }
    /// Values of properties with `text` in them, those of the most people first.
    fn values(&mut self, text: &str) -> Result<Vec<ValueHit>, Error>;
    /// Ids that look like `text`.
    fn near(&mut self, text: &str) -> Vec<Id>;
    /// Where a text is looked for.
    fn looks(&self) -> Looks {
        Looks::Everywhere
    }
}

impl<S: Session + ?Sized> Finder for S {
    fn ids(&mut self, text: &str) -> Result<Hits, Error> {
        self.search(text)
    }

    fn people(&mut self, terms: &Terms, show: &mut dyn FnMut(Hits)) -> Result<Hits, Error> {
        self.search_terms(terms, show)
    }

    fn events(&mut self, text: &str) -> Result<Vec<EventHit>, Error> {
        self.events_with(text)
    }

    fn names(&mut self, text: &str) -> Result<Vec<EventHit>, Error> {
        self.names_with(text)
    }

    fn values(&mut self, text: &str) -> Result<Vec<ValueHit>, Error> {
        self.values_with(text)
    }

    fn near(&mut self, text: &str) -> Vec<Id> {
        Session::near(self, text)
    }

    fn looks(&self) -> Looks {
        self.inspector().map_or(Looks::Everywhere, Looks::of)
    }
}

/// Asks an inspector, for a list of a length of its own. Its hits are not [described](Inspector::describe).
pub struct Lister<'a> {
    inspector: &'a Inspector,
    limit: usize,
    suggested: usize,
    near: HashMap<Id, u64>,
}

impl std::fmt::Debug for Lister<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lister").field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl<'a> Lister<'a> {
    /// For a list of `limit` hits, or of `suggested` ids that look like the text where there are none.
    pub fn new(inspector: &'a Inspector, limit: usize, suggested: usize) -> Self {
        Self { inspector, limit, suggested, near: HashMap::new() }
    }

    /// The rows under an id that looks like the text.
    pub fn rows_of(&self, near: &Id) -> u64 {
        self.near.get(near).copied().unwrap_or_default()
    }
}

impl Finder for Lister<'_> {
    fn ids(&mut self, text: &str) -> Result<Hits, Error> {
        Ok(Hits { list: self.inspector.search(text, self.limit)?, ..Hits::default() })
    }

    fn people(&mut self, terms: &Terms, show: &mut dyn FnMut(Hits)) -> Result<Hits, Error> {
        let hits = |Found { hits, more, notes, looked, ended_early }| Hits {
            list: hits,
            more,
            notes,
            looked,
            ended_early,
            ..Hits::default()
        };
        self.inspector.search_terms(terms, self.limit, &mut |found| show(hits(found))).map(hits)
    }

    fn events(&mut self, text: &str) -> Result<Vec<EventHit>, Error> {
        self.inspector.events_with(text)
    }

    fn values(&mut self, text: &str) -> Result<Vec<ValueHit>, Error> {
        self.inspector.values_with(text)
    }

    fn near(&mut self, text: &str) -> Vec<Id> {
        // Only a help.
        let near = self.inspector.near(text, self.suggested).unwrap_or_default();
        self.near.extend(near.iter().cloned());
        near.into_iter().map(|(id, _)| id).collect()
    }

    fn looks(&self) -> Looks {
        Looks::of(self.inspector)
    }
}

/// Some hits at once: for the text, else for an id that it may mean, else the first people who have it in a value, and
/// the events that have it in their names.
pub fn soon(session: &mut dyn Session, text: &str) -> Option<Hits> {
    if let Some(hits) = session.search_soon(text).ok()? {
        return Some(hits);
    }
    let id = readings(text).into_iter().find_map(|reading| {
        let hits = session.search_soon(&reading).ok()??;
        let is_id = hits.list.first().is_some_and(|hit| hit.found == Match::Exact);
        is_id.then_some(Hits { instead: Some(reading), ..hits })
    });
    if id.is_some() {
        return id;
    }
    let people = of_value(text).and_then(|terms| session.people_soon(&terms).ok()?);
    // Their people are counted with the ids.
    let events = session.names_with(text).unwrap_or_default();
    let is_event = !events.is_empty();
    match people {
        Some(hits) => Some(Hits { events, ..hits }),
        None => is_event.then(|| Hits { events, counts: true, ..Hits::default() }),
    }
}

/// Hits for the text, best kind first, and ids that look like it where nothing is found: terms; ids and profiles, with
/// the events and values that have it; what else the text may mean, for example an id in quotes; words with "or" and
/// "-" between them; rows that have it in a property, before ids that have its letters far apart.
///
/// `show` gets parts of an answer that takes long.
///
/// # Errors
/// As any question.
pub fn search<F: Finder + ?Sized>(
    finder: &mut F,
    text: &str,
    show: &mut dyn FnMut(Hits),
) -> Result<(Hits, Vec<Id>), Error> {
    // A term that means nothing is reported before.
    if let Ok(Some(terms)) = Terms::read(text) {
        let found = finder.people(&terms, show)?;
        let warnings = warnings(text, &found);
        return Ok((Hits { warnings, ..found }, Vec::new()));
    }
    let looks = finder.looks();
    // Events and values that could not be counted are not just left out.
    let notes = looks.note().filter(|_| !looks.is_through());
    let mut missed = BTreeSet::new();
    let hits = finder.ids(text)?;
    // A likeness is the last resort.
    let sure = |hits: &Hits| hits.list.first().is_some_and(|hit| hit.found != Match::Fuzzy);
    if sure(&hits) {
        let warnings = warnings(text, &hits);
        let hits = Hits { warnings, ..hits };
        // Who is found can be opened before events and values are counted.
        show(Hits { counts: true, ..hits.clone() });
        let events = or_missed(finder.events(text), looks, &mut missed)?;
        let hits = Hits { events, notes: missed.iter().cloned().collect(), ..hits };
        // Who types a whole id looks for its user alone.
        if hits.list.first().is_some_and(|hit| hit.found == Match::Exact) {
            return Ok((hits, Vec::new()));
        }
        show(Hits { counts: true, ..hits.clone() });
        let values = or_missed(finder.values(text), looks, &mut missed)?;
        let notes = notes.into_iter().chain(missed).collect();
        return Ok((Hits { values, notes, ..hits }, Vec::new()));
    }
    let names = finder.names(text)?;
    if !names.is_empty() {
        show(Hits { events: names, counts: true, ..Hits::default() });
    }
    let hits = Hits { events: or_missed(finder.events(text), looks, &mut missed)?, ..hits };
    let readings = readings(text);
    for reading in &readings {
        let found = finder.ids(reading)?;
        if sure(&found) {
            let warnings = warnings(reading, &found);
            return Ok((Hits { instead: Some(reading.clone()), warnings, ..found }, Vec::new()));
        }
    }
    let mut found = Hits::default();
    let wanted = [Terms::words(text), of_value(text)].into_iter().flatten();
    for terms in wanted.filter(|_| looks.is_through()) {
        found = finder.people(&terms, &mut |found| show(anywhere(&hits, found)))?;
        if !found.list.is_empty() {
            break;
        }
    }
    let found = anywhere(&hits, found);
    let found = Hits { notes: found.notes.into_iter().chain(missed).collect(), ..found };
    if !found.is_empty() {
        return Ok((found, Vec::new()));
    }
    let found = Hits { notes: found.notes.into_iter().chain(looks.note()).collect(), ..found };
    let near = finder.near(text);
    let near = match readings.last() {
        Some(reading) if near.is_empty() => finder.near(reading),
        _ => near,
    };
    Ok((found, near))
}

/// What is counted of events or values. A server that meets one of its limits at that says so in `missed`, and who is
/// found by then stays; that a store file is damaged is no note.
fn or_missed<T>(found: Result<Vec<T>, Error>, looks: Looks, missed: &mut BTreeSet<String>) -> Result<Vec<T>, Error> {
    match found {
        Err(error) if looks == Looks::NotAlike && error.kind == ErrorKind::Store => {
            missed.insert(format!("events and values with this text are not counted: {}", error.what));
            Ok(Vec::new())
        }
        found => found,
    }
}

/// The terms that find a text in any property; `None` for what is no value, or is not typed to its end.
fn of_value(text: &str) -> Option<Terms> {
    Terms::of_value(bare(text)).filter(|_| !text.ends_with(UNFINISHED))
}

/// Rows that have the text in a property before ids that only look like it.
fn anywhere(alike: &Hits, found: Hits) -> Hits {
    let mut list = found.list;
    let rest = alike.list.iter().filter(|hit| !list.iter().any(|other| other.id == hit.id)).cloned();
    let rest: Vec<_> = rest.collect();
    list.extend(rest);
    Hits { list, more: found.more || alike.more, events: alike.events.clone(), ..found }
}

/// E-mail addresses and phone numbers that several users have: one person may be split in two.
fn warnings(text: &str, hits: &Hits) -> Vec<String> {
    let mut users: BTreeMap<String, BTreeSet<&Id>> = BTreeMap::new();
    for hit in &hits.list {
        let value = match &hit.via {
            Some((key, value)) if is_of_one_person(key) => value.to_lowercase(),
            None if hit.found == Match::Exact && text.contains('@') => text.to_lowercase(),
            _ => continue,
        };
        users.entry(value).or_default().insert(hit.root.as_ref().unwrap_or(&hit.id));
    }
    let several = users.into_iter().filter(|(_, roots)| roots.len() > 1);
    several
        .map(|(value, roots)| {
            let names: Vec<&str> = roots.iter().map(|root| root.as_str()).take(3).collect();
            let more = if roots.len() > names.len() { ", …" } else { "" };
            format!("{} users have {value}: {}{more}", roots.len(), names.join(", "))
        })
        .collect()
}

/// Whether a property of a profile has another value for each person.
fn is_of_one_person(key: &str) -> bool {
    let key = key.to_lowercase();
    key.contains("mail") || key.contains("phone")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::identity::Journey;
    use crate::model::hit::{Hit, HitKind};
    use crate::session::StartPage;

    fn of(id: &str, found: Match) -> Hits {
        let hit = Hit {
            id: Id::new(id),
            root: None,
            kind: HitKind::Root,
            found,
            via: None,
            matched: 0,
            name: None,
            person: None,
            events: 1,
            first: None,
            last: None,
        };
        Hits { list: vec![hit], ..Hits::default() }
    }

    fn uncounted(name: &str) -> EventHit {
        EventHit { event: name.to_owned(), people: 0, rows: 0 }
    }

    /// Knows one id, one value and two events at once, and counts what else it is asked.
    struct Quick(usize);

    impl Session for Quick {
        fn search(&mut self, _: &str) -> Result<Hits, Error> {
            self.0 += 1;
            Ok(Hits::default())
        }

        fn search_soon(&mut self, text: &str) -> Result<Option<Hits>, Error> {
            Ok((text == "a b").then(|| of(text, Match::Exact)))
        }

        fn people_soon(&mut self, terms: &Terms) -> Result<Option<Hits>, Error> {
            Ok((terms.text() == "Chrome").then(|| of("bob", Match::Property)))
        }

        fn names_with(&mut self, text: &str) -> Result<Vec<EventHit>, Error> {
            let named = ["Chrome Opened", "Purchase"].into_iter().filter(|name| name.contains(text));
            Ok(named.map(uncounted).collect())
        }

        fn overview(&mut self) -> Result<StartPage, Error> {
            Ok(StartPage::default())
        }

        fn journey(&mut self, _: &Id) -> Result<Option<Arc<Journey>>, Error> {
            Ok(None)
        }

        fn properties(&mut self, _: i64) -> Result<String, Error> {
            Ok(String::new())
        }

        fn changed(&mut self) -> Result<bool, Error> {
            Ok(false)
        }

        fn title(&self) -> String {
            String::new()
        }

        fn near(&mut self, _: &str) -> Vec<Id> {
            Vec::new()
        }
    }

    #[test]
    fn an_id_in_quotes_is_there_before_all_ids_are_read() {
        let mut store = Quick(0);
        for text in ["a b", "\"a b\",", " 'a b' ", r#"{"properties":{"distinct_id":"a b"}}"#] {
            let hits = soon(&mut store, text).expect(text);
            assert_eq!(hits.list.len(), 1, "{text}");
            assert_eq!(hits.instead.as_deref(), (text != "a b").then_some("a b"), "{text}");
        }
        assert!(soon(&mut store, "nobody").is_none());
        assert_eq!(store.0, 0, "the search itself has not begun");
    }

    #[test]
    fn people_with_the_text_in_a_value_are_there_before_all_ids_are_read() {
        let mut store = Quick(0);
        for text in ["Chrome", "\"Chrome\","] {
            let hits = soon(&mut store, text).expect(text);
            assert_eq!(hits.list[0].id, Id::new("bob"), "{text}");
        }
        // What is not typed to its end is no value yet.
        assert!(soon(&mut store, "Chrome:").is_none());
        assert_eq!(store.0, 0, "the search itself has not begun");
    }

    /// Finds sally, and cannot count.
    struct Limited(Looks, ErrorKind);

    impl Finder for Limited {
        fn ids(&mut self, text: &str) -> Result<Hits, Error> {
            Ok(of(text, Match::Prefix))
        }

        fn people(&mut self, _: &Terms, _: &mut dyn FnMut(Hits)) -> Result<Hits, Error> {
            Ok(Hits::default())
        }

        fn events(&mut self, _: &str) -> Result<Vec<EventHit>, Error> {
            Err(Error::new(self.1, "the warehouse met a limit"))
        }

        fn values(&mut self, _: &str) -> Result<Vec<ValueHit>, Error> {
            Err(Error::new(self.1, "the warehouse met a limit"))
        }

        fn near(&mut self, _: &str) -> Vec<Id> {
            Vec::new()
        }

        fn looks(&self) -> Looks {
            self.0
        }
    }

    #[test]
    fn who_is_found_stays_where_a_server_cannot_count_and_not_where_a_file_is_damaged() {
        let found = |looks, kind| search(&mut Limited(looks, kind), "sally", &mut |_| {}).map(|(hits, _)| hits);
        let hits = found(Looks::NotAlike, ErrorKind::Store).unwrap();
        assert_eq!(hits.list.len(), 1);
        assert_eq!(hits.notes, ["events and values with this text are not counted: the warehouse met a limit"]);
        assert!(found(Looks::Everywhere, ErrorKind::Store).is_err());
        assert!(found(Looks::NotAlike, ErrorKind::Cancelled).is_err());
    }

    #[test]
    fn events_are_there_by_name_before_all_ids_are_read() {
        let mut store = Quick(0);
        let hits = soon(&mut store, "Purchase").unwrap();
        assert_eq!((hits.events, hits.counts), (vec![uncounted("Purchase")], true));
        let hits = soon(&mut store, "Chrome").unwrap();
        assert_eq!((hits.list.len(), hits.events), (1, vec![uncounted("Chrome Opened")]));
        assert_eq!(store.0, 0, "the search itself has not begun");
    }

    #[test]
    fn an_event_is_shown_by_name_before_its_people_are_counted() {
        let mut noted = Noted { known: Vec::new(), asked: Vec::new() };
        let mut shown = Vec::new();
        search(&mut noted, "Purchase", &mut |hits| shown.push(hits)).unwrap();
        assert_eq!((shown.len(), &shown[0].events, shown[0].counts), (1, &vec![uncounted("Purchase")], true));
    }

    /// Finds texts that are listed, and writes down what it is asked.
    struct Noted {
        known: Vec<(&'static str, Match)>,
        asked: Vec<String>,
    }

    impl Noted {
        fn answer(&mut self, kind: &str, text: &str) -> Hits {
            self.asked.push(format!("{kind} {text}"));
            let is = |found: Match| (found == Match::Property) == (kind == "people");
            let known = self.known.iter().find(|(known, found)| *known == text && is(*found));
            known.map(|(_, found)| of("sally", *found)).unwrap_or_default()
        }
    }

    impl Finder for Noted {
        fn ids(&mut self, text: &str) -> Result<Hits, Error> {
            Ok(self.answer("ids", text))
        }

        fn people(&mut self, terms: &Terms, _: &mut dyn FnMut(Hits)) -> Result<Hits, Error> {
            Ok(self.answer("people", terms.text()))
        }

        fn events(&mut self, text: &str) -> Result<Vec<EventHit>, Error> {
            self.answer("events", text);
            Ok(Vec::new())
        }

        fn names(&mut self, text: &str) -> Result<Vec<EventHit>, Error> {
            Ok(["Purchase"].into_iter().filter(|name| *name == text).map(uncounted).collect())
        }

        fn values(&mut self, text: &str) -> Result<Vec<ValueHit>, Error> {
            self.answer("values", text);
            Ok(Vec::new())
        }

        fn near(&mut self, text: &str) -> Vec<Id> {
            self.answer("near", text);
            Vec::new()
        }
    }

    #[test]
    fn ids_that_look_like_the_text_are_asked_for_last_and_only_where_nothing_is_found() {
        let asked = |known: &[(&'static str, Match)], text: &str| {
            let mut noted = Noted { known: known.to_vec(), asked: Vec::new() };
            search(&mut noted, text, &mut |_| {}).unwrap();
            noted.asked.join(", ")
        };
        let (exact, fuzzy, property) = (Match::Exact, Match::Fuzzy, Match::Property);
        assert_eq!(asked(&[("sally", exact)], "sally"), "ids sally, events sally");
        assert_eq!(asked(&[("sally", Match::Prefix)], "sally"), "ids sally, events sally, values sally");
        assert_eq!(asked(&[("sally", property)], "sally"), "ids sally, events sally, people sally");
        assert_eq!(asked(&[("sally", fuzzy)], "sally"), "ids sally, events sally, people sally");
        assert_eq!(asked(&[], "sally"), "ids sally, events sally, people sally, near sally");
        assert_eq!(asked(&[("sally", exact)], "'sally'"), "ids 'sally', events 'sally', ids sally");
        assert_eq!(
            asked(&[], "'sally'"),
            "ids 'sally', events 'sally', ids sally, ids sally, people sally, near 'sally', near sally"
        );
        assert_eq!(asked(&[("a or b", property)], "a or b"), "ids a or b, events a or b, people a or b");
        assert_eq!(asked(&[("a=b", property)], "a=b"), "people a=b");
    }
}
