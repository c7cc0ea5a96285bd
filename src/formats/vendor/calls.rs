//! Calls of Segment and RudderStack, which share one form.
//!
//! Bodies of their SDKs, raw logs and webhooks have `userId`, `anonymousId` and `messageId`; tables
//! of a warehouse have the same in columns. `alias` names the new id (`userId`) and the one before
//! (`previousId`); `identify` ties `userId` to `anonymousId`.
//!
//! Sources: the common fields of <https://segment.com/docs/connections/spec/common/> and
//! <https://www.rudderstack.com/docs/event-spec/standard-events/common-fields/>, and bodies that
//! `analytics-next` 1.84, `analytics-node` 3.1 and `analytics-js` 3.34 sent.

mod columns;

use std::borrow::Cow;
use std::sync::LazyLock;

use super::super::object::fields;
use super::direct::Names;
use super::row::{Text, id, object_in, part_of, text, time};
use super::{Call, Flat, Marks, Vendor};
use crate::model::{Verb, json};

/// Segment.
pub(super) struct Segment;

/// RudderStack.
pub(super) struct RudderStack;

/// Rows that either of the two can have written.
pub(super) struct ByEither;

/// The form that all of them write.
const FORM: &str = "calls";

/// Paths that the web SDK of Segment alone sends to.
const PATHS: &[&str] = &["/v1/t", "/v1/p", "/v1/i", "/v1/a", "/v1/g", "/v1/s"];

/// Paths of the HTTP API, which is the same for both.
const API_PATHS: &[&str] = &[
    "/v1/track",
    "/v1/page",
    "/v1/screen",
    "/v1/identify",
    "/v1/alias",
    "/v1/group",
    "/v1/merge",
    "/v1/batch",
    "/v1/import",
];

impl Vendor for Segment {
    fn name(&self) -> &'static str {
        "Segment"
    }

    fn rows(&self) -> &'static str {
        "Segment calls"
    }

    fn form(&self) -> &'static str {
        FORM
    }

    fn recognises(&self, m: &Marks<'_>) -> bool {
        let names = |value: Option<&str>| value.is_some_and(|text| text.contains("analytics"));
        is_call(m) && (m.write_key.is_some() || names(m.context) || names(m.context_library))
            // Some server SDKs name themselves once a batch.
            || m.batch.is_some() && names(m.context)
    }

    fn paths(&self) -> &'static [&'static str] {
        PATHS
    }

    fn fields(&self) -> &'static [&'static str] {
        FIELDS
    }

    fn texts(&self) -> &'static [&'static str] {
        IDS
    }

    fn with_path(&self, body: &str, path: &str) -> Option<String> {
        with_kind(body, path)
    }

    fn names(&self) -> Option<&'static Names> {
        Some(&NAMES)
    }

    fn decode<'f>(&self, flat: &'f Flat<'f>) -> Result<Call<'f>, String> {
        decode(flat)
    }
}

impl Vendor for RudderStack {
    fn name(&self) -> &'static str {
        "RudderStack"
    }

    fn rows(&self) -> &'static str {
        "RudderStack calls"
    }

    fn form(&self) -> &'static str {
        FORM
    }

    fn recognises(&self, m: &Marks<'_>) -> bool {
        let names =
            |value: Option<&str>| value.is_some_and(|text| text.contains("RudderLabs") || text.contains("rudder"));
        let named = names(m.context) || names(m.context_library) || names(m.batch);
        // Logs of Segment have a channel, too: `client` or `server`.
        let channel = m.channel.filter(|_| m.context.is_some() || m.message.is_some()).and_then(json::text);
        // A server SDK of RudderStack sends its channel itself; Segment adds it when it has received a call.
        let as_sent = m.received_of_call.is_none() && m.received.is_none();
        let is_own = channel
            .is_some_and(|channel| matches!(&*channel, "web" | "mobile" | "sources") || channel == "server" && as_sent);
        is_call(m) && (named || is_own || m.rudder.is_some())
    }

    fn fields(&self) -> &'static [&'static str] {
        FIELDS
    }

    fn texts(&self) -> &'static [&'static str] {
        IDS
    }

    fn with_path(&self, body: &str, path: &str) -> Option<String> {
        with_kind(body, path)
    }

    fn names(&self) -> Option<&'static Names> {
        Some(&NAMES)
    }

    fn decode<'f>(&self, flat: &'f Flat<'f>) -> Result<Call<'f>, String> {
        decode(flat)
    }
}

