//! What the first rows of a file are, by what most of them have.
//!
//! Each row is looked at as it would be read: it is a row of events when it has a name, a time and
//! an id (or `properties`, where a row may lack its id), and not because it has a key that rows of
//! events have too. Where most rows are one thing, the file is. A file that only half fits is
//! nothing, and the reason says what was found and what is missing.

mod doubtful;
mod lacking;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

pub(super) use self::doubtful::twice_called;
use self::lacking::{is_word, named};
use super::carrier::{self, Carrier, Opened};
use super::dialect;
use super::event::Properties;
use super::format::Format;
use super::kind::{Kind, is_request, kind_of, takes_no_rows};
use super::object::{each, given};
use super::profile;
use super::rows::Shape;
use super::table;
use super::vendor::{self, By, Vendor};
use crate::model::json;

/// Rows that are looked at.
const ROWS: usize = 400;

/// Keys of a profile that no event has next to its properties.
const PROFILE: &[&str] =
    &["$email", "$name", "$first_name", "$last_name", "$last_seen", "$created", "$phone", "$city", "$distinct_id"];

/// Columns that have an id under another name, in small letters and without signs.
const OTHER_IDS: &[&str] = &[
    "userid",
    "externaluserid",
    "customerid",
    "anonymousid",
    "visitorid",
    "contactid",
    "profileid",
    "clientid",
    "memberid",
    "uid",
];

/// Name of the stream with profiles in taps and connectors of Mixpanel.
const PROFILES_STREAM: &str = "engage";

/// What rows are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) format: Format,
    /// What they are called.
    pub(super) name: &'static str,
    /// How rows of events are written.
    pub(super) events: Shape,
    /// How profiles are written.
    pub(super) profiles: Shape,
    /// They are as Mixpanel itself writes them.
    pub(super) is_raw: bool,
    /// They come in messages.
    pub(super) is_carried: bool,
    /// Columns that are left out, because a tool wrote them for itself.
    pub(super) left_out: Vec<String>,
    /// The vendor that wrote them, if it is another than Mixpanel.
    pub(super) vendor: Option<By>,
    /// No row has a `distinct_id`; its id is what Simplified ID Merge makes of `$user_id` and `$device_id`
    /// (identity.md §3.2).
    pub(super) makes_ids: bool,
}

/// What rows are called whose ids are made.
const MADE_IDS: &str =
    "events without distinct_id, whose ids are $user_id or $device:$device_id as Simplified ID Merge makes them";

/// What one row has of what a row of events needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "what a row has, each without the others")]
struct Has {
    name: bool,
    id: bool,
    time: bool,
    /// A time that is in no known form.
    odd_time: bool,
    /// An object of properties, in which a row may lack its id.
    properties: bool,
    /// It is as an SDK sends it.
    wire: bool,
    /// Ids of a user or a device under the names that Mixpanel gives them, and neither a `distinct_id` nor a sign that
    /// it was sent: a server has given an id to what it stamps, and an SDK to what it sends.
    client: bool,
}

impl Has {
    /// What a row has that is read as `shape`.
    fn of(shape: &Shape, json: &str) -> Option<Self> {
        let row = shape.lift(json).ok()?;
        let p = Properties::read(&row.properties).ok()?;
        let stamp = [p.processed, p.received].into_iter().flatten().find_map(json::time);
        let mut has_properties = false;
        each(json, |key, value| has_properties |= shape.is_properties(key) && given(Some(value)).is_some()).ok()?;
        Some(Self {
            name: given(row.event.as_deref()).and_then(json::text).is_some(),
            id: p.distinct_id.and_then(json::id_text).is_some(),
            // A time that is there and cannot be read is no time, whatever else there is.
            // In a table without one, another column is the time.
            time: given(p.time).map_or(stamp.filter(|_| has_properties), json::time).is_some(),
            odd_time: given(p.time).is_some(),
            properties: has_properties,
            wire: p.token.is_some() && stamp.is_none() && has_properties,
            // `user_id` alone may be anybody's.
            client: p.distinct_id.is_none()
                && stamp.is_none()
                && p.token.is_none()
                && [p.user, p.device].into_iter().flatten().any(|token| json::id_text(token).is_some())
                && ["$user_id", "$device_id"].iter().any(|key| json.contains(key)),
        })
    }

