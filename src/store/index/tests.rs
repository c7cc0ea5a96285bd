use std::sync::atomic::AtomicBool;

use zstd::bulk::Compressor;

use super::build::Builder;
use super::*;
use crate::model::clue::{Asked, Clue};
use crate::store::number;

/// The rows that a clue names, of a store of one segment with a block for each of these texts.
fn named(blocks: &[&str], clue: &Clue) -> Vec<i64> {
    let db = rusqlite::Connection::open_in_memory().unwrap();
    db.execute_batch(SQL).unwrap();
    db.execute_batch(
        "CREATE TABLE chunks (id INTEGER PRIMARY KEY, lo, events); CREATE TABLE blocks (id INTEGER PRIMARY KEY, n)",
    )
    .unwrap();
    let mut builder = Builder::default();
    let mut compressor = Compressor::new(LEVEL).unwrap();
    // What a segment before has left says nothing of this one.
    for blocks in [&[r#"{"left":"over","n":77}"#][..], blocks] {
        builder.begin(blocks.len());
        for block in blocks {
            builder.next_block();
            let mut before = "";
            for row in block.split('\n') {
                builder.row(before, row);
                before = row;
            }
        }
    }
    write(&db, 1, &builder.finish(|part| compressor.compress(part)).unwrap()).unwrap();
    db.execute("INSERT INTO chunks VALUES (1, 1, ?1)", [number::length(blocks.len())]).unwrap();
    for at in 1..=blocks.len() {
        db.execute("INSERT INTO blocks VALUES (?1, 1)", [number::length(at)]).unwrap();
    }
    assert_eq!(check(&db).unwrap(), 0);
    let Some(mut look) = Look::of(clue) else { return (1..).take(blocks.len()).collect() };
    let segments = segments(&db).unwrap();
    segments.iter().flat_map(|segment| look.rows(&db, segment).unwrap()).flatten().collect()
}

fn clue(name: &str, asked: Asked) -> Clue {
    Clue::Property(name.to_owned(), asked)
}

fn equals(name: &str, value: &str) -> Clue {
    clue(name, Asked::Equals(value.to_owned()))
}

#[test]
fn a_clue_names_the_blocks_that_can_have_it_and_not_the_others() {
    let blocks = [
        "{\"plan\":\"free\",\"n\":1}\n{\"plan\":\"free\",\"n\":2}\n{\"plan\":\"Pro\",\"n\":3}",
        r#"{"plan":"free","n":190,"cart":{"total":7,"items":[{"sku":"A-1"},{"sku":"B-2"}]},"tags":[]}"#,
        r#"{ "q\u0075ery" : "a\"b" , "n" : "1e3" , "list" : [ 1 , [ 2.50 ] , "x" ] , "time" : 1700000000 }"#,
        r#"{"page":"https:\/\/shop.example\/Checkout","n":null,"deep":{"n":5000}}"#,
    ];
    let within = |name, least, greatest| clue(name, Asked::Within(least, greatest));
    let contains = |name, part: &str| clue(name, Asked::Contains(part.to_owned()));
    for (clue, rows) in [
        (equals("plan", "pRO"), &[1][..]),
        (equals("*", "3.0"), &[1]),
        (equals("n", "1000"), &[3]),
        (equals("cart.items.sku", "b-2"), &[2]),
        (equals("sku", "b-2"), &[]),
        (equals("query", "A\"B"), &[3]),
        (equals("list", "2.5"), &[3]),
        (equals("time", "1700000000"), &[3]),
        (equals("plan", "nowhere"), &[]),
        (equals("nowhere", "free"), &[]),
        (within("n", 100.0, f64::INFINITY), &[2, 3]),
        (within("deep.n", 100.0, f64::INFINITY), &[4]),
        (within("*", 2000.0, 6000.0), &[4]),
        (within("n", f64::NEG_INFINITY, 1.0), &[1]),
        (clue("tags", Asked::Exists), &[2]),
        (clue("PAGE", Asked::Exists), &[4]),
        (contains("page", "checkOUT"), &[4]),
        (contains("*", "/shop"), &[4]),
        (contains("plan", "checkout"), &[]),
        (Clue::All(vec![equals("plan", "free"), equals("n", "190"), Clue::Unknown]), &[2]),
        (Clue::OneOf(vec![equals("plan", "pro"), equals("n", "190")]), &[1, 2]),
        (Clue::OneOf(vec![]), &[]),
        (Clue::OneOf(vec![equals("plan", "pro"), Clue::Unknown]), &[1, 2, 3, 4]),
    ] {
        assert_eq!(named(&blocks, &clue), rows, "{clue:?}");
    }
}

#[test]
fn what_cannot_be_read_or_has_too_many_values_is_always_looked_at() {
    let many = (0..5000).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let many = format!("{{\"list\":[{many}]}}");
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(500), "]".repeat(500));
    let blocks = [r#"{"a":1"#, many.as_str(), r#"{"a":1}"#, deep.as_str(), "[1]", r#"{"a":"\ud800"}"#];
    assert_eq!(named(&blocks, &equals("*", "x")), [1, 2, 4, 5, 6]);
    assert_eq!(named(&blocks, &equals("a", "1")), [1, 3, 4, 5, 6]);
    let names = (0..600).map(|n| format!("\"name{n}\":{n}")).collect::<Vec<_>>().join(",");
    let names = format!("{{{names}}}");
    let blocks = [r#"{"a":1}"#, names.as_str()];
    for n in [0, 511, 599] {
        assert_eq!(named(&blocks, &equals(&format!("name{n}"), &n.to_string())), [2], "{n}");
        let exists = clue(&format!("name{n}"), Asked::Exists);
        assert_eq!(named(&blocks, &exists), [2], "{n}");
    }
}

#[test]
fn blocks_of_a_large_segment_share_groups() {
    let blocks: Vec<String> = (0..1000).map(|n| format!("{{\"n\":{n}}}")).collect();
    let blocks: Vec<&str> = blocks.iter().map(String::as_str).collect();
    for n in [0, 499, 999] {
        let rows = named(&blocks, &equals("n", &n.to_string()));
        assert!(rows.contains(&(n + 1)) && rows.len() < 50, "{n}: {rows:?}");
    }
}

#[test]
fn an_index_of_a_version_that_does_not_know_what_rows_add_up_to_gets_it_and_stays_as_it_is() {
    let db = rusqlite::Connection::open_in_memory().unwrap();
    db.execute_batch(SQL).unwrap();
    db.execute_batch("CREATE TABLE chunks (id INTEGER PRIMARY KEY, lo, events); INSERT INTO chunks VALUES (1, 1, 9)")
        .unwrap();
    let block = zstd::bulk::compress(br#"{"a":1}"#, 1).unwrap();
    let index = of_blocks(&[block], &AtomicBool::new(false)).unwrap();
    write(&db, 1, &index).unwrap();
    assert!(missing(&db).unwrap().is_empty());
    let parts = |db: &rusqlite::Connection| -> i64 {
        db.query_row("SELECT count(*) FROM value_parts", [], |row| row.get(0)).unwrap()
    };
    let before = parts(&db);
    db.execute_batch("DELETE FROM value_parts WHERE id = 4096 + 4095").unwrap();
    assert_eq!(parts(&db), before - 1);
    assert_eq!(missing(&db).unwrap().iter().map(|missing| missing.seg).collect::<Vec<_>>(), [1]);
    assert_eq!(rows_without(&db).unwrap(), 0, "its values are found");
    write(&db, 1, &index).unwrap();
    assert_eq!((parts(&db), missing(&db).unwrap().len(), check(&db).unwrap()), (before, 0, 0));
}

#[test]
fn rows_that_say_what_was_paid_are_known_by_their_place() {
    let rows = [
        r#"{"a":1,"price":2}"#,
        // As the row before, but for what is behind it.
        r#"{"a":1,"price":2,"currency":"EUR"}"#,
        r#"{"a":1,"price":"2"}"#,
        r#"{"a":1,"cart":{"price":2}}"#,
        r#"{"a":1,"tot\u0061l":4}"#,
        r#"{"a":1,"TOTAL":5.5}"#,
        r#"{"$transactions":[{"$amount":3}]}"#,
    ];
    let blocks = [&rows[..3], &rows[3..]].map(|rows| zstd::bulk::compress(rows.join("\n").as_bytes(), 1).unwrap());
    let index = of_blocks(&blocks, &AtomicBool::new(false)).unwrap();
    let paid = index.paid.unwrap();
    let said = |at, micros, currency: &str| (at, micros, currency.to_owned());
    assert_eq!(
        paid,
        [
            said(0, 2_000_000, ""),
            said(1, 2_000_000, "EUR"),
            said(4, 4_000_000, ""),
            said(5, 5_500_000, ""),
            said(6, 3_000_000, ""),
        ]
    );
}

#[test]
fn a_segment_with_a_damaged_block_is_looked_through_whole_and_not_tried_again() {
    let db = rusqlite::Connection::open_in_memory().unwrap();
    db.execute_batch(SQL).unwrap();
    db.execute_batch("CREATE TABLE chunks (id INTEGER PRIMARY KEY, lo, events); INSERT INTO chunks VALUES (1, 1, 9)")
        .unwrap();
    assert_eq!(rows_without(&db).unwrap(), 9);
    let on = AtomicBool::new(false);
    let good = zstd::bulk::compress(br#"{"a":1}"#, 1).unwrap();
    let text = zstd::bulk::compress(b"\xff", 1).unwrap();
    for bad in [b"".to_vec(), b"junk".to_vec(), good[..good.len() - 1].to_vec(), text] {
        let on = AtomicBool::new(false);
        let index = of_blocks(&[good.clone(), bad], &on).unwrap();
        assert_eq!(index.shape.blocks, 0);
        db.execute_batch("DELETE FROM value_indexes").unwrap();
        write(&db, 1, &index).unwrap();
        assert!(missing(&db).unwrap().is_empty());
        let segments = segments(&db).unwrap();
        let mut look = Look::of(&equals("a", "2")).unwrap();
        assert_eq!(look.rows(&db, &segments[0]).unwrap().into_iter().flatten().count(), 9);
        assert_eq!(check(&db).unwrap(), 0);
    }
    assert_eq!(of_blocks(std::slice::from_ref(&good), &on).unwrap().shape.blocks, 1);
    assert!(of_blocks(&[good], &AtomicBool::new(true)).is_none(), "it is stopped");
}
