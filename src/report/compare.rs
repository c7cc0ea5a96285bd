//! Two users side by side, written out (`journey diff`).

mod html;

use std::io::{self, Write};

pub use self::html::html;

use serde_json::{Value, json};

use super::json::SCHEMA;
use super::look::{Class, Look, left, many};
use crate::identity::compare::{Argument, Comparison, Side, Verdict};
use crate::identity::{Journey, Phase, Reason, State, Step, Verdict as Outcome};
use crate::model::facts::{Event, Source};
use crate::model::text::event_name;
use crate::model::time::rfc3339;
use crate::model::{Id, VerbKind};

/// Columns of the activity of one user.
const BAR: usize = 60;
const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII: [char; 9] = [' ', '.', '.', ':', ':', '|', '|', '#', '#'];

/// Writes the comparison for people.
pub fn text(out: &mut dyn Write, compared: &Comparison, look: &Look) -> io::Result<()> {
    let class = match compared.verdict {
        Verdict::Same => Class::Alias,
        Verdict::Tied | Verdict::Contested => Class::Orphan,
        _ => Class::Heading,
    };
    writeln!(out, "{}", look.paint(class, &look.wrap(&compared.sentence, 0)))?;
    writeln!(out)?;
    axis(out, compared, look)?;
    let [against, supports]: [Vec<&Argument>; 2] =
        [false, true].map(|side| compared.arguments.iter().filter(|argument| argument.supports == side).collect());
    for (title, arguments) in [("for one person", supports), ("against", against)] {
        if arguments.is_empty() {
            continue;
        }
        writeln!(out, "\n{}", look.paint(Class::Heading, title))?;
        for argument in arguments {
            let places: Vec<String> = argument.sources.iter().take(3).map(|source| place(source, look)).collect();
            let named = |source: &Source| argument.text.contains(&format!("{} line {}", source.file, source.line));
            let places =
                if argument.sources.iter().all(named) { String::new() } else { format!(" ({})", places.join(", ")) };
            writeln!(
                out,
                "{}",
                look.wrap(&format!("{} {}{places}", left(argument.strength.name(), 6), argument.text), 2)
            )?;
        }
    }
    for limit in &compared.limits {
        writeln!(out, "\n{}", look.wrap(&format!("note: {limit}"), 0))?;
    }
    Ok(())
}

/// Writes the comparison for a ticket: the verdict, and the lines for people as they are.
pub fn markdown(out: &mut dyn Write, compared: &Comparison, look: &Look) -> io::Result<()> {
    let mut lines = Vec::new();
    text(&mut lines, compared, &Look { colour: false, ..*look })?;
    let lines = String::from_utf8_lossy(&lines);
    // No text of the data can end the block.
    let longest = lines.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    writeln!(out, "{fence}text\n{}\n{fence}", lines.trim_end())
}

/// The verdict in a few words.
pub fn head(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "One user",
        Verdict::Tied => "Tied, not joined",
        Verdict::Contested => "Contested",
        Verdict::Device => "A device in common",
        Verdict::Alike => "Alike, not joined",
        Verdict::Nothing => "Nothing in common",
    }
}

/// The name of an event; the two that change ids as the calls that sent them.
pub fn called(event: &Event) -> String {
    let id = |id: &Option<Id>| id.as_ref().map_or(String::new(), |id| id.as_str().to_owned());
    match event.verb {
        VerbKind::Alias => format!("alias({})", id(&event.other)),
        VerbKind::Identify => format!("identify({})", id(&event.id)),
        _ => event_name(&event.event).to_owned(),
    }
}

/// What a row is by its sign: that of its call, else of where it is stored, else of what was known by then.
/// `makes_known` says whether the user became known by it.
pub fn class(journey: &Journey, step: &Step, makes_known: bool) -> Class {
    let call = match step.reason {
        Reason::Call { call } => journey.aliases.get(call),
        _ => None,
    };
    match (call.map(|call| call.verdict), step.state) {
        (Some(Outcome::Refused(_)), _) => Class::Refused,
        (Some(_), _) => Class::Alias,
        (None, State::Split(_)) => Class::Split,
        _ if makes_known => Class::Identify,
        _ if step.phase == Phase::Identified => Class::Known,
        _ => Class::Anonymous,
    }
}

fn place(source: &Source, look: &Look) -> String {
    look.id(&format!("{}:{}", source.file, source.line), 48)
}

