//! Who it is: the profile with the update that set each value, and the journey in numbers. Lines of
//! the screen, and the same in short as a panel above a timeline with room for it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::identity::profile::{Profile, Property};
use crate::identity::summary::{Kind, Sender};
use crate::identity::{Journey, LEGACY, State as Stored, Summary};
use crate::model::VerbKind;
use crate::model::facts::Source;
use crate::model::money::{NAMED, in_rows};
use crate::model::text::event_name;
use crate::tui::fit;
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};
use crate::tui::timeline::Timeline;
use crate::tui::words::{place, property_word};

use super::cells::{label, span};
use super::{Line, Panel};

/// Rows of the panel above the timeline, its rule included.
pub(in crate::tui) const HEIGHT: u16 = 5;

/// Kinds of events that have a line of their own; the rest are counted in the head.
const KINDS: usize = 200;

/// The lines about the person.
pub(super) fn lines(journey: &Journey, summary: &Summary) -> Vec<Line> {
    let mut lines = Vec::new();
    for at in 0..journey.profiles.len() {
        lines.extend(profile(journey, at));
        lines.push(Line::Space);
    }
    if journey.profiles.is_empty() {
        lines.extend([
            Line::Head("profile", 0),
            Line::Empty("no profile update names an id of this user"),
            Line::Space,
        ]);
    }
    lines.push(Line::Head("did", summary.kinds.len()));
    // What a person did comes first: the program makes these calls.
    let (calls, deeds): (Vec<usize>, Vec<usize>) =
        (0..summary.kinds.len()).partition(|at| summary.kinds.get(*at).is_some_and(is_call));
    lines.extend(deeds.into_iter().chain(calls).take(KINDS).map(Line::Kind));
    lines.extend([Line::Space, Line::Head("with", summary.senders.len())]);
    lines.extend((0..summary.senders.len()).map(Line::Sender));
    lines.extend([
        Line::Sessions,
        Line::Space,
        Line::Head("other users of the same devices", journey.neighbours.len()),
    ]);
    if journey.neighbours.is_empty() {
        lines.push(Line::Empty("no row and no call names one"));
    }
    lines.extend((0..journey.neighbours.len()).map(Line::Neighbour));
    lines.extend([Line::Space, Line::Head("money", 0), Line::Worth]);
    lines.extend((!journey.orphans.is_empty()).then_some(Line::WorthOfOrphans));
    lines.push(Line::Space);
    let splits = journey.steps.iter().filter(|step| step.state != Stored::Merged).count();
    let refused = journey.refused().count();
    let mut missing: Vec<Line> = (0..journey.orphans.len()).map(Line::Orphan).collect();
    missing.extend((splits > 0).then_some(Line::Splits(splits)));
    missing.extend((refused > 0).then_some(Line::Refused(refused)));
    lines.push(Line::Head("missing", missing.len()));
    if missing.is_empty() {
        lines.push(Line::Empty("nothing is refused, split or orphaned"));
    }
    lines.extend(missing);
    lines
}

/// The lines of one profile: who it is, what the team set, and at last what SDKs set by themselves.
pub(super) fn profile(journey: &Journey, at: usize) -> Vec<Line> {
    let Some(profile) = journey.profiles.get(at) else { return Vec::new() };
    let place_of = |wanted: &Property| profile.properties.iter().position(|one| std::ptr::eq(one, wanted));
    let mut lines = vec![Line::Profile(at)];
    lines.extend(profile.of_person().filter_map(place_of).map(|property| Line::Property(at, property)));
    if profile.of_client().next().is_some() {
        lines.push(Line::ClientProperties(at));
    }
    lines
}

