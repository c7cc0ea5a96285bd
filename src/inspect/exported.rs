//! What a vendor exported after merging, against what the rules make of the rows as they were sent.
//!
//! Exported owners: for Mixpanel the `distinct_id` of rows of a file that has `$distinct_id_before_identity` (the
//! id that the row was sent under); for PostHog `person_id`; for Amplitude `amplitude_id`. Which id a vendor calls
//! a person by is its own choice, so owners are compared as groups: an exported owner and a computed one are
//! counterparts, those that share the most rows first and each once; rows of which the two owners are no
//! counterparts *differ*.
//!
//! Cost: the properties of all rows are read once, and all rows twice.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::Mutex;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value};

use super::check::sums::{Names, arrival};
use super::counted::{OWNERS, Owners, failure_of};
use super::migration::ids::{Ids, number};
use super::migration::{Side, calls_and_links, hear};
use super::{Error, ErrorKind, Inspector, Scan, Sweep};
use crate::identity::exported::{Differing, Exported, How};
use crate::identity::merging::system::{Node, Number, Said, Sent, Texts};
use crate::identity::{RuleSet, Thresholds, named};
use crate::model::facts::Arrival;
use crate::model::scan::{RowNote, Seek, SweptRow};
use crate::model::{Id, VerbKind};

/// Groups of rows that are listed.
const MOST_LISTED: usize = 20;

/// Parts of names of properties that say something here: a text without them need not be read.
const HINTS: &[&str] = &["before_identity", "failure_reason", "person_id", "amplitude_id"];

/// What a vendor says of one row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Mark {
    /// The id that it was sent under; 0 where the row does not say.
    before: Number,
    /// The person of PostHog, or the id of Amplitude, by its place in [`Marks::owners`].
    owner: Option<u32>,
}

/// What a vendor says of all rows.
#[derive(Debug, Default)]
struct Marks {
    of_row: FxHashMap<i64, Mark>,
    owners: Vec<String>,
    /// Files that Mixpanel exported after merging.
    merged_files: FxHashSet<i64>,
    /// Reasons for which rows and calls were refused.
    failures: BTreeMap<String, u64>,
}

/// Rule sets whose owners an export can have.
const WITH_OWNERS: &[&str] = &["original", "simplified", "posthog", "amplitude"];

