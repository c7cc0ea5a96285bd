//! Bindings as a file writes them, and which of them hide each other.

use super::{Action, AssetError, Binding, Context, Entry, Key, Keymap};

/// Why `new` conflicts with the other bindings of its context.
pub(super) fn conflict(bindings: &[Binding], new: &Binding) -> Option<String> {
    let context = new.context.name();
    for keys in &new.keys {
        for old in bindings.iter().filter(|old| old.context == new.context) {
            for taken in &old.keys {
                if taken.starts_with(keys) || keys.starts_with(taken) {
                    return Some(format!(
                        "[[{context}]]: {} is bound to {}, and {} to {}: one hides the other",
                        sequence(taken),
                        old.action.name(),
                        sequence(keys),
                        new.action.name()
                    ));
                }
            }
        }
    }
    None
}

/// The binding that an entry of a file stands for.
pub(super) fn binding(file: &str, context: Context, entry: Entry) -> Result<Binding, AssetError> {
    let action = Action::known(file, &entry.action)?;
    let keys = entry.keys.iter().map(|text| Keymap::sequence(file, context, text)).collect::<Result<_, _>>()?;
    Ok(Binding { context, keys, action, help: entry.help, hint: entry.hint })
}

/// A sequence as the file writes it: `g g`.
pub fn sequence(keys: &[Key]) -> String {
    keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ")
}
