//! What the program is built from: licences, sources, and that each dependency is used.
//!
//! `cargo tree` tells it without a network and without another tool to install: building
//! `cargo-deny` and `cargo-machete` takes minutes, these tests a second. Advisories are not
//! checked, because their list lies outside of the registry.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::rust_files;

/// Licences that what is shipped may have; of `OR`, one is enough.
const LICENCES: &[&str] = &[
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Zlib",
];

/// Crates with another licence, and why it is no obstacle.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("nucleo-matcher", "MPL-2.0", "its terms end at its own files, which are used unchanged"),
    ("webpki-roots", "CDLA-Permissive-2.0", "a licence for data: the list of those whose certificates are trusted"),
];

/// Crates that what is shipped must not have, and why.
const BANNED: &[(&str, &str)] = &[
    ("openssl-sys", "TLS is that of rustls, which needs nothing of the system"),
    ("reqwest", "one request at a time needs no runtime"),
];

/// Crates that may be there in two versions, and who wants the older one.
const TWICE: &[(&str, &str)] = &[
    ("base64", "parquet still asks for version 0.22"),
    ("getrandom", "the hashes of parquet still ask for version 0.3, and ring for 0.2"),
    ("syn", "macros at build time; nothing of it is in the program"),
    ("thiserror", "crates below ratatui still ask for version 1"),
    ("thiserror-impl", "as thiserror"),
];

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every crate that is built into the program or builds it: name, version, licence.
fn shipped() -> BTreeSet<(String, String, String)> {
    let mut cargo = Command::new(option_env!("CARGO").unwrap_or("cargo"));
    cargo.current_dir(top()).args(["tree", "--locked", "--offline", "--edges", "normal,build", "--no-dedupe"]);
    let output = cargo.args(["--prefix", "none", "--format", "{p}|{l}"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let crates: BTreeSet<_> = text
        .lines()
        .filter_map(|line| line.split_once('|'))
        .filter_map(|(package, licence)| {
            let mut words = package.split(' ');
            Some((words.next()?.to_owned(), words.next()?.to_owned(), licence.to_owned()))
        })
        .collect();
    assert!(crates.len() > 80, "only {} crates were found", crates.len());
    crates
}

/// Whether a licence expression can be met by what `allowed` takes.
fn is_met(expression: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
    let expression = expression.replace(" / ", " OR ").replace('/', " OR ");
    // `(MIT OR Apache-2.0) AND Unicode-3.0`: no expression here has a deeper form.
    expression.split(" AND ").all(|part| {
        let part = part.trim().trim_start_matches('(').trim_end_matches(')');
        part.split(" OR ").any(|licence| allowed(licence.trim()))
    })
}

#[test]
fn every_crate_of_the_program_has_a_licence_that_is_allowed() {
    for (name, version, licence) in shipped() {
        let is_exception = EXCEPTIONS.iter().any(|(known, exact, _)| *known == name && *exact == licence);
        let is_allowed = is_met(&licence, &|licence| LICENCES.contains(&licence));
        assert!(is_allowed || is_exception, "{name} {version} has the licence {licence:?}");
    }
}

#[test]
fn a_licence_expression_is_met_when_each_part_has_a_choice_that_is_allowed() {
    let mit = |licence: &str| licence == "MIT";
    for met in ["MIT", "MIT OR GPL-3.0", "MIT/Apache-2.0", "GPL-3.0 / MIT", "(GPL-3.0 OR MIT) AND MIT"] {
        assert!(is_met(met, &mit), "{met}");
    }
    for not_met in ["GPL-3.0", "", "MIT AND GPL-3.0", "(MIT OR Apache-2.0) AND Unicode-3.0", "MITX"] {
        assert!(!is_met(not_met, &mit), "{not_met}");
    }
}

#[test]
fn no_crate_is_banned_comes_from_elsewhere_or_is_there_twice_without_a_reason() {
    let crates = shipped();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, version, _) in &crates {
        versions.entry(name).or_default().insert(version);
        let banned = BANNED.iter().find(|(banned, _)| banned == name);
        assert!(banned.is_none(), "{name} is banned: {}", banned.unwrap().1);
    }
    let twice: Vec<&str> = versions.iter().filter(|(_, versions)| versions.len() > 1).map(|(name, _)| *name).collect();
    let known: Vec<&str> = TWICE.iter().map(|(name, _)| *name).collect();
    let unknown: Vec<&&str> = twice.iter().filter(|name| !known.contains(name)).collect();
    assert!(unknown.is_empty(), "two versions of {unknown:?}: give the reason in TWICE, or make them one");
    let lock = fs::read_to_string(top().join("Cargo.lock")).unwrap();
    for line in lock.lines().filter(|line| line.starts_with("source = ")) {
        assert!(line.contains("registry+https://github.com/rust-lang/crates.io-index"), "{line}");
    }
}

/// The text of all sources below a folder.
fn text_of(folder: &str) -> String {
    rust_files(&top().join(folder)).iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// Whether code names a crate: `name::`, `use name`, `name!`.
fn names(text: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.lines().filter(|line| !line.trim_start().starts_with("//")).any(|line| {
        line.match_indices(name).any(|(at, _)| {
            let before = line.get(..at).and_then(|text| text.chars().next_back());
            let after = line.get(at + name.len()..).unwrap_or_default();
            let follows = ["::", ";", " as ", "!"].iter().any(|end| after.starts_with(end));
            !before.is_some_and(is_word) && follows
        })
    })
}

#[test]
fn every_dependency_is_named_by_code() {
    let manifest: toml::Table = fs::read_to_string(top().join("Cargo.toml")).unwrap().parse().unwrap();
    let keys = |table: &toml::Table, section: &str| -> Vec<String> {
        let section = table.get(section).and_then(toml::Value::as_table);
        section.map(|section| section.keys().cloned().collect()).unwrap_or_default()
    };
    let mut normal = keys(&manifest, "dependencies");
    for target in manifest.get("target").and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::values) {
        normal.extend(keys(target.as_table().unwrap(), "dependencies"));
    }
    let development = keys(&manifest, "dev-dependencies");
    assert!(normal.len() > 20 && development.len() > 4);
    let source = text_of("src");
    let all = format!("{source}{}", text_of("tests"));
    for (names_of, text) in [(normal, &source), (development, &all)] {
        for name in names_of {
            assert!(names(text, &name.replace('-', "_")), "nothing names the dependency {name}");
        }
    }
}

#[test]
fn a_crate_is_named_by_a_path_and_not_by_a_word_or_a_comment() {
    for named in ["use csv::Reader;", "let x = csv::Writer::new();", "    csv::ReaderBuilder", "use csv;"] {
        assert!(names(named, "csv"), "{named}");
    }
    for not_named in ["let csv = 1", "mycsv::x()", "// csv::Reader", "pub mod csv_file;"] {
        assert!(!names(not_named, "csv"), "{not_named}");
    }
}

#[test]
fn the_package_has_its_licences_and_names_them_in_the_manifest() {
    let manifest: toml::Table = fs::read_to_string(top().join("Cargo.toml")).unwrap().parse().unwrap();
    let package = manifest["package"].as_table().unwrap();
    assert_eq!(package["license"].as_str(), Some("MIT OR Apache-2.0"));
    let included: Vec<&str> = package["include"].as_array().unwrap().iter().filter_map(toml::Value::as_str).collect();
    for file in ["LICENSE-MIT", "LICENSE-APACHE", "README.md", ".github/CONTRIBUTING.md"] {
        assert!(top().join(file).is_file(), "{file}");
        assert!(included.contains(&format!("/{file}").as_str()), "{file} is not in `include`");
    }
    for list in ["keywords", "categories"] {
        let words = package[list].as_array().unwrap();
        assert!((1..=5).contains(&words.len()), "{list}");
    }
}
