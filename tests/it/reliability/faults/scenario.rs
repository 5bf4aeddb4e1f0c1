//! An initial state, a command, and the valid final states.

use std::fs;
use std::path::PathBuf;

use super::state::Half::{Gone, New, Old};
use super::state::{Halves, State};
use crate::support::home::Home;
use crate::support::run::Run;

/// A command with its initial state and its valid final states.
pub(super) struct Scenario {
    /// Shell commands that create the initial state.
    pub(super) before: &'static str,
    pub(super) words: &'static [&'static str],
    pub(super) fates: &'static [Fate],
    /// The next step repeats the command, instead of [`Prepared::go_on`] for each pair.
    pub(super) is_repeated: bool,
}

/// The valid results for a pair.
pub(super) struct Fate {
    pub(super) name: &'static str,
    pub(super) file: Option<&'static str>,
    pub(super) before: Halves,
    /// After a kill.
    pub(super) between: &'static [Halves],
    /// After success.
    pub(super) after: Halves,
}

/// A pair that is created without an existing file.
const fn made(name: &'static str, file: &'static str) -> Fate {
    let between = &[(Gone, New)];
    Fate { name, file: Some(file), before: (Gone, Gone), between, after: (New, New) }
}

pub(super) const CREATE: Scenario = Scenario {
    before: "keypair create seed --type ed25519",
    words: &["create", "a", "--type", "ed25519", "--tag", "k=v"],
    fates: &[made("a", "a.pem")],
    is_repeated: false,
};

pub(super) const CREATE_RSA: Scenario =
    Scenario { words: &["create", "a", "--public-out", "a.pub"], ..CREATE };

/// Neither the registry nor its directory exists.
pub(super) const FIRST: Scenario = Scenario { before: ":", ..CREATE };

pub(super) const SERIES: Scenario = Scenario {
    words: &["create", "s", "--count", "3", "--type", "ed25519", "--output", "jsonl"],
    fates: &[made("s-1", "s-1.pem"), made("s-2", "s-2.pem"), made("s-3", "s-3.pem")],
    ..CREATE
};

/// More pairs than the batch size for syncing files.
pub(super) const LONG_SERIES: Scenario = Scenario {
    words: &["create", "s", "--count", "9", "--type", "ed25519", "--output", "jsonl"],
    fates: &[made("s-1", "s-1.pem"), made("s-9", "s-9.pem")],
    ..CREATE
};

pub(super) const FORCE: Scenario = Scenario {
    before: "keypair create a --type ed25519; keypair delete a",
    words: &["create", "a", "--type", "ed25519", "--force"],
    fates: &[Fate {
        name: "a",
        file: Some("a.pem"),
        before: (Gone, Old),
        between: &[(Gone, New)],
        after: (New, New),
    }],
    is_repeated: false,
};

/// The file belongs to another pair.
pub(super) const FORCE_OVER_PAIR: Scenario = Scenario {
    before: "keypair create old --type ed25519 --out a.pem",
    fates: &[
        Fate {
            name: "a",
            file: Some("a.pem"),
            before: (Gone, Old),
            between: &[(Gone, New)],
            after: (New, New),
        },
        Fate { name: "old", file: None, before: (Old, Gone), between: &[], after: (Old, Gone) },
    ],
    ..FORCE
};

pub(super) const FORCE_OVER_NOTHING: Scenario = Scenario {
    before: "keypair create seed --type ed25519",
    fates: &[made("a", "a.pem")],
    ..FORCE
};

pub(super) const IMPORT: Scenario = Scenario {
    before: "keypair create seed --type ed25519 --public-out i.pub",
    words: &["import", "i", "i.pub"],
    fates: &[Fate {
        name: "i",
        file: None,
        before: (Gone, Gone),
        between: &[],
        after: (New, Gone),
    }],
    is_repeated: false,
};

pub(super) const DELETE: Scenario = Scenario {
    before: "keypair create a --type ed25519; keypair create b --type ed25519",
    words: &["delete", "a"],
    fates: &[
        Fate {
            name: "a",
            file: Some("a.pem"),
            before: (Old, Old),
            between: &[],
            after: (Gone, Old),
        },
        Fate {
            name: "b",
            file: Some("b.pem"),
            before: (Old, Old),
            between: &[],
            after: (Old, Old),
        },
    ],
    is_repeated: false,
};

pub(super) const DELETE_WITH_FILE: Scenario = Scenario {
    words: &["delete", "a", "--private-key-file", "a.pem"],
    fates: &[Fate {
        name: "a",
        file: Some("a.pem"),
        before: (Old, Old),
        between: &[(Gone, Old)],
        after: (Gone, Gone),
    }],
    ..DELETE
};

pub(super) const CONVERT: Scenario = Scenario {
    before: "keypair create a --type ed25519; keypair create b --type ed25519; keypair delete b",
    words: &["convert", "a.pem", "--format", "ppk", "--out", "b.pem", "--force"],
    fates: &[
        Fate {
            name: "b",
            file: Some("b.pem"),
            before: (Gone, Old),
            between: &[],
            after: (Gone, New),
        },
        Fate {
            name: "a",
            file: Some("a.pem"),
            before: (Old, Old),
            between: &[],
            after: (Old, Old),
        },
    ],
    is_repeated: true,
};

pub(super) const PRUNE: Scenario = Scenario {
    before: "keypair create a --type ed25519 --ttl 1s; keypair create b --type ed25519; sleep 2",
    words: &["prune", "--expired", "--delete"],
    fates: DELETE.fates,
    is_repeated: true,
};

