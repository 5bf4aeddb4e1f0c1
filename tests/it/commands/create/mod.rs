//! `create` and `create-key-pair`: key files, responses and registrations.

mod agent;
#[cfg(feature = "ec2")]
pub(crate) mod generate;
mod if_not_exists;
mod many;
mod private_file;
mod stdout;

use serde_json::{Value, json};

use crate::support::home::Home;

/// Every key type and file format: the options and the first line of the file.
const FORMS: [(&str, &str); 12] = [
    ("--type rsa", "-----BEGIN RSA PRIVATE KEY-----"),
    ("--bits 3072 --format pem", "-----BEGIN RSA PRIVATE KEY-----"),
    ("--bits 4096", "-----BEGIN RSA PRIVATE KEY-----"),
    ("--type ed25519", "-----BEGIN OPENSSH PRIVATE KEY-----"),
    ("--type rsa --format openssh", "-----BEGIN OPENSSH PRIVATE KEY-----"),
    ("--key-type ed25519 --key-format openssh", "-----BEGIN OPENSSH PRIVATE KEY-----"),
    ("--type rsa --format pkcs8", "-----BEGIN PRIVATE KEY-----"),
    ("--type ed25519 --format pkcs8", "-----BEGIN PRIVATE KEY-----"),
    ("--type rsa --format ppk", "PuTTY-User-Key-File-3: ssh-rsa"),
    ("--type ed25519 --format ppk --ppk-version 3", "PuTTY-User-Key-File-3: ssh-ed25519"),
    ("--type rsa --format ppk --ppk-version 2", "PuTTY-User-Key-File-2: ssh-rsa"),
    ("--type ed25519 --format ppk --ppk-version 2", "PuTTY-User-Key-File-2: ssh-ed25519"),
];

fn first_line(file: &[u8]) -> String {
    String::from_utf8_lossy(file.split(|&byte| byte == b'\n').next().unwrap()).into_owned()
}

