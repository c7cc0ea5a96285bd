//! The model, and how messages change it.
//!
//! Screens lie on each other like sheets ([`Layer`]): a key goes to the top one, `Esc` takes
//! it away. Answers carry the ticket of their question; one that nobody waits for any more
//! changes nothing.

mod draw;
pub mod mouse;
mod palette;
mod timeline;

pub use self::draw::view;

use std::ops::Range;

use std::collections::BTreeSet;

use crossterm::event::{Event, KeyEvent, MouseEventKind};

use crate::model::Id;

use super::Options;
use super::keys::{Action, AssetError, Context, Key, Keymap, Resolved};
use super::screen::journey::identity::Goal;
use super::screen::journey::sift::Sifting;
use super::screen::search::{Asked, Load};
use super::screen::{help, journey, palette as palette_screen, search};
use super::theme::{Look, Theme};
use super::when::Zone;
use super::worker::{Answer, Failure, Question, Ticket};

/// Everything that can happen.
#[derive(Debug)]
pub enum Msg {
    /// The terminal sent something.
    Terminal(Event),
    /// The store is open; this is what to call it.
    Opened(String),
    /// It cannot be opened.
    NotOpened(Failure),
    /// The worker answers.
    Answer(Ticket, Answer),
    /// An answer has been waited for long enough to say so.
    Waited,
    /// Some time has passed without anything.
    Idle,
    /// A frame was drawn: what of it the update needs.
    Drawn(Drawn),
    /// Another program asks this one to end.
    Terminate,
    /// Another program asks this one to stop for a while.
    Suspend,
    /// The program was stopped and goes on.
    Continued,
    /// A thread has panicked, or the terminal is gone.
    Died(Failure),
}

/// Something to be done outside of the model.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask the worker.
    Ask(Ticket, Question),
    /// End.
    Quit,
    /// End, and say why.
    Fail(Failure),
    /// Give the terminal back until the shell continues the program.
    Suspend,
    /// Let the terminal send what the mouse does, or keep it for itself.
    Mouse(bool),
}

/// A screen on the stack.
#[derive(Clone, Debug)]
pub enum Layer {
    /// The search.
    Search,
    /// The timeline.
    Journey,
    /// The identity panel.
    Identity,
    /// The help.
    Help(help::State),
    /// The command palette, over the screen below it.
    Palette(palette_screen::State),
}

/// Facts of the drawing: where lists are scrolled to, how many lines there are.
#[derive(Clone, Debug, Default)]
pub struct Ui {
    pub(super) page: usize,
    pub(super) properties: bool,
    pub(super) search_top: usize,
    pub(super) hits: Range<usize>,
    pub(super) journey_top: usize,
    pub(super) identity_top: usize,
    pub(super) palette_top: usize,
    pub(super) help_end: usize,
    pub(super) spots: Vec<mouse::Target>,
    /// Lines of lists that were put together for the last frame.
    pub built: usize,
}

/// What the update needs to know of a frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// Lines of the list on the screen.
    pub page: usize,
    /// Whether there is room for the properties of the selected row.
    pub properties: bool,
    /// The hits on the screen.
    pub hits: Range<usize>,
    /// The furthest that the help can be scrolled.
    pub help_end: usize,
    /// What lies where, the topmost last.
    pub spots: Vec<mouse::Target>,
}

impl Ui {
    /// What the update needs.
    pub fn drawn(&self) -> Drawn {
        Drawn {
            page: self.page,
            properties: self.properties,
            hits: self.hits.clone(),
            help_end: self.help_end,
            spots: self.spots.clone(),
        }
    }
}

