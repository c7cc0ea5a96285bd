//! The user's file of settings, and where each value comes from (`journey config`).

use std::env;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};

use serde_json::json;

use super::args::{Common, Config, Format, When};
use super::console::Console;
use super::failure::Failure;
use super::open::Named;
use crate::config::warehouse::Events;
use crate::config::{self, Origin};
use crate::identity::{THRESHOLDS, Thresholds};
use crate::model::text::visible;
use crate::report::json::SCHEMA;
use crate::tui::settings::Settings;
use crate::tui::{self, Keymap, Theme};

/// What the file says, and which file it is.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// What it sets.
    pub(super) settings: Settings,
    /// The file, whether or not it is there; `None` without a home.
    file: Option<config::Choice>,
    is_there: bool,
}

impl Loaded {
    /// Reads the file of `--config`, else of [`config::FILE_VARIABLE`], else the user's own.
    pub(super) fn read(common: &Common) -> Result<Self, Failure> {
        let variable = env::var_os(config::FILE_VARIABLE);
        let Some(file) = config::file(common.config.clone(), variable, config::config_directory()) else {
            return Ok(Self::default());
        };
        let name = file.path.display().to_string();
        let text = match fs::read_to_string(&file.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !file.is_asked_for() => {
                return Ok(Self { file: Some(file), ..Self::default() });
            }
            Err(error) => {
                let failure = Failure::usage(format!("the settings in {name} cannot be read")).because(&error);
                return Err(match file.origin {
                    Origin::Environment => failure.hint(format!("change {}, which names it", config::FILE_VARIABLE)),
                    _ => failure.hint("journey config prints a file to start with"),
                });
            }
        };
        let settings = Settings::read(&name, &text).map_err(|error| {
            Failure::usage(error.to_string()).hint("journey config prints every setting and its possible values")
        })?;
        Ok(Self { settings, file: Some(file), is_there: true })
    }

    /// The theme: of `--theme`, else of [`config::THEME_VARIABLE`], else of the file.
    pub(super) fn theme(&self, flag: Option<&str>) -> Result<Theme, Failure> {
        let (name, _) = self.theme_name(flag);
        let wrong = |error: &dyn std::fmt::Display| {
            Failure::usage(error.to_string()).hint(format!("the themes are {}", Theme::NAMES.join(", ")))
        };
        self.settings.theme(&name).map_err(|error| wrong(&error))
    }

    fn theme_name(&self, flag: Option<&str>) -> (String, String) {
        if let Some(name) = flag {
            return (name.to_owned(), "--theme".to_owned());
        }
        match variable(config::THEME_VARIABLE) {
            Some(name) => (name.to_string_lossy().into_owned(), config::THEME_VARIABLE.to_owned()),
            None => match &self.settings.theme {
                Some(set) => (set.value.to_owned(), self.line(set.line)),
                None => ("default".to_owned(), Origin::Default.to_string()),
            },
        }
    }

    /// The keys, those of the file over those of the program.
    pub(super) fn keymap(&self) -> Result<Keymap, Failure> {
        self.settings.keymap().map_err(|error| Failure::usage(error.to_string()))
    }

    fn line(&self, line: usize) -> String {
        let path = self.file.as_ref().map(|file| file.path.display().to_string()).unwrap_or_default();
        format!("{path}:{line}")
    }
}

/// A variable that is set to something.
fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// A setting, its value, and where that comes from.
struct Line {
    name: String,
    value: String,
    origin: String,
}

/// Writes the settings (`journey config`): as a file, or each with where it comes from.
pub(super) fn run(
    command: &Config,
    common: &Common,
    theme: Option<&str>,
    store: Named,
    loaded: &Loaded,
    console: &mut Console,
) -> Result<(), Failure> {
    let lines = lines(common, theme, store, loaded)?;
    match console.format {
        Format::Json => {
            let lines: Vec<_> = lines
                .iter()
                .map(|line| json!({ "name": line.name, "value": line.value, "origin": line.origin }))
                .collect();
            writeln!(console.out, "{}", json!({ "schema": SCHEMA, "config": lines }))?;
        }
        Format::Text if command.explain => {
            let wide = |of: fn(&Line) -> &str| lines.iter().map(|line| of(line).chars().count()).max().unwrap_or(0);
            let (name, value) = (wide(|line| &line.name), wide(|line| &line.value));
            for line in &lines {
                let text = format!("{:name$}  {:value$}  {}", line.name, line.value, line.origin);
                writeln!(console.out, "{}", visible(text.trim_end()))?;
            }
        }
        Format::Text => console.out.write_all(as_file(loaded)?.as_bytes())?,
    }
    console.finish()
}

