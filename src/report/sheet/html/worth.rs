//! What missing rows were worth: amounts that their properties name.
//!
//! An event counts as a payment by its name. That is a guess at what a team calls its sales, so a report
//! names the amounts next to the events they come from.

use std::collections::HashMap;

use super::Line;
use crate::model::money::{self, Amount, Amounts, decimal};
use crate::report::Properties;

/// Words in the name of an event that is a payment.
const PAYMENTS: &[&str] =
    &["purchase", "order", "paid", "payment", "charge", "checkout completed", "subscription started"];

/// Sums by currency; the empty one is an amount that names none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sum(Amounts);

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
            if let Some(amount) = properties(row).and_then(|json| amount(line.name, &json)) {
                amounts.insert(row, amount);
            }
        }
        Self { amounts }
    }

    /// The sum of some rows.
    pub(super) fn sum(&self, rows: impl Iterator<Item = i64>) -> Sum {
        let mut sum = Sum::default();
        rows.filter_map(|row| self.amounts.get(&row)).for_each(|amount| sum.0.add(amount));
        sum
    }
}

impl Sum {
    /// `20.00 USD + 5.00`; nothing for no amount.
    pub(super) fn text(&self) -> String {
        let parts: Vec<String> = self
            .0
            .iter()
            .map(|(currency, sum)| format!("{} {currency}", decimal(sum.micros)).trim_end().to_owned())
            .collect();
        parts.join(" + ")
    }
}

/// Whether an event is a payment by its name.
pub(super) fn is_payment(event: &str) -> bool {
    let event = event.to_lowercase();
    PAYMENTS.iter().any(|word| event.contains(word))
}

fn amount(event: &str, json: &str) -> Option<Amount> {
    if is_payment(event) { money::amount(json) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_counts_by_its_amount_and_currency() {
        let of = |event, json| amount(event, json).map(|amount| (amount.currency, amount.micros));
        assert_eq!(of("Purchase", r#"{"price":20,"currency":"USD"}"#), Some(("USD".to_owned(), 20_000_000)));
        assert_eq!(of("Order Completed", r#"{"price":3,"revenue":9.5}"#), Some((String::new(), 9_500_000)));
        assert_eq!(of("Page Viewed", r#"{"price":20}"#), None);
        assert_eq!(of("Purchase", r#"{"price":"20"}"#), None);
    }
}
