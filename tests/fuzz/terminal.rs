//! From hostile rows to the terminal: whatever an export holds, a terminal that shows it does
//! nothing but show, and its owner sees no character that acts.

use std::sync::Arc;

use journey::identity::Journey;
use journey::ingest::{self, Flow, Input, Options};
use journey::inspect::Inspector;
use journey::model::Id;
use journey::report::safe::{Safe, Safety};
use journey::report::{Look, json, text};
use journey::store::Writer;
use journey::tui::{Backend, Failure, FailureKind, Hits, StartPage};
use ratatui::backend::{Backend as _, CrosstermBackend};
use ratatui::buffer::Buffer;

use crate::app::App;
use crate::driver::{Chance, HOSTILE, Target, hash};

/// Names, ids and values from the bytes of an input.
fn texts(input: &[u8]) -> Vec<String> {
    let mut chance = Chance(hash(input));
    let mut texts: Vec<String> = input
        .chunks(24)
        .take(8)
        .map(|piece| {
            let mut text = String::from_utf8_lossy(piece).into_owned();
            if chance.below(2) == 0 {
                text.push_str(HOSTILE[chance.below(HOSTILE.len())]);
            }
            text
        })
        .collect();
    while texts.len() < 8 {
        texts.push(HOSTILE[chance.below(HOSTILE.len())].to_owned());
    }
    texts
}

/// An export that has them in every place.
fn export(texts: &[String]) -> Vec<u8> {
    let [event, root, alias, device, key, value, user, lib] = texts else { panic!("eight texts") };
    let row = |name: &str, id: &str, second: u64, more: serde_json::Value| {
        let mut properties = serde_json::json!({
            "time": 1_561_939_200 + second, "distinct_id": id, "$device_id": device, "mp_lib": lib, "$os": value,
            "mp_processing_time_ms": 1_561_939_200_500_u64 + second * 1000, key: value, "$browser": key,
        });
        properties.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        serde_json::json!({ "event": name, "properties": properties }).to_string() + "\n"
    };
    let none = serde_json::json!({});
    let mut lines = row(event, root, 1, none.clone());
    lines += &row("$create_alias", root, 2, serde_json::json!({ "alias": alias }));
    lines += &row(value, alias, 3, none.clone());
    lines += &row("$create_alias", user, 4, serde_json::json!({ "alias": alias }));
    lines += &row("$identify", user, 5, serde_json::json!({ "$anon_distinct_id": device, "$user_id": user }));
    lines += &row(event, device, 6, serde_json::json!({ "$user_id": alias }));
    lines += &row(event, user, 7, none);
    lines.into_bytes()
}

/// Whether a terminal, or one who reads, would take `c` for something else than its picture.
fn acts(c: char) -> bool {
    matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' | '\u{2028}'..='\u{2029}')
}

/// Text that ends lines, and holds nothing else that acts.
fn is_harmless(written: &[u8]) -> String {
    let text = String::from_utf8(written.to_vec()).unwrap();
    if let Some(c) = text.chars().find(|c| *c != '\n' && acts(*c)) {
        panic!("U+{:04X} is written: {text:?}", u32::from(c));
    }
    text
}

/// What a terminal was made to do besides drawing.
#[derive(Default)]
struct Deeds(Vec<String>);

impl vt100::Callbacks for Deeds {
    fn audible_bell(&mut self, _: &mut vt100::Screen) {
        self.0.push("bell".into());
    }
    fn visual_bell(&mut self, _: &mut vt100::Screen) {
        self.0.push("flash".into());
    }
    fn resize(&mut self, _: &mut vt100::Screen, _: (u16, u16)) {
        self.0.push("resize".into());
    }
    fn set_window_icon_name(&mut self, _: &mut vt100::Screen, _: &[u8]) {
        self.0.push("icon".into());
    }
    fn set_window_title(&mut self, _: &mut vt100::Screen, _: &[u8]) {
        self.0.push("title".into());
    }
    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], _: &[u8]) {
        self.0.push("copy".into());
    }
    fn paste_from_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8]) {
        self.0.push("paste".into());
    }
    fn unhandled_char(&mut self, _: &mut vt100::Screen, c: char) {
        // The emulator calls what stands for a broken character so, and draws nothing.
        if c != char::REPLACEMENT_CHARACTER {
            self.0.push(format!("character {c:?}"));
        }
    }
    fn unhandled_control(&mut self, _: &mut vt100::Screen, byte: u8) {
        self.0.push(format!("control {byte}"));
    }
    fn unhandled_escape(&mut self, _: &mut vt100::Screen, _: Option<u8>, _: Option<u8>, byte: u8) {
        self.0.push(format!("escape {byte}"));
    }
    fn unhandled_osc(&mut self, _: &mut vt100::Screen, _: &[&[u8]]) {
        self.0.push("system command".into());
    }
}

