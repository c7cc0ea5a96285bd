//! Amplitude: rows of its export API, and events of the HTTP V2 API.
//!
//! A row has a `device_id`, a `user_id` once the user is known, or both. It has no call about ids:
//! `$identify` changes what is known of a user, and is no identify as others have it.
//!
//! Sources: <https://amplitude.com/docs/apis/analytics/export> (times are UTC and name no zone),
//! <https://amplitude.com/docs/apis/analytics/http-v2>, and bodies that `analytics-browser` 1.14 and
//! 2.48, `amplitude-js` 5.11 and 8.21 (forms), `analytics-node` 1.5, and `amplitude-analytics` 1.3 for
//! Python sent.

use std::borrow::Cow;

use super::super::grid::Row;
use super::super::object::{Object, complaint, each, fields, members};
use super::row::{Text, id, object_in, part_of, text, time};
use super::{Call, Flat, Marks, Vendor};
use crate::model::{Verb, json};

/// Amplitude.
pub(super) struct Amplitude;

fields! {
    /// A row with its properties next to it.
    Fields {
        event: "event_type",
        user: "user_id",
        device: "device_id",
        exported: "event_time",
        of_client: "client_event_time",
        sent: "time",
        sent_by_browser: "timestamp",
        received: "server_received_time",
        uploaded: "server_upload_time",
        insert: "insert_id",
        insert_exported: "$insert_id",
        uuid: "uuid",
        library: "library",
        system: "os_name",
        platform: "platform",
        model: "device_model",
        type_of_device: "device_type",
        traits: "user_properties",
    }
}

fields! {
    /// What SDKs before the HTTP V2 API sent as a form, each value a text: `e` or `event` is a list of events.
    Form { client: "client", e: "e", key: "api_key", event: "event", identification: "identification" }
}

fields! {
    /// A library by its name and its version.
    Library { name: "name" }
}

/// The name of a library, which some SDKs give as an object.
fn library(value: &str) -> Option<Text<'_>> {
    let name = |object: Cow<'_, str>| Some(Cow::Owned(text(Library::read(&object).ok()?.name)?.into_owned()));
    let name = object_in(value).and_then(name);
    name.or_else(|| text(Some(value)))
}

fields! {
    /// What an identify call does with properties. What it does with lists, and that it clears all, is kept in the row
    /// alone.
    Operations {
        set: "$set",
        set_once: "$setOnce",
        add: "$add",
        unset: "$unset",
        append: "$append",
        prepend: "$prepend",
        pre_insert: "$preInsert",
        post_insert: "$postInsert",
        remove: "$remove",
        clear_all: "$clearAll",
    }
}

/// What an identify call sets, and what else it does, as members of an update. Where it names no operation, it sets all
/// that it names.
fn said(text: &str) -> (Option<String>, Vec<String>) {
    let mut is_plain = true;
    let look = each(text, |key, _| is_plain &= !Operations::KEYS.contains(&key));
    let Some(f) = Operations::read(text).ok().filter(|_| look.is_ok() && !is_plain) else {
        return (Some(text.to_owned()), Vec::new());
    };
    let mut changes = Vec::new();
    for (name, values) in [("$set_once", f.set_once), ("$add", f.add)] {
        changes.extend(values.and_then(object_in).map(|values| format!("\"{name}\":{values}")));
    }
    // The values say nothing: it is the names that go.
    let mut names: Vec<String> = Vec::new();
    if let Some(unset) = f.unset.and_then(object_in) {
        let _ = each(&unset, |name, _| names.push(serde_json::Value::from(name).to_string()));
    }
    if !names.is_empty() {
        changes.push(format!("\"$unset\":[{}]", names.join(",")));
    }
    (f.set.and_then(object_in).map(Cow::into_owned), changes)
}

