//! What missing rows were worth: the amounts that their properties say, by the rules of [`money`].
//!
//! A price that was only looked at is an amount too, so a report names the events that the amounts come from.

use std::collections::{BTreeSet, HashMap};

use super::Line;
use crate::model::money::{self, Amount, Amounts, NAMED};
use crate::model::text::event_name;
use crate::report::Properties;

/// Amounts of missing rows, by the number of the row in the store.
#[derive(Debug, Default)]
pub(super) struct Worth {
    amounts: HashMap<i64, Amount>,
}

impl Worth {
    /// Of these lines, which are asked for in order.
    pub(super) fn of<'l, 'a: 'l>(lines: impl Iterator<Item = &'l Line<'a>>, properties: Properties<'_>) -> Self {
        let mut amounts = HashMap::new();
        for line in lines {
            let Some(row) = line.row else { continue };
            if let Some(amount) = properties(row).and_then(|json| money::amount(&json)) {
                amounts.insert(row, amount);
            }
        }
        Self { amounts }
    }

    fn amount(&self, line: &Line<'_>) -> Option<&Amount> {
        self.amounts.get(&line.row?)
    }

    /// Whether a line says an amount.
    pub(super) fn says(&self, line: &Line<'_>) -> bool {
        self.amount(line).is_some()
    }

    /// The sum of some lines: `USD 20.00`; nothing where none says an amount.
    pub(super) fn sum(&self, lines: &[&Line<'_>]) -> String {
        let mut sums = Amounts::default();
        lines.iter().filter_map(|line| self.amount(line)).for_each(|amount| sums.add(amount));
        sums.text()
    }

    /// Where the sum of some lines comes from: `in 2 rows of Purchase, Refund`.
    pub(super) fn events(&self, lines: &[&Line<'_>]) -> String {
        let said = lines.iter().filter(|line| self.says(line));
        let names: BTreeSet<&str> = said.clone().map(|line| event_name(line.name)).collect();
        money::in_rows(said.count() as u64, names, NAMED)
    }
}
