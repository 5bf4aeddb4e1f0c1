//! `doctor`: each finding with a real cause, and no changes to files.

#[cfg(feature = "ec2")]
mod ec2;
mod keys;
mod registry_file;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::home::Home;
use crate::support::run::Run;

/// Runs `doctor` with these arguments and expects findings.
#[track_caller]
fn finds(home: &Home, words: &str) -> Run {
    home.shell(&format!("keypair doctor {words}")).fails_with(1)
}

/// Returns the codes and subjects of the findings in the JSON output.
#[track_caller]
fn findings(home: &Home, words: &str) -> Vec<(String, String)> {
    let run = home.shell(&format!("keypair doctor --output json {words}"));
    let answer = run.json();
    let found = answer["Findings"].as_array().unwrap();
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let urgent = found.iter().any(|finding| finding["Level"] == "attention");
    assert_eq!((answer["Healthy"] == true, run.code), (!urgent, Some(i32::from(urgent))), "{run}");
    found.iter().map(|found| (text(found, "Code"), text(found, "Subject"))).collect()
}

fn pair(code: &str, subject: &str) -> (String, String) {
    (code.to_owned(), subject.to_owned())
}

fn registry(home: &Home) -> std::path::PathBuf {
    home.path("../home/.local/share/keypair/registry.sqlite3").canonicalize().unwrap()
}

