//! What is asked of whatever holds the rows: a store file, rows in memory, a warehouse.
//!
//! Traits, from what a journey needs to what a search of everything needs:
//!
//! - [`Lookup`]: rows, alias calls and links of exact ids. Each call is over many ids at a time, so
//!   that a walk from id to id costs one round trip a step and not one an id.
//! - [`Source`]: what else every screen needs. Whatever answers these calls can stand behind
//!   all of them; a call with a body of its own need not be answered in another way.
//! - [`Scan`]: looking through everything for what a search asks. A source that has no way to do so gives none
//!   ([`Source::scan`]), and what needs it says that it cannot be answered here.
//! - [`Directory`]: every id one after the other, for who reads all of them ([`Source::directory`]).
//!
//! All are facts: what a row says, never whose it is. The engine never learns who answered.
//! An answer is the same from every source that holds the same rows.

use std::collections::HashMap;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use super::able::Abilities;
use super::{Error, Tell};
use crate::model::clue::Clue;
use crate::model::facts::{AliasCall, Event, Link, Place, Source as FilePlace};
use crate::model::hit::{IdHit, Span};
use crate::model::scan::{
    CanHave, Head, IdNote, IdRows, Known, KnownRun, PaidById, RowNote, Seek, SweptCall, SweptLink, SweptRow, SweptRun,
    Take, ValueClue,
};
use crate::model::stored::{Overview, StoredPiece, StoredProfile, StoredReject};
use crate::model::time::activity;
use crate::model::{Id, VerbKind};

/// Tells whether no one needs the answer any more.
pub type Stop = Arc<dyn Fn() -> bool + Send + Sync>;

/// Rows, alias calls and links of exact ids: what a journey needs.
pub trait Lookup {
    /// What joins or ties each of `ids` to others, in the order asked; nothing for an id that is
    /// not known.
    fn edges(&self, ids: &[Id], ask: Ask) -> Result<Vec<Edges>, Error>;

    /// Rows sent under one of `ids`, without their properties, by time and then arrival: the
    /// first `limit` that come after the place `after`.
    fn event_heads(&self, ids: &[Id], after: Option<Place>, limit: usize) -> Result<Vec<Arc<Event>>, Error>;

    /// The first rows of several lists of ids, each with a limit of its own, as [`Lookup::event_heads`] gives
    /// them. Sources for which a question costs a round trip answer all at once.
    fn heads_of_each(&self, asked: &[(&[Id], usize)]) -> Result<Vec<Vec<Arc<Event>>>, Error> {
        let first = |(ids, limit): &(&[Id], usize)| {
            if ids.is_empty() { Ok(Vec::new()) } else { self.event_heads(ids, None, *limit) }
        };
        asked.iter().map(first).collect()
    }

    /// Up to `limit` other ids that a person cannot tell from `id` ([`crate::model::alike`]). None
    /// where there is no way to find them.
    fn ids_alike(&self, _id: &Id, _limit: usize) -> Result<Vec<Id>, Error> {
        Ok(Vec::new())
    }
}

/// One opened source: everything that is asked of it.
pub trait Source: Lookup + Send {
    /// Ids that `text` finds, best first, at most `limit`, each with how many rows it has: the id
    /// itself and its other device form, ids that begin with the text, that have it in them, whose
    /// profile has it in a value, that are like it. Case counts only for the first. Within a kind,
    /// shorter ids come first, then by alphabet.
    fn search_ids(&self, text: &str, limit: usize) -> Result<Vec<IdHit>, Error>;

    /// What [`Source::search_ids`] will find, as far as that can be said at once; `None` when that
    /// is quick itself.
    fn search_ids_soon(&self, _text: &str, _limit: usize) -> Result<Option<Vec<IdHit>>, Error> {
        Ok(None)
    }

    /// Ids that differ from `text` by few errors of typing, with their rows, nearest first. None
    /// where there is no way to find them.
    fn near_ids(&self, _text: &str, _limit: usize) -> Result<Vec<(Id, Span)>, Error> {
        Ok(Vec::new())
    }

    /// The properties of rows as JSON text, in the order asked.
    fn properties(&self, rows: &[i64]) -> Result<Vec<String>, Error>;

    /// Calls `each` with the place of every row in `rows` and its properties as JSON text, in no
    /// order, perhaps from several threads at a time.
    fn for_each_properties(&self, rows: &[i64], each: &(dyn Fn(usize, &str) + Sync)) -> Result<(), Error> {
        /// Rows whose properties are held at once.
        const ROWS_PER_CALL: usize = 10_000;
        let mut places = 0..;
        for rows in rows.chunks(ROWS_PER_CALL) {
            for (text, place) in self.properties(rows)?.iter().zip(&mut places) {
                each(place, text);
            }
        }
        Ok(())
    }

