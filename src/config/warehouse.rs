//! What the settings say of a warehouse. No secret is among it.

use std::path::PathBuf;

/// `[warehouse]` of the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warehouse {
    /// Its address, for commands that name no store.
    pub url: Option<String>,
    /// Its database, where the address names none.
    pub database: Option<String>,
    /// The variable with the user.
    pub user_env: Option<String>,
    /// The variable with the password.
    pub password_env: Option<String>,
    /// A file of certificates, in PEM.
    pub ca: Option<PathBuf>,
    /// Seconds that a question may take.
    pub seconds: Option<u64>,
    /// Rows that a question may read.
    pub rows: Option<u64>,
    /// Bytes that a question may read.
    pub bytes: Option<u64>,
    /// `[warehouse.events]`: a table of events of your own.
    pub events: Option<Events>,
    /// `[warehouse.edges]`: tables that are filled from it.
    pub edges: Edges,
}

/// `[warehouse.edges]` of the settings: tables that are filled from the events, where ids are found faster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edges {
    /// Ids that alias calls name.
    pub alias_calls: Option<String>,
    /// Ids that other rows name.
    pub links: Option<String>,
    /// Ids that rows were sent under.
    pub ids: Option<String>,
}

impl Edges {
    /// The names of its settings.
    pub const NAMES: [&str; 3] = ["alias_calls", "links", "ids"];

    /// The value of a name.
    pub fn value(&mut self, name: &str) -> Option<&mut Option<String>> {
        match name {
            "alias_calls" => Some(&mut self.alias_calls),
            "links" => Some(&mut self.links),
            "ids" => Some(&mut self.ids),
            _ => None,
        }
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is set, as a file of settings has it.
    pub fn set(&self) -> [(&'static str, Option<String>); 3] {
        let text = |text: &Option<String>| text.as_ref().map(|text| format!("{text:?}"));
        [("alias_calls", text(&self.alias_calls)), ("links", text(&self.links)), ("ids", text(&self.ids))]
    }
}

/// `[warehouse.events]` of the settings: which expression of the columns of a table is what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// What is given, by the names of [`Events::NAMES`].
    pub given: Vec<(&'static str, String)>,
    /// Expressions with other ids that a row names.
    pub named: Vec<String>,
}

impl Events {
    /// The names of what is one text each; the first five have to be given.
    pub const NAMES: [&str; 7] = ["table", "id", "time", "event", "properties", "arrived", "row"];
    /// How many of the names have to be given.
    pub const NEEDED: usize = 5;
    /// The name of the list.
    pub const LIST: &str = "named";

    /// What is given under a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.given.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_str())
    }

    /// The first name that has to be given and is not.
    pub fn missing(&self) -> Option<&'static str> {
        Self::NAMES.into_iter().take(Self::NEEDED).find(|name| self.get(name).is_none())
    }

    /// What is set, as a file of settings has it.
    pub fn set(&self) -> Vec<(&'static str, Option<String>)> {
        let texts = Self::NAMES.into_iter().map(|name| (name, self.get(name).map(|text| format!("{text:?}"))));
        let named = (!self.named.is_empty()).then(|| format!("{:?}", self.named));
        texts.chain([(Self::LIST, named)]).collect()
    }
}

impl Warehouse {
    /// The names of its settings.
    pub const NAMES: [&str; 8] = ["url", "database", "user_env", "password_env", "ca", "seconds", "rows", "bytes"];

    /// What is set, in the order of [`Warehouse::NAMES`], as a file of settings has it.
    pub fn set(&self) -> [(&'static str, Option<String>); 8] {
        let text = |text: &Option<String>| text.as_ref().map(|text| format!("{text:?}"));
        let number = |number: Option<u64>| number.map(|number| number.to_string());
        [
            ("url", text(&self.url)),
            ("database", text(&self.database)),
            ("user_env", text(&self.user_env)),
            ("password_env", text(&self.password_env)),
            ("ca", self.ca.as_ref().map(|path| format!("{:?}", path.to_string_lossy()))),
            ("seconds", number(self.seconds)),
            ("rows", number(self.rows)),
            ("bytes", number(self.bytes)),
        ]
    }
}
