//! Findings of every user of a store, or of one.
//!
//! Users are judged by the same rules as a journey, from the same calls and links, but from sums
//! of their rows: one pass over the rows adds them up id by id, and no more than the rows of one
//! id are in memory. Ids that calls and links join are judged together, some thousand at a time.
//! For the worst users of each kind the journey itself is opened, for the sentence and the places.
//!
//! Memory: some 60 bytes for each id, call and link, and their texts.

mod addresses;
mod asked;
mod each;
mod gathered;
mod judged;
mod money;
mod places;
mod summed;
pub(super) mod sums;
mod tallied;
mod whole;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use self::gathered::Gathered;
use self::money::Losses;
pub use self::money::of_finding as amounts_of;
use self::tallied::Known;
use super::{Error, Inspector, Sweep};
use crate::identity::audit::{Audit, Auditor, Found, MOST_TOLD};
use crate::identity::baseline::Baseline;
use crate::identity::findings::{EMAIL_ON_TWO_USERS, Lost, ROWS_WITHOUT_ID, ROWS_WITHOUT_NAME, keep_place};
use crate::identity::{By, Checked, Finding, Journey, Kind, Past, Totals};
use crate::model::facts::{Event, MIXPANEL, Source};
use crate::model::money::Amounts;
use crate::model::threads::join;
use crate::model::{Id, Millis};

/// Rows of a finding of the whole store that are listed, at most.
const MOST_LOOSE: usize = 1_000;

/// Journeys that are opened for the evidence of a kind.
const MOST_OPENED: usize = 3;

/// Looks at every user of the store. `go_on` gets how many rows of how many are done; `false`
/// ends it with what is known by then, and the answer says that it is not complete.
pub fn store(inspector: &Inspector, go_on: &mut dyn FnMut(u64, u64) -> bool) -> Result<Audit, Error> {
    store_by(inspector, &Wanted::default(), go_on)
}

/// What else is wanted of a look over a store.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The numbers to track, line by line; that takes one pass over the rows more.
    pub by: Option<By>,
    /// What an earlier look found.
    pub baseline: Baseline,
    /// The kinds that are looked for; `None` for all. Where there are no numbers to track, users who cannot have a finding
    /// of these kinds are not judged: users are not counted then, and there are no shares.
    pub only: Option<Vec<&'static Kind>>,
}

impl Wanted {
    fn wants(&self, kind: &Kind) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&kind))
    }
}

