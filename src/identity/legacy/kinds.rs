//! The integration mistakes that legacy rules punish, as one table (identity.md §6).
//!
//! A code never changes once it was released: teams ignore and track findings by it. The text is
//! in the order in which a reader asks: what is it, why does it matter, what to change, says who.

use super::super::findings::{InLibrary, Kind, Needs, Severity};

/// Every kind, the worst first.
pub(super) const KINDS: &[&Kind] = &[
    &ALIAS_ON_LOGIN,
    &ALIAS_SWAPPED,
    &ALIAS_BEFORE_ROOT,
    &IDENTIFY_WITHOUT_ALIAS,
    &USER_STILL_ANONYMOUS,
    &NO_RESET,
    &PLACEHOLDER_ID,
    &SHARED_DEVICE,
    &ANONYMOUS_ID_KEPT,
    &ALIAS_RACE,
    &ALIAS_USED_BEFORE,
    &ALIAS_OF_ITSELF,
    &ALIAS_EMPTY,
    &ALIAS_CYCLE,
    &ALIAS_ANONYMOUS,
    &ALIAS_AND_IDENTIFY,
    &LATE_ALIAS_ANSWER,
    &IDENTIFY_BACK_TO_DEVICE,
    &IDENTIFY_ITSELF,
    &USER_IS_DEVICE,
    &MERGE_IGNORED,
    &NEW_ID_EACH_VISIT,
    &ID_OF_MANY_DEVICES,
    &ID_TYPE,
    &ID_VARIANTS,
    &TIME_IMPOSSIBLE,
    &ALIAS_REPEATED,
    &ANONYMOUS_BEFORE_LOGIN,
    &DEVICE_OF_MANY_USERS,
    &DEVICE_PREFIX_TWICE,
];

/// See [`Rules::needs`](crate::identity::Rules::needs).
pub(super) fn needs(kind: &Kind) -> Needs {
    match kind.code {
        // The first call keeps the alias, a later one is refused or repeated.
        "alias-on-login" | "alias-repeated" => Needs::Calls(2),
        "alias-swapped" | "alias-before-root" | "alias-cycle" | "alias-anonymous" | "alias-of-itself" => {
            Needs::Calls(1)
        }
        "alias-race" | "alias-used-before" => Needs::SplitRows,
        "placeholder-id" => Needs::Placeholder,
        "id-variants" => Needs::LookAlike,
        "shared-device" => Needs::TwoNames,
        _ => Needs::Anything,
    }
}

/// What of a mistake stays whatever is called or imported later: an alias is never taken back, and
/// a stored row never moves (identity.md L2, L6, L7).
pub(super) fn lasting(kind: &Kind) -> Option<&'static str> {
    Some(match kind.code {
        "no-reset" => "Two people stay one timeline: no call takes an alias back, and no row says whose it is.",
        "alias-anonymous" | "alias-swapped" => {
            "The alias stays in the lookup table: rows sent under it go on to its target for ever."
        }
        "placeholder-id" | "id-of-many-devices" => {
            "Rows of strangers under one id stay together: only their device can say whose they were."
        }
        "shared-device" | "anonymous-id-kept" | "device-of-many-users" => {
            "Rows between a logout and the next login stay with the earlier user: no row says whose they are."
        }
        "time-impossible" => "A stored row keeps its time.",
        "id-variants" | "id-type" => "Ids that both have rows stay two people: rows never move from one to the other.",
        _ => return None,
    })
}

