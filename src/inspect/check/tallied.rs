//! The numbers to track, by day, by client, or before and after a date.
//!
//! One more pass over the rows, after every user is judged: which line a row belongs to is only known row by
//! row, and whether it is an orphan's only then. By client the properties are read as well, since a version
//! stands there alone.
//!
//! Memory: some 40 bytes more for each id.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::{Error, Sweep};
use super::gathered::Gathered;
use super::sums::Names;
use crate::identity::audit::{date_of, day_of};
use crate::identity::{By, Checked, Past, Tallies, Tally, Totals};
use crate::model::time::rfc3339;
use crate::model::{Id, Millis};

/// Rows whose properties are read at once.
const BATCH: usize = 20_000;

/// The line of what no row of the store shows, as the calls of a table of aliases.
const NO_CLIENT: &str = "?";

/// A line that something counts for: days since 1970, before or from a date on, or the number of a client.
type Line = i64;

/// What the judging of users leaves for the second pass.
#[derive(Default)]
pub(super) struct Known {
    /// Known users: where their past is.
    users: Vec<Past>,
    /// The user that an id names.
    named: HashMap<Id, u32>,
    /// Ids whose rows are an orphan's of one known user.
    orphans: HashSet<Id>,
}

impl Known {
    /// Takes a user.
    pub(super) fn add(&mut self, checked: &Checked) {
        if checked.known.is_none() {
            return;
        }
        let user = u32::try_from(self.users.len()).unwrap_or(u32::MAX);
        self.users.push(checked.past);
        self.named.extend(checked.named.iter().map(|id| (id.clone(), user)));
        self.orphans.extend(checked.orphans.iter().cloned());
    }
}

/// When and where something shows first.
type First = Option<(Millis, Line)>;

fn earlier(first: &mut First, time: Millis, line: Line) {
    if first.is_none_or(|(known, _)| time < known) {
        *first = Some((time, line));
    }
}

/// A row in its line.
struct Placed {
    uid: i64,
    row: i64,
    time: Millis,
    device: i64,
    split: bool,
}

/// Lines that are filled.
struct Filling<'a> {
    by: By,
    lines: BTreeMap<Line, Tally>,
    /// Names of clients, by their number.
    clients: Vec<String>,
    numbers: FxHashMap<String, Line>,
    /// For each number of an id: the user that it names, one more.
    user_of: Vec<u32>,
    is_orphan: Vec<bool>,
    users: Vec<First>,
    devices: FxHashMap<i64, (Millis, Line)>,
    /// Alias calls that no row was met of yet: the alias, and whether it was refused.
    calls: FxHashMap<i64, (i64, Millis, bool)>,
    known: &'a Known,
}

