//! Private keys that `doctor` recognizes: damaged ones, unsupported ones, and those in other files.

use std::fs;
use std::path::Path;

use super::{findings, finds, mode, pair};
use crate::support::home::Home;

#[test]
fn exposed_private_keys_of_any_kind_are_reported() {
    let home = Home::new();
    home.shell(
        "ssh-keygen -q -t ed25519 -N '' -f key; ssh-keygen -q -t ecdsa -N '' -f ecdsa; rm *.pub",
    )
    .success();
    let text = String::from_utf8(home.read("key")).unwrap();
    fs::remove_file(home.path("key")).unwrap();
    let damaged = [
        ("cut", text[..100].to_owned()),
        ("escaped", text.replace('\n', "\\n")),
        ("mail", text.lines().map(|line| format!("> {line}\n")).collect()),
        ("nbsp", text.replace('\n', "\u{a0}\n")),
        ("nul", format!("{text}\0")),
        ("quoted", format!("\"{text}\"")),
        ("twice", format!("{text}{text}")),
        ("zwsp", format!("\u{200b}{text}")),
    ];
    for (name, text) in &damaged {
        home.write(name, text);
    }
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/foreign");
    for name in ["dropbearkey-ed25519", "jks", "openpgp-ed", "sshcom"] {
        home.write(name, fs::read(vectors.join(name)).unwrap());
    }
    mode(&home.path("ecdsa"), 0o644);
    home.write("public", "-----BEGIN PUBLIC KEY-----\n");
    home.write("text", "see -----BEGIN RSA PRIVATE KEY-----\n");
    let mut expected = vec!["dropbearkey-ed25519", "ecdsa", "jks", "openpgp-ed", "sshcom"];
    expected.extend(damaged.iter().map(|(name, _)| *name));
    expected.sort_unstable();
    let mut found = findings(&home, "");
    found.sort();
    let expected: Vec<_> =
        expected.into_iter().map(|name| pair("ExposedPrivateKey", name)).collect();
    assert_eq!(found, expected);
    home.shell("chmod 600 *; keypair doctor").success();
}

#[test]
fn named_text_with_key_is_remark() {
    let home = Home::new();
    home.shell("ssh-keygen -q -t ed25519 -N '' -f key; base64 -w 0 < key > whole; mkdir files")
        .success();
    let text = String::from_utf8(home.read("key")).unwrap();
    let whole = String::from_utf8(home.read("whole")).unwrap();
    for file in [
        format!("A=1\nKEY=\"{}\"\n", text.replace('\n', "\\n")),
        format!("let key = \"{}\";\n", text.replace('\n', "\\n")),
        format!("A=1\nKEY={whole}\n"),
        format!("<a>{text}</a>\n"),
    ] {
        home.write("files/notes.txt", &file);
        mode(&home.path("files/notes.txt"), 0o600);
        let run = home.shell("keypair doctor files/notes.txt").success();
        let remark = "remark: files/notes.txt: this file contains a private key; ";
        let summary = "1 file with no private keys and 1 private key in other text";
        assert!(run.text().contains(remark) && run.text().contains(summary), "{file}{run}");
    }
}

#[test]
fn keys_in_configurations_are_remarks() {
    let home = Home::new();
    home.shell("ssh-keygen -q -t ed25519 -N '' -f key; base64 -w 0 < key > whole").success();
    let text = String::from_utf8(home.read("key")).unwrap();
    let whole = String::from_utf8(home.read("whole")).unwrap();
    home.shell("rm key key.pub whole; mkdir -m 700 files").success();
    let escaped = text.replace('\n', "\\n");
    let indented: String = text.lines().map(|line| format!("    {line}\n")).collect();
    let padding = "#".repeat(1 << 19);
    let files = [
        (".env", format!("A=1\nKEY=\"{escaped}\"\n")),
        (".env.local", format!("KEY={whole}\n")),
        ("prod.env", format!("{padding}\nKEY='{text}'\n")),
        ("answer.json", format!("{{\"KeyMaterial\": \"{escaped}\"}}")),
        ("values.yaml", format!("ssh:\n  key: |\n{indented}")),
        ("secret.yml", format!("data:\n  key: {whole}\n")),
    ];
    for (name, text) in &files {
        home.write(&format!("files/{name}"), text);
    }
    home.write("files/public.json", "{\"key\": \"-----BEGIN PUBLIC KEY-----\\n\"}");
    let mut found = findings(&home, "files");
    found.sort();
    let mut expected: Vec<_> = files
        .iter()
        .map(|(name, _)| pair("EmbeddedPrivateKey", &format!("files/{name}")))
        .collect();
    expected.sort();
    assert_eq!(found, expected);
    let run = home.shell("keypair doctor files").success();
    let said = "remark: files/.env: this file contains a private key, and others can read it (mode 0644); ";
    assert!(run.text().contains(said), "{run}");
    assert!(!run.text().contains("b3BlbnNz"), "{run}");
    home.shell("chmod 600 files/.env files/*").success();
    let run = home.shell("keypair doctor files").success();
    assert!(run.text().contains("remark: files/.env: this file contains a private key; "), "{run}");
    // The name does not matter for a key file.
    home.write("files/.env", &text);
    mode(&home.path("files/.env"), 0o644);
    assert!(finds(&home, "files").text().contains("attention: files/.env: others can read"));
}
