//! `prune`: selection and deletion.

#[cfg(feature = "ec2")]
mod ec2;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::home::Home;
use crate::support::run::Run;

const PAST: &str = "--tag keypair:expires-at=2020-01-01T00:00:00Z";

/// Creates pairs with these options.
fn pairs(home: &Home, pairs: &[(&str, &str)]) {
    for (name, options) in pairs {
        home.shell(&format!("keypair create {name} --type ed25519 {options}")).success();
    }
}

fn names(home: &Home) -> Vec<String> {
    let query = ["describe", "--query", "KeyPairs[].KeyName"];
    serde_json::from_str(home.keypair(query).success().text()).unwrap()
}

/// Returns the names in the output of `prune`.
pub(crate) fn found(run: &Run) -> Vec<String> {
    let answer = run.json();
    let pairs = answer["KeyPairs"].as_array().unwrap().iter();
    pairs.map(|pair| pair["KeyName"].as_str().unwrap().to_owned()).collect()
}

fn lines(run: &Run) -> Vec<Value> {
    run.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn prune_without_options_lists_expired_pairs() {
    let home = Home::new();
    let empty = home.keypair(["prune"]).success();
    assert_eq!(empty.json(), json!({"KeyPairs": []}));
    assert_eq!(empty.stderr, "");
    home.keypair(["prune", "--delete"]).success();
    assert!(home.files().is_empty());
    pairs(&home, &[("old", PAST), ("young", "--ttl 1h"), ("lasting", "--tag a=b")]);
    let run = home.keypair(["prune"]).success();
    let answer = run.json();
    let pair = answer["KeyPairs"][0].as_object().unwrap();
    assert_eq!(
        pair.keys().collect::<Vec<_>>(),
        ["KeyPairId", "KeyName", "KeyFingerprint", "CreateTime", "ExpiresAt", "Reasons", "Deleted"]
    );
    assert_eq!(pair["ExpiresAt"], "2020-01-01T00:00:00Z");
    assert_eq!(pair["Reasons"], json!(["expired 2020-01-01T00:00:00Z"]));
    assert_eq!(pair["Deleted"], false);
    assert_eq!(found(&run), ["old"]);
    assert_eq!(run.stderr, "keypair: hint: pass `--delete` to delete them\n");
    assert_eq!(names(&home), ["old", "young", "lasting"]);
    let run = home.keypair(["prune", "--quiet", "--output", "text"]).success();
    assert_eq!(run.stderr, "");
    assert!(run.text().starts_with("KEYPAIRS\t"), "{run}");
    for format in ["table", "yaml", "jsonl"] {
        let run = home.keypair(["prune", "--output", format]).success();
        assert!(run.text().contains("expired 2020-01-01"), "{run}");
    }
}

#[test]
fn prune_delete_reports_deleted_pairs() {
    let home = Home::new();
    pairs(&home, &[("a", PAST), ("b", PAST), ("c", ""), ("d", "--ttl 1s")]);
    std::thread::sleep(Duration::from_millis(2100));
    let run = home.keypair(["prune", "--delete"]).success();
    let answer = run.json();
    assert_eq!(found(&run), ["a", "b", "d"]);
    for number in 0..3 {
        let pair = &answer["KeyPairs"][number];
        assert_eq!(pair["Deleted"], true);
        let (name, id) = (pair["KeyName"].as_str().unwrap(), pair["KeyPairId"].as_str().unwrap());
        let reason = pair["Reasons"][0].as_str().unwrap();
        let said = format!("keypair: note: deleted {name} ({id}): {reason}\n");
        assert!(run.stderr.contains(&said), "{run}");
    }
    assert_eq!(run.stderr.lines().count(), 3, "{run}");
    assert_eq!(names(&home), ["c"]);
    // The private key files belong to the user and stay.
    assert!(home.path("a.pem").exists());
    let run = home.keypair(["prune", "--delete", "--quiet"]).success();
    assert_eq!(run.json(), json!({"KeyPairs": []}));
    assert_eq!(run.stderr, "");
}

#[test]
fn prune_combines_conditions_and_names() {
    let home = Home::new();
    pairs(
        &home,
        &[("ci-1", PAST), ("ci-2", "--ttl 1h"), ("ci-[3]", ""), ("db", PAST), ("web", "")],
    );
    let prune = |words: &str| found(&home.shell(&format!("keypair prune {words}")).success());
    assert_eq!(prune("--name 'ci-*'"), ["ci-1", "ci-2", "ci-[3]"]);
    assert_eq!(prune("--name 'ci-?' --name 'd?'"), ["ci-1", "ci-2", "db"]);
    assert_eq!(prune("--name 'ci-[3]' --name none"), ["ci-[3]"]);
    assert_eq!(prune(r"--name 'ci-\*'"), [""; 0]);
    assert_eq!(prune("--expired --name 'ci-*'"), ["ci-1"]);
    assert_eq!(prune("--expired"), ["ci-1", "db"]);
    assert_eq!(prune("--older-than 1h"), [""; 0]);
    std::thread::sleep(Duration::from_millis(1100));
    // All pairs are old enough, including those that have not expired.
    assert_eq!(prune("--older-than 1s").len(), 5);
    assert_eq!(prune("--older-than 1s --expired"), ["ci-1", "db"]);
    let many: Vec<_> = (0..300).map(|number| format!("--name none-{number}")).collect();
    assert_eq!(prune(&format!("{} --name web", many.join(" "))), ["web"]);
    let run = home.shell("keypair prune --older-than 1s --expired --name 'd*'").success();
    let reasons = ["expired 2020-01-01T00:00:00Z", "older than 1s", "name matches d*"];
    assert_eq!(run.json()["KeyPairs"][0]["Reasons"], json!(reasons));
    let query = "--query 'KeyPairs[].Reasons[0]' --output text";
    let run = home.shell(&format!("keypair prune --name db {query}")).success();
    assert_eq!(run.text(), "name matches db\n");
}

#[test]
fn prune_rejects_invalid_options() {
    let home = Home::new();
    pairs(&home, &[("a", PAST)]);
    home.write("k", "nonsense, and long enough to be a database: ".repeat(50));
    for (words, code, said) in [
        ("--older-than 7x", 252, "invalid value for --older-than"),
        ("--older-than 0s", 252, "invalid value for --older-than"),
        (
            "--name \"$(printf '%050000d' 0 | sed 's/0/*a/g')\"",
            252,
            "invalid value for --name: expected at most 1024 characters",
        ),
        ("--unused", 252, "cannot find unused pairs in a local registry"),
        ("--unused --delete --expired", 252, "cannot find unused pairs in a local registry"),
        ("web", 252, "web"),
        ("--registry-file k --delete", 253, "is not a key pair registry"),
    ] {
        let run = home.shell(&format!("keypair prune {words}")).fails_with(code);
        assert!(run.stderr.contains(said) && run.text().is_empty(), "{run}");
    }
    assert_eq!(names(&home), ["a"]);
}

/// `create` rejects such a tag, but other programs can write it.
#[test]
fn prune_keeps_pair_with_invalid_expiry_tag() {
    let home = Home::new();
    pairs(&home, &[("a", PAST), ("b", PAST)]);
    home.change_registry("UPDATE tag SET value = 'soon' WHERE key_pair = 1");
    let run = home.keypair(["prune", "--delete"]).success();
    assert_eq!(found(&run), ["b"]);
    let said = "warning: skipped `a`: the tag keypair:expires-at is not a valid time\n";
    assert!(run.stderr.contains(said), "{run}");
    let run = home.keypair(["prune", "--name", "a"]).success();
    assert!(!run.stderr.contains("warning"), "{run}");
    assert_eq!(found(&run), ["a"]);
}

/// The foreign key of another table would forbid deletions.
#[test]
fn prune_refuses_registry_with_foreign_key() {
    let home = Home::new();
    home.shell(&format!("keypair create ci --count 3 --type ed25519 {PAST}")).success();
    home.change_registry("CREATE TABLE kept (row REFERENCES key_pair (row))");
    let run = home.keypair(["prune", "--delete"]).fails_with(253);
    let said = "it is damaged: the table `kept` has a foreign key to the registry";
    assert!(run.stderr.contains(said) && run.text().is_empty(), "{run}");
    home.change_registry("DROP TABLE kept");
    assert_eq!(names(&home), ["ci-1", "ci-2", "ci-3"]);
    home.keypair(["prune", "--delete"]).success();
    assert!(names(&home).is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn prune_lists_pairs_of_read_only_registry() {
    let home = Home::new();
    pairs(&home, &[("a", PAST), ("b", PAST)]);
    home.write(
        "read-only",
        "set -e
         mount --bind $XDG_DATA_HOME $XDG_DATA_HOME
         mount -o remount,ro,bind $XDG_DATA_HOME
         keypair prune --query 'KeyPairs[].KeyName' --output text
         set +e
         keypair prune --delete --query 'KeyPairs[].Deleted' --output text
         echo $?",
    );
    let run = home.shell("unshare --user --map-root-user --mount sh read-only").success();
    assert_eq!(run.text(), "a\tb\nFalse\tFalse\n253\n");
    assert!(run.stderr.contains("deleted 0 of 2 pairs"), "{run}");
    assert_eq!(names(&home), ["a", "b"]);
}

#[test]
fn prune_jsonl_streams_and_query_covers_all() {
    let home = Home::new();
    home.shell(&format!("keypair create ci --count 300 --type ed25519 {PAST}")).success();
    let query = "keypair prune --query 'length(KeyPairs)'";
    assert_eq!(home.shell(query).success().text(), "300\n");
    // A closed pipe does not stop the deletion.
    let run = home.shell("keypair prune --delete --output jsonl | head -n 3").success();
    let told = lines(&run);
    assert_eq!(told.len(), 3);
    assert_eq!(told[2]["KeyName"], "ci-003");
    assert_eq!(told[2]["Deleted"], true);
    assert!(names(&home).is_empty());
    assert!(!run.stderr.contains("note"), "{run}");
    pairs(&home, &[("a", PAST), ("b", PAST)]);
    let query = "--query KeyPairs[].[KeyName,Deleted] --output text";
    let run = home.shell(&format!("keypair prune --delete {query}")).success();
    assert_eq!(run.text(), "a\tTrue\nb\tTrue\n");
}

/// After an interrupt, the reported pairs are deleted and all others remain.
#[test]
fn interrupted_prune_reports_exactly_deleted_pairs() {
    const COUNT: usize = 3000;
    for (round, signal) in ["INT", "KILL", "TERM", "INT"].iter().enumerate() {
        let home = Home::new();
        home.shell(&format!("keypair create ci --count {COUNT} --type ed25519 {PAST}")).success();
        let delay = 0.1 + 0.05 * f64::from(u32::try_from(round).unwrap());
        let script = format!(
            "set -m; keypair prune --delete --output jsonl > told 2> said &
             sleep {delay}; kill -{signal} $!; wait $!"
        );
        let run = home.launch("bash").args(["-c", &script]).run();
        let told = String::from_utf8(home.read("told")).unwrap().lines().count();
        let left = names(&home).len();
        if *signal == "KILL" {
            assert!(told + left <= COUNT && told + left + 256 > COUNT, "{told} {left}");
        } else {
            assert_eq!(told + left, COUNT);
            if left > 0 && told > 0 {
                assert_eq!(run.code, Some(130), "{run}");
                let said = String::from_utf8(home.read("said")).unwrap();
                assert!(said.contains(&format!("deleted {told} of {COUNT} pairs")), "{said}");
            }
        }
        home.keypair(["prune", "--delete", "--quiet"]).success();
        assert!(names(&home).is_empty());
    }
}

#[test]
fn prune_deletes_ten_thousand_pairs_in_seconds() {
    let home = Home::new();
    pairs(&home, &[("lasting", "")]);
    home.change_registry(
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 10000)
         INSERT INTO key_pair
         SELECT x + 1, printf('key-%017x', x), printf('ci-%05d', x), 'ed25519', 256,
                public_key, fingerprint, 'created', 1600000000000
         FROM n, (SELECT public_key, fingerprint FROM key_pair);
         INSERT INTO tag
         SELECT row, 0, 'keypair:expires-at', '2020-01-01T00:00:00Z' FROM key_pair WHERE row > 1",
    );
    let start = Instant::now();
    let run = home.keypair(["prune", "--delete", "--output", "jsonl"]).success();
    let elapsed = start.elapsed();
    assert_eq!(run.text().lines().count(), 10_000);
    assert_eq!(names(&home), ["lasting"]);
    // A debug build under the load of other tests. An optimized build alone needs one or two
    // seconds.
    assert!(elapsed < Duration::from_secs(30), "{elapsed:?}");
}
