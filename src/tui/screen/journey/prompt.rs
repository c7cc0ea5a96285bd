//! A line to type into: a filter, a text to find, a time to go to.
//!
//! What is typed works at once and is undone by Esc; a mistake is pointed at below the line.

use std::ops::Range;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::inspect::filter::{Error, Filter, Moment, Names, Wall};
use crate::inspect::query::{Completion, Place, UNFINISHED, Vocabulary, complete};
use crate::model::Millis;
use crate::tui::field::Field;
use crate::tui::fit;
use crate::tui::keys::Action;
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};

use super::jumps::Stop;
use super::{State, days};
use crate::tui::timeline::lines::Bits;
use crate::tui::timeline::sift::Sieve;
use crate::tui::words::failed;

/// Characters that can be typed; a readable filter is shorter.
const LONGEST: usize = 4_096;

/// What a line is typed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Which rows are shown.
    Filter,
    /// Which rows are gone to.
    Find,
    /// The time to go to.
    Time,
    /// What is looked for in the selected row.
    Detail,
}

/// A line being typed.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// What for.
    pub purpose: Purpose,
    pub(super) input: Field,
    pub(super) error: Option<(String, Range<usize>)>,
    /// The row that was selected, and what was applied, for Esc.
    origin: Option<usize>,
    /// The same, to come back to.
    stop: Option<Stop>,
    before: (Option<Sieve>, Option<Bits>),
}

impl State {
    /// The line being typed, if there is one.
    pub fn prompt(&self) -> Option<&Prompt> {
        self.prompt.as_ref()
    }

    /// Opens a line, with the text that is applied.
    pub(super) fn ask(&mut self, purpose: Purpose) {
        let (text, before) = match purpose {
            Purpose::Filter => {
                let text = self.filter.as_ref().map(|sieve| sieve.filter().text().to_owned());
                (text.unwrap_or_default(), (self.filter.clone(), self.keep.clone()))
            }
            Purpose::Find => (String::new(), (self.find.clone(), None)),
            Purpose::Time | Purpose::Detail => (String::new(), (None, None)),
        };
        let (origin, stop) = (self.row_index(), self.stop());
        self.prompt = Some(Prompt { purpose, input: Field::selected(text), error: None, origin, stop, before });
    }

    /// Types a text at the cursor, or takes the choice that it stands for.
    pub fn paste(&mut self, text: &str) {
        if self.menu.is_some() {
            if let Some(c) = text.chars().next() {
                self.choose_letter(c);
            }
            return;
        }
        let text = text.trim_end_matches(['\r', '\n']);
        let Some(prompt) = &mut self.prompt else { return };
        let kept = if prompt.input.is_selected() { 0 } else { prompt.input.text().chars().count() };
        let room = LONGEST.saturating_sub(kept);
        for c in text.chars().take(room) {
            // A line break within becomes a space.
            let c = if c.is_control() { ' ' } else { c };
            prompt.input.insert(c);
        }
        self.typed();
    }

    /// Does what a key asks while a line is typed.
    pub(super) fn update_prompt(&mut self, action: Action) {
        match action {
            Action::Open => self.accept(),
            Action::Cancel => self.cancel(),
            Action::Complete => self.complete(),
            action => {
                if self.prompt.as_mut().is_some_and(|prompt| prompt.input.update(action)) {
                    self.typed();
                }
            }
        }
    }

    /// What the last part of a filter could be.
    fn completion(&self) -> Completion {
        let Some(prompt) = &self.prompt else { return Completion::default() };
        let text = prompt.input.text();
        let is_query = matches!(prompt.purpose, Purpose::Filter | Purpose::Find);
        // Completing is for the end of a line.
        if !is_query || !prompt.input.is_at_end() {
            return Completion::default();
        }
        let events = self.names.iter().flat_map(|names| names.events()).map(ToString::to_string).collect();
        complete(text, Place::Journey, &Vocabulary { events, properties: Vec::new() })
    }

    /// Takes over what the last part is likely to be.
    fn complete(&mut self) {
        let Completion { at, with } = self.completion();
        let (Some(prompt), Some(way)) = (&mut self.prompt, with.first()) else { return };
        let before = prompt.input.text().get(..at).unwrap_or_default();
        prompt.input = Field::new(format!("{before}{way}"));
        self.typed();
    }

