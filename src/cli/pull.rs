//! `journey pull`: a vendor's API into the store, day by day or for some ids.

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, SecondsFormat, TimeDelta, Utc};
use indicatif::ProgressBar;

use super::args::{Common, Pull, Region, Vendor};
use super::console::Console;
use super::failure::Failure;
use super::open::Named;
use super::stop::stop_flag_with_notice;
use super::{import, zone};
use crate::ingest::{self, Flow, Input, Options};
use crate::model::text::visible;
use crate::pull::{self, Account, Client, Day, Limits, Notice};
use crate::report::look::count;
use crate::store::{FileInfo, Writer};

/// The name of a service account.
const ACCOUNT: &str = "MIXPANEL_SERVICE_ACCOUNT";
/// Its secret.
const SERVICE_SECRET: &str = "MIXPANEL_SERVICE_SECRET";
/// The number of the project, which a service account has to say.
const PROJECT: &str = "MIXPANEL_PROJECT_ID";
/// The secret of a project.
const PROJECT_SECRET: &str = "MIXPANEL_PROJECT_SECRET";
/// Another server than that of the region.
const SERVER: &str = "JOURNEY_MIXPANEL_URL";
/// A day ends last at UTC-12.
const LAST_ZONE: TimeDelta = TimeDelta::hours(12);
/// Days before the last one that `--id` asks for by default.
const YEAR: Days = Days::new(365);

/// Fetches what the command asks for.
pub(super) fn run(command: &Pull, common: &Common, store: Named, console: &mut Console) -> Result<(), Failure> {
    let Vendor::Mixpanel = command.vendor;
    let zone = zone::of_project(common.timezone.as_deref())?;
    let now = Utc::now();
    let span = span(command, now.date_naive())?;
    let account = account(command.region)?;
    let choice = store.choose()?.ok_or_else(|| {
        Failure::store("there is no data directory to make a store in").hint("name a store with --store FILE")
    })?;
    let path = choice.path;
    let stop = stop_flag_with_notice()?;
    let (writer, _) = import::writer(&path, &stop, console, || ())?;
    let options = Options { zone, stop: Arc::clone(&stop).into(), ..Options::default() };
    let bar = console.bar("{spinner} {prefix:.bold} {msg}");
    bar.enable_steady_tick(Duration::from_millis(100));
    let mut pulled = Pulled {
        writer,
        options,
        stop: Arc::clone(&stop),
        report: ingest::Report::default(),
        failures: Vec::new(),
        there: 0,
        empty: Vec::new(),
        project: account.project().map(|project| format!(" project {project}")).unwrap_or_default(),
        bar: bar.clone(),
    };
    let result = {
        let console = &*console;
        let mut tell = |notice: &Notice| match notice {
            Notice::Received(bytes) => bar.set_message(format!("{} bytes", count(*bytes))),
            Notice::Wait { why, wait } => {
                let text =
                    format!("{}; waiting {}, Ctrl-C stops and keeps the downloaded days", visible(why), lasting(*wait));
                bar.set_message(format!("waiting {}", lasting(*wait)));
                bar.suspend(|| console.note(&text));
            }
        };
        let mut client = Client::new(account, Limits::default(), room(&path), Arc::clone(&stop), &mut tell);
        pulled.all(&mut client, command, span, now)
    };
    pulled.bar.finish_and_clear();
    // Also after a failure: what was fetched stays, and is left in good order.
    let Pulled { writer, mut report, mut failures, there, .. } = pulled;
    writer.finish()?;
    match result {
        Ok(()) => {}
        Err(Stopped::ByPerson) => report.cancelled = true,
        Err(Stopped::By(failure)) => failures.push(failure),
    }
    if there > 0 {
        report.warnings.push(format!(
            "{} of the days {} in the store already and not fetched again; --again fetches them",
            count(there),
            if there == 1 { "is" } else { "are" }
        ));
    }
    failures.extend(import::lack(&report.files));
    let is_nothing = report.files.is_empty() && there == 0 && failures.is_empty() && !report.cancelled;
    let (cancelled, _) = import::answer(report, &path, console)?;
    if path.exists() && !cancelled {
        import::index_values(&path, &stop, console);
    }
    if cancelled {
        failures.push(Failure::stopped_pull());
    }
    if is_nothing {
        failures.push(Failure::nothing("Mixpanel has nothing of that").hint("check the days, the names and the ids"));
    }
    import::tell_each(failures, console)
}