impl Vendor for Amplitude {
    fn name(&self) -> &'static str {
        "Amplitude"
    }

    fn rows(&self) -> &'static str {
        "Amplitude events"
    }

    fn recognises(&self, m: &Marks<'_>) -> bool {
        let by_library = m.library.and_then(library).is_some_and(|library| library.starts_with("amplitude-"));
        let lists = |list: Option<&str>| list.is_some_and(|list| list.contains("event_type"));
        let holds_events = m.events.is_some_and(|events| events.contains("\"event_type\""));
        m.event_type.is_some() && (m.amplitude.is_some() || m.amplitude_export.is_some() || by_library)
            || m.api_key.is_some() && (holds_events || lists(m.event) || m.identification.is_some())
            || m.client.is_some() && lists(m.e)
            || m.event_type.is_some() && (m.event_properties.is_some() || m.insert_id.is_some() && m.session.is_some())
    }

    fn paths(&self) -> &'static [&'static str] {
        &["/2/httpapi", "/httpapi", "/batch"]
    }

    fn properties(&self) -> &'static str {
        "event_properties"
    }

    fn fields(&self) -> &'static [&'static str] {
        Fields::KEYS
    }

    fn texts(&self) -> &'static [&'static str] {
        &["user_id", "device_id", "insert_id", "$insert_id", "uuid"]
    }

    fn carried<'r>(&self, record: &Object<'r>) -> Option<Vec<Row<'r>>> {
        let f = Form::of(record).ok()?;
        let (list, kind) = match f {
            Form { e: Some(list), client: Some(_), .. } | Form { event: Some(list), key: Some(_), .. } => (list, None),
            Form { identification: Some(list), key: Some(_), .. } => (list, Some("$identify")),
            _ => return None,
        };
        let list = json::text(list).filter(|_| list.starts_with('"')).unwrap_or(Cow::Borrowed(list));
        // One event can stand without a list around it.
        let events = if list.trim_start().starts_with('{') { vec![&*list] } else { members(&list).ok()? };
        // What is known of a group comes to an address of its own, in the same form.
        let kind =
            |event: &str| kind.map(|kind| if event.contains("\"group_type\"") { "$groupidentify" } else { kind });
        let whole = |event: &str| match (kind(event), event.trim_start().strip_prefix('{')) {
            (Some(kind), Some(rest)) => format!(r#"{{"event_type":"{kind}",{rest}"#),
            _ => event.to_owned(),
        };
        Some(events.into_iter().map(|event| (record.text(), Cow::Owned(whole(event)))).collect())
    }

    fn decode<'f>(&self, flat: &'f Flat<'f>) -> Result<Call<'f>, String> {
        let f = Fields::of(flat).map_err(|error| complaint(&error))?;
        let Some(event) = text(f.event) else { return Err("has no event_type".to_owned()) };
        let verb = match &*event {
            "$identify" => Verb::Profile,
            "$groupidentify" => Verb::Group,
            "[Amplitude] Page Viewed" => Verb::Page,
            _ => Verb::Track,
        };
        let user = id(f.user);
        // An export has what was known of the user with each row; only the call that changes it counts.
        let said = f.traits.filter(|_| verb == Verb::Profile).and_then(object_in);
        let (traits, changes) = match &said {
            Some(text) if user.is_some() => self::said(text),
            _ => (None, Vec::new()),
        };
        Ok(Call {
            verb,
            // The time of an event is that of the device, put right by when it was uploaded.
            time: time(&[f.exported, f.sent, f.sent_by_browser, f.of_client]),
            arrival: time(&[f.received, f.uploaded]),
            insert_id: [f.insert_exported, f.insert, f.uuid].into_iter().find_map(text),
            library: f.library.and_then(library).map(|name| part_of(name, library_name)),
            parts: [
                text(f.system).or_else(|| text(f.platform)).unwrap_or_default(),
                Cow::Borrowed(""),
                text(f.model).or_else(|| text(f.type_of_device)).unwrap_or_default(),
            ],
            traits: traits.map(Cow::Owned),
            changes,
            user,
            device: id(f.device),
            event,
            ..Call::default()
        })
    }
}

