//! What the server has at a moment: the lookup table, and each row with its place.

mod ruled;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::explain::{item, short};
use super::{Play, lateness};
use crate::identity::{
    EvidenceKind, Facts, Journey, LEGACY, Owner, Phase, PointKind, Refusal, Split, State, Strength, Verdict, World,
    resolve,
};
use crate::model::alike::{are_alike, folded};
use crate::model::time::span;
use crate::model::{Id, Millis, VerbKind};

/// The server at a moment.
#[derive(Clone, Debug, Default)]
pub struct Server {
    /// Alias calls in order of arrival; the accepted ones are the lookup table.
    pub table: Vec<AliasRow>,
    /// Rows by time, then arrival; each delivery of a row once.
    pub timeline: Vec<Entry>,
    /// Users and strangers by root, in order of their first arrival.
    journeys: Vec<Journey>,
}

/// One alias call.
#[derive(Clone, Debug)]
pub struct AliasRow {
    /// The key asked for.
    pub alias: Option<Id>,
    /// What it was to point at.
    pub target: Option<Id>,
    /// Accepted or not.
    pub verdict: Verdict,
    /// What the key points at instead.
    pub kept: Option<Id>,
    /// When the server had it.
    pub arrived: Millis,
    /// Its place in [`crate::sim::Run::sent`].
    pub sent: usize,
}

/// One row.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Name of the event.
    pub event: String,
    /// Which call it is.
    pub verb: VerbKind,
    /// When it happened.
    pub time: Millis,
    /// When the server had it.
    pub arrived: Millis,
    /// The id it was sent under.
    pub id: Option<Id>,
    /// The id it is stored under.
    pub stored_under: Option<Id>,
    /// The user it belongs to: the end of the chain of its id.
    pub root: Option<Id>,
    /// Before or after that user became known.
    pub phase: Phase,
    /// Whether it counts for the user.
    pub standing: Standing,
    /// What kind of identify point it is, if it is one.
    pub point: Option<PointKind>,
    /// What became of it, if it is an alias call.
    pub verdict: Option<Verdict>,
    /// How many more times it was delivered.
    pub copies: usize,
    /// Its place in [`crate::sim::Run::sent`].
    pub sent: usize,
}

impl Entry {
    /// Whether it is a row of alias or identify, which is no deed of a person.
    pub fn is_verb(&self) -> bool {
        matches!(self.verb, VerbKind::Alias | VerbKind::Identify)
    }
}

/// Whose a row is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Stored under the root of its user.
    Merged,
    /// Split: stored under an alias of its user.
    Split(Split),
    /// Stored under an id that no alias joins to this user, to whom evidence ties it.
    Orphan(Id),
    /// As an orphan, but more than one user could claim it.
    Contested(Vec<Id>),
    /// Without an id.
    NoId,
    /// A call that the system ignores, and keeps no row of.
    Ignored,
}

/// Something that came to be at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// What kind.
    pub kind: NewsKind,
    /// One sentence, with the reason.
    pub text: String,
}

/// Kinds of news, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NewsKind {
    /// An alias call had no effect.
    Refused,
    /// Rows are split, because they arrived before the alias.
    Split,
    /// Rows under an id that no alias reaches turn out to be of a user.
    Orphan,
    /// More than one user could claim an orphan.
    Contested,
    /// Rows will never arrive.
    Lost,
    /// An alias call is in the lookup table.
    Accepted,
    /// An alias call was in the table already.
    Duplicate,
    /// What was an orphan is none any more.
    Joined,
    /// Rows were sent under an alias: the lookup table says where they are stored.
    Stored,
    /// A row was taken in long after it was sent.
    Late,
}

impl NewsKind {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Split => "split",
            Self::Orphan => "orphan",
            Self::Contested => "contested",
            Self::Lost => "lost",
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Joined => "joined",
            Self::Stored => "stored",
            Self::Late => "late",
        }
    }

    /// Whether something is missing from now on.
    pub fn is_loss(self) -> bool {
        matches!(self, Self::Refused | Self::Split | Self::Orphan | Self::Contested | Self::Lost)
    }
}

/// Pairs of ids of the facts that look the same, each in both orders.
fn alike(facts: &Facts) -> Vec<(Id, Id)> {
    let ids: BTreeSet<&Id> = facts.events.iter().filter_map(|event| event.id.as_ref()).collect();
    let mut looks: BTreeMap<String, Vec<&Id>> = BTreeMap::new();
    for id in ids.into_iter().filter(|id| !id.is_placeholder()) {
        looks.entry(folded(id.bare())).or_default().push(id);
    }
    let mut pairs = Vec::new();
    for group in looks.values() {
        for of in group {
            let others = group.iter().filter(|id| are_alike(of.bare(), id.bare()));
            pairs.extend(others.map(|id| ((*of).clone(), (*id).clone())));
        }
    }
    pairs
}

