//! The zone in which a user's devices stand, as their data says it.
//!
//! Rows have no zone of their own: servers add one to profiles by the address of the device
//! (`$timezone`), and some apps send one with each row.

use serde_json::Value;

use super::gather::members;
use super::{Error, Inspector};
use crate::model::Id;

/// Names under which it is written.
const NAMES: &[&str] = &["$timezone", "timezone", "$time_zone", "time_zone", "tz"];

/// Rows, and profile updates, that are looked at.
const MOST: usize = 50;

impl Inspector {
    /// The name of the zone that the profile of a user says, else one of the first rows; not
    /// checked to be one.
    pub fn device_zone(&self, id: &Id) -> Result<Option<String>, Error> {
        let id = self.meant(id)?;
        let source = &*self.source;
        source.one_moment(|| {
            let ids: Vec<Id> = members(source, std::slice::from_ref(&id))?.into_iter().collect();
            let profiles = source.profiles_of(&ids, MOST)?;
            // The last update that says one is the one that holds.
            if let Some(zone) = profiles.iter().rev().find_map(|profile| written(&profile.json)) {
                return Ok(Some(zone));
            }
            let rows: Vec<i64> = source.event_heads(&ids, None, MOST)?.iter().map(|event| event.row).collect();
            Ok(source.properties(&rows)?.iter().find_map(|properties| written(properties)))
        })
    }
}

/// The zone that an object, or an object in it, says.
fn written(json: &str) -> Option<String> {
    let value: Value = serde_json::from_str(json).ok()?;
    let of = |value: &Value| {
        let object = value.as_object()?;
        NAMES.iter().find_map(|name| object.get(*name)?.as_str().filter(|zone| !zone.is_empty()).map(str::to_owned))
    };
    of(&value).or_else(|| value.as_object()?.values().find_map(of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_found_in_rows_and_inside_of_profile_updates() {
        assert_eq!(written(r#"{"a":1,"timezone":"Asia/Tokyo"}"#).as_deref(), Some("Asia/Tokyo"));
        assert_eq!(written(r#"{"$set":{"$timezone":"Europe/Paris"}}"#).as_deref(), Some("Europe/Paris"));
        for none in ["", "[]", "{}", r#"{"timezone":2}"#, r#"{"$timezone":""}"#] {
            assert_eq!(written(none), None, "{none}");
        }
    }
}
