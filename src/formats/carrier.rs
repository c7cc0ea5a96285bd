//! What rows are wrapped in: messages of Singer and Airbyte, records of Kafka, and answers of an API.
//!
//! A message carries one row, or none (`SCHEMA`, `STATE`). An answer is one object with a list of
//! rows in it: `{"results": {"events": […]}}`. Both are opened here, and the rows inside are read
//! like any other.

use std::borrow::Cow;

use super::object::{each, fields, members};
use crate::model::json;

fields! {
    /// The keys of a message.
    Message {
        kind: "type",
        record: "record",
        stream: "stream",
        schema: "schema",
        value: "value",
        data: "_airbyte_data",
        data_upper: "_AIRBYTE_DATA",
        key: "key",
        topic: "topic",
        offset: "offset",
        payload: "payload",
        content: "RECORD_CONTENT",
        metadata: "RECORD_METADATA",
    }
}

/// What a record of Kafka has next to its value, as Kafka Connect, `kcat -J`, Spark and the REST proxy write them.
const OF_KAFKA: &[&str] = &[
    "key",
    "value",
    "payload",
    "topic",
    "partition",
    "offset",
    "timestamp",
    "timestampType",
    "timestamp_type",
    "tstype",
    "ts",
    "broker",
    "headers",
];

fields! {
    /// A record of Airbyte's own protocol.
    Record { data: "data", stream: "stream" }
}

/// Messages without a row.
const SILENT: &[&str] = &[
    "SCHEMA",
    "STATE",
    "ACTIVATE_VERSION",
    "BATCH",
    "LOG",
    "TRACE",
    "SPEC",
    "CATALOG",
    "CONNECTION_STATUS",
    "CONTROL",
];

/// What carries rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    /// Messages of a Singer tap.
    Singer,
    /// Raw rows, or messages, of Airbyte.
    Airbyte,
    /// Records of Kafka.
    Kafka,
}

impl Carrier {
    /// What a file of it is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Singer => "Singer messages",
            Self::Airbyte => "Airbyte rows",
            Self::Kafka => "Kafka records",
        }
    }
}

/// What a message holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Opened<'a> {
    /// A row, of a stream that the message may name.
    Row {
        /// Its JSON text.
        json: Cow<'a, str>,
        /// Where it is in the message.
        inside: &'static str,
        /// Name of the stream.
        stream: Option<String>,
        /// Who carries it.
        carrier: Carrier,
    },
    /// Nothing that is kept.
    Silent(Carrier),
    /// Rows that are in other files, which it names.
    Elsewhere(String),
}

fields! {
    /// A message whose rows are in files.
    Batch { manifest: "manifest" }
}

/// The files in which a message says that its rows are, as a reason to reject it.
fn elsewhere(message: &str) -> Option<String> {
    let files = Batch::read(message).ok()?.manifest?;
    let files: Vec<_> = members(files).ok()?.into_iter().filter_map(json::text).collect();
    let [first, others @ ..] = files.as_slice() else { return None };
    let others = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
    Some(format!("its rows are in other files, which have to be imported: {first}{others}"))
}

/// Opens a message; `None` when the object is none.
pub(super) fn open(object: &str) -> Option<Opened<'_>> {
    let message = Message::read(object).ok()?;
    if let Some(opened) = of_kafka(object, &message) {
        return Some(opened);
    }
    let Message { kind, record, stream, schema, value, data, data_upper, .. } = message;
    let stream = || stream.and_then(json::scalar);
    let columns = [(data, "_airbyte_data"), (data_upper, "_AIRBYTE_DATA")];
    if let Some((data, inside)) = columns.into_iter().find_map(|(data, inside)| Some((data?, inside))) {
        let json = object_in(data)?;
        return Some(Opened::Row { json, inside, stream: stream(), carrier: Carrier::Airbyte });
    }
    let kind = json::text(kind?)?;
    if kind == "RECORD" {
        let record = record.filter(|record| record.starts_with('{'))?;
        // Airbyte has the stream inside, Singer next to it.
        if let Ok(Record { data: Some(data), stream: Some(inside) }) = Record::read(record)
            && stream().is_none()
        {
            let json = object_in(data)?;
            let stream = json::scalar(inside);
            return Some(Opened::Row { json, inside: "record.data", stream, carrier: Carrier::Airbyte });
        }
        let json = Cow::Borrowed(record);
        return Some(Opened::Row { json, inside: "record", stream: stream(), carrier: Carrier::Singer });
    }
    if kind == "BATCH"
        && let Some(why) = elsewhere(object)
    {
        return Some(Opened::Elsewhere(why));
    }
    let is_silent = SILENT.contains(&&*kind) && (schema.is_some() || value.is_some() || stream().is_some())
        || matches!(&*kind, "LOG" | "TRACE" | "SPEC" | "CATALOG" | "CONNECTION_STATUS" | "CONTROL" | "STATE");
    is_silent.then_some(Opened::Silent(Carrier::Singer))
}

