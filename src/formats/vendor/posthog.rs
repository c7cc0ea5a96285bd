//! PostHog: batch exports as JSON Lines, capture payloads, and persons.
//!
//! A row has one id (`distinct_id`) and, from devices, `$device_id` in its properties. Three names
//! are calls about ids: `$identify` (with `$anon_distinct_id`), `$create_alias` and
//! `$merge_dangerously` (with `alias`).
//!
//! Sources: the events model of <https://posthog.com/docs/cdp/batch-exports>, the capture API
//! <https://posthog.com/docs/api/capture>, and bodies that `posthog-js` 1.20, 1.96 and 1.449, `posthog`
//! 1.4, 2.5, 3.25 and 7.91 for Python, and `posthog-node` 1.3, 2.6, 4.3 and 5 sent.

use std::sync::LazyLock;

use super::super::object::{Object, complaint, fields, given, members};
use super::direct::Names;
use super::row::{id, object_in, part_of, text, time};
use super::{Call, Flat, Marks, Vendor};
use crate::model::{Id, Verb, json};

/// PostHog.
pub(super) struct PostHog;

fields! {
    /// A row with its properties next to it.
    Fields {
        event: "event",
        uuid: "uuid",
        message: "messageId",
        distinct_id: "distinct_id",
        distinct_ids: "distinct_ids",
        person: "properties",
        timestamp: "timestamp",
        sent: "$time",
        sent_at: "sent_at",
        created: "created_at",
        device: "$device_id",
        user: "$user_id",
        anon: "$anon_distinct_id",
        alias: "alias",
        set: "$set",
        set_once: "$set_once",
        unset: "$unset",
        library: "$lib",
        system: "$os",
        browser: "$browser",
        model: "$device_model",
        width: "$screen_width",
        height: "$screen_height",
    }
}

fields! {
    /// What properties say of the SDK that sent a row.
    Sent { library: "$lib", time: "time", at: "$time", device: "$device_id", session: "$session_id" }
}

/// Whether a row names an SDK of PostHog for servers, whose first releases have no id of a row.
pub(super) fn is_named(m: &Marks<'_>) -> bool {
    let says = |value: Option<&str>| {
        value.filter(|text| text.starts_with('"')).and_then(json::text).is_some_and(|text| text.starts_with("posthog"))
    };
    says(m.library) || in_properties(m, |sent| says(sent.library))
}

/// Whether the web SDK sent a row, which says no more than `web`: with its own key for it, and with the time
/// of the row among those of its session.
fn is_of_browser(m: &Marks<'_>) -> bool {
    let of_session = |sent: Sent<'_>| sent.at.is_some() || sent.device.is_some() || sent.session.is_some();
    m.time.is_none()
        && in_properties(m, |sent| given(sent.library).is_some() && sent.time.is_none() && of_session(sent))
}

/// Whether what properties say of an SDK is such.
fn in_properties(m: &Marks<'_>, is: impl Fn(Sent<'_>) -> bool) -> bool {
    let Some(text) = m.properties.filter(|text| text.contains("$lib")) else { return false };
    object_in(text).is_some_and(|object| Sent::read(&object).is_ok_and(is))
}

/// Keys that mean something next to the properties.
const OWN: &[&str] = &["event", "uuid", "messageId", "timestamp", "sent_at", "created_at", "distinct_ids"];

/// Keys of its rows; what has properties and no event is a person.
static NAMES: LazyLock<Names> = LazyLock::new(|| Names::of(Fields::KEYS, OWN, Some("event")));

