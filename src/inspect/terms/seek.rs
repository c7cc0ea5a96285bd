//! Who the terms find.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use memchr::memmem::Finder;
use serde_json::{Map, Value};

use super::{Bound, Person, Property, Rows, Terms, Vocabulary, digits};
use crate::identity::World;
use crate::inspect::filter::decide::{contains, same};
use crate::inspect::filter::property::{self, Test};
use crate::inspect::gather::{gather_roots, members};
use crate::inspect::search::in_order;
use crate::inspect::{Ask, Error, Scan};
use crate::model::hit::Hit;
use crate::model::hit::{IdHit, Match, Span};
use crate::model::near::nearest;
use crate::model::scan::Seek;
use crate::model::{Id, Millis};

/// Ids that one term about people may find; it says so when there are more.
const MOST_PEOPLE: usize = 10_000;

/// Users whose rows are looked through because of a term about people.
const MOST_USERS: usize = 1_000;

/// Hits of an answer that is shown while the search goes on.
const SOON: usize = 50;

/// Parts of a profile update with properties in them.
const SETS: &[&str] = &["$set", "$set_once", "$properties", "$add", "$append", "$union"];

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
}

/// What is known of an id that was found.
#[derive(Clone, Debug)]
struct Candidate {
    found: Match,
    /// Of people found by a value: 0 when it is the text, 1 when it begins with it, else 2.
    rank: u8,
    via: Option<(String, String)>,
    rows: u64,
    last: Option<(Millis, i64)>,
    /// Number of the event name of the last row.
    event: Option<i64>,
}

impl Terms {
    /// Who they find, best first: the whole text as an id, people by what they are known by,
    /// then who had such a row last.
    ///
    /// # Errors
    /// As any question; [`Error::cancelled`] when nobody wants to know any more.
    pub(in crate::inspect) fn find(
        &self,
        reader: &dyn Scan,
        limit: usize,
        show: &mut dyn FnMut(Found),
    ) -> Result<Found, Error> {
        let mut notes = Vec::new();
        let people = self.people(reader, &mut notes)?;
        let mut answer =
            Answer { reader, candidates: HashMap::new(), notes, exact: self.exact(reader)?, names: HashMap::new() };
        match people {
            Some(people) if self.rows.is_empty() => {
                answer.candidates.extend(people);
                answer.found(limit, None)
            }
            Some(people) => {
                let users = users(reader, &people, &mut answer.notes)?;
                self.look(&mut answer, Some(&users), limit, show)
            }
            None => self.look(&mut answer, None, limit, show),
        }
    }

    /// The text as a whole may be an id.
    fn exact(&self, reader: &dyn Scan) -> Result<Option<i64>, Error> {
        reader.number(&Id::new(&self.text))
    }

    /// Who has all of what people are known by; `None` without such terms.
    fn people(&self, reader: &dyn Scan, notes: &mut Vec<String>) -> Result<Option<HashMap<i64, Candidate>>, Error> {
        let mut sets = Vec::new();
        for person in &self.people {
            let found = person.find(reader)?;
            if found.len() > MOST_PEOPLE {
                notes.push(format!("more than {MOST_PEOPLE} ids match {}: only some are looked at", person.text()));
            }
            sets.push(found);
        }
        let Some((first, others)) = sets.split_first_mut() else { return Ok(None) };
        if others.is_empty() {
            return Ok(Some(std::mem::take(first)));
        }
        // Terms may hold of different ids of one user.
        let mut ids: BTreeMap<i64, Id> = BTreeMap::new();
        for number in first.keys().chain(others.iter().flat_map(HashMap::keys)) {
            ids.insert(*number, reader.id_of(*number)?);
        }
        let all: Vec<Id> = ids.values().cloned().collect();
        let facts = gather_roots(reader, &all)?;
        let world = World::new(&facts);
        let roots: BTreeMap<i64, &Id> = ids.iter().map(|(number, id)| (*number, world.root_of(id))).collect();
        for other in others {
            let theirs: HashSet<&&Id> = other.keys().filter_map(|number| roots.get(number)).collect();
            first.retain(|number, _| roots.get(number).is_some_and(|root| theirs.contains(root)));
        }
        Ok(Some(std::mem::take(first)))
    }

