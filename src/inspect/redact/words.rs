//! Ids, addresses and values of profiles inside of other texts.

use super::{Known, Redactor, hash};
use crate::model::Id;
use crate::model::id::Shape;

/// Words that are looked up together: an id may have spaces and signs in it.
const WORDS: usize = 12;

/// A shorter text is no id when it stands in another: it would be a part of any sentence.
const SHORTEST: usize = 3;

/// `text` without what is known; `None` where there is nothing.
///
/// A known text counts where it stands between signs and spaces; ids of the journey at hand
/// anywhere.
pub(super) fn replaced(redactor: &Redactor, text: &str, known: &Known, with_values: bool) -> Option<String> {
    if known.ids.contains(&hash(text)) {
        return Some(redactor.pseudonym(text));
    }
    if with_values && known.values.contains(&hash(text)) {
        return Some(redactor.named("value-", text));
    }
    let cut = without_query(text);
    let bare = cut.as_deref().unwrap_or(text);
    in_words(redactor, bare, known, with_values).or(cut)
}

/// A URL without what a person can be known by: its query, its fragment and who logs in.
fn without_query(text: &str) -> Option<String> {
    let is_url = text.contains("://") || text.starts_with('/');
    let at = text.find(['?', '#']).filter(|_| is_url)?;
    let sign = text.get(at..=at)?;
    let rest = text.get(at + 1..).unwrap_or_default();
    // What stands behind the first URL of a sentence.
    let after = rest.find(char::is_whitespace).and_then(|end| rest.get(end..)).unwrap_or_default();
    let inside = rest.len() - after.len();
    (inside > 0).then(|| format!("{}{sign}redacted{after}", text.get(..at).unwrap_or_default()))
}

fn in_words(redactor: &Redactor, text: &str, known: &Known, with_values: bool) -> Option<String> {
    let words = words(text);
    let named = redactor.state().named.clone();
    let mut is_found = false;
    let mut between = |found: &mut String, from: usize, to: usize| {
        let gap = text.get(from..to).unwrap_or_default();
        is_found |= in_part(redactor, &named, gap, found);
    };
    let mut found = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some((start, _)) = words.get(at) {
        let most = words.len().saturating_sub(at).min(WORDS);
        let hit = (1..=most).rev().find_map(|count| {
            let (_, end) = words.get(at + count - 1)?;
            let part = text.get(*start..*end)?;
            let stands_for = stands_for(redactor, part, known, with_values)?;
            Some((count, *end, stands_for))
        });
        match hit {
            Some((count, end, stands_for)) => {
                between(&mut found, copied, *start);
                found.push_str(&stands_for);
                copied = end;
                at += count;
            }
            None => at += 1,
        }
    }
    between(&mut found, copied, text.len());
    (is_found || copied > 0).then_some(found)
}

fn stands_for(redactor: &Redactor, part: &str, known: &Known, with_values: bool) -> Option<String> {
    part.chars().nth(SHORTEST - 1)?;
    if known.ids.contains(&hash(part)) || is_address(part) {
        return Some(redactor.pseudonym(part));
    }
    (with_values && known.values.contains(&hash(part))).then(|| redactor.named("value-", part))
}

/// Whether a text is an e-mail address and nothing else.
fn is_address(text: &str) -> bool {
    let host = text.split_once('@').map(|(_, host)| host);
    Shape::of(text) == Shape::Email
        && host.is_some_and(|host| host.contains('.') && !host.contains('@'))
        && text.chars().all(|c| c.is_alphanumeric() || "@._%+-".contains(c))
}

/// Where the runs of letters and digits stand.
fn words(text: &str) -> Vec<(usize, usize)> {
    let mut words: Vec<(usize, usize)> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| c.is_alphanumeric()) {
        match words.last_mut() {
            Some((_, end)) if *end == at => *end = at + c.len_utf8(),
            _ => words.push((at, at + c.len_utf8())),
        }
    }
    words
}

/// Adds `text` to `found` with the ids of the journey at hand replaced wherever they stand; whether
/// there were any.
fn in_part(redactor: &Redactor, named: &[Id], text: &str, found: &mut String) -> bool {
    let mut rest = text;
    loop {
        let forms = named.iter().flat_map(|id| [id.as_str(), id.bare()]);
        // The first of them, of several the longest: that is how they are sorted.
        let first = forms.filter_map(|form| Some((rest.find(form)?, form))).min_by_key(|(at, _)| *at);
        let Some((at, form)) = first else {
            found.push_str(rest);
            return rest.len() < text.len();
        };
        found.push_str(rest.get(..at).unwrap_or_default());
        found.push_str(&redactor.pseudonym(form));
        rest = rest.get(at + form.len()..).unwrap_or_default();
    }
}
