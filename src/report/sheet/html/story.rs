//! The story: days, visits, rows. A refused call is a card that says what it left behind.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Map, Value};

use super::lanes::{Lanes, Pencil};
use super::page::{TOOLS, breaking};
use super::strip::key;
use super::verdict::most;
use super::{Line, Page, class, lasting, rows, sign};
use crate::identity::{AliasLine, Phase, PointKind};
use crate::model::text::event_name;
use crate::model::{Client, Id, Millis};
use crate::report::Properties;
use crate::report::look::{Class, count, many};
use crate::report::svg::escape;
use crate::report::text::split_name;

/// A visit ends where nothing happens for this long (half an hour, as the vendors count it).
const VISIT: Millis = 30 * 60 * 1000;
/// Properties that a row shows without being opened.
const SHOWN: usize = 3;
/// Columns of a value that a row shows.
const VALUE: usize = 40;
/// Events that a refused call names.
const LEFT: usize = 6;

/// The id of a lane, and the client that sent under it.
type Sender<'p> = (&'p Id, Option<&'p Client>);

/// What rows before the current one have said.
#[derive(Default)]
struct Before<'p> {
    /// The last values of properties that a row shows, by the id of the lane.
    shown: HashMap<&'p Id, HashMap<String, Value>>,
    /// What the first row of an id and a client said of the client, and its line.
    client: HashMap<Sender<'p>, (usize, Map<String, Value>)>,
    /// The reason of the first row of an orphan.
    why: HashMap<&'p Id, String>,
    /// Refusals that a row before explains: alias, what it kept, why.
    refusals: HashSet<(Option<&'p Id>, Option<&'p Id>, String)>,
}

