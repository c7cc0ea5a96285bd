//! Every decision of the legacy rules has one sentence, and the sentence names the line that it rests on.

use std::sync::Arc;

use journey::identity::{Facts, Journey, LEGACY, resolve};
use journey::model::facts::{Origin, Source};
use journey::model::{Flags, Id};

use crate::support::story::{Story, facts};

fn journey(facts: &Facts, query: &str) -> Journey {
    resolve(facts, &Id::new(query), LEGACY).unwrap_or_else(|| panic!("{query} is nowhere"))
}

/// Why the row of this name is where it is.
fn why(journey: &Journey, event: &str) -> String {
    let steps = journey.steps.iter().chain(journey.orphans.iter().flat_map(|orphan| &orphan.steps));
    let step = steps.clone().find(|step| &*step.event.event == event).unwrap_or_else(|| panic!("no row {event}"));
    journey.why(step)
}

fn has_note(journey: &Journey, part: &str) -> bool {
    journey.notes.iter().any(|note| note.contains(part))
}

/// Split rows, an alias, and an alias of the alias.
fn sally() -> Story {
    Story::new(
        "1 OldBuy(sally)
         5 View(12345)
         13.1@13.4 Welcome(sally)
         13@14.2 AL(sally -> 12345)
         50 Dash(sally)
         60 AL(uid-9 -> sally)
         70 Mail(uid-9)",
    )
}

#[test]
fn a_row_is_stored_by_what_had_arrived_before_it_and_the_sentence_says_how_long_before() {
    let journey = sally().journey("sally");
    for (event, sentence) in [
        ("View", "Sent as 12345, which no alias row leads on from: stored under 12345 itself."),
        (
            "OldBuy",
            "Sent as sally; it arrived 13 s before the alias call of story.jsonl line 4, so it stays under sally (history of its own: an alias is not retroactive).",
        ),
        (
            "Welcome",
            "Sent as sally; it arrived 800 ms before the alias call of story.jsonl line 4, so it stays under sally (a race: nothing moves it later).",
        ),
        (
            "Dash",
            "Sent as sally; the alias call of story.jsonl line 4 had arrived 35 s earlier, so it is stored under 12345.",
        ),
        (
            "Mail",
            "Sent as uid-9; the alias call of story.jsonl line 6 and 1 more had arrived 10 s earlier, so it is stored under 12345.",
        ),
        (
            "$create_alias",
            "Asks for the alias sally of 12345: accepted, the first mapping of sally. The row itself is stored under 12345.",
        ),
    ] {
        assert_eq!(why(&journey, event), sentence);
    }
}

#[test]
fn where_a_row_or_its_call_does_not_say_when_it_arrived_the_order_of_the_input_stands_for_it() {
    let order = |silent: usize, event: &str| {
        let mut story = sally();
        story.rows[silent].arrival = None;
        why(&story.journey("sally"), event)
    };
    let (call, dash, welcome) = (3, 4, 2);
    for silent in [call, dash] {
        assert!(
            order(silent, "Dash").contains("line 4 stands before it in the input, so"),
            "{}",
            order(silent, "Dash")
        );
    }
    for silent in [call, welcome] {
        let sentence = order(silent, "Welcome");
        assert!(sentence.contains("it stands in the input before the alias call of story.jsonl line 4"), "{sentence}");
    }
    let other = order(call, "View");
    assert!(other.starts_with("Sent as 12345, which no alias row leads on from"), "{other}");
}

#[test]
fn a_given_table_of_aliases_is_taken_as_it_is_whatever_arrived_when() {
    let mut facts = sally().facts();
    facts.calls[0].from_table = true;
    let given = journey(&facts, "sally");
    assert_eq!(given.aliases[0].why, "The given table maps sally to 12345: taken as it is.");
    let dash = why(&given, "Dash");
    assert!(dash.contains("the given table of aliases of story.jsonl line 4 holds, so"), "{dash}");
    assert!(has_note(&given, "Aliases of a given table without a time count as older than every row."));
    assert!(!has_note(&sally().journey("sally"), "given table"));
}

