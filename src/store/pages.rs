//! Sums of pages: what tells that a bit of a store has changed.
//!
//! SQLite itself sees damage only where it breaks the rules of the format. So each page ends in a
//! sum that is written with the page and compared whenever SQLite reads it, in the form of its own
//! extension cksumvfs; `sums.c` says how. Nothing else has to think of it: a page with a changed
//! bit ends a question with [`super::Error::Corrupt`].
//!
//! A program that knows no sums reads a store as any other SQLite file. What it writes has none:
//! such a store is read as one without, until one who writes gives all pages their sums ([`renew`]).

use std::fs::File;
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

// Its header is what `sums.c` is built with.
use libsqlite3_sys as _;
use rusqlite::{Connection, FileControl, OptionalExtension, TransactionBehavior};

use super::head::{looked_at, version};
use crate::model::threads::join;

/// Bytes of a sum.
pub(super) const BYTES: usize = 8;

/// Bytes of a page of a store: rows of one id fill few pages.
pub(super) const PAGE_BYTES: usize = 16384;

/// Bytes of a page that hold content: its sum stands behind them.
pub(super) const PAGE_ROOM: usize = PAGE_BYTES - BYTES;

/// The file system of SQLite with sums for files without locks.
pub(super) const UNLOCKED: &str = "sums-none";

/// How long may pass until one who wants to stop is heard.
const HEARING: Duration = Duration::from_millis(50);

/// What is known of the sums of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Its pages have no room for them.
    None,
    /// A program that knows none has written it, so they say nothing.
    Foreign,
    /// They are compared.
    Compared,
}

/// What is known of the sums of the file that is open; one in memory has no damage.
pub(super) fn state(db: &Connection) -> rusqlite::Result<State> {
    // The head is read again where another process has changed it.
    looked_at(db)?;
    let said: Option<String> = db.query_row("PRAGMA page_sums", [], |row| row.get(0)).optional()?;
    Ok(match said.as_deref() {
        Some("none") => State::None,
        Some("off") => State::Foreign,
        _ => State::Compared,
    })
}

/// Has a new file leave room for the sums in its pages, and an old one after [`renew`].
pub(super) fn plan(db: &Connection) -> rusqlite::Result<()> {
    let mut bytes = 8;
    db.file_control::<&str>(None, FileControl::ReserveBytes(&mut bytes))
}

/// Writes all pages anew, with their sums, where they have none; `false` when `go_on` said so, and
/// then the file is as it was. It wants to be alone with the file.
pub(super) fn renew(db: &mut Connection, go_on: &mut dyn FnMut() -> bool) -> rusqlite::Result<bool> {
    if state(db)? == State::Compared {
        return Ok(true);
    }
    db.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    let interrupt = db.get_interrupt_handle();
    // All that is written from here on has room for sums: a store is larger than the cache.
    db.query_row("PRAGMA page_sums = coming", [], |_| Ok(()))?;
    let (done, ended) = mpsc::channel();
    let mut stopped = false;
    let (written, db) = thread::scope(|scope| {
        let work = scope.spawn(move || {
            // As long as the store, which may be more than the memory.
            let written = db.execute_batch("PRAGMA temp_store = FILE; VACUUM; PRAGMA temp_store = MEMORY;");
            let _ = done.send(());
            (written, db)
        });
        while ended.recv_timeout(HEARING) == Err(RecvTimeoutError::Timeout) {
            if !go_on() {
                stopped = true;
                interrupt.interrupt();
            }
        }
        join(work)
    });
    db.query_row("PRAGMA page_sums = kept", [], |_| Ok(()))?;
    match written {
        Err(_) if stopped => return Ok(false),
        written => written?,
    }
    db.query_row("PRAGMA page_sums = on", [], |_| Ok(()))?;
    // The first page has its sum from now on. Another process may make or upgrade the store meanwhile, so no version
    // is read before the lock that is written after it.
    let head = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = version(&head)?;
    head.pragma_update(None, "user_version", version)?;
    head.commit()?;
    Ok(true)
}

