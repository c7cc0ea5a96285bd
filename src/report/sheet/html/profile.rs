//! What is known of the person: a card next to the verdict, and below it the updates that landed under
//! ids which no alias joins.

use std::io::{self, Write};

use super::page::breaking;
use super::{Page, sign};
use crate::identity::Profile;
use crate::report::look::many;
use crate::report::svg::escape;

/// Other profiles that are written out; of further ones the number is named.
const OTHERS: usize = 50;

impl Page<'_, '_> {
    /// The profile under the root, else the first there is.
    pub(super) fn own_profile(&self) -> Option<&Profile> {
        let journey = self.sheet.journey();
        let of_root = |profile: &&Profile| Some(&profile.stored_under) == journey.root.as_ref();
        journey.profiles.iter().find(of_root).or(journey.profiles.first())
    }

    /// The card next to the verdict.
    pub(super) fn profile(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(profile) = self.own_profile() else { return Ok(()) };
        let of_root = Some(&profile.stored_under) == self.sheet.journey().root.as_ref();
        let title = if of_root { "Profile" } else { "Profile under another id" };
        writeln!(out, "<aside class=\"card profile\"><h2>{title}</h2>")?;
        self.properties(out, profile)?;
        writeln!(out, "</aside>")
    }

    /// Profiles under further ids, folded: a store of years can have dozens.
    pub(super) fn other_profiles(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(own) = self.own_profile() else { return Ok(()) };
        let others = || self.sheet.journey().profiles.iter().filter(|other| other.stored_under != own.stored_under);
        let number = others().count();
        if number == 0 {
            return Ok(());
        }
        let (are, them) = if number == 1 { ("is", "it says") } else { ("are", "they say") };
        writeln!(
            out,
            "<details class=\"card others\"><summary>{}<b>{}</b> {are} stored under other ids: what {them} is not in the profile</summary>\
             <ul>",
            sign("cut"),
            many(number, "more profile"),
        )?;
        for profile in others().take(OTHERS) {
            writeln!(out, "<li class=\"profile\">")?;
            self.properties(out, profile)?;
            writeln!(out, "</li>")?;
        }
        let more = number.saturating_sub(OTHERS);
        let more = if more > 0 { format!("<p class=\"small mut\">and {more} more</p>") } else { String::new() };
        writeln!(out, "</ul>{more}</details>")
    }

    /// Addresses first, then what the team set, then what SDKs set.
    fn properties(&self, out: &mut dyn Write, profile: &Profile) -> io::Result<()> {
        let look = &self.sheet.look;
        write!(out, "<dl>")?;
        for property in profile.by_importance() {
            let when = property.time.map_or_else(String::new, |at| format!(" {}", look.clock.full(at)));
            let before = property.text_before().map_or_else(String::new, |before| format!(", before: {before}"));
            let set = format!("set{when} by {}{before}", super::super::place(&property.source));
            write!(
                out,
                "<div title=\"{}\"><dt>{}</dt><dd>{}</dd></div>",
                escape(&set),
                breaking(&property.name),
                breaking(&property.text()),
            )?;
        }
        let updated = profile.updated.map_or_else(String::new, |at| look.clock.minute(at));
        writeln!(
            out,
            "</dl><p class=\"small mut\">stored under {}<br>updated {} · {}</p>",
            self.names.short(&profile.stored_under, look),
            escape(&updated),
            self.place(&profile.source),
        )
    }
}
