use std::sync::{Arc, mpsc};

use super::*;
use crate::identity::Journey;
use crate::inspect::Trip;
use crate::model::Id;
use crate::tui::backend::{FailureKind, Hits, Recent, Saved, StartPage};
use crate::tui::when::Zone;

/// Answers with what it was asked, after looking whether the answer is still wanted.
struct Echo {
    cancel: Cancel,
    asked: Sender<String>,
    go_on: Receiver<()>,
}

impl Backend for Echo {
    fn search(&mut self, text: &str) -> Result<Hits, Failure> {
        let _ = self.asked.send(text.to_owned());
        let _ = self.go_on.recv();
        if self.cancel.is_stale() {
            return Err(Failure::new(FailureKind::Store, "interrupted"));
        }
        Ok(Hits { list: vec![], more: true, ..Hits::default() })
    }

    fn overview(&mut self) -> Result<StartPage, Failure> {
        Ok(StartPage::default())
    }

    fn journey(&mut self, _: &Id) -> Result<Option<Arc<Journey>>, Failure> {
        let _ = self.asked.send("journey".to_owned());
        Ok(None)
    }

    fn properties(&mut self, row: i64) -> Result<String, Failure> {
        let _ = self.asked.send(format!("row {row}"));
        Ok("{}".into())
    }

    fn changed(&mut self) -> Result<bool, Failure> {
        Ok(false)
    }

    fn pin(&mut self, _: &Recent) -> Result<bool, Failure> {
        Ok(true)
    }

    fn save(&mut self, _: &str, _: &str, _: bool) -> Result<Saved, Failure> {
        Ok(Saved::Written)
    }

    fn title(&self) -> String {
        "echo".into()
    }

    fn near(&mut self, _: &str) -> Vec<Id> {
        vec![]
    }
}

struct Rig {
    queue: Queue,
    inbox: Receiver<Report>,
    asked: Receiver<String>,
    go_on: Sender<()>,
    worker: std::thread::JoinHandle<()>,
}

fn rig() -> Rig {
    let (sender, questions) = mpsc::channel();
    let (messages, inbox) = mpsc::channel();
    let (asked_sender, asked) = mpsc::channel();
    let (go_on, go_on_receiver) = mpsc::channel();
    let cancel = Cancel::default();
    let queue = Queue::new(sender, cancel.clone());
    let factory: Factory = Box::new(move |cancel| {
        Ok(Box::new(Echo { cancel, asked: asked_sender, go_on: go_on_receiver }) as Box<dyn Backend>)
    });
    let worker =
        std::thread::spawn(move || work(factory, &cancel, &questions, &|report| messages.send(report).is_ok()));
    Rig { queue, inbox, asked, go_on, worker }
}

#[test]
fn the_newest_search_wins_and_those_in_between_are_never_run() {
    let rig = rig();
    rig.queue.ask(1, Request::Search("s".into()));
    assert_eq!(rig.asked.recv().unwrap(), "s");
    rig.queue.ask(2, Request::Search("sa".into()));
    rig.queue.ask(3, Request::Search("sal".into()));
    rig.go_on.send(()).unwrap();
    assert_eq!(rig.asked.recv().unwrap(), "sal");
    rig.go_on.send(()).unwrap();
    let answered = rig.inbox.iter().find_map(|msg| match msg {
        Report::Response(ticket, answer) => Some((ticket, answer)),
        _ => None,
    });
    assert!(matches!(answered, Some((3, Response::Search(Ok(_))))), "{answered:?}");
    drop(rig.queue);
    rig.worker.join().unwrap();
}

#[test]
fn a_journey_goes_before_properties_and_stops_a_search() {
    let rig = rig();
    rig.queue.ask(1, Request::Search("s".into()));
    assert_eq!(rig.asked.recv().unwrap(), "s");
    rig.queue.ask(2, Request::Journey(Id::new("a"), Zone::Utc));
    rig.queue.ask(3, Request::Properties(7));
    rig.go_on.send(()).unwrap();
    assert_eq!(rig.asked.recv().unwrap(), "journey");
    assert_eq!(rig.asked.recv().unwrap(), "row 7");
    let tickets: Vec<Ticket> = rig
        .inbox
        .iter()
        .filter_map(|msg| if let Report::Response(ticket, _) = msg { Some(ticket) } else { None })
        .take(2)
        .collect();
    assert_eq!(tickets, [2, 3]);
    drop(rig.queue);
    rig.worker.join().unwrap();
}

