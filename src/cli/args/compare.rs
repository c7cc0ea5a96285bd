//! What `journey diff` and `journey compare` take.

use std::path::PathBuf;

use super::{rule_sets, use_rules};
use crate::identity::across::USUAL;

/// Compare two users: are they the same person?
///
/// The answer shows both users on one time axis, what they share, and the evidence for and against one
/// person. They are one user only if they have the same root.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Diff {
    /// Any id of the first user
    #[arg(value_name = "ID")]
    pub(in crate::cli) a: String,
    /// Any id of the second user
    #[arg(value_name = "OTHER")]
    pub(in crate::cli) b: String,
    #[arg(long, value_name = "RULES", help = use_rules())]
    pub(in crate::cli) rules: Option<String>,
}

/// Compare identity systems for one user, or for a whole store
///
/// With ID, the answer shows who owns each row under each rule set, marks the rows whose owner differs,
/// and says why. With --to, it is a migration report of the store: which users stay, split or merge,
/// how many rows change owner, and what to change first. journey computes all of it from the rows and
/// asks no vendor.
#[derive(Debug, clap::Args)]
#[command(after_help = "journey compare sally@example.com --rules legacy,simplified\njourney compare --from legacy \
    --to simplified --format html > migration.html\njourney compare sally@example.com --without july.jsonl:18")]
pub(in crate::cli) struct Compare {
    /// Any id of the user
    #[arg(required_unless_present_any = ["to", "against"], conflicts_with_all = ["from", "to", "against"])]
    pub(in crate::cli) id: Option<String>,
    #[arg(long, value_name = "RULES", value_delimiter = ',', conflicts_with_all = ["from", "to"],
        help = format!("Two or more rule sets, or one with an option of \"What if\": {} [default: {}; with \"What if\": \
            by the vendor of the rows]", rule_sets(), USUAL.join(",")))]
    pub(in crate::cli) rules: Vec<String>,
    /// Leave this row out. ROW is FILE:LINE, or LINE. All options of "What if" can be combined and repeated
    #[arg(long, value_name = "ROW", requires = "id", help_heading = "What if")]
    pub(in crate::cli) without: Vec<String>,
    /// Replace this alias call by identify
    #[arg(long, value_name = "ROW", requires = "id", help_heading = "What if")]
    pub(in crate::cli) identify: Vec<String>,
    /// Add a reset just before this row
    #[arg(long, value_name = "ROW", requires = "id", help_heading = "What if")]
    pub(in crate::cli) reset: Vec<String>,
    /// Send this row later
    #[arg(long, value_name = "ROW[=SECONDS]", requires = "id", help_heading = "What if")]
    pub(in crate::cli) later: Vec<String>,
    /// Add a call. CALL is alias (ID becomes an alias of OTHER) or identify (ID was the id before OTHER)
    #[arg(long, num_args = 4, value_names = ["CALL", "ID", "OTHER", "TIME"], requires = "id", help_heading = "What if")]
    pub(in crate::cli) add: Vec<String>,
    /// Save the changed rows as a scenario file, without ids and values of your data
    #[arg(long, value_name = "FILE", requires = "id", help_heading = "What if")]
    pub(in crate::cli) write: Option<PathBuf>,
    /// Replace the file of --write if it exists
    #[arg(long, requires = "write", help_heading = "What if")]
    pub(in crate::cli) force: bool,
    /// Compare what a vendor exported after merging with what the rules compute from the rows as sent
    ///
    /// Exported owners: the distinct_id next to $distinct_id_before_identity (Mixpanel), person_id (PostHog),
    /// amplitude_id (Amplitude). The answer counts rows on which both agree, rows that only the rules join, and
    /// rows that only the vendor joined, and lists those with the most rows.
    #[arg(long, value_name = "WHAT", value_parser = ["exported"], conflicts_with_all = ["from", "to", "without", "identify", "reset", "later", "add", "write"])]
    pub(in crate::cli) against: Option<String>,
    /// The rule set that the project uses now [default: legacy]
    #[arg(long, value_name = "RULES", requires = "to")]
    pub(in crate::cli) from: Option<String>,
    /// The rule set that the project moves to; prints the migration report
    #[arg(long, value_name = "RULES", conflicts_with_all = ["without", "identify", "reset", "later", "add", "write"])]
    pub(in crate::cli) to: Option<String>,
}
