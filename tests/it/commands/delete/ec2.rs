//! Deletions in EC2, with servers that ignore ids, reject them or report falsely.

use std::sync::Mutex;

use crate::aws::ec2::home_of;
use crate::support::home::Home;
use crate::support::moto::Account;
use crate::support::stub::{Answer, Stub};

/// Creates the key file `f`. Returns the elements of a pair with its fingerprint but without its
/// public key.
fn described(home: &Home, id: &str, key_type: &str, digest: &str) -> String {
    let words = format!("fingerprint f --query Keys[0].{digest} --output text");
    let fingerprint = home.shell(&format!("keypair {words}")).success();
    let fingerprint = fingerprint.text().trim_end();
    format!(
        "<keyName>web</keyName><keyPairId>{id}</keyPairId><keyType>{key_type}</keyType>\
         <keyFingerprint>{fingerprint}</keyFingerprint>"
    )
}

fn key_file(options: &str) -> Home {
    let home = Home::new();
    home.shell(&format!("ssh-keygen -q -N '' -C '' -f f {options}; rm f.pub")).success();
    home
}

fn shows(pair: &str) -> Answer {
    Answer::response("DescribeKeyPairs", &format!("<keySet><item>{pair}</item></keySet>"))
}

fn deleted(elements: &str) -> Answer {
    Answer::response("DeleteKeyPair", &format!("<return>true</return>{elements}"))
}

/// Runs `keypair` with a server and a copy of the key file.
fn run(stub: &Stub, keys: &Home, words: &str) -> (Home, crate::support::run::Run) {
    let home = home_of(stub);
    home.write("f", keys.read("f"));
    let run = home.shell(&format!("keypair {words}"));
    (home, run)
}

/// moto confirms a deletion by id without deleting.
#[test]
fn delete_falls_back_to_name() {
    let mut account = Account::new();
    account.home_mut().set("KEYPAIR_REGISTRY", "ec2");
    let home = account.home();
    let id = "keypair describe web --query KeyPairs[0].KeyPairId --output text";
    for delete in ["delete --private-key-file web.pem", "delete", "delete-key-pair"] {
        home.shell(
            "rm -f web.pem; keypair create web --type ed25519; keypair create other --force",
        )
        .success();
        let id = home.shell(id).success().text().trim_end().to_owned();
        let run = home.shell(&format!("keypair {delete} --key-pair-id {id}")).success();
        assert_eq!(run.json()["Return"], true);
        assert!(run.text().contains(&id), "{run}");
        home.shell("keypair describe web").fails_with(3);
        assert_eq!(home.path("web.pem").exists(), !delete.contains("file"));
        home.shell("keypair delete other").success();
    }
}

#[test]
fn failed_deletion_keeps_the_file() {
    let keys = key_file("-t ed25519");
    let pair = described(&keys, "key-1", "ed25519", "ImportedFingerprint");
    for confirmed in ["", "<keyPairId>key-1</keyPairId>"] {
        let pair = pair.clone();
        let stub = Stub::start(move |body| match body.starts_with("Action=DeleteKeyPair&") {
            true => deleted(confirmed),
            false => shows(&pair),
        });
        for delete in ["delete web", "delete --key-pair-id key-1"] {
            let (home, run) = run(&stub, &keys, &format!("{delete} --private-key-file f"));
            let run = run.fails_with(254);
            assert!(run.stderr.contains("`web` (key-1) is still registered"), "{run}");
            assert!(run.stderr.contains("`keypair describe web`"), "{run}");
            assert_eq!(run.text(), "");
            assert!(home.path("f").exists());
        }
    }
}

/// The pair found after a deletion by id determines the deletion by name.
#[test]
fn delete_keeps_new_pair_with_same_name() {
    let keys = key_file("-t ed25519");
    let pair = described(&keys, "key-1", "ed25519", "ImportedFingerprint");
    let other = pair.replace("key-1", "key-2");
    let looks = Mutex::new(0);
    let stub = Stub::start(move |body| {
        if body.starts_with("Action=DeleteKeyPair&") {
            return deleted("");
        }
        let mut looks = looks.lock().unwrap();
        *looks += 1;
        shows(if *looks == 1 { &pair } else { &other })
    });
    let (home, run) = run(&stub, &keys, "delete web --private-key-file f");
    assert_eq!(run.success().json()["KeyPairs"][0]["KeyPairId"], "key-1");
    assert_eq!(stub.count("DeleteKeyPair"), 1);
    assert!(!home.path("f").exists());
}

