//! One key in several regions and accounts.

mod failing;

use serde_json::Value;

use crate::project::readme::{Example, examples};
use crate::support::home::Home;
use crate::support::moto::Account;

const REGIONS: [&str; 3] = ["eu-west-1", "us-east-1", "ap-south-1"];
const LIST: &str = "eu-west-1,us-east-1,ap-south-1";

/// Returns a member of each pair.
fn each(answer: &Value, name: &str) -> Vec<String> {
    let pairs = answer["KeyPairs"].as_array().unwrap_or_else(|| panic!("{answer}"));
    pairs.iter().map(|pair| pair[name].as_str().unwrap_or_default().to_owned()).collect()
}

fn json(home: &Home, words: &str) -> Value {
    home.shell(&format!("keypair {words} --registry ec2")).success().json()
}

#[test]
fn key_lives_in_all_regions() {
    let account = Account::new();
    let home = account.home();
    let made = json(home, &format!("create web --type ed25519 --ttl 1h --region {LIST}"));
    assert_eq!(each(&made, "Region"), REGIONS);
    assert_eq!(each(&made, "PrivateKeyFile"), ["web.pem"; 3]);
    let fingerprints = each(&made, "KeyFingerprint");
    assert!(fingerprints.iter().all(|one| *one == fingerprints[0]), "{made}");
    assert_eq!(home.mode("web.pem"), 0o400);
    // The AWS CLI sees one pair in each.
    for region in REGIONS {
        let words = ["ec2", "describe-key-pairs", "--region", region];
        assert_eq!(each(&account.aws(words).success().json(), "KeyName"), ["web"]);
    }

    let found = json(home, "describe web --all-regions");
    let mut sorted = REGIONS;
    sorted.sort_unstable();
    assert_eq!(each(&found, "Region"), sorted);
    let verified = json(home, &format!("verify web.pem --region {LIST}"));
    assert_eq!(each(&verified, "Region"), REGIONS);
    let tagged = json(home, &format!("tag web team=ops --region {LIST}"));
    assert_eq!(each(&tagged, "Region"), REGIONS);
    let found = json(home, &format!("describe --region {LIST} --filters Name=tag:team,Values=ops"));
    assert_eq!(each(&found, "Region"), REGIONS);
    let untagged = json(home, "untag web team --region us-east-1,us-west-2");
    assert_eq!(each(&untagged, "Region"), ["us-east-1"]);
    let due = json(home, &format!("prune --name we? --region {LIST}"));
    assert_eq!(each(&due, "Region"), REGIONS);
    let pruned = json(home, "prune --name web --delete --region eu-west-1,us-west-2");
    assert_eq!(each(&pruned, "Region"), ["eu-west-1"]);

    let words = format!("delete web --private-key-file web.pem --region {LIST}");
    assert_eq!(each(&json(home, &words), "Region"), REGIONS[1..]);
    assert!(!home.path("web.pem").exists());
    assert!(each(&json(home, "describe --all-regions"), "Region").is_empty());
    let gone = home.shell(&format!("keypair describe web --registry ec2 --region {LIST}"));
    assert!(gone.fails_with(3).stderr.contains("InvalidKeyPair.NotFound"));
}

#[test]
fn one_region_answers_as_before() {
    let account = Account::new();
    let made = json(account.home(), "create web --type ed25519 --region eu-west-1");
    assert!(made["KeyPairs"].is_null() && made["Region"].is_null(), "{made}");
    let found = json(account.home(), "describe --region eu-west-1 --region eu-west-1");
    assert!(found["KeyPairs"][0]["Region"].is_null(), "{found}");
}

#[test]
fn columns_name_the_region() {
    let account = Account::new();
    let home = account.home();
    json(home, &format!("create web --type ed25519 --region {LIST}"));
    let query = "--query 'KeyPairs[].[Region, KeyName]' --output text";
    let text = home.shell(&format!("keypair describe --registry ec2 --region {LIST} {query}"));
    assert_eq!(text.success().text(), "eu-west-1\tweb\nus-east-1\tweb\nap-south-1\tweb\n");
    let table = format!("keypair describe --registry ec2 --region {LIST} --output table");
    assert!(home.shell(&table).success().text().contains("|  Region"));
    let lines = format!("keypair describe --registry ec2 --region {LIST} --output jsonl");
    let lines = home.shell(&lines).success();
    assert_eq!(lines.text().lines().count(), 3, "{lines}");
}

