//! The model, and how messages change it.
//!
//! Screens form a stack ([`Layer`]): a key goes to the top one, and `Esc` removes it. Answers
//! carry the ticket of their question; an answer that no part waits for changes nothing.

mod answers;
mod asked;
mod compare;
mod contexts;
mod copying;
mod draw;
mod identity;
mod listening;
mod message;
pub mod mouse;
mod opening;
mod pages;
mod palette;
mod pins;
mod playing;
mod pressing;
mod redaction;
mod ruling;
mod saving;
mod seen;
mod show;
mod stopping;
mod taking_back;
mod timeline;
mod travel;

pub use self::draw::view;
pub use self::message::{Effect, Layer, Msg};

use std::collections::BTreeSet;
use std::time::Duration;

use crossterm::event::{Event, MouseEventKind};

use crate::identity::named;
use crate::model::Id;
use crate::report::journey::Form;

use super::Options;
use super::backend::Failure;
use super::frame::Drawn;
use super::keys::{Action, AssetError, Key, Keymap};
use super::outside::Tool;
use super::page::{Below, Entry};
use super::screen::{self, demo, journey, listen, search};
use super::theme::{Look, Theme};
use super::timeline::cells::Cells;
use super::timeline::sift::Sifting;
use super::when::Zone;
use super::worker::{Load, Request, Response, Ticket, Trips};

/// The state of the interface.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, and all combinations are good")]
pub struct Model {
    layers: Vec<Layer>,
    /// The search screen.
    pub search: search::State,
    journey: Option<journey::State>,
    /// The scenarios, where the program was asked to play them.
    demo: demo::State,
    /// What arrives, where the program listens.
    live: Option<listen::State>,
    /// What is asked of ids that rows have come for.
    standing_asked: Option<Ticket>,
    /// Whether rows of the open user have come while it was being opened.
    grows: bool,
    /// Where the journey that is being opened begins: at the row of a place, or at its end.
    opens_at: Option<listening::Start>,
    /// Whether rows have come since the store was last looked at.
    has_news: bool,
    opening: Load<()>,
    /// The text that is waited for, and what is to show it.
    showing: Option<(Ticket, Tool)>,
    /// The id that is being opened, or whose journey is shown.
    opened: Option<Id>,
    /// Other pages: those behind this one, and two side by side.
    pages: identity::Pages,
    failed: Option<Failure>,
    properties_asked: Option<(Ticket, i64)>,
    cells_asked: Option<(Ticket, Cells)>,
    /// What a page of its own waits for.
    questioned: Option<Ticket>,
    /// The filter that the worker goes through the rows with.
    sifting: Option<(Ticket, Sifting)>,
    /// Rows that were marked.
    marks: BTreeSet<i64>,
    /// Properties that were pinned.
    pinned: BTreeSet<String>,
    title: Option<String>,
    place: Option<String>,
    /// Whether a server answers: then everything that is asked can take long, and is ended there.
    is_on_a_server: bool,
    /// What was asked of a server for the journey, as of the last word about the wait.
    trips: Vec<Trips>,
    /// What is said where an answer was stopped.
    stopped: Option<String>,
    /// What the last journey was saved as.
    saved_as: Form,
    look: Look,
    keymap: Keymap,
    pending: Vec<Key>,
    /// How often the next key is meant.
    count: Option<usize>,
    /// The character of the last key that had a meaning: digits say where to.
    typed: Option<char>,
    zones: Vec<Zone>,
    /// Whether the screens have pseudonyms.
    redacts: bool,
    /// The rule set that was chosen, and the one that was on the screen before it.
    rules: ruling::Chosen,
    /// The zone that the data of the user with an id says, if it does.
    device_zone: Option<(Id, Option<Zone>)>,
    tickets: Ticket,
    waited: Option<Duration>,
    looking: bool,
    notice: Option<String>,
    /// What is looked for on pages of lines.
    sought: String,
    drawn: Drawn,
    mouse: mouse::State,
    dirty: bool,
}