/// The journey of `id`, with the ids of others that look like one of its own; `alike` are all such
/// pairs.
pub(super) fn journey_of(facts: &mut Facts, alike: &[(Id, Id)], id: &Id) -> Option<Journey> {
    let journey = resolve(facts, id, LEGACY)?;
    let is_own = |id: &Id| journey.ids.iter().any(|member| member.id == *id);
    facts.alike = alike.iter().filter(|(of, id)| is_own(of) && !is_own(id)).cloned().collect();
    if facts.alike.is_empty() {
        return Some(journey);
    }
    let journey = resolve(facts, id, LEGACY);
    facts.alike.clear();
    journey
}

/// The journey of an id once everything of a play has arrived.
pub(super) fn last_journey(play: &Play, id: &Id) -> Option<Journey> {
    let mut facts = play.facts(play.run().sent.len());
    let alike = alike(&facts);
    journey_of(&mut facts, &alike, id)
}

impl Server {
    pub(super) fn new(play: &Play, arrived: usize) -> Self {
        if play.rules().joins_by_links() {
            return ruled::server(play, arrived);
        }
        let mut facts = play.facts(arrived);
        let world = World::new(&facts);
        let place = |line: u64| usize::try_from(line).unwrap_or(0).saturating_sub(1);
        let table = world.calls.iter().enumerate().filter_map(|(index, call)| {
            let judged = world.verdict(index)?;
            let kept = judged.kept_by.and_then(|kept| world.calls.get(kept)?.target.clone());
            Some(AliasRow {
                alias: call.alias.clone(),
                target: call.target.clone(),
                verdict: judged.verdict,
                kept,
                arrived: call.arrived,
                sent: place(call.source.line),
            })
        });
        let table: Vec<AliasRow> = table.collect();
        let mut roots: Vec<Id> = Vec::new();
        for id in facts.events.iter().filter_map(|event| event.id.as_ref()) {
            let root = world.root_of(id);
            if !roots.contains(root) {
                roots.push(root.clone());
            }
        }
        let verdicts: HashMap<usize, Verdict> = table.iter().map(|row| (row.sent, row.verdict)).collect();
        drop(world);
        let alike = alike(&facts);
        let journeys: Vec<Journey> = roots.iter().filter_map(|root| journey_of(&mut facts, &alike, root)).collect();
        let mut timeline = Vec::new();
        for journey in &journeys {
            let ties = ties(journey);
            let point = |row: i64| journey.points.iter().find(|point| point.row == row).map(|point| point.kind);
            for step in &journey.steps {
                let standing = match (step.state, ties) {
                    (State::Split(split), _) => Standing::Split(split),
                    (State::Merged, []) => Standing::Merged,
                    (State::Merged, [owner]) => Standing::Orphan(owner.root.clone()),
                    (State::Merged, owners) => {
                        Standing::Contested(owners.iter().map(|owner| owner.root.clone()).collect())
                    }
                };
                let sent = place(step.event.source.line);
                timeline.push(Entry {
                    event: step.event.event.to_string(),
                    verb: step.event.verb,
                    time: step.event.time,
                    arrived: step.event.arrived,
                    id: step.event.id.clone(),
                    stored_under: Some(step.stored_under.clone()),
                    root: journey.root.clone(),
                    phase: step.phase,
                    standing,
                    point: point(step.event.row),
                    verdict: verdicts.get(&sent).copied(),
                    copies: step.copies.len(),
                    sent,
                });
            }
        }
        timeline.extend(facts.events.iter().filter(|event| event.id.is_none()).map(|event| Entry {
            event: event.event.to_string(),
            verb: event.verb,
            time: event.time,
            arrived: event.arrived,
            id: None,
            stored_under: None,
            root: None,
            phase: Phase::Anonymous,
            standing: Standing::NoId,
            point: None,
            verdict: verdicts.get(&place(event.source.line)).copied(),
            copies: 0,
            sent: place(event.source.line),
        }));
        timeline.sort_by_key(|entry| (entry.time, entry.sent));
        Self { table, timeline, journeys }
    }

    /// Everybody that the rows tell of, in order of the first arrival; strangers too.
    pub fn journeys(&self) -> &[Journey] {
        &self.journeys
    }

    /// What to call a user: the name that an app gave, else the root.
    pub fn called(&self, root: &Id) -> String {
        let journey = self.journeys.iter().find(|journey| journey.root.as_ref() == Some(root));
        let names = journey.into_iter().flat_map(|journey| &journey.ids).map(|member| &member.id);
        let named = names.clone().find(|id| !id.shape().is_sdk_made() && *id != root);
        short(named.unwrap_or(root).as_str())
    }

