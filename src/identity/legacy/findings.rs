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
use super::kinds;
use crate::model::facts::{Link, Source};
use crate::model::text::counted;
use crate::model::{Id, Millis};

/// A rule: what it finds in a user.
type Rule = fn(&Case<'_>) -> Option<Finding>;

/// One for each of [`super::kinds::KINDS`].
static RULES: &[(&Kind, Rule)] = &[
    (&kinds::ALIAS_ON_LOGIN, calls::refused),
    (&kinds::ALIAS_SWAPPED, calls::swapped),
    (&kinds::ALIAS_BEFORE_ROOT, calls::chained),
    (&kinds::IDENTIFY_WITHOUT_ALIAS, links::no_alias),
    (&kinds::USER_STILL_ANONYMOUS, links::still_anonymous),
    (&kinds::NO_RESET, calls::two_users),
    (&kinds::PLACEHOLDER_ID, rows::placeholder),
    (&kinds::SHARED_DEVICE, links::shared_device),
    (&kinds::ANONYMOUS_ID_KEPT, links::id_kept),
    (&kinds::ALIAS_RACE, rows::race),
    (&kinds::ALIAS_USED_BEFORE, rows::history),
    (&kinds::ALIAS_OF_ITSELF, calls::of_itself),
    (&kinds::ALIAS_EMPTY, calls::empty),
    (&kinds::ALIAS_CYCLE, calls::cycle),
    (&kinds::ALIAS_ANONYMOUS, calls::anonymous),
    (&kinds::ALIAS_AND_IDENTIFY, links::alias_and_identify),
    (&kinds::LATE_ALIAS_ANSWER, links::late_answer),
    (&kinds::IDENTIFY_BACK_TO_DEVICE, links::back_to_device),
    (&kinds::IDENTIFY_ITSELF, rows::itself),
    (&kinds::USER_IS_DEVICE, rows::device_user),
    (&kinds::MERGE_IGNORED, links::merge),
    (&kinds::NEW_ID_EACH_VISIT, links::new_ids),
    (&kinds::ID_OF_MANY_DEVICES, links::shared_id),
    (&kinds::ID_TYPE, rows::two_types),
    (&kinds::ID_VARIANTS, rows::look_alikes),
    (&kinds::TIME_IMPOSSIBLE, rows::impossible),
    (&kinds::ALIAS_REPEATED, calls::repeated),
    (&kinds::ANONYMOUS_BEFORE_LOGIN, links::before_login),
    (&kinds::DEVICE_OF_MANY_USERS, links::many_users),
    (&kinds::DEVICE_PREFIX_TWICE, links::double_prefix),
];

/// Every finding of a user of a kind that is wanted, the worst first.
pub(super) fn find(case: &Case<'_>, wants: &dyn Fn(&Kind) -> bool) -> Vec<Finding> {
    let wanted = RULES.iter().filter(|(kind, _)| wants(kind));
    let mut findings: Vec<Finding> = wanted.filter_map(|(_, rule)| rule(case)).collect();
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
