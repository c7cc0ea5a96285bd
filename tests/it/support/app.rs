//! The interface without threads: keys in, effects pumped in the test's own thread.

#![allow(clippy::expect_used, reason = "a test that cannot be set up has to fail")]

use std::fmt::Write as _;

use crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use journey::tui::app::Layer;
use journey::tui::keys::presses;
use journey::tui::worker::Request;
use journey::tui::{Backend, Effect, Model, Msg, Options, Ui, update, view};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

pub(crate) struct App<B: Backend> {
    pub(crate) model: Model,
    pub(crate) ui: Ui,
    pub(crate) backend: B,
    /// Everything that was asked of the worker.
    pub(crate) asked: Vec<Request>,
    /// How it ended, if it did.
    pub(crate) end: Option<Effect>,
    waiting: Vec<Effect>,
    size: (u16, u16),
}

impl<B: Backend> App<B> {
    /// Started and settled on a screen of 80 columns and 24 rows.
    pub(crate) fn start(backend: B) -> Self {
        let mut app = Self::unsettled(backend, &Options::default());
        app.settle();
        app
    }

    /// Started, with nothing answered yet.
    pub(crate) fn unsettled(backend: B, options: &Options) -> Self {
        let (model, waiting) = Model::start(options).expect("the keys and themes of the program");
        Self { model, ui: Ui::default(), backend, asked: vec![], end: None, waiting, size: (80, 24) }
    }

    pub(crate) fn sized(mut self, width: u16, height: u16) -> Self {
        self.size = (width, height);
        self.settle();
        self
    }

    pub(crate) fn resize(&mut self, width: u16, height: u16) {
        self.size = (width, height);
        self.send(Msg::Terminal(Event::Resize(width, height)));
    }

    /// Gives a message, without answering what it asks.
    pub(crate) fn send(&mut self, msg: Msg) {
        let effects = update(&mut self.model, msg);
        self.waiting.extend(effects);
    }

    /// Presses keys, and answers everything after each.
    pub(crate) fn press(&mut self, keys: &str) -> &mut Self {
        for key in presses(keys).expect("names of keys") {
            if self.end.is_some() {
                break;
            }
            self.send(Msg::Terminal(Event::Key(key.event())));
            self.settle();
        }
        self
    }

    /// Does something with the mouse, and answers everything.
    pub(crate) fn point(&mut self, kind: MouseEventKind, column: u16, row: u16) -> &mut Self {
        let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        self.send(Msg::Terminal(Event::Mouse(event)));
        self.settle();
        self
    }

    /// Presses and lets go of the left button where `text` stands.
    pub(crate) fn click(&mut self, text: &str) -> &mut Self {
        let screen = self.text();
        let place = screen.lines().enumerate().find_map(|(row, line)| Some((line.split_once(text)?.0, row)));
        let (before, row) = place.expect("the text is on the screen");
        let column = u16::try_from(unicode_width::UnicodeWidthStr::width(before)).expect("a small screen");
        let row = u16::try_from(row).expect("a small screen");
        self.point(MouseEventKind::Down(MouseButton::Left), column, row);
        self.point(MouseEventKind::Up(MouseButton::Left), column, row)
    }

    /// Presses keys without answering anything.
    pub(crate) fn press_unanswered(&mut self, keys: &str) {
        for key in presses(keys).expect("names of keys") {
            self.send(Msg::Terminal(Event::Key(key.event())));
        }
    }

    /// Answers and draws until there is nothing left to do.
    pub(crate) fn settle(&mut self) {
        self.send(Msg::Opened(self.backend.title()));
        loop {
            while !self.waiting.is_empty() {
                match self.waiting.remove(0) {
                    Effect::Ask(ticket, question) => {
                        self.asked.push(question.clone());
                        let answer = question.respond(&mut self.backend);
                        self.send(Msg::Response(ticket, answer));
                    }
                    end => self.end = Some(end),
                }
            }
            self.buffer();
            let drawn = self.ui.drawn();
            self.send(Msg::Drawn(drawn));
            if self.waiting.is_empty() {
                return;
            }
        }
    }

    /// Answers the oldest question, and no other.
    pub(crate) fn answer_one(&mut self) {
        if let Some(Effect::Ask(ticket, question)) = (!self.waiting.is_empty()).then(|| self.waiting.remove(0)) {
            self.asked.push(question.clone());
            let answer = question.respond(&mut self.backend);
            self.send(Msg::Response(ticket, answer));
        }
    }

    /// Answers the newest question; those before it are dropped.
    pub(crate) fn answer_last(&mut self) {
        self.waiting.drain(..self.waiting.len().saturating_sub(1));
        self.answer_one();
    }

    /// The ticket of the newest question that is not answered yet.
    pub(crate) fn waiting(&self) -> Option<journey::tui::worker::Ticket> {
        self.waiting.iter().rev().find_map(|effect| match effect {
            Effect::Ask(ticket, _) => Some(*ticket),
            _ => None,
        })
    }

