//! One sentence for every decision, with the line of the file that it rests on.
//!
//! The sentences hold ids as they are in the data: code that shows them on a terminal escapes
//! them with [`crate::model::text::visible`].

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::journey::{
    AliasLine, Alike, Evidence, EvidenceKind, Journey, Reason, Refusal, Role, Split, State, Step, Strength, Verdict,
};
use super::super::rules::of_vendor;
use crate::model::alike::visible_id;
use crate::model::facts::{Event, MIXPANEL, Origin, Source};
use crate::model::text::{and, counted};
use crate::model::time::span;
use crate::model::{Client, Flags, Id, Millis, VerbKind};

/// `sally.jsonl line 3`.
fn place(source: &Source) -> String {
    format!("{} line {}", source.file, source.line)
}

fn name(id: Option<&Id>) -> &str {
    id.map_or("nothing", Id::as_str)
}

/// Why a row is where it is.
pub(super) fn step(journey: &Journey, step: &Step) -> String {
    let mut why = match &step.reason {
        Reason::Own => {
            let sent = name(step.event.id.as_ref());
            if *sent == *step.stored_under.as_str() {
                format!("Sent as {sent}, which no alias row leads on from: stored under {sent} itself.")
            } else {
                format!("Sent as {sent}, stored under {}.", step.stored_under.as_str())
            }
        }
        Reason::Through { call, hops } => through(journey, step, *call, *hops),
        Reason::Before { call } => before(journey, step, *call),
        Reason::Orphaned { orphan } => orphaned(journey, step, *orphan),
        Reason::Call { call } => match journey.aliases.get(*call) {
            Some(line) => format!("{} The row itself is stored under {}.", line.why, step.stored_under.as_str()),
            None => String::new(),
        },
    };
    if step.event.verb == VerbKind::Identify
        && step.state == State::Merged
        && !journey.points.iter().any(|point| point.row == step.event.row)
    {
        why.push_str(" The SDK repeats this $identify (after alias, on page loads): no new login.");
    }
    let flags = step.event.flags;
    if flags.has(Flags::HOT_SHARD) {
        why.push_str(" The server had taken its name and id away as a hot shard; both were put back.");
    }
    if flags.has(Flags::TIME_FROM_ARRIVAL) {
        why.push_str(" It was sent without a time; the time of its arrival is used.");
    }
    if flags.has(Flags::AMBIGUOUS_HOUR) {
        why.push_str(" The project's clock had this hour twice; the one nearer to the arrival is used.");
    }
    if flags.has(Flags::REPAIRED) {
        why.push_str(" Its text had a damaged character, which was repaired: U+FFFD replaces it.");
    }
    why
}

fn through(journey: &Journey, step: &Step, call: usize, hops: u32) -> String {
    let sent = name(step.event.id.as_ref());
    let root = step.stored_under.as_str();
    let Some(line) = journey.aliases.get(call) else { return format!("Sent as {sent}, an alias of {root}.") };
    let whence = if line.from_table { "the given table of aliases" } else { "the alias call" };
    let chain = if hops > 1 { format!(" and {} more", hops - 1) } else { String::new() };
    let order = if line.from_table {
        "holds".to_owned()
    } else if line.arrived.is_some() && step.event.arrival_known() {
        format!("had arrived {} earlier", span(step.event.arrived.saturating_sub(line.order)))
    } else {
        "stands before it in the input".to_owned()
    };
    format!("Sent as {sent}; {whence} of {}{chain} {order}, so it is stored under {root}.", place(&line.source))
}

