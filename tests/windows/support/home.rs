//! A separate user profile, working directory and environment for each test.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf, absolute};

use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use super::run::{Launch, Run, words};

/// A temporary directory with `user`, the profile, `tmp`, and `work`, the working directory of
/// programs. Dropping it removes the directory.
pub(crate) struct Home {
    folder: TempDir,
    environment: Vec<(String, OsString)>,
}

/// Variables that programs of Windows need.
const SYSTEM_VARIABLES: [&str; 4] = ["SystemRoot", "PATH", "PATHEXT", "ComSpec"];

impl Home {
    /// Creates the directories and a clean environment.
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("keypair-test-").tempdir().unwrap();
        let mut home = Self { folder, environment: Vec::new() };
        for name in SYSTEM_VARIABLES {
            if let Some(value) = std::env::var_os(name) {
                home.set(name, value);
            }
        }
        home.set("COMPUTERNAME", "TESTING");
        for (name, folder) in [
            ("USERPROFILE", "user"),
            ("LOCALAPPDATA", r"user\AppData\Local"),
            ("TEMP", "tmp"),
            ("TMP", "tmp"),
        ] {
            home.set(name, home.folder.path().join(folder));
        }
        for folder in [r"user\AppData\Local", "tmp", "work"] {
            fs::create_dir_all(home.folder.path().join(folder)).unwrap();
        }
        home
    }

    /// Sets an environment variable for all later programs.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.environment.push((name.to_owned(), value.into()));
    }

    /// Runs `keypair` with the words of a line as arguments.
    #[track_caller]
    pub(crate) fn keypair(&self, line: &str) -> Run {
        self.launch(line).run()
    }

    /// Runs `keypair` with these arguments.
    #[track_caller]
    pub(crate) fn keypair_with(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run {
        self.launch("").args(args).run()
    }

    /// Prepares a run of `keypair` with the words of a line as arguments.
    pub(crate) fn launch(&self, line: &str) -> Launch {
        self.launch_program(program()).args(words(line))
    }

    /// Prepares a run of another program.
    pub(crate) fn launch_program(&self, program: impl AsRef<OsStr>) -> Launch {
        let launch = Launch::new(program).folder(&self.path("."));
        self.environment.iter().fold(launch, |launch, (name, value)| launch.env(name, value))
    }

    /// Returns the path of a file in the working directory.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        // Windows paths contain no `.`.
        absolute(self.folder.path().join("work").join(name)).unwrap()
    }

    #[track_caller]
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Returns the sorted names in a directory.
    #[track_caller]
    pub(crate) fn names_in(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Returns the default path of the registry.
    pub(crate) fn registry(&self) -> PathBuf {
        self.path(r"..\user\AppData\Local\keypair\registry.sqlite3")
    }

    /// Returns the registered pairs.
    #[track_caller]
    pub(crate) fn pairs(&self) -> Vec<Value> {
        let described = self.keypair("describe --include-public-key").success().json();
        described["KeyPairs"].as_array().unwrap().clone()
    }

    /// Returns the sorted names of the registered pairs.
    #[track_caller]
    pub(crate) fn registered(&self) -> Vec<String> {
        let pairs = self.pairs();
        let mut names: Vec<_> =
            pairs.iter().map(|pair| pair["KeyName"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }
}

/// Returns the path of the program just built.
fn program() -> PathBuf {
    absolute(env!("CARGO_BIN_EXE_keypair")).unwrap()
}

/// Returns the path of a test vector.
pub(crate) fn vector(name: &str) -> PathBuf {
    absolute(env!("CARGO_MANIFEST_DIR")).unwrap().join(r"tests\vectors").join(name)
}

/// Fails the test unless the registry passes SQLite's integrity check.
#[track_caller]
pub(crate) fn assert_intact(registry: &Path) {
    let connection = Connection::open(registry).unwrap();
    let result: String =
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(result, "ok");
}

#[test]
fn programs_get_clean_environment() {
    let mut home = Home::new();
    home.set("SET_HERE", "5");
    let run = home.launch_program("cmd").args(["/c", "set"]).run().success();
    let has = |line: &str| run.text().lines().any(|found| found.trim_end() == line);
    assert!(has("SET_HERE=5") && has(&format!("TEMP={}", home.path(r"..\tmp").display())), "{run}");
    assert!(!run.text().contains("CARGO"), "{run}");
    assert_eq!(home.keypair("--version").success().text().trim_start_matches("keypair "), {
        concat!(env!("CARGO_PKG_VERSION"), "\n")
    });
}
