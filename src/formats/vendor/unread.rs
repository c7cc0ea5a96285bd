//! Vendors whose rows are recognised and not read, so that none is taken for a row of Mixpanel.

use super::{Call, Flat, Marks, Vendor};

/// A vendor whose rows are known and not read.
pub(super) struct Unread {
    name: &'static str,
    rows: &'static str,
    wrote: fn(&Marks<'_>) -> bool,
    /// What to do with its files instead.
    advice: &'static str,
}

/// What can be done with rows of any kind.
const AS_ROWS: &str = "write them as rows with event, distinct_id and time";

impl Unread {
    /// Pairs of Amplitude's own numbers for people, which no row is kept under.
    pub(super) const AMPLITUDE_MERGES: Self = Self {
        name: "Amplitude merged ids",
        rows: "Amplitude merged ids",
        wrote: |m| m.amplitude_merged.is_some() && m.event_type.is_none(),
        advice: "import the export of its events: each says its user and its device",
    };

    pub(super) const GOOGLE_ANALYTICS: Self = Self {
        name: "Google Analytics",
        rows: "Google Analytics events",
        wrote: |m| m.pseudo.is_some() || m.event_timestamp.is_some() && m.event_params.is_some(),
        advice: AS_ROWS,
    };
}

impl Vendor for Unread {
    fn name(&self) -> &'static str {
        self.name
    }

    fn rows(&self) -> &'static str {
        self.rows
    }

    fn recognises(&self, marks: &Marks<'_>) -> bool {
        (self.wrote)(marks)
    }

    fn fields(&self) -> &'static [&'static str] {
        &[]
    }

    fn decode<'f>(&self, _: &'f Flat<'f>) -> Result<Call<'f>, String> {
        Err(format!("rows of {} are not read yet", self.name))
    }

    fn advice(&self) -> Option<&'static str> {
        Some(self.advice)
    }
}
