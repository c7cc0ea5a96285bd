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
        (
            r#"{"type":"track","messageId":"m","channel":"client","writeKey":"k","context":{"library":{"name":"analytics.js"}}}"#,
            "Segment calls",
        ),
        (r#"{"type":"track","messageId":"m","channel":"server","rudderId":"r","context":{}}"#, "RudderStack calls"),
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
        (r#"{"api_key":"k","event":"A","distinct_id":"d","timestamp":"t"}"#, "PostHog events"),
        (r#"{"distinct_id":"d","person_id":"p","properties":"{}"}"#, "PostHog events"),
        (r#"{"amplitude_id":2,"merged_amplitude_id":1,"merge_time":1}"#, "Amplitude merged ids"),
        (r#"{"amplitude_id":2,"merged_amplitude_id":null,"event_type":"A"}"#, "Amplitude events"),
        (r#"{"event_type":"A","event_properties":{},"user_id":"u","time":1}"#, "Amplitude events"),
        (r#"{"api_key":"k","events":[{"event_type":"A","event_properties":{}}]}"#, "Amplitude events"),
        (r#"{"$amplitude_id":1,"event_type":"A"}"#, "Amplitude events"),
        (
            r#"{"schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4","data":[]}"#,
            "Snowplow events",
        ),
        (r#"{"path":"/i","query":{"e":"pv","tv":"js-4.10.1","duid":"d"},"payload":null}"#, "Snowplow events"),
        (r#"{"EVENT_ID":"i","COLLECTOR_TSTAMP":"t","EVENT":"page_view"}"#, "Snowplow events"),
        (r#"{"mpid":"1","events":[]}"#, "mParticle batches"),
        (r#"{"events":[{"event_type":"session_start","data":{}}],"environment":"production"}"#, "mParticle batches"),
        (r#"{"client_sdk":{},"known_identities":{"device_application_stamp":"d"}}"#, "mParticle batches"),
        (r#"{"ANONYMOUS_ID":"a","ORIGINAL_TIMESTAMP":"t","EVENT":"x"}"#, "Segment or RudderStack calls"),
        (r#"{"idSite":"1","visitorId":"v","actionDetails":[]}"#, "Matomo visits"),
        (r#"{"path":"/matomo.php","query":{"idsite":"1","rec":"1","url":"u"},"payload":null}"#, "Matomo visits"),
        (r#"{"path":"/matomo.php","payload":{"requests":["?idsite=1&rec=1"]}}"#, "Matomo visits"),
        (r#"{"path":"/i","payload":{"app_key":"k","device_id":"d","events":"[{\"key\":\"A\"}]"}}"#, "Countly requests"),
        (r#"{"path":"/i","query":{"app_key":"k","device_id":"d","begin_session":"1"}}"#, "Countly requests"),
        (
            r#"{"received_at_ms":1,"method":"GET","url":"/i?app_key=k&device_id=d&begin_session=1","body":""}"#,
            "Countly requests",
        ),
        (r#"{"received_at_ms":1,"url":"/i","body":"app_key=k&device_id=d&events=%5B%5D"}"#, "Countly requests"),
        (r#"{"received_at_ms":1,"url":"http://x.test/i?e=pv&tv=node-4.8.0&eid=i"}"#, "Snowplow events"),
        (r#"{"received_at_ms":1,"path":"/matomo.php?idsite=1&rec=1&uid=u","body":""}"#, "Matomo visits"),
        (
            r#"{"api_key":"k","events":[{"event_type":"A","user_id":"u","library":"amplitude-node/1.10.2"}]}"#,
            "Amplitude events",
        ),
        (
            r#"{"type":"track","messageId":"m","channel":"server","originalTimestamp":"t","context":{"library":{"name":"analytics-node"}}}"#,
            "RudderStack calls",
        ),
        // As the SDK for Python sends it, and what Segment keeps of one of its own.
        (
            r#"{"type":"track","messageId":"m","channel":"server","timestamp":"t","userId":"u","context":{"library":{"name":"analytics-python","version":"2.1.9"}}}"#,
            "RudderStack calls",
        ),
        (
            r#"{"type":"track","messageId":"m","channel":"server","timestamp":"t","receivedAt":"t","context":{"library":{"name":"analytics-python"}}}"#,
            "Segment calls",
        ),
        // The SDKs for Java and Go name themselves once a batch.
        (r#"{"type":"track","messageId":"m","channel":"server","timestamp":"t","userId":"u"}"#, "RudderStack calls"),
        (
            r#"{"batch":[{"type":"track","messageId":"m","userId":"u","event":"A"}],"messageId":"b","sentAt":"t","context":{"library":{"name":"analytics-go"}}}"#,
            "Segment calls",
        ),
        (
            r#"{"batch":[{"type":"track","messageId":"m","channel":"server","userId":"u"}],"context":{"library":{"name":"analytics-go"}}}"#,
            "RudderStack calls",
        ),
        (r#"{"path":"/v1/track","payload":{"userId":"u","event":"A"}}"#, "Segment or RudderStack calls"),
        (r#"{"path":"/v1/identify","payload":{"client_sdk":{},"known_identities":{}}}"#, "mParticle batches"),
        // Rows of PostHog's SDKs before each had an id.
        (
            r#"{"event":"A","distinct_id":"d","timestamp":"t","context":{},"properties":{"$lib":"posthog-python","$lib_version":"1.4.9"}}"#,
            "PostHog events",
        ),
        (
            r#"{"event":"A","distinct_id":"d","timestamp":"t","type":"capture","library":"posthog-node","messageId":"node-1","properties":{}}"#,
            "PostHog events",
        ),
        (
            r#"{"event":"$create_alias","type":"alias","distinct_id":"d","messageId":"m","timestamp":"t","library":"posthog-ruby","properties":{"alias":"a"}}"#,
            "PostHog events",
        ),
        (
            r#"{"event":"A","properties":{"$lib":"web","$device_id":"d","distinct_id":"d","$time":1561971600.5,"token":"k"},"offset":7}"#,
            "PostHog events",
        ),
        (
            r#"{"client":"key","e":"[{\"event_type\":\"A\",\"timestamp\":1}]","v":"2","upload_time":"1"}"#,
            "Amplitude events",
        ),
        (
            r#"{"type":"track","messageId":"m","channel":"server","originalTimestamp":"t","receivedAt":"t","context":{"library":{"name":"analytics-node"}}}"#,
            "Segment calls",
        ),
        (r#"{"event_name":"a","event_timestamp":1,"event_params":[],"user_pseudo_id":"x"}"#, "Google Analytics events"),
        // As a server sends them to the HTTP API, a row of a table with few of its columns, and tables without calls.
        (r#"{"batch":[{"type":"track","userId":"u","event":"A","properties":{}}]}"#, "Segment or RudderStack calls"),
        (r#"{"id":"m","user_id":"u","event":"a","event_text":"A","received_at":"t"}"#, "Segment or RudderStack calls"),
        (
            r#"{"id":"u","received_at":"t","uuid_ts":"t","email":"x","context_library_name":"analytics.js"}"#,
            "users or accounts of a Segment or RudderStack warehouse",
        ),
        // Fields in columns, and rows next to what they were sent for.
        (
            r#"{"id":"u","distinct_id":"d","event":"A","timestamp":"t","properties.$lib":"web","properties.$device_id":"d"}"#,
            "PostHog events",
        ),
        (r#"{"*.uuid":"u","*.event":"A","*.timestamp":"t","*.distinct_id":"d"}"#, "PostHog events"),
        (
            r#"{"event":{"uuid":"u","event":"A","distinct_id":"d","timestamp":"t","properties":{}},"person":{}}"#,
            "PostHog events",
        ),
        (
            r#"{"eventType":"page_view","event":{"event_id":"i","collector_tstamp":"t"},"rawEvent":{}}"#,
            "Snowplow events",
        ),
        (r#"{"distinct_id":"d","person_id":"p","is_deleted":0}"#, "pairs of an id and a person of PostHog"),
        (r#"{"event_id":"i","event":"page_view","domain_userid":"d","derived_tstamp":"t"}"#, "Snowplow events"),
        (r#"{"event_id":"i","event_name":"page_view","domain_userid":"d","derived_tstamp":"t"}"#, "Snowplow events"),
        (
            r#"{"idvisit":1,"idsite":1,"idvisitor":"0a1b","visit_first_action_time":"t"}"#,
            "tables of the database of Matomo",
        ),
        (
            r#"{"schema":"iglu:com.snowplowanalytics.snowplow.badrows/schema_violations/jsonschema/2-0-0","data":{}}"#,
            "Snowplow bad rows",
        ),
        (r#"{"line":"CwBk","errors":[],"failure_tstamp":"t"}"#, "Snowplow bad rows"),
        (r#"{"requests":["?idsite=1&rec=1&_id=a"],"token_auth":"x"}"#, "Matomo visits"),
        (r#"{"_id":"x","e":"A","did":"d","uid":"1","ts":1561971600000,"sg":{}}"#, "Countly requests"),
    ] {
        assert_eq!(of(record).map(Vendor::rows), Some(rows), "{record}");
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
        // Addresses without a recorder, and of Mixpanel's own requests.
        r#"{"url":"/i?app_key=k&device_id=d","event":"A","user":"u"}"#,
        r#"{"received_at_ms":1,"url":"/track?ip=0&data=eyJldmVudCI6IkEiLCJwcm9wZXJ0aWVzIjp7fX0","body":""}"#,
        // A property that has the name of one of PostHog's.
        r#"{"event":"A","properties":{"$lib":"web","$device_id":"d","distinct_id":"d","time":1561971600}}"#,
        r#"{"event":"A","properties":{"$lib":"own","plan":"pro"}}"#,
        // A letter and a word that other vendors use.
        r#"{"e":"pv","distinct_id":"d","time":1,"event":"A"}"#,
        r#"{"event":"A","properties":{"time":1,"distinct_id":"d","mpid":"7","event_id":"i"}}"#,
        r#"{"EVENT_NAME":"A","DISTINCT_ID":"d","TIME":1,"EVENT_ID":"i","COLLECTOR_TSTAMP":"t"}"#,
        r#"{"name":"A","distinct_id":"d","time":1,"dataset":"$mixpanel","properties":{"timestamp":1}}"#,
        // A log of an app, people of Amplitude, and rows whose fields are in columns.
        r#"{"type":"page","userId":"u","timestamp":"t"}"#,
        r#"{"amplitude_id":7,"user_id":"u","platform":"Web"}"#,
        r#"{"event":"A","properties.distinct_id":"d","properties.time":1,"properties.$device_id":"d","properties.$lib":"web"}"#,
        "7",
    ] {
        assert!(of(record).is_none(), "{record}");
    }
}
