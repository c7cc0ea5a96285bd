//! mParticle: batches of events, as SDKs send them and as they are forwarded, and requests of its
//! identity service.
//!
//! A batch has the `mpid`, the id of mParticle for a person, under which its events are kept; the
//! identities of the user, of which the customer's id is the first; and the device. Each event of a
//! batch becomes a row that has what the batch has. A request about aliases joins two persons.
//!
//! Sources: <https://docs.mparticle.com/developers/apis/json-reference/>,
//! <https://docs.mparticle.com/developers/apis/idsync/http/>, and bodies that `web-sdk` 2.68 sent.

use std::borrow::Cow;

use super::super::grid::Row;
use super::super::object::{Fielded, Object, begin_field, complaint, each, fields, members};
use super::row::{Text, id, object_in, text, time};
use super::{Call, Flat, Marks, Vendor};
use crate::model::Verb;

/// mParticle.
pub(super) struct MParticle;

impl Vendor for MParticle {
    fn name(&self) -> &'static str {
        "mParticle"
    }

    fn rows(&self) -> &'static str {
        "mParticle batches"
    }

    fn recognises(&self, m: &Marks<'_>) -> bool {
        m.mpid.is_some()
            || m.known_identities.is_some() && m.client_sdk.is_some()
            || m.request_type.is_some() && m.environment.is_some()
            || m.events.is_some() && m.environment.is_some() && m.schema.is_none()
    }

    fn properties(&self) -> &'static str {
        "custom_attributes"
    }

    fn fields(&self) -> &'static [&'static str] {
        Fields::KEYS
    }

    fn texts(&self) -> &'static [&'static str] {
        &["mpid", "customer_id", "device_application_stamp"]
    }

    fn carried<'r>(&self, record: &Object<'r>) -> Option<Vec<Row<'r>>> {
        let mut of_batch = Vec::new();
        let mut events = None;
        record
            .each(|key, value| match key {
                "events" => events = Some(value),
                "timestamp_unixtime_ms" => of_batch.push(("batch_timestamp_unixtime_ms".to_owned(), value)),
                _ => of_batch.push((key.to_owned(), value)),
            })
            .ok()?;
        let events = members(events?).ok()?;
        Some(events.into_iter().map(|event| (event, Cow::Owned(row(&of_batch, event)))).collect())
    }

    fn decode<'f>(&self, flat: &'f Flat<'f>) -> Result<Call<'f>, String> {
        let f = Fields::of(flat).map_err(|error| complaint(&error))?;
        let known = f.known.and_then(object_in).map(|known| match known {
            Cow::Borrowed(known) => identity(known),
            Cow::Owned(known) => {
                let own = |text: Option<Text<'_>>| text.map(|text| Cow::Owned(text.into_owned()));
                let (user, device) = identity(&known);
                (own(user), own(device))
            }
        });
        let listed = f.identities.map(identity).unwrap_or_default();
        let user = known.clone().unwrap_or(listed).0;
        let device = [f.stamp, f.device_id].into_iter().find_map(id).or_else(|| known.clone()?.1);
        let kind = text(f.kind);
        let alias =
            text(f.request).filter(|request| *request == "alias").and(f.data).and_then(|data| Joined::read(data).ok());
        let (event, verb, of) = match (kind.as_deref(), alias) {
            (_, Some(Joined { destination, source })) => {
                let ids = [destination, source].into_iter().filter_map(id).collect();
                (Cow::Borrowed("alias request"), Verb::Merge { ids }, id(destination))
            }
            (Some(kind), None) => {
                let event =
                    [f.event, f.screen].into_iter().find_map(text).unwrap_or_else(|| Cow::Owned(kind.to_owned()));
                let verb = match kind {
                    "screen_view" => Verb::Page,
                    "user_attribute_change" => Verb::Profile,
                    // What the person is known by from here on.
                    "user_identity_change" => Verb::Identify { identified: changed(&f), anon: id(f.mpid) },
                    _ => Verb::Track,
                };
                (event, verb, id(f.mpid))
            }
            (None, None) if f.known.is_some() => {
                let verb = match &user {
                    Some(user) => Verb::Identify { identified: Some(user.clone()), anon: device.clone() },
                    None => Verb::Track,
                };
                (Cow::Borrowed("identity request"), verb, None)
            }
            (None, None) => return Err("has no event_type".to_owned()),
        };
        let info = f.device_info.and_then(|info| Device::read(info).ok()).unwrap_or_default();
        let library = [info.platform, f.client.and_then(|client| Device::read(client).ok()).and_then(|c| c.platform)];
        let traits = f.attributes.filter(|_| verb == Verb::Profile).and_then(object_in);
        Ok(Call {
            event,
            verb,
            time: time(&[f.time, f.batch_time, f.requested]),
            arrival: time(&[f.received]),
            insert_id: [f.message, f.event_id, f.request_id].into_iter().find_map(text),
            library: library.into_iter().find_map(text).map(|name| Cow::Owned(name.to_ascii_lowercase())),
            parts: [info.system, None, info.model].map(|part| text(part).unwrap_or_default()),
            screen: text(info.width).zip(text(info.height)).map(|(width, height)| [width, height]),
            traits,
            changes: Vec::new(),
            id: of,
            user,
            device,
        })
    }
}

