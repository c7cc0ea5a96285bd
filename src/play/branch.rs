//! Calls made by hand in the middle of a play, and calls left out.
//!
//! A changed play is a scenario like any other: the calls that follow are made as before, on
//! what the SDKs remember by then. What the scenario expected is no longer promised, so that
//! part is dropped.

use serde_json::{Map, Value};

use super::Play;
use crate::model::Millis;
use crate::sim::{Action, Call, Cause, Device, Expect, Scenario};

/// Why a text is no call that can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandError {
    /// Nothing that the prompt knows.
    #[error("no call is named {0:?}: write track, identify, alias or reset")]
    Unknown(String),
    /// A call without what it needs.
    #[error("{call} needs {what}: {example}")]
    Lacks {
        /// The call.
        call: &'static str,
        /// What is missing.
        what: &'static str,
        /// How it is written.
        example: &'static str,
    },
    /// A server has no such call.
    #[error("{0} is nothing that a server calls: write track or alias")]
    NotOnServer(&'static str),
    /// What stands for the properties of an event is no object of JSON.
    #[error("the properties are no JSON object ({0}): track Purchase {{\"price\": 20}}")]
    Properties(String),
    /// Something stands where nothing is expected.
    #[error("nothing is to follow there: {0}")]
    Rest(String),
}

/// Time between the call of a moment and one that is made by hand after it, in milliseconds.
const AFTER: Millis = 1000;

/// Reads a call as a person types it: `track Purchase`, `identify sally`, `alias sally`, `reset`.
///
/// On a server the id stands at the end: `track Purchase as sally`, `alias sally to 12345`;
/// web and app may name the target of an alias too. Brackets and quotes, as in code, do no harm. An event can
/// have properties: `track "Big Purchase" {"price": 20}`.
///
/// # Errors
/// When the text is no such call, or the device cannot make it.
pub fn read(text: &str, device: &Device) -> Result<Action, HandError> {
    let text = text.trim().trim_end_matches(';').trim_end_matches("()");
    let split = text.find(|c: char| c.is_whitespace() || c == '(').unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(split).unwrap_or((text, ""));
    let rest = rest.trim();
    // Only as a pair: an event may end in a bracket of its own.
    let rest = rest.strip_prefix('(').map_or(rest, |inside| inside.strip_suffix(')').unwrap_or(inside)).trim();
    let server = device.sdk.is_server();
    let unquoted = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
    // The last one counts: an id may have the word in it.
    let halves = |word: &str| match rest.rsplit_once(word) {
        Some((first, second)) if !second.trim().is_empty() => (unquoted(first), Some(unquoted(second))),
        _ => (unquoted(rest), None),
    };
    match name.to_ascii_lowercase().as_str() {
        "track" => {
            let Track { event, properties, id } = track(rest, server)?;
            if event.is_empty() || (server && id.is_none()) {
                let (what, example) = if server {
                    ("an event and an id", "track Purchase as sally")
                } else {
                    ("an event", "track Purchase")
                };
                return Err(HandError::Lacks { call: "track", what, example });
            }
            Ok(Action::Track { event, properties, id: id.map(Value::from) })
        }
        "identify" if server => Err(HandError::NotOnServer("identify")),
        "identify" if rest.is_empty() => {
            Err(HandError::Lacks { call: "identify", what: "an id", example: "identify sally" })
        }
        "identify" => Ok(Action::Identify { id: Value::from(unquoted(rest)) }),
        "alias" => {
            let (alias, id) = halves(" to ");
            if alias.is_empty() || (server && id.is_none()) {
                let (what, example) =
                    if server { ("an alias and an id", "alias sally to 12345") } else { ("an alias", "alias sally") };
                return Err(HandError::Lacks { call: "alias", what, example });
            }
            Ok(Action::Alias { alias: Value::from(alias), id: id.map(Value::from) })
        }
        "reset" if server => Err(HandError::NotOnServer("reset")),
        "reset" => Ok(Action::Reset),
        _ => Err(HandError::Unknown(name.to_owned())),
    }
}

/// What is tracked.
#[derive(Default)]
struct Track {
    event: String,
    properties: Map<String, Value>,
    id: Option<String>,
}

