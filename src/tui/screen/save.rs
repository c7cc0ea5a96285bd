//! Saving a journey: what as, and where to.
//!
//! The letter of a form writes it at once; the path stands below and can be changed. A file that is there
//! is never replaced: the name that was proposed gets a number, one that was typed is asked for anew.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::report::journey::Form;
use crate::tui::field::Field;
use crate::tui::fit;
use crate::tui::frame::Ui;
use crate::tui::keys::Action;
use crate::tui::pen::Pen;
use crate::tui::pointer::Spot;
use crate::tui::theme::{Look, Meaning};
use crate::tui::widgets::{scrolled, select};

/// Characters of a path; no system takes more.
const LONGEST: usize = 4_096;

/// Characters of a proposed name without its ending: what was written, and where, has room in one line.
const LONGEST_NAME: usize = 40;

/// The same of each of two users.
const LONGEST_OF_TWO: usize = 20;

/// A form to save as.
#[derive(Debug)]
struct Choice {
    /// Its letter.
    key: char,
    form: Form,
    name: &'static str,
    /// What it is for.
    about: &'static str,
    /// The ending of its files.
    ending: &'static str,
    of: Of,
}

/// What a choice saves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// The journey of a user.
    User,
    /// Both users of a comparison.
    Both,
    /// What was received, as requests.
    Requests,
    /// What was received, as a scenario.
    Scenario,
}

const fn choice(key: char, form: Form, name: &'static str, about: &'static str, ending: &'static str) -> Choice {
    Choice { key, form, name, about, ending, of: Of::User }
}

const fn of_both(key: char, form: Form, name: &'static str, about: &'static str, ending: &'static str) -> Choice {
    Choice { of: Of::Both, ..choice(key, form, name, about, ending) }
}

const fn of_session(key: char, of: Of, name: &'static str, about: &'static str, ending: &'static str) -> Choice {
    Choice { of, ..choice(key, Form::Text, name, about, ending) }
}

const CHOICES: &[Choice] = &[
    choice('h', Form::Html, "HTML", "one file to attach; opens in any browser", "html"),
    choice('m', Form::Markdown, "Markdown", "for a ticket or a wiki", "md"),
    choice('t', Form::Text, "text", "as journey show prints it", "txt"),
    choice('b', Form::Brief, "brief", "at most 15 lines, for a chat", "txt"),
    choice('c', Form::Csv, "CSV", "a line for each row, for a spreadsheet", "csv"),
    choice('J', Form::Json, "JSON", "for programs", "json"),
    choice('g', Form::Svg, "SVG graph", "the ids of this user and what joins them", "svg"),
];

/// What a comparison is saved as, and the journey of its first user.
const OF_COMPARISON: &[Choice] = &[
    of_both('h', Form::Html, "HTML", "the comparison: one file to attach", "html"),
    of_both('t', Form::Text, "text", "the comparison, as journey diff prints it", "txt"),
    of_both('m', Form::Markdown, "Markdown", "the comparison, for a ticket or a wiki", "md"),
    of_both('J', Form::Json, "JSON", "the comparison, for programs", "json"),
    choice('H', Form::Html, "HTML of A", "the journey of A alone: one file to attach", "html"),
    choice('c', Form::Csv, "CSV of A", "the rows of A alone, for a spreadsheet", "csv"),
    choice('g', Form::Svg, "SVG of A", "the ids of A alone and what joins them", "svg"),
];

/// What a session that listens is saved as.
const OF_SESSION: &[Choice] = &[
    of_session('J', Of::Requests, "JSON Lines", "the requests as received; journey import reads them", "jsonl"),
    of_session('s', Of::Scenario, "scenario", "each row as a call; journey demo plays it", "toml"),
];

/// What a migration report is saved as.
const OF_MIGRATION: &[Choice] = &[
    choice('h', Form::Html, "HTML", "one file to attach; opens in any browser", "html"),
    choice('t', Form::Text, "text", "as journey compare prints it", "txt"),
    choice('c', Form::Csv, "CSV", "the users with the most rows changed, for a spreadsheet", "csv"),
    choice('J', Form::Json, "JSON", "for programs", "json"),
];

/// What a user with changes is saved as.
const OF_CHANGES: &[Choice] =
    &[choice('s', Form::Text, "scenario", "for journey demo, without ids and values of the data", "toml")];