/// Where a profile is stored, and when its last update was made, as much as has room: that a profile is not
/// the user's is never left out.
fn stored(profile: &Profile, of: &Panel<'_>, room: usize, look: &Look) -> String {
    let id = &profile.stored_under;
    let lane = of.timeline.label(id).unwrap_or_default();
    let whole = fit::middle(id.as_str(), 24);
    // Rules that join ids join their profiles; the legacy rules have one under the root alone.
    let is_joined = of.journey.rules.name() != LEGACY.name() && of.journey.ids.iter().any(|member| member.id == *id);
    let is_own = Some(id) == of.journey.root.as_ref() || is_joined;
    let elsewhere = match (is_own, is_orphan(profile, of.journey)) {
        (true, _) => "",
        (false, true) => " (an orphan: this profile is not the user's)",
        (false, false) => " (not the root: this profile is not the user's)",
    };
    let short = elsewhere.replace("this profile is ", "");
    let when = |text: String| format!(", last set {text}");
    let day = profile.updated.map_or_else(String::new, |at| when(look.zone.short_date(at)));
    let time = profile.updated.map_or_else(String::new, |at| when(look.zone.full(at)));
    let both = format!("{lane} {whole}");
    let either = if lane.is_empty() { &whole } else { lane };
    let ways = [
        (both.as_str(), elsewhere, time.as_str()),
        (&both, elsewhere, &day),
        (&both, &short, &day),
        (&both, &short, ""),
        (either, &short, &day),
        (either, &short, ""),
    ];
    let said = ways.map(|(id, elsewhere, when)| format!("stored under {}{elsewhere}{when}", id.trim_start()));
    let least = said.last().cloned().unwrap_or_default();
    said.into_iter().find(|said| fit::width(said) <= room).unwrap_or_else(|| fit::end(&least, room))
}

fn is_orphan(profile: &Profile, journey: &Journey) -> bool {
    journey.orphans.iter().any(|orphan| orphan.id == profile.stored_under)
}

fn property<'a>(of: &Panel<'a>, profile: usize, at: usize) -> Option<&'a Property> {
    of.journey.profiles.get(profile)?.properties.get(at)
}

/// Whether events of a kind are calls that the program makes by itself.
fn is_call(kind: &Kind) -> bool {
    matches!(kind.verb, VerbKind::Alias | VerbKind::Identify)
}

/// The name of a kind of events; calls that change ids as calls.
fn kind_name(kind: &Kind) -> &str {
    match (kind.verb, &*kind.name) {
        (VerbKind::Alias, _) => "alias()",
        (VerbKind::Identify, _) => "identify()",
        (_, name) => event_name(name),
    }
}

