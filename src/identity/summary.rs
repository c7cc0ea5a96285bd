//! A journey in numbers: what was done how often, and with which programs.
//!
//! Everything follows from the [`Journey`] alone, in one pass over its rows and those of its orphans.

use std::collections::HashMap;
use std::sync::Arc;

use super::journey::{Journey, Step};
use crate::model::{Client, Id, Millis, VerbKind};

/// The numbers of one journey.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Kinds of events, the most frequent first.
    pub kinds: Vec<Kind>,
    /// What rows were sent with, in the order of their first rows.
    pub senders: Vec<Sender>,
    /// Rows of the user.
    pub rows: u64,
    /// Rows of orphans that count as the user's.
    pub outside: u64,
}

/// One kind of event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its name.
    pub name: Arc<str>,
    /// Which call it is.
    pub verb: VerbKind,
    /// Rows of the user.
    pub rows: u64,
    /// Rows of orphans that count as the user's.
    pub outside: u64,
    /// Number of its first row in the store.
    pub row: i64,
}

/// One program that rows of one id were sent with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The id of the rows; that of the orphan for rows of one.
    pub id: Option<Id>,
    /// Library, system and browser or model: `web · Mac OS X · Chrome`. Empty where no row says it.
    pub program: String,
    /// Whether the rows are those of an orphan.
    pub is_orphan: bool,
    /// Their number.
    pub rows: u64,
    /// Time of the first.
    pub first: Millis,
    /// Time of the last.
    pub last: Millis,
    /// Number of the first in the store.
    pub row: i64,
}

impl Summary {
    /// The numbers of a journey.
    pub fn of(journey: &Journey) -> Self {
        let own = journey.steps.iter().map(|step| (step, None));
        let orphans = journey.orphans.iter().filter(|orphan| orphan.counts());
        let outside = orphans.flat_map(|orphan| orphan.steps.iter().map(move |step| (step, Some(&orphan.id))));
        let mut summary = Self::default();
        let mut kinds: HashMap<(&str, VerbKind), Kind> = HashMap::new();
        let mut numbers: HashMap<(Option<&Id>, String), usize> = HashMap::new();
        // Rows share their senders, so that the text of a program is made once for each of those.
        let mut known: HashMap<(Option<&Id>, usize), usize> = HashMap::new();
        for (step, orphan) in own.chain(outside) {
            *(if orphan.is_some() { &mut summary.outside } else { &mut summary.rows }) += 1;
            let event = &step.event;
            let kind = kinds.entry((&event.event, event.verb)).or_insert_with(|| Kind {
                name: event.event.clone(),
                verb: event.verb,
                rows: 0,
                outside: 0,
                row: event.row,
            });
            *(if orphan.is_some() { &mut kind.outside } else { &mut kind.rows }) += 1;
            let senders = &mut summary.senders;
            let number = *known.entry((orphan, Arc::as_ptr(&event.sender).addr())).or_insert_with(|| {
                let (id, program) = (orphan.or(event.id.as_ref()), program(step));
                *numbers.entry((id, program)).or_insert_with_key(|(_, program)| {
                    senders.push(Sender {
                        id: id.cloned(),
                        program: program.clone(),
                        is_orphan: orphan.is_some(),
                        rows: 0,
                        first: event.time,
                        last: event.time,
                        row: event.row,
                    });
                    senders.len() - 1
                })
            });
            let Some(sender) = senders.get_mut(number) else { continue };
            sender.rows += 1;
            // Rows of one sender come by time: its first was the earliest.
            sender.last = event.time;
        }
        summary.kinds = kinds.into_values().collect();
        summary.kinds.sort_by(|one, other| {
            let sum = |kind: &Kind| kind.rows + kind.outside;
            sum(other).cmp(&sum(one)).then_with(|| one.name.cmp(&other.name)).then(one.row.cmp(&other.row))
        });
        summary.senders.sort_by_key(|one| (one.first, one.row));
        summary
    }
}

/// What sent a row, without the size of its screen, which changes with every window.
fn program(step: &Step) -> String {
    let Some(client) = &step.event.client else { return String::new() };
    let is_size = |part: &&str| {
        part.split_once('x').is_some_and(|(wide, high)| {
            [wide, high].iter().all(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        })
    };
    let parts = std::iter::once(client.library()).chain(Client::parts(client).filter(|part| !is_size(part)));
    parts.collect::<Vec<_>>().join(" · ")
}
