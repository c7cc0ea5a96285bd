//! Tables next to the events, which the owner fills from them: where an id is looked for.
//!
//! They say where rows lie, never what a row says: that is read from the row itself. So a journey is the same with
//! and without them, as long as they hold every row.

use super::{BYTES_PER_QUESTION, Columns, OwnEvents, OwnRow};
use crate::inspect::{Error, ErrorKind};
use crate::model::Id;
use crate::model::hit::Span;
use crate::model::row::{CREATE_ALIAS, IDENTIFY, MERGE};
use crate::model::text::lower;
use crate::warehouse::wire::{Answer, containing, literal, literals};

/// The columns of the tables with named ids.
pub(super) const NAMED: [(&str, &str); 3] =
    [("journey_named", "String"), ("journey_id", "String"), ("journey_time", "Int64")];
/// The columns of the table of ids.
pub(super) const IDS: [(&str, &str); 4] =
    [("journey_id", "String"), ("journey_rows", "UInt64"), ("journey_first", "Int64"), ("journey_last", "Int64")];

/// Rows of calls that are looked through for a part of an id, at most.
const CALLS: usize = 1_000;

/// Ids whose names in the tables are compared with those in rows.
const SOME: usize = 100;

/// How much of the events the tables next to them hold; `None` for a table that is not given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Alias calls with an id that the table of alias calls has, and those that there are.
    pub alias_calls: Option<(u64, u64)>,
    /// Rows with an id that the table of ids counts, and those that there are.
    pub ids: Option<(u64, u64)>,
    /// Of some ids, how often the tables say that a row names one, and how often rows do.
    pub names: Option<(u64, u64)>,
}

impl OwnEvents {
    /// Looks whether the tables that are given can be read.
    pub(super) fn check_edges(&self) -> Result<(), Error> {
        let edges = &self.table.edges;
        let named = edges.named.iter().flatten().map(|table| (table, &NAMED[..]));
        for (table, columns) in named.chain(edges.ids.iter().map(|table| (table, &IDS[..]))) {
            let sql = format!("DESCRIBE TABLE {table} FORMAT TSV");
            let answer = self.client.ask(&sql, None).map_err(|failed| self.client.explain(failed))?;
            let answer = String::from_utf8_lossy(&answer).into_owned();
            let found: Vec<(&str, &str)> = answer
                .lines()
                .filter_map(|line| {
                    let mut parts = line.split('\t');
                    parts.next().zip(parts.next())
                })
                .collect();
            for (name, kind) in columns {
                // A sum that the server keeps is read as what it is a sum of.
                let fits = |is: &str| is == *kind || is.ends_with(&format!(", {kind})"));
                let what = match found.iter().find(|(column, _)| column == name) {
                    Some((_, is)) if fits(is) => continue,
                    Some((_, is)) => format!("the column {name} of {table} is {is}, not {kind}"),
                    None => format!("the table {table} has no column {name}"),
                };
                return Err(Error::new(ErrorKind::Usage, what).hint(
                    "[warehouse.edges] in the settings names the table; journey warehouse ddl prints what makes it",
                ));
            }
        }
        Ok(())
    }

    /// Rows of the ids of `forms`, and those that name one by what the tables say.
    pub(super) fn named_by_edges(&self, named: &[String; 2], forms: &str) -> Result<Vec<OwnRow>, Error> {
        let part = |table: &String| {
            format!(
                "SELECT journey_id, journey_time FROM {table} WHERE journey_named IN ({forms}) AND NOT (journey_id IN ({forms}))"
            )
        };
        // Their places first, as literals: servers find rows by a list of values in every kind of table.
        let sql = format!(
            "SELECT * FROM ({}) FORMAT RowBinary",
            named.iter().map(part).collect::<Vec<_>>().join(" UNION ALL ")
        );
        let mut places = self.records(&sql, |answer| Ok((answer.text()?.into_owned(), answer.i64()?)))?;
        places.sort_unstable();
        places.dedup();
        let Columns { id, time, .. } = &self.columns;
        let mut conditions = vec![format!("{id} IN ({forms})")];
        let mut rows = Vec::new();
        let mut list = String::new();
        for (of, at) in &places {
            if list.len() > BYTES_PER_QUESTION {
                conditions.push(format!("({id}, {time}) IN ({list})"));
                rows.extend(self.rows_where(&std::mem::take(&mut conditions))?);
                list.clear();
            }
            let comma = if list.is_empty() { "" } else { "," };
            list.extend([comma, "(", &literal(of), ",", &at.to_string(), ")"]);
        }
        if !list.is_empty() {
            conditions.push(format!("({id}, {time}) IN ({list})"));
        }
        if !conditions.is_empty() {
            rows.extend(self.rows_where(&conditions)?);
        }
        Ok(rows)
    }

    /// Ids with `text` in them in any case that rows were sent under, the shortest first, with their rows; at most
    /// `limit`.
    ///
    /// # Errors
    /// As of [`OwnEvents::naming`].
    pub fn ids_with(&self, text: &str, limit: usize) -> Result<Vec<(Id, Span)>, Error> {
        let Some(table) = &self.table.edges.ids else {
            let Columns { id, .. } = &self.columns;
            let condition = format!("positionCaseInsensitiveUTF8({id}, {}) > 0", literal(&lower(text)));
            return self.spans(&condition, &format!("ORDER BY length({id}), {id} LIMIT {limit}"));
        };
        let sql = format!(
            "SELECT journey_id, sum(journey_rows), min(journey_first), max(journey_last) FROM {table} \
             WHERE {} GROUP BY journey_id ORDER BY length(journey_id), journey_id LIMIT {limit} \
             FORMAT RowBinary",
            has("journey_id", text)
        );
        self.records(&sql, |answer| {
            let id = Id::new(&answer.text()?);
            Ok((id, Span { events: answer.u64()?, first: Some(answer.i64()?), last: Some(answer.i64()?) }))
        })
    }

