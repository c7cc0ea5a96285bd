//! Rows of vendors other than Mixpanel.
//!
//! One list, [`VENDORS`]; a vendor is a file of its own, a line in the list and its tests. Each
//! says by which keys its rows are known, reads one, and says on which clock its times are. Keys
//! are those of the vendors' documents and SDKs; a word that several vendors use, such as `event`
//! or `timestamp`, says nothing alone.
//!
//! Rows keep what they mean to their vendor: which call each is, and the ids as they were sent.
//! What stands around them is the same for all: recorded requests, batches, messages of tools.

pub(super) mod address;
mod amplitude;
mod calls;
mod countly;
mod direct;
mod folded;
mod matomo;
mod mparticle;
mod posthog;
mod row;
mod snowplow;
pub(super) mod stranger;
mod unread;

use std::fmt;

use self::amplitude::Amplitude;
use self::calls::{ByEither, RudderStack, Segment};
use self::countly::Countly;
use self::direct::Names;
pub(super) use self::direct::{Laid, read as directly};
pub(super) use self::folded::{enveloped, folded};
use self::matomo::Matomo;
use self::mparticle::MParticle;
use self::posthog::PostHog;
use self::row::flat;
pub(super) use self::row::{Around, Call, Flat, lowered};
use self::snowplow::Snowplow;
use self::unread::Unread;
use super::grid::Row;
use super::item::Clock;
use super::object::{Object, fields, given, members};
use crate::model::{Id, json};

/// How one vendor of events writes rows.
pub(super) trait Vendor: Sync {
    /// Its name, which files keep.
    fn name(&self) -> &'static str;

    /// What its rows are called.
    fn rows(&self) -> &'static str;

    /// The form of its rows; vendors of one form share files.
    fn form(&self) -> &'static str {
        self.name()
    }

    /// Whether an object with these keys is one of its rows, or carries some.
    fn recognises(&self, marks: &Marks<'_>) -> bool;

    /// Paths that its SDKs send to, for requests whose bodies say nothing.
    fn paths(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether its rows are those of another vendor of its form that they do not name.
    fn is_one_of_several(&self) -> bool {
        false
    }

    /// The body of a request with what its path says of it, where the body does not; `None` where it says
    /// nothing more.
    fn with_path(&self, _body: &str, _path: &str) -> Option<String> {
        None
    }

    /// Key of the object in a row whose fields are the properties of the event.
    fn properties(&self) -> &'static str {
        "properties"
    }

    /// Keys that mean something next to the properties; a property of such a name is none of them.
    fn fields(&self) -> &'static [&'static str];

    /// Columns whose cells are texts in a table, whatever they look like: those of ids.
    fn texts(&self) -> &'static [&'static str] {
        &[]
    }

    /// The columns of a table without a head that it writes, by the first line of one.
    fn columns_of(&self, _line: &str) -> Option<Vec<&'static str>> {
        None
    }

    /// The rows in a record that carries some in a form of its own.
    fn carried<'r>(&self, _record: &Object<'r>) -> Option<Vec<Row<'r>>> {
        None
    }

    /// Whether a record says nothing of a person, such as a question for settings.
    fn is_silent(&self, _record: &Object<'_>) -> bool {
        false
    }

    /// The row as [`Vendor::decode`] takes it: the fields of its event next to those of the row.
    fn lay_flat(&self, row: &Object<'_>) -> Result<Flat<'static>, String> {
        flat(row, self.properties(), self.fields())
    }

    /// The keys of its rows, if what has `properties` and none of [`Wrapped`] is nothing but a row.
    fn names(&self) -> Option<&'static Names> {
        None
    }

    /// Reads a row that was laid [`flat`]; the error is the reason to reject it.
    fn decode<'f>(&self, flat: &'f Flat<'f>) -> Result<Call<'f>, String>;

    /// The ids and the properties of a person, if the row is one and no event.
    fn person(&self, _row: &Object<'_>) -> Option<(Vec<Id>, String)> {
        None
    }

    /// Whose clock times without a zone are on.
    fn clock(&self) -> Clock {
        Clock::Utc
    }

    /// What to do with its files instead, where rows are recognised and not read.
    fn advice(&self) -> Option<&'static str> {
        None
    }
}

