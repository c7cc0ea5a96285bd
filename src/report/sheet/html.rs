//! One file for a browser, to attach to a ticket.
//!
//! It needs nothing besides itself: no script, no font, no picture from elsewhere; its own policy
//! forbids to load anything. Colours follow the reader's choice of dark or light, and a mark and a
//! word say what a colour says. Lanes are small pictures beside the rows, as in a commit graph:
//! an alias ties two lanes, a refused one ends in a bar, an orphan's lane joins nothing.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::value::RawValue;

use super::{Line, Sheet, pair, place};
use crate::identity::{Role, Severity};
use crate::model::Id;
use crate::report::Properties;
use crate::report::look::{Class, count};
use crate::report::svg::escape;
use crate::report::text;

/// Lanes of their own; further ids share one.
const MOST: usize = 8;
/// Pixels of a lane.
const LANE: usize = 16;

const STYLE: &str = "\
:root{color-scheme:light dark;--bg:#fff;--fg:#1f2328;--faint:#59636e;--line:#d1d9e0;--head:#f6f8fa;\
--good:#1a7f37;--bad:#cf222e;--apart:#9a6700;--lost:#8250df;--reset:#0969da}\
@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--faint:#9198a1;--line:#3d444d;--head:#151b23;\
--good:#3fb950;--bad:#f85149;--apart:#d29922;--lost:#ab7df8;--reset:#4493f8}}\
body{background:var(--bg);color:var(--fg);font:14px/1.45 system-ui,sans-serif;margin:1.5rem;max-width:100rem}\
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}\
code,pre,td{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:13px}\
table{border-collapse:collapse}th,td{text-align:left;vertical-align:top;padding:2px 10px 2px 0}\
th{color:var(--faint);font-weight:normal;position:sticky;top:0;background:var(--bg)}\
tr{border-top:1px solid var(--line)}td{overflow-wrap:anywhere}\
.n{text-align:right;white-space:nowrap}.t{white-space:nowrap}.faint{color:var(--faint)}\
.lanes{position:relative;padding:0;height:1.6em}.lanes svg{position:absolute;top:0;left:0;height:100%}\
.lanes line{stroke:var(--faint);stroke-width:1.5}.lanes circle{fill:var(--bg);stroke:var(--fg);stroke-width:2}\
.known circle{fill:var(--fg)}.identify,.alias{color:var(--good)}.refused{color:var(--bad)}\
.split{color:var(--apart)}.orphan{color:var(--lost)}.reset{color:var(--reset)}\
.alias circle,.identify circle{stroke:var(--good);fill:var(--good)}.refused circle{stroke:var(--bad)}\
.split circle{stroke:var(--apart)}.orphan circle{stroke:var(--lost)}.reset circle{stroke:var(--reset)}\
.lanes .tie{stroke:var(--good);stroke-width:2}.lanes .loose{stroke:var(--bad);stroke-dasharray:3 2;stroke-width:2}\
.lanes .bar{stroke:var(--bad);stroke-width:3}\
details pre{background:var(--head);padding:.5rem;white-space:pre-wrap;overflow-wrap:anywhere;margin:.2rem 0}\
summary{cursor:pointer;color:var(--faint)}.limits{color:var(--bad)}";

/// Writes a journey as one HTML file.
///
/// `properties` is asked once for each row, in the order of [`Sheet::rows`].
pub fn html(out: &mut dyn Write, sheet: &Sheet<'_>, properties: Properties<'_>) -> io::Result<()> {
    let journey = sheet.journey();
    let query = escape(journey.query.as_str());
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>Journey of {query}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>Journey of <code>{query}</code></h1>"
    )?;
    writeln!(out, "<p>{}</p>", escape(&sheet.headline().join(" · ")))?;
    list(out, "", &sheet.coverage())?;
    list(out, "limits", &sheet.limits())?;
    let lanes = Lanes::of(sheet);
    people(out, sheet, &lanes)?;
    calls(out, sheet)?;
    if !journey.findings.is_empty() {
        writeln!(out, "<h2>Findings</h2>\n<ul>")?;
        for finding in &journey.findings {
            let class = if finding.severity == Severity::Error { "refused" } else { "split" };
            let place = finding.sources.first().map(place).unwrap_or_default();
            writeln!(
                out,
                "<li><strong class=\"{class}\">{}</strong> <code>{}</code>: {} {} <code>{}</code></li>",
                finding.severity.name(),
                escape(finding.code),
                escape(&finding.what),
                escape(finding.advice),
                escape(&place),
            )?;
        }
        writeln!(out, "</ul>")?;
    }
    if !journey.orphans.is_empty() {
        writeln!(out, "<h2>Orphans: rows that no alias reaches</h2>\n<ul>")?;
        for orphan in &journey.orphans {
            let (id, head) = (escape(orphan.id.as_str()), escape(&sheet.orphan_head(orphan)));
            writeln!(out, "<li><code class=\"orphan\">{id}</code>: {head}. {}</li>", escape(&orphan.why))?;
        }
        writeln!(out, "</ul>")?;
    }
    timeline(out, sheet, &lanes, properties)?;
    list(out, "faint", &journey.notes)?;
    writeln!(out, "</body>\n</html>")
}

