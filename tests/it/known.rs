//! Known from when: what makes a user known, and what only looks like it.

use std::sync::Arc;

use journey::identity::compare::{Comparison, Side, Verdict};
use journey::identity::{AliasLine, Journey, LEGACY, Phase, PointKind, Step, resolve};
use journey::model::{Client, Flags, Id, Row, Shape, Verb};
use proptest::prelude::*;

use crate::engine::{IDS, any_history};
use crate::support::story::{Story, facts};

const L: &str = "16bb11aa001-0c1d2e3f4-37677e02-13c680-16bb11aa002";
const M: &str = "16bb22bb001-0f9e8d7c6-37677e02-13c680-16bb22bb002";
const G: &str = "0f1e2d3c-4b5a-4697-8877-665544332211";
const H: &str = "7f3c2a10-55b1-4e0b-9c67-0a1b2c3d4e5f";

/// `View anonymous, Buy identified`.
fn phases(story: &Story, query: &str) -> String {
    let phase = |phase| if phase == Phase::Identified { "known" } else { "anonymous" };
    let journey = story.journey(query);
    let steps = journey.steps.iter().filter(|step| !step.event.event.starts_with('$'));
    steps.map(|step| format!("{} {}", step.event.event, phase(step.phase))).collect::<Vec<_>>().join(", ")
}

fn neighbours(journey: &Journey) -> Vec<(&str, Option<&str>)> {
    journey.neighbours.iter().map(|of| (of.root.as_str(), of.device.as_ref().map(Id::as_str))).collect()
}

#[test]
fn an_alias_that_is_a_second_anonymous_id_makes_no_user_known() {
    let old = Story::new(&format!(
        "1 Land({L})
         60 AL({L} -> {M})
         63 Open({M})
         300 AL(kim@example.com -> {M})
         330 Dash({M})"
    ));
    assert_eq!(phases(&old, M), "Land anonymous, Open anonymous, Dash known");
    assert_eq!(old.points(M), "alias kim@example.com@300");
    let with_devices = Story::new(&format!(
        "1 Land({L}) +,{L}
         60 AL({L} -> {M}) +,{M}
         60 ID({L} <= {M}) +{L},{M}
         63 Open({M}) +{L},{M}
         300 AL(kim@example.com -> {M}) +{L},{M}
         330 Dash({M}) +kim@example.com,{M}
         900 Land({L}) +,{L}"
    ));
    assert_eq!(phases(&with_devices, L), "Land anonymous, Open anonymous, Dash known, Land known");
    assert_eq!(with_devices.points(L), "alias kim@example.com@300");
    let member = &with_devices.journey(L).ids[1];
    assert_eq!((member.id.as_str(), member.anonymous), (L, true));
    // A third domain, and a login there before anybody signed up: the anonymous ids are its orphan.
    let login = Story::new(&format!(
        "1 Land({L}) +,{L}
         60 AL({L} -> {M}) +,{M}
         61 ID({L} <= {M}) +{L},{M}
         70 ID(kim-7 <= {M}) +kim-7,{M}
         71 Dash(kim-7) +kim-7,{M}"
    ));
    assert_eq!(login.orphans("kim-7"), format!("{M}: Land (proof)"));
    assert_eq!(neighbours(&login.journey("kim-7")), []);
}

#[test]
fn a_guid_is_a_person_where_an_app_says_so_and_no_row_has_it_as_a_device() {
    let user = Story::new(&format!("1 Land({G}) +,{G}\n2 ID({H} <= {G}) +{H},{G}\n3 Dash({H}) +{H},{G}"));
    assert_eq!(user.points(H), format!("identify {H}@2"));
    assert_eq!(user.orphans(H), format!("{G}: Land (proof)"));
    let device = Story::new(&format!("1 Land({H}) +,{H}\n2 ID({H} <= {G}) +{H},{G}\n3 Dash({H}) +{H},{G}"));
    assert_eq!(device.points(H), "");
    let alias_alone = Story::new(&format!("1 Land({G})\n2 AL({H} -> {G})\n3 Open({H})"));
    assert_eq!(
        (alias_alone.points(G), phases(&alias_alone, G)),
        (String::new(), "Land anonymous, Open anonymous".into())
    );
}