impl Filling<'_> {
    fn line_of(&self, time: Millis) -> Line {
        match self.by {
            By::Day => day_of(time),
            By::Date(date) => i64::from(time >= date),
            By::Client => 0,
        }
    }

    fn client(&mut self, name: &str) -> Line {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = Line::try_from(self.clients.len()).unwrap_or(Line::MAX);
        self.clients.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    fn add(&mut self, placed: &Placed, line: Line) {
        let at = usize::try_from(placed.uid).unwrap_or(0);
        let tally = self.lines.entry(line).or_default();
        tally.rows += 1;
        tally.split += u64::from(placed.split);
        tally.orphaned += u64::from(self.is_orphan.get(at).copied().unwrap_or(false));
        self.name(placed.uid, placed.time, line);
        if placed.device != 0 {
            let first = self.devices.entry(placed.device).or_insert((placed.time, line));
            if placed.time < first.0 {
                *first = (placed.time, line);
            }
        }
        if let Some((alias, time, refused)) = self.calls.remove(&placed.row) {
            self.call(alias, time, refused, line);
        }
    }

    fn call(&mut self, alias: i64, time: Millis, refused: bool, line: Line) {
        let tally = self.lines.entry(line).or_default();
        tally.calls += 1;
        tally.refused += u64::from(refused);
        if !refused {
            self.name(alias, time, line);
        }
    }

    /// Notes that the user whom an id names shows.
    fn name(&mut self, id: i64, time: Millis, line: Line) {
        let user = usize::try_from(id).ok().and_then(|at| self.user_of.get(at)).copied().unwrap_or(0);
        let first = usize::try_from(user).ok().and_then(|user| self.users.get_mut(user.checked_sub(1)?));
        if let Some(first) = first {
            earlier(first, time, line);
        }
    }

    /// Calls without a row, users and devices where they show first.
    fn finish(
        mut self,
        totals: &Totals,
        placeholders: &dyn Fn(i64) -> bool,
        number_of: &dyn Fn(&Id) -> Option<i64>,
    ) -> Tallies {
        for (alias, time, refused) in std::mem::take(&mut self.calls).into_values() {
            let line = if self.by == By::Client { self.client(NO_CLIENT) } else { self.line_of(time) };
            self.call(alias, time, refused, line);
        }
        for (first, past) in self.users.iter().zip(&self.known.users) {
            let Some((_, line)) = first else { continue };
            let tally = self.lines.entry(*line).or_default();
            tally.people += 1;
            tally.with_past += u64::from(*past != Past::None);
            tally.merged += u64::from(*past == Past::Merged);
        }
        let shared: FxHashSet<i64> = totals.shared.iter().filter_map(number_of).collect();
        for (device, (_, line)) in self.devices.iter().filter(|(device, _)| !placeholders(**device)) {
            let tally = self.lines.entry(*line).or_default();
            tally.devices += 1;
            tally.shared_devices += u64::from(shared.contains(device));
        }
        if let By::Date(_) = self.by {
            // Both spans are an answer, also where one is empty.
            for line in [0, 1] {
                self.lines.entry(line).or_default();
            }
        }
        let named = |line: Line| match self.by {
            By::Day => date_of(line),
            By::Date(moment) if line == 0 => format!("before {}", written(moment)),
            By::Date(moment) => format!("from {} on", written(moment)),
            By::Client => {
                usize::try_from(line).ok().and_then(|line| self.clients.get(line)).cloned().unwrap_or_default()
            }
        };
        let mut lines: Vec<(String, Tally)> = self.lines.iter().map(|(line, tally)| (named(*line), *tally)).collect();
        if self.by == By::Client {
            lines.sort_by(|(one, _), (other, _)| one.cmp(other));
        }
        Tallies { by: self.by, lines }
    }
}

/// A moment, or its day alone where one begins with it.
fn written(moment: Millis) -> String {
    let text = rfc3339(moment);
    text.strip_suffix("T00:00:00.000Z").map_or(text.clone(), str::to_owned)
}

/// Counts the rows of a whole store once more, line by line; and whether it came to the end.
pub(super) fn tallies(
    reader: &dyn Sweep,
    gathered: &mut Gathered,
    known: &Known,
    (by, totals): (By, &Totals),
    go_on: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<(Tallies, bool), Error> {
    let ways = gathered.ways();
    let refused: FxHashSet<i64> = totals.refused_calls.iter().copied().collect();
    let calls = gathered.calls().iter().map(|call| {
        let nameless = call.alias == 0 && call.target == 0;
        (call.row, (call.alias, call.time, nameless || refused.contains(&call.row)))
    });
    let calls = calls.collect();
    let gathered = &*gathered;
    let numbers = gathered.numbers();
    let number_of = |id: &Id| numbers.get(id.as_str()).copied();
    let ids = gathered.ids();
    let (mut user_of, mut is_orphan) = (vec![0; ids], vec![false; ids]);
    for (id, user) in &known.named {
        if let Some(of) = number_of(id).and_then(|at| user_of.get_mut(usize::try_from(at).ok()?)) {
            *of = user.saturating_add(1);
        }
    }
    for id in &known.orphans {
        if let Some(orphan) = number_of(id).and_then(|at| is_orphan.get_mut(usize::try_from(at).ok()?)) {
            *orphan = true;
        }
    }
    let mut filling = Filling {
        by,
        lines: BTreeMap::new(),
        clients: Vec::new(),
        numbers: FxHashMap::default(),
        user_of,
        is_orphan,
        users: vec![None; known.users.len()],
        devices: FxHashMap::default(),
        calls,
        known,
    };
    let ranks: FxHashMap<i64, u32> = reader.file_ranks()?.into_iter().collect();
    let names = Names { identify: Vec::new(), ranks: &ranks, thresholds: gathered.thresholds() };
    let mut batch: Vec<Placed> = Vec::new();
    let mut failed = None;
    let mut add = |uid: i64, rows: &mut Vec<crate::model::scan::SweptRow>| {
        super::sums::each_once(rows, ways.get(&uid), gathered.rules(), &names, &mut |row, split| {
            // A device is one that some id or user is on.
            let device = if uid == 0 && row.user == 0 { 0 } else { row.device };
            let placed = Placed { uid, row: row.row, time: row.time, device, split: split.is_some() };
            if by == By::Client {
                batch.push(placed);
            } else {
                let line = filling.line_of(placed.time);
                filling.add(&placed, line);
            }
        });
        if batch.len() >= BATCH
            && let Err(error) = read_clients(reader, &mut filling, &mut batch)
        {
            failed.get_or_insert(error);
        }
    };
    let complete = reader.sweep_rows(&mut add, go_on)?;
    if let Err(error) = read_clients(reader, &mut filling, &mut batch) {
        failed.get_or_insert(error);
    }
    match failed {
        Some(error) => Err(error),
        None => Ok((filling.finish(totals, &|id| gathered.is_placeholder(id), &number_of), complete)),
    }
}

/// Puts rows into the lines of their clients, which their properties name.
fn read_clients(reader: &dyn Sweep, filling: &mut Filling<'_>, batch: &mut Vec<Placed>) -> Result<(), Error> {
    let rows: Vec<i64> = batch.iter().map(|placed| placed.row).collect();
    let found: Mutex<Vec<Option<String>>> = Mutex::new(vec![None; rows.len()]);
    reader.for_each_properties(&rows, &|place, text| {
        let client = client(text);
        if let Some(found) = found.lock().unwrap_or_else(PoisonError::into_inner).get_mut(place) {
            *found = client;
        }
    })?;
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    for (placed, client) in batch.drain(..).zip(found) {
        let line = filling.client(client.as_deref().unwrap_or(NO_CLIENT));
        filling.add(&placed, line);
    }
    Ok(())
}

/// The properties that name a client: Mixpanel's, PostHog's, Amplitude's, Segment's and RudderStack's.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    mp_lib: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "$lib")]
    lib: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "$lib_version")]
    version: Option<&'a RawValue>,
    #[serde(borrow, default)]
    library: Option<&'a RawValue>,
    #[serde(borrow, default)]
    context: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Context<'a> {
    #[serde(borrow, default)]
    library: Option<Library<'a>>,
}

