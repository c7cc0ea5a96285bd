//! The answers of a search equal those of somebody who looks at each person in turn.

use std::collections::BTreeSet;

use journey::inspect::filter::{Filter, Names};
use journey::inspect::query::{Expr, Field, Place, Query, Sought, Term, Test};
use journey::inspect::terms::Terms;
use journey::inspect::{Inspector, Kept};
use journey::model::time::utc;
use journey::model::{Client, Id, Row};
use journey::sim;
use proptest::prelude::*;

use super::{alias, profile, row, store};
use crate::support::all_ids;

/// A person: ids, the root last, with their rows and the properties of their profiles.
struct Person {
    root: &'static str,
    ids: &'static [&'static str],
    rows: &'static [(&'static str, &'static str, i64, &'static str)],
    /// Id, e-mail, name, phone, other properties.
    profiles: &'static [(&'static str, &'static str, &'static str, &'static str, &'static str)],
}

/// Alias, root, and their rows: event, id, time in seconds, properties. The device of a row is
/// `d` and its second, its user `u` and its second, its client `web` if that is even, else `ios`.
const PEOPLE: &[Person] = &[
    Person {
        root: "anon-a",
        ids: &["anna@shop.example", "anon-a"],
        rows: &[
            ("View", "anon-a", 1, r#"{"plan":"free","n":1}"#),
            ("Buy", "anna@shop.example", 7, r#"{"plan":"pro","n":3,"tags":["x","vip"]}"#),
        ],
        profiles: &[("anna@shop.example", "Anna@mail.example", "Anna Ohm", "+49 170-1", r#"{"$set":{"vat":"DE9"}}"#)],
    },
    Person {
        root: "bob",
        ids: &["bob"],
        rows: &[
            ("Buy", "bob", 2, r#"{"plan":"free","n":2}"#),
            ("View", "bob", 3, r#"{"plan":"pro"}"#),
            ("Sign Up", "bob", 8, "{}"),
        ],
        profiles: &[("bob", "bob@shop.example", "Bob Anna", "0171", r#"{"$set":{"plan":"pro"}}"#)],
    },
    Person { root: "carl", ids: &["carl"], rows: &[("View", "carl", 4, r#"{"n":"3"}"#)], profiles: &[] },
    Person {
        root: "dev-9",
        ids: &["dora", "dev-9"],
        rows: &[("Sign Up", "dora", 5, r#"{"plan":"PRO"}"#), ("View", "dev-9", 6, r#"{"city":"Köln"}"#)],
        profiles: &[("dora", "", "Dora", "", "{}")],
    },
    Person { root: "eve", ids: &["eve"], rows: &[("Buy", "eve", 9, r#"{"n":10,"plan":""}"#)], profiles: &[] },
];

fn at(second: i64) -> i64 {
    second * 1_000
}

fn people() -> Inspector {
    let mut rows = Vec::new();
    let mut profiles = Vec::new();
    for person in PEOPLE {
        for id in person.ids.iter().filter(|id| **id != person.root) {
            rows.push(alias(id, person.root, 0));
        }
        for (event, id, second, properties) in person.rows {
            rows.push(Row {
                device: Some(Id::new(&format!("d{second}"))),
                user: Some(Id::new(&format!("u{second}"))),
                client: Some(Client::from_text(client(*second))),
                ..row(event, id, at(*second), properties)
            });
        }
        for (id, email, name, phone, json) in person.profiles {
            let values = [("$email", *email), ("$name", *name), ("$phone", *phone)];
            let values: Vec<_> = values.into_iter().filter(|(_, value)| !value.is_empty()).collect();
            profiles.push(profile(id, &values, json));
        }
    }
    store(rows, profiles)
}

fn client(second: i64) -> &'static str {
    if second % 2 == 0 { "web" } else { "ios" }
}

/// A row of a person, a profile update, or no row at all.
#[derive(Clone, Copy)]
enum Of<'a> {
    Row(&'a (&'static str, &'static str, i64, &'static str)),
    /// The alias call.
    Alias,
    Profile(&'a str),
    Nothing,
}

fn is(sought: &Sought, text: &str) -> bool {
    match sought {
        Sought::Part(part) => text.to_lowercase().contains(&part.to_lowercase()),
        Sought::Whole(whole) => text.to_lowercase() == whole.to_lowercase(),
    }
}

fn is_id(sought: &Sought, id: &str) -> bool {
    match sought {
        Sought::Part(_) => is(sought, id),
        Sought::Whole(whole) => id == whole,
    }
}

/// Whether a person has one row at least of which it holds.
fn of_person(expr: &Expr, person: &Person) -> bool {
    let mut rows: Vec<Of<'_>> = person.rows.iter().map(Of::Row).collect();
    rows.extend((person.ids.len() > 1).then_some(Of::Alias));
    rows.extend(person.profiles.iter().map(|(_, _, _, _, json)| Of::Profile(json)));
    rows.push(Of::Nothing);
    rows.into_iter().any(|row| of_row(expr, person, row))
}

fn of_row(expr: &Expr, person: &Person, row: Of<'_>) -> bool {
    match expr {
        Expr::All(list) => list.iter().all(|expr| of_row(expr, person, row)),
        Expr::Any(list) => list.iter().any(|expr| of_row(expr, person, row)),
        Expr::Not(inner) => !of_person(inner, person),
        Expr::Group(inner) => of_person(inner, person),
        Expr::Term(term) => of_term(term, person, row),
    }
}

fn of_term(term: &Term, person: &Person, row: Of<'_>) -> bool {
    let profiles = || person.profiles.iter();
    let id_or_call = |is: &dyn Fn(&str) -> bool| person.ids.iter().any(|id| is(id));
    let (event, time, device, user, sent_by, properties) = match row {
        Of::Row((event, _, second, properties)) => {
            (*event, Some(at(*second)), format!("d{second}"), format!("u{second}"), client(*second), *properties)
        }
        Of::Alias => ("$create_alias", Some(0), String::new(), String::new(), "", "{}"),
        Of::Profile(json) => ("", None, String::new(), String::new(), "", json),
        Of::Nothing => ("", None, String::new(), String::new(), "", "null"),
    };
    let is_row = time.is_some();
    match term {
        Term::Word(word) => {
            let sought = Sought::Part(word.clone());
            id_or_call(&|id| is(&sought, id))
                || profiles()
                    .any(|(_, email, name, phone, _)| [email, name, phone].iter().any(|value| is(&sought, value)))
        }
        Term::Field(Field::Id, sought) => id_or_call(&|id| is_id(sought, id)),
        Term::Field(Field::Alias, sought) => {
            id_or_call(&|id| person.ids.len() > 1 && id != person.root && is_id(sought, id))
        }
        Term::Field(Field::Email, sought) => {
            id_or_call(&|id| id.contains('@') && is(sought, id))
                || profiles().any(|(_, email, ..)| !email.is_empty() && is(sought, email))
        }
        Term::Field(Field::Name, sought) => profiles().any(|(_, _, name, ..)| is(sought, name)),
        Term::Field(Field::Event, sought) => is_row && is(sought, event),
        Term::Field(Field::Device, sought) => !device.is_empty() && is_id(sought, &device),
        Term::Field(Field::User, sought) => !user.is_empty() && is_id(sought, &user),
        Term::Field(Field::Client, sought) => !sent_by.is_empty() && is(sought, sent_by),
        Term::Field(Field::File, sought) => time.is_some_and(|time| is(sought, &format!("a:{time}"))),
        Term::After(when) => time.is_some_and(|time| time >= second_of(&when.text)),
        Term::Before(when) => time.is_some_and(|time| time < second_of(&when.text)),
        Term::Property(name, test) => {
            let whole: serde_json::Value = serde_json::from_str(properties).unwrap();
            let value = if is_row { whole } else { whole.get("$set").cloned().unwrap_or_default() };
            !matches!(row, Of::Nothing) && of_property(&value, name, test)
        }
        other => panic!("the oracle knows no {other}"),
    }
}

fn second_of(text: &str) -> i64 {
    journey::model::time::parse(&format!("{text}Z")).unwrap()
}

fn of_property(properties: &serde_json::Value, name: &str, test: &Test) -> bool {
    let texts = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => vec![text.clone()],
        serde_json::Value::Array(list) => list.iter().filter_map(|value| Some(value.as_str()?.to_owned())).collect(),
        serde_json::Value::Number(number) => vec![number.to_string()],
        _ => vec![],
    };
    let object = properties.as_object().cloned().unwrap_or_default();
    let values: Vec<String> =
        object.iter().filter(|(key, _)| name == "*" || **key == *name).flat_map(|(_, value)| texts(value)).collect();
    let has = |is: &dyn Fn(&str) -> bool| values.iter().any(|value| is(value));
    match test {
        Test::Exists => object.contains_key(name),
        Test::Equals(wanted) => has(&|value| value.to_lowercase() == wanted.to_lowercase()),
        Test::Differs(wanted) => !has(&|value| value.to_lowercase() == wanted.to_lowercase()),
        Test::Contains(wanted) => has(&|value| value.to_lowercase().contains(&wanted.to_lowercase())),
        Test::Number(_, wanted) => has(&|value| value.parse::<f64>().is_ok_and(|number| number > *wanted)),
        Test::Date(..) => false,
    }
}

const TERMS: &[&str] = &[
    "event:view",
    "event=Buy",
    "event:\"sign up\"",
    "event:nothing",
    "plan=pro",
    "plan!=pro",
    "plan=\"\"",
    "prop:plan",
    "prop:*~o",
    "vat=de9",
    "city=köln",
    "tags=vip",
    "n>2",
    "after:1970-01-01T00:00:04",
    "before:1970-01-01T00:00:06",
    "device:d1",
    "user=u7",
    "client:web",
    "file:a:7",
    "anna",
    "example",
    "id:anna",
    "id=bob",
    "alias:dora",
    "email:shop",
    "name:anna",
    "nobody",
];

/// A query, by its text.
fn text() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(TERMS).prop_map(str::to_owned);
    leaf.prop_recursive(4, 14, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} or {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} or {b}")),
            inner.clone().prop_map(|a| format!("-({a})")),
            inner.prop_map(|a| format!("({a})")),
        ]
    })
}

/// The roots that a search finds.
fn found(store: &Inspector, text: &str) -> BTreeSet<String> {
    // Words alone are a text, and no user has this event.
    let or_with_a_term = || Terms::read(&format!("({text}) -event:never")).unwrap();
    let terms = Terms::read(text).unwrap().or_else(|| Terms::words(text)).or_else(or_with_a_term).expect(text);
    let found = store.search_terms(&terms, 1_000, &mut |_| {}).unwrap();
    found.hits.iter().map(|hit| hit.root.as_ref().unwrap_or(&hit.id).as_str().to_owned()).collect()
}

fn expected(text: &str) -> BTreeSet<String> {
    let query = Query::read(text, Place::Search).unwrap().unwrap();
    PEOPLE.iter().filter(|person| of_person(query.expr(), person)).map(|person| person.root.to_owned()).collect()
}

#[test]
fn sets_of_people_are_joined_taken_away_and_asked_of_one_row() {
    let store = people();
    for (text, roots) in [
        ("event:buy plan=free", vec!["bob"]),
        ("(event:buy) (plan=pro)", vec!["anon-a", "bob"]),
        ("event:buy plan!=free", vec!["anon-a", "eve"]),
        ("event:buy -plan=free", vec!["eve"]),
        ("event:buy or event:\"Sign Up\"", vec!["anon-a", "bob", "dev-9", "eve"]),
        ("(event:view or event:buy) plan=pro", vec!["anon-a", "bob"]),
        ("-event:buy", vec!["carl", "dev-9"]),
        ("-(event:buy or id:carl)", vec!["dev-9"]),
        ("not -event:buy", vec!["anon-a", "bob", "eve"]),
        ("email:shop -name:bob", vec!["anon-a"]),
        ("name:dora or n>5", vec!["dev-9", "eve"]),
        ("(email:shop or id:eve) event:buy", vec!["anon-a", "bob", "eve"]),
        ("anna -vat=de9", vec!["bob"]),
        ("carl or eve", vec!["carl", "eve"]),
        ("-carl -eve -bob -dora", vec!["anon-a"]),
    ] {
        let roots: BTreeSet<String> = roots.into_iter().map(str::to_owned).collect();
        assert_eq!(expected(text), roots, "the oracle: {text}");
        assert_eq!(found(&store, text), roots, "{text}");
    }
}

#[test]
fn a_query_of_states_finds_whose_journey_keeps_such_a_row() {
    let mut writer = journey::store::Writer::in_memory().unwrap();
    let inputs = sim::demo_files()
        .unwrap()
        .into_iter()
        .map(|file| journey::ingest::Input::Bytes { content: file.lines().into_bytes(), name: file.name });
    let options = journey::ingest::Options::default();
    journey::ingest::import(&mut writer, inputs.collect(), &options, &mut |_| journey::ingest::Flow::Continue).unwrap();
    let store = Inspector::new(writer.into_reader().unwrap());
    let wall: journey::inspect::filter::Wall = std::sync::Arc::new(|at| Some(utc(at)?.naive_utc()));
    let mut roots = BTreeSet::new();
    for id in all_ids(&store) {
        let journey = store.journey(&id).unwrap();
        roots.extend(journey.filter(|journey| !journey.steps.is_empty()).and_then(|journey| journey.root));
    }
    assert!(roots.len() > 5);
    for (search, filter) in [
        ("is:split", "is:split -is:orphan"),
        ("is:race", "is:race -is:orphan"),
        ("is:orphan", "is:orphan"),
        ("is:contested", "is:contested"),
        ("is:problem", "is:problem"),
        ("is:refused", "is:refused -is:orphan"),
        ("is:login", "is:login -is:orphan"),
        ("is:reset", "is:reset"),
        ("is:finding", "is:finding -is:orphan"),
        ("phase:identified", "phase:identified -is:orphan"),
        ("is:orphan event:view", "is:orphan event:view"),
        ("is:merged event:page", "is:merged event:page"),
    ] {
        let keeps = |root: &&Id| {
            let journey = store.journey(root).unwrap().unwrap();
            let filter = Filter::read(filter, &Names::of(&journey, wall.clone())).unwrap().unwrap();
            let kept = store.select(&journey, Some(&filter), i64::MIN..=i64::MAX).unwrap();
            kept != Kept::default()
        };
        let expected: BTreeSet<String> = roots.iter().filter(keeps).map(|root| root.as_str().to_owned()).collect();
        assert_eq!(found(&store, search), expected, "{search}");
        let rest: BTreeSet<String> =
            roots.iter().map(|root| root.as_str().to_owned()).filter(|root| !expected.contains(root)).collect();
        assert_eq!(found(&store, &format!("-({search})")), rest, "-({search})");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn a_search_answers_as_a_look_at_each_person_does(texts in proptest::collection::vec(text(), 8)) {
        let store = people();
        for text in texts {
            prop_assert_eq!(found(&store, &text), expected(&text), "{}", text);
        }
    }
}