/// A process was killed between its first write to the registry file and the commit of its journal.
/// The next process has to roll back first, and may be killed as well.
pub(super) const HOT_JOURNAL: Scenario = Scenario {
    before: "keypair create seed --type ed25519; keypair create h --type ed25519; keypair delete h
             strace -qq -o trace -e trace=fdatasync -e inject=fdatasync:signal=KILL:when=3 \
                keypair create h --type ed25519 --force > /dev/null
             rm trace h.pem
             rm -f .keypair-*
             head -c 8 $XDG_DATA_HOME/keypair/registry.sqlite3-journal | od -An -tx1 | grep -q 'd9 d5 05 f9'",
    ..CREATE
};

/// The message of a failure that changed something.
const KNOWN: [&str; 8] = [
    "hint: 9 of 9 pairs are registered",
    "everything was done, but the response could not be written",
    "` is registered, its private key is in",
    "` is registered, but",
    "could not confirm that ",
    "the registration was deleted, the private key file was not",
    "the registration and the private key file were deleted, but",
    "the outcome of the request is unknown",
];

/// The initial state of a scenario, to be copied for each run.
pub(super) struct Prepared {
    pub(super) scenario: &'static Scenario,
    template: Home,
    before: State,
}

impl Prepared {
    #[track_caller]
    pub(super) fn new(scenario: &'static Scenario) -> Self {
        let template = Home::new();
        template.shell(&format!("{{ {}\n}} > /dev/null", scenario.before)).success();
        // Opening the registry can change the state, for example the journal.
        let before = State::of(&copy(&template)).unwrap();
        Self { scenario, template, before }
    }

    /// Returns a home with a copy of the initial state.
    pub(super) fn home(&self) -> Home {
        copy(&self.template)
    }

    /// Checks the state after a run: the initial or the final state, or after a kill one in
    /// between.
    pub(super) fn check(&self, home: &Home, run: &Run) -> Result<State, String> {
        let state = State::of(home)?;
        let is_killed = run.signal == Some(9);
        // An acknowledged result must persist, even if the process was killed later.
        let is_done = run.code == Some(0) || is_killed && run.stdout.ends_with(b"}\n");
        // A failure that changed something reports it.
        let is_told = KNOWN.iter().any(|told| run.stderr.contains(told));
        let mut before_and_after = [0; 2];
        for fate in self.scenario.fates {
            let found = state.halves(&self.before, fate.name, fate.file)?;
            let is_before = found == fate.before;
            let is_after = found == fate.after;
            let is_between = fate.between.contains(&found);
            let is_right = if is_done {
                is_after
            } else {
                is_before || (is_killed || is_told) && (is_after || is_between)
            };
            if !is_right {
                return Err(format!("{}: {found:?} after {run}", fate.name));
            }
            if fate.before.0 != fate.after.0 {
                before_and_after[0] += usize::from(found.0 == fate.before.0);
                before_and_after[1] += usize::from(found.0 == fate.after.0);
            }
        }
        if !before_and_after.contains(&0) {
            return Err(format!("some of them are registered, after {run}"));
        }
        if !is_killed && !state.temporary.is_empty() {
            return Err(format!("{:?} is there after {run}", state.temporary));
        }
        Ok(state)
    }

    /// Returns whether a message names its object.
    pub(super) fn names_an_object(&self, said: &str) -> bool {
        let files = self.scenario.fates.iter().filter_map(|fate| fate.file);
        let names = self.scenario.fates.iter().map(|fate| fate.name);
        let others = [".pem", "registry.sqlite3", "examine .:", "sync .:", "the answer"];
        let is_named = files.chain(names).chain(others).any(|name| said.contains(name));
        said.lines().any(|line| line.starts_with("keypair: error: ")) && is_named
    }

    /// Executes the next steps of a user, which must succeed and leave no stale files.
    pub(super) fn go_on(&self, home: &Home, state: &State) -> Result<(), String> {
        let Scenario { words, fates, is_repeated, .. } = self.scenario;
        if *is_repeated {
            succeeds(home, words)?;
        }
        for Fate { name, file, .. } in fates.iter().filter(|_| !is_repeated) {
            let Some(file) = file else { continue };
            let create = ["create", name, "--type", "ed25519", "--out", file];
            match state.halves(&self.before, name, Some(file))? {
                (Gone, Gone) => succeeds(home, &create)?,
                (Gone, _) => {
                    home.keypair(create).fails_with(4);
                    succeeds(home, &[&create[..], &["--force"]].concat())?;
                }
                _ => succeeds(home, &["delete", name, "--private-key-file", file])?,
            }
        }
        let mut entries = fs::read_dir(home.path(".")).unwrap().map(|entry| entry.unwrap().path());
        let is_temporary = |path: &PathBuf| path.file_name().unwrap().as_encoded_bytes()[0] == b'.';
        match entries.find(is_temporary) {
            Some(left) => Err(format!("{} outlives the next command", left.display())),
            None => Ok(()),
        }
    }

    /// Returns whether a state equals the initial state.
    pub(super) fn is_unchanged(&self, state: &State) -> bool {
        *state == self.before
    }
}

fn succeeds(home: &Home, words: &[&str]) -> Result<(), String> {
    let run = home.keypair(words);
    if run.code == Some(0) { Ok(()) } else { Err(format!("the next command fails: {run}")) }
}

#[track_caller]
fn copy(template: &Home) -> Home {
    let home = Home::new();
    let (from, to) = (template.path("../."), home.path(".."));
    home.launch("cp").args(["-a".as_ref(), from.as_os_str(), to.as_os_str()]).run().success();
    home
}
