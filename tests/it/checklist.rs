//! The checklist of the interface says what is so.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::rust_files;

/// Numbers that the checklist has to have; those of other parts of the program are not its own.
fn expected() -> impl Iterator<Item = u32> {
    (1..=35).chain(50..=53).chain(57..=62).chain(64..=66).chain(101..=111)
}

/// Names of all tests below a folder.
fn tests(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in rust_files(folder) {
        let text = fs::read_to_string(&file).unwrap();
        let mut marked = false;
        for line in text.lines().map(str::trim) {
            if let Some(rest) = line.strip_prefix("fn ").filter(|_| marked) {
                names.insert(rest.split('(').next().unwrap_or_default().to_owned());
            }
            marked = line == "#[test]" || (marked && (line.starts_with("#[") || line.starts_with("//")));
        }
    }
    names
}

#[test]
fn the_checklist_names_tests_that_exist_and_says_what_is_missing() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = tests(&top.join("src"));
    names.extend(tests(&top.join("tests")));
    assert!(names.len() > 100, "the tests were not found");
    let text = fs::read_to_string(top.join("assets/docs/checklist.md")).unwrap();
    let mut numbers = Vec::new();
    for row in text.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').splitn(5, '|').map(str::trim).collect();
        let [number, _, need, state, proof] = cells.as_slice() else { panic!("five cells: {row}") };
        let Ok(number) = number.parse::<u32>() else { continue };
        numbers.push(number);
        assert!(["M", "S", "M / S"].contains(need), "{number}: need {need}");
        let named: Vec<&str> = proof.split('`').skip(1).step_by(2).filter(|code| !code.contains(' ')).collect();
        for name in &named {
            assert!(names.contains(*name), "row {number}: no test is called {name}");
        }
        match *state {
            "yes" => assert!(!named.is_empty() && !proof.contains("Missing"), "row {number} proves nothing"),
            "partly" => assert!(!named.is_empty() && proof.contains("Missing:"), "row {number}: what is missing?"),
            "not yet" => assert_eq!(*proof, "Missing: all of it", "row {number}"),
            other => panic!("row {number}: {other} is no state"),
        }
    }
    assert_eq!(numbers, expected().collect::<Vec<u32>>());
}
