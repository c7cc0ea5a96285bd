//! Whole journeys of rule sets that join ids: the user, who is near, and what only names it.

use std::sync::Arc;

use journey::identity::{
    Cut, CutOf, EvidenceKind, Journey, Phase, RULE_SETS, Reason, Role, Strength, of_vendor, resolve,
};
use journey::model::Id;
use journey::model::facts::Origin;

use super::{G1, G2};
use crate::support::story::Story;

/// `root u known, 3 rows from 5 to 12`.
fn members(journey: &Journey) -> Vec<String> {
    let member = |member: &journey::identity::Member| {
        let role = if member.role == Role::Root { "root" } else { "alias" };
        let known = if member.anonymous { "anonymous" } else { "known" };
        let at = |time: Option<i64>| time.map_or_else(|| "-".to_owned(), |time| (time / 1000).to_string());
        let (first, last) = (at(member.first), at(member.last));
        format!("{role} {} {known}, {} rows from {first} to {last}", member.id.as_str(), member.events)
    };
    journey.ids.iter().map(member).collect()
}

#[test]
fn an_id_has_the_rows_that_were_sent_under_it_with_the_prefix_of_a_device_or_without() {
    let story = Story::new(
        "1 Land($device:d1) +,d1
         2 Look(d1) +,d1
         5 Login(u) +u,d1
         9 Buy(u) +u,d1
         4@12 Late(u) +u,",
    );
    let of_rows = ["root u known, 3 rows from 4 to 9", "alias $device:d1 anonymous, 2 rows from 1 to 2"];
    for rules in ["simplified", "amplitude"] {
        assert_eq!(members(&story.journey_by(rules, "u")), of_rows, "{rules}");
    }
    let called = Story::new("1 Land($device:d1)\n2 Look(d1)\n3 ID(u <= d1)\n4 Buy(u)\n5 AL(other -> u)");
    assert_eq!(
        members(&called.journey_by("simple", "d1")),
        [
            "root u known, 3 rows from 3 to 5",
            "alias d1 anonymous, 2 rows from 1 to 2",
            "alias other known, 0 rows from - to -"
        ]
    );
}

/// `u1 by d1 at 2: The row …`; a switch of users has `switched` before its time.
fn neighbours(journey: &Journey) -> Vec<String> {
    let neighbour = |neighbour: &journey::identity::Neighbour| {
        let device = neighbour.device.as_ref().map_or("no device", Id::as_str);
        let switched = if neighbour.switched { " switched" } else { "" };
        assert_eq!(neighbour.time / 1000, i64::try_from(neighbour.source.line).unwrap());
        assert!(journey.aliases.iter().any(|line| line.why == neighbour.why), "{}", neighbour.why);
        format!("{} by {device}{switched} at {}", neighbour.root.as_str(), neighbour.time / 1000)
    };
    journey.neighbours.iter().map(neighbour).collect()
}

#[test]
fn users_of_one_device_and_users_that_a_refused_identify_names_are_neighbours() {
    let story = Story::new(
        "1 Land($device:d1) +,d1
         2 Login(u) +u,d1
         3 Switch(v) +v,d1
         4 More(v) +v,d1
         5 Third(w) +w,d1",
    );
    assert_eq!(neighbours(&story.journey_by("simplified", "u")), ["v by d1 at 3", "w by d1 at 5"]);
    assert_eq!(neighbours(&story.journey_by("simplified", "v")), ["u by d1 at 3"]);
    let switched = Story::new(&format!("1 a(u1)\n2 ID(u1 <= {G1})\n3 b(u2)\n4 ID(u2 <= {G1})\n5 ID(u2 <= {G1})"));
    assert_eq!(neighbours(&switched.journey_by("original", "u2")), ["u1 by no device switched at 4"]);
    assert_eq!(neighbours(&switched.journey_by("original", "u1")), ["u2 by no device switched at 4"]);
    // A call of alias is no switch, what it joins is one user, and an anonymous session is no other one.
    let alias = Story::new(
        "1 a(12345)\n2 AL(sally -> 12345)\n3 b(bob) +bob,\n4 AL(sally -> bob)\n5 c(P-1)\n6 AL(sally -> P-1)",
    );
    assert_eq!(neighbours(&alias.journey_by("original", "sally")), ["bob by no device at 4"]);
    assert_eq!(neighbours(&alias.journey_by("original", "bob")), ["12345 by no device at 4"]);
}