fields! {
    /// An event with its batch and its attributes next to it, or a request of the identity service.
    Fields {
        kind: "event_type",
        event: "event_name",
        screen: "screen_name",
        mpid: "mpid",
        identities: "user_identities",
        attributes: "user_attributes",
        stamp: "device_application_stamp",
        device_id: "mp_deviceid",
        device_info: "device_info",
        message: "source_message_id",
        event_id: "event_id",
        time: "timestamp_unixtime_ms",
        batch_time: "batch_timestamp_unixtime_ms",
        received: "received_timestamp_unixtime_ms",
        known: "known_identities",
        client: "client_sdk",
        request: "request_type",
        request_id: "request_id",
        requested: "request_timestamp_ms",
        data: "data",
        new: "new",
        environment: "environment",
    }
}

fields! {
    /// What of a device or a client is read.
    Device { platform: "platform", system: "os", model: "device_model", width: "screen_width", height: "screen_height" }
}

fields! {
    /// The two persons of a request about aliases.
    Joined { destination: "destination_mpid", source: "source_mpid" }
}

fields! {
    /// One of a list of identities.
    Listed { kind: "identity_type", value: "identity" }
}

/// The row of an event of a batch: what the batch has, and what the event has next to it.
fn row(of_batch: &[(String, &str)], event: &str) -> String {
    let mut row = "{".to_owned();
    let mut add = |key: &str, value: &str| {
        begin_field(&mut row, key);
        row.push_str(value);
    };
    for (key, value) in of_batch {
        add(key, value);
    }
    // What is no object is rejected as a row without a type.
    let _ = each(event, |key, value| match key {
        "data" if value.starts_with('{') => {
            let _ = each(value, &mut add);
        }
        _ => add(key, value),
    });
    row.push('}');
    row
}

/// The identity that a change gives a person, if it is one of [`USERS`].
fn changed<'f>(f: &Fields<'f>) -> Option<Text<'f>> {
    let Listed { kind, value } = Listed::read(f.new?).ok()?;
    id(value).filter(|_| text(kind).is_some_and(|kind| USERS.contains(&&*kind)))
}

/// Identities of a user, the surest first.
const USERS: &[&str] = &["customer_id", "customerid", "customerId", "CustomerId", "email", "Email", "other", "Other"];

