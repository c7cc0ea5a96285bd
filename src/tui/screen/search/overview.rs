//! The store as a whole: what the search screen shows before anything is typed.

use std::fmt::Write;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::inspect::Census;
use crate::model::stored::{ImportedFile, Overview};
use crate::tui::fit;
use crate::tui::frame::Ui;
use crate::tui::pen::Pen;
use crate::tui::pointer::Spot;
use crate::tui::theme::{Look, Meaning};
use crate::tui::widgets::{plot, scrolled, select};

use super::{Opening, State};

/// Draws it.
pub(super) fn view(state: &State, overview: &Overview, ui: &mut Ui, area: Rect, buffer: &mut Buffer, look: &Look) {
    let openings = state.openings();
    let width = usize::from(area.width.saturating_sub(2));
    let mut facts = facts(overview, state.census.as_ref(), width, look);
    // The list needs a few lines; what is known of files gives way first.
    let wanted = if openings.is_empty() { 0 } else { (openings.len() + 2).min(5) };
    let room = usize::from(area.height).saturating_sub(wanted);
    while facts.len() > room
        && let Some(at) = facts.iter().rposition(|fact| fact.is_extra)
    {
        facts.remove(at);
    }
    if facts.len() > room {
        facts.truncate(room.saturating_sub(1));
        let text = "… a larger screen shows more".to_owned();
        facts.push(Fact { text: Text::Line(text), meaning: Meaning::Muted, is_extra: true });
    }
    let mut row = 0;
    for fact in facts {
        let mut pen = Pen::new(buffer, area, row);
        pen.skip(1);
        match fact.text {
            Text::Line(text) => {
                pen.text(&text, look.style(fact.meaning));
            }
            Text::Activity => activity(&mut pen, overview, look),
        }
        row += 1;
    }
    if openings.is_empty() {
        return;
    }
    if area.height > row + 3 {
        row += 1;
    }
    let list = Rect { y: area.y + row.min(area.height), height: area.height.saturating_sub(row), ..area };
    list_view(state, &openings, ui, list, buffer, look);
}

/// A line about the store.
struct Fact {
    text: Text,
    meaning: Meaning,
    /// Whether it is left out where room is short.
    is_extra: bool,
}

enum Text {
    Line(String),
    Activity,
}

fn facts(overview: &Overview, census: Option<&Census>, width: usize, look: &Look) -> Vec<Fact> {
    let dot = format!(" {} ", look.glyphs.dot);
    let mut facts = Vec::new();
    let mut add = |text: Text, meaning, is_extra| facts.push(Fact { text, meaning, is_extra });
    if overview.events == 0 && overview.profiles == 0 && overview.alias_calls == 0 {
        let mut lines = vec![
            ("This store is empty: it has no event, profile or alias call.".to_owned(), Meaning::Title),
            ("journey import FILE reads an export into it.".to_owned(), Meaning::Text),
            ("journey --demo shows the built-in demo store.".to_owned(), Meaning::Text),
        ];
        if overview.rejected > 0 {
            let rows = fit::counted(overview.rejected, "row");
            lines
                .insert(1, (format!("{rows} could not be read; import the file again with --rejects."), Meaning::Warn));
        }
        for (text, meaning) in lines {
            for line in fit::wrap(&text, width, 4) {
                add(Text::Line(line), meaning, false);
            }
        }
        return facts;
    }
    let mut parts = vec![fit::counted(overview.events, "row"), fit::counted(overview.ids, "id")];
    parts.push(people(census));
    parts.push(fit::counted(overview.alias_calls, "alias call"));
    if overview.profiles > 0 {
        parts.push(fit::counted(overview.profiles, "profile update"));
    }
    for line in wrap_parts(&parts, &dot, width) {
        add(Text::Line(line), Meaning::Text, false);
    }
    let lost = lost(overview, census);
    for (at, line) in wrap_parts(&lost.parts, &dot, width.saturating_sub(2)).into_iter().enumerate() {
        let mark = if at == 0 && lost.warns { look.glyphs.warn } else { " " };
        let meaning = if lost.warns { Meaning::Warn } else { Meaning::Muted };
        add(Text::Line(format!("{mark} {line}")), meaning, false);
    }
    let mut bad = Vec::new();
    if overview.rejected > 0 {
        bad.push(format!(
            "{} could not be read (journey import --rejects FILE)",
            fit::counted(overview.rejected, "piece")
        ));
    }
    if overview.without_id > 0 {
        bad.push(format!("{} without an id", fit::counted(overview.without_id, "row")));
    }
    bad.extend(incomplete(&overview.files));
    for line in wrap_parts(&bad, &dot, width.saturating_sub(2)) {
        add(Text::Line(format!("{} {line}", look.glyphs.warn)), Meaning::Warn, false);
    }
    if overview.first.is_some() {
        add(Text::Activity, Meaning::Muted, false);
    }
    for line in files(&overview.files, width) {
        add(Text::Line(line), Meaning::Muted, true);
    }
    facts
}

