//! A line of text that is typed: its cursor, and whether all of it is selected.
//!
//! A text that was there before anything was typed is selected: the first character replaces it, a key that
//! moves the cursor keeps it.

use tui_input::{Input, InputRequest};

use super::keys::Action;

/// A line that is typed.
#[derive(Clone, Debug, Default)]
pub struct Field {
    input: Input,
    is_selected: bool,
}

impl Field {
    /// With a text to be typed on.
    pub fn new(text: impl Into<String>) -> Self {
        Self { input: Input::new(text.into()), is_selected: false }
    }

    /// With a text that the first character replaces.
    pub fn selected(text: impl Into<String>) -> Self {
        let mut field = Self::new(text);
        field.select();
        field
    }

    /// Selects the text, if there is any.
    pub fn select(&mut self) {
        self.is_selected = !self.text().is_empty();
        self.input.handle(InputRequest::GoToEnd);
    }

    /// Whether all of it is selected.
    pub fn is_selected(&self) -> bool {
        self.is_selected
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Whether the cursor is behind the text.
    pub fn is_at_end(&self) -> bool {
        self.input.cursor() >= self.text().chars().count()
    }

    /// The text before the cursor, and the text behind it.
    pub fn parts(&self) -> (&str, &str) {
        let text = self.text();
        let at = text.char_indices().nth(self.input.cursor()).map_or(text.len(), |(at, _)| at);
        text.split_at(at)
    }

    /// Types a character, or puts it in the place of the selected text.
    pub fn insert(&mut self, c: char) {
        if std::mem::take(&mut self.is_selected) {
            self.input = Input::default();
        }
        self.input.handle(InputRequest::InsertChar(c));
    }

    /// Does what a key asks of a text; whether it is another text now.
    pub fn update(&mut self, action: Action) -> bool {
        let request = match action {
            Action::TextLeft => InputRequest::GoToPrevChar,
            Action::TextRight => InputRequest::GoToNextChar,
            Action::TextHome => InputRequest::GoToStart,
            Action::TextEnd => InputRequest::GoToEnd,
            Action::DeleteBefore => InputRequest::DeletePrevChar,
            Action::DeleteAt => InputRequest::DeleteNextChar,
            Action::DeleteWord => InputRequest::DeletePrevWord,
            Action::DeleteToHome => InputRequest::DeleteFromStart,
            _ => return false,
        };
        let deletes =
            matches!(action, Action::DeleteBefore | Action::DeleteAt | Action::DeleteWord | Action::DeleteToHome);
        let request = if std::mem::take(&mut self.is_selected) && deletes { InputRequest::DeleteLine } else { request };
        self.input.handle(request).is_some_and(|change| change.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_character_replaces_a_selected_text_and_the_next_ones_go_on() {
        let mut field = Field::selected("sally");
        field.insert('t');
        field.insert('o');
        assert_eq!((field.text(), field.is_selected()), ("to", false));
    }

    #[test]
    fn a_key_that_moves_keeps_a_selected_text_and_one_that_deletes_takes_all_of_it() {
        for action in [Action::TextLeft, Action::TextRight, Action::TextHome, Action::TextEnd] {
            let mut field = Field::selected("sally");
            assert!(!field.update(action) && !field.is_selected());
            assert_eq!(field.text(), "sally");
        }
        for action in [Action::DeleteBefore, Action::DeleteAt, Action::DeleteWord, Action::DeleteToHome] {
            let mut field = Field::selected("sally doe");
            assert!(field.update(action), "{action:?}");
            assert_eq!((field.text(), field.is_selected()), ("", false));
        }
    }

    #[test]
    fn keys_that_are_not_for_a_text_leave_it_selected_and_nothing_is_never_selected() {
        let mut field = Field::selected("sally");
        assert!(!field.update(Action::Next) && field.is_selected());
        assert!(!Field::selected("").is_selected());
    }

    #[test]
    fn the_parts_are_cut_between_characters() {
        let mut field = Field::new("aéß");
        assert_eq!(field.parts(), ("aéß", ""));
        field.update(Action::TextLeft);
        assert_eq!((field.parts(), field.is_at_end()), (("aé", "ß"), false));
    }
}
