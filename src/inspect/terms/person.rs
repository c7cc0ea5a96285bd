//! Terms about people: ids and profiles.

use std::collections::HashMap;

use super::crowd::Candidate;
use crate::inspect::query::text::{contains, same};
use crate::inspect::query::{Field, Sought, Term};
use crate::inspect::{Ask, Error, Scan};
use crate::model::Id;
use crate::model::hit::{IdHit, Match};
use crate::model::scan::ValueClue;

/// Something that a person is known by.
#[derive(Clone, Copy, Debug)]
pub(super) enum Person<'q> {
    /// A text in an id or a profile.
    Word(&'q str),
    Id(&'q Sought),
    Alias(&'q Sought),
    Email(&'q Sought),
    Name(&'q Sought),
    Phone(&'q Sought),
}

/// Numbers of ids with what they were found by.
type Known = HashMap<i64, Candidate>;

impl<'q> Person<'q> {
    /// What a term says of a person; `None` for one about rows.
    pub(super) fn of(term: &'q Term) -> Option<Self> {
        Some(match term {
            Term::Word(text) => Self::Word(text),
            Term::Field(Field::Id, sought) => Self::Id(sought),
            Term::Field(Field::Alias, sought) => Self::Alias(sought),
            Term::Field(Field::Email, sought) => Self::Email(sought),
            Term::Field(Field::Name, sought) => Self::Name(sought),
            Term::Field(Field::Phone, sought) => Self::Phone(sought),
            _ => return None,
        })
    }

    /// What is looked for.
    pub(super) fn text(self) -> &'q str {
        match self {
            Self::Word(text) => text,
            Self::Id(of) | Self::Alias(of) | Self::Email(of) | Self::Name(of) | Self::Phone(of) => of.text(),
        }
    }

    /// The ids that it holds of, by their numbers: at most a few more than `most`.
    pub(super) fn find(self, reader: &dyn Scan, most: usize) -> Result<Known, Error> {
        let mut found = Known::new();
        match self {
            Self::Word(text) => {
                of_ids(reader, text, most, &mut found, |hit| hit.found != Match::Fuzzy)?;
            }
            Self::Id(sought) => {
                of_ids(reader, sought.text(), most, &mut found, |hit| is_id(hit, sought))?;
            }
            Self::Alias(sought) => {
                of_ids(reader, sought.text(), most, &mut found, |hit| is_id(hit, sought))?;
                keep_aliases(reader, &mut found)?;
            }
            Self::Email(sought) => {
                of_ids(reader, sought.text(), most, &mut found, |hit| {
                    hit.found <= Match::Substring && hit.id.as_str().contains('@') && sought.is(hit.id.as_str())
                })?;
                let clue = ValueClue { key: "mail", part: sought.text(), of_digits: false };
                of_values(reader, clue, most, &mut found, |key, value| {
                    key.contains(clue.key).then(|| rank(value, sought)).flatten()
                })?;
            }
            Self::Name(sought) => {
                let clue = ValueClue { key: "name", part: sought.text(), of_digits: false };
                of_values(reader, clue, most, &mut found, |key, value| {
                    key.contains(clue.key).then(|| rank(value, sought)).flatten()
                })?;
            }
            Self::Phone(sought) => {
                let wanted = match sought {
                    Sought::Part(text) => Sought::Part(digits(text)),
                    Sought::Whole(text) => Sought::Whole(digits(text)),
                };
                let clue = ValueClue { key: "phone", part: wanted.text(), of_digits: true };
                of_values(reader, clue, most, &mut found, |key, value| {
                    key.contains(clue.key).then(|| rank(&digits(value), &wanted)).flatten()
                })?;
            }
        }
        Ok(found)
    }
}

/// Whether the id is looked for. A whole id has its own case, and may have its other device form.
fn is_id(hit: &IdHit, sought: &Sought) -> bool {
    match sought {
        Sought::Part(_) => hit.found <= Match::Substring,
        Sought::Whole(_) => hit.found == Match::Exact,
    }
}

/// Adds ids that have the text in them, or in a profile, and are looked for.
fn of_ids(
    reader: &dyn Scan,
    text: &str,
    most: usize,
    found: &mut Known,
    is: impl Fn(&IdHit) -> bool,
) -> Result<(), Error> {
    let mut hits = reader.search_ids(text, most.saturating_add(1))?;
    hits.retain(is);
    let ids: Vec<Id> = hits.iter().map(|hit| hit.id.clone()).collect();
    for (hit, number) in hits.into_iter().zip(reader.numbers(&ids)?) {
        if let Some(number) = number {
            found.entry(number).or_insert_with(|| Candidate::of(hit));
        }
    }
    Ok(())
}

/// Adds those whose profile has a value that is looked for.
fn of_values(
    reader: &dyn Scan,
    clue: ValueClue<'_>,
    most: usize,
    found: &mut Known,
    rank: impl Fn(&str, &str) -> Option<u8>,
) -> Result<(), Error> {
    reader.each_value(Some(clue), &mut |number, key, value| {
        if found.len() > most {
            return;
        }
        let Some(rank) = rank(&key.to_lowercase(), value) else { return };
        let via = Some((key.to_owned(), value.to_owned()));
        let new = Candidate { rank, via, ..Candidate::new(Match::Profile) };
        let known = found.entry(number).or_insert_with(|| new.clone());
        // One value of a profile may be better than another.
        if known.found == Match::Profile && rank < known.rank {
            *known = new;
        }
    })
}

/// How a value is what is looked for; `None` when it is not.
fn rank(value: &str, sought: &Sought) -> Option<u8> {
    let text = sought.text();
    if same(value, text) {
        return Some(0);
    }
    let begins = || value.get(..text.len()).is_some_and(|start| same(start, text));
    let is_part = matches!(sought, Sought::Part(_)) && contains(value, text);
    is_part.then(|| if begins() { 1 } else { 2 })
}

/// Keeps the ids that an alias call asked for.
fn keep_aliases(reader: &dyn Scan, found: &mut Known) -> Result<(), Error> {
    /// Ids that are asked for at once.
    const TOGETHER: usize = 1_000;
    let numbers: Vec<i64> = found.keys().copied().collect();
    for numbers in numbers.chunks(TOGETHER) {
        let ids = numbers.iter().map(|number| reader.id_of(*number)).collect::<Result<Vec<_>, _>>()?;
        let edges = reader.edges(&ids, Ask { calls_of: 1, ..Ask::default() })?;
        for (number, edges) in numbers.iter().zip(edges) {
            if edges.calls_of.is_empty() {
                found.remove(number);
            }
        }
    }
    Ok(())
}

/// The digits of a phone number.
fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
