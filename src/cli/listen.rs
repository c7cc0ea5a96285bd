//! `journey listen`: receives what SDKs send, and shows it as it comes.

use std::env;
use std::io::{self, BufWriter, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use super::args::{Args, Form, Format, Listen};
use super::check;
use super::console::Console;
use super::expected;
use super::failure::Failure;
use super::interface::{self, Received};
use super::open::Named;
use super::recorded::{self, Saving};
use super::settings::Loaded;
use crate::config;
use crate::inspect::Inspector;
use crate::listen::{self, Guard, Listener, News, Real, Request, Target, Tell, Totals};
use crate::model::Millis;
use crate::output::Kept;
use crate::report::json::SCHEMA;
use crate::report::look::{count, many};
use crate::report::safe::{Safe, Safety};
use crate::report::{Clock, Look};
use crate::session;
use crate::session::recorded::SESSIONS;
use crate::store::Writer;
use crate::tui::Listening;

/// Commits whose lines may wait to be written.
const MOST_UNSHOWN: usize = 1_000;
/// Characters of a token, at least: fewer are guessed.
const SHORTEST_TOKEN: usize = 8;

pub(super) fn run(
    command: &Listen,
    args: &Args,
    store: Named,
    loaded: &Loaded,
    console: &mut Console,
) -> Result<(), Failure> {
    let address = address(command)?;
    let place = place(command, store)?;
    if console.form == Form::Junit && command.assert.is_none() {
        return Err(Failure::usage("a JUnit report needs expectations").hint("--assert FILE"));
    }
    let saves = command.save.iter().map(|path| Saving::of(path)).collect::<Result<Vec<_>, _>>()?;
    let kept = place.iter().fold(Kept::default(), |kept, path| kept.store(path));
    saves.iter().try_for_each(|saving| saving.check(&kept))?;
    let is_watched = console.terminal && !command.headless && !args.format_given;
    if is_watched && command.assert.is_none() && saves.is_empty() {
        return on_screens(command, args, place.as_deref(), loaded, console);
    }
    let expected = command.assert.as_deref().map(expected::read).transpose()?;
    let is_read = expected.is_some() || !saves.is_empty();
    let (writer, memory) = match &place {
        Some(path) => (Writer::open(path)?, None),
        None if !is_read => (Writer::in_memory()?, None),
        None => {
            let (writer, reader) = Writer::in_memory_with_reader()?;
            (writer, Some(reader))
        }
    };
    let name = session_name();
    let options = listen::Options {
        address,
        guard: Guard::new(address, command.token.clone()),
        name: name.clone(),
        tells_rows: false,
        forward: forward(command)?,
    };
    let signals = signals()?;
    let (tell, writing) = tell(console)?;
    let listener = Listener::start(options, writer, tell)?;
    announce(&listener, console)?;
    let at = place.as_deref().map_or_else(|| "memory, nothing on disk".to_owned(), |path| path.display().to_string());
    console.note(&format!("rows go into {at}; Ctrl-C ends it"));
    if let Some(url) = &command.forward {
        console.note(&format!("each request is passed on to {url} as it came, with its token"));
    }
    if !address.ip().is_loopback() {
        console.note(&format!(
            "other machines can reach this one now; each request needs the token: http://{}:{}/TOKEN",
            address.ip(),
            listener.address().port()
        ));
    }
    signals.wait();
    let totals = listener.finish()?;
    writing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    summary(&totals, console)?;
    let mut inspector = match (memory, &place) {
        (Some(reader), _) => Inspector::new(reader),
        (None, Some(path)) if is_read => session::open(path)?,
        _ => return Ok(()),
    };
    for saving in &saves {
        let saved = recorded::save(saving, false, inspector.source(), &name, &kept)?;
        if saved.is_empty() {
            console.note("nothing was received, so nothing is saved");
        }
        for saved in saved {
            console.note(&recorded::summary(&saved.file, saved.lines, saved.calls, &console.look));
        }
    }
    let Some(expected) = expected else { return Ok(()) };
    inspector.set_thresholds(console.thresholds);
    check::session(&expected, "journey listen", &inspector, console)
}

/// What the files of the session are called, before the name of a vendor.
fn session_name() -> String {
    format!("{SESSIONS}{}", Clock::Utc.full(now()))
}

/// Shows what arrives until the user leaves the screens.
fn on_screens(
    command: &Listen,
    args: &Args,
    place: Option<&Path>,
    loaded: &Loaded,
    console: &mut Console,
) -> Result<(), Failure> {
    let address = address(command)?;
    let (writer, source) = if let Some(path) = place {
        (Writer::open(path)?, Received::File(path.to_owned()))
    } else {
        let (writer, reader) = Writer::in_memory_with_reader()?;
        (writer, Received::Memory(Box::new(reader)))
    };
    let name = session_name();
    let options = listen::Options {
        address,
        guard: Guard::new(address, command.token.clone()),
        name: name.clone(),
        tells_rows: true,
        forward: forward(command)?,
    };
    let (sender, news) = mpsc::channel();
    // The screens may end before the server does.
    let listener = Listener::start(options, writer, Box::new(move |news| drop(sender.send(news))))?;
    let at = listener.address();
    let listening = Listening {
        session: name,
        url: match &command.token {
            Some(token) => format!("http://{at}/{token}"),
            None => format!("http://{at}"),
        },
        place: place.map_or_else(|| "memory, nothing on disk".to_owned(), |path| path.display().to_string()),
        is_open: !at.ip().is_loopback(),
        forward: command.forward.clone(),
    };
    let shown = interface::listen(&args.common, source, (listening, news), console, args.theme.as_deref(), loaded);
    let totals = listener.finish()?;
    shown?;
    summary(&totals, console)
}

/// Where to listen; an address that other machines reach needs a token.
fn address(command: &Listen) -> Result<SocketAddr, Failure> {
    let ip = command.bind.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    match &command.token {
        None if !ip.is_loopback() => {
            return Err(Failure::usage(format!("{ip} can be reached by other machines, and no token keeps them out"))
                .hint("--token WORD, a word that each request then has to bring: http://HOST:PORT/WORD"));
        }
        Some(token) if token.len() < SHORTEST_TOKEN || !token.bytes().all(is_plain) => {
            return Err(Failure::usage(format!(
                "a token has {SHORTEST_TOKEN} or more letters, digits, hyphens and underscores"
            ))
            .hint("any long word that no one guesses"));
        }
        _ => {}
    }
    Ok(SocketAddr::new(ip, command.port))
}

/// Where requests are passed on to.
fn forward(command: &Listen) -> Result<Option<Target>, Failure> {
    let wrong = |url: &str, why: &str| {
        let text = format!("--forward {url:?} is no address that requests can be passed on to: {why}");
        Failure::usage(text).hint("--forward https://api.mixpanel.com")
    };
    let target = |url: &String| Target::parse(url).map_err(|why| wrong(url, &why));
    command.forward.as_ref().map(target).transpose()
}

/// Whether a byte can stand in a path as it is.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// The store; `None` for one in memory, which is what no one asks otherwise for.
fn place(command: &Listen, store: Named) -> Result<Option<PathBuf>, Failure> {
    let is_asked_for =
        store.flag.is_some() || store.argument.is_some() || env::var_os(config::STORE_VARIABLE).is_some();
    if command.memory || !is_asked_for {
        if store.flag.is_some() {
            return Err(Failure::usage("--memory and --store are two places for the rows").hint("name one of them"));
        }
        return Ok(None);
    }
    let path = store.choose()?.map(|choice| choice.path);
    if let Some(path) = &path {
        Kept::default().check_inputs(path)?;
    }
    Ok(path)
}

/// The line that says that requests are answered from now on.
fn announce(listener: &Listener, console: &mut Console) -> Result<(), Failure> {
    let url = format!("http://{}", listener.address());
    if console.form == Form::Junit {
        // The output is the report alone.
        console.note(&format!("listening on {url}"));
        return Ok(());
    }
    match console.format {
        Format::Text => writeln!(console.out, "listening on {url}")?,
        Format::Json => writeln!(console.out, "{}", serde_json::json!({"schema": SCHEMA, "listening": url}))?,
    }
    console.finish()
}

/// What writes a line for each request, and its thread, which ends when no more comes.
///
/// Nothing waits for who reads the lines: where these are not read, requests are answered all the same, and
/// how many were not shown is said with the next line.
fn tell(console: &Console) -> Result<(Tell, JoinHandle<()>), Failure> {
    let (format, look) = (console.format, console.look);
    // The output of a report is the report alone.
    let writes = console.form != Form::Junit;
    let safety = if format == Format::Json { Safety::Json } else { Safety::Kept };
    let (sender, shown) = mpsc::sync_channel::<(u64, Vec<Request>)>(MOST_UNSHOWN);
    let writing = thread::Builder::new().name("listen-lines".to_owned()).spawn(move || {
        let mut out = BufWriter::new(Safe::new(io::stdout(), safety));
        for (missed, requests) in shown {
            // Who reads the lines may go away; what is received is stored all the same.
            if write(&mut out, missed, &requests, format, &look).is_err() {
                return;
            }
        }
    });
    let writing = writing.map_err(|error| Failure::bug("a thread cannot be started").because(&error))?;
    let mut missed = 0;
    let tell = Box::new(move |news: News| {
        if let Some(failure) = &news.failure {
            // When the error output is closed, no message can say so.
            let _ = writeln!(io::stderr(), "error: rows are not stored: {}", look.clean(failure));
        }
        let many = news.requests.len() as u64;
        if writes && many > 0 {
            missed = match sender.try_send((missed, news.requests)) {
                Ok(()) => 0,
                Err(_) => missed + many,
            };
        }
    });
    Ok((tell, writing))
}

fn write(out: &mut impl Write, missed: u64, requests: &[Request], format: Format, look: &Look) -> io::Result<()> {
    match format {
        _ if missed == 0 => {}
        Format::Text => writeln!(out, "{} requests are not shown: their lines were not read", count(missed))?,
        Format::Json => writeln!(out, "{}", serde_json::json!({"schema": SCHEMA, "not_shown": missed}))?,
    }
    for request in requests {
        match format {
            Format::Text => writeln!(out, "{}", line(request, look))?,
            Format::Json => writeln!(out, "{}", object(request))?,
        }
    }
    out.flush()
}

/// One request as a line: when, what, the answer, how many rows, what is wrong.
fn line(request: &Request, look: &Look) -> String {
    if let Some(real) = &request.real {
        return real_line(request, real, look);
    }
    let Request { received, method, path, status, rows, refused, error, .. } = request;
    let carried = match (rows, refused) {
        (0, _) => String::new(),
        (rows, 0) => format!("  {}", rows_in_words(*rows)),
        (rows, refused) => format!("  {}, {} refused", rows_in_words(*rows), count(*refused)),
    };
    let error = error.as_ref().map_or(String::new(), |error| format!("  {} {}", look.dash(), look.clean(error)));
    format!("{} {status} {method} {}{carried}{error}", look.clock.time(*received), look.clean(path))
}

/// The answer of the real endpoint, and ours next to it.
fn real_line(request: &Request, real: &Real, look: &Look) -> String {
    let Real { status, said, took } = real;
    let answered = status.map_or_else(|| "none".to_owned(), |status| status.to_string());
    let differs = if real.agrees(request.status) { "" } else { "  DIFFERS" };
    format!(
        "{} real {answered}, ours {} {} {}  {took} ms{differs}  {}",
        look.clock.time(request.received),
        request.status,
        request.method,
        look.clean(&request.path),
        look.clean(said)
    )
}

fn rows_in_words(rows: u64) -> String {
    many(usize::try_from(rows).unwrap_or(usize::MAX), "row")
}

/// One request as JSON.
fn object(request: &Request) -> serde_json::Value {
    let Request { received, method, path, origin, status, rows, refused, error, real, .. } = request;
    serde_json::json!({
        "received": Clock::Utc.full(*received),
        "method": method,
        "path": path,
        "origin": origin,
        "status": status,
        "rows": rows,
        "refused": refused,
        "error": error,
        "real": real.as_ref().map(|Real { status, said, took }| {
            serde_json::json!({"status": status, "said": said, "milliseconds": took})
        }),
    })
}

/// What the session has received.
fn summary(totals: &Totals, console: &mut Console) -> Result<(), Failure> {
    let Totals { requests, events, profiles, rejected } = *totals;
    if console.form == Form::Junit {
        return Ok(());
    }
    match console.format {
        Format::Text => writeln!(
            console.out,
            "stored {} and {} of {}; {} could not be read",
            rows_in_words(events),
            many(usize::try_from(profiles).unwrap_or(usize::MAX), "profile update"),
            many(usize::try_from(requests).unwrap_or(usize::MAX), "request"),
            count(rejected)
        )?,
        Format::Json => {
            let totals = serde_json::json!({
                "schema": SCHEMA, "requests": requests, "events": events, "profiles": profiles, "rejected": rejected,
            });
            writeln!(console.out, "{totals}")?;
        }
    }
    console.finish()
}

/// What ends the work.
struct Stopping {
    #[cfg(unix)]
    signals: signal_hook::iterator::Signals,
    #[cfg(not(unix))]
    flag: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

#[cfg(unix)]
fn signals() -> Result<Stopping, Failure> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]);
    Ok(Stopping { signals: signals.map_err(|error| Failure::bug("signals cannot be listened to").because(&error))? })
}

#[cfg(not(unix))]
fn signals() -> Result<Stopping, Failure> {
    Ok(Stopping { flag: super::stop::stop_flag()? })
}

impl Stopping {
    /// Waits until someone ends the program.
    #[cfg(unix)]
    fn wait(mut self) {
        let _ = self.signals.forever().next();
        // A second signal ends the program on the spot.
        self.signals.handle().close();
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            let at_once = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
            let _ = signal_hook::flag::register_conditional_default(signal, at_once);
        }
    }

    #[cfg(not(unix))]
    fn wait(self) {
        while !self.flag.load(std::sync::atomic::Ordering::Relaxed) {
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }
}

fn now() -> Millis {
    use std::time::{SystemTime, UNIX_EPOCH};
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}
