//! Rows of a group, written as lines by several threads and handed over in their order.
//!
//! One thread reads batches of values, which only one can; to write them takes longer, and where there are cores
//! enough, any thread can write any batch. Some batches at most are read ahead, and of each some lines, however long they are.

use std::collections::VecDeque;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Mutex, PoisonError};
use std::thread;

use parquet::errors::ParquetError;

use super::super::{Giving, Step};
use super::columns::{Columns, Fields};
use super::leaf::Batch;
use super::reading::Reading;
use super::{Added, failure};
use crate::ingest::THREADS;
use crate::ingest::marks::Marks;
use crate::model::threads::join;

/// Parts of the lines of one batch that wait.
const WAITING: usize = 2;

/// A batch to write.
struct Job {
    batch: Batch,
    parts: SyncSender<Part>,
}

/// What comes of a batch.
enum Part {
    Lines(Vec<u8>, Marks),
    /// Behind all lines: the batch to use again, and what is wrong with the row behind them.
    End(Batch, Option<ParquetError>),
}

/// Hands over the rows of a group; `false` once nothing takes them any more.
pub(super) fn give(columns: Columns<'_>, added: &Added, giving: &Giving) -> bool {
    by(thread::available_parallelism().map_or(1, NonZero::get).min(THREADS), columns, added, giving)
}

/// [`give`], by so many threads.
fn by(threads: usize, columns: Columns<'_>, added: &Added, giving: &Giving) -> bool {
    let Columns { fields, mut reading } = columns;
    // To start threads for one batch would take longer. And those who take the lines keep two cores busy: then values
    // are written sooner where they were read, as they are still in the cache of that core.
    if threads < 3 || reading.is_short() {
        return alone(&fields, &mut reading, added, giving);
    }
    let (jobs, waiting) = mpsc::channel();
    let waiting = Mutex::new(waiting);
    thread::scope(|scope| {
        // Moved here, so that the helpers end with it, however this ends.
        let jobs = jobs;
        let mut helpers = Vec::new();
        for _ in 0..threads {
            let helper = thread::Builder::new().name("import-rows".to_owned());
            match helper.spawn_scoped(scope, || work(&waiting, &fields, added)) {
                Ok(helper) => helpers.push(helper),
                Err(error) if helpers.is_empty() => return giving.give(Step::Broken(error)),
                Err(_) => break,
            }
        }
        let goes_on = hand_over(&mut reading, &jobs, helpers.len() * 2, giving);
        drop(jobs);
        helpers.into_iter().for_each(join);
        goes_on
    })
}

/// [`give`], by this thread.
fn alone(fields: &Fields<'_>, reading: &mut Reading<'_>, added: &Added, giving: &Giving) -> bool {
    let (mut spare, mut bytes) = (None, 0);
    while let Some(read) = reading.next(spare.take()) {
        let mut goes_on = true;
        let rows = reading.rows();
        let written = read.and_then(|mut batch| {
            batch.write(fields, added, &mut |lines, mut marks| {
                bytes += lines.len() as u64;
                marks.left = left(bytes, rows, giving);
                goes_on = giving.give(Step::Content(lines, Some(Box::new(marks))));
                goes_on && giving.is_wanted()
            })?;
            Ok(batch)
        });
        spare = match written {
            Ok(batch) if goes_on && giving.is_wanted() => Some(batch),
            Err(error) if goes_on => return giving.give(Step::Broken(failure(error))),
            Ok(_) | Err(_) => return goes_on,
        };
    }
    true
}

/// About how many bytes of lines the file has behind so many, if those are of the rows of the group that were read.
fn left(bytes: u64, [done, left]: [usize; 2], giving: &Giving) -> u64 {
    let (done, left) = (done.max(1) as u64, giving.behind.saturating_add(left as u64));
    (bytes / done + 1).saturating_mul(left)
}

