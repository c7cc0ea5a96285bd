//! The crowd in a store.

use std::collections::HashMap;
use std::path::PathBuf;

use journey::ingest::{self, Flow, Input, Options};
use journey::inspect::Inspector;
use journey::model::Id;
use journey::store::{Reader, Writer};
use tempfile::TempDir;

use crate::seeded;

/// A store and who is worth looking up in it.
pub(crate) struct Stored {
    _folder: TempDir,
    /// Its file.
    pub(crate) path: PathBuf,
    /// The id with most rows: from a million rows on, those are 100,000.
    pub(crate) heavy: Id,
}

impl Stored {
    /// Imports the crowd into a store in a temporary folder.
    pub(crate) fn fill() -> Self {
        let export = seeded::export();
        let heavy = busiest(&export);
        let folder = TempDir::new().expect("a temporary folder");
        let path = folder.path().join("journey.db");
        let mut writer = Writer::open(&path).expect("a new store");
        let input = Input::Bytes { name: "crowd.jsonl".to_owned(), content: export };
        let report = ingest::import(&mut writer, vec![input], &Options::default(), &mut |_| Flow::Continue);
        assert_eq!(report.expect("an import").events, seeded::crowd().rows);
        assert!(writer.index_values(&mut |_, _| true).expect("an index of values"), "all of it");
        writer.finish().expect("the store closes");
        Self { _folder: folder, path, heavy }
    }

    /// Over the store, opened anew.
    pub(crate) fn inspector(&self) -> Inspector {
        Inspector::new(Reader::open(&self.path).expect("the store opens"))
    }
}

fn busiest(export: &[u8]) -> Id {
    let key = memchr::memmem::Finder::new("\"distinct_id\":");
    let mut rows: HashMap<&[u8], u64> = HashMap::new();
    for line in export.split(|byte| *byte == b'\n') {
        let Some(at) = key.find(line) else { continue };
        let value = line.get(at + key.needle().len()..).unwrap_or_default();
        let end = memchr::memmem::find(value, b"\",").map_or(value.len(), |end| end + 1);
        *rows.entry(value.get(..end).unwrap_or_default()).or_default() += 1;
    }
    let (id, _) = rows.into_iter().max_by_key(|(id, rows)| (*rows, *id)).expect("a crowd with rows");
    Id::new(&serde_json::from_slice::<String>(id).expect("an id"))
}
