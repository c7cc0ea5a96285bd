//! How often may be asked, and how long to wait before asking again.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The pace of requests.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Requests to one API in [`Limits::window`]: 60 in an hour, as the vendor documents.
    pub requests: usize,
    /// The time in which they are counted.
    pub window: Duration,
    /// Time between the starts of two requests: the raw export allows three in a second.
    pub interval: Duration,
    /// Wait after the first request that failed; it doubles with each more.
    pub retry: Duration,
    /// Wait after the first answer 429 that says no time itself; it doubles with each more.
    pub limited: Duration,
    /// The longest of these waits.
    pub longest: Duration,
    /// Requests for one answer, before it is given up.
    pub attempts: u32,
    /// Answers 429 to one request, before it is given up.
    pub refusals: u32,
    /// Time in which an answer has to begin, and in which its next part has to come.
    pub silence: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: 60,
            window: Duration::from_secs(60 * 60),
            interval: Duration::from_millis(340),
            retry: Duration::from_secs(2),
            limited: Duration::from_secs(60),
            longest: Duration::from_secs(15 * 60),
            attempts: 5,
            refusals: 12,
            silence: Duration::from_secs(10 * 60),
        }
    }
}

impl Limits {
    /// The wait before request number `attempt` + 1, where number `attempt` failed.
    pub(super) fn after_failure(&self, attempt: u32) -> Duration {
        doubled(self.retry, attempt).min(self.longest)
    }

    /// The wait after answer 429 number `refusal`, which may say a time itself.
    pub(super) fn after_refusal(&self, refusal: u32, said: Option<Duration>) -> Duration {
        said.unwrap_or_else(|| doubled(self.limited, refusal).min(self.longest))
    }
}

fn doubled(first: Duration, number: u32) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(number.saturating_sub(1)))
}

/// The requests that were made to one API.
#[derive(Debug, Default)]
pub(super) struct Made(VecDeque<Instant>);

impl Made {
    /// How long to wait at `now` before the next request: for the pace, and for the window.
    pub(super) fn wait(&mut self, limits: &Limits, now: Instant) -> (Duration, Duration) {
        let Self(made) = self;
        while made.front().is_some_and(|first| now.duration_since(*first) >= limits.window) {
            made.pop_front();
        }
        let until = |then: Instant, wait: Duration| wait.saturating_sub(now.duration_since(then));
        let pace = made.back().map_or(Duration::ZERO, |last| until(*last, limits.interval));
        let full = made.len() >= limits.requests;
        let window = made.front().filter(|_| full).map_or(Duration::ZERO, |first| until(*first, limits.window));
        (pace, window)
    }

    /// Notes a request.
    pub(super) fn note(&mut self, now: Instant) {
        self.0.push_back(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn request_61_of_an_hour_waits_until_the_first_is_an_hour_old() {
        let (limits, mut made, start) = (Limits::default(), Made::default(), Instant::now());
        for number in 0..60 {
            let now = start + SECOND * number;
            assert_eq!(made.wait(&limits, now), (Duration::ZERO, Duration::ZERO), "request {number}");
            made.note(now);
        }
        let now = start + SECOND * 60;
        assert_eq!(made.wait(&limits, now).1, Duration::from_secs(59 * 60));
        assert_eq!(made.wait(&limits, start + limits.window).1, Duration::ZERO);
    }

    #[test]
    fn three_requests_start_in_a_second_at_most() {
        let (limits, mut made, now) = (Limits::default(), Made::default(), Instant::now());
        made.note(now);
        assert_eq!(made.wait(&limits, now), (limits.interval, Duration::ZERO));
        assert!(limits.interval * 3 > SECOND);
    }

    #[test]
    fn waits_double_up_to_the_longest_and_the_server_knows_better() {
        let limits = Limits::default();
        let waits: Vec<u64> = (1..=4).map(|attempt| limits.after_failure(attempt).as_secs()).collect();
        assert_eq!(waits, [2, 4, 8, 16]);
        assert_eq!(limits.after_refusal(1, None), SECOND * 60);
        assert_eq!(limits.after_refusal(40, None), limits.longest);
        assert_eq!(limits.after_refusal(1, Some(SECOND * 5_000)), SECOND * 5_000);
    }
}
