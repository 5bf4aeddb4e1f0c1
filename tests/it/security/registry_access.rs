//! Registry files that other users can modify, replace or plant.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::time::Duration;

use crate::support::home::Home;
use crate::support::run::Run;

/// Every kind of access to a registry.
const COMMANDS: [&str; 10] = [
    "describe",
    "describe seed",
    "create k --type ed25519",
    "create k --type ed25519 --dry-run",
    "create --count 2 --type ed25519",
    "import k own.pub",
    "verify own.pub",
    "delete seed",
    "prune --older-than 1d",
    "exec -- true",
];

/// Returns a home with a public key and with a directory of this mode, which contains a registry
/// with one pair.
fn home(mode: u32) -> Home {
    let home = Home::new();
    let script = "ssh-keygen -q -t ed25519 -N '' -f own; mkdir shared
         keypair import seed own.pub --registry-file shared/r";
    home.shell(script).success();
    fs::set_permissions(home.path("shared"), fs::Permissions::from_mode(mode)).unwrap();
    home
}

/// Runs a command with this registry under a short time limit.
#[track_caller]
fn run(home: &Home, command: &str, registry: &str) -> Run {
    let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
    let script = format!("exec keypair {verb} --registry-file '{registry}' {rest}");
    home.launch("sh").args(["-c", &script]).limit(Duration::from_secs(10)).run()
}

fn python(home: &Home, program: &str, words: &[&str]) {
    home.launch("python").args(["-c", program]).args(words).run().success();
}

#[test]
fn registry_that_is_not_a_file_is_rejected() {
    let home = home(0o700);
    home.shell(
        "mkfifo pipe; mkdir folder; ln -s pipe link; ln -s /dev/zero zero; ln -s loop loop
         timeout 10 python -c \"import socket; socket.socket(socket.AF_UNIX).bind('socket')\"",
    )
    .success();
    let before = home.files();
    for (registry, said) in [
        ("pipe", "pipe is a pipe, not a file"),
        ("link", "link is a pipe, not a file"),
        ("folder", "folder is a directory, not a file"),
        ("folder/", "invalid path folder/: expected the path of a file"),
        ("..", "invalid path ..: expected the path of a file"),
        ("/", "invalid path /: expected the path of a file"),
        ("socket", "socket is a socket, not a file"),
        ("zero", "zero is a device, not a file"),
        ("/dev/null", "/dev/null is a device, not a file"),
        ("/dev/full", "/dev/full is a device, not a file"),
        ("loop", "cannot examine loop: "),
        ("own.pub/r", "own.pub is not a directory"),
    ] {
        for command in COMMANDS {
            let run = run(&home, command, registry).fails_with(253);
            assert!(run.stderr.contains(said), "{run}");
        }
    }
    assert_eq!(home.files(), before);
}

#[test]
fn sparse_and_special_files_are_rejected() {
    let home = home(0o700);
    let size = 1 << 40;
    fs::File::create(home.path("sparse")).unwrap().set_len(size).unwrap();
    for command in COMMANDS {
        let run = run(&home, command, "sparse").fails_with(253);
        assert!(run.stderr.contains("sparse is not a key pair registry"), "{run}");
    }
    if cfg!(target_os = "linux") {
        // A file without a length. Writes would go to the memory of the program.
        for registry in ["/proc/self/mem", "/proc/self/environ"] {
            run(&home, "create k --type ed25519", registry).fails_with(253);
        }
    }
    assert_eq!(fs::metadata(home.path("sparse")).unwrap().len(), size);
    assert!(!home.path("k.pem").exists());
}

#[test]
fn sqlite_special_names_are_plain_paths() {
    let mut home = home(0o700);
    for name in [
        ":memory:",
        "file:r?mode=memory",
        "file:///tmp/r?mode=ro",
        "r?mode=ro",
        "%00",
        "a b",
        "~",
        "-r",
    ] {
        home.set("KEYPAIR_REGISTRY_FILE", name);
        home.shell("keypair create k --type ed25519 --force; keypair describe k").success();
        assert!(home.path(name).is_file(), "{name}");
    }
    let bytes = std::ffi::OsStr::from_bytes(b"\xff\xfe");
    home.set("KEYPAIR_REGISTRY_FILE", bytes);
    home.shell("keypair create k --type ed25519 --force; keypair describe k").success();
    assert!(home.path(bytes).is_file());
    home.set("KEYPAIR_REGISTRY_FILE", "");
    home.shell("keypair create k --type ed25519 --force; keypair describe k").success();
    assert!(home.path("../home/.local/share/keypair/registry.sqlite3").is_file());
    home.set("KEYPAIR_REGISTRY_FILE", "shared/../new/../new/r");
    home.shell("keypair create k --type ed25519 --force; keypair describe k").success();
    assert!(home.path("new/r").is_file());
}

