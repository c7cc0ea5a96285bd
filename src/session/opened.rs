//! A session over one source: what the interface works on.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Hits, Recent, Redacted, Session, Sight, StartPage, demo, redactor};
use crate::config;
use crate::config::recent::{self, Opened as Person};
use crate::identity::compare::Comparison;
use crate::identity::{Journey, RuleSet, Thresholds};
use crate::inspect::gather::Limits;
use crate::inspect::terms::{Found, Terms};
use crate::inspect::{Census, Count, Error, ErrorKind, History, Hit, Inspector, Redactor, Stop, Tell};
use crate::model::Id;
use crate::model::facts::Arrival;
use crate::output::{self, Kept, Output, Readers};
use crate::warehouse::Address;

/// Hits of one search; a person who sees so many types on.
const HITS: usize = 200;
/// People who were opened before that are named.
const RECENT: usize = 5;
/// Hits whose people are named, and of a look at the last rows: as many as a screen shows.
const DESCRIBED: usize = 50;

/// Ids that are suggested when nothing matches.
const SUGGESTED: usize = 5;

/// Parts of a hit's activity.
const PARTS: usize = 120;

/// What a look at a hit may read; a user beyond it is opened to be seen.
const LOOK: Limits = Limits { rows: 20_000, orphan_rows: 20_000, ..Limits::DEFAULT };

/// What is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A store file.
    File(PathBuf),
    /// The built-in demo store.
    Demo,
    /// A ClickHouse server.
    Warehouse(Address),
    /// Nothing yet: rows come with the scenario that is played ([`Session::stage`]).
    Empty,
}

/// How a session works.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What redacts; one is made when it is asked for and there is none.
    pub redactor: Option<Arc<Redactor>>,
    /// Whether answers are redacted from the beginning.
    pub redacts: bool,
    /// Names of properties that are personal in addition to the known ones.
    pub personal: Vec<String>,
    /// The store that a command without `--store` looks into.
    pub default_store: Option<PathBuf>,
    /// The numbers that findings rest on.
    pub thresholds: Thresholds,
    /// The rules that judge users; those of the vendor of the rows where none are named.
    pub rules: Option<RuleSet>,
    /// The file of the users that were opened before; `None` keeps none.
    pub recent: Option<recent::Recent>,
    /// Who hears of questions to a server.
    pub tell: Option<Tell>,
}

/// A session over one source.
pub struct Opened {
    inspector: Inspector,
    title: String,
    /// The store, if it is a file.
    store: Option<PathBuf>,
    /// The same where a command has to name it.
    place: Option<PathBuf>,
    /// Whether it is a warehouse.
    is_on_a_server: bool,
    suggestions: Vec<(Id, String)>,
    /// [`Source::version`](crate::inspect::Source::version) when it was last looked at.
    version: i64,
    /// The count over the whole store, as far as it has come.
    count: Count,
    /// What the source is called among those who were opened before.
    name: String,
    /// To stop queries of a store that takes the place of this one.
    stop: Stop,
    /// Look-ups of the user whose moments are stepped through.
    ///
    /// Two ids can be asked for in turn: the one opened and, before its time, its root.
    history: (Vec<Id>, History),
    options: Options,
}

