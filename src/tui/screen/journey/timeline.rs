//! A journey in the order of the screen.
//!
//! One pass when a journey arrives, on the worker's thread: every row of the user and of the
//! orphans by time, with alias calls and resets that have no row of their own, day breaks and
//! the place where the user became known. An [`Entry`] is an index of a few bytes; what
//! a line says is put together when it is drawn. O(n log n), and O(n) for another zone.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::identity::{Journey, PointKind, Reason, Register, Role, State, Verdict};
use crate::model::facts::Arrival;
use crate::model::{Id, Millis};
use crate::tui::when::Zone;

/// One line of the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A new day begins with the next row.
    Day,
    /// The user becomes known with the next row: index in [`Journey::points`].
    Phase(u32),
    /// A row of the user: index in [`Journey::steps`].
    Step(u32),
    /// A row of an orphan: index in [`Journey::orphans`], and in its steps.
    Orphan(u32, u32),
    /// A reset: index in [`Journey::points`].
    Reset(u32),
    /// An alias call without a row here: index in [`Journey::aliases`].
    Call(u32),
}

impl Entry {
    /// Whether the cursor can stand on it.
    pub fn is_row(self) -> bool {
        !matches!(self, Self::Day | Self::Phase(_))
    }
}

/// What the rows of a lane are to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneKind {
    /// The root.
    Root,
    /// An accepted alias.
    Alias,
    /// An orphan.
    Orphan,
}

/// One id or orphan, with a fixed place from left to right.
#[derive(Clone, Debug)]
pub struct Lane {
    /// The id.
    pub id: Id,
    /// What its rows are.
    pub kind: LaneKind,
    /// `A` to `Z`, then numbers.
    pub label: String,
    /// The first entry that touches it.
    first: usize,
    /// The last entry that touches it.
    last: usize,
    /// The entry where it is joined to the user's data.
    joined: usize,
}

/// How a lane is drawn beside an entry that does not touch it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Track {
    /// Not at all.
    None,
    /// Its rows count for the user.
    Counts,
    /// Its rows are stored apart.
    Apart,
}

/// How many rows there are of which kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Sent under the root.
    pub own: u64,
    /// Sent under an alias, and stored under the root.
    pub through: u64,
    /// Stored apart.
    pub split: u64,
    /// Of orphans that are counted for this user.
    pub orphaned: u64,
    /// Of orphans that others claim as well.
    pub contested: u64,
    /// Alias calls without effect.
    pub refused: u64,
    /// Devices of the user's rows.
    pub devices: u64,
}

/// Parts of the whole time whose rows are counted for the strip.
const PARTS: usize = 240;

/// The lines of a journey, and where on them things are.
#[derive(Clone, Debug)]
pub struct Timeline {
    zone: Zone,
    /// Rows, resets and calls by time, without breaks.
    order: Vec<(Millis, Entry)>,
    /// The entry before which the phase changes, as an index in `order`, and its point.
    known: Known,
    entries: Vec<Entry>,
    phase: Option<usize>,
    days: Vec<usize>,
    points: Vec<usize>,
    problems: Vec<usize>,
    lanes: Vec<Lane>,
    lane_of: HashMap<Id, usize>,
    calls: HashMap<i64, usize>,
    marks: HashMap<i64, usize>,
    coverage: Coverage,
    activity: Vec<u64>,
    register: Arc<Register>,
}

/// Place of an entry: time, arrival, and what comes first within one row.
type Key = (Millis, Arrival, u8);

impl Timeline {
    /// Lays a journey out.
    pub fn new(journey: &Journey, zone: Zone) -> Self {
        let calls: HashMap<i64, usize> = journey
            .aliases
            .iter()
            .enumerate()
            // Lines of a table of aliases have numbers of their own.
            .filter(|(_, line)| !line.from_table)
            .map(|(at, line)| (line.row, at))
            .collect();
        let mut marks = HashMap::new();
        for (at, point) in journey.points.iter().enumerate() {
            if matches!(point.kind, PointKind::Identify | PointKind::Login) {
                marks.entry(point.row).or_insert(at);
            }
        }
        let (order, known) = order(journey, &calls);
        let (lanes, lane_of) = lanes(journey);
        let activity = activity(&order);
        let coverage = coverage(journey);
        let mut timeline = Self {
            zone,
            order,
            known,
            entries: Vec::new(),
            phase: None,
            days: Vec::new(),
            points: Vec::new(),
            problems: Vec::new(),
            lanes,
            lane_of,
            calls,
            marks,
            coverage,
            activity,
            register: Arc::new(Register::of(journey)),
        };
        timeline.lay(journey);
        timeline
    }