/// `d-1 contested by u w, suggested u, identify_event at 2: Browse`.
fn orphans(journey: &Journey) -> Vec<String> {
    let orphan = |orphan: &journey::identity::Orphan| {
        assert_eq!(orphan.strength, Strength::Proof);
        assert!(orphan.evidence.iter().all(|evidence| evidence.rows == 1));
        assert_eq!(orphan.ids.first(), Some(&orphan.id));
        let why = orphan.steps.iter().map(|step| journey.why(step));
        let said = format!("Its owner is {}, whom nothing joins to ", orphan.id.as_str());
        assert!(why.into_iter().all(|why| why.starts_with(&said) && why.ends_with(&orphan.evidence[0].why)));
        let contested = if orphan.contested { "contested by" } else { "of" };
        let owners: Vec<&str> = orphan.owners.iter().map(Id::as_str).collect();
        let evidence =
            orphan.evidence.iter().map(|evidence| format!("{} {}", evidence.kind.name(), evidence.source.line));
        let rows: Vec<&str> = orphan.steps.iter().map(|step| &*step.event.event).collect();
        format!(
            "{} {contested} {}, suggested {}, {}: {}",
            orphan.id.as_str(),
            owners.join(" "),
            orphan.suggested.as_str(),
            evidence.collect::<Vec<_>>().join(" "),
            rows.join(" ")
        )
    };
    journey.orphans.iter().map(orphan).collect()
}

#[test]
fn rows_that_a_refused_call_names_are_orphans_of_the_users_whom_it_names() {
    let story = Story::new(
        "1 Browse(d-1)
         2 ID(u <= d-1)
         3 Shop(u)
         4 Stop(d-1)
         5 Other(d-2)
         6 ID(u <= d-2)
         7 ID(w <= d-1)
         8 ID(u <= d-9)
         9 Shop2(w)",
    );
    let of_u = [
        "d-1 contested by u w, suggested u, identify_event 2: Browse Stop",
        "d-2 of u, suggested u, identify_event 6: Other",
    ];
    assert_eq!(orphans(&story.journey_by("original", "u")), of_u, "and none of d-9, which has no rows");
    let of_w = ["d-1 contested by u w, suggested u, identify_event 7: Browse Stop"];
    assert_eq!(orphans(&story.journey_by("original", "w")), of_w);
    let orphan = story.journey_by("original", "d-1");
    assert!(orphan.orphans.is_empty(), "an anonymous session has no orphans");
    let owners: Vec<_> =
        orphan.orphan_of.iter().map(|owner| (owner.root.as_str(), owner.suggested, owner.evidence.len())).collect();
    assert_eq!(owners, [("u", true, 1), ("w", false, 1)]);
    assert!(story.journey_by("original", "u").orphan_of.is_empty(), "a known user is an orphan of no other");
    assert_eq!(story.journey_by("original", "u").orphans[1].steps[0].reason, Reason::Orphaned { orphan: 1 });
}

#[test]
fn the_kind_of_evidence_is_that_of_the_refused_call() {
    let alias = Story::new("1 a(12345)\n2 AL(sally -> 12345)\n3 Open(P-1)\n4 AL(sally -> P-1)\n5 AL(sally -> P-1)");
    let twice = ["P-1 of 12345, suggested 12345, refused_alias 4 refused_alias 5: Open $create_alias $create_alias"];
    assert_eq!(orphans(&alias.journey_by("original", "sally")), twice);
    let merge = Story::new("1 a(guest)\n2 b(u) +u,\n3 MERGE(u, guest)");
    let journey = merge.journey_by("posthog", "u");
    assert_eq!(journey.orphans[0].evidence[0].kind, EvidenceKind::PreviousId);
    assert_eq!(orphans(&journey), ["guest of u, suggested u, previous_id 3: a"]);
}

/// `device or id with u of u, 1 row: …`.
fn mentions(journey: &Journey) -> Vec<String> {
    let mention = |mention: &journey::identity::Mention| {
        let (with, root) = (mention.with.as_str(), mention.root.as_str());
        format!("{} with {with} of {root}, {} rows, line {}", mention.role, mention.rows, mention.source.line)
    };
    journey.mentions.iter().map(mention).collect()
}