    /// Goes through rows, and through profiles where these can have what is asked for.
    fn look(
        &self,
        answer: &mut Answer<'_>,
        users: Option<&[i64]>,
        limit: usize,
        show: &mut dyn FnMut(Found),
    ) -> Result<Found, Error> {
        let reader = answer.reader;
        let rows = &self.rows;
        answer.names = reader.names()?.into_iter().collect();
        let Some(events) = events(&answer.names, rows, &mut answer.notes) else {
            return answer.found(limit, None);
        };
        let (from, to) = times(reader, rows)?;
        let tests: Vec<Prepared<'_>> = rows.properties.iter().map(Prepared::of).collect();
        if rows.events.is_empty() && !rows.has_time() {
            profiles(reader, rows, users, &mut answer.candidates)?;
        }
        let test = |text: &str| pass(&tests, text);
        let seek =
            Seek { events: events.as_deref(), from, to, ids: users, properties: (!tests.is_empty()).then_some(&test) };
        let all = match users {
            None => reader.rows()?,
            Some(users) => users.iter().try_fold(0, |sum, user| {
                let span = reader.span_of(&reader.id_of(*user)?)?;
                Ok::<_, Error>(sum + span.map_or(0, |span| span.events))
            })?,
        };
        let found = if tests.is_empty() { Match::Event } else { Match::Property };
        let mut without_id = 0;
        let mut failed = None;
        let mut looked = 0;
        reader.seek(&seek, &mut |notes, so_far| {
            for note in notes {
                if note.id == 0 {
                    without_id += 1;
                    continue;
                }
                let new = Candidate { found, rank: 0, via: None, rows: 0, last: None, event: None };
                let candidate = answer.candidates.entry(note.id).or_insert(new);
                candidate.rows += 1;
                if candidate.last < Some((note.time, note.row)) {
                    candidate.last = Some((note.time, note.row));
                    candidate.event = Some(note.event);
                }
            }
            looked = so_far.min(all);
            if looked < all && failed.is_none() {
                match answer.found_of(rows, limit.min(SOON), Some((looked, all))) {
                    Ok(part) => show(part),
                    Err(error) => failed = Some(error),
                }
            }
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        if without_id > 0 {
            answer.notes.push(format!("{without_id} more such rows have no id"));
        }
        answer.found_of(rows, limit, Some((all, all)))
    }
}

/// What is found so far.
struct Answer<'r> {
    reader: &'r dyn Scan,
    candidates: HashMap<i64, Candidate>,
    notes: Vec<String>,
    exact: Option<i64>,
    /// Event names by their numbers.
    names: HashMap<i64, String>,
}

impl Answer<'_> {
    fn found(&self, limit: usize, looked: Option<(u64, u64)>) -> Result<Found, Error> {
        self.found_of(&Rows::default(), limit, looked)
    }

    /// The best of them, each with what it was found by.
    fn found_of(&self, rows: &Rows, limit: usize, looked: Option<(u64, u64)>) -> Result<Found, Error> {
        let reader = self.reader;
        let mut order: Vec<(&i64, &Candidate)> =
            self.candidates.iter().filter(|(number, _)| Some(**number) != self.exact).collect();
        order.sort_unstable_by_key(|(number, candidate)| {
            (candidate.found, candidate.rank, candidate.last.map(|(time, _)| std::cmp::Reverse(time)), **number)
        });
        let more = order.len() + usize::from(self.exact.is_some()) > limit;
        order.truncate(limit);
        let exact = Candidate { found: Match::Exact, rank: 0, via: None, rows: 0, last: None, event: None };
        let exact = self.exact.iter().map(|number| (number, &exact));
        let mut hits = Vec::new();
        let mut matched = Vec::new();
        for (number, candidate) in exact.chain(order) {
            let id = reader.id_of(*number)?;
            let span = reader.span_of(&id)?.unwrap_or(Span::default());
            hits.push(IdHit { id, found: candidate.found, via: candidate.via.clone(), span });
            matched.push(candidate);
        }
        self.add_values(rows, &matched, &mut hits)?;
        let mut hits = in_order(reader, hits)?;
        for (hit, candidate) in hits.iter_mut().zip(matched) {
            hit.matched = candidate.rows;
        }
        hits.truncate(limit);
        Ok(Found { hits, more, notes: self.notes.clone(), looked })
    }

    /// What of its last row each hit was found by.
    fn add_values(&self, rows: &Rows, matched: &[&Candidate], hits: &mut [IdHit]) -> Result<(), Error> {
        let Some(first) = rows.properties.first() else {
            for (hit, candidate) in hits.iter_mut().zip(matched).filter(|(hit, _)| hit.found == Match::Event) {
                hit.via = candidate.event.and_then(|event| Some(("event".to_owned(), self.names.get(&event)?.clone())));
            }
            return Ok(());
        };
        let with_row: Vec<(usize, i64)> =
            matched.iter().enumerate().filter_map(|(at, candidate)| Some((at, candidate.last?.1))).collect();
        let wanted: Vec<i64> = with_row.iter().map(|(_, row)| *row).collect();
        let texts = self.reader.properties(&wanted)?;
        for ((at, _), text) in with_row.into_iter().zip(texts) {
            let value: Value = serde_json::from_str(&text).unwrap_or_default();
            if let Some(hit) = hits.get_mut(at).filter(|hit| hit.via.is_none()) {
                hit.via = property::passing(&value, &first.name, &first.test);
            }
        }
        Ok(())
    }
}

