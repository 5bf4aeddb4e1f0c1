//! Confirmed registrations with a response that does not match the request.

use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keypair::fingerprint::ec2_imported;
use keypair::format::read_public;

use super::{deleted, listed, operation};
use crate::aws::ec2::home_of;
use crate::commands::create::generate::PRIVATE_KEY;
use crate::support::home::Home;
use crate::support::stub::{Answer, Stub, member};

/// The commands that register a key, and the files that remain if the response does not match.
const COMMANDS: [(&str, &[&str]); 5] = [
    ("create web --type ed25519", &["web.pem"]),
    ("create web --type ed25519 --ttl 1h --public-out web.pub", &["web.pem", "web.pub"]),
    ("create web --type ed25519 --count 2", &["web-1.pem"]),
    ("import web k.pub", &[]),
    ("exec --type ed25519 -- touch ran", &[]),
];

/// Returns a home with a public key file.
pub(super) fn home(stub: &Stub) -> Home {
    let home = home_of(stub);
    home.write("k.pub", include_str!("../../../vectors/keys/ed25519.openssh.pub"));
    home
}

/// Returns the names of the files created in a home.
pub(super) fn made(home: &Home) -> Vec<String> {
    let files = home.files().into_iter();
    let names = files.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
    let mut names: Vec<_> = names.filter(|name| name != "k.pub").collect();
    names.sort();
    names
}

#[test]
fn response_naming_another_pair_is_an_error() {
    for (elements, said) in [
        ("<keyName>other</keyName><keyPairId>key-1</keyPairId>", "it names the key pair `other`"),
        ("<keyName>WEB</keyName><keyPairId>key-1</keyPairId>", "it names the key pair `WEB`"),
        ("<keyPairId>key-1</keyPairId>", "it does not name the key pair"),
        ("", "it does not name the key pair"),
    ] {
        for (words, kept) in COMMANDS {
            let stub = Stub::start(move |body| match operation(body).as_str() {
                "ImportKeyPair" => Answer::response("ImportKeyPair", elements),
                "DeleteKeyPair" => deleted(),
                _ => Answer::no_pairs(),
            });
            let home = home(&stub);
            let run = home.shell(&format!("keypair {words}")).fails_with(254);
            let said = format!("` was registered: the response does not match the request: {said}");
            assert!(run.stderr.contains("error: could not confirm that `"), "{run}");
            assert!(run.stderr.contains(&said) && run.text().is_empty(), "{run}");
            assert_eq!(
                run.stderr.contains("the private key is kept in"),
                !kept.is_empty(),
                "{run}"
            );
            assert_eq!(made(&home), kept, "{run}");
            // The id may belong to another pair.
            assert!(!run.stderr.contains("key-1"), "{run}");
            let is_by_id = |body: &String| body.contains("KeyPairId=");
            assert!(!stub.bodies().iter().any(is_by_id), "{run}");
            let deletions = usize::from(words.starts_with("exec"));
            assert_eq!(stub.count("DeleteKeyPair"), deletions, "{run}");
        }
    }
}

#[test]
fn response_without_id_is_an_error() {
    for id in ["", "<keyPairId></keyPairId>"] {
        let stub = Stub::start(move |body| match operation(body).as_str() {
            "ImportKeyPair" => {
                let name = member(body, "KeyName").unwrap();
                Answer::response("ImportKeyPair", &format!("<keyName>{name}</keyName>{id}"))
            }
            _ => Answer::no_pairs(),
        });
        let home = home(&stub);
        let run = home.shell("keypair create web --type ed25519").fails_with(254);
        assert!(run.stderr.contains("it has no valid key pair ID"), "{run}");
        assert_eq!(made(&home), ["web.pem"]);
    }
}

/// `describe` might show a pair of another user.
#[test]
fn lost_response_hint_verifies_private_key_file() {
    let stub = Stub::start(|body| match operation(body).as_str() {
        "ImportKeyPair" => Answer::Cut,
        _ => Answer::no_pairs(),
    });
    let home = home(&stub);
    let run = home.keypair(["create", "web", "--type", "ed25519"]).fails_with(254);
    let hint = "hint: run `keypair verify --key-name web web.pem` to check\n";
    assert!(run.stderr.contains(hint) && !run.stderr.contains("describe"), "{run}");
    let run = home.keypair(["import", "web", "k.pub"]).fails_with(254);
    assert!(run.stderr.contains("hint: run `keypair describe web` to check\n"), "{run}");
}

