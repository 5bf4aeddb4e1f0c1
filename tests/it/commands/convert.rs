//! `convert`: input formats of other programs, output formats, and output files.

use std::fs;

use crate::support::home::Home;

#[test]
fn converted_keys_are_read_by_other_programs() {
    let home = Home::new();
    home.write("pass", "correct horse");
    home.shell("ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -C 'a comment' -f rsa").success();
    home.shell("ssh-keygen -q -t ed25519 -N '' -C 'a comment' -f ed").success();
    for (key, format) in [("rsa", "openssh"), ("rsa", "pkcs8"), ("rsa", "pem"), ("ed", "openssh")] {
        home.shell(&format!("rm -f out; keypair convert {key} --format {format} --out out"))
            .success();
        let public = home.shell("ssh-keygen -y -f out").success();
        let expected = String::from_utf8(home.read(&format!("{key}.pub"))).unwrap();
        let blob = |line: &str| line.split_whitespace().nth(1).unwrap().to_owned();
        assert_eq!(blob(public.text()), blob(&expected));
    }
    for key in ["rsa", "ed"] {
        for version in ["2", "3"] {
            home.shell(&format!(
                "rm -f ours theirs; keypair convert {key} --format ppk --ppk-version {version} \
                 --comment 'a comment' --out ours
                 timeout 30 puttygen {key} -C 'a comment' -o theirs --ppk-param version={version}
                 cmp ours theirs"
            ))
            .success();
        }
        home.shell(&format!("rm -f out; keypair convert {key} --format pkcs8 --out out; openssl pkey -in out -check -noout")).success();
    }
}

/// Files that other programs encrypted, each with its own method.
#[test]
fn convert_decrypts_files_of_other_programs() {
    let home = Home::new();
    home.write("pass", "correct horse");
    home.write("none", "");
    home.shell("openssl genrsa -traditional -out rsa 2048 2> /dev/null; chmod 600 rsa; ssh-keygen -q -t ed25519 -N '' -f ed").success();
    let plain = |key: &str| {
        home.shell(&format!("keypair convert {key} --format pkcs8 --out -"))
            .success()
            .text()
            .to_owned()
    };
    for (key, command) in [
        ("rsa", "openssl rsa -traditional -aes128 -in rsa -passout file:pass -out out"),
        ("rsa", "openssl rsa -traditional -aes192 -in rsa -passout file:pass -out out"),
        ("rsa", "openssl rsa -traditional -aes256 -in rsa -passout file:pass -out out"),
        ("rsa", "openssl rsa -traditional -des3 -in rsa -passout file:pass -out out"),
        (
            "rsa",
            "rm -f p; timeout 30 puttygen rsa -O private --new-passphrase pass -o p; timeout 30 puttygen p -O private-openssh --old-passphrase pass -o out",
        ),
        ("rsa", "openssl pkcs8 -topk8 -in rsa -passout file:pass -out out"),
        ("rsa", "openssl pkcs8 -topk8 -v2 des3 -in rsa -passout file:pass -out out"),
        ("rsa", "openssl pkcs8 -topk8 -v2prf hmacWithSHA1 -in rsa -passout file:pass -out out"),
        (
            "rsa",
            "openssl pkcs8 -topk8 -v2 aes128 -v2prf hmacWithSHA512 -in rsa -passout file:pass -out out",
        ),
        ("rsa", "openssl pkcs8 -topk8 -scrypt -in rsa -passout file:pass -out out"),
        ("rsa", "openssl pkcs8 -topk8 -outform DER -in rsa -passout file:pass -out out"),
        ("ed", "cp ed out; ssh-keygen -q -p -P '' -N 'correct horse' -f out"),
        ("ed", "cp ed out; ssh-keygen -q -p -P '' -N 'correct horse' -Z aes128-ctr -f out"),
        (
            "ed",
            "cp ed out; ssh-keygen -q -p -P '' -N 'correct horse' -Z aes256-gcm@openssh.com -f out",
        ),
        (
            "ed",
            "cp ed out; ssh-keygen -q -p -P '' -N 'correct horse' -Z chacha20-poly1305@openssh.com -a 40 -f out",
        ),
        ("ed", "timeout 30 puttygen ed -O private --new-passphrase pass -o out"),
        (
            "rsa",
            "timeout 30 puttygen rsa -O private --new-passphrase pass -o out --ppk-param version=2",
        ),
        (
            "rsa",
            "timeout 30 puttygen rsa -O private --new-passphrase pass -o out --ppk-param kdf=argon2i,memory=1024,passes=3,parallelism=2",
        ),
    ] {
        home.shell(&format!("rm -f out; {command} 2> /dev/null")).success();
        let open = "keypair convert out --format pkcs8 --no-passphrase --out -";
        let opened = home.shell(&format!("{open} --passphrase-file pass"));
        assert_eq!(opened.success().text(), plain(key), "{command}");
        let wrong = home.shell(&format!("KEYPAIR_PASSPHRASE=wrong {open}")).fails_with(5);
        assert!(wrong.stderr.contains("the passphrase is wrong"), "{command}\n{wrong}");
        assert!(wrong.text().is_empty());
    }
    home.shell("rm -f out; openssl rsa -aes256 -in rsa -passout file:pass -out out 2> /dev/null")
        .success();
    let run = home.keypair(["convert", "out", "--out", "x"]).fails_with(252);
    assert!(run.stderr.contains("--passphrase-file"), "{run}");
    let mut terminal = home.launch("keypair").args(["convert", "out", "--out", "x"]).on_terminal();
    terminal.expect("Passphrase for out: ");
    terminal.type_hidden_line("correct horse");
    assert_eq!(terminal.finish().code, Some(0));
    // An encrypted input gives an encrypted output by default.
    assert!(home.read("x").starts_with(b"-----BEGIN ENCRYPTED PRIVATE KEY-----"));
}

