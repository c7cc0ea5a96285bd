//! The money that rows of findings say.
//!
//! What a row was worth stands in its properties, which a look over every user does not read. So the
//! rows that findings cost are noted when all users are judged. The summary of a store knows what the rows of an id
//! say, and the index of values the amounts of a segment; where it does not, the properties of these rows are read, block by block: none of it where it says that
//! no row of the store has an amount. Where all rows of an id are lost, their numbers are known without the heads.
//!
//! Memory: 16 bytes for each row that is lost or mixed, as long as they are read.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::super::{Error, Inspector, Sweep};
use super::each::of_each;
use super::gathered::Gathered;
use super::sums::{self, Names};
use crate::identity::findings::Lost;
use crate::identity::{Finding, Journey, Split, Splits, Step};
use crate::model::Id;
use crate::model::money::{self, Amounts};
use crate::model::scan::{KnownRun, Paid, SweptRow};

/// Rows whose properties are read at once.
const BATCH: usize = 20_000;

/// Rows whose money is added up, each with the number of the sum that it goes to.
#[derive(Default)]
pub(super) struct Losses(Vec<(u32, Lost)>);

/// The sums, by their numbers.
pub(super) type Sums = FxHashMap<u32, Amounts>;

/// Which rows of an id go to a sum.
#[derive(Clone, Copy)]
struct Taken {
    sum: u32,
    which: Which,
}

#[derive(Clone, Copy)]
enum Which {
    All,
    Split(Split),
    /// Those that name this user.
    User(i64),
}

impl Which {
    fn takes(self, row: &SweptRow, split: Option<Split>) -> bool {
        match self {
            Self::All => true,
            Self::Split(how) => split == Some(how),
            Self::User(user) => row.user == user,
        }
    }
}

impl Losses {
    /// Has these rows added to a sum.
    pub(super) fn add(&mut self, sum: u32, lost: Lost) {
        if lost != Lost::Nothing {
            self.0.push((sum, lost));
        }
    }

