//! No output takes the place of the store, of an input, or of what is there.

use super::*;

/// Runs `arguments`, which must be refused, and checks that the files are as they were.
fn refused(home: &Home, files: &[&str], arguments: &[&str], said: &str) {
    let before: Vec<_> = files.iter().map(|file| fs::read(home.path(file)).unwrap()).collect();
    let output = home.run(arguments);
    assert_eq!(code(&output), 2, "{arguments:?}: {}", err(&output));
    assert!(err(&output).contains(said) && err(&output).contains("\n  try: "), "{arguments:?}: {}", err(&output));
    for (file, before) in files.iter().zip(before) {
        assert!(fs::read(home.path(file)).unwrap() == before, "{arguments:?} has changed {file}");
    }
    for file in fs::read_dir(home.0.path()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(!name.contains(".part"), "{arguments:?} has left {name}");
    }
}

fn home() -> Home {
    let home = Home::new();
    fs::copy(sample(), home.path("in.jsonl")).unwrap();
    fs::write(home.path("kept.txt"), "mine").unwrap();
    fs::create_dir(home.path("folder")).unwrap();
    fs::copy(sample(), home.path("folder/in.jsonl")).unwrap();
    let import = home.run(&["import", "in.jsonl", "--store", "s.db", "--timezone", "UTC"]);
    assert_eq!(code(&import), 0, "{}", err(&import));
    home
}

#[test]
fn rejects_never_take_the_place_of_the_store_an_input_or_a_file_that_is_there() {
    let home = home();
    let files = ["s.db", "in.jsonl", "kept.txt", "folder/in.jsonl"];
    let import = |rejects, more: &[&'static str]| {
        [&["import", "in.jsonl", "folder", "--store", "s.db", "--rejects", rejects][..], more].concat()
    };
    for to in ["s.db", "./s.db", "folder/../s.db", "s.db-wal", "s.db-shm", "s.db-journal"] {
        refused(&home, &files, &import(to, &[]), "is the store itself");
        refused(&home, &files, &import(to, &["--force"]), "is the store itself");
    }
    for to in ["in.jsonl", "folder/in.jsonl", "folder/../in.jsonl"] {
        refused(&home, &files, &import(to, &["--force"]), "is one of the files to be read");
    }
    refused(&home, &files, &import("kept.txt", &[]), "is there already");
    refused(&home, &files, &import("nowhere/kept.txt", &[]), "cannot be written");
    let forced = home.run(&import("kept.txt", &["--force"]));
    assert_eq!(code(&forced), 0, "{}", err(&forced));
    assert!(fs::read_to_string(home.path("kept.txt")).unwrap().contains("Cut off"));
}

#[test]
fn rejects_of_a_first_import_do_not_become_the_store() {
    let home = home();
    refused(
        &home,
        &["in.jsonl"],
        &["import", "in.jsonl", "--store", "n.db", "--rejects", "n.db"],
        "is the store itself",
    );
    refused(
        &home,
        &["in.jsonl"],
        &["import", "in.jsonl", "--store", "n.db", "--rejects", "./n.db-wal"],
        "is the store",
    );
    assert!(!home.path("n.db").exists(), "no store is made by a command that is refused");
}

#[test]
fn a_store_is_none_of_the_files_to_be_read() {
    let home = home();
    fs::write(home.path("empty.jsonl"), "").unwrap();
    for (file, named) in [("empty.jsonl", "./empty.jsonl"), ("in.jsonl", "in.jsonl"), ("s.db", "s.db")] {
        let said = "is one of the files to be read";
        refused(&home, &[file], &["import", file, "--store", named], said);
    }
}

#[test]
fn a_copy_never_takes_the_place_of_its_store() {
    let home = home();
    for to in ["s.db", "folder/../s.db", "s.db-wal", "s.db-journal"] {
        refused(&home, &["s.db"], &["export", "--store", "s.db", "--sqlite", to, "--force"], "is the store itself");
    }
    refused(&home, &["kept.txt"], &["export", "--store", "s.db", "--sqlite", "kept.txt"], "is there already");
}

#[test]
fn repairs_and_scenarios_never_take_the_place_of_the_store_or_a_file_that_is_there() {
    let home = home();
    for command in [&["repair", "alias-on-login"][..], &["reproduce", "--finding", "alias-on-login"][..]] {
        for to in ["s.db", "folder/../s.db", "s.db-wal", "s.db-journal"] {
            let arguments = [command, &["--store", "s.db", "--write", to, "--force"][..]].concat();
            refused(&home, &["s.db"], &arguments, "is the store itself");
        }
        let arguments = [command, &["--store", "s.db", "--write", "kept.txt"][..]].concat();
        refused(&home, &["kept.txt"], &arguments, "is there already");
        // What cannot be answered leaves no file.
        let unknown = [&command[..1], &["nobody-at-all", "--store", "s.db", "--write", "new.txt"][..]].concat();
        let output = home.run(&unknown);
        assert_eq!(code(&output), 1, "{}", err(&output));
        assert!(!home.path("new.txt").exists(), "{unknown:?} has left a file");
    }
    let redacted = home.run(&["repair", "sally@gmail.com", "--store", "s.db", "--redact", "--write", "new.txt"]);
    assert_eq!(code(&redacted), 2, "{}", err(&redacted));
    assert!(!home.path("new.txt").exists(), "ids of a file for /import are real");
}

#[test]
fn pictures_that_are_there_are_replaced_only_with_force() {
    let home = home();
    fs::write(home.path("folder/overview.svg"), "mine").unwrap();
    refused(&home, &["folder/overview.svg"], &["generate", "screens", "folder"], "is there already");
}

#[cfg(unix)]
#[test]
fn links_to_the_store_and_to_inputs_are_seen_through() {
    let home = home();
    for (from, to) in [("s.db", "soft"), ("in.jsonl", "soft.jsonl"), ("s.db-wal", "soft-wal")] {
        std::os::unix::fs::symlink(from, home.path(to)).unwrap();
    }
    fs::hard_link(home.path("s.db"), home.path("hard")).unwrap();
    fs::hard_link(home.path("in.jsonl"), home.path("hard.jsonl")).unwrap();
    let files = ["s.db", "in.jsonl"];
    for to in ["soft", "hard", "soft-wal"] {
        let import = ["import", "in.jsonl", "--store", "s.db", "--rejects", to, "--force"];
        refused(&home, &files, &import, "is the store itself");
        refused(&home, &files, &["export", "--store", "s.db", "--sqlite", to, "--force"], "is the store itself");
    }
    for to in ["soft.jsonl", "hard.jsonl"] {
        let import = ["import", "in.jsonl", "--store", "s.db", "--rejects", to, "--force"];
        refused(&home, &files, &import, "is one of the files to be read");
    }
    // The store named by a link.
    refused(
        &home,
        &files,
        &["import", "in.jsonl", "--store", "soft", "--rejects", "s.db", "--force"],
        "is the store itself",
    );
}
