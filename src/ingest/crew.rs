//! Threads that make chunks while one writes them.
//!
//! One reads and cuts; some decode, sort and pack, each a piece of its own; the one who asked
//! gets the chunks in the order of the stream. What a chunk takes from those before it goes
//! from piece to piece by a channel of its own, so the answer does not depend on the number of
//! threads.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::Error;
use super::cutting::{Cutter, Piece};
use super::ending::End;
use super::making::{Carried, Maker, Prepared};
use super::reading::Stream;
use crate::model::threads::join;
use crate::store::{self, Packer};

/// A piece to make a chunk of.
struct Job {
    piece: Piece,
    /// What the pieces before it carry on, as soon as they know.
    before: Receiver<Carried>,
    after: SyncSender<Carried>,
    done: SyncSender<Result<Prepared, store::Error>>,
}

/// How long nothing may come before what was taken is told to wait no longer.
const PATIENCE: Duration = Duration::from_millis(200);

/// Chunks that may wait to be taken: the makers go on while a transaction ends. They are packed,
/// 4 MB each.
const AHEAD: usize = 16;

/// Makes chunks of what is left of a stream with so many `makers`, and gives each to `take`, in order, until that says
/// not to go on; gives it nothing when nothing came for a while. Gives how the stream ended.
pub(super) fn run(
    stream: Stream,
    cutter: Cutter,
    maker: &Maker,
    carried: Carried,
    prev: u64,
    makers: usize,
    mut take: impl FnMut(Option<Prepared>) -> Result<bool, Error>,
) -> Result<End, Error> {
    let makers = makers.max(1);
    let name = stream.name.clone();
    let no_thread = |source| Error::Read { name: name.clone(), after: 0, source };
    thread::scope(|scope| {
        // Shared by the makers alone: without any of them nobody may wait to hand out jobs.
        let (jobs, waiting) = mpsc::sync_channel(0);
        let waiting = Arc::new(Mutex::new(waiting));
        let (results, in_order) = mpsc::sync_channel(makers + AHEAD);
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
        let in_order = in_order;
        loop {
            let mut idle = || take(None).map(drop);
            let Some(done) = receive(&in_order, &mut idle)? else { break };
            // A maker that ended without an answer has panicked.
            let Some(prepared) = receive(&done, &mut idle)? else { break };
            if !take(Some(prepared?))? {
                break;
            }
        }
        drop(in_order);
        threads.into_iter().for_each(join);
        Ok(join(reader))
    })
}

/// Makes the chunks of what is left of a short stream in this thread, as [`run`] does.
pub(super) fn alone(
    mut stream: Stream,
    mut cutter: Cutter,
    maker: &Maker,
    mut carried: Carried,
    mut prev: u64,
    packer: &mut Option<Packer>,
    mut take: impl FnMut(Prepared) -> Result<bool, Error>,
) -> Result<End, Error> {
    let mut spare = Vec::new();
    while let Some(piece) = cutter.next(&mut stream, prev, spare) {
        prev = piece.hash;
        let settled = maker.decode(&piece).settle(&piece, &mut carried);
        let prepared = settled.seal(ready(packer)?)?;
        if !take(prepared)? {
            return Ok(End::default());
        }
        spare = piece.buffer;
    }
    Ok(ended(stream, cutter))
}

/// How a stream ended that has no more pieces.
fn ended(stream: Stream, cutter: Cutter) -> End {
    let shrunk = stream.shrunk();
    let failure = stream.failure();
    let failed = failure.as_ref().map(|_| "it could not be read to its end".to_owned());
    End { incomplete: failed.or(shrunk).or(cutter.incomplete()), failure }
}

/// The packer, which is made for the first chunk.
fn ready(packer: &mut Option<Packer>) -> Result<&mut Packer, store::Error> {
    match packer {
        Some(packer) => Ok(packer),
        None => Ok(packer.insert(Packer::new()?)),
    }
}

/// The next of what comes; `None` when nothing will. Calls `idle` when it takes long.
fn receive<T>(from: &Receiver<T>, idle: &mut impl FnMut() -> Result<(), Error>) -> Result<Option<T>, Error> {
    match from.recv_timeout(PATIENCE) {
        Ok(some) => Ok(Some(some)),
        Err(RecvTimeoutError::Disconnected) => Ok(None),
        Err(RecvTimeoutError::Timeout) => {
            idle()?;
            Ok(from.recv().ok())
        }
    }
}

/// Cuts the stream into jobs until it ends or nobody wants them; gives how it ended.
#[expect(clippy::needless_pass_by_value, reason = "their end is what tells the other threads to end")]
fn read(
    mut stream: Stream,
    mut cutter: Cutter,
    carried: Carried,
    mut prev: u64,
    jobs: SyncSender<Job>,
    results: SyncSender<Receiver<Result<Prepared, store::Error>>>,
    spares: &Receiver<Vec<u8>>,
) -> End {
    let (first, mut before) = mpsc::sync_channel(1);
    // There is room for one, and the receiver is here.
    let _ = first.send(carried);
    while let Some(piece) = cutter.next(&mut stream, prev, spares.try_recv().unwrap_or_default()) {
        prev = piece.hash;
        let (done, result) = mpsc::sync_channel(1);
        let (after, next) = mpsc::sync_channel(1);
        if results.send(result).is_err() || jobs.send(Job { piece, before, after, done }).is_err() {
            return End::default();
        }
        before = next;
    }
    ended(stream, cutter)
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
    Some(ready(packer).and_then(|packer| settled.seal(packer)))
}
