//! Lanes: one column for each id of a user, as in a commit graph.
//!
//! An alias is where two lanes join; what happens at no id of the user (a refused call, a reset)
//! stands outside, right of all lanes. Ids beyond [`MOST`] share the last lane.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::identity::Journey;
use crate::model::Id;

/// Lanes with a letter of their own; more would leave no room for the rest of a row.
pub(super) const MOST: usize = 8;

/// Which id has which lane, and between which lines of the timeline the lane is there.
pub(super) struct Lanes<'a> {
    of: HashMap<&'a Id, usize>,
    spans: Vec<Option<(usize, usize)>>,
}

/// Where the parts of one line are drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    /// Lane of the mark; `None` for outside.
    pub(super) at: Option<usize>,
    /// The mark.
    pub(super) mark: char,
    /// The lane that the mark is tied to, and whether the tie holds.
    pub(super) tie: Option<(usize, bool)>,
}

/// The strokes of lanes, in one set of characters.
struct Strokes {
    lane: char,
    /// Between lanes that an alias joins, and where it crosses another.
    tie: [char; 2],
    /// Between lanes that a refused alias does not join, and where it crosses another.
    loose: [char; 2],
    /// Ends of a tie at its left, by whether the lane comes from above and goes on below.
    left: [[char; 2]; 2],
    right: [[char; 2]; 2],
}

const UNICODE: Strokes = Strokes {
    lane: '│',
    tie: ['━', '┿'],
    loose: ['╌', '┼'],
    left: [['╶', '╭'], ['╰', '├']],
    right: [['╴', '╮'], ['╯', '┤']],
};

const ASCII: Strokes = Strokes {
    lane: '|',
    tie: ['=', '#'],
    loose: ['-', '+'],
    left: [['-', '+'], ['+', '+']],
    right: [['-', '+'], ['+', '+']],
};

impl<'a> Lanes<'a> {
    /// A lane for each id of the journey, none of them there yet.
    pub(super) fn of(journey: &'a Journey) -> Self {
        let of = journey.ids.iter().enumerate().map(|(index, member)| (&member.id, index.min(MOST))).collect();
        let lanes = journey.ids.len().min(MOST + 1);
        Self { of, spans: vec![None; lanes] }
    }

    /// The lane of an id of the user.
    pub(super) fn lane(&self, id: &Id) -> Option<usize> {
        self.of.get(id).copied()
    }

    /// The letters over the lanes.
    pub(super) fn letters(&self) -> String {
        let letters: Vec<String> = (0..self.spans.len()).map(|lane| letter(lane).to_string()).collect();
        letters.join(" ")
    }

    /// Columns of a line: two for each lane and for the outside, less the last gap.
    pub(super) fn width(&self) -> usize {
        self.spans.len() * 2 + 1
    }

    /// Notes that line `line` touches `lane`.
    pub(super) fn touch(&mut self, lane: usize, line: usize) {
        if let Some(span) = self.spans.get_mut(lane) {
            let (first, last) = span.unwrap_or((line, line));
            *span = Some((first.min(line), last.max(line)));
        }
    }

    /// The lines around `line` between which no lane begins or ends, those two left out; `None`
    /// where one does at `line` itself.
    pub(super) fn steady(&self, line: usize) -> Option<(usize, usize)> {
        let (mut from, mut to) = (None, usize::MAX);
        for end in self.spans.iter().flatten().flat_map(|(first, last)| [*first, *last]) {
            match end.cmp(&line) {
                Ordering::Less => from = from.max(Some(end)),
                Ordering::Equal => return None,
                Ordering::Greater => to = to.min(end),
            }
        }
        // Above the first line stands nothing that a line could be taken for.
        from.map(|from| (from, to))
    }

    /// Whether `lane` comes from above line `line`, and whether it goes on below.
    fn reach(&self, lane: usize, line: usize) -> [bool; 2] {
        match self.spans.get(lane) {
            Some(Some((first, last))) => [*first < line && line <= *last, *first <= line && line < *last],
            _ => [false, false],
        }
    }

    /// The lanes at line `line`.
    pub(super) fn draw(&self, line: usize, cell: Cell, ascii: bool) -> String {
        let strokes = if ascii { ASCII } else { UNICODE };
        let mut drawn = vec![' '; self.width()];
        for lane in 0..self.spans.len() {
            if self.reach(lane, line) == [true, true] {
                put(&mut drawn, lane * 2, strokes.lane);
            }
        }
        let at = cell.at.unwrap_or(self.spans.len()) * 2;
        if let Some((lane, holds)) = cell.tie
            && lane * 2 != at
        {
            let end = lane * 2;
            for column in end.min(at) + 1..end.max(at) {
                let crosses = drawn.get(column) == Some(&strokes.lane);
                let [along, across] = if holds { strokes.tie } else { strokes.loose };
                put(&mut drawn, column, if crosses { across } else { along });
            }
            let [above, below] = self.reach(lane, line).map(usize::from);
            let ends = if end < at { strokes.left } else { strokes.right };
            if let Some(stroke) = ends.get(above).and_then(|row| row.get(below)) {
                put(&mut drawn, end, *stroke);
            }
        }
        put(&mut drawn, at, cell.mark);
        drawn.into_iter().collect()
    }
}

/// How a lane is called: `A`, `B`, …, and `+` for the one that is shared.
pub(super) fn letter(lane: usize) -> char {
    let letter = u8::try_from(lane).ok().filter(|_| lane < MOST).map_or(b'+', |lane| b'A' + lane);
    char::from(letter)
}

fn put(drawn: &mut [char], column: usize, stroke: char) {
    if let Some(place) = drawn.get_mut(column) {
        *place = stroke;
    }
}
