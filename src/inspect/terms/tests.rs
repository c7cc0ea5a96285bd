//! Reading and completing terms.

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Terms {
    Terms::read(text).unwrap().unwrap()
}

fn people(text: &str) -> Vec<Person> {
    read(text).people
}

#[test]
fn a_text_without_a_term_is_a_text() {
    for text in [
        "",
        "sally",
        "sally@gmail.com",
        "Sally Miller",
        "$device:1a20",
        "user:42",
        "https://shop.example/?plan=pro",
        "aGVsbG8gd29ybGQ=",
        "aGVsbG8==",
        "distinct_id=sally",
        "\"plan=pro\"",
        "Sally<sally@gmail.com>",
        "plan=",
        "12=13",
    ] {
        assert_eq!(Terms::read(text), Ok(None), "{text}");
    }
}

#[test]
fn people_are_asked_for_by_what_they_are_known_by() {
    assert_eq!(people("id:sal ID=sally"), [Person::Id("sal".into()), Person::WholeId("sally".into())]);
    assert_eq!(people("email:sally@"), [Person::Email("sally@".into())]);
    assert_eq!(people("name:\"Sally Miller\" bob"), [Person::Name("Sally Miller".into()), Person::Word("bob".into())]);
    assert_eq!(people("phone:+49(170)12-34"), [Person::Phone("491701234".into())]);
    assert_eq!(people("email: sally alias:b"), [Person::Email("sally".into()), Person::Alias("b".into())]);
}

#[test]
fn what_is_read_reads_the_same_from_the_text_that_it_gives() {
    for text in ["id:a \"two ", " id:a\u{a0}", "\"b\" id:a  "] {
        let terms = read(text);
        assert_eq!(read(terms.text()), terms, "{text:?}");
    }
}

#[test]
fn rows_are_asked_for_by_event_property_and_time() {
    let rows = read("event:buy plan=pro total>=20 \"utm source\"~goog prop:$city before:2019-07-04 after:-7d").rows;
    assert_eq!(rows.events, [Event { text: "buy".into(), whole: false }]);
    let property = |name: &str, test| Property { name: name.into(), test };
    assert_eq!(
        rows.properties,
        [
            property("plan", Test::Equals("pro".into())),
            property("total", Test::Number(Relation::AtLeast, 20.0)),
            property("utm source", Test::Contains("goog".into())),
            property("$city", Test::Exists),
        ]
    );
    assert_eq!(rows.to, [Bound::At(1_562_198_400_000)]);
    assert_eq!(rows.from, [Bound::Relative(-7 * 86_400_000)]);
    assert_eq!(read("prop:*~x").rows.properties, [property("*", Test::Contains("x".into()))]);
}

#[test]
fn an_error_points_at_its_place() {
    for (text, place, what) in [
        ("x event:", "event:", "a value is missing after event:"),
        ("after:soon", "soon", "soon is no time"),
        ("before:10:00", "10:00", "needs a date"),
        ("phone:x", "x", "a phone number has digits"),
        ("id>x", ">", "id takes : or =, not >"),
        ("plan!=pro", "!=", "the filter of a journey"),
        ("total>2x", "2x", "neither a number nor a date"),
        ("prop:plan:x", ":", "second colon"),
        ("prop:plan=", "=", "a value is missing after ="),
        ("\"\" id:x", "\"\"", "a text is missing"),
    ] {
        let error = Terms::read(text).unwrap_err();
        assert_eq!(text.get(error.place.clone()), Some(place), "{text}: {error}");
        assert!(error.what.contains(what), "{text}: {error}");
    }
}

#[test]
fn what_is_nearly_a_term_gets_the_right_one_suggested() {
    assert_eq!(hint("evnt:buy").as_deref(), Some("no field is called evnt; did you mean event:buy?"));
    assert_eq!(hint("plan=").as_deref(), Some("a value is missing after plan="));
    assert_eq!(hint("$device:1a20"), None);
    assert_eq!(hint("sally"), None);
}

fn vocabulary() -> Vocabulary {
    let values = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    Vocabulary {
        events: vec!["Page".into(), "Purchase".into(), "Sign Up".into()],
        properties: vec![("plan".into(), values(&["free", "pro"])), ("utm source".into(), values(&["two words"]))],
    }
}

#[test]
fn the_last_part_is_completed_by_fields_names_and_values() {
    for (text, with) in [
        ("s", vec![]),
        ("ev", vec!["event:"]),
        ("x ev", vec!["event:"]),
        ("event:", vec!["event:Page", "event:Purchase", "event:\"Sign Up\""]),
        ("event:P", vec!["event:Page", "event:Purchase"]),
        ("event=pu", vec!["event=Purchase"]),
        ("pl", vec!["plan="]),
        ("plan=", vec!["plan=free", "plan=pro"]),
        ("plan=pro", vec![]),
        ("prop:u", vec!["prop:\"utm source\""]),
        ("\"utm source\"=", vec!["\"utm source\"=\"two words\""]),
        ("event:P ", vec![]),
        ("sally@", vec![]),
    ] {
        let completion = complete(text, &vocabulary());
        assert_eq!(completion.with, with, "{text}");
        for way in completion.with {
            let whole = format!("{}{way}", text.get(..completion.at).unwrap()).replace('"', "").to_lowercase();
            assert!(whole.starts_with(&text.replace('"', "").to_lowercase()), "{text}: {whole}");
        }
    }
}

#[test]
fn every_form_that_is_documented_can_be_read() {
    for (form, _) in FORMS {
        assert!(matches!(Terms::read(form), Ok(Some(_))) || form.starts_with('"'), "{form}");
    }
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader_and_what_is_wrong_lies_inside_of_it(text in "[a-z:=<>!~\"\\\\ .0-9*$日-]{0,24}|\\PC{0,24}") {
        let _ = hint(&text);
        let completion = complete(&text, &vocabulary());
        prop_assert!(text.is_char_boundary(completion.at));
        if let Err(error) = Terms::read(&text) {
            prop_assert!(text.get(error.place.clone()).is_some(), "{:?}", error);
            let _ = error.pointed(&text);
        }
    }
}
