//! Which store is meant, and how that is known.
//!
//! A flag outweighs the argument, that the environment, that the user's data directory. The
//! last two are looked at by the caller and given in as values, so that nothing here depends on
//! the machine.

pub mod recent;
pub mod redaction;
pub mod warehouse;

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

/// Names the store, when neither a flag nor an argument does.
pub const STORE_VARIABLE: &str = "JOURNEY_STORE";

/// Names the file of settings, when no flag does.
pub const FILE_VARIABLE: &str = "JOURNEY_CONFIG";

/// Names the theme, when no flag does.
pub const THEME_VARIABLE: &str = "JOURNEY_THEME";

/// Where a value comes from, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `--store`.
    Flag,
    /// The argument of `journey STORE`.
    Argument,
    /// [`STORE_VARIABLE`].
    Environment,
    /// The user's data directory.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "--store",
            Self::Argument => "the argument STORE",
            Self::Environment => STORE_VARIABLE,
            Self::Default => "the default",
        })
    }
}

/// The path of a store, and who chose it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The path, whether or not a file is there.
    pub path: PathBuf,
    /// Who chose it.
    pub origin: Origin,
}

impl Choice {
    /// Whether a person named this path, so that its absence is a mistake and not a beginning.
    pub fn is_asked_for(&self) -> bool {
        self.origin != Origin::Default
    }
}

/// What could name a store.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
    /// `--store`.
    pub flag: Option<PathBuf>,
    /// The argument of `journey STORE`.
    pub argument: Option<PathBuf>,
    /// The value of [`STORE_VARIABLE`]; empty counts as unset.
    pub environment: Option<OsString>,
    /// The user's data directory, from [`data_directory`].
    pub data: Option<PathBuf>,
}

impl Candidates {
    /// The strongest candidate; `None` if there is not even a data directory.
    pub fn choose(self) -> Option<Choice> {
        let environment = self.environment.filter(|value| !value.is_empty()).map(PathBuf::from);
        let default = self.data.map(|data| default_store(&data));
        [
            (self.flag, Origin::Flag),
            (self.argument, Origin::Argument),
            (environment, Origin::Environment),
            (default, Origin::Default),
        ]
        .into_iter()
        .find_map(|(path, origin)| Some(Choice { path: path?, origin }))
    }
}

/// The file of settings: of `--config`, else of [`FILE_VARIABLE`] (empty counts as unset), else
/// `journey/config.toml` in the directory `config`.
pub fn file(flag: Option<PathBuf>, environment: Option<OsString>, config: Option<PathBuf>) -> Option<Choice> {
    let environment = environment.filter(|value| !value.is_empty()).map(PathBuf::from);
    let default = config.map(|config| config.join("journey").join("config.toml"));
    [(flag, Origin::Flag), (environment, Origin::Environment), (default, Origin::Default)]
        .into_iter()
        .find_map(|(path, origin)| Some(Choice { path: path?, origin }))
}

/// The directory where programs look for settings of the user: `~/.config` or what the system
/// has for it; `None` without a home.
pub fn config_directory() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|directories| directories.config_dir())
}

/// The store in the data directory `data`.
fn default_store(data: &Path) -> PathBuf {
    data.join("journey").join("journey.db")
}

/// The directory where programs keep data of the user: `~/.local/share` or what the system has
/// for it; `None` without a home.
pub fn data_directory() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|directories| directories.data_dir())
}

/// The path that a person has written: `~/` is the home, as in a shell.
pub fn at_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), etcetera::home_dir()) {
        (Some(rest), Ok(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

/// A path as a person writes it: what is in the home begins with `~/`.
pub fn from_home(path: &Path) -> String {
    let within = etcetera::home_dir().ok().and_then(|home| path.strip_prefix(home).ok().map(Path::to_owned));
    within.map_or_else(|| path.display().to_string(), |rest| format!("~/{}", rest.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Candidates {
        Candidates {
            flag: Some("flag.db".into()),
            argument: Some("argument.db".into()),
            environment: Some("environment.db".into()),
            data: Some("/home/u/.local/share".into()),
        }
    }

    fn chosen(candidates: Candidates) -> (String, Origin) {
        let choice = candidates.choose().unwrap();
        (choice.path.to_string_lossy().into_owned(), choice.origin)
    }

    #[test]
    fn a_flag_outweighs_argument_environment_and_default() {
        let mut candidates = all();
        assert_eq!(chosen(candidates.clone()), ("flag.db".into(), Origin::Flag));
        candidates.flag = None;
        assert_eq!(chosen(candidates.clone()), ("argument.db".into(), Origin::Argument));
        candidates.argument = None;
        assert_eq!(chosen(candidates.clone()), ("environment.db".into(), Origin::Environment));
        candidates.environment = Some(OsString::new());
        assert_eq!(chosen(candidates.clone()), ("/home/u/.local/share/journey/journey.db".into(), Origin::Default));
        candidates.data = None;
        assert_eq!(candidates.choose(), None);
    }

    #[test]
    fn the_settings_are_in_the_file_of_the_flag_the_variable_or_the_directory() {
        let path = |choice: Option<Choice>| choice.map(|choice| choice.path.to_string_lossy().into_owned());
        let directory = || Some(PathBuf::from("/home/u/.config"));
        assert_eq!(path(file(Some("a".into()), Some("b".into()), directory())).as_deref(), Some("a"));
        assert_eq!(path(file(None, Some("b".into()), directory())).as_deref(), Some("b"));
        let default = path(file(None, Some(OsString::new()), directory()));
        assert_eq!(default.as_deref(), Some("/home/u/.config/journey/config.toml"));
        assert_eq!(file(None, None, None), None);
    }

    #[test]
    fn only_the_default_may_be_absent() {
        assert!(all().choose().unwrap().is_asked_for());
        let data = Candidates { data: Some("d".into()), ..Candidates::default() };
        assert!(!data.choose().unwrap().is_asked_for());
    }
}
