use ssh_key::private::KeypairData;

use super::protection::{Argon2Variant, KeyDerivation, PpkEncryption, PpkVersion};
use super::read::PpkFile;
use super::write::{private_blob, write};
use crate::format::comment::Comment;
use crate::format::der;
use crate::format::encoding;
use crate::format::error::FormatError;
use crate::format::wire::WireReader;
use crate::key::{Ed25519PrivateKey, PrivateKey};
use crate::secret::{Secret, Seed};
use crate::vectors;

fn rsa(name: &str) -> PrivateKey {
    let der = vectors::read_pem(&format!("keys/{name}.pem"));
    PrivateKey::Rsa(der::read_pkcs1_private(&der).unwrap())
}

fn ed25519(name: &str) -> PrivateKey {
    let file = vectors::read(&format!("keys/{name}.openssh"));
    let key = ssh_key::PrivateKey::from_openssh(file).unwrap();
    let KeypairData::Ed25519(pair) = key.key_data() else {
        panic!("{name} is not an ED25519 key");
    };
    let seed = Seed::copy_of(&pair.private.to_bytes());
    PrivateKey::Ed25519(Ed25519PrivateKey::from_seed(seed))
}

fn header<'a>(file: &'a [u8], name: &str) -> Option<&'a str> {
    let file = std::str::from_utf8(file).unwrap();
    file.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// Returns the derivation parameters of a file, or arbitrary ones if it has none.
fn derivation(file: &[u8]) -> KeyDerivation {
    let number = |name| header(file, name).map_or(1, |value| value.parse().unwrap());
    let salt = header(file, "Argon2-Salt").unwrap_or_default();
    KeyDerivation {
        variant: Argon2Variant::Id,
        memory: number("Argon2-Memory"),
        passes: number("Argon2-Passes"),
        parallelism: number("Argon2-Parallelism"),
        salt: encoding::from_hexadecimal(salt.as_bytes()).unwrap(),
    }
}

fn assert_equals_puttygen(key: &PrivateKey, name: &str) {
    let expected = vectors::read(&format!("keys/{name}"));
    let comment = Comment::new(header(&expected, "Comment").unwrap()).unwrap();
    let version = match header(&expected, "PuTTY-User-Key-File-2") {
        Some(_) => PpkVersion::V2,
        None => PpkVersion::V3,
    };
    let passphrase = Secret::from(vectors::read("keys/pass"));
    let encryption = PpkEncryption { passphrase: &passphrase, derivation: &derivation(&expected) };
    let encrypted = header(&expected, "Encryption") == Some("aes256-cbc");
    let file = write(key, &comment, version, encrypted.then_some(&encryption)).unwrap();
    assert!(file.expose() == expected, "{name} differs");

    let read = PpkFile::read(file.expose()).unwrap();
    assert_eq!(
        (read.version, read.encrypted, read.public, read.comment),
        (version, encrypted, key.public(), comment)
    );
}

#[test]
fn written_files_equal_puttygen_files() {
    let rsa_keys = ["rsa1024", "rsa2048", "rsa4096"].map(|name| (name, rsa(name)));
    for (name, key) in rsa_keys.into_iter().chain([("ed25519", ed25519("ed25519"))]) {
        for kind in ["v2", "v2.enc", "v3", "v3.enc"] {
            assert_equals_puttygen(&key, &format!("{name}.{kind}.ppk"));
        }
    }
    assert_equals_puttygen(&rsa("rsa2048"), "rsa2048.v3.puttygen_defaults.ppk");
    for name in ["edge_lead00_01", "edge_lead91"] {
        assert_equals_puttygen(&ed25519(name), &format!("{name}.ppk"));
    }
}

#[test]
fn prime_order_is_kept_unlike_puttygen() {
    let key = rsa("rsa2048_p_lt_q_from_rust");
    let PrivateKey::Rsa(numbers) = &key else {
        panic!("an RSA key");
    };
    assert!(numbers.prime1() < numbers.prime2());
    let file = vectors::read("keys/rsa2048_p_lt_q.puttygen.v3.ppk");
    assert_eq!(PpkFile::read(&file).unwrap().public, key.public());

    let file = std::str::from_utf8(&file).unwrap();
    let (_, private) = file.split_once("Private-Lines: 14\n").unwrap();
    let (private, _) = private.split_once("Private-MAC").unwrap();
    let theirs = encoding::from_base64_lines(private.as_bytes()).unwrap();
    let ours = private_blob(&key);
    let [ours, theirs] = [&ours, &theirs].map(|blob| {
        let mut reader = WireReader::new(blob.expose());
        [(); 3].map(|()| reader.mpint().unwrap())
    });
    assert_eq!(ours[0], theirs[0]);
    assert_eq!((ours[1], ours[2]), (theirs[2], theirs[1]));
}

