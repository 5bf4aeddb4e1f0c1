//! Servers that do not keep the tags of a registration.

use std::sync::Mutex;

use super::registration::{home, made};
use super::{deleted, listed, operation};
use crate::commands::create::generate::PRIVATE_KEY;
use crate::support::stub::{Answer, Stub, member};

/// The effect of a registration on the tags.
#[derive(Clone, Copy, PartialEq)]
enum Tags {
    /// The server drops the tags.
    Lost,
    /// The server keeps the tags but does not repeat them in the response.
    Unsaid,
    /// The server changes the values.
    Changed,
}

/// Returns a server with this behavior. It executes deletions or refuses them.
fn tagger(tags: Tags, deletes: bool) -> Stub {
    let registered = Mutex::new(None);
    Stub::start(move |body| {
        let silent = |operation, elements: &str| {
            let name = member(body, "KeyName").unwrap();
            let pair = format!("<keyName>{name}</keyName><keyPairId>key-1</keyPairId>{elements}");
            *registered.lock().unwrap() = Some(name);
            Answer::response(operation, &pair)
        };
        let asked = |number: usize, part: &str| {
            member(body, &format!("TagSpecification.1.Tag.{number}.{part}"))
        };
        match operation(body).as_str() {
            operation @ ("ImportKeyPair" | "CreateKeyPair") => {
                let material = format!("<keyMaterial>{PRIVATE_KEY}</keyMaterial>");
                let tag = |number| {
                    let key = asked(number, "Key")?;
                    Some(format!("<item><key>{key}</key><value>?</value></item>"))
                };
                let changed: String = (1..).map_while(tag).collect();
                let elements = match tags {
                    Tags::Changed => format!("{material}<tagSet>{changed}</tagSet>"),
                    _ => material,
                };
                silent(operation, &elements)
            }
            "DeleteKeyPair" if deletes => {
                *registered.lock().unwrap() = None;
                deleted()
            }
            "DeleteKeyPair" => Answer::error(403, "UnauthorizedOperation", "No."),
            _ => match &*registered.lock().unwrap() {
                Some(name) if tags == Tags::Unsaid => {
                    let tag = "<tagSet><item><key>team</key><value>ops</value></item></tagSet>";
                    listed(name, "key-1", tag)
                }
                Some(name) if !deletes => listed(name, "key-1", ""),
                _ => Answer::no_pairs(),
            },
        }
    })
}

const EXPIRING: [&str; 9] = [
    "create web --type ed25519 --ttl 1h",
    "create web --type ed25519 --ttl 1h --public-out web.pub",
    "create web --type ed25519 --expires-at 2030-01-01T00:00:00Z --out -",
    "create web --type ed25519 --ttl 1h --count 2",
    "create web --type ed25519 --ttl 1h --if-not-exists",
    "create web --type ed25519 --ttl 1h --generate ec2",
    "import web k.pub --ttl 1h",
    "import web k.pub --ttl 1h --if-not-exists",
    "exec --type ed25519 -- touch ran",
];

/// `prune` would never find the pair.
#[test]
fn pair_without_expiry_tag_is_rolled_back() {
    for tags in [Tags::Lost, Tags::Changed, Tags::Unsaid] {
        for words in EXPIRING {
            let stub = tagger(tags, true);
            let home = home(&stub);
            let run = home.shell(&format!("keypair {words}")).fails_with(254);
            let said = "error: the registry did not keep the tag keypair:expires-at, so the key pair \
                        was deleted again\n";
            assert!(run.stderr.contains(said) && run.text().is_empty(), "{run}");
            assert_eq!(made(&home), [""; 0], "{run}");
            assert_eq!(stub.count("DeleteKeyPair"), 1, "{run}");
            // The id is sent only if the server lists the pair with this name and id.
            let is_by_id = |body: &String| body.contains("KeyPairId=key-1");
            assert_eq!(stub.bodies().iter().any(is_by_id), tags == Tags::Unsaid, "{run}");
        }
    }
}

#[test]
fn failed_rollback_of_expiry_is_reported() {
    for words in EXPIRING {
        let home = home(&tagger(Tags::Lost, false));
        let run = home.shell(&format!("keypair {words}")).fails_with(254);
        assert!(run.stderr.contains("UnauthorizedOperation"), "{run}");
        let is_generated = words.contains("--generate");
        assert!(run.stderr.contains("keypair:expires-at is missing") || is_generated, "{run}");
        // The private key is still usable.
        let is_kept = words.starts_with("create") && !words.contains("--out -") && !is_generated;
        assert_eq!(made(&home).iter().any(|name| name.ends_with(".pem")), is_kept, "{run}");
        assert_eq!(run.text().contains("PRIVATE KEY"), words.contains("--out -"), "{run}");
        assert!(run.stderr.contains("`keypair delete "), "{run}");
        assert!(!run.stderr.contains("--key-pair-id"), "{run}");
    }
}

/// The pair is usable without these tags.
#[test]
fn lost_tags_print_warning() {
    for words in [
        "create web --type ed25519",
        "create web --type ed25519 --out -",
        "create web --type ed25519 --count 2",
        "create web --type ed25519 --if-not-exists",
        "create web --type ed25519 --generate ec2",
        "import web k.pub",
    ] {
        for (tags, warned) in [(Tags::Lost, true), (Tags::Changed, true), (Tags::Unsaid, false)] {
            let stub = tagger(tags, true);
            let run = home(&stub).shell(&format!("keypair {words} --tag team=ops")).success();
            let said = "warning: the registry did not keep these tags of `web";
            assert_eq!(run.stderr.contains(said), warned, "{run}");
            assert_eq!(run.stderr.contains("`: `team`\n"), warned, "{run}");
            assert_eq!(stub.count("DeleteKeyPair"), 0);
        }
    }
}

#[test]
fn exec_lost_tags_print_warning() {
    let stub = Stub::start(|body| match operation(body).as_str() {
        "ImportKeyPair" => {
            Answer::imported(&body.replace("Tag.1.Value=ops", "Tag.1.Value="), "key-1")
        }
        "DeleteKeyPair" => deleted(),
        _ => Answer::no_pairs(),
    });
    let run = home(&stub).shell("keypair exec --type ed25519 --tag team=ops -- true").success();
    assert!(run.stderr.contains("`: `team`\n"), "{run}");
}
