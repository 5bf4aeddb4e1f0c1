//! Signals to `exec` and to its command.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{assert_nothing_left, bash, home};

#[test]
fn exec_forwards_signals_to_command() {
    let home = home();
    let others = [("ALRM", 14), ("VTALRM", 26), ("PROF", 27), ("IO", 29), ("XCPU", 24)];
    for (signal, number) in others.into_iter().chain([
        ("HUP", 1),
        ("INT", 2),
        ("QUIT", 3),
        ("USR1", 10),
        ("USR2", 12),
        ("TERM", 15),
        ("ABRT", 6),
        ("PIPE", 13),
        ("SYS", 31),
        ("TRAP", 5),
        ("XFSZ", 25),
        #[cfg(target_os = "linux")]
        ("16", 16),
        #[cfg(target_os = "linux")]
        ("PWR", 30),
    ]) {
        let script = format!(
            "set -m; keypair exec --type ed25519 -- sh -c 'echo > started; exec sleep 60' &
             until [ -e started ]; do sleep 0.01; done; rm started
             kill -{signal} $!; wait $!"
        );
        let run = bash(&home, &script).run();
        assert_eq!(run.code, Some(128 + number), "{run}");
        assert_nothing_left(&home);
        let script = format!(
            "set -m; keypair exec --type ed25519 -- sh -c 'trap \"echo caught; exit 9\" {signal}; echo > started; while :; do sleep 0.01; done' &
             until [ -e started ]; do sleep 0.01; done; rm started
             kill -{signal} $!; wait $!"
        );
        let run = bash(&home, &script).run();
        assert_eq!((run.code, run.text()), (Some(9), "caught\n"), "{run}");
        assert_nothing_left(&home);
    }
    // The command gets SIGTERM instead of a real-time signal.
    #[cfg(target_os = "linux")]
    for signal in ["34", "35", "50", "64"] {
        let script = format!(
            "set -m; keypair exec --type ed25519 -- sh -c 'echo > started; exec sleep 60' &
             until [ -e started ]; do sleep 0.01; done; rm started
             kill -{signal} $!; wait $!"
        );
        let run = bash(&home, &script).run();
        assert_eq!(run.code, Some(143), "{signal} {run}");
        assert_nothing_left(&home);
    }
    let run = home.shell("nohup keypair exec -- sh -c 'kill -HUP $$; echo alive' 2> /dev/null");
    assert_eq!(run.success().text(), "alive\n");
    assert_nothing_left(&home);
}

#[test]
fn signal_before_command_starts_ends_exec() {
    let home = home();
    for delay in 0..40 {
        let script = format!(
            "set -m; keypair exec -- sh -c 'sleep 1; echo ran' & sleep 0.{delay:03}; kill -TERM $!; wait $!"
        );
        let run = bash(&home, &script).run();
        // Before the handlers are installed, about a millisecond after the start, the signal kills
        // the process.
        assert!(run.code == Some(143) || run.signal == Some(15), "{run}");
        assert_eq!(run.text(), "", "{run}");
        assert_nothing_left(&home);
    }
}

#[test]
fn stopped_and_resumed_command_continues() {
    let home = home();
    let script = "keypair exec --type ed25519 -- sh -c 'echo $$ > started; sleep 0.3; echo on' &
         until [ -s started ]; do sleep 0.01; done
         kill -STOP $(cat started); sleep 0.5; kill -CONT $(cat started); wait $!";
    let run = bash(&home, script).limit(Duration::from_secs(20)).run();
    assert_eq!(run.success().text(), "on\n");
    assert_nothing_left(&home);
}

#[test]
fn control_c_ends_command_and_deletes_pair() {
    let home = home();
    for (script, code) in [
        ("echo ready; exec sleep 60", 130),
        ("trap 'echo caught; exit 3' INT; echo ready; while :; do sleep 0.01; done", 3),
    ] {
        let launch =
            home.launch("keypair").args(["exec", "--type", "ed25519", "--", "sh", "-c", script]);
        let mut terminal = launch.limit(Duration::from_secs(20)).on_terminal();
        terminal.expect("ready");
        terminal.press("\x03");
        let run = terminal.finish();
        assert_eq!(run.code, Some(code), "{run}");
        // The command received the signal once.
        assert!(run.text().matches("caught").count() <= 1, "{run}");
        assert_nothing_left(&home);
    }
}

