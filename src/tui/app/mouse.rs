//! The mouse: what lies where on the screen, and what a press or a turn of the wheel does.
//!
//! A drawing notes where its lists, panes and hints are (`Ui::spot`); the update looks up
//! what was hit and gives it to the screen as a [`Pointed`]. Who holds the button keeps the
//! place where it went down, so that a drag may leave it. Whatever the mouse does, a key does.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::{Effect, Layer, Model, act, palette, search_asked};
use crate::tui::keys::Action;
use crate::tui::pointer::{Gesture, Pointed, Spot, Target};

/// Lines that one notch of the wheel goes.
const NOTCH: usize = 3;

/// What the mouse has done before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct State {
    /// What the button went down on.
    held: Option<Target>,
    /// Where it went down last, if nothing else has happened since.
    pressed: Option<Position>,
    /// Whether the terminal sends what the mouse does.
    captured: bool,
}

impl State {
    /// Nothing has happened yet.
    pub(super) fn new(captured: bool) -> Self {
        Self { captured, ..Self::default() }
    }

    /// Something else has happened.
    pub(super) fn interrupt(&mut self) {
        self.pressed = None;
    }
}

/// Leaves the mouse to the terminal, or takes it back.
pub(super) fn toggle(model: &mut Model) -> Vec<Effect> {
    let captured = !model.mouse.captured;
    model.mouse.captured = captured;
    let notice = if captured {
        "the mouse works here again"
    } else {
        "the terminal has the mouse: select and copy as anywhere; the same key takes it back"
    };
    model.notice = Some(notice.to_owned());
    vec![Effect::Mouse(captured)]
}

/// Changes the model by a mouse event.
pub(super) fn update(model: &mut Model, event: MouseEvent) -> Vec<Effect> {
    let at = Position { x: event.column, y: event.row };
    let hit = model.drawn.spots.iter().rev().find(|target| target.area.contains(at)).copied();
    let (target, gesture) = match event.kind {
        MouseEventKind::ScrollDown => return wheel(model, hit, true),
        MouseEventKind::ScrollUp => return wheel(model, hit, false),
        MouseEventKind::Down(MouseButton::Left) => {
            let again = model.mouse.pressed.replace(at) == Some(at);
            model.mouse.held = hit;
            (hit, if again { Gesture::PressAgain } else { Gesture::Press })
        }
        MouseEventKind::Drag(MouseButton::Left) => {
            model.mouse.interrupt();
            (model.mouse.held, Gesture::Drag)
        }
        MouseEventKind::Up(MouseButton::Left) => (model.mouse.held.take(), Gesture::Release),
        _ => return Vec::new(),
    };
    let Some(Target { area, spot }) = target else { return Vec::new() };
    let pointed = Pointed {
        spot,
        gesture,
        column: at.x.clamp(area.x, area.right().saturating_sub(1)) - area.x,
        row: at.y.clamp(area.y, area.bottom().saturating_sub(1)) - area.y,
        columns: area.width,
        rows: area.height,
    };
    point(model, pointed)
}

fn wheel(model: &mut Model, hit: Option<Target>, down: bool) -> Vec<Effect> {
    let detail = hit.is_some_and(|target| target.spot == Spot::Detail);
    let reads = matches!(model.layers.last(), Some(Layer::Journey)) && !model.types() && !model.shows_panel();
    if let Some(journey) = model.journey.as_mut().filter(|_| reads) {
        (0..NOTCH).for_each(|_| journey.wheel(detail, down));
        return Vec::new();
    }
    let action = match (detail, down) {
        (true, true) => Action::DetailDown,
        (true, false) => Action::DetailUp,
        (false, true) => Action::Next,
        (false, false) => Action::Previous,
    };
    // A call of a play is looked at one by one, rows are not.
    let times = if matches!(model.layers.last(), Some(Layer::Player)) { 1 } else { NOTCH };
    (0..times).flat_map(|_| act(model, action)).collect()
}

/// Gives it to the screen on top. A screen answers the action that the press stands for.
fn point(model: &mut Model, pointed: Pointed) -> Vec<Effect> {
    if let (Spot::Does(action), Gesture::Press | Gesture::PressAgain) = (pointed.spot, pointed.gesture) {
        return act(model, action);
    }
    if let Some(Layer::Palette(state)) = model.layers.last_mut() {
        let asked = pointed.line().map(|line| state.point(line));
        return asked.map(|asked| palette::asked(model, asked)).unwrap_or_default();
    }
    if let Some(Layer::Save(state)) = model.layers.last_mut() {
        if let Some(line) = pointed.line() {
            state.point(line);
        }
        return Vec::new();
    }
    let panel = model.shows_panel();
    let action = match (model.layers.last(), &mut model.journey) {
        (Some(Layer::Search) | None, _) => {
            let asked = model.search.point(&pointed);
            return search_asked(model, asked);
        }
        (Some(Layer::Page(..)), _) => match model.layers.last_mut() {
            Some(Layer::Page(_, page)) => page.point(&pointed),
            _ => None,
        },
        (Some(Layer::Journey), Some(journey)) if !panel => journey.point(&pointed),
        (Some(Layer::Journey | Layer::Identity), Some(journey)) => journey.identity.point(&pointed),
        _ => None,
    };
    action.map(|action| act(model, action)).unwrap_or_default()
}
