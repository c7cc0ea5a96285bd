//! A play as text, for slides and documents: each call with what it does, and the server after it.
//!
//! Rows of the timeline are listed when they are new (`+`) or change their place
//! (`~`); the whole timeline stands once, at the end. `!` goes before what is lost by a call.

use std::collections::HashMap;
use std::io::{self, Write};

use super::server::{AliasRow, Entry, Server, Standing};
use super::{DeviceState, Field, Play, explain};
use crate::identity::{LEGACY, PointKind, Split, Verdict};
use crate::model::Id;
use crate::model::time::span;
use crate::report::Look;
use crate::report::look::{Class, left, many};
use crate::sim::{Cause, Endpoint, Scenario};

/// Columns of the name of an event.
const EVENT: usize = 22;
/// Columns of an id.
const ID: usize = 24;

/// Writes a play; whether everything is as expected.
pub fn play(out: &mut dyn Write, play: &Play, look: &Look) -> io::Result<bool> {
    let scenario = play.scenario();
    writeln!(out, "{}", look.paint(Class::Heading, &look.cut(&scenario.title, look.width)))?;
    writeln!(out, "{}", look.wrap(&format!("{}: {}", scenario.name, scenario.look_for), 0))?;
    if play.rules().name() != LEGACY.name() {
        let rules = format!("by the rules {}: {}", play.rules().name(), play.rules().title());
        writeln!(out, "{}", look.wrap(&rules, 0))?;
    }
    for device in &scenario.devices {
        let line = format!("{}: {} ({})", device.name, device.sdk.name, device.sdk.about);
        writeln!(out, "  {}", look.paint(Class::Faint, &look.cut(&line, look.width.saturating_sub(2))))?;
    }
    let mut before = play.server(0);
    let mut day = None;
    for number in 1..=play.last() {
        let now = play.server(number);
        let today = play.step(number).map(|step| look.clock.day(step.at));
        if today != day {
            writeln!(out, "\n{}", look.paint(Class::Faint, &look.rule(today.as_deref().unwrap_or_default())))?;
            day = today;
        }
        moment(out, play, number, &before, &now, look)?;
        before = now;
    }
    writeln!(out, "\n{}", look.paint(Class::Heading, &look.rule("in the end")))?;
    end(out, play, &before, look)
}

/// Writes the list of plays.
pub fn list(out: &mut dyn Write, plays: &[Scenario], look: &Look) -> io::Result<()> {
    let wide = plays.iter().map(|scenario| scenario.name.len()).max().unwrap_or(0) + 2;
    for scenario in plays {
        writeln!(
            out,
            "{}{}",
            left(&look.clean(&scenario.name), wide),
            look.paint(Class::Heading, &look.clean(&scenario.title))
        )?;
        writeln!(out, "{}", look.wrap(&scenario.look_for, wide))?;
        writeln!(out, "{}", look.paint(Class::Faint, &look.wrap(&scenario.lesson, wide)))?;
    }
    Ok(())
}

fn moment(
    out: &mut dyn Write,
    play: &Play,
    number: usize,
    before: &Server,
    now: &Server,
    look: &Look,
) -> io::Result<()> {
    let Some(step) = play.step(number) else { return Ok(()) };
    let device = play.device(step).map_or("", |device| device.name.as_str());
    let by = if matches!(step.cause, Cause::Answer(_)) { " (the SDK itself)" } else { "" };
    let head = format!("{number}. {} {device}: {}{by}", look.clock.time(step.at), step.code);
    writeln!(out, "\n{}", look.paint(Class::Heading, &look.cut(&head, look.width)))?;
    if let Some(caption) = &step.caption {
        writeln!(out, "{}", look.wrap(&format!("\"{caption}\""), 3))?;
    }
    let explanation = play.explain(number);
    if !explanation.is_empty() {
        writeln!(out, "{}", look.wrap(&explanation, 3))?;
    }
    if let Some(state) = play.devices(number).get(step.device) {
        sdk(out, state, look)?;
    }
    let sent: Vec<String> = play
        .sends(number)
        .map(|sent| match sent.endpoint {
            Endpoint::Track => format!("{:?} as {}", explain::item(&sent.payload), sent_as(&sent.payload)),
            Endpoint::Engage => format!("profile {} of {}", explain::item(&sent.payload), sent_as(&sent.payload)),
        })
        .collect();
    if !sent.is_empty() {
        writeln!(out, "{}", look.wrap(&format!("sends {}", sent.join(", ")), 3))?;
    }
    let waiting = play.waiting(number);
    if waiting > 0 {
        writeln!(out, "   {} on the way, not taken in yet", many(waiting, "row"))?;
    }
    server(out, before, now, look)?;
    for news in play.news(number, before, now) {
        let (mark, class) = if news.kind.is_loss() { ('!', Class::Refused) } else { ('*', Class::Alias) };
        let text = look.wrap(&news.text, 5);
        let text = text.strip_prefix("     ").unwrap_or(&text).to_owned();
        writeln!(out, "   {} {}", look.paint(class, &mark.to_string()), look.paint(class, &text))?;
    }
    Ok(())
}

/// The id in a payload.
fn sent_as(payload: &serde_json::Map<String, serde_json::Value>) -> String {
    let properties = payload.get("properties").and_then(serde_json::Value::as_object);
    let id = properties.and_then(|properties| properties.get("distinct_id")).or_else(|| payload.get("$distinct_id"));
    id.map_or_else(
        || "no id".to_owned(),
        |id| explain::short(&id.as_str().map_or_else(|| id.to_string(), str::to_owned)),
    )
}

