//! What can happen, what is to be done then, and the screens that lie on each other.

use std::time::Duration;

use crossterm::event::Event;

use crate::listen::News;
use crate::tui::backend::Failure;
use crate::tui::frame::Drawn;
use crate::tui::keys::Context;
use crate::tui::outside::Tool;
use crate::tui::page::Page;
use crate::tui::screen::{palette, prompt, save};
use crate::tui::worker::{Report, Request, Response, Text, Ticket, Trips};

/// Everything that can happen.
#[derive(Debug)]
pub enum Msg {
    /// The terminal sent something.
    Terminal(Event),
    /// The store is open; this is what to call it.
    Opened(String),
    /// It cannot be opened.
    NotOpened(Failure),
    /// What a command has to name the store by, if it has to, and whether a server answers.
    Located(Option<String>, bool),
    /// The worker answers.
    Response(Ticket, Response),
    /// Requests were answered, and rows are in the store.
    News(Box<News>),
    /// An answer has been waited for long enough to say so, this long by now.
    Waited(Duration),
    /// What was asked of a server for the journey so far.
    Trips(Vec<Trips>),
    /// Some time has passed without anything.
    Idle,
    /// The time that `Model::beat` gave has passed.
    Beat,
    /// A frame was drawn: what of it the update needs.
    Drawn(Drawn),
    /// Another program asks this one to end.
    Terminate,
    /// Another program asks this one to stop for a while.
    Suspend,
    /// The program was stopped and goes on.
    Continued,
    /// A text was given to the terminal to copy, or a row to the server, or could not be.
    Copied(Result<(), String>),
    /// A program that had the terminal has ended; what went wrong with it.
    Shown(Result<(), String>),
    /// A thread has panicked, or the terminal is gone.
    Died(Failure),
}

impl From<Report> for Msg {
    fn from(report: Report) -> Self {
        match report {
            Report::Opened(title) => Self::Opened(title),
            Report::NotOpened(failure) => Self::NotOpened(failure),
            Report::Located(place, is_on_a_server) => Self::Located(place, is_on_a_server),
            Report::Response(ticket, answer) => Self::Response(ticket, answer),
        }
    }
}

/// Something to be done outside of the model.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask the worker.
    Ask(Ticket, Request),
    /// End.
    Quit,
    /// End, and say why.
    Fail(Failure),
    /// Give a text to the terminal's clipboard.
    Copy(String),
    /// Give the terminal to a program that shows a text, until it ends.
    Show(Text, Tool),
    /// Send a test row to the server at an address.
    TestRow(String),
    /// Give the terminal back until the shell continues the program.
    Suspend,
    /// Let the terminal send what the mouse does, or keep it for itself.
    Mouse(bool),
}

/// A screen on the stack.
#[derive(Clone, Debug)]
pub enum Layer {
    /// The search.
    Search,
    /// The timeline.
    Journey,
    /// The identity panel.
    Identity,
    /// What arrives, live.
    Live,
    /// The list of scenarios.
    Gallery,
    /// The player of a scenario.
    Player,
    /// A screen of its own, by the context of its keys.
    Page(Context, Box<dyn Page>),
    /// A question to the user.
    Prompt(prompt::State),
    /// What to save a journey as, over its screen.
    Save(save::State),
    /// Two users side by side.
    Compare,
    /// The command palette, over the screen below it.
    Palette(palette::State),
}
