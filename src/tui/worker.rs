//! The one thread that asks a store what the interface needs of it.
//!
//! The newest question of a kind wins: an older one that waits is dropped, one that runs is
//! told by [`Cancel::is_stale`] to give up, and its answer is thrown away. A journey goes
//! before a search, a search before properties. Nothing here draws, and nothing of the
//! interface waits for an answer.

mod load;
mod pasted;
mod text;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError};

use crate::identity::compare::Comparison;
use crate::identity::{Journey, LEGACY};
use crate::inspect::query::Vocabulary;
use crate::inspect::terms::Terms;
use crate::inspect::{Census, Soon};
use crate::model::Id;
use crate::model::facts::Arrival;

use super::backend::{Backend, Failure, Glance, Hits, Recent, Redacted, Saved, StartPage};
use super::timeline::Timeline;
use super::timeline::cells::{self, Cells, Values};
use super::timeline::sift::{Sifted, Sifting, sift};
use super::when::Zone;

pub use self::load::Load;
pub use self::pasted::{Pasted, pasted};
pub use self::text::{Text, Wanted};

/// The rows of a play, to be opened like those of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// What the file of the rows is called.
    pub name: String,
    /// Lines of recorded payloads.
    pub lines: String,
    /// The id to open.
    pub id: Id,
}

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saving {
    /// Where to.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Whether it takes the place of one that is there.
    pub replace: bool,
}

/// Makes the backend, on the worker's thread.
pub type Factory = Box<dyn FnOnce(Cancel) -> Result<Box<dyn Backend>, Failure> + Send>;

/// Number of a question; answers to older ones are dropped.
pub type Ticket = u64;

/// What the worker is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// [`Backend::overview`].
    Overview,
    /// [`Backend::search`], and [`Backend::near`] when it finds nothing.
    Search(String),
    /// [`Backend::journey`], laid out for a zone.
    Journey(Id, Zone),
    /// [`Backend::journey_as_of`], laid out for a zone.
    AsOf(Then, Zone),
    /// [`Backend::compare`].
    Compare(Id, Id),
    /// [`Backend::properties`].
    Properties(i64),
    /// [`Backend::properties_of`], for columns of the timeline.
    Cells(Cells),
    /// [`Backend::properties_of`], for a filter.
    Sift(Sifting),
    /// [`Backend::look`].
    Look(Id),
    /// [`Backend::census`].
    Census,
    /// [`Backend::vocabulary`].
    Vocabulary,
    /// [`Backend::remember`]; nothing is answered.
    Remember(Recent),
    /// [`Backend::pin`].
    Pin(Recent),
    /// [`Backend::device_zone`].
    DeviceZone(Id),
    /// [`Backend::open`].
    Store(String),
    /// [`Backend::redact`], and what the open user is called then.
    Redact(Option<Id>),
    /// A row or a journey as a text of its own.
    Text(Wanted),
    /// [`Backend::changed`].
    Changed,
    /// [`Backend::stage`], then [`Backend::journey`] as for [`Question::Journey`].
    Stage(Arc<Stage>, Zone),
    /// [`Backend::save`].
    Save(Arc<Saving>),
}

/// Whose journey, as it stood at which moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Then {
    /// What was asked for.
    pub id: Id,
    /// The root it leads to today: whose state is shown when nothing had named the id by then.
    pub root: Option<Id>,
    /// The last that had arrived.
    pub moment: Arrival,
}

/// A journey and its lines; `None` when nothing names the id.
pub type Opened = Result<Option<(Arc<Journey>, Arc<Timeline>)>, Failure>;

