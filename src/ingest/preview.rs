//! The first rows of files as they would be read, without a store.

use std::borrow::Cow;

use super::archive::{Archive, Kind};
use super::expand::{self, Input, Source};
use super::sources::Sources;
use super::{Error, Options, foreign};
use crate::formats::infer::{Clockwork, Evidence};
use crate::formats::{Clock, Decoder, Format, Item, Splitter, Zone, guess_map, sniff};
use crate::model::view::{RowView, Timing};
use crate::model::{Flags, Millis};

/// Rows of a file that are shown.
const SHOWN: usize = 3;

/// A file as it would be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Its name.
    pub file: String,
    /// Its format by name.
    pub format: String,
    /// Zone that its times would be read in, and how that is known from its first rows.
    pub timezone: String,
    /// Columns that would be left out.
    pub left_out: Vec<String>,
    /// Its first rows.
    pub rows: Vec<PreviewRow>,
}

/// A row as it would be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreviewRow {
    /// Line where it begins, from 1.
    pub line: u64,
    /// `event`, `profile`, `alias` or `reject`.
    pub kind: &'static str,
    /// Name of the event.
    pub event: Option<String>,
    /// The id; of an alias its target.
    pub id: Option<String>,
    /// When it happened; `None` where that is unknown.
    pub time: Option<Millis>,
    /// When it arrived; `None` where that is unknown.
    pub arrived: Option<Millis>,
    /// Id of the device.
    pub device: Option<String>,
    /// Id of the user.
    pub user: Option<String>,
    /// The alias of an alias line.
    pub alias: Option<String>,
    /// Properties as JSON; of a reject its text.
    pub properties: String,
    /// Why it cannot be read.
    pub reason: Option<String>,
}

/// What the first rows of files would be, and what is wrong with files that cannot be read.
///
/// # Errors
/// An input is not there, or none can be read.
pub fn preview(inputs: Vec<Input>, options: &Options) -> Result<(Vec<Preview>, Vec<Error>), Error> {
    let mut sources = Sources::open(inputs, options)?;
    let mut found = Vec::new();
    // What the parts of one file say together.
    let mut of_file: Option<(String, Evidence)> = None;
    while let Some(streams) = sources.take() {
        for (mut stream, sniffed) in streams {
            stream.fill(sniff::HEAD);
            let mut splitter = Splitter::new(sniffed.layout, 1, options.longest_record.max(1), false);
            let (decoder, mut items, mut evidence) = (Decoder::new(&sniffed), Vec::new(), Evidence::default());
            while sniffed.format != Format::Empty
                && let Some(record) = splitter.next(stream.content(), stream.ended)
            {
                let text = stream.content().get(record.start..record.end).unwrap_or_default();
                decoder.each(record.line, text, &mut |item| {
                    if let Item::Event { row, clock: Clock::Project, .. } = &item {
                        evidence.note(Timing::from(row));
                    }
                    if items.len() < SHOWN && item != Item::Skipped {
                        items.push(item);
                    }
                });
            }
            of_file.take_if(|(file, _)| Some(&**file) != stream.part_of());
            if let Some(file) = stream.part_of() {
                let (_, all) = of_file.get_or_insert_with(|| (file.to_owned(), Evidence::default()));
                all.add(&evidence);
                evidence = all.clone();
            }
            let inference = evidence.infer();
            let (clock, timezone) = match options.zone {
                _ if sniffed.clock() == Clock::Utc && evidence.is_empty() => {
                    (Clockwork::Zone(Zone::Utc), "UTC".to_owned())
                }
                Zone::Infer => (inference.read_on(), inference.sentence()),
                zone => (Clockwork::Zone(zone), zone.name()),
            };
            found.push(Preview {
                rows: items.into_iter().map(|item| shown(item, &clock)).collect(),
                file: stream.name.clone(),
                format: stream.format_name(&sniffed).to_owned(),
                timezone,
                left_out: sniffed.left_out.clone(),
            });
        }
    }
    Ok((found, sources.notes.failures))
}

