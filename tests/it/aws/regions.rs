//! One key in several regions and accounts: on moto, and on a stub with a region that fails.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::ec2::home_of;
use crate::project::readme::{Example, examples};
use crate::support::home::Home;
use crate::support::moto::Account;
use crate::support::stub::{Answer, Stub, member};

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
        ("store web web.pem --region a,b", "takes one region"),
        ("create web --keep-going --region us-east-1", "requires several regions"),
    ] {
        let run = home.shell(&format!("keypair --registry ec2 {words}")).fails_with(252);
        assert!(run.stderr.contains(sentence), "{sentence}\n{run}");
    }
    let run = home.shell("keypair describe --all-regions --registry local").fails_with(252);
    assert!(run.stderr.contains("requires `--registry ec2`"), "{run}");
    assert!(home.files().is_empty());
}

#[test]
fn documented_examples_print_their_output() {
    let account = Account::new();
    for Example { command, output } in examples(include_str!("../../../docs/regions.md")) {
        let run = account.home().shell(&format!("exec 2>&1\n{command}"));
        assert_eq!(run.text(), output, "$ {command}");
    }
}

/// The behavior of a region.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Behavior {
    Fine,
    /// Denies every request, as a region does that is not enabled.
    Denied,
    /// Refuses registrations.
    Full,
    /// Registers keys without a response.
    Lost,
    /// Refuses deletions.
    Keeps,
    /// Responds after a second.
    Slow,
}

type Pairs = Arc<Mutex<BTreeMap<String, String>>>;

/// Starts a server with one account: the registered key of each region.
fn server(behavior: impl Fn(&str) -> Behavior + Send + Sync + 'static) -> (Stub, Pairs) {
    let pairs = Pairs::default();
    let kept = Arc::clone(&pairs);
    let stub = Stub::start_with_heads(move |head, body| {
        let (_, scope) = head.split_once("Credential=").unwrap();
        let region = scope.split('/').nth(2).unwrap().to_owned();
        let id = |region: &str| format!("key-{:017x}", region.bytes().map(u64::from).sum::<u64>());
        let behavior = behavior(&region);
        if behavior == Behavior::Slow {
            thread::sleep(Duration::from_secs(1));
        }
        let operation = member(body, "Action").unwrap();
        match (operation.as_str(), behavior) {
            ("DescribeRegions", _) => {
                let item = |name| format!("<item><regionName>{name}</regionName></item>");
                let items: String = REGIONS.map(item).concat();
                Answer::response("DescribeRegions", &format!("<regionInfo>{items}</regionInfo>"))
            }
            (_, Behavior::Denied) => {
                let message = "AWS was not able to validate the provided access credentials";
                Answer::error(401, "AuthFailure", message)
            }
            ("ImportKeyPair", Behavior::Full) => {
                Answer::error(400, "KeyPairLimitExceeded", "Too many.")
            }
            ("ImportKeyPair", behavior) => {
                let key = STANDARD.decode(member(body, "PublicKeyMaterial").unwrap()).unwrap();
                let key = String::from_utf8(key).unwrap();
                kept.lock().unwrap().insert(region.clone(), key);
                match behavior {
                    Behavior::Lost => Answer::Cut,
                    _ => Answer::imported(body, &id(&region)),
                }
            }
            ("DeleteKeyPair", Behavior::Keeps) => {
                Answer::error(403, "UnauthorizedOperation", "No.")
            }
            ("DeleteKeyPair", _) => {
                assert_eq!(member(body, "KeyPairId"), Some(id(&region)), "{body}");
                kept.lock().unwrap().remove(&region);
                Answer::response("DeleteKeyPair", "<return>true</return>")
            }
            _ => {
                let key = kept.lock().unwrap().get(&region).cloned();
                let item = key.map(|key| {
                    format!(
                        "<item><keyName>web</keyName><keyPairId>{}</keyPairId>\
                         <keyFingerprint>x</keyFingerprint><publicKey>{key}</publicKey></item>",
                        id(&region)
                    )
                });
                let items = item.unwrap_or_default();
                Answer::response("DescribeKeyPairs", &format!("<keySet>{items}</keySet>"))
            }
        }
    });
    (stub, pairs)
}

/// The third region behaves in this way.
fn third(behavior: Behavior) -> (Stub, Pairs, Home) {
    let is_third = |region: &str| region == REGIONS[2];
    let (stub, pairs) =
        server(move |region| if is_third(region) { behavior } else { Behavior::Fine });
    let home = home_of(&stub);
    (stub, pairs, home)
}

fn registered(pairs: &Pairs) -> Vec<String> {
    pairs.lock().unwrap().keys().cloned().collect()
}

#[test]
fn refusal_in_one_region_undoes_the_others() {
    for (behavior, code) in
        [(Behavior::Full, "KeyPairLimitExceeded"), (Behavior::Denied, "AuthFailure")]
    {
        let (_stub, pairs, home) = third(behavior);
        let words = format!("keypair create web --type ed25519 --region {LIST}");
        let run = home.shell(&words).fails_with(254);
        assert!(run.stderr.contains(&format!("ap-south-1: An error occurred ({code})")), "{run}");
        assert_eq!(
            run.stderr.contains("may not be enabled"),
            behavior == Behavior::Denied,
            "{run}"
        );
        assert!(registered(&pairs).is_empty(), "{run}");
        assert!(!home.path("web.pem").exists());

        let run = home.shell(&format!("{words} --keep-going")).fails_with(254);
        assert_eq!(each(&run.json(), "Region"), REGIONS[..2]);
        assert_eq!(run.json()["Failures"][0]["Region"], REGIONS[2]);
        assert_eq!(run.json()["Failures"][0]["Code"], code);
        assert_eq!(registered(&pairs), REGIONS[..2]);
        home.shell("keypair fingerprint web.pem").success();
    }
}

