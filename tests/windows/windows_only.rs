//! Tests that fail in Wine, with the programs of Windows: run with `-- --ignored windows`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::home::{Home, vector};
use crate::support::run::Run;

/// Returns the path of a program of Windows.
fn system_program(name: &str) -> PathBuf {
    let system = std::env::var_os("SystemRoot").unwrap();
    Path::new(&system).join("System32").join(name)
}

/// Returns the users with access to a file or directory, and their permissions, as listed by
/// icacls.
#[track_caller]
fn access(home: &Home, path: &Path) -> Vec<(String, String)> {
    let run = home.launch_program(system_program("icacls.exe")).args([path]).run().success();
    let text = run.text().replacen(path.to_str().unwrap(), "", 1);
    // The number of processed files follows an empty line.
    let lines = text.lines().map(str::trim).take_while(|line| !line.is_empty());
    let entries: Vec<_> = lines
        .map(|line| line.rsplit_once(":(").unwrap_or_else(|| panic!("{line}: {run}")))
        .map(|(user, access)| (user.to_lowercase(), format!("({access}")))
        .collect();
    assert!(!entries.is_empty(), "{run}");
    entries
}

/// Returns the name of this user, as in icacls.
fn current_user(home: &Home) -> String {
    let run = home.launch_program(system_program("whoami.exe")).run().success();
    run.text().trim().to_lowercase()
}

/// Fails the test unless only this user has access to a file or directory.
#[track_caller]
fn assert_owner_only(home: &Home, path: &Path) {
    let found = access(home, path);
    let [(user, access)] = &found[..] else { panic!("{}: {found:?}", path.display()) };
    assert_eq!(*user, current_user(home), "{}", path.display());
    // The access is not inherited.
    assert!(!access.contains("(I)"), "{}: {access}", path.display());
}

fn ssh_keygen(home: &Home, args: &[&str]) -> Run {
    home.launch_program(system_program(r"OpenSSH\ssh-keygen.exe")).args(args).run()
}

#[test]
#[ignore = "in Wine, icacls prints nothing"]
fn private_key_is_owner_only_in_icacls() {
    let home = Home::new();
    home.write("plain", "x");
    // icacls lists other users for other files.
    let run = home.launch_program(system_program("icacls.exe"));
    run.args(["plain", "/grant", "*S-1-1-0:R"]).run().success();
    assert!(access(&home, &home.path("plain")).len() > 1);
    home.keypair("create web --type ed25519 --public-out web.pub").success();
    home.keypair("create forced --type ed25519 --force --out plain").success();
    home.keypair("create ppk --type rsa --format ppk").success();
    home.keypair("create ci --type ed25519 --count 2").success();
    home.keypair("convert web.pem --format ppk").success();
    for name in ["web.pem", "plain", "ppk.ppk", "ci-1.pem", "ci-2.pem", "web.ppk"] {
        let path = home.path(name);
        assert_owner_only(&home, &path);
        // As with mode 0400.
        let refused = fs::OpenOptions::new().write(true).open(&path).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::PermissionDenied);
        fs::read(path).unwrap();
    }
    assert!(access(&home, &home.path("web.pub")).len() > 1);
    assert_owner_only(&home, home.registry().parent().unwrap());
    assert_owner_only(&home, &home.registry());
    let mut journal = home.registry().into_os_string();
    journal.push("-journal");
    assert_owner_only(&home, Path::new(&journal));
}

#[test]
#[ignore = "in Wine, icacls prints nothing"]
fn ephemeral_directory_is_owner_only_in_icacls() {
    let home = Home::new();
    home.write(
        "command.cmd",
        "@echo off\r\n\
         whoami> who\r\n\
         icacls \"%KEYPAIR_PRIVATE_KEY_FILE%\"> key\r\n\
         for %%f in (\"%KEYPAIR_PRIVATE_KEY_FILE%\") do icacls \"%%~dpf.\"> folder\r\n\
         echo x> new\r\n",
    );
    home.keypair("exec --type ed25519 -- cmd /c command.cmd").success();
    let who = String::from_utf8(home.read("who")).unwrap();
    for name in ["key", "folder"] {
        let said = String::from_utf8_lossy(&home.read(name)).to_lowercase();
        // One entry before the empty line.
        let lines: Vec<_> = said.lines().take_while(|line| !line.trim().is_empty()).collect();
        assert!(lines.len() == 1 && lines[0].contains(who.trim()), "{said}");
    }
}

