//! A journey in the order of the screen.
//!
//! One pass when a journey arrives, on the worker's thread: every row of the user and of the
//! orphans by time, with alias calls and resets that have no row of their own, and what each is
//! ([`Row`]). [`order`] puts them in the order of a clock and breaks them into sessions,
//! [`lines`] folds and filters them into what stands on the screen. What a line says is put
//! together when it is drawn. O(n log n), and O(n) for another zone.

pub mod cells;
pub mod devices;
mod lay;
pub mod lines;
pub mod loss;
pub mod order;
pub mod sift;

use std::collections::HashMap;
use std::sync::Arc;

use crate::identity::{Journey, PointKind, Register, Severity, State, Summary, Verdict};
use crate::model::facts::{Arrival, Event};
use crate::model::{Id, Millis};
use crate::tui::when::Zone;

pub use self::devices::Devices;
use self::lay::{activity, before, coverage, lanes, part, rows};
pub use self::lines::{Line, Lines, Place};
pub use self::loss::Loss;
pub use self::order::{Clock, Order, Session, Unmerged};

/// What one row of the timeline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A row of the user: index in [`Journey::steps`].
    Step(u32),
    /// A row of an orphan: index in [`Journey::orphans`], and in its steps.
    Orphan(u32, u32),
    /// A reset: index in [`Journey::points`].
    Reset(u32),
    /// An alias call without a row here: index in [`Journey::aliases`].
    Call(u32),
}

/// What is special about a row; nothing for most of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traits(u16);

impl Traits {
    /// An alias call that has an effect, or had it already.
    pub const ALIAS: Self = Self(1);
    /// A refused alias call.
    pub const REFUSED: Self = Self(2);
    /// An identify point other than an alias call.
    pub const IDENTIFY: Self = Self(4);
    /// A reset.
    pub const RESET: Self = Self(8);
    /// A split row: stored under an alias.
    pub const SPLIT: Self = Self(16);
    /// A row of an orphan.
    pub const ORPHAN: Self = Self(32);
    /// A row that a finding names.
    pub const FINDING: Self = Self(64);
    /// A row that a finding names which is an error or a warning.
    pub const MISTAKE: Self = Self(128);
    /// Alias calls, identify points and resets.
    pub const POINT: Self = Self(1 | 2 | 4 | 8);

    /// Whether it is any of `of`.
    pub fn any(self, of: Self) -> bool {
        self.0 & of.0 != 0
    }

    fn add(&mut self, of: Self) {
        self.0 |= of.0;
    }

    /// Whether the row stands for itself alone, and is never folded away with others.
    pub fn is_special(self) -> bool {
        self.0 != 0
    }
}

/// One row, reset or call of the timeline.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What it is.
    pub entry: Entry,
    /// When it happened.
    pub time: Millis,
    /// When the server had it, and what breaks a tie.
    pub arrival: Arrival,
    /// The lane that it is drawn in.
    pub lane: Option<u32>,
    /// What is special about it.
    pub traits: Traits,
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
}

/// How many rows there are of which kind.
///
/// `own`, `through` and `split` are all rows of the user; `orphaned`, `contested` and `hinted`
/// all rows of orphans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Sent under the root.
    pub own: u64,
    /// Sent under an alias, and stored under the root.
    pub through: u64,
    /// Split rows.
    pub split: u64,
    /// Of orphans that are counted for this user.
    pub orphaned: u64,
    /// Of orphans that others claim as well.
    pub contested: u64,
    /// Of orphans that only a weak hint ties to this user.
    pub hinted: u64,
    /// Alias calls without effect.
    pub refused: u64,
    /// Devices of the user's rows.
    pub devices: u64,
}

/// Parts of the whole time whose rows are counted for the strip.
const PARTS: usize = 240;

/// The rows of a journey by time, and where on them things are.
#[derive(Clone, Debug)]
pub struct Timeline {
    rows: Vec<Row>,
    /// The row with which the user becomes known, and the point that says so.
    known: Known,
    lanes: Vec<Lane>,
    lane_of: HashMap<Id, usize>,
    calls: HashMap<i64, usize>,
    marks: HashMap<i64, usize>,
    coverage: Coverage,
    activity: Vec<u64>,
    register: Arc<Register>,
    summary: Arc<Summary>,
    strip: Vec<Traits>,
    losses: HashMap<usize, Loss>,
    precise: bool,
    /// The row before of each row: see [`Timeline::before`].
    before: Vec<u32>,
    order: Arc<Order>,
}

