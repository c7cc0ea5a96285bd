//! One file for a browser, to attach to a ticket.
//!
//! It begins with the answer (who it is, what is missing, what that cost), then tells the story row
//! by row, then the ids and what stands between them. It needs no other file: no font, no
//! picture, no request; its own policy names its one style and its one script by their hashes and
//! forbids all else. Without the script everything can be read, unfolded and printed; with it rows
//! can be filtered. Colours follow the reader's choice of dark or light, and a sign and a word say
//! what a colour says.

mod ids;
mod lanes;
mod names;
pub(in crate::report) mod page;
mod profile;
mod story;
mod strip;
mod verdict;
mod worth;

use std::collections::HashMap;
use std::io::{self, Write};
use std::rc::Rc;

use self::lanes::Lanes;
use self::names::Names;
use self::page::{breaking, lasting, sign};
use self::worth::Worth;
use super::{Line, Sheet};
use crate::identity::{Orphan, Point, PointKind, State};
use crate::model::Id;
use crate::model::facts::Source;
use crate::report::Properties;
use crate::report::look::{Class, many};
use crate::report::svg::escape;

/// What stays behind under an orphan, summed once for all the calls that were refused for it.
struct Left<'a> {
    orphan: &'a Orphan,
    /// Its events with their numbers.
    names: Vec<(&'a str, usize)>,
    /// What they were worth, as text.
    sum: String,
}

/// Missing rows that are looked through for what they were worth.
const VALUED: usize = 10_000;

/// What every part of the page needs.
struct Page<'s, 'a> {
    sheet: &'s Sheet<'a>,
    names: Names<'a>,
    lanes: Lanes<'a>,
    worth: Worth,
    /// Identify points and resets by the row that shows them.
    points: HashMap<i64, Vec<&'a Point>>,
    /// What stays behind under an orphan, by each of its ids.
    left: HashMap<&'a Id, Rc<Left<'a>>>,
    /// The line of the page that a place in the input stands in.
    places: HashMap<(&'a str, u64), usize>,
    /// The file of all rows, if it is one.
    file: Option<&'a str>,
    /// Whether any time has milliseconds: exports of the vendor have whole seconds.
    has_millis: bool,
}

impl<'a> Sheet<'a> {
    /// The rows that [`html`] asks the properties of, in its order: those that are missing from the
    /// timeline, for what they were worth, then every row of the story.
    pub fn rows_of_page(&self) -> impl Iterator<Item = i64> {
        self.missing().filter_map(|line| line.row).chain(self.rows())
    }

    /// Lines of rows that are not in the user's timeline, as many as are looked through.
    fn missing(&self) -> impl Iterator<Item = &Line<'a>> {
        let missing = self.lines.iter().filter(|line| {
            let split = line.orphan.is_none() && line.step.is_some_and(|step| step.state != State::Merged);
            split || line.orphan.is_some()
        });
        missing.take(VALUED)
    }
}

/// Writes a journey as one HTML file.
///
/// `properties` is asked once for each of [`Sheet::rows_of_page`], in that order.
pub fn html(out: &mut dyn Write, sheet: &Sheet<'_>, properties: Properties<'_>) -> io::Result<()> {
    let worth = Worth::of(sheet.missing(), properties);
    let page = Page::of(sheet, worth);
    let query = sheet.look.whole_id(sheet.journey().query.as_str());
    let title = escape(&sheet.journey().name().map_or(query, |name| sheet.look.clean(&name)));
    let class = format!("n{}{}", page.lanes.columns(), if page.file.is_some() { " one-file" } else { "" });
    page::begin(out, &format!("{title} · user journey"), &class, "#story")?;
    page.who(out)?;
    writeln!(out, "<main>")?;
    page.verdict(out)?;
    page.other_profiles(out)?;
    page.strip(out)?;
    page.findings(out)?;
    page.story(out, properties)?;
    page.tree(out)?;
    page.calls(out)?;
    page.elsewhere(out)?;
    writeln!(out, "</main>")?;
    page.foot(out)?;
    page::end(out)
}

