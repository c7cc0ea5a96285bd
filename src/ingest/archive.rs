//! What holds several files: zip and tar archives, each file in them read like one of a folder, and Parquet,
//! of which each row group is one.
//!
//! A thread walks through the archive and hands its content over in parts, a few of which wait at
//! most, so that an archive of any size takes the same memory. Nothing is written to disk and no name
//! of a member is used as a path. Members of a zip archive are read in the order of their names, as
//! files of a folder are; those of a tar archive as they come, also from a pipe. An archive in an
//! archive is not opened.

mod parquet;

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek as _, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use tar::EntryType;
use zip::{CompressionMethod, ZipArchive};

use super::marks::{Handed, Marks};
use super::waiting::TICK;
use super::{Stop, partition};

/// Bytes handed over at once.
const PART: usize = 1 << 17;
/// Parts that wait.
const WAITING: usize = 4;
/// The same of Parquet: the next row group is begun while the rows of the last one are stored.
const WAITING_ROWS: usize = 64;
/// Bytes of a tar archive between two members, besides content that is passed over: a name can be long,
/// and one of this length is none.
const BETWEEN: u64 = 4 << 20;

/// How an archive is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Zip,
    Tar,
    Parquet,
}

impl Kind {
    /// What a file is whose first bytes are `head`; `None` when it is no archive.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        // One without members has no more than its end.
        if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            return Some(Self::Zip);
        }
        if head.starts_with(b"PAR1") || head.starts_with(b"PARE") {
            return Some(Self::Parquet);
        }
        (head.get(257..262) == Some(b"ustar")).then_some(Self::Tar)
    }
}

/// What the thread comes upon.
enum Step {
    /// A member begins; or it is one that is not read, and why.
    Member(String, Option<&'static str>),
    /// Content of the member.
    Content(Vec<u8>, Option<Box<Marks>>),
    /// What is wrong with the member, which ends here.
    Broken(io::Error),
    /// What is wrong with the archive, which ends here.
    Failed(io::Error),
}

/// A member of an archive.
pub(super) struct Member {
    /// Its name in the archive.
    pub(super) name: String,
    /// Its content, or why it is not read.
    pub(super) content: Result<Content, &'static str>,
}

/// The walk through an archive.
pub(super) struct Archive {
    /// What the archive is called.
    pub(super) name: String,
    pub(super) kind: Kind,
    shared: Arc<Mutex<Shared>>,
    /// Members before this number are passed over.
    wanted: Arc<AtomicU64>,
    given: u64,
    stop: Stop,
}

/// What the readers of all members have in common.
struct Shared {
    steps: Receiver<Step>,
    /// What came behind the end of a member.
    next: Option<Step>,
}

/// Hands steps over; `false` once nothing takes them any more.
struct Giving {
    steps: SyncSender<Step>,
    wanted: Arc<AtomicU64>,
    /// The member that is given, from 1.
    number: u64,
    /// Rows of the members behind it, where that is known.
    behind: u64,
}

impl Giving {
    fn give(&self, step: Step) -> bool {
        self.steps.send(step).is_ok()
    }

    fn member(&mut self, name: String, refused: Option<&'static str>) -> bool {
        self.number += 1;
        self.give(Step::Member(name, refused))
    }

    /// Whether the member is not passed over.
    fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) <= self.number
    }

    /// Hands over the content of a member, until there is no more or it is passed over.
    fn content(&self, mut reader: impl Read) -> bool {
        let most = u64::try_from(PART).unwrap_or(u64::MAX);
        while self.is_wanted() {
            let mut part = Vec::with_capacity(PART);
            let read = reader.by_ref().take(most).read_to_end(&mut part);
            let is_last = part.len() < PART;
            if !part.is_empty() && !self.give(Step::Content(part, None)) {
                return false;
            }
            match read {
                Err(error) => return self.give(Step::Broken(error)),
                Ok(_) if is_last => return true,
                Ok(_) => {}
            }
        }
        true
    }
}

impl Archive {
    /// A zip archive or a Parquet file, whose list of members stands at its end.
    pub(super) fn on_disk(name: String, kind: Kind, path: &Path, stop: &Stop) -> io::Result<Self> {
        let file = File::open(path)?;
        let columns = partition::columns(path);
        Self::walk(name, kind, stop, move |giving| match kind {
            Kind::Parquet => parquet::walk(&file, &columns, giving),
            Kind::Zip | Kind::Tar => zip(&file, giving),
        })
    }