/// Returns a home with one key pair.
fn home() -> Home {
    let home = Home::new();
    home.shell("keypair create web --type ed25519").success();
    home
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn doctor_finds_nothing_in_healthy_home() {
    let home = Home::new();
    let run = home.keypair(["doctor"]).success();
    let said = "nothing needs attention; checked: no registry yet; no files";
    assert!(run.text().starts_with(said) && run.text().lines().count() == 1, "{run}");
    assert!(run.stderr.is_empty() && home.files().is_empty(), "{run}");
    home.shell(
        "keypair create web --type ed25519 --public-out web.pub; keypair create ci --count 2",
    )
    .success();
    home.write("notes", "nonsense");
    let before = home.files();
    let run = home.keypair(["doctor"]).success();
    let said =
        "nothing needs attention; checked: a registry of 3 pairs; 5 files with 3 private keys";
    assert!(run.text().starts_with(said), "{run}");
    assert_eq!(home.files(), before);
    let answer = home.keypair(["doctor", "--output", "json"]).success().json();
    assert_eq!(answer["Healthy"], true);
    assert_eq!(answer["Findings"], Value::Array(vec![]));
    assert_eq!((&answer["KeyPairs"], &answer["Files"]), (&3.into(), &5.into()));
    assert_eq!(answer["PrivateKeyFiles"], 3);
    assert_eq!(home.keypair(["doctor", "--output", "jsonl"]).success().text(), "");
}

#[test]
fn doctor_remedy_fixes_exposed_private_key() {
    let home = home();
    home.shell(
        "keypair convert web.pem --format ppk --out web.ppk; keypair convert web.pem --format pkcs8 \
         --out 'it is.key'; openssl ecparam -genkey -name prime256v1 -out ec.pem; cp web.pem ./-x.pem
         cp web.pem encrypted; ssh-keygen -q -p -f encrypted -N hunter22; cp web.pem well
         chmod 644 web.ppk ec.pem ./-x.pem; chmod 620 'it is.key'; chmod 604 encrypted; chmod 711 well",
    )
    .success();
    let run = finds(&home, "");
    for line in [
        "attention: web.ppk: others can read this private key (mode 0644); chmod 400 web.ppk\n",
        "attention: it is.key: others can write to this private key (mode 0620); chmod 400 'it is.key'\n",
        "attention: encrypted: others can read this private key (mode 0604); chmod 400 encrypted\n",
        "attention: ec.pem: others can read this private key (mode 0644); chmod 400 ec.pem\n",
        "attention: -x.pem: others can read this private key (mode 0644); chmod 400 ./-x.pem\n",
        "\n5 findings need attention; checked: a registry of 1 pair; 7 files with 7 private keys",
    ] {
        assert!(run.text().contains(line), "{line}: {run}");
    }
    assert_eq!(run.text().lines().count(), 6, "{run}");
    home.shell("keypair doctor --query 'Findings[].[Remedy]' --output text | sh").success();
    home.keypair(["doctor"]).success();
    assert_eq!(home.mode("it is.key"), 0o400);
}

#[test]
fn doctor_checks_named_files_and_directories() {
    let home = home();
    home.shell(
        "mkdir keys keys/below; cp web.pem keys/a; cp web.pem keys/below/b; cp web.pem keys/below/c
         chmod 644 keys/a keys/below/b keys/below/c; ln -s keys/below/b link; ln -s nowhere gone",
    )
    .success();
    assert_eq!(findings(&home, ""), []);
    let exposed = |path| pair("ExposedPrivateKey", path);
    assert_eq!(findings(&home, "keys"), [exposed("keys/a")]);
    assert_eq!(findings(&home, "keys/ keys/below/c"), ["keys/a", "keys/below/c"].map(exposed));
    // A symbolic link is followed as an argument, but not inside a directory.
    assert_eq!(findings(&home, "link"), [exposed("link")]);
    assert_eq!(findings(&home, "missing gone").len(), 2);
    let run = finds(&home, "missing");
    let said = "missing: cannot read this: No such file or directory; pass an existing file";
    assert!(run.text().contains(said), "{run}");
}

#[test]
fn doctor_skips_pipes_sockets_and_devices() {
    let home = home();
    let _socket = UnixListener::bind(home.path("socket")).unwrap();
    home.shell("mkfifo pipe; ln -s pipe link; ln -s /dev/zero zero; mkdir folder").success();
    let start = Instant::now();
    assert_eq!(findings(&home, ""), []);
    let not_files = |path| pair("NotAFile", path);
    let named = ["pipe", "socket", "link", "/dev/zero", "/dev/tty"];
    assert_eq!(findings(&home, &named.join(" ")), named.map(not_files));
    assert!(start.elapsed() < Duration::from_secs(20));
    let run = home.keypair(["doctor", "pipe"]).success();
    assert!(run.text().starts_with("remark: pipe: skipped: this is a pipe"), "{run}");
}

/// Root can read everything, so the test switches to another user.
#[cfg(target_os = "linux")]
#[test]
fn doctor_reports_unreadable_paths() {
    let home = home();
    home.shell("mkdir closed; cp web.pem closed/k; cp web.pem shut; chmod 0 closed shut").success();
    let as_another = if rustix::process::geteuid().is_root() {
        home.shell("chmod 755 ..; chmod -R a+rX ../home; chmod 777 ../tmp; chown -R 65534:65534 .")
            .success();
        "setpriv --reuid=65534 --regid=65534 --clear-groups"
    } else {
        ""
    };
    let registry = "--registry-file none --output json";
    let script = format!("{as_another} keypair doctor {registry} . closed closed/k");
    let run = home.shell(&script).fails_with(1);
    let answer = run.json();
    let told: Vec<_> = answer["Findings"].as_array().unwrap().iter().collect();
    let levels: Vec<_> = told.iter().map(|found| found["Level"].as_str().unwrap()).collect();
    assert_eq!(levels, ["remark", "attention", "attention"], "{run}");
    for (found, path) in told.iter().zip(["shut", "closed", "closed/k"]) {
        assert_eq!(found["Subject"], path);
        assert_eq!(found["Finding"], "cannot read this: Permission denied");
        assert!(found["Remedy"].as_str().unwrap().starts_with(&format!("run `chmod u+rX {path}`")));
    }
    mode(&home.path("closed"), 0o700);
}

#[test]
fn doctor_reports_directories_of_killed_commands() {
    let mut home = home();
    let runtime = home.path("../run");
    fs::create_dir(&runtime).unwrap();
    home.set("XDG_RUNTIME_DIR", runtime.clone());
    // The directory of a running command is not reported.
    let running = "keypair exec --type ed25519 -- sh -c 'keypair doctor --output json'";
    let run = home.shell(running).success();
    assert_eq!(run.json()["Findings"].as_array().unwrap().len(), 0, "{run}");
    // On Linux, `exec` records the process of its command after the start.
    let killed = "keypair exec --type ed25519 -- sh -c 'cd \"$(dirname $KEYPAIR_PUBLIC_KEY_FILE)\"
        for i in $(seq 100); do grep -q ^key- .keypair-exec-user && break; sleep 0.01; done
        kill -9 $PPID'";
    assert_eq!(home.shell(killed).code, Some(137));
    let found = findings(&home, "");
    assert_eq!(found.len(), 1, "{found:?}");
    let folder = found[0].1.clone();
    assert!(found[0].0 == "LeftFolder" && folder.contains("keypair-exec-"), "{found:?}");
    let run = finds(&home, "");
    if cfg!(target_os = "linux") {
        assert!(run.text().contains("; run `keypair prune --delete` to delete it\n"), "{run}");
        // Without the marker file, the state of the command is unknown.
        fs::remove_file(Path::new(&folder).join(".keypair-exec-user")).unwrap();
    }
    let run = finds(&home, "");
    let said = format!(
        "stale directory of a killed `keypair exec`, with a private key; if its command has ended, \
         run `rm -r {folder}`\n"
    );
    assert!(run.text().contains(&said), "{run}");
    fs::remove_dir_all(folder).unwrap();
    home.keypair(["doctor"]).success();
    let past = runtime.join("keypair-exec-1-2222222222222222");
    fs::create_dir(&past).unwrap();
    let run = finds(&home, "");
    assert!(run.text().contains("; run `keypair prune --delete` to delete it\n"), "{run}");
    home.keypair(["prune", "--delete"]).success();
    home.keypair(["doctor"]).success();

    home.write(".keypair-0123abcd-0", "the old key");
    let lock = fs::File::open(home.path(".keypair-0123abcd-0")).unwrap();
    lock.lock().unwrap();
    assert_eq!(findings(&home, ""), []);
    drop(lock);
    assert_eq!(findings(&home, ""), [pair("LeftFile", ".keypair-0123abcd-0")]);
}

/// The command outlives its `exec`, and `prune` keeps its key as well.
#[cfg(target_os = "linux")]
#[test]
fn doctor_keeps_key_of_running_command() {
    let mut home = home();
    let runtime = home.path("../run");
    fs::create_dir(&runtime).unwrap();
    home.set("XDG_RUNTIME_DIR", runtime.clone());
    for (option, ttl, key) in [
        ("", "1h", ", with a private key"),
        ("--agent", "1h", ""),
        ("", "1s", ", with a private key"),
    ] {
        let script = format!(
            "keypair exec {option} --ttl {ttl} --type ed25519 -- sh -c 'echo $$ $PPID > started; exec sleep 100' &
             until [ -s started ] && grep -q '^key-' \"$XDG_RUNTIME_DIR\"/*/.keypair-exec-user
             do sleep 0.01; done 2> missing
             read command process < started; rm started
             kill -KILL $process; wait $process 2> killed
             [ {ttl} = 1h ] || sleep 2
             keypair doctor started killed
             keypair prune --delete > pruned; ls \"$XDG_RUNTIME_DIR\" | wc -l
             kill $command; sleep 0.3
             keypair prune --delete > pruned; ls \"$XDG_RUNTIME_DIR\" | wc -l"
        );
        let run = home.launch("bash").args(["-c", &script]).run().success();
        let said = format!(
            "stale directory of a killed `keypair exec`{key}; its command still runs; \
             run `keypair prune --delete` after the command ends to delete it\n"
        );
        assert!(run.text().contains(&said), "{run}");
        assert!(run.text().ends_with("\n1\n0\n"), "{run}");
    }
}

#[test]
fn doctor_reports_named_file_over_limit() {
    let home = home();
    home.shell("ssh-keygen -q -t ed25519 -N '' -f big; head -c 2000000 /dev/zero | tr '\\0' '\\n' >> big; ln -s big link; mkdir in; cp big in").success();
    for name in ["big", "link"] {
        let run = home.keypair(["doctor", name]).fails_with(1);
        assert!(
            run.text().contains(
                "big: cannot read this: it is larger than 1048576 bytes; pass a smaller file\n"
            ),
            "{run}"
        );
    }
}

/// Only root can create files of another user.
#[test]
fn doctor_reports_files_of_another_user() {
    let home = home();
    let owner = rustix::process::geteuid();
    let other = if owner.is_root() { "65533" } else { "" };
    if other.is_empty() {
        // No file of another user can exist here.
        assert_eq!(findings(&home, ""), []);
        return;
    }
    let folder = "\"$XDG_DATA_HOME/keypair\"";
    home.shell(&format!("chown {other} web.pem {folder} {folder}/registry.sqlite3")).success();
    let found = findings(&home, "");
    let codes: Vec<_> = found.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(codes, ["ForeignRegistry", "ForeignRegistryFolder", "ForeignPrivateKey"]);
    let run = finds(&home, "");
    let said = "web.pem: this private key belongs to the user 65533; use it only if you know where it comes from; then run `sudo \
         chown \"$(id -un)\" web.pem`\n";
    assert!(run.text().contains(said), "{run}");
    // `sudo chown` would follow a link that the other user puts there first.
    home.shell("mkdir -m 1777 shared; mv web.pem shared").success();
    let run = finds(&home, "shared");
    assert!(run.text().contains("shared/web.pem: this private key belongs to the user"), "{run}");
    assert!(!run.text().contains("chown \"$(id -un)\" shared/web.pem"), "{run}");
    home.shell("mv shared/web.pem .").success();
    home.shell(&format!("chown 0 web.pem {folder} {folder}/*")).success();
    home.keypair(["doctor"]).success();
}

#[test]
fn doctor_escapes_file_names_on_terminal() {
    let home = home();
    home.shell("cp web.pem \"$(printf 'a\\033[2J\\nb')\"; chmod 644 a*").success();
    let escaped = "a\\x1b[2J\\nb: others can read this private key";
    assert!(finds(&home, "").text().contains(escaped));
    let on_terminal = home.launch("keypair").args(["doctor", "--output", "text"]).on_terminal();
    let run = on_terminal.finish();
    assert!(run.text().contains("a\\x1b[2J"), "{run}");
    assert!(!run.text().contains('\u{1b}'), "{run}");
    let subject = home.shell("keypair doctor --query 'Findings[0].Subject' --output text");
    assert_eq!(subject.text(), "a\u{1b}[2J\nb\n");
    home.shell("cp web.pem \"$(printf '\\377 \\342\\200\\256')\"; chmod 644 *").success();
    let remedies = "keypair doctor --query 'Findings[].Remedy' --output json";
    home.shell(&format!("{remedies} | python -c 'import json, sys; print(*json.load(sys.stdin), sep=chr(10))' > remedies"))
        .success();
    home.shell("bash -e remedies; rm remedies; keypair doctor").success();
    // Text that may be a private key is not repeated.
    let run = home.shell("keypair doctor \"k/$(cat web.pem)\"").fails_with(1);
    let line = String::from_utf8(home.read("web.pem")).unwrap().lines().nth(1).unwrap().to_owned();
    assert!(!run.text().contains(&line) && run.text().contains("(the text of a key)"), "{run}");
}

#[test]
fn doctor_supports_every_output_format() {
    let mut home = home();
    home.shell("chmod 644 web.pem").success();
    for (format, said) in [
        ("json", "        {\n            \"Level\": \"attention\",\n"),
        ("text", "FINDINGS\tExposedPrivateKey\tothers can read"),
        ("table", "||  Code   |  ExposedPrivateKey"),
        ("yaml", "- Code: ExposedPrivateKey\n  Finding: \"others can"),
        ("yaml-stream", "  Findings:\n  - Code: ExposedPrivateKey\n    Finding: "),
        ("off", ""),
        (
            "jsonl",
            "{\"Level\":\"attention\",\"Code\":\"ExposedPrivateKey\",\"Subject\":\"web.pem\",",
        ),
    ] {
        let run = finds(&home, &format!("--output {format}"));
        assert!(run.text().contains(said), "{run}");
    }
    assert_eq!(finds(&home, "--query 'Findings[].Code'").json()[0], "ExposedPrivateKey");
    assert!(finds(&home, "--quiet").text().starts_with("attention: "));
    home.shell("keypair doctor | true").fails_with(0);
    home.set("AWS_DEFAULT_OUTPUT", "json");
    assert_eq!(finds(&home, "").json()["Healthy"], false);
    for words in ["--query '['", "--output xml", "--onlin"] {
        home.shell(&format!("keypair doctor {words}")).fails_with(252);
    }
}

#[test]
fn doctor_checks_ten_thousand_files_in_seconds() {
    let home = home();
    home.shell(
        "key=$(cat web.pem); i=0; while [ $i -lt 10000 ]; do i=$((i+1))
         case $i in *7) echo \"$key\" > k$i; chmod 400 k$i;; *) echo nonsense $i > k$i;; esac; done
         chmod 644 k7",
    )
    .success();
    let start = Instant::now();
    let run = finds(&home, "");
    let elapsed = start.elapsed();
    assert!(run.text().contains("10001 files with 1001 private keys"), "{run}");
    assert_eq!(run.text().lines().count(), 2, "{run}");
    // A debug build under the load of other tests. An optimized build alone needs a fraction of a
    // second.
    assert!(elapsed < Duration::from_secs(20), "{elapsed:?}");
}
