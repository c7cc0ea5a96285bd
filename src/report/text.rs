//! Text that people read, and paste into tickets.
//!
//! A journey is written top down: who it is and what is missing, the ids, the timeline, what no
//! alias reaches, the alias calls with their verdicts. A part with nothing to say is left out.

mod brief;
mod found;
mod imported;
mod lanes;
mod profile;
mod timeline;

pub use self::brief::{LINES as BRIEF_LINES, brief};
pub(super) use self::brief::{frequencies, most_first};
pub use self::found::search;
pub use self::imported::import;
pub(super) use self::timeline::class_of as class_of_point;

use std::fmt::Write as _;
use std::io::{self, Write};

use super::look::{Class, Look, count, left, many, right};
use super::{Shown, cuts};
use crate::identity::journey::at_least;
use crate::identity::naming::{self, Letters};
use crate::identity::{AliasLine, Journey, LEGACY, Member, Orphan, Role, Split, State, Verdict};
use crate::model::facts::Source;
use crate::model::{Id, Millis};

/// Columns of an id in a table.
const ID: usize = 36;

/// Writes a journey (`journey show`).
pub fn journey<'a>(out: &mut dyn Write, journey: impl Into<Shown<'a>>, look: &Look) -> io::Result<()> {
    let shown = journey.into();
    let journey = shown.journey;
    header(out, journey, look)?;
    if let Some(sentence) = shown.sentence(look.clock) {
        writeln!(out, "{}", look.paint(Class::Refused, &look.wrap(&sentence, 0)))?;
    }
    ids(out, journey, look)?;
    profile::profiles(out, journey, look)?;
    timeline::write(out, shown, look)?;
    let letters = Letters::of(journey);
    orphans(out, shown, &letters, look)?;
    calls(out, journey, look)?;
    points(out, journey, &letters, look)?;
    elsewhere(out, journey, &letters, look)?;
    mistakes(out, journey, &letters, look)?;
    notes(out, journey, &letters, look)
}

fn many_rows(rows: u64) -> String {
    many(usize::try_from(rows).unwrap_or(usize::MAX), "row")
}

/// Who, how many ids and devices, from when to when, what is missing.
fn header(out: &mut dyn Write, journey: &Journey, look: &Look) -> io::Result<()> {
    if let Some(moment) = journey.as_of {
        let when = format!("as of {}: only what had arrived by then", look.clock.full(moment.at));
        writeln!(out, "{}", look.paint(Class::Refused, &look.wrap(&when, 0)))?;
    }
    let parts = headline(journey, look);
    writeln!(out, "{}", look.paint(Class::Heading, &look.wrap(&parts.join(look.dot()), 0)))
}

/// Who, how many ids and devices, from when to when, what is missing: the parts of one line.
pub(super) fn headline(journey: &Journey, look: &Look) -> Vec<String> {
    let name = journey.name().filter(|name| *name != journey.query.as_str());
    let mut parts: Vec<String> = name.map(|name| look.clean(&name)).into_iter().collect();
    parts.push(look.whole_id(journey.query.as_str()));
    match &journey.root {
        Some(root) if *root == journey.query => parts.push("a root".to_owned()),
        Some(root) => parts.push(format!("root {}", look.whole_id(root.as_str()))),
        None => parts.push("no own rows, only mentioned by others".to_owned()),
    }
    if journey.root.is_some() {
        parts.push(format!("{}{}", at_least(journey.has_more_ids()), many(journey.ids.len(), "id")));
        let devices = journey.devices();
        if devices > 0 {
            parts.push(format!("{}{}", at_least(journey.has_more_rows()), many(devices, "device")));
        }
        if let Some((first, last)) = journey.span() {
            let (clock, dash) = (look.clock, look.dash());
            let (day, end) = (clock.date(last), clock.second(last));
            // Of one day the times tell more than the day twice.
            let span = if clock.date(first) != day {
                format!("{} {dash} {}", clock.minute(first), clock.minute(last))
            } else if clock.second(first) == end {
                end
            } else {
                format!("{} {dash} {}", clock.second(first), end.strip_prefix(&*day).unwrap_or(&end).trim_start())
            };
            parts.push(format!("{span} {}", clock.name()));
        }
        parts.push(format!("{}{}", at_least(journey.has_more_rows()), many(journey.steps.len(), "row")));
        parts.push(missing(journey));
    }
    // The legacy rules are those that nothing is said of.
    parts.extend((journey.rules.name() != LEGACY.name()).then(|| format!("rules {}", journey.rules.name())));
    parts
}

