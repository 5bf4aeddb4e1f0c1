//! Leaks of secrets to other processes, to disk and to child processes.

use crate::support::home::Home;
use crate::support::run::Launch;

/// Ends a process in the ways that write a core dump, while it waits with a secret in memory.
/// Prints whether a core dump was written.
const CRASH: &str = r#"
import os, resource, signal, subprocess, sys, time
hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
key = open("key", "rb").read()
def crash(number, *words):
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdin.write(key)
    process.stdin.flush()
    time.sleep(0.2)
    ended = 0
    while not ended:
        # Rust handles the first SIGSEGV and passes on the next one.
        os.kill(process.pid, number)
        time.sleep(0.02)
        ended, status = os.waitpid(process.pid, os.WNOHANG)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == number, (words, status)
    return os.WCOREDUMP(status)
for number in [signal.SIGABRT, signal.SIGQUIT, signal.SIGSEGV, signal.SIGILL, signal.SIGSYS]:
    assert crash(number, "cat"), "this system writes no core dumps (core(5)), so the test proves nothing"
    for words in [["fingerprint", "-"], ["convert", "-", "--out", "x"], ["verify", "-"], ["import", "k", "-"]]:
        assert not crash(number, "keypair", *words), words
print(sorted(name for name in os.listdir() if "core" in name and open(name, "rb").read().find(key[40:80]) >= 0))
"#;

#[test]
fn crash_writes_no_core_dump() {
    let home = Home::new();
    home.shell(
        "ssh-keygen -q -t ed25519 -N '' -C '' -f key; rm key.pub; mkdir crash; cp key crash",
    )
    .success();
    let run = home.launch("python").folder(&home.path("crash")).args(["-c", CRASH]).run().success();
    // The dump of the control process exists if the system writes it to the directory.
    assert!(!run.text().contains("keypair"), "{run}");
}

/// Runs a script without privileges: as the user of the tests, or as nobody if that is root.
pub(crate) fn unprivileged(home: &Home, script: &str) -> Launch {
    // The user nobody must be able to find the program, and the directories of a test are private.
    home.shell(
        "chmod 711 ..; chmod 777 .; cp $(command -v keypair) own-keypair; chmod 755 own-keypair",
    )
    .success();
    home.write("script", script);
    let root = "setpriv --reuid 65534 --regid 65534 --clear-groups";
    let start = format!("if [ $(id -u) = 0 ]; then exec {root} sh script; else exec sh script; fi");
    home.launch("sh").args(["-c", &start])
}

/// By default, the kernel shows these files of a process to the same user. `cat` is the control.
#[test]
fn same_user_cannot_read_memory_or_environment() {
    let home = Home::new();
    let script = "
        mkfifo hold
        export KEYPAIR_PASSPHRASE=hunter2
        look() {
            for file in environ maps mem auxv; do
                if head -c 1 /proc/$1/$file > /dev/null 2> said || ! grep -q 'Permission denied' said; then
                    echo $2 $file
                fi
            done
        }
        cat hold > /dev/null & control=$!
        ./own-keypair fingerprint - < hold > /dev/null & keypair=$!
        exec 3> hold
        sleep 0.3
        look $control cat
        look $keypair keypair
        tr '\\0' '\\n' < /proc/$keypair/cmdline
        exec 3>&-; wait";
    let run = unprivileged(&home, script).run();
    let seen: Vec<_> = run.text().lines().collect();
    assert!(seen.contains(&"cat environ") && seen.contains(&"cat maps"), "{run}");
    assert!(!seen.iter().any(|line| line.starts_with("keypair ")), "{run}");
    assert!(!run.text().contains("hunter2"), "{run}");
}

/// Also while `exec` holds the key of the agent, and after the command has started.
#[test]
fn same_user_cannot_read_agent_memory() {
    let home = Home::new();
    let script = "
        mkdir -m 700 run; export XDG_RUNTIME_DIR=$PWD/run KEYPAIR_REGISTRY_FILE=$PWD/registry
        rm -f registry; chmod 700 run
        ./own-keypair exec --agent --type ed25519 -- sh -c '
            for file in environ maps mem; do head -c 1 /proc/$PPID/$file 2>&1 | grep -c denied; done
            ssh-add -l | cut -d \" \" -f 4'";
    let run = unprivileged(&home, script).run().success();
    assert_eq!(run.text(), "1\n1\n1\n(ED25519)\n", "{run}");
}

#[test]
fn exec_command_gets_no_secret_in_environment() {
    let mut home = Home::new();
    home.set("KEYPAIR_PASSPHRASE", "hunter2");
    home.set("OTHER", "kept");
    for option in ["", "--agent"] {
        let run = home
            .shell(&format!(
                "keypair exec {option} --type ed25519 -- sh -c '
                     tr \"\\0\" \"\\n\" < /proc/$$/environ > environ
                     tr \"\\0\" \"\\n\" < /proc/$$/cmdline > cmdline
                     if [ -n \"$KEYPAIR_PRIVATE_KEY_FILE\" ]; then
                         grep -v -e ----- \"$KEYPAIR_PRIVATE_KEY_FILE\" > lines
                         grep -c . lines; grep -F -f lines environ cmdline
                     fi
                     env | grep -e hunter -e ^OTHER'"
            ))
            .success();
        let count = if option.is_empty() { "5\n" } else { "" };
        assert_eq!(run.text(), format!("{count}OTHER=kept\n"), "{run}");
        let environ = String::from_utf8(home.read("environ")).unwrap();
        assert!(
            environ.contains("KEYPAIR_NAME=") && !environ.contains("PRIVATE KEY-"),
            "{environ}"
        );
    }
}

#[test]
fn debug_output_contains_no_secret() {
    let home = Home::new();
    home.shell("umask 077; ssh-keygen -q -t ed25519 -N hunter2 -C c -f key; echo hunter2 > pass")
        .success();
    for words in [
        "create k --type ed25519 --passphrase",
        "create l --bits 2048 --format ppk --passphrase-file pass",
        "create k --type ed25519",
        "convert key --out plain --no-passphrase",
        "convert plain --out - --format pkcs8 --no-passphrase > kept",
        "convert plain --out locked --format ppk --new-passphrase-file pass",
        "verify key",
        "import i key",
        "fingerprint key plain k.pem",
        "delete k --private-key-file k.pem",
        "exec --agent --type ed25519 -- true",
    ] {
        let run =
            home.shell(&format!("umask 077; KEYPAIR_PASSPHRASE=hunter2 keypair --debug {words}"));
        assert!(run.stderr.contains("debug") && !run.stderr.contains("hunter2"), "{run}");
        for file in ["k.pem", "l.ppk", "plain", "locked", "kept"] {
            let text = std::fs::read_to_string(home.path(file)).unwrap_or_default();
            for line in text.lines().filter(|line| line.len() > 30 && !line.contains(' ')) {
                assert!(!run.stderr.contains(line), "{run}");
            }
        }
    }
}