fn members(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn create_invalid_passphrase_file_fails() {
    let home = Home::new();
    home.keypair(["create", "old", "--type", "ed25519"]).success();
    home.launch("python")
        .args(["-c", "open('odd', 'wb').write(b'\\xff\\xfes\\0e')"])
        .run()
        .success();
    for words in [
        "create new --type ed25519 --passphrase-file odd",
        "create new --count 2 --type ed25519 --passphrase-file odd",
        "convert old.pem --out new.pem --new-passphrase-file odd",
        "convert old.pem --out new.pem --passphrase-file odd",
        "create new --type ed25519 --passphrase-file - < odd",
    ] {
        let run = home.shell(&format!("keypair {words}")).fails_with(5);
        assert!(run.stderr.contains("cannot read a passphrase from "), "{run}");
        assert!(!run.stderr.contains("--comment"), "{run}");
    }
    assert!(!home.path("new.pem").exists());
}

#[test]
fn create_registers_every_type_and_format() {
    let home = Home::new();
    for (number, (options, beginning)) in FORMS.into_iter().enumerate() {
        let name = format!("k{number}");
        let run = home.shell(&format!("keypair create {name} {options}")).success();
        let answer = run.json();
        let is_ppk = options.contains("ppk");
        let file = format!("{name}.{}", if is_ppk { "ppk" } else { "pem" });
        let key_type = if options.contains("ed25519") { "ed25519" } else { "rsa" };
        assert_eq!(
            members(&answer),
            ["KeyPairId", "KeyType", "KeyName", "KeyFingerprint", "PrivateKeyFile"]
        );
        assert_eq!(answer["KeyName"], name);
        assert_eq!(answer["KeyType"], key_type);
        assert_eq!(answer["PrivateKeyFile"], file);
        assert_eq!(first_line(&home.read(&file)), beginning);
        assert_eq!(home.mode(&file), 0o400);
        assert_eq!(run.stderr, "");

        let pair = &home.keypair(["describe", &name]).success().json()["KeyPairs"][0];
        for member in ["KeyPairId", "KeyType", "KeyName", "KeyFingerprint"] {
            assert_eq!(pair[member], answer[member], "{options}");
        }
        assert_eq!(pair["Tags"], json!([]));
    }
}

#[test]
fn create_without_name_chooses_readable_name() {
    let home = Home::new();
    let make = || home.keypair(["create", "--type", "ed25519", "--format", "ppk"]).success().json();
    let (one, two) = (make(), make());
    assert_ne!(one["KeyName"], two["KeyName"]);
    for answer in [one, two] {
        let name = answer["KeyName"].as_str().unwrap();
        assert_eq!(answer["PrivateKeyFile"], format!("{name}.ppk"));
        assert!(
            name.chars()
                .all(|character| "abcdefghijklmnopqrstuvwxyz0123456789-".contains(character))
        );
        assert_eq!(home.mode(&format!("{name}.ppk")), 0o400);
    }
}

#[test]
fn create_with_passphrase_encrypts_every_format() {
    let home = Home::new();
    home.write("pass", "correct horse\r\nsecond line\n");
    for (number, (options, _)) in FORMS.into_iter().enumerate() {
        if options.contains("3072") || options.contains("4096") {
            continue;
        }
        let out = format!("k{number}");
        home.shell(&format!("keypair create {out} {options} --out {out} --passphrase-file pass"))
            .success();
        let text = String::from_utf8(home.read(&out)).unwrap();
        if options.contains("ppk") {
            assert!(text.contains("Encryption: aes256-cbc\n"), "{options}");
            home.shell(&format!("printf 'correct horse' > p; printf '' > none; puttygen {out} -P --old-passphrase p --new-passphrase none -o {out}.plain")).success();
        } else {
            home.shell(&format!("ssh-keygen -y -P 'correct horse' -f {out} || openssl pkey -in {out} -passin 'pass:correct horse' -noout")).success();
            let wrong = format!(
                "ssh-keygen -y -P wrong -f {out} || openssl pkey -in {out} -passin pass:wrong -noout"
            );
            assert_ne!(home.shell(&wrong).code, Some(0), "{options}");
        }
    }
    let environment = "KEYPAIR_PASSPHRASE=sesame keypair create env --type ed25519 --passphrase";
    home.shell(&format!("{environment} && ssh-keygen -y -P sesame -f env.pem")).success();
    home.shell("echo sesame | keypair create input --type ed25519 --passphrase-file -").success();
    home.shell("ssh-keygen -y -P sesame -f input.pem").success();
}

#[test]
fn create_prompts_twice_for_passphrase() {
    let home = Home::new();
    let ask = |name: &str| {
        let arguments = ["create", name, "--type", "ed25519", "--passphrase"];
        let mut terminal = home.launch("keypair").args(arguments).on_terminal();
        terminal.expect("Passphrase for the new private key: ");
        terminal
    };
    let mut terminal = ask("same");
    terminal.type_hidden_line("open sesame");
    terminal.expect("The same passphrase again: ");
    terminal.type_hidden_line("open sesame");
    let run = terminal.finish();
    assert_eq!(run.code, Some(0), "{run}");
    assert!(!run.text().contains("sesame"));
    home.shell("ssh-keygen -y -P 'open sesame' -f same.pem").success();

    let mut terminal = ask("other");
    terminal.type_hidden_line("open sesame");
    terminal.expect("again: ");
    terminal.type_hidden_line("open sesam");
    let run = terminal.finish();
    assert_eq!(run.code, Some(5), "{run}");
    assert!(run.text().contains("the two passphrases differ"), "{run}");

    let mut terminal = ask("stopped");
    terminal.press("\u{3}");
    let run = terminal.finish();
    assert!(run.code == Some(130), "{run}");
    assert_eq!(
        home.keypair(["describe"]).success().json()["KeyPairs"].as_array().unwrap().len(),
        1
    );

    // The terminal settings are restored.
    let script = "trap : INT; keypair create x --passphrase; stty -a";
    let mut terminal = home.launch("sh").args(["-c", script]).on_terminal();
    terminal.expect("Passphrase for the new private key: ");
    terminal.press("\u{3}");
    let run = terminal.finish();
    for setting in ["echo", "icanon", "isig"] {
        assert!(run.text().split_whitespace().any(|word| word == setting), "{run}");
    }

    home.write("nul", "a\0b");
    for format in ["pem", "openssh", "pkcs8", "ppk"] {
        home.keypair(["create", "nul", "--format", format, "--passphrase-file", "nul"])
            .fails_with(5);
    }
    home.write("long", "x".repeat(1024));
    home.keypair(["create", "long", "--passphrase-file", "long"]).fails_with(5);
    let run = home.keypair(["create", "nobody", "--passphrase"]).fails_with(252);
    assert!(run.stderr.contains("--passphrase-file"), "{run}");
    home.write("empty", "\n");
    home.keypair(["create", "nobody", "--passphrase-file", "empty"]).fails_with(5);
}

#[test]
fn create_stores_comment_tags_and_public_key() {
    let home = Home::new();
    home.write(
        "specification.json",
        r#"[{"ResourceType":"key-pair","Tags":[{"Key":"file","Value":"1"}]}]"#,
    );
    let run = home.shell(
        "keypair create k --type ed25519 --comment 'for the web' --public-out k.pub \
         --tag team=ops --tag 'note=a=b' --tag empty= \
         --tag-specifications 'ResourceType=key-pair,Tags=[{Key=short,Value=hand}]' \
         '{\"ResourceType\":\"key-pair\",\"Tags\":[{\"Key\":\"json\",\"Value\":\"é\"}]}' \
         file://specification.json",
    );
    let answer = run.success().json();
    let tags = json!([
        {"Key": "team", "Value": "ops"}, {"Key": "note", "Value": "a=b"},
        {"Key": "empty", "Value": ""}, {"Key": "short", "Value": "hand"},
        {"Key": "json", "Value": "é"}, {"Key": "file", "Value": "1"}
    ]);
    assert_eq!(answer["Tags"], tags);
    assert_eq!(answer["PublicKeyFile"], "k.pub");
    let described = home.keypair(["describe", "k", "--include-public-key"]).success().json();
    assert_eq!(described["KeyPairs"][0]["Tags"], tags);

    let line = String::from_utf8(home.read("k.pub")).unwrap();
    assert!(line.ends_with(" for the web\n"));
    assert_eq!(home.mode("k.pub"), 0o644);
    let bare = line.strip_suffix(" for the web\n").unwrap();
    assert_eq!(described["KeyPairs"][0]["PublicKey"], format!("{bare} k"));
    assert_eq!(home.shell("ssh-keygen -y -f k.pem").success().text(), line);
    let ppk = home.shell("keypair create p --type ed25519 --format ppk --out - --comment x");
    assert!(ppk.success().text().contains("\nComment: x\n"));
}

#[test]
fn create_out_stdout_prints_only_private_key() {
    let home = Home::new();
    let run = home.keypair(["create", "k", "--out", "-"]).success();
    assert!(run.text().starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));
    assert!(run.text().ends_with("\n-----END RSA PRIVATE KEY-----\n"));
    assert_eq!(run.stderr, "");
    assert!(!home.path("k.pem").exists());
    home.keypair(["describe", "k"]).success();
}

