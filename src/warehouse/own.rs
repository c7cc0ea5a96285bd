//! A table of events that the owner of the server made, read by expressions of its columns.
//!
//! Nothing is made on the server and nothing is copied. The rows that name an id are asked for whole, with
//! their properties as text, and the caller reads them as the rows of an export: then they say what they
//! say after an import.

use std::collections::{BTreeSet, HashMap};

use super::activity::activity;
use super::client::Client;
use super::mapping::OwnTable;
use super::wire::{Answer, literal, literals};
use crate::inspect::{Error, ErrorKind, Stop};
use crate::model::hit::Span;
use crate::model::row::CREATE_ALIAS;
use crate::model::text::lower;
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

/// The expressions with what makes one type of each.
#[derive(Clone, Debug)]
struct Columns {
    id: String,
    time: String,
    arrived: String,
    event: String,
    properties: String,
    row: String,
    /// Conditions on other columns: what stands before and behind the list of ids.
    named: Vec<(String, &'static str)>,
}

/// A table of events behind a client.
#[derive(Clone)]
pub struct OwnEvents {
    client: Client,
    stop: Option<Stop>,
    table: OwnTable,
    columns: Columns,
    looks_for_many: bool,
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
        let version = client.records("SELECT version() FORMAT RowBinary", None, |answer| {
            Ok(answer.text()?.split('.').next().and_then(|major| major.parse::<u32>().ok()))
        })?;
        let looks_for_many = version.first().copied().flatten().is_some_and(|major| major >= MANY_TEXTS_SINCE);
        Ok(Self { client, stop: None, table, columns, looks_for_many, types })
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

    /// Asks `stop` while a question is answered.
    pub fn stop_when(&mut self, stop: Stop) {
        self.stop = Some(stop);
    }

