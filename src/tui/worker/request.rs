//! What the worker is asked: each request, what runs it, what it answers, and which others it
//! stands back for.

use std::sync::Arc;

use crate::identity::compare::Comparison;
use crate::identity::{Journey, LEGACY, named};
use crate::inspect::query::Vocabulary;
use crate::inspect::terms::Terms;
use crate::inspect::{Census, Soon};
use crate::model::Id;
use crate::model::facts::Arrival;
use crate::session::search;
use crate::tui::backend::{
    Answer, Backend, Failure, FailureKind, Hits, Preview, Question, Recent, Redacted, Saved, StartPage,
};
use crate::tui::timeline::Timeline;
use crate::tui::timeline::cells::{self, Cells, Values};
use crate::tui::timeline::sift::{Sifted, Sifting, sift};
use crate::tui::when::Zone;

use super::lane::{Lane, Rule};
use super::report::{self, Reported, Reporting};
use super::standing::{self, Standing};
use super::{Text, Ticket, Wanted, text};

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

/// What the worker is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
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
    /// [`Backend::set_rules`], by the name of the rule set.
    Rules(Option<&'static str>),
    /// A row or a journey as a text of its own.
    Text(Wanted),
    /// [`Backend::changed`].
    Changed,
    /// [`Backend::stage`], then [`Backend::journey`] as for [`Request::Journey`].
    Stage(Arc<Stage>, Zone),
    /// [`Backend::save`].
    Save(Arc<Saving>),
    /// A journey, written to a file that [`Backend::begin`] gives.
    Report(Arc<Reporting>),
    /// How ids stand that rows have just come for, by [`Backend::look`].
    Standing(Vec<Id>),
    /// [`Backend::findings`].
    Findings(Question),
    /// The look at every user with this ticket ends with what it knows; nothing is answered.
    Enough(Ticket),
    /// Every question that was asked before ends, with an answer that says so.
    Stop,
    /// What a journey asks for its rows is of no use any more, or only its filter; nothing is answered.
    Unwanted(Unwanted),
}

/// What is of no use any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwanted {
    /// What a filter keeps.
    Filter,
    /// All that is asked for rows.
    Rows,
}

impl Unwanted {
    /// The lanes whose questions end.
    pub(super) fn lanes(self) -> &'static [Lane] {
        match self {
            Self::Filter => &[Lane::Filter],
            Self::Rows => &[Lane::Filter, Lane::Row, Lane::Columns],
        }
    }
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
pub enum Response {
    /// The store as a whole.
    Overview(Result<Box<StartPage>, Failure>),
    /// Hits, and ids that look alike when there are none.
    Search(Result<(Hits, Vec<Id>), Failure>),
    /// Some hits of a search whose answer is on its way.
    Soon(Box<Hits>),
    /// A journey and its rows in the order of the screen.
    Journey(Opened),
    /// The first rows of a journey whose answer is on its way.
    First(Arc<Journey>, Arc<Timeline>),
    /// Two users side by side.
    Compared(Result<Arc<Comparison>, Failure>),
    /// Properties of a row.
    Properties(i64, Result<String, Failure>),
    /// Values for columns of the timeline.
    Cells(Values),
    /// What a filter keeps of some rows.
    Sifted(Box<Sifted>),
    /// A look at a hit.
    Look(Id, Result<Box<Preview>, Failure>),
    /// The count so far.
    Census(Result<Box<Census>, Failure>),
    /// Names to complete terms with.
    Vocabulary(Result<Box<Vocabulary>, Failure>),
    /// It is remembered.
    Remembered,
    /// The text.
    Text(Result<Text, Failure>),
    /// The zone of the devices of the user of the id; `None` where no row says one.
    DeviceZone(Id, Option<Zone>),
    /// A user, and whether it is pinned now.
    Pinned(Recent, Result<bool, Failure>),
    /// What the other store is called.
    Store(Result<String, Failure>),
    /// Whether answers are redacted now.
    Redacted(Result<Redacted, Failure>),
    /// Users are judged by other rules now.
    Ruled(Result<(), Failure>),
    /// Whether the store has changed.
    Changed(bool),
    /// What became of a file.
    Saved(Result<Saved, Failure>),
    /// What became of a report.
    Reported(Result<Reported, Failure>),
    /// How ids stand.
    Standing(Result<Vec<Standing>, Failure>),
    /// Findings of the store.
    Findings(Question, Result<Box<Answer>, Failure>),
    /// How many rows of how many a look at every user is through with.
    Looked(u64, u64),
}

