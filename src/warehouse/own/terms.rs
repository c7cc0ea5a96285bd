//! What a search by terms asks of a table of events.

use std::collections::HashMap;

use super::{Columns, OwnEvents, OwnRow};
use crate::inspect::Error;
use crate::model::Millis;
use crate::model::clue::Clue;
use crate::model::row::CREATE_ALIAS;
use crate::warehouse::condition::condition;
use crate::warehouse::wire::{literal, literals};

/// Bytes of the names of events that a condition names, at most; of more the rows are read.
const MOST_BYTES: usize = 100_000;

/// The rows of one id that are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRows {
    /// The id as sent; empty for none.
    pub id: String,
    /// How many.
    pub rows: u64,
    /// Time and number of the last of them.
    pub last: (Millis, u64),
    /// Name of its event.
    pub event: String,
}

/// The name of an event by its number.
pub type NameOf<'a> = &'a dyn Fn(i64) -> Option<String>;

impl OwnEvents {
    /// The names of all events.
    ///
    /// # Errors
    /// As of [`OwnEvents::naming`].
    pub fn event_names(&self) -> Result<Vec<String>, Error> {
        let sql = format!("SELECT DISTINCT {} FROM {} FORMAT RowBinary", self.columns.event, self.table.table);
        let mut names = self.records(&sql, |answer| Ok(answer.text()?.into_owned()))?;
        names.sort_unstable();
        Ok(names)
    }

    /// Up to `most` rows of which a clue can hold; `names` has the names of events by their numbers.
    ///
    /// # Errors
    /// As of [`OwnEvents::naming`].
    pub fn meant(&self, clue: &Clue, names: NameOf<'_>, most: usize) -> Result<Vec<OwnRow>, Error> {
        let condition = condition(clue, &self.columns.properties, &|head| self.head(head, names));
        self.rows_where(&[format!("{} LIMIT {most}", condition.as_deref().unwrap_or("1"))])
    }

    /// Up to `most` alias calls.
    ///
    /// # Errors
    /// As of [`OwnEvents::naming`].
    pub fn alias_calls(&self, most: usize) -> Result<Vec<OwnRow>, Error> {
        self.rows_where(&[format!("{} = {} LIMIT {most}", self.columns.event, literal(CREATE_ALIAS))])
    }

    /// The rows of which a clue holds for each id, of `most` ids at most, that with the last row first; `None` where the
    /// table cannot tell without reading them.
    ///
    /// # Errors
    /// As of [`OwnEvents::naming`].
    pub fn by_id(&self, clue: &Clue, names: NameOf<'_>, most: usize) -> Result<Option<Vec<OwnRows>>, Error> {
        let Columns { id, time, event, row, properties, .. } = &self.columns;
        let is_told = std::cell::Cell::new(true);
        let of_head = |head: &Clue| {
            let condition = self.head(head, names);
            is_told.set(is_told.get() && condition.is_some());
            condition
        };
        // A row without a time is none.
        let mut conditions = vec![format!("{time} != 0")];
        conditions.extend(condition(clue, properties, &of_head));
        if !is_told.get() {
            return Ok(None);
        }
        let last = format!("max(({time}, {row}))");
        let sql = format!(
            "SELECT {id}, count(), {last}, argMax({event}, ({time}, {row})) FROM {} WHERE {} GROUP BY {id} \
             ORDER BY {id} = '' DESC, {last} DESC, {id} LIMIT {} FORMAT RowBinary",
            self.table.table,
            conditions.join(" AND "),
            most.saturating_add(1)
        );
        let rows = self.records(&sql, |answer| {
            let (id, rows) = (answer.text()?.into_owned(), answer.u64()?);
            let last = (answer.i64()?, answer.u64()?);
            Ok(OwnRows { id, rows, last, event: answer.text()?.into_owned() })
        })?;
        Ok(Some(rows))
    }

    /// How many rows have one of these events, by event and id; the empty id is none.
    ///
    /// # Errors
    /// As of [`OwnEvents::naming`].
    pub fn by_event(&self, events: &[String]) -> Result<HashMap<(String, String), u64>, Error> {
        let Columns { id, time, event, .. } = &self.columns;
        let sql = format!(
            "SELECT {event}, {id}, count() FROM {} WHERE {event} IN ({}) AND {time} != 0 GROUP BY {event}, {id} FORMAT RowBinary",
            self.table.table,
            literals(events.iter().map(String::as_str))
        );
        let found = self
            .records(&sql, |answer| Ok(((answer.text()?.into_owned(), answer.text()?.into_owned()), answer.u64()?)))?;
        Ok(found.into_iter().collect())
    }

    /// The condition of what a clue says of a column, exactly; `None` where no column says it, or it is too long.
    fn head(&self, clue: &Clue, names: NameOf<'_>) -> Option<String> {
        let Columns { time, event, .. } = &self.columns;
        match clue {
            Clue::Event(numbers) => {
                let texts: Vec<String> = numbers.iter().filter_map(|number| names(*number)).collect();
                let list = literals(texts.iter().map(String::as_str));
                match texts.len() {
                    0 => Some("0".to_owned()),
                    _ => (list.len() <= MOST_BYTES).then(|| format!("{event} IN ({list})")),
                }
            }
            Clue::Between(from, to) => {
                let from = (*from > Millis::MIN).then(|| format!("{time} >= {from}"));
                let to = (*to < Millis::MAX).then(|| format!("{time} < {to}"));
                let both: Vec<String> = from.into_iter().chain(to).collect();
                Some(if both.is_empty() { "1".to_owned() } else { both.join(" AND ") })
            }
            _ => None,
        }
    }
}
