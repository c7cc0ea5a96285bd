//! Rows in parts of a span of time.

use super::client::Client;
use crate::inspect::{Error, Stop};
use crate::model::Millis;
use crate::model::stored::Overview;

/// Rows in each of [`Overview::PARTS`] equal parts of a span; `time` is the time of a row in SQL, and `rows` what
/// stands after `FROM`.
pub(super) fn activity(
    client: &Client,
    stop: Option<&Stop>,
    (time, rows): (&str, &str),
    (first, last): (Millis, Millis),
) -> Result<Vec<u64>, Error> {
    let parts = Overview::PARTS;
    let width = last.saturating_sub(first).saturating_add(1);
    // Whole numbers, so that every engine agrees at the border of a part. No name that a table could have: servers
    // take the alias for the column otherwise.
    let sql = format!(
        "SELECT toUInt32(intDiv(({time} - {first}) * {parts}, {width})) AS journey_part, count() FROM {rows} \
         GROUP BY journey_part FORMAT RowBinary"
    );
    let mut activity = vec![0; parts];
    for (part, count) in client.records(&sql, stop, |answer| Ok((answer.u32()?, answer.u64()?)))? {
        if let Some(slot) = usize::try_from(part).ok().and_then(|part| activity.get_mut(part)) {
            *slot = count;
        }
    }
    Ok(activity)
}
