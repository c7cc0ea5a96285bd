//! Search by terms on the command line.

use super::{Home, code, err, out};

#[test]
fn a_term_finds_by_a_property_of_rows_and_names_it_in_json() {
    let home = Home::with_sample();
    let found = home.json(0, &["search", "event=View"]);
    assert!(found["hits"].as_array().unwrap().iter().all(|hit| hit["match"] == "event"), "{found}");
    let text = out(&home.run(&["search", "event=View"]));
    assert!(text.contains("View"), "{text}");
    assert_eq!(code(&home.run(&["search", "event:nosuchthing"])), 1);
}

#[test]
fn a_term_that_means_nothing_is_wrong_use_and_pointed_at() {
    let home = Home::with_sample();
    let output = home.run(&["search", "sally after:soon"]);
    assert_eq!(code(&output), 2);
    let told = err(&output);
    assert!(told.contains("\"soon\" is no time") && told.contains("^^^^"), "{told}");
    let output = home.run(&["search", "evnt:View"]);
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("did you mean event:View?"), "{}", err(&output));
}
