//! Help, usage errors, missing consoles, manual pages and completions.

use std::fs;

use crate::support::home::Home;

#[test]
fn help_and_usage_errors_are_printed() {
    let home = Home::new();
    let run = home.keypair("--version").success();
    assert_eq!(run.text(), concat!("keypair ", env!("CARGO_PKG_VERSION"), "\n"));
    for words in ["--help", "create --help", "describe-key-pairs --help"] {
        let run = home.keypair(words).success();
        assert!(run.text().contains("Usage: keypair") && run.stderr.is_empty(), "{run}");
        assert!(!run.text().contains('\r'), "{run}");
    }
    for (words, expected) in [
        ("", "Usage: keypair"),
        ("frob", "unrecognized subcommand 'frob'"),
        ("create --typ rsa", "--type"),
        ("verify", "required arguments were not provided: <FILE>"),
    ] {
        let run = home.keypair(words).ends_with(252).says(&[expected]);
        assert!(run.text().is_empty() && !run.stderr.contains('\r'), "{run}");
    }
}

#[test]
fn prompt_without_console_fails() {
    let home = Home::new();
    home.write("pass", "correct horse\r\n");
    home.keypair("create enc --type ed25519 --format ppk --passphrase-file pass").success();
    for line in [
        "create k --type ed25519 --passphrase",
        "convert enc.ppk --format pem --out k.pem",
        "convert enc.ppk --format pem --out -",
        "delete enc --private-key-file enc.ppk --passphrase-file none",
    ] {
        let run = home.launch(line).stdin("correct horse\n").without_console().run();
        let (code, expected) = match line.contains("none") {
            true => (255, "cannot read none"),
            false => (252, "keypair: error: cannot ask for a passphrase: there is no terminal\n"),
        };
        let run = run.fails_with(code).says(&[expected]);
        assert_eq!(run.text(), "");
    }
    assert_eq!(home.names_in(""), ["enc.ppk", "pass"]);
    assert_eq!(home.registered(), ["enc"]);
    let line = "convert enc.ppk --format pem --out k.pem --passphrase-file - --no-passphrase";
    home.launch(line).stdin("correct horse\r\n").without_console().run().success();
    home.keypair("verify k.pem --key-name enc").success();
}

#[test]
fn passphrase_file_with_crlf_or_utf16_works() {
    let mut home = Home::new();
    home.write("made", "naïve пароль\r\nand a second line\r\n");
    home.keypair("create k --type ed25519 --format ppk --passphrase-file made").success();
    let marked = "\u{feff}naïve пароль\r\n";
    home.write("marked", marked);
    home.write("wide", marked.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>());
    home.write("bare", "naïve пароль");
    home.write("other", "naïve пароль \r\n");
    let convert =
        "convert k.ppk --format pem --no-passphrase --force --out k.pem --passphrase-file";
    for file in ["made", "marked", "wide", "bare"] {
        home.keypair(&format!("{convert} {file}")).success();
    }
    for (file, code) in [("other", 5), ("empty", 5), ("none", 255)] {
        home.write("empty", "\r\n");
        home.keypair(&format!("{convert} {file}")).fails_with(code);
    }
    home.set("KEYPAIR_PASSPHRASE", "naïve пароль");
    home.keypair("convert k.ppk --format pem --no-passphrase --force --out k.pem").success();
}

#[test]
fn manual_pages_and_completions_are_written() {
    let home = Home::new();
    home.keypair("man --out-folder pages")
        .fails_with(255)
        .says(&["the directory pages", "`mkdir`"]);
    fs::create_dir(home.path("pages")).unwrap();
    home.keypair(r"man --out-folder .\pages").success();
    home.keypair(r"man --out-folder pages\").fails_with(4);
    home.keypair("man --out-folder pages/ --force").success();
    let page = home.keypair("man verify").success();
    assert_eq!(home.read(r"pages\keypair-verify.1"), page.stdout);
    assert!(!page.stdout.contains(&b'\r'));
    assert!(home.names_in("pages").iter().all(|name| name.ends_with(".1")));
    let run = home.keypair("completions powershell").success();
    let expected = ["Register-ArgumentCompleter", "keypair"];
    assert!(expected.iter().all(|expected| run.text().contains(expected)), "{run}");
    home.keypair("create web --type ed25519").success();
    let run = home.keypair_with(["complete", "powershell", "=w", "describe"]).success();
    assert!(run.text().lines().any(|line| line.starts_with("web")), "{run}");
}

/// A reader may close its end of the pipe early.
#[test]
fn closed_stdout_is_not_an_error() {
    let home = Home::new();
    home.keypair("create k --count 300 --type ed25519 --out .").success();
    let describe = "describe --include-public-key --output jsonl";
    let run = home.launch(describe).run_with_early_close().success();
    assert!(run.stderr.is_empty(), "{run}");
}
