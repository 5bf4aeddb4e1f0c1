//! `store` for existing pairs, and `delete --stored`.

use serde_json::json;

use super::account;

#[test]
fn store_keeps_the_file_and_replaces_nothing() {
    let account = account();
    let home = account.home();
    home.shell(
        "set -e; umask 077
        ssh-keygen -q -t rsa -m PEM -N '' -f theirs; keypair import theirs theirs.pub
        keypair create own --type ed25519 --format ppk",
    )
    .success();
    for (name, file) in [("theirs", "theirs"), ("own", "own.ppk")] {
        let before = home.read(file);
        for is_new in [true, false] {
            let run = home.keypair(["store", name, file, "--debug"]).success();
            assert_eq!(run.json()["Changed"], is_new);
            assert_eq!(run.json()["KeyName"], name);
            let parameter = run.json()["Parameter"].as_str().unwrap().to_owned();
            assert!(parameter.starts_with("/ec2/keypair/key-"), "{run}");
            super::assert_secret(&String::from_utf8(before.clone()).unwrap(), &run.stderr);
        }
        assert_eq!(home.read(file), before);
        home.shell(&format!("keypair fetch {name} --out out --force && cmp out {file}")).success();
    }
    // From a pipe, for a pair with a chosen name.
    home.shell("keypair tag own keypair:parameter=/keys/own").success();
    let run = home.shell("keypair store own - < own.ppk").success();
    assert_eq!(run.json()["Parameter"], "/keys/own");
}

#[test]
fn store_refuses_any_other_file() {
    let account = account();
    let home = account.home();
    home.shell(
        "set -e; umask 077
        keypair create web --type ed25519 --public-out web.pub; keypair create other --type ed25519
        sed 's/$/\\r/' web.pem > crlf; { cat web.pem; echo TOKEN=secret; } > more
        keypair convert web.pem --format pkcs8 --out web.p8
        openssl pkey -in web.p8 -outform DER -out web.der
        keypair convert web.pem --format ppk --comment '{{x}}' --out braces.ppk
        keypair convert web.pem --format ppk --comment \"$(printf %4096d 0)\" --out large.ppk
        echo nonsense > nonsense",
    )
    .success();
    let files = home.files();
    for (words, code, said) in [
        ("web other.pem", 5, "other.pem is not the private key of `web`"),
        ("web web.pub", 5, "web.pub: not a private key file"),
        ("web crlf", 5, "crlf: not a private key file without other text"),
        ("web more", 5, "keypair convert FILE --out NEW"),
        ("web web.der", 5, "not a private key file"),
        ("web braces.ppk", 5, "the comment contains them"),
        ("web large.ppk", 5, "bytes, and a standard parameter at most 4096"),
        ("web large.ppk", 5, "--tier Advanced"),
        ("web nonsense", 5, "nonsense"),
        ("web none", 255, "none"),
        ("wbe web.pem", 3, "did you mean `web`?"),
        ("web web.pem --registry local", 252, "EC2"),
        ("web web.pem --kms-key-id 'a b'", 252, "--kms-key-id"),
        ("web", 252, "FILE"),
    ] {
        let run = home.shell(&format!("keypair store {words}")).fails_with(code);
        assert!(run.stderr.contains(said) && !run.stderr.contains("secret"), "{run}");
    }
    let list = home.shell("aws ssm describe-parameters --query 'length(Parameters)'").success();
    assert_eq!((list.text(), home.files()), ("0\n", files));
}

#[test]
fn parameter_of_another_pair_stays() {
    let account = account();
    let home = account.home();
    for name in ["web", "other"] {
        home.shell(&format!("keypair create {name} --type ed25519 --store ssm:/{name}")).success();
    }
    home.shell("keypair create plain --type ed25519").success();
    home.shell("keypair tag web keypair:parameter=/other").success();
    let names = "aws ssm describe-parameters --query 'sort(Parameters[].Name)'";
    let (before, pairs) = (home.shell(names).success().json(), "keypair describe --query KeyPairs");
    let registered = home.shell(pairs).success().json();
    for (words, code, said) in [
        ("web", 5, "/other holds another private key than that of `web`"),
        ("plain", 3, "ParameterNotFound"),
        ("web other", 252, "one key pair at a time"),
        ("nobody", 3, "nobody"),
        ("web --registry local", 252, "--registry ec2"),
    ] {
        let run = home.shell(&format!("keypair delete {words} --stored")).fails_with(code);
        assert!(run.stderr.contains(said), "{run}");
    }
    let run = home.keypair(["store", "web", "web.pem"]).fails_with(5);
    assert!(run.stderr.contains("/other holds another private key"), "{run}");
    assert_eq!(home.shell(names).success().json(), before);
    assert_eq!(home.shell(pairs).success().json(), registered);
    home.shell("keypair tag web keypair:parameter=/web").success();
    let run = home.keypair(["delete", "web", "--stored"]).success();
    assert_eq!(run.json()["Parameter"], "/web");
    assert_eq!(home.shell(names).success().json(), json!(["/other"]));
    assert_eq!(home.mode("web.pem"), 0o400);
}
