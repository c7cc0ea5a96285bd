//! `/track`, `/engage`, `/groups` and `/import` of Mixpanel (identity.md §4.1 to §4.4).
//!
//! Sources: <https://developer.mixpanel.com/reference/track-event> and
//! <https://developer.mixpanel.com/reference/import-events>: a request with rows that are not valid is
//! answered with 400, and the others of it are taken; one without a token or credentials with 401.

use serde_json::{Value, json};

use super::answer::{Answer, Manner};
use super::endpoint::{Asked, Endpoint, Judged};
use crate::formats::request::{self, Around};
use crate::model::facts::MIXPANEL;

/// The answer of `/decide` for a project without surveys and messages.
pub(super) const DECIDE: &str = r#"{"notifications":[],"surveys":[],"config":{"enable_collect_everything":false},"event_bindings":[],"variants":[]}"#;

/// What is wrong with an item.
struct Fault {
    /// The field, as the real endpoint names it.
    field: &'static str,
    message: String,
    status: u16,
}

impl Fault {
    fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, message: message.into(), status: 400 }
    }
}

/// `/track`, `/engage` and `/groups`.
pub(super) fn track(asked: &Asked<'_>) -> Judged {
    let manner =
        Manner { verbose: asked.is_set("verbose"), img: asked.is_set("img"), callback: asked.parameter("callback") };
    let failed = |error: &str, lines: String, refused: u64| {
        let answer = manner.answer(400, Some(error));
        Judged { answer, vendor: MIXPANEL, lines, rows: refused, refused, error: Some(error.to_owned()) }
    };
    if let Some(why) = &asked.unread {
        return failed(why, String::new(), 0);
    }
    let Some(text) = asked.content.text.as_deref() else { return failed("data, missing or empty", String::new(), 0) };
    let Some(items) = request::items(text).filter(|_| asked.content.is_json) else {
        return failed("data, invalid JSON", unread_lines(asked, text), 1);
    };
    if items.is_empty() {
        return failed("data, missing or empty", String::new(), 0);
    }
    let has_token = asked.authorized || asked.parameter("token").is_some_and(|token| !token.is_empty());
    let faults: Vec<Option<Fault>> = items.iter().map(|item| fault(asked.endpoint, item, has_token)).collect();
    let error = first_message(&faults);
    let status = status_of(&faults);
    let answer = manner.answer(status, error.as_deref());
    judged(asked, &items, &faults, answer, error)
}

/// `/import`.
pub(super) fn import(asked: &Asked<'_>) -> Judged {
    let failed = |status: u16, name: &str, error: &str, lines: String, refused: u64| Judged {
        answer: Answer::value(status, &json!({"code": status, "error": error, "status": name})),
        vendor: MIXPANEL,
        lines,
        rows: refused,
        refused,
        error: Some(error.to_owned()),
    };
    let bad = |error: &str, lines: String, refused: u64| failed(400, "Bad Request", error, lines, refused);
    if let Some(why) = &asked.unread {
        return bad(why, String::new(), 0);
    }
    let Some(text) = asked.content.text.as_deref() else { return bad("data, missing or empty", String::new(), 0) };
    let Some(items) = request::items(text).or_else(|| in_lines(text)).filter(|_| asked.content.is_json) else {
        return bad("data, invalid JSON", unread_lines(asked, text), 1);
    };
    if items.is_empty() {
        return bad("data, missing or empty", String::new(), 0);
    }
    if items.len() > MOST_EVENTS {
        let error = format!("request exceeds max limit of {MOST_EVENTS} events");
        return failed(413, "Request Entity Too Large", &error, String::new(), items.len() as u64);
    }
    let is_strict = asked.is_set("strict");
    let has_token = asked.authorized || ["api_key", "token"].iter().any(|key| asked.parameter(key).is_some());
    let faults: Vec<Option<Fault>> = items
        .iter()
        .map(|item| {
            fault(Endpoint::Import, item, has_token).or_else(|| if is_strict { strict_fault(item) } else { None })
        })
        .collect();
    let status = status_of(&faults);
    if status == 401 {
        let error = "Invalid credentials";
        let answer = Answer::value(401, &json!({"code": 401, "error": error, "status": "Unauthorized"}));
        return judged(asked, &items, &faults, answer, Some(error.to_owned()));
    }
    let imported = faults.iter().filter(|fault| fault.is_none()).count();
    let failed_records: Vec<Value> = faults
        .iter()
        .zip(&items)
        .enumerate()
        .filter_map(|(index, (fault, item))| {
            let fault = fault.as_ref()?;
            Some(json!({
                "index": index,
                "insert_id": insert_id(item).unwrap_or_default(),
                "$insert_id": insert_id(item).unwrap_or_default(),
                "field": fault.field,
                "message": fault.message,
            }))
        })
        .collect();
    let error = first_message(&faults);
    let answer = if asked.is_set("verbose") && !is_strict {
        // The libraries of Python and Ruby ask so, and read `status` as `/track` has it.
        let manner = Manner { verbose: true, img: false, callback: None };
        manner.answer(status, error.as_deref())
    } else if failed_records.is_empty() {
        Answer::value(200, &json!({"code": 200, "num_records_imported": imported, "status": "OK"}))
    } else {
        let error = "some data points in the request failed validation";
        Answer::value(
            400,
            &json!({
                "code": 400,
                "error": error,
                "failed_records": failed_records,
                "num_records_imported": imported,
                "status": "Bad Request",
            }),
        )
    };
    judged(asked, &items, &faults, answer, error)
}

/// Objects, one in each line; `None` where a line is no JSON.
fn in_lines(text: &str) -> Option<Vec<&str>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_str::<serde::de::IgnoredAny>(line).ok().map(|_| line)).collect()
}

