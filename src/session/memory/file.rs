//! A file that is read into memory.

use crate::formats::{Clock, Decoder, Item, Splitter, sniff};
use crate::inspect::{Error, ErrorKind};
use crate::model::{Profile, Reject, Row};

/// What a file holds, in the order of its lines.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its format, by its name for people.
    pub format: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its rows.
    pub rows: Vec<Row>,
    /// Its profile updates.
    pub profiles: Vec<Profile>,
    /// What cannot be read of it.
    pub rejects: Vec<Reject>,
}

impl File {
    /// Reads a file whose times are UTC: recorded payloads, the rows of a play.
    ///
    /// # Errors
    /// The format is not known, or needs what only an import has: a zone of the project, a table of
    /// aliases.
    pub fn read(name: &str, content: &[u8]) -> Result<Self, Error> {
        let cannot =
            |why: &str| Error::new(ErrorKind::Usage, format!("{name} cannot be opened without an import: {why}"));
        let sniffed = sniff(content, true, name).map_err(|error| cannot(&error.why))?;
        let mut file = Self {
            name: name.to_owned(),
            format: sniffed.name.clone(),
            bytes: content.len() as u64,
            ..Self::default()
        };
        let decoder = Decoder::new(&sniffed);
        let mut splitter = Splitter::new(sniffed.layout, 1, usize::MAX, false);
        let mut items = Vec::new();
        while let Some(record) = splitter.next(content, true) {
            decoder.decode(record.line, content.get(record.start..record.end).unwrap_or_default(), &mut items);
            for item in items.drain(..) {
                match item {
                    Item::Event { row, clock: Clock::Utc, .. } => file.rows.push(row.to_row()),
                    Item::Event { clock: Clock::Project, .. } => return Err(cannot("its times are on another clock")),
                    Item::Profile { profile, .. } => file.profiles.push(profile),
                    Item::Alias(_) => return Err(cannot("it is a table of aliases")),
                    Item::Reject(reject) => file.rejects.push(reject),
                    Item::Skipped => {}
                }
            }
        }
        Ok(file)
    }
}
