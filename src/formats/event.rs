//! One event: `{"event": …, "properties": {…}}`, of an export or from the wire (identity.md §4.1, §4.5).

use std::borrow::Cow;

use super::item::Clock;
use super::object::{complaint, excerpt, fields, given, members, one_line};
use crate::model::client::ClientView;
use crate::model::id::DEVICE_PREFIX;
use crate::model::row::{CREATE_ALIAS, IDENTIFY, MERGE};
use crate::model::{Flags, Millis, RowView, Verb, json};

/// Name that the vendor gives to events of an id with too many of them (identity.md L16).
const HOT_SHARD: &str = "$hotshard_events";

fields! {
    /// The properties that say something of time, ids or the program.
    Properties {
        time: "time",
        processed: "mp_processing_time_ms",
        received: "$mp_api_timestamp_ms",
        token: "token",
        distinct_id: "distinct_id",
        feed_id: "$distinct_id",
        device: "$device_id",
        user: "$user_id",
        insert_id: "$insert_id",
        alias: "alias",
        original: "original",
        identified: "$identified_id",
        anon: "$anon_id",
        anon_distinct: "$anon_distinct_id",
        merged: "$distinct_ids",
        before_identity: "$distinct_id_before_identity",
        before_shuffle: "$preshuffle_distinct_id",
        original_event: "mp_original_event_name",
        original_id: "mp_original_distinct_id",
        had_persisted: "$had_persisted_distinct_id",
        import: "$import",
        library: "mp_lib",
        library_new: "$lib",
        system: "$os",
        browser: "$browser",
        model: "$model",
        device_name: "$device",
        width: "$screen_width",
        height: "$screen_height",
    }
}

impl<'a> Properties<'a> {
    /// The field that a key without escapes names.
    ///
    /// By length first: most keys of a row name none, and most of these stop there.
    pub(super) fn slot(&mut self, key: &[u8]) -> Option<&mut Option<&'a str>> {
        Some(match key.len() {
            3 => match key {
                b"$os" => &mut self.system,
                _ => return None,
            },
            4 => match key {
                b"time" => &mut self.time,
                b"$lib" => &mut self.library_new,
                _ => return None,
            },
            5 => match key {
                b"token" => &mut self.token,
                b"alias" => &mut self.alias,
                _ => return None,
            },
            6 => match key {
                b"mp_lib" => &mut self.library,
                b"$model" => &mut self.model,
                _ => return None,
            },
            7 => match key {
                b"$import" => &mut self.import,
                b"$device" => &mut self.device_name,
                _ => return None,
            },
            8 => match key {
                b"$user_id" => &mut self.user,
                b"original" => &mut self.original,
                b"$anon_id" => &mut self.anon,
                b"$browser" => &mut self.browser,
                _ => return None,
            },
            10 => match key {
                b"$device_id" => &mut self.device,
                b"$insert_id" => &mut self.insert_id,
                _ => return None,
            },
            11 => match key {
                b"distinct_id" => &mut self.distinct_id,
                _ => return None,
            },
            12 => match key {
                b"$distinct_id" => &mut self.feed_id,
                _ => return None,
            },
            13 => match key {
                b"$distinct_ids" => &mut self.merged,
                b"$screen_width" => &mut self.width,
                _ => return None,
            },
            14 => match key {
                b"$identified_id" => &mut self.identified,
                b"$screen_height" => &mut self.height,
                _ => return None,
            },
            17 => match key {
                b"$anon_distinct_id" => &mut self.anon_distinct,
                _ => return None,
            },
            20 => match key {
                b"$mp_api_timestamp_ms" => &mut self.received,
                _ => return None,
            },
            21 => match key {
                b"mp_processing_time_ms" => &mut self.processed,
                _ => return None,
            },
            22 => match key {
                b"mp_original_event_name" => &mut self.original_event,
                _ => return None,
            },
            23 => match key {
                b"$preshuffle_distinct_id" => &mut self.before_shuffle,
                b"mp_original_distinct_id" => &mut self.original_id,
                _ => return None,
            },
            26 => match key {
                b"$had_persisted_distinct_id" => &mut self.had_persisted,
                _ => return None,
            },
            28 => match key {
                b"$distinct_id_before_identity" => &mut self.before_identity,
                _ => return None,
            },
            _ => return None,
        })
    }
}

