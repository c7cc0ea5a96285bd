//! Passes requests on to the real endpoint, as they came, and reports what it answers.
//!
//! One thread, so that requests arrive there in their order. The client is not kept waiting: its answer is
//! ours. What waits has a bound; beyond it requests are not passed on, and that is said.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{io, thread};

use hyper::header::{HeaderMap, HeaderName};
use tokio::sync::oneshot;
use ureq::Agent;
use ureq::http::{Method, Request as Passed};

use super::guard::TOKEN_HEADER;
use super::keeper::{Job, Jobs};
use super::{Real, Request};

/// Time in which the endpoint has to take a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Time in which a request has to be answered.
const PATIENCE: Duration = Duration::from_secs(30);
/// Time in which what waits has to be passed on once no more comes.
const LAST_PATIENCE: Duration = Duration::from_secs(5);
/// Bytes that may wait.
const MOST_WAITING: usize = 64 << 20;
/// What a request costs in addition to its body.
const HEAD: usize = 1 << 10;
/// Bytes of an answer that are read, and characters of it that are shown.
const MOST_READ: u64 = 64 << 10;
const MOST_SHOWN: usize = 200;

/// A request that was passed on once is not passed on again: two programs could send it to each other.
pub(super) const PASSED_HEADER: &str = "x-journey-forwarded";

/// Headers that concern one connection, or this server alone.
const NOT_PASSED: &[&str] = &[
    "host",
    "connection",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "expect",
    "accept-encoding",
    TOKEN_HEADER,
];

/// Where to pass requests on to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(String);

impl Target {
    /// Reads an address; the error is the end of a sentence.
    ///
    /// # Errors
    /// It is no `http` or `https` address, or has a query or credentials.
    pub fn parse(text: &str) -> Result<Self, String> {
        let uri: hyper::Uri = text.parse().map_err(|error| format!("{error}"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err("it has to begin with https:// or http://".to_owned());
        }
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        if authority.is_empty() || authority.contains('@') || uri.query().is_some() {
            return Err("it is a scheme, a host and perhaps a path, and nothing more".to_owned());
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A request as it came.
pub(super) struct Out {
    /// What was noted of it.
    pub(super) request: Request,
    /// Its path with the query.
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Out {
    fn cost(&self) -> usize {
        self.body.len() + self.target.len() + HEAD
    }
}

/// The way to the thread that passes requests on.
pub(super) struct Forward {
    sender: Sender<Out>,
    waiting: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
}

impl Forward {
    /// Begins the thread; it ends when this is dropped and what waits has been passed on.
    pub(super) fn start(target: Target, jobs: Jobs) -> io::Result<(Self, JoinHandle<()>)> {
        let (sender, requests) = mpsc::channel();
        let (waiting, is_over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let passing = Passing {
            agent: agent(&target),
            target,
            jobs,
            waiting: Arc::clone(&waiting),
            is_over: Arc::clone(&is_over),
        };
        let thread = thread::Builder::new().name("listen-forward".to_owned()).spawn(move || passing.run(&requests))?;
        Ok((Self { sender, waiting, is_over }, thread))
    }

    /// Passes a request on in its turn; gives back what was noted of it where too much waits.
    pub(super) fn pass(&self, out: Out) -> Option<Request> {
        let cost = out.cost();
        if self.waiting.fetch_add(cost, Ordering::AcqRel) + cost > MOST_WAITING {
            self.waiting.fetch_sub(cost, Ordering::AcqRel);
            return Some(out.request);
        }
        self.sender.send(out).err().map(|mpsc::SendError(out)| out.request)
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
    }
}

/// A request that was not passed on, with the reason.
pub(super) fn not_passed(mut request: Request, why: &str) -> Request {
    request.real = Some(Real { status: None, said: why.to_owned(), took: 0 });
    request
}

struct Passing {
    agent: Agent,
    target: Target,
    jobs: Jobs,
    waiting: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
}

impl Passing {
    fn run(self, requests: &Receiver<Out>) {
        let mut end: Option<Instant> = None;
        for out in requests {
            let cost = out.cost();
            if end.is_none() && self.is_over.load(Ordering::Acquire) {
                end = Some(Instant::now() + LAST_PATIENCE);
            }
            let request = out.request.clone();
            let request = if end.is_some_and(|end| Instant::now() >= end) {
                not_passed(request, "not passed on: listening ended")
            } else {
                Request { real: Some(self.pass(out)), ..request }
            };
            self.waiting.fetch_sub(cost, Ordering::AcqRel);
            let (done, _) = oneshot::channel();
            // Where the store has stopped there is no one to hear it.
            let _ = self.jobs.blocking_send(Job { vendor: "", lines: String::new(), request, done });
        }
    }

    fn pass(&self, out: Out) -> Real {
        let begun = Instant::now();
        let (status, said) = match self.ask(out) {
            Ok((status, said)) => (Some(status), said),
            Err(why) => (None, why),
        };
        let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        Real { status, said: said.chars().take(MOST_SHOWN).collect(), took }
    }

    fn ask(&self, out: Out) -> Result<(u16, String), String> {
        let method: Method = out.request.method.parse().map_err(|_| "the method cannot be passed on".to_owned())?;
        let mut asked = Passed::builder().method(method).uri(format!("{}{}", self.target.0, out.target));
        for (name, value) in out.headers.iter().filter(|(name, _)| is_passed(name)) {
            asked = asked.header(name.as_str(), value.as_bytes());
        }
        let asked = asked.header(PASSED_HEADER, "1");
        let answered = if out.body.is_empty() && out.request.method != "POST" {
            asked.body(()).map_err(|error| error.to_string()).map(|asked| self.agent.run(asked))
        } else {
            asked.body(out.body).map_err(|error| error.to_string()).map(|asked| self.agent.run(asked))
        }?;
        let mut answer = answered.map_err(|error| format!("no answer: {error}"))?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(MOST_READ).lossy_utf8(true).read_to_string();
        Ok((status, body.unwrap_or_else(|_| "its body cannot be read".to_owned()).trim().to_owned()))
    }
}

fn is_passed(name: &HeaderName) -> bool {
    !NOT_PASSED.contains(&name.as_str())
}

pub(super) fn agent(target: &Target) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        // Another host was not named.
        .max_redirects(0)
        // That of the client is passed on.
        .user_agent("")
        .timeout_connect(Some(CONNECT))
        .timeout_global(Some(PATIENCE));
    let host = target.0.split("://").nth(1).unwrap_or_default();
    let is_here = host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]");
    // A proxy knows no server of this computer.
    if is_here { config.proxy(None).build().new_agent() } else { config.build().new_agent() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_scheme_a_host_and_perhaps_a_path() {
        for (text, read) in [
            ("https://api.mixpanel.com", "https://api.mixpanel.com"),
            ("https://api.mixpanel.com/", "https://api.mixpanel.com"),
            ("http://127.0.0.1:9999/proxy/", "http://127.0.0.1:9999/proxy"),
        ] {
            assert_eq!(Target::parse(text).unwrap().as_str(), read);
        }
        for text in [
            "api.mixpanel.com",
            "ftp://a.example",
            "https://",
            "https://user:word@a.example",
            "https://a.example?x=1",
            "",
        ] {
            assert!(Target::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn headers_of_one_connection_and_the_token_of_this_server_stay_here() {
        let of = |name: &str| is_passed(&name.parse().unwrap());
        assert!(of("content-type") && of("content-encoding") && of("authorization") && of("user-agent"));
        assert!(!of("host") && !of("connection") && !of("content-length") && !of(TOKEN_HEADER));
    }
}
