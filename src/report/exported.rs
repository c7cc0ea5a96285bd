//! What a vendor exported after merging against what the rules compute, written out
//! (`journey compare --against exported`).

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::json::SCHEMA;
use super::look::{Class, Look, count, left, right};
use crate::identity::exported::{Differing, Exported, How};
use crate::model::text::{counted, percent};

/// Writes it for programs.
pub fn json(out: &mut dyn Write, store: &str, found: &[Exported]) -> io::Result<()> {
    let differing = |differing: &Differing| {
        json!({
            "id": differing.id.as_str(),
            "name": differing.name,
            "rows": differing.rows,
            "exported": differing.exported,
            "computed": differing.computed.as_str(),
            "how": differing.how.name(),
            "file": &*differing.source.file,
            "line": differing.source.line,
        })
    };
    let rules = found.iter().map(|found| {
        let failures: Map<String, Value> = found
            .failures
            .iter()
            .map(|(name, (exported, computed))| (name.clone(), json!({"exported": exported, "computed": computed})))
            .collect();
        json!({
            "name": found.rules.name(),
            "complete": found.complete,
            "rows": found.rows,
            "compared": found.compared,
            "agree": found.agree,
            "differ": found.differ(),
            "joined": found.joined,
            "split": found.split,
            "people": {"exported": found.people.0, "computed": found.people.1},
            "failures": failures,
            "top": found.top.iter().map(differing).collect::<Vec<Value>>(),
            "unknown": found.rules.unknown(),
        })
    });
    let answer =
        json!({"schema": SCHEMA, "store": store, "against": "exported", "rules": rules.collect::<Vec<Value>>()});
    serde_json::to_writer(&mut *out, &answer)?;
    out.write_all(b"\n")
}

/// Writes it for people.
pub fn text(out: &mut dyn Write, store: &str, found: &[Exported], look: &Look) -> io::Result<()> {
    let title = format!("exported owners and computed ones  {}", look.clean(store));
    writeln!(out, "{}", look.paint(Class::Heading, &title))?;
    for found in found {
        writeln!(out, "\n{}", look.rule(found.rules.name()))?;
        if !found.complete {
            writeln!(out, "note: not all rows were looked at: every number is at least that")?;
        }
        let agree = percent(found.agree, found.compared);
        writeln!(
            out,
            " {} of {} agree ({agree} %), {} with an exported owner",
            count(found.agree),
            counted(found.compared, "row"),
            counted(found.rows, "row")
        )?;
        writeln!(out, " {} exported, {} computed", counted(found.people.0, "person"), count(found.people.1))?;
        if found.differ() > 0 {
            writeln!(out, " {} are joined by the rules and apart in the export", counted(found.joined, "row"))?;
            writeln!(out, " {} are apart by the rules and joined in the export", counted(found.split, "row"))?;
        }
        for (name, (exported, computed)) in &found.failures {
            let numbers = format!("{} exported  {} computed", right(&count(*exported), 8), right(&count(*computed), 8));
            writeln!(out, " {} {numbers}", left(&look.cut(name, 40), 40))?;
        }
        for differing in &found.top {
            writeln!(out, "{}", look.wrap(&sentence(differing), 1))?;
        }
        for unknown in found.rules.unknown() {
            writeln!(out, "{}", look.paint(Class::Faint, &look.wrap(unknown, 1)))?;
        }
    }
    Ok(())
}

/// One group of rows: both owners, and where it begins.
fn sentence(differing: &Differing) -> String {
    let Differing { rows, exported, computed, how, source, .. } = differing;
    let how = match how {
        How::Joined => "the rules join them to more than the export does",
        How::Split => "the export joins them to more than the rules do",
    };
    format!(
        "{}: exported under {exported}, by the rules {}'s; {how} ({}:{})",
        counted(*rows, "row"),
        computed.as_str(),
        source.file,
        source.line
    )
}