/// The value of a record of Kafka: an object, or the text of one. A record without a value says that what had its key
/// is gone.
fn of_kafka<'a>(object: &'a str, message: &Message<'a>) -> Option<Opened<'a>> {
    // The connector of Snowflake has a column for the value, and one for all else.
    if let (Some(content), Some(_)) = (message.content, message.metadata) {
        let json = object_in(content)?;
        return Some(Opened::Row { json, inside: "RECORD_CONTENT", stream: None, carrier: Carrier::Kafka });
    }
    let is_sure = message.topic.is_some() && message.offset.is_some();
    let payload = message.payload.filter(|_| is_sure);
    let (value, inside) = message.value.map(|value| (value, "value")).or(payload.map(|value| (value, "payload")))?;
    if !is_sure && message.key.is_none_or(|key| key.starts_with(['[', '{'])) {
        return None;
    }
    let mut is_one = true;
    each(object, |key, _| is_one &= OF_KAFKA.contains(&key)).ok()?;
    match object_in(value).filter(|_| is_one) {
        Some(json) => Some(Opened::Row { json, inside, stream: None, carrier: Carrier::Kafka }),
        None => (is_one && is_sure && value == "null").then_some(Opened::Silent(Carrier::Kafka)),
    }
}

/// An object, also in a string.
pub(super) fn object_in(value: &str) -> Option<Cow<'_, str>> {
    if value.starts_with('{') {
        return Some(Cow::Borrowed(value));
    }
    let text = json::text(value).filter(|_| value.starts_with('"'))?;
    text.trim_start().starts_with('{').then(|| Cow::Owned(text.trim().to_owned()))
}

/// Keys under which an answer has its rows.
pub(super) const LISTS: &[&[u8]] = &[
    b"events",
    b"results",
    b"data",
    b"rows",
    b"records",
    b"result",
    b"items",
    b"value",
    b"values",
    b"hits",
    b"docs",
    b"response",
    b"export",
];

/// Keys of rows, which no answer has.
const OF_ROWS: &[&[u8]] = &[b"event", b"event_name", b"endpoint", b"payload"];

/// Where the list of rows of an answer begins, also when the text was cut; `None` when it is no
/// such answer: an object with a list of objects under a key that is usual for that, or the same
/// one level deeper.
pub(super) fn list(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut walk = Walk { bytes, at: 0 };
    walk.enter(0)
}