/// Shows bytes to a terminal, which afterwards is as it was but for its screen.
fn is_only_drawn(bytes: &[u8], (columns, lines): (u16, u16)) {
    let mut parser = vt100::Parser::new_with_callbacks(lines, columns, 0, Deeds::default());
    parser.process(bytes);
    let screen = parser.screen();
    assert!(!screen.alternate_screen() && !screen.application_keypad() && !screen.application_cursor());
    assert!(!screen.bracketed_paste() && !screen.hide_cursor());
    assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    if let Some(c) = screen.contents().chars().find(|c| *c != '\n' && acts(*c)) {
        panic!("U+{:04X} is on the screen: {:?}", u32::from(c), screen.contents());
    }
    assert!(parser.callbacks().0.is_empty(), "the terminal did {:?}", parser.callbacks().0);
}

/// The bytes that put a frame on an empty terminal.
fn bytes_of(buffer: &Buffer) -> Vec<u8> {
    let mut bytes = Vec::new();
    let empty = Buffer::empty(buffer.area);
    CrosstermBackend::new(&mut bytes).draw(empty.diff(buffer).into_iter()).unwrap();
    bytes
}

/// A store behind the interface.
struct Stock(Inspector);

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(FailureKind::Store, "the store does not answer").cause(&error)
}

impl Backend for Stock {
    fn search(&mut self, text: &str) -> Result<Hits, Failure> {
        let list = self.0.search(text, 50).map_err(failed)?;
        Ok(Hits { list, ..Hits::default() })
    }

    fn overview(&mut self) -> Result<StartPage, Failure> {
        Ok(StartPage { overview: self.0.overview().map_err(failed)?, ..StartPage::default() })
    }

    fn journey(&mut self, id: &Id) -> Result<Option<Arc<Journey>>, Failure> {
        self.0.journey(id).map(|journey| journey.map(Arc::new)).map_err(failed)
    }

    fn properties(&mut self, row: i64) -> Result<String, Failure> {
        self.0.properties(&[row]).map(|mut texts| texts.pop().unwrap_or_default()).map_err(failed)
    }

    fn changed(&mut self) -> Result<bool, Failure> {
        Ok(false)
    }

    fn title(&self) -> String {
        "hostile".to_owned()
    }

    fn near(&mut self, text: &str) -> Vec<Id> {
        self.0.near(text, 5).map(|near| near.into_iter().map(|(id, _)| id).collect()).unwrap_or_default()
    }
}

/// The whole way of one input; a number for what was seen.
fn the_whole_way(input: &[u8]) -> u64 {
    let texts = texts(input);
    let mut writer = Writer::in_memory().unwrap();
    let inputs = vec![
        Input::Bytes { name: texts[5].clone(), content: export(&texts) },
        Input::Bytes { name: "raw\u{1b}]0;x\u{7}".to_owned(), content: input.to_vec() },
    ];
    let imported = ingest::import(&mut writer, inputs, &Options::default(), &mut |_| Flow::Continue).unwrap();
    let inspector = Inspector::new(writer.into_reader().unwrap());
    let looks = [Look::default(), Look { ascii: true, width: 60, ..Look::default() }];
    let mut seen = Vec::new();
    for id in texts[1..4].iter().map(|text| Id::new(text)) {
        let Some(journey) = inspector.journey(&id).unwrap() else { continue };
        for look in looks {
            let mut written = Vec::new();
            text::journey(&mut written, &journey, &look).unwrap();
            let shown = is_harmless(&written);
            assert!(!look.ascii || shown.is_ascii(), "{shown:?}");
            let mut painted = Vec::new();
            text::journey(&mut painted, &journey, &Look { colour: true, ..look }).unwrap();
            let lines = String::from_utf8(painted).unwrap().replace('\n', "\r\n");
            is_only_drawn(lines.as_bytes(), (200, 50));
        }
        let mut written = Vec::new();
        let mut safe = Safe::new(&mut written, Safety::Json);
        json::journey(&mut safe, &journey, &|row| inspector.properties(&[row]).ok()?.pop()).unwrap();
        let read: serde_json::Value = serde_json::from_str(&is_harmless(&written)).unwrap();
        assert_eq!(read["query"], id.as_str(), "JSON has the text as it is");
        seen.push((journey.steps.len().min(9), journey.orphans.len(), journey.findings.len()));
    }
    let mut app = App::start(Stock(inspector)).sized(100, 30);
    for keys in ["", "<Enter>", "<Enter>", "<Tab>", "<Esc>", "o", "<Esc>", "?", "<Esc>", "&x<Enter>"] {
        app.press(keys);
        is_only_drawn(&bytes_of(&app.buffer()), (100, 30));
    }
    hash((seen, imported.rejected > 0, imported.files.len()))
}

#[test]
fn nothing_in_a_row_acts_on_the_terminal_that_shows_it() {
    let corpus = HOSTILE.iter().map(|text| text.as_bytes().repeat(3)).collect();
    let target = Target { name: "terminal", inputs: 60, longest: 200, corpus, words: &["a", "sally@gmail.com"] };
    target.run(the_whole_way);
}
