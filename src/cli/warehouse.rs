//! `journey warehouse`, and `journey import --to`: a ClickHouse server that holds the rows.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::args::{Common, Format, Import, Warehouse};
use super::console::Console;
use super::failure::Failure;
use super::import;
use super::open::{self, Named};
use super::stop::stop_flag;
use crate::inspect::{Error, Stop};
use crate::model::text::{count, counted, visible};
use crate::report::json::SCHEMA;
use crate::session::warehouse as session;
use crate::store::Reader;
use crate::warehouse::{Address, Layout, OwnEvents, OwnTable, check, ddl};

pub(super) fn run(what: &Warehouse, store: Named, console: &mut Console) -> Result<(), Failure> {
    match what {
        Warehouse::Ddl { cluster, text_index } => {
            let is_name =
                |name: &&String| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if let Some(name) = cluster.as_ref().filter(|name| !is_name(name)) {
                return Err(Failure::usage(format!("{name:?} is no name of a cluster"))
                    .hint("the names are in remote_servers of the server, and in system.clusters"));
            }
            statements(&Layout { cluster: cluster.clone(), has_text_index: *text_index }, console)
        }
        Warehouse::Check => {
            let address = store.address()?.ok_or_else(no_warehouse)?;
            match &address.own {
                Some(table) => look_at_own(&address, table, console),
                None => look(&address, console),
            }
        }
        Warehouse::Fill { to } => {
            let address = open::address(to, &store.warehouse)?;
            fill(&store.existing()?, &address, console)
        }
    }
}

fn no_warehouse() -> Failure {
    Failure::usage("no warehouse is named")
        .hint("--store clickhouse://HOST:PORT/DATABASE names one, and so does [warehouse] url in the settings")
}

fn statements(layout: &Layout, console: &mut Console) -> Result<(), Failure> {
    let statements = ddl(layout);
    match console.format {
        Format::Json => writeln!(console.out, "{}", json!({ "schema": SCHEMA, "statements": statements }))?,
        Format::Text => {
            writeln!(
                console.out,
                "-- Run these on {}; they change nothing that exists.",
                match &layout.cluster {
                    Some(_) => "every shard of the cluster",
                    None => "the server",
                }
            )?;
            for statement in statements {
                writeln!(console.out, "{statement};")?;
            }
        }
    }
    console.finish()
}

fn look(address: &Address, console: &mut Console) -> Result<(), Failure> {
    let stop = stop_flag()?;
    let stop: Stop = Arc::new(move || stop.load(Ordering::Relaxed));
    let health = check::check(&session::client(address)?, Some(&stop))?;
    let check::Health { version, is_read_only, takes_no_settings, missing, wrong, loads, has_facts, unfinished } =
        &health;
    let usable = health.is_usable();
    match console.format {
        Format::Json => {
            let answer = json!({
                "schema": SCHEMA, "warehouse": address.to_string(), "version": version, "usable": usable,
                "read_only": is_read_only, "takes_settings": !takes_no_settings, "missing_tables": missing,
                "wrong_columns": wrong, "loads": loads.0, "rows": loads.1, "facts_loaded": has_facts,
                "unfinished_rows": unfinished,
            });
            writeln!(console.out, "{answer}")?;
        }
        Format::Text => {
            let mut line = |text: String| writeln!(console.out, "{}", visible(&text));
            line(format!("{address}: ClickHouse {version}"))?;
            if *is_read_only {
                line("the user can only read".to_owned())?;
            }
            if *takes_no_settings {
                line("the server takes no settings from this user: its own limits hold".to_owned())?;
            }
            for table in missing {
                line(format!("missing: table {table}; journey warehouse ddl prints the statement"))?;
            }
            for column in wrong {
                line(format!("wrong: {column}; it is a table of another program or version"))?;
            }
            if missing.is_empty() && wrong.is_empty() {
                line(format!("{} in {}", counted(loads.1, "row"), counted(loads.0, "load")))?;
            }
            if missing.is_empty() && wrong.is_empty() && !has_facts {
                line("no alias calls and links yet; journey warehouse fill sends them".to_owned())?;
            }
            if *unfinished > 0 {
                line(format!("{} of interrupted loads take room and are never read", counted(*unfinished, "row")))?;
            }
            line(if usable { "it can be used".to_owned() } else { "it cannot be used yet".to_owned() })?;
        }
    }
    console.finish()?;
    if usable { Ok(()) } else { Err(Failure::listed()) }
}

