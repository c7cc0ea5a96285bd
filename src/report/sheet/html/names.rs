//! How ids are called on the page: each id of the user has a letter, each orphan a number.
//!
//! A sentence names an id in full once, then by its letter alone; rows show the letter and both
//! ends of a long id.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use super::Sheet;
use crate::model::Id;
use crate::report::look::Look;
use crate::report::svg::escape;

/// Columns of an id in a row.
const SHORT: usize = 22;

/// The letters of ids.
pub(super) struct Names<'a> {
    tags: HashMap<&'a Id, Tag>,
    /// The tags that the current paragraph named in full.
    named: RefCell<HashSet<Tag>>,
}

/// What stands in the box of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Tag {
    /// An id of the user, by its place among them.
    Own(usize),
    /// An orphan, by its place in order of time.
    Orphan(usize),
}

impl Tag {
    /// `A`, `B`, … `Z`, `A26`, …; `1`, `2`, … for orphans.
    pub(super) fn text(self) -> String {
        match self {
            Self::Own(number) => match u8::try_from(number) {
                Ok(small @ 0..26) => char::from(b'A' + small).to_string(),
                _ => format!("A{number}"),
            },
            Self::Orphan(number) => (number + 1).to_string(),
        }
    }

    /// The box.
    fn html(self) -> String {
        let out = if matches!(self, Self::Orphan(_)) { " out" } else { "" };
        format!("<i class=\"box{out}\">{}</i>", self.text())
    }
}

impl<'a> Names<'a> {
    pub(super) fn of(sheet: &Sheet<'a>) -> Self {
        let journey = sheet.journey();
        let mut tags: HashMap<&Id, Tag> = HashMap::new();
        for (number, member) in journey.ids.iter().enumerate() {
            tags.insert(&member.id, Tag::Own(number));
        }
        let mut orphans: Vec<_> = journey.orphans.iter().collect();
        orphans.sort_by_key(|orphan| orphan.steps.first().map(|step| step.event.place()));
        for (number, orphan) in orphans.into_iter().enumerate() {
            for id in std::iter::once(&orphan.id).chain(&orphan.ids) {
                tags.entry(id).or_insert(Tag::Orphan(number));
            }
        }
        Self { tags, named: RefCell::default() }
    }

    pub(super) fn tag(&self, id: &Id) -> Option<Tag> {
        self.tags.get(id).copied()
    }

    /// An id with its box, long ones shortened.
    pub(super) fn short(&self, id: &Id, look: &Look) -> String {
        let whole = look.whole_id(id.as_str());
        let short = look.id(id.as_str(), SHORT);
        let title = if short == whole { String::new() } else { format!(" title=\"{}\"", escape(&whole)) };
        let tag = self.tag(id).map(Tag::html).unwrap_or_default();
        format!("<span class=\"id\"{title}>{tag}<span>{}</span></span>", escape(&short))
    }

    /// An id with its box, whole.
    pub(super) fn whole(&self, id: &Id, look: &Look) -> String {
        let tag = self.tag(id).map(Tag::html).unwrap_or_default();
        let whole = escape(&look.whole_id(id.as_str()));
        format!("<span class=\"id\" title=\"{whole}\">{tag}<span>{whole}</span></span>")
    }

    /// Where the tree of ids stands for an id.
    pub(super) fn anchor(&self, id: &Id) -> Option<String> {
        self.tag(id).map(|tag| format!("i{}", tag.text()))
    }

    /// A sentence as a paragraph of its own.
    pub(super) fn prose(&self, text: &str, look: &Look) -> String {
        self.named.borrow_mut().clear();
        let mut html = String::with_capacity(text.len() + 64);
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(|c: char| c.is_whitespace() || "()[],;\"“”".contains(c)).unwrap_or(rest.len());
            let (word, tail) = rest.split_at(end);
            self.word(&mut html, word, look);
            let (between, tail) = tail.split_at(tail.chars().next().map_or(0, char::len_utf8));
            html.push_str(&escape(between));
            rest = tail;
        }
        html
    }

    /// A word of a sentence, which may be an id.
    fn word(&self, html: &mut String, word: &str, look: &Look) {
        let bare = word.trim_end_matches(['.', ':', '?', '!']);
        for text in [word, bare] {
            if let Some((tag, end)) = self.find(text).zip(word.get(text.len()..)) {
                self.mention(html, tag, text, look);
                html.push_str(&escape(end));
                return;
            }
        }
        html.push_str(&escape(word));
    }

    fn find(&self, text: &str) -> Option<Tag> {
        if text.is_empty() {
            return None;
        }
        let id = Id::new(text);
        self.tag(&id).or_else(|| self.tag(&id.other_device_form()))
    }

    fn mention(&self, html: &mut String, tag: Tag, text: &str, look: &Look) {
        let out = if matches!(tag, Tag::Orphan(_)) { " out" } else { "" };
        let name = tag.text();
        let _ = write!(html, "<a class=\"box{out}\" href=\"#i{name}\">{name}</a>");
        if self.named.borrow_mut().insert(tag) {
            let _ = write!(html, " <code>{}</code>", escape(&look.id(text, SHORT)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tag;

    #[test]
    fn ids_are_lettered_and_orphans_numbered() {
        assert_eq!([Tag::Own(0), Tag::Own(25), Tag::Own(26), Tag::Orphan(0)].map(Tag::text), ["A", "Z", "A26", "1"]);
    }
}
