//! The tables of what joins ids: alias calls and links, read whole.

use rusqlite::Connection;

use super::number;
use crate::model::scan::{SweptCall, SweptLink};
use crate::model::{Flags, LinkKind};

/// Every alias call of the table.
pub(super) fn calls(db: &Connection) -> rusqlite::Result<Vec<SweptCall>> {
    let mut select =
        db.prepare_cached("SELECT id, nth, alias, target, t, arrived, flags, file, line, from_table FROM alias_calls")?;
    let call = |row: &rusqlite::Row<'_>| {
        let or_none = |column| row.get::<_, Option<i64>>(column).map(Option::unwrap_or_default);
        Ok(SweptCall {
            row: number::row(row.get(0)?, row.get(1)?),
            alias: or_none(2)?,
            target: or_none(3)?,
            time: row.get(4)?,
            arrived: row.get(5)?,
            flags: Flags(row.get(6)?),
            file: row.get(7)?,
            line: row.get(8)?,
            from_table: row.get(9)?,
        })
    };
    select.query_map([], call)?.collect()
}

/// Calls `each` with every link of the table; the first kind that is unknown ends it, and is given.
pub(super) fn each_link(db: &Connection, each: &mut dyn FnMut(SweptLink)) -> rusqlite::Result<Option<i64>> {
    let mut select = db.prepare_cached("SELECT kind, a, b, rows, t, arrived, file, line FROM links")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let found: i64 = row.get(0)?;
        let Some(kind) = LinkKind::from_number(found) else { return Ok(Some(found)) };
        each(SweptLink {
            kind,
            a: row.get(1)?,
            b: row.get(2)?,
            rows: number::from_sql(row.get(3)?),
            time: row.get(4)?,
            arrived: row.get(5)?,
            file: row.get(6)?,
            line: row.get(7)?,
        });
    }
    Ok(None)
}
