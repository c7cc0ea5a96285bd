//! A store with changed bits, one that is cut off, one of the future.

use super::*;

use journey::model::Id;
use journey::store::{Error, Piece, Reader, SCHEMA_VERSION};

/// Bits that are changed in each run.
const FLIPS: usize = 200;

/// What a question gives, as text.
type Answer = Result<String, Error>;

/// A kind of question, asked of a store that is opened for it.
type Question = (&'static str, fn(&Path) -> Answer);

/// All kinds.
const QUESTIONS: [Question; 9] = [
    ("overview", |path| Ok(format!("{:?}", Reader::open(path)?.overview()?))),
    ("rejects", |path| Ok(format!("{:?}", Reader::open(path)?.rejects(99)?))),
    ("search", |path| {
        let store = Reader::open(path)?;
        Ok(format!("{:?} {:?} {:?}", store.find("sally", 99)?, store.find("1", 99)?, store.find("Chrome", 99)?))
    }),
    ("journey", |path| {
        let store = Reader::open(path)?;
        store.at_one_moment(|store| {
            let mut answers = Vec::new();
            for id in ["12345", "sally@gmail.com", "P-1", "not there"].map(Id::new) {
                let events = store.events_of(&id, 9999)?;
                let rows: Vec<i64> = events.iter().map(|event| event.row).collect();
                let facts = (store.calls_of(&id, 99)?, store.calls_to(&id, 99)?, store.links_of(&id, 99)?);
                let profiles = store.profiles_of(&[id], 99)?;
                let properties = store.properties(&rows)?;
                answers.push(format!("{events:?} {properties:?} {facts:?} {profiles:?}"));
            }
            Ok(answers.concat())
        })
    }),
    ("sql of events", |path| {
        sql(path, "SELECT event, count(*), min(time), max(arrived), count(distinct_id) FROM events GROUP BY event")
    }),
    ("sql of properties", |path| sql(path, "SELECT id, props(id) FROM events ORDER BY id LIMIT 20 OFFSET 200")),
    ("sql of aliases", |path| sql(path, "SELECT * FROM aliases WHERE alias = 'sally@gmail.com' OR line < 9")),
    ("sql of ids", |path| {
        sql(path, "SELECT count(*), (SELECT count(*) FROM links), max(name) FROM ids WHERE name > 'P'")
    }),
    ("export", |path| {
        let copy = path.with_file_name("copy.db");
        let exported = Reader::open(path)?.export(&copy, true, &mut |_, _| true)?;
        let db = Connection::open(&copy).unwrap();
        let content: Vec<String> = ["events", "aliases", "profiles"]
            .iter()
            .flat_map(|table| {
                let mut select = db.prepare(&format!("SELECT * FROM {table} ORDER BY id")).unwrap();
                let columns = select.column_count();
                let rows = select.query_map([], |row| {
                    (0..columns).map(|column| row.get_ref(column).map(|cell| format!("{cell:?}"))).collect()
                });
                rows.unwrap().collect::<rusqlite::Result<Vec<String>>>().unwrap()
            })
            .collect();
        Ok(format!("{exported:?} {content:?}"))
    }),
];

fn sql(path: &Path, question: &str) -> Answer {
    let mut pieces = Vec::new();
    Reader::open(path)?.query(question, |piece: Piece<'_>| {
        pieces.push(format!("{piece:?}"));
        Ok::<_, Error>(())
    })?;
    Ok(pieces.concat())
}

/// Whether an error says what is wrong with the store.
fn names_damage(error: &Error) -> bool {
    matches!(error, Error::Corrupt { .. } | Error::NotAStore { .. } | Error::Newer { .. } | Error::Older { .. })
}

/// A store with one bit changed in each round, in all of its pages.
fn each_flip(seed: u64, times: usize, mut look: impl FnMut(&Place, usize)) {
    let place = sampled();
    let whole = fs::read(place.at("s.db")).unwrap();
    let mut numbers = Numbers(seed);
    for round in 0..times {
        // Every other one near the start of a page, where the page says what it is.
        let pages = whole.len() as u64 / 16384;
        let at = match round % 2 {
            0 => numbers.below(whole.len() as u64),
            _ => numbers.below(pages) * 16384 + numbers.below(128),
        };
        let at = usize::try_from(at).unwrap();
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << numbers.below(8);
        fs::write(place.at("s.db"), &bytes).unwrap();
        look(&place, at);
        place.remove_store();
    }
}