impl<'s, 'a> Page<'s, 'a> {
    fn of(sheet: &'s Sheet<'a>, worth: Worth) -> Self {
        let journey = sheet.journey();
        let names = Names::of(sheet);
        let lanes = Lanes::of(sheet);
        let mut points: HashMap<i64, Vec<&Point>> = HashMap::new();
        for point in &journey.points {
            points.entry(point.row).or_default().push(point);
        }
        let left = left(sheet, &worth);
        let mut places = HashMap::new();
        for (number, line) in sheet.lines.iter().enumerate() {
            places.entry((&*line.source.file, line.source.line)).or_insert(number);
        }
        let mut files = sheet.lines.iter().map(|line| &*line.source.file);
        let file = files.next().filter(|first| files.all(|file| file == *first));
        let has_millis = sheet.lines.iter().any(|line| line.time % 1000 != 0);
        Self { sheet, names, lanes, worth, points, left, places, file, has_millis }
    }

    /// The points that a line shows: its reset, or what made the user known.
    fn points_of(&self, line: &Line<'_>, is_reset: bool) -> impl Iterator<Item = &'a Point> {
        let points = line.row.and_then(|row| self.points.get(&row)).into_iter().flatten().copied();
        points.filter(move |point| (point.kind == PointKind::Reset) == is_reset)
    }

    /// `line 5`, or `file:5` where rows are of several files; a link where the line is on the page.
    fn place(&self, source: &Source) -> String {
        let whole = super::place(source);
        let text = match self.file {
            Some(file) if *file == *source.file => self.short_place(source),
            _ => breaking(&whole),
        };
        let whole = escape(&whole);
        match self.places.get(&(&*source.file, source.line)) {
            Some(number) => format!("<a class=\"src\" href=\"#r{number}\" title=\"{whole}\"><bdi>{text}</bdi></a>"),
            None => format!("<span class=\"src\" title=\"{whole}\"><bdi>{text}</bdi></span>"),
        }
    }

    fn short_place(&self, source: &Source) -> String {
        match self.file {
            Some(file) if *file == *source.file => format!("line {}", source.line),
            _ => escape(&super::place(source)),
        }
    }

    /// A sentence of the engine: ids that have a letter are shown by it, and `file line 5` is
    /// `line 5` where there is one file.
    fn prose(&self, text: &str) -> String {
        match self.file {
            Some(file) => self.names.prose(&text.replace(&format!("{file} line "), "line "), &self.sheet.look),
            None => self.names.prose(text, &self.sheet.look),
        }
    }
}

/// The name of a class in the style, which is that of its sign.
fn class(line: &Line<'_>) -> &'static str {
    match line.class {
        Class::Anonymous => "anonymous",
        Class::Identify => "identify",
        Class::Alias => "alias",
        Class::Refused => "refused",
        Class::Reset => "reset",
        Class::Split => "split",
        Class::Orphan if line.orphan.is_some_and(|orphan| orphan.contested) => "contested",
        Class::Orphan => "orphan",
        Class::Known | Class::Heading | Class::Faint => "known",
    }
}

/// `1 row`, `1,200 rows`.
fn rows(number: usize) -> String {
    many(number, "row")
}

/// What stays behind under each orphan, by its ids.
fn left<'a>(sheet: &Sheet<'a>, worth: &Worth) -> HashMap<&'a Id, Rc<Left<'a>>> {
    let mut lines: HashMap<&Id, Vec<&Line<'a>>> = HashMap::new();
    for line in &sheet.lines {
        if let Some(orphan) = line.orphan {
            lines.entry(&orphan.id).or_default().push(line);
        }
    }
    let mut left = HashMap::new();
    for orphan in &sheet.journey().orphans {
        let lines = lines.get(&orphan.id).map(Vec::as_slice).unwrap_or_default();
        let names = verdict::event_counts(lines, worth);
        let sum = worth.sum(lines);
        let of_orphan = Rc::new(Left { orphan, names, sum });
        for id in &orphan.ids {
            left.entry(id).or_insert_with(|| Rc::clone(&of_orphan));
        }
    }
    left
}
