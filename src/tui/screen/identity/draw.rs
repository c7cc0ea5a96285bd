//! The frame of the screen, and one line of each section.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::identity::naming::Letters;
use crate::identity::register::{Call, Register};
use crate::identity::{AliasLine, Evidence, Journey, PointKind, Role, Severity, Verdict};
use crate::model::Id;
use crate::model::facts::Arrival;
use crate::tui::fit;
use crate::tui::frame::Ui;
use crate::tui::pen::Pen;
use crate::tui::pointer::Spot;
use crate::tui::theme::{Look, Meaning};
use crate::tui::widgets::{scrolled, select};
use crate::tui::words::{evidence_name, rules_before, strength_words};

use super::cells::{label, span};
use super::{Line, Panel, Topic, explain, person, picture, scrub};

/// Draws the screen: its head, the bar of moments, the lines, and the whole of the selected one
/// below them. Within a journey without rows (`inside`) the head is that of the journey.
pub(in crate::tui) fn view(of: &Panel<'_>, inside: bool, ui: &mut Ui, area: Rect, buffer: &mut Buffer, look: &Look) {
    let mut body = area;
    let take = |body: &mut Rect, rows: u16| {
        let rows = rows.min(body.height);
        let taken = Rect { height: rows, ..*body };
        *body = Rect { y: body.y + rows, height: body.height - rows, ..*body };
        taken
    };
    if !inside {
        head(&mut Pen::new(buffer, take(&mut body, 1), 0), of, look);
    }
    if of.identity.topic() == Topic::Person {
        ui.worth = true;
    } else if body.height >= 9 && !of.scrub.place().ends_with(" 0") {
        scrub::bar(&mut Pen::new(buffer, take(&mut body, 1), 0), of.scrub, look);
        if of.scrub.moment().is_some() || body.height >= 20 {
            scrub::moment(&mut Pen::new(buffer, take(&mut body, 1), 0), of.scrub, look);
        }
    }
    if of.identity.picture {
        picture::view(of, ui, body, buffer, look);
        return;
    }
    lines(of, ui, body, buffer, look);
}

/// The text of a line, with what its sentence says when it is selected.
pub(in crate::tui) fn text(of: &Panel<'_>, at: usize, look: &Look) -> Option<String> {
    let line = *of.identity.lines.get(at).filter(|line| line.is_row())?;
    let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width: WHOLE, height: 1 });
    let area = buffer.area;
    draw(&mut Pen::new(&mut buffer, area, 0), line, of, false, look);
    let drawn: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
    Some(format!("{drawn}\n{}", explain::sentence(line, of, look)))
}

/// Columns in which a line is whole.
const WHOLE: u16 = 300;

fn lines(of: &Panel<'_>, ui: &mut Ui, area: Rect, buffer: &mut Buffer, look: &Look) {
    let state = of.identity;
    let full = state.lines.get(state.selected).map_or_else(String::new, |line| explain::sentence(*line, of, look));
    let most = if area.height >= 30 { 8 } else { 5 };
    let wrapped = fit::wrap(&full, usize::from(area.width.saturating_sub(2)), most);
    let below = match area.height {
        14.. => u16::try_from(wrapped.len()).unwrap_or(0).max(2) + 1,
        8..14 => 3,
        _ => 0,
    };
    let list = Rect { height: area.height - below.min(area.height), ..area };
    let lines = usize::from(list.height);
    ui.page = lines;
    ui.identity_top = scrolled(ui.identity_top, state.selected, lines, state.lines.len());
    // The head above the first row is to be seen as well.
    if state.selected <= 2 {
        ui.identity_top = 0;
    }
    ui.spot(list, Spot::List(ui.identity_top));
    for row in 0..list.height {
        let at = ui.identity_top + usize::from(row);
        let Some(line) = state.lines.get(at) else { break };
        draw(&mut Pen::new(buffer, list, row), *line, of, at == state.selected, look);
        if at == state.selected {
            select(buffer, Rect { y: list.y + row, height: 1, ..list }, look);
        }
        ui.built += 1;
    }
    if below > 0 {
        let pane = Rect { y: list.bottom(), height: below, ..area };
        Pen::new(buffer, pane, 0).fill(look.glyphs.rule, look.style(Meaning::Muted));
        for (row, text) in (1..below).zip(&wrapped) {
            Pen::new(buffer, pane, row).skip(1).text(text, look.style(Meaning::Text));
        }
    }
}

