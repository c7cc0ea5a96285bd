//! One history under several rule sets, written out (`journey compare ID`).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;

use chrono::NaiveDate;
use rustc_hash::FxHashMap;
use serde::ser::{Serialize, Serializer};

use super::clock::Clock;
use super::json::{Each, SCHEMA};
use super::look::{Class, Look, count, left, many};
use crate::identity::across::Across;
use crate::identity::{Because, Held, Ruled, Verdict};
use crate::model::facts::Sender;
use crate::model::text::{percent, width as wide};
use crate::model::time::rfc3339;
use crate::model::{Id, Millis};

/// Sentences that are written for one rule set; more are counted.
const MOST_WHYS: usize = 8;
/// Columns that one rule set takes at least, and at most.
const LANE: (usize, usize) = (9, 16);
/// Places of rows that a sentence stands for.
const PLACES: usize = 3;

/// Writes the comparison for programs, row by row: memory does not grow with it.
pub fn json(out: &mut dyn Write, across: &Across) -> io::Result<()> {
    let whys: Vec<Whys<'_>> = across.sides.iter().map(Whys::of).collect();
    let sides = across.sides.iter().zip(&whys).map(|(side, whys)| side_json(across, side, whys));
    let answer = Json {
        schema: SCHEMA,
        query: across.query.as_str(),
        name: across.name.as_deref(),
        rows: across.rows(),
        rules: Each(sides),
        differ: Each(across.differ.iter().filter_map(|at| differing(across, &whys, *at))),
        cuts: across.cuts.iter().map(|cut| cut.what.as_str()).collect(),
    };
    serde_json::to_writer(&mut *out, &answer)?;
    out.write_all(b"\n")
}

#[derive(serde::Serialize)]
struct Json<'a, R: Serialize, D: Serialize> {
    schema: u32,
    query: &'a str,
    name: Option<&'a str>,
    rows: usize,
    rules: R,
    differ: D,
    cuts: Vec<&'a str>,
}

/// One rule set with its rows.
fn side_json<'a>(across: &'a Across, side: &'a Ruled, whys: &'a Whys<'a>) -> impl Serialize + use<'a> {
    #[derive(serde::Serialize)]
    struct Side<'a, E: Serialize, R: Serialize> {
        name: &'static str,
        title: &'static str,
        root: Option<&'a str>,
        ids: Vec<&'a str>,
        own_rows: usize,
        people: usize,
        events: E,
        refused: R,
        unknown: &'static [&'static str],
    }
    #[derive(serde::Serialize)]
    struct Row<'a> {
        file: &'a str,
        line: u64,
        owner: Option<&'a str>,
        state: &'static str,
        why: Said,
    }
    #[derive(serde::Serialize)]
    struct Call<'a> {
        file: &'a str,
        line: u64,
        reason: &'static str,
        alias: Option<&'a str>,
        distinct_id: Option<&'a str>,
        why: &'a str,
    }
    let events = side.rows.iter().map(move |held| Row {
        file: &held.event.source.file,
        line: held.event.source.line,
        owner: held.owner.as_ref().map(Id::as_str),
        state: held.state(),
        why: whys.why(held),
    });
    let refused = side.aliases.iter().filter_map(move |line| {
        let Verdict::Refused(refusal) = line.verdict else { return None };
        let call = Call {
            file: &line.source.file,
            line: line.source.line,
            reason: refusal.name(),
            alias: line.alias.as_ref().map(Id::as_str),
            distinct_id: line.target.as_ref().map(Id::as_str),
            why: &line.why,
        };
        across.names_own(side, line).then_some(call)
    });
    Side {
        name: side.rules.name(),
        title: side.rules.title(),
        root: side.root.as_ref().map(Id::as_str),
        ids: side.ids.iter().map(Id::as_str).collect(),
        own_rows: across.own_rows(side),
        people: across.people(side),
        events: Each(events),
        refused: Each(refused),
        unknown: side.rules.unknown(),
    }
}

/// A row that differs, with its owner and the reason under each rule set.
fn differing<'a>(across: &'a Across, whys: &'a [Whys<'a>], at: usize) -> Option<impl Serialize + use<'a>> {
    #[derive(serde::Serialize)]
    struct Row<'a> {
        file: &'a str,
        line: u64,
        event: &'a str,
        time: String,
        owners: ByRules<Option<&'a str>>,
        why: ByRules<Said>,
    }
    let event = &across.sides.first()?.rows.get(at)?.event;
    let (mut owners, mut reasons) = (Vec::new(), Vec::new());
    for (side, whys) in across.sides.iter().zip(whys) {
        let held = side.rows.get(at)?;
        owners.push((side.rules.name(), held.owner.as_ref().map(Id::as_str)));
        reasons.push((side.rules.name(), whys.why(held)));
    }
    Some(Row {
        file: &event.source.file,
        line: event.source.line,
        event: &event.event,
        time: rfc3339(event.time),
        owners: ByRules(owners),
        why: ByRules(reasons),
    })
}

/// The sentences of one rule set. One depends on what the sender of a row has, on the owner and on what decided, so
/// a hundred thousand rows have a handful.
struct Whys<'a> {
    side: &'a Ruled,
    known: RefCell<FxHashMap<Reasoned, Rc<str>>>,
}

