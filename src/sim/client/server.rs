//! Libraries for servers: no state, every call names its ids.

use super::{Moment, Outcome, event, extend, map, people_value, profile, seconds};
use crate::sim::family;
use crate::sim::scenario::Action;
use serde_json::{Map, Value};

#[derive(Clone, Copy, Debug)]
pub(in crate::sim) struct Server(pub(super) family::Server);

impl Server {
    pub(super) fn call(self, action: &Action, moment: &mut Moment<'_>) -> Outcome {
        let item = match action {
            Action::Track { event: name, properties, id } => {
                event(name, self.track(id.clone().unwrap_or_default(), properties, moment))
            }
            Action::Alias { alias, id } => {
                let mut asked = map([("distinct_id", id.clone().unwrap_or_default()), ("alias", alias.clone())]);
                // Only Node's alias is an ordinary event; the others send the two ids alone.
                if self.0 == family::Server::Node {
                    extend(&mut asked, &self.about(moment));
                }
                event("$create_alias", asked)
            }
            Action::People { op, properties, id } => {
                let mut payload = map([("$distinct_id", id.clone().unwrap_or_default())]);
                if self.0 != family::Server::Node {
                    payload.insert("$time".to_owned(), seconds(moment.now));
                }
                payload.insert(format!("${op}"), people_value(op, properties));
                profile(payload)
            }
            _ => return Outcome::default(),
        };
        Outcome { items: vec![item], ..Outcome::default() }
    }

    fn about(self, moment: &Moment<'_>) -> Map<String, Value> {
        let library = match self.0 {
            family::Server::Python | family::Server::Python4 => "python",
            family::Server::Node => "node",
            family::Server::Ruby => "ruby",
        };
        map([("mp_lib", Value::from(library)), ("$lib_version", Value::from(moment.device.sdk.version))])
    }

    fn track(self, id: Value, properties: &Map<String, Value>, moment: &mut Moment<'_>) -> Map<String, Value> {
        let mut sent = map([("distinct_id", id)]);
        if self.0 == family::Server::Node {
            extend(&mut sent, properties);
            extend(&mut sent, &self.about(moment));
            return sent;
        }
        let time = if self.0 == family::Server::Python { seconds(moment.now) } else { Value::from(moment.now / 1000) };
        sent.insert("time".to_owned(), time);
        if self.0 == family::Server::Python {
            sent.insert("$insert_id".to_owned(), moment.chance.python_insert_id());
        }
        extend(&mut sent, &self.about(moment));
        extend(&mut sent, properties);
        sent
    }
}
