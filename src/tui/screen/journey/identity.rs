//! The identity panel: the lookup table, the ids, the orphans, and everything that is said.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::identity::{AliasLine, Journey, Role, Severity, Verdict};
use crate::model::Id;
use crate::tui::app::Ui;
use crate::tui::app::mouse::{Gesture, Pointed, Spot};
use crate::tui::fit;
use crate::tui::keys::Action;
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};

use super::detail::{place, visible_id};
use super::frame::scrolled;
use super::rows::{evidence_name, select, strength_words};

/// One line of the panel: an index into a part of the journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Space,
    Head(&'static str, usize),
    Empty(&'static str),
    Alias(usize),
    Member(usize),
    Orphan(usize),
    Evidence(usize, usize),
    Owner(usize),
    OwnerEvidence(usize, usize),
    Neighbour(usize),
    Mention(usize),
    Finding(usize),
    Note(usize),
    Cut(usize),
}

impl Line {
    fn is_row(self) -> bool {
        !matches!(self, Self::Space | Self::Head(..) | Self::Empty(_))
    }
}

/// The panel on the screen.
#[derive(Clone, Debug)]
pub struct State {
    lines: Vec<Line>,
    selected: usize,
}

/// Where Enter goes from a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// A row of the store.
    Row(i64),
    /// An alias call of this journey.
    Call(usize),
    /// An orphan of this journey.
    Orphan(usize),
    /// Another user.
    User(Id),
}

impl State {
    /// The panel of a journey, with its first line selected.
    pub fn new(journey: &Journey) -> Self {
        let mut lines = Vec::new();
        let mut section = |name: &'static str, rows: Vec<Line>, always: Option<&'static str>| {
            if rows.is_empty() && always.is_none() {
                return;
            }
            if !lines.is_empty() {
                lines.push(Line::Space);
            }
            let count =
                rows.iter().filter(|line| !matches!(line, Line::Evidence(..) | Line::OwnerEvidence(..))).count();
            lines.push(Line::Head(name, count));
            match always {
                Some(empty) if rows.is_empty() => lines.push(Line::Empty(empty)),
                _ => lines.extend(rows),
            }
        };
        let all = |count: usize, line: fn(usize) -> Line| (0..count).map(line).collect::<Vec<_>>();
        section("not everything", all(journey.cuts.len(), Line::Cut), None);
        section(
            "alias calls, in order of arrival",
            all(journey.aliases.len(), Line::Alias),
            journey.root.is_some().then_some("no alias call names an id of this user"),
        );
        section("ids of this user", all(journey.ids.len(), Line::Member), None);
        let orphans = journey
            .orphans
            .iter()
            .enumerate()
            .flat_map(|(at, orphan)| {
                std::iter::once(Line::Orphan(at))
                    .chain((0..orphan.evidence.len()).map(move |of| Line::Evidence(at, of)))
            })
            .collect();
        section(
            "orphans: rows elsewhere that evidence ties to this user",
            orphans,
            journey.root.is_some().then_some("none"),
        );
        let owners = journey
            .orphan_of
            .iter()
            .enumerate()
            .flat_map(|(at, owner)| {
                std::iter::once(Line::Owner(at))
                    .chain((0..owner.evidence.len()).map(move |of| Line::OwnerEvidence(at, of)))
            })
            .collect();
        section("this is an orphan itself, of", owners, None);
        section("named by", all(journey.mentions.len(), Line::Mention), None);
        section("other users of the same devices", all(journey.neighbours.len(), Line::Neighbour), None);
        section("findings: mistakes of the integration", all(journey.findings.len(), Line::Finding), None);
        section("notes", all(journey.notes.len(), Line::Note), None);
        let selected = lines.iter().position(|line| line.is_row()).unwrap_or(0);
        Self { lines, selected }
    }

