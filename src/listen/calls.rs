//! Endpoints of Segment, RudderStack, PostHog and Amplitude.
//!
//! Sources: <https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/>,
//! <https://www.rudderstack.com/docs/api/http-api/>, <https://posthog.com/docs/api/capture> and
//! <https://amplitude.com/docs/apis/analytics/http-v2>, and what the SDKs ask for when they start.

use serde_json::json;

use super::answer::Answer;
use super::endpoint::{Asked, Judged};
use crate::formats::request::{self, Around};
use crate::formats::vendor_of;

/// Names of vendors, as files of the store have them.
pub(super) const SEGMENT: &str = "Segment";
pub(super) const RUDDERSTACK: &str = "RudderStack";
const POSTHOG: &str = "PostHog";
pub(super) const AMPLITUDE: &str = "Amplitude";

/// Flags of a project that has none.
pub(super) const POSTHOG_FLAGS: &str = r#"{"flags":{},"featureFlags":{},"featureFlagPayloads":{},"errorsWhileComputingFlags":false,"config":{"enable_collect_everything":true},"toolbarParams":{},"isAuthenticated":false,"supportedCompression":["gzip","gzip-js"],"sessionRecording":false,"siteApps":[]}"#;

/// Configuration of a project that has nothing but events.
pub(super) const POSTHOG_CONFIG: &str = r#"{"supportedCompression":["gzip","gzip-js"],"hasFeatureFlags":false,"captureDeadClicks":false,"capturePerformance":false,"autocapture_opt_out":true,"autocaptureExceptions":false,"elementsChainAsString":true,"sessionRecording":false,"heatmaps":false,"surveys":false,"siteApps":[]}"#;

/// What a project without surveys, features, experiments and flags has of them.
pub(super) const POSTHOG_LISTS: &str =
    r#"{"surveys":[],"earlyAccessFeatures":[],"experiments":[],"flags":[],"group_type_mapping":{},"cohorts":{}}"#;

/// Bytes of a batch and of a call that Segment takes.
const SEGMENT_BATCH: usize = 500 << 10;
const SEGMENT_CALL: usize = 32 << 10;
/// Bytes of a request that RudderStack takes.
const RUDDERSTACK_BATCH: usize = 4_000 << 10;
/// Events of a request that Amplitude takes.
const AMPLITUDE_EVENTS: usize = 2_000;

/// Configuration of a source without destinations.
pub(super) const RUDDER_CONFIG: &str = r#"{"source":{"id":"journey","name":"journey","enabled":true,"config":{"statsCollection":{"errors":{"enabled":false},"metrics":{"enabled":false}}},"connections":[],"destinations":[],"dataplanes":{}},"updatedAt":"2026-01-01T00:00:00.000Z"}"#;

/// Whether `/decide` or `/flags` is asked as an SDK of PostHog asks it.
pub(super) fn is_of_posthog(asked: &Asked<'_>) -> bool {
    let keys = asked.content.text.as_deref().and_then(|text| request::values(text, ["api_key", "token", "context"]));
    match keys {
        Some([api_key, token, context]) => api_key.is_some() || token.is_some() && context.is_none(),
        None => asked.parameter("v").is_some(),
    }
}