/// The list shows another key with the same name, with or without the id of the response.
#[test]
fn another_registered_public_key_is_an_error() {
    for id in ["key-1", "key-2"] {
        for (words, kept) in COMMANDS {
            let stub = Stub::start(move |body| match operation(body).as_str() {
                "ImportKeyPair" => Answer::imported(body, "key-1"),
                "DeleteKeyPair" => deleted(),
                _ if body.contains("IncludePublicKey") => {
                    let name = member(body, "KeyName.1").unwrap();
                    listed(&name, id, "<publicKey>ssh-ed25519 AAAA</publicKey>")
                }
                _ => Answer::no_pairs(),
            });
            let home = home(&stub);
            let run = home.shell(&format!("keypair {words}")).fails_with(254);
            let said = "` was registered: the response does not match the request: another public \
                        key is registered under that name";
            assert!(run.stderr.contains("could not confirm that `"), "{run}");
            assert!(run.stderr.contains(said) && !run.stderr.contains("not known"), "{run}");
            assert_eq!(made(&home), kept, "{run}");
            match words.starts_with("exec") {
                true => {
                    let is_its_id = id == "key-1";
                    let said = "was created, and deleted again";
                    assert_eq!(run.stderr.contains(said), is_its_id, "{run}");
                    assert_eq!(stub.count("DeleteKeyPair"), usize::from(is_its_id), "{run}");
                    let is_by_id = |body: &String| body.contains("KeyPairId=key-1");
                    assert_eq!(stub.bodies().iter().any(is_by_id), is_its_id, "{run}");
                }
                false => {
                    // The pair may belong to another user.
                    assert!(!run.stderr.contains("keypair delete"), "{run}");
                    assert!(run.stderr.contains("`keypair describe web"), "{run}");
                    assert_eq!(stub.count("DeleteKeyPair"), 0);
                }
            }
        }
    }
}

/// The list does not contradict: the user may not list pairs, or the list is empty.
#[test]
fn fingerprint_of_another_key_is_an_error() {
    const SHA_1: &str = "1f:51:ae:28:bf:89:e9:d8:1f:25:5d:37:2d:7d:b8:ca:9f:f5:f1:6f";
    const SHA_256: &str = "4LmcYnyBOqlloHZ5TKAxfa8BgMK2wL6WeOOTvXVdhmw=";
    for (fingerprint, is_refused) in
        [("aa", true), ("aa", false), (SHA_1, true), (SHA_256, true), (SHA_256, false)]
    {
        for (words, kept) in COMMANDS {
            let stub = Stub::start(move |body| match operation(body).as_str() {
                "ImportKeyPair" => {
                    let element = format!("<keyFingerprint>{fingerprint}</keyFingerprint>");
                    Answer::registered("ImportKeyPair", body, "key-1", &element)
                }
                "DeleteKeyPair" => Answer::response(
                    "DeleteKeyPair",
                    "<return>true</return><keyPairId>key-1</keyPairId>",
                ),
                _ if is_refused => Answer::error(403, "UnauthorizedOperation", "No."),
                _ => Answer::no_pairs(),
            });
            let home = home(&stub);
            let run = home.shell(&format!("keypair {words}")).fails_with(254);
            let said = format!(
                "` was registered: the response does not match the request: its fingerprint is that of \
                 another key: {fingerprint}"
            );
            assert!(run.stderr.contains(&said), "{run}");
            assert_eq!(made(&home), kept, "{run}");
            let deletions = usize::from(words.starts_with("exec"));
            assert_eq!(stub.count("DeleteKeyPair"), deletions, "{run}");
            assert!(!run.stderr.contains("keypair delete"), "{run}");
        }
    }
}

