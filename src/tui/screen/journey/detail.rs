//! The pane of the selected row: why it is here, where it stands, what it says.
//!
//! Everything is one list of items in groups ([`items`]): numbered reasons, the row, properties
//! by who sets them, what has changed since the row before, the text as it is stored. With the
//! focus the list has a cursor: reasons lead to their rows, values fold, are counted over the
//! journey and become filters.

mod draw;
mod items;
mod tree;

use std::collections::{BTreeSet, HashSet, VecDeque};

use crate::model::facts::Source;
use crate::tui::backend::Failure;
use crate::tui::fit;
use crate::tui::keys::Action;
use crate::tui::pointer::{Gesture, Pointed};
use crate::tui::theme::{Look, Theme};

pub(super) use self::draw::view;
use self::items::{Item, Items, Use};
use self::tree::Node;
use super::State;
use super::prompt::Purpose;
use crate::tui::timeline::event;
use crate::tui::timeline::sift::Values;
use crate::tui::words::place;

/// Properties that are kept: those of the selected row, of the one before, and of some near.
const KEPT: usize = 16;

/// Properties of a row.
#[derive(Clone, Debug)]
pub(super) struct Properties {
    /// As they are stored.
    pub(super) json: String,
    tree: Node,
}

/// The pane.
#[derive(Clone, Debug, Default)]
pub(super) struct Detail {
    /// Whether keys go to it.
    pub(super) focus: bool,
    /// The item that the cursor is on.
    selected: usize,
    /// Lines above its top, when keys do not go to it.
    top: usize,
    /// The top of the last frame, and the furthest that it can be.
    seen: (usize, usize),
    /// Paths of values that are unfolded.
    open: HashSet<String>,
    /// What is looked for, and what was before it was typed over.
    find: String,
    found: (String, usize),
    properties: VecDeque<(i64, Result<Properties, Failure>)>,
}

impl Detail {
    /// Another row is shown.
    pub(super) fn turn(&mut self) {
        self.top = 0;
        self.selected = 0;
    }

    /// Nothing that was read counts any more.
    pub(super) fn forget(&mut self) {
        self.properties.clear();
    }

    /// What the last frame has shown.
    pub(super) fn seen(&mut self, top: usize, end: usize) {
        self.seen = (top, end);
        self.top = self.top.min(end);
    }

    /// Scrolls the pane, when keys do not go to it.
    pub(super) fn scroll(&mut self, down: bool) {
        self.top = if down { self.top.saturating_add(1) } else { self.top.saturating_sub(1) };
    }
}

impl State {
    /// Whether keys go to the pane of the selected row.
    pub fn is_in_detail(&self) -> bool {
        self.detail.focus
    }

    /// The row whose properties have yet to be asked for: the selected one, then the one before.
    pub fn lacks_properties(&self) -> Option<i64> {
        let row = self.selected_row()?;
        [Some(row), self.previous_row()].into_iter().flatten().find(|row| self.properties_of(*row).is_none())
    }

    /// Takes the properties of a row.
    pub fn take_properties(&mut self, row: i64, answer: Result<String, Failure>) {
        if self.detail.properties.len() >= KEPT {
            self.detail.properties.pop_front();
        }
        let properties = answer.map(|json| Properties { tree: Node::read(&json), json });
        self.detail.properties.push_back((row, properties));
        if self.menu.is_some() {
            self.refresh_menu();
        }
    }

    /// Notes what a frame has shown of the pane.
    pub fn seen_detail(&mut self, top: usize, end: usize) {
        self.detail.seen(top, end);
    }

    pub(super) fn properties_of(&self, row: i64) -> Option<Result<&Properties, &Failure>> {
        let (_, properties) = self.detail.properties.iter().find(|(of, _)| *of == row)?;
        Some(properties.as_ref())
    }

    /// The row of the store before the selected one, of the same device or id.
    fn previous_row(&self) -> Option<i64> {
        let before = self.timeline.before(self.row_index()?)?;
        Some(event(&self.journey, self.timeline.row(before)?.entry)?.row)
    }

    /// Gives the keys to the pane of the selected row.
    pub(super) fn enter(&mut self) {
        if self.row().is_some() {
            self.larger = true;
            self.detail.focus = true;
        }
    }

    /// Gives them back to the timeline.
    fn leave(&mut self) {
        if self.values.take().is_some() {
            self.detail.selected = 0;
            return;
        }
        self.leave_detail();
    }

    /// The keys go to the timeline, whatever the pane shows.
    pub(super) fn leave_detail(&mut self) {
        self.detail.focus = false;
        self.larger = false;
    }