/// Has batches written, so many `ahead`, and hands over their lines in the order of the batches.
fn hand_over(reading: &mut Reading<'_>, jobs: &Sender<Job>, ahead: usize, giving: &Giving) -> bool {
    let mut begun: VecDeque<Receiver<Part>> = VecDeque::new();
    let (mut spares, mut wrong, mut bytes) = (Vec::new(), None, 0);
    loop {
        while begun.len() < ahead && wrong.is_none() {
            // What was read before something that the crate stumbles over is handed over first.
            let batch = match catch_unwind(AssertUnwindSafe(|| reading.next(spares.pop()))) {
                Ok(None) => break,
                Ok(Some(Ok(batch))) => batch,
                Ok(Some(Err(error))) => {
                    wrong = Some(Ok(error));
                    break;
                }
                Err(panic) => {
                    wrong = Some(Err(panic));
                    break;
                }
            };
            let (parts, written) = mpsc::sync_channel(WAITING);
            if jobs.send(Job { batch, parts }).is_err() {
                // No helper is left, which is heard when they are joined.
                return true;
            }
            begun.push_back(written);
        }
        let Some(parts) = begun.pop_front() else {
            return match wrong {
                None => true,
                Some(Ok(error)) => giving.give(Step::Broken(failure(error))),
                Some(Err(panic)) => resume_unwind(panic),
            };
        };
        loop {
            match parts.recv() {
                Ok(Part::Lines(..)) if !giving.is_wanted() => return true,
                Ok(Part::Lines(lines, mut marks)) => {
                    bytes += lines.len() as u64;
                    marks.left = left(bytes, reading.rows(), giving);
                    if !giving.give(Step::Content(lines, Some(Box::new(marks)))) {
                        return false;
                    }
                }
                Ok(Part::End(batch, None)) => {
                    spares.push(batch);
                    break;
                }
                Ok(Part::End(_, Some(error))) => return giving.give(Step::Broken(failure(error))),
                // A helper has panicked, which is heard when it is joined.
                Err(_) => return true,
            }
        }
    }
}

/// Writes batches until there are no more jobs.
fn work(waiting: &Mutex<Receiver<Job>>, fields: &Fields<'_>, added: &Added) {
    loop {
        // A thread that panicked with the lock took no job.
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { mut batch, parts }) = job else { return };
        let written = batch.write(fields, added, &mut |lines, marks| parts.send(Part::Lines(lines, marks)).is_ok());
        // Nothing may take it any more.
        let _ = parts.send(Part::End(batch, written.err()));
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::sync::Arc;
    use std::sync::atomic::AtomicU64;

    use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use super::*;

    /// A file of one group with so many rows, of which each third has no text.
    fn file(rows: i64) -> File {
        let file = tempfile::tempfile().unwrap();
        let schema = parse_message_type("message m { required int64 n; optional binary t (UTF8); }").unwrap();
        let properties = Arc::new(WriterProperties::builder().build());
        let mut writer = SerializedFileWriter::new(file.try_clone().unwrap(), Arc::new(schema), properties).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(&(0..rows).collect::<Vec<_>>(), None, None).unwrap();
        column.close().unwrap();
        let texts: Vec<_> =
            (0..rows).filter(|row| row % 3 > 0).map(|row| ByteArray::from(text(row).as_str())).collect();
        let levels: Vec<i16> = (0..rows).map(|row| i16::from(row % 3 > 0)).collect();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&texts, Some(&levels), None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
        writer.close().unwrap();
        file
    }

    fn text(row: i64) -> String {
        format!("é {row} {}", "x".repeat(usize::try_from(row % 500).unwrap()))
    }

    #[test]
    fn rows_of_many_batches_come_in_their_order_until_nothing_takes_them() {
        for (rows, threads) in [1, 1024, 1025, 9000].into_iter().flat_map(|rows| [(rows, 2), (rows, 3)]) {
            let file = file(rows);
            let reader = SerializedFileReader::new(file.try_clone().unwrap()).unwrap();
            let schema = reader.metadata().file_metadata().schema_descr().root_schema_ptr();
            let group = reader.get_row_group(0).unwrap();
            let columns = |added: &Added| Columns::of(&*group, &file, &schema, added).unwrap().unwrap();
            let giving = |most| {
                let (steps, taken) = mpsc::sync_channel(most);
                (Giving { steps, wanted: Arc::new(AtomicU64::new(1)), number: 1, behind: 100 }, taken)
            };
            let (all, taken) = giving(1000);
            let mut added = Added::default();
            added.push("day", "x");
            assert!(by(threads, columns(&added), &added, &all));
            drop(all);
            let (mut found, mut last) = (Vec::new(), 0);
            for step in taken {
                match step {
                    Step::Content(lines, marks) => {
                        found.extend(lines);
                        last = marks.unwrap().left;
                    }
                    _ => panic!("nothing is wrong with it"),
                }
            }
            let expected: String = (0..rows)
                .map(|row| match row % 3 {
                    0 => format!("{{\"n\":{row},\"day\":\"x\"}}\n"),
                    _ => format!("{{\"n\":{row},\"t\":\"{}\",\"day\":\"x\"}}\n", text(row)),
                })
                .collect();
            assert!(String::from_utf8(found).unwrap() == expected, "{rows} rows by {threads}");
            // Lines have 190 to 290 bytes on average, and 100 are in groups behind.
            assert!(rows < 1024 || (15_000..40_000).contains(&last), "{rows} rows by {threads}: {last}");
            let (none, taken) = giving(0);
            drop(taken);
            assert!(!by(threads, columns(&Added::default()), &Added::default(), &none), "{rows} rows");
        }
    }
}
