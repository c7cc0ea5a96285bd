//! The money that the properties of a row say.
//!
//! Narrow, so that a sum is no guess: only numbers count (a text such as `"20.10"` can be a size or a
//! version), only properties at the top of a row, and of each row the first of [`AMOUNTS`] that is a
//! number. An amount of no currency is never added to one that has a currency.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Number, Value};

use super::clue::{Asked, Clue};
use super::text::{count, counted};

/// Properties that say what was paid, in any case of letters, the one that counts first: a row counts
/// once. What was taken in goes before what an order came to, and that before the price of a thing.
pub const AMOUNTS: &[&str] = &["revenue", "$revenue", "total", "order_total", "amount", "$amount", "price"];

/// A property that says what was paid where the row names a currency; without one it is any number.
const VALUE: &str = "value";

/// Purchases, each an object with an `$amount`, as Mixpanel keeps them of a user.
const PURCHASES: &str = "$transactions";

/// Properties that say in which currency.
const CURRENCIES: &[&str] = &["currency", "$currency", "currency_code", "currencycode"];

/// What a row says was paid; less than nothing where money went back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// The property that says it, as it is written.
    pub property: String,
    /// In millionths, so that a sum is exact.
    pub micros: i128,
    /// The currency, in capitals; empty if none is said.
    pub currency: String,
}

/// The number of these rules. A store keeps what its rows say: who changes what counts as an amount, or how much it
/// is, changes this number too, and what was kept by others is not used.
pub const FORM: u8 = 1;

/// Events that are named next to a sum, at most.
pub const NAMED: usize = 3;

/// Where a sum comes from, with the first `number` of its events: `in 2 rows of Purchase, more`; `in 2 rows` with none.
pub fn in_rows<'e>(rows: u64, events: impl IntoIterator<Item = &'e str>, number: usize) -> String {
    let rows = counted(rows, "row");
    let mut events = events.into_iter();
    let mut named: Vec<&str> = events.by_ref().take(number).collect();
    if named.is_empty() {
        return format!("in {rows}");
    }
    named.extend(events.next().map(|_| "more"));
    format!("in {rows} of {}", named.join(", "))
}

/// What holds of the properties of every row that says an amount.
pub fn clue() -> Clue {
    let number = Asked::Within(f64::NEG_INFINITY, f64::INFINITY);
    let names = AMOUNTS.iter().chain([&VALUE]);
    let numbers = names.map(|name| Clue::Property((*name).to_owned(), number.clone()));
    let purchases = Clue::Property(PURCHASES.to_owned(), Asked::Exists);
    Clue::OneOf(numbers.chain([purchases]).collect())
}

/// How many names there are that an amount is made of.
const SAID: usize = AMOUNTS.len() + 2 + CURRENCIES.len();

/// The properties of a row that an amount is made of, each the first with its name in some case of letters. All
/// others, which are nearly the whole row, are passed over.
#[derive(Default)]
struct Said([Option<(String, Value)>; SAID]);

/// The place of a name in [`Said`], in whatever case it is written.
fn place_of(name: &str) -> Option<usize> {
    let names = AMOUNTS.iter().chain([&VALUE, &PURCHASES]).chain(CURRENCIES);
    names.into_iter().position(|known| known.eq_ignore_ascii_case(name))
}

/// Of a property that says something of an amount by its name, which of them; the first ones can say an amount.
pub fn role_of(name: &str) -> Option<usize> {
    place_of(name)
}

/// That the quick way cannot tell an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsure;

/// The amount of a row without the name of its property, from properties of it as they stand in JSON, each with its
/// [role](role_of).
///
/// # Errors
/// Only [`amount`] can tell: that is for all rows, and this for what nearly all rows are.
pub fn quick_amount<'r>(said: impl Iterator<Item = (usize, &'r str)>) -> Result<Option<(i128, String)>, Unsure> {
    let mut values = [None; SAID];
    for (role, value) in said {
        // Of one name twice, which counts, or of two cases of it.
        if values.get_mut(role).ok_or(Unsure)?.replace(value).is_some() {
            return Err(Unsure);
        }
    }
    let (amounts, others) = values.split_at(AMOUNTS.len());
    let (others, currencies) = others.split_at(2);
    let mut currency = "";
    if let Some(text) = currencies.iter().flatten().find_map(|value| value.strip_prefix('"')) {
        // An escape is left to who reads all of it.
        currency = text.strip_suffix('"').filter(|text| !text.contains('\\')).ok_or(Unsure)?.trim();
    }
    let value = others.iter().take(usize::from(!currency.is_empty()));
    let is_number = |value: &&&str| value.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    if let Some(number) = amounts.iter().chain(value).flatten().find(is_number) {
        return Ok(Some((plain_micros(number).ok_or(Unsure)?, currency.to_uppercase())));
    }
    if others.last().is_some_and(Option::is_some) { Err(Unsure) } else { Ok(None) }
}

