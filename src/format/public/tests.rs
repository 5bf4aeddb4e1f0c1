use rand::SeedableRng;
use rand::rngs::StdRng;

use super::super::{CostOptions, Encryption, MAX_BYTES, MAX_PUBLIC_BYTES, PpkVersion};
use super::super::{PrivateFormat, PublicFormat, write_private, write_public};
use super::*;
use crate::key::{Ed25519PrivateKey, PrimeSearch, PrivateKey, RsaBits, RsaPrivateKey};
use crate::secret::Secret;
use crate::vectors;

/// Returns the key of an accepted file, or `None` if no other file has the same key.
fn expected_key(name: &str) -> Option<PublicKey> {
    let of = |name: &str| Some(read_public(&vectors::read(name)).unwrap().key);
    match name {
        "16_rsa8192" | "22_e3" | "24_e_2pow40p1" => None,
        "00_ok_ed" | "96_4716_ed" => of("keys/ed25519.openssh.pub"),
        _ => of("keys/rsa2048.pem.pub"),
    }
}

#[test]
fn corpus_files_get_their_verdicts() {
    let mut accepted = 0;
    let mut refused = 0;
    for (name, verdict) in vectors::verdicts("import") {
        match (read_public(&vectors::read(&format!("import/{name}"))), verdict.as_str()) {
            (Ok(file), "accept" | "either") => {
                accepted += 1;
                if let Some(key) = expected_key(&name) {
                    assert_eq!(file.key, key, "{name}");
                }
            }
            (Err(_), "refuse" | "either") => refused += 1,
            (found, _) => panic!("{name} should be {verdict}: {found:?}"),
        }
    }
    assert_eq!((accepted, refused), (19, 24));
}

#[test]
fn rejected_vectors_name_their_fault() {
    for (name, error) in [
        ("02_trunc_quad", "WireTruncated"),
        ("04_label_mismatch", "TypeMismatch"),
        ("06_blob_rsa_sha2", "RsaSignatureName"),
        ("08_ecdsa", "Ecdsa"),
        ("10_cert_rsa", "OpensshCertificate"),
        ("12_rsa512", "Key(RsaTooShort { bits: 512 })"),
        ("14_rsa1023", "Key(RsaTooShort { bits: 1023 })"),
        ("18_rsa20000", "Key(RsaTooLong { bits: 20000 })"),
        ("20_e_even", "Key(RsaExponentInvalid)"),
        ("26_n0", "Key(RsaTooShort { bits: 0 })"),
        ("30_trailing_bytes", "WireTrailing"),
        ("32_len_n_huge", "WireTruncated"),
        ("34_ed_zero", "Key(Ed25519SmallOrder)"),
        ("36_ed_identity", "Key(Ed25519SmallOrder)"),
        ("48_two_keys", "SeveralKeys"),
        ("50_opts_simple", "Options"),
        ("52_opts_nocomment", "Options"),
        ("56_nul_comment", "InvisibleCharacter"),
        ("60_b64_urlsafe", "Base64UrlSafe"),
        ("62_b64_newline", "TextAfterKey"),
        ("64_b64_noncanon", "Base64Character"),
        ("86_empty", "Empty"),
        ("88_label_space", "BlobMissing"),
        ("94_4716_noend", "EndMissing"),
    ] {
        let fault = read_public(&vectors::read(&format!("import/{name}"))).unwrap_err();
        assert!(format!("{fault:?}").starts_with(error), "{name}: {fault:?}");
    }
}

#[test]
fn comments_and_formats_are_found() {
    let encrypted = true;
    for (name, comment, source) in [
        ("import/54_utf8_comment", Some("zażółć 😀 comment"), DetectedFormat::OpensshLine),
        ("import/44_no_comment", None, DetectedFormat::OpensshLine),
        ("import/92_4716_lowercase", Some("x"), DetectedFormat::Rfc4716),
        ("import/80_priv_pkcs1", None, DetectedFormat::Pkcs1Private { encrypted: false }),
        (
            "keys/ed25519.openssh",
            Some("ed25519@example"),
            DetectedFormat::OpensshPrivate { encrypted: false },
        ),
        (
            "keys/rsa1024.v2.enc.ppk",
            Some("rsa1024@example"),
            DetectedFormat::Ppk { version: PpkVersion::V2, encrypted },
        ),
    ] {
        let file = read_public(&vectors::read(name)).unwrap();
        let found = file.comment.map(|comment| comment.as_bytes().to_vec());
        assert_eq!(found.as_deref(), comment.map(str::as_bytes), "{name}");
        assert_eq!(file.source, source, "{name}");
    }
}

fn keys() -> [PrivateKey; 2] {
    [
        PrivateKey::Ed25519(Ed25519PrivateKey::generate().unwrap()),
        PrivateKey::Rsa(
            RsaPrivateKey::generate(RsaBits::Bits2048, PrimeSearch::default()).unwrap(),
        ),
    ]
}