/// The state of the interface.
#[derive(Clone, Debug)]
pub struct Model {
    layers: Vec<Layer>,
    /// The search screen.
    pub search: search::State,
    journey: Option<journey::State>,
    opening: Load<()>,
    /// The id that is being opened, or whose journey is shown.
    opened: Option<Id>,
    failed: Option<Failure>,
    properties_asked: Option<(Ticket, i64)>,
    /// The filter that the worker goes through the rows with.
    sifting: Option<(Ticket, Sifting)>,
    /// Rows that were marked.
    marks: BTreeSet<i64>,
    title: Option<String>,
    look: Look,
    keymap: Keymap,
    pending: Vec<Key>,
    zones: Vec<Zone>,
    tickets: Ticket,
    waited: bool,
    looking: bool,
    notice: Option<String>,
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
            opening: Load::default(),
            opened: None,
            failed: None,
            properties_asked: None,
            sifting: None,
            marks: BTreeSet::new(),
            title: None,
            look: Look::new(theme, options.ascii, options.zone),
            keymap: options.keymap.clone().map_or_else(Keymap::built_in, Ok)?,
            pending: Vec::new(),
            zones,
            tickets: 0,
            waited: false,
            looking: false,
            notice: None,
            drawn: Drawn::default(),
            mouse: mouse::State::new(options.mouse),
            dirty: true,
        };
        let effects = match &options.id {
            Some(id) => model.open(id.clone()),
            None => model.ask_search(),
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
        !self.waited && self.is_asked()
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
        self.title.is_none() || self.search.is_asked() || self.opening.is_asked()
    }

    fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        self.tickets
    }

    /// Where a key goes.
    fn contexts(&self) -> Vec<Context> {
        match self.layers.last() {
            Some(Layer::Search) | None if self.search.is_empty() => {
                vec![Context::Overview, Context::Search, Context::Everywhere]
            }
            Some(Layer::Search) | None => vec![Context::Search, Context::Everywhere],
            Some(Layer::Journey) if self.types() => {
                let chooses = self.journey.as_ref().is_some_and(|journey| journey.menu().is_some());
                vec![if chooses { Context::Menu } else { Context::Line }, Context::Everywhere]
            }
            Some(Layer::Journey) if self.shows_panel() => vec![Context::Identity, Context::Everywhere],
            Some(Layer::Journey) => vec![Context::Journey, Context::Everywhere],
            Some(Layer::Identity) => vec![Context::Identity, Context::Everywhere],
            Some(Layer::Help(_)) => vec![Context::Help, Context::Everywhere],
            Some(Layer::Palette(_)) => vec![Context::Palette, Context::Search, Context::Everywhere],
        }
    }

    /// Whether the timeline is empty, so that its place is taken by the identity panel.
    fn shows_panel(&self) -> bool {
        self.journey.as_ref().is_some_and(|journey| journey.is_empty())
    }

    fn ask_search(&mut self) -> Vec<Effect> {
        let ticket = self.ticket();
        self.search.ask(ticket);
        vec![Effect::Ask(ticket, self.search.question())]
    }

    /// Opens the journey of an id, or asks for it again.
    fn open(&mut self, id: Id) -> Vec<Effect> {
        let ticket = self.ticket();
        self.opening.ask(ticket);
        // The worker gives up what else it was asked.
        self.search.forget();
        self.properties_asked = None;
        self.sifting = None;
        self.failed = None;
        self.waited = false;
        if self.opened.as_ref() != Some(&id) {
            if let Some(journey) = self.journey.take() {
                self.marks.clone_from(journey.marks());
            }
        }
        self.opened = Some(id.clone());
        self.layers = vec![Layer::Search, Layer::Journey];
        vec![Effect::Ask(ticket, Question::Journey(id, self.look.zone))]
    }

    /// The same question once more, everything on the screen as it is.
    fn reload(&mut self) -> Vec<Effect> {
        let on_journey = self.layers.iter().any(|layer| matches!(layer, Layer::Journey));
        match self.opened.clone() {
            Some(id) if on_journey => {
                let ticket = self.ticket();
                self.opening.ask(ticket);
                self.search.forget();
                self.properties_asked = None;
                self.sifting = None;
                vec![Effect::Ask(ticket, Question::Journey(id, self.look.zone))]
            }
            _ => self.ask_search(),
        }
    }

    /// Takes the top screen away; the end when it was the last.
    fn back(&mut self) -> Vec<Effect> {
        if self.layers.len() <= 1 {
            return vec![Effect::Quit];
        }
        if let Some(Layer::Journey) = self.layers.pop() {
            self.opening.forget();
        }
        self.resume_search()
    }

    /// Asks what was given up when a journey was opened.
    fn resume_search(&mut self) -> Vec<Effect> {
        let on_search = matches!(self.layers.last(), Some(Layer::Search));
        if on_search && !self.search.is_asked() && self.search.is_stale() { self.ask_search() } else { Vec::new() }
    }
}