/// What is wrong with an item, if anything is.
fn fault(endpoint: Endpoint, item: &str, has_token: bool) -> Option<Fault> {
    let no_token = |field| Fault { status: 401, ..Fault::new(field, "token, missing or empty") };
    let is_given = |value: Option<&str>| value.and_then(request::text).is_some_and(|text| !text.is_empty());
    if matches!(endpoint, Endpoint::Engage | Endpoint::Groups) {
        let Some([token]) = request::values(item, ["$token"]) else {
            return Some(Fault::new("data", "data, not an object"));
        };
        return (!has_token && !is_given(token)).then(|| no_token("$token"));
    }
    let Some([properties]) = request::values(item, ["properties"]) else {
        return Some(Fault::new("event", "event, not an object"));
    };
    let Some([token]) = properties.and_then(|properties| request::values(properties, ["token"])) else {
        return Some(Fault::new("properties", "properties, missing or no object"));
    };
    (!has_token && !is_given(token)).then(|| no_token("properties.token"))
}

/// Events of a request that `/import` takes, and bytes of one of them:
/// <https://docs.mixpanel.com/troubleshooting/errors/413-payload-too-large>.
const MOST_EVENTS: usize = 2_000;
const LARGEST_EVENT: usize = 1 << 20;

/// The earliest time that `/import` takes, in milliseconds: 1971-01-01.
const EARLIEST: i64 = 31_536_000_000;

/// What `strict=1` refuses: a row without a name, a time, an id or an `$insert_id`.
fn strict_fault(item: &str) -> Option<Fault> {
    let [event, properties] = request::values(item, ["event", "properties"])?;
    if item.len() > LARGEST_EVENT {
        return Some(Fault::new("event", "event is larger than 1MB"));
    }
    let [time, id, insert_id] = request::values(properties?, ["time", "distinct_id", "$insert_id"])?;
    let text = |value: Option<&str>| value.and_then(request::text).map(std::borrow::Cow::into_owned);
    if !event.is_some_and(|event| event.starts_with('"') && event.len() > 2) {
        return Some(Fault::new("event", "'event' must not be missing, and a text that is not empty"));
    }
    match time.map(crate::model::json::time) {
        None => return Some(Fault::new("properties.time", "'properties.time' is invalid: must not be missing")),
        Some(None) => return Some(Fault::new("properties.time", "'properties.time' is invalid: must be a number")),
        Some(Some(time)) if time < EARLIEST => {
            let message = "'properties.time' is invalid: must be specified as seconds or milliseconds since epoch, \
                           and not before 1971-01-01";
            return Some(Fault::new("properties.time", message));
        }
        Some(Some(_)) => {}
    }
    if text(id).is_none() {
        return Some(Fault::new("properties.distinct_id", "'properties.distinct_id' is invalid: must not be missing"));
    }
    let Some(insert_id) = text(insert_id).filter(|text| !text.is_empty()) else {
        return Some(Fault::new("properties.$insert_id", "'properties.$insert_id' is invalid: must not be missing"));
    };
    let is_good = insert_id.len() <= 36 && insert_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (!is_good).then(|| {
        Fault::new(
            "properties.$insert_id",
            "'properties.$insert_id' is invalid: at most 36 letters, digits and hyphens",
        )
    })
}

fn insert_id(item: &str) -> Option<String> {
    let [properties] = request::values(item, ["properties"])?;
    let [id] = request::values(properties?, ["$insert_id"])?;
    request::text(id?).map(std::borrow::Cow::into_owned)
}

fn first_message(faults: &[Option<Fault>]) -> Option<String> {
    let (index, fault) = faults.iter().enumerate().find_map(|(index, fault)| Some((index, fault.as_ref()?)))?;
    let more = faults.iter().flatten().count() - 1;
    Some(match (faults.len(), more) {
        (1, _) => fault.message.clone(),
        (_, 0) => format!("{} (row {})", fault.message, index + 1),
        _ => format!("{} (row {}, and {more} more)", fault.message, index + 1),
    })
}

/// 401 where no row has a token, 400 where one is not valid.
fn status_of(faults: &[Option<Fault>]) -> u16 {
    if faults.iter().all(|fault| fault.as_ref().is_some_and(|fault| fault.status == 401)) {
        return 401;
    }
    if faults.iter().any(Option::is_some) { 400 } else { 200 }
}

fn judged(
    asked: &Asked<'_>,
    items: &[&str],
    faults: &[Option<Fault>],
    answer: Answer,
    error: Option<String>,
) -> Judged {
    let mut lines = String::new();
    for (item, fault) in items.iter().zip(faults) {
        let refused = fault.as_ref().map(|fault| fault.message.as_str());
        // The other rows of a request with one that is not valid are taken.
        let status = if refused.is_some() { answer.status } else { 200 };
        let around = Around { received: asked.received, path: asked.path, method: asked.method, status, refused };
        request::write_item(&mut lines, &around, &request::without_tokens(item, true));
    }
    let rows = items.len() as u64;
    let refused = faults.iter().flatten().count() as u64;
    Judged { answer, vendor: MIXPANEL, lines, rows, refused, error }
}

/// The line of a request that is no JSON.
fn unread_lines(asked: &Asked<'_>, text: &str) -> String {
    let why = match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) => "data, invalid JSON".to_owned(),
        Err(error) => format!("data, invalid JSON: {error}"),
    };
    let refused = Some(why.as_str());
    let around = Around { received: asked.received, path: asked.path, method: asked.method, status: 400, refused };
    let mut lines = String::new();
    request::write_item(&mut lines, &around, &request::masked(text));
    lines
}
