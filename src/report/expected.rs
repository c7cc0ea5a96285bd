//! Whether a session shows what was expected of it, for people and for programs.

use std::io::{self, Write};

use serde_json::json;

use super::check::escape;
use super::json::SCHEMA;
use super::look::{Class, Look};
use crate::identity::expected::Expectation;
use crate::model::text::counted;

/// Whether all is as expected.
pub fn holds(tests: &[Expectation]) -> bool {
    tests.iter().all(Expectation::holds)
}

fn failures(tests: &[Expectation]) -> usize {
    tests.iter().filter(|test| !test.holds()).count()
}

/// A line for each, those that failed with what there is.
///
/// # Errors
/// The output cannot be written.
pub fn text(out: &mut dyn Write, tests: &[Expectation], look: &Look) -> io::Result<()> {
    for test in tests {
        let (of, expected) = (look.clean(test.of()), look.clean(&test.expected));
        if test.holds() {
            writeln!(out, "ok      {of}  {}  {expected}", test.key)?;
        } else {
            let mark = look.paint(Class::Refused, "FAILED");
            writeln!(out, "{mark}  {of}  {}  expected {expected}, found {}", test.key, look.clean(&test.found))?;
        }
    }
    let all = counted(tests.len() as u64, "expectation");
    match failures(tests) {
        0 => writeln!(out, "{all}: all hold"),
        failed => writeln!(out, "{all}: {failed} failed"),
    }
}

/// One object.
///
/// # Errors
/// The output cannot be written.
pub fn json(out: &mut dyn Write, tests: &[Expectation]) -> io::Result<()> {
    let all: Vec<serde_json::Value> = tests
        .iter()
        .map(|test| {
            json!({"of": test.of(), "key": test.key, "expected": test.expected, "found": test.found, "holds": test.holds()})
        })
        .collect();
    let answer = json!({"schema": SCHEMA, "expectations": all, "failed": failures(tests)});
    writeln!(out, "{answer}")
}

/// A test case for each, as build servers show them.
///
/// # Errors
/// The output cannot be written.
pub fn junit(out: &mut dyn Write, name: &str, tests: &[Expectation]) -> io::Result<()> {
    let (all, failed) = (tests.len(), failures(tests));
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"journey session\" tests=\"{all}\" failures=\"{failed}\">")?;
    let name = escape(name);
    writeln!(out, "  <testsuite name=\"{name}\" tests=\"{all}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\">")?;
    for test in tests {
        let case = format!("{}: {} {}", test.of(), test.key, test.expected);
        write!(out, "    <testcase classname=\"journey.session\" name=\"{}\"", escape(&case))?;
        if test.holds() {
            writeln!(out, "/>")?;
            continue;
        }
        let why = format!("expected {}, found {}", test.expected, test.found);
        writeln!(out, ">\n      <failure type=\"{}\" message=\"{}\"/>\n    </testcase>", test.key, escape(&why))?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}
