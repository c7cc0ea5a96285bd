//! A line to type in, over the player: a call by hand, or the path of a file to save.

use tui_input::{Input, InputRequest};

use crate::tui::keys::Action;

/// Characters that fit into a prompt; nobody types more.
const LONGEST_TEXT: usize = 1_024;

/// What the line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A call by hand on the device with this place.
    Call(usize),
    /// The path of a file.
    Save,
}

/// The line.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// What it is for.
    pub purpose: Purpose,
    input: Input,
    /// What was wrong with it.
    pub complaint: Option<String>,
    /// The path that the user was told is taken: Enter once more replaces that file.
    pub taken: Option<String>,
}

impl Prompt {
    /// An open line with a text in it.
    pub fn new(purpose: Purpose, text: &str) -> Self {
        Self { purpose, input: Input::new(text.to_owned()), complaint: None, taken: None }
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Characters before the cursor.
    pub fn before_cursor(&self) -> String {
        self.text().chars().take(self.input.cursor()).collect()
    }

    /// Types a character.
    pub fn type_char(&mut self, c: char) {
        if self.text().chars().count() < LONGEST_TEXT {
            self.edit(InputRequest::InsertChar(c));
        }
    }

    /// Puts a text in at the cursor, without its line breaks.
    pub fn paste(&mut self, text: &str) {
        text.chars().filter(|c| !matches!(c, '\r' | '\n')).for_each(|c| self.type_char(c));
    }

    fn edit(&mut self, request: InputRequest) {
        if self.input.handle(request).is_some_and(|change| change.value) {
            self.complaint = None;
            self.taken = None;
        }
    }

    /// Does what a key asks of the text.
    pub fn update(&mut self, action: Action) {
        match action {
            Action::TextLeft => self.edit(InputRequest::GoToPrevChar),
            Action::TextRight => self.edit(InputRequest::GoToNextChar),
            Action::TextHome => self.edit(InputRequest::GoToStart),
            Action::TextEnd => self.edit(InputRequest::GoToEnd),
            Action::DeleteBefore => self.edit(InputRequest::DeletePrevChar),
            Action::DeleteAt => self.edit(InputRequest::DeleteNextChar),
            Action::DeleteWord => self.edit(InputRequest::DeletePrevWord),
            Action::DeleteToHome => self.edit(InputRequest::DeleteFromStart),
            _ => {}
        }
    }
}
