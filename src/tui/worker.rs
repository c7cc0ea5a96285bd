//! The one thread that asks a store what the interface needs of it.
//!
//! `request` says of each request what runs it, what it answers and which others it overtakes;
//! `waiting` decides by that which runs next. The newest question of a lane wins: an older one that
//! waits is dropped, one that runs sees by [`Cancel::is_stale`] that it can give up, and its
//! answer is thrown away. Commands are never dropped. Nothing here draws, and nothing of the
//! interface waits for an answer. Without requests the thread sleeps.

mod lane;
mod load;
mod report;
mod request;
mod standing;
mod text;
mod trips;
mod waiting;

use std::sync::mpsc::{Receiver, Sender, TryRecvError};

use super::backend::{Backend, Failure};

use self::waiting::Waiting;

pub use self::load::Load;
pub use self::report::{Reported, Reporting, Subject};
pub use self::request::{Opened, Request, Response, Saving, Stage, Then, Unwanted};
pub use self::standing::{Fate, Standing};
pub use self::text::{Text, Wanted};
pub use self::trips::Trips;
pub use self::waiting::Cancel;

/// Makes the backend, on the worker's thread.
pub type Factory = Box<dyn FnOnce(Cancel) -> Result<Box<dyn Backend>, Failure> + Send>;

/// Number of a request; answers to older ones are dropped.
pub type Ticket = u64;

/// The interface's end of the queue.
#[derive(Debug)]
pub(super) struct Queue {
    sender: Sender<(Ticket, Request)>,
    cancel: Cancel,
}

impl Queue {
    pub(super) fn new(sender: Sender<(Ticket, Request)>, cancel: Cancel) -> Self {
        Self { sender, cancel }
    }

    /// Hands a question over. A worker that has ended has said why by a message of its own.
    pub(super) fn ask(&self, ticket: Ticket, question: Request) {
        self.cancel.asked(ticket, &question);
        let _ = self.sender.send((ticket, question));
    }
}

/// What the worker reports to the interface.
#[derive(Debug)]
pub enum Report {
    /// The store is open; this is what to call it.
    Opened(String),
    /// It cannot be opened.
    NotOpened(Failure),
    /// What a command has to name the store by, if it has to, and whether a server answers.
    Located(Option<String>, bool),
    /// An answer, or a part of one.
    Response(Ticket, Response),
}

/// The worker's whole life: opens the store, then answers until no request can come.
pub(super) fn work(
    factory: Factory,
    cancel: &Cancel,
    queue: &Receiver<(Ticket, Request)>,
    report: &dyn Fn(Report) -> bool,
) {
    let mut backend = match factory(cancel.clone()) {
        Ok(backend) => {
            let _ = report(Report::Opened(backend.title()));
            let _ = report(Report::Located(backend.place(), backend.is_on_a_server()));
            backend
        }
        Err(failure) => {
            let _ = report(Report::NotOpened(failure));
            return;
        }
    };
    let mut waiting = Waiting::default();
    let mut is_open = true;
    while is_open || !waiting.is_empty() {
        if waiting.is_empty() {
            match queue.recv() {
                Ok((ticket, request)) => waiting.put(ticket, request),
                Err(_) => return,
            }
        }
        loop {
            match queue.try_recv() {
                Ok((ticket, request)) => waiting.put(ticket, request),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    is_open = false;
                    waiting.close();
                    break;
                }
            }
        }
        let Some((ticket, request)) = waiting.next() else { continue };
        if cancel.is_overtaken(ticket, &request) {
            continue;
        }
        cancel.starts(ticket, &request);
        let answer = match request.first_part(backend.as_mut()) {
            Some(whole @ Response::Journey(_)) => whole,
            part => {
                if let Some(part) = part {
                    let _ = report(Report::Response(ticket, part));
                }
                request.run(backend.as_mut(), &mut |part| {
                    let _ = report(Report::Response(ticket, part));
                    !cancel.is_enough(ticket)
                })
            }
        };
        cancel.done(&request);
        if matches!(answer, Response::Store(Ok(_))) {
            let _ = report(Report::Located(backend.place(), backend.is_on_a_server()));
        }
        // Who no longer listens has ended the queue, which ends this as well.
        if !cancel.is_overtaken(ticket, &request) {
            let _ = report(Report::Response(ticket, answer));
        }
    }
}

#[cfg(test)]
mod tests;