fn before(journey: &Journey, step: &Step, call: usize) -> String {
    let sent = name(step.event.id.as_ref());
    let stored = step.stored_under.as_str();
    let Some(line) = journey.aliases.get(call) else { return format!("Sent as {sent}, stored under {stored}.") };
    let order = if line.arrived.is_some() && step.event.arrival_known() {
        format!("arrived {} before", span(line.order.saturating_sub(step.event.arrived)))
    } else {
        "stands in the input before".to_owned()
    };
    let what = match step.state {
        State::Split(Split::Race) => "a race: nothing moves it later",
        _ => "history of its own: an alias is not retroactive",
    };
    format!(
        "Sent as {sent}; it {order} the alias call of {}, so it stays under {stored} ({what}).",
        place(&line.source)
    )
}

fn orphaned(journey: &Journey, step: &Step, orphan: usize) -> String {
    let sent = name(step.event.id.as_ref());
    let root = journey.root.as_ref().map_or("this user", Id::as_str);
    let Some(orphan) = journey.orphans.get(orphan) else {
        return format!("Sent as {sent}, which nothing joins to {root}.");
    };
    let blocked = orphan
        .evidence
        .iter()
        .find(|evidence| matches!(evidence.kind, EvidenceKind::RefusedAlias | EvidenceKind::ServerAlias));
    let reason = match blocked {
        Some(evidence) => format!("the alias call that was to join them was refused ({})", place(&evidence.source)),
        None => "identify does not reach back".to_owned(),
    };
    let doubt = if orphan.contested { " More than one user could claim it, so it counts for none." } else { "" };
    format!("Sent as {sent}; no alias leads from {} to {root}, {reason}: an orphan.{doubt}", orphan.id.as_str())
}

/// What became of an alias call, and why.
pub(super) fn call(line: &AliasLine) -> String {
    let alias = name(line.alias.as_ref());
    let target = name(line.target.as_ref());
    let kept = name(line.kept.as_ref());
    let by = line.kept_by.as_ref().map_or_else(|| "an earlier call".to_owned(), place);
    let asked = if line.from_table {
        format!("The given table maps {alias} to {target}")
    } else {
        format!("Asks for the alias {alias} of {target}")
    };
    let mut why = match line.verdict {
        Verdict::Accepted if line.from_table => format!("{asked}: taken as it is."),
        Verdict::Accepted => format!("{asked}: accepted, the first mapping of {alias}."),
        Verdict::Duplicate => format!("{asked}: no effect, {alias} leads to the same root since {by}."),
        Verdict::Refused(Refusal::ALREADY_MAPPED) => {
            format!(
                "{asked}: refused without a word, because {alias} points at {kept} since {by} and the first mapping wins."
            )
        }
        Verdict::Refused(Refusal::SELF_ALIAS) => format!("{asked}: refused, an id cannot be an alias of itself."),
        Verdict::Refused(Refusal::CYCLE) => {
            format!(
                "{asked}: refused, because {target} already leads to {alias} since {by} and the chain would never end."
            )
        }
        Verdict::Refused(Refusal::EMPTY_ALIAS) => format!("{asked}: refused, the call names no alias."),
        Verdict::Refused(Refusal::EMPTY_DISTINCT_ID) => format!("{asked}: refused, the call names no distinct_id."),
        Verdict::Refused(other) => format!("{asked}: refused, {}.", other.because(alias, target, kept)),
    };
    if line.by_original {
        why.push_str(" Its target is named by `original`, as Android up to 7.2.1 sends it, not by distinct_id.");
    }
    why
}

/// An accepted alias as an identify point.
pub(super) fn alias_point(line: &AliasLine) -> String {
    format!(
        "Known as {} from here on: the alias call of {} was accepted for {}.",
        name(line.alias.as_ref()),
        place(&line.source),
        name(line.target.as_ref())
    )
}

/// A first `$identify`.
pub(super) fn identify_point(event: &Event, id: &Id, anon: &Id) -> String {
    format!(
        "identify: the client switched from {} to {} ({}); what it sent before stays where it is.",
        anon.as_str(),
        id.as_str(),
        place(&event.source)
    )
}

