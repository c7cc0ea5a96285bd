//! The player of scenarios: what keys do to it, and what it looks like.

mod changes;

use std::sync::Arc;

use crate::support::app::App;
use journey::identity::{Journey, LEGACY, Verdict, resolve};
use journey::inspect::rows::facts_of;
use journey::model::Id;
use journey::sim::{self, Scenario};
use journey::tui::screen::demo::player::Player;
use journey::tui::worker::Request;
use journey::tui::{Backend, Demo, Effect, Failure, FailureKind, Hits, Msg, Options, Saved, StartPage};
use proptest::prelude::*;

/// A backend that holds the rows of a play, and files in memory.
#[derive(Default)]
struct Stage {
    lines: String,
    files: Vec<(String, String)>,
}

impl Backend for Stage {
    fn search(&mut self, _: &str) -> Result<Hits, Failure> {
        Ok(Hits::default())
    }

    fn overview(&mut self) -> Result<StartPage, Failure> {
        Ok(StartPage::default())
    }

    fn journey(&mut self, id: &Id) -> Result<Option<Arc<Journey>>, Failure> {
        let rows: Vec<_> = self
            .lines
            .lines()
            .enumerate()
            .filter_map(|(at, line)| crate::scenarios::read(line, at as u64 + 1))
            .collect();
        Ok(resolve(&facts_of(&[("x.jsonl", &rows)]), id, LEGACY).map(Arc::new))
    }

    fn properties(&mut self, _: i64) -> Result<String, Failure> {
        Ok("{}".to_owned())
    }

    fn stage(&mut self, _: &str, lines: &str) -> Result<(), Failure> {
        lines.clone_into(&mut self.lines);
        Ok(())
    }

    fn save(&mut self, path: &str, text: &str, replace: bool) -> Result<Saved, Failure> {
        if path.starts_with("/no/") {
            return Err(Failure::new(FailureKind::Usage, "/no is not there"));
        }
        if !replace && self.files.iter().any(|(known, _)| known == path) {
            return Ok(Saved::IsThere);
        }
        self.files.retain(|(known, _)| known != path);
        self.files.push((path.to_owned(), text.to_owned()));
        Ok(Saved::Written)
    }

    fn changed(&mut self) -> Result<bool, Failure> {
        Ok(false)
    }

    fn title(&self) -> String {
        "demo".to_owned()
    }

    fn near(&mut self, _: &str) -> Vec<Id> {
        vec![]
    }
}

fn scenarios() -> Vec<Scenario> {
    sim::gallery().iter().map(|(name, text)| Scenario::parse(name, text).unwrap()).collect()
}

fn start(first: Option<usize>, options: Options) -> App<Stage> {
    let options = Options { demo: Some(Demo { scenarios: scenarios(), first }), ..options };
    let mut app = App::unsettled(Stage::default(), &options);
    app.settle();
    app
}

/// The player of the scenario with this number.
fn play(number: usize) -> App<Stage> {
    start(Some(number - 1), Options::default())
}

fn player(app: &App<Stage>) -> &Player {
    app.model.player().unwrap()
}

// Keys

#[test]
fn the_demo_begins_with_the_list_and_asks_nothing() {
    let mut app = start(None, Options::default());
    assert_eq!((app.top(), app.asked.len()), ("gallery", 0));
    app.press("jj<Enter>");
    assert_eq!((app.top(), player(&app).play().scenario().name.as_str()), ("player", "03-phone-identify"));
    assert_eq!(app.press("<Esc>").top(), "gallery");
    app.press("<Esc>");
    assert_eq!(app.end, Some(Effect::Quit));
}

#[test]
fn keys_move_through_the_moments() {
    let last = player(&play(1)).play().last();
    for (keys, moment) in [
        ("", 0),
        ("l", 1),
        ("<Right>j<Down>", 3),
        ("llh", 1),
        ("lll<Left>k<Up>", 0),
        ("h", 0),
        ("G", last),
        ("Gl", last),
        ("<End><Home>", 0),
        ("Ggg", 0),
        ("5", last / 2),
        ("9", last * 9 / 10),
        ("G0", 0),
        ("e", 32),
        ("Ghe", 36),
    ] {
        let mut app = play(1);
        app.press(keys);
        if keys == "Ghe" {
            assert_eq!(player(&app).moment(), last - 1, "there is no problem after the last one");
            assert!(app.text().contains("no problem after this"), "{}", app.text());
            continue;
        }
        assert_eq!(player(&app).moment(), moment, "{keys}");
    }
}