/// The rows of an answer.
pub(super) fn rows(text: &str) -> Option<Vec<&str>> {
    let from = list(text)?;
    let rest = text.get(from..)?;
    let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<&serde_json::value::RawValue>();
    members(stream.next()?.ok()?.get()).ok()
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Walk<'_> {
    fn peek(&mut self) -> Option<u8> {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    /// Looks through the keys of the object here.
    fn enter(&mut self, level: usize) -> Option<usize> {
        if self.peek()? != b'{' {
            return None;
        }
        self.at += 1;
        loop {
            if self.peek()? != b'"' {
                return None;
            }
            let key = self.string()?;
            if OF_ROWS.contains(&key) {
                return None;
            }
            let is_list = LISTS.contains(&key);
            if self.peek()? != b':' {
                return None;
            }
            self.at += 1;
            match self.peek()? {
                b'[' if is_list => {
                    let from = self.at;
                    self.at += 1;
                    return (self.peek()? == b'{').then_some(from);
                }
                b'{' if is_list && level == 0 => {
                    let back = self.at;
                    if let Some(found) = self.enter(1) {
                        return Some(found);
                    }
                    self.at = back;
                    self.skip()?;
                }
                _ => self.skip()?,
            }
            match self.peek()? {
                b',' => self.at += 1,
                _ => return None,
            }
        }
    }

    /// The string here, without a look at its escapes.
    fn string(&mut self) -> Option<&[u8]> {
        self.at += 1;
        let from = self.at;
        loop {
            match self.bytes.get(self.at)? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        self.bytes.get(from..self.at - 1)
    }

    /// Goes behind the value here.
    fn skip(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' | b',' if depth == 0 => return Some(()),
                b'}' | b']' => {
                    depth -= 1;
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(object: &str) -> Option<(String, Option<String>, Carrier)> {
        match open(object)? {
            Opened::Row { json, stream, carrier, .. } => Some((json.into_owned(), stream, carrier)),
            Opened::Silent(_) | Opened::Elsewhere(_) => None,
        }
    }

    #[test]
    fn a_message_is_opened_and_one_without_a_row_is_silent() {
        let inside = r#"{"event":"A"}"#;
        for (message, stream, carrier) in [
            (r#"{"type":"RECORD","stream":"export","record":{"event":"A"}}"#, Some("export"), Carrier::Singer),
            (
                r#"{"type":"RECORD","record":{"stream":"export","data":{"event":"A"}}}"#,
                Some("export"),
                Carrier::Airbyte,
            ),
            (r#"{"_airbyte_ab_id":"x","_airbyte_data":{"event":"A"}}"#, None, Carrier::Airbyte),
            (r#"{"_airbyte_data":"{\"event\":\"A\"}"}"#, None, Carrier::Airbyte),
            (r#"{"key":"u","value":"{\"event\":\"A\"}"}"#, None, Carrier::Kafka),
            // As kcat 1.7.1 (-J) and Kafka's REST proxy 7.6 write them.
            (
                r#"{"topic":"t","partition":0,"offset":7,"tstype":"create","ts":1561971600000,"broker":1,"key":null,"payload":"{\"event\":\"A\"}"}"#,
                None,
                Carrier::Kafka,
            ),
            (r#"{"topic":"t","key":"u","value":{"event":"A"},"partition":0,"offset":7}"#, None, Carrier::Kafka),
            (r#"{"RECORD_METADATA":"{\"offset\":7}","RECORD_CONTENT":"{\"event\":\"A\"}"}"#, None, Carrier::Kafka),
        ] {
            assert_eq!(row(message), Some((inside.to_owned(), stream.map(str::to_owned), carrier)), "{message}");
        }
        // As singer-sdk 0.54.9 writes it.
        let batch = r#"{"type":"BATCH","stream":"export","encoding":{"format":"jsonl","compression":"gzip"},"manifest":["file:///a.json.gz","file:///b.json.gz"]}"#;
        let why = "its rows are in other files, which have to be imported: file:///a.json.gz and 1 more";
        assert_eq!(open(batch), Some(Opened::Elsewhere(why.to_owned())));
        for silent in [r#"{"type":"STATE","value":{}}"#, r#"{"type":"SCHEMA","stream":"export","schema":{}}"#] {
            assert!(matches!(open(silent), Some(Opened::Silent(_))), "{silent}");
        }
        for other in [r#"{"type":"track","event":"A"}"#, r#"{"type":"RECORD","event":"A"}"#, r#"{"type":"SCHEMA"}"#] {
            assert_eq!(open(other), None, "{other}");
        }
    }

    #[test]
    fn the_list_of_an_answer_is_found_also_when_the_rest_is_cut_off() {
        for (text, first) in [
            (r#"{"status":"ok","results":{"events":[{"a":1},{"b":2}]}}"#, r#"{"a":1}"#),
            (r#"{"events":[{"a":1}]}"#, r#"{"a":1}"#),
            (r#"{"page":0,"s":"a \" ]","x":[{"events":[{}]}],"results":[{"a":1}],"n":1}"#, r#"{"a":1}"#),
        ] {
            assert_eq!(rows(text).and_then(|rows| rows.first().copied()), Some(first), "{text}");
            let cut = text.get(..list(text).unwrap() + 3).unwrap();
            assert_eq!(list(cut), list(text));
        }
        for text in [r#"{"events":[]}"#, r#"{"events":[1]}"#, r#"{"event":[{}]}"#, r#"{"x":{"events":[{}]}}"#, "[]", ""]
        {
            assert_eq!(list(text), None, "{text}");
        }
    }
}
