//! The HTML report in a real browser: no message of the console, nothing wider than the window.
//!
//! Debian's `chromium` is looked for on the path. Where it is not, the test says so and ends:
//! `.ci/run` installs it.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};

use journey::identity::compare::{Comparison, Shared, Side, TraitKind};
use journey::identity::{LEGACY, Profile, profile, resolve};
use journey::model::Id;
use journey::model::facts::Source;
use journey::report::Look;
use journey::report::compare;
use journey::report::sheet::{self, Sheet};

use crate::support::story::Story;

/// Widths of a window: a phone, a tablet, a desk.
const WIDTHS: [u32; 3] = [500, 900, 1400];

/// Words up to this many letters stand in one line in every window.
const WORD: usize = 20;

/// What the frames say once they are loaded, with all of it unfolded: how wide each is and would like
/// to be, elements past its edge, whether its script ran (it shows the tools of the story), words that
/// are broken and names of files over more than three lines.
const PROBE: &str = r#"<script>
addEventListener("load", () => {
  const frames = [...document.querySelectorAll("iframe")];
  const lines = (range) => new Set([...range.getClientRects()].filter((one) => one.width > 0).map((one) => Math.round(one.top / 4))).size;
  const look = (page) => {
    const root = page.documentElement, broken = [];
    page.querySelectorAll("details").forEach((one) => { one.open = true; });
    page.querySelectorAll(".rows").forEach((one) => { one.style.contentVisibility = "visible"; });
    const wide = [...page.querySelectorAll("main *, header *")].filter((one) => one.getBoundingClientRect().right > root.clientWidth + 1 && !one.closest(".wide,.ev,.id,.lanes,summary,svg,.skip"));
    const texts = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT), range = page.createRange();
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      if (text.parentElement.closest("script,style,svg,.skip")) continue;
      for (const word of text.data.matchAll(/[\p{L}\p{N}$]{2,}/gu)) {
        if (word[0].length > LONGEST) continue;
        range.setStart(text, word.index);
        range.setEnd(text, word.index + word[0].length);
        if (lines(range) > 1) broken.push(word[0]);
      }
    }
    for (const place of page.querySelectorAll(".src")) {
      range.selectNodeContents(place);
      if (lines(range) > 3) broken.push(place.textContent);
    }
    return { width: root.clientWidth, content: root.scrollWidth, wide: wide.map((one) => one.outerHTML.slice(0, 120)), tools: !page.querySelector(".tools").hidden, broken };
  };
  document.body.dataset.seen = JSON.stringify(frames.map((frame) => look(frame.contentDocument)));
});
</script>"#;

/// A profile as SDKs and teams write them: long names, long values, a list.
fn profile(stored_under: &str) -> Profile {
    let source = Source::new("engage/a_second_device_that_identifies_first__web-2.60.0.jsonl", 1, 12);
    let property = |(name, value): (&str, Value)| {
        let (name, source) = (name.to_owned(), source.clone());
        profile::Property { name, value, time: Some(1_000), source, before: None }
    };
    let properties = [
        ("$name", json!("Maximiliana Example")),
        ("$email", json!("maximiliana.example@customers.example.com")),
        ("$browser_version", json!(156)),
        ("$initial_referring_domain", json!("$direct")),
        ("$transactions", json!([{"$time": "2012-11-01T10:00:00", "$amount": 49.95}])),
        ("ANameOfAPropertyThatIsOneWordAndLongerThanAnyCard", json!("x".repeat(300))),
    ];
    Profile {
        stored_under: Id::new(stored_under),
        properties: properties.map(property).into(),
        updated: Some(1_000),
        source: source.clone(),
        updates: 1,
    }
}

fn report() -> String {
    let long = "1a207e8d37de4c-01d7d7b9345eec8-e5d5628-1fa400-1a207e8d37e806";
    let story = Story::new(&format!(
        "1 View({long}) +,{long} on web · Windows · Firefox · 1920x1080
         2@4 Early(a.very.long.address.of.a.customer@customers.example.com)
         3 AL(a.very.long.address.of.a.customer@customers.example.com -> {long})
         3.2 SignUpWithAnEventNameThatIsLongerThanAnyColumnIsWide({long})
         3000 AppOpen(P-1) +,phone on iphone · iOS · iPhone12
         3001 AL(a.very.long.address.of.a.customer@customers.example.com -> P-1)
         3002 Purchase(P-1) +,phone on iphone · iOS · iPhone12
         90000 Back(a.very.long.address.of.a.customer@customers.example.com)"
    ));
    let json = |row: i64| {
        let long = "value".repeat(60);
        Some(format!("{{\"row\":{row},\"price\":9.5,\"page\":\"/{long}\",\"a\":{{\"b\":[1,2]}}}}"))
    };
    let mut journey = story.journey("a.very.long.address.of.a.customer@customers.example.com");
    journey.profiles = vec![profile(long), profile("P-1"), profile("another-id-of-theirs")];
    // Rows of one file have its name in the heading alone.
    let mut files = journey.orphans.iter_mut().flat_map(|orphan| &mut orphan.steps);
    let other = "export/a_second_device_that_identifies_first__web-2.60.0.jsonl";
    Arc::make_mut(&mut files.next().unwrap().event).source = Source::new(other, 1, 7);
    for finding in &mut journey.findings {
        finding.sources = vec![Source::new(other, 1, 1); 8];
    }
    let mut page = Vec::new();
    sheet::html(&mut page, &Sheet::of(&journey, &Look::default()), &json).unwrap();
    String::from_utf8(page).unwrap()
}

