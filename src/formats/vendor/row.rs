//! What a row of any vendor becomes.

use std::borrow::Cow;

use super::super::object::{complaint, each, given};
use super::super::profile;
use crate::model::client::ClientView;
use crate::model::id::DEVICE_PREFIX;
use crate::model::{Flags, Id, Millis, Profile, RowView, Verb, json};

/// One call as a vendor's row has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::formats) struct Call {
    /// Name of the event, or the word of the call where it has none.
    pub(super) event: String,
    /// Which call it is.
    pub(super) verb: Verb,
    /// The known user.
    pub(super) user: Option<Id>,
    /// The anonymous id or the device.
    pub(super) device: Option<Id>,
    /// The one id of vendors that have one, which may be that of a user or of a device.
    pub(super) id: Option<Id>,
    /// When it happened.
    pub(super) time: Option<Millis>,
    /// When the server had it.
    pub(super) arrival: Option<Millis>,
    /// What deliveries of one row have in common.
    pub(super) insert_id: Option<String>,
    /// The program that sent it: library, then system, browser and model.
    pub(super) library: Option<String>,
    pub(super) parts: [String; 3],
    pub(super) screen: Option<[String; 2]>,
    /// JSON object of what the call says of its person.
    pub(super) traits: Option<String>,
}

/// What stands around a row.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::formats) struct Around {
    pub(in crate::formats) line: u64,
    /// When a recorder had it.
    pub(in crate::formats) arrival: Option<Millis>,
    pub(in crate::formats) repaired: bool,
}

impl Call {
    /// The id that the row is stored under: the one it was sent under, else the user, else the
    /// device.
    fn id(&self) -> Option<&Id> {
        [&self.id, &self.user, &self.device].into_iter().find_map(Option::as_ref)
    }

    /// The profile that the call changes, if it says something of a known person.
    pub(in crate::formats) fn profile(&self, around: Around) -> Option<Profile> {
        let traits = self.traits.as_deref().filter(|traits| traits.trim() != "{}")?;
        let id = self.id.as_ref().or(self.user.as_ref())?;
        let name = serde_json::Value::from(id.as_str());
        let update = format!("{{\"$distinct_id\":{name},\"$set\":{traits}}}");
        let (profile, _) = profile::decode(&update, around.line, self.arrival.or(around.arrival)).ok()?;
        let time = self.time.or(profile.time);
        Some(Profile { time, device: self.device.clone(), user: self.user.clone(), ..profile })
    }

    /// The row, with `flat` for its properties; the error is the reason to reject it.
    pub(in crate::formats) fn into_row(self, flat: String, around: Around) -> Result<RowView<'static>, String> {
        let mut flags = Flags::default();
        if around.repaired {
            flags.set(Flags::REPAIRED);
        }
        let arrival = self.arrival.or(around.arrival);
        let time = match (self.time, arrival) {
            (Some(time), _) => time,
            (None, Some(arrival)) => {
                flags.set(Flags::TIME_FROM_ARRIVAL);
                arrival
            }
            (None, None) => {
                return Err("has neither a time nor an arrival where rows of its vendor have them".to_owned());
            }
        };
        if self.insert_id.is_some() {
            flags.set(Flags::HAS_INSERT_ID);
        }
        let own = |id: &Id| -> Cow<'static, str> { Cow::Owned(id.as_str().to_owned()) };
        Ok(RowView {
            id: self.id().map(own),
            time,
            arrival,
            device: self.device.as_ref().map(|device| {
                let bare = device.as_str().strip_prefix(DEVICE_PREFIX).unwrap_or(device.as_str());
                Cow::Owned(bare.to_owned())
            }),
            user: self.user.as_ref().map(own),
            verb: self.verb.map(|id| Cow::Owned(id.as_str().to_owned())),
            previous: Vec::new(),
            insert_id: self.insert_id.map(Cow::Owned),
            client: ClientView::of(
                self.library.map(Cow::Owned),
                self.parts.map(Cow::Owned),
                self.screen.map(|screen| screen.map(Cow::Owned)),
            ),
            properties: Cow::Owned(flat),
            line: around.line,
            flags,
            event: Cow::Owned(self.event),
        })
    }
}

/// The fields of a row next to the properties of its event, as one object.
///
/// Nothing is lost: where both have a field, or the name is one of `own`, the row's keeps it and the
/// event's is called `properties.x`. A row that is laid flat stays as it is.
pub(super) fn flat(row: &str, properties: &str, own: &[&str]) -> Result<String, String> {
    let mut fields: Vec<(String, &str)> = Vec::new();
    let mut inner: Option<Cow<'_, str>> = None;
    each(row, |key, value| {
        let is_inner = key == properties && inner.is_none();
        match object_in(value).filter(|_| is_inner) {
            Some(object) => inner = Some(object),
            None => fields.push((key.to_owned(), value)),
        }
    })
    .map_err(|error| complaint(&error))?;
    let mut text = "{".to_owned();
    let mut add = |key: &str, value: &str| {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&serde_json::Value::from(key).to_string());
        text.push(':');
        text.push_str(&super::super::object::one_line(value));
    };
    if let Some(inner) = &inner {
        each(inner, |key, value| match fields.iter().find(|(known, _)| known == key) {
            Some((_, same)) if *same == value => {}
            None if !own.contains(&key) => add(key, value),
            _ => add(&format!("{properties}.{key}"), value),
        })
        .map_err(|error| complaint(&error))?;
    }
    for (key, value) in &fields {
        add(key, value);
    }
    text.push('}');
    Ok(text)
}

/// An object, also in a string.
pub(super) fn object_in(value: &str) -> Option<Cow<'_, str>> {
    if value.starts_with('{') {
        return Some(Cow::Borrowed(value));
    }
    let text = json::text(value).filter(|_| value.starts_with('"'))?;
    text.trim_start().starts_with('{').then(|| Cow::Owned(text.trim().to_owned()))
}

/// The first of some values that is a time.
pub(super) fn time(values: &[Option<&str>]) -> Option<Millis> {
    values.iter().flatten().find_map(|value| json::time(value))
}

/// The text of a value that is given and not empty.
pub(super) fn text(value: Option<&str>) -> Option<String> {
    given(value).and_then(json::scalar).filter(|text| !text.is_empty())
}

/// The id that a value is.
pub(super) fn id(value: Option<&str>) -> Option<Id> {
    given(value).and_then(json::id)
}

/// A row whose keys are all in capitals, as some warehouses write columns, with small letters instead.
pub(in crate::formats) fn lowered(row: &str) -> Option<String> {
    let first = row.trim_start().strip_prefix('{')?.trim_start().strip_prefix('"')?;
    // The first letter decides most rows.
    if !first.starts_with(|letter: char| letter.is_ascii_uppercase() || matches!(letter, '_' | '$')) {
        return None;
    }
    let mut text = "{".to_owned();
    let (mut is_upper, mut is_lower) = (false, false);
    each(row, |key, value| {
        is_upper |= key.bytes().any(|byte| byte.is_ascii_uppercase());
        is_lower |= key.bytes().any(|byte| byte.is_ascii_lowercase());
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&serde_json::Value::from(key.to_ascii_lowercase()).to_string());
        text.push(':');
        text.push_str(value);
    })
    .ok()?;
    text.push('}');
    (is_upper && !is_lower).then_some(text)
}
