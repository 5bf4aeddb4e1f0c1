//! A home with stand-ins for programs.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use crate::support::home::Home;
use crate::support::peer;

/// A home with a `PATH` that begins with stand-ins for programs. They record their arguments in
/// the file `said`.
pub(super) struct Lab {
    pub(super) home: Home,
    path: OsString,
}

impl Lab {
    pub(super) fn new(programs: &[&str]) -> Self {
        let mut home = Home::new();
        let bin = home.path("../bin");
        fs::create_dir(&bin).unwrap();
        let said = home.path("../said");
        for program in programs {
            // An empty argument ends each record.
            let words = format!("printf '%s\\0' {program} \"$@\" '' >> '{}'", said.display());
            fs::write(bin.join(program), format!("#!/bin/sh\n{words}\n")).unwrap();
            fs::set_permissions(bin.join(program), fs::Permissions::from_mode(0o755)).unwrap();
        }
        home.set("TERM", "dumb");
        let options = "setopt rcquotes extendedglob magicequalsubst";
        home.write("../home/.zshrc", format!("PS1='ready> '\n{options}\n"));
        home.write("../home/.bashrc", "PS1='ready> '\nshopt -s extglob\n");
        let path = peer::search_path();
        let path = [bin].into_iter().chain(std::env::split_paths(&path));
        Self { home, path: std::env::join_paths(path).unwrap() }
    }

    /// Runs a command in a shell, as a script.
    pub(super) fn script(&self, shell: &str, command: &str) {
        let launch = self.home.launch(shell).env("PATH", &self.path);
        let launch = if shell == "fish" { launch.args(["--no-config"]) } else { launch };
        launch.args(["-c", command]).run();
    }

    /// Types commands in a shell on a terminal. Each command runs a stand-in.
    #[track_caller]
    pub(super) fn type_in(&self, shell: &str, commands: &[String]) {
        let launch = self.home.launch(shell).env("PATH", &self.path).env("PS1", "ready> ");
        let launch = match shell {
            "fish" => {
                let prompt = "function fish_prompt; echo 'ready> '; end";
                launch.args(["--no-config", "-i", "-C", prompt])
            }
            _ => launch.args(["-i"]),
        };
        let mut terminal = launch.on_terminal();
        terminal.expect("ready> ");
        for (number, command) in commands.iter().enumerate() {
            terminal.type_line(command);
            let start = Instant::now();
            while self.count() <= number {
                assert!(start.elapsed() < Duration::from_secs(20), "{shell} did not run {command}");
                std::thread::sleep(Duration::from_millis(1));
            }
            terminal.expect("ready> ");
        }
    }

    fn count(&self) -> usize {
        let said = fs::read(self.home.path("../said")).unwrap_or_default();
        said.windows(2).filter(|pair| pair == b"\0\0").count()
    }

    /// Returns the arguments of the stand-ins that ran since the last call.
    pub(super) fn said(&self) -> BTreeSet<Vec<OsString>> {
        let said = fs::read(self.home.path("../said")).unwrap_or_default();
        fs::write(self.home.path("../said"), "").unwrap();
        let words = said.split(|&byte| byte == 0).map(|word| OsString::from_vec(word.to_vec()));
        let words: Vec<_> = words.collect();
        let runs = words.split(|word| word.is_empty()).map(<[_]>::to_vec);
        runs.filter(|run| !run.is_empty()).collect()
    }

    #[track_caller]
    pub(super) fn assert_unharmed(&self) {
        let files = self.home.files();
        let pwned = files.iter().find(|file| file.file_name() == Some(OsStr::new("pwned")));
        assert_eq!(pwned, None, "a name was executed");
    }
}
