//! One history under several rule sets, and what a rule set says of itself.

use std::sync::Arc;

use journey::identity::across::Across;
use journey::identity::audit::Rates;
use journey::identity::{Because, By, LEGACY, RULE_SETS, RuleSet, Tally, Totals, Way, named, usual};
use journey::model::Id;
use journey::model::facts::{Arrival, Origin};

use crate::support::story::Story;

const G1: &str = "a1111111-1111-4111-8111-111111111111";

fn across(story: &str, query: &str, rules: &[RuleSet]) -> Option<Across> {
    Across::of(&Story::new(story).facts(), &Id::new(query), rules)
}

fn names(across: &Across, side: usize) -> Vec<&str> {
    across.sides[side].rows.iter().map(|held| &*held.event.event).collect()
}

#[test]
fn the_same_rows_stand_side_by_side_and_those_with_another_owner_are_marked() {
    let story = format!("1 Land({G1})\n2 ID(u <= {G1}) +u,\n3 Dash(u) +u,\n9 Other(bob)\n10 AL(bobby -> bob)");
    let (legacy, original) = (LEGACY, named("original").unwrap());
    let across_u = across(&story, "u", &[legacy, original]).unwrap();
    assert_eq!(across_u.rows(), 3, "rows of others are not shown");
    for side in [0, 1] {
        assert_eq!(names(&across_u, side), ["Land", "$identify", "Dash"]);
    }
    let own = across_u.sides.iter().map(|side| (across_u.own_rows(side), across_u.people(side))).collect::<Vec<_>>();
    assert_eq!(own, [(2, 2), (3, 1)], "an identify reaches back under one of the two");
    assert_eq!(across_u.differ, [0]);
    assert!(across(&story, "carl", &[legacy, original]).is_none());
    assert!(across(&story, "u", &[]).is_none());
}

#[test]
fn a_call_that_names_an_id_of_the_user_is_shown_whoever_has_its_row() {
    let story = "1 Old(sally)
         5 View(12345)
         29 AL(sally -> 12345)
         40 Buy(sally)
         61 AL(sally -> P-1)
         62 AppBuy(P-1)
         80 AL(x -> bob)";
    let shown = across(story, "sally", &[LEGACY]).unwrap();
    assert_eq!(names(&shown, 0), ["View", "$create_alias", "Buy", "$create_alias"]);
    let side = &shown.sides[0];
    let own: Vec<bool> = side.aliases.iter().map(|line| shown.names_own(side, line)).collect();
    assert_eq!(own, [true, true, false]);
    assert_eq!(shown.differ, Vec::<usize>::new(), "one rule set agrees with itself");
}

#[test]
fn where_a_rule_set_knows_no_row_of_an_id_its_user_is_found_by_another_id() {
    let story = "1 View(12345)\n3 AL(sally@x.io -> 12345)\n4 Buy(12345)";
    let simplified = named("simplified").unwrap();
    for rules in [[LEGACY, simplified], [simplified, LEGACY]] {
        let shown = across(story, "sally@x.io", &rules).unwrap();
        let roots: Vec<&str> = shown.sides.iter().map(|side| side.root.as_ref().map_or("", Id::as_str)).collect();
        assert_eq!(roots, ["12345", "12345"]);
        assert!(shown.sides.iter().all(|side| shown.own_rows(side) >= 2));
    }
    // Where no id of the user has a row, the rule set has no such user.
    let mail = across("1 View(sally@x.io)", "sally@x.io", &[LEGACY, simplified]).unwrap();
    assert_eq!(mail.sides.iter().filter(|side| side.root.is_some()).count(), 2);
}

#[test]
fn only_a_table_of_aliases_stores_rows_and_only_rules_with_such_a_table_know_its_mistakes() {
    let facts = Story::new("1 View(12345)\n2 AL(sally -> 12345)\n3 AL(sally -> P-1)").facts();
    let at = Arrival::end_of(10_000);
    for rules in RULE_SETS {
        let is_legacy = rules.name() == "legacy";
        assert_eq!(rules.joins_by_links(), !is_legacy, "{}", rules.name());
        assert_eq!(rules.system().is_some(), !is_legacy, "{}", rules.name());
        assert_eq!(rules.ways(&facts.calls).len(), usize::from(is_legacy), "{}", rules.name());
        let mut users = 0;
        let totals = rules.check(&facts, &|_| journey::identity::Sums::default(), &|_| true, &mut |_| users += 1);
        assert_eq!((totals == Totals::default(), users == 0), (!is_legacy, !is_legacy), "{}", rules.name());
        assert_eq!(rules.findings().is_empty(), !is_legacy, "{}", rules.name());
        let lasting = LEGACY.findings().iter().filter(|kind| rules.lasting(kind).is_some()).count();
        assert_eq!(lasting > 0, is_legacy, "{}", rules.name());
        assert!(rules.split(&Way::default(), 0, at).is_none(), "an id without a way keeps its rows");
    }
    let (_, way) = LEGACY.ways(&facts.calls).remove(0);
    let early = Arrival { at: 1_000, ..at };
    assert!(LEGACY.split(&way, 0, early).is_some() && RULE_SETS[1].split(&way, 0, early).is_none());
    assert!(named("no such rules").is_none());
}

