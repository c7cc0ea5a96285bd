//! What was asked of a server, by what it was asked for.

use std::time::{Duration, Instant};

use crate::inspect::Trip;

/// Questions for one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trips {
    /// What they ask for.
    pub what: &'static str,
    /// How many there were.
    pub questions: u64,
    /// How long they took together, the one that runs as long as it has.
    pub took: Duration,
    /// Whether one still runs.
    pub runs: bool,
    /// Rows that the server has read; `None` where it does not say.
    pub read: Option<u64>,
}

/// Every question, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Log(Vec<Heard>);

#[derive(Debug)]
struct Heard {
    number: u64,
    what: &'static str,
    began: Instant,
    took: Option<Duration>,
    read: Option<u64>,
}

impl Log {
    pub(super) fn hear(&mut self, trip: Trip, now: Instant) {
        match trip {
            Trip::Began { number, what } => self.0.push(Heard { number, what, began: now, took: None, read: None }),
            Trip::Stopping | Trip::Stopped => {}
            Trip::Ended { number, read } => {
                if let Some(heard) = self.0.iter_mut().rfind(|heard| heard.number == number) {
                    (heard.took, heard.read) = (Some(now.saturating_duration_since(heard.began)), read);
                }
            }
        }
    }

    /// Those for the same thing together.
    pub(super) fn summed(&self, now: Instant) -> Vec<Trips> {
        let mut all: Vec<Trips> = Vec::new();
        for heard in &self.0 {
            let took = heard.took.unwrap_or_else(|| now.saturating_duration_since(heard.began));
            let runs = heard.took.is_none();
            if let Some(trips) = all.iter_mut().find(|trips| trips.what == heard.what) {
                trips.questions += 1;
                trips.took += took;
                trips.runs |= runs;
                trips.read = trips.read.into_iter().chain(heard.read).reduce(u64::saturating_add);
            } else {
                all.push(Trips { what: heard.what, questions: 1, took, runs, read: heard.read });
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_for_one_thing_are_told_together_and_the_one_that_runs_is_named() {
        let start = Instant::now();
        let at = |millis: u64| start + Duration::from_millis(millis);
        let mut log = Log::default();
        log.hear(Trip::Began { number: 7, what: "rows" }, at(0));
        log.hear(Trip::Began { number: 8, what: "profiles" }, at(1));
        log.hear(Trip::Ended { number: 8, read: None }, at(4));
        log.hear(Trip::Ended { number: 7, read: Some(10) }, at(20));
        log.hear(Trip::Began { number: 9, what: "rows" }, at(30));
        let millis = Duration::from_millis;
        let rows = Trips { what: "rows", questions: 2, took: millis(90), runs: true, read: Some(10) };
        let profiles = Trips { what: "profiles", questions: 1, took: millis(3), runs: false, read: None };
        assert_eq!(log.summed(at(100)), [rows, profiles]);
        // The end of a question of another journey is none of this one.
        log.hear(Trip::Ended { number: 3, read: Some(5) }, at(100));
        assert_eq!(log.summed(at(100)).len(), 2);
    }
}