/// Place of an entry: time, arrival, and what comes first within one row.
type Key = (Millis, Arrival, u8);

/// The row with which the user becomes known, and the point that says so.
type Known = Option<(usize, u32)>;

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
        let (lanes, lane_of) = lanes(journey);
        let (rows, known) = rows(journey, &calls);
        let mut timeline = Self {
            activity: activity(&rows),
            before: before(journey, &rows),
            strip: Vec::new(),
            losses: HashMap::new(),
            precise: false,
            rows,
            known,
            lanes,
            lane_of,
            calls,
            marks,
            coverage: coverage(journey),
            register: Arc::new(Register::of(journey)),
            summary: Arc::new(Summary::of(journey)),
            order: Arc::default(),
        };
        timeline.tell(journey);
        timeline.strip = timeline.signs();
        timeline.precise = timeline.has_close_calls(journey);
        timeline.losses = loss::losses(journey, &timeline);
        timeline.order = Arc::new(Order::new(journey, &timeline, zone, Clock::Event, Unmerged::InPlace));
        timeline
    }

    /// Every row, by time.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Calls, lookup table, devices and changes.
    pub fn register(&self) -> &Arc<Register> {
        &self.register
    }

    /// What was done how often, and with what.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// One row.
    pub fn row(&self, at: usize) -> Option<&Row> {
        self.rows.get(at)
    }

    /// Everything in its place by event time, in the zone that it was laid out for.
    pub fn order(&self) -> &Arc<Order> {
        &self.order
    }

    /// The row with which the user becomes known: index of the row, and in [`Journey::points`].
    pub fn known(&self) -> Option<(usize, u32)> {
        self.known
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

    /// Whether times are shown to the millisecond: two calls or points of different rows are
    /// less than a second apart, and which came first decides.
    pub fn is_precise(&self) -> bool {
        self.precise
    }

    /// What there is of which kind.
    pub fn coverage(&self) -> Coverage {
        self.coverage
    }

    /// Rows in equal parts of the whole time.
    pub fn activity(&self) -> &[u64] {
        &self.activity
    }

    /// The column of a moment, where `columns` are the whole time.
    pub fn column(&self, time: Millis, columns: usize) -> usize {
        let Some((first, last)) = self.span() else { return 0 };
        part(time, first, last) * columns / PARTS
    }

    /// The first row in a column or after it, where `columns` are the whole time.
    pub fn row_in_column(&self, column: usize, columns: usize) -> Option<usize> {
        let at = self.rows.partition_point(|row| self.column(row.time, columns) < column);
        Some(at.min(self.rows.len().checked_sub(1)?))
    }

    /// What happened to the identity in the same parts.
    pub fn marks(&self) -> &[Traits] {
        &self.strip
    }

    /// What was lost after each refused call, by its index in [`Journey::aliases`].
    pub fn losses(&self) -> &HashMap<usize, Loss> {
        &self.losses
    }

    /// The row before of the same device, or of the same id where a row names no device.
    pub fn before(&self, row: usize) -> Option<usize> {
        let before = *self.before.get(row)?;
        (before != u32::MAX).then_some(before as usize)
    }

    /// Time of the first and of the last row.
    pub fn span(&self) -> Option<(Millis, Millis)> {
        Some((self.rows.first()?.time, self.rows.last()?.time))
    }

    /// The row of a row of the store. Looks at every one; for a jump, not for a frame.
    pub fn find_row(&self, journey: &Journey, row: i64) -> Option<usize> {
        self.rows.iter().position(|line| match line.entry {
            Entry::Call(at) => journey.aliases.get(at as usize).is_some_and(|line| line.row == row && !line.from_table),
            entry => event(journey, entry).is_some_and(|event| event.row == row),
        })
    }

    /// The row of an alias call. Looks at every one, as [`Timeline::find_row`] does.
    pub fn find_call(&self, journey: &Journey, call: usize) -> Option<usize> {
        self.rows.iter().position(|row| self.call_of(journey, row.entry) == Some(call))
    }

    /// The alias call that an entry is.
    pub fn call_of(&self, journey: &Journey, entry: Entry) -> Option<usize> {
        match entry {
            Entry::Call(at) => Some(at as usize),
            Entry::Reset(_) => None,
            entry => self.call(event(journey, entry)?.row),
        }
    }

    /// The identify point or reset that an entry is: index in [`Journey::points`].
    pub fn point_of(&self, journey: &Journey, entry: Entry) -> Option<usize> {
        match entry {
            Entry::Reset(at) => Some(at as usize),
            Entry::Call(_) => None,
            entry => self.mark(event(journey, entry)?.row),
        }
    }

    fn has_close_calls(&self, journey: &Journey) -> bool {
        // An identify that changes nothing is one of the calls of a race as well.
        let is_call = |row: &&Row| {
            row.traits.any(Traits::POINT) || event(journey, row.entry).is_some_and(|event| event.verb.is_about_ids())
        };
        let calls: Vec<Millis> = self.rows.iter().filter(is_call).map(|row| row.time).collect();
        let gaps = calls.windows(2).map(|pair| pair.last().zip(pair.first()).map_or(0, |(last, first)| last - first));
        gaps.into_iter().any(|gap| (1..1_000).contains(&gap))
    }

    fn signs(&self) -> Vec<Traits> {
        let mut parts = vec![Traits::default(); PARTS];
        let Some((first, last)) = self.span() else { return parts };
        for row in self.rows.iter().filter(|row| row.traits.any(Traits::POINT)) {
            if let Some(part) = parts.get_mut(part(row.time, first, last)) {
                part.add(row.traits);
            }
        }
        parts
    }

    /// Notes what is special about each row, and its lane.
    fn tell(&mut self, journey: &Journey) {
        let mut found: HashMap<(u32, u64), Traits> = HashMap::new();
        for finding in &journey.findings {
            for source in &finding.sources {
                let traits = found.entry((source.rank, source.line)).or_default();
                traits.add(Traits::FINDING);
                // A note is nothing to mend.
                if finding.severity() < Severity::Note {
                    traits.add(Traits::MISTAKE);
                }
            }
        }
        let mut rows = std::mem::take(&mut self.rows);
        for row in &mut rows {
            let mut traits = Traits::default();
            if let Some(call) = self.call_of(journey, row.entry).and_then(|call| journey.aliases.get(call)) {
                let refused = matches!(call.verdict, Verdict::Refused(_));
                traits.add(if refused { Traits::REFUSED } else { Traits::ALIAS });
            }
            match row.entry {
                Entry::Reset(_) => traits.add(Traits::RESET),
                Entry::Orphan(..) => traits.add(Traits::ORPHAN),
                Entry::Step(at) if journey.steps.get(at as usize).is_some_and(|step| step.state != State::Merged) => {
                    traits.add(Traits::SPLIT);
                }
                _ => {}
            }
            if !matches!(row.entry, Entry::Reset(_)) && self.point_of(journey, row.entry).is_some() {
                traits.add(Traits::IDENTIFY);
            }
            if let Some(of_findings) = found.get(&(row.arrival.rank, row.arrival.line)) {
                traits.add(*of_findings);
            }
            row.traits = traits;
            row.lane = self.lane_of_entry(journey, row.entry).and_then(|lane| u32::try_from(lane).ok());
        }
        self.rows = rows;
    }

    /// The lane that an entry is drawn in.
    fn lane_of_entry(&self, journey: &Journey, entry: Entry) -> Option<usize> {
        match entry {
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

/// The row of the store that an entry shows; a reset and a call without a row have none.
pub fn event(journey: &Journey, entry: Entry) -> Option<&Event> {
    Some(&step(journey, entry)?.event)
}

/// The step that an entry shows.
pub fn step(journey: &Journey, entry: Entry) -> Option<&crate::identity::Step> {
    match entry {
        Entry::Step(at) => journey.steps.get(at as usize),
        Entry::Orphan(orphan, step) => journey.orphans.get(orphan as usize)?.steps.get(step as usize),
        _ => None,
    }
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
