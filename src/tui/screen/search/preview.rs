//! The selected hit before it is opened: whose it is, since when, and what went wrong.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::model::Id;
use crate::model::hit::Hit;
use crate::tui::backend::{Milestone, Preview, User};
use crate::tui::fit;
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};
use crate::tui::when;
use crate::tui::widgets::plot;

/// From so many columns on everything that is known has a line of its own.
pub(super) const WIDE: u16 = 100;

/// Lines of a finding.
const FINDING: usize = 2;

/// Columns of the names of these lines.
const LABEL: usize = 10;

/// A line of the preview.
enum Line {
    Words(String, Meaning),
    /// The rows of the id over its time.
    Activity,
    /// What happened to the user over the whole time.
    Story,
}

/// What opening the hit would show, in a few lines.
pub(super) fn preview(hit: &Hit, glance: Option<&Option<Preview>>, area: Rect, buffer: &mut Buffer, look: &Look) {
    if area.height == 0 {
        return;
    }
    let muted = look.style(Meaning::Muted);
    let mut pen = Pen::new(buffer, area, 0);
    let room = pen.room().saturating_sub(8);
    pen.text(&look.glyphs.rule.repeat(2), muted).skip(1);
    let title = match &hit.name {
        Some(name) if name != hit.id.as_str() => format!("{name} {} {}", look.glyphs.dot, hit.id.as_str()),
        _ => hit.id.as_str().to_owned(),
    };
    pen.text(&fit::middle(&title, room), look.style(Meaning::Title)).skip(1).fill(look.glyphs.rule, muted);
    let width = usize::from(area.width.saturating_sub(2));
    for (row, line) in (1..area.height).zip(preview_lines(hit, glance, width, look)) {
        let place = Rect { y: area.y + row, height: 1, ..area };
        match (line, glance) {
            (Line::Words(text, meaning), _) => {
                Pen::new(buffer, place, 0).skip(1).text(&text, look.style(meaning));
            }
            (Line::Activity, Some(Some(glance))) => activity(hit, glance, place, buffer, look),
            (Line::Story, Some(Some(Preview { user: Some(user), .. }))) => story(user, place, buffer, look),
            _ => {}
        }
    }
}

/// Its lines.
fn preview_lines(hit: &Hit, glance: Option<&Option<Preview>>, width: usize, look: &Look) -> Vec<Line> {
    let muted = |text: &str| Line::Words(text.to_owned(), Meaning::Muted);
    let glance = match glance {
        None => return vec![muted("looking…")],
        Some(None) => return vec![muted("no preview: open it to see why")],
        Some(Some(glance)) => glance,
    };
    let Some(user) = &glance.user else {
        let plotted = (!glance.activity.is_empty()).then_some(Line::Activity);
        return std::iter::once(muted("too much to look through before it is opened")).chain(plotted).collect();
    };
    let dot = format!(" {} ", look.glyphs.dot);
    let mut lines = Vec::new();
    if width + 2 >= usize::from(WIDE) {
        lines.extend(facts(hit, user, &dot, width, look).into_iter().map(|text| Line::Words(text, Meaning::Text)));
        lines.extend(user.span.map(|_| Line::Story));
    } else {
        lines.push(Line::Words(who(hit, user, &dot, width), Meaning::Text));
        lines.extend(user.span.map(|_| Line::Story));
    }
    // On a small screen, the whole time says more than that of one id.
    if !glance.activity.is_empty() && (width + 2 >= usize::from(WIDE) || user.span.is_none()) {
        lines.push(Line::Activity);
    }
    for owner in user.orphan_of.iter().take(1) {
        let text = format!("{} an orphan: evidence ties it to {}", look.glyphs.orphan, owner.as_str());
        lines.push(Line::Words(text, Meaning::Orphan));
    }
    lines.extend(user.findings.iter().flat_map(|(loses, what)| {
        let meaning = if *loses { Meaning::Bad } else { Meaning::Warn };
        let wrapped = fit::wrap(&format!("{} {what}", look.glyphs.warn), width, FINDING);
        wrapped.into_iter().map(move |line| Line::Words(line, meaning))
    }));
    if user.findings.is_empty() && user.orphan_of.is_empty() {
        lines.push(muted("no findings"));
    }
    lines
}

