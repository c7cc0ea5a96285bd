//! Journeys to hand on: Markdown, CSV and HTML say the same, and nothing of the data acts in them.

use base64::Engine as _;
use sha2::Digest as _;

use journey::identity::Journey;
use journey::model::Id;
use journey::report::sheet::{self, Sheet};
use journey::report::{Look, Selection, Shown};

use crate::support::story::Story;

/// A customer with two phones: one alias, one refused alias, a split row and an orphan.
fn sally() -> Story {
    Story::new(
        "1 View(12345) +,web-1 on web · Linux · Chrome
         2@4 Early(sally@gmail.com)
         3 AL(sally@gmail.com -> 12345)
         3.2 SignUp(12345) +,web-1 on web · Linux · Chrome
         50 Dashboard(sally@gmail.com) +sally@gmail.com,web-1 on web · Linux · Chrome
         3000 AppOpen(P-1) +,phone on iphone · iOS · iPhone12
         3001 AL(sally@gmail.com -> P-1)
         3002 AppBuy(P-1) +,phone on iphone · iOS · iPhone12
         90000 Back(sally@gmail.com) +sally@gmail.com,web-1 on web · Linux · Chrome",
    )
}

type Json = fn(i64) -> Option<String>;

const PROPERTIES: Json = |row| Some(format!("{{\"row\":{row},\"exact\":1.50}}"));

fn markdown<'a>(shown: impl Into<Shown<'a>>) -> String {
    let mut out = Vec::new();
    sheet::markdown(&mut out, &Sheet::of(shown, &Look::default())).unwrap();
    String::from_utf8(out).unwrap()
}

fn csv<'a>(shown: impl Into<Shown<'a>>, json: Json) -> String {
    let mut out = Vec::new();
    sheet::csv(&mut out, &Sheet::of(shown, &Look::default()), &json).unwrap();
    String::from_utf8(out).unwrap()
}

fn html<'a>(shown: impl Into<Shown<'a>>, json: Json) -> String {
    let mut out = Vec::new();
    sheet::html(&mut out, &Sheet::of(shown, &Look::default()), &json).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_journey_for_a_ticket_reads_from_the_headline_to_the_rows() {
    insta::assert_snapshot!(markdown(&sally().journey("sally@gmail.com")));
}

#[test]
fn a_journey_for_a_spreadsheet_has_a_line_for_each_row() {
    let journey = sally().journey("sally@gmail.com");
    let text = csv(&journey, PROPERTIES);
    insta::assert_snapshot!(text.replace("\r\n", "\n"));
    let orphans: usize = journey.orphans.iter().map(|orphan| orphan.steps.len()).sum();
    assert_eq!(text.matches("\r\n").count(), 1 + journey.steps.len() + orphans);
}

#[test]
fn a_journey_for_a_browser_is_one_file_that_loads_nothing() {
    let text = html(&sally().journey("sally@gmail.com"), PROPERTIES);
    let body = text.split_once("<main>").unwrap().1.split_once("</main>").unwrap().0;
    insta::assert_snapshot!(body);
    for word in ["http:", "https:", "src=", "@import", "<link", "<img", "<iframe", " style="] {
        assert!(!text.contains(word), "{word}");
    }
    let links = text.match_indices("href=\"").chain(text.match_indices("url("));
    assert!(
        links.filter_map(|(at, word)| text.get(at + word.len()..)).all(|link| link.starts_with('#')),
        "a link leads elsewhere"
    );
    assert!(text.contains("prefers-color-scheme:dark") && text.contains("@media print"));
}

#[test]
fn the_policy_of_the_page_allows_its_own_style_and_script_alone() {
    let text = html(&sally().journey("sally@gmail.com"), PROPERTIES);
    for (element, directive) in [("style", "style-src"), ("script", "script-src")] {
        let (begin, end) = (format!("<{element}>"), format!("</{element}>"));
        assert_eq!(text.matches(&begin).count(), 1);
        let content = text.split_once(&begin).unwrap().1.split_once(&end).unwrap().0;
        let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(content));
        let expected = format!("{directive} 'sha256-{hash}'");
        assert!(text.contains(&expected), "the policy in the page has to say: {expected}");
    }
    assert!(text.contains("default-src 'none'"));
}