/// A number of few digits, at most six of them behind the point, in millionths; `None` for any other text.
fn plain_micros(text: &str) -> Option<i128> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, part) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_short = whole.len() + part.map_or(0, str::len) <= 15 && (whole.len() == 1 || !whole.starts_with('0'));
    if !is_short || !plain(whole) || part.is_some_and(|part| part.len() > 6 || !plain(part)) {
        return None;
    }
    let part = format!("{:0<6}", part.unwrap_or_default());
    Some(sign * (whole.parse::<i128>().ok()? * 1_000_000 + part.parse::<i128>().ok()?))
}

impl Said {
    fn named(&self, name: &str) -> Option<&(String, Value)> {
        self.0.get(place_of(name)?)?.as_ref()
    }
}

impl<'de> Deserialize<'de> for Said {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SaidVisitor)
    }
}

struct SaidVisitor;

impl<'de> Visitor<'de> for SaidVisitor {
    type Value = Said;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of properties")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Said, A::Error> {
        let mut said = Said::default();
        while let Some(Name(name)) = map.next_key()? {
            let Some(place) = place_of(&name).and_then(|at| said.0.get_mut(at)) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = map.next_value()?;
            match place {
                // Of one name the last value counts, as everywhere; of two cases of it the first name.
                Some((known, kept)) if *known == *name => *kept = value,
                Some(_) => {}
                None => *place = Some((name.into_owned(), value)),
            }
        }
        Ok(said)
    }
}

/// The name of a property, copied only where it has escapes.
#[derive(Deserialize)]
struct Name<'n>(#[serde(borrow)] Cow<'n, str>);

/// The money in the properties of a row, given as JSON text.
pub fn amount(properties: &str) -> Option<Amount> {
    let said: Said = serde_json::from_str(properties).ok()?;
    let named = |name: &str| said.named(name);
    let currency = CURRENCIES.iter().find_map(|name| named(name)?.1.as_str()).map(str::trim).unwrap_or_default();
    let value = [VALUE].into_iter().filter(|_| !currency.is_empty());
    let mut plain = AMOUNTS.iter().copied().chain(value);
    let plain = plain.find_map(|name| {
        let (key, value) = named(name)?;
        Some((key.clone(), micros(value.as_number()?)?))
    });
    let purchases = || {
        let (key, value) = named(PURCHASES)?;
        Some((key.clone(), bought(value)?))
    };
    let (property, micros) = plain.or_else(purchases)?;
    Some(Amount { property, micros, currency: currency.to_uppercase() })
}

/// What purchases add up to; `None` where none has an amount.
fn bought(purchases: &Value) -> Option<i128> {
    let all = purchases.as_array().map_or(std::slice::from_ref(purchases), Vec::as_slice);
    let amounts = all.iter().filter_map(|one| micros(one.get("$amount")?.as_number()?));
    amounts.reduce(i128::saturating_add)
}

/// A number in millionths.
fn micros(number: &Number) -> Option<i128> {
    let text = number.to_string();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.as_str()),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !whole.is_empty() && plain(whole) && plain(part) && whole.len() <= 24 {
        let part: String = part.chars().chain("000000".chars()).take(6).collect();
        return Some(sign * (whole.parse::<i128>().ok()? * 1_000_000 + part.parse::<i128>().ok()?));
    }
    // An exponent: as exact as the number is.
    let value: f64 = text.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "checked to be far inside of the range")]
    (value.is_finite() && value.abs() < 1e24).then(|| (value * 1e6).round() as i128)
}

/// Amounts of many rows, added up by currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amounts(BTreeMap<String, Sum>);

/// What the rows of one currency add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// In millionths.
    pub micros: i128,
    /// Rows that say an amount.
    pub rows: u64,
}

