//! What the first screen tells of a store, of its people, and of a hit.

use crate::identity::{Journey, Phase, PointKind, Severity, State};
use crate::model::time::activity;
use crate::model::{Id, Millis};
use crate::session::Sight;

/// What the list of hits tells of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// Rows of the id in equal parts of its time.
    pub activity: Vec<u64>,
    /// The user; `None` when that is not known without opening it.
    pub user: Option<User>,
}

/// What happened in a part of a user's time; of several things the most important.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Milestone {
    /// Nothing.
    #[default]
    Nothing,
    /// Rows before the user was known.
    Anonymous,
    /// Rows from then on.
    Identified,
    /// Split rows.
    Split,
    /// Rows that no alias reaches.
    Orphan,
    /// The user became known.
    Identify,
    /// A client began anew.
    Reset,
    /// An accepted alias.
    Alias,
    /// A refused one.
    Refused,
}

/// What a glance tells of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// Where the rows are stored; `None` for an id that is only mentioned.
    pub root: Option<Id>,
    /// Time of the first and of the last row, those of orphans too.
    pub span: Option<(Millis, Millis)>,
    /// Rows of the user in [`User::PARTS`] equal parts of the time from the first to the last of them.
    pub activity: Vec<u64>,
    /// What happened in as many parts of the whole time.
    pub story: Vec<Milestone>,
    /// The root and its aliases.
    pub ids: Vec<Id>,
    /// Rows of the user.
    pub rows: u64,
    /// Split rows.
    pub split: u64,
    /// Rows elsewhere that are counted as the user's.
    pub orphaned: u64,
    /// Alias calls without effect.
    pub refused: u64,
    /// Users that the id may be an orphan of.
    pub orphan_of: Vec<Id>,
    /// Mistakes that the journey shows, the worst first; whether it loses rows, and a sentence.
    pub findings: Vec<(bool, String)>,
}

impl User {
    /// Parts of `User::story`.
    pub const PARTS: usize = 120;

    /// What happened when, over the whole time.
    fn story(journey: &Journey) -> (Option<(Millis, Millis)>, Vec<Milestone>) {
        let own = journey.steps.iter().map(|step| {
            let what = match (&step.state, step.phase) {
                (State::Split(_), _) => Milestone::Split,
                (State::Merged, Phase::Anonymous) => Milestone::Anonymous,
                (State::Merged, Phase::Identified) => Milestone::Identified,
            };
            (step.event.time, what)
        });
        let orphans = journey.orphans.iter().flat_map(|orphan| &orphan.steps);
        let mut moments: Vec<(Millis, Milestone)> =
            own.chain(orphans.map(|step| (step.event.time, Milestone::Orphan))).collect();
        let Some((first, last)) =
            moments.iter().map(|(time, _)| *time).fold(None, |span: Option<(Millis, Millis)>, time| {
                Some(span.map_or((time, time), |(first, last)| (first.min(time), last.max(time))))
            })
        else {
            return (None, Vec::new());
        };
        moments.extend(journey.points.iter().map(|point| {
            let what = match point.kind {
                PointKind::Alias => Milestone::Alias,
                PointKind::Identify | PointKind::Login => Milestone::Identify,
                PointKind::Reset => Milestone::Reset,
            };
            (point.time, what)
        }));
        moments.extend(journey.refused().map(|call| (call.time, Milestone::Refused)));
        let mut story = vec![Milestone::Nothing; Self::PARTS];
        let whole = i128::from(last) - i128::from(first) + 1;
        for (time, what) in moments {
            let at = (i128::from(time.clamp(first, last)) - i128::from(first)) * (Self::PARTS as i128) / whole.max(1);
            if let Some(part) = usize::try_from(at).ok().and_then(|at| story.get_mut(at)) {
                *part = (*part).max(what);
            }
        }
        (Some((first, last)), story)
    }

    fn of(journey: &Journey) -> Self {
        let (span, story) = Self::story(journey);
        Self {
            root: journey.root.clone(),
            span,
            activity: activity(journey.steps.iter().map(|step| step.event.time), Self::PARTS),
            story,
            ids: journey.ids.iter().map(|member| member.id.clone()).collect(),
            rows: journey.steps.len() as u64,
            split: journey.splits() as u64,
            orphaned: journey.orphaned_rows() as u64,
            refused: journey.refused().count() as u64,
            orphan_of: journey.orphan_of.iter().map(|owner| owner.root.clone()).collect(),
            findings: journey
                .findings
                .iter()
                // A note is nothing to mend.
                .filter(|finding| finding.severity() < Severity::Note)
                .map(|finding| (finding.severity() == Severity::Error, finding.what.clone()))
                .collect(),
        }
    }
}

impl Preview {
    /// What a look has seen.
    pub(in crate::tui) fn of(sight: Sight) -> Self {
        let user = sight.journey.map(|journey| User::of(&journey));
        Self { activity: sight.activity, user }
    }

    /// Rows of the person over their time, those of the id where the person is not known.
    pub(in crate::tui) fn of_person(&self) -> &[u64] {
        self.user.as_ref().map_or(&self.activity, |user| &user.activity)
    }
}
