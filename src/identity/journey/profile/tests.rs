//! Profiles: what updates do, where they are stored, and what a person is called.

use serde_json::json;

use super::*;
use crate::identity::{AliasLine, Member, Orphan, Role, Strength};
use crate::model::facts::Arrival;

fn update(id: &str, at: Millis, json: &Value) -> StoredProfile {
    let source = Source::new("people.jsonl", 0, u64::try_from(at).unwrap());
    StoredProfile {
        operation: String::new(),
        id: Some(Id::new(id)),
        time: Some(at),
        arrived: Some(at),
        ignore_alias: false,
        json: json.to_string(),
        source,
    }
}

/// A journey of `root` whose alias `sally` was accepted at 100.
fn journey() -> Journey {
    let call = AliasLine {
        alias: Some(Id::new("sally")),
        target: Some(Id::new("root")),
        verdict: Verdict::Accepted,
        kept: None,
        kept_by: None,
        time: 100,
        arrived: Some(100),
        order: 100,
        by_original: false,
        from_table: false,
        source: Source::new("a.jsonl", 0, 1),
        row: 1,
        why: String::new(),
    };
    Journey {
        root: Some(Id::new("root")),
        aliases: vec![call],
        ..Journey::of_nothing(&Id::new("sally"), crate::identity::LEGACY)
    }
}

fn values(profile: &Profile) -> Value {
    profile
        .properties
        .iter()
        .map(|property| (property.name.clone(), property.value.clone()))
        .collect::<Map<_, _>>()
        .into()
}

#[test]
fn every_operation_of_an_update_does_what_its_name_says() {
    let steps = [
        (
            json!({"$set": {"plan": "free", "logins": 1, "tags": "a"}}),
            json!({"plan": "free", "logins": 1, "tags": "a"}),
        ),
        (
            json!({"$set_once": {"plan": "pro", "first": true}}),
            json!({"plan": "free", "logins": 1, "tags": "a", "first": true}),
        ),
        (
            json!({"$add": {"logins": 2, "sum": 0.5}}),
            json!({"plan": "free", "logins": 3, "tags": "a", "first": true, "sum": 0.5}),
        ),
        (
            json!({"$append": {"tags": "b"}}),
            json!({"plan": "free", "logins": 3, "tags": ["a", "b"], "first": true, "sum": 0.5}),
        ),
        (
            json!({"$union": {"tags": ["b", "c"]}}),
            json!({"plan": "free", "logins": 3, "tags": ["a", "b", "c"], "first": true, "sum": 0.5}),
        ),
        (
            json!({"$remove": {"tags": "a", "none": 1}}),
            json!({"plan": "free", "logins": 3, "tags": ["b", "c"], "first": true, "sum": 0.5}),
        ),
        (json!({"$unset": ["tags", "sum"]}), json!({"plan": "free", "logins": 3, "first": true})),
        (json!({"$properties": {"$email": "s@example.com"}}), json!({"$email": "s@example.com"})),
        (json!({"$delete": ""}), json!({})),
    ];
    let mut updates = Vec::new();
    for (at, (operation, expected)) in (200..).zip(&steps) {
        updates.push(update("root", at, operation));
        let profiles = profiles(&journey(), &updates);
        assert_eq!(values(&profiles[0]), *expected, "after {operation}");
    }
}

#[test]
fn a_profile_shows_what_names_a_person_first_and_what_the_client_wrote_last() {
    let set =
        update("root", 1, &json!({"$set": {"$city": "Rome", "nickname": "Sal", "plan": "pro", "$name": "Sally"}}));
    let again = update("root", 2, &json!({"$set": {"$city": "Rome"}}));
    let profile = of_person([&set, &again]).unwrap();
    let names = |properties: Vec<&Property>| -> Vec<String> { properties.iter().map(|one| one.name.clone()).collect() };
    assert_eq!(names(profile.by_importance()), ["$name", "plan", "nickname", "$city"]);
    assert_eq!(names(profile.of_person().collect()), ["$name", "plan", "nickname"]);
    assert_eq!(names(profile.of_client().collect()), ["$city"]);
    assert_eq!((profile.updates, profile.updated, profile.source.line), (2, Some(2), 2));
    assert!(of_person([&StoredProfile { id: None, ..set }]).is_none(), "an update without an id is no one's");
}

