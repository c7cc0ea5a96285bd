//! Files that a command writes.
//!
//! Every file that a person names as an output is written by [`Output`]: next to its place, and put
//! there when it is whole. It never becomes the store, what SQLite keeps next to that, or an input,
//! by whatever path or link; and an existing file only where that was asked for.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Endings of the files that SQLite keeps next to a database.
const SIDECARS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Why a file cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something is there already.
    #[error("{} is there already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// It is the store, or what SQLite keeps next to it.
    #[error("{} is the store itself, or belongs to it", path.display())]
    IsStore {
        /// The file.
        path: PathBuf,
    },
    /// It is what is read.
    #[error("{} is one of the files to be read", path.display())]
    IsInput {
        /// The file.
        path: PathBuf,
    },
    /// A program works with what is there.
    #[error("{} is in use by another program", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Error {
    /// What to do about it, as one sentence.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Exists { .. } => "name another file, or give --force to have it replaced",
            Self::IsStore { .. } | Self::IsInput { .. } => "name another file",
            Self::InUse { .. } => "name another file, or close the other program",
            Self::Io { .. } => "check that the path is right, may be written, and has room",
        }
    }
}

/// Files that no output may take the place of.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    stores: Vec<Place>,
    inputs: Vec<Place>,
}

impl Kept {
    /// With a store, which need not be there yet, and what SQLite keeps next to it.
    #[must_use]
    pub fn store(mut self, path: &Path) -> Self {
        // SQLite names its files by where a link leads.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        self.stores.push(Place::of(&path));
        self.stores.extend(SIDECARS.iter().map(|end| Place::of(&sidecar(&path, end))));
        self
    }

    /// With a file or folder that is read.
    #[must_use]
    pub fn input(mut self, path: &Path) -> Self {
        self.inputs.push(Place::of(path));
        self
    }

    /// Refuses a place that is one of these.
    ///
    /// # Errors
    /// [`Error::IsStore`] and [`Error::IsInput`].
    pub fn check(&self, path: &Path) -> Result<(), Error> {
        let place = Place::of(path);
        if self.stores.iter().any(|store| store.is(&place)) {
            return Err(Error::IsStore { path: path.to_owned() });
        }
        if self.is_input(&place) {
            return Err(Error::IsInput { path: path.to_owned() });
        }
        Ok(())
    }

    /// Refuses a path that is an input.
    ///
    /// # Errors
    /// [`Error::IsInput`].
    pub fn check_inputs(&self, path: &Path) -> Result<(), Error> {
        if self.is_input(&Place::of(path)) {
            return Err(Error::IsInput { path: path.to_owned() });
        }
        Ok(())
    }

    fn is_input(&self, place: &Place) -> bool {
        self.inputs.iter().any(|input| input.is(place) || input.holds(place))
    }
}

/// A place for a file, however its path is written.
#[derive(Clone, Debug)]
struct Place {
    /// The path with all links followed, as far as it is there.
    path: PathBuf,
    /// Device and number of the file that is there.
    file: Option<(u64, u64)>,
    is_folder: bool,
}

impl Place {
    fn of(path: &Path) -> Self {
        let meta = fs::metadata(path).ok();
        Self {
            path: real(path),
            file: meta.as_ref().filter(|meta| meta.is_file()).and_then(identity),
            is_folder: meta.is_some_and(|meta| meta.is_dir()),
        }
    }

    fn is(&self, other: &Self) -> bool {
        self.path == other.path || self.file.is_some() && self.file == other.file
    }

    /// Whether this is a folder with the other file in it.
    fn holds(&self, other: &Self) -> bool {
        self.is_folder && other.file.is_some() && other.path.starts_with(&self.path)
    }
}

