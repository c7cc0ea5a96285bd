//! Whether a warehouse can be worked with, and what it holds.

use super::client::{Client, Failed};
use super::load::{FACTS, ROWS};
use super::tables::{self, LOADS};
use super::wire::{Answer, CutOff, literal};
use crate::inspect::{Error, Stop};

/// What [`check`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Version of the server.
    pub version: String,
    /// Whether the user can change nothing.
    pub is_read_only: bool,
    /// Whether the server refuses settings from this user, so that the limits of the server hold.
    pub takes_no_settings: bool,
    /// Tables that are missing; without them there is nothing to ask.
    pub missing: Vec<String>,
    /// Columns that are missing or of another type, with the table.
    pub wrong: Vec<String>,
    /// Loads of rows, and rows in them.
    pub loads: (u64, u64),
    /// Whether alias calls, links and ids were loaded after the rows.
    pub has_facts: bool,
    /// Rows of loads that were not finished: they are never read, and take room.
    pub unfinished: u64,
}

impl Health {
    /// Whether journeys can be shown.
    pub fn is_usable(&self) -> bool {
        self.missing.is_empty() && self.wrong.is_empty() && self.has_facts
    }
}

/// Looks at a warehouse; nothing is changed.
///
/// # Errors
/// It does not answer, or refuses the user.
pub fn check(client: &Client, stop: Option<&Stop>) -> Result<Health, Error> {
    let ask = |sql: &str| client.ask(sql, stop).map_err(|failed| client.explain(failed));
    let cut = |CutOff| client.explain(Failed::Silent("an answer ends inside a value".to_owned()));
    let version = ask("SELECT version() FORMAT RowBinary")?;
    let mut health = Health {
        version: Answer(&version).text().map_err(cut)?.into_owned(),
        takes_no_settings: client.takes_no_settings(),
        ..Health::default()
    };
    let read_only = ask("SELECT value FROM system.settings WHERE name = 'readonly' FORMAT RowBinary");
    // A question of this program says `readonly` itself, where the server takes that.
    health.is_read_only = client.takes_no_settings()
        && read_only.is_ok_and(|value| Answer(&value).text().is_ok_and(|value| value != "0"));
    let database = literal(&client.address().database);
    let columns =
        ask(&format!("SELECT table, name, type FROM system.columns WHERE database = {database} FORMAT RowBinary"))?;
    let mut answer = Answer(&columns);
    let mut found = Vec::new();
    while !answer.is_done() {
        let column = (|| Ok((answer.text()?.into_owned(), answer.text()?.into_owned(), answer.text()?.into_owned())))();
        found.push(column.map_err(cut)?);
    }
    for (table, wanted) in tables::columns() {
        if !found.iter().any(|(of, ..)| of == table) {
            health.missing.push(table.to_owned());
            continue;
        }
        for (name, kind) in wanted {
            match found.iter().find(|(of, column, _)| of == table && *column == name) {
                Some((.., is)) if *is == kind => {}
                Some((.., is)) => health.wrong.push(format!("{table}.{name} is {is}, not {kind}")),
                None => health.wrong.push(format!("{table}.{name} is missing")),
            }
        }
    }
    if !health.missing.is_empty() || !health.wrong.is_empty() {
        return Ok(health);
    }
    let loads = ask(&format!("SELECT number, kind, rows FROM {LOADS} ORDER BY number FORMAT RowBinary"))?;
    let mut answer = Answer(&loads);
    while !answer.is_done() {
        let (_, kind, rows) = (|| Ok((answer.u64()?, answer.u8()?, answer.u64()?)))().map_err(cut)?;
        match kind {
            ROWS => {
                health.loads = (health.loads.0 + 1, health.loads.1.saturating_add(rows));
                health.has_facts = false;
            }
            FACTS => health.has_facts = true,
            _ => {}
        }
    }
    let sum = ask(&format!("SELECT count() FROM {} FORMAT RowBinary", tables::ROWS))?;
    health.unfinished = Answer(&sum).u64().map_err(cut)?.saturating_sub(health.loads.1);
    Ok(health)
}
