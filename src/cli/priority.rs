//! The low priority of an import: a person who opens a store meanwhile waits for a screen, and no
//! one waits for the import.
//!
//! Linux shares the processor among sessions before it compares priorities. Each terminal is a
//! session, and one that computes on all cores leaves the two threads of another a single core. So
//! the session gets a low priority, too (sched(7), "The autogroup feature"), and gets its own back
//! after the import. A kill leaves the low priority: programs in that terminal keep it until the
//! terminal is closed.

use std::fs;
use std::path::{Path, PathBuf};

/// How far the priority is lowered, as `nice` counts.
const NICE: i32 = 5;

/// Where Linux has the name of the session and its priority.
const SESSION: &str = "/proc/self/autogroup";

/// Lowers the priority of this thread, of the threads that it starts, and of their session until
/// the [`Session`] is dropped. Where the system does not allow it, the priority stays as it is.
pub(super) fn lower() -> Option<Session> {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICE);
    Session::lower(Path::new(SESSION))
}

/// A session with a low priority, and its priority before.
#[derive(Debug)]
pub(super) struct Session {
    path: PathBuf,
    before: i32,
}

impl Session {
    /// `None` where the priority cannot be lowered, or is low already.
    fn lower(path: &Path) -> Option<Self> {
        let said = fs::read_to_string(path).ok()?;
        let before = said.trim_end().rsplit_once("nice ")?.1.parse().ok()?;
        if before >= NICE {
            return None;
        }
        fs::write(path, NICE.to_string()).ok()?;
        Some(Self { path: path.to_owned(), before })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The low priority of a terminal loses nothing, and no one reads a message here.
        let _ = fs::write(&self.path, self.before.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file of a session while its priority is low, and afterwards.
    fn while_and_after(said: &str) -> (String, String) {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), said).unwrap();
        let session = Session::lower(file.path());
        let meanwhile = fs::read_to_string(file.path()).unwrap();
        drop(session);
        (meanwhile, fs::read_to_string(file.path()).unwrap())
    }

    #[test]
    fn a_session_has_a_low_priority_only_while_an_import_runs() {
        for (said, before) in
            [("/autogroup-7 nice 0\n", "0"), ("/autogroup-70 nice -5\n", "-5"), ("/nice 4 nice 3", "3")]
        {
            assert_eq!(while_and_after(said), (NICE.to_string(), before.to_owned()), "{said}");
        }
    }

    #[test]
    fn a_session_of_low_priority_or_without_one_stays_as_it_is() {
        for said in ["/autogroup-7 nice 10\n", "/autogroup-7 nice 19\n", "/autogroup-7 nice", "", "nice x"] {
            assert_eq!(while_and_after(said), (said.to_owned(), said.to_owned()));
        }
        assert!(Session::lower(Path::new("/nowhere/autogroup")).is_none());
    }
}
