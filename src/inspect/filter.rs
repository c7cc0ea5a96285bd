//! The filter language: which rows of a journey are shown.
//!
//! A filter is words and conditions, all of which have to hold: `event:purchase plan=pro
//! -is:orphan`. [`FORMS`] is its documentation, for help, README and command line alike.
//! Reading one ([`Filter::read`]) is pure, and an error tells the place and the nearest name.
//! A row is decided by what the journey holds of it, if that is enough; only a condition on a
//! property needs the row's properties ([`Filter::decide`] says so with `None`).

pub(super) mod decide;
mod literal;
pub(super) mod property;
mod read;

use std::ops::Range;
use std::sync::Arc;

use chrono::NaiveDateTime;

pub use self::decide::{Index, Subject};
pub use self::literal::Moment;
pub use self::property::{Amount, MONEY, amount, scalars, value};

use self::decide::{Expr, Properties};
use crate::identity::Journey;
use crate::model::near::nearest;
use crate::model::{Id, Millis};

/// The clock on the wall of a zone; `None` for a moment that no calendar has.
pub type Wall = Arc<dyn Fn(Millis) -> Option<NaiveDateTime> + Send + Sync>;

/// What can be written, and what it keeps.
pub const FORMS: &[(&str, &str)] = &[
    ("word", "rows with the word in their event, ids, device, client or file"),
    ("\"two words\"", "the same for a text with spaces"),
    ("event:page", "event names that contain page; event=Page is the whole name"),
    ("id:sally", "rows sent or stored under an id that contains sally; id= is the whole id"),
    ("device: user: client: file:", "the same for these"),
    ("lane:B", "rows of a lane, by its letter"),
    ("phase:anonymous", "before the user was known; phase:identified from then on"),
    ("is:orphan", "also merged, split, race, history, contested, refused, accepted, duplicate,"),
    ("", "alias, identify, login, reset, point, problem, finding, inferred, copied"),
    ("plan=pro", "a property; also != > >= < <= and ~ (contains); prop:plan=pro is the same"),
    ("prop:plan", "rows that have the property; prop:*=pro is any property, a.b one inside a"),
    ("after:2019-07-04", "from then on; also 10:03 (on any day), -7d (before the end), +2h (from the start)"),
    ("before:2019-07-04T10:00", "earlier than that"),
    ("at:10:00..10:05", "between, both ends included; at:2019-07-04 is that day"),
    ("-word  not word", "rows that it does not keep"),
    ("a b  a and b  a or b  (a or b) c", "both; either; together"),
];

/// What names in a filter can mean: taken from the journey that it is for.
#[derive(Clone)]
pub struct Names {
    lanes: Vec<Vec<Id>>,
    events: Vec<Arc<str>>,
    first: Millis,
    last: Millis,
    wall: Wall,
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Names").field("lanes", &self.lanes.len()).finish_non_exhaustive()
    }
}

impl Names {
    /// The names of a journey; times are read as `wall` shows them. Looks at every row.
    pub fn of(journey: &Journey, wall: Wall) -> Self {
        let mut lanes: Vec<Vec<Id>> = journey.ids.iter().map(|member| vec![member.id.clone()]).collect();
        lanes.extend(journey.orphans.iter().map(|orphan| {
            let mut ids = orphan.ids.clone();
            ids.push(orphan.id.clone());
            ids
        }));
        let steps = || journey.steps.iter().chain(journey.orphans.iter().flat_map(|orphan| &orphan.steps));
        let mut events: Vec<Arc<str>> = steps().map(|step| step.event.event.clone()).collect();
        events.sort_unstable();
        events.dedup();
        let times = || {
            let calls = journey.aliases.iter().map(|line| line.time);
            steps().map(|step| step.event.time).chain(calls)
        };
        Self { lanes, events, first: times().min().unwrap_or(0), last: times().max().unwrap_or(0), wall }
    }

    /// The event names of the journey, sorted.
    pub fn events(&self) -> &[Arc<str>] {
        &self.events
    }
}