    /// Profile updates of these ids by time; past `limit` the latest are left out.
    fn profiles_of(&self, ids: &[Id], limit: usize) -> Result<Vec<StoredProfile>, Error>;

    /// The rows that were sent under these ids together; `None` where they cannot be counted.
    fn span_of_all(&self, ids: &[Id]) -> Result<Option<Span>, Error> {
        let Some(scan) = self.scan() else { return Ok(None) };
        let mut all = Span::default();
        for id in ids {
            all = all.and(scan.span_of(id)?.unwrap_or_default());
        }
        Ok(Some(all))
    }

    /// Rows sent under `id` in `parts` equal parts of the time from the first to the last of them;
    /// empty without rows.
    fn activity_of(&self, id: &Id, parts: usize) -> Result<Vec<u64>, Error> {
        let rows = self.event_heads(std::slice::from_ref(id), None, usize::MAX)?;
        Ok(activity(rows.iter().map(|row| row.time), parts))
    }

    /// Whose rows it holds, by the names of [`crate::model::facts::Origin::vendor`]; none where all are
    /// Mixpanel's.
    fn vendors(&self) -> Result<Vec<String>, Error> {
        Ok(Vec::new())
    }

    /// The source as a whole.
    fn overview(&self) -> Result<Overview, Error>;

    /// What can be answered here and what not; `None` where everything can.
    fn abilities(&self) -> Result<Option<Abilities>, Error> {
        Ok(None)
    }

    /// What could not be read at import, by file and line; nothing where that is not kept.
    fn rejects(&self, _limit: usize) -> Result<Vec<StoredReject>, Error> {
        Ok(Vec::new())
    }

    /// Calls `each` with everything of one file, by the number that [`Overview::files`] has, and the line
    /// where it stands, in the order of the lines; `false` ends it.
    ///
    /// # Errors
    /// Files cannot be gone through here.
    fn each_piece(&self, _file: i64, _each: &mut dyn FnMut(u64, StoredPiece) -> bool) -> Result<(), Error> {
        Err(Error::not_here("what a file holds"))
    }

    /// A number that changes when what it holds has changed.
    fn version(&self) -> Result<i64, Error>;

    /// Runs `read` over one state of the source, whatever is added meanwhile.
    ///
    /// `read` should not wait for a person.
    fn at_one_moment(&self, read: &mut dyn FnMut() -> Result<(), Error>) -> Result<(), Error> {
        read()
    }

    /// Asks `stop` again and again while a question is answered; when it says so, the question
    /// ends with [`Error::cancelled`]. Later questions are answered as before.
    fn stop_when(&mut self, stop: Stop) -> Result<(), Error>;

    /// Tells of every question that goes to a server from now on; of none where there is no server.
    fn tell_trips(&mut self, _tell: Tell) {}

    /// The way to read everything in one pass; `None` where there is none.
    fn sweep(&self) -> Option<&dyn Sweep> {
        None
    }

    /// The way to look through everything; `None` where there is none.
    fn scan(&self) -> Option<&dyn Scan> {
        None
    }

    /// The way to read every id; `None` where there is none.
    fn directory(&self) -> Option<&dyn Directory> {
        None
    }
}

/// Looking through everything that a source holds.
///
/// Ids, names of events and files have numbers here, which are the source's own and stay as they
/// are as long as it is open: a search over millions of rows holds numbers, and asks for the texts
/// of the few that it shows. 0 stands for none.
pub trait Scan: Source {
    /// The number of an id; `None` when it is not known in any role.
    fn number(&self, id: &Id) -> Result<Option<i64>, Error>;

    /// The id with this number.
    fn id_of(&self, number: i64) -> Result<Id, Error>;

    /// Rows that have to be looked through for a value of a property, and would not have to be if
    /// the source had its index.
    fn rows_without_index(&self) -> Result<u64, Error> {
        Ok(0)
    }

    /// Tells of the number of a row whether its properties can have what a clue says; `None` where those of
    /// no row can.
    fn can_have(&self, _clue: &Clue) -> Result<Option<CanHave>, Error> {
        Ok(Some(Box::new(|_| true)))
    }

    /// Names of events, and of the programs that sent them, by their numbers.
    fn names(&self) -> Result<Vec<(i64, String)>, Error>;

    /// Whether rows have the name with this number as that of the program that sent them.
    fn is_client(&self, number: i64) -> Result<bool, Error>;

    /// Names of files by their numbers.
    fn file_names(&self) -> Result<Vec<(i64, String)>, Error>;

    /// Numbers of all ids with `text` in them, in any case.
    fn numbers_with(&self, text: &str) -> Result<Vec<i64>, Error>;

    /// How many rows were sent under an id, and from when to when; `None` when it is not known in
    /// any role.
    fn span_of(&self, id: &Id) -> Result<Option<Span>, Error>;

