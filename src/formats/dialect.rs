//! The tools that write rows of events, and how each writes them.
//!
//! One list: what a tool is called, by which keys its rows are known, which columns it writes for
//! itself, how it spells the properties of Mixpanel, and whether a zone that it writes behind a
//! time is to be believed. Spellings are those of the tools' source: tap-mixpanel 1.8
//! (`$x` → `mp_reserved_x`), the schematised pipelines of Mixpanel (`mp_x`), the connector of
//! Airbyte (`x`), dlt 1.31 (`_x`, nested keys joined by `__`), mixpanel-headless 0.4 (`event_time`, the seconds of the
//! raw export taken as UTC).

use std::collections::BTreeSet;

/// How one tool writes rows.
#[derive(Debug)]
pub(super) struct Dialect {
    /// What its rows are called.
    pub(super) name: &'static str,
    /// Whether rows with these keys are its.
    is: fn(&BTreeSet<&str>) -> bool,
    /// How the columns begin that it writes for itself.
    own: &'static [&'static str],
    /// The property that a key stands for, where it is spelled otherwise.
    spell: fn(&str) -> Option<String>,
    /// `a__b` stands for `b` in `a`.
    pub(super) nests: bool,
    /// It writes a zone behind times that are on the project's clock.
    pub(super) on_wall: bool,
}

/// Rows with names as the raw export has them.
pub(super) static PLAIN: &Dialect =
    &Dialect { name: "event rows", is: |_| true, own: &[], spell: |_| None, nests: false, on_wall: false };

/// Profiles as mixpanel-headless gives them: `properties` as an event has, and the last time next to them.
pub(super) static USERS_OF_HEADLESS: &Dialect = &Dialect {
    name: "mixpanel-headless profiles",
    is: |keys| keys.iter().eq(&["distinct_id", "last_seen", "properties"]),
    own: &[],
    spell: |key| (key == "last_seen").then(|| "$last_seen".to_owned()),
    nests: false,
    on_wall: false,
};

/// Rows of Airbyte's connector, in columns of their own or in its messages.
pub(super) static AIRBYTE: &Dialect = &Dialect {
    name: "Airbyte rows",
    is: |keys| any(keys, "_airbyte_") || any(keys, "_AIRBYTE_"),
    own: &["_airbyte_", "_AIRBYTE_", "_ab_"],
    spell: reserved,
    nests: false,
    on_wall: false,
};

/// The tools; the first whose keys are there wrote the rows.
static DIALECTS: &[&Dialect] = &[
    &Dialect {
        name: "dlt rows",
        is: |keys| any(keys, "_dlt_"),
        own: &["_dlt_"],
        spell: |key| {
            let whole = without_variant(key);
            after(whole, "_").or_else(|| (whole.len() < key.len()).then(|| whole.to_owned()))
        },
        nests: true,
        on_wall: false,
    },
    &Dialect {
        name: "tap-mixpanel rows",
        is: |keys| any(keys, "mp_reserved_"),
        own: &["_sdc_"],
        spell: |key| after(key, "mp_reserved_"),
        nests: false,
        on_wall: true,
    },
    AIRBYTE,
    &Dialect {
        name: "Data Pipelines rows",
        is: |keys| has(keys, "mp_event_name"),
        own: &[],
        spell: |key| if TRULY_MP.contains(&key) { None } else { after(key, "mp_") },
        nests: false,
        on_wall: false,
    },
    &Dialect {
        name: "JQL events",
        is: |keys| has(keys, "name") && has(keys, "dataset") && has(keys, "properties"),
        own: &[],
        spell: |_| None,
        nests: false,
        on_wall: false,
    },
    &Dialect {
        name: "Fivetran rows",
        is: |keys| any(keys, "_fivetran_") || any(keys, "_FIVETRAN_"),
        own: &["_fivetran_", "_FIVETRAN_"],
        spell: reserved,
        nests: false,
        on_wall: false,
    },
    &Dialect {
        name: "mixpanel-headless rows",
        is: |keys| has(keys, "event_name") && has(keys, "event_time") && has(keys, "properties"),
        own: &[],
        spell: |key| (key == "event_time").then(|| "time".to_owned()),
        nests: false,
        on_wall: true,
    },
    USERS_OF_HEADLESS,
    &Dialect {
        name: "Data Pipelines rows",
        is: |keys| has(keys, "event_name") && has(keys, "properties"),
        own: &[],
        spell: |_| None,
        nests: false,
        on_wall: false,
    },
    &Dialect {
        name: "event rows",
        is: |keys| any(keys, "_cq_") || any(keys, "_sdc_"),
        own: &["_cq_", "_sdc_"],
        spell: |_| None,
        nests: false,
        on_wall: false,
    },
];

