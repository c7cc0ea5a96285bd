//! Histories in the notation of identity.md §7, as facts and as questions to the engine.
//!
//! ```text
//! 1 View(12345)                    at 1 s, arrived at once
//! 3@4.2 AL(sally -> 12345)         $create_alias, happened at 3 s, arrived at 4.2 s
//! 50 ID(sally <= P-1)              $identify, distinct_id sally, $anon_distinct_id P-1
//! 51 MERGE(a, b)                   $merge
//! 60 Buy(sally) +sally,d-1         with $user_id and $device_id; `+,d-1` has no user
//! 61 Buy(sally) on web · Linux     with a client
//! ```

use journey::identity::{Facts, Journey, LEGACY, Split, State, Step, Verdict, resolve};
use journey::inspect::rows::facts_of;
pub(crate) use journey::inspect::rows::facts_of as facts_of_files;
use journey::model::row::{CREATE_ALIAS, IDENTIFY, MERGE};
use journey::model::{Client, Flags, Id, Row, Verb};

/// A history as rows in order of arrival, all of them of one file.
pub(crate) struct Story {
    pub(crate) rows: Vec<Row>,
}

impl Story {
    /// Reads the notation above; rows are put in order of arrival, ties in order of writing.
    pub(crate) fn new(text: &str) -> Self {
        let mut rows: Vec<Row> =
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).map(row).collect();
        rows.sort_by_key(|row| row.arrival);
        for (line, row) in (1..).zip(&mut rows) {
            row.line = line;
        }
        Self { rows }
    }

    pub(crate) fn facts(&self) -> Facts {
        facts(&self.rows)
    }

    pub(crate) fn journey(&self, query: &str) -> Journey {
        resolve(&self.facts(), &Id::new(query), LEGACY).unwrap_or_else(|| panic!("{query} is nowhere"))
    }

    pub(crate) fn journey_by(&self, rules: &str, query: &str) -> Journey {
        let rules = journey::identity::named(rules).unwrap_or_else(|| panic!("no rules {rules}"));
        resolve(&self.facts(), &Id::new(query), rules).unwrap_or_else(|| panic!("{query} is nowhere"))
    }

    /// Names of the rows of the user under a rule set, without verbs.
    pub(crate) fn rows_by(&self, rules: &str, query: &str) -> String {
        names(self.journey_by(rules, query).steps.iter())
    }

    /// `G1 -> u1 accepted`; several by `;`.
    pub(crate) fn calls_by(&self, rules: &str, query: &str) -> String {
        calls(&self.journey_by(rules, query))
    }

    /// Names of the merged rows, without verbs.
    pub(crate) fn merged(&self, query: &str) -> String {
        let journey = self.journey(query);
        names(journey.steps.iter().filter(|step| step.state == State::Merged))
    }

    /// Names of the split rows with their kind, without verbs.
    pub(crate) fn split(&self, query: &str) -> String {
        let journey = self.journey(query);
        let kind = |step: &Step| match step.state {
            State::Split(Split::Race) => " race",
            State::Split(Split::History) => " history",
            State::Merged => "",
        };
        let rows = journey.steps.iter().filter(|step| step.state != State::Merged && !step.event.verb.is_about_ids());
        rows.map(|step| format!("{}{}", step.event.event, kind(step))).collect::<Vec<_>>().join(", ")
    }

    /// `P-1: AppOpen, AppBuy (proof)`; several by `;`.
    pub(crate) fn orphans(&self, query: &str) -> String {
        let journey = self.journey(query);
        let tell = |orphan: &journey::identity::Orphan| {
            let contested = if orphan.contested { ", contested" } else { "" };
            format!("{}: {} ({}{contested})", orphan.id.as_str(), names(orphan.steps.iter()), orphan.strength.name())
        };
        journey.orphans.iter().map(tell).collect::<Vec<_>>().join("; ")
    }

    /// `sally -> 12345 accepted`; several by `;`.
    pub(crate) fn calls(&self, query: &str) -> String {
        calls(&self.journey(query))
    }

    /// Codes of the findings.
    pub(crate) fn findings(&self, query: &str) -> String {
        self.journey(query).findings.iter().map(journey::identity::Finding::code).collect::<Vec<_>>().join(", ")
    }

    /// `alias sally@2, login sally@50`.
    pub(crate) fn points(&self, query: &str) -> String {
        let journey = self.journey(query);
        let points = journey
            .points
            .iter()
            .map(|point| format!("{} {}@{}", point.kind.name(), point.id.as_str(), point.time / 1000));
        points.collect::<Vec<_>>().join(", ")
    }
}

