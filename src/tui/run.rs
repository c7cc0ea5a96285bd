//! The loop: messages in, effects out, a frame when something has changed.

use std::io::{self, IsTerminal};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::Options;
use super::app::{Effect, Model, Msg, update, view};
use super::backend::{Failure, FailureKind};
use super::fit;
use super::frame::Ui;
use super::outside::{self, Gate, Tool};
use super::terminal::{Panics, Terminal};
use super::worker::{Cancel, Factory, Queue, Response, Text, work};
use crate::listen::{News, send_test_row};

/// From here on a wait is said to be one; what is faster would only flicker.
const BUSY_AFTER: Duration = Duration::from_millis(120);

/// How often a wait says how long it is by now.
const TICK: Duration = Duration::from_millis(200);

/// How long commands that wait behind a question may take when the program ends.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a server may take to hear that a question is to end when the program ends, and how often that is looked at.
const LAST_WORD: Duration = Duration::from_secs(1);
const OFTEN: Duration = Duration::from_millis(10);

/// How often an idle screen looks whether the store has changed.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Shows the interface until the user leaves it.
///
/// `factory` opens the store on the worker's thread, after the first frame is drawn.
///
/// # Errors
/// No terminal, a store that cannot be opened, or a mistake of ours. The terminal has been
/// given back by then; nothing is printed here.
pub fn run(
    options: &Options,
    factory: impl FnOnce(Cancel) -> Result<Box<dyn super::Backend>, Failure> + Send + 'static,
) -> Result<(), Failure> {
    run_listening(options, factory, None)
}

/// The same, with what is received meanwhile; it ends without it where the sender is gone.
///
/// # Errors
/// As for [`run`].
pub fn run_listening(
    options: &Options,
    factory: impl FnOnce(Cancel) -> Result<Box<dyn super::Backend>, Failure> + Send + 'static,
    news: Option<Receiver<News>>,
) -> Result<(), Failure> {
    if !io::stdout().is_terminal() {
        return Err(Failure::new(FailureKind::Usage, "the terminal interface needs a terminal to write to")
            .hint("journey show ID prints a journey anywhere")
            .hint("journey search TEXT prints the ids that match"));
    }
    if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
        let what =
            "the terminal interface needs a terminal that moves its cursor, and TERM=dumb says this one does not";
        return Err(Failure::new(FailureKind::Usage, what)
            .hint("another terminal, or TERM=xterm-256color if this one is not dumb")
            .hint("journey search TEXT and journey show ID, which only print lines"));
    }
    let (inbox, messages) = mpsc::channel();
    let panics = Panics::keep(inbox.clone());
    let cancel = Cancel::default();
    if let Some(news) = news {
        let inbox = inbox.clone();
        start("news", move || {
            for news in news {
                if inbox.send(Msg::News(Box::new(news))).is_err() {
                    return;
                }
            }
        })?;
    }
    let outcome = catch_unwind(AssertUnwindSafe(|| run_loop(options, Box::new(factory), &cancel, &inbox, &messages)));
    // Answers are of no use any more; what was to be kept is kept before the program ends.
    cancel.close();
    outcome.unwrap_or_else(|_| Err(panics.kept()))?;
    finish(&cancel, &messages)
}

/// Waits for the commands that were given and are not done, and for a server to hear that it is to end a question: one
/// that hears nothing works on, for no one.
fn finish(cancel: &Cancel, messages: &Receiver<Msg>) -> Result<(), Failure> {
    let end = Instant::now() + PATIENCE;
    while cancel.commands() > 0 {
        match messages.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(Msg::Response(
                _,
                Response::Pinned(_, Err(failure)) | Response::Saved(Err(failure)) | Response::Reported(Err(failure)),
            )) => {
                return Err(failure);
            }
            Ok(Msg::Died(failure) | Msg::NotOpened(failure)) => return Err(failure),
            Ok(_) => {}
            Err(_) => {
                let what =
                    format!("{} not done when the program ended", fit::counted(cancel.commands() as u64, "command"));
                return Err(Failure::new(FailureKind::Store, what).hint("pin or save again, and wait for the notice"));
            }
        }
    }
    let end = Instant::now() + LAST_WORD;
    while cancel.is_on_server() && Instant::now() < end {
        if let Err(RecvTimeoutError::Disconnected) = messages.recv_timeout(OFTEN) {
            break;
        }
    }
    Ok(())
}

