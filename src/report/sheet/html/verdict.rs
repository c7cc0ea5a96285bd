//! The top of the page: who it is, whether rows are missing, what that cost, what went wrong.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::page::breaking;
use super::worth::Worth;
use super::{Line, Page, lasting, rows, sign};
use crate::identity::journey::at_least;
use crate::identity::{Orphan, Severity, State, Strength};
use crate::model::text::event_name;
use crate::report::look::{count, many};
use crate::report::svg::escape;
use crate::report::text::{frequencies, most_first};

/// Events that are named with their number.
const NAMED: usize = 7;
/// Places of a finding that are named.
const PLACES: usize = 8;

/// How the rows come to the user.
struct Shares {
    own: usize,
    alias: usize,
    split: usize,
    orphaned: usize,
    contested: usize,
}

impl Page<'_, '_> {
    pub(super) fn who(&self, out: &mut dyn Write) -> io::Result<()> {
        let (journey, look) = (self.sheet.journey(), &self.sheet.look);
        writeln!(out, "<header><p class=\"eye\">User journey</p>")?;
        let name = journey.name().filter(|name| *name != journey.query.as_str());
        let head = name.as_deref().map_or_else(|| look.whole_id(journey.query.as_str()), |name| look.clean(name));
        writeln!(out, "<h1>{}</h1>", breaking(&head))?;
        write!(out, "<p class=\"who\">")?;
        if name.is_some() && journey.root.as_ref() != Some(&journey.query) {
            write!(out, "{}", self.names.whole(&journey.query, look))?;
        }
        match &journey.root {
            Some(root) => write!(out, "<span class=\"mut small\">root</span>{}", self.names.whole(root, look))?,
            None => write!(out, "<span class=\"mut\">no own rows, only mentioned by others</span>")?,
        }
        writeln!(out, "</p>\n<ul class=\"facts\">")?;
        let more = at_least(journey.has_more_rows());
        let mut facts = Vec::new();
        if journey.root.is_some() {
            let ids = journey.ids.len();
            facts.push(format!("<b>{more}{}</b> in the timeline", rows(journey.steps.len())));
            facts.push(format!("<b>{}{}</b>", at_least(journey.has_more_ids()), many(ids, "id")));
            let devices = journey.devices();
            facts.extend((devices > 0).then(|| format!("<b>{more}{}</b>", many(devices, "device"))));
        }
        if let Some((first, last)) = journey.span() {
            let (from, to, zone) = (look.clock.minute(first), look.clock.minute(last), look.clock.name());
            facts.push(format!("<b>{}</b> from first to last", lasting(last.saturating_sub(first))));
            facts.push(format!("<b>{}</b> – <b>{}</b> {}", escape(&from), escape(&to), escape(&zone)));
        }
        for fact in facts {
            writeln!(out, "<li>{fact}</li>")?;
        }
        writeln!(out, "</ul>")?;
        for limit in self.sheet.limits() {
            writeln!(out, "<p class=\"limits\">{}</p>", self.prose(&limit))?;
        }
        writeln!(out, "</header>")
    }

    /// What the user did most.
    pub(super) fn summary(&self, out: &mut dyn Write) -> io::Result<()> {
        let names = frequencies(self.sheet.journey());
        if names.is_empty() {
            return Ok(());
        }
        writeln!(out, "<ul class=\"facts most\"><li>most frequent:</li>{}</ul>", most(&names, NAMED))
    }

    fn shares(&self) -> Shares {
        let journey = self.sheet.journey();
        let merged = journey.steps.iter().filter(|step| step.state == State::Merged);
        let own = merged.clone().filter(|step| step.event.id.as_ref() == journey.root.as_ref()).count();
        let contested = journey.orphans.iter().filter(|orphan| is_unsure(orphan));
        Shares {
            own,
            alias: merged.count() - own,
            split: journey.splits(),
            orphaned: journey.orphaned_rows(),
            contested: contested.map(|orphan| orphan.steps.len()).sum(),
        }
    }