/// What it answers.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The store as a whole.
    Overview(Result<Box<StartPage>, Failure>),
    /// Hits, and ids that look alike when there are none.
    Search(Result<(Hits, Vec<Id>), Failure>),
    /// Some hits of a search whose answer is on its way, and ids that look alike.
    Soon(Box<(Hits, Vec<Id>)>),
    /// A journey and its rows in the order of the screen.
    Journey(Opened),
    /// The first rows of a journey whose answer is on its way.
    First(Arc<Journey>, Arc<Timeline>),
    /// Two users beside each other.
    Compared(Result<Arc<Comparison>, Failure>),
    /// Properties of a row.
    Properties(i64, Result<String, Failure>),
    /// Values for columns of the timeline.
    Cells(Values),
    /// What a filter keeps of some rows.
    Sifted(Box<Sifted>),
    /// A look at a hit.
    Look(Id, Result<Box<Glance>, Failure>),
    /// The count so far.
    Census(Result<Box<Census>, Failure>),
    /// Names to complete terms with.
    Vocabulary(Result<Box<Vocabulary>, Failure>),
    /// It is remembered.
    Remembered,
    /// The text.
    Text(Result<Text, Failure>),
    /// The zone of the devices of whoever has the id; `None` where nothing says one.
    DeviceZone(Id, Option<Zone>),
    /// Somebody, and whether they are pinned now.
    Pinned(Recent, Result<bool, Failure>),
    /// What the other store is called.
    Store(Result<String, Failure>),
    /// Whether answers are redacted now.
    Redacted(Result<Redacted, Failure>),
    /// Whether the store has changed.
    Changed(bool),
    /// What became of a file.
    Saved(Result<Saved, Failure>),
}

/// Answers one question. Tests call it in their own thread.
pub fn answer(backend: &mut dyn Backend, question: &Question) -> Answer {
    answer_on_the_way(backend, question, &mut |_, _| {})
}

/// Answers one question; `show` is given parts of an answer that takes long.
fn answer_on_the_way(backend: &mut dyn Backend, question: &Question, show: &mut dyn FnMut(Hits, Vec<Id>)) -> Answer {
    match question {
        Question::Overview => Answer::Overview(backend.overview().map(Box::new)),
        Question::Search(text) => Answer::Search(pasted::search(backend, text, show)),
        Question::Journey(id, zone) => Answer::Journey(open(backend, id, *zone)),
        Question::AsOf(then, zone) => {
            Answer::Journey(as_of(backend, then).map(|journey| Some(laid_out(journey, *zone))))
        }
        Question::Stage(stage, zone) => {
            let staged = backend.stage(&stage.name, &stage.lines);
            Answer::Journey(staged.and_then(|()| open(backend, &stage.id, *zone)))
        }
        Question::Save(saving) => Answer::Saved(backend.save(&saving.path, &saving.text, saving.replace)),
        Question::Compare(a, b) => Answer::Compared(backend.compare(a, b)),
        Question::Properties(row) => Answer::Properties(*row, backend.properties(*row)),
        Question::Cells(cells) => Answer::Cells(cells::read(backend, cells)),
        Question::Sift(sifting) => Answer::Sifted(Box::new(sift(backend, sifting))),
        Question::Look(id) => Answer::Look(id.clone(), backend.look(id).map(|look| Box::new(Glance::of(look)))),
        Question::Census => Answer::Census(backend.census().map(Box::new)),
        Question::Vocabulary => Answer::Vocabulary(backend.vocabulary().map(Box::new)),
        Question::Remember(recent) => {
            backend.remember(recent);
            Answer::Remembered
        }
        Question::Text(wanted) => Answer::Text(text::text(backend, wanted)),
        Question::DeviceZone(id) => {
            // Only a choice more: what fails here is told by whatever is asked next.
            let name = backend.device_zone(id).ok().flatten();
            Answer::DeviceZone(id.clone(), name.and_then(|name| Zone::parse(&name).ok()))
        }
        Question::Pin(who) => Answer::Pinned(who.clone(), backend.pin(who)),
        Question::Store(path) => Answer::Store(backend.open(path)),
        Question::Redact(opened) => Answer::Redacted(backend.redact(opened.as_ref())),
        // A look that fails is made again; what the user asks will tell the failure.
        Question::Changed => Answer::Changed(backend.changed().unwrap_or(false)),
    }
}

