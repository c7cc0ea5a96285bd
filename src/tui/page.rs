//! What a screen is that needs nothing of the others: its state, its keys, its update and its
//! view in one place. `screen::PAGES` lists them.

use std::fmt::Debug;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::backend::{Answer, Failure, Question};
use super::frame::{Drawn, Ui};
use super::keys::{Action, Context, Keymap};
use super::pointer::Pointed;
use super::theme::Look;
use crate::identity::migration::Migration;
use crate::identity::what_if::Change;
use crate::model::Id;

/// A screen of its own, from the key that opens it to the key that leaves it.
pub trait Page: Debug + Send {
    /// Whose keys it has.
    fn context(&self) -> Context;
    /// Does what a key asks; `page` is the number of lines on the screen.
    fn update(&mut self, action: Action, page: usize);
    /// Puts a typed or pasted text in; `false` where nothing is typed.
    fn type_text(&mut self, text: &str) -> bool {
        let _ = text;
        false
    }
    /// Takes back the last thing that was done in it; `false` where there is none, and the page is left.
    fn take_back(&mut self) -> bool {
        false
    }
    /// Asks again for what it shows; `false` where it shows nothing of the store.
    fn renew(&mut self) -> bool {
        false
    }
    /// What it asks of the store; `None` where it asks nothing.
    fn asking(&mut self) -> Option<&mut Asking> {
        None
    }
    /// Takes an answer to the question that it asked last.
    fn take(&mut self, question: &Question, answer: Answer) {
        let _ = (question, answer);
    }
    /// Takes a press of the mouse on one of its parts; the action that it stands for.
    fn point(&mut self, pointed: &Pointed) -> Option<Action> {
        let _ = pointed;
        None
    }
    /// The words of the command that shows what it shows, after `journey`.
    fn command(&self) -> Option<Vec<String>> {
        None
    }
    /// The user whose repair it shows, and what to call the file of it.
    fn repair(&self) -> Option<(Id, String)> {
        None
    }
    /// What can be saved of it as a report, and the name of a file for that.
    fn report(&self) -> Option<(String, Report)> {
        None
    }
    /// Draws it.
    fn view(&self, given: &Given<'_>, ui: &mut Ui, area: Rect, buffer: &mut Buffer);
    /// A frame was drawn: what the view found out.
    fn drawn(&mut self, drawn: &Drawn) {
        let _ = drawn;
    }
    /// Where the user is in it, for the foot of the screen.
    fn place(&self) -> String {
        String::new()
    }
    /// The same page once more.
    fn again(&self) -> Box<dyn Page>;
}

impl Clone for Box<dyn Page> {
    fn clone(&self) -> Self {
        self.again()
    }
}

impl dyn Page + '_ {
    /// The store has changed; `true` where the page says so and waits to be asked to look again.
    pub(super) fn outdate(&mut self) -> bool {
        let asking = self.asking();
        asking.is_some_and(|asking| {
            asking.is_outdated = true;
            true
        })
    }

    /// What it wants now, each wish once.
    pub(super) fn wish(&mut self) -> Option<Wish> {
        self.asking()?.wish.take()
    }

    /// Gives it an answer; one that it no longer waits for changes nothing.
    pub(super) fn answer(&mut self, question: &Question, answer: Result<Answer, Failure>) {
        let Some(asking) = self.asking().filter(|asking| asking.asked.as_ref() == Some(question)) else { return };
        asking.asked = None;
        match answer {
            Ok(answer) => self.take(question, answer),
            Err(failure) => asking.failure = Some(failure),
        }
    }

    /// So many rows of so many are read for the answer.
    pub(super) fn looked(&mut self, done: u64, all: u64) {
        if let Some(asking) = self.asking() {
            asking.looked = (done, all);
        }
    }
}

/// Where the cursor of a list goes from line `at`, if `action` moves it: `last` is the last line, and `page` the
/// number of lines on the screen.
pub(super) fn moved(action: Action, at: usize, last: usize, page: usize) -> Option<usize> {
    let page = page.max(1);
    let to = match action {
        Action::Next => at.saturating_add(1),
        Action::Previous => at.saturating_sub(1),
        Action::PageDown => at.saturating_add(page),
        Action::PageUp => at.saturating_sub(page),
        Action::First => 0,
        Action::Last => last,
        _ => return None,
    };
    Some(to.min(last))
}

/// What a page asks of the store, and how far the answer is.
#[derive(Clone, Debug, Default)]
pub struct Asking {
    /// The question, until it is answered.
    pub asked: Option<Question>,
    /// What the page wants done next.
    pub wish: Option<Wish>,
    /// Why the last question has no answer.
    pub failure: Option<Failure>,
    /// How many rows of how many are read for the answer.
    pub looked: (u64, u64),
    /// Whether the store has changed since the answer.
    pub is_outdated: bool,
}

impl Asking {
    /// Asks a question in place of the last one.
    pub fn ask(&mut self, question: Question) {
        self.failure = None;
        self.looked = (0, 0);
        self.asked = Some(question.clone());
        self.wish = Some(Wish::Ask(question));
    }

    /// Waits for no answer any more.
    pub fn forget(&mut self) {
        self.asked = None;
        self.wish = Some(Wish::Forget);
    }

    /// Says something at the foot of the screen.
    pub fn say(&mut self, text: String) {
        self.wish = Some(Wish::Say(text));
    }
}

/// What a page wants done outside of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// Ask the store.
    Ask(Question),
    /// No more of the answer than is known by now.
    Enough,
    /// Nothing is waited for any more.
    Forget,
    /// Open the journey of a user, at a row of the store if it is one.
    Open(Id, Option<i64>),
    /// The same, judged by the rule set with this name.
    OpenUnder(Id, Option<i64>, &'static str),
    /// Say something at the foot of the screen.
    Say(String),
    /// Give a text to the terminal's clipboard, and what it is called.
    Copy(&'static str, String),
}

/// What can be saved of a page.
#[derive(Clone, Debug)]
pub enum Report {
    /// What becomes of a store, which is called this.
    Migration(Arc<Migration>, String),
    /// The rows of a user with changes to what was sent.
    WhatIf(Id, Vec<Change>),
}

/// What every page may use.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// All keys.
    pub keymap: &'a Keymap,
    /// Colours, marks and the zone.
    pub look: &'a Look,
}

/// What is below a page that opens.
#[derive(Clone, Debug)]
pub struct Below {
    /// Where keys went.
    pub contexts: Vec<Context>,
    /// The command that shows what the screen shows.
    pub command: Option<String>,
    /// What to call the store; `None` while it opens.
    pub title: Option<String>,
    /// The id whose journey is open.
    pub id: Option<Id>,
}

/// A page in the list of pages.
#[derive(Clone, Copy)]
pub struct Entry {
    /// What opens it. The same action, or the key for back, leaves it.
    pub action: Action,
    /// Its keys, also where it is not open.
    pub context: Context,
    /// Makes it.
    pub open: fn(Below) -> Box<dyn Page>,
}
