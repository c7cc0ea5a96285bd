//! Each kind of integration mistake: a history that has it, and a close one that does not.

use std::collections::BTreeSet;

use journey::identity::rules::ALL;
use journey::identity::{LEGACY, Severity};
use journey::inspect::Inspector;

use crate::support::all_ids;
use crate::support::stored::store;

/// A kind with a history that shows it and its neighbour.
struct Case {
    code: &'static str,
    shows: &'static str,
    /// As close as can be, and right.
    neighbour: &'static str,
}

const CASES: &[Case] = &[
    Case {
        code: "alias-on-login",
        shows: "1 View(12345)\n2 AL(sally -> 12345)\n60 Open(P-1)\n61 AL(sally -> P-1)\n62 Buy(P-1)",
        neighbour: "1 View(12345)\n2 AL(sally -> 12345)\n60 Open(12345)\n61 AL(sally -> 12345)\n62 Buy(12345)",
    },
    Case {
        code: "alias-swapped",
        shows: "1 View(0f1e2d3c-4b5a-4697-8877-665544332211)\n2 AL(0f1e2d3c-4b5a-4697-8877-665544332211 -> u6)\n3 Dash(u6)",
        neighbour: "1 View(0f1e2d3c-4b5a-4697-8877-665544332211)\n2 AL(u6 -> 0f1e2d3c-4b5a-4697-8877-665544332211)\n3 Dash(u6)",
    },
    Case {
        code: "alias-before-root",
        shows: "1 X0(X)\n2 AL(B -> A)\n3 B1(B)\n10 AL(A -> X)\n11 A2(A)",
        neighbour: "1 X0(X)\n2 AL(A -> X)\n3 A1(A)\n10 AL(B -> A)\n11 B2(B)",
    },
    Case {
        code: "identify-without-alias",
        shows: "1 Land(an7)\n2 ID(u <= an7) +u,an7\n3 Dash(u) +u,an7",
        neighbour: "1 Land(an7)\n2 AL(u -> an7)\n2.5@2.6 ID(u <= an7) +u,an7\n3 Dash(u) +u,an7",
    },
    Case {
        code: "no-reset",
        shows: "1 View(123123)\n2 AL(john@example.com -> 123123)\n50 AL(jane@example.com -> 123123)",
        neighbour: "1 View(123123)\n2 AL(john@example.com -> 123123)\n50 AL(john@example.org -> john@example.com)",
    },
    Case {
        code: "placeholder-id",
        shows: "1 View(null) +,d-1\n2 View(null) +,d-2",
        neighbour: "1 View(nullable) +,d-1\n2 View(nullable) +,d-2",
    },
    Case {
        code: "shared-device",
        shows: "1 Open(sally) +sally,d-1\n9 Open(bob) +bob,d-1",
        neighbour: "1 Open(sally) +sally,d-1\n9 Open(bob) +bob,d-2",
    },
    Case {
        code: "alias-race",
        shows: "1 View(12345)\n3@4.2 AL(sally -> 12345)\n3.1@3.4 Welcome(sally)",
        neighbour: "1 View(12345)\n3@4.2 AL(sally -> 12345)\n3.1@5.2 Welcome(sally)",
    },
    Case {
        code: "alias-used-before",
        shows: "1 OldBuy(sally)\n10 Land(an5)\n11 AL(sally -> an5)",
        neighbour: "1 OldBuy(sal)\n10 Land(an5)\n11 AL(sally -> an5)",
    },
    Case { code: "id-type", shows: "1 View(42)\n2 View(#42)", neighbour: "1 View(#42)\n2 View(#42)" },
    Case {
        code: "id-variants",
        shows: "1 View(sally@example.com)\n2 View(Sally@example.com)",
        neighbour: "1 View(sally@example.com)\n2 View(sally2@example.com)",
    },
];

#[test]
fn every_kind_has_a_history_that_shows_it_and_a_close_one_that_does_not() {
    for case in CASES {
        let (shown, neighbour) = (codes(case.shows), codes(case.neighbour));
        assert!(shown.contains(case.code), "{}: its history shows {shown:?}", case.code);
        assert!(!neighbour.contains(case.code), "{}: the close history shows it too", case.code);
    }
    let covered: BTreeSet<&str> = CASES.iter().map(|case| case.code).collect();
    let all: BTreeSet<&str> = LEGACY.findings().iter().map(|kind| kind.code).collect();
    assert_eq!(covered, all, "each kind has a case, and each case a kind");
}

#[test]
fn a_kind_says_everything_that_a_reader_asks() {
    for rules in ALL {
        let mut codes = BTreeSet::new();
        let mut before = Severity::Error;
        for kind in rules.findings() {
            assert!(codes.insert(kind.code), "{} is there twice", kind.code);
            assert!(kind.code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", kind.code);
            assert!(kind.severity >= before, "{}: the worst come first", kind.code);
            before = kind.severity;
            for text in [kind.why, kind.advice].into_iter().chain(kind.in_library.iter().map(|own| own.advice)) {
                assert!(text.ends_with('.') && !text.contains("  "), "{}: {text:?} is no sentence", kind.code);
            }
            assert!(!kind.title.ends_with('.') && kind.rule.starts_with("identity.md"), "{}", kind.code);
        }
    }
}

/// The codes of the journeys of all ids of a story.
fn codes(story: &str) -> BTreeSet<&'static str> {
    let inspector = Inspector::new(store(story));
    let ids = all_ids(&inspector);
    let journeys = ids.iter().filter_map(|id| inspector.journey(id).unwrap());
    journeys.flat_map(|journey| journey.findings).map(|finding| finding.code()).collect()
}
