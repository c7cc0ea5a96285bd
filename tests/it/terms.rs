//! Search by terms over a store: whose rows, whose profile, and what is said of the answer.

mod index;
mod oracle;

use std::sync::Arc;

use journey::inspect::Inspector;
use journey::inspect::query::of_property;
use journey::inspect::terms::{Found, Terms};
use journey::model::hit::EventHit;
use journey::model::{Client, Flags, Id, Profile, Row, Verb};
use journey::store::{Arrived, Chunk, FileInfo, Match, Segment, Writer};

fn row(event: &str, id: &str, time: i64, properties: &str) -> Row {
    Row {
        event: event.into(),
        id: Some(Id::new(id)).filter(|id| !id.as_str().is_empty()),
        time,
        arrival: Some(time),
        device: None,
        user: None,
        verb: Verb::Track,
        previous: vec![],
        insert_id: None,
        client: None,
        properties: properties.into(),
        line: time.unsigned_abs(),
        flags: Flags::default(),
    }
}

fn alias(alias: &str, target: &str, time: i64) -> Row {
    let verb = Verb::Alias { alias: Some(Id::new(alias)), target: Some(Id::new(target)), by_original: false };
    Row { verb, ..row("$create_alias", target, time, "{}") }
}

fn profile(id: &str, values: &[(&str, &str)], json: &str) -> Profile {
    Profile {
        id: Some(Id::new(id)),
        ignore_alias: false,
        operation: "$set".into(),
        time: Some(1),
        arrival: Some(1),
        values: values.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
        device: None,
        user: None,
        json: json.into(),
        line: 1,
    }
}

fn store(rows: Vec<Row>, profiles: Vec<Profile>) -> Inspector {
    let mut writer = Writer::in_memory().unwrap();
    let info =
        FileInfo { name: "a".into(), format: "raw export".into(), timezone: "UTC".into(), vendor: "Mixpanel".into() };
    let file = writer.begin_file(&info).unwrap();
    let rows: Vec<_> = rows.into_iter().map(|row| Arrived { arrived: row.time, row }).collect();
    let segment = Segment::of(&rows).unwrap();
    let (lines, first_line) = (rows.len() as u64, 1);
    writer
        .append(&Chunk { file, hash: 7, bytes: 9, first_line, lines, segment, profiles, ..Chunk::default() })
        .unwrap();
    Inspector::new(writer.into_reader().unwrap())
}

