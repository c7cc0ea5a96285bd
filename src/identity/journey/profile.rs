//! The profile of a user: what its updates come to.
//!
//! Updates follow the same lookup table as rows (identity.md L8): one that arrives under an alias
//! after its call goes to the profile of the root, an earlier one, or one that asks not to be looked
//! up, stays with the id it names. So a user can have more than one profile, and the vendor's page
//! of the user shows the first of them alone.

use serde_json::{Map, Value};

use super::{Journey, Verdict};
use crate::model::facts::Source;
use crate::model::stored::StoredProfile;
use crate::model::{Id, Millis};

/// What the updates of one id come to.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The id it is stored under.
    pub stored_under: Id,
    /// Its properties, in the order in which they were first set.
    pub properties: Vec<Property>,
    /// When the last update was made; `None` where none says so.
    pub updated: Option<Millis>,
    /// Place of the last update.
    pub source: Source,
    /// Number of updates.
    pub updates: usize,
}

/// One property of a profile.
#[derive(Clone, Debug)]
pub struct Property {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// The update that gave it this value: its time.
    pub time: Option<Millis>,
    /// The update that gave it this value: its place.
    pub source: Source,
    /// The value that it had before this one; `None` where this is the first.
    pub before: Option<Value>,
}

impl Property {
    /// The value as text: what a string says, JSON for all else.
    pub fn text(&self) -> String {
        text(&self.value)
    }

    /// What it was before, as text.
    pub fn text_before(&self) -> Option<String> {
        self.before.as_ref().map(text)
    }

    /// Whether an SDK sets it by itself: it tells of a client and not of the person.
    pub fn is_of_client(&self) -> bool {
        self.name.starts_with('$') && !PERSON.contains(&self.name.as_str())
    }

