//! What is asked of a server for the journey on the screen: how often, how long, which question still runs.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::fit;
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};
use crate::tui::widgets::heading;

use super::Model;

/// From here on a wait is long enough to say what is waited for.
pub(super) const LONG: Duration = Duration::from_secs(1);

/// Lines of a screen that has room for it, and columns of what is asked for, of how often, of how long.
const ROOM: u16 = 12;
const WHAT: usize = 30;
const OFTEN: usize = 13;
const TOOK: usize = 9;

/// The screen, and below it the lines that say what is asked; none while there is nothing to say.
pub(super) fn split(model: &Model, area: Rect) -> (Rect, Rect) {
    let says = model.is_on_a_server && model.waited.is_some_and(|waited| waited >= LONG) && !model.trips.is_empty();
    let lines = u16::try_from(model.trips.len()).unwrap_or(u16::MAX).saturating_add(2);
    let tall = if says && area.height >= ROOM { lines.min(area.height / 2) } else { 0 };
    let above = Rect { height: area.height.saturating_sub(tall), ..area };
    (above, Rect { y: above.bottom(), height: tall, ..area })
}

pub(super) fn view(model: &Model, area: Rect, buffer: &mut Buffer) {
    if area.height < 3 {
        return;
    }
    let look = &model.look;
    let questions: u64 = model.trips.iter().map(|trips| trips.questions).sum();
    let running = model.trips.iter().filter(|trips| trips.runs).count() as u64;
    let answered = questions.saturating_sub(running);
    let head =
        format!("asked {} {} of {} answered", look.glyphs.rule.repeat(2), fit::count(answered), fit::count(questions));
    heading(&head, Meaning::Title, look, &mut Pen::new(buffer, area, 0));
    let room = usize::from(area.height.saturating_sub(2));
    // What runs stands last, and is never left out.
    let shown = model.trips.iter().skip(model.trips.len().saturating_sub(room));
    for (row, trips) in (1..area.height.saturating_sub(1)).zip(shown) {
        let mut pen = Pen::new(buffer, area, row);
        let (mark, meaning) = if trips.runs { (look.glyphs.cursor, Meaning::Warn) } else { (" ", Meaning::Text) };
        let what = WHAT.min(pen.room().saturating_sub(TOOK + 4));
        pen.text(mark, look.style(Meaning::Key)).cell(trips.what, what, look.style(meaning)).skip(1);
        if pen.room() > OFTEN + TOOK {
            pen.cell(&fit::counted(trips.questions, "question"), OFTEN, look.style(Meaning::Muted));
        }
        let took = if trips.runs {
            format!("{} {}", working(trips.took, look), seconds(trips.took))
        } else {
            millis(trips.took)
        };
        pen.number(&took, TOOK, look.style(meaning)).skip(2);
        if let Some(read) = trips.read {
            let read = format!("{} read", fit::counted(read, "row"));
            if fit::width(&read) <= pen.room() {
                pen.text(&read, look.style(Meaning::Muted));
            }
        }
    }
    let dot = look.glyphs.dot;
    let foot = format!("Esc stops it on the server {dot} what is here can be read meanwhile");
    heading(&foot, Meaning::Muted, look, &mut Pen::new(buffer, area, area.height.saturating_sub(1)));
}

fn seconds(took: Duration) -> String {
    let tenths = took.as_millis() / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

fn millis(took: Duration) -> String {
    if took >= LONG { seconds(took) } else { format!("{} ms", took.as_millis()) }
}

/// The sign of work: a bar that rises and falls.
fn working(took: Duration, look: &Look) -> &'static str {
    const ASCII: [&str; 4] = ["|", "/", "-", "\\"];
    let step = usize::try_from(took.as_millis() / 200).unwrap_or(0);
    if look.is_ascii() {
        return ASCII.get(step % ASCII.len()).copied().unwrap_or(" ");
    }
    let bars = &look.glyphs.bars;
    let at = step % 14;
    let at = if at < 7 { at + 1 } else { 15 - at };
    bars.get(at).copied().unwrap_or(" ")
}
