//! Giving way: whoever opens a store beside an import waits for a screen, and the import for
//! nothing but its end.
//!
//! Linux shares the processor among sessions before it looks at priorities: each terminal is one,
//! and one that computes on all cores leaves another's two threads a single core. So the session
//! is asked to give way as well (sched(7), "The autogroup feature"), while the import runs, and is
//! put back behind it. A kill leaves it as it is: what is run in that terminal afterwards gives way
//! to other terminals until it is closed.

use std::fs;
use std::path::{Path, PathBuf};

/// How much less than others, as `nice` counts.
const NICE: i32 = 5;

/// Where a session of Linux says how nice it is, after its name.
const SESSION: &str = "/proc/self/autogroup";

/// Lets this thread and those it starts give way to others, and their session until what is given
/// back is dropped. A system that does not allow it, or knows no such thing, lets them run as
/// before.
pub(super) fn give() -> Option<Session> {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICE);
    Session::give_way(Path::new(SESSION))
}

/// A session that gives way, and how nice it was before.
#[derive(Debug)]
pub(super) struct Session {
    path: PathBuf,
    before: i32,
}

impl Session {
    /// `None` where it cannot be asked to, or does already.
    fn give_way(path: &Path) -> Option<Self> {
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
        // There is nobody to tell, and nothing is lost.
        let _ = fs::write(&self.path, self.before.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a session says while it gives way, and afterwards.
    fn while_and_after(said: &str) -> (String, String) {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), said).unwrap();
        let session = Session::give_way(file.path());
        let meanwhile = fs::read_to_string(file.path()).unwrap();
        drop(session);
        (meanwhile, fs::read_to_string(file.path()).unwrap())
    }

    #[test]
    fn a_session_gives_way_only_while_an_import_runs() {
        for (said, before) in
            [("/autogroup-7 nice 0\n", "0"), ("/autogroup-70 nice -5\n", "-5"), ("/nice 4 nice 3", "3")]
        {
            assert_eq!(while_and_after(said), (NICE.to_string(), before.to_owned()), "{said}");
        }
    }

    #[test]
    fn a_session_that_gives_way_or_cannot_be_read_is_left_alone() {
        for said in ["/autogroup-7 nice 10\n", "/autogroup-7 nice 19\n", "/autogroup-7 nice", "", "nice x"] {
            assert_eq!(while_and_after(said), (said.to_owned(), said.to_owned()));
        }
        assert!(Session::give_way(Path::new("/nowhere/autogroup")).is_none());
    }
}
