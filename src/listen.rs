//! What SDKs send, received live: a small HTTP server that answers as the real endpoints do.
//!
//! A request becomes the lines that a recorder would have written of it
//! ([`crate::formats::request`]), and those become rows as an import makes them
//! ([`crate::ingest::Feed`]); so a journey is the same as that of the recorded traffic. A request is
//! answered with success when its rows are in the store, and not before.
//!
//! Two threads: one for the connections (`server`), one for the store (`keeper`), which
//! keeps in one transaction what has come since the last. Nothing that was received can be read here:
//! no answer has data of another request. Tokens of projects are not kept.

mod answer;
mod body;
mod calls;
mod endpoint;
mod forward;
mod guard;
mod judge;
mod keeper;
mod mixpanel;
mod older;
pub mod point;
mod server;
mod test_row;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::sync::watch;

use self::forward::Forward;
pub use self::forward::Target;
pub use self::guard::Guard;
use self::keeper::Keeper;
use self::server::Server;
pub use self::test_row::send as send_test_row;
use crate::ingest;
use crate::model::{Millis, Row};
use crate::store::{self, Writer};

/// The port that is listened on where none is asked for.
pub const PORT: u16 = 8787;

/// How to listen.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen.
    pub address: SocketAddr,
    /// Who may send.
    pub guard: Guard,
    /// What the files of the session are called in the store, before the name of a vendor.
    pub name: String,
    /// Whether [`News`] have the rows, not only the requests.
    pub tells_rows: bool,
    /// Where requests are passed on to; `None` sends nothing anywhere.
    pub forward: Option<Target>,
}

/// What was received since the last news, in the order of arrival.
#[derive(Clone, Debug, Default)]
pub struct News {
    /// Requests that were answered.
    pub requests: Vec<Request>,
    /// Rows that are in the store now, where they are asked for.
    pub rows: Vec<Kept>,
    /// The store could not be written, and why; the requests were answered with 503.
    pub failure: Option<String>,
}

/// One request and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// When it was received.
    pub received: Millis,
    /// Its method.
    pub method: String,
    /// Its path, without the token of this server and without the query.
    pub path: String,
    /// The page that sent it, where a browser says so.
    pub origin: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// Rows and profile updates that it carried.
    pub rows: u64,
    /// How many of them were not taken.
    pub refused: u64,
    /// What is wrong with it.
    pub error: Option<String>,
    /// The beginning of what is kept of it, without tokens, where something is wrong with it and [`News`] have
    /// rows: lines of a recorder.
    pub body: Option<Arc<str>>,
    /// What the real endpoint answers. The same request was reported without it when we had answered.
    pub real: Option<Real>,
}

/// The answer of the endpoint that requests are passed on to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Real {
    /// Its status; `None` where there was no answer.
    pub status: Option<u16>,
    /// What it says, or why there is no answer.
    pub said: String,
    /// Milliseconds that it took.
    pub took: u64,
}

impl Real {
    /// Whether both took the request, or both did not.
    pub fn agrees(&self, ours: u16) -> bool {
        self.status.is_some_and(|status| (status < 400) == (ours < 400))
    }
}

/// A row that is in the store.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The file of the session that it stands in.
    pub file: Arc<str>,
    /// The page that sent it, where a browser says so.
    pub origin: Option<Arc<str>>,
    /// The row.
    pub row: Row,
}

/// Takes news; called from the thread of the store.
pub type Tell = Box<dyn FnMut(News) + Send>;

/// What a session has received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Requests that carried rows, and those that could not be read.
    pub requests: u64,
    /// Rows in the store.
    pub events: u64,
    /// Profile updates in the store.
    pub profiles: u64,
    /// Pieces that could not be read, which are kept as such.
    pub rejected: u64,
}

/// Why nothing can be received.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address cannot be listened on.
    #[error("{address} cannot be listened on: {source}")]
    Address {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// A thread or the runtime of the server cannot be started.
    #[error("the server cannot be started: {0}")]
    Start(io::Error),
    /// The store cannot be written.
    #[error(transparent)]
    Ingest(#[from] ingest::Error),
    /// The store cannot be finished.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Error {
    /// What to do about it, as one sentence; `None` where nothing helps.
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::Address { address, source } if source.kind() == io::ErrorKind::AddrInUse => Some(format!(
                "another program listens there: journey listen --port {}, or --port 0 for any port that is free",
                address.port().wrapping_add(1).max(1024)
            )),
            Self::Address { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Some("ports below 1024 are for the administrator: choose a larger one with --port".to_owned())
            }
            Self::Address { .. } => Some("--bind takes an address of this machine".to_owned()),
            Self::Start(_) => None,
            Self::Ingest(error) => error.advice().map(str::to_owned),
            Self::Store(error) => error.advice().map(str::to_owned),
        }
    }
}

/// A server at work.
pub struct Listener {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
    forward: Option<JoinHandle<()>>,
    keeper: JoinHandle<Result<Totals, Error>>,
}

impl Listener {
    /// Begins to listen; what is received goes into the store of `writer`.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub fn start(options: Options, writer: Writer, tell: Tell) -> Result<Self, Error> {
        let Options { address, guard, name, tells_rows, forward } = options;
        let at = |source| Error::Address { address, source };
        more_descriptors();
        let runtime = server::runtime().map_err(Error::Start)?;
        let inside = runtime.enter();
        let listener = server::bind(address).map_err(at)?;
        drop(inside);
        let bound = listener.local_addr().map_err(at)?;
        let (jobs, waiting) = keeper::channel();
        let (stop, stopped) = watch::channel(false);
        let keeper = Keeper::new(writer, name, tells_rows, tell);
        let keeper = thread::Builder::new()
            .name("listen-store".to_owned())
            .spawn(move || keeper.run(waiting))
            .map_err(Error::Start)?;
        let forward = forward.map(|target| Forward::start(target, jobs.clone())).transpose().map_err(Error::Start)?;
        let (forward, passing) = forward.unzip();
        let server = Server::new(Arc::new(guard), jobs, forward);
        let server = thread::Builder::new()
            .name("listen-http".to_owned())
            .spawn(move || runtime.block_on(server.run(listener, stopped)))
            .map_err(Error::Start)?;
        Ok(Self { address: bound, stop, server, forward: passing, keeper })
    }

    /// The address that is listened on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more requests, answers those that were begun, and leaves the store tidy.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn finish(self) -> Result<Totals, Error> {
        // The server may have ended before.
        let _ = self.stop.send(true);
        // A panic goes on in the thread that waits.
        self.server.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        if let Some(forward) = self.forward {
            forward.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
        self.keeper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// Lets the program hold as many connections as the system allows it.
fn more_descriptors() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        // With what there is, fewer connections are open at a time.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    }
}
