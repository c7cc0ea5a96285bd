//! The journey screen: the timeline of one user, and why each row is where it is.
//!
//! | part | what it does |
//! |---|---|
//! | `moves` | where keys take the cursor |
//! | `rows` | one line: time, gap, lanes, event, id, whose, because |
//! | `heads` | the lines between rows: sessions, the change of phase |
//! | `frame` | the head, the lanes' names, where the panes go |
//! | [`pinned`] | properties of the visible rows as columns |
//! | `person` | what the pages about ids and person are drawn from |
//! | `strip` | rows over the whole time, to see and to jump |
//! | `around` | rows near the selected one in time |
//! | `prompt` | the line to type a filter, a text or a time in |
//! | `days` | days as the screen writes them |
//! | `jumps` | the way back from a jump |
//! | `lanes` | the order of the rows, and their lanes |
//! | `scrolling` | the lines under a cursor that stays |
//! | `saved` | the rows that a saved report has |
//! | `sifting` | which rows the filter and the search keep |
//! | `selection` | what is selected, by a press or by a row |
//! | `detail` | the selected row: reasons, places, properties, what changed |

mod around;
mod days;
mod detail;
mod frame;
mod heads;
mod jumps;
mod lanes;
pub mod menu;
mod moves;
mod person;
pub mod pinned;
pub mod prompt;
mod rows;
mod saved;
mod scrolling;
mod selection;
mod sifting;
mod strip;

use std::collections::BTreeSet;
use std::sync::Arc;

pub(in crate::tui) use self::frame::view;
pub use crate::tui::timeline::Timeline;

use crate::identity::{EvidenceKind, Journey, Reason};
use crate::inspect::filter::Names;
use crate::model::Id;
use crate::model::facts::Arrival;
use crate::tui::command::Base;
use crate::tui::fit;
use crate::tui::keys::Action;
use crate::tui::screen::identity::{self, scrub};
use crate::tui::when::Zone;

use self::detail::Detail;
use self::jumps::Jumps;
use self::menu::Menu;
use self::prompt::{Prompt, Purpose};
use self::scrolling::Put;
use crate::tui::timeline::lines::{Bits, Folds, Shown};
use crate::tui::timeline::sift::{Money, Sieve, Values, Worth};
use crate::tui::timeline::{Clock, Devices, Entry, Line, Lines, Order, Row, Traits, Unmerged, event, step};

/// What stands at the left of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// The time of day.
    Clock,
    /// The time since the row before.
    Gap,
    /// Both.
    Both,
}

/// A journey on the screen.
#[derive(Clone, Debug)]
pub struct State {
    journey: Arc<Journey>,
    timeline: Arc<Timeline>,
    order: Arc<Order>,
    /// The lanes, where they are by device.
    devices: Option<Devices>,
    lines: Lines,
    folds: Folds,
    newest: bool,
    /// What decides which rows are shown; [`State::keep`] is what it has decided.
    filter: Option<Sieve>,
    keep: Option<Bits>,
    /// The part of the filter that keeps to minutes around a row.
    around: Option<around::Around>,
    /// What is gone to, without hiding anything.
    find: Option<Sieve>,
    /// How often each value of a property is there.
    values: Option<Values>,
    money: Money,
    worth: Worth,
    /// Whether what all rows were worth is on the screen, and has to be read.
    tells_worth: bool,
    /// Rows of the store that were marked; they go with the user to other journeys.
    marks: BTreeSet<i64>,
    /// Properties that come first for every row; each user has its own.
    pins: BTreeSet<String>,
    /// Their values, of rows that were on the screen.
    cells: pinned::Known,
    prompt: Option<Prompt>,
    menu: Option<Menu>,
    /// What is to be copied, and what it is.
    copy: Option<(&'static str, String)>,
    /// What a command that shows this needs; nothing for rows that no store has.
    base: Option<Base>,
    /// What names in filters can mean; looked up when the first is typed.
    names: Option<Arc<Names>>,
    /// The selected line.
    selected: usize,
    /// Rows that were left by a jump.
    jumps: Jumps,
    /// The topmost line of the last frame and its lines, and the topmost line that is asked for.
    seen: (usize, usize),
    wanted_top: Option<usize>,
    /// Whether the detail pane is the larger part of the screen.
    larger: bool,
    detail: Detail,
    /// What the user chose; otherwise the width decides.
    times: Option<Times>,
    /// What is to be said once.
    notice: Option<String>,
    /// The identity screen.
    pub(in crate::tui) identity: identity::State,
    /// Which moment of arrival is shown.
    scrub: scrub::State,
}

impl State {
    /// A journey, with its first row selected.
    pub fn new(journey: Arc<Journey>, timeline: Arc<Timeline>) -> Self {
        let identity = identity::State::new(&journey, &timeline);
        let scrub = scrub::State::new(timeline.register().clone(), journey.root.clone());
        let order = timeline.order().clone();
        let mut state = Self {
            journey,
            timeline,
            order,
            devices: None,
            lines: Lines::default(),
            folds: Folds::default(),
            newest: false,
            filter: None,
            keep: None,
            around: None,
            find: None,
            values: None,
            money: Money::default(),
            worth: Worth::default(),
            tells_worth: false,
            marks: BTreeSet::new(),
            pins: BTreeSet::new(),
            cells: pinned::Known::new(),
            prompt: None,
            menu: None,
            copy: None,
            base: None,
            names: None,
            selected: 0,
            jumps: Jumps::default(),
            seen: (0, 0),
            wanted_top: None,
            larger: false,
            detail: Detail::default(),
            times: None,
            notice: None,
            identity,
            scrub,
        };
        state.lay(None);
        state.first();
        state
    }