    /// The same for another zone: days break elsewhere.
    #[must_use]
    pub fn in_zone(&self, journey: &Journey, zone: Zone) -> Self {
        let mut timeline = Self { zone, ..self.clone() };
        timeline.lay(journey);
        timeline
    }

    /// Calls, lookup table, devices and changes.
    pub fn register(&self) -> &Arc<Register> {
        &self.register
    }

    /// The zone whose days it has.
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// Every line, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The line at a place.
    pub fn entry(&self, at: usize) -> Option<Entry> {
        self.entries.get(at).copied()
    }

    /// Lines that are alias calls, identify points or resets.
    pub fn points(&self) -> &[usize] {
        &self.points
    }

    /// Lines where refused calls, split rows or orphans begin.
    pub fn problems(&self) -> &[usize] {
        &self.problems
    }

    /// Lines that are day breaks.
    pub fn days(&self) -> &[usize] {
        &self.days
    }

    /// Every lane, from left to right.
    pub fn lanes(&self) -> &[Lane] {
        &self.lanes
    }

    /// The lane of an id.
    pub fn lane(&self, id: &Id) -> Option<usize> {
        self.lane_of.get(id).copied()
    }

    /// The name of the lane of an id.
    pub fn label(&self, id: &Id) -> Option<&str> {
        Some(&self.lanes.get(self.lane(id)?)?.label)
    }

    /// The alias call that a row is: index in [`Journey::aliases`].
    pub fn call(&self, row: i64) -> Option<usize> {
        self.calls.get(&row).copied()
    }

    /// The identify point that a row is, other than an alias call: index in [`Journey::points`].
    pub fn mark(&self, row: i64) -> Option<usize> {
        self.marks.get(&row).copied()
    }

    /// What there is of which kind.
    pub fn coverage(&self) -> Coverage {
        self.coverage
    }

    /// Rows in equal parts of the whole time.
    pub fn activity(&self) -> &[u64] {
        &self.activity
    }

    /// Time of the first and of the last line.
    pub fn span(&self) -> Option<(Millis, Millis)> {
        Some((self.order.first()?.0, self.order.last()?.0))
    }

    /// Number of lines that are rows, resets or calls.
    pub fn rows(&self) -> usize {
        self.order.len()
    }

    /// Number of rows, resets and calls up to a line, itself included.
    pub fn row_number(&self, at: usize) -> usize {
        let breaks = self.days.partition_point(|day| *day <= at);
        let phase = self.phase.is_some_and(|phase| phase <= at);
        (at + 1).saturating_sub(breaks + usize::from(phase))
    }

    /// Number of rows of the day that begins at line `day`.
    pub fn rows_of_day(&self, day: usize) -> usize {
        let next = self.days.partition_point(|other| *other <= day);
        let end = self.days.get(next).copied().unwrap_or(self.entries.len());
        let lines = end.saturating_sub(day + 1);
        lines - usize::from(self.phase.is_some_and(|phase| (day..end).contains(&phase)))
    }

    /// When the line at a place happened; for a break, when the row after it did.
    pub fn time(&self, journey: &Journey, at: usize) -> Option<Millis> {
        // A break is followed by at most one other before its row.
        (at..at + 3).find_map(|at| time(journey, self.entry(at)?))
    }

    /// Time since the row before the line at a place.
    pub fn gap(&self, journey: &Journey, at: usize) -> Option<i64> {
        let before = (at.saturating_sub(3)..at).rev().find(|at| self.entry(*at).is_some_and(Entry::is_row))?;
        self.time(journey, at)?.checked_sub(self.time(journey, before)?)
    }

