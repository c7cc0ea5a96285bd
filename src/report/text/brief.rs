//! A journey in a few lines, to paste into a ticket.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{headline, lost};
use crate::identity::Profile;
use crate::identity::naming::Letters;
use crate::identity::profile::Property;
use crate::identity::{Journey, PointKind, Severity};
use crate::model::Id;
use crate::report::look::{Class, Look, count, many};

/// Lines at most.
pub const LINES: usize = 15;
/// Events that are named.
const EVENTS: usize = 5;

/// Writes who it is, what is missing and why, in at most [`LINES`] lines; what has no room is
/// counted. It names no file.
pub fn brief(out: &mut dyn Write, journey: &Journey, look: &Look) -> io::Result<()> {
    let mut parts = headline(journey, look);
    let person = journey.profiles.iter().flat_map(Profile::of_person);
    let person = person.filter(|property| !parts.contains(&look.cut(&property.text(), 40)));
    let person: Vec<String> = person.map(|property| said(property, look)).take(6).collect();
    parts.splice(1..1, person);
    let mut blocks = vec![(Class::Heading, parts.join(look.dot()))];
    if let Some(known) = journey.points.iter().find(|point| point.kind != PointKind::Reset) {
        let (when, id) = (look.clock.second(known.time), look.id(known.id.as_str(), 40));
        blocks.push((Class::Identify, format!("known since {when} as {id} ({})", known.kind.name())));
    }
    let names = frequencies(journey).into_iter().take(EVENTS);
    let names: Vec<String> = names.map(|(name, number)| format!("{} {name}", count(number as u64))).collect();
    if !names.is_empty() {
        blocks.push((Class::Known, format!("most frequent: {}", names.join(look.dot()))));
    }
    let letters = Letters::of(journey);
    for finding in &journey.findings {
        let class = if finding.severity() == Severity::Error { Class::Refused } else { Class::Split };
        blocks.push((
            class,
            format!("{} {}: {}", finding.severity().name(), finding.code(), letters.sentence(&finding.what)),
        ));
    }
    for call in journey.refused() {
        let id = |id: &Option<Id>| id.as_ref().map_or_else(|| "(empty)".to_owned(), |id| look.id(id.as_str(), 40));
        let left = lost(journey, call, look);
        let left = if left.is_empty() { left } else { format!("; {left}") };
        let when = look.clock.second(call.time);
        blocks.push((
            Class::Refused,
            format!("refused {when}: alias {} for {}{left}", id(&call.alias), id(&call.target)),
        ));
    }
    for orphan in &journey.orphans {
        let rows = many(orphan.steps.len(), "row");
        let what = if orphan.contested { "contested" } else { "orphaned" };
        let id = look.id(orphan.id.as_str(), 40);
        let letter = letters.of_id(&orphan.id).filter(|letter| id != *letter).map(|letter| format!("{letter} "));
        let id = format!("{}{id}", letter.unwrap_or_default());
        blocks.push((Class::Orphan, format!("{what}: {rows} under {id}, {}", orphan.strength.name())));
    }
    let last = format!("journey show {}", look.whole_id(journey.query.as_str()));
    let mut used = 1;
    let mut left_out = 0_u64;
    for (class, text) in blocks {
        let text = look.wrap(&text, 0);
        let lines = text.lines().count();
        // One line stays for what has no room.
        if left_out > 0 || used + lines + 1 > LINES {
            left_out += 1;
            continue;
        }
        used += lines;
        for line in text.lines() {
            writeln!(out, "{}", look.paint(class, line))?;
        }
    }
    let more = if left_out > 0 { format!("{} more facts in: ", count(left_out)) } else { "all of it: ".to_owned() };
    writeln!(out, "{}", look.paint(Class::Faint, &look.cut(&format!("{more}{last}"), look.width)))
}

/// A property of a profile: a name and an address speak for themselves, all else needs its own name.
fn said(property: &Property, look: &Look) -> String {
    let value = look.cut(&property.text(), 40);
    match property.name.as_str() {
        "$name" | "$email" => value,
        name => format!("{} {value}", look.cut(name.trim_start_matches('$'), 40)),
    }
}

/// Events of a journey with their numbers, the most frequent first; rows that only tell of identity are none.
pub(in crate::report) fn frequencies(journey: &Journey) -> Vec<(&str, usize)> {
    let steps = journey.steps.iter().filter(|step| !step.event.verb.is_about_ids());
    most_first(steps.map(|step| &*step.event.event))
}

/// How often each name comes, the most frequent first, else by name.
pub(in crate::report) fn most_first<'n>(names: impl Iterator<Item = &'n str>) -> Vec<(&'n str, usize)> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        *numbers.entry(name).or_default() += 1;
    }
    let mut numbers: Vec<(&str, usize)> = numbers.into_iter().collect();
    numbers.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    numbers
}
