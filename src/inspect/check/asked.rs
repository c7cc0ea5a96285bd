//! Which users can have a finding of some kinds: where only these are looked for, no one else is judged.

use rustc_hash::FxHashMap;

use super::gathered::{Gathered, number};
use super::judged::id_of_call;
use crate::identity::{Kind, Needs};
use crate::model::LinkKind;

impl Gathered {
    /// By the numbers of parts: whether a user of it can have a finding of one of these kinds. `None` where any can.
    pub(super) fn asked(&mut self, only: &[&'static Kind]) -> Option<Vec<bool>> {
        let mut asked = vec![false; self.ids()];
        let mut ask = |part: u32| {
            if let Some(asked) = asked.get_mut(part as usize) {
                *asked = true;
            }
        };
        let mut needs: Vec<Needs> = Vec::new();
        for kind in only {
            let of_kind = self.rules().needs(kind);
            if !needs.contains(&of_kind) {
                needs.push(of_kind);
            }
        }
        for needs in needs {
            match needs {
                Needs::Anything => return None,
                Needs::Calls(least) => {
                    let mut calls: FxHashMap<u32, u32> = FxHashMap::default();
                    for call in &self.calls {
                        *calls.entry(self.parts.of(number(id_of_call(call)))).or_default() += 1;
                    }
                    calls.into_iter().filter(|(_, calls)| *calls >= least).for_each(|(part, _)| ask(part));
                }
                Needs::SplitRows => {
                    for (id, sums) in &self.summed.sums {
                        if sums.race > 0 || sums.history > 0 {
                            ask(self.parts.of(*id));
                        }
                    }
                }
                Needs::Placeholder => {
                    for id in self.numbers_of_ids().filter(|id| self.is_placeholder(i64::from(*id))).collect::<Vec<_>>()
                    {
                        ask(self.parts.of(id));
                    }
                }
                Needs::LookAlike => {
                    for (id, _) in &self.alike {
                        ask(self.parts.of(*id));
                    }
                }
                Needs::TwoNames => self.with_two_names().into_iter().for_each(&mut ask),
            }
        }
        Some(asked)
    }

    /// The parts with two ids that can each name a person.
    fn with_two_names(&mut self) -> Vec<u32> {
        // Nearly all ids are alone, and need not be looked at.
        let mut ids: Vec<u32> = vec![0; self.ids()];
        for id in self.numbers_of_ids() {
            if let Some(ids) = ids.get_mut(self.parts.of(id) as usize) {
                *ids += 1;
            }
        }
        let mut is_device = vec![false; self.ids()];
        for link in self.links.iter().filter(|link| matches!(link.kind, LinkKind::IdDevice | LinkKind::UserDevice)) {
            if let Some(is_device) = is_device.get_mut(number(link.b) as usize) {
                *is_device = true;
            }
        }
        let mut names: Vec<u8> = vec![0; self.ids()];
        let mut found = Vec::new();
        for id in self.numbers_of_ids() {
            let part = self.parts.of(id);
            if ids.get(part as usize).is_none_or(|ids| *ids < 2) {
                continue;
            }
            let is_device = is_device.get(id as usize).copied().unwrap_or(false);
            let Some(names) = names.get_mut(part as usize).filter(|names| **names < 2) else { continue };
            if self.rules.can_name(self.texts.of(i64::from(id)), is_device) {
                *names += 1;
                if *names == 2 {
                    found.push(part);
                }
            }
        }
        found
    }
}
