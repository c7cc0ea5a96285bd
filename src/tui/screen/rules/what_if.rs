//! What would have been with a call taken away, changed or added: changes chosen on the rows, and what they do.

use std::sync::Arc;

use crate::identity::Held;
use crate::identity::across::Across;
use crate::identity::what_if::{Call, Change, Outcome};
use crate::model::{Id, Millis, Shape, VerbKind};
use crate::report::compare::called;
use crate::tui::keys::Action;

/// How much later one key press lets a row be sent.
const SECOND: Millis = 1_000;

/// Other ids of the user that calls are proposed with.
const MOST_OTHERS: usize = 4;

/// The changes of one user.
#[derive(Clone, Debug, Default)]
pub(super) struct WhatIf {
    /// In the order in which they were chosen.
    pub(super) changes: Vec<Change>,
    /// What they do, as far as it is known.
    pub(super) outcome: Option<Arc<Outcome>>,
    /// The best name of the user.
    pub(super) name: String,
    /// The row that a change was chosen on, to go back to when it is shown.
    pub(super) at: Option<i64>,
    /// The row that calls are proposed for, and which one is the last change.
    proposed: Option<(i64, usize)>,
}

/// A change that a key asks for.
pub(super) fn wants(action: Action) -> bool {
    matches!(
        action,
        Action::LeaveOut | Action::IdentifyInstead | Action::ResetBefore | Action::Wait | Action::Call | Action::Undo
    )
}

impl WhatIf {
    /// Whether anything is changed.
    pub(super) fn is_on(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Does what a key asks on a row; what is to be said where it does nothing.
    pub(super) fn change(&mut self, action: Action, held: &Held, across: &Across) -> Result<(), String> {
        let row = held.event.row;
        let is_out = self.changes.contains(&Change::Without(row));
        if action != Action::Call {
            self.proposed = None;
        }
        match action {
            Action::Undo => {
                self.changes.pop().ok_or_else(|| "nothing is changed".to_owned())?;
                return Ok(());
            }
            // A call that was added is taken away again as a whole.
            Action::LeaveOut if row < 0 => {
                let nth = usize::try_from(-row).unwrap_or(0);
                if nth == 0 || nth > self.changes.len() {
                    return Err("this call cannot be taken away".to_owned());
                }
                self.changes.remove(nth - 1);
                return Ok(());
            }
            Action::LeaveOut if is_out => {
                self.changes.retain(|change| *change != Change::Without(row));
                return Ok(());
            }
            Action::LeaveOut => {
                self.changes.retain(|change| row_of(change) != Some(row));
                self.changes.push(Change::Without(row));
                return Ok(());
            }
            _ if is_out => return Err("the row is not sent: the same key sends it again first (x)".to_owned()),
            _ if row < 0 => return Err("this call was added: x takes it away".to_owned()),
            _ => {}
        }
        match action {
            Action::IdentifyInstead if held.event.verb == VerbKind::Alias => {
                self.toggle(Change::Identify(row));
            }
            Action::IdentifyInstead => return Err("the row is no alias call".to_owned()),
            Action::ResetBefore => self.toggle(Change::Reset(row)),
            Action::Wait => self.wait(row),
            Action::Call => return self.propose(held, across),
            _ => {}
        }
        Ok(())
    }

    fn toggle(&mut self, change: Change) {
        let before = self.changes.len();
        self.changes.retain(|known| *known != change);
        if self.changes.len() == before {
            self.changes.push(change);
        }
    }

    /// One second more.
    fn wait(&mut self, row: i64) {
        let known = self.changes.iter_mut().find_map(|change| match change {
            Change::Later(of, by) if *of == row => Some(by),
            _ => None,
        });
        match known {
            Some(by) => *by = by.saturating_add(SECOND),
            None => self.changes.push(Change::Later(row, SECOND)),
        }
    }

    /// The next call that could have been made just before a row.
    fn propose(&mut self, held: &Held, across: &Across) -> Result<(), String> {
        let row = held.event.row;
        let calls = calls(held, across);
        let next = match self.proposed {
            Some((of, at)) if of == row && matches!(self.changes.last(), Some(Change::Add(_))) => {
                self.changes.pop();
                at + 1
            }
            _ => 0,
        };
        if let Some(call) = calls.get(next) {
            self.changes.push(Change::Add(call.clone()));
            self.proposed = Some((row, next));
            return Ok(());
        }
        self.proposed = None;
        let why = if calls.is_empty() {
            "no other id of this user is known to call alias or identify with"
        } else {
            "these were all calls with the ids of this user"
        };
        Err(why.to_owned())
    }
}

/// The row that a change is about.
fn row_of(change: &Change) -> Option<i64> {
    match change {
        Change::Without(row) | Change::Identify(row) | Change::Reset(row) | Change::Later(row, _) => Some(*row),
        Change::Add(_) => None,
    }
}

/// Calls that could have been made just before a row: with the id that it was sent under, and the other ids of
/// the user, those that a person reads first.
fn calls(held: &Held, across: &Across) -> Vec<Call> {
    let Some(sent) = &held.event.id else { return Vec::new() };
    let at = held.event.time.min(held.event.arrived).saturating_sub(1);
    let mut others: Vec<&Id> = Vec::new();
    for id in across.sides.iter().flat_map(|side| &side.ids) {
        if id != sent && !id.is_placeholder() && !others.contains(&id) {
            others.push(id);
        }
    }
    let is_read = |id: &Id| matches!(id.shape(), Shape::Email | Shape::Other);
    others.sort_by_key(|id| (id.shape() != Shape::Email, !is_read(id)));
    let mut calls = Vec::new();
    for other in others.into_iter().take(MOST_OTHERS) {
        // What a machine made is the anonymous one of the two.
        let sent_is_known = is_read(sent) && !is_read(other) || sent.shape() == Shape::Email;
        let (known, anonymous) = if sent_is_known { (sent, other) } else { (other, sent) };
        for verb in [VerbKind::Alias, VerbKind::Identify] {
            let (one, other) = match verb {
                VerbKind::Alias => (known.clone(), anonymous.clone()),
                _ => (anonymous.clone(), known.clone()),
            };
            calls.push(Call { verb, one, other, at });
        }
    }
    calls
}

/// A change in a few words.
pub(super) fn said(change: &Change, outcome: Option<&Outcome>) -> String {
    let name = |row: i64| {
        let held = outcome.and_then(|outcome| outcome.before.rows.iter().find(|held| held.event.row == row));
        held.map_or_else(|| "a row".to_owned(), |held| called(&held.event))
    };
    match change {
        Change::Without(row) => format!("without {}", name(*row)),
        Change::Identify(row) => format!("identify in place of {}", name(*row)),
        Change::Reset(row) => format!("reset before {}", name(*row)),
        Change::Later(row, by) => format!("{} {} s later", name(*row), by / SECOND),
        Change::Add(Call { verb: VerbKind::Alias, one, other, .. }) => {
            format!("with alias({}, {})", one.as_str(), other.as_str())
        }
        Change::Add(Call { one, other, .. }) => {
            format!("with identify({}), anonymous before as {}", other.as_str(), one.as_str())
        }
    }
}
