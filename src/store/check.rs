//! Whether a store is whole: everything in it is read once, and nothing is written or made.
//!
//! SQLite's own check knows pages and indexes. It does not see a changed bit inside a value, rows
//! that a total does not count, or what a stopped program left next to the file: those are looked
//! for here. A check that damage ends is reported as damage, and the next one goes on.

mod opening;
mod rows;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

use self::opening::Opened;
use super::open::{self, Content};
use super::schema::doubled;
use super::writer::{FILES, imported_file};
use super::{Error, ImportedFile, Stop, head, number, pages, schema};
use crate::model::Counts;

/// Steps of SQLite's machine between two questions whether to stop.
const STEPS: i32 = 2000;

/// Sentences of SQLite about damage that are kept.
const SENTENCES: usize = 20;

/// What a check looks at just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The pages and indexes of the file.
    Pages,
    /// The rows.
    Rows,
    /// The properties of the rows.
    Properties,
}

/// Something that is wrong with a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The file breaks SQLite's own rules.
    Damaged {
        /// In the words of SQLite, the first of them.
        sentences: Vec<String>,
        /// Whether there are more.
        more: bool,
    },
    /// Texts of heads (`packs`) that are not those that were written, or make no sense.
    DamagedRows {
        /// How many.
        packs: u64,
        /// Rows in them.
        rows: u64,
    },
    /// Blocks of properties that are not those that were written, or cannot be unpacked.
    DamagedProperties {
        /// How many.
        blocks: u64,
        /// Rows in them.
        rows: u64,
    },
    /// Tables that count the same things give different numbers.
    Disagreement {
        /// What is counted: `rows`, `alias calls`.
        of: &'static str,
        /// What the totals of the files add up to.
        totals: u64,
        /// Where it was counted, and the number there.
        counted: Vec<(&'static str, u64)>,
    },
    /// Pieces of files that are stored more than once.
    Doubled {
        /// How many too many.
        pieces: u64,
        /// Rows in them.
        rows: u64,
    },
    /// A log with committed rows is next to the store (`-wal`).
    Log {
        /// Its length.
        bytes: u64,
    },
    /// A journal of a change that was not finished is next to the store (`-journal`).
    Journal {
        /// Its length.
        bytes: u64,
        /// Whether the store can be read only after the change is undone; nothing else is checked
        /// then.
        in_the_way: bool,
    },
    /// The store is of an older version.
    Older {
        /// The version that this program writes.
        ours: i64,
    },
    /// Rows of a file are missing.
    Incomplete(ImportedFile),
}

/// What a check has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Version of the store.
    pub version: i64,
    /// What its totals say that it holds.
    pub counts: Counts,
    /// What is wrong, the worst first.
    pub problems: Vec<Problem>,
    /// Another program has written it, so its pages have no sums that would show damage.
    pub without_sums: bool,
    /// Permissions of the file if other users may read or write it.
    pub open_to_others: Option<u32>,
}

/// Checks the store at `path`.
///
/// `stop` is asked again and again, `tell` hears which part is being looked at, how many of how
/// many rows are done; 0 of 0 where nothing says how far it is.
///
/// # Errors
/// Nothing there, no store, a newer version, damage that does not let it be opened, a lock, and
/// [`Error::Cancelled`] after `stop` gave `true`.
pub fn check(path: &Path, stop: &Stop, tell: &mut dyn FnMut(Part, u64, u64)) -> Result<Health, Error> {
    match open::look(path)? {
        Content::Absent => return Err(Error::NotFound { path: path.to_owned() }),
        Content::Empty => return Err(Error::NotAStore { path: path.to_owned(), found: "it is empty".to_owned() }),
        Content::Database => {}
    }
    let at = |source| Error::sqlite(path, source);
    let open_to_others = permissions(path);
    let (mut db, leftovers) = match opening::open(path)? {
        Opened::Ready(db, leftovers) => (db, leftovers),
        Opened::Unfinished { version, bytes } => {
            let problems = vec![Problem::Journal { bytes, in_the_way: true }];
            return Ok(Health { version, problems, open_to_others, ..Health::default() });
        }
    };
    open::check(&db, path)?;
    let asked = Arc::clone(stop);
    db.progress_handler(STEPS, Some(move || asked())).map_err(at)?;
    open::wait_to_read(&mut db, stop).map_err(at)?;
    let moment = db.unchecked_transaction().map_err(at)?;
    let version = head::version(&moment).map_err(at)?;
    let mut checked = Checked { problems: Vec::new(), path };
    tell(Part::Pages, 0, 0);
    let without_sums = version >= schema::WITH_SUMS && pages::state(&moment).map_err(at)? == pages::State::Foreign;
    if version >= schema::WITH_SUMS && !without_sums {
        checked.sums(&**stop, tell)?;
    }
    checked.pages(&moment)?;
    if version == schema::VERSION {
        checked.tables(&moment)?;
    }
    let counts = checked.counts(&moment, version)?;
    rows::check(&mut checked, &moment, (version, counts), tell, &**stop)?;
    checked.doubled(&moment)?;
    checked.problems.extend(leftovers);
    if version < schema::VERSION {
        checked.problems.push(Problem::Older { ours: schema::VERSION });
    }
    checked.incomplete(&moment)?;
    Ok(Health { version, counts, problems: checked.problems, without_sums, open_to_others })
}

