//! Snowplow: enriched events as lines without a head, as JSON and as rows of a warehouse, and what
//! its trackers send.
//!
//! A row has `user_id` once the user is known, and `domain_userid` from a browser, or the `userId` of
//! its session from an app. No call ties two ids. The event of a page view is called `page_view`, that of a
//! structured event is its action, and that of any other has the name of its schema.
//!
//! Sources: the canonical event model
//! <https://docs.snowplow.io/docs/fundamentals/canonical-event/>, the tracker protocol
//! <https://docs.snowplow.io/docs/events/going-deeper/tracker-protocol/>, the order of columns in
//! `snowplow_analytics_sdk` 0.2.3, and bodies that `browser-tracker` 4.10 sent.

use std::borrow::Cow;

use super::super::grid::Row;
use super::super::object::{Fielded, Object, begin_field, complaint, fields, given, members};
use super::super::payload;
use super::row::{Text, flat, id, object_in, part_of, text, time};
use super::{Call, Flat, Marks, Vendor};
use crate::model::{Verb, json};

/// Snowplow.
pub(super) struct Snowplow;

/// Where [`Snowplow::lay_flat`] keeps the data of an event that describes itself.
const DATA: &str = "event_data";

impl Vendor for Snowplow {
    fn name(&self) -> &'static str {
        "Snowplow"
    }

    fn rows(&self) -> &'static str {
        "Snowplow events"
    }

    fn recognises(&self, m: &Marks<'_>) -> bool {
        let is_sent = |kind: &str| KINDS.iter().any(|(short, _)| *short == kind);
        let schema = m.schema.and_then(json::text);
        schema.is_some_and(|schema| schema.starts_with("iglu:") && schema.contains("/payload_data/"))
            || m.iglu.is_some()
            || m.domain_user.is_some() && m.tracker.is_some()
            || m.event_id.is_some()
                && (m.collected.is_some() || m.domain_user.is_some() && (m.event.is_some() || m.event_name.is_some()))
            || m.e.and_then(json::text).is_some_and(|kind| is_sent(&kind)) && (m.tv.is_some() || m.eid.is_some())
    }

    fn paths(&self) -> &'static [&'static str] {
        &["/com.snowplowanalytics.snowplow/tp2"]
    }

    fn properties(&self) -> &'static str {
        DATA
    }

    fn fields(&self) -> &'static [&'static str] {
        Fields::KEYS
    }

    fn texts(&self) -> &'static [&'static str] {
        &["user_id", "domain_userid", "network_userid", "event_id", "domain_sessionid", "user_fingerprint"]
    }

    fn columns_of(&self, line: &str) -> Option<Vec<&'static str>> {
        let cells: Vec<&str> = line.split('\t').collect();
        let cell = |name: &str| COLUMNS.iter().position(|column| *column == name).and_then(|at| cells.get(at).copied());
        let is_kind = KINDS.iter().any(|(_, kind)| Some(*kind) == cell("event"));
        let is_event = is_kind
            && cell("collector_tstamp").and_then(json::time_text).is_some()
            && cell("event_id")
                .is_some_and(|id| id.len() == 36 && id.bytes().filter(|byte| *byte == b'-').count() == 4);
        // Columns were added at the end; a line of fewer is of an earlier version.
        (is_event && (FEWEST..=COLUMNS.len()).contains(&cells.len()))
            .then(|| COLUMNS.iter().copied().take(cells.len()).collect())
    }

    fn carried<'r>(&self, record: &Object<'r>) -> Option<Vec<Row<'r>>> {
        let Payload { schema, data } = Payload::of(record).ok()?;
        let is_payload = schema.and_then(json::text)?.contains("/payload_data/");
        let rows = members(data.filter(|_| is_payload)?).ok()?;
        Some(rows.into_iter().map(|row| (row, Cow::Borrowed(row))).collect())
    }

    fn lay_flat(&self, row: &Object<'_>) -> Result<Flat<'static>, String> {
        let mut opened = "{".to_owned();
        let mut add = |key: &str, value: &str| {
            begin_field(&mut opened, key);
            opened.push_str(value);
        };
        row.each(|key, value| match key {
            "ue_pr" | "ue_px" | "unstruct_event" => match described(value) {
                Some((schema, data)) => {
                    add("event_schema", &schema);
                    add(DATA, &data);
                }
                None => add(key, value),
            },
            "cx" => match packed(value) {
                Some(contexts) => add("co", &contexts),
                None => add(key, value),
            },
            _ => add(key, value),
        })
        .map_err(|error| complaint(&error))?;
        opened.push('}');
        let opened = Object::read(&opened).map_err(|error| complaint(&error))?;
        flat(&opened, DATA, Fields::KEYS)
    }

    fn decode<'f>(&self, flat: &'f Flat<'f>) -> Result<Call<'f>, String> {
        let f = Fields::of(flat).map_err(|error| complaint(&error))?;
        let kind = f.e.or(f.event).and_then(json::text).unwrap_or_default();
        let kind = KINDS.iter().find(|(short, long)| *short == kind || *long == kind).map_or(&*kind, |(_, long)| long);
        let named =
            || text(f.event_name).or_else(|| text(f.schema).and_then(|schema| name_of(&schema)).map(Cow::Owned));
        let event = match kind {
            "struct" => text(f.se_action.or(f.se_ac)),
            "unstruct" | "" => named(),
            kind => Some(Cow::Owned(kind.to_owned())),
        };
        let Some(event) = event.or_else(named).or_else(|| given(f.e.or(f.event)).map(|_| Cow::Owned(kind.to_owned())))
        else {
            return Err("has no kind of event (e, event)".to_owned());
        };
        let user = id(f.user_id).or_else(|| id(f.uid));
        let device = [f.domain_userid, f.duid].into_iter().find_map(id).or_else(|| session_user(&f));
        // The cookie of the collector, which a server's requests get anew each time.
        let cookie = || [f.network_userid, f.tnuid, f.nuid].into_iter().find_map(id).filter(|_| user.is_none());
        let size = text(f.res).and_then(|res| {
            let (width, height) = res.split_once('x')?;
            Some([width, height].map(|size| Cow::Owned(size.to_owned())))
        });
        Ok(Call {
            verb: match &*event {
                "page_view" | "screen_view" => Verb::Page,
                _ => Verb::Track,
            },
            time: time(&[f.derived, f.true_tstamp, f.ttm, f.created, f.dtm]),
            arrival: time(&[f.collected]),
            insert_id: text(f.event_id).or_else(|| text(f.eid)),
            library: text(f.v_tracker).or_else(|| text(f.tv)).map(|tracker| part_of(tracker, library_name)),
            parts: [f.os_name, f.br_name.or(f.br_family), f.dvce_type].map(|part| text(part).unwrap_or_default()),
            screen: text(f.width).zip(text(f.height)).map(|(width, height)| [width, height]).or(size),
            device: device.or_else(cookie),
            user,
            event,
            ..Call::default()
        })
    }
}

