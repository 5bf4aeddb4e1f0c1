//! Hostile files cost at most one second and 100 MiB, measured on the built program.

use std::fs;
use std::path::Path;

use crate::support::home::Home;

/// Runs every command line of standard input. Prints the peak memory of all runs in KiB, the
/// longest time in milliseconds, and the command that took it.
const MEASURE: &str = r#"
import os, resource, subprocess, sys, time
longest = (0, "")
for line in sys.stdin:
    start = time.monotonic()
    run = subprocess.run(["sh", "-c", "exec " + line], stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    longest = max(longest, (time.monotonic() - start, line.strip()))
    if run.returncode not in (0, 5):
        sys.exit(f"{line}{run.returncode}: {run.stderr.decode(errors='replace')}")
kibibytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(kibibytes if sys.platform == "linux" else kibibytes // 1024, round(longest[0] * 1000), longest[1])
"#;

/// Key files with the maximum KDF cost, for use with a wrong passphrase.
fn costly_files(home: &Home) -> Vec<String> {
    home.write("pass", "correct horse");
    home.write("wrong", "incorrect horse");
    home.shell(
        "set -e
         openssl genpkey -algorithm ed25519 -out key
         openssl pkcs8 -topk8 -in key -passout file:pass -scrypt -out scrypt
         openssl pkcs8 -topk8 -in key -passout file:pass -iter 2000000 -out pbkdf2
         ssh-keygen -q -t ed25519 -N 'correct horse' -a 48 -f bcrypt
         ssh-keygen -q -t ed25519 -N '' -f plain
         timeout 60 puttygen plain -o argon2 --new-passphrase pass --ppk-param memory=65536,passes=16",
    )
    .success();
    ["scrypt", "pbkdf2", "bcrypt", "argon2"].map(str::to_owned).to_vec()
}

#[test]
fn hostile_files_are_rejected_within_limits() {
    let home = Home::new();
    let mut lines = Vec::new();
    for name in costly_files(&home) {
        lines.push(format!("keypair convert {name} --passphrase-file wrong --out out"));
    }
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    for (folder, verb) in [("convert", "convert"), ("import", "import k")] {
        for entry in fs::read_dir(vectors.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let path = path.display();
            lines.push(format!("keypair {verb} '{path}' --dry-run --passphrase-file wrong"));
        }
    }
    for (name, unit) in [("a", "A"), ("pem", "-----BEGIN PRIVATE KEY-----\n"), ("base64", "MIIB")] {
        home.write(name, unit.repeat((1 << 20) / unit.len()));
        home.write(&format!("{name}16"), format!("\u{ff}\u{fe}{}", unit.repeat(1 << 15)));
        for name in [name.to_owned(), format!("{name}16")] {
            lines.push(format!("keypair fingerprint {name}"));
            lines.push(format!("keypair import k {name}"));
        }
    }
    let measured = home.launch("python").args(["-c", MEASURE]).stdin(lines.join("\n")).run();
    let measured = measured.success();
    let mut words = measured.text().splitn(3, ' ');
    let kibibytes: u32 = words.next().unwrap().parse().unwrap();
    assert!(kibibytes < 100 << 10, "{measured}");
}
