//! Pictures of screens, drawn from the same buffer that a terminal is drawn from.
//!
//! [`screen`] plays keys on a model, answers what it asks in the caller's thread, and gives the
//! last frame; [`svg`] writes any frame as a picture with its colours. A column is a column
//! there too: each run of text carries its length, so that no font moves it.

use std::collections::VecDeque;
use std::fmt::Write as _;

use crossterm::event::Event;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::app::{Effect, Model, Msg, update, view};
use super::backend::{Backend, Failure, FailureKind};
use super::frame::Ui;
use super::keys::presses;
use super::theme::{ansi, fixed};
use super::{Options, fit};
use crate::report::svg::escape;

/// Pixels of a column and of a row.
const COLUMN: f64 = 8.4;
const ROW: f64 = 18.0;
/// Pixels around the screen.
const EDGE: f64 = 12.0;

/// Colours of a dark terminal: text and ground, then the sixteen.
const TEXT: &str = "#d4d4d4";
const GROUND: &str = "#16181d";
const PALETTE: [&str; 16] = [
    "#3b4048", "#e06c75", "#7fb56a", "#d7ba6a", "#4a78c8", "#c586c0", "#56b6c2", "#c8ccd4", "#7f848e", "#f48771",
    "#98d17c", "#f0d58a", "#6fa8ff", "#d9a0e0", "#7fd6e0", "#ffffff",
];

/// The screen after some keys, as [`presses`] reads them.
///
/// # Errors
/// Keys that have no such name, a program asset that cannot be read, or the failure that ended it.
pub fn screen(backend: &mut dyn Backend, options: &Options, keys: &str, size: (u16, u16)) -> Result<Buffer, Failure> {
    let broken = |what: String| Failure::new(FailureKind::Bug, what);
    let keys = presses(keys).ok_or_else(|| broken(format!("{keys:?} are no keys")))?;
    let (mut model, effects) = Model::start(options).map_err(|error| broken(error.to_string()))?;
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).map_err(|error| broken(error.to_string()))?;
    let mut ui = Ui::default();
    let mut todo: VecDeque<Effect> = effects.into();
    todo.extend(update(&mut model, Msg::Opened(backend.title())));
    for key in std::iter::once(None).chain(keys.into_iter().map(Some)) {
        if let Some(key) = key {
            todo.extend(update(&mut model, Msg::Terminal(Event::Key(key.event()))));
        }
        loop {
            while let Some(effect) = todo.pop_front() {
                match effect {
                    Effect::Ask(ticket, question) => {
                        let response = question.respond(backend);
                        todo.extend(update(&mut model, Msg::Response(ticket, response)));
                    }
                    Effect::Fail(failure) => return Err(failure),
                    Effect::Quit
                    | Effect::Suspend
                    | Effect::Mouse(_)
                    | Effect::Copy(_)
                    | Effect::Show(..)
                    | Effect::TestRow(_) => {}
                }
            }
            terminal.draw(|frame| view(&model, &mut ui, frame)).map_err(|error| broken(error.to_string()))?;
            todo.extend(update(&mut model, Msg::Drawn(ui.drawn())));
            if todo.is_empty() {
                break;
            }
        }
    }
    Ok(terminal.backend().buffer().clone())
}

/// Characters of one look side by side.
struct Run {
    column: u16,
    columns: usize,
    text: String,
    text_colour: String,
    ground: Option<String>,
    modifier: Modifier,
}

/// A frame as a picture. Screen readers read `title`.
pub fn svg(buffer: &Buffer, title: &str) -> String {
    let width = f64::from(buffer.area.width) * COLUMN + 2.0 * EDGE;
    let height = f64::from(buffer.area.height) * ROW + 2.0 * EDGE;
    let mut picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">\n\
         <title>{}</title>\n\
         <style>text{{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:{TEXT}}}\
         .b{{font-weight:bold}}.d{{opacity:.6}}.i{{font-style:italic}}.u{{text-decoration:underline}}</style>\n\
         <rect width=\"{width:.0}\" height=\"{height:.0}\" rx=\"8\" fill=\"{GROUND}\"/>\n",
        escape(title)
    );
    for row in 0..buffer.area.height {
        let runs = runs(buffer, row);
        grounds(&mut picture, &runs, row);
        for run in &runs {
            text(&mut picture, run, row);
        }
    }
    picture.push_str("</svg>\n");
    picture
}

/// The runs of a row, without those that show nothing.
fn runs(buffer: &Buffer, row: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut covered = 0;
    for column in 0..buffer.area.width {
        let Some(cell) = buffer.cell((buffer.area.x + column, buffer.area.y + row)) else { continue };
        if covered > 0 {
            covered -= 1;
            continue;
        }
        let columns = fit::width(cell.symbol()).max(1);
        covered = columns - 1;
        let (text_colour, ground) = colours(cell);
        let modifier = cell.modifier - Modifier::REVERSED;
        // A wide character keeps its two columns only when it stands by itself.
        match runs.last_mut() {
            Some(run)
                if columns == 1
                    && run.columns == fit::width(&run.text)
                    && run.text.is_ascii() == cell.symbol().is_ascii()
                    && (&run.text_colour, &run.ground, run.modifier) == (&text_colour, &ground, modifier) =>
            {
                run.text.push_str(cell.symbol());
                run.columns += 1;
            }
            _ => {
                let text = cell.symbol().to_owned();
                runs.push(Run { column, columns, text, text_colour, ground, modifier });
            }
        }
    }
    runs.retain(|run| run.ground.is_some() || !run.text.trim().is_empty());
    runs
}

