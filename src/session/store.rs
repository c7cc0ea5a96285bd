//! A store file as a source.
//!
//! The only place where what SQLite answers, and why it does not, is put in the words of
//! [`Source`].

use std::collections::HashMap;
use std::error::Error as _;
use std::ops::Range;
use std::sync::Arc;

use crate::inspect::{Ask, Directory, Edges, Error, ErrorKind, Lookup, Scan, Source, Stop, Sweep};
use crate::model::clue::Clue;
use crate::model::facts::{AliasCall, Event, Place, Source as FilePlace};
use crate::model::hit::{IdHit, Span};
use crate::model::scan::{
    CanHave, IdNote, Known, KnownRun, PaidById, RowNote, Seek, SweptCall, SweptLink, SweptRow, SweptRun, Take,
    ValueClue,
};
use crate::model::stored::{Overview, StoredPiece, StoredProfile, StoredReject};
use crate::model::{Id, VerbKind};
use crate::store::{self, Reader};

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        let kind = match error {
            store::Error::Cancelled => ErrorKind::Cancelled,
            store::Error::Question { .. } | store::Error::Exists { .. } | store::Error::Itself { .. } => {
                ErrorKind::Usage
            }
            _ => ErrorKind::Store,
        };
        let mut causes: Vec<String> = Vec::new();
        let what = error.to_string();
        let mut next = error.source();
        while let Some(cause) = next {
            let text = cause.to_string();
            // Many errors already tell their source in their own text.
            if !causes.last().unwrap_or(&what).contains(&text) {
                causes.push(text);
            }
            next = cause.source();
        }
        let cause = (!causes.is_empty()).then(|| causes.join(": "));
        Self { kind, what, cause, hints: error.advice().map(str::to_owned).into_iter().collect() }
    }
}

impl Lookup for Reader {
    fn edges(&self, ids: &[Id], ask: Ask) -> Result<Vec<Edges>, Error> {
        let edges = |id: &Id| {
            let mut edges = Edges::default();
            if ask.calls_of > 0 {
                edges.calls_of = self.calls_of(id, ask.calls_of)?;
            }
            if ask.calls_to > 0 {
                edges.calls_to = self.calls_to(id, ask.calls_to)?;
            }
            if ask.links > 0 {
                edges.links = self.links_of(id, ask.links)?;
            }
            Ok(edges)
        };
        ids.iter().map(edges).collect()
    }

    fn event_heads(&self, ids: &[Id], after: Option<Place>, limit: usize) -> Result<Vec<Arc<Event>>, Error> {
        Ok(Self::event_heads(self, ids, after, limit)?)
    }

    fn ids_alike(&self, id: &Id, limit: usize) -> Result<Vec<Id>, Error> {
        Ok(Self::ids_alike(self, id, limit)?)
    }
}

impl Source for Reader {
    fn search_ids(&self, text: &str, limit: usize) -> Result<Vec<IdHit>, Error> {
        Ok(self.find(text, limit)?)
    }

    fn search_ids_soon(&self, text: &str, limit: usize) -> Result<Option<Vec<IdHit>>, Error> {
        Ok(self.find_soon(text, limit)?)
    }

    fn near_ids(&self, text: &str, limit: usize) -> Result<Vec<(Id, Span)>, Error> {
        Ok(self.find_near(text, limit)?)
    }

    fn properties(&self, rows: &[i64]) -> Result<Vec<String>, Error> {
        Ok(Self::properties(self, rows)?)
    }

    fn for_each_properties(&self, rows: &[i64], each: &(dyn Fn(usize, &str) + Sync)) -> Result<(), Error> {
        Ok(Self::for_each_properties(self, rows, each)?)
    }

    fn profiles_of(&self, ids: &[Id], limit: usize) -> Result<Vec<StoredProfile>, Error> {
        Ok(Self::profiles_of(self, ids, limit)?)
    }

    fn activity_of(&self, id: &Id, parts: usize) -> Result<Vec<u64>, Error> {
        Ok(Self::activity_of(self, id, parts)?)
    }

    fn vendors(&self) -> Result<Vec<String>, Error> {
        Ok(Self::vendors(self)?)
    }

    fn overview(&self) -> Result<Overview, Error> {
        Ok(Self::overview(self)?)
    }

    fn rejects(&self, limit: usize) -> Result<Vec<StoredReject>, Error> {
        Ok(Self::rejects(self, limit)?)
    }

    fn each_piece(&self, file: i64, each: &mut dyn FnMut(u64, StoredPiece) -> bool) -> Result<(), Error> {
        Ok(Self::each_piece(self, file, each)?)
    }

    fn version(&self) -> Result<i64, Error> {
        Ok(self.data_version()?)
    }

    fn at_one_moment(&self, read: &mut dyn FnMut() -> Result<(), Error>) -> Result<(), Error> {
        Self::at_one_moment(self, |_| read())
    }

    fn stop_when(&mut self, stop: Stop) -> Result<(), Error> {
        Ok(self.on_progress(move || stop())?)
    }

    fn scan(&self) -> Option<&dyn Scan> {
        Some(self)
    }

    fn directory(&self) -> Option<&dyn Directory> {
        Some(self)
    }

    fn sweep(&self) -> Option<&dyn Sweep> {
        Some(self)
    }
}

impl Sweep for Reader {
    fn sweep_ids(&self, each: &mut dyn FnMut(i64, &str)) -> Result<(), Error> {
        Ok(Self::sweep_ids(self, each)?)
    }

    fn segments(&self) -> Result<Vec<(i64, Range<i64>)>, Error> {
        Ok(Self::segments(self)?)
    }

    fn known_runs(&self, segment: i64, each: &mut dyn FnMut(&KnownRun)) -> Result<bool, Error> {
        Ok(Self::known_runs(self, segment, each)?)
    }

