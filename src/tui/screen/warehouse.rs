//! What the warehouse can answer: each thing with what it took when it was tried, why, and what to do. What it cannot
//! is named here, and never empty elsewhere.
//!
//! The worker asks the server ([`Question::Abilities`]); `journey warehouse check` says the same.

mod draw;

use std::sync::Arc;

use crate::inspect::able::{Abilities, Ability};
use crate::tui::backend::{Answer, Question};
use crate::tui::fit;
use crate::tui::frame::{Drawn, Ui};
use crate::tui::keys::{Action, Context};
use crate::tui::page::{Asking, Below, Entry, Given, Page, Wish, moved};
use crate::tui::pointer::{Gesture, Pointed};
use crate::tui::widgets::scrolled;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// In the list of pages.
pub(super) const PAGE: Entry = Entry { action: Action::Warehouse, context: Context::Warehouse, open };

/// The screen.
#[derive(Clone, Debug)]
struct State {
    title: Option<String>,
    asking: Asking,
    /// Whether the answer is there.
    is_answered: bool,
    /// The answer; `None` where everything is answered.
    abilities: Option<Arc<Abilities>>,
    selected: usize,
    top: usize,
    /// Whether one line has the screen, and the first line of what is said of it.
    more: Option<usize>,
}

fn open(below: Below) -> Box<dyn Page> {
    let mut state = State {
        title: below.title,
        asking: Asking::default(),
        is_answered: false,
        abilities: None,
        selected: 0,
        top: 0,
        more: None,
    };
    state.asking.ask(Question::Abilities);
    Box::new(state)
}

impl State {
    fn abilities(&self) -> Option<&Abilities> {
        self.abilities.as_deref()
    }

    fn list(&self) -> &[Ability] {
        self.abilities().map_or(&[], |abilities| &abilities.list)
    }

    fn ability(&self) -> Option<&Ability> {
        self.list().get(self.selected)
    }

    fn last(&self) -> usize {
        self.list().len().saturating_sub(1)
    }
}

impl Page for State {
    fn context(&self) -> Context {
        Context::Warehouse
    }

    fn update(&mut self, action: Action, page: usize) {
        if let Some(top) = self.more {
            // The drawing finds where the end is.
            if let Some(to) = moved(action, top, usize::MAX, page) {
                self.more = Some(to);
                return;
            }
        } else if let Some(to) = moved(action, self.selected, self.last(), page) {
            self.selected = to;
            return;
        }
        match (action, self.ability()) {
            (Action::Open, Some(_)) => self.more = if self.more.is_some() { None } else { Some(0) },
            (Action::Copy, Some(Ability { command: Some(command), .. })) => {
                self.asking.wish = Some(Wish::Copy("command", command.clone()));
            }
            (Action::Copy, Some(ability)) if ability.to_do.is_empty() => {
                self.asking.say(format!("nothing to do for {}", ability.asked.title()));
            }
            (Action::Copy, Some(_)) => self.asking.say("it is done in the settings: Enter says how".to_owned()),
            _ => {}
        }
    }

    fn take_back(&mut self) -> bool {
        if self.asking.asked.is_some() {
            self.asking.forget();
            return self.is_answered;
        }
        self.more.take().is_some()
    }

    fn renew(&mut self) -> bool {
        self.asking.ask(Question::Abilities);
        self.asking.is_outdated = false;
        true
    }

    fn asking(&mut self) -> Option<&mut Asking> {
        Some(&mut self.asking)
    }

    fn take(&mut self, _: &Question, answer: Answer) {
        let Answer::Abilities(abilities) = answer else { return };
        self.is_answered = true;
        self.abilities = abilities.map(|abilities| Arc::new(*abilities));
        self.selected = self.selected.min(self.last());
    }

    fn point(&mut self, pointed: &Pointed) -> Option<Action> {
        let line = pointed.line().filter(|line| self.more.is_none() && *line <= self.last())?;
        if pointed.gesture == Gesture::PressAgain || line == self.selected {
            return Some(Action::Open);
        }
        self.selected = line;
        None
    }

    fn command(&self) -> Option<Vec<String>> {
        self.abilities().map(|_| ["warehouse", "check"].map(str::to_owned).to_vec())
    }

    fn view(&self, given: &Given<'_>, ui: &mut Ui, area: Rect, buffer: &mut Buffer) {
        draw::view(self, given.look, ui, area, buffer);
    }

    fn drawn(&mut self, drawn: &Drawn) {
        match &mut self.more {
            Some(top) => *top = (*top).min(drawn.page_end),
            None => self.top = scrolled(self.top, self.selected, drawn.page, self.list().len()),
        }
    }

    fn place(&self) -> String {
        match self.list().len() as u64 {
            0 => String::new(),
            lines => format!("{} of {}", fit::count(self.selected as u64 + 1), fit::count(lines)),
        }
    }

    fn again(&self) -> Box<dyn Page> {
        Box::new(self.clone())
    }
}
