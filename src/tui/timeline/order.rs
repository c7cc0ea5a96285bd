//! Rows in the order of a clock, broken into sessions.
//!
//! A session ends after half an hour without a row, at midnight of the zone and at a reset.
//! Rows that are not merged (orphans, splits) stand in place, after all others, or are left
//! out; alias calls, identify points and resets always stand in place, because they are what
//! happened to the user. A *position* is a place in this order. O(n), and O(n log n) for the
//! clock of arrival.

use crate::identity::{Journey, Verdict};
use crate::model::{Client, Id, Millis};
use crate::tui::when::Zone;

use super::{Entry, LaneKind, Row, Timeline, Traits, event, index};

/// What ends a session when nothing happens.
pub const IDLE: i64 = 30 * 60 * 1_000;

/// Which time orders the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Clock {
    /// When it happened.
    #[default]
    Event,
    /// When the server had it.
    Arrival,
}

/// Where rows that are not merged stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Unmerged {
    /// Among the others.
    #[default]
    InPlace,
    /// After all others.
    After,
    /// Nowhere; the screen gives their number.
    Hidden,
}

/// Why a session begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// It is the first one.
    First,
    /// Midnight.
    Day,
    /// Half an hour without a row.
    Idle,
    /// A reset.
    Reset,
}

/// Rows that belong together in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its first position.
    pub from: usize,
    /// The position after its last.
    pub to: usize,
    /// Why it begins.
    pub by: Break,
    /// Whether its day is another than that of the session before.
    pub new_day: bool,
    /// Time since the last row of the session before.
    pub idle: Option<i64>,
    /// When it begins.
    pub first: Millis,
    /// When it ends.
    pub last: Millis,
    /// The first row that tells its client or device: index in [`Timeline::rows`].
    pub client: Option<u32>,
    /// Number of clients besides that one.
    pub more_clients: usize,
}

/// From where to where a lane is drawn, in positions.
#[derive(Clone, Copy, Debug)]
struct Span {
    first: usize,
    last: usize,
    /// Where it is joined to the user's data.
    joined: usize,
}

/// How a lane is drawn at a row of another lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Track {
    /// Not at all.
    None,
    /// Its rows count for the user.
    Counts,
    /// Its rows are not merged.
    Unmerged,
}

/// The rows in order.
#[derive(Clone, Debug, Default)]
pub struct Order {
    zone: Zone,
    clock: Clock,
    unmerged: Unmerged,
    rows: Vec<u32>,
    /// The first position of rows that stand after all others.
    unmerged_from: usize,
    hidden: usize,
    sessions: Vec<Session>,
    /// The session of each position.
    session_of: Vec<u32>,
    spans: Vec<Span>,
    known: Option<(usize, u32)>,
}

/// Clients of one session that the screen names; all others count as one more.
const MOST_CLIENTS: usize = 16;

impl Order {
    /// Puts the rows of a timeline in order.
    pub fn new(journey: &Journey, timeline: &Timeline, zone: Zone, clock: Clock, unmerged: Unmerged) -> Self {
        let all = timeline.rows();
        let mut rows: Vec<u32> = (0..all.len()).map(index).collect();
        if clock == Clock::Arrival {
            // Stable: what comes first within one row stays first.
            rows.sort_by_key(|row| all.get(*row as usize).map(|row| row.arrival));
        }
        let mut order = Self { zone, clock, unmerged, unmerged_from: rows.len(), ..Self::default() };
        if unmerged != Unmerged::InPlace {
            let is_unmerged = |row: &u32| all.get(*row as usize).is_some_and(is_unmerged);
            let (away, here): (Vec<u32>, Vec<u32>) = rows.into_iter().partition(is_unmerged);
            order.unmerged_from = here.len();
            rows = here;
            if unmerged == Unmerged::After {
                rows.extend(away);
            } else {
                order.hidden = away.len();
            }
        }
        order.rows = rows;
        order.known = timeline.known().and_then(|(row, point)| Some((order.position(index(row))?, point)));
        (order.sessions, order.session_of) = order.sessions(journey, timeline);
        order.spans = order.spans(journey, timeline);
        order
    }

    /// The zone of its days.
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// Its clock.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Where rows that are not merged stand.
    pub fn unmerged(&self) -> Unmerged {
        self.unmerged
    }

    /// Rows by position: indices in [`Timeline::rows`].
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// Rows that are left out.
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// The first position of rows that stand after all others.
    pub fn unmerged_from(&self) -> usize {
        self.unmerged_from
    }

    /// The position with which the user becomes known, and the point that says so.
    pub fn known(&self) -> Option<(usize, u32)> {
        self.known
    }

    /// The sessions.
    pub fn list(&self) -> &[Session] {
        &self.sessions
    }

    /// The session of a position: index in [`Order::list`].
    pub fn session(&self, position: usize) -> usize {
        self.session_of.get(position).copied().unwrap_or(0) as usize
    }

    /// The position of a row. Looks at every one; for a jump, not for a frame.
    pub fn position(&self, row: u32) -> Option<usize> {
        if self.clock == Clock::Event && self.unmerged == Unmerged::InPlace {
            return ((row as usize) < self.rows.len()).then_some(row as usize);
        }
        self.rows.iter().position(|other| *other == row)
    }

