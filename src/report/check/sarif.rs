//! Findings as SARIF 2.1.0, which code review tools show at the line of the file.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::Check;
use crate::identity::audit::Found;
use crate::identity::findings::all;
use crate::identity::{Kind, Severity};
use crate::model::facts::Source;

/// Writes the findings as one SARIF log with one run.
pub fn sarif(out: &mut dyn Write, check: &Check<'_>) -> io::Result<()> {
    let rules: Vec<&Kind> = all(check.audit.rules.findings()).collect();
    let results: Vec<Value> = check.audit.found.iter().map(|found| result(check, &rules, found)).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "journey",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|kind| rule(kind)).collect::<Vec<_>>(),
            }},
            "invocations": [{"executionSuccessful": check.audit.complete}],
            "results": results,
        }],
    });
    serde_json::to_writer(&mut *out, &log)?;
    writeln!(out)
}

fn rule(kind: &Kind) -> Value {
    json!({
        "id": kind.code,
        "shortDescription": {"text": kind.title},
        "fullDescription": {"text": kind.why},
        "help": {"text": format!("{} ({})", kind.advice, kind.rule)},
        "defaultConfiguration": {"level": level(kind.severity)},
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn result(check: &Check<'_>, rules: &[&Kind], found: &Found) -> Value {
    let mut result = json!({
        "ruleId": found.kind.code,
        "level": level(found.kind.severity),
        "message": {"text": format!("{} {}", found.what, found.advice)},
        "locations": found.sources.first().map(location).into_iter().collect::<Vec<_>>(),
        "relatedLocations": found.sources.iter().skip(1).map(location).collect::<Vec<_>>(),
        "baselineState": if check.is_new(found) { "new" } else { "unchanged" },
        "properties": {
            "people": found.people,
            "rows": found.rows,
            "money": found.amounts.text(),
            "clients": found.clients,
        },
    });
    if let (Some(index), Some(object)) = (rules.iter().position(|kind| **kind == *found.kind), result.as_object_mut()) {
        object.insert("ruleIndex".to_owned(), json!(index));
    }
    result
}

fn location(source: &Source) -> Value {
    let place = json!({"uri": uri(&source.file)});
    // A file as a whole has no line.
    if source.line == 0 {
        return json!({"physicalLocation": {"artifactLocation": place}});
    }
    json!({"physicalLocation": {"artifactLocation": place, "region": {"startLine": source.line}}})
}

/// A file name as a reference: all but what a path of an URI may have is escaped.
fn uri(file: &str) -> String {
    let mut uri = String::with_capacity(file.len());
    for byte in file.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_a_reference() {
        assert_eq!(uri("raw/july 1.jsonl"), "raw/july%201.jsonl");
        assert_eq!(uri("a:b#c?é"), "a%3Ab%23c%3F%C3%A9");
    }
}
