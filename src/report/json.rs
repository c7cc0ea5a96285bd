//! JSON that programs read: one object, its shape the same from version to version.
//!
//! [`SCHEMA`] counts the versions; keys are only added within one. Times are RFC 3339 in UTC
//! with milliseconds, what is unknown or absent is `null`, every row names its source. A journey
//! is written row by row: memory does not grow with it.

use std::io::{self, Write};

use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::value::RawValue;

use super::{Properties, Selection, Shown, cuts};
use crate::identity::exported::Recorded;
use crate::identity::naming::Letters;
use crate::identity::{
    AliasLine, Alike, Evidence, Finding, Journey, Member, Mention, Neighbour, Orphan, Owner, Phase, Point, Profile,
    Role, Split, State, Step, Verdict,
};
use crate::model::facts::Source;
use crate::model::hit::{EventHit, Hit, Shared, ValueHit};
use crate::model::time::rfc3339;
use crate::model::{Id, Millis};

/// Version of the shape, in every answer.
pub const SCHEMA: u32 = 1;

/// Writes a journey (`journey show`).
///
/// `properties` is asked once for each row, in the order of the timeline and then of the orphans.
pub fn journey<'a>(out: &mut dyn Write, journey: impl Into<Shown<'a>>, properties: Properties<'a>) -> io::Result<()> {
    line(out, &Show { shown: journey.into(), properties })
}

/// What a search answers with.
#[derive(Clone, Copy, Debug)]
pub struct Searched<'a> {
    /// What was searched.
    pub query: &'a str,
    /// What was searched for instead, because nothing matches the text as it was given.
    pub instead: Option<&'a str>,
    /// Best first.
    pub hits: &'a [Hit],
    /// Events with the text in their names.
    pub events: &'a [EventHit],
    /// Values of properties with the text in them.
    pub values: &'a [ValueHit],
    /// Values that several of the hits have.
    pub shared: &'a [Shared],
    /// Whether there are more hits than these.
    pub more: bool,
    /// Rows that were looked through, and all that there are; `None` where no row had to be.
    pub looked: Option<(u64, u64)>,
}

/// Writes the hits of a search, best first (`journey search`).
pub fn search(out: &mut dyn Write, searched: &Searched<'_>) -> io::Result<()> {
    #[derive(serde::Serialize)]
    struct Looked {
        rows: u64,
        of: u64,
    }
    #[derive(serde::Serialize)]
    struct Search<'a, I: Serialize, E: Serialize, V: Serialize, J: Serialize> {
        schema: u32,
        query: &'a str,
        hits: I,
        events: E,
        values: V,
        shared: J,
        more: bool,
        looked: Option<Looked>,
        instead: Option<&'a str>,
    }
    let Searched { query, instead, hits, events, values, shared, more, looked } = *searched;
    let looked = looked.map(|(rows, of)| Looked { rows, of });
    let (hits, shared) = (Each(hits.iter().map(hit)), Each(shared.iter().map(shared_value)));
    let events = Each(events.iter().map(event_hit));
    let values = Each(values.iter().map(value_hit));
    line(out, &Search { schema: SCHEMA, query, hits, events, values, shared, more, looked, instead })
}

fn event_hit(hit: &EventHit) -> impl Serialize {
    #[derive(serde::Serialize)]
    struct Json<'a> {
        event: &'a str,
        people: u64,
        rows: u64,
    }
    Json { event: &hit.event, people: hit.people, rows: hit.rows }
}

fn value_hit(hit: &ValueHit) -> impl Serialize {
    #[derive(serde::Serialize)]
    struct Json<'a> {
        property: &'a str,
        value: &'a str,
        people: u64,
        rows: u64,
        at_least: bool,
    }
    let ValueHit { property, value, people, rows, at_least } = hit;
    Json { property, value, people: *people, rows: *rows, at_least: *at_least }
}

