//! Properties as a tree that can be folded, every token as it is stored.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A value: its JSON text, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// The JSON text, numbers with every digit.
    pub(super) json: String,
    /// Members with their names or numbers; empty for anything but a list or an object.
    pub(super) members: Vec<(String, Node)>,
}

/// A deeper value is shown as its text.
const DEEPEST: usize = 40;

impl Node {
    /// Reads JSON; text that is none becomes a value without members.
    pub(super) fn read(json: &str) -> Self {
        Self::at(json, 0)
    }

    fn at(json: &str, depth: usize) -> Self {
        let json = json.trim();
        let members = match json.as_bytes().first() {
            Some(b'{') if depth < DEEPEST => serde_json::from_str::<Members<'_>>(json).map(|members| members.0).ok(),
            Some(b'[') if depth < DEEPEST => serde_json::from_str::<Vec<&RawValue>>(json)
                .map(|list| list.iter().enumerate().map(|(at, value)| (format!("[{at}]"), value.get())).collect())
                .ok(),
            _ => None,
        };
        let members = members.unwrap_or_default();
        Self {
            json: json.to_owned(),
            members: members.into_iter().map(|(name, value)| (name, Self::at(value, depth + 1))).collect(),
        }
    }

    /// The value at a name, or at names with dots between them.
    pub(super) fn at_path(&self, path: &str) -> Option<&Self> {
        let member = |name: &str| self.members.iter().rev().find(|(other, _)| other == name).map(|(_, node)| node);
        let inside = |dot: usize| member(path.get(..dot)?)?.at_path(path.get(dot + 1..)?);
        member(path).or_else(|| path.match_indices('.').find_map(|(dot, _)| inside(dot)))
    }

    /// A text without its quotes, anything else as JSON.
    pub(super) fn text(&self) -> String {
        if self.json.starts_with('"') {
            return serde_json::from_str(&self.json).unwrap_or_else(|_| self.json.clone());
        }
        self.json.clone()
    }

    /// What stands for a list or object that is folded.
    pub(super) fn folded(&self) -> String {
        let count = self.members.len();
        let (open, close, word) = if self.json.starts_with('[') { ('[', ']', "value") } else { ('{', '}', "property") };
        let word = match (count, word) {
            (1, word) => word.to_owned(),
            (_, "property") => "properties".to_owned(),
            (_, word) => format!("{word}s"),
        };
        format!("{open}{count} {word}{close}")
    }
}

/// The members of an object in the order of the text, also those that stand twice.
struct Members<'a>(Vec<(String, &'a str)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Vec<(String, &'de str)>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    let value: &RawValue = map.next_value()?;
                    members.push((name, value.get()));
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(All).map(Members)
    }
}

/// Who sets a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The app.
    Yours,
    /// The library.
    Sdk,
    /// The server, on arrival.
    Server,
}

/// Properties that the server adds.
const SERVERS: &[&str] = &[
    "mp_processing_time_ms",
    "mp_country_code",
    "$mp_api_endpoint",
    "$mp_api_timestamp_ms",
    "$city",
    "$region",
    "$geo_source",
    "$import",
    "$warnings",
];

/// Who sets a property, by its name.
pub(super) fn owner(name: &str) -> Owner {
    if SERVERS.contains(&name) {
        Owner::Server
    } else if name.starts_with('$') || name.starts_with("mp_") || matches!(name, "token" | "distinct_id" | "time") {
        Owner::Sdk
    } else {
        Owner::Yours
    }
}

/// What differs between the properties of two rows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change<'a> {
    /// It was not there before.
    New(&'a str, &'a Node),
    /// It is not there any more.
    Gone(&'a str, &'a Node),
    /// From the one value to the other.
    Other(&'a str, &'a Node, &'a Node),
}

/// Properties that are never the same twice.
const ALWAYS: &[&str] = &["time", "$insert_id", "mp_processing_time_ms", "$mp_api_timestamp_ms", "$time", "$event_id"];

/// What has changed from `before` to `now`, without what always changes.
pub(super) fn changes<'a>(before: &'a Node, now: &'a Node) -> Vec<Change<'a>> {
    let find =
        |of: &'a Node, name: &str| of.members.iter().rev().find(|(other, _)| other == name).map(|(_, node)| node);
    let counts = |name: &str| !ALWAYS.contains(&name);
    let mut changes = Vec::new();
    for (name, node) in now.members.iter().filter(|(name, _)| counts(name)) {
        match find(before, name) {
            None => changes.push(Change::New(name, node)),
            Some(old) if old.json != node.json => changes.push(Change::Other(name, old, node)),
            Some(_) => {}
        }
    }
    let gone = before.members.iter().filter(|(name, _)| counts(name) && find(now, name).is_none());
    changes.extend(gone.map(|(name, node)| Change::Gone(name, node)));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_keeps_every_token() {
        let node = Node::read(r#"{"total":12345678901234567890.10,"a":[],"s":"x\u0041","o":{"k":[1,2.0]},"s":2}"#);
        let shown: Vec<(&str, &str)> =
            node.members.iter().map(|(name, node)| (name.as_str(), node.json.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("total", "12345678901234567890.10"),
                ("a", "[]"),
                ("s", r#""x\u0041""#),
                ("o", r#"{"k":[1,2.0]}"#),
                ("s", "2")
            ]
        );
        assert_eq!(node.members[2].1.text(), "xA");
        assert_eq!(node.members[3].1.folded(), "{1 property}");
        assert_eq!(node.members[3].1.members[0].1.folded(), "[2 values]");
    }

    #[test]
    fn text_that_is_no_json_and_what_is_too_deep_stay_as_they_are() {
        assert_eq!(Node::read("oops"), Node { json: "oops".into(), members: vec![] });
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        let node = Node::read(&deep);
        assert_eq!((node.json.len(), node.members.len()), (1_000, 1));
    }

    #[test]
    fn properties_of_apps_and_of_sdks_are_distinguished() {
        for (name, who) in [
            ("plan", Owner::Yours),
            ("$os", Owner::Sdk),
            ("mp_lib", Owner::Sdk),
            ("time", Owner::Sdk),
            ("mp_processing_time_ms", Owner::Server),
            ("$city", Owner::Server),
        ] {
            assert_eq!(owner(name), who, "{name}");
        }
    }

    #[test]
    fn what_changed_is_what_is_new_gone_or_other() {
        let before = Node::read(r#"{"a":1,"b":2,"c":3,"time":1}"#);
        let now = Node::read(r#"{"a":1,"b":"2","d":4,"time":2}"#);
        let texts: Vec<String> = changes(&before, &now).iter().map(|change| format!("{change:?}")).collect();
        assert_eq!(texts.len(), 3);
        assert!(
            texts[0].starts_with("Other(\"b\"")
                && texts[1].starts_with("New(\"d\"")
                && texts[2].starts_with("Gone(\"c\"")
        );
    }
}
