//! `--generate ec2`: EC2 creates the key and returns the private key once.

use std::thread;
use std::time::Duration;

use crate::aws::ec2::home_of;
use crate::support::home::Home;
use crate::support::moto::Account;
use crate::support::stub::{Answer, Stub};

pub(crate) const PRIVATE_KEY: &str = include_str!("../../../vectors/convert/40_oss_ok");

/// Returns a server that creates a key with this private key and can delete it.
pub(crate) fn generating_server(material: &'static str, delay: Duration) -> Stub {
    Stub::start(move |body| {
        if body.starts_with("Action=CreateKeyPair&") {
            thread::sleep(delay);
            let elements = format!("<keyMaterial>{material}</keyMaterial>");
            return Answer::registered("CreateKeyPair", body, "key-1", &elements);
        }
        if body.starts_with("Action=DeleteKeyPair&") {
            return Answer::response(
                "DeleteKeyPair",
                "<return>true</return><keyPairId>key-1</keyPairId>",
            );
        }
        Answer::no_pairs()
    })
}

#[test]
fn query_without_private_key_creates_nothing() {
    let stub = generating_server(PRIVATE_KEY, Duration::ZERO);
    let home = home_of(&stub);
    let create = "keypair create-key-pair --key-name web --key-type ed25519 --output text --query";
    home.shell(&format!("{create} KeyMaterials")).fails_with(252);
    home.shell(&format!("{create} KeyFingerprint --generate here")).fails_with(252);
    let parameter = "keypair get-parameter --with-decryption --name /ec2/keypair/key-1";
    let run = home.shell(&format!("{parameter} --query Parameter.Valu")).fails_with(252);
    assert!(run.stderr.contains("`--query Parameter.Value"), "{run}");
    // The name is looked up, because version 2 reports a taken one.
    assert_eq!(stub.requests(), stub.count("DescribeKeyPairs"));
    // A mismatch that no sample reveals is found in the response, and the pair is deleted.
    let query = "\"[@][?KeyPairId=='key-0123456789abcdef0'].KeyMaterial\"";
    let run = home.shell(&format!("{create} {query}")).fails_with(252);
    assert!(run.text().is_empty() && run.stderr.contains("deleted again"), "{run}");
    assert_eq!((stub.count("CreateKeyPair"), stub.count("DeleteKeyPair")), (1, 1));
}

#[test]
fn generate_ec2_supports_every_format() {
    let mut account = Account::new();
    account.home_mut().set("KEYPAIR_REGISTRY", "ec2");
    let home = account.home();
    for key_type in ["rsa", "ed25519"] {
        for format in ["pem", "ppk", "openssh", "pkcs8"] {
            let name = format!("{key_type}-{format}");
            let words = format!("create {name} --type {key_type} --format {format} --generate ec2");
            let run = home.shell(&format!("keypair {words} --tag team=ops")).success();
            assert!(!run.stderr.contains("could not verify"), "{run}");
            let file = run.json()["PrivateKeyFile"].as_str().unwrap().to_owned();
            assert_eq!(home.mode(&file), 0o400);
            let verified = home.shell(&format!("keypair verify {file}")).success().json();
            assert_eq!(verified["KeyPairs"][0]["KeyName"], *name);
            let kind = format!("keypair fingerprint {file} --query Keys[0].Format --output text");
            let kind = home.shell(&kind).success();
            let expected = match (key_type, format) {
                ("rsa", "pem") => "PKCS#1",
                (_, "ppk") => "PuTTY",
                (_, "pkcs8") => "PKCS#8",
                _ => "OpenSSH",
            };
            assert!(kind.text().contains(expected), "{kind}");
        }
    }
    home.shell("keypair create rsa-pem --generate ec2 --out other.pem").fails_with(4);
    let encrypted =
        "echo secret > word; keypair create locked --generate ec2 --passphrase-file word";
    home.shell(encrypted).success();
    home.shell("ssh-keygen -y -P secret -f locked.pem").success();
    home.shell("keypair create dry --generate ec2 --dry-run").success();
    home.shell("keypair describe dry").fails_with(3);
}