/// As [`store`], with what else is wanted.
pub fn store_by(
    inspector: &Inspector,
    wanted: &Wanted,
    go_on: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<Audit, Error> {
    let by = wanted.by;
    let reader = inspector.source().sweep_for("a look over every user")?;
    let mut audit = inspector.source().one_moment(|| {
        let mut gathered = Gathered::of(reader, inspector.rules(), inspector.thresholds)?;
        let passes = if by.is_some() { 2 } else { 1 };
        let complete = gathered.read_rows(reader, &mut |done, all| go_on(done, all.saturating_mul(passes)))?;
        let only = wanted.only.as_deref().filter(|_| by.is_none());
        let mut auditor = Auditor::new(inspector.rules()).with_baseline(wanted.baseline.clone());
        if only.is_some() {
            auditor = auditor.of_some();
        }
        let (mut known, mut lost) = (Known::default(), Vec::new());
        let (totals, judged) = gathered.judge(
            only,
            &|kind| wanted.wants(kind),
            &mut |checked| {
                auditor.add(&checked);
                if by.is_some() {
                    known.add(&checked);
                }
                let Checked { root, known, findings, .. } = checked;
                let id = known.unwrap_or(root);
                let losing = findings.into_iter().filter(|finding| finding.lost != Lost::Nothing);
                lost.extend(losing.map(|finding| (finding.kind, id.clone(), finding.lost)));
            },
            go_on,
        );
        let complete = complete && judged;
        let tallied = by.filter(|_| complete).map(|by| {
            let mut go_on = |done: u64, all: u64| go_on(all.saturating_add(done), all.saturating_mul(passes));
            tallied::tallies(reader, &mut gathered, &known, (by, &totals), &mut go_on)
        });
        let (tallies, complete) = match tallied.transpose()? {
            Some((tallies, whole)) => (Some(tallies), complete && whole),
            None => (None, complete),
        };
        let rows = gathered.summed().events;
        let mut audit = auditor.finish(&totals, rows, complete);
        (audit.span, audit.tallies) = (gathered.summed().span, tallies);
        whole::find(inspector, reader, &mut gathered, wanted, &mut audit)?;
        if complete {
            let done = rows.saturating_mul(passes);
            let complete = add_up(lost, reader, &mut gathered, &mut audit, &mut || go_on(done, done))?;
            audit.complete = complete;
            audit.found.iter_mut().for_each(|found| found.at_least |= !complete);
        }
        Ok(audit)
    })?;
    inspector.source().one_moment(|| prove_all(inspector, &mut audit, go_on))?;
    audit.sort();
    Ok(audit)
}

/// Opens journeys for the evidence of every finding, of a large store on two threads.
fn prove_all(inspector: &Inspector, audit: &mut Audit, go_on: &mut dyn FnMut(u64, u64) -> bool) -> Result<(), Error> {
    let events = audit.events;
    let helper = if events >= summed::MANY_ROWS && audit.found.len() > 1 { inspector.another()? } else { None };
    let is_complete = AtomicBool::new(audit.complete);
    let next = Mutex::new(audit.found.iter_mut());
    let work = |inspector: &Inspector, is_helper: bool, go_on: &mut dyn FnMut() -> bool| {
        loop {
            let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
            let found = if is_helper { next.next_back() } else { next.next() };
            drop(next);
            let Some(found) = found else { return Ok(()) };
            // Evidence means to open journeys, for which who wants to stop does not wait.
            if is_complete.load(Ordering::Relaxed) && !go_on() {
                is_complete.store(false, Ordering::Relaxed);
            }
            prove(inspector, found, if is_complete.load(Ordering::Relaxed) { MOST_OPENED } else { 0 })?;
        }
    };
    let work = &work;
    thread::scope(|scope| {
        let helped = helper.map(|helper| scope.spawn(move || work(&helper, true, &mut || true)));
        let own: Result<(), Error> = work(inspector, false, &mut || go_on(events, events));
        helped.map_or(Ok(()), join).and(own)
    })?;
    audit.complete = is_complete.into_inner();
    Ok(())
}

/// Puts what lost rows say was paid to each finding and to the users that it lists; whether all were read.
fn add_up(
    lost: Vec<(&'static Kind, Id, Lost)>,
    reader: &dyn Sweep,
    gathered: &mut Gathered,
    audit: &mut Audit,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<bool, Error> {
    let mut next = 0..;
    // The sum of each finding, and those of the users that it lists.
    let sums: Vec<(u32, Vec<u32>)> = audit
        .found
        .iter()
        .map(|found| (next.next().unwrap_or(u32::MAX), next.by_ref().take(found.ids.len()).collect()))
        .collect();
    let mut losses = Losses::default();
    for (kind, id, lost) in lost {
        let Some(at) = audit.found.iter().position(|found| found.kind == kind) else { continue };
        let (Some(found), Some((of_kind, of_ids))) = (audit.found.get(at), sums.get(at)) else { continue };
        if let Some(listed) = found.ids.iter().position(|listed| *listed == id).and_then(|at| of_ids.get(at)) {
            losses.add(*listed, lost.clone());
        }
        losses.add(*of_kind, lost);
    }
    let without_id = audit.found.iter().position(|found| *found.kind == ROWS_WITHOUT_ID);
    let without_id = without_id.and_then(|at| sums.get(at)).map(|(sum, _)| *sum);
    let (mut amounts, complete) = losses.amounts(reader, gathered, without_id, go_on)?;
    for (found, (of_kind, of_ids)) in audit.found.iter_mut().zip(sums) {
        found.amounts = amounts.remove(&of_kind).unwrap_or_default();
        if !found.amounts.is_empty() {
            found.amounts_of_ids = of_ids.iter().map(|sum| amounts.remove(sum).unwrap_or_default()).collect();
        }
    }
    Ok(complete)
}

/// A user with a finding of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// An id that names the person, or the root of a visitor.
    pub id: Id,
    /// Where the data is stored, as it is in the store.
    root: Id,
    /// The best name that a profile or an alias gives; `None` where none was asked for or there is none.
    pub name: Option<String>,
    /// Whether the id names a person.
    pub known: bool,
    /// Rows that are lost to the user or mixed with another's.
    pub rows: u64,
    /// What these rows say was paid, where they are lost to the user or mixed with another's.
    pub amounts: Amounts,
    /// When the finding shows for the first time.
    pub since: Option<Millis>,
}

/// A row that proves a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Its number in the store; `None` where no row is at that place, as for a table of aliases.
    pub row: Option<i64>,
    /// When it happened.
    pub time: Option<Millis>,
    /// Its name.
    pub event: Arc<str>,
    /// The id that it was sent under.
    pub id: Option<Id>,
    /// Where it stands in the input.
    pub source: Source,
}

impl Proof {
    /// A row of a journey.
    pub fn of(event: &Event) -> Self {
        Self {
            row: Some(event.row),
            time: Some(event.time),
            event: Arc::clone(&event.event),
            id: event.id.clone(),
            source: event.source.clone(),
        }
    }
}

/// Every user with a finding of `kind`, the one with the most rows first, and whether the look came
/// to its end; `go_on` as for [`store`].
pub fn people(
    inspector: &Inspector,
    kind: &'static Kind,
    go_on: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<(Vec<Person>, bool), Error> {
    let reader = inspector.source().sweep_for("a look over every user")?;
    let mut people: Vec<Person> = Vec::new();
    let complete = inspector.source().one_moment(|| {
        let mut gathered = Gathered::of(reader, inspector.rules(), inspector.thresholds)?;
        let complete = gathered.read_rows(reader, go_on)?;
        if *kind == EMAIL_ON_TWO_USERS {
            let scan = inspector.source().scan_for("a look over every user")?;
            people = addresses::people(&addresses::shared(scan, &mut gathered)?, &gathered);
            return Ok(complete);
        }
        let mut losses = Losses::default();
        let each = &mut |checked: Checked| {
            let Some(finding) = checked.findings.into_iter().find(|finding| finding.kind == kind) else { return };
            losses.add(u32::try_from(people.len()).unwrap_or(u32::MAX), finding.lost);
            people.push(Person {
                id: checked.known.as_ref().unwrap_or(&checked.root).clone(),
                root: checked.root,
                name: None,
                known: checked.known.is_some(),
                rows: finding.rows,
                amounts: Amounts::default(),
                since: finding.since,
            });
        };
        let (_, judged) = gathered.judge(Some(&[kind]), &|wanted| wanted == kind, each, go_on);
        if !complete || !judged {
            return Ok(false);
        }
        let rows = gathered.summed().events;
        let (amounts, complete) = losses.amounts(reader, &mut gathered, None, &mut || go_on(rows, rows))?;
        for (nth, of_person) in amounts {
            let person = usize::try_from(nth).ok().and_then(|nth| people.get_mut(nth));
            if let Some(person) = person {
                person.amounts = of_person;
            }
        }
        Ok(complete)
    })?;
    people.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.id.cmp(&b.id)));
    for person in &mut people {
        person.id = inspector.shown(&person.id)?;
    }
    Ok((people, complete))
}