impl Model {
    /// The first state, and what is to be asked first.
    pub fn start(options: &Options) -> Result<(Self, Vec<Effect>), AssetError> {
        let theme = match &options.theme {
            _ if options.no_color => Theme::named("mono")?,
            Some(theme) => theme.clone(),
            None => Theme::named("default")?,
        };
        let mut zones = vec![options.zone];
        zones.extend([Zone::Utc, Zone::Local].into_iter().filter(|zone| *zone != options.zone));
        let mut model = Self {
            layers: vec![Layer::Search],
            search: search::State::default(),
            journey: None,
            demo: demo::State::default(),
            live: None,
            standing_asked: None,
            grows: false,
            opens_at: None,
            has_news: false,
            opening: Load::default(),
            showing: None,
            opened: None,
            pages: identity::Pages::default(),
            failed: None,
            properties_asked: None,
            cells_asked: None,
            questioned: None,
            sifting: None,
            marks: BTreeSet::new(),
            pinned: BTreeSet::new(),
            title: None,
            place: None,
            is_on_a_server: false,
            trips: Vec::new(),
            stopped: None,
            saved_as: Form::Html,
            look: Look::new(theme, options.ascii, options.zone),
            keymap: options.keymap.clone().map_or_else(Keymap::built_in, Ok)?,
            pending: Vec::new(),
            count: None,
            typed: None,
            zones,
            redacts: options.redacts,
            rules: ruling::Chosen::of(options.rules),
            device_zone: None,
            tickets: 0,
            waited: None,
            looking: false,
            notice: None,
            sought: String::new(),
            drawn: Drawn::default(),
            mouse: mouse::State::new(options.mouse),
            dirty: true,
        };
        if let Some(listening) = &options.listening {
            model.live = Some(listen::State::new(listening.clone()));
            model.layers = vec![Layer::Live];
            return Ok((model, Vec::new()));
        }
        let effects = match (&options.demo, &options.id) {
            (Some(demo), _) => {
                model.demo = demo::State::new(demo.scenarios.clone(), demo.first, options.rules.and_then(named));
                model.layers = vec![Layer::Gallery];
                model.layers.extend(demo.first.map(|_| Layer::Player));
                Vec::new()
            }
            (None, Some(id)) => model.open(id.clone()),
            (None, None) => model.ask_search(),
        };
        Ok((model, effects))
    }

    /// Whether a frame would look different from the last one.
    pub fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// A frame has been drawn.
    pub fn clean(&mut self) {
        self.dirty = false;
    }

    /// Whether an answer is waited for without the screen saying so.
    pub fn is_waiting(&self) -> bool {
        self.waited.is_none() && self.waits()
    }

    /// Whether an answer is waited for, and the screen says so.
    pub fn has_waited(&self) -> bool {
        self.waited.is_some()
    }

    /// The screens, the top one last.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The journey, if one is open.
    pub fn journey(&self) -> Option<&journey::State> {
        self.journey.as_ref()
    }

    /// The zone of all times.
    pub fn zone(&self) -> Zone {
        self.look.zone
    }

    fn is_asked(&self) -> bool {
        // What is played does not wait for a store.
        let store = self.title.is_none() && !matches!(self.layers.first(), Some(Layer::Gallery));
        store || self.search.is_asked() || self.opening.is_asked() || self.pages.comparing.is_asked()
    }

    fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        self.tickets
    }

    fn ask_search(&mut self) -> Vec<Effect> {
        let ticket = self.ticket();
        self.search.ask(ticket);
        vec![Effect::Ask(ticket, self.search.question())]
    }
}

