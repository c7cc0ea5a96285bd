//! One record → events, profiles, alias lines or a reject.
//!
//! What a record is, its own keys decide, so that a file in which kinds are mixed loses
//! nothing; only arrays of events and lines of alias tables are read where the file as a whole
//! is of that kind.

mod lists;
mod marked;
mod other;

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use super::carrier::{self, Opened};
use super::csv::{self, Head, IsOther};
use super::event::{self, Around};
use super::format::Format;
use super::grid;
use super::item::{Each, Item, Out, Take};
use super::kind::{Kind, Outer};
use super::object::{complaint, each, members};
use super::payload::{self, Endpoint};
use super::repair::{readable, repair};
use super::rows::{Lifted, Shape, Whole};
use super::scan::{Scanned, properties as properties_of, scan};
use super::sniff::{CellRows, Cells, How, Sniffed};
use super::split::{BYTE_ORDER_MARK, separated, split_first, trim};
use super::vendor::By;
use super::vendor::stranger::{self, stranger};
use super::{profile, table};
use crate::model::{Flags, Millis, Reject, json};

/// How SDKs write rows.
static SENT: LazyLock<Shape> = LazyLock::new(Shape::raw);

/// Begins a record in place of a row that the program that made the record could not read; the reason follows.
pub const UNREADABLE: &str = "unreadable row: ";

/// Turns records of one file into items.
#[derive(Clone, Debug)]
pub struct Decoder {
    format: Format,
    how: Arc<How>,
    /// Whether lines without doubtful parts go through the scanner.
    scans: bool,
}

impl Decoder {
    /// A decoder for a file of this kind.
    pub fn new(sniffed: &Sniffed) -> Self {
        let How { rows, is_answer, map, is_raw, .. } = &*sniffed.how;
        let scans = match sniffed.format {
            Format::Export => *is_raw,
            Format::Vendor => rows.vendor.is_some() && !rows.is_carried && !is_answer && map.is_none(),
            _ => false,
        };
        Self { format: sniffed.format, how: Arc::clone(&sniffed.how), scans }
    }

    /// One that gives the same items by `serde_json` alone: what the scanner is held against.
    pub fn without_scanner(sniffed: &Sniffed) -> Self {
        Self { scans: false, ..Self::new(sniffed) }
    }

