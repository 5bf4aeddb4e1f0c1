//! Passphrases: encryption, cost of guessing, and verification of files.

use crate::support::home::Home;
use crate::support::run::Run;

/// Returns the bcrypt rounds of an OpenSSH private key file.
fn bcrypt_rounds(home: &Home, file: &str) -> u32 {
    let container = pem::parse(home.read(file)).unwrap().into_contents();
    let name = b"bcrypt";
    let start = container.windows(name.len()).position(|part| part == name).unwrap();
    // The lengths of the options and the salt, then the salt.
    let rounds = start + name.len() + 4 + 4 + 16;
    u32::from_be_bytes(container[rounds..rounds + 4].try_into().unwrap())
}

/// Returns the memory and passes of Argon2 in a PPK file.
fn argon2(home: &Home, file: &str) -> (u32, u32) {
    let text = String::from_utf8(home.read(file)).unwrap();
    let number = |header: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(header)).unwrap();
        value.parse().unwrap()
    };
    (number("Argon2-Memory: "), number("Argon2-Passes: "))
}

/// Returns the rounds of PBKDF2 according to OpenSSL.
fn pbkdf2_rounds(home: &Home, file: &str) -> u32 {
    let script = format!("openssl asn1parse -in {file} | sed -n 's/.*INTEGER *://p' | head -n 1");
    let run = home.shell(&script).success();
    u32::from_str_radix(run.text().trim(), 16).unwrap()
}

/// Reads a file with the program that defines its format.
fn peer_reads(home: &Home, file: &str) {
    let text = String::from_utf8_lossy(&home.read(file)).into_owned();
    let script = match text.lines().next().unwrap() {
        "-----BEGIN OPENSSH PRIVATE KEY-----" => {
            format!("ssh-keygen -y -P 'correct horse' -f {file}")
        }
        "-----BEGIN ENCRYPTED PRIVATE KEY-----" => {
            format!("openssl pkey -in {file} -passin file:pass -noout")
        }
        _ => format!(
            "rm -f plain; timeout 30 puttygen {file} --old-passphrase pass --new-passphrase none \
             -O private-openssh -o plain"
        ),
    };
    home.shell(&script).success();
}

fn home() -> Home {
    let home = Home::new();
    home.write("pass", "correct horse");
    home.write("none", "");
    home
}

#[test]
fn convert_never_lowers_the_cost_of_guessing() {
    let home = home();
    home.shell(
        "ssh-keygen -q -t ed25519 -a 48 -N 'correct horse' -C c -f openssh
         ssh-keygen -q -t rsa -b 2048 -a 16 -N 'correct horse' -C c -f old
         timeout 30 puttygen old --old-passphrase pass -O private --new-passphrase pass -o ppk \
             --ppk-param kdf=argon2id,memory=16384,passes=30
         openssl genpkey -algorithm ed25519 -out ed
         openssl pkcs8 -topk8 -iter 700000 -in ed -passout file:pass -out pkcs8
         openssl pkcs8 -topk8 -iter 300000 -v2prf hmacWithSHA512 -in ed -passout file:pass -out sha512
         openssl pkcs8 -topk8 -scrypt -scrypt_p 2 -in ed -passout file:pass -out scrypt",
    )
    .success();
    let convert = |file: &str, format: &str| -> Run {
        let script = format!(
            "rm -f new; keypair convert {file} --format {format} --passphrase-file pass --out new"
        );
        let run = home.shell(&script).success();
        peer_reads(&home, "new");
        run
    };
    for (file, rounds) in [("openssh", 48), ("old", 24), ("ppk", 69), ("pkcs8", 28), ("scrypt", 48)]
    {
        let run = convert(file, "openssh");
        assert_eq!(bcrypt_rounds(&home, "new"), rounds, "{file}");
        assert!(run.stderr.is_empty(), "{run}");
    }
    for (file, parameters) in [
        ("ppk", (16384, 30)),
        ("openssh", (8192, 42)),
        ("old", (8192, 21)),
        ("scrypt", (16386, 21)),
    ] {
        let run = convert(file, "ppk");
        assert_eq!(argon2(&home, "new"), parameters, "{file}");
        assert!(run.stderr.is_empty(), "{run}");
    }
    for (file, rounds, warned) in [
        ("pkcs8", 700_000, false),
        ("sha512", 900_000, false),
        ("openssh", 1_200_000, true),
        ("ppk", 1_714_286, true),
        ("scrypt", 1_200_000, true),
    ] {
        let run = convert(file, "pkcs8");
        assert_eq!(pbkdf2_rounds(&home, "new"), rounds, "{file}");
        assert_eq!(
            run.stderr.contains("easier to guess than before: PBKDF2 with"),
            warned,
            "{run}"
        );
    }
    // A warning appears if the same cost is impossible or not requested.
    home.shell("ssh-keygen -q -t ed25519 -a 100 -N 'correct horse' -C c -f hardened").success();
    let run = convert("hardened", "ppk --kdf-rounds 30");
    let said = "easier to guess than before: Argon2 with 8 MiB and 30 passes instead of bcrypt with 100 rounds";
    assert!(run.stderr.contains(said), "{run}");
    let run = convert("hardened", "openssh --kdf-rounds 99");
    assert!(
        run.stderr.contains("bcrypt with 99 rounds instead of bcrypt with 100 rounds"),
        "{run}"
    );
    let run = convert("hardened", "openssh --kdf-rounds 101");
    assert!(run.stderr.is_empty() && bcrypt_rounds(&home, "new") == 101, "{run}");
}