fn list(out: &mut dyn Write, class: &str, sentences: &[String]) -> io::Result<()> {
    if sentences.is_empty() {
        return Ok(());
    }
    writeln!(out, "<ul class=\"{class}\">")?;
    for sentence in sentences {
        writeln!(out, "<li>{}</li>", escape(sentence))?;
    }
    writeln!(out, "</ul>")
}

fn head(out: &mut dyn Write, columns: &[&str]) -> io::Result<()> {
    let cells: String = columns.iter().fold(String::new(), |cells, name| cells + "<th>" + name + "</th>");
    writeln!(out, "<table>\n<thead><tr>{cells}</tr></thead>\n<tbody>")
}

fn people(out: &mut dyn Write, sheet: &Sheet<'_>, lanes: &Lanes<'_>) -> io::Result<()> {
    let journey = sheet.journey();
    if journey.ids.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>Ids</h2>")?;
    head(out, &["", "id", "is", "rows", "first", "last", ""])?;
    let time = |at: Option<i64>| at.map_or_else(String::new, |at| escape(&sheet.look.clock.second(at)));
    for member in &journey.ids {
        writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"t\">{}</td><td class=\"t\">{}</td>\
             <td class=\"faint\">{}</td></tr>",
            lanes.letter(&member.id),
            escape(member.id.as_str()),
            if member.role == Role::Root { "root" } else { "alias" },
            count(member.events),
            time(member.first),
            time(member.last),
            if member.anonymous { "anonymous" } else { "known" },
        )?;
    }
    writeln!(out, "</tbody></table>")
}

fn calls(out: &mut dyn Write, sheet: &Sheet<'_>) -> io::Result<()> {
    let calls = &sheet.journey().aliases;
    if calls.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>Alias calls, in order of arrival</h2>")?;
    head(out, &["time", "call", "result", "why", "source"])?;
    for call in calls {
        writeln!(
            out,
            "<tr><td class=\"t\">{}</td><td>{}</td><td class=\"{}\">{}</td><td>{}</td><td>{}</td></tr>",
            escape(&sheet.look.clock.second(call.time)),
            escape(&pair(call)),
            class(text::class_of(call.verdict)),
            escape(&text::verdict(call.verdict)),
            escape(&call.why),
            escape(&place(&call.source)),
        )?;
    }
    writeln!(out, "</tbody></table>")
}

fn timeline(out: &mut dyn Write, sheet: &Sheet<'_>, lanes: &Lanes<'_>, properties: Properties<'_>) -> io::Result<()> {
    if sheet.lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>Timeline, times in {}</h2>", escape(&sheet.look.clock.name()))?;
    let letters = lanes.letters();
    head(out, &["time", "gap", &letters, "", "event", "sent as", "counts for", "state", "because", "source"])?;
    let id = |id: Option<&Id>| id.map_or_else(|| "-".to_owned(), |id| escape(id.as_str()));
    for (number, line) in sheet.lines.iter().enumerate() {
        let more = if line.copies > 0 { format!(", {} more sent", line.copies) } else { String::new() };
        let arrived = line.arrived.map_or_else(String::new, |at| format!("arrived {}", sheet.look.clock.full(at)));
        write!(
            out,
            "<tr class=\"{}\"><td class=\"t\" title=\"{}\">{}</td><td class=\"n faint\">{}</td>\
             <td class=\"lanes\">{}</td><td>{}</td><td>{}",
            class(line.class),
            escape(&arrived),
            escape(&sheet.look.clock.stamp(line.time)),
            line.gap.map(|gap| text::gap(0, gap)).unwrap_or_default(),
            lanes.draw(number, line),
            sheet.look.mark(line.class),
            escape(&line.event),
        )?;
        if let Some(json) = line.row.and_then(properties) {
            write!(out, "<details><summary>properties</summary><pre>{}</pre></details>", pretty(&json))?;
        }
        writeln!(
            out,
            "</td><td>{}</td><td>{}</td><td>{}</td><td>{}{more}</td><td class=\"faint\">{}</td></tr>",
            id(line.sent_as),
            id(line.counts_for),
            escape(&line.state),
            escape(&line.because),
            escape(&place(line.source)),
        )?;
    }
    writeln!(out, "</tbody></table>")?;
    let words = [
        (Class::Anonymous, "anonymous"),
        (Class::Known, "identified"),
        (Class::Identify, "identify"),
        (Class::Alias, "alias"),
        (Class::Refused, "refused"),
        (Class::Reset, "reset"),
        (Class::Split, "split"),
        (Class::Orphan, "orphan"),
    ];
    let words: Vec<String> = words.iter().map(|(class, word)| format!("{} {word}", sheet.look.mark(*class))).collect();
    writeln!(out, "<p class=\"faint\">{}</p>", words.join(" · "))
}

