//! The mistakes of identity.md §6 and those that reports name more: which code shows each.

use super::*;

/// Mistakes of identity.md §6.
const MISTAKES: u32 = 34;

/// Texts between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The numbers of §6 that the rule of a kind names: `identity.md L2, §6 #1, #2`.
fn numbers(rule: &str) -> Vec<u32> {
    let of_chapter = rule.split("§6").nth(1).unwrap_or_default();
    of_chapter.split('#').skip(1).map(|text| text.trim_matches([',', ' ']).parse().unwrap()).collect()
}

#[test]
fn the_document_has_each_mistake_with_its_codes_or_why_rows_cannot_show_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("assets/docs/findings.md")).unwrap();
    let table = document.lines().skip_while(|line| !line.starts_with("| # | mistake |")).skip(2);
    let mut rows: BTreeMap<u32, (Vec<&str>, &str)> = BTreeMap::new();
    for line in table.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let number = cells[1].parse().unwrap();
        assert!(rows.insert(number, (quoted(cells[3]), cells[4])).is_none(), "#{number} is there twice");
    }
    assert_eq!(rows.keys().copied().collect::<Vec<_>>(), (1..=MISTAKES).collect::<Vec<_>>());
    let kinds: Vec<_> = all(LEGACY.findings()).collect();
    for (number, (codes, why)) in &rows {
        assert!(codes.is_empty() != why.is_empty(), "#{number} has codes, or the reason why there is none");
        let named: BTreeSet<&str> =
            kinds.iter().filter(|kind| numbers(kind.rule).contains(number)).map(|kind| kind.code).collect();
        assert_eq!(codes.iter().copied().collect::<BTreeSet<_>>(), named, "#{number}");
    }
}

/// What reports of others name: the code, a history that has it, and a close one that has not.
const FURTHER: &[(&str, &str, &str)] = &[
    // Ids that differ in case, blanks around them, or letters that look alike.
    (
        "id-variants",
        "1 View(sally@example.com)\n2 View(SALLY@example.com)",
        "1 View(sally@example.com)\n2 View(saly@example.com)",
    ),
    ("id-variants", "1 View(user-7)\n2 View(user-7\u{200b})", "1 View(user-7)\n2 View(user-70)"),
    ("id-variants", "1 View(paul)\n2 View(p\u{430}ul)", "1 View(paul)\n2 View(saul)"),
    // A placeholder as the alias, as the target, and as the id of everybody.
    ("placeholder-id", "1 View(d1)\n2 AL(undefined -> d1)", "1 View(d1)\n2 AL(undefined-7 -> d1)"),
    ("placeholder-id", "1 View(u)\n2 AL(u -> null)\n3 View(u)", "1 View(u)\n2 AL(u -> nul)\n3 View(u)"),
    (
        "placeholder-id",
        "1 View(anonymous) +,d1\n2 View(anonymous) +,d2",
        "1 View(anonymous-1) +,d1\n2 View(anonymous-2) +,d2",
    ),
    // 1970, and microseconds taken for milliseconds: years ahead.
    ("time-impossible", "-1599999000@1000 View(u)", "-100000000@1000 View(u)"),
    ("time-impossible", "9000000000@1000 View(u)", "80000@1000 View(u)"),
    // A wrapper that calls alias at every login, from the same device and from others.
    (
        "alias-repeated",
        "1 View(d)\n2 AL(u -> d)\n50 AL(u -> d)\n99 AL(u -> d)",
        "1 View(d)\n2 AL(u -> d)\n50 AL(u -> d)",
    ),
    (
        "alias-on-login",
        "1 View(d)\n2 AL(u -> d)\n50 AL(u -> e)\n51 View(e)",
        "1 View(d)\n2 AL(u -> d)\n50 AL(w -> e)\n51 View(e)",
    ),
    // An `$identify` without a value, and one that goes from the user to a device.
    ("identify-itself", "1 ID(d1 <= ) +,d1", "1 ID(u <= d1) +u,d1"),
    (
        "identify-back-to-device",
        "1 Buy(u1) +u1,d1\n2 ID($device:d2 <= u1) +,d2",
        "1 Buy(u1) +u1,d1\n2 ID(u2 <= u1) +u2,d1",
    ),
    // Rows without an id.
    ("row-without-id", "1 View()\n2 View(u)", "1 View(u)\n2 View(u)"),
];