/// A pair without its private key is useless.
#[test]
fn generated_pair_with_another_fingerprint_is_deleted() {
    for is_refused in [true, false] {
        let stub = Stub::start(move |body| match operation(body).as_str() {
            "CreateKeyPair" => {
                let material = format!("<keyMaterial>{PRIVATE_KEY}</keyMaterial>");
                let elements = format!("<keyFingerprint>aa</keyFingerprint>{material}");
                Answer::registered("CreateKeyPair", body, "key-1", &elements)
            }
            "DeleteKeyPair" => Answer::response(
                "DeleteKeyPair",
                "<return>true</return><keyPairId>key-1</keyPairId>",
            ),
            _ if is_refused => Answer::error(403, "UnauthorizedOperation", "No."),
            _ => Answer::no_pairs(),
        });
        for words in [
            "create web --type ed25519 --generate ec2",
            "create-key-pair --key-name web --key-type ed25519",
        ] {
            let home = home(&stub);
            let run = home.shell(&format!("keypair {words}")).fails_with(254);
            assert!(run.stderr.contains("another private key than that of `web`"), "{run}");
            assert!(run.stderr.contains("deleted again") && run.text().is_empty(), "{run}");
            assert_eq!(made(&home), [""; 0], "{run}");
        }
    }
}

/// Another pair has taken the name since.
#[test]
fn lost_generated_key_spares_another_pair() {
    let stub = Stub::start(|body| match operation(body).as_str() {
        "CreateKeyPair" => Answer::registered("CreateKeyPair", body, "key-1", ""),
        "DeleteKeyPair" => deleted(),
        _ => listed("web", "key-2", "<publicKey>ssh-ed25519 AAAA</publicKey>"),
    });
    let run = home(&stub).shell("keypair create web --type ed25519 --generate ec2");
    let run = run.fails_with(254);
    assert!(run.stderr.contains("another key pair is registered as `web` (key-2)"), "{run}");
    assert!(!run.stderr.contains("keypair delete"), "{run}");
    assert!(run.stderr.contains("`keypair describe web"), "{run}");
    assert_eq!(stub.count("DeleteKeyPair"), 0);
}

/// The list has the right public key.
#[test]
fn listed_fingerprint_wins_over_response() {
    const FALSE: &str = "4LmcYnyBOqlloHZ5TKAxfa8BgMK2wL6WeOOTvXVdhmw=";
    for words in [
        "create web --type ed25519",
        "create web --type ed25519 --generate ec2",
        "import web k.pub",
    ] {
        let registered = Mutex::new(String::new());
        let stub = Stub::start(move |body| {
            let mut key = registered.lock().unwrap();
            let element = format!("<keyFingerprint>{FALSE}</keyFingerprint>");
            match operation(body).as_str() {
                "ImportKeyPair" => {
                    let bytes = STANDARD.decode(member(body, "PublicKeyMaterial").unwrap());
                    *key = String::from_utf8(bytes.unwrap()).unwrap();
                    Answer::registered("ImportKeyPair", body, "key-1", &element)
                }
                "CreateKeyPair" => {
                    let public = read_public(PRIVATE_KEY.as_bytes()).unwrap().key;
                    *key = keypair::format::openssh::bare_public_line(&public);
                    let material = format!("{element}<keyMaterial>{PRIVATE_KEY}</keyMaterial>");
                    Answer::registered("CreateKeyPair", body, "key-1", &material)
                }
                _ if key.is_empty() => Answer::no_pairs(),
                _ => {
                    let public = read_public(key.as_bytes()).unwrap().key;
                    let fingerprint = ec2_imported(&public).unwrap();
                    let key = format!("<publicKey>{key}</publicKey>");
                    let element = format!("{key}<keyFingerprint>{fingerprint}</keyFingerprint>");
                    listed("web", "key-1", &element)
                }
            }
        });
        let run = home(&stub).shell(&format!("keypair {words} --query KeyFingerprint"));
        assert!(!run.success().text().contains(FALSE), "{words}");
    }
}

