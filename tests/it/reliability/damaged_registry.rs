//! Damaged registry files, files of other programs, and hard-linked files. Every command ends in
//! time and in little memory, with the registered data or with exit status 253.

use std::fs;
use std::time::Duration;

use crate::support::home::Home;
use crate::support::run::Run;

/// Commands with one of three outcomes on a damaged registry: exit status 253, the same result as
/// on an intact one, or a finding of `doctor`.
const COMMANDS: [&str; 9] = [
    "describe --include-public-key",
    "describe pair-07",
    "describe --query KeyPairs[].KeyName --output text",
    "verify own.pub",
    "create new --type ed25519 --out new.pem --force",
    "import new other.pub",
    "delete pair-03",
    "prune --name 'pair-1?' --delete --quiet",
    "doctor",
];

/// Creates a registry of 40 pairs, `whole`. One of them has the key `own.pub`.
fn home() -> Home {
    let mut home = Home::new();
    home.set("KEYPAIR_REGISTRY_FILE", "registry");
    home.shell(
        "set -e; mkdir folder; ssh-keygen -q -t ed25519 -N '' -f own; ssh-keygen -q -t ed25519 -N '' -f other
         keypair create pair --count 45 --type ed25519 --tag team=ops --tag a=b --out folder
         keypair create rsa --out rsa.pem; keypair import own own.pub
         keypair delete pair-41 pair-42 pair-43 pair-44 pair-45
         mv registry whole; rm registry-journal; cp -p whole registry",
    )
    .success();
    home
}

/// Runs a command with 200 MiB of address space and a time limit of 5 seconds.
fn run(home: &Home, command: &str) -> Run {
    let script = format!("ulimit -v 204800; exec keypair {command}");
    home.launch("sh").args(["-c", &script]).limit(Duration::from_secs(5)).run()
}

/// Runs each command on a registry file with this content.
fn run_all(home: &Home, contents: &[u8], mut judge: impl FnMut(&str, &Run)) {
    for command in COMMANDS {
        let _ = fs::remove_file(home.path("registry-journal"));
        home.write("registry", contents);
        judge(command, &run(home, command));
    }
}

/// A deterministic sequence of pseudo-random numbers (Marsaglia, Xorshift RNGs).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % end
    }
}

fn damage(whole: &[u8], kind: usize, numbers: &mut Numbers) -> Vec<u8> {
    const PAGE: usize = 4096;
    let mut bytes = whole.to_vec();
    let place = numbers.below(bytes.len());
    let [to, from] = [0; 2].map(|_| PAGE * numbers.below(whole.len() / PAGE));
    match kind % 6 {
        0 => bytes[place] ^= 1 << numbers.below(8),
        1 => bytes.truncate(place.max(1)),
        2 => bytes[to..to + PAGE].copy_from_slice(&whole[from..from + PAGE]),
        3 => bytes[to..to + PAGE].fill(0),
        4 => bytes[numbers.below(100)] = u8::try_from(numbers.below(256)).unwrap(),
        _ => bytes.resize(whole.len() + 1 + place, 0),
    }
    bytes
}

#[test]
fn damaged_registry_gives_error_or_correct_result() {
    let home = home();
    let whole = home.read("whole");
    let mut expected = Vec::new();
    run_all(&home, &whole, |command, run| {
        assert_eq!(run.code, Some(0), "{command}: {run}");
        expected.push(run.text().to_owned());
    });
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let (mut refused, mut right) = (0, 0);
    for kind in 0..30 {
        let damaged = damage(&whole, kind, &mut numbers);
        let mut position = 0;
        run_all(&home, &damaged, |command, run| {
            let is_changing = ["create", "import", "delete", "prune"];
            let is_changing = is_changing.iter().any(|verb| command.starts_with(verb));
            match run.code {
                Some(0) if is_changing || run.text() == expected[position] => right += 1,
                Some(1) if command == "doctor" => refused += 1,
                Some(253) => {
                    refused += 1;
                    assert!(run.stderr.contains("keypair: error: "), "{run}");
                    let is_quiet = command.contains("--quiet");
                    assert!(is_quiet || run.stderr.contains("keypair: hint: "), "{run}");
                }
                _ => panic!("damage {kind}: {run}"),
            }
            position += 1;
        });
    }
    assert!(refused > 100 && right > 5, "{refused} {right}");
}

