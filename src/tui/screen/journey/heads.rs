//! The lines between rows: sessions, the change of phase, rows that are not merged.

use std::fmt::Write as _;

use crate::identity::{PointKind, Verdict};
use crate::model::Id;
use crate::tui::fit;
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};
use crate::tui::when;
use crate::tui::words::place;

use super::State;
use crate::tui::timeline::order::{Break, Session};
use crate::tui::timeline::{Clock, Unmerged, event};

/// Parts of a head in the order of the line, each with what goes first when room is short.
type Parts = Vec<(u8, String)>;

/// The head of a session: its day or hour, program, rows, duration and the pause before it.
pub(super) fn session(pen: &mut Pen<'_>, number: usize, state: &State, look: &Look) {
    let Some(session) = state.order.list().get(number) else { return };
    let rule = look.style(Meaning::Muted);
    let start = if session.new_day { look.zone.date(session.first) } else { look.zone.clock(session.first, 8) };
    let mut parts: Parts = vec![(3, format!("session {}", number + 1))];
    if session.by == Break::Reset {
        parts.push((5, "after a reset".to_owned()));
    }
    parts.extend(sender(session, state).map(|sender| (1, sender)));
    let (shown, all) = (state.lines.of_session(number), session.to - session.from);
    let rows = if shown == all {
        fit::counted(all as u64, "row")
    } else {
        format!("{} of {}", fit::count(shown as u64), fit::counted(all as u64, "row"))
    };
    parts.push((6, rows));
    if session.last > session.first {
        parts.push((2, when::span(session.last.saturating_sub(session.first))));
    }
    // In the order of arrival, clocks of rows do not go back either.
    if let Some(idle) = session.idle.filter(|idle| *idle >= 1_000) {
        parts.push((4, format!("after {}", when::span(idle))));
    }
    let dot = format!(" {} ", look.glyphs.dot);
    pen.text(&look.glyphs.rule.repeat(2), rule).skip(1).text(&start, look.style(Meaning::Title));
    let wide = |parts: &Parts| parts.iter().map(|(_, part)| fit::width(part) + fit::width(&dot)).sum::<usize>();
    while wide(&parts) > pen.room()
        && let Some(least) = parts.iter().map(|(worth, _)| *worth).min()
    {
        parts.retain(|(worth, _)| *worth != least);
    }
    for (_, part) in &parts {
        pen.text(&dot, rule).text(part, rule);
    }
    pen.skip(1).fill(look.glyphs.rule, rule);
}

/// The program and machine of a session, or its device.
fn sender(session: &Session, state: &State) -> Option<String> {
    let row = state.timeline.row(session.client? as usize)?;
    let event = event(&state.journey, row.entry)?;
    let mut text = match (&event.client, &event.device) {
        (Some(client), _) => {
            let parts: Vec<&str> = std::iter::once(client.library()).chain(client.parts()).take(3).collect();
            parts.join(", ")
        }
        (None, Some(device)) => format!("device {}", fit::middle(device.as_str(), 16)),
        (None, None) => return None,
    };
    if session.more_clients > 0 {
        text = format!("{text} and {} more", session.more_clients);
    }
    Some(text)
}

/// Where the user becomes known.
pub(super) fn phase(pen: &mut Pen<'_>, point: u32, state: &State, look: &Look) {
    let glyphs = look.glyphs;
    let style = look.style(Meaning::Identify);
    pen.text(&glyphs.phase_rule.repeat(2), style).skip(1);
    let point = state.journey.points.get(point as usize);
    let by = point.map_or("", |point| match point.kind {
        PointKind::Alias => "by an alias",
        PointKind::Identify => "by $identify",
        PointKind::Login => "by a first row under a known id",
        PointKind::Reset => "",
    });
    let sure = if point.is_some_and(|point| point.inferred) { ", inferred" } else { "" };
    let place = if state.newest { "identified down to here" } else { "identified from here on" };
    pen.text(&format!("{place}, {by}{sure}"), style);
    pen.skip(1).fill(glyphs.phase_rule, style);
}

/// Above the rows that are not merged, which follow all others.
pub(super) fn unmerged(pen: &mut Pen<'_>, state: &State, look: &Look) {
    let style = look.style(Meaning::Orphan);
    let rows = state.order.rows().len().saturating_sub(state.order.unmerged_from());
    pen.text(&look.glyphs.phase_rule.repeat(2), style).skip(1);
    pen.text(&format!("not merged, orphans and splits: {}", fit::counted(rows as u64, "row")), style);
    pen.skip(1).fill(look.glyphs.phase_rule, style);
}

