//! A look over many users, of whose rows only sums are at hand, says what the journey of each user says; what
//! the looks come to; and a journey in numbers.

mod repairs;
mod shares;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use journey::identity::findings::{MOST_SOURCES, Since};
use journey::identity::{
    Because, Checked, Cut, CutOf, Facts, Finding, Held, Journey, LEGACY, Lost, Marks, Past, Refusal, Severity, Split,
    Summary, Sums, Totals, Way, resolve,
};
use journey::model::facts::{Arrival, Source};
use journey::model::id::has_prefix_twice;
use journey::model::{Flags, Id, LinkKind};

use crate::findings::CASES;
use crate::support::story::Story;

/// What a store counts of the rows of each id.
fn sums(facts: &Facts) -> HashMap<Id, Sums> {
    let ways: HashMap<Id, Way> = LEGACY.ways(&facts.calls).into_iter().collect();
    let mut sums: HashMap<Id, Sums> = HashMap::new();
    let mut devices: BTreeSet<(&Id, &Id)> = BTreeSet::new();
    for event in &facts.events {
        let Some(id) = &event.id else { continue };
        let split = ways.get(id).and_then(|way| LEGACY.split(way, event.time, event.arrival()));
        let texts = [&event.id, &event.other, &event.user, &event.device];
        let is_identify = &*event.event == "$identify";
        let marks = Marks::of_sender(event.flags, is_identify, texts.map(|id| id.as_ref().map(Id::as_str)));
        let impossible = Marks::is_impossible(event.time, event.arrived, event.flags, &facts.thresholds);
        let new_device = event.device.as_ref().is_some_and(|device| devices.insert((id, device)));
        let (mut own, at) = (Sums { rows: 1, devices: u64::from(new_device), ..Sums::default() }, event.time);
        own.since.any = (id.is_placeholder() || has_prefix_twice(id.as_str())).then_some(at);
        for (is, rows, since, time) in [
            (split == Some(Split::Race), &mut own.race, &mut own.since.race, at),
            (split == Some(Split::History), &mut own.history, &mut own.since.history, at),
            (marks.number, &mut own.numbers, &mut own.since.numbers, at),
            (marks.itself, &mut own.itself, &mut own.since.itself, at),
            (marks.device_user, &mut own.device_user, &mut own.since.device_user, at),
            (impossible, &mut own.impossible, &mut own.since.impossible, event.arrived),
        ] {
            (*rows, *since) = (u64::from(is), is.then_some(time));
        }
        sums.entry(id.clone()).or_default().add(&own);
    }
    sums
}

fn check(facts: &Facts) -> (Vec<Checked>, Totals) {
    let sums = sums(facts);
    let mut users = Vec::new();
    let of = |id: &Id| sums.get(id).copied().unwrap_or_default();
    let totals = LEGACY.check(facts, &of, &|_| true, &mut |checked| users.push(checked));
    (users, totals)
}

/// The facts of a story in which a number after `#` was sent as a number.
fn facts(text: &str) -> Facts {
    let mut story = Story::new(&text.replace('#', ""));
    let numbers: Vec<&str> = text.lines().filter(|line| line.contains("(#")).collect();
    for row in &mut story.rows {
        let at = (row.time / 1000).to_string();
        if numbers.iter().any(|line| line.trim().starts_with(&format!("{at} "))) {
            row.flags.set(Flags::ID_NOT_TEXT);
        }
    }
    story.facts()
}

fn journey(facts: &Facts, id: &Id) -> Journey {
    resolve(facts, id, LEGACY).unwrap()
}

