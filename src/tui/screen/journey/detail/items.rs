//! What is said of the selected row, one thing after the other.

use std::collections::HashSet;
use std::fmt::Write as _;

use crate::identity::naming::Letters;
use crate::identity::{AliasLine, Orphan, Point, Reason, Step, Verdict};
use crate::inspect::Clocks;
use crate::inspect::filter::{quoted, quoted_name};
use crate::model::facts::{Event, Source};
use crate::model::text::event_name;
use crate::model::{Flags, Millis};
use crate::tui::fit;
use crate::tui::theme::{Look, Meaning};
use crate::tui::when::{self, Zone};
use crate::tui::widgets::severity;
use crate::tui::words::{place, visible_id};

use super::super::State;
use super::Properties;
use super::tree::{Change, Node, Owner, changes, owner};
use crate::tui::timeline::sift::Found;
use crate::tui::timeline::{Entry, event};

/// Characters of a value that stand on one line; a longer one is folded.
const LONG: usize = 200;

/// Characters of it that are shown then.
const SHOWN: usize = 60;

/// Values that are listed of a property.
const LISTED: usize = 200;

/// Columns of the bar of the most frequent one.
const BAR: u64 = 20;

/// What a line is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// To be read.
    Read,
    /// The head of a group.
    Head,
    /// It can be folded: the path of the value.
    Fold(String),
    /// A condition that keeps the rows with this value.
    Narrow(String),
    /// The row at a place of the input.
    Go(Source),
}

/// One thing that is said.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) label: String,
    pub(super) text: String,
    pub(super) meaning: Meaning,
    pub(super) uses: Use,
    pub(super) property: Option<Property>,
    /// The whole value, for copying.
    pub(super) value: Option<String>,
    /// The path of the value that it is inside of.
    pub(super) inside: Option<String>,
}

/// The property that an item is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Property {
    /// Its name, or names with dots.
    pub(super) name: String,
    /// The condition for its value; some values none can name.
    pub(super) condition: Option<String>,
}

/// Everything that is said, in order.
pub(super) struct Items<'a> {
    pub(super) list: Vec<Item>,
    look: &'a Look,
    proofs: usize,
    open: &'a HashSet<String>,
    state: &'a State,
}

impl<'a> Items<'a> {
    /// Of the selected row.
    pub(super) fn of(state: &'a State, look: &'a Look) -> Self {
        let mut items = Self { list: Vec::new(), look, proofs: 0, open: &state.detail.open, state };
        items.values(state);
        let Some(row) = state.row().copied() else { return items };
        items.pinned(state);
        let journey = state.journey.as_ref();
        let call = state.timeline.call_of(journey, row.entry).and_then(|call| journey.aliases.get(call));
        match row.entry {
            Entry::Step(at) => {
                let Some(step) = journey.steps.get(at as usize) else { return items };
                items.proof("why", &journey.why(step), Meaning::Text);
                if let Some(call) = call {
                    // The sentence of a call's row tells that of the call.
                    items.alias(call, !matches!(step.reason, Reason::Call { .. }));
                } else if let Reason::Through { call, .. } | Reason::Before { call } = step.reason {
                    items.through(journey.aliases.get(call));
                }
                let point = state.timeline.mark(step.event.row).and_then(|point| journey.points.get(point));
                if let Some(point) = point {
                    items.proof(point.kind.name(), &sure(point), Meaning::Identify);
                }
                items.findings(&step.event.source);
                items.row(step);
            }
            Entry::Orphan(at, step_at) => {
                let Some(orphan) = journey.orphans.get(at as usize) else { return items };
                let Some(step) = orphan.steps.get(step_at as usize) else { return items };
                let is_call = matches!(step.reason, Reason::Call { .. });
                if let Some(call) = call {
                    items.alias(call, !is_call);
                }
                items.proof("why", &journey.why(step), Meaning::Orphan);
                if is_call {
                    items.proof("orphan", &orphan.why, Meaning::Orphan);
                }
                items.findings(&step.event.source);
                items.evidence(orphan);
                items.row(step);
            }
            Entry::Reset(at) => {
                let Some(point) = journey.points.get(at as usize) else { return items };
                items.proof("reset", &sure(point), Meaning::Reset);
                items.add("new id", &visible_id(Some(&point.id)), Meaning::Text);
                items.add("time", &look.zone.full(point.time), Meaning::Text);
                items.add("shown by", &place(&point.source), Meaning::Text);
                items.go(&point.source);
            }
            Entry::Call(at) => {
                let Some(call) = journey.aliases.get(at as usize) else { return items };
                items.alias(call, true);
                items.findings(&call.source);
                items.times(call.time, call.arrived);
                items.add("source", &place(&call.source), Meaning::Text);
            }
        }
        items.properties(state);
        items
    }

