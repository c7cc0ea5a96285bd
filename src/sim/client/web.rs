//! mixpanel-browser: one store of properties, in which ids are properties like others.

use super::{Item, Moment, Outcome, State, event, extend, map, people_value, profile, seconds, text};
use crate::model::id::DEVICE_PREFIX;
use crate::sim::family;
use crate::sim::scenario::Action;
use serde_json::{Map, Value};

/// Kept in the store, never sent (identity.md §2.1).
const ALIAS: &str = "__alias";
/// In the store like super properties, but not listed as such.
const OWN_KEYS: &[&str] = &[
    "distinct_id",
    "$device_id",
    "$user_id",
    ALIAS,
    "$had_persisted_distinct_id",
    "$initial_referrer",
    "$initial_referring_domain",
];

#[derive(Clone, Debug)]
pub(in crate::sim) struct Web {
    release: family::Web,
    /// The cookie: its order is that of the properties on the wire.
    store: Map<String, Value>,
    page: String,
    /// Whether `identify` was called since the page was loaded.
    identified: bool,
    /// Profile updates that wait for `identify`.
    people: Vec<(String, Map<String, Value>)>,
    ids_made: usize,
}

impl Web {
    pub(super) fn start(release: family::Web, moment: &mut Moment<'_>) -> Self {
        let mut web = Self {
            release,
            store: Map::new(),
            page: "/".to_owned(),
            identified: false,
            people: Vec::new(),
            ids_made: 0,
        };
        web.begin(moment);
        web
    }

    /// A new anonymous state in an empty store.
    fn begin(&mut self, moment: &mut Moment<'_>) {
        let made = match moment.device.ids.get(self.ids_made) {
            Some(fixed) => fixed.clone(),
            None if self.release.makes_uuids() => moment.chance.uuid(),
            None => {
                let agent = format!("{} {}", moment.device.os, moment.device.browser);
                moment.chance.web_anonymous_id(moment.now, &agent, moment.device.screen)
            }
        };
        self.ids_made += 1;
        self.store.clear();
        self.people.clear();
        self.identified = false;
        let prefix = if self.release.prefixes_device() { DEVICE_PREFIX } else { "" };
        self.set("distinct_id", Value::from(format!("{prefix}{made}")));
        if self.release.names_device_and_user() {
            self.set("$device_id", Value::from(made));
        }
    }

    fn set(&mut self, key: &str, value: Value) {
        self.store.insert(key.to_owned(), value);
    }

    fn get(&self, key: &str) -> Option<&Value> {
        self.store.get(key)
    }

    fn distinct_id(&self) -> Value {
        self.get("distinct_id").cloned().unwrap_or_default()
    }

    pub(super) fn call(&mut self, action: &Action, moment: &mut Moment<'_>) -> Outcome {
        match action {
            Action::Track { event, properties, .. } => {
                Outcome { items: vec![self.track(event, properties, moment)], ..Outcome::default() }
            }
            Action::Identify { id } => self.identify(id, moment),
            Action::Alias { alias, id } => self.alias(alias, id.as_ref(), moment),
            Action::Reset if self.release.has_reset() => {
                self.begin(moment);
                Outcome::note("sends nothing; a new anonymous id, super properties and __alias are gone")
            }
            Action::Reset => Outcome::note("this release has no reset(): the call fails, nothing changes"),
            Action::Register { properties } => {
                extend(&mut self.store, properties);
                Outcome::default()
            }
            Action::People { op, properties, .. } => self.people(op, properties, moment),
            Action::PageLoad { page } => self.load(page, moment),
            Action::ClearStorage => {
                self.begin(moment);
                Outcome::note("sends nothing; the SDK begins as on a new device")
            }
            Action::AppStart | Action::Flush | Action::GoOffline | Action::ComeOnline => Outcome::default(),
        }
    }

    fn load(&mut self, page: &str, moment: &mut Moment<'_>) -> Outcome {
        page.clone_into(&mut self.page);
        self.identified = false;
        if self.release.prefixes_device() {
            self.note_referrer();
            self.people.push(("set_once".to_owned(), self.referrer()));
        }
        if !self.release.sends_page_view() || !moment.device.page_views {
            return Outcome::default();
        }
        let about_page = map([
            ("mp_page", Value::from(format!("{}{page}", moment.site))),
            ("mp_browser", Value::from(moment.device.browser.as_str())),
            ("mp_platform", Value::from(moment.device.os.as_str())),
        ]);
        Outcome { items: vec![self.track("mp_page_view", &about_page, moment)], ..Outcome::default() }
    }

    fn alias(&mut self, alias: &Value, original: Option<&Value>, moment: &mut Moment<'_>) -> Outcome {
        let original = original.cloned().unwrap_or_else(|| self.distinct_id());
        if *alias == original {
            let outcome = self.identify(alias, moment);
            return Outcome { note: Some("returns -1: the alias is the current id, no alias is sent"), ..outcome };
        }
        self.set(ALIAS, alias.clone());
        let asked = map([("alias", alias.clone()), ("distinct_id", original)]);
        let item = self.track("$create_alias", &asked, moment);
        Outcome { items: vec![Item { then_identify: Some(alias.clone()), ..item }], ..Outcome::default() }
    }

