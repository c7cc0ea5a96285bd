//! The player: where it stands, what is there, and what keys do.

use std::sync::Arc;
use std::time::Duration;

use super::prompt::{Prompt, Purpose};
use crate::identity::RULE_SETS;
use crate::identity::Verdict;
use crate::model::Id;
use crate::play::{self, News, Pair, Play, Server, Standing};
use crate::tui::backend::{Failure, Saved};
use crate::tui::keys::Action;
use crate::tui::worker::{Saving, Stage};

/// Time between two calls while it plays, slowest first, and what to call it.
const SPEEDS: &[(u64, &str)] =
    &[(8_000, "x1/4"), (4_000, "x1/2"), (2_000, "x1"), (1_000, "x2"), (500, "x4"), (250, "x8")];

/// Where [`SPEEDS`] begins: time enough to read a sentence.
const FIRST_SPEED: usize = 2;

/// Changes that can be taken back.
const MOST_CHANGES: usize = 50;

/// A play and the moment it stands at.
#[derive(Clone, Debug)]
pub struct Player {
    play: Arc<Play>,
    moment: usize,
    /// The server at the moment before, and at this one.
    before: Server,
    now: Server,
    news: Vec<News>,
    playing: bool,
    speed: usize,
    /// Lines that the timeline is scrolled from where it would stand, down or (negative) up.
    scrolled: isize,
    /// Where it would stand, and where it ends, as it was drawn.
    drawn: (usize, usize),
    /// The line to type in, if it is open.
    pub prompt: Option<Prompt>,
    /// The play before the first change.
    original: Arc<Play>,
    /// The plays before each change, with their moments.
    changes: Vec<(Arc<Play>, usize)>,
    /// The server of the original at the time of this moment; nothing before the first change.
    original_now: Option<Server>,
    /// Whether the lookup table is shown in the place of the original.
    hides_original: bool,
    /// The play that the last saved file has.
    saved: Option<Arc<Play>>,
}

/// What a key asked of the player that it cannot do itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// Nothing.
    Nothing,
    /// Tell this at the foot of the screen.
    Tell(String),
    /// Open a journey of the rows.
    Open(Arc<Stage>),
    /// Write a file.
    Save(Arc<Saving>),
}

impl Player {
    /// At the beginning.
    pub fn new(play: Play) -> Self {
        let play = Arc::new(play);
        let mut player = Self {
            original: Arc::clone(&play),
            play,
            moment: 0,
            before: Server::default(),
            now: Server::default(),
            news: Vec::new(),
            playing: false,
            speed: FIRST_SPEED,
            scrolled: 0,
            drawn: (0, 0),
            prompt: None,
            changes: Vec::new(),
            original_now: None,
            hides_original: false,
            saved: None,
        };
        player.go(0);
        player
    }

    /// The play.
    pub fn play(&self) -> &Play {
        &self.play
    }

    /// The moment it stands at; 0 is before the first call.
    pub fn moment(&self) -> usize {
        self.moment
    }

    /// The server at this moment.
    pub fn now(&self) -> &Server {
        &self.now
    }

    /// The server at the moment before.
    pub fn before(&self) -> &Server {
        &self.before
    }

    /// What came to be at this moment.
    pub fn news(&self) -> &[News] {
        &self.news
    }

    /// Whether it goes on by itself.
    pub fn is_playing(&self) -> bool {
        self.playing
    }