impl Vendor for PostHog {
    fn name(&self) -> &'static str {
        "PostHog"
    }

    fn rows(&self) -> &'static str {
        "PostHog events"
    }

    fn recognises(&self, m: &Marks<'_>) -> bool {
        m.elements.is_some()
            || m.event.is_some() && m.person.is_some()
            || m.event.is_some() && m.uuid.is_some() && m.timestamp.is_some()
            || m.batch.is_some() && (m.historical.is_some() || m.api_key.is_some())
            || m.event.is_some() && m.api_key.is_some() && m.timestamp.is_some()
            || m.event.is_some() && (is_named(m) || is_of_browser(m))
            || m.properties.is_some() && (m.distinct_ids.is_some() || m.distinct_id.is_some() && m.person.is_some())
    }

    fn is_silent(&self, record: &Object<'_>) -> bool {
        // A question for settings and flags.
        let asks = |m: Marks<'_>| m.token.is_some() && m.event.is_none() && m.properties.is_none();
        Marks::of(record).is_ok_and(asks)
    }

    fn paths(&self) -> &'static [&'static str] {
        &["/e", "/i/v0/e", "/batch", "/capture"]
    }

    fn fields(&self) -> &'static [&'static str] {
        OWN
    }

    fn names(&self) -> Option<&'static Names> {
        Some(&NAMES)
    }

    fn texts(&self) -> &'static [&'static str] {
        &["distinct_id", "person_id", "uuid"]
    }

    fn decode<'f>(&self, flat: &'f Flat<'f>) -> Result<Call<'f>, String> {
        let f = Fields::of(flat).map_err(|error| complaint(&error))?;
        let sent = id(f.distinct_id);
        let Some(event) = text(f.event) else { return Err("has no name of an event".to_owned()) };
        let verb = match &*event {
            "$identify" => Verb::Identify { identified: sent.clone(), anon: id(f.anon) },
            "$create_alias" => Verb::Alias { alias: id(f.alias), target: sent.clone(), by_original: false },
            "$merge_dangerously" => Verb::Merge { ids: sent.iter().cloned().chain(id(f.alias)).collect() },
            "$pageview" | "$screen" => Verb::Page,
            "$set" => Verb::Profile,
            "$groupidentify" => Verb::Group,
            _ => Verb::Track,
        };
        let is_of_person = verb != Verb::Group;
        let traits = f.set.and_then(object_in).filter(|_| is_of_person);
        // Every page has what the SDK notes of the first one; what an app sets once stands in these calls.
        let is_said = matches!(verb, Verb::Identify { .. } | Verb::Profile);
        let once = f.set_once.and_then(object_in).filter(|once| is_said && once.trim() != "{}");
        let unset = f.unset.filter(|names| {
            is_of_person && names.starts_with('[') && members(names).is_ok_and(|names| !names.is_empty())
        });
        let changes =
            [once.map(|once| format!("\"$set_once\":{once}")), unset.map(|names| format!("\"$unset\":{names}"))];
        Ok(Call {
            verb,
            time: time(&[f.timestamp, f.sent, f.sent_at]),
            arrival: time(&[f.created]),
            insert_id: text(f.uuid).or_else(|| text(f.message)),
            library: text(f.library).map(|name| part_of(name, library_name)),
            parts: [f.system, f.browser, f.model].map(|part| text(part).unwrap_or_default()),
            screen: text(f.width).zip(text(f.height)).map(|(width, height)| [width, height]),
            traits,
            changes: changes.into_iter().flatten().collect(),
            id: sent,
            user: id(f.user),
            device: id(f.device),
            event,
        })
    }

    fn person(&self, row: &Object<'_>) -> Option<(Vec<Id>, String)> {
        let f = Fields::of(row).ok()?;
        if f.event.is_some() {
            return None;
        }
        let ids = match f.distinct_ids {
            Some(list) => members(list).ok()?.into_iter().filter_map(json::id).collect(),
            None => given(f.distinct_id).and_then(json::id).into_iter().collect(),
        };
        Some((ids, f.person.and_then(object_in)?.into_owned()))
    }
}