    /// Whether it is an event whose id can be made.
    fn can_have_id_made(self) -> bool {
        self.name && self.time && self.client && !self.id
    }

    fn is_event(self) -> bool {
        self.name && self.time && (self.id || self.properties)
            // The row is one, and what is wrong with it is said when it is read.
            || self.name && self.id && self.odd_time && self.properties
    }
}

/// A row that can be one of events, of profiles or of aliases.
struct Candidate<'a> {
    /// What it stands in: a message, or the row itself.
    record: &'a str,
    json: Cow<'a, str>,
    keys: Vec<String>,
    stream: Option<String>,
    carrier: Option<Carrier>,
}

/// The rows that were looked at.
#[derive(Default)]
struct Seen<'a> {
    /// Rows that are objects, but for messages without one.
    rows: usize,
    candidates: Vec<Candidate<'a>>,
    native: BTreeMap<&'static str, (Format, usize)>,
    /// Requests to endpoints that take no rows, such as those for the flags of a project.
    asking: usize,
    vendors: BTreeMap<&'static str, (By, usize)>,
    carrier: Option<Carrier>,
    /// Rows of a vendor came in messages.
    is_carried: bool,
    /// Keys around rows in messages.
    around: BTreeSet<String>,
}

/// Why rows are nothing that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unfit {
    why: String,
    /// What the rows are is known, and they are not read.
    pub(super) is_final: bool,
}

impl From<Unfit> for String {
    fn from(unfit: Unfit) -> Self {
        unfit.why
    }
}

impl From<String> for Unfit {
    fn from(why: String) -> Self {
        Self { why, is_final: false }
    }
}

impl From<&str> for Unfit {
    fn from(why: &str) -> Self {
        why.to_owned().into()
    }
}

/// What rows are, by their JSON texts; `Ok(None)` when none of them is an object. The error says why
/// they are nothing that is read.
pub(super) fn rows<'a>(records: impl Iterator<Item = &'a str>) -> Result<Option<Found>, Unfit> {
    let mut seen = Seen::default();
    for record in records.filter(|record| record.starts_with('{')).take(ROWS) {
        seen.take(record);
    }
    seen.judge()
}

impl<'a> Seen<'a> {
    fn take(&mut self, record: &'a str) {
        match carrier::open(record) {
            Some(Opened::Silent(carrier)) => {
                self.carrier.get_or_insert(carrier);
            }
            Some(Opened::Elsewhere(_)) => {
                self.carrier.get_or_insert(Carrier::Singer);
            }
            Some(Opened::Row { json, stream, carrier, .. }) => {
                self.carrier = Some(carrier);
                let keys = keys_of(record);
                self.around.extend(keys.into_iter().filter(|key| key.to_ascii_lowercase().starts_with("_airbyte_")));
                self.rows += 1;
                if let Some(vendor) = vendor::of(&json) {
                    self.vendors.entry(vendor.name()).or_insert((By(vendor), 0)).1 += 1;
                    self.is_carried = true;
                    return;
                }
                self.candidate(record, json, stream, Some(carrier));
            }
            None => self.row(record),
        }
    }

