//! The health of a store (`journey doctor`).

use std::io::{self, Write};

use serde::Serialize;

use super::json::SCHEMA;
use super::look::{Class, Look, many};
use crate::model::Counts;

/// The health of a store.
#[derive(Clone, Debug, Serialize)]
pub struct Doctor {
    /// Where it is.
    pub store: String,
    /// Its version.
    pub version: i64,
    /// Whether there is no problem.
    pub healthy: bool,
    /// What is wrong, the worst first.
    pub problems: Vec<Problem>,
    /// What is no problem of the store, and good to know.
    pub notes: Vec<Problem>,
    /// What it holds.
    pub counts: Counts,
}

/// One thing that is wrong, or good to know.
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    /// Its name for programs, in kebab case.
    pub code: &'static str,
    /// What it is, a sentence without a full stop.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

/// Writes the answer for programs: one object.
pub fn json(out: &mut dyn Write, doctor: &Doctor) -> io::Result<()> {
    #[derive(Serialize)]
    struct Answer<'a> {
        schema: u32,
        #[serde(flatten)]
        doctor: &'a Doctor,
    }
    serde_json::to_writer(&mut *out, &Answer { schema: SCHEMA, doctor })?;
    writeln!(out)
}

/// Writes the answer for people: the verdict, what the store holds, and each problem with what to
/// do.
pub fn text(out: &mut dyn Write, doctor: &Doctor, look: &Look) -> io::Result<()> {
    let verdict = match doctor.problems.len() {
        0 => "healthy".to_owned(),
        problems => many(problems, "problem"),
    };
    writeln!(out, "{}", look.paint(Class::Heading, &format!("{}: {verdict}", look.clean(&doctor.store))))?;
    let Counts { events, ids, alias_calls, profiles, rejects, files } = doctor.counts;
    let counts = [
        (events, "row"),
        (ids, "id"),
        (alias_calls, "alias call"),
        (profiles, "profile update"),
        (rejects, "reject"),
        (files, "file"),
    ];
    let counted = |(number, word): (Option<u64>, &str)| {
        number.map(|number| many(usize::try_from(number).unwrap_or(usize::MAX), word))
    };
    let counts = counts.into_iter().filter_map(counted);
    let line: Vec<String> = std::iter::once(format!("version {}", doctor.version)).chain(counts).collect();
    writeln!(out, "{}", line.join(look.dot()))?;
    for (kind, list) in [("problem", &doctor.problems), ("note", &doctor.notes)] {
        for problem in list {
            let Problem { code, what, advice } = problem;
            writeln!(out, "\n{}", look.paint(Class::Heading, &format!("{kind}: {code}")))?;
            writeln!(out, "{}", look.wrap(&look.clean(what), 2))?;
            writeln!(out, "{}", look.wrap(&look.clean(&format!("try: {advice}")), 2))?;
        }
    }
    Ok(())
}
