//! The arguments of `journey listen`.

use std::path::PathBuf;

/// Receive what SDKs send, live
///
/// A small server on this machine answers as the endpoints of Mixpanel, Segment, RudderStack, PostHog
/// and Amplitude do. Point an SDK at it (README lists how) and each request becomes rows of a store.
/// Nothing is sent on without --forward, and tokens of projects are not kept.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "journey listen --store session.db\nCtrl-C ends it; all that was answered with success is stored."
)]
pub(in crate::cli) struct Listen {
    /// The port to listen on; 0 takes any that is free
    #[arg(long, default_value_t = crate::listen::PORT, value_name = "PORT")]
    pub(in crate::cli) port: u16,
    /// Keep the rows in memory, and nothing on disk; the default without a store
    #[arg(long)]
    pub(in crate::cli) memory: bool,
    /// The address to listen on; one that other machines reach needs --token [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    pub(in crate::cli) bind: Option<std::net::IpAddr>,
    /// Write a line for each request, and show no screens; so it is without a terminal, too
    #[arg(long)]
    pub(in crate::cli) headless: bool,
    /// Pass each request on to the real endpoint as it came, and show its answer next to ours; nothing leaves otherwise
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) forward: Option<String>,
    /// Check what was received when it ends: a file of expected findings, joins and rows, as check --session takes it
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) assert: Option<PathBuf>,
    /// A word that each request has to bring: http://HOST:PORT/WORD in the place of http://HOST:PORT
    #[arg(long, value_name = "WORD")]
    pub(in crate::cli) token: Option<String>,
}
