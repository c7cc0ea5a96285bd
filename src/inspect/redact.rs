//! Answers without ids and personal values: each is replaced by a pseudonym that stays the same.
//!
//! Redaction stands before the engine and before every report: [`Inspector`](super::Inspector)
//! replaces the ids of the *facts*, and of everything else that it reads, so that a journey, its
//! sentences, its pictures and what a person copies from them have never had anything else.
//!
//! A pseudonym is the beginning of a hash (SipHash-2-4) with a key that only this user has, so no
//! one can find an id by hashing guesses of it. It keeps what the engine decides by: the
//! `$device:` prefix, whether an SDK made the id, whether it is an e-mail address. Placeholders
//! (`null`, `undefined`) name no one and stay.
//!
//! What it does not hide: what someone did and when, event names (unless chosen), names of
//! files and properties that no id is in, values that are neither chosen, nor named like personal
//! ones, nor known to the store as an id or a value of a profile.

mod json;
mod words;

use std::collections::{HashMap, HashSet};
use std::hash::Hasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxBuildHasher;
use siphasher::sip::SipHasher24;
use xxhash_rust::xxh3::xxh3_64;

use crate::identity::facts::{Counted, Elsewhere};
use crate::identity::{Cut, Facts};
use crate::inspect::{Directory, Error};
use crate::model::Id;
use crate::model::facts::{AliasCall, Event, Link, Origin, Sender, Source};
use crate::model::id::{DEVICE_PREFIX, DEVICE_PSEUDONYM, GUID_PSEUDONYM, PSEUDONYM_DIGITS, Shape};
use crate::model::stored::StoredProfile;

/// Bytes of a key.
pub const KEY: usize = 16;

/// Behind the pseudonym of an e-mail address, so that it still is one.
const MAIL: &str = "@redacted";

/// Ids of a journey that are looked for inside of other texts.
const NAMED: usize = 64;

/// The name that stands for event names among chosen properties.
const EVENTS: &str = "event";

/// Replaces ids and personal values.
pub struct Redactor {
    key: [u8; KEY],
    /// Names of chosen properties, as [`json::bare_name`] writes them.
    chosen: HashSet<String>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What each pseudonym that was given stands for.
    real: HashMap<Id, Id>,
    /// Ids of the journey at hand, the longest first.
    named: Arc<[Id]>,
}

/// What a store knows to be an id or a value of a profile, by hash.
#[derive(Debug, Default)]
pub(super) struct Known {
    ids: HashSet<u64, FxBuildHasher>,
    values: HashSet<u64, FxBuildHasher>,
}

impl Known {
    pub(super) fn of(source: &dyn Directory) -> Result<Self, Error> {
        let mut known = Self::default();
        let (ids, values) = (&mut known.ids, &mut known.values);
        source.each_known(
            &mut |id| {
                let bare = id.strip_prefix(DEVICE_PREFIX).unwrap_or(id);
                // As it can stand between spaces and signs.
                let inner = bare.trim_matches(|c: char| !c.is_alphanumeric());
                ids.extend([id, bare, inner].into_iter().filter(|text| !text.is_empty()).map(hash));
            },
            &mut |value| {
                values.insert(hash(value));
            },
        )?;
        Ok(known)
    }
}

fn hash(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}

impl std::fmt::Debug for Redactor {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor").field("chosen", &self.chosen).finish_non_exhaustive()
    }
}

