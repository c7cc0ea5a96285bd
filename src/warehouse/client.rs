//! Questions to the server, over HTTP.
//!
//! What must never happen is an answer with fewer rows than there are. So the server has to hold
//! an answer back until it is whole (an error in the middle would come with status 200 otherwise),
//! what exceeds a limit is an error, and shards that do not answer are never skipped.

use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::Read;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ureq::http::Response;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::typestate::WithBody;
use ureq::{Agent, Body, RequestBuilder, SendBody};

use super::wire::{Answer, CutOff};
use super::{Address, Limits};
use crate::inspect::{Error, ErrorKind, Stop, Tell, Trip};

/// How often a waiting question asks whether it is still wanted.
const TICK: Duration = Duration::from_millis(15);
/// How often the server is asked to end a question, and how long that may take each time.
const KILLS: usize = 20;
const BETWEEN_KILLS: Duration = Duration::from_millis(250);
/// How long a connection may take to be there.
const CONNECT: Duration = Duration::from_secs(5);
/// What an answer takes longer than the server may: the way back.
const ON_THE_WAY: Duration = Duration::from_secs(10);
/// What the server takes at most to store the last rows that were sent.
const AFTER_ROWS: Duration = Duration::from_secs(600);
/// Bytes of an answer, at most.
const LONGEST: u64 = 1 << 30;

/// Codes of ClickHouse: what was asked for does not exist, is not allowed, or was stopped.
mod code {
    pub(super) const NO_SUCH_COLUMN: u16 = 16;
    pub(super) const ILLEGAL_TYPE: u16 = 43;
    pub(super) const UNKNOWN_FUNCTION: u16 = 46;
    pub(super) const UNKNOWN_IDENTIFIER: u16 = 47;
    pub(super) const UNKNOWN_TABLE: u16 = 60;
    pub(super) const SYNTAX: u16 = 62;
    pub(super) const UNKNOWN_DATABASE: u16 = 81;
    pub(super) const UNKNOWN_SETTING: u16 = 115;
    pub(super) const TOO_MANY_ROWS: u16 = 158;
    pub(super) const TIMEOUT: u16 = 159;
    pub(super) const TOO_SLOW: u16 = 160;
    pub(super) const READONLY: u16 = 164;
    pub(super) const UNKNOWN_USER: u16 = 192;
    pub(super) const WRONG_PASSWORD: u16 = 193;
    pub(super) const NETWORK: u16 = 210;
    pub(super) const NO_PRIVILEGES: u16 = 291;
    pub(super) const ALL_CONNECTION_TRIES_FAILED: u16 = 279;
    pub(super) const TOO_MANY_BYTES: u16 = 307;
    pub(super) const SETTING_LIMIT: u16 = 452;
    pub(super) const KILLED: u16 = 394;
    pub(super) const ACCESS_DENIED: u16 = 497;
    pub(super) const AUTHENTICATION_FAILED: u16 = 516;
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// The server did not answer: no connection, no time left, a broken answer.
    Silent(String),
    /// The server refused, with its code and what it says.
    Refused {
        /// Code of the exception; 0 where it gives none.
        code: u16,
        /// What it says, without the question.
        what: String,
    },
    /// The answer is no longer wanted.
    Cancelled,
}

/// A client of one server. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    address: Address,
    user: Option<String>,
    password: Option<String>,
    /// Who hears of questions.
    tell: Option<Tell>,
    /// What its questions ask for, where that is not what was said last.
    what: Option<&'static str>,
    shared: std::sync::Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// The server takes no settings from this user.
    takes_no_settings: AtomicBool,
    /// Number of the next question.
    next: AtomicU64,
    /// Round trips so far.
    trips: AtomicU64,
    /// What questions ask for.
    what: Mutex<&'static str>,
}

