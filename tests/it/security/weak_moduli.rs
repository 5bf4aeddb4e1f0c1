//! Breakable RSA keys: errors, warnings and findings of `doctor`.

use std::fs;
use std::path::Path;

use crate::support::home::Home;

/// Public keys in `tests/vectors/moduli` and their messages.
const FATAL: [(&str, &str); 3] = [
    ("square", "the RSA modulus is a square or the power of a prime number"),
    ("cube", "the RSA modulus is a square or the power of a prime number"),
    ("prime", "the RSA modulus is a prime number"),
];
const WEAK: [(&str, &str); 8] = [
    ("small_factor_3", "the RSA modulus is divisible by 3"),
    ("small_factor_65521", "the RSA modulus is divisible by 65521"),
    ("small_factors", "the RSA modulus is divisible by 3"),
    ("small_factor_of_composite", "the RSA modulus is divisible by 7"),
    ("close_primes", "so close that anyone can find them"),
    ("close_primes_32_steps", "so close that anyone can find them"),
    ("roca", "the RSA key comes from a faulty generator (ROCA, CVE-2017-15361)"),
    ("exponent_65_bits", "OpenSSH refuses a public exponent of 65 bits"),
];

fn home() -> Home {
    let home = Home::new();
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/moduli");
    let names = FATAL.iter().chain(&WEAK).map(|(name, _)| *name).chain(["sound"]);
    for name in names {
        let file = format!("{name}.pub");
        home.write(&file, fs::read(vectors.join(&file)).unwrap());
    }
    home
}

#[test]
fn import_rejects_or_warns_about_weak_moduli() {
    let home = home();
    for (name, said) in FATAL {
        for words in [
            format!("import {name} {name}.pub"),
            format!("import {name} {name}.pub --dry-run"),
            format!("import {name} {name}.pub --if-not-exists"),
            format!("import-key-pair --key-name {name} --public-key-material fileb://{name}.pub"),
        ] {
            let run = home.shell(&format!("keypair {words}")).fails_with(5);
            assert!(run.stderr.contains("InvalidKey.Format") && run.stderr.contains(said), "{run}");
        }
    }
    for (name, said) in WEAK {
        let run = home.shell(&format!("keypair import {name} {name}.pub")).success();
        assert!(run.stderr.contains("warning: ") && run.stderr.contains(said), "{run}");
    }
    let run = home.shell("keypair import sound sound.pub").success();
    assert!(run.stderr.is_empty(), "{run}");
    for (name, said) in FATAL.iter().take(1).chain(&WEAK) {
        let run = home.shell(&format!("keypair fingerprint {name}.pub sound.pub")).success();
        assert!(
            run.stderr.contains(&format!("{name}.pub: ")) && run.stderr.contains(said),
            "{run}"
        );
        assert!(!run.stderr.contains("sound.pub"), "{run}");
    }
}

/// Earlier versions accepted such keys.
#[test]
fn doctor_reports_weak_moduli() {
    let home = home();
    home.shell("chmod 600 *; keypair import sound sound.pub; keypair create made").success();
    for (row, (name, _)) in FATAL.iter().chain(&WEAK).enumerate() {
        let query = "--query 'Keys[0].[ImportedFingerprint,Bits]' --output text";
        let run = home.shell(&format!("keypair fingerprint {name}.pub {query}")).success();
        let (fingerprint, bits) = run.text().trim().split_once('\t').unwrap();
        let text = String::from_utf8(home.read(&format!("{name}.pub"))).unwrap();
        let (line, _) = text.rsplit_once(' ').unwrap();
        home.change_registry(&format!(
            "INSERT INTO key_pair VALUES ({}, 'key-{row:017x}', '{name}', 'rsa', {bits}, '{line}', \
             '{fingerprint}', 'imported', 1600000000000)",
            row + 100
        ));
    }
    let run = home.keypair(["doctor"]).fails_with(1);
    for (name, said) in FATAL.iter().chain(&WEAK) {
        let line =
            run.text().lines().find(|line| line.starts_with(&format!("attention: {name}: ")));
        assert!(line.is_some_and(|line| line.contains(said)), "{name}: {run}");
    }
    assert!(run.text().contains("\n11 findings need attention; "), "{run}");
}