    /// The newest question that is not answered yet.
    pub(crate) fn unanswered(&self) -> Option<&Request> {
        self.waiting.iter().rev().find_map(|effect| match effect {
            Effect::Ask(_, question) => Some(question),
            _ => None,
        })
    }

    /// Gives what can be answered at once to the questions that wait, which wait on.
    pub(crate) fn answer_soon(&mut self) {
        for effect in self.waiting.clone() {
            if let Effect::Ask(ticket, question) = effect
                && let Some(part) = question.first_part(&mut self.backend)
            {
                self.send(Msg::Response(ticket, part));
            }
        }
    }

    /// Draws the screen.
    pub(crate) fn buffer(&mut self) -> Buffer {
        let mut terminal = Terminal::new(TestBackend::new(self.size.0, self.size.1)).expect("a terminal");
        terminal.draw(|frame| view(&self.model, &mut self.ui, frame)).expect("a frame");
        terminal.backend().buffer().clone()
    }

    /// The text of the screen, without spaces at the ends of rows.
    pub(crate) fn text(&mut self) -> String {
        text(&self.buffer())
    }

    /// The text, and below it a letter for the style of each character.
    pub(crate) fn styled(&mut self) -> String {
        styled(&self.buffer())
    }

    pub(crate) fn top(&self) -> &'static str {
        match self.model.layers().last() {
            Some(Layer::Search) => "search",
            Some(Layer::Journey) => "journey",
            Some(Layer::Identity) => "identity",
            Some(Layer::Live) => "listen",
            Some(Layer::Gallery) => "gallery",
            Some(Layer::Player) => "player",
            Some(Layer::Page(context, _)) => context.name(),
            Some(Layer::Prompt(_)) => "question",
            Some(Layer::Save(_)) => "saving",
            Some(Layer::Compare) => "compare",
            Some(Layer::Palette(_)) => "palette",
            None => "nothing",
        }
    }
}

pub(crate) fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let mut text = String::new();
    for row in buffer.content.chunks(width) {
        let mut line = String::new();
        let mut covered = 0;
        for cell in row {
            if covered == 0 {
                line.push_str(cell.symbol());
                covered = unicode_width::UnicodeWidthStr::width(cell.symbol());
            }
            covered = covered.saturating_sub(1);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The letter of each style, and the name of its colour in the legend. They are fixed, so that a change
/// of one place changes that place of a snapshot and nothing after it, and another shade of a colour
/// changes none. The digit is the selected row.
const LETTERS: [(char, &str, &str); 20] = [
    ('b', "BOLD", "BOLD"),
    ('c', "LightCyan", "Cyan"),
    ('d', "248", "DarkGray"),
    ('D', "248 BOLD", "DarkGray BOLD"),
    ('f', "DIM", "DIM"),
    ('g', "LightGreen", "Green"),
    ('G', "LightGreen BOLD", "Green BOLD"),
    ('i', "ITALIC", "ITALIC"),
    ('l', "215", "LightRed"),
    ('m', "177", "Magenta"),
    ('r', "REVERSED", "REVERSED"),
    ('R', "210 BOLD", "Red BOLD"),
    ('u', "UNDERLINED", "UNDERLINED"),
    ('U', "BOLD | UNDERLINED", "BOLD | UNDERLINED"),
    ('v', "UNDERLINED | REVERSED", "UNDERLINED | REVERSED"),
    ('V', "BOLD | UNDERLINED | REVERSED", "BOLD | UNDERLINED | REVERSED"),
    ('x', "BOLD | REVERSED", "BOLD | REVERSED"),
    ('y', "LightYellow", "Yellow"),
    ('Y', "LightYellow BOLD", "Yellow BOLD"),
    ('0', "White on Blue BOLD", "White on Blue BOLD"),
];

fn styled(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let mut used: Vec<char> = Vec::new();
    let mut letters = String::new();
    for row in buffer.content.chunks(width) {
        let line: String = row.iter().map(|cell| letter(cell.style())).collect();
        used.extend(line.chars());
        letters.push_str(line.trim_end());
        letters.push('\n');
    }
    let mut all = format!("{}{}\n{letters}", text(buffer), "~".repeat(width));
    for (letter, _, name) in LETTERS.iter().filter(|(letter, ..)| used.contains(letter)) {
        let _ = writeln!(all, "{letter}: {name}");
    }
    all
}

/// The letter of a style, and a blank for that of plain text.
fn letter(style: Style) -> char {
    let colour = |colour: Option<Color>| colour.filter(|colour| *colour != Color::Reset);
    let mut words = Vec::new();
    words.extend(colour(style.fg).map(|colour| colour.to_string()));
    words.extend(colour(style.bg).map(|colour| format!("on {colour}")));
    if style.add_modifier != Modifier::empty() {
        words.push(format!("{:?}", style.add_modifier));
    }
    let words = words.join(" ");
    if words.is_empty() {
        return ' ';
    }
    let known = LETTERS.iter().find(|(_, known, _)| *known == words);
    known.unwrap_or_else(|| panic!("no letter for the style {words:?}: add one to LETTERS")).0
}
