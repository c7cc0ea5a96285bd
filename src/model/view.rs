//! A row whose texts still lie in the input.
//!
//! Reading a million rows makes a million [`RowView`]s and no text of its own for most of them;
//! who keeps a row longer than its input makes a [`Row`] of it.

use std::borrow::Cow;

use super::client::{Client, ClientView};
use super::id::Id;
use super::row::{Flags, Row, Verb};
use super::time::Millis;

/// A [`Row`], field by field, with its texts borrowed where the input has them as they are.
#[derive(Clone, Debug, PartialEq)]
pub struct RowView<'a> {
    /// [`Row::event`].
    pub event: Cow<'a, str>,
    /// [`Row::id`].
    pub id: Option<Cow<'a, str>>,
    /// [`Row::time`].
    pub time: Millis,
    /// [`Row::arrival`].
    pub arrival: Option<Millis>,
    /// [`Row::device`].
    pub device: Option<Cow<'a, str>>,
    /// [`Row::user`].
    pub user: Option<Cow<'a, str>>,
    /// [`Row::verb`].
    pub verb: Verb<Cow<'a, str>>,
    /// [`Row::previous`].
    pub previous: Vec<Cow<'a, str>>,
    /// [`Row::insert_id`].
    pub insert_id: Option<Cow<'a, str>>,
    /// [`Row::client`].
    pub client: Option<ClientView<'a>>,
    /// [`Row::properties`].
    pub properties: Cow<'a, str>,
    /// [`Row::line`].
    pub line: u64,
    /// [`Row::flags`].
    pub flags: Flags,
}

impl<'a> RowView<'a> {
    /// The row by itself.
    pub fn to_row(&self) -> Row {
        let id = |text: &Cow<'_, str>| Id::new(text);
        Row {
            event: self.event.clone().into_owned(),
            id: self.id.as_ref().map(id),
            time: self.time,
            arrival: self.arrival,
            device: self.device.as_ref().map(id),
            user: self.user.as_ref().map(id),
            verb: self.verb.as_ref().map(id),
            previous: self.previous.iter().map(id).collect(),
            insert_id: self.insert_id.as_deref().map(str::to_owned),
            client: self.client.as_ref().map(|client| Client::from_text(&client.text())),
            properties: self.properties.clone().into_owned(),
            line: self.line,
            flags: self.flags,
        }
    }

    /// The same view with texts of its own.
    pub fn into_owned(self) -> RowView<'static> {
        let own = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        RowView {
            event: own(self.event),
            id: self.id.map(own),
            time: self.time,
            arrival: self.arrival,
            device: self.device.map(own),
            user: self.user.map(own),
            verb: self.verb.map(own),
            previous: self.previous.into_iter().map(own).collect(),
            insert_id: self.insert_id.map(own),
            client: self.client.map(|client| ClientView::from_text(Cow::Owned(client.text()))),
            properties: own(self.properties),
            line: self.line,
            flags: self.flags,
        }
    }
}

impl<'a> From<&'a Row> for RowView<'a> {
    fn from(row: &'a Row) -> Self {
        let text = |id: &'a Id| Cow::Borrowed(id.as_str());
        Self {
            event: Cow::Borrowed(&row.event),
            id: row.id.as_ref().map(text),
            time: row.time,
            arrival: row.arrival,
            device: row.device.as_ref().map(text),
            user: row.user.as_ref().map(text),
            verb: row.verb.as_ref().map(text),
            previous: row.previous.iter().map(text).collect(),
            insert_id: row.insert_id.as_deref().map(Cow::Borrowed),
            client: row.client.as_ref().map(|client| ClientView::from_text(Cow::Borrowed(client.as_str()))),
            properties: Cow::Borrowed(&row.properties),
            line: row.line,
            flags: row.flags,
        }
    }
}

/// When a row happened and when it arrived: what shows how a clock is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// [`Row::time`].
    pub time: Millis,
    /// [`Row::arrival`].
    pub arrival: Option<Millis>,
    /// [`Row::flags`].
    pub flags: Flags,
}

/// 2000-01-01: clocks that were never set show 1970, 1980 or the years before this one, and no one
/// tracked events then.
const EARLIEST: Millis = 946_684_800_000;
/// 2100-01-01: microseconds that are taken for milliseconds are far behind it.
const LATEST: Millis = 4_102_444_800_000;
/// How much later than its arrival a row may say that it happened: a day, for clocks in other zones.
const AHEAD: Millis = 86_400_000;

impl Timing {
    /// Whether the row cannot have happened at its time: before the year 2000, after the year 2099,
    /// or more than a day after it had arrived.
    pub fn is_odd(&self) -> bool {
        let latest = self.arrival.map_or(LATEST, |arrival| arrival.saturating_add(AHEAD).min(LATEST));
        !(EARLIEST..LATEST).contains(&self.time) || self.time > latest
    }
}

impl From<&RowView<'_>> for Timing {
    fn from(row: &RowView<'_>) -> Self {
        Self { time: row.time, arrival: row.arrival, flags: row.flags }
    }
}

impl From<&Row> for Timing {
    fn from(row: &Row) -> Self {
        Self { time: row.time, arrival: row.arrival, flags: row.flags }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_comes_back_from_its_view() {
        let id = |text: &str| Some(Id::new(text));
        for verb in [
            Verb::Track,
            Verb::Alias { alias: id("a"), target: None, by_original: true },
            Verb::Identify { identified: None, anon: id("d") },
            Verb::Merge { ids: vec![Id::new("x"), Id::new("y")] },
        ] {
            let row = Row {
                event: "View".into(),
                id: id("u"),
                time: 1,
                arrival: Some(2),
                device: id("d"),
                user: None,
                verb,
                previous: vec![Id::new("p")],
                insert_id: Some("i".into()),
                client: Some(Client::from_text("web")),
                properties: "{}".into(),
                line: 3,
                flags: Flags::IMPORTED,
            };
            let view = RowView::from(&row);
            assert_eq!(view.to_row(), row);
            assert_eq!(view.clone().into_owned(), view);
        }
    }
}
