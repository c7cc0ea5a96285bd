//! Counting over the whole store what only the engine can tell: people, refused alias calls,
//! splits, orphans.
//!
//! It goes in steps, so that the caller can stop between them and the numbers so far can be
//! shown. The first step judges every alias call and counts the people; each further one opens
//! a few journeys. What was left out is named, never counted as nothing.
//!
//! Words: *people* are roots with rows, or with an accepted alias, that some id of theirs shows
//! to be a known person ([`World::is_person`]); everybody else is an anonymous visitor.
//!
//! Cost: the first step looks at every alias call and every id (seconds for a million); a
//! journey costs what opening it costs.

use std::collections::{BTreeSet, HashSet};

use super::gather::Limits;
use super::{Directory, Error, Inspector};
use crate::identity::{Facts, Journey, Severity, Verdict, World};
use crate::model::Id;

/// Alias calls that are judged at once; with more the people are not counted.
const MOST_CALLS: usize = 500_000;

/// People whose journeys are opened. The numbers say of how many they are.
const MOST_OPENED: usize = 1_000;

/// Rows of the journeys of one step.
const ROWS_OF_A_STEP: usize = 2_000;

/// Journeys of one step.
const JOURNEYS_OF_A_STEP: usize = 20;

/// What a look at one journey of the census may read.
const LIMITS: Limits = Limits { rows: 20_000, orphan_rows: 20_000, ..Limits::DEFAULT };

/// Journeys with findings that are kept by name.
const MOST_TROUBLED: usize = 20;

/// A person whose journey shows mistakes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Troubled {
    /// The id that says most of the person.
    pub id: Id,
    /// The best name known; `None` where only ids are.
    pub name: Option<String>,
    /// How many mistakes.
    pub findings: usize,
    /// The code of the worst of them.
    pub code: &'static str,
    /// What the worst of them is, in a few words.
    pub worst: &'static str,
}

/// What counting over the whole store has found so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// People; `None` until they are counted, or if there are too many alias calls to judge.
    pub people: Option<u64>,
    /// Alias calls without effect; `None` as for the people.
    pub refused: Option<u64>,
    /// Journeys that were opened.
    pub opened: u64,
    /// Those of them that are too large to be looked through here.
    pub too_large: u64,
    /// Rows of opened journeys that are split.
    pub split: u64,
    /// Orphans of opened journeys: anonymous roots that evidence ties to a person.
    pub orphans: u64,
    /// Opened journeys with findings.
    pub with_findings: u64,
    /// The first of them.
    pub troubled: Vec<Troubled>,
    /// Whether nothing is left to be counted.
    pub done: bool,
}

/// The work of counting, to be done in steps.
#[derive(Clone, Debug, Default)]
pub struct Count {
    census: Census,
    started: bool,
    to_open: Vec<Id>,
    seen_orphans: HashSet<Id>,
}

impl Count {
    /// What is known so far.
    pub fn census(&self) -> &Census {
        &self.census
    }

    /// One more step.
    ///
    /// # Errors
    /// As any question; the step can be made again.
    pub fn advance(&mut self, inspector: &Inspector) -> Result<(), Error> {
        if !self.started {
            self.count_people(inspector.source().directory_for("how many people there are")?)?;
            self.started = true;
            self.census.done = self.to_open.is_empty();
            return Ok(());
        }
        let mut rows = 0;
        for _ in 0..JOURNEYS_OF_A_STEP {
            let Some(root) = self.to_open.last() else { break };
            if let Some(journey) = inspector.journey_within(root, &LIMITS)? {
                rows += journey.steps.len();
                self.add(&journey, inspector)?;
            }
            self.to_open.pop();
            if rows >= ROWS_OF_A_STEP {
                break;
            }
        }
        self.census.done = self.to_open.is_empty();
        Ok(())
    }

    fn count_people(&mut self, source: &dyn Directory) -> Result<(), Error> {
        let calls = source.all_calls(MOST_CALLS + 1)?;
        if calls.len() > MOST_CALLS {
            return Ok(());
        }
        let facts = Facts { calls, ..Facts::default() };
        let world = World::new(&facts);
        let refused = world.table.verdicts().iter().filter(|judged| matches!(judged.verdict, Verdict::Refused(_)));
        let refused = refused.count() as u64;
        let mut roots = BTreeSet::new();
        source.each_id(&mut |note| {
            let id = Id::new(note.id);
            let known = note.is_user && !id.is_placeholder() || world.is_person(&id);
            let root = world.root_of(&id);
            if known && (note.has_rows || world.knows(&id)) {
                roots.insert(root.clone());
            }
        })?;
        self.census.people = Some(roots.len() as u64);
        self.census.refused = Some(refused);
        self.to_open = roots.into_iter().take(MOST_OPENED).collect();
        self.to_open.reverse();
        Ok(())
    }

    fn add(&mut self, journey: &Journey, inspector: &Inspector) -> Result<(), Error> {
        self.census.opened += 1;
        if !journey.cuts.is_empty() {
            self.census.too_large += 1;
            return Ok(());
        }
        self.census.split += journey.splits() as u64;
        for orphan in &journey.orphans {
            if self.seen_orphans.insert(orphan.id.clone()) {
                self.census.orphans += 1;
            }
        }
        // A note is nothing to mend.
        let findings = journey.findings.iter().filter(|finding| finding.severity() < Severity::Note).count();
        if let Some(worst) = journey.findings.first().filter(|_| findings > 0) {
            self.census.with_findings += 1;
            if self.census.troubled.len() < MOST_TROUBLED {
                let known = journey.ids.iter().find(|member| !member.anonymous);
                let id = known.map_or(&journey.query, |member| &member.id).clone();
                let name = journey.root.as_ref().map(|root| inspector.best_name(root)).transpose()?.flatten();
                let (code, worst) = (worst.code(), worst.kind.title);
                self.census.troubled.push(Troubled { id, name, findings, code, worst });
            }
        }
        Ok(())
    }
}
