//! Connections and requests: what HTTP asks for, and nothing of what is in a body.
//!
//! One thread serves all connections, so a slow one costs no thread. Each wait has an end; bodies that
//! are received at a time have a bound together.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};

use super::Request;
use super::answer::Answer;
use super::body::{self, Parameters, Says, Unread};
use super::endpoint::{Asked, Endpoint, Judged};
use super::forward::{Forward, Out, PASSED_HEADER, not_passed};
use super::guard::{Guard, Refusal, TOKEN_HEADER};
use super::judge::judge;
use super::keeper::{Job, Jobs};
use crate::model::Millis;

/// Connections that are served at a time; more wait to be accepted.
const CONNECTIONS: usize = 8192;
/// Connections that wait to be accepted; the system may allow fewer.
const BACKLOG: u32 = 4096;
/// How long the head of a request may take, also the first of a connection.
const HEAD_PATIENCE: Duration = Duration::from_secs(30);
/// How long a body may send nothing.
const BODY_PATIENCE: Duration = Duration::from_secs(20);
/// How long a body may take in all.
const BODY_TIME: Duration = Duration::from_secs(120);
/// How long requests that were begun may take once no more are taken.
const LAST_PATIENCE: Duration = Duration::from_secs(5);
/// Bytes up to which a body needs no permit, and is read on the thread of the connections.
const SMALL: usize = 64 << 10;
/// Bytes of larger bodies that are held at a time, packed and unpacked.
const HELD: usize = 128 << 20;
/// Bytes of a body that is not wanted which are received, to be heard by the one who sends it.
const PASSED_OVER: usize = 64 << 20;
/// How long that may take.
const PASSING_PATIENCE: Duration = Duration::from_secs(10);
/// Characters of a path or an origin that are noted.
const NOTED: usize = 200;

/// The runtime of the server: one thread, and two for large bodies.
pub(super) fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_io().enable_time().max_blocking_threads(2).build()
}

/// Listens at an address, in the context of the runtime. Many clients may come at once, more than the few
/// that wait where nothing is said.
pub(super) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A port can be listened on again at once after its program has ended.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// What all connections share.
pub(super) struct Server {
    guard: Arc<Guard>,
    jobs: Jobs,
    connections: Arc<Semaphore>,
    held: Arc<Semaphore>,
    forward: Option<Forward>,
}

impl Server {
    pub(super) fn new(guard: Arc<Guard>, jobs: Jobs, forward: Option<Forward>) -> Self {
        let connections = Arc::new(Semaphore::new(CONNECTIONS));
        Self { guard, jobs, connections, held: Arc::new(Semaphore::new(HELD / SMALL)), forward }
    }

    /// Serves connections until it is to stop, then those that are at work.
    pub(super) async fn run(self, listener: TcpListener, mut stopped: watch::Receiver<bool>) {
        let server = Arc::new(self);
        let mut open = JoinSet::new();
        loop {
            while open.try_join_next().is_some() {}
            let Ok(permit) = Arc::clone(&server.connections).acquire_owned().await else { break };
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = stop(&mut stopped) => break,
            };
            match accepted {
                Ok((stream, _)) => {
                    open.spawn(connection(Arc::clone(&server), stream, stopped.clone(), permit));
                }
                // Out of descriptors, mostly: those that are open go on, and free some.
                Err(_) => sleep(Duration::from_millis(20)).await,
            }
        }
        drop(listener);
        let _ = timeout(LAST_PATIENCE, async { while open.join_next().await.is_some() {} }).await;
    }
}