/// That rows of files are missing.
fn incomplete(files: &[ImportedFile]) -> Option<String> {
    let mut incomplete = files.iter().filter(|file| file.incomplete);
    let first = fit::middle(&incomplete.next()?.name, 30);
    Some(match incomplete.count() {
        0 => format!("rows of {first} are missing: it is incomplete"),
        more => format!("rows of {first} and {} are missing", fit::counted(more as u64, "other file")),
    })
}

/// How many people there are, or that this is unknown.
fn people(census: Option<&Census>) -> String {
    match census {
        Some(Census { people: Some(people), .. }) => fit::people(*people),
        Some(Census { done: true, .. }) => "people not counted".to_owned(),
        _ => "counting people…".to_owned(),
    }
}

/// What identity lost in the whole store, as far as that is known.
struct Lost {
    parts: Vec<String>,
    warns: bool,
}

fn lost(overview: &Overview, census: Option<&Census>) -> Lost {
    let nothing = || Lost { parts: Vec::new(), warns: false };
    let Some(census) = census else { return nothing() };
    let mut parts = Vec::new();
    let mut warns = false;
    let mut count = |number: u64, words: String| {
        warns |= number > 0;
        parts.push(words);
    };
    match census.refused {
        Some(refused) => count(refused, format!("{} refused", fit::counted(refused, "alias call"))),
        None if overview.alias_calls == 0 => {}
        None => count(0, "refused alias calls not counted".to_owned()),
    }
    let Some(people) = census.people.filter(|people| *people > 0) else { return Lost { parts, warns } };
    let looked = census.opened.saturating_sub(census.too_large);
    if looked == 0 && !census.done {
        parts.push("looking for splits and orphans…".to_owned());
        return Lost { parts, warns };
    }
    let among = match looked {
        _ if looked >= people => String::new(),
        _ if census.done => format!("among {} of {} people: ", fit::count(looked), fit::count(people)),
        _ => format!("so far, among {} of {} people: ", fit::count(looked), fit::count(people)),
    };
    count(census.split, format!("{among}{}", fit::counted(census.split, "split row")));
    count(census.orphans, fit::counted(census.orphans, "orphan"));
    let findings = match census.with_findings {
        1 => "1 person with findings".to_owned(),
        number => format!("{} people with findings", fit::count(number)),
    };
    count(census.with_findings, findings);
    Lost { parts, warns }
}

/// Columns that the name of a file has at least.
const LEAST_NAME: usize = 16;