impl Client {
    /// A client that enters as the user that `variable` gives; nothing is sent yet.
    ///
    /// # Errors
    /// The file of certificates cannot be read.
    pub fn new(address: &Address, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let mut tls = TlsConfig::builder();
        if let Some(path) = &address.ca {
            let name = path.display();
            let cannot = |why: &dyn std::fmt::Display| {
                Error::new(ErrorKind::Usage, format!("the certificates in {name} cannot be read")).cause(why)
            };
            let text = fs::read(path).map_err(|error| cannot(&error))?;
            let mut certificates = Vec::new();
            for item in parse_pem(&text) {
                if let PemItem::Certificate(certificate) = item.map_err(|error| cannot(&error))? {
                    certificates.push(certificate);
                }
            }
            if certificates.is_empty() {
                return Err(cannot(&"it has no certificate in PEM"));
            }
            tls = tls.root_certs(RootCerts::new_with_certs(&certificates));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(Duration::from_secs(address.limits.seconds).saturating_add(ON_THE_WAY)))
            .proxy(None)
            .max_redirects(0)
            .user_agent(concat!("journey/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls.build());
        Ok(Self {
            agent: config.build().into(),
            user: variable(&address.user_variable),
            password: variable(&address.password_variable),
            address: address.clone(),
            tell: None,
            what: None,
            shared: std::sync::Arc::default(),
        })
    }

    /// Tells of every question from now on.
    pub fn tell_trips(&mut self, tell: Tell) {
        self.tell = Some(tell);
    }

    /// Says what the next questions ask for; what it was before.
    pub(crate) fn about(&self, what: &'static str) -> &'static str {
        std::mem::replace(&mut *self.shared.what.lock().unwrap_or_else(PoisonError::into_inner), what)
    }

    /// The same client for questions that ask for something else, at the same time.
    pub(super) fn for_what(&self, what: &'static str) -> Self {
        Self { what: Some(what), ..self.clone() }
    }

    /// Where it asks.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Round trips so far.
    pub fn trips(&self) -> u64 {
        self.shared.trips.load(Ordering::Relaxed)
    }

    /// Whether the server refused settings with a question, so that its own limits hold.
    pub fn takes_no_settings(&self) -> bool {
        self.shared.takes_no_settings.load(Ordering::Relaxed)
    }

    /// The whole answer to `sql`; `stop` is asked meanwhile, and ends the question on the server too.
    ///
    /// # Errors
    /// See [`Failed`].
    pub fn ask(&self, sql: &str, stop: Option<&Stop>) -> Result<Vec<u8>, Failed> {
        let number = self.shared.next.fetch_add(1, Ordering::Relaxed);
        if let Some(tell) = &self.tell {
            let said = || *self.shared.what.lock().unwrap_or_else(PoisonError::into_inner);
            tell.tell(Trip::Began { number, what: self.what.unwrap_or_else(said) });
        }
        let answer = self.ask_again(sql, stop);
        if let Some(tell) = &self.tell {
            tell.tell(Trip::Ended { number, read: answer.as_ref().ok().and_then(|whole| whole.read) });
        }
        answer.map(|whole| whole.body)
    }

    fn ask_again(&self, sql: &str, stop: Option<&Stop>) -> Result<Whole, Failed> {
        match self.ask_once(sql, stop, !self.takes_no_settings()) {
            Err(Failed::Refused { code, .. })
                if [code::READONLY, code::UNKNOWN_SETTING, code::SETTING_LIMIT].contains(&code)
                    && !self.takes_no_settings() =>
            {
                // A user that may only read may change no setting either, and has limits of its own.
                let answer = self.ask_once(sql, stop, false)?;
                self.shared.takes_no_settings.store(true, Ordering::Relaxed);
                Ok(answer)
            }
            answer => answer,
        }
    }

    fn ask_once(&self, sql: &str, stop: Option<&Stop>, with_settings: bool) -> Result<Whole, Failed> {
        let Some(stop) = stop else { return self.post(sql.as_bytes(), &self.parameters(None, with_settings)) };
        if stop() {
            return Err(Failed::Cancelled);
        }
        let name = self.name();
        let parameters = self.parameters(Some(&name), with_settings);
        let (sender, answer) = mpsc::channel();
        let (client, sql) = (self.clone(), sql.to_owned());
        let ask = move || {
            // The one who asked may be gone.
            let _ = sender.send(client.post(sql.as_bytes(), &parameters));
        };
        let thread = std::thread::Builder::new().name("warehouse".into()).spawn(ask);
        thread.map_err(|error| Failed::Silent(format!("no thread can be started: {error}")))?;
        loop {
            match answer.recv_timeout(TICK) {
                Ok(_) if stop() => return Err(Failed::Cancelled),
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Timeout) if stop() => {
                    self.kill(&name, answer);
                    return Err(Failed::Cancelled);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Failed::Silent("the thread that asked ended without an answer".to_owned()));
                }
            }
        }
    }

    /// Ends a question on the server, until its `answer` comes: closing the connection does not on every version.
    fn kill<T: Send + 'static>(&self, name: &str, answer: mpsc::Receiver<T>) {
        let client = self.clone();
        let sql = format!("KILL QUERY WHERE query_id = {} ASYNC", super::wire::literal(name));
        // The server may not have begun with it when it is asked for the first time. One that does not allow it ends the
        // question at its limit.
        let tell = self.tell.clone();
        if let Some(tell) = &tell {
            tell.tell(Trip::Stopping);
        }
        let kill = move || {
            let mut tell = tell;
            for _ in 0..KILLS {
                drop(client.post(sql.as_bytes(), &[]));
                if let Some(tell) = tell.take() {
                    tell.tell(Trip::Stopped);
                }
                if !matches!(answer.recv_timeout(BETWEEN_KILLS), Err(RecvTimeoutError::Timeout)) {
                    return;
                }
            }
        };
        drop(std::thread::Builder::new().name("warehouse-kill".into()).spawn(kill));
    }

