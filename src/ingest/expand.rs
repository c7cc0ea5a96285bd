//! Which files an import is about, and what they are called.
//!
//! A file is called by its name without folders, which is what a person reads best; where two
//! files of one import have the same name, by as much of the path as distinguishes them. Content,
//! not name, decides whether a file is known, so a rename changes nothing.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Cursor, Read};
use std::path::{Component, Path, PathBuf};

use super::archive::{Archive, Content, Kind};
use super::reading::Stream;
use super::waiting::Waiting;
use super::{Error, Options, Stop, partition};
use crate::formats::{
    Added, Format, Message, NotRecognised, Sniffed, beginning, message, sniff, sniff_as, sniff_by_map, split,
};

/// Something to import.
pub enum Input {
    /// A file, or a folder whose data files are read in the order of their paths.
    Path(PathBuf),
    /// Standard input, or anything else that can be read once. Called `<stdin>`.
    Stdin(Box<dyn Read + Send>),
    /// Anything else that can be read once.
    Stream {
        /// What to call it.
        name: String,
        /// Where it comes from.
        reader: Box<dyn Read + Send>,
    },
    /// Content in memory.
    Bytes {
        /// What to call it.
        name: String,
        /// The content.
        content: Vec<u8>,
    },
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path(path) => f.debug_tuple("Path").field(path).finish(),
            Self::Stdin(_) => f.write_str("Stdin"),
            Self::Stream { name, .. } => write!(f, "Stream({name:?})"),
            Self::Bytes { name, content } => write!(f, "Bytes({name:?}, {} bytes)", content.len()),
        }
    }
}

/// Name of standard input.
pub(super) const STDIN: &str = "<stdin>";

/// Endings of files that are read from a folder, without `.gz`, `.zst` or `.zstd` behind.
const ENDINGS: &[&str] =
    &["jsonl", "ndjson", "json", "csv", "tsv", "db", "sqlite", "sqlite3", "zip", "tar", "tgz", "parquet"];

/// What is read from a folder.
pub(super) const ADVICE: &str = "from a folder only .jsonl, .ndjson, .json, .csv, .tsv, .db, .sqlite, .parquet, .zip and .tar are read, also as .gz or .zst; name other \
     files themselves";

/// One file to read.
pub(super) struct Source {
    name: String,
    from: From,
    /// Found in a folder, not named itself.
    pub(super) in_folder: bool,
}

enum From {
    Path(PathBuf),
    Reader(Box<dyn Read + Send>),
    Bytes(Vec<u8>),
    Member(Content),
}

/// A source that was looked into.
pub(super) enum Opened {
    Stream(Box<Stream>, Sniffed),
    Sqlite { path: PathBuf, name: String },
    Archive(Archive),
}

/// The files that the inputs name.
pub(super) fn expand(inputs: Vec<Input>, stop: &Stop, warnings: &mut Vec<String>) -> Result<Vec<Source>, Error> {
    let mut sources = Vec::new();
    let mut absent = Vec::new();
    for input in inputs {
        match input {
            Input::Path(path) => match fs::metadata(&path) {
                Ok(kind) if kind.is_dir() => {
                    absent.extend(folder(&path, stop, &mut sources, warnings).err());
                }
                Ok(_) => sources.push(Source { name: String::new(), from: From::Path(path), in_folder: false }),
                Err(source) => absent.push(Error::Open { path, source }),
            },
            Input::Stdin(reader) => {
                sources.push(Source { name: STDIN.to_owned(), from: From::Reader(reader), in_folder: false });
            }
            Input::Stream { name, reader } => {
                sources.push(Source { name, from: From::Reader(reader), in_folder: false });
            }
            Input::Bytes { name, content } => {
                sources.push(Source { name, from: From::Bytes(content), in_folder: false });
            }
        }
    }
    if let Some(error) = Error::of_all(absent) {
        return Err(error);
    }
    call(&mut sources);
    Ok(sources)
}

/// Adds the data files of a folder, and says what was passed over.
fn folder(path: &Path, stop: &Stop, sources: &mut Vec<Source>, warnings: &mut Vec<String>) -> Result<(), Error> {
    let mut found = Vec::new();
    let mut passed_over = Vec::new();
    walk(path, stop, &mut found, &mut passed_over)?;
    found.sort();
    passed_over.sort();
    if let [first, rest @ ..] = passed_over.as_slice() {
        let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        warnings.push(format!(
            "passed over in {}: {}{more} (no data file by its ending)",
            path.display(),
            first.display()
        ));
    }
    if found.is_empty() && !stop.is_set() {
        return Err(Error::NothingIn { path: path.to_owned() });
    }
    sources.extend(found.into_iter().map(|path| Source {
        name: String::new(),
        from: From::Path(path),
        in_folder: true,
    }));
    Ok(())
}

