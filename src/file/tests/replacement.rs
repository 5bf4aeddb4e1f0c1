//! Replacing a file.

use super::*;

#[test]
fn replaced_file_exists_until_keep() {
    for write in WRITERS {
        let directory = TempDir::new().unwrap();
        put(&directory, "k.pem", 0o640, "old");
        let draft = write(&target(&directory, Existing::Replace));
        assert!(census(&directory).contains(&file("k.pem", 0o640, "old")));
        let published = draft.publish().unwrap();
        assert!(census(&directory).contains(&file("k.pem", 0o400, "new")));
        assert!(census(&directory).iter().any(|(_, _, contents)| contents == "old"));
        let _ = published.keep();
        assert_eq!(census(&directory), [file("k.pem", 0o400, "new")]);
    }
}

#[test]
fn overwritten_file_needs_no_temporary_name() {
    for write in WRITERS {
        let directory = TempDir::new().unwrap();
        let draft = || write(&target(&directory, Existing::Replace));
        let failed = || Err(FileError::NoName { path: "x".into() });
        draft().overwrite_after(|| Ok::<_, FileError>(())).unwrap();
        assert_eq!(census(&directory), [file("k.pem", 0o400, "new")]);
        put(&directory, "k.pem", 0o640, "old");
        draft().overwrite_after(failed).unwrap_err();
        assert_eq!(census(&directory), [file("k.pem", 0o640, "old")]);
        draft().overwrite_after(|| Ok::<_, FileError>(())).unwrap();
        assert_eq!(census(&directory), [file("k.pem", 0o400, "new")]);
    }
}

/// `doctor` would advise to remove a stale file.
#[test]
fn replaced_file_is_not_stale() {
    for write in WRITERS {
        let directory = TempDir::new().unwrap();
        put(&directory, "k.pem", 0o640, "old");
        let published = write(&target(&directory, Existing::Replace)).publish().unwrap();
        let left = Listing::of(directory.path()).unwrap().stale;
        assert!(left.is_empty(), "{left:?}");
        let _ = published.keep();
    }
}

#[test]
fn drop_restores_replaced_file() {
    for write in WRITERS {
        let directory = TempDir::new().unwrap();
        put(&directory, "k.pem", 0o640, "old");
        drop(write(&target(&directory, Existing::Replace)).publish().unwrap());
        assert_eq!(census(&directory), [file("k.pem", 0o640, "old")]);
    }
}

#[test]
fn keep_both_numbers_replaced_file() {
    for write in WRITERS {
        let directory = TempDir::new().unwrap();
        let publish = || write(&target(&directory, Existing::Replace)).publish().unwrap();
        assert_eq!(publish().keep_both(), None);
        put(&directory, "k.pem.1", 0o644, "other");
        let kept = publish().keep_both().unwrap();
        assert_eq!(kept, directory.path().join("k.pem.2"));
        let expected = [
            file("k.pem", 0o400, "new"),
            file("k.pem.1", 0o644, "other"),
            file("k.pem.2", 0o400, "new"),
        ];
        assert_eq!(census(&directory), expected);
        assert!(Listing::of(directory.path()).unwrap().stale.is_empty());
    }
}

#[test]
fn replace_without_old_file_creates_file() {
    for write in WRITERS {
        let directory = TempDir::new().unwrap();
        let _ = write(&target(&directory, Existing::Replace)).publish().unwrap().keep();
        assert_eq!(census(&directory), [file("k.pem", 0o400, "new")]);
    }
}

#[cfg(unix)]
#[test]
fn symlink_is_replaced_not_followed() {
    let directory = TempDir::new().unwrap();
    put(&directory, "elsewhere", 0o600, "precious");
    symlink("elsewhere", directory.path().join("k.pem")).unwrap();
    let _ = WRITERS[0](&target(&directory, Existing::Replace)).publish().unwrap().keep();
    let expected = [file("elsewhere", 0o600, "precious"), file("k.pem", 0o400, "new")];
    assert_eq!(census(&directory), expected);
}

/// Another file may take the name after the last check.
#[cfg(target_os = "linux")]
#[test]
fn restore_keeps_file_that_took_the_name() {
    let directory = TempDir::new().unwrap();
    put(&directory, "k.pem", 0o600, "other");
    put(&directory, "old", 0o600, "old");
    put(&directory, "new", 0o600, "new");
    let handle = system::open_to_read(&directory.path().join("new")).unwrap();
    let opened = Directory::at(directory.path()).unwrap();
    opened.restore("old".as_ref(), "k.pem".as_ref(), std::rc::Rc::new(handle)).unwrap();
    let contents: Vec<_> =
        census(&directory).into_iter().map(|(_, _, contents)| contents).collect();
    assert_eq!(contents, ["other", "new", "old"]);
}

