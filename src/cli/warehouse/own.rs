//! `journey warehouse` for a table of events that the owner of the server made.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cli::args::Format;
use crate::cli::console::Console;
use crate::cli::failure::Failure;
use crate::cli::stop::stop_flag;
use crate::inspect::Error;
use crate::inspect::able::Abilities;
use crate::model::text::{count, counted, visible};
use crate::report::json::SCHEMA;
use crate::session::warehouse::{self as session, Look};
use crate::warehouse::{Address, Coverage, OwnDdl, OwnEvents, OwnTable};

/// What is said of a table: whether journeys can be shown, and what they rest on and cost.
struct Said<'a> {
    table: &'a OwnTable,
    events: OwnEvents,
    look: Look,
    costs: Vec<(&'static str, Duration)>,
    abilities: Option<Abilities>,
}

/// Says whether a table of the owner's own can be read, and what its journeys rest on.
pub(super) fn look(address: &Address, table: &OwnTable, console: &mut Console) -> Result<(), Failure> {
    let said = Said::new(address, table)?;
    match console.format {
        Format::Json => writeln!(console.out, "{}", said.as_json(address))?,
        Format::Text => {
            for line in said.lines(address) {
                writeln!(console.out, "{}", visible(&line))?;
            }
        }
    }
    console.finish()?;
    if said.look.is_usable() { Ok(()) } else { Err(Failure::listed()) }
}

impl<'a> Said<'a> {
    fn new(address: &Address, table: &'a OwnTable) -> Result<Self, Failure> {
        let stop = stop_flag()?;
        let mut events = OwnEvents::open(session::client(address)?, table.clone())?;
        events.stop_when(Arc::new(move || stop.load(Ordering::Relaxed)));
        let look = Look::of(&events)?;
        let mut costs: Vec<(&str, Duration)> = Vec::new();
        let mut time = |what: &'static str, ask: &mut dyn FnMut() -> Result<(), Error>| {
            let start = Instant::now();
            ask()?;
            costs.push((what, start.elapsed()));
            Ok::<_, Error>(())
        };
        if let Some(id) = events.some_id()? {
            time("every row that names an id", &mut || events.naming(std::slice::from_ref(&id)).map(drop))?;
            time("ids with a part of a text", &mut || {
                events.ids_with(id.as_str(), 50)?;
                events.named_with(id.as_str(), 50)?.map_or_else(|| events.calls_with(id.as_str()).map(drop), |_| Ok(()))
            })?;
        }
        let abilities = look.is_usable().then(|| session::abilities_of_own(&events, &look)).transpose()?;
        Ok(Self { table, events, look, costs, abilities })
    }

    fn as_json(&self, address: &Address) -> Value {
        let Self { table, events, look, .. } = self;
        let Look { user, totals, key, coverage, is_sorted_by_id, read } = look;
        let columns: Vec<Value> = events
            .types()
            .iter()
            .map(|(name, expression, kind)| json!({ "name": name, "expression": expression, "type": kind }))
            .collect();
        let costs: Vec<Value> =
            self.costs.iter().map(|(what, cost)| json!({ "what": what, "ms": millis(cost) })).collect();
        let parts = |of: Option<(u64, u64)>| of.map(|(here, all)| json!({ "here": here, "all": all }));
        json!({
            "schema": SCHEMA, "warehouse": address.to_string(), "version": events.version(),
            "read_only": user.is_read_only, "takes_settings": !user.takes_no_settings, "table": table.table,
            "usable": look.is_usable(), "columns": columns, "rows": totals.events, "ids": totals.ids,
            "rows_without_id": totals.without_id, "rows_without_arrival": totals.without_arrival,
            "rows_after_merge": totals.merged, "alias_calls": totals.alias_calls, "sorting_key": key,
            "sorted_by_id": is_sorted_by_id, "rows_read_for_an_id": read,
            "edges": {
                "alias_calls": parts(coverage.alias_calls), "ids": parts(coverage.ids),
                "names": parts(coverage.names), "whole": look.is_whole(),
            },
            "costs": costs, "can": super::able::as_json(self.abilities.as_ref()),
        })
    }

    fn lines(&self, address: &Address) -> Vec<String> {
        let Self { table, events, look: Look { user, totals, .. }, .. } = self;
        let mut lines = vec![format!(
            "{address}: ClickHouse {}, {} of {}",
            events.version(),
            counted(totals.events, "row"),
            table.table
        )];
        lines.extend(user.lines());
        for (name, expression, kind) in events.types() {
            lines.push(format!("{name}: {expression} ({kind})"));
            if *name == "properties" {
                lines.extend(caution(kind).map(str::to_owned));
            }
        }
        lines.push(format!(
            "{}, {}, {} without an id",
            counted(totals.ids, "id"),
            counted(totals.alias_calls, "alias call"),
            counted(totals.without_id, "row")
        ));
        if totals.without_arrival > 0 {
            let how = if table.arrived.is_none() { "neither a column nor mp_processing_time_ms" } else { "no arrival" };
            lines.push(format!(
                "{} with {how}: which of two calls was first is not known there, so their time stands for it, and no race can be judged",
                counted(totals.without_arrival, "row")
            ));
        } else if table.arrived.is_none() && totals.events > 0 {
            lines.push("no arrival is given: it is taken from mp_processing_time_ms of the properties".to_owned());
        }
        if totals.merged > 0 {
            lines.push(format!(
                "{} after identity merge ($distinct_id_before_identity): their id is not the one that was sent, so read the rows as sent",
                counted(totals.merged, "row")
            ));
        }
        self.add_sorting(&mut lines);
        self.add_edges(&mut lines);
        for (what, cost) in &self.costs {
            lines.push(format!("{what}: {} ms", count(millis(cost))));
        }
        lines.push(if self.look.is_usable() { "it can be used".to_owned() } else { "it has no rows".to_owned() });
        lines.extend(self.abilities.iter().flat_map(super::able::lines));
        lines
    }

    fn add_sorting(&self, lines: &mut Vec<String>) {
        match (self.look.key.as_str(), self.look.is_sorted_by_id) {
            ("", _) => lines.push("the server does not say how the table is sorted".to_owned()),
            (key, true) => lines.push(format!("sorted by {key}: the rows of an id are found by it")),
            (key, false) => lines.push(format!(
                "sorted by {key} and not by the id, so each look reads the whole table; journey warehouse ddl prints a copy sorted by (id, time)"
            )),
        }
        if let Some(read) = self.look.read {
            lines.push(format!("{} are read to find those of one id", counted(read, "row")));
        }
    }

    fn add_edges(&self, lines: &mut Vec<String>) {
        let Coverage { alias_calls, ids, names } = self.look.coverage;
        match (&self.table.edges.named, self.table.named.is_empty()) {
            (Some([calls, links]), _) => {
                lines.push(format!("ids that rows name are found by {calls} and {links}"));
            }
            (None, true) => lines.push("an id that rows name is looked for in the text of all properties; journey warehouse ddl prints tables that find it: [warehouse.edges]".to_owned()),
            (None, false) => lines.push("an id that rows name is looked for in all rows of the named columns; journey warehouse ddl prints tables that find it: [warehouse.edges]".to_owned()),
        }
        match &self.table.edges.ids {
            Some(table) => lines.push(format!("a part of an id is looked for in {table}")),
            None => lines.push("a part of an id is looked for in the ids of all rows; journey warehouse ddl prints a table of ids: [warehouse.edges]".to_owned()),
        }
        if let Some((here, all)) = alias_calls.filter(|(here, all)| here != all) {
            lines.push(format!(
                "wrong: the table of alias calls has {} of {}",
                count(here),
                counted(all, "alias call")
            ));
        }
        if let Some((here, all)) = ids.filter(|(here, all)| here != all) {
            lines.push(format!("wrong: the table of ids counts {} of {}", count(here), counted(all, "row")));
        }
        if let Some((here, all)) = names.filter(|(here, all)| here != all) {
            lines.push(format!(
                "wrong: of some ids, the tables have {} of {} that rows name",
                count(here),
                counted(all, "time")
            ));
        }
        if !self.look.is_whole() {
            lines.push(
                "journeys would lack what these tables lack: fill them from all rows (the INSERT of journey warehouse ddl), or leave them out of [warehouse.edges]"
                    .to_owned(),
            );
        }
    }
}