    /// Sends rows for `table` as `rows` gives them; they are safe when this returns. The server makes large parts of
    /// one long body, which it has to join less often later. A body that fails in the middle is a failure.
    ///
    /// # Errors
    /// See [`Failed`].
    pub fn insert(&self, table: &str, rows: &mut dyn Read) -> Result<(), Failed> {
        let query = format!("INSERT INTO {table} FORMAT RowBinary");
        // Also through a table that spreads rows over shards.
        let parameters = [("query", query), ("insert_distributed_sync", "1".to_owned())];
        let request = self.request(&parameters).config().timeout_global(None);
        let request = request.timeout_recv_response(Some(AFTER_ROWS)).build();
        let sent = request.send(SendBody::from_reader(rows)).map_err(|error| Failed::Silent(error.to_string()));
        match sent.and_then(|response| whole(response).map(drop)) {
            // A server that refuses does not wait for the rows, so its words are lost. It says the same of no rows.
            Err(Failed::Silent(why)) => Err(match self.post(b"", &parameters) {
                Err(refused @ Failed::Refused { .. }) => refused,
                _ => Failed::Silent(why),
            }),
            sent => sent,
        }
    }

    /// Runs a statement that changes tables.
    ///
    /// # Errors
    /// See [`Failed`].
    pub fn run(&self, sql: &str) -> Result<(), Failed> {
        self.post(sql.as_bytes(), &[]).map(drop)
    }

    /// A name that no other question has.
    fn name(&self) -> String {
        let mut random = RandomState::new().build_hasher();
        let number = self.shared.next.fetch_add(1, Ordering::Relaxed);
        random.write_u64(number);
        format!("journey-{:016x}-{number}", random.finish())
    }

    fn parameters(&self, name: Option<&str>, with_settings: bool) -> Vec<(&'static str, String)> {
        let mut parameters = vec![("wait_end_of_query", "1".to_owned())];
        parameters.extend(name.map(|name| ("query_id", name.to_owned())));
        if with_settings {
            let Limits { seconds, rows, bytes } = self.address.limits;
            parameters.push(("readonly", "2".to_owned()));
            parameters.push(("max_execution_time", seconds.to_string()));
            let limits = [("max_rows_to_read", rows), ("max_bytes_to_read", bytes)];
            parameters
                .extend(limits.into_iter().filter(|(_, most)| *most > 0).map(|(name, most)| (name, most.to_string())));
        }
        parameters
    }

    fn request(&self, parameters: &[(&str, String)]) -> RequestBuilder<WithBody> {
        self.shared.trips.fetch_add(1, Ordering::Relaxed);
        let mut request = self.agent.post(format!("{}/", self.address.base));
        request = request.query("database", &self.address.database);
        for (name, value) in parameters {
            request = request.query(*name, value);
        }
        if let Some(user) = &self.user {
            request = request.header("X-ClickHouse-User", user);
        }
        if let Some(password) = &self.password {
            request = request.header("X-ClickHouse-Key", password);
        }
        request
    }

    fn post(&self, body: &[u8], parameters: &[(&str, String)]) -> Result<Whole, Failed> {
        let sent = self.request(parameters).send(body);
        // A connection that was kept can have been closed by the server meanwhile; nothing is known of an answer then,
        // and to ask once more costs a trip.
        let sent = match sent {
            Err(error) if is_closed(&error) => self.request(parameters).send(body),
            sent => sent,
        };
        sent.map_err(|error| Failed::Silent(error.to_string())).and_then(whole)
    }