#[test]
fn create_key_pair_returns_key_without_file() {
    let home = Home::new();
    let run = home.keypair(["create-key-pair", "--key-name", "k", "--key-type", "ed25519"]);
    let answer = run.success().json();
    assert_eq!(members(&answer), ["KeyPairId", "KeyName", "KeyFingerprint", "KeyMaterial"]);
    let material = answer["KeyMaterial"].as_str().unwrap();
    assert!(material.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));
    assert!(material.ends_with("-----END OPENSSH PRIVATE KEY-----\n"));
    let files = home.files();
    let is_registry =
        |path: &std::path::PathBuf| path.to_string_lossy().contains("registry.sqlite3");
    assert!(files.iter().all(is_registry), "{files:?}");

    let tagged = "keypair create-key-pair --key-name t --key-format ppk \
                  --tag-specifications ResourceType=key-pair,Tags={Key=a,Value=b}";
    let answer = home.shell(tagged).success().json();
    assert_eq!(members(&answer), ["KeyPairId", "Tags", "KeyName", "KeyFingerprint", "KeyMaterial"]);
    assert!(answer["KeyMaterial"].as_str().unwrap().starts_with("PuTTY-User-Key-File-3"));
    home.keypair([
        "create-key-pair",
        "--type",
        "ed25519",
        "--format",
        "pem",
        "--key-name",
        "short",
    ])
    .success();
}

/// The example of the AWS documentation, and the warning of `keypair`.
#[test]
fn aws_documentation_example_creates_usable_key() {
    let home = Home::new();
    let recipe = "keypair create-key-pair --key-name my-key-pair --key-type ed25519 \
                  --key-format pem --query \"KeyMaterial\" --output text > my-key-pair.pem";
    let run = home.shell(recipe).success();
    assert!(run.stderr.contains("a file that others can read"), "{run}");
    home.shell("chmod 400 my-key-pair.pem && ssh-keygen -y -f my-key-pair.pem").success();
    let private = recipe.replace("my-key-pair", "second");
    let run = home.shell(&format!("umask 077; {private}")).success();
    assert_eq!(run.stderr, "");
}

#[test]
fn create_dry_run_checks_and_changes_nothing() {
    let home = Home::new();
    home.write("taken.pem", "precious");
    for command in ["create k", "create k --out -", "create-key-pair --key-name k", "create"] {
        let run = home.shell(&format!("keypair {command} --dry-run")).success();
        assert_eq!(run.text(), "");
        assert!(run.stderr.contains("DryRunOperation"), "{run}");
        assert_eq!(home.files().len(), 1);
    }
    home.keypair(["create", "taken", "--dry-run"]).fails_with(4);
    home.keypair(["create", "k", "--out", "none/k", "--dry-run"]).fails_with(255);
    home.keypair(["create", "k", "--type", "ed25519"]).success();
    home.keypair(["create", "k", "--dry-run"]).fails_with(4);
    home.keypair(["create-key-pair", "--key-name", "n", "--dry-run", "--no-dry-run"]).success();
}

