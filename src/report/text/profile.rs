//! What profile updates come to, with the update that set each value.

use std::io::{self, Write};

use super::{ID, heading, place};
use crate::identity::Journey;
use crate::model::text;
use crate::report::look::{Class, Look, left};

/// What is known of the person, and by which update.
pub(super) fn profiles(out: &mut dyn Write, journey: &Journey, look: &Look) -> io::Result<()> {
    for profile in &journey.profiles {
        let elsewhere = Some(&profile.stored_under) != journey.root.as_ref();
        let of = if elsewhere || look.width >= 80 {
            format!(", stored under {}", look.id(profile.stored_under.as_str(), ID))
        } else {
            String::new()
        };
        let when = profile.updated.map_or_else(String::new, |at| format!(", updated {}", look.clock.minute(at)));
        heading(out, look, &format!("profile{of}{when}"))?;
        let width =
            |texts: &mut dyn Iterator<Item = String>| texts.map(|text| text::width(&text)).max().unwrap_or(0).min(ID);
        let names = width(&mut profile.of_person().map(|property| look.clean(&property.name)));
        // Which update set it: the first thing to go where there is no room.
        let room = look.width.saturating_sub(names + 4);
        let place_room = if room >= 76 { 36 } else { 0 };
        let values = width(&mut profile.of_person().map(|property| look.clean(&property.text()))).max(12);
        for property in profile.of_person() {
            let name = left(&look.cut(&property.name, names), names);
            let line = if place_room > 0 {
                let set = property.time.map_or_else(String::new, |at| look.clock.second(at));
                let from = place(&property.source, look, place_room.min(room.saturating_sub(values + 23)));
                let value = left(&look.cut(&property.text(), values), values);
                let set = look.paint(Class::Faint, &format!("{}  {from}", left(&set, 19)));
                format!("  {name}  {value}  {set}")
            } else {
                format!("  {name}  {}", look.cut(&property.text(), room.max(20)))
            };
            writeln!(out, "{}", line.trim_end())?;
        }
        let said: Vec<String> = profile.of_client().map(|one| format!("{} {}", one.name, one.text())).collect();
        if !said.is_empty() {
            let said = look.cut(&said.join(look.dot()), 3 * look.width.min(200));
            writeln!(out, "{}", look.paint(Class::Faint, &look.wrap(&said, 2)))?;
        }
        if profile.properties.is_empty() {
            writeln!(out, "  nothing: its updates set nothing, or took back what they set")?;
        }
    }
    Ok(())
}