fn lines(common: &Common, theme: Option<&str>, store: Named, loaded: &Loaded) -> Result<Vec<Line>, Failure> {
    let line = |name: &str, value: String, origin: String| Line { name: name.to_owned(), value, origin };
    let default = || Origin::Default.to_string();
    let settings = &loaded.settings;
    let mut lines = Vec::new();
    lines.push(match store.choose()? {
        Some(choice) => line("store", choice.path.display().to_string(), choice.origin.to_string()),
        None => line("store", String::new(), default()),
    });
    lines.push(match &loaded.file {
        Some(file) => {
            let origin = match file.origin {
                Origin::Flag => "--config".to_owned(),
                Origin::Environment => config::FILE_VARIABLE.to_owned(),
                _ if loaded.is_there => default(),
                _ => format!("{}, not there", default()),
            };
            line("config", file.path.display().to_string(), origin)
        }
        None => line("config", String::new(), default()),
    });
    lines.push(match (&common.timezone, &settings.zone) {
        (Some(zone), _) => line("zone", zone.clone(), "--timezone".to_owned()),
        (None, Some(set)) => line("zone", set.value.name().to_owned(), loaded.line(set.line)),
        (None, None) => line("zone", tui::Zone::default().name().to_owned(), default()),
    });
    loaded.theme(theme)?;
    let (theme, origin) = loaded.theme_name(theme);
    lines.push(line("theme", theme, origin));
    lines.push(match (common.ascii, &settings.ascii) {
        (true, _) => line("ascii", "true".to_owned(), "--ascii".to_owned()),
        (false, Some(set)) => line("ascii", set.value.to_string(), loaded.line(set.line)),
        (false, None) => line("ascii", "false".to_owned(), default()),
    });
    lines.push(match &settings.mouse {
        Some(set) => line("mouse", set.value.to_string(), loaded.line(set.line)),
        None => line("mouse", "true".to_owned(), default()),
    });
    lines.push(match common.color {
        When::Always => line("color", "always".to_owned(), "--color".to_owned()),
        When::Never => line("color", "never".to_owned(), "--color".to_owned()),
        When::Auto if variable("NO_COLOR").is_some() => line("color", "never".to_owned(), "NO_COLOR".to_owned()),
        When::Auto => line("color", "auto".to_owned(), default()),
    });
    let path = loaded.file.as_ref().map(|file| file.path.display().to_string()).unwrap_or_default();
    let mut of_table = |table: &str, set: &mut dyn Iterator<Item = (&'static str, Option<String>)>| {
        let set = set.filter_map(|(name, value)| Some(line(&format!("{table}.{name}"), value?, path.clone())));
        lines.extend(set);
    };
    of_table("warehouse", &mut settings.warehouse.set().into_iter());
    of_table("warehouse.events", &mut settings.warehouse.events.iter().flat_map(Events::set));
    of_table("warehouse.edges", &mut settings.warehouse.edges.set().into_iter());
    for (meaning, words) in &settings.colours {
        lines.push(line(&format!("colours.{}", meaning.name()), words.value.clone(), loaded.line(words.line)));
    }
    for (threshold, set) in &settings.check {
        lines.push(line(&format!("check.{}", threshold.name), set.value.to_string(), loaded.line(set.line)));
    }
    for bound in &settings.keys {
        let name = format!("keys.{}.{:?}", bound.context.name(), tui::keys::sequence(&bound.keys));
        let value = bound.action.map_or_else(|| "removed".to_owned(), |action| action.name().to_owned());
        lines.push(line(&name, value, loaded.line(bound.line)));
    }
    Ok(lines)
}

