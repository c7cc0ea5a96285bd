//! What can be written after `journey pull`.

use chrono::{Datelike, NaiveDate};
use clap::ValueEnum;

/// Download events or profiles from a vendor into the store
///
/// journey downloads the raw export of each day from --from to --to and skips days that the store
/// already has, so an interrupted pull resumes. With --id, it downloads only the events and the profile
/// of these ids. The vendor allows 60 requests in an hour; journey waits when it has to, and says so.
/// It only reads from the vendor and sends no data there.
#[derive(Debug, clap::Args)]
#[command(after_help = "These variables name the account: MIXPANEL_SERVICE_ACCOUNT, MIXPANEL_SERVICE_SECRET \
    and MIXPANEL_PROJECT_ID, or MIXPANEL_PROJECT_SECRET alone. JOURNEY_MIXPANEL_URL names another server, such as a \
    proxy: an https:// address, or an http:// address on this computer.\n\njourney pull mixpanel --from 2019-07-01 --to 2019-07-31\n\
    journey pull mixpanel --id sally@gmail.com")]
pub(in crate::cli) struct Pull {
    /// The vendor
    #[arg(value_enum, value_name = "VENDOR")]
    pub(in crate::cli) vendor: Vendor,
    /// The first day, such as 2019-07-01, in the time zone of the project [default with --id: a year
    /// before --to]
    #[arg(long, value_name = "DAY", value_parser = day, required_unless_present_any = ["id", "profiles"])]
    pub(in crate::cli) from: Option<NaiveDate>,
    /// The last day [default: yesterday; with --id: today]
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(in crate::cli) to: Option<NaiveDate>,
    /// The region where the vendor stores the project
    #[arg(long, value_enum, default_value_t = Region::Us)]
    pub(in crate::cli) region: Region,
    /// Download only events with this name; can be repeated
    #[arg(long, value_name = "NAME", conflicts_with = "id")]
    pub(in crate::cli) event: Vec<String>,
    /// Download all profiles of the project too, 1,000 with each request
    #[arg(long, conflicts_with = "id")]
    pub(in crate::cli) profiles: bool,
    /// Download only the events and profiles of these ids
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub(in crate::cli) id: Vec<String>,
    /// Download days again that the store has, to add rows that arrived late
    #[arg(long, conflicts_with = "id")]
    pub(in crate::cli) again: bool,
}

/// Vendors whose API is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Vendor {
    /// Mixpanel
    Mixpanel,
}

/// Where a project of Mixpanel keeps its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Region {
    /// The United States
    Us,
    /// The European Union
    Eu,
    /// India
    In,
}

/// Reads `2019-07-31`.
fn day(text: &str) -> Result<NaiveDate, String> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|day| (1971..3000).contains(&day.year()));
    day.ok_or_else(|| "a day is written like 2019-07-31".to_owned())
}