#[test]
fn a_command_that_runs_is_never_stale_and_a_question_is_when_the_program_ends() {
    let cancel = Cancel::default();
    let (pin, search) = (Request::Pin(who("a")), Request::Search("a".into()));
    cancel.asked(1, &pin);
    cancel.starts(1, &pin);
    cancel.asked(2, &Request::Pin(who("b")));
    cancel.asked(3, &Request::Redact(None));
    cancel.close();
    assert!(!cancel.is_stale());
    cancel.starts(4, &search);
    assert!(cancel.is_stale());
}

#[test]
fn another_store_ends_all_questions_and_no_command() {
    let cancel = Cancel::default();
    cancel.asked(1, &Request::Properties(7));
    cancel.asked(2, &Request::Pin(who("a")));
    cancel.asked(3, &Request::Store("x".into()));
    assert!(cancel.is_overtaken(1, &Request::Properties(7)));
    assert!(!cancel.is_overtaken(2, &Request::Pin(who("a"))));
    assert_eq!(cancel.commands(), 1);
}

#[test]
fn looking_for_changes_stops_nothing() {
    let cancel = Cancel::default();
    let journey = Request::Journey(Id::new("a"), Zone::Utc);
    cancel.asked(1, &journey);
    cancel.starts(1, &journey);
    cancel.asked(2, &Request::Changed);
    assert!(!cancel.is_stale());
    cancel.asked(3, &journey);
    assert!(cancel.is_stale());
}

/// What the first `most` answers say of commands.
fn commands(inbox: &Receiver<Report>, most: usize) -> Vec<String> {
    let named = inbox.iter().filter_map(|report| match report {
        Report::Response(_, Response::Pinned(who, Ok(_))) => Some(format!("pinned {}", who.id.as_str())),
        Report::Response(_, Response::Saved(Ok(Saved::Written))) => Some("saved".to_owned()),
        Report::Response(_, Response::Remembered) => Some("remembered".to_owned()),
        _ => None,
    });
    named.take(most).collect()
}

fn who(id: &str) -> Recent {
    Recent { id: Id::new(id), text: String::new() }
}

#[test]
fn commands_are_never_dropped_however_many_wait() {
    let rig = rig();
    rig.queue.ask(1, Request::Search("slow".into()));
    assert_eq!(rig.asked.recv().unwrap(), "slow");
    for (ticket, id) in (2..).zip(["a", "b", "c"]) {
        rig.queue.ask(ticket, Request::Pin(who(id)));
    }
    rig.queue.ask(5, Request::Save(Arc::new(Saving { path: "x".into(), text: String::new(), replace: false })));
    rig.queue.ask(6, Request::Remember(who("a")));
    rig.queue.ask(7, Request::Remember(who("b")));
    // Neither does a newer question take their place.
    rig.queue.ask(8, Request::Journey(Id::new("a"), Zone::Utc));
    rig.go_on.send(()).unwrap();
    let done = commands(&rig.inbox, 6);
    assert_eq!(done, ["pinned a", "pinned b", "pinned c", "saved", "remembered", "remembered"]);
    drop(rig.queue);
    rig.worker.join().unwrap();
}

#[test]
fn commands_that_wait_are_done_when_the_program_ends() {
    let rig = rig();
    rig.queue.ask(1, Request::Search("slow".into()));
    assert_eq!(rig.asked.recv().unwrap(), "slow");
    rig.queue.ask(2, Request::Pin(who("a")));
    rig.queue.ask(3, Request::Properties(7));
    drop(rig.queue);
    rig.go_on.send(()).unwrap();
    rig.worker.join().unwrap();
    assert_eq!(commands(&rig.inbox, 9), ["pinned a"]);
    assert!(rig.asked.try_recv().is_err(), "no part reads the answer any more");
}

#[test]
fn what_is_asked_first_does_not_end_the_opening_of_the_source_and_the_end_of_the_program_does() {
    let cancel = Cancel::default();
    cancel.asked(1, &Request::Journey(Id::new("sally"), Zone::Utc));
    assert!(!cancel.is_stale());
    cancel.close();
    assert!(cancel.is_stale());
}

#[test]
fn a_server_has_a_question_until_it_has_heard_that_it_is_to_end_it() {
    let cancel = Cancel::default();
    let tell = cancel.tell();
    let mut has = Vec::new();
    let began = Trip::Began { number: 1, what: "rows" };
    for trip in [began, Trip::Stopping, Trip::Ended { number: 1, read: None }, Trip::Stopped] {
        tell.tell(trip);
        has.push(cancel.is_on_server());
    }
    assert_eq!(has, [true, true, true, false]);
}