    fn rank(&self) -> usize {
        let known = PERSON.iter().position(|name| *name == self.name);
        known.unwrap_or(PERSON.len() + usize::from(self.name.starts_with('$')))
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Properties that name a person.
const PERSON: &[&str] = &[
    "$name",
    "name",
    "$first_name",
    "$last_name",
    "$email",
    "email",
    "$phone",
    "phone",
    "$username",
    "username",
    "$avatar",
    "plan",
    "$created",
    "created",
    "$last_seen",
    "last_seen",
];
/// Properties that hold the whole name of a person, the best first.
const NAMES: &[&str] = &["name", "fullname", "displayname"];
/// Properties that hold a part of it, in the order in which they are written.
const PARTS: &[&str] = &["firstname", "lastname"];
/// Properties that hold an address, the best first.
const ADDRESSES: &[&str] = &["email", "emailaddress", "phone", "phonenumber", "username"];

impl Profile {
    /// The value of a property.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.properties.iter().find(|property| property.name == name).map(|property| &property.value)
    }

    /// The name of the person that it says.
    pub fn full_name(&self) -> Option<String> {
        full_name(&self.pairs())
    }

    /// The address of the person that it says.
    pub fn address(&self) -> Option<String> {
        address(&self.pairs())
    }

    fn pairs(&self) -> Vec<(&str, &Value)> {
        self.properties.iter().map(|property| (property.name.as_str(), &property.value)).collect()
    }

    /// The properties, who it is first, then what the team set, then what SDKs set by themselves.
    pub fn by_importance(&self) -> Vec<&Property> {
        let mut properties: Vec<&Property> = self.properties.iter().collect();
        properties.sort_by_key(|property| property.rank());
        properties
    }

    /// The properties by importance without those that SDKs set by themselves.
    pub fn of_person(&self) -> impl Iterator<Item = &Property> {
        self.by_importance().into_iter().filter(|property| !property.is_of_client())
    }

    /// The properties that SDKs set by themselves.
    pub fn of_client(&self) -> impl Iterator<Item = &Property> {
        self.by_importance().into_iter().filter(|property| property.is_of_client())
    }

    fn of_nothing(stored_under: &Id, first: &StoredProfile) -> Self {
        let (stored_under, source) = (stored_under.clone(), first.source.clone());
        Self { stored_under, properties: Vec::new(), updated: None, source, updates: 0 }
    }

    fn put(&mut self, name: &str, value: Value, update: &StoredProfile) {
        let mut property = Property {
            name: name.to_owned(),
            value,
            time: update.time.or(update.arrived),
            source: update.source.clone(),
            before: None,
        };
        match self.properties.iter_mut().find(|known| known.name == name) {
            // The update that brought the value is the one that set it, not one that said it again.
            Some(known) if known.value == property.value => {}
            Some(known) => {
                property.before = Some(std::mem::take(&mut known.value));
                *known = property;
            }
            None => self.properties.push(property),
        }
    }

    /// Does what an update asks for.
    fn apply(&mut self, update: &StoredProfile) {
        self.updates += 1;
        self.updated = self.updated.max(update.time.or(update.arrived));
        self.source = update.source.clone();
        let Ok(Value::Object(fields)) = serde_json::from_str(&update.json) else { return };
        for (operation, argument) in fields {
            match (operation.as_str(), argument) {
                ("$delete", _) => self.properties.clear(),
                ("$unset", Value::Array(names)) => {
                    self.properties.retain(|known| !names.iter().any(|name| name.as_str() == Some(&known.name)));
                }
                // An exported profile is all there is at its time.
                ("$properties", Value::Object(values)) => {
                    self.properties.retain(|known| values.contains_key(&known.name));
                    self.set(values, update);
                }
                ("$set", Value::Object(values)) => self.set(values, update),
                ("$set_once", Value::Object(values)) => {
                    let new = values.into_iter().filter(|(name, _)| self.get(name).is_none()).collect();
                    self.set(new, update);
                }
                ("$add", Value::Object(values)) => {
                    for (name, value) in values {
                        self.put(&name, sum(self.get(&name), &value), update);
                    }
                }
                ("$append", Value::Object(values)) => {
                    for (name, value) in values {
                        let mut list = self.list(&name);
                        list.push(value);
                        self.put(&name, Value::Array(list), update);
                    }
                }
                ("$union", Value::Object(values)) => {
                    for (name, value) in values {
                        let mut list = self.list(&name);
                        let more = if let Value::Array(more) = value { more } else { vec![value] };
                        list.extend(more.into_iter().filter(|one| !self.list(&name).contains(one)));
                        self.put(&name, Value::Array(list), update);
                    }
                }
                ("$remove", Value::Object(values)) => {
                    for (name, value) in values {
                        if self.get(&name).is_some() {
                            let list = self.list(&name).into_iter().filter(|one| *one != value).collect();
                            self.put(&name, Value::Array(list), update);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn set(&mut self, values: Map<String, Value>, update: &StoredProfile) {
        for (name, value) in values {
            self.put(&name, value, update);
        }
    }

    /// A property as a list: none for no property.
    fn list(&self, name: &str) -> Vec<Value> {
        match self.get(name) {
            Some(Value::Array(list)) => list.clone(),
            Some(Value::Null) | None => Vec::new(),
            Some(other) => vec![other.clone()],
        }
    }
}

/// Whole numbers stay whole.
fn sum(before: Option<&Value>, more: &Value) -> Value {
    let whole = |value: Option<&Value>| value.map_or(Some(0), Value::as_i64);
    if let Some(sum) = whole(before).zip(more.as_i64()).and_then(|(one, other)| one.checked_add(other)) {
        return sum.into();
    }
    let number = |value: Option<&Value>| value.and_then(Value::as_f64).unwrap_or(0.0);
    (number(before) + number(Some(more))).into()
}

/// Whether two names of properties are one in the eyes of those who name them: `$Full_Name` is `fullName`.
fn is_property(key: &str, name: &str) -> bool {
    let letters = key.chars().filter(|letter| !matches!(letter, '$' | '_' | '-' | ' '));
    letters.flat_map(char::to_lowercase).eq(name.chars())
}

/// The value of the first of `names` that is a text and says something. Of two ways to write one
/// name that with a `$` goes first: an SDK has a meaning for it.
fn first_of<'a>(properties: &[(&'a str, &'a Value)], names: &[&str]) -> Option<&'a str> {
    let text = |value: &'a Value| value.as_str().map(str::trim).filter(|text| says_something(text));
    names.iter().find_map(|name| {
        let of_name = |own: bool| {
            let mut found = properties.iter().filter(move |(key, _)| key.starts_with('$') == own);
            found.find_map(|(key, value)| text(value).filter(|_| is_property(key, name)))
        };
        of_name(true).or_else(|| of_name(false))
    })
}

fn says_something(text: &str) -> bool {
    !text.is_empty() && !Id::new(text).is_placeholder()
}

/// The name that the properties of a person say: a whole name, else first and last name.
fn full_name(properties: &[(&str, &Value)]) -> Option<String> {
    if let Some(name) = first_of(properties, NAMES) {
        return Some(name.to_owned());
    }
    let parts: Vec<&str> = PARTS.iter().filter_map(|part| first_of(properties, &[part])).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// The address that the properties of a person say: an e-mail address, else a phone number or a user name.
fn address(properties: &[(&str, &Value)]) -> Option<String> {
    first_of(properties, ADDRESSES).map(str::to_owned)
}

/// What updates in order of arrival come to where all of them are of one profile; `None` without one.
pub fn of_person<'a>(updates: impl IntoIterator<Item = &'a StoredProfile>) -> Option<Profile> {
    let mut profile: Option<Profile> = None;
    for update in updates {
        let Some(id) = &update.id else { continue };
        profile.get_or_insert_with(|| Profile::of_nothing(id, update)).apply(update);
    }
    profile
}

/// The ids whose profile updates are part of the story of a journey: those of the user, and those of
/// orphans that count as the user's. At most [`ORPHANS`] orphans are asked about.
pub fn ids(journey: &Journey) -> Vec<Id> {
    let own = journey.ids.iter().map(|member| member.id.clone());
    let orphans = journey.orphans.iter().filter(|orphan| orphan.counts()).take(ORPHANS);
    own.chain(orphans.flat_map(|orphan| orphan.ids.iter().cloned())).collect()
}

/// Orphans whose profile updates are looked for.
const ORPHANS: usize = 50;

/// The profiles of the user of a journey, that of the root first and those of orphans last;
/// `updates` are those of [`ids`], in order. As of a moment, only updates that had arrived by then
/// count.
pub fn profiles(journey: &Journey, updates: &[StoredProfile]) -> Vec<Profile> {
    let mut profiles: Vec<Profile> = Vec::new();
    for update in updates {
        let Some(id) = &update.id else { continue };
        let arrived = update.arrived.or(update.time);
        if journey.as_of.is_some_and(|moment| arrived.is_some_and(|arrived| arrived > moment.at)) {
            continue;
        }
        let stored_under = stored_under(journey, id, update).clone();
        let at = profiles.iter().position(|profile| profile.stored_under == stored_under).unwrap_or_else(|| {
            profiles.push(Profile::of_nothing(&stored_under, update));
            profiles.len() - 1
        });
        if let Some(profile) = profiles.get_mut(at) {
            profile.apply(update);
        }
    }
    let place = |profile: &Profile| {
        let own = journey.ids.iter().any(|member| member.id == profile.stored_under);
        (Some(&profile.stored_under) != journey.root.as_ref(), !own)
    };
    profiles.sort_by_cached_key(place);
    profiles
}

/// The id whose profile an update changes.
fn stored_under<'a>(journey: &'a Journey, id: &'a Id, update: &StoredProfile) -> &'a Id {
    if update.ignore_alias {
        return id;
    }
    if let Some(orphan) = journey.orphans.iter().find(|orphan| orphan.ids.contains(id)) {
        return &orphan.id;
    }
    let call = journey.aliases.iter().find(|call| call.verdict == Verdict::Accepted && call.alias.as_ref() == Some(id));
    let in_time = |order: Millis| update.arrived.or(update.time).is_none_or(|arrived| order <= arrived);
    match (&journey.root, call) {
        (Some(root), Some(call)) if in_time(call.order) => root,
        _ => id,
    }
}

impl Journey {
    /// What to call the person, by the first profile of an id of theirs that says so. A profile of
    /// an orphan names no user: that the rows are this user's is evidence and no fact of the table.
    pub fn name(&self) -> Option<String> {
        let is_orphan = |id: &Id| self.orphans.iter().any(|orphan| orphan.id == *id);
        let mut own = self.profiles.iter().filter(|profile| !is_orphan(&profile.stored_under));
        own.clone().find_map(Profile::full_name).or_else(|| own.find_map(Profile::address))
    }

    /// A property of the person, with or without a `$` before its name, as text: of the first profile
    /// of an id of theirs that has it.
    pub fn property(&self, name: &str) -> Option<String> {
        let is_orphan = |id: &Id| self.orphans.iter().any(|orphan| orphan.id == *id);
        let own = self.profiles.iter().filter(|profile| !is_orphan(&profile.stored_under));
        let of = |profile: &Profile| {
            let named = |property: &&Property| property.name.trim_start_matches('$') == name;
            profile.properties.iter().find(named).map(Property::text)
        };
        own.clone().find_map(of)
    }
}

#[cfg(test)]
mod tests;