/// The path with all links followed; of what is not there yet, as far as there is something.
fn real(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    // A link that leads nowhere leads to where the file would be made.
    let target = fs::read_link(path).ok().map(|target| folder(path).join(target));
    let path = target.as_deref().unwrap_or(path);
    match (folder(path).canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
fn identity(meta: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((meta.dev(), meta.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}

/// The folder of a file.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The path with a word before its ending: `sally-2.html` for `sally.html` and `2`.
pub fn before_ending(path: &Path, word: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let ending = path.extension().map_or_else(String::new, |ending| format!(".{}", ending.to_string_lossy()));
    path.with_file_name(format!("{stem}-{word}{ending}"))
}

/// A file that belongs to the one at `path`.
fn sidecar(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    PathBuf::from(name)
}

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone: it holds data of people.
    Owner,
    /// Every user that the system lets read new files.
    Usual,
}

/// A file that is being written.
#[derive(Debug)]
pub struct Output {
    path: PathBuf,
    kept: Kept,
    replace: bool,
    target: Target,
}

/// Where the bytes go meanwhile.
#[derive(Debug)]
enum Target {
    /// Into a file next to the place.
    Part { part: NamedTempFile, place: PathBuf },
    /// Into a pipe or a device, which has no place to be put in.
    Through(File),
}

impl Output {
    /// Begins a file that is to be at `path`; nothing is there before [`Output::finish`].
    ///
    /// # Errors
    /// Something is at `path` that may not be replaced, or no file can be made next to it.
    pub fn begin(path: &Path, replace: bool, kept: &Kept, readers: Readers) -> Result<Self, Error> {
        check(path, replace, kept)?;
        let io = |source| Error::Io { path: path.to_owned(), source };
        let there = fs::metadata(path).ok();
        let target = if there.as_ref().is_some_and(|meta| !meta.is_file()) {
            Target::Through(File::options().write(true).open(path).map_err(io)?)
        } else {
            let place = real(path);
            let mut builder = tempfile::Builder::new();
            builder.prefix(".journey-").suffix(".part");
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                let mode = if readers == Readers::Owner { 0o600 } else { 0o666 };
                builder.permissions(fs::Permissions::from_mode(mode));
            }
            let part = builder.tempfile_in(folder(&place)).map_err(io)?;
            if let Some(meta) = there {
                // Who could read the file before still can.
                part.as_file().set_permissions(meta.permissions()).map_err(io)?;
            }
            Target::Part { part, place }
        };
        Ok(Self { path: path.to_owned(), kept: kept.clone(), replace, target })
    }

    /// The file next to the place, for writers that take a path; `None` for a pipe or a device.
    pub fn part(&self) -> Option<&Path> {
        match &self.target {
            Target::Part { part, .. } => Some(part.path()),
            Target::Through(_) => None,
        }
    }

    /// Where the file will be, with all links followed.
    pub fn place(&self) -> &Path {
        match &self.target {
            Target::Part { place, .. } => place,
            Target::Through(_) => &self.path,
        }
    }

    /// Puts the whole file in its place.
    ///
    /// # Errors
    /// Something came there meanwhile that may not be replaced, or the disk refuses.
    pub fn finish(self) -> Result<(), Error> {
        let Self { path, kept, replace, target } = self;
        let io = |source| Error::Io { path: path.clone(), source };
        match target {
            Target::Through(mut file) => file.flush().map_err(io),
            Target::Part { part, place } => {
                part.as_file().sync_all().map_err(io)?;
                check(&path, replace, &kept)?;
                let placed = if replace { part.persist(&place) } else { part.persist_noclobber(&place) };
                match placed {
                    Ok(_) => Ok(()),
                    Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(Error::Exists { path }),
                    Err(error) => Err(Error::Io { path, source: error.error }),
                }
            }
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.target {
            Target::Part { part, .. } => part.write(bytes),
            Target::Through(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.target {
            Target::Part { part, .. } => part.flush(),
            Target::Through(file) => file.flush(),
        }
    }
}

/// Whether a file may come to `path`.
fn check(path: &Path, replace: bool, kept: &Kept) -> Result<(), Error> {
    kept.check(path)?;
    let Ok(link) = fs::symlink_metadata(path) else { return Ok(()) };
    let exists = || Error::Exists { path: path.to_owned() };
    match fs::metadata(path) {
        Ok(meta) if meta.is_dir() => Err(Error::Io {
            path: path.to_owned(),
            source: io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"),
        }),
        // A pipe, a terminal, /dev/null.
        Ok(meta) if !meta.is_file() => Ok(()),
        Err(_) if link.is_symlink() && replace => Ok(()),
        _ if !replace => Err(exists()),
        _ => {
            // SQLite would put such a journal into whatever file has the name.
            let place = real(path);
            let in_use =
                ["-wal", "-journal"].iter().any(|end| sidecar(&place, end).metadata().is_ok_and(|meta| meta.len() > 0));
            if in_use { Err(Error::InUse { path: path.to_owned() }) } else { Ok(()) }
        }
    }
}

#[cfg(test)]
mod tests;
