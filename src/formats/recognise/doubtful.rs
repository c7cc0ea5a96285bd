//! Rows that have what events need, in a way that would be read wrongly: they are refused, with what to change.

use std::borrow::Cow;

use super::super::event::Properties;
use super::super::map::{never, no_moment, stands_twice};
use super::super::object::given;
use super::super::rows::Shape;
use super::Seen;
use crate::model::json;

/// Columns of people, in small letters and without signs.
const OF_PEOPLE: &[&str] = &["email", "emailaddress", "firstname", "lastname", "fullname", "phone", "phonenumber"];

impl Seen<'_> {
    /// Why the rows are not read although they have what rows of their kind need.
    pub(super) fn doubt(&self, shape: &Shape, are_events: bool, is_raw: bool) -> Option<String> {
        let rows: Vec<&str> = self.candidates.iter().map(|row| &*row.json).collect();
        if let Some(twice) = stands_twice(&rows).first() {
            return Some(twice_called(twice));
        }
        // What Mixpanel wrote is as it is.
        if !are_events || is_raw {
            return None;
        }
        let mut ids = Vec::new();
        let mut times = Vec::new();
        for row in rows {
            let Ok(row) = shape.lift(row) else { continue };
            let Ok(p) = Properties::read(&row.properties) else { continue };
            ids.extend(p.distinct_id.and_then(json::id_text).map(Cow::into_owned));
            times.extend(given(p.time).map(str::to_owned));
        }
        let shortened = || ids.iter().filter(|id| is_shortened(id));
        if let Some(id) = shortened().next().filter(|_| shortened().count() * 2 > ids.len()) {
            return Some(format!(
                "the column of ids has numbers such as {id}, of which a spreadsheet has dropped digits, so that users \
                 look like one: write it again from its source, with that column as text"
            ));
        }
        if let Some(number) = never(times.iter().map(String::as_str)) {
            return Some(format!("the column time cannot be right: {}", no_moment(number)));
        }
        self.people(shape)
    }

    /// Why rows with a column `name` can be people.
    fn people(&self, shape: &Shape) -> Option<String> {
        let is_of_people = |key: &str| {
            let plain: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
            OF_PEOPLE.contains(&&*plain.to_ascii_lowercase())
        };
        let keys = self.keys();
        let of_people = keys.iter().find(|key| is_of_people(key))?;
        let is_doubtful = shape.name() == Some("name") && !keys.iter().any(|key| shape.is_properties(key));
        is_doubtful.then(|| {
            format!(
                "the column name can be that of an event or, next to {of_people}, of a person; if its rows are events, \
                 --map id=distinct_id,event=name,time=time reads them"
            )
        })
    }
}

/// Why a table is not read of which two columns have one name.
pub(in crate::formats) fn twice_called(name: &str) -> String {
    format!("two of the columns are called {name}: rename one of them, or leave it out")
}

/// Whether an id is a number as spreadsheets shorten it: `1.23457E+11`.
fn is_shortened(id: &str) -> bool {
    let Some((number, power)) = id.split_once("E+").or_else(|| id.split_once("e+")) else { return false };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, "0"));
    whole.len() == 1 && is_number(whole) && is_number(fraction) && is_number(power)
}
