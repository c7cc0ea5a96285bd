//! The threads that make chunks while the caller writes them.
//!
//! One thread reads a stream and cuts it into pieces. Several threads decode, sort and pack, each
//! its own piece. The caller gets the chunks in the order of the stream. Each piece passes its
//! [`Carried`] to the next one by a channel, so the answer does not depend on the number of threads.
//!
//! The makers are those of the import, not of a stream: while the last pieces of a stream are made, the
//! first ones of the next can be, whose `Carried` comes from the last piece of the stream before.
//!
//! No maker waits for ever. It waits for the `Carried` of the piece before its own alone, and a piece is
//! taken by a maker after the one before it was: so of the pieces that makers have, one waits for none
//! of the others. And a maker that has made a chunk has room to leave it, whatever the caller does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Scope};
use std::time::Duration;
use std::{io, mem};

use super::chunker::{Chunker, Piece};
use super::ending::End;
use super::making::{Carried, Maker, Prepared};
use super::reading::Stream;
use super::{Error, INLINE};
use crate::store::{self, Packer};

/// A piece to make a chunk of.
struct Job {
    maker: Arc<Maker>,
    piece: Piece,
    /// What the earlier pieces carry over to this one.
    before: Before,
    after: SyncSender<Carried>,
    done: SyncSender<Result<Prepared, store::Error>>,
}

/// What the next piece takes from those before it, once they are made.
pub(super) struct Before {
    last: Receiver<Carried>,
    /// What the stream that the piece begins would begin with by itself, and whether it is of the same file
    /// as the stream before.
    begin: Option<(Carried, bool)>,
}

impl Before {
    /// What is known already.
    pub(super) fn known(carried: Carried) -> Self {
        let (known, last) = mpsc::sync_channel(1);
        // There is room for one, and the receiver is here.
        let _ = known.send(carried);
        Self { last, begin: None }
    }

    /// The same of the first piece of another stream, which would begin with `carried` by itself; `None`
    /// where nothing comes of the pieces before.
    pub(super) fn of_stream(self, carried: Carried, is_one_file: bool) -> Option<Self> {
        // A stream without a piece was in between.
        let last = if self.begin.is_some() { Self::known(self.take()?).last } else { self.last };
        Some(Self { last, begin: Some((carried, is_one_file)) })
    }

    /// Waits for it.
    fn take(self) -> Option<Carried> {
        let last = self.last.recv().ok()?;
        Some(match self.begin {
            Some((carried, is_one_file)) => carried.behind(last, is_one_file),
            None => last,
        })
    }
}

/// Buffers that were used: to ask the system for memory anew takes longer than to fill it.
#[derive(Debug, Default)]
struct Spares(Mutex<Vec<Vec<u8>>>);

impl Spares {
    /// Keeps a buffer that is no longer needed.
    fn keep(&self, buffer: Vec<u8>) {
        let mut buffers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buffers.len() < BUFFERS && buffer.len() > INLINE {
            buffers.push(buffer);
        }
    }
}

/// Buffers that are kept: as many as are filled, read and waited for by one reader and two makers.
const BUFFERS: usize = 4;

/// How long the caller waits for a chunk before it hears that none came.
const PATIENCE: Duration = Duration::from_millis(200);

/// Packed chunks, 4 MB each, that may wait for the caller: the makers continue during a commit.
const AHEAD: usize = 16;

/// The threads that make chunks. They end with the last one who can give them a piece.
#[derive(Clone)]
pub(super) struct Makers {
    jobs: SyncSender<Job>,
    count: usize,
    spares: Arc<Spares>,
}

impl Makers {
    /// Starts so many.
    pub(super) fn start<'s>(count: usize, scope: &'s Scope<'s, '_>) -> io::Result<Self> {
        // Only the makers share it: when none of them is left, a reader must not wait for one.
        let (jobs, waiting) = mpsc::sync_channel(0);
        let waiting = Arc::new(Mutex::new(waiting));
        let makers = Self { jobs, count: count.max(1), spares: Arc::default() };
        for _ in 0..makers.count {
            let (waiting, spares) = (Arc::clone(&waiting), Arc::clone(&makers.spares));
            let thread = thread::Builder::new().name("import-make".into());
            thread.spawn_scoped(scope, move || work(&waiting, &spares))?;
        }
        Ok(makers)
    }

    /// How many they are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Chunks of one stream that may wait for the caller.
    pub(super) fn ahead(&self) -> usize {
        self.count + AHEAD
    }

    /// Keeps a buffer that is no longer needed.
    pub(super) fn keep(&self, buffer: Vec<u8>) {
        self.spares.keep(buffer);
    }

    /// A buffer, whose content does not matter.
    pub(super) fn buffer(&self) -> Vec<u8> {
        self.spares.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }
}

