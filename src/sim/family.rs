//! The SDK families that a scenario can name: releases that treat ids alike.
//!
//! A family is a row of identity.md §2.1 or §2.4. What a family does is asked by what a
//! release can (`Web::has_reset`), so that the table of identity.md stays readable here.

/// A family of SDK releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// What a scenario writes after `sdk =`.
    pub name: &'static str,
    /// The release that is imitated: `$lib_version` on the wire.
    pub version: &'static str,
    /// How it treats ids, for a person.
    pub about: &'static str,
    /// Which machine it runs.
    pub(super) kind: Kind,
}

/// Which state machine a family runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Web(Web),
    Android(Android),
    Ios(Ios),
    Server(Server),
}

impl Kind {
    /// What a person calls it in a message.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Web(_) => "web",
            Self::Android(_) | Self::Ios(_) => "app",
            Self::Server(_) => "server",
        }
    }
}

/// mixpanel-browser 2.x, by the second number of its release (identity.md §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Web(u16);

impl Web {
    /// `reset()` exists.
    pub(super) fn has_reset(self) -> bool {
        self.0 >= 8
    }

    /// Rows carry `$device_id`, `$user_id` and `time`.
    pub(super) fn names_device_and_user(self) -> bool {
        self.0 >= 23
    }

    /// `identify` with an old cookie leaves `$had_persisted_distinct_id`.
    pub(super) fn tells_persisted(self) -> bool {
        self.0 >= 26
    }

    /// `identify` to another id sends `$identify`.
    pub(super) fn sends_identify(self) -> bool {
        self.0 >= 29
    }

    /// Rows carry `$insert_id`.
    pub(super) fn has_insert_id(self) -> bool {
        self.0 >= 32
    }

    /// A page load sends `mp_page_view` (seen up to 2.29.1, gone in 2.45.0: captures fact 16).
    pub(super) fn sends_page_view(self) -> bool {
        self.0 < 32
    }

    /// Rows wait for a flush every five seconds.
    pub(super) fn batches(self) -> bool {
        self.0 >= 42
    }

    /// Anonymous ids begin with `$device:`, and `identify` refuses such ids.
    pub(super) fn prefixes_device(self) -> bool {
        self.0 >= 46
    }

    /// Anonymous ids are UUIDs.
    pub(super) fn makes_uuids(self) -> bool {
        self.0 >= 62
    }
}

/// mixpanel-android, by release (identity.md §2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Android(u16, u16, u16);

impl Android {
    fn since(self, major: u16, minor: u16, patch: u16) -> bool {
        (self.0, self.1, self.2) >= (major, minor, patch)
    }

    /// `alias` names its target by `original` in addition to `distinct_id`.
    pub(super) fn says_original(self) -> bool {
        !self.since(7, 2, 2)
    }

    /// Rows carry `$device_id`, `$user_id`, `$had_persisted_distinct_id`.
    pub(super) fn names_device_and_user(self) -> bool {
        self.since(5, 4, 5)
    }

    /// `identify` to another id sends `$identify`.
    pub(super) fn sends_identify(self) -> bool {
        self.since(5, 6, 3)
    }

    /// `time` is in milliseconds; before, in whole seconds (identity.md §4.1).
    pub(super) fn sends_milliseconds(self) -> bool {
        self.since(6, 3, 0)
    }

    /// Anonymous ids begin with `$device:`.
    pub(super) fn prefixes_device(self) -> bool {
        self.since(7, 3, 0)
    }
}

/// mixpanel-iphone (Objective-C), by release (identity.md §2.4, C43).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ios(u16, u16, u16);

impl Ios {
    fn since(self, major: u16, minor: u16, patch: u16) -> bool {
        (self.0, self.1, self.2) >= (major, minor, patch)
    }

    /// `createAlias` calls `identify` with the original id.
    pub(super) fn alias_identifies(self) -> bool {
        self.since(3, 2, 3)
    }

    /// `identify` with the id that was just aliased does nothing.
    pub(super) fn guards_alias(self) -> bool {
        self.since(3, 0, 9) && !self.since(3, 9, 1)
    }

    /// Rows carry `$device_id` and `$user_id`.
    pub(super) fn names_device_and_user(self) -> bool {
        self.since(3, 3, 5)
    }

    /// `identify` to another id sends `$identify`.
    pub(super) fn sends_identify(self) -> bool {
        self.since(3, 4, 7)
    }

