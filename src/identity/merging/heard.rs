//! What the rows, calls and links of some facts say, in order of arrival, and what a rule set made
//! of it.

use std::collections::HashMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::facts::Facts;
use super::super::prepared::Prepared;
use super::system::{Node, Number, Ruling, Said, Sent, System, Texts};
use crate::model::facts::{AliasCall, Arrival, Event, Link, Sender, Source};
use crate::model::id::DEVICE_PREFIX;
use crate::model::{Id, LinkKind, Millis, VerbKind};

/// Ids by numbers.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    numbers: HashMap<Id, Number>,
    /// By number, with the number of the bare form; the first is none.
    known: Vec<(Id, Number)>,
}

impl Numbers {
    /// The number of an id, which may be new.
    pub(super) fn of(&mut self, id: &Id) -> Number {
        if let Some(number) = self.numbers.get(id) {
            return *number;
        }
        if self.known.is_empty() {
            self.known.push((Id::new(""), 0));
        }
        let number = Number::try_from(self.known.len()).unwrap_or(Number::MAX);
        self.numbers.insert(id.clone(), number);
        self.known.push((id.clone(), number));
        if id.bare() != id.as_str() {
            let bare = self.of(&id.to_bare());
            if let Some((_, of)) = self.known.get_mut(number as usize) {
                *of = bare;
            }
        }
        number
    }

    fn or_none(&mut self, id: Option<&Id>) -> Number {
        id.map_or(0, |id| self.of(id))
    }

    /// The number of an id that was met.
    pub(super) fn known(&self, id: &Id) -> Option<Number> {
        self.numbers.get(id).copied()
    }

    /// A node as an id: a device that is a space of its own has its prefix.
    pub(super) fn id(&self, node: Node) -> Id {
        let Some((id, _)) = self.known.get(node.number() as usize) else { return Id::new("") };
        if node.is_device() { Id::new(&format!("{DEVICE_PREFIX}{}", id.bare())) } else { id.clone() }
    }

    /// What of an event says whose it is.
    pub(super) fn sent(&self, event: &Event) -> Sent {
        let number = |id: &Option<Id>| id.as_ref().and_then(|id| self.known(id)).unwrap_or(0);
        Sent {
            id: number(&event.id),
            device: number(&event.device),
            user: number(&event.user),
            is_call: event.verb.is_about_ids(),
        }
    }
}

impl Texts for Numbers {
    fn bare(&self, id: Number) -> Number {
        self.known.get(id as usize).map_or(id, |(_, bare)| *bare)
    }

    fn is_device(&self, id: Number) -> bool {
        self.bare(id) != id
    }

    fn text(&self, id: Number) -> &str {
        self.known.get(id as usize).map_or("", |(id, _)| id.as_str())
    }
}

/// Where something was said.
#[derive(Clone, Debug)]
pub(super) enum By<'a> {
    /// By a row of events.
    Row(&'a Event),
    /// By an alias call.
    Call(&'a AliasCall),
    /// By the first row of a link, with the number of that row if it is at hand.
    Link(&'a Link, Option<i64>),
}

impl By<'_> {
    pub(super) fn source(&self) -> &Source {
        match self {
            By::Row(event) => &event.source,
            By::Call(call) => &call.source,
            By::Link(link, _) => &link.source,
        }
    }

    pub(super) fn time(&self) -> Millis {
        match self {
            By::Row(event) => event.time,
            By::Call(call) => call.time,
            By::Link(link, _) => link.time,
        }
    }

    /// Number of the row, if it is at hand.
    pub(super) fn row(&self) -> Option<i64> {
        match self {
            By::Row(event) => Some(event.row),
            By::Call(call) => Some(call.row),
            By::Link(_, row) => *row,
        }
    }

    fn arrival(&self) -> Arrival {
        match self {
            By::Row(event) => event.arrival(),
            By::Call(call) => call.arrival(),
            By::Link(link, row) => {
                let (rank, line) = (link.source.rank, link.source.line);
                Arrival { at: link.arrived, rank, line, row: row.unwrap_or(i64::MIN) }
            }
        }
    }
}

/// Something that was said, and what became of it.
#[derive(Clone, Debug)]
pub(super) struct Heard<'a> {
    pub(super) said: Said,
    pub(super) by: By<'a>,
    pub(super) arrival: Arrival,
    pub(super) ruling: Ruling,
}

