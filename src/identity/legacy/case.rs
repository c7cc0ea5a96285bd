//! What the findings of one user are decided from.
//!
//! A journey has every row of its user; a look over a whole store has only sums of them. Both fill
//! a [`Case`], so that one set of rules judges both.

use std::borrow::Cow;
use std::sync::Arc;

use foldhash::HashSet;

use super::super::findings::{MOST_SOURCES, Sums, keep_place};
use super::super::journey::{
    AliasLine, Alike, Evidence, EvidenceKind, Journey, Neighbour, Split, State, Step, Strength, Verdict, at_least,
};
use super::super::memo::Memo;
use super::super::thresholds::Thresholds;
use super::world::World;
use super::{around, evidence};
use crate::model::facts::{Event, Source};
use crate::model::id::has_prefix_twice;
use crate::model::{Flags, Id, Millis, VerbKind};

/// A row cannot be older: no vendor took events before (2005-01-01). Unix zero, seconds taken for
/// milliseconds and the like lie before.
const OLDEST: Millis = 1_104_537_600_000;

/// What a row shows by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Its id was sent as a number or boolean.
    pub number: bool,
    /// It is an `$identify` of an id with itself.
    pub itself: bool,
    /// Its `$user_id` is its `$device_id`.
    pub device_user: bool,
}

impl Marks {
    /// The marks that a row has from its sender, whose ids are equal where their texts are; `is_identify` for an
    /// `$identify`.
    pub fn of_sender<T: PartialEq>(flags: Flags, is_identify: bool, [id, other, user, device]: [Option<T>; 4]) -> Self {
        Self {
            number: flags.has(Flags::ID_NOT_TEXT),
            itself: is_identify && id.is_some() && (other.is_none() || other == id),
            device_user: user.is_some() && user == device && !flags.has(Flags::HAD_PERSISTED),
        }
    }

    /// Whether a row cannot have happened when it says, for some of several rows: the earliest happened then, and none
    /// whose arrival is known more than `ahead` after it.
    pub fn can_be_impossible(earliest: Millis, ahead: u64, thresholds: &Thresholds) -> bool {
        earliest < OLDEST || ahead > thresholds.ahead
    }

    /// Whether a row cannot have happened when it says.
    pub fn is_impossible(time: Millis, arrived: Millis, flags: Flags, thresholds: &Thresholds) -> bool {
        let ahead = Millis::try_from(thresholds.ahead).unwrap_or(Millis::MAX);
        let known = !flags.has(Flags::ARRIVAL_UNKNOWN) && !flags.has(Flags::TIME_FROM_ARRIVAL);
        // Old rows of an old history are right.
        time < OLDEST && (arrived >= OLDEST || !known) || known && time > arrived.saturating_add(ahead)
    }
}

/// Whether an alias call has its arguments swapped: the id that a client made is the alias, and the user the target.
pub(super) fn is_swapped(alias: Option<&Id>, target: Option<&Id>) -> bool {
    alias.is_some_and(|alias| alias.shape().is_sdk_made()) && target.is_some_and(|target| !target.shape().is_sdk_made())
}

/// How findings count the split rows of a journey. The rows of an anonymous id that swapped arguments made an alias are
/// the visitor's own past: however short before the call they were sent, none of them overtook it.
#[derive(Debug)]
pub struct Splits<'j>(HashSet<&'j Id>);

impl<'j> Splits<'j> {
    /// Of a journey.
    pub fn of(journey: &'j Journey) -> Self {
        let accepted = journey.aliases.iter().filter(|line| line.verdict == Verdict::Accepted);
        let swapped = accepted.filter(|line| is_swapped(line.alias.as_ref(), line.target.as_ref()));
        Self(swapped.filter_map(|line| line.alias.as_ref()).collect())
    }

    /// How a row counts; `None` where it is not split.
    pub fn split(&self, step: &Step) -> Option<Split> {
        match step.state {
            State::Split(_) if self.0.contains(&step.stored_under) => Some(Split::History),
            State::Split(how) => Some(how),
            State::Merged => None,
        }
    }
}

/// Rows that show something, the first of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    /// The id that the first is stored under.
    pub(super) under: Option<Id>,
    /// Their places, at most [`MOST_SOURCES`].
    pub(super) sources: Vec<Source>,
}

impl Shown {
    fn add(&mut self, under: &Id, source: &Source) {
        if self.under.is_none() {
            self.under = Some(under.clone());
        }
        // Saves memory: a finding keeps only that many.
        keep_place(&mut self.sources, source, MOST_SOURCES);
    }
}

