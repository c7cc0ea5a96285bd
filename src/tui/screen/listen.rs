//! What arrives, live: how to point an SDK here, then the rows as they come, the devices that send them and
//! what each SDK remembers.
//!
//! The list stays at its end until the user goes elsewhere in it; from then on it keeps its place while rows
//! come below.

mod board;
mod body;
mod device;
mod draw;
mod pane;

use std::collections::HashSet;
use std::sync::Arc;

use self::board::{Board, What};
use self::device::Device;
use crate::listen::{self, News};
use crate::model::Id;
use crate::play::Marked;
use crate::tui::Listening;
use crate::tui::fit;
use crate::tui::keys::Action;
use crate::tui::widgets::scrolled;
use crate::tui::worker::{Standing, Text};

pub(in crate::tui) use self::draw::view;

/// What the keys move in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Focus {
    #[default]
    Rows,
    Devices,
}

/// The screen.
#[derive(Clone, Debug)]
pub struct State {
    listening: Listening,
    board: Board,
    focus: Focus,
    /// The line with the cursor; `None` stays at the end.
    selected: Option<u64>,
    /// The topmost line when it was last drawn.
    top: u64,
    /// The device with the cursor; `None` is the one that sent last.
    device: Option<u32>,
    /// The end of the list when it was stopped, and the rows by then.
    paused: Option<(u64, u64)>,
    /// The line of the SDKs with the cursor.
    sdk: usize,
    /// Whether nothing has come for a while.
    is_quiet: bool,
    /// Why rows are not stored.
    failure: Option<String>,
}

/// Where a row stands: its file and its line.
pub type Place = (Arc<str>, u64);

/// What is to be done outside of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Nothing.
    Nothing,
    /// Open the journey of an id at the row that stands at a place, or at its end.
    Open(Id, Option<Place>),
    /// Give a text to the clipboard.
    Copy(String),
    /// Send a test row to this address.
    TestRow(String),
    /// Ask for the words of a mark.
    Mark,
    /// Say something.
    Say(String),
}

impl State {
    /// Nothing has arrived.
    pub fn new(listening: Listening) -> Self {
        Self {
            listening,
            board: Board::default(),
            focus: Focus::Rows,
            selected: None,
            top: 0,
            device: None,
            paused: None,
            sdk: 0,
            is_quiet: true,
            failure: None,
        }
    }

    /// Takes what has come; the ids that it names.
    pub fn add(&mut self, news: &News) -> HashSet<Id> {
        self.is_quiet &= news.rows.is_empty();
        self.failure.clone_from(&news.failure);
        self.board.add(news)
    }

    /// Nothing has come for a while; whether that is new.
    pub fn rest(&mut self) -> bool {
        !std::mem::replace(&mut self.is_quiet, true)
    }

    /// The ids that rows have come for since this was last asked.
    pub fn touched(&mut self) -> Vec<Id> {
        self.board.touched()
    }

    /// Takes how ids stand now.
    pub fn stand(&mut self, standings: Vec<Standing>) {
        self.board.stand(standings);
    }

    /// Marks a moment between what has come and what comes next.
    pub fn mark(&mut self, text: &str) {
        self.board.mark(text);
    }

    /// What was marked, each with the place of the first row after it.
    pub fn marks(&self) -> Vec<Marked> {
        self.board.marks().into_iter().map(|(text, before)| Marked { text, before }).collect()
    }

    /// What the files of the session are called in the store.
    pub fn session(&self) -> &str {
        &self.listening.session
    }

    /// What has been received, in words; `None` while nothing has.
    pub fn received(&self) -> Option<String> {
        let rows = fit::counted(self.board.rows, "row");
        (self.board.rows > 0)
            .then(|| format!("{rows} of {}", fit::counted(u64::from(self.board.all_devices), "device")))
    }

    /// Goes on after a pause; whether there was one.
    pub fn go_on(&mut self) -> bool {
        self.paused.take().is_some()
    }

    /// Number after the last line that is shown.
    fn end(&self) -> u64 {
        self.paused.map_or(self.board.end(), |(end, _)| end.max(self.board.start()))
    }

    /// The line with the cursor.
    fn at(&self) -> u64 {
        let last = self.end().saturating_sub(1);
        self.selected.unwrap_or(last).clamp(self.board.start().min(last), last)
    }

    /// The device with the cursor.
    fn chosen(&self) -> Option<u32> {
        let newest = || self.board.devices().first().map(|device| device.number);
        self.device.filter(|number| self.board.device(*number).is_some()).or_else(newest)
    }

    fn lines(&self) -> Vec<(&'static str, String)> {
        listen::point::lines(&self.listening.url)
    }

    /// Whether nothing has arrived yet.
    pub fn is_waiting(&self) -> bool {
        self.board.is_empty()
    }

