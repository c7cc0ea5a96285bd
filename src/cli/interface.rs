//! `journey` without a command: the terminal interface, over a store or the demo.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use super::args::{Common, When};
use super::console::Console;
use super::failure::Failure;
use super::open::Named;
use super::settings::Loaded;
use crate::config::recent::Recent;
use crate::identity::{Reasons, RuleSet};
use crate::inspect::{Inspector, Stop};
use crate::listen::News;
use crate::model::Id;
use crate::report::Clock;
use crate::session::{self, Location, Opened, Session};
use crate::sim::Scenario;
use crate::store::Reader;
use crate::tui::{self, Zone};

/// Shows the interface until the user leaves it.
pub(super) fn run(
    common: &Common,
    store: Named,
    (id, rules): (Option<&str>, Option<RuleSet>),
    console: &Console,
    theme: Option<&str>,
    loaded: &Loaded,
) -> Result<(), Failure> {
    let location = store.location()?;
    // Not even while it is being read the id is on the screen.
    let shown = |id: &str| console.redactor.as_ref().map_or_else(|| Id::new(id), |redactor| redactor.asked(id));
    let options =
        tui::Options { id: id.map(shown), rules: rules.map(Reasons::name), ..options(common, console, theme, loaded)? };
    show(&options, location, session::Options { rules, ..session(common, console) })
}

/// Shows the player of scenarios, the list of them first unless one is named.
pub(super) fn play(
    common: &Common,
    scenarios: Vec<Scenario>,
    (first, rules): (Option<usize>, Option<RuleSet>),
    console: &Console,
    theme: Option<&str>,
    loaded: &Loaded,
) -> Result<(), Failure> {
    let options = tui::Options {
        demo: Some(tui::Demo { scenarios, first }),
        rules: rules.map(Reasons::name),
        ..options(common, console, theme, loaded)?
    };
    show(&options, Location::Empty, session::Options { rules, ..session(common, console) })
}

/// What is received, as the screens read it.
pub(super) enum Received {
    /// A store file.
    File(PathBuf),
    /// Rows in memory.
    Memory(Box<Reader>),
}

/// Shows what is received as it comes.
pub(super) fn listen(
    common: &Common,
    received: Received,
    (listening, news): (tui::Listening, Receiver<News>),
    console: &Console,
    theme: Option<&str>,
    loaded: &Loaded,
) -> Result<(), Failure> {
    let options = tui::Options { listening: Some(listening), ..options(common, console, theme, loaded)? };
    let session = session(common, console);
    let open = move |cancel: tui::Cancel| {
        let stop: Stop = Arc::new(move || cancel.is_stale());
        let opened = match received {
            Received::File(path) => Opened::open(Location::File(path), stop, session)?,
            Received::Memory(reader) => Opened::over(Inspector::new(*reader), "memory", stop, session)?,
        };
        Ok(Box::new(opened) as Box<dyn Session>)
    };
    tui::run_listening(&options, open, Some(news)).map_err(Failure::from)
}

fn show(options: &tui::Options, location: Location, session: session::Options) -> Result<(), Failure> {
    tui::run(options, move |cancel| {
        let session = session::Options { tell: Some(cancel.tell()), ..session };
        let stop: Stop = Arc::new(move || cancel.is_stale());
        Ok(Box::new(Opened::open(location, stop, session)?) as Box<dyn Session>)
    })
    .map_err(Failure::from)
}

/// How the session behind the interface works.
fn session(common: &Common, console: &Console) -> session::Options {
    session::Options {
        redactor: console.redactor.clone(),
        redacts: console.redactor.is_some(),
        personal: common.redact_property.clone(),
        default_store: Named::default().choose().ok().flatten().map(|choice| choice.path),
        thresholds: console.thresholds,
        rules: None,
        recent: Recent::of_user(),
        tell: None,
    }
}

fn options(common: &Common, console: &Console, theme: Option<&str>, loaded: &Loaded) -> Result<tui::Options, Failure> {
    Ok(tui::Options {
        id: None,
        rules: None,
        zone: zone(console.look.clock)?,
        ascii: console.look.ascii,
        // Without a colour on paper, `auto` asks what the console has found out.
        no_color: common.color == When::Never || !console.look.colour,
        redacts: console.redactor.is_some(),
        mouse: loaded.settings.mouse.as_ref().is_none_or(|set| set.value),
        theme: Some(loaded.theme(theme)?),
        keymap: Some(loaded.keymap()?),
        demo: None,
        listening: None,
    })
}

/// The demo store behind the interface, for pictures of screens.
pub(super) fn demo() -> Result<impl Session, Failure> {
    // Pictures leave out the users opened before, and drawing is not opening.
    Ok(Opened::open(Location::Demo, Arc::new(|| false), session::Options::default())?)
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