#[test]
fn an_update_goes_through_the_lookup_table_as_rows_do() {
    let early = update("sally", 50, &json!({"$set": {"plan": "early"}}));
    let late = update("sally", 150, &json!({"$set": {"plan": "late"}}));
    let own = StoredProfile { ignore_alias: true, ..update("sally", 160, &json!({"$set": {"plan": "own"}})) };
    let found = profiles(&journey(), &[early, late, own]);
    let said: Vec<(&str, Value)> = found.iter().map(|one| (one.stored_under.as_str(), values(one))).collect();
    assert_eq!(said, [("root", json!({"plan": "late"})), ("sally", json!({"plan": "own"}))]);
}

#[test]
fn an_update_stays_with_an_alias_until_its_own_call_has_arrived() {
    let mut journey = journey();
    let (alias, arrived) = (Some(Id::new("sal")), Some(200));
    journey.aliases.push(AliasLine { alias, time: 200, arrived, order: 200, row: 2, ..journey.aliases[0].clone() });
    for (id, at, stored_under) in
        [("sally", 99, "sally"), ("sally", 100, "root"), ("sal", 150, "sal"), ("sal", 200, "root"), ("root", 1, "root")]
    {
        let found = profiles(&journey, &[update(id, at, &json!({"$set": {"plan": "pro"}}))]);
        assert_eq!(found[0].stored_under.as_str(), stored_under, "{id} at {at}");
    }
}

#[test]
fn a_property_knows_its_value_before_and_the_update_that_brought_it() {
    let updates = [
        update("root", 1, &json!({"$set": {"plan": "free"}})),
        update("root", 2, &json!({"$set": {"plan": "pro"}})),
        update("root", 3, &json!({"$set": {"plan": "pro"}})),
    ];
    let plan = &profiles(&journey(), &updates)[0].properties[0];
    assert_eq!((plan.text().as_str(), plan.text_before().as_deref()), ("pro", Some("free")));
    assert_eq!(plan.time, Some(2), "saying it again sets nothing");
}

#[test]
fn an_update_of_an_orphan_is_a_profile_of_its_own_and_names_no_user() {
    let orphan = Orphan {
        id: Id::new("phone"),
        ids: vec![Id::new("phone")],
        strength: Strength::Proof,
        contested: false,
        suggested: Id::new("root"),
        owners: vec![Id::new("root")],
        evidence: vec![],
        steps: vec![],
        why: String::new(),
    };
    let own = update("root", 1, &json!({"$set": {"plan": "free"}}));
    let lost = update("phone", 2, &json!({"$set": {"$name": "Sally", "plan": "pro"}}));
    let with = |orphan: Orphan| Journey { orphans: vec![orphan], ..journey() };
    assert!(ids(&with(orphan.clone())).contains(&Id::new("phone")));
    assert!(!ids(&with(Orphan { contested: true, ..orphan.clone() })).contains(&Id::new("phone")));
    let journey = with(orphan);
    let found = profiles(&journey, &[lost.clone(), own.clone()]);
    let said: Vec<(&str, Value)> = found.iter().map(|one| (one.stored_under.as_str(), values(one))).collect();
    assert_eq!(said, [("root", json!({"plan": "free"})), ("phone", json!({"$name": "Sally", "plan": "pro"}))]);
    // A profile under an alias of the user stands between the two.
    let alias = StoredProfile { ignore_alias: true, ..update("sally", 3, &json!({"$set": {"plan": "own"}})) };
    let member =
        |id: &str| Member { id: Id::new(id), role: Role::Alias, anonymous: false, events: 0, first: None, last: None };
    let of_ids = Journey { ids: vec![member("root"), member("sally")], ..journey.clone() };
    let order: Vec<String> = profiles(&of_ids, &[lost, alias, own])
        .into_iter()
        .map(|profile| profile.stored_under.as_str().to_owned())
        .collect();
    assert_eq!(order, ["root", "sally", "phone"]);
    assert_eq!(Journey { profiles: found, ..journey }.name(), None);
}