/// Reads `EVENT`, `"EVENT" {…}`, `EVENT {…} as ID`, and `"ID", "EVENT", {…}` as a server's code has it.
fn track(rest: &str, server: bool) -> Result<Track, HandError> {
    let plain = |text: &str| text.trim().trim_end_matches(',').trim().trim_matches(['"', '\'']).to_owned();
    let mut track = Track::default();
    let mut rest = rest;
    if let Some((first, after)) = quoted(rest) {
        track.event = first;
        rest = after.trim_start().trim_start_matches(',').trim_start();
        if let Some((second, after)) = quoted(rest).filter(|_| server) {
            track.id = Some(std::mem::replace(&mut track.event, second));
            rest = after.trim_start().trim_start_matches(',').trim_start();
        }
    } else {
        let object = rest.find(" {").or_else(|| rest.find(",{"));
        // The last one counts: a name may have the word in it.
        let owner = if server && object.is_none() { rest.rfind(" as ") } else { None };
        let (event, after) = rest.split_at(object.or(owner).unwrap_or(rest.len()));
        track.event = plain(event);
        rest = if owner.is_some() { after } else { after.trim_start_matches(',').trim_start() };
    }
    if rest.starts_with('{') {
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Map<String, Value>>();
        track.properties = match values.next() {
            Some(Ok(properties)) => properties,
            Some(Err(error)) => return Err(HandError::Properties(error.to_string())),
            None => Map::new(),
        };
        rest = rest.get(values.byte_offset()..).unwrap_or_default();
    }
    let rest = rest.trim();
    match rest.strip_prefix("as ").filter(|_| server) {
        Some(id) => track.id = Some(plain(id)),
        None if rest.is_empty() => {}
        None => return Err(HandError::Rest(rest.to_owned())),
    }
    track.id = track.id.filter(|id| !id.is_empty());
    Ok(track)
}

/// The text in quotes at the beginning, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    if let Some(rest) = text.strip_prefix('\'') {
        let (inside, after) = rest.split_once('\'')?;
        return Some((inside.to_owned(), after));
    }
    if !text.starts_with('"') {
        return None;
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let inside = values.next()?.ok()?;
    Some((inside, text.get(values.byte_offset()..)?))
}

/// The scenario with `action` made on a device after the call of `moment`, and the moment of it.
pub fn make(play: &Play, moment: usize, device: usize, action: Action) -> (Play, usize) {
    let mut scenario = changed(play.scenario());
    let now = play.step(moment).map_or(scenario.start, |step| step.at);
    let place = calls_until(play, moment);
    let at = match scenario.calls.get(place) {
        Some(next) => now + (next.at.saturating_sub(now) / 2).clamp(0, AFTER),
        None => now.saturating_add(AFTER),
    };
    scenario.calls.insert(place, Call { at, device, action, delay: 0, caption: None });
    let changed = Play::new(scenario).under(play.rules());
    let made = changed.run().steps.iter().position(|step| step.cause == Cause::Call(place));
    let moment = made.map_or(moment, |step| step + 1);
    (changed, moment)
}

/// The scenario without the call of `moment`, and the moment before it; `None` where nothing is
/// called or the SDK calls itself.
pub fn leave_out(play: &Play, moment: usize) -> Option<(Play, usize)> {
    let Cause::Call(call) = play.step(moment)?.cause else { return None };
    let mut scenario = changed(play.scenario());
    if call >= scenario.calls.len() {
        return None;
    }
    scenario.calls.remove(call);
    let changed = Play::new(scenario).under(play.rules());
    let moment = (moment - 1).min(changed.last());
    Some((changed, moment))
}

/// The same scenario with nothing promised.
fn changed(scenario: &Scenario) -> Scenario {
    Scenario { expect: Expect::default(), ..scenario.clone() }
}