/// The vendors; the first whose keys are there wrote the row.
pub(super) static VENDORS: &[&dyn Vendor] = &[
    &Unread::SNOWPLOW_BAD_ROWS,
    &Snowplow,
    &Unread::AMPLITUDE_MERGES,
    &Amplitude,
    &Unread::PEOPLE_OF_CALLS,
    &RudderStack,
    &Segment,
    &ByEither,
    &PostHog,
    &Unread::POSTHOG_IDS,
    &MParticle,
    &Unread::MATOMO_LOGS,
    &Matomo,
    &Countly,
    &Unread::GOOGLE_ANALYTICS,
];

/// One of [`VENDORS`], which is the same as another of its name.
#[derive(Clone, Copy)]
pub(super) struct By(pub(super) &'static dyn Vendor);

impl fmt::Debug for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl PartialEq for By {
    fn eq(&self, other: &Self) -> bool {
        self.0.name() == other.0.name()
    }
}

impl Eq for By {}

fields! {
    /// Keys that distinguish vendors, in payloads, in exports and in tables of a warehouse.
    Marks {
        kind: "type",
        event: "event",
        event_name: "event_name",
        visit: "idvisit",
        visitor_of_log: "idvisitor",
        uuid: "uuid",
        timestamp: "timestamp",
        time: "time",
        distinct_id: "distinct_id",
        distinct_ids: "distinct_ids",
        properties: "properties",
        person: "person_id",
        requests: "requests",
        enveloped: "message",
        drill_device: "did",
        drill_time: "ts",
        drill_data: "sg",
        elements: "elements_chain",
        message: "messageId",
        anonymous: "anonymousId",
        user_of_call: "userId",
        previous: "previousId",
        group: "groupId",
        traits: "traits",
        integrations: "integrations",
        event_text: "event_text",
        user_column: "user_id",
        row: "id",
        loaded: "uuid_ts",
        anonymous_column: "anonymous_id",
        original_timestamp: "original_timestamp",
        context: "context",
        context_library: "context_library_name",
        received: "received_at",
        received_of_call: "receivedAt",
        original: "originalTimestamp",
        channel: "channel",
        rudder: "rudderId",
        write_key: "writeKey",
        api_key: "api_key",
        historical: "historical_migration",
        amplitude: "amplitude_id",
        amplitude_merged: "merged_amplitude_id",
        amplitude_export: "$amplitude_id",
        event_type: "event_type",
        event_properties: "event_properties",
        insert_id: "insert_id",
        session: "session_id",
        schema: "schema",
        iglu: "contexts_com_snowplowanalytics_snowplow_web_page_1",
        domain_user: "domain_userid",
        tracker: "v_tracker",
        collected: "collector_tstamp",
        event_id: "event_id",
        e: "e",
        tv: "tv",
        eid: "eid",
        mpid: "mpid",
        known_identities: "known_identities",
        client_sdk: "client_sdk",
        request_type: "request_type",
        environment: "environment",
        pseudo: "user_pseudo_id",
        event_timestamp: "event_timestamp",
        event_params: "event_params",
        site: "idSite",
        site_of_request: "idsite",
        is_recorded: "rec",
        visitor: "visitorId",
        actions: "actionDetails",
        app_key: "app_key",
        segmentation: "segmentation",
        batch: "batch",
        events: "events",
        data: "data",
        errors: "errors",
        failed: "failure_tstamp",
        payload: "payload",
        body: "body",
        query: "query",
        path: "path",
        endpoint: "endpoint",
        url: "url",
        recorded: "received_at_ms",
        library: "library",
        client: "client",
        token: "token",
        identification: "identification",
    }
}

fields! {
    /// What carries rows of other vendors: a recorded request, a batch.
    Wrapped {
        recorded: "received_at_ms",
        path: "path",
        url: "url",
        endpoint: "endpoint",
        status: "response_status",
        refused: "refused",
        payload: "payload",
        body: "body",
        query: "query",
        batch: "batch",
        events: "events",
    }
}

/// Whether a row has what only rows of Mixpanel have; what else stands in it are properties.
fn of_mixpanel(m: &Marks<'_>) -> bool {
    let stamped = |text: &str| text.contains("mp_processing_time_ms") || text.contains("mp_lib");
    given(m.distinct_id).is_some() && given(m.time).is_some() || m.properties.is_some_and(stamped)
}

/// Whose row it is, if it is one of another vendor: itself, or what it carries.
pub(super) fn of(record: &str) -> Option<&'static dyn Vendor> {
    let marks = Marks::read(record).ok()?;
    if of_mixpanel(&marks) {
        return None;
    }
    let own = || VENDORS.iter().copied().find(|vendor| vendor.recognises(&marks));
    // A batch says less than what is in it, and a recorded request less than what it carries.
    let envelopes = [marks.event, marks.enveloped].map(|value| value.filter(|value| value.starts_with('{')));
    let carriers = [marks.payload, marks.body, marks.batch, marks.events, marks.query];
    let inside = carriers.into_iter().chain(envelopes).find_map(|value| {
        let value = given(value)?;
        // A body can be kept as the text that it was.
        let text = json::text(value).filter(|_| value.starts_with('"'));
        let value = text.as_deref().unwrap_or(value);
        match value.as_bytes().first()? {
            b'{' => of(value),
            b'[' => members(value).ok()?.into_iter().find_map(of),
            _ => of(&address::said(value)?),
        }
    });
    // A batch can name its vendor where its rows do not.
    inside
        .map(|vendor| match own() {
            Some(named) if vendor.is_one_of_several() && marks.context.is_some() && named.form() == vendor.form() => {
                named
            }
            _ => vendor,
        })
        .or_else(own)
        .or_else(|| of(&in_address(&marks)?))
        .or_else(|| by_path(&marks))
        .or_else(|| of(&lowered(record)?))
        .or_else(|| of(&folded(&Object::read(record).ok()?)?))
}