#[test]
fn what_became_of_a_call_names_the_call_that_stood_in_its_way() {
    let story = Story::new(
        "1 View(12345)
         2 AL(sally -> 12345)
         3 AL(sally -> 12345)
         4 AL(sally -> P-1)
         5 AL(12345 -> sally)
         6 AL(12345 -> 12345)
         7 AL( -> 12345)",
    );
    let whys: Vec<String> = story.journey("12345").aliases.into_iter().map(|line| line.why).collect();
    assert_eq!(
        whys,
        [
            "Asks for the alias sally of 12345: accepted, the first mapping of sally.",
            "Asks for the alias sally of 12345: no effect, sally leads to the same root since story.jsonl line 2.",
            "Asks for the alias sally of P-1: refused without a word, because sally points at 12345 since story.jsonl line 2 and the first mapping wins.",
            "Asks for the alias 12345 of sally: refused, because sally already leads to 12345 since story.jsonl line 2 and the chain would never end.",
            "Asks for the alias 12345 of 12345: refused, an id cannot be an alias of itself.",
            "Asks for the alias nothing of 12345: refused, the call names no alias.",
        ]
    );
    let mut facts = story.facts();
    facts.calls[0].flags.set(Flags::BY_ORIGINAL);
    let line = &journey(&facts, "12345").aliases[0].why;
    assert!(
        line.ends_with(" Its target is named by `original`, as Android up to 7.2.1 sends it, not by distinct_id."),
        "{line}"
    );
}