#[test]
fn chosen_kdf_cost_is_read_by_peers() {
    let home = home();
    let create = |name: &str, options: &str| {
        let words = format!("keypair create {name} --out {name} --passphrase-file pass {options}");
        home.shell(&words).success();
        peer_reads(&home, name);
        home.shell(&format!("keypair verify {name} --passphrase-file pass")).success();
    };
    create("openssh", "--type ed25519 --kdf-rounds 40");
    assert_eq!(bcrypt_rounds(&home, "openssh"), 40);
    create("pkcs8", "--kdf-rounds 700000");
    assert_eq!(pbkdf2_rounds(&home, "pkcs8"), 700_000);
    create("memory", "--type ed25519 --format ppk --kdf-memory 64M");
    assert_eq!(argon2(&home, "memory"), (65536, 3));
    create("both", "--type ed25519 --format ppk --kdf-memory 20000K --kdf-rounds 10");
    assert_eq!(argon2(&home, "both"), (20000, 10));
    create("rounds", "--type ed25519 --format ppk --kdf-rounds 30");
    assert_eq!(argon2(&home, "rounds"), (8192, 30));
    let count =
        "keypair create many --count 2 --type ed25519 --kdf-rounds 30 --passphrase-file pass";
    home.shell(count).success();
    assert_eq!(bcrypt_rounds(&home, "many-2.pem"), 30);
}

