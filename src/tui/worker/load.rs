//! What is there of an answer, and which ticket is waited for.

use crate::tui::backend::Failure;
use crate::tui::worker::Ticket;

/// Something that is asked of the worker: what is there, and which ticket is waited for.
#[derive(Clone, Debug)]
pub struct Load<T> {
    have: Option<Result<T, Failure>>,
    asked: Option<Ticket>,
}

impl<T> Default for Load<T> {
    fn default() -> Self {
        Self { have: None, asked: None }
    }
}

impl<T> Load<T> {
    /// Waits for an answer; what is there stays until then.
    pub fn ask(&mut self, ticket: Ticket) {
        self.asked = Some(ticket);
    }

    /// Takes an answer, if it is the expected one.
    pub fn take(&mut self, ticket: Ticket, answer: Result<T, Failure>) -> bool {
        let wanted = self.asked == Some(ticket);
        if wanted {
            self.asked = None;
            self.have = Some(answer);
        }
        wanted
    }

    /// Takes a part of the answer that is waited for, and waits on.
    pub fn show(&mut self, ticket: Ticket, part: T) -> bool {
        let wanted = self.asked == Some(ticket);
        if wanted {
            self.have = Some(Ok(part));
        }
        wanted
    }

    /// Waits no longer.
    pub fn forget(&mut self) -> bool {
        self.asked.take().is_some()
    }

    /// Whether an answer is waited for.
    pub fn is_asked(&self) -> bool {
        self.asked.is_some()
    }

    /// What is there.
    pub fn have(&self) -> Option<&Result<T, Failure>> {
        self.have.as_ref()
    }

    pub(in crate::tui) fn value(&self) -> Option<&T> {
        self.have.as_ref()?.as_ref().ok()
    }

    pub(in crate::tui) fn value_mut(&mut self) -> Option<&mut T> {
        self.have.as_mut()?.as_mut().ok()
    }
}
