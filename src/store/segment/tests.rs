use proptest::prelude::*;

use super::*;
use crate::model::{Id, Row};

/// [`super::hash`] of a row.
fn hash(row: &Row) -> i64 {
    super::hash(&Hashed::from(&RowView::from(row)), &mut Vec::new())
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

/// The only row of a draft that noted `row` and settled it at `time`.
fn settled(row: &Row, time: Millis) -> Thin {
    let mut draft = Draft::default();
    draft.note(row.into());
    let timing = draft.timing(0).unwrap();
    draft.settle(0, Timing { time, ..timing }, 9);
    draft.rows[0]
}

#[test]
fn a_row_whose_time_was_found_out_later_is_as_if_it_had_been_known() {
    for row in [row(), Row { insert_id: Some("i".into()), ..row() }, Row { id: None, ..row() }] {
        let known = settled(&Row { time: 77, ..row.clone() }, 77);
        let (found_out, before) = (settled(&row, 77), settled(&row, 5));
        assert_eq!((found_out.t, found_out.hash, found_out.arrived), (77, known.hash, 9));
        assert_eq!(found_out.hash, hash(&Row { time: 77, ..row.clone() }));
        assert_ne!(found_out.hash, before.hash);
    }
}

#[test]
fn rows_may_be_settled_among_rows_that_were_pushed() {
    let at = |time, properties: &str| Row { time, properties: properties.into(), ..row() };
    let (one, two, three) = (at(3, "[1]"), at(2, "[2]"), at(1, "[3]"));
    let mut draft = Draft::default();
    draft.note(RowView::from(&one));
    draft.note(RowView::from(&three));
    let (first, last) = (draft.timing(0).unwrap(), draft.timing(1).unwrap());
    draft.settle(0, first, 1);
    draft.push(RowView::from(&two), 1);
    draft.settle(1, last, 1);
    assert_eq!(draft.rows.iter().map(|row| (row.t, row.nth)).collect::<Vec<_>>(), [(3, 0), (2, 1), (1, 2)]);
    let segment = draft.seal(&mut Packer::new().unwrap()).unwrap();
    assert_eq!(segment.rows.iter().map(|row| row.t).collect::<Vec<_>>(), [1, 2, 3]);
    let text = zstd::bulk::decompress(segment.blocks.bytes(), 99).unwrap();
    assert_eq!(String::from_utf8(text).unwrap(), "[3]\n[2]\n[1]");
}

proptest! {
    #[test]
    fn rows_are_put_in_order_as_a_plain_sort_does(
        rows in prop::collection::vec((prop_oneof![0_u32..5, Just(NONE)], 0..4_i64, 0..3_i64), 0..40),
    ) {
        let thin: Vec<Thin> =
            rows.iter().map(|(uid, t, arrived)| Thin { uid: *uid, t: *t, arrived: *arrived, ..Thin::default() }).collect();
        let mut sorted: Vec<_> = rows.into_iter().zip(0_u32..).collect();
        sorted.sort_unstable();
        prop_assert_eq!(order(&thin), sorted.into_iter().map(|(_, place)| place).collect::<Vec<_>>());
    }
}

#[test]
fn the_room_of_rows_that_are_passed_serves_chunks_of_nearly_one_size_again() {
    let rooms: Vec<usize> = [33, 34, 33, 35]
        .into_iter()
        .map(|kilobytes| {
            // Half of what is kept, and a little more.
            let mut draft = Draft::with_capacity(1).with_room((32 << 20) + (kilobytes << 10));
            let row = row();
            draft.pass(&RowView::from(&row));
            let room = draft.passed.capacity();
            draft.seal(&mut Packer::new().unwrap()).unwrap();
            room
        })
        .collect();
    assert!(rooms.iter().all(|room| *room == rooms[0] && *room <= SPARE), "{rooms:?}");
    assert_eq!(PASSED.take().capacity(), rooms[0]);
}