/// What is not stored under the root, in one part of the header.
fn missing(journey: &Journey) -> String {
    let mut parts = Vec::new();
    let splits = journey.splits();
    if splits > 0 {
        parts.push(format!("{}{} split", at_least(journey.has_more_rows()), count(splits as u64)));
    }
    let orphaned = journey.orphaned_rows();
    if orphaned > 0 {
        parts.push(format!("{}{} orphaned", journey.at_least(), count(orphaned as u64)));
    }
    let contested = journey.orphans.iter().filter(|orphan| orphan.contested).count();
    if contested > 0 {
        parts.push(format!("{}{}", journey.at_least(), many(contested, "contested orphan")));
    }
    let refused = journey.refused().count();
    if refused > 0 {
        parts.push(format!("{}{} refused", journey.at_least(), many(refused, "alias call")));
    }
    if !journey.cuts.is_empty() {
        parts.push("what lies beyond a limit, see the notes".to_owned());
    }
    if parts.is_empty() { "nothing is missing".to_owned() } else { format!("missing: {}", parts.join(", ")) }
}

fn heading(out: &mut dyn Write, look: &Look, title: &str) -> io::Result<()> {
    writeln!(out, "\n{}", look.paint(Class::Heading, title))
}

/// The ids with their spans; the letters are those of the lanes.
fn ids(out: &mut dyn Write, journey: &Journey, look: &Look) -> io::Result<()> {
    if journey.ids.is_empty() {
        return Ok(());
    }
    heading(out, look, "ids")?;
    // Next to the id are 33 columns and its span.
    let (span, wide) = if look.width >= 100 { (35, true) } else { (23, false) };
    let width = look.width.saturating_sub(33 + span).clamp(12, ID);
    for (index, member) in journey.ids.iter().enumerate() {
        let role = match member.role {
            Role::Root => "root",
            Role::Alias => "alias",
        };
        writeln!(
            out,
            "  {} {} {} {}  {}  {}",
            naming::letter(index),
            left(role, 5),
            left(&look.id(member.id.as_str(), width), width),
            right(&many_rows(member.events), 9),
            left(&lasting(member, look, wide), span),
            if member.anonymous { "anonymous" } else { "known" },
        )?;
    }
    Ok(())
}

/// From when to when an id has rows; to the minute if there is room.
fn lasting(member: &Member, look: &Look, wide: bool) -> String {
    let tell = |at| if wide { look.clock.minute(at) } else { look.clock.date(at) };
    match (member.first.map(tell), member.last.map(tell)) {
        (Some(first), Some(last)) if first == last => first,
        (Some(first), Some(last)) => format!("{first} {} {last}", look.dash()),
        _ => String::new(),
    }
}

/// `sally.jsonl:3`.
fn place(source: &Source, look: &Look, width: usize) -> String {
    look.id(&format!("{}:{}", source.file, source.line), width)
}

/// A sentence and the place that shows it, indented.
fn sentence(out: &mut dyn Write, look: &Look, indent: usize, text: &str, source: Option<&Source>) -> io::Result<()> {
    let text = match source {
        // Most sentences name the line that they rest on.
        Some(source) if !text.contains(&format!("{} line {}", source.file, source.line)) => {
            format!("{text} ({}:{})", source.file, source.line)
        }
        _ => text.to_owned(),
    };
    writeln!(out, "{}", look.wrap(&text, indent))
}

/// Rows under other roots, with the evidence.
fn orphans(out: &mut dyn Write, shown: Shown<'_>, letters: &Letters<'_>, look: &Look) -> io::Result<()> {
    let journey = shown.journey;
    if journey.orphans.is_empty() {
        return Ok(());
    }
    heading(out, look, "orphans: rows that no alias reaches")?;
    for orphan in &journey.orphans {
        orphan_head(out, journey, orphan, letters, look)?;
        // The sentence of the orphan tells the best of its evidence.
        let is_said = |why: &str| orphan.why.contains(why.trim_end_matches('.'));
        for evidence in orphan.evidence.iter().filter(|evidence| !is_said(&evidence.why)) {
            let more = if evidence.rows > 1 { format!(", {}", many_rows(evidence.rows)) } else { String::new() };
            let why = letters.sentence(&evidence.why);
            let text = format!("{}{more}: {why}", evidence.kind.name());
            sentence(out, look, 6, &text, Some(&evidence.source))?;
        }
        for step in shown.steps_of(orphan) {
            let sent = step.event.id.as_ref().map_or("no id", Id::as_str);
            let (event, id) = if look.width >= 100 { (24, 20) } else { (18, 12) };
            writeln!(
                out,
                "    {} {}  {} {} {}",
                look.paint(Class::Orphan, &look.mark(Class::Orphan).to_string()),
                look.clock.second(step.event.time),
                left(&look.cut(&step.event.event, event), event),
                left(&look.id(sent, id), id),
                place(&step.event.source, look, look.width.saturating_sub(29 + event + id)),
            )?;
        }
        let hidden = orphan.steps.len() - shown.steps_of(orphan).count();
        if hidden > 0 {
            writeln!(out, "{}", look.paint(Class::Refused, &format!("    {} hidden", many(hidden, "row"))))?;
        }
    }
    Ok(())
}

