//! Scripts after those that people have. `aws` is a link to `keypair` there.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::mask::masked;
use crate::support::home::Home;
use crate::support::moto::Account;
use crate::support::peer;

/// The local registry has no Parameter Store and one namespace for all regions.
const ONLY_ON_EC2: [&str; 2] = ["functions", "parameter-store"];

/// The effects of a script: exit status, stdout, and the permissions and contents of its files.
#[derive(Debug, PartialEq)]
struct Outcome {
    exit: i64,
    stdout: String,
    files: BTreeMap<String, (String, String)>,
}

impl Outcome {
    fn of_record(record: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let files = record["files"].as_object().unwrap().iter();
        Self {
            exit: record["exit"].as_i64().unwrap(),
            stdout: text(&record["stdout"]),
            files: files
                .map(|(path, facts)| (path.clone(), (text(&facts[0]), text(&facts[1]))))
                .collect(),
        }
    }

    /// Runs a script.
    fn of_script(home: &mut Home, path: &Path) -> (Self, String) {
        home.set("COLUMNS", "80");
        let bin = home.path("../tmp/bin");
        fs::create_dir(&bin).unwrap();
        symlink(peer::find("keypair"), bin.join("aws")).unwrap();
        symlink(peer::find("aws"), bin.join("version1")).unwrap();
        let path_of_programs = env::split_paths(&peer::search_path()).collect::<Vec<_>>();
        let path_of_programs: OsString =
            env::join_paths([bin].into_iter().chain(path_of_programs)).unwrap();
        home.set("PATH", path_of_programs);
        let run = home.launch("bash").args([path]).run();
        let mut files = BTreeMap::new();
        for file in home.files() {
            if let Ok(name) = file.strip_prefix("work") {
                let name = name.to_str().unwrap().to_owned();
                let contents = String::from_utf8_lossy(&home.read(&name)).into_owned();
                files.insert(name.clone(), (format!("{:o}", home.mode(&name)), shown(&contents)));
            }
        }
        let exit = run.code.map(i64::from).unwrap();
        (Self { exit, stdout: shown(run.text()), files }, run.stderr)
    }
}

/// Replaces what differs between two runs, also private keys and the two forms of fingerprints of
/// ED25519 keys.
fn shown(text: &str) -> String {
    const BEGIN: &str = "-----BEGIN ";
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, key)) = rest.split_once(BEGIN) {
        let (_, after) = key.split_once("-----END ").unwrap_or((key, ""));
        let (_, after) = after.split_once("-----").unwrap_or((after, ""));
        shown.push_str(before);
        shown.push_str("PRIVATEKEY\n");
        rest = after;
        while let Some(after) = rest.strip_prefix('\n').or_else(|| rest.strip_prefix("\\n")) {
            rest = after;
        }
    }
    shown.push_str(rest);
    let text = masked(&shown).replace(&["ff"; 32].join(":"), FINGERPRINT);
    let is_digest = |word: &str| {
        word.len() == 44
            && word.strip_suffix('=').is_some_and(|digits| {
                digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
            })
    };
    let pieces = text.split_inclusive(['"', '\t', '\n', ' ']).map(|piece| {
        let word = piece.trim_end_matches(['"', '\t', '\n', ' ']);
        if is_digest(word) { piece.replace(word, FINGERPRINT) } else { piece.to_owned() }
    });
    pieces.collect()
}

const FINGERPRINT: &str = "FINGERPRINT=";

fn check(home: &mut Home, name: &str, expected: &Outcome) -> Option<String> {
    let (found, stderr) = Outcome::of_script(home, &folder().join(format!("{name}.sh")));
    (found != *expected)
        .then(|| format!("{name}: expected\n{expected:#?}\nfound\n{found:#?}\n{stderr}"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/aws-cli-v2/scripts")
}

fn records() -> Vec<(String, Outcome)> {
    let records = fs::read(folder().join("records.json")).unwrap();
    let records: serde_json::Map<String, Value> = serde_json::from_slice(&records).unwrap();
    let files = fs::read_dir(folder()).unwrap().count();
    assert_eq!(records.len(), files - 1, "each script has a record");
    records.iter().map(|(name, record)| (name.clone(), Outcome::of_record(record))).collect()
}

#[test]
fn scripts_on_ec2_do_as_version_2() {
    let wrong = records().into_iter().filter_map(|(name, expected)| {
        let mut account = Account::new();
        check(account.home_mut(), &name, &expected)
    });
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn scripts_on_local_registry_do_as_version_2() {
    let wrong = records().into_iter().filter(|(name, _)| !ONLY_ON_EC2.contains(&&**name));
    let wrong = wrong.filter_map(|(name, expected)| {
        let mut home = Home::new();
        home.set("KEYPAIR_REGISTRY", "local");
        check(&mut home, &name, &expected)
    });
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