/// The question on the screen.
#[derive(Clone, Debug)]
pub struct State {
    choices: &'static [Choice],
    selected: usize,
    /// The proposed name without its ending, and that of a comparison.
    name: String,
    name_of_both: String,
    path: Field,
    /// Whether the path is typed by hand: then it is kept when another form is chosen.
    is_own: bool,
    /// Whose it is, and the rows that the screen shows, in words.
    what: String,
    /// Whether ids and values are pseudonyms.
    redacts: bool,
    /// Whether a server answers, which cannot redact.
    is_on_a_server: bool,
    /// Why the last try wrote nothing.
    complaint: Option<String>,
    step: Step,
}

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// A form is chosen.
    Chooses,
    /// The path is typed.
    Types,
    /// It is to be written.
    Wanted,
    /// That is asked for.
    Asked,
}

impl State {
    /// For the user with `id`, with the form that was chosen the last time; `what` says whose journey it is.
    pub fn new(id: &str, form: Form, what: String, redacts: bool) -> Self {
        let selected = CHOICES.iter().position(|choice| choice.form == form).unwrap_or(0);
        Self::of(CHOICES, selected, [name(id), String::new()], what, redacts)
    }

    /// For the comparison of two users.
    pub fn compared(ids: [&str; 2], what: String, redacts: bool) -> Self {
        let [one, other] = ids.map(|id| shortened(&name(id), LONGEST_OF_TWO));
        let both = format!("{one}-and-{other}");
        Self::of(OF_COMPARISON, 0, [one, both], what, redacts)
    }

    /// For a session that listens.
    pub fn session(session: &str, what: String) -> Self {
        Self::of(OF_SESSION, 0, [name(session), String::new()], what, false)
    }

    /// For a migration report, or for changes to what was sent, in a file of this name.
    pub fn report(name: &str, is_migration: bool, what: String, redacts: bool) -> Self {
        let choices = if is_migration { OF_MIGRATION } else { OF_CHANGES };
        Self::of(choices, 0, [name.to_owned(), String::new()], what, redacts)
    }

    /// The same for what comes from a server, or does not.
    #[must_use]
    pub fn on_a_server(self, is_on_a_server: bool) -> Self {
        Self { is_on_a_server, ..self }
    }

    fn of(choices: &'static [Choice], selected: usize, names: [String; 2], what: String, redacts: bool) -> Self {
        let [name, name_of_both] = names;
        let mut state = Self {
            choices,
            selected,
            name,
            name_of_both,
            path: Field::default(),
            is_own: false,
            what,
            redacts,
            is_on_a_server: false,
            complaint: None,
            step: Step::Chooses,
        };
        state.propose();
        state
    }

    /// The selected form.
    pub fn form(&self) -> Form {
        self.choices.get(self.selected).map_or(Form::Html, |choice| choice.form)
    }

    /// What is saved.
    pub fn saves(&self) -> Of {
        self.choices.get(self.selected).map_or(Of::User, |choice| choice.of)
    }

    /// Whether both users of a comparison are saved.
    pub fn is_of_both(&self) -> bool {
        self.saves() == Of::Both
    }

    /// Whether it was asked over a journey alone.
    pub fn is_over_journey(&self) -> bool {
        self.choices.iter().all(|choice| choice.of == Of::User)
    }

    fn is_over_session(&self) -> bool {
        self.choices.iter().any(|choice| choice.of == Of::Requests)
    }

    /// Where to.
    pub fn path(&self) -> &str {
        self.path.text()
    }

    /// Whether the path was typed by hand.
    pub fn is_own(&self) -> bool {
        self.is_own
    }

    /// Whether the path is being typed.
    pub fn types(&self) -> bool {
        self.step == Step::Types
    }

    /// Whether it is to be written now; from then on it is asked for.
    pub fn take_wanted(&mut self) -> bool {
        let wanted = self.step == Step::Wanted;
        if wanted {
            self.step = Step::Asked;
        }
        wanted
    }

    /// Whether it is being written.
    pub fn is_asked(&self) -> bool {
        self.step == Step::Asked
    }

    /// Nothing was written: why, and another path that is free.
    pub fn refuse(&mut self, why: String, other: Option<String>) {
        self.complaint = Some(why);
        self.step = Step::Chooses;
        if let Some(other) = other {
            self.path = Field::new(other);
            self.is_own = true;
        }
    }