#[test]
fn what_reports_name_more_has_a_code_and_a_close_history_that_has_not() {
    for (code, shows, neighbour) in FURTHER {
        for (story, has) in [(shows, true), (neighbour, false)] {
            let audit = check::store(&Inspector::new(store(story)), &mut |_, _| true).unwrap();
            let found: Vec<&str> = audit.found.iter().map(|found| found.kind.code).collect();
            assert_eq!(found.contains(code), has, "{code}: {story:?} has {found:?}");
        }
    }
}

#[test]
fn each_condition_of_a_finding_about_links_counts() {
    let (g, h) = ("a1111111-1111-4111-8111-111111111111", "a2222222-2222-4222-8222-222222222222");
    let switched = format!("1 View({g})\n2 AL(ann@x.io -> {g})\n2 ID(bob@x.io <= {g})");
    let late = format!("1 View({g})\n2 AL(u -> {g})\n3 View({h})\n4 View({h})\n5 ID(u <= {h})");
    // Visits under ids of their own, with so many rows each, and what ties each of them to the user.
    let visits = |rows: [usize; 5], tie: fn(usize, &str) -> String| {
        let of_visit = |(nth, rows): (usize, usize)| {
            let id = format!("a{nth}333333-3333-4333-8333-333333333333");
            format!("{nth}0 View({id}) +,d{nth}\n").repeat(rows) + &tie(nth, &id)
        };
        rows.into_iter().enumerate().map(of_visit).collect::<String>()
    };
    let by_login = |nth: usize, id: &str| format!("{nth}1 ID(u <= {id}) +u,d{nth}\n");
    let by_device = |nth: usize, _: &str| format!("{nth}1 Buy(u) +u,d{nth}\n");
    for (code, shows, neighbour) in [
        // An alias of the user to another id does not ask for this one; one that asks and is refused is told as that.
        (
            "user-still-anonymous",
            format!("1 View(12345)\n2 AL(sally -> 12345)\n3 View({g}) +sally,"),
            format!("1 View(12345)\n2 AL(sally -> 12345)\n3 View({g}) +sally,\n4 AL(sally -> {g})"),
        ),
        // An identify of two users is one of two names in one moment only where nothing else puts them on a device.
        ("shared-device", "1 View(ann@x.io)\n2 ID(bob@x.io <= ann@x.io)".to_owned(), switched.clone()),
        (
            "shared-device",
            format!("{switched}\n3 Buy(ann@x.io) +ann@x.io,d-1\n4 Buy(bob@x.io) +bob@x.io,d-1"),
            format!("{switched}\n3 Buy(ann@x.io) +ann@x.io,d-1\n4 Buy(bob@x.io) +bob@x.io,d-2"),
        ),
        // Of two who claim an id, both were identified from it.
        (
            "anonymous-id-kept",
            format!("1 a({g})\n2 ID(u1 <= {g})\n3 b(u1)\n4 ID(u2 <= {g})\n5 c(u2)"),
            format!("1 a({g})\n2 ID(u1 <= {g})\n3 b(u1)\n4 View(x)\n5 AL(u2 -> x)\n6 AL(u2 -> {g})"),
        ),
        // A visit of two rows is one that ended; the call is one of the user, to an id of another visit.
        (
            "late-alias-answer",
            late.clone(),
            late.replace("4 View", "3 View(a2222222-2222-4222-8222-222222222222)\n4 View"),
        ),
        ("late-alias-answer", late.clone(), format!("1 View(u)\n2 AL(w -> u)\n3 View({h})\n5 ID(u <= {h})")),
        (
            "late-alias-answer",
            late,
            format!("1 View({g})\n2 AL(u -> {g})\n3 View({h})\n4 AL(u -> {h})\n5 ID(u <= {g})"),
        ),
        // Who was never named is not logged in.
        (
            "identify-back-to-device",
            "1 Buy(paul) +paul,d1\n2 ID($device:d2 <= paul) +,d2".to_owned(),
            "1 Buy(paul)\n2 ID($device:d2 <= paul) +,d2".to_owned(),
        ),
        // Half of the visits are short, and proof ties each of them.
        ("new-id-each-visit", visits([1, 1, 2, 3, 3], by_login), visits([1, 1, 3, 3, 3], by_login)),
        ("new-id-each-visit", visits([1; 5], by_login), visits([1; 5], by_device)),
    ] {
        for (story, has) in [(shows, true), (neighbour, false)] {
            let audit = check::store(&Inspector::new(store(&story)), &mut |_, _| true).unwrap();
            let found: Vec<&str> = audit.found.iter().map(|found| found.kind.code).collect();
            assert_eq!(found.contains(&code), has, "{code}: {story:?} has {found:?}");
        }
    }
    // An `$identify` and a device together say more than two names in one moment.
    let both = format!("{switched}\n3 Buy(ann@x.io) +ann@x.io,d-1\n4 Buy(bob@x.io) +bob@x.io,d-1");
    let found = Story::new(&both).findings("ann@x.io");
    assert!(found.contains("shared-device") && found.contains("alias-and-identify-differ"), "{found}");
}

