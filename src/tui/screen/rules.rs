//! The rows of the open user under several rule sets, side by side: whose they are under each, and why.
//!
//! Keys take the selected row away, change it or add a call before it (`what_if`): then the rows stand here as they
//! were and as they would be, under the rules of the chosen column; the last change taken back, all is as it was.
//!
//! The facts are the same under each rule set, so the rows are ([`Across`]). The store is asked once, and again
//! when a column shows another rule set. Enter opens the journey at the row, under the rules of the chosen column; Esc
//! comes back here.

mod change;
mod draw;
mod what_if;

use std::sync::Arc;

use self::what_if::WhatIf;
use crate::identity::across::{Across, USUAL};
use crate::identity::{Held, RULE_SETS};
use crate::model::Id;
use crate::tui::backend::{Answer, Question};
use crate::tui::fit;
use crate::tui::frame::{Drawn, Ui};
use crate::tui::keys::{Action, Context};
use crate::tui::page::{Asking, Below, Entry, Given, Page, Report, Wish, moved};
use crate::tui::pointer::{Gesture, Pointed};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// In the list of pages.
pub(super) const PAGE: Entry = Entry { action: Action::Rules, context: Context::Rules, open };

/// The screen.
#[derive(Clone, Debug)]
struct State {
    /// Whose rows; `None` where no journey is open.
    id: Option<Id>,
    /// Rule sets of the columns, by name.
    columns: Vec<&'static str>,
    /// The column whose reasons are shown where there is no room for all.
    column: usize,
    asking: Asking,
    across: Option<Arc<Across>>,
    /// Only rows that differ are listed.
    only_differing: bool,
    /// Places of the rows that are listed, in their order.
    listed: Vec<usize>,
    selected: usize,
    top: usize,
    /// What is changed, and what that does.
    what_if: WhatIf,
}

fn open(below: Below) -> Box<dyn Page> {
    let mut state = State {
        id: below.id,
        columns: USUAL.to_vec(),
        column: 0,
        asking: Asking::default(),
        across: None,
        only_differing: false,
        listed: Vec::new(),
        selected: 0,
        top: 0,
        what_if: WhatIf::default(),
    };
    state.ask();
    Box::new(state)
}

impl State {
    fn ask(&mut self) {
        let Some(id) = self.id.clone() else { return };
        let rules = self.columns.get(self.column).copied().unwrap_or("legacy");
        let question = if self.what_if.is_on() {
            Question::WhatIf(id, rules, self.what_if.changes.clone())
        } else {
            self.what_if.outcome = None;
            Question::Across(id, self.columns.clone())
        };
        self.asking.ask(question);
    }

    /// Lists rows anew; the cursor stays at its row, or goes to the next one that is listed.
    fn list(&mut self) {
        let Some(across) = &self.across else { return };
        let at = self.listed.get(self.selected).copied().unwrap_or(0);
        self.listed = match (&self.what_if.outcome, self.only_differing) {
            (Some(outcome), true) => change::changed(outcome),
            (Some(outcome), false) => (0..outcome.all.len()).collect(),
            (None, true) => across.differ.clone(),
            (None, false) => (0..across.rows()).collect(),
        };
        self.selected = self.listed.partition_point(|place| *place < at).min(self.listed.len().saturating_sub(1));
    }

    /// The place of the selected row.
    /// Goes to a row by its number, if it is listed.
    fn select(&mut self, row: Option<i64>) {
        let number = |at: usize| match &self.what_if.outcome {
            Some(outcome) => change::held(outcome, at).map(|held| held.event.row),
            None => Some(self.across.as_ref()?.sides.first()?.rows.get(at)?.event.row),
        };
        let found = self.listed.iter().position(|at| row.is_some() && number(*at) == row);
        self.selected = found.unwrap_or(self.selected).min(self.listed.len().saturating_sub(1));
    }

    fn place_of_row(&self) -> Option<usize> {
        self.listed.get(self.selected).copied()
    }

    /// Whether rows stand here as they would be.
    fn is_changed(&self) -> bool {
        self.what_if.outcome.is_some()
    }

    /// The selected row.
    fn held(&self) -> Option<&Held> {
        let at = self.place_of_row()?;
        match &self.what_if.outcome {
            Some(outcome) => change::held(outcome, at),
            None => self.across.as_ref()?.sides.first()?.rows.get(at),
        }
    }

    /// Changes what was sent, and asks what that does.
    fn change(&mut self, action: Action) {
        let (Some(held), Some(across)) = (self.held().cloned(), self.across.clone()) else { return };
        match self.what_if.change(action, &held, &across) {
            Ok(()) => {
                self.what_if.at = Some(held.event.row);
                self.ask();
            }
            Err(why) => self.asking.say(why),
        }
    }

    /// To the next row that differs, or to the one before.
    fn go_to_differing(&mut self, forward: bool) {
        let Some(across) = &self.across else { return };
        let at = self.place_of_row().unwrap_or(0);
        let differ =
            self.what_if.outcome.as_ref().map_or_else(|| across.differ.clone(), |outcome| change::changed(outcome));
        let mut differ = differ.iter();
        let found = if forward { differ.find(|place| **place > at) } else { differ.rev().find(|place| **place < at) };
        match found {
            Some(place) => self.selected = self.listed.partition_point(|listed| listed < place),
            None => self.asking.say("no other row differs in this direction".to_owned()),
        }
    }