/// Everything that facts say to a system, in order of arrival, and the system after it.
#[derive(Debug)]
pub(super) struct Hearing<'a> {
    pub(super) ids: Numbers,
    pub(super) heard: Vec<Heard<'a>>,
    pub(super) system: Box<dyn System>,
}

impl<'a> Hearing<'a> {
    /// Lets `system` hear the facts.
    pub(super) fn of(prepared: &Prepared<'a>, query: &Id, mut system: Box<dyn System>) -> Self {
        let facts = prepared.facts;
        let mut ids = Numbers::default();
        // What is asked for may be another form of what rows have.
        for form in [query.clone(), query.other_device_form()] {
            ids.of(&form);
        }
        let mut heard = rows(prepared, &mut ids, system.hears_every_row());
        heard.extend(calls(facts, &mut ids));
        heard.extend(links(facts, &mut ids));
        // What a call does is done before its own row is taken in.
        heard.sort_by_key(|heard| (heard.arrival, matches!(heard.said, Said::Row(_))));
        for (at, heard) in (0..).zip(&mut heard) {
            heard.ruling = system.hear(heard.said, at, heard.arrival, &ids);
        }
        Self { ids, heard, system }
    }
}

fn heard(said: Said, by: By<'_>) -> Heard<'_> {
    Heard { said, arrival: by.arrival(), by, ruling: Ruling::Nothing }
}

/// The first row of each that was sent with the same ids, or every row.
fn rows<'a>(prepared: &Prepared<'a>, ids: &mut Numbers, every: bool) -> Vec<Heard<'a>> {
    let events = if every { prepared.by_arrival() } else { prepared.first_of_senders() };
    let mut met: FxHashSet<Sent> = FxHashSet::default();
    let mut found = Vec::new();
    let mut known: FxHashMap<*const Sender, Sent> = FxHashMap::default();
    for event in events {
        let sent = *known.entry(Arc::as_ptr(&event.sender)).or_insert_with(|| {
            for id in [&event.id, &event.device, &event.user].into_iter().flatten() {
                ids.of(id);
            }
            ids.sent(event)
        });
        if met.insert(sent) || every {
            found.push(heard(Said::Row(sent), By::Row(event)));
        }
    }
    found
}

fn calls<'a>(facts: &'a Facts, ids: &mut Numbers) -> Vec<Heard<'a>> {
    let calls = super::super::legacy::each_once(facts.calls.iter().collect());
    let said = |call: &'a AliasCall| {
        let (alias, target) = (ids.or_none(call.alias.as_ref()), ids.or_none(call.target.as_ref()));
        heard(Said::Alias { alias, target }, By::Call(call))
    };
    calls.into_iter().map(said).collect()
}

fn links<'a>(facts: &'a Facts, ids: &mut Numbers) -> Vec<Heard<'a>> {
    let mut calls: HashMap<(u32, u64), Vec<&Event>> = HashMap::new();
    for event in facts.events.iter().filter(|event| is_joining(event.verb)) {
        calls.entry((event.source.rank, event.source.line)).or_default().push(event);
    }
    // The ids that they name distinguish rows of one line.
    let row_of = |link: &Link| {
        let rows = calls.get(&(link.source.rank, link.source.line))?;
        let named = rows.iter().find(|event| event.other.as_ref() == Some(&link.b));
        named.or_else(|| rows.first()).map(|event| event.row)
    };
    let mut found = Vec::new();
    for link in &facts.links {
        let (a, b) = (ids.of(&link.a), ids.of(&link.b));
        let said = match link.kind {
            LinkKind::Identify => Said::Identify { identified: a, anon: b },
            LinkKind::Merge => Said::Merge { into: a, other: b },
            _ => continue,
        };
        found.push(heard(said, By::Link(link, row_of(link))));
    }
    // A call of an id with itself makes no link.
    for event in facts.events.iter().filter(|event| event.verb == VerbKind::Identify) {
        let (identified, anon) = (ids.or_none(event.id.as_ref()), ids.or_none(event.other.as_ref()));
        if identified == anon && identified != 0 {
            found.push(heard(Said::Identify { identified, anon }, By::Row(event)));
        }
    }
    found
}

fn is_joining(verb: VerbKind) -> bool {
    matches!(verb, VerbKind::Identify | VerbKind::Merge)
}
