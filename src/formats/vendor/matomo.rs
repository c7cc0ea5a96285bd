//! Matomo: requests of its tracking API, and visits of its reporting API.
//!
//! A request has the id of a visitor (`cid`, else `_id`: 16 hexadecimal digits) and the id of a known user
//! (`uid`), and says in its parameters what happened: an event, a search, a goal, an order, a download,
//! an outlink, or the view of a page. Several requests can come in one (`requests`). A visit has the
//! same ids and a list of actions, each of which becomes a row. No call ties two ids but that both are
//! in one row.
//!
//! Sources: <https://developer.matomo.org/api-reference/tracking-api>,
//! <https://developer.matomo.org/api-reference/reporting-api> (`Live.getLastVisitsDetails`), and requests that
//! `matomo-tracker` 2.2 sent.

use std::borrow::Cow;

use super::super::grid::Row;
use super::super::object::{Fielded, Object, complaint, each, fields, given, members};
use super::row::{Text, id, text, time};
use super::{Call, Flat, Marks, Vendor, address};
use crate::model::{Verb, json};

/// Matomo.
pub(super) struct Matomo;

fields! {
    /// A request, or an action with its visit next to it.
    Fields {
        site: "idsite",
        user: "uid",
        visitor: "cid",
        visitor_of_page: "_id",
        url: "url",
        title: "action_name",
        event: "e_a",
        search: "search",
        goal: "idgoal",
        order: "ec_id",
        download: "download",
        link: "link",
        ping: "ping",
        at: "cdt",
        visit_user: "userId",
        visit_visitor: "visitorId",
        kind: "type",
        visit_event: "eventAction",
        visit_goal: "goalName",
        action_time: "timestamp",
        visit_time: "lastActionTimestamp",
        system: "operatingSystemName",
        browser: "browserName",
        model: "deviceModel",
    }
}

impl Vendor for Matomo {
    fn name(&self) -> &'static str {
        "Matomo"
    }

    fn rows(&self) -> &'static str {
        "Matomo visits"
    }

    fn recognises(&self, m: &Marks<'_>) -> bool {
        m.actions.is_some()
            || m.site.is_some() && m.visitor.is_some()
            || m.site_of_request.is_some() && m.is_recorded.is_some()
            || m.requests.is_some_and(|list| list.starts_with('[') && list.contains("idsite="))
    }

    fn paths(&self) -> &'static [&'static str] {
        &["/matomo.php", "/piwik.php"]
    }

    fn fields(&self) -> &'static [&'static str] {
        Fields::KEYS
    }

    fn texts(&self) -> &'static [&'static str] {
        &["uid", "cid", "_id", "userId", "visitorId", "ec_id"]
    }

    fn carried<'r>(&self, record: &Object<'r>) -> Option<Vec<Row<'r>>> {
        let (mut of_visit, mut actions, mut requests) = (Vec::new(), None, None);
        record
            .each(|key, value| match key {
                "actionDetails" => actions = Some(value),
                "requests" => requests = Some(value),
                _ => of_visit.push((key.to_owned(), value)),
            })
            .ok()?;
        if let Some(requests) = requests {
            let requests = members(requests).ok()?;
            return Some(requests.into_iter().map(|request| (request, of_address(request))).collect());
        }
        let actions = members(actions?).ok()?;
        let mut rows = Vec::new();
        for action in actions {
            let mut own: Vec<(String, &str)> = Vec::new();
            let _ = each(action, |key, value| own.push((key.to_owned(), value)));
            let outer = of_visit.iter().filter(|(key, _)| own.iter().all(|(known, _)| known != key));
            let fields: Vec<String> = outer
                .chain(&own)
                .map(|(key, value)| format!("{}:{value}", serde_json::Value::from(key.as_str())))
                .collect();
            rows.push((action, Cow::Owned(format!("{{{}}}", fields.join(",")))));
        }
        Some(rows)
    }

    fn decode<'f>(&self, flat: &'f Flat<'f>) -> Result<Call<'f>, String> {
        let f = Fields::of(flat).map_err(|error| complaint(&error))?;
        let (event, verb) = what(&f);
        Ok(Call {
            event,
            verb,
            time: time(&[f.at, f.action_time, f.visit_time]),
            user: [f.user, f.visit_user].into_iter().find_map(|user| id(user).filter(|_| text(user).is_some())),
            device: [f.visitor, f.visitor_of_page, f.visit_visitor]
                .into_iter()
                .find_map(|visitor| id(visitor).filter(|_| text(visitor).is_some())),
            library: Some(Cow::Borrowed("web")),
            parts: [f.system, f.browser, f.model].map(|part| text(part).unwrap_or_default()),
            ..Call::default()
        })
    }
}