/// The sum of a page, which stands at its end.
fn sum(page: &[u8]) -> [u8; BYTES] {
    let (mut a, mut b) = (0_u32, 0_u32);
    let mut words = page.chunks_exact(4).map(|word| word.try_into().map_or(0, u32::from_le_bytes));
    while let (Some(one), Some(two)) = (words.next(), words.next()) {
        a = a.wrapping_add(one).wrapping_add(b);
        b = b.wrapping_add(two).wrapping_add(a);
    }
    let mut sum = [0; BYTES];
    for (place, byte) in sum.iter_mut().zip(a.to_le_bytes().into_iter().chain(b.to_le_bytes())) {
        *place = byte;
    }
    sum
}

fn is_right(page: &[u8]) -> bool {
    page.split_last_chunk::<BYTES>().is_some_and(|(content, end)| sum(content) == *end)
}

/// Pages between two questions whether to go on.
const OFTEN: u64 = 64;

/// The numbers of the pages of a file that are not those that were written, the first is 1: also of
/// those that nothing uses. `go_on` is asked again and again with how many pages of how many are
/// done, and `false` ends it.
pub(super) fn damaged(file: &File, go_on: &mut dyn FnMut(u64, u64) -> bool) -> io::Result<Vec<u64>> {
    let size = match first(file)?.get(16..18) {
        Some(&[0, 1]) => 1 << 16,
        Some(&[high, low]) => usize::from(high) << 8 | usize::from(low),
        _ => 0,
    };
    if !size.is_power_of_two() || size < 512 {
        return Ok(vec![1]);
    }
    let length = super::number::from_sql(super::number::length(size));
    let total = file.metadata()?.len() / length;
    let mut damaged = Vec::new();
    let mut page = vec![0; size];
    for number in 0..total {
        if number.is_multiple_of(OFTEN) && !go_on(number, total) {
            break;
        }
        let mut is_whole = || Ok::<_, io::Error>(read_at(file, &mut page, number * length)? == size && is_right(&page));
        // Once more, because a writer may have been at the page while it was read.
        if !is_whole()? && !is_whole()? {
            damaged.push(number + 1);
        }
    }
    Ok(damaged)
}

/// The first 100 bytes of a file, or all of a shorter one.
pub(super) fn first(file: &File) -> io::Result<Vec<u8>> {
    let mut head = vec![0; 100];
    let read = read_at(file, &mut head, 0)?;
    head.truncate(read);
    Ok(head)
}