impl Vendor for ByEither {
    fn name(&self) -> &'static str {
        "Segment or RudderStack"
    }

    fn rows(&self) -> &'static str {
        "Segment or RudderStack calls"
    }

    fn form(&self) -> &'static str {
        FORM
    }

    fn recognises(&self, m: &Marks<'_>) -> bool {
        is_call(m)
    }

    fn is_one_of_several(&self) -> bool {
        true
    }

    fn paths(&self) -> &'static [&'static str] {
        API_PATHS
    }

    fn fields(&self) -> &'static [&'static str] {
        FIELDS
    }

    fn texts(&self) -> &'static [&'static str] {
        IDS
    }

    fn with_path(&self, body: &str, path: &str) -> Option<String> {
        with_kind(body, path)
    }

    fn names(&self) -> Option<&'static Names> {
        Some(&NAMES)
    }

    fn decode<'f>(&self, flat: &'f Flat<'f>) -> Result<Call<'f>, String> {
        decode(flat)
    }
}

/// Keys of a call that a property may be called like.
const FIELDS: &[&str] = &[
    "type",
    "event",
    "event_text",
    "name",
    "category",
    "userId",
    "user_id",
    "anonymousId",
    "anonymous_id",
    "previousId",
    "previous_id",
    "groupId",
    "group_id",
    "messageId",
    "id",
    "timestamp",
    "originalTimestamp",
    "original_timestamp",
    "sentAt",
    "receivedAt",
    "received_at",
    "traits",
    "context",
    "context_library_name",
    "mergeProperties",
    "path",
    "url",
];

/// Fields with ids.
const IDS: &[&str] = &[
    "userId",
    "user_id",
    "anonymousId",
    "anonymous_id",
    "previousId",
    "previous_id",
    "groupId",
    "group_id",
    "messageId",
    "id",
];

/// Keys of their rows.
static NAMES: LazyLock<Names> = LazyLock::new(|| Names::of(Fields::KEYS, FIELDS, None));

fn is_call(m: &Marks<'_>) -> bool {
    // PostHog's SDKs for servers began as copies of Segment's and kept some of its keys.
    if super::posthog::is_named(m) {
        return false;
    }
    let is_kind = || m.kind.and_then(json::text).is_some_and(|kind| KINDS.contains(&&*kind));
    let says_more = || {
        [m.properties, m.traits, m.context, m.integrations, m.previous, m.group].into_iter().any(|part| part.is_some())
    };
    m.message.is_some()
        || m.anonymous.is_some()
        // As servers send them to the HTTP API, which adds the rest.
        || m.user_of_call.is_some() && says_more() && is_kind()
        || m.event.is_some() && m.event_text.is_some() && (m.user_column.is_some() || m.anonymous_column.is_some())
        || m.write_key.is_some() && m.batch.is_some()
        || m.anonymous_column.is_some() && (m.original_timestamp.is_some() || m.context_library.is_some())
        || m.context_library.is_some() && m.received.is_some()
}

