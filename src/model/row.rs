//! One row as it arrived, with what its verb and its properties say about ids.

use super::client::Client;
use super::id::Id;
use super::time::Millis;

/// One event as a file or a request had it.
///
/// It holds facts only: under which id a row is *stored* and whose it is, the
/// [engine](crate::identity) decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Name of the event; a JSON number or boolean stands for its text; `""` when absent.
    pub event: String,
    /// The `distinct_id` as sent; `None` when absent or not usable (captures A3).
    pub id: Option<Id>,
    /// When it happened, UTC.
    pub time: Millis,
    /// When the server had it; `None` when no field of the row says so.
    pub arrival: Option<Millis>,
    /// `$device_id`, without one `$device:`.
    pub device: Option<Id>,
    /// `$user_id`.
    pub user: Option<Id>,
    /// What the row does to ids, by its name and properties.
    pub verb: Verb,
    /// `$distinct_id_before_identity` and `$preshuffle_distinct_id`: the ids that the vendor
    /// says the row was sent under (identity.md P4).
    pub previous: Vec<Id>,
    /// `$insert_id`.
    pub insert_id: Option<String>,
    /// The program that sent it.
    pub client: Option<Client>,
    /// The properties as JSON text of one object, without line breaks.
    pub properties: String,
    /// Line of the file where the row begins, from 1.
    pub line: u64,
    /// What else is to be said of it.
    pub flags: Flags,
}

/// What call a row is, and the ids that it names. The format decides; an absent part is `None`.
///
/// `T` is how an id is written: [`Id`], a text that lies in the input, or a number.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Verb<T = Id> {
    /// An event of its own id.
    #[default]
    Track,
    /// `$create_alias`: asks the server to add `alias → target` to the lookup table.
    Alias {
        /// Property `alias`.
        alias: Option<T>,
        /// Property `original` (Android 4.1.0 to 7.2.1, identity.md §2.4), else `distinct_id`.
        target: Option<T>,
        /// Whether `original` was there and differs from `distinct_id`.
        by_original: bool,
    },
    /// `$identify`: the client switched from `anon` to `identified`.
    Identify {
        /// `$identified_id`, else `distinct_id`.
        identified: Option<T>,
        /// `$anon_id`, else `$anon_distinct_id`.
        anon: Option<T>,
    },
    /// `$merge`: two ids that a server library says are one person.
    Merge {
        /// The members of `$distinct_ids`.
        ids: Vec<T>,
    },
    /// The client forgot its user.
    Reset,
    /// A page or a screen was shown.
    Page,
    /// The profile of a person was changed by the same call.
    Profile,
    /// The person joined a group.
    Group,
}

impl<T> Verb<T> {
    /// Which kind it is.
    pub fn kind(&self) -> VerbKind {
        match self {
            Self::Track => VerbKind::Track,
            Self::Alias { .. } => VerbKind::Alias,
            Self::Identify { .. } => VerbKind::Identify,
            Self::Merge { .. } => VerbKind::Merge,
            Self::Reset => VerbKind::Reset,
            Self::Page => VerbKind::Page,
            Self::Profile => VerbKind::Profile,
            Self::Group => VerbKind::Group,
        }
    }

    /// Whether it names ids other than the `distinct_id`.
    pub fn names_ids(&self) -> bool {
        matches!(self, Self::Alias { .. } | Self::Identify { .. } | Self::Merge { .. })
    }

    /// The same with each id written in another way.
    pub fn map<U>(self, mut tell: impl FnMut(T) -> U) -> Verb<U> {
        match self {
            Self::Track => Verb::Track,
            Self::Alias { alias, target, by_original } => {
                Verb::Alias { alias: alias.map(&mut tell), target: target.map(&mut tell), by_original }
            }
            Self::Identify { identified, anon } => {
                Verb::Identify { identified: identified.map(&mut tell), anon: anon.map(&mut tell) }
            }
            Self::Merge { ids } => Verb::Merge { ids: ids.into_iter().map(tell).collect() },
            Self::Reset => Verb::Reset,
            Self::Page => Verb::Page,
            Self::Profile => Verb::Profile,
            Self::Group => Verb::Group,
        }
    }