/// Whose ids, what came of the calls, and which moment.
fn head(pen: &mut Pen<'_>, of: &Panel<'_>, look: &Look) {
    let journey = of.journey.as_ref();
    let (title, plain, muted) = (look.style(Meaning::Title), look.style(Meaning::Text), look.style(Meaning::Muted));
    let zone = match journey.as_of {
        Some(moment) => format!("as of {} ", look.zone.full(moment.at)),
        None => format!("{} ", look.zone.name()),
    };
    // The screen always names the moment: if it is narrow, in the foot.
    let zone = if fit::width(&zone) + 24 > pen.room() { format!("{} ", look.zone.name()) } else { zone };
    let zone = rules_before(journey, &zone, look);
    let room = pen.room().saturating_sub(fit::width(&zone) + 14);
    let word = if of.identity.topic() == Topic::Person { "person" } else { "identity" };
    pen.skip(1).text(word, title).skip(2);
    let start = pen.column();
    match &journey.root {
        _ if journey.name().is_some() => {
            pen.text(&fit::middle(&journey.best_name(), (room / 2).max(8)), title);
            let id = journey.known_id().unwrap_or(&journey.query).as_str();
            if id != journey.best_name() {
                pen.skip(2).text(&fit::middle(id, (room / 2).max(8)), plain);
            }
        }
        Some(root) if *root != journey.query => {
            pen.text(&fit::middle(journey.query.as_str(), (room / 3).max(8)), plain);
            pen.text(&format!(" {} ", look.glyphs.arrow), muted);
            pen.text(&fit::middle(root.as_str(), (room / 3).max(8)), plain);
        }
        _ => {
            pen.text(&fit::middle(journey.query.as_str(), (room / 2).max(8)), plain);
        }
    }
    let used = usize::from(pen.column().saturating_sub(start));
    let count =
        |verdict: fn(&Verdict) -> bool| journey.aliases.iter().filter(|line| verdict(&line.verdict)).count() as u64;
    let parts: Vec<String> = [
        (count(|verdict| *verdict == Verdict::Accepted), "accepted"),
        (count(|verdict| matches!(verdict, Verdict::Refused(_))), "refused"),
        (journey.orphans.len() as u64, if journey.orphans.len() == 1 { "orphan" } else { "orphans" }),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, word)| fit::at_least(!journey.cuts.is_empty(), &format!("{} {word}", fit::count(number))))
    .collect();
    let parts = parts.join(&format!(" {} ", look.glyphs.dot));
    if fit::width(&parts) + used + 3 < room + 4 {
        pen.skip(3).text(&parts, plain);
    }
    let style = if journey.as_of.is_some() { look.style(Meaning::Warn) } else { muted };
    pen.right(&zone, style);
}

