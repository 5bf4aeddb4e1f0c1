//! `create --count`: many pairs in one run.

use std::collections::BTreeSet;
use std::fs;

use crate::support::home::Home;

/// Returns the registered names in order of registration.
fn names(home: &Home) -> Vec<String> {
    let query = ["describe", "--query", "KeyPairs[].KeyName"];
    serde_json::from_str(home.keypair(query).success().text()).unwrap()
}

/// Returns the names of the private key files in the working directory, without extension.
fn files(home: &Home) -> BTreeSet<String> {
    let entries = fs::read_dir(home.path(".")).unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
    let names = entries.map(name).filter_map(|name| {
        let name = name.into_string().unwrap();
        name.strip_suffix(".pem").map(str::to_owned)
    });
    names.collect()
}

fn numbered(prefix: &str, width: usize, count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("{prefix}-{number:0width$}")).collect()
}

#[test]
fn create_count_registers_complete_pairs_in_order() {
    let home = Home::new();
    // More than one batch, and not a multiple of the batch size.
    let words = "create ci --count 300 --type ed25519 --tag job=7 --output jsonl";
    let run = home.shell(&format!("umask 777; keypair {words}")).success();
    let expected = numbered("ci", 3, 300);
    let lines: Vec<serde_json::Value> =
        run.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = lines.iter().map(|line| line["KeyName"].as_str().unwrap()).collect();
    assert_eq!(told, expected);
    assert_eq!(names(&home), expected);
    assert_eq!(files(&home), expected.iter().cloned().collect());
    for line in &lines {
        let file = line["PrivateKeyFile"].as_str().unwrap();
        assert_eq!(home.mode(file), 0o400);
        assert_eq!(line["Tags"][0]["Value"], "7");
    }
    let all =
        "for k in *.pem; do ssh-keygen -y -f $k || exit; done | cut -d ' ' -f 2 | sort -u | wc -l";
    assert_eq!(home.shell(all).success().text().trim(), "300");
    for name in ["ci-001", "ci-128", "ci-129", "ci-300"] {
        home.shell(&format!("keypair verify {name}.pem --key-name {name}")).success();
    }
}

#[test]
fn create_count_accepts_all_create_options() {
    let home = Home::new();
    home.shell("mkdir keys; echo secret > word").success();
    let run = home.shell("keypair create r --count 3 --bits 2048 --out keys").success();
    let pairs = run.json()["KeyPairs"].clone();
    assert_eq!(pairs.as_array().unwrap().len(), 3);
    assert_eq!(pairs[2]["PrivateKeyFile"], "keys/r-3.pem");
    home.shell("openssl rsa -in keys/r-3.pem -check -noout").success();
    let options = "--type ed25519 --format openssh --passphrase-file word --comment us";
    let query = "--query KeyPairs[].KeyName --output text";
    let run = home.shell(&format!("keypair create e --count 2 {options} {query}")).success();
    assert_eq!(run.text(), "e-1\te-2\n");
    let public = home.shell("ssh-keygen -y -P secret -f e-2.pem").success();
    assert!(public.text().trim_end().ends_with(" us"), "{public}");
    home.shell("keypair create p --count 2 --type ed25519 --format ppk").success();
    home.shell("timeout 30 puttygen p-2.ppk -O public-openssh").success();
    // Unnamed pairs share a random prefix.
    let run = home.shell("keypair create --count 2 --type ed25519 --output jsonl").success();
    let name = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let name = line["KeyName"].as_str().unwrap().to_owned();
        name.rsplit_once('-')
            .map(|(prefix, number)| (prefix.to_owned(), number.to_owned()))
            .unwrap()
    };
    let told: Vec<_> = run.text().lines().map(name).collect();
    assert_eq!(told[0].0, told[1].0);
    assert_eq!([&told[0].1, &told[1].1], ["1", "2"]);
    let files = home.files();
    let run = home.shell("keypair create d --count 50 --dry-run").success();
    assert!(run.text().is_empty() && run.stderr.contains("DryRunOperation"), "{run}");
    assert_eq!(home.files(), files);
}

