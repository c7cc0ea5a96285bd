//! Two users and what rows and profiles say of the people behind them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::{Error, Inspector, gather};
use crate::identity::Journey;
use crate::identity::compare::{Comparison, Side, Trait, TraitKind};
use crate::model::facts::Source;
use crate::model::stored::StoredProfile;
use crate::model::{Id, VerbKind};

/// Rows of one user whose properties are read: the first and the last of them.
const ROWS: usize = 5_000;

/// Properties that name a person, in events and in profiles.
const NAMES: &[(TraitKind, &[&str])] = &[
    (TraitKind::Email, &["$email", "email", "Email", "e-mail"]),
    (TraitKind::Phone, &["$phone", "phone", "Phone"]),
    (TraitKind::Name, &["$name"]),
];

/// What is a person's name in what describes a person, and anything's in any other row: of a product,
/// a file, a button.
const NAME: &[(TraitKind, &[&str])] = &[(TraitKind::Name, &["name", "Name"])];

impl Inspector {
    /// Compares the users that two ids belong to; the id that nothing names as an error.
    pub fn compare(&self, a: &Id, b: &Id) -> Result<Result<Comparison, Id>, Error> {
        self.source.one_moment(|| {
            let mut limits = Vec::new();
            let mut sides = Vec::new();
            for id in [a, b] {
                let journey = self.journey_within(id, &gather::Limits::default())?;
                let Some(journey) = journey else { return Ok(Err(self.shown(id)?)) };
                let updates = self.profiles(&journey)?;
                let traits = self.traits(&journey, &updates, &mut limits)?;
                let journey = self.with_updates(journey, &updates)?;
                sides.push(Side { journey: Arc::new(journey), traits });
            }
            let (Some(b), Some(a)) = (sides.pop(), sides.pop()) else { return Ok(Err(self.shown(a)?)) };
            Ok(Ok(Comparison::of(a, b, limits)))
        })
    }

    fn traits(
        &self,
        journey: &Journey,
        updates: &[StoredProfile],
        limits: &mut Vec<String>,
    ) -> Result<Vec<Trait>, Error> {
        let mut found: BTreeMap<(TraitKind, String), (u64, Option<Source>)> = BTreeMap::new();
        let mut add = |kind: TraitKind, value: String, source: Option<&Source>| {
            let entry = found.entry((kind, value)).or_insert_with(|| (0, source.cloned()));
            entry.0 += 1;
        };
        let rows = journey.steps.len();
        let left_out = rows.saturating_sub(ROWS);
        if left_out > 0 {
            limits.push(format!(
                "{} has {rows} rows: the comparison uses the properties of its first and last {} rows, and not of the {left_out} between.",
                journey.query.as_str(),
                ROWS / 2
            ));
        }
        let wanted = |at: usize| left_out == 0 || at < ROWS / 2 || at >= rows - ROWS / 2;
        let steps: Vec<_> =
            journey.steps.iter().enumerate().filter(|(at, _)| wanted(*at)).map(|(_, step)| step).collect();
        let numbers: Vec<i64> = steps.iter().map(|step| step.event.row).collect();
        for (step, text) in steps.iter().zip(self.properties(&numbers)?) {
            let of_person = matches!(step.event.verb, VerbKind::Identify | VerbKind::Profile);
            values(&text, of_person, &mut |kind, value| add(kind, value, Some(&step.event.source)));
        }
        let own = |id: &Id| journey.ids.iter().any(|member| member.id == *id);
        for profile in updates.iter().filter(|profile| profile.id.as_ref().is_some_and(own)) {
            values(&profile.json, true, &mut |kind, value| add(kind, value, Some(&profile.source)));
        }
        Ok(found.into_iter().map(|((kind, value), (rows, source))| Trait { kind, value, rows, source }).collect())
    }
}

/// What one set of properties says of a person; `of_person` where it describes a person and nothing else.
fn values(text: &str, of_person: bool, add: &mut dyn FnMut(TraitKind, String)) {
    let Ok(Value::Object(properties)) = serde_json::from_str(text) else { return };
    // A profile update holds its values one step further in.
    let inner = ["$set", "$set_once", "$properties"].iter().filter_map(|key| properties.get(*key)?.as_object());
    for object in std::iter::once(&properties).chain(inner) {
        let value = |key: &str| match object.get(key)? {
            Value::String(text) if !text.trim().is_empty() && !Id::new(text).is_placeholder() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        for (kind, keys) in NAMES.iter().chain(NAME.iter().filter(|_| of_person)) {
            if let Some(value) = keys.iter().find_map(|key| value(key)) {
                add(*kind, value);
            }
        }
        if let (Some(city), Some(browser)) = (value("$city"), value("$browser").or_else(|| value("$os"))) {
            add(TraitKind::Place, format!("{city}, {browser}"));
        }
    }
}
