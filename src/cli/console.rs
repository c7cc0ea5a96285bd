//! Where answers go and how they look there.

use std::env;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::{Common, Form, Format, When};
use super::failure::{Failure, tell};
use super::zone;
use crate::identity::Thresholds;
use crate::inspect::Redactor;
use crate::model::text::visible;
use crate::report::Look;
use crate::report::json::SCHEMA;
use crate::report::safe::{Safe, Safety};
use crate::tui::settings::Settings;

/// The standard output, and how to write to it.
pub(super) struct Console {
    /// What the answer is written as.
    pub(super) format: Format,
    /// The same where a command has pictures too.
    pub(super) form: Form,
    /// How text looks.
    pub(super) look: Look,
    /// Whether the answer goes to a terminal.
    pub(super) terminal: bool,
    /// The numbers that findings rest on.
    pub(super) thresholds: Thresholds,
    /// What replaces ids and personal values, if that is asked for.
    pub(super) redactor: Option<Arc<Redactor>>,
    /// Buffered in front of what makes it safe, which looks at each piece: a journey of many rows is many small
    /// writes.
    pub(super) out: BufWriter<Safe<Stdout>>,
}

/// Bytes of an answer that are made safe and written at once.
const PIECE: usize = 1 << 16;
/// Columns of an answer that no terminal limits.
const WIDTH: usize = 100;
/// Fewer columns than these would hold no row.
const NARROWEST: usize = 60;

/// Whether the environment says that a terminal shows no characters but those of ASCII: by its locale, or
/// because it is the console of Linux, whose font has 256 characters.
fn is_ascii_alone(variable: impl Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(&variable).unwrap_or_default();
    let named = matches!(locale.as_str(), "C" | "POSIX");
    let characters = locale.split_once('.').map(|(_, rest)| rest.split('@').next().unwrap_or_default());
    let other = characters.is_some_and(|set| !set.replace('-', "").eq_ignore_ascii_case("utf8"));
    named || other || variable("TERM").is_some_and(|term| term == "linux")
}

impl Console {
    /// From the flags, the settings, the environment and the terminal.
    pub(super) fn new(common: &Common, settings: &Settings) -> Result<Self, Failure> {
        let clock = match (&common.timezone, &settings.zone) {
            (None, Some(set)) => zone::shown(set.value),
            (zone, _) => zone::clock(zone.as_deref())?,
        };
        let terminal = io::stdout().is_terminal();
        let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let poor = || terminal && is_ascii_alone(|name| env::var(name).ok().filter(|value| !value.is_empty()));
        let ascii = common.ascii || settings.ascii.as_ref().map_or_else(poor, |set| set.value);
        let colour = match common.color {
            When::Always => true,
            When::Never => false,
            When::Auto => terminal && !set("NO_COLOR") && env::var_os("TERM").is_none_or(|term| term != "dumb"),
        };
        let width = if terminal { terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)) } else { None };
        let look = Look { width: width.unwrap_or(WIDTH).max(NARROWEST), ascii, colour, clock };
        let safety = match common.format {
            Form::Json | Form::Sarif => Safety::Json,
            // Text makes itself safe, and has colours of its own.
            Form::Text if terminal && env::var_os("TERM").is_some_and(|term| term != "dumb") => Safety::Placed,
            Form::Text => Safety::Kept,
            // A file or a pipe keeps every byte.
            _ if !terminal => Safety::Kept,
            _ => Safety::Shown,
        };
        Ok(Self {
            thresholds: settings.thresholds(),
            format: common.format.plain(),
            form: common.format,
            look,
            terminal,
            redactor: None,
            out: BufWriter::with_capacity(PIECE, Safe::new(io::stdout(), safety)),
        })
    }

    /// Progress on the error output, if that is a terminal and people read it; `template` is
    /// indicatif's.
    pub(super) fn bar(&self, template: &str) -> ProgressBar {
        if self.format == Format::Json || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style.progress_chars(if self.look.ascii { "=> " } else { "━╸ " })),
            Err(_) => bar,
        }
    }

    /// Writes a message on the error output, not in the answer.
    pub(super) fn note(&self, text: &str) {
        let mut out = io::stderr().lock();
        // When the error output is closed, no message can say so.
        let _ = match self.format {
            Format::Text => writeln!(out, "note: {}", visible(text)),
            Format::Json => {
                let note = serde_json::json!({ "schema": SCHEMA, "note": text });
                writeln!(Safe::new(out, Safety::Json), "{note}")
            }
        };
    }

    /// Tells a failure on the error output.
    pub(super) fn fail(&self, failure: &Failure) {
        tell(failure, self.format);
    }

    /// Writes all of `bytes`.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.out.write_all(bytes)?;
        self.finish()
    }

    /// Sends what is buffered.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        Ok(self.out.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_without_utf_8_and_the_console_of_linux_have_ascii_alone() {
        let says = |pairs: &[(&str, &str)]| {
            is_ascii_alone(|name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        for pairs in [
            &[("LC_ALL", "C")][..],
            &[("LC_ALL", "POSIX"), ("LANG", "en_US.UTF-8")],
            &[("LC_CTYPE", "C"), ("LANG", "en_US.UTF-8")],
            &[("LANG", "de_DE.ISO-8859-15@euro")],
            &[("LANG", "en_US.UTF-8"), ("TERM", "linux")],
        ] {
            assert!(says(pairs), "{pairs:?}");
        }
        for pairs in [
            &[][..],
            &[("LC_ALL", "C.UTF-8")],
            &[("LC_ALL", "en_US.utf8"), ("LANG", "C")],
            &[("LANG", "en_US")],
            &[("LANG", "en_US.UTF-8"), ("TERM", "xterm-256color")],
        ] {
            assert!(!says(pairs), "{pairs:?}");
        }
    }
}