fn orphan_head(
    out: &mut dyn Write,
    journey: &Journey,
    orphan: &Orphan,
    letters: &Letters<'_>,
    look: &Look,
) -> io::Result<()> {
    let mut parts = vec![many(orphan.steps.len(), "row"), orphan.strength.name().to_owned()];
    if orphan.contested {
        let others: Vec<String> = orphan
            .owners
            .iter()
            .filter(|owner| Some(*owner) != journey.root.as_ref())
            .map(|owner| look.id(journey.name_of(owner), 30))
            .collect();
        parts.push(format!("contested with {}", others.join(", ")));
    }
    let letter = letters.of_id(&orphan.id).unwrap_or_default();
    // Both ends of an id say more than an end of the line.
    let room = look.width.saturating_sub(parts.join(look.dot()).chars().count() + 6 + letter.len());
    parts.insert(0, format!("{letter} {}", look.id(orphan.id.as_str(), room.clamp(16, 60))));
    let head = parts.join(look.dot());
    writeln!(out, "  {}", look.paint(Class::Orphan, &head))?;
    if orphan.why.is_empty() { Ok(()) } else { sentence(out, look, 4, &letters.sentence(&orphan.why), None) }
}

/// The alias calls in order of arrival, each with its verdict.
fn calls(out: &mut dyn Write, journey: &Journey, look: &Look) -> io::Result<()> {
    if journey.aliases.is_empty() {
        return Ok(());
    }
    heading(out, look, "alias calls, in order of arrival")?;
    // Next to ids and place are 52 columns; a narrow report leaves the place to the timeline.
    let room = look.width.saturating_sub(52);
    let (width, source) = if look.width >= 100 { (room / 3, room / 3) } else { (room / 2, 0) };
    for line in &journey.aliases {
        let class = class_of(line.verdict);
        let text = format!(
            "  {} {} {} {} {}",
            look.paint(class, &look.mark(class).to_string()),
            look.clock.second(line.time),
            look.paint(class, &left(&verdict(line.verdict), 22)),
            left(&pair(line, look, width), width * 2 + 4),
            if source > 0 { place(&line.source, look, source) } else { String::new() },
        );
        writeln!(out, "{}", text.trim_end())?;
    }
    Ok(())
}

/// `sally → 12345`, each id of at most `width` columns.
fn pair(line: &AliasLine, look: &Look, width: usize) -> String {
    let name = |id: &Option<Id>| id.as_ref().map_or_else(|| "(empty)".to_owned(), |id| look.id(id.as_str(), width));
    format!("{} {} {}", name(&line.alias), look.arrow(), name(&line.target))
}

pub(super) fn class_of(verdict: Verdict) -> Class {
    match verdict {
        Verdict::Refused(_) => Class::Refused,
        Verdict::Accepted | Verdict::Duplicate => Class::Alias,
    }
}

pub(super) fn verdict(verdict: Verdict) -> String {
    match verdict {
        Verdict::Accepted => "accepted".to_owned(),
        Verdict::Duplicate => "duplicate".to_owned(),
        Verdict::Refused(refusal) => format!("refused {}", refusal.name()),
    }
}

/// What a refused call left behind: the orphans that it alone ties to the user.
pub(super) fn lost(journey: &Journey, line: &AliasLine, look: &Look) -> String {
    if !matches!(line.verdict, Verdict::Refused(_)) {
        return String::new();
    }
    let said_by_it = |orphan: &&Orphan| orphan.evidence.iter().any(|evidence| evidence.source == line.source);
    let parts: Vec<String> = journey
        .orphans
        .iter()
        .filter(said_by_it)
        .map(|orphan| {
            let after = orphan.steps.iter().filter(|step| step.event.place() > (line.time, line.arrival())).count();
            let id = look.id(orphan.id.as_str(), 40);
            let rows = many(orphan.steps.len(), "row");
            format!("{rows} under {id}, {} of them after this call", count(after as u64))
        })
        .collect();
    if parts.is_empty() { String::new() } else { format!("left behind: {}", parts.join("; ")) }
}

/// Where the user became known, and where client states ended.
fn points(out: &mut dyn Write, journey: &Journey, letters: &Letters<'_>, look: &Look) -> io::Result<()> {
    if journey.points.is_empty() {
        return Ok(());
    }
    heading(out, look, "identify points and resets")?;
    for point in &journey.points {
        let class = timeline::class_of(point.kind);
        writeln!(
            out,
            "  {} {} {}  {}{}",
            look.paint(class, &look.mark(class).to_string()),
            look.clock.second(point.time),
            look.paint(class, &left(point.kind.name(), 8)),
            look.id(point.id.as_str(), ID),
            if point.inferred { "  (inferred)" } else { "" },
        )?;
        sentence(out, look, 4, &letters.sentence(&point.why), Some(&point.source))?;
    }
    Ok(())
}

