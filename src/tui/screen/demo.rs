//! The demo: a list of scenarios, and the player of one.
//!
//! The [player] holds a [`Play`] and the moment it stands at; the engine is
//! asked anew for each moment, which costs less than a millisecond for a story of fifty calls.
//! Time comes from outside, as [`Player::beat`].

mod borders;
mod draw;
pub mod player;
pub mod prompt;
mod server;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::player::Player;
use crate::identity::{LEGACY, RuleSet};
use crate::play::Play;
use crate::sim::Scenario;
use crate::tui::fit;
use crate::tui::frame::Ui;
use crate::tui::keys::Action;
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};

pub(in crate::tui) use self::draw::view as player_view;

/// The list of scenarios, and the scenario that plays.
#[derive(Clone, Debug, Default)]
pub struct State {
    scenarios: Vec<Scenario>,
    selected: usize,
    /// The rules of its server, where others than the legacy ones are chosen.
    rules: Option<RuleSet>,
    /// The one that is played, or was last.
    pub player: Option<Player>,
}

impl State {
    /// With these scenarios, and the one to play at once.
    pub fn new(scenarios: Vec<Scenario>, first: Option<usize>, rules: Option<RuleSet>) -> Self {
        let mut state = Self { scenarios, selected: first.unwrap_or(0), rules, player: None };
        if first.is_some() {
            state.play();
        }
        state
    }

    /// Does what a key asks in the list; whether the selected scenario is to be played.
    pub fn update(&mut self, action: Action, page: usize) -> bool {
        let last = self.scenarios.len().saturating_sub(1);
        match action {
            Action::Next => self.selected = (self.selected + 1).min(last),
            Action::Previous => self.selected = self.selected.saturating_sub(1),
            Action::PageDown => self.selected = (self.selected + page.max(1)).min(last),
            Action::PageUp => self.selected = self.selected.saturating_sub(page.max(1)),
            Action::First => self.selected = 0,
            Action::Last => self.selected = last,
            Action::Open => return self.play(),
            _ => {}
        }
        false
    }

    /// Begins the selected scenario.
    fn play(&mut self) -> bool {
        // What was chosen in the last play holds for the next one.
        let chosen = self.player.as_ref().map(|player| player.play().rules()).or(self.rules).unwrap_or(LEGACY);
        let play = |scenario: &Scenario| Play::new(scenario.clone()).under(chosen);
        self.player = self.scenarios.get(self.selected).map(|scenario| Player::new(play(scenario)));
        self.player.is_some()
    }

    /// Where the cursor is in the list, for the foot of the screen.
    pub(in crate::tui) fn place(&self) -> String {
        let number = (self.selected + 1).min(self.scenarios.len());
        format!("{number} of {}", fit::count(self.scenarios.len() as u64))
    }
}

/// Draws the list.
pub(in crate::tui) fn view(state: &State, ui: &mut Ui, area: Rect, buffer: &mut Buffer, look: &Look) {
    let style = |meaning| look.style(meaning);
    let mut pen = Pen::new(buffer, area, 0);
    pen.skip(1).text("demo", style(Meaning::Title)).skip(2);
    pen.text("play how identity works, call by call", style(Meaning::Text));
    let wide = usize::from(area.width.saturating_sub(2));
    let Some(selected) = state.scenarios.get(state.selected) else { return };
    // What is said of the selected one stands below the list, in as many lines as all of them need.
    let devices: Vec<String> =
        selected.devices.iter().map(|device| format!("{} ({})", device.name, device.sdk.name)).collect();
    let about = [
        (selected.look_for.clone(), Meaning::Text),
        (selected.lesson.clone(), Meaning::Title),
        (
            format!("{} {} {}", fit::counted(selected.calls.len() as u64, "call"), look.glyphs.dot, devices.join(", ")),
            Meaning::Muted,
        ),
    ];
    let about_height = if area.height >= 16 { 7 } else { 0 };
    let list = Rect { y: area.y + 2, height: area.height.saturating_sub(2 + about_height), ..area };
    let height = usize::from(list.height);
    ui.page = height;
    // The selected line stays in the middle while there is more on both sides.
    let top = state.selected.saturating_sub(height / 2).min(state.scenarios.len().saturating_sub(height));
    let names = state.scenarios.iter().map(|scenario| fit::width(&scenario.name)).max().unwrap_or(0).min(wide / 3);
    for (row, (number, scenario)) in (0..list.height).zip(state.scenarios.iter().enumerate().skip(top)) {
        let mut pen = Pen::new(buffer, list, row);
        let here = number == state.selected;
        let cursor = if here { look.glyphs.cursor } else { " " };
        pen.skip(1).text(cursor, style(Meaning::Key)).skip(1);
        pen.cell(&scenario.name, names, style(Meaning::Muted)).skip(2);
        pen.text(&scenario.title, style(if here { Meaning::Title } else { Meaning::Text }));
        if here {
            Pen::new(buffer, list, row).restyle(list.x, usize::from(list.width), style(Meaning::Selected));
        }
    }
    if about_height == 0 {
        return;
    }
    let mut row = list.bottom() - area.y;
    Pen::new(buffer, area, row).fill(look.glyphs.rule, style(Meaning::Muted));
    for (text, meaning) in about {
        for line in fit::wrap(&text, wide, 2) {
            row += 1;
            if row < area.height {
                Pen::new(buffer, area, row).skip(1).text(&line, style(meaning));
            }
        }
    }
}
