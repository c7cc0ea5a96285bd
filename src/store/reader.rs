//! Reading a store.

mod alike;
mod arena;
mod census;
mod collect;
mod counted;
mod export;
mod facts;
mod files;
mod find;
mod heads;
mod known;
mod overview;
mod pieces;
mod properties;
mod rows;
mod seek;
mod sql;
mod sweep;
mod texts;
mod whole;

pub use self::export::Exported;
pub(super) use self::properties::block;
pub use self::sql::{Cell as SqlCell, Piece};

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};
use rustc_hash::FxHashMap;

use self::arena::Arena;
use self::collect::TextCollector;
use self::files::Files;
pub use self::texts::{Stopped, TextHit, Texts};
pub use self::whole::WholeRow;
use super::open::{self, Content};
use super::schema::{five, seven};
use super::{Error, Stop, head, number, schema};
use crate::model::{Id, VerbKind};

/// Steps of SQLite's machine between two questions whether to abort: a fraction of a
/// millisecond.
const STEPS: i32 = 2000;

/// Texts kept in memory by their number; beyond, all are dropped and read again.
const CACHED_TEXTS: usize = 1 << 17;

/// Ids from which on they are read with one question.
const MANY_IDS: usize = 16;

/// Ids that are passed over for each that is read with one question, at most: passing over one
/// costs a small part of a question.
const MOST_BETWEEN: i64 = 8;

/// For [`Arena::over`]: ids.
const ID_TEXTS: &str =
    "SELECT collect_texts(id, name) FROM (SELECT id, name FROM ids WHERE id > ?1 ORDER BY id LIMIT ?2)";

/// For [`Arena::over`]: values of profiles.
const VALUE_TEXTS: &str =
    "SELECT collect_texts(id, value) FROM (SELECT id, value FROM profile_values WHERE id > ?1 ORDER BY id LIMIT ?2)";

/// One that reads a store and never changes it.
///
/// It may go to another thread, and there may be many, also while a [`super::Writer`] of this
/// or another process works: each question is answered from one state of the store, and
/// [`Reader::at_one_moment`] puts several together.
pub struct Reader {
    db: Connection,
    path: PathBuf,
    in_memory: bool,
    text_collector: TextCollector,
    files: RefCell<Option<Arc<Files>>>,
    ids: RefCell<FxHashMap<i64, Id>>,
    names: RefCell<FxHashMap<i64, (Arc<str>, VerbKind)>>,
    /// Asks for a name and the number of its verb.
    select_name: &'static str,
    /// Whether its tables have the vendor of each file.
    knows_vendors: bool,
    /// Whether it has an index of the values of properties.
    has_index: bool,
    /// Numbers of ids that a search has found: more is asked about them next.
    numbers: RefCell<HashMap<Id, i64>>,
    /// Whether `files` are those of the moment that is looked at.
    files_are_new: Cell<bool>,
    id_texts: RefCell<Arena>,
    value_texts: RefCell<Arena>,
    abort: Option<Stop>,
    /// Stands last: its work is done when the connection is closed.
    tidy: open::Tidy,
}

/// A store that is open already, to be opened once more.
struct Again {
    path: PathBuf,
    abort: Option<Stop>,
}