    /// The row at a position.
    pub fn row<'t>(&self, timeline: &'t Timeline, position: usize) -> Option<&'t Row> {
        timeline.row(*self.rows.get(position)? as usize)
    }

    /// The time of a position by its clock.
    pub fn time(&self, timeline: &Timeline, position: usize) -> Option<Millis> {
        Some(self.time_of(self.row(timeline, position)?))
    }

    /// The time of a row by its clock.
    pub fn time_of(&self, row: &Row) -> Millis {
        match self.clock {
            Clock::Event => row.time,
            Clock::Arrival => row.arrival.at,
        }
    }

    /// How a lane is drawn at a position.
    pub fn track(&self, timeline: &Timeline, lane: usize, position: usize) -> Track {
        let (Some(span), Some(kind)) = (self.spans.get(lane), timeline.lanes().get(lane).map(|lane| lane.kind)) else {
            return Track::None;
        };
        if position < span.first || position > span.last {
            Track::None
        } else if kind == LaneKind::Orphan || position < span.joined {
            Track::Unmerged
        } else {
            Track::Counts
        }
    }

    fn sessions(&self, journey: &Journey, timeline: &Timeline) -> (Vec<Session>, Vec<u32>) {
        let mut sessions: Vec<Session> = Vec::new();
        let mut session_of = Vec::with_capacity(self.rows.len());
        let mut clients: Vec<u32> = Vec::new();
        let mut day = None;
        for (position, at) in self.rows.iter().enumerate() {
            let Some(row) = timeline.row(*at as usize) else { break };
            let time = self.time_of(row);
            let today = Some(self.zone.day(time));
            let idle = sessions.last().map(|session| time.saturating_sub(session.last));
            let by = if position == 0 || position == self.unmerged_from {
                Some(Break::First)
            } else if day != today {
                Some(Break::Day)
            } else if idle.is_some_and(|idle| idle > IDLE) {
                Some(Break::Idle)
            } else {
                matches!(row.entry, Entry::Reset(_)).then_some(Break::Reset)
            };
            if let Some(by) = by {
                clients.clear();
                sessions.push(Session {
                    from: position,
                    to: position,
                    by,
                    new_day: day != today || by == Break::First,
                    idle: idle.filter(|_| by != Break::First),
                    first: time,
                    last: time,
                    client: None,
                    more_clients: 0,
                });
            }
            day = today;
            session_of.push(index(sessions.len().saturating_sub(1)));
            let Some(session) = sessions.last_mut() else { continue };
            session.to = position + 1;
            session.last = time;
            let Some(teller) = teller(journey, row.entry) else { continue };
            let known = |other: &u32| {
                timeline.row(*other as usize).and_then(|row| self::teller(journey, row.entry)) == Some(teller)
            };
            if clients.len() < MOST_CLIENTS && !clients.iter().rev().any(known) {
                clients.push(*at);
                match session.client {
                    None => session.client = Some(*at),
                    Some(_) => session.more_clients += 1,
                }
            }
        }
        (sessions, session_of)
    }

    fn spans(&self, journey: &Journey, timeline: &Timeline) -> Vec<Span> {
        let mut spans = vec![Span { first: usize::MAX, last: 0, joined: 0 }; timeline.lanes().len()];
        for (position, at) in self.rows.iter().enumerate() {
            let Some(row) = timeline.row(*at as usize) else { continue };
            let mut touched = [row.lane.map(|lane| lane as usize), None, None];
            if row.traits.any(Traits::ALIAS | Traits::REFUSED)
                && let Some(line) = timeline.call_of(journey, row.entry).and_then(|call| journey.aliases.get(call))
            {
                let lane = |id: &Option<Id>| id.as_ref().and_then(|id| timeline.lane(id));
                let (alias, target) = (lane(&line.alias), lane(&line.target));
                let is_alias =
                    |lane: usize| timeline.lanes().get(lane).is_some_and(|lane| lane.kind == LaneKind::Alias);
                if line.verdict == Verdict::Accepted
                    && let Some(span) = alias.filter(|lane| is_alias(*lane)).and_then(|lane| spans.get_mut(lane))
                {
                    span.joined = position;
                }
                touched = [touched[0], alias, target];
            }
            for lane in touched.into_iter().flatten() {
                if let Some(span) = spans.get_mut(lane) {
                    span.first = span.first.min(position);
                    span.last = span.last.max(position);
                }
            }
        }
        let end = self.rows.len().saturating_sub(1);
        for (span, lane) in spans.iter_mut().zip(timeline.lanes()) {
            // The user's own lanes go on: later rows under these ids would still be theirs.
            if lane.kind != LaneKind::Orphan && span.first != usize::MAX {
                span.last = end;
            }
        }
        spans
    }
}

impl std::ops::BitOr for Traits {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Whether a row is not merged, so that its place depends on the setting.
fn is_unmerged(row: &Row) -> bool {
    row.traits.any(Traits::ORPHAN | Traits::SPLIT) && !row.traits.any(Traits::POINT)
}

/// What tells which program and machine sent a row: its client, else its device.
fn teller(journey: &Journey, entry: Entry) -> Option<(Option<&Client>, Option<&Id>)> {
    let event = event(journey, entry)?;
    match (&event.client, &event.device) {
        (Some(client), _) => Some((Some(client), None)),
        (None, Some(device)) => Some((None, Some(device))),
        (None, None) => None,
    }
}
