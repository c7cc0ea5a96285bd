//! How long a frame and a key take in the terminal interface.
//!
//! `JOURNEY_BENCH_ROWS=1000000 cargo bench --bench screen`

#![expect(clippy::expect_used, reason = "a bench that cannot be set up has to fail")]

mod seeded;
mod stored;

use std::sync::Arc;

use criterion::Criterion;
use crossterm::event::Event;
use journey::identity::Journey;
use journey::inspect::Inspector;
use journey::model::Id;
use journey::sim::crowd::FIFTY;
use journey::tui::keys::presses;
use journey::tui::{Backend, Effect, Failure, FailureKind, Hits, Model, Msg, Options, StartPage, Ui, update, view};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::stored::Stored;

/// Columns and lines of the screens that are drawn.
const SIZES: [(u16, u16); 2] = [(80, 24), (200, 50)];

fn main() {
    if !seeded::is_wanted() {
        return;
    }
    let mut criterion = Criterion::default().sample_size(50).configure_from_args();
    let stored = Stored::fill();
    frames(&mut criterion, &stored);
    keys(&mut criterion, &stored);
    criterion.final_summary();
}

/// Drawing once more what is on the screen.
fn frames(criterion: &mut Criterion, stored: &Stored) {
    let mut group = criterion.benchmark_group("frame");
    for (name, id) in [("50 rows", &Id::new(FIFTY)), ("most rows", &stored.heavy)] {
        for (columns, lines) in SIZES {
            let mut app = App::open(stored.inspector(), id, (columns, lines));
            app.press("<PgDn>");
            group.bench_function(format!("{name}, {columns}x{lines}"), |bencher| bencher.iter(|| app.draw()));
        }
    }
    group.finish();
}

/// From a key to the frame that shows what it did, the store asked on the way.
fn keys(criterion: &mut Criterion, stored: &Stored) {
    let mut group = criterion.benchmark_group("key");
    group.sample_size(20);
    let size = (80, 24);
    for (name, id) in [("50 rows", &Id::new(FIFTY)), ("most rows", &stored.heavy)] {
        group.bench_function(format!("first screen of a journey, {name}"), |bencher| {
            bencher.iter(|| App::open(stored.inspector(), id, size).model.layers().len());
        });
        let mut app = App::open(stored.inspector(), id, size);
        group.bench_function(format!("a step down and up, {name}"), |bencher| bencher.iter(|| app.press("jk")));
    }
    group.bench_function("first screen of the search", |bencher| {
        bencher.iter(|| App::start(stored.inspector(), &Options::default(), size).model.layers().len());
    });
    let mut app = App::start(stored.inspector(), &Options::default(), size);
    app.press("an");
    group.bench_function("a letter of a search and its removal", |bencher| bencher.iter(|| app.press("n<Backspace>")));
    group.finish();
}

/// The interface without threads, over a store.
struct App {
    model: Model,
    ui: Ui,
    backend: Stock,
    terminal: Terminal<TestBackend>,
}

impl App {
    fn open(inspector: Inspector, id: &Id, size: (u16, u16)) -> Self {
        Self::start(inspector, &Options { id: Some(id.clone()), ..Options::default() }, size)
    }

    fn start(inspector: Inspector, options: &Options, (columns, lines): (u16, u16)) -> Self {
        let (model, effects) = Model::start(options).expect("keys and theme");
        let terminal = Terminal::new(TestBackend::new(columns, lines)).expect("a terminal");
        let mut app = Self { model, ui: Ui::default(), backend: Stock(inspector), terminal };
        app.settle(effects);
        app
    }

    /// Presses keys, each with all that follows from it.
    fn press(&mut self, keys: &str) {
        for key in presses(keys).expect("names of keys") {
            let effects = update(&mut self.model, Msg::Terminal(Event::Key(key.event())));
            self.settle(effects);
        }
    }

    fn draw(&mut self) {
        self.terminal.draw(|frame| view(&self.model, &mut self.ui, frame)).expect("a frame");
    }

    /// Answers and draws until nothing is asked any more.
    fn settle(&mut self, mut effects: Vec<Effect>) {
        loop {
            while let Some(effect) = effects.pop() {
                if let Effect::Ask(ticket, question) = effect {
                    let answer = question.respond(&mut self.backend);
                    effects.extend(update(&mut self.model, Msg::Response(ticket, answer)));
                }
            }
            self.draw();
            effects = update(&mut self.model, Msg::Drawn(self.ui.drawn()));
            if effects.is_empty() {
                return;
            }
        }
    }
}

/// A store behind the interface.
struct Stock(Inspector);

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(FailureKind::Store, "the store does not answer").cause(&error)
}

impl Backend for Stock {
    fn search(&mut self, text: &str) -> Result<Hits, Failure> {
        let list = self.0.search(text, 200).map_err(failed)?;
        Ok(Hits { list, ..Hits::default() })
    }

    fn overview(&mut self) -> Result<StartPage, Failure> {
        Ok(StartPage { overview: self.0.overview().map_err(failed)?, ..StartPage::default() })
    }

    fn journey(&mut self, id: &Id) -> Result<Option<Arc<Journey>>, Failure> {
        self.0.journey(id).map(|journey| journey.map(Arc::new)).map_err(failed)
    }

    fn properties(&mut self, row: i64) -> Result<String, Failure> {
        self.0.properties(&[row]).map(|mut texts| texts.pop().unwrap_or_default()).map_err(failed)
    }

    fn changed(&mut self) -> Result<bool, Failure> {
        Ok(false)
    }

    fn title(&self) -> String {
        "crowd".to_owned()
    }

    fn near(&mut self, text: &str) -> Vec<Id> {
        self.0.near(text, 5).map(|near| near.into_iter().map(|(id, _)| id).collect()).unwrap_or_default()
    }
}
