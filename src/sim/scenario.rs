//! Scenario files: who calls what on which device, and when.
//!
//! A scenario is TOML. It says what an app *calls*, never what an SDK sends or a server
//! stores: that is worked out by [`run`](super::run). Unknown keys, unknown devices and
//! offsets that cannot be read are refused with the line and column where they stand.
//!
//! ```toml
//! name = "sally"                  # a-z, 0-9 and hyphens; names ids and files
//! title = "Sally signs up"
//! look_for = "What to look at on the screen"
//! lesson = "One sentence to take home."
//! search = "sally@gmail.com"      # the id to open
//! start = "2019-07-01T09:12:00Z"  # offset 0
//! seed = 1                        # another number gives other ids; 0 when left out
//! site = "https://shop.example.com"   # before each page
//! demo = true                     # whether the demo store has it
//!
//! [server]                        # all that arrives from…until is taken in at `until`
//! backlog = [{ from = "2h", until = "2h 1m" }]
//!
//! [expect]                        # what the engine is to find; what is not said is not checked
//! root = "12345"                  # of `search`; "" when it must have none
//! merged = 17                     # rows under the root, without $create_alias and $identify rows
//! split = ["Welcome"]             # names of the split rows, by time
//! refused = ["sally -> {phone}"]  # alias calls without effect, in order of arrival
//! orphans = ["{phone}", "{tablet 2}"]   # not contested, with proof or strong evidence
//! contested = []                  # orphans that more than one user could claim
//! findings = ["alias-on-login"]   # codes, in any order
//!
//! [[device]]
//! name = "laptop"
//! sdk = "web-2.22"                # see `FAMILIES`
//! ids = ["12345"]                 # first anonymous id, the one after a reset, …; then made from the seed
//! os = "Mac OS X"                 # and browser, browser_version, model, app_version, screen = "1440x900"
//! page_views = false              # the option track_pageview of old web SDKs
//!
//! [[call]]
//! at = "1m30s"                    # from the start; "+30s" is after the call before
//! device = "laptop"
//! do = "track"
//! event = "View"
//! properties = { page = "/pricing" }
//! delay = "1.2s"                  # its rows reach the server so much later
//! caption = "What a presenter says"
//! ```
//!
//! In `[expect]`, `{phone}` is the first anonymous id that the SDK on the phone makes, `{phone 2}`
//! the one after its first reset.
//!
//! | `do` | takes | on |
//! |---|---|---|
//! | `track` | `event`, `properties`; a server also `id` | all |
//! | `identify` | `id` | web, app |
//! | `alias` | `alias`; `id`, the original: a server must, web and app may | all |
//! | `reset`, `clear_storage`, `go_offline`, `come_online` | | web, app |
//! | `register` | `properties` | web, app |
//! | `people` | `properties`, `op` (`set` unless said); a server also `id` | all |
//! | `page_load` | `page` | web |
//! | `app_start`, `flush` | | app |

mod duration;
mod raw;
mod write;

use super::family::Family;
use crate::model::time::Millis;
use serde_json::{Map, Value};

pub use duration::parse as parse_duration;

/// A story: devices, and the calls that an app makes on them.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Short name, of `a-z`, `0-9` and hyphens.
    pub name: String,
    /// Heading, for a person.
    pub title: String,
    /// What to look at when it is shown.
    pub look_for: String,
    /// What it teaches, in one sentence.
    pub lesson: String,
    /// The id to open.
    pub search: String,
    /// Where offsets begin, UTC.
    pub start: Millis,
    /// Decides the ids that no device fixes.
    pub seed: u64,
    /// What stands before the page in `$current_url`.
    pub site: String,
    /// Whether the demo store has it.
    pub demo: bool,
    /// Times at which the server took nothing in.
    pub backlog: Vec<Backlog>,
    /// What the engine is to find in its rows.
    pub expect: Expect,
    /// The devices, in the order of the file.
    pub devices: Vec<Device>,
    /// The calls, by time, then by the order of the file.
    pub calls: Vec<Call>,
}

/// What the engine is to find for [`Scenario::search`] once everything has arrived; what is
/// `None` is not checked. Ids may be written as `{device}` and `{device number}`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Expect {
    /// Its root; the empty text when it must have none.
    pub root: Option<String>,
    /// Number of rows stored under the root, without those of alias and identify.
    pub merged: Option<usize>,
    /// Names of the split rows, by time.
    pub split: Option<Vec<String>>,
    /// Alias calls without effect, as `alias -> target`, in order of arrival.
    pub refused: Option<Vec<String>>,
    /// Orphans that count for this user.
    pub orphans: Option<Vec<String>>,
    /// Orphans that count for none, because more than one user could claim them.
    pub contested: Option<Vec<String>>,
    /// Codes of findings.
    pub findings: Option<Vec<String>>,
}

impl Expect {
    /// Whether nothing is expected.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A time at which the server's queue stood: what arrives is taken in at its end, in order
/// (identity.md L10, C10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// From this arrival on.
    pub from: Millis,
    /// Up to this moment, at which all is taken in.
    pub until: Millis,
}

