//! Stores with damaged pages: every question gets an answer or an error, and no other end.

use std::fs;

use journey::ingest::{self, Flow, Input, Options};
use journey::inspect::Inspector;
use journey::model::Id;
use journey::store::{Reader, Writer};

use crate::driver::{Target, hash};
use crate::samples;

/// A small store, as its file is.
fn store() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let mut writer = Writer::open(&path).unwrap();
    let names = ["export/race.jsonl", "table/aliases.jsonl", "engage/second_device.jsonl", "cli/sally.jsonl"];
    let inputs = names
        .iter()
        .zip(samples(&names))
        .map(|(name, content)| Input::Bytes { name: (*name).to_owned(), content })
        .collect();
    ingest::import(&mut writer, inputs, &Options::default(), &mut |_| Flow::Continue).unwrap();
    writer.finish().unwrap();
    fs::read(path).unwrap()
}

#[test]
fn a_store_with_damaged_pages_answers_or_says_what_is_wrong() {
    let target = Target { name: "store", inputs: 150, longest: 1 << 20, corpus: vec![store()], words: &[] };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.db");
    target.run(|input| {
        fs::write(&path, input).unwrap();
        let mut printed = Vec::new();
        let mut tell = |answer: Result<String, journey::inspect::Error>| {
            printed.push(match answer {
                Ok(text) => text,
                Err(error) => format!("{error:?}").chars().take(20).collect(),
            });
        };
        match Reader::open(&path) {
            Err(error) => tell(Err(error.into())),
            Ok(reader) => {
                let inspector = Inspector::new(reader);
                tell(inspector.overview().map(|_| "overview".to_owned()));
                tell(inspector.search("a", 20).map(|hits| format!("{} hits", hits.len().min(2))));
                for id in ["sally@gmail.com", "12345"] {
                    let journey = inspector.journey(&Id::new(id));
                    if let Ok(Some(journey)) = &journey {
                        let rows: Vec<i64> = journey.steps.iter().map(|step| step.event.row).collect();
                        tell(inspector.properties(&rows).map(|texts| format!("{} texts", texts.len().min(2))));
                    }
                    tell(journey.map(|journey| format!("{}", journey.is_some())));
                }
                tell(inspector.rejects(5).map(|_| "rejects".to_owned()));
            }
        }
        hash(printed)
    });
}
