//! A question to the user in one line, over whatever screen asked it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use tui_input::{Input, InputRequest};

use crate::model::Id;
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
}

/// The question on the screen.
#[derive(Clone, Debug)]
pub struct State {
    about: About,
    input: Input,
    /// Why the last answer would not do.
    wrong: Option<String>,
    /// Answers that Tab puts in, in turn, and which of them is next.
    offers: Vec<Id>,
    offered: usize,
}

impl State {
    /// A question, with a first answer and some others that Tab offers.
    pub fn new(about: About, text: &str, offers: Vec<Id>) -> Self {
        Self { about, input: Input::new(text.to_owned()), wrong: None, offers, offered: 0 }
    }

    /// What is asked.
    pub fn about(&self) -> About {
        self.about
    }

    /// The answer so far.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Says why the answer will not do.
    pub fn refuse(&mut self, why: String) {
        self.wrong = Some(why);
    }

    /// Types a character.
    pub fn type_char(&mut self, c: char) {
        if self.text().chars().count() < LONGEST {
            self.edit(InputRequest::InsertChar(c));
        }
    }

    /// Puts a text in at the cursor.
    pub fn paste(&mut self, text: &str) {
        for c in text.trim_end_matches(['\r', '\n']).chars().take(LONGEST) {
            self.type_char(c);
        }
    }

    /// Does what a key asks of the text.
    pub fn update(&mut self, action: Action) {
        match action {
            Action::Next | Action::Previous => self.offer(action == Action::Next),
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

    fn offer(&mut self, next: bool) {
        let all = self.offers.len();
        if all == 0 {
            return;
        }
        let at = if next { self.offered } else { (self.offered + 2 * all - 2) % all };
        if let Some(id) = self.offers.get(at) {
            self.input = Input::new(id.as_str().to_owned());
            self.offered = (at + 1) % all;
            self.wrong = None;
        }
    }

    fn edit(&mut self, request: InputRequest) {
        self.input.handle(request);
        self.wrong = None;
    }
}

/// Draws the question over the last lines of `area`; where the cursor stands.
pub(in crate::tui) fn view(state: &State, area: Rect, buffer: &mut Buffer, look: &Look) -> Position {
    let rows = area.height.min(3);
    let pane = Rect { y: area.bottom() - rows, height: rows, ..area };
    for row in 0..rows {
        Pen::new(buffer, pane, row).fill(" ", look.style(Meaning::Text));
    }
    if rows == 3 {
        Pen::new(buffer, pane, 0).fill(look.glyphs.rule, look.style(Meaning::Muted));
    }
    let at = rows.saturating_sub(2);
    let question = match state.about {
        About::Moment => "as of ",
        About::Other => "compare with ",
    };
    let mut pen = Pen::new(buffer, pane, at);
    pen.skip(1).text(question, look.style(Meaning::Key));
    let (start, room) = (pen.column(), pen.room().saturating_sub(2));
    // The part of a long answer around the cursor is shown.
    let before: String = state.text().chars().take(state.input.cursor()).collect();
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
    let after: String = state.text().chars().skip(state.input.cursor()).collect();
    pen.text(&shown, look.style(Meaning::Text)).text(&after, look.style(Meaning::Text));
    if rows >= 2 {
        let mut pen = Pen::new(buffer, pane, at + 1);
        pen.skip(1);
        match &state.wrong {
            Some(why) => pen.text(why, look.style(Meaning::Bad)),
            None => pen.text(&hint(state), look.style(Meaning::Muted)),
        };
    }
    Position { x: start.saturating_add(u16::try_from(used).unwrap_or(0)), y: pane.y + at }
}

fn hint(state: &State) -> String {
    match state.about {
        About::Moment => {
            "a time of arrival: 2019-07-10, 2019-07-10 19:13, 2019-07-10T19:13:04Z; empty is now".to_owned()
        }
        About::Other => match state.offers.as_slice() {
            [] => "any id of the other user".to_owned(),
            [first, ..] => {
                let all = state.offers.len();
                format!(
                    "any id of the other user; Tab offers {} near this one: {}",
                    fit::counted(all as u64, "id"),
                    first.as_str()
                )
            }
        },
    }
}
