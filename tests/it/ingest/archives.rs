//! Files in zip and tar archives.

use std::fs;
use std::io::{self, Cursor, Read, Write as _};
use std::path::Path;

use journey::ingest::{self, Flow, Input, Options, Report, Stop};
use journey::model::Id;
use journey::store::{Reader, Writer};
use zip::write::{SimpleFileOptions, ZipWriter};

fn row(id: &str, at: u64) -> String {
    format!(
        "{{\"event\":\"E{at}\",\"properties\":{{\"time\":{},\"distinct_id\":\"{id}\",\"mp_processing_time_ms\":{}}}}}\n",
        1_561_971_600 + at,
        1_561_971_600_500 + at * 1000
    )
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(content).unwrap();
    packed.finish().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        if let Some(folder) = name.strip_suffix('/') {
            zip.add_directory(folder, SimpleFileOptions::default()).unwrap();
        } else {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(content).unwrap();
        }
    }
    zip.finish().unwrap().into_inner()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        let folder = name.ends_with('/');
        header.set_entry_type(if folder { tar::EntryType::Directory } else { tar::EntryType::Regular });
        header.set_size(content.len() as u64);
        // A name that leads elsewhere can be written only as it is.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        tar.append(&header, *content).unwrap();
    }
    tar.into_inner().unwrap()
}

fn link(name: &str, to: &str) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    tar.append_link(&mut header, name, to).unwrap();
    tar.into_inner().unwrap()
}

fn import(inputs: Vec<Input>, options: &Options) -> (Result<Report, ingest::Error>, Reader) {
    let mut writer = Writer::in_memory().unwrap();
    let report = ingest::import(&mut writer, inputs, options, &mut |_| Flow::Continue);
    (report, writer.into_reader().unwrap())
}

/// What comes of an archive on disk: its files with their rows, and everything that is said.
fn imported(name: &str, content: &[u8]) -> (Vec<(String, u64)>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    let (report, _) = import(vec![Input::Path(path)], &Options::default());
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing is written to disk");
    match report {
        Ok(report) => {
            let said = report.warnings.iter().cloned().chain(report.failures.iter().map(ToString::to_string));
            let said = said.collect::<Vec<_>>().join("\n");
            (report.files.into_iter().map(|file| (file.file, file.events)).collect(), said)
        }
        Err(error) => (Vec::new(), format!("{error}; {}", error.advice().unwrap_or_default())),
    }
}

#[test]
fn a_workbook_is_called_one_and_not_an_archive_of_xml() {
    for (members, says) in [
        (
            vec!["[Content_Types].xml", "xl/theme/theme1.xml", "xl/workbook.xml"],
            "a workbook of Excel; save its sheet as CSV",
        ),
        (vec!["META-INF/manifest.xml", "content.xml", "mimetype"], "a workbook of LibreOffice; save its sheet as CSV"),
    ] {
        let members: Vec<(&str, &[u8])> =
            members.into_iter().map(|name| (name, &b"<?xml version='1.0'?><a/>"[..])).collect();
        let (files, said) = imported("july.xlsx", &zip(&members));
        assert!(files.is_empty() && said.contains(says), "{said}");
    }
}

