//! The program in a real terminal: what a person sees, and what is left when it ends.

#[path = "../it/warehouse/servers.rs"]
#[expect(dead_code, reason = "other tests need more of it")]
#[expect(clippy::unwrap_used, reason = "a test that cannot be set up has to fail")]
mod servers;
mod support;

use std::sync::Arc;

use journey::identity::Journey;
use journey::model::Id;
use journey::tui::{Backend, Failure, FailureKind, Hits, Options, StartPage};
use support::{Session, wait_for_file};

#[test]
fn from_the_first_screen_to_a_timeline_and_out_again() {
    let mut session = Session::start(80, 24);
    session.wait_for("open one of these");
    session.press("sally@gm");
    session.wait_for("1 person, complete");
    session.press("\r");
    session.wait_for("ALIAS ACCEPTED");
    session.press("e");
    session.wait_for("REFUSED");
    session.press("o");
    session.wait_for("ids of this user");
    session.press("?");
    session.wait_for("help  the identity screen");
    session.press("q");
    assert_eq!(session.end(), 0);
}

#[test]
fn a_redacted_screen_has_no_id_and_a_key_switches_it() {
    let mut session = Session::start_with(&["--id", "sally@gmail.com", "--redact"], &[], 120, 40);
    session.wait_for("ALIAS ACCEPTED");
    let is_hidden = |screen: &vt100::Screen| {
        let text = screen.contents();
        !text.contains("sally@gmail") && text.contains("@redacted")
    };
    session.wait_until("no id", is_hidden);
    session.press("yi");
    session.wait_for("sent id");
    let copied = session.copied().expect("an id");
    assert!(copied.starts_with("user-"), "{copied}");
    session.press("Y");
    session.wait_for("sent command");
    let copied = session.copied().expect("a command");
    assert!(copied.starts_with("journey show --redact user-"), "{copied}");
    session.press("o");
    session.wait_for("ids of this user");
    session.wait_until("no id", is_hidden);
    session.press("X");
    session.wait_for("ids and values are as they are again");
    session.wait_until("the id", |screen| screen.contents().contains("sally@gmail.com"));
    session.press("X");
    session.wait_for("ids and values are pseudonyms now");
    session.wait_until("no id", is_hidden);
    session.press("\x1b");
    session.wait_until("no user who was opened", |screen| {
        !screen.contents().contains("sally@gmail") && screen.contents().contains("(redacted)")
    });
    session.press("sally@gm");
    session.wait_for("1 person, complete");
    session.wait_until("no hit by its id", |screen| !screen.contents().contains("sally@gmail.com"));
    session.press("\x03");
    assert_eq!(session.end(), 0);
}

