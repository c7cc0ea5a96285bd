//! What a warehouse can answer, as lines and as JSON.

use serde_json::{Value, json};

use crate::inspect::able::{Abilities, Ability, Cost};

/// A table of it, with its head.
pub(super) fn lines(abilities: &Abilities) -> Vec<String> {
    let cells = |ability: &Ability| {
        let cost = ability.cost.as_ref().map_or_else(String::new, Cost::text);
        let to_do = ability.command.as_ref().unwrap_or(&ability.to_do).clone();
        [ability.asked.title().to_owned(), ability.can.word().to_owned(), cost, ability.why.clone(), to_do]
    };
    let head = ["what", "can", "cost", "why", "to do"].map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(abilities.list.iter().map(cells)).collect();
    let wide =
        |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let line = |row: &[String; 5]| {
        let cells = row.iter().enumerate().map(|(at, cell)| format!("{cell:<width$}", width = wide(at)));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    std::iter::once(String::new()).chain(rows.iter().map(line)).collect()
}

/// The list; `null` where nothing can be asked yet.
pub(super) fn as_json(abilities: Option<&Abilities>) -> Value {
    let one = |ability: &Ability| {
        let Ability { asked, can, why, to_do, command, more, cost } = ability;
        json!({
            "what": asked.code(), "can": can.word(), "why": why, "to_do": to_do, "command": command, "more": more,
            "ms": cost.map(|cost| cost.middle.as_secs_f64() * 1_000.0), "tries": cost.map(|cost| cost.tries),
        })
    };
    abilities.map_or(Value::Null, |abilities| abilities.list.iter().map(one).collect())
}
