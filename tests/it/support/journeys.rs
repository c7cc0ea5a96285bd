//! Journeys made by hand, each of one story.

#![allow(clippy::expect_used, reason = "a test that cannot be set up has to fail")]

mod stories;

use std::sync::Arc;

pub(super) use self::stories::Stories;

use journey::identity::{
    AliasLine, Evidence, EvidenceKind, Journey, LEGACY, Member, Mention, Neighbour, Orphan, Phase, Point, PointKind,
    Reason, Refusal, Role, Split, State, Step, Strength, Verdict,
};
use journey::model::facts::{Event, Sender, Source};
use journey::model::row::{CREATE_ALIAS, IDENTIFY};
use journey::model::time::parse;
use journey::model::{Client, Flags, Id, Millis, VerbKind};

pub(super) fn at(text: &str) -> Millis {
    parse(text).expect("a time")
}

pub(super) fn source(line: u64) -> Source {
    Source::new("sally.jsonl", 0, line)
}

/// A row whose number in the store is its line.
pub(super) fn event(line: u64, name: &str, id: &str, time: &str) -> Event {
    let time = at(time);
    Event {
        row: i64::try_from(line).expect("a small number"),
        event: name.into(),
        time,
        arrived: time + 1_250,
        hash: 0,
        source: source(line),
        sender: Arc::new(Sender {
            id: Some(Id::new(id)),
            client: Some(Client::from_text("web · Mac OS X · Chrome")),
            verb: match name {
                CREATE_ALIAS => VerbKind::Alias,
                IDENTIFY => VerbKind::Identify,
                _ => VerbKind::Track,
            },
            ..Sender::default()
        }),
    }
}

pub(super) fn step(event: Event, under: &str, phase: Phase, reason: Reason) -> Step {
    Step { event: event.into(), stored_under: Id::new(under), state: State::Merged, phase, copies: vec![], reason }
}

pub(super) fn member(id: &str, role: Role, anonymous: bool, steps: &[Step]) -> Member {
    let mut times = steps.iter().filter(|step| step.event.id.as_ref() == Some(&Id::new(id))).map(|s| s.event.time);
    let first = times.next();
    let events = steps.iter().filter(|step| step.event.id.as_ref() == Some(&Id::new(id))).count() as u64;
    Member { id: Id::new(id), role, anonymous, events, first, last: times.next_back().or(first) }
}

pub(super) fn call(line: u64, alias: &str, target: &str, time: &str, verdict: Verdict, why: &str) -> AliasLine {
    let time = at(time);
    AliasLine {
        alias: Some(Id::new(alias)),
        target: Some(Id::new(target)),
        verdict,
        kept: None,
        kept_by: None,
        time,
        arrived: Some(time + 1_250),
        order: time + 1_250,
        by_original: false,
        from_table: false,
        source: source(line),
        row: i64::try_from(line).expect("a small number"),
        why: why.to_owned(),
    }
}

pub(super) fn point(line: u64, kind: PointKind, id: &str, time: &str, why: &str) -> Point {
    Point {
        kind,
        id: Id::new(id),
        time: at(time),
        why: why.to_owned(),
        source: source(line),
        row: i64::try_from(line).expect("a small number"),
        inferred: false,
    }
}

fn empty(query: &str, root: Option<&str>) -> Journey {
    Journey {
        rules: LEGACY,
        query: Id::new(query),
        as_of: None,
        root: root.map(Id::new),
        ids: vec![],
        aliases: vec![],
        steps: vec![],
        orphans: vec![],
        points: vec![],
        mentions: vec![],
        orphan_of: vec![],
        neighbours: vec![],
        alike: vec![],
        notes: vec![],
        exported: None,
        findings: vec![],
        cuts: vec![],
        profiles: vec![],
        names: std::collections::BTreeMap::new(),
    }
}

