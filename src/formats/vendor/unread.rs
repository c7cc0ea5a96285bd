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

impl Unread {
    /// Pairs of Amplitude's own numbers for people, which no row is kept under.
    pub(super) const AMPLITUDE_MERGES: Self = Self {
        name: "Amplitude merged ids",
        rows: "Amplitude merged ids",
        wrote: |m| m.amplitude_merged.is_some() && m.event_type.is_none(),
        advice: "import the export of its events: each says its user and its device",
    };

    /// Tables of a warehouse with what is known of users and of groups now. Both have the same columns, and nothing that
    /// happened.
    pub(super) const PEOPLE_OF_CALLS: Self = Self {
        name: "Segment or RudderStack users",
        rows: "users or accounts of a Segment or RudderStack warehouse",
        wrote: |m| {
            let is_call = [m.event, m.kind, m.message, m.anonymous, m.user_of_call, m.anonymous_column, m.user_column];
            m.row.is_some()
                && m.received.is_some()
                && (m.loaded.is_some() || m.context_library.is_some())
                && is_call.into_iter().all(|field| field.is_none())
        },
        advice: "import its tables identifies and groups, which say the same, when, and of whom",
    };

    /// Which ids are one person, as a table of its database has them.
    pub(super) const POSTHOG_IDS: Self = Self {
        name: "PostHog ids of persons",
        rows: "pairs of an id and a person of PostHog",
        wrote: |m| m.person.is_some() && m.distinct_id.is_some() && [m.event, m.properties].iter().all(Option::is_none),
        advice: "import the batch export of its events: their calls say which ids are one person, and when",
    };

    /// What a pipeline of Snowplow refused. Some hold an event, which it does not count.
    pub(super) const SNOWPLOW_BAD_ROWS: Self = Self {
        name: "Snowplow bad rows",
        rows: "Snowplow bad rows",
        wrote: |m| {
            let is_bad = |schema: &str| schema.contains("snowplow.badrows") || schema.contains("/bad_row/");
            m.schema.is_some_and(is_bad) && m.data.is_some() || m.errors.is_some() && m.failed.is_some()
        },
        advice: "its pipeline refused them; import the good rows, or recover these first",
    };

    /// Tables of its database, in which the names of pages and events are numbers.
    pub(super) const MATOMO_LOGS: Self = Self {
        name: "Matomo logs",
        rows: "tables of the database of Matomo",
        wrote: |m| m.visit.is_some() && m.visitor_of_log.is_some(),
        advice: "import the answer of Live.getLastVisitsDetails, which has each action with its name",
    };

    pub(super) const GOOGLE_ANALYTICS: Self = Self {
        name: "Google Analytics",
        rows: "Google Analytics events",
        wrote: |m| m.pseudo.is_some() || m.event_timestamp.is_some() && m.event_params.is_some(),
        advice: "--map id=user_pseudo_id,event=event_name,time=event_timestamp reads them by the device, and with \
                 user=user_id their users",
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