/// A part of the answer where the whole takes longer, or the whole of a journey. What fails here fails
/// again with the whole.
pub fn answer_soon(backend: &mut dyn Backend, question: &Question) -> Option<Answer> {
    match question {
        // Terms are told on their way.
        Question::Search(text) if !matches!(Terms::read(text), Ok(None)) => None,
        Question::Search(text) => {
            let hits = pasted::soon(backend, text)?;
            Some(Answer::Soon(Box::new((hits, Vec::new()))))
        }
        Question::Journey(id, zone) => Some(match backend.journey_soon(id).ok()?? {
            Soon::All(journey) => Answer::Journey(Ok(Some(laid_out(Arc::new(journey), *zone)))),
            Soon::First(journey) => {
                let (journey, timeline) = laid_out(Arc::new(journey), *zone);
                Answer::First(journey, timeline)
            }
        }),
        _ => None,
    }
}

/// The journey of an id, laid out for a zone.
fn open(backend: &mut dyn Backend, id: &Id, zone: Zone) -> Opened {
    Ok(backend.journey(id)?.map(|journey| laid_out(journey, zone)))
}

fn laid_out(journey: Arc<Journey>, zone: Zone) -> (Arc<Journey>, Arc<Timeline>) {
    let timeline = Arc::new(Timeline::new(&journey, zone));
    (journey, timeline)
}

/// The user as it stood then, followed by its root of today where the id itself was not there yet.
fn as_of(backend: &mut dyn Backend, then: &Then) -> Result<Arc<Journey>, Failure> {
    let found = backend.journey_as_of(&then.id, then.moment)?;
    if let Some(journey) = found.as_ref().filter(|journey| journey.root.is_some()) {
        return Ok(journey.clone());
    }
    let id = then.id.as_str();
    if let Some(root) = then.root.as_ref().filter(|root| **root != then.id)
        && let Some(followed) = backend.journey_as_of(root, then.moment)?
        && followed.root.is_some()
    {
        let mut followed = Arc::unwrap_or_clone(followed);
        followed.query = then.id.clone();
        followed
            .notes
            .insert(0, format!("Nothing had made {id} one of these ids yet: this is {} then.", root.as_str()));
        return Ok(Arc::new(followed));
    }
    Ok(found.unwrap_or_else(|| {
        let mut nothing = Journey::of_nothing(&then.id, LEGACY);
        nothing.as_of = Some(then.moment);
        nothing.notes = vec![format!("Nothing that had arrived by then names {id}.")];
        Arc::new(nothing)
    }))
}

/// Questions that push each other aside, most urgent first.
const SLOTS: usize = 10;

impl Question {
    fn slot(&self) -> usize {
        match self {
            Self::Journey(..)
            | Self::AsOf(..)
            | Self::Compare(..)
            | Self::Stage(..)
            | Self::Store(_)
            | Self::Redact(_) => 0,
            Self::Overview | Self::Search(_) => 1,
            Self::Properties(_) => 2,
            Self::Cells(_) => 3,
            Self::Sift(_) => 4,
            Self::Remember(_) => 5,
            Self::Look(_) | Self::Census | Self::Vocabulary | Self::DeviceZone(_) => 6,
            Self::Changed => 7,
            Self::Save(_) | Self::Pin(_) => 8,
            Self::Text(_) => 9,
        }
    }
}

/// Tells whoever works on a question whether the answer is still wanted.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Tickets>);

#[derive(Debug, Default)]
struct Tickets {
    latest: [AtomicU64; SLOTS],
    running: AtomicU64,
    slot: AtomicUsize,
    closed: AtomicU64,
}

impl Cancel {
    /// Whether a newer question has made the running one pointless. Cheap: two loads.
    pub fn is_stale(&self) -> bool {
        let tickets = &self.0;
        let latest = tickets.latest.get(tickets.slot.load(Ordering::Acquire));
        tickets.closed.load(Ordering::Acquire) > 0
            || latest.is_some_and(|latest| latest.load(Ordering::Acquire) > tickets.running.load(Ordering::Acquire))
    }

    /// Everything that runs is pointless: the program ends.
    pub(super) fn close(&self) {
        self.0.closed.store(1, Ordering::Release);
    }