    fn row(&mut self, json: &'a str) {
        let Ok(kind) = kind_of(json) else { return };
        self.rows += 1;
        if let Some(vendor) = vendor::of(json) {
            self.vendors.entry(vendor.name()).or_insert((By(vendor), 0)).1 += 1;
            return;
        }
        let native = match kind {
            Some(Kind::Request) if is_request(json) && takes_no_rows(json) => {
                self.asking += 1;
                return;
            }
            Some(Kind::Request) if is_request(json) => Format::Payloads,
            Some(Kind::RecordedUpdate) => Format::ProfileUpdates,
            Some(Kind::Update) if profile::is_update(json) => Format::ProfileUpdates,
            Some(Kind::Page) if profile::is_page(json) => Format::ProfileExport,
            Some(Kind::ExportedProfile) => Format::ProfileExport,
            Some(Kind::Request | Kind::Page | Kind::Event | Kind::Update) | None => {
                return self.candidate(json, Cow::Borrowed(json), None, None);
            }
        };
        self.native.entry(native.name()).or_insert((native, 0)).1 += 1;
    }

    fn candidate(&mut self, record: &'a str, json: Cow<'a, str>, stream: Option<String>, carrier: Option<Carrier>) {
        let keys = keys_of(&json);
        self.candidates.push(Candidate { record, json, keys, stream, carrier });
    }