    /// Leaves the path as it is; whether it was being typed.
    pub fn leave_path(&mut self) -> bool {
        let types = self.types();
        if types {
            self.step = Step::Chooses;
        }
        types
    }

    fn propose(&mut self) {
        let ending = self.choices.get(self.selected).map_or("txt", |choice| choice.ending);
        if self.is_own {
            let typed = self.path.text();
            let known = CHOICES
                .iter()
                .chain(OF_SESSION)
                .chain(OF_CHANGES)
                .find_map(|choice| typed.strip_suffix(&format!(".{}", choice.ending)));
            if let Some(stem) = known {
                self.path = Field::new(format!("{stem}.{ending}"));
            }
        } else {
            let name = if self.is_of_both() { &self.name_of_both } else { &self.name };
            self.path = Field::new(format!("{name}.{ending}"));
        }
    }

    fn choose(&mut self, at: usize) {
        self.selected = at.min(self.choices.len().saturating_sub(1));
        self.complaint = None;
        self.propose();
    }

    fn write(&mut self) {
        if self.path.text().trim().is_empty() {
            self.complaint = Some("a file needs a name".to_owned());
        } else if !self.is_asked() {
            self.step = Step::Wanted;
        }
    }

    /// Takes a letter, or puts a text into the path.
    pub fn type_text(&mut self, text: &str) {
        if self.types() {
            let kept = if self.path.is_selected() { 0 } else { self.path.text().chars().count() };
            for c in text.chars().filter(|c| !c.is_control()).take(LONGEST.saturating_sub(kept)) {
                self.path.insert(c);
            }
            self.is_own = true;
            self.complaint = None;
            return;
        }
        let Some(c) = text.chars().next() else { return };
        let of = |c: char| self.choices.iter().position(|choice| choice.key == c);
        match (of(c), c) {
            (Some(at), _) => {
                self.choose(at);
                self.write();
            }
            (None, 'j') => self.choose(self.selected + 1),
            (None, 'k') => self.choose(self.selected.saturating_sub(1)),
            (None, 'e') => self.edit_path(),
            // The key that opened it, once more.
            (None, 'S') => self.write(),
            _ => {}
        }
    }

    fn edit_path(&mut self) {
        self.step = Step::Types;
        if !self.is_own {
            self.path.select();
        }
    }

    /// Does what a key asks.
    pub fn update(&mut self, action: Action) {
        match action {
            Action::Open => self.write(),
            Action::Complete if !self.types() => self.edit_path(),
            Action::Next if !self.types() => self.choose(self.selected + 1),
            Action::Previous if !self.types() => self.choose(self.selected.saturating_sub(1)),
            _ if !self.types() => {}
            action => {
                self.complaint = None;
                self.is_own |= self.path.update(action);
            }
        }
    }

    /// Selects the line that was pressed; writes it when it was selected.
    pub fn point(&mut self, line: usize) {
        if line == self.selected {
            self.write();
        } else if line < self.choices.len() {
            self.choose(line);
        }
    }
}