/// A first row that names a known id.
pub(super) fn login_point(event: &Event, id: &Id) -> String {
    let whence = match (&event.device, &event.client) {
        (Some(device), _) => format!("device {}", device.as_str()),
        (None, Some(client)) => format!("a client ({})", client.as_str()),
        (None, None) => "a client that names no device".to_owned(),
    };
    let (id_text, place) = (id.as_str(), place(&event.source));
    if event.id.as_ref() == Some(id) {
        format!("First row of {whence} under the known id {id_text} ({place}): a login.")
    } else {
        format!("First row of {whence} with the $user_id {id_text} ({place}): the app knows who this is.")
    }
}

/// An inferred reset.
pub(super) fn reset_point(ended: &Id, last: Millis, begun: &Id, first: &Event, client: &Client) -> String {
    format!(
        "Inferred: {} sends its last row and {} after that {} begins on what looks like the same device ({}, {}); no SDK sends a reset.",
        ended.as_str(),
        span(first.time.saturating_sub(last)),
        begun.as_str(),
        client.as_str(),
        place(&first.source)
    )
}

/// One piece of evidence.
pub(super) fn evidence(
    kind: EvidenceKind,
    anonymous: &Id,
    named: &Id,
    owner: &Id,
    source: &Source,
    rows: u64,
) -> String {
    let (anonymous, place) = (anonymous.as_str(), place(source));
    let who =
        if named == owner { named.as_str().to_owned() } else { format!("{} ({})", named.as_str(), owner.as_str()) };
    let more = match rows {
        0 | 1 => String::new(),
        rows => format!(", first of {rows} rows"),
    };
    match kind {
        EvidenceKind::IdentifyEvent => {
            format!("An $identify row says that one client switched from {anonymous} to {who} ({place}{more}).")
        }
        EvidenceKind::DeviceAndUser => {
            format!("A row carries the $device_id of {anonymous} and the $user_id {who} ({place}{more}).")
        }
        EvidenceKind::RefusedAlias => {
            format!("The app asked for {who} as an alias of {anonymous} and was refused ({place}).")
        }
        EvidenceKind::ServerAlias => format!(
            "A server asked for {who} as an alias of {anonymous} and was refused ({place}); no SDK made that id, so it can belong to any user."
        ),
        EvidenceKind::BeforeIdentity => {
            format!("The vendor's own record says that {anonymous} and {who} are one ({place}{more}).")
        }
        EvidenceKind::PreviousId => format!("A $merge row names {anonymous} and {who} as one person ({place}{more})."),
        EvidenceKind::ChosenIdOnDevice => {
            format!(
                "Rows of {anonymous} and of {who} carry the same $device_id ({place}{more}), but no SDK made the id {anonymous}."
            )
        }
        EvidenceKind::SameDevice => {
            format!(
                "Rows of {anonymous} and of {who} carry the same $device_id ({place}{more}); one device is not one person."
            )
        }
    }
}

/// Why rows are an orphan of a user; `suggested` is whose evidence came first, where several
/// users claim them.
pub(super) fn orphan(orphan: &Id, root: &Id, evidence: &[Evidence], suggested: Option<&Id>) -> String {
    let best = evidence.first().map_or("", |evidence| evidence.why.as_str());
    let (rows, root_text) = (orphan.as_str(), root.as_str());
    match suggested {
        Some(first) if first == root => format!(
            "Rows stored under {rows} are most likely those of {root_text}, whose evidence is the earliest, but no alias joins the two. {best} Other users can claim them too, so they count for none."
        ),
        Some(first) => format!(
            "{root_text} can claim the rows stored under {rows} too, but the earliest evidence ties them to {}; they count for none. {best}",
            first.as_str()
        ),
        None => {
            let certainty = match evidence.iter().map(|evidence| evidence.kind.strength()).max() {
                Some(Strength::Proof) => "belong to",
                Some(Strength::Strong) => "are from a device of",
                _ => "may belong to",
            };
            format!("Rows stored under {rows} {certainty} {root_text} but no alias joins the two. {best}")
        }
    }
}