impl Opened {
    /// Opens what is at `location`; `stop` says when no one waits for an answer.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(location: Location, stop: Stop, options: Options) -> Result<Self, Error> {
        let mut name = demo::TITLE.to_owned();
        let mut title = demo::TITLE.to_owned();
        let mut suggestions = Vec::new();
        let (mut store, mut place) = (None, None);
        let is_on_a_server = matches!(location, Location::Warehouse(_));
        let inspector = match location {
            Location::File(path) => {
                name = std::path::absolute(&path).unwrap_or_else(|_| path.clone()).to_string_lossy().into_owned();
                title = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
                let inspector = super::open(&path)?;
                store = Some(path.clone());
                // A command finds it by itself where this program did.
                place = Some(path).filter(|path| options.default_store.as_ref() != Some(path));
                inspector
            }
            Location::Warehouse(address) => {
                title = address.to_string();
                name.clone_from(&title);
                place = Some(PathBuf::from(&title));
                super::warehouse::open(&address)?
            }
            Location::Empty => Inspector::new(demo::stage(demo::TITLE, "")?),
            Location::Demo => {
                suggestions = demo::suggestions()?;
                Inspector::new(demo::reader()?)
            }
        };
        let opened = Self::of(inspector, (name, title), stop, options)?;
        Ok(Self { store, place, is_on_a_server, suggestions, ..opened })
    }

    /// Takes what is open already and has no place, such as rows in memory that still come.
    ///
    /// # Errors
    /// It cannot be asked.
    pub fn over(inspector: Inspector, title: &str, stop: Stop, options: Options) -> Result<Self, Error> {
        // Who was opened in it is of no use to another run.
        let options = Options { recent: None, ..options };
        Self::of(inspector, (title.to_owned(), title.to_owned()), stop, options)
    }

    /// A source without a place, by its name among those who were opened before, and its title.
    fn of(
        mut inspector: Inspector,
        (name, title): (String, String),
        stop: Stop,
        options: Options,
    ) -> Result<Self, Error> {
        set_up(&mut inspector, &stop, &options)?;
        let version = inspector.source().version()?;
        let (store, place, suggestions, count, history) = Default::default();
        Ok(Self {
            inspector,
            title,
            store,
            place,
            is_on_a_server: false,
            suggestions,
            version,
            count,
            name,
            stop,
            history,
            options,
        })
    }
}

/// Sets an inspector up as the session is to answer.
fn set_up(inspector: &mut Inspector, stop: &Stop, options: &Options) -> Result<(), Error> {
    inspector.stop_when(Arc::clone(stop))?;
    if let Some(tell) = &options.tell {
        inspector.tell_trips(tell.clone());
    }
    inspector.redact(options.redactor.as_ref().filter(|_| options.redacts));
    inspector.set_thresholds(options.thresholds);
    inspector.set_rules(options.rules);
    Ok(())
}

impl Opened {
    fn recent(&self) -> Vec<Recent> {
        let opened = self.options.recent.as_ref().map(|recent| recent.of_store(&self.name)).unwrap_or_default();
        opened.into_iter().filter_map(|opened| self.known(opened)).collect()
    }

    fn pinned(&self) -> Vec<Recent> {
        let pinned = self.options.recent.as_ref().map(|recent| recent.pinned_of_store(&self.name)).unwrap_or_default();
        pinned.into_iter().filter_map(|opened| self.known(opened)).collect()
    }

    fn person(&self, who: &Recent) -> Person {
        // A pseudonym is no name to be remembered by.
        let id = self.inspector.meant(&who.id).unwrap_or_else(|_| who.id.clone());
        Person { store: self.name.clone(), id: id.as_str().to_owned(), text: who.text.clone() }
    }

    /// As it may be shown: the text that found a user is no pseudonym.
    fn known(&self, opened: Person) -> Option<Recent> {
        let id = self.inspector.shown(&Id::new(&opened.id)).ok()?;
        let text = if self.inspector.is_redacting() { String::new() } else { opened.text };
        Some(Recent { id, text })
    }
}

impl Opened {
    /// Names the people that a screen shows first.
    fn describe(&self, hits: &mut Hits) -> Result<(), Error> {
        let first = hits.list.len().min(DESCRIBED);
        self.inspector.describe(hits.list.get_mut(..first).unwrap_or_default())
    }
}

fn list(mut hits: Vec<Hit>) -> Hits {
    let more = hits.len() > HITS;
    hits.truncate(HITS);
    Hits { list: hits, more, ..Hits::default() }
}

fn listed(found: Found) -> Hits {
    Hits {
        more: found.more,
        notes: found.notes,
        looked: found.looked,
        ended_early: found.ended_early,
        ..list(found.hits)
    }
}

impl Session for Opened {
    fn inspector(&self) -> Option<&Inspector> {
        Some(&self.inspector)
    }

