//! What a person may set: a file of names and values, read and checked.
//!
//! ```toml
//! zone = "Europe/Berlin"     # UTC, local, or a name
//! theme = "light"            # default, light, mono, colour-blind
//! ascii = true               # no other characters
//! mouse = false              # leave the mouse to the terminal
//!
//! [colours]                  # by meaning, over the theme
//! refused = "bold magenta"
//!
//! [warehouse]                # a ClickHouse server, for commands that name no store
//! url = "clickhouses://ch.example.com:8443/shop"
//! ca = "~/our-ca.pem"
//! seconds = 10
//!
//! [check]                    # the numbers that findings rest on
//! many-devices = 50
//!
//! [keys.journey]             # by context; "" takes a key away
//! "x" = "next-problem"
//! "g g" = ""
//! ```
//!
//! Every mistake names the file, the line and the name that was probably meant. Nothing that
//! the file sets is used before all of it has been read.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{Action, AssetError, Context, Key, Keymap};
use super::theme::{Meaning, Theme};
use super::when::Zone;
use crate::config::at_home;
use crate::config::warehouse::{Edges, Events, Warehouse};
use crate::identity::{THRESHOLDS, Threshold, Thresholds};

/// A value, and the line of the file that sets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set<T> {
    /// The value.
    pub value: T,
    /// The line, from 1.
    pub line: usize,
}

/// A key that the file binds or takes away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Where.
    pub context: Context,
    /// The presses.
    pub keys: Vec<Key>,
    /// What they do; `None` takes them away.
    pub action: Option<Action>,
    /// The line of the file, from 1.
    pub line: usize,
}

/// What a file sets; what it does not mention is `None`.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The zone of all times.
    pub zone: Option<Set<Zone>>,
    /// The name of the theme.
    pub theme: Option<Set<&'static str>>,
    /// Whether to draw with ASCII characters alone.
    pub ascii: Option<Set<bool>>,
    /// Whether the terminal sends what the mouse does.
    pub mouse: Option<Set<bool>>,
    /// Styles that go before those of the theme, with their words.
    pub colours: Vec<(Meaning, Set<String>)>,
    /// Numbers that findings rest on.
    pub check: Vec<(&'static Threshold, Set<u64>)>,
    /// Keys that go before those of the program.
    pub keys: Vec<Bound>,
    /// Where a warehouse is, and what a question may cost there.
    pub warehouse: Warehouse,
    file: String,
}

/// What can be set besides colours and keys.
const NAMES: [&str; 8] = ["zone", "theme", "ascii", "mouse", "colours", "check", "keys", "warehouse"];