/// Sally looks around, signs up, and comes back under her e-mail ten days later.
pub(super) fn sally() -> Journey {
    let mut journey = empty("sally@gmail.com", Some("12345"));
    let mut create = event(3, "$create_alias", "12345", "2019-07-01T09:16:10.550Z");
    create.other = Some(Id::new("sally@gmail.com"));
    let through = Reason::Through { call: 0, hops: 1 };
    journey.steps = vec![
        step(event(1, "View", "12345", "2019-07-01T09:14:02.118Z"), "12345", Phase::Anonymous, Reason::Own),
        step(event(2, "Video Played", "12345", "2019-07-01T09:14:41.002Z"), "12345", Phase::Anonymous, Reason::Own),
        step(create, "12345", Phase::Identified, Reason::Call { call: 0 }),
        step(event(4, "Sign Up", "12345", "2019-07-01T09:16:12.904Z"), "12345", Phase::Identified, Reason::Own),
        step(
            event(50, "Dashboard", "sally@gmail.com", "2019-07-11T11:40:07.020Z"),
            "12345",
            Phase::Identified,
            through,
        ),
    ];
    if let Some(step) = journey.steps.get_mut(1) {
        step.copies = vec![source(7)];
    }
    journey.ids = vec![
        member("12345", Role::Root, true, &journey.steps),
        member("sally@gmail.com", Role::Alias, false, &journey.steps),
    ];
    journey.aliases = vec![call(
        3,
        "sally@gmail.com",
        "12345",
        "2019-07-01T09:16:10.550Z",
        Verdict::Accepted,
        "The first alias call with this key: from its arrival on, rows sent as sally@gmail.com are stored under 12345.",
    )];
    journey.points = vec![point(
        3,
        PointKind::Alias,
        "sally@gmail.com",
        "2019-07-01T09:16:10.550Z",
        "12345 became known by its alias.",
    )];
    journey
}

/// As [`sally`], and alias is called again from her phone: refused, and the phone stays an orphan.
pub(super) fn phone() -> Journey {
    let mut journey = sally();
    let orphan = |event: Event| step(event, "P-1", Phase::Anonymous, Reason::Orphaned { orphan: 0 });
    let mut create = event(61, "$create_alias", "P-1", "2019-07-17T20:04:02.009Z");
    create.other = Some(Id::new("sally@gmail.com"));
    journey.aliases.push(AliasLine {
        kept: Some(Id::new("12345")),
        kept_by: Some(source(3)),
        ..call(
            61,
            "sally@gmail.com",
            "P-1",
            "2019-07-17T20:04:02.009Z",
            Verdict::Refused(Refusal::ALREADY_MAPPED),
            "Refused: sally@gmail.com points to 12345 already, and an alias has one target for ever (L2).",
        )
    });
    journey.orphans = vec![Orphan {
        id: Id::new("P-1"),
        ids: vec![Id::new("P-1")],
        strength: Strength::Proof,
        contested: false,
        suggested: Id::new("12345"),
        owners: vec![Id::new("12345")],
        evidence: vec![Evidence {
            kind: EvidenceKind::RefusedAlias,
            why: "A refused alias call wanted to join P-1 to sally@gmail.com.".into(),
            source: source(61),
            time: at("2019-07-17T20:04:02.009Z"),
            rows: 1,
        }],
        steps: vec![
            orphan(event(60, "App Open", "P-1", "2019-07-17T20:03:11.300Z")),
            orphan(create),
            orphan(event(62, "App Buy", "P-1", "2019-07-17T20:04:09.650Z")),
        ],
        why: "Stored under P-1, which no alias leads from; proof ties it to this user.".into(),
    }];
    journey
}

/// A device changes hands: Sally resets, somebody looks around, Bob logs in.
pub(super) fn two_people() -> Journey {
    let mut journey = sally();
    let mut row = event(70, "Browse", "A2", "2019-07-12T08:00:00Z");
    row.device = Some(Id::new("tablet"));
    journey.orphans = vec![Orphan {
        id: Id::new("A2"),
        ids: vec![Id::new("A2"), Id::new("$device:A2")],
        strength: Strength::Strong,
        contested: true,
        suggested: Id::new("12345"),
        owners: vec![Id::new("12345"), Id::new("bob")],
        evidence: vec![Evidence {
            kind: EvidenceKind::SameDevice,
            why: "Rows of A2 and of 12345 name one device, tablet.".into(),
            source: source(70),
            time: at("2019-07-12T08:00:00Z"),
            rows: 3,
        }],
        steps: vec![step(row, "A2", Phase::Anonymous, Reason::Orphaned { orphan: 0 })],
        why: "Stored under A2; strong evidence ties it to this user and to bob, so it counts for neither.".into(),
    }];
    journey.points.push(Point {
        inferred: true,
        ..point(70, PointKind::Reset, "A2", "2019-07-12T08:00:00Z", "The device went on under a new anonymous id.")
    });
    journey.neighbours = vec![Neighbour {
        root: Id::new("bob"),
        device: Some(Id::new("tablet")),
        switched: false,
        why: "bob has used the device tablet as well; two people may be mixed here.".into(),
        time: at("2019-07-12T08:00:00Z"),
        source: source(71),
    }];
    journey.notes = vec!["Rows of server libraries tell no device.".into()];
    journey
}

