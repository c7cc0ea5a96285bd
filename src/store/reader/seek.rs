//! Rows by what they say, over the whole store: what no index knows.
//!
//! Where the properties of a row have to have a value, the index says which rows need no look
//! ([`crate::store::index`]).
//!
//! Goes from the last rows that were added back to the first, in [`Steps`], and tells after each how
//! far it is, so that the caller can show what is found so far, and can end it when that is enough.
//! It ends with [`Error::Cancelled`] when no one needs the answer any more ([`Reader::on_progress`]).
//!
//! Cost: the columns of a million rows take half a second, their properties some seconds
//! of one core.

use std::collections::HashSet;
use std::ops::{ControlFlow, Range};
use std::sync::{Mutex, PoisonError};

use super::Reader;
use super::rows::Thin;
use crate::model::clue::Clue;
use crate::model::scan::{CanHave, RowNote, Seek, Take};
use crate::model::{Id, Millis};
use crate::store::index::{self, Look};
use crate::store::{Error, number};

/// Positions that are looked at before the first report. A first hit of many is on the screen when
/// their properties are read, which takes about 10 ms.
const FIRST_STEP: i64 = 1 << 12;

/// Positions that are looked at between two reports, at most.
const LARGEST_STEP: i64 = 1 << 16;

/// Spans of positions, each twice as long as the one before.
struct Steps(i64);

impl Steps {
    const FIRST: Self = Self(FIRST_STEP);

    /// The length of the next one.
    fn next(&mut self) -> i64 {
        let step = self.0;
        self.0 = (step * 2).min(LARGEST_STEP);
        step
    }
}

impl Reader {
    /// Calls `take` with the rows found in each step, and how many rows were looked at so far; ends
    /// when `take` breaks. Rows that the index leaves out count as looked at.
    pub fn seek(&self, seek: &Seek<'_>, take: &mut Take<'_>) -> Result<(), Error> {
        let mut way = Way { reader: self, seek, take, steps: Steps::FIRST, looked: 0 };
        if let Some(ids) = seek.ids {
            for id in ids {
                for (lo, n) in self.runs_of(*id)?.into_iter().rev() {
                    if way.through_all(lo..lo.saturating_add(n))?.is_break() {
                        return Ok(());
                    }
                }
            }
        } else if let Some(mut look) = seek.clue.filter(|_| self.has_index).and_then(Look::of) {
            for segment in self.ask(index::segments)? {
                let left = self.ask(|db| look.rows(db, &segment))?;
                if way.through(segment.rows, left)?.is_break() {
                    return Ok(());
                }
            }
        } else {
            let all = 0..self.last_position()?.saturating_add(1);
            return way.through_all(all).map(|_| ());
        }
        Ok(())
    }

    /// Tells of the number of a row whether the index leaves it for a clue; `None` where it leaves none.
    pub fn can_have(&self, clue: &Clue) -> Result<Option<CanHave>, Error> {
        let Some(mut look) = Some(clue).filter(|_| self.has_index).and_then(Look::of) else {
            return Ok(Some(Box::new(|_| true)));
        };
        let mut ranges = Vec::new();
        for segment in self.ask(index::segments)? {
            ranges.extend(self.ask(|db| look.rows(db, &segment))?);
        }
        if ranges.is_empty() {
            return Ok(None);
        }
        ranges.sort_unstable_by_key(|range| range.start);
        Ok(Some(Box::new(move |row| {
            let position = number::position(row);
            let after = ranges.partition_point(|range| range.start <= position);
            after.checked_sub(1).and_then(|at| ranges.get(at)).is_some_and(|range| range.contains(&position))
        })))
    }

    /// Rows of which no index says what values they have: every search for a value goes through
    /// them.
    pub fn rows_without_index(&self) -> Result<u64, Error> {
        if self.has_index { self.ask(index::rows_without) } else { self.rows() }
    }

    /// Number of all rows.
    pub fn rows(&self) -> Result<u64, Error> {
        let rows: i64 = self.ask(|db| {
            db.prepare_cached("SELECT coalesce(sum(events), 0) FROM chunks")?.query_row([], |row| row.get(0))
        })?;
        Ok(number::from_sql(rows))
    }