    /// What to call the speed.
    pub fn speed(&self) -> &'static str {
        SPEEDS.get(self.speed).map_or("", |(_, name)| name)
    }

    /// Number of changes by hand.
    pub fn changes(&self) -> usize {
        self.changes.len()
    }

    /// How long until [`Player::beat`]; `None` while it does not play.
    pub fn patience(&self) -> Option<Duration> {
        let plays = self.playing && self.prompt.is_none();
        SPEEDS.get(self.speed).filter(|_| plays).map(|(millis, _)| Duration::from_millis(*millis))
    }

    /// The time of one call has passed.
    pub fn beat(&mut self) {
        if self.playing && self.prompt.is_none() {
            self.go(self.moment + 1);
            self.playing = self.moment < self.play.last();
        }
    }

    fn go(&mut self, moment: usize) {
        let moment = moment.min(self.play.last());
        self.before = match moment.checked_sub(1) {
            // One step on is the ordinary case.
            Some(before) if before == self.moment => std::mem::take(&mut self.now),
            Some(before) => self.play.server(before),
            None => Server::default(),
        };
        self.now = self.play.server(moment);
        self.news = if moment == 0 { Vec::new() } else { self.play.news(moment, &self.before, &self.now) };
        self.moment = moment;
        self.original_now = (!self.changes.is_empty()).then(|| self.original.server(self.moment_of_original()));
        self.scrolled = 0;
    }

    /// The moment of the original at the time of this one.
    fn moment_of_original(&self) -> usize {
        match self.play.step(self.moment) {
            _ if self.moment >= self.play.last() => self.original.last(),
            Some(step) => self.original.run().steps.partition_point(|known| known.at <= step.at),
            None => 0,
        }
    }

    /// The rows of the original and of the changed play at this moment, side by side; `None` where nothing was
    /// changed, or the lookup table is wanted.
    pub fn sides(&self) -> Option<Vec<Pair<'_>>> {
        let original = self.original_now.as_ref().filter(|_| !self.hides_original)?;
        Some(play::sides([&self.original, &self.play], [original, &self.now]))
    }

    /// What the original and the changed play come to at this moment.
    pub fn tallies(&self) -> [Tally; 2] {
        [self.original_now.as_ref().map_or_else(Tally::default, Tally::of), Tally::of(&self.now)]
    }

    /// The first line of a list that would begin with `top` and has `end` as its last beginning.
    pub(super) fn scrolled(&self, top: usize, end: usize) -> usize {
        top.saturating_add_signed(self.scrolled).min(end)
    }

    /// Where the timeline would begin, and its last beginning, as it was drawn.
    pub fn seen(&mut self, top: usize, end: usize) {
        self.drawn = (top.min(end), end);
    }

    fn scroll(&mut self, down: bool) {
        let (top, end) = self.drawn;
        let most = |lines: usize| isize::try_from(lines).unwrap_or(isize::MAX);
        let scrolled = if down { self.scrolled + 1 } else { self.scrolled - 1 };
        self.scrolled = scrolled.clamp(-most(top), most(end - top));
    }

    /// Does what a key asks; `digit` is the character of the key.
    pub fn update(&mut self, action: Action, digit: Option<char>) -> Asked {
        if self.prompt.is_some() {
            return self.update_prompt(action);
        }
        match action {
            Action::Next | Action::Previous | Action::First | Action::Last | Action::Jump => {
                self.playing = false;
                let last = self.play.last();
                self.go(match action {
                    Action::Next => self.moment + 1,
                    Action::Previous => self.moment.saturating_sub(1),
                    Action::First => 0,
                    Action::Last => last,
                    _ => last * digit.and_then(|digit| digit.to_digit(10)).unwrap_or(0) as usize / 10,
                });
            }
            Action::Play => {
                // At the end there is nothing to go on with.
                if !self.playing && self.moment >= self.play.last() {
                    self.go(0);
                }
                self.playing = !self.playing;
            }
            Action::Restart => {
                self.go(0);
                self.playing = true;
            }
            Action::Faster => self.speed = (self.speed + 1).min(SPEEDS.len() - 1),
            Action::Slower => self.speed = self.speed.saturating_sub(1),
            Action::NextProblem => return self.problem(true),
            Action::PreviousProblem => return self.problem(false),
            Action::DetailDown => self.scroll(true),
            Action::DetailUp => self.scroll(false),
            Action::Original if self.changes.is_empty() => {
                return Asked::Tell("nothing was changed: c inserts a call, x removes one".to_owned());
            }
            Action::Original => self.hides_original = !self.hides_original,
            Action::Call => {
                self.playing = false;
                let device = self.play.step(self.moment).map_or(0, |step| step.device);
                if self.play.scenario().devices.is_empty() {
                    return Asked::Tell("there is no device to call on".to_owned());
                }
                self.prompt = Some(Prompt::new(Purpose::Call(device), ""));
            }
            Action::NextRules => return self.next_rules(),
            Action::LeaveOut => return self.leave_out(),
            Action::Undo => return self.undo(),
            Action::Save => self.ask_to_save(),
            Action::Open => return self.open(),
            _ => {}
        }
        Asked::Nothing
    }

    /// Opens the line for the path to save to.
    pub fn ask_to_save(&mut self) {
        self.playing = false;
        self.prompt = Some(Prompt::new(Purpose::Save, &format!("my-{}.toml", self.play.scenario().name)));
    }

    /// How the end differs from that of the play without the changes by hand; `None` where nothing was changed.
    pub fn difference(&self) -> Option<String> {
        if self.changes.is_empty() {
            return None;
        }
        let [before, now] = [&self.original, &self.play].map(|play| Tally::of(&play.server(play.last())).named());
        let parts: Vec<String> = before
            .iter()
            .zip(&now)
            .filter(|(before, now)| before.1 != now.1)
            .map(|((name, before), (_, now))| format!("{name} {before} -> {now}"))
            .collect();
        Some(if parts.is_empty() { "the end is the same".to_owned() } else { parts.join(", ") })
    }

    /// Whether a file has the play as it is now.
    pub fn is_saved(&self) -> bool {
        self.saved.as_ref().is_some_and(|saved| Arc::ptr_eq(saved, &self.play))
    }

    /// Goes to the nearest moment at which something is lost.
    fn problem(&mut self, forward: bool) -> Asked {
        self.playing = false;
        let moments: Vec<usize> =
            if forward { (self.moment + 1..=self.play.last()).collect() } else { (1..self.moment).rev().collect() };
        for moment in moments {
            let (before, now) = (self.play.server(moment - 1), self.play.server(moment));
            if self.play.news(moment, &before, &now).iter().any(|news| news.kind.is_loss()) {
                self.go(moment);
                return Asked::Nothing;
            }
        }
        Asked::Tell(if forward { "no problem after this" } else { "no problem before this" }.to_owned())
    }

    fn change(&mut self, play: Play, moment: usize) {
        let old = std::mem::replace(&mut self.play, Arc::new(play));
        self.changes.push((old, self.moment));
        if self.changes.len() > MOST_CHANGES {
            self.changes.remove(0);
        }
        // What is there belongs to the play before.
        self.moment = usize::MAX;
        self.playing = false;
        self.go(moment);
    }

    /// The same moment under the next rule set.
    fn next_rules(&mut self) -> Asked {
        let at = RULE_SETS.iter().position(|rules| rules.name() == self.play.rules().name()).map_or(0, |at| at + 1);
        let Some(rules) = RULE_SETS.get(at % RULE_SETS.len()).copied() else { return Asked::Nothing };
        let under = |play: &Arc<Play>| Arc::new(Play::clone(play).under(rules));
        (self.original, self.play) = (under(&self.original), under(&self.play));
        for (play, _) in &mut self.changes {
            *play = under(play);
        }
        let moment = std::mem::replace(&mut self.moment, usize::MAX);
        self.go(moment);
        Asked::Tell(format!("rules: {} ({})", rules.name(), rules.title()))
    }

    fn leave_out(&mut self) -> Asked {
        let code = self.play.step(self.moment).map(|step| step.code.clone());
        match (play::leave_out(&self.play, self.moment), code) {
            (Some((play, moment)), Some(code)) => {
                self.change(play, moment);
                Asked::Tell(format!("left out: {code} (u takes it back)"))
            }
            (_, Some(_)) => Asked::Tell("the SDK calls this itself: leave out the alias() before it".to_owned()),
            (_, None) => Asked::Tell("there is no call here to leave out".to_owned()),
        }
    }

    fn undo(&mut self) -> Asked {
        let Some((play, moment)) = self.changes.pop() else {
            return Asked::Tell("nothing was changed".to_owned());
        };
        self.play = play;
        self.moment = usize::MAX;
        self.playing = false;
        self.go(moment);
        Asked::Nothing
    }

    /// The whole result as a journey: of the id that the scenario says, else of any user.
    fn open(&mut self) -> Asked {
        self.playing = false;
        let end = self.play.server(self.play.last());
        let search = Id::new(&self.play.scenario().search);
        let id = match end.journey_of(&search) {
            Some(_) => Some(search),
            None => end
                .timeline
                .iter()
                .rev()
                .find(|entry| entry.standing == Standing::Merged)
                .and_then(|entry| entry.root.clone()),
        };
        match id {
            Some(id) => {
                let (name, lines) = (self.play.file().to_owned(), self.play.lines());
                Asked::Open(Arc::new(Stage { name, lines, id }))
            }
            None => Asked::Tell("no row arrives: there is no journey to open".to_owned()),
        }
    }

    fn update_prompt(&mut self, action: Action) -> Asked {
        let devices = self.play.scenario().devices.len().max(1);
        let Some(prompt) = &mut self.prompt else { return Asked::Nothing };
        match (action, prompt.purpose) {
            (Action::Clear, _) => self.prompt = None,
            (Action::Next, Purpose::Call(device)) => prompt.purpose = Purpose::Call((device + 1) % devices),
            (Action::Previous, Purpose::Call(device)) => {
                prompt.purpose = Purpose::Call((device + devices - 1) % devices);
            }
            (Action::Open, Purpose::Call(device)) => return self.call(device),
            (Action::Open, Purpose::Save) => return self.save(),
            (action, _) => prompt.update(action),
        }
        Asked::Nothing
    }

    fn call(&mut self, device: usize) -> Asked {
        let Some(prompt) = &mut self.prompt else { return Asked::Nothing };
        let Some(known) = self.play.scenario().devices.get(device) else { return Asked::Nothing };
        match play::read(prompt.text(), known) {
            Ok(action) => {
                self.prompt = None;
                let (play, moment) = play::make(&self.play, self.moment, device, action);
                self.change(play, moment);
            }
            Err(error) => prompt.complaint = Some(error.to_string()),
        }
        Asked::Nothing
    }

    fn save(&mut self) -> Asked {
        let Some(prompt) = &mut self.prompt else { return Asked::Nothing };
        let path = path_of(prompt.text());
        if path.is_empty() {
            prompt.complaint = Some("a file needs a name: mine.toml".to_owned());
            return Asked::Nothing;
        }
        let replace = prompt.taken.as_ref() == Some(&path);
        let mut scenario = self.play.scenario().clone();
        if !self.changes.is_empty() {
            // Two files of one name would be two stories of one name.
            scenario.name = named_after(&path).unwrap_or(scenario.name);
        }
        Asked::Save(Arc::new(Saving { path, text: scenario.to_toml(), replace }))
    }

    /// What became of the file that was to be saved; what to tell at the foot of the screen.
    pub fn saved(&mut self, answer: Result<Saved, Failure>) -> Option<String> {
        let prompt = self.prompt.as_mut().filter(|prompt| prompt.purpose == Purpose::Save)?;
        let path = path_of(prompt.text());
        match answer {
            Ok(Saved::Written) => {
                self.prompt = None;
                self.saved = Some(Arc::clone(&self.play));
                Some(format!("saved; journey demo {path} plays it"))
            }
            Ok(Saved::IsThere) => {
                prompt.complaint = Some(format!("{path} exists: press Enter again to replace it"));
                prompt.taken = Some(path);
                None
            }
            Err(failure) => {
                let cause = failure.cause.map_or_else(String::new, |cause| format!(": {cause}"));
                prompt.complaint = Some(format!("{}{cause}", failure.what));
                None
            }
        }
    }
}