#[test]
fn unsupported_kdf_cost_is_rejected() {
    let home = home();
    home.shell("keypair create ed --type ed25519 --passphrase-file pass; keypair create rsa")
        .success();
    for (words, said) in [
        ("create x --kdf-rounds 700000", "`--kdf-rounds` and `--kdf-memory` need a passphrase"),
        ("create x --kdf-rounds 700000 --no-passphrase", "cannot be used with"),
        (
            "create x --passphrase-file pass --kdf-rounds 100",
            "expected 600000 to 2000000 for PBKDF2",
        ),
        ("create x --passphrase-file pass --kdf-rounds 2000001", "invalid value for --kdf-rounds"),
        ("create x --passphrase-file pass --kdf-memory 8M", "PBKDF2 uses a fixed amount of memory"),
        ("create x --passphrase-file pass --type ed25519 --kdf-rounds 1001", "expected 24 to 1000"),
        ("create x --passphrase-file pass --type ed25519 --kdf-memory 64M", "bcrypt uses a fixed"),
        (
            "create x --passphrase-file pass --format ppk --kdf-memory 65M",
            "expected 8 MiB to 64 MiB",
        ),
        ("create x --passphrase-file pass --format ppk --kdf-rounds 129", "expected 21 to 128"),
        (
            "create x --passphrase-file pass --format ppk --kdf-memory 64M --kdf-rounds 17",
            "expected 3 to 16 for Argon2 with 64 MiB",
        ),
        (
            "create x --passphrase-file pass --format ppk --ppk-version 2 --kdf-rounds 30",
            "version 2 of PuTTY's format has a fixed key derivation",
        ),
        (
            "create x --passphrase-file pass --format ppk --kdf-memory 64",
            "expected a size such as 64M",
        ),
        ("create x --passphrase-file pass --kdf-rounds -1", "unexpected argument"),
        ("create x --count 2 --passphrase-file pass --kdf-rounds 1", "expected 600000 to 2000000"),
        ("convert rsa.pem --out x --kdf-rounds 700000", "need a passphrase"),
        ("convert ed.pem --public openssh --kdf-rounds 30", "cannot be used with"),
        ("convert ed.pem --out x --passphrase-file pass --kdf-rounds 23", "expected 24 to 1000"),
        ("convert ed.pem --out x --passphrase-file pass --kdf-memory 8M", "bcrypt uses a fixed"),
        (
            "convert ed.pem --out x --passphrase-file pass --no-passphrase --kdf-rounds 30",
            "cannot be",
        ),
    ] {
        let run = home.shell(&format!("keypair {words}")).fails_with(252);
        assert!(run.stderr.contains(said), "{run}");
        assert!(!home.path("x").exists() && !home.path("x.pem").exists(), "{run}");
    }
    assert_eq!(
        home.keypair(["describe"]).success().json()["KeyPairs"].as_array().unwrap().len(),
        2
    );
}

