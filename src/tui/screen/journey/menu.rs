//! A few choices, each with a letter: what to copy, what to show only.
//!
//! The letter chooses at once; arrows and Enter do too. In the menu of conditions a capital
//! letter leaves out what the small one shows only.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::inspect::filter::quoted;
use crate::model::Id;
use crate::tui::command::{Base, Shown};
use crate::tui::fit;
use crate::tui::keys::Action;
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};

use super::State;
use crate::tui::timeline::{Entry, event};

/// What a choice is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A condition of the filter.
    Narrow,
    /// A text for the clipboard.
    Copy,
}

/// One choice.
#[derive(Clone, Debug)]
pub struct Choice {
    key: char,
    name: &'static str,
    /// The condition, or the text to copy; `None` while it is not known.
    value: Option<String>,
}

/// Choices on the screen.
#[derive(Clone, Debug)]
pub struct Menu {
    /// What for.
    pub kind: Kind,
    choices: Vec<Choice>,
    selected: usize,
}

impl State {
    /// The choices on the screen, if there are any.
    pub fn menu(&self) -> Option<&Menu> {
        self.menu.as_ref()
    }

    /// Opens the conditions that the selected row meets.
    pub(super) fn narrow_menu(&mut self) {
        let choices = self.conditions();
        if choices.is_empty() {
            self.notice = Some("no row is selected".to_owned());
            return;
        }
        self.menu = Some(Menu { kind: Kind::Narrow, choices, selected: 0 });
    }

    /// Opens what can be copied; `value` is what the cursor of the detail is on.
    pub(super) fn copy_menu(&mut self, value: Option<String>) {
        let choices = self.copies(value);
        if choices.is_empty() {
            self.notice = Some("no row is selected".to_owned());
            return;
        }
        self.menu = Some(Menu { kind: Kind::Copy, choices, selected: 0 });
    }

    /// Fills in what has been read since the menu was opened.
    pub(super) fn refresh_menu(&mut self) {
        let row = self.row_json();
        let Some(menu) = self.menu.as_mut().filter(|menu| menu.kind == Kind::Copy) else { return };
        if let Some(choice) = menu.choices.iter_mut().find(|choice| choice.key == 'r') {
            choice.value = row;
        }
    }

    fn copies(&self, value: Option<String>) -> Vec<Choice> {
        let Some(row) = self.row() else { return Vec::new() };
        let event = event(&self.journey, row.entry);
        let mut choices = Vec::new();
        let mut add = |key, name, value: Option<String>| choices.push(Choice { key, name, value });
        let value = value.or_else(|| event.map(|event| event.event.to_string()));
        if let Some(value) = value {
            add('v', "value", Some(value));
        }
        if event.is_some() {
            add('r', "row as JSON", self.row_json());
        }
        let id = match row.entry {
            Entry::Reset(at) => self.journey.points.get(at as usize).map(|point| &point.id),
            Entry::Call(at) => self.journey.aliases.get(at as usize).and_then(|line| line.target.as_ref()),
            _ => event.and_then(|event| event.id.as_ref()),
        };
        if let Some(id) = id {
            add('i', "id", Some(id.as_str().to_owned()));
        }
        let source = match row.entry {
            Entry::Reset(at) => self.journey.points.get(at as usize).map(|point| &point.source),
            Entry::Call(at) => self.journey.aliases.get(at as usize).map(|line| &line.source),
            _ => event.map(|event| &event.source),
        };
        let source = source.map(|source| format!("{}:{}", source.file, source.line));
        if let Some(source) = &source {
            add('s', "source", Some(source.clone()));
            let filter = format!("file={}", quoted(source));
            if let Some(command) = self.command(&filter) {
                add('c', "command, row", Some(command));
            }
        }
        if let Some(command) = self.shown_by() {
            add('f', "command, rows", Some(command));
        }
        choices
    }

    /// The row as an export has it; `None` while its properties are not read.
    fn row_json(&self) -> Option<String> {
        let event = event(&self.journey, self.row()?.entry)?;
        let properties = self.properties_of(event.row)?.ok()?;
        let name = serde_json::to_string(&*event.event).ok()?;
        Some(format!("{{\"event\":{name},\"properties\":{}}}", properties.json))
    }

    /// The command that shows these rows; none for rows that no store has.
    pub(in crate::tui) fn command(&self, filter: &str) -> Option<String> {
        let (id, as_of, zone) = (&self.journey.query, self.journey.as_of, self.zone());
        Some(self.base.as_ref()?.show(&Shown { id, filter, as_of, zone }))
    }

    /// The command that shows what the screen shows.
    pub fn shown_by(&self) -> Option<String> {
        self.command(self.filter_text().unwrap_or_default())
    }

    /// Notes what every command needs; nothing for rows that no store has.
    #[must_use]
    pub fn with_base(mut self, base: Option<Base>) -> Self {
        self.base = base;
        self
    }

    /// Notes the same once more: the rules may have changed since.
    pub fn set_base(&mut self, base: Option<Base>) {
        self.base = base;
    }

