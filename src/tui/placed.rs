//! What is drawn stays in its columns, on every terminal.
//!
//! Terminals count the columns of some letters differently: one gives a vowel that stands next to its
//! consonant a column of its own, another counts the two together. The cells of a frame are placed
//! for the first kind ([`columns`](crate::model::text::columns)); [`Placed`] sends the cursor to its
//! place behind each such letter, so that on the other kind a gap stays and nothing moves.

use std::cell::Cell as Flag;
use std::io::{self, Write};
use std::iter;

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use unicode_segmentation::UnicodeSegmentation;

/// Draws as [`CrosstermBackend`] does, and places what follows a letter that terminals disagree about.
#[derive(Debug)]
pub struct Placed<W: Write>(CrosstermBackend<W>);

impl<W: Write> Placed<W> {
    /// Draws to `out`.
    pub fn new(out: W) -> Self {
        Self(CrosstermBackend::new(out))
    }
}

/// Whether terminals may count a cell with the one before it, or its characters with each other.
fn is_unsure(symbol: &str) -> bool {
    let mut chars = symbol.chars();
    let Some(first) = chars.next().filter(|first| *first >= '\u{300}') else { return chars.next().is_some() };
    // Signs of the screens are as wide everywhere as they are here.
    let is_sign = matches!(first, '\u{2000}'..='\u{2bff}') && chars.next().is_none();
    !is_sign && (symbol.chars().nth(1).is_some() || format!("a{symbol}").graphemes(true).count() == 1)
}

impl<W: Write> Backend for Placed<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        while content.peek().is_some() {
            // Each call begins by sending the cursor to the place of its first cell.
            let ended = Flag::new(false);
            let part = iter::from_fn(|| {
                let next = if ended.get() { None } else { content.next() };
                ended.set(next.is_some_and(|(_, _, cell)| is_unsure(cell.symbol())));
                next
            });
            self.0.draw(part)?;
        }
        Ok(())
    }

    fn append_lines(&mut self, lines: u16) -> io::Result<()> {
        self.0.append_lines(lines)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.0.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.0.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.0.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.0.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.0.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.0.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        self.0.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.0.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::is_unsure;

    #[test]
    fn letters_that_some_terminals_count_together_are_unsure_and_signs_are_not() {
        for symbol in ["e\u{301}", "\u{9be}", "ি", "ำ", "ﾞ", "\u{1100}\u{1175}", "1\u{20e3}"] {
            assert!(is_unsure(symbol), "{symbol:?}");
        }
        for symbol in ["a", "é", "│", "●", "佐", "ل", "ا", "ｶ", "▁", "…"] {
            assert!(!is_unsure(symbol), "{symbol:?}");
        }
    }
}