/// OpenSSH rejects a private key that other users can read.
#[test]
#[ignore = "Wine has no OpenSSH"]
fn ssh_keygen_reads_created_keys() {
    let home = Home::new();
    for (name, options) in [
        ("rsa", "--type rsa"),
        ("ed", "--type ed25519"),
        ("openssh", "--type rsa --format openssh"),
        ("forced", "--type ed25519 --force"),
    ] {
        home.keypair(&format!("create {name} {options} --public-out {name}.pub")).success();
        let file = format!("{name}.pem");
        let run = ssh_keygen(&home, &["-y", "-f", &file]).success();
        let public = String::from_utf8(home.read(&format!("{name}.pub"))).unwrap();
        let key = |line: &str| line.split_whitespace().nth(1).map(str::to_owned);
        assert!(key(run.text()).is_some() && key(run.text()) == key(&public), "{run}");
        let run = ssh_keygen(&home, &["-l", "-f", &format!("{name}.pub")]).success();
        let query = format!("fingerprint {file} --query Keys[0].SHA256 --output text");
        let fingerprint = home.keypair(&query).success();
        assert!(run.text().contains(fingerprint.text().trim()), "{run}");
    }
    home.write("copy.pem", home.read("ed.pem"));
    let grant = home.launch_program(system_program("icacls.exe"));
    grant.args(["copy.pem", "/grant", "*S-1-1-0:R"]).run().success();
    let refused = ssh_keygen(&home, &["-y", "-f", "copy.pem"]);
    assert!(refused.code != Some(0) && refused.stderr.contains("UNPROTECTED"), "{refused}");
}

#[test]
#[ignore = "in Wine, icacls does nothing"]
fn doctor_remedies_work() {
    let mut home = Home::new();
    home.set("USERNAME", std::env::var_os("USERNAME").unwrap());
    home.keypair("create web --type ed25519").success();
    home.write("copy.pem", home.read("web.pem"));
    let open = |path: &Path, access: &str| {
        let icacls = home.launch_program(system_program("icacls.exe")).args([path]);
        icacls.args(["/grant", &format!("*S-1-1-0:{access}")]).run().success();
    };
    let folder = home.registry().parent().unwrap().to_owned();
    open(&home.path("copy.pem"), "R");
    open(&home.registry(), "R");
    open(&folder, "(OI)(CI)M");
    let response = home.keypair("doctor --output json").ends_with(1).json();
    let findings = response["Findings"].as_array().unwrap();
    assert!(findings.len() >= 3, "{response}");
    for finding in findings {
        let remedy = finding["Remedy"].as_str().unwrap();
        assert!(remedy.starts_with("icacls "), "{remedy}");
        home.write("remedy.cmd", format!("@{remedy}\r\n"));
        home.launch_program("cmd").args(["/c", "remedy.cmd"]).run().success();
    }
    home.keypair("doctor").success();
    home.keypair("create more --type ed25519").success();
    assert_owner_only(&home, &home.path("copy.pem"));
}

/// An open reader, such as a scanner, does not block a replacement.
#[test]
#[ignore = "Wine cannot replace an open file"]
fn open_file_is_replaced() {
    let home = Home::new();
    home.keypair("create a --type ed25519 --out k.pem").success();
    let old = home.read("k.pem");
    let reader = fs::File::open(home.path("k.pem")).unwrap();
    home.keypair("create b --type ed25519 --out k.pem --force").success();
    assert_ne!(home.read("k.pem"), old);
    drop(reader);
    assert_eq!(home.names_in(""), ["k.pem"]);
}

#[test]
#[ignore = "in Wine, every file is world-readable"]
fn file_in_profile_is_not_readable_by_others() {
    let home = Home::new();
    home.write("k.pem", fs::read(vector(r"keys\ed25519.openssh")).unwrap());
    home.keypair("doctor k.pem").success();
}

#[test]
#[ignore = "Wine creates a file instead of a stream"]
fn stream_is_neither_created_nor_removed() {
    let home = Home::new();
    home.write("file", "precious");
    home.write("file:stream", "hidden");
    assert_eq!(home.names_in(""), ["file"]);
    for out in ["file:stream", "file:new", "file::$DATA"] {
        for force in ["", "--force"] {
            let line = format!("create k --type ed25519 --out {out} {force}");
            home.keypair(&line).fails_with(255).says(&["an alternate data stream"]);
        }
    }
    assert_eq!(
        (home.read("file"), home.read("file:stream")),
        (b"precious".into(), b"hidden".into())
    );
    assert!(fs::read(home.path("file:new")).is_err());
}