#[test]
fn delete_reports_deletion_of_another_pair() {
    let keys = key_file("-t ed25519");
    let pair = described(&keys, "key-1", "ed25519", "ImportedFingerprint");
    let stub = Stub::start(move |body| match body {
        body if body.contains("&KeyName=web") => deleted("<keyPairId>key-2</keyPairId>"),
        body if body.starts_with("Action=DeleteKeyPair&") => deleted(""),
        _ => shows(&pair),
    });
    let (home, run) = run(&stub, &keys, "delete web --private-key-file f");
    let run = run.fails_with(254);
    assert!(run.stderr.contains("was deleted instead: key-2"), "{run}");
    assert!(home.path("f").exists());
}

#[test]
fn delete_by_name_when_ids_are_refused() {
    let keys = key_file("-t ed25519");
    let pair = described(&keys, "key-1", "ed25519", "ImportedFingerprint");
    let is_gone = Mutex::new(false);
    let stub = Stub::start(move |body| {
        let mut is_gone = is_gone.lock().unwrap();
        match body {
            body if body.contains("&KeyName=web") => {
                *is_gone = true;
                deleted("")
            }
            body if body.starts_with("Action=DeleteKeyPair&") => {
                Answer::error(400, "MissingParameter", "KeyName is required")
            }
            _ if *is_gone => Answer::no_pairs(),
            _ => shows(&pair),
        }
    });
    let (home, run) = run(&stub, &keys, "delete web --private-key-file f");
    run.success();
    assert!(!home.path("f").exists());
}

/// EC2 can list a pair for a moment after its deletion.
#[test]
fn confirmed_deletion_waits_for_consistency() {
    let keys = key_file("-t ed25519");
    let pair = described(&keys, "key-1", "ed25519", "ImportedFingerprint");
    let looks = Mutex::new(0);
    let stub = Stub::start(move |body| {
        if body.starts_with("Action=DeleteKeyPair&") {
            return deleted("<keyPairId>key-1</keyPairId>");
        }
        let mut looks = looks.lock().unwrap();
        *looks += 1;
        if *looks < 4 { shows(&pair) } else { Answer::no_pairs() }
    });
    let (home, run) = run(&stub, &keys, "delete web --private-key-file f");
    run.success();
    assert_eq!(stub.count("DeleteKeyPair"), 1);
    assert!(!home.path("f").exists());
}

#[test]
fn unconfirmed_deletion_keeps_the_file() {
    let keys = key_file("-t ed25519");
    let pair = described(&keys, "key-1", "ed25519", "ImportedFingerprint");
    let looks = Mutex::new(0);
    let stub = Stub::start(move |body| {
        if body.starts_with("Action=DeleteKeyPair&") {
            return deleted("");
        }
        let mut looks = looks.lock().unwrap();
        *looks += 1;
        if *looks == 1 {
            return shows(&pair);
        }
        Answer::error(403, "UnauthorizedOperation", "You are not authorized.")
    });
    let (home, run) = run(&stub, &keys, "delete web --private-key-file f");
    let run = run.fails_with(254);
    assert!(
        run.stderr.contains("could not confirm that `web`") && run.stderr.contains("authorized"),
        "{run}"
    );
    assert!(home.path("f").exists());
}