    fn push(&mut self, label: String, text: String, meaning: Meaning, uses: Use) {
        self.list.push(Item { label, text, meaning, uses, property: None, value: None, inside: None });
    }

    fn add(&mut self, label: &str, text: &str, meaning: Meaning) {
        self.push(label.to_owned(), text.to_owned(), meaning, Use::Read);
        if let Some(item) = self.list.last_mut() {
            item.value = Some(text.to_owned());
        }
    }

    /// One of the numbered reasons.
    fn proof(&mut self, label: &str, text: &str, meaning: Meaning) {
        self.proofs += 1;
        let label = format!("{} {label}", self.proofs);
        self.push(label, Letters::of(&self.state.journey).sentence(text), meaning, Use::Read);
    }

    /// The findings that name the row: what happened, and what to change.
    fn findings(&mut self, source: &Source) {
        let state = self.state;
        for finding in &state.journey.findings {
            let Some(at) = finding.sources.iter().position(|known| known == source) else { continue };
            let (mark, meaning) = severity(finding.severity(), self.look);
            let all = finding.sources.len();
            let nth = if all > 1 { format!(", row {} of {all}", at + 1) } else { String::new() };
            let text = format!("{mark} {}{nth}: {}", finding.code(), finding.what);
            self.proof("finding", &text, meaning);
            self.add("change", finding.advice, Meaning::Text);
        }
    }

    /// The last item leads to a row.
    fn go(&mut self, to: &Source) {
        if let Some(item) = self.list.last_mut() {
            item.uses = Use::Go(to.clone());
        }
    }

    fn head(&mut self, text: &str) {
        self.push(String::new(), text.to_owned(), Meaning::Title, Use::Head);
    }

    /// The call that a row's id leads through.
    fn through(&mut self, call: Option<&AliasLine>) {
        let Some(call) = call else { return };
        let arrow = self.look.glyphs.arrow;
        let pair = format!("{} {arrow} {}", visible_id(call.alias.as_ref()), visible_id(call.target.as_ref()));
        let arrived = call.arrived.map(|at| format!(", arrived {}", self.look.zone.full(at))).unwrap_or_default();
        self.proof("alias", &format!("{pair}, accepted{arrived} ({})", place(&call.source)), Meaning::Alias);
        self.go(&call.source);
    }

    fn alias(&mut self, call: &AliasLine, why: bool) {
        let arrow = self.look.glyphs.arrow;
        let asked = format!("{} {arrow} {}", visible_id(call.alias.as_ref()), visible_id(call.target.as_ref()));
        let at = place(&call.source);
        match call.verdict {
            Verdict::Accepted => self.proof("accepted", &format!("{asked} ({at})"), Meaning::Alias),
            Verdict::Duplicate => self.proof("duplicate", &format!("{asked} ({at})"), Meaning::Muted),
            Verdict::Refused(refusal) => {
                let name = refusal.name().replace('_', " ");
                self.proof("refused", &format!("{name}: {asked} ({at})"), Meaning::Refused);
            }
        }
        if why {
            self.push(String::new(), call.why.clone(), Meaning::Text, Use::Read);
        }
        if let Some(kept) = &call.kept {
            let by = call.kept_by.as_ref().map(|by| format!(" ({})", place(by))).unwrap_or_default();
            let kept = format!("{} {arrow} {}{by}", visible_id(call.alias.as_ref()), visible_id(Some(kept)));
            self.proof("kept", &kept, Meaning::Text);
            if let Some(by) = &call.kept_by {
                self.go(by);
            }
        }
    }

    fn evidence(&mut self, orphan: &Orphan) {
        for evidence in &orphan.evidence {
            // The sentence names the row; how many there are like it, it does not.
            let rows = if evidence.rows > 1 { format!(" ({} rows)", fit::count(evidence.rows)) } else { String::new() };
            let text = format!("{}{rows}", evidence.why);
            self.proof(evidence.kind.strength().name(), &text, Meaning::Text);
            self.go(&evidence.source);
        }
        if orphan.contested {
            let journey = &self.state.journey;
            let owners: Vec<String> =
                orphan.owners.iter().map(|owner| fit::middle(journey.name_of(owner), 80)).collect();
            self.add("contested", &format!("also tied to {}", owners.join(", ")), Meaning::Warn);
        }
    }

