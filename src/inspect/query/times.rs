//! Conditions on time, decided for a row. Both evaluators ask here.

use std::sync::Arc;

use chrono::NaiveDateTime;

use super::{Moment, Term, When};
use crate::model::Millis;

/// The clock on the wall of a zone; `None` for a moment that no calendar has.
pub type Wall = Arc<dyn Fn(Millis) -> Option<NaiveDateTime> + Send + Sync>;

/// Farther than this no clock on a wall is from UTC.
const FARTHEST: i64 = 48 * 3_600_000;

/// A condition on time whose relative moments are known.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::inspect) enum Times {
    /// From the beginning of the one to before the end of the other; none is open.
    Between(Option<Moment>, Option<Moment>),
    /// Before the beginning.
    Before(Moment),
    /// Not sooner than this.
    From(Millis),
    /// Sooner than this.
    Until(Millis),
    /// All of it.
    All(Vec<Times>),
}

impl Times {
    /// What a term asks of time, where what is looked at lasts from `first` to `last`; `None` for
    /// a term about something else.
    pub(in crate::inspect) fn of(term: &Term, first: Millis, last: Millis) -> Option<Self> {
        let edge = |span: i64| if span < 0 { last } else { first }.saturating_add(span);
        Some(match term {
            Term::After(When { moment: Moment::Relative(span), .. })
            | Term::At(When { moment: Moment::Relative(span), .. }) => Self::From(edge(*span)),
            Term::Before(When { moment: Moment::Relative(span), .. }) => Self::Until(edge(*span)),
            Term::After(when) => Self::Between(Some(when.moment), None),
            Term::Before(when) => Self::Before(when.moment),
            Term::At(when) => Self::Between(Some(when.moment), Some(when.moment)),
            Term::Between(from, to) => {
                let from = from.as_ref().map(|when| when.moment);
                let to = to.as_ref().map(|when| from.map_or(when.moment, |from| when.moment.on_day_of(from)));
                let absolute = |moment: Option<Moment>| match moment {
                    Some(Moment::Relative(span)) => (None, Some(edge(span))),
                    other => (other, None),
                };
                let ((from, since), (to, until)) = (absolute(from), absolute(to));
                let mut all = Vec::new();
                all.extend(since.map(Self::From));
                all.extend(until.map(|at| Self::Until(at.saturating_add(1))));
                if from.is_some() || to.is_some() {
                    all.push(Self::Between(from, to));
                }
                Self::All(all)
            }
            _ => return None,
        })
    }

    /// Whether it holds of a time.
    pub(in crate::inspect) fn holds(&self, time: Millis, wall: &Wall) -> bool {
        match self {
            Self::From(at) => time >= *at,
            Self::Until(at) => time < *at,
            Self::Before(moment) => match moment {
                Moment::Absolute(from, _) => time < *from,
                Moment::Wall(from, _) => !reached(time, *from, wall).unwrap_or(true),
                Moment::Daily(from, _) => wall(time).is_some_and(|at| at.time() < *from),
                Moment::Relative(_) => false,
            },
            Self::Between(from, to) => between(time, *from, *to, wall),
            Self::All(all) => all.iter().all(|times| times.holds(time, wall)),
        }
    }

    /// The span of time in which it holds, and outside of which it does not: from, and before; `None` where the clock
    /// on the wall decides.
    pub(in crate::inspect) fn span(&self) -> Option<(Millis, Millis)> {
        let moment = |moment: &Option<Moment>| match moment {
            None => Some((Millis::MIN, Millis::MAX)),
            Some(Moment::Absolute(from, to)) => Some((*from, *to)),
            Some(_) => None,
        };
        Some(match self {
            Self::From(at) => (*at, Millis::MAX),
            Self::Until(at) => (Millis::MIN, *at),
            Self::Before(Moment::Absolute(from, _)) => (Millis::MIN, *from),
            Self::Before(_) => return None,
            Self::Between(from, to) => (moment(from)?.0, moment(to)?.1),
            Self::All(all) => all.iter().try_fold((Millis::MIN, Millis::MAX), |(from, to), times| {
                let (begin, end) = times.span()?;
                Some((from.max(begin), to.min(end)))
            })?,
        })
    }

    /// A span of time outside of which it never holds: from, and before.
    pub(in crate::inspect) fn bounds(&self) -> (Millis, Millis) {
        match self {
            Self::From(at) => (*at, Millis::MAX),
            Self::Until(at) => (Millis::MIN, *at),
            Self::Before(moment) => (Millis::MIN, moment.begin().map_or(Millis::MAX, |at| at.saturating_add(FARTHEST))),
            Self::Between(from, to) => (
                from.and_then(Moment::begin).map_or(Millis::MIN, |at| at.saturating_sub(FARTHEST)),
                to.and_then(Moment::end).map_or(Millis::MAX, |at| at.saturating_add(FARTHEST)),
            ),
            Self::All(all) => all.iter().fold((Millis::MIN, Millis::MAX), |(from, to), times| {
                let (begin, end) = times.bounds();
                (from.max(begin), to.min(end))
            }),
        }
    }
}

impl Moment {
    /// When it begins, as if the clock on the wall were UTC.
    fn begin(self) -> Option<Millis> {
        match self {
            Self::Absolute(from, _) => Some(from),
            Self::Wall(from, _) => Some(from.and_utc().timestamp_millis()),
            Self::Daily(..) | Self::Relative(_) => None,
        }
    }

    /// When it is over, likewise.
    fn end(self) -> Option<Millis> {
        match self {
            Self::Absolute(_, to) => Some(to),
            Self::Wall(_, to) => Some(to.and_utc().timestamp_millis()),
            Self::Daily(..) | Self::Relative(_) => None,
        }
    }
}

/// Whether the clock on the wall shows `at` or later; `None` where no calendar has the time.
fn reached(time: Millis, at: NaiveDateTime, wall: &Wall) -> Option<bool> {
    // Long before it no zone matters, and asking one costs most of a look at a row.
    if time < at.and_utc().timestamp_millis().saturating_sub(FARTHEST) {
        return Some(false);
    }
    Some(wall(time)? >= at)
}

fn between(time: Millis, from: Option<Moment>, to: Option<Moment>, wall: &Wall) -> bool {
    if let (Some(Moment::Daily(from, _)), Some(Moment::Daily(to, long))) = (from, to) {
        let Some(at) = wall(time).map(|at: NaiveDateTime| at.time()) else { return false };
        let (end, over) = to.overflowing_add_signed(long);
        let before_end = over > 0 || at < end;
        // From late in the evening to early in the morning.
        return if to < from { at >= from || before_end } else { at >= from && before_end };
    }
    let after = from.is_none_or(|from| match from {
        Moment::Absolute(from, _) => time >= from,
        Moment::Wall(from, _) => reached(time, from, wall).unwrap_or(false),
        Moment::Daily(from, _) => wall(time).is_some_and(|at| at.time() >= from),
        Moment::Relative(_) => false,
    });
    let before = to.is_none_or(|to| match to {
        Moment::Absolute(_, to) => time < to,
        Moment::Wall(_, to) => !reached(time, to, wall).unwrap_or(true),
        Moment::Daily(to, long) => {
            let (end, over) = to.overflowing_add_signed(long);
            over > 0 || wall(time).is_some_and(|at| at.time() < end)
        }
        Moment::Relative(_) => false,
    });
    after && before
}
