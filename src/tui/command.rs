//! The command that shows what a screen shows, as a shell reads it.

use std::fmt::Write as _;

use crate::model::Id;
use crate::model::facts::Arrival;
use crate::model::time::rfc3339;

use super::when::Zone;

/// What every command needs besides what it is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Base {
    /// The store to name; none where the program finds it by itself.
    pub store: Option<String>,
    /// The zone that the program begins with.
    pub first_zone: Zone,
    /// Whether the screens have pseudonyms.
    pub redacts: bool,
    /// The rule set that was chosen, if one was.
    pub rules: Option<&'static str>,
}

/// A journey as it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// Whose.
    pub id: &'a Id,
    /// The rows that are shown; empty for all.
    pub filter: &'a str,
    /// Up to which arrival.
    pub as_of: Option<Arrival>,
    /// The zone of the times.
    pub zone: Zone,
}

impl Base {
    /// `journey show`.
    pub fn show(&self, shown: &Shown<'_>) -> String {
        let mut words = self.judged("show", Some(shown.zone));
        if !shown.filter.is_empty() {
            words.extend(["--filter".to_owned(), shell(shown.filter)]);
        }
        words.extend(as_of(shown.as_of));
        finish(words, &[shown.id.as_str()])
    }

    /// `journey graph`.
    pub fn graph(&self, id: &Id, moment: Option<Arrival>) -> String {
        let mut words = self.judged("graph", None);
        words.extend(as_of(moment));
        finish(words, &[id.as_str()])
    }

    /// `journey search`.
    pub fn search(&self, text: &str) -> String {
        finish(self.judged("search", None), &[text])
    }

    /// `journey diff`.
    pub fn diff(&self, one: &Id, other: &Id, zone: Zone) -> String {
        finish(self.judged("diff", Some(zone)), &[one.as_str(), other.as_str()])
    }

    /// `journey demo`: of a scenario, or the list.
    pub fn demo(scenario: Option<&str>) -> String {
        match scenario {
            Some(name) => finish(vec!["journey".to_owned(), "demo".to_owned()], &[name]),
            None => "journey demo --list".to_owned(),
        }
    }

    /// A command of these words: its name, then what it is given.
    pub fn of(&self, words: &[String]) -> String {
        let Some((command, arguments)) = words.split_first() else { return String::new() };
        let mut all = self.begin(command, None);
        all.extend(arguments.iter().map(|word| shell(word)));
        finish(all, &[])
    }

    /// A command whose answer depends on the rule set.
    fn judged(&self, command: &str, zone: Option<Zone>) -> Vec<String> {
        let mut words = self.begin(command, zone);
        words.extend(self.rules.map(|rules| format!("--rules {rules}")));
        words
    }

    fn begin(&self, command: &str, zone: Option<Zone>) -> Vec<String> {
        let mut words = vec!["journey".to_owned(), command.to_owned()];
        if let Some(store) = &self.store {
            words.push(option("--store", store));
        }
        if self.redacts {
            words.push("--redact".to_owned());
        }
        // Without the option a command begins with the zone that this program began with.
        if let Some(zone) = zone.filter(|zone| *zone != Zone::Utc || self.first_zone != Zone::Utc) {
            words.extend(["--timezone".to_owned(), shell(zone.name())]);
        }
        words
    }
}

/// An option whose value may begin with a dash.
fn option(name: &str, value: &str) -> String {
    if value.starts_with('-') { format!("{name}={}", shell(value)) } else { format!("{name} {}", shell(value)) }
}

fn as_of(moment: Option<Arrival>) -> impl Iterator<Item = String> {
    moment.into_iter().flat_map(|moment| ["--as-of".to_owned(), shell(&rfc3339(moment.at))])
}

/// Puts the arguments behind the options, where a dash begins no option.
fn finish(mut words: Vec<String>, arguments: &[&str]) -> String {
    if arguments.iter().any(|argument| argument.starts_with('-')) {
        words.push("--".to_owned());
    }
    words.extend(arguments.iter().map(|argument| shell(argument)));
    words.join(" ")
}

/// A word for a shell, in quotes where it needs them.
///
/// A character that acts on a terminal is written as `$'\033'`, which bash, zsh and ksh read: what
/// is pasted into a shell would act there before it is read.
pub fn shell(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    if !text.chars().any(char::is_control) {
        return format!("'{}'", text.replace('\'', "'\\''"));
    }
    let mut word = String::from("$'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => word.extend(['\\', c]),
            '\n' => word.push_str("\\n"),
            '\t' => word.push_str("\\t"),
            c if c.is_control() => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    // Three digits always: what follows cannot be taken for one more.
                    let _ = write!(word, "\\{byte:03o}");
                }
            }
            c => word.push(c),
        }
    }
    word.push('\'');
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(id: &Id) -> Shown<'_> {
        Shown { id, filter: "", as_of: None, zone: Zone::Utc }
    }

    #[test]
    fn a_shell_reads_a_word_as_it_was() {
        assert_eq!(shell("sally@gmail.com"), "sally@gmail.com");
        assert_eq!(shell("$device:1 x"), "'$device:1 x'");
        assert_eq!(shell("it's"), r"'it'\''s'");
        assert_eq!(shell(""), "''");
        assert_eq!(shell("a\x1b[2J'\\1"), r"$'a\033[2J\'\\1'");
    }

    #[test]
    fn every_word_comes_out_of_a_shell_as_it_went_in() {
        for word in
            ["it's", "a b", "$HOME `id` \"q\" \\", "-rf", "*?[a]{b,c}~!#", "two\nlines\t", "日本語", "a\u{1b}7\u{9b}é"]
        {
            let out = std::process::Command::new("bash").args(["-c", &format!("printf %s {}", shell(word))]).output();
            let Ok(out) = out else { return };
            assert_eq!(String::from_utf8_lossy(&out.stdout), word, "{}", shell(word));
        }
    }

    #[test]
    fn an_id_that_begins_with_a_dash_is_no_option() {
        let base = Base::default();
        assert_eq!(base.show(&shown(&Id::new("-x"))), "journey show -- -x");
        assert_eq!(base.diff(&Id::new("a"), &Id::new("--b"), Zone::Utc), "journey diff -- a --b");
        assert_eq!(base.search("-1"), "journey search -- -1");
        let base = Base { store: Some("-s.db".into()), ..Base::default() };
        assert_eq!(base.search("x"), "journey search --store=-s.db x");
    }

    #[test]
    fn what_holds_on_the_screen_holds_for_the_command() {
        let base =
            Base { store: Some("my shop.db".into()), first_zone: Zone::Utc, redacts: true, rules: Some("posthog") };
        let id = Id::new("it's me");
        let all = Shown {
            filter: "event:\"a b\" -is:orphan",
            as_of: Some(Arrival::end_of(1_562_785_200_098)),
            zone: Zone::Named(chrono_tz::Europe::Paris),
            ..shown(&id)
        };
        assert_eq!(
            base.show(&all),
            "journey show --store 'my shop.db' --redact --timezone Europe/Paris --rules posthog --filter 'event:\"a b\" -is:orphan' \
             --as-of 2019-07-10T19:00:00.098Z 'it'\\''s me'"
        );
        let base = Base { first_zone: Zone::Named(chrono_tz::Europe::Paris), ..Base::default() };
        assert_eq!(base.show(&shown(&id)), "journey show --timezone UTC 'it'\\''s me'");
    }
}
