//! The search: the first screen, and the way to every journey.
//!
//! With nothing typed it shows the store as a whole; from the first character on, the list
//! follows the typing. While a newer search runs the older hits stay, so that nothing
//! flickers; Enter then waits for the newer ones.

mod choices;
mod draw;
mod hits;
mod marks;
mod overview;
mod preview;
mod typing;

pub(in crate::tui) use self::draw::view;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use crate::inspect::Census;
use crate::inspect::query::{self, Vocabulary};
use crate::inspect::terms::Terms;
use crate::model::Id;
use crate::model::hit::Hit;
use crate::session::pasted;
use crate::tui::backend::{Failure, Hits, Preview, Recent, StartPage};
use crate::tui::field::Field;
use crate::tui::fit;
use crate::tui::keys::Action;
use crate::tui::pointer::{Gesture, Pointed};
use crate::tui::worker::{Load, Request, Ticket};

/// Characters of a text that are searched for; ids are shorter.
const LONGEST_TEXT: usize = 4_096;

/// Looks at hits that are kept.
const MOST_GLANCES: usize = 2_000;

/// People who were opened before that are listed.
const MOST_RECENT: usize = 5;

/// What a search answers: hits, else ids that look alike.
pub type Answer = (Hits, Vec<Id>);

/// A user who can be opened with nothing typed.
struct Opening<'a> {
    section: &'static str,
    id: &'a Id,
    /// The best name, where one is known.
    name: Option<&'a str>,
    /// Why it is listed.
    text: Cow<'a, str>,
    /// The same where there is no room for that.
    brief: &'a str,
}

/// The search screen.
#[derive(Clone, Debug, Default)]
pub struct State {
    input: Field,
    start: Load<StartPage>,
    census: Option<Census>,
    found: Load<Answer>,
    /// What is known of hits besides the answer of the search; `None` where it failed.
    glances: HashMap<Id, Option<Preview>>,
    /// The ticket of the look or count that is waited for.
    looking: Option<Ticket>,
    /// Where the text comes from, if the user did not type it.
    note: Option<String>,
    selected: usize,
    /// The hits are those of another text.
    stale: bool,
    /// Enter was pressed before the hits were there.
    opens: bool,
    /// What in the text means nothing; nothing is searched then.
    wrong: Option<query::Error>,
    /// Names to complete terms with; `None` until the user types what could be one.
    names: Option<Vocabulary>,
}

/// What a key asked of the search.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// Nothing to be done.
    Nothing,
    /// The text has changed: this is to be asked.
    Ask(Request),
    /// A journey is to be opened.
    Open(Id),
    /// The text was empty: back, or the end.
    Leave,
}

impl State {
    /// A search for `text`, not yet asked.
    pub fn with_text(&mut self, text: &str) {
        let text: String = text.chars().take(LONGEST_TEXT).collect();
        self.input = Field::new(text);
        self.note = None;
        self.selected = 0;
        self.opens = false;
        self.wrong = Terms::read(self.text()).err();
    }

    /// The user is back: the next character begins another text.
    pub fn select_text(&mut self) {
        self.input.select();
    }

    /// Whether the text is one of before, which the next character replaces.
    pub fn is_selected(&self) -> bool {
        self.input.is_selected()
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.input.text()
    }

    /// Whether nothing is typed.
    pub fn is_empty(&self) -> bool {
        self.input.text().is_empty()
    }

    /// What is to be asked for the text as it is.
    pub fn question(&self) -> Request {
        if self.is_empty() { Request::Overview } else { Request::Search(self.text().to_owned()) }
    }

    /// Waits for the answer to [`State::question`].
    pub fn ask(&mut self, ticket: Ticket) {
        self.looking = None;
        // The newer question ends the older one, which is not answered then.
        if self.is_empty() {
            self.stale |= self.found.forget();
            self.start.ask(ticket);
        } else {
            self.start.forget();
            self.found.ask(ticket);
        }
    }

    /// Takes the store as a whole.
    pub fn take_overview(&mut self, ticket: Ticket, answer: Result<StartPage, Failure>) {
        self.start.take(ticket, answer);
    }

