//! What a key means where it is pressed: a character, an action, the beginning of a sequence.

use crossterm::event::KeyEvent;

use crate::tui::keys::{Action, Context, Key, Resolved};

use super::{Effect, Model, act, search_asked, stopping, travel, typed};

/// The largest number before a key.
const MOST: usize = 99_999;

pub(super) fn key(model: &mut Model, event: KeyEvent) -> Vec<Effect> {
    let Some(key) = Key::of(&event) else { return Vec::new() };
    model.notice = None;
    model.mouse.interrupt();
    let contexts = model.contexts();
    let typing = Context::takes_text(&contexts);
    if let Some(c) = key.typed().filter(|_| typing) {
        // Only what is bound for an empty field goes before the typing.
        return match model.keymap.resolve(&contexts[..contexts.len().min(1)], &[key]) {
            Resolved::Action(action) if contexts.first() == Some(&Context::Overview) => act(model, action),
            _ if typed(model, c.encode_utf8(&mut [0; 4])) => Vec::new(),
            _ => {
                let asked = model.search.type_char(c);
                search_asked(model, asked)
            }
        };
    }
    // A sequence or a number that was begun is the nearest thing to take back.
    if key.is_escape() && (!model.pending.is_empty() || model.count.is_some()) {
        model.pending.clear();
        model.count = None;
        return Vec::new();
    }
    if key.is_escape() && model.can_stop() {
        let (stop, leads_on) = stopping::stop(model);
        let more = if leads_on { pressed(model, key, &contexts) } else { Vec::new() };
        return stop.into_iter().chain(more).collect();
    }
    pressed(model, key, &contexts)
}

/// A key that is no text.
fn pressed(model: &mut Model, key: Key, contexts: &[Context]) -> Vec<Effect> {
    if let Some(count) = counted(model, key, contexts) {
        model.count = Some(count);
        return Vec::new();
    }
    model.pending.push(key);
    let mut resolved = model.keymap.resolve(contexts, &model.pending);
    if resolved == Resolved::Nothing && model.pending.len() > 1 {
        // A sequence that leads nowhere is dropped, its last key begins anew.
        model.pending = vec![key];
        resolved = model.keymap.resolve(contexts, &model.pending);
    }
    match resolved {
        Resolved::Pending => Vec::new(),
        Resolved::Action(action) => {
            model.pending.clear();
            model.typed = key.typed();
            match model.count.take() {
                Some(count) => repeat(model, action, count),
                None => act(model, action),
            }
        }
        Resolved::Nothing => {
            model.pending.clear();
            model.count = None;
            Vec::new()
        }
    }
}

/// The number so far with this key as its next digit; `None` where the key is none of a number.
fn counted(model: &Model, key: Key, contexts: &[Context]) -> Option<usize> {
    let digit = key.typed()?.to_digit(10)? as usize;
    let begins = model.count.is_some() || digit > 0;
    let is_bound = model.keymap.resolve(contexts, &[key]) != Resolved::Nothing;
    if !begins || is_bound || !model.pending.is_empty() {
        return None;
    }
    Some(model.count.unwrap_or(0).saturating_mul(10).saturating_add(digit).min(MOST))
}

/// Does what a key asks as often as the number before it says. To the first or last row: to the
/// row of that number.
fn repeat(model: &mut Model, action: Action, count: usize) -> Vec<Effect> {
    if matches!(action, Action::First | Action::Last) {
        return travel::go_to_number(model, count);
    }
    let times = if action.counts() { count } else { 1 };
    let mut effects = Vec::new();
    for _ in 0..times {
        let before = travel::place(model);
        effects.extend(act(model, action));
        // What no longer moves is at its end.
        if before.is_some() && travel::place(model) == before {
            break;
        }
    }
    effects
}