    /// The line of a row of the store. Looks at every line; for a jump, not for a frame.
    pub fn find_row(&self, journey: &Journey, row: i64) -> Option<usize> {
        self.entries.iter().position(|entry| match *entry {
            Entry::Call(at) => journey.aliases.get(at as usize).is_some_and(|line| line.row == row && !line.from_table),
            entry => event(journey, entry).is_some_and(|event| event.row == row),
        })
    }

    /// The line of an alias call. Looks at every line, as [`Timeline::find_row`] does.
    pub fn find_call(&self, journey: &Journey, call: usize) -> Option<usize> {
        self.entries.iter().position(|entry| self.call_of(journey, *entry) == Some(call))
    }

    /// How a lane is drawn beside the line at a place.
    pub fn track(&self, lane: usize, at: usize) -> Track {
        let Some(lane) = self.lanes.get(lane) else { return Track::None };
        if at < lane.first || at > lane.last {
            Track::None
        } else if lane.kind == LaneKind::Orphan || at < lane.joined {
            Track::Apart
        } else {
            Track::Counts
        }
    }

    /// Puts breaks between the rows, and notes where everything is.
    fn lay(&mut self, journey: &Journey) {
        self.entries.clear();
        self.entries.reserve(self.order.len() + 64);
        self.days.clear();
        self.phase = None;
        self.points.clear();
        self.problems.clear();
        for lane in &mut self.lanes {
            (lane.first, lane.last, lane.joined) = (usize::MAX, 0, 0);
        }
        let mut day = None;
        let mut problem = None;
        for item in 0..self.order.len() {
            let Some((time, entry)) = self.order.get(item).copied() else { break };
            let today = self.zone.day(time);
            if day != Some(today) {
                day = Some(today);
                self.days.push(self.entries.len());
                self.entries.push(Entry::Day);
            }
            if let Some((at, point)) = self.known
                && at == item
            {
                self.phase = Some(self.entries.len());
                self.entries.push(Entry::Phase(point));
            }
            let at = self.entries.len();
            self.entries.push(entry);
            let call = self.call_of(journey, entry);
            if call.is_some() || self.is_mark(journey, entry) {
                self.points.push(at);
            }
            let now = self.problem(journey, entry, call);
            if now.is_some() && now != problem {
                self.problems.push(at);
            }
            problem = now;
            self.touch(journey, entry, call, at);
        }
        let end = self.entries.len().saturating_sub(1);
        for lane in &mut self.lanes {
            // The user's own lanes go on: later rows under these ids would still be theirs.
            if lane.kind != LaneKind::Orphan && lane.first != usize::MAX {
                lane.last = end;
            }
        }
    }

    /// The alias call that an entry is.
    pub fn call_of(&self, journey: &Journey, entry: Entry) -> Option<usize> {
        match entry {
            Entry::Call(at) => Some(at as usize),
            Entry::Reset(_) => None,
            entry => self.call(event(journey, entry)?.row),
        }
    }

    fn is_mark(&self, journey: &Journey, entry: Entry) -> bool {
        match entry {
            Entry::Reset(_) => true,
            entry => event(journey, entry).is_some_and(|event| self.mark(event.row).is_some()),
        }
    }

    /// What is wrong with an entry, told apart from what is wrong with its neighbours.
    fn problem(&self, journey: &Journey, entry: Entry, call: Option<usize>) -> Option<(u8, u32)> {
        if let Some(call) = call.and_then(|call| journey.aliases.get(call))
            && matches!(call.verdict, Verdict::Refused(_))
        {
            return Some((0, u32::try_from(call.source.line).unwrap_or(u32::MAX)));
        }
        match entry {
            Entry::Step(at) => {
                let step = journey.steps.get(at as usize)?;
                let lane = step.event.id.as_ref().and_then(|id| self.lane(id)).unwrap_or(0);
                (step.state != State::Merged).then_some((1, u32::try_from(lane).unwrap_or(u32::MAX)))
            }
            Entry::Orphan(orphan, _) => Some((2, orphan)),
            _ => None,
        }
    }

