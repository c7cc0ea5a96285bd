//! A backend that knows a few journeys, for tests of screens.

use std::sync::Arc;

use super::{at, two_people};
use journey::identity::{Journey, Role};
use journey::inspect::able::Abilities;
use journey::inspect::filter::Filter;
use journey::inspect::query::Vocabulary;
use journey::inspect::terms::Terms;
use journey::inspect::{Census, Soon};
use journey::model::Id;
use journey::model::hit::{EventHit, Hit, HitKind, Match, ValueHit};
use journey::model::scan::CanHave;
use journey::model::stored::{ImportedFile, Overview};
use journey::output::{self, Kept, Output, Readers};
use journey::session::{Answer, Question};
use journey::tui::{Backend, Failure, FailureKind, Hits, Recent, Sight, StartPage};

/// Knows some journeys; fails on purpose where it is asked for `fail`.
#[expect(clippy::struct_excessive_bools, reason = "each is a thing that a test asks of it, alone")]
#[derive(Default)]
pub(in crate::screens) struct Stories {
    pub(in crate::screens) journeys: Vec<Journey>,
    pub(in crate::screens) empty: bool,
    pub(in crate::screens) changed: bool,
    /// Rows say what was paid.
    pub(in crate::screens) money: bool,
    /// What some rows say.
    pub(in crate::screens) said: Vec<(i64, String)>,
    pub(in crate::screens) more: bool,
    pub(in crate::screens) recent: Vec<Recent>,
    /// What is answered to each step of the count, the last one first.
    pub(in crate::screens) census: Vec<Census>,
    /// What every search by terms finds.
    pub(in crate::screens) by_terms: Hits,
    /// What every text stands in the names of.
    pub(in crate::screens) events: Vec<EventHit>,
    pub(in crate::screens) names: Vocabulary,
    pub(in crate::screens) pinned: Vec<Recent>,
    /// Who of those that were opened has a name and rows.
    pub(in crate::screens) known: Vec<Hit>,
    /// What every text is in the values of.
    pub(in crate::screens) values: Vec<ValueHit>,
    /// The zone that the data of everybody says.
    pub(in crate::screens) zone: Option<String>,
    /// The first rows of a journey that takes long.
    pub(in crate::screens) soon: Option<Journey>,
    /// Which rows the index of values leaves; all without it.
    pub(in crate::screens) left: Option<fn(i64) -> bool>,
    /// Where files are written; nowhere without it.
    pub(in crate::screens) folder: Option<std::path::PathBuf>,
    /// Properties are no longer wanted when they come.
    pub(in crate::screens) cancelled: bool,
    /// What can be answered, where it is a warehouse.
    pub(in crate::screens) abilities: Option<Abilities>,
}

impl Stories {
    pub(in crate::screens) fn of(journeys: Vec<Journey>) -> Self {
        Self { journeys, ..Self::default() }
    }
}

fn broken() -> Failure {
    Failure::new(FailureKind::Store, "july.db cannot be read")
        .cause(&"database disk image is malformed")
        .hint("journey import the raw files into a new store with --store new.db")
}

impl Backend for Stories {
    fn search(&mut self, text: &str) -> Result<Hits, Failure> {
        if text == "fail" {
            return Err(broken());
        }
        let mut list = Vec::new();
        for journey in &self.journeys {
            for member in &journey.ids {
                if member.id.as_str().contains(text) {
                    list.push(Hit {
                        id: member.id.clone(),
                        root: journey.root.clone(),
                        kind: if member.role == Role::Root { HitKind::Root } else { HitKind::Alias },
                        found: if member.id.as_str() == text { Match::Exact } else { Match::Prefix },
                        via: None,
                        matched: 0,
                        name: None,
                        person: None,
                        events: member.events,
                        first: member.first,
                        last: member.last,
                    });
                }
            }
        }
        if "sally".contains(text) {
            list.push(Hit {
                id: Id::new("$device:1a207e703c5133-091deaa76fc7ee8-19525630-13c680-1a207e703c5134"),
                root: None,
                kind: HitKind::Device,
                found: Match::Profile,
                via: Some(("$name".into(), "Sally Miller".into())),
                matched: 0,
                name: None,
                person: None,
                events: 1_902,
                first: Some(at("2019-06-01T00:00:00Z")),
                last: Some(at("2019-07-22T00:00:00Z")),
            });
        }
        Ok(Hits { list, more: self.more, ..Hits::default() })
    }

    fn overview(&mut self) -> Result<StartPage, Failure> {
        if self.empty {
            return Ok(StartPage::default());
        }
        let overview = Overview {
            events: 2_104_377,
            ids: 48_210,
            alias_calls: 612,
            profiles: 1_200,
            rejected: 3,
            without_id: 41,
            first: Some(at("2019-07-01T00:00:00Z")),
            last: Some(at("2019-07-22T00:00:00Z")),
            activity: (0..90).map(|part| (part * 7) % 23).collect(),
            files: vec![
                ImportedFile {
                    name: "exports/july-1.jsonl.gz".into(),
                    format: "export".into(),
                    timezone: "US/Pacific".into(),
                    rows: 2_000_000,
                    rejected: 3,
                    complete: true,
                    ..ImportedFile::default()
                },
                ImportedFile {
                    name: "july-2.jsonl.gz".into(),
                    format: "export".into(),
                    rows: 104_377,
                    incomplete: true,
                    ..ImportedFile::default()
                },
            ],
        };
        Ok(StartPage {
            overview,
            recent: self.recent.clone(),
            pinned: self.pinned.clone(),
            people: self.known.clone(),
            suggestions: vec![
                (Id::new("sally@gmail.com"), "signs up; the phone calls alias again and is refused".into()),
                (Id::new("tablet"), "a device that two people used".into()),
            ],
        })
    }

