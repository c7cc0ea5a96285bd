//! What `--timezone` says, for those who read times and for those who show them.

use chrono::FixedOffset;

use super::failure::Failure;
use crate::formats::Zone;
use crate::report::Clock;
use crate::tui;

/// The clock to show times by; UTC unless given. `local` is the zone of this computer.
pub(super) fn clock(timezone: Option<&str>) -> Result<Clock, Failure> {
    let Some(text) = timezone else { return Ok(Clock::Utc) };
    if text.eq_ignore_ascii_case("local") {
        return Ok(Clock::Local);
    }
    Ok(match parse(text)? {
        Zone::Utc | Zone::Infer => Clock::Utc,
        Zone::Named(zone) => Clock::Zone(zone),
        Zone::Fixed(minutes) => {
            minutes.checked_mul(60).and_then(FixedOffset::east_opt).map_or(Clock::Utc, Clock::Fixed)
        }
    })
}

/// The clock of a zone that is set in the file.
pub(super) fn shown(zone: tui::Zone) -> Clock {
    match zone {
        tui::Zone::Utc => Clock::Utc,
        tui::Zone::Local => Clock::Local,
        tui::Zone::Named(zone) => Clock::Zone(zone),
    }
}

/// The zone that the clocks of imported projects show; to be inferred unless given.
pub(super) fn of_project(timezone: Option<&str>) -> Result<Zone, Failure> {
    match timezone {
        None => Ok(Zone::Infer),
        Some(text) if text.eq_ignore_ascii_case("local") => {
            Err(Failure::usage("--timezone local says nothing of the project that exported the file")
                .hint("name the zone that the project has in its settings, such as US/Pacific"))
        }
        Some(text) => parse(text),
    }
}

fn parse(text: &str) -> Result<Zone, Failure> {
    Zone::parse(text).map_err(|error| Failure::usage(format!("--timezone: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_utc_unless_a_zone_is_given() {
        assert_eq!(clock(None).unwrap(), Clock::Utc);
        assert_eq!(clock(Some("Local")).unwrap(), Clock::Local);
        assert_eq!(clock(Some("us/pacific")).unwrap().name(), "US/Pacific");
        assert_eq!(clock(Some("+02:00")).unwrap().name(), "UTC+02:00");
        assert!(clock(Some("Nowhere/City")).is_err());
    }

    #[test]
    fn the_zone_of_a_project_is_inferred_unless_it_is_given() {
        assert_eq!(of_project(None).unwrap(), Zone::Infer);
        assert_eq!(of_project(Some("utc")).unwrap(), Zone::Utc);
        assert!(of_project(Some("local")).is_err());
    }
}
