//! For a ticket: headline, coverage, calls, findings, rows as a table.
//!
//! Everything of the data stands in code spans, where Markdown and the sites that show it do
//! nothing with it: no link, no picture, no mention of a person, no HTML.

use std::io::{self, Write};

use super::{Line, Sheet, place};
use crate::identity::naming::{self, Letters};
use crate::identity::{Member, Role};
use crate::model::Id;
use crate::model::facts::Source;
use crate::model::text::visible;
use crate::report::look::count;
use crate::report::text;

/// Writes a journey as Markdown.
pub fn markdown(out: &mut dyn Write, sheet: &Sheet<'_>) -> io::Result<()> {
    let journey = sheet.journey();
    let letters = Letters::of(journey);
    let said = |sentence: &str| prose(&letters.sentence(sentence));
    let name = journey.name().filter(|name| *name != journey.query.as_str());
    let name = name.map_or_else(String::new, |name| format!("{} · ", code(&name)));
    writeln!(out, "# Journey of {name}{}\n", code(journey.query.as_str()))?;
    writeln!(out, "{}\n", sheet.headline().iter().map(|part| prose(part)).collect::<Vec<_>>().join(" · "))?;
    list(out, &sheet.coverage())?;
    list(out, &sheet.limits())?;
    if !journey.ids.is_empty() {
        writeln!(out, "## Ids\n")?;
        head(out, &["", "Id", "Is", "Rows", "First", "Last", "Known"])?;
        for (lane, member) in journey.ids.iter().enumerate() {
            ids(out, sheet, lane, member)?;
        }
        writeln!(out)?;
    }
    for profile in &journey.profiles {
        writeln!(out, "## Profile, stored under {}\n", code(profile.stored_under.as_str()))?;
        head(out, &["Property", "Value", "Before", "Set", "Source"])?;
        for property in profile.by_importance() {
            let set = property.time.map_or_else(String::new, |at| sheet.look.clock.second(at));
            let (name, value) = (in_cell(&code(&property.name)), in_cell(&code(&property.text())));
            let before = property.text_before().map_or_else(String::new, |before| in_cell(&code(&before)));
            writeln!(out, "| {name} | {value} | {before} | {set} | {} |", in_cell(&code(&place(&property.source))))?;
        }
        writeln!(out)?;
    }
    if !journey.aliases.is_empty() {
        writeln!(out, "## Alias calls, in order of arrival\n")?;
        head(out, &["Time", "Alias", "Target", "Result", "Why", "Source"])?;
        let id = |id: &Option<Id>| id.as_ref().map_or_else(|| "(empty)".to_owned(), |id| in_cell(&code(id.as_str())));
        for call in &journey.aliases {
            let time = sheet.look.clock.second(call.time);
            let source = in_cell(&code(&place(&call.source)));
            let why = in_cell(&said(&call.why));
            let (alias, target) = (id(&call.alias), id(&call.target));
            writeln!(out, "| {time} | {alias} | {target} | {} | {why} | {source} |", text::verdict(call.verdict))?;
        }
        writeln!(out)?;
    }
    if !journey.findings.is_empty() {
        writeln!(out, "## Findings\n")?;
        for finding in &journey.findings {
            let place =
                finding.sources.first().map(|source| format!(" ({})", code(&place(source)))).unwrap_or_default();
            let (what, advice) = (said(&finding.what), prose(finding.advice));
            writeln!(out, "- **{}** {}: {what} {advice}{place}", finding.severity().name(), code(finding.code()))?;
        }
        writeln!(out)?;
    }
    if !journey.orphans.is_empty() {
        writeln!(out, "## Orphans: rows that no alias reaches\n")?;
        for (lane, orphan) in (journey.ids.len()..).zip(&journey.orphans) {
            let (letter, head) = (naming::letter(lane), prose(&sheet.orphan_head(orphan)));
            writeln!(out, "- {letter} {}: {head}. {}", code(orphan.id.as_str()), said(&orphan.why))?;
        }
        writeln!(out)?;
    }
    elsewhere(out, sheet, &letters)?;
    if !sheet.lines.is_empty() {
        writeln!(out, "## Timeline, times in {}\n", prose(&sheet.look.clock.name()))?;
        head(out, &["Time", "Gap", "", "Event", "Sent as", "Counts for", "State", "Because", "Source"])?;
        for line in &sheet.lines {
            row(out, sheet, &letters, line)?;
        }
        writeln!(out)?;
    }
    list(out, &journey.notes.iter().map(|note| letters.sentence(note)).collect::<Vec<_>>())
}

/// Other people: whose rows these may be, who names the id, who was on the same device.
fn elsewhere(out: &mut dyn Write, sheet: &Sheet<'_>, letters: &Letters<'_>) -> io::Result<()> {
    let journey = sheet.journey();
    let person = |root: &Id| {
        let name = journey.names.get(root).filter(|name| *name != root.as_str());
        name.map_or_else(|| code(root.as_str()), |name| format!("{} ({})", code(name), code(root.as_str())))
    };
    let said = |sentence: &str| prose(&letters.sentence(sentence));
    let at = |source: &Source| code(&place(source));
    let owners = journey.orphan_of.iter().map(|owner| format!("{}: {}", person(&owner.root), owner.strength.name()));
    let named =
        journey.mentions.iter().map(|one| format!("{}: {} ({})", person(&one.root), said(&one.why), at(&one.source)));
    let near =
        journey.neighbours.iter().map(|one| format!("{}: {} ({})", person(&one.root), said(&one.why), at(&one.source)));
    let owners: Vec<String> = owners.collect();
    for (title, lines) in [
        ("Whose rows these may be", owners),
        ("Where this id is mentioned", named.collect()),
        ("Others on the same devices", near.collect()),
    ] {
        if !lines.is_empty() {
            writeln!(out, "## {title}\n\n- {}\n", lines.join("\n- "))?;
        }
    }
    Ok(())
}