/// Calls of Segment and RudderStack, one or a batch.
pub(super) fn calls(asked: &Asked<'_>) -> Judged {
    let text = match read(asked) {
        Ok(text) => text,
        Err(why) => {
            let answer = Answer::value(400, &json!({"success": false, "message": why}));
            return refused(asked, SEGMENT, answer, &why, 1);
        }
    };
    let is_rudder = vendor_of(text) == Some(RUDDERSTACK);
    let vendor = if is_rudder { RUDDERSTACK } else { SEGMENT };
    let [batch, kind, key, in_body] =
        request::values(text, ["batch", "type", "writeKey", "write_key"]).unwrap_or_default();
    let has_key = asked.authorized
        || key.is_some()
        || in_body.is_some()
        || ["writeKey", "write_key"].iter().any(|name| asked.parameter(name).is_some());
    if is_rudder && !has_key {
        let why = "Failed to read writeKey from header";
        return refused(asked, vendor, Answer::text(401, why), why, count(text, batch));
    }
    let is_typed = kind.is_some() || asked.path.starts_with("/v1/");
    if batch.is_none() && !is_typed {
        let why = "neither a call nor a batch of calls";
        let answer = Answer::value(400, &json!({"success": false, "message": why}));
        return refused(asked, vendor, answer, why, 1);
    }
    if let Some((answer, why)) = too_large(is_rudder, text, batch) {
        return refused(asked, vendor, answer, &why, count(text, batch));
    }
    let answer = if is_rudder { Answer::text(200, "OK") } else { Answer::json(200, r#"{"success":true}"#) };
    taken(asked, vendor, answer, &typed(asked.path, text, batch.is_some() || kind.is_some()), count(text, batch))
}

/// The answer to calls that are larger than a vendor takes, and why.
fn too_large(is_rudder: bool, text: &str, batch: Option<&str>) -> Option<(Answer, String)> {
    if is_rudder {
        let why = || format!("larger than {RUDDERSTACK_BATCH} bytes");
        return (text.len() > RUDDERSTACK_BATCH).then(|| (Answer::text(413, "Request size too large"), why()));
    }
    let bad = |why: String| (Answer::value(400, &json!({"success": false, "message": why})), why);
    if text.len() > SEGMENT_BATCH {
        return Some(bad(format!("larger than {SEGMENT_BATCH} bytes")));
    }
    let calls = batch.and_then(request::items).or_else(|| request::items(text)).unwrap_or_default();
    let large = calls.iter().position(|call| call.len() > SEGMENT_CALL)?;
    Some(bad(format!("call {} is larger than {SEGMENT_CALL} bytes", large + 1)))
}

/// A call whose path says which it is, where its body does not.
pub(super) fn typed<'t>(path: &str, text: &'t str, is_said: bool) -> std::borrow::Cow<'t, str> {
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let kind = match last {
        "t" => "track",
        "i" => "identify",
        "p" => "page",
        "g" => "group",
        "a" => "alias",
        "s" => "screen",
        kind @ ("track" | "identify" | "page" | "group" | "alias" | "screen") => kind,
        _ => return text.into(),
    };
    match text.strip_prefix('{') {
        Some(rest) if !is_said => {
            let comma = if rest.trim_start().starts_with('}') { "" } else { "," };
            format!("{{\"type\":\"{kind}\"{comma}{rest}").into()
        }
        _ => text.into(),
    }
}

