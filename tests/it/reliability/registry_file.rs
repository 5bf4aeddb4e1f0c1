//! The registry file: location, concurrent use and durability.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Barrier;
use std::thread;

use crate::support::home::Home;
use crate::support::run::Run;

fn names(home: &Home) -> Vec<String> {
    let run = home.keypair(["describe", "--query", "KeyPairs[].KeyName"]).success();
    let names = run.json();
    names.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

fn is_intact(home: &Home, registry: &str) {
    let check = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('PRAGMA integrity_check').fetchone()[0])";
    let python = std::env::var("KEYPAIR_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    let run =
        home.launch("sh").args(["-c", "exec \"$0\" -c \"$1\" \"$2\"", &python, check, registry]);
    assert_eq!(run.run().success().text(), "ok\n");
}

#[test]
fn registry_path_prefers_option_over_variable_over_default() {
    let mut home = Home::new();
    home.set_umask(0);
    home.keypair(["create", "a", "--type", "ed25519"]).success();
    let file = home.path("../home/.local/share/keypair/registry.sqlite3");
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));

    home.set("KEYPAIR_REGISTRY_FILE", "deep/er/variable");
    assert_eq!(names(&home), [""; 0]);
    home.keypair(["create", "b", "--type", "ed25519"]).success();
    assert_eq!(names(&home), ["b"]);
    assert_eq!(mode(&home.path("deep")), 0o700);
    let option = ["--registry-file", ":memory:", "create", "c", "--type", "ed25519"];
    home.keypair(option).success();
    assert!(home.path(":memory:").is_file());
    assert_eq!(names(&home), ["b"]);
}

#[test]
fn invalid_registry_settings_are_rejected() {
    let home = Home::new();
    for (environment, options, code, said) in [
        ("KEYPAIR_REGISTRY=gcp", "", 252, "`gcp`"),
        ("HOME= XDG_DATA_HOME=", "", 253, "HOME is not set"),
        ("HOME= XDG_DATA_HOME=relative", "", 253, "HOME is not set"),
    ] {
        let run = home.shell(&format!("{environment} keypair describe {options}")).fails_with(code);
        assert!(run.stderr.contains(said) && run.stderr.contains("hint"), "{run}");
    }
    let elsewhere = "KEYPAIR_REGISTRY=ec2 keypair describe --registry local --region none";
    home.shell(elsewhere).success();
    home.shell("HOME= XDG_DATA_HOME= keypair describe --registry-file r").success();
}

#[test]
fn foreign_file_is_rejected_and_unchanged() {
    let home = Home::new();
    home.write("text", "this is no database, but it is long enough to be one. ".repeat(100));
    home.shell("keypair create a --type ed25519 --registry-file newer --out a").success();
    let python = std::env::var("KEYPAIR_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    let change = |file: &str, statement: &str| {
        let program = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()";
        let run = ["-c", "exec \"$0\" -c \"$1\" \"$2\" \"$3\"", &python, program, file, statement];
        home.launch("sh").args(run).run().success();
    };
    change("newer", "PRAGMA user_version = 99");
    change("other", "CREATE TABLE bookmark (url TEXT)");
    fs::create_dir(home.path("folder")).unwrap();
    home.write("file", "");
    for (file, said) in [
        ("text", "text is not a key pair registry"),
        ("other", "other is not a key pair registry"),
        ("newer", "newer has version 99; the newest supported is 1"),
        ("folder", "cannot use the registry folder"),
        ("file/below", "cannot use the registry file/below: "),
    ] {
        let before = fs::read(home.path(file)).ok();
        let files = home.files();
        for command in ["create k --type ed25519", "describe", "delete a", "create k --dry-run"] {
            let run = home.shell(&format!("keypair {command} --registry-file {file}"));
            let run = run.fails_with(253);
            assert!(run.stderr.contains(said), "{run}");
        }
        assert_eq!(fs::read(home.path(file)).ok(), before);
        assert_eq!(home.files(), files);
    }
    for command in ["create k --dry-run", "describe"] {
        home.shell(&format!("keypair {command} --registry-file file")).success();
        assert_eq!(home.read("file"), b"");
    }
    home.shell("keypair create k --type ed25519 --registry-file file").success();
}

