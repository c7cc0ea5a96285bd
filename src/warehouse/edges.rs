//! Alias calls and links of ids: how they are stored, asked for and kept.
//!
//! A round trip is what costs, so all edges of a component come in one answer, and the steps of a walk within it
//! cost nothing more.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::components::{MOST_EDGES, is_whole};
use super::tables::{EDGES, IDS, LOADS};
use super::wire::{Answer, CutOff, literal, numbers};
use crate::inspect::{Ask, Edges};
use crate::model::facts::{AliasCall, Link, Source};
use crate::model::{Flags, Id, LinkKind, Millis};

/// Which edges stand in a part of a component.
pub(super) mod part {
    /// Alias calls of a whole component.
    pub(in crate::warehouse) const CALLS: u8 = 0;
    /// Links of a whole component.
    pub(in crate::warehouse) const LINKS: u8 = 1;
    /// Alias calls that ask for the one id.
    pub(in crate::warehouse) const CALLS_OF: u8 = 2;
    /// Alias calls that point at the one id.
    pub(in crate::warehouse) const CALLS_TO: u8 = 3;
    /// Links that name the one id.
    pub(in crate::warehouse) const LINKS_OF: u8 = 4;
}

/// [`Stored::outside`]: the first id is in another component.
pub(super) const FIRST_IS_OUTSIDE: u8 = 1;
/// [`Stored::outside`]: the second id is in another component.
pub(super) const SECOND_IS_OUTSIDE: u8 = 2;

/// Edges that are kept, at most; then all are forgotten.
const MOST_KEPT: usize = 200_000;

/// An alias call or a link as the column `edge` has it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Stored {
    /// [`LinkKind::number`]; `None` for an alias call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<i64>,
    /// The alias, or the first id of a link; empty for none.
    pub(super) a: String,
    /// The target, or the second id.
    pub(super) b: String,
    pub(super) time: Millis,
    pub(super) arrived: Millis,
    pub(super) file: i64,
    pub(super) line: u64,
    /// Of a call its row, of a link the number of its rows.
    pub(super) row: i64,
    #[serde(default)]
    pub(super) flags: u32,
    #[serde(default)]
    pub(super) from_table: bool,
    /// Which of the ids are in another component.
    #[serde(default)]
    pub(super) outside: u8,
}

impl Stored {
    /// The alias call that it is.
    pub(super) fn into_call(self, source: Source) -> AliasCall {
        let Self { a, b, time, arrived, row, flags, from_table, .. } = self;
        let given = |id: String| if id.is_empty() { None } else { Some(Id::new(&id)) };
        AliasCall { row, alias: given(a), target: given(b), time, arrived, flags: Flags(flags), source, from_table }
    }
}

/// The component of each id of `list`, which has literals; with `newest` also the number of the newest load, under
/// the empty id.
pub(super) fn components(list: &str, facts: u64, newest: bool) -> String {
    let ids = format!("SELECT id, component FROM {IDS} PREWHERE id IN ({list}) WHERE load = {facts}");
    if !newest {
        return format!("{ids} FORMAT RowBinary");
    }
    // A constant is made a column: old servers cannot join what one part has as a constant with what another has not.
    let newest = format!("SELECT materialize({}) AS id, max(number) AS component FROM {LOADS}", literal(""));
    format!("SELECT * FROM ({ids}) UNION ALL SELECT * FROM ({newest}) FORMAT RowBinary")
}

/// The edges of components, `most` of each part at most, the first to arrive.
pub(super) fn of_components(components: &[u64], facts: u64, most: usize) -> String {
    format!(
        "SELECT component, part, edge FROM {EDGES} PREWHERE component IN ({}) WHERE load = {facts} \
         ORDER BY component, part, place LIMIT {most} BY component, part FORMAT RowBinary",
        numbers(components)
    )
}

/// A record of [`of_components`].
pub(super) fn read(answer: &mut Answer<'_>) -> Result<(u64, u8, String), CutOff> {
    Ok((answer.u64()?, answer.u8()?, answer.text()?.into_owned()))
}

/// Edges of which part to ask for, so that each kind has as many as are asked for.
pub(super) fn most(ask: Ask) -> usize {
    MOST_EDGES.max(ask.calls_of).max(ask.calls_to).max(ask.links)
}

/// What is known of edges. Loads never change, so it holds as long as the load that it is from counts.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The edges of an id, and how many of each kind were asked for.
    of: HashMap<Id, (Edges, usize)>,
    /// Ids of whole components, by the number of the component.
    members: HashMap<u64, HashSet<Id>>,
    component: HashMap<Id, u64>,
    kept: usize,
}

