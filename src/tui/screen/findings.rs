//! Findings of the store: by kind, then the people with one, then the rows that prove it.
//!
//! Enter goes one step down, Esc one up; the last step is the journey at the row, from which Esc comes back
//! here. What the store is asked is answered by the worker ([`Question`]); a newer question overtakes an
//! older one, and Esc ends a look at every user with what is known by then.

mod draw;
mod pane;

use std::collections::BTreeMap;

use crate::identity::audit::{Audit, Found};
use crate::identity::findings::OF_STORE;
use crate::identity::{Finding, Kind};
use crate::inspect::check::{Person, Proof};
use crate::model::Id;
use crate::model::money::Amounts;
use crate::report::look::Look as Plain;
use crate::report::repair;
use crate::tui::backend::{Answer, Question};
use crate::tui::fit;
use crate::tui::frame::{Drawn, Ui};
use crate::tui::keys::{Action, Context};
use crate::tui::page::{Asking, Below, Entry, Given, Page, Wish, moved};
use crate::tui::pointer::{Gesture, Pointed};
use crate::tui::screen::save;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// In the list of pages.
pub(super) const PAGE: Entry = Entry { action: Action::Findings, context: Context::Findings, open };

/// Columns of a text that another part of the program writes: it fits on the narrowest screen that is whole.
const TEXT_WIDTH: usize = 76;

/// The screen.
#[derive(Clone, Debug)]
struct State {
    title: Option<String>,
    /// The steps down, the store first.
    steps: Vec<Step>,
    asking: Asking,
    /// Whether what is known by now was asked for.
    stops: bool,
    /// Whether the answer takes the place of the last step.
    renews: bool,
}

/// One step: a list with a selected line.
#[derive(Clone, Debug)]
struct Step {
    /// What it answers.
    question: Question,
    of: Of,
    selected: usize,
    top: usize,
}

