//! Which ids a text finds, profiles, and queries that are cancelled.

use std::ops::ControlFlow;

use super::*;
#[test]
fn search_puts_the_exact_id_first_and_profiles_last() {
    let mut store = Writer::in_memory().unwrap();
    let file = begin(&mut store, "a");
    let ids = ["xsally", "sally@gmail.com", "$device:sally", "SALLY2", "sally", "Dora Sally", "$device:sally9", "bob"];
    let rows = ids.iter().zip(1..).map(|(who, time)| row(who, time)).collect();
    let profiles = vec![
        profile("bob", &[("$name", "Bob Sally Smith"), ("$email", "bob@sally.example")]),
        profile("sally", &[("$name", "Sally")]),
        Profile { id: None, ..profile("", &[("$name", "Sally of a group")]) },
    ];
    store.append(&Chunk { profiles, ..chunk(file, rows) }).unwrap();
    let store = store.into_reader().unwrap();
    let hits = store.find("sally", 100).unwrap();
    let found: Vec<_> = hits.iter().map(|hit| (hit.id.as_str(), hit.found)).collect();
    assert_eq!(
        found,
        [
            ("sally", Match::Exact),
            ("$device:sally", Match::Exact),
            ("SALLY2", Match::Prefix),
            ("$device:sally9", Match::Prefix),
            ("sally@gmail.com", Match::Prefix),
            ("xsally", Match::Substring),
            ("Dora Sally", Match::Substring),
            ("phone-of-sally", Match::Substring),
            ("bob", Match::Profile),
        ]
    );
    assert_eq!(hits[8].via, Some(("$name".to_owned(), "Bob Sally Smith".to_owned())));
    for limit in 0..hits.len() {
        assert_eq!(store.find("sally", limit).unwrap(), hits[..limit]);
    }
    assert_eq!(store.find("SALLY9", 9).unwrap()[0].id, id("$device:sally9"));
    assert_eq!(store.find("", 9).unwrap(), []);
    assert_eq!(store.find("nobody", 9).unwrap(), []);
}

#[test]
fn search_sees_ids_that_came_after_the_last_search() {
    let (_folder, path) = store_in_file(1);
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.find("new", 9).unwrap(), []);
    let mut writer = Writer::open(&path).unwrap();
    let file = begin(&mut writer, "b");
    writer
        .append(&Chunk { profiles: vec![profile("p", &[("$name", "Newton")])], ..chunk(file, vec![row("newer", 1)]) })
        .unwrap();
    let found: Vec<_> = reader.find("new", 9).unwrap().into_iter().map(|hit| hit.id).collect();
    assert_eq!(found, [id("newer"), id("p")]);
}

#[test]
fn profile_updates_come_back_by_time() {
    let mut store = Writer::in_memory().unwrap();
    let file = begin(&mut store, "a");
    let late = Profile { time: Some(9), operation: "$add".into(), ignore_alias: false, ..profile("u", &[]) };
    let other = Profile { time: None, arrival: Some(7), ..profile("v", &[]) };
    let profiles = vec![late, profile("u", &[]), other];
    store.append(&Chunk { profiles, ..chunk(file, vec![]) }).unwrap();
    let store = store.into_reader().unwrap();
    let ids = [id("u"), id("v"), id("u"), id("nobody")];
    let found = store.profiles_of(&ids, 10).unwrap();
    let printed: Vec<_> = found.iter().map(|p| (p.id.clone(), p.operation.as_str(), p.time, p.ignore_alias)).collect();
    assert_eq!(
        printed,
        [
            (Some(id("u")), "$set", Some(4), true),
            (Some(id("v")), "$set", None, true),
            (Some(id("u")), "$add", Some(9), false)
        ]
    );
    assert_eq!((found[0].arrived, &*found[0].source.file, found[0].source.line), (Some(6), "a", 8));
    assert_eq!(found[0].json, r#"{"$set":{}}"#);
    assert_eq!(store.profiles_of(&ids, 1).unwrap(), found[..1]);
}

#[test]
fn a_cancelled_query_says_so_and_the_next_one_works() {
    let rows = (0..5000).map(|n| row(&format!("user-{n}"), n)).collect();
    let mut store = store_of(&[("a", rows)]);
    let stop = Arc::new(AtomicBool::new(true));
    let flag = Arc::clone(&stop);
    store.on_progress(move || flag.load(Ordering::Relaxed)).unwrap();
    assert!(matches!(store.all_ids(), Err(Error::Cancelled)));
    assert!(matches!(store.find("user-4999", 5), Err(Error::Cancelled)));
    assert!(matches!(store.overview(), Err(Error::Cancelled)));
    stop.store(false, Ordering::Relaxed);
    assert_eq!(store.all_ids().unwrap().len(), 5000);
    assert_eq!(store.find("user-4999", 5).unwrap()[0].found, Match::Exact);
    assert_eq!(store.find("ser-4999", 5).unwrap()[0].found, Match::Substring);
}

#[test]
fn what_only_looks_like_the_text_comes_after_what_has_it_and_says_so() {
    let rows = ["saxlly", "xsally", "sally", "sally-2", "bob"].iter().zip(1..).map(|(who, time)| row(who, time));
    let store = store_of(&[("a", rows.collect())]);
    let hits = store.find("sally", 9).unwrap();
    let found: Vec<_> = hits.iter().map(|hit| (hit.id.as_str(), hit.found)).collect();
    assert_eq!(
        found,
        [("sally", Match::Exact), ("sally-2", Match::Prefix), ("xsally", Match::Substring), ("saxlly", Match::Fuzzy),]
    );
}

#[test]
fn a_session_leaves_the_store_as_it_was() {
    let (_folder, path) = store_in_file(2);
    let before = (fs::read(&path).unwrap(), path.metadata().unwrap().modified().unwrap());
    let reader = Reader::open(&path).unwrap();
    reader.overview().unwrap();
    reader.find("u", 9).unwrap();
    reader.find_near("v", 9).unwrap();
    reader.names().unwrap();
    reader.sample(9).unwrap();
    reader.seek(&Seek::default(), &mut |_, _| ControlFlow::Continue(())).unwrap();
    let rows: Vec<i64> = reader.events_of(&id("u"), 9).unwrap().iter().map(|event| event.row).collect();
    reader.properties(&rows).unwrap();
    drop(reader);
    assert_eq!((fs::read(&path).unwrap(), path.metadata().unwrap().modified().unwrap()), before);
}
