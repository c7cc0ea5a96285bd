//! The lookup table of the legacy server, and what became of each alias call.
//!
//! A `$create_alias` row adds `alias → target` to a table that only grows: the first target of
//! an alias wins (identity.md L2), a target may itself be an alias (L4), and the order of
//! *arrival* decides, never that of event times (§1.1). [`Table::stored_under`] says where a row that
//! arrived at some moment was stored; [`Table::resolve`] where the chain leads in the end.
//!
//! Cost: one pass over the calls, however long the chains are: the way to the end of a chain is
//! shortened each time it is gone. A row is looked up in constant time where it arrived after all
//! of its chain.

use foldhash::HashMap;

use super::super::journey::{Refusal, Verdict};
use crate::model::Id;
use crate::model::facts::{AliasCall, Arrival};

impl Refusal {
    /// The alias has another target (identity.md L2).
    pub const ALREADY_MAPPED: Self = Self::new("already_mapped", "{alias} points at {kept} already");
    /// Alias and target are one id (L12).
    pub const SELF_ALIAS: Self = Self::new("self", "alias and target are one id");
    /// The target already leads to the alias (§1.1).
    pub const CYCLE: Self = Self::new("cycle", "{target} leads to {alias} already");
    /// No alias.
    pub const EMPTY_ALIAS: Self = Self::new("empty_alias", "it names no alias");
    /// No target.
    pub const EMPTY_DISTINCT_ID: Self = Self::new("empty_distinct_id", "it names no id to point at");
}

/// alias → target, with when each row came to be.
#[derive(Debug, Default)]
pub struct Table {
    /// Ids that calls name: indexes of `known`.
    numbers: HashMap<Id, usize>,
    known: Vec<Known>,
    verdicts: Vec<Judged>,
}

/// An id that a call names.
#[derive(Debug)]
struct Known {
    id: Id,
    /// Its row of the table, and the number of the target.
    entry: Option<(Entry, usize)>,
    /// While the table grows, some id nearer to the end of its chain; then the end. An end has itself.
    end: usize,
    /// Table rows from here to the end, and when the last of them came.
    way: Option<(u32, Option<Arrival>)>,
}

/// What decides where rows of one id are stored.
#[derive(Clone, Copy, Debug)]
pub struct Way<'t> {
    /// Where the chain of the id ends.
    pub end: &'t Id,
    /// Table rows on the way there.
    pub hops: u32,
    /// When the last of them came: what arrived later is stored under the end.
    pub since: Option<Arrival>,
    /// Number of the id, if a call names it.
    number: Option<usize>,
}

/// One row of the table.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What the alias points at, as asked.
    pub target: Id,
    /// Index of the accepted call.
    pub call: usize,
    /// When it came into the table.
    pub arrival: Arrival,
}

/// What became of one call.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// Index of the accepted call that stood in the way.
    pub kept_by: Option<usize>,
}

