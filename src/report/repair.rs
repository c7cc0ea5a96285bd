//! What would mend users (`journey repair`), for people and for programs.

use std::io::{self, Write};

use serde::Serialize;

use super::json::SCHEMA;
use super::look::{Class, Look, left, right};
use crate::identity::repair::{Outcome, Repair};
use crate::identity::{Kind, Verdict};
use crate::model::text::{count, counted};
use crate::model::time::rfc3339;

/// Rows of a user that the text lists, at most.
const MOST_ROWS: usize = 4;

/// Users that the text lists, at most; the file has all of them.
const MOST_USERS: usize = 3;

/// The repairs of some users as one answer.
#[derive(Debug)]
pub struct Repairs<'a> {
    /// The users, the one with the most rows first.
    pub users: &'a [Repair],
    /// The kind of finding that was asked for.
    pub kind: Option<&'static Kind>,
    /// The file that was written.
    pub file: Option<&'a str>,
    /// Whether every user was looked at.
    pub complete: bool,
}

impl Repairs<'_> {
    fn calls(&self) -> u64 {
        self.users.iter().map(|user| user.calls.len() as u64).sum()
    }

    fn rows(&self) -> u64 {
        self.users.iter().map(|user| user.rows.len() as u64).sum()
    }
}

/// Writes the repairs for people.
pub fn text(out: &mut dyn Write, repairs: &Repairs<'_>, look: &Look) -> io::Result<()> {
    if let Some(kind) = repairs.kind {
        let head = format!(
            "{}: {}, {}, {} to import again. Nothing is sent.",
            kind.code,
            counted(repairs.users.len() as u64, "user"),
            counted(repairs.calls(), "alias call"),
            counted(repairs.rows(), "row"),
        );
        writeln!(out, "{}", look.paint(Class::Heading, &head))?;
        if !repairs.complete {
            writeln!(out, "{}", look.wrap("Stopped: not all users were checked.", 0))?;
        }
        writeln!(out)?;
    }
    let listed = if repairs.kind.is_some() { MOST_USERS } else { usize::MAX };
    for (nth, user) in repairs.users.iter().take(listed).enumerate() {
        if nth > 0 {
            writeln!(out)?;
        }
        one(out, user, repairs.kind.is_none(), look)?;
    }
    if let Some(more) = repairs.users.len().checked_sub(listed).filter(|more| *more > 0) {
        let file = if repairs.file.is_some() { "the file has them" } else { "--write FILE has them" };
        writeln!(out, "\n{} more; {file}.", counted(more as u64, "user"))?;
    }
    if let Some(file) = repairs.file {
        let text = format!(
            "{}: {} and {}, each marked journey_repair. Nothing was sent: you can send the file to the vendor's /import.",
            look.clean(file),
            counted(repairs.calls(), "alias call"),
            counted(repairs.rows(), "row")
        );
        writeln!(out, "\n{}", look.wrap(&text, 0))?;
    }
    Ok(())
}

/// A number of a timeline.
type Number = fn(&Outcome) -> u64;

fn one(out: &mut dyn Write, user: &Repair, alone: bool, look: &Look) -> io::Result<()> {
    let root = look.clean(user.root.as_str());
    let name = user.known.as_ref().map_or_else(|| root.clone(), |known| look.clean(known.as_str()));
    let under = if name == root { String::new() } else { format!(", stored under {root}") };
    let sent = if alone { ". Nothing is sent." } else { "" };
    writeln!(out, "{}", look.paint(Class::Heading, &format!("Repair of {name}{under}{sent}")))?;
    if user.findings.is_empty() && user.is_empty() {
        return writeln!(out, "Nothing to repair: no finding, and every row is stored under the root.");
    }
    section(out, "Change the code", look)?;
    for (kind, advice) in user.changes() {
        writeln!(out, "{}", look.wrap(&format!("{}: {advice}", kind.code), 2))?;
    }
    if let Some(known) = &user.known {
        let text = format!("At every login: identify({}); new rows then go to {root}.", look.clean(known.as_str()));
        writeln!(out, "{}", look.wrap(&text, 2))?;
    }
    if !user.calls.is_empty() {
        section(out, "Alias calls that remain", look)?;
        for call in &user.calls {
            let verdict = match call.verdict {
                Verdict::Accepted => format!("accepted; {} found with the user, split", are(call.rows)),
                Verdict::Duplicate => "without effect: it leads there already".to_owned(),
                Verdict::Refused(refusal) => format!("refused: {}", refusal.name()),
            };
            let text = format!("alias({}) of {root}: {verdict}.", look.clean(call.alias.as_str()));
            writeln!(out, "{}", look.wrap(&text, 2))?;
        }
    }
    if !user.rows.is_empty() {
        let least = if user.at_least { "at least " } else { "" };
        let title = format!("Import again under {root}: {least}{}", counted(user.rows.len() as u64, "row"));
        section(out, &title, look)?;
        for row in user.rows.iter().take(MOST_ROWS) {
            let text = format!(
                "{}  {}  from {} ({}:{})",
                rfc3339(row.time),
                look.clean(&row.event),
                look.clean(row.under.as_str()),
                look.clean(&row.source.file),
                row.source.line
            );
            writeln!(out, "{}", look.wrap(&text, 2))?;
        }
        if let Some(more) = user.rows.len().checked_sub(MOST_ROWS).filter(|more| *more > 0) {
            writeln!(out, "  and {} more", count(more as u64))?;
        }
    }
    section(out, "The timeline after it, by the same rules", look)?;
    let heads = ["now", "code", "+ alias", "+ import"];
    let heads: String = heads.iter().map(|head| right(head, 10)).collect();
    writeln!(out, "  {}{heads}", left("", 20))?;
    let [one, two, three] = user.then.map(|(_, outcome)| outcome);
    let lines: [(&str, Number); 4] = [
        ("rows of the root", |outcome| outcome.merged),
        ("split", |outcome| outcome.split),
        ("missing", |outcome| outcome.missing),
        ("counted twice", |outcome| outcome.twice),
    ];
    for (what, number) in lines {
        let numbers: String =
            [user.now, one, two, three].iter().map(|outcome| right(&count(number(outcome)), 10)).collect();
        writeln!(out, "  {}{numbers}", left(what, 20))?;
    }
    if !user.for_good.is_empty() {
        section(out, "For good", look)?;
        for text in &user.for_good {
            writeln!(out, "{}", look.wrap(&look.clean(text), 2))?;
        }
    }
    Ok(())
}