    /// Ids with `text` in them that rows name, the shortest first, at most `limit`; `None` without tables of them.
    ///
    /// # Errors
    /// As of [`OwnEvents::naming`].
    pub fn named_with(&self, text: &str, limit: usize) -> Result<Option<Vec<Id>>, Error> {
        let Some(named) = &self.table.edges.named else { return Ok(None) };
        let condition = has("journey_named", text);
        let part = |table: &String| format!("SELECT journey_named FROM {table} WHERE {condition}");
        let sql = format!(
            "SELECT DISTINCT journey_named FROM ({}) ORDER BY length(journey_named), journey_named LIMIT {limit} FORMAT RowBinary",
            named.iter().map(part).collect::<Vec<_>>().join(" UNION ALL ")
        );
        self.records(&sql, |answer| Ok(Id::new(&answer.text()?))).map(Some)
    }

    /// Some alias calls and other calls that put ids together, which have `text` in an id or in what may be one.
    ///
    /// # Errors
    /// As of [`OwnEvents::naming`].
    pub fn calls_with(&self, text: &str) -> Result<Vec<OwnRow>, Error> {
        let Columns { event, properties, named, time, row, .. } = &self.columns;
        let literal = literal(text);
        let has = if named.is_empty() {
            let inside: Vec<String> = super::texts_of(text)
                .iter()
                .map(|text| text.trim_matches('"'))
                .map(|text| format!("positionCaseInsensitiveUTF8({properties}, {}) > 0", self::literal(text)))
                .collect();
            inside.join(" OR ")
        } else {
            named.iter().map(|named| named.has(&literal)).collect::<Vec<_>>().join(" OR ")
        };
        let calls = literals([CREATE_ALIAS, IDENTIFY, MERGE]);
        self.rows_where(&[format!("{event} IN ({calls}) AND ({has}) ORDER BY {time}, {row} LIMIT {CALLS}")])
    }

    /// How much of the events the tables next to them hold.
    ///
    /// # Errors
    /// As of [`OwnEvents::naming`].
    pub fn coverage(&self) -> Result<Coverage, Error> {
        let Columns { id, time, event, .. } = &self.columns;
        let mut coverage = Coverage::default();
        let number = |sql: &str| {
            let found = self.records(&format!("{sql} FORMAT RowBinary"), |answer: &mut Answer<'_>| answer.u64())?;
            Ok::<_, Error>(found.first().copied().unwrap_or(0))
        };
        let events = &self.table.table;
        if let Some([calls, links]) = &self.table.edges.named {
            let here = number(&format!("SELECT uniqExact(journey_id, journey_time) FROM {calls}"))?;
            let all = number(&format!(
                "SELECT uniqExactIf(({id}, {time}), {event} = {} AND {id} != '') FROM {events}",
                literal(CREATE_ALIAS)
            ))?;
            coverage.alias_calls = Some((here, all));
            coverage.names = self.names_of_some(calls, links)?;
        }
        if let Some(ids) = &self.table.edges.ids {
            let here = number(&format!("SELECT sum(journey_rows) FROM {ids}"))?;
            let all = number(&format!("SELECT countIf({id} != '') FROM {events}"))?;
            coverage.ids = Some((here, all));
        }
        Ok(coverage)
    }

    /// Of some ids, how often the tables say that a row names one, and how often rows do; `None` where ids cannot be
    /// taken from rows.
    fn names_of_some(&self, calls: &str, links: &str) -> Result<Option<(u64, u64)>, Error> {
        let Some(list) = self.named_lists() else { return Ok(None) };
        let Columns { id, time, .. } = &self.columns;
        let rows = format!(
            "(SELECT {id} AS journey_id, {time} AS journey_time, arrayJoin({list}) AS journey_named FROM {})",
            self.table.table
        );
        let other = "journey_named != '' AND journey_named != journey_id";
        let some = format!("SELECT DISTINCT journey_named FROM {rows} WHERE {other} LIMIT {SOME} FORMAT RowBinary");
        let some = self.records(&some, |answer| Ok(answer.text()?.into_owned()))?;
        if some.is_empty() {
            return Ok(None);
        }
        let some = format!("journey_named IN ({})", literals(some.iter().map(String::as_str)));
        let here = |table: &str| format!("SELECT journey_named, journey_id, journey_time FROM {table} WHERE {some}");
        let sql = format!(
            "SELECT toUInt8(0) AS journey_t, uniqExact(journey_named, journey_id, journey_time) AS journey_n FROM ({} UNION ALL {}) \
             UNION ALL SELECT toUInt8(1) AS journey_t, uniqExact(journey_named, journey_id, journey_time) AS journey_n FROM {rows} WHERE {other} AND {some}",
            here(calls),
            here(links)
        );
        let found = self
            .records(&format!("SELECT * FROM ({sql}) FORMAT RowBinary"), |answer| Ok((answer.u8()?, answer.u64()?)))?;
        let of = |which: u8| found.iter().find(|(t, _)| *t == which).map_or(0, |(_, n)| *n);
        Ok(Some((of(0), of(1))))
    }
}

/// The condition that a column has `text` in it in any case. The index for parts of texts serves it, where the text is
/// of ASCII: not every build of a server can lower other letters.
fn has(column: &str, text: &str) -> String {
    let lower = lower(text);
    if lower.is_ascii() {
        format!("lower({column}) LIKE {}", containing(&lower))
    } else {
        format!("positionCaseInsensitiveUTF8({column}, {}) > 0", literal(&lower))
    }
}
