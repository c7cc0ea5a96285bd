//! The threads that read streams, also the one behind the stream whose chunks are written.
//!
//! An import of several inputs has one thread that opens them, one after the other, and hands over what comes of
//! them in order. Where a stream is short, or the store may have some of it, the caller gets it as a whole: it
//! knows the store. Else its pieces are made before the caller has come so far, so that no thread waits at
//! the end of a stream.
//!
//! The next input is opened when the stream before is read to its end, not before: the members of an
//! archive come one behind the other. What the caller has to say of that stream it [passes](Passed).

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread::{self, Scope, ScopedJoinHandle};

use super::chunker::Chunker;
use super::firsts::Shared;
use super::making::{Carried, Maker};
use super::pipeline::{Before, Cutting, Left, Makers, Part, cut, receive};
use super::reading::{Label, Stream};
use super::sources::{Notes, Sources};
use super::{Error, INLINE, Options};
use crate::formats::{Format, Sniffed};
use crate::model::threads::{join, lost};

/// Parts that wait for the caller besides those that are made: fewer than of one stream alone, as the streams behind
/// take memory, too.
const WAITING: usize = 6;

/// What is handed over, in the order of the inputs.
pub(super) enum Item {
    /// A stream, and what there is to say of inputs before it.
    Stream(Box<Opened>, Notes),
    /// What comes of the stream that was begun.
    Part(Part),
    /// There is no stream any more.
    Nothing(Notes),
}

/// A stream that was opened.
pub(super) struct Opened {
    pub(super) label: Label,
    pub(super) sniffed: Sniffed,
    /// [`Shared::age`] before it was opened.
    pub(super) age: u64,
    /// Bytes of the inputs behind it.
    pub(super) rest: u64,
    pub(super) state: State,
}

/// How far it is.
pub(super) enum State {
    /// All of it is to be read.
    Whole(Box<Stream>),
    /// Chunks are made of it, from its start: the store had none of it.
    Begun(Begun),
}

/// A stream of which chunks are made.
pub(super) struct Begun {
    /// Tells its reader that no one wants it any more.
    unwanted: Arc<AtomicBool>,
}

impl Opened {
    pub(super) fn whole(stream: Stream, sniffed: Sniffed, age: u64, rest: u64) -> Self {
        Self { label: stream.label(), sniffed, age, rest, state: State::Whole(Box::new(stream)) }
    }
}

/// What the caller says of a stream that it got as a whole, or has read once more: once for each.
pub(super) struct Passed(Left);

impl Passed {
    /// Of a stream whose chunks are added by now.
    pub(super) fn added(carried: Carried) -> Self {
        Self(Left { before: Before::known(carried), head: Vec::new() })
    }
}

/// The thread that reads the inputs of an import.
pub(super) struct Ahead<'s> {
    pub(super) items: Receiver<Item>,
    pub(super) passed: Sender<Passed>,
    thread: ScopedJoinHandle<'s, ()>,
}

impl<'s> Ahead<'s> {
    /// Begins to read.
    pub(super) fn start(
        sources: Sources,
        firsts: Shared,
        makers: Makers,
        scope: &'s Scope<'s, '_>,
    ) -> io::Result<Self> {
        let waiting = makers.count() + WAITING;
        let (items, taken) = mpsc::sync_channel(waiting);
        let (passed, passes) = mpsc::channel();
        // Chunks of so many streams at most are not written yet: each is waited for, and one is at work.
        let most = waiting + 2;
        let reader = Reader {
            options: sources.options.clone(),
            firsts,
            makers,
            items,
            passes,
            owed: 0,
            before: None,
            heads: VecDeque::new(),
            most,
            part_of: None,
            age: 0,
            rest: u64::MAX,
        };
        let thread = thread::Builder::new().name("import-read".into());
        let thread = thread.spawn_scoped(scope, move || reader.read(sources).unwrap_or_default())?;
        Ok(Self { items: taken, passed, thread })
    }