impl<'a> Page<'_, 'a> {
    pub(super) fn story(&self, out: &mut dyn Write, properties: Properties<'_>) -> io::Result<()> {
        let lines = &self.sheet.lines;
        if lines.is_empty() {
            return Ok(());
        }
        let clock = self.sheet.look.clock;
        let of = self.file.map_or_else(String::new, |file| format!(", lines of {file}"));
        writeln!(
            out,
            "<section id=\"story\"><h2>The story <small>times in {}{}</small></h2>\n\
             {}{}",
            escape(&clock.name()),
            escape(&of),
            TOOLS,
            key(),
        )?;
        let mut pencil = Pencil::of(&self.lanes);
        let mut before = Before::default();
        let known = lines.iter().position(|line| line.orphan.is_none() && line.phase == Some(Phase::Identified));
        let mut from = 0;
        while let Some(first) = lines.get(from) {
            let day = clock.date(first.time);
            let rest = lines.get(from..).unwrap_or_default();
            let length = rest.iter().position(|line| clock.date(line.time) != day).unwrap_or(rest.len());
            let to = from + length;
            self.day(out, &mut pencil, from, to)?;
            let mut at = from;
            while at < to {
                let end = self.visit(at, to);
                self.visit_head(out, &mut pencil, at, end)?;
                writeln!(out, "<ol class=\"rows\">")?;
                for number in at..end {
                    if known == Some(number) {
                        self.known_from(out, &mut pencil, number)?;
                    }
                    self.row(out, number, number > from, &mut pencil, &mut before, properties)?;
                }
                writeln!(out, "</ol>")?;
                at = end;
            }
            writeln!(out, "</div>")?;
            from = to;
        }
        writeln!(out, "</section>")
    }

    fn day(&self, out: &mut dyn Write, pencil: &mut Pencil<'_, '_>, from: usize, to: usize) -> io::Result<()> {
        let (lines, clock) = (&self.sheet.lines, self.sheet.look.clock);
        let Some(first) = lines.get(from) else { return Ok(()) };
        let name = clock
            .shows(first.time)
            .map_or_else(|| clock.day(first.time), |wall| wall.format("%a %-d %B %Y").to_string());
        let later = from.checked_sub(1).and_then(|before| lines.get(before)).and_then(|before| {
            let [this, other] = [first, before].map(|line| clock.shows(line.time));
            let days = (this?.date() - other?.date()).num_days();
            (days > 1).then(|| format!("<span>{} days later</span>", count(days.unsigned_abs())))
        });
        let rows_of_day = lines.get(from..to).unwrap_or_default();
        let outside = rows_of_day.iter().filter(|line| line.orphan.is_some()).count();
        let outside =
            if outside > 0 { format!(" · <em>{} outside</em>", count(outside as u64)) } else { String::new() };
        writeln!(
            out,
            "<div class=\"day\"><h3>{}<b>{}</b>{}<span>{}{outside}</span></h3>",
            pencil.between(from),
            escape(&name),
            later.unwrap_or_default(),
            rows(to - from),
        )
    }

    /// Where the visit that begins at `at` ends: before the next long gap, or the end of the day.
    fn visit(&self, at: usize, to: usize) -> usize {
        let gap = |line: &Line<'_>| line.gap.is_some_and(|gap| gap > VISIT);
        let later = self.sheet.lines.get(at + 1..to).unwrap_or_default();
        later.iter().position(gap).map_or(to, |far| at + 1 + far)
    }

    fn visit_head(&self, out: &mut dyn Write, pencil: &mut Pencil<'_, '_>, at: usize, end: usize) -> io::Result<()> {
        let lines = self.sheet.lines.get(at..end).unwrap_or_default();
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return Ok(()) };
        let minute = |line: &Line<'_>| {
            let wall = self.sheet.look.clock.shows(line.time);
            wall.map_or_else(String::new, |wall| wall.format("%H:%M").to_string())
        };
        let (from, to) = (minute(first), minute(last));
        let when = if from == to { from } else { format!("{from}–{to}") };
        let mut clients: Vec<&str> = Vec::new();
        for client in lines.iter().filter_map(|line| line.step?.event.client.as_ref()) {
            if !clients.contains(&client.as_str()) {
                clients.push(client.as_str());
            }
        }
        let more = if clients.len() > 2 { format!(" and {} more", clients.len() - 2) } else { String::new() };
        clients.truncate(2);
        let mut parts: Vec<String> = Vec::new();
        if !clients.is_empty() {
            parts.push(format!("{}{more}", clients.join(", ")));
        }
        let long = last.time.saturating_sub(first.time);
        let lasted = if long >= 1000 { format!(" in {}", lasting(long)) } else { String::new() };
        parts.push(format!("{}{lasted}", rows(lines.len())));
        let said = parts.join(" · ");
        writeln!(
            out,
            "<p class=\"head\">{}<span class=\"when\">{when}</span><span class=\"said\">{}</span></p>",
            pencil.between(at),
            escape(&said)
        )
    }

    /// The line from which on the user is known.
    fn known_from(&self, out: &mut dyn Write, pencil: &mut Pencil<'_, '_>, number: usize) -> io::Result<()> {
        let journey = self.sheet.journey();
        let Some(point) = journey.points.iter().find(|point| point.kind != PointKind::Reset) else { return Ok(()) };
        let lines = self.sheet.lines.get(..number).unwrap_or_default();
        let before = lines.iter().filter(|line| line.orphan.is_none() && line.step.is_some()).count();
        writeln!(
            out,
            "<li class=\"from\">{}<p>{}<b class=\"good\">identified from here</b> as {} <span>{} before, anonymous</span></p></li>",
            pencil.between(number),
            sign("identify"),
            self.names.short(&point.id, &self.sheet.look),
            rows(before),
        )
    }

    fn row<'p>(
        &'p self,
        out: &mut dyn Write,
        number: usize,
        has_gap: bool,
        pencil: &mut Pencil<'_, '_>,
        before: &mut Before<'p>,
        properties: Properties<'_>,
    ) -> io::Result<()> {
        let Some(line) = self.sheet.lines.get(number) else { return Ok(()) };
        let look = &self.sheet.look;
        let json = line.row.and_then(properties);
        let fields: Map<String, Value> =
            json.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
        // One reset is shown for a row.
        if let Some(reset) = self.points_of(line, true).last() {
            writeln!(
                out,
                "<li class=\"new\">{}{}<b class=\"act\">reset</b> {}</li>",
                pencil.between(number),
                sign("reset"),
                self.prose(&reset.why),
            )?;
        }
        let bad = matches!(line.class, Class::Refused | Class::Split | Class::Orphan);
        let first = bad && (line.class != Class::Orphan || self.lanes.begins(number, line));
        let first = first && !(line.class == Class::Split && self.is_split(number.checked_sub(1)));
        let marks = [(bad, " data-bad"), (first, " data-first")];
        let marks: String = marks.iter().filter(|(there, _)| *there).map(|(_, text)| *text).collect();
        // The head of a day says how long nothing happened before it.
        let gap = line.gap.filter(|gap| has_gap && *gap >= 1000).map(lasting).unwrap_or_default();
        let time = look.clock.time(line.time);
        let (seconds, millis) = time.split_once('.').unwrap_or((&time, ""));
        let millis = if self.has_millis { format!("<small>.{}</small>", escape(millis)) } else { String::new() };
        write!(
            out,
            "<li id=\"r{number}\" class=\"r {}\"{marks}>{}<details><summary><time>{}{millis}</time><span class=\"gap\">{gap}</span>\
             <span></span><span class=\"ev\"><b>{}</b>{}</span>{}{}<span class=\"src\"><bdi>{}</bdi></span></summary>",
            class(line),
            pencil.at(number, line),
            escape(seconds),
            breaking(event_name(&line.event)),
            some(line, &fields, before),
            line.sent_as
                .map_or_else(|| "<span class=\"id mut\">no id</span>".to_owned(), |id| self.names.short(id, look)),
            self.state(line),
            self.short_place(line.source),
        )?;
        write!(out, "<div class=\"more\">{}</div></details>", self.body(number, line, &fields, before))?;
        if let (Class::Refused, Some(call)) = (line.class, line.call) {
            write!(out, "{}", self.refusal(call, before))?;
        }
        if line.class == Class::Split && !self.is_split(Some(number + 1)) {
            write!(out, "{}", self.split_note(number, line))?;
        }
        writeln!(out, "</li>")
    }

    fn is_split(&self, number: Option<usize>) -> bool {
        number.and_then(|number| self.sheet.lines.get(number)).is_some_and(|line| line.class == Class::Split)
    }

    /// What became of the row, in a word or two; colour repeats the sign.
    fn state(&self, line: &Line<'_>) -> String {
        let label = |colour: &str, name: &str, word: &str| {
            format!("<em class=\"label {colour}\">{}{}</em>", sign(name), escape(word))
        };
        let point = line.because.split(':').next().unwrap_or_default();
        match line.class {
            Class::Refused => label("bad", "refused", "refused"),
            Class::Alias => {
                label("good", "alias", if line.state.contains("duplicate") { "alias, again" } else { "alias" })
            }
            Class::Identify => label("good", "identify", point),
            Class::Reset => label("act", "reset", "reset"),
            Class::Split => {
                let split = line.step.and_then(|step| split_name(step.state)).unwrap_or_default();
                label("apart", "split", &format!("split · {split}"))
            }
            Class::Orphan if line.orphan.is_some_and(|orphan| orphan.contested) => {
                label("lost", "contested", "contested")
            }
            Class::Orphan => label("lost", "orphan", "orphan"),
            _ => {
                let root = self.sheet.journey().root.as_ref();
                let way = match line.sent_as.and_then(|id| self.names.tag(id)) {
                    Some(tag) if line.sent_as != root => format!("via alias {} → A", tag.text()),
                    _ => "own id".to_owned(),
                };
                format!("<span class=\"state\">{way}</span>")
            }
        }
    }

    /// What a row says when it is opened.
    fn body<'p>(
        &'p self,
        number: usize,
        line: &'p Line<'a>,
        fields: &Map<String, Value>,
        before: &mut Before<'p>,
    ) -> String {
        let mut html = String::new();
        let journey = self.sheet.journey();
        if let Some(step) = line.step.filter(|_| line.class != Class::Refused) {
            let why = journey.why(step);
            let same = match line.orphan {
                Some(orphan) if before.why.get(&orphan.id) == Some(&why) => true,
                Some(orphan) => {
                    before.why.entry(&orphan.id).or_insert_with(|| why.clone());
                    false
                }
                None => false,
            };
            let anchor = line.orphan.and_then(|orphan| self.names.anchor(&orphan.id));
            let said = match anchor.filter(|_| same) {
                Some(anchor) => format!("<p><a href=\"#{anchor}\">Why no alias reaches it</a></p>"),
                None => format!("<p>{}</p>", self.prose(&why)),
            };
            html.push_str(&said);
        }
        if line.class == Class::Identify {
            for point in self.points_of(line, false) {
                let _ = write!(html, "<p>{}</p>", self.prose(&point.why));
            }
        }
        html += &self.facts(line);
        let key = Lanes::id(line).map(|id| (id, line.step.and_then(|step| step.event.client.as_ref())));
        let (mut own, mut shared) = (Vec::new(), 0_usize);
        let base = key.and_then(|key| before.client.get(&key));
        for (name, value) in fields {
            let of_client = name.starts_with('$') || name.starts_with("mp_");
            if of_client && base.is_some_and(|(_, first)| first.get(name) == Some(value)) {
                shared += 1;
            } else {
                own.push((name, value));
            }
        }
        if !own.is_empty() {
            let pairs: Vec<String> = own
                .iter()
                .map(|(name, value)| format!("<dt>{}</dt><dd>{}</dd>", breaking(name), breaking(&plain(value))))
                .collect();
            let _ = write!(html, "<dl class=\"pairs\">{}</dl>", pairs.concat());
        }
        if let (Some((first, _)), 1..) = (base, shared) {
            let _ = write!(
                html,
                "<p class=\"small\"><a href=\"#r{first}\">{} as in the first row of this client</a></p>",
                if shared == 1 { "1 property".to_owned() } else { format!("{shared} properties") },
            );
        }
        if let Some(key) = key.filter(|_| !fields.is_empty()) {
            let of_client = || fields.iter().filter(|(name, _)| name.starts_with('$') || name.starts_with("mp_"));
            before
                .client
                .entry(key)
                .or_insert_with(|| (number, of_client().map(|(name, value)| (name.clone(), value.clone())).collect()));
        }
        html
    }

    /// When it arrived, where it stands, which device and user it names.
    fn facts(&self, line: &Line<'_>) -> String {
        let look = &self.sheet.look;
        let mut facts = vec![match line.arrived {
            Some(at) => format!("arrived {}", escape(&look.clock.stamp(at))),
            None => "arrival unknown".to_owned(),
        }];
        facts.push(breaking(&super::super::place(line.source)));
        if let Some(event) = line.step.map(|step| &step.event) {
            let device = event.device.as_ref().map(|id| format!("device {}", self.names.short(id, look)));
            let user = event.user.as_ref().map(|id| format!("user {}", self.names.short(id, look)));
            facts.extend(device.into_iter().chain(user));
            facts.extend(
                line.step
                    .filter(|step| step.event.id.as_ref().is_some_and(|id| *id != step.stored_under))
                    .map(|step| format!("stored under {}", self.names.short(&step.stored_under, look))),
            );
        }
        if line.copies > 0 {
            facts.push(format!("sent {} times", line.copies + 1));
        }
        format!("<p class=\"small mut\">{}</p>", facts.join(" · "))
    }

    /// Why a call was refused, what stood in its way, what it left behind.
    fn refusal<'p>(&'p self, call: &'p AliasLine, before: &mut Before<'p>) -> String {
        let look = &self.sheet.look;
        let left = call.target.as_ref().and_then(|target| self.left.get(target)).map(|left| &**left);
        let orphan = left.map(|left| left.orphan);
        let steps = orphan.map_or(&[][..], |orphan| &orphan.steps);
        let place = (call.time, call.arrival());
        let after = steps.len() - steps.partition_point(|step| step.event.place() <= place);
        let names = left.map_or(&[][..], |left| &left.names);
        let sum = left.map_or("", |left| &left.sum);
        let sum = if sum.is_empty() { String::new() } else { format!(" · <b class=\"bad\">{}</b>", escape(sum)) };
        let claimed = if orphan.is_some_and(|orphan| orphan.contested) { " Others can claim them too." } else { "" };
        let refusal = (call.alias.as_ref(), call.kept.as_ref(), crate::report::text::verdict(call.verdict));
        if !before.refusals.insert(refusal) {
            let names: Vec<String> =
                names.iter().take(4).map(|(name, number)| format!("{number} {}", escape(name))).collect();
            let what = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
            return format!(
                "<div class=\"refusal again\"><p><b>{} left behind</b>, {} after this call{what}{sum}.{claimed}</p></div>",
                rows(steps.len()),
                count(after as u64),
            );
        }
        let id = |id: &Option<Id>| id.as_ref().map_or_else(|| "(empty)".to_owned(), |id| self.names.short(id, look));
        let kept = call.kept.as_ref().map_or_else(String::new, |kept| {
            format!(
                "<div><span class=\"label good\">{}kept</span>{}<em>→</em>{}{}</div>",
                sign("alias"),
                id(&call.alias),
                self.names.short(kept, look),
                call.kept_by.as_ref().map(|source| self.place(source)).unwrap_or_default(),
            )
        });
        let behind = if steps.is_empty() {
            String::new()
        } else {
            format!(
                "<p><b>{} left behind</b> under {}, {} of them after this call{sum}.{claimed}</p><ul class=\"names\">{}</ul>",
                rows(steps.len()),
                orphan.map(|orphan| self.names.short(&orphan.id, look)).unwrap_or_default(),
                count(after as u64),
                most(names, LEFT),
            )
        };
        format!(
            "<div class=\"refusal\"><p>{}</p><div class=\"kept\">{kept}<div class=\"not\"><span class=\"label bad\">{}refused</span>{}\
             <em>↛</em>{}<span class=\"src\">{}</span></div></div>{behind}</div>",
            self.prose(&call.why),
            sign("refused"),
            id(&call.alias),
            id(&call.target),
            self.short_place(&call.source),
        )
    }

    /// Why the rows that end here are stored separately.
    fn split_note(&self, number: usize, line: &Line<'_>) -> String {
        let lines = self.sheet.lines.get(..=number).unwrap_or_default();
        let run = lines.iter().rev().take_while(|line| line.class == Class::Split).count();
        let split = line.step.and_then(|step| split_name(step.state)).unwrap_or_default();
        let by = if split == "race" { "by a race" } else { "because the id had data of its own" };
        let why = line.step.map(|step| self.prose(&self.sheet.journey().why(step))).unwrap_or_default();
        format!("<div class=\"note\"><p><b class=\"apart\">{} split {by}.</b> {why}</p></div>", many(run, "row"))
    }
}

/// The first properties that are new since the row before of the same id.
fn some<'p>(line: &'p Line<'_>, fields: &Map<String, Value>, before: &mut Before<'p>) -> String {
    let Some(id) = Lanes::id(line) else { return String::new() };
    let last = before.shown.entry(id).or_default();
    let mut html = String::new();
    let mut shown = 0;
    for (name, value) in fields {
        let is_plain = matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_));
        if !is_plain || is_shown_elsewhere(name) || last.get(name) == Some(value) {
            continue;
        }
        last.insert(name.clone(), value.clone());
        if shown < SHOWN {
            let text: String = plain(value).chars().take(VALUE).collect();
            let _ = write!(html, "<span>{} <i>{}</i></span>", escape(name), escape(&text));
            shown += 1;
        }
    }
    if html.is_empty() { html } else { format!("<span class=\"some\">{html}</span>") }
}

/// Properties that the page shows in another place, or that tell of the client.
fn is_shown_elsewhere(name: &str) -> bool {
    name.starts_with('$') || name.starts_with("mp_") || ["distinct_id", "token", "time", "alias"].contains(&name)
}

/// A value as text: what a string says, JSON for all else.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