/// Writes what is set of a table, and what else could be.
fn write_set(text: &mut String, set: impl IntoIterator<Item = (&'static str, Option<String>)>) {
    for (name, value) in set {
        match value {
            Some(value) => drop(writeln!(text, "{name} = {value}")),
            None => drop(writeln!(text, "# {name} =")),
        }
    }
}

/// The settings as a file that says the same, with what else could be set.
fn as_file(loaded: &Loaded) -> Result<String, Failure> {
    let settings = &loaded.settings;
    let mut text = String::from("# Settings of journey. `journey config --explain` lists the origin of each value.\n");
    let mut add = |set: bool, line: String, comment: &str| {
        let off = if set { "" } else { "# " };
        let _ = writeln!(text, "{off}{line}  # {comment}");
    };
    let zone = settings.zone.as_ref().map_or(tui::Zone::default(), |set| set.value);
    add(settings.zone.is_some(), format!("zone = {:?}", zone.name()), "UTC, local, or a name such as Europe/Berlin");
    let theme = settings.theme.as_ref().map_or("default", |set| set.value);
    add(settings.theme.is_some(), format!("theme = {theme:?}"), &Theme::NAMES.join(", "));
    let ascii = settings.ascii.as_ref().is_some_and(|set| set.value);
    add(settings.ascii.is_some(), format!("ascii = {ascii}"), "draw only ASCII characters");
    let mouse = settings.mouse.as_ref().is_none_or(|set| set.value);
    add(settings.mouse.is_some(), format!("mouse = {mouse}"), "false: only the terminal uses the mouse");
    text.push_str("\n# Colours by meaning; they override the theme. A colour is one of 16 names, 0-255 or\n# #rrggbb, with bold, dim, italic, underlined or reversed, and `on` before a background.\n[colours]\n");
    for meaning in tui::theme::Meaning::ALL {
        let set = settings.colours.iter().rfind(|(of, _)| *of == meaning);
        match set {
            Some((_, words)) => drop(writeln!(text, "{} = {:?}", meaning.name(), words.value)),
            None => drop(writeln!(text, "# {} = \"\"", meaning.name())),
        }
    }
    text.push_str("\n# A ClickHouse server, for commands without a store. Only variables hold secrets, never this file.\n[warehouse]\n");
    write_set(&mut text, settings.warehouse.set());
    let events = settings.warehouse.events.as_ref();
    text.push_str("\n# Your own table of events there, read in place of the tables of journey: its name, and SQL\n# expressions of its columns.\n");
    text.push_str(if events.is_some() { "[warehouse.events]\n" } else { "# [warehouse.events]\n" });
    write_set(&mut text, events.cloned().unwrap_or_default().set());
    let edges = &settings.warehouse.edges;
    text.push_str(
        "\n# Tables that are filled from it, where ids are found faster: journey warehouse ddl prints them.\n",
    );
    text.push_str(if edges.is_empty() { "# [warehouse.edges]\n" } else { "[warehouse.edges]\n" });
    write_set(&mut text, edges.set());
    text.push_str("\n# Thresholds of findings.\n[check]\n");
    for threshold in THRESHOLDS {
        let set = settings.check.iter().rfind(|(of, _)| of.name == threshold.name);
        let value = set.map_or_else(|| Thresholds::DEFAULT.get(threshold), |(_, set)| set.value);
        let off = if set.is_some() { "" } else { "# " };
        let _ = writeln!(text, "{off}{} = {value}  # {}", threshold.name, threshold.what);
    }
    text.push_str("\n# Keys by context; they override the defaults, and \"\" removes a key.\n");
    let keymap = loaded.keymap()?;
    for context in tui::keys::Context::ALL.iter().copied() {
        let _ = writeln!(text, "[keys.{}]", context.name());
        for bound in settings.keys.iter().filter(|bound| bound.context == context) {
            let action = bound.action.map_or("", tui::keys::Action::name);
            let _ = writeln!(text, "{:?} = {action:?}", tui::keys::sequence(&bound.keys));
        }
        for binding in keymap.of(context) {
            for keys in binding
                .keys
                .iter()
                .filter(|keys| !settings.keys.iter().any(|bound| bound.context == context && bound.keys == **keys))
            {
                let _ = writeln!(text, "# {:?} = {:?}", tui::keys::sequence(keys), binding.action.name());
            }
        }
    }
    Ok(text)
}
