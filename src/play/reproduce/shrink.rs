//! Fewer and simpler calls that still show what is to be shown.

use super::{Unit, What};

/// Times that the engine is asked, at most: what is small by then is small enough.
const MOST_TESTS: usize = 4_000;

/// Calls none of which can be left out, each without what is not needed of it; `shows` says whether
/// calls show the finding, as all of `units` do.
pub(super) fn shrink(mut units: Vec<Unit>, shows: &mut dyn FnMut(&[Unit]) -> bool) -> Vec<Unit> {
    let mut left = MOST_TESTS;
    let mut test = |units: &[Unit]| {
        left = left.saturating_sub(1);
        left > 0 && shows(units)
    };
    // Delta debugging (Zeller, 2002): leave out ever smaller parts.
    let mut part = units.len().div_ceil(2).max(1);
    loop {
        let (mut at, mut is_smaller) = (0, false);
        while at < units.len() {
            let end = at.saturating_add(part).min(units.len());
            let fewer: Vec<Unit> = units.iter().take(at).chain(units.iter().skip(end)).cloned().collect();
            if !fewer.is_empty() && test(&fewer) {
                units = fewer;
                is_smaller = true;
            } else {
                at = end;
            }
        }
        match (part, is_smaller) {
            (1, false) => break,
            (1, true) => {}
            _ => part = part.div_ceil(2),
        }
    }
    let simpler: [fn(&Unit) -> Unit; 5] = [
        |unit| Unit { device: None, ..unit.clone() },
        |unit| Unit { user: None, ..unit.clone() },
        |unit| Unit { what: What::Row, ..unit.clone() },
        |unit| Unit { flags: crate::model::Flags::default(), ..unit.clone() },
        |unit| Unit { by_client: false, ..unit.clone() },
    ];
    for at in 0..units.len() {
        for simpler in simpler {
            let mut with = units.clone();
            let Some(unit) = with.get_mut(at) else { continue };
            let simple = simpler(unit);
            if simple != *unit {
                *unit = simple;
                if test(&with) {
                    units = with;
                }
            }
        }
    }
    units
}