    /// What the screen shows and has not been asked for yet: a look at one of the `visible`
    /// hits, the selected one first, or a step of the count.
    pub fn lacks(&self, visible: Range<usize>) -> Option<Request> {
        if self.looking.is_some() {
            return None;
        }
        if self.is_empty() && self.start.value().is_none_or(|start| start.overview.events == 0) {
            return None;
        }
        if self.names.is_none() && (self.is_empty() || self.may_be_term()) {
            return Some(Request::Vocabulary);
        }
        if self.is_empty() {
            return self.census.as_ref().is_none_or(|census| !census.done).then_some(Request::Census);
        }
        if self.stale {
            return None;
        }
        let (hits, _) = self.found.value()?;
        let all = hits.list.get(visible.start..visible.end.min(hits.list.len()))?;
        let selected = hits.list.get(self.selected).filter(|_| visible.contains(&self.selected));
        let lacking = selected.into_iter().chain(all).find(|hit| !self.glances.contains_key(&hit.id))?;
        Some(Request::Look(lacking.id.clone()))
    }

    /// Waits for the answer to [`State::lacks`].
    pub fn look(&mut self, ticket: Ticket) {
        self.looking = Some(ticket);
    }

    /// Takes a look at a hit.
    pub fn take_look(&mut self, ticket: Ticket, id: Id, answer: Result<Preview, Failure>) {
        if self.looking == Some(ticket) {
            self.looking = None;
            if self.glances.len() >= MOST_GLANCES {
                self.glances.clear();
            }
            self.glances.insert(id, answer.ok());
        }
    }

    /// Takes the count so far.
    pub fn take_census(&mut self, ticket: Ticket, answer: Result<Census, Failure>) {
        if self.looking == Some(ticket) {
            self.looking = None;
            // What cannot be counted is not asked for again and again.
            let before = self.census.take().unwrap_or_default();
            self.census = Some(answer.unwrap_or(Census { done: true, ..before }));
        }
    }

    /// A user was opened.
    pub fn remember(&mut self, recent: Recent) {
        if let Some(start) = self.start.value_mut() {
            let hits = self.found.value().map(|(hits, _)| hits.list.as_slice()).unwrap_or_default();
            start.people.extend(hits.iter().find(|hit| hit.id == recent.id).cloned());
            start.recent.retain(|other| other.id != recent.id);
            start.recent.insert(0, recent);
        }
    }

    /// A user was pinned, or is no longer.
    pub fn pin(&mut self, who: Recent, is_pinned: bool) {
        if let Some(start) = self.start.value_mut() {
            start.pinned.retain(|other| other.id != who.id);
            if is_pinned {
                start.pinned.insert(0, who);
            }
        }
        self.selected = self.selected.min(self.choices().saturating_sub(1));
    }

    /// Whom the cursor is on, with what was typed to find them.
    pub fn chosen(&self) -> Option<Recent> {
        Some(Recent { id: self.choice()?, text: self.text().to_owned() })
    }

    /// Takes hits; the id to open, if Enter was waiting for them.
    pub fn take_found(&mut self, ticket: Ticket, answer: Result<Answer, Failure>) -> Option<Id> {
        let selected = self.choice().filter(|_| self.selected > 0 && !self.stale);
        if !self.found.take(ticket, answer) {
            return None;
        }
        self.stale = false;
        self.select(selected.as_ref());
        std::mem::take(&mut self.opens).then(|| self.choice()).flatten()
    }

    /// Takes hits that are there before all of them are.
    pub fn take_soon(&mut self, ticket: Ticket, part: Hits) {
        let selected = self.choice().filter(|_| self.selected > 0);
        if self.found.show(ticket, (part, Vec::new())) {
            self.stale = false;
            self.select(selected.as_ref());
        }
    }

    /// Takes names to complete terms with. What cannot be had is not asked for again.
    pub fn take_vocabulary(&mut self, ticket: Ticket, answer: Result<Vocabulary, Failure>) {
        if self.looking == Some(ticket) {
            self.looking = None;
            self.names = Some(answer.unwrap_or_default());
        }
    }

