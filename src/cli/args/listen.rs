//! The arguments of `journey listen`.

use std::path::PathBuf;

/// Receive events from SDKs live, and show each row as it arrives
///
/// journey listen starts a server on this computer that answers like the endpoints of Mixpanel, Segment,
/// RudderStack, PostHog and Amplitude. Point an SDK at it (the README says how), and the server stores
/// the rows of each request. It sends nothing on without --forward, and stores no project tokens.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "journey listen --store session.db\nCtrl-C stops the server. Every request that it answered with success is stored."
)]
pub(in crate::cli) struct Listen {
    /// The port to listen on; 0 chooses a free one
    #[arg(long, default_value_t = crate::listen::PORT, value_name = "PORT")]
    pub(in crate::cli) port: u16,
    /// Keep the rows in memory and write nothing to disk; the default without a store
    #[arg(long)]
    pub(in crate::cli) memory: bool,
    /// The address to listen on; one that other computers can reach needs --token [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    pub(in crate::cli) bind: Option<std::net::IpAddr>,
    /// Print a line for each request in place of the screens; the default without a terminal
    #[arg(long)]
    pub(in crate::cli) headless: bool,
    /// Send each request on to the real endpoint at URL, unchanged, and show its answer too
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) forward: Option<String>,
    /// Test the received rows at the end against the findings, joins and rows that FILE expects, like
    /// journey check --session FILE
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) assert: Option<PathBuf>,
    /// Save the received rows at the end, without screens: FILE.jsonl for journey import, FILE.toml for
    /// journey demo
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) save: Vec<PathBuf>,
    /// Accept only requests to http://HOST:PORT/WORD
    #[arg(long, value_name = "WORD")]
    pub(in crate::cli) token: Option<String>,
}
