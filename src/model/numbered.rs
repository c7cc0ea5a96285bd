//! Texts by their numbers, in one piece of memory: the ids of a whole source.

/// Texts, each with a number from 0 on.
#[derive(Clone, Debug, Default)]
pub struct NumberedTexts {
    text: String,
    /// Where each text ends.
    ends: Vec<usize>,
}

impl NumberedTexts {
    /// Adds a text. Numbers come in ascending order; those between have the empty text.
    pub fn set(&mut self, number: i64, text: &str) {
        let at = usize::try_from(number).unwrap_or(0);
        while self.ends.len() < at {
            self.ends.push(self.text.len());
        }
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    /// The text with this number; empty for none.
    pub fn of(&self, number: i64) -> &str {
        let Ok(at) = usize::try_from(number) else { return "" };
        let begin = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(at).copied().unwrap_or(begin);
        self.text.get(begin..end).unwrap_or_default()
    }

    /// One more than the greatest number; 0 without any.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}