/// Draws a line of those above; `None` where it is none of them.
pub(super) fn draw(pen: &mut Pen<'_>, line: Line, of: &Panel<'_>, look: &Look) -> Option<()> {
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    let summary = of.timeline.summary();
    match line {
        Line::Profile(at) => {
            let profile = of.journey.profiles.get(at)?;
            let meaning = if at == 0 { Meaning::Title } else { Meaning::Warn };
            pen.text(&look.glyphs.rule.repeat(2), muted).skip(1);
            if at > 0 {
                pen.text(look.glyphs.warn, look.style(meaning)).skip(1);
            }
            let title = if at == 0 { "profile" } else { "another profile" };
            pen.text(title, look.style(meaning)).skip(1).text(&look.glyphs.rule.repeat(2), muted).skip(1);
            let room = pen.room().saturating_sub(1);
            pen.text(&stored(profile, of, room, look), muted).skip(1).fill(look.glyphs.rule, muted);
        }
        Line::Property(profile, at) => {
            let property = property(of, profile, at)?;
            let name = 16.min(pen.room() / 3);
            pen.cell(property_word(&property.name), name, muted).skip(1);
            // The place matters less than the value.
            let set = place(&property.source);
            let before = property.text_before().map(|before| format!("was {before}")).unwrap_or_default();
            let room = pen.room();
            let value = property.text();
            let side = if room >= 44 { room / 3 } else { 0 };
            pen.cell(&value, room - side, plain);
            let said = if before.is_empty() { set } else { before };
            if side > 0 {
                pen.skip(1).text(&fit::middle(&said, side - 2), muted);
            }
        }
        Line::ClientProperties(at) => {
            let profile = of.journey.profiles.get(at)?;
            let said: Vec<String> = profile
                .of_client()
                .map(|property| format!("{} {}", property.name.trim_start_matches('$'), property.text()))
                .collect();
            pen.cell("by the SDK", 16.min(pen.room() / 3), muted).skip(1);
            pen.text(&said.join(&format!(" {} ", look.glyphs.dot)), muted);
        }
        Line::Kind(at) => {
            let kind = summary.kinds.get(at)?;
            let rows = kind.rows + kind.outside;
            pen.number(&fit::count(rows), 9, plain).skip(2);
            let wide = (pen.room() / 2).min(40);
            pen.cell(kind_name(kind), wide, plain).skip(1);
            let most = summary.kinds.first().map_or(1, |most| most.rows + most.outside).max(1);
            let bar = u64::try_from(pen.room().min(20)).unwrap_or(0) * rows / most;
            let full = look.glyphs.bars.last().copied().unwrap_or("#");
            pen.cell(&full.repeat(usize::try_from(bar).unwrap_or(0).max(1)), 21, look.style(Meaning::Identified));
            if kind.outside > 0 {
                let style = look.style(Meaning::Orphan);
                pen.text(&format!("{} {}", look.glyphs.orphan, fit::count(kind.outside)), style);
            }
        }
        Line::Sender(at) => {
            sender(pen, summary.senders.get(at)?, of, look);
        }
        Line::Sessions => {
            pen.text(&sessions(of.timeline), plain);
            if let Some((first, last)) = of.timeline.span() {
                pen.skip(2);
                span(pen, first, last, look);
            }
        }
        Line::Worth | Line::WorthOfOrphans => {
            let room = pen.room().saturating_sub(1);
            pen.text(&worth(of, line == Line::WorthOfOrphans, room), plain);
        }
        Line::Splits(rows) => {
            let text = format!("{} came before the alias and are split", fit::counted(rows as u64, "row"));
            pen.skip(3).cell(look.glyphs.split, 2, look.style(Meaning::Split)).text(&text, look.style(Meaning::Split));
        }
        Line::Refused(calls) => {
            let text = format!("{} without effect", fit::counted(calls as u64, "alias call"));
            let style = look.style(Meaning::Refused);
            pen.skip(3).cell(look.glyphs.refused, 2, style).text(&text, style);
        }
        _ => return None,
    }
    Some(())
}

fn sender(pen: &mut Pen<'_>, sender: &Sender, of: &Panel<'_>, look: &Look) {
    let plain = look.style(Meaning::Text);
    match &sender.id {
        Some(id) => label(pen, of, id, look),
        None => drop(pen.skip(3)),
    }
    let meaning = if sender.is_orphan { Meaning::Orphan } else { Meaning::Text };
    let program = if sender.program.is_empty() { "no row says" } else { &sender.program };
    // The program says more than the days of its rows; what it ran on is left out part by part.
    let room = pen.room().saturating_sub(14).max(8);
    let mut parts: Vec<&str> = program.split(" · ").collect();
    while parts.len() > 1 && fit::width(&parts.join(" · ")) > room {
        parts.pop();
    }
    let program = &parts.join(" · ");
    let wide = fit::width(program).min(pen.room().saturating_sub(14)).max(pen.room().saturating_sub(48));
    let mark = if sender.is_orphan { look.glyphs.orphan } else { " " };
    pen.cell(program, wide, look.style(meaning)).skip(1).cell(mark, 1, look.style(Meaning::Orphan));
    pen.number(&fit::counted(sender.rows, "row"), 11, plain).skip(2);
    span(pen, sender.first, sender.last, look);
}

/// `8 sessions, 6 days with rows`.
fn sessions(timeline: &Timeline) -> String {
    let sessions = timeline.order().list();
    let days = sessions.iter().filter(|session| session.new_day).count();
    format!("{}, {} with rows", fit::counted(sessions.len() as u64, "session"), fit::counted(days as u64, "day"))
}

