//! The list of what can be written, which everything else reads: the reader, completion, the help
//! of the interface and the table of the README.

use super::Place;

/// Something that can be written.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// How it is written, by example; empty where the line before goes on.
    pub written: &'static str,
    /// What it means: of a row, and so of the people who have such a row.
    pub meaning: &'static str,
    /// Where it can be written.
    pub places: Meaning,
    /// The fields that it is about.
    pub(super) fields: &'static [&'static str],
}

/// Where a form makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// In both places.
    Everywhere,
    /// Only in the search. The text says why not in a journey; the name is what to write there.
    Search(&'static str, Option<&'static str>),
    /// Only in a journey. The text says why not in the search; the name is what to write there.
    Journey(&'static str, Option<&'static str>),
}

impl Form {
    /// Whether it can be written there.
    pub fn is_for(&self, place: Place) -> bool {
        self.refused(place).is_none()
    }

    /// The place in one word, for tables.
    pub fn place(&self) -> &'static str {
        match self.places {
            Meaning::Everywhere => "both",
            Meaning::Search(..) => "search",
            Meaning::Journey(..) => "journey",
        }
    }

    /// Why it cannot be written there, and what could be instead.
    fn refused(&self, place: Place) -> Option<(&'static str, Option<&'static str>)> {
        match (self.places, place) {
            (Meaning::Search(why, instead), Place::Journey) | (Meaning::Journey(why, instead), Place::Search) => {
                Some((why, instead))
            }
            _ => None,
        }
    }
}

const fn form(written: &'static str, fields: &'static [&'static str], meaning: &'static str) -> Form {
    Form { written, meaning, places: Meaning::Everywhere, fields }
}

const fn only(form: Form, places: Meaning) -> Form {
    Form { places, ..form }
}

const ONE_PERSON: &str = "all rows of a journey are of one person";
const ONE_JOURNEY: &str = "lanes are those of one journey";

/// What can be written, and what it means.
pub const FORMS: &[Form] = &[
    only(form("sally", &[], "a text in an id or a profile"), Meaning::Search("", None)),
    only(
        form("sally", &[], "a text in the event, the ids, the device, the client or the file"),
        Meaning::Journey("", None),
    ),
    form("\"two words\"", &[], "a text with spaces, or a word with a special meaning"),
    form("event:page", &["event"], "event names that contain page; event=Page is the whole name"),
    form("id:sally", &["id"], "ids that contain sally; id=sally is the whole id"),
    only(
        form("alias:sally", &["alias"], "aliases of alias calls, also refused ones"),
        Meaning::Search("aliases of a journey are its ids", Some("id:")),
    ),
    only(
        form("email:sally", &["email"], "e-mail addresses of profiles, and ids that are one"),
        Meaning::Search(ONE_PERSON, Some("id:")),
    ),
    only(form("name:sally", &["name"], "names of profiles"), Meaning::Search(ONE_PERSON, None)),
    only(
        form("phone:0170", &["phone"], "phone numbers of profiles, by their digits"),
        Meaning::Search(ONE_PERSON, None),
    ),
    form("device:a1 user:42", &["device", "user"], "the device, and the user that a row names"),
    form("duid:a1", &["duid", "domain_userid"], "the device, as Snowplow calls it; also domain_userid:a1"),
    form("client:web file:july.jsonl:3", &["client", "file"], "the program that sent a row; its file and line"),
    only(form("lane:B", &["lane"], "rows of a lane, by its letter"), Meaning::Journey(ONE_JOURNEY, Some("id:"))),
    form("phase:anonymous", &["phase"], "before the user was known; phase:identified is from then on"),
    form("is:orphan", &["is"], "also merged, split, race, history, contested, refused, accepted, duplicate,"),
    form("", &[], "alias, identify, login, reset, point, problem, finding, inferred, copied"),
    form("plan=pro", &[], "a property; also != > >= < <= and ~ (contains); prop:plan=pro is the same"),
    form("prop:plan", &["prop"], "a property with any value; prop:*=pro is any property, a.b is b inside a"),
    form(
        "after:2019-07-04",
        &["after"],
        "from then on; also 10:03 (on any day), -7d (before the end), +2h (from the start)",
    ),
    form("before:2019-07-04T10:00", &["before"], "earlier than that"),
    form("at:10:00..10:05", &["at"], "from the first to the last of these; at:2019-07-04 is that day"),
    form("-word  not word", &[], "rows, or users, that the term does not match"),
    form("a b  a and b  a or b  (a or b) c", &[], "both in one row; either; a group"),
    only(form("(event:a) (event:b)", &[], "both, in separate rows of one user"), Meaning::Search("", None)),
];

/// What stands after `is:`.
pub(in crate::inspect) const STATES: &[&str] = &[
    "merged",
    "split",
    "race",
    "history",
    "orphan",
    "contested",
    "refused",
    "accepted",
    "duplicate",
    "alias",
    "identify",
    "login",
    "reset",
    "point",
    "problem",
    "finding",
    "inferred",
    "copied",
];

/// What stands after `phase:`.
pub(super) const PHASES: &[&str] = &["anonymous", "identified"];

/// The fields that can be written in a place.
pub(in crate::inspect) fn field_names(place: Place) -> impl Iterator<Item = &'static str> + Clone {
    FORMS.iter().filter(move |form| form.is_for(place)).flat_map(|form| form.fields).copied()
}

/// The field that a name is, in any case, wherever it can be written.
pub(super) fn field(name: &str) -> Option<&'static str> {
    FORMS.iter().flat_map(|form| form.fields).copied().find(|field| field.eq_ignore_ascii_case(name))
}

/// Why a field cannot be written in a place, and what could be instead; `None` where it can.
pub(super) fn refused(field: &str, place: Place) -> Option<(&'static str, Option<&'static str>)> {
    FORMS.iter().find(|form| form.fields.contains(&field))?.refused(place)
}
