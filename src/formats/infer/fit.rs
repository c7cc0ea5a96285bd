//! Which clock fits what the rows say.

use std::collections::BTreeMap;

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::super::zone::Zone;
use super::clock::{Change, Clockwork};
use super::evidence::{Day, Evidence, STEP, Slot, millis};
use super::{Inference, MANY};

/// Offsets from UTC in minutes, east positive, that are or were in use, except whole hours.
const ODD: &[i32] = &[-570, -270, -210, -150, 210, 270, 330, 345, 390, 510, 525, 570, 630, 765, 825];

/// Zones in the order in which they come to mind: of several that fit, the first names them all.
const KNOWN: &[Tz] = &[
    Tz::America__Los_Angeles,
    Tz::America__New_York,
    Tz::America__Chicago,
    Tz::America__Denver,
    Tz::Europe__London,
    Tz::Europe__Berlin,
    Tz::Europe__Helsinki,
    Tz::Australia__Sydney,
    Tz::Australia__Adelaide,
    Tz::Australia__Lord_Howe,
    Tz::Pacific__Auckland,
    Tz::America__Sao_Paulo,
    Tz::America__Mexico_City,
    Tz::America__Halifax,
    Tz::America__St_Johns,
    Tz::America__Anchorage,
    Tz::America__Santiago,
    Tz::America__Bogota,
    Tz::Europe__Moscow,
    Tz::Europe__Istanbul,
    Tz::Asia__Jerusalem,
    Tz::Asia__Tehran,
    Tz::Africa__Cairo,
    Tz::Africa__Casablanca,
    Tz::Asia__Kolkata,
    Tz::Asia__Tokyo,
    Tz::Asia__Shanghai,
];

/// What the names of zones begin with that are cities.
const REGIONS: &[&str] = &["Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/"];

/// Days that a zone is looked at before all of them are.
const SAMPLE: usize = 24;
/// Changes of a clock that no zone has, at most: with more it explains anything.
const MOST_CHANGES: usize = 12;

/// How well a clock fits.
struct Fit {
    clock: Clockwork,
    agreeing: Slot,
    /// By offset.
    offsets: Vec<(i32, Slot)>,
    after: u64,
}

impl Fit {
    /// What a clock that has these offsets on a day makes of the rows; the same offset twice where
    /// the day has one.
    fn of(clock: Clockwork, evidence: &Evidence, days: &[Day], mut on: impl FnMut(i64) -> [i32; 2]) -> Self {
        let mut fit = Self { clock, agreeing: Slot::default(), offsets: Vec::new(), after: evidence.ahead };
        for Day { day, slots } in days {
            let offsets = on(*day);
            let steps = offsets.map(step_of);
            for (step, slot) in slots {
                if let Some(at) = steps.iter().position(|agreeing| agreeing == step) {
                    let minutes = offsets.get(at).copied().unwrap_or_default();
                    fit.agreeing.add(*slot);
                    match fit.offsets.iter_mut().find(|(known, _)| *known == minutes) {
                        Some((_, sum)) => sum.add(*slot),
                        None => fit.offsets.push((minutes, *slot)),
                    }
                } else if steps.iter().all(|agreeing| step < agreeing) {
                    fit.after += slot.rows;
                }
            }
        }
        fit
    }

    /// A row behind its arrival speaks against a clock more than another for it: rows can be late.
    fn score(&self) -> i64 {
        let signed = |rows: u64| i64::try_from(rows).unwrap_or(i64::MAX);
        signed(self.agreeing.rows).saturating_sub(signed(self.after).saturating_mul(2))
    }

    /// Whether each of its offsets is that of several rows which are no late ones by chance.
    fn is_clear(&self) -> bool {
        self.offsets.iter().all(|(_, slot)| is_clear(*slot))
    }
}

fn is_clear(slot: Slot) -> bool {
    slot.rows >= 2 && (slot.rows >= MANY || slot.tight * 2 >= slot.rows)
}

/// The step of rows that a clock with this offset puts just before their arrival.
fn step_of(minutes: i32) -> i64 {
    -(i64::from(minutes) * 60_000 + STEP / 2).div_euclid(STEP)
}

/// The offset in use that such a step stands for.
fn minutes_of(step: i64) -> Option<i32> {
    let minutes = i32::try_from(-millis(step) / 60_000).ok()?;
    let is_in_use = (-12 * 60..=14 * 60).contains(&minutes) && (minutes % 60 == 0 || ODD.contains(&minutes));
    is_in_use.then_some(minutes)
}

