//! What a search finds: ids, how they match, and where they lead.

use std::collections::BTreeMap;

use super::{Id, Millis};

/// How many rows were sent under an id, and from when to when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Number of rows.
    pub events: u64,
    /// Time of the first; `None` without rows.
    pub first: Option<Millis>,
    /// Time of the last; `None` without rows.
    pub last: Option<Millis>,
}

impl Span {
    /// These rows and others.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            events: self.events.saturating_add(other.events),
            first: self.first.into_iter().chain(other.first).min(),
            last: self.last.max(other.last),
        }
    }
}

/// How a search found an id, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Match {
    /// It is the text, or its other device form.
    Exact,
    /// It begins with the text, without regard to case.
    Prefix,
    /// It has the text in it, without regard to case.
    Substring,
    /// A value of its profile has the text in it, without regard to case.
    Profile,
    /// A property of its rows is what was asked for.
    Property,
    /// Its rows are of the event, or of the time, that was asked for.
    Event,
    /// It has the characters of the text in their order, with few others between.
    Fuzzy,
}

impl Match {
    /// The name in JSON and on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Prefix => "prefix",
            Self::Substring => "substring",
            Self::Profile => "profile",
            Self::Property => "property",
            Self::Event => "event",
            Self::Fuzzy => "fuzzy",
        }
    }
}

/// An id that a store found, before the engine says where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdHit {
    /// The id.
    pub id: Id,
    /// How it was found.
    pub found: Match,
    /// Key and value of the profile property, for [`Match::Profile`].
    pub via: Option<(String, String)>,
    /// The rows that were sent under it.
    pub span: Span,
}

/// One id that a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The id.
    pub id: Id,
    /// Where the rows of its user are stored; `None` when it is only mentioned.
    pub root: Option<Id>,
    /// What it is.
    pub kind: HitKind,
    /// How it was found.
    pub found: Match,
    /// The profile value that was found: (`$email`, `sally@gmail.com`).
    pub via: Option<(String, String)>,
    /// Its rows that are what was asked for, where rows were looked through.
    pub matched: u64,
    /// Rows sent under it.
    pub events: u64,
    /// Time of the first of them.
    pub first: Option<Millis>,
    /// Time of the last of them.
    pub last: Option<Millis>,
    /// The best name known of its person: that of the profile, else the e-mail address, else an
    /// id that a person chose; `None` where only a machine's id is known, or no one asked.
    pub name: Option<String>,
    /// All rows of its person; `None` where no one asked.
    pub person: Option<Span>,
}

impl Hit {
    /// The name of its person, where one is known and it is not the id itself.
    pub fn known_as(&self) -> Option<&str> {
        self.name.as_deref().filter(|name| *name != self.id.as_str())
    }

    /// The rows of its person, as far as they are known: else those that were sent under it.
    pub fn rows(&self) -> Span {
        self.person.unwrap_or(Span { events: self.events, first: self.first, last: self.last })
    }
}

/// An event whose name has a text in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventHit {
    /// Its name.
    pub event: String,
    /// People with such rows.
    pub people: u64,
    /// Its rows; 0 while they are being counted.
    pub rows: u64,
}

/// A value of a property that has a text in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueHit {
    /// The name of the property; of one inside of others with dots between the names.
    pub property: String,
    /// The value, as text.
    pub value: String,
    /// People with such rows.
    pub people: u64,
    /// Its rows.
    pub rows: u64,
    /// Whether there can be more of both, because not all rows were looked through.
    pub at_least: bool,
}

/// What a found id is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HitKind {
    /// Rows are stored under it.
    Root,
    /// An accepted alias.
    Alias,
    /// Named as a device only.
    Device,
    /// Named as a user, or asked for as an alias, only.
    User,
    /// Found by a value of its profile.
    Profile,
}

impl HitKind {
    /// The name in JSON and on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Alias => "alias",
            Self::Device => "device",
            Self::User => "user",
            Self::Profile => "profile",
        }
    }
}

/// An e-mail address or phone number that more than one user has: the hits may be one person, split
/// in two, or two people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The value, as the first hit has it.
    pub value: String,
    /// The roots of the users, best hit first; the id itself where it has no root.
    pub users: Vec<Id>,
}

impl Shared {
    /// Values that several of the hits for `text` have, by alphabet.
    pub fn of(text: &str, hits: &[Hit]) -> Vec<Self> {
        let mut values: BTreeMap<String, Self> = BTreeMap::new();
        for hit in hits {
            let value = match &hit.via {
                Some((key, value)) if is_of_one_person(key) => value.trim(),
                // An id that is an address is a value of its user too.
                None if hit.found == Match::Exact && text.contains('@') => hit.id.as_str(),
                _ => continue,
            };
            let shared = values
                .entry(value.to_lowercase())
                .or_insert_with(|| Self { value: value.to_owned(), users: Vec::new() });
            let user = hit.root.as_ref().unwrap_or(&hit.id);
            if !shared.users.contains(user) {
                shared.users.push(user.clone());
            }
        }
        values.into_values().filter(|shared| shared.users.len() > 1).collect()
    }
}

/// Whether a property of a profile has another value for each person.
fn is_of_one_person(key: &str) -> bool {
    let key = key.to_lowercase();
    key.contains("mail") || key.contains("phone")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(id: &str, root: Option<&str>, found: Match, via: Option<(&str, &str)>) -> Hit {
        Hit {
            id: Id::new(id),
            root: root.map(Id::new),
            kind: HitKind::Root,
            found,
            matched: 0,
            via: via.map(|(key, value)| (key.to_owned(), value.to_owned())),
            events: 1,
            first: None,
            last: None,
            name: None,
            person: None,
        }
    }

    #[test]
    fn an_address_of_two_users_is_shared_and_a_name_is_not() {
        let by = |id, key, value| hit(id, Some(id), Match::Profile, Some((key, value)));
        let hits = [
            hit("s@x.io", Some("12345"), Match::Exact, None),
            by("777", "$email", "S@x.io "),
            by("12345", "$email", "s@x.io"),
            by("777", "$name", "Sally"),
            by("888", "$name", "Sally"),
            by("888", "Phone", "5"),
        ];
        let users = vec![Id::new("12345"), Id::new("777")];
        assert_eq!(Shared::of("s@x.io", &hits), [Shared { value: "s@x.io".into(), users }]);
        assert_eq!(Shared::of("s@x.io", &hits[2..]), []);
    }

    #[test]
    fn a_user_with_one_address_under_two_ids_is_one() {
        let by = |id, root| hit(id, Some(root), Match::Profile, Some(("email", "s@x.io")));
        assert_eq!(Shared::of("s@x", &[by("a", "r"), by("r", "r")]), []);
        assert_eq!(Shared::of("s@x", &[by("a", "r"), by("b", "q")]).len(), 1);
    }
}