/// What names the query without making its rows part of a journey.
fn elsewhere(out: &mut dyn Write, journey: &Journey, letters: &Letters<'_>, look: &Look) -> io::Result<()> {
    if !journey.mentions.is_empty() {
        heading(out, look, "mentioned")?;
        for mention in &journey.mentions {
            let name = person(journey, &mention.root, look);
            let of = if mention.with == mention.root { String::new() } else { format!(" of {name}") };
            let with = if of.is_empty() { name } else { look.id(mention.with.as_str(), 40) };
            let head = format!("as {}, with {with}{of}, {}", mention.role, many_rows(mention.rows));
            writeln!(out, "{}", look.wrap(&head, 2))?;
            sentence(out, look, 4, &letters.sentence(&mention.why), Some(&mention.source))?;
        }
    }
    if !journey.orphan_of.is_empty() {
        heading(out, look, "these rows are an orphan of")?;
        for owner in &journey.orphan_of {
            writeln!(out, "  {}{}{}", person(journey, &owner.root, look), look.dot(), owner.strength.name())?;
            for evidence in &owner.evidence {
                let text = format!("{}: {}", evidence.kind.name(), letters.sentence(&evidence.why));
                sentence(out, look, 4, &text, Some(&evidence.source))?;
            }
        }
    }
    if !journey.neighbours.is_empty() {
        heading(out, look, "other users of the same devices")?;
        for neighbour in &journey.neighbours {
            let device = neighbour.device.as_ref().map(|device| look.id(device.as_str(), 40));
            let device = device.map(|device| format!("{}device {device}", look.dot())).unwrap_or_default();
            writeln!(out, "  {}{device}", person(journey, &neighbour.root, look))?;
            sentence(out, look, 4, &letters.sentence(&neighbour.why), Some(&neighbour.source))?;
        }
    }
    Ok(())
}

/// Another person: the best name and the id.
pub(super) fn person(journey: &Journey, root: &Id, look: &Look) -> String {
    let name = journey.names.get(root).map(|name| look.cut(name, 40)).filter(|name| name != root.as_str());
    let id = look.id(root.as_str(), 40);
    name.map_or_else(|| id.clone(), |name| format!("{name} ({id})"))
}

fn mistakes(out: &mut dyn Write, journey: &Journey, letters: &Letters<'_>, look: &Look) -> io::Result<()> {
    if journey.findings.is_empty() {
        return Ok(());
    }
    heading(out, look, "findings")?;
    for finding in &journey.findings {
        let what = letters.sentence(&finding.what);
        sentence(out, look, 2, &format!("{} {}: {what}", finding.severity().name(), finding.code()), None)?;
        sentence(out, look, 4, finding.advice, finding.sources.first())?;
    }
    Ok(())
}

fn notes(out: &mut dyn Write, journey: &Journey, letters: &Letters<'_>, look: &Look) -> io::Result<()> {
    if journey.notes.is_empty() && journey.cuts.is_empty() {
        return Ok(());
    }
    heading(out, look, "to know")?;
    for note in journey.notes.iter().map(String::as_str).chain(cuts(journey)) {
        sentence(out, look, 2, &letters.sentence(note), None)?;
    }
    Ok(())
}

/// Why a row is split, in a word.
pub(super) fn split_name(state: State) -> Option<&'static str> {
    match state {
        State::Merged => None,
        State::Split(Split::Race) => Some("race"),
        State::Split(Split::History) => Some("history"),
    }
}

/// The time between two rows, in at most five columns; nothing for none.
pub(super) fn gap(from: Millis, to: Millis) -> String {
    let mut text = String::new();
    write_gap(&mut text, from, to);
    text
}

/// Writes what [`gap`] tells behind `text`.
fn write_gap(text: &mut String, from: Millis, to: Millis) {
    let passed = to.saturating_sub(from);
    let seconds = passed / 1000;
    // Writing to a String cannot fail.
    let _ = match seconds {
        _ if passed <= 0 => Ok(()),
        0 => write!(text, "{passed}ms"),
        1..60 => write!(text, "{seconds}s"),
        60..3600 => write!(text, "{}m{:02}", seconds / 60, seconds % 60),
        3600..86_400 => write!(text, "{}h{:02}", seconds / 3600, seconds / 60 % 60),
        _ if seconds < 9999 * 86_400 => write!(text, "{}d", seconds / 86_400),
        _ => write!(text, "{}y", seconds / 31_556_952),
    };
}
