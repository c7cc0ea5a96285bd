//! The money that rows of findings say.
//!
//! What a row was worth stands in its properties, which a look over every user does not read. So the
//! rows that findings cost are noted in one more pass over the heads, and of these the properties are
//! read, block by block: none of it where the index of values says that no row of the store has an
//! amount.
//!
//! Memory: 16 bytes for each row that is lost or mixed, as long as they are read.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::super::{Error, Inspector, Sweep};
use super::gathered::Gathered;
use super::sums::{self, Names};
use crate::identity::findings::{Lost, ROWS_WITHOUT_ID};
use crate::identity::{Checked, Finding, Journey, Kind, Split, State, Step};
use crate::model::Id;
use crate::model::money::{self, Amounts};
use crate::model::scan::SweptRow;

/// Rows whose properties are read at once.
const BATCH: usize = 20_000;

/// What findings cost, user by user.
#[derive(Default)]
pub(super) struct Losses {
    kinds: Vec<&'static Kind>,
    lost: Vec<(u32, Lost)>,
}

/// Which rows of an id a finding of a kind costs.
#[derive(Clone, Copy)]
struct Taken {
    kind: u32,
    which: Which,
}

#[derive(Clone, Copy)]
enum Which {
    All,
    Split(Split),
    /// Those that name this user.
    User(i64),
}

impl Which {
    fn takes(self, row: &SweptRow, split: Option<Split>) -> bool {
        match self {
            Self::All => true,
            Self::Split(how) => split == Some(how),
            Self::User(user) => row.user == user,
        }
    }
}

impl Losses {
    /// Takes what the findings of a user cost.
    pub(super) fn add(&mut self, checked: &Checked) {
        for finding in checked.findings.iter().filter(|finding| finding.lost != Lost::Nothing) {
            let kind = self.number_of(finding.kind);
            self.lost.push((kind, finding.lost.clone()));
        }
    }

    fn number_of(&mut self, kind: &'static Kind) -> u32 {
        let at = self.kinds.iter().position(|known| *known == kind).unwrap_or_else(|| {
            self.kinds.push(kind);
            self.kinds.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// What the rows of each kind say, by its code, and whether all were read; `go_on` ends it.
    pub(super) fn amounts(
        mut self,
        reader: &dyn Sweep,
        gathered: &mut Gathered,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<(BTreeMap<&'static str, Amounts>, bool), Error> {
        let mut amounts = BTreeMap::new();
        let can_have = reader.scan().map(|scan| scan.can_have(&money::clue())).transpose()?.flatten();
        let Some(can_have) = can_have.filter(|_| !self.lost.is_empty() || gathered.summed().without_id > 0) else {
            return Ok((amounts, true));
        };
        let of_id = self.by_id(gathered);
        let ways = gathered.ways(reader)?;
        let gathered = &*gathered;
        let ranks: FxHashMap<i64, u32> = reader.file_ranks()?.into_iter().collect();
        let text = |number: i64| gathered.text(number);
        let names = Names { identify: Vec::new(), ranks: &ranks, thresholds: gathered.thresholds(), text: &text };
        let mut rows: Vec<(i64, u32)> = Vec::new();
        let mut note = |uid: i64, of_uid: &mut Vec<SweptRow>| {
            let Some(taken) = of_id.get(&uid) else { return };
            sums::each_once(of_uid, ways.get(&uid), gathered.rules(), &names, &mut |row, split| {
                let kinds = taken.iter().filter(|taken| taken.which.takes(row, split)).map(|taken| taken.kind);
                if can_have(row.row) {
                    rows.extend(kinds.map(|kind| (row.row, kind)));
                }
            });
        };
        let mut complete = reader.sweep_rows(&mut note, &mut |_, _| go_on())?;
        rows.sort_unstable();
        for batch in rows.chunks(BATCH) {
            complete = complete && go_on();
            if !complete {
                break;
            }
            let wanted: Vec<i64> = batch.iter().map(|(row, _)| *row).collect();
            for (place, amount) in amounts_of(reader, &wanted)? {
                let kind = batch.get(place).and_then(|(_, kind)| self.kinds.get(usize::try_from(*kind).ok()?));
                if let Some(kind) = kind {
                    amounts.entry(kind.code).or_insert_with(Amounts::default).add(&amount);
                }
            }
        }
        Ok((amounts, complete))
    }

    /// By the number of each id: which of its rows are lost, and to what kind.
    fn by_id(&mut self, gathered: &Gathered) -> FxHashMap<i64, Vec<Taken>> {
        let numbers = gathered.numbers();
        let mut of_id: FxHashMap<i64, Vec<Taken>> = FxHashMap::default();
        let mut take = |id: &Id, kind, which| {
            if let Some(number) = numbers.get(id.as_str()) {
                of_id.entry(*number).or_default().push(Taken { kind, which });
            }
        };
        for (kind, lost) in std::mem::take(&mut self.lost) {
            match lost {
                Lost::Nothing => {}
                Lost::Under(ids) => ids.iter().for_each(|id| take(id, kind, Which::All)),
                Lost::Race(ids) => ids.iter().for_each(|id| take(id, kind, Which::Split(Split::Race))),
                Lost::History(ids) => ids.iter().for_each(|id| take(id, kind, Which::Split(Split::History))),
                Lost::WithUser(pairs) => {
                    for (id, user) in &pairs {
                        if let Some(user) = numbers.get(user.as_str()) {
                            take(id, kind, Which::User(*user));
                        }
                    }
                }
            }
        }
        let kind = self.number_of(&ROWS_WITHOUT_ID);
        of_id.insert(0, vec![Taken { kind, which: Which::All }]);
        of_id
    }
}

/// The amounts of rows that say one, each with the place of the row among those asked for.
fn amounts_of(reader: &dyn Sweep, rows: &[i64]) -> Result<Vec<(usize, money::Amount)>, Error> {
    let found: Mutex<Vec<(usize, money::Amount)>> = Mutex::default();
    reader.for_each_properties(rows, &|place, text| {
        if let Some(amount) = money::amount(text) {
            found.lock().unwrap_or_else(PoisonError::into_inner).push((place, amount));
        }
    })?;
    Ok(found.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// What the rows that a finding of a user costs say was paid.
pub fn of_finding(inspector: &Inspector, journey: &Journey, finding: &Finding) -> Result<Amounts, Error> {
    let steps = || journey.steps.iter().chain(journey.orphans.iter().flat_map(|orphan| &orphan.steps));
    let sent_as = |step: &Step, ids: &[Id]| step.event.id.as_ref().is_some_and(|id| ids.contains(id));
    let is_lost = |step: &Step| match &finding.lost {
        Lost::Nothing => false,
        Lost::Under(ids) => sent_as(step, ids),
        Lost::Race(ids) => step.state == State::Split(Split::Race) && sent_as(step, ids),
        Lost::History(ids) => step.state == State::Split(Split::History) && sent_as(step, ids),
        Lost::WithUser(pairs) => {
            pairs.iter().any(|(id, user)| step.event.id.as_ref() == Some(id) && step.event.user.as_ref() == Some(user))
        }
    };
    let rows: Vec<i64> = steps().filter(|step| is_lost(step)).map(|step| step.event.row).collect();
    let mut amounts = Amounts::default();
    for batch in rows.chunks(BATCH) {
        inspector.source().properties(batch)?.iter().filter_map(|text| money::amount(text)).for_each(|one| {
            amounts.add(&one);
        });
    }
    Ok(amounts)
}