/// Changes the model by one message; what is to be done now.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Drawn(drawn) => return after_drawing(model, drawn),
        Msg::Idle => return idle(model),
        Msg::Answer(_, Answer::Changed(false)) => {
            model.looking = false;
            return Vec::new();
        }
        Msg::Answer(_, Answer::Remembered) => return Vec::new(),
        // Most terminals tell every cell that the mouse passes.
        Msg::Terminal(Event::Mouse(event)) if event.kind == MouseEventKind::Moved => return Vec::new(),
        _ => {}
    }
    model.dirty = true;
    match msg {
        Msg::Terminal(event) => {
            let mut effects = terminal(model, event);
            effects.extend(timeline::after(model));
            effects
        }
        Msg::Opened(title) => {
            model.title = Some(title);
            Vec::new()
        }
        Msg::NotOpened(failure) | Msg::Died(failure) => vec![Effect::Fail(failure)],
        Msg::Answer(ticket, answer) => {
            let mut effects = answered(model, ticket, answer);
            effects.extend(model.sift());
            if !model.is_asked() {
                model.waited = false;
            }
            effects
        }
        Msg::Waited => {
            model.waited = model.is_asked();
            Vec::new()
        }
        Msg::Terminate => vec![Effect::Quit],
        Msg::Suspend => vec![Effect::Suspend],
        Msg::Continued | Msg::Drawn(_) | Msg::Idle => Vec::new(),
    }
}

/// Properties are asked for when they are seen.
fn after_drawing(model: &mut Model, drawn: Drawn) -> Vec<Effect> {
    model.drawn = drawn;
    if let Some(Layer::Help(help)) = model.layers.last_mut() {
        help.clamp(model.drawn.help_end);
    }
    if let Some(Layer::Search) = model.layers.last() {
        return palette::look_around(model);
    }
    let lacking = model.journey.as_ref().filter(|_| model.drawn.properties).and_then(journey::State::lacks_properties);
    let Some(row) = lacking else { return Vec::new() };
    if !matches!(model.layers.last(), Some(Layer::Journey)) || model.properties_asked.is_some_and(|(_, of)| of == row) {
        return Vec::new();
    }
    let ticket = model.ticket();
    model.properties_asked = Some((ticket, row));
    vec![Effect::Ask(ticket, Question::Properties(row))]
}

/// Looks whether the store has changed, one look at a time and never beside other questions.
fn idle(model: &mut Model) -> Vec<Effect> {
    if model.looking || model.is_asked() {
        return Vec::new();
    }
    model.looking = true;
    let ticket = model.ticket();
    vec![Effect::Ask(ticket, Question::Changed)]
}

fn answered(model: &mut Model, ticket: Ticket, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::Overview(answer) => {
            model.search.take_overview(ticket, answer.map(|overview| *overview));
            Vec::new()
        }
        Answer::Search(answer) => match model.search.take_found(ticket, answer) {
            Some(id) => model.open(id),
            None => Vec::new(),
        },
        Answer::Journey(answer) => timeline::opened(model, ticket, answer),
        Answer::Properties(row, answer) => {
            if model.properties_asked == Some((ticket, row)) {
                model.properties_asked = None;
                if let Some(journey) = &mut model.journey {
                    journey.take_properties(row, answer);
                }
            }
            Vec::new()
        }
        Answer::Sifted(sifted) => {
            timeline::sifted(model, ticket, &sifted);
            Vec::new()
        }
        Answer::Look(id, answer) => {
            model.search.take_look(ticket, id, answer.map(|glance| *glance));
            Vec::new()
        }
        Answer::Census(answer) => {
            model.search.take_census(ticket, answer.map(|census| *census));
            Vec::new()
        }
        Answer::Remembered => Vec::new(),
        Answer::Store(answer) => palette::opened(model, ticket, answer),
        Answer::Changed(_) => {
            model.looking = false;
            model.notice = Some("the store has changed".to_owned());
            model.search.outdate();
            model.reload()
        }
    }
}

fn terminal(model: &mut Model, event: Event) -> Vec<Effect> {
    match event {
        Event::Key(event) => key(model, event),
        Event::Paste(text) => match model.layers.last() {
            Some(Layer::Search) | None => {
                let asked = model.search.paste(&text);
                search_asked(model, asked)
            }
            _ => {
                let _ = timeline::typed(model, &text) || palette::typed(model, &text);
                Vec::new()
            }
        },
        Event::Mouse(event) => mouse::update(model, event),
        _ => Vec::new(),
    }
}

