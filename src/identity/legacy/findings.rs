//! Integration mistakes that one user shows, each with its evidence (identity.md §6).
//!
//! A finding says what a developer did wrong, not what the server did with it: one refused
//! alias and its forty lost rows are one finding.

mod calls;
mod links;
mod rows;

use super::super::findings::{Finding, Kind, Lost, MOST_SOURCES, keep_place};
use super::super::journey::AliasLine;
use super::case::{Case, Left};
use crate::model::facts::{Link, Source};
use crate::model::text::counted;
use crate::model::{Id, Millis};

/// A rule: what it finds in a user.
type Rule = fn(&Case<'_>) -> Option<Finding>;

/// One for each of [`super::kinds::KINDS`].
const RULES: &[Rule] = &[
    calls::refused,
    calls::swapped,
    calls::chained,
    links::no_alias,
    links::still_anonymous,
    calls::two_users,
    rows::placeholder,
    links::shared_device,
    links::id_kept,
    rows::race,
    rows::history,
    calls::of_itself,
    calls::empty,
    calls::cycle,
    calls::anonymous,
    links::alias_and_identify,
    links::late_answer,
    links::back_to_device,
    rows::itself,
    rows::device_user,
    links::merge,
    links::new_ids,
    links::shared_id,
    rows::two_types,
    rows::look_alikes,
    rows::impossible,
    calls::repeated,
    links::before_login,
    links::many_users,
    links::double_prefix,
];

/// Every finding of a user, the worst first.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = RULES.iter().filter_map(|rule| rule(case)).collect();
    findings.sort_by_key(Finding::severity);
    findings
}

/// A finding that rows at some places show, each with its time.
fn finding<'a>(
    kind: &'static Kind,
    what: String,
    rows: u64,
    places: impl IntoIterator<Item = (Millis, &'a Source)>,
) -> Finding {
    let (mut since, mut sources): (Option<Millis>, Vec<Source>) = (None, Vec::new());
    for (time, source) in places {
        since = since.into_iter().chain([time]).min();
        keep_place(&mut sources, source, MOST_SOURCES);
    }
    Finding { kind, what, advice: kind.advice, rows, lost: Lost::Nothing, since, sources }
}

/// When and where a call was made.
fn of_call(line: &AliasLine) -> (Millis, &Source) {
    (line.time, &line.source)
}

/// When and where a link was seen first.
fn of_link(link: &Link) -> (Millis, &Source) {
    (link.time, &link.source)
}

/// When and where the best evidence of what stays behind is.
fn of_left<'a>(left: &'a Left<'_>) -> Option<(Millis, &'a Source)> {
    left.evidence.first().map(|evidence| (evidence.time, &evidence.source))
}

/// All rows of what stays behind.
fn lost_with<'a>(left: impl IntoIterator<Item = &'a Left<'a>>) -> Lost {
    Lost::Under(left.into_iter().flat_map(|left| left.ids.iter().cloned()).collect())
}

fn text(id: Option<&Id>) -> &str {
    id.map_or("", Id::as_str)
}

/// `1 row stays`, `2 rows stay`.
fn stay(rows: u64, word: &str) -> String {
    format!("{} {}", counted(rows, word), if rows == 1 { "stays" } else { "stay" })
}

/// `once`, `3 times`.
fn times(count: usize) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}