    /// Selects an id that the user had chosen, if it is still there.
    fn select(&mut self, chosen: Option<&Id>) {
        let hits = self.found.value().map(|(hits, _)| hits.list.as_slice()).unwrap_or_default();
        let at = chosen.and_then(|id| hits.iter().position(|hit| hit.id == *id));
        self.selected = at.unwrap_or(self.selected).min(self.choices().saturating_sub(1));
    }

    /// Whether an answer is waited for.
    pub fn is_asked(&self) -> bool {
        self.start.is_asked() || self.found.is_asked()
    }

    /// Waits for nothing more; whether something was waited for.
    pub fn forget(&mut self) -> bool {
        self.opens = false;
        self.looking = None;
        let start = self.start.forget();
        let found = self.found.forget();
        self.stale |= found;
        found || start
    }

    /// What is there may no longer be so.
    pub fn outdate(&mut self) {
        self.start = Load::default();
        self.census = None;
        self.names = None;
        self.glances.clear();
        self.stale = true;
    }

    /// Whether what is there is no answer to what is typed.
    pub fn is_stale(&self) -> bool {
        if self.wrong.is_some() {
            return false;
        }
        if self.is_empty() { self.start.have().is_none() } else { self.stale || self.found.have().is_none() }
    }

    /// Where the cursor is in the list, for the foot of the screen.
    pub(in crate::tui) fn place(&self) -> String {
        match self.found.value() {
            Some((hits, _)) if !self.is_empty() && !hits.is_empty() => {
                let more = if hits.more { "+" } else { "" };
                format!("hit {} of {}{more}", self.selected + 1, fit::count(self.choices() as u64))
            }
            _ => String::new(),
        }
    }

    /// The selected line.
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// Number of lines that can be selected.
    pub fn choices(&self) -> usize {
        if self.is_empty() {
            return self.openings().len();
        }
        self.found.value().map_or(0, |(hits, near)| {
            if hits.is_empty() { near.len() } else { hits.list.len() + hits.events.len() + hits.values.len() }
        })
    }

    /// The selected id.
    fn choice(&self) -> Option<Id> {
        if self.is_empty() {
            return Some(self.openings().get(self.selected)?.id.clone());
        }
        let (hits, near) = self.found.value()?;
        if hits.is_empty() {
            return near.get(self.selected).cloned();
        }
        hits.list.get(self.selected).map(|hit| hit.id.clone())
    }

    /// The term for the selected event or value; `None` where the cursor is on another line.
    fn term(&self) -> Option<String> {
        let (hits, _) = self.found.value().filter(|_| !self.is_empty())?;
        let at = self.selected.checked_sub(hits.list.len())?;
        if let Some(event) = hits.events.get(at) {
            return Some(format!("event={}", query::quoted(&event.event)));
        }
        let value = hits.values.get(at.checked_sub(hits.events.len())?)?;
        Some(query::of_property(&value.property, &value.value))
    }

    /// The first hit of the next group, else the next line.
    fn next_group(&self) -> usize {
        let next = self.found.value().filter(|_| !self.is_empty());
        let next = next.and_then(|(hits, _)| hits::next_group(hits, self.selected));
        next.unwrap_or((self.selected + 1).min(self.choices().saturating_sub(1)))
    }

