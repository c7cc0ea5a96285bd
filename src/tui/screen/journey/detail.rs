//! The pane of the selected row: why it is here, where it stands, what it says.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::identity::{AliasLine, Orphan, Point, Reason, Step, Verdict};
use crate::model::facts::{Event, Source};
use crate::model::{Flags, Id, Millis};
use crate::tui::fit;
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};
use crate::tui::when;

use super::State;
use super::timeline::{Entry, event};

/// Lines of properties that are kept: more than anybody reads, less than what hurts.
const MOST_LINES: usize = 5_000;

/// Width of the words at the left.
const LABEL: usize = 11;

/// Draws the pane.
pub(super) fn view(state: &State, area: Rect, buffer: &mut Buffer, look: &Look) {
    let width = usize::from(area.width);
    let mut lines = Text { width, label: if width >= 40 { LABEL } else { 0 }, lines: Vec::new() };
    say(&mut lines, state, look);
    let height = usize::from(area.height);
    let top = state.detail_top.min(lines.lines.len().saturating_sub(height));
    for (row, (label, text, meaning)) in (0u16..).zip(lines.lines.iter().skip(top).take(height)) {
        let mut pen = Pen::new(buffer, area, row);
        if lines.label > 0 {
            pen.cell(label, lines.label, look.style(Meaning::Muted));
        }
        pen.text(text, look.style(*meaning));
    }
    let below = lines.lines.len().saturating_sub(top + height);
    if below > 0 && height > 1 {
        let text = format!(" {below} more ");
        let wide = u16::try_from(fit::width(&text)).unwrap_or(0);
        Pen::new(buffer, area, area.height - 1)
            .to(area.right().saturating_sub(wide))
            .text(&text, look.style(Meaning::Muted));
    }
}

