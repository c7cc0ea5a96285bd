//! What is said of the line with the cursor: the row and why, or what the SDK of the device remembers.

use super::board::What;
use super::device::{Device, Since, clock};
use super::{Focus, State};
use crate::model::Id;
use crate::tui::fit;
use crate::tui::theme::{Look, Meaning};
use crate::tui::worker::Fate;

/// Super properties that are named.
const MOST_SUPERS: usize = 8;

type Lines = Vec<(String, Meaning)>;

/// The lines, the head first.
pub(super) fn lines(state: &State, look: &Look) -> Lines {
    if state.focus == Focus::Devices {
        return state
            .chosen()
            .and_then(|number| state.board.device(number))
            .map_or_else(Vec::new, |device| remembered(state, device, look));
    }
    let Some(line) = state.board.line(state.at()) else { return Vec::new() };
    match &line.what {
        What::Row(row) => {
            let Some(device) = state.board.device(row.device) else { return Vec::new() };
            let mut lines =
                vec![(format!("device {} {} {}", device.number, look.glyphs.dot, device.name()), Meaning::Title)];
            let id = row.id.as_ref().map_or("nothing", Id::as_str);
            lines.push((format!("sent as      {}", fit::middle(id, 60)), Meaning::Text));
            let meaning = match state.board.fate(row) {
                Some((Some(Fate::Refused(_)), _)) => Meaning::Refused,
                Some((Some(Fate::Split | Fate::Orphan), _)) => Meaning::Warn,
                _ => Meaning::Text,
            };
            let because = state.board.fate(row).map_or_else(|| "not checked yet".to_owned(), |(_, text)| text);
            lines.push((format!("because      {because}"), meaning));
            lines.push((format!("user         {}", state.known_as(device)), Meaning::Text));
            lines.push((format!("stands in    {}:{}", row.place.0, row.place.1), Meaning::Muted));
            lines
        }
        What::Trouble(trouble) => vec![
            (format!("{} answered with {}", trouble.request, trouble.status), Meaning::Title),
            (trouble.why.clone(), Meaning::Bad),
            (
                format!(
                    "{} in it, {} refused; refused rows are kept as rejects",
                    fit::counted(trouble.rows, "row"),
                    trouble.refused
                ),
                Meaning::Muted,
            ),
        ],
        What::Clock(number, ahead) => vec![
            (format!("the clock of device {number}"), Meaning::Title),
            (clock(*ahead), Meaning::Warn),
            ("a journey is in order of these times; arrival decides whose rows are".to_owned(), Meaning::Muted),
        ],
        What::Mark(_) => Vec::new(),
    }
}

/// What the SDK of a device remembers, as its rows say.
fn remembered(state: &State, device: &Device, look: &Look) -> Lines {
    let dot = look.glyphs.dot;
    let since = |known: &Since<Id>| {
        format!(
            "{}  since row {}, {}",
            fit::middle(known.value.as_str(), 44),
            fit::count(known.row),
            look.zone.clock(known.at, 12)
        )
    };
    let head = format!("device {} {dot} what its SDK remembers, from what it sent", device.number);
    let mut lines = vec![(head, Meaning::Title)];
    // A call that is longer than the column keeps its distance.
    let mut add = |name: &str, text: String, meaning: Meaning| {
        let pad = 13_usize.saturating_sub(fit::width(name)).max(2);
        lines.push((format!("{name}{:pad$}{text}", ""), meaning));
    };
    if let Some(known) = &device.sends_as {
        let name = if device.is_server { "last sent as" } else { "distinct_id" };
        add(name, since(known), Meaning::Text);
    }
    if !device.is_server {
        add("$user_id", device.user.as_ref().map_or("none".to_owned(), since), Meaning::Text);
    }
    if let Some(known) = &device.own_id {
        add("$device_id", since(known), Meaning::Text);
    }
    if let Some(known) = &device.identified {
        add("identified", since(known), Meaning::Text);
    }
    if let Some(known) = &device.aliased {
        let (alias, target) = &known.value;
        let text =
            format!("{} {} {}, row {}", alias.as_str(), look.glyphs.arrow, target.as_str(), fit::count(known.row));
        add("alias asked", text, Meaning::Text);
    }
    let shared: Vec<String> = device
        .supers
        .iter()
        .filter(|known| known.is_shared)
        .take(MOST_SUPERS)
        .map(|known| format!("{}={} (row {})", known.name, known.value, fit::count(known.row)))
        .collect();
    if !shared.is_empty() {
        add("super", shared.join("  "), Meaning::Text);
    }
    if let Some(queue) = device.queue().filter(|_| !device.is_server) {
        add("queue", queue, Meaning::Text);
    }
    if let Some(ahead) = device.clock() {
        add("clock", clock(ahead), Meaning::Warn);
    }
    let rows = format!(
        "{} {dot} {} to {}",
        fit::counted(device.rows, "row"),
        look.zone.clock(device.first, 12),
        look.zone.clock(device.last, 12)
    );
    add("known as", state.known_as(device), Meaning::Text);
    add("rows", rows, Meaning::Muted);
    for (call, what, meaning) in next(state, device) {
        add(&call, what, meaning);
    }
    lines
}

/// What a call on a device would do now, by how its ids stand. Nothing of a server: it names an id with each call.
fn next(state: &State, device: &Device) -> Vec<(String, String, Meaning)> {
    let Some(known) = device.sends_as.as_ref().filter(|_| !device.is_server) else { return Vec::new() };
    let (id, shown) = (&known.value, fit::middle(known.value.as_str(), 30));
    let standing = |id: &Id| state.board.standing(id);
    let root_of = |id: &Id| standing(id).and_then(|standing| standing.root.clone()).unwrap_or_else(|| id.clone());
    let root = root_of(id);
    let orphan_of = standing(id).and_then(|standing| standing.orphan_of.first());
    let (track, meaning) = match orphan_of {
        Some(owner) => {
            (format!("goes out as {shown}, an orphan of {}", fit::middle(owner.as_str(), 30)), Meaning::Warn)
        }
        None if root != *id => {
            (format!("goes out as {shown}, stored under {}", fit::middle(root.as_str(), 30)), Meaning::Text)
        }
        None => (format!("goes out as {shown}"), Meaning::Text),
    };
    let mut calls = vec![("track(…)".to_owned(), track, meaning)];
    let alias = device.aliased.as_ref().map(|known| &known.value.0).filter(|alias| root_of(alias) != **alias);
    if let Some(alias) = alias {
        let leads = root_of(alias);
        let to = fit::middle(leads.as_str(), 30);
        let (what, meaning) = if leads == root {
            (format!("does nothing more: it leads to {to} already"), Meaning::Text)
        } else {
            (format!("is refused: it leads to {to} already"), Meaning::Refused)
        };
        calls.push((format!("alias({})", fit::middle(alias.as_str(), 20)), what, meaning));
    }
    let rows = fit::counted(device.rows, "row");
    calls.push(("reset()".to_owned(), format!("a new id; {rows} of this device so far"), Meaning::Muted));
    calls
}
