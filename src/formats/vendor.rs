//! Rows of other vendors: known by their own keys, so that none is taken for a row of Mixpanel.
//!
//! None of them is read: an event of Segment has no `distinct_id`, and one of PostHog follows
//! other rules. The answer names the vendor instead. Keys are those of the vendors' documents and
//! SDKs; a word that several vendors use, such as `event` or `timestamp`, says nothing alone.

use super::object::{fields, given, members};
use crate::model::json;

fields! {
    /// Keys that tell vendors apart, in payloads, in exports and in tables of a warehouse.
    Marks {
        kind: "type",
        event: "event",
        uuid: "uuid",
        timestamp: "timestamp",
        time: "time",
        distinct_id: "distinct_id",
        properties: "properties",
        person: "person_id",
        elements: "elements_chain",
        message: "messageId",
        anonymous: "anonymousId",
        anonymous_column: "anonymous_id",
        original_timestamp: "original_timestamp",
        context: "context",
        context_library: "context_library_name",
        received: "received_at",
        channel: "channel",
        write_key: "writeKey",
        api_key: "api_key",
        historical: "historical_migration",
        amplitude: "amplitude_id",
        amplitude_export: "$amplitude_id",
        event_type: "event_type",
        event_properties: "event_properties",
        insert_id: "insert_id",
        session: "session_id",
        schema: "schema",
        iglu: "contexts_com_snowplowanalytics_snowplow_web_page_1",
        domain_user: "domain_userid",
        tracker: "v_tracker",
        mpid: "mpid",
        environment: "environment",
        pseudo: "user_pseudo_id",
        event_timestamp: "event_timestamp",
        event_params: "event_params",
        site: "idSite",
        visitor: "visitorId",
        actions: "actionDetails",
        app_key: "app_key",
        segmentation: "segmentation",
        batch: "batch",
        events: "events",
        payload: "payload",
        body: "body",
        path: "path",
        endpoint: "endpoint",
    }
}

/// A vendor whose rows are known and not read.
struct Vendor {
    /// What its rows are called.
    rows: &'static str,
    /// Whether a row with these keys is one of them.
    wrote: fn(&Marks<'_>) -> bool,
}

/// The vendors; the first whose keys are there is named.
static VENDORS: &[Vendor] = &[
    Vendor { rows: "Snowplow events", wrote: snowplow },
    Vendor {
        rows: "Amplitude events",
        wrote: |m| {
            m.amplitude.is_some()
                || m.amplitude_export.is_some()
                || m.event_type.is_some()
                    && (m.event_properties.is_some() || m.insert_id.is_some() && m.session.is_some())
        },
    },
    Vendor { rows: "RudderStack calls", wrote: |m| segment(m) && rudder(m) },
    Vendor { rows: "Segment calls", wrote: |m| segment(m) && by_segment(m) },
    Vendor { rows: "Segment or RudderStack calls", wrote: segment },
    Vendor {
        rows: "PostHog events",
        wrote: |m| {
            m.elements.is_some()
                || m.event.is_some() && m.person.is_some()
                || m.event.is_some() && m.uuid.is_some() && m.timestamp.is_some()
                || m.batch.is_some() && m.historical.is_some()
        },
    },
    Vendor {
        rows: "mParticle batches",
        wrote: |m| m.mpid.is_some() || m.events.is_some() && m.environment.is_some() && m.schema.is_none(),
    },
    Vendor {
        rows: "Google Analytics events",
        wrote: |m| m.pseudo.is_some() || m.event_timestamp.is_some() && m.event_params.is_some(),
    },
    Vendor { rows: "Matomo visits", wrote: |m| m.actions.is_some() || m.site.is_some() && m.visitor.is_some() },
    Vendor {
        rows: "Countly requests",
        wrote: |m| m.app_key.is_some() || m.segmentation.is_some() && m.distinct_id.is_none() && m.properties.is_none(),
    },
];

/// Whether a row has what only rows of Mixpanel have; what else stands in it are properties.
fn of_mixpanel(m: &Marks<'_>) -> bool {
    let stamped = |text: &str| text.contains("mp_processing_time_ms") || text.contains("mp_lib");
    m.distinct_id.is_some() && m.time.is_some() || m.properties.is_some_and(stamped)
}

fn snowplow(m: &Marks<'_>) -> bool {
    let schema = m.schema.and_then(json::text);
    schema.is_some_and(|schema| schema.starts_with("iglu:"))
        || m.iglu.is_some()
        || m.domain_user.is_some() && m.tracker.is_some()
}

fn segment(m: &Marks<'_>) -> bool {
    m.message.is_some()
        || m.anonymous.is_some()
        || m.write_key.is_some() && m.batch.is_some()
        || m.anonymous_column.is_some() && (m.original_timestamp.is_some() || m.context_library.is_some())
        || m.context_library.is_some() && m.received.is_some()
}

fn rudder(m: &Marks<'_>) -> bool {
    let names = |value: Option<&str>| value.is_some_and(|text| text.contains("RudderLabs") || text.contains("rudder"));
    names(m.context) || names(m.context_library) || names(m.batch) || m.channel.is_some() && m.context.is_some()
}

fn by_segment(m: &Marks<'_>) -> bool {
    let names = |value: Option<&str>| value.is_some_and(|text| text.contains("analytics"));
    m.write_key.is_some() || names(m.context) || names(m.context_library)
}

/// What the row is called, if it is one of another vendor: itself, or what it carries.
pub(super) fn of(record: &str) -> Option<&'static str> {
    let marks = Marks::read(record).ok()?;
    if of_mixpanel(&marks) {
        return None;
    }
    let own = || VENDORS.iter().find(|vendor| (vendor.wrote)(&marks)).map(|vendor| vendor.rows);
    // A batch says less than what is in it, and a recorded request less than what it carries.
    let inside = [marks.payload, marks.body, marks.batch, marks.events].into_iter().find_map(|value| {
        let value = given(value)?;
        if value.starts_with('{') {
            return of(value);
        }
        members(value).ok()?.into_iter().find_map(of)
    });
    inside.or_else(own).or_else(|| by_address(&marks))
}

