//! Finding ids by a part of them, or of a value of their profile.

use std::collections::HashSet;

use super::source::Warehouse;
use super::tables::{IDS, VALUES};
use super::wire::{Answer, containing, literal, literals};
use crate::inspect::Error;
use crate::model::Id;
use crate::model::hit::{IdHit, Match};
use crate::model::id::DEVICE_PREFIX;
use crate::model::text::lower;

impl Warehouse {
    /// What [`Source::search_ids`](crate::inspect::Source::search_ids) gives.
    pub(super) fn ids_with(&self, text: &str, limit: usize) -> Result<Vec<IdHit>, Error> {
        if text.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let state = self.state()?;
        let exact = Id::new(text);
        let forms = literals([exact.as_str(), exact.other_device_form().as_str()]);
        let (device, lower) = (format!("{DEVICE_PREFIX}{}", lower(text)), lower(text));
        let (device, has, lower) = (literal(&device), containing(&lower), literal(&lower));
        let sql = format!(
            "SELECT id, toUInt8(multiIf(id IN ({forms}), 0, startsWith(lower, {lower}) OR startsWith(lower, {device}), 1, 2)) AS how, \
             '' AS by_key, '' AS by_value FROM {IDS} WHERE load = {facts} AND lower LIKE {has} \
             ORDER BY how, length(id), id LIMIT {limit} FORMAT RowBinary",
            facts = state.facts
        );
        let hit = |answer: &mut Answer<'_>| {
            let (id, how) = (Id::new(&answer.text()?), answer.u8()?);
            let via = (answer.text()?.into_owned(), answer.text()?.into_owned());
            Ok((id, how, via))
        };
        let mut found = self.records(&sql, hit)?;
        if found.len() < limit {
            let sql = format!(
                "SELECT id, toUInt8(3) AS how, argMin(key, number) AS by_key, argMin(value, number) AS by_value FROM {VALUES} \
                 WHERE load = {facts} AND lower LIKE {has} GROUP BY id ORDER BY min(length(value)), id \
                 LIMIT {limit} FORMAT RowBinary",
                facts = state.facts
            );
            found.extend(self.records(&sql, hit)?);
        }
        let mut seen = HashSet::new();
        found.retain(|(id, ..)| seen.insert(id.clone()));
        found.truncate(limit);
        let ids: Vec<Id> = found.iter().map(|(id, ..)| id.clone()).collect();
        self.know(&ids);
        let spans = self.spans(&ids)?;
        let found = found.into_iter().map(|(id, how, via)| {
            let span = spans.get(&id).copied().unwrap_or_default();
            let (found, via) = match how {
                0 => (Match::Exact, None),
                1 => (Match::Prefix, None),
                2 => (Match::Substring, None),
                _ => (Match::Profile, Some(via)),
            };
            IdHit { id, found, via, span }
        });
        Ok(found.collect())
    }
}