pub(super) static ALIAS_ON_LOGIN: Kind = Kind {
    code: "alias-on-login",
    severity: Severity::Error,
    title: "alias is called again for an alias that is taken",
    why: "An alias keeps its first target, and no SDK learns that a later call is refused: what the device sent \
        before the call, and sends after it, stays under its anonymous id.",
    advice: "Call alias once, at sign-up, and identify at every login.",
    in_library: &[
        InLibrary {
            library: "Segment",
            advice: "Call analytics.alias once, at sign-up, and analytics.identify at every login.",
        },
        InLibrary {
            library: "RudderStack",
            advice: "Call rudderanalytics.alias once, at sign-up, and rudderanalytics.identify at every login.",
        },
        InLibrary {
            library: "PostHog",
            advice: "Call posthog.alias once, at sign-up, and posthog.identify at every login.",
        },
    ],
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
        InLibrary {
            library: "Segment",
            advice: "Call analytics.alias(userId, previousId): the new id is the first, or userId in an object.",
        },
        InLibrary { library: "RudderStack", advice: "Call rudderanalytics.alias(to, from): the new id is the first." },
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
    title: "a user signs up with only an identify call",
    why: "identify does not reach back: everything that the visitor did before stays under the anonymous id.",
    advice: "At sign-up, call alias first; an identify call does not join earlier rows.",
    in_library: &[
        InLibrary {
            library: "Segment",
            advice: "At sign-up call analytics.alias(userId) before analytics.identify(userId).",
        },
        InLibrary {
            library: "RudderStack",
            advice: "At sign-up call rudderanalytics.alias(userId) before rudderanalytics.identify(userId).",
        },
        InLibrary {
            library: "PostHog",
            advice: "At sign-up call posthog.alias(userId) before posthog.identify(userId): identify joins the past in PostHog, and not under these rules.",
        },
        InLibrary {
            library: "Amplitude",
            advice: "Amplitude has no alias and joins by device_id: for these rules send one $create_alias from the device_id to the user_id at sign-up.",
        },
        InLibrary {
            library: "Snowplow",
            advice: "Snowplow has no alias: for these rules send one $create_alias from the domain_userid to the user_id at sign-up.",
        },
    ],
    rule: "identity.md L9, §6 #3, #4",
};

pub(super) static NO_RESET: Kind = Kind {
    code: "no-reset",
    severity: Severity::Error,
    title: "two accounts sign up on one device without a reset between them",
    why: "Both become aliases of one root: the rows of two people are one timeline, for ever.",
    advice: "Call reset at logout, before another person signs up on the device.",
    in_library: &[
        InLibrary { library: "Segment", advice: "Call analytics.reset() at logout." },
        InLibrary {
            library: "RudderStack",
            advice: "Call rudderanalytics.reset(true) at logout: without true the anonymous id stays.",
        },
        InLibrary { library: "PostHog", advice: "Call posthog.reset() at logout." },
        InLibrary { library: "Amplitude", advice: "Call amplitude.reset() at logout." },
    ],
    rule: "identity.md §6 #8",
};

pub(super) static PLACEHOLDER_ID: Kind = Kind {
    code: "placeholder-id",
    severity: Severity::Error,
    title: "a value that stands for no id is used as one",
    why: "undefined, null or 0 as an id joins strangers: every visitor without an id becomes the same person.",
    advice: "Check the id before identify and alias; call reset, not identify, for a visitor who is not logged in.",
    in_library: &[
        InLibrary {
            library: "Segment",
            advice: "Check the userId before analytics.identify and analytics.alias; call analytics.reset() for a visitor who is not logged in.",
        },
        InLibrary {
            library: "RudderStack",
            advice: "Check the userId before rudderanalytics.identify; call rudderanalytics.reset(true) for a visitor who is not logged in.",
        },
        InLibrary {
            library: "PostHog",
            advice: "Check the id before posthog.identify; call posthog.reset() for a visitor who is not logged in.",
        },
        InLibrary {
            library: "Amplitude",
            advice: "Check the id before amplitude.setUserId; call amplitude.reset() for a visitor who is not logged in.",
        },
    ],
    rule: "identity.md L15, §6 #12, #13, #14",
};