type Found = (&'static str, u64, Option<i64>);

fn found(findings: &[Finding]) -> Vec<Found> {
    let mut found: Vec<Found> = findings.iter().map(|one| (one.code(), one.rows, one.since)).collect();
    found.sort_unstable();
    found
}

#[test]
fn a_user_is_judged_by_sums_as_by_its_rows() {
    let more = [
        // Rows of two ways to write an id, of one way, and with an alias that is always a number.
        "1 View(42)\n2 View(#42)\n3 View(42)",
        "1 View(#42)\n2 View(#42)",
        "1 View(#42)\n2 AL(sally -> 42)\n3 View(#42)\n4 View(sally)",
        // Rows before the call, in its race, and after it, with an alias of the alias.
        "1 Old(sally)\n20 View(12345)\n28 Race(sally)\n29 AL(sally -> 12345)\n40 AL(uid -> sally)\n39 Early(uid)\n50 Buy(uid)",
        // The prefix of a device twice, in rows that name no device.
        "2 Open($device:$device:d1)\n1 Open($device:$device:d1)",
        // An anonymous id that nothing but a link names has no rows to lose.
        "2 ID(u <= an7) +u,an7\n3 Dash(u) +u,an7",
        // Two who claim one id, weak evidence, strong evidence.
        "1 a(G1)\n2 ID(u1 <= G1)\n3 b(u1)\n4 ID(u2 <= G1)\n5 c(u2)",
        "1 View(12345)\n3 AL(sally -> 12345)\n60 AppOpen(P-1) +,d-phone\n62 AppBuy(12345) +,d-phone",
        "1 View(12345)\n3 AL(sally -> 12345)\n60 Open(a2222222-2222-4222-8222-222222222222) +,d-phone\n62 AppBuy(12345) +,d-phone",
    ];
    let stories = CASES.iter().flat_map(|case| [case.shows, case.neighbour]).chain(more);
    for story in stories {
        agree(&facts(story), story);
    }
    // A given table names an anonymous id without a row: nothing of it is left behind.
    let mut given = facts("1 AL(a2222222-2222-4222-8222-222222222222 -> an7)\n2 ID(u <= an7) +u,an7\n3 Dash(u) +u,an7");
    given.calls[0].from_table = true;
    given.events.remove(0);
    agree(&given, "a given table");
}

fn agree(facts: &Facts, story: &str) {
    let (users, _) = check(facts);
    let roots: BTreeSet<&Id> = users.iter().map(|user| &user.root).collect();
    assert_eq!(roots.len(), users.len(), "each user once: {story}");
    for user in &users {
        let journey = journey(facts, &user.root);
        assert_eq!(journey.root.as_ref(), Some(&user.root), "{story}");
        let counted = (user.rows, user.split, user.orphaned);
        let rows = (journey.steps.len() as u64, journey.splits() as u64, journey.orphaned_rows() as u64);
        assert_eq!(counted, rows, "{:?} of {story}", user.root);
        let named: Vec<&Id> = journey.ids.iter().filter(|member| !member.anonymous).map(|member| &member.id).collect();
        assert_eq!((user.named.iter().collect(), user.known.as_ref()), (named.clone(), named.first().copied()));
        let orphans = journey.orphans.iter().filter(|orphan| orphan.counts());
        assert_eq!(user.orphans, orphans.flat_map(|orphan| orphan.ids.clone()).collect::<Vec<_>>(), "{story}");
        assert_eq!(found(&user.findings), found(&journey.findings), "{:?} of {story}", user.root);
        for finding in &journey.findings {
            assert!(!finding.sources.is_empty(), "a row shows {}: {story}", finding.code());
            // Ids look alike from the first row on.
            assert_eq!(finding.since.is_some(), finding.code() != "id-variants", "{}: {story}", finding.code());
        }
    }
}

#[test]
fn sums_show_each_mistake_and_not_its_neighbour() {
    for case in CASES.iter().filter(|case| LEGACY.findings().iter().any(|kind| kind.code == case.code)) {
        let shows = |story: &str| {
            let mut facts = facts(story);
            if case.code == "id-variants" {
                let ids: Vec<Id> = facts.events.iter().filter_map(|event| event.id.clone()).collect();
                let alike = |pair: &[Id]| pair[0].as_str().eq_ignore_ascii_case(pair[1].as_str());
                facts.alike =
                    ids.windows(2).filter(|pair| alike(pair)).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
            }
            check(&facts).0.iter().flat_map(|user| &user.findings).any(|finding| finding.code() == case.code)
        };
        assert!(shows(case.shows), "{}", case.code);
        assert!(!shows(case.neighbour), "{}", case.code);
    }
}

#[test]
fn a_finding_names_how_often_and_a_few_rows_that_show_it() {
    let finding = |story: &str, code: &str| {
        let found = facts(story);
        let (users, _) = check(&found);
        users.into_iter().flat_map(|user| user.findings).find(|finding| finding.code() == code).unwrap()
    };
    let itself = |calls: &str| finding(&format!("1 View(u)\n{calls}"), "alias-of-itself").what;
    assert!(itself("2 AL(u -> u)").starts_with("alias was called once with u as both"));
    assert!(itself("2 AL(u -> u)\n3 AL(u -> u)").starts_with("alias was called 2 times with u as both"));
    let calls: Vec<String> = (2..30).map(|at| format!("{at} AL(u -> u)")).collect();
    assert_eq!(finding(&format!("1 View(u)\n{}", calls.join("\n")), "alias-of-itself").sources.len(), MOST_SOURCES);
    // Where a limit cut what was looked at, numbers are the least.
    let refused = "1 View(12345)\n2 AL(sally -> 12345)\n60 Open(P-1)\n61 AL(sally -> P-1)\n62 Buy(P-1)";
    assert!(finding(refused, "alias-on-login").what.contains(" was called once more"));
    let mut cut = facts(refused);
    cut.cuts.push(Cut { of: CutOf::Around, what: "links".to_owned() });
    let (users, _) = check(&cut);
    let what =
        users.iter().flat_map(|user| &user.findings).find(|one| one.code() == "alias-on-login").unwrap().what.clone();
    assert!(what.contains(" was called at least once more"), "{what}");
}

#[test]
fn the_row_of_a_call_arrives_with_it_and_is_not_moved_by_it() {
    // Android up to 7.2.1 sends the call under the alias.
    let mut story = Story::new("1 View(12345)\n2 AL(sally -> 12345)\n3 Buy(sally)");
    story.rows[1].id = Some(Id::new("sally"));
    story.rows[1].flags.set(Flags::BY_ORIGINAL);
    let facts = story.facts();
    let under: Vec<String> =
        journey(&facts, &Id::new("sally")).steps.iter().map(|step| step.stored_under.as_str().to_owned()).collect();
    assert_eq!(under, ["12345", "sally", "12345"]);
    agree(&facts, "a call under its alias");
}

#[test]
fn a_finding_is_of_the_user_whose_mistake_it_is() {
    let users_with = |code: &str, story: &str| {
        let (users, _) = check(&facts(story));
        let has = |user: &&Checked| user.findings.iter().any(|finding| finding.code() == code);
        users.iter().filter(has).map(|user| user.root.as_str().to_owned()).collect::<Vec<_>>()
    };
    let rows = |id: &str| (0..20).map(|at| format!("{} Open({id}) +,dev{at}", 100 + at)).collect::<Vec<_>>().join("\n");
    let code = "id-of-many-devices";
    // Another user whose aliases are the devices has no such id.
    let aliases: Vec<String> = (0..20).map(|at| format!("{at} AL($device:dev{at} -> root)")).collect();
    assert_eq!(users_with(code, &format!("{}\n{}", aliases.join("\n"), rows("crm-7"))), ["crm-7"]);
    // An id that a machine made is no literal and no account.
    assert!(users_with(code, &rows("a2222222-2222-4222-8222-222222222222")).is_empty());
    let code = "anonymous-before-login";
    let proof =
        "1 View($device:d1) +,d1\n2 AL(u -> $device:d1)\n50 View($device:d2) +,d2\n51 ID(u <= $device:d2) +u,d2";
    assert_eq!(users_with(code, proof), ["$device:d1"]);
    // A device in common is no login, and what others can claim as well need not be of this user.
    let device =
        "1 View(12345) +,d-phone\n3 AL(sally -> 12345)\n60 Open(a2222222-2222-4222-8222-222222222222) +,d-phone";
    assert!(users_with(code, device).is_empty());
    let contested = "1 a(G1)\n2 ID(u1 <= G1)\n3 AL(u1x -> u1)\n4 b(u1)\n5 ID(u2 <= G1)\n6 c(u2)";
    assert!(users_with(code, contested).is_empty());
}

#[test]
fn a_finding_speaks_of_one_row_as_of_one() {
    let what = |story: &str, code: &str| {
        let findings = journey(&facts(story), &Id::new("sally")).findings;
        findings.into_iter().find(|finding| finding.code() == code).unwrap().what
    };
    let (one, call) = ("1 Old(sally)", "30 View(an5)\n31 AL(sally -> an5)");
    assert_eq!(
        what(&format!("{one}\n{call}"), "alias-used-before"),
        "1 row was sent under the alias before it was one and stays stored under sally."
    );
    assert_eq!(
        what(&format!("{one}\n2 Older(sally)\n{call}"), "alias-used-before"),
        "2 rows were sent under the alias before it was one and stay stored under sally."
    );
}

#[test]
fn a_device_that_may_be_an_old_user_id_is_no_device_as_a_user() {
    let with = |flags: Flags| {
        let mut story = Story::new("1 Land($device:d1) +d1,d1");
        story.rows[0].flags = flags;
        check(&story.facts()).0[0].findings.iter().any(|finding| finding.code() == "user-is-device")
    };
    assert!(with(Flags::default()));
    assert!(!with(Flags::HAD_PERSISTED));
}

#[test]
fn a_refusal_says_why_with_the_ids_in_question() {
    let refusal = Refusal::new("taken", "{alias} is {kept} and not {target}");
    assert_eq!((refusal.name(), refusal.because("a", "t", "k").as_str()), ("taken", "a is k and not t"));
    let [one, other] = [LEGACY.findings()[0], LEGACY.findings()[1]];
    assert!(*one == *one && *one != *other, "a mistake is known by its code");
}

#[test]
fn the_past_of_a_user_is_merged_left_behind_or_none() {
    let past = |story: &str, root: &str| {
        let (users, _) = check(&facts(story));
        users.into_iter().find(|user| user.root.as_str() == root).unwrap().past
    };
    let guid = "a2222222-2222-4222-8222-222222222222";
    assert_eq!(past(&format!("1 View({guid})\n2 AL(sally@x.io -> {guid})"), guid), Past::Merged);
    assert_eq!(past("1 Buy(sally@x.io)", "sally@x.io"), Past::None);
    assert_eq!(past("1 Land(an7)\n2 ID(u <= an7) +u,an7\n3 Dash(u) +u,an7", "u"), Past::Left);
    // Rows that others can claim, or that only a chosen id on a device ties, are no one's past for sure.
    assert_eq!(past("1 a(G1)\n2 ID(u1 <= G1)\n3 b(u1)\n4 ID(u2 <= G1)\n5 c(u2)", "u1"), Past::None);
    // An anonymous id that a given table alone names has no row, and is no past.
    let mut given = facts(&format!("2 AL(sally@x.io -> {guid})\n3 Buy(sally@x.io)"));
    given.calls[0].from_table = true;
    given.events.remove(0);
    assert_eq!(check(&given).0[0].past, Past::None);
}

#[test]
fn ids_that_look_the_same_are_a_mistake_of_both_users_and_none_within_one() {
    let alike = |story: &str| {
        let mut facts = facts(story);
        let (one, other) = (Id::new("sally@x.io"), Id::new("Sally@x.io"));
        facts.alike = vec![(one.clone(), other.clone()), (other, one)];
        let (users, _) = check(&facts);
        let has = |user: &&Checked| user.findings.iter().any(|finding| finding.code() == "id-variants");
        let mut roots: Vec<_> = users.iter().filter(has).map(|user| user.root.as_str().to_owned()).collect();
        roots.sort();
        roots
    };
    assert_eq!(alike("1 View(sally@x.io)\n2 View(Sally@x.io)"), ["Sally@x.io", "sally@x.io"]);
    assert!(alike("1 View(sally@x.io)\n2 AL(Sally@x.io -> sally@x.io)\n3 View(Sally@x.io)").is_empty());
    // The first row under such an id shows it, and no row under another id.
    let mut facts = facts("1 View(12345)\n2 AL(sally@x.io -> 12345)\n3 Buy(sally@x.io)\n4 View(Sally@x.io)");
    facts.alike = vec![(Id::new("sally@x.io"), Id::new("Sally@x.io"))];
    let lines = |findings: Vec<Finding>| {
        let finding = findings.into_iter().find(|one| one.code() == "id-variants").unwrap();
        finding.sources.iter().map(|source| source.line).collect::<Vec<_>>()
    };
    assert_eq!(lines(journey(&facts, &Id::new("sally@x.io")).findings), [3]);
    // Where sums alone are at hand, the call that names it.
    let user = check(&facts).0.into_iter().find(|user| user.root.as_str() == "12345").unwrap();
    assert_eq!(lines(user.findings), [2]);
}

#[test]
fn a_person_is_named_by_the_id_asked_for_else_by_the_first_that_is_known() {
    let story = Story::new("1 View(12345)\n2 AL(sally@x.io -> 12345)\n3 AL(uid-9 -> sally@x.io)\n50 Buy(bob@x.io)");
    let known = |query: &str| story.journey(query).known_id().map(|id| id.as_str().to_owned());
    let first = known("12345");
    assert!(first.is_some());
    assert_eq!(known("uid-9").as_deref(), Some("uid-9"));
    assert_eq!(known("sally@x.io").as_deref(), Some("sally@x.io"));
    let mut journey = story.journey("sally@x.io");
    assert_eq!(journey.best_name(), "sally@x.io");
    journey.names.insert(Id::new("bob@x.io"), "Bob Example".to_owned());
    assert_eq!(journey.name_of(&Id::new("bob@x.io")), "Bob Example");
    assert_eq!(journey.name_of(&Id::new("carl@x.io")), "carl@x.io");
}

#[test]
fn as_of_a_moment_a_link_counts_from_its_first_row_on() {
    let facts = facts("1 Land(an7)\n2 ID(u <= an7)\n5 ID(u <= an7)");
    let links = |at: i64| {
        let links = facts.as_of(Arrival::end_of(at)).links;
        links.iter().filter(|link| link.kind == LinkKind::Identify).map(|link| link.rows).collect::<Vec<_>>()
    };
    assert_eq!(links(1_999), Vec::<u64>::new());
    // How many of its rows had arrived by then is not known: one had.
    assert_eq!((links(2_000), links(9_000)), (vec![1], vec![1]));
    assert_eq!(facts.links.iter().find(|link| link.kind == LinkKind::Identify).unwrap().rows, 2);
}

#[test]
fn under_a_rule_set_each_row_has_one_state_and_one_sentence() {
    let facts = facts(
        "1 Old(sally)
         5 View(12345)
         28.1@28.4 Race(sally)
         28@29.2 AL(sally -> 12345)
         40 Buy(sally)
         50 Buy(bob)",
    );
    let ruled = LEGACY.ruled(&facts, &Id::new("sally"));
    let rows: Vec<(&str, &str, bool, String)> =
        ruled.rows.iter().map(|held| (&*held.event.event, held.state(), ruled.is_own(held), ruled.why(held))).collect();
    let states: Vec<(&str, &str, bool)> = rows.iter().map(|(event, state, own, _)| (*event, *state, *own)).collect();
    assert_eq!(
        states,
        [
            ("Old", "split", false),
            ("View", "merged", true),
            ("$create_alias", "merged", true),
            ("Race", "split", false),
            ("Buy", "merged", true),
            ("Buy", "merged", false),
        ]
    );
    let whys = [
        "it is older than the alias call of story.jsonl line 4",
        "Sent as 12345, which no alias row leads on from: stored under 12345 itself.",
        "Asks for the alias sally of 12345: accepted",
        "it overtook the alias call of story.jsonl line 4",
        "Sent as sally after the alias call of story.jsonl line 4: stored under 12345.",
        "Sent as bob, which no alias row leads on from",
    ];
    for ((.., why), part) in rows.iter().zip(whys) {
        assert!(why.contains(part), "{why}");
    }
    let of = |because: Because, owner: Option<Id>| Held { because, owner, ..ruled.rows[0].clone() }.state();
    assert_eq!(of(Because::Conflict(0), Some(Id::new("bob"))), "conflict");
    assert_eq!(of(Because::NoOne, None), "ignored");
    let nowhere = LEGACY.ruled(&facts, &Id::new("carl"));
    assert!(nowhere.root.is_none() && !nowhere.rows.iter().any(|held| nowhere.is_own(held)));
}
