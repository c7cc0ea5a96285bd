//! How long a warehouse takes: whole journeys, a first screen, a search.
//!
//! `JOURNEY_BENCH_WAREHOUSE=clickhouse://HOST:8123/DATABASE JOURNEY_BENCH_IDS=ids.txt cargo bench --bench warehouse`
//!
//! The file has an id a line. Each is asked for once, over one connection, as the interface does; a second pass asks
//! for the same ids of a warehouse that was opened anew, when the server has their parts at hand.

#![expect(clippy::expect_used, reason = "a bench that cannot be set up has to fail")]
#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]

use std::time::{Duration, Instant};

use journey::inspect::Inspector;
use journey::model::Id;
use journey::session::warehouse::client;
use journey::warehouse::{Address, Client, Warehouse};

/// Hits that a screen asks for.
const HITS: usize = 50;

fn main() {
    let Ok(address) = std::env::var("JOURNEY_BENCH_WAREHOUSE") else { return };
    let client = client(&Address::read(&address).expect("an address")).expect("a client");
    let ids = std::env::var("JOURNEY_BENCH_IDS").ok().and_then(|file| std::fs::read_to_string(file).ok());
    let ids: Vec<Id> = ids.expect("a file of ids").lines().map(Id::new).collect();
    for pass in ["first pass", "second pass"] {
        let warehouse = Inspector::new(Warehouse::open(client.clone()).expect("a warehouse"));
        measure(pass, "journey", &client, &ids, &mut |id| {
            let journey = warehouse.journey(id).expect("an answer").expect("an id of the warehouse");
            journey.steps.len()
        });
        let warehouse = Inspector::new(Warehouse::open(client.clone()).expect("a warehouse"));
        measure(pass, "first screen", &client, &ids, &mut |id| {
            let soon = warehouse.journey_soon(id).expect("an answer").expect("an id of the warehouse");
            let (journey::inspect::Soon::All(journey) | journey::inspect::Soon::First(journey)) = soon;
            let rows: Vec<i64> = journey.steps.iter().take(50).map(|step| step.event.row).collect();
            warehouse.properties(&rows).expect("properties").len()
        });
        let warehouse = Inspector::new(Warehouse::open(client.clone()).expect("a warehouse"));
        measure(pass, "part of an id", &client, &ids, &mut |id| {
            let text: String = id.as_str().chars().skip(2).take(8).collect();
            warehouse.search(&text, HITS).expect("hits").len()
        });
    }
}

/// Prints the times of `ask` for each id, with round trips and how much it brought.
fn measure(pass: &str, what: &str, client: &Client, ids: &[Id], ask: &mut dyn FnMut(&Id) -> usize) {
    let mut times: Vec<Duration> = Vec::new();
    let (mut trips, mut brought) = (Vec::new(), 0);
    for id in ids {
        let (start, before) = (Instant::now(), client.trips());
        brought += ask(id);
        times.push(start.elapsed());
        trips.push(client.trips() - before);
    }
    times.sort_unstable();
    trips.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default().as_secs_f64() * 1e3;
    let most = times.last().copied().unwrap_or_default().as_secs_f64() * 1e3;
    println!(
        "{pass}, {what}: p50 {:.1} ms, p90 {:.1}, most {most:.1}; requests {} to {}; {brought} brought",
        at(50),
        at(90),
        trips.first().copied().unwrap_or(0),
        trips.last().copied().unwrap_or(0)
    );
}