#[test]
fn control_z_stops_both_until_resumed() {
    let home = home();
    let launch = home.launch("bash").args(["--norc", "--noprofile", "-i"]).env("PS1", "shell> ");
    let mut shell = launch.limit(Duration::from_secs(30)).on_terminal();
    shell.expect("shell> ");
    shell.type_line("keypair exec --type ed25519 -- sh -c 'echo rea''dy; sleep 1; echo wo''ke'");
    shell.expect("ready");
    shell.press("\x1a");
    shell.expect("Stopped");
    shell.expect("shell> ");
    shell.type_line("fg");
    shell.expect("woke");
    shell.expect("shell> ");
    // A command that stops itself stops `exec` as well.
    shell.type_line("keypair exec --type ed25519 -- sh -c 'kill -STOP $$; echo wo''ke'");
    shell.expect("Stopped");
    shell.expect("shell> ");
    shell.type_line("fg");
    shell.expect("woke");
    shell.expect("shell> ");
    shell.type_line("exit");
    shell.finish();
    assert_nothing_left(&home);
}

#[test]
fn closed_terminal_ends_command_and_deletes_pair() {
    let home = home();
    home.write(
        "close.py",
        r#"
import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    os.execvp("keypair", ["keypair", "exec", "--type", "ed25519", "--", "sh", "-c", "echo ready; exec sleep 60"])
seen = b""
while b"ready" not in seen:
    seen += os.read(terminal, 100)
os.close(terminal)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"#,
    );
    let run = home.launch("python").args(["close.py"]).limit(Duration::from_secs(20)).run();
    assert_eq!(run.success().text(), "129\n");
    assert_nothing_left(&home);
}

#[test]
fn exec_does_not_wait_for_background_child() {
    let home = home();
    let start = Instant::now();
    let script = "keypair exec --type ed25519 -- sh -c 'sleep 30 > /dev/null 2>&1 & echo $!' > pid; kill $(cat pid)";
    home.shell(script).success();
    assert!(start.elapsed() < Duration::from_secs(20));
    assert_nothing_left(&home);
}

/// Each `exec` cleans up after those before it, and `prune` after the last ones, before they expire.
#[test]
fn prune_cleans_up_after_500_kills() {
    let home = home();
    let script = "
        set -m
        start=$(date +%s%N)
        keypair exec --type ed25519 -- sleep 0.01
        whole=$((($(date +%s%N) - start) / 1000000))
        hits=0
        for round in $(seq 500); do
            agent=; [ $((round % 3)) = 0 ] && agent=--agent
            keypair exec $agent --type ed25519 -- sleep 0.01 > /dev/null 2>&1 &
            sleep 0.$(printf %03d $((RANDOM % whole)))
            kill -KILL $! 2> /dev/null
            # `wait` prints the end of each job here.
            wait $! 2> /dev/null
            [ \"$(ls \"$XDG_RUNTIME_DIR\")\" ] && hits=$((hits + 1))
        done 2> /dev/null
        echo $hits
        keypair describe --query 'length(KeyPairs)'";
    let launch = bash(&home, script).limit(Duration::from_secs(300));
    let run = launch.run().success();
    let counts: Vec<usize> = run.text().lines().map(|line| line.trim().parse().unwrap()).collect();
    // Some kills must hit the middle of a run.
    assert!((10..500).contains(&counts[0]) && counts[1] < 10, "{run}");
    std::thread::sleep(Duration::from_secs(1));
    let pruned = home.shell("keypair prune --delete").success().json();
    for kind in ["Folders", "KeyPairs"] {
        let all_deleted = |all: &Vec<Value>| all.iter().all(|one| one["Deleted"] == true);
        assert!(pruned[kind].as_array().is_none_or(all_deleted), "{pruned}");
    }
    assert_nothing_left(&home);
}