#[test]
fn create_count_checks_conflicts_before_creating() {
    let home = Home::new();
    home.keypair(["create", "ci-07", "--type", "ed25519", "--out", "other"]).success();
    home.write("db-07.pem", "mine");
    let before = home.files();
    for (words, code, said) in [
        ("create ci --count 20", 4, "The keypair 'ci-07' already exists."),
        ("create db --count 20", 4, "db-07.pem already exists"),
        ("create ci --count 20 --dry-run", 4, "'ci-07'"),
        ("create a --count 0", 252, "--count"),
        ("create a --count 100001", 252, "--count"),
        ("create a --count 2 --out -", 252, "--out"),
        ("create a --count 2 --force", 252, "--force"),
        ("create a --count 2 --public-out x", 252, "--public-out"),
        ("create a --count 2 --generate ec2 --registry ec2", 252, "--generate"),
        ("create a --count 2 --out absent", 255, "the directory absent does not exist"),
        ("create a --count 2 --out other", 255, "other is not a directory"),
        ("create a/b --count 2", 5, "cannot be used as a file name"),
        ("create ' a' --count 2", 5, "invalid key name"),
        ("create a --count 2 --type ed25519 --bits 2048", 252, "--bits"),
    ] {
        let run = home.shell(&format!("keypair {words}")).fails_with(code);
        assert!(run.stderr.contains(said), "{run}");
        assert!(run.text().is_empty(), "{run}");
    }
    let longest = "x".repeat(253);
    home.keypair(["create", &longest, "--count", "10", "--out", "."]).fails_with(5);
    assert_eq!(home.files(), before);
}

/// A query of lines covers all pairs, independent of the batch size.
#[test]
fn jsonl_query_covers_all_pairs() {
    let home = Home::new();
    let create = "create --count 3 --type ed25519 --output jsonl --query";
    for (query, answer) in [
        ("'length(KeyPairs)'", "3\n"),
        ("KeyName", "null\n"),
        ("'KeyPairs[].KeyType'", "\"ed25519\"\n\"ed25519\"\n\"ed25519\"\n"),
    ] {
        let run = home.shell(&format!("keypair {create} {query}")).success();
        assert_eq!(run.text(), answer, "{run}");
    }
    let prune = "prune --delete --name '*' --output jsonl --query 'length(KeyPairs)'";
    assert_eq!(home.shell(&format!("keypair {prune}")).success().text(), "9\n");
    assert!(names(&home).is_empty());
}

/// A slow series is registered in batches, and an interrupt keeps the finished pairs.
#[test]
fn interrupt_keeps_created_pairs() {
    let home = Home::new();
    let script = "set -m; keypair create ci --count 400 --bits 2048 2> said &
         until [ -e ci-003.pem ]; do sleep 0.05; done
         kill -INT $!; wait $!";
    let run = home.launch("bash").args(["-c", script]).run();
    assert_eq!(run.code, Some(130), "{run}");
    let registered = names(&home);
    assert!((3..128).contains(&registered.len()), "{}", registered.len());
    assert_eq!(registered, numbered("ci", 3, registered.len()));
    assert_eq!(files(&home), registered.iter().cloned().collect());
    let said = String::from_utf8(home.read("said")).unwrap();
    let made = format!("{} of 400 pairs are registered", registered.len());
    assert!(said.contains(&made), "{said}");
    let last = registered.last().unwrap();
    home.shell(&format!("keypair verify {last}.pem --key-name {last}")).success();
}

