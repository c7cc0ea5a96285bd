//! The help for what is on the screen: its keys from the keymap, its marks from the glyphs.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::identity::Severity;
use crate::inspect::query::{FORMS, Place};
use crate::tui::field::Field;
use crate::tui::fit;
use crate::tui::frame::{Drawn, Ui};
use crate::tui::keys::{Action, Binding, Context, Key, Keymap, Resolved, sequence};
use crate::tui::page::{Below, Entry, Given, Page, moved};
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};
use crate::tui::widgets;

/// Characters that are looked for at once.
const MOST_SOUGHT: usize = 100;

/// Lines of one key, at most.
const MOST_WRAPPED: usize = 8;

/// The help on the screen.
#[derive(Clone, Debug)]
struct State {
    /// What it is for.
    of: Vec<Context>,
    /// The command that shows the same.
    command: Option<String>,
    top: usize,
    /// What is looked for in it.
    sought: Field,
    /// Whether that is being typed.
    types: bool,
}

/// In the list of pages.
pub(super) const PAGE: Entry = Entry { action: Action::Help, context: Context::Help, open };

/// Help for the screen below.
fn open(below: Below) -> Box<dyn Page> {
    Box::new(State { of: below.contexts, command: below.command, top: 0, sought: Field::default(), types: false })
}

impl Page for State {
    fn context(&self) -> Context {
        if self.types { Context::Line } else { Context::Help }
    }

    fn update(&mut self, action: Action, page: usize) {
        // The drawing finds where the end is.
        if let Some(top) = moved(action, self.top, usize::MAX, page) {
            self.top = top;
            return;
        }
        match action {
            Action::Find => self.types = true,
            Action::Open => self.types = false,
            Action::Cancel => {
                (self.top, self.types) = (0, false);
                self.sought = Field::default();
            }
            action => {
                if self.sought.update(action) {
                    self.top = 0;
                }
            }
        }
    }

    fn take_back(&mut self) -> bool {
        let is_sought = !self.sought.text().is_empty();
        if is_sought {
            self.update(Action::Cancel, 0);
        }
        is_sought
    }

    fn type_text(&mut self, text: &str) -> bool {
        if self.types {
            for c in text.chars().filter(|c| !c.is_control()).take(MOST_SOUGHT) {
                self.sought.insert(c);
            }
            self.top = 0;
        }
        self.types
    }

    fn view(&self, given: &Given<'_>, ui: &mut Ui, area: Rect, buffer: &mut Buffer) {
        view(self, given, ui, area, buffer);
    }

    fn drawn(&mut self, drawn: &Drawn) {
        self.top = self.top.min(drawn.page_end);
    }

    fn again(&self) -> Box<dyn Page> {
        Box::new(self.clone())
    }
}

/// One line: a mark or keys, and what they mean.
struct Line {
    left: String,
    right: String,
    meaning: Meaning,
}

/// Draws the help.
fn view(state: &State, given: &Given<'_>, ui: &mut Ui, area: Rect, buffer: &mut Buffer) {
    let Given { keymap, look } = *given;
    let focused = state.of.first().map_or("the timeline", |context| context.focus());
    Pen::new(buffer, area, 0)
        .skip(1)
        .text("help", look.style(Meaning::Title))
        .skip(2)
        .text(focused, look.style(Meaning::Text));
    let sought = state.sought.text();
    if state.types || !sought.is_empty() {
        let mut pen = Pen::new(buffer, area, 1);
        pen.skip(1).text("/", look.style(Meaning::Key)).skip(1).text(sought, look.style(Meaning::Text));
        if state.types {
            pen.text("_", look.style(Meaning::Key));
        }
    } else if let Some(command) = &state.command {
        Pen::new(buffer, area, 1).skip(1).text(&format!("$ {command}"), look.style(Meaning::Muted));
    }
    let list = Rect { y: area.y.saturating_add(2), height: area.height.saturating_sub(2), ..area };
    let mut lines = lines(state, keymap, look);
    if lines.is_empty() {
        let text = format!("no key and no mark has {sought:?} in its help");
        lines.push(Line { left: text, right: String::new(), meaning: Meaning::Muted });
    }
    let height = usize::from(list.height).max(1);
    // A column of help is read easily up to about 60; more columns instead of a longer line.
    let columns = usize::from((area.width / 62).clamp(1, 3));
    let width = area.width / u16::try_from(columns).unwrap_or(1);
    let left = if width > 50 { 16 } else { 12 };
    let lines = wrapped(lines, left, usize::from(width.saturating_sub(1)));
    let per_column = lines.len().div_ceil(columns).max(1);
    ui.page = height;
    ui.page_end = per_column.saturating_sub(height);
    let top = state.top.min(ui.page_end);
    for (column, lines) in (0u16..).zip(lines.chunks(per_column)) {
        let part = Rect { x: list.x + column * width, width: width.saturating_sub(1), ..list };
        for (row, line) in (0..part.height).zip(lines.iter().skip(top)) {
            let mut pen = Pen::new(buffer, part, row);
            if line.right.is_empty() && line.meaning != Meaning::Key {
                pen.skip(1).text(&line.left, look.style(Meaning::Title));
                continue;
            }
            pen.skip(1).cell(&line.left, left, look.style(line.meaning)).skip(1);
            pen.text(&line.right, look.style(Meaning::Text));
        }
    }
}

