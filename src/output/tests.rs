use tempfile::TempDir;

use super::*;

fn folder_with(files: &[&str]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for file in files {
        fs::write(folder.path().join(file), *file).unwrap();
    }
    folder
}

fn write(path: &Path, replace: bool, kept: &Kept) -> Result<(), Error> {
    let mut output = Output::begin(path, replace, kept, Readers::Owner)?;
    output.write_all(b"new").unwrap();
    output.finish()
}

fn names(folder: &TempDir) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_is_there_when_it_is_whole_and_nothing_stays_of_one_that_is_given_up() {
    let folder = folder_with(&[]);
    let path = folder.path().join("out");
    let mut output = Output::begin(&path, false, &Kept::default(), Readers::Owner).unwrap();
    output.write_all(b"half").unwrap();
    assert!(!path.exists());
    drop(output);
    assert_eq!(names(&folder), [""; 0]);
    write(&path, false, &Kept::default()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(names(&folder), ["out"]);
}

#[test]
fn what_is_there_is_replaced_only_where_that_was_asked_for() {
    let folder = folder_with(&["out"]);
    let path = folder.path().join("out");
    assert!(matches!(write(&path, false, &Kept::default()), Err(Error::Exists { .. })));
    assert_eq!(fs::read(&path).unwrap(), b"out");
    write(&path, true, &Kept::default()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert!(matches!(write(folder.path(), true, &Kept::default()), Err(Error::Io { .. })));
}

#[test]
fn what_comes_to_the_place_meanwhile_is_not_replaced() {
    let folder = folder_with(&[]);
    let path = folder.path().join("out");
    let output = Output::begin(&path, false, &Kept::default(), Readers::Owner).unwrap();
    fs::write(&path, "somebody else's").unwrap();
    assert!(matches!(output.finish(), Err(Error::Exists { .. })));
    assert_eq!(fs::read(&path).unwrap(), b"somebody else's");
}

#[cfg(unix)]
#[test]
fn a_store_and_an_input_are_never_replaced_by_whatever_path() {
    let folder = folder_with(&["s.db", "in.jsonl", "other"]);
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("in")).unwrap();
    fs::write(at("in/b.jsonl"), "b").unwrap();
    std::os::unix::fs::symlink(at("s.db"), at("soft.db")).unwrap();
    std::os::unix::fs::symlink("s.db", at("relative.db")).unwrap();
    std::os::unix::fs::symlink("s.db-wal", at("to-log")).unwrap();
    fs::hard_link(at("s.db"), at("hard.db")).unwrap();
    fs::hard_link(at("in.jsonl"), at("hard.jsonl")).unwrap();
    std::os::unix::fs::symlink(at("in.jsonl"), at("soft.jsonl")).unwrap();
    std::os::unix::fs::symlink(folder.path(), at("here")).unwrap();
    // The store is named by a link itself: the others are found all the same.
    for store in ["s.db", "soft.db", "here/s.db", "in/../s.db"] {
        let kept = Kept::default().store(&at(store)).input(&at("here/in.jsonl")).input(&at("in"));
        for name in [
            "s.db",
            "soft.db",
            "relative.db",
            "hard.db",
            "here/s.db",
            "in/../s.db",
            "s.db-wal",
            "s.db-shm",
            "s.db-journal",
            "here/s.db-wal",
            "to-log",
        ] {
            for replace in [false, true] {
                let refused = write(&at(name), replace, &kept);
                assert!(matches!(refused, Err(Error::IsStore { .. })), "{store} {name}: {refused:?}");
            }
        }
        for name in ["in.jsonl", "hard.jsonl", "soft.jsonl", "here/in.jsonl", "in/b.jsonl", "here/in/b.jsonl"] {
            let refused = write(&at(name), true, &kept);
            assert!(matches!(refused, Err(Error::IsInput { .. })), "{name}: {refused:?}");
        }
        // Near, and others.
        for name in ["s.db-walx", "in.json", "in/new.jsonl"] {
            write(&at(name), false, &kept).unwrap();
            fs::remove_file(at(name)).unwrap();
        }
        write(&at("other"), true, &kept).unwrap();
    }
    assert_eq!(fs::read(at("s.db")).unwrap(), b"s.db");
    assert_eq!(fs::read(at("in.jsonl")).unwrap(), b"in.jsonl");
    // A store that is not there yet.
    let kept = Kept::default().store(&at("new.db"));
    assert!(matches!(write(&at("new.db"), false, &kept), Err(Error::IsStore { .. })));
    assert!(matches!(write(&at("here/new.db-wal"), false, &kept), Err(Error::IsStore { .. })));
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_permissions_stay_as_they_were() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder_with(&["file"]);
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("file", &link).unwrap();
    write(&link, true, &Kept::default()).unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"new");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o640);
    let new = folder.path().join("new");
    write(&new, false, &Kept::default()).unwrap();
    assert_eq!(mode(&new), 0o600);
}

#[cfg(unix)]
#[test]
fn a_device_is_written_through() {
    write(Path::new("/dev/null"), false, &Kept::default()).unwrap();
}

#[test]
fn a_database_in_use_is_not_replaced() {
    let folder = folder_with(&["other.db", "other.db-wal"]);
    let refused = write(&folder.path().join("other.db"), true, &Kept::default());
    assert!(matches!(refused, Err(Error::InUse { .. })), "{refused:?}");
}