#[test]
fn it_plays_by_beats_alone_and_stops_at_the_end() {
    let mut app = play(1);
    assert_eq!(app.model.beat(), None, "what is paused wants no time");
    app.send(Msg::Beat);
    assert_eq!(player(&app).moment(), 0, "a late beat changes nothing");
    app.press("<Space>");
    let slow = app.model.beat().unwrap();
    app.press("++");
    let fast = app.model.beat().unwrap();
    assert!(fast * 4 == slow, "{fast:?} {slow:?}");
    app.press("-");
    assert_eq!(app.model.beat().unwrap() * 2, slow);
    app.send(Msg::Beat);
    app.send(Msg::Beat);
    assert_eq!(player(&app).moment(), 2);
    app.press("l");
    assert_eq!((player(&app).moment(), app.model.beat()), (3, None), "a step by hand stops it");
    app.press("G<Home>r");
    assert!(player(&app).is_playing());
    for _ in 0..100 {
        app.send(Msg::Beat);
    }
    assert_eq!((player(&app).moment(), app.model.beat()), (player(&app).play().last(), None));
    app.press("<Space>");
    assert_eq!(player(&app).moment(), 0, "from the end it begins again");
}

#[test]
fn an_idle_player_asks_nothing_of_the_store() {
    let mut app = play(1);
    app.send(Msg::Idle);
    app.settle();
    assert_eq!(app.asked, []);
}

#[test]
fn a_call_by_hand_changes_what_follows_and_can_be_taken_back() {
    let mut app = play(1);
    app.press("eh");
    let before = player(&app).moment();
    app.press("cidentify sally@gmail.com<Enter>");
    assert_eq!(player(&app).moment(), before + 1);
    assert_eq!(player(&app).play().step(before + 1).unwrap().code, "identify(\"sally@gmail.com\")");
    app.press("G");
    assert!(player(&app).now().table.iter().all(|row| !matches!(row.verdict, Verdict::Refused(_))));
    assert!(app.text().contains("(changed)"));
    app.press("u");
    assert_eq!((player(&app).moment(), player(&app).changes()), (before, 0));
    assert!(!app.text().contains("(changed)"));
    app.press("u");
    assert!(app.text().contains("nothing was changed"));
}

#[test]
fn a_call_can_be_made_on_another_device_and_a_wrong_one_is_explained() {
    let mut app = play(1);
    app.press("lc<Tab>");
    assert!(app.text().contains("call on office"), "{}", app.text());
    app.press("<S-Tab><S-Tab>fly<Enter>");
    assert!(app.text().contains("call on phone"), "{}", app.text());
    assert!(app.text().contains("no call is named \"fly\""), "{}", app.text());
    app.press("<C-u>reset<Enter>");
    let player = player(&app);
    let step = player.play().step(player.moment()).unwrap();
    assert_eq!((step.code.as_str(), player.play().device(step).unwrap().name.as_str()), ("reset()", "phone"));
}

#[test]
fn keys_are_typed_while_a_line_is_open() {
    let mut app = play(1);
    app.press("ctrack q?j5 <Left><Backspace>Z");
    assert_eq!(player(&app).prompt.as_ref().unwrap().text(), "track q?jZ ");
    assert_eq!((app.top(), player(&app).moment(), &app.end), ("player", 0, &None));
    app.send(Msg::Terminal(crossterm::event::Event::Paste("a\nb".into())));
    assert_eq!(player(&app).prompt.as_ref().unwrap().text(), "track q?jZab ");
    app.press("<Esc>");
    assert!(player(&app).prompt.is_none());
    app.press("c<C-c>");
    assert_eq!(app.end, Some(Effect::Quit));
}

#[test]
fn a_call_can_be_left_out_but_not_what_the_sdk_calls() {
    let mut app = play(1);
    app.press("ex");
    assert!(app.text().contains("left out: alias(\"sally@gmail.com\")"), "{}", app.text());
    app.press("G");
    assert_eq!(player(&app).now().table.len(), 1);
    app.press("<Home>x");
    assert!(app.text().contains("there is no call here"), "{}", app.text());
    app.press("u");
    assert_eq!(player(&app).moment(), 32);
    app.press("lx");
    assert!(app.text().contains("the SDK calls this itself"), "{}", app.text());
}