pub(super) static SHARED_DEVICE: Kind = Kind {
    code: "shared-device",
    severity: Severity::Warning,
    title: "several users on one device without a reset between them",
    why: "Rows between one logout and the next login count for the earlier user.",
    advice: "Call reset at logout; rows between one logout and the next login count for the earlier user.",
    in_library: &[
        InLibrary {
            library: "Segment",
            advice: "Call analytics.reset() at logout; rows between one logout and the next login count for the earlier user.",
        },
        InLibrary {
            library: "RudderStack",
            advice: "Call rudderanalytics.reset(true) at logout: without true the anonymous id stays.",
        },
        InLibrary {
            library: "PostHog",
            advice: "Call posthog.reset() at logout; posthog.reset(true) makes a new device id as well.",
        },
        InLibrary { library: "Amplitude", advice: "Call amplitude.reset() at logout: it makes a new device_id." },
        InLibrary { library: "Snowplow", advice: "Call clearUserData at logout, and setUserId at the next login." },
    ],
    rule: "identity.md §6 #7",
};

pub(super) static ALIAS_RACE: Kind = Kind {
    code: "alias-race",
    severity: Severity::Warning,
    title: "rows overtake the alias that was to move them",
    why: "A row that arrives before the alias stays under the alias itself: nothing moves it later.",
    advice: "Send server rows with the client's distinct_id, or a second after the alias.",
    in_library: &[
        InLibrary {
            library: "Segment",
            advice: "Send server calls of a sign-up with the anonymousId of the browser, or a second after analytics.alias.",
        },
        InLibrary {
            library: "RudderStack",
            advice: "Send server calls of a sign-up with the anonymousId of the browser, or a second after rudderanalytics.alias.",
        },
        InLibrary {
            library: "PostHog",
            advice: "Capture server events of a sign-up with the distinct_id of the browser, or a second after the alias.",
        },
    ],
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
    why: "Ids are compared character by character: rows sent under one never reach the other.",
    advice: "Write an id in one way everywhere: trimmed, in one case, or the key of the user in a database.",
    in_library: &[],
    rule: "identity.md L14, §6 #16",
};

pub(super) static USER_STILL_ANONYMOUS: Kind = Kind {
    code: "user-still-anonymous",
    severity: Severity::Error,
    title: "rows carry a user and are still sent as an anonymous id",
    why: "The client knows the user, but no alias joins the anonymous id that it keeps sending: rows after the login are lost to the user.",
    advice: "Wait for the answer to alias before the page changes, and call identify when there was none.",
    in_library: &[InLibrary {
        library: "web",
        advice: "Change the page in the callback of mixpanel.alias(user_id, callback): a closed page loses the call, and the SDK never repeats it.",
    }],
    rule: "identity.md §6 #6, #26",
};

pub(super) static ANONYMOUS_ID_KEPT: Kind = Kind {
    code: "anonymous-id-kept",
    severity: Severity::Warning,
    title: "one anonymous id goes before the logins of several users",
    why: "The logout keeps the anonymous id, so what one person does before a login counts for another.",
    advice: "At logout call a reset that makes a new anonymous id.",
    in_library: &[
        InLibrary {
            library: "RudderLabs JavaScript SDK",
            advice: "Call rudderanalytics.reset(true): without true the anonymous id stays.",
        },
        InLibrary {
            library: "RudderStack",
            advice: "Call rudderanalytics.reset(true) at logout: reset() keeps the anonymous id.",
        },
        InLibrary {
            library: "Segment",
            advice: "Call analytics.reset() at logout, in the browser as well as on the server.",
        },
        InLibrary { library: "PostHog", advice: "Call posthog.reset() at logout." },
    ],
    rule: "identity.md §6 #10",
};

pub(super) static ALIAS_OF_ITSELF: Kind = Kind {
    code: "alias-of-itself",
    severity: Severity::Warning,
    title: "alias is called with one id twice",
    why: "Such a call joins nothing, so the past of the visitor stays behind.",
    advice: "Call alias with the user id while the client still has its anonymous id: before identify.",
    in_library: &[
        InLibrary {
            library: "Segment",
            advice: "Call analytics.alias(userId) before analytics.identify(userId): after it the client has no other id.",
        },
        InLibrary {
            library: "RudderStack",
            advice: "Call rudderanalytics.alias(userId) before rudderanalytics.identify(userId): after it the client has no other id.",
        },
    ],
    rule: "identity.md L12, §6 #4",
};