/// Whether an object is a row of a vendor itself, whatever it carries.
pub(super) fn is_row(object: &Object<'_>) -> bool {
    Marks::of(object).is_ok_and(|marks| VENDORS.iter().any(|vendor| vendor.recognises(&marks)))
}

/// What a recorded request says in its address.
fn in_address(marks: &Marks<'_>) -> Option<String> {
    marks.recorded?;
    asked([marks.url, marks.path, marks.endpoint])
}

/// What the first of some addresses with a query says in it; they are JSON texts.
pub(super) fn asked<const N: usize>(addresses: [Option<&str>; N]) -> Option<String> {
    let query = |address: &str| {
        let address = json::text(address)?;
        address.contains('?').then(|| address::said(&address)).flatten()
    };
    addresses.into_iter().flatten().find_map(query)
}

/// The name of the vendor whose rows a record has, if it is another than Mixpanel.
pub fn vendor_of(record: &str) -> Option<&'static str> {
    of(record).map(Vendor::name)
}

/// The columns of a table without a head, and whose rows it has, by its first line.
pub(super) fn headless(line: &str) -> Option<(&'static dyn Vendor, Vec<&'static str>)> {
    VENDORS.iter().find_map(|vendor| Some((*vendor, vendor.columns_of(line)?)))
}

/// By the path that a recorded request of no known form went to.
fn by_path(marks: &Marks<'_>) -> Option<&'static dyn Vendor> {
    let path = marks.path.filter(|_| marks.endpoint.is_none()).and_then(json::text)?;
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    VENDORS.iter().copied().find(|vendor| vendor.paths().contains(&path))
}

/// Why a file or a row of a vendor is not read; `None` where it is.
pub(super) fn not_read(vendor: &dyn Vendor) -> Option<String> {
    vendor.advice().map(|advice| format!("looks like {}, which are not read yet; {advice}", vendor.rows()))
}

/// The vendor with this name.
pub(super) fn named(name: &str) -> Option<&'static dyn Vendor> {
    VENDORS.iter().copied().find(|vendor| vendor.name() == name)
}

/// What the rows of each vendor are called, and whether they are read.
pub fn known() -> impl Iterator<Item = (&'static str, bool)> {
    VENDORS.iter().map(|vendor| (vendor.rows(), vendor.advice().is_none()))
}

/// What rows of vendors that are read are called, in the order of the list.
pub(super) fn read() -> impl Iterator<Item = &'static str> {
    VENDORS.iter().filter(|vendor| vendor.advice().is_none()).map(|vendor| vendor.rows())
}

#[cfg(test)]
mod tests;
