//! What the selected row says: its properties, what changed in them, and how often each value is there.

use std::fmt::Write as _;

use super::super::super::State;
use super::super::Properties;
use super::super::tree::{Change, Node, Owner, changes, owner};
use super::{Item, Items, Property, Use};
use crate::inspect::Clocks;
use crate::inspect::filter::{quoted, quoted_name};
use crate::model::Millis;
use crate::model::text::event_name;
use crate::tui::fit;
use crate::tui::theme::Meaning;
use crate::tui::timeline::event;
use crate::tui::timeline::sift::Found;
use crate::tui::when::Zone;
use crate::tui::words::failed;

/// Characters of a value that stand on one line; a longer one is folded.
const LONG: usize = 200;

/// Characters of it that are shown then.
const SHOWN: usize = 60;

/// Values that are listed of a property.
const LISTED: usize = 200;

/// Columns of the bar of the most frequent one.
const BAR: u64 = 20;

impl Items<'_> {
    /// Properties by who sets them, what has changed, and the text as it is stored.
    pub(super) fn properties(&mut self, state: &State) {
        let Some(row) = state.selected_row() else { return };
        let properties = match state.properties_of(row) {
            Some(Ok(properties)) => properties,
            Some(Err(failure)) => {
                let (what, meaning) = failed(failure);
                self.add("properties", &what, meaning);
                return;
            }
            None if state.row().is_some_and(|row| event(&state.journey, row.entry).is_some()) => {
                self.add("properties", "…", Meaning::Muted);
                return;
            }
            None => return,
        };
        if let Some(event) = state.row().and_then(|row| event(&state.journey, row.entry)) {
            self.clocks(&properties.json, event.time);
        }
        let root = &properties.tree;
        for (who, name) in [(Owner::Yours, "yours"), (Owner::Sdk, "the SDK's"), (Owner::Server, "the server's")] {
            let members: Vec<&(String, Node)> = root.members.iter().filter(|(name, _)| owner(name) == who).collect();
            if members.is_empty() {
                continue;
            }
            let word = if members.len() == 1 { "property" } else { "properties" };
            self.head(&format!("{name}: {} {word}", fit::count(members.len() as u64)));
            for (name, node) in members {
                self.node(&At { path: name, name, around: None, depth: 0 }, node);
            }
        }
        if root.members.is_empty() && properties.json.trim() != "{}" {
            self.add("properties", &properties.json, Meaning::Text);
        }
        self.changed(state, properties);
        self.stored(&properties.json);
    }

    /// A property and, unfolded, what is in it.
    fn node(&mut self, at: &At<'_>, node: &Node) {
        let is_open = self.open.contains(at.path);
        let text = node.text();
        let is_list = !node.members.is_empty();
        let (shown, uses) = if is_list {
            (format!("{} {}", self.sign(is_open), node.folded()), Use::Fold(at.path.to_owned()))
        } else if text.is_empty() {
            ("\"\"".to_owned(), Use::Read)
        } else {
            self.long(&text, at.path)
        };
        // What is inside of a list has no name that a filter knows.
        let (name, condition) = match at.path.split_once('[') {
            Some((list, rest)) if at.depth > 0 => {
                let inside = rest.split_once(']').is_some_and(|(_, rest)| !rest.is_empty());
                let name = if inside { "*".to_owned() } else { quoted_name(list) };
                (list, (!is_list).then(|| format!("prop:{name}={}", quoted(&text))))
            }
            _ if is_list || matches!(node.json.as_str(), "[]" | "{}") => {
                (at.path, Some(format!("prop:{}", quoted_name(at.path))))
            }
            _ => (at.path, Some(format!("prop:{}={}", quoted_name(at.path), quoted(&text)))),
        };
        let property = Property { name: name.to_owned(), condition };
        self.list.push(Item {
            label: format!("{}{}", "  ".repeat(at.depth), at.name),
            text: shown,
            meaning: Meaning::Text,
            uses,
            property: Some(property),
            value: Some(if is_list { node.json.clone() } else { text }),
            inside: at.around.map(str::to_owned),
        });
        if is_open {
            for (member, node) in &node.members {
                let dot = if member.starts_with('[') { "" } else { "." };
                let path = format!("{}{dot}{member}", at.path);
                self.node(&At { path: &path, name: member, around: Some(at.path), depth: at.depth + 1 }, node);
            }
        }
    }

    /// The clocks that the row itself tells of: what the device said, and when the server had it.
    fn clocks(&mut self, json: &str, time: Millis) {
        let clocks = Clocks::of(json);
        let mut parts = Vec::new();
        if let (Some(device), Some(minutes)) = (clocks.device, clocks.offset(time)) {
            let wall = Zone::Utc.full(device);
            let sign = if minutes < 0 { '-' } else { '+' };
            let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
            parts.push(format!("written as {}, UTC{sign}{hours:02}:{minutes:02}", wall.trim_end_matches(" UTC")));
        }
        let clock = |at: Millis| self.look.zone.clock(at, 12);
        parts.extend(clocks.taken.map(|at| format!("taken by the server {}", clock(at))));
        parts.extend(clocks.stored.map(|at| format!("stored {}", clock(at))));
        if !parts.is_empty() {
            self.add("clocks", &parts.join(&format!(" {} ", self.look.glyphs.dot)), Meaning::Text);
        }
    }

    /// The properties that were pinned, before anything else.
    pub(super) fn pinned(&mut self, state: &State) {
        let properties = state.selected_row().and_then(|row| state.properties_of(row));
        for name in &state.pins {
            let node = properties.and_then(Result::ok).and_then(|properties| properties.tree.at_path(name));
            let (text, meaning) = match (node, properties) {
                (Some(node), _) if node.members.is_empty() => (node.text(), Meaning::Key),
                (Some(node), _) => (node.folded(), Meaning::Key),
                (None, Some(_)) => ("(not there)".to_owned(), Meaning::Muted),
                (None, None) => (fit::CUT.to_owned(), Meaning::Muted),
            };
            self.push(name.clone(), text, meaning, Use::Read);
            if let Some(item) = self.list.last_mut() {
                let condition = node
                    .filter(|node| node.members.is_empty())
                    .map(|node| format!("prop:{}={}", quoted_name(name), quoted(&node.text())));
                item.property = Some(Property { name: name.clone(), condition });
                item.value = node.map(|node| if node.members.is_empty() { node.text() } else { node.json.clone() });
            }
        }
    }

    /// A text that is folded when it is long.
    fn long(&self, text: &str, path: &str) -> (String, Use) {
        if text.chars().nth(LONG).is_none() {
            return (text.to_owned(), Use::Read);
        }
        let is_open = self.open.contains(path);
        let shown = if is_open {
            format!("{} {text}", self.sign(true))
        } else {
            let start: String = text.chars().take(SHOWN).collect();
            let count = fit::counted(text.chars().count() as u64, "character");
            format!("{} {start}{} ({count})", self.sign(false), fit::CUT)
        };
        (shown, Use::Fold(path.to_owned()))
    }

    /// The text of the store, to the byte.
    fn stored(&mut self, json: &str) {
        self.head("as it is stored");
        // No property has a path without a name.
        let (shown, uses) = self.long(json, "");
        self.push("JSON".to_owned(), shown, Meaning::Muted, uses);
        if let Some(item) = self.list.last_mut() {
            item.value = Some(json.to_owned());
        }
    }

    fn changed(&mut self, state: &State, now: &Properties) {
        let Some(before) = state.row_index().and_then(|row| state.timeline.before(row)) else { return };
        let Some(before) = state.timeline.row(before).and_then(|row| event(&state.journey, row.entry)) else { return };
        let old = match state.properties_of(before.row) {
            Some(Ok(old)) => old,
            // The detail of that row itself says so.
            Some(Err(_)) => return,
            None => {
                self.head("changed since the row before: not read yet");
                return;
            }
        };
        let what = if before.device.is_some() { "the row before of this device" } else { "the row before of this id" };
        let changes = changes(&old.tree, &now.tree);
        self.head(&format!("changed since {what}: {}", fit::count(changes.len() as u64)));
        let name = event_name(&before.event);
        let dot = self.look.glyphs.dot;
        let moment = self.look.zone.full(before.time);
        self.add("row before", &format!("{moment} {dot} {}", fit::end(name, 80)), Meaning::Text);
        self.go(&before.source);
        if changes.is_empty() {
            self.push(String::new(), "nothing but what always changes".to_owned(), Meaning::Muted, Use::Read);
        }
        let arrow = self.look.glyphs.arrow;
        let short = |node: &Node| match node.text() {
            _ if !node.members.is_empty() => node.folded(),
            text if text.is_empty() => "\"\"".to_owned(),
            text => fit::end(&text, 80),
        };
        for change in changes {
            let (name, text, meaning) = match change {
                Change::New(name, node) => (name, format!("new: {}", short(node)), Meaning::Identified),
                Change::Gone(name, node) => (name, format!("gone: {}", short(node)), Meaning::Orphan),
                Change::Other(name, old, new) => {
                    (name, format!("{} {arrow} {}", short(old), short(new)), Meaning::Warn)
                }
            };
            self.push(name.to_owned(), text, meaning, Use::Read);
            if let Some(item) = self.list.last_mut() {
                item.property = Some(Property { name: name.to_owned(), condition: None });
            }
        }
    }

    /// How often each value of a property is there, if that was asked.
    pub(super) fn values(&mut self, state: &State) {
        let Some(values) = &state.values else { return };
        let name = values.name();
        let all = fit::counted(state.timeline.rows().len() as u64, "row");
        let mut head = format!("values of {name} over {all}");
        if let Some((read, _)) = values.progress() {
            let _ = write!(head, ", {} read{}", fit::count(read as u64), fit::CUT);
        }
        self.head(&head);
        if let Some(failure) = values.failed() {
            let (what, meaning) = failed(failure);
            self.push(String::new(), what, meaning, Use::Read);
        }
        let (list, others) = values.sorted();
        let most = list.first().map_or(1, |(_, count)| *count).max(1);
        let field = quoted_name(name);
        for (value, count) in list.iter().take(LISTED) {
            let wide = usize::try_from(count * BAR / most).unwrap_or(0).max(1);
            let bar = self.look.glyphs.bars[8].repeat(wide);
            let (shown, value, uses) = match value {
                Found::Missing => ("(not there)", None, Use::Narrow(format!("-prop:{field}"))),
                Found::Plain(text) => {
                    let shown = if text.is_empty() { "\"\"" } else { text.as_str() };
                    (shown, Some(text.clone()), Use::Narrow(format!("prop:{field}={}", quoted(text))))
                }
                Found::Nested(json) => (json.as_str(), Some(json.clone()), Use::Read),
            };
            self.push(fit::count(*count), format!("{bar} {}", fit::end(shown, 60)), Meaning::Text, uses);
            if let Some(item) = self.list.last_mut() {
                item.value = value;
            }
        }
        let rest: u64 = list.iter().skip(LISTED).map(|(_, count)| count).sum::<u64>() + others;
        if rest > 0 {
            self.push(fit::count(rest), "with still other values".to_owned(), Meaning::Muted, Use::Read);
        }
        self.head("the row");
    }
}

/// Where a value is.
struct At<'n> {
    path: &'n str,
    name: &'n str,
    /// The path of what it is inside of.
    around: Option<&'n str>,
    depth: usize,
}