/// What the rows of a server come to, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows under an id that no alias joins to the user whom evidence names.
    pub orphans: usize,
    /// Rows that are stored under an alias.
    pub split: usize,
    /// Rows that count for their user.
    pub merged: usize,
    /// Rows without an id.
    pub no_id: usize,
    /// Alias calls without effect.
    pub refused: usize,
}

impl Tally {
    /// Of this server.
    pub fn of(server: &Server) -> Self {
        let mut tally = Self::default();
        for entry in &server.timeline {
            let number = match entry.standing {
                Standing::Orphan(_) | Standing::Contested(_) => &mut tally.orphans,
                Standing::Split(_) => &mut tally.split,
                Standing::Merged => &mut tally.merged,
                Standing::NoId => &mut tally.no_id,
                // No row of anyone.
                Standing::Ignored => continue,
            };
            *number += 1;
        }
        tally.refused = server.table.iter().filter(|call| matches!(call.verdict, Verdict::Refused(_))).count();
        tally
    }

    /// All rows.
    pub fn rows(&self) -> usize {
        self.orphans + self.split + self.merged + self.no_id
    }

    /// Each number with its name.
    fn named(self) -> [(&'static str, usize); 5] {
        [
            ("orphans", self.orphans),
            ("split rows", self.split),
            ("merged rows", self.merged),
            ("rows without an id", self.no_id),
            ("refused calls", self.refused),
        ]
    }
}

/// The path as typed, with the ending by which `journey demo` knows a file.
fn path_of(text: &str) -> String {
    let path = text.trim();
    let ends = std::path::Path::new(path).extension().is_some_and(|extension| extension == "toml");
    if path.is_empty() || ends { path.to_owned() } else { format!("{path}.toml") }
}

/// The name of a scenario from that of its file, with the characters that a name may have.
fn named_after(path: &str) -> Option<String> {
    let stem = std::path::Path::new(path).file_stem()?.to_str()?.to_ascii_lowercase();
    let name: String =
        stem.chars().map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' }).collect();
    let name = name.trim_matches('-').to_owned();
    (!name.is_empty()).then_some(name)
}