/// The offset that a day points to: late rows make higher differences, so of those that are about
/// as frequent the lowest.
fn dominant(day: &Day) -> Option<(i32, Slot)> {
    let in_use = || day.slots.iter().filter_map(|(step, slot)| Some((minutes_of(*step)?, *slot)));
    let most = in_use().map(|(_, slot)| slot.rows).max()?;
    in_use().find(|(_, slot)| slot.rows * 2 >= most)
}

/// The zone of an offset that never changes.
fn fixed_zone(minutes: i32) -> Clockwork {
    Clockwork::Zone(if minutes == 0 { Zone::Utc } else { Zone::Fixed(minutes) })
}

impl Evidence {
    /// The clock that fits best.
    pub fn infer(&self) -> Inference {
        let (days, telling) = (self.days(), self.telling());
        let Some(mut best) = self.fixed(&days) else {
            let clock = Clockwork::Zone(Zone::Utc);
            return Inference {
                clock,
                alike: false,
                used: false,
                sure: false,
                agreeing: 0,
                telling,
                after: self.ahead,
            };
        };
        let mut alike = false;
        let only = best.offsets.first().map(|(minutes, _)| *minutes);
        let dominants: Vec<(i64, i32, Slot)> =
            days.iter().filter_map(|day| dominant(day).map(|(minutes, slot)| (day.day, minutes, slot))).collect();
        // A day on which the clock changes has two.
        let seconds = days.iter().flat_map(|day| &day.slots).filter(|(_, slot)| is_clear(*slot));
        let mut offsets =
            dominants.iter().map(|(_, minutes, _)| *minutes).chain(seconds.filter_map(|(step, _)| minutes_of(*step)));
        if offsets.any(|minutes| Some(minutes) != only) {
            if let Some((named, others)) = self.named(&days, &dominants)
                && named.score() >= best.score() + 2
            {
                (best, alike) = (named, others);
            }
            let gain = i64::try_from(best.agreeing.rows / 20).unwrap_or(i64::MAX).max(2);
            if let Some(changes) = self.changes(&days, &dominants)
                && changes.score() > best.score().saturating_add(gain)
            {
                (best, alike) = (changes, false);
            }
        }
        let Slot { rows: agreeing, tight } = best.agreeing;
        let after = best.after;
        let majority = agreeing * 2 >= telling;
        let likely = agreeing >= MANY || agreeing == telling && tight * 2 >= agreeing;
        let holds = majority && likely && after * 2 <= agreeing;
        let sure = holds && after == 0 && agreeing >= 2;
        // Late rows can be anything, but none can be early.
        let is_not_utc = || Fit::of(fixed_zone(0), self, &days, |_| [0; 2]).after > after;
        let used = holds || majority && agreeing > 0 && is_not_utc();
        Inference { clock: best.clock, alike, used, sure, agreeing, telling, after }
    }

    /// Whether nothing here speaks against a clock: no row is early on it, and each day points to it.
    pub fn is_on(&self, clock: &Clockwork) -> bool {
        let on = |day: i64| match clock {
            Clockwork::Zone(Zone::Named(zone)) => of_zone(*zone, day),
            Clockwork::Zone(Zone::Fixed(minutes)) => [*minutes; 2],
            Clockwork::Zone(_) => [0; 2],
            Clockwork::Changes(changes) => of_changes(changes, day),
        };
        let days = self.days();
        let points_to_it = |day: &Day| dominant(day).is_none_or(|(minutes, _)| on(day.day).contains(&minutes));
        if !days.iter().all(points_to_it) {
            return false;
        }
        let fit = Fit::of(clock.clone(), self, &days, on);
        fit.after == self.ahead
    }

    /// The best of one offset.
    fn fixed(&self, days: &[Day]) -> Option<Fit> {
        let mut sums: BTreeMap<i64, Slot> = BTreeMap::new();
        for (step, slot) in days.iter().flat_map(|day| &day.slots) {
            sums.entry(*step).or_default().add(*slot);
        }
        // A day like any other: one offset does not look at days.
        let all = [Day { day: 0, slots: sums.into_iter().collect() }];
        let steps = all.iter().flat_map(|day| &day.slots);
        steps
            .filter_map(|(step, _)| minutes_of(*step))
            .map(|minutes| Fit::of(fixed_zone(minutes), self, &all, |_| [minutes; 2]))
            .max_by_key(|fit| (fit.score(), fit.offsets.first().map(|(minutes, _)| -minutes.abs())))
    }

