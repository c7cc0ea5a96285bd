//! What a rule set that joins ids is made of: what rows say, in order of arrival, and what becomes
//! of it.

use std::fmt::Debug;

use super::super::journey::Refusal;
pub use super::clusters::{Node, Number};
use crate::model::facts::Arrival;

/// The ids that a row was sent with; 0 stands for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sent {
    /// `distinct_id`.
    pub id: Number,
    /// `$device_id`, bare.
    pub device: Number,
    /// `$user_id`.
    pub user: Number,
    /// Whether the row is a call about ids and says of no deed of a person.
    pub is_call: bool,
}

/// What a row says of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// That it was sent with some ids.
    Row(Sent),
    /// `$identify`.
    Identify {
        /// The id that is known from then on.
        identified: Number,
        /// The anonymous one before.
        anon: Number,
    },
    /// `$create_alias`.
    Alias {
        /// The new name.
        alias: Number,
        /// What it is a name of.
        target: Number,
    },
    /// `$merge`, `$merge_dangerously`.
    Merge {
        /// The id that the other one joins.
        into: Number,
        /// The other one.
        other: Number,
    },
}

/// What became of something that was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It says nothing that joins ids.
    Nothing,
    /// Two ids are one person from now on, their past too.
    Joined,
    /// They were one before.
    Same,
    /// It has no effect.
    Refused {
        /// Why.
        why: Refusal,
        /// The id that stood in the way; 0 for none.
        kept: Number,
        /// Place of what was said before and stands in the way.
        since: Option<u32>,
    },
}

impl Said {
    /// The two ids that a call names, the one that joins first; `None` for a row.
    pub fn pair(self) -> Option<(Number, Number)> {
        match self {
            Self::Row(_) => None,
            Self::Identify { identified, anon } => Some((anon, identified)),
            Self::Alias { alias, target } => Some((alias, target)),
            Self::Merge { into, other } => Some((other, into)),
        }
    }
}

impl Ruling {
    /// A refusal that nothing said before explains.
    pub fn refused(why: Refusal) -> Self {
        Self::Refused { why, kept: 0, since: None }
    }
}

/// What the text of an id tells a rule set.
pub trait Texts {
    /// Number of the same id without one leading `$device:`.
    fn bare(&self, id: Number) -> Number;
    /// Whether it begins with `$device:`.
    fn is_device(&self, id: Number) -> bool;
    /// The text.
    fn text(&self, id: Number) -> &str;
}

/// The state of one identity system, which hears what rows say in order of arrival.
pub trait System: Debug {
    /// Hears something that arrived at `arrival`, as number `at` of all that is heard.
    fn hear(&mut self, said: Said, at: u32, arrival: Arrival, ids: &dyn Texts) -> Ruling;

    /// Whose a row is, after everything was heard; `None` for no one's: the system keeps no such row.
    fn owner(&self, row: Sent, arrival: Arrival, ids: &dyn Texts) -> Option<Node>;

    /// Whose an id is that is asked for: the nodes that it can mean, the likeliest first.
    fn meant(&self, id: Number, ids: &dyn Texts) -> Vec<Node>;

    /// The nodes that something names: of a row first the one that says to whom it belongs.
    fn nodes(&self, said: Said, ids: &dyn Texts) -> Vec<Node>;

    /// Whether it must hear every row, and not only the first of each that was sent with the same ids. One that
    /// need not and does gives the same answers, later.
    fn hears_every_row(&self) -> bool {
        false
    }
}

/// What a rule set of this sort says of itself.
pub trait Vendor: Debug + Sync {
    /// The name on the command line and in JSON.
    fn name(&self) -> &'static str;
    /// What it is, a few words.
    fn title(&self) -> &'static str;
    /// What no source says, or no row shows, as sentences.
    fn unknown(&self) -> &'static [&'static str];
    /// Vendors whose rows these rules judge where no others are chosen, as rows name them.
    fn vendors(&self) -> &'static [&'static str] {
        &[]
    }
    /// Whether the vendor exports rows under the id that it joined them to, in place of the one they were sent
    /// under.
    fn exports_ids(&self) -> bool {
        false
    }
    /// The system before anything arrived.
    fn begin(&self) -> Box<dyn System>;
}
