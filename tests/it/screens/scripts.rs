//! Names in thirty-eight writings, on two kinds of terminals: one that counts the columns of each
//! character, as tmux does, and one that counts letters that belong together once, as xterm.js does
//! with grapheme clusters. No letter is lost and no column moves.
//!
//! `tests/data/columns.txt` has what these terminals say themselves; the emulators are held to it.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::Arc;

use journey::identity::Journey;
use journey::model::Id;
use journey::model::hit::{Hit, HitKind, Match, Span};
use journey::report::safe::{Safe, Safety};
use journey::report::table::{Cell, Form, Table};
use journey::report::{Look, text};
use journey::tui::placed::Placed;
use journey::tui::view;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use unicode_segmentation::UnicodeSegmentation as _;

use super::journeys::sally;
use super::open;
use crate::support::app::App;

const RECORDED: &str = include_str!("../../data/columns.txt");

/// How a terminal counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Counts {
    Characters,
    Clusters,
}

/// A name with its columns in both kinds of terminals.
struct Name {
    script: &'static str,
    text: &'static str,
    characters: usize,
    clusters: usize,
}

fn names() -> Vec<Name> {
    let lines = RECORDED.lines().filter_map(|line| line.strip_prefix("name\t"));
    let names = lines.map(|line| {
        let [script, text, tmux, eleven, clusters] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        assert_eq!(tmux, eleven, "tmux and xterm.js with the widths of Unicode 11 agree on {script}");
        Name { script, text, characters: tmux.parse().unwrap(), clusters: clusters.parse().unwrap() }
    });
    names.collect()
}

/// A terminal: its cells, and where it is.
struct Emulator {
    counts: Counts,
    recorded: HashMap<char, usize>,
    cells: Vec<Vec<String>>,
    at: (usize, usize),
    /// The place it was asked to keep.
    kept: (usize, usize),
    /// Where the character stands that the next may join, and its columns.
    before: Option<(usize, usize, usize)>,
}

impl Emulator {
    fn new(counts: Counts, columns: usize, rows: usize) -> Self {
        let chars = RECORDED.lines().filter_map(|line| line.strip_prefix("char\tU+")?.split_once('\t'));
        let recorded = chars.map(|(code, columns)| {
            let c = char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap();
            (c, columns.parse().unwrap())
        });
        let cells = vec![vec![String::new(); columns]; rows];
        Self { counts, recorded: recorded.collect(), cells, at: (0, 0), kept: (0, 0), before: None }
    }

    /// Reads what a program writes: text, line ends, cursor positions; colours are passed over.
    fn feed(&mut self, bytes: &str) {
        let mut rest = bytes.chars();
        while let Some(c) = rest.next() {
            match c {
                '\u{1b}' => {
                    match rest.next() {
                        Some('[') => {}
                        Some('7') => {
                            self.kept = self.at;
                            self.before = None;
                            continue;
                        }
                        Some('8') => {
                            self.at = self.kept;
                            self.before = None;
                            continue;
                        }
                        other => panic!("another escape: {other:?}"),
                    }
                    let mut said = String::new();
                    let end = loop {
                        match rest.next().unwrap() {
                            letter if letter.is_ascii_alphabetic() => break letter,
                            other => said.push(other),
                        }
                    };
                    if end == 'C' {
                        self.at.1 += said.parse::<usize>().unwrap();
                    }
                    if end == 'H' {
                        let (row, column) = said.split_once(';').unwrap();
                        self.at = (row.parse::<usize>().unwrap() - 1, column.parse::<usize>().unwrap() - 1);
                    }
                    self.before = None;
                }
                '\n' => {
                    self.at = (self.at.0 + 1, 0);
                    self.before = None;
                }
                c => self.print(c),
            }
        }
    }

    fn print(&mut self, c: char) {
        let wide = self.recorded.get(&c).copied().unwrap_or(1);
        let joins = match self.counts {
            Counts::Characters => wide == 0,
            Counts::Clusters => wide == 0 || !c.is_ascii() && format!("a{c}").graphemes(true).count() == 1,
        };
        if let Some((row, column, _)) = self.before.filter(|_| joins) {
            self.cells[row][column].push(c);
            return;
        }
        let (row, column) = self.at;
        let Some(cell) = self.cells.get_mut(row).and_then(|row| row.get_mut(column)) else { return };
        *cell = c.to_string();
        for hidden in 1..wide {
            self.cells[row][column + hidden].clear();
        }
        self.before = Some((row, column, wide));
        self.at = (row, column + wide);
    }

    fn row(&self, row: usize) -> String {
        self.cells[row].concat()
    }

