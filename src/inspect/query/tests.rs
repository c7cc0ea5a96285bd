//! Reading, printing and completing queries.

use proptest::prelude::*;

use super::fields::STATES;
use super::*;

const PLACES: [Place; 2] = [Place::Search, Place::Journey];

fn read(text: &str) -> Expr {
    let read = |place| Query::read(text, place).map(|query| query.expect(text).expr().clone());
    read(Place::Journey)
        .or_else(|_| read(Place::Search))
        .unwrap_or_else(|error| panic!("{}\n{error}", error.pointed(text)))
}

fn refused(text: &str, place: Place) -> String {
    let error = Query::read(text, place).expect_err(text);
    format!("{}\n{error}", error.pointed(text))
}

#[test]
fn what_makes_sense_in_both_places_reads_the_same_in_both() {
    for text in [
        "sally",
        "event:\"Page Viewed\" or event:Purchase",
        "-event:view plan!=pro",
        "(a or b) -(c d)",
        "not is:split phase:anonymous",
        "after:10:00 before:-7d at:2019-07-04..-1d",
        "device:a user:b client:c file:d.jsonl:3 id=e",
        "prop:*~x total>=20 when<2019-08-01",
        "event: view",
    ] {
        let [search, journey] = PLACES.map(|place| Query::read(text, place).unwrap().unwrap());
        assert_eq!(search, journey, "{text}");
    }
}

#[test]
fn what_makes_no_sense_in_a_place_says_so_and_what_does() {
    assert_eq!(
        refused("plan=pro email:sally", Place::Journey),
        "plan=pro email:sally\n         ^^^^^\nemail: is for the search; all rows of a journey are of one person; \
         did you mean id:?"
    );
    assert_eq!(
        refused("lane:B", Place::Search),
        "lane:B\n^^^^\nlane: is for the filter of a journey; lanes are those of one journey; did you mean id:?"
    );
    for form in FORMS {
        for place in PLACES {
            for field in form.fields {
                let value = match *field {
                    "is" => "split",
                    "phase" => "anonymous",
                    "after" | "before" | "at" => "2019-07-04",
                    _ => "1",
                };
                let read = Query::read(&format!("{field}:{value}"), place);
                assert_eq!(read.is_ok(), form.is_for(place), "{field} {place:?}");
            }
        }
    }
}

#[test]
fn every_form_that_is_documented_can_be_read_where_it_is_documented() {
    for form in FORMS.iter().filter(|form| !form.written.is_empty() && !form.written.contains("  ")) {
        for place in PLACES {
            let read = Query::read(form.written, place);
            assert!(read.is_ok() || !form.is_for(place), "{form:?} {read:?}");
        }
    }
}

#[test]
fn an_error_points_at_its_place_names_a_reason_and_what_was_meant() {
    for (text, reason) in [
        ("view is:orfan x", "view is:orfan x\n        ^^^^^\nno state is called orfan; did you mean orphan?"),
        ("日本 is:orfan", "日本 is:orfan\n        ^^^^^\nno state is called orfan; did you mean orphan?"),
        ("a\n\u{1b} is:orfan", "a␊␛ is:orfan\n       ^^^^^\nno state is called orfan; did you mean orphan?"),
        (
            "evnt:view",
            "evnt:view\n^^^^\nno field is called evnt; a text with a colon needs quotes; did you mean event:?",
        ),
        ("(a or b", "(a or b\n^\nthis bracket is never closed"),
        ("a \"b", "a \"b\n  ^\nthese quotes are never closed"),
        ("a event:", "a event:\n  ^^^^^^\na value is missing after event:"),
        ("a event: or b", "a event: or b\n  ^^^^^^\na value is missing after event:"),
        ("id>x", "id>x\n  ^\nid takes : or =, not >"),
        ("total>2x", "total>2x\n      ^^\n2x is neither a number nor a date"),
        ("total>nan", "total>nan\n      ^^^\nnan is neither a number nor a date"),
        ("prop:plan:x", "prop:plan:x\n         ^\na property takes = and not a second colon"),
        ("prop:plan=", "prop:plan=\n         ^\na value is missing after =; \"\" is the empty text"),
        ("\"\" a", "\"\" a\n^^\na text is missing between the quotes"),
        ("a )", "a )\n  ^\nthis closing parenthesis has no opening one"),
        ("a or", "a or\n    ^\na condition is missing at the end"),
        ("or a", "or a\n^^\nor stands between two conditions; as a text it needs quotes"),
        ("a - b", "a - b\n  ^\n- stands right before what it excludes"),
    ] {
        assert_eq!(refused(text, Place::Journey), reason);
        assert_eq!(refused(text, Place::Search), reason);
    }
    assert!(refused("phone:x", Place::Search).contains("a phone number has digits"));
    assert!(refused("after:soon", Place::Search).contains("times look like"));
    assert!(refused(&"(".repeat(500), Place::Search).contains("too many brackets"));
}