    /// The journey.
    pub fn journey(&self) -> &Arc<Journey> {
        &self.journey
    }

    /// The rows.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Their order.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// The lines as they are shown.
    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    /// The selected line.
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// The alias call that the selected row depends on: index in [`Journey::aliases`].
    fn depends(&self) -> Option<usize> {
        let journey = self.journey.as_ref();
        let row = self.row()?;
        if row.traits.any(Traits::REFUSED) {
            let call = self.timeline.call_of(journey, row.entry)?;
            let kept_by = journey.aliases.get(call)?.kept_by.as_ref()?;
            return journey.aliases.iter().position(|line| line.source == *kept_by);
        }
        match step(journey, row.entry)?.reason {
            Reason::Through { call, .. } | Reason::Before { call } => Some(call),
            Reason::Orphaned { orphan } => {
                // The refused call that would have joined it.
                let evidence = &journey.orphans.get(orphan)?.evidence;
                let said = evidence.iter().find(|evidence| evidence.kind == EvidenceKind::RefusedAlias)?;
                journey.aliases.iter().position(|line| line.source == said.source)
            }
            Reason::Own | Reason::Call { .. } => None,
        }
    }

    /// The selected row; of a fold its first.
    pub fn row(&self) -> Option<&Row> {
        self.order.row(&self.timeline, self.position()?)
    }

    /// The position of the selected row.
    fn position(&self) -> Option<usize> {
        let (first, last) = self.lines.get(self.selected)?.positions()?;
        Some(if self.newest { last } else { first })
    }

    /// The row of the store that is selected, whose properties can be shown.
    pub fn selected_row(&self) -> Option<i64> {
        match self.row()?.entry {
            Entry::Reset(at) => Some(self.journey.points.get(at as usize)?.row),
            entry => Some(event(&self.journey, entry)?.row),
        }
    }

    /// The zone of its days.
    pub fn zone(&self) -> Zone {
        self.order.zone()
    }

    /// What is to be copied, if anything is: what it is, and the text.
    pub fn take_copy(&mut self) -> Option<(&'static str, String)> {
        self.copy.take()
    }

    /// What is to be said once, if anything is.
    pub fn take_notice(&mut self) -> Option<String> {
        self.notice.take()
    }

    /// The rows that were marked.
    pub fn marks(&self) -> &BTreeSet<i64> {
        &self.marks
    }

    /// With rows marked before.
    #[must_use]
    pub fn with_marks(self, marks: BTreeSet<i64>) -> Self {
        Self { marks, ..self }
    }

    /// Whether there is no row at all.
    pub fn is_empty(&self) -> bool {
        self.timeline.rows().is_empty()
    }

    /// Where we are: `row 3 of 12`.
    pub fn place(&self) -> String {
        if self.is_empty() {
            return String::new();
        }
        let last = self.lines.number(self.selected);
        let shown = self.lines.get(self.selected).map_or(0, Line::count);
        let all = fit::count(self.lines.rows() as u64);
        if shown > 1 {
            let first = fit::count((last + 1).saturating_sub(shown) as u64);
            return format!("rows {first} to {} of {all}", fit::count(last as u64));
        }
        format!("row {} of {all}", fit::count(last as u64))
    }

    /// Takes a newer answer for the same question; the selected row stays selected.
    pub fn replace(&mut self, journey: Arc<Journey>, timeline: Arc<Timeline>) {
        let row = self.selected_row();
        let before = (self.journey.as_ref(), self.timeline.register().as_ref());
        self.identity = self.identity.renewed(before, &journey, &timeline);
        if journey.as_of.is_none() {
            self.scrub.renew(timeline.register().clone(), journey.root.clone());
        }
        self.journey = journey;
        self.timeline = timeline;
        self.detail.forget();
        self.cells.clear();
        self.names = None;
        self.prompt = None;
        self.menu = None;
        self.money = Money::default();
        self.worth = Worth::default();
        self.values = self.values.take().map(|values| Values::new(values.name(), self.timeline.rows().len()));
        self.put_in_order();
        self.sift_again();
        match row.and_then(|row| self.timeline.find_row(&self.journey, row)) {
            Some(row) => self.lay(Some(row)),
            None => self.lay(None),
        }
    }