#[test]
fn day_files_are_the_same_in_a_folder_and_in_any_archive() {
    let (first, second) = ((1..4).map(|at| row("a", at)).collect::<String>(), row("b", 9));
    let packed = gzip(second.as_bytes());
    // Not in the order of their names.
    let members: Vec<(&str, &[u8])> = vec![
        ("export/", b""),
        ("export/02.json.gz", &packed),
        ("export/01.jsonl", first.as_bytes()),
        ("export/.DS_Store", b"\0"),
    ];
    let in_order = [members[0], members[2], members[1], members[3]];
    let folder = tempfile::tempdir().unwrap();
    let files = |name: &str| vec![(format!("{name}:export/01.jsonl"), 3), (format!("{name}:export/02.json.gz"), 1)];
    for (name, content) in [
        ("july.zip", zip(&members)),
        ("july.tar", tar(&in_order)),
        ("july.tar.gz", gzip(&tar(&in_order))),
        ("july.tgz", gzip(&tar(&in_order))),
        ("july.tar.zst", zstd::encode_all(&*tar(&in_order), 1).unwrap()),
        ("without-an-ending", zip(&members)),
    ] {
        assert_eq!(imported(name, &content), (files(name), String::new()), "{name}");
        fs::write(folder.path().join(name), content).unwrap();
    }
    // A folder of archives is read like one of files, and what is known is stored once.
    let (report, reader) = import(vec![Input::Path(folder.path().to_owned())], &Options::default());
    let report = report.unwrap();
    assert_eq!((report.events, report.files.len()), (4, 10), "{:?}", report.files);
    assert!(report.files.iter().skip(2).all(|file| file.already));
    let events = reader.events_of(&Id::new("a"), 99).unwrap();
    let sources: Vec<_> = events.iter().map(|event| (event.source.file.to_string(), event.source.line)).collect();
    assert_eq!(sources, [1, 2, 3].map(|line| (report.files[0].file.clone(), line)));
}

#[test]
fn a_name_that_leads_elsewhere_is_a_name_and_nothing_more() {
    let content = row("a", 1);
    for name in ["../../../tmp/journey-leads-elsewhere.jsonl", "/tmp/journey-leads-elsewhere.jsonl"] {
        let files = vec![(format!("x.tar:{name}"), 1)];
        assert_eq!(imported("x.tar", &tar(&[(name, content.as_bytes())])), (files, String::new()));
        let files = vec![(format!("x.zip:{name}"), 1)];
        assert_eq!(imported("x.zip", &zip(&[(name, content.as_bytes())])), (files, String::new()));
        assert!(!Path::new("/tmp/journey-leads-elsewhere.jsonl").exists());
    }
}

#[test]
fn what_is_not_read_of_an_archive_is_said_and_the_rest_is_read() {
    let content = row("a", 1);
    let good: (&str, &[u8]) = ("z.jsonl", content.as_bytes());
    let inner = zip(&[good]);
    for (name, archive, says) in [
        ("nested.tar", tar(&[("in.zip", &inner), good]), "nested.tar:in.zip is an archive inside of an archive"),
        ("nested.zip", zip(&[("in.tar", &tar(&[good])), good]), "nested.zip:in.tar is an archive inside of an archive"),
        (
            "nested.tgz",
            gzip(&tar(&[("in.tgz", &gzip(&tar(&[good]))), good])),
            "in.tgz is an archive inside of an archive",
        ),
        ("sqlite.zip", zip(&[("a.db", b"SQLite format 3\0...."), good]), "sqlite.zip:a.db is a SQLite file inside"),
        ("notes.zip", zip(&[("README.md", b"# Notes\n\nof the export\n"), good]), "passed over: notes.zip:README.md"),
        (
            "link.tar",
            [&link("l.jsonl", "/etc/passwd")[..512], &tar(&[good])].concat(),
            "link.tar:l.jsonl is not read: it is a link",
        ),
    ] {
        let (files, said) = imported(name, &archive);
        assert_eq!(files, [(format!("{name}:z.jsonl"), 1)], "{name}: {said}");
        assert!(said.contains(says), "{name}: {said}");
    }
    let many: Vec<String> = (0..9).map(|at| format!("{at}.txt")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &b"prose"[..])).chain([good]).collect();
    let (_, said) = imported("many.zip", &zip(&many));
    assert_eq!(said.lines().count(), 6, "{said}");
    assert!(said.contains("passed over: 4 more files in many.zip"), "{said}");
}

