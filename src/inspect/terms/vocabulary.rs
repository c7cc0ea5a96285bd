//! Names of a store to complete terms with.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use crate::inspect::query::Vocabulary;
use crate::inspect::{Error, Scan};

impl Vocabulary {
    /// Names that some rows of a store have.
    pub(in crate::inspect) fn of(reader: &dyn Scan, rows: usize) -> Result<Self, Error> {
        /// Values that are offered of one property.
        const VALUES: usize = 20;
        /// A longer value is nothing that anyone types.
        const LONG: usize = 40;
        let sample = reader.sample(rows)?;
        let names: HashMap<i64, String> = reader.names()?.into_iter().collect();
        let mut events: HashMap<i64, usize> = HashMap::new();
        for note in &sample {
            *events.entry(note.event).or_default() += 1;
        }
        let mut properties: HashMap<String, (usize, BTreeMap<String, usize>)> = HashMap::new();
        let numbers: Vec<i64> = sample.iter().map(|note| note.row).collect();
        for text in reader.properties(&numbers)? {
            let Ok(Value::Object(object)) = serde_json::from_str(&text) else { continue };
            for (name, value) in &object {
                let (count, values) = properties.entry(name.clone()).or_default();
                *count += 1;
                let text = match value {
                    Value::String(text) if text.len() <= LONG && !text.contains('"') => text.clone(),
                    Value::Bool(_) | Value::Number(_) => value.to_string(),
                    _ => continue,
                };
                if values.len() < 4 * VALUES || values.contains_key(&text) {
                    *values.entry(text).or_default() += 1;
                }
            }
        }
        let mut events: Vec<(usize, String)> =
            events.into_iter().filter_map(|(number, count)| Some((count, names.get(&number)?.clone()))).collect();
        events.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let mut properties: Vec<_> = properties.into_iter().collect();
        properties.sort_by(|(a, (m, _)), (b, (n, _))| n.cmp(m).then_with(|| a.cmp(b)));
        let properties = properties.into_iter().map(|(name, (_, values))| {
            let mut values: Vec<(String, usize)> = values.into_iter().collect();
            values.sort_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
            (name, values.into_iter().take(VALUES).map(|(value, _)| value).collect())
        });
        Ok(Self { events: events.into_iter().map(|(_, name)| name).collect(), properties: properties.collect() })
    }
}