/// The library by the word that [`crate::model::Client`] has for it.
fn library_name(name: &str) -> &str {
    let bare = name.split('/').next().unwrap_or(name);
    match bare {
        "amplitude-ts" | "amplitude-js" => "web",
        "amplitude-node-ts" => "node",
        bare => bare.strip_prefix("amplitude-").unwrap_or(bare),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::VerbKind;

    fn of(json: &str) -> Call<'static> {
        Amplitude.decode(&Amplitude.lay_flat(&Object::read(json).unwrap()).unwrap()).unwrap().into_owned()
    }

    #[test]
    fn an_exported_row_is_read_with_its_times_and_ids() {
        let row = of(
            r#"{"$insert_id":"i","amplitude_id":7,"device_id":"d","user_id":"u","event_type":"Order","event_time":"2019-07-01 09:00:00.250000","server_received_time":"2019-07-01 09:00:01.000000","event_properties":{"user_id":"own","total":5},"library":"amplitude-python/1.1","os_name":"iOS"}"#,
        );
        assert_eq!((row.user, row.device), (Some("u".into()), Some("d".into())));
        assert_eq!((row.time, row.arrival), (Some(1_561_971_600_250), Some(1_561_971_601_000)));
        assert_eq!((row.insert_id.as_deref(), row.library.as_deref()), (Some("i"), Some("python")));
    }

    #[test]
    fn a_form_of_an_older_sdk_is_its_events() {
        let event = |name: &str| {
            format!(
                r#"{{"device_id":"d","user_id":"u","timestamp":1561971600000,"event_id":1,"event_type":"{name}","uuid":"i-{name}","event_properties":{{"total":5}},"library":{{"name":"amplitude-js","version":"8.21.10"}}}}"#
            )
        };
        let text = |list: &str| serde_json::Value::from(list).to_string();
        let two = format!("[{},{}]", event("A"), event("B"));
        let forms = [
            format!(r#"{{"checksum":"c","client":"key","e":{},"upload_time":"1561971600500","v":"2"}}"#, text(&two)),
            format!(r#"{{"api_key":"key","event":{}}}"#, text(&two)),
            format!(r#"{{"api_key":"key","event":{two}}}"#),
        ];
        for form in &forms {
            let marks = Marks::read(form).unwrap();
            assert!(Amplitude.recognises(&marks), "{form}");
            let rows: Vec<Call<'_>> =
                Amplitude.carried(&Object::read(form).unwrap()).unwrap().iter().map(|(_, row)| of(row)).collect();
            assert_eq!(rows.iter().map(|row| &*row.event).collect::<Vec<_>>(), ["A", "B"], "{form}");
            for row in rows {
                assert_eq!(
                    (row.user, row.device, row.time),
                    (Some("u".into()), Some("d".into()), Some(1_561_971_600_000))
                );
                assert_eq!((row.library.as_deref(), row.verb), (Some("web"), Verb::Track));
            }
        }
        let one = format!(r#"{{"api_key":"key","event":{}}}"#, text(&event("A")));
        assert_eq!(Amplitude.carried(&Object::read(&one).unwrap()).unwrap().len(), 1);
        let said = r#"[{"user_id":"u","device_id":"d","user_properties":{"plan":"free"}}]"#;
        let form = format!(r#"{{"api_key":"key","identification":{}}}"#, text(said));
        let rows = Amplitude.carried(&Object::read(&form).unwrap()).unwrap();
        let row = of(&rows[0].1);
        assert_eq!((row.verb.kind(), row.traits.as_deref()), (VerbKind::Profile, Some(r#"{"plan":"free"}"#)));
        let group = r#"[{"group_type":"org","group_value":"acme","group_properties":{"plan":"free"}}]"#;
        let form = format!(r#"{{"api_key":"key","identification":{}}}"#, text(group));
        let rows = Amplitude.carried(&Object::read(&form).unwrap()).unwrap();
        assert_eq!(of(&rows[0].1).verb.kind(), VerbKind::Group);
        // The letter and the word of other vendors.
        for other in [r#"{"client":"key","e":"pv"}"#, r#"{"api_key":"k","event":"A","distinct_id":"d"}"#] {
            assert!(!Amplitude.recognises(&Marks::read(other).unwrap()), "{other}");
        }
    }

    #[test]
    fn its_identify_changes_a_profile_and_no_id() {
        let row =
            |rest: &str| of(&format!(r#"{{"event_type":"$identify","time":1561971600000,"device_id":"d",{rest}}}"#));
        let known = row(r#""user_id":"u","user_properties":{"$set":{"plan":"free"}}"#);
        assert_eq!(known.verb.kind(), VerbKind::Profile);
        assert_eq!(known.traits.as_deref(), Some(r#"{"plan":"free"}"#));
        assert_eq!(row(r#""user_properties":{"$set":{"plan":"free"}}"#).traits, None);
        let said = row(
            r#""user_id":"u","user_properties":{"$setOnce":{"first":1},"$add":{"logins":2},"$unset":{"plan":"-","a\"b":"-"},"$append":{"tags":"x"}}"#,
        );
        assert_eq!(said.traits, None, "an operation is no property");
        assert_eq!(
            said.changes,
            [r#""$set_once":{"first":1}"#, r#""$add":{"logins":2}"#, r#""$unset":["plan","a\"b"]"#]
        );
        let plain = row(r#""user_id":"u","user_properties":{"plan":"free","$own":1}"#);
        assert_eq!((plain.traits.as_deref(), plain.changes.len()), (Some(r#"{"plan":"free","$own":1}"#), 0));
        let nothing = row(r#""user_id":"u","user_properties":{"$clearAll":"-"}"#);
        assert_eq!((nothing.traits, nothing.changes.len()), (None, 0));
    }
}
