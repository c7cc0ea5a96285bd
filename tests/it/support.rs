//! What several tests share.

pub(crate) mod app;
#[cfg(unix)]
pub(crate) mod listening;
pub(crate) mod stand_in;
pub(crate) mod stored;
pub(crate) mod story;

use std::fs;
use std::path::{Path, PathBuf};

use journey::inspect::Inspector;
use journey::model::Id;

/// Every id of a source in any role, by alphabet.
pub(crate) fn all_ids(inspector: &Inspector) -> Vec<Id> {
    let mut ids = Vec::new();
    let directory = inspector.source().directory().unwrap();
    directory.each_known(&mut |id| ids.push(Id::new(id)), &mut |_| {}).unwrap();
    ids.sort();
    ids
}

/// The Rust files below a folder, sorted.
pub(crate) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}
