//! What a source can answer, what it answers slowly or in part, and what not at all: with the reason, what it took when
//! it was tried, and what to do. `journey warehouse check` and the screen of a warehouse both show this list.

use std::time::Duration;

use super::Error;
use crate::model::Id;

/// From here on an answer is called slow.
const SLOW: Duration = Duration::from_millis(250);

/// From here on the way to a server is why an answer is slow: a journey takes up to five trips.
const FAR: Duration = Duration::from_millis(25);

/// How well something is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Can {
    /// Wholly.
    Yes,
    /// Wholly, and it takes long.
    Slow,
    /// Only a part of it.
    Part,
    /// Not at all.
    No,
}

impl Can {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Slow => "slow",
            Self::Part => "part",
            Self::No => "no",
        }
    }
}

/// What can be asked of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The journey of an id.
    Journey,
    /// A whole id in the search.
    Id,
    /// A part of an id in the search.
    Part,
    /// The properties of a row.
    Details,
    /// A journey as it stood at a moment of arrival.
    AsOf,
    /// Orphans, neighbours, who shares a device.
    Around,
    /// Profiles.
    Profiles,
    /// A user under other rule sets.
    Systems,
    /// Names of events, words and values of properties in the search.
    Terms,
    /// Ids that are like a text.
    Alike,
    /// A look at every user.
    AllUsers,
    /// What could not be read.
    Rejects,
    /// Answers with pseudonyms.
    Redaction,
    /// Rows as a file, and questions in SQL.
    Files,
}

impl Asked {
    /// What a list calls it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Journey => "journey",
            Self::Id => "search, an id",
            Self::Part => "search, a part",
            Self::Details => "details, filters",
            Self::AsOf => "as of",
            Self::Around => "who is around",
            Self::Profiles => "profiles",
            Self::Systems => "other systems",
            Self::Terms => "search, terms",
            Self::Alike => "search, alike",
            Self::AllUsers => "all users",
            Self::Rejects => "rejects",
            Self::Redaction => "redaction",
            Self::Files => "sql, export",
        }
    }

    /// Its name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Journey => "journey",
            Self::Id => "search_id",
            Self::Part => "search_part",
            Self::Details => "details",
            Self::AsOf => "as_of",
            Self::Around => "around",
            Self::Profiles => "profiles",
            Self::Systems => "systems",
            Self::Terms => "search_terms",
            Self::Alike => "search_alike",
            Self::AllUsers => "all_users",
            Self::Rejects => "rejects",
            Self::Redaction => "redaction",
            Self::Files => "files",
        }
    }
}

/// What something took when it was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// How often it was tried.
    pub tries: u64,
    /// The middle of these times.
    pub middle: Duration,
}

impl Cost {
    /// The middle of some times; `None` of none.
    pub fn of(mut times: Vec<Duration>) -> Option<Self> {
        times.sort_unstable();
        let middle = *times.get(times.len() / 2)?;
        Some(Self { tries: times.len() as u64, middle })
    }

    /// The middle as people write it: `0.4 ms`, `61 ms`, `14 s`.
    pub fn text(&self) -> String {
        let micros = self.middle.as_micros();
        match micros {
            0..10_000 => format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100),
            10_000..1_000_000 => format!("{} ms", micros / 1_000),
            1_000_000..10_000_000 => format!("{}.{} s", micros / 1_000_000, micros % 1_000_000 / 100_000),
            _ => format!("{} s", micros / 1_000_000),
        }
    }
}

/// One thing that can be asked, and how well it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ability {
    /// What is asked.
    pub asked: Asked,
    /// How well it is answered.
    pub can: Can,
    /// Why, in some words; empty where there is nothing to say.
    pub why: String,
    /// What to do, in a word or two; empty for nothing.
    pub to_do: String,
    /// The command for that, where there is one.
    pub command: Option<String>,
    /// What else is to be known, each a sentence.
    pub more: Vec<String>,
    /// What it took; `None` for what was not tried.
    pub cost: Option<Cost>,
}

impl Ability {
    /// Something that is answered so, and why.
    pub fn new(asked: Asked, can: Can, why: impl Into<String>) -> Self {
        let (to_do, command, more, cost) = Default::default();
        Self { asked, can, why: why.into(), to_do, command, more, cost }
    }

    /// With what to do, and the command for it.
    #[must_use]
    pub fn to_do(self, to_do: &str, command: &str) -> Self {
        Self { to_do: to_do.to_owned(), command: Some(command.to_owned()), ..self }
    }

    /// With one more sentence.
    #[must_use]
    pub fn more(mut self, sentence: impl Into<String>) -> Self {
        self.more.push(sentence.into());
        self
    }

    /// Takes what it took when it was tried; what takes long is slow.
    pub fn take(&mut self, cost: Option<Cost>) {
        self.cost = cost;
        if self.can == Can::Yes && cost.is_some_and(|cost| cost.middle >= SLOW) {
            self.can = Can::Slow;
        }
    }