#[test]
fn unknown_outcome_keeps_the_file() {
    let (_stub, pairs, home) = third(Behavior::Lost);
    let run = home.shell(&format!("keypair create web --type ed25519 --region {LIST}"));
    let run = run.fails_with(254);
    assert!(run.stderr.contains("web.pem"), "{run}");
    for region in REGIONS {
        assert!(run.stderr.contains(region), "{region}\n{run}");
    }
    assert_eq!(registered(&pairs).len(), 3);
    let verified = home.shell(&format!("keypair verify web.pem --region {LIST}")).success();
    assert_eq!(each(&verified.json(), "Region"), REGIONS);
}

#[test]
fn pair_that_stays_keeps_the_file() {
    let (stub, pairs) = server(|region| match region {
        "eu-west-1" => Behavior::Keeps,
        "ap-south-1" => Behavior::Full,
        _ => Behavior::Fine,
    });
    let home = home_of(&stub);
    let run = home.shell(&format!("keypair create web --type ed25519 --region {LIST}"));
    let run = run.fails_with(254);
    assert_eq!(registered(&pairs), ["eu-west-1"]);
    assert!(home.path("web.pem").exists(), "{run}");
    assert!(run.stderr.contains("eu-west-1") && run.stderr.contains("ap-south-1"), "{run}");
}

#[test]
fn denied_region_is_a_failure_if_named() {
    let (_stub, _, home) = third(Behavior::Denied);
    home.shell("keypair create web --type ed25519 --region eu-west-1,us-east-1").success();
    let named = home.shell(&format!("keypair describe --region {LIST}")).fails_with(254);
    assert_eq!(each(&named.json(), "Region"), REGIONS[..2]);
    assert_eq!(named.json()["Failures"][0]["Code"], "AuthFailure");
    assert!(named.stderr.contains("ap-south-1 may not be enabled"), "{named}");
    let all = home.shell("keypair describe --all-regions").success();
    assert_eq!(each(&all.json(), "Region"), REGIONS[..2]);
    assert!(all.json()["Failures"].is_null() && all.stderr.contains("skipped ap-south-1"), "{all}");
    // The file may belong to a pair in the region that does not answer.
    let words = format!("keypair delete web --private-key-file web.pem --region {LIST}");
    home.shell(&words).fails_with(254);
    assert!(home.path("web.pem").exists());
    let deleted = home.shell(&format!("keypair delete web --region {LIST}")).fails_with(254);
    assert_eq!(each(&deleted.json(), "Region"), REGIONS[..2]);
}

#[test]
fn slow_region_does_not_delay_others() {
    let (stub, _) =
        server(|region| if region.ends_with("-19") { Behavior::Slow } else { Behavior::Fine });
    let home = home_of(&stub);
    let regions: Vec<_> = (1..=38).map(|number| format!("xx-test-{number}")).collect();
    let start = Instant::now();
    let words = format!("keypair import web key.pub --region {}", regions.join(","));
    home.shell("ssh-keygen -q -t ed25519 -N '' -f key").success();
    let run = home.shell(&words).success();
    // Two requests to each region: the lookup and the registration, and one more to confirm.
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    assert_eq!(each(&run.json(), "Region"), regions);
}

#[test]
fn killed_create_leaves_no_pair_without_its_key() {
    let regions: Vec<_> = (1..=10).map(|number| format!("xx-test-{number}")).collect();
    let regions = regions.join(",");
    for delay in 0..15 {
        let (stub, pairs) = server(|_| {
            thread::sleep(Duration::from_millis(2));
            Behavior::Fine
        });
        let home = home_of(&stub);
        let words = format!("create web --type ed25519 --region {regions}");
        let wait = f64::from(delay) / 100.0;
        home.shell(&format!("keypair {words} & sleep {wait}; kill -9 $!; wait"));
        if registered(&pairs).is_empty() {
            continue;
        }
        let verified = home.shell(&format!("keypair verify web.pem --region {regions}")).success();
        assert_eq!(each(&verified.json(), "Region").len(), registered(&pairs).len(), "{verified}");
    }
}

/// The server has EC2's bucket for ImportKeyPair.
#[test]
fn bulk_import_waits_for_tokens() {
    let tokens = Mutex::new((50_u32, Instant::now(), 0_u32));
    let tokens = Arc::new(tokens);
    let bucket = Arc::clone(&tokens);
    let stub = Stub::start(move |body| match member(body, "Action").unwrap().as_str() {
        "ImportKeyPair" => {
            let mut bucket = bucket.lock().unwrap();
            let (left, since, throttled) = &mut *bucket;
            while since.elapsed() >= Duration::from_millis(200) && *left < 50 {
                *left += 1;
                *since += Duration::from_millis(200);
            }
            if *left == 0 {
                *throttled += 1;
                return Answer::error(503, "RequestLimitExceeded", "Request limit exceeded.");
            }
            *left -= 1;
            Answer::imported(body, &format!("key-{:017x}", *left))
        }
        _ => Answer::no_pairs(),
    });
    let home = home_of(&stub);
    let run = home.shell("keypair create bulk --count 70 --type ed25519 --output off");
    run.success();
    assert_eq!(stub.imported().len() - 70, usize::try_from(tokens.lock().unwrap().2).unwrap());
    assert!(tokens.lock().unwrap().2 <= 5, "{} requests were throttled", tokens.lock().unwrap().2);
}