    fn search(&mut self, text: &str) -> Result<Hits, Error> {
        let mut hits = self.inspector.search(text, HITS + 1).map(list)?;
        self.describe(&mut hits)?;
        Ok(hits)
    }

    fn search_soon(&mut self, text: &str) -> Result<Option<Hits>, Error> {
        let hits = self.inspector.search_soon(text, HITS)?;
        // Nothing yet is no answer, and whether there are more will be seen.
        Ok(hits.filter(|hits| !hits.is_empty()).map(|hits| Hits { more: true, ..list(hits) }))
    }

    fn search_terms(&mut self, terms: &Terms, show: &mut dyn FnMut(Hits)) -> Result<Hits, Error> {
        if self.inspector.source().scan().is_none() {
            return Ok(Hits { notes: vec![super::search::IDS_ONLY.to_owned()], ..Hits::default() });
        }
        let mut hits = listed(self.inspector.search_terms(terms, HITS, &mut |found| show(listed(found)))?);
        self.describe(&mut hits)?;
        Ok(hits)
    }

    fn people_soon(&mut self, terms: &Terms) -> Result<Option<Hits>, Error> {
        let is_quick =
            self.inspector.source().scan().is_none() || self.inspector.search_soon(terms.text(), 1)?.is_none();
        if is_quick {
            return Ok(None);
        }
        let mut hits = listed(self.inspector.first_of_terms(terms, DESCRIBED)?);
        self.describe(&mut hits)?;
        Ok(Some(hits).filter(|hits| !hits.list.is_empty()))
    }

    fn overview(&mut self) -> Result<StartPage, Error> {
        let shown = |(id, what): &(Id, String)| Ok((self.inspector.shown(id)?, what.clone()));
        let suggestions = self.suggestions.iter().map(shown).collect::<Result<_, Error>>()?;
        let (recent, pinned) = (self.recent(), self.pinned());
        let ids: Vec<Id> = pinned.iter().chain(recent.iter().take(RECENT)).map(|who| who.id.clone()).collect();
        let people = self.inspector.people(&ids)?;
        Ok(StartPage { overview: self.inspector.overview()?, suggestions, recent, pinned, people })
    }

    fn journey(&mut self, id: &Id) -> Result<Option<Arc<Journey>>, Error> {
        Ok(self.inspector.journey(id)?.map(Arc::new))
    }

    fn journey_as_of(&mut self, id: &Id, moment: Arrival) -> Result<Option<Arc<Journey>>, Error> {
        let (ids, history) = &mut self.history;
        if !ids.contains(id) {
            if ids.len() >= 2 {
                (*ids, *history) = (Vec::new(), History::default());
            }
            ids.push(id.clone());
        }
        Ok(self.inspector.journey_as_of(history, id, moment)?.map(Arc::new))
    }

    fn compare(&mut self, a: &Id, b: &Id) -> Result<Arc<Comparison>, Error> {
        match self.inspector.compare(a, b)? {
            Ok(compared) => Ok(Arc::new(compared)),
            Err(unknown) => {
                let what = format!("nothing names {:?}", unknown.as_str());
                let near = self.near(unknown.as_str());
                let failure = Error::new(ErrorKind::Usage, what);
                Err(near.iter().fold(failure, |failure, id| failure.hint(id.as_str())))
            }
        }
    }

    fn properties(&mut self, row: i64) -> Result<String, Error> {
        Ok(self.inspector.properties(&[row])?.pop().unwrap_or_default())
    }

    fn changed(&mut self) -> Result<bool, Error> {
        let version = self.inspector.source().version()?;
        let changed = version != self.version;
        self.version = version;
        if changed {
            self.count = Count::default();
        }
        Ok(changed)
    }

    fn look(&mut self, id: &Id) -> Result<Sight, Error> {
        let activity = self.inspector.activity_of(id, PARTS)?;
        let journey = self.inspector.journey_within(id, &LOOK)?;
        Ok(Sight { activity, journey: journey.filter(|journey| journey.cuts.is_empty()).map(Arc::new) })
    }