impl Amounts {
    /// Adds what a row says.
    pub fn add(&mut self, amount: &Amount) {
        self.add_micros(&amount.currency, amount.micros);
    }

    /// Adds what a row says, in millionths of a currency.
    pub fn add_micros(&mut self, currency: &str, micros: i128) {
        self.add_rows(currency, micros, 1);
    }

    /// Adds what some rows say, in millionths of a currency.
    pub fn add_rows(&mut self, currency: &str, micros: i128, rows: u64) {
        let sum = match self.0.get_mut(currency) {
            Some(sum) => sum,
            None => self.0.entry(currency.to_owned()).or_default(),
        };
        sum.micros = sum.micros.saturating_add(micros);
        sum.rows += rows;
    }

    /// Adds what other rows say.
    pub fn append(&mut self, other: &Self) {
        for (currency, more) in &other.0 {
            let sum = self.0.entry(currency.clone()).or_default();
            sum.micros = sum.micros.saturating_add(more.micros);
            sum.rows += more.rows;
        }
    }

    /// Whether no row said an amount.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each currency with its sum, the amounts without a currency, as the empty text, first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Sum)> {
        self.0.iter().map(|(currency, sum)| (currency.as_str(), *sum))
    }

    /// As text: `5.00 of no currency, USD 20.00`; nothing for no amount.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (currency, sum) in self.iter() {
            let separator = if text.is_empty() { "" } else { ", " };
            let decimal = decimal(sum.micros);
            // Writing to a String cannot fail.
            let _ = match currency {
                "" => write!(text, "{separator}{decimal} of no currency"),
                _ => write!(text, "{separator}{currency} {decimal}"),
            };
        }
        text
    }
}

impl Sum {
    /// As a number, as exact as a float is.
    pub fn number(self) -> f64 {
        plain(self.micros).parse().unwrap_or(f64::MAX)
    }
}

/// Millionths as digits: `1234.50`.
fn plain(micros: i128) -> String {
    decimal(micros).replace(',', "")
}

