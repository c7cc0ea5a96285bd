//! A comparison as one file for a browser, with the style and the script of the report of a journey.
//!
//! It begins with the verdict, then says who the two are, what speaks for one person and what against, and
//! tells the rows of both by time, each in the column of its user.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::io::{self, Write};

use super::{activity, called, class, head, span};
use crate::identity::compare::{Argument, Comparison, Side, Verdict};
use crate::identity::naming::short;
use crate::identity::{Journey, PointKind, Profile, Step, Strength};
use crate::model::Millis;
use crate::model::facts::Source;
use crate::report::look::{Class, Look, count, many};
use crate::report::sheet::page::{self, breaking, sign};
use crate::report::svg::escape;

/// Names of the two.
const NAMES: [&str; 2] = ["A", "B"];
/// Bars across the page.
const BARS: usize = 84;
/// Where the line between the bars of both stands, and the longest bar, in pixels.
const BASE: usize = 40;
const LONGEST: u64 = 36;
/// Ids and properties that the card of a user names.
const NAMED: usize = 8;
/// Places that a reason names.
const PLACES: usize = 8;
/// Columns of an id in a row.
const SHORT: usize = 22;
/// Gaps from which on a row says how long nothing happened before it.
const GAP: Millis = 1000;

/// What every part of the page needs.
struct Page<'c> {
    compared: &'c Comparison,
    look: Look,
    /// Rows that made a user known, of each.
    known: [HashSet<i64>; 2],
    /// The row of the page that a place in the input stands in.
    places: HashMap<(&'c str, u64), usize>,
    /// Whether any time has milliseconds: exports of the vendor have whole seconds.
    has_millis: bool,
}

/// Writes a comparison as one HTML file; times are those of the look.
pub fn html(out: &mut dyn Write, compared: &Comparison, look: &Look) -> io::Result<()> {
    let page = Page::of(compared, look);
    let names = compared.sides.each_ref().map(|side| page.name(&side.journey));
    let title = format!("{} and {}", names[0], names[1]);
    page::begin(out, &format!("{} · two users", escape(&title)), "both", "#rows")?;
    page.who(out, &title)?;
    writeln!(out, "<main>")?;
    page.verdict(out)?;
    page.sides(out)?;
    page.strip(out)?;
    page.reasons(out)?;
    page.shared(out)?;
    page.rows(out)?;
    writeln!(out, "</main>")?;
    page.foot(out)?;
    page::end(out)
}

impl<'c> Page<'c> {
    fn of(compared: &'c Comparison, look: &Look) -> Self {
        let look = Look { ascii: false, colour: false, width: usize::MAX / 4, ..*look };
        let known = compared.sides.each_ref().map(|side| {
            let points = side.journey.points.iter().filter(|point| point.kind != PointKind::Reset);
            points.map(|point| point.row).collect()
        });
        let mut page = Self { compared, look, known, places: HashMap::new(), has_millis: false };
        for (number, row) in compared.rows.iter().enumerate() {
            if let Some((_, step)) = page.step(*row) {
                page.has_millis |= step.event.time % 1000 != 0;
                let source = &step.event.source;
                page.places.entry((&*source.file, source.line)).or_insert(number);
            }
        }
        page
    }

    fn step(&self, (side, at): (usize, usize)) -> Option<(&'c Journey, &'c Step)> {
        let journey = &*self.compared.sides.get(side)?.journey;
        Some((journey, journey.steps.get(at)?))
    }

    /// The best name of a user; of a long id both ends.
    fn name(&self, journey: &Journey) -> String {
        short(&self.look.whole_id(&journey.best_name()))
    }

    /// `file:5`, a link where the row is on the page.
    fn place(&self, source: &Source) -> String {
        let whole = format!("{}:{}", source.file, source.line);
        match self.places.get(&(&*source.file, source.line)) {
            Some(number) => format!("<a class=\"src\" href=\"#r{number}\"><bdi>{}</bdi></a>", breaking(&whole)),
            None => format!("<span class=\"src\"><bdi>{}</bdi></span>", breaking(&whole)),
        }
    }

    /// An id, long ones shortened, the whole on hover.
    fn id(&self, id: &str) -> String {
        let whole = self.look.whole_id(id);
        let short = self.look.id(id, SHORT);
        let title = if short == whole { String::new() } else { format!(" title=\"{}\"", escape(&whole)) };
        format!("<span class=\"id\"{title}><span>{}</span></span>", escape(&short))
    }