    /// The text has changed: what it says is tried.
    fn typed(&mut self) {
        let Some(prompt) = &self.prompt else { return };
        let (purpose, text, origin) = (prompt.purpose, prompt.input.text().to_owned(), prompt.origin);
        let error = match purpose {
            Purpose::Filter => self.read(&text).map(|filter| self.set_filter(filter, origin)),
            Purpose::Find => self.read(&text).map(|filter| self.set_find(filter)),
            Purpose::Time => self.moment(&text).map(drop),
            Purpose::Detail => {
                self.find_in_detail(&text);
                Ok(())
            }
        };
        if let (Err(_), Purpose::Filter, Some(prompt)) = (&error, purpose, &self.prompt) {
            // What stood before the mistake was only half of what is meant.
            (self.filter, self.keep) = prompt.before.clone();
            self.lay(origin);
        }
        if let Some(prompt) = &mut self.prompt {
            prompt.error = error.err().map(|error| (error.to_string(), error.place));
        }
    }

    /// Leaves the line with what it says.
    fn accept(&mut self) {
        let Some(prompt) = &self.prompt else { return };
        if prompt.error.is_some() {
            return;
        }
        let (purpose, text) = (prompt.purpose, prompt.input.text().to_owned());
        let origin = prompt.stop;
        self.prompt = None;
        if let (Purpose::Time, Ok(Some(moment))) = (purpose, self.moment(&text)) {
            let here = self.day(self.row().map(|row| self.order.time_of(row)));
            self.go_to(moment);
            if let Moment::Wall(from, _) = moment
                && days::is_weekday(&text)
                && here.is_some_and(|here| from.date() <= here)
                && self.notice.is_none()
            {
                self.notice = Some(format!("no {} comes later: this is the last one", from.format("%A")));
            }
        }
        if matches!(purpose, Purpose::Time | Purpose::Find) {
            self.left(origin);
        }
    }

    /// Leaves the line with everything as it was.
    fn cancel(&mut self) {
        let Some(prompt) = self.prompt.take() else { return };
        match prompt.purpose {
            Purpose::Filter => {
                (self.filter, self.keep) = prompt.before;
                self.lay(prompt.origin);
            }
            Purpose::Find => {
                self.find = prompt.before.0;
                if let Some(row) = prompt.origin {
                    self.reveal(row);
                }
            }
            Purpose::Time => {}
            Purpose::Detail => self.find_as_before(),
        }
    }

    /// The row to come back to while a line is typed, else the selected one.
    pub(super) fn origin(&self) -> Option<usize> {
        match &self.prompt {
            Some(prompt) => prompt.origin,
            None => self.row_index(),
        }
    }

    /// The moment that a text says; `None` when it is empty.
    fn moment(&self, text: &str) -> Result<Option<Moment>, Error> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let as_shown = || {
            let day = self.day(self.row().map(|row| self.order.time_of(row)))?;
            let days = || self.timeline.rows().iter().rev().filter_map(|row| self.day(Some(self.order.time_of(row))));
            let last_with = |weekday| days().find(|day| day.weekday() == weekday);
            days::read(text, &days::Here { day, last: days().next()?, last_with: &last_with })
        };
        Moment::read(text).or_else(as_shown).map(Some).ok_or_else(|| Error {
            what: "no such time; write 10:03, 10 Jul, Wed, yesterday, 2019-07-04T10:03, +2h or -7d".to_owned(),
            meant: None,
            place: 0..text.len(),
        })
    }

    /// The day of a moment on the wall.
    fn day(&self, at: Option<Millis>) -> Option<NaiveDate> {
        Some(self.zone().wall(at?)?.date())
    }

    /// Reads a filter for this journey.
    pub(super) fn read(&mut self, text: &str) -> Result<Option<Filter>, Error> {
        let zone = self.zone();
        let journey = &self.journey;
        let names = self.names.get_or_insert_with(|| {
            let wall: Wall = Arc::new(move |at| zone.wall(at));
            Arc::new(Names::of(journey, wall))
        });
        Filter::read(text, names)
    }
}

