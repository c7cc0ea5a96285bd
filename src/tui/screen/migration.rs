//! What becomes of everyone in the store when another rule set takes over: sums, what to change first, and the
//! users with the most rows that change owner.
//!
//! The worker looks at every row ([`Question::Migration`]); Esc ends that with what is known by then. Enter opens
//! the journey of the selected user; Esc comes back here.

mod draw;

use std::sync::Arc;

use crate::identity::RULE_SETS;
use crate::identity::migration::Migration;
use crate::tui::backend::{Answer, Question};
use crate::tui::fit;
use crate::tui::frame::{Drawn, Ui};
use crate::tui::keys::{Action, Context};
use crate::tui::page::{Asking, Below, Entry, Given, Page, Report, Wish, moved};
use crate::tui::pointer::{Gesture, Pointed};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// In the list of pages.
pub(super) const PAGE: Entry = Entry { action: Action::Migration, context: Context::Migration, open };

/// The screen.
#[derive(Clone, Debug)]
struct State {
    title: Option<String>,
    /// The rule set of now, and the one that takes over.
    from: &'static str,
    to: &'static str,
    asking: Asking,
    /// Whether what is known by now was asked for.
    stops: bool,
    migration: Option<Arc<Migration>>,
    /// The selected one of the users that are listed.
    selected: usize,
    top: usize,
}

fn open(below: Below) -> Box<dyn Page> {
    let mut state = State {
        title: below.title,
        from: "legacy",
        to: "simplified",
        asking: Asking::default(),
        stops: false,
        migration: None,
        selected: 0,
        top: 0,
    };
    state.ask();
    Box::new(state)
}

/// The rule set so many places after one, another one left out.
fn other(name: &str, but: &str, back: bool) -> &'static str {
    let names: Vec<&'static str> = RULE_SETS.iter().map(|rules| rules.name()).filter(|name| *name != but).collect();
    let at = names.iter().position(|known| *known == name).unwrap_or(0);
    let step = if back { names.len().saturating_sub(1) } else { 1 };
    names.get((at + step) % names.len().max(1)).copied().unwrap_or("legacy")
}

impl State {
    /// Asks about other rules, whose users are others.
    fn ask_anew(&mut self) {
        (self.selected, self.top) = (0, 0);
        self.ask();
    }

    fn ask(&mut self) {
        self.stops = false;
        self.asking.ask(Question::Migration(self.from, self.to));
    }

    fn users(&self) -> usize {
        self.migration.as_ref().map_or(0, |migration| migration.top.len())
    }

    /// The last user that is listed.
    fn last(&self) -> usize {
        self.users().saturating_sub(1)
    }
}

impl Page for State {
    fn context(&self) -> Context {
        Context::Migration
    }

    fn update(&mut self, action: Action, page: usize) {
        if let Some(to) = moved(action, self.selected, self.last(), page) {
            self.selected = to;
            return;
        }
        match action {
            Action::NextGroup | Action::PreviousGroup => {
                self.to = other(self.to, self.from, action == Action::PreviousGroup);
                self.ask_anew();
            }
            Action::NextRules => {
                self.from = other(self.from, self.to, false);
                self.ask_anew();
            }
            Action::Open => {
                let user = self.migration.as_ref().and_then(|migration| migration.top.get(self.selected));
                if let Some(user) = user {
                    self.asking.wish = Some(Wish::Open(user.id.clone(), None));
                }
            }
            _ => {}
        }
    }

    fn take_back(&mut self) -> bool {
        if self.asking.asked.is_none() {
            return false;
        }
        if !self.stops {
            self.stops = true;
            self.asking.wish = Some(Wish::Enough);
            return true;
        }
        self.asking.forget();
        if let Some(migration) = &self.migration {
            (self.from, self.to) = (migration.from.name(), migration.to.name());
        }
        self.migration.is_some()
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
        let Answer::Migration(migration) = answer else { return };
        self.migration = Some(Arc::new(*migration));
        self.selected = self.selected.min(self.last());
    }

    fn point(&mut self, pointed: &Pointed) -> Option<Action> {
        let line = pointed.line()?;
        let at = draw::user_at(self, line)?;
        if pointed.gesture == Gesture::PressAgain || at == self.selected {
            return Some(Action::Open);
        }
        self.selected = at;
        None
    }

    fn command(&self) -> Option<Vec<String>> {
        Some(["compare", "--from", self.from, "--to", self.to].map(str::to_owned).to_vec())
    }

    fn report(&self) -> Option<(String, Report)> {
        let migration = self.migration.as_ref().filter(|_| self.asking.asked.is_none())?;
        let name = format!("migration-{}-to-{}", migration.from.name(), migration.to.name());
        let store = self.title.clone().unwrap_or_default();
        Some((name, Report::Migration(Arc::clone(migration), store)))
    }

    fn view(&self, given: &Given<'_>, ui: &mut Ui, area: Rect, buffer: &mut Buffer) {
        draw::view(self, given.look, ui, area, buffer);
    }

    fn drawn(&mut self, drawn: &Drawn) {
        self.top = draw::top(self, drawn.page);
    }

    fn place(&self) -> String {
        match self.users() as u64 {
            0 => String::new(),
            users => format!("user {} of {}", fit::count(self.selected as u64 + 1), fit::count(users)),
        }
    }

    fn again(&self) -> Box<dyn Page> {
        Box::new(self.clone())
    }
}
