//! Keys of other programs, with the line ends and encodings of Windows.

use std::fs;

use serde_json::Value;

use crate::support::home::{Home, vector};

/// Returns the expected values of the key files in the test vectors.
fn known() -> Vec<Value> {
    let text = fs::read(vector("fingerprints.json")).unwrap();
    let known: Value = serde_json::from_slice(&text).unwrap();
    known["files_in_keys"].as_array().unwrap().clone()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Returns a home with copies of the key files in the test vectors.
fn home_with_keys() -> Home {
    let home = Home::new();
    for entry in fs::read_dir(vector("keys")).unwrap() {
        let entry = entry.unwrap();
        fs::write(home.path(entry.file_name()), fs::read(entry.path()).unwrap()).unwrap();
    }
    home
}

#[test]
fn key_is_imported_described_verified_and_deleted() {
    let home = home_with_keys();
    for known in known() {
        let key = text(&known["key"]);
        let extension = if text(&known["type"]) == "rsa" { "pem" } else { "openssh" };
        let file = format!("{key}.{extension}");
        let run = home.keypair(&format!("import {key} {file}.pub")).success();
        assert_eq!(run.json()["KeyFingerprint"], known["ec2_imported"], "{run}");
        let fingerprint = home.keypair(&format!("fingerprint {file}")).success().json();
        let found = &fingerprint["Keys"][0];
        assert_eq!(found["SHA256"], known["openssh_sha256"]);
        assert_eq!(found["MD5"], known["openssh_md5"]);
        assert_eq!(found["CreatedFingerprint"], known["ec2_created"]);
        for file in
            [&file, &format!("{file}.pub"), &format!("{key}.v3.ppk"), &format!("{key}.v2.ppk")]
        {
            let run = home.keypair(&format!("verify {file} --output text")).success();
            assert!(run.text().starts_with("True\n") && run.text().contains(key), "{run}");
        }
        let query = "--include-public-key --query KeyPairs[0].PublicKey --output text";
        let run = home.keypair(&format!("describe {key} {query}")).success();
        let line: Vec<_> = run.text().split(' ').collect();
        assert_eq!(line[..2], text(&known["public"]).split(' ').collect::<Vec<_>>()[..2]);
        assert_eq!(line[2], format!("{key}\n"));
        home.keypair(&format!("verify {file} --key-name none")).fails_with(3);
        // The file of another pair is not removed.
        home.keypair(&format!("delete {key} --private-key-file edge_lead91.openssh")).fails_with(5);
        home.keypair(&format!("delete {key} --private-key-file .\\{file}")).success();
        assert!(!home.path(&file).exists());
        home.keypair(&format!("describe {key}")).fails_with(3);
    }
    assert!(home.path("edge_lead91.openssh").exists());
}

#[test]
fn corpus_gets_expected_verdicts() {
    let home = Home::new();
    let passphrase = vector(r"keys\pass").into_os_string().into_string().unwrap();
    for (folder, count) in [("import", 43), ("convert", 38)] {
        let verdicts = fs::read_to_string(vector(&format!(r"{folder}\VERDICTS.tsv"))).unwrap();
        let mut seen = 0;
        for (name, verdict) in verdicts.lines().map(|line| line.split_once('\t').unwrap()) {
            let path = vector(folder).join(name).into_os_string().into_string().unwrap();
            let run = match folder {
                "import" => home.keypair_with(["import", name, &path]),
                _ => {
                    let options =
                        ["--format", "pem", "--out", "-", "--passphrase-file", &passphrase];
                    home.keypair_with(["convert", &path].into_iter().chain(options))
                }
            };
            let expected = match verdict {
                "accept" => run.code == Some(0),
                "refuse" => run.code == Some(5) && run.stderr.contains(name),
                _ => matches!(run.code, Some(0 | 5)),
            };
            assert!(expected, "{name}: {verdict}: {run}");
            assert!(run.code == Some(0) || run.text().is_empty(), "{run}");
            seen += 1;
        }
        assert_eq!(seen, count);
    }
    assert_eq!(home.names_in(""), [""; 0]);
}

#[test]
fn output_has_no_crlf() {
    let home = home_with_keys();
    home.keypair("create web --type ed25519 --tag a=b --tag c=d").success();
    for output in ["json", "jsonl", "yaml", "text", "table"] {
        for line in
            ["describe", "describe --include-public-key", "verify web.pem", "doctor web.pem"]
        {
            let run = home.keypair(&format!("{line} --output {output}"));
            assert!(!run.text().contains('\r') && !run.stderr.contains('\r'), "{run}");
        }
    }
    for form in ["openssh", "rfc4716", "spki"] {
        let run = home.keypair(&format!("convert ed25519.openssh --public {form}")).success();
        assert!(run.text().ends_with('\n') && !run.text().contains('\r'), "{run}");
    }
    let run = home.keypair("convert ed25519.openssh --public openssh").success();
    assert_eq!(run.stdout, home.read("ed25519.openssh.pub"));
    // A text stream would change some bytes: 0x0a without 0x0d, and 0x1a.
    let run = home.keypair("convert rsa2048.pem --public der").success();
    home.write("der", &run.stdout);
    let verify =
        home.launch("fingerprint - --query Keys[0].SHA256 --output text").stdin(run.stdout);
    let expected = home.keypair("fingerprint rsa2048.pem --query Keys[0].SHA256 --output text");
    assert_eq!(verify.run().success().text(), expected.success().text());
    home.keypair("import der der").success();
}

#[test]
fn crlf_and_utf16_files_are_read() {
    let home = home_with_keys();
    home.write("crlf-pass", "correct horse\r\n");
    for (file, options) in [
        ("ed25519.openssh", ""),
        ("ed25519.openssh.pub", ""),
        ("rsa2048.pem", ""),
        ("rsa2048.v3.ppk", ""),
        ("rsa2048.v2.enc.ppk", "--passphrase-file crlf-pass"),
        ("ed25519.v3.enc.ppk", "--passphrase-file pass"),
    ] {
        let query = format!("--query Keys[0].SHA256 --output text {options}");
        let expected = home.keypair(&format!("fingerprint {file} {query}")).success();
        let plain = String::from_utf8(home.read(file)).unwrap().replace('\r', "");
        let windows = plain.replace('\n', "\r\n");
        // UTF-8 with a byte order mark, and UTF-16, as written by Out-File of PowerShell 5.
        let marked = format!("\u{feff}{windows}");
        let wide: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for contents in [
            plain.as_bytes(),
            windows.as_bytes(),
            windows.trim_end().as_bytes(),
            marked.as_bytes(),
            &wide,
        ] {
            home.write("other", contents);
            let run = home.keypair(&format!("fingerprint other {query}")).success();
            assert_eq!(run.text(), expected.text());
            let run = home.launch(&format!("fingerprint - {query}")).stdin(contents).run();
            assert_eq!(run.success().text(), expected.text());
        }
    }
}

#[test]
fn file_urls_work_as_in_aws_cli() {
    let mut home = home_with_keys();
    home.write(r"..\user\own.pub", home.read("ed25519.openssh.pub"));
    let whole = home.path("ed25519.openssh.pub").into_os_string().into_string().unwrap();
    home.set("KEYS", home.path(""));
    for (number, material) in [
        r"fileb://.\ed25519.openssh.pub".to_owned(),
        "file://ed25519.openssh.pub".to_owned(),
        format!("fileb://{whole}"),
        format!("file://{}", whole.replace('\\', "/")),
        r"fileb://%KEYS%\ed25519.openssh.pub".to_owned(),
        "fileb://$KEYS/ed25519.openssh.pub".to_owned(),
        r"file://~\own.pub".to_owned(),
        "fileb://~/own.pub".to_owned(),
        format!(r"fileb://\\?\{whole}"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("k{number}");
        let import = ["import-key-pair", "--key-name", &name, "--public-key-material", &material];
        let run = home.keypair_with(import).success();
        assert_eq!(run.json()["KeyFingerprint"], known()[3]["ec2_imported"], "{run}");
    }
    let missing = ["import", "k", "--public-key-material", r"fileb://C:\none\k.pub"];
    home.keypair_with(missing).fails_with(255).says(&[r"cannot read C:\none\k.pub"]);
    // Windows shells do not expand patterns, so the program looks for a file with that name.
    home.keypair("fingerprint *.pem").fails_with(255).says(&["*.pem"]);
    home.keypair("fingerprint rsa2048.*").fails_with(255).says(&["rsa2048.*"]);
}

#[test]
fn converted_file_is_owner_only() {
    let home = home_with_keys();
    for (file, format, made) in [
        ("rsa2048.pem", "ppk", "rsa2048.ppk"),
        ("ed25519.openssh", "pkcs8", "ed25519.openssh.pem"),
        ("rsa2048.v3.ppk", "openssh", "rsa2048.v3.pem"),
    ] {
        let out = if made == "rsa2048.ppk" { "--out rsa2048.ppk" } else { "" };
        let run = home.keypair(&format!("convert {file} --format {format} {out}")).success();
        assert_eq!(run.json()["PrivateKeyFile"], made, "{run}");
        let refused = fs::OpenOptions::new().write(true).open(home.path(made)).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::PermissionDenied);
        let query = "--query Keys[0].SHA256";
        let run = home.keypair(&format!("fingerprint {made} {query}")).success();
        assert_eq!(
            run.text(),
            home.keypair(&format!("fingerprint {file} {query}")).success().text()
        );
        let again = format!("convert {file} --format {format} --out {made}");
        home.keypair(&again).fails_with(4);
        home.keypair(&format!("{again} --force")).success();
    }
    // Replacing the converted file itself works, too.
    home.keypair("convert rsa1024.pem --format ppk --out rsa1024.pem --force").success();
    assert!(home.read("rsa1024.pem").starts_with(b"PuTTY-User-Key-File-3"));
    assert!(home.names_in("").iter().all(|name| !name.starts_with(".keypair")));
}