/// Both on one time axis.
fn axis(out: &mut dyn Write, compared: &Comparison, look: &Look) -> io::Result<()> {
    let (first, last) = span(compared);
    let width = 24;
    for (side, name) in compared.sides.iter().zip(["A", "B"]) {
        let journey = &side.journey;
        let activity = activity(side, first, last, BAR);
        let most = activity.iter().copied().max().unwrap_or(0).max(1);
        let glyphs = if look.ascii { ASCII } else { BARS };
        let bars: String = activity
            .iter()
            .map(|rows| {
                let height = if *rows == 0 { 0 } else { (rows * 8 / most).max(1) };
                glyphs.get(usize::try_from(height).unwrap_or(8)).copied().unwrap_or(' ')
            })
            .collect();
        writeln!(
            out,
            "{name} {} {bars} {}",
            left(&look.cut(&journey.best_name(), width), width),
            many(journey.steps.len(), "row")
        )?;
    }
    let (from, to) = (look.clock.date(first), look.clock.date(last));
    let gap = BAR.saturating_sub(from.len() + to.len()).max(1);
    writeln!(out, "  {} {from}{}{to} {}", " ".repeat(width), " ".repeat(gap), look.clock.name())?;
    let active = match compared.overlap {
        Some((from, to)) => format!("both active from {} to {}", look.clock.minute(from), look.clock.minute(to)),
        None => "never active in the same span of time".to_owned(),
    };
    writeln!(out, "  {} {active}", " ".repeat(width))
}

/// From the first row of either to the last.
pub fn span(compared: &Comparison) -> (i64, i64) {
    let spans = || compared.sides.iter().filter_map(|side| side.journey.span());
    let first = spans().map(|(first, _)| first).min().unwrap_or(0);
    (first, spans().map(|(_, last)| last).max().unwrap_or(first))
}

/// Rows of one side in equal parts of the time.
pub fn activity(side: &Side, first: i64, last: i64, parts: usize) -> Vec<u64> {
    let mut counts = vec![0; parts];
    let whole = i128::from(last.saturating_sub(first).max(1));
    for step in &side.journey.steps {
        let at = i128::from(step.event.time.saturating_sub(first)) * (parts.saturating_sub(1) as i128) / whole;
        if let Some(count) = usize::try_from(at).ok().and_then(|at| counts.get_mut(at)) {
            *count += 1;
        }
    }
    counts
}

/// Writes the comparison for programs.
pub fn json(out: &mut dyn Write, compared: &Comparison) -> io::Result<()> {
    let source = |source: &Source| json!({"file": &*source.file, "line": source.line});
    let [a, b] = [0, 1].map(|at: usize| compared.sides.get(at).map_or(Value::Null, side));
    let shared: Vec<Value> = compared
        .shared
        .iter()
        .map(|both| {
            let side = |at: usize| {
                json!({
                    "events": both.rows.get(at),
                    "source": both.sources.get(at).and_then(Option::as_ref).map(source),
                })
            };
            json!({"kind": both.kind.name(), "value": both.value, "a": side(0), "b": side(1)})
        })
        .collect();
    let arguments: Vec<Value> = compared
        .arguments
        .iter()
        .map(|argument| {
            json!({
                "supports": argument.supports,
                "strength": argument.strength.name(),
                "text": argument.text,
                "sources": argument.sources.iter().map(source).collect::<Vec<_>>(),
            })
        })
        .collect();
    let answer = json!({
        "schema": SCHEMA,
        "same": compared.verdict == Verdict::Same,
        "verdict": compared.verdict.name(),
        "why": compared.sentence,
        "a": a,
        "b": b,
        "overlap": compared.overlap.map(|(from, to)| json!({"first": rfc3339(from), "last": rfc3339(to)})),
        "shared": shared,
        "arguments": arguments,
        "limits": compared.limits,
    });
    serde_json::to_writer(&mut *out, &answer)?;
    out.write_all(b"\n")
}

fn side(side: &Side) -> Value {
    let journey = &side.journey;
    json!({
        "query": journey.query.as_str(),
        "name": journey.name(),
        "root": journey.root.as_ref().map(Id::as_str),
        "ids": journey.ids.iter().map(|member| member.id.as_str()).collect::<Vec<_>>(),
        "events": count_of(side),
        "first": journey.span().map(|(first, _)| rfc3339(first)),
        "last": journey.span().map(|(_, last)| rfc3339(last)),
    })
}

fn count_of(side: &Side) -> usize {
    side.journey.steps.len()
}
