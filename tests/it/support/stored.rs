//! A history as a store, by the way that every row takes: bytes, rows, store.

use journey::formats::Zone;
use journey::ingest::{Flow, Input, Options, import};
use journey::model::{Id, Row, Verb};
use journey::store::{Reader, Writer};
use serde_json::{Value, json};

use super::story::Story;

/// The store of a story; an id that begins with `#` is sent as the number behind it.
pub(crate) fn store(story: &str) -> Reader {
    store_of(&[("story.jsonl", &Story::new(story).rows)])
}

/// The store of files of rows.
pub(crate) fn store_of(files: &[(&str, &[Row])]) -> Reader {
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(name, rows)| (*name, lines(rows))).collect();
    store_of_bytes(&files)
}

/// The store of files as they are.
pub(crate) fn store_of_bytes(files: &[(&str, Vec<u8>)]) -> Reader {
    imported(files).into_reader().unwrap()
}

/// The same with an index of values, by which less is read.
pub(crate) fn indexed_store_of_bytes(files: &[(&str, Vec<u8>)]) -> Reader {
    let mut writer = imported(files);
    assert!(writer.index_values(&mut |_, _| true).unwrap());
    writer.into_reader().unwrap()
}

/// [`store_of`], without an index of values and with one.
pub(crate) fn stores_of(files: &[(&str, &[Row])]) -> [Reader; 2] {
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(name, rows)| (*name, lines(rows))).collect();
    [store_of_bytes(&files), indexed_store_of_bytes(&files)]
}

fn imported(files: &[(&str, Vec<u8>)]) -> Writer {
    let mut writer = Writer::in_memory().unwrap();
    let inputs = files.iter().map(|(name, bytes)| Input::Bytes { name: (*name).to_owned(), content: bytes.clone() });
    let options = Options { zone: Zone::Utc, ..Options::default() };
    import(&mut writer, inputs.collect(), &options, &mut |_| Flow::Continue).unwrap();
    writer
}

/// Rows as lines of a raw export.
pub(crate) fn lines(rows: &[Row]) -> Vec<u8> {
    rows.iter().flat_map(|row| format!("{}\n", line(row)).into_bytes()).collect()
}

/// What the times of a story are counted from: milliseconds near 1970 would be taken for seconds.
const BEGIN: i64 = 1_600_000_000_000;

fn line(row: &Row) -> Value {
    let mut properties = json!({"time": BEGIN + row.time});
    let mut set = |key: &str, value: Option<Value>| {
        if let (Some(value), Some(properties)) = (value, properties.as_object_mut()) {
            properties.insert(key.to_owned(), value);
        }
    };
    set("distinct_id", row.id.as_ref().map(written));
    set("mp_processing_time_ms", row.arrival.map(|at| json!(BEGIN + at)));
    set("$device_id", row.device.as_ref().map(written));
    set("$user_id", row.user.as_ref().map(written));
    set("$insert_id", row.insert_id.as_ref().map(|id| json!(id)));
    if let Some(client) = &row.client {
        set("mp_lib", Some(json!(client.library())));
        set("$os", client.parts().next().map(|os| json!(os)));
    }
    match &row.verb {
        Verb::Alias { alias, .. } => set("alias", alias.as_ref().map(written)),
        Verb::Identify { anon, .. } => set("$anon_distinct_id", anon.as_ref().map(written)),
        Verb::Merge { ids } => set("$distinct_ids", Some(ids.iter().map(written).collect())),
        _ => {}
    }
    json!({"event": row.event, "properties": properties})
}

fn written(id: &Id) -> Value {
    let number = id.as_str().strip_prefix('#').and_then(|number| number.parse::<u64>().ok());
    number.map_or_else(|| json!(id.as_str()), |number| json!(number))
}