/// Number of calls that were made up to a moment.
fn calls_until(play: &Play, moment: usize) -> usize {
    let so_far = play.run().steps.iter().take(moment);
    so_far.filter(|step| matches!(step.cause, Cause::Call(_))).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "name='x'\ntitle='t'\nlook_for='l'\nlesson='s'\nsearch='u'\nstart='2019-07-01T09:00:00Z'\n\
        [expect]\nroot='a'\n\
        [[device]]\nname='d'\nsdk='web-2.29'\nids=['a']\npage_views=false\n[[device]]\nname='s'\nsdk='server-python'\n\
        [[call]]\nat='1s'\ndevice='d'\ndo='track'\nevent='A'\n\
        [[call]]\nat='10s'\ndevice='d'\ndo='track'\nevent='B'\n";

    fn play() -> Play {
        Play::new(Scenario::parse("x.toml", TEXT).unwrap())
    }

    fn device(at: usize) -> Device {
        play().scenario().devices[at].clone()
    }

    #[test]
    fn a_call_is_read_as_typed_or_as_code() {
        let code = |text| read(text, &device(0)).map(|action| action.code());
        assert_eq!(code("track Big Purchase").unwrap(), "track(\"Big Purchase\")");
        assert_eq!(code("track(\"A\")").unwrap(), "track(\"A\")");
        assert_eq!(code(" identify  u@x ").unwrap(), "identify(\"u@x\")");
        assert_eq!(code("alias u").unwrap(), "alias(\"u\")");
        assert_eq!(code("alias u to a").unwrap(), "alias(\"u\", \"a\")");
        assert_eq!(code("reset()").unwrap(), "reset()");
        let code = |text| read(text, &device(1)).map(|action| action.code());
        assert_eq!(code("track Sent as is as u").unwrap(), "track(\"u\", \"Sent as is\")");
    }

    #[test]
    fn an_event_is_read_with_its_quotes_and_its_properties() {
        let tracked = |text, at| match read(text, &device(at)).unwrap() {
            Action::Track { event, properties, id } => {
                (event, Value::from(properties).to_string(), id.map(|id| id.as_str().unwrap().to_owned()))
            }
            other => panic!("{other:?}"),
        };
        let is = |event: &str, properties: &str, id: Option<&str>| {
            (event.to_owned(), properties.to_owned(), id.map(str::to_owned))
        };
        for text in [
            r#"track Big Purchase {"price": 20}"#,
            r#"track "Big Purchase" {"price": 20}"#,
            r#"track("Big Purchase", {"price": 20});"#,
            r#"track('Big Purchase',{"price":20})"#,
            r#"track Big Purchase,{"price":20}"#,
        ] {
            assert_eq!(tracked(text, 0), is("Big Purchase", r#"{"price":20}"#, None), "{text}");
        }
        assert_eq!(tracked(r#"track "a \"b\" {c}""#, 0), is(r#"a "b" {c}"#, "{}", None));
        assert_eq!(tracked(r#"track A {"as": "b as c", "d": {"e": [1]}}"#, 0).1, r#"{"as":"b as c","d":{"e":[1]}}"#);
        for text in [r#"track A {"b": 1} as u"#, r#"track "A" {"b": 1} as "u""#, r#"track("u", "A", {"b": 1})"#] {
            assert_eq!(tracked(text, 1), is("A", r#"{"b":1}"#, Some("u")), "{text}");
        }
        assert_eq!(tracked(r#"track("u", "Sent as is")"#, 1), is("Sent as is", "{}", Some("u")));
        let why = |text, at| read(text, &device(at)).unwrap_err().to_string();
        assert!(why(r#"track A {"b": }"#, 0).starts_with("the properties are no JSON object"));
        assert!(why(r#"track A {"b": 1"#, 0).starts_with("the properties are no JSON object"));
        assert_eq!(why(r#"track "A" soon"#, 0), "nothing is to follow there: soon");
        assert_eq!(why(r#"track A {"b": 1}"#, 1), "track needs an event and an id: track Purchase as sally");
    }

    #[test]
    fn an_unknown_call_is_reported_with_those_that_exist() {
        let why = |text, at| read(text, &device(at)).unwrap_err().to_string();
        assert_eq!(why("fly", 0), "no call is named \"fly\": write track, identify, alias or reset");
        assert_eq!(why("identify", 0), "identify needs an id: identify sally");
        assert_eq!(why("track A", 1), "track needs an event and an id: track Purchase as sally");
        assert_eq!(why("reset", 1), "reset is nothing that a server calls: write track or alias");
    }

    #[test]
    fn a_call_by_hand_stands_after_the_moment_and_the_rest_continues() {
        let (changed, moment) = make(&play(), 1, 0, Action::Identify { id: Value::from("u") });
        let codes: Vec<&str> = changed.run().steps.iter().map(|step| step.code.as_str()).collect();
        assert_eq!(codes, ["track(\"A\")", "identify(\"u\")", "track(\"B\")"]);
        assert_eq!(moment, 2);
        assert_eq!(changed.run().steps[2].after.distinct_id.as_deref(), Some("u"), "B is sent under the new id");
        assert!(changed.scenario().expect.is_empty(), "nothing is promised any more");
        let (again, moment) = leave_out(&changed, moment).unwrap();
        assert_eq!((again.run(), moment), (play().run(), 1));
    }

    #[test]
    fn a_call_can_be_made_before_the_first_and_after_the_last() {
        let (first, moment) = make(&play(), 0, 0, Action::Reset);
        assert_eq!((first.run().steps[0].code.as_str(), moment), ("reset()", 1));
        let (last, moment) = make(&play(), 2, 0, Action::Reset);
        assert_eq!((last.run().steps[2].code.as_str(), moment), ("reset()", 3));
        assert!(leave_out(&play(), 0).is_none());
    }

    #[test]
    fn a_changed_play_is_a_scenario_that_can_be_saved() {
        let (changed, _) = make(&play(), 1, 0, Action::Alias { alias: Value::from("u"), id: None });
        let saved = Scenario::parse("y.toml", &changed.scenario().to_toml()).unwrap();
        assert_eq!(Play::new(saved).run(), changed.run());
    }
}
