//! `create`: the private key file is complete, replaces no other file, and no temporary file stays.

use std::fs;
use std::os::windows::fs::OpenOptionsExt;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;

use crate::support::home::{Home, vector};

/// Makes the registry reject every pair, after all checks.
fn reject_pairs(home: &Home) {
    let registry = Connection::open(home.registry()).unwrap();
    let trigger = "CREATE TRIGGER full BEFORE INSERT ON key_pair
                   BEGIN SELECT RAISE(ABORT, 'nothing more'); END";
    registry.execute_batch(trigger).unwrap();
}

fn mark_read_only(home: &Home, name: &str) {
    let mut permissions = fs::metadata(home.path(name)).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(home.path(name), permissions).unwrap();
}

fn is_read_only(home: &Home, name: &str) -> bool {
    fs::metadata(home.path(name)).unwrap().permissions().readonly()
}

#[test]
fn create_writes_complete_file_in_every_format() {
    let home = Home::new();
    home.write("pass", "correct horse\r\n");
    for (number, (options, begin, end)) in [
        ("--type rsa", "-----BEGIN RSA PRIVATE KEY-----\n", "-----END RSA PRIVATE KEY-----\n"),
        (
            "--type ed25519",
            "-----BEGIN OPENSSH PRIVATE KEY-----\n",
            "-----END OPENSSH PRIVATE KEY-----\n",
        ),
        ("--type ed25519 --format ppk", "PuTTY-User-Key-File-3: ssh-ed25519\n", "\n"),
        ("--type rsa --format ppk --ppk-version 2", "PuTTY-User-Key-File-2: ssh-rsa\n", "\n"),
        (
            "--type ed25519 --format pkcs8 --passphrase-file pass",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
            "-----END ENCRYPTED PRIVATE KEY-----\n",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let run = home.keypair(&format!("create k{number} {options}")).success();
        assert!(run.stderr.is_empty(), "{run}");
        let response = run.json();
        assert_eq!(response["KeyName"], format!("k{number}"));
        let file = response["PrivateKeyFile"].as_str().unwrap();
        let extension = if options.contains("ppk") { "ppk" } else { "pem" };
        assert_eq!(file, format!("k{number}.{extension}"));
        let text = String::from_utf8(home.read(file)).unwrap();
        assert!(text.starts_with(begin) && text.ends_with(end), "{text}");
        // As on all systems.
        assert!(!text.contains('\r'), "{text}");
        let verify = format!("verify {file} --key-name k{number} --passphrase-file pass --quiet");
        assert_eq!(home.keypair(&verify).success().json()["Match"], true);
    }
    assert_eq!(home.names_in("").len(), 6);
}

#[test]
fn create_existing_name_or_file_fails() {
    let home = Home::new();
    home.keypair("create web --type ed25519 --public-out web.pub").success();
    let before = (home.read("web.pem"), home.read("web.pub"), home.names_in(""));
    for line in [
        "create web --type ed25519",
        "create web",
        "create web --out other.pem",
        "create WEB --out web.pem",
        "create other --out web.pem --type ed25519",
        // File names ignore case.
        "create other --out WEB.PEM --type ed25519",
        "create other --out web.pub",
        "create other --public-out web.pem",
        "create other --count 2 --type ed25519 --public-out web.pub --out .",
    ] {
        let run = home.keypair(line);
        let code = if line.contains("--count") { 252 } else { 4 };
        let run = run.fails_with(code);
        assert_eq!(run.text(), "");
    }
    assert_eq!((home.read("web.pem"), home.read("web.pub"), home.names_in("")), before);
    assert_eq!(home.registered(), ["web"]);
}

#[test]
fn force_replaces_file() {
    let home = Home::new();
    home.write("plain", "old");
    home.write("marked", "old");
    mark_read_only(&home, "marked");
    home.keypair("create own --type ed25519 --out own").success();
    for name in ["plain", "marked", "own", "new"] {
        let line = format!("create {name}-2 --type ed25519 --force --out {name}");
        home.keypair(&line).success();
        let verify = format!("verify {name} --key-name {name}-2 --query Match");
        assert_eq!(home.keypair(&verify).success().text(), "true\n");
        let refused = fs::OpenOptions::new().write(true).open(home.path(name)).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::PermissionDenied, "{name}");
    }
    assert_eq!(home.names_in(""), ["marked", "new", "own", "plain"]);
}