#[test]
fn brackets_are_of_a_word_that_they_close_in() {
    let word = |text: &str| Expr::Term(Term::Word(text.into()));
    assert_eq!(read("alias()"), word("alias()"));
    assert_eq!(read("f(x(y))z"), word("f(x(y))z"));
    assert_eq!(read("(f(x) or y) z").terms().len(), 3);
    assert!(Query::read("f(x y", Place::Search).is_err(), "never closed");
}

#[test]
fn brackets_without_an_or_are_kept_and_others_only_join() {
    let word = |text: &str| Expr::Term(Term::Word(text.into()));
    let group = |expr| Expr::Group(Box::new(expr));
    assert_eq!(read("(a)"), word("a"));
    assert_eq!(read("((a)) b"), Expr::All(vec![group(word("a")), word("b")]));
    assert_eq!(read("(a or b) c"), Expr::All(vec![Expr::Any(vec![word("a"), word("b")]), word("c")]));
    assert_eq!(read("(a or b) or c"), Expr::Any(vec![word("a"), word("b"), word("c")]));
    assert_eq!(read("-(a b)"), Expr::Not(Box::new(Expr::All(vec![word("a"), word("b")]))));
    assert_eq!(read("-(-(a))"), Expr::Not(Box::new(Expr::Not(Box::new(word("a"))))));
}

#[test]
fn a_text_in_the_search_without_a_term_is_a_text() {
    for text in [
        "",
        "sally",
        "sally@gmail.com",
        "Sally Miller",
        "$device:1a20",
        "https://shop.example/?plan=pro",
        "at://did:plc:12",
        "aGVsbG8gd29ybGQ=",
        "aGVsbG8==",
        "distinct_id=sally",
        "\"plan=pro\"",
        "Sally<sally@gmail.com>",
        "plan=",
        "12=13",
        "Terms and Conditions",
    ] {
        assert!(!has_term(text), "{text}");
    }
    for text in ["plan=pro", "x -plan=pro", "(event:a or b)", "-total>3", "user:42", "is:split"] {
        assert!(has_term(text), "{text}");
    }
}

#[test]
fn words_with_signs_between_them_can_be_a_query() {
    for text in ["sally or bob", "sally -bob", "(sally)  (bob)", "not sally", "Terms and not Conditions"] {
        assert!(words(text).is_some(), "{text}");
    }
    for text in ["sally", "sally miller", "Terms and Conditions", "\"a or b\"", "a or", "(", "sally or id:x"] {
        assert!(words(text).is_none(), "{text}");
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
        ("x -(ev", vec!["event:"]),
        ("event:", vec!["event:Page", "event:Purchase", "event:\"Sign Up\""]),
        ("event:P", vec!["event:Page", "event:Purchase"]),
        ("-event:P", vec!["event:Page", "event:Purchase"]),
        ("event=pu", vec!["event=Purchase"]),
        ("pl", vec!["plan="]),
        ("plan=", vec!["plan=free", "plan=pro"]),
        ("plan!=p", vec!["plan!=pro"]),
        ("plan=pro", vec![]),
        ("prop:u", vec!["prop:\"utm source\""]),
        ("\"utm source\"=", vec!["\"utm source\"=\"two words\""]),
        ("is:or", vec!["is:orphan"]),
        ("phase:", vec!["phase:anonymous", "phase:identified"]),
        ("event:P ", vec![]),
        ("sally@", vec![]),
    ] {
        for place in PLACES {
            let completion = complete(text, place, &vocabulary());
            assert_eq!(completion.with, with, "{text}");
            for way in completion.with {
                let whole = format!("{}{way}", text.get(..completion.at).unwrap()).replace('"', "").to_lowercase();
                assert!(whole.starts_with(&text.replace('"', "").to_lowercase()), "{text}: {whole}");
            }
        }
    }
    assert_eq!(complete("la", Place::Journey, &vocabulary()).with, ["lane:"]);
    assert_eq!(complete("la", Place::Search, &vocabulary()).with, Vec::<String>::new());
    assert_eq!(complete("em", Place::Search, &vocabulary()).with, ["email:"]);
    assert_eq!(complete("em", Place::Journey, &vocabulary()).with, Vec::<String>::new());
}

/// Texts that something could be taken for.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,4}",
        Just("or".to_owned()),
        Just("NOT".to_owned()),
        Just("a b".to_owned()),
        Just("-x".to_owned()),
        Just("f(x)".to_owned()),
        Just("a\"b\\c".to_owned()),
        Just("$device:1".to_owned()),
        Just("a=b".to_owned()),
        Just("日本 語\u{a0}".to_owned()),
        "\\PC{1,6}",
    ]
}