fn shared_value(shared: &Shared) -> impl Serialize {
    #[derive(serde::Serialize)]
    struct Json<'a, U: Serialize> {
        value: &'a str,
        users: U,
    }
    Json { value: &shared.value, users: Each(shared.users.iter().map(Id::as_str)) }
}

/// Writes `value` and a line break.
fn line<T: Serialize>(out: &mut dyn Write, value: &T) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

/// Serializes what an iterator gives, one at a time.
pub(super) struct Each<I>(pub(super) I);

impl<I> Serialize for Each<I>
where
    I: Iterator + Clone,
    I::Item: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}

struct Show<'a> {
    shown: Shown<'a>,
    properties: Properties<'a>,
}

impl Serialize for Show<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { shown, properties } = *self;
        let journey = shown.journey;
        let row = move |step| row(journey, step, properties);
        let letters = Letters::of(journey);
        let mut show = serializer.serialize_struct("Show", 22)?;
        show.serialize_field("schema", &SCHEMA)?;
        show.serialize_field("query", journey.query.as_str())?;
        show.serialize_field("rules", journey.rules.name())?;
        show.serialize_field("root", &journey.root.as_ref().map(Id::as_str))?;
        show.serialize_field("name", &journey.name())?;
        show.serialize_field("profile", &journey.profiles.first().map(profile))?;
        show.serialize_field("other_profiles", &Each(journey.profiles.iter().skip(1).map(profile)))?;
        show.serialize_field("as_of", &journey.as_of.map(|moment| rfc3339(moment.at)))?;
        show.serialize_field("selection", &shown.selection.map(|selection| selected(shown, selection)))?;
        show.serialize_field("ids", &Each(journey.ids.iter().map(|known| member(known, journey, &letters))))?;
        show.serialize_field("aliases", &Each(journey.aliases.iter().map(alias)))?;
        show.serialize_field("events", &Each(shown.steps().map(row)))?;
        let orphan = |orphan| orphan_in(shown, orphan, &letters, properties);
        show.serialize_field("orphans", &Each(journey.orphans.iter().map(orphan)))?;
        show.serialize_field("points", &Each(journey.points.iter().map(point)))?;
        show.serialize_field("findings", &Each(journey.findings.iter().map(finding)))?;
        show.serialize_field("mentions", &Each(journey.mentions.iter().map(|one| mention(one, journey))))?;
        show.serialize_field("orphan_of", &Each(journey.orphan_of.iter().map(|one| owner(one, journey))))?;
        show.serialize_field("neighbours", &Each(journey.neighbours.iter().map(|one| neighbour(one, journey))))?;
        show.serialize_field("alike", &Each(journey.alike.iter().map(alike)))?;
        show.serialize_field("notes", &journey.notes)?;
        show.serialize_field("exported", &journey.exported.as_ref().map(exported))?;
        show.serialize_field("cuts", &Each(cuts(journey)))?;
        show.end()
    }
}

/// To whom the vendor counts the rows, compared with the rules.
fn exported(recorded: &Recorded) -> impl Serialize {
    #[derive(serde::Serialize)]
    struct Json<D: Serialize, R: Serialize> {
        compared: u64,
        agree: u64,
        differ: D,
        refused: R,
    }
    #[derive(serde::Serialize)]
    struct Refused<'a> {
        rows: usize,
        exported: Option<&'a str>,
        computed: Option<&'a str>,
        source: Place<'a>,
    }
    #[derive(serde::Serialize)]
    struct Group<'a> {
        rows: u64,
        exported: &'a str,
        computed: &'a str,
        how: &'static str,
        source: Place<'a>,
    }
    let differ = recorded.differing.iter().map(|group| Group {
        rows: group.rows,
        exported: &group.exported,
        computed: group.computed.as_str(),
        how: group.how.name(),
        source: place(&group.source),
    });
    let refused = recorded.refused.iter().map(|group| Refused {
        rows: group.rows.len(),
        exported: group.exported.as_deref(),
        computed: group.computed,
        source: place(&group.source),
    });
    Json { compared: recorded.compared, agree: recorded.agree, differ: Each(differ), refused: Each(refused) }
}

