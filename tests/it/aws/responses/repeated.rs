//! A server executes a request, reports it as throttled, and rejects the retry as a duplicate.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{deleted, listed, operation};
use crate::aws::ec2::home_of;
use crate::support::home::Home;
use crate::support::run::Run;
use crate::support::stub::{Answer, Stub, member};

/// The pair in the list of the server after the first request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum List {
    /// With the public key that was sent.
    Own,
    /// With the key that was sent, without tags.
    Untagged,
    /// With the public key that was sent, and a creation time long before the request.
    Old,
    /// With another public key.
    Other,
    /// With neither a public key nor a fingerprint.
    Bare,
    /// The list is empty.
    Empty,
    /// The user may not list pairs.
    Refused,
}

const THROTTLED: [(u16, &str); 3] =
    [(429, "Throttling"), (503, "RequestLimitExceeded"), (400, "RequestThrottled")];

/// Returns a server with this behavior for the first request of each name.
fn server(list: List, (status, code): (u16, &'static str)) -> Stub {
    let pairs = Mutex::new(Vec::<(String, String)>::new());
    Stub::start(move |body| {
        let mut pairs = pairs.lock().unwrap();
        match operation(body).as_str() {
            "ImportKeyPair" | "CreateKeyPair" => {
                let name = member(body, "KeyName").unwrap();
                if pairs.iter().any(|(taken, _)| *taken == name) {
                    return Answer::error(400, "InvalidKeyPair.Duplicate", "It already exists.");
                }
                let key = member(body, "PublicKeyMaterial").unwrap_or_default();
                let key = String::from_utf8(STANDARD.decode(key).unwrap()).unwrap();
                let tag = |number: usize| {
                    let tag = format!("TagSpecification.1.Tag.{number}");
                    let key = member(body, &format!("{tag}.Key"))?;
                    let value = member(body, &format!("{tag}.Value"))?;
                    Some(format!("<item><key>{key}</key><value>{value}</value></item>"))
                };
                let tags = format!("<tagSet>{}</tagSet>", (1..).map_while(tag).collect::<String>());
                let key = format!("<publicKey>{key}</publicKey>");
                let shown = match list {
                    List::Own => key + &tags,
                    List::Untagged => key,
                    List::Old => key + &tags + "<createTime>2020-01-01T00:00:00.000Z</createTime>",
                    List::Other => format!("<publicKey>ssh-ed25519 AAAA</publicKey>{tags}"),
                    List::Bare | List::Empty | List::Refused => tags,
                };
                pairs.push((name, shown));
                Answer::error(status, code, "Slow down.")
            }
            "DeleteKeyPair" => {
                pairs.clear();
                deleted()
            }
            _ if list == List::Refused => Answer::error(403, "UnauthorizedOperation", "No."),
            _ => {
                let asked = member(body, "KeyName.1");
                match pairs.iter().find(|(name, _)| asked.as_ref() == Some(name)) {
                    Some((name, shown)) if list != List::Empty => listed(name, "key-1", shown),
                    _ => Answer::no_pairs(),
                }
            }
        }
    })
}

fn run(list: List, words: &str) -> (Stub, Home, Run) {
    let throttled = THROTTLED[words.len() % THROTTLED.len()];
    let stub = server(list, throttled);
    let home = home_of(&stub);
    home.write("k.pub", include_str!("../../../vectors/keys/ed25519.openssh.pub"));
    let run = home.shell(&format!("umask 077; keypair {words}"));
    (stub, home, run)
}

#[test]
fn duplicate_of_own_request_succeeds() {
    for words in [
        "create web --type ed25519",
        "create web --type ed25519 --ttl 1h",
        "create web --type ed25519 --out - > web.pem",
        "create web --type ed25519 --if-not-exists",
        "create web --type ed25519 --count 1",
        "import web k.pub --tag team=ops",
        "exec --type ed25519 -- touch web.pem",
    ] {
        let (stub, home, run) = run(List::Own, words);
        let run = run.success();
        assert!(!run.stderr.contains("warning"), "{run}");
        assert_eq!(stub.count("ImportKeyPair"), 2, "{run}");
        let is_key = |name| home.path(name).exists();
        assert!(is_key("web.pem") || is_key("web-1.pem") || words.starts_with("import"), "{run}");
        assert_eq!(stub.count("DeleteKeyPair"), usize::from(words.starts_with("exec")), "{run}");
    }
    // The key is new, whatever the clocks show.
    run(List::Old, "create web --type ed25519").2.success();
    let (_, _, run) = run(List::Untagged, "create web --type ed25519 --tag team=ops");
    assert!(run.success().stderr.contains("did not keep these tags"), "tags");
}

#[test]
fn duplicate_of_another_pair_changes_nothing() {
    for (list, words) in [
        (List::Other, "create web --type ed25519"),
        (List::Other, "create web --type ed25519 --out -"),
        (List::Other, "import web k.pub"),
        (List::Old, "import web k.pub"),
        (List::Untagged, "import web k.pub --ttl 1h"),
        (List::Old, "create web --type ed25519 --generate ec2"),
        (List::Old, "create-key-pair --key-name web --key-type ed25519"),
    ] {
        let (stub, home, run) = run(list, words);
        let run = run.fails_with(4);
        assert!(
            run.stderr.contains("(InvalidKeyPair.Duplicate)") && run.text().is_empty(),
            "{run}"
        );
        assert!(!home.path("web.pem").exists(), "{run}");
        assert_eq!(stub.count("DeleteKeyPair"), 0, "{run}");
    }
}

#[test]
fn uncertain_duplicate_keeps_private_key() {
    for list in [List::Bare, List::Empty, List::Refused] {
        let (_, home, run) = run(list, "create web --type ed25519");
        let run = run.fails_with(254);
        let said = "could not confirm that `web` was registered: the request was throttled, repeated, \
                    and refused as a duplicate; ";
        assert!(run.stderr.contains(said), "{run}");
        assert!(run.stderr.contains("the private key is kept in web.pem"), "{run}");
        assert!(!run.stderr.contains("keypair delete"), "{run}");
        assert_eq!(home.mode("web.pem"), 0o400);
    }
    let (_, _, run) = run(List::Refused, "create web --type ed25519 --out -");
    assert!(run.fails_with(254).text().contains("PRIVATE KEY"), "stdout");
}

/// Only the lost response contained the generated key.
#[test]
fn duplicate_of_generated_pair_is_uncertain() {
    for list in [List::Bare, List::Empty, List::Refused] {
        for words in [
            "create web --type ed25519 --generate ec2",
            "create-key-pair --key-name web --key-type ed25519",
        ] {
            let (stub, _, run) = run(list, words);
            let run = run.fails_with(254);
            assert!(run.stderr.contains("if it was, its private key is lost: "), "{run}");
            assert!(run.stderr.contains("to delete it if it was created just now"), "{run}");
            assert_eq!(stub.count("DeleteKeyPair"), 0, "{run}");
        }
    }
}

/// Without a retry, the name belongs to another pair.
#[test]
fn duplicate_of_first_request_is_an_error() {
    let stub = Stub::start(|body| match operation(body).as_str() {
        "ImportKeyPair" => Answer::error(400, "InvalidKeyPair.Duplicate", "It already exists."),
        _ => Answer::no_pairs(),
    });
    let home = home_of(&stub);
    home.keypair(["create", "web", "--type", "ed25519"]).fails_with(4);
    assert!(!home.path("web.pem").exists());
    // The last request looks for a copy of the registration that was sent twice.
    assert_eq!(stub.requests(), 3);
}

/// A proxy may send a request twice and return the second response.
#[test]
fn new_key_is_no_duplicate_of_itself() {
    for words in [
        "create web --type ed25519 --out k",
        "create web --type ed25519 --out k --force",
        "create web --type ed25519 --out k --if-not-exists",
        "create web --type ed25519 --out - > k",
    ] {
        let registered = Arc::new(Mutex::new(None));
        let kept = Arc::clone(&registered);
        let stub = Stub::start(move |body| match operation(body).as_str() {
            "ImportKeyPair" => {
                let key = STANDARD.decode(member(body, "PublicKeyMaterial").unwrap()).unwrap();
                *kept.lock().unwrap() = Some(String::from_utf8(key).unwrap());
                Answer::error(400, "InvalidKeyPair.Duplicate", "It already exists.")
            }
            _ => match &*kept.lock().unwrap() {
                Some(key) => {
                    let elements = format!("<publicKey>{key}</publicKey>");
                    listed("web", "key-0000000000000cafe", &elements)
                }
                None => Answer::no_pairs(),
            },
        });
        let home = home_of(&stub);
        home.shell(&format!("keypair {words}")).success();
        let key = home.shell("umask 077; cat k > own; ssh-keygen -y -f own").success();
        let registered = registered.lock().unwrap().clone().unwrap();
        assert!(key.text().starts_with(registered.trim_end()), "{registered} {key}");
        assert_eq!(stub.count("DeleteKeyPair"), 0);
    }
}

/// A signal before the registration changes nothing.
#[test]
fn interrupted_create_keeps_the_old_file() {
    let lookups = Arc::new(Mutex::new(0));
    let count = Arc::clone(&lookups);
    let stub = Stub::start(move |body| match operation(body).as_str() {
        "ImportKeyPair" => Answer::imported(body, "key-0000000000000cafe"),
        _ => {
            let mut count = count.lock().unwrap();
            *count += 1;
            if *count == 2 {
                thread::sleep(Duration::from_secs(2));
            }
            Answer::no_pairs()
        }
    });
    let home = home_of(&stub);
    home.write("web.pem", "old");
    let script =
        "set -m; keypair create web --type ed25519 --force & sleep 1; kill -INT $!; wait $!";
    let run = home.launch("bash").args(["-c", script]).run();
    assert_eq!(run.code, Some(130), "{run}");
    assert_eq!(home.read("web.pem"), b"old");
    assert_eq!(stub.count("ImportKeyPair"), 0);
}

#[test]
fn empty_descriptions_are_no_evidence() {
    let stub = Stub::start(|body| match operation(body).as_str() {
        "DescribeKeyPairs" => listed("web", "key-0000000000000cafe", ""),
        "CreateTags" => Answer::response("CreateTags", "<return>true</return>"),
        _ => Answer::Reply(200, "{}".to_owned()),
    });
    let home = home_of(&stub);
    home.shell("ssh-keygen -q -t ed25519 -N '' -f web.pem").success();
    for words in [
        "create web --type ed25519 --if-not-exists",
        "import web web.pem --if-not-exists",
        "verify web.pem --key-name web",
        "delete web --private-key-file web.pem",
    ] {
        let run = home.shell(&format!("keypair {words}")).fails_with(254);
        assert!(run.stderr.contains("neither a public key nor a fingerprint"), "{run}");
        assert!(!run.stderr.contains("keypair delete"), "{run}");
    }
    let run = home.shell("keypair get-parameters --names /a /b").fails_with(254);
    assert!(run.stderr.contains("does not mention the parameter /a"), "{run}");
}
