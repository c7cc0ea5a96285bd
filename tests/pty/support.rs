//! A program in a terminal of our own: keys in, a screen out. Nothing waits by the clock but
//! for a deadline that only a failing test meets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has to fail")]

use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as STANDARD;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

/// What a slow machine under load may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// The program with nothing but the demo store, in a terminal.
pub(crate) struct Session {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    /// Everything that was written to the terminal.
    written: Vec<u8>,
    _home: TempDir,
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

impl Session {
    /// Starts the program.
    pub(crate) fn start(columns: u16, rows: u16) -> Self {
        Self::start_with(&[], &[], columns, rows)
    }

    /// Starts the program with arguments and variables.
    pub(crate) fn start_with(arguments: &[&str], variables: &[(&str, &str)], columns: u16, rows: u16) -> Self {
        let mut command = CommandBuilder::new(cargo_bin!("journey"));
        command.args(arguments);
        Self::run(command, variables, columns, rows)
    }

    /// Runs one ignored test of this file as a program of its own, in a terminal.
    pub(crate) fn start_test(name: &str, columns: u16, rows: u16) -> Self {
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(["--ignored", "--exact", "--nocapture", name]);
        Self::run(command, &[], columns, rows)
    }

    fn run(mut command: CommandBuilder, variables: &[(&str, &str)], columns: u16, rows: u16) -> Self {
        let home = tempfile::tempdir().unwrap();
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        command.env_clear();
        command.cwd(home.path());
        command.env("HOME", home.path());
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let keys = pair.master.take_writer().unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            master: pair.master,
            child,
            keys,
            output,
            parser: vt100::Parser::new(rows, columns, 0),
            written: Vec::new(),
            _home: home,
        }
    }

    /// Sends bytes as a keyboard does.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Makes the window another size.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.parser.screen_mut().set_size(rows, columns);
        self.master.resize(size(columns, rows)).unwrap();
    }

    /// Sends a signal.
    pub(crate) fn kill(&self, signal: &str) {
        let id = self.child.process_id().unwrap().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap().success());
    }

    /// Waits until the program is stopped: a signal to go on that came before would be lost.
    pub(crate) fn wait_stopped(&self) {
        let id = self.child.process_id().unwrap().to_string();
        let end = Instant::now() + DEADLINE;
        loop {
            let state = Command::new("ps").args(["-o", "stat=", "-p", &id]).output().unwrap().stdout;
            if state.first() == Some(&b'T') {
                return;
            }
            assert!(Instant::now() < end, "it does not stop");
        }
    }

    /// Reads on until `text` is on the screen.
    pub(crate) fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |screen| screen.contents().contains(text));
    }

    /// Reads on until the screen is as wanted.
    pub(crate) fn wait_until(&mut self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        let end = Instant::now() + DEADLINE;
        while !wanted(self.parser.screen()) {
            let left = end.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(error) => panic!("no {what:?} ({error}) on:\n{}", self.parser.screen().contents()),
            }
        }
    }

    /// Column and row of a text on the screen, from 0.
    pub(crate) fn find(&self, text: &str) -> (usize, usize) {
        let rows = self.parser.screen().rows(0, 200);
        let place = rows.enumerate().find_map(|(row, line)| Some((line.split_once(text)?.0.chars().count(), row)));
        place.unwrap_or_else(|| panic!("no {text:?} on:\n{}", self.parser.screen().contents()))
    }

    fn take(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
        self.written.extend(bytes);
    }

    /// The last text that was given to the terminal's clipboard by OSC 52.
    pub(crate) fn copied(&self) -> Option<String> {
        let start = b"\x1b]52;c;";
        let at = self.written.windows(start.len()).rposition(|part| part == start)? + start.len();
        let rest = &self.written[at..];
        // Both ends of such a sequence are in use: BEL, and ESC with a backslash.
        let end = rest.iter().position(|byte| matches!(byte, 0x07 | 0x1b))?;
        String::from_utf8(STANDARD.decode(&rest[..end]).ok()?).ok()
    }

    /// Whether the program has the screen's other page.
    pub(crate) fn is_taken(&self) -> bool {
        self.parser.screen().alternate_screen()
    }

    /// Reads everything until the program ends; its exit code.
    pub(crate) fn end(&mut self) -> u32 {
        let end = Instant::now() + DEADLINE;
        while let Ok(bytes) = self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
            self.take(&bytes);
            if !self.is_taken() && self.child.try_wait().unwrap().is_some() {
                break;
            }
        }
        self.child.wait().unwrap().exit_code()
    }
}

/// Waits until a file is there, which the program writes in addition to what it shows.
pub(crate) fn wait_for_file(path: &Path) {
    let end = Instant::now() + DEADLINE;
    while !path.exists() {
        assert!(Instant::now() < end, "no {}", path.display());
        thread::yield_now();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A test that fails leaves no program behind.
        let _ = self.child.kill();
    }
}