    /// The keys of the candidates; of those that can be the name of an event only what most have.
    fn keys(&self) -> BTreeSet<&str> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for key in self.candidates.iter().flat_map(|candidate| &candidate.keys) {
            *counts.entry(key).or_default() += 1;
        }
        let most = self.candidates.len().div_ceil(2);
        let is_name = |key: &str| matches!(key, "event" | "event_name" | "mp_event_name" | "name");
        counts.into_iter().filter(|(key, count)| *count >= most || !is_name(key)).map(|(key, _)| key).collect()
    }

    fn judge(mut self) -> Result<Option<Found>, Unfit> {
        // SDKs of each vendor ask for something; what they send says whose they are.
        if self.asking > 0 && self.vendors.is_empty() {
            self.native.entry(Format::Payloads.name()).or_insert((Format::Payloads, 0)).1 += self.asking;
        } else {
            self.rows -= self.asking;
        }
        if self.rows == 0 {
            // Messages whose first rows come later.
            return Ok(self.carrier.map(|carrier| Found {
                name: carrier.name(),
                is_raw: false,
                is_carried: true,
                ..Found::raw(Format::Export)
            }));
        }
        let keys = self.keys();
        let events = Shape::carried(&keys, self.carrier);
        let profiles = Shape::of_profiles(&keys, self.carrier);
        let mut wire = 0;
        let mut plain = 0;
        let mut as_profiles = 0;
        let mut aliases = 0;
        let mut with_id = 0;
        let mut best = Has::default();
        let mut unfit: BTreeSet<&str> = BTreeSet::new();
        let marked = keys.iter().any(|key| profiles.is_profile_key(key, PROFILE));
        let candidates: Vec<(&Candidate<'_>, Has)> = self
            .candidates
            .iter()
            .map(|candidate| (candidate, Has::of(&events, &candidate.json).unwrap_or_default()))
            .collect();
        let made = candidates.iter().filter(|(_, has)| has.can_have_id_made()).count();
        let makes_ids = made * 2 >= self.rows && candidates.iter().all(|(_, has)| !has.id);
        for (Candidate { json, keys, stream, .. }, has) in candidates {
            if has.is_event() || makes_ids && has.can_have_id_made() {
                with_id += usize::from(has.id);
                *(if has.wire { &mut wire } else { &mut plain }) += 1;
            } else if is_profile(&profiles, json, has) && (marked || stream.as_deref() == Some(PROFILES_STREAM)) {
                as_profiles += 1;
            } else if table::is_exact(keys) {
                aliases += 1;
            } else {
                best = best.and_more(has);
                unfit.extend(keys.iter().map(String::as_str));
            }
        }
        let native: usize = self.native.values().map(|(_, count)| count).sum();
        let known = native + wire + plain + as_profiles;
        let strangers: usize = self.vendors.values().map(|(_, count)| count).sum();
        if let Some((By(vendor), count)) = self.most_of_a_form() {
            let others = strangers - count + known;
            if count * 2 >= self.rows && others < count {
                return match vendor::not_read(vendor) {
                    Some(why) => Err(Unfit { why: format!("it {why}"), is_final: true }),
                    None => Ok(Some(Found::of_vendor(vendor, self.is_carried))),
                };
            }
            if known * 2 <= self.rows && (strangers + known) * 2 > self.rows {
                return Err(Unfit { why: self.mixed(known), is_final: true });
            }
        }
        if aliases * 2 > self.rows {
            return Ok(Some(Found::raw(Format::AliasTable)));
        }
        // A row may lack its id; of another tool none has it, and what it has is called otherwise.
        if plain + wire > 0
            && with_id == 0
            && !makes_ids
            && let Some(other) = keys.iter().find(|key| is_other_id(key))
        {
            let proposed = self.proposal();
            let map = proposed.unwrap_or_else(|| match events.name() {
                // The other two are where they are looked for.
                Some(name) if keys.contains("time") && [other, name].iter().all(|key| is_word(key)) => {
                    format!("; if {other} is their id, --map id={other},event={name},time=time reads them")
                }
                _ => format!("; --map reads the id from {other}, if that is it"),
            });
            return Err(format!("its rows have {}, but no id (distinct_id){map}", named(&keys)).into());
        }
        let is_raw = !makes_ids && plain + wire > 0 && keys.iter().all(|key| is_of_raw(key));
        if plain + wire > 0 && with_id == 0 && !makes_ids && !is_raw && !self.mentions_ids() {
            let map = self.proposal().unwrap_or_default();
            return Err(format!("its rows have {}, but no id (distinct_id){map}", named(&keys)).into());
        }
        if known * 2 < self.rows {
            return Err(self.missing(&events, &unfit, best, known).into());
        }
        let from_native = self.native.iter().max_by_key(|(_, (_, count))| *count);
        let own: BTreeSet<String> =
            keys.iter().filter(|key| events.dialect.is_own(key)).map(|key| (*key).to_owned()).collect();
        let left_out =
            own.into_iter().chain(self.around.iter().filter(|key| !key.eq_ignore_ascii_case("_airbyte_data")).cloned());
        let left_out = left_out.chain(keys.contains("").then(|| "a column without a name".to_owned()));
        let left_out: Vec<String> = left_out.collect::<BTreeSet<_>>().into_iter().collect();
        let is_carried = self.candidates.iter().any(|candidate| candidate.carrier.is_some());
        let is_raw = is_raw && !is_carried;
        let most_native = from_native.map_or(0, |(_, (_, count))| *count);
        if let Some(why) = self.doubt(&events, plain + wire > 0, is_raw) {
            return Err(Unfit { why, is_final: true });
        }
        let found = if most_native >= plain.max(wire).max(as_profiles) {
            let (name, (format, _)) = from_native.ok_or("it has no rows")?;
            Found { name, ..Found::raw(*format) }
        } else if as_profiles > plain + wire {
            Found { name: "profiles", is_raw: false, ..Found::raw(Format::ProfileExport) }
        } else if wire > plain && is_raw {
            Found::raw(Format::Payloads)
        } else {
            let name = match (is_raw, makes_ids) {
                (true, _) => Format::Export.name(),
                (false, true) => MADE_IDS,
                (false, false) => events.dialect.name,
            };
            Found { name, is_raw, makes_ids, ..Found::raw(Format::Export) }
        };
        let name = self.carrier.filter(|_| is_carried).map_or(found.name, Carrier::name);
        Ok(Some(Found { name, events, profiles, is_carried, left_out, ..found }))
    }

    /// The vendor of most rows of one form, and how many rows have that form.
    fn most_of_a_form(&self) -> Option<(By, usize)> {
        let counts = self.vendors.values().map(|(vendor, own)| {
            let of_form = self.vendors.values().filter(|(By(other), _)| other.form() == vendor.0.form());
            let all: usize = of_form.map(|(_, count)| count).sum();
            // One row that names its vendor says more than many that do not.
            (all, !vendor.0.is_one_of_several(), *own, *vendor)
        });
        counts.max_by_key(|(all, named, own, _)| (*all, *named, *own)).map(|(all, .., vendor)| (vendor, all))
    }
}

