use chrono::TimeZone;
use chrono_tz::Tz;

use super::*;
use crate::model::{Flags, Millis, time};

const HOUR: i64 = 60 * 60 * 1000;
const DAY: i64 = 24 * HOUR;

fn row(time: Millis, arrival: Millis) -> Timing {
    Timing { time, arrival: Some(arrival), flags: Flags::default() }
}

/// `count` rows a minute apart on a clock that `shift` has to be added to, `late` on the way.
fn live(count: i64, shift: i64, late: impl Fn(i64) -> i64) -> Vec<Timing> {
    (0..count).map(|n| (n, 1_602_611_311_000 + n * 60_000)).map(|(n, time)| row(time, time + shift + late(n))).collect()
}

fn at(text: &str) -> Millis {
    time::parse(text).unwrap()
}

/// A row of a zone at a moment of UTC, so late.
fn of_zone(zone: Tz, utc: Millis, late: i64) -> Timing {
    let moment = zone.timestamp_millis_opt(utc).unwrap();
    row(moment.naive_local().and_utc().timestamp_millis(), utc + late)
}

/// Rows of a zone, `each` apart.
fn span(zone: Tz, from: &str, to: &str, each: i64) -> Vec<Timing> {
    let mut rows = Vec::new();
    let mut utc = at(from);
    while utc < at(to) {
        rows.push(of_zone(zone, utc, 900 + utc / 7 % 3_000));
        utc += each;
    }
    rows
}

/// Each row is put where it happened: a few seconds before it arrived.
fn all_right(rows: &[Timing], found: &Inference) {
    let clock = found.read_on();
    for row in rows {
        let (utc, _) = clock.to_utc(row.time, row.arrival);
        let late = row.arrival.unwrap() - utc;
        assert!((0..10_000).contains(&late), "{row:?} is {late} ms late on {found:?}");
    }
}

#[test]
fn the_documented_sample_is_four_hours_behind() {
    let rows = [row(1_602_611_311_000, 1_602_625_711_874), row(1_602_611_311_000, 1_602_625_711_561)];
    let found = Inference::of(rows);
    assert_eq!(found.sentence(), "UTC-04:00 (inferred, sure: 2 of 2 rows)");
    assert_eq!(found.read_on().to_utc(rows[0].time, None).0, 1_602_625_711_000);
}

#[test]
fn one_row_is_used_and_never_makes_sure() {
    let found = Inference::of(live(1, 4 * HOUR, |_| 500));
    assert_eq!(found.sentence(), "UTC-04:00 (inferred, not sure: 1 of 1 rows)");
    assert!(found.used);
    assert_eq!(Inference::of(live(1, 0, |_| 500)).sentence(), "UTC (inferred, not sure: 1 of 1 rows)");
    // A change of clock that one row shows is none.
    let mut rows = span(Tz::America__Los_Angeles, "2019-01-01T20:00:00", "2019-03-01T00:00:00", DAY);
    rows.push(of_zone(Tz::America__Los_Angeles, at("2019-04-01T20:00:00"), 900));
    assert!(!Inference::of(rows).sure);
}

#[test]
fn old_imports_and_late_batches_do_not_matter() {
    let mut rows = live(1_204, 7 * HOUR, |n| if n % 3 == 0 { 40 * 60_000 + n * 61_000 } else { n % 9 * 1000 });
    for n in 0..900 {
        let mut imported = row(1_500_000_000_000, 1_602_625_711_000 + n * 86_400_000);
        imported.flags.set(Flags::IMPORTED);
        rows.push(imported);
    }
    let found = Inference::of(rows);
    assert_eq!((found.clock.name(), found.sure), ("UTC-07:00".to_owned(), true), "{found:?}");
    assert!(found.telling <= 1_204);
}

#[test]
fn rows_that_are_late_by_chance_are_not_taken_for_a_zone() {
    for rows in [
        live(3, 0, |n| 50_000_000 + n * 777_777),
        live(4, 0, |n| n * 1_700_000 + 400_000),
        live(1, 0, |_| HOUR + 90_000),
        // A queue that was sent after two hours, and one after a day.
        live(9, 0, |n| 2 * HOUR - n * 60_000),
        live(9, 0, |n| DAY - n * 60_000),
        vec![],
    ] {
        let found = Inference::of(rows);
        assert_eq!(found.read_on(), Clockwork::Zone(Zone::Utc), "{found:?}");
        assert!(!found.sure);
    }
    assert_eq!(Inference::of([] as [Timing; 0]).sentence(), "UTC (assumed: too few rows tell)");
}