/// Says whether a table of the owner's own can be read, and what its journeys rest on.
fn look_at_own(address: &Address, table: &OwnTable, console: &mut Console) -> Result<(), Failure> {
    let stop = stop_flag()?;
    let mut events = OwnEvents::open(session::client(address)?, table.clone())?;
    events.stop_when(Arc::new(move || stop.load(Ordering::Relaxed)));
    let totals = events.totals()?;
    let key = events.sorting_key()?;
    let is_sorted_by_id = key.split(',').next().is_some_and(|first| !key.is_empty() && table.id.contains(first.trim()));
    let mut costs: Vec<(&str, Duration)> = Vec::new();
    let mut time = |what: &'static str, ask: &mut dyn FnMut() -> Result<(), Error>| {
        let start = Instant::now();
        ask()?;
        costs.push((what, start.elapsed()));
        Ok::<_, Error>(())
    };
    if let Some(id) = events.some_id()? {
        time("every row that names an id", &mut || events.naming(std::slice::from_ref(&id)).map(drop))?;
        time("ids with a part of a text", &mut || events.ids_with(id.as_str(), 50).map(drop))?;
    }
    let millis = |cost: &Duration| u64::try_from(cost.as_millis()).unwrap_or(u64::MAX);
    let is_usable = totals.events > 0;
    match console.format {
        Format::Json => {
            let columns: Vec<Value> = events
                .types()
                .iter()
                .map(|(name, expression, kind)| json!({ "name": name, "expression": expression, "type": kind }))
                .collect();
            let costs: Vec<Value> =
                costs.iter().map(|(what, cost)| json!({ "what": what, "ms": millis(cost) })).collect();
            let answer = json!({
                "schema": SCHEMA, "warehouse": address.to_string(), "table": table.table, "usable": is_usable,
                "columns": columns, "rows": totals.events, "ids": totals.ids, "rows_without_id": totals.without_id,
                "rows_without_arrival": totals.without_arrival, "rows_after_merge": totals.merged,
                "alias_calls": totals.alias_calls, "sorting_key": key, "sorted_by_id": is_sorted_by_id, "costs": costs,
            });
            writeln!(console.out, "{answer}")?;
        }
        Format::Text => {
            let mut line = |text: String| writeln!(console.out, "{}", visible(&text));
            line(format!("{address}: {} of {}", counted(totals.events, "row"), table.table))?;
            for (name, expression, kind) in events.types() {
                line(format!("{name}: {expression} ({kind})"))?;
            }
            line(format!(
                "{}, {}, {} without an id",
                counted(totals.ids, "id"),
                counted(totals.alias_calls, "alias call"),
                counted(totals.without_id, "row")
            ))?;
            if table.arrived.is_none() {
                line("no arrival: which of two calls was first is not known, so time stands for it".to_owned())?;
            } else if totals.without_arrival > 0 {
                line(format!(
                    "{} without an arrival: their time stands for it",
                    counted(totals.without_arrival, "row")
                ))?;
            }
            if totals.merged > 0 {
                line(format!(
                    "{} after identity merge ($distinct_id_before_identity): their id is not the one that was sent, so read the rows as sent",
                    counted(totals.merged, "row")
                ))?;
            }
            match (key.as_str(), is_sorted_by_id) {
                ("", _) => line("the server does not say how the table is sorted".to_owned())?,
                (key, true) => line(format!("sorted by {key}: the rows of an id are found by it"))?,
                (key, false) => line(format!(
                    "sorted by {key} and not by the id, so each look reads the whole table; a copy sorted by (id, time) is faster"
                ))?,
            }
            if table.named.is_empty() {
                line("no columns are named that have other ids, so an id is looked for in the text of all properties: [warehouse.events] named".to_owned())?;
            }
            for (what, cost) in &costs {
                line(format!("{what}: {} ms", count(millis(cost))))?;
            }
            line(if is_usable { "it can be used".to_owned() } else { "it has no rows".to_owned() })?;
        }
    }
    console.finish()?;
    if is_usable { Ok(()) } else { Err(Failure::listed()) }
}

/// `journey import`, and what `--to` asks for after it.
pub(super) fn import(command: &Import, common: &Common, store: Named, console: &mut Console) -> Result<(), Failure> {
    // A wrong address is an error before the import, not after it.
    let to = command.to.as_deref().map(|to| open::address(to, &store.warehouse)).transpose()?;
    let Some(to) = to else { return import::run(command, common, store, console) };
    import::run(command, common, store.clone(), console)?;
    fill(&store.existing()?, &to, console)
}

/// Sends the store at `path` to a warehouse, and tells what was sent.
fn fill(path: &Path, address: &Address, console: &mut Console) -> Result<(), Failure> {
    let stop = stop_flag()?;
    let reader = Reader::open(path)?;
    let client = session::client(address)?;
    let bar = console.bar("{msg} {wide_bar} {human_pos}/{human_len}");
    bar.set_message("sending rows");
    let filled = session::fill(&reader, &client, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
        !stop.load(Ordering::Relaxed)
    });
    bar.finish_and_clear();
    let filled = filled?;
    match console.format {
        Format::Json => {
            let answer = json!({
                "schema": SCHEMA, "warehouse": address.to_string(), "rows_known": filled.known, "rows_sent": filled.rows,
                "ids": filled.ids, "stopped": filled.is_stopped,
            });
            writeln!(console.out, "{answer}")?;
        }
        Format::Text if filled.is_stopped => {
            writeln!(
                console.out,
                "stopped: {} sent to {address}; run the same command again to resume",
                counted(filled.rows, "row")
            )?;
        }
        Format::Text => writeln!(
            console.out,
            "{} sent to {address}, {} there already, {}",
            counted(filled.rows, "row"),
            count(filled.known),
            counted(filled.ids, "id")
        )?,
    }
    console.finish()?;
    if filled.is_stopped { Err(Failure::stopped()) } else { Ok(()) }
}