#[test]
fn failed_force_restores_old_file() {
    let home = Home::new();
    home.keypair("create own --type ed25519 --out own").success();
    home.write("plain", "precious");
    home.write("marked", "precious");
    mark_read_only(&home, "marked");
    let own = home.read("own");
    let names = home.names_in("");
    for name in ["own", "plain", "marked"] {
        // The existing name is detected before any file is created.
        home.keypair(&format!("create own --force --out {name}")).fails_with(4);
    }
    reject_pairs(&home);
    for name in ["own", "plain", "marked", "new"] {
        for kind in ["rsa", "ed25519"] {
            let line = format!("create k --type {kind} --force --out {name}");
            home.keypair(&line).fails_with(253).says(&["nothing more"]);
            home.keypair(&format!("{line} --public-out k.pub")).fails_with(253);
        }
    }
    home.keypair("create k --type ed25519").fails_with(253);
    home.keypair("create k --type ed25519 --count 3").fails_with(253);
    assert_eq!(home.names_in(""), names);
    assert_eq!(home.read("own"), own);
    for (name, marked) in [("plain", false), ("marked", true)] {
        assert_eq!((home.read(name), is_read_only(&home, name)), (b"precious".to_vec(), marked));
    }
    let refused = fs::OpenOptions::new().write(true).open(home.path("own")).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::PermissionDenied);
    assert_eq!(home.registered(), ["own"]);
}

/// A file that a scanner opens for a moment is retried; a file that stays open is reported.
#[test]
fn force_over_open_file_fails() {
    let home = Home::new();
    home.keypair("create a --type ed25519 --out k.pem").success();
    let old = home.read("k.pem");
    // `FILE_SHARE_READ` alone.
    let open = || fs::OpenOptions::new().read(true).share_mode(1).open(home.path("k.pem")).unwrap();
    let reader = open();
    let run = home.keypair("create b --type ed25519 --out k.pem --force").fails_with(255);
    assert!(run.stderr.contains("k.pem"), "{run}");
    assert_eq!((home.names_in(""), home.read("k.pem")), (vec!["k.pem".to_owned()], old));
    let running = home.launch("create b --type ed25519 --out k.pem --force").start();
    thread::sleep(Duration::from_millis(1000));
    drop(reader);
    running.end(Duration::from_secs(60)).success();
    assert_eq!(home.keypair("verify k.pem --key-name b --query Match").success().text(), "true\n");
    assert_eq!(
        (home.names_in(""), home.registered()),
        (vec!["k.pem".into()], vec!["a".into(), "b".into()])
    );
}