    fn known_ids(&self, each: &mut dyn FnMut(&Known<'_>)) -> Result<bool, Error> {
        Ok(Self::known_ids(self, each)?)
    }

    fn paid_by_ids(&self, each: &mut dyn FnMut(&PaidById<'_>)) -> Result<bool, Error> {
        Ok(Self::paid_by_ids(self, each)?)
    }

    fn runs_of(&self, id: i64) -> Result<Vec<SweptRun>, Error> {
        Ok(self.swept_runs_of(id)?)
    }

    fn place_of(&self, row: i64) -> i64 {
        Self::place_of(self, row)
    }

    fn sweep_calls(&self) -> Result<Vec<SweptCall>, Error> {
        Ok(Self::sweep_calls(self)?)
    }

    fn sweep_links(&self) -> Result<Vec<SweptLink>, Error> {
        Ok(Self::sweep_links(self)?)
    }

    fn sweep_rows(
        &self,
        each: &mut dyn FnMut(i64, &mut Vec<SweptRow>),
        go_on: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<bool, Error> {
        Ok(Self::sweep_rows(self, each, go_on)?)
    }

    fn sweep_runs(&self, each: &mut dyn FnMut(&SweptRun)) -> Result<(), Error> {
        Ok(Self::sweep_runs(self, each)?)
    }

    fn sweep_places(
        &self,
        places: Range<i64>,
        each: &mut dyn FnMut(i64, &[SweptRow]),
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<bool, Error> {
        Ok(Self::sweep_places(self, places, each, go_on)?)
    }

    fn swept_rows_of(&self, id: i64) -> Result<Vec<SweptRow>, Error> {
        Ok(Self::swept_rows_of(self, id)?)
    }

    fn rows_under(&self, id: i64) -> Result<Vec<i64>, Error> {
        Ok(Self::rows_under(self, id)?)
    }

    fn another(&self) -> Result<Option<Box<dyn Sweep + Send>>, Error> {
        Ok(Self::another(self)?.map(|reader| Box::new(reader) as Box<dyn Sweep + Send>))
    }

    fn swept_source(&self, file: i64, line: i64) -> Result<FilePlace, Error> {
        Ok(Self::swept_source(self, file, line)?)
    }

    fn swept_name(&self, number: i64) -> Result<Arc<str>, Error> {
        Ok(Self::swept_name(self, number)?)
    }

    fn names_of(&self, verb: VerbKind) -> Result<Vec<i64>, Error> {
        Ok(Self::names_of(self, verb)?)
    }

    fn file_ranks(&self) -> Result<Vec<(i64, u32)>, Error> {
        Ok(Self::file_ranks(self)?)
    }

    fn incomplete_files(&self) -> Result<Vec<FilePlace>, Error> {
        Ok(Self::incomplete_files(self)?)
    }

    fn rows_without_id(&self, limit: usize) -> Result<Vec<Arc<Event>>, Error> {
        Ok(self.events_without_id(limit)?)
    }
}

impl Scan for Reader {
    fn number(&self, id: &Id) -> Result<Option<i64>, Error> {
        Ok(Self::number(self, id)?)
    }

    fn id_of(&self, number: i64) -> Result<Id, Error> {
        Ok(Self::id_of(self, number)?)
    }

    fn rows_without_index(&self) -> Result<u64, Error> {
        Ok(Self::rows_without_index(self)?)
    }

    fn can_have(&self, clue: &Clue) -> Result<Option<CanHave>, Error> {
        Ok(Self::can_have(self, clue)?)
    }

    fn names(&self) -> Result<Vec<(i64, String)>, Error> {
        Ok(Self::names(self)?)
    }

    fn is_client(&self, number: i64) -> Result<bool, Error> {
        Ok(Self::is_client(self, number)?)
    }

    fn file_names(&self) -> Result<Vec<(i64, String)>, Error> {
        Ok(Self::file_names(self)?)
    }

    fn numbers_with(&self, text: &str) -> Result<Vec<i64>, Error> {
        Ok(Self::numbers_with(self, text)?)
    }

    fn span_of(&self, id: &Id) -> Result<Option<Span>, Error> {
        Ok(Self::span_of(self, id)?)
    }

    fn rows(&self) -> Result<u64, Error> {
        Ok(Self::rows(self)?)
    }

    fn all_calls(&self, limit: usize) -> Result<Vec<AliasCall>, Error> {
        Ok(Self::all_calls(self, limit)?)
    }

    fn each_value(&self, _: Option<ValueClue<'_>>, each: &mut dyn FnMut(i64, &str, &str)) -> Result<(), Error> {
        Ok(Self::each_value(self, each)?)
    }

    fn each_profile(&self, _: &Clue, each: &mut dyn FnMut(i64, &str)) -> Result<(), Error> {
        Ok(Self::each_profile(self, each)?)
    }

    fn seek(&self, seek: &Seek<'_>, take: &mut Take<'_>) -> Result<(), Error> {
        Ok(Self::seek(self, seek, take)?)
    }

    fn rows_of_events(&self, events: &[i64]) -> Result<HashMap<(i64, i64), u64>, Error> {
        Ok(Self::rows_of_events(self, events)?)
    }

    fn sample(&self, most: usize) -> Result<Vec<RowNote>, Error> {
        Ok(Self::sample(self, most)?)
    }
}

impl Directory for Reader {
    fn each_id(&self, each: &mut dyn FnMut(IdNote<'_>)) -> Result<(), Error> {
        Ok(Self::each_id(self, each)?)
    }

    fn each_known(&self, id: &mut dyn FnMut(&str), value: &mut dyn FnMut(&str)) -> Result<(), Error> {
        Ok(Self::each_known(self, id, value)?)
    }
}
