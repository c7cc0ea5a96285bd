//! Requests are passed on to the real endpoint as they came, and its answer stands next to ours.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// An endpoint that keeps the bytes of each request, and gives the same answer to all.
fn endpoint(answer: &'static str) -> (String, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, requests) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut request = Vec::new();
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                request.extend_from_slice(line.as_bytes());
                if let Some(said) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = said.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            request.extend(body);
            sender.send(request).unwrap();
            write!(stream, "HTTP/1.1 {answer}").unwrap();
        }
    });
    (address, requests)
}

struct Listening {
    child: Child,
    lines: BufReader<ChildStdout>,
    address: String,
}

impl Listening {
    fn start(forward: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_journey"))
            .env_remove("JOURNEY_STORE")
            .args(["listen", "--port", "0", "--format", "json", "--forward", forward])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut listening = Self { child, lines, address: String::new() };
        let first = listening.line();
        first["listening"].as_str().unwrap().trim_start_matches("http://").clone_into(&mut listening.address);
        listening
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line:?}"))
    }

    fn send(&self, target: &str, headers: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "POST {target} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n",
            self.address,
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// The next line with a real answer.
    fn real(&mut self) -> Value {
        loop {
            let line = self.line();
            if !line["real"].is_null() {
                return line;
            }
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const ROW: &str = r#"{"event":"A","properties":{"token":"T-REAL","distinct_id":"a"}}"#;

#[test]
fn a_request_is_passed_on_as_it_came_and_the_client_gets_our_answer() {
    let (address, requests) = endpoint("200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nreal");
    let mut listening = Listening::start(&format!("http://{address}/base"));
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(ROW.as_bytes()).unwrap();
    let body = packer.finish().unwrap();
    let headers = "Content-Type: application/json\r\nContent-Encoding: gzip\r\nAuthorization: Basic dTpw\r\n\
                   User-Agent: an SDK\r\nX-Journey-Token: of-this-server\r\n";
    let ours = listening.send("/track/?verbose=1&x=%20y", headers, &body);
    assert!(ours.ends_with(r#"{"error":null,"status":1}"#), "{ours}");
    let passed = requests.recv_timeout(Duration::from_secs(20)).unwrap();
    let end = passed.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
    let head = String::from_utf8_lossy(&passed[..end]).into_owned();
    assert_eq!(&passed[end..], body, "not a byte of the body is another");
    assert!(head.starts_with("POST /base/track/?verbose=1&x=%20y HTTP/1.1\r\n"), "{head}");
    let small = head.to_ascii_lowercase();
    for part in
        ["content-encoding: gzip", "authorization: basic dtpw", "user-agent: an sdk", &format!("host: {address}")]
    {
        assert!(small.contains(part), "{part}: {head}");
    }
    assert!(!small.contains("of-this-server"), "the token of this server is not the endpoint's: {head}");
    let real = listening.real();
    assert_eq!(
        (&real["status"], &real["real"]["status"], &real["real"]["said"]),
        (&200.into(), &200.into(), &"real".into())
    );
}

#[test]
fn an_endpoint_that_refuses_or_is_missing_keeps_no_client_waiting_and_is_reported() {
    let (address, requests) = endpoint("401 Unauthorized\r\ncontent-length: 9\r\nconnection: close\r\n\r\nbad token");
    let mut listening = Listening::start(&format!("http://{address}"));
    assert!(listening.send("/track", "", ROW.as_bytes()).starts_with("HTTP/1.1 200"));
    requests.recv_timeout(Duration::from_secs(20)).unwrap();
    let real = listening.real();
    assert_eq!((&real["status"], &real["real"]["status"]), (&200.into(), &401.into()));
    let nothing = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut listening = Listening::start(&format!("http://{nothing}"));
    assert!(listening.send("/track", "", ROW.as_bytes()).starts_with("HTTP/1.1 200"));
    let real = listening.real();
    assert!(real["real"]["status"].is_null(), "{real}");
    assert!(real["real"]["said"].as_str().unwrap().starts_with("no answer"), "{real}");
}

#[test]
fn two_programs_do_not_pass_a_request_to_each_other_for_ever() {
    let (address, _requests) = endpoint("200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let listening = Listening::start(&format!("http://{address}"));
    let answer = listening.send("/track", "X-Journey-Forwarded: 1\r\n", ROW.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 508"), "{answer}");
}

#[test]
fn an_address_that_is_none_is_wrong_use() {
    for url in ["api.mixpanel.com", "ftp://a.example", "https://u:p@a.example"] {
        let output = Command::new(env!("CARGO_BIN_EXE_journey")).args(["listen", "--forward", url]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{url}");
    }
}
