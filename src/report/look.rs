//! How a text report looks: how wide, in which marks, with or without colour.
//!
//! Colour only repeats what a mark or a word says. Every text of the data passes [`Look::clean`]
//! on its way out.

use super::Clock;
use crate::model::alike::visible_id;
pub use crate::model::text::count;
use crate::model::text::{columns, counted, on_terminal, width as wide};

/// How a text report looks.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Columns that a line may fill.
    pub width: usize,
    /// Whether only ASCII may be written.
    pub ascii: bool,
    /// Whether colours may be written.
    pub colour: bool,
    /// The clock to tell times by.
    pub clock: Clock,
}

impl Default for Look {
    fn default() -> Self {
        Self { width: 100, ascii: false, colour: false, clock: Clock::Utc }
    }
}

/// What a mark or a colour stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// A row before the first identify point.
    Anonymous,
    /// A row from the first identify point on.
    Known,
    /// A row that is an identify point.
    Identify,
    /// An alias call that was accepted, or needed no more.
    Alias,
    /// An alias call without effect.
    Refused,
    /// Where a client state ended.
    Reset,
    /// A split row.
    Split,
    /// A row that no alias reaches.
    Orphan,
    /// A heading.
    Heading,
    /// What matters less.
    Faint,
}

impl Look {
    /// The mark of a class, one column wide.
    pub fn mark(&self, class: Class) -> char {
        let (mark, ascii) = match class {
            Class::Anonymous => ('○', 'o'),
            Class::Known => ('●', '*'),
            Class::Identify => ('■', 'I'),
            Class::Alias => ('◆', 'A'),
            Class::Refused => ('◇', 'x'),
            Class::Reset => ('↺', 'R'),
            Class::Split => ('◐', 's'),
            Class::Orphan => ('◌', '.'),
            Class::Heading | Class::Faint => ('·', '-'),
        };
        if self.ascii { ascii } else { mark }
    }

    /// `text` in the colour of a class, if colours may be written.
    pub fn paint(&self, class: Class, text: &str) -> String {
        let code = match class {
            _ if !self.colour || text.is_empty() => return text.to_owned(),
            Class::Anonymous | Class::Known => return text.to_owned(),
            Class::Identify | Class::Alias => "32",
            Class::Refused => "31",
            Class::Reset => "36",
            Class::Split => "33",
            Class::Orphan => "35",
            Class::Heading => "1",
            Class::Faint => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// Text of the data as it may be shown: nothing in it acts, and it is ASCII if it must be.
    pub fn clean(&self, text: &str) -> String {
        if !self.ascii {
            return on_terminal(text).into_owned();
        }
        let mut shown = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                ' '..='~' => shown.push(c),
                '→' => shown.push_str("->"),
                '–' | '—' | '·' => shown.push('-'),
                '…' => shown.push_str("..."),
                '“' | '”' => shown.push('"'),
                '’' => shown.push('\''),
                c => shown.extend(c.escape_unicode()),
            }
        }
        shown
    }

    /// `text` made [clean](Look::clean) and cut in the middle, so that both ends of an id show.
    pub fn id(&self, text: &str, width: usize) -> String {
        let text = self.whole_id(text);
        if wide(&text) <= width {
            return text;
        }
        let dots = self.dots();
        let room = width.saturating_sub(wide(dots));
        let head = prefix(&text, room.div_ceil(2));
        let tail = suffix(&text, room.saturating_sub(wide(&head)));
        format!("{head}{dots}{tail}")
    }

    /// An id as it may be shown, with every place where it can be taken for another one.
    pub fn whole_id(&self, text: &str) -> String {
        self.clean(&visible_id(text))
    }

    /// `text` made [clean](Look::clean) and cut at the end.
    pub fn cut(&self, text: &str, width: usize) -> String {
        let text = self.clean(text);
        if wide(&text) <= width {
            return text;
        }
        let dots = self.dots();
        format!("{}{dots}", prefix(&text, width.saturating_sub(wide(dots))))
    }

    fn dots(&self) -> &'static str {
        if self.ascii { "~" } else { "…" }
    }

    /// ` · `, or what stands for it.
    pub fn dot(&self) -> &'static str {
        if self.ascii { " - " } else { " · " }
    }

    /// `→`, or what stands for it.
    pub fn arrow(&self) -> &'static str {
        if self.ascii { "->" } else { "→" }
    }

    /// `–` between two ends, or what stands for it.
    pub fn dash(&self) -> &'static str {
        if self.ascii { "-" } else { "–" }
    }

    /// A line across the report with `title` at its left.
    pub fn rule(&self, title: &str) -> String {
        let stroke = if self.ascii { "-" } else { "─" };
        let used = wide(title) + 4;
        let rest = stroke.repeat(self.width.saturating_sub(used).max(2));
        format!("{stroke}{stroke} {title} {rest}")
    }

    /// Breaks clean text into lines of the report's width, each after `indent` spaces.
    pub fn wrap(&self, text: &str, indent: usize) -> String {
        let text = self.clean(text);
        let room = self.width.saturating_sub(indent).max(20);
        let mut lines = String::new();
        let indent = " ".repeat(indent);
        let mut used = 0;
        for (index, word) in text.split(' ').enumerate() {
            let width = wide(word);
            if index == 0 {
                lines.push_str(&indent);
            } else if used + 1 + width > room {
                lines.push('\n');
                lines.push_str(&indent);
                used = 0;
            } else {
                lines.push(' ');
                used += 1;
            }
            lines.push_str(word);
            used += width;
        }
        lines
    }
}

/// `text` filled with spaces at the right.
pub fn left(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(wide(text))))
}

/// `text` filled with spaces at the left.
pub fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(wide(text))))
}

/// The longest beginning of `text` that fits.
fn prefix(text: &str, width: usize) -> String {
    let mut used = 0;
    text.chars()
        .take_while(|c| {
            used += columns(*c);
            used <= width
        })
        .collect()
}

/// The longest end of `text` that fits.
fn suffix(text: &str, width: usize) -> String {
    let mut used = 0;
    let mut tail: Vec<char> = text
        .chars()
        .rev()
        .take_while(|c| {
            used += columns(*c);
            used <= width
        })
        .collect();
    tail.reverse();
    tail.into_iter().collect()
}

/// A number with its word: `1 row`, `2 rows`.
pub fn many(number: usize, word: &str) -> String {
    counted(number as u64, word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_shows_both_of_its_ends() {
        let look = Look::default();
        assert_eq!(look.id("13bbf7943e584-0885c2531", 9), "13bb…2531");
        assert_eq!(look.id("sally", 9), "sally");
        assert_eq!(look.id("日本語日本語", 6), "日…語");
    }

    #[test]
    fn numbers_are_read_in_threes() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(999), "999");
        assert_eq!(many(1, "row"), "1 row");
    }

    #[test]
    fn text_is_broken_between_words() {
        let look = Look { width: 24, ..Look::default() };
        assert_eq!(look.wrap("the lookup table only grows", 4), "    the lookup table\n    only grows");
    }

    proptest! {
        #[test]
        fn a_cut_text_is_never_wider_than_asked(text in any::<String>(), width in 1usize..40, ascii in any::<bool>()) {
            let look = Look { ascii, ..Look::default() };
            prop_assert!(wide(&look.id(&text, width)) <= width);
            prop_assert!(wide(&look.cut(&text, width)) <= width);
        }

        #[test]
        fn ascii_looks_hold_ascii_alone(text in any::<String>()) {
            let look = Look { ascii: true, ..Look::default() };
            prop_assert!(look.clean(&text).chars().all(|c| (' '..='~').contains(&c)));
        }
    }
}
