//! Rows of one vendor in a file of another.
//!
//! A file is read by the rules of one vendor. A row of another one would lose its id or its time there
//! without a word, so what such a row is, it says itself.

use super::super::event::Properties;
use super::super::kind::{Kind, kind_of};
use super::super::object::given;
use super::{Marks, Vendor, of};

/// What rows of Mixpanel are called next to those of others.
pub(in crate::formats) const MIXPANELS: &str = "Mixpanel rows";

/// What a row is, in a file of `vendor`, or of Mixpanel where that is `None`; `None` for a row of the
/// same form, and for one that says nothing.
pub(in crate::formats) fn stranger(row: &str, vendor: Option<&dyn Vendor>) -> Option<&'static str> {
    let Some(vendor) = vendor else { return of(row).map(Vendor::rows) };
    match of(row) {
        Some(other) => (other.form() != vendor.form()).then(|| other.rows()),
        // The row has what only rows of Mixpanel have, or nothing that tells.
        None => is_of_mixpanel(row).then_some(MIXPANELS),
    }
}

/// Why a row is not read that is another's than its file.
pub(in crate::formats) fn reason(row: &'static str, file: &str) -> String {
    format!("looks like {row}, in a file of {file}; import each kind as a file of its own")
}

/// Whether a row is one of Mixpanel by what it has itself.
fn is_of_mixpanel(row: &str) -> bool {
    match kind_of(row) {
        Ok(Some(Kind::Event)) => Marks::read(row).is_ok_and(|marks| {
            let text = marks.properties.filter(|text| text.starts_with('{'));
            let own = |p: Properties<'_>| given(p.time).is_some() && (p.distinct_id.is_some() || p.token.is_some());
            // Others have the time next to the properties.
            marks.timestamp.is_none() && text.and_then(|text| Properties::read(text).ok()).is_some_and(own)
        }),
        Ok(Some(Kind::Update)) => super::super::profile::is_update(row),
        Ok(Some(Kind::ExportedProfile)) => true,
        _ => false,
    }
}
