//! The simplest rules: a row is its user's, else its anonymous id's; identify and alias join two
//! ids for good. What the spaces of Segment do with ids is not public; this is no more than what
//! its calls say.

use super::super::journey::Refusal;
use super::EMPTY;
use super::clusters::Clusters;
use super::system::{Node, Number, Ruling, Said, Sent, System, Texts, Vendor};
use crate::model::facts::Arrival;

/// Both ids are one.
const ITSELF: Refusal = Refusal::new("same_ids", "both ids are one");

/// The rule set.
#[derive(Debug)]
pub(super) struct Simple;

impl Vendor for Simple {
    fn name(&self) -> &'static str {
        "simple"
    }

    fn title(&self) -> &'static str {
        "user id, else anonymous id, joined by identify, alias and merge"
    }

    fn unknown(&self) -> &'static [&'static str] {
        &["What the spaces of Segment do with ids is not public: these rules refuse nothing and have no limit."]
    }

    fn vendors(&self) -> &'static [&'static str] {
        // RudderStack has the calls of Segment; an export of either can leave open whose it is.
        &["Segment", "RudderStack", "Segment or RudderStack"]
    }

    fn begin(&self) -> Box<dyn System> {
        Box::new(State::default())
    }
}

#[derive(Debug, Default)]
struct State {
    clusters: Clusters,
}

/// The one id that says whose a row is; 0 for none.
fn named(row: Sent, ids: &dyn Texts) -> Number {
    let first = [row.user, row.id, row.device].into_iter().find(|id| *id != 0);
    first.map_or(0, |id| ids.bare(id))
}

impl State {
    fn join(&mut self, known: Number, other: Number, at: u32, is_named: bool, ids: &dyn Texts) -> Ruling {
        if known == 0 || other == 0 {
            return Ruling::refused(EMPTY);
        }
        let (one, two) = (Node::id(ids.bare(known)), Node::id(ids.bare(other)));
        if one == two {
            return Ruling::refused(ITSELF);
        }
        self.clusters.meet(one, at);
        self.clusters.meet(two, at);
        let joined = self.clusters.join(one, two);
        if is_named {
            self.clusters.name(one, at);
        }
        if joined.is_some() { Ruling::Joined } else { Ruling::Same }
    }
}

impl System for State {
    fn hear(&mut self, said: Said, at: u32, _: Arrival, ids: &dyn Texts) -> Ruling {
        match said {
            Said::Row(row) => {
                let id = named(row, ids);
                if id != 0 {
                    self.clusters.meet(Node::id(id), at);
                    if row.user != 0 {
                        self.clusters.name(Node::id(id), at);
                    }
                }
                Ruling::Nothing
            }
            Said::Identify { identified, anon } => self.join(identified, anon, at, true, ids),
            Said::Alias { alias, target } => self.join(alias, target, at, true, ids),
            Said::Merge { into, other } => self.join(into, other, at, false, ids),
        }
    }

    fn owner(&self, row: Sent, _: Arrival, ids: &dyn Texts) -> Option<Node> {
        let id = named(row, ids);
        (id != 0).then(|| self.clusters.name_of(Node::id(id)))
    }

    fn meant(&self, id: Number, ids: &dyn Texts) -> Vec<Node> {
        vec![self.clusters.name_of(Node::id(ids.bare(id)))]
    }

    fn nodes(&self, said: Said, ids: &dyn Texts) -> Vec<Node> {
        let (one, other) = match said {
            Said::Row(row) => (named(row, ids), 0),
            call => call.pair().unwrap_or((0, 0)),
        };
        [one, other].into_iter().filter(|id| *id != 0).map(|id| Node::id(ids.bare(id))).collect()
    }
}
