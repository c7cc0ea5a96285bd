//! What the columns of a table of the owner's own are.

/// What the columns of a table are, as the settings have it: each but the table is an expression in SQL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnTable {
    /// Name of the table, perhaps with its database.
    pub table: String,
    /// The id as sent.
    pub id: String,
    /// When it happened: a time, or a number of seconds or of what is as large.
    pub time: String,
    /// Name of the event.
    pub event: String,
    /// The properties: JSON text, a map or a JSON value.
    pub properties: String,
    /// When the server had it; without it the order of arrival is not known.
    pub arrived: Option<String>,
    /// A whole number that stays the row's, which is shown in the place of a line; without it a sum of the row.
    pub row: Option<String>,
    /// Other columns with ids that a row names. Without them an id is looked for in the text of all properties.
    pub named: Vec<String>,
    /// Tables that find ids faster.
    pub edges: OwnEdges,
}

/// Tables that the owner fills from the events (`journey warehouse ddl` prints what makes them): where to look for an
/// id that rows name, and for a part of one. Rows themselves always come from the events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnEdges {
    /// The ids that alias calls name, and the ids that all other rows name, each with the id and the time of the row
    /// that names it; both or none.
    pub named: Option<[String; 2]>,
    /// The ids that rows were sent under, with the number and the span of their rows.
    pub ids: Option<String>,
}