#[test]
fn a_damaged_or_made_up_archive_is_reported_and_what_came_before_is_kept() {
    let content = row("a", 1);
    let member: (&str, &[u8]) = ("a1.jsonl", content.as_bytes());
    let of = |archive: &[u8], from: &[u8], to: &[u8]| {
        let mut changed = archive.to_vec();
        let at = changed.windows(from.len()).rposition(|part| part == from).unwrap();
        changed[at..at + to.len()].copy_from_slice(to);
        changed
    };
    let plain = zip(&[member]);
    // The last header is that of the list: bytes 8 are its flags, 20 its packed and 24 its unpacked size.
    let list = plain.windows(4).rposition(|part| part == b"PK\x01\x02").unwrap();
    let patched = |at: usize, value: &[u8]| {
        let mut changed = plain.clone();
        changed[list + at..list + at + value.len()].copy_from_slice(value);
        changed
    };
    let two = zip(&[member, ("a2.jsonl", content.as_bytes())]);
    let two = of(&of(&two, b"a2.jsonl", b"a1.jsonl"), b"a2.jsonl", b"a1.jsonl");
    for (name, archive, says) in [
        ("same.zip", two, "some of its files have the same name"),
        ("locked.zip", patched(8, &[1, 0]), "locked.zip:a1.jsonl is not read: it is encrypted"),
        ("method.zip", patched(10, &[12, 0]), "packed in a way that is not read"),
        ("overlap.zip", patched(20, &[0xff, 0xff, 0, 0]), "its members overlap"),
        ("long.zip", patched(24, &[1, 0, 0, 0]), "larger than its declared uncompressed size"),
        ("sum.zip", patched(16, &[0, 0, 0, 0]), "Invalid checksum"),
        ("cut.zip", plain[..plain.len() - 30].to_vec(), "cannot be read, or not to its end"),
        ("empty.zip", zip(&[]), "empty.zip is an archive without files"),
        ("folder.tar", tar(&[("only/", b"")]), "folder.tar is an archive without files"),
    ] {
        let (files, said) = imported(name, &archive);
        assert!(said.contains(says), "{name}: {said}");
        assert!(files.iter().all(|(_, events)| *events <= 1), "{name}");
    }
    let day: String = (0..900).map(|at| row("a", at)).collect();
    let cut = &tar(&[("1.jsonl", content.as_bytes()), ("2.jsonl", day.as_bytes())])[..9000];
    let (files, said) = imported("cut.tar", cut);
    assert_eq!(files[0], ("cut.tar:1.jsonl".to_owned(), 1));
    assert!(files[1].1 > 10 && said.contains("cut.tar:2.jsonl could be read for"), "{files:?} {said}");
    // A zip archive that cannot be looked into from its end.
    let (report, _) = import(vec![Input::Stdin(Box::new(Cursor::new(plain.clone())))], &Options::default());
    let error = report.unwrap_err();
    assert!(
        error.to_string().contains("list of contents is at its end")
            && error.advice().unwrap().contains("import the file itself")
    );
    let (files, said) = imported("packed.zip.gz", &gzip(&plain));
    assert!(files.is_empty() && said.contains("list of contents is at its end"), "{said}");
}

#[test]
fn a_tar_archive_is_read_from_a_pipe_and_same_names_are_read_each() {
    let (first, second) = (row("a", 1), row("b", 2));
    let archive = tar(&[("day.jsonl", first.as_bytes()), ("day.jsonl", second.as_bytes())]);
    let (report, _) = import(vec![Input::Stdin(Box::new(Cursor::new(archive)))], &Options::default());
    let report = report.unwrap();
    assert_eq!(report.events, 2);
    assert!(report.files.iter().all(|file| file.file == "<stdin>:day.jsonl"), "{:?}", report.files);
}

/// A tar archive with one member that never ends; an import has to stop when it has seen a part of it.
struct Endless {
    header: Cursor<Vec<u8>>,
    content: &'static [u8],
    given: usize,
    stop: Stop,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.header.read(buffer)?;
        if read > 0 {
            return Ok(read);
        }
        if self.given > 4 << 20 {
            self.stop.set();
        }
        let part = self.content.len().min(buffer.len());
        buffer[..part].copy_from_slice(&self.content[..part]);
        self.given += part;
        Ok(part)
    }
}