pub(super) static ALIAS_EMPTY: Kind = Kind {
    code: "alias-empty",
    severity: Severity::Warning,
    title: "alias is called without one of its ids",
    why: "The call joins nothing: mostly a variable was not set yet.",
    advice: "Call alias only if both ids are known.",
    in_library: &[],
    rule: "identity.md L15, §6 #12",
};

pub(super) static ALIAS_CYCLE: Kind = Kind {
    code: "alias-cycle",
    severity: Severity::Warning,
    title: "an alias call would close a circle",
    why: "Two programs call alias in opposite directions: the second call is refused, and one of the two is wrong.",
    advice: "Name the arguments: the alias is the new id, and the target is the id that has the rows.",
    in_library: &[
        InLibrary {
            library: "node",
            advice: "Call mixpanel.alias(distinct_id, alias): the id that has the rows is the first.",
        },
        InLibrary {
            library: "python",
            advice: "Call mp.alias(alias_id, original): the id that has the rows is the second.",
        },
    ],
    rule: "identity.md §1.1, §6 #20",
};

pub(super) static ALIAS_ANONYMOUS: Kind = Kind {
    code: "alias-anonymous",
    severity: Severity::Warning,
    title: "alias joins two anonymous ids",
    why: "No user is named, and an alias keeps its first target: the later alias of the user can be refused.",
    advice: "Give alias the id of the user, not a device id.",
    in_library: &[],
    rule: "identity.md §6 #18",
};

pub(super) static ALIAS_AND_IDENTIFY: Kind = Kind {
    code: "alias-and-identify-differ",
    severity: Severity::Warning,
    title: "alias and identify name different users in one moment",
    why: "A wrapper calls both and passes them different ids, which joins strangers.",
    advice: "Call alias and identify with the same id.",
    in_library: &[InLibrary {
        library: "react-native",
        advice: "Await mixpanel.alias(user_id), and never pass it an id that is not the client's own.",
    }],
    rule: "identity.md §2.2",
};

pub(super) static LATE_ALIAS_ANSWER: Kind = Kind {
    code: "late-alias-answer",
    severity: Severity::Warning,
    title: "the answer to alias comes after a reset",
    why: "The SDK calls identify when the answer comes: the next visitor counts for the user who has just left.",
    advice: "Call reset only after the callback of alias, or identify in its place.",
    in_library: &[],
    rule: "identity.md §7 C37",
};

pub(super) static IDENTIFY_BACK_TO_DEVICE: Kind = Kind {
    code: "identify-back-to-device",
    severity: Severity::Warning,
    title: "identify is called with an anonymous id while a user is logged in",
    why: "A logout that calls identify with a new id is no reset: the user and the next visitor are one client state.",
    advice: "At logout call reset, not identify.",
    in_library: &[InLibrary {
        library: "react-native",
        advice: "Await mixpanel.alias before identify: called one right after the other, they overtake each other.",
    }],
    rule: "identity.md §6 #11",
};

pub(super) static IDENTIFY_ITSELF: Kind = Kind {
    code: "identify-itself",
    severity: Severity::Warning,
    title: "identify is called without a new id",
    why: "An $identify of an id with itself says that the call had no value: the user stays unknown.",
    advice: "Call identify only with an id that the user has.",
    in_library: &[
        InLibrary {
            library: "web",
            advice: "Check the id before mixpanel.identify(id): without a value the SDK identifies the device with itself.",
        },
        InLibrary {
            library: "mParticle",
            advice: "Call mParticle.Identity.login only with a customerid: without one the kit identifies the device with itself.",
        },
        InLibrary { library: "Segment", advice: "Call analytics.identify with a userId: traits do not name a user." },
        InLibrary {
            library: "RudderStack",
            advice: "Call rudderanalytics.identify with a userId: traits do not name a user.",
        },
    ],
    rule: "identity.md §6 #30",
};

