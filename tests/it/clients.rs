//! `findings/` and the table of clients that stands on it (`assets/docs/clients.md`).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn scripts() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("findings");
    fs::read_dir(folder)
        .expect("the folder is in the repository")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "sh"))
        .map(|path| {
            let name = path.file_name().expect("a file").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("a readable script"))
        })
        .collect()
}

#[test]
fn the_table_of_clients_names_each_script_and_no_other() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/docs/clients.md");
    let page = fs::read_to_string(page).expect("the page is in the repository");
    let named: BTreeSet<&str> =
        page.split('`').filter(|word| Path::new(word).extension().is_some_and(|ending| ending == "sh")).collect();
    let scripts = scripts();
    let there: BTreeSet<&str> = scripts.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(named, there);
}

#[test]
fn each_script_says_what_is_expected_and_what_happens() {
    for (name, text) in scripts() {
        for field in ["Version:", "Expected:", "Behaviour:", "Output:", "Meaning:"] {
            let begins = |line: &str| line.strip_prefix("# ").is_some_and(|rest| rest.starts_with(field));
            assert_eq!(text.lines().filter(|line| begins(line)).count(), 1, "{name}: {field}");
        }
    }
}

#[test]
fn each_script_pins_what_it_installs_and_leaves_nothing_behind() {
    for (name, text) in scripts() {
        assert!(text.contains("set -euo pipefail\n"), "{name} goes on after an error");
        assert!(
            text.contains("work=$(mktemp -d); trap 'rm -rf \"$work\"' EXIT; cd \"$work\"\n"),
            "{name} leaves files behind"
        );
        let installs: Vec<&str> =
            text.lines().filter(|line| line.contains("-m pip ") || line.starts_with("npm install ")).collect();
        assert!(!installs.is_empty(), "{name} installs nothing");
        for line in installs {
            let packages: Vec<&str> = match line.split_once("--prefix . ") {
                Some((_, packages)) => packages.split(' ').collect(),
                None => line.split('\'').skip(1).step_by(2).collect(),
            };
            assert!(!packages.is_empty(), "{name}: {line}");
            for package in packages {
                let pinned =
                    package.contains("==") || package.rfind('@').is_some_and(|at| at > 0) || package.contains('<');
                assert!(pinned, "{name} installs any version of {package}");
            }
        }
    }
}
