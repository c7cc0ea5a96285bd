//! Which clock the times of a file are on.

use super::*;

#[test]
fn the_clock_of_an_older_project_is_inferred_and_reported() {
    let mut writer = store();
    let printed = read(
        &mut writer,
        bytes(
            "c40.jsonl",
            r#"{"event":"A","properties":{"time":1602611311,"distinct_id":"d","mp_processing_time_ms":1602625711874}}"#,
        ),
    );
    assert_eq!(printed.timezone, "UTC-04:00 (inferred, not sure: 1 of 1 rows)");
    assert_eq!(times(writer), [1_602_625_711_000]);
}

#[test]
fn what_the_first_chunk_says_of_the_clock_holds_for_the_file_whichever_run_reads_it() {
    // Rows without an arrival say nothing: only the first chunk can tell.
    let silent: String = rows(40, 40, 14_400).replace("mp_processing_time_ms", "x");
    let file = rows(0, 40, 14_400) + &silent;
    let options = Options { chunk: rows(0, 20, 14_400).len(), ..Options::default() };
    let mut clean = store();
    run(&mut clean, vec![bytes("x", &file)], &options);
    let mut killed = store();
    let mut printed = 0;
    import(&mut killed, vec![bytes("x", &file)], &options, &mut |_| {
        printed += 1;
        if printed > 2 { Flow::Stop } else { Flow::Continue }
    })
    .unwrap();
    let resumed = run(&mut killed, vec![bytes("x", &file)], &options).files.remove(0);
    assert!(resumed.resumed);
    assert!(resumed.timezone.starts_with("UTC-04:00 (inferred, sure"), "{}", resumed.timezone);
    let times = times(killed);
    assert_eq!(times.last(), Some(&((1_602_611_311 + 79 * 60) * 1000)));
    assert_eq!(times, self::times(clean));
}

#[test]
fn a_zone_that_was_given_is_used_also_after_a_kill_and_another_one_is_warned_of() {
    let file = rows(0, 40, 0).replace("mp_processing_time_ms", "x");
    let given = Options { zone: Zone::parse("US/Pacific").unwrap(), ..small() };
    let mut clean = store();
    assert_eq!(run(&mut clean, vec![bytes("x", &file)], &given).files[0].timezone, "US/Pacific (given)");
    let clean = times(clean);
    assert_eq!(clean[0], (1_602_611_311 + 7 * 3600) * 1000);

    let mut writer = store();
    let mut printed = 0;
    import(&mut writer, vec![bytes("x", &file)], &given, &mut |_| {
        printed += 1;
        if printed > 2 { Flow::Stop } else { Flow::Continue }
    })
    .unwrap();
    run(&mut writer, vec![bytes("x", &file)], &small());
    let other = Options { zone: Zone::Utc, ..small() };
    let report = run(&mut writer, vec![bytes("x", &file)], &other);
    assert!(report.files[0].already);
    assert_eq!(report.warnings.len(), 1);
    assert!(report.warnings[0].contains("US/Pacific (given)"), "{}", report.warnings[0]);
    assert!(run(&mut writer, vec![bytes("x", &file)], &given).warnings.is_empty());
    assert_eq!(times(writer), clean);
}

#[test]
fn the_hour_that_comes_twice_is_marked() {
    let mut writer = store();
    let file = r#"{"event":"A","properties":{"time":1604194200,"distinct_id":"d"}}"#;
    run(
        &mut writer,
        vec![bytes("x", file)],
        &Options { zone: Zone::parse("US/Pacific").unwrap(), ..Options::default() },
    );
    let events = all_events(&writer.into_reader().unwrap());
    assert!(events[0].flags.has(Flags::AMBIGUOUS_HOUR));
    assert_eq!(events[0].time, 1_604_219_400_000);
}

#[test]
fn payloads_are_utc_whatever_zone_is_given() {
    let mut writer = store();
    let options = Options { zone: Zone::Fixed(-480), ..Options::default() };
    let printed = run(&mut writer, vec![Input::Path(sample("wire/retry.jsonl"))], &options).files.remove(0);
    assert_eq!((printed.events, printed.skipped, printed.rejected, printed.timezone.as_str()), (9, 3, 2, "UTC"));
    let events = all_events(&writer.into_reader().unwrap());
    assert!(events.iter().all(|event| event.time <= event.arrived && event.arrived - event.time < 60_000));
}