/// Events of PostHog.
pub(super) fn capture(asked: &Asked<'_>) -> Judged {
    let text = match read(asked) {
        Ok(text) => text,
        Err(why) => {
            let why = format!("failed to decode request: {why}");
            return refused(asked, POSTHOG, Answer::text(400, &why), &why, 1);
        }
    };
    let first = request::items(text).and_then(|items| items.first().copied()).unwrap_or(text);
    let keys = ["api_key", "token", "$token", "batch", "properties"];
    let [api_key, token, old, batch, properties] = request::values(first, keys).unwrap_or_default();
    let in_rows =
        batch.and_then(|batch| request::items(batch)?.first().and_then(|row| request::values(row, ["properties"])));
    let inside = [properties, in_rows.and_then(|[properties]| properties)].into_iter().flatten();
    let has_key = [api_key, token, old]
        .into_iter()
        .flatten()
        .chain(inside.filter_map(|properties| request::values(properties, ["token"])?[0]))
        .any(|key| request::text(key).is_some_and(|key| !key.is_empty()))
        || asked.authorized
        || asked.parameter("api_key").is_some()
        || asked.parameter("token").is_some();
    if !has_key {
        let why = "event submitted without an api_key";
        return refused(asked, POSTHOG, Answer::text(401, why), why, count(text, batch));
    }
    let rows = count(text, batch);
    if rows == 0 {
        let why = "batch is empty";
        return Judged { error: Some(why.to_owned()), ..Judged::answer(Answer::text(400, why)) };
    }
    // No page reads the answer to a beacon.
    let answer = if asked.is_set("beacon") { Answer::empty(204) } else { Answer::json(200, r#"{"status":"Ok"}"#) };
    taken(asked, POSTHOG, answer, text, rows)
}

/// `/batch`: Amplitude has `events` in it, PostHog has not.
pub(super) fn batch(asked: &Asked<'_>) -> Judged {
    let events = asked.content.text.as_deref().and_then(|text| request::values(text, ["events"]));
    if matches!(events, Some([Some(_)])) { amplitude(asked) } else { capture(asked) }
}

/// `/2/httpapi` of Amplitude, which takes all of a request or nothing.
pub(super) fn amplitude(asked: &Asked<'_>) -> Judged {
    match read(asked) {
        Ok(text) => events(asked, text),
        Err(why) => refused(asked, AMPLITUDE, bad("Invalid JSON request body", None), &why, 1),
    }
}

/// Events of Amplitude, in the body of `/2/httpapi`.
pub(super) fn events(asked: &Asked<'_>, text: &str) -> Judged {
    let [key, events] = request::values(text, ["api_key", "events"]).unwrap_or_default();
    let missing = "Request missing required field";
    if key.and_then(request::text).is_none_or(|key| key.is_empty()) {
        let why = "api_key, missing or empty";
        return refused_of(asked, AMPLITUDE, bad(missing, Some("api_key")), why, count(text, events), text);
    }
    let Some(rows) = events.and_then(request::items).filter(|rows| !rows.is_empty()) else {
        let why = "events, missing or empty";
        return refused_of(asked, AMPLITUDE, bad(missing, Some("events")), why, 1, text);
    };
    if rows.len() > AMPLITUDE_EVENTS {
        let why = format!("more than {AMPLITUDE_EVENTS} events");
        return refused_of(asked, AMPLITUDE, asked.endpoint.too_large(), &why, rows.len() as u64, text);
    }
    let unnamed: Vec<usize> = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| {
            let name = request::values(row, ["event_type"]).and_then(|[name]| request::text(name?));
            name.is_none_or(|name| name.is_empty())
        })
        .map(|(index, _)| index)
        .collect();
    if let Some(first) = unnamed.first() {
        let error = "Invalid field values on some events";
        let body = json!({"code": 400, "error": error, "events_with_missing_fields": {"event_type": unnamed}});
        let why = format!("event_type, missing (row {})", first + 1);
        return refused_of(asked, AMPLITUDE, Answer::value(400, &body), &why, rows.len() as u64, text);
    }
    let answer = Answer::value(
        200,
        &json!({
            "code": 200,
            "events_ingested": rows.len(),
            "payload_size_bytes": text.len(),
            "server_upload_time": asked.received,
        }),
    );
    taken(asked, AMPLITUDE, answer, text, rows.len() as u64)
}

pub(super) fn bad(error: &str, missing: Option<&str>) -> Answer {
    Answer::value(400, &json!({"code": 400, "error": error, "missing_field": missing}))
}

/// The JSON of a request; the error says why there is none.
fn read<'a>(asked: &'a Asked<'_>) -> Result<&'a str, String> {
    if let Some(why) = &asked.unread {
        return Err(why.clone());
    }
    let text = asked.content.text.as_deref().ok_or("the body is empty")?;
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) if asked.content.is_json => Ok(text),
        Ok(_) => Err("no object of JSON".to_owned()),
        Err(error) => Err(format!("invalid JSON: {error}")),
    }
}

/// Rows of a request.
fn count(text: &str, batch: Option<&str>) -> u64 {
    let rows = batch.and_then(request::items).or_else(|| request::items(text));
    rows.map_or(0, |rows| rows.len() as u64)
}

pub(super) fn taken(asked: &Asked<'_>, vendor: &'static str, answer: Answer, text: &str, rows: u64) -> Judged {
    let lines = lines(asked, vendor, answer.status, None, text);
    Judged { answer, vendor, lines, rows, refused: 0, error: None }
}

/// A request of which nothing is taken; it is kept as what could not be read.
fn refused(asked: &Asked<'_>, vendor: &'static str, answer: Answer, why: &str, rows: u64) -> Judged {
    refused_of(asked, vendor, answer, why, rows, asked.content.text.as_deref().unwrap_or_default())
}

/// The same of a text that was made of the request.
pub(super) fn refused_of(
    asked: &Asked<'_>,
    vendor: &'static str,
    answer: Answer,
    why: &str,
    rows: u64,
    text: &str,
) -> Judged {
    let lines = if text.is_empty() { String::new() } else { lines(asked, vendor, answer.status, Some(why), text) };
    Judged { answer, vendor, lines, rows, refused: rows, error: Some(why.to_owned()) }
}

fn lines(asked: &Asked<'_>, vendor: &str, status: u16, refused: Option<&str>, text: &str) -> String {
    let around = Around { received: asked.received, path: asked.path, method: asked.method, status, refused };
    let mut lines = String::new();
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    let kept = if is_json { request::without_tokens(text, vendor == POSTHOG) } else { request::masked(text) };
    request::write_request(&mut lines, &around, &kept);
    lines
}