/// A map for a file, as a guess to edit.
///
/// # Errors
/// The file cannot be read, or has no rows with named columns.
pub fn map_for(input: Input, options: &Options) -> Result<String, Error> {
    let mut warnings = Vec::new();
    let file = match &input {
        Input::Path(path) => path.display().to_string(),
        Input::Stdin(_) => "-".to_owned(),
        Input::Stream { name, .. } | Input::Bytes { name, .. } => name.clone(),
    };
    let source = expand::expand(vec![input], &options.stop, &mut warnings)?.into_iter().next();
    let Some(source) = source else { return Ok(String::new()) };
    let (stream, on_disk) = source.stream(options)?;
    if let Some(kind) = Kind::of(stream.content()) {
        return map_for_member(expand::archive(stream, kind, on_disk, options)?, &file, options);
    }
    let (head, whole) = expand::head(&stream);
    if let Some(path) = on_disk.filter(|_| is_database(head, whole)) {
        return foreign::map_for(&path, &stream.name, &file, options);
    }
    Ok(guess_map(head, whole, &stream.name, &file)?)
}

/// Whether a file is one of SQLite.
fn is_database(head: &[u8], whole: bool) -> bool {
    sniff(head, whole, "").is_ok_and(|sniffed| sniffed.format == Format::Sqlite)
}

/// A map for the first file of an archive that a map can be guessed for, or the first rows of a Parquet file.
fn map_for_member(mut archive: Archive, file: &str, options: &Options) -> Result<String, Error> {
    let name = archive.name.clone();
    let mut first = None;
    while let Some(member) = archive.next() {
        let member = member.map_err(|source| Error::Archive { name: name.clone(), source })?;
        let Ok(content) = member.content else { continue };
        let called = if archive.kind == Kind::Parquet { name.clone() } else { format!("{name}:{}", member.name) };
        let stream = Source::member(called, content, false).stream(options)?.0;
        let (head, whole) = expand::head(&stream);
        match guess_map(head, whole, &stream.name, file) {
            Ok(map) => return Ok(map),
            Err(error) => first.get_or_insert(error),
        };
    }
    Err(first.map_or_else(|| Error::NothingInArchive { name }, Error::from))
}

fn shown(item: Item<'_>, clock: &Clockwork) -> PreviewRow {
    let text = |id: &dyn ToString| Some(id.to_string());
    match item {
        Item::Event { row, clock: of, .. } => {
            let RowView { id, time, arrival, device, user, properties, line, flags, event, .. } = row;
            let on_clock = of == Clock::Project && !flags.has(Flags::TIME_FROM_ARRIVAL);
            let time = if on_clock { clock.to_utc(time, arrival).0 } else { time };
            PreviewRow {
                line,
                kind: "event",
                event: Some(event.into_owned()).filter(|event| !event.is_empty()),
                id: id.map(Cow::into_owned),
                time: Some(time),
                arrived: arrival,
                device: device.map(Cow::into_owned),
                user: user.map(Cow::into_owned),
                properties: properties.into_owned(),
                ..PreviewRow::default()
            }
        }
        Item::Profile { profile, .. } => PreviewRow {
            line: profile.line,
            kind: "profile",
            id: profile.id.as_ref().and_then(|id| text(&id.as_str())),
            time: profile.time,
            arrived: profile.arrival,
            properties: profile.json,
            ..PreviewRow::default()
        },
        Item::Alias(alias) => PreviewRow {
            line: alias.line,
            kind: "alias",
            alias: alias.alias.as_ref().and_then(|id| text(&id.as_str())),
            id: alias.target.as_ref().and_then(|id| text(&id.as_str())),
            time: alias.time,
            ..PreviewRow::default()
        },
        Item::Reject(reject) => PreviewRow {
            line: reject.line,
            kind: "reject",
            reason: Some(reject.reason),
            properties: reject.text,
            ..PreviewRow::default()
        },
        Item::Skipped => PreviewRow::default(),
    }
}