/// The same in lines of one width: neither keys nor what they do are cut.
fn wrapped(lines: Vec<Line>, left: usize, width: usize) -> Vec<Line> {
    let mut all = Vec::with_capacity(lines.len());
    for line in lines {
        if line.right.is_empty() {
            all.push(line);
            continue;
        }
        let keys = fit::wrap(&line.left, left, MOST_WRAPPED);
        let words = fit::wrap(&line.right, width.saturating_sub(left + 2).max(1), MOST_WRAPPED);
        let part = |parts: &[String], at: usize| parts.get(at).cloned().unwrap_or_default();
        // Of a head the right side is empty: a line of keys alone is none.
        let meaning = if line.meaning == Meaning::Title { Meaning::Text } else { line.meaning };
        for at in 0..keys.len().max(words.len()) {
            let (left, right) = (part(&keys, at), part(&words, at));
            let meaning = if right.is_empty() { Meaning::Key } else { meaning };
            all.push(Line { left, right, meaning });
        }
    }
    all
}

/// The lines that have in them what is looked for, under their heads; with nothing looked for,
/// those of the screen alone.
fn lines(state: &State, keymap: &Keymap, look: &Look) -> Vec<Line> {
    let sought = state.sought.text().to_lowercase();
    let mut lines = of(&state.of, keymap, look);
    if sought.is_empty() {
        return lines;
    }
    // What holds everywhere has more keys where nothing is typed.
    let further = |context: &Context| *context == Context::Everywhere || !state.of.contains(context);
    for context in Context::ALL.iter().copied().filter(further) {
        lines.push(Line { left: String::new(), right: String::new(), meaning: Meaning::Text });
        lines.extend(of(&[context], keymap, look));
    }
    let has = |line: &Line| format!("{} {}", line.left, line.right).to_lowercase().contains(&sought);
    let mut found: Vec<Line> = Vec::new();
    let mut head = None;
    for line in lines {
        if line.right.is_empty() {
            head = Some(line).filter(|line| !line.left.is_empty());
        } else if has(&line) {
            // A mark that two screens share stands once.
            if found.iter().any(|other| other.left == line.left && other.right == line.right) {
                continue;
            }
            if let Some(head) = head.take() {
                if !found.is_empty() {
                    found.push(Line { left: String::new(), right: String::new(), meaning: Meaning::Text });
                }
                found.push(head);
            }
            found.push(line);
        }
    }
    found
}

/// Everything about the keys and marks of a screen.
fn of(contexts: &[Context], keymap: &Keymap, look: &Look) -> Vec<Line> {
    let mut lines = Vec::new();
    let head = |lines: &mut Vec<Line>, text: &str| {
        if !lines.is_empty() {
            lines.push(Line { left: String::new(), right: String::new(), meaning: Meaning::Text });
        }
        lines.push(Line { left: text.to_owned(), right: String::new(), meaning: Meaning::Title });
    };
    // What stands on the screen comes before what can be done there.
    if contexts.iter().any(|context| HAVE_MARKS.contains(context)) {
        head(&mut lines, "MARKS");
        lines.extend(marks(contexts.contains(&Context::Player), look));
    }
    let reach = Reach { keymap, contexts };
    for context in contexts {
        let bindings: Vec<Line> = keymap
            .of(*context)
            .filter_map(|binding| {
                let left = keys(binding, &reach, look);
                (!left.is_empty()).then(|| Line { left, right: binding.help.clone(), meaning: Meaning::Key })
            })
            .collect();
        if bindings.is_empty() {
            continue;
        }
        head(&mut lines, context.head());
        lines.extend(bindings);
    }
    if contexts.iter().any(|context| matches!(context, Context::Overview | Context::Search)) {
        head(&mut lines, "WHAT A SEARCH FINDS: PEOPLE WITH (Tab completes)");
        lines.extend(forms(Place::Search));
    }
    if contexts.iter().any(|context| matches!(context, Context::Journey | Context::Line)) {
        head(&mut lines, "WHAT A FILTER KEEPS: ROWS WITH");
        lines.extend(forms(Place::Journey));
    }
    lines
}

/// Screens with marks of rows and ids.
const HAVE_MARKS: [Context; 4] = [Context::Journey, Context::Detail, Context::Identity, Context::Player];

