//! The message when a command fails: what happened, to what, why, and what to do.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use super::args::Format;
use crate::ingest;
use crate::inspect::{self, ErrorKind};
use crate::listen;
use crate::model::text::visible;
use crate::output;
use crate::pull;
use crate::report::journey as report;
use crate::report::safe::{Safe, Safety};
use crate::store;

/// Whose fault a failure is; it decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing was found.
    Nothing,
    /// Wrong use, or input that cannot be used.
    Usage,
    /// The store cannot be used.
    Store,
    /// A mistake of this program.
    Bug,
    /// A person stopped it.
    Stopped,
    /// Findings, which the answer lists.
    Listed,
    /// The reader of the answer went away: no failure at all.
    Pipe,
}

impl Kind {
    /// The exit code.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Pipe => 0,
            Self::Nothing | Self::Listed => 1,
            Self::Usage => 2,
            Self::Store => 3,
            Self::Bug => 70,
            // As shells tell a program that Ctrl-C ended.
            Self::Stopped => 130,
        }
    }

    /// The name in JSON.
    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Usage => "usage",
            Self::Store => "store",
            Self::Bug => "bug",
            Self::Stopped => "stopped",
            Self::Listed => "findings",
            Self::Pipe => "pipe",
        }
    }
}

/// Why a command could not do what it was asked.
#[derive(Debug)]
pub(super) struct Failure {
    kind: Kind,
    /// What happened, to what; no full stop, so that an id at its end can be copied.
    what: String,
    /// Lines that show the place that it is about.
    excerpt: Vec<String>,
    /// What was behind it, nearest first.
    causes: Vec<String>,
    /// What to do.
    hints: Vec<String>,
}

impl Failure {
    fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), excerpt: Vec::new(), causes: Vec::new(), hints: Vec::new() }
    }

    /// Nothing was found.
    pub(super) fn nothing(what: impl Into<String>) -> Self {
        Self::new(Kind::Nothing, what)
    }

    /// Wrong use, or input that cannot be used.
    pub(super) fn usage(what: impl Into<String>) -> Self {
        Self::new(Kind::Usage, what)
    }

    /// The store cannot be used.
    pub(super) fn store(what: impl Into<String>) -> Self {
        Self::new(Kind::Store, what)
    }

    /// A mistake of this program.
    pub(super) fn bug(what: impl Into<String>) -> Self {
        Self::new(Kind::Bug, what)
            .hint("report it to the developers, with the command and the output of journey --version")
    }

    /// An export that a person stopped.
    pub(super) fn stopped_export() -> Self {
        Self::new(Kind::Stopped, "the export was stopped and wrote nothing")
    }

    /// A check that a person stopped.
    pub(super) fn stopped_check() -> Self {
        Self::new(Kind::Stopped, "the check was stopped, so it cannot say whether the store is damaged")
    }

    /// A look over all users that a person stopped; the answer lists what it found.
    pub(super) fn stopped_look() -> Self {
        Self::new(Kind::Stopped, "the check was stopped: findings, and rows that prove them, can be missing")
    }

    /// A report over all users that a person stopped; the answer has those that it looked at.
    pub(super) fn stopped_report() -> Self {
        Self::new(Kind::Stopped, "the report was stopped: users can be missing from it")
    }

    /// A look at every user for those with one finding that a person stopped.
    pub(super) fn stopped_users() -> Self {
        Self::new(Kind::Stopped, "the check of all users was stopped: more users can have the finding")
    }

    /// A preview of an import that a person stopped.
    pub(super) fn stopped_preview() -> Self {
        Self::new(Kind::Stopped, "the preview was stopped")
    }

    /// A check that found problems, all of which the answer lists.
    pub(super) fn listed() -> Self {
        Self::new(Kind::Listed, "there are problems")
    }

    /// An import that a person stopped; the answer says what is in the store.
    pub(super) fn stopped() -> Self {
        Self::new(Kind::Stopped, "the import was stopped").hint("run the same command again to resume")
    }

    /// A pull that a person stopped; the answer says what is in the store.
    pub(super) fn stopped_pull() -> Self {
        Self::new(Kind::Stopped, "the pull was stopped")
            .hint("run the same command again to resume; it skips days that the store has")
    }

    /// What clap says about arguments, without its own heading.
    pub(super) fn wrong_use(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        // What is wrong ends at the first empty line; usage follows.
        let lines: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
        let what = lines.join(" ");
        Self::usage(what.strip_prefix("error: ").unwrap_or(&what)).hint("journey --help lists the commands and options")
    }

    /// With what was behind it, down to the first cause.
    pub(super) fn because(mut self, cause: &dyn Error) -> Self {
        let mut next = Some(cause);
        while let Some(cause) = next {
            let text = cause.to_string();
            // Many errors already tell their source in their own text.
            if !self.causes.last().unwrap_or(&self.what).contains(&text) {
                self.causes.push(text);
            }
            next = cause.source();
        }
        self
    }

    /// With lines that are shown as they are, one below the other.
    pub(super) fn excerpt(mut self, lines: &str) -> Self {
        self.excerpt.extend(lines.lines().map(str::to_owned));
        self
    }

    /// With one more thing that was behind it.
    pub(super) fn caused_by(mut self, cause: String) -> Self {
        self.causes.push(cause);
        self
    }

    /// With one more thing to do.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// With each of its texts replaced.
    pub(super) fn map(self, mut change: impl FnMut(&str) -> String) -> Self {
        let Self { kind, what, excerpt, causes, hints } = self;
        let mut all = |texts: Vec<String>| texts.iter().map(|text| change(text)).collect::<Vec<_>>();
        let (excerpt, causes, hints) = (all(excerpt), all(causes), all(hints));
        let what = all(vec![what]).pop().unwrap_or_default();
        Self { kind, what, excerpt, causes, hints }
    }

    /// Whose fault it is.
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether anything to do is known.
    pub(super) fn has_hints(&self) -> bool {
        !self.hints.is_empty()
    }

    /// Whether no message is left to write.
    pub(super) fn is_silent(&self) -> bool {
        matches!(self.kind, Kind::Pipe | Kind::Listed)
    }

    /// As lines for a person: `error: …`, `  cause: …`, `  try: …`.
    pub(super) fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "error: {}", visible(&self.what))?;
        for line in &self.excerpt {
            writeln!(out, "  {}", visible(line))?;
        }
        for cause in &self.causes {
            writeln!(out, "  cause: {}", visible(cause))?;
        }
        for hint in &self.hints {
            writeln!(out, "  try: {}", visible(hint))?;
        }
        Ok(())
    }

    /// As one JSON object.
    pub(super) fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let object = serde_json::json!({
            "schema": crate::report::json::SCHEMA,
            "error": {
                "kind": self.kind.name(),
                "code": self.kind.code(),
                "what": self.what,
                "excerpt": self.excerpt,
                "causes": self.causes,
                "hints": self.hints,
            },
        });
        writeln!(Safe::new(out, Safety::Json), "{object}")
    }
}