fn ids(out: &mut dyn Write, sheet: &Sheet<'_>, lane: usize, member: &Member) -> io::Result<()> {
    let time = |at: Option<i64>| at.map_or_else(|| "-".to_owned(), |at| sheet.look.clock.second(at));
    writeln!(
        out,
        "| {} | {} | {} | {} | {} | {} | {} |",
        naming::letter(lane),
        in_cell(&code(member.id.as_str())),
        if member.role == Role::Root { "root" } else { "alias" },
        count(member.events),
        time(member.first),
        time(member.last),
        if member.anonymous { "anonymous" } else { "known" },
    )
}

fn row(out: &mut dyn Write, sheet: &Sheet<'_>, letters: &Letters<'_>, line: &Line<'_>) -> io::Result<()> {
    let id = |id: Option<&Id>| id.map_or_else(|| "-".to_owned(), |id| in_cell(&code(id.as_str())));
    let more = if line.copies > 0 { format!(", {} more sent", line.copies) } else { String::new() };
    writeln!(
        out,
        "| {} | {} | {} | {} | {} | {} | {} | {}{more} | {} |",
        sheet.look.clock.stamp(line.time),
        line.gap.map(|gap| text::gap(0, gap)).unwrap_or_default(),
        sheet.look.mark(line.class),
        in_cell(&code(&line.event)),
        id(line.sent_as),
        id(line.counts_for),
        in_cell(&prose(&line.state)),
        in_cell(&prose(&letters.sentence(&line.because))),
        in_cell(&code(&place(line.source))),
    )
}

fn head(out: &mut dyn Write, columns: &[&str]) -> io::Result<()> {
    writeln!(out, "| {} |\n|{}", columns.join(" | "), "---|".repeat(columns.len()))
}

fn list(out: &mut dyn Write, sentences: &[String]) -> io::Result<()> {
    for sentence in sentences {
        writeln!(out, "- {}", prose(sentence))?;
    }
    if sentences.is_empty() { Ok(()) } else { writeln!(out) }
}

/// A code span that nothing in the text ends.
fn code(text: &str) -> String {
    let text = visible(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // A span drops one space at both ends if both are there, and cannot be empty.
    let pad = if text.is_empty() || text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// In a table a bar ends a cell, in a code span too.
fn in_cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// A sentence: words as they are, all else in code spans.
fn prose(sentence: &str) -> String {
    let sentence = visible(sentence);
    let words = sentence.split(' ').enumerate().map(|(at, word)| {
        let core = word.trim_start_matches('(').trim_end_matches(['.', ',', ';', ':']);
        let core = if core.contains('(') { core } else { core.trim_end_matches([')', '.', ',', ';', ':']) };
        let is_item = at == 0 && core != word && core.bytes().all(|byte| byte.is_ascii_digit());
        if core.is_empty() || is_plain(core) && !is_item {
            // Nothing but brackets and stops, or an ordinary word.
            return if core.is_empty() && !word.is_empty() { code(word) } else { word.to_owned() };
        }
        match word.split_once(core) {
            Some((before, after)) => format!("{before}{}{after}", code(core)),
            None => code(word),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Whether Markdown does nothing with a word, wherever it stands: only ASCII signs mean something to
/// it, and not those of a date or a time.
fn is_plain(word: &str) -> bool {
    let is_time = word.starts_with(|c: char| c.is_ascii_digit())
        && word.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | ':' | '.' | ','));
    let word_like = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || c == '-' || c == '\'';
    let begins_well = word.starts_with(|c: char| !c.is_ascii() || c.is_ascii_alphanumeric());
    is_time || begins_well && word.chars().all(word_like) || word == "%"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_span_holds_any_text() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code(""), "`  `");
        assert_eq!(code("a\n# b\u{202e}"), "`a␊# b⟨U+202E⟩`");
        assert_eq!(in_cell(&code("a|b")), "`a\\|b`");
    }

    #[test]
    fn words_stay_and_what_could_act_is_code() {
        assert_eq!(prose("Asked for sally@gmail.com (12345)."), "Asked for `sally@gmail.com` (12345).");
        assert_eq!(
            prose("see http://x.io, @admin #12 **b** [a](b) <img> www.x.io"),
            "see `http://x.io`, `@admin` `#12` `**b**` `[a](b)` `<img>` `www.x.io`"
        );
        assert_eq!(prose("1. a - b"), "`1`. a `-` b");
        assert_eq!(prose("3 rows, 2019-07-01 09:14 (7) f(x)."), "3 rows, 2019-07-01 09:14 (7) `f(x)`.");
        assert_eq!(prose("kept → 7, 75 %"), "kept → 7, 75 %");
    }
}