    /// Who can be opened with nothing typed.
    fn openings(&self) -> Vec<Opening<'_>> {
        let Some(start) = self.start.value() else { return Vec::new() };
        let is_pinned = |who: &&Recent| start.pinned.iter().any(|other| other.id == who.id);
        let pinned = start.pinned.iter().map(|who| ("pinned", who));
        let recent = start.recent.iter().filter(|who| !is_pinned(who)).take(MOST_RECENT);
        let recent = pinned.chain(recent.map(|who| ("opened before", who))).map(|(section, who)| {
            let known = start.people.iter().find(|hit| hit.id == who.id);
            let name = known.and_then(Hit::known_as);
            let mut parts = Vec::new();
            parts.extend(name.map(|_| who.id.as_str().to_owned()));
            parts.extend(known.map(|hit| fit::counted(hit.rows().events, "row")));
            let is_new = !who.text.is_empty() && who.text != who.id.as_str();
            parts.extend(is_new.then(|| format!("found by {}", who.text)));
            Opening { section, id: &who.id, name, text: Cow::Owned(parts.join(", ")), brief: "" }
        });
        let suggested = start.suggestions.iter().map(|(id, text)| Opening {
            section: "open one of these",
            id,
            name: None,
            text: Cow::Borrowed(text),
            brief: "",
        });
        let troubled = self.census.iter().flat_map(|census| &census.troubled);
        let troubled = troubled.map(|person| Opening {
            section: "people with findings",
            id: &person.id,
            name: person.name.as_deref(),
            text: Cow::Borrowed(person.worst),
            brief: person.code,
        });
        recent.chain(suggested).chain(troubled).collect()
    }

    /// Types a character.
    pub fn type_char(&mut self, c: char) -> Asked {
        if self.text().chars().count() >= LONGEST_TEXT && !self.input.is_selected() {
            return Asked::Nothing;
        }
        self.input.insert(c);
        self.changed()
    }

    /// Puts a text in at the cursor. Line breaks at its end came with the copying.
    pub fn paste(&mut self, text: &str) -> Asked {
        let alone = self.is_empty() || self.input.is_selected();
        let row = alone.then(|| pasted(text)).flatten();
        let note = row.as_ref().map(|row| format!("the {} of the row that was pasted", row.key));
        let text = row.as_ref().map_or(text, |row| &row.id);
        let text = text.trim_end_matches(['\r', '\n']);
        let before = self.text().to_owned();
        let kept = if self.input.is_selected() { 0 } else { before.chars().count() };
        text.chars().take(LONGEST_TEXT.saturating_sub(kept)).for_each(|c| self.input.insert(c));
        let changed = before != self.text();
        let asked = if changed { self.changed() } else { Asked::Nothing };
        self.note = note;
        asked
    }

    fn changed(&mut self) -> Asked {
        self.selected = 0;
        self.opens = false;
        self.note = None;
        if self.is_empty() {
            self.found = Load::default();
            // What was there is shown at once.
            if self.start.value().is_some() {
                return Asked::Nothing;
            }
        }
        self.wrong = Terms::read(self.text()).err();
        if self.wrong.is_some() {
            // The answer for an older text is of no use.
            self.found = Load::default();
            return Asked::Nothing;
        }
        Asked::Ask(self.question())
    }

    /// Selects the line that was pressed; opens it when it was selected.
    pub fn point(&mut self, pointed: &Pointed) -> Asked {
        let Some(line) = pointed.line().filter(|line| *line < self.choices()) else { return Asked::Nothing };
        if pointed.gesture == Gesture::PressAgain || line == self.selected {
            return self.update(Action::Open, 0);
        }
        self.selected = line;
        Asked::Nothing
    }

    /// Does what a key asks.
    pub fn update(&mut self, action: Action, page: usize) -> Asked {
        let last = self.choices().saturating_sub(1);
        match action {
            Action::Next => self.selected = (self.selected + 1).min(last),
            Action::Previous => self.selected = self.selected.saturating_sub(1),
            Action::Complete => match self.complete() {
                Some(asked) => return asked,
                None => self.selected = self.next_group(),
            },
            Action::PageDown => self.selected = (self.selected + page.max(1)).min(last),
            Action::PageUp => self.selected = self.selected.saturating_sub(page.max(1)),
            // Who is found already can be opened while rows are looked through.
            Action::Open if self.is_asked() && !self.is_empty() && !self.is_partial() => self.opens = true,
            Action::Open => {
                if let Some(term) = self.term() {
                    self.input = Field::new(term);
                    return self.changed();
                }
                return self.choice().map_or(Asked::Nothing, Asked::Open);
            }
            Action::Clear if self.is_empty() => return Asked::Leave,
            Action::Clear => {
                self.input = Field::default();
                return self.changed();
            }
            action => {
                if self.input.update(action) {
                    return self.changed();
                }
            }
        }
        Asked::Nothing
    }
}
