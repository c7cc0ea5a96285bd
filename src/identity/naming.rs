//! What people and ids are called: the one place that decides it, for every screen and report.
//!
//! A person has the name that [profiles](super::profile) say, else an address of them, else an id that
//! names a known person, else the id that a machine made ([`Journey::best_name`]). In a sentence the letter of its
//! lane stands for a long id: what it is stands in the legend, and 56 characters of it hide what
//! the sentence says.

use std::borrow::Cow;

use super::journey::Journey;
use crate::model::alike::visible_id;
use crate::model::{Id, Shape};

/// Ids that a sentence is shorter without, in characters.
const LONG_ID: usize = 24;

/// Lanes whose ids are looked for in a sentence.
const LANES: usize = 200;

/// The name of a lane: `A`, `B`, … `Z`, then `27`, `28`, ….
pub fn letter(lane: usize) -> String {
    match u8::try_from(lane) {
        Ok(small @ 0..26) => char::from(b'A' + small).to_string(),
        _ => lane.saturating_add(1).to_string(),
    }
}

/// A person with the id that was asked for: `Sally Doe (sally@example.com)`, the id alone where no
/// name is known. Of a long id both ends are shown.
pub fn called(journey: &Journey) -> String {
    named(journey.name().as_deref(), &journey.query)
}

/// The same of any name and id.
pub fn named(name: Option<&str>, id: &Id) -> String {
    let id = short(&visible_id(id.as_str()));
    match name {
        Some(name) if name != id => format!("{name} ({id})"),
        _ => id,
    }
}

/// An id of which at most 24 characters stay, those at both ends.
pub fn short(id: &str) -> String {
    const END: usize = 11;
    let characters = id.chars().count();
    // An address is read as a whole.
    if characters <= LONG_ID || Id::new(id).shape() == Shape::Email {
        return id.to_owned();
    }
    let head: String = id.chars().take(END).collect();
    let tail: String = id.chars().skip(characters - END).collect();
    format!("{head}…{tail}")
}

/// A sentence with both ends of each long id that a machine made, and no more of it.
pub fn shortened(text: &str) -> String {
    let is_end = |c: char| c.is_whitespace() || "()[],;\"'“”".contains(c);
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.find(is_end).unwrap_or(rest.len()));
        let bare = word.trim_end_matches(['.', ':', '?', '!']);
        let is_of_a_machine = matches!(Id::new(bare).shape(), Shape::Device | Shape::Guid | Shape::WebAnonymous);
        said.push_str(&if is_of_a_machine { short(bare) } else { bare.to_owned() });
        said.push_str(word.get(bare.len()..).unwrap_or_default());
        let (between, after) = after.split_at(after.chars().next().map_or(0, char::len_utf8));
        said.push_str(between);
        rest = after;
    }
    said
}

