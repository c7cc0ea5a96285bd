//! What the rows of a finding say was paid: which rows count, and which do not.

use journey::identity::audit::Found;
use journey::model::Row;
use journey::model::money::Amounts;
use journey::store::Writer;
use serde_json::{Value, json};

use super::*;
use crate::support::stored::lines;

/// Lines of a raw export, where each row named has these properties more.
fn with(rows: &[Row], more: impl Fn(&str) -> Option<Value>) -> Vec<u8> {
    let mut text = String::new();
    for line in String::from_utf8(lines(rows)).unwrap().lines() {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let event = line["event"].as_str().unwrap().to_owned();
        if let Some(Value::Object(more)) = more(&event) {
            line["properties"].as_object_mut().unwrap().extend(more);
        }
        text.extend([&*line.to_string(), "\n"]);
    }
    text.into_bytes()
}

fn found(inspector: &Inspector, code: &str) -> Found {
    let audit = check::store(inspector, &mut |_, _| true).unwrap();
    audit.found.iter().find(|found| found.kind.code == code).unwrap_or_else(|| panic!("no {code}")).clone()
}

#[test]
fn rows_that_an_alias_left_behind_are_added_up_by_currency() {
    let story = "1 View(12345)\n2 AL(sally -> 12345)\n3 Kept(12345)\n60 Open(P-1)\n61 AL(sally -> P-1)\n62 Buy(P-1)\n\
        63 Refund(P-1)\n64 Gift(P-1)\n65 Looks(P-1)\n66 Pounds(P-1)";
    let bytes = with(&Story::new(story).rows, |event| match event {
        "Kept" => Some(json!({"total": 1000, "currency": "USD"})),
        "Buy" => Some(json!({"total": 25.5, "currency": "USD", "price": 25.5})),
        "Refund" => Some(json!({"total": -5.5, "currency": "usd"})),
        "Gift" => Some(json!({"amount": 7})),
        "Looks" => Some(json!({"total": "99.00", "currency": "USD", "value": 3.0e0, "size": 12})),
        "Pounds" => Some(json!({"value": 3, "currency": "GBP"})),
        _ => None,
    });
    let inspector = Inspector::new(store_of_bytes(&[("story.jsonl", bytes)]));
    let of_store = found(&inspector, "alias-on-login");
    assert_eq!(of_store.amounts.text(), "7.00 of no currency, GBP 3.00, USD 23.00");
    let of_one = check::one(&inspector, &Id::new("sally"), &Wanted::default()).unwrap().unwrap();
    assert_eq!(of_one.found[0].amounts, of_store.amounts);
}

