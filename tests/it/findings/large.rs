//! A store with several files, and one with many rows, which several threads read.

use journey::formats::Zone;
use journey::ingest::{Flow, Input, Options, import};
use journey::sim::crowd::Crowd;
use journey::store::{Reader, Writer};

use super::*;
use crate::support::stored::indexed_store_of_bytes;

/// The rows of a crowd, some of them delivered again in a file of their own, and some without an id or a name.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let mut all = Vec::new();
    Crowd { seed: 5, rows: 24_000 }.write(&mut all).unwrap();
    let text = String::from_utf8(all.clone()).unwrap();
    let again = text.lines().step_by(7).fold(String::new(), |again, line| again + line + "\n");
    let loose: String = (0..40)
        .map(|nth| {
            let (name, id) = if nth % 2 == 0 { ("Buy", "") } else { ("", "u7") };
            format!(
                r#"{{"event":"{name}","properties":{{"time":{},"distinct_id":"{id}","amount":{nth}}}}}"#,
                1_682_900_000 + nth
            ) + "\n"
        })
        .collect();
    vec![("crowd.jsonl", all), ("again.jsonl", again.into_bytes()), ("loose.jsonl", loose.into_bytes())]
}

fn filled(mut writer: Writer) -> Writer {
    let inputs = files().into_iter().map(|(name, content)| Input::Bytes { name: name.to_owned(), content });
    let options = Options { zone: Zone::Utc, ..Options::default() };
    import(&mut writer, inputs.collect(), &options, &mut |_| Flow::Continue).unwrap();
    writer
}

fn in_file(path: &Path) -> Reader {
    drop(filled(Writer::open(path).unwrap()));
    Reader::open(path).unwrap()
}

/// What is found, with the users in one order.
fn audit(reader: Reader) -> Audit {
    let wanted = Wanted { by: Some(By::Day), ..Wanted::default() };
    let mut go_on = |done, all| {
        assert!(done <= all, "{done} of {all}");
        true
    };
    let mut audit = check::store_by(&Inspector::new(reader), &wanted, &mut go_on).unwrap();
    audit.found.iter_mut().for_each(|found| found.users.sort_unstable());
    audit
}

fn delete_parts(path: &Path, which: &str) {
    let db = rusqlite::Connection::open(path).unwrap();
    assert!(db.execute(&format!("DELETE FROM value_parts WHERE {which}"), []).unwrap() > 0);
}

#[test]
fn a_look_by_several_threads_finds_what_one_finds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.db");
    let by_many = audit(in_file(&path));
    let mut writer = Writer::open(&path).unwrap();
    assert!(writer.index_values(&mut |_, _| true).unwrap());
    writer.finish().unwrap();
    let by_summary = audit(Reader::open(&path).unwrap());
    // As an import leaves it that adds few rows: of every segment it is known what its rows add up to.
    delete_parts(&path, "id < 4096");
    let by_index = audit(Reader::open(&path).unwrap());
    // As an import into an older store leaves it: of some segments it is known.
    delete_parts(&path, "id % 4096 = 4095 AND id / 4096 % 2 = 0");
    let by_part = audit(Reader::open(&path).unwrap());
    let by_one = audit(filled(Writer::in_memory().unwrap()).into_reader().unwrap());
    assert!(by_one.events > 20_000 && by_one.complete);
    for code in ["row-without-id", "row-without-name", "identify-without-alias", "alias-on-login"] {
        assert!(by_one.found.iter().any(|found| found.kind.code == code), "{code}");
    }
    assert!(by_one.found.iter().any(|found| !found.amounts.is_empty()));
    assert_eq!(format!("{by_many:#?}"), format!("{by_one:#?}"));
    assert_eq!(format!("{by_summary:#?}"), format!("{by_one:#?}"));
    assert_eq!(format!("{by_index:#?}"), format!("{by_one:#?}"));
    assert_eq!(format!("{by_part:#?}"), format!("{by_one:#?}"));
}

#[test]
fn a_look_by_several_threads_ends_early_when_it_is_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let inspector = Inspector::new(in_file(&folder.path().join("many.db")));
    for asked in [0, 1, 2] {
        let mut left = asked;
        let mut go_on = |_, _| {
            left -= 1;
            left >= 0
        };
        let audit = check::store(&inspector, &mut go_on).unwrap();
        assert!(!audit.complete, "after {asked}");
    }
}

