//! The money in the properties of a row.

use serde_json::Value;

/// Properties that say what was paid, the one that counts first: a row counts once.
pub const MONEY: &[&str] = &["revenue", "$revenue", "total", "order_total", "amount", "$amount", "price"];

/// Properties that say in which currency.
const CURRENCY: &[&str] = &["currency", "$currency", "currency_code", "currencycode"];

/// What a row says was paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// The property that says it, as it is written.
    pub property: String,
    /// In millionths, so that a sum is exact.
    pub micros: i128,
    /// The currency, in capitals; empty if none is said.
    pub currency: String,
}

/// The money in the properties of a row, given as JSON text.
pub fn amount(properties: &str) -> Option<Amount> {
    let parsed: Value = serde_json::from_str(properties).ok()?;
    let object = parsed.as_object()?;
    let named = |name: &str| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    let (property, micros) = MONEY.iter().find_map(|name| {
        let (key, value) = named(name)?;
        Some((key.clone(), micros(value)?))
    })?;
    let currency = CURRENCY.iter().find_map(|name| named(name)?.1.as_str()).unwrap_or_default().to_uppercase();
    Some(Amount { property, micros, currency })
}

/// A number, or a text that is one, in millionths.
fn micros(value: &Value) -> Option<i128> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
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
