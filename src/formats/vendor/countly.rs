//! Countly: requests of its SDKs to `/i`.
//!
//! A request has one id, `device_id`, which the SDK made up (`t` is 1) or which the program gave it for a
//! known user (`t` is 0). Each event of `events` becomes a row that has what the request has; so does
//! what else the request says: a session, details of the user, or that `old_device_id` and the new id
//! are one person, which the server merges.
//!
//! Sources: <https://support.count.ly/hc/en-us/articles/360037753291-SDK-Development-Guide>, and requests
//! that `countly-sdk-web` 26.1 sent.

use std::borrow::Cow;

use super::super::grid::Row;
use super::super::object::{Fielded, Object, begin_field, complaint, each, fields, given, members};
use super::row::{Text, id, object_in, part_of, text, time};
use super::{Call, Flat, Marks, Vendor};
use crate::model::{Verb, json};

/// Countly.
pub(super) struct Countly;

fields! {
    /// An event with its request and its segmentation next to it, or a request.
    Fields {
        key: "key",
        count: "count",
        sum: "sum",
        duration: "dur",
        event_time: "timestamp",
        event_id: "id",
        time: "request_timestamp",
        device: "device_id",
        kind_of_id: "t",
        old: "old_device_id",
        app: "app_key",
        begin: "begin_session",
        end: "end_session",
        session: "session_duration",
        details: "user_details",
        crash: "crash",
        method: "method",
        library: "sdk_name",
        metrics: "metrics",
        created: "created",
    }
}

fields! {
    /// An event as the server keeps it (`drill_events`), in words of its own.
    Drilled { event: "e", name: "n", device: "did", at: "ts", created: "cd", segmentation: "sg", row: "_id" }
}

fields! {
    /// A moment as `mongoexport` writes it.
    Moment { date: "$date", number: "$numberLong" }
}