/// The name of a file from an id: letters and digits, and `-` between them.
pub(in crate::tui) fn name(id: &str) -> String {
    let mut name = String::new();
    for c in id.chars() {
        if c.is_alphanumeric() {
            name.extend(c.to_lowercase());
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = shortened(&name, LONGEST_NAME);
    if name.is_empty() { "journey".to_owned() } else { name }
}

fn shortened(name: &str, columns: usize) -> String {
    let mut name: String = name.chars().take(columns).collect();
    name.truncate(name.trim_end_matches('-').len());
    name
}

/// Draws it over the lower part of `area`; the place of the cursor.
pub(in crate::tui) fn view(
    state: &State,
    ui: &mut Ui,
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
) -> Option<Position> {
    let muted = look.style(Meaning::Muted);
    let all = u16::try_from(state.choices.len()).unwrap_or(u16::MAX);
    let tall = (all + 3).min(area.height);
    let panel = ui.cover(area, tall, buffer);
    let mut pen = Pen::new(buffer, panel, 0);
    pen.text(&look.glyphs.rule.repeat(2), muted).skip(1).text("save", look.style(Meaning::Title)).skip(1);
    let room = pen.room().saturating_sub(5);
    pen.text(&look.glyphs.rule.repeat(2), muted)
        .skip(1)
        .text(&fit::end(&state.what, room), look.style(Meaning::Text))
        .skip(1);
    pen.fill(look.glyphs.rule, muted);
    let list = Rect { y: panel.y + 1, height: tall.saturating_sub(3), ..panel };
    let height = usize::from(list.height);
    let top = scrolled(0, state.selected, height, state.choices.len());
    ui.spot(list, Spot::List(top));
    for (row, (at, Choice { key, name, about, .. })) in (0..list.height).zip(state.choices.iter().enumerate().skip(top))
    {
        let mut pen = Pen::new(buffer, list, row);
        let cursor = if at == state.selected { look.glyphs.cursor } else { " " };
        pen.cell(cursor, 1, look.style(Meaning::Key)).text(&key.to_string(), look.style(Meaning::Key)).skip(2);
        pen.cell(name, 10, look.style(Meaning::Text)).skip(1).text(about, muted);
        if at == state.selected {
            select(buffer, Rect { y: list.y + row, height: 1, ..list }, look);
        }
    }
    if tall < 3 {
        return None;
    }
    let mut pen = Pen::new(buffer, panel, tall - 2);
    pen.skip(1).text("to", muted).skip(1);
    let start = pen.column();
    let room = pen.room().saturating_sub(2);
    let (before, after) = state.path.parts();
    let shown = fit::tail(before, room);
    let wide = fit::width(shown);
    let style = if state.types() && state.path.is_selected() { Meaning::Selected } else { Meaning::Text };
    pen.text(&format!("{shown}{after}"), look.style(style));
    if !state.types() {
        // What has no room is left out as a whole: the foot has the key too.
        let said = ["in this folder; e types another path", "e types another path"];
        let room = pen.room().saturating_sub(3);
        if let Some(said) = said.into_iter().find(|said| !state.is_own && fit::width(said) <= room) {
            pen.skip(2).text(said, muted);
        }
    }
    let mut pen = Pen::new(buffer, panel, tall - 1);
    pen.skip(1);
    match (&state.complaint, state.is_asked(), state.redacts) {
        (Some(complaint), ..) => {
            pen.text(&fit::end(complaint, usize::from(panel.width).saturating_sub(2)), look.style(Meaning::Bad))
        }
        (None, true, _) => pen.text("writing…", look.style(Meaning::Warn)),
        (None, false, _) if state.is_over_session() => pen.text("ids and values are in it as they were sent", muted),
        (None, false, true) => pen.text("ids and personal values are pseudonyms in it", muted),
        (None, false, false) if state.is_on_a_server => {
            pen.text("names, e-mail addresses and ids are in it; a server redacts nothing", muted)
        }
        (None, false, false) => {
            pen.text("names, e-mail addresses and ids are in it; X, before S, replaces them", muted)
        }
    };
    let x = start.saturating_add(u16::try_from(wide).unwrap_or(0));
    (state.types() && x < area.right()).then_some(Position { x, y: panel.y + tall - 2 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_is_made_of_letters_digits_and_dashes() {
        assert_eq!(name("Sally@Example.com"), "sally-example-com");
        assert_eq!(name("$device:1c--9"), "device-1c-9");
        assert_eq!(name("../../etc/passwd"), "etc-passwd");
        assert_eq!(name("\u{202e}☃"), "journey");
        assert_eq!(name(&"x".repeat(500)).len(), LONGEST_NAME);
    }

    #[test]
    fn the_name_of_two_users_has_a_part_of_each() {
        let ids =
            ["16bb6dd87e0854-0a1b2c3d4e5f60-12345678-1fa400-16bb6dd87e0f24", "b9c2c75b-52ae-49f5-b1f1-8513ac0b7895"];
        let state = State::compared(ids, String::new(), false);
        assert_eq!(state.path(), "16bb6dd87e0854-0a1b2-and-b9c2c75b-52ae-49f5-b.html");
        let state = State::compared(["sally@gmail.com", "Tom"], String::new(), false);
        assert_eq!(state.path(), "sally-gmail-com-and-tom.html");
    }

    #[test]
    fn another_form_changes_the_ending_of_a_path_and_nothing_else_of_it() {
        let mut state = State::new("sally", Form::Html, String::new(), false);
        state.type_text("e");
        state.type_text("~/t/4711.html");
        assert_eq!(state.path(), "~/t/4711.html");
        state.leave_path();
        state.update(Action::Next);
        assert_eq!(state.path(), "~/t/4711.md");
        state.type_text("c");
        assert_eq!(state.path(), "~/t/4711.csv");
        assert!(state.take_wanted() && state.is_asked());
    }
}