    fn conditions(&self) -> Vec<Choice> {
        let Some(row) = self.row() else { return Vec::new() };
        let mut choices = Vec::new();
        let mut add = |key, name, value: String| choices.push(Choice { key, name, value: Some(value) });
        let id = |id: &Id| quoted(id.as_str());
        match row.entry {
            Entry::Reset(at) => {
                add('r', "resets", "is:reset".to_owned());
                if let Some(point) = self.journey.points.get(at as usize) {
                    add('i', "id", format!("id={}", id(&point.id)));
                }
            }
            Entry::Call(at) => {
                add('a', "alias calls", "is:alias".to_owned());
                if let Some(target) = self.journey.aliases.get(at as usize).and_then(|line| line.target.as_ref()) {
                    add('i', "id", format!("id={}", id(target)));
                }
            }
            entry => {
                let Some(event) = event(&self.journey, entry) else { return Vec::new() };
                add('e', "event", format!("event={}", quoted(&event.event)));
                if let Some(sent) = &event.id {
                    add('i', "id", format!("id={}", id(sent)));
                }
                if let Some(device) = &event.device {
                    add('d', "device", format!("device={}", id(device)));
                }
                if let Some(user) = &event.user {
                    add('u', "user", format!("user={}", id(user)));
                }
                if let Some(client) = &event.client {
                    add('c', "client", format!("client={}", quoted(client.as_str())));
                }
            }
        }
        if let Some(lane) = row.lane.and_then(|lane| self.timeline.lanes().get(lane as usize)) {
            add('l', "lane", format!("lane:{}", lane.label));
        }
        choices
    }

    /// Does what a key asks while choices are on the screen.
    pub(super) fn update_menu(&mut self, action: Action) {
        let Some(menu) = &mut self.menu else { return };
        match action {
            Action::Next => menu.selected = (menu.selected + 1).min(menu.choices.len().saturating_sub(1)),
            Action::Previous => menu.selected = menu.selected.saturating_sub(1),
            Action::Cancel => self.menu = None,
            Action::Open => {
                let at = menu.selected;
                self.choose(at, false);
            }
            _ => {}
        }
    }

    /// Takes the choice with this letter.
    pub(super) fn choose_letter(&mut self, c: char) {
        let Some(menu) = &self.menu else { return };
        let opener = match menu.kind {
            Kind::Narrow => '*',
            Kind::Copy => 'y',
        };
        let sought = c.to_ascii_lowercase();
        // The key that opened the menu again is the first choice.
        let at = if c == opener { Some(0) } else { menu.choices.iter().position(|choice| choice.key == sought) };
        match (at, c) {
            (Some(at), _) => self.choose(at, c.is_ascii_uppercase()),
            // No choice has these letters, and every other list moves by them.
            (None, 'j') => self.update_menu(Action::Next),
            (None, 'k') => self.update_menu(Action::Previous),
            (None, _) => self.menu = None,
        }
    }

    fn choose(&mut self, at: usize, leave_out: bool) {
        let Some(menu) = self.menu.take() else { return };
        let Some(choice) = menu.choices.into_iter().nth(at) else { return };
        match (menu.kind, choice.value) {
            (Kind::Narrow, Some(condition)) => {
                let sign = if leave_out { "-" } else { "" };
                self.narrow(&format!("{sign}{condition}"));
            }
            (Kind::Copy, Some(text)) => self.copy = Some((choice.name, text)),
            (_, None) => self.notice = Some(format!("{} has not been read yet", choice.name)),
        }
    }
}

/// Lines that the menu takes of a screen.
pub(super) fn height(state: &State, screen: u16) -> u16 {
    let Some(menu) = &state.menu else { return 0 };
    u16::try_from(menu.choices.len() + 1).unwrap_or(u16::MAX).min(screen / 2).max(2)
}

/// Draws the menu.
pub(super) fn view(state: &State, area: Rect, buffer: &mut Buffer, look: &Look) {
    let Some(menu) = &state.menu else { return };
    let title = match menu.kind {
        Kind::Narrow => "show only, with a capital letter leave out",
        Kind::Copy => "copy",
    };
    let rule = look.style(Meaning::Muted);
    let mut pen = Pen::new(buffer, area, 0);
    pen.text(&look.glyphs.rule.repeat(2), rule).skip(1).text(title, look.style(Meaning::Title));
    pen.skip(1).fill(look.glyphs.rule, rule);
    let lines = usize::from(area.height.saturating_sub(1));
    let top = menu.selected.saturating_sub(lines.saturating_sub(1));
    for (row, (at, choice)) in (1..area.height).zip(menu.choices.iter().enumerate().skip(top)) {
        let mut pen = Pen::new(buffer, area, row);
        let cursor = if at == menu.selected { look.glyphs.cursor } else { " " };
        pen.text(cursor, look.style(Meaning::Key)).text(&choice.key.to_string(), look.style(Meaning::Key)).skip(2);
        pen.cell(choice.name, 14, look.style(Meaning::Text)).skip(1);
        let value = choice.value.as_deref().unwrap_or("…");
        let room = pen.room().saturating_sub(1);
        pen.text(&fit::end(value, room), look.style(Meaning::Muted));
    }
}