/// A browser, an app on a phone, or a server.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// The name that calls use.
    pub name: String,
    /// The SDK on it.
    pub sdk: Family,
    /// Anonymous ids in the order in which the SDK makes them; after the last, the seed decides.
    pub ids: Vec<String>,
    /// `$os`.
    pub os: String,
    /// `$browser`; web only.
    pub browser: String,
    /// `$browser_version`; web only.
    pub browser_version: Option<i64>,
    /// `$device` of a browser, `$model` of an app.
    pub model: Option<String>,
    /// `$app_version_string`; app only.
    pub app_version: Option<String>,
    /// Width and height of the screen.
    pub screen: (i64, i64),
    /// Whether a web SDK that can sends `mp_page_view`.
    pub page_views: bool,
}

/// One call of an app, or one thing that happens to a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// When, UTC.
    pub at: Millis,
    /// Which device: its place in [`Scenario::devices`].
    pub device: usize,
    /// What is called.
    pub action: Action,
    /// How much later than usual the rows of this call reach the server, in milliseconds.
    pub delay: Millis,
    /// What a presenter says to it.
    pub caption: Option<String>,
}

/// What is called. Ids are JSON values, because an app may pass a number.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// `track(event, properties)`; a server names the id.
    Track {
        /// Name of the event.
        event: String,
        /// Its properties.
        properties: Map<String, Value>,
        /// The `distinct_id`; servers only.
        id: Option<Value>,
    },
    /// `identify(id)`.
    Identify {
        /// The new id.
        id: Value,
    },
    /// `alias(alias, id)`.
    Alias {
        /// The key of the lookup table that is asked for.
        alias: Value,
        /// What it is to point at; the current id when absent.
        id: Option<Value>,
    },
    /// `reset()`.
    Reset,
    /// `register(properties)`: super properties.
    Register {
        /// Sent with every event from now on.
        properties: Map<String, Value>,
    },
    /// `people.set(properties)` and its like.
    People {
        /// Without the `$`: `set`, `set_once`, `add`, `append`, `union`, `unset`.
        op: String,
        /// What is set.
        properties: Map<String, Value>,
        /// The profile; servers only.
        id: Option<Value>,
    },
    /// A page of the site is opened in the browser, in place of the one before.
    PageLoad {
        /// Its path.
        page: String,
    },
    /// The app is opened.
    AppStart,
    /// `flush()`.
    Flush,
    /// The device loses the network.
    GoOffline,
    /// The device has the network again.
    ComeOnline,
    /// The user clears cookies or installs the app anew: the SDK begins as on a new device.
    ClearStorage,
}

/// What a `people` call can do.
const PEOPLE_OPS: &[&str] = &["set", "set_once", "add", "append", "union", "unset"];

impl Action {
    /// The call as code, as an app has it: `track("View", {"page":"/"})`.
    pub fn code(&self) -> String {
        let object = |properties: &Map<String, Value>| Value::Object(properties.clone());
        match self {
            Self::Track { event, properties, id } => {
                let event = Value::from(event.as_str());
                match (id, properties.is_empty()) {
                    (None, true) => format!("track({event})"),
                    (None, false) => format!("track({event}, {})", object(properties)),
                    (Some(id), true) => format!("track({id}, {event})"),
                    (Some(id), false) => format!("track({id}, {event}, {})", object(properties)),
                }
            }
            Self::Identify { id } => format!("identify({id})"),
            Self::Alias { alias, id: None } => format!("alias({alias})"),
            Self::Alias { alias, id: Some(id) } => format!("alias({alias}, {id})"),
            Self::Reset => "reset()".to_owned(),
            Self::Register { properties } => format!("register({})", object(properties)),
            Self::People { op, properties, id: None } => format!("people.{op}({})", object(properties)),
            Self::People { op, properties, id: Some(id) } => format!("people.{op}({id}, {})", object(properties)),
            Self::PageLoad { page } => format!("open {page}"),
            Self::AppStart => "open the app".to_owned(),
            Self::Flush => "flush()".to_owned(),
            Self::GoOffline => "go offline".to_owned(),
            Self::ComeOnline => "come online".to_owned(),
            Self::ClearStorage => "clear storage".to_owned(),
        }
    }
}

/// Why a scenario file cannot be played, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {what}")]
pub struct ScenarioError {
    /// Name of the file as given.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and what was expected.
    pub what: String,
}

impl Scenario {
    /// The scenario as the text of a file, which reads back as the same scenario.
    pub fn to_toml(&self) -> String {
        write::scenario(self)
    }

    /// Reads a scenario; `file` is its name in messages.
    ///
    /// # Errors
    /// When the text is no TOML, has an unknown key, lacks a needed one, or names something
    /// that is not there: the error has line and column.
    pub fn parse(file: &str, text: &str) -> Result<Self, ScenarioError> {
        raw::read(text).map_err(|problem| {
            let before = text.get(..problem.at.min(text.len())).unwrap_or(text);
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            ScenarioError {
                file: file.to_owned(),
                line: before.matches('\n').count() + 1,
                column: before.get(line_start..).map_or(0, |line| line.chars().count()) + 1,
                what: problem.what,
            }
        })
    }
}

/// The `{device}` and `{device number}` of an expected id: the whole, the name, the number.
///
/// Braces around anything else are part of the id.
pub fn placeholders(id: &str) -> impl Iterator<Item = (&str, &str, usize)> {
    id.split('{').skip(1).filter_map(|after| {
        let (inside, _) = after.split_once('}')?;
        let (name, number) = match inside.rsplit_once(' ') {
            Some((name, number)) => (name, number.parse().ok().filter(|number| *number > 0)?),
            None => (inside, 1),
        };
        (!name.is_empty()).then_some((inside, name, number))
    })
}

#[cfg(test)]
mod tests;