    /// Names of events, and of the programs that sent them, by their numbers. A name of rows with
    /// several verbs has a number for each.
    pub fn names(&self) -> Result<Vec<(i64, String)>, Error> {
        self.ask(|db| {
            db.prepare_cached("SELECT id, name FROM names ORDER BY id")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
    }

    /// Whether rows have the name with this number as that of the program that sent them.
    pub fn is_client(&self, number: i64) -> Result<bool, Error> {
        self.ask(|db| {
            db.prepare_cached("SELECT EXISTS (SELECT 1 FROM senders WHERE client = ?1)")?
                .query_row([number], |row| row.get(0))
        })
    }

    /// Names of files by their numbers.
    pub fn file_names(&self) -> Result<Vec<(i64, String)>, Error> {
        self.ask(|db| {
            db.prepare_cached("SELECT id, name FROM files ORDER BY id")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
    }

    /// The number of an id; `None` when the store does not have it in any role.
    pub fn number(&self, id: &Id) -> Result<Option<i64>, Error> {
        self.number_of(id)
    }

    /// The id with this number.
    pub fn id_of(&self, number: i64) -> Result<Id, Error> {
        self.id(number)
    }

    /// Calls `each` with the number of the id, the name and the value of everything in profiles
    /// that a person is searched by.
    pub fn each_value(&self, each: &mut dyn FnMut(i64, &str, &str)) -> Result<(), Error> {
        self.ask(|db| {
            let mut select = db.prepare_cached("SELECT uid, key, value FROM profile_values ORDER BY id")?;
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                each(row.get(0)?, row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str()?);
            }
            Ok(())
        })
    }

    /// Calls `each` with the number of the id and the JSON text of every profile update, the
    /// last that was added first.
    pub fn each_profile(&self, each: &mut dyn FnMut(i64, &str)) -> Result<(), Error> {
        self.ask(|db| {
            let mut select =
                db.prepare_cached("SELECT uid, json FROM profiles WHERE uid IS NOT NULL ORDER BY id DESC")?;
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                each(row.get(0)?, row.get_ref(1)?.as_str()?);
            }
            Ok(())
        })
    }

    /// Some rows from all over the store, at most `most`.
    pub fn sample(&self, most: usize) -> Result<Vec<RowNote>, Error> {
        /// Neighbouring rows, which are of one id and one block.
        const ROWS_PER_SAMPLE: i64 = 10;
        self.at_one_moment(|_| {
            let last = self.last_position()?;
            let places = (number::length(most) / ROWS_PER_SAMPLE).min(last / ROWS_PER_SAMPLE + 1);
            let mut rows = Vec::new();
            let mut seen = HashSet::new();
            for place in 0..places {
                let from = last.saturating_sub(1).saturating_mul(place) / places.max(1) + 1;
                for note in
                    self.found_without_properties(&Seek::default(), &(from..from.saturating_add(ROWS_PER_SAMPLE)))?
                {
                    if seen.insert(note.row) {
                        rows.push(note);
                    }
                }
            }
            Ok(rows)
        })
    }

    pub(super) fn last_position(&self) -> Result<i64, Error> {
        self.ask(|db| {
            db.prepare_cached("SELECT coalesce((SELECT id + n - 1 FROM packs ORDER BY id DESC LIMIT 1), 0)")?
                .query_row([], |row| row.get(0))
        })
    }

    /// The rows found between two positions.
    fn found_in(&self, seek: &Seek<'_>, range: &Range<i64>) -> Result<Vec<RowNote>, Error> {
        let mut rows = self.found_without_properties(seek, range)?;
        let Some(test) = seek.properties else {
            rows.retain(|note| seek.of_row(note) == Some(true));
            return Ok(rows);
        };
        // What is known without properties, by the place of the row.
        let known: Vec<Option<bool>> = rows.iter().map(|note| seek.of_row(note)).collect();
        let open: Vec<RowNote> =
            rows.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(note, _)| *note).collect();
        let passed = Mutex::new(HashSet::new());
        let wanted: Vec<i64> = open.iter().map(|note| note.row).collect();
        self.for_each_properties(&wanted, &|place, properties| {
            if let Some(note) = open.get(place).filter(|note| test(note, properties)) {
                passed.lock().unwrap_or_else(PoisonError::into_inner).insert(note.row);
            }
        })?;
        let passed = passed.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut known = known.into_iter();
        rows.retain(|note| known.next().flatten().unwrap_or_else(|| passed.contains(&note.row)));
        Ok(rows)
    }

    /// The rows between two positions of which everything but their properties is as it should be.
    fn found_without_properties(&self, seek: &Seek<'_>, range: &Range<i64>) -> Result<Vec<RowNote>, Error> {
        let (from, to) = (seek.from.unwrap_or(Millis::MIN), seek.to.unwrap_or(Millis::MAX));
        let mut rows = match seek.events {
            None => self.rows_between(range.start, range.end)?,
            Some(events) => {
                let mut events = events.to_vec();
                events.sort_unstable();
                self.events_between(range.start, range.end, &events)?
            }
        };
        rows.retain(|row| (from..to).contains(&row.t));
        let note = |row: &Thin| RowNote {
            row: row.id,
            id: row.uid,
            event: row.ev,
            time: row.t,
            device: row.device,
            user: row.user,
            client: row.client,
            file: row.file,
            line: row.line,
        };
        Ok(rows.iter().map(note).collect())
    }
}

/// A look that is on its way, from the last rows to the first.
struct Way<'a, 't> {
    reader: &'a Reader,
    seek: &'a Seek<'a>,
    take: &'a mut Take<'t>,
    steps: Steps,
    looked: u64,
}

impl Way<'_, '_> {
    /// Looks at all rows at these positions.
    fn through_all(&mut self, places: Range<i64>) -> Result<ControlFlow<()>, Error> {
        let left = vec![places.clone()];
        self.through(places, left)
    }