/// A welcome mail is sent under the e-mail before the alias has arrived.
pub(super) fn race() -> Journey {
    let mut journey = sally();
    let mut late = step(
        event(5, "Welcome Mail", "sally@gmail.com", "2019-07-01T09:16:10.650Z"),
        "sally@gmail.com",
        Phase::Identified,
        Reason::Before { call: 0 },
    );
    late.state = State::Split(Split::Race);
    Arc::make_mut(&mut late.event).flags = Flags::ARRIVAL_UNKNOWN;
    let mut old = step(
        event(6, "Newsletter", "sally@gmail.com", "2019-06-20T07:00:00Z"),
        "sally@gmail.com",
        Phase::Anonymous,
        Reason::Before { call: 0 },
    );
    old.state = State::Split(Split::History);
    journey.steps.push(late);
    journey.steps.push(old);
    journey.steps.sort_by_key(|step| step.event.time);
    journey
}

/// Sally reads fourteen pages in one go before she signs up, and comes back twice.
pub(super) fn browsing() -> Journey {
    let mut journey = sally();
    let own = |event: Event, phase: Phase| step(event, "12345", phase, Reason::Own);
    for number in 0..14u64 {
        let row = event(200 + number, "Page Viewed", "12345", &format!("2019-07-01T09:14:{:02}Z", 42 + number));
        journey.steps.push(own(row, Phase::Anonymous));
    }
    for (number, step) in (0..).zip(journey.steps.iter_mut().skip(5)) {
        let row = Arc::make_mut(&mut step.event);
        row.time = at("2019-07-01T09:01:00Z") + number * 60_000;
        row.arrived = row.time + 1_250;
    }
    let phone = Some(Client::from_text("iphone · iOS"));
    for (line, name, time) in [
        (301, "App Open", "2019-07-01T11:00:00Z"),
        (302, "Search", "2019-07-01T11:01:00Z"),
        (401, "App Open", "2019-07-04T08:00:00Z"),
    ] {
        let mut row = event(line, name, "12345", time);
        row.client.clone_from(&phone);
        journey.steps.push(own(row, Phase::Identified));
    }
    for (line, time) in [(1, "2019-07-01T09:00:00Z"), (2, "2019-07-01T09:00:30Z")] {
        if let Some(step) = journey.steps.iter_mut().find(|step| step.event.row == line) {
            Arc::make_mut(&mut step.event).time = at(time);
        }
    }
    journey.steps.retain(|step| step.event.row != 50);
    journey.steps.sort_by_key(|step| step.event.time);
    journey
}

/// An id that rows name only as a device.
pub(super) fn mentioned() -> Journey {
    let mut journey = empty("tablet", None);
    journey.mentions = vec![Mention {
        role: "device",
        with: Id::new("sally@gmail.com"),
        root: Id::new("12345"),
        why: "3 rows of sally@gmail.com name tablet as their $device_id.".into(),
        source: source(70),
        rows: 3,
    }];
    journey
}

/// Twelve orphans: more lanes than there are places.
pub(super) fn many_lanes() -> Journey {
    let mut journey = phone();
    let template = journey.orphans.first().cloned().expect("an orphan");
    for number in 2..=12u64 {
        let id = format!("P-{number}");
        let orphans = journey.orphans.len();
        let row = event(100 + number, "App Open", &id, &format!("2019-07-18T10:{number:02}:00Z"));
        journey.orphans.push(Orphan {
            id: Id::new(&id),
            ids: vec![Id::new(&id)],
            steps: vec![step(row, &id, Phase::Anonymous, Reason::Orphaned { orphan: orphans })],
            why: format!("Stored under {id}."),
            ..template.clone()
        });
    }
    journey
}

/// 100,000 rows, one a minute.
pub(super) fn long() -> Journey {
    let mut journey = sally();
    let start = at("2020-01-01T00:00:00Z");
    let template = journey.steps.last().cloned().expect("a step");
    for number in 0..100_000 {
        let mut step = template.clone();
        let event = Arc::make_mut(&mut step.event);
        event.row = 1_000 + number;
        event.time = start + number * 60_000;
        event.arrived = event.time + 500;
        journey.steps.push(step);
    }
    journey.cuts = vec![journey::identity::Cut {
        of: journey::identity::CutOf::Rows,
        what: "only the first 100,000 rows were read".into(),
    }];
    journey
}

/// Names and values that would act on a terminal, and characters of every width.
pub(super) fn hostile() -> Journey {
    let mut journey = phone();
    let names = ["\x1b]0;owned\x07", "日本語のイベント", "e\u{301}te\u{301} 👩‍👩‍👧", "\u{202e}gnp.exe", "", "line\nbreak"];
    for (step, name) in
        journey.steps.iter_mut().chain(journey.orphans.iter_mut().flat_map(|o| &mut o.steps)).zip(names.iter().cycle())
    {
        if step.event.other.is_none() {
            Arc::make_mut(&mut step.event).event = (*name).into();
        }
    }
    journey.query = Id::new("日本語\x1b[31m\u{200b}\u{0}");
    journey
}
