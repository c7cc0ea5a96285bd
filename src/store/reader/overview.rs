//! The store as a whole.

use rusqlite::{Connection, Row};

use super::{Reader, at_most};
use crate::model::Millis;
use crate::store::number::NO_ID;
use crate::store::writer::{FILES, imported_file};
use crate::store::{Error, Overview, StoredReject, number};

/// Up to so many chunks their runs are looked at: tens of thousands at the most.
const FEW_CHUNKS: i64 = 12;

impl Reader {
    /// What the store holds as a whole.
    ///
    /// Costs one look at each chunk; in a store of few chunks one at each run. A run, or a chunk
    /// where there are many, counts in [`Overview::activity`] as if its rows were spread evenly
    /// over its time.
    pub fn overview(&self) -> Result<Overview, Error> {
        self.at_one_moment(|_| {
            self.ask(|db| {
                let mut overview = totals(db)?;
                overview.files = db
                    .prepare_cached(&format!("{FILES} GROUP BY f.id ORDER BY f.name, f.fingerprint, f.id"))?
                    .query_map([], imported_file)?
                    .collect::<rusqlite::Result<_>>()?;
                if let (Some(first), Some(last)) = (overview.first, overview.last) {
                    overview.activity = activity(db, first, last)?;
                }
                Ok(overview)
            })
        })
    }

    /// What could not be read, by file and line.
    pub fn rejects(&self, limit: usize) -> Result<Vec<StoredReject>, Error> {
        self.ask(|db| {
            db.prepare_cached(
                "SELECT f.name, x.line, x.reason, x.text FROM rejects x JOIN files f ON f.id = x.file
                 ORDER BY f.name, f.fingerprint, f.id, x.line, x.id LIMIT ?1",
            )?
            .query_map([at_most(limit)], |row| {
                Ok(StoredReject {
                    file: row.get(0)?,
                    line: number::from_sql(row.get(1)?),
                    reason: row.get(2)?,
                    text: row.get(3)?,
                })
            })?
            .collect()
        })
    }
}

fn totals(db: &Connection) -> rusqlite::Result<Overview> {
    let count = |row: &Row<'_>, column| Ok::<_, rusqlite::Error>(number::from_sql(row.get(column)?));
    let mut overview = db
        .prepare_cached(
            "SELECT coalesce(sum(events), 0), coalesce(sum(aliases), 0), coalesce(sum(profiles), 0),
                    coalesce(sum(rejected), 0), min(t0), max(t1) FROM chunks",
        )?
        .query_row([], |row| {
            Ok(Overview {
                events: count(row, 0)?,
                alias_calls: count(row, 1)?,
                profiles: count(row, 2)?,
                rejected: count(row, 3)?,
                first: row.get(4)?,
                last: row.get(5)?,
                ..Overview::default()
            })
        })?;
    // Ids are numbered from 1 on and never taken away, so the last number is their number.
    overview.ids = db.prepare_cached("SELECT coalesce(max(id), 0) FROM ids")?.query_row([], |row| count(row, 0))?;
    overview.without_id = db
        .prepare_cached("SELECT coalesce(sum(n), 0) FROM runs WHERE uid = ?1")?
        .query_row([NO_ID], |row| count(row, 0))?;
    Ok(overview)
}

/// Rows in each part of the time from `first` to `last`.
fn activity(db: &Connection, first: Millis, last: Millis) -> rusqlite::Result<Vec<u64>> {
    let mut parts = vec![0; Overview::PARTS];
    let chunks: i64 = db.prepare_cached("SELECT count(*) FROM chunks")?.query_row([], |row| row.get(0))?;
    let select = if chunks <= FEW_CHUNKS {
        "SELECT n, t0, t1 FROM runs"
    } else {
        "SELECT events, t0, t1 FROM chunks WHERE events > 0"
    };
    let mut select = db.prepare_cached(select)?;
    let mut runs = select.query([])?;
    while let Some(run) = runs.next()? {
        spread(&mut parts, (first, last), number::from_sql(run.get(0)?), (run.get(1)?, run.get(2)?));
    }
    Ok(parts)
}

/// Adds `n` rows, evenly from `t0` to `t1`, to parts of the time from `first` to `last`.
fn spread(parts: &mut [u64], (first, last): (Millis, Millis), n: u64, (t0, t1): (Millis, Millis)) {
    // Damaged pages have spans that end before they begin, or lie outside of all: none of them may
    // count without end.
    if first > last || t0 > t1 {
        return;
    }
    let (t0, t1) = (t0.clamp(first, last), t1.clamp(first, last));
    let wide = i128::from;
    let (count, whole) = (parts.len() as i128, wide(last) - wide(first) + 1);
    let length = wide(t1) - wide(t0) + 1;
    let part_of = |t: Millis| (wide(t) - wide(first)) * count / whole.max(1);
    let mut given = 0;
    for part in part_of(t0)..=part_of(t1) {
        // Rows before the first moment of the next part, less those that earlier parts have.
        let end = wide(first) + ((part + 1) * whole + count - 1) / count;
        let upto = i128::from(n) * (end - wide(t0)).clamp(0, length) / length.max(1);
        if let Some(rows) = usize::try_from(part).ok().and_then(|part| parts.get_mut(part)) {
            *rows += u64::try_from(upto - given).unwrap_or(0);
        }
        given = upto;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_span_that_cannot_be_ends_and_counts_nothing_outside() {
        let mut parts = vec![0; 4];
        spread(&mut parts, (0, 99), 5, (70, -100));
        spread(&mut parts, (99, 0), 5, (10, 20));
        assert_eq!(parts, [0; 4]);
        spread(&mut parts, (0, 99), 8, (i64::MIN, i64::MAX));
        assert_eq!(parts, [2; 4]);
    }

    #[test]
    fn rows_of_one_moment_count_in_its_part() {
        let mut parts = vec![0; 4];
        for t in [0, 25, 50, 99] {
            spread(&mut parts, (0, 99), 1, (t, t));
        }
        assert_eq!(parts, [1, 1, 1, 1]);
    }

    #[test]
    fn a_long_run_is_spread_evenly() {
        let mut parts = vec![0; 4];
        spread(&mut parts, (0, 99), 8, (0, 99));
        assert_eq!(parts, [2, 2, 2, 2]);
    }

    proptest! {
        #[test]
        fn no_row_is_lost_by_spreading(
            mut times in prop_oneof![any::<[i64; 4]>(), prop::array::uniform4(-50..50_i64)],
            n in 0..u64::from(u32::MAX),
        ) {
            times.sort_unstable();
            let [first, t0, t1, last] = times;
            let mut parts = vec![0; 60];
            spread(&mut parts, (first, last), n, (t0, t1));
            prop_assert_eq!(parts.iter().sum::<u64>(), n);
        }
    }
}