/// Whether a column has an id under another name.
fn is_other_id(key: &str) -> bool {
    let bare: String = key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    OTHER_IDS.contains(&&*bare)
}

impl Has {
    /// What either of two rows has.
    fn and_more(self, other: Self) -> Self {
        Self {
            name: self.name || other.name,
            id: self.id || other.id,
            time: self.time || other.time,
            odd_time: self.odd_time || other.odd_time,
            properties: self.properties || other.properties,
            wire: false,
            client: self.client || other.client,
        }
    }
}

impl Found {
    /// Rows as Mixpanel itself writes them.
    pub(super) fn raw(format: Format) -> Self {
        Self {
            format,
            name: "",
            events: Shape::raw(),
            profiles: Shape::of_profiles(&BTreeSet::from(["distinct_id"]), None),
            is_raw: true,
            is_carried: false,
            left_out: Vec::new(),
            vendor: None,
            makes_ids: false,
        }
    }

    /// Rows of another vendor.
    pub(super) fn of_vendor(vendor: &'static dyn Vendor, is_carried: bool) -> Self {
        Self { name: vendor.rows(), is_raw: false, is_carried, vendor: Some(By(vendor)), ..Self::raw(Format::Vendor) }
    }

    /// Whether a row of a stream is a profile.
    pub(super) fn is_profile(&self, stream: Option<&str>) -> bool {
        match stream {
            Some(PROFILES_STREAM) => true,
            Some("export") => false,
            _ => self.format == Format::ProfileExport,
        }
    }
}

/// What a table with these columns is, by its first rows as objects; the error says why it is
/// nothing that is read.
pub(super) fn table(columns: &[&str], rows_of_it: &[String]) -> Result<Found, String> {
    if let Some(found) = rows(rows_of_it.iter().map(String::as_str)).map_err(|unfit| in_table(columns, &unfit.why))? {
        return Ok(found);
    }
    // Without a row the columns alone say it.
    let value = |column: &str| if column.eq_ignore_ascii_case("properties") { "{}" } else { "1561971600" };
    let empty: Vec<String> =
        columns.iter().map(|column| format!("{}:{}", serde_json::Value::from(*column), value(column))).collect();
    let row = format!("{{{}}}", empty.join(","));
    rows(std::iter::once(row.as_str()))
        .and_then(|found| found.ok_or_else(|| String::new().into()))
        .map_err(|unfit| in_table(columns, &unfit.why))
}

/// The same reason, of a table whose columns have an order.
fn in_table(columns: &[&str], why: &str) -> String {
    let Some((_, lacks)) = why.split_once(", but ") else { return why.to_owned() };
    let shown = columns.iter().copied().take(6).collect::<Vec<_>>().join(", ");
    let more = if columns.len() > 6 { format!(" and {} more", columns.len() - 6) } else { String::new() };
    format!("it is a table with the columns {shown}{more}, but {lacks}")
}

/// Whether a row that is no event is a profile.
fn is_profile(shape: &Shape, json: &str, has: Has) -> bool {
    let has_id = || shape.lift(json).is_ok_and(|row| given(row.event.as_deref()).and_then(json::id_text).is_some());
    let is_wide = std::ptr::eq(shape.dialect, dialect::USERS_OF_HEADLESS);
    // What can be the name of an event is that of a person in some profiles.
    let has_name = has.name && !shape.is_profile_key("name", &["$name"]);
    !has_name && !has.time && (!has.properties || is_wide) && shape.has_name() && has_id()
}

/// Whether the raw export, or an SDK, has this key next to properties.
fn is_of_raw(key: &str) -> bool {
    matches!(key, "event" | "properties" | "$mp_metadata")
}

fn keys_of(json: &str) -> Vec<String> {
    let mut keys = Vec::new();
    // What is wrong with a row is said when it is read.
    let _ = each(json, |key, _| keys.push(key.to_owned()));
    keys
}