/// Lines of a label, a text and what it means.
struct Text {
    width: usize,
    label: usize,
    lines: Vec<(&'static str, String, Meaning)>,
}

impl Text {
    fn add(&mut self, label: &'static str, text: &str, meaning: Meaning) {
        let room = self.width.saturating_sub(self.label);
        for (at, line) in fit::wrap(text, room, 40).into_iter().enumerate() {
            self.lines.push((if at == 0 { label } else { "" }, line, meaning));
        }
    }
}

fn say(lines: &mut Text, state: &State, look: &Look) {
    let journey = state.journey.as_ref();
    let Some(entry) = state.row().map(|row| row.entry) else { return };
    let call = state.timeline.call_of(journey, entry).and_then(|call| journey.aliases.get(call));
    match entry {
        Entry::Step(at) => {
            let Some(step) = journey.steps.get(at as usize) else { return };
            lines.add("why", &journey.why(step), Meaning::Text);
            if let Some(call) = call {
                // The sentence of a call's row tells that of the call.
                alias(lines, call, !matches!(step.reason, Reason::Call { .. }), look);
            }
            let point = state.timeline.mark(step.event.row).and_then(|point| journey.points.get(point));
            if let Some(point) = point {
                lines.add(point.kind.name(), &sure(point), Meaning::Identify);
            }
            row(lines, step, look);
        }
        Entry::Orphan(at, step_at) => {
            let Some(orphan) = journey.orphans.get(at as usize) else { return };
            let Some(step) = orphan.steps.get(step_at as usize) else { return };
            let told = matches!(step.reason, Reason::Call { .. });
            if let Some(call) = call {
                alias(lines, call, !told, look);
            }
            lines.add("why", &journey.why(step), Meaning::Orphan);
            if told {
                lines.add("orphan", &orphan.why, Meaning::Orphan);
            }
            evidence(lines, orphan);
            row(lines, step, look);
        }
        Entry::Reset(at) => {
            let Some(point) = journey.points.get(at as usize) else { return };
            lines.add("reset", &sure(point), Meaning::Reset);
            lines.add("new id", &visible_id(Some(&point.id)), Meaning::Text);
            lines.add("time", &look.zone.full(point.time), Meaning::Text);
            lines.add("shown by", &place(&point.source), Meaning::Text);
        }
        Entry::Call(at) => {
            let Some(call) = journey.aliases.get(at as usize) else { return };
            alias(lines, call, true, look);
            times(lines, call.time, call.arrived, look);
            lines.add("source", &place(&call.source), Meaning::Text);
        }
    }
    let wanted = state.selected_row();
    match &state.properties {
        Some((of, Ok(text))) if Some(*of) == wanted => {
            for (at, line) in text.iter().enumerate() {
                let label = if at == 0 { "properties" } else { "" };
                lines.lines.push((if at == 0 { label } else { "" }, line.clone(), Meaning::Text));
            }
        }
        Some((of, Err(failure))) if Some(*of) == wanted => {
            lines.add("properties", &failure.what, Meaning::Bad);
        }
        _ if event(journey, entry).is_some() => lines.add("properties", "…", Meaning::Muted),
        _ => {}
    }
}

fn alias(lines: &mut Text, call: &AliasLine, why: bool, look: &Look) {
    let arrow = look.glyphs.arrow;
    let asked = format!("{} {arrow} {}", visible_id(call.alias.as_ref()), visible_id(call.target.as_ref()));
    match call.verdict {
        Verdict::Accepted => lines.add("accepted", &asked, Meaning::Alias),
        Verdict::Duplicate => lines.add("duplicate", &asked, Meaning::Muted),
        Verdict::Refused(why) => {
            lines.add("refused", &format!("{}: {asked}", why.name().replace('_', " ")), Meaning::Refused);
        }
    }
    if why {
        lines.add("", &call.why, Meaning::Text);
    }
    if let Some(kept) = &call.kept {
        let by = call.kept_by.as_ref().map(|by| format!(", by {}", place(by))).unwrap_or_default();
        lines.add(
            "kept",
            &format!("{} {arrow} {}{by}", visible_id(call.alias.as_ref()), visible_id(Some(kept))),
            Meaning::Text,
        );
    }
}

fn evidence(lines: &mut Text, orphan: &Orphan) {
    for evidence in &orphan.evidence {
        let rows = if evidence.rows > 1 { format!(", {} rows", fit::count(evidence.rows)) } else { String::new() };
        let text = format!("{} ({}{rows})", evidence.why, place(&evidence.source));
        lines.add(evidence.kind.strength().name(), &text, Meaning::Text);
    }
    if orphan.contested {
        let owners: Vec<String> = orphan.owners.iter().map(|owner| visible_id(Some(owner))).collect();
        lines.add("contested", &format!("also tied to {}", owners.join(", ")), Meaning::Warn);
    }
}

fn row(lines: &mut Text, step: &Step, look: &Look) {
    let event = &step.event;
    let sent = visible_id(event.id.as_ref());
    let stored = if event.id.as_ref() == Some(&step.stored_under) {
        format!("{sent}, sent and stored")
    } else {
        format!("sent as {sent}, stored under {}", visible_id(Some(&step.stored_under)))
    };
    lines.add("id", &stored, Meaning::Text);
    times(lines, event.time, event.arrival_known().then_some(event.arrived), look);
    lines.add("source", &place(&event.source), Meaning::Text);
    if !step.copies.is_empty() {
        let copies: Vec<String> = step.copies.iter().take(8).map(place).collect();
        let more = step.copies.len().saturating_sub(8);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        lines.add("copies", &format!("{}{more}", copies.join(", ")), Meaning::Text);
    }
    for said in flags(event) {
        lines.add("note", said, Meaning::Warn);
    }
    let mut known = Vec::new();
    if let Some(device) = &event.device {
        known.push(format!("device {}", visible_id(Some(device))));
    }
    if let Some(user) = &event.user {
        known.push(format!("user {}", visible_id(Some(user))));
    }
    if let Some(client) = &event.client {
        known.push(client.as_str().to_owned());
    }
    if !known.is_empty() {
        lines.add("sent by", &known.join(&format!(" {} ", look.glyphs.dot)), Meaning::Text);
    }
    let name = if event.event.is_empty() { "(no name)" } else { &event.event };
    lines.add("event", &fit::end(name, 400), Meaning::Text);
}

/// Time and arrival; the date of the arrival only where it is another one.
fn times(lines: &mut Text, time: Millis, arrived: Option<Millis>, look: &Look) {
    let arrival = match arrived {
        Some(arrived) => {
            let late = arrived.saturating_sub(time);
            let late = if late < 0 {
                format!("{} before its time", when::span(late.saturating_neg()))
            } else {
                format!("{} later", when::span(late))
            };
            let same_day = look.zone.day(time) == look.zone.day(arrived);
            let moment = if same_day { look.zone.clock(arrived, 12) } else { look.zone.full(arrived) };
            format!("arrived {moment}, {late}")
        }
        None => "arrival not said, the order of the file stands for it".to_owned(),
    };
    lines.add("time", &format!("{} {} {arrival}", look.zone.full(time), look.glyphs.dot), Meaning::Text);
}

/// What a row says of itself and [`crate::identity::Journey::why`] does not.
fn flags(event: &Event) -> impl Iterator<Item = &'static str> {
    [
        (Flags::ID_NOT_TEXT, "the distinct_id was a number or boolean"),
        (Flags::HAD_PERSISTED, "$had_persisted_distinct_id: the device id may be an old user id"),
        (Flags::ID_UNUSABLE, "its distinct_id stands for no id"),
    ]
    .into_iter()
    .filter(|(flag, _)| event.flags.has(*flag))
    .map(|(_, text)| text)
}

