//! Stopping an import, also while its input has nothing to give: a pipe, a FIFO that no program
//! writes, a terminal.
//!
//! Such an input is opened and read in a thread of its own, which ends with the program; the one who
//! waits for it looks every [`TICK`] whether the import is to stop.

use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

/// How long a stop may go unheard.
pub(super) const TICK: Duration = Duration::from_millis(20);
/// Bytes asked for at once.
const PART: usize = 1 << 17;

/// Tells an import to stop, from any thread.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    stopped: Arc<AtomicBool>,
    /// Another flag that stops it, too.
    of: Option<Arc<AtomicBool>>,
}

impl Stop {
    /// Stops the import; this cannot be undone.
    pub fn set(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether the import has to stop.
    pub fn is_set(&self) -> bool {
        let is_set = |flag: &Arc<AtomicBool>| flag.load(Ordering::Relaxed);
        is_set(&self.stopped) || self.of.as_ref().is_some_and(is_set)
    }

    /// One that this one sets, and that does not set it.
    pub(super) fn below(&self) -> Self {
        Self { stopped: Arc::default(), of: Some(Arc::clone(&self.stopped)) }
    }
}

impl From<Arc<AtomicBool>> for Stop {
    fn from(flag: Arc<AtomicBool>) -> Self {
        Self { stopped: flag, of: None }
    }
}

/// A reader that can be waited for and left.
pub(super) struct Waiting {
    /// What was read; nothing at the end.
    parts: Receiver<io::Result<Vec<u8>>>,
    part: Cursor<Vec<u8>>,
    ended: bool,
    stop: Stop,
}

impl Waiting {
    /// Opens an input and reads it, each in a thread of its own.
    pub(super) fn on<R: Read>(open: impl FnOnce() -> io::Result<R> + Send + 'static, stop: &Stop) -> io::Result<Self> {
        let (parts, read) = mpsc::sync_channel(4);
        thread::Builder::new().name("import-wait".to_owned()).spawn(move || give(open, &parts))?;
        Ok(Self { parts: read, part: Cursor::default(), ended: false, stop: stop.clone() })
    }
}

/// Gives what is read, until there is nothing more or no one takes it.
fn give<R: Read>(open: impl FnOnce() -> io::Result<R>, parts: &SyncSender<io::Result<Vec<u8>>>) {
    let mut reader = match open() {
        Ok(reader) => reader,
        Err(error) => {
            // No one may wait for it any more, here and below.
            let _ = parts.send(Err(error));
            return;
        }
    };
    loop {
        let mut part = vec![0; PART];
        let read = match reader.read(&mut part) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read,
        };
        let ended = !matches!(read, Ok(1..));
        let part = read.map(|read| {
            part.truncate(read);
            part
        });
        if parts.send(part).is_err() || ended {
            return;
        }
    }
}

impl Read for Waiting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.part.read(buffer)?;
            if read > 0 || self.ended || buffer.is_empty() {
                return Ok(read);
            }
            if self.stop.is_set() {
                return Err(io::Error::other("stopped"));
            }
            match self.parts.recv_timeout(TICK) {
                Ok(part) => {
                    self.part = Cursor::new(part?);
                    self.ended = self.part.get_ref().is_empty();
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => self.ended = true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_in_parts_is_read_whole() {
        let all: Vec<u8> = (0..=255).cycle().take(3 * PART + 7).collect();
        let given = all.clone();
        let mut waiting = Waiting::on(move || Ok(Cursor::new(given)), &Stop::default()).unwrap();
        let mut read = Vec::new();
        waiting.read_to_end(&mut read).unwrap();
        assert!(read == all);
    }

    #[test]
    fn a_silent_input_is_left_when_the_import_is_to_stop() {
        let (silent, _writer) = io::pipe().unwrap();
        let stop = Stop::default();
        let mut waiting = Waiting::on(move || Ok(silent), &stop).unwrap();
        let setter = stop.clone();
        let telling = thread::spawn(move || setter.set());
        assert!(waiting.read(&mut [0; 8]).is_err());
        telling.join().unwrap();
    }

    #[test]
    fn an_input_that_cannot_be_opened_says_why() {
        let open = || Err::<io::Empty, _>(io::Error::from(io::ErrorKind::PermissionDenied));
        let error = Waiting::on(open, &Stop::default()).unwrap().read(&mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    }
}