    /// The next of what it hands over.
    pub(super) fn next(&self, idle: &mut impl FnMut() -> Result<(), Error>) -> Result<Item, Error> {
        Ok(receive(&self.items, idle)?.unwrap_or_else(|| lost()))
    }

    /// Has it leave the stream that it hands over; gives what its last part says.
    pub(super) fn leave(&self, begun: &Begun) -> Part {
        begun.unwanted.store(true, Ordering::Relaxed);
        loop {
            match self.items.recv() {
                Ok(Item::Part(end @ Part::End { .. })) => return end,
                Ok(_) => {}
                Err(_) => lost(),
            }
        }
    }

    /// Waits for its end.
    pub(super) fn end(self) {
        let Self { items, passed, thread } = self;
        drop((items, passed));
        join(thread);
    }
}

/// The thread that reads one stream which the caller got as a whole.
pub(super) struct One<'s> {
    parts: Receiver<Part>,
    unwanted: Arc<AtomicBool>,
    thread: ScopedJoinHandle<'s, ()>,
}

impl<'s> One<'s> {
    /// Begins to read; what it leaves is passed to the one who reads `ahead`.
    pub(super) fn start(
        cutting: Cutting,
        makers: Makers,
        ahead: Option<&Ahead<'_>>,
        scope: &'s Scope<'s, '_>,
    ) -> io::Result<Self> {
        let (given, parts) = mpsc::sync_channel(makers.ahead());
        let passed = ahead.map(|ahead| ahead.passed.clone());
        let unwanted = Arc::new(AtomicBool::new(false));
        let is_unwanted = Arc::clone(&unwanted);
        let read = move || {
            let left = cut(cutting, &makers, &is_unwanted, |part| given.send(part).is_ok());
            if let (Some(left), Some(passed)) = (left, passed) {
                // None reads ahead any more when the import has ended.
                let _ = passed.send(Passed(left));
            }
        };
        let thread = thread::Builder::new().name("import-read".into()).spawn_scoped(scope, read)?;
        Ok(Self { parts, unwanted, thread })
    }

    /// The next part of the stream.
    pub(super) fn next(&self, idle: &mut impl FnMut() -> Result<(), Error>) -> Result<Part, Error> {
        Ok(receive(&self.parts, idle)?.unwrap_or_else(|| lost()))
    }

    /// Has it leave the stream; gives the last part.
    pub(super) fn leave(&self) -> Part {
        self.unwanted.store(true, Ordering::Relaxed);
        loop {
            match self.parts.recv() {
                Ok(end @ Part::End { .. }) => return end,
                Ok(Part::Chunk(_)) => {}
                Err(_) => lost(),
            }
        }
    }

    /// Waits for its end.
    pub(super) fn end(self) {
        let Self { parts, thread, .. } = self;
        drop(parts);
        join(thread);
    }
}

/// How a stream is begun with.
enum Start {
    /// The caller gets it as a whole: the store may have some of it.
    Whole,
    /// Chunks are made of it.
    Begun(Box<Before>),
}

/// Reads inputs. Each of its steps gives `None` when no one takes what comes of it.
struct Reader {
    options: Options,
    firsts: Shared,
    makers: Makers,
    items: SyncSender<Item>,
    passes: Receiver<Passed>,
    /// Streams of which the caller has passed nothing yet.
    owed: usize,
    /// What the next stream takes from those before.
    before: Option<Before>,
    /// How the streams begin whose first chunk may not be in the store yet.
    heads: VecDeque<Vec<u8>>,
    /// So many of them at most.
    most: usize,
    /// The file that the last stream was one part of.
    part_of: Option<String>,
    /// [`Shared::age`] before the stream was opened.
    age: u64,
    /// Bytes of the inputs behind the stream.
    rest: u64,
}

