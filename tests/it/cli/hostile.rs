//! Data that would act on a terminal: no answer and no error of any command has it as it is.

use super::*;

fn rows() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/hostile/rows.jsonl")
}

/// Whether a terminal does something with `c`, besides tabs and line breaks.
fn acts(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}'..='\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// The longest run of marks that are drawn on one character.
fn marks(text: &str) -> usize {
    let is_mark = |c: char| matches!(c, '\u{300}'..='\u{36f}' | '\u{fe00}'..='\u{fe0f}');
    text.split(|c| !is_mark(c)).map(|run| run.chars().count()).max().unwrap_or(0)
}

#[test]
fn no_command_writes_what_acts() {
    let home = Home::new();
    let import = |format: &str| {
        let store = format!("{format}.db");
        home.run(&["import", rows().to_str().unwrap(), "--timezone", "UTC", "--store", &store, "--format", format])
    };
    let mut outputs = vec![("import", import("json")), ("import", import("text"))];
    let lost = format!("a{}", "\u{301}".repeat(200));
    let device = "dev\u{7f}\u{9b}31m\u{202e}\u{200b}\u{2066}\u{feff}\u{e0041}\u{2028}\u{61c}\u{ad}";
    for format in ["json", "text", "csv", "markdown", "html", "dot", "svg"] {
        for arguments in [
            &["show", "kim@example.com"][..],
            &["show", &lost],
            &["show", device],
            &["show", "none\u{9b}"],
            &["show", "kim@example.com", "--filter", "event:\u{202e}"],
            &["show", "kim@example.com", "--filter", "(\u{202e}"],
            &["search", "kim"],
            &["search", "\u{202e}"],
            &["search", "dev"],
            &["graph", "kim@example.com"],
            &["diff", "kim@example.com", &lost],
            &["diff", "kim@example.com", "none\u{9b}"],
            &["sql", "SELECT distinct_id, event, props(id), 'x' AS \"\u{202e}\" FROM events"],
            &["sql", "SELECT nothing\u{202e}\u{9b}"],
        ] {
            // CSV of a question keeps every byte in a pipe.
            if format == "csv" && arguments.first() == Some(&"sql") {
                continue;
            }
            let arguments = [arguments, &["--store", "json.db", "--format", format]].concat();
            outputs.push((arguments[0], home.run(&arguments)));
        }
    }
    let mut seen = 0;
    for (command, output) in outputs {
        assert!([0, 1, 2].contains(&code(&output)), "{command}: {}", err(&output));
        for text in [out(&output), err(&output)] {
            let found: Vec<char> = text.chars().filter(|c| acts(*c)).collect();
            assert!(found.is_empty(), "{command} writes {found:?}: {text:?}");
            let is_json = serde_json::from_str::<Value>(&text).is_ok() && text.starts_with('{');
            assert!(is_json || marks(&text) <= 6, "{command}: {text:?}");
            seen += usize::from(text.contains("202E") || text.contains("\\u202e"));
        }
    }
    assert!(seen > 10, "the data are shown, and not only left out");
}

#[test]
fn json_has_the_same_values_escaped() {
    let home = Home::new();
    home.run(&["import", rows().to_str().unwrap(), "--timezone", "UTC", "--store", "s.db"]);
    let journey = home.json(0, &["show", "kim@example.com", "--store", "s.db"]);
    let hostile = "\u{7f}\u{9b}31m\u{202e}\u{200b}\u{2066}\u{feff}\u{e0041}\u{2028}\u{61c}\u{ad}";
    assert_eq!(journey["root"], format!("anon{hostile}"));
    let first = &journey["events"][0];
    assert_eq!(first["event"], format!("View{hostile}"));
    assert_eq!(first["properties"][format!("key{hostile}")], hostile);
    let answer = home.json(0, &["sql", "SELECT distinct_id FROM events WHERE event LIKE 'View%'", "--store", "s.db"]);
    assert_eq!(answer["rows"][0]["distinct_id"], format!("anon{hostile}"));
    let csv = home.run(&["sql", "SELECT event FROM events ORDER BY id", "--store", "s.db", "--format", "csv"]);
    assert!(out(&csv).contains(&format!("View{hostile}")), "a pipe gets every byte");
}

#[test]
fn wrong_arguments_are_reported_without_acting() {
    let home = Home::new();
    for arguments in [
        &["show", "\u{202e}id", "two\u{9b}31m"][..],
        &["--nothing\u{1b}[2J"],
        &["search", "x", "--limit", "\u{1b}]0;x\u{7}"],
        &["\u{200b}serach", "--format", "json\u{202e}"],
        &["show", "x", "--format", "\u{9b}31m"],
    ] {
        for format in [&[][..], &["--format=json"]] {
            let output = home.run(&[arguments, format].concat());
            assert_eq!(code(&output), 2, "{arguments:?}");
            assert!(!err(&output).contains(acts), "{arguments:?}: {:?}", err(&output));
        }
    }
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_no_text_is_reported_without_acting() {
    use std::os::unix::ffi::OsStrExt;
    let home = Home::new();
    let broken = std::ffi::OsStr::from_bytes(b"--x\xff\x9b31m");
    let output = home.command().arg(broken).output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains(acts));
}