#[test]
fn what_is_seen_can_be_saved_and_never_replaces_a_file_silently() {
    let mut app = play(1);
    app.press("cidentify u<Enter>S<C-u>mine<Enter>");
    assert_eq!(app.backend.files.len(), 1);
    assert_eq!(app.backend.files[0].0, "mine.toml");
    assert!(app.text().contains("saved; journey demo mine.toml plays it"), "{}", app.text());
    let saved = Scenario::parse("mine.toml", &app.backend.files[0].1).unwrap();
    assert_eq!(saved.name, "mine");
    assert_eq!(saved.calls, player(&app).play().scenario().calls);
    app.press("u");
    app.press("S<C-u>mine<Enter>");
    assert!(app.text().contains("mine.toml exists: press Enter again to replace it"), "{}", app.text());
    assert!(app.backend.files[0].1.contains("name = \"mine\""), "not yet");
    app.press("<Enter>");
    assert!(app.backend.files[0].1.contains("name = \"01-sally\""), "now");
    app.press("S<C-u>/no/x.toml<Enter>");
    assert!(app.text().contains("/no is not there"), "{}", app.text());
    app.press("<C-u><Enter>");
    assert!(app.text().contains("a file needs a name"), "{}", app.text());
}

#[test]
fn another_name_after_the_warning_is_not_a_yes() {
    let mut app = play(1);
    app.press("S<C-u>a<Enter>S<C-u>b<Enter>S<C-u>a<Enter>");
    app.press("<Backspace><Backspace><Backspace><Backspace><Backspace><Backspace>b<Enter>");
    assert!(app.text().contains("b.toml exists"), "{}", app.text());
}

#[test]
fn the_result_opens_as_a_journey_and_escape_comes_back() {
    let mut app = play(1);
    app.press("ll<Enter>");
    assert_eq!(app.top(), "journey");
    let Some(Request::Stage(stage, _)) = app.asked.first() else { panic!("{:?}", app.asked) };
    assert_eq!((stage.id.as_str(), stage.name.as_str()), ("sally@gmail.com", "01-sally.jsonl"));
    assert_eq!(app.model.journey().unwrap().journey().orphans.len(), 1);
    app.press("<Esc>");
    assert_eq!((app.top(), player(&app).moment()), ("player", 2));
    app.press("o/<Esc><Esc>");
    assert_eq!(app.top(), "player", "the search lies over the journey");
}

#[test]
fn a_result_whose_id_is_gone_opens_with_another() {
    let mut app = play(14);
    // Without the first login nothing names c7.
    while !player(&app).play().step(player(&app).moment()).is_some_and(|step| step.code.starts_with("identify")) {
        app.press("l");
    }
    app.press("x<Enter>");
    assert_eq!(app.top(), "journey", "{}", app.text());
}

// Screens

#[test]
fn the_list_tells_what_each_scenario_teaches() {
    insta::assert_snapshot!(start(None, Options::default()).press("jjj").text());
}

#[test]
fn before_the_first_call_the_player_says_what_to_look_for() {
    insta::assert_snapshot!(play(1).text());
}

#[test]
fn a_refused_alias_is_shown_with_its_orphan() {
    insta::assert_snapshot!(play(1).press("e").styled());
}

#[test]
fn a_wide_player_has_dates_and_room() {
    insta::assert_snapshot!(play(6).sized(120, 40).press("ee").styled());
}

#[test]
fn rows_that_turn_out_to_be_split_are_marked() {
    insta::assert_snapshot!(play(6).press("e").text());
}

#[test]
fn without_colour_changes_are_marked_all_the_same() {
    let mut app = start(Some(0), Options { no_color: true, ..Options::default() });
    insta::assert_snapshot!(app.press("e").styled());
}

