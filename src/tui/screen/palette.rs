//! The command palette: everything that can be done here, by name.
//!
//! It lists the actions of the screen below it with their keys, and a few commands that take a
//! word more (`open FILE`). What is typed narrows the list; a command with its word is carried
//! out as it stands. The prompt shows a mistake, so that the user can correct it there.

mod draw;

pub(in crate::tui) use self::draw::view;

use crate::model::Id;
use crate::tui::backend::Failure;
use crate::tui::field::Field;
use crate::tui::keys::{Action, Context, Keymap};
use crate::tui::theme::Theme;
use crate::tui::when::Zone;
use crate::tui::worker::Ticket;

/// Characters of a text; paths and ids are shorter.
const LONGEST_TEXT: usize = 4_096;

/// Something that takes a word more than its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Look into another store.
    Open,
    /// Open the journey of an id.
    Goto,
    /// Show times in a zone.
    Zone,
    /// Use a theme.
    Theme,
}

impl Command {
    const ALL: [Self; 4] = [Self::Open, Self::Goto, Self::Zone, Self::Theme];

    /// What is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Goto => "goto",
            Self::Zone => "zone",
            Self::Theme => "theme",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Open => "FILE",
            Self::Goto => "ID",
            Self::Zone | Self::Theme => "NAME",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::Open => "look into another store",
            Self::Goto => "open the journey of an id",
            Self::Zone => "show times in a zone: UTC, local, Europe/Berlin",
            Self::Theme => "use other colours",
        }
    }
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    what: What,
    /// What it is called.
    name: String,
    /// What it does.
    help: String,
    /// Its keys, as they are pressed.
    keys: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Action(Action),
    Command(Command),
    /// A whole word for a command: a zone, a theme.
    Choice(Command),
}

/// What the palette asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// Nothing to be done.
    Nothing,
    /// It is to be closed.
    Close,
    /// It is to be closed, and this is to be done.
    Act(Action),
    /// The journey of an id is to be opened.
    Goto(Id),
    /// Another store is to be opened.
    Open(String),
    /// Times are to be shown in this zone.
    Zone(Zone),
    /// This theme is to be used.
    Theme(&'static str),
}

/// The palette.
#[derive(Clone, Debug)]
pub struct State {
    input: Field,
    /// What can be done on the screen below.
    all: Vec<Entry>,
    /// What matches, best first.
    matching: Vec<Entry>,
    selected: usize,
    error: Option<Failure>,
    opening: Option<Ticket>,
}

impl State {
    /// Over a screen where `contexts` have the keys.
    pub fn new(keymap: &Keymap, contexts: &[Context], keys: impl Fn(&crate::tui::keys::Binding) -> String) -> Self {
        let mut all: Vec<Entry> = Vec::new();
        for binding in contexts.iter().flat_map(|context| keymap.of(*context)) {
            let keys = keys(binding);
            if binding.action.edits_text() || binding.action == Action::Palette || keys.is_empty() {
                continue;
            }
            let what = What::Action(binding.action);
            if let Some(known) = all.iter_mut().find(|entry| entry.what == what) {
                known.keys = format!("{} {keys}", known.keys);
                continue;
            }
            let name = binding.action.name().replace('-', " ");
            all.push(Entry { what, name, help: binding.help.clone(), keys });
        }
        all.extend(Command::ALL.map(|command| Entry {
            what: What::Command(command),
            name: command.name().to_owned(),
            help: command.help().to_owned(),
            keys: format!(":{} {}", command.name(), command.word()),
        }));
        let matching = all.clone();
        Self { input: Field::default(), all, matching, selected: 0, error: None, opening: None }
    }

    /// What is typed.
    pub fn text(&self) -> &str {
        self.input.text()
    }

    /// The selected line.
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// Number of lines.
    pub fn choices(&self) -> usize {
        self.matching.len()
    }

    /// Types a text.
    pub fn type_text(&mut self, text: &str) {
        for c in text.chars().filter(|c| !c.is_control()) {
            if self.text().chars().count() < LONGEST_TEXT {
                self.input.insert(c);
            }
        }
        self.changed();
    }

