//! Two users side by side: is this the same person?
//!
//! The legacy model knows one answer: two ids are one user when they lead to one root. All
//! else is evidence, for and against, and each piece says where it stands. [`Comparison`]
//! never claims more than its best piece does: proof says that one client state went from
//! the one to the other, a shared device is not one person, and values that are alike are no
//! more than that.
//!
//! Cost: a few passes over the rows of both, O(n log n) for putting them on one time axis.

mod claims;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use self::claims::{claims, ids_alike, refused_between, switches};
use super::journey::{Journey, Strength};
use super::naming::{called, named, short, shortened};
use crate::model::alike::{are_alike, differences, visible_id};
use crate::model::facts::{Event, Source};
use crate::model::text::and;
use crate::model::time::span;
use crate::model::{Client, Id, Millis};

/// Two users and what is between them.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The two, in the order asked.
    pub sides: [Side; 2],
    /// What both have.
    pub shared: Vec<Shared>,
    /// What speaks for one person, and what against, the best first.
    pub arguments: Vec<Argument>,
    /// What follows.
    pub verdict: Verdict,
    /// The verdict as a sentence.
    pub sentence: String,
    /// When both were active: from the later beginning to the earlier end.
    pub overlap: Option<(Millis, Millis)>,
    /// Rows of both by time: which side, and the index of the row there.
    pub rows: Vec<(usize, usize)>,
    /// What was not looked at, as sentences.
    pub limits: Vec<String>,
}

/// One of the two users.
#[derive(Clone, Debug)]
pub struct Side {
    /// Everything known of it.
    pub journey: Arc<Journey>,
    /// What rows and profiles say of the person.
    pub traits: Vec<Trait>,
}

/// Something that rows or a profile say of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trait {
    /// What it is.
    pub kind: TraitKind,
    /// The value, as it is written.
    pub value: String,
    /// Rows and profile updates that say it.
    pub rows: u64,
    /// The first of them.
    pub source: Option<Source>,
}

/// Kinds of things that two users can have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TraitKind {
    /// A device id.
    Device,
    /// A `$user_id`.
    User,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
    /// A name.
    Name,
    /// A city and a browser.
    Place,
    /// A program and machine.
    Client,
}

impl TraitKind {
    /// The name in JSON and on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::User => "user id",
            Self::Email => "e-mail",
            Self::Phone => "phone",
            Self::Name => "name",
            Self::Place => "city and browser",
            Self::Client => "client",
        }
    }

    /// How much it says when two users share it.
    fn strength(self) -> Strength {
        match self {
            Self::Device | Self::User | Self::Email | Self::Phone => Strength::Strong,
            Self::Name | Self::Place | Self::Client => Strength::Weak,
        }
    }

    /// Values that are written in different ways and mean the same.
    fn alike(self, value: &str) -> String {
        match self {
            Self::Email | Self::Name => value.trim().to_lowercase(),
            Self::Phone => value.chars().filter(char::is_ascii_digit).collect(),
            _ => value.to_owned(),
        }
    }
}

/// A value that both have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// What it is.
    pub kind: TraitKind,
    /// The value, as the first of the two writes it.
    pub value: String,
    /// How many rows of each say it.
    pub rows: [u64; 2],
    /// The first of them.
    pub sources: [Option<Source>; 2],
}

/// One reason to believe that the two are one person, or that they are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Whether it speaks for one person.
    pub supports: bool,
    /// How much it says.
    pub strength: Strength,
    /// One sentence.
    pub text: String,
    /// The rows that it rests on.
    pub sources: Vec<Source>,
}

/// What the evidence allows to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Both lead to one root.
    Same,
    /// Proof ties them, and no alias joins them.
    Tied,
    /// Evidence ties them, and evidence as good ties the same rows to another user.
    Contested,
    /// They share a device, a user id, or a client that was used as both.
    Device,
    /// They share values.
    Alike,
    /// Nothing known is shared.
    Nothing,
}

impl Verdict {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Tied => "tied",
            Self::Contested => "contested",
            Self::Device => "device",
            Self::Alike => "alike",
            Self::Nothing => "nothing",
        }
    }
}

/// Rows of both users within this time count as rows at the same time.
const AT_ONCE: Millis = 60_000;
/// Who begins within this time of the other's end may have taken over.
const HANDOVER: Millis = 30 * 60_000;

