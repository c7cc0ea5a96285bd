//! What many users come to: shares, the worst, those that are new, sums.

use journey::identity::audit::{Auditor, Trend};
use journey::identity::baseline::{Baseline, Was, fingerprint};

use super::*;

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
    assert_eq!((audit.people, audit.events, audit.complete), (Some(5), 100, true));
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