    /// Decodes the record that begins at `line`, and adds what it holds to `out`: at least one
    /// item, unless it is the header of a CSV table or blank.
    pub fn decode<'a>(&self, line: u64, record: &'a [u8], out: &mut Vec<Item<'a>>) {
        self.each(line, record, &mut |item| out.push(item));
    }

    /// Calls `out` with each item of [`Decoder::decode`].
    pub fn each<'a>(&self, line: u64, record: &'a [u8], out: Out<'_, 'a>) {
        self.read_to(line, record, &mut Each(out));
    }

    /// Gives each item of [`Decoder::decode`] to `out`.
    pub fn read_to<'a>(&self, line: u64, record: &'a [u8], out: &mut dyn Take<'a>) {
        let whole = record;
        let record = trim(record);
        if record.is_empty() {
            return;
        }
        if let Some(cells) = &self.how.cells {
            // White space is part of a cell.
            let record = whole.trim_ascii_start().strip_prefix(BYTE_ORDER_MARK).unwrap_or(whole);
            let record = record.strip_suffix(b"\n").unwrap_or(record);
            let record = record.strip_suffix(b"\r").unwrap_or(record);
            let text = readable(record);
            let repaired = matches!(text, Cow::Owned(_));
            if let Err(reason) = self.cells(line, &text, cells, repaired, out) {
                out.take(reject(line, reason, &text));
            }
            return;
        }
        match readable(record) {
            Cow::Borrowed(text) if self.scans && self.plain(line, text, out).is_some() => {}
            Cow::Borrowed(text) => self.judge(line, text, out),
            Cow::Owned(text) => self.judge_repaired(line, &text, true, out),
        }
    }

    /// Adds what a record without doubtful parts holds; any other is left to [`Reading`].
    fn plain<'a>(&self, line: u64, text: &'a str, out: &mut dyn Take<'a>) -> Option<()> {
        match self.how.rows.vendor {
            None => plain_event(line, text, out),
            Some(By(vendor)) => Reading { line, repaired: false, how: &self.how, out }.directly(vendor, text),
        }
    }

    /// How many bytes of the file take as much memory as so `many` of an export: properties that stand in cells are
    /// written anew next to them, and names of columns are written into each row.
    pub fn at_once(&self, many: usize) -> usize {
        match self.how.cells.as_ref().map(|cells| &cells.rows) {
            None | Some(CellRows::Aliases(_)) => many,
            Some(CellRows::Lifted(_, Some(_))) => many - many / 4,
            Some(CellRows::Lifted(_, None) | CellRows::Objects) => many.div_ceil(2),
        }
    }

    /// Whether a record can be a head: only tables have them.
    pub fn has_heads(&self) -> bool {
        self.how.cells.is_some() || self.how.heads.is_some()
    }

    /// What a record is among the heads of a table; `None` for a row.
    pub fn head(&self, record: &[u8]) -> Option<Head> {
        if let Some(Cells { header, rows }) = &self.how.cells {
            let is_aliases = matches!(rows, CellRows::Aliases(_));
            let is_other: &IsOther<'_> = &|cells| table::is_head(cells);
            return header.head(record.trim_ascii_end(), is_aliases.then_some(is_other));
        }
        let heads = self.how.heads.as_ref()?;
        heads.head(&readable(trim(record)))
    }

    /// Decodes one record of a table; the error is the reason to reject it.
    fn cells(
        &self,
        line: u64,
        record: &str,
        cells: &Cells,
        repaired: bool,
        out: &mut dyn Take<'_>,
    ) -> Result<(), String> {
        let mut reading = Reading { line, repaired, how: &self.how, out };
        if let CellRows::Lifted(columns, object) = &cells.rows
            && self.format != Format::ProfileExport
            && !self.how.rows.events.dialect.nests
            && let Some(done) =
                csv::directly(&cells.header, (columns, *object), record, |whole| reading.give(whole, None, None))
        {
            return done;
        }
        if record.starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(record).is_ok() {
            return Err("a row in JSON in a table; write each into a file of its own".to_owned());
        }
        let Some(row) = cells.header.cells_in(record)? else { return Ok(()) };
        match &cells.rows {
            CellRows::Aliases(columns) => reading.out.take(Item::Alias(columns.decode(&row, line, repaired))),
            CellRows::Lifted(columns, _) => {
                let nests = self.how.rows.events.dialect.nests;
                if self.format == Format::ProfileExport {
                    let lifted = csv::lift(&row, columns, nests, Lifted::of)?;
                    reading.lifted_profile(&lifted)?;
                } else {
                    csv::lift(&row, columns, nests, |whole| reading.give(whole, None, None))??;
                }
            }
            CellRows::Objects => {
                let texts = self.how.rows.vendor.map_or(&[][..], |By(vendor)| vendor.texts());
                let is_text = |column: &str| {
                    self.how.map.as_ref().is_some_and(|map| map.is_text(column))
                        || texts.iter().any(|text| text.eq_ignore_ascii_case(column))
                };
                let object = csv::object(&cells.header, &row, is_text);
                let object = reading.repair(&object);
                reading.object(&object, self.format)?;
            }
        }
        Ok(())
    }

    /// Decodes one record with `serde_json` alone.
    pub(super) fn judge(&self, line: u64, text: &str, out: &mut dyn Take<'_>) {
        self.judge_repaired(line, text, false, out);
    }

    /// [`Decoder::judge`], of a text that may have been `repaired` before.
    fn judge_repaired(&self, line: u64, whole: &str, repaired: bool, out: &mut dyn Take<'_>) {
        let text = repair(whole);
        let repaired = repaired || matches!(text, Cow::Owned(_));
        let Err(reason) = self.read(line, &text, repaired, out) else { return };
        if let Some(object) = separated(&text)
            && self.read(line, object, repaired, out).is_ok()
        {
            return;
        }
        let Some((mut one, mut rest)) = split_first(&text) else {
            out.take(reject(line, self.how.true_reason(reason, &text), whole));
            return;
        };
        loop {
            if let Err(reason) = self.read(line, one, repaired, out) {
                out.take(reject(line, self.how.true_reason(reason, one), one));
            }
            if rest.is_empty() {
                return;
            }
            (one, rest) = split_first(rest).unwrap_or((rest.trim_end_matches([' ', '\t', ',']), ""));
        }
    }

    /// Reads one record; the error is the reason to reject it.
    fn read(&self, line: u64, text: &str, repaired: bool, out: &mut dyn Take<'_>) -> Result<(), String> {
        let mut reading = Reading { line, repaired, how: &self.how, out };
        if let (Some(By(vendor)), true) = (self.how.rows.vendor, text.starts_with('[')) {
            return reading.of_vendor(vendor, text, None);
        }
        match text.as_bytes().first() {
            Some(b'{') => reading.object(text, self.format),
            Some(b'[') if let Some(heads) = &self.how.heads => {
                if heads.has(text) {
                    return Ok(());
                }
                reading.object(&grid::object(&heads.names, text)?, self.format)
            }
            Some(b'[') if self.format == Format::Payloads => reading.batch(text, None),
            Some(b'[') => Err(match members(text) {
                // Pages, one behind the other in an array of them.
                Ok(rows) if !rows.is_empty() && rows.iter().all(|row| row.starts_with('{')) => {
                    let rows = rows.into_iter().map(|row| (row, Cow::Borrowed(row))).collect();
                    reading.each_of(text, rows, |reading, row| reading.object(row, self.format));
                    return Ok(());
                }
                Ok(_) => "an array where one event is expected".to_owned(),
                Err(error) => complaint(&error),
            }),
            _ if self.format == Format::Payloads => match payload::data(text) {
                Some(data) => {
                    reading.repaired |= data.repaired;
                    let json = reading.repair(&data.json);
                    reading.carried(&json, &Recorded::default())
                }
                None => Err("neither JSON nor the data of a request".to_owned()),
            },
            _ if text.starts_with(UNREADABLE) => Err(text.strip_prefix(UNREADABLE).unwrap_or_default().to_owned()),
            _ => Err(match serde_json::from_str::<serde::de::IgnoredAny>(text) {
                Ok(_) => "a single value where an object is expected".to_owned(),
                Err(error) => complaint(&error),
            }),
        }
    }
}