#[test]
fn an_id_without_rows_has_the_calls_and_rows_that_name_it() {
    let story = Story::new(&format!("1 ID(u <= {G1})\n2 Buy(u)\n3 AL({G1} -> v)\n4 Use(v)"));
    for query in [G1.to_owned(), format!("$device:{G1}")] {
        let journey = story.journey_by("simplified", &query);
        assert_eq!((journey.root.as_ref(), journey.steps.len(), journey.ids.len()), (None, 0, 0));
        assert_eq!(journey.aliases.len(), 2);
        let calls = ["id of a call with u of u, 1 rows, line 1", "id of a call with v of v, 1 rows, line 3"];
        assert_eq!(mentions(&journey), calls, "{query}");
        assert_eq!(journey.mentions[0].why, journey.aliases[0].why);
        assert_eq!(journey.notes, [format!("No row belongs to {query}.")]);
    }
    let named = Story::new("1 Buy(x) +w,d9\n2 Buy(x) +w,d9\n3 AL(x2 -> x)");
    let journey = named.journey_by("original", "w");
    assert_eq!(
        mentions(&journey),
        ["user or id with d9 of d9, 2 rows, line 1", "device or id with x of x, 2 rows, line 1"]
    );
    assert_eq!(journey.mentions[1].why, "A row names it with x, which joins nothing here.");
    assert!(resolve(&named.facts(), &Id::new("nowhere"), journey::identity::named("original").unwrap()).is_none());
}

/// `login u@5`.
fn points(journey: &Journey) -> Vec<String> {
    let point = |point: &journey::identity::Point| {
        assert!(!point.inferred && point.row > 0);
        assert_eq!(u64::try_from(point.row).unwrap(), point.source.line);
        format!("{} {}@{}", point.kind.name(), point.id.as_str(), point.time / 1000)
    };
    journey.points.iter().map(point).collect()
}

fn identified(journey: &Journey) -> Vec<bool> {
    journey.steps.iter().map(|step| step.phase == Phase::Identified).collect()
}

#[test]
fn a_user_is_known_from_the_first_call_or_row_that_names_a_person_by_time() {
    let device = Story::new("1 Land($device:d1) +,d1\n5 Login(u) +u,d1\n6 Later(u) +u,d1");
    for rules in ["simplified", "amplitude"] {
        let journey = device.journey_by(rules, "u");
        assert_eq!(points(&journey), ["login u@5"], "{rules}");
        assert_eq!(identified(&journey), [false, true, true], "{rules}");
    }
    let calls = Story::new(&format!(
        "1 Land({G1})\n2 ID(u <= {G1})\n3 Open({G2})\n4 ID(u <= {G2})\n5 AL(name -> u)\n6 MERGE(u, name2)\n7 ID(v <= {G2})"
    ));
    let journey = calls.journey_by("original", "u");
    assert_eq!(points(&journey)[..2], ["identify u@2", "identify u@4"]);
    assert!(points(&journey).iter().any(|point| point.starts_with("alias ")), "{:?}", points(&journey));
    assert!(points(&journey).iter().all(|point| !point.ends_with("@7")), "a refused call makes no one known");
    assert!(!identified(&journey)[0] && identified(&journey)[1..].iter().all(|is| *is));
    // The call arrives late; the row that names the user is earlier.
    let row = Story::new(&format!("1 Land({G1})\n3 Dash({G1}) +u,\n2@9 ID(u <= {G1}) +u,\n4 Buy(u) +u,"));
    assert_eq!(identified(&row.journey_by("original", "u")), [false, true, true, true]);
    let earlier = Story::new(&format!("1 Land({G1})\n3 Dash(u) +u,\n5 ID(u <= {G1})"));
    assert_eq!(identified(&earlier.journey_by("original", "u")), [false, true, true]);
}

#[test]
fn rows_of_a_vendor_are_judged_by_its_rules() {
    for (vendor, rules) in [
        ("Amplitude", "amplitude"),
        ("PostHog", "posthog"),
        ("Segment", "simple"),
        ("RudderStack", "simple"),
        ("Segment or RudderStack", "simple"),
        ("Mixpanel", "legacy"),
        ("Unknown", "legacy"),
    ] {
        assert_eq!(of_vendor(vendor).name(), rules, "{vendor}");
    }
    // A vendor has one rule set.
    let mut vendors: Vec<&str> = RULE_SETS.iter().flat_map(|rules| rules.vendors()).copied().collect();
    let all = vendors.len();
    vendors.sort_unstable();
    vendors.dedup();
    assert_eq!(vendors.len(), all);
}

