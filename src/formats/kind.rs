//! What a record is, by its own keys.

use super::object::{fields, members};
use super::payload::{Carried, Endpoint};
use crate::model::json;

fields! {
    /// Keys that show which record it is.
    Outer {
        event: "event",
        properties: "properties",
        endpoint: "endpoint",
        payload: "payload",
        update: "update",
        data: "data",
        query: "query",
        form: "form",
        body: "body",
        url: "url",
        received: "received_at_ms",
        status: "response_status",
        encoding: "data_encoding",
        refused: "refused",
        distinct_id: "$distinct_id",
        exported: "$properties",
        token: "$token",
        group: "$group_key",
        results: "results",
    }
}

fields! {
    /// What only rows of SDKs have in their properties.
    Sent { token: "token" }
}

/// What a record is, by its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Event,
    Request,
    RecordedUpdate,
    Update,
    ExportedProfile,
    Page,
}

impl<'a> Outer<'a> {
    /// Where a request can have its data.
    pub(super) fn carried(&self) -> Carried<'a> {
        Carried {
            payload: self.payload,
            data: self.data,
            query: self.query,
            form: self.form,
            body: self.body,
            url: self.url,
        }
    }

    /// Whether it can be what an SDK sends. Rows of tools can have properties, too; an SDK names its event.
    fn is_of_sdk(&self) -> bool {
        match self.kind() {
            Some(Kind::Update) => true,
            Some(Kind::Event) => self.event.is_some(),
            _ => false,
        }
    }

    /// Whether it names the project, as only rows of SDKs do.
    fn has_token(&self) -> bool {
        let in_properties = |properties: &str| {
            properties.starts_with('{') && Sent::read(properties).is_ok_and(|sent| sent.token.is_some())
        };
        self.token.is_some() || self.properties.is_some_and(in_properties)
    }

    pub(super) fn kind(&self) -> Option<Kind> {
        if self.update.is_some() && self.properties.is_none() {
            Some(Kind::RecordedUpdate)
        } else if self.payload.is_some() || self.endpoint.is_some() && self.properties.is_none() {
            Some(Kind::Request)
        } else if self.properties.is_some() {
            Some(Kind::Event)
        } else if self.event.is_some() {
            None
        } else if self.exported.is_some() {
            Some(Kind::ExportedProfile)
        } else if self.distinct_id.is_some() || self.token.is_some() || self.group.is_some() {
            Some(Kind::Update)
        } else if self.results.is_some() {
            Some(Kind::Page)
        } else if self.data.is_some() || self.received.is_some() && (self.query.is_some() || self.url.is_some()) {
            Some(Kind::Request)
        } else {
            None
        }
    }
}

/// Whether a request went to an address that takes no rows.
pub(super) fn takes_no_rows(text: &str) -> bool {
    let path = Outer::read(text).ok().and_then(|outer| outer.endpoint.or(outer.url).and_then(json::scalar));
    path.is_some_and(|path| Endpoint::of(&path) == Endpoint::Other)
}

/// What a whole record is, by its keys; `None` when it is nothing that is known.
pub(super) fn kind_of(json: &str) -> serde_json::Result<Option<Kind>> {
    Ok(Outer::read(json)?.kind())
}

/// Whether a record that can be a request is one: where it went, or what it carries, says so.
pub(super) fn is_request(json: &str) -> bool {
    let Ok(outer) = Outer::read(json) else { return false };
    if outer.endpoint.is_some() || outer.received.is_some() {
        return true;
    }
    // A list of rows under `data` is the answer of a database or an API, unless rows are as SDKs send them.
    let is_plain = outer.data.is_some_and(|data| data.starts_with('[')) && outer.payload.is_none();
    outer.carried().json().is_ok_and(|(json, _)| match members(&json) {
        Ok(members) => {
            let mut rows = members.into_iter().filter_map(|member| Outer::read(member).ok());
            rows.any(|row| row.is_of_sdk() && (!is_plain || row.has_token()))
        }
        // A list for each column is no event.
        Err(_) => Outer::read(&json)
            .is_ok_and(|row| row.is_of_sdk() && !row.properties.is_some_and(|properties| properties.starts_with('['))),
    })
}
