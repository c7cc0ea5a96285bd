//! What code and tests cite is in the repository: rules, sections, cases, facts, documents.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::rust_files;

/// Documents that a citation may name by its file name alone.
const DOCUMENTS: &str = "assets/docs";

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(top().join(path)).unwrap()
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = rust_files(&top().join("src"));
    found.extend(rust_files(&top().join("tests")));
    let itself = Path::new(file!()).file_name();
    found.into_iter().filter(|path| path.file_name() != itself).map(|path| (path.clone(), read_at(&path))).collect()
}

fn read_at(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// The comment of a line, if it has one.
fn comment(line: &str) -> Option<&str> {
    // An address in a string is no comment.
    let (at, _) = line.match_indices("//").find(|(at, _)| !line.get(..*at).is_some_and(|text| text.ends_with(':')))?;
    line.get(at..)
}

/// Words of a text: letters, digits, `§`, `#`, and dots and hyphens inside.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || "§#.-/".contains(c)))
        .map(|word| word.trim_matches(|c: char| ".-/".contains(c)))
        .filter(|word| !word.is_empty())
}

/// The first cells of the table rows of a text.
fn first_cells(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter_map(|line| line.strip_prefix("| ")).filter_map(|rest| Some(rest.split_once(" |")?.0.to_owned()))
}

/// Everything in `identity.md` that can be cited: `L2`, `P1`, `C06`, `#18`, `§4.5`.
fn defined() -> BTreeSet<String> {
    let text = read("assets/docs/identity.md");
    let mut all: BTreeSet<String> = first_cells(&text).filter(|cell| is_rule(cell)).collect();
    for line in text.lines().filter(|line| line.starts_with("##")) {
        let number = line.trim_start_matches('#').split_whitespace().next().unwrap_or_default();
        all.insert(format!("§{}", number.trim_end_matches('.')));
    }
    let mistakes = text.split("\n## 6. ").nth(1).unwrap().split("\n## ").next().unwrap();
    all.extend(first_cells(mistakes).filter(|cell| cell.parse::<u8>().is_ok()).map(|cell| format!("#{cell}")));
    all
}