#[test]
fn create_invalid_arguments_change_nothing() {
    let home = Home::new();
    let many_tags: String = (0..51).map(|number| format!(" --tag k{number}=v")).collect();
    let long = "n".repeat(256);
    for (arguments, code, said) in [
        ("create ''", 5, "the name is empty"),
        (&format!("create {long}"), 5, "256 characters"),
        ("create clé", 5, "not ASCII"),
        ("create ' a'", 5, "ends with a space"),
        ("create-key-pair --key-name 'a '", 5, "ends with a space"),
        ("create a/b", 5, "cannot be used as a file name"),
        ("create -- -rf", 5, "cannot be used as a file name"),
        ("create .hidden", 5, "cannot be used as a file name"),
        (&format!("create {}", "n".repeat(255)), 5, "cannot be used as a file name"),
        ("create k --bits 1024", 252, "--bits"),
        ("create k --bits 2047", 252, "--bits"),
        ("create k --bits many", 252, "--bits"),
        ("create k --type ed25519 --bits 2048", 252, "--type rsa"),
        ("create k --type dsa", 252, "dsa"),
        ("create k --format der", 252, "der"),
        ("create k --ppk-version 2", 252, "--format ppk"),
        ("create k --format ppk --ppk-version 1", 252, "--ppk-version"),
        ("create k --comment 'a\nb'", 252, "--comment"),
        ("create k --tag team", 252, "--tag"),
        ("create k --tag =v", 254, "InvalidParameterValue"),
        ("create k --tag aws:x=v", 254, "reserved for internal use"),
        ("create k --tag a=1 --tag a=2", 254, "Duplicate tag key 'a'"),
        (&format!("create k{many_tags}"), 254, "TagLimitExceeded"),
        ("create k --tag-specifications ResourceType", 252, "--tag-specifications"),
        ("create k --tag-specifications ResourceType=instance", 254, "'instance' is not a valid"),
        ("create k --tag-specifications '[{]'", 252, "--tag-specifications"),
        ("create k --tag-specifications Tag=x", 252, "TagSpecifications[0]: \"Tag\""),
        ("create k --tag-specifications Tags={Key=a}", 254, "type must have a value"),
        ("create k --tag-specifications file://none", 252, "none"),
        ("create k --public-out -", 252, "--public-out"),
        ("create k --out same --public-out ./same", 252, "cannot hold both"),
        ("create k --key-name l", 252, "--key-name"),
        ("create k l", 252, "unexpected argument"),
        ("create-key-pair", 252, "--key-name"),
    ] {
        let run = home.shell(&format!("keypair {arguments}")).fails_with(code);
        assert_eq!(run.text(), "", "{arguments}");
        assert!(run.stderr.starts_with("keypair: error: "), "{run}");
        assert!(run.stderr.contains(said), "{run}");
        assert_eq!(home.files().len(), 0, "{run}");
    }
}

/// Each of them is locked until both are replaced.
#[test]
fn hard_links_cannot_hold_both_keys() {
    let home = Home::new();
    home.shell("echo old > a.pem; ln a.pem a.pub").success();
    let run = home.shell("keypair create b --out a.pem --public-out a.pub --force").fails_with(252);
    assert!(run.stderr.contains("a.pub cannot hold both keys"), "{run}");
    assert_eq!(home.read("a.pem"), b"old\n");
    home.shell("keypair describe b").fails_with(3);
}

#[test]
fn create_accepts_unsafe_name_with_out() {
    let home = Home::new();
    for (number, name) in ["a/b", "-rf", ".hidden", "a\nb", "a\u{1b}[31m"].into_iter().enumerate() {
        let out = format!("k{number}");
        home.keypair(["create", "--type", "ed25519", "--out", &out, "--", name]).success();
        assert_eq!(home.mode(&out), 0o400);
        let run = home.keypair(["describe", "--include-public-key", "--", name]).success();
        let public = run.json()["KeyPairs"][0]["PublicKey"].as_str().unwrap().to_owned();
        assert!(!public.contains(['\n', '\u{1b}']), "a public key has one line: {public:?}");
    }
    // A foreign name is escaped in messages.
    let run = home.keypair(["create", "a\u{1b}[31m", "--out", "x"]).fails_with(4);
    assert!(run.stderr.contains(r"a\x1b[31m") && !run.stderr.contains('\u{1b}'), "{run}");
}