#[test]
fn a_device_under_its_own_id_is_no_login() {
    let by_form = Story::new(&format!("1 Open($device:{G}) +$device:{G},{G}\n2 Open({G}) +{G},{G}"));
    assert_eq!((by_form.points(G), by_form.points(&format!("$device:{G}"))), (String::new(), String::new()));
    let by_use = Story::new(
        "1 View(12345) +,12345
         2 AL(sally -> 12345) +,12345
         60 AppOpen(P-1) +,P-1
         61 ID(12345 <= P-1) +12345,P-1
         62 AppBuy(12345) +12345,P-1",
    );
    assert_eq!(by_use.points("sally"), "alias sally@2", "identify with the anonymous id names no person");
    let custom = Story::new("1 Open(dev-7) +,dev-7\n2 AL(dev-7 -> box-1)\n3 Open(dev-7) +,dev-7");
    assert_eq!(
        (custom.points("box-1"), phases(&custom, "box-1")),
        (String::new(), "Open anonymous, Open anonymous".into())
    );
}

#[test]
fn a_placeholder_makes_no_user_known_and_is_reported() {
    let story = Story::new(&format!(
        "1 View({L})
         2 AL(null -> {L})
         3 View(null)
         9 AL(null -> {M})
         10 ID(undefined <= {G}) +undefined,{G}
         11 Open(undefined) +undefined,{G}"
    ));
    assert_eq!((story.points(L), phases(&story, L)), (String::new(), "View anonymous, View anonymous".into()));
    let journey = story.journey("null");
    assert!(journey.notes.iter().any(|note| note.contains("\"null\" is a placeholder")), "{:?}", journey.notes);
    assert_eq!(story.findings("null"), "placeholder-id", "no login asked for that alias");
    assert!(journey.findings[0].what.contains("accepted"), "{}", journey.findings[0].what);
    assert_eq!((story.points("undefined"), story.findings(M)), (String::new(), "placeholder-id".into()));
}

#[test]
fn a_row_that_carries_a_user_id_is_known() {
    // As web SDKs from 2.26 on after an update: the old user id stands as the device.
    let mut carol = Story::new("1 Still(carol-77) +carol-77,carol-77\n5 Visit(carol-77) +carol-77,carol-77");
    for row in &mut carol.rows {
        row.flags.set(Flags::HAD_PERSISTED);
    }
    assert_eq!(
        (carol.points("carol-77"), phases(&carol, "carol-77")),
        ("login carol-77@1".into(), "Still known, Visit known".into())
    );
    assert!(!carol.journey("carol-77").ids[0].anonymous);
    let under_its_device = Story::new("1 Open($device:D) +,D\n2 Pay($device:D) +u9,D\n3 Open($device:D) +,D");
    assert_eq!(phases(&under_its_device, "$device:D"), "Open anonymous, Pay known, Open known");
    assert_eq!(under_its_device.points("$device:D"), "login u9@2");
    let why = &under_its_device.journey("$device:D").points[0].why;
    assert!(why.contains("with the $user_id u9"), "{why}");
    let by_server = Story::new("1 Mail(u9) on python\n2 Mail(u9) +u9, on python\n3 Mail(u9) on python");
    assert_eq!(phases(&by_server, "u9"), "Mail anonymous, Mail known, Mail known");
    let before_its_alias = Story::new("1 Open(d1)\n2 Pay(d1) +u9,d1\n3 AL(u9 -> d1)\n4 Open(d1)");
    assert_eq!(phases(&before_its_alias, "u9"), "Open anonymous, Pay known, Open known");
    assert_eq!(before_its_alias.points("u9"), "login u9@2, alias u9@3");
}

