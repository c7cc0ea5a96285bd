//! The program in a real terminal: what a person sees, and what is left when it ends.

mod support;

use std::sync::Arc;

use journey::identity::Journey;
use journey::model::Id;
use journey::tui::{Backend, Failure, FailureKind, Hits, Options, Overview};
use support::Session;

#[test]
fn from_the_first_screen_to_a_timeline_and_out_again() {
    let mut session = Session::start(80, 24);
    session.wait_for("open one of these");
    session.press("sally@gm");
    session.wait_for("prefix");
    session.press("\r");
    session.wait_for("ALIAS ACCEPTED");
    session.press("e");
    session.wait_for("REFUSED");
    session.press("o");
    session.wait_for("ids of this user");
    session.press("?");
    session.wait_for("EVERYWHERE");
    session.press("q");
    assert_eq!(session.end(), 0);
}

#[test]
fn the_terminal_is_given_back_by_every_way_out() {
    for keys in ["\x1b", "\x03", "sally\x03"] {
        let mut session = Session::start(80, 24);
        session.wait_for("open one of these");
        assert!(session.is_taken());
        session.press(keys);
        assert_eq!(session.end(), 0, "{keys:?}");
        assert!(!session.is_taken(), "{keys:?}");
    }
}

#[test]
fn a_request_to_end_gives_the_terminal_back() {
    let mut session = Session::start(80, 24);
    session.wait_for("open one of these");
    session.kill("TERM");
    assert_eq!(session.end(), 0);
    assert!(!session.is_taken());
}

#[test]
fn a_stopped_program_gives_the_terminal_back_and_draws_all_of_it_when_it_goes_on() {
    let mut session = Session::start(80, 24);
    session.wait_for("open one of these");
    session.press("\x1a");
    session.wait_until("the terminal is given back", |screen| !screen.alternate_screen());
    session.wait_stopped();
    session.kill("CONT");
    session.wait_for("open one of these");
    assert!(session.is_taken());
    session.press("\x03");
    assert_eq!(session.end(), 0);
}

#[test]
fn a_screen_of_another_size_is_drawn_anew() {
    let mut session = Session::start(80, 24);
    session.wait_for("open one of these");
    session.press("\r");
    session.wait_for("ALIAS ACCEPTED");
    session.resize(40, 12);
    session.wait_until("a foot on the last row", |screen| {
        screen.rows(0, 40).nth(11).is_some_and(|row| row.contains("row 1 of"))
    });
    session.resize(15, 4);
    session.wait_for("needs 20x5");
    session.press("q");
    assert_eq!(session.end(), 0);
}

#[test]
fn a_key_that_comes_with_a_new_size_is_not_lost() {
    let mut session = Session::start(80, 24);
    session.wait_for("open one of these");
    session.press("\r");
    session.wait_for("row 1 of");
    // What comes together is told together by the system: neither may hide the other.
    for row in 2..=20 {
        session.resize(80 + row % 2, 24);
        session.press("j");
        session.wait_for(&format!("row {row} of"));
    }
    session.press("q");
    assert_eq!(session.end(), 0);
}

#[test]
fn a_pasted_text_is_searched_and_its_line_break_opens_nothing() {
    let mut session = Session::start(80, 24);
    session.wait_for("open one of these");
    session.press("\x1b[200~sally@gmail.com\n\x1b[201~");
    session.wait_for("/ sally@gmail.com");
    session.wait_for("exact");
    session.press("\x03");
    assert_eq!(session.end(), 0);
}

/// Panics when it is asked for anything that is typed.
struct Panicking;

impl Backend for Panicking {
    #[expect(clippy::panic, reason = "this is what it is for")]
    fn search(&mut self, text: &str) -> Result<Hits, Failure> {
        panic!("no patience with {text}")
    }

    fn overview(&mut self) -> Result<Overview, Failure> {
        Ok(Overview::default())
    }

    fn journey(&mut self, _: &Id) -> Result<Option<Arc<Journey>>, Failure> {
        Ok(None)
    }

    fn properties(&mut self, _: i64) -> Result<String, Failure> {
        Ok(String::new())
    }

    fn changed(&mut self) -> Result<bool, Failure> {
        Ok(false)
    }

    fn title(&self) -> String {
        "one that panics".into()
    }

    fn near(&mut self, _: &str) -> Vec<Id> {
        vec![]
    }
}

#[test]
#[ignore = "a program of its own, for the test below"]
fn with_a_worker_that_panics() {
    let failure = journey::tui::run(&Options::default(), |_| Ok(Box::new(Panicking) as Box<dyn Backend>));
    let failure = failure.expect_err("the panic ends it");
    assert_eq!(failure.kind, FailureKind::Bug);
    println!("{}", failure.what);
    println!("{}", failure.cause.unwrap_or_default().lines().take(2).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_panic_of_the_worker_ends_the_program_and_is_told_on_a_restored_terminal() {
    let mut session = Session::start_test("with_a_worker_that_panics", 100, 24);
    session.wait_for("The store is empty");
    session.press("x");
    assert_eq!(session.end(), 0);
    assert!(!session.is_taken());
    session.wait_for("this is a mistake in the program");
    session.wait_for("no patience with x");
}

#[test]
fn identity_is_scrubbed_an_orphan_opened_and_two_users_compared() {
    let mut session = Session::start(100, 30);
    session.wait_for("open one of these");
    session.press("sally@gmail.com\r");
    session.wait_for("ALIAS ACCEPTED");
    session.press("o");
    session.wait_for("change 5 of 5");
    session.press(",,");
    session.wait_for("first row of P-1, an orphan today");
    // The moment is told at once; its lines come from the store.
    session.wait_until("no orphan then", |screen| !screen.contents().contains("1 orphan"));
    session.press("..");
    session.wait_for("1 refused · 1 orphan");
    session.press("}}}");
    session.wait_for("Rows stored under P-1 belong");
    session.press("\r");
    session.wait_for("an orphan: proof ties it to 12345");
    session.press("d12345\r");
    session.wait_for("TIED, NOT JOINED");
    session.press("q");
    assert_eq!(session.end(), 0);
}