impl Known {
    /// Forgets everything when it takes too much room.
    pub(super) fn make_room(&mut self) {
        if self.kept > MOST_KEPT {
            *self = Self::default();
        }
    }

    /// Whether the edges of an id are here, as many as `ask` wants.
    pub(super) fn has(&self, id: &Id, ask: Ask) -> bool {
        self.of.get(id).is_some_and(|(_, asked)| most(ask) <= *asked)
            || self.component.get(id).is_some_and(|component| is_whole(*component))
    }

    /// The edges of an id that are here.
    pub(super) fn edges(&self, id: &Id, ask: Ask) -> Edges {
        let Some((edges, _)) = self.of.get(id) else { return Edges::default() };
        Edges {
            calls_of: edges.calls_of.iter().take(ask.calls_of).cloned().collect(),
            calls_to: edges.calls_to.iter().take(ask.calls_to).cloned().collect(),
            links: edges.links.iter().take(ask.links).cloned().collect(),
        }
    }

    /// The ids that are near `id`: those of its component, itself for one that has none.
    pub(super) fn near<'a>(&'a self, id: &'a Id) -> impl Iterator<Item = &'a Id> {
        let members = self.component.get(id).and_then(|component| self.members.get(component));
        members.into_iter().flatten().chain([id])
    }

    /// Whether everything of a component is here.
    pub(super) fn has_component(&self, component: u64) -> bool {
        self.members.contains_key(&component)
    }

    /// Keeps that an id has no edges.
    pub(super) fn has_none(&mut self, id: Id) {
        self.of.insert(id, (Edges::default(), usize::MAX));
    }

    /// Keeps the component of an id.
    pub(super) fn is_in(&mut self, id: &Id, component: u64) {
        self.component.insert(id.clone(), component);
        if is_whole(component) {
            self.members.entry(component).or_default().insert(id.clone());
        }
    }

    /// Keeps the edges of one component, in order of arrival, of which `most` of each part were asked for; `id` is the
    /// one id of a component that is not whole. A link of an unknown kind is given back as the error.
    pub(super) fn add(
        &mut self,
        component: u64,
        id: Option<&Id>,
        edges: Vec<(u8, Stored, Source)>,
        most: usize,
    ) -> Result<(), i64> {
        self.kept += edges.len();
        let mut found: HashMap<Id, Edges> = HashMap::new();
        let mut members: HashSet<Id> = HashSet::new();
        for (part, edge, source) in edges {
            let (kind, outside) = (edge.kind, edge.outside);
            let AliasCall { row, alias: a, target: b, time, arrived, flags, source, from_table } =
                edge.into_call(source);
            let inside = |id: &Option<Id>, bit: u8| id.clone().filter(|_| outside & bit == 0);
            let (first, second) = match (part, id) {
                (part::CALLS_OF | part::LINKS_OF, Some(id)) => (Some(id.clone()), None),
                (part::CALLS_TO, Some(id)) => (None, Some(id.clone())),
                _ => (inside(&a, FIRST_IS_OUTSIDE), inside(&b, SECOND_IS_OUTSIDE)),
            };
            if id.is_none() {
                members.extend(
                    [&first, &second].into_iter().flatten().flat_map(|id| [id.clone(), id.other_device_form()]),
                );
            }
            if let Some(kind) = kind {
                let (kind, (a, b)) = LinkKind::from_number(kind).zip(a.zip(b)).ok_or(kind)?;
                let rows = u64::try_from(row).unwrap_or(0);
                let link = Link { kind, a, b, rows, time, arrived, source };
                let second = second.filter(|second| first.as_ref() != Some(second));
                for of in [first, second].into_iter().flatten() {
                    found.entry(of).or_default().links.push(link.clone());
                }
                continue;
            }
            let call = AliasCall { row, alias: a, target: b, time, arrived, flags, source, from_table };
            if let Some(of) = first {
                found.entry(of).or_default().calls_of.push(call.clone());
            }
            if let Some(of) = second {
                found.entry(of).or_default().calls_to.push(call);
            }
        }
        if let Some(id) = id {
            self.of.insert(id.clone(), (found.remove(id).unwrap_or_default(), most));
            return Ok(());
        }
        for id in members {
            self.is_in(&id, component);
        }
        self.members.entry(component).or_default();
        self.of.extend(found.into_iter().map(|(id, edges)| (id, (edges, usize::MAX))));
        Ok(())
    }
}
