//! Files that have what events need and would be read wrongly: refused, with what to change, and close ones that are
//! read.

use std::fs;
use std::process::{Command, Stdio};

use super::{Home, code, err};

/// Five rows of a table, each with its number and that of its user in it.
fn table(head: &str, row: &str) -> String {
    let rows = (1..=5).map(|at: u32| row.replace('#', &at.to_string()).replace('@', &(at % 2).to_string()));
    [head.to_owned()].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_can_be_read_in_two_ways_is_refused_and_what_is_close_is_read() {
    let home = Home::new();
    let day = "2019-07-0#";
    for (head, row, says) in [
        // The same column twice.
        ("event,event,distinct_id,time", &*format!("A,B,u@,{day}"), "two of the columns are called event"),
        ("event,distinct_id,time,time", &format!("A,u@,{day},2011-01-01"), "two of the columns are called time"),
        ("event,distinct_id,time,x,x", &format!("A,u@,{day},1,2"), "two of the columns are called x"),
        // Also of another vendor.
        (
            "uuid,event,distinct_id,distinct_id,timestamp,properties",
            &*format!("i#,A,u@,v,{day} 09:00:00,{{}}"),
            "two of the columns are called distinct_id",
        ),
        // Ids and times as spreadsheets write them, and dates as numbers.
        ("event,distinct_id,time", &format!("A,1.23457E+1@,{day}"), "ids has numbers such as 1.23457E+11"),
        ("event,distinct_id,time", "A,u@,4365#.25", "time cannot be right: numbers such as 43651.25 are no times"),
        ("event,distinct_id,time", "A,u@,2019070#", "numbers such as 20190701 are no times"),
        ("event,distinct_id,time", "A,u@,2019070109000#", "numbers such as 20190701090001 are no times"),
        // People.
        ("name,distinct_id,time,email", &format!("Ada #,u@,{day},a#@example.com"), "next to email, of a person"),
    ] {
        fs::write(home.path("x.csv"), table(head, row)).unwrap();
        let output = home.run(&["import", "x.csv", "--store", "no.db"]);
        assert_eq!(code(&output), 2, "{head} {row}");
        assert!(err(&output).contains(says), "{head} {row}: {}", err(&output));
        assert!(!home.path("no.db").exists(), "{head} {row}");
    }
    for (at, (head, row)) in [
        ("event,Event Name,distinct_id,time", &*format!("A,B,u@,{day}")),
        ("event,distinct_id,time", &format!("A,1.2E+1@x,{day}")),
        ("event,distinct_id,time", "A,u@,156197160#.25"),
        ("event,distinct_id,time,email", &format!("A,u@,{day},a#@example.com")),
        ("name,distinct_id,time,properties", &format!("A,u@,{day},\"{{\"\"email\"\":\"\"a@example.com\"\"}}\"")),
    ]
    .into_iter()
    .enumerate()
    {
        fs::write(home.path("x.csv"), table(head, row)).unwrap();
        let import = home.json(0, &["import", "x.csv", "--store", &format!("{at}.db")]);
        assert_eq!((&import["events"], &import["rejected"]), (&5.into(), &0.into()), "{head} {row}: {import}");
    }
}

#[test]
fn one_time_that_cannot_be_is_counted_and_refuses_no_file() {
    let home = Home::new();
    fs::write(home.path("x.csv"), "event,distinct_id,time\nA,u,43651\nA,u,1561971600\n").unwrap();
    let import = home.json(0, &["import", "x.csv", "--store", "s.db"]);
    assert_eq!((&import["events"], &import["files"][0]["odd_times"]), (&2.into(), &1.into()), "{import}");
}

#[test]
fn rows_that_never_name_an_id_are_refused_with_the_map_that_reads_them() {
    let home = Home::new();
    let row = r#"{"event":"Placed Order","customer_properties":{"$email":"ada@example.com"},"properties":{"a":1},"time":1561971600,"token":"t"}"#;
    fs::write(home.path("x.jsonl"), row).unwrap();
    let output = home.run(&["import", "x.jsonl", "--store", "s.db"]);
    assert_eq!(code(&output), 2);
    let map = "id=customer_properties.$email,event=event,time=time";
    assert!(err(&output).contains("no id (distinct_id)"), "{}", err(&output));
    assert!(err(&output).contains(&format!("--map '{map}' reads them")), "{}", err(&output));
    home.json(0, &["import", "x.jsonl", "--map", map, "--store", "s.db"]);
    assert_eq!(home.json(0, &["show", "ada@example.com", "--store", "s.db"])["events"][0]["event"], "Placed Order");
    // The raw export of a project can have rows without an id.
    fs::write(home.path("raw.jsonl"), r#"{"event":"A","properties":{"time":1561971600}}"#).unwrap();
    assert_eq!(home.json(0, &["import", "raw.jsonl", "--store", "raw.db"])["events"], 1);
}

#[test]
fn a_file_that_is_read_from_its_end_is_refused_where_it_comes_through_a_pipe() {
    let home = Home::new();
    let fifo = home.path("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let heads: [(&[u8], &str); 3] = [
        (b"PK\x03\x04", "fifo is a zip archive inside another file or from a pipe"),
        (b"PAR1", "fifo is a Parquet file inside another file or from a pipe"),
        (b"SQLite format 3\0", "fifo is a SQLite file inside of something else or from a pipe"),
    ];
    for (head, says) in heads {
        for option in [&[][..], &["--dry-run"], &["--map-for"]] {
            let mut command = home.command();
            command.arg("import").args(option).arg(&fifo).stdout(Stdio::piped()).stderr(Stdio::piped());
            let child = command.spawn().unwrap();
            let mut content = head.to_vec();
            content.resize(4096, 0);
            fs::write(&fifo, content).unwrap();
            let output = child.wait_with_output().unwrap();
            assert_eq!(code(&output), 2, "{says}");
            // What a pipe holds is no file that a database could be opened in.
            let is_database = head.starts_with(b"SQLite") && option == ["--map-for"];
            assert!(err(&output).contains(says) || is_database, "{option:?}: {}", err(&output));
        }
    }
}
