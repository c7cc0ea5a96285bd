//! What was not read, and what rows lack: counted in full, kept in part.

use super::{REJECT_BYTES, REJECT_KEPT, REJECTS_KEPT};
use crate::model::Reject;
use crate::model::import::Reason;
use crate::model::text::up_to;

/// Kinds of reasons that are distinguished; what exceeds them is counted together.
const KINDS: usize = 64;

/// Reasons, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(super) struct Reasons(Vec<Reason>);

impl Reasons {
    fn note(&mut self, reason: &str, count: u64, line: u64) {
        let Self(reasons) = self;
        let reason = if reasons.len() < KINDS { reason } else { "other reasons" };
        match reasons.iter_mut().find(|known| known.reason == reason) {
            Some(known) => {
                known.count += count;
                known.line = known.line.min(line);
            }
            None => reasons.push(Reason { reason: reason.to_owned(), count, line }),
        }
    }

    pub(super) fn add(&mut self, others: &Self) {
        for Reason { reason, count, line } in &others.0 {
            self.note(reason, *count, *line);
        }
    }

    /// The most frequent first.
    pub(super) fn into_sorted(self) -> Vec<Reason> {
        let Self(mut reasons) = self;
        reasons.sort_by_key(|reason| (std::cmp::Reverse(reason.count), reason.line));
        reasons
    }
}

/// How much of the rejects of one file is kept: [`REJECTS_KEPT`] pieces, [`REJECT_BYTES`] bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Kept {
    pub(super) pieces: u64,
    pub(super) bytes: u64,
}

impl Kept {
    /// Whether a reject is to be kept as well; then it is counted.
    pub(super) fn takes(&mut self, reject: &Reject) -> bool {
        let bytes = u64::try_from(reject.reason.len() + reject.text.len()).unwrap_or(u64::MAX);
        let bytes = self.bytes.saturating_add(bytes);
        let takes = self.pieces < REJECTS_KEPT && bytes <= REJECT_BYTES;
        if takes {
            *self = Self { pieces: self.pieces + 1, bytes };
        }
        takes
    }
}

/// The rejects of one piece of a file.
#[derive(Debug, Default)]
pub(super) struct Rejects {
    /// Those that may be kept, by their lines.
    pub(super) pieces: Vec<Reject>,
    pub(super) count: u64,
    pub(super) reasons: Reasons,
    kept: Kept,
}

impl Rejects {
    pub(super) fn take(&mut self, reject: Reject) {
        self.count += 1;
        self.reasons.note(reject.kind(), 1, reject.line);
        let reject = shortened(reject);
        if self.kept.takes(&reject) {
            self.pieces.push(reject);
        }
    }
}

/// The reject with no more text than is kept.
fn shortened(mut reject: Reject) -> Reject {
    if reject.text.len() > REJECT_KEPT {
        reject.text.truncate(up_to(&reject.text, REJECT_KEPT).len());
        reject.text.shrink_to_fit();
        reject.reason = format!("{} (only the first {} of it are kept)", reject.reason, size(REJECT_KEPT));
    }
    reject
}

/// A number of bytes for people.
pub(super) fn size(bytes: usize) -> String {
    if bytes >= 1 << 20 && bytes.is_multiple_of(1 << 20) {
        format!("{} MiB", bytes >> 20)
    } else {
        format!("{bytes} bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reject(line: u64, reason: &str, text: usize) -> Reject {
        Reject { line, reason: reason.to_owned(), text: "x".repeat(text) }
    }

    #[test]
    fn reasons_are_counted_by_kind_with_their_first_line() {
        let mut rejects = Rejects::default();
        for (line, reason) in [(3, "not JSON: x (column 1)"), (4, "has no properties"), (9, "not JSON: x (column 7)")] {
            rejects.take(reject(line, reason, 1));
        }
        let counted: Vec<_> =
            rejects.reasons.into_sorted().into_iter().map(|one| (one.reason, one.count, one.line)).collect();
        assert_eq!(counted, [("not JSON: x".to_owned(), 2, 3), ("has no properties".to_owned(), 1, 4)]);
    }

    #[test]
    fn reasons_without_end_are_counted_together() {
        let mut rejects = Rejects::default();
        for line in 0..1000 {
            rejects.take(reject(line, &format!("reason {line}"), 1));
        }
        let reasons = rejects.reasons.into_sorted();
        assert_eq!(reasons.len(), KINDS + 1);
        assert_eq!((reasons[0].reason.as_str(), reasons[0].count), ("other reasons", 1000 - KINDS as u64));
    }

    #[test]
    fn no_more_than_so_many_pieces_and_bytes_are_kept_and_all_are_counted() {
        let mut many = Rejects::default();
        (0..REJECTS_KEPT + 5).for_each(|line| many.take(reject(line, "r", 1)));
        assert_eq!((many.pieces.len() as u64, many.count), (REJECTS_KEPT, REJECTS_KEPT + 5));
        let mut large = Rejects::default();
        (0..40).for_each(|line| large.take(reject(line, "r", 2 * REJECT_KEPT)));
        let bytes: usize = large.pieces.iter().map(|reject| reject.text.len()).sum();
        assert!(bytes as u64 <= REJECT_BYTES && bytes as u64 > REJECT_BYTES / 2, "{bytes}");
        assert_eq!(large.count, 40);
    }
}
