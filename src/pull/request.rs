//! One request over HTTP, in a thread of its own.

use std::io::{self, Read};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

use ureq::http::Response;
use ureq::{Agent, Body};

use super::Limits;

/// How long a stop may go unheard.
pub(super) const TICK: Duration = Duration::from_millis(20);
/// Time in which a connection has to be made.
const CONNECT: Duration = Duration::from_secs(30);
/// Bytes of an answer that are handed over at once.
const PART: usize = 1 << 17;

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// The address with its parameters.
    pub(super) address: String,
    /// The form that is sent; none asks with GET.
    pub(super) form: Option<String>,
}

impl Request {
    /// The host that is asked, for messages.
    pub(super) fn server(&self) -> String {
        let rest = self.address.split_once("://").map_or(self.address.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default().to_owned()
    }
}

/// A part of an answer.
pub(super) enum Part {
    /// Its head, first of all.
    Head(Head),
    /// Bytes of its body.
    Bytes(Vec<u8>),
    /// Nothing comes behind it.
    End,
    /// It broke off, or there is none.
    Broken {
        /// Why.
        why: String,
        /// The same request can do better.
        may_pass: bool,
    },
}

/// The head of an answer.
#[derive(Clone, Debug)]
pub(super) struct Head {
    /// The status.
    pub(super) status: u16,
    /// When to ask again.
    pub(super) retry_after: Option<Duration>,
    /// Bytes that the body has, where that is said.
    pub(super) length: Option<u64>,
}

/// An answer that comes in parts.
pub(super) struct Answer(Receiver<Part>);

impl Answer {
    /// The next part; `None` where nothing came for a moment.
    pub(super) fn next(&self) -> Option<Part> {
        match self.0.recv_timeout(TICK) {
            Ok(part) => Some(part),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                Some(Part::Broken { why: "the request ended by itself".to_owned(), may_pass: true })
            }
        }
    }
}

/// What sends requests.
pub(super) fn agent(limits: &Limits, is_here: bool) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        // Another host gets no credentials.
        .max_redirects(0)
        // Between two requests may be an hour, and no server keeps a connection that long.
        .max_idle_connections(0)
        .user_agent(concat!("journey/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(limits.silence))
        .timeout_per_read(Some(limits.silence));
    // A proxy knows no server of this computer.
    if is_here { config.proxy(None).build().new_agent() } else { config.build().new_agent() }
}

/// Sends a request.
pub(super) fn send(agent: &Agent, request: &Request, authorization: &str) -> io::Result<Answer> {
    let (parts, answer) = mpsc::sync_channel(4);
    let (agent, request, authorization) = (agent.clone(), request.clone(), authorization.to_owned());
    thread::Builder::new().name("pull-request".to_owned()).spawn(move || {
        let answer = match &request.form {
            None => {
                let get = agent.get(&request.address).header("authorization", &authorization);
                get.header("accept-encoding", "gzip").call()
            }
            Some(form) => {
                let post = agent.post(&request.address).header("authorization", &authorization);
                let post = post.header("accept-encoding", "gzip").header("accept", "application/json");
                post.content_type("application/x-www-form-urlencoded").send(form.as_str())
            }
        };
        give(answer, &parts);
    })?;
    Ok(Answer(answer))
}

/// Gives an answer part by part, until there is nothing more or no one takes it.
fn give(answer: Result<Response<Body>, ureq::Error>, parts: &SyncSender<Part>) {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let may_pass = !matches!(
                error,
                ureq::Error::BadUri(_) | ureq::Error::Http(_) | ureq::Error::InvalidProxyUrl | ureq::Error::Rustls(_)
            );
            // No one may wait for it any more, here and below.
            let _ = parts.send(Part::Broken { why: error.to_string(), may_pass });
            return;
        }
    };
    let number = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let head = Head {
        status: answer.status().as_u16(),
        retry_after: number("retry-after").map(Duration::from_secs),
        length: number("content-length"),
    };
    if parts.send(Part::Head(head)).is_err() {
        return;
    }
    let mut body = answer.into_body().into_reader();
    loop {
        let mut part = vec![0; PART];
        let next = match body.read(&mut part) {
            Ok(0) => Part::End,
            Ok(read) => {
                part.truncate(read);
                Part::Bytes(part)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Part::Broken { why: error.to_string(), may_pass: true },
        };
        let is_last = !matches!(next, Part::Bytes(_));
        if parts.send(next).is_err() || is_last {
            return;
        }
    }
}