    pub(super) fn identify(&mut self, id: &Value, moment: &mut Moment<'_>) -> Outcome {
        let before = self.distinct_id();
        let changes = *id != before;
        if self.release.prefixes_device() {
            if changes && id.as_str().is_some_and(|id| id.starts_with(DEVICE_PREFIX)) {
                return Outcome::note("returns -1: an id with $device: is refused, nothing changes");
            }
            if changes && truthy(id) {
                self.set("$user_id", id.clone());
            }
        } else if self.release.names_device_and_user() {
            self.set("$user_id", id.clone());
        }
        if self.release.names_device_and_user() && !self.get("$device_id").is_some_and(truthy) {
            if self.release.tells_persisted() {
                self.set("$had_persisted_distinct_id", Value::Bool(true));
            }
            self.set("$device_id", before.clone());
        }
        let guarded = changes && self.get(ALIAS) == Some(id);
        if changes && !guarded {
            self.store.shift_remove(ALIAS);
            self.set("distinct_id", id.clone());
        }
        self.identified = true;
        let mut items = self.flush_people();
        if changes && self.release.sends_identify() {
            let switch = map([("distinct_id", id.clone()), ("$anon_distinct_id", before)]);
            items.push(self.track("$identify", &switch, moment));
        }
        let note = match (guarded, changes) {
            (true, _) => Some("the id stays: this id was aliased here just before (__alias)"),
            (false, false) => Some("the id stays: it is the current one"),
            (false, true) => None,
        };
        Outcome { items, note, flush: false }
    }

    fn track(&mut self, name: &str, properties: &Map<String, Value>, moment: &mut Moment<'_>) -> Item {
        self.note_referrer();
        let device = moment.device;
        let mut sent =
            map([("$os", Value::from(device.os.as_str())), ("$browser", Value::from(device.browser.as_str()))]);
        if let Some(model) = &device.model {
            sent.insert("$device".to_owned(), Value::from(model.as_str()));
        }
        let about = map([
            ("$current_url", Value::from(format!("{}{}", moment.site, self.page))),
            ("$browser_version", device.browser_version.map_or(Value::Null, Value::from)),
            ("$screen_height", Value::from(device.screen.1)),
            ("$screen_width", Value::from(device.screen.0)),
            ("mp_lib", Value::from("web")),
            ("$lib_version", Value::from(device.sdk.version)),
        ]);
        extend(&mut sent, &about);
        if self.release.has_insert_id() {
            sent.insert("$insert_id".to_owned(), moment.chance.web_insert_id());
        }
        if self.release.names_device_and_user() {
            sent.insert("time".to_owned(), seconds(moment.now));
        }
        for (key, value) in self.store.iter().filter(|(key, _)| *key != ALIAS) {
            sent.insert(key.clone(), value.clone());
        }
        extend(&mut sent, properties);
        event(name, sent)
    }

    fn people(&mut self, op: &str, properties: &Map<String, Value>, moment: &Moment<'_>) -> Outcome {
        let mut properties = properties.clone();
        if op == "set" {
            self.note_referrer();
            let device = moment.device;
            let mut about = map([
                ("$os", Value::from(device.os.as_str())),
                ("$browser", Value::from(device.browser.as_str())),
                ("$browser_version", device.browser_version.map_or(Value::Null, Value::from)),
            ]);
            if !self.release.prefixes_device() {
                extend(&mut about, &self.referrer());
            }
            extend(&mut about, &properties);
            properties = about;
        }
        self.people.push((op.to_owned(), properties));
        if self.identified {
            return Outcome { items: self.flush_people(), ..Outcome::default() };
        }
        Outcome::note("waits: profile updates are sent at the next identify()")
    }

    /// Everything that waits, with the id of this moment (identity.md §2.3).
    fn flush_people(&mut self) -> Vec<Item> {
        let mut waiting = std::mem::take(&mut self.people);
        // The SDK has a queue for each operation and sends them in this order.
        let place = |op: &str| ["set", "set_once", "unset", "add", "union"].iter().position(|known| *known == op);
        waiting.sort_by_key(|(op, _)| place(op).unwrap_or(usize::MAX));
        let mut merged: Vec<(String, Map<String, Value>)> = Vec::new();
        for (op, properties) in waiting {
            match merged.last_mut() {
                Some((last, into)) if *last == op && op.starts_with("set") => extend(into, &properties),
                _ => merged.push((op, properties)),
            }
        }
        merged.into_iter().map(|(op, properties)| self.profile(&op, &properties)).collect()
    }

    fn profile(&self, op: &str, properties: &Map<String, Value>) -> Item {
        let mut payload = Map::new();
        payload.insert(format!("${op}"), people_value(op, properties));
        payload.insert("$distinct_id".to_owned(), self.distinct_id());
        for key in ["$device_id", "$user_id", "$had_persisted_distinct_id"] {
            if let Some(value) = self.get(key) {
                payload.insert(key.to_owned(), value.clone());
            }
        }
        profile(payload)
    }

    fn referrer(&self) -> Map<String, Value> {
        let keys = ["$initial_referrer", "$initial_referring_domain"];
        keys.into_iter().filter_map(|key| Some((key.to_owned(), self.get(key)?.clone()))).collect()
    }

    /// Stores the referrer of the first page, as each `track` does when it is not there.
    fn note_referrer(&mut self) {
        for key in ["$initial_referrer", "$initial_referring_domain"] {
            if !self.store.contains_key(key) {
                self.set(key, Value::from("$direct"));
            }
        }
    }

    pub(super) fn state(&self) -> State {
        let supers = self.store.iter().filter(|(key, _)| !OWN_KEYS.contains(&key.as_str()));
        State {
            distinct_id: self.get("distinct_id").map(text),
            device_id: self.get("$device_id").map(text),
            user_id: self.get("$user_id").map(text),
            alias: self.get(ALIAS).map(text),
            supers: supers.map(|(key, value)| (key.clone(), value.clone())).collect(),
        }
    }
}

/// What JavaScript takes for true.
fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64().is_none_or(|number| number != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}
