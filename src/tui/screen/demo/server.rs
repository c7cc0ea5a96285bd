//! What the server has: the lookup table and the timeline, and after a change by hand both timelines.
//!
//! ```text
//!  ── original: 23 rows, 7 orphans ──────── changed: 22 rows, 0 orphans ───────────
//!    19:12 ◌ Page Viewed          orphan │ ~ 19:12 ○ Page Viewed
//!  - 19:13 ◇ $create_alias       refused │
//!                                        │ + 19:13 ◆ $create_alias
//! ```
//! A row stands on one line with itself. What the original has alone is marked `-`, what the changes add `+`, and
//! a row that is stored elsewhere or counts otherwise `~`.

use std::collections::HashMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::borders::{WIDE, rule, wall};
use super::player::{Player, Tally};
use crate::identity::{Phase, PointKind, Split, Verdict};
use crate::model::Id;
use crate::play::{self, AliasRow, Entry, Pair, Standing};
use crate::tui::fit;
use crate::tui::frame::Ui;
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};

/// Columns from which on a row has its ids: its event comes first.
const WITH_IDS: usize = 58;

/// Draws it, with its heads on the rule above `area`.
pub(super) fn view(player: &Player, ui: &mut Ui, area: Rect, buffer: &mut Buffer, look: &Look) {
    // The rule is the line above.
    let ruled = Rect { y: area.y.saturating_sub(1), height: area.height + 1, ..area };
    let table_head = table_head(player);
    let waiting = match player.play().waiting(player.moment()) {
        0 => String::new(),
        waiting => format!(", {} on the way", fit::count(waiting as u64)),
    };
    let Some(pairs) = player.sides() else {
        let known = player.before().timeline.iter().map(|entry| (entry.sent, entry)).collect();
        let (table, timeline) = split(area, area.width * 2 / 5);
        let rows = fit::counted(player.now().timeline.len() as u64, "row");
        let head = format!("timeline of the server: {rows}{waiting}");
        let meaning = meaning(player.now().timeline.iter().any(|entry| mark(&known, entry) == "~"), look);
        let fits = fit::width(&head) + fit::width(&meaning) + 4 <= usize::from(timeline.width);
        let meaning = if fits { meaning } else { String::new() };
        let heads = [(0, table_head), (timeline.x - area.x, format!("{head}{meaning}"))];
        wall(table, buffer, look);
        rule(ruled, 0, &heads, buffer, look);
        lookup_table(player, table, buffer, look);
        timeline_of_server(player, &known, ui, timeline, buffer, look);
        return;
    };
    // Where there is room the lookup table stays.
    let (table, both) = if area.width >= WIDE { split(area, area.width / 4) } else { (Rect::default(), area) };
    let (one, other) = split(both, both.width / 2);
    let [original, changed] = player.tallies();
    let name = if area.width >= WIDE { "with your changes" } else { "changed" };
    let room = |area: Rect| usize::from(area.width).saturating_sub(4);
    let moved = pairs.iter().any(has_moved);
    let mut heads = vec![
        (one.x - area.x, sum("original", &original, ["", ""], room(one), look)),
        (other.x - area.x, sum(name, &changed, [&waiting, &meaning(moved, look)], room(other), look)),
    ];
    if !table.is_empty() {
        heads.insert(0, (0, table_head));
        wall(table, buffer, look);
        lookup_table(player, table, buffer, look);
    }
    wall(one, buffer, look);
    rule(ruled, 0, &heads, buffer, look);
    sides(player, ui, &pairs, [one, other], buffer, look);
}

/// The first `width` columns, and the others without the wall between.
fn split(area: Rect, width: u16) -> (Rect, Rect) {
    let first = Rect { width, ..area };
    (first, Rect { x: first.right() + 1, width: area.width.saturating_sub(width + 1), ..area })
}

/// A side by its name: its rows, and what is wrong with them. Where there is no room for all of the words, the
/// marks of the rows stand for them. `more` is what follows, the last of it first left out.
fn sum(name: &str, tally: &Tally, more: [&str; 2], room: usize, look: &Look) -> String {
    let count = |number: usize| fit::count(number as u64);
    let some = |number: usize, text: String| (number > 0).then_some(text);
    let words = [
        Some(fit::counted(tally.rows() as u64, "row")),
        Some(fit::counted(tally.orphans as u64, "orphan")),
        some(tally.split, fit::counted(tally.split as u64, "split row")),
        some(tally.no_id, format!("{} without an id", count(tally.no_id))),
    ];
    let marks = [
        Some(fit::counted(tally.rows() as u64, "row")),
        Some(format!("{} {}", look.glyphs.orphan, count(tally.orphans))),
        some(tally.split, format!("{} {}", look.glyphs.split, count(tally.split))),
        some(tally.no_id, format!("{} without id", count(tally.no_id))),
    ];
    let said = |parts: &[Option<String>], more: &[&str]| {
        let parts: Vec<&str> = parts.iter().flatten().map(String::as_str).collect();
        format!("{name}: {}{}", parts.join(", "), more.concat())
    };
    let ways = [said(&words, &more), said(&marks, &more), said(&words, &more[..1])];
    ways.into_iter().find(|way| fit::width(way) <= room).unwrap_or_else(|| said(&marks, &more[..1]))
}

