//! The key of the pseudonyms of redacted answers, kept in a file of the user's state directory.
//!
//! Who has the key can find out what a pseudonym stands for by trying ids, so only its owner may
//! read it. Without it pseudonyms say nothing; a file that was deleted is made anew, and all
//! pseudonyms are others then.

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::BuildHasher;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

/// Bytes of a key.
const KEY: usize = 16;

/// The file in the user's state directory; `None` without a home.
pub fn file() -> Option<PathBuf> {
    let directories = etcetera::choose_base_strategy().ok()?;
    let state = directories.state_dir().unwrap_or_else(|| directories.data_dir());
    Some(state.join("journey").join("redaction.key"))
}

/// The key in the file, which is made if it is not there.
///
/// # Errors
/// It can be neither read nor written, or is no key.
pub fn key(file: &Path) -> io::Result<[u8; KEY]> {
    match fs::read_to_string(file) {
        Ok(text) => return read(&text).ok_or_else(|| io::Error::other("it is no key; delete it to have another")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let key = new();
    let written = folder.join(format!("redaction.{}.tmp", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let text = format!("{:032x}", u128::from_be_bytes(key));
    options.open(&written)?.write_all(text.as_bytes())?;
    // Whole or not at all, and never in the place of one that another process has made meanwhile.
    let linked = fs::hard_link(&written, file);
    let _ = fs::remove_file(&written);
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Err(_) => read(&fs::read_to_string(file)?).ok_or_else(|| io::Error::other("it is no key")),
        Ok(()) => Ok(key),
    }
}

/// A key that no one can guess.
pub fn new() -> [u8; KEY] {
    // The standard library seeds each of these from the randomness of the system.
    let halves = [RandomState::new(), RandomState::new()].map(|state| state.hash_one(std::process::id()).to_le_bytes());
    let mut key = [0; KEY];
    for (byte, random) in key.iter_mut().zip(halves.as_flattened()) {
        *byte = *random;
    }
    key
}

fn read(text: &str) -> Option<[u8; KEY]> {
    let text = text.trim();
    let is_key = text.len() == 2 * KEY && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    u128::from_str_radix(text, 16).ok().filter(|_| is_key).map(u128::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/redaction.key");
        let first = key(&file).unwrap();
        assert_eq!(key(&file).unwrap(), first);
        assert_ne!(new(), new());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "nothing is left next to it");
        fs::write(&file, "nothing").unwrap();
        assert!(key(&file).is_err());
    }
}