impl Reader {
    fn read(mut self, mut sources: Sources) -> Option<()> {
        loop {
            // Before it is opened: what others add from then on may be more of it.
            self.age = self.firsts.age();
            let Some(streams) = sources.take() else { break };
            let mut streams = VecDeque::from(streams);
            while let Some((stream, sniffed)) = streams.pop_front() {
                self.rest = if streams.is_empty() { sources.rest() } else { u64::MAX };
                self.hand_over(stream, sniffed, std::mem::take(&mut sources.notes))?;
            }
        }
        self.items.send(Item::Nothing(sources.notes)).ok()
    }

    fn hand_over(&mut self, mut stream: Stream, sniffed: Sniffed, notes: Notes) -> Option<()> {
        self.makers.keep(stream.take_room(self.makers.buffer()));
        stream.fill(INLINE + 1);
        let part_of = std::mem::replace(&mut self.part_of, stream.part_of().map(str::to_owned));
        let is_one_file = part_of.is_some() && part_of == self.part_of;
        let is_short = stream.ended && stream.content().len() <= INLINE;
        while let Ok(passed) = self.passes.try_recv() {
            self.pass(passed);
        }
        let start = if is_short { Start::Whole } else { self.begin(&mut stream, &sniffed, is_one_file)? };
        let Start::Begun(before) = start else {
            self.items.send(Item::Stream(Box::new(Opened::whole(stream, sniffed, self.age, self.rest)), notes)).ok()?;
            self.owed += 1;
            // Of a short one there is nothing left to be read.
            return if is_short { Some(()) } else { self.wait() };
        };
        let unwanted = Arc::new(AtomicBool::new(false));
        let state = State::Begun(Begun { unwanted: Arc::clone(&unwanted) });
        let chunker = Chunker::new(&sniffed, &self.options, &stream);
        let maker = Arc::new(Maker::new(&sniffed, &self.options));
        let opened = Opened { label: stream.label(), sniffed, age: self.age, rest: self.rest, state };
        self.items.send(Item::Stream(Box::new(opened), notes)).ok()?;
        let cutting = Cutting { stream, chunker, maker, before: *before, prev: 0 };
        let left = cut(cutting, &self.makers, &unwanted, |part| self.items.send(Item::Part(part)).is_ok());
        if let Some(left) = left {
            self.pass_on(left);
            return Some(());
        }
        // The caller reads it once more, or has ended the import.
        self.owed += 1;
        self.wait()
    }

    /// How to begin with a stream.
    fn begin(&mut self, stream: &mut Stream, sniffed: &Sniffed, is_one_file: bool) -> Option<Start> {
        self.wait()?;
        if sniffed.format == Format::Empty {
            return Some(Start::Whole);
        }
        stream.fill(self.firsts.longest().saturating_add(1));
        if self.heads.iter().any(|head| stream.content().starts_with(head)) {
            return Some(Start::Whole);
        }
        let found = self.firsts.candidates(stream.content(), sniffed.layout);
        if found.is_none_or(|candidates| !candidates.is_empty()) {
            return Some(Start::Whole);
        }
        let Some(before) = self.before.take() else { return Some(Start::Whole) };
        let carried = Carried::new(sniffed, &self.options, None);
        Some(Start::Begun(Box::new(before.of_stream(carried, is_one_file)?)))
    }

    /// Waits until the caller has passed something of each stream that it got.
    fn wait(&mut self) -> Option<()> {
        while self.owed > 0 {
            let passed = self.passes.recv().ok()?;
            self.pass(passed);
        }
        Some(())
    }

    fn pass(&mut self, Passed(left): Passed) {
        self.owed -= 1;
        self.pass_on(left);
    }

    fn pass_on(&mut self, Left { before, head }: Left) {
        self.before = Some(before);
        if !head.is_empty() {
            self.heads.push_back(head);
            if self.heads.len() > self.most {
                self.heads.pop_front();
            }
        }
    }
}