/// After a kill or an interrupt, the registered pairs are a prefix of the series and have their
/// files.
#[test]
fn killed_series_registers_a_prefix() {
    const COUNT: usize = 2000;
    for (round, signal) in ["INT", "KILL", "TERM", "KILL", "INT", "KILL"].iter().enumerate() {
        let home = Home::new();
        let delay = 0.05 + 0.05 * f64::from(u32::try_from(round).unwrap());
        let script = format!(
            "set -m; keypair create ci --count {COUNT} --type ed25519 --output jsonl > told 2> said &
             sleep {delay}; kill -{signal} $!; wait $!"
        );
        let run = home.launch("bash").args(["-c", &script]).run();
        let registered = names(&home);
        assert_eq!(registered, numbered("ci", 4, registered.len()), "{signal}");
        let files = files(&home);
        assert!(registered.iter().all(|name| files.contains(name)), "{signal}");
        let told = String::from_utf8(home.read("told")).unwrap();
        let told = told.lines().count();
        if *signal == "KILL" {
            // Every pair in the output is registered.
            assert!(told <= registered.len(), "{told} {}", registered.len());
            assert!(files.len() <= registered.len() + 128, "{}", files.len());
        } else {
            assert_eq!((told, files.len()), (registered.len(), registered.len()));
            let said = String::from_utf8(home.read("said")).unwrap();
            // On a busy machine, the signal can arrive before the program handles it.
            let is_begun = !registered.is_empty() || !said.is_empty();
            if is_begun && registered.len() < COUNT {
                let made = format!("hint: {} of {COUNT} pairs are registered", registered.len());
                assert!(said.contains(&made), "{said}");
                assert_eq!(run.code, Some(130), "{said}");
            }
        }
        let query = "PRAGMA integrity_check";
        let check = format!(
            "import sqlite3, os; c = sqlite3.connect(os.environ['XDG_DATA_HOME'] + '/keypair/registry.sqlite3'); print(c.execute('{query}').fetchone()[0])"
        );
        if !registered.is_empty() {
            let check = home.launch("python").args(["-c", &check]).run().success();
            assert_eq!(check.text(), "ok\n");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_registers_a_prefix() {
    let home = Home::new();
    home.write(
        "fill",
        "set -e
         mkdir small && mount -t tmpfs -o size=1m none small
         ! keypair create ci --count 1000 --type ed25519 --out small --output jsonl > told 2> said
         keypair describe --query 'KeyPairs[].KeyName' --output text | wc -w
         ls -A small | wc -l
         wc -l < told
         grep -c 'No space left on device' said
         grep -o '[0-9]* of 1000 pairs are registered' said",
    );
    let run = home.shell("unshare --user --map-root-user --mount sh fill").success();
    let lines: Vec<_> = run.text().lines().map(str::trim).collect();
    let [registered, files, told, "1", hint] = lines[..] else { panic!("{run}") };
    assert_eq!([files, told], [registered, registered]);
    assert_eq!(hint, format!("{registered} of 1000 pairs are registered"));
    assert!((1..1000).contains(&registered.parse::<usize>().unwrap()), "{run}");
}

#[cfg(feature = "ec2")]
mod ec2 {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::files;
    use crate::aws::ec2::home_of;
    use crate::support::moto::Account;
    use crate::support::stub::{Answer, Stub};

    #[test]
    fn create_count_registers_in_ec2() {
        let mut account = Account::new();
        account.home_mut().set("KEYPAIR_REGISTRY", "ec2");
        let home = account.home();
        let words = "create ci --count 12 --type ed25519 --query KeyPairs[].KeyName --output text";
        let run = home.shell(&format!("keypair {words}")).success();
        assert_eq!(run.text().split_whitespace().count(), 12);
        assert_eq!(run.stderr.matches("Windows").count(), 1, "{run}");
        let query = ["ec2", "describe-key-pairs", "--query", "length(KeyPairs)"];
        assert_eq!(account.aws(query).success().text(), "12\n");
        home.shell("keypair verify ci-07.pem --key-name ci-07").success();
        let words = "create q --count 2 --type ed25519 --output jsonl --query 'length(KeyPairs)'";
        assert_eq!(home.shell(&format!("keypair {words}")).success().text(), "2\n");
        home.shell("keypair create ci --count 12").fails_with(4);
    }

    /// EC2 refuses the fifth request, or its response is lost.
    #[test]
    fn refused_request_in_ec2_registers_a_prefix() {
        for (answer, kept) in
            [(Answer::error(400, "KeyPairLimitExceeded", "No."), 4), (Answer::Cut, 5)]
        {
            let imports = AtomicUsize::new(0);
            let stub = Stub::start(move |body| {
                if !body.starts_with("Action=ImportKeyPair&") {
                    return Answer::no_pairs();
                }
                match imports.fetch_add(1, Ordering::Relaxed) {
                    4 => answer.clone(),
                    _ => Answer::imported(body, "key-1"),
                }
            });
            let home = home_of(&stub);
            let words = "create ci --count 10 --type ed25519 --output jsonl";
            let run = home.shell(&format!("keypair {words}")).fails_with(254);
            assert_eq!(run.text().lines().count(), 4, "{run}");
            let known = if kept == 5 { "known to be " } else { "" };
            let said = format!("4 of 10 pairs are {known}registered, the last is `ci-04`");
            assert!(run.stderr.contains(&said), "{run}");
            assert_eq!(run.stderr.contains("kept in ci-05.pem"), kept == 5, "{run}");
            assert_eq!(files(&home).len(), kept);
            assert_eq!(stub.count("ImportKeyPair"), 5);
        }
    }
}
