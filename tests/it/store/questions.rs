//! Questions in SQL, properties of many rows, pages of rows, and answers before all ids are read.

use std::sync::Mutex;

use journey::store::{Piece, SqlCell};

use super::*;

/// Columns and rows of an answer, as text.
fn ask(store: &mut Reader, sql: &str) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    store.query(sql, |piece| {
        lines.push(match piece {
            Piece::Columns(names) => names.join("|"),
            Piece::Row(cells) => cells.iter().map(|cell| format!("{cell:?}")).collect::<Vec<_>>().join("|"),
        });
        Ok::<(), Error>(())
    })?;
    Ok(lines)
}

#[test]
fn a_question_sees_the_views_and_the_properties_of_rows() {
    let rows = vec![row("a", 1), row("b", 2), alias("k", "a", 3)];
    let in_memory = store_of(&[("x.jsonl", rows)]);
    let (_folder, path) = store_in_file(3);
    for (mut store, expected) in
        [(in_memory, r#"Text("{\"n\":2}")"#), (Reader::open(&path).unwrap(), r#"Text("{\"n\":2}")"#)]
    {
        let answer = ask(&mut store, "SELECT props(id) FROM events WHERE time_ms = 2").unwrap();
        assert_eq!(answer, ["props(id)", expected]);
        assert_eq!(ask(&mut store, "SELECT props(-7), props(NULL), props(999)").unwrap()[1], "Null|Null|Null");
        let sum =
            ask(&mut store, "SELECT sum(json_extract(props(id), '$.n')) = sum(time_ms) AS same FROM events").unwrap();
        assert_eq!(sum, ["same", "Integer(1)"]);
    }
}

#[test]
fn a_question_about_one_id_reads_the_rows_once_and_looks_up_their_senders() {
    let rows = (0..9000).map(|n| row(&format!("user-{}", n % 900), n)).collect();
    let mut store = store_of(&[("x.jsonl", rows)]);
    let plan = ask(&mut store, "EXPLAIN QUERY PLAN SELECT * FROM events WHERE distinct_id = 'user-7'").unwrap();
    let place = |step: &str| plan.iter().position(|line| line.contains(step));
    let order = [place("SCAN p"), place("SCAN r"), place("SEARCH s USING INTEGER PRIMARY KEY")];
    assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{plan:#?}");
}

#[test]
fn what_is_no_question_is_refused_and_changes_nothing() {
    let (_folder, path) = store_in_file(1);
    let mut store = Reader::open(&path).unwrap();
    for sql in [
        "",
        "  -- nothing",
        "SELEC 1",
        "SELECT nothing FROM events",
        "SELECT 1; SELECT 2",
        "DELETE FROM rows",
        "INSERT INTO meta VALUES ('a', 'b')",
        "ATTACH 'other.db' AS other",
        "VACUUM INTO 'other.db'",
        "PRAGMA query_only = OFF",
        "PRAGMA journal_mode = DELETE",
        "SELECT * FROM pragma_journal_mode('delete')",
        "PRAGMA wal_checkpoint",
        "CREATE TEMP TABLE mine (x)",
        "BEGIN IMMEDIATE",
        "UPDATE rows SET t = 0 RETURNING id",
        "SELECT load_extension('x')",
        "SELECT json_extract('{', '$.a')",
    ] {
        let refused = ask(&mut store, sql);
        assert!(matches!(refused, Err(Error::Question { .. })), "{sql}: {refused:?}");
    }
    assert_eq!(ask(&mut store, "SELECT count(*) FROM rows").unwrap()[1], "Integer(2)");
    assert_eq!(ask(&mut store, "PRAGMA page_size").unwrap()[1], "Integer(16384)");
    assert!(ask(&mut store, "PRAGMA table_info('rows')").unwrap().len() > 5);
    assert!(!path.with_file_name("other.db").exists());
}

#[test]
fn an_answer_stops_when_its_taker_fails() {
    let mut store = store_of(&[("a", (0..100).map(|n| row("u", n)).collect())]);
    let mut rows = 0;
    let stopped = store.query("SELECT id FROM events", |piece| match piece {
        Piece::Row([SqlCell::Integer(_)]) if rows == 3 => Err(Error::Cancelled),
        Piece::Row(_) => {
            rows += 1;
            Ok(())
        }
        Piece::Columns(_) => Ok(()),
    });
    assert!(matches!(stopped, Err(Error::Cancelled)));
    assert_eq!(rows, 3);
}

#[test]
fn every_row_of_many_is_visited_once_with_its_properties() {
    let rows: Vec<Row> = (0..6000_i64)
        .map(|n| Row { properties: format!(r#"{{"n":{n},"pad":"{}"}}"#, "x".repeat(300)), ..row("u", n) })
        .collect();
    let store = store_of(&[("a", rows)]);
    let events = store.events_of(&id("u"), 10_000).unwrap();
    let numbers: Vec<i64> = events.iter().map(|event| event.row).collect();
    let seen = Mutex::new(Vec::new());
    store
        .for_each_properties(&numbers, &|place, text| seen.lock().unwrap().push((numbers[place], text.to_owned())))
        .unwrap();
    let mut seen = seen.into_inner().unwrap();
    seen.sort();
    let mut expected: Vec<_> = numbers.iter().copied().zip(store.properties(&numbers).unwrap()).collect();
    expected.sort();
    assert_eq!(seen, expected);
    for n in [1, 3000] {
        let wrong = [&numbers[..n], &[999_999]].concat();
        assert!(matches!(store.for_each_properties(&wrong, &|_, _| ()), Err(Error::Missing { .. })));
    }
}

#[test]
fn a_panic_of_a_helping_thread_is_no_answer_with_fewer_rows() {
    let rows: Vec<Row> = (0..6000_i64)
        .map(|n| Row { properties: format!(r#"{{"n":{n},"pad":"{}"}}"#, "x".repeat(300)), ..row("u", n) })
        .collect();
    let store = store_of(&[("a", rows)]);
    let numbers: Vec<i64> = store.events_of(&id("u"), 10_000).unwrap().iter().map(|event| event.row).collect();
    let here = std::thread::current().id();
    let visited = Mutex::new(0);
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        store.for_each_properties(&numbers, &|_, _| {
            assert!(std::thread::current().id() == here, "a mistake in a helper");
            *visited.lock().unwrap() += 1;
        })
    }));
    // Where there is one core, no thread helps.
    assert!(outcome.is_err() || visited.into_inner().unwrap() == numbers.len());
}

#[test]
fn pages_of_rows_are_the_whole_of_them() {
    let one = (0..40).map(|n| row(if n % 3 == 0 { "u" } else { "v" }, n * 7 % 50)).collect();
    let other = (0..30).map(|n| row("u", n * 11 % 50)).collect();
    let store = store_of(&[("a", one), ("b", other), ("c", vec![row("w", 5)])]);
    let ids = [id("u"), id("v")];
    let whole = store.event_heads(&ids, None, 1000).unwrap();
    assert_eq!(whole.len(), 70);
    assert!(whole.is_sorted_by_key(|event| event.place()));
    for size in [1, 3, 16, 70] {
        let mut pages = Vec::new();
        let mut after = None;
        loop {
            let page = store.event_heads(&ids, after, size).unwrap();
            after = page.last().map(|event| event.place());
            let is_last = page.len() < size;
            pages.extend(page);
            if is_last {
                break;
            }
        }
        let rows = |events: &[Arc<Event>]| events.iter().map(|event| event.row).collect::<Vec<_>>();
        assert_eq!(rows(&pages), rows(&whole), "pages of {size}");
    }
}

#[test]
fn many_rows_are_the_same_when_two_connections_read_them() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("big.db");
    let mut store = Writer::open(&path).unwrap();
    let file = begin(&mut store, "a.jsonl");
    for n in 0..6_i64 {
        let rows = (0..5000).map(|at| row("u", n * 4000 + at)).collect();
        let mut chunk = chunk(file, rows);
        (chunk.hash, chunk.prev) = (n.unsigned_abs() + 1, n.unsigned_abs());
        store.append(&chunk).unwrap();
    }
    store.finish().unwrap();
    let store = Reader::open(&path).unwrap();
    let together = store.events_of(&id("u"), 1_000_000).unwrap();
    // Pages are read by one connection.
    let mut pages: Vec<Arc<Event>> = Vec::new();
    while pages.len() < together.len() {
        let after = pages.last().map(|event| event.place());
        pages.extend(store.event_heads(&[id("u")], after, 7000).unwrap());
    }
    let places = |events: &[Arc<Event>]| events.iter().map(|event| event.place()).collect::<Vec<_>>();
    assert_eq!(together.len(), 30_000);
    assert_eq!(places(&together), places(&pages));
}

#[test]
fn a_large_store_answers_from_its_index_until_all_ids_are_read() {
    let rows = (0..40_000_i64).map(|n| row(&format!("user-{n}"), n)).chain([row("Sally", 1), row("$device:sal", 2)]);
    let store = store_of(&[("a", rows.collect())]);
    let found = |hits: Vec<journey::store::IdHit>| {
        hits.into_iter().map(|hit| (hit.id.as_str().to_owned(), hit.found)).collect::<Vec<_>>()
    };
    let soon = found(store.find_soon("sal", 9).unwrap().expect("ids are not read yet"));
    assert_eq!(soon, [("$device:sal".to_owned(), Match::Exact), ("Sally".to_owned(), Match::Prefix)]);
    let all = found(store.find("ser-39999", 9).unwrap());
    assert_eq!(all, [("user-39999".to_owned(), Match::Substring)]);
    assert_eq!(store.find_soon("sal", 9).unwrap(), None, "now all of them are read");
    assert_eq!(found(store.find("sal", 9).unwrap()), soon);
}

#[test]
fn an_id_with_characters_left_out_is_found_where_hits_are_few() {
    let store = store_of(&[("a", vec![row("sally.smith@gmail.com", 1), row("bob", 2)])]);
    let hits = store.find("salysmth", 9).unwrap();
    assert_eq!(
        hits.iter().map(|hit| (hit.id.as_str(), hit.found)).collect::<Vec<_>>(),
        [("sally.smith@gmail.com", Match::Fuzzy)]
    );
    let near = store.find_near("Bop", 9).unwrap();
    assert_eq!(near.iter().map(|(id, span)| (id.as_str(), span.events)).collect::<Vec<_>>(), [("bob", 1)]);
}