/// A kept event as the SDK sent it; `None` for what is none.
fn drilled(record: &Object<'_>) -> Option<String> {
    let f = Drilled::of(record).ok()?;
    let (event, device, at) = (f.event?, f.device?, f.at?);
    let moment = |value: &str| {
        let inside = Moment::read(value).ok().filter(|_| value.starts_with('{'));
        inside.and_then(|Moment { date, number }| date.or(number)).unwrap_or(value).to_owned()
    };
    // What an app counts itself has its name next to it.
    let is_custom = json::text(event).is_some_and(|event| event == "[CLY]_custom");
    let event = f.name.filter(|name| is_custom && text(Some(name)).is_some()).unwrap_or(event);
    let mut row = format!(r#"{{"key":{event},"device_id":{device},"timestamp":{}"#, moment(at));
    let segmentation = f.segmentation.filter(|data| data.starts_with('{'));
    let own = [
        ("id", f.row.map(moment)),
        ("created", f.created.map(moment)),
        ("segmentation", segmentation.map(str::to_owned)),
    ];
    for (key, value) in own.into_iter().filter_map(|(key, value)| Some((key, value?))) {
        begin_field(&mut row, key);
        row.push_str(&value);
    }
    for (key, value) in record.fields().filter(|(key, _)| !Drilled::KEYS.contains(key)) {
        begin_field(&mut row, key);
        row.push_str(value);
    }
    row.push('}');
    Some(row)
}

impl<'f> Fields<'f> {
    /// What the request says besides its events, and which call that is.
    fn own(&self) -> Option<(&'static str, Verb<Text<'f>>)> {
        if given(self.old).is_some() {
            let ids = [self.device, self.old].into_iter().filter_map(id).collect();
            return Some(("device_id change", Verb::Merge { ids }));
        }
        if given(self.details).is_some() {
            return Some(("user_details", Verb::Profile));
        }
        let session = [(self.begin, "begin_session"), (self.end, "end_session"), (self.session, "session_duration")];
        let name = session.into_iter().chain([(self.crash, "crash")]).find(|(value, _)| given(*value).is_some())?.1;
        Some((name, Verb::Track))
    }
}

impl Vendor for Countly {
    fn name(&self) -> &'static str {
        "Countly"
    }

    fn rows(&self) -> &'static str {
        "Countly requests"
    }

    fn recognises(&self, m: &Marks<'_>) -> bool {
        m.app_key.is_some()
            || m.e.is_some() && m.drill_device.is_some() && m.drill_time.is_some() && m.drill_data.is_some()
            || m.segmentation.is_some() && m.distinct_id.is_none() && m.properties.is_none()
    }

    fn properties(&self) -> &'static str {
        "segmentation"
    }

    fn fields(&self) -> &'static [&'static str] {
        Fields::KEYS
    }

    fn texts(&self) -> &'static [&'static str] {
        &["device_id", "old_device_id", "app_key"]
    }

    /// Questions for settings, and what an SDK says of its own health.
    fn is_silent(&self, record: &Object<'_>) -> bool {
        let has_events =
            |record: &Object<'_>| record.fields().any(|(key, value)| key == "events" && given(Some(value)).is_some());
        let Ok(f) = Fields::of(record) else { return false };
        f.app.is_some() && f.key.is_none() && f.own().is_none() && !has_events(record)
    }

    fn carried<'r>(&self, record: &Object<'r>) -> Option<Vec<Row<'r>>> {
        if let Some(row) = drilled(record) {
            return Some(vec![(record.text(), Cow::Owned(row))]);
        }
        let mut of_request = Vec::new();
        let mut events = None;
        record
            .each(|key, value| match key {
                "events" => events = Some(value),
                // Those of its events are theirs.
                "timestamp" => of_request.push(("request_timestamp".to_owned(), value)),
                _ => of_request.push((key.to_owned(), value)),
            })
            .ok()?;
        let events = events?;
        let list = json::text(events).filter(|_| events.starts_with('"')).unwrap_or(Cow::Borrowed(events));
        let events = members(&list).ok()?;
        let own = Fields::of(record).is_ok_and(|f| f.own().is_some());
        let request = own.then(|| (record.text(), Cow::Owned(object(&of_request, "{}"))));
        let events = events.into_iter().map(|event| (record.text(), Cow::Owned(object(&of_request, event))));
        Some(request.into_iter().chain(events).collect())
    }

    fn decode<'f>(&self, flat: &'f Flat<'f>) -> Result<Call<'f>, String> {
        let f = Fields::of(flat).map_err(|error| complaint(&error))?;
        let (event, verb) = match text(f.key) {
            Some(key) if key == "[CLY]_view" => (key, Verb::Page),
            Some(key) => (key, Verb::Track),
            None => f.own().map(|(name, verb)| (Cow::Borrowed(name), verb)).ok_or("has no key of an event")?,
        };
        if given(f.device).is_none() {
            return Err("has no device_id".to_owned());
        }
        let device = id(f.device);
        let kind = text(f.kind_of_id);
        let of_kind = |wanted: &str| device.clone().filter(|_| kind.as_deref() == Some(wanted));
        let metrics = f.metrics.and_then(object_in);
        let metrics = metrics.as_deref().and_then(|metrics| Metrics::read(metrics).ok()).unwrap_or_default();
        let own = |value| Cow::Owned(text(value).unwrap_or_default().into_owned());
        let traits = f.details.filter(|_| verb == Verb::Profile).and_then(object_in);
        let is_event = f.key.is_some();
        Ok(Call {
            event,
            verb,
            time: time(&[f.event_time, f.time]),
            arrival: time(&[f.created]),
            insert_id: text(f.event_id).filter(|_| is_event),
            library: text(f.library).map(|name| part_of(name, library)),
            parts: [own(metrics.system), Cow::Borrowed(""), own(metrics.model)],
            traits,
            user: of_kind("0"),
            device: of_kind("1"),
            id: device,
            ..Call::default()
        })
    }
}

