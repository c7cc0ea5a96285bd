//! The moments of arrival that can be stepped through, and the bar that shows where one is.

use std::sync::Arc;

use crate::identity::register::{Change, ChangeKind, Register};
use crate::identity::{PointKind, Verdict};
use crate::model::facts::Arrival;
use crate::model::{Id, Millis};
use crate::tui::fit;
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};

/// Where in the arrivals of a user the screen stands.
#[derive(Clone, Debug)]
pub struct State {
    /// The tables as they are now: their changes are the stops.
    now: Arc<Register>,
    /// The root as it is now.
    root: Option<Id>,
    /// The moment that was asked for; `None` for now.
    moment: Option<Arrival>,
}

impl State {
    /// At now.
    pub fn new(now: Arc<Register>, root: Option<Id>) -> Self {
        Self { now, root, moment: None }
    }

    /// Takes the tables of now anew; the moment stays.
    pub fn renew(&mut self, now: Arc<Register>, root: Option<Id>) {
        (self.now, self.root) = (now, root);
    }

    /// The root as it is now.
    pub fn root(&self) -> Option<&Id> {
        self.root.as_ref()
    }

    /// The moment that was asked for; `None` for now.
    pub fn moment(&self) -> Option<Arrival> {
        self.moment
    }

    /// Goes to a moment; `None` is now.
    pub fn go(&mut self, moment: Option<Arrival>) {
        self.moment = moment;
    }

    /// Goes one change back or on; past the last one is now. Whether there was one.
    pub fn step(&mut self, later: bool) -> bool {
        let changes = &self.now.changes;
        let there = self.there();
        let next = match (self.moment, later) {
            (None, true) => return false,
            (None, false) => changes.last(),
            (Some(_), true) => changes.get(there),
            // On a change itself the one before; between two the last that was there.
            (Some(moment), false) => changes.iter().rev().find(|change| change.arrival < moment),
        };
        match next {
            Some(change) => self.moment = Some(change.arrival),
            None if later => self.moment = None,
            None => return false,
        }
        true
    }

    /// Number of changes that had arrived.
    fn there(&self) -> usize {
        match self.moment {
            Some(moment) => self.now.changes.partition_point(|change| change.arrival <= moment),
            None => self.now.changes.len(),
        }
    }

    /// The last change that had arrived.
    fn last(&self) -> Option<&Change> {
        self.now.changes.get(self.there().checked_sub(1)?)
    }

    /// `change 3 of 9`.
    pub fn place(&self) -> String {
        let all = self.now.changes.len();
        format!("change {} of {}", fit::count(self.there() as u64), fit::count(all as u64))
    }
}

/// Draws the bar: every change at its moment, the way up to here heavier than the rest.
pub(super) fn bar(pen: &mut Pen<'_>, state: &State, look: &Look) {
    let changes = &state.now.changes;
    let (Some(first), Some(last)) = (changes.first(), changes.last()) else { return };
    let muted = look.style(Meaning::Muted);
    let (begins, ends) = look.zone.ends(first.arrival.at, last.arrival.at);
    let wide = pen.room() >= 60;
    if wide {
        pen.skip(1).text(&begins, muted);
    }
    pen.skip(1);
    let tail = if wide { fit::width(&ends) + 6 } else { 4 };
    let room = pen.room().saturating_sub(tail + 1);
    let start = pen.column();
    let column = |at: Millis| -> usize {
        let whole = i128::from(last.arrival.at.saturating_sub(first.arrival.at).max(1));
        let part = i128::from(at.clamp(first.arrival.at, last.arrival.at).saturating_sub(first.arrival.at));
        usize::try_from(part * (room.saturating_sub(1) as i128) / whole).unwrap_or(0)
    };
    let here = state.moment.map_or(room, |moment| column(moment.at));
    let (passed, ahead) = (look.glyphs.join, look.glyphs.rule);
    let style = look.style(Meaning::Text);
    let until = here.min(room);
    pen.text(&passed.repeat(until), style).text(&ahead.repeat(room - until), muted);
    // The most important of the changes that share a column is seen.
    let mut marks: Vec<(usize, &Change)> = changes.iter().map(|change| (column(change.arrival.at), change)).collect();
    marks.sort_by_key(|(_, change)| weight(&change.kind));
    for (at, change) in marks {
        let (mark, meaning) = mark(&change.kind, look);
        pen.over(start, at, mark, look.style(meaning));
    }
    if state.moment.is_some() {
        pen.restyle(start.saturating_add(u16::try_from(here).unwrap_or(0)), 1, look.style(Meaning::Selected));
    }
    if wide {
        pen.skip(1).text(&ends, muted);
    }
    let style = if state.moment.is_some() { muted } else { look.style(Meaning::Title) };
    pen.skip(1).text("now", style);
}