/// Every mark, with its meaning. The player has no lanes: there alias calls stand alone.
fn marks(player: bool, look: &Look) -> Vec<Line> {
    let glyphs = look.glyphs;
    let (text, muted) = (Meaning::Text, Meaning::Muted);
    let bar = format!("{}{}{}", glyphs.refused, glyphs.bar.repeat(2), glyphs.refused_end);
    let join = format!("{}{}{}", glyphs.alias, glyphs.join, glyphs.join_ends[0]);
    let both = |two: [&str; 2]| two.join(" ");
    let times = if look.is_ascii() { "x" } else { "×" };
    let [error, warning, note] =
        [Severity::Error, Severity::Warning, Severity::Note].map(|severity| widgets::severity(severity, look).0);
    let of_rows = [
        (glyphs.anonymous.to_owned(), "a row before the user was known", Meaning::Anonymous),
        (glyphs.identified.to_owned(), "a row from then on", Meaning::Identified),
        (glyphs.identify.to_owned(), "an identify point: the user became known", Meaning::Identify),
        (glyphs.split.to_owned(), "a split row: it arrived before its alias", Meaning::Split),
        (glyphs.orphan.to_owned(), "a row of an orphan: no alias can join it", Meaning::Orphan),
        (glyphs.duplicate.to_owned(), "an alias call whose alias leads there already", muted),
    ];
    let of_player = [
        (glyphs.alias.to_owned(), "an alias call that is in the lookup table", Meaning::Alias),
        (glyphs.refused.to_owned(), "an alias call that is refused", Meaning::Refused),
        (glyphs.cursor.to_owned(), "of an SDK: changed by this call", Meaning::Match),
        ("+".to_owned(), "new at this moment", Meaning::Match),
        ("~".to_owned(), "was there, and has another place now, or other than in the original", Meaning::Match),
        ("-".to_owned(), "only in the original", Meaning::Match),
    ];
    let of_lanes = [
        (join, "an accepted alias: its lane joins the user's", Meaning::Alias),
        (bar, "a refused alias: it joins nothing", Meaning::Refused),
        (glyphs.reset.to_owned(), "a reset; no row says it, it is inferred", Meaning::Reset),
        (both([glyphs.lane, glyphs.lane_here[0]]), "a lane whose rows count for the user; that of this row", muted),
        (both([glyphs.lane_unmerged, glyphs.lane_here[1]]), "a lane whose rows do not; that of this row", muted),
        (glyphs.cursor.to_owned(), "this row", Meaning::Key),
        (glyphs.depends.to_owned(), "the alias call that this row depends on", text),
        (glyphs.found.to_owned(), "a row that was found", text),
        (glyphs.marked.to_owned(), "a marked row", text),
        (glyphs.corner.to_owned(), "belongs to the row above", text),
        (format!("{times} 3"), "three rows of one event, folded", text),
        (format!("{times}2"), "a row that was delivered twice", text),
        (both(glyphs.folds), "a value that is unfolded, and one that is folded", text),
        (format!("{error} {warning} {note}"), "a finding: an error, a warning, a note", Meaning::Warn),
    ];
    let mut lines: Vec<Line> = Vec::new();
    let mut add = |list: Vec<(String, &str, Meaning)>| {
        lines.extend(list.into_iter().map(|(left, right, meaning)| Line { left, right: right.to_owned(), meaning }));
    };
    add(of_rows.into());
    add(if player { of_player.into() } else { of_lanes.into() });
    lines
}

/// What can be written in a search or a filter.
fn forms(place: Place) -> impl Iterator<Item = Line> {
    FORMS.iter().filter(move |form| form.is_for(place)).map(|form| Line {
        left: form.written.to_owned(),
        right: form.meaning.to_owned(),
        meaning: Meaning::Key,
    })
}

/// Which bindings reach a key where contexts lie over each other.
#[derive(Clone, Copy)]
pub(in crate::tui) struct Reach<'a> {
    pub(in crate::tui) keymap: &'a Keymap,
    /// The first one has the say.
    pub(in crate::tui) contexts: &'a [Context],
}

impl Reach<'_> {
    /// Whether pressing `keys` does what `binding` says.
    fn reaches(&self, binding: &Binding, keys: &[Key]) -> bool {
        let types = Context::takes_text(self.contexts) && keys.first().is_some_and(|key| key.typed().is_some());
        if types && binding.context != Context::Overview {
            return false;
        }
        self.contexts
            .iter()
            .take_while(|context| **context != binding.context)
            .all(|context| self.keymap.resolve(&[*context], keys) == Resolved::Nothing)
    }
}

/// The keys of a binding, as they are pressed; those that another context has are left out.
pub(in crate::tui) fn keys(binding: &Binding, reach: &Reach<'_>, look: &Look) -> String {
    let mut names: Vec<String> = binding
        .keys
        .iter()
        .filter(|keys| reach.reaches(binding, keys))
        .map(|keys| pictured(&sequence(keys), look).replace(' ', ""))
        .collect();
    let digits = names.iter().filter(|name| name.len() == 1 && name.as_bytes().iter().all(u8::is_ascii_digit)).count();
    if digits == 10 {
        names = vec!["0-9".to_owned()];
    }
    fit::end(&names.join(" "), 24)
}

/// Arrow keys as arrows.
fn pictured(name: &str, look: &Look) -> String {
    let [up, down, left, right] = look.glyphs.arrows;
    match name {
        "Up" => up.to_owned(),
        "Down" => down.to_owned(),
        "Left" => left.to_owned(),
        "Right" => right.to_owned(),
        name => name.to_owned(),
    }
}