    fn row(&mut self, step: &Step) {
        let event = &step.event;
        let sent = visible_id(event.id.as_ref());
        let stored = if event.id.as_ref() == Some(&step.stored_under) {
            format!("{sent}, sent and stored")
        } else {
            format!("sent as {sent}, stored under {}", visible_id(Some(&step.stored_under)))
        };
        self.add("id", &stored, Meaning::Text);
        if let (Some(item), Some(id)) = (self.list.last_mut(), &event.id) {
            item.value = Some(id.as_str().to_owned());
            item.uses = Use::Narrow(format!("id={}", quoted(id.as_str())));
        }
        if event.flags.has(Flags::TIME_FROM_ARRIVAL) {
            let text = format!("{} {} the time of its arrival", self.look.zone.full(event.time), self.look.glyphs.dot);
            self.add("time", &text, Meaning::Text);
        } else {
            self.times(event.time, event.arrival_known().then_some(event.arrived));
        }
        self.add("source", &place(&event.source), Meaning::Text);
        if let Some(item) = self.list.last_mut() {
            item.value = Some(format!("{}:{}", event.source.file, event.source.line));
        }
        if !step.copies.is_empty() {
            let copies: Vec<String> = step.copies.iter().take(8).map(place).collect();
            let more = step.copies.len().saturating_sub(8);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            self.add("copies", &format!("{}{more}", copies.join(", ")), Meaning::Text);
        }
        for said in flags(event) {
            self.add("note", said, Meaning::Warn);
        }
        let mut known = Vec::new();
        if let Some(device) = &event.device {
            known.push(format!("device {}", visible_id(Some(device))));
        }
        if let Some(user) = &event.user {
            known.push(format!("user {}", visible_id(Some(user))));
        }
        if let Some(client) = &event.client {
            known.push(client.as_str().to_owned());
        }
        if !known.is_empty() {
            self.add("sent by", &known.join(&format!(" {} ", self.look.glyphs.dot)), Meaning::Text);
        }
        let name = event_name(&event.event);
        self.add("event", &fit::end(name, 400), Meaning::Text);
        if let Some(item) = self.list.last_mut() {
            item.value = Some(event.event.to_string());
            item.uses = Use::Narrow(format!("event={}", quoted(&event.event)));
        }
    }

    /// Time and arrival; the date of the arrival only where it is another one.
    fn times(&mut self, time: Millis, arrived: Option<Millis>) {
        let zone = self.look.zone;
        let arrival = match arrived {
            Some(arrived) => {
                let late = arrived.saturating_sub(time);
                let late = if late < 0 {
                    format!("{} before its time", when::span(late.saturating_neg()))
                } else {
                    format!("{} later", when::span(late))
                };
                let same_day = zone.day(time) == zone.day(arrived);
                let moment = if same_day { zone.clock(arrived, 12) } else { zone.full(arrived) };
                format!("arrived {moment}, {late}")
            }
            None => "no arrival time: the order of the file is used".to_owned(),
        };
        let dot = self.look.glyphs.dot;
        self.add("time", &format!("{} {dot} {arrival}", zone.full(time)), Meaning::Text);
    }

    /// Properties by who sets them, what has changed, and the text as it is stored.
    fn properties(&mut self, state: &State) {
        let Some(row) = state.selected_row() else { return };
        let properties = match state.properties_of(row) {
            Some(Ok(properties)) => properties,
            Some(Err(failure)) => {
                self.add("properties", &failure.what, Meaning::Bad);
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
    fn pinned(&mut self, state: &State) {
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

    fn sign(&self, is_open: bool) -> &'static str {
        let [open, closed] = self.look.glyphs.folds;
        if is_open { open } else { closed }
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
    fn values(&mut self, state: &State) {
        let Some(values) = &state.values else { return };
        let name = values.name();
        let all = fit::counted(state.timeline.rows().len() as u64, "row");
        let mut head = format!("values of {name} over {all}");
        if let Some((read, _)) = values.progress() {
            let _ = write!(head, ", {} read{}", fit::count(read as u64), fit::CUT);
        }
        self.head(&head);
        if let Some(failure) = values.failed() {
            self.push(String::new(), failure.what.clone(), Meaning::Bad, Use::Read);
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

/// What a row says of itself and [`crate::identity::Journey::why`] does not.
fn flags(event: &Event) -> impl Iterator<Item = &'static str> {
    [
        (Flags::ID_NOT_TEXT, "the distinct_id was a number or boolean"),
        (Flags::HAD_PERSISTED, "$had_persisted_distinct_id: the device id may be an old user id"),
        (Flags::ID_UNUSABLE, "its distinct_id is a placeholder"),
    ]
    .into_iter()
    .filter(|(flag, _)| event.flags.has(*flag))
    .map(|(_, text)| text)
}

fn sure(point: &Point) -> String {
    if point.inferred { format!("{} (inferred)", point.why) } else { point.why.clone() }
}
