//! What a screen is that needs nothing of the others: its state, its keys, its update and its
//! view in one place. `screen::PAGES` lists them.

use std::fmt::Debug;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::{Drawn, Ui};
use super::keys::{Action, Context, Keymap};
use super::theme::Look;

/// A screen of its own, from the key that opens it to the key that leaves it.
pub trait Page: Debug + Send {
    /// Whose keys it has.
    fn context(&self) -> Context;
    /// Does what a key asks; `page` is the number of lines on the screen.
    fn update(&mut self, action: Action, page: usize);
    /// Puts a typed or pasted text in; `false` where nothing is typed.
    fn type_text(&mut self, text: &str) -> bool {
        let _ = text;
        false
    }
    /// Takes back the last thing that was done in it; `false` where there is none, and the page is left.
    fn take_back(&mut self) -> bool {
        false
    }
    /// Draws it.
    fn view(&self, given: &Given<'_>, ui: &mut Ui, area: Rect, buffer: &mut Buffer);
    /// A frame was drawn: what the view found out.
    fn drawn(&mut self, drawn: &Drawn) {
        let _ = drawn;
    }
    /// Where the user is in it, for the foot of the screen.
    fn place(&self) -> String {
        String::new()
    }
    /// The same page once more.
    fn again(&self) -> Box<dyn Page>;
}

impl Clone for Box<dyn Page> {
    fn clone(&self) -> Self {
        self.again()
    }
}

/// What every page may use.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// All keys.
    pub keymap: &'a Keymap,
    /// Colours, marks and the zone.
    pub look: &'a Look,
}

/// What is below a page that opens.
#[derive(Clone, Debug)]
pub struct Below {
    /// Where keys went.
    pub contexts: Vec<Context>,
    /// The command that shows what the screen shows.
    pub command: Option<String>,
    /// What to call the store; `None` while it opens.
    pub title: Option<String>,
}

/// A page in the list of pages.
#[derive(Clone, Copy)]
pub struct Entry {
    /// What opens it. The same action, or the key for back, leaves it.
    pub action: Action,
    /// Its keys, also where it is not open.
    pub context: Context,
    /// Makes it.
    pub open: fn(Below) -> Box<dyn Page>,
}