    /// The same with its ids borrowed.
    pub fn as_ref(&self) -> Verb<&T> {
        match self {
            Self::Track => Verb::Track,
            Self::Alias { alias, target, by_original } => {
                Verb::Alias { alias: alias.as_ref(), target: target.as_ref(), by_original: *by_original }
            }
            Self::Identify { identified, anon } => {
                Verb::Identify { identified: identified.as_ref(), anon: anon.as_ref() }
            }
            Self::Merge { ids } => Verb::Merge { ids: ids.iter().collect() },
            Self::Reset => Verb::Reset,
            Self::Page => Verb::Page,
            Self::Profile => Verb::Profile,
            Self::Group => Verb::Group,
        }
    }
}

/// Which kind of call a row is, without its ids: [`Verb::kind`].
///
/// The format that a row was read from decides it, and the store keeps it. A name says nothing:
/// `$identify` is a call of one vendor and an event like any other of the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum VerbKind {
    /// [`Verb::Track`].
    #[default]
    Track,
    /// [`Verb::Alias`].
    Alias,
    /// [`Verb::Identify`].
    Identify,
    /// [`Verb::Merge`].
    Merge,
    /// [`Verb::Reset`].
    Reset,
    /// [`Verb::Page`].
    Page,
    /// [`Verb::Profile`].
    Profile,
    /// [`Verb::Group`].
    Group,
}

impl VerbKind {
    /// Every kind, in the order of their numbers in the store.
    pub const ALL: [Self; 8] =
        [Self::Track, Self::Alias, Self::Identify, Self::Merge, Self::Reset, Self::Page, Self::Profile, Self::Group];

    /// Number of this kind in the store; never reused.
    pub fn number(self) -> u8 {
        match self {
            Self::Track => 0,
            Self::Alias => 1,
            Self::Identify => 2,
            Self::Merge => 3,
            Self::Reset => 4,
            Self::Page => 5,
            Self::Profile => 6,
            Self::Group => 7,
        }
    }

    /// The kind with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Its word in JSON and SQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Track => "track",
            Self::Alias => "alias",
            Self::Identify => "identify",
            Self::Merge => "merge",
            Self::Reset => "reset",
            Self::Page => "page",
            Self::Profile => "profile",
            Self::Group => "group",
        }
    }

    /// The kind with this word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether a row is about ids and says of no deed of a person.
    pub fn is_about_ids(self) -> bool {
        matches!(self, Self::Alias | Self::Identify | Self::Merge | Self::Reset)
    }
}

/// Name of the row by which Mixpanel's SDKs ask for an alias.
pub const CREATE_ALIAS: &str = "$create_alias";
/// Name of the row that Mixpanel's SDKs send when `identify` changes the client's id.
pub const IDENTIFY: &str = "$identify";
/// Name of Mixpanel's row that merges two ids in ID-merge projects.
pub const MERGE: &str = "$merge";

/// How two ids come to be named together by a row. `a` and `b` are the order of [`Row::links`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LinkKind {
    /// `$identify`: `a` identified, `b` the anonymous id before (identity.md P1).
    Identify,
    /// A row with both: `a` its `$user_id`, `b` its `$device_id` (P2).
    UserDevice,
    /// A row with both: `a` its `distinct_id`, `b` its `$device_id` (E2).
    IdDevice,
    /// A row with both: `a` its `distinct_id`, `b` its `$user_id`.
    IdUser,
    /// `a` the `distinct_id`, `b` the id that the vendor says the row was sent under (P4).
    Previous,
    /// `$merge`: two ids of one person, says the caller (P4).
    Merge,
    /// As [`LinkKind::IdDevice`], on a row with `$had_persisted_distinct_id`: `b` may be an
    /// old user id and not a device at all, so this is never evidence (identity.md P2).
    PersistedDevice,
}