impl Settings {
    /// Reads the text of a file; `file` is what errors call it.
    ///
    /// # Errors
    /// The first mistake.
    pub fn read(file: &str, text: &str) -> Result<Self, AssetError> {
        let table = DeTable::parse(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            AssetError::new(file, error.message().to_owned()).at(line)
        })?;
        let mut settings = Self { file: file.to_owned(), ..Self::default() };
        for (name, value) in table.get_ref() {
            let line = line_of(text, name.span().start);
            let at = |error: AssetError| error.at(line);
            match name.get_ref().as_ref() {
                "zone" => settings.zone = Some(Set { value: settings.zone_of(value).map_err(at)?, line }),
                "theme" => settings.theme = Some(Set { value: settings.theme_of(value).map_err(at)?, line }),
                "ascii" => settings.ascii = Some(Set { value: settings.flag(name, value).map_err(at)?, line }),
                "mouse" => settings.mouse = Some(Set { value: settings.flag(name, value).map_err(at)?, line }),
                "colours" => settings.read_colours(settings.table(name, value).map_err(at)?, text)?,
                "warehouse" => settings.read_warehouse(settings.table(name, value).map_err(at)?, text)?,
                "check" => settings.read_check(settings.table(name, value).map_err(at)?, text)?,
                "keys" => {
                    for (context, bindings) in settings.table(name, value).map_err(at)? {
                        settings.read_keys(context, bindings, text)?;
                    }
                }
                other => return Err(at(AssetError::unknown(file, "setting", other, &mut NAMES.into_iter()))),
            }
        }
        // What only shows when everything is put together is a mistake of the file as well.
        settings.keymap()?;
        Ok(settings)
    }

    /// A theme of the program with the colours of the file over it.
    ///
    /// # Errors
    /// No theme has the name.
    pub fn theme(&self, name: &str) -> Result<Theme, AssetError> {
        let mut theme = Theme::named(name)?;
        for (meaning, words) in &self.colours {
            theme.set(*meaning, &self.file, &words.value).map_err(|error| error.at(words.line))?;
        }
        Ok(theme)
    }

    /// The keys of the program with those of the file over them.
    ///
    /// # Errors
    /// Nothing is left that ends the program.
    pub fn keymap(&self) -> Result<Keymap, AssetError> {
        let mut keymap = Keymap::built_in()?;
        for bound in &self.keys {
            keymap.bind(bound.context, &bound.keys, bound.action);
        }
        if !keymap.can_quit() {
            let line = self.keys.last().map_or(1, |bound| bound.line);
            let what = "no key would end the program; leave one for quit that types no character, such as C-c";
            return Err(AssetError::new(&self.file, what.to_owned()).at(line));
        }
        Ok(keymap)
    }

    fn text<'a>(&self, name: &str, value: &'a Spanned<DeValue<'_>>) -> Result<&'a str, AssetError> {
        value.get_ref().as_str().ok_or_else(|| AssetError::not_text(&self.file, name))
    }

    fn table<'a, 'i>(
        &self,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        value: &'a Spanned<DeValue<'i>>,
    ) -> Result<&'a DeTable<'i>, AssetError> {
        let name = name.get_ref();
        let example = match &**name {
            "keys" => "[keys.journey]".to_owned(),
            name => format!("[{name}]"),
        };
        let wrong = || AssetError::new(&self.file, format!("{name} is to be a table, such as {example}"));
        value.get_ref().as_table().ok_or_else(wrong)
    }

    fn flag(
        &self,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<bool, AssetError> {
        let wrong = || AssetError::new(&self.file, format!("{} is to be true or false", name.get_ref()));
        value.get_ref().as_bool().ok_or_else(wrong)
    }

    fn zone_of(&self, value: &Spanned<DeValue<'_>>) -> Result<Zone, AssetError> {
        let name = self.text("zone", value)?;
        Zone::parse(name).map_err(|_| AssetError::unknown(&self.file, "zone", name, &mut Zone::names()))
    }

    fn theme_of(&self, value: &Spanned<DeValue<'_>>) -> Result<&'static str, AssetError> {
        let name = self.text("theme", value)?;
        let known = Theme::NAMES.into_iter().find(|known| *known == name);
        known.ok_or_else(|| AssetError::unknown(&self.file, "theme", name, &mut Theme::NAMES.into_iter()))
    }

    fn read_colours(&mut self, table: &DeTable<'_>, text: &str) -> Result<(), AssetError> {
        for (name, value) in table {
            let line = line_of(text, name.span().start);
            let known = Meaning::ALL.into_iter().find(|meaning| meaning.name() == name.get_ref());
            let meaning = known.ok_or_else(|| {
                let mut names = Meaning::ALL.iter().map(|meaning| meaning.name());
                AssetError::unknown(&self.file, "meaning", name.get_ref(), &mut names).at(line)
            })?;
            let words = self.text(name.get_ref(), value).map_err(|error| error.at(line))?;
            Theme::check(&self.file, words).map_err(|error| error.at(line))?;
            self.colours.push((meaning, Set { value: words.to_owned(), line }));
        }
        Ok(())
    }

    fn read_warehouse(&mut self, table: &DeTable<'_>, text: &str) -> Result<(), AssetError> {
        let mut warehouse = Warehouse::default();
        for (name, value) in table {
            let line = line_of(text, name.span().start);
            let name = name.get_ref().as_ref();
            let words = || self.text(name, value).map(str::to_owned).map_err(|error| error.at(line));
            let number = || {
                let number = value
                    .get_ref()
                    .as_integer()
                    .and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok());
                let wrong = || AssetError::new(&self.file, format!("{name} must be a whole number")).at(line);
                number.ok_or_else(wrong)
            };
            match name {
                "url" => warehouse.url = Some(words()?),
                "database" => warehouse.database = Some(words()?),
                "user_env" => warehouse.user_env = Some(words()?),
                "password_env" => warehouse.password_env = Some(words()?),
                "ca" => warehouse.ca = Some(at_home(&words()?)),
                "seconds" => warehouse.seconds = Some(number()?),
                "rows" => warehouse.rows = Some(number()?),
                "bytes" => warehouse.bytes = Some(number()?),
                "events" | "edges" => {
                    let table = value.get_ref().as_table().ok_or_else(|| {
                        let what = format!("{name} is to be a table, such as [warehouse.{name}]");
                        AssetError::new(&self.file, what).at(line)
                    })?;
                    if name == "events" {
                        warehouse.events = Some(self.events_of(table, text, line)?);
                    } else {
                        warehouse.edges = self.edges_of(table, text, line)?;
                    }
                }
                other => {
                    let mut names = Warehouse::NAMES.into_iter().chain(["events", "edges"]);
                    return Err(AssetError::unknown(&self.file, "setting of the warehouse", other, &mut names).at(line));
                }
            }
        }
        if let Some((name, _)) = table.iter().find(|(name, _)| name.get_ref() == "edges")
            && warehouse.events.is_none()
        {
            let what = "[warehouse.edges] belongs to a table of your own, and there is no [warehouse.events]";
            return Err(AssetError::new(&self.file, what.to_owned()).at(line_of(text, name.span().start)));
        }
        self.warehouse = warehouse;
        Ok(())
    }

    /// `[warehouse.edges]`, which begins in `line`.
    fn edges_of(&self, table: &DeTable<'_>, text: &str, line: usize) -> Result<Edges, AssetError> {
        let mut edges = Edges::default();
        for (name, value) in table {
            let line = line_of(text, name.span().start);
            let name = name.get_ref().as_ref();
            let words = self.text(name, value).map_err(|error| error.at(line))?.to_owned();
            let Some(slot) = edges.value(name) else {
                let mut names = Edges::NAMES.into_iter();
                return Err(AssetError::unknown(&self.file, "table next to the events", name, &mut names).at(line));
            };
            *slot = Some(words);
        }
        if edges.alias_calls.is_some() != edges.links.is_some() {
            let what = "[warehouse.edges] needs alias_calls and links together: with one of them, rows that name an id \
                        would still be looked for in the text of all properties";
            return Err(AssetError::new(&self.file, what.to_owned()).at(line));
        }
        Ok(edges)
    }

    /// `[warehouse.events]`, which begins in `line`.
    fn events_of(&self, table: &DeTable<'_>, text: &str, line: usize) -> Result<Events, AssetError> {
        let mut events = Events::default();
        for (name, value) in table {
            let line = line_of(text, name.span().start);
            let name = name.get_ref().as_ref();
            if name == Events::LIST {
                let wrong = || AssetError::new(&self.file, format!("{name} is to be a list of texts")).at(line);
                let list = value.get_ref().as_array().ok_or_else(wrong)?;
                let texts = list.iter().map(|text| Some(text.get_ref().as_str()?.to_owned()));
                events.named = texts.collect::<Option<_>>().ok_or_else(wrong)?;
                continue;
            }
            let known = Events::NAMES.into_iter().find(|known| *known == name).ok_or_else(|| {
                let mut names = Events::NAMES.into_iter().chain([Events::LIST]);
                AssetError::unknown(&self.file, "column of the events of a warehouse", name, &mut names).at(line)
            })?;
            let words = self.text(name, value).map_err(|error| error.at(line))?;
            events.given.push((known, words.to_owned()));
        }
        match events.missing() {
            Some(name) => {
                Err(AssetError::new(&self.file, format!("[warehouse.events] does not say what {name} is")).at(line))
            }
            None => Ok(events),
        }
    }

    fn read_check(&mut self, table: &DeTable<'_>, text: &str) -> Result<(), AssetError> {
        for (name, value) in table {
            let line = line_of(text, name.span().start);
            let known = THRESHOLDS.iter().find(|threshold| threshold.name == name.get_ref());
            let threshold = known.ok_or_else(|| {
                let mut names = THRESHOLDS.iter().map(|threshold| threshold.name);
                AssetError::unknown(&self.file, "number of check", name.get_ref(), &mut names).at(line)
            })?;
            let number = value.get_ref().as_integer().and_then(|number| number.as_str().parse::<u64>().ok());
            let wrong = || {
                let what = format!("{} must be a whole number, {} or more", threshold.name, threshold.least);
                AssetError::new(&self.file, what).at(line)
            };
            let number = number.filter(|number| *number >= threshold.least).ok_or_else(wrong)?;
            self.check.push((threshold, Set { value: number, line }));
        }
        Ok(())
    }

    /// The numbers that findings rest on, those of the file over those of the program.
    pub fn thresholds(&self) -> Thresholds {
        let mut thresholds = Thresholds::DEFAULT;
        for (threshold, set) in &self.check {
            // Reading has refused what is too small.
            let _ = thresholds.set(threshold, set.value);
        }
        thresholds
    }

    fn read_keys(
        &mut self,
        context: &Spanned<std::borrow::Cow<'_, str>>,
        bindings: &Spanned<DeValue<'_>>,
        text: &str,
    ) -> Result<(), AssetError> {
        let line = line_of(text, context.span().start);
        let context = Context::from_name(&self.file, context.get_ref()).map_err(|error| error.at(line))?;
        let wrong = || AssetError::new(&self.file, "keys stand in a table of their context: [keys.journey]".to_owned());
        let bindings = bindings.get_ref().as_table().ok_or_else(|| wrong().at(line))?;
        for (keys, action) in bindings {
            let line = line_of(text, keys.span().start);
            let at = |error: AssetError| error.at(line);
            let name = self.text(keys.get_ref(), action).map_err(at)?;
            let keys = Keymap::sequence(&self.file, context, keys.get_ref()).map_err(at)?;
            let action = match name {
                "" => None,
                name => Some(Action::known(&self.file, name).map_err(at)?),
            };
            self.keys.push(Bound { context, keys, action, line });
        }
        Ok(())
    }
}

