//! The libraries for Android and iOS: alike but for alias, and for what they tell.

use super::{Item, Moment, Outcome, State, event, extend, map, people_value, profile, text};
use crate::model::id::DEVICE_PREFIX;
use crate::model::time::Millis;
use crate::sim::family::{Android, Ios};
use crate::sim::scenario::Action;
use serde_json::{Map, Value};

#[derive(Clone, Copy, Debug)]
pub(in crate::sim) enum Release {
    Android(Android),
    Ios(Ios),
}

impl Release {
    fn names_device_and_user(self) -> bool {
        match self {
            Self::Android(release) => release.names_device_and_user(),
            Self::Ios(release) => release.names_device_and_user(),
        }
    }

    fn sends_identify(self) -> bool {
        match self {
            Self::Android(release) => release.sends_identify(),
            Self::Ios(release) => release.sends_identify(),
        }
    }

    fn prefixes_device(self) -> bool {
        match self {
            Self::Android(release) => release.prefixes_device(),
            Self::Ios(release) => release.prefixes_device(),
        }
    }

    /// Rows carry `$insert_id`: not before the releases with `$device:` (no source says since when).
    fn has_insert_id(self) -> bool {
        self.prefixes_device()
    }

    fn sends_milliseconds(self) -> bool {
        match self {
            Self::Android(release) => release.sends_milliseconds(),
            Self::Ios(release) => release.prefixes_device(),
        }
    }

    /// Whether the anonymous id is that of the phone, which `reset` gives back (identity.md §2.4).
    fn keeps_id_of_phone(self) -> bool {
        matches!(self, Self::Ios(release) if !release.prefixes_device())
    }
}

#[derive(Clone, Debug)]
pub(in crate::sim) struct App {
    release: Release,
    distinct_id: Value,
    device_id: Value,
    user_id: Option<Value>,
    /// iOS: the id that was aliased last.
    alias: Option<Value>,
    supers: Map<String, Value>,
    identified: bool,
    people: Vec<(String, Map<String, Value>)>,
    ids_made: usize,
}

impl App {
    pub(super) fn start(release: Release, moment: &mut Moment<'_>) -> Self {
        let mut app = Self {
            release,
            distinct_id: Value::Null,
            device_id: Value::Null,
            user_id: None,
            alias: None,
            supers: Map::new(),
            identified: false,
            people: Vec::new(),
            ids_made: 0,
        };
        app.begin(moment);
        app
    }

    fn begin(&mut self, moment: &mut Moment<'_>) {
        let kept = self.release.keeps_id_of_phone() && self.ids_made > 0 && moment.device.ids.len() <= self.ids_made;
        if !kept {
            let made = match (moment.device.ids.get(self.ids_made), self.release) {
                (Some(fixed), _) => fixed.clone(),
                (None, Release::Android(_)) => moment.chance.uuid(),
                (None, Release::Ios(_)) => moment.chance.uuid().to_uppercase(),
            };
            self.device_id = Value::from(made);
        }
        self.ids_made += 1;
        let prefix = if self.release.prefixes_device() { DEVICE_PREFIX } else { "" };
        self.distinct_id = Value::from(format!("{prefix}{}", text(&self.device_id)));
        self.user_id = None;
        self.alias = None;
        self.supers.clear();
        self.people.clear();
        self.identified = false;
    }

    pub(super) fn call(&mut self, action: &Action, moment: &mut Moment<'_>) -> Outcome {
        match action {
            Action::Track { event, properties, .. } => {
                Outcome { items: vec![self.track(event, properties, moment)], ..Outcome::default() }
            }
            Action::Identify { id } => self.identify(id, moment),
            Action::Alias { alias, id } => self.alias(alias, id.as_ref(), moment),
            Action::Reset => {
                self.begin(moment);
                if self.release.keeps_id_of_phone() {
                    return Outcome::note(
                        "sends nothing; the id is that of the phone, reset() gives the same one back",
                    );
                }
                Outcome::note("sends nothing; a new anonymous id, super properties are gone")
            }
            Action::Register { properties } => {
                extend(&mut self.supers, properties);
                Outcome::default()
            }
            Action::People { op, properties, .. } => self.people(op, properties, moment),
            Action::Flush => Outcome { flush: true, ..Outcome::default() },
            Action::ClearStorage => {
                self.begin(moment);
                Outcome::note("sends nothing; the SDK begins as on a new device")
            }
            Action::PageLoad { .. } | Action::AppStart | Action::GoOffline | Action::ComeOnline => Outcome::default(),
        }
    }

    fn alias(&mut self, alias: &Value, original: Option<&Value>, moment: &mut Moment<'_>) -> Outcome {
        let original = original.cloned().unwrap_or_else(|| self.distinct_id.clone());
        if *alias == original {
            return Outcome::note("refused by the SDK: the alias is the id itself, nothing is sent");
        }
        let asked = match self.release {
            Release::Android(release) if release.says_original() => {
                map([("alias", alias.clone()), ("original", original.clone())])
            }
            Release::Android(_) | Release::Ios(_) => map([("distinct_id", original.clone()), ("alias", alias.clone())]),
        };
        let item = self.track("$create_alias", &asked, moment);
        let Release::Ios(release) = self.release else {
            return Outcome {
                items: vec![item],
                note: Some("this SDK does not identify after an alias: the app must call identify()"),
                flush: false,
            };
        };
        self.alias = Some(alias.clone());
        let mut items = vec![item];
        if release.alias_identifies() {
            items.extend(self.identify(&original, moment).items);
        }
        // iphone#422: an alias is sent at once.
        Outcome { items, note: None, flush: true }
    }