#[test]
fn a_stop_is_heard_in_a_member_that_never_ends() {
    let row = b"{\"event\":\"A\",\"properties\":{\"time\":1561971600,\"distinct_id\":\"a\"}}\n";
    for content in [&[0; 4096][..], &row[..]] {
        let mut header = tar::Header::new_gnu();
        header.set_path("endless.jsonl").unwrap();
        header.set_size(1 << 40);
        header.set_cksum();
        let options = Options { longest_record: 1 << 16, ..Options::default() };
        let header = Cursor::new(header.as_bytes().to_vec());
        let reader = Endless { header, content, given: 0, stop: options.stop.clone() };
        let mut writer = Writer::in_memory().unwrap();
        let input = Input::Stream { name: "endless.tar".to_owned(), reader: Box::new(reader) };
        let report = ingest::import(&mut writer, vec![input], &options, &mut |_| Flow::Continue);
        assert!(report.is_err() || report.unwrap().cancelled);
    }
}

/// The rows of files of `tests/data/parquet`, which `pyarrow` 26.0 wrote: place, name and time.
fn columns(names: &[&str]) -> Vec<String> {
    let (report, reader) = import(names.iter().map(|name| Input::Path(parquet(name))).collect(), &Options::default());
    let report = report.unwrap();
    assert!(report.failures.is_empty() && report.rejected == 0, "{report:?}");
    let mut rows = Vec::new();
    for id in reader.all_ids().unwrap() {
        for event in reader.events_of(&id, 99).unwrap() {
            rows.push(format!("{}:{} {} {}", event.source.file, event.source.line, event.event, event.time));
        }
    }
    rows.sort();
    rows
}