impl Redactor {
    /// With a key, and properties that are replaced in addition to those that are known to be personal;
    /// `event` among them stands for event names.
    pub fn new(key: [u8; KEY], chosen: &[String]) -> Self {
        let chosen = chosen.iter().map(|name| json::bare_name(name)).collect();
        Self { key, chosen, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What stands for an id; the same for one that already is a pseudonym.
    pub fn id(&self, id: &Id) -> Id {
        if self.state().real.contains_key(id) {
            return id.clone();
        }
        let pseudonym = Id::new(&self.pseudonym(id.as_str()));
        self.state().real.insert(pseudonym.clone(), id.clone());
        pseudonym
    }

    /// What stands for an id that a person has named, perhaps by its pseudonym.
    pub fn asked(&self, id: &str) -> Id {
        let id = Id::new(id);
        if is_pseudonym(id.as_str()) { id } else { self.id(&id) }
    }

    /// The id that a pseudonym stands for, if it was given; `id` itself if it is none.
    pub fn real(&self, id: &Id) -> Option<Id> {
        match self.state().real.get(id) {
            Some(real) => Some(real.clone()),
            None if is_pseudonym(id.as_str()) => None,
            None => Some(id.clone()),
        }
    }

    /// The text that stands for an id.
    fn pseudonym(&self, text: &str) -> String {
        if text.is_empty() || Id::new(text).is_placeholder() {
            return text.to_owned();
        }
        if let Some(bare) = text.strip_prefix(DEVICE_PREFIX).filter(|bare| !bare.is_empty()) {
            return format!("{DEVICE_PREFIX}{}", self.pseudonym(bare));
        }
        match Shape::of(text) {
            Shape::WebAnonymous => self.named(DEVICE_PSEUDONYM, text),
            Shape::Guid => self.named(GUID_PSEUDONYM, text),
            Shape::Email => self.named("user-", text) + MAIL,
            Shape::Device | Shape::Other => self.named("user-", text),
        }
    }

    /// A pseudonym that begins with its kind.
    fn named(&self, kind: &str, text: &str) -> String {
        let mut hasher = SipHasher24::new_with_key(&self.key);
        hasher.write(text.as_bytes());
        let digits = format!("{:016x}", hasher.finish());
        format!("{kind}{}", digits.get(..PSEUDONYM_DIGITS).unwrap_or_default())
    }

    /// A sentence, a value or a name with every id and address in it replaced.
    pub(super) fn text(&self, text: &str, known: &Known) -> String {
        words::replaced(self, text, known, true).unwrap_or_else(|| text.to_owned())
    }

    /// A name of an event; replaced if that was chosen, and ids in it anyway.
    pub(super) fn event(&self, name: &str, known: &Known) -> String {
        if self.chosen.contains(EVENTS) && !name.starts_with('$') {
            return self.named("event-", name);
        }
        words::replaced(self, name, known, false).unwrap_or_else(|| name.to_owned())
    }

    /// The value of a property that is shown by itself.
    pub(super) fn property(&self, name: &str, value: &str, known: &Known) -> String {
        json::property(self, name, value, known).unwrap_or_else(|| value.to_owned())
    }

    /// Properties, or a profile update, as JSON text.
    pub(super) fn json(&self, text: &str, known: &Known) -> String {
        json::replaced(self, text, known)
    }

    /// What the engine is given.
    pub(super) fn facts(&self, facts: Facts, query: &Id, known: &Known) -> Facts {
        let Facts { events, calls, links, left_out, alike, counted, thresholds, cuts } = facts;
        let mut ids: Vec<Id> = calls.iter().flat_map(|call| [&call.alias, &call.target]).flatten().cloned().collect();
        ids.extend(links.iter().flat_map(|link| [link.a.clone(), link.b.clone()]));
        ids.push(query.clone());
        let mut memo = Memo {
            redactor: self,
            known,
            ids: HashMap::new(),
            origins: HashMap::new(),
            senders: HashMap::new(),
            events: HashMap::new(),
        };
        let calls = calls.into_iter().map(|call| memo.call(call)).collect();
        let links = links.into_iter().map(|link| memo.link(link)).collect();
        let counted = memo.counted(counted);
        let events: Vec<_> =
            events.into_iter().map(|event| Arc::new(memo.event(Arc::unwrap_or_clone(event)))).collect();
        ids.extend(memo.ids.into_keys());
        ids.retain(|id| id.bare().chars().count() > 3 && !id.is_placeholder());
        ids.sort_by_key(|id| std::cmp::Reverse(id.as_str().len()));
        ids.dedup();
        ids.truncate(NAMED);
        self.state().named = ids.into();
        let alike = alike.iter().map(|(of, id)| (self.id(of), self.id(id))).collect();
        let left_out = left_out.iter().map(|id| self.id(id)).collect();
        let cuts = cuts.into_iter().map(|Cut { of, what }| Cut { of, what: self.text(&what, known) }).collect();
        Facts { events, calls, links, left_out, alike, counted, thresholds, cuts }
    }

    /// A profile update.
    pub(super) fn profile(&self, profile: StoredProfile, known: &Known) -> StoredProfile {
        StoredProfile {
            id: profile.id.as_ref().map(|id| self.id(id)),
            json: self.json(&profile.json, known),
            source: {
                let Source { origin, line } = &profile.source;
                Source::new(&self.text(&origin.file, known), origin.rank, *line)
            },
            ..profile
        }
    }
}

/// Whether a text has the form of a pseudonym.
fn is_pseudonym(text: &str) -> bool {
    let text = text.strip_prefix(DEVICE_PREFIX).unwrap_or(text);
    let text = text.strip_suffix(MAIL).unwrap_or(text);
    let kinds = [DEVICE_PSEUDONYM, GUID_PSEUDONYM, "user-"];
    kinds.iter().filter_map(|kind| text.strip_prefix(kind)).any(|digits| {
        digits.len() == PSEUDONYM_DIGITS && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// What was replaced already: the rows of a journey have few ids.
struct Memo<'a> {
    redactor: &'a Redactor,
    known: &'a Known,
    ids: HashMap<Id, Id>,
    origins: HashMap<Arc<Origin>, Arc<Origin>>,
    senders: HashMap<Arc<Sender>, Arc<Sender>>,
    events: HashMap<Arc<str>, Arc<str>>,
}

impl Memo<'_> {
    fn id(&mut self, id: Id) -> Id {
        self.ids.entry(id).or_insert_with_key(|id| self.redactor.id(id)).clone()
    }

    fn source(&mut self, source: Source) -> Source {
        let origin = self.origins.entry(source.origin);
        let origin = origin.or_insert_with_key(|origin| {
            let file = self.redactor.text(&origin.file, self.known).into();
            Arc::new(Origin { file, vendor: Arc::clone(&origin.vendor), rank: origin.rank })
        });
        Source { origin: origin.clone(), ..source }
    }

    fn sender(&mut self, sender: Arc<Sender>) -> Arc<Sender> {
        if let Some(known) = self.senders.get(&sender) {
            return known.clone();
        }
        let Sender { id, device, user, other, .. } = (*sender).clone();
        let mut shown = |id: Option<Id>| id.map(|id| self.id(id));
        let (id, device, user, other) = (shown(id), shown(device), shown(user), shown(other));
        let shown = Arc::new(Sender { id, device, user, other, ..(*sender).clone() });
        self.senders.insert(sender, shown.clone());
        shown
    }

    fn event(&mut self, event: Event) -> Event {
        let name = self.events.entry(event.event);
        let name = name.or_insert_with_key(|name| self.redactor.event(name, self.known).into()).clone();
        Event { event: name, sender: self.sender(event.sender), source: self.source(event.source), ..event }
    }

    fn call(&mut self, call: AliasCall) -> AliasCall {
        AliasCall {
            alias: call.alias.map(|id| self.id(id)),
            target: call.target.map(|id| self.id(id)),
            source: self.source(call.source),
            ..call
        }
    }

    fn counted(&mut self, counted: Counted) -> Counted {
        let (redactor, known) = (self.redactor, self.known);
        let mut owners: HashMap<Arc<str>, Arc<str>> = HashMap::new();
        let mut shown = |owner: Arc<str>| {
            let shown = owners.entry(owner);
            shown.or_insert_with_key(|owner| redactor.text(owner, known).into()).clone()
        };
        let of_row = counted.of_row.into_iter().map(|(row, of)| (row, shown(of))).collect();
        let failures = counted.failures.into_iter().map(|(row, name)| (row, name.map(&mut shown))).collect();
        let elsewhere = counted.elsewhere.into_iter().map(|other| Elsewhere {
            owner: shown(other.owner),
            id: self.id(other.id),
            source: self.source(other.source),
            ..other
        });
        Counted { of_row, elsewhere: elsewhere.collect(), failures, ..counted }
    }

    fn link(&mut self, link: Link) -> Link {
        Link { a: self.id(link.a), b: self.id(link.b), source: self.source(link.source), ..link }
    }
}

#[cfg(test)]
mod tests;