#[test]
fn a_merge_or_identify_never_leaves_a_user_behind_on_its_device() {
    let merge =
        Story::new(&format!("1 page({G})\n2 MERGE(ada-1, {G})\n3 Order(ada-1)\n4 MERGE({G}, bob-2)\n5 Order(bob-2)"));
    assert_eq!(merge.orphans(G), "");
    assert_eq!(merge.orphans("ada-1"), format!("{G}: page (proof, contested)"));
    assert_eq!(merge.orphans("bob-2"), format!("{G}: page (proof, contested)"));
    assert!(merge.journey("ada-1").orphan_of.is_empty());
    let back = Story::new(&format!("1 Pay(u9)\n2 ID({G} <= u9) +,{G}\n3 Open({G}) +,{G}"));
    assert_eq!(back.orphans(G), "", "a wrapper's reset that identifies with the new anonymous id");
    let two_people = Story::new("1 Order(ada@ex.com)\n2 MERGE(ada@ex.com, u-19)\n3 Order(u-19) +u-19,");
    assert_eq!((two_people.orphans("ada@ex.com"), two_people.orphans("u-19")), (String::new(), String::new()));
}

/// A returning user logs in on a second device, and another one there without a reset.
fn second_login() -> Story {
    Story::new(
        "1 View($device:d1) +,d1
         2 AL(nora -> $device:d1) +,d1
         3 Home($device:d2) +,d2
         4 ID(nora <= $device:d2) +nora,d2
         5 Login(nora) +nora,d2
         6 ID(omar <= nora) +omar,d2
         7 Browse(omar) +omar,d2",
    )
}

#[test]
fn the_earliest_claim_is_the_suggestion_and_a_later_one_accuses_no_user() {
    let story = second_login();
    let (nora, omar) = (story.journey("nora"), story.journey("omar"));
    for journey in [&nora, &omar] {
        let orphan = &journey.orphans[0];
        assert_eq!(
            (orphan.id.as_str(), orphan.contested, orphan.suggested.as_str()),
            ("$device:d2", true, "$device:d1")
        );
    }
    assert!(nora.orphans[0].why.contains("most likely those of $device:d1"), "{}", nora.orphans[0].why);
    assert!(omar.orphans[0].why.contains("the earliest evidence ties them to $device:d1"), "{}", omar.orphans[0].why);
    assert_eq!(story.findings("omar"), "shared-device");
    assert_eq!(neighbours(&omar), [("$device:d1", Some("d2"))], "a device has the name of a device");
    assert!(omar.neighbours[0].why.starts_with("Device d2 switched from nora to omar"), "{}", omar.neighbours[0].why);
    let owners = story.journey("$device:d2").orphan_of;
    let owners: Vec<_> = owners.iter().map(|owner| (owner.root.as_str(), owner.suggested)).collect();
    assert_eq!(owners, [("$device:d1", true), ("omar", false)]);

    // The first to claim without an alias has left the rows behind.
    let both = Story::new("1 a(G1)\n2 ID(u1 <= G1)\n3 b(u1)\n4 ID(u2 <= G1)\n5 c(u2)");
    let kept = "anonymous-id-kept".to_owned();
    assert_eq!((both.findings("u1"), both.findings("u2")), (format!("identify-without-alias, {kept}"), kept));
    // Arrival decides which claim is the first, not time.
    let late = Story::new("1 a(G1)\n2@90 ID(u1 <= G1)\n3@91 b(u1)\n4 ID(u2 <= G1)\n5 c(u2)");
    assert_eq!(late.journey("u1").orphans[0].suggested.as_str(), "u2");
    let no_device = Story::new("1 ID(u1 <= G1)\n2 a(u1)\n3 ID(u2 <= u1)\n4 b(u2)").journey("u2");
    assert_eq!(neighbours(&no_device), [("u1", None)]);
}

