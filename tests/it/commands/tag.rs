//! `tag`, `untag`, `create-tags`, `delete-tags` and `wait`.

use serde_json::json;

use crate::support::home::Home;
#[cfg(feature = "ec2")]
use crate::support::moto::Account;
use crate::support::run::Run;

const TAGS: &str = "keypair describe web --query 'KeyPairs[0].Tags[].[Key,Value]' --output text";

/// Returns the standard output of a script with the id of `web` in a variable.
#[track_caller]
fn run(home: &Home, script: &str) -> Run {
    let id = "ID=$(keypair describe web --query 'KeyPairs[0].KeyPairId' --output text)";
    home.shell(&format!("{id}; {script}"))
}

fn change_tags_of(home: &Home) {
    home.keypair(["create", "web", "--type", "ed25519", "--tag", "old=1"]).success();
    let tagged = run(home, "keypair tag web old=2 'note=a b=c' empty=").success().json();
    assert_eq!(tagged["KeyName"], "web");
    let expected = json!([
        {"Key": "old", "Value": "2"},
        {"Key": "note", "Value": "a b=c"},
        {"Key": "empty", "Value": ""}
    ]);
    assert_eq!(tagged["Tags"], expected);
    let untagged = run(home, "keypair untag web note nosuch --query 'Tags[].Key'").success();
    assert_eq!(untagged.json(), json!(["old", "empty"]));
    for (script, tags) in [
        (
            "create-tags --resources $ID --tags Key=team,Value=ops Key=old,Value=3",
            "old\t3\nempty\t\nteam\tops\n",
        ),
        ("delete-tags --resources $ID --tags Key=old,Value=other", "old\t3\nempty\t\nteam\tops\n"),
        (
            "delete-tags --resources $ID --tags '[{\"Key\": \"old\"}]' Key=empty,Value=",
            "team\tops\n",
        ),
        ("create-tags --resources $ID --tags Key=a,Value=b --dry-run", "team\tops\n"),
        ("delete-tags --resources $ID --dry-run", "team\tops\n"),
    ] {
        let silent = run(home, &format!("keypair ec2 {script}")).success();
        let is_dry_run = script.contains("--dry-run");
        assert!(silent.text().is_empty(), "{silent}");
        assert_eq!(silent.stderr.contains("DryRunOperation"), is_dry_run, "{silent}");
        assert_eq!(home.shell(TAGS).success().text(), tags, "{script}");
    }
}

#[test]
fn tags_of_local_pair_change() {
    let home = Home::new();
    change_tags_of(&home);
    // Moto ignores a deletion of all tags.
    run(&home, "keypair ec2 delete-tags --resources $ID").success();
    assert_eq!(home.shell(TAGS).success().text(), "");
}

#[cfg(feature = "ec2")]
#[test]
fn tags_of_ec2_pair_change() {
    let mut account = Account::new();
    account.home_mut().set("KEYPAIR_REGISTRY", "ec2");
    change_tags_of(account.home());
}

#[test]
fn refused_change_of_tags_changes_nothing() {
    let home = Home::new();
    home.keypair(["create", "web", "--type", "ed25519", "--tag", "old=1"]).success();
    let many: Vec<_> = (0..50).map(|number| format!("k{number}=")).collect();
    let many = many.join(" ");
    for (script, status, said) in [
        (
            format!("tag web {many}"),
            254,
            "(TagLimitExceeded) when calling the CreateTags operation",
        ),
        ("tag web aws:x=1".into(), 254, "Tag keys starting with 'aws:' are reserved"),
        ("untag web AWS:x".into(), 254, "Tag keys starting with 'aws:' are reserved"),
        ("tag web a=1 a=2".into(), 254, "Duplicate tag key 'a' specified."),
        ("tag web =1".into(), 254, "a tag key is empty"),
        ("tag web a".into(), 252, "`a` lacks a `=`"),
        ("tag web keypair:expires-at=soon".into(), 252, "invalid value for KEY=VALUE"),
        ("tag wbe a=b".into(), 3, "The key pair 'wbe' does not exist"),
        (
            "create-tags --resources $ID key-0 --tags Key=a,Value=b".into(),
            3,
            "The key pair ID 'key-0' does not exist",
        ),
        (
            "create-tags --resources $ID i-0abc --tags Key=a".into(),
            252,
            "`i-0abc`: not the ID of a key pair",
        ),
        (
            "create-tags --resources $ID --tags a=b".into(),
            252,
            "Unknown parameter in Tags[0]: \"a\"",
        ),
        ("tag web a=b --dry-run --registry-file none".into(), 3, "does not exist"),
        (
            "create-tags --resources --tags Key=a".into(),
            254,
            "(MissingParameter) when calling the CreateTags operation: The request must contain \
             the parameter resourceIdSet",
        ),
        ("create-tags --resources $ID --tags".into(), 254, "the parameter tagSet"),
        ("delete-tags --resources --tags Key=a".into(), 254, "the parameter resourceIdSet"),
    ] {
        let run = run(&home, &format!("keypair {script}")).fails_with(status);
        assert!(run.stderr.contains(said), "{run}");
        assert_eq!(home.shell(TAGS).success().text(), "old\t1\n", "{script}");
    }
}

#[test]
fn wait_ends_once_pair_exists() {
    let home = Home::new();
    let later = "(sleep 2; keypair create web --type ed25519 --quiet > made) & \
                 keypair ec2 wait key-pair-exists --filters Name=key-name,Values=web; echo $?; wait";
    let run = home.shell(later).success();
    assert!(run.text() == "0\n" && run.stderr.is_empty(), "{run}");
    home.shell("keypair wait key-pair-exists --key-names web").success();
    let run = home.shell("keypair wait instance-running").fails_with(252);
    assert!(run.stderr.contains("argument subcommand: Found invalid choice"), "{run}");
    // A signal ends it at once.
    let run = home.shell("timeout 1 keypair wait key-pair-exists --key-names none; echo $?");
    assert_eq!(run.success().text(), "124\n");
}

#[test]
fn wait_for_missing_pair_fails() {
    let home = Home::new();
    let run = home.shell("keypair wait key-pair-exists --key-names none").fails_with(255);
    let reason = "Waiter KeyPairExists failed: Max attempts exceeded. Previously accepted state: \
                  Matched expected service error code: InvalidKeyPair.NotFound\n";
    assert!(run.stderr.ends_with(reason), "{run}");
}