impl Person {
    fn text(&self) -> &str {
        match self {
            Self::Word(text)
            | Self::Id(text)
            | Self::WholeId(text)
            | Self::Alias(text)
            | Self::Email(text)
            | Self::Name(text)
            | Self::Phone(text) => text,
        }
    }

    /// The ids that it holds of, by their numbers; at most a few more than [`MOST_PEOPLE`].
    fn find(&self, reader: &dyn Scan) -> Result<HashMap<i64, Candidate>, Error> {
        let mut found = HashMap::new();
        let mut add = |number, hit: IdHit| {
            found.entry(number).or_insert(Candidate {
                found: hit.found,
                rank: 0,
                via: hit.via,
                rows: 0,
                last: None,
                event: None,
            });
        };
        let numbered = |hit: IdHit| Ok::<_, Error>(reader.number(&hit.id)?.map(|number| (number, hit)));
        let by_text = |text: &str| reader.search_ids(text, MOST_PEOPLE + 1);
        match self {
            Self::Word(text) => {
                for hit in by_text(text)?.into_iter().filter(|hit| hit.found != Match::Fuzzy) {
                    numbered(hit)?.into_iter().for_each(|(number, hit)| add(number, hit));
                }
            }
            Self::Id(text) | Self::Alias(text) => {
                for hit in by_text(text)?.into_iter().filter(|hit| hit.found <= Match::Substring) {
                    if matches!(self, Self::Id(_)) || is_asked_for(reader, &hit.id)? {
                        numbered(hit)?.into_iter().for_each(|(number, hit)| add(number, hit));
                    }
                }
            }
            Self::WholeId(text) => {
                for hit in by_text(text)?.into_iter().filter(|hit| hit.found == Match::Exact) {
                    numbered(hit)?.into_iter().for_each(|(number, hit)| add(number, hit));
                }
            }
            Self::Email(text) => {
                for hit in by_text(text)?.into_iter().filter(|hit| hit.found <= Match::Substring) {
                    if hit.id.as_str().contains('@') {
                        numbered(hit)?.into_iter().for_each(|(number, hit)| add(number, hit));
                    }
                }
                by_value(reader, &mut found, |key, value| key.contains("mail").then(|| rank(value, text)).flatten())?;
            }
            Self::Name(text) => {
                by_value(reader, &mut found, |key, value| key.contains("name").then(|| rank(value, text)).flatten())?;
            }
            Self::Phone(text) => {
                by_value(reader, &mut found, |key, value| {
                    key.contains("phone").then(|| rank(&digits(value), text)).flatten()
                })?;
            }
        }
        Ok(found)
    }
}

/// Whether an alias call asks for an id.
fn is_asked_for(reader: &dyn Scan, id: &Id) -> Result<bool, Error> {
    let edges = reader.edges(std::slice::from_ref(id), Ask { calls_of: 1, ..Ask::default() })?;
    Ok(edges.iter().any(|edges| !edges.calls_of.is_empty()))
}

/// Numbers of all ids of the users of `people`.
fn users(reader: &dyn Scan, people: &HashMap<i64, Candidate>, notes: &mut Vec<String>) -> Result<Vec<i64>, Error> {
    let mut numbers: Vec<i64> = people.keys().copied().collect();
    numbers.sort_unstable();
    if numbers.len() > MOST_USERS {
        notes.push(format!("only the rows of {MOST_USERS} of {} people are looked through", numbers.len()));
        numbers.truncate(MOST_USERS);
    }
    let ids = numbers.iter().map(|number| reader.id_of(*number)).collect::<Result<Vec<_>, _>>()?;
    let mut all = Vec::new();
    for id in members(reader, &ids)? {
        all.extend(reader.number(&id)?);
    }
    Ok(all)
}

