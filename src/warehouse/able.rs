//! What the tables of this program can answer on the server at hand.

use super::check::{Health, check};
use super::source::Warehouse;
use super::tables::{IDS, ROWS};
use super::wire::literal;
use crate::inspect::able::{Abilities, Ability, Asked, Can};
use crate::inspect::{Error, Source as _};
use crate::model::text::{count, counted};
use crate::model::{Flags, Id};

/// Ids that are tried.
const TRIED: usize = 20;
/// The first version with an index for parts of texts.
const TEXT_INDEX_SINCE: u32 = 26;

impl Warehouse {
    /// What [`Source::abilities`](crate::inspect::Source::abilities) gives.
    pub(super) fn look(&self) -> Result<Abilities, Error> {
        self.able(&check(&self.client, self.stop.as_ref())?)
    }

    /// What can be answered, by what a check has found.
    ///
    /// # Errors
    /// The server does not answer.
    pub fn able(&self, health: &Health) -> Result<Abilities, Error> {
        let (rows, unknown) = self.arrivals()?;
        let mut list = vec![
            Ability::new(Asked::Journey, Can::Yes, "a sort key serves an id").more(
                "Five round trips at most: alias calls and links of the ids together, then their rows and everyone around.",
            ),
            Ability::new(Asked::Id, Can::Yes, "").more("A search looks for parts of ids and of values of profiles, too."),
            self.part(health)?,
            Ability::new(Asked::Details, Can::Yes, "").more(
                "Properties are fetched for the row that is seen; a filter that needs them fetches those of all rows of the user, 8,000 at a time.",
            ),
            as_of(rows, unknown),
            Ability::new(Asked::Around, Can::Yes, "comes with the journey")
                .more("Orphans, neighbours and ids that a person cannot tell from another are found by sort keys of their own."),
            Ability::new(Asked::Profiles, Can::Yes, "comes with the journey"),
            Ability::new(Asked::Systems, Can::Yes, "the same rows, judged here")
                .more("w and | judge the rows of the user under other rule sets."),
        ];
        list.extend(Ability::of_a_pass(self.scan().is_some()));
        let server = format!("ClickHouse {}", health.version);
        Ok(Abilities { server, notes: health.user.lines().collect(), rows, ids: self.some_ids()?, list })
    }

    /// Rows that count, and those of them that do not say when they arrived.
    fn arrivals(&self) -> Result<(u64, u64), Error> {
        let state = self.state()?;
        let sql = format!(
            "SELECT count(), countIf(bitAnd(flags, {}) != 0) FROM {ROWS} WHERE {} FORMAT RowBinary",
            Flags::ARRIVAL_UNKNOWN.0,
            state.of_rows()
        );
        let found = self.records(&sql, |answer| Ok((answer.u64()?, answer.u64()?)))?;
        Ok(found.first().copied().unwrap_or_default())
    }

    /// Ids from all over the table.
    fn some_ids(&self) -> Result<Vec<Id>, Error> {
        let facts = self.state()?.facts;
        let sql = format!(
            "SELECT id FROM {IDS} WHERE load = {facts} AND id != '' ORDER BY cityHash64(id) LIMIT {TRIED} FORMAT RowBinary"
        );
        self.records(&sql, |answer| Ok(Id::new(&answer.text()?)))
    }

    fn part(&self, health: &Health) -> Result<Ability, Error> {
        let sql = format!(
            "SELECT count() FROM system.tables WHERE database = {} AND name IN ('{IDS}', '{IDS}_local') \
             AND create_table_query LIKE '%INDEX parts%' FORMAT RowBinary",
            literal(&self.client.address().database)
        );
        let has_index = self.records(&sql, |answer| Ok(answer.u64()? > 0))?.contains(&true);
        if has_index {
            return Ok(Ability::new(Asked::Part, Can::Yes, "an index serves parts of ids"));
        }
        let every = Ability::new(Asked::Part, Can::Yes, "every id is looked through")
            .more("No index serves parts of ids, so the time grows with the number of ids.");
        let major = health.version.split('.').next().and_then(|major| major.parse::<u32>().ok()).unwrap_or(0);
        Ok(if major >= TEXT_INDEX_SINCE {
            every
                .to_do("ddl --text-index", "journey warehouse ddl --text-index | clickhouse-client --multiquery")
                .more("The owner of the tables can add one: the command prints the statements. It serves the ids of the next fill, which sends all of them anew.")
        } else {
            every.more(format!("Servers from {TEXT_INDEX_SINCE} on have one; this is {}.", health.version))
        })
    }
}

/// Whether a moment of arrival can be shown.
fn as_of(rows: u64, unknown: u64) -> Ability {
    let stands = "Where a row does not say when it arrived, its time stands for it, and the journey says so.";
    match unknown {
        0 => Ability::new(Asked::AsOf, Can::Yes, "rows say when they arrived"),
        _ if unknown >= rows => Ability::new(Asked::AsOf, Can::Part, "no row says when it arrived").more(stands),
        _ => {
            let why = format!("{} without arrival", counted(unknown, "row"));
            Ability::new(Asked::AsOf, Can::Part, why).more(format!("Of {} rows. {stands}", count(rows)))
        }
    }
}