    /// Waits for a store.
    pub fn wait(&mut self, ticket: Ticket) {
        self.opening = Some(ticket);
    }

    /// Whether it waits for this answer.
    pub fn waits_for(&self, ticket: Ticket) -> bool {
        self.opening == Some(ticket)
    }

    /// Whether a store is being opened.
    pub fn is_waiting(&self) -> bool {
        self.opening.is_some()
    }

    /// What was asked cannot be done.
    pub fn fail(&mut self, failure: Failure) {
        self.error = Some(failure);
        self.opening = None;
    }

    fn changed(&mut self) {
        self.selected = 0;
        self.error = None;
        self.matching = match self.command() {
            Some((command, word)) => choices(command, word),
            None => ranked(&self.all, self.text()),
        };
    }

    /// The command that is typed, and its word.
    fn command(&self) -> Option<(Command, &str)> {
        let (name, word) = self.text().trim_start().split_once(' ')?;
        let command = Command::ALL.into_iter().find(|command| command.name() == name)?;
        Some((command, word.trim()))
    }

    /// Does what a key asks.
    pub fn update(&mut self, action: Action, page: usize) -> Asked {
        let last = self.matching.len().saturating_sub(1);
        match action {
            Action::Next => self.selected = (self.selected + 1).min(last),
            Action::Previous => self.selected = self.selected.saturating_sub(1),
            Action::PageDown => self.selected = (self.selected + page.max(1)).min(last),
            Action::PageUp => self.selected = self.selected.saturating_sub(page.max(1)),
            Action::Complete => self.complete(),
            Action::Open => return self.carry_out(),
            Action::Back | Action::Clear | Action::Palette => return Asked::Close,
            Action::DeleteBefore if self.text().is_empty() => return Asked::Close,
            action => {
                if self.input.update(action) {
                    self.changed();
                }
            }
        }
        Asked::Nothing
    }

    /// Selects the line that was pressed; carries it out when it was selected.
    pub fn point(&mut self, line: usize) -> Asked {
        if line == self.selected {
            return self.carry_out();
        }
        if line < self.matching.len() {
            self.selected = line;
        }
        Asked::Nothing
    }

    /// Takes the selected line over into the text.
    fn complete(&mut self) {
        let Some(entry) = self.matching.get(self.selected) else { return };
        let text = match entry.what {
            What::Action(_) => entry.name.clone(),
            What::Command(_) => format!("{} ", entry.name),
            What::Choice(command) => format!("{} {}", command.name(), entry.name),
        };
        self.input = Field::new(text);
        self.changed();
    }

    fn carry_out(&mut self) -> Asked {
        let selected = self.matching.get(self.selected);
        if let Some((command, word)) = self.command() {
            // A line of the list goes before the beginning of it that is typed.
            let word = selected.map_or(word, |entry| &entry.name).to_owned();
            return self.command_asked(command, &word);
        }
        match selected.map(|entry| entry.what) {
            Some(What::Action(action)) => Asked::Act(action),
            Some(What::Command(_) | What::Choice(_)) => {
                self.complete();
                Asked::Nothing
            }
            None => Asked::Nothing,
        }
    }

    fn command_asked(&mut self, command: Command, word: &str) -> Asked {
        use crate::tui::backend::FailureKind::Usage;
        if word.is_empty() {
            return Asked::Nothing;
        }
        match command {
            Command::Open => Asked::Open(word.to_owned()),
            Command::Goto => Asked::Goto(Id::new(word)),
            Command::Zone => match Zone::parse(word) {
                Ok(zone) => Asked::Zone(zone),
                Err(meant) => {
                    let failure = Failure::new(Usage, format!("no zone is called {word:?}"));
                    self.fail(match meant {
                        Some(name) => failure.hint(format!(":zone {name}")),
                        None => failure.hint(":zone with a name such as Europe/Berlin, UTC or local"),
                    });
                    Asked::Nothing
                }
            },
            Command::Theme => {
                if let Some(name) = Theme::NAMES.iter().find(|name| name.eq_ignore_ascii_case(word)) {
                    return Asked::Theme(name);
                }
                let failure = Failure::new(Usage, format!("no theme is called {word:?}"));
                self.fail(failure.hint(format!("there are {}", Theme::NAMES.join(", "))));
                Asked::Nothing
            }
        }
    }
}