#[test]
fn a_point_says_which_row_made_the_user_known() {
    let point = |story: &str, query: &str| {
        let journey = Story::new(story).journey(query);
        journey.points.iter().map(|point| point.why.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        point("1 View(12345)\n2 AL(sally -> 12345)", "sally"),
        ["Known as sally from here on: the alias call of story.jsonl line 2 was accepted for 12345."]
    );
    assert_eq!(
        point("1 Land(an7)\n2 ID(u <= an7) +u,an7\n3 Dash(u) +u,an7", "u"),
        ["identify: the client switched from an7 to u (story.jsonl line 2); what it sent before stays where it is."]
    );
    assert_eq!(
        point("1 Buy(sally@x.io) +,d-1", "sally@x.io"),
        ["First row of device d-1 under the known id sally@x.io (story.jsonl line 1): a login."]
    );
    assert_eq!(
        point("1 Buy(sally@x.io) on web · Linux", "sally@x.io"),
        ["First row of a client (web · Linux) under the known id sally@x.io (story.jsonl line 1): a login."]
    );
    assert_eq!(
        point("1 Buy(sally@x.io)", "sally@x.io"),
        ["First row of a client that names no device under the known id sally@x.io (story.jsonl line 1): a login."]
    );
    assert_eq!(
        point("1 Buy($device:d-1) +sally,d-1", "$device:d-1"),
        ["First row of device d-1 with the $user_id sally (story.jsonl line 1): the app knows who this is."]
    );
}

#[test]
fn an_identify_of_a_page_load_is_no_login_and_says_so() {
    let story = "1 Land(an7) +,an7
         2 ID(u <= an7) +u,an7
         3 Dash(u) +u,an7
         4 ID(u <= an7) +u,an7";
    let journey = Story::new(story).journey("u");
    let identify: Vec<String> =
        journey.steps.iter().filter(|step| &*step.event.event == "$identify").map(|step| journey.why(step)).collect();
    let repeated = "The SDK repeats this $identify (after alias, on page loads): no new login.";
    assert_eq!(identify.iter().map(|why| why.contains(repeated)).collect::<Vec<_>>(), [false, true]);
    assert!(!why(&journey, "Dash").contains(repeated));
}

#[test]
fn what_was_done_to_a_row_at_its_import_stands_in_its_sentence() {
    for (flag, part) in [
        (Flags::HOT_SHARD, "The server had taken its name and id away as a hot shard; both were put back."),
        (Flags::TIME_FROM_ARRIVAL, "It was sent without a time; the time of its arrival is used."),
        (Flags::AMBIGUOUS_HOUR, "The project's clock had this hour twice; the one nearer to the arrival is used."),
        (Flags::REPAIRED, "Its text had a damaged character, which was repaired: U+FFFD replaces it."),
    ] {
        let mut story = sally();
        story.rows[4].flags.set(flag);
        let journey = story.journey("sally");
        assert!(why(&journey, "Dash").ends_with(part), "{}", why(&journey, "Dash"));
        assert!(!why(&journey, "Mail").contains(part));
    }
}

#[test]
fn an_orphan_is_no_surer_than_its_evidence() {
    let orphan = |story: &str| {
        let journey = Story::new(story).journey("12345");
        assert_eq!(journey.orphans.len(), 1);
        journey.orphans[0].why.clone()
    };
    let with = |id: &str| {
        format!(
            "1 View(12345)
             3 AL(sally -> 12345)
             60 AppOpen({id}) +,d-phone
             62 AppBuy(12345) +,d-phone"
        )
    };
    let guid = "a2222222-2222-4222-8222-222222222222";
    let strong = orphan(&with(guid));
    assert!(
        strong.starts_with(&format!("Rows stored under {guid} are from a device of 12345 but no alias")),
        "{strong}"
    );
    let weak = orphan(&with("P-1"));
    assert!(weak.starts_with("Rows stored under P-1 may belong to 12345 but no alias joins the two."), "{weak}");
    let proof = orphan("1 View(12345)\n3 AL(sally -> 12345)\n60 AppOpen(P-1)\n61 AL(sally -> P-1)");
    assert_eq!(
        proof,
        "Rows stored under P-1 belong to 12345 but no alias joins the two. The app asked for sally (12345) as an alias of P-1 and was refused (story.jsonl line 4)."
    );
}

#[test]
fn a_row_of_an_orphan_says_what_stands_between_it_and_the_user() {
    let refused =
        Story::new("1 View(12345)\n3 AL(sally -> 12345)\n60 AppOpen(P-1)\n61 AL(sally -> P-1)").journey("sally");
    assert_eq!(
        why(&refused, "AppOpen"),
        "Sent as P-1; no alias leads from P-1 to 12345, the alias call that was to join them was refused (story.jsonl line 4): an orphan."
    );
    let identified = Story::new("1 Land(an7)\n2 ID(u <= an7) +u,an7\n3 Dash(u) +u,an7").journey("u");
    assert_eq!(
        why(&identified, "Land"),
        "Sent as an7; no alias leads from an7 to u, identify does not reach back: an orphan."
    );
}

#[test]
fn of_several_users_who_claim_rows_each_hears_of_the_earliest_evidence() {
    let story = Story::new(
        "1 a(G1)
         2 ID(u1 <= G1)
         3 b(u1)
         4 ID(u2 <= G1)
         5 c(u2)",
    );
    let first = story.journey("u1");
    assert!(
        first.orphans[0]
            .why
            .starts_with("Rows stored under G1 are most likely those of u1, whose evidence is the earliest")
    );
    assert!(why(&first, "a").ends_with("More than one user could claim it, so it counts for none."));
    let second = story.journey("u2");
    assert!(second.orphans[0].why.contains("the earliest evidence ties them to u1; they count for none."));
    assert!(has_note(
        &story.journey("G1"),
        "no alias joins them to any: the earliest evidence is for u1, later evidence for u2."
    ));
    let alone = Story::new("1 a(G1)\n2 ID(u1 <= G1)\n3 b(u1)").journey("G1");
    assert!(has_note(&alone, "Evidence says that these rows belong to u1, but no alias joins the two."));
}

#[test]
fn another_user_of_a_device_is_named_with_the_row_that_shows_it() {
    let journey = Story::new("1 Open(sally) +sally,d-1\n9 Open(bob) +bob,d-1").journey("sally");
    let why: Vec<&str> = journey.neighbours.iter().map(|neighbour| neighbour.why.as_str()).collect();
    assert_eq!(
        why,
        [
            "bob is another identified user of device d-1 (story.jsonl line 2): without a reset between them, rows of one may stand with the other."
        ]
    );
}

#[test]
fn an_id_that_is_asked_for_in_another_form_says_under_which_its_rows_are() {
    let story = Story::new("1 Land($device:d1) +,d1\n2 AL(u -> $device:d1)\n3 Buy(u) +u,d1");
    let note = "d1 is a device; its rows are stored under $device:d1.";
    assert!(has_note(&story.journey("d1"), note));
    for own in ["$device:d1", "u"] {
        assert!(!has_note(&story.journey(own), "is a device"), "{own}");
    }
    // An id that a limit left out is no other form of one that is shown.
    let mut facts = story.facts();
    facts.left_out.insert(Id::new("u"));
    let cut = journey(&facts, "u");
    assert!(has_note(&cut, "u is one of the ids of this user that are not shown") && !has_note(&cut, "is a device"));
}

#[test]
fn ids_that_look_the_same_are_named_with_what_differs() {
    let mut facts = Story::new("1 View(sally@x.io)\n2 View(Sally@x.io)").facts();
    facts.alike = vec![(Id::new("sally@x.io"), Id::new("Sally@x.io"))];
    assert!(has_note(
        &journey(&facts, "sally@x.io"),
        "Sally@x.io is another id than sally@x.io, although they look the same: they differ in case, and ids are compared character by character."
    ));
}

#[test]
fn that_a_race_cannot_be_judged_is_said_where_calls_are_judged_by_arrival_and_one_arrival_is_unknown() {
    let note = "Some rows do not say when they arrived";
    let silent = |text: &str, at: &[usize], query: &str| {
        let mut story = Story::new(text);
        for at in at {
            story.rows[*at].arrival = None;
        }
        has_note(&story.journey(query), note)
    };
    let accepted = "1 View(12345)\n2 AL(sally -> 12345)\n3 Buy(sally)";
    assert!(silent(accepted, &[1], "sally"), "the call alone does not say it");
    assert!(silent(accepted, &[2], "sally"), "a row alone does not say it");
    assert!(silent(accepted, &[0, 1, 2], "sally"));
    assert!(!silent(accepted, &[], "sally"));
    // A call that is refused moves no row, and so does none at all.
    assert!(!silent("1 View(u)\n2 AL(u -> u)\n3 Buy(u)", &[0, 2], "u"));
    assert!(!silent("1 View(u)\n3 Buy(u)", &[0], "u"));
    // A given table holds for every row, whenever it arrived.
    let mut story = Story::new(accepted);
    story.rows[2].arrival = None;
    let mut facts = story.facts();
    facts.calls[0].from_table = true;
    assert!(!has_note(&journey(&facts, "sally"), note));
    // And where calls and a table stand in one answer, the arrival of what the table says is no one's lack.
    let mut facts = Story::new("1 View(12345)\n2 AL(sally -> 12345)\n3 AL(sal -> 12345)\n4 Buy(sally)").facts();
    facts.calls[1].from_table = true;
    facts.calls[1].flags.set(Flags::ARRIVAL_UNKNOWN);
    assert!(!has_note(&journey(&facts, "sally"), note));
}

#[test]
fn rows_that_an_import_had_to_put_right_are_counted_in_the_notes() {
    let with = |flag: Flags, rows: usize| {
        let mut story = Story::new("1 A(42)\n2 B(42)\n3 C(42)");
        story.rows.iter_mut().take(rows).for_each(|row| row.flags.set(flag));
        story.journey("42").notes
    };
    for (rows, note) in [
        (1, Some("1 row sends the id as a number, others as text: the two are one id here.")),
        (2, Some("2 rows send the id as a number, others as text: the two are one id here.")),
        // One way to write an id is no mistake.
        (3, None),
        (0, None),
    ] {
        assert_eq!(with(Flags::ID_NOT_TEXT, rows), note.into_iter().collect::<Vec<_>>(), "{rows}");
    }
    for (rows, note) in [
        (1, Some("1 row holds a damaged character, which was repaired: U+FFFD replaces it.")),
        (3, Some("3 rows hold a damaged character, which was repaired: U+FFFD replaces it.")),
        (0, None),
    ] {
        assert_eq!(with(Flags::REPAIRED, rows), note.into_iter().collect::<Vec<_>>(), "{rows}");
    }
}

#[test]
fn rows_of_another_vendor_are_said_to_be_judged_by_rules_that_are_not_its_own() {
    let mut facts = facts(&Story::new("1 Land(an7)\n2 ID(u <= an7) +u,an7\n3 Dash(u) +u,an7\n4 Buy(u) +u,an7").rows);
    let mut of = |rows: &[(usize, &str)]| {
        for (at, vendor) in rows {
            let origin = Origin { file: (*vendor).into(), vendor: (*vendor).into(), rank: 1 };
            let event = Arc::make_mut(&mut facts.events[*at]);
            event.source = Source { origin: Arc::new(origin), line: event.source.line };
        }
        journey(&facts, "u")
    };
    assert!(!has_note(&of(&[]), "vendor"));
    let one = "Rows of Snowplow are judged by the legacy rules of Mixpanel: its vendor's own rules are not known here.";
    assert!(has_note(&of(&[(3, "Snowplow")]), one));
    // A row of an orphan counts as well.
    let two = "Rows of Matomo and Snowplow are judged by the legacy rules of Mixpanel: their vendors' own rules are not known here.";
    assert!(has_note(&of(&[(0, "Matomo")]), two));
}

#[test]
fn a_placeholder_is_said_to_be_many_people_wherever_it_stands() {
    let root = Story::new("1 View(null) +,d-1\n2 View(null) +,d-2").journey("null");
    assert!(has_note(
        &root,
        "\"null\" is a placeholder, what a program writes when it has no id: these rows can be from many people"
    ));
    let alias = Story::new("1 View(12345)\n2 AL(null -> 12345)\n3 View(null)").journey("12345");
    assert!(has_note(
        &alias,
        "\"null\" is a placeholder, what a program writes when it has no id: every row sent under it is stored here"
    ));
    assert!(!has_note(&sally().journey("sally"), "placeholder"));
}