#[test]
fn truncated_registry_is_rejected() {
    let home = home();
    home.shell("cp whole registry; keypair import new other.pub; : > registry").success();
    for command in COMMANDS {
        let run = run(&home, command);
        assert_eq!(run.code, Some(if command == "doctor" { 1 } else { 253 }), "{run}");
        let said = format!("{}{}", run.text(), run.stderr);
        assert!(said.contains("the file has been emptied"), "{run}");
        assert!(!said.contains("sqlite3"), "{run}");
    }
    home.shell("rm registry registry-journal; keypair describe; keypair import new other.pub")
        .success();
}

#[test]
fn empty_journal_and_registry_are_accepted() {
    let home = home();
    // The first command was killed or found the disk full.
    home.shell("head -c 512 /dev/zero > registry-journal; : > registry; keypair describe")
        .success();
    home.shell("keypair import new other.pub; keypair describe new").success();
}

/// Changes a registry in the way of another program.
fn change(home: &Home, statements: &str) {
    let script = "import sqlite3, sys; c = sqlite3.connect('registry'); c.executescript(sys.argv[1]); c.commit()";
    home.launch("python").args(["-c", script, statements]).run().success();
}

#[test]
fn registry_with_changed_schema_is_rejected() {
    let home = home();
    let renamed =
        "ALTER TABLE key_pair RENAME TO other; CREATE VIEW key_pair AS SELECT * FROM other";
    for (statements, said) in [
        ("DROP TABLE tag", "missing `CREATE INDEX tag_key_value"),
        ("DROP INDEX key_pair_public_key", "missing `CREATE INDEX key_pair_public_key"),
        (renamed, "key_pair`"),
        ("CREATE VIEW extra AS SELECT 1", "unexpected view `extra`"),
        (
            "CREATE TRIGGER extra AFTER INSERT ON key_pair BEGIN DELETE FROM key_pair; END",
            "unexpected trigger `extra`",
        ),
        ("CREATE VIRTUAL TABLE extra USING fts5 (x)", "virtual table `extra`"),
        ("CREATE UNIQUE INDEX extra ON key_pair (bits, row)", "unexpected index `extra`"),
        ("CREATE INDEX extra ON key_pair (abs(bits))", "unexpected index `extra`"),
        ("CREATE INDEX extra ON tag (value) WHERE abs(position)", "unexpected index `extra`"),
        (
            "CREATE TABLE notes (key_name REFERENCES KEY_PAIR (key_name), note)",
            "the table `notes` has a foreign key",
        ),
        (
            "ALTER TABLE key_pair ADD COLUMN extra TEXT GENERATED ALWAYS AS (key_name)",
            "missing `CREATE TABLE key_pair`",
        ),
        ("PRAGMA user_version = 0", "invalid version 0"),
        ("PRAGMA user_version = -1", "invalid version -1"),
        ("PRAGMA user_version = 2", "the newest supported is 1"),
        ("PRAGMA application_id = 1", "is not a key pair registry"),
    ] {
        fs::copy(home.path("whole"), home.path("registry")).unwrap();
        change(&home, statements);
        let before = home.read("registry");
        for command in COMMANDS {
            let run = run(&home, command);
            assert_eq!(
                run.code,
                Some(if command == "doctor" { 1 } else { 253 }),
                "{statements}: {run}"
            );
            let told = format!("{}{}", run.text(), run.stderr);
            assert!(told.contains(said), "{statements}: {run}");
        }
        assert!(home.read("registry") == before, "{statements}");
    }
}

/// Some systems have an SQLite shell without `.recover`.
#[test]
fn doctor_remedy_saves_readable_rows() {
    let home = home();
    let whole = home.read("whole");
    let id = whole.windows(4).rposition(|bytes| bytes == b"key-").unwrap();
    let mut damaged = whole.clone();
    damaged[id + 5] ^= 1;
    for (name, file) in [
        ("registry", "registry"),
        (":memory:", "./:memory:"),
        ("file:r", "./file:r"),
        ("-r", "./-r"),
    ] {
        home.write(name, &damaged);
        let told = run(&home, &format!("doctor --registry-file={name}"));
        assert_eq!(told.code, Some(1), "{told}");
        let command = format!(
            "sqlite3 {file} '.clone NEW' '.open NEW' \
             'PRAGMA application_id = 1802527081; PRAGMA user_version = 1'"
        );
        assert!(told.text().contains(&command), "{command} {told}");
        assert!(told.text().contains("`keypair doctor --registry-file NEW` to check it"), "{told}");
        if home.shell("command -v sqlite3").code == Some(0) {
            home.shell(&format!("rm -f NEW; {command}")).success();
            run(&home, "describe pair-07 --registry-file NEW").success();
        }
    }
}

