//! Which key does what, as data.
//!
//! `assets/keys.toml` holds, for each [`Context`], keys, the name of an [`Action`], and
//! the sentence that help shows. One file serves the keymap, the help screen and the hints at
//! the foot of the screen. A name that nothing has, or a key with two meanings in one context,
//! is an error with what was probably meant.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use serde::Deserialize;

use crate::model::near::nearest;

/// What is wrong with a file of keys or a theme.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {what}{}", .line.map(|line| format!(":{line}")).unwrap_or_default(), .meant.as_ref().map(|name| format!("; did you mean {name}")).unwrap_or_default())]
pub struct AssetError {
    file: String,
    line: Option<usize>,
    what: String,
    meant: Option<String>,
}

impl AssetError {
    /// The text is not TOML.
    pub(super) fn toml(file: &str, error: &toml::de::Error) -> Self {
        Self::new(file, error.to_string().trim_end().to_owned())
    }

    /// A name that nothing has.
    pub(super) fn unknown(file: &str, kind: &str, name: &str, known: &mut dyn Iterator<Item = &'static str>) -> Self {
        let meant = nearest(name, known).map(str::to_owned);
        Self { meant, ..Self::new(file, format!("no {kind} is called {name:?}")) }
    }

    /// A value of another type.
    pub(super) fn not_text(file: &str, name: &str) -> Self {
        Self::new(file, format!("{name} is to be a text"))
    }

    /// Anything else.
    pub(super) fn new(file: &str, what: String) -> Self {
        Self { file: file.to_owned(), line: None, what, meant: None }
    }

    /// In this line of the file, from 1.
    pub(super) fn at(self, line: usize) -> Self {
        Self { line: Some(line), ..self }
    }
}

/// One key press, with what bindings distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// Keys that have a name instead of a character.
const NAMED: &[(&str, KeyCode)] = &[
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("S-Tab", KeyCode::BackTab),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Space", KeyCode::Char(' ')),
    ("F1", KeyCode::F(1)),
    ("F2", KeyCode::F(2)),
    ("F3", KeyCode::F(3)),
    ("F4", KeyCode::F(4)),
    ("F5", KeyCode::F(5)),
];

impl Key {
    /// The key of a terminal event; `None` for a release.
    pub fn of(event: &KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let mut modifiers = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT);
        let code = match event.code {
            // The character itself says that shift was held.
            KeyCode::Char(c) if modifiers.contains(KeyModifiers::CONTROL) => KeyCode::Char(c.to_ascii_lowercase()),
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        };
        if code == KeyCode::BackTab {
            modifiers = KeyModifiers::NONE;
        }
        Some(Self { code, modifiers })
    }

    /// Reads `j`, `C-d`, `A-x`, `Enter`, `S-Tab`, `Space`; names in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text;
        loop {
            if let Some((_, code)) = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(rest)) {
                return Some(Self { code: *code, modifiers });
            }
            if let Some(after) = rest.strip_prefix("C-") {
                modifiers |= KeyModifiers::CONTROL;
                rest = after;
            } else if let Some(after) = rest.strip_prefix("A-") {
                modifiers |= KeyModifiers::ALT;
                rest = after;
            } else {
                break;
            }
        }
        let mut characters = rest.chars();
        match (characters.next(), characters.next()) {
            (Some(c), None) => Some(Self { code: KeyCode::Char(c), modifiers }),
            _ => None,
        }
    }

    /// Whether it takes back what was begun.
    pub(in crate::tui) fn is_escape(self) -> bool {
        self.code == KeyCode::Esc
    }

    /// The character that the key types, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => Some(c),
            _ => None,
        }
    }

    /// The terminal event that this key is.
    pub fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            f.write_str("C-")?;
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            f.write_str("A-")?;
        }
        if let Some((name, _)) = NAMED.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::Char(c) => write!(f, "{c}"),
            code => write!(f, "{code:?}"),
        }
    }
}

/// Reads a text as key presses: characters are themselves, names stand in angle brackets.
///
/// `sally<Enter>jj<C-d>`; `<<>` is the character `<`. A name that no key has is `None`.
pub fn presses(text: &str) -> Option<Vec<Key>> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("<<>") {
            keys.push(Key { code: KeyCode::Char('<'), modifiers: KeyModifiers::NONE });
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
            keys.push(Key::parse(name)?);
            rest = after;
        } else {
            keys.push(Key { code: KeyCode::Char(c), modifiers: KeyModifiers::NONE });
            rest = rest.get(c.len_utf8()..)?;
        }
    }
    Some(keys)
}