    pub(super) fn verdict(&self, out: &mut dyn Write) -> io::Result<()> {
        let journey = self.sheet.journey();
        let shares = self.shares();
        let refused = journey.refused().count();
        let missing = shares.split + shares.orphaned;
        let found = shares.own + shares.alias + missing;
        let cut = journey.at_least();
        let head = match missing {
            _ if journey.root.is_none() => "No rows are stored under this id".to_owned(),
            0 if shares.contested > 0 => format!("{} may be missing from this timeline", rows(shares.contested)),
            0 if refused > 0 => {
                format!("No row is missing, although {} refused", were(refused, "alias call"))
            }
            0 if !journey.cuts.is_empty() => "Nothing is missing within the limits of this report".to_owned(),
            0 => "Nothing is missing from this timeline".to_owned(),
            1 => format!("{cut}1 row of {} is missing from this timeline", count(found as u64)),
            _ => format!("{cut}{} of {} are missing from this timeline", rows(missing), count(found as u64)),
        };
        let well = missing == 0 && shares.contested == 0 && refused == 0 && journey.cuts.is_empty();
        let well = well && journey.root.is_some();
        let (mood, mark) = if well { ("good", "well") } else { ("bad", "refused") };
        let head = capital(&head);
        writeln!(
            out,
            "<div class=\"top{}\"><section class=\"card verdict is-{mood}\"><h2>{}{}</h2>",
            if self.own_profile().is_none() { " alone" } else { "" },
            sign(mark),
            escape(&head)
        )?;
        Self::bar(out, &shares)?;
        self.kinds(out, &shares, refused)?;
        self.cost(out)?;
        writeln!(out, "</section>")?;
        self.profile(out)?;
        writeln!(out, "</div>")
    }

    /// The rows as parts of one bar, with what each part is.
    fn bar(out: &mut dyn Write, shares: &Shares) -> io::Result<()> {
        let parts = [
            ("own", shares.own, "under the own id"),
            ("via", shares.alias, "through an alias"),
            ("split", shares.split, "split: arrived before the alias"),
            ("orphan", shares.orphaned, "orphaned"),
            ("contested", shares.contested, "contested or only hinted at, counted for none"),
        ];
        let all: usize = parts.iter().map(|(_, number, _)| number).sum();
        if all == 0 {
            return Ok(());
        }
        write!(
            out,
            "<svg class=\"share\" height=\"14\" role=\"img\" aria-label=\"{} of {} in the timeline\">",
            shares.own + shares.alias,
            rows(all)
        )?;
        let mut before = 0;
        let mut legend = String::new();
        for (name, number, what) in parts.into_iter().filter(|(_, number, _)| *number > 0) {
            let (from, wide) = (percent(before, all), percent(number, all));
            write!(
                out,
                "<rect class=\"fill-{name}\" x=\"{from:.2}%\" width=\"{:.2}%\" height=\"14\"/>",
                (wide - 0.3).max(0.4)
            )?;
            before += number;
            let _ = write!(
                legend,
                "<li><svg aria-hidden=\"true\"><rect class=\"fill-{name}\" width=\"12\" height=\"12\"/></svg><b>{}</b> {what}</li>",
                count(number as u64)
            );
        }
        writeln!(out, "</svg>\n<ul class=\"legend\">{legend}</ul>")
    }

    /// One line for each kind of loss, and for each limit.
    fn kinds(&self, out: &mut dyn Write, shares: &Shares, refused: usize) -> io::Result<()> {
        let journey = self.sheet.journey();
        let ids = |unsure: bool| journey.orphans.iter().filter(|orphan| is_unsure(orphan) == unsure).count();
        writeln!(out, "<ul class=\"kinds\">")?;
        let mut kind = |number: usize, name: &str, head: String, rest: String| {
            let colour = match name {
                "split" => "apart",
                "refused" => "bad",
                _ => "lost",
            };
            if number == 0 {
                return Ok(());
            }
            writeln!(out, "<li>{}<b class=\"{colour}\">{head}</b> {rest}</li>", sign(name))
        };
        let them = if shares.split == 1 { "it" } else { "them" };
        kind(
            shares.split,
            "split",
            format!("{} split", rows(shares.split)),
            format!("arrived before the alias that would have moved {them}"),
        )?;
        kind(
            shares.orphaned,
            "orphan",
            format!("{} orphaned", rows(shares.orphaned)),
            format!("under {} that no alias reaches", many(ids(false), "id")),
        )?;
        kind(
            shares.contested,
            "contested",
            format!("{} contested", rows(shares.contested)),
            format!("under {}: others can claim them too, or it is a hint and no more", many(ids(true), "id")),
        )?;
        kind(
            refused,
            "refused",
            format!("{} refused", many(refused, "alias call")),
            "by the server, which does not say so to the app".to_owned(),
        )?;
        for note in &journey.notes {
            writeln!(out, "<li>{}{}</li>", sign("cut"), self.prose(note))?;
        }
        writeln!(out, "</ul>")
    }