/// What a type does to properties.
fn caution(kind: &str) -> Option<&'static str> {
    if kind.contains("Map(") {
        Some("a Map holds values of one type: numbers and true are shown as the texts that it has")
    } else if kind.contains("JSON") || kind.contains("Object(") {
        Some(
            "a JSON column keeps no order of names, and writes times in its own way: properties are shown as it has them",
        )
    } else {
        None
    }
}

fn millis(cost: &Duration) -> u64 {
    u64::try_from(cost.as_millis()).unwrap_or(u64::MAX)
}

/// Prints what makes tables next to the events.
pub(super) fn statements(address: &Address, console: &mut Console) -> Result<(), Failure> {
    let Some(table) = &address.own else { return Ok(()) };
    let events = OwnEvents::open(session::client(address)?, (**table).clone())?;
    let OwnDdl { statements, settings, has_named } = events.ddl()?;
    match console.format {
        Format::Json => {
            let answer = json!({ "schema": SCHEMA, "statements": statements, "settings": settings });
            writeln!(console.out, "{answer}")?;
        }
        Format::Text => {
            let out = &mut console.out;
            writeln!(
                out,
                "-- Tables that find ids of {} faster; they change nothing that exists. Of a table over",
                table.table
            )?;
            writeln!(
                out,
                "-- shards, run them on each shard for the table that holds its rows, and put one over each."
            )?;
            writeln!(
                out,
                "-- Rows that are added between a view and the INSERT after it would count twice: stop adding until the end."
            )?;
            if !has_named {
                writeln!(
                    out,
                    "-- ClickHouse {} cannot take ids from JSON safely: name the columns that have some in\n\
                     -- [warehouse.events] named, and tables of the ids that rows name are printed too.",
                    events.version()
                )?;
            }
            for statement in &statements {
                writeln!(out, "{statement};")?;
            }
            writeln!(out, "\n-- Then in the settings of journey:")?;
            for line in &settings {
                writeln!(out, "-- {line}")?;
            }
        }
    }
    console.finish()
}
