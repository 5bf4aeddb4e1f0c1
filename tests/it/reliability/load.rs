//! Registries with a very large number of pairs.

use std::time::Duration;

use crate::support::home::Home;
use crate::support::run::Launch;

/// Fills the registry of a home through SQL.
const FILL: &str = r##"
import base64, hashlib, os, sqlite3, sys

def key(number):
    """Returns the type, the bits, the public key and the fingerprint of a new key."""
    if number % 5:
        modulus = b"\xff" + os.urandom(126) + b"\x01"
        blob = b"\0\0\0\x07ssh-rsa\0\0\0\x03\x01\0\x01\0\0\0\x81\0" + modulus
        fingerprint = os.urandom(20).hex(":")
        return "rsa", 1024, "ssh-rsa " + base64.b64encode(blob).decode(), fingerprint
    blob = b"\0\0\0\x0bssh-ed25519\0\0\0 " + os.urandom(32)
    fingerprint = base64.b64encode(hashlib.sha256(blob).digest()).decode()
    return "ed25519", 256, "ssh-ed25519 " + base64.b64encode(blob).decode(), fingerprint

count = int(sys.argv[2])
names = ["pair-{}", "no: {}", "a \"{}\"", "tab\t{}", "\x1b[{}m", "null{}", "#{}"]
registry = sqlite3.connect(sys.argv[1])
registry.execute("PRAGMA synchronous = OFF")
registry.execute("DELETE FROM key_pair")
registry.executemany("INSERT INTO key_pair VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (
    (number, f"key-{number:017x}", names[number % len(names)].format(number),
     *key(number), "created", number * 1000) for number in range(1, count + 1)))
registry.executemany("INSERT INTO tag VALUES (?, ?, ?, ?)", (
    (number, position, f"{9 - position}", f"é \u202e {number}")
    for number in range(1, count + 1) for position in range(number % 4)))
registry.commit()
"##;

fn filled(count: usize) -> Home {
    let mut home = Home::new();
    home.set("KEYPAIR_REGISTRY_FILE", "registry");
    home.keypair(["create", "first", "--type", "ed25519"]).success();
    home.write("fill.py", FILL);
    let python = std::env::var("KEYPAIR_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    shell(&home, &format!("{python} fill.py registry {count}")).run().success();
    home
}

fn shell(home: &Home, script: &str) -> Launch {
    home.launch("sh").args(["-c", script]).limit(Duration::from_secs(300))
}

/// The limit applies to address space, which exceeds memory. The program alone uses 20 MiB of it.
const CEILING: &str = "ulimit -v 65536";

#[test]
fn long_list_is_printed_in_little_memory() {
    let home = filled(100_000);
    for output in ["json", "jsonl", "yaml", "text"] {
        let describe = format!("keypair describe --include-public-key --output {output}");
        // A query needs the whole response at once.
        let script = format!(
            "{describe} --query @ > whole; ({CEILING}; {describe}) > parts; cmp whole parts"
        );
        shell(&home, &script).run().success();
    }
    let whole = shell(&home, &format!("{CEILING}; keypair describe --query @ > whole")).run();
    assert_ne!(whole.code, Some(0), "the ceiling is too high: {whole}");
    // Filters and thousands of names use little memory as well.
    for (asked, count) in [
        ("--filters 'Name=key-name,Values=pair-*,no*,*1'", 32_856),
        ("--filters Name=tag-key,Values=7", 25_000),
        ("$(seq -f pair-%.0f 7 7 70000)", 10_000),
    ] {
        let script = format!("{CEILING}; keypair describe {asked} --output jsonl | wc -l");
        let run = shell(&home, &script).run().success();
        assert_eq!(run.text().trim().parse::<usize>().ok(), Some(count), "{asked}: {run}");
    }
}

#[test]
fn slow_reader_does_not_block_other_commands() {
    let home = filled(20_000);
    // The pipe is full, and the reader does not read.
    let script = "
        mkfifo pipe
        keypair describe --output jsonl > pipe &
        exec 3< pipe
        read -r first <&3
        timeout 20 keypair create new --type ed25519 > /dev/null || exit 9
        timeout 20 keypair delete pair-19999 > /dev/null || exit 8
        cat <&3 > rest
        wait $! && wc -l < rest";
    let run = shell(&home, script).run().success();
    assert!(run.stderr.is_empty(), "{run}");
    // One line was read before, one pair is deleted, and the new pair did not exist yet.
    assert_eq!(run.text().trim(), "19998", "{run}");
    let run = shell(&home, "keypair describe | head -n 2").run().success();
    assert!(run.stderr.is_empty() && run.text().ends_with("\"KeyPairs\": [\n"), "{run}");
}

#[test]
fn partially_readable_list_fails() {
    let home = filled(20_000);
    // Overwrites the pairs in the middle of the file.
    let script = "
        part=$(($(wc -c < registry) / 8))
        head -c $((3 * part)) registry > broken
        head -c $part /dev/zero | tr '\\0' x >> broken
        tail -c +$((4 * part + 1)) registry >> broken
        keypair describe --registry-file broken --output jsonl";
    let run = shell(&home, script).run().fails_with(253);
    let lines = run.text().lines().count();
    assert!((1..20_000).contains(&lines), "{lines} lines");
    assert!(run.text().ends_with("}\n"));
    let said = ["keypair: error: ", "keypair: hint: the printed list is incomplete"];
    assert!(said.iter().all(|said| run.stderr.contains(said)), "{}", run.stderr);
}
