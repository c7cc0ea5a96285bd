//! Requests that carry no JSON of their own: forms of older SDKs of Amplitude, and calls that an image makes.
//!
//! Sources: <https://amplitude.com/docs/apis/analytics/identify>,
//! <https://segment.com/docs/connections/sources/catalog/libraries/server/pixel-tracking-api/> and
//! <https://www.rudderstack.com/docs/api/pixel-api/>. Each becomes the request that the newer endpoint of its
//! vendor takes.

use serde_json::{Map, Value};

use super::answer::Answer;
use super::calls::{self, AMPLITUDE, RUDDERSTACK, SEGMENT};
use super::endpoint::{Asked, Judged};
use crate::formats::request;

/// A form of Amplitude: `e` with the key in `client`, or `event` or `identification` with it in `api_key`. The
/// same parameters can stand in the query, and a body of `/2/httpapi` is taken as it is.
pub(super) fn amplitude(asked: &Asked<'_>) -> Judged {
    let identifies = asked.parameter("identification");
    let list = [asked.parameter("e"), asked.parameter("event"), identifies].into_iter().flatten().next();
    let Some(list) = list.filter(|_| !asked.content.is_json) else { return calls::amplitude(asked) };
    let Some(items) = request::items(list) else {
        let why = "events, invalid JSON";
        return calls::refused_of(asked, AMPLITUDE, calls::bad("Invalid JSON request body", None), why, 1, list);
    };
    let key = asked.parameter("client").or_else(|| asked.parameter("api_key")).unwrap_or_default();
    let events: Vec<String> = items
        .into_iter()
        .map(|event| match event.strip_prefix('{') {
            Some(rest) if identifies.is_some() && !rest.trim_start().starts_with('}') => {
                format!("{{\"event_type\":\"$identify\",{rest}")
            }
            _ => event.to_owned(),
        })
        .collect();
    let text = format!("{{\"api_key\":{},\"events\":[{}]}}", Value::from(key), events.join(","));
    let judged = calls::events(asked, &text);
    // SDKs of that time look for this word.
    if judged.answer.status == 200 { Judged { answer: Answer::text(200, "success"), ..judged } } else { judged }
}

/// A call that an image makes: `data` with JSON, or the fields of the call as parameters, those of objects with
/// points in their names. It is answered with the picture even where something is wrong.
pub(super) fn pixel(asked: &Asked<'_>) -> Judged {
    let vendor = if asked.path.starts_with("/pixel/") { RUDDERSTACK } else { SEGMENT };
    let picture = || Answer::picture(200);
    let fields = || Value::Object(nested(asked)).to_string();
    let text = asked.content.text.clone().unwrap_or_else(fields);
    let Some([key, user, anonymous]) = request::values(&text, ["writeKey", "userId", "anonymousId"]) else {
        return calls::refused_of(asked, vendor, picture(), "data, invalid JSON", 1, &text);
    };
    let is_given = |value: Option<&str>| value.and_then(request::text).is_some_and(|text| !text.is_empty());
    if !is_given(key) && !asked.authorized {
        return calls::refused_of(asked, vendor, picture(), "writeKey, missing or empty", 1, &text);
    }
    if !is_given(user) && !is_given(anonymous) {
        return calls::refused_of(asked, vendor, picture(), "userId and anonymousId, both missing or empty", 1, &text);
    }
    calls::taken(asked, vendor, picture(), &calls::typed(asked.path, &text, false), 1)
}

/// Parameters of a query as an object: `properties.plan=free` is a member of `properties`.
fn nested(asked: &Asked<'_>) -> Map<String, Value> {
    let mut names: Vec<&String> = asked.query.keys().collect();
    names.sort_unstable();
    let mut object = Map::new();
    for name in names {
        let Some(value) = asked.query.get(name) else { continue };
        let (outer, last) = name.rsplit_once('.').map_or((None, name.as_str()), |(outer, last)| (Some(outer), last));
        let mut place = &mut object;
        for part in outer.into_iter().flat_map(|outer| outer.split('.')) {
            let inner = place.entry(part).or_insert_with(|| Value::Object(Map::new()));
            // A field that is a text already cannot have members.
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            let Some(next) = inner.as_object_mut() else { return object };
            place = next;
        }
        place.insert(last.to_owned(), Value::from(value.as_str()));
    }
    object
}