    /// Adds the rows up, those without an id to the sum `without_id`; and whether all were read. `go_on` ends it.
    pub(super) fn amounts(
        self,
        reader: &dyn Sweep,
        gathered: &mut Gathered,
        without_id: Option<u32>,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<(Sums, bool), Error> {
        let mut sums = Sums::default();
        let without_id = without_id.filter(|_| gathered.summed().without_id > 0);
        let can_have = reader.scan().map(|scan| scan.can_have(&money::clue())).transpose()?.flatten();
        let Some(can_have) = can_have.filter(|_| !self.0.is_empty() || without_id.is_some()) else {
            return Ok((sums, true));
        };
        let mut of_id = self.by_id(gathered);
        of_id.extend(without_id.map(|sum| (0, vec![Taken { sum, which: Which::All }])));
        let ways = gathered.ways();
        // Rows of an id that is no alias are never split.
        let is_split = |taken: &Taken| matches!(taken.which, Which::Split(_));
        of_id.retain(|uid, taken| ways.contains_key(uid) || !taken.iter().all(is_split));
        let gathered = &*gathered;
        let ranks: FxHashMap<i64, u32> = reader.file_ranks()?.into_iter().collect();
        let names = Names { identify: Vec::new(), ranks: &ranks, thresholds: gathered.thresholds() };
        // Of most ids all rows are lost, whichever they are; of the others their heads say which.
        let (whole, parts): (Vec<_>, Vec<_>) = of_id.into_iter().partition(|(uid, taken)| {
            let is_simple = !gathered.has_copies(*uid) || gathered.is_known_by_segments(*uid);
            is_simple && taken.iter().all(|taken| matches!(taken.which, Which::All))
        });
        let rows_of = |reader: &dyn Sweep, (uid, taken): &(i64, Vec<Taken>)| {
            let mut rows: Vec<(i64, u32)> = Vec::new();
            let of_uid = reader.swept_rows_of(*uid)?;
            sums::each_once(&of_uid, ways.get(uid), gathered.rules(), &names, &mut |row, split| {
                let sums = taken.iter().filter(|taken| taken.which.takes(row, split)).map(|taken| taken.sum);
                if can_have(row.row) {
                    rows.extend(sums.map(|sum| (row.row, sum)));
                }
            });
            Ok(rows)
        };
        let Some(of_parts) = of_each(reader, &parts, &rows_of, go_on)? else { return Ok((sums, false)) };
        let of_parts = Rows::of(of_parts.into_iter().flatten().map(|(row, sum)| (reader.place_of(row), row, sum)));
        let mut whole: FxHashMap<i64, Vec<Taken>> = whole.into_iter().collect();
        if add_whole(reader, &mut whole, &mut sums)? && whole.is_empty() && of_parts.is_empty() {
            return Ok((sums, true));
        }
        let all: Mutex<Sums> = Mutex::new(sums);
        let in_segment = |reader: &dyn Sweep, (segment, places): &(i64, Range<i64>)| {
            let (mut sums, mut with_copies) = (Sums::default(), Vec::new());
            let is_known = reader.known_runs(*segment, &mut |known| {
                let Some(taken) = whole.get(&known.run.id) else { return of_parts.add_known(known, &mut sums) };
                if known.copies > 0 && !known.paid.is_empty() {
                    with_copies.push(KnownRun { hashes: Vec::new(), ..known.clone() });
                    return;
                }
                for (paid, taken) in known.paid.iter().flat_map(|paid| taken.iter().map(move |taken| (paid, taken))) {
                    add(&mut sums, taken.sum, known, paid);
                }
            })?;
            // At once, so that what each segment has is not held until all of them are read.
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            for (sum, amounts) in sums {
                all.entry(sum).or_default().append(&amounts);
            }
            Ok((with_copies, (!is_known).then(|| places.clone())))
        };
        let in_segments = of_each(reader, gathered.segments(), &in_segment, go_on)?;
        sums = all.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Some(in_segments) = in_segments else { return Ok((sums, false)) };
        let (mut unknown, mut with_copies) = (Vec::new(), Vec::new());
        for (copies, places) in in_segments {
            with_copies.extend(copies);
            unknown.extend(places);
        }
        for known in with_copies {
            let KnownRun { run, .. } = known;
            let Some(taken) = whole.get(&run.id) else { continue };
            let mut take = |_, rows: &[SweptRow]| {
                sums::each_once(rows, None, gathered.rules(), &names, &mut |row, _| {
                    let paid = known.paid_in(reader.place_of(row.row));
                    for (paid, taken) in paid.into_iter().flat_map(|paid| taken.iter().map(move |taken| (paid, taken)))
                    {
                        add(&mut sums, taken.sum, &known, paid);
                    }
                });
            };
            reader.sweep_places(run.places(), &mut take, &mut || true)?;
        }
        if unknown.is_empty() {
            return Ok((sums, true));
        }
        let is_unknown = |row: i64| unknown.iter().any(|places| places.contains(&reader.place_of(row)));
        let whole: Vec<(i64, Vec<Taken>)> = whole.into_iter().collect();
        let rows_of_whole = |reader: &dyn Sweep, (uid, taken): &(i64, Vec<Taken>)| {
            let rows = reader.rows_under(*uid)?.into_iter().filter(|row| can_have(*row));
            Ok(rows.flat_map(|row| taken.iter().map(move |taken| (row, taken.sum))).collect())
        };
        let rows: Option<Vec<Vec<(i64, u32)>>> = of_each(reader, &whole, &rows_of_whole, go_on)?;
        let Some(rows) = rows else { return Ok((sums, false)) };
        let mut rows: Vec<(i64, u32)> = rows.into_iter().flatten().chain(of_parts.rows()).collect();
        rows.retain(|(row, _)| is_unknown(*row));
        rows.sort_unstable();
        // A row that goes to several sums is read once.
        let of_rows: Vec<&[(i64, u32)]> = rows.chunk_by(|(one, _), (other, _)| one == other).collect();
        for batch in of_rows.chunks(BATCH) {
            if !go_on() {
                return Ok((sums, false));
            }
            let wanted: Vec<i64> = batch.iter().filter_map(|of_row| Some(of_row.first()?.0)).collect();
            for (place, amount) in amounts_of(reader, &wanted)? {
                for (_, sum) in batch.get(place).copied().unwrap_or_default() {
                    sums.entry(*sum).or_default().add(&amount);
                }
            }
        }
        Ok((sums, true))
    }

    /// By the number of each id: which of its rows go to which sum.
    fn by_id(self, gathered: &Gathered) -> BTreeMap<i64, Vec<Taken>> {
        let Self(lost) = self;
        let numbers = gathered.numbers_of(lost.iter().flat_map(|(_, lost)| ids_of(lost)));
        let mut of_id: BTreeMap<i64, Vec<Taken>> = BTreeMap::new();
        let mut take = |id: &Id, sum, which| {
            if let Some(number) = numbers.get(id.as_str()) {
                of_id.entry(*number).or_default().push(Taken { sum, which });
            }
        };
        for (sum, lost) in &lost {
            let sum = *sum;
            match lost {
                Lost::Nothing => {}
                Lost::Under(ids) => ids.iter().for_each(|id| take(id, sum, Which::All)),
                Lost::Race(ids) => ids.iter().for_each(|id| take(id, sum, Which::Split(Split::Race))),
                Lost::History(ids) => ids.iter().for_each(|id| take(id, sum, Which::Split(Split::History))),
                Lost::WithUser(pairs) => {
                    for (id, user) in pairs {
                        if let Some(user) = numbers.get(user.as_str()) {
                            take(id, sum, Which::User(*user));
                        }
                    }
                }
            }
        }
        of_id
    }
}

/// Adds what all rows of ids say that are known by them; the others stay in `whole`. Whether the source knows any so.
fn add_whole(reader: &dyn Sweep, whole: &mut FxHashMap<i64, Vec<Taken>>, sums: &mut Sums) -> Result<bool, Error> {
    let mut left: FxHashMap<i64, Vec<Taken>> = FxHashMap::default();
    let is_known = reader.paid_by_ids(&mut |paid| {
        let Some(taken) = whole.remove(&paid.id) else { return };
        let Some(of_id) = paid.sums else {
            left.insert(paid.id, taken);
            return;
        };
        for (currency, micros, rows) in of_id {
            for taken in &taken {
                sums.entry(taken.sum).or_default().add_rows(currency, i128::from(*micros), *rows);
            }
        }
    })?;
    if is_known {
        // Rows of the others say nothing of money.
        *whole = left;
    }
    Ok(is_known)
}

/// Adds what a row says that a segment knows.
fn add(sums: &mut Sums, sum: u32, known: &KnownRun, paid: &Paid) {
    let currency = known.currencies.get(paid.currency).map_or("", String::as_str);
    sums.entry(sum).or_default().add_micros(currency, i128::from(paid.micros));
}

/// Rows by their places, each with its number and a sum that it goes to.
struct Rows(Vec<(i64, i64, u32)>);

impl Rows {
    fn of(rows: impl Iterator<Item = (i64, i64, u32)>) -> Self {
        let mut rows: Vec<_> = rows.collect();
        rows.sort_unstable();
        Self(rows)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds those of them that a run knows the amounts of.
    fn add_known(&self, known: &KnownRun, sums: &mut Sums) {
        let Self(rows) = self;
        let from = rows.partition_point(|(place, ..)| *place < known.run.first);
        let of_run = rows.get(from..).unwrap_or_default();
        let end = known.run.places().end;
        for (place, _, sum) in of_run.iter().take_while(|(place, ..)| *place < end) {
            if let Some(paid) = known.paid_in(*place) {
                add(sums, *sum, known, paid);
            }
        }
    }

    /// Their numbers and sums.
    fn rows(&self) -> impl Iterator<Item = (i64, u32)> {
        self.0.iter().map(|(_, row, sum)| (*row, *sum))
    }
}

/// Every id that rows are lost under, or to.
fn ids_of(lost: &Lost) -> Vec<&Id> {
    match lost {
        Lost::Nothing => Vec::new(),
        Lost::Under(ids) | Lost::Race(ids) | Lost::History(ids) => ids.iter().collect(),
        Lost::WithUser(pairs) => pairs.iter().flat_map(|(id, user)| [id, user]).collect(),
    }
}

/// The amounts of rows that say one, each with the place of the row among those asked for.
fn amounts_of(reader: &dyn Sweep, rows: &[i64]) -> Result<Vec<(usize, money::Amount)>, Error> {
    let found: Mutex<Vec<(usize, money::Amount)>> = Mutex::default();
    reader.for_each_properties(rows, &|place, text| {
        if let Some(amount) = money::amount(text) {
            found.lock().unwrap_or_else(PoisonError::into_inner).push((place, amount));
        }
    })?;
    Ok(found.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// What the rows that a finding of a user costs say was paid.
pub fn of_finding(inspector: &Inspector, journey: &Journey, finding: &Finding) -> Result<Amounts, Error> {
    let steps = || journey.steps.iter().chain(journey.orphans.iter().flat_map(|orphan| &orphan.steps));
    let sent_as = |step: &Step, ids: &[Id]| step.event.id.as_ref().is_some_and(|id| ids.contains(id));
    let splits = Splits::of(journey);
    let is_lost = |step: &Step| match &finding.lost {
        Lost::Nothing => false,
        Lost::Under(ids) => sent_as(step, ids),
        Lost::Race(ids) => splits.split(step) == Some(Split::Race) && sent_as(step, ids),
        Lost::History(ids) => splits.split(step) == Some(Split::History) && sent_as(step, ids),
        Lost::WithUser(pairs) => {
            pairs.iter().any(|(id, user)| step.event.id.as_ref() == Some(id) && step.event.user.as_ref() == Some(user))
        }
    };
    let rows: Vec<i64> = steps().filter(|step| is_lost(step)).map(|step| step.event.row).collect();
    let mut amounts = Amounts::default();
    for batch in rows.chunks(BATCH) {
        inspector.source().properties(batch)?.iter().filter_map(|text| money::amount(text)).for_each(|one| {
            amounts.add(&one);
        });
    }
    Ok(amounts)
}
