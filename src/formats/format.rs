//! The kinds of files that are read.

use super::item::Clock;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Events of the raw export (identity.md §4.5).
    Export,
    /// What SDKs sent, recorded or bare (§4.1 to §4.4).
    Payloads,
    /// Profile and group updates (§4.2).
    ProfileUpdates,
    /// Exported profiles, in pages or line by line (§4.5).
    ProfileExport,
    /// Rows of another vendor.
    Vendor,
    /// Alias → `distinct_id`.
    AliasTable,
    /// Rows of a plain copy of a store: events as they were, with what the store made of them.
    Copy,
    /// A SQLite database; the store reads it.
    Sqlite,
    /// Nothing but white space.
    Empty,
}

/// What is known of a kind of file, whatever stands in it.
#[derive(Debug)]
struct About {
    format: Format,
    /// What it is called.
    name: &'static str,
    /// Whether its name says how its records lie, too.
    shows_layout: bool,
    /// Whose clock times without a zone are on.
    clock: Clock,
    /// How a person can say that a file is one, where its content does not.
    choice: Option<Choice>,
}

/// A word for a kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The word.
    pub word: &'static str,
    /// What such files have.
    pub help: &'static str,
    /// The kind.
    pub format: Format,
}

const fn about(format: Format, name: &'static str) -> About {
    About { format, name, shows_layout: false, clock: Clock::Utc, choice: None }
}

/// The kinds, each once. Vendors other than Mixpanel are in a list of their own.
const KINDS: &[About] = &[
    About { shows_layout: true, clock: Clock::Project, ..about(Format::Export, "raw export") },
    about(Format::Payloads, "recorded payloads"),
    about(Format::ProfileUpdates, "profile updates"),
    about(Format::ProfileExport, "profile export"),
    About { shows_layout: true, ..about(Format::Vendor, "rows of another vendor") },
    About {
        shows_layout: true,
        choice: Some(Choice {
            word: "aliases",
            help: "Tables of aliases: a column alias (or key), and distinct_id (or target, original, value)",
            format: Format::AliasTable,
        }),
        ..about(Format::AliasTable, "alias table")
    },
    about(Format::Copy, "plain copy of a store"),
    about(Format::Sqlite, "SQLite file"),
    about(Format::Empty, "empty file"),
];

impl Format {
    /// What it is called.
    pub(super) fn name(self) -> &'static str {
        self.about().map_or("", |about| about.name)
    }

    /// Whether its name says how its records lie, too.
    pub(super) fn shows_layout(self) -> bool {
        self.about().is_some_and(|about| about.shows_layout)
    }

    /// Whose clock times without a zone are on.
    pub(super) fn clock(self) -> Clock {
        self.about().map_or(Clock::Utc, |about| about.clock)
    }

    fn about(self) -> Option<&'static About> {
        KINDS.iter().find(|about| about.format == self)
    }
}

/// The words by which a person can say what files are.
pub fn choices() -> impl Iterator<Item = Choice> {
    KINDS.iter().filter_map(|about| about.choice)
}