/// Properties that Mixpanel itself calls `mp_…`.
const TRULY_MP: &[&str] = &[
    "mp_lib",
    "mp_processing_time_ms",
    "mp_country_code",
    "mp_keyword",
    "mp_name_tag",
    "mp_note",
    "mp_loader",
    "mp_original_event_name",
    "mp_original_distinct_id",
    "mp_sent_by_lib_version",
    "mp_event_name",
];

/// Properties with a `$` that tools leave out: those that say who or what sent a row. Any other may
/// as well be the app's own.
const RESERVED: &[&str] = &[
    "insert_id",
    "device_id",
    "user_id",
    "identified_id",
    "anon_id",
    "anon_distinct_id",
    "distinct_ids",
    "distinct_id_before_identity",
    "preshuffle_distinct_id",
    "had_persisted_distinct_id",
    "is_reshuffled",
    "import",
    "mp_api_timestamp_ms",
    "mp_api_endpoint",
    "lib",
    "lib_version",
    "os",
    "os_version",
    "browser",
    "browser_version",
    "device",
    "model",
];

/// Properties that are texts whatever they look like.
pub(super) const TEXTS: &[&str] = &[
    "distinct_id",
    "alias",
    "original",
    "token",
    "$distinct_id",
    "$device_id",
    "$user_id",
    "$insert_id",
    "$identified_id",
    "$anon_id",
    "$anon_distinct_id",
];

fn any(keys: &BTreeSet<&str>, start: &str) -> bool {
    keys.range(start..).next().is_some_and(|key| key.starts_with(start))
}

fn has(keys: &BTreeSet<&str>, key: &str) -> bool {
    keys.contains(key) || keys.iter().any(|written| written.eq_ignore_ascii_case(key))
}

fn after(key: &str, start: &str) -> Option<String> {
    key.strip_prefix(start).filter(|rest| !rest.is_empty()).map(|rest| format!("${rest}"))
}

/// The property of Mixpanel that a tool leaves the `$` out of, also where a warehouse has all names in capitals.
fn reserved(key: &str) -> Option<String> {
    let is_capital = || key.bytes().all(|byte| !byte.is_ascii_lowercase());
    let known = RESERVED.iter().find(|known| **known == key || is_capital() && known.eq_ignore_ascii_case(key))?;
    Some(format!("${known}"))
}

/// Types of the columns in which dlt puts the values of a property whose column has another type: `plan__v_text`.
const VARIANTS: &[&str] =
    &["text", "double", "bool", "timestamp", "bigint", "binary", "json", "complex", "decimal", "wei", "date", "time"];

/// A column of dlt without the type of its values.
fn without_variant(key: &str) -> &str {
    match key.rsplit_once("__v_") {
        Some((column, kind)) if !column.is_empty() && VARIANTS.contains(&kind) => column,
        _ => key,
    }
}

/// Who wrote rows with these keys.
pub(super) fn of(keys: &BTreeSet<&str>) -> &'static Dialect {
    DIALECTS.iter().copied().find(|dialect| (dialect.is)(keys)).unwrap_or(PLAIN)
}

impl Dialect {
    /// Whether a column is one that the tool writes for itself.
    pub(super) fn is_own(&self, key: &str) -> bool {
        self.own.iter().any(|start| key.starts_with(start))
    }

    /// The property that a key stands for, where it is spelled otherwise.
    pub(super) fn spell(&self, key: &str) -> Option<String> {
        (self.spell)(key)
    }
}
