//! Exports on a clock with summer time.

use chrono::{TimeZone, Utc};
use chrono_tz::Tz;

use super::*;

/// When something happened, in seconds, and what its line begins and ends with.
fn line(zone: Tz, utc: i64, more: &str) -> String {
    let local = zone.timestamp_opt(utc, 0).unwrap().naive_local().and_utc().timestamp();
    format!("{{\"event\":\"View\",\"properties\":{{\"time\":{local},\"distinct_id\":\"u\",\"utc\":{utc}{more}}}}}\n")
}

/// A row that came straight from a device.
fn live(zone: Tz, utc: i64) -> String {
    line(zone, utc, &format!(",\"mp_processing_time_ms\":{utc}900"))
}

/// A row that says nothing of its clock.
fn silent(zone: Tz, utc: i64) -> String {
    line(zone, utc, ",\"$import\":true")
}

fn seconds(text: &str) -> i64 {
    journey::model::time::parse(text).unwrap() / 1000
}

/// Each row is where it happened.
fn all_right(writer: Writer) {
    let reader = writer.into_reader().unwrap();
    let events = all_events(&reader);
    let rows: Vec<i64> = events.iter().map(|event| event.row).collect();
    for (event, properties) in events.iter().zip(reader.properties(&rows).unwrap()) {
        let properties: serde_json::Value = serde_json::from_str(&properties).unwrap();
        let utc = properties["utc"].as_i64().unwrap() * 1000;
        assert_eq!(event.time, utc, "{:?}", Utc.timestamp_millis_opt(utc));
    }
}

#[test]
fn each_row_of_a_year_is_right_in_one_chunk_and_in_many_also_after_a_stop() {
    for zone in [Tz::America__Los_Angeles, Tz::Australia__Adelaide, Tz::Australia__Lord_Howe, Tz::America__Sao_Paulo] {
        let begin = seconds("2018-01-03T09:00:00");
        let file: String = (0..400).map(|n| live(zone, begin + n * 93_600)).collect();
        for chunk in [1 << 20, 900] {
            let options = Options { chunk, ..Options::default() };
            let mut writer = store();
            let printed = run(&mut writer, vec![bytes("x", &file)], &options).files.remove(0);
            assert!(printed.timezone.starts_with(zone.name()), "{zone}: {}", printed.timezone);
            assert!(printed.timezone.contains("sure: 400 of 400 rows"), "{zone}: {}", printed.timezone);
            all_right(writer);
        }
        let options = Options { chunk: 900, ..Options::default() };
        let mut killed = store();
        let mut steps = 0;
        import(&mut killed, vec![bytes("x", &file)], &options, &mut |_| {
            steps += 1;
            if steps > 40 { Flow::Stop } else { Flow::Continue }
        })
        .unwrap();
        let resumed = run(&mut killed, vec![bytes("x", &file)], &options).files.remove(0);
        assert!(resumed.resumed);
        assert!(resumed.timezone.starts_with(zone.name()), "{zone}: {}", resumed.timezone);
        all_right(killed);
    }
}

#[test]
fn a_row_that_says_nothing_follows_the_zone_of_the_others() {
    let zone = Tz::Europe__Berlin;
    let begin = seconds("2021-01-03T09:00:00");
    let mut file: String = (0..300).map(|n| live(zone, begin + n * 86_400)).collect();
    for at in ["2015-07-04T12:00:00", "2015-12-04T12:00:00", "2021-05-01T12:00:00"] {
        file += &silent(zone, seconds(at));
    }
    let mut writer = store();
    let report = run(&mut writer, vec![bytes("x", &file)], &Options::default());
    assert_eq!(report.warnings, [""; 0]);
    all_right(writer);
}

#[test]
fn rows_that_were_read_before_their_zone_was_known_are_reported() {
    let zone = Tz::Europe__Berlin;
    let begin = seconds("2021-01-03T09:00:00");
    let mut file: String = (0..40).map(|n| live(zone, begin + n * 86_400)).collect();
    for n in 0..5 {
        file += &silent(zone, seconds("2020-07-04T12:00:00") + n);
    }
    let first = file.len();
    file += &(0..80).map(|n| live(zone, begin + (60 + n) * 86_400)).collect::<String>();
    let mut writer = store();
    let options = Options { chunk: first, ..Options::default() };
    let report = run(&mut writer, vec![bytes("x", &file)], &options);
    assert_eq!(
        report.warnings,
        ["x: 5 rows that do not say when they arrived were read before later rows showed Europe/Berlin; to read them \
          in it, import into a new store with --timezone Europe/Berlin"]
    );
    assert!(report.files[0].timezone.starts_with("Europe/Berlin (inferred, sure: 120 of 120"));
    // In one chunk there is nothing to say.
    let mut whole = store();
    assert_eq!(run(&mut whole, vec![bytes("x", &file)], &Options::default()).warnings, [""; 0]);
    all_right(whole);
}