fields! {
    /// A row of a plain copy.
    Copied { columns: "columns" }
}

fields! {
    /// What the columns of a plain copy say, which counts before what the properties say.
    Columns { distinct_id: "distinct_id", time: "time", arrived: "arrived", flags: "flags" }
}

/// What stands around an event.
#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "what is known of a row, each separate from the others")]
pub(super) struct Around {
    /// Line where the event begins, from 1.
    pub(super) line: u64,
    /// When a recorder had it; `None` outside of recorded requests.
    pub(super) arrival: Option<Millis>,
    /// Came by `/import`.
    pub(super) imported: bool,
    /// Its text had to be put right.
    pub(super) repaired: bool,
    /// Known to come from the wire, where `time` is UTC.
    pub(super) wire: bool,
    /// Part of an answer of an API, such as the activity feed.
    pub(super) is_answer: bool,
    /// Known to have no escape in any string that is read here.
    pub(super) is_plain: bool,
    /// Known to come from a tool that writes a zone behind times which are on the project's clock.
    pub(super) on_wall: bool,
    /// A row without a `distinct_id` gets the id that Simplified ID Merge makes of its user or its device.
    pub(super) makes_ids: bool,
}

impl Around {
    /// The text of a string, number or boolean of the event.
    fn text<'a>(&self, token: &'a str) -> Option<Cow<'a, str>> {
        if self.is_plain { json::plain_text(token) } else { json::text(token) }
    }

    /// [`Around::text`], unless it is empty.
    fn id<'a>(&self, token: &'a str) -> Option<Cow<'a, str>> {
        self.text(token).filter(|text| !text.is_empty())
    }
}

/// An event with what a row has no place for.
pub(super) struct Decoded<'a> {
    pub(super) row: RowView<'a>,
    pub(super) project: Option<Cow<'a, str>>,
    pub(super) clock: Clock,
}

/// Reads an event from the texts of its two fields; the error is the reason to reject it.
pub(super) fn decode<'a>(event: Option<&'a str>, properties: &'a str, around: Around) -> Result<Decoded<'a>, String> {
    if !properties.starts_with('{') {
        return Err("its properties are no object".to_owned());
    }
    let p = Properties::read(properties).map_err(|error| complaint(&error))?;
    of_fields(event, one_line(properties), &p, around)
}

/// Reads a row of a plain copy, whose times are UTC; the error is the reason to reject it.
///
/// Where a column only repeats a property, the property stays what is read: an id that was a
/// number is one again.
pub(super) fn copied<'a>(
    whole: &'a str,
    event: Option<&'a str>,
    properties: &'a str,
    line: u64,
) -> Result<Decoded<'a>, String> {
    if !properties.starts_with('{') {
        return Err("its properties are no object".to_owned());
    }
    let read = |error| complaint(&error);
    let columns = Copied::read(whole).map_err(read)?.columns.ok_or("has no columns")?;
    let columns = Columns::read(columns).map_err(read)?;
    let mut p = Properties::read(properties).map_err(read)?;
    if p.distinct_id.and_then(json::id_text) != columns.distinct_id.and_then(json::id_text) {
        p.distinct_id = columns.distinct_id;
    }
    (p.time, p.processed, p.received) = (columns.time, columns.arrived, None);
    let mut decoded = of_fields(event, one_line(properties), &p, Around { line, ..Around::default() })?;
    let bits: u32 = columns.flags.and_then(|text| text.parse().ok()).unwrap_or_default();
    // Whether its arrival is known, the column of it says.
    decoded.row.flags = Flags(decoded.row.flags.0 | bits & !Flags::ARRIVAL_UNKNOWN.0);
    decoded.clock = Clock::Utc;
    Ok(decoded)
}

