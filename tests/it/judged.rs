//! A look over many users, of whose rows only sums are at hand, says what the journey of each user says; what
//! the looks come to; and a journey in numbers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use journey::identity::audit::{Auditor, Trend};
use journey::identity::baseline::{Baseline, Was, fingerprint};
use journey::identity::findings::{MOST_SOURCES, Since};
use journey::identity::repair::{Repair, Way as Repairing, repair};
use journey::identity::{
    Because, Checked, Cut, CutOf, Facts, Finding, Held, Journey, LEGACY, Lost, Marks, Past, Refusal, Severity, Split,
    Summary, Sums, Totals, Way, resolve,
};
use journey::model::facts::{Arrival, Source};
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
        own.since.any = id.is_placeholder().then_some(at);
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
    let totals = LEGACY.check(facts, &of, &mut |checked| users.push(checked));
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

type Told = (&'static str, u64, Option<i64>);

fn told(findings: &[Finding]) -> Vec<Told> {
    let mut told: Vec<Told> = findings.iter().map(|one| (one.code(), one.rows, one.since)).collect();
    told.sort_unstable();
    told
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
        assert_eq!(told(&user.findings), told(&journey.findings), "{:?} of {story}", user.root);
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
fn calls_and_devices_are_counted_once_for_all_users() {
    let (_, totals) = check(&facts(
        "1 Open(sally) +sally,d-1
         9 Open(bob) +bob,d-1
         10 Open(sally) +sally,d-2
         11 Land(a2222222-2222-4222-8222-222222222222) +,d-2
         12 Open(null) +null,d-2
         13 Open(sally) +sally,null
         14 Open(bob) +bob,null
         20 AL(sal -> sally)
         21 AL(sal -> bob)",
    ));
    assert_eq!((totals.calls, totals.refused), (2, 1));
    assert_eq!(totals.refused_calls, [9], "by the numbers of their rows");
    assert_eq!((totals.devices, totals.shared_devices), (2, 1), "a placeholder is no device and no user");
    assert_eq!(totals.shared.iter().map(Id::as_str).collect::<Vec<_>>(), ["d-1"]);
}

/// A user with findings of some rows each.
fn user(root: &str, findings: &[(usize, u64)]) -> Checked {
    let finding = |(nth, rows): &(usize, u64)| {
        let kind = LEGACY.findings()[*nth];
        let source = Source::new("a.jsonl", 0, 1);
        Finding {
            kind,
            what: String::new(),
            advice: kind.advice,
            rows: *rows,
            lost: Lost::Nothing,
            since: Some(0),
            sources: vec![source],
        }
    };
    Checked {
        root: Id::new(root),
        known: Some(Id::new(root)),
        rows: 10,
        split: 1,
        orphaned: 3,
        past: Past::None,
        named: vec![Id::new(root)],
        orphans: vec![],
        findings: findings.iter().map(finding).collect(),
    }
}

#[test]
fn shares_are_of_users_with_a_name_and_of_all_rows() {
    let mut auditor = Auditor::new(LEGACY);
    for (nth, past) in [Past::None, Past::Merged, Past::Merged, Past::Merged, Past::Left].into_iter().enumerate() {
        auditor.add(&Checked { past, ..user(&format!("u{nth}"), &[]) });
    }
    // A visitor without a name has split rows and no past.
    auditor.add(&Checked { known: None, past: Past::Left, ..user("a1", &[]) });
    let totals = Totals { calls: 8, refused: 2, devices: 4, shared_devices: 3, ..Totals::default() };
    let audit = auditor.finish(&totals, 100, true);
    assert_eq!((audit.people, audit.events, audit.complete), (5, 100, true));
    assert_eq!(audit.rates.merged_past, Some(0.75));
    assert_eq!((audit.rates.split, audit.rates.orphaned), (Some(0.06), Some(0.15)));
    assert_eq!((audit.rates.refused, audit.rates.shared_devices), (Some(0.25), Some(0.75)));
    assert_eq!(
        Auditor::new(LEGACY).finish(&Totals::default(), 0, true).rates.split,
        None,
        "of no rows there is no share"
    );
}

#[test]
fn a_mistake_of_many_users_names_those_with_the_most_rows() {
    let mut auditor = Auditor::new(LEGACY);
    for nth in 0..25_u64 {
        // Two of each number of rows.
        auditor.add(&user(&format!("u{nth:02}"), &[(0, nth / 2 * 10)]));
    }
    let audit = auditor.finish(&Totals::default(), 0, false);
    let found = &audit.found[0];
    assert_eq!((found.people, found.count, found.at_least), (25, 25, true));
    assert_eq!(found.rows, (0..25).map(|nth| nth / 2 * 10).sum::<u64>());
    assert_eq!(found.users.len(), 25);
    let ids: Vec<&str> = found.ids.iter().map(Id::as_str).collect();
    assert_eq!(ids.len(), 20, "the journeys of so many can be read");
    assert_eq!(ids[..5], ["u24", "u22", "u23", "u20", "u21"], "the most rows first, then by id");
    assert!(Auditor::new(LEGACY).finish(&Totals::default(), 0, true).found.is_empty());
}

#[test]
fn users_that_an_earlier_look_did_not_know_come_first() {
    let codes: Vec<&str> = LEGACY.findings().iter().map(|kind| kind.code).collect();
    let baseline = || {
        let mut baseline = Baseline::default();
        let known = ["old1", "old2"].map(|id| fingerprint(&Id::new(id)));
        baseline.set(codes[0], Was::Users(known.into_iter().collect()));
        baseline.set(codes[1], Was::Count(7));
        baseline
    };
    let mut auditor = Auditor::new(LEGACY).with_baseline(baseline());
    for (id, rows) in [("old1", 9), ("new1", 1), ("old2", 5), ("new2", 2)] {
        auditor.add(&user(id, &[(0, rows), (1, rows), (2, rows)]));
    }
    let audit = auditor.finish(&Totals::default(), 0, true);
    let of = |code: &str| audit.found.iter().find(|found| found.kind.code == code).unwrap();
    // An id that names the user can come later than its root.
    let mut auditor = Auditor::new(LEGACY).with_baseline(baseline());
    auditor.add(&Checked { known: Some(Id::new("renamed")), ..user("old1", &[(0, 1)]) });
    auditor.add(&Checked { known: Some(Id::new("old2")), ..user("moved", &[(0, 1)]) });
    assert_eq!(auditor.finish(&Totals::default(), 0, true).found[0].newcomers, Some(0));
    let ids: Vec<&str> = of(codes[0]).ids.iter().map(Id::as_str).collect();
    assert_eq!((of(codes[0]).newcomers, ids), (Some(2), vec!["new2", "new1", "old1", "old2"]));
    assert_eq!(of(codes[1]).newcomers, None, "a number names no one");
    assert_eq!(of(codes[2]).newcomers, None);
    assert_eq!(of(codes[2]).ids[0].as_str(), "old1");
}

#[test]
fn mistakes_are_listed_by_their_weight_and_then_by_the_number_of_users() {
    let mut auditor = Auditor::new(LEGACY);
    let kinds = LEGACY.findings();
    let all: Vec<(usize, u64)> = (0..kinds.len()).map(|nth| (nth, 1)).collect();
    auditor.add(&user("u1", &all));
    let last_error = kinds.iter().rposition(|kind| kind.severity == Severity::Error).unwrap();
    auditor.add(&user("u2", &[(last_error, 1)]));
    let audit = auditor.finish(&Totals::default(), 0, true);
    assert_eq!(audit.found[0].kind.code, kinds[last_error].code);
    let order: Vec<(Severity, u64, &str)> =
        audit.found.iter().map(|found| (found.kind.severity, u64::MAX - found.people, found.kind.code)).collect();
    assert!(order.is_sorted(), "{order:?}");
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let expected = kinds.iter().filter(|kind| kind.severity == severity).count();
        assert!(expected > 1);
        assert_eq!(audit.of_severity(severity), expected);
    }
    // All of them are of the first of 60 days.
    let day = 24 * 60 * 60 * 1000;
    assert_eq!(audit.found[0].trend(Some((0, 60 * day))), Some(Trend::Over));
    assert_eq!(audit.found[0].trend(None), None);
    assert_eq!(audit.found[0].days.iter().collect::<Vec<_>>(), [(0, 2)]);
    let trends = [Trend::New, Trend::More, Trend::AsEver, Trend::Fewer, Trend::Over];
    assert_eq!(trends.map(Trend::name), ["new", "more", "as ever", "fewer", "over"]);
}

#[test]
fn sums_of_two_ids_add_up_and_the_earliest_moment_stays() {
    let one = Sums {
        rows: 1,
        race: 2,
        history: 3,
        numbers: 4,
        impossible: 5,
        itself: 6,
        device_user: 7,
        devices: 8,
        since: Since::default(),
    };
    let since = |at: i64| Since {
        any: Some(at),
        race: Some(at + 1),
        history: Some(at + 2),
        numbers: Some(at + 3),
        impossible: Some(at + 4),
        itself: Some(at + 5),
        device_user: Some(at + 6),
    };
    let mut sum = Sums { since: since(20), ..one };
    sum.add(&Sums { since: since(10), ..one });
    sum.add(&one);
    let thrice = Sums {
        rows: 3,
        race: 6,
        history: 9,
        numbers: 12,
        impossible: 15,
        itself: 18,
        device_user: 21,
        devices: 24,
        since: since(10),
    };
    assert_eq!(sum, thrice);
    let totals = |n: u64| Totals {
        calls: n,
        refused: n + 1,
        devices: n + 2,
        shared_devices: n + 3,
        refused_calls: vec![1],
        shared: vec![Id::new("d")],
    };
    let mut sum = totals(1);
    sum.add(totals(10));
    assert_eq!((sum.calls, sum.refused, sum.devices, sum.shared_devices), (11, 13, 15, 17));
    assert_eq!((sum.refused_calls.len(), sum.shared.len()), (2, 2));
}

#[test]
fn a_journey_in_numbers_counts_own_rows_and_those_left_behind() {
    let journey = Story::new(
        "1 View(12345) on web · Linux · Chrome · 1920x1080
         3 AL(sally -> 12345)
         5 View(sally) on web · Linux · Chrome · 800x600
         4@6 View(sally) on web · Linux · Chrome
         60 View(P-1) on iphone · iOS
         61 AL(sally -> P-1)
         62 Buy(P-1) on x20 · 7x · x · 4y3
         70 Pay(sally)
         71 Pay(sally)",
    )
    .journey("sally");
    let summary = Summary::of(&journey);
    assert_eq!((summary.rows, summary.outside), (6, 3));
    let kinds: Vec<(&str, u64, u64)> =
        summary.kinds.iter().map(|kind| (&*kind.name, kind.rows, kind.outside)).collect();
    assert_eq!(kinds, [("View", 3, 1), ("$create_alias", 1, 1), ("Pay", 2, 0), ("Buy", 0, 1)]);
    let senders: Vec<(&str, &str, bool, u64, i64, i64)> = summary
        .senders
        .iter()
        .map(|one| {
            let id = one.id.as_ref().map_or("", Id::as_str);
            (id, one.program.as_str(), one.is_orphan, one.rows, one.first / 1000, one.last / 1000)
        })
        .collect();
    assert_eq!(
        senders,
        [
            ("12345", "web · Linux · Chrome", false, 1, 1, 1),
            ("12345", "", false, 1, 3, 3),
            // Windows of two sizes are one program.
            ("sally", "web · Linux · Chrome", false, 2, 4, 5),
            ("P-1", "iphone · iOS", true, 1, 60, 60),
            ("P-1", "", true, 1, 61, 61),
            ("P-1", "x20 · 7x · x · 4y3", true, 1, 62, 62),
            ("sally", "", false, 2, 70, 71),
        ]
    );
    let rows: Vec<i64> = summary.senders.iter().map(|one| one.row).collect();
    let numbers: BTreeMap<i64, i64> =
        journey.steps.iter().map(|step| (step.event.row, step.event.time / 1000)).collect();
    assert_eq!(numbers.get(&rows[2]), Some(&4), "the first row of a sender is its earliest");
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

fn repair_of(story: &str, id: &str) -> Repair {
    repair(&facts(story), &Id::new(id), LEGACY).unwrap()
}

#[test]
fn a_repair_names_what_mends_and_what_lasts() {
    let story =
        "1 View(12345)\n2 AL(sally -> 12345)\n60 Open(P-1)\n61 AL(sally -> P-1)\n62 Buy(P-1)\n70 AL(sally -> P-1)";
    let repair = repair_of(story, "sally");
    assert!(!repair.is_empty() && !repair.at_least);
    assert_eq!(repair.known.as_ref().map(Id::as_str), Some("sally"));
    let merged = repair.then.map(|(way, outcome)| (way.name(), outcome.merged, outcome.missing, outcome.twice));
    assert_eq!(merged[0], ("code", repair.now.merged, repair.now.missing, 0));
    // The call joins an empty past; the import brings the two deeds over.
    assert_eq!((merged[1].0, merged[1].2, merged[1].3), ("alias", 0, 0));
    assert_eq!(merged[2], ("import", merged[1].1 + 2, 0, 2));
    let changes: Vec<&str> = repair.changes().into_iter().map(|(_, advice)| advice).collect();
    assert!(!changes.is_empty());
    assert_eq!(changes.iter().collect::<BTreeSet<_>>().len(), changes.len(), "each advice once");
    for finding in &repair.findings {
        assert!(changes.contains(&finding.advice));
    }
    let two = repair_of(&format!("{story}\n80 AL( -> 12345)"), "sally").changes();
    assert_eq!(two.len(), changes.len() + 1);
    assert_eq!(
        repair.for_good[..2],
        [
            "2 rows stay under the old ids too: no call moves or deletes a stored row, so an import counts them twice.",
            "sally keeps pointing at 12345: an alias has one target, the first."
        ]
    );
    assert_eq!(repair.for_good.iter().filter(|text| text.contains("keeps pointing")).count(), 1, "said once");
}

#[test]
fn only_rows_that_are_of_this_user_alone_are_moved() {
    let one = "1 Land($device:d1) +,d1\n2 ID(u1 <= $device:d1) +u1,d1\n3 Buy(u1) +u1,d1\n50 ID(u2 <= $device:d1) +u2,d1\n51 Buy(u2) +u2,d1";
    let repair = repair_of(one, "u1");
    assert!(repair.is_empty(), "{:?}", repair.calls);
    assert!(
        repair.for_good.contains(
            &"1 row stays under ids that several users went on from: no row says whose they are, so none is imported."
                .to_owned()
        ),
        "{:?}",
        repair.for_good
    );
    let none = repair_of("1 View(12345)\n2 AL(sally -> 12345)\n5 Buy(sally)", "sally");
    assert!(none.is_empty() && none.for_good.is_empty() && none.changes().is_empty());
    // Rows that overtook the alias are imported; calls are no deeds, and stay.
    let split =
        repair_of("1 View(12345)\n2 Old(sally)\n2.5 ID(sally <= sally)\n30 AL(sally -> 12345)\n40 Buy(sally)", "sally");
    assert_eq!(split.rows.iter().map(|row| &*row.event).collect::<Vec<_>>(), ["Old"]);
    assert!(split.calls.is_empty() && !split.is_empty());
    // What many people sent under a placeholder is none of this user's, wherever a call has stored it.
    let joined =
        "1 Open(undefined) +,d9\n2.5 Old(sally)\n50 AL(undefined -> 12345)\n51 AL(sally -> 12345)\n60 Buy(12345)";
    for shared in [
        joined,
        "2.5 Old(sally)\n10 AL(x -> undefined)\n20 Shared(x)\n50 AL(undefined -> 12345)\n51 AL(sally -> 12345)\n60 Buy(12345)",
        "2.5 Old(sally)\n10 AL(undefined -> y)\n20 Typed(undefined)\n50 AL(y -> 12345)\n51 AL(sally -> 12345)\n60 Buy(12345)",
    ] {
        let repair = repair_of(shared, "12345");
        assert_eq!(repair.rows.iter().map(|row| &*row.event).collect::<Vec<_>>(), ["Old"], "{shared}");
    }
    assert_eq!(split.rows[0].under.as_str(), "sally");
    assert!(split.after > 40_000, "a call of a repair comes after all that has arrived");
    let ways = Repairing::ALL.map(Repairing::name);
    assert_eq!(ways, ["code", "alias", "import"]);
}

#[test]
fn a_row_that_is_imported_again_counts_once_more_also_where_it_had_an_insert_id() {
    let mut story = Story::new("1 View(12345)\n2 AL(sally -> 12345)\n60 Open(P-1)\n61 AL(sally -> P-1)\n62 Buy(P-1)");
    for row in &mut story.rows {
        row.insert_id = Some(format!("insert-{}", row.line));
    }
    let repair = repair(&story.facts(), &Id::new("sally"), LEGACY).unwrap();
    let [_, (_, alias), (_, import)] = repair.then;
    assert_eq!((import.merged, import.split), (alias.merged + 2, alias.split));
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