/// In each state that a kill can leave.
#[test]
fn replace_reclaims_slots_of_killed_processes() {
    let strays: Vec<_> = temporary::temporary_names("k.pem".as_ref()).collect();
    let stray = |directory: &TempDir, number: usize| directory.path().join(&strays[number]);
    let make: &[fn(&Path, &Path)] = &[
        |_, stray| fs::write(stray, "left").unwrap(),
        |path, stray| fs::hard_link(path, stray).unwrap(),
        #[cfg(unix)]
        |path, stray| {
            if !path.is_symlink() {
                fs::remove_file(path).unwrap();
                symlink("nowhere", path).unwrap();
            }
            fs::hard_link(path, stray).unwrap();
        },
    ];
    for leave in make {
        let directory = TempDir::new().unwrap();
        put(&directory, "k.pem", 0o400, "old");
        for number in 0..strays.len() {
            leave(&directory.path().join("k.pem"), &stray(&directory, number));
        }
        let _ = WRITERS[0](&target(&directory, Existing::Replace)).publish().unwrap().keep();
        let mut left = census(&directory);
        left.retain(|(_, _, contents)| contents != "left");
        assert_eq!(left, [file("k.pem", 0o400, "new")]);
    }
}

/// A process that is killed after the rename leaves the old file with a temporary name only.
#[test]
fn replaced_file_of_killed_process_gets_a_number() {
    for write in WRITERS {
        for existing in [Existing::Keep, Existing::Replace] {
            let directory = TempDir::new().unwrap();
            let path = |name: &str| directory.path().join(name);
            for (number, stray) in temporary::temporary_names("k.pem".as_ref()).skip(4).enumerate()
            {
                put(&directory, stray.to_str().unwrap(), 0o400, &format!("old {number}"));
            }
            if existing == Existing::Replace {
                put(&directory, "k.pem", 0o400, "old");
            }
            let kept = write(&target(&directory, existing)).publish().unwrap().keep();
            let numbered = ["k.pem.1", "k.pem.2", "k.pem.3", "k.pem.4"];
            if existing == Existing::Keep {
                assert_eq!(kept, numbered.map(path));
            }
            let mut expected = vec![file("k.pem", 0o400, "new")];
            for (number, name) in numbered.into_iter().enumerate() {
                expected.push(file(name, 0o400, &format!("old {number}")));
            }
            assert_eq!(census(&directory), expected);
        }
    }
}

/// A symbolic link cannot be locked, so replacements do not wait for each other.
#[cfg(unix)]
#[test]
fn concurrent_symlink_replacements_keep_the_last() {
    let directory = TempDir::new().unwrap();
    symlink("elsewhere", directory.path().join("k.pem")).unwrap();
    let first = WRITERS[0](&target(&directory, Existing::Replace)).publish().unwrap();
    fs::remove_file(directory.path().join("k.pem")).unwrap();
    symlink("elsewhere", directory.path().join("k.pem")).unwrap();
    let second = WRITERS[0](&target(&directory, Existing::Replace)).publish().unwrap();
    let _ = second.keep();
    drop(first);
    assert_eq!(census(&directory), [file("k.pem", 0o400, "new")]);
}

/// Regression test: two replacements lost the only copy of the file when both failed.
#[test]
fn second_replacement_waits_for_first() {
    let directory = TempDir::new().unwrap();
    put(&directory, "k.pem", 0o400, "old");
    let first = WRITERS[0](&target(&directory, Existing::Replace)).publish().unwrap();
    let path = directory.path().join("k.pem");
    let second = thread::spawn(move || {
        let target = Target::new(&path, Existing::Replace).unwrap();
        drop(WRITERS[0](&target).publish().unwrap());
    });
    thread::sleep(Duration::from_millis(200));
    assert!(!second.is_finished());
    drop(first);
    second.join().unwrap();
    assert_eq!(census(&directory), [file("k.pem", 0o400, "old")]);
}

/// Without unnamed files, each waiting process uses one of the few temporary names.
#[test]
fn more_replacements_than_slots_succeed() {
    for existing in [Some("old"), None] {
        let directory = TempDir::new().unwrap();
        existing.into_iter().for_each(|old| put(&directory, "k.pem", 0o400, old));
        thread::scope(|scope| {
            for _ in 0..3 * temporary::temporary_names("k.pem".as_ref()).count() {
                scope.spawn(|| {
                    let published =
                        WRITERS[1](&target(&directory, Existing::Replace)).publish().unwrap();
                    thread::sleep(Duration::from_millis(5));
                    let _ = published.keep();
                });
            }
        });
        assert_eq!(census(&directory), [file("k.pem", 0o400, "new")]);
    }
}

#[cfg(unix)]
#[test]
fn drop_keeps_foreign_and_replaced_file() {
    let directory = TempDir::new().unwrap();
    put(&directory, "k.pem", 0o400, "old");
    let published = WRITERS[0](&target(&directory, Existing::Replace)).publish().unwrap();
    fs::remove_file(directory.path().join("k.pem")).unwrap();
    put(&directory, "k.pem", 0o600, "other");
    drop(published);
    let contents: Vec<_> =
        census(&directory).into_iter().map(|(_, _, contents)| contents).collect();
    assert_eq!(contents, ["old", "other"]);
}

