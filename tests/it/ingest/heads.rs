//! Tables that were put together: a head behind the first is no row.

use super::*;

/// Rows of a table of events, which fill more than is looked at to say what a file is.
fn rows(id: &str, count: i64) -> String {
    (0..count).fold(String::new(), |rows, n| rows + &format!("View,{id},{},{}\n", 1_561_971_600 + n, "x".repeat(80)))
}

const HEAD: &str = "event,distinct_id,time,page\n";

fn reasons(report: &FileReport) -> Vec<(&str, u64, u64)> {
    report.reasons.iter().map(|why| (why.reason.as_str(), why.count, why.line)).collect()
}

#[test]
fn the_head_of_a_table_that_comes_again_is_passed_over_and_counted() {
    for head in
        [HEAD.to_owned(), format!("\u{feff}{HEAD}"), HEAD.replace('\n', "\r\n"), HEAD.replace("event", "\"event\"")]
    {
        for count in [3, 900] {
            let file = format!("{HEAD}{}{head}{}{head}{}", rows("a", count), rows("b", count), rows("c", 1));
            for chunk in [600, 1 << 20] {
                let mut writer = store();
                let options = Options { chunk, ..Options::default() };
                let report = run(&mut writer, vec![bytes("x.csv", &file)], &options).files.remove(0);
                let events = u64::try_from(2 * count + 1).unwrap();
                assert_eq!((report.events, report.skipped, report.rejected), (events, 2, 0), "{head:?} {count}");
                assert_eq!(report.rows, events + 2);
                let ids = writer.into_reader().unwrap().all_ids().unwrap();
                assert_eq!(ids, ["a", "b", "c"].map(Id::new));
            }
        }
    }
}

#[test]
fn rows_under_the_head_of_another_table_are_refused_until_the_own_head_comes_again() {
    let swapped = "event,time,distinct_id,page\n";
    let other = "View,1561971600,b,p\nView,1561971601,b,\"p,\nq\"\n";
    let file = format!("{HEAD}{}{swapped}{other}\n{HEAD}{}", rows("a", 900), rows("c", 900));
    for chunk in [600, 1 << 20] {
        let mut writer = store();
        let options = Options { chunk, ..Options::default() };
        let report = run(&mut writer, vec![bytes("x.csv", &file)], &options).files.remove(0);
        assert_eq!((report.events, report.skipped, report.rejected), (1800, 1, 3));
        let why = "it is under a second head, event,time,distinct_id,page; write each table into a file of its own";
        assert_eq!(reasons(&report), [(why, 3, 902)]);
        let reader = writer.into_reader().unwrap();
        assert_eq!(reader.all_ids().unwrap(), ["a", "c"].map(Id::new));
        let rejects = reader.rejects(9).unwrap();
        assert_eq!(rejects.iter().map(|reject| reject.line).collect::<Vec<_>>(), [902, 903, 904]);
    }
}

#[test]
fn a_file_that_is_resumed_under_another_head_refuses_as_one_that_is_read_at_once() {
    let swapped = "event,time,distinct_id,page\n";
    let other = "View,1561971600,b,p\n".repeat(400);
    let file = format!("{HEAD}{}{swapped}{other}", rows("a", 900));
    let whole = {
        let mut writer = store();
        run(&mut writer, vec![bytes("x.csv", &file)], &small());
        content(writer)
    };
    for stop in [0, 100, 300] {
        let mut killed = store();
        import(&mut killed, vec![bytes("x.csv", &file)], &small(), &mut |progress| {
            if progress.rejected > stop { Flow::Stop } else { Flow::Continue }
        })
        .unwrap();
        let resumed = run(&mut killed, vec![bytes("x.csv", &file)], &small()).files.remove(0);
        assert!(resumed.resumed, "{stop}");
        assert_eq!(content(killed), whole, "{stop}");
    }
}

#[test]
fn no_line_of_a_table_of_aliases_is_a_pair_because_it_names_columns() {
    let pairs = |from: i64, count: i64| {
        (from..from + count).fold(String::new(), |all, n| all + &format!("user-{n},anon-{n}\n"))
    };
    for (second, events, skipped, rejected) in [
        ("alias,distinct_id", 4000, 1, 0),
        ("distinct_id,alias", 3000, 0, 1001),
        ("key,target", 3000, 0, 1001),
        ("\"alias\",\"distinct_id\"", 4000, 1, 0),
        // A person may be called so.
        ("alias,sally", 4001, 0, 0),
        ("event,distinct_id", 4001, 0, 0),
    ] {
        let file = format!("alias,distinct_id\n{}{second}\n{}", pairs(0, 3000), pairs(3000, 1000));
        let mut writer = store();
        let report = read(&mut writer, bytes("x.csv", &file));
        assert_eq!((report.aliases, report.skipped, report.rejected), (events, skipped, rejected), "{second}");
    }
}

#[test]
fn a_row_in_json_behind_a_table_is_no_row_of_it() {
    let pairs = (0..4000).fold("alias,distinct_id\n".to_owned(), |all, n| all + &format!("user-{n},anon-{n}\n"));
    let file = pairs + "{\"alias\":\"sally\",\"distinct_id\":\"12345\"}\n{half,anon\n";
    let mut writer = store();
    let report = read(&mut writer, bytes("x.csv", &file));
    assert_eq!((report.aliases, report.rejected), (4001, 1));
    assert_eq!(reasons(&report), [("a row in JSON in a table; write each into a file of its own", 1, 4002)]);
}

#[test]
fn lists_of_values_under_another_head_are_refused() {
    let rows = |id: &str, count: i64| {
        (0..count).fold(String::new(), |rows, n| rows + &format!("[\"View\",\"{id}\",{}]\n", 1_561_971_600 + n))
    };
    let own = "[\"event\",\"distinct_id\",\"time\"]\n";
    let swapped = "[\"distinct_id\",\"event\",\"time\"]\n";
    let file = format!("{own}{}{own}{}{swapped}{}{own}{}", rows("a", 3000), rows("b", 9), rows("c", 9), rows("d", 9));
    let mut writer = store();
    let report = read(&mut writer, bytes("x.jsonl", &file));
    assert_eq!((report.events, report.skipped, report.rejected), (3018, 2, 10));
    assert_eq!(writer.into_reader().unwrap().all_ids().unwrap(), ["a", "b", "d"].map(Id::new));
}