/// The name of the lane at a place: `A` to `Z`, then `27`, `28`, …
pub fn lane_label(at: usize) -> String {
    match u8::try_from(at) {
        Ok(small @ 0..26) => char::from(b'A' + small).to_string(),
        _ => (at + 1).to_string(),
    }
}

/// A filter that was read.
#[derive(Clone)]
pub struct Filter {
    text: String,
    expr: Expr,
    wall: Wall,
    /// Event names that no row has, with the nearest that some row has.
    unknown: Vec<(String, Option<String>)>,
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Filter").field(&self.text).finish()
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Filter {
    /// Reads a filter; `None` when nothing is written.
    ///
    /// # Errors
    /// Something in it means nothing; the error says where.
    pub fn read(text: &str, names: &Names) -> Result<Option<Self>, Error> {
        let Some(expr) = read::read(text, names)? else { return Ok(None) };
        let mut unknown = Vec::new();
        expr.events(&mut |sought, whole| {
            let found = names
                .events
                .iter()
                .any(|event| if whole { decide::same(event, sought) } else { decide::contains(event, sought) });
            if !found {
                let meant = nearest(sought, names.events.iter().map(|event| &**event)).map(str::to_owned);
                unknown.push((sought.to_owned(), meant));
            }
        });
        Ok(Some(Self { text: text.trim().to_owned(), expr, wall: names.wall.clone(), unknown }))
    }

    /// The text that it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether some rows can only be decided by their properties.
    pub fn needs_properties(&self) -> bool {
        self.expr.needs_properties()
    }

    /// What could have been meant by a name that no row has, as a sentence.
    pub fn hint(&self) -> Option<String> {
        let (sought, meant) = self.unknown.first()?;
        let meant = meant.as_ref().map(|meant| format!("; did you mean {meant:?}?")).unwrap_or_default();
        Some(format!("no event here is called {sought:?}{meant}"))
    }

    /// Whether it keeps a row.
    ///
    /// `properties` is the row's JSON text; without it, `None` says that it is needed. A row
    /// of the journey that no row of the store is behind (a reset) has no properties at all.
    pub fn decide(&self, row: &Subject<'_>, properties: Option<&str>) -> Option<bool> {
        // A look at the text spares most rows the reading of their JSON.
        let at_hand = properties.map_or(Properties::Unknown, Properties::Text);
        if let Some(decided) = self.expr.decide(row, &self.wall, at_hand) {
            return Some(decided);
        }
        let parsed = match properties {
            Some(text) => serde_json::from_str(text).unwrap_or(serde_json::Value::Null),
            None if row.row.is_none() => serde_json::Value::Null,
            None => return None,
        };
        self.expr.decide(row, &self.wall, Properties::Read(&parsed))
    }
}

/// What in a filter means nothing, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}{}", .meant.as_ref().map(|name| format!("; did you mean {name}?")).unwrap_or_default())]
pub struct Error {
    /// What is wrong.
    pub what: String,
    /// The nearest name that means something.
    pub meant: Option<String>,
    /// The bytes of the text that it is about.
    pub place: Range<usize>,
}

impl Error {
    /// The text with a line below it that points at the place.
    pub fn pointed(&self, text: &str) -> String {
        let before = text.get(..self.place.start).map_or(0, |before| before.chars().count());
        let wide = text.get(self.place.clone()).map_or(1, |part| part.chars().count().max(1));
        format!("{text}\n{}{}", " ".repeat(before), "^".repeat(wide))
    }
}

/// A text as a value of the language: in quotes if it would be read as something else.
pub fn quoted(text: &str) -> String {
    let plain = !text.is_empty() && text.chars().all(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '"' | '\\'));
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")) }
}

/// A property name as the language writes it.
pub fn quoted_name(name: &str) -> String {
    let plain = !name.is_empty()
        && !name.starts_with('-')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '$' | '_' | '.' | '-'));
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")) }
}

#[cfg(test)]
mod tests;