/// Draws the line and what is to be said of it below; where its cursor is.
pub(super) fn view(state: &State, area: Rect, buffer: &mut Buffer, look: &Look) -> Option<Position> {
    let prompt = state.prompt.as_ref()?;
    let (sign, empty) = match prompt.purpose {
        Purpose::Filter => ("&", "which rows: event:page plan=pro -is:orphan; F1 has all of it; empty is all"),
        Purpose::Find => ("/", "what to go to; written as a filter; n and N go on"),
        Purpose::Time => ("t", "a time to go to: 10:03, 10 Jul, Wed, yesterday, 2019-07-04, +2h"),
        Purpose::Detail => ("/", "a text in this row; n and N go on"),
    };
    let mut pen = Pen::new(buffer, area, 0);
    pen.skip(1).text(sign, look.style(Meaning::Key)).skip(1);
    let start = pen.column();
    let text = prompt.input.text();
    // Characters are dropped at the left until the cursor has its place.
    let room = pen.room().saturating_sub(2);
    let (before, _) = prompt.input.parts();
    let mut cut = 0;
    let mut shown = before;
    while fit::width(shown) > room.saturating_sub(1) {
        let mut rest = shown.chars();
        cut += rest.next().map_or(1, char::len_utf8);
        shown = rest.as_str();
    }
    let column = u16::try_from(fit::width(shown)).unwrap_or(0);
    if text.is_empty() {
        pen.text(empty, look.style(Meaning::Muted));
    } else {
        let meaning = if prompt.input.is_selected() { Meaning::Selected } else { Meaning::Text };
        pen.text(text.get(cut..).unwrap_or_default(), look.style(meaning));
    }
    let mut below = Pen::new(buffer, area, 1);
    let completion = state.completion().with;
    // Who has not typed the value yet has made no mistake.
    let is_unfinished = text.ends_with(UNFINISHED) && !completion.is_empty();
    if let Some((what, place)) = prompt.error.as_ref().filter(|_| !is_unfinished) {
        let from = place.start.clamp(cut, text.len().max(cut));
        let to = place.end.clamp(from, text.len().max(from));
        let width = |range: Range<usize>| text.get(range).map_or(0, fit::width);
        let (at, wide) = (width(cut..from), width(from..to).max(1));
        let style = look.style(Meaning::Bad);
        let column = usize::from(start.saturating_sub(area.x)) + at;
        // The message stands after the carets if it fits there, else before them.
        let after = usize::from(area.width).saturating_sub(column + wide + 2);
        if fit::width(what) <= after || column < fit::width(what) + 2 {
            below.skip(column).text(&"^".repeat(wide), style).skip(1).text(what, style);
        } else {
            below.skip(column - fit::width(what) - 1).text(what, style).skip(1).text(&"^".repeat(wide), style);
        }
    } else {
        below.skip(usize::from(start.saturating_sub(area.x)));
        let words = if is_unfinished { Vec::new() } else { words(state, prompt.purpose) };
        for (text, meaning) in words {
            below.text(&text, look.style(meaning)).skip(2);
        }
        if !completion.is_empty() {
            let room = below.room();
            below.text(&fit::end(&format!("Tab: {}", completion.join("  ")), room), look.style(Meaning::Muted));
        }
    }
    let x = start.saturating_add(column);
    (area.height > 0 && x < area.right()).then_some(Position { x, y: area.y })
}

/// How many rows it is, or why it is none.
fn words(state: &State, purpose: Purpose) -> Vec<(String, Meaning)> {
    let sieve = match purpose {
        Purpose::Filter => &state.filter,
        Purpose::Find => &state.find,
        Purpose::Time => return Vec::new(),
        Purpose::Detail => return vec![(state.found_in_detail(), Meaning::Title)],
    };
    let Some(sieve) = sieve else { return vec![("all rows".to_owned(), Meaning::Muted)] };
    let mut words = vec![count(state, sieve)];
    if sieve.kept().count() == 0
        && let Some(hint) = sieve.filter().hint()
    {
        words.push((hint, Meaning::Warn));
    }
    words
}

/// `12 of 216 rows`, or how far it has come.
pub(super) fn count(state: &State, sieve: &Sieve) -> (String, Meaning) {
    let all = fit::counted(state.timeline.rows().len() as u64, "row");
    let kept = fit::count(sieve.kept().count() as u64);
    match (sieve.failed(), sieve.progress()) {
        (Some(failure), _) => failed(failure),
        (None, Some(next)) => (format!("{kept} so far, {} of {all} read…", fit::count(next as u64)), Meaning::Warn),
        (None, None) => (format!("{kept} of {all}"), if kept == "0" { Meaning::Warn } else { Meaning::Title }),
    }
}
