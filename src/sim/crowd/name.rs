//! Ids of the crowd: what they look like, and that no two users share one.
//!
//! An id is a number that is spelled when it is written, so that a user takes no memory for it.

use super::random::{Random, mix};
use super::text::Text;
use super::words;

/// Users that every large crowd has, by number. Their rows all belong to one journey.
pub(super) const PROBES: &[(&str, u64)] = &[
    (super::FIFTY, 50),
    (super::TEN_THOUSAND, 10_000),
    (super::THIRTY_THOUSAND, 30_000),
    (super::HUNDRED_THOUSAND, 100_000),
];

/// Number of the first user that is no probe.
pub(super) const FIRST: u64 = 16;

/// An id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// Made by an SDK; its low bits tell the [`Platform`].
    Anonymous(u64),
    /// Given by the customer, by number of the user.
    User(u64),
}

/// What a device runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Platform {
    /// mixpanel-browser 2.29, with ids of clock, chance, browser and screen.
    WebOld,
    /// mixpanel-browser 2.47, with `$device:` and a UUID.
    Web,
    /// Android 5.9, with a UUID.
    AndroidOld,
    /// Android 7.3, with `$device:` and a UUID.
    Android,
    /// iOS, with a UUID in capitals.
    Ios,
}

impl Platform {
    /// Bits of a key that tell the platform.
    const BITS: u64 = 0xF;

    /// The platform of a device, or of an id that it made.
    pub(super) fn of(key: u64) -> Self {
        match key & Self::BITS {
            0..=4 => Self::WebOld,
            5..=8 => Self::Web,
            9..=11 => Self::AndroidOld,
            12 => Self::Android,
            _ => Self::Ios,
        }
    }

    /// Whether it is a browser.
    pub(super) fn is_web(self) -> bool {
        matches!(self, Self::WebOld | Self::Web)
    }
}

/// The id number `generation` that a device makes.
pub(super) fn anonymous(key: u64, generation: u64) -> u64 {
    (mix(key.wrapping_add(generation)) & !Platform::BITS) | (key & Platform::BITS)
}

/// Whether the user's id is a whole number, which SDKs send as such.
pub(super) fn is_number(seed: u64, user: u64) -> bool {
    user >= FIRST && matches!(form(seed, user), Form::Number)
}

/// Writes an id, as the inside of a JSON string.
pub(super) fn write(text: &mut Text, seed: u64, name: Name) {
    match name {
        Name::Anonymous(key) => {
            if matches!(Platform::of(key), Platform::Web | Platform::Android) {
                text.push("$device:");
            }
            write_device(text, key);
        }
        Name::User(number) => write_user(text, seed, number),
    }
}

/// Writes an anonymous id without `$device:`.
pub(super) fn write_device(text: &mut Text, key: u64) {
    let (a, b) = (mix(key), mix(!key));
    match Platform::of(key) {
        Platform::WebOld => {
            text.push("187d");
            text.hex(a, 8);
            text.hex(a >> 40, 2);
            text.push("-0");
            text.hex(b, 13);
            text.push("-26031b51-1fa400-187d");
            text.hex(a, 8);
            text.hex(b >> 52, 3);
        }
        Platform::Ios => text.uuid(a, b, true),
        _ => text.uuid(a, b, false),
    }
}

/// What the id of a user is made of.
enum Form {
    Email,
    Number,
    Uuid,
    Unicode,
    Emoji,
    Odd,
    Handle,
    Long,
}

fn form(seed: u64, number: u64) -> Form {
    match mix(seed ^ mix(number)) % 1000 {
        0..=419 => Form::Email,
        420..=639 => Form::Number,
        640..=839 => Form::Uuid,
        840..=899 => Form::Unicode,
        900..=929 => Form::Emoji,
        930..=949 => Form::Odd,
        950..=998 => Form::Handle,
        _ => Form::Long,
    }
}

fn write_user(text: &mut Text, seed: u64, number: u64) {
    let probe = usize::try_from(number).ok().and_then(|at| PROBES.get(at));
    if let Some((name, _)) = probe {
        return text.push(name);
    }
    let mut random = Random::new(seed, number);
    match form(seed, number) {
        Form::Email => {
            text.push(random.pick(words::GIVEN));
            text.push(".");
            text.push(random.pick(words::FAMILY));
            text.number(number);
            text.push("@");
            text.push(random.pick_early(words::DOMAINS));
        }
        Form::Number => text.number(100_000 + 7 * number),
        Form::Uuid => text.uuid(random.next(), mix(number), false),
        Form::Unicode => {
            text.push(random.pick(words::NAMES));
            text.push("-");
            text.number(number);
        }
        Form::Emoji => {
            text.push(random.pick(words::EMOJI));
            text.push(random.pick(words::GIVEN));
            text.number(number);
        }
        Form::Odd => {
            text.push(random.pick(&["CORP\\\\", "O'Neil \\\"Dot\\\" ", "user/", "a b\\t", "id=1&u="]));
            text.number(number);
        }
        Form::Handle => {
            text.push(random.pick(&["user_", "cust-", "acct:", "U"]));
            text.number(number);
        }
        Form::Long => {
            text.push("https://example.com/u/");
            text.number(number);
            text.push("?token=");
            for _ in 0..(300 + random.below(1700)) / 16 {
                text.hex(random.next(), 16);
            }
        }
    }
}