/// `1 row is`, `2 rows are`.
fn are(rows: u64) -> String {
    format!("{} {}", counted(rows, "row"), if rows == 1 { "is" } else { "are" })
}

fn section(out: &mut dyn Write, title: &str, look: &Look) -> io::Result<()> {
    writeln!(out, "\n{}", look.paint(Class::Heading, title))
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: u32,
    code: Option<&'a str>,
    /// Whether anything was sent: never.
    sent: bool,
    file: Option<&'a str>,
    complete: bool,
    people: usize,
    calls: u64,
    rows: u64,
    repairs: Vec<User<'a>>,
}

#[derive(Serialize)]
struct User<'a> {
    root: &'a str,
    known: Option<&'a str>,
    change: Vec<Change<'a>>,
    calls: Vec<Call<'a>>,
    rows: Vec<Row<'a>>,
    now: Numbers,
    then: Vec<Then<'a>>,
    for_good: &'a [String],
    at_least: bool,
}

#[derive(Serialize)]
struct Change<'a> {
    code: &'a str,
    advice: &'a str,
}

#[derive(Serialize)]
struct Call<'a> {
    #[serde(rename = "call")]
    verb: &'a str,
    alias: &'a str,
    distinct_id: &'a str,
    rows: u64,
    status: &'a str,
}

#[derive(Serialize)]
struct Row<'a> {
    event: &'a str,
    time: String,
    distinct_id: &'a str,
    stored_under: &'a str,
    source: Place<'a>,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: u64,
}

#[derive(Serialize)]
struct Numbers {
    merged: u64,
    split: u64,
    missing: u64,
    twice: u64,
}

#[derive(Serialize)]
struct Then<'a> {
    way: &'a str,
    #[serde(flatten)]
    numbers: Numbers,
}

fn numbers(outcome: Outcome) -> Numbers {
    let Outcome { merged, split, missing, twice } = outcome;
    Numbers { merged, split, missing, twice }
}

fn of_user(user: &Repair) -> User<'_> {
    let root = user.root.as_str();
    let calls = user.calls.iter().map(|call| Call {
        verb: "alias",
        alias: call.alias.as_str(),
        distinct_id: root,
        rows: call.rows,
        status: match call.verdict {
            Verdict::Accepted => "accepted",
            Verdict::Duplicate => "duplicate",
            Verdict::Refused(_) => "refused",
        },
    });
    let rows = user.rows.iter().map(|row| Row {
        event: &row.event,
        time: rfc3339(row.time),
        distinct_id: root,
        stored_under: row.under.as_str(),
        source: Place { file: &row.source.file, line: row.source.line },
    });
    let then = user.then.iter().map(|(way, outcome)| Then { way: way.name(), numbers: numbers(*outcome) });
    User {
        root,
        known: user.known.as_ref().map(crate::model::Id::as_str),
        change: user.changes().into_iter().map(|(kind, advice)| Change { code: kind.code, advice }).collect(),
        calls: calls.collect(),
        rows: rows.collect(),
        now: numbers(user.now),
        then: then.collect(),
        for_good: &user.for_good,
        at_least: user.at_least,
    }
}

/// Writes the repairs for programs: one object.
pub fn json(out: &mut dyn Write, repairs: &Repairs<'_>) -> io::Result<()> {
    let answer = Answer {
        schema: SCHEMA,
        code: repairs.kind.map(|kind| kind.code),
        sent: false,
        file: repairs.file,
        complete: repairs.complete,
        people: repairs.users.len(),
        calls: repairs.calls(),
        rows: repairs.rows(),
        repairs: repairs.users.iter().map(of_user).collect(),
    };
    serde_json::to_writer(&mut *out, &answer)?;
    writeln!(out)
}
