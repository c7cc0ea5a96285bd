//! The warehouse as a whole.

use std::collections::HashMap;

use super::activity::activity;
use super::source::Warehouse;
use super::tables::{FILES, IDS, PROFILES, ROWS};
use crate::inspect::Error;
use crate::model::stored::{ImportedFile, Overview};

impl Warehouse {
    /// What [`Source::overview`](crate::inspect::Source::overview) gives.
    pub(super) fn whole(&self) -> Result<Overview, Error> {
        let state = self.state()?;
        let (rows, facts) = (state.of_rows(), state.facts);
        let counts = self.records(
            &format!(
                "SELECT count(), countIf(id = ''), min(time), max(time) FROM {ROWS} WHERE {rows} FORMAT RowBinary"
            ),
            |answer| Ok((answer.u64()?, answer.u64()?, answer.i64()?, answer.i64()?)),
        )?;
        let (events, without_id, first, last) = counts.first().copied().unwrap_or_default();
        let count = |table: &str| format!("SELECT count() AS n FROM {table} WHERE load = {facts}");
        let sql = format!(
            "SELECT toUInt8(0) AS t, n FROM ({}) UNION ALL SELECT toUInt8(1) AS t, n FROM ({}) FORMAT RowBinary",
            count(IDS),
            count(PROFILES)
        );
        let sums: HashMap<u8, u64> =
            self.records(&sql, |answer| Ok((answer.u8()?, answer.u64()?)))?.into_iter().collect();
        let of = |tag: u8| sums.get(&tag).copied().unwrap_or(0);
        let mut files = self.records(
            &format!(
                "SELECT file, rank, name, format, timezone, bytes, rows, aliases, profiles, rejected, complete, incomplete \
                 FROM {FILES} WHERE load = {facts} FORMAT RowBinary"
            ),
            |answer| {
                let (id, rank, name) = (answer.i64()?, answer.u32()?, answer.text()?.into_owned());
                let (format, timezone) = (answer.text()?.into_owned(), answer.text()?.into_owned());
                let (bytes, rows, aliases) = (answer.u64()?, answer.u64()?, answer.u64()?);
                let (profiles, rejected) = (answer.u64()?, answer.u64()?);
                let (complete, incomplete) = (answer.u8()? != 0, answer.u8()? != 0);
                let file = ImportedFile {
                    id, name, format, timezone, bytes, rows, aliases, profiles, rejected, complete, incomplete,
                };
                Ok((rank, file))
            },
        )?;
        files.sort_by_key(|(rank, _)| *rank);
        let activity = if events == 0 {
            Vec::new()
        } else {
            activity(&self.client, self.stop.as_ref(), ("time", &format!("{ROWS} WHERE {rows}")), (first, last))?
        };
        let span = |time| if events == 0 { None } else { Some(time) };
        Ok(Overview {
            events,
            ids: of(0),
            alias_calls: state.alias_calls,
            profiles: of(1),
            rejected: files.iter().map(|(_, file)| file.rejected).sum(),
            without_id,
            first: span(first),
            last: span(last),
            files: files.into_iter().map(|(_, file)| file).collect(),
            activity,
        })
    }
}