    /// Takes what a question takes on its way there and back: where that is why an answer is slow, it says so.
    pub fn take_trip(&mut self, trip: Duration) {
        if self.can == Can::Slow && trip >= FAR {
            let trip = Cost { tries: 1, middle: trip };
            self.why = format!("a round trip takes {}", trip.text());
        }
    }

    /// Takes that it failed when it was tried.
    pub fn fail(&mut self, error: &Error) {
        self.can = Can::No;
        let said = std::iter::once(format!("It was tried, and {}.", error.what));
        let said = said.chain(error.cause.iter().cloned()).chain(error.hints.iter().cloned());
        self.more = said.collect();
        "it failed when it was tried".clone_into(&mut self.why);
    }

    /// What needs a source that reads all of its rows in one pass, for one that cannot; whether it can look through
    /// them for a term.
    pub fn of_a_pass(looks_through: bool) -> Vec<Self> {
        let no = |asked, why: &str, command: &str, more: &str| {
            Self::new(asked, Can::No, why).to_do("a store file", command).more(more)
        };
        let terms = if looks_through {
            Self::new(Asked::Terms, Can::Yes, "rows are looked through")
                .more("event:NAME and key=value find who has such rows. A term about a property looks through the properties of all rows.")
        } else {
            no(
                Asked::Terms,
                "rows are not looked through",
                "journey search 'event:NAME' --store FILE",
                "event:NAME, key=value and words of events and properties find nothing here, and the search says so.",
            )
        };
        vec![
            terms,
            no(
                Asked::Alike,
                "near ids are not looked for",
                "journey search TEXT --store FILE",
                "An id with an error of typing is found in a store file alone.",
            ),
            no(
                Asked::AllUsers,
                "needs a pass over all rows",
                "journey check --store FILE",
                "Findings of the store (!), the migration report (F3) and the number of people need a look at every user. The findings of one user are in the journey.",
            ),
            no(
                Asked::Rejects,
                "kept in a store file",
                "journey import FILE --rejects rejects.jsonl",
                "Rows that could not be read are in the store file that they were imported into, with the reason.",
            ),
            no(
                Asked::Redaction,
                "needs every id and name",
                "journey --store FILE --redact",
                "What is personal is known after a look at every id and every profile. Import an extract of the rows, and redact answers of that store file.",
            ),
            no(
                Asked::Files,
                "work on a store file",
                "journey export rows.jsonl --store FILE",
                "sql, export, doctor, repair and reproduce read a store file. Reports of one journey (S) are written from here too.",
            ),
        ]
    }
}

/// What a source can answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// What answers, with its version.
    pub server: String,
    /// What its user may do.
    pub notes: Vec<String>,
    /// Rows that count.
    pub rows: u64,
    /// Ids to try with.
    pub ids: Vec<Id>,
    /// The list.
    pub list: Vec<Ability>,
}

impl Abilities {
    /// The one for what is asked.
    pub fn of(&mut self, asked: Asked) -> Option<&mut Ability> {
        self.list.iter_mut().find(|ability| ability.asked == asked)
    }

    /// How many are answered so.
    pub fn count(&self, can: Can) -> u64 {
        self.list.iter().filter(|ability| ability.can == can).count() as u64
    }

    /// How many are missing, slow or answered in part; nothing where all is answered.
    pub fn summary(&self) -> String {
        let said = [(Can::No, "missing"), (Can::Part, "in part"), (Can::Slow, "slow")];
        let said = said.into_iter().map(|(can, word)| (self.count(can), word)).filter(|(number, _)| *number > 0);
        said.map(|(number, word)| format!("{number} {word}")).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_long_is_slow_and_what_fails_is_not_answered() {
        let long = Cost::of(vec![Duration::from_secs(14), Duration::from_millis(1), Duration::from_secs(14)]);
        let mut ability = Ability::new(Asked::Journey, Can::Yes, "");
        ability.take(Cost::of(vec![Duration::from_micros(420)]));
        assert_eq!((ability.can, ability.cost.unwrap().text()), (Can::Yes, "0.4 ms".to_owned()));
        ability.take(long);
        assert_eq!((ability.can, ability.cost.unwrap().text()), (Can::Slow, "14 s".to_owned()));
        let mut part = Ability::new(Asked::Around, Can::Part, "look-alikes are not found");
        part.take(long);
        assert_eq!(part.can, Can::Part, "what is missing matters more");
        let mut far = Ability::new(Asked::Id, Can::Slow, "");
        far.take_trip(Duration::from_millis(3));
        assert_eq!(far.why, "");
        far.take_trip(Duration::from_millis(62));
        assert_eq!(far.why, "a round trip takes 62 ms");
        part.fail(&Error::new(super::super::ErrorKind::Store, "the server met a limit").hint("ask for less"));
        assert_eq!((part.can, part.more.len()), (Can::No, 2));
    }
}