/// Gives a row of a plain copy the times and the flags that its columns have.
pub(super) fn copy_columns(whole: &str, row: &mut RowView<'_>) -> Result<(), String> {
    let read = |error| complaint(&error);
    let columns = Copied::read(whole).map_err(read)?.columns.ok_or("has no columns")?;
    let columns = Columns::read(columns).map_err(read)?;
    if let Some(time) = columns.time.and_then(json::time) {
        row.time = time;
    }
    row.arrival = columns.arrived.and_then(json::time);
    let bits: u32 = columns.flags.and_then(|text| text.parse().ok()).unwrap_or_default();
    row.flags = Flags(row.flags.0 | bits & !Flags::ARRIVAL_UNKNOWN.0);
    Ok(())
}

/// As [`decode`], when the fields of the properties are known and these are in one line.
pub(super) fn of_fields<'a>(
    event: Option<&'a str>,
    properties: Cow<'a, str>,
    p: &Properties<'a>,
    around: Around,
) -> Result<Decoded<'a>, String> {
    let mut flags = Flags::default();
    if around.repaired {
        flags.set(Flags::REPAIRED);
    }

    let stamped = [p.processed, p.received].into_iter().flatten().find_map(json::time);
    let arrival = stamped.or(around.arrival);
    let time = match (p.time.and_then(json::time), arrival) {
        (Some(time), _) => time,
        (None, Some(arrival)) => {
            flags.set(Flags::TIME_FROM_ARRIVAL);
            arrival
        }
        (None, None) => {
            return Err(match given(p.time) {
                Some(token) => format!("its time cannot be read ({})", excerpt(token, 40)),
                None => "has neither a property `time` nor an arrival".to_owned(),
            });
        }
    };

    let id_of = |token: &'a str| around.id(token);
    let mut event = name(event, &around);
    // Rows of the activity feed may have their id under the name that profiles have for it; in a row
    // that was sent, that is a mistake of the sender.
    let mut id_token =
        if around.is_answer { given(p.distinct_id).or(p.feed_id).or(p.distinct_id) } else { p.distinct_id };
    if event == HOT_SHARD && (given(p.original_event).is_some() || given(p.original_id).is_some()) {
        flags.set(Flags::HOT_SHARD);
        if let Some(original) = given(p.original_event) {
            event = name(Some(original), &around);
        }
        id_token = given(p.original_id).or(id_token);
    }
    let mut id = id_token.and_then(id_of);
    if around.makes_ids && id.is_none() {
        id = p.user.and_then(id_of).or_else(|| {
            let device = p.device.and_then(id_of).map(bare).filter(|id| !id.is_empty())?;
            Some(Cow::Owned(format!("{DEVICE_PREFIX}{device}")))
        });
        if id.is_some() {
            flags.set(Flags::ID_MADE);
        }
    }
    if let Some(token) = id_token.filter(|_| !flags.has(Flags::ID_MADE)) {
        if id.is_none() {
            flags.set(Flags::ID_UNUSABLE);
        } else if !token.starts_with('"') {
            flags.set(Flags::ID_NOT_TEXT);
        }
    }

    let verb = verb(&event, p, id.as_ref(), &around);
    if matches!(verb, Verb::Alias { by_original: true, .. }) {
        flags.set(Flags::BY_ORIGINAL);
    }
    let insert_id = p.insert_id.and_then(id_of);
    if insert_id.is_some() {
        flags.set(Flags::HAS_INSERT_ID);
    }
    if around.imported || p.import.is_some_and(says_yes) {
        flags.set(Flags::IMPORTED);
    }
    if p.had_persisted.is_some_and(says_yes) {
        flags.set(Flags::HAD_PERSISTED);
    }

    let project = p.token.and_then(id_of);
    // A real export has the server's stamp and no token; the wire has it the other way round.
    // A time that names its zone is on no other clock.
    let is_zoned = !around.on_wall && p.time.is_some_and(json::names_its_zone);
    let is_utc = around.wire || is_zoned || project.is_some() && stamped.is_none();
    let clock = if is_utc { Clock::Utc } else { Clock::Project };
    let row = RowView {
        id,
        time,
        arrival,
        device: p.device.and_then(id_of).map(bare).filter(|id| !id.is_empty()),
        user: p.user.and_then(id_of),
        verb,
        previous: [p.before_identity, p.before_shuffle].into_iter().flatten().filter_map(id_of).collect(),
        insert_id,
        client: client(p, &around),
        properties,
        line: around.line,
        flags,
        event,
    };
    Ok(Decoded { row, project, clock })
}

