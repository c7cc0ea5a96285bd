//! The selected line, whole: the decision, what it rests on, and what Enter does.

use std::fmt::Write;

use crate::identity::naming::Letters;
use crate::identity::register::{Call, Entry};
use crate::identity::{Evidence, Journey, Register, Role};
use crate::tui::fit;
use crate::tui::theme::Look;
use crate::tui::when;
use crate::tui::words::{place, visible_id};

use super::{Line, Panel};

/// What stands at the bottom for a line.
pub(super) fn sentence(line: Line, of: &Panel<'_>, look: &Look) -> String {
    let journey = of.journey.as_ref();
    let register = of.timeline.register();
    let sentence = match line {
        Line::Call(at) => register.calls.get(at).and_then(|call| self::call(journey, *call, look)),
        Line::Table(at) => register.table.get(at).and_then(|entry| table(journey, register, entry, look)),
        Line::Member(at) => member(journey, at, look),
        Line::Device(at) => register.devices.get(at).map(|device| {
            let ids: Vec<String> = device.ids.iter().take(6).map(|id| visible_id(Some(id))).collect();
            let more = device.ids.len().saturating_sub(6);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let orphaned = if device.orphaned > 0 {
                format!(", and {} of orphans", fit::counted(device.orphaned, "row"))
            } else {
                String::new()
            };
            format!(
                "{} of this user name the device {}{orphaned}; they were sent as {}{more}. One device is not one person.",
                fit::counted(device.rows, "row"),
                visible_id(Some(&device.id)),
                ids.join(", ")
            )
        }),
        Line::Orphan(at) => journey.orphans.get(at).map(|orphan| {
            let others = orphan.ids.len().saturating_sub(1);
            let others = if others > 0 { format!(" It has {}.", fit::counted(others as u64, "other id")) } else { String::new() };
            let counted = if orphan.contested || orphan.strength == crate::identity::Strength::Weak {
                " Its rows count for no user."
            } else {
                " Its rows are counted as missing, never as this user's."
            };
            format!("{}{others}{counted} Enter opens its page.", orphan.why)
        }),
        Line::Evidence(at, piece) => journey.orphans.get(at).and_then(|orphan| Some(piece_of(orphan.evidence.get(piece)?, look))),
        Line::Claim(at, owner) => journey.orphans.get(at).and_then(|orphan| {
            let claims = orphan.owners.get(owner)?;
            Some(format!(
                "Evidence as good ties {} to {}: the rows cannot be both's, so they count for neither. Enter opens that page.",
                visible_id(Some(&orphan.id)),
                fit::middle(journey.name_of(claims), 80)
            ))
        }),
        Line::Owner(at) => journey.orphan_of.get(at).map(|owner| {
            format!("Evidence ties these rows to {}; no alias joins the two. Enter opens that page.", fit::middle(journey.name_of(&owner.root), 80))
        }),
        Line::OwnerEvidence(at, piece) => {
            journey.orphan_of.get(at).and_then(|owner| Some(piece_of(owner.evidence.get(piece)?, look)))
        }
        Line::Neighbour(at) => {
            journey.neighbours.get(at).map(|neighbour| format!("{}  ({})", neighbour.why, place(&neighbour.source)))
        }
        Line::Mention(at) => journey.mentions.get(at).map(|mention| format!("{}  ({})", mention.why, place(&mention.source))),
        Line::Finding(at) | Line::Advice(at) => journey.findings.get(at).map(|finding| {
            let places: Vec<String> = finding.sources.iter().take(3).map(place).collect();
            let more = finding.sources.len().saturating_sub(places.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("{} {}  ({}{more})", finding.what, finding.advice, places.join(", "))
        }),
        Line::Note(at) => journey.notes.get(at).cloned(),
        Line::Cut(at) => journey.cuts.get(at).map(|cut| cut.what.clone()),
        Line::Space | Line::Head(..) | Line::Empty(_) => None,
        other => super::person::sentence(other, of, look),
    };
    Letters::of(journey).sentence(&sentence.unwrap_or_default())
}

fn call(journey: &Journey, call: Call, look: &Look) -> Option<String> {
    Some(match call {
        Call::Alias(at) => {
            let line = journey.aliases.get(at)?;
            let mut text = format!("{}  ({})", line.why, place(&line.source));
            match line.arrived {
                Some(arrived) => {
                    let _ =
                        write!(text, " Called {}, arrived {}.", look.zone.full(line.time), after(line.time, arrived));
                }
                None => text.push_str(" No field says when it arrived: the order of the file is used."),
            }
            text
        }
        Call::Point(at) => {
            let point = journey.points.get(at)?;
            let inferred = if point.inferred { " No row says so: it is inferred." } else { "" };
            format!("{}{inferred}", point.why)
        }
    })
}

/// `0.8 s later`.
fn after(time: i64, arrived: i64) -> String {
    let late = arrived.saturating_sub(time);
    if (0..100).contains(&late) {
        "at once".to_owned()
    } else if late < 0 {
        format!("{} before that", when::span(late.saturating_neg()))
    } else {
        format!("{} later", when::span(late))
    }
}

fn table(journey: &Journey, register: &Register, entry: &Entry, look: &Look) -> Option<String> {
    let line = journey.aliases.get(entry.call)?;
    let chain: Vec<String> = register.chain(entry).map(|id| visible_id(Some(id))).collect();
    let since = if line.from_table {
        "from the given table".to_owned()
    } else {
        format!("since {}", look.zone.full(line.order))
    };
    Some(format!(
        "{} {since}: what arrives as {} is stored under {}, {} away. {} so far. An entry never changes: the first mapping wins.  ({})",
        chain.join(&format!(" {} ", look.glyphs.arrow)),
        chain.first()?,
        chain.last()?,
        fit::counted(entry.hops as u64, "hop"),
        fit::counted(entry.through, "row"),
        place(&line.source)
    ))
}

fn member(journey: &Journey, at: usize, look: &Look) -> Option<String> {
    let member = journey.ids.get(at)?;
    let what = match member.role {
        Role::Root => "the root: the data is stored under it",
        Role::Alias => "an accepted alias",
    };
    let known = if member.anonymous { "; nothing shows that it names a known person" } else { "" };
    let span = match (member.first, member.last) {
        (Some(first), Some(last)) => format!(
            " {} sent under it, {} to {}.",
            fit::counted(member.events, "row"),
            look.zone.full(first),
            look.zone.full(last)
        ),
        _ => " No row was sent under it.".to_owned(),
    };
    Some(format!("{} is {what}{known}.{span}", visible_id(Some(&member.id))))
}

fn piece_of(evidence: &Evidence, look: &Look) -> String {
    let strength = match evidence.kind.strength() {
        crate::identity::Strength::Proof => "Proof: one client state went from the one id to the other.",
        crate::identity::Strength::Strong => "Strong: one device, not necessarily one person.",
        crate::identity::Strength::Weak => "A weak hint.",
    };
    format!("{} {strength} ({}, {})", evidence.why, place(&evidence.source), look.zone.full(evidence.time))
}
