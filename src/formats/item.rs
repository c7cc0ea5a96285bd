//! What a record becomes: an event, a profile, a line of a table of aliases, or a reject.

use std::borrow::Cow;

use crate::model::{Id, Millis, Profile, Reject, RowView};

/// Whose clock [`RowView::time`] is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// UTC.
    Utc,
    /// The clock of the project, as raw exports of older projects have it (identity.md §4.5).
    Project,
}

/// What a piece of input turned out to be.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly all items are events, and they are passed on, not kept")]
pub enum Item<'a> {
    /// An event.
    Event {
        /// The event; its time may be on the project's clock.
        row: RowView<'a>,
        /// Token of the project that it was sent to, where it says so.
        project: Option<Cow<'a, str>>,
        /// Which clock [`RowView::time`] is on.
        clock: Clock,
    },
    /// A profile update or an exported profile.
    Profile {
        /// The update.
        profile: Profile,
        /// Token of the project that it was sent to, where it says so.
        project: Option<String>,
        /// Its text had to be put right ([`crate::model::Flags::REPAIRED`]).
        repaired: bool,
    },
    /// A line of a table of aliases.
    Alias(AliasLine),
    /// A request without rows, by its endpoint: known, and nothing to keep.
    Skipped,
    /// Nothing of the above.
    Reject(Reject),
}

/// A line of a table of aliases: a call that stands for a mapping handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasLine {
    /// The key.
    pub alias: Option<Id>,
    /// What it points at.
    pub target: Option<Id>,
    /// When it was called, where the line says so.
    pub time: Option<Millis>,
    /// Line of the file, from 1.
    pub line: u64,
    /// Its text had to be put right ([`crate::model::Flags::REPAIRED`]).
    pub repaired: bool,
}

/// Takes items as they are read.
pub type Out<'o, 'a> = &'o mut dyn FnMut(Item<'a>);

impl Item<'_> {
    /// The item with texts of its own.
    pub fn into_owned(self) -> Item<'static> {
        match self {
            Self::Event { row, project, clock } => Self::of_event(row, project, clock),
            Self::Profile { profile, project, repaired } => Item::Profile { profile, project, repaired },
            Self::Alias(line) => Item::Alias(line),
            Self::Skipped => Item::Skipped,
            Self::Reject(reject) => Item::Reject(reject),
        }
    }

    /// An event with texts of its own.
    pub fn of_event(row: RowView<'_>, project: Option<Cow<'_, str>>, clock: Clock) -> Item<'static> {
        let project = project.map(|token| Cow::Owned(token.into_owned()));
        Item::Event { row: row.into_owned(), project, clock }
    }
}

/// Takes items as they are read, also such as are gone behind the call.
pub trait Take<'a> {
    /// Takes an item.
    fn take(&mut self, item: Item<'a>);

    /// Takes an event whose texts are there for this call alone.
    fn pass(&mut self, row: RowView<'_>, project: Option<Cow<'_, str>>, clock: Clock) {
        self.take(Item::of_event(row, project, clock));
    }

    /// Takes an event of which the properties alone stay: they are these pieces, one behind the other.
    fn lay(&mut self, row: RowView<'_>, properties: [&'a str; 4], clock: Clock) {
        self.pass(RowView { properties: Cow::Owned(properties.concat()), ..row }, None, clock);
    }
}

/// Takes each item by itself.
pub(super) struct Each<'o, 'a>(pub(super) Out<'o, 'a>);

impl<'a> Take<'a> for Each<'_, 'a> {
    fn take(&mut self, item: Item<'a>) {
        (self.0)(item);
    }
}