/// The answer of a check in one of its formats.
fn written(inspector: &Inspector, write: fn(&mut dyn Write, &report::Check<'_>) -> io::Result<()>) -> String {
    let audit = check::store(inspector, &mut |_, _| true).unwrap();
    let mut out = Vec::new();
    let (baseline, names) = (&Baseline::default(), &BTreeMap::new());
    write(&mut out, &report::Check { store: "x", audit: &audit, fail_on: None, baseline, names }).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn each_format_says_the_amounts() {
    let story = "1 View(12345)\n2 AL(sally -> 12345)\n60 Open(P-1)\n61 AL(sally -> P-1)\n62 Buy(P-1)\n63 Tip(P-1)";
    let store = |currency: &str| {
        let bytes = with(&Story::new(story).rows, |event| match event {
            "Buy" => Some(json!({"total": 1025.5, "currency": "USD"})),
            "Tip" => Some(json!({"total": 0.25, "currency": currency})),
            _ => None,
        });
        Inspector::new(store_of_bytes(&[("story.jsonl", bytes)]))
    };
    let (one, two) = (store("USD"), store("EUR"));
    let json = |inspector: &Inspector| {
        let answer: Value = serde_json::from_str(&written(inspector, report::json)).unwrap();
        (answer["findings"][0]["money"].clone(), answer["findings"][0]["amounts"].clone())
    };
    assert_eq!(json(&one), (json!(1025.75), json!([{"currency": "USD", "sum": 1025.75, "rows": 2}])));
    let each = json!([{"currency": "EUR", "sum": 0.25, "rows": 1}, {"currency": "USD", "sum": 1025.5, "rows": 1}]);
    assert_eq!(json(&two), (Value::Null, each), "amounts of two currencies have no sum");
    let text = written(&two, |out, check| report::text(out, check, &journey::report::look::Look::default()));
    assert!(text.contains("Cost: 1 user, 4 rows, EUR 0.25, USD 1,025.50, since"), "{text}");
    let csv = written(&two, report::csv);
    assert!(csv.lines().next().unwrap().ends_with(",name,money,worst_money"), "{csv}");
    let paid = "\"EUR 0.25, USD 1,025.50\"";
    assert!(csv.lines().nth(1).unwrap().ends_with(&format!(",{paid},{paid}")), "{csv}");
    assert!(written(&two, report::junit).contains("1 user, 4 rows, EUR 0.25, USD 1,025.50\""));
    let sarif: Value = serde_json::from_str(&written(&one, report::sarif)).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["properties"]["money"], "USD 1,025.75");
}

#[test]
fn each_user_that_is_listed_has_the_amount_of_its_own_rows() {
    let user = |nth: u32, device: &str| {
        format!(
            "{nth}1 View(a{nth})\n{nth}2 AL(u{nth} -> a{nth})\n{nth}3 Open({device})\n{nth}4 AL(u{nth} -> {device})\n{nth}5 Buy{nth}({device})\n"
        )
    };
    let story = user(1, "P-1") + &user(2, "P-2") + "34 View(P-2)\n" + &user(3, "P-3");
    let bytes = with(&Story::new(&story).rows, |event| match event {
        "Buy1" => Some(json!({"total": 10, "currency": "USD"})),
        "Buy2" => Some(json!({"total": 5})),
        _ => None,
    });
    let inspector = Inspector::new(store_of_bytes(&[("story.jsonl", bytes)]));
    let of_store = found(&inspector, "alias-on-login");
    let listed: Vec<(&str, String)> =
        of_store.ids.iter().map(Id::as_str).zip(of_store.amounts_of_ids.iter().map(Amounts::text)).collect();
    let expected = [("u2", "5.00 of no currency"), ("u1", "USD 10.00"), ("u3", "")];
    assert_eq!(listed, expected.map(|(id, text)| (id, text.to_owned())));
    let kind = LEGACY.findings().iter().find(|kind| kind.code == "alias-on-login").unwrap();
    let (people, _) = check::people(&inspector, kind, &mut |_, _| true).unwrap();
    let people: Vec<(&str, String)> = people.iter().map(|person| (person.id.as_str(), person.amounts.text())).collect();
    assert_eq!(people, listed, "the list of people says the same");
    let answer: Value = serde_json::from_str(&written(&inspector, report::json)).unwrap();
    let of_ids = json!([
        [{"currency": null, "sum": 5.0, "rows": 1}],
        [{"currency": "USD", "sum": 10.0, "rows": 1}],
        [],
    ]);
    assert_eq!(answer["findings"][0]["amounts_of_ids"], of_ids);
    let text = written(&inspector, |out, check| report::text(out, check, &journey::report::look::Look::default()));
    assert!(text.contains("Users: u2: 5.00 of no currency; u1: USD 10.00; u3\n"), "{text}");
}

#[test]
fn a_row_that_came_twice_was_paid_once() {
    let line = |event: &str, id: &str, at: i64, more: Value| {
        let mut properties = json!({"distinct_id": id, "time": 1_600_000_000 + at, "mp_processing_time_ms": (1_600_000_000 + at) * 1000});
        properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        format!("{}\n", json!({"event": event, "properties": properties}))
    };
    let buy = |arrives: i64| {
        let mut line: Value =
            serde_json::from_str(&line("Buy", "sally", 3, json!({"revenue": 20, "$insert_id": "b-1"}))).unwrap();
        line["properties"]["mp_processing_time_ms"] = json!((1_600_000_000_i64 + arrives) * 1000);
        format!("{line}\n")
    };
    // The row overtakes the alias, and is delivered once more before it.
    let text = line("View", "12345", 1, json!({}))
        + &buy(4)
        + &buy(5)
        + &line("$create_alias", "12345", 9, json!({"alias": "sally"}));
    let inspector = Inspector::new(store_of_bytes(&[("twice.jsonl", text.into_bytes())]));
    let split = found(&inspector, "alias-used-before");
    assert_eq!((split.rows, split.amounts.text().as_str()), (1, "20.00 of no currency"));
}

#[test]
fn rows_of_no_user_and_rows_of_a_user_who_is_still_anonymous_have_their_amounts() {
    let story = "1 Lost()\n2 Land($device:d1) +,d1\n3 Buy($device:d1) +u,d1\n4 Buy($device:d1) +u,d1";
    let bytes = with(&Story::new(story).rows, |event| match event {
        "Lost" => Some(json!({"revenue": 4})),
        // It does not carry the user: it is no row of the finding.
        "Land" => Some(json!({"revenue": 500})),
        "Buy" => Some(json!({"revenue": 10})),
        _ => None,
    });
    let inspector = Inspector::new(store_of_bytes(&[("story.jsonl", bytes)]));
    assert_eq!(found(&inspector, "row-without-id").amounts.text(), "4.00 of no currency");
    assert_eq!(found(&inspector, "user-still-anonymous").amounts.text(), "20.00 of no currency");
}

#[test]
fn a_finding_that_loses_no_row_has_no_amount() {
    // The rows are there, under the right user; only their time is wrong.
    let bytes = with(&Story::new("100000@1000 View(u)").rows, |_| Some(json!({"total": 5})));
    let inspector = Inspector::new(store_of_bytes(&[("story.jsonl", bytes)]));
    assert!(found(&inspector, "time-impossible").amounts.is_empty());
}

/// What the findings of all users add up to, one user after the other.
fn one_by_one(inspector: &Inspector) -> BTreeMap<&'static str, Amounts> {
    let mut roots = BTreeSet::new();
    for journey in all_ids(inspector).iter().filter_map(|id| inspector.journey(id).unwrap()) {
        roots.extend(journey.root);
    }
    let mut sums: BTreeMap<&'static str, Amounts> = BTreeMap::new();
    for root in roots {
        let audit = check::one(inspector, &root, &Wanted::default()).unwrap().unwrap();
        for found in audit.found.iter().filter(|found| !found.amounts.is_empty()) {
            sums.entry(found.kind.code).or_default().append(&found.amounts);
        }
    }
    sums
}

