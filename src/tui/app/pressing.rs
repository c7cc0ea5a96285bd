//! What a key means where it is pressed: a character, an action, the beginning of a sequence.

use crossterm::event::KeyEvent;

use crate::tui::keys::{Context, Key, Resolved};

use super::{Effect, Model, act, search_asked, typed};

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
    // A sequence that was begun is the nearest thing to take back.
    if key.is_escape() && !model.pending.is_empty() {
        model.pending.clear();
        return Vec::new();
    }
    model.pending.push(key);
    let mut resolved = model.keymap.resolve(&contexts, &model.pending);
    if resolved == Resolved::Nothing && model.pending.len() > 1 {
        // A sequence that leads nowhere is dropped, its last key begins anew.
        model.pending = vec![key];
        resolved = model.keymap.resolve(&contexts, &model.pending);
    }
    match resolved {
        Resolved::Pending => Vec::new(),
        Resolved::Action(action) => {
            model.pending.clear();
            model.typed = key.typed();
            act(model, action)
        }
        Resolved::Nothing => {
            model.pending.clear();
            Vec::new()
        }
    }
}