/// Changes the model by one message; what is to be done now.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Drawn(drawn) => return seen::after_drawing(model, drawn),
        Msg::Idle => return idle(model),
        Msg::News(news) => return listening::take(model, &news),
        Msg::Response(_, Response::Changed(false)) => {
            model.looking = false;
            return Vec::new();
        }
        Msg::Response(_, Response::Remembered) => return Vec::new(),
        // Most terminals report every cell that the mouse passes.
        Msg::Terminal(Event::Mouse(event)) if event.kind == MouseEventKind::Moved => return Vec::new(),
        _ => {}
    }
    model.dirty = true;
    match msg {
        Msg::Terminal(event) => {
            let mut effects = terminal(model, event);
            effects.extend(timeline::after(model));
            effects.extend(saving::after(model));
            effects.extend(taking_back::after(model));
            effects.extend(pages::after(model));
            effects.extend(listening::after(model));
            effects
        }
        Msg::Opened(title) => {
            model.title = Some(title);
            Vec::new()
        }
        Msg::Located(place, is_on_a_server) => {
            model.place = place;
            model.is_on_a_server = is_on_a_server;
            Vec::new()
        }
        Msg::NotOpened(failure) | Msg::Died(failure) => vec![Effect::Fail(failure)],
        Msg::Response(ticket, answer) => {
            let answer = stopping::worded(model, answer);
            let was_asked = model.is_asked();
            let mut effects = answers::answered(model, ticket, answer);
            effects.extend(model.sift());
            // What is asked next for what is here is another wait.
            if !model.waits() || was_asked && !model.is_asked() {
                model.waited = None;
            }
            effects
        }
        Msg::Waited(long) => {
            model.waited = Some(long).filter(|_| model.waits());
            Vec::new()
        }
        Msg::Trips(trips) => {
            model.trips = trips;
            Vec::new()
        }
        Msg::Beat => {
            if let Some(player) = &mut model.demo.player {
                player.beat();
            }
            Vec::new()
        }
        Msg::Copied(outcome) | Msg::Shown(outcome) => {
            if let Err(why) = outcome {
                model.notice = Some(why);
            }
            Vec::new()
        }
        Msg::Terminate => vec![Effect::Quit],
        Msg::Suspend => vec![Effect::Suspend],
        Msg::Continued | Msg::Drawn(_) | Msg::Idle | Msg::News(_) => Vec::new(),
    }
}

/// Looks whether the store has changed, one look at a time and never during other questions.
fn idle(model: &mut Model) -> Vec<Effect> {
    // What is played is no store that could change.
    let plays = matches!(model.layers.first(), Some(Layer::Gallery)) || listening::rests(model);
    if plays || model.looking || model.is_asked() || model.questioned.is_some() {
        return Vec::new();
    }
    model.looking = true;
    let ticket = model.ticket();
    vec![Effect::Ask(ticket, Request::Changed)]
}

fn terminal(model: &mut Model, event: Event) -> Vec<Effect> {
    match event {
        Event::Key(event) => pressing::key(model, event),
        Event::Paste(text) => match model.layers.last() {
            Some(Layer::Search) | None => {
                let asked = model.search.paste(&text);
                search_asked(model, asked)
            }
            _ => {
                typed(model, &text);
                Vec::new()
            }
        },
        Event::Mouse(event) => mouse::update(model, event),
        _ => Vec::new(),
    }
}

/// Gives what is typed or pasted to the line on top that takes it; whether there is one.
fn typed(model: &mut Model, text: &str) -> bool {
    match model.layers.last_mut() {
        Some(Layer::Palette(state)) => state.type_text(text),
        Some(Layer::Prompt(prompt)) => prompt.paste(text),
        Some(Layer::Save(state)) => state.type_text(text),
        Some(Layer::Page(_, page)) => return page.type_text(text),
        Some(Layer::Player) => match model.prompt() {
            Some(prompt) => prompt.paste(text),
            None => return false,
        },
        _ => return timeline::typed(model, text),
    }
    true
}

fn search_asked(model: &mut Model, asked: search::Asked) -> Vec<Effect> {
    match asked {
        search::Asked::Nothing => Vec::new(),
        search::Asked::Ask(_) => model.ask_search(),
        search::Asked::Open(id) => model.open(id),
        search::Asked::Leave => taking_back::back(model),
    }
}