#[test]
fn a_project_in_utc_with_a_tail_of_late_rows_is_in_utc() {
    // Live, and batches of hours on some days, also on days without any other row.
    let mut rows = Vec::new();
    for day in 0..200 {
        let begin = at("2021-01-10T09:00:00") + day * DAY;
        for n in 0..5 {
            let utc = begin + n * 17 * 60_000;
            let late = if day % 9 == 0 { HOUR + n * 40 * 60_000 } else { 700 };
            rows.push(row(utc, utc + late));
        }
    }
    let found = Inference::of(rows);
    assert_eq!((found.clock.name(), found.sure), ("UTC".to_owned(), true), "{}", found.sentence());
}

#[test]
fn utc_is_found_and_odd_offsets_too() {
    assert_eq!(Inference::of(live(30, 0, |n| n * 500)).sentence(), "UTC (inferred, sure: 30 of 30 rows)");
    for (minutes, name) in [(345, "UTC+05:45"), (330, "UTC+05:30"), (-270, "UTC-04:30"), (765, "UTC+12:45")] {
        let found = Inference::of(live(30, -minutes * 60_000, |n| n * 500));
        assert_eq!(found.sentence(), format!("{name} (inferred, sure: 30 of 30 rows)"));
    }
}

#[test]
fn a_few_rows_that_disagree_leave_utc() {
    let mut rows = live(3, 4 * HOUR, |_| 500);
    rows.extend(live(2, 0, |_| 500));
    let found = Inference::of(rows);
    assert!(!found.sure, "{found:?}");
}

#[test]
fn a_clock_that_is_before_utc_is_taken_even_from_one_row() {
    // It would happen five hours and a half after it arrived.
    let rows = live(1, -330 * 60_000, |_| 30_000);
    let found = Inference::of(rows);
    assert_eq!(found.sentence(), "UTC+05:30 (inferred, not sure: 1 of 1 rows)");
}

#[test]
fn with_a_row_after_its_arrival_nothing_is_sure() {
    let mut rows = live(68, 8 * HOUR, |_| 900);
    rows.extend(live(1, 0, |_| -5 * DAY));
    let found = Inference::of(rows.clone());
    assert_eq!(found.sentence(), "UTC-08:00 (inferred, not sure: 68 of 68 rows, 1 happens after it arrived)");
    rows.extend(live(12, 7 * HOUR, |_| 900));
    let found = Inference::of(rows);
    assert!(found.used && !found.sure, "{}", found.sentence());
    assert!(found.sentence().ends_with("13 happen after they arrived)"), "{}", found.sentence());
}

#[test]
fn a_zone_with_summer_time_is_named_and_each_row_is_right() {
    for (zone, from, to, name) in [
        (Tz::America__Los_Angeles, "2019-01-01T20:00:00", "2019-03-22T00:00:00", "America/Los_Angeles"),
        (Tz::America__Los_Angeles, "2019-09-01T20:00:00", "2019-12-22T00:00:00", "America/Los_Angeles"),
        (Tz::Europe__Paris, "2021-01-01T11:00:00", "2021-12-31T00:00:00", "Europe/Berlin"),
        (Tz::Australia__Melbourne, "2021-01-01T11:00:00", "2021-12-31T00:00:00", "Australia/Sydney"),
        (Tz::Australia__Adelaide, "2021-01-01T11:00:00", "2021-12-31T00:00:00", "Australia/Adelaide"),
        (Tz::Australia__Lord_Howe, "2021-01-01T11:00:00", "2021-12-31T00:00:00", "Australia/Lord_Howe"),
        (Tz::America__St_Johns, "2021-01-01T11:00:00", "2021-12-31T00:00:00", "America/St_Johns"),
        (Tz::Pacific__Chatham, "2021-01-01T11:00:00", "2021-12-31T00:00:00", "Pacific/Chatham"),
        // Rules that changed: no summer time since 2019, none since 2022, a new offset for good.
        (Tz::America__Sao_Paulo, "2018-06-01T11:00:00", "2020-12-31T00:00:00", "America/Sao_Paulo"),
        (Tz::America__Mexico_City, "2021-06-01T11:00:00", "2024-01-01T00:00:00", "America/Mexico_City"),
        (Tz::Europe__Istanbul, "2015-01-01T11:00:00", "2018-01-01T00:00:00", "Europe/Istanbul"),
        (Tz::Europe__Moscow, "2013-01-01T11:00:00", "2016-01-01T00:00:00", "Europe/Moscow"),
    ] {
        let rows = span(zone, from, to, DAY + 13 * 60_000);
        let found = Inference::of(rows.clone());
        let sentence = found.sentence();
        assert_eq!(clock_of(&sentence), name, "{sentence}");
        assert!(found.sure, "{sentence}");
        all_right(&rows, &found);
    }
}

