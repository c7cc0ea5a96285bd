//! Findings of many users as one answer: what a look over a whole store says.

mod trend;

pub use self::trend::{Day, Days, Trend, date_of, day_of};

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::baseline::{Baseline, fingerprint};
use super::findings::{Checked, Finding, Kind, Past, Severity, Totals};
use super::rules::RuleSet;
pub use super::tally::Rates;
use super::tally::{Tallies, share};
use crate::model::facts::Source;
use crate::model::money::Amounts;
use crate::model::{Id, Millis};

/// Ids and places of a kind that are listed, at most.
pub const MOST_TOLD: usize = 20;

/// The findings of a store or of one user.
#[derive(Clone, Debug)]
pub struct Audit {
    /// The rules that decided.
    pub rules: RuleSet,
    /// Known people looked at; `None` where only some were, because not all kinds were looked for.
    pub people: Option<u64>,
    /// Rows looked at.
    pub events: u64,
    /// Whether it came to the end.
    pub complete: bool,
    /// When the first and the last row happened whose time can be right; `None` without rows.
    pub span: Option<(Millis, Millis)>,
    /// Each kind that was found, the worst first.
    pub found: Vec<Found>,
    /// Numbers to track.
    pub rates: Rates,
    /// The same line by line, where that was asked for.
    pub tallies: Option<Tallies>,
}

/// All findings of one kind.
#[derive(Clone, Debug)]
pub struct Found {
    /// Which kind.
    pub kind: &'static Kind,
    /// Users with it, known people or visitors.
    pub people: u64,
    /// Rows that are lost to a user or mixed with another's.
    pub rows: u64,
    /// The money that these rows say, where they are lost to a user or mixed with another's.
    pub amounts: Amounts,
    /// Findings.
    pub count: u64,
    /// Whether the numbers are a lower bound.
    pub at_least: bool,
    /// Users by the day on which the finding shows for the first time; those without a time are left out.
    pub days: Days,
    /// What happened, one sentence about the worst of them.
    pub what: String,
    /// What to change: for the library in use where all evidence is of one.
    pub advice: &'static str,
    /// Clients that sent the evidence, as `web 2.29.1`.
    pub clients: Vec<String>,
    /// The users with the most rows, at most [`MOST_TOLD`]; those whom the baseline lacks before the others.
    pub ids: Vec<Id>,
    /// What the rows that each of these users loses say was paid, in the order of `ids`; empty where no
    /// rows are lost.
    pub amounts_of_ids: Vec<Amounts>,
    /// Users whom the baseline lacks; `None` where it does not name the users of this kind.
    pub newcomers: Option<u64>,
    /// All users, each by the fingerprint of the root.
    pub users: Vec<u64>,
    /// Rows that show it, the most telling first, at most [`MOST_TOLD`].
    pub sources: Vec<Source>,
}

/// What is summed up of a kind.
#[derive(Default)]
struct Sum {
    people: u64,
    rows: u64,
    /// The users with the most rows, the first of them first.
    worst: Vec<(Reverse<bool>, Reverse<u64>, Id)>,
    days: Days,
    newcomers: Option<u64>,
    users: Vec<u64>,
}

/// Adds users up to an [`Audit`].
pub struct Auditor {
    rules: RuleSet,
    baseline: Baseline,
    /// Whether users are left out who cannot have what is looked for.
    is_of_some: bool,
    people: u64,
    split: u64,
    orphaned: u64,
    with_past: u64,
    merged: u64,
    by_code: BTreeMap<&'static str, (&'static Kind, Sum)>,
}

impl Auditor {
    /// Nothing yet.
    pub fn new(rules: RuleSet) -> Self {
        let by_code = BTreeMap::new();
        let baseline = Baseline::default();
        Self { rules, baseline, is_of_some: false, people: 0, split: 0, orphaned: 0, with_past: 0, merged: 0, by_code }
    }

    /// Tells users whom an earlier look found from others.
    #[must_use]
    pub fn with_baseline(self, baseline: Baseline) -> Self {
        Self { baseline, ..self }
    }

    /// Counts no shares, because users are left out.
    #[must_use]
    pub fn of_some(self) -> Self {
        Self { is_of_some: true, ..self }
    }

    /// Adds a user.
    pub fn add(&mut self, checked: &Checked) {
        self.split += checked.split;
        if checked.known.is_some() {
            self.people += 1;
            self.orphaned += checked.orphaned;
            self.with_past += u64::from(checked.past != Past::None);
            self.merged += u64::from(checked.past == Past::Merged);
        }
        let id = checked.known.as_ref().unwrap_or(&checked.root);
        for finding in &checked.findings {
            self.add_finding(finding, &checked.root, id);
        }
    }

    fn add_finding(&mut self, finding: &Finding, root: &Id, id: &Id) {
        let is_newcomer = self.baseline.is_newcomer(finding.code(), root, id);
        let (_, sum) = self.by_code.entry(finding.code()).or_insert_with(|| (finding.kind, Sum::default()));
        sum.people += 1;
        sum.rows += finding.rows;
        sum.users.push(fingerprint(root));
        if let Some(new) = is_newcomer {
            *sum.newcomers.get_or_insert(0) += u64::from(new);
        }
        let is_new = is_newcomer == Some(true);
        if let Some(since) = finding.since {
            sum.days.add(day_of(since), 1);
        }
        let entry = (Reverse(is_new), Reverse(finding.rows), id.clone());
        let at = sum.worst.binary_search(&entry).unwrap_or_else(|at| at);
        sum.worst.insert(at, entry);
        sum.worst.truncate(MOST_TOLD);
    }

    /// The answer, without evidence; `events` rows were looked at.
    pub fn finish(self, totals: &Totals, events: u64, complete: bool) -> Audit {
        let found = self.by_code.into_values().map(|(kind, sum)| Found {
            kind,
            people: sum.people,
            rows: sum.rows,
            amounts: Amounts::default(),
            count: sum.people,
            at_least: !complete,
            days: sum.days,
            what: String::new(),
            advice: kind.advice,
            clients: Vec::new(),
            ids: sum.worst.into_iter().map(|(_, _, id)| id).collect(),
            amounts_of_ids: Vec::new(),
            newcomers: sum.newcomers,
            users: sum.users,
            sources: Vec::new(),
        });
        let rates = Rates {
            merged_past: share(self.merged, self.with_past),
            refused: share(totals.refused, totals.calls),
            split: share(self.split, events),
            orphaned: share(self.orphaned, events),
            shared_devices: share(totals.shared_devices, totals.devices),
        };
        let mut audit = Audit {
            rules: self.rules,
            people: (!self.is_of_some).then_some(self.people),
            events,
            complete,
            span: None,
            tallies: None,
            found: found.collect(),
            rates: if self.is_of_some { Rates::default() } else { rates },
        };
        audit.sort();
        audit
    }
}

impl Found {
    /// Whether it becomes more, in a look over rows of this span.
    pub fn trend(&self, span: Option<(Millis, Millis)>) -> Option<Trend> {
        let (first, last) = span?;
        self.days.trend(day_of(first), day_of(last))
    }
}

impl Audit {
    /// Puts the worst first: by severity, then people, then code.
    pub fn sort(&mut self) {
        self.found.sort_by(|a, b| {
            let order = a.kind.severity.cmp(&b.kind.severity).then(b.people.cmp(&a.people));
            order.then_with(|| a.kind.code.cmp(b.kind.code))
        });
    }

    /// Kinds of this severity that were found.
    pub fn of_severity(&self, severity: Severity) -> usize {
        self.found.iter().filter(|found| found.kind.severity == severity).count()
    }
}
