//! Records of other vendors.

use std::borrow::Cow;

use super::super::carrier::{self, Opened};
use super::super::event;
use super::super::item::{Clock, Item};
use super::super::object::{Object, complaint, given, members};
use super::super::payload::given_request;
use super::super::vendor::stranger::{self, stranger};
use super::super::vendor::{self, Flat, Laid, Vendor, Wrapped};
use super::Reading;
use crate::model::view::RowView;
use crate::model::{Flags, Millis, json};

impl Reading<'_, '_> {
    /// A row of a plain copy, whose properties are the whole row as the vendor had it.
    pub(super) fn copied_of_vendor(&mut self, vendor: &dyn Vendor, json: &str, flat: &str) -> Result<(), String> {
        let row = Flat::of(flat);
        let call = vendor.decode(&row)?;
        // The columns say both times, and what the row itself had of them.
        let around = vendor::Around { line: self.line, arrival: Some(0), repaired: self.repaired };
        let mut row = call.row(flat, around)?;
        event::copy_columns(json, &mut row)?;
        self.out.pass(row, None, Clock::Utc);
        Ok(())
    }

    /// What another vendor wrote: a row, or what carries some.
    pub(super) fn of_vendor(&mut self, vendor: &dyn Vendor, json: &str, arrival: Option<Millis>) -> Result<(), String> {
        if json.starts_with('[') {
            let rows = members(json).map_err(|error| complaint(&error))?;
            if rows.is_empty() {
                return Err("an empty batch".to_owned());
            }
            let rows = rows.into_iter().map(|row| (row, Cow::Borrowed(row))).collect();
            self.each_of(json, rows, |reading, row| reading.of_vendor(vendor, row, arrival));
            return Ok(());
        }
        if !json.starts_with('{') {
            return Err("a payload that is no object".to_owned());
        }
        let opened = if self.how.rows.is_carried { carrier::open(json) } else { None };
        match opened {
            Some(Opened::Row { json, .. }) => return self.of_vendor(vendor, &json, arrival),
            Some(Opened::Silent(_)) => {
                self.out.take(Item::Skipped);
                return Ok(());
            }
            Some(Opened::Elsewhere(why)) => return Err(why),
            None => {}
        }
        if let Some(lowered) = vendor::lowered(json) {
            return self.of_vendor(vendor, &lowered, arrival);
        }
        let object = Object::read_with(json, vendor.properties()).map_err(|error| complaint(&error))?;
        if let Some(folded) = vendor::folded(&object) {
            return self.of_vendor(vendor, &folded, arrival);
        }
        let wrapped = Wrapped::of(&object).map_err(|error| complaint(&error))?;
        let carries = wrapped.payload.is_some() || wrapped.body.is_some();
        // Logs have a row in the body of a record that is none itself.
        let is_log =
            |body: &[Option<&str>; 2]| body.iter().any(|body| given(*body).is_some()) && !vendor::is_row(&object);
        let is_request = wrapped.recorded.is_some() || wrapped.path.is_some() && carries;
        if is_request || is_log(&[wrapped.payload, wrapped.body]) {
            if let Some(why) = wrapped.refused.and_then(json::text) {
                return Err(format!("the server refused it: {why}"));
            }
            if let Some(status) = wrapped.status.and_then(|status| status.parse::<u16>().ok())
                && status >= 400
            {
                return Err(format!("the server refused it (answer {status})"));
            }
            let arrival = wrapped.recorded.and_then(json::time).or(arrival);
            // What a request without a body has to say stands in its address.
            let query = wrapped.query.filter(|query| vendor::of(query).is_some());
            let body = [wrapped.payload, wrapped.body, query].into_iter().find_map(given_request);
            let Some(inside) = body else {
                let asked = vendor::asked([wrapped.url, wrapped.path, wrapped.endpoint]);
                if let Some(asked) = asked.filter(|asked| vendor::of(asked).is_some()) {
                    return self.of_vendor(vendor, &asked, arrival);
                }
                self.out.take(Item::Skipped);
                return Ok(());
            };
            let path = [wrapped.path, wrapped.endpoint, wrapped.url].into_iter().flatten().find_map(json::text);
            if !inside.starts_with('"') {
                let whole = path.and_then(|path| vendor.with_path(inside, &path));
                return self.of_vendor(vendor, whole.as_deref().unwrap_or(inside), arrival);
            }
            let text = json::text(inside).unwrap_or_default();
            let form = if text.trim_start().starts_with(['{', '[']) { None } else { vendor::address::said(&text) };
            let text = form.as_deref().unwrap_or(&text);
            let whole = path.and_then(|path| vendor.with_path(text, &path));
            return self.of_vendor(vendor, whole.as_deref().unwrap_or(text), arrival);
        }
        if vendor.is_silent(&object) {
            self.out.take(Item::Skipped);
            return Ok(());
        }
        if let Some(rows) = vendor.carried(&object) {
            if rows.is_empty() {
                return Err("an empty batch".to_owned());
            }
            self.each_of(json, rows, |reading, row| reading.of_vendor(vendor, row, arrival));
            return Ok(());
        }
        if let Some(rows) = [wrapped.batch, wrapped.events].into_iter().flatten().find(|rows| rows.starts_with('[')) {
            return self.of_vendor(vendor, rows, arrival);
        }
        if let Some(inside) = vendor::enveloped(&object).filter(|inside| vendor::of(inside).is_some()) {
            return self.of_vendor(vendor, inside, arrival);
        }
        if let Some((ids, properties)) = vendor.person(&object) {
            if ids.is_empty() {
                return Err("a person without an id".to_owned());
            }
            for id in ids {
                let id = serde_json::Value::from(id.as_str());
                self.profile(&format!("{{\"$distinct_id\":{id},\"$properties\":{properties}}}"), self.line, arrival)?;
            }
            return Ok(());
        }
        self.give_call(vendor, json, arrival, vendor.lay_flat(&object))
    }

