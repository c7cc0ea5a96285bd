//! The HTML report in a real browser: no message of the console, nothing wider than the window.
//!
//! Debian's `chromium` is looked for on the path. Where it is not, the test says so and ends:
//! `.ci/run` installs it.

use std::fs;
use std::path::Path;
use std::process::Command;

use journey::report::Look;
use journey::report::sheet::{self, Sheet};

use crate::support::story::Story;

/// Widths of a window: a phone, a tablet, a desk.
const WIDTHS: [u32; 3] = [500, 900, 1400];

/// What the frames say once they are loaded: how wide each is and would like to be, and whether
/// its script ran (it shows the tools of the story).
const PROBE: &str = r#"<script>
addEventListener("load", () => {
  const frames = [...document.querySelectorAll("iframe")];
  document.body.dataset.seen = frames.map((frame) => {
    const page = frame.contentDocument, root = page.documentElement;
    const wide = [...page.querySelectorAll("main *")].filter((one) => one.getBoundingClientRect().right > root.clientWidth + 1 && !one.closest(".wide,.ev,.id,.lanes,summary,svg,.skip"));
    return [root.clientWidth, root.scrollWidth, wide.length, page.querySelector(".tools").hidden ? 0 : 1].join(":");
  }).join(" ");
});
</script>"#;

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
    let journey = story.journey("a.very.long.address.of.a.customer@customers.example.com");
    let mut page = Vec::new();
    sheet::html(&mut page, &Sheet::of(&journey, &Look::default()), &json).unwrap();
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
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("report.html"), report()).unwrap();
    let frames: Vec<String> = WIDTHS
        .iter()
        .map(|width| format!("<iframe src=\"report.html\" width=\"{width}\" height=\"900\"></iframe>"))
        .collect();
    let page = format!("<!doctype html><body>{}{PROBE}</body>", frames.concat());
    let Some((dom, log)) = browse(folder.path(), &page) else {
        eprintln!("skipped: no chromium");
        return;
    };
    let seen = dom.split_once("data-seen=\"").unwrap_or_else(|| panic!("no answer of the page: {dom}\n{log}")).1;
    let seen = seen.split_once('"').unwrap().0;
    let frames: Vec<Vec<u32>> =
        seen.split(' ').map(|frame| frame.split(':').map(|number| number.parse().unwrap()).collect()).collect();
    assert_eq!(frames.len(), WIDTHS.len(), "{seen}");
    for frame in &frames {
        assert!(frame[1] <= frame[0], "it scrolls sideways (width, content, wide elements, script ran): {seen}");
        assert_eq!((frame[2], frame[3]), (0, 1), "elements past the edge, or a script that did not run: {seen}");
    }
    assert!(!log.contains("CONSOLE"), "the console has a message: {log}");
}
