//! What each rule set assumes: what no source says of it and no row shows, and for which rows it is the usual one.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::identity::{LEGACY, RULE_SETS};
use crate::model::text::and;
use crate::tui::fit;
use crate::tui::frame::{Drawn, Ui};
use crate::tui::keys::{Action, Context};
use crate::tui::page::{Below, Entry, Given, Page, moved};
use crate::tui::pen::Pen;
use crate::tui::theme::Meaning;
use crate::tui::widgets::heading;

/// In the list of pages.
pub(super) const PAGE: Entry = Entry { action: Action::Assumed, context: Context::Assumed, open };

/// Lines of one sentence, at most.
const MOST: usize = 12;

/// The page.
#[derive(Clone, Debug)]
struct State {
    top: usize,
}

fn open(_: Below) -> Box<dyn Page> {
    Box::new(State { top: 0 })
}

/// A line of the page.
enum Line {
    Heading(String),
    /// The first line of a sentence, or a further one.
    Sentence(bool, String),
    Empty,
}

/// All lines for a width.
fn lines(width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for rules in RULE_SETS {
        if !lines.is_empty() {
            lines.push(Line::Empty);
        }
        lines.push(Line::Heading(rules.name().to_owned()));
        let whose = match rules.vendors() {
            _ if rules.name() == LEGACY.name() => "The usual rules of all rows without rules of their own.".to_owned(),
            [] => "No rows are judged by them unless they are chosen.".to_owned(),
            vendors => format!("The usual rules of rows of {}.", and(vendors)),
        };
        let said = [rules.title().to_owned() + ".", whose];
        for text in said.iter().map(String::as_str).chain(rules.unknown().iter().copied()) {
            let parts = fit::wrap(text, width.saturating_sub(4).max(20), MOST);
            lines.extend(parts.into_iter().enumerate().map(|(at, part)| Line::Sentence(at == 0, part)));
        }
    }
    lines
}

impl Page for State {
    fn context(&self) -> Context {
        Context::Assumed
    }

    fn update(&mut self, action: Action, page: usize) {
        // The drawing finds where the end is.
        self.top = moved(action, self.top, usize::MAX, page).unwrap_or(self.top);
    }

    fn view(&self, given: &Given<'_>, ui: &mut Ui, area: Rect, buffer: &mut Buffer) {
        let look = given.look;
        let mut pen = Pen::new(buffer, area, 0);
        pen.skip(1).text("assumed", look.style(Meaning::Title)).skip(2);
        let title = "what each rule set assumes, and what no row shows";
        let room = pen.room();
        pen.text(&fit::end(title, room), look.style(Meaning::Text));
        let list = Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area };
        let lines = lines(usize::from(list.width));
        ui.page = usize::from(list.height).max(1);
        ui.page_end = lines.len().saturating_sub(ui.page);
        let top = self.top.min(ui.page_end);
        for (row, line) in (0..list.height).zip(lines.iter().skip(top)) {
            let mut pen = Pen::new(buffer, list, row);
            match line {
                Line::Heading(text) => heading(text, Meaning::Title, look, &mut pen),
                Line::Sentence(is_first, text) => {
                    let dot = if *is_first { look.glyphs.dot } else { " " };
                    pen.skip(1).text(dot, look.style(Meaning::Muted)).skip(1).text(text, look.style(Meaning::Text));
                }
                Line::Empty => {}
            }
        }
    }

    fn drawn(&mut self, drawn: &Drawn) {
        self.top = self.top.min(drawn.page_end);
    }

    fn again(&self) -> Box<dyn Page> {
        Box::new(self.clone())
    }
}