impl Comparison {
    /// Compares two users.
    pub fn of(a: Side, b: Side, limits: Vec<String>) -> Self {
        let sides = [a, b].map(|mut side| {
            let own = traits_of_rows(&side.journey);
            side.traits.extend(own);
            side.traits.sort_by(|a, b| (a.kind, &a.value).cmp(&(b.kind, &b.value)));
            side
        });
        let shared = shared(&sides);
        let [a, b] = [&*sides[0].journey, &*sides[1].journey];
        let same = a.root.is_some() && a.root == b.root;
        let mut arguments = Vec::new();
        let mut contested: Vec<String> = Vec::new();
        let mut claimed = Vec::new();
        let mut one_client = false;
        let mut has_alike = false;
        if !same {
            ties(a, b, &mut arguments, &mut contested);
            ties(b, a, &mut arguments, &mut contested);
            claims(a, b, &mut arguments, &mut claimed);
            let before = arguments.len();
            switches(a, b, &mut arguments);
            refused_between(a, b, &mut arguments);
            one_client = arguments.len() > before;
            let before = arguments.len();
            ids_alike(a, b, &mut arguments);
            has_alike = arguments.len() > before;
            alike(&shared, &mut arguments);
            handover(a, b, &mut arguments);
            handover(b, a, &mut arguments);
            names(a, b, &mut arguments);
            differ(&sides, &shared, &mut arguments);
            at_once(a, b, &mut arguments);
        }
        arguments.sort_by_key(|argument| (!argument.supports, std::cmp::Reverse(argument.strength)));
        let verdict = verdict(same, &arguments, !contested.is_empty() || !claimed.is_empty(), one_client, &shared);
        let sentence = sentence(verdict, a, b, &contested, &claimed, &shared, has_alike);
        let overlap = match (a.span(), b.span()) {
            (Some(a), Some(b)) => Some((a.0.max(b.0), a.1.min(b.1))).filter(|(from, to)| from <= to),
            _ => None,
        };
        let rows = if same { merged(a, None) } else { merged(a, Some(b)) };
        Self { sides, shared, arguments, verdict, sentence, overlap, rows, limits }
    }
}

