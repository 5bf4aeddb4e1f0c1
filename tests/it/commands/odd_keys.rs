//! `fingerprint`, `import`, `verify` and `convert` agree about files in the encodings of other
//! programs.

use std::fs;
use std::path::Path;

use crate::support::home::Home;
use crate::support::run::Run;

/// A home with the vector as the file `k`.
fn home_with(name: &str) -> Home {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/people");
    let home = Home::new();
    home.write("k", fs::read(vectors.join(name)).unwrap());
    home
}

/// Runs the four commands: `convert` writes `converted`.
fn run_all(home: &Home) -> [Run; 4] {
    let query = "--query Keys[0].SHA256 --output text";
    [
        &*format!("keypair fingerprint k {query}"),
        "keypair import web k",
        "keypair verify k --key-name web",
        "keypair convert k --format pkcs8 --out converted",
    ]
    .map(|words| home.shell(words))
}

#[test]
fn all_commands_read_odd_encodings() {
    for name in [
        "p1_nonminimal_len",
        "p8_ber_indef",
        "p8_trailing_zero",
        "rsa_extra_zeros",
        "rsa_neg_all",
        "ed_v1_with_public",
        "ed_v2_ring",
        "ppk3.doublespaced",
        "forge-putty-padded-d.ppk",
    ] {
        let home = home_with(name);
        let [fingerprint, import, verify, convert] = run_all(&home).map(Run::success);
        for run in [&fingerprint, &import, &verify, &convert] {
            assert!(!run.stderr.contains("warning"), "{name}: {}", run.stderr);
        }
        home.shell("openssl pkey -in converted -noout").success();
        let converted = "keypair fingerprint converted --query Keys[0].SHA256 --output text";
        assert_eq!(home.shell(converted).success().text(), fingerprint.text(), "{name}");
    }
}

#[test]
fn wrong_crt_numbers_cause_warning_and_are_computed() {
    for name in ["rsa_bad_iqmp", "os_rsa_bad_iqmp"] {
        let home = home_with(name);
        let flaw = "warning: k: the RSA coefficient is not the inverse of q modulo p";
        let [fingerprint, import, verify, convert] = run_all(&home).map(Run::success);
        for run in [&fingerprint, &import, &verify] {
            let expected = format!("{flaw}, so only the public half was used");
            assert!(run.stderr.contains(&expected), "{name}: {}", run.stderr);
        }
        let expected = format!("{flaw}; the new file has numbers computed from p, q and e");
        let checked = home.shell("keypair convert k --out dry --dry-run").success();
        for run in [&convert, &checked] {
            assert!(run.stderr.contains(&expected), "{name}: {}", run.stderr);
        }
        home.shell("openssl rsa -in converted -check -noout").success();
        let public = home.shell("keypair convert k --public spki").success();
        let computed = home.shell("openssl pkey -in converted -pubout").success();
        assert_eq!(public.text(), computed.text(), "{name}");
    }
}

#[test]
fn missing_primes_leave_only_the_public_half() {
    let home = home_with("rsa_only_ned");
    let [fingerprint, import, verify, convert] = run_all(&home);
    for run in [fingerprint, import, verify].map(Run::success) {
        let expected = "warning: k: the RSA primes are missing, so only the public half was used";
        assert!(run.stderr.contains(expected), "{}", run.stderr);
    }
    let convert = convert.fails_with(5);
    assert!(convert.stderr.contains("error: k: the RSA primes are missing"), "{}", convert.stderr);
    let public = home.shell("keypair convert k --public spki").success();
    let expected = home.shell("openssl rsa -in k -pubout 2> said").success();
    assert_eq!(public.text(), expected.text());
}

/// A passphrase reveals a replaced public half, wherever the passphrase comes from.
#[test]
fn passphrase_of_every_source_checks_both_halves() {
    let mut home = home_with("ppk3enc-public-half-swapped.ppk");
    home.write("pass", "correct horse 7!\n");
    let commands = [
        "fingerprint k",
        "import web k",
        "verify k",
        "convert k --public openssh",
        "convert k --out c",
    ];
    for command in commands {
        home.shell(&format!("keypair {command} --passphrase-file pass")).fails_with(5);
    }
    home.set("KEYPAIR_PASSPHRASE", "correct horse 7!");
    for command in commands {
        home.shell(&format!("keypair {command}")).fails_with(5);
    }
    let import = "keypair import-key-pair --key-name web --public-key-material fileb://k";
    home.shell(import).fails_with(5);
}

#[test]
fn comment_with_line_breaks_is_shown_with_note() {
    for (comment, expected, has_note) in [
        ("laptop\r", "laptop", true),
        ("a\nb", "a b", true),
        ("\nb", "b", true),
        ("a\rb\n", "a b", true),
        ("a \\ b", "a \\ b", false),
    ] {
        let home = Home::new();
        let make = ["-q", "-t", "ed25519", "-N", "", "-f", "k", "-C", comment];
        home.launch("ssh-keygen").args(make).run().success();
        for file in ["k", "k.pub"] {
            let run = home.keypair(["fingerprint", file]).success();
            assert_eq!(run.json()["Keys"][0]["Comment"], expected, "{comment:?} {file}");
            let note = format!("note: {file}: the comment contains line breaks");
            // ssh-keygen's public line ends in the last line break of the comment.
            let is_noted = file == "k" || !comment.ends_with('\r');
            assert_eq!(run.stderr.contains(&note), has_note && is_noted, "{}", run.stderr);
            home.keypair(["import", file, file]).success();
            home.keypair(["verify", file]).success();
            let line = home.keypair(["convert", file, "--public", "openssh"]).success();
            assert!(line.text().ends_with(&format!(" {expected}\n")), "{}", line.text());
        }
        let file = home.keypair(["convert", "k", "--format", "ppk"]).success();
        assert!(file.stderr.contains("the comment contains line breaks") == has_note);
        let read = home.launch("puttygen").args(["-L", "k.ppk"]).run().success();
        assert!(read.text().ends_with(&format!(" {expected}\n")), "{}", read.text());
    }
}

#[test]
fn unchecked_half_of_encrypted_key_is_noted() {
    let home = Home::new();
    home.write("pass", "sesame");
    home.shell("ssh-keygen -q -t ed25519 -N sesame -f k").success();
    let note = "note: k: the private half is encrypted and was not compared with the public half";
    for words in
        ["fingerprint k", "import web k", "verify k --key-name web", "convert k --public openssh"]
    {
        let run = home.shell(&format!("keypair {words}")).success();
        assert_eq!(run.stderr.matches(note).count(), 1, "{words}\n{run}");
        let checked = if words.starts_with("import") { "import w k" } else { words };
        let run = home.shell(&format!("keypair {checked} --passphrase-file pass")).success();
        assert!(!run.stderr.contains(note), "{words}\n{run}");
    }
}

#[test]
fn encrypted_key_without_primes_gets_working_hint() {
    let home = home_with("rsa_only_ned");
    home.write("pass", "sesame");
    let encrypt = "-topk8 -in k -passout file:pass -out FILE";
    home.shell(&format!("openssl pkcs8 {encrypt}")).success();
    let run = home.shell("keypair convert FILE --passphrase-file pass --out out").fails_with(5);
    assert!(run.stderr.contains("the RSA primes are missing"), "{run}");
    let run = home.shell("keypair fingerprint FILE --passphrase-file pass").fails_with(5);
    let command = "openssl pkey -in FILE -pubout -out NEW";
    assert!(run.stderr.contains(&format!("run `{command}`")), "{run}");
    home.shell(&format!("{command} -passin file:pass; keypair fingerprint NEW")).success();
}
