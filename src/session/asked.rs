//! What is asked of a session.

use std::io::Write;
use std::sync::Arc;

use super::findings::{self, Answer, Question};
use super::{Hits, Recent, Redacted, Saved, Sight, StartPage};
use crate::identity::compare::Comparison;
use crate::identity::{Journey, RuleSet};
use crate::inspect::filter::Filter;
use crate::inspect::query::Vocabulary;
use crate::inspect::terms::Terms;
use crate::inspect::{Census, Error, ErrorKind, EventHit, Inspector, Soon, ValueHit};
use crate::model::Id;
use crate::model::facts::Arrival;
use crate::model::scan::CanHave;
use crate::output::{self, Output};

/// Rows that names of events and properties are taken from.
const NAMED: usize = 600;

/// What the interface asks of what is open. Every method may block: no thread that draws calls one.
///
/// What an [`Inspector`] answers alone has a body here, and asks [`Session::inspector`].
pub trait Session: Send {
    /// What answers questions about the open source; `None` in a session that answers all by itself.
    fn inspector(&self) -> Option<&Inspector> {
        None
    }
    /// Ids that match `text`, best first.
    fn search(&mut self, text: &str) -> Result<Hits, Error>;
    /// Some of the ids that match, at once, while [`Session::search`] takes longer; `None` when it
    /// does not.
    fn search_soon(&mut self, _text: &str) -> Result<Option<Hits>, Error> {
        Ok(None)
    }
    /// Who the terms find, best first; `show` is given what is found so far, again and again.
    fn search_terms(&mut self, _terms: &Terms, _show: &mut dyn FnMut(Hits)) -> Result<Hits, Error> {
        Ok(Hits::default())
    }
    /// The first people whom the terms find, at once, while [`Session::search`] takes long; `None` when it does
    /// not, or where none are found at once.
    fn people_soon(&mut self, _terms: &Terms) -> Result<Option<Hits>, Error> {
        Ok(None)
    }
    /// Events with `text` in their names, those of the most people first.
    fn events_with(&mut self, text: &str) -> Result<Vec<EventHit>, Error> {
        self.inspector().map_or_else(|| Ok(Vec::new()), |inspector| inspector.events_with(text))
    }
    /// Events with `text` in their names, at once and not counted yet; none where [`Session::events_with`] has to say
    /// first which ones are listed.
    fn names_with(&mut self, text: &str) -> Result<Vec<EventHit>, Error> {
        self.inspector().map_or_else(|| Ok(Vec::new()), |inspector| inspector.names_with(text))
    }
    /// Values of properties with `text` in them, those of the most people first.
    fn values_with(&mut self, text: &str) -> Result<Vec<ValueHit>, Error> {
        self.inspector().map_or_else(|| Ok(Vec::new()), |inspector| inspector.values_with(text))
    }
    /// Names to complete terms with.
    fn vocabulary(&mut self) -> Result<Vocabulary, Error> {
        self.inspector().map_or_else(|| Ok(Vocabulary::default()), |inspector| inspector.vocabulary(NAMED))
    }
    /// The store as a whole, and who can be opened at once.
    fn overview(&mut self) -> Result<StartPage, Error>;
    /// The journey of the user that an id belongs to; `None` when nothing names the id.
    fn journey(&mut self, id: &Id) -> Result<Option<Arc<Journey>>, Error>;
    /// The same, or its first rows where [`Session::journey`] takes longer; `None` where there is no quicker
    /// way, or nothing names the id.
    fn journey_soon(&mut self, id: &Id) -> Result<Option<Soon>, Error> {
        let Some(inspector) = self.inspector() else { return Ok(None) };
        inspector.journey_soon(id)
    }
    /// The same as it stood when what is in order of arrival up to `moment` was there.
    fn journey_as_of(&mut self, id: &Id, moment: Arrival) -> Result<Option<Arc<Journey>>, Error> {
        let _ = (id, moment);
        Err(Error::new(ErrorKind::Usage, "what answers here knows no other moment than now"))
    }
    /// Two users side by side; a failure says which id nothing names.
    fn compare(&mut self, a: &Id, b: &Id) -> Result<Arc<Comparison>, Error> {
        let _ = (a, b);
        Err(Error::new(ErrorKind::Usage, "what answers here cannot compare users"))
    }
    /// An answer to a question about the findings of the store. `go_on` gets how many rows of how many are
    /// done; `false` ends a look at every user with what is known by then.
    fn findings(&mut self, question: &Question, go_on: &mut dyn FnMut(u64, u64) -> bool) -> Result<Answer, Error> {
        match self.inspector() {
            Some(inspector) => findings::answer(inspector, question, go_on),
            None => Err(Error::new(ErrorKind::Usage, "this source cannot check every user")),
        }
    }
    /// The properties of a row, as JSON.
    fn properties(&mut self, row: i64) -> Result<String, Error>;
    /// The properties of rows, in the order asked.
    fn properties_of(&mut self, rows: &[i64]) -> Result<Vec<String>, Error> {
        match self.inspector() {
            Some(inspector) => inspector.properties(rows),
            None => rows.iter().map(|row| self.properties(*row)).collect(),
        }
    }
    /// Calls `each` with the place of every row in `rows` and its properties, in no order, perhaps
    /// from several threads at a time.
    fn each_properties(&mut self, rows: &[i64], each: &(dyn Fn(usize, &str) + Sync)) -> Result<(), Error> {
        if let Some(inspector) = self.inspector() {
            return inspector.for_each_properties(rows, each);
        }
        for (place, text) in self.properties_of(rows)?.iter().enumerate() {
            each(place, text);
        }
        Ok(())
    }
    /// Of which rows, by their numbers, the properties can be as a filter asks.
    fn can_have(&mut self, filter: &Filter) -> Result<CanHave, Error> {
        match self.inspector() {
            Some(inspector) => inspector.can_have(filter),
            None => Ok(Box::new(|_| true)),
        }
    }
    /// Puts the rows of a play in place of the store: lines of recorded payloads, and what the
    /// file of them is called.
    fn stage(&mut self, name: &str, _lines: &str) -> Result<(), Error> {
        Err(Error::new(ErrorKind::Usage, format!("{name} cannot be opened here")))
    }
    /// Calls `each` with the lines of a file for `/import` that mend a user, marked as such; nothing is sent.
    fn repair_lines(&mut self, id: &Id, each: &mut dyn FnMut(&str) -> Result<(), Error>) -> Result<(), Error> {
        let nothing = || Error::new(ErrorKind::Usage, format!("{} has no row to mend", id.as_str()));
        let inspector = self.inspector().ok_or_else(nothing)?;
        let repair = inspector.repair(id)?.filter(|repair| !repair.is_empty()).ok_or_else(nothing)?;
        inspector.repair_lines(&repair, each)
    }
    /// Begins a file; `None` where one is there that is not to be replaced.
    fn begin(&mut self, path: &str, _replace: bool) -> Result<Option<Output>, Error> {
        Err(Error::new(ErrorKind::Usage, format!("{path} cannot be written here")))
    }
    /// Writes a file; one that is there stays as it is unless it is to be replaced.
    fn save(&mut self, path: &str, text: &str, replace: bool) -> Result<Saved, Error> {
        let Some(mut output) = self.begin(path, replace)? else { return Ok(Saved::IsThere) };
        let io = |source| output::Error::Io { path: path.into(), source };
        let written = output.write_all(text.as_bytes()).map_err(io).and_then(|()| output.finish());
        match written {
            Ok(()) => Ok(Saved::Written),
            Err(output::Error::Exists { .. }) if !replace => Ok(Saved::IsThere),
            Err(error) => Err(Error::new(ErrorKind::Usage, error.to_string()).hint(error.advice())),
        }
    }
    /// Whether the store has changed since this was last asked.
    fn changed(&mut self) -> Result<bool, Error>;
    /// What to call the store on screen.
    fn title(&self) -> String;
    /// The file that a command has to name to look into the same store; `None` where it would by
    /// itself.
    fn place(&self) -> Option<String> {
        None
    }
    /// Whether a server answers: then each question takes a way, and can take long.
    fn is_on_a_server(&self) -> bool {
        false
    }
    /// Ids that look like `text`, when nothing matches it.
    fn near(&mut self, text: &str) -> Vec<Id>;
    /// A look at a hit. Cheap: what takes longer than a list can wait for is left out.
    fn look(&mut self, id: &Id) -> Result<Sight, Error> {
        Ok(Sight { activity: Vec::new(), journey: self.journey(id)? })
    }
    /// One more step of counting over the whole store, and what is known after it.
    fn census(&mut self) -> Result<Census, Error> {
        Ok(Census { done: true, ..Census::default() })
    }
    /// Looks into another store from now on, and what to call it; as before when it fails.
    fn open(&mut self, path: &str) -> Result<String, Error> {
        Err(Error::new(ErrorKind::Usage, format!("{path} cannot be opened from here")))
    }
    /// Answers with pseudonyms from now on, or no longer; `opened` is the id that is open.
    fn redact(&mut self, _opened: Option<&Id>) -> Result<Redacted, Error> {
        Err(Error::new(ErrorKind::Usage, "nothing can be redacted here"))
    }
    /// Judges users by these rules from now on; by those of the vendor of the rows where none are given.
    fn set_rules(&mut self, _rules: Option<RuleSet>) -> Result<(), Error> {
        Err(Error::new(ErrorKind::Usage, "no other rule set can be chosen here"))
    }
    /// A user was opened: to be shown under [`StartPage::recent`] the next time.
    fn remember(&mut self, _: &Recent) {}
    /// The name of the zone that the data of a user says its devices stand in.
    fn device_zone(&mut self, id: &Id) -> Result<Option<String>, Error> {
        self.inspector().map_or(Ok(None), |inspector| inspector.device_zone(id))
    }
    /// Pins a user, to be shown under [`StartPage::pinned`], or takes the pin away; whether
    /// there is one now.
    fn pin(&mut self, _: &Recent) -> Result<bool, Error> {
        Err(Error::new(ErrorKind::Usage, "users cannot be pinned here"))
    }
}