/// What the updates of one id come to.
fn profile(profile: &Profile) -> impl Serialize {
    #[derive(serde::Serialize)]
    struct Json<'a, S: Serialize> {
        properties: serde_json::Map<String, serde_json::Value>,
        stored_under: &'a str,
        updated: Option<String>,
        source: Place<'a>,
        updates: usize,
        set: S,
    }
    /// Which update set a property, and what it was before.
    #[derive(serde::Serialize)]
    struct Set<'a> {
        property: &'a str,
        time: Option<String>,
        source: Place<'a>,
        before: Option<&'a serde_json::Value>,
    }
    let set = profile.properties.iter().map(|property| Set {
        property: &property.name,
        time: property.time.map(rfc3339),
        source: place(&property.source),
        before: property.before.as_ref(),
    });
    let properties = profile.properties.iter().map(|property| (property.name.clone(), property.value.clone()));
    Json {
        properties: properties.collect(),
        stored_under: profile.stored_under.as_str(),
        updated: profile.updated.map(rfc3339),
        source: place(&profile.source),
        updates: profile.updates,
        set: Each(set),
    }
}

/// Which rows were asked for, and how many are hidden.
fn selected(shown: Shown<'_>, selection: &Selection) -> impl Serialize {
    #[derive(serde::Serialize)]
    struct Json<'a> {
        filter: Option<&'a str>,
        from: Option<String>,
        to: Option<String>,
        shown: usize,
        hidden: usize,
    }
    let (rows, hidden) = shown.counts();
    Json {
        filter: selection.filter.as_deref(),
        from: selection.from.map(rfc3339),
        to: selection.to.map(rfc3339),
        shown: rows,
        hidden,
    }
}

/// A place in the input.
#[derive(serde::Serialize)]
struct Place<'a> {
    file: &'a str,
    line: u64,
}

fn place(source: &Source) -> Place<'_> {
    Place { file: &source.file, line: source.line }
}

fn member<'a>(member: &'a Member, journey: &Journey, letters: &'a Letters<'_>) -> impl Serialize + use<'a> {
    #[derive(serde::Serialize)]
    struct Json<'a> {
        id: &'a str,
        letter: Option<&'a str>,
        name: Option<String>,
        role: &'static str,
        anonymous: bool,
        events: u64,
        first: Option<String>,
        last: Option<String>,
    }
    let role = match member.role {
        Role::Root => "root",
        Role::Alias => "alias",
    };
    Json {
        id: member.id.as_str(),
        letter: letters.of_id(&member.id),
        name: journey.name(),
        role,
        anonymous: member.anonymous,
        events: member.events,
        first: member.first.map(rfc3339),
        last: member.last.map(rfc3339),
    }
}

fn alias(line: &AliasLine) -> impl Serialize {
    #[derive(serde::Serialize)]
    struct Json<'a> {
        alias: Option<&'a str>,
        distinct_id: Option<&'a str>,
        status: &'static str,
        reason: Option<&'static str>,
        kept: Option<&'a str>,
        time: String,
        arrived: Option<String>,
        source: Place<'a>,
        why: &'a str,
        kept_by: Option<Place<'a>>,
    }
    let (status, reason) = match line.verdict {
        Verdict::Accepted => ("accepted", None),
        Verdict::Duplicate => ("duplicate", None),
        Verdict::Refused(refusal) => ("refused", Some(refusal.name())),
    };
    Json {
        alias: line.alias.as_ref().map(Id::as_str),
        distinct_id: line.target.as_ref().map(Id::as_str),
        status,
        reason,
        kept: line.kept.as_ref().map(Id::as_str),
        time: rfc3339(line.time),
        arrived: line.arrived.map(rfc3339),
        source: place(&line.source),
        why: &line.why,
        kept_by: line.kept_by.as_ref().map(place),
    }
}

