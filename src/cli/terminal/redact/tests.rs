use super::*;

/// Redacts a message with the secrets of a command line.
fn redacted(words: &[&str], message: &str) -> String {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    let mut secrets = Secrets::default();
    secrets.add_arguments(&words);
    secrets.removed_from(message)
}

/// PKCS#8 of an ED25519 key, and its seed in hex.
const DER: &str = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";
const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
/// The private part of a PuTTY file, and the beginning of an OpenSSH file.
const PPK: &str = "AAAAIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";
const OPENSSH: &str = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW";
/// A line of an RSA key, without a header.
const LINE: &str = "t/4Xkq0sDnZ3Jw1n8gY+uH5vQpLr2mEoKc7BxTfAhVsI9dNzyRbG6jUeWlOiMaSP";

/// Returns a key in all common encodings.
fn encodings() -> Vec<String> {
    let bytes: Vec<&str> = (0..SEED.len() / 2).map(|at| &SEED[at * 2..at * 2 + 2]).collect();
    let listed = |before: &str, between: &str| {
        let bytes: Vec<_> = bytes.iter().map(|byte| format!("{before}{byte}")).collect();
        bytes.join(between)
    };
    let decimal = bytes.iter().map(|byte| u8::from_str_radix(byte, 16).unwrap().to_string());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{DER}\n-----END PRIVATE KEY-----\n");
    let percent = |text: &str| {
        let byte = |byte: u8| match byte {
            b'+' | b'/' | b'=' | b' ' | b'\n' => format!("%{byte:02X}"),
            byte => char::from(byte).to_string(),
        };
        text.bytes().map(byte).collect::<String>()
    };
    vec![
        pem.clone(),
        pem.replace('\n', "\r\n"),
        pem.replace('\n', " "),
        pem.replace('\n', ""),
        pem.replace('\n', "\\n"),
        pem.replace('\n', "\\r\\n"),
        percent(&pem),
        percent(&percent(&pem)),
        format!("\"{}\"", pem.replace('\n', "\\n").replace('/', "\\/")),
        format!("'{DER}'"),
        DER.to_owned(),
        DER.replace('+', "-").replace('/', "_"),
        DER.replace('/', "\\/"),
        percent(DER),
        "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1DNENBUUF3QlFZREsyVndCQ0lFSUoxaHNaM3YvVnBndW9S"
            .to_owned(),
        OPENSSH.to_owned(),
        PPK.to_owned(),
        DER[21..].to_owned(),
        LINE.to_owned(),
        format!("{LINE}\n{LINE}\nAbCdEfGhIjKl"),
        SEED.to_owned(),
        SEED.to_uppercase(),
        "TVQ3DHPP7VNGBOUEJL2JF3BMYRCETRLJPMZGSGLQHOWAGHFOP5QA====".to_owned(),
        format!("0x{SEED}"),
        format!("302e020100300506032b657004220420{SEED}"),
        listed("", ":"),
        listed("", " "),
        listed("\\x", ""),
        listed("%", ""),
        listed("0x", ", "),
        decimal.collect::<Vec<_>>().join(", "),
        format!("{{\"kty\":\"OKP\",\"d\":\"{}\"}}", &DER[21..].replace('/', "_")),
        format!("PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\n{PPK}\n"),
    ]
}

/// Returns a part of a key that is in a message and long enough to be recognized.
fn leak(key: &str, message: &str) -> Option<String> {
    let message: String = message.to_ascii_lowercase();
    let key = key.to_ascii_lowercase();
    let parts = (0..key.len().saturating_sub(15)).filter_map(|at| key.get(at..at + 16));
    let of_file = ["--", "private", "putty", "user", "file-3", "ssh-ed", "\"", "\n"];
    let mut secret = parts.filter(|part| !of_file.iter().any(|word| part.contains(word)));
    secret.find(|part| message.contains(part)).map(ToOwned::to_owned)
}

#[test]
fn key_in_any_encoding_is_redacted() {
    for key in encodings() {
        for word in [
            key.clone(),
            format!("--tag=k={key}"),
            format!("file://{key}"),
            format!("Name=x,Values={key},y"),
            format!("[?a=='{key}']"),
            format!("web-{key}"),
        ] {
            for message in [
                format!("cannot read {word}: no such file"),
                format!("cannot read {word:?}/keypair: no such file"),
                format!("error: {} is not a name", word.to_ascii_lowercase()),
                format!(
                    "unexpected '{}' found",
                    word.split_whitespace().collect::<Vec<_>>().join(" ")
                ),
                format!("cut {}", &word[..word.len() * 2 / 3]),
                format!("folder {}", word.rsplit_once('/').map_or("", |(folder, _)| folder)),
                format!("visible {}", crate::cli::output::visible(&word)),
            ] {
                let shown = redacted(&["keypair", "verify", &word], &message);
                assert_eq!(leak(&key, &shown), None, "{word}\n{shown}");
            }
        }
    }
}

