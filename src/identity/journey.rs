//! What the engine answers.

mod call;
mod orphan;
mod point;
pub mod profile;
pub mod recorded;
pub mod ruled;

use std::collections::{BTreeMap, HashSet};
use std::fmt::Debug;
use std::sync::Arc;

use rustc_hash::FxHashSet;

pub use self::call::{AliasLine, Refusal, Verdict};
pub use self::orphan::{Evidence, EvidenceKind, Orphan, Owner, Strength};
pub use self::point::{Point, PointKind};

use self::profile::Profile;
use self::recorded::Recorded;
use self::ruled::{Held, Ruled};
use super::facts::{Cut, CutOf};
use super::findings::Finding;
use crate::model::facts::{Arrival, Event, Source};
use crate::model::{Id, Millis};

/// What a journey needs of the rules that gave it: their name and their reasons.
pub trait Reasons: Debug + Sync {
    /// The name of the rules in JSON and on the command line.
    fn name(&self) -> &'static str;

    /// What they are, a few words.
    fn title(&self) -> &'static str;

    /// The one sentence that says why a step of a journey of these rules is where it is.
    fn why(&self, journey: &Journey, step: &Step) -> String;

    /// The same for a row of everyone's.
    fn why_held(&self, ruled: &Ruled, held: &Held) -> String;

    /// What no source says of these rules, or no row shows, as sentences.
    fn unknown(&self) -> &'static [&'static str];
}

/// The merged timeline of one user, with every decision and what it rests on.
#[derive(Clone, Debug)]
pub struct Journey {
    /// What was asked for.
    pub query: Id,
    /// The rules that gave this answer.
    pub rules: &'static dyn Reasons,
    /// The moment whose state this is: only what had arrived by then counts. `None` for now.
    pub as_of: Option<Arrival>,
    /// The id at the end of the chain; `None` for an id that is only mentioned.
    pub root: Option<Id>,
    /// The ids of the user: the root first, then the aliases in order of arrival of their calls.
    pub ids: Vec<Member>,
    /// Every alias call that names an id of the user, in order of arrival.
    pub aliases: Vec<AliasLine>,
    /// Every row of the user, by time, then arrival; deliveries of one row once.
    pub steps: Vec<Step>,
    /// Rows elsewhere that evidence ties to this user.
    pub orphans: Vec<Orphan>,
    /// Where the data shows that the user became known, and resets, by time.
    pub points: Vec<Point>,
    /// Where else the query is named, when it has no root.
    pub mentions: Vec<Mention>,
    /// Users that evidence ties *this* journey to, when it is itself an orphan.
    pub orphan_of: Vec<Owner>,
    /// Other known users of the same devices.
    pub neighbours: Vec<Neighbour>,
    /// Ids of others that look like one of this user.
    pub alike: Vec<Alike>,
    /// What a reader must know to judge the answer, as sentences.
    pub notes: Vec<String>,
    /// To whom the vendor of the rows counts them, compared with these rules; `None` where no row says so.
    pub exported: Option<Recorded>,
    /// Integration mistakes that it shows, the worst first.
    pub findings: Vec<Finding>,
    /// Limits met while gathering.
    pub cuts: Vec<Cut>,
    /// What the profile updates of its ids come to, that of the root first. The facts of a journey
    /// are its rows: code that gathers them adds these.
    pub profiles: Vec<Profile>,
    /// The best names of other people whom it names, by their roots; added like the profiles.
    pub names: BTreeMap<Id, String>,
}

/// What an id is to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The id the data is stored under.
    Root,
    /// An accepted alias.
    Alias,
}

/// One id of the user.
#[derive(Clone, Debug)]
pub struct Member {
    /// The id.
    pub id: Id,
    /// What it is.
    pub role: Role,
    /// Whether nothing shows that it names a known person.
    pub anonymous: bool,
    /// Rows sent under it, deliveries of one row counted once.
    pub events: u64,
    /// Time of the first of them.
    pub first: Option<Millis>,
    /// Time of the last of them.
    pub last: Option<Millis>,
}

/// One row of the timeline.
#[derive(Clone, Debug)]
pub struct Step {
    /// The row.
    pub event: Arc<Event>,
    /// The id it is stored under.
    pub stored_under: Id,
    /// Whether it is stored under the root.
    pub state: State,
    /// Before or after the user became known.
    pub phase: Phase,
    /// Other deliveries of the same row, in order of arrival.
    pub copies: Vec<Source>,
    /// The decision behind it; [`Journey::why`] tells it.
    pub reason: Reason,
}

/// Where a row is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Under the root.
    Merged,
    /// Under one of the user's aliases, not under the root.
    Split(Split),
}

/// Why a row is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Split {
    /// It happened at most a second before the alias call, or after it, and arrived first.
    Race,
    /// It happened earlier: the alias had data of its own.
    History,
}

/// Before or after the first identify point of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Before.
    Anonymous,
    /// From it on.
    Identified,
}

/// Why a row is in the timeline, in few bytes; text is made when it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Sent under the root.
    Own,
    /// Sent under an alias after its call; `call` is the index of the first of the chain in
    /// [`Journey::aliases`], `hops` the number of table rows on the way to the root.
    Through {
        /// Index in [`Journey::aliases`].
        call: usize,
        /// Table rows between the id and the root.
        hops: u32,
    },
    /// Sent before the alias call `call` arrived, so stored under an alias.
    Before {
        /// Index in [`Journey::aliases`] of the call that came too late.
        call: usize,
    },
    /// Stored under an anonymous root that no alias joins to the user.
    Orphaned {
        /// Index in [`Journey::orphans`].
        orphan: usize,
    },
    /// The row of alias call `call` itself.
    Call {
        /// Index in [`Journey::aliases`].
        call: usize,
    },
}