/// A body with the call that its path names, where it names none itself; `None` for every other body.
fn with_kind(body: &str, path: &str) -> Option<String> {
    let kind = path.split(['?', '#']).next()?.trim_end_matches('/').rsplit('/').next()?;
    let f = Fields::read(body).ok().filter(|f| f.kind.is_none() && KINDS.contains(&kind))?;
    let is_call = f.user.is_some() || f.anonymous.is_some();
    let rest = body.trim_start().strip_prefix('{').filter(|_| is_call)?;
    Some(format!(r#"{{"type":"{kind}",{rest}"#))
}

fields! {
    /// A call, or a row of a warehouse.
    Fields {
        kind: "type",
        event: "event",
        event_text: "event_text",
        name: "name",
        category: "category",
        user: "userId",
        user_column: "user_id",
        anonymous: "anonymousId",
        anonymous_column: "anonymous_id",
        previous: "previousId",
        previous_column: "previous_id",
        group: "groupId",
        group_column: "group_id",
        message: "messageId",
        row: "id",
        timestamp: "timestamp",
        original: "originalTimestamp",
        original_column: "original_timestamp",
        sent: "sentAt",
        received: "receivedAt",
        received_column: "received_at",
        traits: "traits",
        context: "context",
        library_column: "context_library_name",
        system_column: "context_os_name",
        model_column: "context_device_model",
        merged: "mergeProperties",
        path: "path",
        url: "url",
    }
}

fields! {
    /// What is known of the program.
    Context { library: "library", system: "os", device: "device", screen: "screen", traits: "traits" }
}

fields! {
    /// What of a part of the context is read.
    Part { name: "name", model: "model", width: "width", height: "height", kind: "type", value: "value" }
}

fn decode<'f>(flat: &'f Flat<'f>) -> Result<Call<'f>, String> {
    let f = Fields::of(flat).map_err(|error| super::super::object::complaint(&error))?;
    let is_column = f.anonymous.is_none() && f.user.is_none() && f.message.is_none();
    let user = id(f.user).or_else(|| id(f.user_column.filter(|_| is_column)));
    let device = id(f.anonymous).or_else(|| id(f.anonymous_column.filter(|_| is_column)));
    let previous = id(f.previous).or_else(|| id(f.previous_column.filter(|_| is_column)));
    let kind = columns::kind(&f, flat, is_column);
    if is_column && flat.is_part() && matches!(&*kind, "screen" | "identify") {
        return Err("says by all of its columns what it is".to_owned());
    }
    let named = |fields: [Option<&'f str>; 2]| fields.into_iter().find_map(text).unwrap_or_else(|| kind.clone());
    let (event, verb) = match &*kind {
        "track" => {
            let name = [f.event_text.filter(|_| is_column), f.event];
            (name.into_iter().find_map(text).unwrap_or_default(), Verb::Track)
        }
        "page" | "screen" => (named([f.name, f.category]), Verb::Page),
        "identify" => (kind.clone(), Verb::Identify { identified: user.clone(), anon: device.clone() }),
        "group" => (kind.clone(), Verb::Group),
        "alias" => (
            kind.clone(),
            Verb::Alias {
                alias: user.clone(),
                target: previous.clone().or_else(|| device.clone()),
                by_original: false,
            },
        ),
        "merge" => (kind.clone(), Verb::Merge { ids: merged(f.merged) }),
        _ => return Err("is no call of a known type".to_owned()),
    };
    if event.is_empty() {
        return Err("a track call without the name of its event".to_owned());
    }
    let is_described = kind == "identify" && user.is_some();
    let Program { library, system, model, screen, traits } = match f.context.and_then(object_in) {
        None => Program::of("{}", &f, is_described),
        Some(Cow::Borrowed(context)) => Program::of(context, &f, is_described),
        Some(Cow::Owned(context)) => Program::of(&context, &f, is_described).into_owned(),
    };
    let traits = traits.or_else(|| if is_described && is_column { columns::traits(&f, flat) } else { None });
    Ok(Call {
        event,
        verb,
        insert_id: text(f.message).or_else(|| text(f.row.filter(|_| is_column))),
        time: time(&[f.timestamp, f.original, f.original_column, f.sent]),
        arrival: time(&[f.received, f.received_column]),
        library: library.map(|name| part_of(name, library_name)),
        parts: [system.unwrap_or_default(), Cow::Borrowed(""), model.unwrap_or_default()],
        screen,
        traits,
        changes: Vec::new(),
        id: None,
        user,
        device,
    })
}

/// The program that made a call, and what the call says of its person.
struct Program<'f> {
    library: Option<Text<'f>>,
    system: Option<Text<'f>>,
    model: Option<Text<'f>>,
    screen: Option<[Text<'f>; 2]>,
    traits: Option<Text<'f>>,
}

impl<'f> Program<'f> {
    /// By the context of a call and its columns.
    fn of(context: &'f str, f: &Fields<'f>, is_described: bool) -> Self {
        let context = Context::read(context).unwrap_or_default();
        let part = |value: Option<&'f str>| value.and_then(|text| Part::read(text).ok()).unwrap_or_default();
        let screen = part(context.screen);
        // RudderStack has the traits around every later call, too.
        let traits = f.traits.or(context.traits).filter(|_| is_described);
        Self {
            library: text(part(context.library).name.or(f.library_column)),
            system: text(part(context.system).name.or(f.system_column)),
            model: text(part(context.device).model.or(f.model_column)),
            screen: text(screen.width).zip(text(screen.height)).map(|(width, height)| [width, height]),
            traits: traits.and_then(object_in),
        }
    }

    /// The same, which holds on to no text.
    fn into_owned(self) -> Program<'static> {
        let own = |text: Text<'_>| Cow::Owned(text.into_owned());
        Program {
            library: self.library.map(own),
            system: self.system.map(own),
            model: self.model.map(own),
            screen: self.screen.map(|screen| screen.map(own)),
            traits: self.traits.map(own),
        }
    }
}

/// The calls.
const KINDS: &[&str] = &["track", "page", "screen", "identify", "group", "alias", "merge"];

/// The ids of a merge call of RudderStack: a list of `{"type": …, "value": …}`.
fn merged(list: Option<&str>) -> Vec<Text<'_>> {
    let members = list.and_then(|list| super::super::object::members(list).ok()).unwrap_or_default();
    members.into_iter().filter_map(|member| Part::read(member).ok()?.value.and_then(json::id_text)).collect()
}

/// The library by the word that [`crate::model::Client`] has for it.
fn library_name(name: &str) -> &str {
    let mut bare = name;
    for prefix in ["@segment/", "@rudderstack/", "rudder-sdk-", "analytics-"] {
        while let Some(rest) = bare.strip_prefix(prefix) {
            bare = rest;
        }
    }
    match bare {
        "analytics.js" | "RudderLabs JavaScript SDK" | "js" => "web",
        bare => bare,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::object::Object;
    use super::*;
    use crate::model::VerbKind;

    fn of(json: &str) -> Call<'static> {
        Segment.decode(&Segment.lay_flat(&Object::read(json).unwrap()).unwrap()).unwrap().into_owned()
    }

    #[expect(clippy::unnecessary_wraps, reason = "it stands where a row may have a text")]
    fn some(text: &str) -> Option<Text<'_>> {
        Some(text.into())
    }

    #[test]
    fn each_call_has_its_own_verb() {
        let call = |rest: &str| of(&format!(r#"{{"userId":"u","anonymousId":"a","messageId":"m",{rest}}}"#));
        for (rest, event, verb) in [
            (r#""type":"track","event":"Order""#, "Order", Verb::Track),
            (r#""type":"page","name":"Home""#, "Home", Verb::Page),
            (r#""type":"page","name":null,"properties":{"path":"/"}"#, "page", Verb::Page),
            (r#""type":"screen","category":"Shop""#, "Shop", Verb::Page),
            (r#""type":"group","groupId":"g""#, "group", Verb::Group),
            (r#""type":"identify""#, "identify", Verb::Identify { identified: some("u"), anon: some("a") }),
            (
                r#""type":"alias","previousId":"p""#,
                "alias",
                Verb::Alias { alias: some("u"), target: some("p"), by_original: false },
            ),
            (
                r#""type":"merge","mergeProperties":[{"type":"email","value":"x"},{"type":"phone","value":7}]"#,
                "merge",
                Verb::Merge { ids: vec!["x".into(), "7".into()] },
            ),
            // An event whose name is a word of a call.
            (r#""type":"track","event":"identify""#, "identify", Verb::Track),
            (r#""type":"track","event":"$identify""#, "$identify", Verb::Track),
        ] {
            let call = call(rest);
            assert_eq!((&*call.event, call.verb), (event, verb), "{rest}");
            assert_eq!((call.user, call.device, call.insert_id.as_deref()), (some("u"), some("a"), Some("m")));
        }
    }

    #[test]
    fn a_row_of_a_warehouse_is_the_call_of_its_table() {
        let row = |rest: &str| {
            of(&format!(
                r#"{{"id":"m","anonymous_id":"a","user_id":"u","received_at":"2019-07-01T09:00:01Z",
                     "timestamp":"2019-07-01T09:00:00Z","context_library_name":"analytics-python",{rest}}}"#
            ))
        };
        let track = row(r#""event":"order_placed","event_text":"Order Placed","total":5"#);
        assert_eq!((&*track.event, track.verb), ("Order Placed", Verb::Track));
        assert_eq!((track.user, track.device, track.insert_id.as_deref()), (some("u"), some("a"), Some("m")));
        assert_eq!((track.time, track.arrival), (Some(1_561_971_600_000), Some(1_561_971_601_000)));
        assert_eq!(track.library.as_deref(), Some("python"));
        // A property of the event that is called like a field of calls.
        let typed = row(r#""event":"order_placed","event_text":"Order Placed","type":"identify","name":"Lamp""#);
        assert_eq!((&*typed.event, typed.verb), ("Order Placed", Verb::Track));
        assert_eq!(row(r#""path":"/""#).verb, Verb::Page);
        assert_eq!(row(r#""path":null,"url":null"#).verb, Verb::Page);
        // Tables that were put together.
        let others = r#""event":null,"event_text":null,"previous_id":null,"group_id":null,"path":null,"name":null"#;
        let union = |own: &str| row(&format!("{others},{own}")).verb;
        assert_eq!(union(r#""email":"x@example.test""#).kind(), VerbKind::Identify);
        assert_eq!(union(r#""event":"a","email":null"#), Verb::Track);
        assert_eq!(union(r#""previous_id":"p","email":null"#).kind(), VerbKind::Alias);
        let screen = row(r#""name":"Basket","context_app_name":"shop""#);
        assert_eq!((&*screen.event, screen.verb), ("Basket", Verb::Page));
        let person = row(r#""name":"Nora","email":"x@example.test""#);
        assert_eq!(person.verb.kind(), VerbKind::Identify);
        assert_eq!(row(r#""group_id":"g""#).verb, Verb::Group);
        assert_eq!(row(r#""previous_id":"p""#).verb.kind(), VerbKind::Alias);
        assert_eq!(row(r#""email":"x@example.test""#).verb.kind(), VerbKind::Identify);
    }

    #[test]
    fn a_body_without_a_type_is_the_call_of_its_path() {
        let kind = |body: &str, path: &str| with_kind(body, path).map(|body| of(&body).verb.kind());
        let body = r#"{"userId":"u","name":"Home","groupId":"g","event":"A","previousId":"p"}"#;
        for (path, verb) in [
            ("/v1/track", VerbKind::Track),
            ("/v1/page?x=1", VerbKind::Page),
            ("http://x.test/v1/identify/", VerbKind::Identify),
            ("/v1/alias", VerbKind::Alias),
            ("/v1/group", VerbKind::Group),
        ] {
            assert_eq!(kind(body, path), Some(verb), "{path}");
        }
        assert_eq!(kind(body, "/v1/t"), None);
        assert_eq!(kind(r#"{"type":"page","userId":"u"}"#, "/v1/track"), None, "it says what it is");
        assert_eq!(kind(r#"{"batch":[]}"#, "/v1/track"), None);
        assert_eq!(kind(r#"[{"userId":"u"}]"#, "/v1/track"), None);
    }

    #[test]
    fn a_property_that_is_called_like_an_id_is_none() {
        let call =
            of(r#"{"type":"track","event":"A","anonymousId":"a","properties":{"userId":"other","user_id":"x"}}"#);
        assert_eq!((call.user, call.device), (None, some("a")));
    }

    #[test]
    fn a_person_is_described_by_traits_of_a_known_user_alone() {
        let known = of(r#"{"type":"identify","userId":"u","messageId":"m","traits":{"email":"x@example.test"}}"#);
        assert_eq!(known.traits.as_deref(), Some(r#"{"email":"x@example.test"}"#));
        let unknown = of(r#"{"type":"identify","anonymousId":"a","messageId":"m","traits":{"plan":"free"}}"#);
        assert_eq!(unknown.traits, None);
        // In a warehouse they have columns of their own.
        let column = |ids: &str| {
            of(&format!(
                r#"{{"id":"m",{ids}"received_at":"2019-07-01 09:00:01","sent_at":"2019-07-01 09:00:01","uuid_ts":"2019-07-01 09:10:00","timestamp":"2019-07-01 09:00:00","context_library_name":"analytics.js","_fivetran_synced":"x","email":"x@example.test","plan":null,"name":"Nora"}}"#
            ))
        };
        let known = column(r#""user_id":"u","anonymous_id":"a","#);
        assert_eq!(known.traits.as_deref(), Some(r#"{"email":"x@example.test","name":"Nora"}"#));
        assert_eq!(column(r#""anonymous_id":"a","#).traits, None);
    }
}