/// The user's own links are followed, even to a registry that does not exist yet.
#[test]
fn own_symbolic_link_to_registry_is_followed() {
    let home = home(0o700);
    symlink("shared/r", home.path("link")).unwrap();
    symlink("shared", home.path("folder")).unwrap();
    symlink("shared/new/later", home.path("dangling")).unwrap();
    for registry in ["link", "folder/r"] {
        run(&home, "describe seed", registry).success();
    }
    run(&home, "create k --type ed25519", "dangling").success();
    run(&home, "describe k", "shared/new/later").success();
    assert_eq!((home.mode("shared/new"), home.mode("shared/new/later")), (0o700, 0o600));
}

/// SQLite would block on a pipe and overwrite the target of a hard link.
#[test]
fn files_planted_next_to_registry_are_rejected() {
    for mode in [0o700, 0o1777] {
        let home = home(mode);
        home.write("victim", "\0precious");
        for ending in ["-journal", "-wal", "-shm"] {
            let beside = format!("shared/r{ending}");
            // In a private directory, the user created the files.
            let plants = ["mkfifo", "ln -s ../victim", "ln -s nowhere", "mkdir", "ln victim"];
            for plant in plants.into_iter().filter(|plant| mode == 0o1777 || *plant != "ln victim")
            {
                home.shell(&format!("rm -rf {beside}; {plant} {beside}")).success();
                let reason = if plant == "ln victim" { "has several hard links" } else { "is a" };
                for command in COMMANDS {
                    let run = run(&home, command, "shared/r").fails_with(253);
                    assert!(run.stderr.contains(&format!("r{ending} {reason}")), "{run}");
                }
                // The mode of a link is that of no file, and `chmod` would change the target's.
                let told = run(&home, "doctor", "shared/r").fails_with(1);
                if plant.starts_with("ln -s") {
                    assert!(!told.text().contains("chmod 600"), "{told}");
                    let rm = format!("/shared/r{ending}` to remove it");
                    assert!(
                        told.text().contains("run `rm ") && told.text().contains(&rm),
                        "{told}"
                    );
                }
                assert_eq!(home.read("victim"), b"\0precious");
                assert!(!home.path("shared/nowhere").exists());
            }
            home.shell(&format!("rm -rf {beside}")).success();
        }
        run(&home, "describe seed", "shared/r").success();
    }
}

/// Writes a log or journal for the registry `copy` that adds the pair `false`.
const FORGE: &str = "
import shutil, sqlite3, sys
registry, mode, planted = sys.argv[1:]
connection = sqlite3.connect(registry, isolation_level=None)
connection.execute('PRAGMA synchronous = OFF')
connection.execute('PRAGMA journal_mode = ' + mode)
change = 'UPDATE key_pair SET key_name = ?'
if mode == 'wal':
    connection.execute(change, ['false'])
    shutil.copy(registry + '-wal', planted)
else:
    connection.execute(change, ['false'])
    connection.execute('BEGIN')
    connection.execute(change, ['seed'])
    shutil.copy(registry + '-journal', planted)
";

