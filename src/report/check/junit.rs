//! Findings as a `JUnit` report, which build servers show as tests: one for each kind.

use std::borrow::Cow;
use std::io::{self, Write};

use super::Check;
use crate::identity::Severity;
use crate::identity::findings::all;
use crate::model::text::{counted, visible};

/// Writes one test case for each kind; those found from the asked severity on have failed. Without
/// one, errors and warnings have.
pub fn junit(out: &mut dyn Write, check: &Check<'_>) -> io::Result<()> {
    let from = check.fail_on.unwrap_or(Severity::Warning);
    let audit = check.audit;
    let failed = |code: &str| {
        audit.found.iter().find(|found| found.kind.code == code && found.kind.severity <= from && check.is_new(found))
    };
    let kinds: Vec<_> = all(audit.rules.findings()).collect();
    let failures = kinds.iter().filter(|kind| failed(kind.code).is_some()).count();
    let tests = kinds.len();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"journey check\" tests=\"{tests}\" failures=\"{failures}\">")?;
    writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">",
        escape(check.store)
    )?;
    for kind in kinds {
        write!(out, "    <testcase classname=\"journey.{}\" name=\"{}\"", kind.severity.name(), kind.code)?;
        let Some(found) = failed(kind.code) else {
            writeln!(out, "/>")?;
            continue;
        };
        writeln!(out, ">")?;
        let mut cost = format!("{}, {}", counted(found.people, "user"), counted(found.rows, "row"));
        if !found.amounts.is_empty() {
            cost.push_str(", ");
            cost.push_str(&found.amounts.text());
        }
        writeln!(
            out,
            "      <failure type=\"{}\" message=\"{}\">{}",
            kind.severity.name(),
            escape(&format!("{}: {cost}", kind.title)),
            escape(&format!("{} {}", found.what, found.advice))
        )?;
        for source in &found.sources {
            writeln!(out, "{}:{}", escape(&source.file), source.line)?;
        }
        writeln!(out, "</failure>\n    </testcase>")?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

/// A text that XML can hold: without control characters, which are shown as symbols.
pub(in crate::report) fn escape(text: &str) -> Cow<'_, str> {
    let text = visible(text);
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return text;
    }
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    Cow::Owned(text.replace('"', "&quot;").replace('\'', "&apos;"))
}