fn moment() -> impl Strategy<Value = When> {
    let texts = ["2019-07-04", "2019-07-04 10:03", "10:03", "-7d", "+1h30m", "2019-07-04T10:00:00.5+02:00", "2019"];
    prop::sample::select(texts.to_vec())
        .prop_map(|text| When { text: text.to_owned(), moment: Moment::read(text).unwrap() })
}

fn term() -> impl Strategy<Value = Term> {
    use Field::{Client, Device, Email, Event, File, Id, Name, User};
    let fields = prop::sample::select(vec![Event, Id, Device, User, Client, File]);
    let of_people = prop::sample::select(vec![Email, Name]);
    let relation = prop::sample::select(vec![Relation::More, Relation::AtLeast, Relation::Less, Relation::AtMost]);
    let test = prop_oneof![
        Just(Test::Exists),
        value().prop_map(Test::Equals),
        value().prop_map(Test::Differs),
        value().prop_map(Test::Contains),
        (relation.clone(), -1e9..1e9_f64).prop_map(|(relation, number)| Test::Number(relation, number)),
        relation.prop_map(|relation| Test::Date(relation, "2019-07-04".to_owned())),
    ];
    let field = |field: BoxedStrategy<Field>| {
        (field, value(), any::<bool>()).prop_map(|(field, text, whole)| {
            Term::Field(field, if whole { Sought::Whole(text) } else { Sought::Part(text) })
        })
    };
    prop_oneof![
        value().prop_map(Term::Word),
        field(fields.boxed()),
        field(of_people.boxed()),
        prop::sample::select(STATES.to_vec()).prop_map(Term::Is),
        Just(Term::Phase(Phase::Anonymous)),
        (prop_oneof![value(), Just("*".to_owned()), Just("a.b".to_owned())], test)
            .prop_map(|(name, test)| Term::Property(name, test)),
        moment().prop_map(Term::After),
        moment().prop_map(Term::Before),
        moment().prop_map(Term::At),
        (moment(), prop::option::of(moment())).prop_map(|(from, to)| Term::Between(Some(from), to)),
    ]
}

/// Trees as the reader makes them: no list in a list of its kind, brackets only where they say
/// something.
fn tree() -> impl Strategy<Value = Expr> {
    let leaf = term().prop_map(Expr::Term).boxed();
    let mut inner = leaf.clone();
    for _ in 0..3 {
        let not = |expr: BoxedStrategy<Expr>| expr.prop_map(|expr| Expr::Not(Box::new(expr))).boxed();
        let group = inner
            .clone()
            .prop_map(|expr| match expr {
                Expr::Any(_) | Expr::Group(_) => expr,
                expr => Expr::Group(Box::new(expr)),
            })
            .boxed();
        let one = prop_oneof![3 => leaf.clone(), 1 => not(inner.clone()), 1 => group].boxed();
        let all = proptest::collection::vec(one.clone(), 2..4).prop_map(Expr::All).boxed();
        let flat = |list: Vec<Expr>| {
            let parts = |expr| if let Expr::Any(list) = expr { list } else { vec![expr] };
            Expr::Any(list.into_iter().flat_map(parts).collect())
        };
        let any = proptest::collection::vec(prop_oneof![one.clone(), all.clone()], 2..4).prop_map(flat).boxed();
        inner = prop_oneof![leaf.clone(), not(inner), all, any].boxed();
    }
    inner
}

proptest! {
    #[test]
    fn a_tree_that_is_printed_reads_as_the_same_tree(expr in tree()) {
        let text = expr.to_string();
        let again = Query::read(&text, Place::Search);
        prop_assert_eq!(again.map(|query| query.map(|query| query.expr().clone())), Ok(Some(expr)), "{}", text);
    }

    #[test]
    fn no_text_breaks_the_reader_and_what_it_reads_prints_and_reads_the_same(
        text in "[a-z:=<>!~()\"\\\\ .0-9*$日\n-]{0,24}|(event:|is:split|plan=|-|\\(|\\)| or | |a|2019-07-04|after:|\"){0,9}",
    ) {
        let _ = (hint(&text), words(&text), has_term(&text));
        for place in PLACES {
            let completion = complete(&text, place, &vocabulary());
            prop_assert!(text.is_char_boundary(completion.at));
            match Query::read(&text, place) {
                Ok(None) => prop_assert!(text.trim().is_empty()),
                Ok(Some(query)) => {
                    prop_assert_eq!(query.places().len(), query.expr().terms().len());
                    let printed = query.expr().to_string();
                    prop_assert_eq!(Query::read(&printed, place), Ok(Some(query)), "{:?} {}", text, printed);
                }
                Err(error) => {
                    prop_assert!(error.place.start <= text.len() && error.place.end <= text.len() + 1, "{:?}", error);
                    prop_assert!(text.is_char_boundary(error.place.start), "{:?}", error);
                    prop_assert!(error.pointed(&text).contains('^'));
                }
            }
        }
    }
}