    /// Anonymous ids begin with `$device:`, and are made anew by `reset`. Before, the id was
    /// the vendor's id of the phone, and `reset` gave the same one back.
    pub(super) fn prefixes_device(self) -> bool {
        self.since(5, 0, 2)
    }
}

/// Libraries for servers: they hold no state, every call names its ids (captures fact 19).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Server {
    /// Fractional seconds and `$insert_id`.
    Python,
    /// Whole seconds, no `$insert_id`.
    Python4,
    /// Neither `time` nor `$insert_id`.
    Node,
    /// Whole seconds, no `$insert_id`.
    Ruby,
}

/// Every family, in the order of the tables of identity.md.
pub const FAMILIES: &[Family] = &[
    web("web-2.7", "2.7.0", 7, "no reset(); identify leaves no trace"),
    web("web-2.22", "2.22.4", 22, "reset(); identify leaves no trace; no time, no $device_id"),
    web("web-2.23", "2.23.0", 23, "adds time, $device_id and $user_id"),
    web("web-2.26", "2.26.0", 26, "adds $had_persisted_distinct_id"),
    web("web-2.29", "2.29.1", 29, "adds the $identify event"),
    web("web-2.32", "2.32.0", 32, "adds $insert_id; no mp_page_view"),
    web("web-2.42", "2.45.0", 45, "sends in batches every 5 seconds"),
    web("web-2.46", "2.60.0", 60, "anonymous ids begin with $device:, identify refuses them"),
    web("web-2.62", "2.62.0", 62, "anonymous ids are $device: and a UUID"),
    android("android-4.9", "4.9.8", (4, 9, 8), "alias names its target by original; identify leaves no trace"),
    android("android-5.6", "5.6.3", (5, 6, 3), "adds $device_id, $user_id and the $identify event"),
    android("android-7.2", "7.2.2", (7, 2, 2), "alias names its target by distinct_id"),
    android("android-7.3", "7.3.0", (7, 3, 0), "anonymous ids begin with $device:"),
    ios("ios-3.0", "3.0.9", (3, 0, 9), "identify with the aliased id does nothing; identify leaves no trace"),
    ios("ios-3.2", "3.2.3", (3, 2, 3), "alias identifies with the original id"),
    ios("ios-3.4", "3.4.7", (3, 4, 7), "adds $device_id, $user_id and the $identify event"),
    ios("ios-3.9", "3.9.1", (3, 9, 1), "identify with the aliased id switches to it"),
    ios("ios-5.0", "5.0.2", (5, 0, 2), "anonymous ids begin with $device:"),
    server("server-python", "5.4.1", Server::Python, "every call names its ids; time and $insert_id"),
    server("server-python-4", "4.4.0", Server::Python4, "every call names its ids; whole seconds"),
    server("server-node", "0.24.0", Server::Node, "every call names its ids; no time, no $insert_id"),
    server("server-ruby", "2.2.2", Server::Ruby, "every call names its ids; whole seconds"),
];

const fn web(name: &'static str, version: &'static str, minor: u16, about: &'static str) -> Family {
    Family { name, version, about, kind: Kind::Web(Web(minor)) }
}

const fn android(name: &'static str, version: &'static str, at: (u16, u16, u16), about: &'static str) -> Family {
    Family { name, version, about, kind: Kind::Android(Android(at.0, at.1, at.2)) }
}

const fn ios(name: &'static str, version: &'static str, at: (u16, u16, u16), about: &'static str) -> Family {
    Family { name, version, about, kind: Kind::Ios(Ios(at.0, at.1, at.2)) }
}

const fn server(name: &'static str, version: &'static str, kind: Server, about: &'static str) -> Family {
    Family { name, version, about, kind: Kind::Server(kind) }
}

impl Family {
    /// The family with this name.
    pub fn named(name: &str) -> Option<Self> {
        FAMILIES.iter().find(|family| family.name == name).copied()
    }

    /// Whether it runs on a server: no device, no state.
    pub fn is_server(&self) -> bool {
        matches!(self.kind, Kind::Server(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_families_have_one_name() {
        for (at, family) in FAMILIES.iter().enumerate() {
            let first = FAMILIES.iter().position(|other| other.name == family.name);
            assert_eq!(first, Some(at), "{}", family.name);
            assert_eq!(Family::named(family.name), Some(*family));
        }
    }
}
