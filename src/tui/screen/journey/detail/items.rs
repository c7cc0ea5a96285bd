//! What is said of the selected row, one thing after the other.

mod properties;

use std::collections::HashSet;

use crate::identity::naming::Letters;
use crate::identity::{AliasLine, Orphan, Point, Reason, Step, Verdict};
use crate::inspect::filter::quoted;
use crate::model::facts::{Event, Source};
use crate::model::text::event_name;
use crate::model::{Flags, Millis};
use crate::tui::fit;
use crate::tui::theme::{Look, Meaning};
use crate::tui::when::{self};
use crate::tui::widgets::severity;
use crate::tui::words::{place, visible_id};

use super::super::State;
use crate::tui::timeline::Entry;

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
                let refusal = journey.exported.as_ref().and_then(|exported| exported.refusal_of(step.event.row));
                if let Some(refusal) = refusal {
                    items.proof("refused", &refusal, Meaning::Warn);
                }
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

    fn sign(&self, is_open: bool) -> &'static str {
        let [open, closed] = self.look.glyphs.folds;
        if is_open { open } else { closed }
    }
}

/// What a row says of itself and [`crate::identity::Journey::why`] does not.
fn flags(event: &Event) -> impl Iterator<Item = &'static str> {
    [
        (Flags::ID_NOT_TEXT, "the distinct_id was a number or boolean"),
        (Flags::HAD_PERSISTED, "$had_persisted_distinct_id: the device id may be an old user id"),
        (Flags::ID_UNUSABLE, "its distinct_id is a placeholder"),
        (
            Flags::ID_MADE,
            "without a distinct_id: its id is made of $user_id or $device_id, as Simplified ID Merge does",
        ),
    ]
    .into_iter()
    .filter(|(flag, _)| event.flags.has(*flag))
    .map(|(_, text)| text)
}

fn sure(point: &Point) -> String {
    if point.inferred { format!("{} (inferred)", point.why) } else { point.why.clone() }
}
