//! Regions that refuse, deny, delay or lose a request, and kills.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{LIST, REGIONS, each};
use crate::aws::ec2::home_of;
use crate::support::home::Home;
use crate::support::stub::{Answer, Stub, member};

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

#[test]
fn invalid_list_of_regions_is_refused() {
    for (names, sentence) in [
        (vec![], "it has 0 regions"),
        ((0..201).map(|number| format!("xx-test-{number}")).collect(), "it has 201 regions"),
        (vec!["a.evil/".to_owned()], "is not a region name"),
    ] {
        let stub = Stub::start(move |_| {
            let item = |name| format!("<item><regionName>{name}</regionName></item>");
            let items: String = names.iter().map(item).collect();
            Answer::response("DescribeRegions", &format!("<regionInfo>{items}</regionInfo>"))
        });
        let run = home_of(&stub).shell("keypair describe --all-regions").fails_with(254);
        assert!(run.stderr.contains(sentence), "{run}");
        assert_eq!(stub.requests(), 1);
    }
}