#[test]
fn files_of_one_import_may_be_on_different_clocks() {
    let day = |zone: Tz, at: &str| (0..9).map(|n| live(zone, seconds(at) + n * 600)).collect::<String>();
    let mut writer = store();
    let files = vec![
        bytes("1", day(Tz::America__Los_Angeles, "2019-03-09T12:00:00")),
        bytes("2", day(Tz::America__Los_Angeles, "2019-03-11T12:00:00")),
        bytes("3", day(Tz::Asia__Kolkata, "2019-03-11T12:00:00")),
    ];
    let report = run(&mut writer, files, &Options::default());
    let zones: Vec<&str> = report.files.iter().map(|file| file.timezone.split(' ').next().unwrap()).collect();
    assert_eq!(zones, ["UTC-08:00", "UTC-07:00", "UTC+05:30"]);
    all_right(writer);
}

/// A request as a recorder writes it, whose time is UTC.
fn sent(utc: i64) -> String {
    format!(
        "{{\"received_at_ms\":{utc}900,\"endpoint\":\"/track\",\"payload\":{{\"event\":\"View\",\"properties\":\
         {{\"time\":{utc},\"distinct_id\":\"u\",\"token\":\"T\",\"utc\":{utc}}}}}}}\n"
    )
}

/// A profile as an export has it.
fn profile(n: i64) -> String {
    format!("{{\"$distinct_id\":\"p{n}\",\"$properties\":{{\"$email\":\"p{n}@example.test\"}}}}\n")
}

#[test]
fn rows_of_an_export_among_rows_of_other_kinds_are_on_the_clock_that_they_show() {
    let zone = Tz::America__Los_Angeles;
    let begin = seconds("2019-07-03T09:00:00");
    let raw = |count: i64| (0..count).map(|n| live(zone, begin + n * 600)).collect::<String>();
    let payloads = (0..60).map(|n| sent(begin + n)).collect::<String>();
    let profiles = (0..60).map(profile).collect::<String>();
    for (others, format, events) in [(payloads, "recorded payloads", 60), (profiles, "profile export", 0)] {
        // Before, behind and between them.
        for file in [raw(25) + &others, others.clone() + &raw(25), raw(12) + &others + &raw(13)] {
            for chunk in [1 << 20, 900] {
                let options = Options { chunk, ..Options::default() };
                let mut writer = store();
                let printed = run(&mut writer, vec![bytes("x", &file)], &options).files.remove(0);
                assert_eq!((printed.format.as_str(), printed.rejected), (format, 0));
                assert!(printed.events >= events + 25, "{format}: {}", printed.events);
                assert!(printed.timezone.starts_with("UTC-07:00 (inferred, sure"), "{format}: {}", printed.timezone);
                all_right(writer);
                // The same after a stop.
                let mut killed = store();
                let mut steps = 0;
                import(&mut killed, vec![bytes("x", &file)], &options, &mut |_| {
                    steps += 1;
                    if steps > 9 { Flow::Stop } else { Flow::Continue }
                })
                .unwrap();
                let resumed = run(&mut killed, vec![bytes("x", &file)], &options).files.remove(0);
                assert!(resumed.timezone.starts_with("UTC-07:00 (inferred, sure"), "{format}: {}", resumed.timezone);
                all_right(killed);
                // A zone that was given holds for them, and for no other row.
                let given = Options { zone: Zone::Named(zone), ..options };
                let mut writer = store();
                let printed = run(&mut writer, vec![bytes("x", &file)], &given).files.remove(0);
                assert_eq!(printed.timezone, "America/Los_Angeles (given)");
                all_right(writer);
            }
        }
        for zone in [Zone::Infer, Zone::Named(zone)] {
            let mut writer = store();
            let options = Options { zone, ..Options::default() };
            assert_eq!(run(&mut writer, vec![bytes("x", &others)], &options).files.remove(0).timezone, "UTC");
            // Nor when all of it is known.
            let again = run(&mut writer, vec![bytes("x", &others)], &options);
            assert_eq!((again.files[0].timezone.as_str(), again.warnings.len()), ("UTC", 0));
        }
    }
}