#[test]
fn public_half_of_written_files_round_trips() {
    let comment = Comment::new("a comment").unwrap();
    for key in keys() {
        for format in [
            PublicFormat::Openssh,
            PublicFormat::Rfc4716,
            PublicFormat::Spki,
            PublicFormat::Pkcs1,
            PublicFormat::Der,
        ] {
            let file = match write_public(&key.public(), format, &comment) {
                Ok(file) => file,
                Err(FormatError::Pkcs1NotRsa) => continue,
                Err(other) => panic!("{other:?}"),
            };
            let read = read_public(&file).unwrap();
            assert_eq!(read.key, key.public());
            let has_comment = matches!(format, PublicFormat::Openssh | PublicFormat::Rfc4716);
            assert_eq!(read.comment, has_comment.then(|| comment.clone()));
            assert!(!read.source.is_private());
        }
        assert_private_files_come_back(&key, &comment);
    }
}

fn assert_private_files_come_back(key: &PrivateKey, comment: &Comment) {
    let passphrase = Secret::copy_of(b"correct horse");
    for format in [
        PrivateFormat::Pem,
        PrivateFormat::Pkcs8,
        PrivateFormat::Openssh,
        PrivateFormat::Ppk(PpkVersion::V2),
        PrivateFormat::Ppk(PpkVersion::V3),
    ] {
        for passphrase in [None, Some(&passphrase)] {
            let mut random = StdRng::seed_from_u64(2);
            let encryption = Encryption::with(passphrase, CostOptions::default());
            let file = write_private(key, format, comment, encryption, &mut random).unwrap();
            match read_public(file.expose()) {
                Ok(read) => {
                    assert_eq!(read.key, key.public());
                    assert!(read.source.is_private());
                }
                Err(FormatError::Pkcs8Encrypted) => {
                    assert!(passphrase.is_some());
                    assert!(file.expose().starts_with(b"-----BEGIN ENCRYPTED PRIVATE KEY"));
                }
                Err(other) => panic!("{format:?}: {other:?}"),
            }
        }
    }
    let empty = Secret::default();
    let mut random = StdRng::seed_from_u64(2);
    let encryption =
        Encryption { passphrase: &empty, options: CostOptions::default(), replaced: None };
    let refused = write_private(key, PrivateFormat::Pem, comment, Some(encryption), &mut random);
    assert!(matches!(refused, Err(FormatError::PassphraseEmpty)));
}

#[test]
fn all_encodings_of_a_key_are_read() {
    for key in keys() {
        let key = key.public();
        let pem = write_public(&key, PublicFormat::Spki, &Comment::default()).unwrap();
        let pem = String::from_utf8(pem).unwrap();
        let base64 = pem.lines().filter(|line| !line.starts_with('-'));
        let base64 = base64.collect::<Vec<_>>();
        let units: Vec<u8> = pem.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for variant in [
            base64.join("\r\n").into_bytes(),
            base64.concat().into_bytes(),
            format!("\u{feff}{pem}").into_bytes(),
            format!("text: before\n{pem}and after").into_bytes(),
            units,
        ] {
            let read = read_public(&variant).unwrap();
            assert_eq!((read.key, read.source), (key.clone(), DetectedFormat::Spki));
        }
    }
}

#[test]
fn other_files_are_named() {
    let line = String::from_utf8(vectors::read("import/00_ok_rsa")).unwrap();
    let long_line = format!("{line} {}", "x".repeat(MAX_PUBLIC_BYTES));
    let pem = |label: &str, body: &str| {
        format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n").into_bytes()
    };
    for (input, error) in [
        (vec![b' '; MAX_BYTES + 1], "TooLong { limit: 1048576 }"),
        (vec![b'\n'; MAX_BYTES], "TooLong { limit: 65536 }"),
        (vec![0; 100], "Unrecognized"),
        (long_line.into_bytes(), "TooLong { limit: 65536 }"),
        (b"\xef\xbb\xbf \n".to_vec(), "Empty"),
        (b"<html>not a key</html>".to_vec(), "Unrecognized"),
        (b"AAAAC3NzaC1lZDI1NTE5".to_vec(), "Unrecognized"),
        (pem("CERTIFICATE", "AQID"), "X509Certificate"),
        (pem("EC PRIVATE KEY", "AQID"), "Ecdsa"),
        (pem("DSA PRIVATE KEY", "AQID"), "Dsa"),
        (pem("PGP MESSAGE", "AQID"), "PemLabelUnknown"),
        (pem("OPENSSH PRIVATE KEY", "AQID"), "OpensshMagic"),
        (pem("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: x\n\nAQID"), "PemEncrypted"),
    ] {
        let fault = format!("{:?}", read_public(&input).unwrap_err());
        assert!(fault.starts_with(error), "{fault} should be {error}");
    }
}

#[test]
fn truncated_files_fail() {
    for name in
        ["keys/rsa1024.pem", "keys/ed25519.openssh", "keys/ed25519.v3.enc.ppk", "import/96_4716_ed"]
    {
        let file = vectors::read(name);
        let end = file.trim_ascii_end().len();
        for length in 0..end {
            let read = read_public(&file[..length]);
            assert!(read.is_err(), "{name} {length}");
        }
    }
}
