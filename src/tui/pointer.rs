//! What lies where on a drawn screen, and what the mouse did to it.
//!
//! A drawing notes where its lists, panes and hints are; a screen is given what was hit as a
//! [`Pointed`].

use ratatui::layout::Rect;

use super::keys::Action;

/// What a part of the screen is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// Lines of the screen's list; the number is that of the topmost line.
    List(usize),
    /// The pane with the whole of the selected row.
    Detail,
    /// The strip of the whole time, in its full length.
    Strip,
    /// Pressing it does what a key does.
    Does(Action),
}

/// A part of the screen, and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where.
    pub area: Rect,
    /// What.
    pub spot: Spot,
}

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gesture {
    /// The left button went down.
    Press,
    /// It went down on the same place once more.
    PressAgain,
    /// The mouse moved with the button held.
    Drag,
    /// The button came up.
    Release,
}

/// What the mouse did to a part of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pointed {
    /// What was hit, or is held.
    pub spot: Spot,
    /// How.
    pub gesture: Gesture,
    /// Column in the part, inside it also when the mouse is not.
    pub column: u16,
    /// Row in the part.
    pub row: u16,
    /// Columns of the part.
    pub columns: u16,
    /// Rows of the part.
    pub rows: u16,
}

impl Pointed {
    /// The line of the list that was pressed.
    pub fn line(&self) -> Option<usize> {
        match (self.spot, self.gesture) {
            (Spot::List(top), Gesture::Press | Gesture::PressAgain) => Some(top + usize::from(self.row)),
            _ => None,
        }
    }
}