    /// Notes that an entry, and a join or bar on it, touches lanes.
    fn touch(&mut self, journey: &Journey, entry: Entry, call: Option<usize>, at: usize) {
        let mut touched = [self.lane_of_entry(journey, entry), None, None];
        if let Some(line) = call.and_then(|call| journey.aliases.get(call)) {
            let alias = line.alias.as_ref().and_then(|id| self.lane(id));
            let target = line.target.as_ref().and_then(|id| self.lane(id));
            if line.verdict == Verdict::Accepted
                && let Some(lane) = alias.and_then(|lane| self.lanes.get_mut(lane))
                && lane.kind == LaneKind::Alias
            {
                lane.joined = at;
            }
            touched = [touched[0], alias, target];
        }
        for lane in touched.into_iter().flatten() {
            if let Some(lane) = self.lanes.get_mut(lane) {
                lane.first = lane.first.min(at);
                lane.last = lane.last.max(at);
            }
        }
    }

    /// The lane that an entry is drawn in.
    pub fn lane_of_entry(&self, journey: &Journey, entry: Entry) -> Option<usize> {
        match entry {
            Entry::Day | Entry::Phase(_) => None,
            Entry::Step(at) => {
                let step = journey.steps.get(at as usize)?;
                step.event.id.as_ref().and_then(|id| self.lane(id)).or_else(|| self.lane(&step.stored_under))
            }
            Entry::Orphan(orphan, _) => self.lane(&journey.orphans.get(orphan as usize)?.id),
            Entry::Reset(at) => self.lane(&journey.points.get(at as usize)?.id),
            Entry::Call(at) => {
                let line = journey.aliases.get(at as usize)?;
                let lane = |id: &Option<Id>| id.as_ref().and_then(|id| self.lane(id));
                lane(&line.target).or_else(|| lane(&line.alias))
            }
        }
    }
}

/// The row that an entry shows; a reset and a call without a row have none.
pub fn event(journey: &Journey, entry: Entry) -> Option<&crate::model::facts::Event> {
    match entry {
        Entry::Step(at) => Some(&journey.steps.get(at as usize)?.event),
        Entry::Orphan(orphan, step) => Some(&journey.orphans.get(orphan as usize)?.steps.get(step as usize)?.event),
        _ => None,
    }
}

