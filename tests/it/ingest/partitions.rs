//! Columns that the folders of a file name.

use std::fs;

use tempfile::TempDir;

use super::*;

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

/// The rows of the files of a folder: id, event, day, properties.
fn rows_of(folder: &TempDir, options: &Options) -> Vec<String> {
    let mut writer = store();
    let report = run(&mut writer, vec![Input::Path(folder.path().to_owned())], options);
    assert!(report.failures.is_empty() && report.rejected == 0, "{report:?}");
    let reader = writer.into_reader().unwrap();
    let mut rows: Vec<String> = all_events(&reader)
        .iter()
        .map(|event| {
            let id = event.sender.id.as_ref().map_or("-", |id| id.as_str());
            let properties = reader.properties(&[event.row]).unwrap().remove(0);
            format!("{id} {} {} {properties}", event.event, event.source.line)
        })
        .collect();
    rows.sort();
    rows
}

#[test]
fn rows_of_csv_and_json_have_the_columns_of_their_folders() {
    let gz = {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"distinct_id,time\ngz,1561971604\n").unwrap();
        packed.finish().unwrap()
    };
    let folder = folder(&[
        ("date=2019-07-01/event=Buy/a.csv", b"distinct_id,time,plan\n7,1561971600,\"pro, yearly\"\n"),
        ("date=2019-07-01/event=Sign%20Up/a.jsonl", b"{\"distinct_id\":\"7\",\"time\":1561971601}\n"),
        (
            "date=2019-07-01/event=View/a.json",
            b"[{\"distinct_id\":\"7\",\"time\":1561971602},\n {\"distinct_id\":\"8\",\"time\":1561971603}]",
        ),
        ("date=2019-07-01/event=View/b.csv.gz", &gz),
    ]);
    assert_eq!(
        rows_of(&folder, &Options::default()),
        [
            r#"7 Buy 2 {"distinct_id":"7","time":1561971600,"plan":"pro, yearly","date":"2019-07-01"}"#,
            r#"7 Sign Up 1 {"date":"2019-07-01","distinct_id":"7","time":1561971601}"#,
            r#"7 View 1 {"date":"2019-07-01","distinct_id":"7","time":1561971602}"#,
            r#"8 View 2 {"date":"2019-07-01","distinct_id":"8","time":1561971603}"#,
            r#"gz View 2 {"distinct_id":"gz","time":1561971604,"date":"2019-07-01"}"#,
        ]
    );
}

#[test]
fn files_with_the_same_text_in_two_folders_are_two_files() {
    let text = b"distinct_id,time\n7,1561971600\n";
    let folder = folder(&[("event=Buy/a.csv", text), ("event=View/a.csv", text)]);
    let rows = rows_of(&folder, &Options::default());
    assert_eq!(rows.len(), 2);
    assert!(rows[0].starts_with("7 Buy") && rows[1].starts_with("7 View"), "{rows:?}");
    // And known again.
    let mut writer = store();
    let input = || vec![Input::Path(folder.path().to_owned())];
    run(&mut writer, input(), &Options::default());
    assert_eq!(run(&mut writer, input(), &Options::default()).events, 0);
}

#[test]
fn a_column_of_the_file_itself_counts() {
    let folder = folder(&[
        ("event=Buy/a.csv", b"distinct_id,event,time\n7,View,1561971600\n"),
        ("event=Buy/a.jsonl", b"{\"distinct_id\":\"7\",\"time\":1561971601,\"event\":\"Click\"}\n"),
    ]);
    let rows = rows_of(&folder, &Options::default());
    assert!(rows[0].starts_with("7 Click 1") && rows[1].starts_with("7 View 2"), "{rows:?}");
}

#[test]
fn the_raw_export_and_what_an_sdk_sent_are_read_as_anywhere() {
    let export = br#"{"event":"A","properties":{"distinct_id":"7","time":1561971600,"date":"own"}}"#;
    let sent = br#"[{"event":"B","properties":{"distinct_id":"7","time":1561971601,"token":"t"}}]"#;
    let folder = folder(&[("id=5/user=6/a.jsonl", export), ("id=5/b.jsonl", sent)]);
    let rows = rows_of(&folder, &Options::default());
    assert!(rows[0].starts_with("7 A 1 {") && rows[0].contains(r#""date":"own""#), "{rows:?}");
    assert!(rows[1].starts_with("7 B 1 "), "{rows:?}");
}

#[test]
fn a_map_can_name_a_column_of_a_folder() {
    let folder = folder(&[("what=Buy/a.csv", b"who,at\n7,1561971600\n")]);
    let map = journey::formats::Map::parse("id=who,event=what,time=at").unwrap();
    let rows = rows_of(&folder, &Options { map: Some(Arc::new(map)), ..Options::default() });
    assert!(rows[0].starts_with("7 Buy 2"), "{rows:?}");
}