/// Adds those whose profile has a value that passes.
fn by_value(
    reader: &dyn Scan,
    found: &mut HashMap<i64, Candidate>,
    rank: impl Fn(&str, &str) -> Option<u8>,
) -> Result<(), Error> {
    reader.each_value(&mut |number, key, value| {
        if found.len() > MOST_PEOPLE {
            return;
        }
        let Some(rank) = rank(&key.to_lowercase(), value) else { return };
        let via = Some((key.to_owned(), value.to_owned()));
        let new = Candidate { found: Match::Profile, rank, via, rows: 0, last: None, event: None };
        let known = found.entry(number).or_insert_with(|| new.clone());
        if known.found == Match::Profile && rank < known.rank {
            *known = new;
        }
    })
}

/// How a value has the text; `None` when it does not.
fn rank(value: &str, text: &str) -> Option<u8> {
    if same(value, text) {
        return Some(0);
    }
    let begins = || value.get(..text.len()).is_some_and(|start| same(start, text));
    contains(value, text).then(|| if begins() { 1 } else { 2 })
}

/// Numbers of the event names asked for: `Some(None)` for any, `None` when there are none.
#[expect(clippy::option_option, reason = "any event, these events, or none that could be")]
fn events(names: &HashMap<i64, String>, rows: &Rows, notes: &mut Vec<String>) -> Option<Option<Vec<i64>>> {
    if rows.events.is_empty() {
        return Some(None);
    }
    let mut numbers: BTreeSet<i64> = names.keys().copied().collect();
    for event in &rows.events {
        let is = |name: &str| if event.whole { same(name, &event.text) } else { contains(name, &event.text) };
        let these: BTreeSet<i64> = names.iter().filter(|(_, name)| is(name)).map(|(number, _)| *number).collect();
        if these.is_empty() {
            let meant = nearest(&event.text, names.values().map(String::as_str));
            let meant = meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
            notes.push(format!("no event is called {}{meant}", event.text));
            return None;
        }
        numbers.retain(|number| these.contains(number));
    }
    Some(Some(numbers.into_iter().collect()))
}

/// From when to when, as moments.
fn times(reader: &dyn Scan, rows: &Rows) -> Result<(Option<Millis>, Option<Millis>), Error> {
    if !rows.has_time() {
        return Ok((None, None));
    }
    let overview = reader.overview()?;
    let at = |bound: &Bound| match bound {
        Bound::At(at) => *at,
        Bound::Relative(span) if *span < 0 => overview.last.unwrap_or_default().saturating_add(*span),
        Bound::Relative(span) => overview.first.unwrap_or_default().saturating_add(*span),
    };
    Ok((rows.from.iter().map(at).max(), rows.to.iter().map(at).min()))
}

/// Adds those with a profile update that has all the properties.
fn profiles(
    reader: &dyn Scan,
    rows: &Rows,
    users: Option<&[i64]>,
    candidates: &mut HashMap<i64, Candidate>,
) -> Result<(), Error> {
    let tests: Vec<Prepared<'_>> = rows.properties.iter().map(Prepared::of).collect();
    reader.each_profile(&mut |number, text| {
        if users.is_some_and(|users| !users.contains(&number)) || !may_pass(&tests, text) {
            return;
        }
        let Ok(Value::Object(update)) = serde_json::from_str(text) else { return };
        let sets: Map<String, Value> = SETS
            .iter()
            .filter_map(|set| update.get(*set)?.as_object())
            .flat_map(|set| set.iter().map(|(name, value)| (name.clone(), value.clone())))
            .collect();
        let sets = Value::Object(sets);
        let mut values = tests.iter().map(|test| property::passing(&sets, &test.of.name, &test.of.test));
        let Some(Some(first)) = values.next() else { return };
        if values.all(|value| value.is_some()) {
            let new = Candidate { found: Match::Profile, rank: 0, via: Some(first), rows: 0, last: None, event: None };
            candidates.entry(number).or_insert(new);
        }
    })
}

/// A test of a property, with texts that whatever passes has in it in small letters.
struct Prepared<'t> {
    of: &'t Property,
    needles: Vec<Finder<'static>>,
}

impl<'t> Prepared<'t> {
    fn of(of: &'t Property) -> Self {
        let name = of.name.rsplit('.').next().unwrap_or_default();
        let value = match &of.test {
            Test::Equals(text) | Test::Contains(text) => text.as_str(),
            Test::Exists | Test::Number(..) | Test::Date(..) => "",
        };
        // One number can be written in many ways.
        let is_number = value.bytes().all(|byte| byte.is_ascii_digit() || b".+-eE".contains(&byte));
        let texts = [(name, name == "*"), (value, is_number)];
        let needles = texts
            .into_iter()
            .filter(|(text, skipped)| !skipped && !text.is_empty() && text.is_ascii())
            .map(|(text, _)| Finder::new(text.to_ascii_lowercase().as_bytes()).into_owned())
            .collect();
        Self { of, needles }
    }
}