#[test]
fn failed_replacement_leaves_no_second_name() {
    let directory = TempDir::new().unwrap();
    put(&directory, "k.pem", 0o400, "old");
    let target = target(&directory, Existing::Replace);
    let found = target.directory.find("k.pem".as_ref(), Links::Keep).unwrap().unwrap();
    let old = published::ReplacedFile::set_aside(&target, None, found.identity).unwrap();
    assert_eq!(census(&directory).len(), 2);
    let other = system::open_to_read(&std::env::current_exe().unwrap()).unwrap();
    drop(Published::new(target, std::rc::Rc::new(other), Some(old)));
    assert_eq!(census(&directory), [file("k.pem", 0o400, "old")]);
}

#[test]
fn longest_name_can_be_replaced() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("n".repeat(255));
    for _ in 0..2 {
        let _ =
            WRITERS[1](&Target::new(&path, Existing::Replace).unwrap()).publish().unwrap().keep();
    }
    assert_eq!(census(&directory).len(), 1);
}

/// Another program takes no lock, so it can change the file after each check.
#[cfg(unix)]
#[test]
fn file_changed_during_replacement_is_kept() {
    let rename: fn(&Path) = |path| fs::rename(path.with_file_name("other"), path).unwrap();
    let same: fn(&Path) = |path| fs::rename(path.with_file_name("same"), path).unwrap();
    let rewrite: fn(&Path) = |path| fs::write(path, "changed").unwrap();
    for write in WRITERS {
        for (has_expected, change) in
            [(false, rename), (true, rename), (true, same), (true, rewrite)]
        {
            let directory = TempDir::new().unwrap();
            put(&directory, "k.pem", 0o600, "old");
            put(&directory, "other", 0o600, "other");
            put(&directory, "same", 0o600, "old");
            let draft = write(&target(&directory, Existing::Replace));
            let path = directory.path().join("k.pem");
            let expected = Secret::copy_of(b"old");
            let mut after = Vec::new();
            let outcome = draft.publish_checked(has_expected.then_some(&expected), || {
                change(&path);
                after = census(&directory);
                Ok(())
            });
            assert!(matches!(outcome, Err(FileError::ChangedByOther { .. })), "{outcome:?}");
            after.retain(|(name, _, _)| !name.starts_with('.'));
            assert_eq!(census(&directory), after);
        }
    }
}

/// The last moment is between the second name of the old file and the exchange.
#[cfg(unix)]
#[test]
fn name_taken_at_last_moment_is_given_back() {
    let directory = TempDir::new().unwrap();
    put(&directory, "k.pem", 0o600, "old");
    let target = target(&directory, Existing::Replace);
    let found = target.directory.find("k.pem".as_ref(), Links::Keep).unwrap().unwrap();
    let old = published::ReplacedFile::set_aside(&target, None, found.identity).unwrap();
    let mut draft = WRITERS[1](&target);
    let new = draft.temporary_name().unwrap().to_owned();
    fs::remove_file(directory.path().join("k.pem")).unwrap();
    put(&directory, "k.pem", 0o600, "other");
    assert!(!draft.take_name(&new, &old, None).unwrap());
    old.remove(&target.directory);
    drop(draft);
    assert_eq!(census(&directory), [file("k.pem", 0o600, "other")]);
}

#[test]
fn file_with_other_contents_is_not_replaced() {
    for write in WRITERS {
        let directory = TempDir::new().unwrap();
        put(&directory, "k.pem", 0o600, "old");
        let publish = |expected: &[u8]| {
            let draft = write(&target(&directory, Existing::Replace));
            draft.publish_over(&Secret::copy_of(expected))
        };
        for expected in [&b"ol"[..], b"old!", b"bad", b""] {
            let refused = publish(expected);
            assert!(matches!(refused, Err(FileError::ChangedByOther { .. })), "{refused:?}");
            assert_eq!(census(&directory), [file("k.pem", 0o600, "old")]);
        }
        let _ = publish(b"old").unwrap().keep();
        assert_eq!(census(&directory), [file("k.pem", 0o400, "new")]);
    }
}

/// Every user who can open a file can lock it.
#[cfg(unix)]
#[test]
fn lock_of_another_program_is_waited_for_briefly() {
    let directory = TempDir::new().unwrap();
    put(&directory, "k.pem", 0o644, "old");
    let path = directory.path().join("k.pem");
    let opened = Directory::at(directory.path()).unwrap();
    let lock = || opened.lock_for_replacement("k.pem".as_ref(), Duration::from_millis(50));
    let other = fs::File::open(&path).unwrap();
    other.lock_shared().unwrap();
    let start = Instant::now();
    assert_eq!(lock().unwrap_err().kind(), ErrorKind::ResourceBusy);
    assert!(start.elapsed() >= Duration::from_millis(50));
    // The lock of a file that has lost its name does not matter.
    fs::remove_file(&path).unwrap();
    assert!(lock().unwrap().is_none());
    put(&directory, "k.pem", 0o644, "new");
    assert!(lock().unwrap().is_some());
}