/// Opens a page over what is on the screen, or leaves it where it is on top.
fn show_page(model: &mut Model, entry: &Entry) -> Vec<Effect> {
    if matches!(model.layers.last(), Some(Layer::Page(context, _)) if *context == entry.context) {
        return model.back();
    }
    let contexts = model.contexts();
    let id = model.opened.clone().filter(|_| model.journey.is_some());
    let below = Below { contexts, command: model.command(), title: model.title.clone(), id };
    model.layers.push(Layer::Page(entry.context, (entry.open)(below)));
    pages::after(model)
}

fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Quit => return taking_back::quit(model),
        Action::GoBack | Action::GoForward => return travel::go(model, action == Action::GoBack),
        Action::FindHere | Action::NextFound | Action::PreviousFound if travel::finds_lines(model) => {
            return travel::find(model, action);
        }
        Action::Suspend => return vec![Effect::Suspend],
        Action::Back if !matches!(model.layers.last(), Some(Layer::Palette(_))) => return taking_back::back(model),
        Action::Leave if matches!(model.layers.last(), Some(Layer::Identity)) => return model.back(),
        Action::Reload => return model.reload(),
        Action::Redact => return redaction::ask(model),
        Action::NextRules if matches!(model.layers.last(), Some(Layer::Journey | Layer::Identity)) => {
            return ruling::next(model);
        }
        Action::Zone => {
            palette::next_zone(model);
            return Vec::new();
        }
        Action::Mouse => return mouse::toggle(model),
        Action::Pin => return pins::pin(model),
        Action::CopyCommand => return model.copy_command(),
        Action::PageRow | Action::PageJourney | Action::Edit => return show::ask(model, action),
        Action::Palette if !matches!(model.layers.last(), Some(Layer::Palette(_))) => return palette::open(model),
        Action::Earlier | Action::Later => return model.scrub(action == Action::Later),
        Action::Diff => {
            model.ask_whom();
            return Vec::new();
        }
        Action::AsOf => {
            model.ask_when();
            return Vec::new();
        }
        Action::Save if !matches!(model.layers.last(), Some(Layer::Player)) => {
            return saving::open(model);
        }
        Action::Search => {
            model.layers.push(Layer::Search);
            model.search.select_text();
            return model.resume_search();
        }
        _ => {}
    }
    if let Some(entry) = screen::page(action) {
        return show_page(model, entry);
    }
    if let Some(effects) = palette::update(model, action) {
        return effects;
    }
    let page = model.drawn.page;
    let panel = model.shows_panel();
    let is_over = model.layers.len() > 1;
    match model.layers.last_mut() {
        // Who came here from a page and typed nothing goes back to it.
        Some(Layer::Search) if action == Action::Clear && is_over && model.search.is_selected() => {
            taking_back::back(model)
        }
        Some(Layer::Search) | None => {
            let asked = model.search.update(action, page);
            search_asked(model, asked)
        }
        Some(Layer::Page(_, state)) => {
            state.update(action, page);
            Vec::new()
        }
        Some(Layer::Live) => listening::update(model, action, page),
        Some(Layer::Gallery) => {
            if model.demo.update(action, page) {
                model.layers.push(Layer::Player);
            }
            Vec::new()
        }
        Some(Layer::Player) => {
            let asked = model.demo.player.as_mut().map(|player| player.update(action, model.typed));
            playing::asked(model, asked)
        }
        Some(Layer::Prompt(_)) => model.reply(action),
        Some(Layer::Save(_)) => {
            saving::update(model, action);
            Vec::new()
        }
        Some(Layer::Compare) => compare::update(model, action, page),
        Some(Layer::Journey) if !panel => {
            match (&mut model.journey, action) {
                (Some(journey), Action::Identity | Action::Person) => {
                    let person = action == Action::Person;
                    let topic = if person { screen::identity::Topic::Person } else { screen::identity::Topic::Ids };
                    journey.identity.turn_to(topic);
                    model.layers.push(Layer::Identity);
                }
                (Some(journey), action) => journey.update(action, page),
                (None, _) => {}
            }
            Vec::new()
        }
        Some(Layer::Journey | Layer::Identity) => identity::update(model, action, page),
        Some(Layer::Palette(_)) => Vec::new(),
    }
}