    fn who(&self, out: &mut dyn Write, title: &str) -> io::Result<()> {
        let (first, last) = span(self.compared);
        let clock = self.look.clock;
        writeln!(
            out,
            "<header><p class=\"eye\">Are these one person?</p>\n<h1>{}</h1>\n<ul class=\"facts\">",
            breaking(title)
        )?;
        writeln!(out, "<li><b>{}</b> of both</li>", many(self.compared.rows.len(), "row"))?;
        writeln!(
            out,
            "<li><b>{}</b> – <b>{}</b> {}</li>",
            escape(&clock.minute(first)),
            escape(&clock.minute(last)),
            escape(&clock.name())
        )?;
        let active = match self.compared.overlap {
            Some((from, to)) => {
                // Within a minute the seconds tell them from each other.
                let is_short = clock.minute(from) == clock.minute(to);
                let [from, to] = [from, to].map(|at| if is_short { clock.second(at) } else { clock.minute(at) });
                format!("both active from <b>{}</b> to <b>{}</b>", escape(&from), escape(&to))
            }
            None => "never active in the same span of time".to_owned(),
        };
        writeln!(out, "<li>{active}</li>\n</ul>")?;
        for limit in &self.compared.limits {
            writeln!(out, "<p class=\"limits\">{}</p>", breaking(limit))?;
        }
        writeln!(out, "</header>")
    }

    fn verdict(&self, out: &mut dyn Write) -> io::Result<()> {
        let verdict = self.compared.verdict;
        let (mood, mark) = match verdict {
            Verdict::Same => (" is-good", "well"),
            Verdict::Tied => (" is-bad", "orphan"),
            Verdict::Contested => (" is-bad", "contested"),
            Verdict::Device | Verdict::Alike => ("", "cut"),
            Verdict::Nothing => ("", "note"),
        };
        writeln!(
            out,
            "<div class=\"top alone\"><section class=\"card verdict{mood}\"><h2>{}{}</h2><p>{}</p></section></div>",
            sign(mark),
            head(verdict),
            prose(&self.compared.sentence)
        )
    }

