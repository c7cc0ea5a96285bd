//! The source keeps to the layers that `src/lib.rs` draws.
//!
//! Each rule prints the file, the line, the edge and what is allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

mod circles;

use crate::support::rust_files;

/// What each module may name; the table in `src/lib.rs` says the same in words.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("identity", &["model"]),
    ("formats", &["model"]),
    ("output", &[]),
    ("store", &["model", "output"]),
    ("sim", &["model", "formats"]),
    ("pull", &[]),
    ("ingest", &["model", "formats", "store"]),
    ("listen", &["model", "formats", "store", "ingest"]),
    ("inspect", &["model", "identity"]),
    ("report", &["model", "identity"]),
    ("play", &["model", "identity", "formats", "sim", "inspect", "report"]),
    ("config", &[]),
    ("warehouse", &["model", "inspect"]),
    (
        "session",
        &["model", "identity", "formats", "output", "store", "sim", "ingest", "inspect", "config", "warehouse"],
    ),
    (
        "tui",
        &[
            "model",
            "identity",
            "formats",
            "output",
            "store",
            "sim",
            "pull",
            "ingest",
            "inspect",
            "report",
            "play",
            "config",
            "session",
            "listen",
            "warehouse",
        ],
    ),
    (
        "cli",
        &[
            "model",
            "identity",
            "formats",
            "output",
            "store",
            "sim",
            "pull",
            "ingest",
            "inspect",
            "report",
            "play",
            "config",
            "session",
            "listen",
            "tui",
            "warehouse",
        ],
    ),
];

/// Crates that few modules may name.
const OWNERS: &[(&str, &[&str])] = &[
    ("rusqlite", &["store"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("ureq", &["pull", "warehouse", "listen"]),
    ("hyper", &["listen"]),
    ("tokio", &["listen"]),
];

/// Modules that print; all others write to what they are given.
const PRINTING: &[&str] = &["cli", "main"];

/// Modules that may look at the clock.
const TELLING_TIME: &[&str] = &["cli", "main", "tui", "listen"];

/// Lines from which a file wants to be a folder.
const LONGEST: usize = 600;

/// Files that may be longer, with the reason.
const LONG: &[(&str, &str)] = &[];

/// Files next to those of `formats` and `sim` that may name what Mixpanel calls its verbs: the names
/// themselves, stores in which nothing else said the verb, a call without a row, sentences about what an SDK of
/// Mixpanel sends, rows and calls that are written for Mixpanel, rows that
/// are counted in a table without a verb.
const NAMING_VERBS: &[&str] = &[
    "src/model/row.rs",
    "src/identity/what_if.rs",
    "src/store/schema/doubled.rs",
    "src/store/schema/five.rs",
    "src/inspect/filter/decide.rs",
    "src/inspect/repair.rs",
    "src/play/explain.rs",
    "src/play/recorded.rs",
    "src/play/reproduce.rs",
    "src/warehouse/own.rs",
    "src/warehouse/own/edges.rs",
    "src/warehouse/own/terms.rs",
    "src/warehouse/own/ddl.rs",
];

/// One source file.
struct Source {
    /// Its path from the top of the repository.
    path: String,
    /// Its top module: `store` for `src/store/schema.rs`.
    module: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = rust_files(&top.join("src"));
    assert!(files.len() > 10, "src/ was not found");
    files
        .into_iter()
        // It builds the program and is no part of it.
        .filter(|file| !file.ends_with("build.rs"))
        .map(|file| {
            let below = file.strip_prefix(top.join("src")).unwrap();
            let first = below.components().next().unwrap().as_os_str().to_string_lossy();
            let module = first.strip_suffix(".rs").unwrap_or(&first).to_owned();
            let path = file.strip_prefix(top).unwrap().to_string_lossy().replace('\\', "/");
            Source { path, module, text: fs::read_to_string(&file).unwrap() }
        })
        .collect()
}

/// The lines of code with their numbers: without comments, and without what only tests see.
fn code(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    // A test module stands last in its file, or is a file of its own.
    let tests = source.path.ends_with("/tests.rs") || source.path.contains("/tests/");
    let end = if tests { 0 } else { source.text.find("#[cfg(test)]\nmod tests {").unwrap_or(source.text.len()) };
    source
        .text
        .get(..end)
        .unwrap_or_default()
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default()))
        .filter(|(_, line)| !line.trim().is_empty())
}

