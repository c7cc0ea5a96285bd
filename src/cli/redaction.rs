//! `--redact`: which answers are redacted, and with which key.

use std::sync::Arc;

use super::args::{Command, Common};
use super::failure::Failure;
use crate::inspect::{Inspector, Redactor};
use crate::session;

/// What redacts, if anything is to be.
pub(super) fn asked(common: &Common, command: Option<&Command>) -> Result<Option<Arc<Redactor>>, Failure> {
    if !common.redact && common.redact_property.is_empty() {
        return Ok(None);
    }
    let refused = match command {
        Some(Command::Import(_)) => {
            Some(("import", "an import stores rows unchanged; use --redact with the commands that show them"))
        }
        Some(Command::Pull(_)) => {
            Some(("pull", "a pull stores rows unchanged; use --redact with the commands that show them"))
        }
        Some(Command::Export(_)) => {
            Some(("export", "a plain copy has every row as it is; journey show writes CSV and JSON"))
        }
        Some(Command::Doctor(_)) => Some(("doctor", "its answer has no ids and no properties")),
        Some(Command::Sql(_)) => {
            Some(("sql", "an expression can take an id to pieces; journey show, search and graph answer with --redact"))
        }
        Some(Command::Reproduce(_)) => Some(("reproduce", "a scenario has no ids and no values of the data")),
        Some(Command::Demo(_)) => Some(("demo", "the users of a scenario are made up")),
        Some(Command::Listen(_)) => {
            Some(("listen", "journey listen stores rows unchanged; use --redact with the commands that show them"))
        }
        _ => None,
    };
    if let Some((name, why)) = refused {
        return Err(Failure::usage(format!("journey {name} cannot be redacted")).hint(why));
    }
    Ok(Some(session::redactor(&common.redact_property)?))
}

/// A failure as it may be shown: what a command was asked for may stand in it.
pub(super) fn shown(failure: Failure, inspector: &Inspector) -> Failure {
    failure.map(|text| inspector.shown_text(text).unwrap_or_else(|_| "(redacted)".to_owned()))
}