impl Response {
    /// Why there is no answer, if there is none.
    pub(in crate::tui) fn failure(&mut self) -> Option<&mut Failure> {
        match self {
            Self::Overview(Err(failure))
            | Self::Search(Err(failure))
            | Self::Journey(Err(failure))
            | Self::Compared(Err(failure))
            | Self::Properties(_, Err(failure))
            | Self::Look(_, Err(failure))
            | Self::Census(Err(failure))
            | Self::Vocabulary(Err(failure))
            | Self::Text(Err(failure))
            | Self::Pinned(_, Err(failure))
            | Self::Store(Err(failure))
            | Self::Redacted(Err(failure))
            | Self::Ruled(Err(failure))
            | Self::Saved(Err(failure))
            | Self::Reported(Err(failure))
            | Self::Standing(Err(failure))
            | Self::Findings(_, Err(failure)) => Some(failure),
            Self::Sifted(sifted) => sifted.failure(),
            _ => None,
        }
    }
}

impl Request {
    /// Whether a wait begins with it: what is asked next to another question only makes that one longer.
    pub(in crate::tui) fn begins_a_wait(&self) -> bool {
        match self.rule() {
            Rule::Ask(lane, _) => matches!(lane, Lane::Page | Lane::Search | Lane::Findings),
            Rule::Turn => true,
            Rule::Do => false,
        }
    }

    /// Which others it stands back for, and which stand back for it.
    ///
    /// What only asks may be overtaken: by a newer one of its lane, and by those that end its
    /// lane. Who opens a journey no longer waits for hits, nor for properties of another one. What
    /// is looked at in passing is asked again when it is seen.
    pub(super) fn rule(&self) -> Rule {
        match self {
            Self::Journey(..) | Self::AsOf(..) | Self::Compare(..) | Self::Stage(..) => Rule::Ask(
                Lane::Page,
                &[Lane::Search, Lane::Row, Lane::Columns, Lane::Filter, Lane::Preview, Lane::Text, Lane::Findings],
            ),
            Self::Overview | Self::Search(_) => Rule::Ask(Lane::Search, &[Lane::Preview, Lane::Findings]),
            Self::Findings(_) => Rule::Ask(Lane::Findings, &[Lane::Preview]),
            Self::Properties(_) => Rule::Ask(Lane::Row, &[Lane::Preview]),
            Self::Cells(_) => Rule::Ask(Lane::Columns, &[]),
            Self::Sift(_) => Rule::Ask(Lane::Filter, &[]),
            Self::Look(_) | Self::Census | Self::Vocabulary | Self::DeviceZone(_) => Rule::Ask(Lane::Preview, &[]),
            Self::Standing(_) => Rule::Ask(Lane::Standing, &[]),
            Self::Changed => Rule::Ask(Lane::Changes, &[]),
            Self::Text(_) => Rule::Ask(Lane::Text, &[]),
            Self::Pin(_)
            | Self::Save(_)
            | Self::Report(_)
            | Self::Remember(_)
            | Self::Enough(_)
            | Self::Stop
            | Self::Unwanted(_) => Rule::Do,
            Self::Store(_) | Self::Redact(_) | Self::Rules(_) => Rule::Turn,
        }
    }