/// A passphrase in the environment is never ignored when a private key is written.
#[test]
fn passphrase_variable_encrypts_or_command_fails() {
    let mut home = home();
    home.shell("keypair create plain; keypair create-key-pair --key-name aws0").success();
    home.set("KEYPAIR_PASSPHRASE", "correct horse");
    for (words, file) in [
        ("create a --type ed25519", "a.pem"),
        ("create b --format ppk --quiet", "b.ppk"),
        ("create c --format pkcs8 --out -", "c"),
        ("create d --type ed25519 --if-not-exists", "d.pem"),
        ("create e --type ed25519 --count 2", "e-2.pem"),
    ] {
        let redirection = if words.contains("--out -") { "> c; chmod 600 c" } else { "> answer" };
        let run = home.shell(&format!("keypair {words} {redirection}")).success();
        assert!(!run.stderr.contains("not encrypted"), "{run}");
        peer_reads(&home, file);
        home.shell(&format!("keypair verify {file}")).success();
    }
    home.shell("keypair create d --type ed25519 --if-not-exists").success();
    home.write("other", "another passphrase");
    home.shell("keypair create f --type ed25519 --passphrase-file other; ssh-keygen -y -P 'another passphrase' -f f.pem").success();
    home.shell("keypair create g --type ed25519 --no-passphrase; ssh-keygen -y -P '' -f g.pem")
        .success();
    home.shell("keypair create-key-pair --key-name aws1 --no-passphrase --query KeyMaterial --output text | grep -q 'BEGIN RSA'").success();

    // The existing file is not encrypted, unlike the requested one.
    home.shell("keypair create plain --if-not-exists").fails_with(4);
    for (words, said) in [
        ("create-key-pair --key-name aws2", "use `keypair create` to encrypt it"),
        ("--quiet create-key-pair --key-name aws2 --key-type ed25519", "KEYPAIR_PASSPHRASE is set"),
        ("convert plain.pem --format ppk", "plain.pem is not encrypted, but KEYPAIR_PASSPHRASE is"),
        ("--quiet convert plain.pem --out - --format pkcs8", "is not encrypted"),
        ("convert plain.pem --format ppk --passphrase-file other", "but KEYPAIR_PASSPHRASE is set"),
    ] {
        let run = home.shell(&format!("keypair {words}")).fails_with(252);
        assert!(run.text().is_empty() && run.stderr.contains(said), "{run}");
    }
    assert!(!home.path("plain.ppk").exists());
    home.shell("keypair describe aws2").fails_with(3);
    home.shell("keypair convert plain.pem --format ppk --no-passphrase").success();
    home.shell("keypair convert plain.pem --new-passphrase-file pass --out locked").success();
    peer_reads(&home, "locked");
    home.shell("keypair convert plain.pem --public openssh").success();
    let convert = "unset KEYPAIR_PASSPHRASE; keypair convert plain.pem --passphrase-file other";
    let run = home.shell(&format!("{convert} --format pkcs8 --out plain.pkcs8")).success();
    assert!(run.stderr.contains("is not encrypted, and neither is the new file"), "{run}");
    let empty =
        "unset KEYPAIR_PASSPHRASE; : > empty; keypair convert empty --passphrase-file other";
    let run = home.shell(&format!("{empty} --format ppk")).fails_with(5);
    assert!(!run.stderr.contains("not encrypted"), "{run}");

    // A missing secret of a CI service is an empty variable.
    home.set("KEYPAIR_PASSPHRASE", "");
    for words in ["create h", "create h --count 2", "create h --if-not-exists", "fetch h"] {
        let run = home.shell(&format!("keypair {words}")).fails_with(5);
        assert!(run.stderr.contains("KEYPAIR_PASSPHRASE is empty"), "{run}");
    }
    home.shell("keypair create h --no-passphrase --type ed25519; keypair verify h.pem").success();
    home.shell("keypair convert plain.pem --format ppk --force").success();
    home.set("KEYPAIR_PASSPHRASE", "correct horse");

    // `exec` does not encrypt its temporary key.
    home.shell("keypair exec --type ed25519 -- sh -c 'ssh-keygen -y -P \"\" -f \"$KEYPAIR_PRIVATE_KEY_FILE\"'").success();
}

#[test]
fn encrypted_ppk_version_2_prints_warning() {
    let home = home();
    let options = "--format ppk --ppk-version 2 --passphrase-file pass";
    home.shell("keypair create ed --type ed25519 --format ppk --passphrase-file pass").success();
    for words in [
        format!("create a --type ed25519 {options}"),
        format!("create b --type ed25519 --count 2 {options}"),
        format!("create c --type ed25519 --if-not-exists {options}"),
        format!("convert ed.ppk --out d {options}"),
    ] {
        let run = home.shell(&format!("keypair {words}")).success();
        assert!(run.stderr.contains("warning: version 2 of PuTTY's format"), "{run}");
        assert!(run.stderr.contains("hint: pass `--ppk-version 3` to use Argon2"), "{run}");
    }
    for words in [
        "create e --type ed25519 --format ppk --ppk-version 2",
        "create f --type ed25519 --format ppk --passphrase-file pass",
        "convert d --out g --format ppk --passphrase-file pass",
    ] {
        let run = home.shell(&format!("keypair {words}")).success();
        assert!(run.stderr.is_empty(), "{run}");
    }
    let help = home.keypair(["create", "--help"]).success();
    assert!(help.text().contains("weak encryption"), "{help}");
}