/// The imports: each file with its rows and how it was read, in at most four lines.
fn files(files: &[ImportedFile], width: usize) -> Vec<String> {
    const MOST: usize = 3;
    let shown = if files.len() > MOST + 1 { MOST } else { files.len() };
    let mut lines: Vec<String> = files
        .iter()
        .take(shown)
        .map(|file| {
            let mut text = format!("{}, {}", file.format, fit::counted(file.rows, "row"));
            let mut bad = String::new();
            if file.rejected > 0 {
                let _ = write!(bad, ", {} not readable", fit::count(file.rejected));
            }
            if file.incomplete {
                bad.push_str(", incomplete");
            } else if !file.complete {
                bad.push_str(", incomplete, but a later one is not");
            }
            // The zone goes before the name of the file is cut to nothing.
            let zone = if file.timezone.is_empty() {
                String::new()
            } else {
                format!(", local times read as {}", file.timezone)
            };
            let room = |text: &str| width.saturating_sub(fit::width(text) + fit::width(&bad) + 7);
            let whole = format!("{text}{zone}");
            if room(&whole) >= fit::width(&file.name).min(LEAST_NAME) {
                text = whole;
            }
            format!("from {}: {text}{bad}", fit::middle(&file.name, room(&text).max(8)))
        })
        .collect();
    if shown < files.len() {
        let (rows, rejected) =
            files.iter().skip(shown).fold((0, 0), |sum, file| (sum.0 + file.rows, sum.1 + file.rejected));
        let rejected = if rejected > 0 { format!(", {} not readable", fit::count(rejected)) } else { String::new() };
        lines.push(format!("and {} more files: {}{rejected}", files.len() - shown, fit::counted(rows, "row")));
    }
    lines
}

/// From when to when, with the rows between.
fn activity(pen: &mut Pen<'_>, overview: &Overview, look: &Look) {
    let muted = look.style(Meaning::Muted);
    let (Some(first), Some(last)) = (overview.first, overview.last) else { return };
    let (first, last) = look.zone.ends(first, last);
    pen.text(&first, muted).skip(1);
    let room = pen.room().saturating_sub(fit::width(&last) + 2).min(120);
    plot(pen, &overview.activity, room, look);
    pen.skip(1).text(&last, muted);
}

/// Parts in lines, broken between them.
fn wrap_parts(parts: &[String], dot: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if fit::width(line) + fit::width(dot) + fit::width(part) <= width => {
                line.push_str(dot);
                line.push_str(part);
            }
            _ => lines.push(part.clone()),
        }
    }
    lines
}

/// A line of the list: the head of a section, or the number of an opening.
enum Line {
    Head(&'static str),
    Opening(usize),
}

/// Who can be opened, under the heads that say why.
fn list_view(state: &State, openings: &[Opening<'_>], ui: &mut Ui, area: Rect, buffer: &mut Buffer, look: &Look) {
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    let mut lines = Vec::new();
    let mut section = "";
    for (at, opening) in openings.iter().enumerate() {
        if opening.section != section {
            section = opening.section;
            lines.push(Line::Head(section));
        }
        lines.push(Line::Opening(at));
    }
    let selected = lines.iter().position(|line| matches!(line, Line::Opening(at) if *at == state.selected));
    let height = usize::from(area.height);
    ui.page = height.saturating_sub(1);
    ui.search_top = scrolled(ui.search_top, selected.unwrap_or(0), height, lines.len());
    if state.selected == 0 {
        ui.search_top = 0;
    }
    let wide =
        openings.iter().map(|opening| fit::width(opening.name.unwrap_or(opening.id.as_str()))).max().unwrap_or(0);
    let wide = wide.min(usize::from(area.width) * 2 / 5);
    for (row, line) in (0..area.height).zip(lines.iter().skip(ui.search_top)) {
        let mut pen = Pen::new(buffer, area, row);
        ui.built += 1;
        let at = match line {
            Line::Head(text) => {
                pen.text(&look.glyphs.rule.repeat(2), muted).skip(1).text(text, look.style(Meaning::Title));
                pen.skip(1).fill(look.glyphs.rule, muted);
                continue;
            }
            Line::Opening(at) => *at,
        };
        let Some(opening) = openings.get(at) else { continue };
        let is_selected = at == state.selected;
        pen.cell(if is_selected { look.glyphs.cursor } else { " " }, 1, look.style(Meaning::Key)).skip(1);
        match opening.name {
            Some(name) => pen.cell(&fit::end(name, wide), wide, plain),
            None => pen.id(opening.id.as_str(), wide, plain),
        };
        pen.skip(2);
        let fits = opening.brief.is_empty() || fit::width(&opening.text) < pen.room();
        pen.text(if fits { &opening.text } else { opening.brief }, muted);
        let place = Rect { y: area.y + row, height: 1, ..area };
        if is_selected {
            select(buffer, place, look);
        }
        ui.spot(place, Spot::List(at));
    }
}
