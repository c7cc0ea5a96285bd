//! Mixpanel's rules for projects without ID Merge (identity.md §1, §1.1, §5, §6).
//!
//! - [`table`]: the lookup table, and the verdict of each alias call, in order of arrival;
//! - [`rows`](mod@rows): the rows of the root and its aliases, merged or split, each once;
//! - [`points`](mod@points): where the user became known, and inferred resets;
//! - [`evidence`](mod@evidence): what ties anonymous rows to a user that no alias leads to;
//! - [`around`]: alias calls of a root, roots left behind, other users of its devices;
//! - [`resolve`](mod@resolve): all of it put together;
//! - [`case`]: what findings are decided from;
//! - [`findings`](mod@findings): integration mistakes that the journey shows;
//! - [`kinds`]: what there is to say of each kind of mistake;
//! - [`check`](mod@check): every user of a store at once;
//! - [`explain`](mod@explain): one sentence for every decision.
//!
//! Cost: O(n log n) in the facts given, which are those of one user and of what touches it.

mod around;
mod case;
mod check;
mod evidence;
mod explain;
mod findings;
mod kinds;
mod points;
mod resolve;
mod rows;
mod ruled;
pub(super) mod table;
mod world;

pub use case::{Marks, Splits};
pub use evidence::Tie;
pub use rows::RACE_WINDOW;
pub(super) use rows::deliveries;
pub use table::Table;
pub use world::World;
pub(super) use world::each_once;
pub(crate) use world::once_in_files;

use super::facts::Facts;
use super::findings::{Checked, Kind, Needs, Sums, Totals, Way};
use super::journey::ruled::{Held, Ruled};
use super::journey::{Journey, Reasons, Split, Step};
use super::prepared::Prepared;
use super::rules::Rules;
use crate::model::facts::{AliasCall, Arrival};
use crate::model::{Id, Millis};

/// The rule set.
#[derive(Debug)]
pub(super) struct Legacy;

impl Reasons for Legacy {
    fn name(&self) -> &'static str {
        "legacy"
    }

    fn unknown(&self) -> &'static [&'static str] {
        &[
            "Whether an alias of an alias is followed when a row is stored or flattened when the call is made, no source says: it is followed here; only an id that becomes an alias after it was a target can differ.",
            "How long a call can be overtaken, no source says but \"about a second\": that is taken here.",
            "What becomes of an alias of itself, of an empty one and of a circle, no source says: they are refused here.",
            "Whether upper case and blanks make another id, no source says: they do here.",
            "Aliases that an integration of Mixpanel made by itself cannot be seen in rows.",
        ]
    }

    fn title(&self) -> &'static str {
        "Mixpanel without ID Merge: alias, identify and reset"
    }

    fn why(&self, journey: &Journey, step: &Step) -> String {
        explain::step(journey, step)
    }

    fn why_held(&self, ruled: &Ruled, held: &Held) -> String {
        ruled::why(ruled, held)
    }
}

impl Rules for Legacy {
    fn resolve(&'static self, facts: &Facts, query: &Id) -> Option<Journey> {
        resolve::resolve(facts, query)
    }

    fn ruled_in(&'static self, prepared: &Prepared<'_>, query: &Id) -> Ruled {
        ruled::ruled(prepared, query)
    }

    fn ways(&self, calls: &[AliasCall]) -> Vec<(Id, Way)> {
        check::ways(calls)
    }

    fn split(&self, way: &Way, time: Millis, arrival: Arrival) -> Option<Split> {
        check::split(way, time, arrival)
    }

    fn check(
        &self,
        facts: &Facts,
        sums: &dyn Fn(&Id) -> Sums,
        wants: &dyn Fn(&Kind) -> bool,
        each: &mut dyn FnMut(Checked),
    ) -> Totals {
        check::check(facts, sums, wants, each)
    }

    fn is_visitor(&self, id: &str) -> bool {
        check::is_visitor(id)
    }

    fn needs(&self, kind: &Kind) -> Needs {
        kinds::needs(kind)
    }

    fn can_name(&self, id: &str, is_device: bool) -> bool {
        check::can_name(id, is_device)
    }

    fn findings(&self) -> &'static [&'static Kind] {
        kinds::KINDS
    }

    fn lasting(&self, kind: &Kind) -> Option<&'static str> {
        kinds::lasting(kind)
    }
}