impl Table {
    /// Judges `calls`, which must be in order of arrival.
    pub fn build<'a>(calls: impl IntoIterator<Item = &'a AliasCall>) -> Self {
        let mut table = Self::default();
        for (index, call) in calls.into_iter().enumerate() {
            let judged = table.judge(index, call);
            table.verdicts.push(judged);
        }
        table.measure();
        table
    }

    /// The number of an id; a new one is the end of its own chain.
    fn number(&mut self, id: &Id) -> usize {
        if let Some(number) = self.numbers.get(id) {
            return *number;
        }
        let number = self.known.len();
        self.numbers.insert(id.clone(), number);
        self.known.push(Known { id: id.clone(), entry: None, end: number, way: None });
        number
    }

    fn entry_at(&self, number: usize) -> Option<&(Entry, usize)> {
        self.known.get(number)?.entry.as_ref()
    }

    fn nearer(&self, number: usize) -> usize {
        self.known.get(number).map_or(number, |known| known.end)
    }

    /// The end of the chain of an id, as far as the table has grown; the way there is shorter the
    /// next time.
    fn end_of(&mut self, number: usize) -> usize {
        let mut at = number;
        loop {
            let next = self.nearer(at);
            if next == at {
                return at;
            }
            let skip = self.nearer(next);
            if let Some(known) = self.known.get_mut(at) {
                known.end = skip;
            }
            at = skip;
        }
    }

    fn judge(&mut self, index: usize, call: &AliasCall) -> Judged {
        let refused = |refusal, kept_by| Judged { verdict: Verdict::Refused(refusal), kept_by };
        let Some(alias) = &call.alias else { return refused(Refusal::EMPTY_ALIAS, None) };
        let Some(target) = &call.target else { return refused(Refusal::EMPTY_DISTINCT_ID, None) };
        if alias == target {
            return refused(Refusal::SELF_ALIAS, None);
        }
        let (from, to) = (self.number(alias), self.number(target));
        let end = self.end_of(to);
        let leads_to_one = self.end_of(from) == end;
        match self.entry_at(from) {
            Some((entry, _)) if leads_to_one => Judged { verdict: Verdict::Duplicate, kept_by: Some(entry.call) },
            Some((entry, _)) => refused(Refusal::ALREADY_MAPPED, Some(entry.call)),
            // The alias is the end of the chain of its target.
            None if leads_to_one => refused(Refusal::CYCLE, self.entry_at(to).map(|(entry, _)| entry.call)),
            None => {
                if let Some(known) = self.known.get_mut(from) {
                    let entry = Entry { target: target.clone(), call: index, arrival: call.arrival() };
                    known.entry = Some((entry, to));
                    known.end = end;
                }
                Judged { verdict: Verdict::Accepted, kept_by: None }
            }
        }
    }

    /// Notes of each id where its chain ends, and what lies on the way.
    ///
    /// It stops where a way is known already; walking it again would end there, too, only later.
    fn measure(&mut self) {
        let mut ahead = Vec::new();
        for number in 0..self.known.len() {
            let mut at = number;
            let (mut hops, mut since) = loop {
                match self.known.get(at) {
                    Some(Known { way: Some(way), .. }) => break *way,
                    Some(Known { entry: Some((entry, to)), .. }) => {
                        ahead.push((at, entry.arrival));
                        at = *to;
                    }
                    _ => break (0, None),
                }
            };
            let end = self.end_of(at);
            while let Some((at, arrival)) = ahead.pop() {
                (hops, since) = (hops.saturating_add(1), since.max(Some(arrival)));
                if let Some(known) = self.known.get_mut(at) {
                    (known.end, known.way) = (end, Some((hops, since)));
                }
            }
        }
    }

    /// What became of each call, in the order given to [`Table::build`].
    pub fn verdicts(&self) -> &[Judged] {
        &self.verdicts
    }

    /// The row of `alias`.
    pub fn entry(&self, alias: &Id) -> Option<&Entry> {
        self.entry_at(*self.numbers.get(alias)?).map(|(entry, _)| entry)
    }

    /// The end of the chain that begins at `id`.
    ///
    /// It ends: a call that would close a circle was refused.
    pub fn resolve<'a>(&'a self, id: &'a Id) -> &'a Id {
        let end = self.numbers.get(id).and_then(|number| self.known.get(self.nearer(*number)));
        end.map_or(id, |known| &known.id)
    }

    /// Where the chain that begins at `id` leads, and since when.
    pub fn way<'a>(&'a self, id: &'a Id) -> Way<'a> {
        let number = self.numbers.get(id).copied();
        let known = number.and_then(|number| self.known.get(number));
        let (hops, since) = known.and_then(|known| known.way).unwrap_or((0, None));
        let end = known.and_then(|known| self.known.get(known.end));
        Way { end: end.map_or(id, |end| &end.id), hops, since, number }
    }

    /// The id that a row which arrived at `arrival` is stored under; `way` is that of the id which
    /// it was sent under, `id`.
    pub fn stored_under<'a>(&'a self, id: &'a Id, way: &Way<'a>, arrival: Arrival) -> &'a Id {
        if way.since < Some(arrival) {
            return way.end;
        }
        let (mut at, mut stored) = (way.number, id);
        while let Some((entry, to)) = at.and_then(|at| self.entry_at(at)).filter(|(entry, _)| entry.arrival < arrival) {
            (at, stored) = (Some(*to), &entry.target);
        }
        stored
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Flags;
    use crate::model::facts::Source;

    fn call(number: i64, alias: u8, target: u8) -> AliasCall {
        let id = |number: u8| Some(Id::new(&format!("id-{number}")));
        AliasCall {
            row: number,
            alias: id(alias),
            target: id(target),
            time: number,
            arrived: number,
            flags: Flags::default(),
            source: Source::new("a.jsonl", 0, 1),
            from_table: false,
        }
    }

    proptest! {
        #[test]
        fn a_row_is_stored_where_the_chain_led_when_it_arrived(
            pairs in proptest::collection::vec((0_u8..12, 0_u8..12), 0..40),
        ) {
            let calls: Vec<AliasCall> = (0..).zip(&pairs).map(|(number, (a, b))| call(2 * number, *a, *b)).collect();
            let table = Table::build(&calls);
            for id in (0..12).map(|number| Id::new(&format!("id-{number}"))) {
                let way = table.way(&id);
                for at in 0..=2 * i64::try_from(pairs.len()).unwrap() {
                    let arrival = Arrival { at, rank: 0, line: 1, row: at };
                    let mut stored = &id;
                    while let Some(entry) = table.entry(stored).filter(|entry| entry.arrival < arrival) {
                        stored = &entry.target;
                    }
                    prop_assert_eq!(table.stored_under(&id, &way, arrival), stored, "{:?} at {}", id, at);
                }
                let (mut end, mut hops) = (&id, 0);
                while let Some(entry) = table.entry(end) {
                    (end, hops) = (&entry.target, hops + 1);
                }
                prop_assert_eq!((way.end, way.hops, table.resolve(&id)), (end, hops, end));
            }
        }
    }
}