/// The first and the last day.
fn span(command: &Pull, today: NaiveDate) -> Result<Option<(NaiveDate, NaiveDate)>, Failure> {
    let of_ids = !command.id.is_empty();
    let to = command.to.unwrap_or(if of_ids { today } else { today - Days::new(1) });
    let from = match command.from {
        Some(from) => from,
        None if of_ids => to - YEAR,
        None => return Ok(None),
    };
    if from > to {
        return Err(Failure::usage(format!("--from {from} is after --to {to}")).hint("name the first day first"));
    }
    // Somewhere it is tomorrow already.
    if to > today + Days::new(1) {
        return Err(
            Failure::usage(format!("--to {to} is in the future")).hint("leave out --to for all days until yesterday")
        );
    }
    Ok(Some((from, to)))
}

/// The account that the environment names.
fn account(region: Region) -> Result<Account, Failure> {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let account = match (variable(ACCOUNT), variable(SERVICE_SECRET), variable(PROJECT_SECRET)) {
        (Some(user), Some(secret), _) => {
            let Some(project) = variable(PROJECT) else {
                return Err(Failure::usage(format!(
                    "a service account may see several projects, and {PROJECT} is not set"
                ))
                .hint("the number is in the settings of the project"));
            };
            if !project.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(Failure::usage(format!("{PROJECT} is not a number"))
                    .hint("the number is in the settings of the project"));
            }
            Account::service(&user, &secret, &project)
        }
        (None, None, Some(secret)) => Account::project_secret(&secret),
        (Some(_), None, _) => return Err(unset(SERVICE_SECRET)),
        (None, Some(_), _) => return Err(unset(ACCOUNT)),
        (None, None, None) => {
            return Err(Failure::usage("no account is known to ask Mixpanel with")
                .hint(format!("set {ACCOUNT}, {SERVICE_SECRET} and {PROJECT}"))
                .hint(format!("or set {PROJECT_SECRET}")));
        }
    };
    let account = account.in_region(match region {
        Region::Us => pull::Region::Us,
        Region::Eu => pull::Region::Eu,
        Region::In => pull::Region::In,
    });
    match variable(SERVER) {
        None => Ok(account),
        Some(server) => account.at(&server).map_err(|error| {
            Failure::usage(format!("{SERVER}: {error}")).hint("the secret of the account would be read on the way")
        }),
    }
}

fn unset(name: &str) -> Failure {
    Failure::usage(format!("{name} is not set")).hint(format!("set {ACCOUNT}, {SERVICE_SECRET} and {PROJECT}"))
}

/// The folder that has room for what is fetched: that of the store, if it is there.
fn room(store: &Path) -> PathBuf {
    let folder = store.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    folder.filter(|folder| folder.is_dir()).map_or_else(env::temp_dir, Path::to_owned)
}