fn sure(point: &Point) -> String {
    if point.inferred { format!("{} (inferred)", point.why) } else { point.why.clone() }
}

/// `file:line`.
pub(in crate::tui) fn place(source: &Source) -> String {
    format!("{}:{}", fit::middle(&source.file, 60), source.line)
}

/// An id in a sentence; very long ones are cut.
pub(in crate::tui) fn visible_id(id: Option<&Id>) -> String {
    id.map_or_else(|| "nothing".to_owned(), |id| fit::middle(id.as_str(), 80))
}

/// JSON with line breaks, its tokens untouched: a number keeps every digit.
pub(super) fn pretty(json: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut depth = 0usize;
    let (mut in_text, mut escaped) = (false, false);
    let mut rest = json.chars().peekable();
    while let Some(c) = rest.next() {
        if lines.len() >= MOST_LINES {
            lines.push("…".to_owned());
            return lines;
        }
        if in_text {
            line.push(c);
            in_text = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            continue;
        }
        match c {
            '"' => {
                in_text = true;
                line.push(c);
            }
            '{' | '[' => {
                line.push(c);
                while rest.peek().is_some_and(char::is_ascii_whitespace) {
                    rest.next();
                }
                if let Some(close @ ('}' | ']')) = rest.peek().copied() {
                    rest.next();
                    line.push(close);
                } else {
                    depth += 1;
                    feed(&mut lines, &mut line, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                feed(&mut lines, &mut line, depth);
                line.push(c);
            }
            ',' => {
                line.push(c);
                feed(&mut lines, &mut line, depth);
            }
            ':' => line.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => line.push(c),
        }
    }
    if !line.trim().is_empty() {
        lines.push(line);
    }
    lines
}

/// Ends a line and begins one `depth` steps in.
fn feed(lines: &mut Vec<String>, line: &mut String, depth: usize) {
    // Deeper than this nobody sees it on a screen anyway.
    let indent = "  ".repeat(depth.min(40));
    lines.push(std::mem::replace(line, indent));
}

#[cfg(test)]
mod tests {
    use super::pretty;

    #[test]
    fn json_gets_lines_and_keeps_its_numbers() {
        assert_eq!(
            pretty(r#"{"total":12345678901234567890.10,"a":[],"s":"x: \"{,\\","o":{"k":[1,2]}}"#),
            [
                "{",
                r#"  "total": 12345678901234567890.10,"#,
                r#"  "a": [],"#,
                r#"  "s": "x: \"{,\\","#,
                r#"  "o": {"#,
                r#"    "k": ["#,
                "      1,",
                "      2",
                "    ]",
                "  }",
                "}",
            ]
        );
    }

    #[test]
    fn text_that_is_no_json_is_shown_as_it_is() {
        assert_eq!(pretty("oops"), ["oops"]);
        assert_eq!(pretty(""), Vec::<String>::new());
        assert_eq!(pretty("]}"), ["", "]", "}"]);
    }
}