    /// The best of the zones that change, and whether others that differ fit as well.
    fn named(&self, days: &[Day], dominants: &[(i64, i32, Slot)]) -> Option<(Fit, bool)> {
        let mut sample: Vec<&(i64, i32, Slot)> = dominants.iter().collect();
        sample.sort_by_key(|(day, _, slot)| (std::cmp::Reverse(slot.rows), *day));
        // Of each offset the days with the most rows, so that a rare one is not left out.
        let mut seen: BTreeMap<i32, usize> = BTreeMap::new();
        sample.retain(|(_, minutes, _)| {
            let of_offset = seen.entry(*minutes).or_default();
            *of_offset += 1;
            *of_offset <= SAMPLE / 2
        });
        sample.truncate(SAMPLE * 2);
        let fits = |zone: Tz| {
            let missed = sample.iter().filter(|(day, minutes, _)| !of_zone(zone, *day).contains(minutes)).count();
            missed * 4 <= sample.len()
        };
        let of_region = |zone: &&Tz| REGIONS.iter().any(|region| zone.name().starts_with(region));
        // Names of the first tz databases come last: `NZ-CHAT`, `PST8PDT`.
        let zones = KNOWN.iter().chain(TZ_VARIANTS.iter().filter(of_region));
        let zones = zones.chain(TZ_VARIANTS.iter().filter(|zone| !of_region(zone)));
        let mut best: Option<(Fit, Tz)> = None;
        let mut others = false;
        for zone in zones.copied().filter(|zone| fits(*zone)) {
            let fit = Fit::of(Clockwork::Zone(Zone::Named(zone)), self, days, |day| of_zone(zone, day));
            match &best {
                Some((known, _)) if fit.score() < known.score() => {}
                Some((known, like)) if fit.score() == known.score() => others = others || differ(zone, *like),
                _ => (best, others) = (Some((fit, zone)), false),
            }
        }
        let (fit, _) = best?;
        (fit.offsets.len() > 1 && fit.is_clear()).then_some((fit, others))
    }

    /// Offsets that change at days which the rows show.
    fn changes(&self, days: &[Day], dominants: &[(i64, i32, Slot)]) -> Option<Fit> {
        let mut runs: Vec<(i64, i32, Slot)> = Vec::new();
        for (day, minutes, slot) in dominants {
            if !is_clear(*slot) && slot.tight < slot.rows {
                continue;
            }
            match runs.last_mut() {
                Some((_, known, sum)) if known == minutes => sum.add(*slot),
                _ => runs.push((*day, *minutes, *slot)),
            }
        }
        runs.retain(|(.., slot)| is_clear(*slot));
        runs.dedup_by_key(|(_, minutes, _)| *minutes);
        if !(2..=MOST_CHANGES).contains(&runs.len()) {
            return None;
        }
        let changes: Vec<Change> = runs.into_iter().map(|(day, minutes, _)| Change { day, minutes }).collect();
        let fit = Fit::of(Clockwork::Changes(changes.as_slice().into()), self, days, |day| of_changes(&changes, day));
        fit.is_clear().then_some(fit)
    }
}

/// The offsets of changes at the begin and at the end of a day, in minutes.
fn of_changes(changes: &[Change], day: i64) -> [i32; 2] {
    let at = changes.partition_point(|change| change.day <= day).saturating_sub(1);
    let minutes = |at: usize| changes.get(at).map_or(0, |change| change.minutes);
    match changes.get(at) {
        Some(change) if change.day == day => [minutes(at.saturating_sub(1)), minutes(at)],
        _ => [minutes(at); 2],
    }
}

/// The offsets of a zone at the begin and at the end of a day on its clock, in minutes.
fn of_zone(zone: Tz, day: i64) -> [i32; 2] {
    let minutes = |local: i64| {
        let offset = |seconds: i64| {
            let at = DateTime::from_timestamp(seconds, 0)?;
            Some(zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc())
        };
        // Near a change the first may be that of the other side.
        let about = offset(local).unwrap_or_default();
        offset(local.saturating_sub(i64::from(about))).unwrap_or(about) / 60
    };
    let begin = day.saturating_mul(86_400);
    [minutes(begin), minutes(begin.saturating_add(86_399))]
}

/// Whether two zones differ at some time since 2000.
fn differ(one: Tz, other: Tz) -> bool {
    const DAY_2000: i64 = 10_957;
    const DAY_2037: i64 = 24_472;
    (DAY_2000..DAY_2037).step_by(10).any(|day| of_zone(one, day) != of_zone(other, day))
}
