//! One set of marks: a report, a screen and the HTML page say the same thing by the same sign.

use journey::report::Look;
use journey::report::look::Class;
use journey::tui::theme::{ASCII, Glyphs, UNICODE};

/// What each class is on the screens.
fn of_screens(glyphs: &Glyphs, class: Class) -> &'static str {
    match class {
        Class::Anonymous => glyphs.anonymous,
        Class::Known => glyphs.identified,
        Class::Identify => glyphs.identify,
        Class::Alias => glyphs.alias,
        Class::Refused => glyphs.refused,
        Class::Reset => glyphs.reset,
        Class::Split => glyphs.split,
        Class::Orphan => glyphs.orphan,
        Class::Heading | Class::Faint => glyphs.dot,
    }
}

#[test]
fn a_mark_means_the_same_in_a_report_and_on_a_screen() {
    let classes = [
        Class::Anonymous,
        Class::Known,
        Class::Identify,
        Class::Alias,
        Class::Refused,
        Class::Reset,
        Class::Split,
        Class::Orphan,
        Class::Faint,
    ];
    for (ascii, glyphs) in [(false, &UNICODE), (true, &ASCII)] {
        let look = Look { ascii, ..Look::default() };
        let mut marks: Vec<String> = Vec::new();
        for class in classes {
            let mark = look.mark(class).to_string();
            assert_eq!(mark, of_screens(glyphs, class), "{class:?}");
            assert!(!marks.contains(&mark), "{mark} means two things");
            marks.push(mark);
        }
    }
}
