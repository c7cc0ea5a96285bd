//! `journey` without a command: the terminal interface, over a store or the demo.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{Common, When};
use super::console::Console;
use super::failure::Failure;
use super::open::{Named, Source};
use super::settings::Loaded;
use super::{demo, redaction};
use crate::config::recent::{Opened, Recent};
use crate::identity::Journey;
use crate::identity::compare::Comparison;
use crate::inspect::gather::Limits;
use crate::inspect::terms::{Found, Terms, Vocabulary};
use crate::inspect::{Census, Count, History, Hit, Inspector, Redactor};
use crate::model::Id;
use crate::model::facts::Arrival;
use crate::output::{self, Kept, Output, Readers};
use crate::report::Clock;
use crate::sim::Scenario;
use crate::store::{self, Reader};
use crate::tui::{self, Backend, Cancel, FailureKind, Hits, StartPage, Zone};

/// Hits of one search; whoever sees so many types on.
const HITS: usize = 200;
/// Ids that are suggested when nothing matches.
const SUGGESTED: usize = 5;

/// Rows that names of events and properties are taken from.
const NAMED: usize = 600;

/// Parts of a hit's activity.
const PARTS: usize = 120;
/// What a look at a hit may read; a user beyond it is opened to be seen.
const LOOK: Limits = Limits { rows: 20_000, orphan_rows: 20_000, ..Limits::DEFAULT };

/// Shows the interface until the user leaves it.
pub(super) fn run(
    common: &Common,
    store: Named,
    id: Option<&str>,
    console: &Console,
    theme: Option<&str>,
    loaded: &Loaded,
) -> Result<(), Failure> {
    let source = store.source()?;
    // Not even while it is being read the id is on the screen.
    let shown = |id: &str| console.redactor.as_ref().map_or_else(|| Id::new(id), |redactor| redactor.asked(id));
    let options = tui::Options { id: id.map(shown), ..options(common, console, theme, loaded)? };
    show(&options, source, Pseudonyms::of(common, console))
}

/// Shows the player of scenarios, the list of them first unless one is named.
pub(super) fn play(
    common: &Common,
    scenarios: Vec<Scenario>,
    first: Option<usize>,
    console: &Console,
    theme: Option<&str>,
    loaded: &Loaded,
) -> Result<(), Failure> {
    let options =
        tui::Options { demo: Some(tui::Demo { scenarios, first }), ..options(common, console, theme, loaded)? };
    show(&options, Source::Empty, Pseudonyms::of(common, console))
}

/// What redacts, once that is asked for.
#[derive(Clone, Default)]
struct Pseudonyms {
    /// What was made already.
    redactor: Option<Arc<Redactor>>,
    /// Chosen properties.
    properties: Vec<String>,
    is_on: bool,
}

impl Pseudonyms {
    fn of(common: &Common, console: &Console) -> Self {
        let redactor = console.redactor.clone();
        Self { is_on: redactor.is_some(), redactor, properties: common.redact_property.clone() }
    }
}

fn show(options: &tui::Options, source: Source, pseudonyms: Pseudonyms) -> Result<(), Failure> {
    tui::run(options, move |cancel| Ok(Box::new(Stored::open(source, cancel, pseudonyms)?) as Box<dyn Backend>))
        .map_err(Failure::from)
}

fn options(common: &Common, console: &Console, theme: Option<&str>, loaded: &Loaded) -> Result<tui::Options, Failure> {
    Ok(tui::Options {
        id: None,
        zone: zone(console.look.clock)?,
        ascii: console.look.ascii,
        // Without a colour on paper, `auto` asks what the console has found out.
        no_color: common.color == When::Never || !console.look.colour,
        redacts: console.redactor.is_some(),
        mouse: loaded.settings.mouse.as_ref().is_none_or(|set| set.value),
        theme: Some(loaded.theme(theme)?),
        keymap: Some(loaded.keymap()?),
        demo: None,
    })
}

/// The demo store behind the interface, for pictures of screens.
pub(super) fn demo() -> Result<impl Backend, Failure> {
    // What a user opened before is nobody's picture, and drawing is not opening.
    Ok(Stored { recent: None, ..Stored::open(Source::Demo, Cancel::default(), Pseudonyms::default())? })
}