#[test]
fn a_user_is_called_by_the_first_id_of_a_person_else_by_the_first_id() {
    let root = |rules: &str, text: &str, query: &str| {
        Story::new(text).journey_by(rules, query).root.unwrap().as_str().to_owned()
    };
    for rules in ["original", "posthog"] {
        assert_eq!(
            root(rules, "1 b(B)\n2 a(A)\n3 MERGE(A, B)", "A"),
            if rules == "original" { "B" } else { "A" },
            "{rules}"
        );
    }
    assert_eq!(root("original", "1 b(B)\n2 a(A)\n3 AL(B -> A)\n4 c(A)", "A"), "B", "it was there first");
    assert_eq!(root("simple", "1 a(A)\n2 b(u) +u,\n3 MERGE(A, u)", "A"), "u", "it named a person first");
    assert_eq!(root("simple", "1 a(A)\n2 b(B)\n3 MERGE(B, A)", "B"), "A");
}

#[test]
fn a_login_on_a_device_that_had_another_user_since_takes_the_rows_from_then_on() {
    let story = Story::new(
        "1 a(u) +u,d1\n2 b(v) +v,d1\n3 Of_v($device:d1) +,d1\n4 c(u) +u,d1\n5 Of_u($device:d1) +,d1\n6 e(u) +u,d1",
    );
    assert_eq!(story.rows_by("amplitude", "u"), "a, c, Of_u, e");
    assert_eq!(story.rows_by("amplitude", "v"), "b, Of_v");
}

#[test]
fn a_call_belongs_to_a_device_where_rows_name_its_id_as_one() {
    let story = Story::new("1 a($device:d1) +,d1\n2 AL(d1 -> u)\n3 b(u) +u,\n4 c(d2)\n5 AL($device:d9 -> u)");
    for rules in ["simplified", "amplitude"] {
        assert_eq!(story.calls_by(rules, "d1"), "d1 -> u ignored", "{rules}");
        assert_eq!(story.calls_by(rules, "u"), "d1 -> u ignored; $device:d9 -> u ignored", "{rules}");
        assert_eq!(story.journey_by(rules, "$device:d1").ids.len(), 1, "{rules}");
        assert_eq!(story.calls_by(rules, "d9"), "$device:d9 -> u ignored", "{rules}");
    }
}

#[test]
fn a_user_of_the_form_of_a_device_is_that_device() {
    let story = Story::new("1 a($device:d1) +,d1\n2 b(x) +$device:d1,\n3 c(x) +$device:d5,d1\n4 d(u) +u,d1");
    for rules in ["simplified", "amplitude"] {
        assert_eq!(story.rows_by(rules, "u"), "a, b, c, d", "{rules}");
    }
}

#[test]
fn calls_repeated_with_one_id_or_with_itself_have_their_verdicts() {
    let story = Story::new("1 a(t)\n2 AL(n -> t)\n3 AL(n -> t)\n4 AL(\"\" -> t)\n5 ID(t <= t)\n6 AL(n -> z)");
    assert_eq!(
        story.calls_by("original", "t"),
        "n -> t accepted; n -> t duplicate;  -> t empty_id; t -> t errSameIDs; n -> z errAliasAlreadyExists"
    );
    assert_eq!(
        story.calls_by("simple", "t"),
        "n -> t accepted; n -> t duplicate;  -> t empty_id; t -> t same_ids; n -> z accepted"
    );
    let lines = story.journey_by("original", "t").aliases;
    let kept: Vec<_> = lines.iter().map(|line| line.kept.as_ref().map(Id::as_str)).collect();
    assert_eq!(kept, [None, None, None, None, Some("t")]);
    assert_eq!(lines[4].kept_by.as_ref().map(|source| source.line), Some(2));
    assert_eq!(lines.iter().map(|line| line.arrived).collect::<Vec<_>>(), [2, 3, 4, 5, 6].map(|at| Some(at * 1000)));
    let mut silent = Story::new("1 a(t)\n2 AL(n -> t)");
    silent.rows[1].arrival = None;
    assert_eq!(silent.journey_by("original", "t").aliases[0].arrived, None);
}