/// Whether a word has the form of a rule, a kind of evidence or a case.
fn is_rule(word: &str) -> bool {
    let Some((letter, number)) = word.split_at_checked(1) else { return false };
    // `C0` and `C1` are control characters; cases have two digits.
    let digits = if letter == "C" { 2..=2 } else { 1..=2 };
    "LPEHC".contains(letter) && digits.contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a word has the form of a number of a mistake, `#7`. Issues have their repository before it.
fn is_mistake(word: &str) -> bool {
    word.strip_prefix('#').is_some_and(|number| number.len() <= 2 && number.parse::<u8>().is_ok())
}

/// What the comments of one source cite of `identity.md`.
fn cited(text: &str) -> BTreeSet<String> {
    let comments = text.lines().filter_map(comment);
    let words = comments.flat_map(words);
    words.filter(|word| is_rule(word) || is_mistake(word) || word.starts_with('§')).map(str::to_owned).collect()
}

#[test]
fn every_rule_section_and_case_that_code_cites_is_in_the_rules() {
    let defined = defined();
    let mut count = 0;
    for (path, text) in sources() {
        for cited in cited(&text) {
            count += 1;
            assert!(defined.contains(&cited), "{} cites {cited}, which identity.md does not have", path.display());
        }
    }
    assert!(count > 50, "only {count} citations were found");
}

#[test]
fn the_rules_have_every_number_of_their_lists_once() {
    let text = read("assets/docs/identity.md");
    for (letter, last, digits) in [('L', 17, 1), ('P', 5, 1), ('C', 43, 2)] {
        let found: Vec<String> = first_cells(&text).filter(|cell| is_rule(cell) && cell.starts_with(letter)).collect();
        let wanted: Vec<String> = (1..=last).map(|number| format!("{letter}{number:0digits$}")).collect();
        assert_eq!(found, wanted);
    }
    let mistakes = defined().iter().filter(|name| name.starts_with('#')).count();
    assert_eq!(mistakes, 34);
}

#[test]
fn every_case_of_the_rules_has_its_test() {
    let names: BTreeSet<String> = sources()
        .iter()
        .flat_map(|(_, text)| text.lines().map(str::trim).map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|line| Some(line.strip_prefix("fn c")?.get(..2)?.to_owned()))
        .collect();
    // These two are about files and stores; the tests there have names of their own.
    let elsewhere = ["40", "42"];
    for case in defined().iter().filter_map(|name| name.strip_prefix('C')) {
        assert!(names.contains(case) || elsewhere.contains(&case), "C{case} has no test");
    }
}

#[test]
fn every_rule_and_fact_of_the_recordings_that_code_cites_is_in_their_readme() {
    let readme = read("tests/data/captures/README.md");
    let defined: BTreeSet<String> = first_cells(&readme).collect();
    assert!((1..=19).all(|fact| defined.contains(&fact.to_string())));
    let mut count = 0;
    for (path, text) in sources() {
        for line in text.lines().filter_map(comment) {
            let Some((_, after)) = line.split_once("captures") else { continue };
            let mut rest = words(after).peekable();
            // `captures A1 and A3`, `captures fact 3`.
            let is_fact = rest.next_if_eq(&"fact").is_some();
            for word in rest {
                let is_rule =
                    word.starts_with('A') && word.len() > 1 && word.get(1..).is_some_and(|n| n.parse::<u8>().is_ok());
                if !(is_rule || is_fact && word.parse::<u8>().is_ok()) {
                    if word != "and" {
                        break;
                    }
                    continue;
                }
                count += 1;
                assert!(defined.contains(word), "{} cites {word} of the captures", path.display());
            }
        }
    }
    assert!(count > 8, "only {count} citations were found");
}

#[test]
fn every_document_that_code_names_is_in_the_repository() {
    for (path, text) in sources() {
        for line in text.lines().filter_map(comment) {
            for name in words(line).filter(|word| Path::new(word).extension().is_some_and(|end| end == "md")) {
                let known = [top().join(name), top().join(DOCUMENTS).join(name)];
                assert!(known.iter().any(|file| file.is_file()), "{} names {name}", path.display());
            }
        }
    }
}

/// The documents that people read.
fn documents() -> Vec<PathBuf> {
    let mut all = vec![top().join("README.md"), top().join(".github/CONTRIBUTING.md")];
    all.extend(fs::read_dir(top().join(DOCUMENTS)).unwrap().map(|entry| entry.unwrap().path()));
    all
}

#[test]
fn every_path_and_link_of_the_documents_leads_somewhere() {
    let mut count = 0;
    for document in documents() {
        let text = read_at(&document);
        let folder = document.parent().unwrap();
        // `src/formats/sniff.rs`, from the top of the repository.
        let named = text.split('`').skip(1).step_by(2).filter(|code| {
            ["src/", "tests/", "assets/"].iter().any(|top| code.starts_with(top)) && !code.contains([' ', '<', '*'])
        });
        for path in named {
            count += 1;
            assert!(top().join(path).exists(), "{} names {path}", document.display());
        }
        // [text](../identity.md#part)
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://") && !link.starts_with('#')) {
            count += 1;
            let path = link.split('#').next().unwrap();
            assert!(folder.join(path).exists(), "{} links to {link}", document.display());
        }
    }
    assert!(count > 40, "only {count} paths and links were found");
}

#[test]
fn a_number_that_is_cited_and_not_defined_is_found() {
    let source =
        "let a = \"https://L99\"; // as identity.md L99 and §9.9 say, see #77, mixpanel-js#17 and iphone#422\n";
    let found = cited(source);
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), ["#77", "L99", "§9.9"]);
    assert!(found.iter().all(|name| !defined().contains(name)));
}
