//! Systems that provide no thread, no process or no memory.

use std::time::Duration;

use crate::security::memory::unprivileged;
use crate::support::home::Home;
#[cfg(feature = "ec2")]
use crate::support::stub::{Answer, Stub};

/// Limits a user to a single process and thread. Root is exempt from this limit.
const ALONE: &str = "export RUST_BACKTRACE=1 XDG_RUNTIME_DIR=$PWD/run
    mkdir -m 700 run data; export KEYPAIR_REGISTRY_FILE=$PWD/data/registry
    alone() { timeout -k 1 60 prlimit --nproc=1 ./own-keypair \"$@\"; }
";

#[test]
fn create_without_threads_succeeds() {
    let home = Home::new();
    let script = "
        alone create ci --count 5 --type ed25519 --query 'length(KeyPairs)'
        alone create rsa --bits 2048 --query KeyName
        alone create many --count 2 --bits 2048 --query 'KeyPairs[].KeyName' --output text
        ./own-keypair verify many-2.pem --key-name many-2 --query Match";
    let run = unprivileged(&home, &format!("{ALONE}{script}")).run().success();
    assert_eq!(run.text(), "5\n\"rsa\"\nmany-1\tmany-2\ntrue\n", "{run}");
    assert!(!run.stderr.contains("error"), "{run}");
}

/// On a terminal, a thread prints the progress.
#[test]
fn create_without_threads_shows_no_progress() {
    let home = Home::new();
    let script = format!("{ALONE} alone create k --bits 2048 --query KeyName; echo \"exit $?\"");
    let run = unprivileged(&home, &script).on_terminal().finish();
    assert!(run.text().contains("\"k\"") && run.text().contains("exit 0"), "{run}");
}

#[test]
fn exec_without_threads_fails_cleanly() {
    let home = Home::new();
    let script = "
        for option in '' --agent; do
            alone exec $option --type ed25519 -- touch ran; echo $?
        done
        ls run; ./own-keypair describe --query 'length(KeyPairs)'; test -e ran";
    let run = unprivileged(&home, &format!("{ALONE}{script}")).run().fails_with(1);
    let lines: Vec<_> = run.text().lines().collect();
    assert!(matches!(lines[..], ["126" | "255", "255", "0"]), "{run}");
    assert_eq!(run.stderr.matches("Resource temporarily unavailable").count(), 2, "{run}");
    assert!(!run.stderr.contains("panicked"), "{run}");
}

/// The resolver of the system runs on a thread.
#[cfg(feature = "ec2")]
#[test]
fn ec2_lookup_without_threads_is_reported() {
    let stub = Stub::start(|_| Answer::no_pairs());
    let home = Home::new();
    let url = stub.url.replace("127.0.0.1", "localhost");
    let script = format!(
        "export AWS_ENDPOINT_URL_EC2={url} AWS_REGION=eu-west-1 AWS_ACCESS_KEY_ID=x
         export AWS_SECRET_ACCESS_KEY=x AWS_EC2_METADATA_DISABLED=true
         alone describe --registry ec2"
    );
    let run = unprivileged(&home, &format!("{ALONE}{script}")).run().fails_with(254);
    assert!(run.stderr.contains("cannot start a thread"), "{run}");
    assert!(!run.stderr.contains("panicked"), "{run}");
}

/// Under every limit, a command ends and reports the reason for a failure.
#[test]
fn commands_without_memory_end_with_error() {
    let home = Home::new();
    home.write(
        "script",
        "export RUST_BACKTRACE=1
         for limit in as data; do
             for mebibytes in 1 2 3 4 6 8 12 16 24 32 48 64 96 128 192; do
                 for words in \"$@\"; do
                     timeout -k 1 20 prlimit --$limit=${mebibytes}000000 keypair $words > answer 2> said
                     status=$?
                     case $status in
                         0) ;;
                         124) echo \"$limit $mebibytes $words: it hangs\" ;;
                         *) test -s said || test $status -gt 128 || echo \"$limit $mebibytes: $status\" ;;
                     esac
                     if grep panicked said; then echo \"$limit $mebibytes $words\"; fi
                     rm -f *.pem
                 done
             done
         done",
    );
    let run = home
        .launch("sh")
        .args(["script", "create --count 3 --type ed25519", "create --type ed25519", "describe"])
        .limit(Duration::from_secs(300))
        .run()
        .success();
    assert_eq!(run.text(), "", "{run}");
}

/// Two hundred bytes of a query can request more than any available memory.
#[test]
fn hostile_queries_end_within_limits() {
    let home = Home::new();
    home.keypair(["create", "web", "--type", "ed25519"]).success();
    let times = |step: &str, times| vec![step; times].join("|");
    let wide = format!("'x'|{}", times("join('',[@,@])", 20));
    let long = format!("`[{}]`", vec!["1"; 2000].join(","));
    let nested = |inner: &str| format!("length(map(&{inner},{long}))");
    for (query, output) in [
        (times("[@,@]", 24), "json"),
        (times("{a:@,b:@}", 30), "yaml"),
        (format!("'x'|{}", times("join('',[@,@])", 31)), "text"),
        (times("to_string([@,@])", 30), "json"),
        (format!("[{wide},{long}][]"), "table"),
        (format!("{{{}:{long}}}", "a".repeat(4000)), "text"),
        (nested(&nested("to_array(@)")).replace("to_array(@)", "to_array([@,@])"), "json"),
    ] {
        home.write("query", &query);
        let script = format!(
            "ulimit -v 1000000; exec keypair describe --output {output} --query \"$(cat query)\""
        );
        let run = home.launch("bash").args(["-c", &script]).limit(Duration::from_secs(60)).run();
        assert!(matches!(run.code, Some(0 | 252)), "{query:.60}: {:?}", run.code);
        if run.code == Some(252) {
            let said = ["the query is too large", "takes too many steps"];
            assert!(said.iter().any(|said| run.stderr.contains(said)), "{}", run.stderr);
            assert!(run.text().is_empty());
        }
    }
}
