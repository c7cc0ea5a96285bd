//! How many rows of an event each id has, over the whole store.
//!
//! A million rows take a twentieth of a second of one core, and a second core reads half of a large store.

use std::collections::HashMap;
use std::num::NonZero;
use std::ops::Range;
use std::thread;

use super::Reader;
use crate::model::threads::join;
use crate::store::Error;

/// Positions that are read at once.
const STEP: i64 = 1 << 16;

/// Positions from which on a second thread helps: below, opening the file again costs more.
const MANY: i64 = 1 << 18;

/// Rows by the numbers of their event and of their id.
type Counted = HashMap<(i64, i64), u64>;

impl Reader {
    /// How many rows have one of `events`, by the numbers of the event and of the id that they were sent under.
    pub fn rows_of_events(&self, events: &[i64]) -> Result<Counted, Error> {
        let has_cores = thread::available_parallelism().is_ok_and(|cores| cores > NonZero::<usize>::MIN);
        self.counted_from(events, if has_cores { MANY } else { i64::MAX })
    }

    /// The same; a second thread helps from `many` positions on.
    fn counted_from(&self, events: &[i64], many: i64) -> Result<Counted, Error> {
        let mut events = events.to_vec();
        events.sort_unstable();
        self.at_one_moment(|_| {
            let end = self.last_position()?.saturating_add(1);
            let helper = if end >= many { self.another()? } else { None };
            let Some(helper) = helper else { return self.counted(0..end, &events) };
            let middle = end / 2;
            let (mut counted, helped) = thread::scope(|scope| {
                let events = &events;
                let helped = scope.spawn(move || helper.counted(middle..end, events));
                (self.counted(0..middle, events), join(helped))
            });
            if let Ok(counted) = &mut counted {
                for (key, rows) in helped? {
                    *counted.entry(key).or_default() += rows;
                }
            }
            counted
        })
    }

    /// The same of the rows at these positions; `events` are sorted.
    fn counted(&self, places: Range<i64>, events: &[i64]) -> Result<Counted, Error> {
        let mut counted = Counted::new();
        let mut start = places.start;
        while start < places.end {
            self.go_on()?;
            let end = start.saturating_add(STEP).min(places.end);
            for row in self.events_between(start, end, events)? {
                *counted.entry((row.ev, row.uid)).or_default() += 1;
            }
            start = end;
        }
        Ok(counted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Flags, Id, Row, Verb};
    use crate::store::{Arrived, Chunk, FileInfo, Segment, Writer};

    #[test]
    fn one_thread_and_two_count_each_row_of_an_event_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.db");
        let mut writer = Writer::open(&path).unwrap();
        let file = writer
            .begin_file(&FileInfo {
                name: "a".into(),
                format: "raw export".into(),
                timezone: "UTC".into(),
                vendor: "Mixpanel".into(),
            })
            .unwrap();
        let mut expected = [HashMap::new(), HashMap::new()];
        for part in 0_i64..3 {
            let rows: Vec<Arrived> = (0..400)
                .map(|n| {
                    let time = part * 1_000 + n;
                    let row = Row {
                        event: ["View", "Purchase", "Share"][usize::try_from(n % 7).unwrap_or(0).min(2)].into(),
                        id: Some(Id::new(&format!("id-{}", n % 50))),
                        time,
                        arrival: Some(time),
                        device: None,
                        user: None,
                        verb: Verb::Track,
                        previous: vec![],
                        insert_id: None,
                        client: None,
                        properties: "{}".into(),
                        line: time.unsigned_abs(),
                        flags: Flags::default(),
                    };
                    Arrived { arrived: time, row }
                })
                .collect();
            for Arrived { row, .. } in &rows {
                let place = ["View", "Share"].iter().position(|event| row.event == *event);
                if let (Some(place), Some(id)) = (place, &row.id) {
                    *expected[place].entry(id.clone()).or_insert(0_u64) += 1;
                }
            }
            let segment = Segment::of(&rows).unwrap();
            let (lines, hash) = (rows.len() as u64, 7 + part.unsigned_abs());
            writer.append(&Chunk { file, hash, bytes: 9, first_line: 1, lines, segment, ..Chunk::default() }).unwrap();
        }
        drop(writer);
        let reader = Reader::open(&path).unwrap();
        let names = reader.names().unwrap();
        let number = |name: &str| names.iter().find(|(_, known)| known == name).unwrap().0;
        // In no order.
        let mut events = vec![number("View"), number("Share")];
        events.sort_unstable();
        events.reverse();
        let alone = reader.counted_from(&events, i64::MAX).unwrap();
        let mut found = [HashMap::new(), HashMap::new()];
        for ((event, id), rows) in &alone {
            let place = usize::from(*event == number("Share"));
            found[place].insert(reader.id_of(*id).unwrap(), *rows);
        }
        assert_eq!(found, expected);
        assert_eq!(reader.counted_from(&events, 0).unwrap(), alone);
        assert_eq!(reader.rows_of_events(&[]).unwrap(), HashMap::new());
    }
}
