//! Integration mistakes that one user shows, each with its evidence (identity.md §6).
//!
//! A finding says what a developer did wrong, not what the server did with it: one refused
//! alias and its forty lost rows are one finding.

mod calls;
mod links;
mod rows;

use super::super::findings::{Finding, Kind, MOST_SOURCES};
use super::case::Case;
use crate::model::Id;
use crate::model::facts::Source;
use crate::model::text::counted;

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

fn finding(kind: &'static Kind, what: String, rows: u64, sources: impl IntoIterator<Item = Source>) -> Finding {
    let sources = sources.into_iter().take(MOST_SOURCES).collect();
    Finding { kind, what, advice: kind.advice, rows, sources }
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