fn compare(story: &Story, a: &str, b: &str) -> Comparison {
    let side = |id: &str| Side { journey: Arc::new(story.journey(id)), traits: vec![] };
    Comparison::of(side(a), side(b), vec![])
}

#[test]
fn two_users_who_claim_one_anonymous_id_are_compared_by_it() {
    let story =
        Story::new(&format!("1 page({G})\n2 ID(ada-1 <= {G})\n3 Order(ada-1)\n4 ID(bob-2 <= {G})\n5 Order(bob-2)"));
    for (a, b) in [("ada-1", "bob-2"), ("bob-2", "ada-1")] {
        let compared = compare(&story, a, b);
        assert_eq!(compared.verdict, Verdict::Contested);
        assert!(
            compared.sentence.contains("0f1e2d3c-4b…65544332211") && !compared.sentence.contains("share nothing"),
            "{}",
            compared.sentence
        );
        let claim = compared.arguments.iter().find(|argument| argument.supports).unwrap();
        assert!(claim.text.contains("the earlier evidence is for ada-1"), "{}", claim.text);
        let mut lines: Vec<u64> = claim.sources.iter().map(|source| source.line).collect();
        lines.sort_unstable();
        assert_eq!(lines, [2, 4]);
    }
    let switched = Story::new("1 a(u1) +u1,\n2 ID(u2 <= u1) +u2,\n3 b(u2)");
    assert_eq!(compare(&switched, "u1", "u2").verdict, Verdict::Device);
    let refused = Story::new("1 AL(ann@x.com -> 1)\n2 AL(bob@x.com -> 2)\n3 AL(ann@x.com -> 2)");
    let refused = compare(&refused, "ann@x.com", "bob@x.com");
    assert_eq!(refused.verdict, Verdict::Device);
    assert!(
        refused.arguments[0].text.contains("ann@x.com as an alias of 2 and was refused"),
        "{:?}",
        refused.arguments
    );
    let strangers = Story::new(&format!(
        "1 page({G})\n2 ID(ada-1 <= {G})\n4 page({H})\n5 ID(bob-2 <= {H})\n6 Order(bob-2)\n7 Order(ada-1)"
    ));
    assert_eq!(compare(&strangers, "ada-1", "bob-2").verdict, Verdict::Nothing);
}

/// What makes a user known, said slowly.
pub(crate) struct Slow<'a>(pub(crate) &'a [Row]);

impl Slow<'_> {
    /// Whether some row names `id` as the device that sent it.
    fn is_device(&self, id: &Id, own: bool) -> bool {
        self.0.iter().any(|row| {
            let is_device = row.device.as_ref().is_some_and(|device| device.as_str() == id.bare());
            let under_it = row.id.as_ref().is_some_and(|sent| sent.bare() == id.bare());
            let names_another = row.id.is_some() || row.user.is_some() && row.user != row.device;
            is_device && !row.flags.has(Flags::HAD_PERSISTED) && if own { under_it } else { names_another }
        })
    }

    /// Whether `id` stands for a device, by its form or by rows.
    pub(crate) fn is_of_device(&self, id: &Id) -> bool {
        match id.shape() {
            Shape::Device | Shape::WebAnonymous => true,
            Shape::Guid => self.is_device(id, false),
            Shape::Other => self.is_device(id, true),
            Shape::Email => false,
        }
    }

    fn can_be_a_name(&self, id: &Id) -> bool {
        !id.is_placeholder() && !self.is_of_device(id)
    }

    fn is_person(&self, id: &Id) -> bool {
        let said = self.0.iter().any(|row| {
            let by_user = row.user.as_ref() == Some(id)
                && (row.id.is_some()
                    || row.device.is_some() && row.device != row.user && !row.flags.has(Flags::HAD_PERSISTED));
            let by_verb = match &row.verb {
                Verb::Identify { identified, anon } => {
                    let from_an_address = |anon: &Id| id.shape().is_sdk_made() && anon.shape() == Shape::Email;
                    identified.as_ref() == Some(id)
                        && anon.as_ref().is_some_and(|anon| anon != id && !from_an_address(anon))
                }
                Verb::Alias { alias, target, .. } => {
                    alias.as_ref() == Some(id) && target.as_ref() != Some(id) && !id.shape().is_sdk_made()
                }
                _ => false,
            };
            by_user || by_verb
        });
        self.can_be_a_name(id) && (id.shape() == Shape::Email || said)
    }

    /// Whether a row shows that its sender is known.
    fn shows_a_person(&self, row: &Row, accepted: bool) -> bool {
        let persisted = row.flags.has(Flags::HAD_PERSISTED);
        let is_device = |id: &Id| !persisted && row.device.as_ref().is_some_and(|device| device.as_str() == id.bare());
        let by_user = row.user.as_ref().is_some_and(|user| {
            // Of rows under a placeholder nothing is looked up.
            let nowhere = row.id.as_ref().is_some_and(Id::is_placeholder);
            let is_name =
                if nowhere { !user.is_placeholder() && !user.shape().is_sdk_made() } else { self.can_be_a_name(user) };
            is_name && !is_device(user)
        });
        // A server sends rows under whatever id it has.
        let by_client = by_user || !row.client.as_ref().is_some_and(Client::is_server);
        let by_id = by_client && row.id.as_ref().is_some_and(|id| self.is_person(id) && !is_device(id));
        let by_alias = match &row.verb {
            Verb::Alias { alias: Some(alias), .. } => accepted && self.is_person(alias) && !is_device(alias),
            _ => false,
        };
        by_id || by_user || by_alias
    }
}

