//! The numbers that findings rest on, each with its reason, and what a person may set them to.
//!
//! Where a row is stored never depends on them: they decide only what is called a mistake.

/// Milliseconds of a day.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// The numbers as they are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Calls of one pair from which on a program repeats them.
    pub repeated_calls: u64,
    /// Milliseconds between two calls that one line of a program makes.
    pub moment: u64,
    /// Milliseconds after which no answer to a call comes.
    pub latest_answer: u64,
    /// Rows of a visit that ended at its first page.
    pub rows_of_a_visit: u64,
    /// Anonymous ids of one user from which on they are no devices.
    pub many_visits: u64,
    /// Devices of one id from which on it is no person's.
    pub many_devices: u64,
    /// Users of one device from which on they are no family.
    pub many_users: u64,
    /// Milliseconds that a row can be newer than its arrival.
    pub ahead: u64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Thresholds {
    /// What holds where nothing is set.
    pub const DEFAULT: Self = Self {
        repeated_calls: 3,
        moment: 1_000,
        latest_answer: 10_000,
        rows_of_a_visit: 2,
        many_visits: 5,
        many_devices: 20,
        many_users: 5,
        ahead: DAY,
    };

    /// The value of a threshold.
    pub fn get(&self, threshold: &Threshold) -> u64 {
        // A copy, so that one function serves reading and setting.
        *(threshold.of)(&mut self.clone())
    }

    /// Sets a threshold.
    ///
    /// # Errors
    /// The least value that it can have.
    pub fn set(&mut self, threshold: &Threshold, value: u64) -> Result<(), u64> {
        if value < threshold.least {
            return Err(threshold.least);
        }
        *(threshold.of)(self) = value;
        Ok(())
    }
}

/// One of the numbers: how a file of settings calls it, and why it is what it is.
#[derive(Clone, Copy, Debug)]
pub struct Threshold {
    /// Its name.
    pub name: &'static str,
    /// The least that it can be.
    pub least: u64,
    /// What it is, and the code of the finding that asks for it.
    pub what: &'static str,
    /// Why the default is what it is.
    pub why: &'static str,
    of: fn(&mut Thresholds) -> &mut u64,
}

/// All of them.
pub const THRESHOLDS: &[Threshold] = &[
    Threshold {
        name: "repeated-calls",
        least: 2,
        what: "equal alias calls that count as `alias-repeated`",
        why: "the second can be a retry",
        of: |all| &mut all.repeated_calls,
    },
    Threshold {
        name: "moment-ms",
        least: 1,
        what: "longest time in milliseconds between the two calls of `alias-and-identify-differ`",
        why: "SDKs send both at once, and a second is the only number in the sources (L10)",
        of: |all| &mut all.moment,
    },
    Threshold {
        name: "latest-answer-ms",
        least: 1,
        what: "longest time in milliseconds until the answer of `late-alias-answer`",
        why: "clients give up after ten seconds",
        of: |all| &mut all.latest_answer,
    },
    Threshold {
        name: "rows-of-a-visit",
        least: 1,
        what: "most rows of a visit with only one page, for `new-id-each-visit` and `late-alias-answer`",
        why: "a page view, and what the SDK adds",
        of: |all| &mut all.rows_of_a_visit,
    },
    Threshold {
        name: "many-visits",
        least: 2,
        what: "anonymous ids of one user that count as `new-id-each-visit`",
        why: "a person has a phone, a computer or two, a tablet",
        of: |all| &mut all.many_visits,
    },
    Threshold {
        name: "many-devices",
        least: 2,
        what: "devices of one id that count as `id-of-many-devices`",
        why: "one person does not have so many; the account of a shop or a class has",
        of: |all| &mut all.many_devices,
    },
    Threshold {
        name: "many-users",
        least: 2,
        what: "users of one device that count as `device-of-many-users`",
        why: "a family is smaller",
        of: |all| &mut all.many_users,
    },
    Threshold {
        name: "ahead-ms",
        least: 1,
        what: "longest time in milliseconds that a row can be newer than its arrival without being `time-impossible`",
        why: "clocks that were never set are off by hours or by time zones, 14 hours at most; microseconds and wrong \
            years by far more",
        of: |all| &mut all.ahead,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_threshold_sets_a_number_of_its_own() {
        for one in THRESHOLDS {
            let mut set = Thresholds::DEFAULT;
            let value = Thresholds::DEFAULT.get(one) + 1;
            assert_eq!(set.set(one, value), Ok(()));
            for other in THRESHOLDS {
                let expected = if other.name == one.name { value } else { Thresholds::DEFAULT.get(other) };
                assert_eq!(set.get(other), expected, "{} next to {}", other.name, one.name);
            }
            assert_eq!(set.set(one, one.least - 1), Err(one.least), "{}", one.name);
            assert_eq!((set.set(one, one.least), set.get(one)), (Ok(()), one.least), "{}", one.name);
        }
    }
}