pub(super) static USER_IS_DEVICE: Kind = Kind {
    code: "user-is-device",
    severity: Severity::Warning,
    title: "rows have their device as their user",
    why: "A device that counts as a user is one more person for each browser.",
    advice: "Give the client the id of the user; leave it out for a visitor who is not logged in.",
    in_library: &[],
    rule: "identity.md §6 #28",
};

pub(super) static MERGE_IGNORED: Kind = Kind {
    code: "merge-ignored",
    severity: Severity::Warning,
    title: "$merge is sent to a project without ID Merge",
    why: "The call does nothing there: the ids stay two people.",
    advice: "Use alias, or switch the project to ID Merge.",
    in_library: &[InLibrary {
        library: "PostHog",
        advice: "$merge_dangerously does nothing under these rules: call posthog.alias before the second id has rows.",
    }],
    rule: "identity.md L9, §6 #22",
};

pub(super) static NEW_ID_EACH_VISIT: Kind = Kind {
    code: "new-id-each-visit",
    severity: Severity::Warning,
    title: "each visit has a new anonymous id",
    why: "Something resets the client at each page or start: what a visitor does is spread over ids that nothing joins.",
    advice: "Call reset only when a user logs out, and keep the storage of the SDK.",
    in_library: &[InLibrary {
        library: "web",
        advice: "Call reset only when a user logs out, and keep the storage: a client without one, as that for Figma, makes a new id at each open, so keep an id and call identify with it.",
    }],
    rule: "identity.md §6 #9",
};

pub(super) static ID_OF_MANY_DEVICES: Kind = Kind {
    code: "id-of-many-devices",
    severity: Severity::Warning,
    title: "one id has rows from very many devices",
    why: "A literal in place of a variable, or an account that many people use, makes strangers one person.",
    advice: "Pass the variable that holds the id of the user.",
    in_library: &[],
    rule: "identity.md L16, §6 #13",
};

pub(super) static TIME_IMPOSSIBLE: Kind = Kind {
    code: "time-impossible",
    severity: Severity::Warning,
    title: "rows happen before 2005 or long after they arrive",
    why: "The clock or the unit is wrong: such rows stand at the wrong place of the timeline.",
    advice: "Send milliseconds or seconds since 1970 in UTC, as the SDK does when no time is given.",
    in_library: &[],
    rule: "identity.md §4.1, §4.5",
};

pub(super) static ALIAS_REPEATED: Kind = Kind {
    code: "alias-repeated",
    severity: Severity::Note,
    title: "the same alias call is sent again and again",
    why: "Each call after the first does nothing, but each can overtake others when the direction or the id changes.",
    advice: "Call alias once, at sign-up, and remember that it was done.",
    in_library: &[],
    rule: "identity.md §6 #21",
};

pub(super) static ANONYMOUS_BEFORE_LOGIN: Kind = Kind {
    code: "anonymous-before-login",
    severity: Severity::Note,
    title: "a returning visitor is anonymous until the login",
    why: "No alias can reach these rows: under these rules a user has one anonymous past.",
    advice: "These rules cannot repair it; ID Merge joins such rows.",
    in_library: &[],
    rule: "identity.md §6 #23",
};

pub(super) static DEVICE_OF_MANY_USERS: Kind = Kind {
    code: "device-of-many-users",
    severity: Severity::Note,
    title: "one device has many users",
    why: "Staff who log in as customers, or a device of a shop, mix rows of users.",
    advice: "Do not identify when staff log in as a customer.",
    in_library: &[],
    rule: "identity.md §6 #31",
};

pub(super) static DEVICE_PREFIX_TWICE: Kind = Kind {
    code: "device-prefix-twice",
    severity: Severity::Note,
    title: "an id has the prefix $device: twice",
    why: "It is another device than with one prefix, so its rows belong to no user.",
    advice: "Pass the id as the SDK gives it, without adding a prefix.",
    in_library: &[],
    rule: "identity.md §6 #29",
};