/// Kinds of events, as trackers send them and as they are called then.
const KINDS: &[(&str, &str)] = &[
    ("pv", "page_view"),
    ("pp", "page_ping"),
    ("se", "struct"),
    ("ue", "unstruct"),
    ("tr", "transaction"),
    ("ti", "transaction_item"),
];

fields! {
    /// A row with the data of its event next to it, as sent or enriched.
    Fields {
        e: "e",
        event: "event",
        event_name: "event_name",
        schema: "event_schema",
        se_ac: "se_ac",
        se_action: "se_action",
        eid: "eid",
        event_id: "event_id",
        uid: "uid",
        user_id: "user_id",
        duid: "duid",
        domain_userid: "domain_userid",
        nuid: "nuid",
        tnuid: "tnuid",
        network_userid: "network_userid",
        dtm: "dtm",
        created: "dvce_created_tstamp",
        ttm: "ttm",
        true_tstamp: "true_tstamp",
        derived: "derived_tstamp",
        collected: "collector_tstamp",
        tv: "tv",
        v_tracker: "v_tracker",
        os_name: "os_name",
        br_name: "br_name",
        br_family: "br_family",
        dvce_type: "dvce_type",
        res: "res",
        width: "dvce_screenwidth",
        height: "dvce_screenheight",
        co: "co",
        contexts: "contexts",
        session: "contexts_com_snowplowanalytics_snowplow_client_session_1",
    }
}

fields! {
    /// Rows as a tracker posts them, or anything that names its schema.
    Payload { schema: "schema", data: "data" }
}

fields! {
    /// The session of an app.
    Session { user: "userId", user_column: "user_id" }
}

/// The schema and the data of an event that describes itself, as JSON texts.
fn described(value: &str) -> Option<(String, String)> {
    let text = object_in(value).map(Cow::into_owned).or_else(|| packed(value))?;
    let outer = Payload::read(&text).ok()?;
    let inner = Payload::read(outer.data?).ok()?;
    // Some loaders keep the inner part alone.
    let named = if inner.schema.is_some() { inner } else { outer };
    let data = named.data.filter(|data| data.starts_with('{')).unwrap_or("{}");
    Some((named.schema?.to_owned(), data.to_owned()))
}

/// An object that was packed as base64.
fn packed(value: &str) -> Option<String> {
    Some(payload::data(&json::text(value)?)?.json)
}

