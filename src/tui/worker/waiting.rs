//! Which requests wait, which run next, and which are no longer wanted.
//!
//! A question waits in its [`Lane`], where the newest takes the place of an older one. Commands
//! wait in the order in which they were given, and none is dropped.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::lane::{Lane, Rule};
use super::{Request, Ticket};

/// Says whether an answer is still wanted.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Tickets>);

/// The running request is no question.
const NO_LANE: usize = usize::MAX;

#[derive(Debug, Default)]
struct Tickets {
    /// The newest request that ends a lane's questions.
    latest: [AtomicU64; Lane::ALL.len()],
    running: AtomicU64,
    lane: AtomicUsize,
    closed: AtomicU64,
    /// Commands that are given and not done.
    kept: AtomicUsize,
    /// The newest look at every user that ends with what it knows.
    enough: AtomicU64,
    /// Questions up to this ticket are stopped: they end with an answer that says so.
    stopped: AtomicU64,
}

impl Cancel {
    /// Whether a newer request has made the running question pointless. Cheap: some loads.
    /// A command is never pointless.
    pub fn is_stale(&self) -> bool {
        let tickets = &self.0;
        let Some(latest) = tickets.latest.get(tickets.lane.load(Ordering::Acquire)) else { return false };
        tickets.closed.load(Ordering::Acquire) > 0
            || latest.load(Ordering::Acquire) > tickets.running.load(Ordering::Acquire)
            || tickets.stopped.load(Ordering::Acquire) > tickets.running.load(Ordering::Acquire)
    }

    /// Every question that runs is pointless: the program ends.
    pub(in crate::tui) fn close(&self) {
        self.0.closed.store(1, Ordering::Release);
    }

    /// Commands that are given and not done yet.
    pub(in crate::tui) fn commands(&self) -> usize {
        self.0.kept.load(Ordering::Acquire)
    }

    /// Whether what is known by now is enough of an answer.
    pub(super) fn is_enough(&self, ticket: Ticket) -> bool {
        self.0.enough.load(Ordering::Acquire) >= ticket
    }

    pub(super) fn asked(&self, ticket: Ticket, request: &Request) {
        if let Request::Enough(of) = request {
            self.0.enough.fetch_max(*of, Ordering::AcqRel);
        }
        if let Request::Stop = request {
            self.0.stopped.fetch_max(ticket, Ordering::AcqRel);
        }
        let end = |lane: Lane| {
            if let Some(latest) = self.0.latest.get(lane.index()) {
                latest.fetch_max(ticket, Ordering::AcqRel);
            }
        };
        match request.rule() {
            Rule::Ask(lane, ends) => {
                end(lane);
                ends.iter().copied().for_each(end);
            }
            Rule::Do => {
                self.0.kept.fetch_add(1, Ordering::AcqRel);
            }
            Rule::Turn => Lane::ALL.into_iter().for_each(end),
        }
    }

    pub(super) fn starts(&self, ticket: Ticket, request: &Request) {
        let lane = match request.rule() {
            Rule::Ask(lane, _) => lane.index(),
            Rule::Do | Rule::Turn => NO_LANE,
        };
        // A question that ends between the two is not stale for another one's ticket.
        self.0.lane.store(NO_LANE, Ordering::Release);
        self.0.running.store(ticket, Ordering::Release);
        self.0.lane.store(lane, Ordering::Release);
    }

    pub(super) fn done(&self, request: &Request) {
        if request.rule() == Rule::Do {
            self.0.kept.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// Whether a newer request has made this one pointless.
    pub(super) fn is_overtaken(&self, ticket: Ticket, request: &Request) -> bool {
        let Rule::Ask(lane, _) = request.rule() else { return false };
        self.0.latest.get(lane.index()).is_some_and(|latest| latest.load(Ordering::Acquire) > ticket)
    }
}

/// Requests that wait.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    commands: VecDeque<(Ticket, Request)>,
    questions: [Option<(Ticket, Request)>; Lane::ALL.len()],
}

impl Waiting {
    pub(super) fn put(&mut self, ticket: Ticket, request: Request) {
        match request.rule() {
            Rule::Ask(lane, _) => {
                if let Some(place) = self.questions.get_mut(lane.index()) {
                    *place = Some((ticket, request));
                }
            }
            Rule::Do | Rule::Turn => self.commands.push_back((ticket, request)),
        }
    }

    /// Takes the next: commands in their order, as they take no time, then the most urgent
    /// question.
    pub(super) fn next(&mut self) -> Option<(Ticket, Request)> {
        self.commands.pop_front().or_else(|| self.questions.iter_mut().find_map(Option::take))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.commands.is_empty() && self.questions.iter().all(Option::is_none)
    }

    /// No part reads answers any more: only what must be kept remains.
    pub(super) fn close(&mut self) {
        self.questions = Default::default();
        self.commands.retain(|(_, request)| request.rule() == Rule::Do);
    }
}