/// Tells a failure on the error output and gives its exit code.
pub(super) fn tell(failure: &Failure, format: Format) -> ExitCode {
    let mut out = io::stderr().lock();
    let written = match format {
        _ if failure.is_silent() => Ok(()),
        Format::Json => failure.write_json(&mut out),
        Format::Text => failure.write_text(&mut out),
    };
    // When the error output is closed, no message can say so.
    let _ = written.and_then(|()| out.flush());
    ExitCode::from(failure.kind().code())
}

/// Takes a reader that went away as an end like any other.
pub(super) fn forgive_pipe(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
}

/// For the answer itself: nothing else is written by `?` on an [`io::Error`].
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(Kind::Pipe, "the reader of the answer went away");
        }
        Self::usage("the answer could not be written").because(&error)
    }
}

impl From<inspect::Error> for Failure {
    fn from(error: inspect::Error) -> Self {
        let inspect::Error { kind, what, cause, hints } = error;
        let failure = match kind {
            ErrorKind::Usage => Self::usage(what),
            ErrorKind::Store | ErrorKind::Cancelled => Self::store(what),
            ErrorKind::Bug => Self::bug(what),
        };
        let failure = cause.into_iter().fold(failure, Self::caused_by);
        hints.into_iter().fold(failure, Self::hint)
    }
}

impl From<report::Error<inspect::Error>> for Failure {
    fn from(error: report::Error<inspect::Error>) -> Self {
        match error {
            report::Error::Io(error) => Self::from(error),
            report::Error::Read(error) => Self::from(error),
        }
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Self::from(inspect::Error::from(error))
    }
}

impl From<output::Error> for Failure {
    fn from(error: output::Error) -> Self {
        Self::usage(error.to_string()).hint(error.advice())
    }
}

impl From<pull::Error> for Failure {
    fn from(error: pull::Error) -> Self {
        if matches!(error, pull::Error::Stopped) {
            return Self::stopped_pull();
        }
        let failure = Self::usage(error.to_string());
        match error.advice() {
            Some(advice) => failure.hint(advice),
            None => failure,
        }
    }
}

impl From<listen::Error> for Failure {
    fn from(error: listen::Error) -> Self {
        let advice = error.advice();
        let failure = match error {
            listen::Error::Ingest(error) => return Self::from(error),
            listen::Error::Store(error) => return Self::from(error),
            error => Self::usage(error.to_string()),
        };
        advice.into_iter().fold(failure, Self::hint)
    }
}

impl From<ingest::Error> for Failure {
    fn from(error: ingest::Error) -> Self {
        let error = match error {
            ingest::Error::Store(error) => return Self::from(error),
            error => error,
        };
        let mut failure = Self::usage(error.to_string());
        if let Some(source) = error.source() {
            failure = failure.because(source);
        }
        match error.advice() {
            Some(advice) => failure.hint(advice),
            None => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(failure: &Failure) -> String {
        let mut out = Vec::new();
        failure.write_text(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_failure_says_what_why_and_what_to_do() {
        let cause = io::Error::other("the disk is on fire");
        let failure = Failure::store("s.db cannot be read").because(&cause).hint("use another disk");
        assert_eq!(
            text(&failure),
            "error: s.db cannot be read\n  cause: the disk is on fire\n  try: use another disk\n"
        );
    }

    #[test]
    fn what_a_failure_names_does_not_act_on_the_terminal() {
        assert_eq!(text(&Failure::nothing("nothing at \u{1b}[2J")), "error: nothing at ␛[2J\n");
    }

    #[test]
    fn a_cause_is_not_repeated() {
        let failure = Failure::usage("a.jsonl: no such file").because(&io::Error::other("no such file"));
        assert_eq!(failure.causes, Vec::<String>::new());
    }

    #[test]
    fn a_broken_pipe_is_success() {
        let failure = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!((failure.kind().code(), failure.is_silent()), (0, true));
    }

    #[test]
    fn each_kind_has_its_exit_code() {
        let codes = [Kind::Nothing, Kind::Usage, Kind::Store, Kind::Bug, Kind::Stopped].map(Kind::code);
        assert_eq!(codes, [1, 2, 3, 70, 130]);
    }
}
