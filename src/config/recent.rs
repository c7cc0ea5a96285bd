//! Who was opened before, and who was pinned, kept in a file of the user's state directory and never in a store.
//!
//! The file is a convenience: one that cannot be read counts as empty, one that cannot be
//! written is given up silently, and nothing else ever depends on it. It holds ids and what was
//! typed, so only its owner may read it.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};

/// People kept for one store.
const MOST_OF_A_STORE: usize = 20;

/// People kept in all.
const MOST: usize = 500;

/// People pinned in one store; a further pin removes the oldest.
const MOST_PINNED: usize = 100;

/// A user who was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The store, by its full path.
    pub store: String,
    /// The id.
    pub id: String,
    /// What was typed to find it.
    #[serde(default)]
    pub text: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct File {
    people: Vec<Opened>,
    /// Those that stay until they are taken away, the latest first.
    #[serde(default)]
    pinned: Vec<Opened>,
}

/// The file that remembers them.
#[derive(Clone, Debug)]
pub struct Recent {
    path: PathBuf,
}

impl Recent {
    /// The file at `path`, whether or not it is there.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// The file in the user's state directory: `~/.local/state` or what the system has for it;
    /// `None` without a home.
    pub fn of_user() -> Option<Self> {
        let directories = etcetera::choose_base_strategy().ok()?;
        let state = directories.state_dir().unwrap_or_else(|| directories.data_dir());
        Some(Self::at(state.join("journey").join("recent.json")))
    }

    /// Who was opened in a store, the latest first.
    pub fn of_store(&self, store: &str) -> Vec<Opened> {
        let mut people = self.read().people;
        people.retain(|opened| opened.store == store);
        people
    }

    /// Remembers a user.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&self, opened: Opened) -> io::Result<()> {
        // Another window may have added a user meanwhile.
        let File { mut people, pinned } = self.read();
        people.retain(|other| other.store != opened.store || other.id != opened.id);
        let store = opened.store.clone();
        people.insert(0, opened);
        let mut of_store = 0;
        people.retain(|opened| {
            of_store += usize::from(opened.store == store);
            opened.store != store || of_store <= MOST_OF_A_STORE
        });
        people.truncate(MOST);
        self.write(&File { people, pinned })
    }

    /// Who is pinned in a store, the latest first.
    pub fn pinned_of_store(&self, store: &str) -> Vec<Opened> {
        let mut pinned = self.read().pinned;
        pinned.retain(|opened| opened.store == store);
        pinned
    }

    /// Pins a user, or removes the pin; whether there is one now.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn pin(&self, opened: Opened) -> io::Result<bool> {
        let File { people, mut pinned } = self.read();
        let before = pinned.len();
        pinned.retain(|other| other.store != opened.store || other.id != opened.id);
        let is_pinned = pinned.len() == before;
        if is_pinned {
            let store = opened.store.clone();
            pinned.insert(0, opened);
            let mut of_store = 0;
            pinned.retain(|opened| {
                of_store += usize::from(opened.store == store);
                opened.store != store || of_store <= MOST_PINNED
            });
        }
        self.write(&File { people, pinned })?;
        Ok(is_pinned)
    }

    fn read(&self) -> File {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Writes another file and puts it in the place of the old one, so that no program reads half of it.
    fn write(&self, file: &File) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let new = folder.join(format!("recent.{}.tmp", std::process::id()));
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let text = serde_json::to_string_pretty(file)?;
        let written = options.open(&new).and_then(|mut out| out.write_all(text.as_bytes()));
        let placed = written.and_then(|()| fs::rename(&new, &self.path));
        if placed.is_err() {
            let _ = fs::remove_file(&new);
        }
        placed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(store: &str, id: &str) -> Opened {
        Opened { store: store.into(), id: id.into(), text: String::new() }
    }

    fn ids(recent: &Recent, store: &str) -> Vec<String> {
        recent.of_store(store).into_iter().map(|opened| opened.id).collect()
    }

    #[test]
    fn the_latest_of_a_store_come_first_and_each_once() {
        let folder = tempfile::tempdir().unwrap();
        let recent = Recent::at(folder.path().join("deep/recent.json"));
        for (store, id) in [("a", "1"), ("a", "2"), ("b", "3"), ("a", "1")] {
            recent.add(opened(store, id)).unwrap();
        }
        assert_eq!(ids(&recent, "a"), ["1", "2"]);
        assert_eq!(ids(&recent, "b"), ["3"]);
        for id in 0..50 {
            recent.add(opened("a", &id.to_string())).unwrap();
        }
        assert_eq!(ids(&recent, "a").len(), MOST_OF_A_STORE);
        assert_eq!(ids(&recent, "b"), ["3"]);
        assert_eq!(fs::read_dir(folder.path().join("deep")).unwrap().count(), 1, "nothing is left next to it");
    }

    #[test]
    fn a_pinned_user_stays_when_others_are_opened_and_the_same_key_removes_the_pin() {
        let folder = tempfile::tempdir().unwrap();
        let recent = Recent::at(folder.path().join("recent.json"));
        assert!(recent.pin(opened("a", "1")).unwrap());
        assert!(recent.pin(opened("b", "1")).unwrap());
        for id in 0..50 {
            recent.add(opened("a", &id.to_string())).unwrap();
        }
        let pinned = |store| recent.pinned_of_store(store).into_iter().map(|opened| opened.id).collect::<Vec<_>>();
        assert_eq!((pinned("a"), pinned("b")), (vec!["1".to_owned()], vec!["1".to_owned()]));
        assert!(!recent.pin(opened("a", "1")).unwrap());
        assert_eq!((pinned("a"), pinned("b").len()), (vec![], 1));
        // A file of an earlier version has no pins.
        fs::write(folder.path().join("recent.json"), r#"{"people": [{"store": "a", "id": "7"}]}"#).unwrap();
        assert_eq!((pinned("a"), ids(&recent, "a")), (vec![], vec!["7".to_owned()]));
    }

    #[test]
    fn a_file_that_cannot_be_read_counts_as_empty_and_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recent.json");
        for broken in ["", "{", "[]", "{\"people\": [{\"id\": 1}]}", "\u{0}\u{0}"] {
            fs::write(&path, broken).unwrap();
            let recent = Recent::at(path.clone());
            assert_eq!(ids(&recent, "a"), Vec::<String>::new(), "{broken:?}");
            recent.add(opened("a", "1")).unwrap();
            assert_eq!(ids(&recent, "a"), ["1"]);
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recent.json");
        Recent::at(path.clone()).add(opened("a", "1")).unwrap();
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_an_error_for_the_caller_to_forget() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(Recent::at(file.join("recent.json")).add(opened("a", "1")).is_err());
    }
}