    /// Runs it; `show` is given parts of an answer that takes long, and says whether the rest of a look at
    /// every user is wanted. Blocks: only the worker, and tests in their own thread, call it.
    pub fn run(&self, backend: &mut dyn Backend, show: &mut dyn FnMut(Response) -> bool) -> Response {
        match self {
            Self::Overview => Response::Overview(backend.overview().map(Box::new)),
            Self::Search(text) => Response::Search(search::search(backend, text, &mut |hits| {
                show(Response::Soon(Box::new(hits)));
            })),
            Self::Journey(id, zone) => Response::Journey(open(backend, id, *zone)),
            Self::AsOf(then, zone) => {
                Response::Journey(as_of(backend, then).map(|journey| Some(laid_out(journey, *zone))))
            }
            Self::Stage(stage, zone) => {
                let staged = backend.stage(&stage.name, &stage.lines);
                Response::Journey(staged.and_then(|()| open(backend, &stage.id, *zone)))
            }
            Self::Save(saving) => Response::Saved(backend.save(&saving.path, &saving.text, saving.replace)),
            Self::Report(wanted) => Response::Reported(report::write(backend, wanted)),
            Self::Compare(a, b) => Response::Compared(compare(backend, a, b)),
            Self::Properties(row) => Response::Properties(*row, backend.properties(*row)),
            Self::Cells(cells) => Response::Cells(cells::read(backend, cells)),
            Self::Sift(sifting) => Response::Sifted(Box::new(sift(backend, sifting))),
            Self::Look(id) => Response::Look(id.clone(), backend.look(id).map(|look| Box::new(Preview::of(look)))),
            Self::Census => Response::Census(backend.census().map(Box::new)),
            Self::Vocabulary => Response::Vocabulary(backend.vocabulary().map(Box::new)),
            Self::Standing(ids) => Response::Standing(standing::standing(backend, ids)),
            Self::Findings(question) => {
                let answer = backend.findings(question, &mut |done, all| show(Response::Looked(done, all)));
                Response::Findings(question.clone(), answer.map(Box::new))
            }
            Self::Enough(_) | Self::Stop | Self::Unwanted(_) => Response::Remembered,
            Self::Remember(recent) => {
                backend.remember(recent);
                Response::Remembered
            }
            Self::Text(wanted) => Response::Text(text::text(backend, wanted)),
            Self::DeviceZone(id) => {
                // Only a proposal: the next request reports what fails here.
                let name = backend.device_zone(id).ok().flatten();
                Response::DeviceZone(id.clone(), name.and_then(|name| Zone::parse(&name).ok()))
            }
            Self::Pin(who) => Response::Pinned(who.clone(), backend.pin(who)),
            Self::Store(path) => Response::Store(backend.open(path)),
            Self::Rules(name) => Response::Ruled(backend.set_rules(name.and_then(named))),
            Self::Redact(opened) => Response::Redacted(backend.redact(opened.as_ref())),
            // A look that fails is made again; the next request reports the failure.
            Self::Changed => Response::Changed(backend.changed().unwrap_or(false)),
        }
    }

    /// Runs it without parts.
    pub fn respond(&self, backend: &mut dyn Backend) -> Response {
        self.run(backend, &mut |_| true)
    }

    /// A part of the answer where the whole takes longer, or the whole of a journey. What fails here
    /// fails again with the whole.
    pub fn first_part(&self, backend: &mut dyn Backend) -> Option<Response> {
        match self {
            // Terms report what they have found so far.
            Self::Search(text) if !matches!(Terms::read(text), Ok(None)) => None,
            Self::Search(text) => {
                let hits = search::soon(backend, text)?;
                Some(Response::Soon(Box::new(hits)))
            }
            Self::Journey(id, zone) => Some(match backend.journey_soon(id).ok()?? {
                Soon::All(journey) => Response::Journey(Ok(Some(laid_out(Arc::new(journey), *zone)))),
                Soon::First(journey) => {
                    let (journey, timeline) = laid_out(Arc::new(journey), *zone);
                    Response::First(journey, timeline)
                }
            }),
            _ => None,
        }
    }
}

/// Two users side by side, the other one by an id or by any text that finds one person alone.
fn compare(backend: &mut dyn Backend, a: &Id, b: &Id) -> Result<Arc<Comparison>, Failure> {
    let failure = match backend.compare(a, b) {
        Err(failure) if failure.kind == FailureKind::Usage => failure,
        answer => return answer,
    };
    let (hits, _) = search::search(backend, b.as_str(), &mut |_| {})?;
    let mut people: Vec<Id> = Vec::new();
    for hit in hits.list {
        let person = hit.root.unwrap_or(hit.id);
        if !people.contains(&person) {
            people.push(person);
        }
    }
    match people.as_slice() {
        [] => Err(failure),
        [other] => backend.compare(a, other),
        [first, ..] => {
            let all = people.len();
            let what = format!("{} finds {all} people: type more of it, or an id", b.as_str());
            Err(Failure::new(FailureKind::Usage, what).hint(first.as_str()))
        }
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