fn draw(pen: &mut Pen<'_>, line: Line, of: &Panel<'_>, selected: bool, look: &Look) {
    let journey = of.journey.as_ref();
    let register = of.timeline.register().as_ref();
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    let cursor = if selected { look.glyphs.cursor } else { " " };
    if line.is_row() {
        pen.cell(cursor, 1, look.style(Meaning::Key)).skip(1);
    }
    let drawn = match line {
        Line::Space => Some(()),
        Line::Head(name, count) => {
            pen.text(&look.glyphs.rule.repeat(2), muted).skip(1).text(name, look.style(Meaning::Title)).skip(1);
            if count > 0 {
                pen.text(&format!("{} ", fit::count(count as u64)), muted);
            }
            pen.fill(look.glyphs.rule, muted);
            Some(())
        }
        Line::Empty(text) => {
            pen.skip(2).text(text, muted);
            Some(())
        }
        Line::Call(at) => register.calls.get(at).and_then(|call| self::call(pen, *call, of, look)),
        Line::Table(at) => table(pen, at, of, look),
        Line::Member(at) => member(pen, journey, at, of, look),
        Line::Device(at) => device(pen, register, at, look),
        Line::Orphan(at) => journey.orphans.get(at).map(|orphan| {
            let id_room = id_room(pen.room());
            label(pen, of, &orphan.id, look);
            pen.cell(look.glyphs.orphan, 2, look.style(Meaning::Orphan)).id(orphan.id.as_str(), id_room, plain).skip(2);
            pen.cell(strength_words(orphan.strength), 10, look.style(Meaning::Orphan));
            pen.cell(if orphan.contested { "contested" } else { "" }, 10, look.style(Meaning::Warn));
            pen.number(&fit::counted(orphan.steps.len() as u64, "row"), 8, plain).skip(2);
            if let (Some(first), Some(last)) = (orphan.steps.first(), orphan.steps.last()) {
                span(pen, first.event.time, last.event.time, look);
            }
        }),
        Line::Evidence(at, piece) => {
            journey.orphans.get(at).and_then(|orphan| orphan.evidence.get(piece)).map(|of| evidence(pen, of, look))
        }
        Line::Claim(at, owner) => journey.orphans.get(at).and_then(|orphan| {
            let owner = orphan.owners.get(owner)?;
            pen.skip(5).cell("also tied to", 24, look.style(Meaning::Warn)).text(journey.name_of(owner), plain);
            Some(())
        }),
        Line::Owner(at) => journey.orphan_of.get(at).map(|owner| {
            let room = id_room(pen.room());
            pen.id(journey.name_of(&owner.root), room, plain).skip(2);
            pen.text(strength_words(owner.strength), look.style(Meaning::Orphan));
        }),
        Line::OwnerEvidence(at, piece) => {
            journey.orphan_of.get(at).and_then(|owner| owner.evidence.get(piece)).map(|of| evidence(pen, of, look))
        }
        Line::Neighbour(at) => journey.neighbours.get(at).map(|neighbour| {
            let room = id_room(pen.room());
            pen.id(journey.name_of(&neighbour.root), room, plain).skip(2);
            if let Some(device) = &neighbour.device {
                pen.text("device ", muted).id(device.as_str(), 24, plain).skip(2);
            }
            pen.text(&Letters::of(journey).sentence(&neighbour.why), muted);
        }),
        Line::Mention(at) => journey.mentions.get(at).map(|mention| {
            let room = id_room(pen.room());
            pen.id(mention.with.as_str(), room, plain).skip(2).cell(mention.role, 24, look.style(Meaning::Key));
            pen.number(&fit::counted(mention.rows, "row"), 10, plain).skip(2).text(&mention.why, muted);
        }),
        Line::Finding(at) => journey.findings.get(at).map(|finding| {
            let meaning = if finding.severity() == Severity::Error { Meaning::Bad } else { Meaning::Warn };
            pen.cell(look.glyphs.warn, 2, look.style(meaning));
            pen.cell(finding.severity().name(), 8, look.style(meaning)).cell(finding.code(), 20, plain);
            pen.skip(1).text(&finding.what, plain);
        }),
        Line::Advice(at) => journey.findings.get(at).map(|finding| {
            pen.skip(2).text("do: ", look.style(Meaning::Key)).text(finding.advice, muted);
        }),
        Line::Note(at) => journey.notes.get(at).map(|note| {
            pen.text(note, plain);
        }),
        Line::Cut(at) => journey.cuts.get(at).map(|cut| {
            pen.text(&cut.what, look.style(Meaning::Bad));
        }),
        Line::Profile(_)
        | Line::Property(..)
        | Line::ClientProperties(_)
        | Line::Kind(_)
        | Line::Sender(_)
        | Line::Sessions
        | Line::Worth
        | Line::WorthOfOrphans
        | Line::Splits(_)
        | Line::Refused(_) => person::draw(pen, line, of, look),
    };
    debug_assert!(drawn.is_some(), "a line is an index into the journey that it was made from");
}

/// When something arrived, in the room there is; about, where no field says it.
/// To the millisecond where calls follow each other within a second.
fn arrived(pen: &mut Pen<'_>, at: Option<Arrival>, known: bool, precise: bool, look: &Look) {
    let (wide, plain) = (pen.room(), look.style(Meaning::Text));
    let clock = if precise { 12 } else { 8 };
    let about = if known { " " } else { "~" };
    let text = match at {
        // A line of a given table without a time is older than everything.
        Some(Arrival { at: i64::MIN, .. }) | None => "-".to_owned(),
        Some(Arrival { at, .. }) if wide >= 96 => {
            format!("{about}{} {}", look.zone.short_date(at), look.zone.clock(at, clock))
        }
        Some(Arrival { at, .. }) if wide >= 60 => {
            format!("{about}{} {}", look.zone.day_and_month(at), look.zone.clock(at, clock))
        }
        Some(Arrival { at, .. }) => format!("{about}{}", look.zone.clock(at, 5)),
    };
    let columns = match wide {
        96.. => clock + 15,
        60..96 => clock + 9,
        _ => 7,
    };
    pen.cell(&text, columns, plain);
}

