//! What a key can do, by the names that files of keys use.

use super::AssetError;

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Something a key can do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        impl Action {
            /// Every action.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name in the file.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

actions! {
    /// One row down.
    Next = "next",
    /// One row up.
    Previous = "previous",
    /// Half a page down.
    HalfDown = "half-page-down",
    /// Half a page up.
    HalfUp = "half-page-up",
    /// A page down.
    PageDown = "page-down",
    /// A page up.
    PageUp = "page-up",
    /// To the first row.
    First = "first",
    /// To the last row.
    Last = "last",
    /// Open what is selected, or show more of it.
    Open = "open",
    /// To the first row of the next day.
    NextDay = "next-day",
    /// To the first row of this day, or of the day before.
    PreviousDay = "previous-day",
    /// To the first row of the next session.
    NextSession = "next-session",
    /// To the first row of this session, or of the session before.
    PreviousSession = "previous-session",
    /// Fold the run that the row is of.
    Fold = "fold",
    /// Unfold the selected run.
    Unfold = "unfold",
    /// Unfold all runs, or fold them.
    FoldAll = "fold-all",
    /// To the next alias, identify point or reset.
    NextPoint = "next-point",
    /// To the one before.
    PreviousPoint = "previous-point",
    /// To the next refused alias, split row or orphan.
    NextProblem = "next-problem",
    /// To the one before.
    PreviousProblem = "previous-problem",
    /// To the next identify point that is no alias call.
    NextIdentify = "next-identify",
    /// To the one before.
    PreviousIdentify = "previous-identify",
    /// To the next alias call.
    NextAlias = "next-alias",
    /// To the one before.
    PreviousAlias = "previous-alias",
    /// To the next reset.
    NextReset = "next-reset",
    /// To the one before.
    PreviousReset = "previous-reset",
    /// To the next orphan.
    NextOrphan = "next-orphan",
    /// To the one before.
    PreviousOrphan = "previous-orphan",
    /// To the next row of a finding.
    NextFinding = "next-finding",
    /// To the one before.
    PreviousFinding = "previous-finding",
    /// To the next row of the same id.
    NextSame = "next-same-id",
    /// To the row of the same id before.
    PreviousSame = "previous-same-id",
    /// Mark the row, or take its mark away.
    Mark = "mark",
    /// To the next marked row.
    NextMark = "next-mark",
    /// The newest row first, or the oldest.
    Newest = "newest-first",
    /// The order of what happened, or of what arrived.
    Arrival = "by-arrival",
    /// Orphans and splits in place, at the end, or hidden.
    Unmerged = "unmerged",
    /// To the pane of the selected row.
    Detail = "detail",
    /// Back from it.
    Leave = "leave",
    /// The next row, while keys go to the pane of the selected one.
    NextRow = "next-row",
    /// The row before.
    PreviousRow = "previous-row",
    /// To the row before the last jump.
    GoBack = "go-back",
    /// To the row that the last jump was taken back from.
    GoForward = "go-forward",
    /// The lines one up, the cursor where it is.
    ScrollDown = "scroll-down",
    /// The lines one down.
    ScrollUp = "scroll-up",
    /// The selected line into the middle of the screen.
    Centre = "centre",
    /// The selected line to the top of the screen.
    ToTop = "to-top",
    /// The selected line to its bottom.
    ToBottom = "to-bottom",
    /// Type a text to find on the page.
    FindHere = "find-on-page",
    /// To the next group.
    NextGroup = "next-group",
    /// To the group before.
    PreviousGroup = "previous-group",
    /// Count the values of a property.
    Count = "count",
    /// Tell a property first for every row, or in its place again.
    PinProperty = "pin-property",
    /// Choose what to copy.
    Copy = "copy",
    /// Copy the command that shows what the screen shows.
    CopyCommand = "copy-command",
    /// The detail pane one line down.
    DetailDown = "detail-down",
    /// The detail pane one line up.
    DetailUp = "detail-up",
    /// Type which rows are shown.
    Filter = "filter",
    /// Show only rows with the same value.
    Narrow = "narrow",
    /// Show only rows near the selected one in time: 1, 10 or 60 minutes on each side, then all.
    Around = "around",
    /// Type what to go to.
    Find = "find",
    /// To the next row found.
    NextFound = "next-found",
    /// To the row found before.
    PreviousFound = "previous-found",
    /// Type a time to go to.
    GoToTime = "go-to-time",
    /// Leave what is typed, with everything as it was.
    Cancel = "cancel",
    /// Show the identity screen.
    Identity = "identity",
    /// Show who it is: the profile, and the journey in numbers.
    Person = "person",
    /// Show the graph of ids, or the lines again.
    Picture = "picture",
    /// Back to the change of the lookup table before.
    Earlier = "earlier",
    /// On to the next change.
    Later = "later",
    /// Ask for a moment of arrival.
    AsOf = "as-of",
    /// Ask whom to compare with.
    Diff = "diff",
    /// Show times in the next zone.
    Zone = "zone",
    /// Show pseudonyms for ids and personal values, or what they stand for.
    Redact = "redact",
    /// Lanes by device, or by id.
    Lanes = "lanes",
    /// Show the time, the gap to the row before, or both.
    Times = "times",
    /// Show the findings of the store.
    Findings = "findings",
    /// Show the rows under several rule sets.
    Rules = "rules",
    /// Show what becomes of the store under another rule set.
    Migration = "migration",
    /// Show what the rule sets assume.
    Assumed = "assumed",
    /// Show what the warehouse can answer.
    Warehouse = "warehouse",
    /// What if the alias call had been an identify.
    IdentifyInstead = "identify-instead",
    /// What if the client had been reset just before the row.
    ResetBefore = "reset-before",
    /// What if the row had been sent a second later.
    Wait = "wait",
    /// Show the next rule set in the column.
    NextRules = "next-rules",
    /// Show what would mend the selected user.
    Repair = "repair",
    /// To the search.
    Search = "search",
    /// Clear the text.
    Clear = "clear",
    /// Stay at the end of what arrives.
    Follow = "follow",
    /// Stop the list while more arrives, or go on.
    Pause = "pause",
    /// Empty the list; what is stored stays.
    ClearList = "clear-list",
    /// Send a row of our own to see that rows arrive.
    TestRow = "test-row",
    /// Mark the moment.
    Moment = "mark-moment",
    /// To the other pane.
    Switch = "other-pane",
    /// Back to what was there before.
    Back = "back",
    /// Show help for what is focused.
    Help = "help",
    /// Everything that can be done here, by name.
    Palette = "commands",
    /// Take the selected name over into the text.
    Complete = "complete",
    /// Show the selected row in a pager.
    PageRow = "page-row",
    /// Show the whole journey in a pager.
    PageJourney = "page-journey",
    /// Open the selected row in an editor.
    Edit = "edit",
    /// Pin the selected or open user, or remove the pin.
    Pin = "pin",
    /// Ask the store again.
    Reload = "reload",
    /// Give the mouse to the terminal, or take it back.
    Mouse = "mouse",
    /// End.
    Quit = "quit",
    /// Stop until the shell continues it.
    Suspend = "suspend",
    /// Play on its own, or stop playing.
    Play = "play",
    /// Play faster.
    Faster = "faster",
    /// Play slower.
    Slower = "slower",
    /// To the tenth that the digit names.
    Jump = "jump",
    /// Play from the beginning.
    Restart = "restart",
    /// Make a call by hand.
    Call = "call",
    /// Leave a call out.
    LeaveOut = "leave-out",
    /// Take the last change back.
    Undo = "undo",
    /// The original play next to the changed one, or the lookup table.
    Original = "original",
    /// Save what is on the screen as a file.
    Save = "save",
    /// Cursor of the text one character back.
    TextLeft = "text-left",
    /// Cursor of the text one character on.
    TextRight = "text-right",
    /// Cursor to the beginning of the text.
    TextHome = "text-home",
    /// Cursor to the end of the text.
    TextEnd = "text-end",
    /// Delete the character before the cursor.
    DeleteBefore = "delete-before",
    /// Delete the character at the cursor.
    DeleteAt = "delete-at",
    /// Delete the word before the cursor.
    DeleteWord = "delete-word",
    /// Delete all before the cursor.
    DeleteToHome = "delete-to-home",
}

impl Action {
    /// Whether a number before it says how often it is meant.
    pub(in crate::tui) fn counts(self) -> bool {
        matches!(
            self,
            Self::Next
                | Self::Previous
                | Self::HalfDown
                | Self::HalfUp
                | Self::PageDown
                | Self::PageUp
                | Self::NextDay
                | Self::PreviousDay
                | Self::NextSession
                | Self::PreviousSession
                | Self::NextPoint
                | Self::PreviousPoint
                | Self::NextProblem
                | Self::PreviousProblem
                | Self::NextIdentify
                | Self::PreviousIdentify
                | Self::NextAlias
                | Self::PreviousAlias
                | Self::NextReset
                | Self::PreviousReset
                | Self::NextOrphan
                | Self::PreviousOrphan
                | Self::NextFinding
                | Self::PreviousFinding
                | Self::NextSame
                | Self::PreviousSame
                | Self::NextMark
                | Self::NextFound
                | Self::PreviousFound
                | Self::NextGroup
                | Self::PreviousGroup
                | Self::NextRow
                | Self::PreviousRow
                | Self::GoBack
                | Self::GoForward
                | Self::ScrollDown
                | Self::ScrollUp
                | Self::DetailDown
                | Self::DetailUp
                | Self::Earlier
                | Self::Later
        )
    }

    /// Whether it edits a line of text or goes along it.
    pub fn edits_text(self) -> bool {
        matches!(
            self,
            Self::TextLeft
                | Self::TextRight
                | Self::TextHome
                | Self::TextEnd
                | Self::DeleteBefore
                | Self::DeleteAt
                | Self::DeleteWord
                | Self::DeleteToHome
        )
    }

    /// The action that a file calls `name`.
    pub(in crate::tui) fn known(file: &str, name: &str) -> Result<Self, AssetError> {
        let known = Self::ALL.iter().copied().find(|action| action.name() == name);
        known
            .ok_or_else(|| AssetError::unknown(file, "action", name, &mut Self::ALL.iter().map(|action| action.name())))
    }
}
