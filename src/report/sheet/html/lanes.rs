//! Lanes next to the rows: which column an id has, and from which line to which.
//!
//! The first ids of the user have columns of their own, further ones share the last of these. An
//! orphan takes the first column right of them that is free while it lasts, so that many orphans
//! after each other need one column.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::{Line, Sheet, class};
use crate::identity::Verdict;
use crate::model::Id;

/// Columns of ids of the user.
const OWN: usize = 4;
/// Columns of orphans.
const ORPHANS: usize = 7;

/// The columns, and what runs in them.
pub(super) struct Lanes<'a> {
    of: HashMap<&'a Id, usize>,
    spans: Vec<Span>,
    columns: usize,
}

/// One lane.
#[derive(Clone, Copy, Debug)]
struct Span {
    column: usize,
    first: usize,
    last: usize,
    orphan: bool,
    /// The line at which an alias call joined it to the user.
    joined: Option<usize>,
}

impl<'a> Lanes<'a> {
    pub(super) fn of(sheet: &Sheet<'a>) -> Self {
        let journey = sheet.journey();
        let mut lanes = Self { of: HashMap::new(), spans: Vec::new(), columns: 0 };
        for (number, member) in journey.ids.iter().enumerate() {
            lanes.add(&member.id, number.min(OWN - 1), false);
        }
        let own = lanes.of.len();
        for orphan in &journey.orphans {
            lanes.add(&orphan.id, 0, true);
        }
        for (number, line) in sheet.lines.iter().enumerate() {
            lanes.meet(number, line);
        }
        let mut free = [0_usize; ORPHANS];
        let base = own.min(OWN);
        let mut orphans: Vec<usize> = (own..lanes.spans.len()).collect();
        orphans.sort_by_key(|at| lanes.spans.get(*at).map(|span| span.first));
        for at in orphans {
            let Some(span) = lanes.spans.get_mut(at).filter(|span| span.first <= span.last) else { continue };
            let column = free.iter().position(|until| *until <= span.first).unwrap_or(ORPHANS - 1);
            if let Some(until) = free.get_mut(column) {
                *until = (*until).max(span.last + 1);
            }
            span.column = base + column;
        }
        let used = lanes.spans.iter().filter(|span| span.first <= span.last).map(|span| span.column + 1);
        let outside = sheet.lines.iter().any(|line| lanes.lane(line).is_none());
        lanes.columns = used.max().unwrap_or(0) + usize::from(outside);
        lanes.columns = lanes.columns.max(1);
        lanes
    }

    fn add(&mut self, id: &'a Id, column: usize, orphan: bool) {
        let next = self.spans.len();
        if *self.of.entry(id).or_insert(next) == next {
            self.spans.push(Span { column, first: usize::MAX, last: 0, orphan, joined: None });
        }
    }

    /// Notes which lanes a line touches.
    fn meet(&mut self, number: usize, line: &Line<'a>) {
        let tied = line.tie.and_then(|(id, _)| self.of.get(id).copied());
        for lane in self.lane(line).into_iter().chain(tied) {
            if let Some(span) = self.spans.get_mut(lane) {
                span.first = span.first.min(number);
                span.last = span.last.max(number);
            }
        }
        let accepted = line.call.is_some_and(|call| call.verdict == Verdict::Accepted);
        if let Some(span) = tied.filter(|_| accepted).and_then(|lane| self.spans.get_mut(lane)) {
            span.joined = Some(number);
        }
    }

    /// The lane of a line: that of its orphan, else of the id it was sent under.
    fn lane(&self, line: &Line<'_>) -> Option<usize> {
        let orphan = line.orphan.map(|orphan| &orphan.id);
        orphan.or(line.sent_as).and_then(|id| self.of.get(id)).or_else(|| self.of.get(line.stored_under?)).copied()
    }

    /// The id of the lane of a line.
    pub(super) fn id<'l>(line: &'l Line<'a>) -> Option<&'l Id> {
        let orphan = line.orphan.map(|orphan| &orphan.id);
        orphan.or(line.sent_as)
    }

    /// Columns of all lanes; a place right of them counts where something happens at none.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// Whether a line is the first of its orphan.
    pub(super) fn begins(&self, number: usize, line: &Line<'_>) -> bool {
        let span = self.lane(line).and_then(|lane| self.spans.get(lane));
        span.is_none_or(|span| span.first == number)
    }
}

/// Goes down the lines and draws what runs next to each.
pub(super) struct Pencil<'l, 'a> {
    lanes: &'l Lanes<'a>,
    /// Spans by their first line, the next one last.
    ahead: Vec<Span>,
    active: Vec<Span>,
}

impl<'l, 'a> Pencil<'l, 'a> {
    pub(super) fn of(lanes: &'l Lanes<'a>) -> Self {
        let mut ahead: Vec<Span> = lanes.spans.iter().filter(|span| span.first < span.last).copied().collect();
        ahead.sort_by_key(|span| std::cmp::Reverse(span.first));
        Self { lanes, ahead, active: Vec::new() }
    }

    /// The lanes that run between line `number` and the one before it.
    pub(super) fn between(&mut self, number: usize) -> String {
        self.active.retain(|span| span.last >= number);
        let mut html = String::new();
        for span in &self.active {
            stroke(&mut html, span, number, "");
        }
        if html.is_empty() { html } else { format!("<span class=\"lanes\">{html}</span>") }
    }

    /// The lanes at line `number`; lines are asked for one after the other.
    pub(super) fn at(&mut self, number: usize, line: &Line<'_>) -> String {
        self.active.retain(|span| span.last >= number);
        while self.ahead.last().is_some_and(|span| span.first <= number) {
            self.active.extend(self.ahead.pop());
        }
        let mut html = String::from("<span class=\"lanes\">");
        for span in &self.active {
            let end = match number {
                _ if number == span.first => " begins",
                _ if number == span.last => " ends",
                _ => "",
            };
            stroke(&mut html, span, number, end);
        }
        let column = |lane: usize| self.lanes.spans.get(lane).map(|span| span.column);
        let at = self.lanes.lane(line).and_then(column).unwrap_or(self.lanes.columns.saturating_sub(1));
        let other = line.tie.and_then(|(id, holds)| Some((column(*self.lanes.of.get(id)?)?, holds)));
        if let Some((other, holds)) = other.filter(|(other, _)| *other != at) {
            let loose = if holds { "" } else { "loose " };
            // Writing to a String cannot fail.
            let _ = write!(html, "<u class=\"{loose}x{} w{}\"></u>", other.min(at), other.abs_diff(at));
            if !holds {
                let _ = write!(html, "<s class=\"x{other}\"></s>");
            }
        }
        let _ = write!(html, "<svg class=\"x{at}\"><use href=\"#{}\"/></svg></span>", class(line));
        html
    }
}

fn stroke(html: &mut String, span: &Span, number: usize, end: &str) {
    let kind = match span.joined {
        _ if span.orphan => " out",
        Some(joined) if number < joined => " early",
        _ => "",
    };
    // Writing to a String cannot fail.
    let _ = write!(html, "<b class=\"x{}{end}{kind}\"></b>", span.column);
}