    /// The request with an error that the cursor is on, to be read; the error says why there is none.
    pub fn body(&self) -> Result<Text, &'static str> {
        let line = self.board.line(self.at()).filter(|_| self.focus == Focus::Rows);
        match line.map(|line| &line.what) {
            Some(What::Trouble(trouble)) => match self.board.body(self.at()) {
                Some(kept) => Ok(Text { name: "request.txt", content: body::text(trouble, kept) }),
                None => Err("nothing of this request is kept"),
            },
            Some(What::Row(_)) => Err("Enter opens the journey of the row, and V shows it there"),
            _ => Err("a request with an error has a body to show"),
        }
    }

    fn test_row(&self) -> Asked {
        match &self.listening.forward {
            Some(url) => Asked::Say(format!("a test row would be passed on to {url}; send one from your app")),
            None => Asked::TestRow(self.listening.url.clone()),
        }
    }

    /// The topmost line, with `page` lines on the screen.
    fn top(&self, page: usize) -> u64 {
        let first = self.board.start();
        let within = |number: u64| usize::try_from(number.saturating_sub(first)).unwrap_or(usize::MAX);
        first + scrolled(within(self.top), within(self.at()), page, within(self.end())) as u64
    }

    /// A frame was drawn with `page` lines of the list.
    pub(in crate::tui) fn drawn(&mut self, page: usize) {
        self.top = self.top(page);
    }

    /// Does what a key asks; `page` is the number of lines on the screen.
    pub fn update(&mut self, action: Action, page: usize) -> Asked {
        if self.board.is_empty() {
            return self.update_empty(action);
        }
        match action {
            Action::Switch => {
                self.focus = if self.focus == Focus::Rows { Focus::Devices } else { Focus::Rows };
            }
            Action::Follow => (self.selected, self.paused) = (None, None),
            Action::Pause => {
                self.paused = match self.paused {
                    Some(_) => None,
                    None => Some((self.board.end(), self.board.rows)),
                };
            }
            Action::ClearList => {
                self.board.clear();
                (self.selected, self.paused) = (None, None);
                return Asked::Say("the list is empty; the rows are in the store".to_owned());
            }
            Action::Moment => return Asked::Mark,
            Action::TestRow => return self.test_row(),
            Action::Open => return self.open(),
            Action::Copy => return self.sender().map_or(Asked::Nothing, |id| Asked::Copy(id.as_str().to_owned())),
            action if self.focus == Focus::Devices => self.go_device(action),
            action => self.go(action, u64::try_from(page.max(1)).unwrap_or(1)),
        }
        Asked::Nothing
    }

    fn update_empty(&mut self, action: Action) -> Asked {
        let last = self.lines().len().saturating_sub(1);
        match action {
            Action::Next => self.sdk = (self.sdk + 1).min(last),
            Action::Previous => self.sdk = self.sdk.saturating_sub(1),
            Action::First => self.sdk = 0,
            Action::Last => self.sdk = last,
            Action::Copy | Action::Open => {
                let line = self.lines().into_iter().nth(self.sdk);
                return line.map_or(Asked::Nothing, |(_, line)| Asked::Copy(line));
            }
            Action::Moment => return Asked::Mark,
            Action::TestRow => return self.test_row(),
            _ => {}
        }
        Asked::Nothing
    }

    fn go(&mut self, action: Action, page: u64) {
        let (first, last) = (self.board.start(), self.end().saturating_sub(1));
        let at = self.at();
        let to = match action {
            Action::Next => at.saturating_add(1),
            Action::Previous => at.saturating_sub(1),
            Action::PageDown => at.saturating_add(page),
            Action::PageUp => at.saturating_sub(page),
            Action::First => first,
            Action::Last => last,
            _ => return,
        };
        let to = to.clamp(first.min(last), last);
        // The last line is the end, where the list stays.
        self.selected = (to < last).then_some(to);
    }

    fn go_device(&mut self, action: Action) {
        let devices = self.board.devices();
        let at = devices.iter().position(|device| Some(device.number) == self.chosen()).unwrap_or(0);
        let to = match action {
            Action::Next => at.saturating_add(1),
            Action::Previous => at.saturating_sub(1),
            Action::First | Action::PageUp => 0,
            Action::Last | Action::PageDown => usize::MAX,
            _ => return,
        };
        self.device = devices.get(to.min(devices.len().saturating_sub(1))).map(|device| device.number);
    }

    /// The id of what the cursor is on.
    fn sender(&self) -> Option<Id> {
        match self.focus {
            Focus::Devices => self.board.device(self.chosen()?)?.sends_as.as_ref().map(|known| known.value.clone()),
            Focus::Rows => match &self.board.line(self.at())?.what {
                What::Row(row) => row.id.clone(),
                What::Clock(number, _) => {
                    self.board.device(*number)?.sends_as.as_ref().map(|known| known.value.clone())
                }
                _ => None,
            },
        }
    }

    fn open(&self) -> Asked {
        let place = match self.focus {
            Focus::Devices => None,
            Focus::Rows => self.board.line(self.at()).and_then(|line| match &line.what {
                What::Row(row) => Some(row.place.clone()),
                _ => None,
            }),
        };
        match self.sender() {
            Some(id) => Asked::Open(id, place),
            None => Asked::Say("no id was sent with it".to_owned()),
        }
    }

    /// What is said of how the user of a device is known.
    fn known_as(&self, device: &Device) -> String {
        if device.is_server {
            return "many users".to_owned();
        }
        let standing = device.sends_as.as_ref().and_then(|known| self.board.standing(&known.value));
        match standing {
            Some(standing) => match (&standing.known, standing.orphan_of.first()) {
                (Some(known), _) => known.as_str().to_owned(),
                (None, Some(owner)) => format!("none; ORPHAN of {}", owner.as_str()),
                (None, None) => "none yet".to_owned(),
            },
            None => "…".to_owned(),
        }
    }

    /// Where the user is, for the foot of the screen.
    pub fn place(&self) -> String {
        if self.board.is_empty() {
            return String::new();
        }
        match self.focus {
            Focus::Devices => fit::counted(self.board.devices().len() as u64, "device"),
            Focus::Rows => {
                let first = self.board.start();
                let all = self.end().saturating_sub(first);
                format!("{} of {}", fit::count((self.at() + 1).saturating_sub(first).min(all)), fit::count(all))
            }
        }
    }
}