/// Whether a value is true, also as tools write it that make a text or a number of it.
fn says_yes(token: &str) -> bool {
    matches!(token, "true" | "1" | r#""true""# | r#""True""#)
}

/// The ids in a list, also one that a tool made a text of: as JSON, or as Python writes it.
fn ids_in<'a>(list: &'a str, around: &Around) -> Vec<Cow<'a, str>> {
    if let Ok(list) = members(list) {
        return list.into_iter().filter_map(|token| around.id(token)).collect();
    }
    let Some(text) = json::text(list) else { return Vec::new() };
    let is_list = text.starts_with('[') && text.ends_with(']');
    let lists = is_list.then(|| [Cow::Borrowed(&*text), Cow::Owned(text.replace('\'', "\""))]);
    let found = lists.iter().flatten().find_map(|list| {
        let ids = members(list).ok()?;
        Some(ids.into_iter().filter_map(json::id_text).map(|id| Cow::Owned(id.into_owned())).collect())
    });
    found.unwrap_or_default()
}

/// The text of a device id: without one leading `$device:`.
fn bare(id: Cow<'_, str>) -> Cow<'_, str> {
    match id {
        Cow::Borrowed(text) => Cow::Borrowed(text.strip_prefix(DEVICE_PREFIX).unwrap_or(text)),
        Cow::Owned(text) => match text.strip_prefix(DEVICE_PREFIX) {
            Some(bare) => Cow::Owned(bare.to_owned()),
            None => Cow::Owned(text),
        },
    }
}

/// The name: text of a string, number or boolean; of an object or array its JSON; `""` of nothing.
fn name<'a>(token: Option<&'a str>, around: &Around) -> Cow<'a, str> {
    match given(token) {
        None => Cow::Borrowed(""),
        Some(token) => around.text(token).unwrap_or_else(|| one_line(token)),
    }
}

fn verb<'a>(event: &str, p: &Properties<'a>, id: Option<&Cow<'a, str>>, around: &Around) -> Verb<Cow<'a, str>> {
    let id_of = |token: &'a str| around.id(token);
    match event {
        CREATE_ALIAS => {
            let original = p.original.and_then(id_of);
            let by_original = original.is_some() && original.as_ref() != id;
            let target = original.or_else(|| id.cloned());
            Verb::Alias { alias: p.alias.and_then(id_of), target, by_original }
        }
        IDENTIFY => Verb::Identify {
            identified: p.identified.and_then(id_of).or_else(|| id.cloned()),
            anon: [p.anon, p.anon_distinct].into_iter().flatten().find_map(id_of),
        },
        MERGE => Verb::Merge { ids: given(p.merged).map(|list| ids_in(list, around)).unwrap_or_default() },
        _ => Verb::Track,
    }
}

fn client<'a>(p: &Properties<'a>, around: &Around) -> Option<ClientView<'a>> {
    let text = |token: Option<&'a str>| token.and_then(|token| around.id(token));
    let screen = text(p.width).zip(text(p.height)).map(|(width, height)| [width, height]);
    let system = text(p.system).unwrap_or_default();
    let browser = text(p.browser).unwrap_or_default();
    let model = text(p.model).or_else(|| text(p.device_name)).unwrap_or_default();
    let library = text(p.library).or_else(|| text(p.library_new));
    ClientView::of(library, [system, browser, model], screen)
}