/// What a recorder wrote about a request.
#[derive(Clone, Copy, Default)]
struct Recorded {
    arrival: Option<Millis>,
    imported: bool,
}

/// Reading of one record.
struct Reading<'o, 'a> {
    line: u64,
    repaired: bool,
    how: &'o How,
    out: &'o mut dyn Take<'a>,
}

impl Reading<'_, '_> {
    fn object(&mut self, json: &str, format: Format) -> Result<(), String> {
        // Its keys say nothing then that is not known of the file.
        let is_known = !matches!(format, Format::AliasTable | Format::Copy) && !self.how.is_answer;
        if is_known && self.how.map.is_none() {
            match self.how.rows.vendor {
                Some(By(vendor)) => return self.of_vendor(vendor, json, None),
                None if !self.how.is_raw => return self.row(json),
                None => {}
            }
        }
        let outer = Outer::read(json).map_err(|error| complaint(&error))?;
        if format == Format::AliasTable && outer.event.is_none() {
            self.out.take(Item::Alias(table::decode_json(json, self.line, self.repaired)?));
            return Ok(());
        }
        if self.how.is_answer
            && let Some(rows) = grid::rows(json)
        {
            self.each_of(json, rows, |reading, row| reading.object(row, format));
            self.other_lists(json, format);
            return Ok(());
        }
        if let Some(map) = &self.how.map {
            // A message without a row, among those whose rows a map reads.
            if let Some(Opened::Silent(_)) = carrier::open(json) {
                self.out.take(Item::Skipped);
                return Ok(());
            }
            let Lifted { event, properties, repaired } = map.lift(json)?;
            let event = event.as_deref();
            let whole = Whole { event, properties: &properties, fields: None, repaired, is_plain: false };
            return self.give(&whole, None, None);
        }
        if let Some(By(vendor)) = self.how.rows.vendor {
            return match format {
                Format::Copy => self.copied_of_vendor(vendor, json, outer.properties.ok_or("has no properties")?),
                _ => self.of_vendor(vendor, json, None),
            };
        }
        if !self.how.is_raw {
            return self.row(json);
        }
        match outer.kind() {
            Some(Kind::Event) if format == Format::Copy => self.copied(json, &outer),
            Some(Kind::Event) => self.event(json, &outer, None),
            Some(Kind::Request) => self.request(json, &outer),
            Some(Kind::RecordedUpdate) => {
                let arrival = outer.received.and_then(json::time);
                self.profile(outer.update.unwrap_or_default(), self.line, arrival)
            }
            Some(Kind::Update | Kind::ExportedProfile) => self.profile(json, self.line, None),
            Some(Kind::Page) => self.page(json),
            None if outer.event.is_some() => Err("has no properties".to_owned()),
            None => Err("no event: has neither event nor properties".to_owned()),
        }
    }