/// The grounds of a row, in as few pieces as there are colours side by side.
fn grounds(picture: &mut String, runs: &[Run], row: u16) {
    let mut pieces: Vec<(u16, usize, &str)> = Vec::new();
    for run in runs {
        let Some(ground) = run.ground.as_deref() else { continue };
        match pieces.last_mut() {
            Some((column, columns, same))
                if *same == ground && usize::from(*column) + *columns == usize::from(run.column) =>
            {
                *columns += run.columns;
            }
            _ => pieces.push((run.column, run.columns, ground)),
        }
    }
    for (column, columns, ground) in pieces {
        let (x, y) = place(column, row);
        // Writing to a String cannot fail.
        let _ = writeln!(
            picture,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{ROW:.0}\" fill=\"{ground}\"/>",
            wide(columns)
        );
    }
}

/// The text of a run. Viewers take many spaces for one: each part between them has its own place.
fn text(picture: &mut String, run: &Run, row: u16) {
    let mut classes = Vec::new();
    for (modifier, class) in
        [(Modifier::BOLD, "b"), (Modifier::DIM, "d"), (Modifier::ITALIC, "i"), (Modifier::UNDERLINED, "u")]
    {
        if run.modifier.contains(modifier) {
            classes.push(class);
        }
    }
    let class = if classes.is_empty() { String::new() } else { format!(" class=\"{}\"", classes.join(" ")) };
    // A style and not an attribute: the sheet's colour would go before that.
    let fill = if run.text_colour == TEXT { String::new() } else { format!(" style=\"fill:{}\"", run.text_colour) };
    let mut column = usize::from(run.column);
    for part in run.text.split("  ") {
        let shown = part.trim_start();
        let lead = part.len() - shown.len();
        let columns = fit::width(shown.trim_end());
        if columns > 0 {
            let (x, y) = place(u16::try_from(column + lead).unwrap_or(u16::MAX), row);
            let _ = writeln!(
                picture,
                "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{:.1}\" lengthAdjust=\"spacingAndGlyphs\"{class}{fill}>{}</text>",
                y + 13.5,
                wide(columns),
                escape(shown.trim_end())
            );
        }
        column += fit::width(part) + 2;
    }
}

fn place(column: u16, row: u16) -> (f64, f64) {
    (EDGE + f64::from(column) * COLUMN, EDGE + f64::from(row) * ROW)
}

fn wide(columns: usize) -> f64 {
    f64::from(u16::try_from(columns).unwrap_or(u16::MAX)) * COLUMN
}

/// The colours of a cell: of its text, and of its ground if it has one.
fn colours(cell: &Cell) -> (String, Option<String>) {
    let (text, ground) = (colour(cell.fg), colour(cell.bg));
    if cell.modifier.contains(Modifier::REVERSED) {
        return (ground.unwrap_or_else(|| GROUND.to_owned()), Some(text.unwrap_or_else(|| TEXT.to_owned())));
    }
    (text.unwrap_or_else(|| TEXT.to_owned()), ground)
}

/// A colour as SVG writes it; `None` for the terminal's own.
fn colour(colour: Color) -> Option<String> {
    match colour {
        Color::Rgb(red, green, blue) => Some(format!("#{red:02x}{green:02x}{blue:02x}")),
        Color::Indexed(number) => fixed(number).map(|colour| format!("#{colour:06x}")),
        other => PALETTE.get(ansi(other)?).map(|colour| (*colour).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    fn drawn(text: &str, style: Style) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 1));
        buffer.set_string(0, 0, text, style);
        svg(&buffer, "a <title> & more")
    }

    #[test]
    fn text_and_title_cannot_leave_their_place() {
        let picture = drawn("</text><script>&\"", Style::new());
        assert!(!picture.contains("<script") && !picture.contains("<title> &"), "{picture}");
        assert!(picture.contains("&lt;/text&gt;&lt;script"), "{picture}");
    }

    #[test]
    fn a_wide_character_takes_two_columns_and_stands_by_itself() {
        let picture = drawn("a日本b", Style::new());
        let lengths: Vec<&str> = picture.split("textLength=\"").skip(1).filter_map(|rest| rest.get(..4)).collect();
        assert_eq!(lengths, ["8.4\"", "16.8", "16.8", "8.4\""], "{picture}");
        assert!(picture.contains("x=\"54.0\""), "b begins at the sixth column: {picture}");
    }

    #[test]
    fn colours_grounds_and_weights_are_in_the_picture() {
        let picture = drawn("x", Style::new().fg(Color::Red).bg(Color::Blue).add_modifier(Modifier::BOLD));
        assert!(picture.contains("style=\"fill:#e06c75\"") && picture.contains("fill=\"#4a78c8\""), "{picture}");
        assert!(picture.contains("class=\"b\""), "{picture}");
        let picture = drawn("x", Style::new().add_modifier(Modifier::REVERSED));
        assert!(picture.contains(&format!("style=\"fill:{GROUND}\"")) && picture.contains(&format!("fill=\"{TEXT}\"")));
    }
}