/// The words that stand for ids in sentences about a journey.
#[derive(Clone, Debug, Default)]
pub struct Letters<'a> {
    /// The ids of lanes with their letters.
    lanes: Vec<(&'a Id, String)>,
    /// Other people, by their roots.
    others: Vec<(&'a Id, &'a str)>,
    /// Ids that can be taken for others, with the places where they can be.
    odd: Vec<(&'a Id, String)>,
}

impl<'a> Letters<'a> {
    /// Those of a journey: a letter for each id of the user, then one for each orphan.
    pub fn of(journey: &'a Journey) -> Self {
        let mut lanes: Vec<(&Id, String)> = Vec::new();
        for (lane, member) in journey.ids.iter().enumerate() {
            lanes.push((&member.id, letter(lane)));
        }
        for (lane, orphan) in (journey.ids.len()..).zip(&journey.orphans) {
            let mut ids: Vec<&Id> = std::iter::once(&orphan.id).chain(&orphan.ids).collect();
            ids.dedup();
            lanes.extend(ids.into_iter().map(|id| (id, letter(lane))));
        }
        let others = journey.names.iter().map(|(root, name)| (root, name.as_str())).collect();
        let alike = journey.alike.iter().flat_map(|alike| [&alike.id, &alike.of]);
        let ids =
            lanes.iter().map(|(id, _)| *id).chain(alike).chain(journey.neighbours.iter().map(|other| &other.root));
        let odd = ids.filter_map(|id| match visible_id(id.as_str()) {
            Cow::Owned(shown) => Some((id, shown)),
            Cow::Borrowed(_) => None,
        });
        let odd = odd.collect();
        Self { lanes, others, odd }
    }

    /// The letter of an id; `None` where it has no lane.
    pub fn of_id(&self, id: &Id) -> Option<&str> {
        self.lanes.iter().find(|(known, _)| *known == id).map(|(_, letter)| letter.as_str())
    }

    /// A sentence with the letter of its lane for each long id, and the name of each other person.
    pub fn sentence(&self, text: &str) -> String {
        let lanes = self.lanes.iter().take(LANES).map(|(id, letter)| (id.as_str(), letter.as_str()));
        let lanes = lanes.filter(|(id, _)| id.chars().count() >= LONG_ID);
        // A person can be called by an alias that the sentence is about: then the two stay separate.
        let others =
            self.others.iter().map(|(root, name)| (root.as_str(), *name)).filter(|(_, name)| !text.contains(name));
        let odd = self.odd.iter().map(|(id, shown)| (id.as_str(), shown.as_str()));
        // Where an id has a letter or a name, that comes first.
        let mut known: Vec<(&str, &str)> = lanes.chain(others).chain(odd).filter(|(id, _)| text.contains(id)).collect();
        // An id can be a part of another.
        known.sort_by_key(|(id, _)| std::cmp::Reverse(id.len()));
        replaced(text, &known)
    }
}

/// A text with words for the ids in it, where they stand as words of their own.
fn replaced(text: &str, known: &[(&str, &str)]) -> String {
    let mut said = String::with_capacity(text.len());
    let mut before: Option<char> = None;
    let mut rest = text;
    'all: while !rest.is_empty() {
        // A `$user_id` is shown as the row has it.
        if before.is_none_or(|before| !before.is_alphanumeric()) && !said.ends_with("$user_id ") {
            for (id, name) in known {
                if let Some(after) = rest.strip_prefix(id)
                    && after.chars().next().is_none_or(|next| !(next.is_alphanumeric() || next == '-' || next == '@'))
                {
                    said.push_str(name);
                    before = id.chars().next_back();
                    rest = after;
                    continue 'all;
                }
            }
        }
        let mut chars = rest.chars();
        before = chars.next();
        said.extend(before);
        rest = chars.as_str();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{LEGACY, Member, Role};

    const MACHINE: &str = "16bdd540700c42-07237873695bac-1a3ef597-13c680-16bdd540700ed4";

    #[test]
    fn a_name_goes_with_its_id_and_a_long_id_shows_both_ends() {
        let machine = Id::new(MACHINE);
        assert_eq!(named(Some("Sally Doe"), &Id::new("s@x.io")), "Sally Doe (s@x.io)");
        assert_eq!(named(Some("s@x.io"), &Id::new("s@x.io")), "s@x.io");
        assert_eq!(named(None, &machine), "16bdd540700…dd540700ed4");
        let address = "a.very.long.address.of.a.customer@customers.example.com";
        assert_eq!(named(None, &Id::new(address)), address);
    }

    #[test]
    fn a_word_stands_for_an_id_only_where_the_id_is_a_word() {
        let known = [(MACHINE, "B"), ("777", "Olga Berg")];
        for (text, expected) in [
            (format!("from {MACHINE} to 777."), "from B to Olga Berg.".to_owned()),
            (format!("({MACHINE}, 777)"), "(B, Olga Berg)".to_owned()),
            ("7777, a777, 777-1, 777@x.io".to_owned(), "7777, a777, 777-1, 777@x.io".to_owned()),
            (format!("$device:{MACHINE}"), "$device:B".to_owned()),
            ("the $user_id 777 of 777".to_owned(), "the $user_id 777 of Olga Berg".to_owned()),
        ] {
            assert_eq!(replaced(&text, &known), expected);
        }
    }

    #[test]
    fn a_person_is_not_called_by_an_alias_that_the_sentence_is_about() {
        let [root, other] = [Id::new("12345"), Id::new("777")];
        let letters =
            Letters { lanes: Vec::new(), others: vec![(&root, "sally@x.io"), (&other, "Olga Berg")], odd: Vec::new() };
        assert_eq!(letters.sentence("sally@x.io points at 12345 already."), "sally@x.io points at 12345 already.");
        assert_eq!(letters.sentence("A row names 12345, and 777 too."), "A row names sally@x.io, and Olga Berg too.");
    }

    #[test]
    fn a_sentence_shows_both_ends_of_ids_that_a_machine_made() {
        let text = format!("4 rows are sent as {MACHINE}, under ({MACHINE}) or {MACHINE}.");
        let short = short(MACHINE);
        assert_eq!(shortened(&text), format!("4 rows are sent as {short}, under ({short}) or {short}."));
        let text = "a.very.long.address.of.a.customer@customers.example.com: supercalifragilisticexpialidocious.";
        assert_eq!(shortened(text), text);
    }

    #[test]
    fn lanes_have_letters_and_then_numbers() {
        assert_eq!([0, 25, 26].map(letter), ["A", "Z", "27"]);
    }

    #[test]
    fn the_letter_of_a_lane_stands_for_a_long_id_and_not_for_a_short_one() {
        let member = |id: &str| Member {
            id: Id::new(id),
            role: Role::Alias,
            anonymous: false,
            events: 0,
            first: None,
            last: None,
        };
        let journey = Journey::of_nothing(&Id::new("12345"), LEGACY);
        let journey = Journey { ids: vec![member("12345"), member(MACHINE)], ..journey };
        let letters = Letters::of(&journey);
        assert_eq!(letters.of_id(&Id::new("12345")), Some("A"));
        assert_eq!(letters.of_id(&Id::new(MACHINE)), Some("B"));
        assert_eq!(letters.of_id(&Id::new("sally")), None);
        assert_eq!(letters.sentence(&format!("12345 leads to {MACHINE}.")), "12345 leads to B.");
    }
}
