//! `--redact`: which answers are redacted, and with which key.

use std::sync::Arc;

use super::args::{Command, Common};
use super::failure::Failure;
use crate::config::redaction;
use crate::inspect::{Inspector, Redactor};

/// What redacts, if anything is to be.
pub(super) fn asked(common: &Common, command: Option<&Command>) -> Result<Option<Arc<Redactor>>, Failure> {
    if !common.redact && common.redact_property.is_empty() {
        return Ok(None);
    }
    let refused = match command {
        Some(Command::Import(_)) => Some(("import", "what is imported is kept as it is; redact what is answered")),
        Some(Command::Export(_)) => {
            Some(("export", "a plain copy has every row as it is; journey show writes CSV and JSON"))
        }
        Some(Command::Doctor(_)) => Some(("doctor", "its answer has no ids and no properties")),
        Some(Command::Sql(_)) => {
            Some(("sql", "an expression can take an id to pieces; journey show, search and graph answer with --redact"))
        }
        Some(Command::Demo(_)) => Some(("demo", "the users of a scenario are made up")),
        _ => None,
    };
    if let Some((name, why)) = refused {
        return Err(Failure::usage(format!("journey {name} cannot be redacted")).hint(why));
    }
    of(&common.redact_property).map(Some)
}

/// With the key of the user, and chosen properties.
pub(super) fn of(properties: &[String]) -> Result<Arc<Redactor>, Failure> {
    let key = match redaction::file() {
        Some(file) => redaction::key(&file).map_err(|error| {
            let what = format!("the key of pseudonyms, {}, can be neither read nor made", file.display());
            Failure::usage(what).because(&error)
        })?,
        // Without a home there is no other run to agree with.
        None => redaction::new(),
    };
    Ok(Arc::new(Redactor::new(key, properties)))
}

/// A failure as it may be shown: what a command was asked for may stand in it.
pub(super) fn shown(failure: Failure, inspector: &Inspector) -> Failure {
    failure.map(|text| inspector.shown_text(text).unwrap_or_else(|_| "(redacted)".to_owned()))
}