/// The zone of the screens. They have names for zones, not distances.
fn zone(clock: Clock) -> Result<Zone, Failure> {
    match clock {
        Clock::Utc => Ok(Zone::Utc),
        Clock::Local => Ok(Zone::Local),
        Clock::Zone(zone) => Ok(Zone::Named(zone)),
        Clock::Fixed(_) => Err(Failure::usage("the terminal interface shows times in a named zone, not in an offset")
            .hint("--timezone with a name such as Europe/Berlin, UTC or local")),
    }
}

/// A store behind the interface. It lives on the worker's thread.
struct Stored {
    inspector: Inspector,
    title: String,
    /// Where the store is, if it is a file.
    place: Option<PathBuf>,
    suggestions: Vec<(Id, String)>,
    /// [`Reader::data_version`] when it was last looked at.
    version: i64,
    /// The count over the whole store, as far as it has come.
    count: Count,
    /// Who was opened before, and what the store is called there.
    recent: Option<Recent>,
    name: String,
    /// To stop queries of a store that takes the place of this one.
    cancel: Cancel,
    /// Look-ups of the user whose moments are stepped through.
    ///
    /// Two ids can be asked for in turn: the one opened and, before its time, its root.
    history: (Vec<Id>, History),
    pseudonyms: Pseudonyms,
}

impl Stored {
    fn open(source: Source, cancel: Cancel, pseudonyms: Pseudonyms) -> Result<Self, tui::Failure> {
        let mut whole_name = demo::TITLE.to_owned();
        let place = match &source {
            // A command finds it by itself where this program did.
            Source::Store(path) => Some(path.clone()).filter(|path| !is_found_anyway(path)),
            Source::Empty | Source::Demo => None,
        };
        let (mut inspector, title, suggestions) = match source {
            Source::Store(path) => {
                let full = std::path::absolute(&path).unwrap_or_else(|_| path.clone());
                whole_name = full.to_string_lossy().into_owned();
                (Inspector::new(Reader::open(&path).map_err(told)?), name(&path), Vec::new())
            }
            Source::Empty => {
                let inspector = demo::stage(demo::TITLE, "").map_err(Failure::into_interface)?;
                (inspector, demo::TITLE.to_owned(), Vec::new())
            }
            Source::Demo => {
                let inspector = demo::inspector().map_err(Failure::into_interface)?;
                (inspector, demo::TITLE.to_owned(), demo::suggestions().map_err(Failure::into_interface)?)
            }
        };
        let version = heed(&mut inspector, &cancel)?;
        inspector.redact(pseudonyms.redactor.as_ref().filter(|_| pseudonyms.is_on));
        Ok(Self {
            pseudonyms,
            inspector,
            title,
            place,
            suggestions,
            version,
            count: Count::default(),
            recent: Recent::of_user(),
            name: whole_name,
            cancel,
            history: Default::default(),
        })
    }
}

