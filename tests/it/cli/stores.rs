//! Which store a command answers from.

use super::*;

#[test]
fn without_a_store_the_demo_answers_and_says_so() {
    let home = Home::new();
    let output = home.run(&["search", "a"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(err(&output).contains("built-in demo store"), "{}", err(&output));
    assert!(!home.path("data").exists(), "looking makes no store");
}

#[test]
fn a_store_that_was_named_must_be_there() {
    let home = Home::new();
    for output in [
        home.run(&["show", "12345", "--store", "missing.db"]),
        home.command().args(["show", "12345"]).env("JOURNEY_STORE", "missing.db").output().unwrap(),
        home.run(&["missing.db", "show", "12345"]),
    ] {
        assert_eq!(code(&output), 3);
        assert!(err(&output).starts_with("error: there is no store at missing.db\n"), "{}", err(&output));
        assert!(err(&output).contains("\n  try: "), "{}", err(&output));
    }
    assert!(!home.path("missing.db").exists(), "looking makes no store");
}

#[test]
fn a_file_that_is_no_store_is_left_alone() {
    let home = Home::new();
    let copy = home.path("sally.jsonl");
    fs::copy(sample(), &copy).unwrap();
    for arguments in [&["show", "12345"][..], &["import", sample().to_str().unwrap()]] {
        let output = home.run(&[arguments, &["--store", "sally.jsonl"]].concat());
        assert_eq!(code(&output), 3, "{}", err(&output));
        assert!(err(&output).contains("sally.jsonl is not a store"), "{}", err(&output));
    }
    assert_eq!(fs::read(&copy).unwrap(), fs::read(sample()).unwrap());
}

#[test]
fn a_mistyped_command_is_not_taken_for_a_store() {
    let home = Home::new();
    let output = home.run(&["serach"]);
    assert_eq!(code(&output), 3);
    assert!(err(&output).contains("journey search, if that command was meant"), "{}", err(&output));
}

#[test]
fn two_stores_at_once_are_wrong_use() {
    let home = Home::new();
    let output = home.run(&["a.db", "--store", "b.db", "show", "x"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("a.db") && err(&output).contains("b.db"), "{}", err(&output));
}