/// `viewed_product` of `iglu:com.acme/viewed_product/jsonschema/1-0-0`.
fn name_of(schema: &str) -> Option<String> {
    schema.strip_prefix("iglu:")?.split('/').nth(1).map(str::to_owned)
}

/// The user that an app's session names, who is its device.
fn session_user<'f>(f: &Fields<'f>) -> Option<Text<'f>> {
    let of = |session: &str| -> Option<Text<'f>> {
        let found = Session::read(session).ok()?;
        id(found.user).or_else(|| id(found.user_column)).map(|user| Cow::Owned(user.into_owned()))
    };
    // A warehouse can have it as a text.
    let text = f.session.filter(|sessions| sessions.starts_with('"')).and_then(json::text);
    if let Some(sessions) = text.as_deref().or(f.session) {
        return members(sessions).ok()?.first().and_then(|session| of(session)).or_else(|| of(sessions));
    }
    let contexts = f.contexts.or(f.co).and_then(object_in)?;
    let list = members(Payload::read(&contexts).ok()?.data?).ok()?;
    list.into_iter().find_map(|context| {
        let Payload { schema, data } = Payload::read(context).ok()?;
        schema?.contains("/client_session/").then(|| of(data?)).flatten()
    })
}

/// The library by the word that [`crate::model::Client`] has for it: `js-4.10.1` is of the web.
fn library_name(tracker: &str) -> &str {
    match tracker.split('-').next().unwrap_or(tracker) {
        "js" => "web",
        "py" => "python",
        "rb" => "ruby",
        "andr" => "android",
        "golang" => "go",
        "net" => "dotnet",
        other => other,
    }
}

/// Columns of a line of the first version that is read.
const FEWEST: usize = 108;