/// Words that a command takes and that match what is typed of one.
fn choices(command: Command, word: &str) -> Vec<Entry> {
    let entry = |name: &str| Entry {
        what: What::Choice(command),
        name: name.to_owned(),
        help: String::new(),
        keys: String::new(),
    };
    let all: Vec<Entry> = match command {
        Command::Theme => Theme::NAMES.iter().map(|name| entry(name)).collect(),
        Command::Zone => Zone::names().map(entry).collect(),
        Command::Open | Command::Goto => return Vec::new(),
    };
    ranked(&all, word)
}

/// The entries that match, best first: by the beginning of their name, a part of it, a part of
/// what they do, letters of their name.
fn ranked(all: &[Entry], typed: &str) -> Vec<Entry> {
    let typed = typed.trim().to_lowercase().replace('-', " ");
    let mut ranked: Vec<(usize, &Entry)> = all
        .iter()
        .filter_map(|entry| {
            let name = entry.name.to_lowercase().replace('-', " ");
            let rank = if name.starts_with(&typed) {
                0
            } else if name.contains(&typed) {
                1
            } else if typed.split(' ').all(|word| name.contains(word) || entry.help.to_lowercase().contains(word)) {
                2
            } else if has_letters(&name, &typed) {
                3
            } else {
                return None;
            };
            Some((rank, entry))
        })
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, entry)| entry.clone()).collect()
}

/// Whether `text` has the letters of `typed` in their order.
fn has_letters(text: &str, typed: &str) -> bool {
    let mut letters = text.chars();
    typed.chars().filter(|c| *c != ' ').all(|c| letters.any(|letter| letter == c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over_journey() -> State {
        let keymap = Keymap::built_in().unwrap();
        let keys = |binding: &crate::tui::keys::Binding| crate::tui::keys::sequence(&binding.keys[0]);
        State::new(&keymap, &[Context::Journey, Context::Everywhere], keys)
    }

    fn first(typed: &str) -> Option<String> {
        let mut state = over_journey();
        state.type_text(typed);
        state.matching.first().map(|entry| entry.name.clone())
    }

    #[test]
    fn every_action_of_the_screen_is_listed_once_with_its_keys() {
        let state = over_journey();
        let names: Vec<&str> = state.all.iter().map(|entry| entry.name.as_str()).collect();
        for name in ["next", "next problem", "identity", "zone", "quit", "suspend", "open", "goto", "theme"] {
            assert!(names.contains(&name), "{name} in {names:?}");
        }
        let quit = state.all.iter().find(|entry| entry.name == "quit").unwrap();
        assert_eq!(quit.keys, "q C-c");
    }

    #[test]
    fn letters_and_words_of_the_help_find_an_action_and_a_name_goes_first() {
        assert_eq!(first("nxtprob").as_deref(), Some("next problem"));
        assert_eq!(first("quit").as_deref(), Some("quit"));
        assert_eq!(first("refused").as_deref(), Some("next problem"));
        assert_eq!(first("xyzzy"), None);
    }

    #[test]
    fn a_command_takes_its_word_and_a_wrong_one_is_reported() {
        let mut state = over_journey();
        state.type_text("goto $device:a b");
        assert_eq!(state.update(Action::Open, 0), Asked::Goto(Id::new("$device:a b")));
        let mut state = over_journey();
        state.type_text("zone europe/berl");
        assert_eq!(state.update(Action::Open, 0), Asked::Zone(Zone::Named(chrono_tz::Europe::Berlin)));
        let mut state = over_journey();
        state.type_text("theme dakr");
        assert_eq!(state.update(Action::Open, 0), Asked::Nothing);
        assert!(state.error.is_some());
        state.type_text("x");
        assert!(state.error.is_none(), "typing on takes it away");
    }

    #[test]
    fn tab_takes_the_selected_name_over() {
        let mut state = over_journey();
        state.type_text("got");
        state.update(Action::Complete, 0);
        assert_eq!(state.text(), "goto ");
        state.type_text("a");
        assert_eq!(state.update(Action::Open, 0), Asked::Goto(Id::new("a")));
    }
}