    /// Which events are missing, and what they were worth; then those that may be.
    fn cost(&self, out: &mut dyn Write) -> io::Result<()> {
        let is_unsure = |line: &&Line<'_>| line.orphan.is_some_and(is_unsure);
        let (unsure, missing): (Vec<&Line<'_>>, Vec<&Line<'_>>) = self.sheet.missing().partition(is_unsure);
        for (title, lines) in [("What is missing", missing), ("What may be missing", unsure)] {
            let names = event_counts(&lines, &self.worth);
            if names.is_empty() {
                continue;
            }
            let sum = self.worth.sum(&lines);
            let money = if sum.is_empty() {
                sum
            } else {
                let events = self.worth.events(&lines);
                format!("<li><b class=\"bad\">{}</b> {}</li>", escape(&sum), breaking(&events))
            };
            writeln!(
                out,
                "<div class=\"cost\"><h3>{title}</h3><ul class=\"names\">{money}{}</ul></div>",
                most(&names, NAMED)
            )?;
        }
        Ok(())
    }

    pub(super) fn findings(&self, out: &mut dyn Write) -> io::Result<()> {
        let findings = &self.sheet.journey().findings;
        if findings.is_empty() {
            return Ok(());
        }
        writeln!(
            out,
            "<section><h2>Findings <small>what to change in the integration</small></h2><ul class=\"findings\">"
        )?;
        for finding in findings {
            let (mark, colour) = match finding.severity() {
                Severity::Error => ("error", "bad"),
                Severity::Warning => ("warning", "apart"),
                Severity::Note => ("note", "mut"),
            };
            let mut places: Vec<String> =
                finding.sources.iter().take(PLACES).map(|source| self.place(source)).collect();
            let more = finding.sources.len().saturating_sub(PLACES);
            places.extend((more > 0).then(|| format!("and {} more", count(more as u64))));
            writeln!(
                out,
                "<li><p class=\"kind\"><span class=\"label {colour}\">{}{}</span><code>{}</code></p><p class=\"what\">{}</p>\
                 <p class=\"what\"><b>Do:</b> {}</p><p class=\"what small\">{}</p></li>",
                sign(mark),
                finding.severity().name(),
                escape(finding.code()),
                self.prose(&finding.what),
                self.prose(finding.advice),
                places.join(" · "),
            )?;
        }
        writeln!(out, "</ul></section>")
    }
}

/// Whether an orphan may be of another: others claim it too, or a hint and no more names the user.
fn is_unsure(orphan: &Orphan) -> bool {
    orphan.contested || orphan.strength == Strength::Weak
}

/// How often each event is among some lines, those that say an amount first, then the most frequent; calls that
/// only tell of identity are none.
pub(super) fn event_counts<'a>(lines: &[&Line<'a>], worth: &Worth) -> Vec<(&'a str, usize)> {
    let deeds = || lines.iter().filter(|line| line.step.is_none_or(|step| !step.event.verb.is_about_ids()));
    let mut names = most_first(deeds().map(|line| line.name));
    let paid: HashSet<&str> = deeds().filter(|line| worth.says(line)).map(|line| line.name).collect();
    names.sort_by_key(|(name, _)| !paid.contains(name));
    names
}

/// The first `named` events with their numbers, as items of a list.
pub(super) fn most(names: &[(&str, usize)], named: usize) -> String {
    let mut html = String::new();
    for (name, number) in names.iter().take(named) {
        let _ = write!(html, "<li><b>{}</b> {}</li>", count(*number as u64), escape(event_name(name)));
    }
    let more = names.len().saturating_sub(named);
    if more > 0 {
        let _ = write!(html, "<li>and {} other names</li>", count(more as u64));
    }
    html
}

/// `1 alias call was`, `2 alias calls were`.
fn were(number: usize, word: &str) -> String {
    format!("{} {}", many(number, word), if number == 1 { "was" } else { "were" })
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// `part` of `all` in hundredths.
#[expect(clippy::cast_precision_loss, reason = "a width on a screen")]
fn percent(part: usize, all: usize) -> f64 {
    100.0 * part as f64 / all.max(1) as f64
}