/// `~/` is the user's home, as in a shell.
fn at_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), etcetera::home_dir()) {
        (Some(rest), Ok(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

impl Stored {
    fn recent(&self) -> Vec<tui::Recent> {
        let opened = self.recent.as_ref().map(|recent| recent.of_store(&self.name)).unwrap_or_default();
        opened.into_iter().filter_map(|opened| self.known(opened)).collect()
    }

    fn pinned(&self) -> Vec<tui::Recent> {
        let pinned = self.recent.as_ref().map(|recent| recent.pinned_of_store(&self.name)).unwrap_or_default();
        pinned.into_iter().filter_map(|opened| self.known(opened)).collect()
    }

    fn opened(&self, who: &tui::Recent) -> Opened {
        // A pseudonym is no name to be remembered by.
        let id = self.inspector.meant(&who.id).unwrap_or_else(|_| who.id.clone());
        Opened { store: self.name.clone(), id: id.as_str().to_owned(), text: who.text.clone() }
    }

    /// As it may be shown: what was typed to find somebody is none of the pseudonyms.
    fn known(&self, opened: Opened) -> Option<tui::Recent> {
        let id = self.inspector.shown(&Id::new(&opened.id)).ok()?;
        let text = if self.inspector.is_redacting() { String::new() } else { opened.text };
        Some(tui::Recent { id, text })
    }
}

/// Lets queries stop when nobody waits for them; the version of the store as it is now.
fn heed(inspector: &mut Inspector, cancel: &Cancel) -> Result<i64, tui::Failure> {
    let cancel = cancel.clone();
    inspector.reader_mut().on_progress(move || cancel.is_stale()).map_err(told)?;
    inspector.reader().data_version().map_err(told)
}

/// Whether a command without `--store` looks into the store at `path`.
fn is_found_anyway(path: &Path) -> bool {
    matches!(Named::default().choose(), Ok(Some(choice)) if choice.path == path)
}

/// The name of a file, as a title.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn told(error: store::Error) -> tui::Failure {
    Failure::from(error).into_interface()
}

fn list(mut hits: Vec<Hit>) -> Hits {
    let more = hits.len() > HITS;
    hits.truncate(HITS);
    Hits { list: hits, more, ..Hits::default() }
}

impl Backend for Stored {
    fn search(&mut self, text: &str) -> Result<Hits, tui::Failure> {
        self.inspector.search(text, HITS + 1).map(list).map_err(told)
    }

    fn search_soon(&mut self, text: &str) -> Result<Option<Hits>, tui::Failure> {
        let hits = self.inspector.search_soon(text, HITS).map_err(told)?;
        // Nothing yet is no answer, and whether there are more will be seen.
        Ok(hits.filter(|hits| !hits.is_empty()).map(|hits| Hits { more: true, ..list(hits) }))
    }

    fn search_terms(&mut self, terms: &Terms, show: &mut dyn FnMut(Hits)) -> Result<Hits, tui::Failure> {
        let told =
            |found: Found| Hits { more: found.more, notes: found.notes, looked: found.looked, ..list(found.hits) };
        let found = self.inspector.search_terms(terms, HITS, &mut |found| show(told(found))).map_err(self::told)?;
        Ok(told(found))
    }

    fn vocabulary(&mut self) -> Result<Vocabulary, tui::Failure> {
        self.inspector.vocabulary(NAMED).map_err(told)
    }

    fn overview(&mut self) -> Result<StartPage, tui::Failure> {
        let suggestions = self.suggestions.iter().map(|(id, what)| Ok((self.inspector.shown(id)?, what.clone())));
        Ok(StartPage {
            overview: self.inspector.overview().map_err(told)?,
            suggestions: suggestions.collect::<Result<_, _>>().map_err(told)?,
            recent: self.recent(),
            pinned: self.pinned(),
        })
    }

    fn journey(&mut self, id: &Id) -> Result<Option<Arc<Journey>>, tui::Failure> {
        Ok(self.inspector.journey(id).map_err(told)?.map(Arc::new))
    }

    fn journey_soon(&mut self, id: &Id) -> Result<Option<Arc<Journey>>, tui::Failure> {
        Ok(self.inspector.journey_soon(id).map_err(told)?.map(Arc::new))
    }

    fn journey_as_of(&mut self, id: &Id, moment: Arrival) -> Result<Option<Arc<Journey>>, tui::Failure> {
        let (ids, history) = &mut self.history;
        if !ids.contains(id) {
            if ids.len() >= 2 {
                (*ids, *history) = (Vec::new(), History::default());
            }
            ids.push(id.clone());
        }
        Ok(self.inspector.journey_as_of(history, id, moment).map_err(told)?.map(Arc::new))
    }

    fn compare(&mut self, a: &Id, b: &Id) -> Result<Arc<Comparison>, tui::Failure> {
        match self.inspector.compare(a, b).map_err(told)? {
            Ok(compared) => Ok(Arc::new(compared)),
            Err(unknown) => {
                let what = format!("nothing names {:?}", unknown.as_str());
                let near = self.near(unknown.as_str());
                let failure = tui::Failure::new(FailureKind::Usage, what);
                Err(near.iter().fold(failure, |failure, id| failure.hint(id.as_str())))
            }
        }
    }

    fn properties(&mut self, row: i64) -> Result<String, tui::Failure> {
        Ok(self.inspector.properties(&[row]).map_err(told)?.pop().unwrap_or_default())
    }

    fn properties_of(&mut self, rows: &[i64]) -> Result<Vec<String>, tui::Failure> {
        self.inspector.properties(rows).map_err(told)
    }

    fn each_properties(&mut self, rows: &[i64], each: &(dyn Fn(usize, &str) + Sync)) -> Result<(), tui::Failure> {
        self.inspector.for_each_properties(rows, each).map_err(told)
    }

    fn changed(&mut self) -> Result<bool, tui::Failure> {
        let version = self.inspector.reader().data_version().map_err(told)?;
        let changed = version != self.version;
        self.version = version;
        if changed {
            self.count = Count::default();
        }
        Ok(changed)
    }

    fn look(&mut self, id: &Id) -> Result<tui::Sight, tui::Failure> {
        let activity = self.inspector.activity_of(id, PARTS).map_err(told)?;
        let journey = self.inspector.journey_within(id, &LOOK).map_err(told)?;
        Ok(tui::Sight { activity, journey: journey.filter(|journey| journey.cuts.is_empty()).map(Arc::new) })
    }

    fn census(&mut self) -> Result<Census, tui::Failure> {
        self.count.advance(&self.inspector).map_err(told)?;
        Ok(self.count.census().clone())
    }

    fn open(&mut self, path: &str) -> Result<String, tui::Failure> {
        let path = at_home(path);
        *self = Self::open(Source::Store(path), self.cancel.clone(), self.pseudonyms.clone())?;
        Ok(self.title())
    }

    fn remember(&mut self, recent: &tui::Recent) {
        let opened = self.opened(recent);
        if let Some(file) = &self.recent {
            // A list of what was opened is not worth a word when it cannot be kept.
            let _ = file.add(opened);
        }
    }

    fn device_zone(&mut self, id: &Id) -> Result<Option<String>, tui::Failure> {
        self.inspector.device_zone(id).map_err(told)
    }

    fn pin(&mut self, who: &tui::Recent) -> Result<bool, tui::Failure> {
        let Some(file) = &self.recent else {
            return Err(Failure::usage("without a home nobody can be pinned").into_interface());
        };
        let kept = file.pin(self.opened(who));
        kept.map_err(|error| Failure::usage("the pin cannot be kept").because(&error).into_interface())
    }

    fn stage(&mut self, name: &str, lines: &str) -> Result<(), tui::Failure> {
        let mut inspector = demo::stage(name, lines).map_err(Failure::into_interface)?;
        self.version = heed(&mut inspector, &self.cancel)?;
        self.inspector = inspector;
        self.count = Count::default();
        self.history = Default::default();
        Ok(())
    }

    fn save(&mut self, path: &str, text: &str, replace: bool) -> Result<tui::Saved, tui::Failure> {
        let kept = self.place.iter().fold(Kept::default(), |kept, store| kept.store(store));
        let path = Path::new(path);
        let written = Output::begin(path, replace, &kept, Readers::Usual).and_then(|mut output| {
            let io = |source| output::Error::Io { path: path.to_owned(), source };
            output.write_all(text.as_bytes()).map_err(io)?;
            output.finish()
        });
        match written {
            Ok(()) => Ok(tui::Saved::Written),
            Err(output::Error::Exists { .. }) if !replace => Ok(tui::Saved::IsThere),
            Err(error) => Err(Failure::from(error).into_interface()),
        }
    }

    fn title(&self) -> String {
        if !self.inspector.is_redacting() {
            return self.title.clone();
        }
        let title = self.inspector.shown_text(&self.title);
        title.map_or_else(|_| "redacted".to_owned(), |title| format!("{title} (redacted)"))
    }

    fn redact(&mut self, opened: Option<&Id>) -> Result<tui::Redacted, tui::Failure> {
        let is_on = !self.inspector.is_redacting();
        if is_on && self.pseudonyms.redactor.is_none() {
            let redactor = redaction::of(&self.pseudonyms.properties).map_err(Failure::into_interface)?;
            self.pseudonyms.redactor = Some(redactor);
        }
        self.pseudonyms.is_on = is_on;
        self.inspector.redact(self.pseudonyms.redactor.as_ref().filter(|_| is_on));
        self.count = Count::default();
        self.history = Default::default();
        let opened = opened.map(|id| if is_on { self.inspector.shown(id) } else { self.inspector.meant(id) });
        let opened = opened.transpose().map_err(told)?;
        Ok(tui::Redacted { is_on, title: self.title(), opened })
    }

    fn place(&self) -> Option<String> {
        self.place.as_ref().map(|place| place.to_string_lossy().into_owned())
    }

    fn near(&mut self, text: &str) -> Vec<Id> {
        // Only a help: a failure is told by whatever is asked next.
        let near = self.inspector.near(text, SUGGESTED).unwrap_or_default();
        near.into_iter().map(|(id, _)| id).collect()
    }
}

impl From<tui::Failure> for Failure {
    fn from(failure: tui::Failure) -> Self {
        let told = match failure.kind {
            FailureKind::Usage => Self::usage(failure.what),
            FailureKind::Store => Self::store(failure.what),
            FailureKind::Bug => Self::bug(failure.what),
        };
        let told = failure.cause.into_iter().fold(told, Self::caused_by);
        failure.hints.into_iter().fold(told, Self::hint)
    }
}
