//! Servers that respond to a registration with the id of another pair. The rollback must not delete
//! that pair.

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::operation;
use crate::aws::ec2::home_of;
use crate::commands::create::generate::PRIVATE_KEY;
use crate::support::stub::{Answer, Stub, member};

const OTHER: &str = "key-0000000000000beef";
const NEW: &str = "key-0000000000000cafe";

/// The list of pairs that a server returns.
#[derive(Clone, Copy, Debug, PartialEq)]
enum List {
    /// All pairs with their ids.
    Whole,
    /// No pairs, as EC2 returns for a moment.
    Empty,
    /// An error: the user lacks the permission.
    Refused,
}

/// A pair on the server.
struct Pair {
    name: String,
    id: &'static str,
    key: String,
}

type Pairs = Arc<Mutex<Vec<Pair>>>;

/// Returns a server with the pair `prod`. It responds to every registration with the id of that
/// pair, with or without tags, and executes deletions.
fn lying_server(list: List, keeps_tags: bool) -> (Stub, Pairs) {
    let prod = Pair { name: "prod".to_owned(), id: OTHER, key: "ssh-ed25519 AAAA".to_owned() };
    let pairs: Pairs = Arc::new(Mutex::new(vec![prod]));
    let kept = Arc::clone(&pairs);
    let stub = Stub::start(move |body| {
        let mut pairs = kept.lock().unwrap();
        let operation = operation(body);
        match operation.as_str() {
            "ImportKeyPair" | "CreateKeyPair" => {
                let name = member(body, "KeyName").unwrap();
                let key = member(body, "PublicKeyMaterial").map_or_else(String::new, |key| {
                    let key = STANDARD.decode(key).unwrap();
                    String::from_utf8(key).unwrap()
                });
                let elements = match operation.as_str() {
                    "CreateKeyPair" => format!(
                        "<keyFingerprint>x</keyFingerprint><keyMaterial>{PRIVATE_KEY}</keyMaterial>"
                    ),
                    _ => String::new(),
                };
                pairs.push(Pair { name, id: NEW, key });
                let asked = if keeps_tags { body } else { &body.replace("TagSpecification", "") };
                Answer::registered(&operation, asked, OTHER, &elements)
            }
            "DeleteKeyPair" => {
                let (name, id) = (member(body, "KeyName"), member(body, "KeyPairId"));
                let is_it = |pair: &Pair| {
                    name.as_ref() == Some(&pair.name) || id.as_deref() == Some(pair.id)
                };
                let id = pairs.iter().find(|pair| is_it(pair)).map(|pair| pair.id);
                pairs.retain(|pair| !is_it(pair));
                let id = id.map(|id| format!("<keyPairId>{id}</keyPairId>")).unwrap_or_default();
                Answer::response("DeleteKeyPair", &format!("<return>true</return>{id}"))
            }
            _ if list == List::Refused => Answer::error(403, "UnauthorizedOperation", "No."),
            _ => {
                let is_shown = |pair: &&Pair| {
                    let asked = member(body, "KeyName.1");
                    list == List::Whole && asked.is_none_or(|asked| asked == pair.name)
                };
                let item = |Pair { name, id, key }: &Pair| {
                    let key = match key.as_str() {
                        "" => String::new(),
                        key => format!("<publicKey>{key}</publicKey>"),
                    };
                    format!(
                        "<item><keyName>{name}</keyName><keyPairId>{id}</keyPairId>\
                         <keyFingerprint>x</keyFingerprint>{key}</item>"
                    )
                };
                let items: String = pairs.iter().filter(is_shown).map(item).collect();
                Answer::response("DescribeKeyPairs", &format!("<keySet>{items}</keySet>"))
            }
        }
    });
    (stub, pairs)
}

#[test]
fn rollback_keeps_pair_with_id_of_response() {
    for list in [List::Whole, List::Empty, List::Refused] {
        for (words, keeps_tags) in [
            ("exec --type ed25519 -- true", true),
            ("exec --type ed25519 -- true", false),
            ("create web --type ed25519 --ttl 1h", false),
            ("create web --type ed25519 --ttl 1h --out -", false),
            ("create web --type ed25519 --ttl 1h --generate ec2", false),
            ("create-key-pair --key-name web --key-type ed25519 > /dev/full", true),
        ] {
            let (stub, pairs) = lying_server(list, keeps_tags);
            let home = home_of(&stub);
            let run = home.shell(&format!("keypair {words}"));
            let is_fine = list == List::Empty && keeps_tags && words.starts_with("exec");
            assert_eq!(run.code == Some(0), is_fine, "{run}");
            assert!(!run.stderr.contains("--key-pair-id"), "{run}");
            for body in stub.bodies().iter().filter(|body| operation(body) == "DeleteKeyPair") {
                assert!(!body.contains(OTHER) && !body.contains("KeyName=prod"), "{body} {run}");
            }
            let left: Vec<_> = pairs.lock().unwrap().iter().map(|one| one.name.clone()).collect();
            assert_eq!(left[0], "prod", "{run}");
            // An unconfirmed pair stays together with its private key.
            let stays =
                list == List::Whole && words.starts_with("create web") && !words.contains("ec2");
            assert_eq!(left.len(), if stays { 2 } else { 1 }, "{list:?} {run}");
            let is_deleted = run.stderr.contains("deleted again");
            assert!(!(stays && is_deleted), "{run}");
            if words.ends_with("--ttl 1h") {
                assert_eq!(home.path("web.pem").exists(), !is_deleted, "{run}");
            }
        }
    }
}
