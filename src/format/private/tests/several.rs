//! Files with several keys in all kinds of wrapping.

use super::made::passphrase;
use crate::format::encoding::base64;
use crate::format::{Comment, Encryption, PpkVersion, PrivateFormat, write_private};
use crate::format::{
    FormatError, PublicFormat, is_encrypted, read_private, read_public, write_public,
};
use crate::key::PublicKey;
use crate::vectors;

use rand::SeedableRng;
use rand::rngs::StdRng;

type Wrap = fn(&str) -> String;

fn encoded(text: &str) -> String {
    String::from_utf8(base64(text.as_bytes()).expose().to_vec()).unwrap()
}

fn in_lines(text: &str, columns: usize, line: impl Fn(&str) -> String) -> String {
    let lines = text.as_bytes().chunks(columns);
    lines.map(|part| line(std::str::from_utf8(part).unwrap())).collect()
}

fn marked(text: &str, mark: &str) -> String {
    text.lines().map(|line| format!("{mark}{line}\n")).collect()
}

fn escaped(text: &str) -> String {
    text.replace('"', "\\\"").replace('\n', "\\n")
}

const WRAPS: [(&str, Wrap); 16] = [
    ("plain", str::to_owned),
    ("indented", |key| marked(key, "    ")),
    ("mail", |key| marked(key, "> ")),
    ("comment", |key| marked(key, "# ")),
    ("code comment", |key| marked(key, "// ")),
    ("escaped", |key| format!("A=\"{}\"\n", escaped(key))),
    ("escaped twice", |key| format!("A='{}'\n", key.replace('\n', "\\\\n"))),
    ("quoted", |key| format!("A=\"{key}\"\n")),
    ("bare", |key| format!("{}\n", escaped(key))),
    ("json", |key| format!("{{\"A\": \"{}\"}}\n", escaped(key))),
    ("yaml", |key| format!("a: |\n{}", marked(key, "  "))),
    ("one line", |key| format!("A={}\n", key.trim_end().replace('\n', " "))),
    ("base64", |key| format!("{}\n", encoded(key))),
    ("base64 in base64", |key| format!("A: {}\n", encoded(&encoded(key)))),
    ("base64 in lines", |key| in_lines(&encoded(key), 76, |line| format!("{line}\n"))),
    ("base64 of yaml", |key| {
        format!("a: >-\n{}", in_lines(&encoded(key), 60, |line| format!("  {line}\n")))
    }),
];

fn text(name: &str) -> String {
    String::from_utf8(vectors::read(name)).unwrap()
}

fn fault<T>(read: Result<T, FormatError>) -> String {
    read.map_or_else(|fault| format!("{fault:?}"), |_| "none".into())
}

fn assert_several(file: &str, case: &str) {
    let file = file.as_bytes();
    assert_eq!(fault(read_private(file, None)), "SeveralKeys", "{case}");
    assert_eq!(fault(read_public(file)), "SeveralKeys", "{case}");
    assert_eq!(fault(is_encrypted(file)), "SeveralKeys", "{case}");
}

#[test]
fn two_keys_are_refused_in_every_wrapping() {
    let rsa = text("keys/rsa1024.pem");
    let other = ["keys/rsa2048.pem", "keys/ed25519.openssh", "keys/ed25519.v3.ppk"];
    for other in other.map(text) {
        for (first, wrap) in WRAPS {
            for (second, wrap_other) in WRAPS {
                let case = format!("{first}, {second}");
                assert_several(&format!("{}{}", wrap(&rsa), wrap_other(&other)), &case);
                assert_several(&format!("{}{}", wrap(&other), wrap_other(&rsa)), &case);
            }
        }
    }
}

#[test]
fn same_key_twice_is_one_key() {
    for name in ["keys/rsa1024.pem", "keys/ed25519.openssh"] {
        let key = text(name);
        let expected = read_public(key.as_bytes()).unwrap().key;
        let mut found = 0;
        for (_, wrap) in WRAPS {
            for (_, wrap_again) in WRAPS {
                let file = format!("{}{}", wrap(&key), wrap_again(&key));
                if let Ok(read) = read_private(file.as_bytes(), None) {
                    assert_eq!(read.key.public(), expected);
                    found += 1;
                }
            }
        }
        assert_eq!(found, WRAPS.len().pow(2), "{name}");
    }
}

fn public(key: &PublicKey, format: PublicFormat) -> String {
    let comment = Comment::new("a comment").unwrap();
    String::from_utf8(write_public(key, format, &comment).unwrap()).unwrap() + "\n"
}

#[test]
fn public_key_must_belong_to_the_private_one() {
    let private = text("keys/rsa1024.pem");
    let own = read_public(private.as_bytes()).unwrap().key;
    let other = read_public(text("keys/ed25519.openssh").as_bytes()).unwrap().key;
    for format in [PublicFormat::Openssh, PublicFormat::Spki, PublicFormat::Rfc4716] {
        let (of_own, of_other) = (public(&own, format), public(&other, format));
        for (case, wrap) in WRAPS {
            for file in
                [format!("{private}{}", wrap(&of_own)), format!("{}{private}", wrap(&of_own))]
            {
                let read = read_private(file.as_bytes(), None);
                assert_eq!(read.expect(&file).key.public(), own, "{case}");
            }
            // `# ssh-ed25519 …` and the comment after a key on one line are comments.
            if format == PublicFormat::Openssh && case.contains("comment") {
                continue;
            }
            assert_several(&format!("{private}{}", wrap(&of_other)), case);
            assert_several(&format!("{}{private}", wrap(&of_other)), case);
        }
    }
}