    /// The next rule set that no column shows, in the selected one.
    fn next_rules(&mut self) {
        let names: Vec<&str> = RULE_SETS.iter().map(|rules| rules.name()).collect();
        let Some(shown) = self.columns.get(self.column).copied() else { return };
        let from = names.iter().position(|name| *name == shown).map_or(0, |at| at + 1);
        let other = (0..names.len()).filter_map(|step| names.get((from + step) % names.len()));
        let next = other.copied().find(|name| !self.columns.contains(name));
        if let (Some(next), Some(column)) = (next, self.columns.get_mut(self.column)) {
            *column = next;
            self.ask();
        }
    }
}

impl Page for State {
    fn context(&self) -> Context {
        Context::Rules
    }

    fn update(&mut self, action: Action, page: usize) {
        if let Some(to) = moved(action, self.selected, self.listed.len().saturating_sub(1), page) {
            self.selected = to;
            return;
        }
        let columns = self.columns.len().max(1);
        match action {
            Action::NextProblem => self.go_to_differing(true),
            Action::PreviousProblem => self.go_to_differing(false),
            Action::NextGroup | Action::PreviousGroup => {
                let step = if action == Action::NextGroup { 1 } else { columns - 1 };
                self.column = (self.column + step) % columns;
                if self.what_if.is_on() {
                    self.ask();
                }
            }
            _ if what_if::wants(action) => self.change(action),
            Action::NextRules if self.id.is_some() => self.next_rules(),
            Action::Narrow => {
                self.only_differing = !self.only_differing;
                self.list();
            }
            Action::Open => {
                if let (Some(id), Some(held)) = (self.id.clone(), self.held()) {
                    let row = Some(held.event.row);
                    self.asking.wish = Some(match self.columns.get(self.column) {
                        Some(rules) => Wish::OpenUnder(id, row, rules),
                        None => Wish::Open(id, row),
                    });
                }
            }
            _ => {}
        }
    }

    fn take_back(&mut self) -> bool {
        if self.asking.asked.take().is_some() && self.across.is_some() {
            self.asking.forget();
            return true;
        }
        if self.what_if.is_on() {
            let row = self.held().map(|held| held.event.row);
            self.what_if = WhatIf::default();
            self.list();
            self.select(row);
            self.asking.say("as it was: no change is left".to_owned());
            return true;
        }
        if self.only_differing {
            self.only_differing = false;
            self.list();
            return true;
        }
        false
    }

    fn renew(&mut self) -> bool {
        self.ask();
        self.asking.is_outdated = false;
        true
    }

    fn asking(&mut self) -> Option<&mut Asking> {
        Some(&mut self.asking)
    }

    fn take(&mut self, _: &Question, answer: Answer) {
        let row = self.what_if.at.take().or_else(|| self.held().map(|held| held.event.row));
        match answer {
            Answer::WhatIf(outcome, name) => {
                if let Some(outcome) = outcome {
                    self.what_if.outcome = Some(Arc::new(*outcome));
                } else {
                    self.what_if = WhatIf::default();
                    self.asking.say("no row belongs to this id under these rules".to_owned());
                }
                self.what_if.name = name;
            }
            Answer::Across(across) => {
                self.across = across.map(|across| Arc::new(*across));
                if let Some(across) = &self.across {
                    // A rule set that the answer does not have is no column.
                    self.columns = across.sides.iter().map(|side| side.rules.name()).collect();
                }
            }
            _ => return,
        }
        self.list();
        self.select(row);
    }

    fn point(&mut self, pointed: &Pointed) -> Option<Action> {
        let line = pointed.line().filter(|line| *line < self.listed.len())?;
        if pointed.gesture == Gesture::PressAgain || line == self.selected {
            return Some(Action::Open);
        }
        self.selected = line;
        None
    }

    fn command(&self) -> Option<Vec<String>> {
        let id = self.id.as_ref()?.as_str().to_owned();
        if let Some(outcome) = &self.what_if.outcome {
            return change::command(id, outcome, &self.what_if.changes);
        }
        Some(vec!["compare".to_owned(), id, "--rules".to_owned(), self.columns.join(",")])
    }

    fn report(&self) -> Option<(String, Report)> {
        let (id, changes) = (self.id.clone()?, &self.what_if.changes);
        self.is_changed().then(|| ("what-if".to_owned(), Report::WhatIf(id, changes.clone())))
    }

    fn view(&self, given: &Given<'_>, ui: &mut Ui, area: Rect, buffer: &mut Buffer) {
        if self.is_changed() {
            change::view(self, given.look, ui, area, buffer);
        } else {
            draw::view(self, given.look, ui, area, buffer);
        }
    }

    fn drawn(&mut self, drawn: &Drawn) {
        self.top = draw::top(self, drawn.page);
    }

    fn place(&self) -> String {
        match self.listed.len() as u64 {
            0 => String::new(),
            rows => format!("row {} of {}", fit::count(self.selected as u64 + 1), fit::count(rows)),
        }
    }

    fn again(&self) -> Box<dyn Page> {
        Box::new(self.clone())
    }
}