/// Puts names to people.
pub fn name(inspector: &Inspector, people: &mut [Person]) -> Result<(), Error> {
    for person in people {
        person.name = inspector.name_of(&person.root)?;
    }
    Ok(())
}

/// Rows that show a finding of the store as a whole, at most `MOST_LOOSE`; none for other kinds.
pub fn rows_of_store(
    inspector: &Inspector,
    kind: &'static Kind,
    go_on: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<Vec<Proof>, Error> {
    let reader = inspector.source().sweep_for("rows of no user")?;
    let mut proofs: Vec<Proof> = if *kind == ROWS_WITHOUT_ID {
        reader.rows_without_id(MOST_LOOSE)?.iter().map(|event| Proof::of(event)).collect()
    } else if *kind == ROWS_WITHOUT_NAME {
        inspector.source().one_moment(|| {
            let mut gathered = Gathered::of(reader, inspector.rules(), inspector.thresholds)?;
            gathered.read_rows(reader, go_on)?;
            gathered.nameless(reader, MOST_LOOSE)
        })?
    } else {
        Vec::new()
    };
    for proof in &mut proofs {
        proof.id = proof.id.take().map(|id| inspector.shown(&id)).transpose()?;
        proof.event = inspector.shown_text(&proof.event)?.into();
    }
    Ok(proofs)
}

/// The findings of the user of one id, of which `wanted` has no lines to track; `None` when the store does not name it.
pub fn one(inspector: &Inspector, id: &Id, wanted: &Wanted) -> Result<Option<Audit>, Error> {
    let Some(journey) = inspector.journey_of_findings(id)? else { return Ok(None) };
    let mut auditor = Auditor::new(inspector.rules()).with_baseline(wanted.baseline.clone());
    let mut checked = checked(&journey);
    checked.findings.retain(|finding| wanted.wants(finding.kind));
    auditor.add(&checked);
    let refused = journey.refused().count() as u64;
    let totals = Totals { calls: journey.aliases.len() as u64, refused, ..Totals::default() };
    let mut audit = auditor.finish(&totals, journey.steps.len() as u64, journey.cuts.is_empty());
    // One user says nothing of shares of devices.
    audit.rates.shared_devices = None;
    audit.span =
        journey.steps.first().zip(journey.steps.last()).map(|(first, last)| (first.event.time, last.event.time));
    for found in &mut audit.found {
        if let Some(finding) = journey.findings.iter().find(|finding| finding.kind == found.kind) {
            add_proof(inspector, &journey, finding, found)?;
            found.amounts = money::of_finding(inspector, &journey, finding)?;
            found.amounts_of_ids = found.ids.iter().map(|_| found.amounts.clone()).collect();
        }
        advise(found);
    }
    Ok(Some(audit))
}

/// One user as a look over all sees it.
pub fn checked(journey: &Journey) -> Checked {
    let own = || journey.orphans.iter().filter(|orphan| orphan.counts());
    let has_past = journey.ids.iter().any(|member| member.anonymous && member.events > 0);
    let past = match (own().next().is_some(), has_past) {
        (true, _) => Past::Left,
        (false, true) => Past::Merged,
        (false, false) => Past::None,
    };
    Checked {
        root: journey.root.clone().unwrap_or_else(|| journey.query.clone()),
        known: journey.ids.iter().find(|member| !member.anonymous).map(|member| member.id.clone()),
        rows: journey.steps.len() as u64,
        split: journey.splits() as u64,
        orphaned: journey.orphaned_rows() as u64,
        past,
        named: journey.ids.iter().filter(|member| !member.anonymous).map(|member| member.id.clone()).collect(),
        orphans: own().flat_map(|orphan| orphan.ids.iter().cloned()).collect(),
        findings: journey.findings.clone(),
    }
}

/// Opens the journeys of the worst users, `most` of them, until there are places enough.
fn prove(inspector: &Inspector, found: &mut Found, most: usize) -> Result<(), Error> {
    for id in found.ids.clone().into_iter().take(most) {
        if found.sources.len() >= MOST_TOLD {
            break;
        }
        let Some(journey) = inspector.journey_of_findings(&id)? else { continue };
        let Some(finding) = journey.findings.iter().find(|finding| finding.kind == found.kind) else { continue };
        add_proof(inspector, &journey, finding, found)?;
    }
    if found.what.is_empty() {
        found.what = format!("{}.", found.kind.title);
    }
    for id in &mut found.ids {
        *id = inspector.shown(id)?;
    }
    advise(found);
    Ok(())
}

fn add_proof(inspector: &Inspector, journey: &Journey, finding: &Finding, found: &mut Found) -> Result<(), Error> {
    if found.what.is_empty() {
        found.what.clone_from(&finding.what);
    }
    let known = found.sources.len();
    // Two users of one device have the same row as evidence.
    for source in &finding.sources {
        keep_place(&mut found.sources, source, MOST_TOLD);
    }
    let sources = found.sources.get(known..).unwrap_or_default();
    let steps = journey.steps.iter().chain(journey.orphans.iter().flat_map(|orphan| &orphan.steps));
    let rows: Vec<i64> =
        steps.filter(|step| sources.contains(&step.event.source)).map(|step| step.event.row).take(MOST_TOLD).collect();
    for client in clients(&inspector.properties(&rows)?) {
        if !found.clients.contains(&client) {
            found.clients.push(client);
        }
    }
    Ok(())
}

/// Libraries and versions that rows name, as `web 2.29.1`.
fn clients(properties: &[String]) -> Vec<String> {
    let mut clients: Vec<String> = Vec::new();
    for client in properties.iter().filter_map(|text| tallied::client(text)) {
        if !clients.contains(&client) {
            clients.push(client);
        }
    }
    clients
}

/// The vendor of all of the evidence.
fn vendor_of(found: &Found) -> Option<&str> {
    let mut vendors = found.sources.iter().map(|source| &*source.vendor);
    vendors.next().filter(|first| vendors.all(|vendor| vendor == *first))
}

/// Takes the advice for a library where all of the evidence is of that library.
///
/// Rows of another vendor have its calls, whatever the library: they are named by the vendor.
fn advise(found: &mut Found) {
    if let Some(vendor) = vendor_of(found).filter(|vendor| *vendor != MIXPANEL) {
        // Where the rows fit both, the calls of the one are those of the other.
        let own = found.kind.in_library.iter().find(|own| vendor.starts_with(own.library));
        found.advice = own.map_or(found.kind.advice, |own| own.advice);
        return;
    }
    let mut libraries = found.clients.iter().map(|client| client.split(' ').next().unwrap_or_default());
    if let Some(first) = libraries.next().filter(|first| libraries.all(|library| library == *first)) {
        let own = found.kind.in_library.iter().find(|own| own.library == first);
        found.advice = own.map_or(found.kind.advice, |own| own.advice);
    }
}