fn run_loop(
    options: &Options,
    factory: Factory,
    cancel: &Cancel,
    inbox: &Sender<Msg>,
    messages: &Receiver<Msg>,
) -> Result<(), Failure> {
    let (mut model, effects) = Model::start(options).map_err(|error| {
        Failure::new(FailureKind::Bug, "the keys or themes of the program cannot be read").cause(&error)
    })?;
    let mut terminal = Terminal::take(options.mouse).map_err(|error| lost(&error))?;
    let mut ui = Ui::default();
    // The first frame does not wait for the store.
    terminal.draw(|frame| view(&model, &mut ui, frame)).map_err(|error| lost(&error))?;
    let (questions, queue) = mpsc::channel();
    let ask = Queue::new(questions, cancel.clone());
    let worker_cancel = cancel.clone();
    let worker_inbox = inbox.clone();
    start("worker", move || work(factory, &worker_cancel, &queue, &|report| worker_inbox.send(report.into()).is_ok()))?;
    let gate = Gate::default();
    listen_to_signals(inbox.clone(), gate.clone())?;
    let reader_gate = gate.clone();
    let input = inbox.clone();
    start("input", move || read_input(&input, &reader_gate))?;

    let mut effects = effects;
    let mut next_beat: Option<Instant> = None;
    let mut asked_at = Instant::now();
    loop {
        for effect in effects.drain(..) {
            match effect {
                Effect::Ask(ticket, question) => {
                    if !model.has_waited() || question.begins_a_wait() {
                        asked_at = Instant::now();
                    }
                    ask.ask(ticket, question);
                }
                Effect::Quit => return Ok(()),
                Effect::Fail(failure) => return Err(failure),
                Effect::Mouse(captured) => terminal.capture(captured).map_err(|error| lost(&error))?,
                Effect::Copy(text) => {
                    let outcome = terminal.copy(text);
                    update(&mut model, Msg::Copied(outcome));
                }
                Effect::Show(text, tool) => {
                    let outcome = show(&mut terminal, &gate, &text, tool).map_err(|error| lost(&error))?;
                    update(&mut model, Msg::Shown(outcome));
                }
                Effect::TestRow(url) => {
                    let inbox = inbox.clone();
                    start("test-row", move || {
                        let sent = send_test_row(&url).map_err(|why| format!("the test row was not taken: {why}"));
                        // The screens may have ended meanwhile.
                        let _ = inbox.send(Msg::Copied(sent));
                    })?;
                }
                Effect::Suspend => suspend(&mut terminal, &mut model).map_err(|error| lost(&error))?,
            }
        }
        if model.is_dirty() {
            terminal.draw(|frame| view(&model, &mut ui, frame)).map_err(|error| lost(&error))?;
            model.clean();
            effects = update(&mut model, Msg::Drawn(ui.drawn()));
            if !effects.is_empty() {
                continue;
            }
        }
        // From one frame that plays to the next; keys between do not put it off.
        next_beat = model.beat().map(|span| next_beat.unwrap_or_else(|| Instant::now() + span));
        let (patience, otherwise) = match next_beat {
            Some(at) => (at.saturating_duration_since(Instant::now()), Msg::Beat),
            None if model.is_waiting() => (BUSY_AFTER, Msg::Waited(BUSY_AFTER)),
            None if model.has_waited() => (TICK, Msg::Waited(asked_at.elapsed())),
            None => (LOOK_EVERY, Msg::Idle),
        };
        let first = match messages.recv_timeout(patience) {
            Ok(msg) => msg,
            Err(RecvTimeoutError::Timeout) => {
                next_beat = None;
                otherwise
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        };
        if matches!(first, Msg::Waited(_)) {
            effects.extend(update(&mut model, Msg::Trips(cancel.trips())));
        }
        // Everything that has come meanwhile goes into one frame.
        for msg in std::iter::once(first).chain(messages.try_iter()) {
            if matches!(msg, Msg::Continued) {
                // The shell may have set its own modes meanwhile.
                terminal.give_back();
                terminal.take_again().map_err(|error| lost(&error))?;
            }
            effects.extend(update(&mut model, msg));
            if effects.iter().any(|effect| !matches!(effect, Effect::Ask(..))) {
                break;
            }
        }
    }
}

/// Gives the terminal back, stops as the shell expects it, and takes the terminal again.
fn suspend(terminal: &mut Terminal, model: &mut Model) -> io::Result<()> {
    terminal.give_back();
    emulate_default_handler(SIGTSTP)?;
    terminal.take_again()?;
    update(model, Msg::Continued);
    Ok(())
}

/// Gives the terminal to another program until it ends; the error is that of our own terminal.
fn show(terminal: &mut Terminal, gate: &Gate, text: &Text, tool: Tool) -> io::Result<Result<(), String>> {
    // The signal ends the wait for a key, as a changed window would.
    let wake = || drop(signal_hook::low_level::raise(SIGWINCH));
    if !gate.shut(wake) {
        gate.open();
        return Ok(Err("the keyboard is busy; try again".to_owned()));
    }
    terminal.give_back();
    let outcome = outside::show(text, tool);
    let taken = terminal.take_again();
    gate.open();
    taken.map(|()| outcome)
}

/// Reads the terminal until it closes or the receiver is gone.
fn read_input(inbox: &Sender<Msg>, gate: &Gate) {
    loop {
        gate.pass();
        let msg = match crossterm::event::read() {
            Ok(event) => Msg::Terminal(event),
            Err(error) => {
                let _ = inbox.send(Msg::Died(lost(&error)));
                return;
            }
        };
        if inbox.send(msg).is_err() {
            return;
        }
    }
}

/// Signals become messages, so that the terminal is given back as on every other way out.
fn listen_to_signals(inbox: Sender<Msg>, gate: Gate) -> Result<(), Failure> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT]).map_err(|error| {
        Failure::new(FailureKind::Usage, "signals of the system cannot be listened to").cause(&error)
    })?;
    start("signals", move || {
        for signal in signals.forever() {
            // While another program has the terminal, its keys for these are not ours.
            if gate.is_shut() {
                match signal {
                    SIGINT | SIGCONT => continue,
                    SIGTSTP => {
                        let _ = emulate_default_handler(SIGTSTP);
                        continue;
                    }
                    _ => {}
                }
            }
            let msg = match signal {
                SIGCONT => Msg::Continued,
                SIGTSTP => Msg::Suspend,
                _ => Msg::Terminate,
            };
            if inbox.send(msg).is_err() {
                return;
            }
        }
    })
}

fn start(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map(drop)
        .map_err(|error| Failure::new(FailureKind::Usage, "the system gives no more threads").cause(&error))
}

fn lost(error: &io::Error) -> Failure {
    Failure::new(FailureKind::Usage, "the terminal cannot be used")
        .cause(error)
        .hint("journey show ID prints a journey without one")
}
