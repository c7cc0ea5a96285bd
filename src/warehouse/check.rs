//! Whether a warehouse can be worked with, and what it holds.

use super::client::Client;
use super::wire::{Answer, literal};
use super::{load, tables};
use crate::inspect::{Error, Stop};

/// What [`check`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Version of the server.
    pub version: String,
    /// What the user may do.
    pub user: User,
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

/// What the user of a client may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// Whether the user can change nothing.
    pub is_read_only: bool,
    /// Whether the server refuses settings from this user, so that the limits of the server hold.
    pub takes_no_settings: bool,
}

impl User {
    /// The same in sentences.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let read_only = self.is_read_only.then(|| "the user can only read".to_owned());
        let settings = self
            .takes_no_settings
            .then(|| "the server takes no settings from this user: its own limits hold".to_owned());
        read_only.into_iter().chain(settings)
    }
}

/// What the user of a client that has asked before may do.
pub fn user(client: &Client, stop: Option<&Stop>) -> User {
    let takes_no_settings = client.takes_no_settings();
    let read_only = "SELECT value FROM system.settings WHERE name = 'readonly' FORMAT RowBinary";
    // A question of this program says `readonly` itself, where the server takes that.
    let is_read_only = takes_no_settings
        && client
            .records(read_only, stop, |answer| Ok(answer.text()?.into_owned()))
            .is_ok_and(|values| values.first().is_some_and(|value| value != "0"));
    User { is_read_only, takes_no_settings }
}

/// Looks at a warehouse; nothing is changed.
///
/// # Errors
/// It does not answer, or refuses the user.
pub fn check(client: &Client, stop: Option<&Stop>) -> Result<Health, Error> {
    let text = |answer: &mut Answer<'_>| Ok(answer.text()?.into_owned());
    let version = client.records("SELECT version() FORMAT RowBinary", stop, text)?.pop().unwrap_or_default();
    let user = user(client, stop);
    let mut health = Health { version, user, ..Health::default() };
    let database = literal(&client.address().database);
    let columns = format!("SELECT table, name, type FROM system.columns WHERE database = {database} FORMAT RowBinary");
    let found = client.records(&columns, stop, |answer| Ok((text(answer)?, text(answer)?, text(answer)?)))?;
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
    for load in load::records(client, stop)? {
        match load.kind {
            load::ROWS => {
                health.loads = (health.loads.0 + 1, health.loads.1.saturating_add(load.rows));
                health.has_facts = false;
            }
            load::FACTS => health.has_facts = true,
            _ => {}
        }
    }
    let all = format!("SELECT count() FROM {} FORMAT RowBinary", tables::ROWS);
    let unfinished = client.records(&all, stop, |answer| Ok(answer.u64()?.saturating_sub(health.loads.1)))?;
    health.unfinished = unfinished.first().copied().unwrap_or_default();
    Ok(health)
}