/// Says what the change at the moment was.
pub(super) fn moment(pen: &mut Pen<'_>, state: &State, look: &Look) {
    pen.skip(1);
    let Some(moment) = state.moment else {
        pen.text(&state.place(), look.style(Meaning::Muted));
        return;
    };
    pen.text(&state.place(), look.style(Meaning::Warn)).skip(2);
    let Some(change) = state.last() else {
        pen.text("nothing of this user had arrived", look.style(Meaning::Muted));
        return;
    };
    let (mark, meaning) = mark(&change.kind, look);
    pen.text(mark, look.style(meaning)).skip(1).text(&words(&change.kind, look), look.style(Meaning::Text));
    if change.arrival.at < moment.at {
        let earlier = crate::tui::when::span(moment.at.saturating_sub(change.arrival.at));
        pen.text(&format!(" {earlier} before"), look.style(Meaning::Muted));
    }
}

fn weight(kind: &ChangeKind) -> u8 {
    match kind {
        ChangeKind::Appears(_) => 0,
        ChangeKind::Orphan(_) => 1,
        ChangeKind::Point { .. } | ChangeKind::Call { verdict: Verdict::Duplicate, .. } => 2,
        ChangeKind::Call { verdict: Verdict::Accepted, .. } => 3,
        ChangeKind::Call { verdict: Verdict::Refused(_), .. } => 4,
    }
}

fn mark(kind: &ChangeKind, look: &Look) -> (&'static str, Meaning) {
    let glyphs = look.glyphs;
    match kind {
        ChangeKind::Appears(_) => (glyphs.anonymous, Meaning::Identified),
        ChangeKind::Orphan(_) => (glyphs.orphan, Meaning::Orphan),
        ChangeKind::Point { kind: PointKind::Reset, .. } => (glyphs.reset, Meaning::Reset),
        ChangeKind::Point { .. } => (glyphs.identify, Meaning::Identify),
        ChangeKind::Call { verdict: Verdict::Duplicate, .. } => (glyphs.duplicate, Meaning::Muted),
        ChangeKind::Call { verdict: Verdict::Accepted, .. } => (glyphs.alias, Meaning::Alias),
        ChangeKind::Call { verdict: Verdict::Refused(_), .. } => (glyphs.refused, Meaning::Refused),
    }
}

fn words(kind: &ChangeKind, look: &Look) -> String {
    let name = |id: &Option<Id>| id.as_ref().map_or_else(|| "(nothing)".to_owned(), |id| fit::middle(id.as_str(), 32));
    match kind {
        ChangeKind::Appears(id) => format!("first row of {}", fit::middle(id.as_str(), 40)),
        ChangeKind::Orphan(id) => format!("first row of {}, an orphan today", fit::middle(id.as_str(), 40)),
        ChangeKind::Point { kind: PointKind::Reset, id } => {
            format!("~reset, inferred: {} begins", fit::middle(id.as_str(), 40))
        }
        ChangeKind::Point { kind, id } => format!("{}: {}", kind.name(), fit::middle(id.as_str(), 40)),
        ChangeKind::Call { alias, target, verdict } => {
            let what = match verdict {
                Verdict::Accepted => "accepted",
                Verdict::Duplicate => "no effect",
                Verdict::Refused(_) => "refused",
            };
            format!("{what}: {} {} {}", name(alias), look.glyphs.arrow, name(target))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: Millis) -> Arrival {
        Arrival { at: time, rank: 0, line: 1, row: 1 }
    }

    fn scrub() -> State {
        let changes =
            [10, 20, 30].map(|time| Change { arrival: at(time), kind: ChangeKind::Appears(Id::new("x")) }).to_vec();
        State::new(Arc::new(Register { changes, ..Register::default() }), None)
    }

    #[test]
    fn steps_go_from_change_to_change_and_end_at_now() {
        let mut state = scrub();
        let moments = |state: &mut State, later: bool| {
            let mut seen = Vec::new();
            while state.step(later) {
                seen.push(state.moment().map(|moment| moment.at));
            }
            seen
        };
        assert!(!state.step(true), "nothing is later than now");
        assert_eq!(moments(&mut state, false), [Some(30), Some(20), Some(10)]);
        assert_eq!(state.place(), "change 1 of 3");
        assert_eq!(moments(&mut state, true), [Some(20), Some(30), None]);
    }

    #[test]
    fn a_moment_between_two_changes_has_one_on_either_side() {
        for (later, expected) in [(false, 20), (true, 30)] {
            let mut state = scrub();
            state.go(Some(Arrival::end_of(25)));
            assert_eq!(state.place(), "change 2 of 3");
            state.step(later);
            assert_eq!(state.moment(), Some(at(expected)));
        }
        let mut state = scrub();
        state.go(Some(Arrival::end_of(5)));
        assert!(!state.step(false));
        assert_eq!(state.place(), "change 0 of 3");
    }
}
