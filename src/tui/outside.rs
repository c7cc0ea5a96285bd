//! Another program on the terminal for a while: a pager, an editor.
//!
//! Two must not read one keyboard. The thread that reads it passes a [`Gate`] before each
//! event; [`Gate::shut`] wakes it with the signal of a changed window, and returns once it
//! waits at the gate. Only then the other program gets the terminal.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::worker::Text;

/// Programs that show or change a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// `$PAGER`, else `less`.
    Pager,
    /// `$VISUAL`, else `$EDITOR`, else `vi`.
    Editor,
}

impl Tool {
    /// What is run, as a shell reads it, and the variable that says so.
    fn command(self) -> (String, &'static str) {
        let (variables, otherwise): (&[&'static str], &str) = match self {
            Self::Pager => (&["PAGER"], "less"),
            Self::Editor => (&["VISUAL", "EDITOR"], "vi"),
        };
        let set = variables.iter().find_map(|name| {
            let value = env::var(name).ok().filter(|value| !value.trim().is_empty())?;
            Some((value, *name))
        });
        set.unwrap_or_else(|| (otherwise.to_owned(), variables.last().copied().unwrap_or_default()))
    }
}

/// What lets the reading of the keyboard pass, or not.
#[derive(Clone, Default)]
pub(super) struct Gate(Arc<(Mutex<State>, Condvar)>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Open,
    /// It is to be shut.
    Shutting,
    /// It is shut, and the reader waits.
    Shut,
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it is open; the reader calls it.
    pub(super) fn pass(&self) {
        let mut state = self.lock();
        while *state != State::Open {
            *state = State::Shut;
            self.0.1.notify_all();
            state = self.0.1.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether another program has the terminal, or is about to.
    pub(super) fn is_shut(&self) -> bool {
        *self.lock() != State::Open
    }

    /// Shuts it, and waits until the reader waits there; whether the reader does.
    pub(super) fn shut(&self, wake: impl Fn()) -> bool {
        /// What a thread may need to come from the terminal to the gate.
        const PATIENCE: Duration = Duration::from_millis(50);
        const TRIES: usize = 40;
        let mut state = self.lock();
        *state = State::Shutting;
        for _ in 0..TRIES {
            if *state == State::Shut {
                return true;
            }
            wake();
            state = self.0.1.wait_timeout(state, PATIENCE).unwrap_or_else(PoisonError::into_inner).0;
        }
        *state == State::Shut
    }

    /// Opens it again.
    pub(super) fn open(&self) {
        *self.lock() = State::Open;
        self.0.1.notify_all();
    }
}

/// Shows a text with a program, which has the terminal meanwhile; what went wrong, in words.
pub(super) fn show(text: &Text, tool: Tool) -> Result<(), String> {
    let (command, variable) = tool.command();
    let file = Temporary::write(text).map_err(|error| format!("no file for {command} can be written: {error}"))?;
    // As git does: the variable may hold arguments, and the name of the file needs no quoting.
    let status = Command::new("sh").arg("-c").arg(format!("{command} \"$@\"")).arg(&command).arg(&file.path).status();
    match status {
        Ok(status) if matches!(status.code(), Some(126 | 127)) => {
            Err(format!("{command} cannot be run; {variable} says which program to use"))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(format!("no shell to run {command} with: {error}")),
    }
}

/// A file that no other user may read, and that is deleted afterwards.
struct Temporary {
    path: PathBuf,
}

impl Temporary {
    fn write(text: &Text) -> io::Result<Self> {
        let folder = folder(&env::temp_dir())?;
        let made = Self { path: folder.join(text.name) };
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&made.path)?.write_all(text.content.as_bytes())?;
        Ok(made)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        if let Some(folder) = self.path.parent() {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// A new folder in `parent`, for this user alone.
fn folder(parent: &Path) -> io::Result<PathBuf> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let mut number = 0;
    loop {
        let path = parent.join(format!("journey-{}-{number}", std::process::id()));
        match builder.create(&path) {
            Ok(()) => return Ok(path),
            // Left by a program of the same number that was killed.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 100 => number += 1,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shut_gate_holds_the_reader_until_it_is_opened() {
        let gate = Gate::default();
        let (sender, passed) = std::sync::mpsc::channel();
        let (wake, woken) = std::sync::mpsc::channel();
        let reader = gate.clone();
        let thread = std::thread::spawn(move || {
            while woken.recv().is_ok() {
                reader.pass();
                sender.send(()).unwrap();
            }
        });
        wake.send(()).unwrap();
        passed.recv().unwrap();
        assert!(gate.shut(|| wake.send(()).unwrap()));
        assert!(gate.is_shut() && passed.try_recv().is_err());
        gate.open();
        passed.recv().unwrap();
        drop(wake);
        thread.join().unwrap();
    }

    #[test]
    fn a_text_stands_in_a_file_of_its_own_that_is_gone_afterwards() {
        let text = Text { name: "row.json", content: "{}".into() };
        let (one, other) = (Temporary::write(&text).unwrap(), Temporary::write(&text).unwrap());
        assert_ne!(one.path, other.path);
        assert_eq!(fs::read_to_string(&one.path).unwrap(), "{}");
        let path = one.path.clone();
        drop((one, other));
        assert!(!path.exists() && !path.parent().unwrap().exists());
    }
}