#[test]
fn the_page_counts_contested_rows_among_those_that_may_be_missing() {
    let paid: Json = |row| Some(format!("{{\"row\":{row},\"amount\":20,\"currency\":\"USD\"}}"));
    let mut journey = Story::new(
        "1 View(12345)
         3 AL(sally@gmail.com -> 12345)
         3000 Open(P-1) +,phone on iphone · iOS · iPhone12
         3001 AL(sally@gmail.com -> P-1)
         3002 Purchase(P-1) +,phone on iphone · iOS · iPhone12
         4000 AL(sally@gmail.com -> P-2)
         4001 Order(P-2)",
    )
    .journey("sally@gmail.com");
    let sure = html(&journey, paid);
    assert!(sure.contains("USD 100.00") && !sure.contains("What may be missing"), "{sure}");
    journey.orphans[1].contested = true;
    let text = html(&journey, paid);
    let unsure = text.split_once("What may be missing").expect("a part of its own").1.split_once("</div>").unwrap().0;
    assert!(unsure.contains("USD 40.00"), "{unsure}");
    let missing = text.split_once("What is missing").unwrap().1.split_once("</div>").unwrap().0;
    assert!(missing.contains("USD 60.00") && !missing.contains("40.00"), "{missing}");
}

#[test]
fn other_people_have_their_names_in_sentences_and_long_ids_both_ends() {
    let long = "1a207e8d37de4c-01d7d7b9345eec8-e5d5628-1fa400-1a207e8d37e806";
    let story = Story::new(&format!(
        "1 View(12345) +,web-1 on web · Linux · Chrome
         2 AL(sally@gmail.com -> 12345)
         3 Look(sally@gmail.com) +,web-1 on web · Linux · Chrome
         50 Look({long}) +,web-1 on web · Linux · Chrome
         51 AL(bob@gmail.com -> {long})
         52 Look(bob@gmail.com) +,web-1 on web · Linux · Chrome"
    ));
    let mut journey = story.journey("sally@gmail.com");
    assert!(journey.neighbours.iter().any(|near| near.root.as_str() == long), "{:?}", journey.neighbours);
    journey.names.insert(Id::new(long), "Bob Example".to_owned());
    for text in [html(&journey, PROPERTIES), markdown(&journey)] {
        let findings = text.split_once("Findings").expect("a shared device").1;
        let sentence = findings.split_once("used the same device").expect("who used it").0;
        assert!(sentence.contains("Bob Example"), "{sentence}");
        assert!(!sentence.replace(&format!("title=\"{long}\""), "").contains(long), "{sentence}");
    }
}

#[test]
fn a_page_and_a_text_name_an_orphan_by_the_same_letter() {
    let story = Story::new(
        "1 View(12345)
         3 AL(sally@gmail.com -> 12345)
         3000 Open(1a207e8d37de4c-01d7d7b9345eec8-e5d5628-1fa400-1a207e8d37e806)
         3001 AL(sally@gmail.com -> 1a207e8d37de4c-01d7d7b9345eec8-e5d5628-1fa400-1a207e8d37e806)",
    );
    let journey = story.journey("sally@gmail.com");
    let page = html(&journey, PROPERTIES);
    assert!(page.contains("<i class=\"box out\">C</i>"), "{page}");
    let mut text = Vec::new();
    journey::report::text::journey(&mut text, &journey, &Look::default()).unwrap();
    assert!(String::from_utf8(text).unwrap().contains("as an alias of C and was refused"));
    assert!(markdown(&journey).contains("- C `1a207e8d37de4c"), "{}", markdown(&journey));
}

#[test]
fn the_page_says_first_how_many_rows_are_missing_and_what_they_were_worth() {
    let paid: Json = |row| (row == 5).then(|| "{\"amount\":20,\"currency\":\"USD\"}".to_owned());
    let story = Story::new(
        "1 View(12345)
         3 AL(sally@gmail.com -> 12345)
         3000 Open(P-1) +,phone on iphone · iOS · iPhone12
         3001 AL(sally@gmail.com -> P-1)
         3002 Purchase(P-1) +,phone on iphone · iOS · iPhone12",
    );
    let text = html(&story.journey("sally@gmail.com"), paid);
    let verdict = text.find("3 rows of 5 are missing from this timeline").expect("the verdict");
    assert!(verdict < text.find("id=\"story\"").unwrap());
    assert!(text.contains("<b class=\"bad\">USD 20.00</b> in 1 row of Purchase<"), "{text}");
    let other: Json = |row| (row == 3).then(|| "{\"price\":1.5}".to_owned());
    let seen = html(&story.journey("sally@gmail.com"), other);
    assert!(seen.contains("<b class=\"bad\">1.50 of no currency</b> in 1 row of Open"), "{seen}");
    assert!(text.contains("<b>3 rows left behind</b> under"), "{text}");
    let well = html(&Story::new("1 View(12345)").journey("12345"), PROPERTIES);
    assert!(well.contains("Nothing is missing from this timeline") && !well.contains("What is missing"));
}