    fn asked(&self, ticket: Ticket, question: &Question) {
        // Who opens a journey no longer waits for hits or for properties of another.
        // What is looked at in passing waits for nobody, and is asked again when it is seen.
        let slots: &[usize] = match question.slot() {
            0 => &[0, 1, 2, 3, 4, 6, 9],
            1 => &[1, 6],
            2 => &[2, 6],
            slot => &[slot],
        };
        for latest in slots.iter().filter_map(|slot| self.0.latest.get(*slot)) {
            latest.fetch_max(ticket, Ordering::AcqRel);
        }
    }

    fn starts(&self, ticket: Ticket, question: &Question) {
        self.0.running.store(ticket, Ordering::Release);
        self.0.slot.store(question.slot(), Ordering::Release);
    }

    fn is_overtaken(&self, ticket: Ticket, question: &Question) -> bool {
        self.0.latest.get(question.slot()).is_some_and(|latest| latest.load(Ordering::Acquire) > ticket)
    }
}

/// The interface's end of the queue.
#[derive(Debug)]
pub(super) struct Queue {
    sender: Sender<(Ticket, Question)>,
    cancel: Cancel,
}

impl Queue {
    pub(super) fn new(sender: Sender<(Ticket, Question)>, cancel: Cancel) -> Self {
        Self { sender, cancel }
    }

    /// Hands a question over. A worker that has ended has said why by a message of its own.
    pub(super) fn ask(&self, ticket: Ticket, question: Question) {
        self.cancel.asked(ticket, &question);
        let _ = self.sender.send((ticket, question));
    }
}

/// What the worker reports to the interface.
#[derive(Debug)]
pub enum Report {
    /// The store is open; this is what to call it.
    Opened(String),
    /// It cannot be opened.
    NotOpened(Failure),
    /// What a command has to name the store by, if it has to.
    Located(Option<String>),
    /// An answer, or a part of one.
    Answer(Ticket, Answer),
}

/// The worker's whole life: opens the store, then answers until nobody asks any more.
pub(super) fn work(
    factory: Factory,
    cancel: &Cancel,
    queue: &Receiver<(Ticket, Question)>,
    report: &dyn Fn(Report) -> bool,
) {
    let mut backend = match factory(cancel.clone()) {
        Ok(backend) => {
            let _ = report(Report::Opened(backend.title()));
            let _ = report(Report::Located(backend.place()));
            backend
        }
        Err(failure) => {
            let _ = report(Report::NotOpened(failure));
            return;
        }
    };
    let mut waiting: [Option<(Ticket, Question)>; SLOTS] = [const { None }; SLOTS];
    loop {
        if waiting.iter().all(Option::is_none) {
            let Ok(next) = queue.recv() else { return };
            put(&mut waiting, next);
        }
        loop {
            match queue.try_recv() {
                Ok(next) => put(&mut waiting, next),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return,
            }
        }
        let Some((ticket, question)) = waiting.iter_mut().find_map(Option::take) else { continue };
        if cancel.is_overtaken(ticket, &question) {
            continue;
        }
        cancel.starts(ticket, &question);
        let answer = match answer_soon(backend.as_mut(), &question) {
            Some(whole @ Answer::Journey(_)) => whole,
            part => {
                if part.is_some_and(|part| !report(Report::Answer(ticket, part))) {
                    return;
                }
                answer_on_the_way(backend.as_mut(), &question, &mut |hits, near| {
                    // Whoever has gone is noticed at the next answer.
                    let _ = report(Report::Answer(ticket, Answer::Soon(Box::new((hits, near)))));
                })
            }
        };
        // That it looks into another store is to be known whatever was asked since.
        let wanted = matches!(answer, Answer::Store(_)) || !cancel.is_overtaken(ticket, &question);
        if matches!(answer, Answer::Store(Ok(_))) {
            let _ = report(Report::Located(backend.place()));
        }
        if wanted && !report(Report::Answer(ticket, answer)) {
            return;
        }
    }
}

fn put(waiting: &mut [Option<(Ticket, Question)>; SLOTS], next: (Ticket, Question)) {
    if let Some(slot) = waiting.get_mut(next.1.slot()) {
        *slot = Some(next);
    }
}

#[cfg(test)]
mod tests;