#[test]
fn an_alias_that_is_a_placeholder_is_accepted_for_one_user_and_names_no_other() {
    let story = Story::new("1 View(d1)\n2 View(d2)\n3 AL(undefined -> d1)\n4 AL(undefined -> d2)");
    for (user, says) in [("d1", "and accepted for d1: every row"), ("d2", "which names no user")] {
        let journey = story.journey(user);
        let found = journey.findings.iter().find(|found| found.code() == "placeholder-id");
        assert!(found.is_some_and(|found| found.what.contains(says)), "{user}: {found:?}");
    }
}

#[test]
fn an_address_of_two_users_whom_nothing_joins_is_found_and_that_of_one_user_is_not() {
    let two = "1 View(42)\n2 View(sal)";
    let profile = |id: &str, address: &str| {
        format!("{{\"$distinct_id\":\"{id}\",\"$properties\":{{\"$email\":\"{address}\"}}}}\n")
    };
    let both = profile("42", "S@x.io ") + &profile("sal", "s@X.io");
    for (story, profiles, users) in [
        (two, both.clone(), &["42", "sal"][..]),
        // The address is itself the id of another source.
        ("1 View(42)\n2 View(s@x.io)", profile("42", "s@x.io"), &["42", "s@x.io"]),
        // One user, whom an alias, an `$identify` or a row joins.
        ("1 View(42)\n2 AL(sal -> 42)", both.clone(), &[]),
        ("1 View(42)\n2 ID(sal <= 42)", both.clone(), &[]),
        ("1 View(42) +sal,d", both.clone(), &[]),
        // Other addresses, texts that are none, and no id at all.
        (two, profile("42", "s@x.io") + &profile("sal", "t@x.io"), &[]),
        (two, profile("42", "n/a") + &profile("sal", "n/a"), &[]),
        (two, profile("42", "s@x.io") + &profile("undefined", "s@x.io"), &[]),
        // Spellings of an id have a finding of their own.
        ("1 View(s@x.io)\n2 View(S@x.io)", String::new(), &[]),
    ] {
        let rows = crate::support::stored::lines(&Story::new(story).rows);
        let files = [("story.jsonl", rows), ("profiles.jsonl", profiles.clone().into_bytes())];
        let files = if profiles.is_empty() { &files[..1] } else { &files[..] };
        let inspector = Inspector::new(store_of_bytes(files));
        let audit = check::store(&inspector, &mut |_, _| true).unwrap();
        let found = audit.found.iter().find(|found| found.kind.code == "email-on-two-users");
        let ids: Vec<&str> = found.into_iter().flat_map(|found| &found.ids).map(Id::as_str).collect();
        assert_eq!(ids, users, "{story:?} {profiles}");
        if let Some(found) = found {
            assert_eq!((found.people, found.count, found.rows), (2, 1, 0));
            assert_eq!(&*found.sources[0].file, "profiles.jsonl");
            assert!(found.what.to_lowercase().contains("s@x.io is the address of 2 users"), "{}", found.what);
            let (people, complete) = check::people(&inspector, found.kind, &mut |_, _| true).unwrap();
            assert_eq!((people.len(), complete), (2, true));
        }
    }
}
