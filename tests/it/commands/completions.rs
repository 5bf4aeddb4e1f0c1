//! Completion in real shells on a terminal. Each test loads the script of `completions`, presses
//! keys and inspects the words of the resulting command line.
//!
//! PowerShell is not tested.

use std::time::{Duration, Instant};

use crate::support::home::Home;
use crate::support::peer;
use crate::support::pty::Terminal;

/// A shell that has loaded its script. It prints `ready> ` when it waits for input.
struct Shell {
    terminal: Terminal,
}

/// Names with characters that are special to a shell. Each begins with a unique letter.
const NAMES: [&str; 8] =
    ["alpha", "b c", "d$(touch x)", "e;f&g|h", "i'j\"k", "l*[m]{n,o}~", "p:q=r@s", "t\\u!#"];

impl Shell {
    fn bash(home: &Home) -> Self {
        home.write("rc", "PS1='ready> '\neval \"$(keypair completions bash)\"\n");
        let arguments = ["--noprofile", "--rcfile", "rc", "-i"];
        Self::start(home.launch("bash").args(arguments).env("TERM", "dumb").on_terminal())
    }

    fn zsh(home: &Home) -> Self {
        home.write(
            ".zshrc",
            "PS1='ready> '\nautoload -U compinit\ncompinit -D -u\n\
             eval \"$(keypair completions zsh)\"\n",
        );
        let folder = home.path(".");
        let launch = home.launch("zsh").args(["-i"]).env("ZDOTDIR", folder).env("TERM", "dumb");
        Self::start(launch.on_terminal())
    }

    fn fish(home: &Home) -> Self {
        home.write(
            "rc.fish",
            "function fish_prompt; echo 'ready> '; end\nkeypair completions fish | source\n",
        );
        let arguments = ["--no-config", "-i", "-C", "source rc.fish"];
        Self::start(home.launch("fish").args(arguments).env("TERM", "dumb").on_terminal())
    }

    fn start(terminal: Terminal) -> Self {
        let mut shell = Self { terminal };
        shell.terminal.expect("ready> ");
        shell
    }

    /// Presses keys. Returns the words after `keypair` on the line, as the shell passes them to a
    /// program.
    #[track_caller]
    fn words_after(&mut self, home: &Home, keys: &str) -> Vec<String> {
        std::fs::remove_file(home.path("words")).ok();
        self.terminal.press(keys);
        // Completion uses the real `keypair`. The completed line runs `tell-words`, which records
        // its arguments.
        self.terminal.press("\x01tell-words \x05\r");
        let start = Instant::now();
        while !home.path("words").exists() {
            assert!(start.elapsed() < Duration::from_secs(20), "{keys:?} ran nothing");
            std::thread::sleep(Duration::from_millis(2));
        }
        self.terminal.expect("ready> ");
        let words = String::from_utf8(home.read("words")).unwrap();
        let words = words.split_terminator('\0').skip(1);
        // zsh removes the slash after a directory unless more text follows.
        words.map(|word| word.trim_end_matches('/').to_owned()).collect()
    }
}

/// Returns a home with the names registered, and with a program `tell-words` that records its
/// arguments.
fn home() -> Home {
    let mut home = Home::new();
    let path = peer::search_path();
    let path = std::iter::once(home.path("bin")).chain(std::env::split_paths(&path));
    let path = std::env::join_paths(path).unwrap();
    home.set("PATH", path);
    home.shell(
        "mkdir bin; printf '#!/bin/sh\\nprintf \"%%s\\\\0\" \"$@\" > words.new; mv words.new words\\n' \
         > bin/tell-words; chmod +x bin/tell-words; keypair create key --type ed25519 --public-out key.pub",
    )
    .success();
    for name in NAMES {
        home.keypair(["import", name, "key.pub"]).success();
    }
    home.shell(
        "keypair import other key.pub --registry-file 'my other'; mkdir folder; touch 'file 1'",
    )
    .success();
    home
}

/// The expected completions in every shell: keys, and the resulting words.
const KEYS: [(&str, &[&str]); 13] = [
    ("keypair descri\t-\x08 al\t", &["describe", "alpha"]),
    ("keypair describe --outp\ttab\t", &["describe", "--output", "table"]),
    ("keypair describe --output=ta\t", &["describe", "--output=table"]),
    ("keypair create --type e\t", &["create", "--type", "ed25519"]),
    ("keypair verify file\t --key-name al\t", &["verify", "file 1", "--key-name", "alpha"]),
    ("keypair create --out=fil\t", &["create", "--out=file 1"]),
    ("keypair man --out-folder fo\t", &["man", "--out-folder", "folder"]),
    (
        "keypair describe --registry-file my\\ other ot\t",
        &["describe", "--registry-file", "my other", "other"],
    ),
    (
        "keypair --registry-file='my other' delete ot\t",
        &["--registry-file=my other", "delete", "other"],
    ),
    ("keypair describe --registry ec2 al\t", &["describe", "--registry", "ec2", "al"]),
    ("keypair exec -- tell-w\tfile\t", &["exec", "--", "tell-words", "file 1"]),
    ("keypair describe \"b\t", &["describe", "b c"]),
    ("keypair describe 'd\t", &["describe", "d$(touch x)"]),
];