/// The known user and the device among identities: an object by kind, or a list.
fn identity(identities: &str) -> (Option<Text<'_>>, Option<Text<'_>>) {
    let mut found: Vec<(Text<'_>, Option<Text<'_>>)> = Vec::new();
    let _ = each(identities, |key, value| found.push((Cow::Owned(key.to_owned()), id(Some(value)))));
    for one in members(identities).unwrap_or_default() {
        let Listed { kind, value } = Listed::read(one).unwrap_or_default();
        found.extend(text(kind).map(|kind| (kind, id(value))));
    }
    let of = |wanted: &str| found.iter().find(|(kind, _)| kind == wanted).and_then(|(_, id)| id.clone());
    (USERS.iter().find_map(|kind| of(kind)), of("device_application_stamp"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "it stands where a row may have a text")]
    fn some(text: &str) -> Option<Text<'_>> {
        Some(text.into())
    }

    fn of(row: &str) -> Call<'static> {
        MParticle.decode(&MParticle.lay_flat(&Object::read(row).unwrap()).unwrap()).unwrap().into_owned()
    }

    #[test]
    fn each_event_of_a_batch_has_its_ids() {
        for identities in [r#"{"email":"m","customer_id":"u"}"#, r#"[{"identity_type":"customer_id","identity":"u"}]"#]
        {
            let batch = format!(
                r#"{{"mpid":"7","mp_deviceid":"d","user_identities":{identities},"timestamp_unixtime_ms":1561971699000,"environment":"production",
                   "device_info":{{"platform":"web","screen_width":800,"screen_height":600}},"events":[
                   {{"event_type":"custom_event","data":{{"event_name":"Buy","source_message_id":"i","timestamp_unixtime_ms":1561971600000,"custom_attributes":{{"plan":"pro","mpid":"own"}}}}}},
                   {{"event_type":"screen_view","data":{{"screen_name":"Home","custom_attributes":null}}}},
                   {{"event_type":"session_start","data":{{}}}},{{"event_type":"user_attribute_change","data":{{}}}}],
                   "user_attributes":{{"plan":"pro"}}}}"#
            );
            let rows: Vec<Call<'_>> =
                MParticle.carried(&Object::read(&batch).unwrap()).unwrap().iter().map(|(_, row)| of(row)).collect();
            let read: Vec<(&str, &Verb<Text<'_>>, Option<i64>)> =
                rows.iter().map(|row| (&*row.event, &row.verb, row.time)).collect();
            let of_batch = Some(1_561_971_699_000);
            assert_eq!(
                read,
                [
                    ("Buy", &Verb::Track, Some(1_561_971_600_000)),
                    ("Home", &Verb::Page, of_batch),
                    ("session_start", &Verb::Track, of_batch),
                    ("user_attribute_change", &Verb::Profile, of_batch),
                ]
            );
            for row in &rows {
                assert_eq!((&row.id, &row.user, &row.device), (&some("7"), &some("u"), &some("d")));
            }
            assert_eq!((rows[0].insert_id.as_deref(), rows[0].library.as_deref()), (Some("i"), Some("web")));
            assert_eq!(rows[3].traits.as_deref(), Some(r#"{"plan":"pro"}"#));
        }
    }

    #[test]
    fn a_change_of_identity_names_the_person_and_one_of_a_push_token_does_not() {
        let change = |kind: &str| {
            of(&format!(
                r#"{{"event_type":"user_identity_change","mpid":"7","new":{{"identity_type":"{kind}","identity":"u"}},"old":null}}"#
            ))
        };
        assert_eq!(change("customer_id").verb, Verb::Identify { identified: some("u"), anon: some("7") });
        assert_eq!(change("push_token").verb, Verb::Identify { identified: None, anon: some("7") });
    }

    #[test]
    fn a_request_of_the_identity_service_ties_a_known_user_to_the_device() {
        let request = |known: &str| {
            of(&format!(
                r#"{{"client_sdk":{{"platform":"web"}},"request_id":"r","request_timestamp_ms":1561971600000,"previous_mpid":"7","known_identities":{known}}}"#
            ))
        };
        let login = request(r#"{"customerid":"u","device_application_stamp":"d"}"#);
        assert_eq!(login.verb, Verb::Identify { identified: some("u"), anon: some("d") });
        assert_eq!((login.id, login.user, login.device), (None, some("u"), some("d")));
        let logout = request(r#"{"device_application_stamp":"d"}"#);
        assert_eq!((logout.verb, logout.user, logout.device), (Verb::Track, None, some("d")));
        let alias = of(
            r#"{"request_id":"r","request_type":"alias","environment":"production","data":{"destination_mpid":"8","source_mpid":"7"}}"#,
        );
        assert_eq!((alias.verb, alias.id), (Verb::Merge { ids: vec!["8".into(), "7".into()] }, some("8")));
    }
}
