//! What the program says of a warehouse on the command line: nothing is left out without a word.

use std::fs;
use std::process::{Command, Output};
use std::sync::Arc;

use assert_cmd::cargo::cargo_bin;
use journey::inspect::able::Asked;
use journey::session::warehouse::{abilities, fill};
use journey::session::{Location, Opened, Options, Session as _};
use journey::warehouse::{Address, Layout, check};
use serde_json::Value;
use tempfile::TempDir;

use super::servers::{self, Current, Servers};
use super::{Store, client, cluster, current, prepared};

/// Runs the program with `settings` as its settings.
fn run(settings: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let home = TempDir::new().unwrap();
    fs::create_dir(home.path().join("journey")).unwrap();
    fs::write(home.path().join("journey/config.toml"), settings).unwrap();
    let mut command = Command::new(cargo_bin!("journey"));
    command.env_clear().env("HOME", home.path()).env("XDG_CONFIG_HOME", home.path());
    command.envs(variables.iter().copied()).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn what_a_warehouse_does_not_look_through_is_said() {
    let Some(servers) = Servers::start(1) else { return };
    let address = prepared(&servers, "said", &Layout::default());
    fill(&Store::demo().reader(), &client(&address), &mut |_, _| true).unwrap();
    let settings = format!("[warehouse]\nurl = \"{address}\"\n");
    let asked = |arguments: &[&str]| {
        let output = run(&settings, &[], arguments);
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    };
    let sentence = "ids that are only like the text are found in a store file, and not in a warehouse";
    let (code, _, said) = asked(&["search", "no such text"]);
    assert!(code == 1 && said.contains(sentence), "{said}");
    let (code, found, said) = asked(&["search", "sally@gm"]);
    assert!(code == 0 && found.contains("sally@gmail.com") && !said.contains(sentence), "{found} {said}");
    let (code, found, said) = asked(&["search", "event:purchase"]);
    assert!(code == 0 && found.contains("Purchase"), "{found} {said}");
    let (code, found, said) = asked(&["show", "sally@gmail.com", "--redact"]);
    assert!(code == 2 && found.is_empty() && said.contains("cannot be redacted"), "{said}");
    // The database can stand apart, and the address can be one of HTTP.
    let base = address.replace("clickhouse://", "http://").replace("/said", "");
    let settings = format!("[warehouse]\nurl = \"{base}\"\ndatabase = \"said\"\n");
    let output = run(&settings, &[], &["show", "sally@gmail.com", "--brief"]);
    assert!(text(&output.stdout).contains("Sally Doe"), "{}", text(&output.stderr));
}

#[test]
fn answers_of_a_warehouse_stay_as_they_are_where_they_cannot_be_redacted() {
    let Some(servers) = Servers::start(1) else { return };
    let address = prepared(&servers, "plain", &Layout::default());
    fill(&Store::demo().reader(), &client(&address), &mut |_, _| true).unwrap();
    let location = Location::Warehouse(Address::read(&address).unwrap());
    let mut session = Opened::open(location, Arc::new(|| false), Options::default()).unwrap();
    let error = session.redact(None).map(drop).unwrap_err();
    assert!(error.what.contains("redaction needs a source that can read all of its rows"), "{error:?}");
    assert!(session.overview().unwrap().overview.events > 100);
}

#[test]
fn a_check_says_what_the_user_may_do_what_a_look_reads_and_what_to_do() {
    let Some(servers) = Servers::start(1) else { return };
    let address = &servers.addresses("default")[0];
    client(address)
        .run("CREATE TABLE own (n UInt64, distinct_id String, time DateTime, event String, properties String) ENGINE = MergeTree() PARTITION BY tuple() ORDER BY (event, time) SETTINGS index_granularity = 8192")
        .unwrap();
    client(address)
        .run(r#"INSERT INTO own VALUES (1, 'ann', 1561971600, 'A', '{"$device_id":"d"}'), (2, 'bob', 1561971601, '$create_alias', '{"alias":"b","mp_processing_time_ms":1561971601000}')"#)
        .unwrap();
    let settings = format!(
        "[warehouse]\nurl = \"{address}\"\n[warehouse.events]\ntable = \"own\"\nid = \"distinct_id\"\ntime = \"time\"\n\
         event = \"event\"\nproperties = \"properties\"\n"
    );
    let user = [("JOURNEY_WAREHOUSE_USER", servers::READER), ("JOURNEY_WAREHOUSE_PASSWORD", servers::PASSWORD)];
    let output = run(&settings, &user, &["warehouse", "check"]);
    let said = text(&output.stdout);
    for sentence in [
        "ClickHouse 18.",
        "2 rows of own",
        "the user can only read",
        "takes no settings from this user",
        "1 row with neither a column nor mp_processing_time_ms",
        "sorted by event, time and not by the id, so each look reads the whole table; journey warehouse ddl prints a copy",
        "2 rows are read to find those of one id",
        "looked for in the text of all properties; journey warehouse ddl prints tables that find it",
        "it can be used",
    ] {
        assert!(said.contains(sentence), "{sentence:?} is not in {said}{}", text(&output.stderr));
    }
    let output = run(&settings, &user, &["warehouse", "check", "--format", "json"]);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (name, value) in [("usable", true), ("read_only", true), ("takes_settings", false), ("sorted_by_id", false)] {
        assert_eq!(said[name], value, "{name}: {said}");
    }
    assert_eq!((&said["rows_without_arrival"], &said["rows_read_for_an_id"]), (&1.into(), &2.into()), "{said}");
    // Statements are printed, and none is run.
    let output = run(&settings, &user, &["warehouse", "ddl"]);
    let said = text(&output.stdout);
    assert!(said.contains("CREATE TABLE IF NOT EXISTS journey_own_events"), "{said}{}", text(&output.stderr));
    assert!(said.contains("ClickHouse 18.") && said.contains("[warehouse.events] named"), "{said}");
    assert!(!said.contains("journey_own_links"), "{said}");
    // Half of the tables, or tables without events, are a mistake of the settings.
    let half = run(&format!("{settings}[warehouse.edges]\nlinks = \"l\"\n"), &user, &["warehouse", "check"]);
    assert!(text(&half.stderr).contains("needs alias_calls and links together"), "{}", text(&half.stderr));
    let alone = format!("[warehouse]\nurl = \"{address}\"\n[warehouse.edges]\nids = \"i\"\n");
    let alone = run(&alone, &user, &["warehouse", "check"]);
    assert!(text(&alone.stderr).contains("there is no [warehouse.events]"), "{}", text(&alone.stderr));
}

#[test]
fn a_check_lists_what_is_answered_what_it_takes_and_what_is_missing() {
    let Some(servers) = Servers::start(1) else { return };
    let address = prepared(&servers, "able", &Layout::default());
    fill(&Store::demo().reader(), &client(&address), &mut |_, _| true).unwrap();
    client(&address)
        .run("CREATE TABLE own (id String, time Int64, event String, properties String) ENGINE = MergeTree() PARTITION BY tuple() ORDER BY (id, time)")
        .unwrap();
    client(&address).run("INSERT INTO own SELECT id, time, event, properties FROM journey_rows").unwrap();
    let tables = format!("[warehouse]\nurl = \"{address}\"\n");
    let own = format!(
        "{tables}[warehouse.events]\ntable = \"own\"\nid = \"id\"\ntime = \"time\"\nevent = \"event\"\nproperties = \"properties\"\n"
    );
    // A user who may only read is enough.
    let user = [("JOURNEY_WAREHOUSE_USER", servers::READER), ("JOURNEY_WAREHOUSE_PASSWORD", servers::PASSWORD)];
    let check = |settings: &str, more: &[&str]| {
        let output = run(settings, &user, &[&["warehouse", "check"], more].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let parts = [(&tables, "every id is looked through"), (&own, "the ids of all rows are read")];
    for (settings, part) in parts {
        let said: Value = serde_json::from_str(&check(settings, &["--format", "json"])).unwrap();
        let of = |what: &str| said["can"].as_array().unwrap().iter().find(|one| one["what"] == what).unwrap().clone();
        for tried in ["journey", "search_id", "search_part", "details"] {
            let tried = of(tried);
            assert!(["yes", "slow"].contains(&tried["can"].as_str().unwrap()), "{tried}");
            assert!(tried["ms"].as_f64().unwrap() > 0.0 && tried["tries"].as_u64().unwrap() > 0, "{tried}");
        }
        assert_eq!(of("search_part")["why"], part);
        for missing in ["all_users", "rejects", "redaction", "files"] {
            let missing = of(missing);
            assert!(
                missing["can"] == "no" && missing["command"].as_str().unwrap().starts_with("journey "),
                "{missing}"
            );
        }
        let has_profiles = settings == &tables;
        assert_eq!(of("profiles")["can"], if has_profiles { "yes" } else { "no" });
        let lines = check(settings, &[]);
        assert!(lines.contains("what ") && lines.contains("all users         no"), "{lines}");
    }
}

#[test]
fn an_index_for_parts_of_ids_is_seen_where_there_is_one() {
    let Some(engine) = Current::start() else { return };
    let address = current(&engine, "able");
    fill(&Store::demo().reader(), &client(&address), &mut |_, _| true).unwrap();
    let health = check::check(&client(&address), None).unwrap();
    let abilities = abilities(client(&address), &health, Arc::new(|| false)).unwrap();
    let part = abilities.list.iter().find(|ability| ability.asked == Asked::Part).unwrap();
    assert_eq!(part.why, "an index serves parts of ids");
    assert!(part.cost.is_some_and(|cost| cost.tries > 0), "{part:?}");
}

#[test]
fn a_check_of_tables_over_shards_says_that_one_is_down_and_counts_no_fewer_rows() {
    let Some(mut servers) = Servers::start(2) else { return };
    let address = prepared(&servers, "down", &cluster());
    fill(&Store::demo().reader(), &client(&address), &mut |_, _| true).unwrap();
    let own = &servers.addresses("default");
    for (server, rows) in own.iter().zip(["(1, 'ann', 1561971600, 'A', '{}')", "(2, 'bob', 1561971601, 'B', '{}')"]) {
        let columns = "n UInt64, distinct_id String, time DateTime, event String, properties String";
        let table = format!(
            "CREATE TABLE one ({columns}) ENGINE = MergeTree() PARTITION BY tuple() ORDER BY (distinct_id, time) SETTINGS index_granularity = 8192"
        );
        client(server).run(&table).unwrap();
        client(server).run(&format!("INSERT INTO one VALUES {rows}")).unwrap();
    }
    let over = format!("CREATE TABLE own AS one ENGINE = Distributed({}, default, one, n)", servers::CLUSTER);
    client(&own[0]).run(&over).unwrap();
    let of_journey = format!("[warehouse]\nurl = \"{address}\"\n");
    let of_ones_own = format!(
        "[warehouse]\nurl = \"{}\"\n[warehouse.events]\ntable = \"own\"\nid = \"distinct_id\"\ntime = \"time\"\n\
         event = \"event\"\nproperties = \"properties\"\n",
        own[0]
    );
    let check = |settings: &str, format: &str| {
        let output = run(settings, &[], &["warehouse", "check", "--format", format]);
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    };
    for (settings, rows) in [(&of_journey, "rows in 1 load"), (&of_ones_own, "2 rows of own")] {
        let (code, said, _) = check(settings, "text");
        assert!(code == 0 && said.contains(rows) && said.contains("it can be used"), "{code} {said}");
    }
    servers.stop(1);
    for settings in [&of_journey, &of_ones_own] {
        for format in ["text", "json"] {
            let (code, said, error) = check(settings, format);
            assert_eq!((code, &*said), (3, ""), "{error}");
            for part in [
                "cannot reach one of its shards, so the answer would be incomplete",
                "no rows are left out: ask again when all servers of system.clusters run",
            ] {
                assert!(error.contains(part), "{part:?} is not in {error}");
            }
        }
    }
}