fn sdk(out: &mut dyn Write, state: &DeviceState<'_>, look: &Look) -> io::Result<()> {
    if state.device.sdk.is_server() || state.fields.is_empty() {
        return Ok(());
    }
    let short = |value: &Option<String>| value.as_deref().map(explain::short);
    let written = |field: &Field| {
        let field = Field { before: short(&field.before), now: short(&field.now), ..field.clone() };
        format!("{}={}", field.name, field.text(look.arrow()))
    };
    let fields: Vec<String> = state.fields.iter().map(written).collect();
    let offline = if state.online { "" } else { " (offline)" };
    writeln!(out, "{}", look.wrap(&format!("SDK{offline}: {}", fields.join(", ")), 3))
}

fn server(out: &mut dyn Write, before: &Server, now: &Server, look: &Look) -> io::Result<()> {
    if !now.table.is_empty() {
        let calls: Vec<String> = now.table.iter().map(|row| call(row, look)).collect();
        writeln!(out, "{}", look.wrap(&format!("table: {}", calls.join("; ")), 3))?;
    }
    let known: HashMap<usize, &Entry> = before.timeline.iter().map(|entry| (entry.sent, entry)).collect();
    for entry in &now.timeline {
        let mark = match known.get(&entry.sent) {
            None => '+',
            Some(old) if old.standing != entry.standing || old.stored_under != entry.stored_under => '~',
            Some(_) => continue,
        };
        writeln!(out, "   {mark} {}", row(entry, now, look))?;
    }
    Ok(())
}

/// One alias call in few words.
pub(super) fn call(row: &AliasRow, look: &Look) -> String {
    let name = |id: &Option<Id>| explain::short(id.as_ref().map_or("nothing", Id::as_str));
    let pair = format!("{} {} {}", name(&row.alias), look.arrow(), name(&row.target));
    match row.verdict {
        Verdict::Accepted => pair,
        Verdict::Duplicate => format!("{pair} (again)"),
        Verdict::Refused(refusal) => format!("{pair} refused ({})", refusal.name()),
    }
}

/// `09:12:01 ○ Page Viewed   12345   merged`.
fn row(entry: &Entry, server: &Server, look: &Look) -> String {
    let class = class(entry);
    let sent = entry.id.as_ref().map_or("no id", Id::as_str);
    let stored = entry.stored_under.as_ref().map_or("", Id::as_str);
    let place = if sent == stored {
        look.id(sent, ID)
    } else {
        format!("{} {} {}", look.id(sent, ID), look.arrow(), look.id(stored, ID))
    };
    let event = left(&look.cut(&entry.event, EVENT), EVENT);
    let time = look.clock.time(entry.time);
    let line = format!("{time} {} {event} {} {}", look.mark(class), left(&place, ID), state(entry, server));
    let late = entry.arrived.saturating_sub(entry.time);
    let late = if late > 120_000 { format!(", {} late", span(late)) } else { String::new() };
    // What stands before a row is at most five columns.
    look.paint(class, &look.cut(&format!("{}{late}", line.trim_end()), look.width.saturating_sub(5)))
}

fn class(entry: &Entry) -> Class {
    match (&entry.standing, entry.verdict, entry.point) {
        (_, Some(Verdict::Refused(_)), _) => Class::Refused,
        (_, Some(_), _) => Class::Alias,
        (Standing::Split(_), ..) => Class::Split,
        (Standing::Ignored, ..) => Class::Faint,
        (Standing::Orphan(_) | Standing::Contested(_) | Standing::NoId, ..) => Class::Orphan,
        (_, _, Some(PointKind::Identify | PointKind::Login)) => Class::Identify,
        _ if entry.phase == crate::identity::Phase::Anonymous => Class::Anonymous,
        _ => Class::Known,
    }
}

/// What is to be said of a row, in a few words; nothing of one that counts for its user.
fn state(entry: &Entry, server: &Server) -> String {
    let verdict = match entry.verdict {
        Some(Verdict::Refused(_)) => "refused ",
        _ => "",
    };
    match &entry.standing {
        Standing::Merged => verdict.trim_end().to_owned(),
        Standing::Split(Split::Race) => format!("{verdict}split (race)"),
        Standing::Split(Split::History) => format!("{verdict}split (history)"),
        Standing::Orphan(owner) => format!("{verdict}orphan of {}", server.called(owner)),
        Standing::Contested(_) => format!("{verdict}contested"),
        Standing::NoId => format!("{verdict}without an id"),
        Standing::Ignored => "ignored".to_owned(),
    }
}

fn end(out: &mut dyn Write, play: &Play, end: &Server, look: &Look) -> io::Result<bool> {
    for row in &end.table {
        writeln!(out, "table  {}", look.clean(&call(row, look)))?;
    }
    let mut day = None;
    for entry in &end.timeline {
        let today = look.clock.date(entry.time);
        if day.as_ref() != Some(&today) {
            writeln!(out, "{}", look.paint(Class::Faint, &look.clock.day(entry.time)))?;
            day = Some(today);
        }
        writeln!(out, "  {}", row(entry, end, look))?;
    }
    writeln!(out, "\n{}", look.wrap(&format!("Lesson: {}", play.scenario().lesson), 0))?;
    let mut all = true;
    for expected in play.expectations(end) {
        let (mark, class) = if expected.holds() { ("ok", Class::Alias) } else { ("NO", Class::Refused) };
        let text = if expected.holds() {
            format!("{mark}  {} is {}", expected.key, expected.found)
        } else {
            format!("{mark}  {} is {}, expected was {}", expected.key, expected.found, expected.expected)
        };
        writeln!(out, "{}", look.paint(class, &look.wrap(&text, 0)))?;
        all &= expected.holds();
    }
    Ok(all)
}