/// What the mark `~` says, which its shape does not; nothing where it does not stand.
fn meaning(is_there: bool, look: &Look) -> String {
    if is_there { format!(" {} ~ changed", look.glyphs.dot) } else { String::new() }
}

fn table_head(player: &Player) -> String {
    let taken_calls = fit::count(taken(&player.now().table).count() as u64);
    let is_refused = |call: &&AliasRow| matches!(call.verdict, Verdict::Refused(_));
    // Other systems have no table: what is joined stands here.
    let title = if player.play().rules().joins_by_links() { "joined" } else { "lookup table" };
    match player.now().table.iter().filter(is_refused).count() {
        0 => format!("{title}: {taken_calls}"),
        refused => format!("{title}: {taken_calls}, refused: {refused}"),
    }
}

/// Whether a row stands in both, and is stored elsewhere or counts otherwise: the mark `~`.
fn has_moved(pair: &Pair<'_>) -> bool {
    matches!(pair, [Some(_), Some(_)]) && play::differs(*pair)
}

/// Both timelines, the original at the left.
fn sides(player: &Player, ui: &mut Ui, pairs: &[Pair<'_>], areas: [Rect; 2], buffer: &mut Buffer, look: &Look) {
    if pairs.is_empty() {
        for area in areas {
            Pen::new(buffer, area, 0).skip(3).text("no row has arrived", look.style(Meaning::Muted));
        }
        return;
    }
    let height = usize::from(areas[0].height);
    let end = pairs.len().saturating_sub(height);
    // The first difference is looked at, with the row before it.
    let first = pairs.iter().position(|pair| play::differs(*pair)).unwrap_or(pairs.len());
    let top = end.min(first.saturating_sub(1));
    (ui.detail_top, ui.detail_end) = (top, end);
    let top = player.scrolled(top, end);
    for (row, pair) in (0..areas[0].height).zip(pairs.iter().skip(top)) {
        let marks = match pair {
            [Some(_), None] => ["-", " "],
            [None, _] => [" ", "+"],
            pair if has_moved(pair) => [" ", "~"],
            _ => [" ", " "],
        };
        for ((area, entry), mark) in areas.into_iter().zip(pair).zip(marks) {
            if let Some(entry) = entry {
                line(entry, mark, area, row, buffer, look);
            }
        }
    }
}

fn name(id: Option<&Id>) -> &str {
    id.map_or("nothing", Id::as_str)
}

/// The calls that are in the lookup table: one that was refused, or led there already, adds nothing.
fn taken(calls: &[AliasRow]) -> impl Iterator<Item = &AliasRow> {
    calls.iter().filter(|call| call.verdict == Verdict::Accepted)
}

fn lookup_table(player: &Player, area: Rect, buffer: &mut Buffer, look: &Look) {
    let known = taken(&player.before().table).count();
    let rows: Vec<&AliasRow> = taken(&player.now().table).collect();
    if rows.is_empty() {
        Pen::new(buffer, area, 0).skip(3).text(
            if player.play().rules().joins_by_links() { "nothing yet" } else { "empty: no alias yet" },
            look.style(Meaning::Muted),
        );
        return;
    }
    // The newest are what is talked about.
    let top = rows.len().saturating_sub(usize::from(area.height));
    for (row, (number, call)) in (0..area.height).zip(rows.iter().enumerate().skip(top)) {
        let new = number >= known;
        let mut pen = Pen::new(buffer, area, row);
        pen.skip(1).text(if new { "+" } else { " " }, look.style(Meaning::Match)).skip(1);
        let (mark, meaning, word) = verdict(call, look);
        pen.text(mark, look.style(meaning)).skip(1);
        let room = pen.room().saturating_sub(fit::width(word) + fit::width(look.glyphs.arrow) + 4);
        let (alias, target) = (name(call.alias.as_ref()), name(call.target.as_ref()));
        let alias_room = fit::width(alias).min(room.saturating_sub(fit::width(target).min(room / 2)));
        let style = look.style(if new { Meaning::Match } else { Meaning::Text });
        pen.text(&fit::middle(alias, alias_room), style).skip(1);
        pen.text(look.glyphs.arrow, look.style(Meaning::Muted)).skip(1);
        pen.text(&fit::middle(target, room.saturating_sub(alias_room)), style).skip(1);
        pen.text(word, look.style(meaning));
    }
}

fn verdict(call: &AliasRow, look: &Look) -> (&'static str, Meaning, &'static str) {
    match call.verdict {
        Verdict::Accepted => (look.glyphs.alias, Meaning::Alias, ""),
        Verdict::Duplicate => (look.glyphs.duplicate, Meaning::Muted, "again"),
        Verdict::Refused(_) => (look.glyphs.refused, Meaning::Refused, "refused"),
    }
}

/// Rows of the moment before, by the call that sent them.
type Known<'a> = HashMap<usize, &'a Entry>;

/// What the current moment did to a row.
fn mark(known: &Known<'_>, entry: &Entry) -> &'static str {
    match known.get(&entry.sent) {
        None => "+",
        Some(old) if old.standing != entry.standing || old.stored_under != entry.stored_under => "~",
        Some(_) => " ",
    }
}

fn timeline_of_server(player: &Player, known: &Known<'_>, ui: &mut Ui, area: Rect, buffer: &mut Buffer, look: &Look) {
    let entries = &player.now().timeline;
    if entries.is_empty() {
        Pen::new(buffer, area, 0).skip(3).text("no row has arrived", look.style(Meaning::Muted));
        return;
    }
    let height = usize::from(area.height);
    let end = entries.len().saturating_sub(height);
    // A row that comes late stands among older ones: it is looked at all the same.
    let changed = entries.iter().rposition(|entry| mark(known, entry) != " ").unwrap_or(entries.len());
    let top = if changed < end { changed.saturating_sub(height / 2) } else { end };
    (ui.detail_top, ui.detail_end) = (top, end);
    let top = player.scrolled(top, end);
    for (row, entry) in (0..area.height).zip(entries.iter().skip(top)) {
        line(entry, mark(known, entry), area, row, buffer, look);
    }
}

/// One row of a timeline.
fn line(entry: &Entry, mark: &str, area: Rect, row: u16, buffer: &mut Buffer, look: &Look) {
    let wide = area.width >= WIDE / 2;
    let (clock, state) = if wide { (8, 8) } else { (5, 7) };
    let dated = area.width >= WIDE * 3 / 5;
    let mut pen = Pen::new(buffer, area, row);
    pen.skip(1).text(mark, look.style(Meaning::Match)).skip(1);
    if dated {
        pen.cell(&look.zone.day_and_month(entry.time), 7, look.style(Meaning::Muted));
    }
    pen.cell(&look.zone.clock(entry.time, clock), clock, look.style(Meaning::Muted)).skip(1);
    let (glyph, meaning) = glyph_of(entry, look);
    pen.text(glyph, look.style(meaning)).skip(1);
    let room = pen.room().saturating_sub(state + 2);
    let style = look.style(if mark == " " { Meaning::Text } else { Meaning::Match });
    if usize::from(area.width) < WITH_IDS {
        pen.cell(&entry.event, room + 1, style).skip(1);
        pen.text(word(entry), look.style(meaning));
        return;
    }
    let event_room = room.div_ceil(2);
    pen.cell(&entry.event, event_room, style).skip(1);
    let (sent, stored) = (entry.id.as_ref().map_or("no id", Id::as_str), name(entry.stored_under.as_ref()));
    let id_room = room - event_room;
    let id = if entry.stored_under.is_none() || sent == stored {
        fit::middle(sent, id_room)
    } else {
        let half = id_room.saturating_sub(fit::width(look.glyphs.arrow)) / 2;
        let stored_room = fit::width(stored).min(half);
        let sent_room = id_room.saturating_sub(stored_room + fit::width(look.glyphs.arrow));
        format!("{}{}{}", fit::middle(sent, sent_room), look.glyphs.arrow, fit::middle(stored, stored_room))
    };
    pen.cell(&id, id_room, look.style(Meaning::Text)).skip(1);
    pen.text(word(entry), look.style(meaning));
}

fn glyph_of(entry: &Entry, look: &Look) -> (&'static str, Meaning) {
    let glyphs = look.glyphs;
    match (&entry.standing, entry.verdict, entry.point) {
        (_, Some(Verdict::Refused(_)), _) => (glyphs.refused, Meaning::Refused),
        (_, Some(Verdict::Accepted), _) => (glyphs.alias, Meaning::Alias),
        (_, Some(Verdict::Duplicate), _) => (glyphs.duplicate, Meaning::Muted),
        (Standing::Split(_), ..) => (glyphs.split, Meaning::Split),
        (Standing::Ignored, ..) => (glyphs.dot, Meaning::Muted),
        (Standing::Orphan(_) | Standing::Contested(_) | Standing::NoId, ..) => (glyphs.orphan, Meaning::Orphan),
        (_, _, Some(PointKind::Identify | PointKind::Login)) => (glyphs.identify, Meaning::Identify),
        _ if entry.phase == Phase::Anonymous => (glyphs.anonymous, Meaning::Anonymous),
        _ => (glyphs.identified, Meaning::Identified),
    }
}

/// The class of a row in a word; none for what counts for its user.
fn word(entry: &Entry) -> &'static str {
    match (&entry.standing, entry.verdict) {
        (_, Some(Verdict::Refused(_))) => "refused",
        (Standing::Merged, _) => "",
        (Standing::Split(Split::Race), _) => "race",
        (Standing::Split(Split::History), _) => "history",
        (Standing::Orphan(_), _) => "orphan",
        (Standing::Contested(_), _) => "contest",
        (Standing::NoId, _) => "no id",
        (Standing::Ignored, _) => "ignored",
    }
}