#[test]
fn a_call_is_that_of_its_own_row_among_those_of_one_line() {
    let mut two = Story::new(&format!("1 ID(u <= {G1})\n1 ID(u <= {G2})"));
    two.rows[1].line = 1;
    let calls = |story: &Story| {
        let journey = story.journey_by("original", "u");
        let call = |line: &journey::identity::AliasLine| (line.alias.as_ref().unwrap().as_str().to_owned(), line.row);
        journey.aliases.iter().map(call).collect::<Vec<_>>()
    };
    assert_eq!(calls(&two), [(G1.to_owned(), 1), (G2.to_owned(), 2)]);
    let mut merge = Story::new("1 View(u)\n1 MERGE(u, x)");
    merge.rows[1].line = 1;
    assert_eq!(calls(&merge), [("x".to_owned(), 2)]);
}

#[test]
fn a_sentence_says_by_which_id_a_row_is_whose() {
    let why = |rules: &str, text: &str, query: &str| {
        let journey = Story::new(text).journey_by(rules, query);
        journey.steps.iter().map(|step| journey.why(step)).collect::<Vec<_>>()
    };
    assert_eq!(
        why("simplified", "1 Land($device:d1) +,d1\n2 Look(d1) +,d1", "d1"),
        [
            "Sent as $device:d1: the row is $device:d1's own.",
            "Its $device_id is d1, which has no user: the row stays the device's."
        ]
    );
    assert_eq!(
        why("simplified", "1 Buy(u) +u,\n2 Buy(x) +u,\n3 Buy(u) +w,", "u"),
        ["Sent as u: the row is u's own.", "Its $user_id is u: the row is u's."]
    );
    assert_eq!(why("simplified", "3 Buy(u) +w,", "w"), ["Its $user_id is w: the row is w's."]);
    assert_eq!(why("simple", "1 Land($device:d1)", "d1"), ["Sent as $device:d1: the row is d1's."]);
}

