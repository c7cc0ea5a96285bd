//! What the program writes for the repository and for shells: pictures, keys, completions, the manual page.

use super::*;

#[test]
fn completions_know_the_commands_in_every_shell() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = home.run(&["completions", shell]);
        assert_eq!(code(&output), 0);
        for word in ["import", "pull", "search", "show", "graph", "diff", "timezone"] {
            assert!(out(&output).contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn the_manual_page_is_one() {
    let home = Home::new();
    let text = out(&home.run(&["man"]));
    for page in ["journey", "journey-import", "journey-pull", "journey-search", "journey-show"] {
        assert!(text.contains(&format!(".TH {page} 1")), "{page}");
    }
}

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

#[test]
fn the_picture_of_the_readme_is_what_the_demo_shows() {
    let home = Home::new();
    let shown = out(&home.run(&["show", "sally@gmail.com"]));
    let (picture, _) = shown.split_once("\nalias calls, in order of arrival\n").unwrap();
    assert!(readme().contains(picture), "the README shows something else than:\n{picture}");
}

#[test]
fn the_pictures_of_the_repository_are_what_the_program_draws() {
    let home = Home::new();
    let folder = home.path("screens");
    fs::create_dir(&folder).unwrap();
    assert_eq!(code(&home.run(&["generate", "screens", folder.to_str().unwrap()])), 0);
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/screens");
    let names = |folder: &Path| -> Vec<String> {
        let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        // Those of the report are taken of a browser.
        let mut names: Vec<String> = files.filter(|name| name.strip_suffix(".svg").is_some()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&kept), names(&folder), "journey generate screens");
    for name in names(&folder) {
        let (kept, drawn) =
            (fs::read_to_string(kept.join(&name)).unwrap(), fs::read_to_string(folder.join(&name)).unwrap());
        assert!(kept == drawn, "assets/screens/{name} is stale: journey generate screens --force");
        assert!(readme().contains(&format!("](assets/screens/{name})")), "the README does not show {name}");
        assert!(!drawn.contains("<script") && !drawn.contains("href"), "{name}");
    }
}

#[test]
fn the_generated_keys_are_those_of_the_readme() {
    let home = Home::new();
    let rows = out(&home.run(&["generate", "keys"]));
    assert!(readme().contains(&format!("|---|---|---|\n{rows}\n")), "journey generate keys writes:\n{rows}");
}

#[test]
fn the_keys_of_the_readme_are_those_of_the_program() {
    let keys: toml::Table = toml::from_str(include_str!("../../../assets/keys.toml")).unwrap();
    let mut known = Vec::new();
    for (context, bindings) in &keys {
        for binding in bindings.as_array().unwrap() {
            let names = binding["keys"].as_array().unwrap().iter().map(|key| format!("`{}`", key.as_str().unwrap()));
            let names = names.collect::<Vec<_>>().join(" ");
            known.push(format!("| {context} | {names} | {} |", binding["help"].as_str().unwrap()));
        }
    }
    let readme = readme();
    let table = readme.split("| on | keys | does |\n|---|---|---|\n").nth(1).unwrap();
    let rows: Vec<&str> = table.lines().take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 20, "the table of keys was not found");
    for row in &rows {
        assert!(known.iter().any(|known| known == row), "not in assets/keys.toml: {row}");
    }
    // Only the editing of a line of text, which is everybody's, may be left out.
    let left_out = known.iter().filter(|known| !rows.contains(&known.as_str()));
    let printed =
        |row: &&String| ["| journey |", "| identity |", "| everywhere |"].iter().any(|on| row.starts_with(on));
    assert_eq!(left_out.filter(printed).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn every_suggestion_of_the_demo_opens() {
    let home = Home::new();
    for file in journey::sim::demo_files().unwrap() {
        let output = home.run(&["show", "--", &file.scenario.search]);
        assert_eq!(code(&output), 0, "{}: {}", file.name, err(&output));
    }
}

#[test]
fn a_generated_export_is_the_same_each_time_and_can_be_imported() {
    let home = Home::new();
    let export = home.run(&["generate", "export", "--rows", "1200", "--seed", "7"]);
    assert_eq!(code(&export), 0);
    assert_eq!(export.stdout, home.run(&["generate", "export", "--rows", "1200", "--seed", "7"]).stdout);
    fs::write(home.path("crowd.jsonl"), &export.stdout).unwrap();
    assert_eq!(home.json(0, &["import", "crowd.jsonl"])["events"], 1200);
    let shown = home.json(0, &["show", "fifty.user@example.com"]);
    assert_eq!(shown["events"].as_array().unwrap().len(), 50);
}