#[test]
fn all_line_ends_and_trailing_text_are_accepted() {
    let file = String::from_utf8(vectors::read("keys/ed25519.v3.ppk")).unwrap();
    for variant in [
        file.replace('\n', "\r\n"),
        file.replace('\n', "\r"),
        file.trim_end().to_owned(),
        format!("{file}junk\n\n"),
    ] {
        assert!(PpkFile::read(variant.as_bytes()).is_ok());
    }
}

#[test]
fn file_faults_are_named() {
    let plain = String::from_utf8(vectors::read("keys/ed25519.v3.ppk")).unwrap();
    let encrypted = String::from_utf8(vectors::read("keys/ed25519.v3.enc.ppk")).unwrap();
    for (file, error) in [
        (plain.replace("File-3", "File-1"), "PpkVersion { version: 1 }"),
        (plain.replace("File-3", "File-4"), "PpkVersion { version: 4 }"),
        (
            plain.replace("File-3:", "File-3"),
            "PpkHeader { line: 1, expected: \"PuTTY-User-Key-File\" }",
        ),
        (plain.replace("Comment: ed", "Comment: de"), "PpkMac"),
        (
            plain.replace("Encryption: none", "Encryption: rot13"),
            "PpkValue { header: \"Encryption\" }",
        ),
        (plain.replace("Comment:", "Remark:"), "PpkHeader { line: 3, expected: \"Comment\" }"),
        (
            plain.replace("Public-Lines: 2", "Public-Lines: 4294967296"),
            "PpkValue { header: \"Public-Lines\" }",
        ),
        (
            plain.replace("Public-Lines: 2", "Public-Lines: +2"),
            "PpkValue { header: \"Public-Lines\" }",
        ),
        (
            plain.replace("Public-Lines: 2", "Public-Lines: 1"),
            "PpkHeader { line: 6, expected: \"Private-Lines\" }",
        ),
        (plain.replace("Private-Lines: 1", "Private-Lines: 5460"), "PpkBase64 { line: 9 }"),
        (plain.replace("ssh-ed25519", "ssh-rsa"), "TypeMismatch"),
        (plain.replace("ssh-ed25519", "ssh-dss"), "Dsa"),
        (encrypted.replace("KsIYJ\n", "\n"), "PpkBase64 { line: 13 }"),
        (encrypted.replace("sIYJ\n", "\n"), "CipherBlocks"),
        (
            plain.trim_end().get(..plain.len() - 3).unwrap().to_owned(),
            "PpkValue { header: \"Private-MAC\" }",
        ),
        (encrypted.replace("Argon2id", "Argon3"), "PpkValue { header: \"Key-Derivation\" }"),
        (
            encrypted.replace("Argon2-Passes", "Argon2-Turns"),
            "PpkHeader { line: 9, expected: \"Argon2-Passes\" }",
        ),
    ] {
        let fault = PpkFile::read(file.as_bytes()).map(|_| ()).unwrap_err();
        assert_eq!(format!("{fault:?}"), error, "{file}");
    }
    let cut = plain.split_inclusive('\n').collect::<Vec<_>>();
    for lines in 0..cut.len() {
        assert!(PpkFile::read(cut[..lines].concat().as_bytes()).is_err());
    }
}

#[test]
fn passphrase_empty_or_with_nul_fails() {
    let key = ed25519("ed25519");
    for (passphrase, error) in
        [(&b""[..], FormatError::PassphraseEmpty), (b"a\0b", FormatError::PassphraseNul)]
    {
        for version in [PpkVersion::V2, PpkVersion::V3] {
            let encryption = PpkEncryption {
                passphrase: &Secret::copy_of(passphrase),
                derivation: &derivation(b""),
            };
            let fault = write(&key, &Comment::default(), version, Some(&encryption)).unwrap_err();
            assert_eq!(fault.to_string(), error.to_string());
        }
    }
}