#[test]
fn an_ascii_player_has_no_other_character() {
    let mut app = start(Some(5), Options { ascii: true, ..Options::default() }).sized(120, 40);
    let text = app.press("ee").text();
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn a_line_to_type_in_says_what_can_be_typed() {
    insta::assert_snapshot!(play(6).press("eeciden").text());
}

#[test]
fn a_small_screen_tells_the_call_and_what_happens() {
    insta::assert_snapshot!(play(6).sized(45, 12).press("e").text());
}

#[test]
fn the_help_of_the_player_has_its_keys_and_marks() {
    insta::assert_snapshot!(play(1).sized(130, 30).press("?").text());
}

#[test]
fn what_is_new_and_what_has_changed_has_a_mark_of_its_own() {
    let mut app = play(1);
    let text = app.press("e").text();
    assert!(text.contains("+ 19:13 ◇ $create_alias"), "{text}");
    assert!(text.contains("▸ __alias"), "{text}");
    assert!(text.contains("~ 19:12 ◌ Page Viewed"), "{text}");
    assert!(text.contains("timeline of the server: 17 rows · ~ changed"), "the mark is explained: {text}");
    let text = app.press("l").text();
    assert!(!text.contains("~ 19:12"), "only the moment itself marks it: {text}");
    assert!(!text.contains("~ changed"), "nothing to explain: {text}");
}

#[test]
fn both_plays_have_whole_heads_whole_events_and_their_marks_explained_on_a_small_screen() {
    let mut app = play(6).sized(80, 24);
    let text = app.press("Gctrack A<Enter>").text();
    let head = text.lines().find(|line| line.contains("original:")).unwrap_or_default();
    assert!(head.contains("original: 18 rows, ◌ 2, ◐ 2 ") && head.contains("changed: 19 rows, ◌ 2, ◐ 2 "), "{text}");
    assert!(!text.contains("~ changed"), "{text}");
    // Without the call that was refused, nothing says whose the rows are.
    let text = play(1).sized(80, 24).press("exG").text();
    assert!(text.contains("~ 19:12 ○ Page Viewed") && text.contains("changed: 22 rows, ◌ 0 · ~ changed "), "{text}");
    let mut app = play(6).sized(80, 24);
    let text = app.press("G").text();
    assert!(text.contains("Import Finished") && text.contains("Dashboard Viewed"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_key_on_no_screen_breaks_the_player(
        number in 1usize..=22,
        width in 1u16..140,
        height in 1u16..45,
        keys in prop::collection::vec(
            prop::sample::select(vec![
                "l", "h", "G", "e", "E", "5", "9", "0", "r", "u", "x", "J", "K", "<Space>", "+", "-", "?", "Z",
                "creset<Enter>", "ctrack A<Enter>", "cident", "calias u<Enter>", "<Tab>", "<Enter>", "<Esc>", "S", "R",
            ]),
            0..12,
        ),
        beats in 0usize..5,
    ) {
        let mut app = play(number).sized(width, height);
        for key in keys {
            app.press(key);
            if app.end.is_some() {
                break;
            }
            for _ in 0..beats {
                app.send(Msg::Beat);
            }
            app.text();
        }
        if let Some(player) = app.model.player() {
            prop_assert!(player.moment() <= player.play().last());
        }
    }
}

#[test]
fn scrolling_back_from_the_end_of_the_rows_takes_as_many_keys_as_it_took() {
    for changes in ["", "llx"] {
        let mut app = play(1);
        app.press(changes).press("G");
        let before = app.text();
        for _ in 0..40 {
            app.press("J");
            app.text();
        }
        let end = app.text();
        app.press("K");
        assert_ne!(app.text(), end, "the first key scrolls");
        app.press("J");
        assert_eq!(app.text(), end);
        for _ in 0..60 {
            app.press("K");
            app.text();
        }
        let top = app.text();
        app.press("J");
        assert_ne!(app.text(), top, "{changes}");
        assert!(before.contains("rows"));
    }
}

#[test]
fn a_key_shows_the_same_moment_under_the_next_rule_set() {
    let mut app = play(1).sized(100, 30);
    app.press("G");
    let (moment, legacy) = (player(&app).moment(), app.text());
    app.press("w");
    assert!(app.text().lines().next().unwrap().contains("rules original"), "{}", app.text());
    assert!(app.text().contains("joined: ") && !app.text().contains("lookup table: "), "{}", app.text());
    assert_eq!(player(&app).moment(), moment);
    app.press("x");
    assert_eq!(player(&app).play().rules().name(), "original", "a changed play is judged as the original");
    app.press("u");
    for _ in 0..5 {
        app.press("w");
    }
    assert_eq!(player(&app).play().rules().name(), "legacy");
    app.press("hl");
    assert_eq!(app.text(), legacy);
}

#[test]
fn the_player_begins_under_the_rules_that_were_asked_for() {
    let mut app = start(Some(0), Options { rules: Some("simplified"), ..Options::default() });
    assert_eq!(player(&app).play().rules().name(), "simplified");
    app.press("<Esc>j<Enter>");
    assert_eq!(player(&app).play().rules().name(), "simplified", "the next play, too");
}
