//! `prune` in EC2, with moto and with a stub server.

use std::time::{Duration, Instant};

use super::{PAST, found, lines, pairs};
use crate::aws::ec2::home_of;
use crate::support::home::Home;
use crate::support::moto::Account;
use crate::support::run::Run;
use crate::support::stub::{Answer, Stub};

/// Returns an account in which `keypair` uses EC2.
fn account() -> Account {
    let mut account = Account::new();
    account.home_mut().set("KEYPAIR_REGISTRY", "ec2");
    account
}

fn prune(home: &Home, words: &str) -> Run {
    home.shell(&format!("keypair prune {words}"))
}

fn names(account: &Account) -> Vec<String> {
    let query = ["ec2", "describe-key-pairs", "--query", "KeyPairs[].KeyName"];
    let mut names: Vec<String> = serde_json::from_str(account.aws(query).success().text()).unwrap();
    names.sort();
    names
}

#[test]
fn prune_deletes_only_expired_pairs() {
    let account = account();
    let home = account.home();
    pairs(home, &[("old", PAST), ("ci-1", PAST), ("young", "--ttl 1h"), ("lasting", "")]);
    let tag = "aws ec2 create-tags --tags Key=keypair:expires-at,Value=soon --resources";
    let id = "keypair describe lasting --query KeyPairs[0].KeyPairId --output text";
    home.shell(&format!("{tag} $({id})")).success();
    let run = prune(home, "").success();
    assert_eq!(found(&run), ["old", "ci-1"]);
    assert!(
        run.stderr.contains("skipped `lasting`: the tag keypair:expires-at is not a valid time"),
        "{run}"
    );
    let run = prune(home, "--expired --name 'ci-*' --delete").success();
    assert_eq!(found(&run), ["ci-1"]);
    assert_eq!(names(&account), ["lasting", "old", "young"]);
    let run = prune(home, "--delete --output jsonl").success();
    assert_eq!(lines(&run)[0]["Deleted"], true);
    assert_eq!(names(&account), ["lasting", "young"]);
    assert_eq!(found(&prune(home, "--older-than 1h").success()), [""; 0]);
    std::thread::sleep(Duration::from_millis(1100));
    assert_eq!(found(&prune(home, "--older-than 1s").success()).len(), 2);
}

#[test]
fn prune_unused_keeps_pairs_of_instances_and_templates() {
    let account = account();
    let home = account.home();
    let all =
        ["running", "stopped", "terminated", "default", "middle", "newest", "Case", "free", "old"];
    for name in all {
        let options = if name == "old" || name == "running" { PAST } else { "" };
        pairs(home, &[(name, options)]);
    }
    let run = |name: &str| {
        let words = "aws ec2 run-instances --image-id ami-12345678 --query Instances[0].InstanceId";
        let run = home.shell(&format!("{words} --output text --key-name {name}")).success();
        run.text().trim().to_owned()
    };
    run("running");
    run("case");
    let (stopped, terminated) = (run("stopped"), run("terminated"));
    home.shell(&format!("aws ec2 stop-instances --instance-ids {stopped}")).success();
    home.shell(&format!("aws ec2 terminate-instances --instance-ids {terminated}")).success();
    for (command, name) in [("", "default"), ("-version", "middle"), ("-version", "newest")] {
        let data = format!("--launch-template-data KeyName={name}");
        let words = format!("create-launch-template{command} --launch-template-name web {data}");
        home.shell(&format!("aws ec2 {words}")).success();
    }
    let run = prune(home, "--unused").success();
    let mut unused = found(&run);
    unused.sort();
    assert_eq!(unused, ["free", "middle", "old", "terminated"]);
    for said in ["Not checked: launch configurations", "pass `--delete` to delete them"] {
        assert!(run.stderr.contains(said), "{run}");
    }
    let run = prune(home, "--unused --expired --delete").success();
    assert_eq!(found(&run), ["old"]);
    let reasons = "expired 2020-01-01T00:00:00Z, unused\n";
    assert!(run.stderr.contains(reasons), "{run}");
    let run = prune(home, "--unused --delete --quiet").success();
    assert_eq!(run.stderr, "");
    assert_eq!(names(&account), ["Case", "default", "newest", "running", "stopped"]);
}