/// Another known user of one device.
pub(super) fn neighbour(other: &Id, device: &Id, source: &Source) -> String {
    format!(
        "{} is another identified user of device {} ({}): without a reset between them, rows of one may stand with the other.",
        other.as_str(),
        device.as_str(),
        place(source)
    )
}

/// Two known users that one client switched between.
pub(super) fn switched(before: &Id, after: &Id, device: Option<&Id>, source: &Source) -> String {
    let client = device.map_or_else(|| "One client".to_owned(), |device| format!("Device {}", device.as_str()));
    format!(
        "{client} switched from {} to {} without a reset ({}): rows of one may stand with the other.",
        before.as_str(),
        after.as_str(),
        place(source)
    )
}

/// Where an id without rows is named.
pub(super) fn mention(role: &str, id: &Id, with: &Id, root: &Id, rows: u64, source: &Source) -> String {
    let of = if with == root { String::new() } else { format!(", whose rows are stored under {}", root.as_str()) };
    let rows = counted(rows, "row");
    format!("{} is named as {role} with {}{of} ({rows}, first {}).", id.as_str(), with.as_str(), place(source))
}

/// The note for an id that is only mentioned.
pub(super) fn no_rows(query: &Id) -> String {
    format!("No row is stored under {} and no alias row leads from it.", query.as_str())
}

/// An id of another user that looks like one of this user.
pub(super) fn alike(alike: &Alike) -> String {
    format!(
        "{} is another id than {}, although they look the same: they differ in {}, and ids are compared character by character.",
        visible_id(alike.id.as_str()),
        visible_id(alike.of.as_str()),
        and(&alike.differ)
    )
}

/// The note for an id of a user who has more ids than are shown.
pub(super) fn left_out(query: &Id) -> String {
    format!("{} is one of the ids of this user that are not shown, and its rows are not either.", query.as_str())
}

/// What the rows of a user have in common, seen in one pass over millions of them.
#[derive(Default)]
struct Seen<'a> {
    /// Vendors of the rows and of those of orphans, but for the one whose rules these are.
    vendors: BTreeSet<&'a str>,
    /// Rows that do not say when they arrived.
    without_arrival: usize,
    /// Rows whose id was sent as a number.
    numbers: usize,
    /// Rows with a character that was put right.
    repaired: usize,
}

impl<'a> Seen<'a> {
    fn of(journey: &'a Journey) -> Self {
        let mut seen = Self::default();
        let mut origin = None;
        for event in journey.steps.iter().map(|step| &*step.event) {
            seen.add_vendor(event, &mut origin);
            let flags = event.flags;
            seen.without_arrival += usize::from(flags.has(Flags::ARRIVAL_UNKNOWN));
            seen.numbers += usize::from(flags.has(Flags::ID_NOT_TEXT));
            seen.repaired += usize::from(flags.has(Flags::REPAIRED));
        }
        for step in journey.orphans.iter().flat_map(|orphan| &orphan.steps) {
            seen.add_vendor(&step.event, &mut origin);
        }
        seen
    }

    /// Adds the vendor of a row; `before` is the file of the row before.
    fn add_vendor(&mut self, event: &'a Event, before: &mut Option<*const Origin>) {
        let origin = Arc::as_ptr(&event.source.origin);
        if before.replace(origin) != Some(origin) && *event.source.vendor != *MIXPANEL {
            self.vendors.insert(&event.source.vendor);
        }
    }
}

/// Whose rows are judged by rules that are not their vendor's.
fn other_vendors(vendors: &BTreeSet<&str>) -> Option<String> {
    let vendors: Vec<&str> = vendors.iter().copied().collect();
    if let Some(own) = own_rules(&vendors) {
        return Some(format!("Rows of {} are judged by the legacy rules of Mixpanel here; {own}.", and(&vendors)));
    }
    (!vendors.is_empty()).then(|| {
        format!(
            "Rows of {} are judged by the legacy rules of Mixpanel: {} own rules are not known here.",
            and(&vendors),
            if vendors.len() == 1 { "its vendor's" } else { "their vendors'" }
        )
    })
}