fn completes(home: &Home, mut shell: Shell) {
    let mut wrong = String::new();
    let mut check = |keys: &str, expected: &[&str]| {
        let words = shell.words_after(home, keys);
        if words != expected {
            wrong.push_str(&format!("{keys:?} became {words:?}, not {expected:?}\n"));
        }
    };
    for (keys, expected) in KEYS {
        check(keys, expected);
    }
    for name in NAMES {
        check(&format!("keypair describe {}\t", &name[..1]), &["describe", name]);
        check(
            &format!("keypair delete-key-pair --key-name {}\t", &name[..1]),
            &["delete-key-pair", "--key-name", name],
        );
    }
    assert!(!home.path("x").exists(), "a name was executed");
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn bash_completes_commands_options_and_names() {
    let home = home();
    completes(&home, Shell::bash(&home));
}

#[test]
fn zsh_completes_commands_options_and_names() {
    let home = home();
    completes(&home, Shell::zsh(&home));
}

/// Names that a shell would expand if it completed them unquoted. Each has its own registry.
const REPLACED: [&str; 10] =
    ["~root", "~", "=sh", "%self", "#x", "{a,b}", "^x", "\\'x", "$(touch x)", "!!"];

/// fish offers names with a leading `~` only after a quote or a backslash.
fn keeps_names(home: &Home, mut shell: Shell, is_offered: fn(&str) -> bool) {
    for (number, name) in REPLACED.iter().enumerate() {
        let registry = format!("r{number}");
        home.keypair(["import", name, "key.pub", "--registry-file", &registry]).success();
        let mut expected = vec!["describe", "--registry-file", &registry];
        let keys = format!("keypair describe --registry-file {registry} ");
        if is_offered(name) {
            expected.push(name);
        }
        assert_eq!(shell.words_after(home, &format!("{keys}\t")), expected, "{name}");
    }
    assert!(!home.path("x").exists(), "a name was executed");
}

#[test]
fn bash_does_not_expand_completed_names() {
    let home = home();
    keeps_names(&home, Shell::bash(&home), |_| true);
}

#[test]
fn zsh_does_not_expand_completed_names() {
    let home = home();
    keeps_names(&home, Shell::zsh(&home), |_| true);
}

#[test]
fn fish_does_not_expand_completed_names() {
    let home = home();
    keeps_names(&home, Shell::fish(&home), |name| !name.starts_with('~'));
    let mut shell = Shell::fish(&home);
    let keys = "keypair describe --registry-file r0 '~\t";
    let expected = ["describe", "--registry-file", "r0", "~root"];
    assert_eq!(shell.words_after(&home, keys), expected);
}

/// fish prints its completions without a terminal.
#[test]
fn fish_completes_commands_options_and_names() {
    let home = home();
    let offered = |line: &str| {
        let script = "keypair completions fish | source; complete --do-complete $argv[1]";
        let run =
            home.launch("fish").args(["--no-config", "-c", script, "--", line]).run().success();
        let texts = run.text().lines().map(|line| line.split('\t').next().unwrap().to_owned());
        texts.collect::<Vec<_>>()
    };
    assert_eq!(offered("keypair desc"), ["describe", "describe-key-pairs"]);
    assert_eq!(offered("keypair describe --outp"), ["--output"]);
    assert_eq!(offered("keypair describe --output=ta"), ["--output=table"]);
    assert_eq!(offered("keypair create --type "), ["ed25519", "rsa"]);
    assert_eq!(offered("keypair describe --registry ec2 "), [""; 0]);
    assert_eq!(offered("keypair describe --registry-file 'my other' "), ["other"]);
    assert_eq!(offered("keypair verify fil"), ["file 1"]);
    assert_eq!(offered("keypair verify --passphrase-file=fil"), ["--passphrase-file=file 1"]);
    assert_eq!(offered("keypair man --out-folder fo"), ["folder/"]);
    assert!(offered("keypair exec -- tell-w").contains(&"tell-words".to_owned()));
    for name in NAMES {
        assert_eq!(offered(&format!("keypair describe {}", &name[..1])), [name]);
    }
    assert_eq!(offered("keypair describe \"b "), ["b c"]);
    assert_eq!(offered("keypair describe b\\ "), ["b c"]);
}

#[test]
fn completion_with_unusable_registry_is_silent() {
    let mut home = Home::new();
    home.set("KEYPAIR_REGISTRY_FILE", "registry");
    let silent = |home: &Home, words: &str| {
        let run = home.shell(&format!("keypair complete zsh {words}")).success();
        assert_eq!((run.text(), run.stderr.as_str()), ("words\n", ""), "{words}");
    };
    silent(&home, "= describe");
    assert!(home.files().is_empty());
    home.write("registry", "not a registry");
    silent(&home, "= describe");
    home.shell("mkfifo pipe").success();
    silent(&home, "= describe --registry-file pipe");
    silent(&home, "= describe --registry-file folder/that/is/not/there");
    // Errors that stop other commands do not stop this one.
    home.set("KEYPAIR_REGISTRY", "nonsense");
    home.set("AWS_DEFAULT_OUTPUT", "nonsense");
    silent(&home, "= describe");
    assert!(
        home.keypair(["completions", "zsh"]).success().text().starts_with("#compdef keypair\n")
    );
    home.shell("env -u HOME -u XDG_DATA_HOME keypair completions powershell").success();
    home.shell("keypair completions bash | true").success();
}