fields! {
    /// What of the metrics of a device is read.
    Metrics { system: "_os", model: "_device" }
}

/// The library by the word that [`crate::model::Client`] has for it.
fn library(name: &str) -> &str {
    for (mark, word) in [("web", "web"), ("node", "node"), ("android", "android")] {
        if name.contains(mark) {
            return word;
        }
    }
    name
}

/// What a request has, and what an event of it has next to it.
fn object(of_request: &[(String, &str)], event: &str) -> String {
    let mut inner: Vec<(String, &str)> = Vec::new();
    // What is no object has no key, and is rejected for that.
    let _ = each(event, |key, value| inner.push((key.to_owned(), value)));
    let outer = of_request.iter().filter(|(key, _)| inner.iter().all(|(own, _)| own != key));
    let fields: Vec<String> =
        outer.chain(&inner).map(|(key, value)| format!("{}:{value}", serde_json::Value::from(key.as_str()))).collect();
    format!("{{{}}}", fields.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Result<Call<'static>, String> {
        Countly.decode(&Countly.lay_flat(&Object::read(json).unwrap()).unwrap()).map(Call::into_owned)
    }

    #[test]
    fn a_request_gives_its_id_to_each_event_and_keeps_what_it_says_itself() {
        let request = r#"{"app_key":"k","device_id":"d","t":"1","timestamp":"1561971600000","begin_session":"1","events":"[{\"key\":\"A\",\"count\":1,\"timestamp\":1561971601000,\"segmentation\":{\"plan\":\"pro\",\"device_id\":\"own\"}},{\"key\":\"[CLY]_view\",\"segmentation\":{}}]"}"#;
        let rows = Countly.carried(&Object::read(request).unwrap()).unwrap();
        let rows: Vec<Call<'_>> = rows.iter().map(|(_, row)| of(row).unwrap()).collect();
        let read: Vec<_> = rows.iter().map(|row| (&*row.event, &row.verb, row.time.unwrap())).collect();
        assert_eq!(
            read,
            [
                ("begin_session", &Verb::Track, 1_561_971_600_000),
                ("A", &Verb::Track, 1_561_971_601_000),
                ("[CLY]_view", &Verb::Page, 1_561_971_600_000),
            ]
        );
        let id = Some("d".into());
        assert!(rows.iter().all(|row| (&row.id, &row.device, &row.user) == (&id, &id, &None)));
    }

    #[test]
    fn an_id_of_the_program_is_a_user_and_an_old_id_is_tied_to_the_new_one() {
        let row = of(r#"{"app_key":"k","device_id":"nora","old_device_id":"d","t":"0","timestamp":1}"#).unwrap();
        assert_eq!(row.verb, Verb::Merge { ids: vec!["nora".into(), "d".into()] });
        assert_eq!((row.user, row.device), (Some("nora".into()), None));
        let unsaid = of(r#"{"app_key":"k","device_id":"x","key":"A","timestamp":1}"#).unwrap();
        assert_eq!((unsaid.id, unsaid.user, unsaid.device), (Some("x".into()), None, None));
    }

    #[test]
    fn a_question_for_settings_is_no_row_and_an_event_without_an_id_is_refused() {
        for silent in
            [r#"{"app_key":"k","device_id":"d","method":"sc"}"#, r#"{"app_key":"k","device_id":"d","hc":"{}"}"#]
        {
            assert!(Countly.is_silent(&Object::read(silent).unwrap()), "{silent}");
        }
        for said in [
            r#"{"app_key":"k","device_id":"d","events":"[]"}"#,
            r#"{"app_key":"k","device_id":"d","end_session":"1"}"#,
            r#"{"key":"A","segmentation":{}}"#,
        ] {
            assert!(!Countly.is_silent(&Object::read(said).unwrap()), "{said}");
        }
        assert_eq!(of(r#"{"key":"A","segmentation":{},"timestamp":1}"#).unwrap_err(), "has no device_id");
    }
}