/// What happened, by its name, and which call it is.
fn what<'f>(f: &Fields<'f>) -> (Text<'f>, Verb<Text<'f>>) {
    if let Some(name) = text(f.event).or_else(|| text(f.visit_event)) {
        return (name, Verb::Track);
    }
    let word = |word: &'static str| (Cow::Borrowed(word), Verb::Track);
    let kind = text(f.kind);
    match kind.as_deref() {
        Some("action") => return (Cow::Borrowed("page_view"), Verb::Page),
        Some("goal") => return text(f.visit_goal).map_or_else(|| word("goal"), |goal| (goal, Verb::Track)),
        Some("ecommerceOrder") => return word("order"),
        Some(_) => return (kind.unwrap_or_default(), Verb::Track),
        None => {}
    }
    let is_order = given(f.order).is_some();
    let kinds =
        [(f.search, "search"), (f.goal.filter(|_| !is_order), "goal"), (f.order, "order"), (f.download, "download")];
    let kinds = kinds.into_iter().chain([(f.link, "outlink"), (f.ping, "ping")]);
    match kinds.into_iter().find(|(value, _)| given(*value).is_some()) {
        Some((_, kind)) => word(kind),
        None => (Cow::Borrowed("page_view"), Verb::Page),
    }
}

/// One of several requests: an object, or the parameters of an address as an object.
fn of_address(request: &str) -> Cow<'_, str> {
    if request.starts_with('{') {
        return Cow::Borrowed(request);
    }
    Cow::Owned(address::said(&json::text(request).unwrap_or_default()).unwrap_or_else(|| "{}".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Call<'static> {
        Matomo.decode(&Matomo.lay_flat(&Object::read(json).unwrap()).unwrap()).unwrap().into_owned()
    }

    #[test]
    fn a_request_says_in_its_parameters_what_happened() {
        for (parameters, event, verb) in [
            (r#""url":"http://x/","action_name":"Home""#, "page_view", Verb::Page),
            (r#""e_c":"Orders","e_a":"Order Placed""#, "Order Placed", Verb::Track),
            (r#""search":"lamp""#, "search", Verb::Track),
            (r#""idgoal":"1""#, "goal", Verb::Track),
            (r#""idgoal":"0","ec_id":"o-1""#, "order", Verb::Track),
            (r#""download":"http://x/a.pdf""#, "download", Verb::Track),
            (r#""link":"http://y/""#, "outlink", Verb::Track),
        ] {
            let row = of(&format!(r#"{{"idsite":"1","rec":"1","cid":"0123456789abcdef",{parameters}}}"#));
            assert_eq!((&*row.event, row.verb), (event, verb), "{parameters}");
            assert_eq!((row.device, row.user), (Some("0123456789abcdef".into()), None));
        }
    }

    #[test]
    fn a_bulk_of_requests_is_one_row_for_each() {
        let bulk = r#"{"requests":["?url=http%3A%2F%2Fx%2F&uid=omar%40example.test&cid=a+b&idsite=1&rec=1",{"idsite":1,"rec":1,"e_a":"B"}]}"#;
        let rows = Matomo.carried(&Object::read(bulk).unwrap()).unwrap();
        assert_eq!(rows[0].1, r#"{"url":"http://x/","uid":"omar@example.test","cid":"a b","idsite":"1","rec":"1"}"#);
        assert_eq!(of(&rows[1].1).event, "B");
        assert_eq!(of(&rows[0].1).user, Some("omar@example.test".into()));
    }

    #[test]
    fn each_action_of_a_visit_has_the_ids_of_the_visit() {
        let visit = r#"{"idSite":"1","visitorId":"0123456789abcdef","userId":"nora","actionDetails":[{"type":"action","url":"http://x/","timestamp":1561971600},{"type":"event","eventAction":"Sign up","timestamp":1561971660},{"type":"goal","goalName":"Paid","timestamp":1561971720}],"lastActionTimestamp":1561971720}"#;
        let rows: Vec<Call<'_>> =
            Matomo.carried(&Object::read(visit).unwrap()).unwrap().iter().map(|(_, row)| of(row)).collect();
        let read: Vec<_> = rows.iter().map(|row| (&*row.event, row.time.unwrap())).collect();
        assert_eq!(
            read,
            [("page_view", 1_561_971_600_000), ("Sign up", 1_561_971_660_000), ("Paid", 1_561_971_720_000)]
        );
        assert!(rows.iter().all(|row| row.user == Some("nora".into()) && row.device.is_some()));
        assert_eq!(of(r#"{"type":"action","visitorId":"v","userId":null,"timestamp":1}"#).user, None);
    }
}
