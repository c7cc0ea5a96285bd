//! Where the fields of lines lie, from the thread that wrote them to the one that reads them.
//!
//! Lines go as bytes through the reader that cuts any file into chunks; what is known of them goes next to these, and is
//! found again by the place of a line.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::formats::{Mark, Marked};

/// What is known of some lines, one behind the other.
#[derive(Debug)]
pub(super) struct Marks {
    /// The columns that marks are of.
    pub(super) names: Arc<Vec<String>>,
    lines: Vec<Line>,
    fields: Vec<Mark>,
    /// Bytes of the lines.
    bytes: usize,
    /// Those of `fields` that belong to lines which are ended.
    ended: usize,
    /// About how many bytes of lines the file has behind these.
    pub(super) left: u64,
}

#[derive(Clone, Debug)]
struct Line {
    /// With the line break.
    bytes: usize,
    /// Its number of fields; none for a line of which nothing is known.
    fields: usize,
    /// Where the text of its properties stands as it is.
    bare: Option<Range<usize>>,
}

impl Marks {
    /// Those of lines with such columns.
    pub(super) fn of(names: &Arc<Vec<String>>) -> Self {
        Self { names: Arc::clone(names), lines: Vec::new(), fields: Vec::new(), bytes: 0, ended: 0, left: u64::MAX }
    }

    /// Notes a field of the line.
    pub(super) fn field(&mut self, column: u16, length: u16) {
        self.fields.push(Mark { column, length });
    }

    /// Ends a line of so many bytes; nothing is known of one that is not `known`. The text of its properties may stand in
    /// it as it is.
    pub(super) fn end(&mut self, bytes: usize, is_known: bool, bare: Option<Range<usize>>) {
        if !is_known {
            self.fields.truncate(self.ended);
        }
        self.lines.push(Line { bytes, fields: self.fields.len() - self.ended, bare });
        self.bytes += bytes;
        self.ended = self.fields.len();
    }
}

/// Marks, each with the place of its lines in the stream.
type Waiting = VecDeque<(u64, Arc<Marks>)>;

/// Marks on their way.
#[derive(Clone, Debug)]
pub(super) struct Handed {
    waiting: Arc<Mutex<Waiting>>,
    /// [`Marks::left`] of the last.
    left: Arc<AtomicU64>,
}

impl Default for Handed {
    fn default() -> Self {
        Self { waiting: Arc::default(), left: Arc::new(AtomicU64::new(u64::MAX)) }
    }
}

impl Handed {
    /// Hands on the marks of lines that begin at a place.
    pub(super) fn give(&self, start: u64, marks: Marks) {
        self.left.store(marks.left, Ordering::Relaxed);
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push_back((start, Arc::new(marks)));
    }

    /// About how many bytes of lines the file has behind those that came; `None` where that is unknown.
    pub(super) fn left(&self) -> Option<u64> {
        Some(self.left.load(Ordering::Relaxed)).filter(|left| *left < u64::MAX)
    }

    /// Those of lines in a part of the stream, with the place of each in it; what is before its end is no longer kept.
    pub(super) fn take(&self, start: u64, end: u64) -> Placed {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut placed = Vec::new();
        while let Some((at, marks)) = waiting.front()
            && *at < end
        {
            let behind = *at + marks.bytes as u64;
            if behind > start {
                let before = usize::try_from(start.saturating_sub(*at)).unwrap_or(usize::MAX);
                let from = usize::try_from(at.saturating_sub(start)).unwrap_or(usize::MAX);
                placed.push((from, before, Arc::clone(marks)));
            }
            if behind > end {
                break;
            }
            waiting.pop_front();
        }
        Placed(placed)
    }
}

/// Marks of lines in a piece of a stream: where they begin in it, and how many bytes of them are before it.
#[derive(Debug, Default)]
pub(super) struct Placed(Vec<(usize, usize, Arc<Marks>)>);

impl Placed {
    /// The lines, each by its place.
    pub(super) fn lines(&self) -> Lines<'_> {
        Lines { parts: &self.0, at: 0, line: 0, field: 0 }
    }
}