impl LinkKind {
    /// Every kind, in the order of their numbers in the store.
    pub const ALL: [Self; 7] = [
        Self::Identify,
        Self::UserDevice,
        Self::IdDevice,
        Self::IdUser,
        Self::Previous,
        Self::Merge,
        Self::PersistedDevice,
    ];

    /// Number of this kind in the store; never reused.
    pub fn number(self) -> i64 {
        match self {
            Self::Identify => 0,
            Self::UserDevice => 1,
            Self::IdDevice => 2,
            Self::IdUser => 3,
            Self::Previous => 4,
            Self::Merge => 5,
            Self::PersistedDevice => 6,
        }
    }

    /// The kind with this number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

impl Row {
    /// The pairs of ids that this row puts together, without pairs of an id with itself.
    ///
    /// Refused and accepted aliases are no links: the alias calls hold them.
    pub fn links(&self) -> Vec<(LinkKind, Id, Id)> {
        let mut links = Vec::new();
        let named = Named {
            id: self.id.as_ref(),
            device: self.device.as_ref(),
            user: self.user.as_ref(),
            previous: &self.previous,
            verb: &self.verb,
            flags: self.flags,
        };
        named.links(|kind, a, b| links.push((kind, a.clone(), b.clone())));
        links
    }
}

/// The ids that a row names, written as texts or numbers.
#[derive(Clone, Copy, Debug)]
pub struct Named<'r, T> {
    /// [`Row::id`].
    pub id: Option<&'r T>,
    /// [`Row::device`].
    pub device: Option<&'r T>,
    /// [`Row::user`].
    pub user: Option<&'r T>,
    /// [`Row::previous`].
    pub previous: &'r [T],
    /// [`Row::verb`].
    pub verb: &'r Verb<T>,
    /// [`Row::flags`].
    pub flags: Flags,
}

impl<T: PartialEq> Named<'_, T> {
    /// Calls `found` with each of [`Row::links`].
    pub fn links(&self, mut found: impl FnMut(LinkKind, &T, &T)) {
        match self.verb {
            Verb::Identify { identified, anon } => {
                link(&mut found, LinkKind::Identify, identified.as_ref(), anon.as_ref());
            }
            Verb::Merge { ids } => {
                for pair in ids.windows(2) {
                    link(&mut found, LinkKind::Merge, pair.first(), pair.last());
                }
            }
            Verb::Track | Verb::Alias { .. } | Verb::Reset | Verb::Page | Verb::Profile | Verb::Group => {}
        }
        let persisted = self.flags.has(Flags::HAD_PERSISTED);
        if !persisted {
            link(&mut found, LinkKind::UserDevice, self.user, self.device);
        }
        // Not through `link`: an id that *is* its device id must be found by it.
        if let (Some(id), Some(device)) = (self.id, self.device) {
            found(if persisted { LinkKind::PersistedDevice } else { LinkKind::IdDevice }, id, device);
        }
        link(&mut found, LinkKind::IdUser, self.id, self.user);
        for previous in self.previous {
            link(&mut found, LinkKind::Previous, self.id, Some(previous));
        }
    }
}

/// Tells of a pair, unless a part is missing or both are the same.
fn link<T: PartialEq>(found: &mut impl FnMut(LinkKind, &T, &T), kind: LinkKind, a: Option<&T>, b: Option<&T>) {
    if let (Some(a), Some(b)) = (a, b)
        && a != b
    {
        found(kind, a, b);
    }
}

/// Facts about a row that are yes or no, as one number for the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub struct Flags(pub u32);