/// The example of the AWS documentation, with EC2's own bytes.
#[test]
fn create_key_pair_prints_private_key_of_ec2() {
    let stub = generating_server(PRIVATE_KEY, Duration::ZERO);
    let home = home_of(&stub);
    let words = "create-key-pair --key-name web --key-type ed25519";
    let recipe = format!("umask 077; keypair {words} --query KeyMaterial --output text > k.pem");
    home.shell(&recipe).success();
    assert_eq!(home.read("k.pem"), format!("{PRIVATE_KEY}\n").as_bytes());
    assert_eq!(stub.count("CreateKeyPair"), 1);
    assert_eq!(
        stub.count("DescribeKeyPairs"),
        1,
        "one request because the fingerprint is ambiguous"
    );
    assert_eq!(stub.count("ImportKeyPair"), 0);
}

#[test]
fn unusable_private_key_deletes_the_pair() {
    for (material, words, code) in [
        (PRIVATE_KEY, "create-key-pair --key-name web --key-type ed25519 > /dev/full", 255),
        (PRIVATE_KEY, "create web --generate ec2 --type ed25519 --out - > /dev/full", 255),
        // A key of the wrong type.
        (PRIVATE_KEY, "create web --generate ec2 --type rsa", 254),
        (PRIVATE_KEY, "create-key-pair --key-name web --key-type rsa", 254),
        ("nonsense", "create web --generate ec2", 254),
        ("nonsense", "create-key-pair --key-name web", 254),
        (&PRIVATE_KEY[..200], "create-key-pair --key-name web --key-type ed25519", 254),
        ("", "create web --generate ec2", 254),
        ("", "create-key-pair --key-name web", 254),
        (" \n", "create-key-pair --key-name web --query KeyMaterial --output text", 254),
    ] {
        let stub = generating_server(material, Duration::ZERO);
        let home = home_of(&stub);
        let files = home.files();
        let run = home.shell(&format!("keypair {words}")).fails_with(code);
        assert_eq!(run.text(), "", "{words}");
        assert!(run.stderr.contains("hint: `web` was created, and deleted again"), "{run}");
        assert_eq!(stub.count("CreateKeyPair"), 1, "{words}");
        assert_eq!(stub.count("DeleteKeyPair"), 1, "{words}");
        assert_eq!(home.files(), files);
    }
}

/// moto confirms a deletion by id without deleting.
#[test]
fn rollback_deletes_pair_in_moto() {
    let mut account = Account::new();
    account.home_mut().set("KEYPAIR_REGISTRY", "ec2");
    let home = account.home();
    for words in [
        "create-key-pair --key-name web --key-type ed25519 > /dev/full",
        "create web --generate ec2 --type ed25519 --out - > /dev/full",
    ] {
        let run = home.shell(&format!("keypair {words}")).fails_with(255);
        assert!(run.stderr.contains("`web` was created, and deleted again"), "{run}");
        home.shell("keypair describe web").fails_with(3);
    }
}

#[test]
fn lost_response_is_reported_with_delete_hint() {
    for answer in [|| Answer::Cut, || Answer::Hang, || Answer::Reply(500, String::new())] {
        let stub = Stub::start(move |_| answer());
        let home = home_of(&stub);
        let files = home.files();
        let words = "create web --generate ec2 --cli-read-timeout 1";
        let run = home.shell(&format!("keypair {words}")).fails_with(254);
        assert!(run.stderr.contains("its private key is lost"), "{run}");
        assert!(run.stderr.contains("keypair delete web"), "{run}");
        assert_eq!(stub.count("CreateKeyPair"), 1);
        assert_eq!(home.files(), files);
    }
}

/// An interrupt during generation results in a complete pair or in no pair.
#[test]
fn interrupt_waits_for_the_private_key() {
    let stub = generating_server(PRIVATE_KEY, Duration::from_secs(3));
    let home = home_of(&stub);
    let script =
        "keypair create web --generate ec2 --type ed25519 & sleep 1; kill -INT $!; wait $!";
    let run = home.launch("bash").args(["-c", script]).run();
    assert_ne!(run.code, Some(0));
    assert_eq!(home.mode("web.pem"), 0o400);
    home.shell("ssh-keygen -y -f web.pem").success();
    assert_eq!(stub.count("DeleteKeyPair"), 0);
}

#[test]
fn generate_ec2_requires_ec2_registry() {
    let home = Home::new();
    let run = home.shell("keypair create web --generate ec2").fails_with(252);
    assert!(run.stderr.contains("--registry ec2"), "{run}");
    home.shell("keypair create-key-pair --key-name web --generate ec2").fails_with(252);
    let bits = "keypair --registry ec2 create web --generate ec2 --bits 4096";
    let run = home.shell(bits).fails_with(252);
    assert!(run.stderr.contains("2048"), "{run}");
    assert!(home.files().is_empty());
}