/// Finds lines in the order of their places.
pub(super) struct Lines<'p> {
    /// The part of the next line, and those behind it.
    parts: &'p [(usize, usize, Arc<Marks>)],
    /// Bytes between the start of the part and the next line.
    at: usize,
    line: usize,
    field: usize,
}

impl<'p> Lines<'p> {
    /// What is known of the line at a place of the piece, which is behind those asked for before.
    pub(super) fn find(&mut self, start: usize, end: usize) -> Option<(&'p Arc<Vec<String>>, Marked<'p>)> {
        loop {
            let (from, before, marks) = self.parts.first()?;
            let Some(line) = marks.lines.get(self.line) else {
                self.parts = self.parts.get(1..).unwrap_or_default();
                (self.at, self.line, self.field) = (0, 0, 0);
                continue;
            };
            // Both with what is before the piece.
            let (here, wanted) = (from + self.at, start + before);
            if here > wanted {
                return None;
            }
            let field = self.field;
            self.line += 1;
            self.at += line.bytes;
            self.field += line.fields;
            if here == wanted {
                let is_it = line.fields > 0 && line.bytes == end - start + 1;
                let row =
                    Marked { marks: marks.fields.get(field..self.field).unwrap_or_default(), bare: line.bare.clone() };
                return is_it.then_some((&marks.names, row));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found in pieces of these lengths: the number of fields of each line, and where its text stands.
    fn found(pieces: &[usize]) -> Vec<Option<(usize, Option<Range<usize>>)>> {
        let names = Arc::new(vec!["a".to_owned()]);
        let handed = Handed::default();
        let mut lines = Vec::new();
        let mut start = 0;
        for part in 0..4_usize {
            let mut marks = Marks::of(&names);
            for line in 0..3_usize {
                let bytes = 2 + part * 3 + line;
                (0..=line).for_each(|_| marks.field(0, 1));
                marks.end(bytes, (part, line) != (2, 1), (part > 0).then_some(1..1 + part));
                lines.push((start, bytes));
                start += bytes;
            }
            handed.give((start - marks.bytes) as u64, marks);
        }
        let mut all = Vec::new();
        let (mut from, mut next) = (0, 0);
        for piece in pieces.iter().copied().chain([start]) {
            let to = start.min(from + piece);
            let placed = handed.take(from as u64, to as u64);
            let mut walk = placed.lines();
            while let Some((at, bytes)) = lines.get(next).copied().filter(|(at, _)| *at < to) {
                let line = walk.find(at - from, at - from + bytes - 1);
                all.push(line.map(|(_, row)| (row.marks.len(), row.bare)));
                next += 1;
            }
            from = to;
        }
        all
    }

    #[test]
    fn marks_are_found_by_the_places_of_their_lines_wherever_these_are_cut() {
        let expected: Vec<_> = (0..4_usize)
            .flat_map(|part| (0..3_usize).map(move |line| (part, line)))
            .map(|place| (place != (2, 1)).then(|| (place.1 + 1, (place.0 > 0).then_some(1..1 + place.0))))
            .collect();
        // A line never lies in two pieces.
        for pieces in [&[][..], &[2], &[5], &[2, 3, 4], &[9, 5], &[14, 6, 7, 8], &[27, 8], &[44], &[35]] {
            assert_eq!(found(pieces), expected, "{pieces:?}");
        }
    }

    #[test]
    fn another_line_than_the_one_that_was_written_has_no_marks() {
        let handed = Handed::default();
        let mut marks = Marks::of(&Arc::new(vec!["a".to_owned()]));
        for _ in 0..3 {
            marks.field(0, 1);
            marks.end(10, true, None);
        }
        marks.left = 7;
        assert_eq!(handed.left(), None);
        handed.give(0, marks);
        assert_eq!(handed.left(), Some(7));
        let placed = handed.take(0, 30);
        let mut lines = placed.lines();
        assert!(lines.find(0, 8).is_none());
        assert!(lines.find(11, 19).is_none());
        assert!(lines.find(20, 29).is_some());
        assert!(placed.lines().find(20, 29).is_some());
    }
}