#[test]
fn create_reports_missing_or_invalid_directory() {
    let home = Home::new();
    home.write("file", "");
    fs::create_dir(home.path("folder")).unwrap();
    for (out, expected) in [
        (r"none\k.pem", "the directory none does not exist"),
        ("none/k.pem", "the directory none does not exist"),
        (r"none\below\k.pem", r"the directory none\below does not exist"),
        (r"file\k.pem", "file is not a directory"),
        ("..", "expected the path of a file"),
        (r"C:\", "expected the path of a file"),
        (r"new\", "expected the path of a file"),
        ("new/", "expected the path of a file"),
        ("folder", "folder is a directory, not a file"),
    ] {
        for force in ["", "--force"] {
            let run = home.keypair(&format!("create k --out {out} {force}")).fails_with(255);
            assert!(run.stderr.contains(expected), "{run}");
            assert_eq!(run.stderr.contains("mkdir"), expected.contains("does not exist"), "{run}");
        }
    }
    assert_eq!(home.names_in(""), ["file", "folder"]);
    assert!(!home.registry().exists());
}

#[test]
fn create_accepts_all_windows_paths() {
    let mut home = Home::new();
    fs::create_dir_all(home.path(r"sub folder\é 日本")).unwrap();
    let absolute = home.path("absolute.pem").into_os_string().into_string().unwrap();
    let verbatim = format!(r"\\?\{}", home.path("verbatim.pem").display());
    let mixed = "sub folder/é 日本\\k.pem";
    // A path with a root but without a drive.
    let rooted = home.path("rooted.pem").into_os_string().into_string().unwrap();
    let (drive, rooted) = rooted.split_once(':').unwrap();
    let of_drive = format!("{drive}:of-drive.pem");
    for (number, out) in [absolute.as_str(), &verbatim, mixed, rooted, &of_drive, "UPPER.PEM"]
        .into_iter()
        .enumerate()
    {
        let name = format!("k{number}");
        let run = home.keypair_with(["create", &name, "--type", "ed25519", "--out", out]);
        assert_eq!(run.success().json()["PrivateKeyFile"], out);
        let verify = ["verify", out, "--key-name", &name, "--query", "Match"];
        assert_eq!(home.keypair_with(verify).success().text(), "true\n");
    }
    let names =
        ["UPPER.PEM", "absolute.pem", "of-drive.pem", "rooted.pem", "sub folder", "verbatim.pem"];
    assert_eq!(home.names_in(""), names);
    // Names of environment variables ignore case.
    home.set("keypair_passphrase", "secret");
    home.keypair("create enc --type ed25519 --passphrase --format ppk").success();
    assert!(String::from_utf8(home.read("enc.ppk")).unwrap().contains("Encryption: aes256-cbc"));
}

/// Longer than `MAX_PATH`, the limit unless the system lifts it.
#[test]
fn create_accepts_long_path() {
    let home = Home::new();
    let mut folder = home.path("");
    while folder.as_os_str().len() < 300 {
        folder.push("a folder with a name that is somewhat long");
    }
    fs::create_dir_all(&folder).unwrap();
    for (number, options) in [&[][..], &["--force"], &["--force"]].into_iter().enumerate() {
        let out = folder.join("k.pem").into_os_string().into_string().unwrap();
        let public = folder.join("k.pub").into_os_string().into_string().unwrap();
        let name = format!("k{number}");
        let create = ["create", &name, "--type", "ed25519", "--out", &out, "--public-out", &public];
        home.keypair_with(create.iter().chain(options)).success();
        let verify = ["verify", &out, "--key-name", &name, "--query", "Match"];
        assert_eq!(home.keypair_with(verify).success().text(), "true\n");
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    // The longest name works, and so do its temporary names.
    let name = "n".repeat(251);
    home.keypair_with(["create", &name, "--type", "ed25519"]).success();
    home.keypair_with(["create", &format!("{name}n"), "--type", "ed25519"]).fails_with(5);
    assert_eq!(home.names_in("").len(), 2);
}

#[test]
fn key_on_stdout_has_no_crlf() {
    let home = Home::new();
    let run = home.keypair("create a --type ed25519 --out -").success();
    assert!(run.text().starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"), "{run}");
    assert!(run.text().ends_with("-----END OPENSSH PRIVATE KEY-----\n"), "{run}");
    assert!(!run.text().contains('\r') && home.names_in("") == [""; 0], "{run}");
    let verify = home.launch("verify - --key-name a --query Match").stdin(run.stdout).run();
    assert_eq!(verify.success().text(), "true\n");
    let run = home.keypair("create b --type ed25519 --format ppk --out -").success();
    let fingerprint = home.launch("fingerprint - --query Keys[0].Format").stdin(run.stdout).run();
    assert!(fingerprint.success().text().contains("PuTTY"));
    let query = "create-key-pair --key-name c --key-type ed25519 --query KeyMaterial --output text";
    let run = home.keypair(query).success();
    assert!(run.text().starts_with("-----BEGIN") && !run.text().contains('\r'), "{run}");
    assert_eq!(home.names_in(""), [""; 0]);
}

#[test]
fn create_count_is_complete_or_rejected() {
    let home = Home::new();
    fs::create_dir(home.path("keys")).unwrap();
    let run = home.keypair(r"create ci --count 12 --type ed25519 --out keys --output jsonl");
    let lines: Vec<serde_json::Value> =
        run.success().text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 12);
    for (number, line) in (1..).zip(&lines) {
        assert_eq!(line["KeyName"], format!("ci-{number:02}"));
        assert_eq!(line["PrivateKeyFile"], format!(r"keys\ci-{number:02}.pem"));
    }
    home.write(r"keys\b-2.pem", "precious");
    home.keypair("create b --count 3 --type ed25519 --out keys").fails_with(4);
    home.keypair("create ci --count 12 --type ed25519").fails_with(4);
    assert_eq!(home.names_in("keys").len(), 13);
    assert_eq!(home.names_in(""), ["keys"]);
    home.keypair("create d --count 2 --out missing --type ed25519")
        .fails_with(255)
        .says(&["missing"]);
}

#[test]
fn if_not_exists_leaves_existing_pair() {
    let home = Home::new();
    let ensure = "create web --type ed25519 --if-not-exists --query Changed";
    for expected in ["true\n", "false\n", "false\n"] {
        assert_eq!(home.keypair(ensure).success().text(), expected);
    }
    fs::remove_file(home.path("web.pem")).unwrap();
    home.keypair(ensure).fails_with(4);
    fs::copy(vector(r"keys\ed25519.openssh"), home.path("web.pem")).unwrap();
    home.keypair(ensure).fails_with(4);
}