    /// Does what a key asks.
    pub fn update(&mut self, action: Action, page: usize) {
        let page = page.max(1);
        let last = self.lines.len().saturating_sub(1);
        match action {
            Action::Next => self.settle(self.selected + 1, true),
            Action::Previous => self.settle(self.selected.saturating_sub(1), false),
            Action::HalfDown => self.settle(self.selected + page / 2, true),
            Action::HalfUp => self.settle(self.selected.saturating_sub(page / 2), false),
            Action::PageDown => self.settle(self.selected + page, true),
            Action::PageUp => self.settle(self.selected.saturating_sub(page), false),
            Action::First => self.settle(0, true),
            Action::Last => self.settle(last, false),
            _ => {}
        }
    }

    /// Selects the line that was pressed; what a press of the selected one stands for.
    pub fn point(&mut self, pointed: &Pointed) -> Option<Action> {
        let line = pointed.line().filter(|line| *line < self.lines.len())?;
        if pointed.gesture == Gesture::PressAgain || line == self.selected {
            return Some(Action::Open);
        }
        if self.lines.get(line).is_some_and(|line| line.is_row()) {
            self.selected = line;
        }
        None
    }

    fn settle(&mut self, at: usize, down: bool) {
        let last = self.lines.len().saturating_sub(1);
        let at = at.min(last);
        let is_row = |at: &usize| self.lines.get(*at).is_some_and(|line| line.is_row());
        let found = if down { (at..=last).find(is_row) } else { (0..=at).rev().find(is_row) };
        if let Some(found) = found {
            self.selected = found;
        }
    }

    /// The selected line.
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// Where Enter goes.
    pub fn goal(&self, journey: &Journey) -> Option<Goal> {
        Some(match *self.lines.get(self.selected)? {
            Line::Alias(at) => Goal::Call(at),
            Line::Member(at) => {
                let member = journey.ids.get(at)?;
                let step = journey.steps.iter().find(|step| step.event.id.as_ref() == Some(&member.id))?;
                Goal::Row(step.event.row)
            }
            Line::Orphan(at) | Line::Evidence(at, _) => Goal::Orphan(at),
            Line::Owner(at) | Line::OwnerEvidence(at, _) => Goal::User(journey.orphan_of.get(at)?.root.clone()),
            Line::Neighbour(at) => Goal::User(journey.neighbours.get(at)?.root.clone()),
            Line::Mention(at) => Goal::User(journey.mentions.get(at)?.root.clone()),
            _ => return None,
        })
    }
}