    /// Does what a key asks while keys go to the pane.
    pub(super) fn update_detail(&mut self, action: Action, page: usize) {
        let items = self.items();
        let last = items.len().saturating_sub(1);
        let at = self.detail.selected.min(last);
        let page = page.max(1);
        let here = items.get(at);
        let is_head = |at: &usize| items.get(*at).is_some_and(|item| item.uses == Use::Head);
        match action {
            Action::Next | Action::DetailDown => self.detail.selected = (at + 1).min(last),
            Action::Previous | Action::DetailUp => self.detail.selected = at.saturating_sub(1),
            Action::HalfDown => self.detail.selected = (at + page / 2).min(last),
            Action::HalfUp => self.detail.selected = at.saturating_sub(page / 2),
            Action::PageDown => self.detail.selected = (at + page).min(last),
            Action::PageUp => self.detail.selected = at.saturating_sub(page),
            Action::First => self.detail.selected = 0,
            Action::Last => self.detail.selected = last,
            Action::NextGroup => self.detail.selected = (at + 1..items.len()).find(is_head).unwrap_or(last),
            Action::PreviousGroup => self.detail.selected = (0..at).rev().find(is_head).unwrap_or(0),
            Action::NextRow => self.go(Action::Next, page),
            Action::PreviousRow => self.go(Action::Previous, page),
            Action::Leave => self.leave(),
            Action::Unfold => self.fold_value(here, Some(true)),
            Action::Fold => self.fold_value(here, Some(false)),
            Action::Open => match here.map(|item| &item.uses) {
                Some(Use::Narrow(_)) => self.narrow_by(here),
                Some(Use::Fold(_)) => self.fold_value(here, None),
                Some(Use::Go(source)) => self.jump_to(source),
                _ => self.count(here),
            },
            Action::Count => self.count(here),
            Action::PinProperty => self.pin_property(here),
            Action::Narrow => self.narrow_by(here),
            Action::Find => {
                self.detail.found = (self.detail.find.clone(), at);
                self.ask(Purpose::Detail);
            }
            Action::NextFound => self.next_in_detail(true),
            Action::PreviousFound => self.next_in_detail(false),
            Action::Copy => self.copy_menu(here.and_then(|item| item.value.clone())),
            Action::GoBack => self.jump(true),
            Action::GoForward => self.jump(false),
            Action::Filter => self.ask(Purpose::Filter),
            _ => {}
        }
    }

    /// Everything that is said of the selected row.
    fn items(&self) -> Vec<Item> {
        // The update needs what is there, not how it looks.
        let look = Look::new(Theme::default(), false, self.zone());
        Items::of(self, &look).list
    }

    /// Opens or closes a value; a value inside of one that is open closes that one.
    fn fold_value(&mut self, item: Option<&Item>, open: Option<bool>) {
        let Some(item) = item else { return };
        let own = match &item.uses {
            Use::Fold(path) => Some(path),
            _ => None,
        };
        let is_open = |path: &String| self.detail.open.contains(path);
        let (path, open) = match (own, &item.inside) {
            (Some(path), _) if open != Some(false) || is_open(path) => (path, open.unwrap_or(!is_open(path))),
            (_, Some(around)) if open == Some(false) => (around, false),
            _ => return,
        };
        if open {
            self.detail.open.insert(path.clone());
        } else {
            self.detail.open.remove(path);
            let path = path.clone();
            let head = |item: &Item| matches!(&item.uses, Use::Fold(of) if *of == path);
            if let Some(at) = self.items().iter().position(head) {
                self.detail.selected = at;
            }
        }
    }

    /// Counts the values of a property over the journey.
    fn count(&mut self, item: Option<&Item>) {
        let Some(property) = item.and_then(|item| item.property.as_ref()) else {
            self.notice = Some("only the values of a property can be counted".to_owned());
            return;
        };
        self.values = Some(Values::new(&property.name, self.timeline.rows().len()));
        self.detail.selected = 1;
        self.detail.top = 0;
    }

    /// Puts a property first for every row, or back in its place.
    fn pin_property(&mut self, item: Option<&Item>) {
        let Some(property) = item.and_then(|item| item.property.as_ref()) else {
            self.notice = Some("only a property can be pinned".to_owned());
            return;
        };
        let name = property.name.clone();
        self.cells.clear();
        if self.pins.remove(&name) {
            self.notice = Some(format!("{name} is unpinned"));
        } else {
            self.notice = Some(format!("{name} is pinned: it stands first in every row; p unpins it"));
            self.pins.insert(name);
        }
    }