/// The rows of a user that show something.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub(super) any: Shown,
    pub(super) race: Shown,
    pub(super) history: Shown,
    pub(super) number: Shown,
    pub(super) impossible: Shown,
    pub(super) itself: Shown,
    pub(super) device_user: Shown,
    /// When the first of all happened.
    pub(super) first: Option<Millis>,
    /// The first row of an id that another one looks like.
    pub(super) look_alike: Option<Source>,
}

/// Rows of an anonymous root that evidence ties to the user.
pub(super) struct Left<'a> {
    pub(super) ids: Cow<'a, [Id]>,
    pub(super) evidence: Cow<'a, [Evidence]>,
    /// The root whose evidence arrived first.
    pub(super) suggested: Cow<'a, Id>,
    pub(super) contested: bool,
    pub(super) strength: Strength,
    pub(super) rows: u64,
}

/// One user, as far as findings ask.
pub(super) struct Case<'a> {
    pub(super) world: &'a World<'a>,
    pub(super) root: &'a Id,
    pub(super) ids: Vec<Id>,
    pub(super) calls: Cow<'a, [AliasLine]>,
    pub(super) left: Vec<Left<'a>>,
    pub(super) neighbours: Cow<'a, [Neighbour]>,
    pub(super) alike: &'a [Alike],
    pub(super) sums: Sums,
    pub(super) rows: Rows,
    /// Whether a limit cut rows of the user.
    pub(super) has_more_rows: bool,
    /// `at least ` where a limit cut anything.
    pub(super) least: &'static str,
}

impl<'a> Case<'a> {
    /// The user of a journey; `None` for an id that is only mentioned.
    pub(super) fn of_journey(world: &'a World<'a>, journey: &'a Journey) -> Option<Self> {
        let root = journey.root.as_ref()?;
        let (mut sums, mut rows) = (Sums::default(), Rows::default());
        let mut sender = (0, false, Marks::default());
        let mut has_numbers = false;
        let splits = Splits::of(journey);
        for step in &journey.steps {
            let event = &*step.event;
            let is_identify = event.verb == VerbKind::Identify;
            let place = Arc::as_ptr(&event.sender).addr();
            if (sender.0, sender.1) != (place, is_identify) {
                sender = (place, is_identify, marks_of_sender(event, is_identify));
            }
            let add = |is: bool, sum: &mut u64, since: &mut Option<Millis>, shown: &mut Shown| {
                if is {
                    *sum += 1;
                    // Rows come by time.
                    since.get_or_insert(event.time);
                    shown.add(&step.stored_under, &event.source);
                }
            };
            let since = &mut sums.since;
            let marks = sender.2;
            add(true, &mut sums.rows, &mut rows.first, &mut rows.any);
            let split = splits.split(step);
            add(split == Some(Split::Race), &mut sums.race, &mut since.race, &mut rows.race);
            add(split == Some(Split::History), &mut sums.history, &mut since.history, &mut rows.history);
            has_numbers |= marks.number;
            add(marks.itself, &mut sums.itself, &mut since.itself, &mut rows.itself);
            add(marks.device_user, &mut sums.device_user, &mut since.device_user, &mut rows.device_user);
            let impossible = Marks::is_impossible(event.time, event.arrived, event.flags, &world.thresholds);
            let mut arrived = since.impossible;
            add(impossible, &mut sums.impossible, &mut arrived, &mut rows.impossible);
            if impossible {
                since.impossible = since.impossible.into_iter().chain([event.arrived]).min();
            }
        }
        if has_numbers {
            add_mixed(journey, &mut sums, &mut rows.number);
        }
        let is_alike = |id: &Id| journey.alike.iter().any(|alike| alike.of == *id);
        if !journey.alike.is_empty() {
            let mut events = journey.steps.iter().map(|step| &step.event);
            let first = events.find(|event| event.id.as_ref().is_some_and(is_alike));
            rows.look_alike = first.map(|event| event.source.clone());
        }
        if root.is_placeholder() {
            sums.devices = journey.devices() as u64;
        }
        if root.is_placeholder() || has_prefix_twice(root.as_str()) {
            sums.since.any = rows.first;
        }
        let left = journey.orphans.iter().map(|orphan| Left {
            ids: Cow::Borrowed(&orphan.ids),
            evidence: Cow::Borrowed(&orphan.evidence),
            suggested: Cow::Borrowed(&orphan.suggested),
            contested: orphan.contested,
            strength: orphan.strength,
            rows: orphan.steps.len() as u64,
        });
        Some(Self {
            world,
            root,
            ids: journey.ids.iter().map(|member| member.id.clone()).collect(),
            calls: Cow::Borrowed(&journey.aliases),
            left: left.collect(),
            neighbours: Cow::Borrowed(&journey.neighbours),
            alike: &journey.alike,
            sums,
            rows,
            has_more_rows: journey.has_more_rows(),
            least: journey.at_least(),
        })
    }