fn at_once(inspector: &Inspector) -> BTreeMap<&'static str, Amounts> {
    let audit = check::store(inspector, &mut |_, _| true).unwrap();
    let of_users = audit.found.iter().filter(|found| !OF_STORE.contains(&found.kind) && !found.amounts.is_empty());
    of_users.map(|found| (found.kind.code, found.amounts.clone())).collect()
}

#[test]
fn where_each_row_says_one_the_amount_of_a_kind_is_its_rows() {
    let mut with_money = BTreeSet::new();
    for case in CASES {
        let bytes = with(&Story::new(case.shows).rows, |_| Some(json!({"total": 1})));
        let inspector = Inspector::new(store_of_bytes(&[("story.jsonl", bytes)]));
        assert_eq!(at_once(&inspector), one_by_one(&inspector), "{}", case.code);
        let found = found(&inspector, case.code);
        if !found.amounts.is_empty() {
            let rows: u64 = found.amounts.iter().map(|(_, sum)| sum.rows).sum();
            assert_eq!(rows, found.rows, "{}", case.code);
            with_money.insert(case.code);
        }
    }
    let losing = [
        "alias-on-login",
        "alias-race",
        "alias-used-before",
        "anonymous-before-login",
        "anonymous-id-kept",
        "id-of-many-devices",
        "identify-without-alias",
        "new-id-each-visit",
        "no-reset",
        "placeholder-id",
        "user-still-anonymous",
    ];
    assert_eq!(with_money, losing.into_iter().collect());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_look_over_the_whole_store_adds_up_what_the_users_say_one_by_one(rows in any_history(), every in 1_usize..4) {
        let mut nth = 0;
        let mut text = Vec::new();
        for line in String::from_utf8(lines(&rows)).unwrap().lines() {
            let mut line: Value = serde_json::from_str(line).unwrap();
            nth += 1;
            if nth % every == 0 {
                line["properties"]["amount"] = json!(nth);
                line["properties"]["currency"] = json!(["EUR", "USD"][nth % 2]);
            }
            text.extend(format!("{line}\n").into_bytes());
        }
        let mut inspector = Inspector::new(store_of_bytes(&[("story.jsonl", text.clone())]));
        let expected = one_by_one(&inspector);
        prop_assert_eq!(at_once(&inspector), expected.clone());
        // With an index of values the properties of other rows are not read, and nothing else changes.
        let mut writer = Writer::in_memory().unwrap();
        let input = journey::ingest::Input::Bytes { name: "story.jsonl".to_owned(), content: text };
        let options = journey::ingest::Options { zone: journey::formats::Zone::Utc, ..Default::default() };
        journey::ingest::import(&mut writer, vec![input], &options, &mut |_| journey::ingest::Flow::Continue).unwrap();
        writer.index_values(&mut |_, _| true).unwrap();
        inspector = Inspector::new(writer.into_reader().unwrap());
        prop_assert_eq!(at_once(&inspector), expected);
    }
}