/// What stood in the way of a refused call: the row, when it was, and where.
pub(super) fn blocked(pen: &mut Pen<'_>, position: usize, state: &State, look: &Look) {
    let Some(line) = call(position, state).and_then(|call| state.journey.aliases.get(call)) else { return };
    let arrow = look.glyphs.arrow;
    let name = |id: &Option<Id>| id.as_ref().map_or_else(|| "nothing".to_owned(), |id| lane(id, state));
    let text = match (&line.kept, &line.kept_by) {
        (Some(kept), Some(by)) => {
            let since = state.journey.aliases.iter().find(|line| line.source == *by).map(|line| line.time);
            let since = since.map(|time| format!(" since {} {}", look.zone.short_date(time), look.zone.clock(time, 8)));
            let kept = lane(kept, state);
            let said = format!("blocked by {} {arrow} {kept}{}", name(&line.alias), since.unwrap_or_default());
            // A name of a file is known by its ends too, and the line stands at the end.
            let room = pen.room().saturating_sub(UNDER + 4 + fit::width(&said)).max(16);
            format!("{said}, {}", fit::middle(&place(by), room))
        }
        _ => match line.verdict {
            Verdict::Refused(refusal) => {
                format!("blocked: {}", refusal.because(&name(&line.alias), &name(&line.target), &name(&line.kept)))
            }
            Verdict::Accepted | Verdict::Duplicate => return,
        },
    };
    under(pen, &text, Meaning::Refused, look);
}

/// What was lost after a refused call, in rows and money.
pub(super) fn lost(pen: &mut Pen<'_>, position: usize, state: &State, look: &Look) {
    let Some(call) = call(position, state) else { return };
    let Some(loss) = state.timeline.losses().get(&call) else { return };
    let said = |is_short: bool| {
        let mut text = match loss.rows.len() {
            0 => "nothing came after it".to_owned(),
            rows => format!("lost after it: {}", fit::counted(rows as u64, "row")),
        };
        if let Some(money) = state.money.of(call) {
            let _ = write!(text, ", {money}");
        }
        if state.money.is_open(&state.timeline) {
            text.push_str(", money not read yet");
        }
        if loss.before > 0 {
            let rows = fit::counted(loss.before as u64, "row");
            let before = if is_short {
                format!("{} before", fit::count(loss.before as u64))
            } else {
                format!("{rows} before it")
            };
            let _ = write!(text, " {} {before}", look.glyphs.dot);
        }
        if let Some(under) = &loss.under {
            let stay = if is_short { "under" } else { "all stay under" };
            let _ = write!(text, " {} {stay} {}", look.glyphs.dot, lane(under, state));
        }
        text
    };
    let whole = said(false);
    let fits = fit::width(&whole) + UNDER + 2 <= pen.room();
    under(pen, &if fits { whole } else { said(true) }, Meaning::Orphan, look);
}

/// Columns before a line that belongs to the row above it.
const UNDER: usize = 10;

/// A line that belongs to the row above it.
fn under(pen: &mut Pen<'_>, text: &str, meaning: Meaning, look: &Look) {
    let style = look.style(meaning);
    let room = pen.room();
    // Under the time: what it says needs the width more than the place.
    pen.skip(if room >= 60 { UNDER } else { 2 }).text(look.glyphs.corner, style).skip(1).text(text, style);
}

/// An id by the letter of its lane, which the legend explains; itself without one.
fn lane(id: &Id, state: &State) -> String {
    state.timeline.label(id).map_or_else(|| fit::middle(id.as_str(), 28), str::to_owned)
}

/// The alias call at a position.
fn call(position: usize, state: &State) -> Option<usize> {
    state.timeline.call_of(&state.journey, state.order.row(&state.timeline, position)?.entry)
}

/// What of the order is not as usual, for the head of the columns.
pub(super) fn order(state: &State) -> Vec<String> {
    let mut words = Vec::new();
    if state.order.clock() == Clock::Arrival {
        words.push("by arrival".to_owned());
    }
    if state.devices().is_some() {
        words.push("lanes by device".to_owned());
    }
    if state.newest {
        words.push("newest first".to_owned());
    }
    match state.order.unmerged() {
        Unmerged::InPlace => {}
        Unmerged::After => words.push("orphans and splits at the end".to_owned()),
        Unmerged::Hidden => words.push(format!("{} not merged, hidden", fit::count(state.order.hidden() as u64))),
    }
    words
}
