//! A table of events that the owner of the server made, read by expressions of its columns.
//!
//! Nothing is made on the server and nothing is copied. The rows that name an id are asked for whole, with
//! their properties as text, and the caller reads them as the rows of an export: then they say what they
//! say after an import.

mod columns;
mod ddl;
mod edges;
mod terms;

use std::collections::{BTreeSet, HashMap};

use self::columns::Columns;
pub use self::ddl::OwnDdl;
pub use self::edges::Coverage;
pub use self::terms::{NameOf, OwnRows};
use super::activity::activity;
use super::client::Client;
use super::mapping::OwnTable;
use super::wire::{Answer, literal, literals};
use crate::inspect::{Error, ErrorKind, Stop, Tell};
use crate::model::hit::Span;
use crate::model::row::CREATE_ALIAS;
use crate::model::{Id, Millis};

/// Texts that one question looks for in properties, at most: servers take 255.
const TEXTS_PER_QUESTION: usize = 200;
/// Bytes of their literals, at most.
const BYTES_PER_QUESTION: usize = 150_000;
/// The first version that looks for many texts in one pass.
const MANY_TEXTS_SINCE: u32 = 20;

/// A row as the table has it, in order of arrival.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OwnRow {
    /// When the server had it; `None` where the table does not say.
    pub arrived: Option<Millis>,
    /// When it happened; `None` for no time.
    pub time: Option<Millis>,
    /// The number that is shown in the place of a line.
    pub row: u64,
    /// The id as sent; empty for none.
    pub id: String,
    /// Name of the event.
    pub event: String,
    /// Properties as text.
    pub properties: String,
}

/// The table as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Rows.
    pub events: u64,
    /// Different ids that rows were sent under.
    pub ids: u64,
    /// Rows without an id.
    pub without_id: u64,
    /// Rows that ask for an alias.
    pub alias_calls: u64,
    /// Rows of which the table does not say when they arrived.
    pub without_arrival: u64,
    /// Rows in which the vendor says which id it replaced: the table is from after identity merge.
    pub merged: u64,
    /// Time of the first and of the last row.
    pub span: (Millis, Millis),
}