    /// Looks at the rows that are `left` of those at these positions.
    fn through(&mut self, places: Range<i64>, mut left: Vec<Range<i64>>) -> Result<ControlFlow<()>, Error> {
        let (reader, seek) = (self.reader, self.seek);
        let mut end = places.end;
        // Once also where nothing is left, so that the caller hears how far the look is.
        loop {
            reader.go_on()?;
            let step = cut_last(&mut left, self.steps.next());
            let found = reader.at_one_moment(|_| {
                let mut found = Vec::new();
                for range in &step {
                    found.extend(reader.found_in(seek, range)?);
                }
                Ok::<_, Error>(found)
            })?;
            let start = left.last().map_or(places.start, |range| range.end);
            self.looked += number::from_sql(end.saturating_sub(start));
            end = start;
            let more = (self.take)(&found, self.looked);
            if more.is_break() || left.is_empty() {
                return Ok(more);
            }
        }
    }
}

/// Takes the last `most` positions from ranges that are in their order.
fn cut_last(ranges: &mut Vec<Range<i64>>, most: i64) -> Vec<Range<i64>> {
    let mut cut = Vec::new();
    let mut left = most;
    while let Some(range) = ranges.pop_if(|_| left > 0) {
        let start = range.start.max(range.end.saturating_sub(left));
        left = left.saturating_sub(range.end.saturating_sub(start));
        if range.start < start {
            ranges.push(range.start..start);
        }
        cut.push(start..range.end);
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_go_from_the_last_position_to_the_first_and_leave_none_out() {
        let mut ranges = vec![0..5, 8..9, 10..20];
        let mut cut = |most| -> Vec<(i64, i64)> {
            cut_last(&mut ranges, most).into_iter().map(|range| (range.start, range.end)).collect()
        };
        assert_eq!(cut(4), [(16, 20)]);
        assert_eq!(cut(8), [(10, 16), (8, 9), (4, 5)]);
        assert_eq!(cut(8), [(0, 4)]);
        assert!(cut(8).is_empty() && ranges.is_empty());
    }

    #[test]
    fn the_first_step_is_short_and_none_is_longer_than_the_largest() {
        let mut steps = Steps::FIRST;
        let lengths: Vec<i64> = (0..6).map(|_| steps.next()).collect();
        assert_eq!(lengths, [4_096, 8_192, 16_384, 32_768, 65_536, 65_536]);
    }
}