/// A row of the timeline or of an orphan. There, `state` is relative to the orphan's own root.
fn row<'a>(journey: &'a Journey, step: &'a Step, properties: Properties<'a>) -> impl Serialize {
    #[derive(serde::Serialize)]
    struct Json<'a, C: Serialize> {
        event: &'a str,
        verb: &'static str,
        time: String,
        arrived: Option<String>,
        distinct_id: Option<&'a str>,
        stored_under: &'a str,
        state: &'static str,
        split: Option<&'static str>,
        phase: &'static str,
        device_id: Option<&'a str>,
        user_id: Option<&'a str>,
        why: String,
        source: Place<'a>,
        copies: C,
        properties: Option<Box<RawValue>>,
    }
    let event = &step.event;
    let (state, split) = match step.state {
        State::Merged => ("merged", None),
        State::Split(Split::Race) => ("split", Some("race")),
        State::Split(Split::History) => ("split", Some("history")),
    };
    Json {
        event: &event.event,
        verb: event.verb.name(),
        time: rfc3339(event.time),
        arrived: event.arrival_known().then(|| rfc3339(event.arrived)),
        distinct_id: event.id.as_ref().map(Id::as_str),
        stored_under: step.stored_under.as_str(),
        state,
        split,
        phase: phase(step.phase),
        device_id: event.device.as_ref().map(Id::as_str),
        user_id: event.user.as_ref().map(Id::as_str),
        why: journey.why(step),
        source: place(&event.source),
        copies: Each(step.copies.iter().map(place)),
        // Text that is no JSON would break the whole answer: it is left out.
        properties: properties(event.row).and_then(|text| RawValue::from_string(text).ok()),
    }
}

fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Anonymous => "anonymous",
        Phase::Identified => "identified",
    }
}

fn orphan_in<'a>(
    shown: Shown<'a>,
    orphan: &'a Orphan,
    letters: &'a Letters<'_>,
    properties: Properties<'a>,
) -> impl Serialize {
    #[derive(serde::Serialize)]
    struct Json<'a, O: Serialize, N: Serialize, E: Serialize, R: Serialize> {
        id: &'a str,
        letter: Option<&'a str>,
        ids: O,
        strength: &'static str,
        contested: bool,
        suggested: &'a str,
        owners: O,
        owner_names: N,
        why: &'a str,
        evidence: E,
        events: R,
    }
    let journey = shown.journey;
    let text: fn(&'a Id) -> &'a str = Id::as_str;
    Json {
        id: orphan.id.as_str(),
        letter: letters.of_id(&orphan.id),
        ids: Each(orphan.ids.iter().map(text)),
        strength: orphan.strength.name(),
        contested: orphan.contested,
        suggested: orphan.suggested.as_str(),
        owners: Each(orphan.owners.iter().map(text)),
        owner_names: Each(orphan.owners.iter().map(move |owner| person(owner, journey))),
        why: &orphan.why,
        evidence: Each(orphan.evidence.iter().map(evidence)),
        events: Each(shown.steps_of(orphan).map(move |step| row(shown.journey, step, properties))),
    }
}

fn evidence(evidence: &Evidence) -> impl Serialize {
    #[derive(serde::Serialize)]
    struct Json<'a> {
        kind: &'static str,
        why: &'a str,
        source: Place<'a>,
        time: String,
        rows: u64,
    }
    Json {
        kind: evidence.kind.name(),
        why: &evidence.why,
        source: place(&evidence.source),
        time: rfc3339(evidence.time),
        rows: evidence.rows,
    }
}

fn point(point: &Point) -> impl Serialize {
    #[derive(serde::Serialize)]
    struct Json<'a> {
        kind: &'static str,
        id: &'a str,
        time: String,
        why: &'a str,
        source: Place<'a>,
        inferred: bool,
    }
    Json {
        kind: point.kind.name(),
        id: point.id.as_str(),
        time: rfc3339(point.time),
        why: &point.why,
        source: place(&point.source),
        inferred: point.inferred,
    }
}

