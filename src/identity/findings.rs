//! Integration mistakes as data: what each is called, how bad it is, why it matters, what to do.
//!
//! A rule set lists its [`Kind`]s ([`super::rules::Rules::findings`]) and finds them in journeys.
//! Help, `check --list`, documents and tests read the same list.

use crate::model::facts::{Arrival, Source};
use crate::model::{Id, Millis};

/// How much harm a mistake does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Rows are lost to the user, or mixed with another's.
    Error,
    /// It can lose rows, or hides what happened.
    Warning,
    /// Nothing to mend in the code, or nothing lost; good to know.
    Note,
}

impl Severity {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// Rows of a finding, at most this many: the count stands in its sentence.
pub const MOST_SOURCES: usize = 20;

/// Adds a place where a finding shows, once, to at most `most`: one line can have many rows.
pub fn keep_place(places: &mut Vec<Source>, place: &Source, most: usize) {
    if places.len() < most && !places.contains(place) {
        places.push(place.clone());
    }
}

/// When the first row of each of some kinds happened; `None` where there is no such row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Since {
    /// The first row of all; asked only of placeholders and of ids with the prefix of a device twice.
    pub any: Option<Millis>,
    /// The first of [`Sums::race`].
    pub race: Option<Millis>,
    /// The first of [`Sums::history`].
    pub history: Option<Millis>,
    /// The first of [`Sums::numbers`].
    pub numbers: Option<Millis>,
    /// The arrival of the first of [`Sums::impossible`]: the time of such a row says nothing.
    pub impossible: Option<Millis>,
    /// The first of [`Sums::itself`].
    pub itself: Option<Millis>,
    /// The first of [`Sums::device_user`].
    pub device_user: Option<Millis>,
}

impl Since {
    /// Takes the earlier time of each kind.
    pub fn add(&mut self, other: &Self) {
        let earlier = |own: &mut Option<Millis>, other: Option<Millis>| {
            *own = (*own).into_iter().chain(other).min();
        };
        earlier(&mut self.any, other.any);
        earlier(&mut self.race, other.race);
        earlier(&mut self.history, other.history);
        earlier(&mut self.numbers, other.numbers);
        earlier(&mut self.impossible, other.impossible);
        earlier(&mut self.itself, other.itself);
        earlier(&mut self.device_user, other.device_user);
    }
}

/// How many rows of an id, or of all ids of a user, there are and what they show; deliveries of
/// one row count once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// All of them.
    pub rows: u64,
    /// Split, because they overtook an alias call.
    pub race: u64,
    /// Split, because they were sent before the alias call.
    pub history: u64,
    /// Their id was sent as a number or boolean.
    pub numbers: u64,
    /// They cannot have happened when they say.
    pub impossible: u64,
    /// `$identify` of an id with itself.
    pub itself: u64,
    /// Their `$user_id` is their `$device_id`.
    pub device_user: u64,
    /// Devices that they name; asked only of placeholders.
    pub devices: u64,
    /// When the first of each kind happened.
    pub since: Since,
}

impl Sums {
    /// Adds those of another id; its devices are taken for other ones.
    pub fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.race += other.race;
        self.history += other.history;
        self.numbers += other.numbers;
        self.impossible += other.impossible;
        self.itself += other.itself;
        self.device_user += other.device_user;
        self.devices += other.devices;
        self.since.add(&other.since);
    }
}

/// What decides where rows of an alias are stored: the table rows from it to its root, each with
/// since when it and all before it were there, and when it was called: never where no row can overtake it.
#[derive(Clone, Debug, Default)]
pub struct Way(pub Vec<(Arrival, Millis)>);

impl Way {
    /// Whether the moment of its arrival says of a row whether it was split: nothing of the way came in the same.
    pub fn is_decided_at(&self, arrived: Millis) -> bool {
        self.0.iter().all(|(since, _)| since.at != arrived)
    }

    /// Whether all of it was there before what arrived then: no such row is split.
    pub fn is_before(&self, arrived: Millis) -> bool {
        self.0.last().is_none_or(|(since, _)| since.at < arrived)
    }
}

/// Where the anonymous past of a user is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Past {
    /// Nothing shows one.
    None,
    /// All of it that is known is stored under the user's root.
    Merged,
    /// Some of it stays behind.
    Left,
}

/// One user in a look over all.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The id that the data is stored under.
    pub root: Id,
    /// An id that names a person; `None` for an anonymous visitor.
    pub known: Option<Id>,
    /// Rows of all of its ids.
    pub rows: u64,
    /// Split rows: stored under an alias.
    pub split: u64,
    /// Rows of orphans that count for this user alone.
    pub orphaned: u64,
    /// Where the anonymous past is.
    pub past: Past,
    /// Those of its ids that name a person.
    pub named: Vec<Id>,
    /// Ids of the orphans that count for this user alone.
    pub orphans: Vec<Id>,
    /// The mistakes, the worst first. Those that rows show have no places: only sums are known.
    pub findings: Vec<Finding>,
}

/// Numbers of many users together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Alias calls.
    pub calls: u64,
    /// Alias calls without effect, other than repeated ones.
    pub refused: u64,
    /// Devices that rows name.
    pub devices: u64,
    /// Devices with more than one known user.
    pub shared_devices: u64,
    /// Numbers of the alias calls without effect.
    pub refused_calls: Vec<i64>,
    /// The devices with more than one known user.
    pub shared: Vec<Id>,
}

impl Totals {
    /// Adds those of other users.
    pub fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.refused += other.refused;
        self.devices += other.devices;
        self.shared_devices += other.shared_devices;
        self.refused_calls.extend(other.refused_calls);
        self.shared.extend(other.shared);
    }
}