    /// Who the two are.
    fn sides(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "<div class=\"sides\">")?;
        for (side, name) in self.compared.sides.iter().zip(NAMES) {
            let journey = &*side.journey;
            writeln!(
                out,
                "<section class=\"card profile\"><h2><i class=\"box\">{name}</i> {}</h2><dl>",
                breaking(&self.name(journey))
            )?;
            let mut facts: Vec<(String, String)> = vec![("asked for".to_owned(), self.id(journey.query.as_str()))];
            if let Some(root) = journey.root.as_ref().filter(|root| **root != journey.query) {
                facts.push(("root".to_owned(), self.id(root.as_str())));
            }
            let mut ids: Vec<String> =
                journey.ids.iter().take(NAMED).map(|member| self.id(member.id.as_str())).collect();
            let more = journey.ids.len().saturating_sub(NAMED);
            ids.extend((more > 0).then(|| format!("and {} more", count(more as u64))));
            if journey.ids.len() > 1 {
                facts.push(("ids".to_owned(), ids.join(" ")));
            }
            facts.push(("rows".to_owned(), count(journey.steps.len() as u64)));
            if let Some((first, last)) = journey.span() {
                facts.push(("first".to_owned(), escape(&self.look.clock.second(first))));
                facts.push(("last".to_owned(), escape(&self.look.clock.second(last))));
            }
            let person = journey.profiles.first().into_iter().flat_map(Profile::of_person).take(NAMED);
            facts.extend(person.map(|property| (property.name.clone(), breaking(&property.text()))));
            for (name, value) in facts {
                writeln!(out, "<div><dt>{}</dt><dd>{value}</dd></div>", breaking(&name))?;
            }
            writeln!(out, "</dl>{}</section>", missing(side))?;
        }
        writeln!(out, "</div>")
    }

    /// Rows of A above the line, rows of B below it, over the time of both.
    fn strip(&self, out: &mut dyn Write) -> io::Result<()> {
        let (first, last) = span(self.compared);
        if first == last {
            return Ok(());
        }
        let clock = self.look.clock;
        let (from, to) = (escape(&clock.minute(first)), escape(&clock.minute(last)));
        write!(
            out,
            "<section><h2>Activity <small>up: rows of A · down: rows of B</small></h2>\n\
             <svg class=\"strip\" height=\"{}\" role=\"img\" aria-label=\"Activity from {from} to {to}\">",
            2 * BASE + 20
        )?;
        let counts = self.compared.sides.each_ref().map(|side| activity(side, first, last, BARS));
        let most = counts.iter().flatten().copied().max().unwrap_or(0).max(1);
        for ((counts, name), class) in counts.iter().zip(NAMES).zip(["up", "up other"]) {
            for (at, rows) in counts.iter().enumerate().filter(|(_, rows)| **rows > 0) {
                let height = (LONGEST * rows / most).max(2);
                let y = if name == "A" { BASE as u64 - height } else { BASE as u64 + 1 };
                write!(
                    out,
                    "<rect class=\"{class}\" x=\"{}%\" width=\"0.93%\" y=\"{y}\" height=\"{height}\"><title>{name}: {}</title></rect>",
                    hundredths(at, BARS),
                    many(usize::try_from(*rows).unwrap_or(usize::MAX), "row"),
                )?;
            }
        }
        writeln!(
            out,
            "<line class=\"base\" x1=\"0\" x2=\"100%\" y1=\"{BASE}.5\" y2=\"{BASE}.5\"/>\
             <text x=\"0\" y=\"{0}\">{from}</text><text x=\"100%\" y=\"{0}\" text-anchor=\"end\">{to}</text></svg></section>",
            2 * BASE + 16
        )
    }

    /// What speaks for one person, then what against.
    fn reasons(&self, out: &mut dyn Write) -> io::Result<()> {
        for (title, supports) in [("For one person", true), ("Against", false)] {
            let reasons: Vec<&Argument> =
                self.compared.arguments.iter().filter(|argument| argument.supports == supports).collect();
            if reasons.is_empty() {
                continue;
            }
            writeln!(
                out,
                "<section><h2>{title} <small>{}</small></h2><ul class=\"findings\">",
                count(reasons.len() as u64)
            )?;
            for reason in reasons {
                let colour = match (reason.strength, supports) {
                    (Strength::Weak, _) => "mut",
                    (_, true) => "good",
                    (_, false) => "bad",
                };
                let more = reason.sources.len().saturating_sub(PLACES);
                let mut places: Vec<String> =
                    reason.sources.iter().take(PLACES).map(|source| self.place(source)).collect();
                places.extend((more > 0).then(|| format!("and {} more", count(more as u64))));
                writeln!(
                    out,
                    "<li><p class=\"kind\"><span class=\"label {colour}\">{} {}</span></p>\
                     <p class=\"what\">{}</p><p class=\"what small\">{}</p></li>",
                    if supports { "+" } else { "−" },
                    reason.strength.name(),
                    prose(&reason.text),
                    places.join(" · "),
                )?;
            }
            writeln!(out, "</ul></section>")?;
        }
        Ok(())
    }

    /// Values that both have.
    fn shared(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.compared.shared.is_empty() {
            return Ok(());
        }
        writeln!(
            out,
            "<section><h2>Both have</h2><table><thead><tr><th scope=\"col\"></th><th scope=\"col\">value</th>\
             <th scope=\"col\">rows of A</th><th scope=\"col\">rows of B</th></tr></thead><tbody>"
        )?;
        for both in &self.compared.shared {
            let cells: Vec<String> = both
                .rows
                .iter()
                .zip(&both.sources)
                .zip(NAMES)
                .map(|((rows, source), name)| {
                    let place = source.as_ref().map(|source| format!(", first {}", self.place(source)));
                    format!(
                        "<td><span class=\"of mut\">{name}</span> {}{}</td>",
                        count(*rows),
                        place.unwrap_or_default()
                    )
                })
                .collect();
            writeln!(
                out,
                "<tr><td class=\"mut\">{}</td><td>{}</td>{}</tr>",
                both.kind.name(),
                breaking(&both.value),
                cells.concat()
            )?;
        }
        writeln!(out, "</tbody></table></section>")
    }

    /// The rows of both by day, each in the column of its user.
    fn rows(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = &self.compared.rows;
        if rows.is_empty() {
            return Ok(());
        }
        let clock = self.look.clock;
        let names = self.compared.sides.each_ref().map(|side| breaking(&self.name(&side.journey)));
        writeln!(
            out,
            "<section id=\"rows\"><h2>Rows of both, by time <small>times in {}</small></h2>\n{}\
             <p class=\"pair\"><span><i class=\"box\">A</i> {}</span><span><i class=\"box\">B</i> {}</span></p>",
            escape(&clock.name()),
            page::TOOLS,
            names[0],
            names[1],
        )?;
        let time = |number: usize| rows.get(number).and_then(|row| self.step(*row)).map(|(_, step)| step.event.time);
        let mut from = 0;
        while let Some(first) = time(from) {
            let day = clock.date(first);
            let length = (from..rows.len()).take_while(|at| time(*at).is_some_and(|at| clock.date(at) == day)).count();
            let to = from + length.max(1);
            let name =
                clock.shows(first).map_or_else(|| clock.day(first), |wall| wall.format("%a %-d %B %Y").to_string());
            writeln!(
                out,
                "<div class=\"day\"><h3><b>{}</b><span>{}</span></h3><ol class=\"rows\">",
                escape(&name),
                many(to - from, "row")
            )?;
            for number in from..to {
                let before = if number > from { time(number - 1) } else { None };
                self.row(out, number, before)?;
            }
            writeln!(out, "</ol></div>")?;
            from = to;
        }
        writeln!(out, "</section>")
    }

    fn row(&self, out: &mut dyn Write, number: usize, before: Option<Millis>) -> io::Result<()> {
        let Some(row) = self.compared.rows.get(number) else { return Ok(()) };
        let Some((journey, step)) = self.step(*row) else { return Ok(()) };
        let event = &step.event;
        let mark = self.mark(row.0, journey, step);
        let is_bad = matches!(mark, "refused" | "split");
        let clock = self.look.clock.time(event.time);
        let (seconds, millis) = clock.split_once('.').unwrap_or((&clock, ""));
        let millis = if self.has_millis { format!("<small>.{}</small>", escape(millis)) } else { String::new() };
        let gap = before.map(|before| event.time.saturating_sub(before)).filter(|gap| *gap >= GAP);
        let place = self.place(&event.source);
        let mut html = String::new();
        // Writing to a String cannot fail.
        let _ = write!(
            html,
            "<li id=\"r{number}\" class=\"r {mark} {}\"{}><details><summary><time>{}{millis}</time>\
             <span class=\"gap\">{}</span><span class=\"ev\">{}<b>{}</b>{}</span></summary>",
            if row.0 == 0 { "of-a" } else { "of-b" },
            if is_bad { " data-bad data-first" } else { "" },
            escape(seconds),
            gap.map(page::lasting).unwrap_or_default(),
            sign(mark),
            breaking(&called(event)),
            event
                .id
                .as_ref()
                .map_or_else(|| "<span class=\"id mut\">no id</span>".to_owned(), |id| self.id(id.as_str())),
        );
        writeln!(
            out,
            "{html}<div class=\"more\"><p>{}</p><p class=\"small mut\">{} · {place}</p></div></details></li>",
            prose(&journey.why(step)),
            escape(&self.look.clock.full(event.time)),
        )
    }

    /// The name of the sign of a row.
    fn mark(&self, side: usize, journey: &Journey, step: &Step) -> &'static str {
        let makes_known = self.known.get(side).is_some_and(|known| known.contains(&step.event.row));
        match class(journey, step, makes_known) {
            Class::Refused => "refused",
            Class::Alias => "alias",
            Class::Split => "split",
            Class::Identify => "identify",
            Class::Anonymous => "anonymous",
            _ => "known",
        }
    }

    fn foot(&self, out: &mut dyn Write) -> io::Result<()> {
        let rules = self.compared.sides[0].journey.rules.name();
        writeln!(
            out,
            "<footer>Made by <b>journey</b> {} · rules: {rules} · times in {}</footer>",
            env!("CARGO_PKG_VERSION"),
            escape(&self.look.clock.name()),
        )
    }
}

/// What is missing from the timeline of one of them.
fn missing(side: &Side) -> String {
    let journey = &*side.journey;
    let refused = journey.refused().count();
    let parts = [
        (journey.splits(), "split", "row"),
        (journey.orphaned_rows(), "orphaned", "row"),
        (refused, "refused", "alias call"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, what, word)| format!("{} {what}", many(*number, word)))
        .collect();
    if parts.is_empty() { String::new() } else { format!("<p class=\"small bad\">{}</p>", parts.join(" · ")) }
}

/// A sentence of the engine, with both ends of each long id; a line breaks between parts of a word alone.
fn prose(text: &str) -> String {
    breaking(&crate::identity::naming::shortened(text))
}

/// `12.34`: `part` of `all` in hundredths, inside of the edges.
fn hundredths(part: usize, all: usize) -> String {
    let place = 100 + 9800 * part / all.max(1);
    format!("{}.{:02}", place / 100, place % 100)
}
