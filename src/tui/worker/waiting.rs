//! Which requests wait, which run next, and which are no longer wanted.
//!
//! A question waits in its [`Lane`], where the newest takes the place of an older one. Commands
//! wait in the order in which they were given, and none is dropped.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::lane::{Lane, Rule};
use super::trips::{Log, Trips};
use super::{Request, Ticket};
use crate::inspect::{Tell, Trip};

/// Says whether an answer is still wanted.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Tickets>);

/// No request has run yet: the source is being opened. Lanes are counted from one.
const OPENING: usize = 0;

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
    /// Questions that a server works on, and those that it is to end.
    on_server: AtomicUsize,
    /// Questions to a server, of the journey that was opened last.
    trips: Mutex<Log>,
}

impl Cancel {
    /// Whether a newer request has made the running question pointless. Cheap: some loads.
    /// A command is never pointless.
    pub fn is_stale(&self) -> bool {
        let tickets = &self.0;
        let is_closed = tickets.closed.load(Ordering::Acquire) > 0;
        let lane = match tickets.lane.load(Ordering::Acquire) {
            OPENING => return is_closed,
            lane => lane - 1,
        };
        let Some(latest) = tickets.latest.get(lane) else { return false };
        is_closed
            || latest.load(Ordering::Acquire) > tickets.running.load(Ordering::Acquire)
            || tickets.stopped.load(Ordering::Acquire) > tickets.running.load(Ordering::Acquire)
    }

    /// Hears of questions to a server, of those that run now for a journey.
    pub fn tell(&self) -> Tell {
        let cancel = self.clone();
        Tell::new(move |trip| {
            let on_server = &cancel.0.on_server;
            match trip {
                Trip::Began { .. } | Trip::Stopping => on_server.fetch_add(1, Ordering::AcqRel),
                Trip::Ended { .. } | Trip::Stopped => on_server.fetch_sub(1, Ordering::AcqRel),
            };
            let of_journey = [Lane::Page, Lane::Row, Lane::Columns, Lane::Filter].map(|lane| lane.index() + 1);
            if of_journey.contains(&cancel.0.lane.load(Ordering::Acquire)) {
                cancel.log().hear(trip, Instant::now());
            }
        })
    }

    /// What was asked of a server for the journey that was opened last.
    pub(in crate::tui) fn trips(&self) -> Vec<Trips> {
        self.log().summed(Instant::now())
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.trips.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every question that runs is pointless: the program ends.
    pub(in crate::tui) fn close(&self) {
        self.0.closed.store(1, Ordering::Release);
    }

    /// Whether a server works on a question, or has not heard yet that it is to end it.
    pub(in crate::tui) fn is_on_server(&self) -> bool {
        self.0.on_server.load(Ordering::Acquire) > 0
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
        if let Request::Unwanted(what) = request {
            what.lanes().iter().copied().for_each(end);
        }
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
            Rule::Ask(lane, _) => lane.index() + 1,
            Rule::Do | Rule::Turn => NO_LANE,
        };
        if lane == Lane::Page.index() + 1 {
            *self.log() = Log::default();
        }
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