    fn census(&mut self) -> Result<Census, Error> {
        self.count.advance(&self.inspector)?;
        Ok(self.count.census().clone())
    }

    fn open(&mut self, path: &str) -> Result<String, Error> {
        let location = Location::File(config::at_home(path));
        *self = Self::open(location, Arc::clone(&self.stop), self.options.clone())?;
        Ok(self.title())
    }

    fn remember(&mut self, recent: &Recent) {
        let opened = self.person(recent);
        if let Some(file) = &self.options.recent {
            // A list of what was opened is not worth a word when it cannot be kept.
            let _ = file.add(opened);
        }
    }

    fn pin(&mut self, who: &Recent) -> Result<bool, Error> {
        let Some(file) = &self.options.recent else {
            return Err(Error::new(ErrorKind::Usage, "users cannot be pinned without a home directory"));
        };
        let kept = file.pin(self.person(who));
        kept.map_err(|error| Error::new(ErrorKind::Usage, "the pin cannot be saved").cause(&error))
    }

    fn stage(&mut self, name: &str, lines: &str) -> Result<(), Error> {
        let mut inspector = Inspector::new(demo::stage(name, lines)?);
        inspector.set_thresholds(self.options.thresholds);
        inspector.set_rules(self.options.rules);
        inspector.stop_when(Arc::clone(&self.stop))?;
        inspector.redact(self.options.redactor.as_ref().filter(|_| self.options.redacts));
        self.version = inspector.source().version()?;
        self.is_on_a_server = false;
        self.inspector = inspector;
        self.count = Count::default();
        self.history = Default::default();
        Ok(())
    }

    fn begin(&mut self, path: &str, replace: bool) -> Result<Option<Output>, Error> {
        let kept = self.store.iter().fold(Kept::default(), |kept, store| kept.store(store));
        match Output::begin(&config::at_home(path), replace, &kept, Readers::Owner) {
            Ok(output) => Ok(Some(output)),
            Err(output::Error::Exists { .. }) if !replace => Ok(None),
            Err(error) => Err(Error::new(ErrorKind::Usage, error.to_string()).hint(error.advice())),
        }
    }

    fn title(&self) -> String {
        if !self.inspector.is_redacting() {
            return self.title.clone();
        }
        let title = self.inspector.shown_text(&self.title);
        title.map_or_else(|_| "redacted".to_owned(), |title| format!("{title} (redacted)"))
    }

    fn redact(&mut self, opened: Option<&Id>) -> Result<Redacted, Error> {
        let is_on = !self.inspector.is_redacting();
        // What is personal is known after a look at every id: without a way to do so, every later answer would fail.
        if is_on {
            self.inspector.source().directory_for("redaction")?;
        }
        if is_on && self.options.redactor.is_none() {
            self.options.redactor = Some(redactor(&self.options.personal)?);
        }
        self.options.redacts = is_on;
        self.inspector.redact(self.options.redactor.as_ref().filter(|_| is_on));
        self.count = Count::default();
        self.history = Default::default();
        let opened = opened.map(|id| if is_on { self.inspector.shown(id) } else { self.inspector.meant(id) });
        let opened = opened.transpose()?;
        Ok(Redacted { is_on, title: self.title(), opened })
    }

    fn set_rules(&mut self, rules: Option<RuleSet>) -> Result<(), Error> {
        self.options.rules = rules;
        self.inspector.set_rules(rules);
        self.history = Default::default();
        Ok(())
    }

    fn place(&self) -> Option<String> {
        self.place.as_ref().map(|place| place.to_string_lossy().into_owned())
    }

    fn is_on_a_server(&self) -> bool {
        self.is_on_a_server
    }

    fn near(&mut self, text: &str) -> Vec<Id> {
        // Only a help: the next request reports a failure.
        let near = self.inspector.near(text, SUGGESTED).unwrap_or_default();
        near.into_iter().map(|(id, _)| id).collect()
    }
}