/// The line that byte `at` is in, from 1.
fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::keys::Resolved;

    fn resolved(text: &str, context: Context, key: &str) -> Resolved {
        let keymap = Settings::read("c.toml", text).unwrap().keymap().unwrap();
        let keys: Vec<Key> = key.split(' ').map(|key| Key::parse(key).unwrap()).collect();
        keymap.resolve(&[context], &keys)
    }

    fn error(text: &str) -> String {
        Settings::read("c.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn the_example_of_the_documentation_can_be_read() {
        let example = include_str!("settings.rs")
            .lines()
            .skip_while(|line| !line.contains("```toml"))
            .skip(1)
            .take_while(|line| !line.contains("```"))
            .map(|line| line.trim_start_matches("//!").trim())
            .collect::<Vec<_>>()
            .join("\n");
        let settings = Settings::read("c.toml", &example).unwrap();
        assert_eq!(
            settings.zone.as_ref().unwrap().clone(),
            Set { value: Zone::Named(chrono_tz::Europe::Berlin), line: 1 }
        );
        assert_eq!(settings.thresholds(), Thresholds { many_devices: 50, ..Thresholds::DEFAULT });
        assert_eq!((settings.theme.unwrap().value, settings.ascii.unwrap().line), ("light", 3));
        assert_eq!((settings.colours.len(), settings.keys.len()), (1, 2));
    }

    #[test]
    fn a_key_is_added_moved_and_taken_away() {
        let added = "[keys.journey]\n\"n\" = \"next-problem\"";
        assert_eq!(resolved(added, Context::Journey, "n"), Resolved::Action(Action::NextProblem));
        assert_eq!(resolved(added, Context::Journey, "e"), Resolved::Action(Action::NextProblem), "the old one stays");
        let moved = "[keys.journey]\n\"j\" = \"last\"";
        assert_eq!(resolved(moved, Context::Journey, "j"), Resolved::Action(Action::Last));
        let away = "[keys.journey]\n\"g g\" = \"\"";
        assert_eq!(resolved(away, Context::Journey, "g g"), Resolved::Nothing);
        assert_eq!(resolved(away, Context::Journey, "Home"), Resolved::Action(Action::First));
        let shorter = "[keys.journey]\n\"g\" = \"first\"";
        assert_eq!(
            resolved(shorter, Context::Journey, "g"),
            Resolved::Action(Action::First),
            "the longer one gives way"
        );
    }

    #[test]
    fn a_mistake_is_reported_with_its_line_and_what_was_probably_meant() {
        for (text, line, meant) in [
            ("# a\nzoen = \"UTC\"", 2, "zone"),
            ("zone = \"Europe/Berlim\"", 1, "Europe/Berlin"),
            ("theme = \"lihgt\"", 1, "light"),
            ("\n[colours]\nrefusde = \"red\"", 3, "refused"),
            ("[colours]\nrefused = \"bold grean\"", 2, "green"),
            ("[check]\nmany-device = 3", 2, "many-devices"),
            ("[keys.jurney]\n\"j\" = \"next\"", 1, "journey"),
            ("[keys.journey]\n\"j\" = \"next\"\n\"x\" = \"nxet\"", 3, "next"),
            ("[keys.journey]\n\"Etner\" = \"next\"", 2, "Enter"),
        ] {
            let error = error(text);
            assert!(error.starts_with(&format!("c.toml:{line}: ")), "{text}\n{error}");
            assert!(error.contains(&format!("did you mean {meant}")), "{text}\n{error}");
        }
    }

    #[test]
    fn a_value_of_another_kind_or_broken_toml_is_reported_with_its_line() {
        for (text, line, what) in [
            ("ascii = \"yes\"", 1, "true or false"),
            ("zone = 3", 1, "zone is to be a text"),
            ("theme = \"light\"\ncolours = 1", 2, "a table"),
            ("a = 1\nb = = 2", 2, ""),
            ("[keys]\njourney = 1", 2, "[keys.journey]"),
            ("check = 3", 1, "[check]"),
            ("[check]\nmany-users = 1", 2, "2 or more"),
            ("[check]\nmany-users = -4", 2, "2 or more"),
            ("[check]\nmany-users = 2.5", 2, "2 or more"),
            ("[check]\nmany-users = \"5\"", 2, "2 or more"),
            ("[keys.search]\n\"q\" = \"quit\"", 2, "types a character"),
            ("[keys.everywhere]\n\"q\" = \"\"\n\"C-c\" = \"\"", 3, "no key would end the program"),
        ] {
            let error = error(text);
            assert!(error.starts_with(&format!("c.toml:{line}: ")), "{text}\n{error}");
            assert!(error.contains(what), "{text}\n{error}");
        }
    }

    #[test]
    fn colours_of_the_file_go_before_those_of_the_theme() {
        let settings = Settings::read("c.toml", "[colours]\nrefused = \"bold magenta\"").unwrap();
        let theme = settings.theme("light").unwrap();
        let plain = Theme::named("light").unwrap();
        assert_ne!(theme.style(Meaning::Refused), plain.style(Meaning::Refused));
        assert_eq!(theme.style(Meaning::Orphan), plain.style(Meaning::Orphan));
    }
}
