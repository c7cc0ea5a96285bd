//! Profiles: updates as SDKs send them, and exported ones (identity.md §4.2, §4.5).

use std::borrow::Cow;

use super::object::{complaint, fields, given, members, one_line};
use crate::model::{Millis, Profile, json};

fields! {
    /// An update, or one result of a profile export.
    Update {
        distinct_id: "$distinct_id",
        token: "$token",
        time: "$time",
        ignore_alias: "$ignore_alias",
        device: "$device_id",
        user: "$user_id",
        group_key: "$group_key",
        exported: "$properties",
        set: "$set",
        set_once: "$set_once",
    }
}

fields! {
    /// One page of a profile export.
    Page { results: "results" }
}

/// What an update can do, by the name of its key.
pub(super) const OPERATIONS: &[&str] =
    &["$set", "$set_once", "$add", "$append", "$union", "$remove", "$unset", "$delete", "$transactions"];

/// Operation of an exported profile.
const EXPORT: &str = "export";
/// Operation of an update of a group.
const GROUP: &str = "group";

/// Properties that a person could be searched by.
const SEARCHABLE: &[&str] =
    &["$email", "$name", "$first_name", "$last_name", "$phone", "email", "name", "phone", "username"];

/// Reads one update or exported profile; the error is the reason to reject it.
pub(super) fn decode(update: &str, line: u64, arrival: Option<Millis>) -> Result<(Profile, Option<String>), String> {
    if !update.starts_with('{') {
        return Err("a profile update that is no object".to_owned());
    }
    let p = Update::read(update).map_err(|error| complaint(&error))?;
    let operation = if given(p.group_key).is_some() {
        GROUP.to_owned()
    } else if p.exported.is_some() {
        EXPORT.to_owned()
    } else {
        operations(update)?
    };
    let is_group = operation == GROUP;
    let mut values = Vec::new();
    if !is_group {
        for object in [p.exported, p.set, p.set_once].into_iter().flatten() {
            searchable(object, &mut values);
        }
    }
    let project = p.token.and_then(json::scalar).filter(|text| !text.is_empty());
    let profile = Profile {
        id: p.distinct_id.filter(|_| !is_group).and_then(json::id),
        ignore_alias: p.ignore_alias == Some("true"),
        operation,
        time: p.time.and_then(json::time).or(arrival),
        arrival,
        values,
        device: p.device.and_then(json::id).map(|id| id.to_bare()).filter(|id| !id.as_str().is_empty()),
        user: p.user.and_then(json::id),
        json: one_line(update).into_owned(),
        line,
    };
    Ok((profile, project))
}

/// Whether an object with an id or a token is an update, and not a row of some table.
pub(super) fn is_update(json: &str) -> bool {
    let group_or_token = Update::read(json).is_ok_and(|p| p.token.is_some() || p.group_key.is_some());
    group_or_token || operations(json).is_ok()
}

/// Whether an object with results is a page of profiles, and not of something else.
pub(super) fn is_page(json: &str) -> bool {
    let Ok(results) = results(json) else { return false };
    results
        .first()
        .is_none_or(|first| Update::read(first).is_ok_and(|p| p.distinct_id.is_some() || p.exported.is_some()))
}

/// The JSON texts of the results of one page of a profile export.
pub(super) fn results(page: &str) -> Result<Vec<&str>, String> {
    let page = Page::read(page).map_err(|error| complaint(&error))?;
    let Some(results) = page.results else { return Err("a page without results".to_owned()) };
    members(results).map_err(|_| "its results are no array".to_owned())
}

/// A result of a page as the export has it: its properties can stand next to its id, or there can be none.
pub(super) fn whole(result: &str) -> Cow<'_, str> {
    let is_bare = |p: &Update<'_>| p.distinct_id.is_some() && p.exported.is_none() && p.token.is_none();
    let Some(id) = Update::read(result).ok().filter(is_bare).and_then(|p| p.distinct_id) else { return result.into() };
    if operations(result).is_ok() {
        return result.into();
    }
    let mut properties = String::new();
    let add = |key: &str, value: &str| {
        if key != "$distinct_id" {
            let comma = if properties.is_empty() { "" } else { "," };
            properties.extend([comma, &serde_json::Value::from(key).to_string(), ":", value]);
        }
    };
    match super::object::each(result, add) {
        Ok(()) => format!(r#"{{"$distinct_id":{id},"$properties":{{{properties}}}}}"#).into(),
        Err(_) => result.into(),
    }
}

/// Names of the operations of an update, most have one.
fn operations(update: &str) -> Result<String, String> {
    let mut found: Vec<&str> = Vec::new();
    super::object::each(update, |key, _| {
        if let Some(known) = OPERATIONS.iter().find(|known| **known == key)
            && !found.contains(known)
        {
            found.push(known);
        }
    })
    .map_err(|error| complaint(&error))?;
    if found.is_empty() {
        return Err("a profile update without an operation such as $set".to_owned());
    }
    Ok(found.join(", "))
}

/// Adds the searchable values of an object of properties, each once.
fn searchable(object: &str, values: &mut Vec<(String, String)>) {
    let mut found = Vec::new();
    // A `$set` that is no object sets nothing; the update itself is kept whole.
    let read = super::object::each(object, |key, value| {
        if SEARCHABLE.contains(&key)
            && let Some(text) = json::scalar(value)
            && !text.trim().is_empty()
        {
            found.push((key.to_owned(), text));
        }
    });
    if read.is_ok() {
        for value in found {
            if !values.contains(&value) {
                values.push(value);
            }
        }
    }
}
