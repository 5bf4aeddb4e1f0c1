//! Generates the table in the README of the programs that read each output format.

mod programs;

use std::fs;
use std::path::Path;

use programs::{Known, PASSPHRASE, PINNED, Readings, SYSTEM};

use crate::support::home::Home;

/// The key of the first test in RFC 8032. A random key could change the table, because some
/// programs fail for seeds with special bytes, about one key in several hundred.
const ED25519: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";
const ED25519_LINE: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";

/// A row of the table: title, prefix of its file names, and options of `convert`.
type Form = (&'static str, &'static str, &'static str);

const FORMS: [Form; 14] = [
    ("PKCS#1", "private-pkcs1", "--format pem"),
    ("PKCS#8", "private-pkcs8", "--format pkcs8"),
    ("PKCS#8, encrypted", "private-pkcs8-encrypted", "--format pkcs8"),
    ("OpenSSH", "private-openssh", "--format openssh"),
    ("OpenSSH, encrypted", "private-openssh-encrypted", "--format openssh"),
    ("PuTTY 2", "private-ppk2", "--format ppk --ppk-version 2"),
    ("PuTTY 2, encrypted", "private-ppk2-encrypted", "--format ppk --ppk-version 2"),
    ("PuTTY 3", "private-ppk3", "--format ppk"),
    ("PuTTY 3, encrypted", "private-ppk3-encrypted", "--format ppk"),
    ("public, `openssh`", "public-openssh", "--public openssh"),
    ("public, `rfc4716`", "public-rfc4716", "--public rfc4716"),
    ("public, `spki`", "public-spki", "--public spki"),
    ("public, `pkcs1`", "public-pkcs1", "--public pkcs1"),
    ("public, `der`", "public-der", "--public der"),
];

const KEY_TYPES: [&str; 2] = ["rsa", "ed25519"];

#[test]
fn readme_table_matches_programs_that_read_formats() {
    let home = Home::new();
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/keys");
    home.write("rsa", fs::read(vectors.join("rsa2048.pem")).unwrap());
    home.write("ed25519", ED25519);
    let rsa_line = fs::read_to_string(vectors.join("rsa2048.pem.pub")).unwrap();
    let keys = [Known::new(&home, "rsa", &rsa_line), Known::new(&home, "ed25519", ED25519_LINE)];
    let files = written(&home);
    let readings = Readings::take(&home, &keys, &files);

    for file in &files {
        let others = PINNED.iter().chain(&["openssl"]);
        let readers: Vec<_> =
            others.filter(|program| readings.of(program, file) == Some(true)).collect();
        assert!(readers.len() >= 2, "{file} is read only by {readers:?}");
    }
    let table = table(&readings, &files);
    let readme = include_str!("../../../../README.md");
    assert!(readme.contains(&table), "put this table into README.md:\n\n{table}");
}

/// Writes both keys in every format. Returns the names of the files.
fn written(home: &Home) -> Vec<String> {
    home.write("new-pass", PASSPHRASE);
    let mut files = Vec::new();
    for (_, form, options) in FORMS {
        for key_type in KEY_TYPES {
            if form.ends_with("pkcs1") && key_type == "ed25519" {
                continue;
            }
            let file = format!("{form}-{key_type}");
            let protection =
                if form.contains("encrypted") { "--new-passphrase-file new-pass" } else { "" };
            home.shell(&format!(
                "keypair convert {key_type} --comment web {options} {protection} --out {file}"
            ))
            .success();
            files.push(file);
        }
    }
    files
}

/// Builds the table for the README.
fn table(readings: &Readings, files: &[String]) -> String {
    let pinned = PINNED.iter().map(|program| format!("{program} {}", version(program)));
    let programs = SYSTEM.iter().map(|program| format!("`{program}`")).chain(pinned);
    let titles: Vec<_> = programs.collect();
    let mut table = format!("| | {} |\n|{}\n", titles.join(" | "), "---|".repeat(1 + titles.len()));
    for (title, form, _) in FORMS {
        table += &format!("| {title} |");
        for program in SYSTEM.iter().chain(&PINNED) {
            let shown = shown(title, program);
            let cell = cell(readings, files, program, form);
            // A newer version of a system program may read more formats than the README shows.
            let cell = match shown {
                Some(shown) if SYSTEM.contains(program) && is_less(&shown, cell) => shown,
                _ => cell.to_owned(),
            };
            table += &format!(" {cell} |");
        }
        table.push('\n');
    }
    table.replace("|  |", "| |").replace("|  |", "| |")
}

/// Returns the key types that a program reads in one format.
fn cell(readings: &Readings, files: &[String], program: &str, form: &str) -> &'static str {
    let [rsa, ed25519] = KEY_TYPES.map(|key_type| {
        let file = format!("{form}-{key_type}");
        files.contains(&file).then(|| readings.of(program, &file)).flatten()
    });
    match (rsa, ed25519) {
        (None, None) => "",
        (Some(true), Some(true)) => "both",
        (Some(true), _) => "RSA",
        (_, Some(true)) => "ED25519",
        _ => "–",
    }
}

fn is_less(shown: &str, found: &str) -> bool {
    shown == "–" && !found.is_empty() || ["RSA", "ED25519"].contains(&shown) && found == "both"
}

/// Returns the cell of a program in the README's row with this title.
fn shown(title: &str, program: &str) -> Option<String> {
    let readme = include_str!("../../../../README.md");
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let mut lines = readme.lines().skip_while(|line| !line.starts_with("| | `ssh-keygen` |"));
    let program = format!("`{program}`");
    let column = cells(lines.next()?).iter().position(|cell| *cell == program)?;
    let row = lines.map(cells).find(|cells| cells.get(1).is_some_and(|cell| cell == title))?;
    row.get(column).cloned()
}

/// Returns the pinned version of a program.
fn version(program: &str) -> String {
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
    let pins = [
        ("requirements.txt", format!("\n{program}==")),
        ("npm/package.json", format!("\"{program}\": \"")),
        ("ppk/Cargo.toml", format!("\n{program} = {{ version = \"=")),
    ];
    let pinned = pins.iter().find_map(|(file, start)| {
        let text = fs::read_to_string(peers.join(file)).unwrap();
        let (_, rest) = text.split_once(start)?;
        rest.split(['"', '\n']).next().map(str::to_owned)
    });
    pinned.unwrap_or_else(|| panic!("{program} is not pinned"))
}
