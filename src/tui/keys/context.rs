//! Where a key is pressed, by the names that files of keys use.

use super::AssetError;

macro_rules! contexts {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $types:literal, $head:literal, $focus:literal;)*) => {
        /// Where a key is pressed. The order is that of the help.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Context {
            $($(#[$doc])* $name,)*
        }

        impl Context {
            /// Every context, in the order of the help.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name in the file.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// Whether characters without a binding are typed.
            pub(super) fn types(self) -> bool {
                match self {
                    $(Self::$name => $types,)*
                }
            }

            /// The head of its keys in the help.
            pub(in crate::tui) fn head(self) -> &'static str {
                match self {
                    $(Self::$name => $head,)*
                }
            }

            /// What the user does where it comes first.
            pub(in crate::tui) fn focus(self) -> &'static str {
                match self {
                    $(Self::$name => $focus,)*
                }
            }
        }
    };
}

// The name in the file, whether characters are typed, the head of its keys in the help, and what
// the help says that it is for.
contexts! {
    /// The search screen with nothing typed; its keys go before those of [`Context::Search`].
    Overview = "overview", true, "WITH NOTHING TYPED", "searching";
    /// The search screen. Keys that type a character are never bound here.
    Search = "search", true, "SEARCH (every character is typed, q too)", "searching";
    /// The timeline.
    Journey = "journey", false, "TIMELINE", "the timeline";
    /// The pane of the selected row.
    Detail = "detail", false, "THE ROW", "the row";
    /// A line that is typed on the timeline. Keys that type a character are never bound here.
    Line = "line", true, "TYPING", "typing a filter";
    /// Choices on the timeline, each with its letter. As for [`Context::Line`].
    Menu = "menu", true, "CHOOSING", "the timeline";
    /// What to save a journey as. Keys that type a character are never bound here: letters choose.
    Saving = "saving", true, "SAVING", "saving a journey";
    /// The identity screen.
    Identity = "identity", false, "IDENTITY", "the identity screen";
    /// Two users side by side.
    Compare = "compare", false, "COMPARE", "two users side by side";
    /// The findings of the store.
    Findings = "findings", false, "FINDINGS", "the findings of the store";
    /// The rows of a user under several rule sets.
    Rules = "rules", false, "RULE SETS", "rows under several rule sets";
    /// What becomes of the store under another rule set.
    Migration = "migration", false, "MIGRATION", "the migration report";
    /// What the rule sets assume.
    Assumed = "assumed", false, "ASSUMED", "what the rule sets assume";
    /// What a warehouse can answer.
    Warehouse = "warehouse", false, "WAREHOUSE", "what the warehouse can answer";
    /// What arrives, live.
    Listen = "listen", false, "LISTENING", "what arrives";
    /// A question to the user. Keys that type a character are never bound here.
    Question = "question", true, "QUESTION (every character is typed)", "answering a question";
    /// The list of scenarios.
    Gallery = "gallery", false, "SCENARIOS", "the list of scenarios";
    /// The player of a scenario.
    Player = "player", false, "PLAYER", "the player";
    /// A line to type in, over the player.
    Prompt = "prompt", true, "TYPING", "the player";
    /// The help.
    Help = "help", false, "HELP", "the timeline";
    /// The command palette, over any screen; what it does not bind is as in [`Context::Search`].
    Palette = "palette", true, "COMMANDS", "the timeline";
    /// Any screen, unless it has the key itself.
    Everywhere = "everywhere", false, "EVERYWHERE", "the timeline";
}

impl Context {
    /// The context that a file calls `name`.
    pub(in crate::tui) fn from_name(file: &str, name: &str) -> Result<Self, AssetError> {
        let known = Self::ALL.iter().copied().find(|context| context.name() == name);
        known.ok_or_else(|| {
            AssetError::unknown(file, "context", name, &mut Self::ALL.iter().map(|context| context.name()))
        })
    }

    /// Whether a character is text here when nothing is bound to it.
    pub(in crate::tui) fn takes_text(contexts: &[Self]) -> bool {
        contexts.first().is_some_and(|context| context.types())
    }
}
