//! One history under several rule sets, written out (`journey compare ID`).

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::json::SCHEMA;
use super::look::{Class, Look, count, left, many};
use crate::identity::across::Across;
use crate::identity::{Because, Held, Ruled, Verdict};
use crate::model::Id;
use crate::model::text::percent;
use crate::model::time::rfc3339;

/// Sentences that are written for one rule set; more are counted.
const MOST_WHYS: usize = 8;
/// Columns that one rule set takes at least, and at most.
const LANE: (usize, usize) = (9, 16);
/// Places of rows that a sentence stands for.
const PLACES: usize = 3;

/// Writes the comparison for programs.
pub fn json(out: &mut dyn Write, across: &Across) -> io::Result<()> {
    let rules: Vec<Value> = across.sides.iter().map(|side| side_json(across, side)).collect();
    let differ: Vec<Value> = across.differ.iter().filter_map(|at| differing(across, *at)).collect();
    let cuts: Vec<&str> = across.cuts.iter().map(|cut| cut.what.as_str()).collect();
    let answer = json!({
        "schema": SCHEMA,
        "query": across.query.as_str(),
        "name": across.name,
        "rows": across.rows(),
        "rules": rules,
        "differ": differ,
        "cuts": cuts,
    });
    serde_json::to_writer(&mut *out, &answer)?;
    out.write_all(b"\n")
}

fn side_json(across: &Across, side: &Ruled) -> Value {
    let events = side.rows.iter().map(|held| {
        json!({
            "file": &*held.event.source.file,
            "line": held.event.source.line,
            "owner": held.owner.as_ref().map(Id::as_str),
            "state": held.state(),
            "why": side.why(held),
        })
    });
    let refused = side.aliases.iter().filter_map(|line| {
        let Verdict::Refused(refusal) = line.verdict else { return None };
        let shown = json!({
            "file": &*line.source.file,
            "line": line.source.line,
            "reason": refusal.name(),
            "alias": line.alias.as_ref().map(Id::as_str),
            "distinct_id": line.target.as_ref().map(Id::as_str),
            "why": line.why,
        });
        across.names_own(side, line).then_some(shown)
    });
    json!({
        "name": side.rules.name(),
        "title": side.rules.title(),
        "root": side.root.as_ref().map(Id::as_str),
        "ids": side.ids.iter().map(Id::as_str).collect::<Vec<_>>(),
        "own_rows": across.own_rows(side),
        "people": across.people(side),
        "events": events.collect::<Vec<_>>(),
        "refused": refused.collect::<Vec<_>>(),
        "unknown": side.rules.unknown(),
    })
}

fn differing(across: &Across, at: usize) -> Option<Value> {
    let event = &across.sides.first()?.rows.get(at)?.event;
    let mut owners = Map::new();
    let mut whys = Map::new();
    for side in &across.sides {
        let held = side.rows.get(at)?;
        owners.insert(side.rules.name().to_owned(), json!(held.owner.as_ref().map(Id::as_str)));
        whys.insert(side.rules.name().to_owned(), Value::from(side.why(held)));
    }
    Some(json!({
        "file": &*event.source.file,
        "line": event.source.line,
        "event": &*event.event,
        "time": rfc3339(event.time),
        "owners": owners,
        "why": whys,
    }))
}

/// Writes the comparison for people.
pub fn text(out: &mut dyn Write, across: &Across, look: &Look) -> io::Result<()> {
    let name = match &across.name {
        Some(name) => look.clean(name),
        None => look.id(across.query.as_str(), 40),
    };
    let rows = across.rows();
    let title = format!("{name} · {} under {}", many(rows, "row"), many(across.sides.len(), "rule set"));
    writeln!(out, "{}", look.paint(Class::Heading, &look.clean(&title)))?;
    let unlike = if look.ascii { "!=" } else { "≠" };
    if across.differ.is_empty() {
        writeln!(out, "= all {} have the same owner under each rule set", many(rows, "row"))?;
    } else {
        let text = format!(
            "{unlike} {} of {} have another owner somewhere; computed from the rows as sent, not asked of a vendor",
            across.differ.len(),
            many(rows, "row")
        );
        writeln!(out, "{}", look.wrap(&text, 0))?;
    }
    for cut in &across.cuts {
        writeln!(out, "{}", look.wrap(&format!("note: {}", cut.what), 0))?;
    }
    writeln!(out)?;
    let lanes = Lanes::of(across, look);
    lanes.sums(out, across, look)?;
    writeln!(out)?;
    lanes.rows(out, across, look, &name)?;
    whys(out, across, look)
}

/// Widths of the columns.
struct Lanes {
    /// What stands before the lanes.
    before: usize,
    event: usize,
    sent: usize,
    lane: usize,
}

/// `10:20:13` with its date, and the sign of a row that differs.
const TIME: usize = 19 + 1 + 2;

impl Lanes {
    fn of(across: &Across, look: &Look) -> Self {
        let sides = across.sides.len().max(1);
        let (event, sent) = if look.width >= 110 { (22, 14) } else { (17, 8) };
        let before = TIME + event + 1 + sent + 1;
        let lane = (look.width.saturating_sub(before) / sides).clamp(LANE.0, LANE.1);
        Self { before, event, sent, lane }
    }

