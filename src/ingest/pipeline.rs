//! The pipeline of threads that make chunks while the caller writes them.
//!
//! One thread reads the stream and cuts it into pieces. Several threads decode, sort and pack, each
//! its own piece. The caller gets the chunks in the order of the stream. Each piece passes its
//! [`Carried`] to the next one by a channel, so the answer does not depend on the number of threads.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::Error;
use super::chunker::{Chunker, Piece};
use super::ending::End;
use super::making::{Carried, Maker, Prepared};
use super::reading::Stream;
use crate::model::threads::join;
use crate::store::{self, Packer};

/// A piece to make a chunk of.
struct Job {
    piece: Piece,
    /// Receives what the earlier pieces carry over to this one.
    before: Receiver<Carried>,
    after: SyncSender<Carried>,
    done: SyncSender<Result<Prepared, store::Error>>,
}

/// What streams that are behind leave to those to come: to ask the system for memory anew takes longer than to fill it.
#[derive(Debug, Default)]
pub(super) struct Spares {
    buffers: Mutex<Vec<Vec<u8>>>,
    packers: Mutex<Vec<Packer>>,
}

impl Spares {
    /// A buffer, whose content does not matter.
    pub(super) fn buffer(&self) -> Vec<u8> {
        self.buffers.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Keeps a buffer that is no longer needed.
    fn keep(&self, buffer: Vec<u8>) {
        let mut buffers = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        if buffers.len() < BUFFERS {
            buffers.push(buffer);
        }
    }
}

/// Buffers that are kept: as many as are filled, read and waited for by one reader and two makers.
const BUFFERS: usize = 4;

/// How long the caller waits for a chunk before `take` hears that none came.
const PATIENCE: Duration = Duration::from_millis(200);

/// Packed chunks, 4 MB each, that may wait for the caller: the makers continue during a commit.
const AHEAD: usize = 16;

/// Makes chunks of the rest of a stream with this many `makers` and gives each to `take`, in order,
/// until `take` returns `false`. `take` gets `None` when no chunk came for a while. Returns how the
/// stream ended.
pub(super) fn run(
    stream: Stream,
    chunker: Chunker,
    (maker, makers): (&Maker, usize),
    carried: Carried,
    prev: u64,
    spares: &Spares,
    mut take: impl FnMut(Option<Prepared>) -> Result<bool, Error>,
) -> Result<End, Error> {
    let makers = makers.max(1);
    let name = stream.name.clone();
    let no_thread = |source| Error::Read { name: name.clone(), after: 0, source };
    thread::scope(|scope| {
        // Only the makers share it: when none of them is left, the reader must not wait for one.
        let (jobs, waiting) = mpsc::sync_channel(0);
        let waiting = Arc::new(Mutex::new(waiting));
        let (results, in_order) = mpsc::sync_channel(makers + AHEAD);
        let mut threads = Vec::new();
        for _ in 0..makers {
            let waiting = Arc::clone(&waiting);
            let thread = thread::Builder::new().name("import-make".into());
            threads.push(thread.spawn_scoped(scope, move || work(maker, &waiting, spares)).map_err(no_thread)?);
        }
        drop(waiting);
        let reader = thread::Builder::new()
            .name("import-read".into())
            .spawn_scoped(scope, move || read(stream, chunker, carried, prev, jobs, results, spares))
            .map_err(no_thread)?;
        // Moved here, so that an error or a stop drops it and ends the threads.
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

/// Does the same as [`run`] for a short stream, in this thread alone.
pub(super) fn alone(
    mut stream: Stream,
    mut chunker: Chunker,
    maker: &Maker,
    mut carried: Carried,
    mut prev: u64,
    packer: &mut Option<Packer>,
    mut take: impl FnMut(Prepared) -> Result<bool, Error>,
) -> Result<End, Error> {
    let mut spare = Vec::new();
    while let Some(piece) = chunker.next(&mut stream, prev, spare) {
        prev = piece.hash;
        let settled = maker.decode(&piece).settle(&piece, &mut carried);
        let prepared = settled.seal(ready(packer)?)?;
        if !take(prepared)? {
            return Ok(End::default());
        }
        spare = piece.buffer;
    }
    Ok(ended(stream, chunker))
}

/// How a stream without further pieces ended.
fn ended(stream: Stream, chunker: Chunker) -> End {
    let shrunk = stream.shrunk();
    let failure = stream.failure();
    let failed = failure.as_ref().map(|_| "it could not be read to its end".to_owned());
    End { incomplete: failed.or(shrunk).or(chunker.incomplete()), failure }
}

/// The packer; the first chunk creates it.
fn ready(packer: &mut Option<Packer>) -> Result<&mut Packer, store::Error> {
    match packer {
        Some(packer) => Ok(packer),
        None => Ok(packer.insert(Packer::new()?)),
    }
}

/// The next value of a channel; `None` when the channel is closed. Calls `idle` when it takes long.
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

/// Cuts the stream into jobs until it ends or no one receives them. Returns how it ended.
#[expect(clippy::needless_pass_by_value, reason = "dropping them ends the other threads")]
fn read(
    mut stream: Stream,
    mut chunker: Chunker,
    carried: Carried,
    mut prev: u64,
    jobs: SyncSender<Job>,
    results: SyncSender<Receiver<Result<Prepared, store::Error>>>,
    spares: &Spares,
) -> End {
    let (first, mut before) = mpsc::sync_channel(1);
    // There is room for one, and the receiver is here.
    let _ = first.send(carried);
    while let Some(piece) = chunker.next(&mut stream, prev, spares.buffer()) {
        prev = piece.hash;
        let (done, result) = mpsc::sync_channel(1);
        let (after, next) = mpsc::sync_channel(1);
        if results.send(result).is_err() || jobs.send(Job { piece, before, after, done }).is_err() {
            return End::default();
        }
        before = next;
    }
    spares.keep(stream.give_up());
    ended(stream, chunker)
}

/// Makes chunks until there are no more jobs.
fn work(maker: &Maker, waiting: &Mutex<Receiver<Job>>, spares: &Spares) {
    let mut packer = spares.packers.lock().unwrap_or_else(PoisonError::into_inner).pop();
    if let Some(packer) = &mut packer {
        packer.go_on();
    }
    loop {
        // A thread that panicked with the lock took no job.
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { piece, before, after, done }) = job else { break };
        let prepared = make(maker, &piece, &before, &after, &mut packer);
        spares.keep(piece.buffer);
        if let Some(prepared) = prepared {
            let _ = done.send(prepared);
        }
    }
    if let Some(mut packer) = packer {
        packer.leave();
        spares.packers.lock().unwrap_or_else(PoisonError::into_inner).push(packer);
    }
}

/// Makes a chunk; `None` when the import has ended.
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