/// The page of a comparison: two people of one computer, with long ids, names and places.
fn comparison() -> String {
    let long = "1a207e8d37de4c-01d7d7b9345eec8-e5d5628-1fa400-1a207e8d37e806";
    let address = "a.very.long.address.of.a.customer@customers.example.com";
    let facts = Story::new(&format!(
        "1 View({long}) +,{long} on web · Windows · Firefox · 1920x1080
         3 AL({address} -> {long})
         3.2 SignUpWithAnEventNameThatIsLongerThanAnyColumnIsWide({long})
         3000 AppOpen(P-1) +,phone on iphone · iOS · iPhone12
         3001 AL({address} -> P-1)
         3002 Purchase(P-1) +,phone on iphone · iOS · iPhone12
         90000 Back({address}) +,{long} on web · Windows · Firefox · 1920x1080"
    ))
    .facts();
    let side = |id: &str| {
        let mut journey = resolve(&facts, &Id::new(id), LEGACY).unwrap();
        journey.profiles = vec![profile(id)];
        Side { journey: Arc::new(journey), traits: vec![] }
    };
    let mut compared = Comparison::of(side(address), side("P-1"), vec!["No profile was looked at.".to_owned()]);
    let place = Source::new("export/a_second_device_that_identifies_first__web-2.60.0.jsonl", 1, 7);
    for argument in &mut compared.arguments {
        argument.sources = vec![place.clone(); 12];
    }
    compared.shared.push(Shared {
        kind: TraitKind::Email,
        value: address.to_owned(),
        rows: [1_200, 3],
        sources: [Some(place.clone()), Some(place)],
    });
    let mut page = Vec::new();
    compare::html(&mut page, &compared, &Look::default()).unwrap();
    String::from_utf8(page).unwrap()
}

/// What the browser made of `page`: the document after its scripts ran, and what it logged.
fn browse(folder: &Path, page: &str) -> Option<(String, String)> {
    let path = folder.join("page.html");
    fs::write(&path, page).unwrap();
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"])
        .args(["--enable-logging=stderr", "--virtual-time-budget=20000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}", path.display()))
        .output()
        .ok()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some((text(&output.stdout), text(&output.stderr)))
}

#[test]
fn the_report_fits_a_phone_a_tablet_and_a_desk_without_a_script_error() {
    if !fits(&report()) {
        eprintln!("skipped: no chromium");
    }
}

#[test]
fn the_page_of_a_comparison_fits_a_phone_a_tablet_and_a_desk_without_a_script_error() {
    if !fits(&comparison()) {
        eprintln!("skipped: no chromium");
    }
}

/// Holds a page against windows of all widths; `false` where there is no browser.
fn fits(report: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("report.html"), report).unwrap();
    let frames: Vec<String> = WIDTHS
        .iter()
        .map(|width| format!("<iframe src=\"report.html\" width=\"{width}\" height=\"900\"></iframe>"))
        .collect();
    let page =
        format!("<!doctype html><body>{}{}</body>", frames.concat(), PROBE.replace("LONGEST", &WORD.to_string()));
    let Some((dom, log)) = browse(folder.path(), &page) else {
        return false;
    };
    let seen = dom.split_once("data-seen=\"").unwrap_or_else(|| panic!("no answer of the page: {dom}\n{log}")).1;
    let seen = seen.split_once('"').unwrap().0.replace("&quot;", "\"").replace("&lt;", "<").replace("&amp;", "&");
    let frames: Vec<Value> = serde_json::from_str(&seen).unwrap();
    assert_eq!(frames.len(), WIDTHS.len(), "{seen}");
    for frame in &frames {
        let width = &frame["width"];
        assert!(frame["content"].as_u64() <= width.as_u64(), "at {width} it scrolls sideways: {frame}");
        assert_eq!(frame["wide"], json!([]), "elements past the edge at {width}");
        assert_eq!(frame["tools"], true, "the script did not run");
        assert_eq!(frame["broken"], json!([]), "words broken into letters, or a file over four lines, at {width}");
    }
    assert!(!log.contains("CONSOLE"), "the console has a message: {log}");
    true
}
