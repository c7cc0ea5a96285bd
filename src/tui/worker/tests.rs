use std::sync::mpsc;

use super::*;
use crate::tui::backend::FailureKind;

/// Answers with what it was asked, after looking whether anybody still wants to know.
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
    rig.queue.ask(1, Question::Search("s".into()));
    assert_eq!(rig.asked.recv().unwrap(), "s");
    rig.queue.ask(2, Question::Search("sa".into()));
    rig.queue.ask(3, Question::Search("sal".into()));
    rig.go_on.send(()).unwrap();
    assert_eq!(rig.asked.recv().unwrap(), "sal");
    rig.go_on.send(()).unwrap();
    let answered = rig.inbox.iter().find_map(|msg| match msg {
        Report::Answer(ticket, answer) => Some((ticket, answer)),
        _ => None,
    });
    assert!(matches!(answered, Some((3, Answer::Search(Ok(_))))), "{answered:?}");
    drop(rig.queue);
    rig.worker.join().unwrap();
}

#[test]
fn a_journey_goes_before_properties_and_stops_a_search() {
    let rig = rig();
    rig.queue.ask(1, Question::Search("s".into()));
    assert_eq!(rig.asked.recv().unwrap(), "s");
    rig.queue.ask(2, Question::Journey(Id::new("a"), Zone::Utc));
    rig.queue.ask(3, Question::Properties(7));
    rig.go_on.send(()).unwrap();
    assert_eq!(rig.asked.recv().unwrap(), "journey");
    assert_eq!(rig.asked.recv().unwrap(), "row 7");
    let tickets: Vec<Ticket> = rig
        .inbox
        .iter()
        .filter_map(|msg| if let Report::Answer(ticket, _) = msg { Some(ticket) } else { None })
        .take(2)
        .collect();
    assert_eq!(tickets, [2, 3]);
    drop(rig.queue);
    rig.worker.join().unwrap();
}

#[test]
fn looking_for_changes_stops_nothing() {
    let cancel = Cancel::default();
    let journey = Question::Journey(Id::new("a"), Zone::Utc);
    cancel.asked(1, &journey);
    cancel.starts(1, &journey);
    cancel.asked(2, &Question::Changed);
    assert!(!cancel.is_stale());
    cancel.asked(3, &journey);
    assert!(cancel.is_stale());
}