/// What rows of the user, or of orphans, say was paid, in so many columns: the sum always, and as many of the events
/// as have room. A price that was only looked at is no sale, so that the events stand next to the sum.
fn worth(of: &Panel<'_>, is_of_orphans: bool, columns: usize) -> String {
    if of.worth.is_open(of.timeline) {
        return if is_of_orphans { String::new() } else { "being read".to_owned() };
    }
    let Some([own, outside]) = of.worth.sums() else {
        let what = if of.worth.is_stopped() { "not read; R asks again" } else { "cannot be read" };
        return if is_of_orphans { String::new() } else { what.to_owned() };
    };
    let (sums, before) = if is_of_orphans { (outside, "of orphans ") } else { (own, "") };
    match (sums.rows(), is_of_orphans) {
        (0, true) if own.rows() == 0 => return String::new(),
        (0, true) => return "none in rows of orphans".to_owned(),
        (0, false) if outside.rows() == 0 => return "no row says an amount".to_owned(),
        (0, false) => return "no row of this user says an amount".to_owned(),
        _ => {}
    }
    let sum = format!("{before}{}", sums.text());
    let mut ways = (0..=NAMED).rev().map(|number| format!("{sum} {}", in_rows(sums.rows(), sums.events(), number)));
    ways.find(|text| fit::width(text) <= columns).unwrap_or(sum)
}

/// The sums alone.
fn short_worth(of: &Panel<'_>) -> String {
    match of.worth.sums() {
        Some([own, outside]) if own.rows() > 0 && outside.rows() > 0 => {
            format!("{}; of orphans {}", own.text(), outside.text())
        }
        Some([own, _]) if own.rows() > 0 => own.text(),
        Some([_, outside]) if outside.rows() > 0 => format!("of orphans {}", outside.text()),
        _ => String::new(),
    }
}

/// The whole of a line, for the bottom of the screen.
pub(super) fn sentence(line: Line, of: &Panel<'_>, look: &Look) -> Option<String> {
    let summary = of.timeline.summary();
    let from = |source: &Source| place(source);
    Some(match line {
        Line::Property(profile, at) => {
            let property = property(of, profile, at)?;
            let when = property.time.map_or_else(String::new, |at| format!(" at {}", look.zone.full(at)));
            let before = property.text_before().map_or_else(String::new, |before| format!(" Before: {before}."));
            format!("{} = {}. Set{when} by {}.{before}", property.name, property.text(), from(&property.source))
        }
        Line::ClientProperties(at) => {
            let profile = of.journey.profiles.get(at)?;
            let said = profile.of_client().map(|property| format!("{} {}", property.name, property.text()));
            said.collect::<Vec<_>>().join(", ")
        }
        Line::Kind(at) => {
            let kind = summary.kinds.get(at)?;
            let outside = match kind.outside {
                0 => String::new(),
                rows => format!(", and {} of orphans", fit::counted(rows, "row")),
            };
            let own = fit::counted(kind.rows, "row");
            format!("{}: {own} of this user{outside}. Enter goes to the first.", kind_name(kind))
        }
        Line::Sender(at) => {
            let sender = summary.senders.get(at)?;
            let id = sender.id.as_ref().map_or("no id", |id| id.as_str());
            format!(
                "{} of {id} came from {}. Enter goes to the first.",
                fit::counted(sender.rows, "row"),
                sender.program
            )
        }
        Line::Worth | Line::WorthOfOrphans => {
            let said = worth(of, line == Line::WorthOfOrphans, usize::MAX);
            let stop = if said.is_empty() { "" } else { ". " };
            format!(
                "{said}{stop}These are amounts that properties of rows say, as revenue, total, amount or price; a row counts once."
            )
        }
        Line::Sessions => "A session ends with a pause of 30 minutes, a reset or the day.".to_owned(),
        Line::Splits(_) => {
            "These rows arrived before their alias and stay under it. Enter goes to the first.".to_owned()
        }
        Line::Refused(_) => "The table keeps the first target of an alias. Enter goes to the first call.".to_owned(),
        _ => return None,
    })
}

