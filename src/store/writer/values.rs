//! Making the index of the values of what was added.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::Writer;
use crate::model::threads;
use crate::store::index::{self, Index, Runs, summary};
use crate::store::{Error, number};

/// Segments of which the index is made at once, at most: each takes some 20 MB meanwhile.
const THREADS: usize = 8;

/// How long may pass until one who wants to stop is heard.
const HEARING: Duration = Duration::from_millis(20);

impl Writer {
    /// Makes the index of the values of all rows that are in none, those that were added last
    /// first; whether all of it is made. `tell` gets the number of these rows that have it, and of
    /// all of them; `false` from it ends the work.
    ///
    /// What is made is kept step by step, and what is not is looked through by a search: it may
    /// end at any moment. In between, other connections can write.
    ///
    /// # Errors
    /// The store cannot be read or written; what was made before stays.
    pub fn index_values(&mut self, tell: &mut dyn FnMut(u64, u64) -> bool) -> Result<bool, Error> {
        self.commit()?;
        let missing = self.read(index::missing)?;
        let all = missing.iter().map(|segment| number::from_sql(segment.rows)).sum();
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(THREADS);
        let mut done = 0;
        for segments in missing.chunks(threads) {
            if !tell(done, all) {
                return Ok(false);
            }
            let blocks: Vec<Vec<Vec<u8>>> =
                self.read(|db| segments.iter().map(|segment| segment.blocks(db)).collect())?;
            let runs: Vec<Option<Runs>> = self.read(|db| segments.iter().map(|segment| segment.runs(db)).collect())?;
            let is_stopped = AtomicBool::new(false);
            let indexes: Option<Vec<Index>> = thread::scope(|scope| {
                let (at_work, ended) = mpsc::channel::<()>();
                let mut made = Vec::new();
                for blocks in &blocks {
                    let (at_work, is_stopped) = (at_work.clone(), &is_stopped);
                    made.push(scope.spawn(move || {
                        let _at_work = at_work;
                        index::of_blocks(blocks, is_stopped)
                    }));
                }
                drop(at_work);
                while ended.recv_timeout(HEARING) == Err(RecvTimeoutError::Timeout) {
                    if !tell(done, all) {
                        is_stopped.store(true, Ordering::Relaxed);
                    }
                }
                let indexes = made.into_iter().map(threads::join).zip(&runs);
                indexes.map(|(index, runs)| Some(index?.with_runs(runs.as_ref()))).collect()
            });
            let Some(indexes) = indexes else { return Ok(false) };
            self.whole(|db, _| {
                // Another process may have made them meanwhile.
                let missing = index::missing(db)?;
                for (segment, index) in segments.iter().zip(&indexes) {
                    if missing.iter().any(|missing| missing.seg == segment.seg) {
                        index::write(db, segment.seg, index)?;
                    }
                }
                Ok(())
            })?;
            done += segments.iter().map(|segment| number::from_sql(segment.rows)).sum::<u64>();
        }
        if !tell(done, all) {
            return Ok(done == all);
        }
        self.summarise(&mut || tell(done, all))?;
        Ok(true)
    }

    /// Notes what a look over every user needs of the whole store, where enough has come since that was done.
    fn summarise(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<(), Error> {
        let Some(made) = self.read(|db| summary::make(db, go_on))? else { return Ok(()) };
        self.whole(|db, _| summary::write(db, &made))
    }
}
