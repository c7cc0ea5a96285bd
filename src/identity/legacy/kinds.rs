//! The integration mistakes that legacy rules punish, as one table (identity.md §6).
//!
//! A code never changes once it was released: teams ignore and track findings by it. The text is
//! in the order in which a reader asks: what is it, why does it matter, what to change, says who.

use super::super::findings::{InLibrary, Kind, Severity};

/// Every kind, the worst first.
pub(super) const KINDS: &[&Kind] = &[
    &ALIAS_ON_LOGIN,
    &ALIAS_SWAPPED,
    &ALIAS_BEFORE_ROOT,
    &IDENTIFY_WITHOUT_ALIAS,
    &NO_RESET,
    &PLACEHOLDER_ID,
    &SHARED_DEVICE,
    &ALIAS_RACE,
    &ALIAS_USED_BEFORE,
    &ID_TYPE,
    &ID_VARIANTS,
];

pub(super) static ALIAS_ON_LOGIN: Kind = Kind {
    code: "alias-on-login",
    severity: Severity::Error,
    title: "alias is called again for an alias that is taken",
    why: "An alias keeps its first target, and no SDK is told that a later call is refused: what the device sent \
        before the call, and sends after it, stays under its anonymous id.",
    advice: "Call alias once, at sign-up, and identify at every login.",
    in_library: &[],
    rule: "identity.md L2, §6 #1, #2",
};

pub(super) static ALIAS_SWAPPED: Kind = Kind {
    code: "alias-swapped",
    severity: Severity::Error,
    title: "the arguments of alias are swapped",
    why: "The anonymous id becomes an alias of the user id, so rows that it had sent before stay behind.",
    advice: "Node takes (distinct_id, alias); JavaScript, Python and Ruby take (alias, distinct_id).",
    in_library: &[
        InLibrary {
            library: "node",
            advice: "Call mixpanel.alias(distinct_id, alias): the anonymous id is the first.",
        },
        InLibrary { library: "python", advice: "Call mp.alias(alias_id, original): the anonymous id is the second." },
        InLibrary { library: "ruby", advice: "Call tracker.alias(alias, real_id): the anonymous id is the second." },
        InLibrary { library: "web", advice: "Call mixpanel.alias(user_id): the anonymous id need not be given." },
    ],
    rule: "identity.md §2.4, §6 #18",
};

pub(super) static ALIAS_BEFORE_ROOT: Kind = Kind {
    code: "alias-before-root",
    severity: Severity::Error,
    title: "an id becomes an alias after it was the target of one",
    why: "Its rows so far stay under it, and the user's data is in two places.",
    advice: "Add new aliases to the end of a chain, never before its root.",
    in_library: &[],
    rule: "identity.md L5, §6 #20",
};

pub(super) static IDENTIFY_WITHOUT_ALIAS: Kind = Kind {
    code: "identify-without-alias",
    severity: Severity::Error,
    title: "a user signs up with identify alone",
    why: "identify does not reach back: everything that the visitor did before stays under the anonymous id.",
    advice: "At sign-up call alias first; identify alone does not reach back.",
    in_library: &[],
    rule: "identity.md L9, §6 #3, #4",
};

pub(super) static NO_RESET: Kind = Kind {
    code: "no-reset",
    severity: Severity::Error,
    title: "two accounts sign up on one device without a reset between them",
    why: "Both become aliases of one root: the rows of two people are one timeline, for ever.",
    advice: "Call reset at logout, before another person signs up on the device.",
    in_library: &[],
    rule: "identity.md §6 #8",
};

pub(super) static PLACEHOLDER_ID: Kind = Kind {
    code: "placeholder-id",
    severity: Severity::Error,
    title: "a value that stands for no id is used as one",
    why: "undefined, null or 0 as an id joins strangers: every visitor without an id becomes the same person.",
    advice: "Check the id before identify and alias; call reset, not identify, for a visitor who is not logged in.",
    in_library: &[],
    rule: "identity.md L15, §6 #12, #13, #14",
};

pub(super) static SHARED_DEVICE: Kind = Kind {
    code: "shared-device",
    severity: Severity::Warning,
    title: "several users on one device without a reset between them",
    why: "Rows between one logout and the next login count for the earlier user.",
    advice: "Call reset at logout; rows between one logout and the next login count for the earlier user.",
    in_library: &[],
    rule: "identity.md §6 #7",
};

pub(super) static ALIAS_RACE: Kind = Kind {
    code: "alias-race",
    severity: Severity::Warning,
    title: "rows overtake the alias that was to move them",
    why: "A row that arrives before the alias stays under the alias itself: nothing moves it later.",
    advice: "Send server rows with the client's distinct_id, or a second after the alias.",
    in_library: &[],
    rule: "identity.md L10, §6 #5",
};

pub(super) static ALIAS_USED_BEFORE: Kind = Kind {
    code: "alias-used-before",
    severity: Severity::Warning,
    title: "an id that has rows becomes an alias",
    why: "An alias is not retroactive: the rows from before stay under it.",
    advice: "Never alias an id that rows were sent with.",
    in_library: &[],
    rule: "identity.md L7, L13, §6 #19",
};

pub(super) static ID_TYPE: Kind = Kind {
    code: "id-type",
    severity: Severity::Warning,
    title: "one id is sent as a number and as text",
    why: "SDKs compare ids strictly: 42 is another user than \"42\" to them, and each switch sends an $identify.",
    advice: "Make ids strings everywhere: SDKs compare them strictly and send an extra identify.",
    in_library: &[],
    rule: "identity.md L14, §6 #15",
};

pub(super) static ID_VARIANTS: Kind = Kind {
    code: "id-variants",
    severity: Severity::Warning,
    title: "two ids look the same and are not",
    why: "Ids are compared character by character: rows sent under the one never reach the other.",
    advice: "Write an id in one way everywhere: trimmed, in one case, or the key of the user in a database.",
    in_library: &[],
    rule: "identity.md L14, §6 #16",
};
