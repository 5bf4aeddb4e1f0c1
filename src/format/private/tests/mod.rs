//! Tests for reading private key files.

mod cost;
mod hostile;
mod lenient;
mod made;
mod same_key;
mod several;

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::format::{excludes_key, is_private, read_public};
use crate::vectors;
use made::passphrase;

/// Returns all numbers of a key, for comparison.
fn numbers(key: &PrivateKey) -> Vec<u8> {
    der::pkcs8_private(key).unwrap().expose().to_vec()
}

/// Asserts that reading fails with this error within a second, and that the error reveals no input.
#[track_caller]
fn refusal(file: &[u8], expected: &str) {
    let start = processor_time();
    let fault = read_private(file, Some(&passphrase())).expect_err(expected);
    let elapsed = processor_time() - start;
    let words = format!("{fault} {fault:?}");
    assert!(format!("{fault:?}").starts_with(expected), "{fault:?} instead of {expected}");
    assert!(elapsed < Duration::from_secs(1), "{fault:?} after {elapsed:?}");
    assert!(words.len() < 300 && !repeats(file, words.as_bytes()), "{words}");
    // Reading must also fail without a passphrase. The public half may be valid.
    assert!(read_private(file, None).is_err());
    let _ = read_public(file);
}

/// Returns the processor time of this thread.
#[cfg(unix)]
fn processor_time() -> Duration {
    use rustix::time::{ClockId, clock_gettime};

    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

/// Returns the wall-clock time, which includes other threads.
#[cfg(windows)]
fn processor_time() -> Duration {
    std::time::UNIX_EPOCH.elapsed().unwrap()
}

/// Returns whether an error message repeats twelve base64 characters of the file.
fn repeats(file: &[u8], words: &[u8]) -> bool {
    let in_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    let windows = file.windows(12).take(2000).filter(|window| window.iter().all(in_base64));
    windows.into_iter().any(|window| words.windows(12).any(|expected| expected == window))
}

/// Every rejected file must fail with the error for its one fault.
#[test]
fn corpus_files_get_their_verdicts() {
    let faults = String::from_utf8(vectors::read("convert/FAULTS.tsv")).unwrap();
    let faults: BTreeMap<_, _> =
        faults.lines().map(|line| line.split_once('\t').unwrap()).collect();
    let mut counts = [0; 3];
    for (name, verdict) in vectors::verdicts("convert") {
        let file = vectors::read(&format!("convert/{name}"));
        match (verdict.as_str(), faults.get(name.as_str())) {
            ("accept", None) => {
                counts[0] += 1;
                read_private(&file, None).expect(&name);
            }
            ("refuse", Some(fault)) => {
                counts[1] += 1;
                refusal(&file, fault);
            }
            ("either", Some(fault)) => {
                counts[2] += 1;
                refusal(&file, fault);
            }
            ("either", None) => {
                counts[2] += 1;
                read_private(&file, None).expect(&name);
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(counts, [14, 20, 4]);
    assert_eq!(faults.len(), 21);
}

#[test]
fn all_forms_of_a_key_are_equal() {
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
fn unusual_seeds_are_read_mixed_halves_fail() {
    let seed = |file: &str| match read_private(&vectors::read(file), None).unwrap().key {
        PrivateKey::Ed25519(key) => *key.seed(),
        PrivateKey::Rsa(_) => panic!("{file}"),
    };
    for name in ["edge_lead00_01", "edge_lead91"] {
        assert_eq!(seed(&format!("keys/{name}.ppk")), seed(&format!("keys/{name}.openssh")));
    }
    // The seed determines the public half, which has been checked, so this is the right key.
    assert_eq!(seed("keys/edge_mpint33.ppk")[..2], [0x91, 0x02]);
    assert_eq!(seed("keys/edge_short31.ppk")[31], 0);
    let refused = |file: &str| read_private(&vectors::read(file), None).unwrap_err();
    assert!(matches!(refused("keys/edge_mismatch.ppk"), FormatError::HalvesDiffer));
    assert!(matches!(refused("keys/ed25519.openssh.pub"), FormatError::NotPrivate));
}

#[test]
fn prime_order_is_kept() {
    let PrivateKey::Rsa(key) =
        read_private(&vectors::read("keys/rsa2048_p_lt_q_from_rust.pem"), None).unwrap().key
    else {
        panic!("an RSA key");
    };
    assert!(key.prime1() < key.prime2());
}

#[test]
fn is_private_detects_only_private_keys() {
    for name in [
        "keys/rsa1024.pem",
        "keys/ed25519.openssh",
        "keys/ed25519.v2.ppk",
        "keys/rsa1024.v3.enc.ppk",
        "import/80_priv_pkcs1",
        // These files are rejected, but contain secrets.
        "convert/20_n_wrong",
        "convert/48_oss_nkeys2",
        "convert/70_ppk_v1",
    ] {
        let file = vectors::read(name);
        assert!(is_private(&file) && !excludes_key(&file), "{name}");
        assert!(is_private(&[&file[..], &file].concat()), "{name}, twice");
    }
    let wide = |file: &[u8]| file.iter().flat_map(|byte| [*byte, 0]).collect::<Vec<_>>();
    let ppk = vectors::read("keys/ed25519.v3.ppk");
    let ppk = [&b"\xff\xfe"[..], &wide(&ppk)].concat();
    assert!(is_private(&ppk) && !excludes_key(&ppk));
    let der = vectors::read_pem("keys/rsa1024.pem");
    assert!(is_private(&der) && !excludes_key(&der));
    let of_type = |label: &str| format!("-----BEGIN {label}-----\nAQID\n-----END {label}-----\n");
    for label in ["EC PRIVATE KEY", "DSA PRIVATE KEY", "OPENSSH PRIVATE KEY"] {
        assert!(is_private(of_type(label).as_bytes()), "{label}");
    }
    for name in ["keys/ed25519.openssh.pub", "import/48_two_keys", "import/96_4716_ed"] {
        assert!(!is_private(&vectors::read(name)), "{name}");
    }
    for text in [
        "",
        "nonsense",
        "0",
        "$ head -n 1 k.pem\n-----BEGIN RSA PRIVATE KEY-----\n$\n",
        &of_type("EC PARAMETERS"),
        &of_type("CERTIFICATE"),
    ] {
        assert!(!is_private(text.as_bytes()), "{text}");
    }
    assert!(excludes_key(b"\x7fELF\x02\x01\x01\0\0\0"));
}

/// Changes a file at every position. The result must never be a different key, or a panic.
#[test]
fn changed_file_fails_or_has_same_key() {
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