/// Millionths with two decimals, more only where they are needed: `1,234.50`.
pub fn decimal(micros: i128) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let (whole, part) = (micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() % 1_000_000);
    let mut part = format!("{part:06}");
    while part.len() > 2 && part.ends_with('0') {
        part.pop();
    }
    format!("{sign}{}.{part}", count(u64::try_from(whole).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_names_the_first_events_that_it_comes_from() {
        let of = |number| in_rows(2, ["Purchase", "Refund"], number);
        assert_eq!(
            [of(0), of(1), of(2), of(3)],
            [
                "in 2 rows",
                "in 2 rows of Purchase, more",
                "in 2 rows of Purchase, Refund",
                "in 2 rows of Purchase, Refund",
            ]
        );
        assert_eq!(in_rows(1, [], 3), "in 1 row");
    }

    #[test]
    fn money_is_taken_once_from_a_row_and_exactly() {
        let paid = |text: &str| amount(text).map(|a| (a.property, a.micros, a.currency));
        let some = |property: &str, micros, currency: &str| Some((property.to_owned(), micros, currency.to_owned()));
        for (properties, expected) in [
            (r#"{"price":10,"total":20.10,"currency":"eur"}"#, some("total", 20_100_000, "EUR")),
            (r#"{"$amount":-0.000001}"#, some("$amount", -1, "")),
            (r#"{"Revenue":1e2}"#, some("Revenue", 100_000_000, "")),
            // Money that went back.
            (r#"{"amount":-20,"currency":"USD"}"#, some("amount", -20_000_000, "USD")),
            (r#"{"amount":0}"#, some("amount", 0, "")),
            // A text is no number, also where it looks like one; another property can have the amount.
            (r#"{"total":"20.10","price":10}"#, some("price", 10_000_000, "")),
            (r#"{"total":"20.10","currency":"EUR"}"#, None),
            (r#"{"price":"a lot"}"#, None),
            (r#"{"total":true}"#, None),
            (r#"{"total":null}"#, None),
            // A value is money only where there is a currency.
            (r#"{"value":7,"currency":"usd"}"#, some("value", 7_000_000, "USD")),
            (r#"{"value":7}"#, None),
            (r#"{"value":7,"currency":""}"#, None),
            (r#"{"value":7,"currency":840}"#, None),
            // Names that have the word in them, and properties inside of others.
            (r#"{"total_pages":9,"amount_of_items":3,"price_list":1}"#, None),
            (r#"{"cart":{"total":20}}"#, None),
            (
                r#"{"$transactions":[{"$amount":20.5},{"$amount":-0.5},{"$time":1}]}"#,
                some("$transactions", 20_000_000, ""),
            ),
            (r#"{"$transactions":{"$amount":3},"currency":"CHF"}"#, some("$transactions", 3_000_000, "CHF")),
            (r#"{"$transactions":["$amount"]}"#, None),
            (r#"{"$transactions":[{"$amount":"3"}]}"#, None),
            // Of one name the last value counts, of two names that differ in case the first name.
            (r#"{"total":1,"total":2}"#, some("total", 2_000_000, "")),
            (r#"{"Total":1,"total":2,"TOTAL":3}"#, some("Total", 1_000_000, "")),
            (r#"{"Total":"1","total":2}"#, None),
            (r#"{"tot\u0061l":4,"x":{"total":[1,{"total":2}]},"y":"\"total\":3"}"#, some("total", 4_000_000, "")),
            (r#"{"total":4,"x":}"#, None),
            ("[]", None),
            ("", None),
        ] {
            assert_eq!(paid(properties), expected, "{properties}");
        }
    }

    #[test]
    fn an_amount_is_the_same_by_the_quick_way_where_that_can_tell() {
        let quick = |properties: &[(&str, &str)]| {
            quick_amount(properties.iter().filter_map(|(name, value)| Some((role_of(name)?, *value))))
        };
        for (properties, is_quick) in [
            (&[("price", "10"), ("total", "20.10"), ("currency", "\"eur \"")][..], true),
            (&[("$amount", "-0.000001"), ("x", "{}")], true),
            (&[("amount", "-0")], true),
            (&[("amount", "999999999.123456")], true),
            (&[("total", "\"20.10\""), ("Price", "10")], true),
            (&[("value", "7"), ("CURRENCY", "\"usd\"")], true),
            (&[("value", "7")], true),
            (&[("value", "7"), ("currency", "840"), ("currency_code", "\"\"")], true),
            (&[("total", "true"), ("revenue", "null")], true),
            (&[("total", "1e2")], false),
            (&[("total", "0.0000015")], false),
            (&[("total", "1234567890123456")], false),
            (&[("total", "1"), ("total", "2")], false),
            (&[("Total", "1"), ("total", "2")], false),
            (&[("total", "1"), ("currency", "\"\\u0045UR\"")], false),
            (&[("$transactions", "[{\"$amount\":3}]")], false),
            (&[("$transactions", "[{\"$amount\":3}]"), ("price", "2")], true),
        ] {
            let members: Vec<String> = properties.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
            let exact = amount(&format!("{{{}}}", members.join(","))).map(|paid| (paid.micros, paid.currency));
            let expected = if is_quick { Ok(exact) } else { Err(Unsure) };
            assert_eq!(quick(properties), expected, "{properties:?}");
        }
    }

    #[test]
    fn amounts_are_added_up_by_currency() {
        let mut amounts = Amounts::default();
        assert_eq!((amounts.text().as_str(), amounts.is_empty()), ("", true));
        for properties in [
            r#"{"total":1234.5,"currency":"USD"}"#,
            r#"{"total":-34.5,"currency":"usd"}"#,
            r#"{"total":9.999,"currency":"EUR"}"#,
            r#"{"total":5}"#,
        ] {
            amounts.add(&amount(properties).unwrap());
        }
        assert_eq!(amounts.text(), "5.00 of no currency, EUR 9.999, USD 1,200.00");
        let sums: Vec<(f64, u64)> = amounts.iter().map(|(_, sum)| (sum.number(), sum.rows)).collect();
        assert_eq!(sums, [(5.0, 1), (9.999, 1), (1200.0, 2)]);
    }

    #[test]
    fn money_has_two_decimals_and_more_where_there_are_more() {
        let texts: Vec<String> = [20_000_000, -1_500_000, 1, 1_234_567_890_000].into_iter().map(decimal).collect();
        assert_eq!(texts, ["20.00", "-1.50", "0.000001", "1,234,567.89"]);
    }
}