/// Anna is known by two ids, Bob by one; a visitor has no name yet.
fn shop() -> Inspector {
    store(
        vec![
            row("View", "anon-a", 1_000, r#"{"utm_source":"google","n":1}"#),
            alias("anna@shop.example", "anon-a", 2_000),
            row(
                "Purchase Completed",
                "anna@shop.example",
                3_000,
                r#"{"plan":"PRO","total":20.00,"cart":{"sku":"A-1"}}"#,
            ),
            row("Purchase Completed", "bob", 4_000, r#"{"plan":"free","total":5,"\u0063ity":"K\u00f6ln"}"#),
            row("Purchase Completed", "bob", 5_000, r#"{"plan":"free","tags":["x","vip"]}"#),
            row("View", "visitor", 6_000, r#"{"plan":"pro"}"#),
            row("View", "", 7_000, r#"{"plan":"pro"}"#),
        ],
        vec![
            profile(
                "anna@shop.example",
                &[("$name", "Anna Ohm"), ("$phone", "+49 170-123 45")],
                r#"{"$set":{"vat":"DE9"}}"#,
            ),
            profile("bob", &[("$email", "anna@shop.example"), ("$name", "Bob")], r#"{"$set":{"plan":"pro"}}"#),
        ],
    )
}

#[test]
fn values_with_a_text_in_them_are_counted_by_people_and_rows() {
    let store = shop();
    let with = |text: &str| {
        let hits = store.values_with(text).unwrap();
        hits.into_iter().map(|hit| (of_property(&hit.property, &hit.value), hit.people, hit.rows)).collect::<Vec<_>>()
    };
    let hit = |term: &str, people, rows| (term.to_owned(), people, rows);
    assert_eq!(with("free"), [hit("plan=free", 1, 2)]);
    // Nested, in a list, escaped, a number; the row without an id is of no person.
    assert_eq!(with("a-1"), [hit("cart.sku=A-1", 1, 1)]);
    assert_eq!(with("vip"), [hit("tags=vip", 1, 1)]);
    assert_eq!(with("k\u{f6}ln"), [hit("city=K\u{f6}ln", 1, 1)]);
    assert_eq!(with("pro"), [hit("plan=pro", 1, 2), hit("plan=PRO", 1, 1)]);
    assert_eq!(with("goog"), [hit("utm_source=google", 1, 1)]);
    // Too short, nowhere, an id.
    for text in ["vi", "", "nowhere", "anon-a"] {
        assert_eq!(with(text), [], "{text}");
    }
    // A name that means something else in the language.
    assert_eq!(of_property("event", "a b"), "prop:event=\"a b\"");
}

fn find(store: &Inspector, text: &str) -> Found {
    let terms = Terms::read(text).unwrap().expect(text);
    store.search_terms(&terms, 100, &mut |_| {}).unwrap()
}

fn ids(found: &Found) -> Vec<&str> {
    found.hits.iter().map(|hit| hit.id.as_str()).collect()
}

#[test]
fn a_property_of_rows_finds_who_has_them_and_says_how_many() {
    let store = shop();
    let found = find(&store, "plan=free");
    assert_eq!(ids(&found), ["bob"]);
    assert_eq!((found.hits[0].found, found.hits[0].matched), (Match::Property, 2));
    assert_eq!(found.hits[0].via, Some(("plan".into(), "free".into())));
    assert_eq!(found.looked, Some((7, 7)));
    for (text, expected) in [
        ("total=20", vec!["anna@shop.example"]),
        ("total>4 plan=free", vec!["bob"]),
        ("utm_source~OOG", vec!["anon-a"]),
        ("cart.sku=a-1", vec!["anna@shop.example"]),
        ("tags=vip", vec!["bob"]),
        ("city=köln", vec!["bob"]),
        ("prop:utm_source", vec!["anon-a"]),
        ("prop:*=google", vec!["anon-a"]),
        ("plan=none", vec![]),
    ] {
        assert_eq!(ids(&find(&store, text)), expected, "{text}");
    }
}

#[test]
fn a_property_of_a_profile_goes_before_rows_and_rows_without_an_id_are_reported() {
    let found = find(&shop(), "plan=pro");
    assert_eq!(ids(&found), ["bob", "visitor", "anna@shop.example"]);
    assert_eq!(found.hits[0].found, Match::Profile);
    assert_eq!(found.notes, ["1 more such rows have no id"]);
    assert_eq!(ids(&find(&shop(), "vat=de9")), ["anna@shop.example"]);
}

#[test]
fn an_event_finds_who_has_it_the_last_one_first() {
    let store = shop();
    let found = find(&store, "event:purchase");
    assert_eq!(ids(&found), ["bob", "anna@shop.example"]);
    assert_eq!(found.hits[0].via, Some(("event".into(), "Purchase Completed".into())));
    assert_eq!(ids(&find(&store, "event=view")), ["visitor", "anon-a"]);
    assert_eq!(ids(&find(&store, "event:purchase before:1970-01-01T00:00:04")), ["anna@shop.example"]);
    assert_eq!(ids(&find(&store, "event:view after:-2s")), ["visitor"]);
    let unknown = find(&store, "event:Purchse");
    assert_eq!((unknown.hits.len(), unknown.notes.len()), (0, 1));
    assert_eq!(ids(&find(&store, "event=\"Purchase Complete\"")), Vec::<&str>::new());
}

#[test]
fn people_are_found_by_address_name_and_phone() {
    let store = shop();
    let both = find(&store, "email:anna@shop");
    assert_eq!(ids(&both), ["anna@shop.example", "bob"]);
    assert_eq!(both.hits[1].via, Some(("$email".into(), "anna@shop.example".into())));
    assert_eq!(ids(&find(&store, "name:ohm")), ["anna@shop.example"]);
    assert_eq!(ids(&find(&store, "phone:17012345")), ["anna@shop.example"]);
    assert_eq!(ids(&find(&store, "alias:shop")), ["anna@shop.example"]);
    assert_eq!(ids(&find(&store, "id:anna name:bob")), Vec::<&str>::new());
    assert_eq!(ids(&find(&store, "id=BOB")), Vec::<&str>::new());
}

#[test]
fn who_has_the_value_itself_comes_before_who_has_it_in_another() {
    let named = |id: &str, name: &str| profile(id, &[("$name", name)], "{}");
    let people = vec![named("1", "Annabel"), named("2", "Joanna Ann"), named("3", "ann")];
    let rows = ["1", "2", "3"].iter().zip(1..).map(|(id, at)| row("View", id, at, "{}")).collect();
    assert_eq!(ids(&find(&store(rows, people), "name:Ann")), ["3", "1", "2"]);
}

#[test]
fn terms_hold_of_a_user_whatever_the_id_they_hold_of() {
    let store = shop();
    // The name is of the alias, the row of the anonymous id before it.
    assert_eq!(ids(&find(&store, "name:anna utm_source=google")), ["anon-a"]);
    assert_eq!(ids(&find(&store, "id:anon-a email:anna")), ["anon-a"]);
    let found = find(&store, "name:bob event:purchase");
    assert_eq!((ids(&found), found.looked), (vec!["bob"], Some((2, 2))), "only the rows of that user");
}

#[test]
fn an_id_that_reads_like_a_term_is_found_first() {
    let store = store(vec![row("View", "plan=pro", 1, "{}"), row("View", "a", 2, r#"{"plan":"pro"}"#)], vec![]);
    let found = find(&store, "plan=pro");
    assert_eq!(ids(&found), ["plan=pro", "a"]);
    assert_eq!(found.hits[0].found, Match::Exact);
}

#[test]
fn a_list_that_is_cut_says_so() {
    let store = shop();
    let terms = Terms::read("prop:plan").unwrap().unwrap();
    let found = store.search_terms(&terms, 2, &mut |_| {}).unwrap();
    assert_eq!((found.hits.len(), found.more), (2, true));
}

#[test]
fn a_long_search_tells_what_it_has_so_far_and_can_be_cancelled() {
    let rows = |count: i64| (1..=count).map(|n| row("View", &format!("u{}", n % 10), n, "{\"n\":1}")).collect();
    let mut store = store(rows(140_000), vec![]);
    let terms = Terms::read("event:view").unwrap().unwrap();
    let mut parts = Vec::new();
    let found = store.search_terms(&terms, 100, &mut |part| parts.push((part.hits.len(), part.looked))).unwrap();
    assert_eq!(found.looked, Some((140_000, 140_000)));
    assert!(parts.len() >= 2, "{parts:?}");
    let looked: Vec<u64> = parts.iter().filter_map(|(_, looked)| Some(looked.as_ref()?.0)).collect();
    assert!(looked.is_sorted() && looked.iter().all(|looked| *looked < 140_000), "{looked:?}");
    store.stop_when(Arc::new(|| true)).unwrap();
    assert!(store.search_terms(&terms, 100, &mut |_| {}).unwrap_err().is_cancelled());
}

#[test]
fn who_is_found_first_is_found_by_a_short_look_at_the_last_rows() {
    let rows =
        |n: i64| row("View", &format!("id-{n}"), n, if n % 2 == 0 { r#"{"os":"Linux"}"# } else { r#"{"os":"iOS"}"# });
    let mut all: Vec<Row> = (1..=30_000).map(rows).collect();
    all.push(row("View", "early", 0, r#"{"os":"BeOS"}"#));
    let profiles = vec![profile("id-7", &[("os", "Linux")], r#"{"$set":{"os":"Linux"}}"#)];
    let store = store(all, profiles);
    let first = |text: &str| store.first_of_terms(&Terms::of_value(text).unwrap(), 50).unwrap();
    let linux = first("linux");
    let (looked, of) = linux.looked.unwrap();
    assert!(linux.hits.len() == 50 && looked < 20_000 && of == 30_001 && !linux.ended_early, "{:?}", linux.looked);
    let whole = find(&store, "prop:*~linux");
    assert!(linux.hits.iter().all(|hit| hit.found == Match::Property && hit.matched == 1), "rows alone are looked at");
    assert!(whole.hits.iter().any(|hit| hit.found == Match::Profile));
    // What is nowhere near the end is found by the whole search, and what only journeys tell, too.
    assert_eq!(ids(&find(&store, "prop:*~beos")), ["early"]);
    let journeys = Terms::read("is:merged").unwrap().unwrap();
    assert!(store.first_of_terms(&journeys, 50).unwrap().hits.is_empty());
}

#[test]
fn a_search_for_a_common_value_ends_when_it_has_more_people_than_are_listed_and_says_so() {
    let rows = (1..=140_000_i64).map(|n| row("View", &format!("u{}", n % 300), n, "{\"plan\":\"pro\"}")).collect();
    let store = store(rows, vec![]);
    let terms = Terms::read("prop:*~pro").unwrap().unwrap();
    let mut parts = Vec::new();
    let found = store
        .search_terms(&terms, 100, &mut |part| parts.push((part.hits.len(), part.looked, part.ended_early)))
        .unwrap();
    let (looked, all) = found.looked.unwrap();
    assert!((32_768..70_000).contains(&looked), "{looked}");
    assert_eq!((found.hits.len(), found.more, found.ended_early, all), (100, true, true, 140_000));
    // The first hits come before many rows are looked through.
    assert!(matches!(parts[0], (1.., Some((1..=4_096, 140_000)), false)), "{:?}", parts[0]);

    // A list that has room for everyone needs every row, and so does the head of a row, which costs little.
    for (text, limit) in [("prop:*~pro", 300), ("event:view", 100)] {
        let terms = Terms::read(text).unwrap().unwrap();
        let found = store.search_terms(&terms, limit, &mut |_| {}).unwrap();
        assert_eq!((found.looked, found.ended_early), (Some((140_000, 140_000)), false), "{text}");
    }
}

#[test]
fn programs_that_send_rows_are_no_events() {
    let client =
        |name: &str, event: &str, time| Row { client: Some(Client::from_text(name)), ..row(event, "a", time, "{}") };
    let store =
        store(vec![client("web · Linux · Chrome", "Chrome opened", 1), client("chromecast", "View", 2)], vec![]);
    let names = |text: &str| -> Vec<(String, u64)> {
        store.events_with(text).unwrap().into_iter().map(|hit| (hit.event, hit.rows)).collect()
    };
    assert_eq!(names("chrome"), [("Chrome opened".to_owned(), 1)]);
    assert_eq!(names("linux"), []);
    let uncounted = |name: &str| EventHit { event: name.to_owned(), people: 0, rows: 0 };
    assert_eq!(store.names_with("chrome").unwrap(), [uncounted("Chrome opened")]);
    assert_eq!(store.names_with("linux").unwrap(), []);
}

#[test]
fn events_are_named_before_they_are_counted_where_all_of_them_are_listed() {
    let rows = |names: &[&str]| names.iter().zip(1..).map(|(name, time)| row(name, "a", time, "{}")).collect();
    let names = |store: &Inspector, text: &str| -> Vec<String> {
        store.names_with(text).unwrap().into_iter().map(|hit| hit.event).collect()
    };
    let few = store(rows(&["Page left", "page", "Sign up", "Page seen"]), vec![]);
    assert_eq!(names(&few, "page"), ["page", "Page left", "Page seen"]);
    assert_eq!(names(&few, " "), [""; 0]);
    let many = store(rows(&["Page 1", "Page 2", "Page 3", "Page 4", "Page 5", "Page 6"]), vec![]);
    assert_eq!(names(&many, "page"), [""; 0], "which five have the most people is not known yet");
    assert_eq!(names(&many, "page 6"), ["Page 6"]);
}

#[test]
fn values_of_which_no_index_knows_are_counted_in_a_part_of_a_large_store_and_it_is_said() {
    let session = |n: i64| if n % 100 == 0 { "49aea7daa1445e98" } else { "0b1c2d3e4f506172" };
    let rows = |all| (1..=all).map(|n| row("View", "u", n, &format!("{{\"sid\":\"{}\"}}", session(n)))).collect();
    let counted = |all| {
        let hits = store(rows(all), vec![]).values_with("49aea7").unwrap();
        (hits[0].value.clone(), hits[0].rows, hits[0].at_least)
    };
    let (value, rows, at_least) = counted(140_000);
    assert!(value == "49aea7daa1445e98" && at_least && (81..400).contains(&rows), "{rows}");
    assert_eq!(counted(8_000), (value, 80, false), "all of a smaller store");
}

#[test]
fn names_to_complete_with_come_from_the_rows() {
    let names = shop().vocabulary(100).unwrap();
    assert_eq!(names.events.first().map(String::as_str), Some("Purchase Completed"));
    let plan = names.properties.iter().find(|(name, _)| name == "plan").unwrap();
    assert_eq!(plan.1, ["free", "pro", "PRO"]);
    assert!(store(vec![], vec![]).vocabulary(100).unwrap().events.is_empty());
}