/// Whether it is worth while to read the JSON text.
fn may_pass(tests: &[Prepared<'_>], text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let have =
        |text: &str| tests.iter().all(|test| test.needles.iter().all(|needle| needle.find(text.as_bytes()).is_some()));
    have(&lower) || (memchr::memchr(b'\\', lower.as_bytes()).is_some() && have(&unescaped(&lower)))
}

/// A JSON text in small letters with every escaped character of ASCII as itself.
fn unescaped(lower: &str) -> String {
    let mut plain = String::with_capacity(lower.len());
    let mut rest = lower;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let code = after.strip_prefix('u').and_then(|after| after.get(..4));
        match code.map(|code| u8::from_str_radix(code, 16)) {
            Some(Ok(byte)) if byte.is_ascii() => {
                plain.push(char::from(byte.to_ascii_lowercase()));
                rest = after.get(5..).unwrap_or_default();
            }
            // What is escaped in another way stands after the backslash, or is nothing that is looked for.
            _ => {
                let mut characters = after.chars();
                plain.extend(characters.next());
                rest = characters.as_str();
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn pass(tests: &[Prepared<'_>], text: &str) -> bool {
    if !may_pass(tests, text) {
        return false;
    }
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    tests.iter().all(|test| property::passes(&value, &test.of.name, &test.of.test))
}

impl Vocabulary {
    /// Names that some rows of a store have.
    pub(in crate::inspect) fn of(reader: &dyn Scan, rows: usize) -> Result<Self, Error> {
        /// Values that are offered of one property.
        const VALUES: usize = 20;
        /// A longer value is nothing that anybody types.
        const LONG: usize = 40;
        let sample = reader.sample(rows)?;
        let names: HashMap<i64, String> = reader.names()?.into_iter().collect();
        let mut events: HashMap<&String, usize> = HashMap::new();
        for name in sample.iter().filter_map(|note| names.get(&note.event)) {
            *events.entry(name).or_default() += 1;
        }
        let mut properties: HashMap<String, (usize, BTreeMap<String, usize>)> = HashMap::new();
        let numbers: Vec<i64> = sample.iter().map(|note| note.row).collect();
        for text in reader.properties(&numbers)? {
            let Ok(Value::Object(object)) = serde_json::from_str(&text) else { continue };
            for (name, value) in &object {
                let (count, values) = properties.entry(name.clone()).or_default();
                *count += 1;
                let text = match value {
                    Value::String(text) if text.len() <= LONG && !text.contains('"') => text.clone(),
                    Value::Bool(_) | Value::Number(_) => value.to_string(),
                    _ => continue,
                };
                if values.len() < 4 * VALUES || values.contains_key(&text) {
                    *values.entry(text).or_default() += 1;
                }
            }
        }
        let mut events: Vec<(usize, String)> = events.into_iter().map(|(name, count)| (count, name.clone())).collect();
        events.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let mut properties: Vec<_> = properties.into_iter().collect();
        properties.sort_by(|(a, (m, _)), (b, (n, _))| n.cmp(m).then_with(|| a.cmp(b)));
        let properties = properties.into_iter().map(|(name, (_, values))| {
            let mut values: Vec<(String, usize)> = values.into_iter().collect();
            values.sort_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
            (name, values.into_iter().take(VALUES).map(|(value, _)| value).collect())
        });
        Ok(Self { events: events.into_iter().map(|(_, name)| name).collect(), properties: properties.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_escaped_is_found_like_what_is_not() {
        assert_eq!(unescaped(r#"a\u004ab\/c\"d\\e\u00f6f"#), "ajb/c\"d\\eu00f6f");
        for text in
            [r#"{"Pl\u0061n":"PRO"}"#, r#"{"plan":"p\u0052o"}"#, r#"{"x":"\\","plan":"pro"}"#, r#"{"plan":"pro"}"#]
        {
            let property = Property { name: "plan".into(), test: Test::Equals("pro".into()) };
            assert!(pass(&[Prepared::of(&property)], text), "{text}");
            let property = Property { name: "plan".into(), test: Test::Equals("p/o".into()) };
            assert!(!pass(&[Prepared::of(&property)], text), "{text}");
        }
        let property = Property { name: "*".into(), test: Test::Equals("a/b \"c\"".into()) };
        assert!(pass(&[Prepared::of(&property)], r#"{"path":"a\/b \"c\""}"#));
        for broken in ["\\", "\\u", "\\u12", "\\u00é9", "{\"\\uzzzz"] {
            let _ = unescaped(broken);
        }
    }
}
