//! The programs of `credential_process`. Their time limit is tested where it can be short.

use std::time::{Duration, Instant};

use super::{configure, home_of};
use crate::support::home::Home;
use crate::support::stub::{Answer, Stub};

/// Returns a home in which a script provides the credentials of the default profile.
fn home_with(script: &str) -> Home {
    let home = home_of(&Stub::start(|_| Answer::no_pairs()));
    home.write("script", script);
    home.shell("mv script $HOME/script").success();
    configure(&home, "[default]\ncredential_process = sh -c '. $HOME/script'\n");
    home
}

#[test]
fn credential_process_failure_is_reported() {
    const GIVEN: &str = r#"{"Version": 1, "AccessKeyId": "i", "SecretAccessKey": "s"}"#;
    for (script, said) in [
        ("echo no >&2; echo ticket >&2; exit 3", "it exited with status 3: no"),
        ("kill -9 $$", "it was killed by signal 9"),
        ("echo nothing", "its output is not JSON"),
        ("yes", "it printed more than 65536 bytes"),
        // The program gets neither the passphrase nor standard input.
        ("echo \"<$KEYPAIR_PASSPHRASE>\" >&2; exit 1", "it exited with status 1: <>"),
        ("cat >&2; exit 1", "it exited with status 1\n"),
    ] {
        let mut home = home_with(script);
        home.set("KEYPAIR_PASSPHRASE", "hunter2");
        let run = home.launch("keypair").args(["describe"]).stdin("from stdin").run();
        let run = run.fails_with(253);
        assert!(run.stderr.contains("cannot get credentials from credential_process"), "{run}");
        assert!(run.stderr.contains(said), "{script}: {run}");
    }
    let run = home_with("yes message >&2 & sleep 0.3; kill $!; exit 4").keypair(["describe"]);
    let run = run.fails_with(253);
    assert!(run.stderr.contains("status 4: message") && run.stderr.len() < 2000, "{run}");
    home_with(&format!("echo '{GIVEN}'")).keypair(["describe"]).success();
    let home = home_with(&format!("echo '{GIVEN}'"));
    let environment = "AWS_ACCESS_KEY_ID=i AWS_SECRET_ACCESS_KEY=s";
    home.write("script", "exit 9");
    home.shell(&format!("mv script $HOME; {environment} keypair describe")).success();
    home.shell(&format!("{environment} keypair describe --profile default")).fails_with(253);
}

#[test]
fn interrupt_ends_credential_process_and_its_children() {
    let home = home_with("echo $$ > pids; sleep 300 & echo $! >> pids; wait");
    let start = Instant::now();
    let run = home.shell(
        "keypair describe & keypair=$!
         while [ \"$(wc -l < pids 2> /dev/null || echo 0)\" -lt 2 ]; do sleep 0.05; done
         kill -TERM $keypair; wait $keypair; echo $?
         for pid in $(cat pids); do ps -o stat= -p $pid; done | grep -v Z",
    );
    assert_eq!(run.text(), "143\n", "{run}");
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn credential_process_reading_terminal_fails() {
    let home = home_with("read answer < /dev/tty; echo $answer");
    let ended = home.launch("keypair").args(["describe"]).on_terminal().finish();
    let output = String::from_utf8(ended.stdout.clone()).unwrap();
    assert_eq!(ended.code, Some(253), "{output}");
    assert!(output.contains("it needs the terminal"), "{output}");
}

#[test]
fn background_child_of_credential_process_is_not_awaited() {
    let given = r#"{"Version": 1, "AccessKeyId": "i", "SecretAccessKey": "s"}"#;
    let home = home_with(&format!("sleep 20 & echo '{given}'"));
    let start = Instant::now();
    home.shell("keypair describe > out 2> said").success();
    assert!(start.elapsed() < Duration::from_secs(15));
}