/// A line for each property, by name; values are the JSON that they were.
fn pretty(json: &str) -> String {
    let Ok(fields) = serde_json::from_str::<BTreeMap<String, &RawValue>>(json) else { return escape(json) };
    let lines: Vec<String> = fields.iter().map(|(name, value)| escape(&format!("{name}: {value}"))).collect();
    lines.join("\n")
}

fn class(class: Class) -> &'static str {
    match class {
        Class::Anonymous => "anonymous",
        Class::Known => "known",
        Class::Identify => "identify",
        Class::Alias => "alias",
        Class::Refused => "refused",
        Class::Reset => "reset",
        Class::Split => "split",
        Class::Orphan => "orphan",
        Class::Heading | Class::Faint => "faint",
    }
}

/// Which id has which lane, and between which lines it is there.
struct Lanes<'a> {
    of: HashMap<&'a Id, usize>,
    spans: Vec<Option<(usize, usize)>>,
}

impl<'a> Lanes<'a> {
    fn of(sheet: &Sheet<'a>) -> Self {
        let journey = sheet.journey();
        let mut of: HashMap<&Id, usize> = HashMap::new();
        let own = journey.ids.iter().map(|member| &member.id);
        for id in own.chain(journey.orphans.iter().flat_map(|orphan| &orphan.ids)) {
            let next = of.len().min(MOST);
            of.entry(id).or_insert(next);
        }
        let mut lanes = Self { spans: vec![None; of.len().min(MOST + 1)], of };
        for (number, line) in sheet.lines.iter().enumerate() {
            let tied = line.tie.filter(|(_, holds)| *holds).map(|(id, _)| id);
            for id in line.sent_as.into_iter().chain(tied) {
                lanes.touch(id, number);
            }
        }
        lanes
    }

    fn touch(&mut self, id: &Id, number: usize) {
        if let Some(span) = self.of.get(id).and_then(|lane| self.spans.get_mut(*lane)) {
            let (first, last) = span.unwrap_or((number, number));
            *span = Some((first.min(number), last.max(number)));
        }
    }

    fn letter(&self, id: &Id) -> char {
        let small = self.of.get(id).filter(|lane| **lane < MOST).and_then(|lane| u8::try_from(*lane).ok());
        small.map_or('+', |lane| char::from(b'A' + lane))
    }

    /// The letters over the lanes, as far apart as these.
    fn letters(&self) -> String {
        let mut text = format!("<svg width=\"{}\" height=\"14\">", self.width());
        for lane in 0..self.spans.len() {
            let letter = u8::try_from(lane).ok().filter(|_| lane < MOST).map_or('+', |lane| char::from(b'A' + lane));
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "<text x=\"{}\" y=\"12\" font-size=\"12\" fill=\"currentColor\" text-anchor=\"middle\">{letter}</text>",
                x(lane)
            );
        }
        text + "</svg>"
    }

    fn width(&self) -> usize {
        (self.spans.len() + 1) * LANE
    }

    /// The lanes beside a line.
    fn draw(&self, number: usize, line: &Line<'_>) -> String {
        let mut text = format!("<svg width=\"{}\">", self.width());
        let mut stroke = |class: &str, x1: usize, y1: &str, x2: usize, y2: &str| {
            // Writing to a String cannot fail.
            let _ = write!(text, "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>");
        };
        for (lane, span) in self.spans.iter().enumerate() {
            let Some((first, last)) = *span else { continue };
            let (above, below) = (first < number && number <= last, first <= number && number < last);
            let ends = [(above, "0", "50%"), (below, "50%", "100%")];
            for (_, from, to) in ends.iter().filter(|(there, _, _)| *there) {
                stroke("", x(lane), from, x(lane), to);
            }
        }
        // What happens at no lane of the user stands right of all.
        let at = line.sent_as.and_then(|id| self.of.get(id)).copied().unwrap_or(self.spans.len());
        if let Some((other, holds)) = line.tie.and_then(|(id, holds)| Some((*self.of.get(id)?, holds)))
            && other != at
        {
            stroke(if holds { "tie" } else { "loose" }, x(at), "50%", x(other), "50%");
            if !holds {
                stroke("bar", x(other), "25%", x(other), "75%");
            }
        }
        let _ = write!(text, "<circle cx=\"{}\" cy=\"50%\" r=\"4.5\"/></svg>", x(at));
        text
    }
}

/// The middle of a lane.
fn x(lane: usize) -> usize {
    lane * LANE + LANE / 2
}
