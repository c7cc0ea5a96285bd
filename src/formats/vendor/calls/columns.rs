//! Calls as rows of a warehouse, where a table has one kind of call and the fields of a call are columns.
//!
//! Sources: <https://segment.com/docs/connections/storage/warehouses/schema/> and
//! <https://www.rudderstack.com/docs/destinations/warehouse-destinations/warehouse-schema/>.

use super::super::super::object::{Fielded, begin_field, given};
use super::super::Flat;
use super::{FIELDS, Fields, KINDS, Text, text};

/// Columns that say of a person what no page, screen or event has: of a row with a `name` and no address, these
/// make it an identify call, and a screen is all others.
const OF_PEOPLE: &[&str] = &[
    "email",
    "phone",
    "first_name",
    "last_name",
    "firstname",
    "lastname",
    "username",
    "avatar",
    "birthday",
    "gender",
    "age",
    "created_at",
    "company",
    "address",
];

/// Columns next to those of the call itself, which a warehouse or the way to it adds.
const ADDED: &[&str] = &["uuid", "uuid_ts", "sent_at", "channel", "version", "loaded_at", "request_ip"];

/// Which call a row is, whose table says it and whose columns do.
pub(super) fn kind<'f>(f: &Fields<'f>, flat: &'f Flat<'f>, is_column: bool) -> Text<'f> {
    // Tables of events have a column for each property, and `type` may be one.
    if is_column && given(f.event_text).is_some() {
        return "track".into();
    }
    written(f).unwrap_or_else(|| by_columns(f, flat).into())
}

/// The kind of call that a row names itself.
fn written<'f>(f: &Fields<'f>) -> Option<Text<'f>> {
    text(f.kind).filter(|kind| KINDS.contains(&&**kind))
}

fn by_columns(f: &Fields<'_>, flat: &Flat<'_>) -> &'static str {
    // Where tables are put together, a row has columns of others, with nothing in them.
    let has = |fields: [Option<&str>; 2]| fields.into_iter().any(|field| given(field).is_some());
    if has([f.event, f.event_text]) {
        "track"
    } else if has([f.previous, f.previous_column]) {
        "alias"
    } else if has([f.group, f.group_column]) {
        "group"
    } else if has([f.path, f.url]) || (f.path.is_some() || f.url.is_some()) && !is_of_person(flat) {
        "page"
    } else if given(f.name).is_some() && !is_of_person(flat) {
        "screen"
    } else {
        "identify"
    }
}

fn is_of_person(flat: &Flat<'_>) -> bool {
    let mut is_one = false;
    // What is wrong with a row is said when it is read.
    let _ = flat.each(|key, value| is_one |= OF_PEOPLE.contains(&key) && given(Some(value)).is_some());
    is_one
}

/// What a row of a table of identify calls says of its person, which has columns of its own.
pub(super) fn traits<'f>(f: &Fields<'f>, flat: &'f Flat<'f>) -> Option<Text<'f>> {
    if written(f).is_some() {
        return None;
    }
    let mut traits = "{".to_owned();
    flat.each(|key, value| {
        let is_own = FIELDS.contains(&key) && key != "name" || ADDED.contains(&key);
        // Tools begin the names of their own columns so.
        let is_added = is_own || key.starts_with("context_") || key.starts_with('_');
        if is_added || given(Some(value)).is_none() {
            return;
        }
        begin_field(&mut traits, key);
        traits.push_str(value);
    })
    .ok()?;
    traits.push('}');
    Some(traits.into())
}