/// Keys, what they do, and how help says it.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Where.
    pub context: Context,
    /// Each a sequence of presses.
    pub keys: Vec<Vec<Key>>,
    /// What.
    pub action: Action,
    /// The line of the help.
    pub help: String,
    /// The word at the foot of the screen; bindings without one are not shown there.
    pub hint: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    keys: Vec<String>,
    action: String,
    help: String,
    hint: Option<String>,
}

/// What the presses so far mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// This.
    Action(Action),
    /// The beginning of a longer sequence.
    Pending,
    /// Nothing.
    Nothing,
}

/// All bindings.
#[derive(Clone, Debug)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

impl Keymap {
    /// The bindings that come with the program.
    pub fn built_in() -> Result<Self, AssetError> {
        Self::read("keys.toml", include_str!("../../assets/keys.toml"))
    }

    /// Reads the text of a file of keys.
    pub fn read(file: &str, text: &str) -> Result<Self, AssetError> {
        let table: toml::Table = text.parse().map_err(|error| AssetError::toml(file, &error))?;
        let mut bindings: Vec<Binding> = Vec::new();
        for (name, entries) in table {
            let context = Context::from_name(file, &name)?;
            let entries: Vec<Entry> = entries
                .try_into()
                .map_err(|error: toml::de::Error| AssetError::new(file, format!("[[{name}]]: {}", error.message())))?;
            for entry in entries {
                let binding = conflict::binding(file, context, entry)?;
                if let Some(conflict) = conflict::conflict(&bindings, &binding) {
                    return Err(AssetError::new(file, conflict));
                }
                bindings.push(binding);
            }
        }
        Ok(Self { bindings })
    }

    /// Reads the keys of a binding: `g g`.
    pub(super) fn sequence(file: &str, context: Context, text: &str) -> Result<Vec<Key>, AssetError> {
        let mut keys = Vec::new();
        for name in text.split_whitespace() {
            let key = Key::parse(name)
                .ok_or_else(|| AssetError::unknown(file, "key", name, &mut NAMED.iter().map(|(name, _)| *name)))?;
            if context.types() && context != Context::Overview && key.typed().is_some() {
                let context = context.name();
                return Err(AssetError::new(
                    file,
                    format!("[[{context}]]: {name} types a character, it cannot be bound"),
                ));
            }
            keys.push(key);
        }
        if keys.is_empty() {
            return Err(AssetError::new(file, format!("[[{}]]: a key is empty", context.name())));
        }
        Ok(keys)
    }

    /// Binds keys to an action, or to nothing. What stands in their way gives way.
    pub(super) fn bind(&mut self, context: Context, keys: &[Key], action: Option<Action>) {
        for binding in self.bindings.iter_mut().filter(|binding| binding.context == context) {
            binding.keys.retain(|taken| !taken.starts_with(keys) && !keys.starts_with(taken));
        }
        let Some(action) = action else { return };
        let of = |binding: &Binding| binding.context == context && binding.action == action;
        if let Some(binding) = self.bindings.iter_mut().find(|binding| of(binding)) {
            binding.keys.insert(0, keys.to_vec());
            return;
        }
        let elsewhere = self.bindings.iter().find(|binding| binding.action == action);
        let help = elsewhere.map_or_else(|| action.name().to_owned(), |binding| binding.help.clone());
        self.bindings.push(Binding { context, keys: vec![keys.to_vec()], action, help, hint: None });
    }

    /// Whether some key ends the program also where text is typed.
    pub(super) fn can_quit(&self) -> bool {
        let types = |keys: &Vec<Key>| keys.first().is_some_and(|key| key.typed().is_some());
        self.of(Context::Everywhere).any(|binding| binding.action == Action::Quit && !binding.keys.iter().all(types))
    }

    /// What `pressed` means where the first of `contexts` has the say.
    pub fn resolve(&self, contexts: &[Context], pressed: &[Key]) -> Resolved {
        let mut pending = false;
        for context in contexts {
            for binding in self.of(*context) {
                for keys in &binding.keys {
                    if keys == pressed {
                        return Resolved::Action(binding.action);
                    }
                    pending |= keys.len() > pressed.len() && keys.starts_with(pressed);
                }
            }
        }
        if pending { Resolved::Pending } else { Resolved::Nothing }
    }

    /// The bindings of a context, in the order of the file.
    pub fn of(&self, context: Context) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(move |binding| binding.context == context)
    }
}

mod action;
mod conflict;
mod context;

pub use action::Action;
pub use conflict::sequence;
pub use context::Context;

#[cfg(test)]
mod tests;
