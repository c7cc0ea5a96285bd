//! Everything of one file, in the order of its lines: what the file is written anew from.

use super::{Reader, number};
use crate::model::Flags;
use crate::model::stored::StoredPiece;
use crate::store::Error;

/// Rows whose properties are fetched at once: some 20 MB of text.
const WINDOW: usize = 20_000;

/// A piece on its way; of a row, its position.
enum Thin {
    Row(i64, i64, Option<i64>, Flags),
    Whole(StoredPiece),
}

impl Reader {
    /// Calls `each` with everything of the file with this number, and the line where it stands, in the
    /// order of the lines; `false` ends it.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn each_piece(&self, file: i64, each: &mut dyn FnMut(u64, StoredPiece) -> bool) -> Result<(), Error> {
        self.at_one_moment(|_| {
            let here = |source| self.explained(source);
            let mut select = self
                .db
                .prepare_cached(
                    "SELECT line, 0, nth, id, ev, arrived, flags, NULL, NULL FROM rows WHERE file = ?1
                     UNION ALL SELECT line, 1, id, id, 0, arrived, 0, NULL, json FROM profiles WHERE file = ?1
                     UNION ALL SELECT line, 2, id, id, 0, NULL, 0, reason, text FROM rejects WHERE file = ?1
                     ORDER BY 1, 2, 3",
                )
                .map_err(here)?;
            let mut rows = select.query([file]).map_err(here)?;
            loop {
                let mut window: Vec<(u64, Thin)> = Vec::with_capacity(WINDOW);
                while window.len() < WINDOW
                    && let Some(row) = rows.next().map_err(here)?
                {
                    window.push(thin(row).map_err(here)?);
                }
                let is_last = window.len() < WINDOW;
                let positions: Vec<i64> = window
                    .iter()
                    .filter_map(|(_, piece)| match piece {
                        Thin::Row(position, ..) => Some(*position),
                        Thin::Whole(_) => None,
                    })
                    .collect();
                let mut properties = self.properties(&positions)?.into_iter();
                for (line, piece) in window {
                    let piece = match piece {
                        Thin::Whole(piece) => piece,
                        Thin::Row(_, ev, arrived, flags) => StoredPiece::Row {
                            event: self.name(ev)?,
                            arrived,
                            flags,
                            properties: properties.next().unwrap_or_default(),
                        },
                    };
                    if !each(line, piece) {
                        return Ok(());
                    }
                }
                if is_last {
                    return Ok(());
                }
            }
        })
    }
}

fn thin(row: &rusqlite::Row<'_>) -> rusqlite::Result<(u64, Thin)> {
    let line = number::from_sql(row.get(0)?);
    let arrived: Option<i64> = row.get(5)?;
    let piece = match row.get::<_, i64>(1)? {
        0 => {
            let flags = Flags(row.get(6)?);
            let arrived = arrived.filter(|_| !flags.has(Flags::ARRIVAL_UNKNOWN));
            Thin::Row(row.get(3)?, row.get(4)?, arrived, flags)
        }
        1 => Thin::Whole(StoredPiece::Update { arrived, json: row.get(8)? }),
        _ => Thin::Whole(StoredPiece::Reject { reason: row.get(7)?, text: row.get(8)? }),
    };
    Ok((line, piece))
}
