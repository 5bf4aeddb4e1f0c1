//! Traces and manipulates a run with strace(1).

use std::collections::BTreeMap;
use std::fs;

use crate::support::home::Home;
use crate::support::run::Run;

/// The calls that change something or wait for the disk. Some are older names that a C library
/// uses. The last one ends a process.
const CALLS: &str = "chmod,copy_file_range,exit_group,fchmod,fchmodat,fdatasync,flock,fsync,ftruncate,link,linkat,mkdir,\
                     mkdirat,open,openat,pwrite64,rename,renameat,renameat2,rmdir,symlinkat,syncfs,unlink,\
                     unlinkat,write,writev";

/// The nth call of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) number: usize,
    /// The call in the output of strace.
    pub(super) line: String,
}

impl Call {
    /// Returns whether SQLite made the call. SQLite treats an interrupted fsync as a failure.
    pub(super) fn is_of_database(&self) -> bool {
        self.name == "fdatasync"
    }
}

/// Runs `keypair` to its end. Returns the calls that affect stored data.
#[track_caller]
pub(super) fn calls(home: &Home, words: &[&str]) -> Vec<Call> {
    calls_of(home, CALLS, words)
}

/// Like [`calls`], for calls of other names.
#[track_caller]
pub(super) fn calls_of(home: &Home, names: &str, words: &[&str]) -> Vec<Call> {
    let trace = home.path("../trace");
    let options = ["-qq", "-s", "0", "-e", "signal=none", "-o", trace.to_str().unwrap()];
    let calls = format!("trace={names}");
    let command = ["-e", &calls, "keypair"];
    home.launch("strace").args(options).args(command).args(words).run().success();
    let text = fs::read_to_string(&trace).unwrap();
    fs::remove_file(trace).unwrap();
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut calls = Vec::new();
    for line in text.lines() {
        let name = line.split('(').next().unwrap();
        let number = numbers.entry(name).or_default();
        *number += 1;
        // Files that every program opens at its start.
        let is_of_system = ["\"/etc/", "\"/lib", "\"/usr/", "\"/proc/self/maps", "\"/dev/"];
        if !(name.starts_with("open") && is_of_system.iter().any(|path| line.contains(path))) {
            calls.push(Call { name: name.to_owned(), number: *number, line: line.to_owned() });
        }
    }
    calls
}

/// Runs `keypair` with a fault in one of its calls: `signal=KILL`, `error=EIO` or `delay_enter=…`.
#[track_caller]
pub(super) fn inject(home: &Home, call: &Call, what: &str, words: &[&str]) -> Run {
    let Call { name, number, line: _ } = call;
    let (trace, inject) = (format!("trace={name}"), format!("inject={name}:{what}:when={number}"));
    let options = ["-qq", "-e", "signal=none", "-o", "/dev/null", "-e", &trace, "-e", &inject];
    home.launch("strace").args(options).args(["keypair"]).args(words).run()
}