    /// The column at which `text` begins in a row.
    fn find(&self, row: usize, text: &str) -> Option<usize> {
        (0..self.cells[row].len())
            .find(|from| self.cells[row][*from..].concat().starts_with(text) && !self.cells[row][*from].is_empty())
    }
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn the_emulators_count_as_the_terminals_do() {
    for name in names() {
        for (counts, columns) in [(Counts::Characters, name.characters), (Counts::Clusters, name.clusters)] {
            let mut terminal = Emulator::new(counts, 40, 1);
            terminal.feed(name.text);
            assert_eq!(terminal.at.1, columns, "{} ({counts:?})", name.script);
        }
    }
}

/// Sally's journey with an event and an id for each name.
fn many_names() -> Journey {
    let mut journey = sally();
    let template = journey.steps[0].clone();
    for (number, name) in (0_i64..).zip(names()) {
        let mut step = template.clone();
        let row = Arc::make_mut(&mut step.event);
        (row.row, row.time) = (200 + number, row.time + 7_000 * (number + 1));
        row.event = name.text.into();
        let mut sender = (*row.sender).clone();
        sender.id = Some(Id::new(name.text));
        row.sender = Arc::new(sender);
        journey.steps.push(step);
    }
    journey.steps.sort_by_key(|step| step.event.time);
    journey
}

/// Draws what an app shows as the program does, and gives what the terminal then shows.
fn drawn(app: &mut App<super::Stories>, counts: Counts, (columns, rows): (u16, u16)) -> Emulator {
    let mut bytes = Vec::new();
    let area = Rect::new(0, 0, columns, rows);
    let options = TerminalOptions { viewport: Viewport::Fixed(area) };
    let mut terminal = Terminal::with_options(Placed::new(&mut bytes), options).unwrap();
    terminal.draw(|frame| view(&app.model, &mut app.ui, frame)).unwrap();
    drop(terminal);
    let mut emulator = Emulator::new(counts, usize::from(columns), usize::from(rows));
    emulator.feed(&String::from_utf8(bytes).unwrap());
    emulator
}

#[test]
fn on_the_screen_no_letter_is_lost_and_no_column_moves() {
    let names = names();
    for size in [(80, 24), (120, 44), (200, 60)] {
        let mut seen = vec![false; names.len()];
        let mut app = open(many_names()).sized(size.0, size.1);
        for keys in ["", "<PgDn>", "<PgDn>", "<Enter>", "<Esc>i", "G"] {
            app.press(keys);
            let buffer = app.buffer();
            for counts in [Counts::Characters, Counts::Clusters] {
                let shown = drawn(&mut app, counts, size);
                for (row, cells) in buffer.content.chunks(usize::from(size.0)).enumerate() {
                    let wanted: String = cells.iter().map(ratatui::buffer::Cell::symbol).collect();
                    for (name, seen) in names.iter().zip(&mut seen) {
                        *seen |= letters(&wanted).contains(&letters(name.text));
                    }
                    assert_eq!(letters(&shown.row(row)), letters(&wanted), "{keys} at {size:?}, {counts:?}");
                    for (column, cell) in cells.iter().enumerate() {
                        let symbol = cell.symbol();
                        if symbol != " " && (symbol.is_ascii() || matches!(symbol, "│" | "●" | "○" | "…")) {
                            let there = &shown.cells[row][column];
                            assert_eq!(there, symbol, "column {column} of {wanted:?} at {size:?}, {counts:?}");
                        }
                    }
                }
            }
        }
        let unseen: Vec<&str> =
            names.iter().zip(&seen).filter(|(_, seen)| !**seen).map(|(name, _)| name.script).collect();
        assert!(unseen.is_empty(), "not on any screen of {size:?}: {unseen:?}");
    }
}

#[test]
fn in_a_text_a_table_and_hits_no_letter_is_lost_and_no_column_moves() {
    let look = Look { width: 120, ..Look::default() };
    let names = names();
    let mut timeline = Vec::new();
    text::journey(&mut timeline, &many_names(), &look).unwrap();
    let hit = |name: &Name| Hit {
        id: Id::new("7"),
        root: Some(Id::new(name.text)),
        kind: HitKind::Root,
        found: Match::Exact,
        via: None,
        matched: 0,
        events: 7,
        first: Some(0),
        last: Some(0),
        name: Some(name.text.to_owned()),
        person: Some(Span { events: 7, first: Some(0), last: Some(0) }),
    };
    let mut hits = Vec::new();
    text::search(&mut hits, &names.iter().map(hit).collect::<Vec<_>>(), &[], &[], &[], &look).unwrap();
    let mut table = Vec::new();
    let heads = ["who", "event", "rows"].map(str::to_owned);
    let mut rows = Table::begin(&mut table, Form::Table, look, &heads).unwrap();
    for name in &names {
        let cells = [Cell::Text(name.text.into()), Cell::Text(name.text.into()), Cell::Text("|end".into())];
        rows.row(&cells).unwrap();
    }
    rows.finish().unwrap();
    for counts in [Counts::Characters, Counts::Clusters] {
        for (bytes, end) in [(&timeline, "own id"), (&hits, "1970-01-01"), (&table, "|end")] {
            stands(bytes, end, counts, &names);
        }
    }
}

/// Whether `end` stands in one column of an answer behind every name, and no letter of a name is lost.
fn stands(bytes: &[u8], end: &str, counts: Counts, names: &[Name]) {
    let written = std::str::from_utf8(bytes).unwrap();
    let mut sent = Safe::new(Vec::new(), Safety::Placed);
    sent.write_all(bytes).unwrap();
    sent.flush().unwrap();
    let mut terminal = Emulator::new(counts, 200, written.lines().count() + 1);
    terminal.feed(std::str::from_utf8(sent.get_ref()).unwrap());
    let of_names: Vec<(&Name, usize)> = names
        .iter()
        .filter_map(|name| {
            let row = written.lines().position(|line| line.contains(end) && line.contains(name.text))?;
            Some((name, row))
        })
        .collect();
    assert_eq!(of_names.len(), names.len(), "all names stand in {written}");
    let columns: Vec<(usize, &str)> =
        of_names.iter().map(|(name, row)| (terminal.find(*row, end).unwrap(), name.script)).collect();
    assert!(
        columns.iter().all(|(column, _)| *column == columns[0].0),
        "{counts:?}: {end} stands in {columns:?}\n{written}"
    );
    for (name, row) in of_names {
        assert!(letters(&terminal.row(row)).contains(&letters(name.text)), "{}", name.script);
    }
}