impl Again {
    fn open(self) -> Result<Reader, Error> {
        let mut reader = Reader::over(open::store(&self.path)?, self.path, false)?;
        if let Some(abort) = self.abort {
            reader.on_progress(move || abort())?;
        }
        Ok(reader)
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Reader {
    /// Opens the store at `path` read-only; never makes one.
    ///
    /// # Errors
    /// No file, a file that is no store, one that is cut off, of a newer version or one that is too
    /// old to be read as it is.
    pub fn open(path: &Path) -> Result<Self, Error> {
        match open::look(path)? {
            Content::Absent => return Err(Error::NotFound { path: path.to_owned() }),
            Content::Empty => {
                return Err(Error::NotAStore { path: path.to_owned(), found: "it is empty".to_owned() });
            }
            Content::Database => {}
        }
        let db = open::store(path)?;
        open::check(&db, path)?;
        let found = head::version(&db).map_err(|source| Error::sqlite(path, source))?;
        if found < five::READABLE {
            return Err(Error::Older { path: path.to_owned(), found, ours: schema::VERSION });
        }
        let mut reader = Self::over(db, path.to_owned(), false)?;
        reader.tidy = open::Tidy(Some(path.to_owned()));
        Ok(reader)
    }

    pub(super) fn over(db: Connection, path: PathBuf, in_memory: bool) -> Result<Self, Error> {
        let at = |source| Error::sqlite(&path, source);
        let text_collector = TextCollector::of(&db).map_err(at)?;
        let version = head::version(&db).map_err(at)?;
        let knows_verbs = version >= five::SINCE;
        Ok(Self {
            db,
            text_collector,
            path,
            in_memory,
            files: RefCell::default(),
            ids: RefCell::default(),
            names: RefCell::default(),
            select_name: if knows_verbs { five::SELECT_NAME } else { five::SELECT_NAME_OF_4 },
            knows_vendors: knows_verbs,
            has_index: version >= seven::SINCE,
            numbers: RefCell::default(),
            files_are_new: Cell::new(false),
            id_texts: RefCell::new(Arena::over(ID_TEXTS)),
            value_texts: RefCell::new(Arena::over(VALUE_TEXTS)),
            abort: None,
            tidy: open::Tidy(None),
        })
    }

    /// Calls `abort` again and again while a query runs; `true` ends it with
    /// [`Error::Cancelled`]. Later queries run as before.
    pub fn on_progress<F: Fn() -> bool + Send + Sync + 'static>(&mut self, abort: F) -> Result<(), Error> {
        let abort: Stop = Arc::new(abort);
        self.abort = Some(Arc::clone(&abort));
        open::wait_to_read(&mut self.db, &abort)
            .and_then(|()| self.db.progress_handler(STEPS, Some(move || abort())))
            .map_err(|source| Error::sqlite(&self.path, source))
    }

    /// Whether to go on with work that SQLite has no part in.
    fn go_on(&self) -> Result<(), Error> {
        if self.abort.as_ref().is_some_and(|abort| abort()) { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// What it takes to open the same store once more, for another thread.
    fn again(&self) -> Again {
        Again { path: self.path.clone(), abort: self.abort.clone() }
    }

    /// A number that changes when another connection has changed the store.
    pub fn data_version(&self) -> Result<i64, Error> {
        self.ask(data_version)
    }

    /// Whose rows it holds, each vendor once.
    pub fn vendors(&self) -> Result<Vec<String>, Error> {
        Ok(self.files()?.vendors())
    }

    /// Its file; `None` in memory.
    pub fn path(&self) -> Option<&Path> {
        (!self.in_memory).then_some(&*self.path)
    }

    /// Runs `read` over one state of the store, whatever another process adds meanwhile.
    ///
    /// Meant for the questions of one journey. While it runs, the writer cannot shorten its
    /// journal, so `read` should not wait for a person.
    pub fn at_one_moment<T, E: From<Error>>(&self, read: impl FnOnce(&Self) -> Result<T, E>) -> Result<T, E> {
        if !self.db.is_autocommit() {
            return read(self);
        }
        let moment = self.db.unchecked_transaction().map_err(|source| Error::sqlite(&self.path, source))?;
        self.files_are_new.set(false);
        let answer = read(self);
        self.files_are_new.set(false);
        drop(moment);
        answer
    }

    /// Runs one question; its error names the file.
    fn ask<T>(&self, question: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        question(&self.db).map_err(|source| self.explained(source))
    }

    fn explained(&self, source: rusqlite::Error) -> Error {
        let error = Error::sqlite(&self.path, source);
        match &self.abort {
            Some(abort) => error.unless_stopped(abort),
            None => error,
        }
    }

    fn corrupt(&self, what: String) -> Error {
        Error::Corrupt { path: self.path.clone(), what }
    }

    /// The files as they are now. Asked within [`Reader::at_one_moment`], they have every file
    /// that a row of that moment names.
    fn files(&self) -> Result<Arc<Files>, Error> {
        if let Some(files) = self.files.borrow().as_ref().filter(|_| self.files_are_new.get()) {
            return Ok(Arc::clone(files));
        }
        let version = self.data_version()?;
        let known = self.files.borrow().as_ref().filter(|files| files.version == version).map(Arc::clone);
        let files = match known {
            Some(files) => files,
            None => Arc::new(self.ask(|db| Files::read(db, version, self.knows_vendors))?),
        };
        self.files.replace(Some(Arc::clone(&files)));
        self.files_are_new.set(!self.db.is_autocommit());
        Ok(files)
    }

    /// Number of an id, in any role; `None` when the store does not have it.
    fn number_of(&self, id: &Id) -> Result<Option<i64>, Error> {
        if let Some(number) = self.numbers.borrow().get(id) {
            return Ok(Some(*number));
        }
        self.ask(|db| {
            db.prepare_cached("SELECT id FROM ids WHERE name = ?1")?
                .query_row([id.as_str()], |row| row.get(0))
                .optional()
        })
    }

    /// Keeps the number of an id; numbers never change.
    fn remember(&self, id: &Id, number: i64) {
        let mut numbers = self.numbers.borrow_mut();
        if numbers.len() >= CACHED_TEXTS {
            numbers.clear();
        }
        numbers.insert(id.clone(), number);
    }

    /// The id with this number.
    fn id(&self, number: i64) -> Result<Id, Error> {
        if let Some(id) = self.ids.borrow().get(&number) {
            return Ok(id.clone());
        }
        let id = Id::new(&self.text("SELECT name FROM ids WHERE id = ?1", number)?);
        let mut ids = self.ids.borrow_mut();
        if ids.len() >= CACHED_TEXTS {
            ids.clear();
        }
        ids.insert(number, id.clone());
        Ok(id)
    }

    /// Reads ids that are asked for next, all at once where many of them are neighbours; 0 stands
    /// for no number.
    fn read_ids(&self, numbers: impl Iterator<Item = i64>) -> Result<(), Error> {
        let mut missing: Vec<i64> = {
            let known = self.ids.borrow();
            numbers.filter(|number| *number != 0 && !known.contains_key(number)).collect()
        };
        missing.sort_unstable();
        missing.dedup();
        let (Some(&first), Some(&last)) = (missing.first(), missing.last()) else { return Ok(()) };
        let span = last.saturating_sub(first);
        if missing.len() < MANY_IDS || span / MOST_BETWEEN > number::length(missing.len()) {
            return Ok(());
        }
        let mut ids = self.ids.borrow_mut();
        if ids.len().saturating_add(missing.len()) > CACHED_TEXTS {
            ids.clear();
        }
        self.ask(|db| {
            let mut select = db.prepare_cached("SELECT id, name FROM ids WHERE id BETWEEN ?1 AND ?2 ORDER BY id")?;
            let mut rows = select.query([first, last])?;
            let mut missing = missing.into_iter().peekable();
            while let Some(row) = rows.next()? {
                let number: i64 = row.get(0)?;
                while missing.next_if(|missing| *missing < number).is_some() {}
                if missing.next_if_eq(&number).is_some() {
                    ids.insert(number, Id::new(row.get_ref(1)?.as_str()?));
                }
            }
            Ok(())
        })
    }

    /// The event name or client with this number.
    fn name(&self, number: i64) -> Result<Arc<str>, Error> {
        self.name_and_verb(number).map(|(name, _)| name)
    }

    /// The event name with this number, and the verb of its rows.
    fn name_and_verb(&self, number: i64) -> Result<(Arc<str>, VerbKind), Error> {
        if let Some(name) = self.names.borrow().get(&number) {
            return Ok(name.clone());
        }
        let found: Option<(String, u8)> = self.ask(|db| {
            let mut select = db.prepare_cached(self.select_name)?;
            select.query_row([number], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })?;
        let (name, verb) = found.ok_or_else(|| self.no_text(number))?;
        let verb = VerbKind::from_number(verb)
            .ok_or_else(|| self.corrupt(format!("rows called {name} have verb {verb}, which there is not")))?;
        let name: (Arc<str>, VerbKind) = (name.into(), verb);
        let mut names = self.names.borrow_mut();
        if names.len() >= CACHED_TEXTS {
            names.clear();
        }
        names.insert(number, name.clone());
        Ok(name)
    }

    fn text(&self, select: &str, number: i64) -> Result<String, Error> {
        let text = self.ask(|db| db.prepare_cached(select)?.query_row([number], |row| row.get(0)).optional())?;
        text.ok_or_else(|| self.no_text(number))
    }

    fn no_text(&self, number: i64) -> Error {
        self.corrupt(format!("it has no text with number {number}, which a row names"))
    }
}

fn data_version(db: &Connection) -> rusqlite::Result<i64> {
    db.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
}

/// `limit` for SQLite.
fn at_most(limit: usize) -> i64 {
    number::length(limit)
}