proptest! {
    #[test]
    fn a_user_is_known_from_the_first_row_on_that_shows_a_person(rows in any_history()) {
        let slow = Slow(&rows);
        let facts = facts(&rows);
        for id in IDS.iter().map(|id| Id::new(id)) {
            let Some(journey) = resolve(&facts, &id, LEGACY) else { continue };
            let is_accepted = |line: &&AliasLine| line.verdict == journey::identity::Verdict::Accepted;
            let accepted: Vec<u64> = journey.aliases.iter().filter(is_accepted).map(|line| line.source.line).collect();
            let shows = |step: &&Step| {
                let line = step.event.source.line;
                let row = rows.iter().find(|row| row.line == line).unwrap();
                slow.shows_a_person(row, accepted.contains(&line))
            };
            // A call in a row that is a copy of another is accepted all the same. The device that it came from is
            // that of the other.
            let is_step = |row: i64| journey.steps.iter().any(|step| step.event.row == row);
            let of_copies = journey.aliases.iter().filter(is_accepted).filter(|line| !is_step(line.row));
            let of_copies = of_copies.filter(|line| line.alias.as_ref().is_some_and(|alias| slow.is_person(alias)));
            let known = journey.steps.iter().filter(shows).map(|step| step.event.place());
            let known = known.chain(of_copies.map(|line| (line.time, line.arrival())));
            let known: Vec<_> = known.collect();
            for step in &journey.steps {
                let is_known = known.iter().any(|place| *place <= step.event.place());
                prop_assert_eq!(step.phase == Phase::Identified, is_known, "{:?} line {}", id, step.event.source.line);
            }
            // There is a point where it begins, and it names a person.
            let first = journey.steps.iter().find(|step| step.phase == Phase::Identified).map(|step| step.event.row);
            let points: Vec<_> = journey.points.iter().filter(|point| point.kind != PointKind::Reset).collect();
            let begins = points.first().map(|point| point.row);
            if begins.is_none_or(is_step) {
                prop_assert_eq!(begins, first);
            }
            let of_nobody = journey.ids.iter().any(|member| member.id.is_placeholder());
            for point in points {
                let by_form = !point.id.is_placeholder() && point.id.shape() != Shape::Device;
                prop_assert!(by_form && (of_nobody || slow.can_be_a_name(&point.id)), "{:?}", point.id);
            }
        }
    }
}