/// What a step lists.
#[derive(Clone, Debug)]
enum Of {
    /// Kinds of findings, and the best names of their first users.
    Store(Box<Audit>, BTreeMap<Id, String>),
    /// People with one kind, and whether all were looked at.
    People(&'static Kind, Vec<Person>, bool),
    /// Rows that prove the finding of a user, and what the rows that it costs say was paid.
    Evidence(Id, Box<Finding>, Vec<Proof>, Amounts),
    /// Rows that show a finding of the store as a whole.
    Loose(&'static Kind, Vec<Proof>),
    /// Lines to read, and what they are called.
    Text(String, Vec<String>),
}

impl Of {
    fn lines(&self) -> usize {
        match self {
            Self::Store(audit, _) => audit.found.len(),
            Self::People(_, people, _) => people.len(),
            Self::Evidence(_, _, rows, _) | Self::Loose(_, rows) => rows.len(),
            Self::Text(_, lines) => lines.len(),
        }
    }
}

fn open(below: Below) -> Box<dyn Page> {
    let mut state =
        State { title: below.title, steps: Vec::new(), asking: Asking::default(), stops: false, renews: false };
    state.ask(Question::Store);
    Box::new(state)
}

impl State {
    fn ask(&mut self, question: Question) {
        (self.stops, self.renews) = (false, false);
        self.asking.ask(question);
    }

    fn step(&self) -> Option<&Step> {
        self.steps.last()
    }

    /// The name of a person of whom a step before has one.
    fn name_of(&self, id: &Id) -> Option<&str> {
        self.steps.iter().find_map(|step| match &step.of {
            Of::Store(_, names) => names.get(id).map(String::as_str),
            Of::People(_, people, _) => people.iter().find(|person| person.id == *id)?.name.as_deref(),
            _ => None,
        })
    }

    /// The finding that is selected on the first step.
    fn found(&self) -> Option<&Found> {
        match self.steps.first() {
            Some(Step { of: Of::Store(audit, _), selected, .. }) => audit.found.get(*selected),
            _ => None,
        }
    }

    /// The user that the step is about, if it is about one.
    fn person(&self) -> Option<&Id> {
        let step = self.step()?;
        match &step.of {
            Of::People(_, people, _) => people.get(step.selected).map(|person| &person.id),
            Of::Evidence(id, ..) => Some(id),
            Of::Store(audit, _) => audit.found.get(step.selected)?.ids.first(),
            _ => None,
        }
    }

    /// One step down.
    fn enter(&mut self) {
        let Some(step) = self.steps.last() else { return };
        match &step.of {
            Of::Store(..) => {
                let Some(found) = self.found() else { return };
                let kind = found.kind;
                match (found.people, found.rows) {
                    (1.., _) => self.ask(Question::People(kind)),
                    (0, 1..) => self.ask(Question::Loose(kind)),
                    (0, 0) => self.asking.say(format!("{}: no row shows it", kind.code)),
                }
            }
            Of::People(kind, people, _) => {
                if let Some(person) = people.get(step.selected) {
                    // What is of the store as a whole has no row of one user that proves it.
                    if OF_STORE.contains(kind) {
                        self.asking.wish = Some(Wish::Open(person.id.clone(), None));
                        return;
                    }
                    let (id, kind) = (person.id.clone(), *kind);
                    self.ask(Question::Evidence(id, kind));
                }
            }
            Of::Evidence(id, _, rows, _) => {
                let row = rows.get(step.selected).and_then(|proof| proof.row);
                self.asking.wish = Some(Wish::Open(id.clone(), row));
            }
            Of::Loose(_, rows) => match rows.get(step.selected) {
                Some(Proof { row, id: Some(id), .. }) => {
                    self.asking.wish = Some(Wish::Open(id.clone(), *row));
                }
                Some(Proof { row: Some(row), .. }) => {
                    let row = *row;
                    self.ask(Question::Row(row));
                }
                _ => {}
            },
            Of::Text(..) => {}
        }
    }

    /// Puts an answer on the screen: one step down, or in place of the last one.
    fn put(&mut self, question: &Question, of: Of) {
        let mut selected = 0;
        if self.renews && self.steps.last().is_some_and(|step| step.question == *question) {
            let last = self.steps.pop();
            selected = last.map_or(0, |step| step.selected).min(of.lines().saturating_sub(1));
        }
        self.steps.push(Step { question: question.clone(), of, selected, top: 0 });
    }

    fn show(&mut self, question: &Question, answer: Answer) {
        let of = match (question, answer) {
            (_, Answer::Store(audit, names)) => Of::Store(audit, names),
            (Question::People(kind), Answer::People(people, complete)) => Of::People(kind, people, complete),
            (Question::Evidence(id, _), Answer::Evidence(Some(finding), rows, amounts)) => {
                Of::Evidence(id.clone(), finding, rows, amounts)
            }
            (Question::Evidence(id, kind), Answer::Evidence(None, ..)) => {
                let text = format!("{} has no {} any more: the store has changed.", id.as_str(), kind.code);
                self.asking.say(text);
                return;
            }
            (Question::Loose(kind), Answer::Loose(rows)) => Of::Loose(kind, rows),
            (Question::Repair(_), Answer::Repair(Some(found))) => {
                let id = found.known.as_ref().unwrap_or(&found.root);
                let name = self.name_of(id).unwrap_or(id.as_str()).to_owned();
                let users = std::slice::from_ref(&*found);
                let repairs = repair::Repairs { users, kind: None, file: None, complete: true };
                let mut text = Vec::new();
                // Writing to memory cannot fail.
                let _ = repair::text(&mut text, &repairs, &Plain { width: TEXT_WIDTH, ..Plain::default() });
                let lines = String::from_utf8_lossy(&text).lines().map(str::to_owned).collect();
                Of::Text(format!("repair of {name}"), lines)
            }
            (Question::Repair(id), _) => {
                self.asking.say(format!("{} has no row to repair", id.as_str()));
                return;
            }
            (_, Answer::Row(text)) => {
                let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
                let pretty = serde_json::to_string_pretty(&value).unwrap_or(text);
                let lines = pretty.lines().map(|line| crate::model::text::visible(line).into_owned()).collect();
                Of::Text("a row without an id".to_owned(), lines)
            }
            _ => return,
        };
        self.put(question, of);
    }
}

impl Page for State {
    fn context(&self) -> Context {
        Context::Findings
    }

    fn update(&mut self, action: Action, page: usize) {
        if let Some(step) = self.steps.last_mut()
            && let Some(to) = moved(action, step.selected, step.of.lines().saturating_sub(1), page)
        {
            step.selected = to;
            return;
        }
        match action {
            Action::Open if self.asking.asked.is_none() => self.enter(),
            Action::Repair if self.asking.asked.is_none() => match self.person().cloned() {
                Some(id) => self.ask(Question::Repair(id)),
                None => self.asking.say("no user is selected to repair".to_owned()),
            },
            _ => {}
        }
    }

    fn take_back(&mut self) -> bool {
        if let Some(asked) = &self.asking.asked {
            let looks = matches!(asked, Question::Store | Question::People(_) | Question::Loose(_));
            if looks && !self.stops {
                self.stops = true;
                self.asking.wish = Some(Wish::Enough);
                return true;
            }
            self.asking.forget();
            return !self.steps.is_empty();
        }
        if self.asking.failure.is_some() && !self.steps.is_empty() {
            self.asking.failure = None;
            return true;
        }
        let goes = self.steps.len() > 1;
        if goes {
            self.steps.pop();
        }
        goes
    }

    fn renew(&mut self) -> bool {
        let question = self.step().map_or(Question::Store, |step| step.question.clone());
        self.ask(question);
        (self.renews, self.asking.is_outdated) = (true, false);
        true
    }

    fn asking(&mut self) -> Option<&mut Asking> {
        Some(&mut self.asking)
    }

    fn take(&mut self, question: &Question, answer: Answer) {
        self.show(question, answer);
    }

    fn point(&mut self, pointed: &Pointed) -> Option<Action> {
        let line = pointed.line()?;
        let step = self.steps.last_mut().filter(|step| line < step.of.lines())?;
        if pointed.gesture == Gesture::PressAgain || line == step.selected {
            return Some(Action::Open);
        }
        step.selected = line;
        None
    }

    fn command(&self) -> Option<Vec<String>> {
        let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
        match &self.step()?.of {
            Of::Store(..) => words(&["check"]),
            Of::People(kind, ..) => words(&["explain", kind.code]),
            Of::Evidence(id, ..) => words(&["check", "--id", id.as_str()]),
            Of::Loose(..) => words(&["check", "--format", "json"]),
            Of::Text(..) => match &self.step()?.question {
                Question::Repair(id) => words(&["repair", id.as_str(), "--write", "repair.jsonl"]),
                _ => None,
            },
        }
    }

    fn repair(&self) -> Option<(Id, String)> {
        match &self.step()?.question {
            Question::Repair(id) => Some((id.clone(), format!("repair-{}.jsonl", save::name(id.as_str())))),
            _ => None,
        }
    }

    fn view(&self, given: &Given<'_>, ui: &mut Ui, area: Rect, buffer: &mut Buffer) {
        draw::view(self, given.look, ui, area, buffer);
    }

    fn drawn(&mut self, drawn: &Drawn) {
        if let Some(step) = self.steps.last_mut() {
            step.top = draw::top(step, drawn.page);
        }
    }

    fn place(&self) -> String {
        let Some(step) = self.step() else { return String::new() };
        let word = match step.of {
            Of::Store(..) => "finding",
            Of::People(..) => "user",
            Of::Evidence(..) | Of::Loose(..) => "row",
            Of::Text(..) => "line",
        };
        match step.of.lines() {
            0 => String::new(),
            lines => format!("{word} {} of {}", fit::count(step.selected as u64 + 1), fit::count(lines as u64)),
        }
    }

    fn again(&self) -> Box<dyn Page> {
        Box::new(self.clone())
    }
}
