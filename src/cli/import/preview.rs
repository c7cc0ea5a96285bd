//! `journey import --dry-run`, `--map` and `--map-for`: how files would be read, before they are.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::super::stop::stop_flag;
use super::{input, report_each};
use crate::cli::args::Format;
use crate::cli::console::Console;
use crate::cli::failure::Failure;
use crate::formats::{Map, excerpt};
use crate::ingest::{self, Input, Options, Preview, PreviewRow};
use crate::model::text::visible;
use crate::model::time::rfc3339;

/// Characters of the properties of a row that are shown.
const SHOWN: usize = 300;

/// The map that an argument says: pairs, or the name of a file with them.
pub(super) fn map(said: &str) -> Result<Map, Failure> {
    let wrong = |why: String| {
        Failure::usage(format!("--map {said}: {why}")).hint("journey import --map-for FILE prints a map to edit")
    };
    if said.contains('=') && !Path::new(said).is_file() {
        return Map::parse(said).map_err(wrong);
    }
    let text = fs::read_to_string(said).map_err(|error| wrong("the file cannot be read".to_owned()).because(&error))?;
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| wrong(error.message().to_owned()))?;
    let pairs = table.into_iter().map(|(name, value)| match value {
        toml::Value::String(column) => Ok((name, column)),
        _ => Err(wrong(format!("{name} is not the name of a column in quotes"))),
    });
    Map::of(pairs.collect::<Result<_, _>>()?).map_err(wrong)
}

/// Prints a guess of a map.
pub(super) fn map_for(path: &Path, console: &mut Console) -> Result<(), Failure> {
    let options = Options { stop: stop_flag()?.into(), ..Options::default() };
    let map = ingest::map_for(input(path), &options);
    if options.stop.is_set() {
        return Err(Failure::stopped_preview());
    }
    let map = map.map_err(|error| report_each(error, console))?;
    console.write(map.as_bytes())
}

/// Shows the first rows of the inputs as they would be read.
pub(super) fn dry_run(inputs: Vec<Input>, options: &Options, console: &mut Console) -> Result<(), Failure> {
    let options = Options { stop: stop_flag()?.into(), ..options.clone() };
    let seen = ingest::preview(inputs, &options);
    if options.stop.is_set() {
        return Err(Failure::stopped_preview());
    }
    let (files, failures) = seen.map_err(|error| report_each(error, console))?;
    match console.format {
        Format::Json => {
            let files: Vec<_> = files.iter().map(file_in_json).collect();
            let answer = serde_json::json!({"schema": 1, "dry_run": true, "files": files});
            writeln!(console.out, "{answer}")?;
        }
        Format::Text => {
            for file in &files {
                tell(file, console)?;
            }
            writeln!(console.out, "nothing is stored: this is how the first rows would be read")?;
        }
    }
    console.finish()?;
    let mut failures = failures.into_iter().map(Failure::from);
    let Some(last) = failures.next_back() else { return Ok(()) };
    for failure in failures {
        console.fail(&failure);
    }
    Err(last)
}

fn file_in_json(file: &Preview) -> serde_json::Value {
    let rows = file.rows.iter().map(|row| {
        let properties: serde_json::Value =
            serde_json::from_str(&row.properties).unwrap_or_else(|_| row.properties.as_str().into());
        serde_json::json!({
            "line": row.line, "kind": row.kind, "event": row.event, "distinct_id": row.id, "alias": row.alias,
            "time": row.time.map(rfc3339), "arrived": row.arrived.map(rfc3339), "device_id": row.device,
            "user_id": row.user, "properties": properties, "reason": row.reason,
        })
    });
    serde_json::json!({
        "file": file.file, "format": file.format, "timezone": file.timezone, "left_out": file.left_out,
        "rows": rows.collect::<Vec<serde_json::Value>>(),
    })
}

fn tell(file: &Preview, console: &mut Console) -> Result<(), Failure> {
    let look = console.look;
    let (out, dot) = (&mut console.out, look.dot());
    let title = format!("{}: {} {dot} times {}", look.clean(&file.file), look.clean(&file.format), file.timezone);
    writeln!(out, "{}", look.wrap(&title, 0))?;
    if !file.left_out.is_empty() {
        writeln!(out, "  left out: {}", look.clean(&file.left_out.join(", ")))?;
    }
    for row in &file.rows {
        writeln!(out, "  line {}: {}", row.line, look.clean(&described(row)))?;
        if !row.properties.is_empty() {
            writeln!(out, "    {}", look.clean(&visible(&excerpt(&row.properties, SHOWN))))?;
        }
    }
    if file.rows.is_empty() {
        writeln!(out, "  no rows")?;
    }
    Ok(())
}

/// A row in one line, without its properties.
fn described(row: &PreviewRow) -> String {
    let text = |text: &Option<String>| text.as_deref().map(|text| format!("\"{text}\""));
    let mut parts = vec![match (row.kind, text(&row.event)) {
        ("event", Some(event)) => format!("event {event}"),
        ("event", None) => "event without a name".to_owned(),
        (kind, _) => kind.to_owned(),
    }];
    if let Some(reason) = &row.reason {
        return format!("not read: {reason}");
    }
    parts.extend(text(&row.alias).map(|alias| format!("alias {alias}")));
    parts.push(text(&row.id).map_or_else(|| "without an id".to_owned(), |id| format!("id {id}")));
    parts.extend(row.time.map(|at| format!("at {}", rfc3339(at))));
    parts.extend(row.arrived.map(|at| format!("arrived {}", rfc3339(at))));
    parts.extend(text(&row.device).map(|id| format!("device {id}")));
    parts.extend(text(&row.user).map(|id| format!("user {id}")));
    parts.join(", ")
}