    /// Every record of the answer to `sql`, which asks for `RowBinary`; `stop` as of [`Client::ask`].
    pub(super) fn records<T>(
        &self,
        sql: &str,
        stop: Option<&Stop>,
        mut read: impl FnMut(&mut Answer<'_>) -> Result<T, CutOff>,
    ) -> Result<Vec<T>, Error> {
        let answer = self.ask(sql, stop).map_err(|failed| self.explain(failed))?;
        let mut answer = Answer(&answer);
        let mut records = Vec::new();
        while !answer.is_done() {
            let record = read(&mut answer)
                .map_err(|CutOff| self.explain(Failed::Silent("an answer ends inside a value".to_owned())))?;
            records.push(record);
        }
        Ok(records)
    }

    /// A failure in the words that people are shown.
    pub fn explain(&self, failed: Failed) -> Error {
        let address = &self.address;
        let store = |what: String| Error::new(ErrorKind::Store, what);
        match failed {
            Failed::Cancelled => Error::cancelled(),
            Failed::Silent(why) => {
                let what = store(format!("the warehouse {address} does not answer")).cause(&why);
                what.hint(silence(address, &why))
            }
            Failed::Refused { code, what } => {
                let refused = |said: &str| store(format!("the warehouse {address} {said}")).cause(&what);
                match code {
                    code::UNKNOWN_USER | code::WRONG_PASSWORD | code::AUTHENTICATION_FAILED => {
                        refused("refuses the user").hint(format!(
                            "{} names the user and {} the password; no user is the user default",
                            address.user_variable, address.password_variable
                        ))
                    }
                    // A query that is no longer wanted is another case: no one reads its answer.
                    code::KILLED => refused("ended the query").hint("someone killed it there: ask again"),
                    code::UNKNOWN_DATABASE => refused("has no such database").hint(
                        "the address ends in the name of the database, clickhouse://HOST:PORT/DATABASE; SHOW DATABASES lists those that the user may see",
                    ),
                    code::UNKNOWN_TABLE if address.own.is_some() => refused("has no such table").hint(
                        "[warehouse.events] and [warehouse.edges] in the settings name the tables; SHOW TABLES lists those that the user may see",
                    ),
                    code::NO_SUCH_COLUMN
                    | code::ILLEGAL_TYPE
                    | code::UNKNOWN_FUNCTION
                    | code::UNKNOWN_IDENTIFIER
                    | code::SYNTAX
                        if address.own.is_some() =>
                    {
                        refused("cannot evaluate an expression of the settings")
                            .hint("[warehouse.events] in the settings has the expressions, DESCRIBE TABLE the columns")
                    }
                    code::UNKNOWN_TABLE => refused("has no tables of journey").hint(
                        "journey warehouse ddl prints what makes them; journey import FILE --to fills them",
                    ),
                    code::ACCESS_DENIED | code::NO_PRIVILEGES | code::READONLY => {
                        refused("does not allow that").hint(
                            "ask its administrator for the right to read the tables; only a fill needs the right to insert",
                        )
                    }
                    code::TIMEOUT | code::TOO_SLOW | code::TOO_MANY_ROWS | code::TOO_MANY_BYTES => {
                        refused("met a limit, so there is no answer").hint(
                            "seconds, rows and bytes of [warehouse] in the settings are sent as limits; the server has limits of its own",
                        )
                    }
                    code::NETWORK | code::ALL_CONNECTION_TRIES_FAILED => {
                        refused("cannot reach one of its shards, so the answer would be incomplete").hint(
                            "no rows are left out: ask again when all servers of system.clusters run",
                        )
                    }
                    // A port that is none of HTTP says so in words of its own.
                    0 => refused("does not answer as ClickHouse does")
                        .hint("the port is that of its HTTP interface: 8123, or 8443 with clickhouses://; 9000 is another"),
                    _ => refused("refuses the question"),
                }
            }
        }
    }
}

/// Whether a connection ended without a word.
fn is_closed(error: &ureq::Error) -> bool {
    use std::io::ErrorKind as Io;
    let ureq::Error::Io(error) = error else { return false };
    [Io::UnexpectedEof, Io::ConnectionReset, Io::ConnectionAborted, Io::BrokenPipe].contains(&error.kind())
}

/// What to do where a server does not answer, by what was seen of it.
fn silence(address: &Address, why: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| why.contains(word));
    if has(&["refused"]) {
        "no server listens there: check the host, the port and that the server runs"
    } else if has(&["lookup", "resolve", "host not found", "Name or service"]) {
        "the name of the host is not known: check it"
    } else if has(&["UnknownIssuer", "certificate", "Certificate", "CaUsedAsEndEntity"]) {
        "a certificate of your own belongs to [warehouse] ca in the settings, with the authority that signed it"
    } else if address.is_encrypted() && has(&["InvalidContentType", "corrupt message", "tls", "eof"]) {
        "the port does not speak TLS: clickhouse:// is without it, and 8443 is the usual port with it"
    } else if address.is_encrypted() && has(&["timeout", "timed out"]) {
        // A server without TLS may wait for the rest of what it takes for a request.
        "the port does not speak TLS (clickhouse:// is without it), the way to the server is closed, or the question took \
         longer than seconds of [warehouse] in the settings"
    } else if has(&["timeout", "timed out"]) {
        "the way to the server is closed, or the question took longer than seconds of [warehouse] in the settings"
    } else {
        "check the address, that the port is that of HTTP (8123, or 8443 with clickhouses://), and that the server runs"
    }
}