/// Compares the owners that a vendor exported with those of each of the rule sets; of those that the export can
/// be of where none are named. `go_on` gets how many rows of how many are done; `false` ends it with what is known
/// by then.
///
/// # Errors
/// No row has an owner that a vendor exported, or the source cannot be read so.
pub fn report(
    inspector: &Inspector,
    rules: &[RuleSet],
    go_on: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<Vec<Exported>, Error> {
    let reader = inspector.source().sweep_for("a look over every user")?;
    let scan = inspector.source().scan_for("a look over every user")?;
    let mut found = inspector.source().one_moment(|| of_store(reader, scan, rules, go_on))?;
    for differing in found.iter_mut().flat_map(|found| &mut found.top) {
        differing.name = inspector.best_name(&differing.id)?;
        differing.id = inspector.shown(&differing.id)?;
        differing.exported = inspector.shown_text(&differing.exported)?;
        differing.computed = inspector.shown(&differing.computed)?;
    }
    Ok(found)
}

fn of_store(
    reader: &dyn Sweep,
    scan: &dyn Scan,
    rules: &[RuleSet],
    go_on: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<Vec<Exported>, Error> {
    let marks = marks(scan)?;
    let has_owner = |rules: &RuleSet| match rules.name() {
        "posthog" | "amplitude" => marks.of_row.values().any(|mark| mark.owner.is_some()),
        _ => !marks.merged_files.is_empty(),
    };
    let usual: Vec<RuleSet> =
        WITH_OWNERS.iter().filter_map(|name| named(name)).filter(|rules| has_owner(rules)).collect();
    let mut all = Vec::new();
    for rules in if rules.is_empty() { &usual } else { rules } {
        let found = under(reader, &marks, *rules, go_on)?;
        // Of PostHog and Amplitude each row has an owner of its own kind.
        if found.compared > 0 || !all.is_empty() {
            all.push(found);
        }
    }
    all.retain(|found: &Exported| found.compared > 0);
    if all.is_empty() {
        return Err(Error::new(ErrorKind::Usage, "no row of the store says to whom a vendor counted it after merging")
            .hint("an export with $distinct_id_before_identity, person_id or amplitude_id"));
    }
    Ok(all)
}

/// Reads what the rows say of their owners.
fn marks(scan: &dyn Scan) -> Result<Marks, Error> {
    struct Raw {
        row: i64,
        file: i64,
        before: Option<String>,
        owner: Option<String>,
        failure: Option<String>,
    }
    let raw: Mutex<Vec<Raw>> = Mutex::new(Vec::new());
    let test = |note: &RowNote, text: &str| {
        if HINTS.iter().any(|hint| text.contains(hint))
            && let Ok(properties) = serde_json::from_str::<Map<String, Value>>(text)
        {
            let id = |key: &str| match properties.get(key)? {
                Value::String(text) if !text.is_empty() => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            };
            let owner = OWNERS.iter().find_map(|owners| owners.of(&properties));
            let failure = failure_of(&properties);
            let before = id("$distinct_id_before_identity");
            if (before.is_some() || owner.is_some() || failure.is_some())
                && let Ok(mut raw) = raw.lock()
            {
                raw.push(Raw { row: note.row, file: note.file, before, owner, failure });
            }
        }
        false
    };
    scan.seek(&Seek { properties: Some(&test), ..Seek::default() }, &mut |_, _| ControlFlow::Continue(()))?;
    let raw = raw.into_inner().unwrap_or_default();
    let mut marks = Marks::default();
    let mut owners: HashMap<String, u32> = HashMap::new();
    let mut numbers: HashMap<String, Number> = HashMap::new();
    for Raw { row, file, before, owner, failure } in raw {
        if let Some(failure) = failure {
            *marks.failures.entry(failure).or_default() += 1;
        }
        let before = match before {
            None => 0,
            Some(text) => {
                marks.merged_files.insert(file);
                if let Some(known) = numbers.get(&text) {
                    *known
                } else {
                    let known = number(scan.number(&Id::new(&text))?.unwrap_or(0));
                    numbers.insert(text, known);
                    known
                }
            }
        };
        let owner = owner.map(|owner| {
            let next = u32::try_from(owners.len()).unwrap_or(u32::MAX);
            *owners.entry(owner).or_insert_with_key(|text| {
                marks.owners.push(text.clone());
                next
            })
        });
        if before != 0 || owner.is_some() {
            marks.of_row.insert(row, Mark { before, owner });
        }
    }
    Ok(marks)
}

/// The owner that a vendor exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Owner {
    /// The id that a row of a merged export has.
    Id(Number),
    /// A person of PostHog or an id of Amplitude.
    Named(u32),
}

/// Rows that were sent with the same ids and have the same exported owner.
#[derive(Clone, Copy, Debug)]
struct Group {
    sent: Sent,
    owner: Option<Owner>,
    rows: u64,
    first: Arrival,
    /// File and line of the first.
    place: (i64, i64),
}

/// One rule set against the export.
fn under(
    reader: &dyn Sweep,
    marks: &Marks,
    rules: RuleSet,
    go_on: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<Exported, Error> {
    let Some(system) = rules.system() else {
        let what = format!("under the rules {} no vendor merges: rows stay where they are stored", rules.name());
        return Err(Error::new(ErrorKind::Usage, what).hint(WITH_OWNERS.join(", ")));
    };
    let (calls, links) = (reader.sweep_calls()?, reader.sweep_links()?);
    let ids = Ids::read(reader, &calls, &links)?;
    let ranks: FxHashMap<i64, u32> = reader.file_ranks()?.into_iter().collect();
    let (groups, complete) = groups(reader, marks, rules, system.hears_every_row(), &ranks, go_on)?;
    let mut said: Vec<(Arrival, Said)> = groups.iter().map(|group| (group.first, Said::Row(group.sent))).collect();
    calls_and_links(&calls, &links, &ranks, &|_, _, _| i64::MIN, &mut said);
    said.sort_unstable_by_key(|(arrival, said)| (*arrival, matches!(said, Said::Row(_))));
    let side = hear(Some(system), said.iter().copied(), &ids);
    let mut found = Exported { rules, complete, ..Exported::of_nothing(rules) };
    let pairs = pairs(&groups, &side, &ids, &mut found);
    weigh(pairs, reader, marks, &ids, &mut found)?;
    for (name, number) in &marks.failures {
        found.failures.entry(name.clone()).or_default().0 = *number;
    }
    for (name, number) in side.refused.iter().filter(|(name, _)| **name != "ignored") {
        found.failures.entry((*name).to_owned()).or_default().1 = *number;
    }
    Ok(found)
}

/// Rows by the ids that they were sent with and by their exported owner, and whether all were read.
fn groups(
    reader: &dyn Sweep,
    marks: &Marks,
    rules: RuleSet,
    every: bool,
    ranks: &FxHashMap<i64, u32>,
    go_on: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<(Vec<Group>, bool), Error> {
    let mut about_ids: FxHashSet<i64> = FxHashSet::default();
    for verb in VerbKind::ALL.into_iter().filter(|verb| verb.is_about_ids()) {
        about_ids.extend(reader.names_of(verb)?);
    }
    let names = Names { identify: Vec::new(), ranks, thresholds: &Thresholds::DEFAULT };
    let is_mixpanels = matches!(rules.name(), "original" | "simplified");
    let mut groups: Vec<Group> = Vec::new();
    let mut of: FxHashMap<(Sent, Option<Owner>), usize> = FxHashMap::default();
    let mut add = |uid: i64, rows: &mut Vec<SweptRow>| {
        if uid == 0 {
            return;
        }
        of.clear();
        for row in rows.iter() {
            let mark = marks.of_row.get(&row.row);
            let before = mark.map_or(0, |mark| mark.before);
            let id = if before == 0 { number(uid) } else { before };
            let sent = Sent {
                id,
                device: number(row.device),
                user: number(row.user),
                is_call: about_ids.contains(&row.event),
            };
            let owner = match mark.and_then(|mark| mark.owner) {
                Some(owner) if !is_mixpanels => {
                    let text = marks.owners.get(owner as usize).map_or("", String::as_str);
                    let has = |owners: &Owners| owners.rules == rules.name() && owners.has(text);
                    OWNERS.iter().any(has).then_some(Owner::Named(owner))
                }
                None if is_mixpanels && marks.merged_files.contains(&row.file) => Some(Owner::Id(number(uid))),
                _ => None,
            };
            let arrival = arrival(row, &names);
            let known = of.get(&(sent, owner)).copied().filter(|_| !every);
            if let Some(group) = known.and_then(|at| groups.get_mut(at)) {
                group.rows += 1;
                if arrival < group.first {
                    (group.first, group.place) = (arrival, (row.file, row.line));
                }
            } else {
                of.insert((sent, owner), groups.len());
                groups.push(Group { sent, owner, rows: 1, first: arrival, place: (row.file, row.line) });
            }
        }
    };
    let complete = reader.sweep_rows(&mut add, go_on)?;
    Ok((groups, complete))
}

/// Rows of one exported owner that one computed owner has.
#[derive(Clone, Copy, Debug)]
struct Share {
    rows: u64,
    first: Arrival,
    place: (i64, i64),
}

/// Rows by both owners.
fn pairs(groups: &[Group], side: &Side, ids: &Ids, found: &mut Exported) -> FxHashMap<(Owner, Node), Share> {
    let mut pairs: FxHashMap<(Owner, Node), Share> = FxHashMap::default();
    for group in groups {
        found.rows += group.rows;
        let computed = side.system.as_ref().and_then(|system| system.owner(group.sent, group.first, ids));
        let (Some(owner), Some(computed)) = (group.owner, computed) else { continue };
        if group.sent.is_call {
            continue;
        }
        found.compared += group.rows;
        let share = Share { rows: 0, first: group.first, place: group.place };
        let share = pairs.entry((owner, computed)).or_insert(share);
        share.rows += group.rows;
        if group.first < share.first {
            (share.first, share.place) = (group.first, group.place);
        }
    }
    pairs
}

/// Counts what agrees, and lists what differs.
fn weigh(
    pairs: FxHashMap<(Owner, Node), Share>,
    reader: &dyn Sweep,
    marks: &Marks,
    ids: &Ids,
    found: &mut Exported,
) -> Result<(), Error> {
    let mut of_exported: FxHashMap<Owner, Option<Node>> = FxHashMap::default();
    let mut of_computed: FxHashMap<Node, Option<Owner>> = FxHashMap::default();
    let mut sorted: Vec<((Owner, Node), Share)> = pairs.into_iter().collect();
    // Most rows first; of equals always the same one.
    sorted.sort_unstable_by(|a, b| b.1.rows.cmp(&a.1.rows).then(a.0.cmp(&b.0)));
    for ((owner, node), _) in &sorted {
        let (exported, computed) = (of_exported.entry(*owner).or_default(), of_computed.entry(*node).or_default());
        if exported.is_none() && computed.is_none() {
            (*exported, *computed) = (Some(*node), Some(*owner));
        }
    }
    (found.people.0, found.people.1) = (of_exported.len() as u64, of_computed.len() as u64);
    let id_of = |node: Node| {
        let id = Id::new(ids.text(node.number()));
        if node.is_device() && !ids.is_device(node.number()) { id.other_device_form() } else { id }
    };
    let name_of = |owner: Owner| match owner {
        Owner::Id(number) => ids.text(number).to_owned(),
        Owner::Named(at) => marks.owners.get(at as usize).cloned().unwrap_or_default(),
    };
    for ((owner, node), share) in &sorted {
        let counterpart = of_computed.get(node).copied().flatten();
        if counterpart == Some(*owner) {
            found.agree += share.rows;
            continue;
        }
        // The rules join what the vendor separates where the computed owner is another's counterpart.
        let how = if counterpart.is_none() { How::Split } else { How::Joined };
        match how {
            How::Joined => found.joined += share.rows,
            How::Split => found.split += share.rows,
        }
        if found.top.len() < MOST_LISTED {
            found.top.push(Differing {
                id: id_of(*node),
                name: None,
                rows: share.rows,
                exported: name_of(*owner),
                computed: id_of(*node),
                how,
                source: reader.swept_source(share.place.0, share.place.1)?,
            });
        }
    }
    Ok(())
}