/// Who, what most, with what, in [`HEIGHT`] rows.
pub(in crate::tui) fn panel(of: &Panel<'_>, area: Rect, buffer: &mut Buffer, look: &Look) {
    let (plain, muted, title) = (look.style(Meaning::Text), look.style(Meaning::Muted), look.style(Meaning::Title));
    let summary = of.timeline.summary();
    let mut pen = Pen::new(buffer, area, 0);
    pen.text(&look.glyphs.rule.repeat(2), muted).skip(1).text("person", title).skip(1);
    let profile = of.journey.profiles.first();
    let other = of.journey.profiles.get(1).map(|other| {
        let id = &other.stored_under;
        let under = of.timeline.label(id).map_or_else(|| fit::middle(id.as_str(), 24), str::to_owned);
        format!("{} and one stored under {under}", look.glyphs.warn)
    });
    if let Some(profile) = profile {
        pen.text(&look.glyphs.rule.repeat(2), muted).skip(1);
        let room = pen.room().saturating_sub(2 + other.as_ref().map_or(0, |other| fit::width(other) + 1));
        pen.text(&stored(profile, of, room, look), muted).skip(1);
    }
    if let Some(other) = other {
        pen.text(&other, look.style(Meaning::Warn)).skip(1);
    }
    pen.fill(look.glyphs.rule, muted);
    let rows = usize::from(area.height.saturating_sub(1));
    let third = usize::from(area.width) / 3;
    let deeds: Vec<&Kind> = summary.kinds.iter().filter(|kind| !is_call(kind)).collect();
    let person: Vec<&Property> = profile.into_iter().flat_map(Profile::of_person).take(rows).collect();
    for row in 0..rows {
        let Ok(line) = u16::try_from(row + 1) else { break };
        let pen = &mut Pen::new(buffer, area, line);
        pen.skip(1);
        match person.get(row) {
            Some(property) => {
                let wide = (third - 2).saturating_sub(11);
                pen.cell(property_word(&property.name), 10, muted).skip(1).cell(&property.text(), wide, plain);
            }
            None if row == 0 => drop(pen.cell("no profile", third - 2, muted)),
            None => drop(pen.skip(third - 2)),
        }
        pen.skip(1);
        let last = row + 1 == rows;
        let more = deeds.len().saturating_sub(rows);
        if last && more > 0 {
            let rest: u64 = deeds.iter().skip(row).map(|kind| kind.rows + kind.outside).sum();
            pen.number(&fit::count(rest), 7, plain).skip(2).cell(
                &format!("rows of {} more kinds", more + 1),
                third - 12,
                muted,
            );
        } else if let Some(kind) = deeds.get(row) {
            pen.number(&fit::count(kind.rows + kind.outside), 7, plain).skip(2);
            pen.cell(kind_name(kind), third - 12, plain);
        } else {
            pen.skip(third - 3);
        }
        pen.skip(1);
        match (last, summary.senders.get(row)) {
            (true, _) => {
                let said = sessions(of.timeline);
                let room = pen.room().saturating_sub(fit::width(&said) + 3);
                pen.text(&said, plain);
                // What has no room in short either is left out: half of a sum is another one.
                let fits = |worth: &String| fit::width(worth) <= room;
                let whole = || {
                    let sides = [worth(of, false, usize::MAX), worth(of, true, usize::MAX)];
                    sides.into_iter().filter(|side| !side.is_empty()).collect::<Vec<_>>().join("; ")
                };
                if let Some(worth) = [whole(), short_worth(of)].into_iter().find(fits).filter(|text| !text.is_empty()) {
                    pen.skip(1).text(look.glyphs.dot, muted).skip(1).text(&worth, plain);
                }
            }
            (false, Some(one)) => sender(pen, one, of, look),
            (false, None) => {}
        }
    }
}