fn call(pen: &mut Pen<'_>, call: Call, of: &Panel<'_>, look: &Look) -> Option<()> {
    let journey = of.journey.as_ref();
    let at = of.timeline.register().arrival_of(journey, call);
    let width = pen.room();
    let muted = look.style(Meaning::Muted);
    let id_room = (width / 6).clamp(5, 32);
    let wide = id_room * 2 + 7;
    match call {
        Call::Alias(index) => {
            let line = journey.aliases.get(index)?;
            arrived(pen, at, line.arrived.is_some() || line.from_table, of.timeline.is_precise(), look);
            let (mark, meaning, word) = match line.verdict {
                Verdict::Accepted => (look.glyphs.alias, Meaning::Alias, "accepted".to_owned()),
                Verdict::Duplicate => (look.glyphs.duplicate, Meaning::Muted, "duplicate".to_owned()),
                Verdict::Refused(why) => {
                    (look.glyphs.refused, Meaning::Refused, format!("refused: {}", why.name().replace('_', " ")))
                }
            };
            if width >= 60 {
                pen.cell(if line.from_table { "table" } else { "alias" }, 9, muted);
            }
            let start = pen.column();
            pair(pen, of, line, id_room * 2, Meaning::Muted, look);
            pen.to(start.saturating_add(u16::try_from(wide).unwrap_or(u16::MAX))).skip(1);
            pen.cell(mark, 2, look.style(meaning));
            verdict(pen, &word, &line.why, meaning, look);
        }
        Call::Point(index) => {
            let point = journey.points.get(index)?;
            arrived(pen, at, true, of.timeline.is_precise(), look);
            let (mark, meaning, word) = match point.kind {
                PointKind::Reset => (look.glyphs.reset, Meaning::Reset, "inferred"),
                PointKind::Identify => (look.glyphs.identify, Meaning::Identify, "known"),
                PointKind::Login => (look.glyphs.identify, Meaning::Identify, "login"),
                PointKind::Alias => (look.glyphs.alias, Meaning::Alias, "accepted"),
            };
            if width >= 60 {
                pen.cell(point.kind.name(), 9, muted);
            }
            let start = pen.column();
            if point.kind == PointKind::Reset {
                pen.text("new ", muted);
            }
            side(pen, of, Some(&point.id), id_room * 2, look);
            pen.to(start.saturating_add(u16::try_from(wide).unwrap_or(u16::MAX))).skip(1);
            pen.cell(mark, 2, look.style(meaning));
            verdict(pen, word, &point.why, meaning, look);
        }
    }
    Some(())
}

/// What came of a call, and why. The reason of a verdict goes before its word is cut, and the sentence
/// before it says less than a beginning; below the list stands all of it.
fn verdict(pen: &mut Pen<'_>, word: &str, why: &str, meaning: Meaning, look: &Look) {
    let fits = fit::width(word) <= pen.room();
    let word = if fits { word } else { word.split(':').next().unwrap_or(word) };
    pen.cell(word, 24.min(pen.room()), look.style(meaning));
    if pen.room() >= 20 {
        pen.text(why, look.style(Meaning::Muted));
    }
}

/// Alias and target in so many columns: a short one leaves its room to the other.
fn pair(pen: &mut Pen<'_>, of: &Panel<'_>, line: &AliasLine, room: usize, arrow: Meaning, look: &Look) {
    let wide = |id: &Option<Id>| id.as_ref().map_or(9, |id| fit::width(id.as_str()));
    let alias_room = wide(&line.alias).min(room.saturating_sub(wide(&line.target).min(room / 2)));
    side(pen, of, line.alias.as_ref(), alias_room, look);
    pen.text(&format!(" {} ", look.glyphs.arrow), look.style(arrow));
    side(pen, of, line.target.as_ref(), room.saturating_sub(alias_room), look);
}