/// What comes of a stream, in its order.
pub(super) enum Part {
    /// Receives a chunk once it is made; nothing when its maker has panicked.
    Chunk(Receiver<Result<Prepared, store::Error>>),
    /// Nothing comes any more.
    End {
        /// How the stream ended.
        end: End,
        /// It was read to its end: what comes behind it may be read.
        is_read: bool,
    },
}

/// A stream that is cut into pieces.
pub(super) struct Cutting {
    pub(super) stream: Stream,
    pub(super) chunker: Chunker,
    pub(super) maker: Arc<Maker>,
    pub(super) before: Before,
    /// Hash of the chunk before the first piece.
    pub(super) prev: u64,
}

/// What a stream that was cut leaves to the one behind it.
pub(super) struct Left {
    pub(super) before: Before,
    /// Bytes that its first piece begins with.
    pub(super) head: Vec<u8>,
}

/// Bytes of [`Left::head`], at most.
pub(super) const HEAD: usize = 4096;

/// Has chunks made of a stream, until it ends, is unwanted or `give` says `false`, and gives what comes of it. `None`
/// where it was not read to its end.
pub(super) fn cut(
    cutting: Cutting,
    makers: &Makers,
    unwanted: &AtomicBool,
    mut give: impl FnMut(Part) -> bool,
) -> Option<Left> {
    let Cutting { mut stream, mut chunker, maker, mut before, mut prev } = cutting;
    let (mut head, mut spare) = (Vec::new(), makers.buffer());
    while let Some(piece) = chunker.next(&mut stream, prev, &mut spare) {
        if prev == 0 {
            head.extend_from_slice(piece.content().get(..HEAD).unwrap_or(piece.content()));
        }
        prev = piece.hash;
        let (done, result) = mpsc::sync_channel(1);
        let (after, last) = mpsc::sync_channel(1);
        let before = mem::replace(&mut before, Before { last, begin: None });
        let job = Job { maker: Arc::clone(&maker), piece, before, after, done };
        if unwanted.load(Ordering::Relaxed) || !give(Part::Chunk(result)) || makers.jobs.send(job).is_err() {
            give(Part::End { end: End::default(), is_read: false });
            return None;
        }
        spare = makers.buffer();
    }
    makers.keep(stream.give_up());
    makers.keep(spare);
    give(Part::End { end: ended(stream, chunker), is_read: true }).then_some(Left { before, head })
}

/// Makes chunks of a short stream in this thread alone, and gives each to `take`, in order, until it says `false`.
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
    while let Some(piece) = chunker.next(&mut stream, prev, &mut spare) {
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
pub(super) fn receive<T>(from: &Receiver<T>, idle: &mut impl FnMut() -> Result<(), Error>) -> Result<Option<T>, Error> {
    match from.recv_timeout(PATIENCE) {
        Ok(some) => Ok(Some(some)),
        Err(RecvTimeoutError::Disconnected) => Ok(None),
        Err(RecvTimeoutError::Timeout) => {
            idle()?;
            Ok(from.recv().ok())
        }
    }
}

/// Makes chunks until there are no more jobs.
fn work(waiting: &Mutex<Receiver<Job>>, spares: &Spares) {
    let mut packer = None;
    loop {
        // A thread that panicked with the lock took no job.
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { maker, piece, before, after, done }) = job else { break };
        let prepared = make(&maker, &piece, before, &after, &mut packer);
        spares.keep(piece.buffer);
        if let Some(prepared) = prepared {
            let _ = done.send(prepared);
        }
    }
}

/// Makes a chunk; `None` when a maker has panicked.
fn make(
    maker: &Maker,
    piece: &Piece,
    before: Before,
    after: &SyncSender<Carried>,
    packer: &mut Option<Packer>,
) -> Option<Result<Prepared, store::Error>> {
    let decoded = maker.decode(piece);
    let mut carried = before.take()?;
    let settled = decoded.settle(piece, &mut carried);
    let _ = after.send(carried);
    Some(ready(packer).and_then(|packer| settled.seal(packer)))
}