/// By the address that a recorded request of no known form went to.
fn by_address(marks: &Marks<'_>) -> Option<&'static str> {
    let path = marks.path.filter(|_| marks.endpoint.is_none()).and_then(json::text)?;
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let known = [
        ("/e", "PostHog events"),
        ("/i/v0/e", "PostHog events"),
        ("/2/httpapi", "Amplitude events"),
        ("/com.snowplowanalytics.snowplow/tp2", "Snowplow events"),
        ("/v1/t", "Segment calls"),
        ("/v1/p", "Segment calls"),
        ("/v1/i", "Segment calls"),
        ("/v1/a", "Segment calls"),
    ];
    known.into_iter().find(|(address, _)| path == *address).map(|(_, rows)| rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_vendor_is_named_by_its_own_keys() {
        for (record, rows) in [
            (r#"{"type":"track","event":"A","messageId":"m","properties":{}}"#, "Segment or RudderStack calls"),
            (r#"{"type":"track","event":"A","userId":"u","anonymousId":"a","writeKey":"k"}"#, "Segment calls"),
            (
                r#"{"type":"track","messageId":"m","context":{"library":{"name":"@segment/analytics-node"}}}"#,
                "Segment calls",
            ),
            (
                r#"{"type":"page","messageId":"m","channel":"web","context":{"library":{"name":"RudderLabs JavaScript SDK"}}}"#,
                "RudderStack calls",
            ),
            (r#"{"writeKey":"k","batch":[{"type":"track","messageId":"m"}]}"#, "Segment or RudderStack calls"),
            (
                r#"{"event":"a","event_text":"A","anonymous_id":"x","original_timestamp":"t"}"#,
                "Segment or RudderStack calls",
            ),
            (
                r#"{"payload":{"type":"track","messageId":"m","properties":{}},"path":"/v1/track"}"#,
                "Segment or RudderStack calls",
            ),
            (r#"{"uuid":"u","event":"A","properties":{},"timestamp":"t","distinct_id":"d"}"#, "PostHog events"),
            (r#"{"event":"A","person_id":"p","properties":{}}"#, "PostHog events"),
            (r#"{"api_key":"k","batch":[{"event":"A","uuid":"u","timestamp":"t"}]}"#, "PostHog events"),
            (r#"{"path":"/e/","payload":null}"#, "PostHog events"),
            (r#"{"event_type":"A","event_properties":{},"user_id":"u","time":1}"#, "Amplitude events"),
            (r#"{"api_key":"k","events":[{"event_type":"A","event_properties":{}}]}"#, "Amplitude events"),
            (r#"{"$amplitude_id":1,"event_type":"A"}"#, "Amplitude events"),
            (
                r#"{"schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4","data":[]}"#,
                "Snowplow events",
            ),
            (r#"{"mpid":"1","events":[]}"#, "mParticle batches"),
            (
                r#"{"event_name":"a","event_timestamp":1,"event_params":[],"user_pseudo_id":"x"}"#,
                "Google Analytics events",
            ),
        ] {
            assert_eq!(of(record), Some(rows), "{record}");
        }
    }

    #[test]
    fn a_row_of_mixpanel_is_no_row_of_another_vendor() {
        for record in [
            r#"{"event":"A","properties":{"time":1,"distinct_id":"d","messageId":"m","anonymousId":"a","uuid":"u"}}"#,
            r#"{"event":"A","distinct_id":"d","time":1,"session_id":"s","insert_id":"i","type":"track","messageId":"m"}"#,
            r#"{"event":"A","properties":{"mp_lib":"web","time":1},"uuid":"u","timestamp":"t"}"#,
            r#"{"received_at_ms":1,"endpoint":"/track","path":"/track/","payload":{"event":"A","properties":{"token":"T"}}}"#,
            r#"{"$distinct_id":"d","$set":{"api_key":"k"}}"#,
            r#"{"name":"A","distinct_id":"d","time":1,"dataset":"$mixpanel","properties":{"timestamp":1}}"#,
            "7",
        ] {
            assert_eq!(of(record), None, "{record}");
        }
    }
}
