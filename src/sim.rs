//! Scenarios: what real SDKs would send, from files that say what an app calls.
//!
//! A [`Scenario`] is a TOML file (its keys: [`scenario`]). [`run`] plays it: SDKs as state
//! machines on one side, the network between them and the server on the other. What comes out
//! are lines of recorded payloads, which go through the same import as everything else, and the
//! steps on the devices, for a player.
//!
//! [`gallery`] is the built-in collection; [`demo`] is all of it as one store's worth of rows.
//! [`crowd`] is for measuring: an export of any size, without a scenario.
//! Same file, same rows: ids and arrivals come from the scenario's seed, never from a clock.

mod chance;
mod client;
pub mod crowd;
pub mod family;
mod run;
pub mod scenario;

pub use client::{Endpoint, State};
pub use family::{FAMILIES, Family};
pub use run::{Cause, Lost, Run, Sent, Step, run};
pub use scenario::{Action, Call, Device, Expect, Scenario, ScenarioError};

/// The built-in scenarios: name of the file without its ending, and its text.
pub fn gallery() -> &'static [(&'static str, &'static str)] {
    GALLERY
}

macro_rules! scenarios {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../assets/scenarios/", $name, ".toml")))),*]
    };
}

const GALLERY: &[(&str, &str)] = scenarios![
    "01-sally",
    "02-clean-sign-up",
    "03-phone-identify",
    "04-shared-no-reset",
    "05-shared-reset",
    "06-race",
    "07-backlog",
    "08-identify-only",
    "09-alias-again",
    "10-used-before",
    "11-offline-alias",
    "12-device-prefix",
    "13-app-race",
    "14-two-customers",
    "15-login-alias",
    "16-switch-account",
    "17-late-answer",
    "18-new-address",
    "19-swapped",
    "20-undefined",
    "21-two-names",
    "22-late-rows",
];

/// One file of the demo store.
#[derive(Clone, Debug)]
pub struct DemoFile {
    /// Its name, for the source of each row: `01-sally.jsonl`.
    pub name: String,
    /// The scenario.
    pub scenario: Scenario,
    /// Its rows, in order of arrival.
    pub sent: Vec<Sent>,
}

impl DemoFile {
    /// The rows as lines of recorded payloads.
    pub fn lines(&self) -> String {
        self.sent.iter().map(|sent| sent.line() + "\n").collect()
    }
}

/// The files of the demo store, in the order of the gallery.
///
/// # Errors
/// When a built-in scenario cannot be read: a fault of the program, which a test rules out.
pub fn demo_files() -> Result<Vec<DemoFile>, ScenarioError> {
    let mut files = Vec::new();
    for (name, text) in gallery() {
        let scenario = Scenario::parse(&format!("{name}.toml"), text)?;
        if scenario.demo {
            let sent = run(&scenario).sent;
            files.push(DemoFile { name: format!("{name}.jsonl"), scenario, sent });
        }
    }
    Ok(files)
}

/// Every row of the demo store, in order of arrival.
///
/// # Errors
/// As [`demo_files`].
pub fn demo() -> Result<Vec<Sent>, ScenarioError> {
    let mut sent: Vec<Sent> = demo_files()?.into_iter().flat_map(|file| file.sent).collect();
    sent.sort_by_key(|sent| sent.arrival);
    Ok(sent)
}
