//! `journey warehouse`, and `journey import --to`: a ClickHouse server that holds the rows.

mod able;
mod own;

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::json;

use super::args::{Common, Format, Import, Warehouse};
use super::console::Console;
use super::failure::Failure;
use super::import;
use super::open::{self, Named};
use super::stop::stop_flag;
use crate::inspect::Stop;
use crate::model::text::{count, counted, visible};
use crate::report::json::SCHEMA;
use crate::session::warehouse as session;
use crate::store::Reader;
use crate::warehouse::{Address, Layout, check, ddl};

pub(super) fn run(what: &Warehouse, store: Named, console: &mut Console) -> Result<(), Failure> {
    match what {
        Warehouse::Ddl { cluster, text_index } => {
            let is_name =
                |name: &&String| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if let Some(name) = cluster.as_ref().filter(|name| !is_name(name)) {
                return Err(Failure::usage(format!("{name:?} is no name of a cluster"))
                    .hint("the names are in remote_servers of the server, and in system.clusters"));
            }
            match store.address()?.filter(|address| address.own.is_some()) {
                Some(_) if cluster.is_some() || *text_index => Err(Failure::usage(
                    "--cluster and --text-index are for the tables of journey, and the settings name a table of your own",
                )
                .hint("without them, the statements for your own table are printed")),
                Some(address) => own::statements(&address, console),
                None => statements(&Layout { cluster: cluster.clone(), has_text_index: *text_index }, console),
            }
        }
        Warehouse::Check => {
            let address = store.address()?.ok_or_else(no_warehouse)?;
            match &address.own {
                Some(table) => own::look(&address, table, console),
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
    let client = session::client(address)?;
    let health = check::check(&client, Some(&stop))?;
    let check::Health { version, user, missing, wrong, loads, has_facts, unfinished } = &health;
    let usable = health.is_usable();
    let abilities = usable.then(|| session::abilities(client, &health, stop)).transpose()?;
    match console.format {
        Format::Json => {
            let answer = json!({
                "schema": SCHEMA, "warehouse": address.to_string(), "version": version, "usable": usable,
                "read_only": user.is_read_only, "takes_settings": !user.takes_no_settings, "missing_tables": missing,
                "wrong_columns": wrong, "loads": loads.0, "rows": loads.1, "facts_loaded": has_facts,
                "unfinished_rows": unfinished, "can": able::as_json(abilities.as_ref()),
            });
            writeln!(console.out, "{answer}")?;
        }
        Format::Text => {
            let mut line = |text: String| writeln!(console.out, "{}", visible(&text));
            line(format!("{address}: ClickHouse {version}"))?;
            user.lines().try_for_each(&mut line)?;
            for table in missing {
                line(format!("missing: table {table}; journey warehouse ddl prints the statement"))?;
            }
            if !missing.is_empty() {
                line("a table of your own is read by [warehouse.events] in the settings, without these".to_owned())?;
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
            abilities.iter().flat_map(able::lines).try_for_each(&mut line)?;
        }
    }
    console.finish()?;
    if usable { Ok(()) } else { Err(Failure::listed()) }
}

/// `journey import`, and what `--to` asks for after it.
pub(super) fn import(command: &Import, common: &Common, store: Named, console: &mut Console) -> Result<(), Failure> {
    // A wrong address is an error before the import, not after it.
    let to = command.to.as_deref().map(|to| open::address(to, &store.warehouse)).transpose()?;
    let then = &mut |path: &Path, console: &mut Console| to.as_ref().map_or(Ok(()), |to| fill(path, to, console));
    import::run(command, common, store, then, console)
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