fn time(journey: &Journey, entry: Entry) -> Option<Millis> {
    match entry {
        Entry::Reset(at) => Some(journey.points.get(at as usize)?.time),
        Entry::Call(at) => Some(journey.aliases.get(at as usize)?.time),
        entry => Some(event(journey, entry)?.time),
    }
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The row with which the user becomes known, and the point that says so.
type Known = Option<(usize, u32)>;

/// All rows by time, and where the phase changes.
fn order(journey: &Journey, calls: &HashMap<i64, usize>) -> (Vec<(Millis, Entry)>, Known) {
    let pointed: HashSet<i64> = journey.points.iter().map(|point| point.row).collect();
    let mut key_of: HashMap<i64, Key> = HashMap::new();
    let mut shown_calls: HashSet<i64> = HashSet::new();
    let mut keyed: Vec<(Key, Entry)> = Vec::with_capacity(journey.steps.len() + journey.points.len());
    let mut add = |entry: Entry, event: &crate::model::facts::Event| {
        let key = (event.time, event.arrival(), 1);
        if pointed.contains(&event.row) {
            key_of.insert(event.row, key);
        }
        if calls.contains_key(&event.row) {
            shown_calls.insert(event.row);
        }
        keyed.push((key, entry));
    };
    for (at, step) in journey.steps.iter().enumerate() {
        add(Entry::Step(index(at)), &step.event);
    }
    for (at, orphan) in journey.orphans.iter().enumerate() {
        for (step_at, step) in orphan.steps.iter().enumerate() {
            add(Entry::Orphan(index(at), index(step_at)), &step.event);
        }
    }
    for (at, line) in journey.aliases.iter().enumerate() {
        if line.from_table || !shown_calls.contains(&line.row) {
            let arrival = Arrival { at: line.order, rank: line.source.rank, line: line.source.line, row: line.row };
            keyed.push(((line.time, arrival, 1), Entry::Call(index(at))));
        }
    }
    for (at, point) in journey.points.iter().enumerate() {
        if point.kind == PointKind::Reset {
            let (time, arrival, _) = key_of.get(&point.row).copied().unwrap_or_else(|| key_of_point(point));
            keyed.push(((time, arrival, 0), Entry::Reset(index(at))));
        }
    }
    keyed.sort_by_key(|(key, _)| *key);
    let known = journey
        .points
        .iter()
        .enumerate()
        .filter(|(_, point)| point.kind != PointKind::Reset)
        .map(|(at, point)| (key_of.get(&point.row).copied().unwrap_or_else(|| key_of_point(point)), at))
        .min_by_key(|(key, _)| *key)
        .map(|(key, at)| (keyed.partition_point(|(other, _)| *other < key), index(at)))
        .filter(|(at, _)| *at < keyed.len());
    (keyed.into_iter().map(|((time, ..), entry)| (time, entry)).collect(), known)
}

fn key_of_point(point: &crate::identity::Point) -> Key {
    let arrival = Arrival { at: point.time, rank: point.source.rank, line: point.source.line, row: point.row };
    (point.time, arrival, 1)
}

/// One lane for each id of the user, then one for each orphan.
fn lanes(journey: &Journey) -> (Vec<Lane>, HashMap<Id, usize>) {
    let mut lanes: Vec<Lane> = Vec::new();
    let mut lane_of = HashMap::new();
    let mut add = |ids: &mut dyn Iterator<Item = &Id>, kind: LaneKind| {
        let at = lanes.len();
        let mut ids = ids.peekable();
        if let Some(id) = ids.peek() {
            lanes.push(Lane { id: (*id).clone(), kind, label: label(at), first: usize::MAX, last: 0, joined: 0 });
        }
        for id in ids {
            lane_of.entry(id.clone()).or_insert(at);
        }
    };
    for member in &journey.ids {
        let kind = if member.role == Role::Root { LaneKind::Root } else { LaneKind::Alias };
        add(&mut std::iter::once(&member.id), kind);
    }
    for orphan in &journey.orphans {
        add(&mut std::iter::once(&orphan.id).chain(&orphan.ids), LaneKind::Orphan);
    }
    (lanes, lane_of)
}

/// `A` to `Z`, then `27`, `28`, …
fn label(at: usize) -> String {
    match u8::try_from(at) {
        Ok(small @ 0..26) => char::from(b'A' + small).to_string(),
        _ => (at + 1).to_string(),
    }
}

fn activity(order: &[(Millis, Entry)]) -> Vec<u64> {
    let mut parts = vec![0; PARTS];
    let (Some((first, _)), Some((last, _))) = (order.first(), order.last()) else { return Vec::new() };
    let whole = last.saturating_sub(*first).max(1);
    for (time, _) in order {
        let part = i128::from(time.saturating_sub(*first)) * (PARTS as i128 - 1) / i128::from(whole);
        if let Some(count) = usize::try_from(part).ok().and_then(|part| parts.get_mut(part)) {
            *count += 1;
        }
    }
    parts
}

fn coverage(journey: &Journey) -> Coverage {
    let mut coverage = Coverage { refused: journey.refused().count() as u64, ..Coverage::default() };
    let mut devices: HashSet<&Id> = HashSet::new();
    for step in &journey.steps {
        devices.extend(step.event.device.as_ref());
        match (&step.reason, step.state) {
            (_, State::Split(_)) => coverage.split += 1,
            (Reason::Through { .. }, State::Merged) => coverage.through += 1,
            (_, State::Merged) => coverage.own += 1,
        }
    }
    coverage.devices = devices.len() as u64;
    for orphan in &journey.orphans {
        let rows = orphan.steps.len() as u64;
        if orphan.contested {
            coverage.contested += rows;
        } else {
            coverage.orphaned += rows;
        }
    }
    coverage
}
