//! A question to the user in one line, over whatever screen asked it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::model::Id;
use crate::tui::field::Field;
use crate::tui::fit;
use crate::tui::keys::Action;
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};

/// Characters of an answer; a longer one is no time and no id.
const LONGEST: usize = 1_024;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The moment of arrival to show.
    Moment,
    /// The user to compare this one with.
    Other,
    /// A text to find on the page.
    Text,
    /// What happens now, while rows arrive.
    Mark,
    /// Whether calls made by hand in the player may be dropped: a letter answers.
    Leaving(Leaving),
}

/// What is left once calls made by hand may be dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// The player.
    Player,
    /// The program.
    Program,
}

/// The question on the screen.
#[derive(Clone, Debug)]
pub struct State {
    about: About,
    input: Field,
    /// Why the last answer would not do.
    wrong: Option<String>,
    /// Answers that Tab puts in, in turn, and which of them is next.
    offers: Vec<Id>,
    offered: usize,
    /// The letter that answers.
    letter: Option<char>,
}

impl State {
    /// A question, with a first answer and some others that Tab offers.
    pub fn new(about: About, text: &str, offers: Vec<Id>) -> Self {
        Self { about, input: Field::selected(text), wrong: None, offers, offered: 0, letter: None }
    }

    /// What is asked.
    pub fn about(&self) -> About {
        self.about
    }

    /// The answer so far.
    pub fn text(&self) -> &str {
        self.input.text()
    }

    /// Says why the answer will not do.
    pub fn refuse(&mut self, why: String) {
        self.wrong = Some(why);
    }

    /// Whether it asks before calls made by hand are dropped.
    pub fn is_about_leaving(&self) -> bool {
        matches!(self.about, About::Leaving(_))
    }

    /// The letter that was typed as the answer, and what is to be left.
    pub fn take_letter(&mut self) -> Option<(Leaving, char)> {
        match self.about {
            About::Leaving(leaving) => Some((leaving, self.letter.take()?)),
            _ => None,
        }
    }

    /// Types a character.
    pub fn type_char(&mut self, c: char) {
        if self.text().chars().count() < LONGEST || self.input.is_selected() {
            self.input.insert(c);
            self.wrong = None;
        }
    }

    /// Puts a text in at the cursor.
    pub fn paste(&mut self, text: &str) {
        if self.is_about_leaving() {
            self.letter = text.chars().next().map(|c| c.to_ascii_lowercase());
            return;
        }
        for c in text.trim_end_matches(['\r', '\n']).chars().take(LONGEST) {
            self.type_char(c);
        }
    }

    /// Does what a key asks of the text.
    pub fn update(&mut self, action: Action) {
        match action {
            _ if self.is_about_leaving() => {}
            Action::Next | Action::Previous => self.offer(action == Action::Next),
            action => {
                self.input.update(action);
                self.wrong = None;
            }
        }
    }

    fn offer(&mut self, next: bool) {
        let all = self.offers.len();
        if all == 0 {
            return;
        }
        let at = if next { self.offered } else { (self.offered + 2 * all - 2) % all };
        if let Some(id) = self.offers.get(at) {
            self.input = Field::selected(id.as_str());
            self.offered = (at + 1) % all;
            self.wrong = None;
        }
    }
}

/// Lines of what stands below the question.
const MOST_LINES: usize = 3;

/// Draws the question over the last lines of `area`; where the cursor stands.
pub(in crate::tui) fn view(state: &State, area: Rect, buffer: &mut Buffer, look: &Look) -> Position {
    let (text, meaning) = match &state.wrong {
        Some(why) => (why.clone(), Meaning::Bad),
        None => (hint(state), Meaning::Muted),
    };
    let below = fit::wrap(&text, usize::from(area.width.saturating_sub(2)), MOST_LINES);
    let rows = area.height.min(2 + u16::try_from(below.len()).unwrap_or(1));
    let pane = Rect { y: area.bottom() - rows, height: rows, ..area };
    for row in 0..rows {
        Pen::new(buffer, pane, row).fill(" ", look.style(Meaning::Text));
    }
    let ruled = rows >= 3;
    if ruled {
        Pen::new(buffer, pane, 0).fill(look.glyphs.rule, look.style(Meaning::Muted));
    }
    let at = u16::from(ruled);
    let question = match state.about {
        About::Moment => "as of ",
        About::Other => "compare with ",
        About::Text => "/ ",
        About::Mark => "mark ",
        About::Leaving(_) => "",
    };
    let mut pen = Pen::new(buffer, pane, at);
    pen.skip(1).text(question, look.style(Meaning::Key));
    if state.is_about_leaving() {
        let asked = format!("{} by hand would be lost", state.text());
        pen.text(&asked, look.style(Meaning::Title));
    }
    let (start, room) = (pen.column(), pen.room().saturating_sub(2));
    // The part of a long answer around the cursor is shown.
    let (before, after) = state.input.parts();
    let mut shown = String::new();
    let mut used = 0;
    for c in before.chars().rev() {
        let wide = fit::width(&c.to_string());
        if used + wide > room {
            break;
        }
        used += wide;
        shown.insert(0, c);
    }
    let style = look.style(if state.input.is_selected() { Meaning::Selected } else { Meaning::Text });
    if !state.is_about_leaving() {
        pen.text(&shown, style).text(after, style);
    }
    for (row, line) in (at + 1..rows).zip(&below) {
        Pen::new(buffer, pane, row).skip(1).text(line, look.style(meaning));
    }
    Position { x: start.saturating_add(u16::try_from(used).unwrap_or(0)), y: pane.y + at }
}

fn hint(state: &State) -> String {
    match state.about {
        About::Text => "a text on this page; n and N go on".to_owned(),
        About::Mark => "what happens now, such as: I click log out; it stands between the rows".to_owned(),
        About::Leaving(_) => "y drops them · s saves them first · Esc stays here".to_owned(),
        About::Moment => {
            "a time of arrival: 2019-07-10, 2019-07-10 19:13 or 2019-07-10T19:13:04Z; empty is now".to_owned()
        }
        About::Other => match state.offers.as_slice() {
            [] => "an id of the other user, or any text that finds them".to_owned(),
            [first, ..] => {
                let all = state.offers.len();
                format!(
                    "an id or any text; Tab offers {} near this one: {}",
                    fit::counted(all as u64, "id"),
                    fit::middle(first.as_str(), 80)
                )
            }
        },
    }
}
