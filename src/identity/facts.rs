//! What the engine is given.
//!
//! Facts may hold more than a journey needs; what is not reachable from the query changes
//! nothing. They must hold enough: [`Facts`] says what.

use std::sync::Arc;

use foldhash::{HashMap, HashSet};

use super::thresholds::Thresholds;
use crate::model::Id;
use crate::model::facts::{AliasCall, Event, Link, Source};

/// A limit that was met while gathering: the journey tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// What the limit cut.
    pub of: CutOf,
    /// What was cut off, as a sentence for a person.
    pub what: String,
}

/// What a limit cuts: numbers of it are "at least".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CutOf {
    /// Ids of the user, and with them its rows.
    Ids,
    /// Rows of the user.
    Rows,
    /// Alias calls, links, orphans or other users next to it.
    Around,
}

/// Everything the engine may look at.
///
/// # What a journey needs
/// For a query `q`, with `q` and its other device form as seeds:
/// 1. every alias call whose alias, or target, is an id of the cluster of a seed;
/// 2. for each alias call in the facts: every call with the same alias, and so on along the
///    targets, so that each verdict can be judged;
/// 3. every row sent under an id of the cluster;
/// 4. every link of an id of the cluster and of each device of those links, and the same for
///    the clusters of the anonymous ids so found, with their rows.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Rows, in any order. Fastest when those of one id stand together, by time.
    pub events: Vec<Arc<Event>>,
    /// Alias calls, in any order.
    pub calls: Vec<AliasCall>,
    /// Links, in any order, each pair and kind once.
    pub links: Vec<Link>,
    /// Ids that lead to a root that has more ids than the limit: these belong to no
    /// answer, so that it is the same from whichever of its ids one asks.
    pub left_out: HashSet<Id>,
    /// Ids of the user, each with another id of the store that looks the same.
    pub alike: Vec<(Id, Id)>,
    /// To whom the vendor of the rows counts them after merging.
    pub counted: Counted,
    /// The numbers that findings rest on.
    pub thresholds: Thresholds,
    /// Limits met while gathering.
    pub cuts: Vec<Cut>,
}

/// To whom a vendor counts rows, by a name of its own (`person …`, `amplitude …`); empty where no row says so.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    /// By the numbers of the rows.
    pub of_row: HashMap<i64, Arc<str>>,
    /// Rows that have one of these owners too, and that nothing else ties to the facts.
    pub elsewhere: Vec<Elsewhere>,
    /// Reasons for refusals that the vendor exported, of the rows that were looked at for one.
    pub failures: HashMap<i64, Option<Arc<str>>>,
    /// Whether there are rows of the facts that were not looked at.
    pub is_part: bool,
}

/// Rows of an id that a vendor counts to an owner of rows of the facts.
#[derive(Clone, Debug)]
pub struct Elsewhere {
    /// The owner.
    pub owner: Arc<str>,
    /// The id that they were sent under.
    pub id: Id,
    /// How many.
    pub rows: u64,
    /// One of them.
    pub source: Source,
}
