use super::*;
use crate::model::{Id, Row};

/// [`super::hash`] of a row.
fn hash(row: &Row) -> i64 {
    super::hash(&row.into(), &mut Vec::new())
}

/// [`super::flags`] of a row.
fn flags(row: &Row) -> Flags {
    super::flags(&row.into())
}

fn row() -> Row {
    Row {
        event: "View".into(),
        id: Some(Id::new("a")),
        time: 5,
        arrival: Some(7),
        device: None,
        user: None,
        verb: Verb::Track,
        previous: vec![],
        insert_id: None,
        client: None,
        properties: "{}".into(),
        line: 1,
        flags: Flags::default(),
    }
}

#[test]
fn with_an_insert_id_only_what_the_vendor_compares_is_hashed() {
    let one = Row { insert_id: Some("i".into()), ..row() };
    let delivered_again = Row { arrival: Some(8), properties: r#"{"retry":1}"#.into(), line: 9, ..one.clone() };
    assert_eq!(hash(&one), hash(&delivered_again));
    for other in [
        Row { insert_id: Some("j".into()), ..one.clone() },
        Row { time: 6, ..one.clone() },
        Row { id: None, ..one.clone() },
        Row { event: "Vie".into(), ..one.clone() },
    ] {
        assert_ne!(hash(&one), hash(&other));
    }
}

#[test]
fn without_an_insert_id_the_whole_row_is_hashed() {
    let same_but_elsewhere = Row { line: 9, ..row() };
    assert_eq!(hash(&row()), hash(&same_but_elsewhere));
    for other in [
        Row { arrival: Some(8), ..row() },
        Row { arrival: None, ..row() },
        Row { properties: r#"{"a":1}"#.into(), ..row() },
        Row { id: Some(Id::new("")), ..row() },
        Row { id: None, ..row() },
    ] {
        assert_ne!(hash(&row()), hash(&other));
    }
}

#[test]
fn text_moved_from_one_field_to_the_next_is_another_row() {
    let one = Row { event: "ab".into(), id: Some(Id::new("c")), ..row() };
    let other = Row { event: "a".into(), id: Some(Id::new("bc")), ..row() };
    assert_ne!(hash(&one), hash(&other));
}

#[test]
fn flags_follow_the_fields_they_tell_of() {
    let mut wrong = Flags::HAS_INSERT_ID;
    wrong.set(Flags::BY_ORIGINAL);
    wrong.set(Flags::IMPORTED);
    let plain = flags(&Row { flags: wrong, ..row() });
    assert_eq!(plain, Flags::IMPORTED);
    let verb = Verb::Alias { alias: None, target: None, by_original: true };
    let all = flags(&Row { arrival: None, insert_id: Some("i".into()), verb, ..row() });
    assert!(all.has(Flags::ARRIVAL_UNKNOWN) && all.has(Flags::HAS_INSERT_ID) && all.has(Flags::BY_ORIGINAL));
}

#[test]
fn what_is_hashed_is_what_stores_hold() {
    assert_eq!(hash(&row()), 4_397_651_981_556_639_664);
    assert_eq!(hash(&Row { insert_id: Some("i".into()), ..row() }), 6_385_879_965_939_018_216);
}