#[test]
fn new_registry_is_usable_with_any_umask() {
    let mut home = Home::new();
    home.set_umask(0o777);
    home.set("KEYPAIR_REGISTRY_FILE", "new/folder/registry");
    home.keypair(["create", "a", "--type", "ed25519"]).success();
    home.keypair(["create", "b", "--type", "ed25519"]).success();
    assert_eq!((home.mode("new"), home.mode("new/folder/registry")), (0o700, 0o600));
}

#[test]
fn concurrent_processes_lose_nothing_and_never_fail() {
    const PROCESSES: usize = 64;
    let home = Home::new();
    home.shell("ssh-keygen -q -t ed25519 -N '' -f own").success();
    // The registry does not exist yet, so the first processes create it.
    let start = Barrier::new(PROCESSES);
    let quiet = |arguments: &[&str]| {
        let run = home.keypair(arguments).success();
        let said: Vec<_> = run.stderr.lines().filter(|line| !line.contains("hint: ")).collect();
        assert!(said.is_empty(), "{run}");
        run
    };
    let work = |process: usize| {
        start.wait();
        let name = format!("p{process}");
        let (series, tag) = (format!("s{process}"), format!("process={process}"));
        let filter = format!("Name=tag:process,Values={process}");
        let kind = if process.is_multiple_of(8) { "rsa" } else { "ed25519" };
        let mut acknowledged = Vec::new();
        let mut answer = |run: Run, member: &str| {
            let answer = run.json();
            let pairs = if member.is_empty() {
                vec![answer]
            } else {
                answer[member].as_array().unwrap().clone()
            };
            acknowledged.extend(pairs.iter().map(|pair| {
                let text = |member: &str| pair[member].as_str().unwrap().to_owned();
                (text("KeyName"), text("KeyPairId"))
            }));
        };
        answer(quiet(&["create", &name, "--type", kind, "--tag", &tag]), "");
        let imported = format!("i{name}");
        quiet(&["import", &imported, "own.pub", "--tag", "short=lived"]);
        let ids = ["--query", "KeyPairs[].KeyPairId", "--output", "text"];
        let found = quiet(&[&["describe", &name][..], &ids].concat());
        let again = quiet(&[&["describe", "--filters", &filter][..], &ids].concat());
        assert_eq!(found.text(), again.text());
        quiet(&["delete", &imported]);
        home.keypair(["describe", &imported, "--quiet"]).fails_with(3);
        answer(
            quiet(&["create", &series, "--count", "3", "--type", "ed25519", "--tag", &tag]),
            "KeyPairs",
        );
        // The name is available again.
        answer(quiet(&["import", &imported, "own.pub", "--tag", &tag]), "");
        quiet(&["delete", &format!("{series}-2")]);
        acknowledged.retain(|(name, _)| *name != format!("{series}-2"));
        acknowledged
    };
    let mut acknowledged: Vec<(String, String)> = thread::scope(|scope| {
        let work = &work;
        let processes: Vec<_> =
            (0..PROCESSES).map(|process| scope.spawn(move || work(process))).collect();
        processes.into_iter().flat_map(|process| process.join().unwrap()).collect()
    });
    let found = home.keypair(["describe"]).success().json();
    let found = found["KeyPairs"].as_array().unwrap();
    let mut registered: Vec<_> = found
        .iter()
        .map(|pair| {
            assert_eq!(pair["Tags"].as_array().unwrap().len(), 1, "{pair}");
            let text = |member: &str| pair[member].as_str().unwrap().to_owned();
            (text("KeyName"), text("KeyPairId"))
        })
        .collect();
    acknowledged.sort();
    registered.sort();
    assert_eq!(registered, acknowledged);
    let ids: HashSet<_> = registered.iter().map(|(_, id)| id).collect();
    assert_eq!((ids.len(), registered.len()), (PROCESSES * 4, PROCESSES * 4));
    for (name, _) in registered.iter().filter(|(name, _)| !name.starts_with('i')) {
        home.keypair(["verify", &format!("{name}.pem"), "--key-name", name]).success();
    }
    is_intact(&home, "../home/.local/share/keypair/registry.sqlite3");
}

