//! Searches the memory and registers of `exec` while its command runs.

use crate::support::home::Home;
use crate::support::peer;

const SEARCH: &str = include_str!("search_memory.py");

/// Runs `exec` with a command that prepares something and then, as root, searches `exec` for the
/// private key. Returns the output of the search.
#[track_caller]
fn search(options: &str, preparation: &str) -> Vec<String> {
    let mut home = Home::new();
    home.write("search.py", SEARCH);
    home.set("PYTHON", peer::find("python"));
    let script = format!(
        "root=; [ $(id -u) = 0 ] || root='sudo -n'; export root
         keypair exec {options} -- sh -c '
             {preparation}
             $root $PYTHON search.py $PPID \"$KEYPAIR_PUBLIC_KEY_FILE\" $KEYPAIR_PRIVATE_KEY_FILE'"
    );
    let run = home.shell(&script).success();
    run.text().lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Asserts that the key exists exactly once, in locked memory.
#[track_caller]
fn assert_locked_once(found: &[String]) {
    let (locked, elsewhere): (Vec<&str>, Vec<&str>) =
        found.iter().map(String::as_str).partition(|line| line.starts_with("locked"));
    assert_eq!(elsewhere, [""; 0]);
    assert_eq!(locked.iter().filter(|line| **line == "locked").count(), 1, "{locked:?}");
}

/// The key is in the file. The process that generated it keeps no copy.
#[test]
fn exec_keeps_no_key_in_memory() {
    for options in ["--type ed25519", "--type rsa"] {
        for _ in 0..2 {
            assert_eq!(search(options, ""), [""; 0], "{options}");
        }
    }
}

#[test]
fn exec_agent_keeps_one_locked_key() {
    for options in ["--type ed25519", "--type rsa"] {
        for _ in 0..2 {
            assert_locked_once(&search(&format!("--agent {options}"), ""));
        }
    }
}

#[test]
fn exec_agent_signing_leaves_no_copies() {
    for options in ["--type ed25519", "--type rsa"] {
        let sign = "for time in 1 2 3; do
                 echo data | ssh-keygen -q -Y sign -f \"$KEYPAIR_PUBLIC_KEY_FILE\" -n file > signature
                 grep -q SIGNATURE signature || exit 9
             done";
        assert_locked_once(&search(&format!("--agent {options}"), sign));
    }
}

/// A control: the search finds the key of a process that keeps one.
#[test]
fn search_finds_key_in_another_process() {
    let mut home = Home::new();
    home.write("search.py", SEARCH);
    home.set("PYTHON", peer::find("python"));
    let script = "
        root=; [ $(id -u) = 0 ] || root='sudo -n'
        for type in ed25519 rsa; do
            if [ $type = rsa ]; then ssh-keygen -q -t rsa -m PEM -N '' -f $type
            else ssh-keygen -q -t ed25519 -N '' -f $type; fi
            mkfifo hold.$type
            \"$PYTHON\" -c 'import sys
kept = open(sys.argv[1], \"rb\").read()
print(open(sys.argv[2]).read())' $type hold.$type & holder=$!
            exec 3> hold.$type
            sleep 0.5
            $root \"$PYTHON\" search.py $holder $type.pub $type
            exec 3>&-
            wait
        done";
    let run = home.shell(script).success();
    for start in ["base64 of the seed in ", "base64 of p in "] {
        assert!(run.text().lines().any(|line| line.starts_with(start)), "{run}");
    }
}
