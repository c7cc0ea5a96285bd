//! Rule sets that join ids with their past: Mixpanel's Original and Simplified ID Merge, PostHog,
//! Amplitude, and the simplest rules there are.
//!
//! - [`system`](mod@system): what such a rule set is made of;
//! - [`clusters`]: which ids are joined, and what a cluster is called;
//! - [`original`], [`simplified`], [`posthog`], [`amplitude`], [`simple`]: one each;
//! - [`heard`]: what rows, calls and links say, in order of arrival, and what became of it;
//! - [`ruled`](mod@ruled): the owner of each row; [`user`]: the journey of one;
//! - [`exported`]: what the vendor's own record says of the rows of one;
//! - [`explain`]: one sentence for every decision.
//!
//! In all of them arrival decides and never time: what a call does, it does when it arrives, and to
//! the rows of before too. Facts must hold everything that calls, links and shared devices reach
//! from the id that is asked for.

mod amplitude;
mod clusters;
mod explain;
mod exported;
mod heard;
mod original;
mod posthog;
mod ruled;
mod simple;
mod simplified;
pub mod system;
mod user;

use self::system::{System, Vendor};
use super::facts::Facts;
use super::journey::ruled::{Held, Ruled};
use super::journey::{Journey, Reasons, Refusal, Step};
use super::prepared::Prepared;
use super::rules::Rules;
use crate::model::Id;

/// A call does nothing in a system that has no such call.
pub(super) const IGNORED: Refusal = Refusal::new("ignored", "this system ignores such calls");
/// A call names one id only.
pub(super) const EMPTY: Refusal = Refusal::new("empty_id", "it names one id only");
/// Both ids of a call are one.
pub(super) const SAME_IDS: Refusal = Refusal::new("errSameIDs", "both ids are the same");

/// A rule set of this sort.
#[derive(Debug)]
pub struct Merging(&'static dyn Vendor);

/// Mixpanel's Original ID Merge.
pub static ORIGINAL: Merging = Merging(&original::Original);
/// Mixpanel's Simplified ID Merge.
pub static SIMPLIFIED: Merging = Merging(&simplified::Simplified);
/// PostHog persons.
pub static POSTHOG: Merging = Merging(&posthog::PostHog);
/// Amplitude.
pub static AMPLITUDE: Merging = Merging(&amplitude::Amplitude);
/// User id, else anonymous id.
pub static SIMPLE: Merging = Merging(&simple::Simple);

impl Merging {
    /// The system before anything arrived.
    pub fn begin(&self) -> Box<dyn System> {
        self.0.begin()
    }
}

impl Reasons for Merging {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn title(&self) -> &'static str {
        self.0.title()
    }

    fn why(&self, journey: &Journey, step: &Step) -> String {
        explain::step(journey, step)
    }

    fn why_held(&self, ruled: &Ruled, held: &Held) -> String {
        explain::held(ruled, held)
    }

    fn unknown(&self) -> &'static [&'static str] {
        self.0.unknown()
    }
}

impl Rules for Merging {
    fn resolve(&'static self, facts: &Facts, query: &Id) -> Option<Journey> {
        user::resolve(self, facts, query)
    }

    fn ruled_in(&'static self, prepared: &Prepared<'_>, query: &Id) -> Ruled {
        ruled::ruled(self, prepared, query)
    }

    fn joins_by_links(&self) -> bool {
        true
    }

    fn vendors(&self) -> &'static [&'static str] {
        self.0.vendors()
    }

    fn system(&self) -> Option<Box<dyn System>> {
        Some(self.begin())
    }
}
