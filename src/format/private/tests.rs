//! Which private key files are read, and to what.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::*;
use crate::format::{PpkVersion, PrivateFormat, write_private};
use crate::key::{Ed25519PrivateKey, KeySpecification, RsaBits};
use crate::vectors;

fn passphrase() -> Secret {
    Secret::copy_of(b"correct horse")
}

/// What tells private keys apart: all their numbers.
fn numbers(key: &PrivateKey) -> Vec<u8> {
    let der = der::pkcs8_private(key).unwrap();
    der.expose().to_vec()
}

#[test]
fn the_corpus_gets_its_verdicts() {
    let verdicts = String::from_utf8(vectors::read("convert/VERDICTS.tsv")).unwrap();
    let mut counts = [0; 3];
    for line in verdicts.lines() {
        let (file, verdict) = line.split_once('\t').unwrap();
        let started = Instant::now();
        let read = read_private(&vectors::read(&format!("convert/{file}")), None);
        let with = read_private(&vectors::read(&format!("convert/{file}")), Some(&passphrase()));
        assert!(started.elapsed() < Duration::from_secs(2), "{file}");
        match verdict {
            "accept" => {
                counts[0] += 1;
                assert!(read.is_ok(), "{file}: {read:?}");
            }
            "refuse" => {
                counts[1] += 1;
                let fault = with.map(|file| file.source).expect_err(file);
                assert!(!matches!(fault, FormatError::Unrecognised), "{file}");
            }
            _ => counts[2] += 1,
        }
    }
    assert_eq!(counts, [13, 21, 4]);
}

#[test]
fn every_form_of_a_key_is_the_same_key() {
    for (name, plain) in [
        ("rsa1024", "keys/rsa1024.pem"),
        ("rsa2048", "keys/rsa2048.pem"),
        ("rsa4096", "keys/rsa4096.pem"),
        ("ed25519", "keys/ed25519.openssh"),
    ] {
        let key = numbers(&read_private(&vectors::read(plain), None).unwrap().key);
        for form in ["v2.ppk", "v3.ppk", "v2.enc.ppk", "v3.enc.ppk"] {
            let file = vectors::read(&format!("keys/{name}.{form}"));
            let read = read_private(&file, Some(&passphrase())).unwrap();
            assert_eq!(numbers(&read.key), key, "{name}.{form}");
            if form.contains("enc") {
                let without = read_private(&file, None).unwrap_err();
                assert!(matches!(without, FormatError::PassphraseNeeded), "{name}.{form}");
                let wrong = Secret::copy_of(b"incorrect horse");
                let wrong = read_private(&file, Some(&wrong)).unwrap_err();
                assert!(matches!(wrong, FormatError::PassphraseWrong), "{name}.{form}");
            }
        }
    }
}

#[test]
fn awkward_seeds_and_short_blobs_are_read_and_mixed_halves_are_not() {
    let seed = |file: &str| match read_private(&vectors::read(file), None).unwrap().key {
        PrivateKey::Ed25519(key) => *key.seed(),
        PrivateKey::Rsa(_) => panic!("{file}"),
    };
    for name in ["edge_lead00_01", "edge_lead91"] {
        assert_eq!(seed(&format!("keys/{name}.ppk")), seed(&format!("keys/{name}.openssh")));
    }
    assert_eq!(seed("keys/edge_short31.ppk")[31], 0);
    let refused = |file: &str| read_private(&vectors::read(file), None).unwrap_err();
    assert!(matches!(refused("keys/edge_mismatch.ppk"), FormatError::HalvesDiffer));
    assert!(matches!(refused("keys/edge_mpint33.ppk"), FormatError::Ed25519Length { length: 33 }));
    assert!(matches!(refused("keys/ed25519.openssh.pub"), FormatError::NotPrivate));
}

#[test]
fn the_order_of_the_primes_stays_as_it_is_given() {
    let PrivateKey::Rsa(key) =
        read_private(&vectors::read("keys/rsa2048_p_lt_q_from_rust.pem"), None).unwrap().key
    else {
        panic!("an RSA key");
    };
    assert!(key.prime1() < key.prime2());
}

