use super::*;
use crate::formats::Zone;
use crate::ingest::{Flow, Input, Options, import};
use crate::store::Writer;

/// Two files with some rows in common, and alias calls.
fn filled(folder: &std::path::Path) -> std::path::PathBuf {
    let path = folder.join("some.db");
    let row = |id: &str, at: u32, more: &str| {
        format!(r#"{{"event":"View","properties":{{"distinct_id":"{id}","time":{}{more}}}}}"#, 1_600_000_000 + at)
            + "\n"
    };
    let sent = |id: &str, at: u32| row(id, at, &format!(r#","$insert_id":"{id}{at}","amount":2.5,"currency":"EUR""#));
    let alias = r#"{"event":"$create_alias","properties":{"distinct_id":"a","alias":"u","time":1600000001}}"#;
    let one = sent("a", 1) + &sent("b", 2) + &sent("b", 2) + &row("c", 3, "") + &row("c", 3, "") + alias + "\n";
    let other = sent("a", 1)
        + &sent("a", 9)
        + &row("c", 3, "")
        + &row("", 4, "")
        + &row("d", 5, r#","mp_lib":"web","$device_id":"x","$user_id":"v""#);
    let mut writer = Writer::open(&path).unwrap();
    let options = Options { zone: Zone::Utc, ..Options::default() };
    for (name, text) in [("one.jsonl", one), ("other.jsonl", other)] {
        let input = Input::Bytes { name: name.to_owned(), content: text.into_bytes() };
        import(&mut writer, vec![input], &options, &mut |_| Flow::Continue).unwrap();
    }
    assert!(writer.index_values(&mut |_, _| true).unwrap());
    writer.finish().unwrap();
    path
}

#[test]
fn a_summary_has_what_the_tables_have() {
    let folder = tempfile::tempdir().unwrap();
    let db = Connection::open(filled(folder.path())).unwrap();
    let summary = Summary::of(&db).unwrap().unwrap();
    assert!(summary.parts.iter().all(|parts| *parts > 0), "{:?}", summary.parts);
    let mut ids = Vec::new();
    summary.each_id(&db, &mut |id, text| ids.push((id, text.to_owned()))).unwrap();
    let all: Vec<(i64, String)> = db
        .prepare("SELECT id, name FROM ids ORDER BY id")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(ids, all);
    assert_eq!(format!("{:?}", summary.calls(&db).unwrap()), format!("{:?}", calls(&db).unwrap()));
    let mut links = Vec::new();
    assert_eq!(each_link(&db, &mut |link| links.push(link)).unwrap(), None);
    assert_eq!(format!("{:?}", summary.links(&db).unwrap()), format!("{links:?}"));
    let name = |id| all.iter().find(|(number, _)| *number == id).map_or("", |(_, name)| name.as_str());
    let mut sums = Vec::new();
    let mut add = |known: &Known<'_>| {
        assert!(!known.shows || known.id == 0 || name(known.id) == "c", "{known:?}");
        sums.push((name(known.id).to_owned(), known.rows, known.has_copies, known.is_in_two, known.clients.len()));
    };
    summary.each_sum(&db, &mut add).unwrap();
    let sum =
        |name: &str, rows, has_copies, is_in_two, clients| (name.to_owned(), rows, has_copies, is_in_two, clients);
    // Two rows of "c" without an `$insert_id` in the file that has most of them.
    assert_eq!(
        sums,
        [
            sum("", 1, false, false, 0),
            sum("a", 3, true, true, 0),
            sum("b", 1, true, false, 0),
            sum("c", 2, true, true, 0),
            sum("d", 1, false, false, 1),
        ]
    );
    let mut paid = Vec::new();
    let mut add = |of_id: &PaidById<'_>| {
        let sums = of_id.sums.map(|sums| sums.iter().map(|(text, ..)| (*text).to_owned()).collect::<Vec<_>>());
        paid.push((name(of_id.id).to_owned(), sums));
    };
    summary.each_paid(&db, &mut add).unwrap();
    assert_eq!(paid, [("a".to_owned(), Some(vec!["EUR".to_owned()])), ("b".to_owned(), None)]);
}

#[test]
fn a_summary_is_that_of_one_state_and_made_anew_when_much_has_come() {
    let folder = tempfile::tempdir().unwrap();
    let db = Connection::open(filled(folder.path())).unwrap();
    assert!(make(&db, &mut || true).unwrap().is_none(), "it is there");
    let piece = |rows: i64| {
        db.execute(
                "INSERT INTO chunks SELECT (SELECT max(id) FROM chunks) + 1, file, prev, hash + (SELECT max(id) FROM chunks), bytes, first_line, lines,
                        latest, lo + 100, ?1, ?1, 0, 0, 0, t0, t1, last_line, last_nth FROM chunks WHERE id = 1",
                [rows],
            )
            .unwrap();
    };
    piece(1);
    assert!(Summary::of(&db).unwrap().is_none(), "it is that of another state");
    assert!(!is_due(&db, State::of(&db).unwrap()).unwrap(), "one of twelve rows");
    piece(1);
    assert!(is_due(&db, State::of(&db).unwrap()).unwrap(), "two of thirteen");
    db.execute("DELETE FROM value_parts WHERE id < 4096", []).unwrap();
    assert!(make(&db, &mut || true).unwrap().is_none(), "a segment has no sums");
    assert!(make(&db, &mut || false).unwrap().is_none());
}

#[test]
fn another_bit_of_a_summary_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let db = Connection::open(filled(folder.path())).unwrap();
    let summary = Summary::of(&db).unwrap().unwrap();
    db.execute("UPDATE value_parts SET z = CAST(substr(z, 1, length(z) - 1) || x'7f' AS BLOB) WHERE id = 1", [])
        .unwrap();
    let error = summary.each_id(&db, &mut |_, _| {}).unwrap_err().to_string();
    assert!(error.contains("the summary of its ids differs from what was written"), "{error}");
    assert_eq!(table::check(&db).unwrap(), 1);
}