#[test]
fn several_zones_that_fit_are_told_and_one_that_alone_fits_is_not() {
    let spring = span(Tz::America__Los_Angeles, "2019-01-01T20:00:00", "2019-03-22T00:00:00", DAY);
    assert_eq!(
        Inference::of(spring).sentence(),
        "America/Los_Angeles or a zone like it (inferred, sure: 80 of 80 rows)"
    );
    let years = span(Tz::Australia__Lord_Howe, "2021-01-01T11:00:00", "2021-12-31T00:00:00", DAY);
    assert_eq!(Inference::of(years).sentence(), "Australia/Lord_Howe (inferred, sure: 364 of 364 rows)");
}

#[test]
fn the_hours_around_a_change_are_right_by_themselves() {
    for (zone, from, to) in [
        (Tz::America__Los_Angeles, "2019-03-10T09:00:00", "2019-03-10T13:00:00"),
        (Tz::America__Los_Angeles, "2019-11-03T06:00:00", "2019-11-03T12:00:00"),
        (Tz::Australia__Lord_Howe, "2021-04-03T12:00:00", "2021-04-03T18:00:00"),
        (Tz::Australia__Lord_Howe, "2021-10-02T12:00:00", "2021-10-02T18:00:00"),
        (Tz::Australia__Adelaide, "2021-04-03T12:00:00", "2021-04-03T20:00:00"),
        (Tz::Europe__London, "2021-10-30T22:00:00", "2021-10-31T04:00:00"),
    ] {
        let rows = span(zone, from, to, 7 * 60_000);
        let found = Inference::of(rows.clone());
        assert!(found.sure, "{}", found.sentence());
        all_right(&rows, &found);
    }
}

#[test]
fn rows_of_one_summer_have_one_offset() {
    let rows = span(Tz::Europe__Berlin, "2021-06-01T00:00:00", "2021-08-30T00:00:00", DAY);
    assert_eq!(Inference::of(rows).sentence(), "UTC+02:00 (inferred, sure: 90 of 90 rows)");
    let rows = span(Tz::Asia__Kolkata, "2021-01-01T00:00:00", "2021-12-31T00:00:00", DAY);
    assert_eq!(Inference::of(rows).sentence(), "UTC+05:30 (inferred, sure: 364 of 364 rows)");
}

#[test]
fn late_rows_between_live_ones_do_not_hide_summer_time() {
    let mut rows = span(Tz::America__New_York, "2020-01-01T00:00:00", "2020-12-31T00:00:00", 5 * HOUR);
    let live = rows.clone();
    for n in 0..400 {
        rows.push(of_zone(Tz::America__New_York, at("2020-01-03T10:00:00") + n * 21 * HOUR, n * 11 * 60_000 + 20_000));
    }
    let found = Inference::of(rows);
    assert_eq!(clock_of(&found.sentence()), "America/New_York", "{}", found.sentence());
    all_right(&live, &found);
}

#[test]
fn offsets_that_no_zone_has_are_told_with_the_day() {
    let mut rows = Vec::new();
    for n in 0..20 {
        let utc = at("2019-01-07T12:00:00") + n * 6 * HOUR;
        let behind = if n < 10 { 8 * HOUR } else { 3 * HOUR };
        rows.push(row(utc - behind, utc + 800 + n));
    }
    let found = Inference::of(rows.clone());
    assert_eq!(found.sentence(), "UTC-08:00, from 2019-01-09 UTC-03:00 (inferred, sure: 20 of 20 rows)");
    assert_eq!(Clockwork::from_text(&found.clock.to_text()), Some(found.clock.clone()));
    all_right(&rows, &found);
}

#[test]
fn evidence_in_parts_says_what_it_says_whole() {
    let rows = span(Tz::America__Los_Angeles, "2019-01-01T20:00:00", "2019-12-22T00:00:00", DAY / 3);
    let mut sum = Evidence::default();
    for part in rows.chunks(17) {
        let mut evidence = Evidence::default();
        for row in part {
            evidence.note(*row);
        }
        sum.add(&evidence);
    }
    sum.note(row(0, 9 * DAY - 10 * DAY));
    let whole = sum.infer();
    assert_eq!((whole.agreeing, whole.after), (Inference::of(rows).agreeing, 1));
    assert_eq!(Evidence::from_text(&sum.to_text()).infer(), whole);
    for text in ["", "x", "1 2:3", "1 2:3:4:5:6 :::: 7:99999999:1:1"] {
        let _ = Evidence::from_text(text).infer();
    }
}

#[test]
fn a_sentence_begins_with_its_clock() {
    assert_eq!(
        clock_of("America/Los_Angeles or a zone like it (inferred, sure: 80 of 80 rows)"),
        "America/Los_Angeles"
    );
    assert_eq!(clock_of("US/Pacific (given)"), "US/Pacific");
    assert_eq!(clock_of("UTC"), "UTC");
}