#[test]
fn encrypted_keys_are_compared_without_decryption() {
    let secret = passphrase();
    let mut random = StdRng::seed_from_u64(5);
    let file = read_private(&vectors::read("keys/ed25519.openssh"), None).unwrap();
    let mut encrypt = |format: PrivateFormat| {
        let encryption = Encryption::with(Some(&secret), Default::default());
        let comment = Comment::default();
        let file = write_private(&file.key, format, &comment, encryption, &mut random).unwrap();
        String::from_utf8(file.expose().to_vec()).unwrap()
    };
    let plain = text("keys/ed25519.openssh");
    let hidden = encrypt(PrivateFormat::Pkcs8);
    let ppk = encrypt(PrivateFormat::Ppk(PpkVersion::V3));
    assert_several(&format!("{plain}{hidden}"), "hidden");
    assert_several(&format!("A=\"{}\"\n{plain}", escaped(&hidden)), "hidden");
    for (_, wrap) in WRAPS {
        let file = format!("{}{hidden}", wrap(&hidden));
        assert!(is_encrypted(file.as_bytes()).unwrap());
        assert!(read_private(format!("{plain}{}", wrap(&ppk)).as_bytes(), None).is_ok());
    }
}

#[test]
fn der_of_two_keys_is_refused() {
    let [rsa, other] =
        ["rsa1024", "rsa2048"].map(|name| vectors::read_pem(&format!("keys/{name}.pem")));
    let text = text("keys/ed25519.openssh");
    for rest in [&other[..], text.as_bytes(), &[&[0; 9][..], &other].concat()] {
        let file = [&rsa[..], rest].concat();
        assert_eq!(fault(read_private(&file, None)), "SeveralKeys");
        assert_eq!(fault(read_public(&file)), "SeveralKeys");
    }
    for rest in [&rsa[..], b"\0\0", b"text", b"0\x03\x02\x01\x01"] {
        assert!(read_private(&[&rsa[..], rest].concat(), None).is_ok());
    }
}

#[test]
fn key_is_taken_out_of_text() {
    for name in ["keys/rsa1024.pem", "keys/ed25519.openssh", "keys/ed25519.v3.ppk"] {
        let key = text(name);
        let own = public(&read_public(key.as_bytes()).unwrap().key, PublicFormat::Openssh);
        let [whole, hosts] = [key.clone(), format!("host {own}")].map(|text| encoded(&text));
        let block = marked(&key, "    ");
        for file in [
            format!("apiVersion: v1\nkind: Secret\ndata:\n  ssh-privatekey: {whole}\n"),
            format!(
                "data:\n  identity: {whole}\n  identity.pub: {}\n  known_hosts: {hosts}\n",
                encoded(&own)
            ),
            format!("kind: Secret\nstringData:\n  user: me\n  key: |\n{block}  other: x\n"),
            format!(
                "metadata:\n  last: '{{\"data\":{{\"key\":\"{whole}\"}}}}'\ndata:\n  key: {whole}\n"
            ),
            format!("data:\n  key: |-\n{}", in_lines(&whole, 64, |line| format!("    {line}\n"))),
            format!("A=1\nKEY={whole}\nTOKEN={}\n", "QUJD".repeat(30)),
            format!("A=1\nexport KEY=\"{whole}\"\nB=2\n"),
            format!("A=1\nKEY=\"{}\"\nB=2\n", escaped(&key)),
        ] {
            let read = read_private(file.as_bytes(), None);
            let read = read.unwrap_or_else(|fault| panic!("{fault:?}: {file}"));
            assert_eq!(public(&read.key.public(), PublicFormat::Openssh), own);
            assert_eq!(
                public(&read_public(file.as_bytes()).unwrap().key, PublicFormat::Openssh),
                own
            );
        }
    }
    for text in
        ["A=1\nB=2\n", "data:\n  key: QUJDREVG\n", "no-pty ssh-ed25519 AAAA", "see -----BEGIN "]
    {
        assert!(read_private(text.as_bytes(), None).is_err());
    }
}

#[test]
fn comment_with_keys_is_no_key() {
    let other = text("keys/rsa1024.pem");
    for comment in [
        "-----BEGIN RSA PRIVATE KEY-----".to_owned(),
        "PuTTY-User-Key-File-3: ssh-rsa".to_owned(),
        "---- BEGIN SSH2 PUBLIC KEY ----".to_owned(),
        format!("A=\"{}\"", escaped(&other)),
        other.replace('\n', " "),
        encoded(&other),
    ] {
        let comment = Comment::new(comment.clone().into_bytes()).unwrap();
        let key = read_private(&vectors::read("keys/ed25519.openssh"), None).unwrap().key;
        let mut random = StdRng::seed_from_u64(6);
        for format in [PrivateFormat::Openssh, PrivateFormat::Ppk(PpkVersion::V3)] {
            let file = write_private(&key, format, &comment, None, &mut random).unwrap();
            let read = read_private(file.expose(), None).unwrap();
            assert_eq!((read.key.public(), read.comment), (key.public(), Some(comment.clone())));
        }
        let line = write_public(&key.public(), PublicFormat::Openssh, &comment).unwrap();
        assert_eq!(read_public(&line).unwrap().key, key.public());
    }
}