    fn journey(&mut self, id: &Id) -> Result<Option<Arc<Journey>>, Failure> {
        if id.as_str() == "fail" {
            return Err(broken());
        }
        let found = self
            .journeys
            .iter()
            .find(|journey| journey.query == *id || journey.ids.iter().any(|member| member.id == *id));
        Ok(found.cloned().map(|mut journey| {
            journey.query = id.clone();
            Arc::new(journey)
        }))
    }

    fn journey_soon(&mut self, _: &Id) -> Result<Option<Soon>, Failure> {
        Ok(self.soon.clone().map(Soon::First))
    }

    fn findings(&mut self, question: &Question, _: &mut dyn FnMut(u64, u64) -> bool) -> Result<Answer, Failure> {
        match question {
            Question::Abilities => Ok(Answer::Abilities(self.abilities.clone().map(Box::new))),
            _ => Err(Failure::new(FailureKind::Usage, "this source cannot check every user")),
        }
    }

    fn properties(&mut self, row: i64) -> Result<String, Failure> {
        if self.cancelled {
            return Err(Failure::cancelled());
        }
        if let Some((_, said)) = self.said.iter().find(|(of, _)| *of == row) {
            return Ok(said.clone());
        }
        if row == 4 {
            return Err(broken());
        }
        if self.money {
            return Ok(format!(r#"{{"row":{row},"total":{row}.5,"currency":"eur"}}"#));
        }
        Ok(format!(
            r#"{{"row":{row},"$current_url":"https://shop.example/pricing","plan":"pro","items":["SH-11","SK-2"]}}"#
        ))
    }

    fn changed(&mut self) -> Result<bool, Failure> {
        Ok(std::mem::take(&mut self.changed))
    }

    fn look(&mut self, id: &Id) -> Result<Sight, Failure> {
        Ok(Sight { activity: (0..48).map(|part| part * 5 % 13).collect(), journey: self.journey(id)? })
    }

    fn census(&mut self) -> Result<Census, Failure> {
        Ok(self.census.pop().unwrap_or(Census { done: true, ..Census::default() }))
    }

    fn open(&mut self, path: &str) -> Result<String, Failure> {
        if path == "other.db" {
            self.journeys = vec![two_people()];
            return Ok("other.db".into());
        }
        Err(Failure::new(FailureKind::Store, format!("there is no store at {path}"))
            .hint("journey import FILE makes one"))
    }

    fn remember(&mut self, recent: &Recent) {
        self.recent.insert(0, recent.clone());
    }

    fn title(&self) -> String {
        "built-in demo store".into()
    }

    fn begin(&mut self, path: &str, replace: bool) -> Result<Option<Output>, Failure> {
        let folder = self.folder.as_ref().ok_or_else(broken)?;
        match Output::begin(&folder.join(path), replace, &Kept::default(), Readers::Owner) {
            Ok(output) => Ok(Some(output)),
            Err(output::Error::Exists { .. }) => Ok(None),
            Err(error) => Err(Failure::new(FailureKind::Usage, error.to_string())),
        }
    }

    fn can_have(&mut self, _: &Filter) -> Result<CanHave, Failure> {
        let left = self.left.unwrap_or(|_| true);
        Ok(Box::new(left))
    }

    fn events_with(&mut self, _: &str) -> Result<Vec<EventHit>, Failure> {
        Ok(self.events.clone())
    }

    fn values_with(&mut self, _: &str) -> Result<Vec<ValueHit>, Failure> {
        Ok(self.values.clone())
    }

    fn search_terms(&mut self, _: &Terms, _: &mut dyn FnMut(Hits)) -> Result<Hits, Failure> {
        Ok(self.by_terms.clone())
    }

    fn pin(&mut self, who: &Recent) -> Result<bool, Failure> {
        let before = self.pinned.len();
        self.pinned.retain(|other| other.id != who.id);
        let is_pinned = self.pinned.len() == before;
        if is_pinned {
            self.pinned.insert(0, who.clone());
        }
        Ok(is_pinned)
    }

    fn device_zone(&mut self, _: &Id) -> Result<Option<String>, Failure> {
        Ok(self.zone.clone())
    }

    fn vocabulary(&mut self) -> Result<Vocabulary, Failure> {
        Ok(self.names.clone())
    }

    fn near(&mut self, text: &str) -> Vec<Id> {
        let near = |journey: &Journey| strsim_alike(journey.query.as_str(), text).then(|| journey.query.clone());
        self.journeys.iter().filter_map(near).collect()
    }
}

fn strsim_alike(a: &str, b: &str) -> bool {
    a.chars().next() == b.chars().next()
}