    /// With the properties that were pinned before.
    #[must_use]
    pub fn with_pins(mut self, pins: BTreeSet<String>) -> Self {
        self.pins = pins;
        self.cells.clear();
        self
    }

    /// The properties that come first.
    pub fn pins(&self) -> &BTreeSet<String> {
        &self.pins
    }

    /// Shows only the rows with the value of an item.
    fn narrow_by(&mut self, item: Option<&Item>) {
        let condition = item.and_then(|item| match (&item.uses, &item.property) {
            (Use::Narrow(condition), _) => Some(condition.clone()),
            (_, Some(property)) => property.condition.clone(),
            _ => None,
        });
        match condition {
            Some(condition) => {
                self.values = None;
                self.narrow(&condition);
                self.notice = Some(format!("only rows with {condition}; & changes the filter"));
            }
            None => self.narrow_menu(),
        }
    }

    /// Selects the row at a place of the input, and keeps the way back.
    fn jump_to(&mut self, to: &Source) {
        let Some(row) = self.row_at(to) else {
            self.notice = Some(format!("{} is no row of this timeline", place(to)));
            return;
        };
        if self.row_index() == Some(row) {
            self.notice = Some("this is that row".to_owned());
        } else if self.jump_by(|state| state.reveal(row)) {
            self.notice = Some("gone to that row; C-o goes back".to_owned());
        } else {
            self.notice = Some(format!("{} is not shown: the filter or the order hides it", place(to)));
        }
    }

    /// Looks for a text in the pane; without one the cursor goes back to where it was.
    pub(super) fn find_in_detail(&mut self, text: &str) {
        text.clone_into(&mut self.detail.find);
        self.detail.selected = self.detail.found.1;
        let items = self.items();
        let from = self.detail.selected.min(items.len());
        let found = (from..items.len()).chain(0..from).find(|at| is_found(items.get(*at), text));
        if let Some(at) = found {
            self.detail.selected = at;
        }
    }

    /// Leaves what was typed: as it was before.
    pub(super) fn find_as_before(&mut self) {
        (self.detail.find, self.detail.selected) = std::mem::take(&mut self.detail.found);
    }

    /// What became of it.
    pub(super) fn found_in_detail(&self) -> String {
        let found = self.items().iter().filter(|item| is_found(Some(item), &self.detail.find)).count();
        if self.detail.find.is_empty() { String::new() } else { format!("on {}", fit::counted(found as u64, "line")) }
    }

    /// To the next line with what is looked for; a value that hides it unfolds.
    fn next_in_detail(&mut self, down: bool) {
        let text = self.detail.find.clone();
        if text.is_empty() {
            self.notice = Some("no search text in this row yet: press /".to_owned());
            return;
        }
        let items = self.items();
        let at = self.detail.selected.min(items.len().saturating_sub(1));
        if let Some(Use::Fold(path)) = items.get(at).map(|item| &item.uses).filter(|_| down)
            && !self.detail.open.contains(path)
            && is_found(items.get(at), &text)
        {
            self.detail.open.insert(path.clone());
        }
        let items = self.items();
        let is_found = |at: &usize| is_found(items.get(*at), &text);
        let found = if down {
            (at + 1..items.len()).chain(0..=at).find(is_found)
        } else {
            (0..at).rev().chain((at..items.len()).rev()).find(is_found)
        };
        match found {
            Some(found) => self.detail.selected = found,
            None => self.notice = Some(format!("{text:?} is not in this row")),
        }
    }

    /// Moves the cursor to what was pressed; what a press of the selected line stands for.
    pub(super) fn point_detail(&mut self, pointed: &Pointed) -> Option<Action> {
        if !matches!(pointed.gesture, Gesture::Press | Gesture::PressAgain) {
            return None;
        }
        let line = self.detail.seen.0 + usize::from(pointed.row);
        let at = draw::Laid::of(&self.items(), usize::from(pointed.columns)).item(line);
        let was = std::mem::replace(&mut self.detail.focus, true);
        let at = at?;
        if was && at == self.detail.selected {
            return Some(Action::Open);
        }
        self.detail.selected = at;
        None
    }
}

/// Whether a text is in an item, folded or not.
fn is_found(item: Option<&Item>, text: &str) -> bool {
    let text = text.to_lowercase();
    let contains = |part: &&String| part.to_lowercase().contains(&text);
    !text.is_empty()
        && item.is_some_and(|item| {
            [Some(&item.label), Some(&item.text), item.value.as_ref()].iter().flatten().any(contains)
        })
}