fn walk(folder: &Path, stop: &Stop, found: &mut Vec<PathBuf>, passed_over: &mut Vec<PathBuf>) -> Result<(), Error> {
    let at = |path: &Path, source| Error::Open { path: path.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(|source| at(folder, source))? {
        let entry = entry.map_err(|source| at(folder, source))?;
        let path = entry.path();
        if stop.is_set() {
            return Ok(());
        }
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        // Links to folders are not followed: they can lead back.
        let kind = entry.file_type().map_err(|source| at(&path, source))?;
        if kind.is_dir() {
            walk(&path, stop, found, passed_over)?;
        } else if is_data(&path) {
            found.push(path);
        } else {
            passed_over.push(path);
        }
    }
    Ok(())
}

fn is_data(path: &Path) -> bool {
    let ending = |path: &Path| path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let mut path = path.to_owned();
    if ending(&path).is_some_and(|packed| ["gz", "zst", "zstd"].contains(&packed.as_str())) {
        path.set_extension("");
    }
    ending(&path).is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

/// Gives each file its name.
fn call(sources: &mut [Source]) {
    let mut depth = 1;
    let mut open: Vec<usize> = sources
        .iter()
        .enumerate()
        .filter(|(_, source)| matches!(source.from, From::Path(_)))
        .map(|(at, _)| at)
        .collect();
    while !open.is_empty() {
        let mut same: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for at in open.drain(..) {
            if let Some(Source { name, from: From::Path(path), .. }) = sources.get_mut(at) {
                *name = ending(path, depth);
                same.entry(name.clone()).or_default().push(at);
            }
        }
        for group in same.into_values().filter(|group| group.len() > 1) {
            let longer = group.into_iter().filter(|at| {
                sources.get(*at).is_some_and(|source| match &source.from {
                    From::Path(path) => ending(path, depth + 1) != source.name,
                    From::Reader(_) | From::Bytes(_) | From::Member(_) => false,
                })
            });
            open.extend(longer);
        }
        depth += 1;
    }
}

/// The last `count` parts of a path, with `/` between on every system.
fn ending(path: &Path, count: usize) -> String {
    let parts: Vec<_> = path
        .components()
        .filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir))
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.get(parts.len().saturating_sub(count)..).unwrap_or_default().join("/")
}

impl Source {
    /// A member of an archive.
    pub(super) fn member(name: String, content: Content, in_folder: bool) -> Self {
        Self { name, from: From::Member(content), in_folder }
    }

    /// Bytes of it on disk, or in memory.
    pub(super) fn size(&self) -> Option<u64> {
        match &self.from {
            From::Path(path) => fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|file| file.len()),
            From::Bytes(content) => u64::try_from(content.len()).ok(),
            From::Reader(_) | From::Member(_) => None,
        }
    }

    /// Opens it, unpacks it and looks what it is; where that is not to be seen, it is what was `before` it.
    pub(super) fn open(self, options: &Options, before: Option<&Sniffed>) -> Result<Opened, Error> {
        let is_member = matches!(self.from, From::Member(_));
        let columns = self.columns();
        let (stream, on_disk) = self.stream(options)?;
        if let Some(kind) = Kind::of(stream.content()) {
            if is_member && kind != Kind::Parquet {
                return Err(Error::Nested { name: stream.name });
            }
            return archive(stream, kind, on_disk, options).map(Opened::Archive);
        }
        look(stream, on_disk, &columns, options, before)
    }

    /// The columns that its folders name.
    fn columns(&self) -> Vec<(String, String)> {
        match &self.from {
            From::Path(path) => Some(partition::columns(path)),
            // Of a member those inside of the archive.
            From::Member(_) => self.name.split_once(':').map(|(_, path)| partition::columns(Path::new(path))),
            From::Reader(_) | From::Bytes(_) => None,
        }
        .unwrap_or_default()
    }

    /// Opens and unpacks it, up to the end of its first record; with its path if it is a file.
    pub(super) fn stream(self, options: &Options) -> Result<(Stream, Option<PathBuf>), Error> {
        let Self { name, from, .. } = self;
        let stop = &options.stop;
        let mut on_disk = None;
        let called = name.clone();
        let unread = |source| Error::Read { name: called, after: 0, source };
        let stream = match from {
            From::Path(path) => {
                let at = |source| Error::Open { path: path.clone(), source };
                // Opening a FIFO waits for its writer.
                let is_file = fs::metadata(&path).map_err(at)?.is_file();
                let (raw, size): (Box<dyn Read + Send>, _) = if is_file {
                    let file = File::open(&path).map_err(at)?;
                    let size = file.metadata().map_err(at)?.len();
                    (Box::new(file), Some(size))
                } else {
                    let path = path.clone();
                    (Box::new(Waiting::on(move || File::open(path), stop).map_err(at)?), None)
                };
                let stream = Stream::new(name, raw, size, stop).map_err(at)?;
                // What came through a pipe cannot be opened and read once more.
                if is_file {
                    let stream = stream.of(&path);
                    on_disk = Some(path);
                    stream
                } else {
                    stream
                }
            }
            From::Reader(reader) => {
                let stream = Waiting::on(move || Ok(reader), stop)
                    .and_then(|reader| Stream::new(name, Box::new(reader), None, stop));
                stream.map_err(unread)?
            }
            From::Member(content) => {
                let handed = content.marks();
                Stream::new(name, Box::new(content), None, stop).map_err(unread)?.with_marks(handed)
            }
            From::Bytes(content) => {
                let size = u64::try_from(content.len()).ok();
                Stream::new(name, Box::new(Cursor::new(content)), size, stop).map_err(unread)?
            }
        };
        Ok((with_head(stream, options)?, on_disk))
    }
}

