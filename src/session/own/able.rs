//! What a table of the owner's own is, and what it can answer.

use crate::inspect::Error;
use crate::inspect::able::{Abilities, Ability, Asked, Can};
use crate::model::text::counted;
use crate::warehouse::{Coverage, OwnEvents, Totals, check};

/// What prints tables that find ids.
const DDL: &str = "journey warehouse ddl";

/// What a look at a table has found.
#[derive(Clone, Debug)]
pub struct Look {
    /// What the user may do.
    pub user: check::User,
    /// The table as a whole.
    pub totals: Totals,
    /// What it is sorted by, as the server says.
    pub key: String,
    /// Whether that begins with the id.
    pub is_sorted_by_id: bool,
    /// Rows that the server reads for one id.
    pub read: Option<u64>,
    /// How much the tables next to it hold.
    pub coverage: Coverage,
}

impl Look {
    /// Looks at a table.
    ///
    /// # Errors
    /// The server does not answer, or meets a limit.
    pub fn of(events: &OwnEvents) -> Result<Self, Error> {
        let user = check::user(events.client(), events.stop());
        let totals = events.totals()?;
        let key = events.sorting_key()?;
        let is_sorted_by_id = events.is_sorted_by_id(&key);
        let read = events.some_id()?.map(|id| events.rows_read(&id)).transpose()?;
        let coverage = events.coverage()?;
        Ok(Self { user, totals, key, is_sorted_by_id, read, coverage })
    }

    /// Whether journeys can be shown.
    pub fn is_usable(&self) -> bool {
        self.totals.events > 0
    }

    /// Whether the tables next to the events have every row, as far as was looked.
    pub fn is_whole(&self) -> bool {
        let Coverage { alias_calls, ids, names } = self.coverage;
        let has_all = |of: Option<(u64, u64)>| of.is_none_or(|(here, all)| here == all);
        has_all(alias_calls) && has_all(ids) && has_all(names)
    }

    /// What can be answered, by what was found.
    ///
    /// # Errors
    /// The server does not answer.
    pub fn abilities(&self, events: &OwnEvents) -> Result<Abilities, Error> {
        let mut list = vec![
            self.journey(events),
            Ability::new(Asked::Id, Can::Yes, "").more("A search looks for parts of ids, too."),
            part(events),
            Ability::new(Asked::Details, Can::Yes, "came with the journey")
                .more("Rows are fetched with their properties, and stay in memory."),
            self.as_of(events),
            Ability::new(Asked::Around, Can::Part, "look-alikes are not looked for").more(
                "Orphans and neighbours come with the journey. Ids that a person cannot tell from another are found in a store file and in the tables of journey.",
            ),
            Ability::new(Asked::Profiles, Can::No, "the table has events alone")
                .more("Names and plans of profiles are shown from a store file, or from a warehouse that one filled."),
            Ability::new(Asked::Systems, Can::Yes, "the same rows, judged here")
                .more("w and | judge the rows of the user under other rule sets."),
        ];
        let terms = Ability::new(Asked::Terms, Can::Part, "up to 50,000 rows are fetched")
            .more(
                "event:NAME and times are counted on the server; of key=value the rows that can be meant are fetched.",
            )
            .more("client:, device: and user: are asked for as properties, and a word alone is looked for in ids.");
        let of_a_pass = Ability::of_a_pass(true).into_iter();
        list.extend(of_a_pass.map(|ability| if ability.asked == Asked::Terms { terms.clone() } else { ability }));
        let server = format!("ClickHouse {}", events.version());
        let ids = events.some_ids()?;
        Ok(Abilities { server, notes: self.user.lines().collect(), rows: self.totals.events, ids, list })
    }

    fn journey(&self, events: &OwnEvents) -> Ability {
        let table = events.table();
        let journey = |can, why: &str| Ability::new(Asked::Journey, can, why);
        let ability = if self.totals.merged > 0 {
            let why = format!("{} after identity merge", counted(self.totals.merged, "row"));
            journey(Can::Part, &why).more("Their id is not the one that was sent: name a table of the rows as sent.")
        } else if !self.is_whole() {
            journey(Can::Part, "tables next to it lack rows").to_do("ddl: INSERT", DDL).more(
                "Fill them from all rows (the INSERT of journey warehouse ddl), or leave them out of [warehouse.edges].",
            )
        } else if table.edges.named.is_some() {
            journey(Can::Yes, "tables find ids that rows name")
        } else if table.named.is_empty() {
            journey(Can::Yes, "all properties are read").to_do("ddl", DDL).more(
                "An id that rows name is looked for in the text of all properties, for each step of a user. Tables of such ids make it a look-up.",
            )
        } else {
            journey(Can::Yes, "all named columns are read")
                .to_do("ddl", DDL)
                .more("An id that rows name is looked for in the named columns of all rows. Tables of such ids make it a look-up.")
        };
        let ability = match self.read {
            Some(read) => ability.more(format!("{} are read to find those of one id.", counted(read, "row"))),
            None => ability,
        };
        match (self.key.as_str(), self.is_sorted_by_id) {
            ("", _) => ability.more("The server does not say how the table is sorted."),
            (key, true) => ability.more(format!("Sorted by {key}: the rows of an id are found by it.")),
            (key, false) => ability
                .to_do("ddl", DDL)
                .more(format!("Sorted by {key} and not by the id, so each look reads the whole table; the command prints a sorted copy.")),
        }
    }

    fn as_of(&self, events: &OwnEvents) -> Ability {
        let unknown = self.totals.without_arrival;
        if unknown == 0 {
            return Ability::new(Asked::AsOf, Can::Yes, "rows say when they arrived");
        }
        let why = if unknown >= self.totals.events {
            "no row says when it arrived".to_owned()
        } else {
            format!("{} without arrival", counted(unknown, "row"))
        };
        let ability = Ability::new(Asked::AsOf, Can::Part, why).more(
            "Which of two calls was first is not known there: their time stands for it, and no race can be judged.",
        );
        if events.table().arrived.is_some() {
            return ability;
        }
        Ability { to_do: "map arrived".to_owned(), ..ability }
            .more("Name the column or the property of the arrival as arrived in [warehouse.events] of the settings.")
    }
}

fn part(events: &OwnEvents) -> Ability {
    match &events.table().edges.ids {
        Some(table) => Ability::new(Asked::Part, Can::Yes, "a table of ids").more(format!("Looked for in {table}.")),
        None => Ability::new(Asked::Part, Can::Yes, "the ids of all rows are read")
            .to_do("ddl", DDL)
            .more("The command prints a table of ids, with an index for parts of them on ClickHouse 26 and newer."),
    }
}
