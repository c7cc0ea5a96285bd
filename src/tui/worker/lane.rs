//! How requests stand to each other.

/// Questions that take each other's place, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// What the screen is about: a journey, a comparison.
    Page,
    /// What is typed into the search.
    Search,
    /// Properties of the selected row.
    Row,
    /// Values for columns of the timeline.
    Columns,
    /// Rows that a filter goes through.
    Filter,
    /// What is shown in passing.
    Preview,
    /// How ids stand that rows have just come for.
    Standing,
    /// Whether the store has changed.
    Changes,
    /// A text for another program.
    Text,
    /// Findings of the store.
    Findings,
}

impl Lane {
    pub(super) const ALL: [Self; 10] = [
        Self::Page,
        Self::Search,
        Self::Row,
        Self::Columns,
        Self::Filter,
        Self::Preview,
        Self::Standing,
        Self::Changes,
        Self::Text,
        Self::Findings,
    ];

    pub(super) fn index(self) -> usize {
        self as usize
    }
}

/// How a request stands to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// It asks: the newest of its lane wins, and it ends what the other lanes ask.
    Ask(Lane, &'static [Lane]),
    /// It keeps something: never dropped, and done also when the program ends.
    Do,
    /// It changes what every later answer is about: never dropped by others, and it ends
    /// all that is asked.
    Turn,
}
