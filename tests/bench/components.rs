//! How long the connected components of pairs of ids take, with everything before them left out, for
//! `tests/bench/peers.py --only people`: `cargo bench --bench components -- STORE HUB` prints seconds, and how many
//! components there are.
//!
//! The pairs are those that calls of the store join under Original ID Merge; HUB more ids are joined to one, if it is
//! not 0. They are heard by the simple rules, which join whatever a call names and have no limit.

#![expect(clippy::expect_used, reason = "a bench that cannot be set up has to fail")]
#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Instant;

use journey::identity::merging::system::{Node, Number, Ruling, Said, System, Texts};
use journey::identity::{Rules, named};
use journey::model::LinkKind;
use journey::model::facts::Arrival;
use journey::store::Reader;

/// Ids by their numbers, compared as they are.
struct Written(Vec<String>);

impl Texts for Written {
    fn bare(&self, id: Number) -> Number {
        id
    }

    fn is_device(&self, _: Number) -> bool {
        false
    }

    fn text(&self, id: Number) -> &str {
        self.0.get(id as usize).map_or("", String::as_str)
    }
}

fn number(id: i64) -> Number {
    Number::try_from(id).expect("a number of an id")
}

fn begun(rules: &str) -> Box<dyn System> {
    named(rules).and_then(Rules::system).expect("rules that join ids")
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    // `cargo test --benches` runs it with nothing to do.
    let [store, hub] = words.as_slice() else { return };
    let hub: Number = hub.parse().expect("a number of ids");
    let reader = Reader::open(&PathBuf::from(store)).expect("the store opens");
    let mut texts: Vec<String> = Vec::new();
    let mut set = |number: i64, text: &str| {
        let at = usize::try_from(number).expect("a number of an id");
        texts.resize(texts.len().max(at + 1), String::new());
        text.clone_into(&mut texts[at]);
    };
    reader.sweep_ids(&mut set).expect("ids");
    let texts = Written(texts);

    let mut said: Vec<(Arrival, Said)> = Vec::new();
    let arrival = |at, line: i64, row| Arrival { at, rank: 0, line: line.unsigned_abs(), row };
    for call in reader.sweep_calls().expect("calls") {
        let what = Said::Alias { alias: number(call.alias), target: number(call.target) };
        said.push((arrival(call.arrived, call.line, call.row), what));
    }
    for link in reader.sweep_links().expect("links") {
        let what = match link.kind {
            LinkKind::Identify => Said::Identify { identified: number(link.a), anon: number(link.b) },
            LinkKind::Merge => Said::Merge { into: number(link.a), other: number(link.b) },
            _ => continue,
        };
        said.push((arrival(link.arrived, link.line, 0), what));
    }
    said.sort_unstable_by_key(|(arrival, _)| *arrival);

    let mut judged = begun("original");
    let mut pairs: Vec<(Number, Number)> = Vec::new();
    for (at, (arrival, said)) in (0..).zip(said) {
        if matches!(judged.hear(said, at, arrival, &texts), Ruling::Joined | Ruling::Same) {
            pairs.extend(said.pair());
        }
    }
    let first = Number::try_from(texts.0.len()).expect("a number of an id");
    pairs.extend((1..hub).map(|more| (first + more, first)));
    let ids: HashSet<Number> = pairs.iter().flat_map(|(one, other)| [*one, *other]).collect();

    let start = Instant::now();
    let mut joined = begun("simple");
    for (at, (one, other)) in (0..).zip(&pairs) {
        joined.hear(Said::Merge { into: *other, other: *one }, at, arrival(0, 0, 0), &texts);
    }
    let components: HashSet<Node> = ids.iter().flat_map(|id| joined.meant(*id, &texts)).collect();
    println!("{} {}", start.elapsed().as_secs_f64(), components.len());
}