/// Draws the panel, with the whole of the selected line below it.
pub(in crate::tui) fn view(of: &super::State, ui: &mut Ui, area: Rect, buffer: &mut Buffer, look: &Look) {
    let state = &of.identity;
    let full = sentence(of, look);
    let wrapped = fit::wrap(&full, usize::from(area.width.saturating_sub(2)), 5);
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

/// The selected line, whole.
fn sentence(of: &super::State, look: &Look) -> String {
    let journey = of.journey.as_ref();
    let text = || -> Option<String> {
        Some(match *of.identity.lines.get(of.identity.selected)? {
            Line::Alias(at) => {
                let line = journey.aliases.get(at)?;
                format!("{}  ({})", line.why, place(&line.source))
            }
            Line::Member(at) => {
                let member = journey.ids.get(at)?;
                let what = if member.role == Role::Root {
                    "the root: the data is stored under it"
                } else {
                    "an accepted alias"
                };
                let known = if member.anonymous { "; nothing shows that it names a known person" } else { "" };
                format!("{} is {what}{known}", visible_id(Some(&member.id)))
            }
            Line::Orphan(at) => {
                let orphan = journey.orphans.get(at)?;
                let others = orphan.ids.len().saturating_sub(1);
                let others = if others > 0 {
                    format!(" It has {}.", fit::counted(others as u64, "other id"))
                } else {
                    String::new()
                };
                format!("{}{others}", orphan.why)
            }
            Line::Evidence(at, piece) => {
                let evidence = journey.orphans.get(at)?.evidence.get(piece)?;
                format!("{}  ({}, {})", evidence.why, place(&evidence.source), look.zone.full(evidence.time))
            }
            Line::Owner(at) => {
                format!("evidence ties the rows to {}", visible_id(Some(&journey.orphan_of.get(at)?.root)))
            }
            Line::OwnerEvidence(at, piece) => {
                let evidence = journey.orphan_of.get(at)?.evidence.get(piece)?;
                format!("{}  ({}, {})", evidence.why, place(&evidence.source), look.zone.full(evidence.time))
            }
            Line::Neighbour(at) => {
                let neighbour = journey.neighbours.get(at)?;
                format!("{}  ({})", neighbour.why, place(&neighbour.source))
            }
            Line::Mention(at) => {
                let mention = journey.mentions.get(at)?;
                format!("{}  ({})", mention.why, place(&mention.source))
            }
            Line::Finding(at) => {
                let finding = journey.findings.get(at)?;
                format!("{} {}", finding.what, finding.advice)
            }
            Line::Note(at) => journey.notes.get(at)?.clone(),
            Line::Cut(at) => journey.cuts.get(at)?.what.clone(),
            Line::Space | Line::Head(..) | Line::Empty(_) => return None,
        })
    };
    text().unwrap_or_default()
}

fn draw(pen: &mut Pen<'_>, line: Line, of: &super::State, selected: bool, look: &Look) {
    let journey = of.journey.as_ref();
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    let cursor = if selected { look.glyphs.cursor } else { " " };
    if line.is_row() {
        pen.cell(cursor, 1, look.style(Meaning::Key)).skip(1);
    }
    match line {
        Line::Space => {}
        Line::Head(name, count) => {
            pen.text(&look.glyphs.rule.repeat(2), muted).skip(1).text(name, look.style(Meaning::Title)).skip(1);
            if count > 0 {
                pen.text(&format!("{} ", fit::count(count as u64)), muted);
            }
            pen.fill(look.glyphs.rule, muted);
        }
        Line::Empty(text) => {
            pen.skip(2).text(text, muted);
        }
        Line::Alias(at) => {
            if let Some(call) = journey.aliases.get(at) {
                alias(pen, call, of, look);
            }
        }
        Line::Member(at) => {
            if let Some(member) = journey.ids.get(at) {
                let id_room = id_room(pen.room());
                let (glyph, meaning) = if member.anonymous {
                    (look.glyphs.anonymous, Meaning::Anonymous)
                } else {
                    (look.glyphs.identified, Meaning::Identified)
                };
                let role = if member.role == Role::Root { "root" } else { "alias" };
                let known = if member.anonymous { "anonymous" } else { "known" };
                pen.cell(of.timeline.label(&member.id).unwrap_or(""), 3, look.style(Meaning::Title));
                pen.cell(glyph, 2, look.style(meaning)).id(member.id.as_str(), id_room, plain).skip(2);
                pen.cell(role, 6, plain).cell(known, 10, look.style(meaning));
                pen.number(&fit::counted(member.events, "row"), 12, plain).skip(2);
                if let (Some(first), Some(last)) = (member.first, member.last) {
                    pen.text(&format!("{} to {}", look.zone.short_date(first), look.zone.short_date(last)), muted);
                }
            }
        }
        Line::Orphan(at) => {
            if let Some(orphan) = journey.orphans.get(at) {
                let id_room = id_room(pen.room());
                pen.cell(of.timeline.label(&orphan.id).unwrap_or(""), 3, look.style(Meaning::Title));
                pen.cell(look.glyphs.orphan, 2, look.style(Meaning::Orphan))
                    .id(orphan.id.as_str(), id_room, plain)
                    .skip(2);
                let contested = if orphan.contested { "contested" } else { "" };
                pen.cell(strength_words(orphan.strength), 10, look.style(Meaning::Orphan));
                pen.cell(contested, 10, look.style(Meaning::Warn));
                pen.number(&fit::counted(orphan.steps.len() as u64, "row"), 8, plain).skip(2);
                pen.text(&orphan.why, muted);
            }
        }
        Line::Evidence(at, piece) => {
            if let Some(evidence) = journey.orphans.get(at).and_then(|orphan| orphan.evidence.get(piece)) {
                pen.skip(5)
                    .cell(evidence_name(evidence.kind), 20, look.style(Meaning::Orphan))
                    .text(&evidence.why, plain);
            }
        }
        Line::Owner(at) => {
            if let Some(owner) = journey.orphan_of.get(at) {
                let room = id_room(pen.room());
                pen.id(owner.root.as_str(), room, plain).skip(2);
                pen.text(strength_words(owner.strength), look.style(Meaning::Orphan));
            }
        }
        Line::OwnerEvidence(at, piece) => {
            if let Some(evidence) = journey.orphan_of.get(at).and_then(|owner| owner.evidence.get(piece)) {
                pen.skip(5)
                    .cell(evidence_name(evidence.kind), 20, look.style(Meaning::Orphan))
                    .text(&evidence.why, plain);
            }
        }
        Line::Neighbour(at) => {
            if let Some(neighbour) = journey.neighbours.get(at) {
                let room = id_room(pen.room());
                pen.id(neighbour.root.as_str(), room, plain).skip(2).text("device ", muted);
                pen.id(neighbour.device.as_str(), 24, plain).skip(2).text(&neighbour.why, muted);
            }
        }
        Line::Mention(at) => {
            if let Some(mention) = journey.mentions.get(at) {
                let room = id_room(pen.room());
                pen.id(mention.with.as_str(), room, plain).skip(2).cell(mention.role, 24, look.style(Meaning::Key));
                pen.number(&fit::counted(mention.rows, "row"), 10, plain).skip(2).text(&mention.why, muted);
            }
        }
        Line::Finding(at) => {
            if let Some(finding) = journey.findings.get(at) {
                let meaning = if finding.severity == Severity::Error { Meaning::Bad } else { Meaning::Warn };
                pen.cell(look.glyphs.warn, 2, look.style(meaning));
                pen.cell(finding.severity.name(), 8, look.style(meaning)).cell(finding.code, 20, plain);
                pen.skip(1).text(&finding.what, plain);
            }
        }
        Line::Note(at) => {
            pen.text(journey.notes.get(at).map_or("", String::as_str), plain);
        }
        Line::Cut(at) => {
            pen.text(journey.cuts.get(at).map_or("", |cut| cut.what.as_str()), look.style(Meaning::Bad));
        }
    }
}

fn alias(pen: &mut Pen<'_>, call: &AliasLine, of: &super::State, look: &Look) {
    let (mark, meaning, word) = match call.verdict {
        Verdict::Accepted => (look.glyphs.alias, Meaning::Alias, "accepted".to_owned()),
        Verdict::Duplicate => (look.glyphs.duplicate, Meaning::Muted, "duplicate".to_owned()),
        Verdict::Refused(why) => {
            (look.glyphs.refused, Meaning::Refused, format!("refused: {}", why.name().replace('_', " ")))
        }
    };
    let plain = look.style(Meaning::Text);
    let width = pen.room();
    let arrived = call.order;
    let about = if call.arrived.is_none() { "~" } else { "" };
    if width >= 100 {
        pen.cell(&format!("{about}{} {}", look.zone.short_date(arrived), look.zone.clock(arrived, 8)), 22, plain);
    } else if width >= 60 {
        pen.cell(&format!("{about}{}", look.zone.short_date(arrived)), 13, plain);
    }
    let id_room = (width / 5).clamp(6, 40);
    let label = |id: Option<&Id>| id.and_then(|id| of.timeline.label(id)).unwrap_or("");
    let side = |pen: &mut Pen<'_>, id: Option<&Id>| {
        let label = label(id);
        let text = id.map_or("(nothing)", Id::as_str);
        if !label.is_empty() {
            pen.text(label, look.style(Meaning::Title)).skip(1);
        }
        pen.text(&fit::middle(text, id_room), plain);
    };
    let start = pen.column();
    let wide = u16::try_from(id_room * 2 + 8).unwrap_or(u16::MAX);
    side(pen, call.alias.as_ref());
    pen.text(&format!(" {} ", look.glyphs.arrow), look.style(Meaning::Muted));
    side(pen, call.target.as_ref());
    pen.to(start.saturating_add(wide)).skip(1);
    pen.cell(mark, 2, look.style(meaning));
    pen.cell(&word, 24.min(pen.room()), look.style(meaning)).text(&call.why, look.style(Meaning::Muted));
}

/// Columns for an id in a line of so many.
fn id_room(width: usize) -> usize {
    (width / 3).clamp(8, 44)
}