    /// Lays the lines out for another zone; the selected row stays selected.
    pub fn change_zone(&mut self, zone: Zone) {
        let row = self.row_index();
        self.order_by(zone, self.order.clock(), self.order.unmerged());
        // Hours of the wall are others now.
        self.names = None;
        self.sift_again();
        self.lay(row);
    }

    /// Marks the selected row, or takes its mark away.
    fn mark(&mut self) {
        let Some(row) = self.selected_row() else {
            self.notice = Some("no row of the store is behind it, so it cannot be marked".to_owned());
            return;
        };
        if !self.marks.remove(&row) {
            self.marks.insert(row);
        }
        let marks = fit::counted(self.marks.len() as u64, "mark");
        self.notice = Some(format!("{marks}; ' goes to the next one"));
    }

    /// Index of the selected row in the timeline.
    fn row_index(&self) -> Option<usize> {
        Some(*self.order.rows().get(self.position()?)? as usize)
    }

    /// Lays the lines out anew, with `row` selected if it is shown, else what is nearest to it.
    fn lay(&mut self, row: Option<usize>) {
        let position = row.and_then(|row| self.order.position(u32::try_from(row).ok()?));
        let devices = self.devices.as_ref();
        let shown = Shown { keep: self.keep.as_ref(), folds: &self.folds, newest: self.newest, devices };
        self.lines = Lines::new(&self.journey, &self.timeline, &self.order, &shown);
        match position.and_then(|position| self.lines.nearest(position)) {
            Some(at) => self.selected = at,
            None => self.settle(self.selected, true),
        }
    }

    /// Does what a key asks; what is not for this screen changes nothing.
    pub fn update(&mut self, action: Action, page: usize) {
        if self.prompt.is_some() {
            self.update_prompt(action);
            return;
        }
        if self.menu.is_some() {
            self.update_menu(action);
            return;
        }
        if self.detail.focus {
            self.update_detail(action, page);
            return;
        }
        match action {
            Action::DetailDown | Action::DetailUp => self.detail.scroll(action == Action::DetailDown),
            Action::GoBack => self.jump(true),
            Action::GoForward => self.jump(false),
            Action::ScrollDown => self.scroll(true),
            Action::ScrollUp => self.scroll(false),
            Action::Centre => self.put(Put::Middle),
            Action::ToTop => self.put(Put::Top),
            Action::ToBottom => self.put(Put::Bottom),
            Action::Filter => self.ask(Purpose::Filter),
            Action::Narrow => self.narrow_menu(),
            Action::Around => self.narrow_around(),
            Action::Find => self.ask(Purpose::Find),
            Action::GoToTime => self.ask(Purpose::Time),
            Action::Open => {
                if !self.unfold() {
                    self.enter();
                }
            }
            Action::Detail => self.enter(),
            Action::Copy => self.copy_menu(None),
            Action::Unfold => drop(self.unfold()),
            Action::Fold => self.fold(),
            Action::Newest => {
                let row = self.row_index();
                self.newest = !self.newest;
                self.lay(row);
            }
            Action::Arrival => {
                let clock = if self.order.clock() == Clock::Event { Clock::Arrival } else { Clock::Event };
                self.set_order(clock, self.order.unmerged());
            }
            Action::Unmerged => {
                let unmerged = match self.order.unmerged() {
                    Unmerged::InPlace => Unmerged::After,
                    Unmerged::After => Unmerged::Hidden,
                    Unmerged::Hidden => Unmerged::InPlace,
                };
                self.set_order(self.order.clock(), unmerged);
            }
            Action::Lanes => self.turn_lanes(),
            Action::Mark => self.mark(),
            Action::FoldAll => {
                let row = self.row_index();
                self.folds.toggle_all();
                self.lay(row);
            }
            Action::Times => {
                self.times = Some(match self.times {
                    None | Some(Times::Clock) => Times::Gap,
                    Some(Times::Gap) => Times::Both,
                    Some(Times::Both) => Times::Clock,
                });
            }
            action => self.travel(action, page),
        }
    }

    /// The identity screen.
    pub fn identity(&self) -> &identity::State {
        &self.identity
    }

    /// Which moment of arrival is asked for.
    pub fn scrub(&self) -> &scrub::State {
        &self.scrub
    }

    /// Goes one change of the lookup table back or on; whether there is one.
    pub fn scrub_step(&mut self, later: bool) -> bool {
        self.scrub.step(later)
    }

    /// Goes to a moment of arrival; `None` is now.
    pub fn scrub_to(&mut self, moment: Option<Arrival>) {
        self.scrub.go(moment);
    }

    /// Whether an id is one of this user's, or one of the orphans here.
    pub fn has_lane(&self, id: &Id) -> bool {
        self.timeline.lane(id).is_some()
    }
}
