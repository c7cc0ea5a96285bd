//! A line to type in, over the player: a call by hand, or the path of a file to save.

use crate::tui::field::Field;
use crate::tui::keys::Action;

/// Characters that fit into a prompt; users type fewer.
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
    pub(super) input: Field,
    /// What was wrong with it.
    pub complaint: Option<String>,
    /// The path of an existing file, which the screen has named: Enter once more replaces that file.
    pub taken: Option<String>,
}

impl Prompt {
    /// An open line with a text in it.
    pub fn new(purpose: Purpose, text: &str) -> Self {
        Self { purpose, input: Field::selected(text), complaint: None, taken: None }
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.input.text()
    }

    /// Types a character.
    pub fn type_char(&mut self, c: char) {
        if self.text().chars().count() < LONGEST_TEXT || self.input.is_selected() {
            self.input.insert(c);
            self.changed();
        }
    }

    /// Puts a text in at the cursor, without its line breaks.
    pub fn paste(&mut self, text: &str) {
        text.chars().filter(|c| !matches!(c, '\r' | '\n')).for_each(|c| self.type_char(c));
    }

    /// Does what a key asks of the text.
    pub fn update(&mut self, action: Action) {
        if self.input.update(action) {
            self.changed();
        }
    }

    fn changed(&mut self) {
        self.complaint = None;
        self.taken = None;
    }
}