/// Waits until the server is to stop.
async fn stop(stopped: &mut watch::Receiver<bool>) {
    // Who could say so is gone: then it is to stop, too.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn connection(
    server: Arc<Server>,
    stream: TcpStream,
    mut stopped: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
) {
    // An answer is one small packet.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let server = Arc::clone(&server);
        async move { Ok::<_, Infallible>(server.answer(request).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(128 << 10)
        // A client that has said all it will say still gets its answer.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(served);
    tokio::select! {
        // A connection that breaks concerns its client alone.
        _ = served.as_mut() => {}
        () = stop(&mut stopped) => {
            served.as_mut().graceful_shutdown();
            let _ = served.await;
        }
    }
}

/// A request whose head was read.
struct Head {
    method: Method,
    path: String,
    /// What stands behind the path.
    asked: Option<String>,
    query: Parameters,
    says: Says,
    authorized: bool,
    origin: Option<HeaderValue>,
    asked_headers: Option<HeaderValue>,
}

impl Head {
    fn origin(&self) -> Option<String> {
        let origin = self.origin.as_ref().and_then(|origin| origin.to_str().ok())?;
        Some(origin.chars().take(NOTED).collect())
    }

    /// What is noted of a request that carries nothing.
    fn note(&self, status: u16, error: Option<String>) -> Request {
        Request {
            received: now(),
            method: self.method.to_string(),
            path: self.path.chars().take(NOTED).collect(),
            origin: self.origin(),
            status,
            rows: 0,
            refused: 0,
            error,
            body: None,
            real: None,
        }
    }

    /// Its path with what stands behind it.
    fn target(&self) -> String {
        self.asked.as_ref().map_or_else(|| self.path.clone(), |asked| format!("{}?{asked}", self.path))
    }
}

impl Server {
    async fn answer(&self, request: hyper::Request<Incoming>) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let header = |name: &HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let token = parts.headers.get(TOKEN_HEADER).and_then(|value| value.to_str().ok());
        // The address in the line of the request, where it has one, stands for the header.
        let host = parts.uri.authority().map(hyper::http::uri::Authority::as_str).or_else(|| header(&header::HOST));
        let admitted = self.guard.admit(host, parts.uri.path(), token).map(str::to_owned);
        let mut head = Head {
            method: parts.method.clone(),
            path: String::new(),
            asked: parts.uri.query().map(str::to_owned),
            query: body::parameters(parts.uri.query().unwrap_or_default()),
            says: Says {
                content_type: header(&header::CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase(),
                encoding: header(&header::CONTENT_ENCODING).unwrap_or_default().trim().to_ascii_lowercase(),
            },
            authorized: header(&header::AUTHORIZATION).is_some_and(has_credentials),
            origin: parts.headers.get(header::ORIGIN).cloned(),
            asked_headers: parts.headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned(),
        };
        match admitted {
            Ok(path) => head.path = path,
            Err(refusal) => {
                let (status, why) = match refusal {
                    Refusal::Host => (403, "the header Host names another machine; use 127.0.0.1 or localhost"),
                    Refusal::Token => (401, "the token of this server is missing or wrong: http://HOST:PORT/TOKEN"),
                };
                // Its path can have the token in it, nearly right.
                self.note(head.note(status, Some(why.to_owned()))).await;
                pass_over(&parts.headers, body).await;
                // No page of another name learns anything, so there are no headers for it.
                return respond(&Head { origin: None, ..head }, Answer::text(status, why), true);
            }
        }
        self.admitted(head, &parts.headers, body).await
    }

    async fn admitted(&self, head: Head, headers: &HeaderMap, mut body: Incoming) -> Response<Full<Bytes>> {
        let endpoint = Endpoint::at(head.method.as_str(), &head.path);
        if head.method == Method::OPTIONS {
            self.note(head.note(204, None)).await;
            return respond(&head, Answer::empty(204), false);
        }
        let Some(endpoint) = endpoint else {
            let why = "no endpoint of an SDK; nothing can be read here";
            self.note(head.note(404, Some(why.to_owned()))).await;
            pass_over(headers, body).await;
            return respond(&head, Answer::text(404, why), true);
        };
        let is_get = head.method == Method::GET || head.method == Method::HEAD;
        if !(is_get && endpoint.takes_get() || head.method == Method::POST) {
            let why = "method not allowed";
            self.note(head.note(405, Some(why.to_owned()))).await;
            pass_over(headers, body).await;
            return respond(&head, Answer::text(405, why), true);
        }
        if self.forward.is_some() && headers.contains_key(PASSED_HEADER) {
            let why = "it was passed on to here, and would be passed on once more";
            self.note(head.note(508, Some(why.to_owned()))).await;
            pass_over(headers, body).await;
            return respond(&head, Answer::text(508, why), true);
        }
        let (bytes, permit) = match self.receive(endpoint, headers, &mut body).await {
            Ok(received) => received,
            Err((answer, why)) => {
                self.note(head.note(answer.status, Some(why))).await;
                if answer.status != 408 {
                    pass_over(headers, body).await;
                }
                return respond(&head, answer, true);
            }
        };
        let passed = self.forward.as_ref().map(|forward| (forward, headers.clone(), head.target(), bytes.clone()));
        let is_small = bytes.len() <= SMALL;
        let read = move || read(endpoint, head, &bytes);
        let (head, judged, received) = if is_small {
            read()
        } else {
            match spawn_blocking(read).await {
                Ok(read) => read,
                Err(_) => return failed(),
            }
        };
        let Judged { answer, vendor, lines, rows, refused, error } = judged;
        let status = answer.status;
        let request = Request { received, rows, refused, ..head.note(status, error) };
        let noted = request.clone();
        let is_kept = if !endpoint.is_for_rows() || lines.is_empty() {
            self.note(request).await;
            true
        } else {
            let (done, kept) = oneshot::channel();
            self.jobs.send(Job { vendor, lines, request, done }).await.is_ok() && kept.await == Ok(true)
        };
        drop(permit);
        let answer = if is_kept { answer } else { Answer::text(503, "the store cannot be written; try again later") };
        if let Some((forward, headers, target, body)) = passed {
            let request = Request { status: answer.status, ..noted };
            if let Some(request) = forward.pass(Out { request, target, headers, body }) {
                self.note(not_passed(request, "not passed on: too much waits for the real endpoint")).await;
            }
        }
        respond(&head, answer, false)
    }

    /// Notes a request that has nothing to keep.
    async fn note(&self, request: Request) {
        let (done, _) = oneshot::channel();
        // When the store has stopped there is no one to hear it.
        let _ = self.jobs.send(Job { vendor: "", lines: String::new(), request, done }).await;
    }

    /// Receives a body; the error is what to answer, and why.
    async fn receive(
        &self,
        endpoint: Endpoint,
        headers: &HeaderMap,
        body: &mut Incoming,
    ) -> Result<(Vec<u8>, Option<OwnedSemaphorePermit>), (Answer, String)> {
        let limit = endpoint.limit();
        let too_large = || (endpoint.too_large(), format!("its body is larger than {limit} bytes"));
        let said = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if said.is_some_and(|said| said > limit as u64) || body.size_hint().lower() > limit as u64 {
            return Err(too_large());
        }
        let late =
            || (Answer::text(408, "the body did not arrive in time"), "its body did not arrive in time".to_owned());
        let mut bytes = Vec::new();
        let mut permit = None;
        let whole = async {
            while let Some(frame) = timeout(BODY_PATIENCE, body.frame()).await.map_err(|_| late())? {
                let broken = |_| (Answer::text(400, "the body is cut off"), "its body is cut off".to_owned());
                let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
                if bytes.len() + data.len() > limit {
                    return Err(too_large());
                }
                if permit.is_none() && bytes.len() + data.len() > SMALL {
                    // As much as it may become, unpacked.
                    let share = u32::try_from(2 * limit / SMALL).unwrap_or(u32::MAX);
                    let held = Arc::clone(&self.held).try_acquire_many_owned(share);
                    permit = Some(held.map_err(|_| {
                        let why = "too many large bodies at a time; try again later";
                        (Answer::text(503, why), why.to_owned())
                    })?);
                }
                bytes.extend_from_slice(&data);
            }
            Ok(())
        };
        timeout(BODY_TIME, whole).await.map_err(|_| late())??;
        Ok((bytes, permit))
    }
}

/// Receives what is left of a body that is not wanted: a client that still sends would not read the
/// answer. One that asks first is answered at once.
async fn pass_over(headers: &HeaderMap, mut body: Incoming) {
    if headers.contains_key(header::EXPECT) {
        return;
    }
    let mut left = PASSED_OVER;
    let whole = async {
        while let Some(Ok(frame)) = body.frame().await {
            match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    let _ = timeout(PASSING_PATIENCE, whole).await;
}

/// Unpacks and judges a request.
fn read(endpoint: Endpoint, head: Head, bytes: &[u8]) -> (Head, Judged, Millis) {
    let mut unread = None;
    let content = match body::unpack(bytes, &head.says, endpoint.limit()) {
        Ok(unpacked) => body::content(&unpacked, &head.says, &head.query),
        Err(Unread::TooLarge) => {
            let error = format!("its body unpacks to more than {} bytes", endpoint.limit());
            let judged = Judged { error: Some(error), ..Judged::answer(endpoint.too_large()) };
            return (head, judged, now());
        }
        Err(Unread::Packed(why)) => {
            unread = Some(why);
            body::Content::default()
        }
    };
    let received = now();
    let asked = Asked {
        endpoint,
        method: head.method.as_str(),
        path: &head.path,
        query: &head.query,
        content,
        authorized: head.authorized,
        unread,
        received,
    };
    let judged = judge(&asked);
    (head, judged, received)
}

/// Whether the header `Authorization` has a user or a token in it.
fn has_credentials(header: &str) -> bool {
    use base64::Engine;
    match header.split_once(' ') {
        Some((kind, rest)) if kind.eq_ignore_ascii_case("basic") => base64::engine::general_purpose::STANDARD
            .decode(rest.trim())
            .is_ok_and(|user| user.first().is_some_and(|byte| *byte != b':')),
        Some((_, rest)) => !rest.trim().is_empty(),
        None => false,
    }
}

/// The answer with the headers that a page in a browser needs: the page that asked may send, and reads
/// an answer that has nothing in it but what became of its own request.
fn respond(head: &Head, answer: Answer, closes: bool) -> Response<Full<Bytes>> {
    let Answer { status, content_type, body } = answer;
    let body = if head.method == Method::HEAD { Vec::new() } else { body };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if status != 204 {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if closes {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    if let Some(origin) = &head.origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        headers.insert(header::VARY, HeaderValue::from_static("Origin"));
        if head.method == Method::OPTIONS {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
            let asked = head.asked_headers.clone();
            let allowed = asked.unwrap_or_else(|| HeaderValue::from_static("content-type, authorization"));
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
            // A page of a public address may reach this machine, as it may reach the real endpoints.
            headers.insert(
                HeaderName::from_static("access-control-allow-private-network"),
                HeaderValue::from_static("true"),
            );
        }
    }
    response
}

/// The answer when reading a body has failed by a mistake of ours.
fn failed() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(b"the request could not be read")));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}