fn finding(finding: &Finding) -> impl Serialize {
    #[derive(serde::Serialize)]
    struct Json<'a, S: Serialize> {
        code: &'a str,
        severity: &'a str,
        what: &'a str,
        advice: &'a str,
        sources: S,
    }
    let Finding { kind, what, advice, rows: _, lost: _, since: _, sources } = finding;
    Json { code: kind.code, severity: kind.severity.name(), what, advice, sources: Each(sources.iter().map(place)) }
}

/// The best name known of the person with a root; `None` where only the id is known.
fn person(root: &Id, journey: &Journey) -> Option<String> {
    if journey.root.as_ref() == Some(root) { journey.name() } else { journey.names.get(root).cloned() }
}

fn mention<'a>(mention: &'a Mention, journey: &Journey) -> impl Serialize + use<'a> {
    #[derive(serde::Serialize)]
    struct Json<'a> {
        role: &'static str,
        with: &'a str,
        root: &'a str,
        name: Option<String>,
        why: &'a str,
        source: Place<'a>,
        rows: u64,
    }
    Json {
        role: mention.role,
        with: mention.with.as_str(),
        root: mention.root.as_str(),
        name: person(&mention.root, journey),
        why: &mention.why,
        source: place(&mention.source),
        rows: mention.rows,
    }
}

fn owner<'a>(owner: &'a Owner, journey: &Journey) -> impl Serialize + use<'a> {
    #[derive(serde::Serialize)]
    struct Json<'a, E: Serialize> {
        root: &'a str,
        name: Option<String>,
        strength: &'static str,
        suggested: bool,
        evidence: E,
    }
    Json {
        root: owner.root.as_str(),
        name: person(&owner.root, journey),
        strength: owner.strength.name(),
        suggested: owner.suggested,
        evidence: Each(owner.evidence.iter().map(evidence)),
    }
}

fn alike(alike: &Alike) -> impl Serialize {
    #[derive(serde::Serialize)]
    struct Json<'a> {
        id: &'a str,
        of: &'a str,
        differ: &'a [&'static str],
    }
    Json { id: alike.id.as_str(), of: alike.of.as_str(), differ: &alike.differ }
}

fn neighbour<'a>(neighbour: &'a Neighbour, journey: &Journey) -> impl Serialize + use<'a> {
    #[derive(serde::Serialize)]
    struct Json<'a> {
        root: &'a str,
        name: Option<String>,
        device: Option<&'a str>,
        why: &'a str,
        source: Place<'a>,
    }
    Json {
        root: neighbour.root.as_str(),
        name: person(&neighbour.root, journey),
        device: neighbour.device.as_ref().map(Id::as_str),
        why: &neighbour.why,
        source: place(&neighbour.source),
    }
}

fn hit(hit: &Hit) -> impl Serialize {
    #[derive(serde::Serialize)]
    struct Via<'a> {
        property: &'a str,
        value: &'a str,
    }
    #[derive(serde::Serialize)]
    struct Json<'a> {
        id: &'a str,
        root: Option<&'a str>,
        kind: &'static str,
        r#match: &'static str,
        events: u64,
        first: Option<String>,
        last: Option<String>,
        via: Option<Via<'a>>,
        name: Option<&'a str>,
        person_events: Option<u64>,
        person_first: Option<String>,
        person_last: Option<String>,
    }
    Json {
        id: hit.id.as_str(),
        root: hit.root.as_ref().map(Id::as_str),
        kind: hit.kind.name(),
        r#match: hit.found.name(),
        events: hit.events,
        first: moment(hit.first),
        last: moment(hit.last),
        via: hit.via.as_ref().map(|(property, value)| Via { property, value }),
        name: hit.name.as_deref(),
        person_events: hit.person.map(|rows| rows.events),
        person_first: moment(hit.person.and_then(|rows| rows.first)),
        person_last: moment(hit.person.and_then(|rows| rows.last)),
    }
}

fn moment(at: Option<Millis>) -> Option<String> {
    at.map(rfc3339)
}