    /// A tar archive, which can be read once from front to back.
    pub(super) fn tar(name: String, reader: impl Read + Send + 'static, stop: &Stop) -> io::Result<Self> {
        Self::walk(name, Kind::Tar, stop, move |giving| tar(reader, giving))
    }

    fn walk(
        name: String,
        kind: Kind,
        stop: &Stop,
        walk: impl FnOnce(&mut Giving) -> io::Result<()> + Send + 'static,
    ) -> io::Result<Self> {
        let most = if kind == Kind::Parquet { WAITING_ROWS } else { WAITING };
        let (steps, taken) = mpsc::sync_channel(most);
        let wanted = Arc::new(AtomicU64::new(0));
        let mut giving = Giving { steps, wanted: Arc::clone(&wanted), number: 0, behind: 0 };
        let walk = move || {
            // A damaged file is no reason to lose the rows behind it without a word.
            let walked = catch_unwind(AssertUnwindSafe(|| walk(&mut giving)));
            let failed = walked.unwrap_or_else(|_| Err(invalid("it is damaged or has a type that is not read"))).err();
            failed.map(|error| giving.give(Step::Failed(error)))
        };
        thread::Builder::new().name("import-archive".to_owned()).spawn(walk)?;
        let shared = Arc::new(Mutex::new(Shared { steps: taken, next: None }));
        Ok(Self { name, kind, shared, wanted, given: 0, stop: stop.clone() })
    }

    /// The next member, whose content ends once the one behind it is asked for; `None` behind the last.
    pub(super) fn next(&mut self) -> Option<io::Result<Member>> {
        self.given += 1;
        self.wanted.store(self.given, Ordering::Relaxed);
        loop {
            match lock(&self.shared).step(&self.stop)? {
                Step::Member(name, refused) => {
                    let content = match refused {
                        Some(why) => Err(why),
                        None => Ok(Content {
                            shared: Arc::clone(&self.shared),
                            part: Cursor::default(),
                            behind: 0,
                            marks: Handed::default(),
                            ended: false,
                            stop: self.stop.clone(),
                        }),
                    };
                    return Some(Ok(Member { name, content }));
                }
                Step::Failed(error) => return Some(Err(error)),
                Step::Content(..) | Step::Broken(_) => {}
            }
        }
    }

    /// How many members came.
    pub(super) fn members(&self) -> u64 {
        self.given.saturating_sub(1)
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// The next step; `None` at the end, or once the import is to stop.
    fn step(&mut self, stop: &Stop) -> Option<Step> {
        if let Some(step) = self.next.take() {
            return Some(step);
        }
        loop {
            match self.steps.recv_timeout(TICK) {
                Ok(step) => return Some(step),
                Err(RecvTimeoutError::Timeout) if !stop.is_set() => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }
}

/// The content of a member.
pub(super) struct Content {
    shared: Arc<Mutex<Shared>>,
    part: Cursor<Vec<u8>>,
    /// Bytes of the content up to the end of the part.
    behind: u64,
    marks: Handed,
    ended: bool,
    stop: Stop,
}

impl Content {
    /// Where what is known of its lines is found once they are read.
    pub(super) fn marks(&self) -> Handed {
        self.marks.clone()
    }
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.part.read(buffer)?;
            if read > 0 || self.ended || buffer.is_empty() {
                return Ok(read);
            }
            let mut shared = lock(&self.shared);
            match shared.step(&self.stop) {
                Some(Step::Content(part, marks)) => {
                    if let Some(marks) = marks {
                        self.marks.give(self.behind, *marks);
                    }
                    self.behind += part.len() as u64;
                    self.part = Cursor::new(part);
                }
                Some(Step::Broken(error)) => {
                    self.ended = true;
                    return Err(error);
                }
                behind => {
                    if self.stop.is_set() {
                        return Err(io::Error::other("stopped"));
                    }
                    // What comes behind a member is no part of it. An archive that fails does so in its member.
                    self.ended = true;
                    if let Some(Step::Failed(error)) = behind {
                        return Err(error);
                    }
                    shared.next = behind;
                }
            }
        }
    }
}

/// Walks through a zip archive; the error is what is wrong with all of it.
fn zip(file: &File, giving: &mut Giving) -> io::Result<()> {
    let mut archive = ZipArchive::new(BufReader::new(file))?;
    let size = file.metadata()?.len();
    let comment = u64::try_from(archive.comment().len()).unwrap_or(u64::MAX);
    // The crate keeps one of several members with the same name.
    if listed(file, size.saturating_sub(comment))?.is_some_and(|listed| usize::from(listed) != archive.len() & 0xffff) {
        return Err(invalid("some of its files have the same name; unpack it and name them yourself"));
    }
    let mut members = Vec::with_capacity(archive.len());
    let mut packed = 0_u64;
    for index in 0..archive.len() {
        let entry = archive.by_index_data(index)?;
        packed = packed.saturating_add(entry.compressed_size());
        if entry.is_dir() {
            continue;
        }
        let name = match entry.name() {
            Ok(name) => name.into_owned(),
            Err(_) => String::from_utf8_lossy(entry.name_raw()).into_owned(),
        };
        let refused = match entry.compression() {
            _ if entry.is_symlink() => Some("it is a link"),
            _ if entry.encrypted() => Some("it is encrypted; unpack the archive with its password first"),
            CompressionMethod::Stored | CompressionMethod::Deflated => None,
            _ => Some("it is packed in a way that is not read; unpack the archive first"),
        };
        members.push((name, index, refused));
    }
    let has = |member: &str| members.iter().any(|(name, ..)| name == member);
    if has("xl/workbook.xml") || has("xl/workbook.bin") {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "it is a workbook of Excel; save its sheet as CSV"));
    }
    if has("mimetype") && has("content.xml") {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "it is a workbook of LibreOffice; save its sheet as CSV",
        ));
    }
    if packed > size {
        return Err(invalid("its members overlap, so that it unpacks to more than it holds"));
    }
    members.sort();
    for (name, index, refused) in members {
        if !giving.member(name, refused) {
            return Ok(());
        }
        if refused.is_some() {
            continue;
        }
        let goes_on = match archive.by_index(index) {
            Ok(content) => giving.content(content),
            Err(error) => giving.give(Step::Broken(error.into())),
        };
        if !goes_on {
            return Ok(());
        }
    }
    Ok(())
}

