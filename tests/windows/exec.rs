//! `exec`: a command with an ephemeral key pair.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::home::Home;

/// Returns the ephemeral directories in the directory for temporary files.
fn ephemeral_directories(home: &Home) -> Vec<String> {
    let mut names = home.names_in(r"..\tmp");
    names.retain(|name| name.starts_with("keypair-exec-"));
    names
}

#[track_caller]
fn assert_nothing_left(home: &Home) {
    assert_eq!(home.names_in(r"..\tmp"), [""; 0]);
    assert_eq!(home.registered(), [""; 0]);
}

/// Waits until a script has written a line to a file, and returns the line.
#[track_caller]
fn line_in(home: &Home, name: &str) -> String {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(30) {
        if let Ok(text) = fs::read_to_string(home.path(name))
            && let Some(line) = text.strip_suffix("\r\n")
        {
            return line.to_owned();
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("{name} was not written");
}

#[test]
fn command_gets_pair_and_exec_removes_it() {
    let mut home = Home::new();
    home.set("KEYPAIR_PASSPHRASE", "of another key");
    home.write(
        "command.cmd",
        "@echo off\r\n\
         if not exist \"%KEYPAIR_PRIVATE_KEY_FILE%\" exit 1\r\n\
         if not exist \"%KEYPAIR_PUBLIC_KEY_FILE%\" exit 2\r\n\
         if defined KEYPAIR_PASSPHRASE exit 3\r\n\
         type \"%KEYPAIR_PRIVATE_KEY_FILE%\" > key\r\n\
         type \"%KEYPAIR_PUBLIC_KEY_FILE%\" > key.pub\r\n\
         echo %KEYPAIR_NAME%> name\r\n\
         echo %KEYPAIR_ID%> id\r\n\
         echo %KEYPAIR_PRIVATE_KEY_FILE%> file\r\n\
         echo done\r\n\
         exit 7\r\n",
    );
    for kind in ["rsa", "ed25519"] {
        let options = format!("exec --type {kind} --name-prefix ci/ --tag team=ops --");
        let run = home.keypair(&format!("{options} cmd /c command.cmd")).ends_with(7);
        assert_eq!((run.text(), run.stderr.as_str()), ("done\r\n", ""), "{run}");
        assert!(
            line_in(&home, "name").starts_with("ci/") && line_in(&home, "id").starts_with("key-")
        );
        let file = PathBuf::from(line_in(&home, "file"));
        assert!(file.starts_with(home.path(r"..\tmp")), "{file:?}");
        assert!(!file.exists() && !file.parent().unwrap().exists());
        let query = "--query Keys[0].SHA256";
        let private = home.keypair(&format!("fingerprint key {query}")).success();
        let public = home.keypair(&format!("fingerprint key.pub {query}")).success();
        assert_eq!(private.text(), public.text());
        assert_nothing_left(&home);
    }
}

#[test]
fn exec_returns_exit_status_of_command() {
    let home = Home::new();
    home.write("plain.txt", "no program");
    home.write("script.cmd", "@exit %1\r\n");
    for (command, code, is_reported) in [
        ("cmd /c exit 0", 0, false),
        ("cmd.exe /c exit 1", 1, false),
        ("cmd /c exit 255", 255, false),
        ("cmd /c exit 256", 255, false),
        ("cmd /c exit -1", 255, false),
        ("no-such-command", 127, true),
        (r".\no\such\command.exe", 127, true),
        (r".\script.cmd 7", 7, false),
    ] {
        let run = home.keypair(&format!("exec --type ed25519 -- {command}")).ends_with(code);
        assert_eq!(run.stderr.starts_with("keypair: error: cannot run"), is_reported, "{run}");
        assert_eq!(run.stderr.is_empty(), !is_reported, "{run}");
        assert_nothing_left(&home);
    }
    home.keypair(r"exec --type ed25519 -- .\plain.txt").ends_with(126).says(&["cannot run"]);
    assert_nothing_left(&home);
    let through =
        home.launch("exec --type ed25519 -- cmd /c more").stdin("through").run().success();
    assert!(through.text().contains("through"), "{through}");
    assert_nothing_left(&home);
}

/// Each argument stays one argument.
#[test]
fn arguments_reach_command_unchanged() {
    let home = Home::new();
    for word in ["a b", r"C:\a b\", "\"", "a\"b c", "", "%TEMP%", "é 日本", r"\\\", "a & b", "^"]
    {
        let exec = ["exec", "--type", "ed25519", "--", env!("CARGO_BIN_EXE_keypair")];
        let program = std::path::absolute(exec[4]).unwrap();
        let exec = exec[..4].iter().map(std::ffi::OsStr::new).chain([program.as_os_str()]);
        let tag = format!("word={word}");
        let create = ["create", "made", "--type", "ed25519", "--tag", &tag, "--out", "made"];
        let run = home.keypair_with(exec.chain(create.map(std::ffi::OsStr::new))).success();
        assert_eq!(run.json()["Tags"][0]["Value"], word, "{run}");
        home.keypair("delete made --private-key-file made").success();
    }
    assert_nothing_left(&home);
}

#[test]
fn exec_rejects_invalid_options() {
    let home = Home::new();
    for (words, code, said) in [
        ("", 252, "COMMAND"),
        ("--", 252, "COMMAND"),
        ("--agent -- cmd /c echo ran>ran", 252, "KEYPAIR_PRIVATE_KEY_FILE"),
        ("--agent --type ed25519 -- no-such-command", 252, "`exec --agent` is not available"),
        ("--ttl 0s -- cmd /c echo ran>ran", 252, "--ttl"),
        ("--ttl soon -- cmd /c echo ran>ran", 252, "--ttl"),
        ("--type ed25519 --bits 2048 -- cmd /c echo ran>ran", 252, "--bits"),
        ("--name-prefix clé -- cmd /c echo ran>ran", 5, "key name"),
        ("--registry-file NUL -- cmd /c echo ran>ran", 253, "registry"),
    ] {
        home.keypair(&format!("exec {words}")).fails_with(code).says(&[said]);
        assert!(!home.path("ran").exists() && !home.registry().exists(), "{words}");
        assert_eq!(home.names_in(r"..\tmp"), [""; 0]);
    }
    home.keypair("exec --agent -- x").fails_with(252).says(&["keypair: hint: "]);
}

#[test]
fn exec_removes_files_of_command() {
    let home = Home::new();
    home.write(
        "command.cmd",
        "@echo off\r\n\
         for %%f in (\"%KEYPAIR_PRIVATE_KEY_FILE%\") do set folder=%%~dpf\r\n\
         mkdir \"%folder%sub\\below\"\r\n\
         echo x> \"%folder%sub\\below\\file\"\r\n\
         echo x> \"%folder%marked\"\r\n\
         attrib +r \"%folder%marked\"\r\n\
         attrib +r \"%folder%sub\\below\\file\"\r\n\
         attrib +r \"%KEYPAIR_PRIVATE_KEY_FILE%\"\r\n\
         echo %folder%> folder\r\n",
    );
    let run = home.keypair("exec --type ed25519 -- cmd /c command.cmd").success();
    assert!(run.stderr.is_empty(), "{run}");
    assert!(!PathBuf::from(line_in(&home, "folder")).exists());
    assert_nothing_left(&home);
    home.write(
        "remove.cmd",
        "@for %%f in (\"%KEYPAIR_PRIVATE_KEY_FILE%\") do @rmdir /s /q \"%%~dpf\"\r\n",
    );
    home.keypair("exec --type ed25519 -- cmd /c remove.cmd").success();
    assert_nothing_left(&home);
    home.write("delete.cmd", "@\"%KEYPAIR%\" delete \"%KEYPAIR_NAME%\" --query Return\r\n");
    let mut home = home;
    home.set("KEYPAIR", std::path::absolute(env!("CARGO_BIN_EXE_keypair")).unwrap());
    home.keypair("exec --type ed25519 -- cmd /c delete.cmd").success();
    assert_nothing_left(&home);
}

#[test]
fn prune_removes_directory_of_killed_exec_only() {
    let home = Home::new();
    home.write(
        "command.cmd",
        "@echo off\r\necho %KEYPAIR_PRIVATE_KEY_FILE%> %1\r\nset /p line=\r\n",
    );
    let start = |ttl: &str, name: &str| {
        let exec = format!("exec --type ed25519 --ttl {ttl} -- cmd /c command.cmd {name}");
        let mut running = home.launch(&exec).start();
        let stdin = running.stdin.take();
        (running, stdin, PathBuf::from(line_in(&home, name)))
    };
    let (killed, input, key) = start("1s", "killed");
    let (living, living_input, living_key) = start("1s", "living");
    let (fresh, fresh_input, fresh_key) = start("1h", "fresh");
    assert!(key.exists() && living_key.exists() && fresh_key.exists());
    assert!(killed.kill() && fresh.kill());
    // The commands outlive their `exec`, and end when their input is closed.
    drop((input, fresh_input));
    thread::sleep(Duration::from_millis(2100));
    assert_eq!(ephemeral_directories(&home).len(), 3);
    let shown = home.keypair("prune").success().says(&["pass `--delete` to delete them"]).json();
    let shown = shown["Folders"].as_array().unwrap().clone();
    assert_eq!(shown.len(), 1, "{shown:?}");
    let folder = key.parent().unwrap();
    assert_eq!(shown[0]["Path"].as_str().map(PathBuf::from).as_deref(), Some(folder), "{shown:?}");
    let run = home
        .keypair("prune --delete")
        .success()
        .says(&["the directory of a killed `keypair exec`"]);
    assert_eq!(run.json()["Folders"][0]["Deleted"], true, "{run}");
    assert!(!folder.exists() && living_key.exists() && fresh_key.exists());
    let doctor = home.keypair("doctor --output json").ends_with(1).json();
    let findings = doctor["Findings"].as_array().unwrap();
    let left: Vec<_> = findings.iter().filter(|found| found["Code"] == "LeftFolder").collect();
    assert_eq!(left.len(), 1, "{findings:?}");
    assert!(left[0]["Remedy"].as_str().unwrap().starts_with("rmdir /s "), "{left:?}");
    drop(living_input);
    living.end(Duration::from_secs(30)).success();
    assert_eq!(ephemeral_directories(&home).len(), 1);
    fs::remove_dir_all(fresh_key.parent().unwrap()).unwrap();
    // Its pair has not expired.
    assert_eq!(home.registered().len(), 1);
}