#[test]
fn killed_processes_keep_acknowledged_changes() {
    let home = Home::new();
    let script = "
        for i in $(seq 1 200); do
            keypair create k$1-$i --type ed25519 > answer-$1 2> /dev/null && echo k$1-$i >> acknowledged
            keypair delete k$1-$i --query Return > /dev/null 2>&1 && echo k$1-$i >> deleted
        done";
    home.write("writer", script);
    home.write("deleted", "");
    home.write("acknowledged", "");
    for round in 0..30 {
        let killed = home.shell(&format!("timeout -s KILL 0.{:02} sh writer {round}", 20 + round));
        assert_ne!(killed.code, Some(0), "the writers were not killed");
    }
    is_intact(&home, "../home/.local/share/keypair/registry.sqlite3");
    let list = |file: &str| -> Vec<String> {
        String::from_utf8(home.read(file)).unwrap().lines().map(str::to_owned).collect()
    };
    let (acknowledged, deleted, registered) = (list("acknowledged"), list("deleted"), names(&home));
    assert!(acknowledged.len() > 20, "{} pairs were made", acknowledged.len());
    assert!(deleted.iter().all(|name| !registered.contains(name)));
    // At most one deletion per round was in progress without an acknowledgment.
    for (number, name) in acknowledged.iter().enumerate() {
        let round = name.split('-').next().unwrap();
        let is_last = acknowledged
            .iter()
            .skip(number + 1)
            .all(|later| !later.starts_with(&format!("{round}-")));
        let is_there = registered.contains(name) || deleted.contains(name);
        assert!(is_there || is_last, "{name} is lost");
    }
    for name in registered {
        assert!(home.path(format!("{name}.pem")).exists(), "{name} has no private key");
    }
    let strays: Vec<_> =
        fs::read_dir(home.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(strays.iter().all(|name| !name.to_string_lossy().starts_with('.')), "{strays:?}");
}

#[test]
fn invalid_creation_time_is_reported_by_name() {
    let home = Home::new();
    home.shell("keypair create a --type ed25519; keypair create b --type ed25519").success();
    for milliseconds in ["253402300800000", "9223372036854775807", "-9223372036854775808"] {
        home.change_registry(&format!(
            "UPDATE key_pair SET created = {milliseconds} WHERE row = 1"
        ));
        for command in
            ["describe", "describe --output jsonl", "prune --older-than 1d", "describe a"]
        {
            let run = home.shell(&format!("keypair {command}")).fails_with(253);
            assert!(run.stderr.contains("cannot use the registry"), "{run}");
        }
        home.shell("keypair describe b").success();
        let run = home.shell("keypair doctor").fails_with(1);
        assert!(run.text().contains("a: invalid registry entry: invalid creation time"), "{run}");
    }
}

#[test]
fn world_writable_journal_prints_warning() {
    let home = Home::new();
    home.keypair(["create", "a", "--type", "ed25519"]).success();
    let journal = "\"$HOME/.local/share/keypair/registry.sqlite3-journal\"";
    home.shell(&format!("chmod 666 {journal}")).success();
    let run = home.keypair(["describe"]).success();
    let said = "the registry is not protected: ";
    assert!(
        run.stderr.contains(said) && run.stderr.contains("-journal is world-writable"),
        "{run}"
    );
    home.shell(&format!("chmod 600 {journal}")).success();
    let run = home.keypair(["describe"]).success();
    assert!(run.stderr.is_empty(), "{run}");
}

#[test]
fn doctor_suggests_no_chmod_for_foreign_file() {
    let home = Home::new();
    home.write("text", "this is no database, but it is long enough to be one. ".repeat(100));
    for path in ["/dev/null", "/", ".", "text"] {
        let run = home.shell(&format!("keypair doctor --registry-file {path}")).fails_with(1);
        assert!(!run.text().contains("chmod"), "{run}");
    }
}