/// The columns of an enriched event, in their order.
#[rustfmt::skip]
const COLUMNS: &[&str] = &[
    "app_id", "platform", "etl_tstamp", "collector_tstamp", "dvce_created_tstamp", "event", "event_id", "txn_id",
    "name_tracker", "v_tracker", "v_collector", "v_etl", "user_id", "user_ipaddress", "user_fingerprint",
    "domain_userid", "domain_sessionidx", "network_userid", "geo_country", "geo_region", "geo_city", "geo_zipcode",
    "geo_latitude", "geo_longitude", "geo_region_name", "ip_isp", "ip_organization", "ip_domain", "ip_netspeed",
    "page_url", "page_title", "page_referrer", "page_urlscheme", "page_urlhost", "page_urlport", "page_urlpath",
    "page_urlquery", "page_urlfragment", "refr_urlscheme", "refr_urlhost", "refr_urlport", "refr_urlpath",
    "refr_urlquery", "refr_urlfragment", "refr_medium", "refr_source", "refr_term", "mkt_medium", "mkt_source",
    "mkt_term", "mkt_content", "mkt_campaign", "contexts", "se_category", "se_action", "se_label", "se_property",
    "se_value", "unstruct_event", "tr_orderid", "tr_affiliation", "tr_total", "tr_tax", "tr_shipping", "tr_city",
    "tr_state", "tr_country", "ti_orderid", "ti_sku", "ti_name", "ti_category", "ti_price", "ti_quantity",
    "pp_xoffset_min", "pp_xoffset_max", "pp_yoffset_min", "pp_yoffset_max", "useragent", "br_name", "br_family",
    "br_version", "br_type", "br_renderengine", "br_lang", "br_features_pdf", "br_features_flash",
    "br_features_java", "br_features_director", "br_features_quicktime", "br_features_realplayer",
    "br_features_windowsmedia", "br_features_gears", "br_features_silverlight", "br_cookies", "br_colordepth",
    "br_viewwidth", "br_viewheight", "os_name", "os_family", "os_manufacturer", "os_timezone", "dvce_type",
    "dvce_ismobile", "dvce_screenwidth", "dvce_screenheight", "doc_charset", "doc_width", "doc_height",
    "tr_currency", "tr_total_base", "tr_tax_base", "tr_shipping_base", "ti_currency", "ti_price_base",
    "base_currency", "geo_timezone", "mkt_clickid", "mkt_network", "etl_tags", "dvce_sent_tstamp",
    "refr_domain_userid", "refr_device_tstamp", "derived_contexts", "domain_sessionid", "derived_tstamp",
    "event_vendor", "event_name", "event_format", "event_version", "event_fingerprint", "true_tstamp",
];

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn of(json: &str) -> Call<'static> {
        Snowplow.decode(&Snowplow.lay_flat(&Object::read(json).unwrap()).unwrap()).unwrap().into_owned()
    }

    #[test]
    fn each_kind_of_event_has_its_name() {
        let schema = r#"{\"schema\":\"iglu:com.acme/viewed_product/jsonschema/1-0-0\",\"data\":{\"sku\":\"s\"}}"#;
        let outer = format!(r#"{{\"schema\":\"iglu:x/unstruct_event/jsonschema/1-0-0\",\"data\":{schema}}}"#);
        let screen = outer.replace("viewed_product", "screen_view");
        let packed = URL_SAFE_NO_PAD.encode(outer.replace('\\', ""));
        for (row, event, verb) in [
            (r#""e":"pv","page":"Home""#.to_owned(), "page_view", Verb::Page),
            (r#""e":"pp""#.to_owned(), "page_ping", Verb::Track),
            (r#""e":"se","se_ca":"shop","se_ac":"Home Viewed""#.to_owned(), "Home Viewed", Verb::Track),
            (r#""event":"struct","event_name":"event","se_action":"Buy""#.to_owned(), "Buy", Verb::Track),
            (r#""event":"page_view","event_name":"page_view""#.to_owned(), "page_view", Verb::Page),
            (format!(r#""e":"ue","ue_pr":"{outer}""#), "viewed_product", Verb::Track),
            (format!(r#""e":"ue","ue_px":"{packed}""#), "viewed_product", Verb::Track),
            (format!(r#""event":"unstruct","unstruct_event":"{screen}""#), "screen_view", Verb::Page),
            (r#""event":"unstruct","event_name":"add_to_cart""#.to_owned(), "add_to_cart", Verb::Track),
            (r#""e":"tr","tr_id":"o""#.to_owned(), "transaction", Verb::Track),
        ] {
            let call = of(&format!(r#"{{{row},"eid":"i","uid":"u","duid":"d","dtm":"1561971600000"}}"#));
            assert_eq!((&*call.event, call.verb), (event, verb), "{row}");
            assert_eq!((call.user, call.device), (Some("u".into()), Some("d".into())));
            assert_eq!((call.time, call.insert_id.as_deref()), (Some(1_561_971_600_000), Some("i")));
        }
    }

    #[test]
    fn the_data_of_an_event_are_properties_and_none_of_them_is_an_id() {
        let row = r#"{"e":"ue","uid":"u","ue_pr":"{\"schema\":\"iglu:x/unstruct_event/jsonschema/1-0-0\",\"data\":{\"schema\":\"iglu:a/b/jsonschema/1-0-0\",\"data\":{\"sku\":\"s\",\"user_id\":\"other\"}}}"}"#;
        let flat = Snowplow.lay_flat(&Object::read(row).unwrap()).unwrap();
        assert_eq!(
            flat.text(),
            r#"{"sku":"s","event_data.user_id":"other","e":"ue","uid":"u","event_schema":"iglu:a/b/jsonschema/1-0-0"}"#
        );
        assert_eq!(Snowplow.decode(&flat).unwrap().user, Some("u".into()));
        assert_eq!(Snowplow.lay_flat(&Object::read(flat.text()).unwrap()).unwrap().text(), flat.text());
    }

    #[test]
    fn an_app_has_the_user_of_its_session_for_a_device_and_a_cookie_comes_last() {
        let session = r#"{\"schema\":\"iglu:x/contexts/jsonschema/1-0-0\",\"data\":[{\"schema\":\"iglu:x/client_session/jsonschema/1-0-2\",\"data\":{\"userId\":\"app\"}}]}"#;
        let device = |rest: &str| of(&format!(r#"{{"e":"pv",{rest}}}"#)).device.map(Cow::into_owned);
        assert_eq!(device(&format!(r#""co":"{session}","network_userid":"n""#)).as_deref(), Some("app"));
        assert_eq!(
            device(r#""contexts_com_snowplowanalytics_snowplow_client_session_1":[{"userId":"app"}]"#).as_deref(),
            Some("app")
        );
        assert_eq!(device(r#""network_userid":"n","domain_userid":"d""#).as_deref(), Some("d"));
        assert_eq!(device(r#""network_userid":"n""#).as_deref(), Some("n"));
        assert_eq!(device(r#""network_userid":"n","user_id":"u""#), None);
    }

    #[test]
    fn time_is_the_derived_one_where_there_is_one_and_arrival_that_of_the_collector() {
        let row = of(
            r#"{"event":"page_view","dvce_created_tstamp":"2019-07-01 08:00:00.000","derived_tstamp":"2019-07-01 09:00:00.250","collector_tstamp":"2019-07-01 09:00:01.000"}"#,
        );
        assert_eq!((row.time, row.arrival), (Some(1_561_971_600_250), Some(1_561_971_601_000)));
    }
}