/// A place that names an id which has no rows and no mapping.
#[derive(Clone, Debug)]
pub struct Mention {
    /// As what: `device`, `user`, `refused alias`, `anonymous id of $identify`, …
    pub role: &'static str,
    /// The id it is named with.
    pub with: Id,
    /// The root of that id.
    pub root: Id,
    /// One sentence.
    pub why: String,
    /// Place of the first row that says so.
    pub source: Source,
    /// Number of rows that say so.
    pub rows: u64,
}

/// Another known user of a device of this user: two people may be mixed here (C06).
#[derive(Clone, Debug)]
pub struct Neighbour {
    /// The other user's root.
    pub root: Id,
    /// The device, bare; `None` where no row of both names one.
    pub device: Option<Id>,
    /// Whether an `$identify` went from one user to the other.
    pub switched: bool,
    /// One sentence.
    pub why: String,
    /// When a row that says so happened.
    pub time: Millis,
    /// Its place.
    pub source: Source,
}

/// What to say before a number that was cut: `at least `, or nothing.
pub fn at_least(cut: bool) -> &'static str {
    if cut { "at least " } else { "" }
}

/// An id of another user, or of no user, that looks like one of this user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alike {
    /// The id of this user.
    pub of: Id,
    /// The other one.
    pub id: Id,
    /// In what they differ: `case`, `spaces`, `look-alike letters`, …
    pub differ: Vec<&'static str>,
}

impl Journey {
    /// The answer when nothing names an id.
    pub fn of_nothing(query: &Id, rules: &'static dyn Reasons) -> Self {
        Self {
            query: query.clone(),
            rules,
            as_of: None,
            root: None,
            ids: vec![],
            aliases: vec![],
            steps: vec![],
            orphans: vec![],
            points: vec![],
            mentions: vec![],
            orphan_of: vec![],
            neighbours: vec![],
            alike: vec![],
            notes: vec![],
            exported: None,
            findings: vec![],
            cuts: vec![],
            profiles: vec![],
            names: BTreeMap::new(),
        }
    }

    /// An id of this user that names a known person: the one asked for, else the first.
    pub fn known_id(&self) -> Option<&Id> {
        let mut known = self.ids.iter().filter(|member| !member.anonymous).map(|member| &member.id);
        let first = known.clone().next();
        known.find(|id| **id == self.query).or(first)
    }

    /// The best name of the user: that of the profile, else a known id, else the root.
    pub fn best_name(&self) -> String {
        let id = self.known_id().or(self.root.as_ref()).unwrap_or(&self.query);
        self.name().unwrap_or_else(|| id.as_str().to_owned())
    }

    /// What to call another user: the name that is known of the root, else the root itself.
    pub fn name_of<'a>(&'a self, root: &'a Id) -> &'a str {
        self.names.get(root).map_or(root.as_str(), String::as_str)
    }

    /// Roots of other people that the journey names, each once, in the order of the report.
    pub fn others(&self) -> Vec<&Id> {
        let claims = self.orphans.iter().filter(|orphan| orphan.contested).flat_map(|orphan| &orphan.owners);
        let all = self.orphan_of.iter().map(|owner| &owner.root);
        let all = all.chain(self.neighbours.iter().map(|neighbour| &neighbour.root)).chain(claims);
        let all = all.chain(self.mentions.iter().map(|mention| &mention.root));
        let mut seen = FxHashSet::default();
        all.filter(|id| Some(*id) != self.root.as_ref() && seen.insert(*id)).collect()
    }

    /// Time of the first and the last row, if there is one.
    pub fn span(&self) -> Option<(Millis, Millis)> {
        Some((self.steps.first()?.event.time, self.steps.last()?.event.time))
    }

    /// Number of devices of the rows.
    pub fn devices(&self) -> usize {
        // Rows share their senders: a device is looked at once for each of those.
        let mut senders = FxHashSet::default();
        let of_senders = self.steps.iter().filter(|step| senders.insert(Arc::as_ptr(&step.event.sender).addr()));
        of_senders.filter_map(|step| step.event.device.as_ref()).collect::<HashSet<&Id>>().len()
    }

    /// Whether the user has more ids than the journey holds.
    pub fn has_more_ids(&self) -> bool {
        self.cuts.iter().any(|cut| cut.of == CutOf::Ids)
    }

    /// Whether the user has more rows than the journey holds.
    pub fn has_more_rows(&self) -> bool {
        self.cuts.iter().any(|cut| matches!(cut.of, CutOf::Ids | CutOf::Rows))
    }

    /// What to say before a number that a limit may have cut: `at least `, or nothing.
    pub fn at_least(&self) -> &'static str {
        at_least(!self.cuts.is_empty())
    }

    /// Number of split rows.
    pub fn splits(&self) -> usize {
        self.steps.iter().filter(|step| step.state != State::Merged).count()
    }

    /// Alias calls that had no effect.
    pub fn refused(&self) -> impl Iterator<Item = &AliasLine> {
        self.aliases.iter().filter(|line| matches!(line.verdict, Verdict::Refused(_)))
    }

    /// Rows of orphans that are counted for this user: proof or strong evidence, not contested.
    pub fn orphaned_rows(&self) -> usize {
        self.orphans.iter().filter(|orphan| orphan.counts()).map(|orphan| orphan.steps.len()).sum()
    }

    /// One sentence that says why a step is where it is.
    pub fn why(&self, step: &Step) -> String {
        self.rules.why(self, step)
    }
}