    /// The rows of an answer that stand in other lists than the first: profiles next to events.
    fn other_lists(&mut self, answer: &str, format: Format) {
        for (key, rows) in lists::other_lists(answer) {
            let rows = rows.into_iter().map(|row| (row, Cow::Borrowed(row))).collect();
            let is_read = self.how.is_raw || self.how.rows.vendor.is_some();
            self.each_of(answer, rows, |reading, row| {
                if is_read {
                    reading.object(row, format)
                } else {
                    Err(format!("stands in a second list of the answer ({key}), and only the first is read"))
                }
            });
        }
    }

    fn event(&mut self, json: &str, outer: &Outer<'_>, recorded: Option<&Recorded>) -> Result<(), String> {
        let properties = outer.properties.ok_or("has no properties")?;
        let mut fields = 0;
        each(json, |_, _| fields += 1).map_err(|error| complaint(&error))?;
        // Something stands next to the properties, or they are the text of an object.
        if fields > 1 + usize::from(outer.event.is_some()) || properties.starts_with('"') {
            // What an SDK sent has its own names, whatever those of the lines around it are.
            let shape = if recorded.is_some() { &*SENT } else { &self.how.rows.events };
            return shape.lift_with(json, |whole| self.give(whole, recorded, Some(json)))?;
        }
        let whole = Whole { event: outer.event, properties, fields: None, repaired: false, is_plain: false };
        self.give(&whole, recorded, None)
    }

