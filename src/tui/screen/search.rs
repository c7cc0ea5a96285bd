//! The search: the first screen, and the way to every journey.
//!
//! With nothing typed it shows the store as a whole; from the first character on, the list
//! follows the typing. While a newer search runs the older hits stay, so that nothing
//! flickers; Enter then waits for the newer ones.

mod draw;

pub(in crate::tui) use self::draw::{failure, view};

use tui_input::{Input, InputRequest};

use crate::model::Id;
use crate::tui::fit;
use crate::tui::keys::Action;
use crate::tui::worker::{Failure, Hit, Hits, Overview, Question, Ticket};

/// Characters of a text that are searched for; a longer one is no id that anybody has.
const LONGEST_TEXT: usize = 4_096;

/// Something that is asked of the worker: what is there, and which ticket is waited for.
#[derive(Clone, Debug)]
pub struct Load<T> {
    have: Option<Result<T, Failure>>,
    asked: Option<Ticket>,
}

impl<T> Default for Load<T> {
    fn default() -> Self {
        Self { have: None, asked: None }
    }
}

impl<T> Load<T> {
    /// Waits for an answer; what is there stays until then.
    pub fn ask(&mut self, ticket: Ticket) {
        self.asked = Some(ticket);
    }

    /// Takes an answer, if it is the one that is waited for.
    pub fn take(&mut self, ticket: Ticket, answer: Result<T, Failure>) -> bool {
        let wanted = self.asked == Some(ticket);
        if wanted {
            self.asked = None;
            self.have = Some(answer);
        }
        wanted
    }

    /// Takes a part of the answer that is waited for, and waits on.
    pub fn show(&mut self, ticket: Ticket, part: T) -> bool {
        let wanted = self.asked == Some(ticket);
        if wanted {
            self.have = Some(Ok(part));
        }
        wanted
    }

    /// Waits no longer.
    pub fn forget(&mut self) -> bool {
        self.asked.take().is_some()
    }

    /// Whether an answer is waited for.
    pub fn is_asked(&self) -> bool {
        self.asked.is_some()
    }

    /// What is there.
    pub fn have(&self) -> Option<&Result<T, Failure>> {
        self.have.as_ref()
    }

    fn value(&self) -> Option<&T> {
        self.have.as_ref()?.as_ref().ok()
    }
}

/// What a search answers: hits, else ids that look alike.
pub type Answer = (Hits, Vec<Id>);

/// The search screen.
#[derive(Clone, Debug, Default)]
pub struct State {
    input: Input,
    overview: Load<Overview>,
    found: Load<Answer>,
    selected: usize,
    /// The hits are those of another text.
    stale: bool,
    /// Enter was pressed before the hits were there.
    opens: bool,
}

/// What a key asked of the search.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// Nothing to be done.
    Nothing,
    /// The text has changed: this is to be asked.
    Ask(Question),
    /// A journey is to be opened.
    Open(Id),
    /// The text was empty: back, or the end.
    Leave,
}

