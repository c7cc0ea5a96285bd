//! The clocks that a row tells of, in addition to the time and the arrival that the store made of them.
//!
//! identity.md §4.5: `time` is what the device's clock said, in an export of an older project
//! written as the wall clock of the project; `$mp_api_timestamp_ms` is when the server took the
//! request, `mp_processing_time_ms` when it stored the row, both in UTC.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::model::{Millis, json};

/// Times that stand in the properties of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clocks {
    /// `time` as the file has it, read as if it were UTC: the device's own time, on the clock of
    /// the project where that is another.
    pub device: Option<Millis>,
    /// When the server took the request that it came with.
    pub taken: Option<Millis>,
    /// When the server stored it.
    pub stored: Option<Millis>,
}

/// The properties that tell a time.
#[derive(Deserialize)]
struct Times<'a> {
    #[serde(borrow, default)]
    time: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "$mp_api_timestamp_ms")]
    taken: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "mp_processing_time_ms")]
    stored: Option<&'a RawValue>,
}

impl Clocks {
    /// What the properties of a row say; nothing where they are no object.
    pub fn of(properties: &str) -> Self {
        let Ok(Times { time, taken, stored }) = serde_json::from_str(properties) else { return Self::default() };
        let read = |value: Option<&RawValue>| value.and_then(|value| json::time(value.get()));
        Self { device: read(time), taken: read(taken), stored: read(stored) }
    }

    /// Minutes from UTC, east positive, of the clock that `time` was written on; `None` when
    /// nothing was written. `time` is the event time that the store made of it.
    pub fn offset(self, time: Millis) -> Option<i64> {
        Some(self.device?.saturating_sub(time).div_euclid(60_000))
    }

    /// How long the row was on its way, from the device's clock to the server; negative where the
    /// device's clock is ahead. `time` is its event time.
    pub fn delay(self, time: Millis) -> Option<Millis> {
        Some(self.taken.or(self.stored)?.saturating_sub(time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_an_older_project_tells_the_clock_of_the_project_and_the_way() {
        let row =
            r#"{"time":1602611311,"$mp_api_timestamp_ms":1602625711102,"mp_processing_time_ms":1602625711874,"n":1}"#;
        let clocks = Clocks::of(row);
        assert_eq!(clocks.device, Some(1_602_611_311_000));
        assert_eq!((clocks.taken, clocks.stored), (Some(1_602_625_711_102), Some(1_602_625_711_874)));
        let time = 1_602_625_711_000;
        assert_eq!((clocks.offset(time), clocks.delay(time)), (Some(-240), Some(102)));
    }

    #[test]
    fn a_row_that_tells_no_time_tells_none() {
        for row in [r#"{"time":"soon","mp_processing_time_ms":null}"#, "{}", "[]", ""] {
            assert_eq!(Clocks::of(row), Clocks::default(), "{row}");
            assert_eq!(Clocks::of(row).delay(5), None);
        }
    }
}
