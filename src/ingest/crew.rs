//! Threads that make chunks while one writes them.
//!
//! One reads and cuts; some decode, sort and pack, each a piece of its own; the one who asked
//! gets the chunks in the order of the stream. What a chunk takes from those before it goes
//! from piece to piece by a channel of its own, so the answer does not depend on the number of
//! threads.

use std::num::NonZero;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ScopedJoinHandle};

use super::Error;
use super::cutting::{Cutter, Piece};
use super::making::{Carried, Maker, Prepared};
use super::reading::Stream;
use crate::store::{self, Packer};

/// Threads that decode; more than these would wait for the one that writes.
const MOST: usize = 4;

/// A piece to make a chunk of.
struct Job {
    piece: Piece,
    /// What the pieces before it carry on, as soon as they know.
    before: Receiver<Carried>,
    after: SyncSender<Carried>,
    done: SyncSender<Result<Prepared, store::Error>>,
}

/// Makes chunks of what is left of a stream and gives each to `take`, in order, until that says
/// not to go on. Gives the error that the stream ended in.
pub(super) fn run(
    stream: Stream,
    cutter: Cutter,
    maker: &Maker,
    carried: Carried,
    prev: u64,
    mut take: impl FnMut(Prepared) -> Result<bool, Error>,
) -> Result<Option<Error>, Error> {
    let makers = thread::available_parallelism().map_or(1, NonZero::get).min(MOST);
    let name = stream.name.clone();
    let no_thread = |source| Error::Read { name: name.clone(), after: 0, source };
    thread::scope(|scope| {
        // Shared by the makers alone: without any of them nobody may wait to hand out jobs.
        let (jobs, waiting) = mpsc::sync_channel(0);
        let waiting = Arc::new(Mutex::new(waiting));
        let (results, in_order) = mpsc::sync_channel(makers + 1);
        let (used, spares) = mpsc::channel();
        let mut threads = Vec::new();
        for _ in 0..makers {
            let (waiting, used) = (Arc::clone(&waiting), used.clone());
            let thread = thread::Builder::new().name("import-make".into());
            threads.push(thread.spawn_scoped(scope, move || work(maker, &waiting, &used)).map_err(no_thread)?);
        }
        drop(waiting);
        let reader = thread::Builder::new()
            .name("import-read".into())
            .spawn_scoped(scope, move || read(stream, cutter, carried, prev, jobs, results, &spares))
            .map_err(no_thread)?;
        // Taken whole, so that an error or a stop closes it and ends the threads.
        for done in in_order {
            // A maker that ended without an answer has panicked.
            let Ok(prepared) = done.recv() else { break };
            if !take(prepared?)? {
                break;
            }
        }
        threads.into_iter().for_each(join);
        Ok(join(reader))
    })
}

fn join<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    match thread.join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Cuts the stream into jobs until it ends or nobody wants them; gives the error it ended in.
#[expect(clippy::needless_pass_by_value, reason = "their end is what tells the other threads to end")]
fn read(
    mut stream: Stream,
    mut cutter: Cutter,
    carried: Carried,
    mut prev: u64,
    jobs: SyncSender<Job>,
    results: SyncSender<Receiver<Result<Prepared, store::Error>>>,
    spares: &Receiver<Vec<u8>>,
) -> Option<Error> {
    let (first, mut before) = mpsc::sync_channel(1);
    // There is room for one, and the receiver is here.
    let _ = first.send(carried);
    while let Some(piece) = cutter.next(&mut stream, prev, spares.try_recv().unwrap_or_default()) {
        prev = piece.hash;
        let (done, result) = mpsc::sync_channel(1);
        let (after, next) = mpsc::sync_channel(1);
        if results.send(result).is_err() || jobs.send(Job { piece, before, after, done }).is_err() {
            break;
        }
        before = next;
    }
    stream.failure()
}

/// Makes chunks until there are no more jobs.
fn work(maker: &Maker, waiting: &Mutex<Receiver<Job>>, used: &Sender<Vec<u8>>) {
    let mut packer = None;
    loop {
        // A thread that panicked with the lock took no job.
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { piece, before, after, done }) = job else { return };
        let prepared = make(maker, &piece, &before, &after, &mut packer);
        // Nobody may want them any more.
        let _ = used.send(piece.buffer);
        if let Some(prepared) = prepared {
            let _ = done.send(prepared);
        }
    }
}

/// Makes a chunk; `None` when nobody wants it any more.
fn make(
    maker: &Maker,
    piece: &Piece,
    before: &Receiver<Carried>,
    after: &SyncSender<Carried>,
    packer: &mut Option<Packer>,
) -> Option<Result<Prepared, store::Error>> {
    let decoded = maker.decode(piece);
    let mut carried = before.recv().ok()?;
    let settled = decoded.settle(piece, &mut carried);
    let _ = after.send(carried);
    let packer = match packer {
        Some(packer) => packer,
        None => match Packer::new() {
            Ok(new) => packer.insert(new),
            Err(error) => return Some(Err(error)),
        },
    };
    Some(settled.seal(packer))
}