fn key(model: &mut Model, event: KeyEvent) -> Vec<Effect> {
    let Some(key) = Key::of(&event) else { return Vec::new() };
    model.notice = None;
    model.mouse.interrupt();
    let contexts = model.contexts();
    let typing = Context::takes_text(&contexts);
    if let Some(c) = key.typed().filter(|_| typing) {
        // Only what is bound for an empty field goes before the typing.
        return match model.keymap.resolve(&contexts[..contexts.len().min(1)], &[key]) {
            Resolved::Action(action) if contexts.first() == Some(&Context::Overview) => act(model, action),
            _ if timeline::typed(model, c.encode_utf8(&mut [0; 4])) => Vec::new(),
            _ if palette::typed(model, c.encode_utf8(&mut [0; 4])) => Vec::new(),
            _ => {
                let asked = model.search.type_char(c);
                search_asked(model, asked)
            }
        };
    }
    model.pending.push(key);
    let mut resolved = model.keymap.resolve(&contexts, &model.pending);
    if resolved == Resolved::Nothing && model.pending.len() > 1 {
        // A sequence that leads nowhere is dropped, its last key begins anew.
        model.pending = vec![key];
        resolved = model.keymap.resolve(&contexts, &model.pending);
    }
    match resolved {
        Resolved::Pending => Vec::new(),
        Resolved::Action(action) => {
            model.pending.clear();
            act(model, action)
        }
        Resolved::Nothing => {
            model.pending.clear();
            Vec::new()
        }
    }
}

fn search_asked(model: &mut Model, asked: Asked) -> Vec<Effect> {
    match asked {
        Asked::Nothing => Vec::new(),
        Asked::Ask(_) => model.ask_search(),
        Asked::Open(id) => model.open(id),
        Asked::Leave => model.back(),
    }
}

fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Quit => return vec![Effect::Quit],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Back if !matches!(model.layers.last(), Some(Layer::Palette(_))) => return model.back(),
        Action::Reload => return model.reload(),
        Action::Zone => {
            palette::next_zone(model);
            return Vec::new();
        }
        Action::Mouse => return mouse::toggle(model),
        Action::Palette if !matches!(model.layers.last(), Some(Layer::Palette(_))) => return palette::open(model),
        Action::Help => {
            let on_help = matches!(model.layers.last(), Some(Layer::Help(_)));
            if on_help {
                return model.back();
            }
            let contexts = model.contexts();
            model.layers.push(Layer::Help(help::State::new(contexts)));
            return Vec::new();
        }
        Action::Search => {
            model.layers.push(Layer::Search);
            return model.resume_search();
        }
        _ => {}
    }
    if let Some(effects) = palette::update(model, action) {
        return effects;
    }
    let page = model.drawn.page;
    let panel = model.shows_panel();
    match model.layers.last_mut() {
        Some(Layer::Search) | None => {
            let asked = model.search.update(action, page);
            search_asked(model, asked)
        }
        Some(Layer::Help(help)) => {
            help.update(action, page);
            Vec::new()
        }
        Some(Layer::Journey) if !panel => {
            match (&mut model.journey, action) {
                (Some(_), Action::Identity) => model.layers.push(Layer::Identity),
                (Some(journey), action) => journey.update(action, page),
                (None, _) => {}
            }
            Vec::new()
        }
        Some(Layer::Journey | Layer::Identity) => identity(model, action, page),
        Some(Layer::Palette(_)) => Vec::new(),
    }
}

fn identity(model: &mut Model, action: Action, page: usize) -> Vec<Effect> {
    let Some(journey) = &mut model.journey else { return Vec::new() };
    if action != Action::Open {
        journey.identity.update(action, page);
        return Vec::new();
    }
    let reached = match journey.identity.goal(journey.journey()) {
        Some(Goal::Row(row)) => journey.select_row(row),
        Some(Goal::Call(call)) => journey.select_call(call),
        Some(Goal::Orphan(orphan)) => journey.select_orphan(orphan),
        Some(Goal::User(id)) => return model.open(id),
        None => return Vec::new(),
    };
    if reached && matches!(model.layers.last(), Some(Layer::Identity)) {
        model.layers.pop();
    } else if !reached {
        model.notice = Some("it has no row on this timeline".to_owned());
    }
    Vec::new()
}
