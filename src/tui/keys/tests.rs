use super::*;

#[test]
fn the_keys_of_the_program_can_be_read_and_every_action_has_one() {
    let keymap = Keymap::built_in().unwrap();
    for action in Action::ALL {
        assert!(keymap.bindings.iter().any(|binding| binding.action == *action), "{} has no key", action.name());
    }
}

#[test]
fn a_key_reads_back_as_it_is_written() {
    for text in ["j", "C-d", "A-x", "Enter", "S-Tab", "Space", "?", "PgDn", "{"] {
        assert_eq!(Key::parse(text).unwrap().to_string(), text);
    }
    assert_eq!(Key::parse("Etner"), None);
}

#[test]
fn a_terminal_event_is_the_key_it_prints() {
    let event = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
    assert_eq!(Key::of(&event), Key::parse("G"));
    let event = KeyEvent::new(KeyCode::Tab, KeyModifiers::SHIFT);
    assert_eq!(Key::of(&event), Key::parse("S-Tab"));
}

#[test]
fn a_wrong_name_gets_the_right_one_suggested() {
    let read = |text: &str| Keymap::read("k.toml", text).unwrap_err().to_string();
    let wrong_action = read("[[journey]]\nkeys = [\"j\"]\naction = \"nxet\"\nhelp = \"\"");
    assert!(wrong_action.contains("\"nxet\"") && wrong_action.contains("did you mean next"), "{wrong_action}");
    let wrong_key = read("[[journey]]\nkeys = [\"Etner\"]\naction = \"open\"\nhelp = \"\"");
    assert!(wrong_key.contains("did you mean Enter"), "{wrong_key}");
    let wrong_context = read("[[jurney]]\nkeys = [\"j\"]\naction = \"next\"\nhelp = \"\"");
    assert!(wrong_context.contains("did you mean journey"), "{wrong_context}");
}

#[test]
fn a_key_with_two_meanings_in_one_context_is_an_error() {
    let text = "[[journey]]\nkeys = [\"g g\"]\naction = \"first\"\nhelp = \"\"\n\
                [[journey]]\nkeys = [\"g\"]\naction = \"last\"\nhelp = \"\"";
    let error = Keymap::read("k.toml", text).unwrap_err().to_string();
    assert!(error.contains("one hides the other"), "{error}");
}

#[test]
fn a_character_cannot_be_bound_where_text_is_typed() {
    let text = "[[search]]\nkeys = [\"q\"]\naction = \"quit\"\nhelp = \"\"";
    assert!(Keymap::read("k.toml", text).unwrap_err().to_string().contains("types a character"));
}

#[test]
fn presses_are_characters_and_names_in_brackets() {
    let keys = presses("a<Enter><C-d><<>").unwrap();
    assert_eq!(sequence(&keys), "a Enter C-d <");
    assert_eq!(presses("<Nothing>"), None);
}
