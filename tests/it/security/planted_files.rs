//! Files planted at the path of a new private key file, before and during its creation.

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::thread;
use std::time::Duration;

use crate::support::home::Home;

/// Commands that create a file.
const COMMANDS: [&str; 6] = [
    "create k --type ed25519 --out",
    "create k --type ed25519 --out own --public-out",
    "convert key --format ppk --out",
    "convert key --format pkcs8 --out",
    "convert key --public openssh --out",
    "create k --type ed25519 --public-out other --out",
];

fn home() -> Home {
    let home = Home::new();
    home.shell("ssh-keygen -q -t ed25519 -N '' -C '' -f key; chmod 600 key; rm key.pub").success();
    home.shell("echo precious > victim; chmod 640 victim; mkdir folder").success();
    home
}

/// Returns the type of a file, and the target of a symbolic link.
fn kind(home: &Home, name: &str) -> String {
    let found = fs::symlink_metadata(home.path(name)).unwrap().file_type();
    if found.is_symlink() {
        format!("link to {}", fs::read_link(home.path(name)).unwrap().display())
    } else if found.is_fifo() || found.is_socket() || found.is_char_device() {
        "special".to_owned()
    } else if found.is_dir() {
        "folder".to_owned()
    } else {
        "file".to_owned()
    }
}

/// Commands that plant a file, and whether `--force` replaces it.
const PLANTS: [(&str, bool); 8] = [
    ("ln -s nowhere", true),
    ("ln -s victim", true),
    ("ln victim", true),
    ("ln -s folder", false),
    ("ln -s /dev/null", false),
    ("mkfifo", false),
    ("mkdir", false),
    ("python -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])'", false),
];

#[test]
fn planted_file_is_neither_followed_nor_written() {
    let home = home();
    for (plant, is_replaced) in PLANTS {
        for command in COMMANDS {
            for force in [false, true] {
                home.shell(&format!("rm -rf planted own other; {plant} planted")).success();
                let before = kind(&home, "planted");
                let force_option = if force { "--force" } else { "" };
                let script = format!("exec keypair {command} planted {force_option}");
                let launch = home.launch("sh").args(["-c", &script]);
                let run = launch.limit(Duration::from_secs(10)).run();
                if is_replaced && force {
                    run.success();
                    assert_eq!(kind(&home, "planted"), "file");
                    home.shell("keypair delete-key-pair --key-name k").success();
                } else {
                    assert!(matches!(run.code, Some(4 | 255)), "{plant}: {run}");
                    assert!(run.stderr.contains("planted"), "{run}");
                    assert_eq!(kind(&home, "planted"), before);
                    assert!(!home.path("own").exists() && !home.path("other").exists());
                    home.shell("keypair describe k").fails_with(3);
                }
                assert_eq!(
                    (home.read("victim"), home.mode("victim")),
                    (b"precious\n".to_vec(), 0o640)
                );
                assert_eq!(fs::read_dir(home.path("folder")).unwrap().count(), 0);
                assert!(!home.path("nowhere").exists());
            }
        }
    }
}

/// Generating a 4096-bit key takes longer than planting a file at its path.
#[test]
fn file_planted_during_creation_is_not_followed() {
    let home = home();
    let mut met = 0;
    for round in 0..14 {
        let (plant, is_replaced) = PLANTS[round % 7];
        let force = if round % 2 == 0 { "" } else { "--force" };
        home.shell("rm -rf planted").success();
        let run = thread::scope(|scope| {
            let run = scope.spawn(|| {
                let name = format!("k{round}");
                home.shell(&format!("exec keypair create {name} --bits 4096 --out planted {force}"))
            });
            let delay = u64::try_from(round).unwrap();
            home.shell(&format!("sleep 0.{:03}; {plant} planted 2> failed", 5 + 2 * delay));
            run.join().unwrap()
        });
        if run.code == Some(0) {
            // The file was planted after the key, or is a link to a directory.
            let file = home.path("planted");
            assert_eq!(kind(&home, "planted"), "file", "{plant}");
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o400);
            home.shell("openssl rsa -in planted -check -noout").success();
        } else {
            assert!(matches!(run.code, Some(4 | 255)), "{run}");
            assert!(force.is_empty() || !is_replaced, "{run}");
            assert!(plant == "ln victim" || kind(&home, "planted") != "file", "{run}");
            met += 1;
        }
        assert_eq!((home.read("victim"), home.mode("victim")), (b"precious\n".to_vec(), 0o640));
        assert!(!home.path("nowhere").exists());
    }
    assert!(met > 2, "{met} of 14 were planted in time");
}

/// The directory is opened before the key is generated, so its name may change later.
#[test]
fn directory_replaced_during_creation_is_not_followed() {
    let home = home();
    let mut met = 0;
    for round in 0..6 {
        home.shell("rm -rf way moved elsewhere; mkdir -p way/in elsewhere/in").success();
        let run = thread::scope(|scope| {
            let run = scope.spawn(|| {
                let words = format!("create f{round} --bits 4096 --out way/in/k.pem");
                home.shell(&format!("exec keypair {words}"))
            });
            home.shell(&format!(
                "sleep 0.{:03}; mv way moved; ln -s elsewhere way",
                10 + round * 3
            ));
            run.join().unwrap()
        });
        if home.path("moved/in/k.pem").exists() {
            run.success();
            met += 1;
        } else {
            // The directory was replaced before it was opened.
            assert!(home.path("elsewhere/in/k.pem").exists() || run.code != Some(0), "{run}");
        }
    }
    assert!(met > 1, "{met} of 6 keys were created in the original directory");
}