/// What was found so far.
struct Checked<'a> {
    problems: Vec<Problem>,
    path: &'a Path,
}

impl Checked<'_> {
    /// The answer, or `None` where damage is in the way, which is reported.
    fn ask<T>(&mut self, answer: rusqlite::Result<T>) -> Result<Option<T>, Error> {
        match answer.map_err(|source| Error::sqlite(self.path, source)) {
            Ok(answer) => Ok(Some(answer)),
            Err(Error::Corrupt { what, .. }) => {
                self.damaged(what);
                Ok(None)
            }
            // A table that is missing, or has other columns.
            Err(Error::Sqlite { source, .. }) => {
                self.damaged(source.to_string());
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn damaged(&mut self, sentence: String) {
        if let Some(Problem::Damaged { sentences, more }) = self.problems.first_mut() {
            if sentences.len() >= SENTENCES {
                *more = true;
            } else if !sentences.contains(&sentence) {
                sentences.push(sentence);
            }
        } else {
            self.problems.insert(0, Problem::Damaged { sentences: vec![sentence], more: false });
        }
    }

    fn sums(&mut self, stop: &dyn Fn() -> bool, tell: &mut dyn FnMut(Part, u64, u64)) -> Result<(), Error> {
        let io = |source| Error::io(self.path, source);
        let file = open::file(self.path).map_err(io)?;
        let damaged = pages::damaged(&file, &mut |done, total| {
            tell(Part::Pages, done, total);
            !stop()
        });
        let damaged = damaged.map_err(io)?;
        if stop() {
            return Err(Error::Cancelled);
        }
        for number in damaged {
            self.damaged(format!("page {number} differs from what was written"));
        }
        Ok(())
    }

    fn pages(&mut self, db: &Connection) -> Result<(), Error> {
        let sentences = db
            .prepare(&format!("PRAGMA integrity_check({})", SENTENCES + 1))
            .and_then(|mut select| select.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>());
        for sentence in self.ask(sentences)?.into_iter().flatten().filter(|sentence| sentence != "ok") {
            // One value may have a sentence for each page below it.
            sentence.lines().for_each(|line| self.damaged(line.to_owned()));
        }
        Ok(())
    }

    /// Reports the tables, indexes and views that a new store has and this one has not.
    fn tables(&mut self, db: &Connection) -> Result<(), Error> {
        const SELECT: &str =
            "SELECT type || ' ' || name FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
        let named = |db: &Connection| -> rusqlite::Result<BTreeSet<String>> {
            db.prepare(SELECT)?.query_map([], |row| row.get(0))?.collect()
        };
        let Some(found) = self.ask(named(db))? else { return Ok(()) };
        let new = open::in_memory(self.path)?;
        let wanted = named(&new).map_err(|source| Error::sqlite(self.path, source))?;
        for missing in wanted.difference(&found) {
            self.damaged(format!("the {missing} is missing"));
        }
        Ok(())
    }

    fn number(&mut self, db: &Connection, sql: &str) -> Result<Option<u64>, Error> {
        let answer = db.query_row(sql, [], |row| row.get(0)).map(number::from_sql);
        self.ask(answer)
    }

    fn counts(&mut self, db: &Connection, version: i64) -> Result<Counts, Error> {
        // Before its first version a store has no tables.
        if version < 1 {
            return Ok(Counts::default());
        }
        let mut total = |column| self.number(db, &format!("SELECT coalesce(sum({column}), 0) FROM chunks NOT INDEXED"));
        let [events, alias_calls, profiles, rejects] =
            [total("events")?, total("aliases")?, total("profiles")?, total("rejected")?];
        let ids = self.number(db, "SELECT count(*) FROM ids NOT INDEXED")?;
        let files = self.number(db, "SELECT count(*) FROM files")?;
        Ok(Counts { events, ids, alias_calls, profiles, rejects, files })
    }

    fn doubled(&mut self, db: &Connection) -> Result<(), Error> {
        if let Some((pieces, rows)) = self.ask(doubled::count(db))?
            && pieces > 0
        {
            self.problems.push(Problem::Doubled { pieces, rows });
        }
        Ok(())
    }

    fn incomplete(&mut self, db: &Connection) -> Result<(), Error> {
        let files = db
            .prepare(&format!("{FILES} GROUP BY f.id ORDER BY f.name, f.fingerprint, f.id"))
            .and_then(|mut select| select.query_map([], imported_file)?.collect::<rusqlite::Result<Vec<_>>>());
        let files = self.ask(files)?.unwrap_or_default();
        self.problems.extend(files.into_iter().filter(|file| file.incomplete).map(Problem::Incomplete));
        Ok(())
    }
}

/// The permissions of a file that more than its owner may read or write.
#[cfg(unix)]
fn permissions(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let mode = path.metadata().ok()?.permissions().mode() & 0o777;
    (mode & 0o066 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn permissions(_: &Path) -> Option<u32> {
    None
}
