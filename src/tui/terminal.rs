//! The terminal, taken and given back.
//!
//! [`Terminal`] gives it back when it is dropped: at the end, on an error, while a panic
//! unwinds. Before a suspension it does so by hand.

use std::io::{self, Stdout, Write};
use std::panic;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::Show;
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use super::app::Msg;
use super::backend::{Failure, FailureKind};
use super::placed::Placed;

/// The screen in raw mode, on its own page.
pub(super) struct Terminal {
    inner: ratatui::Terminal<Placed<Stdout>>,
    mouse: bool,
    taken: bool,
}

impl Terminal {
    /// Takes the terminal.
    pub(super) fn take(mouse: bool) -> io::Result<Self> {
        let inner = ratatui::Terminal::new(Placed::new(io::stdout()))?;
        let mut terminal = Self { inner, mouse, taken: false };
        terminal.enter()?;
        Ok(terminal)
    }

    fn enter(&mut self) -> io::Result<()> {
        // From here on there is something to give back, even if the next line fails.
        self.taken = true;
        enable_raw_mode()?;
        execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
        if self.mouse {
            execute!(io::stdout(), EnableMouseCapture)?;
        }
        Ok(())
    }

    /// Has the terminal send what the mouse does, or not.
    pub(super) fn capture(&mut self, mouse: bool) -> io::Result<()> {
        self.mouse = mouse;
        if mouse { execute!(io::stdout(), EnableMouseCapture) } else { execute!(io::stdout(), DisableMouseCapture) }
    }

    /// Gives the terminal back; all of it is tried, even when a part fails.
    pub(super) fn give_back(&mut self) {
        if !std::mem::take(&mut self.taken) {
            return;
        }
        let mut out = io::stdout();
        let _ = queue!(out, EndSynchronizedUpdate);
        if self.mouse {
            let _ = queue!(out, DisableMouseCapture);
        }
        let _ = queue!(out, DisableBracketedPaste, LeaveAlternateScreen, Show);
        let _ = out.flush();
        let _ = disable_raw_mode();
    }

    /// Takes it again after a suspension; the next frame is drawn whole.
    pub(super) fn take_again(&mut self) -> io::Result<()> {
        if !self.taken {
            self.enter()?;
        }
        // `clear` would ask the terminal where its cursor is, and wait for the answer that the
        // input thread reads.
        let size = self.inner.size()?;
        self.inner.resize(Rect::from((Position::ORIGIN, size)))
    }

    /// Gives a text to the clipboard of the terminal, by OSC 52.
    ///
    /// # Errors
    /// What to tell when the terminal is known to have none, or is gone. One that refuses is
    /// silent.
    #[expect(clippy::unused_self, reason = "only who has the terminal may write to it")]
    pub(super) fn copy(&mut self, text: String) -> Result<(), String> {
        let kind = std::env::var("TERM").unwrap_or_default();
        if kind == "linux" || kind == "dumb" {
            return Err(format!("not copied: a terminal of the kind {kind} has no clipboard"));
        }
        execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text)).map_err(|error| format!("not copied: {error}"))
    }

    /// Draws a frame in one go, so that no half of it is seen.
    pub(super) fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        queue!(io::stdout(), BeginSynchronizedUpdate)?;
        self.inner.draw(view)?;
        execute!(io::stdout(), EndSynchronizedUpdate)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.give_back();
    }
}

type Hook = Box<dyn Fn(&panic::PanicHookInfo<'_>) + Sync + Send + 'static>;

/// While it lives, a panic of any thread is kept as text instead of printed over the screen.
///
/// On another thread than its own, the text ends the loop by a message.
pub(super) struct Panics {
    kept: Arc<Mutex<Option<String>>>,
    before: Option<Hook>,
}

impl Panics {
    /// Keeps panics from now on.
    pub(super) fn keep(inbox: Sender<Msg>) -> Self {
        let kept = Arc::new(Mutex::new(None));
        let before = panic::take_hook();
        let loop_thread: ThreadId = thread::current().id();
        let here = Arc::clone(&kept);
        panic::set_hook(Box::new(move |info| {
            let name = thread::current().name().unwrap_or("unnamed").to_owned();
            let backtrace = std::backtrace::Backtrace::force_capture();
            let text = format!("thread {name}: {info}\n{backtrace}");
            if thread::current().id() == loop_thread {
                if let Ok(mut kept) = here.lock() {
                    *kept = Some(text);
                }
            } else {
                let _ = inbox.send(Msg::Died(bug(&text)));
            }
        }));
        Self { kept, before: Some(before) }
    }

    /// The panic of the loop's own thread.
    pub(super) fn kept(&self) -> Failure {
        let text = self.kept.lock().ok().and_then(|mut kept| kept.take());
        bug(text.as_deref().unwrap_or("a panic without a message"))
    }
}

impl Drop for Panics {
    fn drop(&mut self) {
        // A hook cannot be changed while its thread panics; then the old one has nothing to do.
        if let Some(before) = self.before.take().filter(|_| !thread::panicking()) {
            panic::set_hook(before);
        }
    }
}

fn bug(text: &str) -> Failure {
    Failure::new(FailureKind::Bug, "journey had to stop: this is a mistake in the program, not in your data")
        .cause(&text)
        .hint("nothing of the store was changed; start journey again")
        .hint("report the text above, with what you did before it")
}