/// SQLite would apply a planted journal to the registry.
#[test]
fn journal_of_another_user_is_rejected() {
    for (mode, ending) in [("wal", "-wal"), ("delete", "-journal")] {
        let home = home(0o1777);
        home.shell("rm -f shared/r-journal; cp shared/r copy").success();
        python(&home, FORGE, &["copy", mode, "planted"]);
        let planted = home.path(format!("shared/r{ending}"));
        let before = home.read("shared/r");
        let plant = || fs::copy(home.path("planted"), &planted).unwrap();
        plant();
        if mode == "wal" {
            // The owner does not matter, because this program never writes a log.
            for command in COMMANDS {
                let run = run(&home, command, "shared/r").fails_with(253);
                assert!(run.stderr.contains("is not a key pair registry"), "{run}");
            }
        }
        let is_root = home.shell("id -u").text() == "0\n";
        if is_root {
            chown(&planted, Some(65534), Some(65534)).unwrap();
            for command in COMMANDS {
                let run = run(&home, command, "shared/r").fails_with(253);
                assert!(
                    run.stderr.contains(&format!("r{ending} belongs to another user")),
                    "{run}"
                );
                assert!(run.stderr.contains("planted"), "{run}");
            }
            let told = run(&home, "doctor", "shared/r").fails_with(1);
            assert!(!told.text().contains("chown"), "{told}");
        }
        assert_eq!(home.read("shared/r"), before);
        // In a private directory, the journal belongs to the user and is applied.
        fs::remove_file(&planted).unwrap();
        fs::set_permissions(home.path("shared"), fs::Permissions::from_mode(0o700)).unwrap();
        plant();
        run(&home, "describe false", "shared/r").success();
    }
}

#[test]
fn shared_directory_gets_journal_in_advance() {
    let home = home(0o1777);
    home.shell("rm shared/r-journal").success();
    run(&home, "describe seed", "shared/r").success();
    assert_eq!(home.mode("shared/r-journal"), 0o600);
    let run = run(&home, "create k --type ed25519", "shared/new").success();
    assert_eq!(run.stderr, "");
    assert_eq!((home.mode("shared/new"), home.mode("shared/new-journal")), (0o600, 0o600));
}

#[test]
fn world_writable_registry_prints_warning() {
    let home = home(0o777);
    let warned = |command: &str, place: &str| {
        let run = run(&home, command, "shared/r");
        let warning = "keypair: warning: the registry is not protected: ";
        assert_eq!(run.stderr.matches(warning).count(), 1, "{run}");
        assert!(run.stderr.contains(&format!("/work/{place} is world-writable\n")), "{run}");
        let hint = format!("/work/{place}` to fix that\n");
        assert!(
            run.stderr.contains("keypair: hint: run `chmod o-w ") && run.stderr.contains(&hint),
            "{run}"
        );
    };
    for command in COMMANDS {
        warned(command, "shared");
    }
    fs::set_permissions(home.path("shared"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(run(&home, "describe", "shared/r").success().stderr, "");
    fs::set_permissions(home.path("shared/r"), fs::Permissions::from_mode(0o602)).unwrap();
    warned("describe", "shared/r");
    assert_eq!(run(&home, "describe --quiet", "shared/r").success().stderr, "");
    // Groups are trusted, and commands without a registry print no warning.
    home.shell("chmod 660 shared/r; chmod 2775 shared").success();
    assert_eq!(run(&home, "describe", "shared/r").success().stderr, "");
    home.shell("chmod 777 shared").success();
    assert_eq!(run(&home, "fingerprint own", "shared/r").success().stderr, "");
}

/// Only root can give files away. The unit tests of `file` cover other users.
#[test]
fn registry_of_another_user_is_rejected() {
    let home = home(0o1777);
    if home.shell("id -u").text() != "0\n" {
        return;
    }
    home.shell("mkdir shared/folder; cp shared/r shared/folder/r; ln -s ../shared/r shared/link")
        .success();
    let give_away = |name: &str, to: u32| {
        lchown(home.path(name), Some(to), Some(to)).unwrap();
    };
    for (planted, registry) in
        [("r", "r"), ("folder", "folder/r"), ("folder", "folder/none"), ("link", "link")]
    {
        give_away(&format!("shared/{planted}"), 65534);
        for command in COMMANDS {
            let run = run(&home, command, &format!("shared/{registry}")).fails_with(253);
            assert!(run.stderr.contains(&format!("{planted} belongs to another user")), "{run}");
        }
        give_away(&format!("shared/{planted}"), 0);
    }
    // An explicit path in a directory of another user is accepted.
    give_away("shared", 65534);
    home.shell("chmod 755 shared").success();
    give_away("shared/r", 65534);
    assert_eq!(run(&home, "describe seed", "shared/r").success().stderr, "");
}