    /// The user that `id` belongs to.
    pub fn journey_of(&self, id: &Id) -> Option<&Journey> {
        let named = |id: &Id| self.journeys.iter().find(|journey| journey.ids.iter().any(|member| member.id == *id));
        named(id).or_else(|| named(&id.other_device_form()))
    }
}

/// The users that an anonymous journey counts as an orphan of.
fn ties(journey: &Journey) -> &[Owner] {
    let counts = journey.orphan_of.iter().any(|owner| owner.strength > Strength::Weak);
    if counts { &journey.orphan_of } else { &[] }
}

/// An id for a sentence.
fn name(id: Option<&Id>) -> String {
    id.map_or_else(|| "nothing".to_owned(), |id| short(id.as_str()))
}

/// Why an alias call has no effect; the end of a sentence.
pub(super) fn refusal(row: &AliasRow, refusal: Refusal) -> String {
    refusal.because(&name(row.alias.as_ref()), &name(row.target.as_ref()), &name(row.kept.as_ref()))
}

pub(super) fn news(play: &Play, moment: usize, before: &Server, now: &Server) -> Vec<News> {
    let mut news = Vec::new();
    let joins = play.rules().joins_by_links();
    let mut tell = |kind: NewsKind, text: String| news.push(News { kind, text });
    for row in now.table.iter().skip(before.table.len()) {
        let pair = format!("{} → {}", name(row.alias.as_ref()), name(row.target.as_ref()));
        match row.verdict {
            Verdict::Accepted if joins => {
                tell(NewsKind::Accepted, format!("{pair}: one person from now on, with all of their past."));
            }
            Verdict::Accepted => tell(NewsKind::Accepted, format!("{pair} is in the lookup table.")),
            Verdict::Duplicate if joins => {
                tell(NewsKind::Duplicate, format!("{pair} once more: they are one already, nothing changes."));
            }
            Verdict::Duplicate => {
                tell(NewsKind::Duplicate, format!("{pair} once more: the table has it, nothing changes."));
            }
            Verdict::Refused(why) if why.name() == "ignored" => {
                tell(NewsKind::Refused, format!("{pair} has no effect: {}.", refusal(row, why)));
            }
            Verdict::Refused(why) => {
                tell(NewsKind::Refused, format!("{pair} is refused: {}. No error says so.", refusal(row, why)));
            }
        }
    }
    split_news(before, now, &mut tell);
    orphan_news(before, now, joins, &mut tell);
    stored_news(before, now, joins, &mut tell);
    let lost: Vec<String> = play.loses(moment).map(|lost| format!("{:?}", item(&lost.payload))).collect();
    if !lost.is_empty() {
        let device = play.step(moment).map(|step| step.device);
        let devices = play.devices(moment);
        let online = device.and_then(|device| devices.get(device)).is_none_or(|state| state.online);
        let why = if online { "it waits on the device, and is lost there" } else { "the device is offline" };
        tell(NewsKind::Lost, format!("{} never arrives: {why}.", few(&lost)));
    }
    for place in play.arrivals(moment) {
        if let Some(sent) = play.run().sent.get(place)
            && sent.step + 1 != moment
            && let Some(late) = lateness(sent)
        {
            let item = item(&sent.payload);
            tell(NewsKind::Late, format!("{item:?} is taken in only now, {} after it was called.", span(late)));
        }
    }
    if news.iter().filter(|news| news.kind == NewsKind::Late).count() > 2 {
        let late = news.iter().filter(|news| news.kind == NewsKind::Late).count();
        news.retain(|news| news.kind != NewsKind::Late);
        news.push(News { kind: NewsKind::Late, text: format!("{late} rows that were sent earlier are taken in.") });
    }
    news.sort_by_key(|news| news.kind);
    news
}

/// Rows that were not known to be split, by the id that holds them.
fn split_news(before: &Server, now: &Server, tell: &mut impl FnMut(NewsKind, String)) {
    let known: Vec<usize> = splits(before).map(|(entry, _)| entry.sent).collect();
    let mut new: BTreeMap<(&Id, bool), Vec<&Entry>> = BTreeMap::new();
    for (entry, split) in splits(now).filter(|(entry, _)| !known.contains(&entry.sent)) {
        if let Some(id) = &entry.stored_under {
            new.entry((id, split == Split::Race)).or_default().push(entry);
        }
    }
    for ((id, race), entries) in new {
        let names: Vec<String> = entries.iter().map(|entry| format!("{:?}", entry.event)).collect();
        let (stay, they) = if entries.len() == 1 { ("stays", "it") } else { ("stay", "they") };
        let why = if race { "a race: nothing moves it later" } else { "history: an alias is not retroactive" };
        let text =
            format!("{} {stay} under {}: {they} arrived before its alias ({why}).", few(&names), short(id.as_str()));
        tell(NewsKind::Split, text);
    }
}

