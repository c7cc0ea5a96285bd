//! Lines that say where their fields lie.

use std::borrow::Cow;

use super::Decoder;
use crate::formats::event::{self, Around};
use crate::formats::format::Format;
use crate::formats::item::{Item, Take};
use crate::formats::rows::{Mark, MarkedColumns, Whole, keep, spare};
use crate::formats::sniff::How;
use crate::model::{Flags, RowView};

impl Decoder {
    /// What columns with these names are; `None` where lines of them are not read by marks.
    pub fn marked(&self, names: &[String]) -> Option<MarkedColumns> {
        let How { rows, is_raw, is_answer, cells, heads, map } = &*self.how;
        let is_events = rows.vendor.is_none() && !rows.is_carried && !rows.is_profile(None);
        let is_read = is_events && !is_raw && !is_answer && cells.is_none() && heads.is_none() && map.is_none();
        if !is_read || matches!(self.format, Format::AliasTable | Format::Copy) {
            return None;
        }
        rows.events.marked(names)
    }

    /// Gives the event of a line to `out`; `None`, and nothing, where it is left to [`Decoder::read_to`].
    pub fn read_marked<'a>(
        &self,
        line: u64,
        record: &'a [u8],
        columns: &MarkedColumns,
        marks: &[Mark],
        out: &mut dyn Take<'a>,
    ) -> Option<()> {
        let text = simdutf8::basic::from_utf8(record).ok()?;
        if self.how.rows.events.is_wide() {
            let event::Decoded { row, project, clock } = self.marked_event(line, &columns.wide(text, marks)?)?;
            out.take(Item::Event { row, project, clock });
            return Some(());
        }
        let mut properties = spare();
        let read = columns.flat(text, marks, &mut properties).and_then(|(found, pieces)| {
            let event::Decoded { row, project, clock } = self.marked_event(line, &found.whole(&properties))?;
            match pieces {
                None => out.pass(row, project, clock),
                Some(pieces) if project.is_none() => out.lay(row, pieces, clock),
                Some(pieces) => out.pass(RowView { properties: Cow::Owned(pieces.concat()), ..row }, project, clock),
            }
            Some(())
        });
        keep(properties);
        read
    }

    fn marked_event<'w>(&self, line: u64, whole: &Whole<'w>) -> Option<event::Decoded<'w>> {
        let Whole { event, properties, fields, is_plain, .. } = *whole;
        let on_wall = self.how.rows.events.dialect.on_wall;
        let around = Around { line, is_plain, on_wall, makes_ids: self.how.rows.makes_ids, ..Around::default() };
        let decoded = event::of_fields(event, Cow::Borrowed(properties), &fields?, around).ok()?;
        // It may be one of another vendor, whose id or time stands elsewhere.
        let is_whole = decoded.row.id.is_some() && !decoded.row.flags.has(Flags::TIME_FROM_ARRIVAL);
        is_whole.then_some(decoded)
    }
}