/// The name of the rules that speak here.
const LEGACY: &str = "legacy";

/// Which other rule sets are for rows of these vendors.
fn own_rules(vendors: &[&str]) -> Option<String> {
    let own = |vendor: &&str| {
        let rules = of_vendor(vendor).name();
        (rules != LEGACY).then(|| format!("the rule set {rules} is for those of {vendor}"))
    };
    let own: Vec<String> = vendors.iter().filter_map(own).collect();
    (!own.is_empty()).then(|| own.join(", "))
}

/// What a reader must know to judge the answer.
pub(super) fn notes(journey: &Journey) -> Vec<String> {
    let mut notes = Vec::new();
    let seen = Seen::of(journey);
    if let Some(root) = &journey.root
        && *root != journey.query
        && !journey.ids.iter().any(|member| member.id == journey.query)
        && journey.ids.iter().any(|member| member.id == journey.query.other_device_form())
    {
        notes.push(format!("{} is a device; its rows are stored under {}.", journey.query.as_str(), root.as_str()));
    }
    if let Some(root) = journey.root.as_ref().filter(|root| root.is_placeholder()) {
        notes.push(format!(
            "\"{}\" is a placeholder, what a program writes when it has no id: these rows can be from many people, and nothing here counts as evidence.",
            root.as_str()
        ));
    }
    notes.extend(journey.alike.iter().map(alike));
    notes.extend(other_vendors(&seen.vendors));
    for member in journey.ids.iter().filter(|member| member.role == Role::Alias && member.id.is_placeholder()) {
        notes.push(format!(
            "\"{}\" is a placeholder, what a program writes when it has no id: every row sent under it is stored here, no matter who sent it.",
            member.id.as_str()
        ));
    }
    let judged_by_arrival = journey.aliases.iter().any(|line| line.verdict == Verdict::Accepted && !line.from_table);
    let unknown =
        seen.without_arrival + journey.aliases.iter().filter(|line| line.arrived.is_none() && !line.from_table).count();
    if judged_by_arrival && unknown > 0 {
        notes.push(
            "Some rows do not say when they arrived; the order of rows in the file is used for them, so a race cannot be judged."
                .to_owned(),
        );
    }
    if journey.aliases.iter().any(|line| line.from_table) {
        notes.push("Aliases of a given table without a time count as older than every row.".to_owned());
    }
    let numbers = seen.numbers;
    if numbers > 0 && numbers < journey.steps.len() {
        let send =
            if numbers == 1 { "1 row sends".to_owned() } else { format!("{} send", counted(numbers as u64, "row")) };
        notes.push(format!("{send} the id as a number, others as text: the two are one id here."));
    }
    let lost = seen.repaired;
    if lost > 0 {
        let hold = if lost == 1 { "1 row holds".to_owned() } else { format!("{} hold", counted(lost as u64, "row")) };
        notes.push(format!("{hold} a damaged character, which was repaired: U+FFFD replaces it."));
    }
    match journey.orphan_of.as_slice() {
        [] => {}
        [owner] => notes.push(format!(
            "Evidence says that these rows belong to {}, but no alias joins the two.",
            owner.root.as_str()
        )),
        owners => {
            let name = |suggested: bool| -> Vec<&str> {
                owners.iter().filter(|owner| owner.suggested == suggested).map(|owner| owner.root.as_str()).collect()
            };
            notes.push(format!(
                "Several users can claim these rows, and no alias joins them to any: the earliest evidence is for {}, later evidence for {}.",
                name(true).join(", "),
                name(false).join(", ")
            ));
        }
    }
    notes
}
