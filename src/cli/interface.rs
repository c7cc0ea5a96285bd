//! `journey` without a command: the terminal interface, over a store or the demo.

use std::path::Path;
use std::sync::Arc;

use super::args::{Common, When};
use super::console::Console;
use super::failure::Failure;
use super::open::{Named, Source};
use super::{demo, search};
use crate::identity::Journey;
use crate::inspect::Inspector;
use crate::model::Id;
use crate::report::Clock;
use crate::store::{self, Reader};
use crate::tui::{self, Backend, Cancel, FailureKind, Hits, Overview, Zone};

/// Hits of one search; whoever sees so many types on.
const HITS: usize = 200;
/// Ids that are suggested when nothing matches.
const SUGGESTED: usize = 5;

/// Shows the interface until the user leaves it.
pub(super) fn run(common: &Common, store: Named, id: Option<&str>, console: &Console) -> Result<(), Failure> {
    let source = store.source()?;
    let options = tui::Options {
        id: id.map(Id::new),
        zone: zone(console.look.clock)?,
        ascii: common.ascii,
        // Without a colour on paper, `auto` asks what the console has found out.
        no_color: common.color == When::Never || !console.look.colour,
        mouse: true,
        theme: tui::ThemeName::Default,
    };
    tui::run(&options, move |cancel| Ok(Box::new(Stored::open(source, cancel)?) as Box<dyn Backend>))
        .map_err(Failure::from)
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
    suggestions: Vec<(Id, String)>,
    /// [`Reader::data_version`] when it was last looked at.
    version: i64,
}

impl Stored {
    fn open(source: Source, cancel: Cancel) -> Result<Self, tui::Failure> {
        let (mut inspector, title, suggestions) = match source {
            Source::Store(path) => (Inspector::new(Reader::open(&path).map_err(told)?), name(&path), Vec::new()),
            Source::Demo => {
                let inspector = demo::inspector().map_err(Failure::into_interface)?;
                (inspector, demo::TITLE.to_owned(), demo::suggestions().map_err(Failure::into_interface)?)
            }
        };
        inspector.reader_mut().on_progress(move || cancel.is_stale()).map_err(told)?;
        let version = inspector.reader().data_version().map_err(told)?;
        Ok(Self { inspector, title, suggestions, version })
    }
}

/// The name of a file, as a title.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn told(error: store::Error) -> tui::Failure {
    Failure::from(error).into_interface()
}

impl Backend for Stored {
    fn search(&mut self, text: &str) -> Result<Hits, tui::Failure> {
        let mut hits = self.inspector.search(text, HITS + 1).map_err(told)?;
        let more = hits.len() > HITS;
        hits.truncate(HITS);
        let list = hits
            .into_iter()
            .map(|hit| tui::Hit {
                found: search::found(hit.found),
                kind: hit.kind.name(),
                id: hit.id,
                root: hit.root,
                via: hit.via,
                events: hit.events,
                first: hit.first,
                last: hit.last,
            })
            .collect();
        Ok(Hits { list, more })
    }

    fn overview(&mut self) -> Result<Overview, tui::Failure> {
        let overview = self.inspector.overview().map_err(told)?;
        Ok(Overview {
            events: overview.events,
            ids: overview.ids,
            people: None,
            alias_calls: overview.alias_calls,
            refused: None,
            profiles: overview.profiles,
            rejected: overview.rejected,
            without_id: overview.without_id,
            first: overview.first,
            last: overview.last,
            activity: overview.activity,
            files: overview.files.into_iter().map(|file| file.name).collect(),
            suggestions: self.suggestions.clone(),
        })
    }

    fn journey(&mut self, id: &Id) -> Result<Option<Arc<Journey>>, tui::Failure> {
        Ok(self.inspector.journey(id).map_err(told)?.map(Arc::new))
    }

    fn properties(&mut self, row: i64) -> Result<String, tui::Failure> {
        Ok(self.inspector.properties(&[row]).map_err(told)?.pop().unwrap_or_default())
    }

    fn properties_of(&mut self, rows: &[i64]) -> Result<Vec<String>, tui::Failure> {
        self.inspector.properties(rows).map_err(told)
    }

    fn changed(&mut self) -> Result<bool, tui::Failure> {
        let version = self.inspector.reader().data_version().map_err(told)?;
        let changed = version != self.version;
        self.version = version;
        Ok(changed)
    }

    fn title(&self) -> String {
        self.title.clone()
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
