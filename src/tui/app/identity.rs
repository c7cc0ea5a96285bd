//! What the keys of the identity screen do to the model: other pages and the way back, moments
//! of arrival, questions to the user.

use crate::model::Id;
use crate::model::facts::Arrival;
use crate::model::written::Written;
use crate::tui::keys::Action;
use crate::tui::screen::identity::{Goal, Topic};
use crate::tui::screen::prompt::{self, About};
use crate::tui::screen::{compare, journey};
use crate::tui::worker::{Load, Request, Then};

use super::{Effect, Layer, Model, travel};

/// Pages behind this one; more than a user goes back.
const MOST_VISITS: usize = 100;

/// A page that another one was opened from.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    /// The user, if one was open below the page.
    id: Option<Id>,
    journey: Option<journey::State>,
    layers: Vec<Layer>,
    /// Whether the store has changed since.
    pub(super) stale: bool,
}

impl Visit {
    /// What is on the screen.
    pub(super) fn of(id: Option<Id>, journey: Option<journey::State>, layers: Vec<Layer>) -> Self {
        Self { id, journey, layers, stale: false }
    }
}

/// Other pages than the one on the screen.
#[derive(Clone, Debug, Default)]
pub(super) struct Pages {
    /// Those that this one was opened from, the last one last.
    pub(super) trail: Vec<Visit>,
    /// Those that the way back was taken from, the last one last.
    pub(super) ahead: Vec<Visit>,
    /// Two users side by side: which two, and whether the screen is open.
    pub(super) compare: Option<compare::State>,
    pub(super) pair: Option<[Id; 2]>,
    pub(super) comparing: Load<()>,
    /// The row to select once its journey is there.
    pub(super) row_wanted: Option<i64>,
    /// The store has changed while something lay over the journey.
    pub(super) outdated: bool,
}

impl Pages {
    /// A journey is opened anew: no way leads back, and nothing is waited for.
    pub(super) fn leave(&mut self) {
        self.trail.clear();
        self.ahead.clear();
        self.comparing.forget();
        self.row_wanted = None;
    }

    /// The store has changed.
    pub(super) fn outdate(&mut self) {
        for visit in self.trail.iter_mut().chain(&mut self.ahead) {
            visit.stale = true;
        }
        self.outdated = true;
    }
}

impl Model {
    /// Opens the page of another id, with the way back to this one.
    pub(super) fn visit(&mut self, id: Id) -> Vec<Effect> {
        if self.opened.as_ref() == Some(&id) {
            self.notice = Some("it is the one on the screen".to_owned());
            return Vec::new();
        }
        let mut trail = std::mem::take(&mut self.pages.trail);
        trail.extend(self.page_here());
        if trail.len() > MOST_VISITS {
            trail.remove(0);
        }
        let effects = self.open(id);
        self.pages.trail = trail;
        effects
    }

    /// The page on the screen, to come back to.
    fn page_here(&self) -> Option<Visit> {
        let (id, journey) = (self.opened.clone()?, self.journey.clone()?);
        Some(Visit::of(Some(id), Some(journey), self.layers.clone()))
    }

    /// Goes back to the page that this one was opened from, as it was left.
    pub(super) fn revisit(&mut self) -> Option<Vec<Effect>> {
        let visit = self.pages.trail.pop()?;
        self.pages.ahead.extend(self.page_here());
        Some(self.show_page_of(visit))
    }

    /// Goes to the page that the way back was taken from, as it was left.
    pub(super) fn revisit_ahead(&mut self) -> Option<Vec<Effect>> {
        let visit = self.pages.ahead.pop()?;
        self.pages.trail.extend(self.page_here());
        Some(self.show_page_of(visit))
    }

    fn show_page_of(&mut self, visit: Visit) -> Vec<Effect> {
        let Visit { id, journey, layers, stale } = visit;
        self.opening.forget();
        self.failed = None;
        self.properties_asked = None;
        self.cells_asked = None;
        self.opened = id;
        self.journey = journey;
        self.layers = layers;
        if let Some(state) = &mut self.journey
            && state.zone() != self.look.zone
        {
            state.change_zone(self.look.zone);
        }
        if stale { self.reload() } else { Vec::new() }
    }

    /// What is to be asked for the journey of `id`: as it is, or as it stood.
    pub(super) fn question(&self, id: Id) -> Request {
        let scrub = self.journey.as_ref().map(journey::State::scrub);
        match scrub.and_then(|scrub| Some((scrub.moment()?, scrub.root().cloned()))) {
            Some((moment, root)) => Request::AsOf(Then { id, root, moment }, self.look.zone),
            None => Request::Journey(id, self.look.zone),
        }
    }