    /// Gives on a row of a vendor, if it was laid flat.
    fn give_call(
        &mut self,
        vendor: &dyn Vendor,
        json: &str,
        arrival: Option<Millis>,
        flat: Result<Flat<'_>, String>,
    ) -> Result<(), String> {
        let around = vendor::Around { line: self.line, arrival, repaired: self.repaired };
        let call = flat.as_ref().map_err(Clone::clone).and_then(|flat| vendor.decode(flat));
        let row = match (&flat, &call) {
            (Ok(flat), Ok(call)) => call.row(flat.text(), around),
            (Err(reason), _) | (_, Err(reason)) => Err(reason.clone()),
        };
        if row.as_ref().map_or(true, is_doubtful)
            && let Some(rows) = stranger(json, Some(vendor))
        {
            return Err(stranger::reason(rows, vendor.rows()));
        }
        let row = row?;
        let profile = call.as_ref().ok().and_then(|call| call.profile(around));
        self.out.pass(row, None, vendor.clock());
        if let Some(profile) = profile {
            self.out.take(Item::Profile { profile, project: None, repaired: self.repaired });
        }
        drop(call);
        if let Ok(flat) = flat {
            flat.done();
        }
        Ok(())
    }
}

impl<'a> Reading<'_, 'a> {
    /// Gives on a row of a vendor that is nothing but a row, if it was read in one pass; any other is left to
    /// [`Reading::of_vendor`].
    pub(super) fn directly(&mut self, vendor: &dyn Vendor, json: &'a str) -> Option<()> {
        let Laid { fields, pieces } = vendor::directly(vendor, json)?;
        let call = vendor.decode(&fields).ok()?;
        let around = vendor::Around { line: self.line, arrival: None, repaired: self.repaired };
        let row = call.row("", around).ok().filter(|row| !is_doubtful(row))?;
        let profile = call.profile(around);
        self.out.lay(row, pieces, vendor.clock());
        if let Some(profile) = profile {
            self.out.take(Item::Profile { profile, project: None, repaired: self.repaired });
        }
        Some(())
    }
}

/// Whether a row may be one of another vendor, which has its id or its time elsewhere.
fn is_doubtful(row: &RowView<'_>) -> bool {
    row.id.is_none() || row.flags.has(Flags::TIME_FROM_ARRIVAL)
}
