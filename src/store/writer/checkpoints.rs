//! Moving committed pages from the log into the file.
//!
//! SQLite would do it at the end of a commit, and the one who writes would wait for the disk
//! twice. Here another connection does it in a thread of its own while the next transaction is
//! written. Only when all of the log has been moved does it begin anew, so every now and then the
//! writer moves the rest itself.

use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;

use crate::store::open;

/// Transactions after which the log begins anew: it is as long as they are, and a program that opens a
/// store after a kill reads it once.
const APART: usize = 4;

/// Chunks of a transaction from which on moving its pages is worth a thread: some 30 MB.
const MANY: usize = 16;

/// When committed pages are moved, and by whom.
#[derive(Debug, Default)]
pub(super) struct Checkpoints {
    helper: Option<Helper>,
    /// Transactions since the log began anew.
    since: usize,
}

impl Checkpoints {
    /// A transaction with so many chunks was committed to the store at `path`.
    pub(super) fn after_commit(&mut self, db: &Connection, path: &Path, chunks: usize) -> rusqlite::Result<()> {
        self.since += 1;
        if self.since >= APART {
            self.since = 0;
            if let Some(helper) = &mut self.helper {
                helper.wait();
            }
            return checkpoint(db);
        }
        if chunks >= MANY {
            if self.helper.is_none() {
                self.helper = Helper::start(path);
            }
            if let Some(helper) = &mut self.helper {
                helper.ask();
            }
        }
        Ok(())
    }
}

/// A thread with a connection of its own.
#[derive(Debug)]
struct Helper {
    asked: Option<Sender<()>>,
    done: Receiver<()>,
    /// Something was asked for that is not known to be done.
    at_work: bool,
    thread: Option<JoinHandle<()>>,
}

impl Helper {
    /// `None` where it cannot be: then the writer does it all.
    fn start(path: &Path) -> Option<Self> {
        let db = open::existing(path).ok()?;
        let (asked, asks) = mpsc::channel();
        let (finished, done) = mpsc::channel();
        let work = move || {
            for () in asks {
                // What is wrong with the file or the disk the writer meets too, and tells.
                let _ = checkpoint(&db);
                if finished.send(()).is_err() {
                    return;
                }
            }
        };
        let thread = thread::Builder::new().name("import-move".into()).spawn(work).ok()?;
        Some(Self { asked: Some(asked), done, at_work: false, thread: Some(thread) })
    }

    /// Has it move what there is, unless it is at work already.
    fn ask(&mut self) {
        if self.at_work && self.done.try_recv() == Err(TryRecvError::Empty) {
            return;
        }
        self.at_work = self.asked.as_ref().is_some_and(|asked| asked.send(()).is_ok());
    }

    /// Waits until it is at rest.
    fn wait(&mut self) {
        if std::mem::take(&mut self.at_work) {
            // It ended, if it does not answer.
            let _ = self.done.recv();
        }
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.asked = None;
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported, and there is nothing that it held.
            let _ = thread.join();
        }
    }
}

/// Moves as much as readers allow.
fn checkpoint(db: &Connection) -> rusqlite::Result<()> {
    db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Bytes that each transaction adds.
    const BYTES: u64 = 500_000;

    /// Calls `each` with a database in a file after each of so many transactions.
    fn transactions(count: usize, mut each: impl FnMut(&Connection, &Path)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        let db = Connection::open(&path).unwrap();
        open::ahead(&db).unwrap();
        db.execute_batch("CREATE TABLE many (bytes BLOB NOT NULL)").unwrap();
        for _ in 0..count {
            db.execute("INSERT INTO many VALUES (zeroblob(?1))", [BYTES.cast_signed()]).unwrap();
            each(&db, &path);
        }
    }

    fn length(path: &Path) -> u64 {
        fs::metadata(path).unwrap().len()
    }

    #[test]
    fn committed_pages_are_moved_into_the_file_during_the_write() {
        let mut checkpoints = Checkpoints::default();
        transactions(APART - 1, |db, path| {
            assert!(length(path) < BYTES * u64::try_from(checkpoints.since + 1).unwrap());
            checkpoints.after_commit(db, path, MANY).unwrap();
            checkpoints.helper.as_mut().unwrap().wait();
            assert!(length(path) > BYTES * u64::try_from(checkpoints.since).unwrap());
        });
        assert_eq!(checkpoints.since, APART - 1, "the writer moved nothing itself");
    }

    #[test]
    fn the_log_does_not_grow_and_small_transactions_start_no_thread() {
        for chunks in [0, MANY] {
            let mut checkpoints = Checkpoints::default();
            let mut longest = 0;
            transactions(APART * 5, |db, path| {
                checkpoints.after_commit(db, path, chunks).unwrap();
                longest = longest.max(length(&path.with_file_name("log.db-wal")));
            });
            assert_eq!(checkpoints.helper.is_some(), chunks >= MANY);
            let most = BYTES * u64::try_from(APART + 1).unwrap();
            assert!(longest < most, "{longest} bytes, not {most}");
        }
    }
}
