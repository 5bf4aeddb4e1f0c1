//! Private keys on stdout.

use super::private_file::names;
use crate::support::home::Home;

#[test]
fn closed_pipe_registers_nothing() {
    let home = Home::new();
    for command in ["create-key-pair --key-name gone", "create gone --out -"] {
        let run = home.shell(&format!("{{ sleep 1; keypair {command}; echo $? >&2; }} | true"));
        assert!(run.stderr.ends_with("255\n"), "{run}");
        assert!(run.stderr.contains("nothing was registered"), "{run}");
    }
    assert_eq!(names(&home), [""; 0]);
    let run = home.shell("{ sleep 1; keypair create kept --type ed25519; echo $? >&2; } | true");
    assert_eq!(run.stderr, "0\n");
    home.shell("ssh-keygen -y -f kept.pem").success();
    let run = home.shell("keypair create-key-pair --key-name full > /dev/full").fails_with(255);
    assert!(run.stderr.contains("No space left on device"), "{run}");
    assert_eq!(names(&home), ["kept"]);
}

/// A standard stream that is closed at the start of a process becomes the null device.
#[test]
fn private_key_to_null_device_is_refused() {
    let home = Home::new();
    for command in ["create-key-pair --key-name k", "create k --out -"] {
        for stream in [">&-", "> /dev/null"] {
            let run = home.shell(&format!("keypair {command} {stream}")).fails_with(255);
            assert!(run.stderr.contains("stdout is /dev/null"), "{run}");
        }
    }
    assert_eq!(names(&home), [""; 0]);
    home.shell("keypair create k --type ed25519 >&-").success();
    let run = home.shell("keypair create l --type ed25519 > /dev/full").fails_with(255);
    assert!(run.stderr.contains("`l` is registered, its private key is in l.pem, but"), "{run}");
    let run = home.shell("keypair create m --type ed25519 --query 'abs(KeyName)'").fails_with(255);
    assert!(run.stderr.contains("`m` is registered"), "{run}");
    home.shell("keypair create-key-pair --key-name n --query 'abs(KeyName)'").fails_with(252);
    assert_eq!(names(&home), ["k", "l", "m"]);
}

/// A query must not drop the private key.
#[test]
fn query_without_private_key_creates_nothing() {
    let home = Home::new();
    for query in
        ["KeyMaterials", "KeyName", "length(KeyMaterial)", "[@][?KeyName=='l'].KeyMaterial"]
    {
        for options in ["", "--output text", "--output jsonl --key-type ed25519"] {
            let words = format!("create-key-pair --key-name k {options} --query \"{query}\"");
            let run = home.shell(&format!("keypair {words}")).fails_with(252);
            assert!(run.text().is_empty(), "{run}");
            let said = "invalid value for --query: the result would not contain the private key";
            assert!(run.stderr.contains(said), "{run}");
            assert!(run.stderr.contains("`--query KeyMaterial --output text`"), "{run}");
        }
    }
    // A table has no place for a text by itself.
    for options in ["--query KeyMaterial", "--query 'to_string(@)'"] {
        let words = format!("create-key-pair --key-name k --output table {options}");
        let run = home.shell(&format!("keypair {words}")).fails_with(252);
        let said = "invalid value for --output: the output would not contain the private key";
        assert!(run.text().is_empty() && run.stderr.contains(said), "{run}");
    }
    // A dry run has no key to lose.
    home.shell("keypair create-key-pair --key-name k --dry-run --query KeyName").success();
    assert!(home.files().is_empty());
    let words = "create-key-pair --key-name t --query '[KeyMaterial]' --output table";
    let run = home.shell(&format!("keypair {words}")).success();
    assert!(run.text().contains("-----END RSA PRIVATE KEY-----"), "{run}");
    home.keypair(["delete", "t"]).success();
    // A mismatch that no sample reveals is found before the pair is registered.
    let query = "[@][?KeyPairId=='key-0123456789abcdef0'].KeyMaterial";
    let words = format!("create-key-pair --key-name k --key-type ed25519 --query \"{query}\"");
    let run = home.shell(&format!("keypair {words}")).fails_with(252);
    assert!(run.text().is_empty() && run.stderr.contains("nothing was registered"), "{run}");
    assert_eq!(names(&home), [""; 0]);
    let query = "[@][?KeyName=='k'].{it: KeyMaterial} | [0].it";
    let words = format!("create-key-pair --key-name k --query \"{query}\" --output text");
    home.shell(&format!("umask 077; keypair {words} > k; ssh-keygen -y -f k")).success();
    // Other commands print the result of an empty query as usual.
    let run = home.shell("keypair create l --type ed25519 --query KeyMaterial").success();
    assert_eq!(run.text(), "null\n");
    assert_eq!(names(&home), ["k", "l"]);
}

/// The standard library takes the error of the system, EBADF, for success.
#[test]
fn unwritable_stdout_is_an_error() {
    let home = Home::new();
    home.shell("ssh-keygen -q -t ed25519 -N '' -f key").success();
    for words in [
        "create k --type ed25519 --out -",
        "create k --type ed25519 --out /dev/stdout",
        "create-key-pair --key-name k --key-type ed25519",
        "convert key --out -",
        "convert key --public openssh",
        "describe",
        "fingerprint key",
    ] {
        let run = home.shell(&format!("keypair {words} 1< /dev/zero"));
        assert!(!matches!(run.code, None | Some(0)), "{words}: {run}");
        assert!(run.stderr.contains("write the response: Bad file descriptor"), "{words}: {run}");
    }
    let count = home.keypair(["describe", "--query", "length(KeyPairs)"]).success();
    assert_eq!(count.text(), "0\n");
    // Without its masking commands, the key must not be printed.
    let run = home.shell("keypair create k --type ed25519 --out - --mask github 2< /dev/zero");
    assert!(run.code != Some(0) && run.text().is_empty(), "{run}");
}