/// Rows of both by time.
fn merged(a: &Journey, b: Option<&Journey>) -> Vec<(usize, usize)> {
    let of = |side: usize, journey: &Journey| -> Vec<_> {
        let key = |event: &Event| (event.time, event.arrival());
        journey.steps.iter().enumerate().map(|(at, step)| (key(&step.event), (side, at))).collect()
    };
    let mut rows = of(0, a);
    rows.extend(b.into_iter().flat_map(|b| of(1, b)));
    rows.sort_by_key(|(key, _)| *key);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// What the rows themselves say: devices, user ids, clients.
fn traits_of_rows(journey: &Journey) -> Vec<Trait> {
    let mut found: BTreeMap<(TraitKind, &str), (u64, &Source)> = BTreeMap::new();
    for event in journey.steps.iter().map(|step| &step.event) {
        let device = event.device.as_ref().filter(|id| !id.is_placeholder()).map(|id| (TraitKind::Device, id.as_str()));
        let user = event.user.as_ref().filter(|id| !id.is_placeholder()).map(|id| (TraitKind::User, id.as_str()));
        let client = event.client.as_ref().filter(|client| client.can_tell_devices());
        let client = client.map(|client| (TraitKind::Client, client.as_str()));
        for key in [device, user, client].into_iter().flatten() {
            found.entry(key).or_insert((0, &event.source)).0 += 1;
        }
    }
    let kept = found.into_iter().map(|((kind, value), (rows, source))| Trait {
        kind,
        value: value.to_owned(),
        rows,
        source: Some(source.clone()),
    });
    kept.collect()
}

fn shared(sides: &[Side; 2]) -> Vec<Shared> {
    let mut other: HashMap<(TraitKind, String), (u64, Option<Source>)> = HashMap::new();
    for known in &sides[1].traits {
        let entry = other.entry((known.kind, known.kind.alike(&known.value))).or_insert((0, known.source.clone()));
        entry.0 += known.rows;
    }
    let mut shared: Vec<Shared> = Vec::new();
    let mut seen = BTreeSet::new();
    for known in &sides[0].traits {
        let key = (known.kind, known.kind.alike(&known.value));
        let Some((rows, source)) = other.get(&key).filter(|_| !key.1.is_empty()) else { continue };
        if seen.insert(key) {
            shared.push(Shared {
                kind: known.kind,
                value: known.value.clone(),
                rows: [known.rows, *rows],
                sources: [known.source.clone(), source.clone()],
            });
        }
    }
    shared
}

fn name(journey: &Journey) -> String {
    called(journey)
}

/// Another user that a journey names.
fn other(journey: &Journey, root: &Id) -> String {
    named(journey.names.get(root).map(String::as_str), root)
}

/// Evidence that makes `orphan` an orphan of `user`.
fn ties(user: &Journey, orphan: &Journey, arguments: &mut Vec<Argument>, contested: &mut Vec<String>) {
    let Some(root) = &user.root else { return };
    for owner in orphan.orphan_of.iter().filter(|owner| owner.root == *root) {
        for evidence in &owner.evidence {
            arguments.push(Argument {
                supports: true,
                strength: evidence.kind.strength(),
                text: shortened(&evidence.why),
                sources: vec![evidence.source.clone()],
            });
        }
        let others: Vec<String> = orphan
            .orphan_of
            .iter()
            .filter(|other| other.root != *root)
            .map(|owner| other(orphan, &owner.root))
            .collect();
        if !others.is_empty() {
            arguments.push(Argument {
                supports: false,
                strength: owner.strength,
                text: format!(
                    "Evidence as good ties the rows of {} to {} as well, and they cannot be both's.",
                    name(orphan),
                    others.join(", ")
                ),
                sources: orphan
                    .orphan_of
                    .iter()
                    .filter_map(|other| Some(other.evidence.first()?.source.clone()))
                    .collect(),
            });
            contested.extend(others);
        }
    }
}

fn alike(shared: &[Shared], arguments: &mut Vec<Argument>) {
    for both in shared {
        let doubt = match both.kind {
            TraitKind::Device => "one device is not one person",
            TraitKind::User => "the app says that both are this user",
            TraitKind::Email | TraitKind::Phone => "a person typed it in, and it can belong to another person",
            TraitKind::Name => "many people have one name",
            TraitKind::Place | TraitKind::Client => "many people have the same",
        };
        let text = format!(
            "Both have the {} {} ({} and {} rows): {doubt}.",
            both.kind.name(),
            if both.kind == TraitKind::Device { short(&both.value) } else { both.value.clone() },
            both.rows[0],
            both.rows[1]
        );
        let sources = both.sources.iter().flatten().cloned().collect();
        arguments.push(Argument { supports: true, strength: both.kind.strength(), text, sources });
    }
}

/// One user falls silent, and soon after the other begins on what looks like the same device.
fn handover(before: &Journey, after: &Journey, arguments: &mut Vec<Argument>) {
    let (Some((_, end)), Some(first)) = (before.span(), after.steps.first().map(|step| &step.event)) else { return };
    let gap = first.time.saturating_sub(end);
    let Some(client) = first.client.as_ref().filter(|client| client.can_tell_devices()) else { return };
    let Some(last) = before.steps.iter().rev().map(|step| &step.event).find(|event| event.client.is_some()) else {
        return;
    };
    if (0..=HANDOVER).contains(&gap) && last.client.as_ref() == Some(client) {
        arguments.push(Argument {
            supports: true,
            strength: Strength::Weak,
            text: format!(
                "{} sends its last row, and {} later {} begins on what looks like the same device ({}): a reset, or another person.",
                name(before),
                span(gap),
                name(after),
                client.as_str()
            ),
            sources: vec![last.source.clone(), first.source.clone()],
        });
    }
}

/// Both are known, and by different names.
fn names(a: &Journey, b: &Journey, arguments: &mut Vec<Argument>) {
    let known = |journey: &Journey| -> Vec<Id> {
        journey.ids.iter().filter(|member| !member.anonymous).map(|member| member.id.clone()).collect()
    };
    let (a_names, b_names) = (known(a), known(b));
    if let (Some(first), Some(second)) = (a_names.first(), b_names.first()) {
        let source = |journey: &Journey| journey.points.first().map(|point| point.source.clone());
        arguments.push(Argument {
            supports: false,
            strength: Strength::Strong,
            text: format!(
                "The app knows both, by different names: {} and {}. One person can have two accounts.",
                named(a.name().as_deref(), first),
                named(b.name().as_deref(), second)
            ),
            sources: [source(a), source(b)].into_iter().flatten().collect(),
        });
    }
}

/// Both have a value of a kind, and none in common.
fn differ(sides: &[Side; 2], shared: &[Shared], arguments: &mut Vec<Argument>) {
    for kind in [TraitKind::Email, TraitKind::Phone, TraitKind::Name] {
        let of = |side: &Side| side.traits.iter().find(|known| known.kind == kind).cloned();
        if shared.iter().any(|both| both.kind == kind) {
            continue;
        }
        if let (Some(a), Some(b)) = (of(&sides[0]), of(&sides[1])) {
            arguments.push(Argument {
                supports: false,
                strength: Strength::Weak,
                text: format!("They have different values of {}: {} and {}.", kind.name(), a.value, b.value),
                sources: [a.source, b.source].into_iter().flatten().collect(),
            });
        }
    }
}

/// Moments at which both were active on different devices.
fn at_once(a: &Journey, b: &Journey, arguments: &mut Vec<Argument>) {
    let by_hand = |event: &&Event| !event.client.as_ref().is_some_and(Client::is_server) && event.device.is_some();
    let of = |journey: &'_ Journey| -> Vec<Event> {
        journey.steps.iter().map(|step| &*step.event).filter(by_hand).cloned().collect()
    };
    let (a_rows, b_rows) = (of(a), of(b));
    let mut times = 0_u64;
    let mut first: Option<(&Event, &Event)> = None;
    let mut last = Millis::MIN;
    let mut from = 0;
    for event in &a_rows {
        while b_rows.get(from).is_some_and(|other| other.time < event.time.saturating_sub(AT_ONCE)) {
            from += 1;
        }
        let near = b_rows.get(from..).unwrap_or_default().iter();
        let other = near
            .take_while(|other| other.time <= event.time.saturating_add(AT_ONCE))
            .take(64)
            .find(|other| other.device != event.device);
        if let Some(other) = other {
            first = first.or(Some((event, other)));
            // Rows within one such minute are one time.
            if event.time > last.saturating_add(AT_ONCE) {
                times += 1;
                last = event.time;
            }
        }
    }
    if let Some((event, other)) = first {
        let more = if times > 1 { format!(", first of {times} times") } else { String::new() };
        let device = |event: &Event| event.device.as_ref().map_or_else(String::new, |id| short(id.as_str()));
        arguments.push(Argument {
            supports: false,
            strength: if times >= 3 { Strength::Strong } else { Strength::Weak },
            text: format!(
                "Both are active within {} on different devices, {} and {}{more}: a person with two devices does that too.",
                span(other.time.saturating_sub(event.time)),
                device(event),
                device(other)
            ),
            sources: vec![event.source.clone(), other.source.clone()],
        });
    }
}

