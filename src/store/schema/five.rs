//! Version 5: the verb of rows and the vendor of files are kept, and no name says them.
//!
//! Which call a row is, the format decided when the row was read, by its name; but the names of
//! one vendor say nothing of the rows of the next, and a page may be called as an event is. So
//! a name stands once for each verb that its rows have: a million rows cost nothing more. What
//! older versions read was Mixpanel's, where three names are calls.

use rusqlite::Connection;

/// The verb of rows with this name in a store of an older version, which is all from Mixpanel.
macro_rules! verb_of_name {
    () => {
        "CASE name WHEN '$create_alias' THEN 1 WHEN '$identify' THEN 2 WHEN '$merge' THEN 3 ELSE 0 END"
    };
}

/// The first version with verbs and vendors.
pub(in crate::store) const SINCE: i64 = 5;

/// A name and the number of its verb.
pub(in crate::store) const SELECT_NAME: &str = "SELECT name, verb FROM names WHERE id = ?1";

/// The same in a store of version 4.
pub(in crate::store) const SELECT_NAME_OF_4: &str =
    concat!("SELECT name, ", verb_of_name!(), " FROM names WHERE id = ?1");

/// The oldest version that has all that a reader needs, but for what follows from names.
pub(in crate::store) const READABLE: i64 = 4;

/// The tables and the view; [`add_verbs`] fills them.
pub(super) const SQL: &str = r"
DROP VIEW events;
ALTER TABLE names RENAME TO names_of_4;
ALTER TABLE files ADD COLUMN vendor TEXT NOT NULL DEFAULT 'Mixpanel'; -- whose rows it has

CREATE TABLE verbs (
  -- Which call a row is: names.verb.
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

CREATE TABLE names (
  -- Names of events, one for each verb that rows of that name have, and of the programs that sent
  -- them.
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  verb INTEGER NOT NULL,          -- verbs.id; 0 also for programs
  UNIQUE (name, verb)
);

CREATE VIEW events (id, distinct_id, event, time, arrived, device_id, user_id, other_id, client,
                    file, line, time_ms, arrived_ms, flags, verb, vendor) AS
-- For people: rows with names instead of numbers. `arrived` is empty when nothing tells it;
-- `arrived_ms` is then the estimate that keeps the order of the file.
SELECT r.id, i.name, e.name,
       CAST(coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', r.t / 1000.0, 'unixepoch'), r.t || ' ms') AS TEXT),
       CAST(CASE WHEN r.flags & 1 THEN NULL
            ELSE coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', r.arrived / 1000.0, 'unixepoch'), r.arrived || ' ms')
            END AS TEXT),
       d.name, u.name, o.name, c.name, f.name, r.line, r.t, r.arrived, r.flags, v.name, f.vendor
FROM rows r
LEFT JOIN ids i ON i.id = r.uid
LEFT JOIN names e ON e.id = r.ev
LEFT JOIN verbs v ON v.id = e.verb
LEFT JOIN ids d ON d.id = r.device
LEFT JOIN ids u ON u.id = r.user
LEFT JOIN ids o ON o.id = r.other
LEFT JOIN names c ON c.id = r.client
LEFT JOIN files f ON f.id = r.file;
";

/// Gives each name its verb, and tells once that all rows are done, none of which is touched.
pub(super) fn add_verbs(db: &Connection, tell: &mut dyn FnMut(u64, u64) -> bool) -> rusqlite::Result<bool> {
    db.execute_batch(concat!(
        "INSERT INTO verbs VALUES (0, 'track'), (1, 'alias'), (2, 'identify'), (3, 'merge'), (4, 'reset'), (5, 'page'),
                                  (6, 'profile'), (7, 'group');
         INSERT INTO names (id, name, verb) SELECT id, name, ",
        verb_of_name!(),
        " FROM names_of_4 ORDER BY name;
         DROP TABLE names_of_4"
    ))?;
    let rows: i64 = db.query_row("SELECT coalesce(sum(events), 0) FROM chunks", [], |row| row.get(0))?;
    let rows = super::number::from_sql(rows);
    Ok(tell(rows, rows))
}

#[cfg(test)]
mod tests {
    use crate::model::VerbKind;
    use crate::model::row::{CREATE_ALIAS, IDENTIFY, MERGE};

    #[test]
    fn a_store_names_every_verb_as_the_program_does() {
        let mut db = rusqlite::Connection::open_in_memory().unwrap();
        super::super::migrate(&mut db, &mut |_| true).unwrap();
        for verb in VerbKind::ALL {
            let name: String =
                db.query_row("SELECT name FROM verbs WHERE id = ?1", [verb.number()], |row| row.get(0)).unwrap();
            assert_eq!(name, verb.name());
        }
        for (name, verb) in [
            (CREATE_ALIAS, VerbKind::Alias),
            (IDENTIFY, VerbKind::Identify),
            (MERGE, VerbKind::Merge),
            ("$Identify", VerbKind::Track),
            ("", VerbKind::Track),
        ] {
            let select = concat!("SELECT ", verb_of_name!(), " FROM (SELECT ?1 AS name)");
            let number: u8 = db.query_row(select, [name], |row| row.get(0)).unwrap();
            assert_eq!(VerbKind::from_number(number), Some(verb), "{name}");
        }
    }
}