fn names<'a>(steps: impl Iterator<Item = &'a Step>) -> String {
    let names = steps.filter(|step| !step.event.verb.is_about_ids()).map(|step| step.event.event.to_string());
    names.collect::<Vec<_>>().join(", ")
}

fn calls(journey: &Journey) -> String {
    let calls = journey.aliases.iter().map(|line| {
        let name = |id: &Option<Id>| id.as_ref().map_or(String::new(), |id| id.as_str().to_owned());
        let verdict = match line.verdict {
            Verdict::Accepted => "accepted".to_owned(),
            Verdict::Duplicate => "duplicate".to_owned(),
            Verdict::Refused(refusal) => refusal.name().to_owned(),
        };
        format!("{} -> {} {verdict}", name(&line.alias), name(&line.target))
    });
    calls.collect::<Vec<_>>().join("; ")
}

fn seconds(text: &str) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "times of a story are small")]
    let millis = (text.parse::<f64>().unwrap_or_else(|_| panic!("{text} is no time")) * 1000.0).round() as i64;
    millis
}

fn id(text: &str) -> Option<Id> {
    let text = text.trim();
    (!text.is_empty() && text != "\"\"").then(|| Id::new(text))
}

/// One line of the notation.
fn row(line: &str) -> Row {
    let (line, client) = match line.split_once(" on ") {
        Some((line, client)) => (line, Some(Client::from_text(client.trim()))),
        None => (line, None),
    };
    let (when, rest) = line.split_once(' ').unwrap_or_else(|| panic!("no time in {line}"));
    let (time, arrival) = when.split_once('@').unwrap_or((when, when));
    let (rest, ids) = rest.rsplit_once(" +").map_or((rest, ""), |(rest, ids)| (rest, ids));
    let (user, device) = ids.split_once(',').unwrap_or((ids, ""));
    let (name, inside) = rest.trim().split_once('(').unwrap_or_else(|| panic!("no id in {line}"));
    let inside = inside.strip_suffix(')').unwrap_or_else(|| panic!("no end of id in {line}"));
    let (event, distinct_id, verb) = match name {
        "AL" => {
            let (alias, target) = inside.split_once("->").expect("alias -> target");
            let (alias, target) = (id(alias), id(target));
            (CREATE_ALIAS, target.clone(), Verb::Alias { alias, target, by_original: false })
        }
        "ID" => {
            let (identified, anon) = inside.split_once("<=").expect("identified <= anonymous");
            (IDENTIFY, id(identified), Verb::Identify { identified: id(identified), anon: id(anon) })
        }
        "MERGE" => {
            let ids: Vec<Id> = inside.split(',').filter_map(id).collect();
            (MERGE, ids.first().cloned(), Verb::Merge { ids })
        }
        name => (name, id(inside), Verb::Track),
    };
    Row {
        event: event.to_owned(),
        id: distinct_id,
        time: seconds(time),
        arrival: Some(seconds(arrival)),
        device: id(device).map(|device| device.to_bare()),
        user: id(user),
        verb,
        previous: vec![],
        insert_id: None,
        client,
        properties: "{}".to_owned(),
        line: 0,
        flags: Flags::default(),
    }
}

/// The facts of all rows: what a store would give if it were asked for everything.
pub(crate) fn facts(rows: &[Row]) -> Facts {
    facts_of(&[("story.jsonl", rows)])
}
