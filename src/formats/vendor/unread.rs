//! Vendors whose rows are recognised and not read, so that none is taken for a row of Mixpanel.

use super::{Call, Marks, Vendor};
use crate::model::json;

/// A vendor whose rows are known and not read.
pub(super) struct Unread {
    name: &'static str,
    rows: &'static str,
    wrote: fn(&Marks<'_>) -> bool,
    paths: &'static [&'static str],
}

impl Unread {
    pub(super) const SNOWPLOW: Self = Self {
        name: "Snowplow",
        rows: "Snowplow events",
        wrote: |m| {
            let schema = m.schema.and_then(json::text);
            schema.is_some_and(|schema| schema.starts_with("iglu:"))
                || m.iglu.is_some()
                || m.domain_user.is_some() && m.tracker.is_some()
        },
        paths: &["/com.snowplowanalytics.snowplow/tp2"],
    };

    pub(super) const MPARTICLE: Self = Self {
        name: "mParticle",
        rows: "mParticle batches",
        wrote: |m| m.mpid.is_some() || m.events.is_some() && m.environment.is_some() && m.schema.is_none(),
        paths: &[],
    };

    pub(super) const GOOGLE_ANALYTICS: Self = Self {
        name: "Google Analytics",
        rows: "Google Analytics events",
        wrote: |m| m.pseudo.is_some() || m.event_timestamp.is_some() && m.event_params.is_some(),
        paths: &[],
    };

    pub(super) const MATOMO: Self = Self {
        name: "Matomo",
        rows: "Matomo visits",
        wrote: |m| m.actions.is_some() || m.site.is_some() && m.visitor.is_some(),
        paths: &[],
    };

    pub(super) const COUNTLY: Self = Self {
        name: "Countly",
        rows: "Countly requests",
        wrote: |m| m.app_key.is_some() || m.segmentation.is_some() && m.distinct_id.is_none() && m.properties.is_none(),
        paths: &[],
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

    fn paths(&self) -> &'static [&'static str] {
        self.paths
    }

    fn fields(&self) -> &'static [&'static str] {
        &[]
    }

    fn decode(&self, _: &str) -> Result<Call, String> {
        Err(format!("rows of {} are not read yet", self.name))
    }

    fn advice(&self) -> Option<&'static str> {
        Some("write them as rows with event, distinct_id and time")
    }
}
