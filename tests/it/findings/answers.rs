//! What the answer of a check says in each of its formats, what a baseline lets pass, and how a look stops.

use super::*;

/// The answer of a check of a history, in one of its formats.
fn written(write: fn(&mut dyn Write, &report::Check<'_>) -> io::Result<()>, fail_on: Option<Severity>) -> String {
    let inspector = Inspector::new(store(CASES[0].shows));
    let audit = check::store(&inspector, &mut |_, _| true).unwrap();
    let mut out = Vec::new();
    let (baseline, names) = (&Baseline::default(), &BTreeMap::new());
    write(&mut out, &report::Check { store: "a & b.db", audit: &audit, fail_on, baseline, names }).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn each_format_says_what_was_found() {
    let json: serde_json::Value = serde_json::from_str(&written(report::json, Some(Severity::Error))).unwrap();
    assert_eq!(
        (json["schema"].as_u64(), json["rules"].as_str(), json["people"].as_u64()),
        (Some(1), Some("legacy"), Some(1))
    );
    let first = &json["findings"][0];
    assert_eq!(first["code"], "alias-on-login");
    assert_eq!(
        (first["people"].as_u64(), first["rows"].as_u64(), first["fails"].as_bool()),
        (Some(1), Some(3), Some(true))
    );
    assert_eq!(first["sources"][0], serde_json::json!({"file": "story.jsonl", "line": 4}));

    let sarif: serde_json::Value = serde_json::from_str(&written(report::sarif, None)).unwrap();
    let run = &sarif["runs"][0];
    let result = &run["results"][0];
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 4);

    let junit = written(report::junit, None);
    assert!(junit.contains("<testsuite name=\"a &amp; b.db\""), "{junit}");
    assert!(junit.contains("failures=\"1\"") && junit.contains("<failure type=\"error\""), "{junit}");
    assert_eq!((&first["money"], &first["amounts"]), (&serde_json::Value::Null, &serde_json::json!([])));
    let csv = written(report::csv, None);
    assert!(csv.lines().nth(1).unwrap().starts_with("alias-on-login,error,"), "{csv}");
}

#[test]
fn a_baseline_lets_known_findings_pass_until_more_users_have_them() {
    let inspector = Inspector::new(store(CASES[0].shows));
    let audit = check::store(&inspector, &mut |_, _| true).unwrap();
    for (known, fails) in [(0, true), (1, false)] {
        let mut baseline = Baseline::default();
        baseline.set("alias-on-login", Was::Count(known));
        let check = report::Check {
            store: "x",
            audit: &audit,
            fail_on: Some(Severity::Error),
            baseline: &baseline,
            names: &BTreeMap::new(),
        };
        assert_eq!(check.has_failed(), fails, "{known} users known");
    }
    let (baseline, names) = (&Baseline::default(), &BTreeMap::new());
    let check = report::Check { store: "x", audit: &audit, fail_on: None, baseline, names };
    assert!(!check.has_failed(), "nothing fails unless it is asked for");
}

#[test]
fn a_new_user_with_an_old_code_is_new_also_where_another_user_is_gone() {
    let user = |nth: u32| {
        format!(
            "{nth}1 View(a{nth})\n{nth}2 AL(sally{nth} -> a{nth})\n{nth}3 AL(sally{nth} -> b{nth})\n{nth}4 Buy(b{nth})\n"
        )
    };
    let before = check::store(&Inspector::new(store(&(user(1) + &user(2)))), &mut |_, _| true).unwrap();
    let found = |audit: &Audit| audit.found.iter().find(|found| found.kind.code == "alias-on-login").unwrap().clone();
    let mut baseline = Baseline::default();
    baseline.set("alias-on-login", Was::Users(found(&before).users.into_iter().collect()));
    let look = |story: &str| {
        let wanted = Wanted { baseline: baseline.clone(), ..Wanted::default() };
        check::store_by(&Inspector::new(store(story)), &wanted, &mut |_, _| true).unwrap()
    };
    let is_new = |audit: &Audit| {
        let check = report::Check {
            store: "x",
            audit,
            fail_on: Some(Severity::Error),
            baseline: &baseline,
            names: &BTreeMap::new(),
        };
        assert_eq!(check.has_failed(), check.is_new(&found(audit)));
        check.is_new(&found(audit))
    };
    let same = look(&(user(2) + &user(1)));
    assert_eq!((found(&same).newcomers, is_new(&same)), (Some(0), false));
    let fewer = look(&user(1));
    assert_eq!((found(&fewer).newcomers, is_new(&fewer)), (Some(0), false));
    // As many as before, and one of them is another: the count alone would not say so.
    let other = look(&(user(1) + &user(3)));
    assert_eq!((found(&other).newcomers, is_new(&other)), (Some(1), true));
    assert_eq!(found(&other).ids[0], Id::new("sally3"), "the new one is named first");
}

#[test]
fn a_look_that_was_stopped_says_so() {
    let rows: Vec<String> = (0..10_000).map(|at| format!("{at} View(u)")).collect();
    let inspector = Inspector::new(store(&rows.join("\n")));
    let audit = check::store(&inspector, &mut |_, _| false).unwrap();
    assert!(!audit.complete);
}

#[test]
fn a_stop_is_heard_within_the_rows_of_one_id_and_before_any_evidence() {
    let rows: Vec<String> = (0..30_000).map(|at| format!("{at} View(undefined)")).collect();
    let inspector = Inspector::new(store(&rows.join("\n")));
    let mut asked = Vec::new();
    let whole = check::store(&inspector, &mut |done, total| {
        asked.push((done, total));
        true
    });
    let found = whole.unwrap().found;
    assert!(found.iter().all(|found| !found.sources.is_empty()));
    assert!(asked.iter().any(|(done, total)| done * 3 < *total), "{asked:?}");
    // All rows were looked at and their users judged, and then no one wanted to wait.
    let ends = asked.iter().filter(|(done, total)| done == total).count();
    let mut left = ends - found.len() + 1;
    let mut go_on = |done, total| {
        left -= usize::from(done == total && left > 0);
        done < total || left > 0
    };
    let audit = check::store(&inspector, &mut go_on).unwrap();
    assert!(!audit.complete, "{ends}");
    assert!(!audit.found.is_empty() && audit.found.iter().all(|found| found.sources.is_empty()), "{:?}", audit.found);
}