/// The modules that code names by `crate::module` or `crate::{module, …}`, over several lines too.
fn named<'a>(code: impl Iterator<Item = (usize, &'a str)>) -> Vec<(usize, String)> {
    let mut modules = Vec::new();
    // Depth of braces inside of `crate::{`; zero outside of it.
    let mut depth = 0;
    for (number, line) in code {
        let mut rest = line;
        loop {
            if depth == 0 {
                let Some(at) = rest.find("crate::") else { break };
                let inside = rest.get(..at).and_then(|text| text.chars().next_back()).is_some_and(is_word);
                rest = rest.get(at + "crate::".len()..).unwrap_or_default();
                if inside {
                    continue;
                }
                if let Some(list) = rest.strip_prefix('{') {
                    (depth, rest) = (1, list);
                } else {
                    modules.push((number, word(rest)));
                }
            } else {
                if depth == 1 {
                    rest = rest.trim_start_matches([' ', ',']);
                    modules.push((number, word(rest)));
                }
                let Some(at) = rest.find(if depth == 1 { &['{', '}', ','][..] } else { &['{', '}'][..] }) else {
                    break;
                };
                match rest.as_bytes().get(at) {
                    Some(b'{') => depth += 1,
                    Some(b'}') => depth -= 1,
                    _ => {}
                }
                rest = rest.get(at + 1..).unwrap_or_default();
            }
        }
    }
    modules.retain(|(_, module)| MAY_NAME.iter().any(|(known, _)| known == module));
    modules
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}

/// The word that `text` begins with.
fn word(text: &str) -> String {
    text.chars().take_while(|c| is_word(*c)).collect()
}

/// Whether a line names a crate: `rusqlite::…` or `use rusqlite as …`.
fn names_crate(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + name.len()..).unwrap_or_default();
        let begins = !before.is_some_and(|c| c.is_ascii_alphanumeric() || "_\"-".contains(c));
        begins && (after.starts_with("::") || after.starts_with(" as ") || after.starts_with(';'))
    })
}

fn fail(broken: &[String], rule: &str) {
    assert!(broken.is_empty(), "{rule}\n  {}", broken.join("\n  "));
}

#[test]
fn a_module_names_only_the_layers_below_it() {
    let may: BTreeMap<&str, &[&str]> = MAY_NAME.iter().copied().collect();
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| source.module != "lib" && source.module != "main") {
        let Some(allowed) = may.get(source.module.as_str()) else {
            broken.push(format!("{}: module {} has no row in MAY_NAME", source.path, source.module));
            continue;
        };
        for (number, module) in named(code(source)).into_iter().filter(|(_, module)| *module != source.module) {
            if !allowed.contains(&module.as_str()) {
                broken.push(format!(
                    "{}:{number}: {} → {module}; {} may name {allowed:?}",
                    source.path, source.module, source.module
                ));
            }
        }
    }
    fail(&broken, "a module names a layer that is not below it (table in src/lib.rs):");
}

#[test]
fn main_names_only_the_command_line() {
    let broken: Vec<String> = sources()
        .iter()
        .filter(|source| source.module == "main")
        .flat_map(|source| code(source).map(|(number, line)| (number, line.to_owned())).collect::<Vec<_>>())
        .filter(|(_, line)| line.contains("journey::") && !line.contains("journey::cli"))
        .map(|(number, line)| format!("src/main.rs:{number}: {}", line.trim()))
        .collect();
    fail(&broken, "main names more than journey::cli:");
}

#[test]
fn each_big_dependency_has_one_owner() {
    let mut broken = Vec::new();
    for source in &sources() {
        for (number, line) in code(source) {
            for (name, owners) in OWNERS.iter().filter(|(_, owners)| !owners.contains(&&*source.module)) {
                if names_crate(line, name) {
                    let owners = owners.join(" and ");
                    broken
                        .push(format!("{}:{number}: {} → {name}; only {owners} names it", source.path, source.module));
                }
            }
        }
    }
    fail(&broken, "a module names a crate that another one owns:");
}

#[test]
fn only_the_command_line_prints() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| !PRINTING.contains(&source.module.as_str())) {
        for (number, line) in code(source) {
            for word in ["println!", "print!", "eprintln!", "eprint!", "dbg!", "io::stdout()", "io::stderr()"] {
                let whole = |at: usize| {
                    !line.get(..at).and_then(|text| text.chars().next_back()).is_some_and(|c| c.is_ascii_alphanumeric())
                };
                // The terminal interface owns the terminal: it may hold its output.
                let owns = source.module == "tui" && word.starts_with("io::");
                if !owns && line.match_indices(word).any(|(at, _)| whole(at)) {
                    broken.push(format!("{}:{number}: {word}; only {PRINTING:?} print", source.path));
                }
            }
        }
    }
    fail(&broken, "a module prints:");
}

#[test]
fn only_the_edges_look_at_the_clock() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| !TELLING_TIME.contains(&source.module.as_str())) {
        for (number, line) in code(source) {
            for word in ["Utc::now(", "Local::now(", "SystemTime::now("] {
                if line.contains(word) {
                    broken.push(format!("{}:{number}: {word}); only {TELLING_TIME:?} look", source.path));
                }
            }
        }
    }
    fail(&broken, "a module looks at the clock:");
}