    /// Gives on the event of a row; with `json`, the whole of it, unless that is one of another vendor, whose id
    /// or time stands elsewhere.
    fn give(&mut self, whole: &Whole<'_>, recorded: Option<&Recorded>, json: Option<&str>) -> Result<(), String> {
        let Whole { event, properties, fields, repaired, is_plain } = *whole;
        self.repaired |= repaired;
        let around = Around {
            line: self.line,
            arrival: recorded.and_then(|recorded| recorded.arrival),
            imported: recorded.is_some_and(|recorded| recorded.imported),
            repaired: self.repaired,
            wire: recorded.is_some(),
            is_answer: self.how.is_answer,
            is_plain,
            on_wall: self.how.rows.events.dialect.on_wall,
            makes_ids: self.how.rows.makes_ids,
        };
        let text = Cow::Borrowed(properties);
        let event::Decoded { row, project, clock } = if let Some(fields) = fields {
            event::of_fields(event, text, &fields, around)?
        } else if let Some((fields, is_plain)) = properties_of(properties) {
            let is_plain = is_plain && event.is_none_or(|event| !event.contains('\\'));
            event::of_fields(event, text, &fields, Around { is_plain, ..around })?
        } else {
            event::decode(event, properties, around)?
        };
        if let Some(json) = json
            && (row.id.is_none() || row.flags.has(Flags::TIME_FROM_ARRIVAL))
            && let Some(rows) = stranger(json, None)
        {
            return Err(stranger::reason(rows, stranger::MIXPANELS));
        }
        self.out.pass(row, project, clock);
        Ok(())
    }

    /// A row as some tool writes it.
    fn row(&mut self, json: &str) -> Result<(), String> {
        let opened = if self.how.rows.is_carried { carrier::open(json) } else { None };
        let (json, stream) = match opened {
            None => (Cow::Borrowed(json), None),
            Some(Opened::Row { json, stream, .. }) => (json, stream),
            Some(Opened::Elsewhere(why)) => return Err(why),
            Some(Opened::Silent(_)) => {
                self.out.take(Item::Skipped);
                return Ok(());
            }
        };
        let rows = &self.how.rows;
        if rows.is_profile(stream.as_deref()) {
            let lifted = rows.profiles.lift(&json)?;
            return self.lifted_profile(&lifted);
        }
        rows.events.lift_with(&json, |whole| self.give(whole, None, Some(&json)))?
    }

    /// The profile of a lifted row, whose name is its id.
    fn lifted_profile(&mut self, lifted: &Lifted<'_>) -> Result<(), String> {
        self.repaired |= lifted.repaired;
        let id = lifted.event.as_deref().ok_or("a profile without an id")?;
        self.profile(&format!("{{\"$distinct_id\":{id},\"$properties\":{}}}", lifted.properties), self.line, None)
    }

    fn copied(&mut self, json: &str, outer: &Outer<'_>) -> Result<(), String> {
        let properties = outer.properties.ok_or("has no properties")?;
        let event::Decoded { row, project, clock } = event::copied(json, outer.event, properties, self.line)?;
        self.out.take(Item::of_event(row, project, clock));
        Ok(())
    }

    fn profile(&mut self, json: &str, line: u64, arrival: Option<Millis>) -> Result<(), String> {
        let (profile, project) = profile::decode(json, line, arrival)?;
        self.out.take(Item::Profile { profile, project, repaired: self.repaired });
        Ok(())
    }

    /// A page of a profile export.
    fn page(&mut self, page: &str) -> Result<(), String> {
        self.each_of(
            page,
            profile::results(page)?.into_iter().map(|row| (row, Cow::Borrowed(row))).collect(),
            |reading, result| reading.profile(&profile::whole(result), reading.line, None),
        );
        Ok(())
    }

    /// Reads the rows of an object, each with the line where it begins.
    fn each_of(
        &mut self,
        whole: &str,
        rows: Vec<grid::Row<'_>>,
        mut read: impl FnMut(&mut Self, &str) -> Result<(), String>,
    ) {
        let mut seen = 0;
        for (place, row) in rows {
            // Places are parts of the record's text, so where they are is the distance.
            let at = (place.as_ptr().addr()).saturating_sub(whole.as_ptr().addr());
            let between = whole.as_bytes().get(seen..at).unwrap_or_default();
            self.line += between.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
            seen = at;
            if let Err(reason) = read(self, &row) {
                let reason = self.how.true_reason(reason, &row);
                self.out.take(reject(self.line, reason, &row));
            }
        }
    }