#[test]
fn the_sentence_of_a_call_says_who_made_it_and_what_became_of_it() {
    let story = Story::new("1 a(t)\n2 AL(n -> t)\n3 AL(n -> z)\n4 b(z)");
    let why = |rules: &str, facts: &journey::identity::Facts| {
        let journey = resolve(facts, &Id::new("z"), journey::identity::named(rules).unwrap()).unwrap();
        journey.aliases.iter().map(|line| line.why.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        why("original", &story.facts()),
        [
            "Asks for the alias n of z: refused with errAliasAlreadyExists, n is an alias of t already since story.jsonl line 2."
        ]
    );
    assert_eq!(
        why("simplified", &story.facts()),
        ["Asks for the alias n of z: ignored, this system ignores such calls."]
    );
    let mut table = story.facts();
    for call in &mut table.calls {
        call.from_table = true;
    }
    assert_eq!(why("simplified", &table), ["The given table maps n to z: ignored, this system ignores such calls."]);
}

#[test]
fn a_comparison_says_which_row_failed_to_join_its_device_and_which_call_is_no_row() {
    let story = Story::new("1 a(u) +u,d1\n2 b(v) +v,d1\n3 c(v) +v,d1\n4 ID(v <= )");
    let ruled = journey::identity::named("simplified").unwrap().ruled(&story.facts(), &Id::new("v"));
    let why: Vec<String> = ruled.rows.iter().map(|held| ruled.why(held)).collect();
    let refused = "The row names the device $device:d1 and the user v: refused with errAnonDistinctIdAssignedAlready, \
        the device $device:d1 is u's already; the row counts for v without it since story.jsonl line 1.";
    assert_eq!(why[1..3], [refused, refused]);
    assert_eq!(why[3], "The system ignores such a call, and keeps no row of it.");
}

#[test]
fn what_the_vendor_exported_as_one_user_and_the_rules_do_not_is_a_note() {
    let exported = |text: &str, query: &str| {
        let mut story = Story::new(text);
        for row in story.rows.iter_mut().filter(|row| row.event == "Merged") {
            row.previous = vec![Id::new("P")];
        }
        let notes = story.journey_by("original", query).notes;
        notes.into_iter().filter(|note| note.starts_with("The vendor exported")).collect::<Vec<_>>()
    };
    let two = "1 Open(P)\n2 Merged(u)\n3 Other(w)";
    let note = "The vendor exported rows of P under u (story.jsonl line 2); by these rules they are two: P is P's and u is u's.";
    assert_eq!(exported(two, "u"), [note]);
    assert_eq!(exported(two, "P"), [note]);
    assert_eq!(exported(two, "w"), [""; 0], "it is about neither of their ids");
    assert_eq!(exported("1 Open(P)\n2 Merged(u)\n3 AL(P -> u)", "u"), [""; 0], "they are one here as well");
}

#[test]
fn amplitude_takes_the_user_of_a_row_first_and_an_id_of_the_form_of_a_device_for_one() {
    let user = Story::new("1 a(x) +u,d1\n2 b($device:d1) +u,d1\n3 c(G) +u,");
    assert_eq!(user.rows_by("amplitude", "u"), "a, b, c");
    let device = Story::new("1 a($device:d7)\n2 b(d7) +,d7\n3 c($device:d8) +,d7\n4 d(d8)");
    assert_eq!(device.rows_by("amplitude", "d7"), "a, b, c");
    assert_eq!(device.rows_by("amplitude", "d8"), "d", "no row names it as a device");
    let made = Story::new(&format!("1 a({G1})\n2 b(u) +u,{G1}"));
    assert_eq!(made.rows_by("amplitude", "u"), "a, b", "an id that an SDK made is a device");
}

#[test]
fn one_more_row_of_the_user_of_a_device_is_no_refusal() {
    let story = Story::new("1 a(u) +u,d1\n2 b(x) +u,d1");
    assert_eq!(story.calls_by("simplified", "u"), "$device:d1 -> u accepted");
    assert_eq!(story.rows_by("simplified", "u"), "a, b");
}

#[test]
fn rows_that_their_own_rules_judge_say_so() {
    let note = |rules: &str, vendors: [&str; 2]| {
        let mut facts = Story::new("1 a(u)\n2 b(u)").facts();
        for (event, vendor) in facts.events.iter_mut().zip(vendors) {
            let source = &mut Arc::make_mut(event).source;
            source.origin = Arc::new(Origin { vendor: vendor.into(), ..Origin::clone(source) });
        }
        let journey = resolve(&facts, &Id::new("u"), journey::identity::named(rules).unwrap()).unwrap();
        journey.notes.into_iter().find(|note| note.starts_with("Rows of "))
    };
    let own = |vendors: &str, rules: &str| {
        Some(format!("Rows of {vendors} are judged by the rule set {rules} where no other is chosen."))
    };
    assert_eq!(note("posthog", ["PostHog", "PostHog"]), own("PostHog", "posthog"));
    assert_eq!(note("simple", ["Segment", "RudderStack"]), own("RudderStack and Segment", "simple"));
    assert_eq!(note("simple", ["Segment", "PostHog"]), None);
    assert_eq!(note("original", ["PostHog", "PostHog"]), None);
}

#[test]
fn an_id_without_rows_keeps_what_limits_cut_and_calls_that_name_nothing_else() {
    let mut facts = Story::new("1 AL(x -> \"\")\n2 a(u)").facts();
    facts.cuts.push(Cut { of: CutOf::Rows, what: "rows".to_owned() });
    facts.alike = vec![(Id::new("x"), Id::new("X"))];
    let journey = resolve(&facts, &Id::new("x"), journey::identity::named("original").unwrap()).unwrap();
    assert_eq!((journey.aliases.len(), journey.mentions.len(), journey.cuts.len(), journey.alike.len()), (1, 0, 1, 1));
}

#[test]
fn calls_between_two_anonymous_ids_between_two_people_and_of_others_leave_no_orphan() {
    let anonymous = Story::new("1 a(guest)\n2 b(x1)\n3 AL(guest -> x1)\n4 c(z) +z,");
    for query in ["guest", "x1", "z"] {
        let journey = anonymous.journey_by("posthog", query);
        let (orphans, owners, near) = (&journey.orphans, &journey.orphan_of, &journey.neighbours);
        assert_eq!((orphans.len(), owners.len(), near.len()), (0, 0, 0), "{query}");
    }
    let people = Story::new("1 a(u1) +u1,\n2 b(u2) +u2,\n3 ID(u2 <= u1)\n4 Browse(d-1)\n5 ID(u2 <= d-1)\n6 c(z) +z,");
    assert_eq!(orphans(&people.journey_by("original", "u1")), [""; 0]);
    assert_eq!(neighbours(&people.journey_by("original", "u1")), ["u2 by no device switched at 3"]);
    assert_eq!(orphans(&people.journey_by("original", "u2")), ["d-1 of u2, suggested u2, identify_event 5: Browse"]);
    let other = people.journey_by("original", "z");
    assert_eq!((other.orphans.len(), other.neighbours.len(), other.aliases.len()), (0, 0, 0));
}