#[test]
fn registry_with_harmless_changes_is_accepted() {
    let home = home();
    for statements in [
        "CREATE TABLE notes (key_name UNIQUE, note); CREATE UNIQUE INDEX note ON notes (note)",
        "CREATE INDEX fast ON tag (value)",
        "ANALYZE",
        "VACUUM",
        "PRAGMA page_size = 1024; VACUUM",
        "PRAGMA journal_mode = WAL; UPDATE tag SET value = 'x' WHERE value = 'b'",
        "REINDEX",
        "DROP INDEX key_pair_created",
    ] {
        fs::copy(home.path("whole"), home.path("registry")).unwrap();
        change(&home, statements);
        let changed = home.read("registry");
        run_all(&home, &changed, |_, run| {
            assert_eq!(run.code, Some(0), "{statements}: {run}");
        });
    }
}

#[test]
fn file_of_another_format_is_rejected() {
    let home = home();
    let whole = home.read("whole");
    let mut numbers = Numbers(1);
    let mut encrypted = whole.clone();
    encrypted.iter_mut().for_each(|byte| *byte ^= u8::try_from(numbers.below(256)).unwrap());
    run_all(&home, &encrypted, |_, run| assert!([Some(1), Some(253)].contains(&run.code), "{run}"));
    // Four gigabytes of zeros, alone and after a registry.
    for beginning in [&b""[..], &whole] {
        for command in COMMANDS {
            home.write("registry", beginning);
            fs::File::options()
                .write(true)
                .open(home.path("registry"))
                .unwrap()
                .set_len(1 << 32)
                .unwrap();
            let run = run(&home, command);
            assert_eq!(run.code, Some(if command == "doctor" { 1 } else { 253 }), "{run}");
        }
    }
}

#[test]
fn hard_linked_registry_is_rejected_until_separated() {
    let home = home();
    for link in ["cp -al registry 'a backup'", "ln registry 'a backup'"] {
        home.shell("rm -f registry* 'a backup'; cp -p whole registry").success();
        home.shell(link).success();
        let before = home.read("registry");
        let mut advised = String::new();
        for name in ["registry", "'a backup'"] {
            for command in COMMANDS {
                let run = run(&home, &format!("{command} --registry-file {name}"));
                assert_eq!(run.code, Some(if command == "doctor" { 1 } else { 253 }), "{run}");
                let told = format!("{}{}", run.text(), run.stderr);
                assert!(told.contains("is one of 2 hard links to the same file"), "{run}");
                // `--quiet` suppresses hints.
                let parts = told.split('`').filter(|part| part.starts_with(['c', 'm']));
                let advice: Vec<_> = parts.filter(|part| part.contains(".copy")).collect();
                if !advice.is_empty() {
                    advised = advice.join(" && ");
                }
            }
        }
        assert_eq!(home.read("registry"), before);
        home.shell(&advised).success();
        for name in ["registry", "'a backup'"] {
            run(&home, &format!("describe own --registry-file {name}")).success();
        }
        assert_eq!(home.mode("a backup"), 0o600);
    }
}

#[test]
fn overlong_filter_is_a_usage_error() {
    let home = home();
    for (filter, code) in [("Name=key-name,Values=$long", 252), ("Name=tag:$long,Values=x", 252)] {
        let script = format!(
            "cp whole registry; long=$(head -c 60000 /dev/zero | tr '\\0' x)
             keypair describe --filters \"{filter}\""
        );
        let run = home.shell(&script).fails_with(code);
        assert!(run.stderr.contains("a filter has 6000"), "{run}");
        assert!(run.stderr.contains("the maximum is 1024"), "{run}");
        assert!(run.stderr.len() < 1000, "{run}");
    }
    let script = "cp whole registry; keypair describe --filters \"Name=key-name,Values=$(head -c 1024 /dev/zero | tr '\\0' '*')\"";
    home.shell(script).success();
}