#[test]
fn convert_prints_public_key_in_every_format() {
    let home = Home::new();
    home.shell("ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -C 'a comment' -f rsa").success();
    home.shell("ssh-keygen -q -t ed25519 -N secret -C 'a comment' -f ed").success();
    for (key, form, expected) in [
        ("rsa", "openssh", "cat rsa.pub"),
        (
            "rsa",
            "rfc4716",
            "timeout 30 puttygen rsa -C 'a comment' -O public -o puttys && cat puttys",
        ),
        ("rsa", "spki", "openssl rsa -in rsa -pubout 2> /dev/null"),
        ("rsa", "pkcs1", "openssl rsa -in rsa -RSAPublicKey_out 2> /dev/null"),
        ("rsa", "der", "openssl rsa -in rsa -pubout -outform DER 2> /dev/null"),
        ("ed", "openssh", "sed 's/ a comment//' ed.pub"),
    ] {
        home.shell(&format!("{expected} > theirs")).success();
        home.shell(&format!(
            "keypair convert {key} --public {form} {} > ours && cmp ours theirs",
            if form == "rfc4716" || (key, form) == ("rsa", "openssh") {
                "--comment 'a comment'"
            } else {
                ""
            }
        ))
        .success();
    }
    home.shell("keypair convert ed.pub --public spki | openssl pkey -pubin -noout").success();
    home.shell("keypair convert ed.pub --public rfc4716 | ssh-keygen -i -f /dev/stdin").success();
    home.shell("keypair convert ed.pub --public pkcs1").fails_with(5);
    home.shell("keypair convert rsa --public openssh --out rsa2.pub").success();
    assert_eq!(home.mode("rsa2.pub"), 0o644);
}

#[test]
fn convert_creates_new_file_without_overwriting() {
    let home = Home::new();
    home.keypair(["create", "web", "--type", "ed25519"]).success();
    let answer = home.keypair(["convert", "web.pem", "--format", "ppk"]).success().json();
    assert_eq!(answer["PrivateKeyFile"], "web.ppk");
    assert_eq!((answer["Comment"].as_str(), home.mode("web.ppk")), (Some("web"), 0o400));
    let old = home.read("web.pem");
    home.keypair(["convert", "web.ppk"]).fails_with(4);
    home.keypair(["convert", "web.ppk", "--dry-run", "--out", "new"]).success();
    assert!(!home.path("new").exists());
    assert_eq!(home.read("web.pem"), old);
    home.keypair(["convert", "web.ppk", "--force", "--comment", "new"]).success();
    assert_ne!(home.read("web.pem"), old);
    assert_eq!(fs::read_dir(home.path("")).unwrap().count(), 2);
    for (words, code, said) in [
        ("convert none", 255, "cannot read none"),
        ("convert - --format ppk < web.pem", 252, "--out"),
        ("convert web.pem --public spki --format ppk", 252, "cannot be used with"),
        ("convert web.pem --public der --ppk-version 2", 252, "--format ppk"),
        ("convert - --passphrase-file - --out x < web.pem", 252, "stdin can be read only once"),
        ("convert web.pem --out none/x", 255, "the directory none does not exist"),
        ("convert", 252, "IN"),
    ] {
        let run = home.shell(&format!("keypair {words}")).fails_with(code);
        assert!(run.text().is_empty() && run.stderr.contains(said), "{run}");
    }
    home.shell("keypair convert - --format ppk --out - < web.pem | keypair fingerprint -")
        .success();
}

/// Another key takes the place of the input while its passphrase is read.
#[test]
fn convert_keeps_another_key_in_its_input() {
    let home = Home::new();
    home.shell("keypair create a --type ed25519; keypair create b --type ed25519; mkfifo pass")
        .success();
    let other = home.read("b.pem");
    for replacement in ["mv -f b.pem a.pem", "chmod 600 a.pem; cat b.pem > a.pem"] {
        let run = home.shell(&format!(
            "keypair convert a.pem --out a.pem --force --new-passphrase-file pass & \
             exec 3> pass; {replacement}; echo secret >&3; exec 3>&-; wait $!"
        ));
        let run = run.fails_with(255);
        let said = "cannot replace a.pem: another program has changed it";
        assert!(run.text().is_empty() && run.stderr.contains(said), "{run}");
        assert_eq!(home.read("a.pem"), other);
        home.shell(
            "keypair delete a; rm -f a.pem; cp a.pem b.pem 2> /dev/null; \
                    keypair create a --type ed25519",
        )
        .success();
        home.write("b.pem", &other);
    }
    home.shell(
        "echo secret > file; keypair convert a.pem --out a.pem --force --new-passphrase-file file",
    )
    .success();
}

#[test]
fn lost_comment_is_reported_once() {
    let home = Home::new();
    home.shell(
        "ssh-keygen -q -t ed25519 -N '' -C 'a comment' -f key; openssl genrsa -traditional -out rsa 2048
         ssh-keygen -q -t rsa -N '' -C '' -f bare",
    )
    .success();
    let warning = "the new file does not have the comment `";
    for (words, count) in [
        ("key --format pkcs8", 1),
        ("key --format pkcs8 --comment ''", 0),
        ("key --format ppk", 0),
        ("key", 0),
        ("rsa --comment new", 1),
        ("rsa --format openssh --comment new", 0),
        ("rsa --public spki --comment new", 1),
        ("key --public spki", 0),
        ("key --format pkcs8 --dry-run", 1),
        ("bare", 0),
    ] {
        let run = home.shell(&format!("keypair convert {words} --out out --force")).success();
        assert_eq!(run.stderr.matches(warning).count(), count, "{words}\n{run}");
    }
}