/// The stream with its first record, or as much as may be read of that.
fn with_head(mut stream: Stream, options: &Options) -> Result<Stream, Error> {
    let mut wanted = sniff::HEAD;
    stream.fill(wanted);
    let is_whole = |content: &[u8]| Kind::of(content).is_some() || split::has_record(content);
    while !stream.ended && wanted < options.longest_record && !is_whole(stream.content()) {
        wanted = wanted.saturating_mul(4);
        stream.fill(wanted);
    }
    stream.with_content()
}

/// The start of a stream, and whether it is all of it.
pub(super) fn head(stream: &Stream) -> (&[u8], bool) {
    (stream.content(), stream.ended)
}

/// What a file in no known format is: a message, or something else that begins in some way.
fn unknown(mut error: NotRecognised, head: &[u8]) -> Error {
    if let Some(Message { what, said }) = message(head) {
        return Error::Message { name: error.name, what, said };
    }
    // A table or rows that lack something were named by their columns.
    if let Some(beginning) = beginning(head).filter(|_| !error.why.contains("the column")) {
        error.why = format!("{}; it begins with \"{beginning}\"", error.why);
    }
    error.into()
}

/// Opens an archive.
pub(super) fn archive(
    stream: Stream,
    kind: Kind,
    on_disk: Option<PathBuf>,
    options: &Options,
) -> Result<Archive, Error> {
    let name = stream.name.clone();
    let opened = match (kind, on_disk.filter(|_| !stream.packed)) {
        (Kind::Tar, _) => Archive::tar(name.clone(), stream.into_reader(), &options.stop),
        (kind, Some(path)) => Archive::on_disk(name.clone(), kind, &path, &options.stop),
        (Kind::Zip, None) => return Err(Error::ListedAtEnd { name, what: "zip archive" }),
        (Kind::Parquet, None) => return Err(Error::ListedAtEnd { name, what: "Parquet file" }),
    };
    opened.map_err(|source| Error::Read { name, after: 0, source })
}

/// Looks what a stream is: by its head, or as much of it as its first record takes.
fn look(
    stream: Stream,
    on_disk: Option<PathBuf>,
    columns: &[(String, String)],
    options: &Options,
    before: Option<&Sniffed>,
) -> Result<Opened, Error> {
    let (head, whole) = head(&stream);
    let sniff = |head: &[u8]| match &options.map {
        Some(map) => sniff_by_map(head, whole, &stream.name, map),
        None => sniff_as(head, whole, &stream.name, options.read_as),
    };
    let as_it_is = match (sniff(head), before) {
        (Err(_), Some(before)) => Ok(before.clone()),
        (sniffed, _) => sniffed,
    };
    let added = Added::of(columns, head, whole, as_it_is.as_ref().ok());
    let with_columns = added.and_then(|added| Some((sniff(&added.in_head(head, whole)).ok()?, added)));
    if let Some((sniffed, added)) = with_columns {
        let stream = with_head(stream.with_columns(added, options.longest_record), options)?;
        return Ok(Opened::Stream(Box::new(stream), sniffed));
    }
    let sniffed = match as_it_is {
        Ok(sniffed) => sniffed,
        Err(error) if options.map.is_some() => return Err(error.into()),
        Err(error) => return Err(unknown(error, head)),
    };
    if sniffed.format != Format::Sqlite {
        return Ok(Opened::Stream(Box::new(stream), sniffed));
    }
    match on_disk.filter(|_| !stream.packed) {
        Some(path) => Ok(Opened::Sqlite { path, name: stream.name }),
        None => Err(Error::PackedSqlite { name: stream.name }),
    }
}