/// How many members the end of a zip archive says that it lists, the lower half of the number; `None`
/// where its last bytes are no plain end. `end` is where its comment begins.
fn listed(mut file: &File, end: u64) -> io::Result<Option<u16>> {
    let mut last = [0; 22];
    let Some(start) = end.checked_sub(22) else { return Ok(None) };
    file.seek(SeekFrom::Start(start))?;
    file.read_exact(&mut last)?;
    // APPNOTE 4.3.16; where the number is larger it is all ones, and stands elsewhere.
    let number = u16::from_le_bytes([last[10], last[11]]);
    Ok((last.starts_with(b"PK\x05\x06") && number != u16::MAX).then_some(number))
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// Walks through a tar archive; the error is what is wrong with the rest of it.
fn tar(reader: impl Read, giving: &mut Giving) -> io::Result<()> {
    let left = Arc::new(AtomicU64::new(BETWEEN));
    let last = Arc::new(AtomicU64::new(0));
    let bounded = Bounded { reader, left: Arc::clone(&left), last: Arc::clone(&last) };
    let mut archive = tar::Archive::new(bounded);
    for entry in archive.entries()? {
        let mut entry = entry?;
        left.store(u64::MAX, Ordering::Relaxed);
        let kind = entry.header().entry_type();
        let refused = match kind {
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => None,
            EntryType::Symlink | EntryType::Link => Some("it is a link"),
            _ => {
                left.store(entry.header().entry_size()?.saturating_add(BETWEEN), Ordering::Relaxed);
                continue;
            }
        };
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if name.ends_with('/') {
            continue;
        }
        if !giving.member(name, refused) || refused.is_none() && !giving.content(&mut entry) {
            return Ok(());
        }
        left.store(entry.header().entry_size()?.saturating_add(BETWEEN), Ordering::Relaxed);
    }
    // An archive that was cut off between two members has no other sign than that its end is not there.
    if last.load(Ordering::Relaxed) == 0 {
        return Err(invalid("it ends without the mark of its end, so it was cut off, and members may be missing"));
    }
    // What it is packed in says only at its end whether all of it is right.
    left.store(u64::MAX, Ordering::Relaxed);
    io::copy(&mut archive.into_inner(), &mut io::sink()).map(drop)
}

/// Gives no more bytes than are left: names and attributes of a member are read as a whole.
struct Bounded<R> {
    reader: R,
    left: Arc<AtomicU64>,
    /// Bytes that the last reading gave: none at the end of the file.
    last: Arc<AtomicU64>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            return Err(invalid("the name of a member is longer than 4 MiB"));
        }
        let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = self.reader.read(buffer.get_mut(..most).unwrap_or_default())?;
        self.last.store(u64::try_from(read).unwrap_or(u64::MAX), Ordering::Relaxed);
        if left != u64::MAX {
            self.left.store(left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX)), Ordering::Relaxed);
        }
        Ok(read)
    }
}
