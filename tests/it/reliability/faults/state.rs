//! The state of a home: registrations, private key files, and stale files.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use keypair::format::{self, openssh};
use rusqlite::Connection;

use crate::support::home::Home;

/// The public key of each name and of each file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    registered: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
    pub(super) temporary: Vec<String>,
}

/// The change of a registration or file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    /// It does not exist.
    Gone,
    /// It is unchanged.
    Old,
    /// It is different.
    New,
}

/// The change of a registration and of its private key file.
pub(super) type Halves = (Half, Half);

impl State {
    /// Reads the state, or returns a description of an invalid one. Runs `keypair` first, which
    /// completes the recovery.
    pub(super) fn of(home: &Home) -> Result<Self, String> {
        let mut state = Self::default();
        let words = ["describe", "--include-public-key", "--output", "json"];
        let run = home.keypair(words);
        if run.code != Some(0) {
            return Err(format!("the next command fails: {run}"));
        }
        for pair in run.json()["KeyPairs"].as_array().unwrap() {
            let line = pair["PublicKey"].as_str().unwrap();
            let bare: Vec<_> = line.split(' ').take(2).collect();
            state.registered.insert(pair["KeyName"].as_str().unwrap().to_owned(), bare.join(" "));
        }
        state.add_files(home)?;
        check_registry(home)?;
        Ok(state)
    }

    /// Returns the registered names, sorted.
    pub(super) fn names(&self) -> Vec<&str> {
        self.registered.keys().map(String::as_str).collect()
    }

    fn add_files(&mut self, home: &Home) -> Result<(), String> {
        for entry in fs::read_dir(home.path(".")).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let is_public = name.ends_with(".pub");
            let mode = entry.metadata().unwrap().permissions().mode() & 0o7777;
            if !is_public && mode != 0o400 {
                return Err(format!("{name} has mode {mode:o}"));
            }
            if name.starts_with('.') {
                self.temporary.push(name);
            } else if !is_public {
                let file = format::read_private(&fs::read(entry.path()).unwrap(), None);
                let file = file.map_err(|error| format!("{name} is no whole key: {error}"))?;
                self.files.insert(name, openssh::bare_public_line(&file.key.public()));
            }
        }
        Ok(())
    }

    /// Returns the change of a pair since `before`, or a description of an invalid one.
    pub(super) fn halves(
        &self,
        before: &Self,
        name: &str,
        file: Option<&str>,
    ) -> Result<Halves, String> {
        let half = |now: Option<&String>, before: Option<&String>| match (now, before) {
            (None, _) => Half::Gone,
            (now, before) if now == before => Half::Old,
            _ => Half::New,
        };
        let registered = self.registered.get(name);
        let in_file = file.and_then(|file| self.files.get(file));
        if file.is_some() && registered.is_some() && registered != in_file {
            return Err(format!("{name} is registered, and its private key is not there"));
        }
        let before_in_file = file.and_then(|file| before.files.get(file));
        Ok((half(registered, before.registered.get(name)), half(in_file, before_in_file)))
    }
}

/// Checks the integrity with SQLite, and the permissions of the files.
fn check_registry(home: &Home) -> Result<(), String> {
    let folder = home.path("../home/.local/share/keypair");
    let Ok(entries) = fs::read_dir(&folder) else { return Ok(()) };
    let mode = |path: &PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    // A new directory has the mode of the umask until the next call, and a umask only removes
    // permissions.
    if mode(&folder) & 0o077 != 0 {
        return Err(format!("the registry's folder has mode {:o}", mode(&folder)));
    }
    for path in entries.map(|entry| entry.unwrap().path()) {
        if mode(&path) & 0o177 != 0 {
            return Err(format!("{} has mode {:o}", path.display(), mode(&path)));
        }
    }
    let registry = folder.join("registry.sqlite3");
    if !registry.exists() {
        return Ok(());
    }
    let connection = Connection::open(registry).unwrap();
    let found: String =
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    if found != "ok" {
        return Err(format!("the registry is damaged: {found}"));
    }
    Ok(())
}