    fn sums(&self, out: &mut dyn Write, across: &Across, look: &Look) -> io::Result<()> {
        let mut line = left("", self.before);
        for side in &across.sides {
            line.push_str(&left(&look.cut(&side.rules.name().to_uppercase(), self.lane - 1), self.lane));
        }
        writeln!(out, "{}", look.paint(Class::Heading, line.trim_end()))?;
        let row = |out: &mut dyn Write, title: &str, cell: &dyn Fn(&Ruled) -> String| {
            let mut line = left(title, self.before);
            for side in &across.sides {
                line.push_str(&left(&look.cut(&cell(side), self.lane - 1), self.lane));
            }
            writeln!(out, "{}", line.trim_end())
        };
        row(out, "people", &|side| count(across.people(side) as u64))?;
        row(out, "rows of this user", &|side| {
            let own = across.own_rows(side);
            format!("{}  {} %", count(own as u64), percent(own as u64, across.rows() as u64))
        })?;
        row(out, "calls without effect", &|side| count(calls_without_effect(across, side) as u64))?;
        row(out, "stored under", &|side| {
            side.root.as_ref().map_or_else(|| "nothing".to_owned(), |root| look.id(root.as_str(), self.lane - 1))
        })
    }

    fn rows(&self, out: &mut dyn Write, across: &Across, look: &Look, name: &str) -> io::Result<()> {
        let mut differ = across.differ.iter().copied().peekable();
        let Some(first) = across.sides.first() else { return Ok(()) };
        for (at, held) in first.rows.iter().enumerate() {
            let sign = if differ.next_if_eq(&at).is_none() {
                ""
            } else if look.ascii {
                "!"
            } else {
                "≠"
            };
            let event = look.cut(&held.event.event, self.event);
            let sent = held.event.id.as_ref().map_or_else(String::new, |id| look.id(id.as_str(), self.sent));
            let mut line = format!(
                "{} {} {} {} ",
                left(&look.clock.full(held.event.time), 19).chars().take(19).collect::<String>(),
                left(sign, 1),
                left(&event, self.event),
                left(&sent, self.sent)
            );
            for side in &across.sides {
                let Some(held) = side.rows.get(at) else { continue };
                line.push_str(&left(&self.cell(side, held, look, name), self.lane));
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn cell(&self, side: &Ruled, held: &Held, look: &Look, name: &str) -> String {
        let (class, text) = cell(side, held, name);
        let room = self.lane.saturating_sub(3);
        let text = match text {
            Cell::Name(text) => look.cut(&text, room),
            Cell::Id(id) => look.id(id.as_str(), room),
        };
        format!("{} {text}", look.mark(class))
    }
}

/// Calls about ids of the user that a rule set refuses.
pub fn calls_without_effect(across: &Across, side: &Ruled) -> usize {
    let refused = side.aliases.iter().filter(|line| matches!(line.verdict, Verdict::Refused(_)));
    refused.filter(|line| across.names_own(side, line)).count()
}

/// What a lane says of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A word, or a name.
    Name(String),
    /// An id, which is cut in its middle.
    Id(Id),
}

/// The mark of a row under one rule set, and what stands next to it; `name` is the user's.
pub fn cell(side: &Ruled, held: &Held, name: &str) -> (Class, Cell) {
    if let Because::Call(at) = held.because
        && let Some(line) = side.aliases.get(at)
    {
        match line.verdict {
            Verdict::Accepted => return (Class::Alias, Cell::Name("joins".to_owned())),
            Verdict::Refused(refusal) if held.owner.is_some() => {
                return (Class::Refused, Cell::Name(refusal.name().to_owned()));
            }
            _ => {}
        }
    }
    match &held.owner {
        None => (Class::Faint, Cell::Name("ignored".to_owned())),
        Some(_) if side.is_own(held) => (Class::Known, Cell::Name(name.to_owned())),
        Some(owner) if matches!(held.because, Because::Before(..)) => (Class::Split, Cell::Id(owner.clone())),
        Some(owner) => (Class::Orphan, Cell::Id(owner.clone())),
    }
}

/// Why rows that differ are whose they are: each sentence once for each rule set.
fn whys(out: &mut dyn Write, across: &Across, look: &Look) -> io::Result<()> {
    if across.differ.is_empty() {
        return Ok(());
    }
    for side in &across.sides {
        writeln!(
            out,
            "\n{}",
            look.paint(Class::Heading, &look.rule(&look.clean(&format!("why · {}", side.rules.name()))))
        )?;
        let mut said: Vec<(String, Vec<&Held>)> = Vec::new();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for held in across.differ.iter().filter_map(|at| side.rows.get(*at)) {
            let why = side.why(held);
            let next = said.len();
            match places.entry(why.clone()).or_insert(next) {
                at if *at == next => said.push((why, vec![held])),
                at => {
                    if let Some((_, rows)) = said.get_mut(*at) {
                        rows.push(held);
                    }
                }
            }
        }
        for (why, rows) in said.iter().take(MOST_WHYS) {
            let mut of: Vec<String> = rows.iter().take(PLACES).map(|held| held.event.source.line.to_string()).collect();
            if rows.len() > PLACES {
                of.push(format!("{} more", rows.len() - PLACES));
            }
            let file = rows.first().map_or("", |held| &*held.event.source.file);
            let text = format!("{why} ({}: {file}:{})", many(rows.len(), "row"), of.join(", "));
            writeln!(out, "{}", look.wrap(&text, 2))?;
        }
        if said.len() > MOST_WHYS {
            writeln!(out, "  {} more", said.len() - MOST_WHYS)?;
        }
    }
    Ok(())
}