    fn identify(&mut self, id: &Value, moment: &mut Moment<'_>) -> Outcome {
        if text(id).trim().is_empty() {
            return Outcome::note("refused by the SDK: a blank id, nothing changes");
        }
        if self.release.prefixes_device() && text(id).starts_with(DEVICE_PREFIX) && *id != self.distinct_id {
            return Outcome::note("refused by the SDK: an id with $device:, nothing changes");
        }
        let guarded = matches!(self.release, Release::Ios(release) if release.guards_alias());
        if guarded && self.alias.as_ref() == Some(id) {
            self.identified = true;
            let items = self.flush_people(moment.now);
            return Outcome { items, note: Some("the id stays: this id was aliased here just before"), flush: false };
        }
        let before = std::mem::replace(&mut self.distinct_id, id.clone());
        let changes = before != *id;
        if changes {
            self.alias = None;
        }
        if changes || matches!(self.release, Release::Android(_)) {
            self.user_id = Some(id.clone());
        }
        self.identified = true;
        let mut items = Vec::new();
        if changes && self.release.sends_identify() {
            let switch = map([("$anon_distinct_id", before)]);
            items.push(self.track("$identify", &switch, moment));
        }
        items.extend(self.flush_people(moment.now));
        let note = (!changes).then_some("the id stays: it is the current one");
        Outcome { items, note, flush: false }
    }

    /// `time` as the release sends it.
    fn time(&self, now: Millis) -> Value {
        match self.release {
            _ if self.release.sends_milliseconds() => Value::from(now),
            Release::Android(_) => Value::from(now.div_euclid(1000)),
            Release::Ios(_) => Value::from(now.saturating_add(500).div_euclid(1000)),
        }
    }

    fn track(&self, name: &str, properties: &Map<String, Value>, moment: &mut Moment<'_>) -> Item {
        let device = moment.device;
        let (library, maker) = match self.release {
            Release::Android(_) => ("android", None),
            Release::Ios(_) => ("iphone", Some("Apple")),
        };
        let mut sent = map([
            ("mp_lib", Value::from(library)),
            ("$lib_version", Value::from(device.sdk.version)),
            ("$os", Value::from(device.os.as_str())),
        ]);
        if let Some(maker) = maker {
            sent.insert("$manufacturer".to_owned(), Value::from(maker));
        }
        if let Some(model) = &device.model {
            sent.insert("$model".to_owned(), Value::from(model.as_str()));
        }
        sent.insert("$screen_height".to_owned(), Value::from(device.screen.1));
        sent.insert("$screen_width".to_owned(), Value::from(device.screen.0));
        if let Some(version) = &device.app_version {
            sent.insert("$app_version_string".to_owned(), Value::from(version.as_str()));
        }
        extend(&mut sent, &self.supers);
        if self.release.has_insert_id() {
            sent.insert("$insert_id".to_owned(), Value::from(moment.chance.uuid()));
        }
        sent.insert("time".to_owned(), self.time(moment.now));
        sent.insert("distinct_id".to_owned(), self.distinct_id.clone());
        if self.release.names_device_and_user() {
            if matches!(self.release, Release::Android(_)) {
                sent.insert("$had_persisted_distinct_id".to_owned(), Value::Bool(false));
            }
            sent.insert("$device_id".to_owned(), self.device_id.clone());
            if let Some(user) = &self.user_id {
                sent.insert("$user_id".to_owned(), user.clone());
            }
        }
        extend(&mut sent, properties);
        event(name, sent)
    }

    fn people(&mut self, op: &str, properties: &Map<String, Value>, moment: &Moment<'_>) -> Outcome {
        self.people.push((op.to_owned(), properties.clone()));
        if self.identified {
            return Outcome { items: self.flush_people(moment.now), ..Outcome::default() };
        }
        Outcome::note("waits: profile updates are sent at the next identify()")
    }

    fn flush_people(&mut self, now: Millis) -> Vec<Item> {
        std::mem::take(&mut self.people)
            .into_iter()
            .map(|(op, properties)| {
                let mut payload = map([("$time", Value::from(now))]);
                payload.insert(format!("${op}"), people_value(&op, &properties));
                payload.insert("$distinct_id".to_owned(), self.distinct_id.clone());
                if self.release.names_device_and_user() {
                    payload.insert("$device_id".to_owned(), self.device_id.clone());
                    if let Some(user) = &self.user_id {
                        payload.insert("$user_id".to_owned(), user.clone());
                    }
                }
                profile(payload)
            })
            .collect()
    }

    pub(super) fn state(&self) -> State {
        let named = self.release.names_device_and_user();
        State {
            distinct_id: Some(text(&self.distinct_id)),
            device_id: named.then(|| text(&self.device_id)),
            user_id: self.user_id.as_ref().filter(|_| named).map(text),
            alias: self.alias.as_ref().map(text),
            supers: self.supers.clone(),
        }
    }
}