#[test]
fn from_a_search_to_a_copied_row_and_back() {
    let mut session = Session::start(80, 24);
    session.wait_for("open one of these");
    session.press("sally@gm");
    session.wait_for("1 person, complete");
    session.press("\r");
    session.wait_for("ALIAS ACCEPTED");
    session.press("&is:refused");
    session.wait_for("1 of 23 rows");
    session.press("\r");
    session.wait_for("REFUSED: B points at A");
    session.press("\r");
    session.wait_for("J next row");
    session.wait_for("1 refused");
    session.press("/kept\r");
    session.wait_for("Enter: to that row");
    session.press("yi");
    session.wait_for("sent id (3 bytes); a terminal never says if it took it");
    assert_eq!(session.copied().as_deref(), Some("P-1"));
    session.press("yf");
    session.wait_for("sent command, rows");
    assert_eq!(session.copied().as_deref(), Some("journey show --filter is:refused sally@gmail.com"));
    session.press("yr");
    session.wait_for("sent row as JSON");
    let row = session.copied().expect("the row");
    assert!(row.starts_with(r#"{"event":"$create_alias","properties":{"#), "{row}");
    session.press("\x1b");
    session.wait_for("P person");
    // The filter is nearer than the search.
    session.press("\x1b");
    session.wait_for("Project Shared");
    session.press("\x1b");
    session.wait_for("/ sally@gm");
    session.press("\x03");
    assert_eq!(session.end(), 0);
    assert!(!session.is_taken());
}

#[test]
fn the_wheel_a_click_and_a_drag_go_where_the_mouse_is() {
    let mut session = Session::start_with(&["--id", "sally@gmail.com"], &[], 80, 24);
    session.wait_for("ALIAS ACCEPTED");
    session.wait_for("row 1 of 23");
    let (column, line) = session.find("alias(sally@gmail");
    session.press(&format!("\x1b[<0;{};{}M", column + 1, line + 1));
    session.wait_for("2 accepted");
    let (first, strip) = session.find("01 Jul 2019 ◆");
    session.press(&format!("\x1b[<0;{};{}M\x1b[<32;{};{}M", first + 20, strip + 1, first + 65, strip + 1));
    session.wait_for("row 23 of 23");
    session.press(&format!("\x1b[<0;{};{}m\x1b[<64;10;12M", first + 65, strip + 1));
    session.wait_for("row 20 of 23");
    session.press("q");
    assert_eq!(session.end(), 0);
}

#[test]
fn without_a_terminal_it_says_so_and_what_prints_anywhere() {
    let home = tempfile::tempdir().expect("a folder");
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("journey"));
    command.env_clear().env("HOME", home.path()).current_dir(home.path());
    let output = command.args(["--id", "sally@gmail.com"]).output().expect("the program runs");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(output.stdout, b"");
    let printed = String::from_utf8(output.stderr).expect("text");
    assert!(printed.contains("the terminal interface needs a terminal to write to"), "{printed}");
    assert!(printed.contains("journey show ID"), "{printed}");
}

#[test]
fn the_terminal_is_given_back_by_every_way_out() {
    for keys in ["\x1b", "\x03", "sally\x03"] {
        let mut session = Session::start(80, 24);
        session.wait_for("open one of these");
        assert!(session.is_taken());
        session.press(keys);
        assert_eq!(session.end(), 0, "{keys:?}");
        assert!(!session.is_taken(), "{keys:?}");
    }
}

#[test]
fn a_request_to_end_gives_the_terminal_back() {
    let mut session = Session::start(80, 24);
    session.wait_for("open one of these");
    session.kill("TERM");
    assert_eq!(session.end(), 0);
    assert!(!session.is_taken());
}

#[test]
fn a_stopped_program_gives_the_terminal_back_and_draws_all_of_it_when_it_continues() {
    let mut session = Session::start(80, 24);
    session.wait_for("open one of these");
    session.press("\x1a");
    session.wait_until("the terminal is given back", |screen| !screen.alternate_screen());
    session.wait_stopped();
    session.kill("CONT");
    session.wait_for("open one of these");
    assert!(session.is_taken());
    session.press("\x03");
    assert_eq!(session.end(), 0);
}

#[test]
fn a_screen_of_another_size_is_drawn_anew() {
    let mut session = Session::start(80, 24);
    session.wait_for("open one of these");
    session.press("\r");
    session.wait_for("ALIAS ACCEPTED");
    session.resize(40, 12);
    session.wait_until("a foot on the last row", |screen| {
        screen.rows(0, 40).nth(11).is_some_and(|row| row.contains("row 1 of"))
    });
    session.resize(15, 4);
    session.wait_for("needs 20x5");
    session.press("q");
    assert_eq!(session.end(), 0);
}

#[test]
fn a_key_that_comes_with_a_new_size_is_not_lost() {
    let mut session = Session::start(80, 24);
    session.wait_for("open one of these");
    session.press("\r");
    session.wait_for("row 1 of");
    // The system reports together what comes together: neither may hide the other.
    for row in 2..=20 {
        session.resize(80 + row % 2, 24);
        session.press("j");
        session.wait_for(&format!("row {row} of"));
    }
    session.press("q");
    assert_eq!(session.end(), 0);
}

#[test]
fn a_pasted_text_is_searched_and_its_line_break_opens_nothing() {
    let mut session = Session::start(80, 24);
    session.wait_for("open one of these");
    session.press("\x1b[200~sally@gmail.com\n\x1b[201~");
    session.wait_for("/ sally@gmail.com");
    session.wait_for("1 person, complete");
    session.press("\x03");
    assert_eq!(session.end(), 0);
}

/// Panics when it is asked for anything that is typed.
struct Panicking;

impl Backend for Panicking {
    #[expect(clippy::panic, reason = "this is what it is for")]
    fn search(&mut self, text: &str) -> Result<Hits, Failure> {
        panic!("no patience with {text}")
    }

    fn overview(&mut self) -> Result<StartPage, Failure> {
        Ok(StartPage::default())
    }

    fn journey(&mut self, _: &Id) -> Result<Option<Arc<Journey>>, Failure> {
        Ok(None)
    }

    fn properties(&mut self, _: i64) -> Result<String, Failure> {
        Ok(String::new())
    }

    fn changed(&mut self) -> Result<bool, Failure> {
        Ok(false)
    }

    fn title(&self) -> String {
        "one that panics".into()
    }

    fn near(&mut self, _: &str) -> Vec<Id> {
        vec![]
    }
}

#[test]
#[ignore = "a program of its own, for the test below"]
fn with_a_worker_that_panics() {
    let failure = journey::tui::run(&Options::default(), |_| Ok(Box::new(Panicking) as Box<dyn Backend>));
    let failure = failure.expect_err("the panic ends it");
    assert_eq!(failure.kind, FailureKind::Bug);
    println!("{}", failure.what);
    println!("{}", failure.cause.unwrap_or_default().lines().take(2).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_panic_of_the_worker_ends_the_program_and_is_reported_on_a_restored_terminal() {
    let mut session = Session::start_test("with_a_worker_that_panics", 100, 24);
    session.wait_for("This store is empty");
    session.press("x");
    assert_eq!(session.end(), 0);
    assert!(!session.is_taken());
    session.wait_for("this is a mistake in the program");
    session.wait_for("no patience with x");
}

#[test]
fn identity_is_scrubbed_an_orphan_opened_and_two_users_compared() {
    let mut session = Session::start(100, 30);
    session.wait_for("open one of these");
    session.press("sally@gmail.com\r");
    session.wait_for("ALIAS ACCEPTED");
    session.press("o");
    session.wait_for("change 5 of 5");
    session.press(",,");
    session.wait_for("first row of P-1, an orphan today");
    // The moment is given at once; its lines come from the store.
    session.wait_until("no orphan then", |screen| !screen.contents().contains("1 orphan"));
    session.press("..");
    session.wait_for("1 refused · 1 orphan");
    session.press("}}}");
    session.wait_for("Rows stored under P-1 belong");
    session.press("\r");
    session.wait_for("an orphan: proof ties it to Sally Doe");
    session.press("d12345\r");
    session.wait_for("TIED, NOT JOINED");
    session.press("q");
    assert_eq!(session.end(), 0);
}

#[test]
fn a_pager_has_the_terminal_and_the_keys_until_it_ends() {
    // It shows the file, and ends with the first line that is typed to it.
    let pager = ("PAGER", "sh -c 'cat \"$1\"; read line; echo \"read $line\"' sh");
    let mut session = Session::start_with(&["--id", "sally@gmail.com"], &[pager], 80, 24);
    session.wait_for("ALIAS ACCEPTED");
    session.press("V");
    session.wait_for("\"stored_under\": \"12345\"");
    assert!(!session.is_taken());
    session.press("jq\r");
    session.wait_for("ALIAS ACCEPTED");
    assert!(session.is_taken());
    session.press("G");
    session.wait_until("the last row", |screen| {
        screen.rows(0, 80).nth(23).is_some_and(|row| row.contains("row ") && !row.contains("row 1 "))
    });
    session.press("q");
    assert_eq!(session.end(), 0);
}

#[test]
fn a_pager_that_is_not_there_is_reported_on_the_screen() {
    let mut session = Session::start_with(&["--id", "sally@gmail.com"], &[("PAGER", "no-such-pager")], 80, 24);
    session.wait_for("ALIAS ACCEPTED");
    session.press("V");
    session.wait_for("no-such-pager cannot be run; PAGER says");
    session.press("q");
    assert_eq!(session.end(), 0);
}

#[test]
fn a_click_opens_and_the_mouse_is_left_to_the_terminal_at_one_key() {
    let mut session = Session::start(80, 24);
    session.wait_for("maya@example.com");
    session.wait_until("the mouse", |screen| screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None);
    let place = session.find("maya@example.com");
    for _ in 0..2 {
        session.press(&format!("\x1b[<0;{};{}M\x1b[<0;{};{}m", place.0 + 1, place.1 + 1, place.0 + 1, place.1 + 1));
    }
    session.wait_for("ALIAS ACCEPTED");
    session.press("M");
    session.wait_until("no mouse", |screen| screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None);
    session.press("M");
    session.wait_until("the mouse", |screen| screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None);
    session.press("q");
    assert_eq!(session.end(), 0);
}

#[test]
fn settings_change_keys_and_colours_and_a_mistake_is_reported_before_the_terminal_is_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("c.toml");
    std::fs::write(&file, "mouse = false\n[keys.journey]\n\"x\" = \"last\"\n").expect("a file");
    let path = file.to_str().expect("a path");
    let mut session = Session::start_with(&["--id", "sally@gmail.com", "--config", path], &[], 80, 24);
    session.wait_for("ALIAS ACCEPTED");
    session.press("x");
    session.wait_until("the last row", |screen| {
        screen.rows(0, 80).nth(23).is_some_and(|row| row.contains("row ") && !row.contains("row 1 "))
    });
    session.press("q");
    assert_eq!(session.end(), 0);
    std::fs::write(&file, "\ntheme = \"lihgt\"\n").expect("a file");
    let mut session = Session::start_with(&["--config", path], &[], 100, 24);
    assert_eq!(session.end(), 2);
    assert!(!session.is_taken());
    session.wait_for("c.toml:2: no theme is called \"lihgt\"; did you mean light");
}

#[test]
fn who_was_opened_is_listed_the_next_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = [("XDG_STATE_HOME", folder.path().to_str().expect("a path"))];
    let mut session = Session::start_with(&[], &state, 80, 24);
    session.wait_for("open one of these");
    session.press("tom@\r");
    session.wait_for("TIME");
    wait_for_file(&folder.path().join("journey").join("recent.json"));
    session.press("q");
    assert_eq!(session.end(), 0);
    let mut session = Session::start_with(&[], &state, 80, 24);
    session.wait_for("opened before");
    session.wait_for("found by tom@");
    session.press("\x03");
    assert_eq!(session.end(), 0);
}

#[test]
fn an_import_says_at_once_that_it_heard_the_signal() {
    let folder = tempfile::tempdir().expect("a folder");
    let (pipe, store) = (folder.path().join("rows.jsonl"), folder.path().join("s.db"));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let arguments = ["import", pipe.to_str().expect("a path"), "--store", store.to_str().expect("a path")];
    let mut session = Session::start_with(&arguments, &[], 80, 24);
    // This waits until the import reads from the pipe: signals are listened to by then.
    let silent = std::fs::OpenOptions::new().write(true).open(&pipe).expect("a pipe");
    session.press("\x03");
    session.wait_for("stopping: what is read is stored first");
    session.wait_for("the import was stopped");
    drop(silent);
    assert_eq!(session.end(), 130);
}

#[expect(clippy::unwrap_used, reason = "a server that does not answer fails the test")]
/// How many questions run on a server that have a text in them, and how many that have not.
fn running(client: &journey::warehouse::Client, text: &str) -> (u64, u64) {
    let sql = format!(
        "SELECT countIf(position(query, '{text}') > 0), countIf(position(query, '{text}') = 0) FROM system.processes \
         WHERE query LIKE '%sleepEachRow%' AND query NOT LIKE '%system.processes%' FORMAT TSV"
    );
    let answer = String::from_utf8(client.ask(&sql, None).unwrap()).unwrap();
    let (with, without) = answer.trim().split_once('\t').unwrap();
    (with.parse().unwrap(), without.parse().unwrap())
}

#[test]
fn a_slow_question_is_shown_with_its_seconds_and_esc_or_a_newer_one_ends_it_on_the_server() {
    let Some(servers) = servers::Servers::start(1) else { return };
    let address = &servers.addresses("default")[0];
    let client =
        journey::warehouse::Client::new(&journey::warehouse::Address::read(address).unwrap(), &|_| None).unwrap();
    // Each block of rows takes a second, so that a question that no one ends takes minutes.
    client.run("CREATE TABLE own (id String, time DateTime, event String, properties String) ENGINE = Memory").unwrap();
    for _ in 0..300 {
        client.run("INSERT INTO own SELECT toString(number), 1561971600, 'A', '{}' FROM numbers(20)").unwrap();
    }
    let config = tempfile::tempdir().unwrap();
    std::fs::create_dir(config.path().join("journey")).unwrap();
    let settings = format!(
        "[warehouse]\nurl = \"{address}\"\nseconds = 900\n[warehouse.events]\ntable = \"own\"\n\
         id = \"if(sleepEachRow(0.05) = 0, id, '')\"\ntime = \"time\"\nevent = \"event\"\nproperties = \"properties\"\n"
    );
    std::fs::write(config.path().join("journey/config.toml"), settings).unwrap();
    let ended = || {
        let mut left = running(&client, "sleep");
        for _ in 0..20_000 {
            if left == (0, 0) {
                break;
            }
            left = running(&client, "sleep");
        }
        if left != (0, 0) {
            let sql =
                "SELECT query_id, elapsed, is_cancelled, substring(query, 1, 90) FROM system.processes FORMAT TSV";
            let what = String::from_utf8(client.ask(sql, None).unwrap()).unwrap();
            panic!("it runs on: {what}");
        }
    };
    let mut session = Session::start_with(&[], &[("XDG_CONFIG_HOME", config.path().to_str().unwrap())], 80, 24);
    session.wait_for(" s, Esc stops");
    assert_ne!(running(&client, "sleep"), (0, 0));
    session.press("\x1b");
    // The answer that says so has come, too: the wait of before is not on the screen any more.
    session.wait_until("a stop", |screen| {
        let text = screen.contents();
        text.contains("stopped on the server after ") && text.contains("F5 asks again") && !text.contains("Esc stops")
    });
    ended();
    session.press("q");
    session.wait_for(" s, Esc stops");
    session.press("7");
    let mut left = running(&client, "q7");
    for _ in 0..20_000 {
        if left.0 > 0 && left.1 == 0 {
            break;
        }
        left = running(&client, "q7");
    }
    assert!(left.0 > 0 && left.1 == 0, "the older question runs on: {left:?}");
    session.wait_for(" s, Esc stops");
    session.press("\x1b");
    // The answer that says so has come, too: the wait of before is not on the screen any more.
    session.wait_until("a stop", |screen| {
        let text = screen.contents();
        text.contains("stopped on the server after ") && text.contains("F5 asks again") && !text.contains("Esc stops")
    });
    ended();
    session.press("\x03");
    assert_eq!(session.end(), 0);
}

#[expect(clippy::unwrap_used, reason = "a server that does not answer fails the test")]
/// A warehouse with 400 rows of sam, whose properties the server takes more than half a minute to read.
fn with_slow_properties(address: &str) -> journey::warehouse::Client {
    let client =
        journey::warehouse::Client::new(&journey::warehouse::Address::read(address).unwrap(), &|_| None).unwrap();
    for statement in journey::warehouse::ddl(&journey::warehouse::Layout::default()) {
        client.run(&statement).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let (file, store) = (folder.path().join("rows.jsonl"), folder.path().join("s.db"));
    let row = |n: u32| {
        format!(
            r#"{{"event":"A","properties":{{"time":1561971600,"distinct_id":"sam","plan":"{}","n":{n},"mp_processing_time_ms":{}}}}}"#,
            if n.is_multiple_of(2) { "free" } else { "pro" },
            1_561_971_600_000_u64 + u64::from(n)
        )
    };
    std::fs::write(&file, (0..400).map(row).collect::<Vec<_>>().join("\n")).unwrap();
    let imported = std::process::Command::new(assert_cmd::cargo::cargo_bin!("journey"))
        .arg("import")
        .arg(&file)
        .arg("--store")
        .arg(&store)
        .args(["--to", address])
        .output()
        .unwrap();
    assert!(imported.status.success(), "{imported:?}");
    // The same rows in parts of twenty, each of which the server takes two seconds to read.
    client.run("RENAME TABLE journey_rows TO base").unwrap();
    let columns =
        "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = 'base' FORMAT TSV";
    let columns = String::from_utf8(client.ask(columns, None).unwrap()).unwrap();
    let columns: Vec<(&str, &str)> =
        columns.lines().filter_map(|line| line.split_once('\t')).filter(|(name, _)| *name != "properties").collect();
    let given: Vec<String> = columns.iter().map(|(name, kind)| format!("{name} {kind}")).collect();
    let names = columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let table = format!(
        "CREATE TABLE journey_rows ({}, said String, properties String ALIAS if(sleepEachRow(0.1) = 0, said, '')) \
         ENGINE = MergeTree() PARTITION BY tuple() ORDER BY (id, time)",
        given.join(", ")
    );
    client.run(&table).unwrap();
    client.run("SYSTEM STOP MERGES").unwrap();
    for part in 0..20 {
        let rows = format!("SELECT {names}, properties FROM base WHERE line % 20 = {part}");
        client.run(&format!("INSERT INTO journey_rows ({names}, said) {rows}")).unwrap();
    }
    client
}

#[test]
fn properties_and_a_filter_end_on_the_server_and_what_is_here_stays() {
    let Some(servers) = servers::Servers::start(1) else { return };
    let address = &servers.addresses("default")[0];
    let client = with_slow_properties(address);
    let running = || {
        let sql = "SELECT count() FROM system.processes WHERE query LIKE 'SELECT row, properties%' FORMAT TSV";
        client.ask(sql, None).unwrap() != b"0\n"
    };
    let until = |runs: bool| {
        assert!((0..20_000).any(|_| running() == runs), "{}", if runs { "it is not asked" } else { "it runs on" });
    };
    let mut session = Session::start_with(&["--id", "sam", "--store", address], &[], 100, 30);
    // The rows are here, the properties of the first one are not.
    session.wait_for("own id");
    until(true);
    session.wait_for(" s, Esc stops");
    session.wait_for("── asked ──");
    session.wait_for("▸properties");
    session.press("\x1b");
    session.wait_until("a stop", |screen| {
        let text = screen.contents();
        text.contains("stopped on the server after ") && !text.contains("Esc stops")
    });
    until(false);
    session.wait_for("own id");
    session.press("&plan=pro\r");
    until(true);
    session.wait_for("0 so far, 0 of 400 rows read");
    session.wait_for(" s, Esc stops");
    session.press("\x1b");
    session.wait_for("plan=pro  stopped on the server after ");
    until(false);
    session.wait_for("own id");
    session.press("R");
    until(true);
    session.press("q");
    assert_eq!(session.end(), 0);
    until(false);
}