/// What is left of HTML when quotes of attributes are passed over: the names of its elements.
fn elements(html: &str) -> Vec<String> {
    let mut names: Vec<String> = html
        .split('<')
        .skip(1)
        .map(|tag| tag.split(|c: char| !c.is_ascii_alphanumeric()).find(|name| !name.is_empty()).unwrap().to_owned())
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Ids and an event that would act wherever a reader takes them at their word.
fn evil() -> Journey {
    let sharp = "<img/src=x/onerror=1>\"'&`|[x]:javascript:x@admin#1http://x.io";
    let story = Story::new(&format!(
        "1 =View{sharp}(=1+1)
         2 AL(@{sharp} -> =1+1)
         3 Open(-P\u{1b}[2J\u{202e}) +,d{sharp}
         4 AL(@{sharp} -> -P\u{1b}[2J\u{202e})
         5 Buy(@{sharp})"
    ));
    story.journey("=1+1")
}

const EVIL: Json = |_| Some(r#"{"=cmd|' /C calc'!A0":"</pre><script>alert(1)</script>","b":"]]>|\u001b"}"#.to_owned());

#[test]
fn no_text_of_the_data_becomes_an_element_or_a_control_character() {
    let journey = evil();
    let html = html(&journey, EVIL);
    let mut plain = elements(&self::html(&sally().journey("sally@gmail.com"), PROPERTIES));
    // Where a long word may break.
    plain.push("wbr".to_owned());
    let mine = elements(&html);
    assert!(mine.iter().all(|name| plain.contains(name)), "{mine:?}");
    for text in [html, markdown(&journey), csv(&journey, EVIL)] {
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{text:?}");
    }
}

#[test]
fn no_cell_is_a_formula() {
    let text = csv(&evil(), EVIL);
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let mut cells = 0;
    for record in reader.records() {
        for cell in &record.unwrap() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
            cells += 1;
        }
    }
    assert_eq!(cells, 5 * 17, "{text}");
    assert!(text.contains("'=1+1"), "the text itself stays: {text}");
}

#[test]
fn in_markdown_what_could_act_stands_in_code() {
    let text = markdown(&evil());
    let mut outside = String::new();
    for line in text.lines() {
        let chars: Vec<char> = line.chars().collect();
        // Runs of backticks and of anything else, in turn.
        let runs: Vec<&[char]> = chars.chunk_by(|a, b| (*a == '`') == (*b == '`')).collect();
        let mut rest = runs.as_slice();
        while let [run, after @ ..] = rest {
            rest = after;
            if run[0] == '`' {
                let end = after.iter().position(|other| other == run);
                rest = &after[end.unwrap_or_else(|| panic!("a span that does not end: {line}")) + 1..];
            } else {
                outside.extend(run.iter());
            }
        }
        outside.push('\n');
    }
    for sign in ["<", "@", "http", "javascript", "[", "](", "onerror", "&"] {
        assert!(!outside.contains(sign), "{sign} in {outside}");
    }
    // A bar of the data ends no cell: each line of a table has as many cells as its head.
    let bars = |line: &str| line.replace("\\|", "").matches('|').count();
    for table in text.split("\n\n").filter(|part| part.starts_with('|')) {
        let counts: Vec<usize> = table.lines().map(bars).collect();
        assert!(counts.iter().all(|count| *count == counts[0]), "{table}");
    }
}

#[test]
fn a_sheet_of_fewer_rows_says_how_many_are_hidden() {
    let journey = sally().journey("sally@gmail.com");
    let rows = journey.steps.iter().take(2).map(|step| step.event.row).collect();
    let selection = Selection { filter: Some("event:View".into()), rows, ..Selection::default() };
    let shown = Shown { journey: &journey, selection: Some(&selection) };
    let all = journey.steps.len() + journey.orphans[0].steps.len();
    let printed = format!("2 of {all} rows shown, {} hidden: filter event:View", all - 2);
    assert!(html(shown, PROPERTIES).contains(&printed));
    assert!(markdown(shown).replace('`', "").contains(&printed));
    assert_eq!(csv(shown, PROPERTIES).matches("\r\n").count(), 3);
}