/// A whole answer.
struct Whole {
    body: Vec<u8>,
    /// Rows that the server has read for it, where it says so.
    read: Option<u64>,
}

/// Rows that were read, as `X-ClickHouse-Summary` says: an object of JSON, with numbers as texts.
fn rows_read(summary: &str) -> Option<u64> {
    let summary: serde_json::Value = serde_json::from_str(summary).ok()?;
    summary.get("read_rows")?.as_str()?.parse().ok()
}

/// The whole body of an answer, unless it is a refusal.
fn whole(mut response: Response<Body>) -> Result<Whole, Failed> {
    let read = response.headers().get("X-ClickHouse-Summary").and_then(|summary| rows_read(summary.to_str().ok()?));
    let silent = |error: &dyn std::fmt::Display| Failed::Silent(error.to_string());
    let code = response.headers().get("X-ClickHouse-Exception-Code").and_then(|code| code.to_str().ok()?.parse().ok());
    let mut answer = Vec::new();
    let reader = response.body_mut().with_config().limit(LONGEST).reader();
    reader.take(LONGEST).read_to_end(&mut answer).map_err(|error| silent(&error))?;
    if answer.len() as u64 == LONGEST {
        return Err(Failed::Silent("the answer is longer than 1 GiB".to_owned()));
    }
    if response.status() == 200 && code.is_none_or(|code| code == 0) {
        return Ok(Whole { body: answer, read });
    }
    let (code, what) = refusal(code, &String::from_utf8_lossy(&answer), response.status().as_u16());
    Err(Failed::Refused { code, what })
}

/// The code and the words of a refusal: `Code: 60, e.displayText() = DB::Exception: …`, or
/// `Code: 60. DB::Exception: …`.
fn refusal(code: Option<u16>, text: &str, status: u16) -> (u16, String) {
    let said = text.trim().strip_prefix("Code: ");
    let digits = |said: &str| said.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok();
    let code = code.or_else(|| said.and_then(digits)).unwrap_or(0);
    let words = text.split_once("DB::Exception: ").map_or(text, |(_, words)| words);
    // What follows repeats the question, or is a list of addresses in the program of the server.
    let ends = ["(version ", ", e.what()", ": While ", ": while executing", "\n"];
    let end = ends.iter().filter_map(|end| words.find(end)).min().unwrap_or(words.len());
    let words: String = words.get(..end).unwrap_or_default().trim().chars().take(300).collect();
    let what = if words.is_empty() { format!("HTTP status {status}") } else { words };
    (code, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_were_read_are_those_of_the_summary() {
        let summary = r#"{"read_rows":"8192","read_bytes":"65536","total_rows_to_read":"8192","elapsed_ns":"662334"}"#;
        assert_eq!(rows_read(summary), Some(8_192));
        assert_eq!((rows_read("{}"), rows_read("no JSON")), (None, None));
    }

    #[test]
    fn a_way_with_tls_that_is_silent_may_lead_to_a_port_without_it() {
        let hint = |address: &str| silence(&Address::read(address).unwrap(), "timeout: global");
        assert!(hint("clickhouses://localhost:8123/default").contains("does not speak TLS"));
        assert!(!hint("clickhouse://localhost:8123/default").contains("TLS"));
    }

    #[test]
    fn a_refusal_is_reported_without_the_query() {
        let old = "Code: 60, e.displayText() = DB::Exception: Table shop.journey_rows doesn't exist., e.what() = DB::Exception\n";
        assert_eq!(refusal(None, old, 404), (60, "Table shop.journey_rows doesn't exist.".to_owned()));
        let new = "Code: 60. DB::Exception: Unknown table expression identifier 'x'. (UNKNOWN_TABLE) (version 26.9.1)";
        assert_eq!(
            refusal(Some(60), new, 404),
            (60, "Unknown table expression identifier 'x'. (UNKNOWN_TABLE)".to_owned())
        );
        assert_eq!(refusal(None, "", 502), (0, "HTTP status 502".to_owned()));
        assert_eq!(refusal(None, "<html>bad gateway", 502).1, "<html>bad gateway");
    }
}
