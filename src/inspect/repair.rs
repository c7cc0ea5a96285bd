//! Repairs of users of a source: what the engine says of one, and its rows as a file.

use std::collections::HashMap;

use serde_json::{Map, Value};
use xxhash_rust::xxh3::xxh3_64;

use super::{Error, ErrorKind, Inspector, gather};
use crate::identity::Facts;
use crate::identity::repair::{Repair, repair};
use crate::model::Id;

impl Inspector {
    /// How the user of `id` can be mended; `None` when the store does not name the id, or it has no
    /// rows.
    pub fn repair(&self, id: &Id) -> Result<Option<Repair>, Error> {
        let id = self.meant(id)?;
        let facts = self.source.one_moment(|| gather::gather(&*self.source, &id, &gather::Limits::default()))?;
        let facts = Facts { thresholds: self.thresholds, ..facts };
        Ok(match self.redacting()? {
            None => repair(&facts, &id, self.rules()),
            Some((redactor, known)) => {
                let query = redactor.id(&id);
                repair(&redactor.facts(facts, &id, &known), &query, self.rules())
            }
        })
    }

    /// The repair as lines of `/import`, each marked as what it is; nothing of it is sent.
    ///
    /// An alias call is a `$create_alias` event, a row has its event, time and properties, the root
    /// as its `distinct_id`, a new `$insert_id`, and `journey_repair`: where it stands in the input.
    pub fn repair_lines(&self, repair: &Repair, each: &mut dyn FnMut(&str) -> Result<(), Error>) -> Result<(), Error> {
        /// Rows whose properties are held at once.
        const BATCH: usize = 2_000;
        if self.is_redacting() {
            return Err(Error::new(
                ErrorKind::Usage,
                "a repair names ids and rows as they are, and cannot be redacted",
            ));
        }
        let root = repair.root.as_str();
        for alias in repair.calls.iter().map(|call| &call.alias) {
            let mut properties = Map::new();
            properties.insert("distinct_id".to_owned(), Value::from(root));
            properties.insert("alias".to_owned(), Value::from(alias.as_str()));
            properties.insert("time".to_owned(), Value::from(repair.after));
            properties.insert("$insert_id".to_owned(), Value::from(insert_id(&["alias", alias.as_str(), root])));
            properties.insert("journey_repair".to_owned(), Value::from("alias"));
            each(&line("$create_alias", &properties))?;
        }
        // Several rows can come from one line.
        let mut of_line: HashMap<String, u64> = HashMap::new();
        for rows in repair.rows.chunks(BATCH) {
            let numbers: Vec<i64> = rows.iter().map(|row| row.row).collect();
            for (row, text) in rows.iter().zip(self.source.properties(&numbers)?) {
                let stored = serde_json::from_str(&text).unwrap_or_default();
                let Value::Object(mut properties) = stored else { continue };
                properties.retain(|key, _| !is_of_server(key));
                let place = format!("{}:{}", row.source.file, row.source.line);
                let nth = of_line.entry(place.clone()).or_default();
                *nth += 1;
                properties.insert("distinct_id".to_owned(), Value::from(root));
                properties.insert("time".to_owned(), Value::from(row.time));
                properties
                    .insert("$insert_id".to_owned(), Value::from(insert_id(&["row", &place, &nth.to_string(), root])));
                properties.insert("journey_repair".to_owned(), Value::from(place));
                each(&line(&row.event, &properties))?;
            }
        }
        Ok(())
    }
}

fn line(event: &str, properties: &Map<String, Value>) -> String {
    serde_json::json!({ "event": event, "properties": properties }).to_string()
}

/// An `$insert_id` that is the same for the same repair, so that importing it again adds nothing: also one
/// that another version of this program makes, of another store of the same files. XXH3 never changes.
fn insert_id(of: &[&str]) -> String {
    let mut text = String::new();
    for part in of {
        // The length before each part keeps them from running into each other.
        text.extend([&part.len().to_string(), ":", part]);
    }
    format!("repair-{:016x}", xxh3_64(text.as_bytes()))
}

/// Whether the vendor's server writes a property: an import that carries it is refused, or it says
/// what is not true of the new row.
fn is_of_server(key: &str) -> bool {
    key.starts_with("mp_processing_")
        || key.starts_with("$mp_api_")
        || key.starts_with("mp_original_")
        || matches!(key, "$import" | "$distinct_id_before_identity" | "$preshuffle_distinct_id" | "$hotshard_events")
}

#[cfg(test)]
mod tests {
    use super::insert_id;

    #[test]
    fn an_insert_id_is_the_same_in_every_version() {
        assert_eq!(insert_id(&["alias", "sally", "12345"]), "repair-e06c5838bdf63ae3");
        assert_ne!(insert_id(&["row", "ab", "c"]), insert_id(&["row", "a", "bc"]));
    }
}
