//! `convert --in-place`.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::home::Home;

fn home() -> Home {
    let home = Home::new();
    home.write("pass", "sesame");
    home.write("other", "open sesame");
    home.shell("ssh-keygen -q -t ed25519 -N '' -C 'a comment' -f key; openssl genrsa -traditional -out rsa 2048")
        .success();
    home
}

#[test]
fn passphrase_changes_in_every_format() {
    let home = home();
    for (key, format) in [
        ("key", "openssh"),
        ("rsa", "pem"),
        ("rsa", "pkcs8"),
        ("key", "ppk"),
        ("rsa", "ppk --ppk-version 2"),
    ] {
        home.shell(&format!("rm -f file; keypair convert {key} --format {format} --out file"))
            .success();
        let plain = home.read("file");
        // An encrypted PEM file of an RSA key is PKCS#8.
        let format_member = if format == "pem" { "KeyType" } else { "Format" };
        let source = format!("--query Keys[0].[{format_member},Comment,SHA256] --output text");
        let before = home.shell(&format!("keypair fingerprint file {source}")).success();
        for words in [
            "--new-passphrase-file pass",
            "--passphrase-file pass --new-passphrase-file other",
            "--passphrase-file other",
        ] {
            home.shell(&format!("keypair convert file --in-place {words}")).success();
            assert_eq!(home.mode("file"), 0o400);
        }
        home.shell("keypair convert file --in-place --passphrase-file pass").fails_with(5);
        home.shell("keypair convert file --in-place --passphrase-file other --no-passphrase")
            .success();
        let after = home.shell(&format!("keypair fingerprint file {source}")).success();
        assert_eq!(before.text(), after.text(), "{format}");
        if format != "openssh" && format != "pem" {
            assert_eq!(home.read("file"), plain, "{format}");
        }
    }
}

#[test]
fn format_and_comment_change_where_the_file_is() {
    let home = home();
    let public = home.read("key.pub");
    let run = home.shell("keypair convert key --in-place --format ppk --comment new").success();
    assert!(run.text().contains("\"PrivateKeyFile\": \"key\""), "{run}");
    assert!(home.read("key").starts_with(b"PuTTY-User-Key-File-3: ssh-ed25519\n"));
    assert_eq!(home.read("key.pub"), public);
    home.shell("keypair convert key --in-place --ppk-version 2").success();
    assert!(home.read("key").starts_with(b"PuTTY-User-Key-File-2: ssh-ed25519\n"));
    home.shell("KEYPAIR_PASSPHRASE=sesame keypair convert key --in-place").fails_with(252);
    assert_eq!(home.files().iter().filter(|file| file.starts_with("work")).count(), 5);
}

#[test]
fn refused_changes_leave_the_file_as_it_was() {
    let home = home();
    let before = home.read("key");
    for (words, code) in [
        ("key --in-place --out other-key", 252),
        ("key --in-place --public openssh", 252),
        ("key --in-place --force", 252),
        ("- --in-place < key", 252),
        ("key --in-place --dry-run", 0),
        ("key --in-place --ppk-version 3", 252),
        ("key.pub --in-place", 5),
        ("missing --in-place", 255),
        (". --in-place", 255),
        ("rsa --in-place --format pem --kdf-rounds 100", 252),
    ] {
        let run = home.shell(&format!("keypair convert {words}"));
        assert_eq!(run.code, Some(code), "{words}\n{run}");
    }
    assert_eq!(home.read("key"), before);
    assert_eq!(home.mode("key"), 0o600);
}

/// `ssh-keygen -p` changes the target of a link, too.
#[test]
fn link_stays_and_its_target_changes() {
    let home = home();
    fs::create_dir(home.path("folder")).unwrap();
    home.shell("mv key folder/key").success();
    symlink("folder/key", home.path("link")).unwrap();
    home.shell("keypair convert link --in-place --new-passphrase-file pass").success();
    assert!(home.path("link").is_symlink());
    assert_eq!(home.mode("folder/key"), 0o400);
    home.shell("chmod 600 folder/key; ssh-keygen -y -P sesame -f folder/key").success();
    symlink("nowhere", home.path("broken")).unwrap();
    home.shell("keypair convert broken --in-place").fails_with(255);
}

#[test]
fn new_passphrase_is_asked_on_terminal() {
    let home = home();
    let mut terminal = home
        .launch("keypair")
        .args(["convert", "key", "--in-place", "--new-passphrase"])
        .on_terminal();
    for prompt in ["assphrase", "again"] {
        terminal.expect(prompt);
        terminal.type_hidden_line("sesame");
    }
    assert_eq!(terminal.finish().code, Some(0));
    home.shell("chmod 600 key; ssh-keygen -y -P sesame -f key").success();
}

/// The rest of the file would be lost.
#[test]
fn in_place_refuses_file_with_more_than_key() {
    let home = Home::new();
    home.shell("ssh-keygen -q -t ed25519 -N '' -f a");
    for recipe in [
        "cat a; echo PASSWORD=x",
        "echo FOO=bar; echo \"KEY=\\\"$(awk '{printf \"%s\\\\n\", $0}' a)\\\"\"",
        "base64 -w0 a",
    ] {
        home.shell(&format!("{{ {recipe}; }} > file; cp file before")).success();
        let run = home.shell("keypair convert file --in-place").fails_with(252);
        assert!(run.stderr.contains("it contains more than the key"), "{recipe}: {run}");
        home.shell("cmp file before").success();
    }
}

#[test]
fn in_place_refuses_file_with_second_link() {
    let home = home();
    let before = home.read("key");
    home.shell("ln key backup").success();
    let run = home.shell("keypair convert key --in-place --new-passphrase-file pass");
    let run = run.fails_with(252);
    assert!(
        run.stderr.contains("key: it has another hard link, which would keep the old key"),
        "{run}"
    );
    assert_eq!(home.read("key"), before);
    home.shell("rm backup; keypair convert key --in-place --new-passphrase-file pass").success();
}

/// The killed command leaves a second link to the file, and a new file.
#[test]
fn in_place_succeeds_after_killed_one() {
    let home = home();
    home.shell(
        "set -e
         strace -qq -o /dev/null -e inject=renameat2:signal=KILL:when=1 \
             keypair convert key --in-place --comment x || true
         [ \"$(ls -A | grep -c '^[.]keypair-')\" = 2 ]
         keypair convert key --in-place --comment y --dry-run
         [ \"$(ls -A | grep -c '^[.]keypair-')\" = 2 ]
         keypair convert key --in-place --comment y
         [ \"$(ls -A | grep -c '^[.]keypair-')\" = 0 ]
         keypair fingerprint key --query 'Keys[0].Comment' --output text | grep -qx y",
    )
    .success();
}

#[test]
fn in_place_refuses_pipe_without_writer() {
    let home = Home::new();
    home.shell("mkfifo pipe").success();
    let run = home.shell("keypair convert pipe --in-place").fails_with(255);
    assert!(run.stderr.contains("pipe is a pipe, not a file"), "{run}");
}