/// Returns five expired pairs.
fn five() -> String {
    let pair = |number| pair(number, "2020-01-01T00:00:00Z");
    (1..=5).map(pair).collect()
}

fn pair(number: usize, expires_at: &str) -> String {
    let tag = format!("<item><key>keypair:expires-at</key><value>{expires_at}</value></item>");
    format!(
        "<item><keyPairId>key-{number}</keyPairId><keyName>k{number}</keyName><tagSet>{tag}</tagSet></item>"
    )
}

fn pairs_of(items: &str) -> Answer {
    Answer::response("DescribeKeyPairs", &format!("<keySet>{items}</keySet>"))
}

/// Returns the number of the pair in a request.
fn named(body: &str, member: &str) -> Option<usize> {
    let (_, value) = body.split_once(member)?;
    value.split('&').next()?.parse().ok()
}

#[test]
fn prune_unused_without_permission_deletes_nothing() {
    for operation in ["DescribeInstances", "DescribeLaunchTemplateVersions"] {
        let denied = format!("Action={operation}&");
        let stub = Stub::start(move |body| match body {
            body if body.starts_with(&denied) => {
                Answer::error(403, "UnauthorizedOperation", "You are not authorized.")
            }
            body if body.starts_with("Action=DescribeKeyPairs&") => pairs_of(&five()),
            _ => Answer::response("DescribeInstances", "<reservationSet/>"),
        });
        let run = prune(&home_of(&stub), "--unused --delete").fails_with(254);
        let said = format!("(UnauthorizedOperation) when calling the {operation} operation");
        assert!(run.stderr.contains(&said) && run.text().is_empty(), "{run}");
        assert!(run.stderr.contains("hint: nothing was deleted"), "{run}");
        assert_eq!(stub.count("DeleteKeyPair"), 0);
    }
}

/// Old pairs have no creation time, because EC2 did not store it.
#[test]
fn prune_keeps_and_reports_pairs_without_time() {
    let stub = Stub::start(|_| pairs_of(&(five() + &five())));
    let run = prune(&home_of(&stub), "--older-than 1s --delete").success();
    assert_eq!(found(&run), [""; 0]);
    let said = "skipped `k1`, `k2`, `k3`, `k4`, `k5` and 5 more: the registry does not report a creation time\n";
    assert!(run.stderr.contains(said), "{run}");
    assert_eq!(stub.count("DeleteKeyPair"), 0);
}

#[test]
fn prune_unused_reads_all_pages() {
    let instance = |name: &str| {
        format!(
            "<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><keyName>{name}</keyName></item></instancesSet></item></reservationSet>"
        )
    };
    let version = |name: &str| {
        let data = format!("<launchTemplateData><keyName>{name}</keyName></launchTemplateData>");
        let id = "<launchTemplateId>lt-1</launchTemplateId><versionNumber>1</versionNumber>";
        format!("<launchTemplateVersionSet><item>{id}{data}</item></launchTemplateVersionSet>")
    };
    let next = "<nextToken>next</nextToken>";
    let stub = Stub::start(move |body| {
        let is_second = body.contains("NextToken=next");
        let operation = match body {
            body if body.starts_with("Action=DescribeKeyPairs&") => return pairs_of(&five()),
            body if body.starts_with("Action=DescribeInstances&") => "DescribeInstances",
            body if body.starts_with("Action=DescribeLaunchTemplates&") => {
                return Answer::error(403, "UnauthorizedOperation", "No.");
            }
            _ => "DescribeLaunchTemplateVersions",
        };
        let elements = match (operation, is_second) {
            ("DescribeInstances", false) => instance("k1") + next,
            ("DescribeInstances", true) => instance("k2"),
            (_, false) => version("k3") + next,
            (_, true) => version("k4"),
        };
        Answer::response(operation, &elements)
    });
    assert_eq!(found(&prune(&home_of(&stub), "--unused").success()), ["k5"]);
    assert_eq!(stub.count("DescribeInstances"), 2);
    assert_eq!(stub.count("DescribeLaunchTemplateVersions"), 2);
}