/// A time as a person waits for it.
fn lasting(wait: Duration) -> String {
    match wait.as_secs() {
        0 => "a moment".to_owned(),
        seconds @ ..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

/// Why a pull ended before its end.
enum Stopped {
    ByPerson,
    By(Failure),
}

impl From<pull::Error> for Stopped {
    fn from(error: pull::Error) -> Self {
        match error {
            pull::Error::Stopped => Self::ByPerson,
            error => Self::By(error.into()),
        }
    }
}

/// What was fetched so far.
struct Pulled {
    writer: Writer,
    options: Options,
    stop: Arc<AtomicBool>,
    report: ingest::Report,
    /// What could not be fetched, while more could.
    failures: Vec<Failure>,
    /// Days that were in the store.
    there: u64,
    /// Days without a row, of which the store does not know yet.
    empty: Vec<String>,
    /// Which project, in names.
    project: String,
    bar: ProgressBar,
}

impl Pulled {
    fn all(
        &mut self,
        client: &mut Client<'_>,
        command: &Pull,
        span: Option<(NaiveDate, NaiveDate)>,
        now: DateTime<Utc>,
    ) -> Result<(), Stopped> {
        match (span, command.id.as_slice()) {
            (Some((from, to)), []) => self.days(client, command, from, to, now)?,
            (Some((from, to)), ids) => return self.ids(client, ids, from, to, now),
            (None, _) => {}
        }
        if command.profiles { self.profiles(client, now) } else { Ok(()) }
    }

    fn days(
        &mut self,
        client: &mut Client<'_>,
        command: &Pull,
        from: NaiveDate,
        to: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<(), Stopped> {
        let known = if command.again { BTreeSet::new() } else { self.known()? };
        for day in from.iter_days().take_while(|day| *day <= to) {
            let is_over = now >= (day + Days::new(1)).and_time(NaiveTime::MIN).and_utc() + LAST_ZONE;
            let until = (!is_over).then_some(now);
            let name = self.name_of(day, &command.event, until);
            if is_over && known.contains(&name) {
                self.there += 1;
                continue;
            }
            self.bar.set_prefix(name.clone());
            match client.day(day, &command.event) {
                Ok(Day { content, has_rows: true }) => {
                    if self.import(Input::Stream { name: name.clone(), reader: Box::new(content) })? {
                        self.note(name)?;
                    }
                }
                Ok(Day { has_rows: false, .. }) => self.note(name)?,
                // The other days may be whole.
                Err(error @ pull::Error::Early { .. }) => self.failures.push(error.into()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// What a day is called as a file of the store. One that is not over has the time in its name, so
    /// that it is fetched again.
    fn name_of(&self, day: NaiveDate, events: &[String], until: Option<DateTime<Utc>>) -> String {
        let until = until.map(|until| format!(" at {}", moment(until))).unwrap_or_default();
        let only = if events.is_empty() { String::new() } else { format!(" only {}", events.join(", ")) };
        format!("mixpanel export {day}{}{only}{until}", self.project)
    }

    fn profiles(&mut self, client: &mut Client<'_>, now: DateTime<Utc>) -> Result<(), Stopped> {
        let (mut next, mut number) = (None, 1_u64);
        loop {
            let name = format!("mixpanel profiles{} at {} page {number}", self.project, moment(now));
            self.bar.set_prefix(name.clone());
            let page = client.profiles(next.as_ref())?;
            if page.profiles > 0 {
                self.import(Input::Bytes { name, content: page.content })?;
            }
            match page.next {
                Some(more) => next = Some(more),
                None => return Ok(()),
            }
            number += 1;
        }
    }

    fn ids(
        &mut self,
        client: &mut Client<'_>,
        ids: &[String],
        from: NaiveDate,
        to: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<(), Stopped> {
        let who = match ids {
            [one] => one.clone(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
            [] => return Ok(()),
        };
        let name = |what: &str| format!("mixpanel {what} of {who}{} at {}", self.project, moment(now));
        let (of_events, of_profile) = (name("activity"), name("profile"));
        self.bar.set_prefix(of_events.clone());
        let activity = client.activity(ids, from, to)?;
        if activity.events > 0 {
            self.import(Input::Bytes { name: of_events, content: activity.content })?;
        }
        self.bar.set_prefix(of_profile.clone());
        let page = client.profiles_of(ids)?;
        if page.profiles > 0 {
            self.import(Input::Bytes { name: of_profile, content: page.content })?;
        }
        Ok(())
    }

    /// Puts an answer into the store, and says whether it is there as a whole.
    fn import(&mut self, input: Input) -> Result<bool, Stopped> {
        self.bar.set_message("into the store");
        let stop = Arc::clone(&self.stop);
        let imported = ingest::import(&mut self.writer, vec![input], &self.options, &mut |_| {
            if stop.load(Ordering::Relaxed) { Flow::Stop } else { Flow::Continue }
        });
        self.bar.set_message("");
        let ingest::Report { files, events, rejected, cancelled, warnings, failures } =
            imported.map_err(|error| Stopped::By(error.into()))?;
        let is_whole = failures.is_empty() && files.iter().all(|file| file.incomplete.is_none());
        let all = &mut self.report;
        all.files.extend(files);
        all.events += events;
        all.rejected += rejected;
        for warning in warnings {
            if !all.warnings.contains(&warning) {
                all.warnings.push(warning);
            }
        }
        self.failures.extend(failures.into_iter().map(Failure::from));
        if cancelled { Err(Stopped::ByPerson) } else { Ok(is_whole) }
    }

    /// Names of what is in the store as a whole.
    fn known(&self) -> Result<BTreeSet<String>, Stopped> {
        self.writer.complete_files().map_err(|error| Stopped::By(error.into()))
    }

    /// Notes that a day was fetched, where no file of its name is there: it has no rows, or those of
    /// another file. A store is not made for that alone.
    fn note(&mut self, name: String) -> Result<(), Stopped> {
        self.empty.push(name);
        if !self.writer.is_made() {
            return Ok(());
        }
        let known = self.known()?;
        for name in self.empty.drain(..).filter(|name| !known.contains(name)) {
            let (format, timezone) = ("Mixpanel raw export".to_owned(), "UTC".to_owned());
            let info = FileInfo { name, format, vendor: "mixpanel".to_owned(), timezone };
            let noted = self.writer.begin_file(&info).and_then(|file| self.writer.finish_file(file, true));
            noted.map_err(|error| Stopped::By(error.into()))?;
        }
        Ok(())
    }
}

/// A time in names: to the second, as a shell can take it.
fn moment(now: DateTime<Utc>) -> String {
    now.to_rfc3339_opts(SecondsFormat::Secs, true)
}