#[test]
fn rows_that_came_after_the_summary_of_a_store_count() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("grown.db");
    let mut writer = filled(Writer::open(&path).unwrap());
    assert!(writer.index_values(&mut |_, _| true).unwrap());
    let before = audit(Reader::open(&path).unwrap());
    let row = |id: &str, event: &str, more: &str| {
        format!(r#"{{"event":"{event}","properties":{{"distinct_id":"{id}","time":1690000000{more}}}}}"#) + "\n"
    };
    let late = row("late", "View", "") + &row("late", "$create_alias", r#","alias":"late@example.com""#);
    let input = Input::Bytes { name: "late.jsonl".to_owned(), content: late.into_bytes() };
    let options = Options { zone: Zone::Utc, ..Options::default() };
    import(&mut writer, vec![input], &options, &mut |_| Flow::Continue).unwrap();
    // Of rows without an index, and of few rows with one: both times the summary is older than the store.
    for _ in 0..2 {
        let after = audit(Reader::open(&path).unwrap());
        assert_eq!((after.events, after.people), (before.events + 2, before.people.map(|people| people + 1)));
        assert!(writer.index_values(&mut |_, _| true).unwrap());
    }
    let summary = "SELECT count(*) FROM value_parts WHERE id < 4096";
    let parts = |db: &rusqlite::Connection| db.query_row(summary, [], |row| row.get::<_, i64>(0)).unwrap();
    let db = rusqlite::Connection::open(&path).unwrap();
    assert!(parts(&db) > 1, "it stays for later");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_look_over_several_files_finds_what_the_journeys_of_all_users_show(
        rows in any_history(),
        again in proptest::collection::vec(any::<bool>(), 0..40),
    ) {
        // Ids are met in another order in each file, and some rows were delivered in two of them.
        let even: Vec<_> = rows.iter().step_by(2).cloned().collect();
        let mut odd: Vec<_> = rows.iter().skip(1).step_by(2).rev().cloned().collect();
        odd.extend(even.iter().zip(again).filter(|(_, again)| *again).map(|(row, _)| row.clone()));
        let all: Vec<_> = rows.iter().rev().cloned().collect();
        for files in [vec![("a.jsonl", &*even), ("b.jsonl", &*odd)], vec![("a.jsonl", &*rows), ("b.jsonl", &*all)]] {
            for inspector in stores_of(&files).map(Inspector::new) {
                let found = check::store(&inspector, &mut |_, _| true).unwrap();
                prop_assert_eq!(agreed(&found), agreed(&oracle(&inspector)));
            }
        }
    }
}

#[test]
fn a_row_that_two_files_hold_counts_once_in_whatever_order_they_name_their_ids() {
    let row = |id: &str, at: u32| {
        format!(
            r#"{{"event":"View","properties":{{"distinct_id":"{id}","time":{},"$insert_id":"{id}{at}"}}}}"#,
            1_600_000_000 + at
        ) + "\n"
    };
    let one = row("a", 1) + &row("b", 2) + &row("c", 3) + &row("", 4);
    let other = row("c", 3) + &row("b", 2) + &row("a", 1) + &row("", 4) + &row("a", 5);
    let third = row("a", 5) + &row("d", 1) + &row("a", 9);
    let files = [("1.jsonl", one), ("2.jsonl", other), ("3.jsonl", third)];
    let files: Vec<(&str, Vec<u8>)> = files.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    for store in [store_of_bytes(&files), indexed_store_of_bytes(&files)] {
        let wanted = Wanted { by: Some(By::Day), ..Wanted::default() };
        let audit = check::store_by(&Inspector::new(store), &wanted, &mut |_, _| true).unwrap();
        assert_eq!(audit.events, 7, "a at 1, 5 and 9, b, c, d, and one without an id");
        let rows: u64 = audit.tallies.unwrap().lines.iter().map(|(_, tally)| tally.rows).sum();
        assert_eq!(rows, 7);
        let loose = audit.found.iter().find(|found| found.kind.code == "row-without-id").unwrap();
        assert_eq!(loose.rows, 1);
    }
}