#[test]
fn key_alone_is_replaced_whole() {
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{DER}\n-----END PRIVATE KEY-----");
    for key in [&pem, DER, SEED, PPK, LINE, "PuTTY-User-Key-File-3: ssh-rsa secret"] {
        let message = format!("cannot read {key}: no such file");
        let expected = "cannot read (the text of a key): no such file";
        assert_eq!(redacted(&["keypair", "fingerprint", key], &message), expected);
    }
}

/// The shell splits an unquoted file.
#[test]
fn words_of_split_key_are_redacted() {
    let words = ["verify", "-----BEGIN", "PRIVATE", "KEY-----", LINE, LINE, "AbCdEfGhIjKlMnOpQr=="];
    assert_eq!(
        redacted(&words, "unexpected 'AbCdEfGhIjKlMnOpQr=='"),
        "unexpected '(the text of a key)'"
    );
}

/// Most lines of an RSA key are random.
#[test]
fn random_key_is_recognized() {
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine};
    use rand::{Rng, SeedableRng, rngs::StdRng};

    let mut random = StdRng::seed_from_u64(16);
    let mut missed = 0;
    for _ in 0..500 {
        let mut bytes = [0; 48];
        random.fill_bytes(&mut bytes);
        let line = BASE64_STANDARD.encode(bytes);
        let seed = BASE64_URL_SAFE_NO_PAD.encode(&bytes[..32]);
        let hex: String = bytes[..32].iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(redacted(&[&line], &line), "(the text of a key)");
        assert_eq!(redacted(&[&hex], &hex), "(the text of a key)");
        missed += usize::from(redacted(&[&seed], &seed) == seed);
    }
    assert!(missed <= 2, "{missed} of 500");
}

#[test]
fn passphrase_is_redacted() {
    for words in [&["--new-passphrase", "hunter2"][..], &["--new-passphrase=hunter2"]] {
        assert_eq!(redacted(words, "unexpected 'hunter2' here"), "unexpected '…' here");
    }
    let words = ["create", "--passphrase", "--bits", "512"];
    assert_eq!(redacted(&words, "'512' '--bits'"), "'512' '--bits'");
}

#[test]
fn ordinary_words_are_shown() {
    let longest = "a".repeat(255);
    let many = ["web"; 60].join("-");
    for word in [
        "web",
        &longest,
        &many,
        "key-0123456789abcdef0",
        "/home/me/Module/a/long/path/x",
        "/home/JohnDoe/Projects/AbCd/KeyFiles2026/server/production/key.pem",
        "/Users/JDoe/AWS/EC2/KEYS/PROD/MyKey/AnotherFolder/Key",
        "/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T/TemporaryItems/key",
        "/var/lib/docker/overlay2/0c2bb8e1f5a3d4967788990011aabbccddeeff00112233445566778899aabbcc/merged/key.pem",
        "/nix/store/0c1v3zr9hnq0q7kq0k4k3v1y8ar4vdl8-keypair-0.1.0/bin/keypair",
        "/tmp/keypair-test-AbCdEf/keys/a-file-with-a-name-that-is-quite-long.pem",
        "MyVeryLongKeyPairNameForProductionEuropeWest1InTheYear2026",
        "my_very_long_key_pair_name_for_production_eu_west_1_2026_and_more",
        "MY_VERY_LONG_KEY_PAIR_NAME_FOR_PRODUCTION_EU_WEST_1_2026",
        "arn:aws:iam::123456789012:role/MyDeployRoleForProductionEnvironment1",
        "arn:aws:ec2:eu-west-1:123456789012:key-pair/key-0123456789abcdef0",
        "/ec2/keypair/key-0123456789abcdef0",
        "e909e09c7d1b2f3a4b5c6d7e8f90a1b2c3d4e5f6",
        "d41d8cd98f00b204e9800998ecf8427e",
        "123e4567-e89b-12d3-a456-426614174000",
        "a9:81:91:f2:ff:ce:d1:87:67:bf:ca:e8:99:5f:d5:b0:21:26:4b:ff",
        "SHA256:4CHYbkmGQV+vFKvF0t6ACxdxV2gbe1O8yvy6PzyVHdY",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPHZqg1Zu+LN4sdPLJ2w2BvBSj3d5ZyLTiBJlIzQvRE me@host",
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDtx1AlXP1ZK2wKuOLGV0k8y8ZVXYCkT9FgXlEeGOhS8dmXRuYUXGaU",
        "https://ec2.eu-west-1.amazonaws.com/path/that/is/rather/long/and/still/an/Address",
        "C:\\Users\\JohnDoe\\Documents\\Keys\\Production\\server-key-2026.pem",
        "Name=tag:Environment,Values=Production,Staging,Development,QualityAssurance",
        "KeyPairs[?starts_with(KeyName, 'production')].{Name: KeyName, Fingerprint: KeyFingerprint}",
        "--registry-file=/home/me/.local/share/keypair/registry.sqlite3",
        "2026-11-29T12:20:41Z",
    ] {
        let message = format!("cannot read {word}: no such file");
        assert_eq!(redacted(&["keypair", "verify", word], &message), message);
    }
}