fn splits(server: &Server) -> impl Iterator<Item = (&Entry, Split)> {
    server.timeline.iter().filter_map(|entry| match entry.standing {
        Standing::Split(split) => Some((entry, split)),
        _ => None,
    })
}

/// `A, B, C and 4 more`.
fn few(names: &[String]) -> String {
    const MOST: usize = 3;
    let shown: Vec<&str> = names.iter().take(MOST).map(String::as_str).collect();
    match names.len().checked_sub(MOST).filter(|more| *more > 0) {
        Some(more) => format!("{} and {more} more", shown.join(", ")),
        None => shown.join(", "),
    }
}

/// New rows that the lookup table puts under another id than their own.
fn stored_news(before: &Server, now: &Server, joins: bool, tell: &mut impl FnMut(NewsKind, String)) {
    let known: Vec<usize> = before.timeline.iter().map(|entry| entry.sent).collect();
    let mut new: BTreeMap<(&Id, &Id), Vec<String>> = BTreeMap::new();
    for entry in now.timeline.iter().filter(|entry| !entry.is_verb() && !known.contains(&entry.sent)) {
        if let (Some(id), Some(stored)) = (&entry.id, &entry.stored_under)
            && id != stored
        {
            new.entry((id, stored)).or_default().push(format!("{:?}", entry.event));
        }
    }
    for ((id, stored), names) in new {
        let (id, stored) = (short(id.as_str()), short(stored.as_str()));
        let (is, was) = if names.len() == 1 { ("is", "was") } else { ("are", "were") };
        let whose = match (joins, names.len()) {
            (false, _) => format!("{is} stored under {stored}"),
            (true, 1) => format!("belongs to {stored}"),
            (true, _) => format!("belong to {stored}"),
        };
        tell(NewsKind::Stored, format!("{} {was} sent under {id}, and {whose}.", few(&names)));
    }
}

fn orphan_news(before: &Server, now: &Server, joins: bool, tell: &mut impl FnMut(NewsKind, String)) {
    let ties_before = |root: &Id| {
        let journey = before.journeys.iter().find(|journey| journey.root.as_ref() == Some(root));
        journey.map_or(&[][..], ties)
    };
    let same = |a: &[Owner], b: &[Owner]| a.iter().map(|owner| &owner.root).eq(b.iter().map(|owner| &owner.root));
    for journey in &now.journeys {
        let Some(root) = &journey.root else { continue };
        let owners = ties(journey);
        if same(owners, ties_before(root)) {
            continue;
        }
        let rows = journey.steps.len();
        let rows = if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
        match owners {
            [] => tell(NewsKind::Joined, format!("{} is an orphan no more.", short(root.as_str()))),
            [owner] => {
                let kind = owner.evidence.first().map(|evidence| evidence.kind);
                let why = kind.map_or(String::new(), |kind| format!(" ({})", evidence(kind)));
                let text = format!(
                    "{} is an orphan of {}{why}: {rows} that {}.",
                    short(root.as_str()),
                    now.called(&owner.root),
                    if joins { "nothing has joined" } else { "no alias will reach" }
                );
                tell(NewsKind::Orphan, text);
            }
            owners => {
                let names: Vec<String> = owners.iter().map(|owner| now.called(&owner.root)).collect();
                let text = format!(
                    "{} is contested: {} could claim its {rows}, so no user gets them.",
                    short(root.as_str()),
                    few(&names)
                );
                tell(NewsKind::Contested, text);
            }
        }
    }
    for journey in &before.journeys {
        let gone = |root: &Id| !now.journeys.iter().any(|journey| journey.root.as_ref() == Some(root));
        if let Some(root) = journey.root.as_ref().filter(|root| gone(root) && !ties(journey).is_empty()) {
            tell(
                NewsKind::Joined,
                format!(
                    "{} is an orphan no more: {}.",
                    short(root.as_str()),
                    if joins { "it is joined now" } else { "an alias leads on from it" }
                ),
            );
        }
    }
}

/// What a piece of evidence says, in brackets.
fn evidence(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::IdentifyEvent => "proof: a $identify row went from the one to the other",
        EvidenceKind::DeviceAndUser => "proof: a row has its device and that user",
        EvidenceKind::RefusedAlias => "proof: the alias that was to join them was refused",
        EvidenceKind::BeforeIdentity | EvidenceKind::PreviousId => "proof: a row names both",
        EvidenceKind::SameDevice => "strong: both sent from one device",
        EvidenceKind::ServerAlias | EvidenceKind::ChosenIdOnDevice => "a hint",
    }
}