/// Reads until `room` is full or the file ends.
fn read_at(file: &File, room: &mut [u8], place: u64) -> io::Result<usize> {
    use std::os::unix::fs::FileExt;
    let mut read = 0;
    while let Some(rest) = room.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, place + super::number::from_sql(super::number::length(read))) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

    use super::*;
    use crate::store::open;

    /// A database with room for sums, of some pages.
    fn database(path: &Path) -> Connection {
        let db = Connection::open(path).unwrap();
        db.pragma_update(None, "page_size", 1024).unwrap();
        plan(&db).unwrap();
        db.execute_batch(
            "CREATE TABLE many (a INTEGER PRIMARY KEY, b TEXT);
             INSERT INTO many WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
             SELECT i, hex(randomblob(30)) FROM n;",
        )
        .unwrap();
        db
    }

    fn damaged_in(path: &Path) -> Vec<u64> {
        damaged(&File::open(path).unwrap(), &mut |_, _| true).unwrap()
    }

    #[test]
    fn each_page_has_the_sum_of_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("many.db");
        let db = database(&path);
        assert_eq!((state(&db).unwrap(), damaged_in(&path)), (State::Compared, vec![]));
        // Through the log, too.
        open::ahead(&db).unwrap();
        db.execute_batch("UPDATE many SET b = 'x' || b; PRAGMA wal_checkpoint(TRUNCATE);").unwrap();
        assert!(damaged_in(&path).is_empty());
    }

    #[test]
    fn a_changed_bit_is_seen_wherever_it_is_and_no_answer_comes_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("many.db");
        let ask = |db: &Connection| -> rusqlite::Result<Vec<(i64, String)>> {
            db.prepare("SELECT a, b FROM many")?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        let expected = ask(&database(&path)).unwrap();
        let whole = std::fs::read(&path).unwrap();
        // The head says of itself where pages begin and whether they have sums: see `open`.
        for at in (100..whole.len()).step_by(61).chain([21, 24, 60, 68, 92, 96]) {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            std::fs::write(&path, bytes).unwrap();
            let page = u64::try_from(at / 1024 + 1).unwrap();
            assert_eq!(damaged_in(&path), [page], "{at}");
            let answer = Connection::open(&path).and_then(|db| ask(&db));
            match answer {
                Ok(answer) => assert_eq!(answer, expected, "{at}"),
                Err(error) => assert!(error.sqlite_error_code().is_some(), "{at}: {error}"),
            }
        }
    }

    #[test]
    fn a_file_without_sums_has_them_after_it_was_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.db");
        let mut db = Connection::open(&path).unwrap();
        db.execute_batch("CREATE TABLE one (a); INSERT INTO one VALUES (7)").unwrap();
        assert_eq!(state(&db).unwrap(), State::None);
        plan(&db).unwrap();
        assert!(renew(&mut db, &mut || true).unwrap());
        assert_eq!((state(&db).unwrap(), damaged_in(&path)), (State::Compared, vec![]));
        assert_eq!(db.query_row("SELECT a FROM one", [], |row| row.get::<_, i64>(0)).unwrap(), 7);
    }

    #[test]
    fn a_version_that_another_process_writes_while_pages_are_written_anew_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.db");
        let mut db = Connection::open(&path).unwrap();
        plan(&db).unwrap();
        let other = Connection::open(&path).unwrap();
        let (tell, asked) = mpsc::channel();
        // Right before the version is written, which is after it was read.
        let hook = move |context: AuthContext<'_>| {
            if let AuthAction::Pragma { pragma_name: "user_version", pragma_value: Some(_) } = context.action {
                tell.send(other.pragma_update(None, "user_version", 7).is_ok()).unwrap();
            }
            Authorization::Allow
        };
        db.authorizer(Some(hook)).unwrap();
        assert!(renew(&mut db, &mut || true).unwrap());
        // Where the other process was kept out, it writes afterwards.
        let is_written = asked.try_iter().fold(None, |before, now| Some(before.unwrap_or(false) || now));
        assert_eq!(version(&db).unwrap(), if is_written.expect("the version is written") { 7 } else { 0 });
    }

    #[test]
    fn a_file_that_no_cache_holds_has_the_sums_of_all_its_pages_after_it_was_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.db");
        let mut db = Connection::open(&path).unwrap();
        let fill = "CREATE TABLE many (a INTEGER PRIMARY KEY, b TEXT);
            INSERT INTO many WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
            SELECT i, hex(randomblob(300)) FROM n;";
        db.execute_batch(&format!("PRAGMA page_size = 1024; PRAGMA cache_size = 20; {fill}")).unwrap();
        let ask = |db: &Connection| {
            db.query_row("SELECT group_concat(a || b) FROM many", [], |row| row.get::<_, String>(0)).unwrap()
        };
        let before = ask(&db);
        plan(&db).unwrap();
        // Pages leave the cache long before the first of them, which says that they have sums.
        assert!(renew(&mut db, &mut || true).unwrap());
        assert_eq!((state(&db).unwrap(), damaged_in(&path).len()), (State::Compared, 0));
        assert_eq!(ask(&Connection::open(&path).unwrap()), before);
    }

    #[test]
    fn pages_that_are_put_back_as_they_were_keep_their_last_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.db");
        let db = Connection::open(&path).unwrap();
        let fill = "CREATE TABLE many (a INTEGER PRIMARY KEY, b TEXT);
            INSERT INTO many WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
            SELECT i, hex(randomblob(300)) FROM n;";
        db.execute_batch(&format!("PRAGMA page_size = 1024; PRAGMA cache_size = 20; {fill}")).unwrap();
        let before = std::fs::read(&path).unwrap();
        // As when the disk is full while the pages are written: those that were are put back.
        db.execute_batch(
            "PRAGMA page_sums = coming; BEGIN; PRAGMA user_version = 3; UPDATE many SET b = 'x' || b; ROLLBACK;",
        )
        .unwrap();
        assert!(std::fs::read(&path).unwrap() == before);
        // The first page came back as one without sums, so the next pages get none either.
        db.execute_batch("BEGIN; UPDATE many SET b = b || 'x' WHERE a % 7 = 0; COMMIT;").unwrap();
        assert_eq!(db.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)).unwrap(), "ok");
        assert_eq!(state(&db).unwrap(), State::None);
    }
}