#[test]
fn delete_compares_fingerprint_without_public_key() {
    for (options, key_type, digest) in [
        ("-t ed25519", "ed25519", "ImportedFingerprint"),
        ("-t rsa -b 2048", "rsa", "ImportedFingerprint"),
        ("-t rsa -b 2048", "rsa", "CreatedFingerprint"),
    ] {
        let keys = key_file(options);
        let pair = described(&keys, "key-1", key_type, digest);
        let stub = Stub::start(move |body| match body.starts_with("Action=DeleteKeyPair&") {
            true => deleted(""),
            false if body.contains("IncludePublicKey") => shows(&pair),
            false => Answer::no_pairs(),
        });
        let words = "delete web --private-key-file f";
        let other = key_file(options);
        let (home, refused) = run(&stub, &other, words);
        let refused = refused.fails_with(5);
        assert!(refused.stderr.contains("f is not the private key of `web`"), "{refused}");
        assert!(home.path("f").exists());
        keys.shell("ssh-keygen -y -f f > p").success();
        let public = home_of(&stub);
        public.write("f", keys.read("p"));
        public.shell(&format!("keypair {words}")).fails_with(5);
        assert_eq!(stub.count("DeleteKeyPair"), 0);

        keys.shell("ssh-keygen -q -p -N secret -f f").success();
        if digest == "CreatedFingerprint" {
            // The fingerprint of the private key, which has to be decrypted.
            let (home, locked) = run(&stub, &keys, words);
            let locked = locked.fails_with(5);
            assert!(locked.stderr.contains("`--passphrase-file PATH`"), "{locked}");
            assert!(home.path("f").exists());
        }
        keys.write("secret", "secret");
        let home = home_of(&stub);
        home.write("f", keys.read("f"));
        home.write("secret", "secret");
        home.shell(&format!("keypair {words} --passphrase-file secret")).success();
        assert!(!home.path("f").exists());
    }
}

#[test]
fn empty_response_deletes_nothing() {
    let keys = key_file("-t ed25519");
    let stub = Stub::start(|_| Answer::no_pairs());
    for words in ["delete web", "delete web --private-key-file f"] {
        let (home, run) = run(&stub, &keys, words);
        let run = run.fails_with(3);
        assert!(run.stderr.contains("The key pair 'web' does not exist"), "{run}");
        assert!(home.path("f").exists());
        assert_eq!(stub.count("DeleteKeyPair"), 0);
    }
}

/// Returns a server with the pairs `a`, `b` and `c` that answers deletions of `b` in its own way.
fn three_pairs(of_b: Answer) -> Stub {
    let names = Mutex::new(vec!["a", "b", "c"]);
    Stub::start(move |body| {
        let mut names = names.lock().unwrap();
        let id = |name: &str| format!("key-{name}");
        if body.starts_with("Action=DeleteKeyPair&") {
            let is_meant = |name: &&str| body.contains(&format!("KeyPairId={}", id(name)));
            let name = names.iter().copied().find(is_meant).unwrap_or_default();
            if name == "b" {
                return of_b.clone();
            }
            names.retain(|one| *one != name);
            return deleted(&format!("<keyPairId>{}</keyPairId>", id(name)));
        }
        let item = |name: &&str| {
            format!("<item><keyName>{name}</keyName><keyPairId>{}</keyPairId></item>", id(name))
        };
        let items: String = names.iter().map(item).collect();
        Answer::response("DescribeKeyPairs", &format!("<keySet>{items}</keySet>"))
    })
}

#[test]
fn partial_deletion_names_each_outcome() {
    for (answer, said) in [
        (Answer::error(403, "UnauthorizedOperation", "No."), "(UnauthorizedOperation)"),
        (Answer::Cut, "error: could not confirm that `b` was deleted: "),
    ] {
        let mut home = home_of(&three_pairs(answer));
        home.set("AWS_MAX_ATTEMPTS", "1");
        let run = home.shell("keypair delete a b c").fails_with(254);
        assert!(run.stderr.contains(said) && run.text().is_empty(), "{run}");
        assert!(run.stderr.contains("hint: deleted before: `a`\n"), "{run}");
        assert!(run.stderr.contains("hint: not deleted: `c`\n"), "{run}");
    }
}

#[test]
fn interrupted_deletion_reports_unknown_outcome() {
    let home = home_of(&three_pairs(Answer::Hang));
    let run = home.shell("set -m; keypair delete a b c & sleep 3; kill -INT $!; wait $!");
    assert_eq!(run.code, Some(130), "{run}");
    assert!(run.stderr.contains("could not confirm that `b` was deleted: interrupted"), "{run}");
    assert!(run.stderr.contains("hint: deleted before: `a`\n"), "{run}");
}
