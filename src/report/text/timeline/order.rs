//! The lines of the timeline in order of time, and the lanes that they touch.

use std::collections::HashSet;

use rustc_hash::FxHashSet;

use super::super::lanes::Lanes;
use crate::identity::{AliasLine, Journey, Point, PointKind, Reason, Step, Verdict};
use crate::model::{Id, Millis};
use crate::report::Shown;

/// One line of the timeline.
pub(super) enum Line<'a> {
    /// A row of the user.
    Row(&'a Step),
    /// An alias call whose row is not the user's, or that has none.
    Call(&'a AliasLine),
    /// A reset that no row of the user shows.
    Reset(&'a Point),
}

impl Line<'_> {
    pub(super) fn time(&self) -> Millis {
        match self {
            Self::Row(step) => step.event.time,
            Self::Call(call) => call.time,
            Self::Reset(point) => point.time,
        }
    }
}

/// The rows with the calls and resets that none of them is, by time.
pub(super) fn lines(shown: Shown<'_>) -> Vec<Line<'_>> {
    let journey = shown.journey;
    let resets = || journey.points.iter().enumerate().filter(|(_, point)| point.kind == PointKind::Reset);
    // Resets that no row of the user shows.
    let mut outside: FxHashSet<i64> = resets().map(|(_, point)| point.row).collect();
    let mut called: HashSet<usize> = HashSet::new();
    for step in &journey.steps {
        if let Reason::Call { call } = step.reason {
            called.insert(call);
        }
        if !outside.is_empty() {
            outside.remove(&step.event.row);
        }
    }
    let resets = resets().filter(|(at, point)| outside.contains(&point.row) && shown.has_point(*at));
    let calls = journey.aliases.iter().enumerate();
    let calls = calls.filter(|(index, _)| !called.contains(index) && shown.has_call(*index));
    let mut lines = Vec::with_capacity(shown.steps().count() + 64);
    lines.extend(resets.map(|(_, point)| Line::Reset(point)));
    let resets = lines.len();
    lines.extend(shown.steps().map(Line::Row));
    let rows = lines.len() - resets;
    lines.extend(calls.map(|(_, call)| Line::Call(call)));
    // The rows are in order of time already.
    if rows < lines.len() {
        lines.sort_by_key(Line::time);
    }
    lines
}

/// Notes the lanes that a line touches; `before` is the last sender and its lane.
pub(super) fn touch<'a>(
    lanes: &mut Lanes<'a>,
    journey: &'a Journey,
    line: &Line<'a>,
    number: usize,
    before: &mut Option<(&'a Id, Option<usize>)>,
) {
    let call = match line {
        Line::Row(step) => {
            if let Some(id) = step.event.id.as_ref() {
                let lane = match *before {
                    Some((same, lane)) if same.place() == id.place() => lane,
                    _ => lanes.lane(id),
                };
                *before = Some((id, lane));
                if let Some(lane) = lane {
                    lanes.touch(lane, number);
                }
            }
            match step.reason {
                Reason::Call { call } => journey.aliases.get(call),
                _ => None,
            }
        }
        Line::Call(call) => Some(*call),
        Line::Reset(_) => None,
    };
    if let Some(call) = call {
        // A refused call starts no lane: it only points at one.
        let joined = [call.alias.as_ref(), call.target.as_ref()];
        for id in joined.into_iter().flatten().filter(|_| call.verdict == Verdict::Accepted) {
            if let Some(lane) = lanes.lane(id) {
                lanes.touch(lane, number);
            }
        }
    }
}