    /// The columns by which the table is sorted, as the server says; empty where it does not.
    ///
    /// # Errors
    /// The server does not answer.
    pub fn sorting_key(&self) -> Result<String, Error> {
        let (database, name) = match self.table.table.split_once('.') {
            Some((database, name)) => (literal(database), name),
            None => ("currentDatabase()".to_owned(), self.table.table.as_str()),
        };
        let sql = format!(
            "SELECT sorting_key FROM system.tables WHERE database = {database} AND name = {} FORMAT RowBinary",
            literal(name)
        );
        let keys = self.client.records(&sql, self.stop.as_ref(), |answer| Ok(answer.text()?.into_owned()))?;
        Ok(keys.into_iter().next().unwrap_or_default())
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
            for form in [id.clone(), id.to_bare(), id.other_device_form()] {
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
        let Columns { id, time, arrived, event, properties, row, named } = &self.columns;
        let forms = literals(forms.iter().map(String::as_str));
        let names = if !named.is_empty() {
            named.iter().map(|(before, behind)| format!("{before}{forms}{behind}")).collect::<Vec<_>>().join(" OR ")
        } else if self.looks_for_many {
            format!("multiSearchAny({properties}, [{}])", literals(texts.iter().map(String::as_str)))
        } else {
            let look = |text: &String| format!("position({properties}, {}) > 0", literal(text));
            texts.iter().map(look).collect::<Vec<_>>().join(" OR ")
        };
        let columns = format!("SELECT {id}, {time}, {arrived}, {event}, {properties}, {row} FROM {}", self.table.table);
        // Two questions in one trip: each can use what the server has for its own condition.
        let sql = [format!("{id} IN ({forms})"), format!("NOT ({id} IN ({forms})) AND ({names})")]
            .map(|condition| format!("{columns} WHERE {condition}"))
            .join(" UNION ALL ");
        self.records(&format!("SELECT * FROM ({sql}) FORMAT RowBinary"), |answer| {
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

    /// Ids with `text` in them in any case, the shortest first, with their rows; at most `limit`.
    ///
    /// # Errors
    /// As of [`OwnEvents::naming`].
    pub fn ids_with(&self, text: &str, limit: usize) -> Result<Vec<(Id, Span)>, Error> {
        let Columns { id, .. } = &self.columns;
        let condition = format!("positionCaseInsensitiveUTF8({id}, {}) > 0", literal(&lower(text)));
        let spans = self.spans(&condition, &format!("ORDER BY length({id}), {id} LIMIT {limit}"))?;
        Ok(spans)
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

    /// The table as a whole.
    ///
    /// # Errors
    /// As of [`OwnEvents::naming`].
    pub fn totals(&self) -> Result<Totals, Error> {
        let Columns { id, time, arrived, event, properties, .. } = &self.columns;
        let sql = format!(
            "SELECT count(), uniqExactIf({id}, {id} != ''), countIf({id} = ''), countIf({event} = {}), countIf({arrived} = 0), \
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

impl Columns {
    /// The error says which expression has which type, and what to write instead.
    fn of(types: &[(&'static str, String, String)]) -> Result<Self, String> {
        let of = |wanted: &str| types.iter().find(|(name, ..)| *name == wanted);
        let text = |name: &str| {
            of(name).map_or_else(
                || Err(format!("the warehouse does not say what {name} is")),
                |(_, sql, kind)| Ok(text_of(sql, kind)),
            )
        };
        let time = |name: &'static str| {
            let Some((_, sql, kind)) = of(name) else { return Ok("toInt64(0)".to_owned()) };
            time_of(sql, kind).ok_or_else(|| {
                format!("{name} is {sql}, which is {kind}: write what gives a time or a number, such as parseDateTimeBestEffort({sql})")
            })
        };
        let (id, event) = (text("id")?, text("event")?);
        let (time, arrived) = (time("time")?, time("arrived")?);
        let properties = match of("properties") {
            Some((_, sql, kind)) if is_text(plain(kind)) => text_of(sql, kind),
            Some((_, sql, kind))
                if ["Map", "JSON", "Object", "Tuple"].iter().any(|known| plain(kind).starts_with(known)) =>
            {
                format!("toJSONString({sql})")
            }
            Some((_, sql, kind)) => {
                return Err(format!(
                    "properties is {sql}, which is {kind}: write what gives JSON, as text, Map or JSON"
                ));
            }
            None => return Err("the warehouse does not say what properties is".to_owned()),
        };
        let row = match of("row") {
            Some((_, sql, kind)) if plain(kind).starts_with("UInt") || plain(kind).starts_with("Int") => {
                format!("ifNull(toUInt64({sql}), toUInt64(0))")
            }
            Some((_, sql, kind)) => {
                return Err(format!("row is {sql}, which is {kind}: write what gives a whole number"));
            }
            // Ten digits are enough to tell one row of a person from another, and can be read.
            None => format!("cityHash64({id}, {time}, {event}, {properties}) % 10000000000"),
        };
        let named = types.iter().filter(|(name, ..)| *name == "named");
        let named = named.map(|(_, sql, kind)| {
            if plain(kind).starts_with("Array") {
                (format!("hasAny(arrayMap(x -> toString(x), {sql}), ["), "])")
            } else {
                (format!("{} IN (", text_of(sql, kind)), ")")
            }
        });
        Ok(Self { named: named.collect(), id, time, arrived, event, properties, row })
    }
}

/// A type without what says that it can be absent or has few values.
fn plain(kind: &str) -> &str {
    let mut kind = kind;
    for wrapping in ["LowCardinality(", "Nullable("] {
        if let Some(inside) = kind.strip_prefix(wrapping).and_then(|rest| rest.strip_suffix(')')) {
            kind = inside;
        }
    }
    kind
}

fn is_text(kind: &str) -> bool {
    kind == "String" || kind.starts_with("FixedString")
}

/// An expression as a text. A column of texts stays as it is, so that its index serves it.
fn text_of(sql: &str, kind: &str) -> String {
    if kind == "String" { format!("({sql})") } else { format!("ifNull(toString({sql}), '')") }
}

/// An expression as milliseconds, 0 where there is none; `None` for a type that is no time.
fn time_of(sql: &str, kind: &str) -> Option<String> {
    let millis = match plain(kind) {
        kind if kind.starts_with("DateTime64") => format!("toUnixTimestamp64Milli({sql})"),
        kind if kind.starts_with("DateTime") => format!("toInt64(toUInt32({sql})) * 1000"),
        "Date" => format!("toInt64(toUInt16({sql})) * 86400000"),
        "Date32" => format!("toInt64(toInt32({sql})) * 86400000"),
        kind if kind.starts_with("Int") || kind.starts_with("UInt") => {
            let n = format!("toInt64({sql})");
            format!(
                "multiIf({n} < 100000000000, {n} * 1000, {n} < 100000000000000, {n}, \
                 {n} < 100000000000000000, intDiv({n}, 1000), intDiv({n}, 1000000))"
            )
        }
        kind if kind.starts_with("Float") || kind.starts_with("Decimal") => {
            let n = format!("toFloat64({sql})");
            format!(
                "toInt64(floor(multiIf({n} < 1e11, {n} * 1000, {n} < 1e14, {n}, {n} < 1e17, {n} / 1000, {n} / 1e6) + 0.0005))"
            )
        }
        _ => return None,
    };
    Some(format!("ifNull({millis}, toInt64(0))"))
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

    #[test]
    fn an_expression_of_a_wrong_type_is_named_with_its_type() {
        let types = |time: &str, properties: &str| {
            let of = |name: &'static str, kind: &str| (name, name.to_owned(), kind.to_owned());
            vec![
                of("id", "String"),
                of("event", "LowCardinality(String)"),
                of("time", time),
                of("properties", properties),
            ]
        };
        let wrong = |time: &str, properties: &str| Columns::of(&types(time, properties)).unwrap_err();
        assert!(wrong("String", "String").contains("time is time, which is String: write what gives a time"));
        assert!(wrong("DateTime", "UInt8").contains("properties is properties, which is UInt8"));
        for time in
            ["DateTime", "Nullable(DateTime64(3, 'UTC'))", "Int64", "Nullable(Float64)", "Date", "Decimal(18, 3)"]
        {
            for properties in
                ["String", "Nullable(String)", "Map(String, String)", "JSON", "LowCardinality(Nullable(String))"]
            {
                assert!(Columns::of(&types(time, properties)).is_ok(), "{time} {properties}");
            }
        }
    }
}