impl Flags {
    /// No field said when it arrived; its order is that of the rows of its file.
    pub const ARRIVAL_UNKNOWN: Self = Self(1);
    /// Its text was no valid JSON in UTF-8 and was put right: half of a surrogate pair or a byte that
    /// is not UTF-8, for which U+FFFD stands, or a control character, which the text has still.
    pub const REPAIRED: Self = Self(1 << 1);
    /// Name and id were put back from `mp_original_*` (identity.md L16).
    pub const HOT_SHARD: Self = Self(1 << 2);
    /// The `distinct_id` was a number or boolean.
    pub const ID_NOT_TEXT: Self = Self(1 << 3);
    /// Came by `/import` (`$import`).
    pub const IMPORTED: Self = Self(1 << 4);
    /// `$had_persisted_distinct_id` is true.
    pub const HAD_PERSISTED: Self = Self(1 << 5);
    /// The row has no time of its own; the arrival stands for it.
    pub const TIME_FROM_ARRIVAL: Self = Self(1 << 6);
    /// Has an `$insert_id`, so that another delivery of it is recognised.
    pub const HAS_INSERT_ID: Self = Self(1 << 7);
    /// The alias call named its target by `original`, another one than its `distinct_id`.
    pub const BY_ORIGINAL: Self = Self(1 << 8);
    /// The clock of the project's zone had this hour twice; the one nearer to the arrival was taken.
    pub const AMBIGUOUS_HOUR: Self = Self(1 << 9);
    /// Has a `distinct_id` that stands for no id: empty, `null`, an object or an array.
    pub const ID_UNUSABLE: Self = Self(1 << 10);
    /// Has no `distinct_id`; its id was made of `$user_id` or `$device_id`, as Simplified ID Merge makes it
    /// (identity.md §3.2).
    pub const ID_MADE: Self = Self(1 << 11);

    /// Whether all of `other` are set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Sets `other`.
    pub fn set(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// One change to a person's profile, or one exported profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// `$distinct_id` as sent; `None` for groups or when not usable.
    pub id: Option<Id>,
    /// `$ignore_alias`: the update was not to go through the lookup table (identity.md L8).
    pub ignore_alias: bool,
    /// `$set`, `$set_once`, `$add`, …; `export` for an exported profile, `group` for a group.
    pub operation: String,
    /// Its time, else its arrival.
    pub time: Option<Millis>,
    /// When the server had it.
    pub arrival: Option<Millis>,
    /// Values a person could be searched by: (`$email`, `sally@gmail.com`).
    pub values: Vec<(String, String)>,
    /// `$device_id`, without one `$device:`.
    pub device: Option<Id>,
    /// `$user_id`.
    pub user: Option<Id>,
    /// The whole update as JSON text, without line breaks.
    pub json: String,
    /// Line of the file where it begins, from 1.
    pub line: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row {
            event: "View".into(),
            id: Some(Id::new("$device:d")),
            time: 0,
            arrival: None,
            device: Some(Id::new("d")),
            user: Some(Id::new("u")),
            verb: Verb::Track,
            previous: vec![],
            insert_id: None,
            client: None,
            properties: "{}".into(),
            line: 1,
            flags: Flags::default(),
        }
    }

    #[test]
    fn a_row_with_device_and_user_links_them() {
        let kinds: Vec<_> = row().links().into_iter().map(|(kind, _, _)| kind).collect();
        assert_eq!(kinds, [LinkKind::UserDevice, LinkKind::IdDevice, LinkKind::IdUser]);
    }

    #[test]
    fn a_persisted_distinct_id_makes_the_device_no_evidence() {
        let mut row = row();
        row.flags.set(Flags::HAD_PERSISTED);
        let kinds: Vec<_> = row.links().into_iter().map(|(kind, _, _)| kind).collect();
        assert_eq!(kinds, [LinkKind::PersistedDevice, LinkKind::IdUser]);
    }

    #[test]
    fn kinds_have_numbers_of_their_own() {
        for kind in LinkKind::ALL {
            assert_eq!(LinkKind::from_number(kind.number()), Some(kind));
        }
    }

    #[test]
    fn verbs_have_numbers_and_words_of_their_own() {
        for kind in VerbKind::ALL {
            assert_eq!(VerbKind::from_number(kind.number()), Some(kind));
            assert_eq!(VerbKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(VerbKind::from_number(8), None);
        assert_eq!(VerbKind::from_name("Track"), None);
    }
}
