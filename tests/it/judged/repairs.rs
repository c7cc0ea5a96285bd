//! What would mend a user, and what the timeline is after it.

use journey::identity::repair::{Repair, Way as Repairing, repair};

use super::*;

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