    /// The user of `root`, of whose rows only sums are at hand: `sums` has those of each id.
    pub(super) fn of_root(
        world: &'a World<'a>,
        root: &'a Id,
        sums: &dyn Fn(&Id) -> Sums,
        alike: &'a [Alike],
        cut: bool,
    ) -> Self {
        let ids = world.cluster(root);
        let mut all = Sums::default();
        for id in &ids {
            let own = sums(id);
            // An id that is always a number is one id.
            let numbers = if own.numbers < own.rows { own.numbers } else { 0 };
            let mut own = Sums { numbers, ..own };
            if numbers == 0 {
                own.since.numbers = None;
            }
            all.add(&own);
        }
        let mut left = Vec::new();
        for found in around::left_behind(world, root) {
            let ids = world.cluster(&found.id);
            let rows = ids.iter().map(|id| sums(id).rows).sum();
            if rows > 0 {
                left.push(Left {
                    ids: Cow::Owned(ids),
                    evidence: Cow::Owned(found.evidence),
                    suggested: Cow::Owned(found.suggested),
                    contested: found.owners.len() > 1,
                    strength: found.strength,
                    rows,
                });
            }
        }
        Self {
            world,
            root,
            calls: Cow::Owned(around::calls_of(world, &ids)),
            left,
            neighbours: Cow::Owned(around::neighbours(world, root)),
            alike,
            sums: all,
            rows: Rows::default(),
            has_more_rows: false,
            least: at_least(cut),
            ids,
        }
    }

    /// How many users `$identify` rows tie the anonymous ids of `left` to.
    pub(super) fn identified_as(&self, left: &Left<'_>) -> usize {
        let Some(root) = left.ids.first() else { return 0 };
        let ties = evidence::owners_of(self.world, root);
        let identified = ties.iter().filter(|tie| tie.kind == EvidenceKind::IdentifyEvent);
        identified.map(|tie| &tie.owner).collect::<HashSet<_>>().len()
    }
}

fn marks_of_sender(event: &Event, is_identify: bool) -> Marks {
    let texts = [&event.id, &event.other, &event.user, &event.device];
    Marks::of_sender(event.flags, is_identify, texts.map(|id| id.as_ref().map(Id::as_str)))
}

/// Adds rows of ids that are sent as a number in some rows and as text in others.
fn add_mixed(journey: &Journey, sums: &mut Sums, shown: &mut Shown) {
    let mut by_id: Memo<'_, (u64, u64)> = Memo::new();
    let is_number = |event: &Event| event.flags.has(Flags::ID_NOT_TEXT);
    for event in journey.steps.iter().map(|step| &*step.event) {
        if let Some((numbers, all)) = event.id.as_ref().and_then(|id| by_id.of(id, || (0, 0))) {
            *numbers += u64::from(is_number(event));
            *all += 1;
        }
    }
    for event in journey.steps.iter().map(|step| &*step.event).filter(|event| is_number(event)) {
        let Some(id) = &event.id else { continue };
        if by_id.get(id).is_some_and(|(numbers, all)| numbers < all) {
            sums.numbers += 1;
            sums.since.numbers.get_or_insert(event.time);
            shown.add(id, &event.source);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_before_2005_or_a_day_after_the_arrival_is_impossible() {
        const NOW: Millis = 1_700_000_000_000;
        const AHEAD: Millis = 24 * 60 * 60 * 1000;
        let thresholds = &Thresholds::DEFAULT;
        let (known, unknown) = (Flags::default(), [Flags::ARRIVAL_UNKNOWN, Flags::TIME_FROM_ARRIVAL]);
        for (time, arrived, is_impossible) in [
            (NOW, NOW, false),
            (NOW + AHEAD, NOW, false),
            (NOW + AHEAD + 1, NOW, true),
            (NOW + 2 * AHEAD, NOW, true),
            (OLDEST, NOW, false),
            (OLDEST - 1, NOW, true),
            (OLDEST - 1, OLDEST, true),
            // An old row of an old history.
            (OLDEST - 2, OLDEST - 1, false),
        ] {
            assert_eq!(Marks::is_impossible(time, arrived, known, thresholds), is_impossible, "{time} {arrived}");
        }
        // Where no arrival is known, only the oldest time counts.
        for flags in unknown {
            assert!(!Marks::is_impossible(NOW + 2 * AHEAD, NOW, flags, thresholds));
            assert!(Marks::is_impossible(OLDEST - 2, OLDEST - 1, flags, thresholds));
        }
    }
}