/// The MAC of a PPK file proves that both keys match, and needs the passphrase.
#[test]
fn passphrase_detects_mismatched_ppk_halves() {
    let home = home();
    home.write("wrong", "another passphrase");
    for (version, file) in [("3", "swapped"), ("2", "swapped2")] {
        home.shell(&format!(
            "set -e; rm -f *.ppk
             keypair create mine{version} --type ed25519 --format ppk --ppk-version {version} --out mine.ppk --passphrase-file pass
             keypair create theirs{version} --type ed25519 --format ppk --ppk-version {version} --out theirs.ppk --passphrase-file pass
             {{ sed -n 1,4p mine.ppk; sed -n 5,6p theirs.ppk; sed '1,6d' mine.ppk; }} > {file}; chmod 600 {file}"
        ))
        .success();
        // Only the passphrase reveals the mismatch.
        home.shell(&format!("keypair verify {file} --key-name theirs{version}")).success();
        home.write("before", home.read(file));
        for words in [
            format!("verify {file}"),
            format!("verify {file} --key-name theirs{version}"),
            format!("fingerprint {file}"),
            format!("fingerprint {file} mine.ppk"),
            format!("import x {file}"),
            format!("import theirs{version} {file} --if-not-exists"),
            format!("convert {file} --public openssh"),
            format!("convert {file} --out x"),
            format!("delete theirs{version} --private-key-file {file}"),
        ] {
            for passphrase in ["correct horse", "another passphrase"] {
                home.write("given", passphrase);
                let variable = format!("KEYPAIR_PASSPHRASE='{passphrase}' keypair {words}");
                let option = format!("keypair {words} --passphrase-file given");
                for script in [variable, option] {
                    let run = home.shell(&script).fails_with(5);
                    assert!(!run.text().contains("true") && !run.text().contains("ssh-"), "{run}");
                    assert!(run.stderr.contains("the passphrase is wrong, or"), "{run}");
                }
            }
        }
        let ensure = format!(
            "create theirs{version} --if-not-exists --out {file} --format ppk --ppk-version {version}"
        );
        home.shell(&format!("KEYPAIR_PASSPHRASE='correct horse' keypair {ensure}")).fails_with(4);
        assert_eq!(home.read(file), home.read("before"));
        home.shell("keypair describe x").fails_with(3);
        home.shell(&format!("keypair describe theirs{version}")).success();
    }
}

#[test]
fn passphrase_that_other_programs_cannot_take_is_refused() {
    let home = Home::new();
    home.write("longest", "x".repeat(1023));
    home.write("long", "x".repeat(1024));
    home.shell("keypair create a --type ed25519 --passphrase-file longest").success();
    home.shell("cat > ask; chmod +x ask").success();
    home.write("ask", "#!/bin/sh\ncat longest\n");
    let ssh = "SSH_ASKPASS=$PWD/ask SSH_ASKPASS_REQUIRE=force DISPLAY=:0 ssh-keygen -y -f a.pem";
    home.shell(ssh).success();
    for (words, sentence) in [
        ("keypair create b --passphrase-file long", "read at most 1023 bytes, found 1024"),
        (
            "keypair convert a.pem --in-place --new-passphrase-file long --passphrase-file longest",
            "at most 1023 bytes",
        ),
        ("KEYPAIR_PASSPHRASE='a\nb' keypair create b", "contains a line break"),
    ] {
        let words = words.replace("\\n", "\n");
        let run = home.shell(&words).fails_with(5);
        assert!(run.stderr.contains(sentence), "{run}");
    }
    assert!(!home.path("b.pem").exists());
}

#[test]
fn passphrase_file_is_not_replaced() {
    let home = Home::new();
    home.write("pass", "correct horse");
    home.shell("keypair create a --type ed25519; ln -s pass link; cp a.pem key").success();
    for words in [
        "create b --out pass --passphrase-file pass --force",
        "create b --out link --passphrase-file pass --force",
        "create b --public-out pass --passphrase-file pass --force",
        "convert a.pem --new-passphrase-file pass --out pass --force",
        "convert key --in-place --new-passphrase-file key",
    ] {
        let run = home.shell(&format!("keypair {words}")).fails_with(252);
        assert!(run.stderr.contains("the passphrase is in this file"), "{run}");
    }
    assert_eq!(home.read("pass"), b"correct horse");
    assert_eq!(home.read("key"), home.read("a.pem"));
}
