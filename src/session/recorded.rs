//! A session of `journey listen`, as the lines that a recorder would have written of it.
//!
//! Nothing but the store is needed: each row has what was sent, and the line where it stood. So an import of
//! the lines gives the same rows, in the same order of arrival, and the same journeys.

use std::io::{self, Write};
use std::sync::Arc;

use crate::formats::request::{Around, items, write_item, write_request};
use crate::formats::{Decoder, Item, Sniffed};
use crate::inspect::{Error, Source};
use crate::model::facts::MIXPANEL;
use crate::model::stored::{self, Received, StoredPiece};
use crate::model::{Flags, Millis};

/// How the names of the files of all sessions begin.
pub const SESSIONS: &str = "listen ";

/// Vendors, with the path of a request that carries many of their rows, and how its body begins.
const VENDORS: &[(&str, &str, &str)] = &[
    (MIXPANEL, "/track", ""),
    ("Segment", "/v1/batch", r#"{"batch":["#),
    ("RudderStack", "/v1/batch", r#"{"batch":["#),
    // By this key its batches are known.
    ("PostHog", "/batch", r#"{"historical_migration":false,"batch":["#),
    ("Amplitude", "/2/httpapi", r#"{"events":["#),
];

/// Bytes that are written at a time.
const WRITTEN: usize = 64 << 10;

/// What a session has received: the files of it in a store.
#[derive(Clone, Debug)]
pub struct Recorded {
    files: Vec<File>,
}

#[derive(Clone, Debug)]
struct File {
    number: i64,
    name: Arc<str>,
    vendor: usize,
}

/// Why a session was not written.
#[derive(Debug)]
pub enum Unwritten {
    /// The writer refuses.
    Io(io::Error),
    /// The store cannot be read.
    Read(Error),
}

impl Recorded {
    /// The session with this name, or every one whose name begins with it.
    ///
    /// # Errors
    /// The source cannot be read.
    pub fn of(source: &dyn Source, session: &str) -> Result<Self, Error> {
        let files = source.overview()?.files.into_iter().filter_map(|file| {
            let rest = file.name.strip_prefix(session)?;
            let last = rest.rsplit(' ').next()?;
            let vendor = VENDORS.iter().position(|(name, ..)| name.eq_ignore_ascii_case(last))?;
            Some(File { number: file.id, name: file.name.into(), vendor })
        });
        Ok(Self { files: files.collect() })
    }

    /// The vendors whose rows were received, each once. Rows of two vendors do not go into one file: an import
    /// would not take it.
    pub fn vendors(&self) -> Vec<&'static str> {
        let is_there = |vendor: usize| self.files.iter().any(|file| file.vendor == vendor);
        VENDORS.iter().enumerate().filter(|(at, _)| is_there(*at)).map(|(_, (name, ..))| *name).collect()
    }

    /// Writes what came from the SDKs of a vendor as lines of recorded requests; how many.
    ///
    /// # Errors
    /// The writer refuses, or the source cannot be read.
    pub fn write(&self, source: &dyn Source, vendor: &str, out: &mut dyn Write) -> Result<u64, Unwritten> {
        let (mut text, mut lines, mut failure) = (String::new(), 0, None);
        for file in self.files.iter().filter(|file| name_of(file.vendor) == vendor) {
            each_line(source, file, &mut |_, line| {
                text.push_str(line);
                lines += 1;
                if text.len() >= WRITTEN {
                    failure = out.write_all(text.as_bytes()).err();
                    text.clear();
                }
                failure.is_none()
            })
            .map_err(Unwritten::Read)?;
        }
        match failure {
            Some(error) => Err(Unwritten::Io(error)),
            None => out.write_all(text.as_bytes()).map(|()| lines).map_err(Unwritten::Io),
        }
    }

    /// The rows and profile updates of all vendors, in order of arrival; the first `most` of each file.
    ///
    /// # Errors
    /// The source cannot be read.
    pub fn received(&self, source: &dyn Source, most: usize) -> Result<Vec<Received>, Error> {
        let mut all: Vec<Received> = Vec::new();
        for file in &self.files {
            let Some(sniffed) = Sniffed::requests_of(name_of(file.vendor)) else { continue };
            let decoder = Decoder::new(&sniffed);
            let before = all.len();
            let vendor = name_of(file.vendor);
            each_line(source, file, &mut |line, text| {
                decoder.each(line, text.trim_end().as_bytes(), &mut |item| {
                    let what = match item {
                        Item::Event { row, .. } => stored::Item::Row(Box::new(row.to_row())),
                        // What a call of another vendor says of its person is in its row.
                        Item::Profile { profile, .. } if vendor == MIXPANEL => stored::Item::Update(Box::new(profile)),
                        _ => return,
                    };
                    all.push(Received { file: Arc::clone(&file.name), vendor, what });
                });
                all.len() - before < most
            })?;
            all.truncate(before.saturating_add(most));
        }
        // What came at one time keeps the order of its file.
        all.sort_by_key(Received::arrival);
        Ok(all)
    }
}

fn name_of(vendor: usize) -> &'static str {
    VENDORS.get(vendor).map_or("", |(name, ..)| name)
}

/// Calls `each` with every line of a file, and its number; `false` ends it.
fn each_line(source: &dyn Source, file: &File, each: &mut dyn FnMut(u64, &str) -> bool) -> Result<(), Error> {
    let Some((vendor, path, begin)) = VENDORS.get(file.vendor).copied() else { return Ok(()) };
    let mut lines = Lines { vendor, path, begin, batch: None, last: 0 };
    let mut goes_on = true;
    source.each_piece(file.number, &mut |line, piece| {
        goes_on = lines.take(line, piece, each);
        goes_on
    })?;
    if goes_on {
        lines.end(each);
    }
    Ok(())
}

/// Makes lines of pieces: one for each item of Mixpanel, one for each request of another vendor.
struct Lines {
    vendor: &'static str,
    path: &'static str,
    begin: &'static str,
    /// The rows of a request so far: its line, its arrival, its rows.
    batch: Option<(u64, Millis, Vec<String>)>,
    /// The last arrival.
    last: Millis,
}

impl Lines {
    fn take(&mut self, line: u64, piece: StoredPiece, each: &mut dyn FnMut(u64, &str) -> bool) -> bool {
        let is_mixpanel = self.vendor == MIXPANEL;
        if self.batch.as_ref().is_some_and(|(open, ..)| *open != line) && !self.end(each) {
            return false;
        }
        let mut text = String::new();
        match piece {
            StoredPiece::Row { event, arrived, flags, properties } => {
                self.last = arrived.unwrap_or(self.last);
                if !is_mixpanel {
                    self.batch.get_or_insert_with(|| (line, self.last, Vec::new())).2.push(properties);
                    return true;
                }
                let path = if flags.has(Flags::IMPORTED) { "/import" } else { self.path };
                let name = serde_json::Value::from(&*event);
                let item = format!("{{\"event\":{name},\"properties\":{properties}}}");
                write_item(&mut text, &self.around(path, None), &item);
            }
            StoredPiece::Update { arrived, json } => {
                // A call of another vendor has its row, which says the same.
                if !is_mixpanel {
                    return true;
                }
                self.last = arrived.unwrap_or(self.last);
                let path = if json.contains("\"$group_key\"") { "/groups" } else { "/engage" };
                write_item(&mut text, &self.around(path, None), &json);
            }
            // What was refused as a whole was kept as its line.
            StoredPiece::Reject { text: whole, .. } if is_line(&whole) => {
                text = whole.trim_end().to_owned() + "\n";
            }
            StoredPiece::Reject { reason, text: piece } => {
                let around = self.around(self.path, Some(&reason));
                if is_mixpanel {
                    write_item(&mut text, &around, &piece);
                } else {
                    write_request(&mut text, &around, &piece);
                }
            }
        }
        each(line, &text)
    }

    /// Ends the request that is open.
    fn end(&mut self, each: &mut dyn FnMut(u64, &str) -> bool) -> bool {
        let Some((line, arrival, rows)) = self.batch.take() else { return true };
        let mut text = String::new();
        let around = Around { received: arrival, ..self.around(self.path, None) };
        write_request(&mut text, &around, &format!("{}{}]}}", self.begin, rows.join(",")));
        each(line, &text)
    }

    fn around<'a>(&self, path: &'a str, refused: Option<&'a str>) -> Around<'a> {
        Around { received: self.last, path, method: "POST", status: 200, refused }
    }
}

/// Whether a text is a line that a recorder wrote.
fn is_line(text: &str) -> bool {
    let text = text.trim_end();
    text.starts_with("{\"received_at_ms\":") && !text.contains('\n') && items(text).is_some()
}