#[derive(Deserialize)]
struct Library<'a> {
    #[serde(borrow, default)]
    name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    version: Option<&'a RawValue>,
}

/// The client that properties name, as `web 2.29.1`.
pub(super) fn client(properties: &str) -> Option<String> {
    let named: Named<'_> = serde_json::from_str(properties).ok()?;
    let text = |value: Option<&RawValue>| -> Option<Cow<'_, str>> {
        let text: String = serde_json::from_str(value?.get()).ok()?;
        (!text.is_empty()).then_some(Cow::Owned(text))
    };
    let with = |name: Cow<'_, str>, version: Option<Cow<'_, str>>| match version {
        Some(version) => format!("{name} {version}"),
        None => name.into_owned(),
    };
    if let Some(name) = text(named.mp_lib).or_else(|| text(named.lib)) {
        return Some(with(name, text(named.version)));
    }
    if let Some(library) = text(named.library) {
        // amplitude-ts/2.48.1
        return Some(library.replacen('/', " ", 1));
    }
    let context: Context<'_> = serde_json::from_str(named.context?.get()).ok()?;
    let library = context.library?;
    Some(with(text(library.name)?, text(library.version)))
}

#[cfg(test)]
mod tests {
    use super::client;

    #[test]
    fn clients_are_named_by_the_properties_of_each_vendor() {
        for (properties, name) in [
            (r#"{"mp_lib":"web","$lib_version":"2.29.1","x":[1,{"y":2}]}"#, Some("web 2.29.1")),
            (r#"{"$lib":"web","$lib_version":"1.449.2"}"#, Some("web 1.449.2")),
            (r#"{"library":"amplitude-ts/2.48.1"}"#, Some("amplitude-ts 2.48.1")),
            (
                r#"{"context":{"library":{"name":"analytics.js","version":"next-1.84.3"}}}"#,
                Some("analytics.js next-1.84.3"),
            ),
            (r#"{"mp_lib":"python"}"#, Some("python")),
            (r#"{"mp_lib":7,"$lib_version":"1"}"#, None),
            (r#"{"library":{"name":"shop"},"context":"page"}"#, None),
            (r#"{"book_library":"web"}"#, None),
            ("{}", None),
        ] {
            assert_eq!(client(properties).as_deref(), name, "{properties}");
        }
    }
}