    fn request(&mut self, json: &str, outer: &Outer<'_>) -> Result<(), String> {
        let path = outer.endpoint.or(outer.url).and_then(json::scalar);
        let endpoint = path.as_deref().map(Endpoint::of);
        if endpoint == Some(Endpoint::Other) {
            if let Some(rows) = stranger(json, None) {
                return Err(stranger::reason(rows, stranger::MIXPANELS));
            }
            self.out.take(Item::Skipped);
            return Ok(());
        }
        if let Some(why) = outer.refused.and_then(json::text) {
            return Err(format!("the server refused it: {why}"));
        }
        // 400 of /import means that some rows were wrong and that the server took the others
        // (identity.md §4.3); of any other address, that it took nothing. 0 means that the answer was
        // lost, and not the request.
        let takes_some = |status| status == 400 && endpoint == Some(Endpoint::Import);
        if let Some(status) = outer.status.and_then(|status| status.parse::<u16>().ok())
            && status >= 400
            && !takes_some(status)
        {
            return Err(format!("the server refused it (answer {status})"));
        }
        if outer.encoding == Some("\"error\"") {
            return Err("its data could not be decoded".to_owned());
        }
        let (json, repaired) = outer.carried().json()?;
        self.repaired |= repaired;
        let json = self.repair(&json);
        let recorded =
            Recorded { arrival: outer.received.and_then(json::time), imported: endpoint == Some(Endpoint::Import) };
        self.carried(&json, &recorded)
    }

    /// [`repair`], which is noted.
    fn repair<'j>(&mut self, json: &'j str) -> Cow<'j, str> {
        let json = repair(json);
        self.repaired |= matches!(json, Cow::Owned(_));
        json
    }

    /// What a request carries: one object or an array of them.
    fn carried(&mut self, json: &str, recorded: &Recorded) -> Result<(), String> {
        if json.starts_with('[') { self.batch(json, Some(recorded)) } else { self.sent(json, Some(recorded)) }
    }

    fn batch(&mut self, json: &str, recorded: Option<&Recorded>) -> Result<(), String> {
        let members = members(json).map_err(|error| complaint(&error))?;
        if members.is_empty() {
            return Err("an empty batch".to_owned());
        }
        for member in members {
            if let Err(reason) = self.sent(member, recorded) {
                let reason = self.how.true_reason(reason, member);
                self.out.take(reject(self.line, reason, member));
            }
        }
        Ok(())
    }

    /// One object as an SDK sent it.
    fn sent(&mut self, json: &str, recorded: Option<&Recorded>) -> Result<(), String> {
        if !json.starts_with('{') {
            return Err("a payload that is no object".to_owned());
        }
        let outer = Outer::read(json).map_err(|error| complaint(&error))?;
        match outer.kind() {
            Some(Kind::Event) => self.event(json, &outer, Some(recorded.unwrap_or(&Recorded::default()))),
            Some(Kind::Update | Kind::ExportedProfile) => {
                self.profile(json, self.line, recorded.and_then(|recorded| recorded.arrival))
            }
            _ if outer.event.is_some() => Err("has no properties".to_owned()),
            _ => Err("a payload that is neither an event nor a profile update".to_owned()),
        }
    }
}

/// Adds the event of a line that has no doubtful part; any other line is left to [`Reading`].
fn plain_event<'a>(line: u64, text: &'a str, out: &mut dyn Take<'a>) -> Option<()> {
    let Scanned { event, properties, fields, is_plain } = scan(text)?;
    let around = Around { line, is_plain, ..Around::default() };
    let event::Decoded { row, project, clock } =
        event::of_fields(event, Cow::Borrowed(properties), &fields, around).ok()?;
    out.take(Item::Event { row, project, clock });
    Some(())
}

/// A piece that could not be read.
fn reject(line: u64, reason: String, text: &str) -> Item<'static> {
    Item::Reject(Reject { line, reason, text: text.to_owned() })
}
