//! The terminal interface: one inbox of messages, a pure update, a view.
//!
//! Everything that happens is a [`Msg`]: a key, an answer of the worker, a signal.
//! [`update`] changes the [`Model`] by it and says what is to be done as [`Effect`]s;
//! [`view`] draws the model and changes nothing but the facts of the drawing ([`Ui`]).
//! Neither reads a clock, a file or a store, so that tests drive both by hand.
//!
//! | module | what it holds; each row may name those above it |
//! |---|---|
//! | [`fit`], [`when`] | text in so many columns, moments in a zone |
//! | [`keys`], [`theme`], [`settings`] | `assets/keys.toml`, `assets/themes` and the user's own file, read and checked |
//! | [`command`] | the command that shows what a screen shows |
//! | [`mod@pointer`], [`frame`] | what lies where on the screen, and what the update needs of a frame |
//! | `pen`, `widgets`, `words` | what all screens are drawn with |
//! | [`placed`] | a frame on a terminal, whatever columns that gives to letters |
//! | [`backend`] | what the interface needs of a store |
//! | [`timeline`] | the rows of a journey as they are shown, filtered and counted |
//! | [`worker`] | the thread that asks the store |
//! | [`mod@page`] | what a screen is that needs nothing of the others |
//! | `screen` | one file or folder for each screen: its state, update and view |
//! | [`app`] | the model, the routing of keys, answers to their screens |
//! | [`picture`] | a screen as SVG, from the frame that a terminal would show |
//! | `run`, `terminal` | the loop, and the terminal given back on every way out |
//!
//! Cost: a frame builds the visible rows only; without input nothing runs but a look
//! every two seconds at whether the store has changed.

pub mod app;
pub mod backend;
pub mod command;
pub mod field;
pub mod fit;
pub mod frame;
pub mod keys;
mod outside;
pub mod page;
mod pen;
pub mod picture;
pub mod placed;
pub mod pointer;
mod run;
pub mod screen;
pub mod settings;
mod terminal;
pub mod theme;
pub mod timeline;
pub mod when;
mod widgets;
mod words;
pub mod worker;

pub use app::{Effect, Model, Msg, update, view};
pub use backend::{Backend, Failure, FailureKind, Hits, Recent, Redacted, Saved, Sight, StartPage};
pub use frame::Ui;
pub use keys::Keymap;
pub use outside::Tool;
pub use run::{run, run_listening};
pub use theme::{Look, Theme};
pub use when::Zone;
pub use worker::Cancel;

use crate::model::Id;
use crate::sim::Scenario;

/// How the interface is started.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, and all combinations are good")]
pub struct Options {
    /// The id whose journey is opened at once.
    pub id: Option<Id>,
    /// The name of the rule set that was chosen, if one was.
    pub rules: Option<&'static str>,
    /// The zone that times are shown in first.
    pub zone: Zone,
    /// Draw with ASCII characters alone.
    pub ascii: bool,
    /// Use no colour, only bold, underlined and reversed text.
    pub no_color: bool,
    /// Begin with pseudonyms on the screens.
    pub redacts: bool,
    /// Let the terminal send mouse events.
    pub mouse: bool,
    /// The theme; `None` is the program's own. `no_color` goes before it.
    pub theme: Option<Theme>,
    /// The keys; `None` are the program's own.
    pub keymap: Option<Keymap>,
    /// Begin with the player of scenarios, not with the search.
    pub demo: Option<Demo>,
    /// Begin with what arrives, not with the search.
    pub listening: Option<Listening>,
}

/// Where the program listens, as the screen says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listening {
    /// What the files of the session are called in the store, before the name of a vendor.
    pub session: String,
    /// The address that SDKs are to be given, with the token where one is needed.
    pub url: String,
    /// Where rows go.
    pub place: String,
    /// Whether other machines can reach it.
    pub is_open: bool,
    /// Where requests are passed on to.
    pub forward: Option<String>,
}

/// What the player of scenarios has to play.
#[derive(Clone, Debug, Default)]
pub struct Demo {
    /// In the order of the list.
    pub scenarios: Vec<Scenario>,
    /// The one to begin with, by its place; the list when there is none.
    pub first: Option<usize>,
}