#[test]
fn prune_reports_failure_of_every_pair() {
    let stub = Stub::start(|body| {
        if body.starts_with("Action=DeleteKeyPair&") {
            return Answer::error(403, "UnauthorizedOperation", "No.");
        }
        match named(body, "KeyPairId.1=key-").or_else(|| named(body, "KeyName.1=k")) {
            Some(number) => pairs_of(&pair(number, "2020-01-01T00:00:00Z")),
            None => pairs_of(&five()),
        }
    });
    let run = prune(&home_of(&stub), "--delete --output jsonl").fails_with(254);
    let pairs = lines(&run);
    assert!(
        pairs.iter().all(|pair| pair["Deleted"] == false && pair["Error"].is_string()),
        "{run}"
    );
    assert_eq!(pairs.len(), 5, "{run}");
    assert!(run.stderr.contains("deleted 0 of 5 pairs"), "{run}");
}

/// The first pair is deleted, the second may not be deleted, the third is already missing, the
/// fourth has a later expiry by now, and the fifth is deleted.
#[test]
fn prune_reports_result_of_each_pair() {
    for output in ["json", "jsonl"] {
        let stub = Stub::start(|body| {
            let missing = || Answer::error(400, "InvalidKeyPair.NotFound", "It does not exist.");
            if body.starts_with("Action=DeleteKeyPair&") {
                return match body.contains("key-2") || body.contains("k2") {
                    true => Answer::error(403, "UnauthorizedOperation", "No."),
                    false => Answer::response("DeleteKeyPair", "<return>true</return>"),
                };
            }
            match (named(body, "KeyPairId.1=key-"), named(body, "KeyName.1=k")) {
                (Some(3), _) => missing(),
                (Some(4), _) => pairs_of(&pair(4, "9999-01-01T00:00:00Z")),
                (Some(number), _) | (_, Some(number @ 2)) => {
                    pairs_of(&pair(number, "2020-01-01T00:00:00Z"))
                }
                (None, Some(_)) => missing(),
                (None, None) => pairs_of(&five()),
            }
        });
        let words = format!("--delete --output {output}");
        let run = prune(&home_of(&stub), &words).fails_with(254);
        let pairs = match output {
            "json" => run.json()["KeyPairs"].as_array().unwrap().clone(),
            _ => lines(&run),
        };
        let deleted: Vec<_> = pairs.iter().map(|pair| pair["Deleted"].as_bool().unwrap()).collect();
        assert_eq!(deleted, [true, false, true, false, true], "{run}");
        let refusal = "An error occurred (UnauthorizedOperation) when calling the DeleteKeyPair operation: No.";
        assert_eq!(pairs[1]["Error"], refusal);
        assert!(pairs[3].get("Error").is_none());
        assert!(run.stderr.contains(&format!("error: {refusal}\n")), "{run}");
        assert!(run.stderr.contains("the error is about `k2`"), "{run}");
        assert!(run.stderr.contains("deleted 3 of 5 pairs"), "{run}");
        if output == "json" {
            assert!(run.stderr.contains("note: kept k4 (key-4): it has changed"), "{run}");
        }
    }
}

/// Ctrl-C while waiting for a response. A pair that was only looked up still exists.
#[test]
fn interrupted_prune_reports_deleted_pairs() {
    for (hangs, told) in [("Action=DeleteKeyPair&", 2), ("KeyPairId.1=key-2", 1)] {
        let stub = Stub::start(move |body| {
            let is_of_second = body.contains("key-2");
            if is_of_second && (body.starts_with(hangs) || body.contains(hangs)) {
                return Answer::Hang;
            }
            if body.starts_with("Action=DeleteKeyPair&") {
                return Answer::response("DeleteKeyPair", "<return>true</return>");
            }
            match named(body, "KeyPairId.1=key-") {
                Some(number) => pairs_of(&pair(number, "2020-01-01T00:00:00Z")),
                None if body.contains("KeyName.1=") => Answer::no_pairs(),
                None => pairs_of(&five()),
            }
        });
        let home = home_of(&stub);
        let start = Instant::now();
        let words = "keypair prune --delete --output jsonl";
        let script = format!("set -m; {words} & sleep 3; kill -INT $!; wait $!");
        let run = home.launch("bash").args(["-c", &script]).run();
        assert!(start.elapsed() < Duration::from_secs(20), "{run}");
        assert_eq!(run.code, Some(130), "{run}");
        assert_eq!(lines(&run).len(), told, "{run}");
        assert!(run.stderr.contains("deleted 1 of 5 pairs"), "{run}");
    }
}