/// What ids that calls and links join must have among them for a mistake to show in a user of them. It saves to judge
/// the users of all others, where one kind is looked for; what it says too often only costs time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing that is known beforehand.
    Anything,
    /// At least so many alias calls.
    Calls(u32),
    /// Split rows.
    SplitRows,
    /// A placeholder.
    Placeholder,
    /// An id that looks like another one.
    LookAlike,
    /// Two ids that can each name a person: [`Rules::can_name`](super::rules::Rules::can_name).
    TwoNames,
}

/// One kind of integration mistake. Kinds are compared by their code.
#[derive(Debug)]
pub struct Kind {
    /// Its name, stable: `alias-on-login`.
    pub code: &'static str,
    /// How much harm it does.
    pub severity: Severity,
    /// What it is, a few words.
    pub title: &'static str,
    /// Why it matters, one or two sentences.
    pub why: &'static str,
    /// What to change, one or two sentences.
    pub advice: &'static str,
    /// What to change in the programs of some libraries, where the calls differ.
    pub in_library: &'static [InLibrary],
    /// The rule behind it: numbers of identity.md.
    pub rule: &'static str,
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Eq for Kind {}

/// What to change where one library is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InLibrary {
    /// The library as rows name it (`mp_lib`), or the vendor whose rows they are.
    pub library: &'static str,
    /// What to call.
    pub advice: &'static str,
}

/// The rows that a finding costs, where they are lost to a user or mixed with another's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Lost {
    /// None.
    #[default]
    Nothing,
    /// All that were sent under these ids.
    Under(Vec<Id>),
    /// Those of these ids that overtook their alias.
    Race(Vec<Id>),
    /// Those of these ids that were sent before their alias.
    History(Vec<Id>),
    /// Those that were sent under the first id of a pair and name the second as their user.
    WithUser(Vec<(Id, Id)>),
}

/// One integration mistake of a user with its evidence.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Which mistake.
    pub kind: &'static Kind,
    /// What happened, one sentence.
    pub what: String,
    /// What to change, one sentence.
    pub advice: &'static str,
    /// Rows that are lost to the user or mixed with another's.
    pub rows: u64,
    /// Which rows these are; nothing where they are no one's loss.
    pub lost: Lost,
    /// When the first of the rows that show it happened; `None` where no time is known.
    pub since: Option<Millis>,
    /// Rows that show it, in order of the input.
    pub sources: Vec<Source>,
}

impl Finding {
    /// Its name, stable.
    pub fn code(&self) -> &'static str {
        self.kind.code
    }

    /// How much harm it does.
    pub fn severity(&self) -> Severity {
        self.kind.severity
    }

    /// With the rows that it costs.
    pub(in crate::identity) fn losing(self, lost: Lost) -> Self {
        Self { lost, ..self }
    }
}

/// Mistakes of a store as a whole, which no journey shows, whatever the rules.
pub const OF_STORE: &[&Kind] = &[&ROWS_WITHOUT_ID, &ROWS_WITHOUT_NAME, &EMAIL_ON_TWO_USERS, &INCOMPLETE_EXPORT];

/// Every kind there is where users have those of `kinds`: of users, then of the store.
pub fn all(kinds: &'static [&'static Kind]) -> impl Iterator<Item = &'static Kind> {
    kinds.iter().chain(OF_STORE).copied()
}

/// Rows that have no `distinct_id`, or one that stands for none.
pub static ROWS_WITHOUT_ID: Kind = Kind {
    code: "row-without-id",
    severity: Severity::Warning,
    title: "rows have no id that can be used",
    why: "They belong to no user, and no later call can give them to one.",
    advice: "Wait until the SDK has started before the first row, and give each server row a distinct_id.",
    in_library: &[
        InLibrary { library: "react-native", advice: "Await mixpanel.init() before the first track." },
        InLibrary { library: "web", advice: "Call identify only with an id: an empty one stays until the next login." },
    ],
    rule: "identity.md L15",
};

/// Rows that have no `event`.
pub static ROWS_WITHOUT_NAME: Kind = Kind {
    code: "row-without-name",
    severity: Severity::Warning,
    title: "rows have no event name",
    why: "They stand in the timeline of their user, but no report counts them: a report asks for an event by its name.",
    advice: "Pass the name of the event as a text that is not empty; check the variable that holds it.",
    in_library: &[],
    rule: "identity.md §4.1",
};

/// An e-mail address in the profiles of users whom nothing joins.
pub static EMAIL_ON_TWO_USERS: Kind = Kind {
    code: "email-on-two-users",
    severity: Severity::Warning,
    title: "one e-mail address is that of several users",
    why: "Mostly it is one person, whom each source calls by another id: the rows are in several timelines. A family or \
        a team can share an address.",
    advice: "Send one id from every source, that of the database, or make the other ids aliases of it before they have rows.",
    in_library: &[
        InLibrary {
            library: "Segment",
            advice: "Call analytics.identify with one userId in every source; the address is a trait.",
        },
        InLibrary {
            library: "RudderStack",
            advice: "Call rudderanalytics.identify with one userId in every source; the address is a trait.",
        },
    ],
    rule: "identity.md §6 #17",
};

/// A file that was not read to its end, or says itself that rows are missing.
pub static INCOMPLETE_EXPORT: Kind = Kind {
    code: "incomplete-export",
    severity: Severity::Warning,
    title: "a file ended early",
    why: "Rows of every user can be missing, so other findings can be missing or wrong.",
    advice: "Import the file again from a complete copy.",
    in_library: &[],
    rule: "identity.md §4.5",
};