/// Files that join a thread by another rule than `model::threads::join`, with the reason.
const JOINING: &[(&str, &str)] = &[
    ("src/model/threads.rs", "the rule itself"),
    ("src/cli/demo.rs", "what the thread made ends with a failure of the command"),
    ("src/cli/listen.rs", "it writes lines until the listener is finished; a panic goes on in the thread that waits"),
    ("src/listen.rs", "its threads work until the listener is finished, in no scope of the one who started them"),
    ("src/store/writer/checkpoints.rs", "ends while its owner is dropped, and holds nothing that could be lost"),
];

#[test]
fn helping_threads_are_joined_by_one_rule() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| !JOINING.iter().any(|(path, _)| *path == source.path)) {
        // Not the join of texts or of paths: those are given something.
        for (number, line) in code(source).filter(|(_, line)| line.contains(".join()")) {
            broken.push(format!("{}:{number}: {}", source.path, line.trim()));
        }
    }
    fail(&broken, "a thread is joined, and its panic may be lost; take model::threads::join:");
}

#[test]
fn no_file_is_too_long_to_read() {
    let mut broken = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        let reason = LONG.iter().find(|(path, _)| *path == source.path);
        match reason {
            None if lines > LONGEST => broken.push(format!("{}: {lines} lines", source.path)),
            Some(_) if lines <= LONGEST => broken.push(format!("{}: needs no entry in LONG any more", source.path)),
            _ => {}
        }
    }
    fail(&broken, &format!("a file is longer than {LONGEST} lines: make it a folder, or give a reason in LONG:"));
}

/// The table of `src/lib.rs`: a module and what it may name, each as code.
fn drawn() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let mut table: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in text.lines().filter_map(|line| line.strip_prefix("//! | [`")) {
        let (module, rest) = row.split_once('`').unwrap();
        let names = rest.trim_end_matches(" |").rsplit('|').next().unwrap().trim();
        let names = match names {
            "nothing of ours" => BTreeSet::new(),
            "all above" => table.keys().cloned().collect(),
            listed => listed.split(',').map(|name| name.trim().trim_matches('`').to_owned()).collect(),
        };
        table.insert(module.to_owned(), names);
    }
    table
}

#[test]
fn the_table_of_the_library_is_the_table_of_this_test() {
    let here: BTreeMap<String, BTreeSet<String>> = MAY_NAME
        .iter()
        .map(|(module, names)| ((*module).to_owned(), names.iter().map(|name| (*name).to_owned()).collect()))
        .collect();
    assert_eq!(drawn(), here, "src/lib.rs (left) and tests/it/layers.rs (right) draw different layers");
}

#[test]
fn an_edge_is_found_however_it_is_written() {
    let edges =
        |text: &str| -> Vec<String> { named(text.lines().enumerate()).into_iter().map(|(_, module)| module).collect() };
    assert_eq!(edges("use crate::store::Reader;"), ["store"]);
    assert_eq!(edges("use crate::{model, store::{self, ingest}, tui};"), ["model", "store", "tui"]);
    assert_eq!(
        edges("use crate::{\n    model::{\n        Id,\n    },\n    tui,\n};\nuse crate::cli;"),
        ["model", "tui", "cli"]
    );
    assert_eq!(edges("fn f(x: crate::tui::App) -> crate::model::Id"), ["tui", "model"]);
    assert!(edges("use crate::cut; $crate::model::x").is_empty());
    assert!(names_crate("use rusqlite::Connection;", "rusqlite"));
    assert!(names_crate("let x = ratatui::init();", "ratatui"));
    assert!(!names_crate("let sqlx_rusqlite::x", "rusqlite"));
}

/// Which call a row is, the format says once; everything behind it goes by the verb.
#[test]
fn nothing_but_a_format_asks_for_the_name_of_an_event() {
    let mut wrong = Vec::new();
    for source in sources() {
        let may = ["formats", "sim"].contains(&source.module.as_str()) || NAMING_VERBS.contains(&source.path.as_str());
        for (number, line) in code(&source).filter(|_| !may) {
            let names = ["CREATE_ALIAS", "IDENTIFY", "MERGE"];
            let constant = line.split(|letter: char| !is_word(letter)).any(|word| names.contains(&word));
            let is_trait = line.contains("Traits::") || line.contains("const IDENTIFY: Self");
            let text = ["\"$create_alias\"", "\"$identify\"", "\"$merge\""].iter().any(|name| line.contains(name));
            if constant && !is_trait || text {
                wrong.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "go by the verb instead:\n{}", wrong.join("\n"));
}