fn verdict(same: bool, arguments: &[Argument], contested: bool, one_client: bool, shared: &[Shared]) -> Verdict {
    let best = arguments.iter().filter(|argument| argument.supports).map(|argument| argument.strength).max();
    let device = shared.iter().any(|both| matches!(both.kind, TraitKind::Device | TraitKind::User));
    match best {
        _ if same => Verdict::Same,
        Some(_) if contested => Verdict::Contested,
        Some(Strength::Proof) => Verdict::Tied,
        _ if device || one_client => Verdict::Device,
        Some(_) => Verdict::Alike,
        None => Verdict::Nothing,
    }
}

fn sentence(
    verdict: Verdict,
    a: &Journey,
    b: &Journey,
    contested: &[String],
    claimed: &[Id],
    shared: &[Shared],
    has_alike: bool,
) -> String {
    let (first, second) = (name(a), name(b));
    match verdict {
        Verdict::Same => {
            let root = a.root.as_ref().map_or_else(String::new, |root| short(root.as_str()));
            format!("One user: {first} and {second} both lead to {root}, so there is one timeline.")
        }
        Verdict::Tied => format!("Proof ties {first} and {second}, and no alias joins them: their rows stay separate."),
        Verdict::Contested if contested.is_empty() => {
            let claimed: Vec<String> = claimed.iter().map(|id| short(id.as_str())).collect();
            format!(
                "{first} and {second} both claim the rows of {}: that decides nothing, and no row joins the two.",
                claimed.join(", ")
            )
        }
        Verdict::Contested => format!(
            "Evidence ties {first} and {second}, and ties the same rows to {} as well: it decides nothing.",
            contested.join(", ")
        ),
        Verdict::Device if !shared.iter().any(|both| matches!(both.kind, TraitKind::Device | TraitKind::User)) => {
            format!(
                "Rows tie {first} and {second} to one client. That is not one person for sure, and no alias joins them."
            )
        }
        Verdict::Device => format!(
            "{first} and {second} share a device or a user id. That is not one person for sure, and no row joins them."
        ),
        Verdict::Alike => {
            let kinds: BTreeSet<&str> = shared.iter().map(|both| both.kind.name()).collect();
            let kinds: Vec<&str> = kinds.into_iter().collect();
            let (one, other) = (a.query.bare(), b.query.bare());
            if are_alike(one, other) {
                format!(
                    "{} and {} look the same and are two ids: they differ in {}. No row joins them.",
                    visible_id(a.query.as_str()),
                    visible_id(b.query.as_str()),
                    and(&differences(one, other))
                )
            } else if kinds.is_empty() && has_alike {
                format!("{first} and {second} have ids that look the same and are not. No row joins them.")
            } else if kinds.is_empty() {
                format!("Weak evidence alone ties {first} and {second}: it decides nothing, and no alias joins them.")
            } else {
                format!("{first} and {second} look alike ({}). No row joins them.", kinds.join(", "))
            }
        }
        Verdict::Nothing => format!("{first} and {second} share nothing that is known here. No row joins them."),
    }
}