#[test]
fn a_changed_bit_never_gives_another_answer() {
    let place = sampled();
    let expected = QUESTIONS.map(|(_, ask)| ask(&place.at("s.db")).unwrap());
    let (mut answers, mut errors) = (0, 0);
    each_flip(0xB17, FLIPS, |place, at| {
        for ((question, ask), expected) in QUESTIONS.iter().zip(&expected) {
            match ask(&place.at("s.db")) {
                Ok(answer) => {
                    assert!(answer == *expected, "{question}: a bit of byte {at} changes the answer");
                    answers += 1;
                }
                Err(error) => {
                    assert!(names_damage(&error), "{question}, byte {at}: {error}");
                    errors += 1;
                }
            }
        }
    });
    assert!(answers > FLIPS && errors > FLIPS / 2, "{answers} answers, {errors} errors");
    tell("a bit flipped", FLIPS);
    tell("- questions answered as before", answers);
    tell("- questions that ended in the error", errors);
}

#[test]
fn no_command_gives_another_answer_for_a_changed_bit() {
    const COMMANDS: [&[&str]; 8] = [
        &["show", "12345", "--store", "s.db", "--format", "json"],
        &["show", "sally@gmail.com", "--store", "s.db"],
        &["graph", "sally@gmail.com", "--store", "s.db"],
        &["diff", "12345", "P-1", "--store", "s.db"],
        &["search", "12345", "--store", "s.db", "--format", "json"],
        &["search", "event:purchase", "--store", "s.db"],
        &["sql", "SELECT count(*), max(time) FROM events", "--store", "s.db", "--format", "json"],
        &["sql", "SELECT count(*) FROM aliases", "--store", "s.db"],
    ];
    let whole = sampled();
    let expected = COMMANDS.map(|command| whole.run(command));
    let (mut printed, mut seen) = (0, 0);
    each_flip(0xB18, times(), |place, at| {
        let mut is_told = false;
        for (command, expected) in COMMANDS.iter().zip(&expected) {
            let answer = place.run(command);
            if answer.status.code() == Some(3) {
                let said = String::from_utf8_lossy(&answer.stderr).into_owned();
                assert!(said.contains("is damaged") || said.contains("is not a store"), "byte {at}: {said}");
                is_told = true;
            } else {
                assert_eq!(answer.status, expected.status, "{command:?}, byte {at}");
                assert!(answer.stdout == expected.stdout, "{command:?}, byte {at}");
            }
        }
        let doctor = place.run(&["doctor", "s.db"]);
        let said = String::from_utf8_lossy(&doctor.stdout);
        assert!(matches!(doctor.status.code(), Some(1 | 3)) || said.contains("without-sums"), "byte {at}: {doctor:?}");
        printed += usize::from(is_told);
        seen += 1;
    });
    tell("a bit flipped, asked by commands", seen);
    tell("- of them found by one or more of them; the others lie where these do not look", printed);
}

#[test]
fn a_store_that_is_cut_off_or_of_the_future_is_reported() {
    let place = sampled();
    let whole = fs::read(place.at("s.db")).unwrap();
    let mut numbers = Numbers(0xC07);
    for _ in 0..times() {
        let length = usize::try_from(numbers.below(whole.len() as u64)).unwrap();
        fs::write(place.at("s.db"), &whole[..length]).unwrap();
        for answer in place.ask() {
            assert_eq!(answer.status.code(), Some(3), "{length} of {}: {answer:?}", whole.len());
        }
    }
    tell("a store cut off", times());
    for version in [SCHEMA_VERSION + 1, 99] {
        fs::write(place.at("s.db"), &whole).unwrap();
        Connection::open(place.at("s.db")).unwrap().pragma_update(None, "user_version", version).unwrap();
        for answer in place.ask() {
            assert_eq!(answer.status.code(), Some(3), "{answer:?}");
        }
    }
    tell("a store of a future version", 2);
}