/// The command and the rollback must not use the id of another pair.
#[test]
fn exec_uses_the_listed_id() {
    for is_own in [true, false] {
        let registered = Mutex::new(None);
        let stub = Stub::start(move |body| match operation(body).as_str() {
            "ImportKeyPair" => {
                let key = STANDARD.decode(member(body, "PublicKeyMaterial").unwrap()).unwrap();
                let fingerprint = ec2_imported(&read_public(&key).unwrap().key).unwrap();
                let key = String::from_utf8(key).unwrap();
                *registered.lock().unwrap() = Some((member(body, "KeyName").unwrap(), key));
                let element = format!("<keyFingerprint>{fingerprint}</keyFingerprint>");
                Answer::registered("ImportKeyPair", body, "key-beef", &element)
            }
            "DeleteKeyPair" => {
                *registered.lock().unwrap() = None;
                let id = member(body, "KeyPairId").unwrap_or("key-cafe".to_owned());
                let id = format!("<return>true</return><keyPairId>{id}</keyPairId>");
                Answer::response("DeleteKeyPair", &id)
            }
            _ => match &*registered.lock().unwrap() {
                Some((name, key)) => {
                    let key = if is_own { key.as_str() } else { "ssh-ed25519 AAAA" };
                    listed(name, "key-cafe", &format!("<publicKey>{key}</publicKey>"))
                }
                None => Answer::no_pairs(),
            },
        });
        let home = home(&stub);
        // The marker file is written after the start of the command.
        home.write(
            "show",
            "echo $KEYPAIR_ID; cd \"$(dirname $KEYPAIR_PRIVATE_KEY_FILE)\"\n\
             for i in $(seq 500); do grep '^key-' .keypair-exec-user && exit; sleep 0.01; done",
        );
        let run = home.shell("keypair exec --type ed25519 -- sh show");
        let deletes_other = |body: &String| body.contains("KeyPairId=key-beef");
        assert!(!stub.bodies().iter().any(deletes_other), "{run}");
        if is_own {
            assert_eq!(run.success().text(), "key-cafe\nkey-cafe\n");
            assert_eq!(stub.count("DeleteKeyPair"), 1);
        } else {
            let run = run.fails_with(254);
            assert!(run.stderr.contains("another public key is registered"), "{run}");
            assert!(run.text().is_empty() && stub.count("DeleteKeyPair") == 0, "{run}");
        }
    }
}

#[test]
fn generated_pair_with_another_name_is_an_error() {
    for (elements, said) in [
        ("<keyName>other</keyName><keyPairId>key-1</keyPairId>", "it names the key pair `other`"),
        ("<keyPairId>key-1</keyPairId>", "it does not name the key pair"),
        ("<keyName>web</keyName>", "it has no valid key pair ID"),
    ] {
        let stub = Stub::start(move |body| match operation(body).as_str() {
            "CreateKeyPair" => {
                let material = format!("<keyMaterial>{PRIVATE_KEY}</keyMaterial>");
                Answer::response("CreateKeyPair", &format!("{elements}{material}"))
            }
            "DeleteKeyPair" => deleted(),
            _ => Answer::no_pairs(),
        });
        let home = home(&stub);
        for words in [
            "create web --type ed25519 --generate ec2",
            "create-key-pair --key-name web --key-type ed25519",
        ] {
            let run = home.shell(&format!("keypair {words}")).fails_with(254);
            assert!(run.stderr.contains("its private key is lost: "), "{run}");
            assert!(
                run.stderr.contains(said) && run.stderr.contains("`keypair delete web`"),
                "{run}"
            );
            assert_eq!((run.text(), stub.count("DeleteKeyPair")), ("", 0), "{run}");
        }
        assert_eq!(made(&home), [""; 0]);
    }
}

/// On stdout, the key is printed before the registration.
#[test]
fn unconfirmed_key_on_stdout_prints_warning() {
    let stub = Stub::start(|body| match operation(body).as_str() {
        "ImportKeyPair" => Answer::imported(body, "key-1"),
        _ => Answer::no_pairs(),
    });
    let run = home(&stub).shell("keypair create web --type ed25519 --out -").success();
    assert!(run.stderr.contains("could not verify which key"), "{run}");
}