/// The library by the word that [`crate::model::Client`] has for it.
fn library_name(name: &str) -> &str {
    name.strip_prefix("posthog-").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::super::row::Text;
    use super::*;
    use crate::model::VerbKind;

    fn of(json: &str) -> Call<'static> {
        PostHog.decode(&PostHog.lay_flat(&Object::read(json).unwrap()).unwrap()).unwrap().into_owned()
    }

    #[expect(clippy::unnecessary_wraps, reason = "it stands where a row may have a text")]
    fn some(text: &str) -> Option<Text<'_>> {
        Some(text.into())
    }

    #[test]
    fn calls_about_ids_are_those_of_posthog() {
        let call = |event: &str, properties: &str| {
            of(&format!(
                r#"{{"uuid":"m","event":"{event}","distinct_id":"u","timestamp":"2019-07-01T09:00:00Z","properties":{{{properties}}}}}"#
            ))
        };
        for (event, properties, verb) in [
            ("$identify", r#""$anon_distinct_id":"a""#, Verb::Identify { identified: some("u"), anon: some("a") }),
            (
                "$create_alias",
                r#""alias":"b","distinct_id":"u""#,
                Verb::Alias { alias: some("b"), target: some("u"), by_original: false },
            ),
            ("$merge_dangerously", r#""alias":"b""#, Verb::Merge { ids: vec!["u".into(), "b".into()] }),
            // Mixpanel's name for the same is an event here.
            ("$merge", r#""$distinct_ids":["a","b"]"#, Verb::Track),
            ("Order", "", Verb::Track),
            ("$pageview", "", Verb::Page),
            ("$groupidentify", "", Verb::Group),
        ] {
            let call = call(event, properties);
            assert_eq!((&*call.event, call.verb, call.id), (event, verb, some("u")), "{event}");
        }
        assert_eq!(call("$set", r#""$set":{"email":"x"}"#).verb.kind(), VerbKind::Profile);
        let both = r#""$set_once":{"first":1},"$unset":["plan"]"#;
        assert_eq!(call("$set", both).changes, [r#""$set_once":{"first":1}"#, r#""$unset":["plan"]"#]);
        assert_eq!(call("Order", both).changes, [r#""$unset":["plan"]"#], "any event can take a property away");
        assert_eq!(call("$groupidentify", both).changes, Vec::<String>::new());
    }

    #[test]
    fn a_row_of_an_export_has_its_properties_as_a_text_too() {
        let row = of(
            r#"{"uuid":"m","event":"Order","distinct_id":"u","timestamp":"2019-07-01 09:00:00.000","created_at":"2019-07-01 09:00:01.5","person_id":"p","properties":"{\"$device_id\":\"d\",\"$lib\":\"posthog-python\",\"event\":\"own\"}"}"#,
        );
        assert_eq!((&*row.event, row.device, row.library.as_deref()), ("Order", some("d"), Some("python")));
        assert_eq!((row.time, row.arrival), (Some(1_561_971_600_000), Some(1_561_971_601_500)));
    }

    #[test]
    fn a_question_for_settings_is_no_row() {
        assert!(
            PostHog
                .is_silent(&Object::read(r#"{"token":"k","distinct_id":"d","groups":{},"timezone":"UTC"}"#).unwrap())
        );
        assert!(
            !PostHog.is_silent(&Object::read(r#"{"token":"k","event":"A","properties":{"distinct_id":"d"}}"#).unwrap())
        );
        assert!(!PostHog.is_silent(&Object::read(r#"{"api_key":"k","batch":[]}"#).unwrap()));
    }

    #[test]
    fn a_person_has_all_of_its_ids() {
        let person = r#"{"id":1,"uuid":"p","distinct_ids":["a","u"],"properties":{"email":"x@example.test"}}"#;
        let expected = (vec!["a".into(), "u".into()], r#"{"email":"x@example.test"}"#.to_owned());
        assert_eq!(PostHog.person(&Object::read(person).unwrap()), Some(expected));
        assert_eq!(PostHog.person(&Object::read(r#"{"event":"A","distinct_id":"u","properties":{}}"#).unwrap()), None);
    }
}