fn parquet(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

#[test]
fn each_type_of_a_parquet_column_becomes_what_json_has_for_it() {
    let content = fs::read(parquet("parquet/types.parquet")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("types.parquet");
    fs::write(&path, content).unwrap();
    let (previews, failures) = ingest::preview(vec![Input::Path(path)], &Options::default()).unwrap();
    assert!(failures.is_empty());
    let rows: Vec<&str> = previews[0].rows.iter().map(|row| row.properties.as_str()).collect();
    assert_eq!(
        rows,
        [
            r#"{"distinct_id":42,"time":1561971600,"user":7,"price":12.50,"day":"2019-07-01","wall":"2019-07-01T09:00:00.250","utc":"2019-07-01T09:00:00.250Z","nanos":"2019-07-01T09:00:00.123456789","clock":"09:00:00.000005","bytes":"text","big":18446744073709551615,"nan":null,"is":true,"tags":["x","y"],"times":["2019-07-01T00:00:00Z"],"map":{"a":1,"b \"c\"":2},"deep":{"a":{"b":[{"c":1}]}}}"#,
            r#"{"time":1561971660,"price":-0.05,"day":"1969-12-31","bytes":"/wA=","big":0,"nan":0.1,"is":false,"tags":[],"deep":{}}"#,
        ]
    );
}

/// Warehouses write whole numbers as decimals without places: every number of Snowflake is one. `pyarrow` 26.0
/// wrote the files.
#[test]
fn a_decimal_without_places_is_a_whole_number() {
    for (name, list) in
        [("whole-decimals", ["", ""]), ("whole-decimals-in-list", [r#","list":[1,-20]"#, r#","list":[]"#])]
    {
        let input = Input::Path(parquet(&format!("parquet/{name}.parquet")));
        let (previews, failures) = ingest::preview(vec![input], &Options::default()).unwrap();
        assert!(failures.is_empty());
        let rows: Vec<&str> = previews[0].rows.iter().map(|row| row.properties.as_str()).collect();
        let [first, second] = list;
        assert_eq!(
            rows,
            [
                format!(
                    r#"{{"distinct_id":42,"time":1561971600,"count":-3,"total":1561971600000,"price":12.50{first}}}"#
                ),
                format!(
                    r#"{{"distinct_id":10000000000000000000000000000000000007,"time":1561971660,"total":0,"price":-0.05{second}}}"#
                ),
            ],
            "{name}"
        );
        let (_, reader) = import(vec![Input::Path(parquet(&format!("parquet/{name}.parquet")))], &Options::default());
        let ids = reader.all_ids().unwrap();
        assert_eq!(ids.iter().map(Id::as_str).collect::<Vec<_>>(), ["10000000000000000000000000000000000007", "42"]);
    }
}

/// `pyarrow` 26.0 wrote a table parted by day and event.
#[test]
fn columns_that_folders_name_are_those_of_each_row() {
    assert_eq!(
        columns(&["parquet/partitioned"]),
        [
            "event=Buy/part-0.parquet:1 Buy 1561971700000",
            "event=Sign%20Up/part-0.parquet:1 Sign Up 1562058000000",
            "event=View/part-0.parquet:1 View 1561971600000",
        ]
    );
    let input = Input::Path(parquet("parquet/partitioned/date=2019-07-01/event=Buy/part-0.parquet"));
    let (previews, failures) = ingest::preview(vec![input], &Options::default()).unwrap();
    assert!(failures.is_empty());
    let row = &previews[0].rows[0];
    assert_eq!(row.properties, r#"{"distinct_id":"007","time":1561971700,"date":"2019-07-01"}"#);
    // The day is a property, and no id.
    let (_, reader) = import(vec![Input::Path(parquet("parquet/partitioned"))], &Options::default());
    let ids = reader.all_ids().unwrap();
    assert_eq!(ids.iter().map(Id::as_str).collect::<Vec<_>>(), ["007", "7", "anon-1"]);
}

#[test]
fn a_column_may_have_another_type_in_another_file_and_an_id_stays_the_same() {
    assert_eq!(
        columns(&["parquet/types.parquet", "parquet/other-types.parquet"]),
        [
            "other-types.parquet:1 C 1561971720000",
            "other-types.parquet:2 D 1561971780000",
            "types.parquet:1 A 1561971600000",
        ]
    );
}

#[test]
fn a_row_of_parquet_keeps_its_row_group_and_its_number_in_it() {
    let rows = columns(&["formats/pyarrow-groups.parquet"]);
    let places: Vec<&str> = rows.iter().map(|row| row.split(" 15619").next().unwrap()).collect();
    assert_eq!(
        places,
        [
            "pyarrow-groups.parquet:row group 0:1 Page Viewed",
            "pyarrow-groups.parquet:row group 0:2 $create_alias",
            "pyarrow-groups.parquet:row group 1:1 Sign Up",
            "pyarrow-groups.parquet:row group 1:2 Invoice Sent",
        ]
    );
}

/// Rows of a project at UTC-7: those of row group 0 say when they arrived, those of 1 do not, those of
/// 2 have neither name nor id, and one of 3 says it again.
const ONE_CLOCK: &str = "parquet/one-clock.parquet";

#[test]
fn all_row_groups_of_a_file_are_on_one_clock_and_have_the_same_columns() {
    let hour = |number: i64| (1_561_971_600 + number * 3_600) * 1_000;
    let rows = [(0, 1, 0), (0, 2, 1), (1, 1, 2), (1, 2, 3), (3, 1, 6), (3, 2, 7)];
    let rows = rows.map(|(group, line, at)| format!("one-clock.parquet:row group {group}:{line} View {}", hour(at)));
    assert_eq!(columns(&[ONE_CLOCK]), rows);
    let (report, _) = import(vec![Input::Path(parquet(ONE_CLOCK))], &Options::default());
    let report = report.unwrap();
    assert_eq!((report.events, report.files.len(), report.warnings), (8, 4, Vec::new()));
    // The next file is on a clock of its own.
    let silent = r#"{"event":"View","properties":{"time":1561971600,"distinct_id":"u-2"}}"#;
    let (_, reader) = import(
        vec![Input::Path(parquet(ONE_CLOCK)), Input::Bytes { name: "x".to_owned(), content: silent.into() }],
        &Options::default(),
    );
    assert_eq!(reader.events_of(&Id::new("u-2"), 9).unwrap()[0].time, hour(0));
}

#[test]
fn an_import_that_stopped_between_row_groups_resumes_with_the_same_clock() {
    let times = |writer: Writer| -> Vec<i64> {
        let events = writer.into_reader().unwrap().events_of(&Id::new("u-1"), 99).unwrap();
        events.iter().map(|event| event.time).collect()
    };
    let input = || vec![Input::Path(parquet(ONE_CLOCK))];
    let mut whole = Writer::in_memory().unwrap();
    ingest::import(&mut whole, input(), &Options::default(), &mut |_| Flow::Continue).unwrap();
    let whole = times(whole);
    for most in 1..8 {
        let mut stopped = Writer::in_memory().unwrap();
        let mut steps = 0;
        let stopping = &mut |_: &ingest::Progress| {
            steps += 1;
            if steps > most { Flow::Stop } else { Flow::Continue }
        };
        // One that stopped before its first row says so.
        let _ = ingest::import(&mut stopped, input(), &Options::default(), stopping);
        ingest::import(&mut stopped, input(), &Options::default(), &mut |_| Flow::Continue).unwrap();
        assert_eq!(times(stopped), whole, "stopped after {most} steps");
    }
}

#[test]
fn a_parquet_file_that_is_not_read_says_why() {
    let of = |name: &str| fs::read(parquet(name)).unwrap();
    let whole = of("formats/pyarrow-flat.parquet");
    let mut damaged = whole.clone();
    let middle = damaged.len() / 3;
    damaged[4..middle].fill(0xff);
    for (name, content, says) in [
        ("brotli.parquet", of("parquet/brotli.parquet"), "its columns are packed with Brotli"),
        ("counts.parquet", of("parquet/counts.parquet"), "count, day, but no name of an event"),
        ("cut.parquet", whole[..whole.len() - 9].to_vec(), "cannot be read, or not to its end"),
        ("damaged.parquet", damaged, "damaged.parquet"),
        ("in.zip", zip(&[("x.parquet", &whole)]), "is a Parquet file inside another file"),
        ("x.parquet.gz", gzip(&whole), "is a Parquet file inside another file"),
    ] {
        let (files, said) = imported(name, &content);
        assert!(files.iter().all(|(_, events)| *events == 0) && said.contains(says), "{name}: {files:?} {said}");
    }
    let (files, said) = imported("no-rows.parquet", &of("parquet/no-rows.parquet"));
    assert_eq!((files, said.as_str()), (vec![("no-rows.parquet".to_owned(), 0)], "no-rows.parquet is empty"));
}

#[test]
fn a_tar_archive_without_its_end_is_incomplete_wherever_it_was_cut() {
    let content: String = (0..40).map(|n| row("u", n)).collect();
    let whole = tar(&[("1.jsonl", content.as_bytes()), ("2.jsonl", content.replace('E', "F").as_bytes())]);
    let second = whole.windows(7).position(|name| name == b"2.jsonl").unwrap();
    let end = whole.len() - 1024;
    let read = |content: &[u8]| {
        let (report, reader) = import(
            vec![Input::Bytes { name: "x.tar".to_owned(), content: content.to_vec() }],
            &Options { chunk: 4096, ..Options::default() },
        );
        (report.is_ok_and(|report| report.failures.is_empty()), reader.all_ids().unwrap().len())
    };
    assert_eq!(read(&whole), (true, 1));
    // One block of zeros ends an archive, too, and some writers fill it up to a multiple of something.
    assert_eq!(read(&whole[..end + 512]), (true, 1));
    assert_eq!(read(&[&*whole, &[0; 9216]].concat()), (true, 1));
    for cut in [second, second + 100, second + 512, second + 700, end, end + 100] {
        assert!(!read(&whole[..cut]).0, "{cut}");
    }
    let packed = gzip(&[&*whole, &[0; 9216]].concat());
    assert_eq!(read(&packed), (true, 1));
    for less in [1, 4, 8, 12] {
        assert!(!read(&packed[..packed.len() - less]).0, "{less} bytes less");
    }
}