/// What a sentence depends on: places of the sender and of the owner, and what decided.
type Reasoned = (*const Sender, usize, Because);

impl<'a> Whys<'a> {
    fn of(side: &'a Ruled) -> Self {
        Self { side, known: RefCell::default() }
    }

    fn key(held: &Held) -> Reasoned {
        (Arc::as_ptr(&held.event.sender), held.owner.as_ref().map_or(0, Id::place), held.because)
    }

    fn why(&self, held: &Held) -> Said {
        let mut known = self.known.borrow_mut();
        let why = known.entry(Self::key(held)).or_insert_with(|| self.side.why(held).into());
        Said(Rc::clone(why))
    }
}

/// A sentence that many rows share.
struct Said(Rc<str>);

impl Serialize for Said {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Values by the names of rule sets, in the order of these.
struct ByRules<V>(Vec<(&'static str, V)>);

impl<V: Serialize> Serialize for ByRules<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
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
    whys(out, across, look)?;
    unknown(out, across, look)
}

/// What the rule sets assume.
fn unknown(out: &mut dyn Write, across: &Across, look: &Look) -> io::Result<()> {
    writeln!(out, "\n{}", look.paint(Class::Heading, &look.rule("not known")))?;
    for side in &across.sides {
        for text in side.rules.unknown() {
            writeln!(out, "{}", look.paint(Class::Faint, &look.wrap(&format!("{}: {text}", side.rules.name()), 2)))?;
        }
    }
    Ok(())
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
            let number = count(own as u64);
            let text = format!("{number}  {} %", percent(own as u64, across.rows() as u64));
            if wide(&text) < self.lane { text } else { number }
        })?;
        row(out, "calls without effect", &|side| count(calls_without_effect(across, side) as u64))?;
        row(out, "stored under", &|side| {
            side.root.as_ref().map_or_else(|| "nothing".to_owned(), |root| look.id(root.as_str(), self.lane - 1))
        })
    }

    fn rows(&self, out: &mut dyn Write, across: &Across, look: &Look, name: &str) -> io::Result<()> {
        let mut differ = across.differ.iter().copied().peekable();
        let Some(first) = across.sides.first() else { return Ok(()) };
        // Names, ids and cells come again and again.
        let mut events: FxHashMap<*const u8, String> = FxHashMap::default();
        let mut sents: FxHashMap<*const Sender, String> = FxHashMap::default();
        let mut cells: FxHashMap<(usize, usize, Because), String> = FxHashMap::default();
        let mut line = String::new();
        let mut times = Times::of(look.clock);
        for (at, held) in first.rows.iter().enumerate() {
            let sign = if differ.next_if_eq(&at).is_none() {
                ""
            } else if look.ascii {
                "!"
            } else {
                "≠"
            };
            let event = &held.event;
            line.clear();
            times.write(&mut line, event.time);
            line.push(' ');
            line.push_str(if sign.is_empty() { " " } else { sign });
            line.push(' ');
            let named = events.entry(event.event.as_ptr());
            line.push_str(named.or_insert_with(|| left(&look.cut(&event.event, self.event), self.event)));
            line.push(' ');
            let sent = sents.entry(Arc::as_ptr(&event.sender));
            line.push_str(sent.or_insert_with(|| {
                let sent = event.id.as_ref().map_or_else(String::new, |id| look.id(id.as_str(), self.sent));
                left(&sent, self.sent)
            }));
            line.push(' ');
            for (nth, side) in across.sides.iter().enumerate() {
                let Some(held) = side.rows.get(at) else { continue };
                let cell = cells.entry((nth, held.owner.as_ref().map_or(0, Id::place), held.because));
                line.push_str(cell.or_insert_with(|| left(&self.cell(side, held, look, name), self.lane)));
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

/// Days and seconds of a timeline: a day is written once for all of its rows.
struct Times {
    clock: Clock,
    day: Option<NaiveDate>,
    date: String,
    time: String,
}

impl Times {
    fn of(clock: Clock) -> Self {
        Self { clock, day: None, date: String::new(), time: String::new() }
    }

    /// Writes `2019-07-01 09:16:10`; a moment that no calendar has as its number, in the same room.
    fn write(&mut self, line: &mut String, at: Millis) {
        self.time.clear();
        let Some(day) = self.clock.write_time(&mut self.time, at) else {
            line.extend(left(&self.time, 19).chars().take(19));
            return;
        };
        if self.day != Some(day) {
            self.day = Some(day);
            self.date = day.format("%Y-%m-%d").to_string();
        }
        let from = line.len();
        line.push_str(&self.date);
        line.push(' ');
        line.push_str(self.time.get(..8).unwrap_or_default());
        // A year beyond 9999 has a sign and more digits.
        if self.date.len() != 10 {
            let cut: String = line.split_off(from).chars().take(19).collect();
            line.push_str(&cut);
        }
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
        let mut known: FxHashMap<Reasoned, usize> = FxHashMap::default();
        for held in across.differ.iter().filter_map(|at| side.rows.get(*at)) {
            let at = *known.entry(Whys::key(held)).or_insert_with(|| {
                let why = side.why(held);
                *places.entry(why.clone()).or_insert_with(|| {
                    said.push((why, Vec::new()));
                    said.len() - 1
                })
            });
            if let Some((_, rows)) = said.get_mut(at) {
                rows.push(held);
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
