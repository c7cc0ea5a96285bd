//! How ids are called on the page: each id of the user and each orphan has the letter that its lane
//! has in the terminal, so that a page and a screen can be read side by side.
//!
//! A sentence names an id in full once, then by its letter alone; rows show the letter and both
//! ends of a long id. Another person has the best name that is known.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use super::Sheet;
use crate::identity::naming;
use crate::model::{Id, Shape};
use crate::report::look::Look;
use crate::report::sheet::page::breaking;
use crate::report::svg::escape;

/// Columns of an id in a row.
const SHORT: usize = 22;

/// The letters of ids.
pub(super) struct Names<'a> {
    tags: HashMap<&'a Id, Tag>,
    /// Other people, by their roots.
    others: HashMap<&'a Id, &'a str>,
    /// The tags that the current paragraph named in full.
    named: RefCell<HashSet<Tag>>,
}

/// What stands in the box of an id: the letter of its lane, dashed for an orphan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Tag {
    lane: usize,
    orphan: bool,
}

impl Tag {
    pub(super) fn text(self) -> String {
        naming::letter(self.lane)
    }

    /// What the class of a box has more for an orphan.
    fn out(self) -> &'static str {
        if self.orphan { " out" } else { "" }
    }

    /// The box.
    fn html(self) -> String {
        format!("<i class=\"box{}\">{}</i>", self.out(), self.text())
    }
}

impl<'a> Names<'a> {
    pub(super) fn of(sheet: &Sheet<'a>) -> Self {
        let journey = sheet.journey();
        let mut tags: HashMap<&Id, Tag> = HashMap::new();
        for (lane, member) in journey.ids.iter().enumerate() {
            tags.insert(&member.id, Tag { lane, orphan: false });
        }
        for (lane, orphan) in (journey.ids.len()..).zip(&journey.orphans) {
            for id in std::iter::once(&orphan.id).chain(&orphan.ids) {
                tags.entry(id).or_insert(Tag { lane, orphan: true });
            }
        }
        let others = journey.names.iter().map(|(root, name)| (root, name.as_str())).collect();
        Self { tags, others, named: RefCell::default() }
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
            self.word(&mut html, word, text, look);
            let (between, tail) = tail.split_at(tail.chars().next().map_or(0, char::len_utf8));
            html.push_str(&escape(between));
            rest = tail;
        }
        html
    }

    /// A word of a sentence, which may be an id. A person is not called by an alias that the sentence is about.
    fn word(&self, html: &mut String, word: &str, sentence: &str, look: &Look) {
        let bare = word.trim_end_matches(['.', ':', '?', '!']);
        for text in [word, bare] {
            if let Some((tag, end)) = self.find(text).zip(word.get(text.len()..)) {
                self.mention(html, tag, text, look);
                html.push_str(&escape(end));
                return;
            }
        }
        let (id, end) = word.split_at(bare.len());
        match self.others.get(&Id::new(id)).filter(|name| !sentence.contains(**name)) {
            Some(name) => titled(html, "b", id, &look.clean(name)),
            // What a machine made says nothing: both ends are enough to find it.
            None if matches!(Id::new(id).shape(), Shape::Device | Shape::Guid | Shape::WebAnonymous) => {
                titled(html, "code", id, &look.id(id, SHORT));
            }
            None => html.push_str(&breaking(id)),
        }
        html.push_str(&escape(end));
    }

    fn find(&self, text: &str) -> Option<Tag> {
        if text.is_empty() {
            return None;
        }
        let id = Id::new(text);
        self.tag(&id).or_else(|| self.tag(&id.other_device_form()))
    }

    fn mention(&self, html: &mut String, tag: Tag, text: &str, look: &Look) {
        let (out, name) = (tag.out(), tag.text());
        let _ = write!(html, "<a class=\"box{out}\" href=\"#i{name}\">{name}</a>");
        if self.named.borrow_mut().insert(tag) {
            html.push(' ');
            titled(html, "code", text, &look.id(text, SHORT));
        }
    }
}

/// An element that shows a short form of an id; the whole of it on hover.
fn titled(html: &mut String, element: &str, whole: &str, short: &str) {
    let title = if whole == short { String::new() } else { format!(" title=\"{}\"", escape(whole)) };
    // Writing to a String cannot fail.
    let _ = write!(html, "<{element}{title}>{}</{element}>", escape(short));
}
