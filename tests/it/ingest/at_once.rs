//! A file that another import adds meanwhile.

use super::*;

/// Imports `one`, and when a chunk of it is in the store has another program import `other`.
fn overtaken(one: &Path, store: &Path, between: impl FnOnce()) -> Report {
    let options = Options { chunk: 200, chunks_per_transaction: 1, ..Options::default() };
    let mut between = Some(between);
    let mut writer = Writer::open(store).unwrap();
    let report = import(&mut writer, vec![Input::Path(one.to_owned())], &options, &mut |progress| {
        if progress.rows > 0
            && let Some(between) = between.take()
        {
            between();
        }
        Flow::Continue
    });
    writer.finish().unwrap();
    report.unwrap()
}

/// What [`overtaken`] does meanwhile, in a store of its own connection.
fn import_beside(file: &Path, store: &Path) {
    let options = Options { chunk: 200, chunks_per_transaction: 1, ..Options::default() };
    let mut writer = Writer::open(store).unwrap();
    import(&mut writer, vec![Input::Path(file.to_owned())], &options, &mut |_| Flow::Continue).unwrap();
    writer.finish().unwrap();
}

#[test]
fn a_file_that_grew_for_another_import_meanwhile_is_stored_once() {
    let folder = tempfile::tempdir().unwrap();
    let (file, store) = (folder.path().join("a.jsonl"), folder.path().join("s.db"));
    for (first, more) in [(7, 3), (7, 40), (30, 1)] {
        let _ = std::fs::remove_file(&store);
        std::fs::write(&file, rows(0, first, 0)).unwrap();
        let report = overtaken(&file, &store, || {
            std::fs::write(&file, rows(0, first + more, 0)).unwrap();
            import_beside(&file, &store);
        });
        assert_eq!(report.files.len(), 1, "{first} {more}");
        let overview = Reader::open(&store).unwrap().overview().unwrap();
        assert_eq!(overview.events, u64::try_from(first + more).unwrap(), "{first} {more}");
        assert_eq!(overview.files.len(), 1, "{first} {more}");
        assert!(overview.files[0].complete);
    }
}

#[test]
fn another_file_with_the_same_start_that_is_imported_meanwhile_keeps_its_own_rows() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("a.jsonl"), rows(0, 9, 0)).unwrap();
    std::fs::write(at("b.jsonl"), rows(0, 6, 0) + &rows(100, 8, 0)).unwrap();
    overtaken(&at("a.jsonl"), &at("s.db"), || import_beside(&at("b.jsonl"), &at("s.db")));
    import_beside(&at("a.jsonl"), &at("one.db"));
    import_beside(&at("b.jsonl"), &at("one.db"));
    let events = |store: &str| Reader::open(&at(store)).unwrap().overview().unwrap().events;
    assert_eq!(events("s.db"), events("one.db"));
}
