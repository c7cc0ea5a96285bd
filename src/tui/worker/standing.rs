//! What is known by now of ids that rows have just come for: whose they are, what became of their alias
//! calls, what is wrong with them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::identity::{Journey, Severity, State, Verdict};
use crate::model::Id;
use crate::tui::backend::{Backend, Failure};

/// Rows of a user whose place is given: the newest are looked at.
const MOST_ROWS: usize = 2_000;

/// A line of a file.
type Line = (Arc<str>, u64);

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// An alias call that is in the lookup table.
    Accepted(String),
    /// One that leads where it led before.
    Duplicate(String),
    /// One without effect, and why.
    Refused(String),
    /// A row that is stored under an alias.
    Split,
    /// A row under an id that no alias joins to its user.
    Orphan,
}

/// An id as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The id.
    pub id: Id,
    /// Where its rows are stored.
    pub root: Option<Id>,
    /// The best name of its user.
    pub name: String,
    /// The id that the user is known by, if one is.
    pub known: Option<Id>,
    /// Users that it may be an orphan of.
    pub orphan_of: Vec<Id>,
    /// What became of rows, where it is not just stored under the root.
    pub fates: HashMap<Line, Fate>,
    /// Codes of what is wrong.
    pub findings: Vec<(Severity, &'static str)>,
}

/// How each id stands; ids that nothing names are left out.
pub(super) fn standing(backend: &mut dyn Backend, ids: &[Id]) -> Result<Vec<Standing>, Failure> {
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some(journey) = backend.look(id)?.journey {
            all.push(of(id, &journey));
        }
    }
    Ok(all)
}

fn of(id: &Id, journey: &Journey) -> Standing {
    let line = |source: &crate::model::facts::Source| (Arc::clone(&source.file), source.line);
    let text = |id: &Option<Id>| id.as_ref().map_or_else(String::new, |id| id.as_str().to_owned());
    let mut fates: HashMap<Line, Fate> = HashMap::new();
    for step in journey.steps.iter().rev().take(MOST_ROWS) {
        if let State::Split(_) = step.state {
            fates.insert(line(&step.event.source), Fate::Split);
        }
    }
    for step in journey.orphans.iter().filter(|orphan| orphan.counts()).flat_map(|orphan| &orphan.steps).take(MOST_ROWS)
    {
        fates.insert(line(&step.event.source), Fate::Orphan);
    }
    for call in &journey.aliases {
        let (alias, target) = (text(&call.alias), text(&call.target));
        let fate = match call.verdict {
            Verdict::Accepted => Fate::Accepted(format!("leads to {target}")),
            Verdict::Duplicate => Fate::Duplicate(format!("led to {target} before")),
            Verdict::Refused(refusal) => Fate::Refused(refusal.because(&alias, &target, &text(&call.kept))),
        };
        fates.insert(line(&call.source), fate);
    }
    let owners = journey.orphan_of.iter().filter(|owner| owner.suggested);
    Standing {
        id: id.clone(),
        root: journey.root.clone(),
        name: journey.best_name(),
        known: journey.known_id().cloned(),
        orphan_of: owners.map(|owner| owner.root.clone()).collect(),
        fates,
        findings: journey.findings.iter().map(|finding| (finding.severity(), finding.code())).collect(),
    }
}
