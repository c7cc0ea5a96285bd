//! The program, listening, and requests made by hand.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// The program, listening.
pub(crate) struct Listening {
    pub(crate) child: Child,
    pub(crate) lines: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
    pub(crate) store: PathBuf,
    _folder: TempDir,
}

pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_journey"));
    command.env_remove("JOURNEY_STORE").stdin(Stdio::null()).stderr(Stdio::null());
    command
}

impl Listening {
    /// With a store of its own.
    pub(crate) fn start(more: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let store = folder.path().join("session.db");
        Self::spawn(program().args(["listen", "--port", "0", "--store"]).arg(&store).args(more), store, folder)
    }

    /// With these arguments alone.
    pub(crate) fn start_as(arguments: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let store = folder.path().join("session.db");
        Self::spawn(program().args(["listen", "--port", "0"]).args(arguments), store, folder)
    }

    fn spawn(command: &mut Command, store: PathBuf, folder: TempDir) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        lines.read_line(&mut first).unwrap();
        let address = first.trim().strip_prefix("listening on http://").unwrap_or_else(|| panic!("{first:?}"));
        let address = address.parse().unwrap();
        Self { child, lines, address, store, _folder: folder }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// Sends a request as it is, and gives the status, the headers in small letters, and the body.
    pub(crate) fn raw(&self, request: &[u8]) -> (u16, String, String) {
        let mut stream = self.connect();
        stream.write_all(request).unwrap();
        answer(&mut stream)
    }

    pub(crate) fn send(&self, method: &str, target: &str, headers: &str, body: &[u8]) -> (u16, String, String) {
        let length = body.len();
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: {}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n",
            self.address
        );
        self.raw(&[head.as_bytes(), body].concat())
    }

    pub(crate) fn post(&self, target: &str, body: &str) -> (u16, String) {
        let (status, _, body) = self.send("POST", target, "Content-Type: application/json\r\n", body.as_bytes());
        (status, body)
    }

    /// Ends the program as Ctrl-C does, and gives its last line.
    #[cfg(unix)]
    pub(crate) fn end(mut self) -> (Ended, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        let last = rest.lines().last().unwrap_or_default().to_owned();
        (Ended { store: self.store.clone(), _listening: self }, last)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // It has ended where the test ended it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A store after the session.
pub(crate) struct Ended {
    pub(crate) store: PathBuf,
    _listening: Listening,
}

pub(crate) fn sql(store: &Path, question: &str) -> Vec<Value> {
    let output = program().args(["sql", "--format", "json", question, "--store"]).arg(store).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    answer["rows"].as_array().unwrap().clone()
}

pub(crate) fn events(store: &Path) -> Vec<String> {
    let rows = sql(store, "SELECT event FROM events ORDER BY id");
    let mut names: Vec<String> = rows.iter().map(cell).collect();
    names.sort();
    names
}

/// The only cell of a row, however rows are written.
pub(crate) fn cell(row: &Value) -> String {
    let value = match row {
        Value::Array(cells) => &cells[0],
        Value::Object(cells) => cells.values().next().unwrap(),
        value => value,
    };
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(crate) fn answer(stream: &mut TcpStream) -> (u16, String, String) {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, head.to_ascii_lowercase(), body.to_owned())
}

pub(crate) fn event(name: &str) -> Value {
    json!({"event": name, "properties": {"token": "T-SECRET", "distinct_id": "a-1", "time": 1_795_428_910, "$insert_id": format!("i-{}", name.len())}})
}

pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(content).unwrap();
    packer.finish().unwrap()
}