/// A table of events behind a client.
#[derive(Clone)]
pub struct OwnEvents {
    client: Client,
    stop: Option<Stop>,
    table: OwnTable,
    columns: Columns,
    version: String,
    types: Vec<(&'static str, String, String)>,
}

impl OwnEvents {
    /// Learns the types of the expressions.
    ///
    /// # Errors
    /// The server does not answer; an expression cannot be evaluated or has a type that cannot be read.
    pub fn open(client: Client, table: OwnTable) -> Result<Self, Error> {
        let named = table.named.iter().map(|expression| ("named", expression));
        let optional = [("arrived", &table.arrived), ("row", &table.row)];
        let given: Vec<(&'static str, String)> =
            [("id", &table.id), ("time", &table.time), ("event", &table.event), ("properties", &table.properties)]
                .into_iter()
                .chain(optional.into_iter().filter_map(|(name, expression)| Some((name, expression.as_ref()?))))
                .chain(named)
                .map(|(name, expression)| (name, expression.clone()))
                .collect();
        // No name that the table could have: servers take the alias for the column otherwise.
        let numbered = given.iter().enumerate().map(|(at, (_, expression))| format!("({expression}) AS journey_c{at}"));
        let list = numbered.collect::<Vec<_>>().join(", ");
        let sql = format!("DESCRIBE TABLE (SELECT {list} FROM {}) FORMAT TSV", table.table);
        let answer = client.ask(&sql, None).map_err(|failed| client.explain(failed))?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let found: Vec<&str> = answer.lines().filter_map(|line| line.split('\t').nth(1)).collect();
        let types: Vec<(&'static str, String, String)> = given
            .into_iter()
            .zip(found)
            .map(|((name, expression), kind)| (name, expression, kind.replace("\\'", "'")))
            .collect();
        let wrong = |what: String| {
            Error::new(ErrorKind::Usage, what).hint("[warehouse.events] in the settings has the expressions")
        };
        let columns = Columns::of(&types).map_err(wrong)?;
        let text = |answer: &mut Answer<'_>| Ok(answer.text()?.into_owned());
        let version = client.records("SELECT version() FORMAT RowBinary", None, text)?.pop().unwrap_or_default();
        let own = Self { client, stop: None, table, columns, version, types };
        own.check_edges()?;
        Ok(own)
    }

    /// Where it is.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The table and its expressions.
    pub fn table(&self) -> &OwnTable {
        &self.table
    }

    /// What each expression is, with its text and its type on the server.
    pub fn types(&self) -> &[(&'static str, String, String)] {
        &self.types
    }

    /// The version of the server.
    pub fn version(&self) -> &str {
        &self.version
    }

    fn major(&self) -> u32 {
        self.version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0)
    }

    fn looks_for_many(&self) -> bool {
        self.major() >= MANY_TEXTS_SINCE
    }

    /// Tells of every question from now on.
    pub fn tell_trips(&mut self, tell: Tell) {
        self.client.tell_trips(tell);
    }

    /// Asks `stop` while a question is answered.
    pub fn stop_when(&mut self, stop: Stop) {
        self.stop = Some(stop);
    }

    /// What says that an answer is no longer wanted.
    pub fn stop(&self) -> Option<&Stop> {
        self.stop.as_ref()
    }

    /// The columns by which the table is sorted, as the server says; empty where it does not.
    ///
    /// # Errors
    /// The server does not answer.
    pub fn sorting_key(&self) -> Result<String, Error> {
        let (database, name) = match self.table.table.split_once('.') {
            Some((database, name)) => (literal(database), name.to_owned()),
            None => ("currentDatabase()".to_owned(), self.table.table.clone()),
        };
        let (engine, key) = self.sorted(&database, &name)?;
        // A table over the shards has no order of its own: it is that of the table that each of them has.
        let Some(over) = engine.strip_prefix("Distributed(") else { return Ok(key) };
        let of = |part: &str| part.trim().trim_matches(['\'', '`', '"', ')']).to_owned();
        let mut parts = over.split(',').skip(1).map(of);
        match (parts.next(), parts.next()) {
            (Some(database), Some(name)) => Ok(self.sorted(&literal(&database), &name)?.1),
            _ => Ok(key),
        }
    }

    fn sorted(&self, database: &str, name: &str) -> Result<(String, String), Error> {
        let sql = format!(
            "SELECT engine_full, sorting_key FROM system.tables WHERE database = {database} AND name = {} FORMAT RowBinary",
            literal(name)
        );
        let mut found = self.records(&sql, |answer| Ok((answer.text()?.into_owned(), answer.text()?.into_owned())))?;
        Ok(found.pop().unwrap_or_default())
    }

    /// How many rows the server reads to find those that were sent under an id.
    ///
    /// # Errors
    /// As of [`OwnEvents::naming`].
    pub fn rows_read(&self, id: &Id) -> Result<u64, Error> {
        let Columns { id: column, .. } = &self.columns;
        let sql = format!(
            "SELECT count() FROM {} WHERE {column} IN ({}) FORMAT JSON",
            self.table.table,
            literal(id.as_str())
        );
        let answer = self.client.ask(&sql, self.stop.as_ref()).map_err(|failed| self.client.explain(failed))?;
        let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap_or_default();
        Ok(answer.pointer("/statistics/rows_read").and_then(serde_json::Value::as_u64).unwrap_or(0))
    }

    /// Every row that was sent under one of `ids` or names one of them, in no order; rows that name none but
    /// have the text of one somewhere can be among them.
    ///
    /// # Errors
    /// The server does not answer, or meets a limit.
    pub fn naming(&self, ids: &[Id]) -> Result<Vec<OwnRow>, Error> {
        let mut rows = Vec::new();
        let mut forms: BTreeSet<String> = BTreeSet::new();
        let mut texts: BTreeSet<String> = BTreeSet::new();
        let mut bytes = 0_usize;
        for id in ids {
            for form in forms_of(id) {
                let of_form = texts_of(form.as_str());
                bytes = bytes.saturating_add(of_form.iter().map(|text| text.len().saturating_mul(2)).sum());
                forms.insert(form.as_str().to_owned());
                texts.extend(of_form);
            }
            if texts.len() > TEXTS_PER_QUESTION || bytes > BYTES_PER_QUESTION {
                rows.extend(self.naming_these(&forms, &texts)?);
                forms.clear();
                texts.clear();
                bytes = 0;
            }
        }
        if !forms.is_empty() {
            rows.extend(self.naming_these(&forms, &texts)?);
        }
        Ok(rows)
    }

    fn naming_these(&self, forms: &BTreeSet<String>, texts: &BTreeSet<String>) -> Result<Vec<OwnRow>, Error> {
        let forms = literals(forms.iter().map(String::as_str));
        if let Some(named) = &self.table.edges.named {
            return self.named_by_edges(named, &forms);
        }
        self.named_inside(&forms, texts)
    }

    /// Rows of the ids of `forms`, and those that name one by what stands in their own columns.
    fn named_inside(&self, forms: &str, texts: &BTreeSet<String>) -> Result<Vec<OwnRow>, Error> {
        let Columns { id, properties, named, .. } = &self.columns;
        let names = if !named.is_empty() {
            named.iter().map(|named| named.is_one_of(forms)).collect::<Vec<_>>().join(" OR ")
        } else if self.looks_for_many() {
            format!("multiSearchAny({properties}, [{}])", literals(texts.iter().map(String::as_str)))
        } else {
            let look = |text: &String| format!("position({properties}, {}) > 0", literal(text));
            texts.iter().map(look).collect::<Vec<_>>().join(" OR ")
        };
        // Two questions in one trip: each can use what the server has for its own condition.
        self.rows_where(&[format!("{id} IN ({forms})"), format!("NOT ({id} IN ({forms})) AND ({names})")])
    }

    /// Every row for which one of `conditions` holds, which exclude each other.
    fn rows_where(&self, conditions: &[String]) -> Result<Vec<OwnRow>, Error> {
        let Columns { id, time, arrived, event, properties, row, .. } = &self.columns;
        let columns = format!("SELECT {id}, {time}, {arrived}, {event}, {properties}, {row} FROM {}", self.table.table);
        let parts: Vec<String> = conditions.iter().map(|condition| format!("{columns} WHERE {condition}")).collect();
        self.records(&format!("SELECT * FROM ({}) FORMAT RowBinary", parts.join(" UNION ALL ")), |answer| {
            let id = answer.text()?.into_owned();
            let (time, arrived) = (answer.i64()?, answer.i64()?);
            let given = |time: i64| (time != 0).then_some(time);
            let (event, properties) = (answer.text()?.into_owned(), answer.text()?.into_owned());
            Ok(OwnRow { id, time: given(time), arrived: given(arrived), event, properties, row: answer.u64()? })
        })
    }

    fn records<T>(
        &self,
        sql: &str,
        read: impl FnMut(&mut Answer<'_>) -> Result<T, super::wire::CutOff>,
    ) -> Result<Vec<T>, Error> {
        self.client.records(sql, self.stop.as_ref(), read)
    }

    /// The rows of each of `ids` that has some.
    ///
    /// # Errors
    /// As of [`OwnEvents::naming`].
    pub fn spans_of(&self, ids: &[Id]) -> Result<HashMap<Id, Span>, Error> {
        let mut spans = HashMap::new();
        for ids in ids.chunks(TEXTS_PER_QUESTION) {
            let condition = format!("{} IN ({})", self.columns.id, literals(ids.iter().map(Id::as_str)));
            spans.extend(self.spans(&condition, "")?);
        }
        Ok(spans)
    }

    fn spans(&self, condition: &str, order: &str) -> Result<Vec<(Id, Span)>, Error> {
        let Columns { id, time, .. } = &self.columns;
        let sql = format!(
            "SELECT {id}, count(), min({time}), max({time}) FROM {} WHERE {condition} GROUP BY {id} {order} FORMAT RowBinary",
            self.table.table
        );
        self.records(&sql, |answer| {
            let id = Id::new(&answer.text()?);
            Ok((id, Span { events: answer.u64()?, first: Some(answer.i64()?), last: Some(answer.i64()?) }))
        })
    }

    /// The number of rows.
    ///
    /// # Errors
    /// As of [`OwnEvents::naming`].
    pub fn rows(&self) -> Result<u64, Error> {
        let sql = format!("SELECT count() FROM {} FORMAT RowBinary", self.table.table);
        Ok(self.records(&sql, |answer: &mut Answer<'_>| answer.u64())?.first().copied().unwrap_or(0))
    }

    /// An id of the table, for a trial; `None` for a table without one.
    ///
    /// # Errors
    /// As of [`OwnEvents::naming`].
    pub fn some_id(&self) -> Result<Option<Id>, Error> {
        let Columns { id, .. } = &self.columns;
        let sql = format!("SELECT {id} FROM {} WHERE {id} != '' LIMIT 1 FORMAT RowBinary", self.table.table);
        Ok(self.records(&sql, |answer| Ok(Id::new(&answer.text()?)))?.pop())
    }

    /// Some ids of the table, for trials.
    ///
    /// # Errors
    /// As of [`OwnEvents::naming`].
    pub fn some_ids(&self) -> Result<Vec<Id>, Error> {
        let Columns { id, .. } = &self.columns;
        let sql = format!("SELECT DISTINCT {id} FROM {} WHERE {id} != '' LIMIT 20 FORMAT RowBinary", self.table.table);
        self.records(&sql, |answer| Ok(Id::new(&answer.text()?)))
    }

    /// The table as a whole.
    ///
    /// # Errors
    /// As of [`OwnEvents::naming`].
    pub fn totals(&self) -> Result<Totals, Error> {
        let Columns { id, time, arrived, event, properties, .. } = &self.columns;
        // Without a column the properties can say it.
        let unknown = format!("{arrived} = 0 AND position({properties}, '\"mp_processing_time_ms\"') = 0");
        let sql = format!(
            "SELECT count(), uniqExactIf({id}, {id} != ''), countIf({id} = ''), countIf({event} = {}), countIf({unknown}), \
             countIf(position({properties}, '$distinct_id_before_identity') > 0), min({time}), max({time}) FROM {} FORMAT RowBinary",
            literal(CREATE_ALIAS),
            self.table.table
        );
        let totals = self.records(&sql, |answer| {
            Ok(Totals {
                events: answer.u64()?,
                ids: answer.u64()?,
                without_id: answer.u64()?,
                alias_calls: answer.u64()?,
                without_arrival: answer.u64()?,
                merged: answer.u64()?,
                span: (answer.i64()?, answer.i64()?),
            })
        })?;
        Ok(totals.first().copied().unwrap_or_default())
    }

    /// Rows in each of [`Overview::PARTS`](crate::model::stored::Overview::PARTS) equal parts of a span.
    ///
    /// # Errors
    /// As of [`OwnEvents::naming`].
    pub fn activity(&self, span: (Millis, Millis)) -> Result<Vec<u64>, Error> {
        activity(&self.client, self.stop.as_ref(), (&self.columns.time, &self.table.table), span)
    }
}

/// The forms in which a row can name an id.
fn forms_of(id: &Id) -> [Id; 3] {
    [id.clone(), id.to_bare(), id.other_device_form()]
}

/// How an id can be written in the text of JSON.
fn texts_of(id: &str) -> BTreeSet<String> {
    let quoted = serde_json::Value::from(id).to_string();
    let mut texts = BTreeSet::from([quoted.clone(), quoted.replace('/', "\\/")]);
    if !id.is_ascii() {
        let mut ascii = String::new();
        for c in quoted.chars() {
            if c.is_ascii() {
                ascii.push(c);
            } else {
                let mut units = [0; 2];
                ascii.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
            }
        }
        texts.insert(ascii);
    }
    // A number or a word of JSON stands there without quotes.
    if serde_json::from_str::<serde_json::Value>(id).is_ok_and(|value| value.is_number() || value.is_boolean()) {
        texts.extend([":", ": ", "[", ",", ", "].map(|before| format!("{before}{id}")));
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_looked_for_in_every_way_that_json_writes_it() {
        let texts = |id: &str| texts_of(id).into_iter().collect::<Vec<_>>();
        assert_eq!(texts("a"), ["\"a\""]);
        assert_eq!(texts("a/b"), ["\"a/b\"", "\"a\\/b\""]);
        assert_eq!(texts("é\u{1f600}"), ["\"\\u00e9\\ud83d\\ude00\"", "\"é\u{1f600}\""]);
        assert!(texts("42").contains(&":42".to_owned()) && texts("true").contains(&"[true".to_owned()));
    }
}
