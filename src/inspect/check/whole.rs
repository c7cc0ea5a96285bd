//! What is wrong with a store as a whole, which the journey of no user shows.

use super::super::{Error, Inspector, Sweep};
use super::addresses::{self, Shared};
use super::gathered::Gathered;
use super::{Wanted, clients};
use crate::identity::Kind;
use crate::identity::audit::{Audit, Days, Found, MOST_TOLD};
use crate::identity::findings::{
    EMAIL_ON_TWO_USERS, INCOMPLETE_EXPORT, ROWS_WITHOUT_ID, ROWS_WITHOUT_NAME, keep_place,
};
use crate::model::facts::Source;
use crate::model::money::Amounts;
use crate::model::text::counted;

/// What is wrong with the store as a whole, and with no user of it.
pub(super) fn find(
    inspector: &Inspector,
    reader: &dyn Sweep,
    gathered: &mut Gathered,
    wanted: &Wanted,
    audit: &mut Audit,
) -> Result<(), Error> {
    let without_id = gathered.summed().without_id;
    let found = |kind: &'static Kind, count: u64, rows: u64, what: String, sources: Vec<Source>| Found {
        sources: places_of(&sources),
        kind,
        people: 0,
        rows,
        amounts: Amounts::default(),
        count,
        at_least: false,
        days: Days::default(),
        what,
        advice: kind.advice,
        clients: Vec::new(),
        ids: Vec::new(),
        amounts_of_ids: Vec::new(),
        newcomers: None,
        users: Vec::new(),
    };
    if without_id > 0 && wanted.wants(&ROWS_WITHOUT_ID) {
        let first = reader.rows_without_id(MOST_TOLD)?;
        let sources = first.iter().map(|event| event.source.clone()).collect();
        let rows = counted(without_id, "row");
        let verb = if without_id == 1 { "has" } else { "have" };
        let what = format!("{rows} {verb} no id that can be used.");
        let mut of_rows = found(&ROWS_WITHOUT_ID, without_id, without_id, what, sources);
        let rows: Vec<i64> = first.iter().map(|event| event.row).collect();
        of_rows.clients = clients(&reader.properties(&rows)?);
        audit.found.push(of_rows);
    }
    if gathered.summed().without_name > 0 && wanted.wants(&ROWS_WITHOUT_NAME) {
        let first = gathered.nameless(reader, MOST_TOLD)?;
        let rows = counted(gathered.summed().without_name, "row");
        let verb = if gathered.summed().without_name == 1 { "has" } else { "have" };
        let what = format!("{rows} {verb} no event name.");
        let sources = first.iter().map(|proof| proof.source.clone()).collect();
        let count = gathered.summed().without_name;
        let mut of_rows = found(&ROWS_WITHOUT_NAME, count, count, what, sources);
        let rows: Vec<i64> = first.iter().filter_map(|proof| proof.row).collect();
        of_rows.clients = clients(&reader.properties(&rows)?);
        audit.found.push(of_rows);
    }
    if let Some(scan) = reader.scan().filter(|_| wanted.wants(&EMAIL_ON_TWO_USERS)) {
        let shared = addresses::shared(scan, gathered)?;
        if let Some(worst) = shared.first() {
            let (sources, address) = worst.proof(reader, gathered)?;
            let named: Vec<String> = worst
                .ids(gathered)
                .take(2)
                .map(|id| Ok(inspector.shown(&id)?.as_str().to_owned()))
                .collect::<Result<_, Error>>()?;
            let more = if worst.users() > 2 { " among them" } else { "" };
            let what = format!(
                "{} is the address of {}, {}{more}, whom no row joins.",
                inspector.shown_text(&address)?,
                counted(worst.users(), "user"),
                named.join(" and "),
            );
            let mut of_users = found(&EMAIL_ON_TWO_USERS, shared.len() as u64, 0, what, sources);
            of_users.people = shared.iter().map(Shared::users).sum();
            of_users.ids = shared.iter().flat_map(|shared| shared.ids(gathered)).take(MOST_TOLD).collect();
            audit.found.push(of_users);
        }
    }
    let files = if wanted.wants(&INCOMPLETE_EXPORT) { reader.incomplete_files()? } else { Vec::new() };
    if let Some(first) = files.first() {
        let count = files.len() as u64;
        let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        let what = format!("{}{more} ended early: rows of every user can be missing.", first.file);
        let sources = files.into_iter().take(MOST_TOLD).collect();
        audit.found.push(found(&INCOMPLETE_EXPORT, count, 0, what, sources));
    }
    Ok(())
}

fn places_of(sources: &[Source]) -> Vec<Source> {
    let mut places = Vec::new();
    for source in sources {
        keep_place(&mut places, source, MOST_TOLD);
    }
    places
}