#[test]
fn import_continues_where_the_key_is_registered() {
    let account = Account::new();
    let home = account.home();
    home.shell("ssh-keygen -q -t ed25519 -N '' -f own; ssh-keygen -q -t ed25519 -N '' -f other")
        .success();
    json(home, "import web own.pub --region us-east-1");
    let run = format!("keypair import web own.pub --registry ec2 --region {LIST}");
    let refused = home.shell(&run).fails_with(4);
    assert!(refused.stderr.contains("us-east-1: "), "{refused}");
    assert_eq!(each(&json(home, "describe --all-regions"), "Region"), ["us-east-1"]);
    // Another key under the name refuses all regions before anything is changed.
    json(home, "import web other.pub --region us-west-2");
    let run = "keypair import web own.pub --if-not-exists --registry ec2 --region";
    home.shell(&format!("{run} {LIST},us-west-2")).fails_with(4);
    assert_eq!(each(&json(home, "describe --all-regions"), "Region"), ["us-east-1", "us-west-2"]);

    let imported = home.shell(&format!("{run} {LIST}")).success().json();
    assert_eq!(each(&imported, "Region"), REGIONS);
    let changed: Vec<_> = (0..3).map(|one| imported["KeyPairs"][one]["Changed"].clone()).collect();
    assert_eq!(changed, [true, false, true]);
}

#[test]
fn profiles_are_accounts() {
    let account = Account::new();
    let other = Account::new();
    let home = account.home();
    let file = home.path("config");
    let number = |account: &Account| account.aws(["sts", "get-caller-identity"]).success().json();
    let numbers = [number(&account), number(&other)].map(|one| one["Account"].clone());
    let [one, two] = [&numbers[0], &numbers[1]].map(|number| number.as_str().unwrap());
    let section = |name: &str, number: &str| {
        format!(
            "[profile {name}]\naws_access_key_id={number}\naws_secret_access_key=s\nregion=us-east-1\n"
        )
    };
    let config = [section("p", one), section("q", two), section("again", one)].concat();
    home.write("config", config);
    let run = |words: &str| {
        let config = file.display();
        home.shell(&format!(
            "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY; AWS_CONFIG_FILE={config} keypair {words} --registry ec2"
        ))
    };
    let words = "create web --type ed25519 --profile p,q --region us-east-1,eu-west-1";
    let made = run(words).success().json();
    assert_eq!(each(&made, "Profile"), ["p", "p", "q", "q"]);
    assert_eq!(each(&made, "Account"), [one, one, two, two]);
    let regions = ["us-east-1", "eu-west-1", "us-east-1", "eu-west-1"];
    assert_eq!(each(&made, "Region"), regions);
    // Without --region, each profile has its own.
    let found = run("describe web --profile p --profile q").success().json();
    assert_eq!(each(&found, "Region"), ["us-east-1", "us-east-1"]);
    let twice = run("describe --profile p,again").fails_with(252);
    assert!(twice.stderr.contains("`p` and `again` belong to the account"), "{twice}");
}

#[test]
fn invalid_lists_are_refused() {
    let account = Account::new();
    let home = account.home();
    for (words, sentence) in [
        ("describe --region ,a", "empty element"),
        ("describe --region a,,b", "empty element"),
        ("describe --region us-east-1,b_c", "`b_c` is not a region name"),
        ("describe --all-regions --region us-east-1", "cannot be used with `--region`"),
        (
            "describe --region a,b --endpoint-url https://ec2.eu-west-1.amazonaws.com",
            "one endpoint",
        ),
        ("describe-key-pairs --region a,b", "takes one region"),
        ("fetch web --region a,b", "takes one region"),
        ("exec --region a,b -- true", "takes one region"),
        ("doctor --online --region a,b", "takes one region"),
        ("create web --generate ec2 --region a,b", "takes one region"),
        ("create web --if-not-exists --region a,b", "takes one region"),
        ("create web --store ssm --region a,b", "takes one region"),
        ("delete web --stored --region a,b", "takes one region"),
        ("create web --keep-going --region us-east-1", "requires several regions"),
    ] {
        let run = home.shell(&format!("keypair --registry ec2 {words}")).fails_with(252);
        assert!(run.stderr.contains(sentence), "{sentence}\n{run}");
    }
    let run = home.shell("keypair describe --all-regions --registry local").fails_with(252);
    assert!(run.stderr.contains("hint: pass `--registry ec2`"), "{run}");
    assert!(home.files().is_empty());
}

#[test]
fn documented_examples_print_their_output() {
    let account = Account::new();
    for Example { command, output } in examples(include_str!("../../../../docs/regions.md")) {
        let run = account.home().shell(&format!("exec 2>&1\n{command}"));
        assert_eq!(run.text(), output, "$ {command}");
    }
}
