//! A ClickHouse warehouse: how it is opened, and how a store fills it.

use std::collections::HashMap;
use std::env;

use super::Inspector;
use super::able;
pub use super::own::Look;
use super::own::OwnSource;
use crate::inspect::able::Abilities;
use crate::inspect::{Error, ErrorKind, Source as _, Stop};
use crate::model::NumberedTexts;
use crate::store::{Reader, WholeRow};
use crate::warehouse::check::Health;
use crate::warehouse::{Address, Client, Components, Load, OwnEvents, Warehouse};

/// Rows that are read from the store at once.
const PART: usize = 20_000;

/// Rows of one load: what an interrupted load sends again, at most.
const ROWS_PER_LOAD: u64 = 1_000_000;

/// A client with the user of the environment.
///
/// # Errors
/// The certificates that the settings name cannot be read.
pub fn client(address: &Address) -> Result<Client, Error> {
    // Secrets come from variables alone: no settings, no argument and no history has them.
    Client::new(address, &|name| env::var(name).ok().filter(|value| !value.is_empty()))
}

/// Opens a warehouse: the tables of this program, or the table of events that the settings name.
///
/// # Errors
/// It does not answer, refuses the user, or has no tables of this program.
pub fn open(address: &Address) -> Result<Inspector, Error> {
    let client = client(address)?;
    Ok(match &address.own {
        Some(table) => Inspector::new(OwnSource::open(OwnEvents::open(client, (**table).clone())?)?),
        None => Inspector::new(Warehouse::open(client)?),
    })
}

/// What the tables of this program answer on the server at hand, and what that takes.
///
/// # Errors
/// The server does not answer.
pub fn abilities(client: Client, health: &Health, stop: Stop) -> Result<Abilities, Error> {
    let mut warehouse = Warehouse::open(client)?;
    warehouse.stop_when(stop)?;
    let abilities = warehouse.able(health)?;
    able::tried(&Inspector::new(warehouse), abilities, &mut |_, _| true)
}

/// What a table of events answers, by a look at it, and what that takes.
///
/// # Errors
/// The server does not answer.
pub fn abilities_of_own(events: &OwnEvents, look: &Look) -> Result<Abilities, Error> {
    let abilities = look.abilities(events)?;
    able::tried(&Inspector::new(OwnSource::open(events.clone())?), abilities, &mut |_, _| true)
}

/// What [`fill`] has sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// Rows that the warehouse had already.
    pub known: u64,
    /// Rows that were sent now.
    pub rows: u64,
    /// Ids, alias calls, links and profile updates of the store, all of which are sent each time.
    pub ids: u64,
    /// Whether it was stopped; what was finished until then counts.
    pub is_stopped: bool,
}

/// Sends to a warehouse what it does not have yet of a store. `go_on` gets the rows that are sent of
/// how many; `false` ends it.
///
/// # Errors
/// The store cannot be read; the warehouse does not take a row, or was filled from another store.
pub fn fill(reader: &Reader, client: &Client, go_on: &mut dyn FnMut(u64, u64) -> bool) -> Result<Filled, Error> {
    let loaded = Load::loaded(client)?;
    let mut filled = Filled { known: loaded.rows, ..Filled::default() };
    if loaded.last > 0 {
        let same = reader.whole_rows(loaded.last - 1, 1)?.pop();
        if same.is_none_or(|row| row.position != loaded.last || row.event.hash != loaded.hash) {
            let what = format!("the warehouse {} was filled from another store", client.address());
            return Err(Error::new(ErrorKind::Usage, what)
                .hint("name the store that filled it with --store, or use a separate database for this one"));
        }
    }
    let total = reader.rows()?;
    let mut number = loaded.number;
    let mut last = loaded.last;
    loop {
        let mut load: Option<Load<'_>> = None;
        let mut hash = 0;
        loop {
            let part = reader.whole_rows(last, PART)?;
            if part.is_empty() {
                break;
            }
            let load = load.get_or_insert_with(|| Load::of_rows(client, last + 1));
            for WholeRow { position, event, file, properties } in part {
                (last, hash) = (position, event.hash);
                load.row(&event, file, &properties)?;
            }
            if !go_on(filled.known + filled.rows + load.rows(), total) {
                filled.is_stopped = true;
                return Ok(filled);
            }
            if load.rows() >= ROWS_PER_LOAD {
                break;
            }
        }
        let Some(load) = load else { break };
        number += 1;
        let rows = load.rows();
        load.finish(number, last, hash)?;
        filled.rows += rows;
    }
    filled.ids = facts(reader, client, number + 1)?;
    Ok(filled)
}

/// Sends everything but rows, as load `number`; returns how many ids there are.
fn facts(reader: &Reader, client: &Client, number: u64) -> Result<u64, Error> {
    reader.at_one_moment(|reader| {
        let mut load = Load::of_facts(client);
        let mut ranks = HashMap::new();
        for file in reader.overview()?.files {
            let place = reader.swept_source(file.id, 0)?;
            ranks.insert(file.id, place.rank);
            load.file(&file, place.rank, &place.vendor)?;
        }
        let mut ids = NumberedTexts::default();
        let mut known = 0;
        reader.sweep_ids(&mut |number, id| {
            ids.set(number, id);
            known += 1;
        })?;
        let all = || (0_i64..).take(ids.len()).map(|number| ids.of(number));
        let mut calls = reader.sweep_calls()?;
        let mut links: Vec<_> = reader.sweep_links()?.into_iter().zip(reader.places_of_links()?).collect();
        let components = Components::of(&ids, &calls, &links.iter().map(|(link, _)| *link).collect::<Vec<_>>());
        (0..)
            .zip(all())
            .filter(|(_, id)| !id.is_empty())
            .try_for_each(|(number, id)| load.id(id, number, &components))?;
        // After all of the others: rows of one table go together.
        all().filter(|id| !id.is_empty()).try_for_each(|id| load.look(id))?;
        // In order of arrival, so that the first of many are found by their places.
        let rank = |file: &i64| ranks.get(file).copied().unwrap_or(0);
        calls.sort_by_key(|call| (call.arrived, rank(&call.file), call.line, call.row));
        for (call, place) in calls.iter().zip(0..) {
            load.call(call, place, &components, &ids)?;
        }
        links.sort_by_key(|(link, nth)| {
            (link.arrived, rank(&link.file), link.line, *nth, link.kind.number(), link.a, link.b)
        });
        for ((link, _), place) in links.iter().zip(0..) {
            load.link(link, place, &components, &ids)?;
        }
        for (profile, number, file) in reader.whole_profiles()? {
            load.profile(&profile, number, file)?;
        }
        let mut values: Vec<(i64, String, String)> = Vec::new();
        reader.each_value(&mut |id, key, value| values.push((id, key.to_owned(), value.to_owned())))?;
        for ((id, key, value), number) in values.iter().zip(1..) {
            load.value(ids.of(*id), key, value, number)?;
        }
        load.finish(number, 0, 0)?;
        Ok(known)
    })
}