    /// Number of all rows.
    fn rows(&self) -> Result<u64, Error>;

    /// Every alias call, in order of arrival; past `limit` the latest are left out.
    fn all_calls(&self, limit: usize) -> Result<Vec<AliasCall>, Error>;

    /// Calls `each` with the number of the id, the name and the value of everything in profiles
    /// that a person is searched by; what `clue` rules out can be left out.
    fn each_value(&self, clue: Option<ValueClue<'_>>, each: &mut dyn FnMut(i64, &str, &str)) -> Result<(), Error>;

    /// Calls `each` with the number of the id and the JSON text of every profile update, the last
    /// that was added first; those without properties as `clue` has them can be left out.
    fn each_profile(&self, clue: &Clue, each: &mut dyn FnMut(i64, &str)) -> Result<(), Error>;

    /// Calls `take` with the rows that are looked for, the last that were added first, again and
    /// again, and with how many rows were looked at so far; ends early when `take` breaks.
    fn seek(&self, seek: &Seek<'_>, take: &mut Take<'_>) -> Result<(), Error>;

    /// The rows that a clue holds of, sent under one of the ids of `ids` where there are some, for each id, the one
    /// with the last row first: of `most` ids at most, and of those without an id. `None` where it is the seek that
    /// finds them.
    fn rows_by_id(&self, _clue: &Clue, _ids: Option<&[i64]>, _most: usize) -> Result<Option<Vec<IdRows>>, Error> {
        Ok(None)
    }

    /// The numbers of some ids, in their order, as [`Scan::number`] gives them.
    fn numbers(&self, ids: &[Id]) -> Result<Vec<Option<i64>>, Error> {
        ids.iter().map(|id| self.number(id)).collect()
    }

    /// Whether rows can be looked for by this; else it stands in their properties alone.
    fn keeps(&self, _what: Head) -> bool {
        true
    }

    /// Numbers of all ids that are `text`, in any case.
    fn numbers_of(&self, text: &str) -> Result<Vec<i64>, Error> {
        self.numbers_with(text)
    }

    /// Says whose rows will be counted next, for sources for which a question costs a round trip.
    fn will_count(&self, _ids: &[i64]) -> Result<(), Error> {
        Ok(())
    }

    /// Whether rows are so many that they are not looked through for a word that a person types, only for a term.
    fn is_for_terms_alone(&self) -> Result<bool, Error> {
        Ok(false)
    }

    /// How many rows have one of `events`, by the numbers of the event and of the id that they were sent under.
    fn rows_of_events(&self, events: &[i64]) -> Result<HashMap<(i64, i64), u64>, Error> {
        let mut rows = HashMap::new();
        self.seek(&Seek { events: Some(events), ..Seek::default() }, &mut |notes, _| {
            for note in notes {
                *rows.entry((note.event, note.id)).or_default() += 1;
            }
            ControlFlow::Continue(())
        })?;
        Ok(rows)
    }

    /// Some rows from all over the source, at most `most`.
    fn sample(&self, most: usize) -> Result<Vec<RowNote>, Error>;
}

/// Reading every id that a source knows: what takes as long as there are ids.
pub trait Directory: Scan {
    /// Calls `each` for every id in any role.
    fn each_id(&self, each: &mut dyn FnMut(IdNote<'_>)) -> Result<(), Error>;

    /// Calls `id` with every id in any role, and `value` with every value of a profile that a
    /// person can be looked for by.
    fn each_known(&self, id: &mut dyn FnMut(&str), value: &mut dyn FnMut(&str)) -> Result<(), Error>;
}

/// Reading everything that a source holds in one pass, as numbers: what a look over every user
/// needs. Numbers are those of [`Scan`]; files have numbers too.
pub trait Sweep: Source {
    /// Calls `each` with the number and text of every id, in the order of their numbers.
    fn sweep_ids(&self, each: &mut dyn FnMut(i64, &str)) -> Result<(), Error>;

    /// Every alias call, in no order.
    fn sweep_calls(&self) -> Result<Vec<SweptCall>, Error>;

    /// Every link, in no order.
    fn sweep_links(&self) -> Result<Vec<SweptLink>, Error>;

    /// Calls `each` once with the number of every id that has rows, 0 for rows without one, and all of
    /// its rows, in no order of the ids, to keep if it wants. `go_on` is given how many rows of how many are done;
    /// `false` ends it there. Returns whether it came to the end.
    fn sweep_rows(
        &self,
        each: &mut dyn FnMut(i64, &mut Vec<SweptRow>),
        go_on: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<bool, Error>;

    /// Calls `each` with every run, by the numbers of their ids.
    fn sweep_runs(&self, each: &mut dyn FnMut(&SweptRun)) -> Result<(), Error>;

    /// Calls `each` with the id and the rows of every run in these places, which hold whole runs, in their order.
    /// `go_on` is asked now and then; `false` ends it there. Returns whether it came to the end.
    fn sweep_places(
        &self,
        places: Range<i64>,
        each: &mut dyn FnMut(i64, &[SweptRow]),
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<bool, Error>;

    /// The segments that have rows, each with the places of these, by their numbers.
    fn segments(&self) -> Result<Vec<(i64, Range<i64>)>, Error>;

    /// Calls `each` with every run of a segment and what its rows add up to, in their order; `false`, and no call,
    /// where that is not known and rows have to be read.
    fn known_runs(&self, _segment: i64, _each: &mut dyn FnMut(&KnownRun)) -> Result<bool, Error> {
        Ok(false)
    }

    /// Calls `each` with what the rows of every id that has some add up to, by their numbers; `false`, and no call,
    /// where that is not known.
    fn known_ids(&self, _each: &mut dyn FnMut(&Known<'_>)) -> Result<bool, Error> {
        Ok(false)
    }

    /// Calls `each` with what the rows of an id say was paid, for every id of which some say it; `false`, and no call,
    /// where that is not known.
    fn paid_by_ids(&self, _each: &mut dyn FnMut(&PaidById<'_>)) -> Result<bool, Error> {
        Ok(false)
    }

    /// The place of the row with this number, as [`KnownRun`] has it.
    fn place_of(&self, row: i64) -> i64 {
        row
    }

    /// The runs of an id, by their segments.
    fn runs_of(&self, id: i64) -> Result<Vec<SweptRun>, Error>;

    /// All rows under an id.
    fn swept_rows_of(&self, id: i64) -> Result<Vec<SweptRow>, Error>;

    /// The numbers of all rows under an id, other deliveries among them, for [`Source::for_each_properties`].
    fn rows_under(&self, id: i64) -> Result<Vec<i64>, Error>;

    /// Another way to sweep the same state, for another thread; `None` where there is none.
    fn another(&self) -> Result<Option<Box<dyn Sweep + Send>>, Error> {
        Ok(None)
    }

    /// The place of a row.
    fn swept_source(&self, file: i64, line: i64) -> Result<FilePlace, Error>;

    /// The name of a client.
    fn swept_name(&self, number: i64) -> Result<Arc<str>, Error>;

    /// The numbers of the event names with this verb.
    fn names_of(&self, verb: VerbKind) -> Result<Vec<i64>, Error>;

    /// The number of each file, and its place among all files.
    fn file_ranks(&self) -> Result<Vec<(i64, u32)>, Error>;

    /// Files that were not read to their end, or say themselves that rows are missing.
    fn incomplete_files(&self) -> Result<Vec<FilePlace>, Error>;

    /// Rows without an id, by time; past `limit` the latest are left out.
    fn rows_without_id(&self, limit: usize) -> Result<Vec<Arc<Event>>, Error>;
}

impl dyn Source + '_ {
    /// The way to read everything in one pass, for `what`.
    ///
    /// # Errors
    /// There is none.
    pub fn sweep_for(&self, what: &str) -> Result<&dyn Sweep, Error> {
        self.sweep().ok_or_else(|| Error::not_here(what))
    }

    /// As [`Source::at_one_moment`], for a `read` that has an answer.
    pub fn one_moment<T>(&self, read: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let (mut read, mut answer) = (Some(read), None);
        self.at_one_moment(&mut || {
            if let Some(read) = read.take() {
                answer = Some(read()?);
            }
            Ok(())
        })?;
        answer.ok_or_else(|| Error::new(super::ErrorKind::Bug, "a question was not asked"))
    }

    /// The way to look through everything, for `what`.
    ///
    /// # Errors
    /// There is none.
    pub fn scan_for(&self, what: &str) -> Result<&dyn Scan, Error> {
        self.scan().ok_or_else(|| Error::not_here(what))
    }

    /// The way to read every id, for `what`.
    ///
    /// # Errors
    /// There is none.
    pub fn directory_for(&self, what: &str) -> Result<&dyn Directory, Error> {
        self.directory().ok_or_else(|| Error::not_here(what))
    }
}

/// How many edges of each id are wanted, the first to arrive; 0 for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// Alias calls that ask for the id.
    pub calls_of: usize,
    /// Alias calls that point at it.
    pub calls_to: usize,
    /// Links that name it on either side.
    pub links: usize,
}

/// What joins or ties one id to others, each kind in order of arrival.
#[derive(Clone, Debug, Default)]
pub struct Edges {
    /// Alias calls that ask for the id.
    pub calls_of: Vec<AliasCall>,
    /// Alias calls that point at it.
    pub calls_to: Vec<AliasCall>,
    /// Links that name it on either side.
    pub links: Vec<Link>,
}
