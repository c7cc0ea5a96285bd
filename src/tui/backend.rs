//! What the interface needs of a store.

mod about;
mod failure;
mod hits;

use std::sync::Arc;

use crate::identity::Journey;
use crate::identity::compare::Comparison;
use crate::inspect::Census;
use crate::inspect::terms::{Terms, Vocabulary};
use crate::model::Id;
use crate::model::facts::Arrival;

pub use self::about::{Glance, Happened, Recent, Sight, StartPage, User};
pub use self::failure::{Failure, FailureKind};
pub use self::hits::Hits;

/// What became of a file that was to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is written.
    Written,
    /// There is such a file already; nothing was written.
    IsThere,
}

/// That answers are redacted from now on, or no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redacted {
    /// Whether they are.
    pub is_on: bool,
    /// What to call the store.
    pub title: String,
    /// What the user that was open is called.
    pub opened: Option<Id>,
}

/// What the interface asks a store. Every method may block: only the worker calls them.
pub trait Backend: Send {
    /// Ids that match `text`, best first.
    fn search(&mut self, text: &str) -> Result<Hits, Failure>;
    /// Some of the ids that match, at once, while [`Backend::search`] takes longer; `None` when it
    /// does not.
    fn search_soon(&mut self, _text: &str) -> Result<Option<Hits>, Failure> {
        Ok(None)
    }
    /// Who the terms find, best first; `show` is given what is found so far, again and again.
    fn search_terms(&mut self, _terms: &Terms, _show: &mut dyn FnMut(Hits)) -> Result<Hits, Failure> {
        Ok(Hits::default())
    }
    /// Names to complete terms with.
    fn vocabulary(&mut self) -> Result<Vocabulary, Failure> {
        Ok(Vocabulary::default())
    }
    /// The store as a whole, and who can be opened at once.
    fn overview(&mut self) -> Result<StartPage, Failure>;
    /// The journey of the user that an id belongs to; `None` when nothing names the id.
    fn journey(&mut self, id: &Id) -> Result<Option<Arc<Journey>>, Failure>;
    /// Its first rows, at once, while [`Backend::journey`] takes longer; `None` when it does not.
    fn journey_soon(&mut self, _id: &Id) -> Result<Option<Arc<Journey>>, Failure> {
        Ok(None)
    }
    /// The same as it stood when what is in order of arrival up to `moment` was there.
    fn journey_as_of(&mut self, id: &Id, moment: Arrival) -> Result<Option<Arc<Journey>>, Failure> {
        let _ = (id, moment);
        Err(Failure::new(FailureKind::Usage, "what answers here knows no other moment than now"))
    }
    /// Two users beside each other; a failure says which id nothing names.
    fn compare(&mut self, a: &Id, b: &Id) -> Result<Arc<Comparison>, Failure> {
        let _ = (a, b);
        Err(Failure::new(FailureKind::Usage, "what answers here cannot compare users"))
    }
    /// The properties of a row, as JSON.
    fn properties(&mut self, row: i64) -> Result<String, Failure>;
    /// The properties of rows, in the order asked.
    fn properties_of(&mut self, rows: &[i64]) -> Result<Vec<String>, Failure> {
        rows.iter().map(|row| self.properties(*row)).collect()
    }
    /// Calls `each` with the place of every row in `rows` and its properties, in no order, perhaps
    /// from several threads at a time.
    fn each_properties(&mut self, rows: &[i64], each: &(dyn Fn(usize, &str) + Sync)) -> Result<(), Failure> {
        for (place, text) in self.properties_of(rows)?.iter().enumerate() {
            each(place, text);
        }
        Ok(())
    }
    /// Puts the rows of a play in place of the store: lines of recorded payloads, and what the
    /// file of them is called.
    fn stage(&mut self, name: &str, _lines: &str) -> Result<(), Failure> {
        Err(Failure::new(FailureKind::Usage, format!("{name} cannot be opened here")))
    }
    /// Writes a file; one that is there stays as it is unless it is to be replaced.
    fn save(&mut self, path: &str, _text: &str, _replace: bool) -> Result<Saved, Failure> {
        Err(Failure::new(FailureKind::Usage, format!("{path} cannot be written here")))
    }
    /// Whether the store has changed since this was last asked.
    fn changed(&mut self) -> Result<bool, Failure>;
    /// What to call the store on screen.
    fn title(&self) -> String;
    /// The file that a command has to name to look into the same store; `None` where it would by
    /// itself.
    fn place(&self) -> Option<String> {
        None
    }
    /// Ids that look like `text`, when nothing matches it.
    fn near(&mut self, text: &str) -> Vec<Id>;
    /// A look at a hit. Cheap: what takes longer than a list can wait for is left out.
    fn look(&mut self, id: &Id) -> Result<Sight, Failure> {
        Ok(Sight { activity: Vec::new(), journey: self.journey(id)? })
    }
    /// One more step of counting over the whole store, and what is known after it.
    fn census(&mut self) -> Result<Census, Failure> {
        Ok(Census { done: true, ..Census::default() })
    }
    /// Looks into another store from now on, and what to call it; as before when it fails.
    fn open(&mut self, path: &str) -> Result<String, Failure> {
        Err(Failure::new(FailureKind::Usage, format!("{path} cannot be opened from here")))
    }
    /// Answers with pseudonyms from now on, or no longer; `opened` is the id that is open.
    fn redact(&mut self, _opened: Option<&Id>) -> Result<Redacted, Failure> {
        Err(Failure::new(FailureKind::Usage, "nothing can be redacted here"))
    }
    /// Somebody was opened: to be shown under [`StartPage::recent`] the next time.
    fn remember(&mut self, _: &Recent) {}
    /// The name of the zone that the data of a user says its devices stand in.
    fn device_zone(&mut self, _: &Id) -> Result<Option<String>, Failure> {
        Ok(None)
    }
    /// Pins somebody, to be shown under [`StartPage::pinned`], or takes the pin away; whether
    /// there is one now.
    fn pin(&mut self, _: &Recent) -> Result<bool, Failure> {
        Err(Failure::new(FailureKind::Usage, "nobody can be pinned here"))
    }
}