    /// Asks for the moment that the journey now stands at.
    fn ask_moment(&mut self) -> Vec<Effect> {
        let Some(id) = self.opened.clone() else { return Vec::new() };
        let ticket = self.ticket();
        self.opening.ask(ticket);
        self.search.forget();
        self.properties_asked = None;
        self.cells_asked = None;
        vec![Effect::Ask(ticket, self.question(id))]
    }

    /// Shows the state of now.
    pub(super) fn show_now(&mut self) -> Vec<Effect> {
        if let Some(journey) = &mut self.journey {
            journey.scrub_to(None);
        }
        self.ask_moment()
    }

    /// Goes one change of the lookup table back or on.
    pub(super) fn scrub(&mut self, later: bool) -> Vec<Effect> {
        let Some(journey) = &mut self.journey else { return Vec::new() };
        if journey.scrub_step(later) {
            return self.ask_moment();
        }
        let end = if later { "this is now" } else { "nothing of this user had arrived earlier" };
        self.notice = Some(end.to_owned());
        Vec::new()
    }

    /// Asks the user for a moment.
    pub(super) fn ask_when(&mut self) {
        let Some(journey) = &self.journey else { return };
        let zone = self.look.zone;
        let shown = journey.scrub().moment().map(|moment| moment.at);
        let at = shown.or_else(|| Some(journey.row()?.time));
        let text = at.and_then(|at| Some(zone.wall(at)?.format("%Y-%m-%d %H:%M:%S%.3f").to_string()));
        self.layers.push(Layer::Prompt(prompt::State::new(About::Moment, &text.unwrap_or_default(), Vec::new())));
    }

    /// Does what a key asks of a question to the user.
    pub(super) fn reply(&mut self, action: Action) -> Vec<Effect> {
        let zone = self.look.zone;
        let Some(Layer::Prompt(prompt)) = self.layers.last_mut() else { return Vec::new() };
        if action != Action::Open {
            prompt.update(action);
            return Vec::new();
        }
        let text = prompt.text().trim().to_owned();
        match prompt.about() {
            About::Text => {
                self.layers.pop();
                self.sought = text;
                if !self.sought.is_empty() {
                    travel::find_on(self, true);
                }
                Vec::new()
            }
            About::Mark => {
                self.layers.pop();
                if let Some(live) = self.live.as_mut().filter(|_| !text.is_empty()) {
                    live.mark(&text);
                }
                Vec::new()
            }
            About::Leaving(_) => {
                prompt.refuse("y drops them, s saves them first, Esc stays here".to_owned());
                Vec::new()
            }
            About::Moment => {
                let now = text.is_empty() || text.eq_ignore_ascii_case("now");
                let at = Written::parse(&text).and_then(|written| written.end(|wall| zone.moment(wall)));
                if !now && at.is_none() {
                    prompt.refuse(format!(
                        "{text:?} is no time: write 2019-07-10, 2019-07-10 19:13 or 2019-07-10T19:13:04Z"
                    ));
                    return Vec::new();
                }
                self.layers.pop();
                let Some(journey) = &mut self.journey else { return Vec::new() };
                journey.scrub_to(at.map(Arrival::end_of));
                self.ask_moment()
            }
            About::Other => {
                if text.is_empty() {
                    prompt.refuse("an id of the other user, or a text that finds them, is needed".to_owned());
                    return Vec::new();
                }
                self.layers.pop();
                self.ask_compared(Id::new(&text))
            }
        }
    }
}

/// Does what a key asks of the identity screen.
pub(super) fn update(model: &mut Model, action: Action, page: usize) -> Vec<Effect> {
    let Some(journey) = &mut model.journey else { return Vec::new() };
    let topic = match action {
        Action::Identity => Some(Topic::Ids),
        Action::Person => Some(Topic::Person),
        _ => None,
    };
    if let Some(topic) = topic {
        // The key of what is shown leaves it.
        if journey.identity.topic() == topic {
            return model.back();
        }
        journey.identity.turn_to(topic);
        return Vec::new();
    }
    if action != Action::Open {
        journey.identity.update(action, page);
        return Vec::new();
    }
    let goal = journey.identity.goal(journey.journey(), journey.timeline());
    let reached = match goal {
        Some(Goal::Row(row)) => journey.select_row(row),
        Some(Goal::Call(call)) => journey.select_call(call),
        Some(Goal::Place(source, other)) => match (journey.select_place(&source), other) {
            (false, Some(other)) => return model.visit(other),
            (reached, _) => reached,
        },
        Some(Goal::User(id)) => return model.visit(id),
        None => return Vec::new(),
    };
    if reached && matches!(model.layers.last(), Some(Layer::Identity)) {
        model.layers.pop();
    } else if !reached {
        model.notice = Some("it has no row on this timeline".to_owned());
    }
    Vec::new()
}
