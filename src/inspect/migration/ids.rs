//! Every id of a store by its number, with what its text and the rows say of it.

use rustc_hash::FxHashMap;

use super::super::{Error, Sweep};
use crate::identity::merging::system::{Number, Texts};
use crate::model::id::DEVICE_PREFIX;
use crate::model::scan::{SweptCall, SweptLink};
use crate::model::{Id, LinkKind, NumberedTexts, Shape};

/// The ids of a store; their numbers are those of the source, and after them come the bare forms of
/// devices that no row writes bare.
#[derive(Debug, Default)]
pub(in crate::inspect) struct Ids {
    texts: NumberedTexts,
    /// Numbers of ids of the form of a device, with those of their bare forms.
    bare: FxHashMap<Number, Number>,
    /// Numbers of devices by those of their bare forms, for forms that no row has.
    added: Vec<Number>,
    /// Which name a person.
    people: Vec<bool>,
    /// Numbers of the ids that alias calls name, by which the table of aliases is asked.
    called: FxHashMap<Id, Number>,
}

pub(in crate::inspect) fn number(id: i64) -> Number {
    Number::try_from(id).unwrap_or(Number::MAX)
}

impl Ids {
    pub(in crate::inspect) fn read(
        reader: &dyn Sweep,
        calls: &[SweptCall],
        links: &[SweptLink],
    ) -> Result<Self, Error> {
        let mut ids = Self::default();
        reader.sweep_ids(&mut |number, text| ids.texts.set(number, text))?;
        ids.find_devices();
        ids.find_people(calls, links);
        for call in calls {
            for at in [number(call.alias), number(call.target)].into_iter().filter(|at| *at != 0) {
                let id = Id::new(ids.text(at));
                ids.called.insert(id, at);
            }
        }
        Ok(ids)
    }

    fn own(&self, number: Number) -> &str {
        self.texts.of(i64::from(number))
    }

    fn len(&self) -> Number {
        Number::try_from(self.texts.len()).unwrap_or(Number::MAX)
    }

    fn find_devices(&mut self) {
        let mut wanted: FxHashMap<&str, Number> = FxHashMap::default();
        let is_device =
            |number: &Number| self.own(*number).strip_prefix(DEVICE_PREFIX).is_some_and(|bare| !bare.is_empty());
        let devices: Vec<Number> = (1..self.len()).filter(is_device).collect();
        for device in &devices {
            wanted.insert(self.own(*device).strip_prefix(DEVICE_PREFIX).unwrap_or_default(), 0);
        }
        if !wanted.is_empty() {
            for number in 1..self.len() {
                if let Some(bare) = wanted.get_mut(self.own(number)) {
                    *bare = number;
                }
            }
        }
        let mut bare = FxHashMap::default();
        let mut added = Vec::new();
        for device in devices {
            let text = self.own(device).strip_prefix(DEVICE_PREFIX).unwrap_or_default();
            let known = wanted.get(text).copied().filter(|known| *known != 0);
            let of = known.unwrap_or_else(|| {
                added.push(device);
                self.len() + Number::try_from(added.len() - 1).unwrap_or(0)
            });
            bare.insert(device, of);
        }
        (self.bare, self.added) = (bare, added);
    }

    /// As [`World::is_person`](crate::identity::World::is_person) has it, from calls and links.
    fn find_people(&mut self, calls: &[SweptCall], links: &[SweptLink]) {
        let mut people = vec![false; self.texts.len()];
        let mut mark = |id: i64| {
            if let Some(person) = usize::try_from(id).ok().filter(|at| *at != 0).and_then(|at| people.get_mut(at)) {
                *person = true;
            }
        };
        for link in links {
            match link.kind {
                LinkKind::Identify | LinkKind::UserDevice => mark(link.a),
                LinkKind::IdUser => mark(link.b),
                _ => {}
            }
        }
        for call in calls.iter().filter(|call| call.alias != call.target) {
            if !Shape::of(self.own(number(call.alias))).is_sdk_made() {
                mark(call.alias);
            }
        }
        for link in links.iter().filter(|link| matches!(link.kind, LinkKind::UserDevice | LinkKind::IdDevice)) {
            let (a, b) = (self.own(number(link.a)), self.own(number(link.b)));
            // An id that is its own rows' device names no one.
            let of_device = (a.strip_prefix(DEVICE_PREFIX).unwrap_or(a) == b).then_some(link.a);
            // Nor does a GUID that rows name as a device.
            let guid = (Shape::of(b) == Shape::Guid).then_some(link.b);
            for id in of_device.into_iter().chain(guid) {
                if let Some(person) = usize::try_from(id).ok().and_then(|at| people.get_mut(at)) {
                    *person = false;
                }
            }
        }
        for (at, person) in (0..).zip(&mut people).skip(1) {
            let text = self.own(at);
            *person = match Shape::of(text) {
                Shape::Device | Shape::WebAnonymous => false,
                Shape::Email => true,
                Shape::Guid | Shape::Other => *person && !Id::new(text).is_placeholder(),
            };
        }
        self.people = people;
    }

    /// Whether an id names a person.
    pub(super) fn is_person(&self, id: Number) -> bool {
        self.people.get(id as usize).copied().unwrap_or(false)
    }

    /// The number of an id that an alias call names.
    pub(super) fn number_of(&self, id: &Id) -> Option<Number> {
        self.called.get(id).copied()
    }

    /// The id with this number.
    pub(super) fn id(&self, number: Number) -> Option<Id> {
        (number != 0).then(|| Id::new(self.text(number)))
    }
}

impl Texts for Ids {
    fn bare(&self, id: Number) -> Number {
        self.bare.get(&id).copied().unwrap_or(id)
    }

    fn is_device(&self, id: Number) -> bool {
        self.bare.contains_key(&id)
    }

    fn text(&self, id: Number) -> &str {
        match (id as usize).checked_sub(self.texts.len()) {
            None => self.own(id),
            Some(at) => {
                let device = self.added.get(at).copied().unwrap_or(0);
                self.own(device).strip_prefix(DEVICE_PREFIX).unwrap_or_default()
            }
        }
    }
}