#[test]
fn a_property_of_a_person_is_that_of_their_first_profile_with_it_or_without_a_dollar() {
    let root = update("root", 1, &json!({"$set": {"$email": "s@x.io", "plan": "free"}}));
    let own = StoredProfile { ignore_alias: true, ..update("sally", 3, &json!({"$set": {"plan": "pro", "age": 7}})) };
    let journey = journey();
    let journey = Journey { profiles: profiles(&journey, &[root, own]), ..journey };
    for (name, value) in [("email", Some("s@x.io")), ("plan", Some("free")), ("age", Some("7")), ("$email", None)] {
        assert_eq!(journey.property(name).as_deref(), value, "{name}");
    }
    // A profile of an orphan says nothing of the user.
    let orphan = |id: &str| Orphan {
        id: Id::new(id),
        ids: vec![Id::new(id)],
        strength: Strength::Proof,
        contested: false,
        suggested: Id::new("root"),
        owners: vec![Id::new("root")],
        evidence: vec![],
        steps: vec![],
        why: String::new(),
    };
    let lost = Journey { orphans: vec![orphan("sally")], ..journey };
    assert_eq!((lost.property("plan").as_deref(), lost.property("age")), (Some("free"), None));
}

#[test]
fn as_of_a_moment_only_updates_that_had_arrived_count() {
    let updates = [150, 250].map(|at| update("root", at, &json!({"$set": {"at": at}})));
    for (moment, at) in [(150, 150), (200, 150), (249, 150), (250, 250)] {
        let then = Journey { as_of: Some(Arrival::end_of(moment)), ..journey() };
        assert_eq!(values(&profiles(&then, &updates)[0]), json!({"at": at}), "{moment}");
    }
    let before = Journey { as_of: Some(Arrival::end_of(149)), ..journey() };
    assert!(profiles(&before, &updates).is_empty());
}

fn name(properties: &Value) -> Option<String> {
    let properties: Vec<(&str, &Value)> =
        properties.as_object().unwrap().iter().map(|(key, value)| (key.as_str(), value)).collect();
    full_name(&properties).or_else(|| address(&properties))
}

#[test]
fn a_person_is_called_by_a_name_else_by_an_address() {
    for (properties, expected) in [
        (json!({"$name": "Sally Doe", "$email": "s@x.io"}), Some("Sally Doe")),
        (json!({"Full Name": "Sally Doe", "email": "s@x.io"}), Some("Sally Doe")),
        (json!({"display-name": "sal", "fullName": "Sally Doe"}), Some("Sally Doe")),
        (json!({"name": "an app's", "$name": "Sally Doe"}), Some("Sally Doe")),
        (json!({"$first_name": "Sally", "lastName": "Doe"}), Some("Sally Doe")),
        (json!({"$last_name": "Doe"}), Some("Doe")),
        (json!({"$phone": "+1 555", "Email": "s@x.io"}), Some("s@x.io")),
        (json!({"$name": "undefined", "$email": " s@x.io "}), Some("s@x.io")),
        (json!({"$name": "", "$phone": 5}), None),
        (json!({"company_name": "ACME", "rename": "x", "names": "y"}), None),
    ] {
        assert_eq!(name(&properties).as_deref(), expected, "{properties}");
    }
}

#[test]
fn a_name_in_any_profile_of_the_user_goes_before_an_address() {
    let early = update("sally", 50, &json!({"$set": {"$name": "Sally Doe"}}));
    let late = update("root", 150, &json!({"$set": {"$email": "s@example.com"}}));
    let name = |updates: &[StoredProfile]| {
        let journey = journey();
        Journey { profiles: profiles(&journey, updates), ..journey }.name()
    };
    assert_eq!(name(&[early, late.clone()]).as_deref(), Some("Sally Doe"));
    assert_eq!(name(&[late]).as_deref(), Some("s@example.com"));
    assert_eq!(name(&[update("root", 150, &json!({"$set": {"$name": 7, "plan": "pro"}}))]), None);
}