#[test]
fn a_vendor_is_judged_by_its_own_rules_and_every_other_one_by_the_default() {
    let vendors: Vec<(&str, &[&str])> = RULE_SETS.iter().map(|rules| (rules.name(), rules.vendors())).collect();
    let expected: [(&str, &[&str]); 6] = [
        ("legacy", &[]),
        ("original", &[]),
        ("simplified", &[]),
        ("posthog", &["PostHog"]),
        ("amplitude", &["Amplitude"]),
        ("simple", &["Segment", "RudderStack", "Segment or RudderStack"]),
    ];
    assert_eq!(vendors, expected);
}

#[test]
fn the_row_of_a_call_stays_where_it_was_stored_before_a_later_call() {
    let facts = Story::new("1 AL(x -> sally)\n50 AL(sally -> 12345)").facts();
    let ruled = LEGACY.ruled(&facts, &Id::new("sally"));
    let because: Vec<Because> = ruled.rows.iter().map(|held| held.because).collect();
    assert!(matches!(because[..], [Because::Before(..), Because::Call(1)]), "{because:?}");
}

#[test]
fn the_rows_of_an_id_in_both_its_forms_decide_by_which_rules_it_is_judged() {
    let mut facts = Story::new("1 View(u1)\n2 View($device:d1)\n3 View(x)").facts();
    let origin = Arc::new(Origin { file: "p.jsonl".into(), vendor: "PostHog".into(), rank: 1 });
    for event in facts.events.iter_mut().take(2) {
        Arc::make_mut(event).source.origin = Arc::clone(&origin);
    }
    for (id, rules) in
        [("u1", "posthog"), ("$device:d1", "posthog"), ("d1", "posthog"), ("x", "legacy"), ("y", "legacy")]
    {
        assert_eq!(usual(&facts, &Id::new(id)).name(), rules, "{id}");
    }
}

#[test]
fn what_no_source_says_of_a_rule_set_stands_in_sentences() {
    for rules in RULE_SETS {
        let unknown = rules.unknown();
        assert!(!unknown.is_empty(), "{}", rules.name());
        for text in unknown {
            assert!(text.len() > 30 && text.ends_with('.'), "{}: {text}", rules.name());
        }
    }
}

#[test]
fn what_stays_of_a_mistake_is_said_of_those_that_no_call_takes_back() {
    assert_eq!(LEGACY.name(), "legacy");
    assert!(!LEGACY.unknown().is_empty(), "what it assumes is said of it, too");
    assert!(LEGACY.title().starts_with("Mixpanel without ID Merge"));
    let lasting = |code: &str| {
        let kind = LEGACY.findings().iter().find(|kind| kind.code == code).unwrap();
        LEGACY.lasting(kind).unwrap_or_default()
    };
    for (code, part) in [
        ("no-reset", "no call takes an alias back"),
        ("alias-anonymous", "The alias stays in the lookup table"),
        ("alias-swapped", "The alias stays in the lookup table"),
        ("placeholder-id", "only their device can say whose they were"),
        ("id-of-many-devices", "only their device can say whose they were"),
        ("shared-device", "stay with the earlier user"),
        ("anonymous-id-kept", "stay with the earlier user"),
        ("device-of-many-users", "stay with the earlier user"),
        ("time-impossible", "A stored row keeps its time."),
        ("id-variants", "stay two people"),
        ("id-type", "stay two people"),
    ] {
        assert!(lasting(code).contains(part), "{code}: {}", lasting(code));
    }
    // A race is over, and an import brings its rows over.
    assert_eq!(lasting("alias-race"), "");
}

#[test]
fn shares_of_a_line_are_of_what_is_counted_in_it() {
    let line = Tally {
        people: 1,
        with_past: 8,
        merged: 2,
        calls: 10,
        refused: 1,
        rows: 100,
        split: 25,
        orphaned: 50,
        devices: 5,
        shared_devices: 4,
    };
    let rates = |tally: &Tally| {
        let Rates { merged_past, refused, split, orphaned, shared_devices } = tally.rates();
        [merged_past, refused, split, orphaned, shared_devices]
    };
    assert_eq!(rates(&line), [0.25, 0.1, 0.25, 0.5, 0.8].map(Some));
    let mut sum = line;
    sum.add(&line);
    sum.add(&line);
    assert_eq!(rates(&sum), rates(&line), "three equal lines have the shares of one");
    let all = |tally: Tally| {
        let Tally { people, with_past, merged, calls, refused, rows, split, orphaned, devices, shared_devices } = tally;
        [people, with_past, merged, calls, refused, rows, split, orphaned, devices, shared_devices]
    };
    assert_eq!(all(sum), all(line).map(|number| 3 * number));
    assert_eq!([By::Day, By::Client, By::Date(0)].map(By::name), ["day", "client", "span"]);
    assert!(Tally::default().is_empty() && !line.is_empty());
    assert_eq!(rates(&Tally::default()), [None; 5], "of nothing there is no share");
}