#[test]
fn what_is_written_is_read_back() {
    let mut random = StdRng::seed_from_u64(11);
    let mut keys: Vec<PrivateKey> = [[0, 1], [0, 0x80], [0x80, 0], [0xff, 0xff]]
        .into_iter()
        .map(|beginning| {
            let mut seed = zeroize::Zeroizing::new([0; 32]);
            random.fill_bytes(seed.as_mut_slice());
            seed[..2].copy_from_slice(&beginning);
            PrivateKey::Ed25519(Ed25519PrivateKey::from_seed(seed))
        })
        .collect();
    let rsa = KeySpecification::Rsa(RsaBits::Bits2048);
    keys.push(PrivateKey::generate(rsa, &mut random).unwrap());
    let comment = Comment::new("a comment: é").unwrap();
    for key in &keys {
        for format in [
            PrivateFormat::Pem,
            PrivateFormat::Openssh,
            PrivateFormat::Pkcs8,
            PrivateFormat::Ppk(PpkVersion::V2),
            PrivateFormat::Ppk(PpkVersion::V3),
        ] {
            for secret in [None, Some(passphrase())] {
                // 600,000 rounds take seconds in a build for tests; once is enough.
                let slow = matches!(format, PrivateFormat::Pkcs8 | PrivateFormat::Pem);
                if slow && secret.is_some() && key.public() != keys[0].public() {
                    continue;
                }
                let secret = secret.as_ref();
                let file = write_private(key, format, &comment, secret, &mut random).unwrap();
                let read = read_private(file.expose(), Some(&passphrase())).unwrap();
                assert_eq!(numbers(&read.key), numbers(key), "{format:?}");
                assert!(read.comment.is_none_or(|read| read == comment));
            }
        }
    }
}

/// Changes a file in every place: never another key, and never a panic.
#[test]
fn a_changed_file_is_refused_or_still_the_same_key() {
    for file in ["keys/ed25519.openssh", "keys/ed25519.v2.ppk", "keys/ed25519.v3.ppk"] {
        let original = vectors::read(file);
        let key = numbers(&read_private(&original, None).unwrap().key);
        for position in 0..original.len() {
            if let Ok(read) = read_private(&original[..position], None) {
                assert_eq!(numbers(&read.key), key, "{file} cut at {position}");
            }
            for change in [1, 0x20, 0x80] {
                let mut changed = original.clone();
                changed[position] ^= change;
                if let Ok(read) = read_private(&changed, None) {
                    assert_eq!(numbers(&read.key), key, "{file} changed at {position}");
                }
            }
        }
    }
}

#[test]
fn what_costs_too_much_is_refused_before_it_is_computed() {
    let ppk = String::from_utf8(vectors::read("keys/ed25519.v3.enc.ppk")).unwrap();
    let header = |name: &str| {
        let start = ppk.find(name).unwrap() + name.len();
        (start, start + ppk[start..].find('\n').unwrap())
    };
    for (name, value) in [
        ("Argon2-Memory: ", "4294967295"),
        ("Argon2-Memory: ", "1048577"),
        ("Argon2-Passes: ", "4294967295"),
        ("Argon2-Parallelism: ", "4294967295"),
    ] {
        let (start, end) = header(name);
        let hostile = format!("{}{value}{}", &ppk[..start], &ppk[end..]);
        let started = Instant::now();
        let fault = read_private(hostile.as_bytes(), Some(&passphrase())).unwrap_err();
        assert!(matches!(fault, FormatError::DerivationTooCostly { .. }), "{fault:?}");
        assert!(started.elapsed() < Duration::from_secs(1));
    }
    for (name, value) in [("Argon2-Passes: ", "0"), ("Argon2-Parallelism: ", "0")] {
        let (start, end) = header(name);
        let hostile = format!("{}{value}{}", &ppk[..start], &ppk[end..]);
        assert!(read_private(hostile.as_bytes(), Some(&passphrase())).is_err());
    }
    let rounds = read_private(&vectors::read("convert/50_oss_rounds_max"), Some(&passphrase()));
    assert!(matches!(rounds, Err(FormatError::DerivationTooCostly { .. })));
}