/// Whose it is and how much of it is where.
fn who(hit: &Hit, user: &User, dot: &str, width: usize) -> String {
    let mut parts = Vec::new();
    if user.ids.is_empty() {
        parts.push("no own rows, only mentioned by others".to_owned());
    } else {
        parts.push(fit::counted(user.rows, "row"));
    }
    parts.extend(counts(user));
    let others: Vec<&str> = user.ids.iter().filter(|id| **id != hit.id).map(Id::as_str).collect();
    if !others.is_empty() {
        let used = fit::width(&parts.join(dot)) + 12;
        let names = others.iter().map(|id| fit::middle(id, 32)).collect::<Vec<_>>().join(", ");
        parts.push(format!("also {}", fit::end(&names, width.saturating_sub(used).max(8))));
    }
    parts.join(dot)
}

/// The rows sent under the id over its time.
fn activity(hit: &Hit, glance: &Preview, area: Rect, buffer: &mut Buffer, look: &Look) {
    let muted = look.style(Meaning::Muted);
    let (Some(first), Some(last)) = (hit.first, hit.last) else { return };
    let mut pen = Pen::new(buffer, area, 0);
    let (first, last) = look.zone.ends(first, last);
    pen.skip(1);
    if area.width >= WIDE {
        pen.cell("this id", LABEL, muted);
    }
    pen.text(&first, muted).skip(1);
    let room = pen.room().saturating_sub(fit::width(&last) + 2);
    plot(&mut pen, &glance.activity, room, look);
    pen.skip(1).text(&last, muted);
}

/// What is known of the user, a line for each thing.
fn facts(hit: &Hit, user: &User, dot: &str, width: usize, look: &Look) -> Vec<String> {
    let mut lines = Vec::new();
    let mut add = |name: &str, text: &str| {
        lines.push(format!("{name:LABEL$}{}", fit::end(text, width.saturating_sub(LABEL))));
    };
    match &user.root {
        Some(root) if *root == hit.id => add("root", &format!("{}: this id itself", root.as_str())),
        Some(root) => add("root", root.as_str()),
        None => add("root", "none: no own rows, only mentioned by others"),
    }
    let ids: Vec<String> = user.ids.iter().map(|id| fit::middle(id.as_str(), 40)).collect();
    if !ids.is_empty() {
        add("ids", &format!("{}: {}", fit::count(ids.len() as u64), ids.join(", ")));
    }
    let mut rows = vec![fit::counted(user.rows, "row")];
    rows.extend(counts(user));
    add("rows", &rows.join(dot));
    if let Some((first, last)) = user.span {
        let long = when::span(last.saturating_sub(first));
        add("time", &format!("{} to {}{dot}{long}", look.zone.full(first), look.zone.full(last)));
    }
    lines
}

/// What is not as it should be, in numbers.
fn counts(user: &User) -> Vec<String> {
    let counts = [(user.refused, "refused"), (user.split, "split"), (user.orphaned, "orphaned")];
    counts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{} {word}", fit::count(number)))
        .collect()
}

/// What happened when, as marks.
fn story(user: &User, area: Rect, buffer: &mut Buffer, look: &Look) {
    let muted = look.style(Meaning::Muted);
    let Some((first, last)) = user.span else { return };
    let mut pen = Pen::new(buffer, area, 0);
    let (first, last) = look.zone.ends(first, last);
    pen.skip(1);
    if area.width >= WIDE {
        pen.cell("story", LABEL, muted);
    }
    pen.text(&first, muted).skip(1);
    let columns = pen.room().saturating_sub(fit::width(&last) + 2).min(user.story.len());
    for column in 0..columns {
        let part = |column: usize| column * user.story.len() / columns.max(1);
        let here = user.story.get(part(column)..part(column + 1)).unwrap_or_default();
        let glyphs = look.glyphs;
        let (mark, meaning) = match here.iter().max().copied().unwrap_or_default() {
            Milestone::Nothing => (" ", Meaning::Muted),
            Milestone::Anonymous => (glyphs.anonymous, Meaning::Anonymous),
            Milestone::Identified => (glyphs.identified, Meaning::Identified),
            Milestone::Split => (glyphs.split, Meaning::Split),
            Milestone::Orphan => (glyphs.orphan, Meaning::Orphan),
            Milestone::Identify => (glyphs.identify, Meaning::Identify),
            Milestone::Reset => (glyphs.reset, Meaning::Reset),
            Milestone::Alias => (glyphs.alias, Meaning::Alias),
            Milestone::Refused => (glyphs.refused, Meaning::Refused),
        };
        pen.cell(mark, 1, look.style(meaning));
    }
    pen.skip(1).text(&last, muted);
}