/// An id with the letter of its lane.
fn side(pen: &mut Pen<'_>, of: &Panel<'_>, id: Option<&Id>, room: usize, look: &Look) {
    let label = id.and_then(|id| of.timeline.label(id)).unwrap_or("");
    if !label.is_empty() {
        pen.text(label, look.style(Meaning::Title)).skip(1);
    }
    pen.text(&fit::middle(id.map_or("(nothing)", Id::as_str), room), look.style(Meaning::Text));
}

fn table(pen: &mut Pen<'_>, at: usize, of: &Panel<'_>, look: &Look) -> Option<()> {
    let journey = of.journey.as_ref();
    let register = of.timeline.register();
    let entry = register.table.get(at)?;
    let line = journey.aliases.get(entry.call)?;
    let width = pen.room();
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    let id_room = (width / 6).clamp(5, 32);
    let start = pen.column();
    pair(pen, of, line, id_room * 2, Meaning::Alias, look);
    pen.to(start.saturating_add(u16::try_from(id_room * 2 + 7).unwrap_or(u16::MAX))).skip(1);
    pen.number(&fit::counted(entry.through, "row"), 11.min(width / 5), plain).skip(2);
    if width >= 60 {
        let since = if line.from_table && line.order == i64::MIN {
            "from the start".to_owned()
        } else {
            format!("since {} {}", look.zone.short_date(line.order), look.zone.clock(line.order, 5))
        };
        pen.cell(&since, 25.min(pen.room()), muted);
    }
    let chain: Vec<&str> = register.chain(entry).map(|id| of.timeline.label(id).unwrap_or("?")).collect();
    pen.text(&fit::counted(entry.hops as u64, "hop"), plain).skip(2);
    pen.text(&chain.join(&format!(" {} ", look.glyphs.arrow)), muted);
    Some(())
}

fn member(pen: &mut Pen<'_>, journey: &Journey, at: usize, of: &Panel<'_>, look: &Look) -> Option<()> {
    let member = journey.ids.get(at)?;
    let id_room = id_room(pen.room());
    let plain = look.style(Meaning::Text);
    let (glyph, meaning, known) = if member.anonymous {
        (look.glyphs.anonymous, Meaning::Anonymous, "anonymous")
    } else {
        (look.glyphs.identified, Meaning::Identified, "known")
    };
    label(pen, of, &member.id, look);
    pen.cell(glyph, 2, look.style(meaning)).id(member.id.as_str(), id_room, plain).skip(2);
    pen.cell(if member.role == Role::Root { "root" } else { "alias" }, 6, plain).cell(known, 10, look.style(meaning));
    pen.number(&fit::counted(member.events, "row"), 12, plain).skip(2);
    if let (Some(first), Some(last)) = (member.first, member.last) {
        span(pen, first, last, look);
    }
    Some(())
}

fn device(pen: &mut Pen<'_>, register: &Register, at: usize, look: &Look) -> Option<()> {
    let device = register.devices.get(at)?;
    let id_room = id_room(pen.room());
    let plain = look.style(Meaning::Text);
    pen.skip(5).id(device.id.as_str(), id_room, plain).skip(2);
    pen.cell(&fit::counted(device.ids.len() as u64, "id"), 16, plain);
    pen.number(&fit::counted(device.rows + device.orphaned, "row"), 12, plain).skip(2);
    span(pen, device.first, device.last, look);
    if device.orphaned > 0 {
        let text = format!("{} of orphans", fit::count(device.orphaned));
        pen.skip(2).text(look.glyphs.orphan, look.style(Meaning::Orphan)).skip(1);
        pen.text(&text, look.style(Meaning::Orphan));
    }
    Some(())
}

fn evidence(pen: &mut Pen<'_>, evidence: &Evidence, look: &Look) {
    let strength = strength_words(evidence.kind.strength());
    pen.skip(5).cell(strength, 10, look.style(Meaning::Orphan));
    let name = evidence_name(evidence.kind);
    pen.cell(name, fit::width(name).max(20), look.style(Meaning::Orphan)).skip(1);
    // A beginning of a sentence says nothing: all of it stands below the list.
    if pen.room() >= 60 {
        pen.text(&evidence.why, look.style(Meaning::Text));
    }
}

/// Columns for an id in a line of so many.
fn id_room(width: usize) -> usize {
    (width / 3).clamp(8, 44)
}
