//! The whole program in a terminal of its own.

#![expect(clippy::panic, reason = "what does not come has to end the bench")]

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// The program that is measured.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_journey");
/// After this, what is waited for does not come.
const DEADLINE: Duration = Duration::from_secs(120);
/// Columns and lines of the terminal.
const SIZE: (u16, u16) = (200, 50);

/// The program in a terminal.
pub(crate) struct Terminal {
    started: Instant,
    _master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    pub(crate) child: Box<dyn Child + Send + Sync>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    _home: tempfile::TempDir,
}

impl Terminal {
    /// The program on a store, at an id.
    pub(crate) fn start(store: &Path, id: Option<&str>) -> Self {
        Self::start_of(Path::new(PROGRAM), store, id)
    }

    /// Another build of it.
    pub(crate) fn start_of(program: &Path, store: &Path, id: Option<&str>) -> Self {
        let mut arguments = vec![store.as_os_str()];
        if let Some(id) = id {
            arguments.extend(["--id".as_ref(), OsStr::new(id)]);
        }
        Self::run_of(program, &arguments)
    }

    /// The program with arguments.
    pub(crate) fn run(arguments: &[&OsStr]) -> Self {
        Self::run_of(Path::new(PROGRAM), arguments)
    }

    fn run_of(program: &Path, arguments: &[&OsStr]) -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        let (columns, lines) = SIZE;
        let size = PtySize { rows: lines, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a terminal");
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8")] {
            command.env(name, value);
        }
        command.env("HOME", home.path());
        let mut reader = pair.master.try_clone_reader().expect("its output");
        let keys = pair.master.take_writer().expect("its keyboard");
        let (sender, output) = mpsc::channel();
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).expect("the program");
        thread::spawn(move || {
            let mut bytes = vec![0; 1 << 16];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes.get(..count).unwrap_or_default().to_vec()).is_err() {
                    return;
                }
            }
        });
        let screen = vt100::Parser::new(lines, columns, 0);
        Self { started, _master: pair.master, keys, child, output, screen, _home: home }
    }

    /// Sends keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("a keyboard");
    }

    /// What is on the screen.
    pub(crate) fn contents(&self) -> String {
        self.screen.screen().contents()
    }

    /// Takes what the program writes in a span of time.
    pub(crate) fn read_for(&mut self, span: Duration) {
        let end = Instant::now() + span;
        while let Ok(bytes) = self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
            self.screen.process(&bytes);
        }
    }

    /// Time from the start until `text` is on the screen.
    pub(crate) fn wait_for(&mut self, text: &str) -> Duration {
        while !self.screen.screen().contents().contains(text) {
            let bytes = self.output.recv_timeout(DEADLINE);
            let bytes = bytes.unwrap_or_else(|_| panic!("no {text:?} on:\n{}", self.screen.screen().contents()));
            self.screen.process(&bytes);
        }
        self.started.elapsed()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
