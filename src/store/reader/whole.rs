//! Everything of a store, piece by piece, in the order in which it lies: what another place for the same
//! rows is filled from.

use std::sync::Arc;

use super::facts::profile;
use super::{Reader, number};
use crate::model::facts::{Event, Sender};
use crate::model::stored::StoredProfile;
use crate::model::{Client, Flags};
use crate::store::Error;

/// A row with everything that the store has of it.
#[derive(Clone, Debug)]
pub struct WholeRow {
    /// Where it lies: later imports add rows behind it.
    pub position: i64,
    /// What it says.
    pub event: Event,
    /// Number of its file.
    pub file: i64,
    /// Its properties as JSON text.
    pub properties: String,
}

impl Reader {
    /// Up to `most` rows that lie behind `after`, in their order; none at the end. The first lie behind 0.
    pub fn whole_rows(&self, after: i64, most: usize) -> Result<Vec<WholeRow>, Error> {
        self.at_one_moment(|_| {
            let files = self.files()?;
            let mut after = after;
            let mut thin = Vec::new();
            // A part may be empty: an upgrade took rows out that were stored twice.
            while thin.is_empty() {
                let part: Option<(i64, i64)> = self.ask(|db| {
                    let mut select = db.prepare_cached(
                        "SELECT max(lo, ?1 + 1), lo + used FROM chunks WHERE used > 0 AND lo + used > ?1 + 1
                         ORDER BY lo LIMIT 1",
                    )?;
                    let mut rows = select.query([after])?;
                    rows.next()?.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
                })?;
                let Some((lo, end)) = part else { return Ok(Vec::new()) };
                let end = end.min(lo.saturating_add(number::length(most.max(1))));
                thin = self.rows_between(lo, end)?;
                after = end - 1;
            }
            let positions: Vec<i64> = thin.iter().map(|row| row.id).collect();
            let properties = self.properties(&positions)?;
            let given = |number: i64| if number == number::NO_ID { None } else { Some(number) };
            let whole = thin.into_iter().zip(properties).map(|(row, properties)| {
                let (event, verb) = self.name_and_verb(row.ev)?;
                let client = given(row.client).map(|client| self.name(client)).transpose()?;
                let sender = Sender {
                    id: self.id_or_none(given(row.uid))?,
                    device: self.id_or_none(given(row.device))?,
                    user: self.id_or_none(given(row.user))?,
                    other: self.id_or_none(given(row.other))?,
                    client: client.map(Client::from_shared),
                    flags: Flags(row.flags),
                    verb,
                };
                let event = Event {
                    row: number::row(row.id, row.nth),
                    event,
                    time: row.t,
                    arrived: row.arrived,
                    hash: number::hash_at(row.hash, row.t),
                    source: self.source(&files, row.file, row.line)?,
                    sender: Arc::new(sender),
                };
                Ok(WholeRow { position: row.id, event, file: row.file, properties })
            });
            whole.collect()
        })
    }

    /// The place of each link in its line, in the order of [`Reader::sweep_links`].
    pub fn places_of_links(&self) -> Result<Vec<i64>, Error> {
        self.ask(|db| db.prepare_cached("SELECT nth FROM links")?.query_map([], |row| row.get(0))?.collect())
    }

    /// Every profile update with its number and the number of its file.
    pub fn whole_profiles(&self) -> Result<Vec<(StoredProfile, i64, i64)>, Error> {
        self.at_one_moment(|_| {
            let files = self.files()?;
            let rows = self.ask(|db| {
                db.prepare_cached(
                    "SELECT operation, t, arrived, ignore_alias, json, uid, file, line, id FROM profiles ORDER BY id",
                )?
                .query_map([], |row| Ok((profile(row)?, row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?)))?
                .collect::<rusqlite::Result<Vec<(StoredProfile, Option<i64>, i64, i64, i64)>>>()
            })?;
            let whole = rows.into_iter().map(|(profile, uid, file, line, place)| {
                let id = self.id_or_none(uid.filter(|uid| *uid != number::NO_ID))?;
                Ok((StoredProfile { id, source: self.source(&files, file, line)?, ..profile }, place, file))
            });
            whole.collect()
        })
    }
}