impl State {
    /// A search for `text`, not yet asked.
    pub fn with_text(&mut self, text: &str) {
        let text: String = text.chars().take(LONGEST_TEXT).collect();
        self.input = Input::new(text);
        self.selected = 0;
        self.opens = false;
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Whether nothing is typed.
    pub fn is_empty(&self) -> bool {
        self.input.value().is_empty()
    }

    /// What is to be asked for the text as it is.
    pub fn question(&self) -> Question {
        if self.is_empty() { Question::Overview } else { Question::Search(self.text().to_owned()) }
    }

    /// Waits for the answer to [`State::question`].
    pub fn ask(&mut self, ticket: Ticket) {
        if self.is_empty() {
            self.overview.ask(ticket);
        } else {
            self.found.ask(ticket);
        }
    }

    /// Takes the store as a whole.
    pub fn take_overview(&mut self, ticket: Ticket, answer: Result<Overview, Failure>) {
        self.overview.take(ticket, answer);
    }

    /// Takes hits; the id to open, if Enter was waiting for them.
    pub fn take_found(&mut self, ticket: Ticket, answer: Result<Answer, Failure>) -> Option<Id> {
        if !self.found.take(ticket, answer) {
            return None;
        }
        self.stale = false;
        self.selected = self.selected.min(self.choices().saturating_sub(1));
        std::mem::take(&mut self.opens).then(|| self.choice()).flatten()
    }

    /// Takes hits that are there before all of them are.
    pub fn take_soon(&mut self, ticket: Ticket, hits: Hits) {
        if self.found.show(ticket, (hits, Vec::new())) {
            self.stale = false;
            self.selected = self.selected.min(self.choices().saturating_sub(1));
        }
    }

    /// Whether an answer is waited for.
    pub fn is_asked(&self) -> bool {
        self.overview.is_asked() || self.found.is_asked()
    }

    /// Waits for nothing more; whether something was waited for.
    pub fn forget(&mut self) -> bool {
        self.opens = false;
        let overview = self.overview.forget();
        let found = self.found.forget();
        self.stale |= found;
        found || overview
    }

    /// What is there may no longer be so.
    pub fn outdate(&mut self) {
        self.overview = Load::default();
        self.stale = true;
    }

    /// Whether what is there is no answer to what is typed.
    pub fn is_stale(&self) -> bool {
        if self.is_empty() { self.overview.have().is_none() } else { self.stale || self.found.have().is_none() }
    }

    /// Where the cursor is in the list, for the foot of the screen.
    pub(in crate::tui) fn place(&self) -> String {
        match self.found.value() {
            Some((hits, _)) if !self.is_empty() && !hits.list.is_empty() => {
                let more = if hits.more { "+" } else { "" };
                format!("hit {} of {}{more}", self.selected + 1, fit::count(hits.list.len() as u64))
            }
            _ => String::new(),
        }
    }

    /// The selected line.
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// Number of lines that can be selected.
    pub fn choices(&self) -> usize {
        if self.is_empty() {
            return self.overview.value().map_or(0, |overview| overview.suggestions.len());
        }
        self.found.value().map_or(0, |(hits, near)| if hits.list.is_empty() { near.len() } else { hits.list.len() })
    }

    /// The selected id.
    fn choice(&self) -> Option<Id> {
        if self.is_empty() {
            return Some(self.overview.value()?.suggestions.get(self.selected)?.0.clone());
        }
        let (hits, near) = self.found.value()?;
        let hit = hits.list.get(self.selected).map(|hit: &Hit| &hit.id);
        hit.or_else(|| near.get(self.selected)).cloned()
    }

    /// Types a character.
    pub fn type_char(&mut self, c: char) -> Asked {
        if self.text().chars().count() >= LONGEST_TEXT {
            return Asked::Nothing;
        }
        self.edit(InputRequest::InsertChar(c))
    }

    /// Puts a text in at the cursor. Line breaks at its end came with the copying.
    pub fn paste(&mut self, text: &str) -> Asked {
        let text = text.trim_end_matches(['\r', '\n']);
        let cursor = self.input.cursor();
        let before: String = self.text().chars().take(cursor).collect();
        let after: String = self.text().chars().skip(cursor).collect();
        let room = LONGEST_TEXT.saturating_sub(self.text().chars().count());
        let pasted: String = text.chars().take(room).collect();
        let cursor = cursor + pasted.chars().count();
        let input = Input::new(format!("{before}{pasted}{after}")).with_cursor(cursor);
        let changed = input.value() != self.text();
        self.input = input;
        if changed { self.changed() } else { Asked::Nothing }
    }

    fn edit(&mut self, request: InputRequest) -> Asked {
        match self.input.handle(request) {
            Some(change) if change.value => self.changed(),
            _ => Asked::Nothing,
        }
    }

    fn changed(&mut self) -> Asked {
        self.selected = 0;
        self.opens = false;
        if self.is_empty() {
            self.found = Load::default();
            // What was there is shown at once.
            if self.overview.value().is_some() {
                return Asked::Nothing;
            }
        }
        Asked::Ask(self.question())
    }

    /// Does what a key asks.
    pub fn update(&mut self, action: Action, page: usize) -> Asked {
        let last = self.choices().saturating_sub(1);
        match action {
            Action::Next => self.selected = (self.selected + 1).min(last),
            Action::Previous => self.selected = self.selected.saturating_sub(1),
            Action::PageDown => self.selected = (self.selected + page.max(1)).min(last),
            Action::PageUp => self.selected = self.selected.saturating_sub(page.max(1)),
            Action::Open if self.is_asked() && !self.is_empty() => self.opens = true,
            Action::Open => return self.choice().map_or(Asked::Nothing, Asked::Open),
            Action::Clear if self.is_empty() => return Asked::Leave,
            Action::Clear => {
                self.input.reset();
                return self.changed();
            }
            Action::TextLeft => return self.edit(InputRequest::GoToPrevChar),
            Action::TextRight => return self.edit(InputRequest::GoToNextChar),
            Action::TextHome => return self.edit(InputRequest::GoToStart),
            Action::TextEnd => return self.edit(InputRequest::GoToEnd),
            Action::DeleteBefore => return self.edit(InputRequest::DeletePrevChar),
            Action::DeleteAt => return self.edit(InputRequest::DeleteNextChar),
            Action::DeleteWord => return self.edit(InputRequest::DeletePrevWord),
            Action::DeleteToHome => return self.edit(InputRequest::DeleteFromStart),
            _ => {}
        }
        Asked::Nothing
    }
}
